"""The exercises of lesson 10, paint to image."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from ...applications.paint_to_image import colour_palette
from ...images import Size, resize, sample_image
from .. import plots
from ..labs import lesson_10 as lab
from . import Case, exercise, value_exercise

SMALL = (24, 32)  # size of the pictures whose pixels exercise 10.2 recolours


# ------------------------------------------------------------------------------------ exercise 10.1
@functools.cache
def pictures_and_sizes() -> list[Case]:
    """A painting, the size of a level and the size of the previous, coarser level."""
    paint, sizes = lab.clip_art_for(lab.meadow(), "mountain_meadow"), lab.meadow().plan.sizes
    return [(paint, sizes[level - 1], sizes[level]) for level in (1, 3, 5)]


@exercise("10.1", "what a level sees of the paint", dots=1, minutes=5, cases=pictures_and_sizes)
def seen_by_the_level(picture: Tensor, coarser: Size, size: Size) -> Tensor:
    """Reduce to the size of the previous level and enlarge again (paper, section 4)."""
    return resize(resize(picture, coarser), size)


@seen_by_the_level.mistake
def not_blurred(picture: Tensor, coarser: Size, size: Size) -> Tensor:
    """You went straight to the size of the level. In training it only ever saw enlarged
    pictures: go down to the size of the level before, and up again.
    """
    return resize(picture, size)


@seen_by_the_level.mistake
def left_small(picture: Tensor, coarser: Size, size: Size) -> Tensor:
    """Your picture still has the size of the level before. Enlarge it to `size`."""
    return resize(picture, coarser)


@seen_by_the_level.mistake
def in_blocks(picture: Tensor, coarser: Size, size: Size) -> Tensor:
    """You enlarged by repeating pixels, and no generator has ever seen their blocks.
    sg.resize enlarges as in training.
    """
    return F.interpolate(resize(picture, coarser), size)


@seen_by_the_level.mistake
def single_pixels(picture: Tensor, coarser: Size, size: Size) -> Tensor:
    """You reduced by picking single pixels, without antialiasing (lesson 01); sg.resize
    averages.
    """
    return resize(F.interpolate(picture, coarser), size)


# ------------------------------------------------------------------------------------ exercise 10.2
def as_pictures(expected: Tensor, yours: Tensor) -> Figure:
    """Draw the pixels (n, 3) of both answers as the pictures that they came from."""
    return plots.comparison(*(pixels.T.reshape(1, 3, *SMALL) for pixels in (expected, yours)))


@functools.cache
def pixels_and_palettes() -> list[Case]:
    """The pixels (n, 3) of two photographs, reduced to ``SMALL``, and a palette (k, 3) of each."""
    images = [sample_image(name) for name in ("canyon_river", "mountain_meadow")]
    return [(resize(x, SMALL)[0].flatten(1).T, colour_palette(x)) for x in images]


@exercise(
    "10.2", "the nearest colour", dots=2, minutes=8, cases=pixels_and_palettes, draw=as_pictures
)
def nearest_colour(pixels: Tensor, palette: Tensor) -> Tensor:
    """Replace each pixel by the nearest colour of the palette: (n, 3), (k, 3) -> (n, 3)."""
    return palette[torch.cdist(pixels, palette).argmin(dim=1)]


@nearest_colour.mistake
def by_brightness(pixels: Tensor, palette: Tensor) -> Tensor:
    """You compared brightness, so a green may become a red that is as bright. Compare all three
    channels: a distance of points in space.
    """
    gaps = pixels.mean(dim=1)[:, None] - palette.mean(dim=1)
    return palette[gaps.abs().argmin(dim=1)]


@nearest_colour.mistake
def channel_by_channel(pixels: Tensor, palette: Tensor) -> Tensor:
    """You chose for each channel by itself, and mixed colours that are not in the palette. A
    colour is chosen whole.
    """
    numbers = (pixels[:, None] - palette).abs().argmin(dim=1)  # (n, 3)
    return palette.gather(0, numbers)


@nearest_colour.mistake
def signed_sum(pixels: Tensor, palette: Tensor) -> Tensor:
    """You summed differences with their signs, so that too much red makes up for too little
    blue. Square them, or take torch.cdist.
    """
    return palette[(pixels[:, None] - palette).sum(dim=2).argmin(dim=1)]


@nearest_colour.mistake
def the_farthest(pixels: Tensor, palette: Tensor) -> Tensor:
    """These are the farthest colours: argmin, not argmax."""
    return palette[torch.cdist(pixels, palette).argmax(dim=1)]


# ------------------------------------------------------------------------------------ exercise 10.3
@value_exercise("10.3", "where did the paint go in", dots=2, minutes=8)
def start_level_of_the_painter() -> int:
    """The level at which the faulty painter injects its paint."""
    return lab.faulty_start_level(lab.meadow())


@start_level_of_the_painter.mistake
def what_the_recipe_says() -> int:
    """This is the number in the recipe, which counts from the finest scale. Which level, counted
    from the coarsest, gives the very same picture?
    """
    return lab.meadow().plan.paper_scale(lab.faulty_start_level(lab.meadow()))


@start_level_of_the_painter.mistake
def the_finest() -> int:
    """Flat paint is the sign of a fine level, but not of the finest. Do not judge by eye:
    subtract the pictures.
    """
    return lab.meadow().plan.num_levels - 1
