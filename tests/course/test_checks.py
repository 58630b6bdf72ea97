"""The checks: right, blank and wrong answers, what a student keeps and a teacher gets."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import torch
from exercise_tools import LESSONS, imports, stubs
from helpers import picture

from singan_edu.course import authoring, checks, exercises
from singan_edu.course.checks import BLANK, PASSED, WRONG
from singan_edu.course.exercises import exercise, exercises_of, value_exercise

EXERCISES = [found for path in LESSONS for found in exercises_of(path.name[:2])]
MISTAKES = [(found, mistake) for found in EXERCISES for mistake in found.mistakes]
STUBS = [(path, stub) for path in LESSONS for stub in stubs(authoring.read(path))]


@exercise("99.1", "double", dots=1, minutes=1, cases=lambda: [(1.0,), (3.0,)])
def double(value: float) -> float:
    """Double a number."""
    return 2 * value


@double.mistake
def squared(value: float) -> float:
    """That is the square."""
    return value**2


@value_exercise("99.2", "a number", dots=1, minutes=1)
def number() -> int:
    """Eleven."""
    return 11


@number.mistake
def ten() -> int:
    """Ten is one too few."""
    return 10


PICTURES = [(picture(),)]


@exercise("99.3", "darker", dots=1, minutes=1, cases=lambda: PICTURES)
def darker(image: torch.Tensor) -> torch.Tensor:
    """Halve every value."""
    return image / 2


@darker.mistake
def unchanged(image: torch.Tensor) -> torch.Tensor:
    """Nothing has changed."""
    return image


def length_of_random_answer(answer: Callable[[int], torch.Tensor], size: int) -> int | None:
    """How many numbers an answer returns, whatever they are."""
    numbers = answer(size)
    return None if numbers is None else len(numbers)


@exercise(
    "99.4",
    "random numbers",
    dots=1,
    minutes=1,
    cases=lambda: [(2,), (5,)],
    observe=length_of_random_answer,
)
def some_numbers(size: int) -> torch.Tensor:
    """Draw that many numbers."""
    return torch.rand(size)


@pytest.fixture
def invented(monkeypatch) -> None:
    """A lesson 99 with four exercises."""
    four = (double, number, darker, some_numbers)
    monkeypatch.setattr(exercises, "exercises_of", lambda n: four if n == "99" else exercises_of(n))


# ------------------------------------------------------------- every exercise, in its three states
def test_exercises_are_numbered_and_say_how_hard_and_how_long():
    assert EXERCISES
    for found in EXERCISES:
        assert found.dots in (1, 2, 3) and 1 <= found.minutes <= 30
        assert len(found.mistakes) >= 2, found.number


@pytest.mark.parametrize(("path", "stub"), STUBS, ids=lambda thing: getattr(thing, "number", ""))
def test_blank_stub_is_not_attempted_and_stops_nothing(path, stub):
    space = imports(authoring.read(path))
    exec(stub.source, space)
    assert checks.check(stub.number, space[stub.answer]).status == BLANK


@pytest.mark.parametrize(("path", "stub"), STUBS, ids=lambda thing: getattr(thing, "number", ""))
def test_solution_in_the_fold_passes(path, stub):
    space = imports(authoring.read(path))
    exec(stub.solution, space)
    result = checks.check(stub.number, space[stub.answer])
    assert result.status == PASSED, str(result)


@pytest.mark.parametrize(
    ("tried", "mistake"),
    MISTAKES,
    ids=lambda thing: getattr(thing, "number", None) or thing.name,
)
def test_mistake_is_refused_with_its_own_diagnosis(tried, mistake):
    answer = mistake.function() if tried.asks_for_a_value else mistake.function
    result = checks.check(tried.number, answer)
    assert result.status == WRONG and result.mistake == mistake.name
    assert str(result).count(mistake.diagnosis) == 1


def test_diagnoses_differ_and_are_sentences():
    diagnoses = [mistake.diagnosis for _, mistake in MISTAKES]
    assert len(set(diagnoses)) == len(diagnoses)
    assert all(len(text) > 40 and text.endswith((".", "?")) for text in diagnoses)


# ------------------------------------------------------------------------------------- one check
def test_right_answer_passes_and_is_kept(invented):
    result = checks.check("99.1", lambda value: value + value)
    assert result.passed and str(result).startswith("✔ 99.1 passed.")
    assert checks.summary(["99.1", "99.2"]) == "Exercises: 1 of 2 passed."


def test_wrong_answer_shows_expected_yours_and_the_difference(invented):
    result = checks.check("99.1", lambda value: value + 1)
    assert result.status == WRONG and result.mistake == ""
    assert "Case 2: expected 6; yours 4; off by up to 2." in str(result)


def test_known_wrong_value_is_recognised(invented):
    result = checks.check("99.2", 10)
    assert result.mistake == "ten" and "Ten is one too few.\n" in str(result)


def test_what_is_observed_is_compared_and_not_what_is_returned(invented):
    assert checks.check("99.4", lambda size: torch.ones(size)).passed
    assert "Case 2: expected 5; yours 2" in str(checks.check("99.4", lambda size: torch.ones(2)))
    assert checks.check("99.4", lambda size: None).status == BLANK


def test_an_exercise_is_called_as_its_solution():
    assert double(2.0) == 4.0 and squared(3.0) == 9.0


def test_a_mistake_needs_a_diagnosis():
    def nameless(value: float) -> float:
        return value

    with pytest.raises(ValueError, match="nameless needs a diagnosis"):
        double.mistake(nameless)


def test_wrong_answer_is_not_kept(invented):
    checks.check("99.1", lambda value: value)
    assert checks.summary(["99.1"]) == "Exercises: 0 of 1 passed."


def test_mistake_must_agree_in_every_case(invented):
    assert checks.check("99.1", lambda v: v**2).mistake == "squared"
    assert checks.check("99.1", lambda v: 1.0 if v == 1 else 0.0).mistake == ""


@pytest.mark.parametrize("answer", [None, ..., lambda value: None, lambda value: ...])
def test_nothing_is_not_attempted(invented, answer):
    assert checks.check("99.1", answer).status == BLANK


def test_not_implemented_is_not_attempted(invented):
    def answer(value):
        raise NotImplementedError

    assert checks.check("99.1", answer).status == BLANK


def test_error_in_the_answer_is_reported_with_its_line_and_not_raised(invented):
    def answer(value):
        return value / 0

    result = checks.check("99.1", answer)
    assert result.status == WRONG
    assert "ZeroDivisionError" in str(result) and "value / 0" in str(result)


@pytest.mark.parametrize("answer", [lambda: 1, 7, "text", [1, 2]])
def test_answer_of_another_kind_is_refused_and_not_raised(invented, answer):
    assert checks.check("99.1", answer).status == WRONG


def test_value_is_compared_as_it_is(invented):
    assert checks.check("99.2", 11).passed
    assert "expected 11; yours 9" in str(checks.check("99.2", 9))
    assert checks.check("99.2", ...).status == BLANK


def test_answer_cannot_change_what_the_next_one_gets(invented):
    def spoils(image):
        return image.div_(2)

    assert checks.check("99.3", spoils).passed
    assert torch.equal(PICTURES[0][0], picture())


def test_wrong_picture_is_drawn_beside_the_expected_one(invented):
    result = checks.check("99.3", lambda image: image)
    assert [ax.get_title() for ax in result.figure.axes][:2] == ["expected", "yours"]
    shown = result._repr_mimebundle_()
    assert 'alt="Exercise 99.3' in shown["text/html"] and "base64" in shown["text/html"]
    assert "base64" not in shown["text/plain"]


def test_a_drawing_that_fails_leaves_the_words_and_says_so(invented, monkeypatch):
    def broken(expected: torch.Tensor, yours: torch.Tensor) -> None:
        raise ValueError("no room")

    monkeypatch.setattr(checks.plots, "comparison", broken)
    with pytest.warns(UserWarning, match="could not be drawn: no room"):
        result = checks.check("99.3", lambda image: image)
    assert result.status == WRONG and result.figure is None


def test_student_text_cannot_be_read_as_html(invented):
    def answer(value):
        raise ValueError("<b>bold</b>")

    assert "<b>" not in checks.check("99.1", answer)._repr_mimebundle_()["text/html"]


def test_unknown_exercise_says_which_there_are(invented):
    with pytest.raises(ValueError, match="99.1, 99.2, 99.3, 99.4"):
        checks.check("99.7", 1)
    with pytest.raises(ValueError, match="none"):
        checks.check("77.1", 1)


@pytest.mark.parametrize(
    ("expected", "yours", "gap"),
    [
        (2, 2.0, 0),
        (torch.ones(2), [1, 3], 2),
        ([(1, 2), (3, 4)], [(1, 2), (3, 5)], 1),
        ([1, 2], [1, 2, 3], float("inf")),
        (torch.ones(2), torch.ones(3), float("inf")),
        (1.0, float("nan"), float("inf")),
        ("left", "left", 0),
        ("left", "right", float("inf")),
        (1, "one", float("inf")),
        (1, None, float("inf")),
        (True, False, 1),
        (1.0, print, float("inf")),
    ],
)
def test_difference(expected, yours, gap):
    assert checks.difference(expected, yours) == gap


# -------------------------------------------------------------------------------- students, teacher
def test_export_and_merge(invented, tmp_path):
    checks.check("99.1", double)
    ada = checks.export("Ada L.", tmp_path)
    checks.check("99.2", 11)
    ben = checks.export("Ben", tmp_path)
    assert ada.name == "passed_Ada_L_.json"
    table = checks.merge([ada, ben])
    assert table.students == {"Ada L.": {"99.1"}, "Ben": {"99.1", "99.2"}}
    assert str(table).splitlines()[0].split() == ["student", "99.1", "99.2", "passed"]
    assert str(table).splitlines()[1].split() == ["Ada", "L.", "✓", "1"]


def test_files_of_one_student_count_together(tmp_path):
    for number in (1, 2):
        facts = {"name": "Ada", "passed": {f"99.{number}": "2026-01-01"}}
        (tmp_path / f"{number}.json").write_text(json.dumps(facts))
    assert checks.merge(sorted(tmp_path.iterdir())).students == {"Ada": {"99.1", "99.2"}}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}', '{"name": "x", "passed": 3}'])
def test_a_file_that_is_none_is_named_and_stops_nothing(tmp_path, text):
    (tmp_path / "odd.json").write_text(text)
    table = checks.merge([tmp_path / "odd.json", tmp_path / "missing.json"])
    assert table.students == {} and table.unreadable == ("odd.json", "missing.json")
    assert "could not be read: odd.json" in str(table)


def test_export_goes_where_answers_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("SINGAN_EDU_ANSWERS", str(tmp_path / "mine"))
    assert checks.export("Ada").parent == tmp_path / "mine"


def test_a_spoilt_file_of_answers_stops_nothing(invented, tmp_path, monkeypatch):
    monkeypatch.setenv("SINGAN_EDU_ANSWERS", str(tmp_path))
    (tmp_path / "passed.json").write_text("{not json")
    assert checks.summary(["99.1"]) == "Exercises: 0 of 1 passed."
    assert checks.check("99.2", 11).passed
    assert checks.summary(["99.2"]) == "Exercises: 1 of 1 passed."
