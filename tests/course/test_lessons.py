"""What every lesson keeps to; that each runs is tested by executing it (``--nbval``).

A lesson may be as long as its story needs. What is tested is that it can be opened, read and run.
"""

from __future__ import annotations

import ast
import dis
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from exercise_tools import LESSONS, NOTEBOOKS, calls, first_argument, stubs
from faults import FAULTS

import singan_edu as sg
from singan_edu.course import authoring, vocabulary
from singan_edu.course.exercises import exercises_of
from singan_edu.course.lesson import WIDGET_VIEW, committed_parameters, resolve, taught_in

FACTS = {"number", "level", "needs", "you_will", "symbols", "summary"}
LONGEST_CELL = 30  # lines
LONGEST_RUN = 60  # seconds
LARGEST_LESSON = 900_000  # bytes
LONGEST_OUTPUT = 40  # lines


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


@pytest.fixture
def lesson(path: Path) -> dict:
    return authoring.read(path)


@pytest.fixture
def number(path: Path) -> str:
    return path.name[:2]


def cells(notebook: dict, kind: str) -> list[tuple[dict, str]]:
    """(cell, its source) of one kind."""
    return [
        (cell, "".join(cell["source"])) for cell in notebook["cells"] if cell["cell_type"] == kind
    ]


def prose(notebook: dict) -> str:
    """All text between the code, without the code blocks in it."""
    text = "\n\n".join(source for _, source in cells(notebook, "markdown"))
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def pictures(notebook: dict) -> Iterator[tuple[str, str]]:
    """(cell, alternative text) of every picture that a cell put out."""
    for cell, _ in cells(notebook, "code"):
        for output in cell["outputs"]:
            for kind in ("image/png", "image/jpeg"):
                if kind in output.get("data", {}):
                    yield cell["id"], output["metadata"].get(kind, {}).get("alt", "")


def ids(notebook: dict, *functions: str) -> list[str]:
    """First arguments of the calls of these functions, in the order of the cells."""
    return [
        first_argument(node)
        for _, source in cells(notebook, "code")
        for node in calls(source, *functions)
    ]


def test_the_training_lesson_and_the_pyramid_are_there():
    assert {"01_image_pyramid", "06_training"} <= {path.stem for path in LESSONS}


def test_every_notebook_is_a_lesson_with_a_number_of_its_own():
    assert sorted(NOTEBOOKS.glob("*.ipynb")) == LESSONS
    numbers = [path.name[:2] for path in LESSONS]
    assert len(set(numbers)) == len(numbers)


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


def test_parameters_keep_their_values(lesson):
    """Else a claim would take the lesson for one with other parameters, and stop nothing."""
    for cell, source in cells(lesson, "code"):
        if "parameters" not in authoring.tags(cell):
            set_here = {
                instruction.argval
                for instruction in dis.get_instructions(compile(source, cell["id"], "exec"))
                if instruction.opname == "STORE_NAME"
            }
            assert not set_here & set(authoring.parameter_defaults(lesson)), cell["id"]


def test_parameters_that_claims_compare_with_are_the_lessons_own(lesson, number):
    defaults = json.loads(json.dumps(authoring.parameter_defaults(lesson)))
    assert committed_parameters(number) == defaults, "python -m singan_edu.course.authoring write"


def test_metadata_holds_no_state_of_widgets_and_no_place_of_a_machine(lesson):
    assert set(lesson["metadata"]) == {"kernelspec", "language_info", "singan_edu"}
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
        assert not cell["metadata"].get("jupyter"), cell["id"]
        assert not cell["metadata"].get("collapsed"), cell["id"]
        assert max(map(len, source.splitlines())) <= 100, cell["id"]


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


def test_lesson_is_small_enough_to_open_at_once(path):
    assert path.stat().st_size <= LARGEST_LESSON


def test_no_output_names_a_folder_of_the_machine_it_ran_on(lesson):
    text = json.dumps([cell["outputs"] for cell, _ in cells(lesson, "code")])
    assert not re.search(r"/(home|root|Users|tmp|work)/|[A-Z]:\\\\\\\\", text)


def test_pictures_are_described_each_in_its_own_words(lesson):
    shown = list(pictures(lesson))
    assert [cell for cell, alt in shown if len(alt) < 25] == []
    assert len({alt for _, alt in shown}) == len(shown)


def test_every_picture_has_a_caption_and_captions_count_up(lesson):
    numbers = re.findall(r"^\*\*Figure (\d+)\.\*\*", prose(lesson), flags=re.MULTILINE)
    shown = list(pictures(lesson))
    assert [int(number) for number in numbers] == list(range(1, len(shown) + 1))


def test_no_output_scrolls_for_pages(lesson):
    for cell, _ in cells(lesson, "code"):
        printed = "".join("".join(o["text"]) for o in cell["outputs"] if "text" in o)
        assert len(printed.splitlines()) <= LONGEST_OUTPUT, cell["id"]


def test_outputs_are_readable_without_a_kernel(lesson):
    for cell, source in cells(lesson, "code"):
        kinds = {kind for output in cell["outputs"] for kind in output.get("data", {})}
        assert WIDGET_VIEW not in kinds, cell["id"]
        if calls(source, "explore", "live_view"):
            assert kinds & {"image/png", "image/jpeg"}, cell["id"]
        if calls(source, "predict"):
            assert "text/html" in kinds, cell["id"]


# -------------------------------------------------------------------------------- generated cells
def test_title_and_facts_bear_the_number_of_the_file(lesson, number):
    assert authoring.title(lesson).startswith(f"{number} · ")
    facts = lesson["metadata"]["singan_edu"]
    assert set(facts) == FACTS and facts["number"] == number and facts["you_will"]


def test_generated_cells_are_as_they_would_be_generated(lesson, path):
    wanted = authoring.generated_texts(lesson, path.stem, NOTEBOOKS)
    assert {"card", "symbols", "summary"} <= set(wanted), "no facts in the metadata"
    found = {
        tag: source
        for cell, source in cells(lesson, "markdown")
        for tag in authoring.tags(cell)
        if tag in authoring.GENERATED
    }
    assert found == wanted, "python -m singan_edu.course.authoring write"


def test_run_time_was_measured_and_is_what_the_card_says(lesson, path):
    seconds = authoring.run_times(NOTEBOOKS)[path.stem]
    assert seconds <= LONGEST_RUN
    (card,) = (text for cell, text in cells(lesson, "markdown") if "card" in authoring.tags(cell))
    printed = float(re.search(r"(\d+) s on two cores", card)[1])
    assert printed / 1.5 <= max(1, seconds) <= 1.5 * printed


def test_the_photograph_is_a_parameter(lesson):
    (source,) = (
        text for cell, text in cells(lesson, "code") if "parameters" in authoring.tags(cell)
    )
    assert re.search(r"^photo: str = ", source, flags=re.MULTILINE)


# ---------------------------------------------------------------------------------- symbols, names
def formulas(notebook: dict) -> str:
    """What stands between dollar signs, without words and upright names."""
    text = re.sub(r"`[^`]*`", "", prose(notebook))
    found = re.findall(r"\$\$(.+?)\$\$|\$([^$]+)\$", text, flags=re.DOTALL)
    math = " ".join(displayed or inline for displayed, inline in found)
    return re.sub(r"\\(text\w*|mathrm|mathbf)\{[^}]*\}", " ", math)


def test_symbols_in_formulas_are_in_the_table(lesson):
    listed, math = lesson["metadata"]["singan_edu"]["symbols"], formulas(lesson)
    used = [
        key
        for key, symbol in vocabulary.SYMBOLS.items()
        if re.search(rf"(?<![A-Za-z\\]){re.escape(symbol.latex)}(?![A-Za-z_^])", math)
    ]
    assert set(used) <= set(listed)


def test_names_in_the_tables_are_in_the_library(lesson):
    facts = lesson["metadata"]["singan_edu"]
    names = [vocabulary.SYMBOLS[key].name for key in facts["symbols"]]
    for name in [*names, *(entry["function"] for entry in facts["summary"])]:
        assert resolve(name) is not None


def test_figures_in_the_summary_exist(lesson):
    figures = {number for number, _ in enumerate(pictures(lesson), 1)}
    for entry in lesson["metadata"]["singan_edu"]["summary"]:
        assert {int(number) for number in re.findall(r"\d+", entry.get("figure", ""))} <= figures


def test_what_says_it_is_taught_here_is_found_here(lesson, number):
    text = "\n".join(source for kind in ("markdown", "code") for _, source in cells(lesson, kind))
    public = [getattr(sg, name) for name in sg.__all__]
    taught = [
        thing.__name__
        for thing in public
        if thing.__module__ in sys.modules and taught_in(thing) == number
    ]
    assert [name for name in taught if not re.search(rf"\b{name}\b", text)] == []


# ----------------------------------------------------------------- predictions, exercises, claims
def test_predictions_are_numbered_and_confronted_afterwards(lesson, number):
    predicted = ids(lesson, "predict")
    assert predicted == [f"{number}.{i}" for i in range(1, len(predicted) + 1)]
    assert ids(lesson, "compare_prediction") == predicted
    order = ids(lesson, "predict", "compare_prediction")
    assert all(order.index(id) < len(order) - 1 - order[::-1].index(id) for id in predicted)


def test_exercises_are_those_that_are_registered(lesson, number):
    registered = {exercise.number: exercise for exercise in exercises_of(number)}
    found = stubs(lesson)
    assert found and [stub.number for stub in found] == list(registered)
    for stub in found:
        assert registered[stub.number].heading in stub.task.splitlines()
        assert "<summary>Hint</summary>" in stub.fold and stub.solution


def test_claims_are_lettered_and_each_was_seen_to_fail(lesson, number):
    claimed = ids(lesson, "claim")
    assert claimed
    assert claimed == [f"{number}.{letter}" for letter in "abcdefghijkl"[: len(claimed)]]
    assert [id for id in claimed if id not in FAULTS] == []


def test_claims_print_what_is_the_same_on_every_machine(lesson):
    for cell, source in cells(lesson, "code"):
        if calls(source, "claim"):
            assert not {"nbval-ignore-output", "nbval-skip"} & {*authoring.tags(cell)}, cell["id"]
        assert not re.search(r"raises-exception", str(cell["metadata"])), cell["id"]
