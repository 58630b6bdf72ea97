"""The check of an exercise: ``check("01.2", answer)`` says what is right, what is wrong, and why.

The exercises of a lesson are in ``course/exercises/lesson_NN.py``. Each has its typical mistakes as
functions: if an answer gives the same results as a mistake, the student reads the diagnosis of that
mistake. A check never raises because of an answer. Passed exercises are stored, to be handed in::

    checks.export("Ada")                       a file of the exercises that Ada has passed
    checks.merge(["Ada.json", "Ben.json"])     the table of a class
"""

from __future__ import annotations

import datetime
import html
import json
import math
import traceback
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from ..files import write_json
from . import plots
from .answers import answers_folder, remember, remembered
from .exercises import Case, Exercise, Mistake, find, is_blank

PASSED, WRONG, BLANK = "passed", "wrong", "not attempted"
MARKS = {PASSED: "✔", WRONG: "✘", BLANK: "☐"}
COLOURS = {PASSED: plots.GREEN, WRONG: plots.VERMILION, BLANK: "inherit"}
PASSED_FILE = "passed"


@dataclass(frozen=True)
class Result:
    """The result of a check, which a notebook shows as text and, where it helps, with a figure.

    Attributes:
        number: of the exercise, ``"01.2"``.
        status: ``"passed"``, ``"wrong"`` or ``"not attempted"``.
        message: what to tell the student.
        figure: expected, yours and their difference, if they can be drawn.
        mistake: name of the recognised mistake, else "".
    """

    number: str
    status: str
    message: str
    figure: Figure | None = field(default=None, repr=False)
    mistake: str = ""

    @property
    def passed(self) -> bool:
        """Whether the exercise is solved."""
        return self.status == PASSED

    def __str__(self) -> str:
        return f"{MARKS[self.status]} {self.number} {self.status}. {self.message}".strip()

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        style = f"border-left: 4px solid {COLOURS[self.status]}; padding-left: 0.6em"
        text = f'<p style="{style}">{html.escape(str(self))}</p>'.replace("\n", "<br>")
        if self.figure is not None:
            alt = f"Exercise {self.number}: expected, yours, and their difference."
            text += plots.as_html(self.figure, alt)
        return {"text/html": text, "text/plain": str(self)}


# ----------------------------------------------------------------------------------------- checking
def check(number: str, answer: Any) -> Result:
    """Check an answer: whether it is right, and if not, what differs and the likely reason.

    Args:
        number: of the exercise, ``"01.2"``.
        answer: the student's function or value. ``...`` and None mean: not attempted yet.

    Returns:
        The result, which the notebook shows. Errors of the answer are reported in it, not raised.

    Raises:
        ValueError: there is no such exercise.
    """
    exercise = find(number)
    if is_blank(answer):
        return Result(number, BLANK, "Put your answer after the equals sign.")
    cases = exercise.make_cases()
    try:
        outcomes = [answer] if exercise.asks_for_a_value else exercise.outcomes(answer, cases)
    except NotImplementedError:
        return Result(number, BLANK, "Write the function's body in place of the dots.")
    except Exception as error:
        return Result(number, WRONG, _raised(error))
    if all(map(is_blank, outcomes)):
        return Result(number, BLANK, "The function returns nothing so far.")
    return _judged(exercise, cases, outcomes)


def difference(expected: Any, yours: Any) -> float:
    """Return the largest absolute difference of two outcomes.

    Args:
        expected: number, text, tensor, array, or a list or tuple of these.
        yours: to compare with it.

    Returns:
        Infinity where the two differ in kind, shape or text, or where ``yours`` is not finite.

    >>> difference([(25, 33), 2.0], [(25, 34), 2.0])
    1.0
    """
    if isinstance(expected, list | tuple) and isinstance(yours, list | tuple):
        pairs = list(zip(expected, yours))
        return max([difference(*pair) for pair in pairs] + [_uneven(expected, yours)])
    if isinstance(expected, str | None) or isinstance(yours, str | None):
        return 0.0 if expected == yours else math.inf
    try:
        one, other = _numbers(expected), _numbers(yours)
    except (TypeError, ValueError, RuntimeError):
        return math.inf
    if one.shape != other.shape or not np.isfinite(other).all():
        return math.inf
    return float(np.abs(one - other).max()) if one.size else 0.0


def _uneven(one: Sequence[object], other: Sequence[object]) -> float:
    """Return infinity where two sequences differ in length, else 0."""
    return 0.0 if len(one) == len(other) else math.inf


def _numbers(thing: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    if isinstance(thing, Tensor):
        thing = thing.detach().cpu()
    return np.asarray(thing, dtype=np.float64)


def _judged(exercise: Exercise, cases: Sequence[Case], outcomes: list[Any]) -> Result:
    expected = exercise.outcomes(exercise.solution, cases)
    gaps = [difference(right, yours) for right, yours in zip(expected, outcomes)]
    if max(gaps) <= exercise.tolerance:
        remember(PASSED_FILE, exercise.number, datetime.date.today().isoformat())
        return Result(exercise.number, PASSED, f"{len(gaps)} of {len(gaps)} cases agree.")
    first_wrong = next(i for i, gap in enumerate(gaps) if gap > exercise.tolerance)
    mistake = _recognised(exercise, cases, outcomes)
    message = _compared(
        exercise, first_wrong, expected[first_wrong], outcomes[first_wrong], gaps[first_wrong]
    )
    if mistake:
        message = f"{mistake.diagnosis}\n{message}"
    figure = _drawn(exercise, expected[first_wrong], outcomes[first_wrong])
    return Result(exercise.number, WRONG, message, figure, mistake.name if mistake else "")


def _recognised(exercise: Exercise, cases: Sequence[Case], outcomes: list[Any]) -> Mistake | None:
    """Return the typical mistake that gives the same outcomes, if there is one."""
    for mistake in exercise.mistakes:
        mistaken = exercise.outcomes(mistake.function, cases)
        if all(difference(m, o) <= exercise.tolerance for m, o in zip(mistaken, outcomes)):
            return mistake
    return None


def _compared(exercise: Exercise, index: int, expected: Any, yours: Any, gap: float) -> str:
    """Return the expected outcome, the student's and their difference as text."""
    case = f"Case {index + 1}: " if not exercise.asks_for_a_value else ""
    text = f"{case}expected {_described(expected)}; yours {_described(yours)}"
    return text + (f"; off by up to {gap:.4g}." if math.isfinite(gap) else ".")


def _described(thing: Any) -> str:
    """Return a value as a line of text; a tensor by its shape and mean."""
    if isinstance(thing, Tensor) and thing.numel() == 0:
        return "an empty tensor"
    if isinstance(thing, Tensor) and thing.numel() > 1:
        return f"a tensor {tuple(thing.shape)} with mean {thing.float().mean():.4g}"
    if isinstance(thing, Tensor | float):
        return f"{float(thing):.5g}"
    text = repr(thing)
    return text if len(text) <= 160 else text[:157] + "..."


def _is_picture(thing: Any) -> bool:
    return isinstance(thing, Tensor) and thing.dim() == 4 and thing.shape[1] in (1, 3)


def _drawn(exercise: Exercise, expected: Any, yours: Any) -> Figure | None:
    """Draw the expected outcome, the student's and their difference, where that is possible."""
    try:
        if exercise.draw:
            return exercise.draw(expected, yours)
        if _is_picture(expected) and _is_picture(yours) and expected.shape == yours.shape:
            return plots.comparison(expected, yours)
    except Exception as error:  # the text of the check is enough without a figure
        warnings.warn(f"The difference could not be drawn: {error}", stacklevel=2)
    return None


def _raised(error: Exception) -> str:
    """Return an error of the student's code as text, with its line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    line = f", in `{last.line}`" if last.line else f", line {last.lineno}"
    return f"Your code stopped with {type(error).__name__}: {error}{line}"


# ------------------------------------------------------------------------------------ handing in
def export(name: str, folder: str | Path | None = None) -> Path:
    """Write the passed exercises to a file to hand in.

    Args:
        name: of the student.
        folder: of the file; the folder of the answers if not given.

    Returns:
        The path of the file.
    """
    stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in name) or "nobody"
    path = Path(folder or answers_folder()) / f"passed_{stem}.json"
    write_json(path, {"name": name, "passed": remembered(PASSED_FILE)})
    return path


@dataclass(frozen=True)
class Table:
    """Which student passed which exercise; prints as a table.

    Attributes:
        exercises: numbers of all exercises that somebody passed, in order.
        students: name -> numbers of the passed exercises.
        unreadable: names of files that ``export`` did not write.
    """

    exercises: tuple[str, ...]
    students: dict[str, frozenset[str]]
    unreadable: tuple[str, ...] = ()

    def __str__(self) -> str:
        width = max([7, *map(len, self.students)])
        lines = [" ".join(["student".ljust(width), *self.exercises, "passed"])]
        for name, passed in sorted(self.students.items()):
            marks = [
                ("✓" if number in passed else "").center(len(number)) for number in self.exercises
            ]
            lines.append(" ".join([name.ljust(width), *marks, f"{len(passed):6d}"]))
        return "\n".join(lines + [f"could not be read: {name}" for name in self.unreadable])

    __repr__ = __str__


def merge(files: Iterable[str | Path]) -> Table:
    """Merge the files of a class into one table; several files of one student count together.

    Args:
        files: paths of what ``export`` wrote.
    """
    students: dict[str, frozenset[str]] = {}
    unreadable = []
    for file in map(Path, files):
        try:
            facts = json.loads(file.read_text(encoding="utf-8"))
            name, passed = str(facts["name"]), frozenset(dict(facts["passed"]))
        except (OSError, ValueError, KeyError, TypeError):
            unreadable.append(file.name)
            continue
        students[name] = students.get(name, frozenset()) | passed
    exercises = tuple(sorted(frozenset().union(*students.values())))
    return Table(exercises, students, tuple(unreadable))


def summary(numbers: Sequence[str]) -> str:
    """Return a line that says how many exercises are passed.

    Args:
        numbers: of the exercises, ``["01.1", "01.2"]``.

    >>> summary([])
    'Exercises: 0 of 0 passed.'
    """
    passed = remembered(PASSED_FILE)
    count = sum(number in passed for number in numbers)
    return f"Exercises: {count} of {len(numbers)} passed."
