"""The exercises of lesson 00: two conventions that every later lesson relies on."""

from __future__ import annotations

import torch
from torch import Tensor

from ...pyramid import PyramidPlan, plan_pyramid
from . import Case, exercise


# ------------------------------------------------------------------------------------ exercise 00.1
def levels_of_three_plans() -> list[Case]:
    """Every level of three pyramids, with the number of levels."""
    plans = [plan_pyramid(*size) for size in ((188, 250), (96, 128), (25, 33))]
    return [(level, plan.num_levels) for plan in plans for level in range(plan.num_levels)]


@exercise("00.1", "count like the paper", dots=1, minutes=3, cases=levels_of_three_plans)
def paper_scale(level: int, num_levels: int) -> int:
    """Return the paper's n of a level, as the library counts it."""
    sizes = ((1, 1),) * num_levels
    return PyramidPlan(sizes, 0.75, (1, 1)).paper_scale(level)


@paper_scale.mistake
def one_too_many(level: int, num_levels: int) -> int:
    """Nearly: your finest level is n = 1. Both countings start from 0, so the largest number is
    one less than there are levels.
    """
    return num_levels - level


@paper_scale.mistake
def not_turned_round(level: int, num_levels: int) -> int:
    """You gave the level back as it came. The paper counts from the other end: there the finest
    is 0.
    """
    return level


# ------------------------------------------------------------------------------------ exercise 00.2
def grey_levels() -> list[Case]:
    """Five grey levels, in a row and as a picture."""
    levels = torch.tensor([0.0, 51.0, 127.5, 204.0, 255.0])
    return [(levels,), (levels.flip(0).reshape(1, 1, 5, 1),)]


@exercise("00.2", "grey levels to [-1, 1]", dots=1, minutes=4, cases=grey_levels)
def to_unit_range(levels: Tensor) -> Tensor:
    """Map grey levels 0 … 255 to [-1, 1]."""
    return levels / 127.5 - 1


@to_unit_range.mistake
def from_0_to_1(levels: Tensor) -> Tensor:
    """Your black is 0 and your white is 1, as in many other libraries. Here black is -1, so that
    middle grey is 0.
    """
    return levels / 255


@to_unit_range.mistake
def from_0_to_2(levels: Tensor) -> Tensor:
    """The length is right, 2, but black is at 0: move everything down by one."""
    return levels / 127.5


@to_unit_range.mistake
def only_moved(levels: Tensor) -> Tensor:
    """Middle grey is at 0, as it should be, but white is at 127.5: divide, too."""
    return levels - 127.5
