"""The furniture: claims, sources in place, generated cells, and how a lesson is run for keeps."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import singan_edu as sg
from singan_edu.course import lesson, vocabulary

PACKAGE = Path(sg.__file__).parent


def markdown(id: str, text: str, *tags: str) -> dict:
    return dict(cell_type="markdown", id=id, metadata={"tags": list(tags)}, source=[text])


def small_lesson(number: str, name: str) -> dict:
    """A notebook with a title, the three generated cells and one line of code."""
    facts = dict(
        number=number,
        level=2,
        needs="nothing",
        you_will=["**look**", "**think**"],
        symbols=["x_n"],
        summary=[dict(concept="c", equation="$r$", function="images.resize", figure="1")],
    )
    code = dict(cell_type="code", id="code", metadata={}, execution_count=None, outputs=[])
    cells = [
        markdown("title", f"# {number} · {name}\n\n" + "word " * 410),
        *(markdown(tag, "old", tag) for tag in ("card", "symbols", "summary")),
        code | {"source": ["import os\n", "print(os.environ['SINGAN_EDU_ANSWERS'] != '')"]},
    ]
    kernel = dict(display_name="Python 3", language="python", name="python3")
    return dict(
        cells=cells,
        metadata=dict(kernelspec=kernel, singan_edu=facts),
        nbformat=4,
        nbformat_minor=5,
    )


@pytest.fixture
def folder(tmp_path) -> Path:
    """A course of three lessons."""
    for number, name in (("00", "start_here"), ("01", "one"), ("02", "two")):
        path = tmp_path / f"{number}_{name}.ipynb"
        path.write_text(json.dumps(small_lesson(number, name.title())))
    return tmp_path


def text_of(path: Path, tag: str) -> str:
    (cell,) = (cell for cell in lesson.read(path)["cells"] if tag in lesson.tags(cell))
    return "".join(cell["source"])


# ------------------------------------------------------------------------------------------- claims
def test_a_claim_that_holds_prints_its_sentence_without_numbers(capsys):
    lesson.claim("01.a", True, "Two is more than one.", two=2.000001)
    assert capsys.readouterr().out == "✔ 01.a  Two is more than one.\n"


def test_a_claim_that_does_not_hold_stops_with_what_was_measured():
    with pytest.raises(AssertionError, match=r"01\.a .*Two is more.* two = 0\.5"):
        lesson.claim("01.a", False, "Two is more than one.", two=0.5)


@pytest.fixture
def running(monkeypatch):
    """What a notebook would hold, if one ran: the parameters of lesson 01 as committed."""
    values = lesson.defaults(lesson.read(lesson.lessons()[1]))
    notebook = SimpleNamespace(user_ns=dict(values, other=3))
    monkeypatch.setattr(lesson, "get_ipython", lambda: notebook)
    return notebook.user_ns


def test_a_claim_stops_a_lesson_whose_parameters_are_the_committed_ones(running):
    with pytest.raises(AssertionError, match="01.a does not hold"):
        lesson.claim("01.a", False, "Two is more than one.")


def test_a_claim_that_fails_for_another_photograph_is_reported_and_stops_nothing(running, capsys):
    running["photo"] = "mine.jpg"
    lesson.claim("01.a", False, "Two is more than one.", two=0.5)
    said = " ".join(capsys.readouterr().out.split())
    assert said == (
        "✘ 01.a Not so with photo = 'mine.jpg': Two is more than one. Measured: two = 0.5"
    )


def test_parameters_of_every_lesson_are_read():
    for path in lesson.lessons():
        found = lesson.defaults(lesson.read(path))
        assert found["photo"] in sg.sample_image_names(), path.name


def test_a_long_claim_is_broken_between_words(capsys):
    lesson.claim("01.a", True, "word " * 40)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 88


# ------------------------------------------------------------------------------------------ sources
@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    displayed: list[dict] = []
    monkeypatch.setattr(lesson, "display", lambda data, raw: displayed.append(data))
    return displayed


def test_source_is_folded_highlighted_and_says_where_it_lives(shown):
    lesson.show_source(sg.image_pyramid)
    page, plain = shown[0]["text/html"], shown[0]["text/plain"]
    assert page.startswith("<details><summary>") and "style=" in page
    assert "· taught in lesson 01" in page
    assert plain.startswith("singan_edu.pyramid.image_pyramid\ndef image_pyramid(")


def test_source_of_a_class_is_shown_too(shown):
    lesson.show_source(sg.PyramidPlan)
    assert "class PyramidPlan" in shown[0]["text/plain"]


@pytest.mark.parametrize(
    ("function", "number"),
    [(sg.plan_pyramid, "01"), (sg.resize, "01"), (sg.load_image, "00"), (sg.SinGAN, "04")],
)
def test_taught_in_is_the_functions_word_or_else_its_modules(function, number):
    assert lesson.taught_in(function) == number


# ---------------------------------------------------------------------------------- words of course
def test_every_symbol_and_its_words_are_in_the_library():
    for symbol in vocabulary.SYMBOLS.values():
        assert lesson.resolve(symbol.name) is not None
        assert symbol.words and symbol.source


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(AttributeError):
        lesson.resolve("pyramid.plan_sphinx")
    with pytest.raises(ImportError):
        lesson.resolve("sphinx.plan")


def test_linked_names_lead_to_the_file_they_stand_in():
    for symbol in vocabulary.SYMBOLS.values():
        target = lesson.linked(symbol.name).split("](")[1].rstrip(")")
        assert (lesson.NOTEBOOKS / target).exists()


NAMES = {"Lipschitz", "NIQE", "SIFID", "Wasserstein distance"}  # of people, and of scores


def test_terms_of_the_glossary_are_short_and_name_a_lesson():
    for term, (words, number) in vocabulary.GLOSSARY.items():
        assert term == term.lower() or term in NAMES
        assert len(words) <= 90 and number.isdigit()


# ---------------------------------------------------------------------------------- generated cells
def test_write_fills_the_generated_cells_and_then_rests(folder):
    assert lesson.write(folder) == ["00_start_here", "01_one", "02_two"]
    assert lesson.write(folder) == []
    card = text_of(folder / "01_one.ipynb", "card")
    assert "| ●●○ | 3 minutes (400 words) | not measured yet | nothing |" in card
    assert "You will **look** and **think**." in card
    assert "| $x_n$ |" in text_of(folder / "01_one.ipynb", "symbols")
    assert "| c | $r$ | [`resize`](../singan_edu/images.py) | 1 |" in text_of(
        folder / "01_one.ipynb", "summary"
    )


def test_card_leads_to_the_lesson_before_the_map_and_the_next(folder):
    lesson.write(folder)
    links = text_of(folder / "01_one.ipynb", "card").splitlines()[-1]
    assert links == (
        "◀ [00 · Start_Here](00_start_here.ipynb) · [map of the course](00_start_here.ipynb) · "
        "[02 · Two](02_two.ipynb) ▶"
    )
    assert "▶" not in text_of(folder / "02_two.ipynb", "card")


def test_map_and_glossary_are_made_for_the_first_notebook_only(folder):
    start = lesson.read(folder / "00_start_here.ipynb")
    texts = lesson.generated(start, "00_start_here", folder)
    assert "[01 · One](01_one.ipynb)" in texts["map"]
    assert "**aliasing**" in texts["glossary"] and "[01](01_one.ipynb)" in texts["glossary"]
    assert "map" not in lesson.generated(start, "01_one", folder)


def test_write_leaves_a_notebook_without_facts_as_it_is(folder):
    notebook = small_lesson("03", "Three")
    del notebook["metadata"]["singan_edu"]
    (folder / "03_three.ipynb").write_text(json.dumps(notebook))
    assert "03_three" not in lesson.write(folder)


def test_generated_and_folded_words_are_not_counted(folder):
    notebook = small_lesson("01", "One")
    before = lesson.word_count(notebook)
    notebook["cells"][1]["source"] = ["word " * 100]
    notebook["cells"].append(markdown("fold", "<details>many words</details>\n```\ncode\n```"))
    assert lesson.word_count(notebook) == before


def test_state_of_widgets_is_taken_out(folder):
    notebook = small_lesson("01", "One")
    data = {lesson.WIDGET_VIEW: {"model_id": "1"}, "text/plain": "still here"}
    notebook["cells"][-1]["outputs"] = [dict(output_type="display_data", data=data, metadata={})]
    notebook["metadata"]["widgets"] = {"state": {}}
    lesson.write_generated_cells(notebook, "01_one", folder)
    assert data == {"text/plain": "still here"} and "widgets" not in notebook["metadata"]


def test_run_keeps_outputs_and_time_and_throws_answers_away(folder):
    seconds = lesson.run(folder / "01_one.ipynb")
    cell = lesson.read(folder / "01_one.ipynb")["cells"][-1]
    assert cell["execution_count"] == 1 and cell["outputs"][0]["text"] == ["True\n"]
    assert "execution" not in cell["metadata"]
    assert lesson.run_times(folder) == {"01_one": round(seconds, 1)}
    lesson.write(folder)
    printed = lesson.run_time_text(lesson.run_times(folder)["01_one"])
    assert printed in text_of(folder / "01_one.ipynb", "card")


def test_run_of_a_lesson_that_fails_keeps_the_old_one(folder):
    path = folder / "01_one.ipynb"
    notebook = lesson.read(path)
    notebook["cells"][-1]["source"] = ["1 / 0"]
    path.write_text(json.dumps(notebook))
    before = path.read_text()
    with pytest.raises(Exception, match="ZeroDivisionError"):
        lesson.run(path)
    assert path.read_text() == before and lesson.run_times(folder) == {}


def test_the_command_explains_itself():
    done = subprocess.run(
        [sys.executable, "-m", "singan_edu.course.lesson"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2 and "singan_edu.course.lesson write" in done.stdout
