"""What the tests of lessons share: calls in a cell, exercises in a notebook, a lesson as code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dependencies import statements_after, statements_behind

from singan_edu.course import authoring, canvas, lesson, plots, widgets

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = authoring.lessons(NOTEBOOKS)


class Stub(NamedTuple):
    """An exercise as it stands in a lesson."""

    number: str
    answer: str  # the name of what is checked
    task: str  # the Markdown above
    source: str  # the code cell
    fold: str  # the Markdown below
    solution: str  # the code in its fold


def calls(source: str | ast.stmt, *functions: str) -> list[ast.Call]:
    """The calls of functions of these names, in the order of the text."""
    found = [
        node
        for node in ast.walk(ast.parse(source) if isinstance(source, str) else source)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "attr", None) or getattr(node.func, "id", None)) in functions
    ]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def first_argument(call: ast.Call) -> str:
    """The first argument of a call, a text written out."""
    value = ast.literal_eval(call.args[0])
    assert isinstance(value, str)
    return value


def stubs(notebook: dict[str, Any]) -> list[Stub]:
    """The exercises of a lesson: the cells around every ``check``."""
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    found = []
    for i, (kind, source) in enumerate(zip(kinds, sources)):
        for call in calls(source, "check") if kind == "code" else []:
            answer = call.args[1]
            assert isinstance(answer, ast.Name)
            texts = (sources[i - 1], source, *_fold(sources[i + 1]))
            found.append(Stub(first_argument(call), answer.id, *texts))
    return found


def _fold(text: str) -> tuple[str, str]:
    """(all folds, the code of the solution)."""
    folds = "".join(re.findall(r"<details>.*?</details>", text, flags=re.S))
    solution = re.search(r"<summary>Solution</summary>.*?```python\n(.*?)```", folds, flags=re.S)
    return folds, solution[1] if solution else ""


def imports(notebook: dict[str, Any]) -> dict[str, Any]:
    """A namespace with all that the lesson imports."""
    space: dict[str, Any] = {}
    for cell in notebook["cells"]:
        for node in ast.parse(code_of(cell)).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                exec(compile(ast.Module([node], []), "imports", "exec"), space)
    return space


def code_of(cell: dict[str, Any]) -> str:
    """The source of a code cell; of any other, nothing."""
    return "".join(cell["source"]) if cell["cell_type"] == "code" else ""


def refused_claims(
    notebook: dict[str, Any],
    patch: pytest.MonkeyPatch,
    parameters: dict[str, object],
    *,
    only: str | None = None,
    about: str | None = None,
) -> list[str]:
    """The claims that do not hold when a lesson runs, in this process, up to its last claim.

    Nothing is drawn, since a claim is about numbers.

    Args:
        notebook: the lesson, as JSON.
        patch: takes the functions of the course that draw and claim out of use.
        parameters: override the lesson's own.
        only: run nothing but this claim and what it depends on.
        about: run nothing but what depends on this parameter, and what that depends on.
    """
    refused: list[str] = []

    def claim(label: str, holds: bool, *sentence: str, **measured: object) -> None:
        if not holds:
            refused.append(label)

    patch.setattr(lesson, "claim", claim)
    patch.setattr(plots, "show", lambda *args, **options: None)
    patch.setattr(widgets, "explore", lambda *args, **options: None)
    patch.setattr(canvas, "live_view", lambda *args, **options: None)
    space: dict[str, Any] = {"__name__": "lesson"}
    for cell, statement in statements_of(notebook, only, about):
        code = ast.Module([statement], [])
        exec(compile(code, cell["id"], "exec", dont_inherit=True), space)
        if "parameters" in authoring.tags(cell):
            space.update(parameters)
    return refused


def statements_of(
    notebook: dict[str, Any], only: str | None = None, about: str | None = None
) -> list[tuple[dict[str, Any], ast.stmt]]:
    """(cell, statement) of a lesson up to its last claim, or those that ``refused_claims`` runs."""
    pairs = [
        (cell, statement)
        for cell in notebook["cells"]
        for statement in ast.parse(code_of(cell)).body
    ]
    claims = [
        index
        for index, (_, statement) in enumerate(pairs)
        for call in calls(statement, "claim")
        if only in (None, first_argument(call))
    ]
    if not claims:
        raise ValueError(f"There is no claim {only}.")
    pairs = pairs[: claims[-1] + 1]
    statements = [statement for _, statement in pairs]
    if only:
        return [pairs[index] for index in statements_behind(statements, claims)]
    if about:
        wanted = statements_after(statements, about)
        return [pairs[index] for index in statements_behind(statements, wanted)]
    return pairs
