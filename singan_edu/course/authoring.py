"""How the lessons are written: their generated cells, and how they are executed.

The card under a lesson's title, its table of symbols and its summary are made from the notebook's
metadata and from ``vocabulary``, so that they cannot disagree with the library::

    python -m singan_edu.course.authoring run 01      execute lesson 01, keep its outputs and time
    python -m singan_edu.course.authoring write       make the generated cells of all lessons anew

The lessons are in the folder ``notebooks`` of the working directory, or in the folder that the
environment variable SINGAN_EDU_NOTEBOOKS names.
"""

from __future__ import annotations

import ast
import json
import math
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..files import user_folder, write_bytes, write_json
from .exercises import DOTS
from .lesson import PARAMETERS, WIDGET_VIEW, module_and_names
from .vocabulary import GLOSSARY, SYMBOLS

RUN_TIMES = "run_times.json"
START = "00_start_here.ipynb"
WORDS_PER_MINUTE = 200
CELL_TIMEOUT = 600  # seconds
GENERATED = ("card", "symbols", "summary", "map", "glossary")  # tags of generated cells
Notebook = dict[str, Any]
Cell = dict[str, Any]


def notebooks_folder() -> Path:
    """Return the folder of the lessons.

    Returns:
        ``notebooks`` in the working directory, or the folder that SINGAN_EDU_NOTEBOOKS names.

    Raises:
        FileNotFoundError: there is no such folder, or no lesson in it.
    """
    folder = user_folder("notebooks", "SINGAN_EDU_NOTEBOOKS")
    if not lessons(folder):
        raise FileNotFoundError(
            f"There are no lessons in {folder}. Work in the folder of the course, or name the "
            f"folder of its notebooks in the environment variable SINGAN_EDU_NOTEBOOKS."
        )
    return folder


# ------------------------------------------------------------------------------ reading notebooks
def lessons(folder: Path) -> list[Path]:
    """Return the files of the lessons in reading order.

    Args:
        folder: the folder of the lessons.
    """
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def read(path: Path) -> Notebook:
    """Read a notebook as it is stored.

    Args:
        path: the notebook's file.
    """
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def source_of(cell: Cell) -> str:
    """Return the text of a cell.

    Args:
        cell: of a notebook.
    """
    return "".join(cell["source"])


def tags(cell: Cell) -> list[str]:
    """Return the tags of a cell.

    Args:
        cell: of a notebook.
    """
    return list(cell["metadata"].get("tags", []))


def parameter_defaults(notebook: Notebook) -> dict[str, object]:
    """Return the parameters of a lesson and their values as committed.

    Args:
        notebook: with a cell tagged ``parameters`` of lines such as ``seed: int = 0``.
    """
    source = "\n".join(source_of(cell) for cell in notebook["cells"] if "parameters" in tags(cell))
    return {
        line.target.id: ast.literal_eval(line.value)
        for line in ast.parse(source).body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value
    }


def title(notebook: Notebook) -> str:
    """Return the first heading of a lesson.

    Args:
        notebook: the lesson.

    Raises:
        ValueError: the notebook has no heading of the first level.
    """
    text = "\n".join(map(source_of, notebook["cells"]))
    found = re.search(r"^# (.+)$", text, re.M)
    if found is None:
        raise ValueError("The notebook has no title: its first cell must begin with `# `.")
    return found[1]


def prose(notebook: Notebook) -> str:
    """Return the Markdown of a lesson without code blocks, folded parts and generated cells.

    Args:
        notebook: the lesson.
    """
    texts = [
        source_of(cell)
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown" and not set(tags(cell)) & {*GENERATED}
    ]
    text = re.sub(r"^```.*?^```", "", "\n\n".join(texts), flags=re.M | re.S)
    return re.sub(r"<details>.*?</details>", "", text, flags=re.S)


def word_count(notebook: Notebook) -> int:
    """Count the words of a lesson's prose.

    Args:
        notebook: the lesson.
    """
    return len(prose(notebook).split())


def reading_minutes(words: int) -> int:
    """Estimate how long a text takes to read, in whole minutes.

    Args:
        words: number of words.

    >>> reading_minutes(1450)
    8
    """
    return math.ceil(words / WORDS_PER_MINUTE)


def run_times(folder: Path) -> dict[str, float]:
    """Return how long each lesson took when ``run`` last executed it, in seconds.

    Args:
        folder: the folder of the lessons.

    Returns:
        Name of the lesson (``"01_image_pyramid"``) -> seconds; {} where nothing was measured.
    """
    path = folder / RUN_TIMES
    times: dict[str, float] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return times


# ---------------------------------------------------------------------------- the generated cells
def generated_texts(notebook: Notebook, name: str, folder: Path) -> dict[str, str]:
    """Return the text of every generated cell of a lesson, by tag.

    Args:
        notebook: the lesson.
        name: its file's name without the ending, ``"01_image_pyramid"``.
        folder: the folder of the lessons.

    Returns:
        {} for a notebook without the metadata of a lesson.
    """
    facts = notebook["metadata"].get("singan_edu")
    if facts is None:
        return {}
    texts = dict(card=card(notebook, name, folder))
    texts |= dict(symbols=symbol_table(facts.get("symbols", [])))
    texts |= dict(summary=summary_table(facts.get("summary", [])))
    if name + ".ipynb" == START:
        texts |= dict(map=course_map(folder), glossary=glossary(folder))
    return texts


def card(notebook: Notebook, name: str, folder: Path) -> str:
    """Make the card under the title: difficulty, times, requirements and aims.

    Args:
        notebook: the lesson.
        name: its file's name without the ending.
        folder: the folder of the lessons.
    """
    facts, words = notebook["metadata"]["singan_edu"], word_count(notebook)
    seconds = run_times(folder).get(name)
    lines = [
        "| level | reading | run time | needs |",
        "|---|---|---|---|",
        f"| {DOTS[facts['level']]} | {reading_minutes(words)} minutes ({round(words, -2)} words) "
        f"| {run_time_text(seconds)} | {facts['needs']} |",
        "",
        "You will " + _listed(facts["you_will"]) + ".",
        "",
        _navigation(name, folder),
    ]
    return "\n".join(lines)


def run_time_text(seconds: float | None) -> str:
    """Return the measured run time as the card prints it.

    Args:
        seconds: that the lesson took; None if it was not measured.

    >>> run_time_text(7.4)
    '7 s on two cores'
    """
    return "not measured yet" if seconds is None else f"{max(1, round(seconds))} s on two cores"


def symbol_table(keys: Sequence[str]) -> str:
    """Make the table of a lesson's symbols: symbol, words, name in the library, source.

    Args:
        keys: of ``vocabulary.SYMBOLS``.
    """
    rows = ["| symbol | in words | in the library | paper |", "|---|---|---|---|"]
    for key in keys:
        symbol = SYMBOLS[key]
        rows.append(
            f"| ${symbol.latex}$ | {symbol.words} | {linked(symbol.name)} | {symbol.source} |"
        )
    return "\n".join(rows)


def summary_table(entries: Sequence[dict[str, Any]]) -> str:
    """Make the table at the end of a lesson: concept, equation, function, figure.

    Args:
        entries: one for each row, with ``concept``, ``function``, and where there is one
            ``equation`` and ``figure``.
    """
    rows = ["| concept | equation | function | figure |", "|---|---|---|---|"]
    for entry in entries:
        rows.append(
            f"| {entry['concept']} | {entry.get('equation') or '–'} | {linked(entry['function'])} "
            f"| {entry.get('figure') or '–'} |"
        )
    return "\n".join(rows)


def linked(name: str) -> str:
    """Return a dotted name of the library as Markdown, linked to its file.

    Args:
        name: from the package on, ``"pyramid.plan_pyramid"``.
    """
    module, names = module_and_names(name)
    return f"[`{'.'.join(names)}`](../{module.__name__.replace('.', '/')}.py)"


def course_map(folder: Path) -> str:
    """Make the map of the course: each lesson with its difficulty, times and first aim.

    Args:
        folder: the folder of the lessons.
    """
    rows = ["| lesson | level | reading | run time | you will |", "|---|---|---|---|---|"]
    for path in lessons(folder):
        notebook = read(path)
        facts = notebook["metadata"].get("singan_edu")
        if facts:
            rows.append(
                f"| [{title(notebook)}]({path.name}) | {DOTS[facts['level']]} "
                f"| {reading_minutes(word_count(notebook))} min "
                f"| {run_time_text(run_times(folder).get(path.stem))} "
                f"| {facts['you_will'][0]} |"
            )
    return "\n".join(rows)


def glossary(folder: Path) -> str:
    """Make the glossary: each term in alphabetical order, with the lesson that teaches it.

    Args:
        folder: the folder of the lessons.
    """
    files = {path.name[:2]: path.name for path in lessons(folder)}
    rows = ["| term | meaning | lesson |", "|---|---|---|"]
    for term, (words, number) in sorted(GLOSSARY.items()):
        place = f"[{number}]({files[number]})" if number in files else number
        rows.append(f"| **{term}** | {words} | {place} |")
    return "\n".join(rows)


def _listed(things: Sequence[str]) -> str:
    """Join things into one phrase.

    >>> _listed(["run", "look", "think"])
    'run, look and think'
    """
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


def _navigation(name: str, folder: Path) -> str:
    """Link the previous lesson, the map and the next lesson, where they exist."""
    paths = lessons(folder)
    index = [path.stem for path in paths].index(name) if (folder / f"{name}.ipynb") in paths else 0
    before = [f"◀ [{title(read(path))}]({path.name})" for path in paths[:index][-1:]]
    after = [f"[{title(read(path))}]({path.name}) ▶" for path in paths[index + 1 :][:1]]
    has_map = (folder / START).exists() and name + ".ipynb" != START
    return " · ".join(before + [f"[map of the course]({START})"] * has_map + after)


# --------------------------------------------------------------------------------- writing lessons
def write(folder: Path) -> list[str]:
    """Make the generated cells of all lessons anew.

    Args:
        folder: the folder of the lessons.

    Returns:
        The names of the lessons that changed.
    """
    changed = []
    for path in lessons(folder):
        notebook = read(path)
        before = json.dumps(notebook)
        write_generated_cells(notebook, path.stem, folder)
        if json.dumps(notebook) != before:
            _save(notebook, path)
            changed.append(path.stem)
    return changed


def write_generated_cells(notebook: Notebook, name: str, folder: Path) -> None:
    """Put the generated texts into their cells, and remove the state of widgets.

    Args:
        notebook: the lesson; it is changed in place.
        name: its file's name without the ending.
        folder: the folder of the lessons.
    """
    texts = generated_texts(notebook, name, folder)
    for cell in notebook["cells"]:
        for tag in set(tags(cell)) & set(texts):
            cell["source"] = texts[tag].splitlines(keepends=True)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)  # shows nothing without a kernel
    notebook["metadata"].pop("widgets", None)


def write_parameters(folder: Path, path: Path = PARAMETERS) -> None:
    """Write the parameters of all lessons to the file that ``lesson.claim`` compares with.

    Args:
        folder: the folder of the lessons.
        path: the file, part of the package.
    """
    write_json(path, {file.name[:2]: parameter_defaults(read(file)) for file in lessons(folder)})


def run(path: Path) -> float:
    """Execute a lesson with its defaults and keep its outputs and its run time.

    Trained models and answers go to temporary folders. So the lesson really trains, and no
    student's prediction is kept.

    Args:
        path: the notebook's file.

    Returns:
        The seconds that it took.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed; the file stays as it was.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as place:
        folders = {"SINGAN_EDU_RUNS": f"{place}/runs", "SINGAN_EDU_ANSWERS": f"{place}/answers"}
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=CELL_TIMEOUT,
            store_widget_state=False,
            record_timing=False,
            resources={"metadata": {"path": str(path.parent)}},
        )
        started = time.monotonic()
        client.execute(env=os.environ | folders)
        seconds = time.monotonic() - started
    _save(json.loads(nbformat.writes(notebook)), path)
    write_json(path.parent / RUN_TIMES, run_times(path.parent) | {path.stem: round(seconds, 1)})
    return seconds


def _save(notebook: Notebook, path: Path) -> None:
    """Write a notebook as Jupyter does."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    write_bytes(path, f"{text}\n".encode())


def main(arguments: Sequence[str]) -> int:
    """Run a command line: ``write``, or ``run`` and the numbers of lessons (all if none is given).

    Args:
        arguments: the words after the program's name.

    Returns:
        The exit code: 0, 1 (no lessons found), or 2 (misused, or no such lesson).
    """
    command, *numbers = arguments or ["help"]
    if command not in ("write", "run"):
        print(__doc__)
        return 2
    try:
        folder = notebooks_folder()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    unknown = set(numbers) - {path.name[:2] for path in lessons(folder)}
    if unknown:
        print(f"There is no lesson {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    for path in lessons(folder) if command == "run" else []:
        if not numbers or path.name[:2] in numbers:
            print(f"{path.stem}: {run(path):.1f} s")
    write_parameters(folder)
    print("written:", ", ".join(write(folder)) or "nothing had changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
