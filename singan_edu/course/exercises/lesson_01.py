"""The exercises of lesson 01, the image pyramid."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ...images import resize, round_half_up, sample_image
from ...pyramid import image_pyramid, plan_pyramid
from ..checks import Exercise, Mistake

RATIO = 4 / 3  # the paper's r
PHOTO = sample_image("balloon_festival")
LEVELS = image_pyramid(PHOTO, plan_pyramid(*PHOTO.shape[-2:]))


# ------------------------------------------------------------------------------------ exercise 01.1
def min_size_for(short_side: int, levels: int) -> int:
    """The ``min_size`` that gives ``levels`` levels with r = 4/3."""
    return round_half_up(short_side / RATIO ** (levels - 1))


def one_step_too_many(short_side: int, levels: int) -> int:
    """Counts steps as levels."""
    return round_half_up(short_side / RATIO**levels)


def not_rounded(short_side: int, levels: int) -> float:
    """Leaves parts of pixels."""
    return short_side / RATIO ** (levels - 1)


def rounded_down(short_side: int, levels: int) -> int:
    """Cuts parts of pixels off."""
    return int(short_side / RATIO ** (levels - 1))


def divided_once(short_side: int, levels: int) -> int:
    """Divides by a multiple of r, not by its power."""
    return round_half_up(short_side / (RATIO * (levels - 1)))


NUMBER_OF_LEVELS = Exercise(
    id="01.1",
    title="ask for a number of levels",
    difficulty=2,
    minutes=8,
    expected=min_size_for,
    cases=((188, 8), (250, 9), (188, 4), (500, 10), (96, 3)),
    mistakes=(
        Mistake(
            "one step too many",
            one_step_too_many,
            "You took as many steps as there are levels. Between L levels lie L - 1 steps.",
        ),
        Mistake(
            "not rounded",
            not_rounded,
            "The formula is right, but a picture has whole pixels: round at the end.",
        ),
        Mistake(
            "rounded down",
            rounded_down,
            "int() cuts off. The pyramid rounds to the nearest whole pixel.",
        ),
        Mistake(
            "divided once",
            divided_once,
            "Each step divides by r once more, so L - 1 steps divide by r to the power L - 1, "
            "not by (L - 1) times r.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 01.2
def detail(fine: Tensor, coarse: Tensor) -> Tensor:
    """What ``fine`` shows and ``coarse``, enlarged to its size, does not."""
    return fine - resize(coarse, fine.shape[-2:])


def other_way_round(fine: Tensor, coarse: Tensor) -> Tensor:
    """Subtracts the fine level from the coarse one."""
    return -detail(fine, coarse)


def in_blocks(fine: Tensor, coarse: Tensor) -> Tensor:
    """Enlarges by repeating pixels."""
    return fine - F.interpolate(coarse, fine.shape[-2:], mode="nearest")


def at_the_coarse_size(fine: Tensor, coarse: Tensor) -> Tensor:
    """Reduces the fine level in place of enlarging the coarse one."""
    return resize(fine, coarse.shape[-2:]) - coarse


WHAT_A_LEVEL_ADDS = Exercise(
    id="01.2",
    title="what a level adds",
    difficulty=1,
    minutes=5,
    expected=detail,
    cases=((LEVELS[3], LEVELS[2]), (LEVELS[5], LEVELS[4])),
    mistakes=(
        Mistake(
            "the other way round",
            other_way_round,
            "Right up to its sign: detail is what the fine level has and the coarse one lacks, "
            "fine minus coarse.",
        ),
        Mistake(
            "enlarged in blocks",
            in_blocks,
            "You enlarged by repeating pixels; the edges of those blocks now count as detail. "
            "sg.resize enlarges smoothly.",
        ),
        Mistake(
            "at the coarse size",
            at_the_coarse_size,
            "You reduced the fine level, and with it threw the detail away. Enlarge the coarse "
            "one to the size of the fine.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 01.3
def halve(image: Tensor) -> Tensor:
    """Half the size: the mean of every 2 x 2 square."""
    return F.avg_pool2d(image, 2)


def every_second(image: Tensor) -> Tensor:
    """Takes one pixel of four and forgets the others."""
    return image[..., ::2, ::2]


def rows_only(image: Tensor) -> Tensor:
    """Averages two rows, but takes every second column."""
    return F.avg_pool2d(image, (2, 1))[..., ::2]


def columns_only(image: Tensor) -> Tensor:
    """Averages two columns, but takes every second row."""
    return F.avg_pool2d(image, (1, 2))[..., ::2, :]


def summed(image: Tensor) -> Tensor:
    """Forgets to divide by four."""
    return 4 * halve(image)


ONE_WAY = (
    "You averaged along one side only: along the other you still take every second pixel, and "
    "there it aliases."
)
AVERAGE_FIRST = Exercise(
    id="01.3",
    title="average before you sample",
    difficulty=2,
    minutes=8,
    expected=halve,
    cases=((LEVELS[6][..., :140, :186],), (LEVELS[4][..., :78, :104],)),
    mistakes=(
        Mistake(
            "every second pixel",
            every_second,
            "You took one pixel of four: no antialiasing. A thin line is kept or lost by chance. "
            "Average the four.",
        ),
        Mistake("rows only", rows_only, ONE_WAY),
        Mistake("columns only", columns_only, ONE_WAY + " Mind the rows."),
        Mistake("sum", summed, "You added the four pixels up; their mean is a quarter of that."),
    ),
)

EXERCISES = (NUMBER_OF_LEVELS, WHAT_A_LEVEL_ADDS, AVERAGE_FIRST)
