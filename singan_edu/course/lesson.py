"""The furniture of a lesson: claims, sources opened in place, and the cells that are generated.

In a notebook there are ``claim`` and ``show_source``. The card under its title, its table of
symbols and its summary are made from the notebook's metadata and from ``vocabulary``, so that they
cannot drift::

    python -m singan_edu.course.lesson run 01      execute lesson 01, keep its outputs and its time
    python -m singan_edu.course.lesson write       make the generated cells of all lessons anew
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import json
import math
import os
import re
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from IPython import get_ipython
from IPython.display import display

from ..files import write_json
from .vocabulary import GLOSSARY, SYMBOLS

PACKAGE = Path(__file__).parents[1]
NOTEBOOKS = PACKAGE.parent / "notebooks"
RUN_TIMES = "run_times.json"
START = "00_start_here.ipynb"
WORDS_A_MINUTE = 200
LEVELS = {1: "●○○", 2: "●●○", 3: "●●●"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
Notebook = dict[str, Any]


# ------------------------------------------------------------------------------ inside a notebook
def claim(id: str, holds: bool, sentence: str, **measured: object) -> None:
    """Say that a claim of the lesson holds, or stop with what was measured.

    A lesson asserts what it says with the parameters that it was written for. With others, such as
    a photograph of one's own, a claim that does not hold is a finding: it is reported, and the
    lesson goes on.

    Args:
        id: lesson and letter, ``"01.a"``.
        holds: the measured comparison.
        sentence: the claim in words, the same on every machine.
        measured: numbers that may differ between machines; they show where the claim fails.

    Raises:
        AssertionError: the claim does not hold, though no parameter was changed.

    >>> claim("01.a", 4 > 3, "Four is more than three.", four=4)
    ✔ 01.a  Four is more than three.
    """
    if holds:
        print(_below(id, f"✔ {id}  {sentence}"))
        return
    numbers = ", ".join(f"{name} = {value}" for name, value in measured.items())
    changed = ", ".join(f"{name} = {value!r}" for name, value in changed_parameters(id).items())
    if not changed:
        raise AssertionError(f"Claim {id} does not hold here: {sentence} Measured: {numbers}")
    print(_below(id, f"✘ {id}  Not so with {changed}: {sentence} Measured: {numbers}"))


def _below(id: str, text: str) -> str:
    """``text`` in lines of 88, below each other behind the id of a claim."""
    return textwrap.fill(text, 88, subsequent_indent=" " * (4 + len(id)))


def changed_parameters(id: str) -> dict[str, object]:
    """The parameters of the running lesson that differ from those of the committed one.

    Args:
        id: of anything in the lesson, ``"01.a"``; its first two digits count.

    Returns:
        Name and value, in the lesson's order; none where no notebook runs.
    """
    running, path = get_ipython(), next(NOTEBOOKS.glob(f"{id[:2]}_*.ipynb"), None)
    if running is None or path is None:
        return {}
    values = running.user_ns
    return {
        name: values[name]
        for name, default in defaults(read(path)).items()
        if name in values and values[name] != default
    }


def show_source(function: Callable) -> None:
    """Open a function or class of the library in place: highlighted, folded, and where it lives."""
    source = inspect.getsource(function)
    place = f"{function.__module__}.{function.__qualname__}"
    lesson = taught_in(function)
    summary = f"Source of <code>{place}</code>" + (
        f" · taught in lesson {lesson}" if lesson else ""
    )
    block = f"<details><summary>{summary}</summary>{_highlighted(source)}</details>"
    display({"text/html": block, "text/plain": f"{place}\n{source}"}, raw=True)


def taught_in(function: Callable) -> str | None:
    """The lesson, ``"01"``, that a function's docstring names, or else that of its module."""
    module = sys.modules[function.__module__].__doc__
    for text in (function.__doc__, module):
        found = re.search(r"[Tt]aught\s+in\s+lessons?\s+(\d\d)", text or "")
        if found:
            return found[1]
    return None


def _highlighted(source: str) -> str:
    """The source as HTML that needs no style sheet."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    frame = "padding: 0.6em 1em; line-height: 1.35; color: #222; overflow-x: auto"
    formatter = HtmlFormatter(noclasses=True, style="friendly", cssstyles=frame)
    return highlight(source, PythonLexer(), formatter)


# ------------------------------------------------------------------------- names of the library
def resolve(name: str) -> object:
    """What a dotted name of the library, ``"pyramid.plan_pyramid"``, stands for.

    Raises:
        AttributeError: the library has no such name.

    >>> resolve("pyramid.PyramidPlan.sizes")
    'tuple[tuple[int, int], ...]'
    """
    module, *parts = _split(name)
    thing = importlib.import_module(f"singan_edu.{module}")
    return functools.reduce(_member, parts, thing)


def _split(name: str) -> list[str]:
    """[module, name, …] of a dotted name; the module of a package holds a dot."""
    parts = name.split(".")
    if (PACKAGE / parts[0]).is_dir():
        parts[:2] = [".".join(parts[:2])]
    return parts


def _member(thing: Any, name: str) -> object:
    """An attribute, or the annotation of a field that only instances have."""
    fields = getattr(thing, "__annotations__", {}) if isinstance(thing, type) else {}
    return fields[name] if name in fields else getattr(thing, name)


def linked(name: str) -> str:
    """A dotted name as Markdown: its last parts, linked to the file where it stands."""
    module, *parts = _split(name)
    return f"[`{'.'.join(parts)}`](../singan_edu/{module.replace('.', '/')}.py)"


# ---------------------------------------------------------------------------- the generated cells
def generated(notebook: Notebook, name: str, folder: Path = NOTEBOOKS) -> dict[str, str]:
    """The text of every generated cell of a lesson, by tag.

    Args:
        name: the file's name without its ending, ``"01_image_pyramid"``.
        folder: where the lessons lie.
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


def card(notebook: Notebook, name: str, folder: Path = NOTEBOOKS) -> str:
    """The card under the title: how hard, how long, what it needs, what the reader will do."""
    facts, words = notebook["metadata"]["singan_edu"], word_count(notebook)
    seconds = run_times(folder).get(name)
    lines = [
        "| level | reading | run time | needs |",
        "|---|---|---|---|",
        f"| {LEVELS[facts['level']]} | {reading_minutes(words)} minutes ({round(words, -2)} words) "
        f"| {run_time_text(seconds)} | {facts['needs']} |",
        "",
        "You will " + _listed(facts["you_will"]) + ".",
        "",
        _navigation(name, folder),
    ]
    return "\n".join(lines)


def run_time_text(seconds: float | None) -> str:
    """The measured run time as the card prints it.

    >>> run_time_text(7.4)
    '7 s on two cores'
    """
    return "not measured yet" if seconds is None else f"{max(1, round(seconds))} s on two cores"


def symbol_table(keys: list[str]) -> str:
    """The table of the symbols that a lesson uses: symbol, words, name in the library, source."""
    rows = ["| symbol | in words | in the library | paper |", "|---|---|---|---|"]
    for key in keys:
        symbol = SYMBOLS[key]
        rows.append(
            f"| ${symbol.latex}$ | {symbol.words} | {linked(symbol.name)} | {symbol.source} |"
        )
    return "\n".join(rows)


def summary_table(entries: list[dict[str, Any]]) -> str:
    """The table that ends a lesson: concept, equation, function, figure."""
    rows = ["| concept | equation | function | figure |", "|---|---|---|---|"]
    for entry in entries:
        rows.append(
            f"| {entry['concept']} | {entry.get('equation') or '–'} | {linked(entry['function'])} "
            f"| {entry.get('figure') or '–'} |"
        )
    return "\n".join(rows)


def course_map(folder: Path = NOTEBOOKS) -> str:
    """The map of the course: every lesson that is there, its level, minutes and promise."""
    rows = ["| lesson | level | reading | run time | you will |", "|---|---|---|---|---|"]
    for path in lessons(folder):
        notebook = read(path)
        facts = notebook["metadata"].get("singan_edu")
        if facts:
            rows.append(
                f"| [{title(notebook)}]({path.name}) | {LEVELS[facts['level']]} "
                f"| {reading_minutes(word_count(notebook))} min "
                f"| {run_time_text(run_times(folder).get(path.stem))} "
                f"| {facts['you_will'][0]} |"
            )
    return "\n".join(rows)


def glossary(folder: Path = NOTEBOOKS) -> str:
    """The terms of the course in alphabetical order, each with the lesson that teaches it."""
    files = {path.name[:2]: path.name for path in lessons(folder)}
    rows = ["| term | meaning | lesson |", "|---|---|---|"]
    for term, (words, number) in sorted(GLOSSARY.items()):
        place = f"[{number}]({files[number]})" if number in files else number
        rows.append(f"| **{term}** | {words} | {place} |")
    return "\n".join(rows)


def _listed(things: list[str]) -> str:
    """Things in one sentence.

    >>> _listed(["run", "look", "think"])
    'run, look and think'
    """
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


def _navigation(name: str, folder: Path) -> str:
    """Links to the lesson before, the map, and the lesson after, as far as they are there."""
    paths = lessons(folder)
    index = [path.stem for path in paths].index(name) if (folder / f"{name}.ipynb") in paths else 0
    before = [f"◀ [{title(read(path))}]({path.name})" for path in paths[:index][-1:]]
    after = [f"[{title(read(path))}]({path.name}) ▶" for path in paths[index + 1 :][:1]]
    has_map = (folder / START).exists() and name + ".ipynb" != START
    return " · ".join(before + [f"[map of the course]({START})"] * has_map + after)


# ------------------------------------------------------------------------------ reading notebooks
def lessons(folder: Path = NOTEBOOKS) -> list[Path]:
    """The lessons in the order they are read."""
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def read(path: Path) -> Notebook:
    """A notebook as it lies on disk."""
    return json.loads(path.read_text(encoding="utf-8"))


def tags(cell: dict[str, Any]) -> list[str]:
    """The tags of a cell."""
    return cell["metadata"].get("tags", [])


def defaults(notebook: Notebook) -> dict[str, object]:
    """The parameters of a lesson and their values as committed."""
    source = "".join(
        "".join(cell["source"]) for cell in notebook["cells"] if "parameters" in tags(cell)
    )
    return {
        line.target.id: ast.literal_eval(line.value)
        for line in ast.parse(source).body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value
    }


def title(notebook: Notebook) -> str:
    """The first heading of a lesson."""
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    return re.search(r"^# (.+)$", text, re.M)[1]


def prose(notebook: Notebook) -> str:
    """What a reader reads: the Markdown less code, folds and the generated tables."""
    cells = [
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown" and not set(tags(cell)) & {*GENERATED}
    ]
    text = re.sub(r"^```.*?^```", "", "\n\n".join(cells), flags=re.M | re.S)
    return re.sub(r"<details>.*?</details>", "", text, flags=re.S)


def word_count(notebook: Notebook) -> int:
    """How many words there are to read."""
    return len(prose(notebook).split())


def reading_minutes(words: int) -> int:
    """How long ``words`` take to read, in whole minutes.

    >>> reading_minutes(1450)
    8
    """
    return math.ceil(words / WORDS_A_MINUTE)


def run_times(folder: Path = NOTEBOOKS) -> dict[str, float]:
    """Seconds that each lesson took when it was last run for keeps."""
    path = folder / RUN_TIMES
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


# ------------------------------------------------------------------------------- the command line
GENERATED = ("card", "symbols", "summary", "map", "glossary")


def write(folder: Path = NOTEBOOKS) -> list[str]:
    """Make the generated cells of all lessons anew; returns the names of those that changed."""
    changed = []
    for path in lessons(folder):
        notebook = read(path)
        before = json.dumps(notebook)
        write_generated_cells(notebook, path.stem, folder)
        if json.dumps(notebook) != before:
            _save(notebook, path)
            changed.append(path.stem)
    return changed


def write_generated_cells(notebook: Notebook, name: str, folder: Path = NOTEBOOKS) -> None:
    """Put the generated texts into their cells, and take the state of widgets out."""
    texts = generated(notebook, name, folder)
    for cell in notebook["cells"]:
        for tag in set(tags(cell)) & set(texts):
            cell["source"] = texts[tag].splitlines(keepends=True)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)  # nothing without a kernel
    notebook["metadata"].pop("widgets", None)


def run(path: Path) -> float:
    """Execute a lesson with its defaults and keep its outputs; returns the seconds it took.

    Results and answers go to folders that are thrown away, so that it really trains, and no
    student's prediction is kept.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as place:
        folders = {"SINGAN_EDU_RUNS": f"{place}/runs", "SINGAN_EDU_ANSWERS": f"{place}/answers"}
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=600,
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
    path.write_text(text + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """``write``, or ``run`` and the numbers of lessons."""
    command, *numbers = arguments or ["help"]
    if command not in ("write", "run"):
        print(__doc__)
        return 2
    for path in lessons() if command == "run" else []:
        if not numbers or path.name[:2] in numbers:
            print(f"{path.stem}: {run(path):.1f} s")
    print("written:", ", ".join(write()) or "nothing had changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
