"""What every lesson keeps to; that each runs is tested by executing it (``--nbval``)."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
LONGEST_CELL = 12


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request) -> dict:
    return json.loads(request.param.read_text(encoding="utf-8"))


def cells(notebook: dict, kind: str) -> list[tuple[dict, str]]:
    """(cell, its source) of one kind."""
    return [
        (cell, "".join(cell["source"])) for cell in notebook["cells"] if cell["cell_type"] == kind
    ]


def prose(notebook: dict) -> str:
    """All text between the code, without the code blocks in it."""
    text = "\n\n".join(source for _, source in cells(notebook, "markdown"))
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def test_there_is_a_training_lesson():
    assert "06_training" in [path.stem for path in LESSONS]


def test_exactly_one_cell_is_tagged_parameters(lesson):
    tagged = [
        cell
        for cell, _ in cells(lesson, "code")
        if "parameters" in cell["metadata"].get("tags", [])
    ]
    assert len(tagged) == 1


def test_parameters_are_literals_with_a_type_and_a_word_of_help(lesson):
    (source,) = (
        text
        for cell, text in cells(lesson, "code")
        if "parameters" in cell["metadata"].get("tags", [])
    )
    statements, lines = ast.parse(source).body, source.splitlines()
    assert statements
    for statement in statements:
        assert isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        ast.literal_eval(statement.value)
        assert "  # " in lines[statement.lineno - 1]


def test_metadata_holds_no_state_of_widgets_and_no_place_of_a_machine(lesson):
    assert set(lesson["metadata"]) <= {"kernelspec", "language_info"}
    assert lesson["metadata"]["kernelspec"]["name"] == "python3"


def test_cells_have_stable_names(lesson):
    names = [cell.get("id", "") for cell in lesson["cells"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name in names)
    assert not [
        name for name in names if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]+)?", name)
    ]  # drawn at random


def test_code_cells_are_short_and_shown(lesson):
    for cell, source in cells(lesson, "code"):
        assert len(source.splitlines()) <= LONGEST_CELL, cell["id"]
        assert source.strip(), cell["id"]
        assert not cell["metadata"].get("jupyter", {}).get("source_hidden"), cell["id"]
        assert max(map(len, source.splitlines())) <= 110, cell["id"]


def test_headings_come_in_order_under_one_title(lesson):
    levels = [len(marks) for marks in re.findall(r"^(#+) ", prose(lesson), flags=re.MULTILINE)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(deeper <= before + 1 for before, deeper in zip(levels, levels[1:]))


def test_links_and_pictures_of_the_repository_exist(lesson):
    targets = re.findall(r"\]\(([^)\s]+)[^)]*\)|(?:src|href)=\"([^\"]+)\"", prose(lesson))
    targets = [one or other for one, other in targets]
    missing = [
        target
        for target in targets
        if not re.match(r"https?:|mailto:|#|attachment:|data:", target)
        and not (NOTEBOOKS / target.split("#")[0]).exists()
    ]
    assert missing == []


def test_every_picture_says_in_words_what_is_to_be_seen(lesson):
    alts = re.findall(r"!\[([^\]]*)\]", prose(lesson))
    assert all(len(alt) > 20 for alt in alts)


def test_lesson_is_committed_as_it_ran(lesson):
    counts = [cell["execution_count"] for cell, _ in cells(lesson, "code")]
    assert counts == list(range(1, len(counts) + 1))


def test_no_output_is_an_error_or_a_warning(lesson):
    outputs = [output for cell, _ in cells(lesson, "code") for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]


def test_lesson_is_small_enough_to_open_at_once(request, lesson):
    assert len(json.dumps(lesson)) <= 800_000


def test_no_output_names_a_folder_of_the_machine_it_ran_on(lesson):
    text = json.dumps([cell["outputs"] for cell, _ in cells(lesson, "code")])
    assert not re.search(r"/(home|root|Users|tmp|work)/|[A-Z]:\\\\\\\\", text)
