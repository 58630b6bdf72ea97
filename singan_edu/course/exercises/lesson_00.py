"""The exercises of lesson 00: two conventions that everything else relies on."""

from __future__ import annotations

import torch
from torch import Tensor

from ...pyramid import PyramidPlan, plan_pyramid
from ..checks import Exercise, Mistake

PLANS = tuple(plan_pyramid(height, width) for height, width in ((188, 250), (96, 128), (25, 33)))
BYTES = torch.tensor([0.0, 51.0, 127.5, 204.0, 255.0])


# ------------------------------------------------------------------------------------ exercise 00.1
def paper_scale(level: int, num_levels: int) -> int:
    """The paper's n of a level."""
    return num_levels - 1 - level


def one_too_many(level: int, num_levels: int) -> int:
    """Forgets that both start from 0."""
    return num_levels - level


def not_turned_round(level: int, num_levels: int) -> int:
    """Takes the two numbers for one."""
    return level


def library_scale(level: int, num_levels: int) -> int:
    """What the library says."""
    sizes = ((1, 1),) * num_levels
    return PyramidPlan(sizes, 0.75, (1, 1)).paper_scale(level)


TWO_COUNTINGS = Exercise(
    id="00.1",
    title="count like the paper",
    difficulty=1,
    minutes=3,
    expected=library_scale,
    cases=tuple((level, plan.num_levels) for plan in PLANS for level in range(plan.num_levels)),
    mistakes=(
        Mistake(
            "one too many",
            one_too_many,
            "Nearly: your finest level is n = 1. Both countings start from 0, so the largest "
            "number is one less than there are levels.",
        ),
        Mistake(
            "not turned round",
            not_turned_round,
            "You gave the level back as it came. The paper counts from the other end: there the "
            "finest is 0.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 00.2
def to_unit(levels: Tensor) -> Tensor:
    """Grey levels 0 … 255 as numbers in [-1, 1]."""
    return levels / 127.5 - 1


def from_zero(levels: Tensor) -> Tensor:
    """The range of many other libraries, [0, 1]."""
    return levels / 255


def from_zero_to_two(levels: Tensor) -> Tensor:
    """Forgets to move the middle to 0."""
    return levels / 127.5


def only_moved(levels: Tensor) -> Tensor:
    """Forgets to shrink."""
    return levels - 127.5


RANGE_OF_VALUES = Exercise(
    id="00.2",
    title="grey levels to [-1, 1]",
    difficulty=1,
    minutes=4,
    expected=to_unit,
    cases=((BYTES,), (BYTES.flip(0).reshape(1, 1, 5, 1),)),
    mistakes=(
        Mistake(
            "from 0 to 1",
            from_zero,
            "Your black is 0 and your white is 1, as in many other libraries. Here black is -1, so "
            "that middle grey is 0.",
        ),
        Mistake(
            "from 0 to 2",
            from_zero_to_two,
            "The length is right, 2, but black is at 0: move everything down by one.",
        ),
        Mistake(
            "only moved",
            only_moved,
            "Middle grey is at 0, as it should be, but white is at 127.5: divide, too.",
        ),
    ),
)

EXERCISES = (TWO_COUNTINGS, RANGE_OF_VALUES)
