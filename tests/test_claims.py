"""Each claim of a lesson fails when the mechanism that it names is switched off."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from exercise_tools import refused_claims
from faults import FAULTS, QUICKER

from singan_edu import lesson as furniture

# A student's own photograph must not break a lesson: a grey texture, a black sky, a still lake.
OTHER_PHOTOS = [("00", "deep_field"), ("00", "birds_at_dusk"), ("06", "gravel")]
OTHER_PHOTOS += [("01", "gravel"), ("01", "deep_field"), ("01", "misty_lake")]
OTHER_PHOTOS += [("04", "balloon_festival"), ("04", "deep_field")]
LESSONS = {path.name[:2]: path for path in furniture.lessons()}


def replace_everywhere(patch: pytest.MonkeyPatch) -> Callable[[Callable, Callable], None]:
    """A function that puts a replacement wherever a module of the library holds the original."""

    def everywhere(original: Callable, replacement: Callable) -> None:
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] == "singan_edu":
                for key, value in list(vars(module).items()):
                    if value is original:
                        patch.setattr(module, key, replacement)

    return everywhere


@pytest.mark.parametrize("claim", FAULTS)
def test_claim_fails_with_its_mechanism_switched_off(claim, monkeypatch):
    FAULTS[claim](replace_everywhere(monkeypatch))
    notebook = furniture.read(LESSONS[claim[:2]])
    quicker = QUICKER.get(claim[:2], {})
    assert claim in refused_claims(notebook, claim, monkeypatch, quicker)


@pytest.mark.parametrize(("number", "photo"), OTHER_PHOTOS)
def test_claims_hold_for_other_photographs(number, photo, monkeypatch):
    notebook = furniture.read(LESSONS[number])
    last = max(claim for claim in FAULTS if claim.startswith(number))
    parameters = QUICKER.get(number, {}) | {"photo": photo}
    assert refused_claims(notebook, last, monkeypatch, parameters) == []
