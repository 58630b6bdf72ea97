"""Each claim of a lesson fails when the mechanism that it names is switched off."""

from __future__ import annotations

import pytest
from exercise_tools import LESSONS, refused_claims
from faults import FAULTS, OTHER_PHOTOS, QUICKER, replace_everywhere

from singan_edu.course import authoring

FILES = {path.name[:2]: path for path in LESSONS}


@pytest.mark.parametrize("claim", FAULTS)
def test_claim_fails_with_its_mechanism_switched_off(
    claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    FAULTS[claim](replace_everywhere(monkeypatch))
    notebook = authoring.read(FILES[claim[:2]])
    assert refused_claims(notebook, monkeypatch, QUICKER[claim[:2]], only=claim) == [claim]


@pytest.mark.parametrize(("number", "photo"), OTHER_PHOTOS)
def test_claims_hold_for_other_photographs(
    number: str, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook, parameters = authoring.read(FILES[number]), QUICKER[number] | {"photo": photo}
    assert refused_claims(notebook, monkeypatch, parameters, about="photo") == []
