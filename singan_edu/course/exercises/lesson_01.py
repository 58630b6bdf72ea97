"""The exercises of lesson 01, the image pyramid."""

from __future__ import annotations

import functools

import torch.nn.functional as F
from torch import Tensor

from ...images import resize, round_half_up, sample_image, size_of
from ...pyramid import image_pyramid, plan_pyramid
from . import Case, exercise

RATIO = 4 / 3  # the paper's r


@functools.cache
def pyramid() -> list[Tensor]:
    """Return the image pyramid of a photograph, coarse to fine."""
    photo = sample_image("palace_windows")
    return image_pyramid(photo, plan_pyramid(*size_of(photo)))


# ------------------------------------------------------------------------------------ exercise 01.1
def short_sides_and_levels() -> list[Case]:
    """Short sides in pixels, each with a number of levels."""
    return [(188, 8), (250, 9), (188, 4), (500, 10), (96, 3)]


@exercise("01.1", "ask for a number of levels", dots=2, minutes=8, cases=short_sides_and_levels)
def min_size_for(short_side: int, levels: int) -> int:
    """Return the ``min_size`` that gives ``levels`` levels with r = 4/3."""
    return round_half_up(short_side / RATIO ** (levels - 1))


@min_size_for.mistake
def one_step_too_many(short_side: int, levels: int) -> int:
    """You took as many steps as there are levels. Between L levels lie L - 1 steps."""
    return round_half_up(short_side / RATIO**levels)


@min_size_for.mistake
def not_rounded(short_side: int, levels: int) -> float:
    """The formula is right, but a picture has whole pixels: round at the end."""
    return float(short_side / RATIO ** (levels - 1))


@min_size_for.mistake
def rounded_down(short_side: int, levels: int) -> int:
    """int() cuts off. The pyramid rounds to the nearest whole pixel."""
    return int(short_side / RATIO ** (levels - 1))


@min_size_for.mistake
def divided_once(short_side: int, levels: int) -> int:
    """Each step divides by r once more, so L - 1 steps divide by r to the power L - 1, not by
    (L - 1) times r.
    """
    return round_half_up(short_side / (RATIO * (levels - 1)))


# ------------------------------------------------------------------------------------ exercise 01.2
def fine_and_coarse() -> list[Case]:
    """Two levels, each with the previous, coarser one."""
    return [(pyramid()[3], pyramid()[2]), (pyramid()[5], pyramid()[4])]


@exercise("01.2", "what a level adds", dots=1, minutes=5, cases=fine_and_coarse)
def detail(fine: Tensor, coarse: Tensor) -> Tensor:
    """Return what ``fine`` shows and ``coarse``, enlarged to its size, does not."""
    return fine - resize(coarse, size_of(fine))


@detail.mistake
def the_other_way_round(fine: Tensor, coarse: Tensor) -> Tensor:
    """Right up to its sign: detail is what the fine level has and the coarse one lacks, fine
    minus coarse.
    """
    return resize(coarse, size_of(fine)) - fine


@detail.mistake
def enlarged_in_blocks(fine: Tensor, coarse: Tensor) -> Tensor:
    """You enlarged by repeating pixels; the edges of those blocks now count as detail. sg.resize
    enlarges smoothly.
    """
    return fine - F.interpolate(coarse, size_of(fine), mode="nearest")


@detail.mistake
def at_the_coarse_size(fine: Tensor, coarse: Tensor) -> Tensor:
    """You reduced the fine level, and with it threw the detail away. Enlarge the coarse one to
    the size of the fine.
    """
    return resize(fine, size_of(coarse)) - coarse


# ------------------------------------------------------------------------------------ exercise 01.3
def pictures_of_even_sides() -> list[Case]:
    """Two levels, cropped to sides that can be halved."""
    return [(pyramid()[5][..., :118, :182],), (pyramid()[3][..., :64, :98],)]


@exercise("01.3", "average before you sample", dots=2, minutes=8, cases=pictures_of_even_sides)
def halve(image: Tensor) -> Tensor:
    """Halve the size: take the mean of every 2 x 2 square."""
    return F.avg_pool2d(image, 2)


@halve.mistake
def every_second_pixel(image: Tensor) -> Tensor:
    """You took one pixel of four: no antialiasing. A thin line is kept or lost by chance. Average
    the four.
    """
    return image[..., ::2, ::2]


@halve.mistake
def rows_only(image: Tensor) -> Tensor:
    """You averaged along one side only: along the other you still take every second pixel, and
    there it aliases.
    """
    return F.avg_pool2d(image, (2, 1))[..., ::2]


@halve.mistake
def columns_only(image: Tensor) -> Tensor:
    """You averaged along one side only: along the other you still take every second pixel, and
    there it aliases. Mind the rows.
    """
    return F.avg_pool2d(image, (1, 2))[..., ::2, :]


@halve.mistake
def summed(image: Tensor) -> Tensor:
    """You added the four pixels up; their mean is a quarter of that."""
    return 4 * F.avg_pool2d(image, 2)
