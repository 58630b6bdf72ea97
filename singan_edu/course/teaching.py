"""The teacher's page: the part of it that is made from the lessons, so that it cannot drift.

``notebooks/teaching.md`` has routes through the course and what to prepare, written by hand. What a
class takes, and which wrong answers to expect, come from the lessons and their checks::

    python -m singan_edu.course.teaching           make those parts of the page anew
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..files import write_bytes
from .checks import DOTS, exercises_of
from .lesson import (
    NOTEBOOKS,
    lessons,
    read,
    reading_minutes,
    run_time_text,
    run_times,
    title,
    word_count,
)

PAGE = NOTEBOOKS / "teaching.md"


def lesson_minutes(folder: Path = NOTEBOOKS) -> str:
    """A row per lesson: minutes of reading and of exercises, and seconds that it runs."""
    rows = ["| lesson | reading | exercises | run time |", "|---|---|---|---|"]
    for path in lessons(folder):
        notebook, seconds = read(path), run_times(folder).get(path.stem)
        exercises = sum(exercise.minutes for exercise in exercises_of(path.name[:2]))
        rows.append(
            f"| [{title(notebook)}]({path.name}) | {reading_minutes(word_count(notebook))} min "
            f"| {exercises} min | {run_time_text(seconds)} |"
        )
    return "\n".join(rows)


def wrong_answers(folder: Path = NOTEBOOKS) -> str:
    """Every exercise with the wrong answers that its check knows, and what it tells the student."""
    rows = ["| exercise | a wrong answer to expect | what the check says |", "|---|---|---|"]
    for path in lessons(folder):
        rows += _rows_of(path.name[:2])
    return "\n".join(rows)


def _rows_of(number: str) -> Iterator[str]:
    """The rows of one lesson; an exercise is named in the first of its own."""
    for exercise in exercises_of(number):
        heading = f"{exercise.id} {exercise.title} {DOTS[exercise.difficulty]}"
        for mistake in exercise.mistakes:
            yield f"| {heading} | {_cell(mistake.name)} | {_cell(mistake.diagnosis)} |"
            heading = ""


def _cell(text: str) -> str:
    """Text that a table's cell can hold."""
    return " ".join(text.split()).replace("|", "\\|")


PARTS = {"minutes": lesson_minutes, "wrong answers": wrong_answers}


def with_generated_tables(page: str, folder: Path = NOTEBOOKS) -> str:
    """The page with its generated parts made anew.

    A part stands between ``<!-- minutes -->`` and ``<!-- end of minutes -->``.
    """
    for name, make in PARTS.items():
        marks = f"<!-- {name} -->", f"<!-- end of {name} -->"
        between = re.compile(f"({re.escape(marks[0])}\n).*?({re.escape(marks[1])})", re.S)
        text = make(folder)
        page = between.sub(lambda found, text=text: f"{found[1]}\n{text}\n\n{found[2]}", page)
    return page


if __name__ == "__main__":
    write_bytes(PAGE, with_generated_tables(PAGE.read_text(encoding="utf-8")).encode())
