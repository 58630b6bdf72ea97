"""The exercises of lesson 15: paper and code."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ...pyramid import plan_pyramid
from .. import differences
from . import Case, exercise, value_exercise

Values = Sequence[float]  # of one side of a switch, one per seed


# ------------------------------------------------------------------------------------ exercise 15.1
def _sizes() -> list[Case]:
    return [(188, 250), (768, 1024), (1200, 1920), (600, 400), (164, 248)]


@exercise("15.1", "the pyramid of the authors' code", dots=2, minutes=10, cases=_sizes)
def official_levels(height: int, width: int) -> int:
    """Count the levels that the authors' code makes, with its defaults 25, 250 and 0.75."""
    return plan_pyramid(height, width, rule="official").num_levels


def _levels(
    short: float,
    long: float,
    *,
    rounding: Callable[[float], int] = math.ceil,
    reduced: float | None = None,
) -> int:
    """Apply the authors' formula with one thing changed."""
    down = rounding(math.log(25 / short) / math.log(0.75))
    reduced = min(250, long) if reduced is None else reduced
    skipped = rounding(math.log(reduced / long) / math.log(0.75))
    return down + 1 - skipped + 1


@official_levels.mistake
def after_the_reduction(height: int, width: int) -> int:
    """You took the short side of the reduced photograph, which would be sensible. The code counts
    all levels of the photograph as it came, then takes off those above 250 pixels, and each of the
    two counts is rounded up.
    """
    scale = min(250 / max(height, width), 1)
    return _levels(min(height, width) * scale, max(height, width) * scale)


@official_levels.mistake
def steps_not_levels(height: int, width: int) -> int:
    """One too few: the formula gives the number of the finest level, and level 0 counts, too."""
    return plan_pyramid(height, width, rule="official").num_levels - 1


@official_levels.mistake
def the_papers_rule(height: int, width: int) -> int:
    """This is the paper's rule, the nearest whole number of steps of 4/3. The code rounds two
    logarithms up, one after the other.
    """
    return plan_pyramid(height, width).num_levels


@official_levels.mistake
def rounded_down(height: int, width: int) -> int:
    """You rounded down. Both logarithms are rounded up (math.ceil); so one level more stays at one
    end, and fewer at the other.
    """
    return _levels(min(height, width), max(height, width), rounding=math.floor)


@official_levels.mistake
def nothing_skipped(height: int, width: int) -> int:
    """You counted the levels of the whole photograph. Those above 250 pixels are not made: take
    their number off.
    """
    return _levels(min(height, width), max(height, width), reduced=max(height, width))


# ------------------------------------------------------------------------------------ exercise 15.2
def _rows() -> list[Case]:
    return [
        ([0.52, 0.61, 0.40], [0.70, 0.63, 0.55]),
        ([12.5, 11.0, 16.0, 14.0, 13.0], [12.0, 15.0, 14.5, 20.0, 13.5]),
    ]


@exercise("15.2", "read a row", dots=1, minutes=5, cases=_rows)
def read_row(without: Values, with_it: Values) -> list[float]:
    """Compute median, smallest and largest change by the switch, seed by seed."""
    return _read_row(without, with_it)


def _read_row(without: Values, with_it: Values) -> list[float]:
    changes = [after - before for before, after in zip(without, with_it)]
    return [statistics.median(changes), min(changes), max(changes)]


@read_row.mistake
def the_other_way_round(without: Values, with_it: Values) -> list[float]:
    """Your signs are the wrong way round: an effect is the value with the switch thrown less the
    one without.
    """
    return _read_row(with_it, without)


@read_row.mistake
def statistics_of_the_sides(without: Values, with_it: Values) -> list[float]:
    """You took median, smallest and largest of each side and subtracted those. They may come from
    different seeds; subtract seed by seed first.
    """
    functions: list[Callable[[Values], float]] = [statistics.median, min, max]
    return [function(with_it) - function(without) for function in functions]


@read_row.mistake
def mean(without: Values, with_it: Values) -> list[float]:
    """The first number is a mean. One wild seed moves it as far as it likes; the median stays with
    the middle one.
    """
    _, low, high = _read_row(without, with_it)
    return [statistics.mean(with_it) - statistics.mean(without), low, high]


@read_row.mistake
def every_pair(without: Values, with_it: Values) -> list[float]:
    """You compared every seed with every other. Here a value belongs to the one of the same seed,
    which began with the same z* and the same weights.
    """
    changes = [after - before for before in without for after in with_it]
    return [statistics.median(changes), min(changes), max(changes)]


# ------------------------------------------------------------------------------------ exercise 15.3
def _sides() -> list[Case]:
    return [
        ([0.40, 0.52, 0.61], [0.63, 0.70, 0.75]),
        ([0.40, 0.52, 0.61], [0.55, 0.63, 0.50]),
        ([5.0, 3.0, 4.0, 6.0], [4.5, 1.0, 2.0, 3.5]),
    ]


@exercise("15.3", "by chance alone", dots=3, minutes=12, cases=_sides)
def by_chance(without: Values, with_it: Values) -> float:
    """Compute the fraction of all ways to deal the values out that separate them as far."""
    return differences.permutation_p_value([(without, with_it)])


def _dealt(without: Values, with_it: Values) -> tuple[Tensor, float]:
    """Compute the differences of means of all ways to deal the values out, and the found one."""
    values = torch.tensor([*without, *with_it], dtype=torch.float64)
    hands = itertools.combinations(range(len(values)), len(with_it))
    right = torch.stack([values[list(hand)].mean() for hand in hands])
    left = (values.sum() - right * len(with_it)) / len(without)
    return right - left, statistics.mean(with_it) - statistics.mean(without)


@by_chance.mistake
def one_way_only(without: Values, with_it: Values) -> float:
    """You counted one direction. Had the switch done as much the other way, you would have called
    it an effect as well: compare absolute values.
    """
    dealt, found = _dealt(without, with_it)
    return (dealt * math.copysign(1, found) >= abs(found) - 1e-9).double().mean().item()


@by_chance.mistake
def strictly_more(without: Values, with_it: Values) -> float:
    """You left out those that separate the sides just as far, the found one among them; so your
    share can be zero, and no experiment proves that much. Count ≥.
    """
    dealt, found = _dealt(without, with_it)
    return (dealt.abs() > abs(found) + 1e-9).double().mean().item()


@by_chance.mistake
def pairs_swapped(without: Values, with_it: Values) -> float:
    """You swapped sides within each seed. If seeds bind nothing together, any of the six values may
    stand on either side: go through all choices of three.
    """
    changes = [b - a for a, b in zip(without, with_it)]
    sums = [
        abs(sum(sign * change for sign, change in zip(signs, changes)))
        for signs in itertools.product((1, -1), repeat=len(changes))
    ]
    return sum(one >= abs(sum(changes)) - 1e-9 for one in sums) / len(sums)


@by_chance.mistake
def the_others(without: Values, with_it: Values) -> float:
    """You gave the share of those that do no more than this. It is the rest that says how easily
    chance does it.
    """
    return 1 - strictly_more(without, with_it)


# ------------------------------------------------------------------------------------ exercise 15.4
@value_exercise("15.4", "an effect of nothing", dots=2, minutes=8)
def unfair() -> str:
    """Name the column that makes the study unfair."""
    return "samples"


@unfair.mistake
def seed() -> str:
    """The seeds differ, and they may: they are what chance is made of, and three a side are
    compared. Look for what is one thing on one side and another on the other.
    """
    return "seed"


@unfair.mistake
def picture() -> str:
    """Both pictures are on both sides, as often. A fair comparison may hold as many pictures as it
    likes.
    """
    return "picture"


@unfair.mistake
def diversity() -> str:
    """That is what was measured. Ask what it was measured from."""
    return "diversity"
