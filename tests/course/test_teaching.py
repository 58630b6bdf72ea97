"""The teacher's page: its routes add up, its links live, its generated parts are up to date."""

from __future__ import annotations

import re

import pytest
from exercise_tools import LESSONS, NOTEBOOKS

from singan_edu.course import teaching
from singan_edu.course.exercises import exercises_of

PAGE = (NOTEBOOKS / teaching.PAGE).read_text(encoding="utf-8")
ROUTE = re.compile(r"(?:^\| \d+ \| \[\d\d\].*\n)+", re.M)


def test_generated_parts_are_what_the_lessons_say_now():
    assert teaching.with_generated_tables(PAGE, NOTEBOOKS) == PAGE, (
        "run: python -m singan_edu.course.teaching"
    )


def test_every_lesson_has_its_minutes():
    for path in LESSONS:
        assert f"]({path.name}) |" in teaching.lesson_minutes(NOTEBOOKS)


def test_every_wrong_answer_that_a_check_knows_is_there():
    page = teaching.wrong_answers(NOTEBOOKS)
    for path in LESSONS:
        for exercise in exercises_of(path.name[:2]):
            assert f"| {exercise.number} {exercise.title} " in page
            assert all(mistake.name.replace("|", "\\|") in page for mistake in exercise.mistakes)


def test_a_row_is_one_line_with_four_bars_of_its_own():
    for line in teaching.wrong_answers(NOTEBOOKS).splitlines():
        assert len(re.findall(r"(?<!\\)\|", line)) == 4, line


@pytest.mark.parametrize("route", ROUTE.findall(PAGE), ids=["one", "first of two", "second of two"])
def test_a_meeting_lasts_ninety_minutes(route):
    assert sum(int(row.split("|")[1]) for row in route.splitlines()) == 90


def test_links_live():
    files = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert len(files) > 20
    assert [file for file in files if not (NOTEBOOKS / file).exists()] == []


def test_parts_are_replaced_and_the_rest_is_left():
    page = "before\n<!-- minutes -->\nold\n<!-- end of minutes -->\nafter\n"
    new = teaching.with_generated_tables(page, NOTEBOOKS)
    assert new.startswith("before\n<!-- minutes -->\n\n| lesson |") and "old" not in new
    assert new.endswith("|\n\n<!-- end of minutes -->\nafter\n")
    assert teaching.with_generated_tables(new, NOTEBOOKS) == new
