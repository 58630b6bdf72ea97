"""The exercises of the course, one module per lesson, and how an exercise is written.

An exercise is its solution, decorated; a typical wrong answer is a function whose docstring is the
diagnosis that a student reads. Nothing is computed, and no model loaded, before a check asks::

    @exercise("10.1", "what a level sees of the paint", dots=1, minutes=5, cases=pictures_and_sizes)
    def seen_by_the_level(picture, coarser, size):
        return sg.resize(sg.resize(picture, coarser), size)

    @seen_by_the_level.mistake
    def left_small(picture, coarser, size):
        '''Your picture still has the size of the previous level. Resize it to `size`.'''
        return sg.resize(picture, coarser)

Where a value is asked for, solution and mistakes are functions without parameters that return it,
and the decorator is ``value_exercise``. Where the returned value alone does not decide, such as a
random one or a loss whose gradients matter, ``observe`` says what is compared instead.
"""

from __future__ import annotations

import copy
import importlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from matplotlib.figure import Figure

DOTS = {1: "●○○", 2: "●●○", 3: "●●●"}
Case = tuple[Any, ...]
Function = Callable[..., Any]
AnyFunction = TypeVar("AnyFunction", bound=Function)


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer, as code, and the diagnosis for a student who gives it.

    Attributes:
        name: the function's name with spaces, for tests and teachers.
        function: the mistaken answer; without parameters where a value is asked for.
        diagnosis: what went wrong and where to look, in one or two sentences.
    """

    name: str
    function: Function
    diagnosis: str


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson; calling it calls the solution.

    Attributes:
        number: lesson and number, ``"01.2"``.
        title: a few words, as in the notebook's heading.
        dots: how hard it is, 1 to 3.
        minutes: how long it takes.
        solution: the right answer; without parameters where a value is asked for.
        cases: makes the arguments on which an answer is tried, one tuple each; None where a value
            is asked for.
        tolerance: largest absolute difference that passes.
        draw: (expected, yours) of the first case that differs -> figure; not needed where both
            are pictures of one size.
        mistakes: typical wrong answers, added by ``@EXERCISE.mistake``.
        observe: (answer, *case) -> what is compared; None compares what the answer returns.
    """

    number: str
    title: str
    dots: int
    minutes: int
    solution: Function
    cases: Callable[[], Sequence[Case]] | None = None
    tolerance: float = 1e-4
    draw: Callable[[Any, Any], Figure] | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    observe: Callable[..., Any] | None = None

    @property
    def heading(self) -> str:
        """The exercise's heading in its lesson."""
        return f"### Exercise {self.number} {DOTS[self.dots]} {self.minutes} min · {self.title}"

    @property
    def asks_for_a_value(self) -> bool:
        """Whether the answer is a value, and not a function."""
        return self.cases is None

    def mistake(self, function: AnyFunction) -> AnyFunction:
        """Register a typical wrong answer, as a decorator.

        Args:
            function: the mistaken answer; its docstring is the diagnosis.

        Returns:
            ``function``, unchanged.

        Raises:
            ValueError: it has no docstring.
        """
        diagnosis = " ".join(inspect.cleandoc(function.__doc__ or "").split())
        if not diagnosis:
            raise ValueError(f"The mistake {function.__name__} needs a diagnosis as its docstring.")
        self.mistakes.append(Mistake(function.__name__.replace("_", " "), function, diagnosis))
        return function

    def make_cases(self) -> Sequence[Case]:
        """Return the arguments on which answers are tried; one case without any for a value."""
        return [()] if self.cases is None else self.cases()

    def outcomes(self, function: Function, cases: Sequence[Case]) -> list[Any]:
        """Return what an answer gives in each case, or what is observed of it.

        Arguments are copies, and PyTorch's global random state is the same in every case.

        Args:
            function: the answer to try; without parameters where a value is asked for.
            cases: from ``make_cases``, which may be slow.
        """
        if self.observe is not None:
            return [_called(self.observe, (function, *case)) for case in cases]
        return [_called(function, case) for case in cases]

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self.solution(*arguments, **options)


def exercise(
    number: str,
    title: str,
    *,
    dots: int,
    minutes: int,
    cases: Callable[[], Sequence[Case]],
    tolerance: float = 1e-4,
    draw: Callable[[Any, Any], Figure] | None = None,
    observe: Callable[..., Any] | None = None,
) -> Callable[[Function], Exercise]:
    """Decorate the solution of an exercise whose answer is a function.

    Args:
        number, title, dots, minutes, cases, tolerance, draw, observe: see ``Exercise``.
    """
    return lambda solution: Exercise(
        number, title, dots, minutes, solution, cases, tolerance, draw, observe=observe
    )


def value_exercise(
    number: str,
    title: str,
    *,
    dots: int,
    minutes: int,
    tolerance: float = 1e-4,
    draw: Callable[[Any, Any], Figure] | None = None,
) -> Callable[[Callable[[], Any]], Exercise]:
    """Decorate a function without parameters that returns the value an exercise asks for.

    Args:
        number, title, dots, minutes, tolerance, draw: see ``Exercise``.
    """
    return lambda solution: Exercise(number, title, dots, minutes, solution, None, tolerance, draw)


def is_blank(thing: object) -> bool:
    """Whether a thing is what an exercise looks like before it is attempted.

    Args:
        thing: an answer, or what it returns.

    Returns:
        True for None and for ``...``.
    """
    return thing is None or thing is ...


def exercises_of(lesson: str) -> tuple[Exercise, ...]:
    """Return the exercises of a lesson in order, () if it has none.

    Args:
        lesson: its number, ``"01"``.
    """
    name = f"{__name__}.lesson_{lesson}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:  # a module that the exercises need
            raise
        return ()
    found = {id(x): x for x in vars(module).values() if isinstance(x, Exercise)}
    return tuple(sorted(found.values(), key=lambda exercise: exercise.number))


def find(number: str) -> Exercise:
    """Return the exercise of that number.

    Args:
        number: lesson and number, ``"01.2"``.

    Raises:
        ValueError: there is none; the message lists those of the lesson.
    """
    exercises = {exercise.number: exercise for exercise in exercises_of(number.split(".")[0])}
    if number not in exercises:
        raise ValueError(
            f"There is no exercise {number!r}; there are {', '.join(exercises) or 'none'}."
        )
    return exercises[number]


def _called(function: Function, case: Case) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return function(*copy.deepcopy(case))
