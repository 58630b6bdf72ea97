"""Each claim of a lesson fails when the mechanism that it names is switched off."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from exercise_tools import calls, code_of, refused_claims
from faults import FAULTS

from singan_edu import lesson as furniture

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
    assert claim in refused_claims(notebook, claim, monkeypatch)


@pytest.mark.parametrize("number", sorted({claim[:2] for claim in FAULTS}))
def test_all_claims_hold_without_a_fault(number, monkeypatch):
    notebook = furniture.read(LESSONS[number])
    claims = [
        call.args[0].value for cell in notebook["cells"] for call in calls(code_of(cell), "claim")
    ]
    assert refused_claims(notebook, claims[-1], monkeypatch) == []
