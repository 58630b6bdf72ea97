"""Each claim of a lesson fails when the mechanism that it names is switched off."""

from __future__ import annotations

import pytest
from exercise_tools import LESSONS, refused_claims
from faults import FAULTS, OTHER_PHOTOS, QUICKER, replace_everywhere

from singan_edu.course import authoring

FILES = {path.name[:2]: path for path in LESSONS}


@pytest.mark.parametrize("claim", FAULTS)
def test_claim_fails_with_its_mechanism_switched_off(claim, monkeypatch):
    FAULTS[claim](replace_everywhere(monkeypatch))
    notebook = authoring.read(FILES[claim[:2]])
    quicker = QUICKER[claim[:2]]
    assert claim in refused_claims(notebook, claim, monkeypatch, quicker)


@pytest.mark.parametrize(("number", "photo"), OTHER_PHOTOS)
def test_claims_hold_for_other_photographs(number, photo, monkeypatch):
    notebook = authoring.read(FILES[number])
    last = max(claim for claim in FAULTS if claim.startswith(number))
    parameters = QUICKER[number] | {"photo": photo}
    assert refused_claims(notebook, last, monkeypatch, parameters) == []
