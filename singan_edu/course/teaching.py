"""The generated parts of the teacher's page: times, and the wrong answers to expect.

``notebooks/teaching.md`` has routes through the course and what to prepare, written by hand. Two
tables in it are made from the lessons and their exercises::

    python -m singan_edu.course.teaching           make these tables anew
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ..files import write_bytes
from .authoring import (
    lessons,
    notebooks_folder,
    read,
    reading_minutes,
    run_time_text,
    run_times,
    title,
    word_count,
)
from .exercises import DOTS, exercises_of

PAGE = "teaching.md"


def lesson_minutes(folder: Path) -> str:
    """Make a table of the minutes that reading and exercises take, and of the run times.

    Args:
        folder: the folder of the lessons.
    """
    rows = ["| lesson | reading | exercises | run time |", "|---|---|---|---|"]
    for path in lessons(folder):
        notebook, seconds = read(path), run_times(folder).get(path.stem)
        exercises = sum(exercise.minutes for exercise in exercises_of(path.name[:2]))
        rows.append(
            f"| [{title(notebook)}]({path.name}) | {reading_minutes(word_count(notebook))} min "
            f"| {exercises} min | {run_time_text(seconds)} |"
        )
    return "\n".join(rows)


def wrong_answers(folder: Path) -> str:
    """Make a table of the exercises, with the wrong answers that their checks recognise.

    Args:
        folder: the folder of the lessons.
    """
    rows = ["| exercise | a wrong answer to expect | what the check says |", "|---|---|---|"]
    for path in lessons(folder):
        rows += _mistakes_in(path.name[:2])
    return "\n".join(rows)


def _mistakes_in(number: str) -> Iterator[str]:
    """Yield the rows of one lesson; the first row of an exercise names it."""
    for exercise in exercises_of(number):
        heading = f"{exercise.number} {exercise.title} {DOTS[exercise.dots]}"
        for mistake in exercise.mistakes:
            yield f"| {heading} | {_cell(mistake.name)} | {_cell(mistake.diagnosis)} |"
            heading = ""


def _cell(text: str) -> str:
    """Return text that a cell of a Markdown table can hold."""
    return " ".join(text.split()).replace("|", "\\|")


TABLES = {"minutes": lesson_minutes, "wrong answers": wrong_answers}


def with_generated_tables(page: str, folder: Path) -> str:
    """Return the teacher's page with its generated tables made anew.

    Args:
        page: the text, with each table between ``<!-- minutes -->`` and ``<!-- end of minutes -->``
            (or ``wrong answers``).
        folder: the folder of the lessons.
    """
    for name, make in TABLES.items():
        page = _replaced(page, name, make(folder))
    return page


def _replaced(page: str, name: str, table: str) -> str:
    """Return the page with ``table`` between the marks of ``name``, where it has them."""
    marks = re.escape(f"<!-- {name} -->"), re.escape(f"<!-- end of {name} -->")
    between = re.compile(f"({marks[0]}\n).*?({marks[1]})", re.S)
    return between.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", page)


def main() -> int:
    """Make the generated tables of the teacher's page anew; return the exit code."""
    try:
        folder = notebooks_folder()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    path = folder / PAGE
    page = with_generated_tables(path.read_text(encoding="utf-8"), folder)
    write_bytes(path, page.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
