"""How lessons are written: generated cells, parameters, and lessons executed to be kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from exercise_tools import LESSONS, NOTEBOOKS

import singan_edu as sg
from singan_edu.course import authoring, vocabulary
from singan_edu.course.lesson import WIDGET_VIEW


def markdown(name: str, text: str, *tags: str) -> authoring.Cell:
    return dict(cell_type="markdown", id=name, metadata={"tags": list(tags)}, source=[text])


def small_lesson(number: str, name: str) -> authoring.Notebook:
    """A notebook with a title, the three generated cells and one line of code."""
    facts = dict(
        number=number,
        level=2,
        needs="nothing",
        you_will=["**look**", "**think**"],
        symbols=["x_n"],
        summary=[dict(concept="c", equation="$r$", function="images.resize", figure="1")],
    )
    code: authoring.Cell = dict(
        cell_type="code", id="code", metadata={}, execution_count=None, outputs=[]
    )
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
    (cell,) = (cell for cell in authoring.read(path)["cells"] if tag in authoring.tags(cell))
    return "".join(cell["source"])


def test_parameters_of_every_lesson_are_read():
    for path in LESSONS:
        found = authoring.parameter_defaults(authoring.read(path))
        assert found["photo"] in sg.sample_image_names(), path.name


def test_linked_names_lead_to_the_file_they_stand_in():
    for symbol in vocabulary.SYMBOLS.values():
        target = authoring.linked(symbol.name).split("](")[1].rstrip(")")
        assert (NOTEBOOKS / target).exists()


# --------------------------------------------------------------------------- folder and parameters
def test_the_folder_is_in_the_working_directory_or_named(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("SINGAN_EDU_NOTEBOOKS", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="no lessons in .*notebooks.*SINGAN_EDU_NOTEBOOKS"):
        authoring.notebooks_folder()
    monkeypatch.setenv("SINGAN_EDU_NOTEBOOKS", str(folder))
    assert authoring.notebooks_folder() == folder


def test_a_missing_folder_gives_a_sentence_and_no_traceback(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SINGAN_EDU_NOTEBOOKS", str(tmp_path / "none"))
    assert authoring.main(["write"]) == 1
    assert "There are no lessons in" in capsys.readouterr().err


def test_parameters_are_written_by_the_number_of_their_lesson(folder, tmp_path):
    notebook = small_lesson("03", "Three")
    notebook["cells"][-1] |= dict(
        metadata={"tags": ["parameters"]}, source=["photo: str = 'gravel'  # a\n", "n: int = 3"]
    )
    (folder / "03_three.ipynb").write_text(json.dumps(notebook))
    authoring.write_parameters(folder, tmp_path / "parameters.json")
    written = json.loads((tmp_path / "parameters.json").read_text())
    assert written == {"00": {}, "01": {}, "02": {}, "03": {"photo": "gravel", "n": 3}}


def test_a_notebook_without_a_title_is_refused():
    with pytest.raises(ValueError, match="no title"):
        authoring.title({"cells": []})


# ---------------------------------------------------------------------------------- generated cells
def test_write_fills_the_generated_cells_and_then_rests(folder):
    assert authoring.write(folder) == ["00_start_here", "01_one", "02_two"]
    assert authoring.write(folder) == []
    card = text_of(folder / "01_one.ipynb", "card")
    assert "| ●●○ | 3 minutes (400 words) | not measured yet | nothing |" in card
    assert "You will **look** and **think**." in card
    assert "| $x_n$ |" in text_of(folder / "01_one.ipynb", "symbols")
    assert "| c | $r$ | [`resize`](../singan_edu/images.py) | 1 |" in text_of(
        folder / "01_one.ipynb", "summary"
    )


def test_card_leads_to_the_lesson_before_the_map_and_the_next(folder):
    authoring.write(folder)
    links = text_of(folder / "01_one.ipynb", "card").splitlines()[-1]
    assert links == (
        "◀ [00 · Start_Here](00_start_here.ipynb) · [map of the course](00_start_here.ipynb) · "
        "[02 · Two](02_two.ipynb) ▶"
    )
    assert "▶" not in text_of(folder / "02_two.ipynb", "card")


def test_map_and_glossary_are_made_for_the_first_notebook_only(folder):
    start = authoring.read(folder / "00_start_here.ipynb")
    texts = authoring.generated_texts(start, "00_start_here", folder)
    assert "[01 · One](01_one.ipynb)" in texts["map"]
    assert "**aliasing**" in texts["glossary"] and "[01](01_one.ipynb)" in texts["glossary"]
    assert "map" not in authoring.generated_texts(start, "01_one", folder)


def test_write_leaves_a_notebook_without_facts_as_it_is(folder):
    notebook = small_lesson("03", "Three")
    del notebook["metadata"]["singan_edu"]
    (folder / "03_three.ipynb").write_text(json.dumps(notebook))
    assert "03_three" not in authoring.write(folder)


def test_generated_and_folded_words_are_not_counted(folder):
    notebook = small_lesson("01", "One")
    before = authoring.word_count(notebook)
    notebook["cells"][1]["source"] = ["word " * 100]
    notebook["cells"].append(markdown("fold", "<details>many words</details>\n```\ncode\n```"))
    assert authoring.word_count(notebook) == before


def test_state_of_widgets_is_taken_out(folder):
    notebook = small_lesson("01", "One")
    data = {WIDGET_VIEW: {"model_id": "1"}, "text/plain": "still here"}
    notebook["cells"][-1]["outputs"] = [dict(output_type="display_data", data=data, metadata={})]
    notebook["metadata"]["widgets"] = {"state": {}}
    authoring.write_generated_cells(notebook, "01_one", folder)
    assert data == {"text/plain": "still here"} and "widgets" not in notebook["metadata"]


def test_run_keeps_outputs_and_time_and_throws_answers_away(folder):
    seconds = authoring.run(folder / "01_one.ipynb")
    cell = authoring.read(folder / "01_one.ipynb")["cells"][-1]
    assert cell["execution_count"] == 1 and cell["outputs"][0]["text"] == ["True\n"]
    assert "execution" not in cell["metadata"]
    assert authoring.run_times(folder) == {"01_one": round(seconds, 1)}
    authoring.write(folder)
    printed = authoring.run_time_text(authoring.run_times(folder)["01_one"])
    assert printed in text_of(folder / "01_one.ipynb", "card")


def test_run_of_a_lesson_that_fails_keeps_the_old_one(folder):
    path = folder / "01_one.ipynb"
    notebook = authoring.read(path)
    notebook["cells"][-1]["source"] = ["1 / 0"]
    path.write_text(json.dumps(notebook))
    before = path.read_text()
    with pytest.raises(Exception, match="ZeroDivisionError"):
        authoring.run(path)
    assert path.read_text() == before and authoring.run_times(folder) == {}


def test_the_command_explains_itself():
    done = subprocess.run(
        [sys.executable, "-m", "singan_edu.course.authoring"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2 and "singan_edu.course.authoring write" in done.stdout
