"""The exercises of lesson 10, paint to image; its clip-art, its measures, its broken painter."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from ...applications.injection import fitted, output_size
from ...applications.paint_to_image import apply_palette, colour_palette, paint_to_image
from ...evaluation.metrics import band_of
from ...images import open_photo, resize, sample_image
from ...model import SinGAN
from ...pretrained import load_pretrained
from .. import plots
from ..checks import Exercise, Mistake

Size = tuple[int, int]
MODEL = load_pretrained("autumn_wood")
MARGIN = 4  # pixels from an edge to where an area is called flat
VISIBLE = 0.1  # of the range [-1, 1]: a step of 13 grey levels is an edge
BLOB = 7  # pixels of a blob in a clip-art made of a photograph


# ------------------------------------------------------------------------------------- the clip-art
def clip_art_for(model: SinGAN, photo: str, file: str = "") -> Tensor:
    """Flat areas of colour of the photograph's aspect, (1, C, H, W) in [-1, 1].

    ``file`` if there is one, else the paint that ships for ``photo``, else the photograph itself:
    mirrored, melted into blobs, and reduced to six colours.
    """
    if file:
        return fitted(model, open_photo(file), "The clip-art")
    size = output_size(model)
    try:
        # Single pixels: no mixed colours.
        return F.interpolate(sample_image(f"{photo}_paint"), size)
    except ValueError:
        blobs = resize(model.image.flip(-1), tuple(max(2, side // BLOB) for side in size))
        return apply_palette(resize(blobs, size), colour_palette(model.image, 6))


def flat_places(paint: Tensor, margin: int = MARGIN) -> Tensor:
    """One where a clip-art has no edge within ``margin`` pixels, else zero: (1, 1, H, W)."""
    largest, smallest = F.max_pool2d(paint, 3, 1, 1), -F.max_pool2d(-paint, 3, 1, 1)
    edges = ((largest - smallest).amax(dim=1, keepdim=True) > VISIBLE).float()
    return 1 - F.max_pool2d(edges, 2 * margin + 1, 1, margin)


def detail_in(pictures: Tensor, places: Tensor, photo: Tensor) -> float:
    """RMS of the finest detail of (n, C, H, W) at some places, as a share of the photograph's."""
    squares = band_of(pictures).square().mean(dim=(0, 1))
    inside = (squares * places[0, 0]).sum() / places.sum()
    return (inside / band_of(photo).square().mean()).sqrt().item()


def foreign_colour(model: SinGAN, pictures: Tensor) -> float:
    """Mean distance of pixels to the nearest of a photograph's 24 colours, in grey levels."""
    nearest = apply_palette(pictures, colour_palette(model.image, 24))
    return 127.5 * (pictures - nearest).square().sum(dim=1).sqrt().mean().item()


def swatches(palette: Tensor) -> Tensor:
    """The colours (k, C) of a palette as squares beside each other, (1, C, 16, 16 k)."""
    return palette.T[None, :, None].repeat_interleave(16, dim=-1).expand(-1, -1, 16, -1)


# ------------------------------------------------------------------------------------ exercise 10.1
def seen_by_the_level(picture: Tensor, coarser: Size, size: Size) -> Tensor:
    """Down to the size of the level before, and up again (paper, section 4)."""
    return resize(resize(picture, coarser), size)


def not_blurred(picture: Tensor, coarser: Size, size: Size) -> Tensor:
    """Straight to the size of the level."""
    return resize(picture, size)


def left_small(picture: Tensor, coarser: Size, size: Size) -> Tensor:
    """Forgets to enlarge."""
    return resize(picture, coarser)


def in_blocks(picture: Tensor, coarser: Size, size: Size) -> Tensor:
    """Enlarges by repeating pixels."""
    return F.interpolate(resize(picture, coarser), size)


def single_pixels(picture: Tensor, coarser: Size, size: Size) -> Tensor:
    """Reduces without antialiasing."""
    return resize(F.interpolate(picture, coarser), size)


SIZES = MODEL.plan.sizes
WHAT_A_LEVEL_SEES = Exercise(
    id="10.1",
    title="what a level sees of the paint",
    difficulty=1,
    minutes=5,
    expected=seen_by_the_level,
    cases=tuple((clip_art_for(MODEL, "autumn_wood"), SIZES[k - 1], SIZES[k]) for k in (1, 3, 5)),
    mistakes=(
        Mistake(
            "not blurred",
            not_blurred,
            "You went straight to the size of the level. In training it only ever saw enlarged "
            "pictures: go down to the size of the level before, and up again.",
        ),
        Mistake(
            "left small",
            left_small,
            "Your picture still has the size of the level before. Enlarge it to `size`.",
        ),
        Mistake(
            "in blocks",
            in_blocks,
            "You enlarged by repeating pixels, and no generator has ever seen their blocks. "
            "sg.resize enlarges as in training.",
        ),
        Mistake(
            "single pixels",
            single_pixels,
            "You reduced by picking single pixels, without antialiasing (lesson 01); sg.resize "
            "averages.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 10.2
def nearest_colour(pixels: Tensor, palette: Tensor) -> Tensor:
    """Each pixel's nearest colour of the palette: (n, 3) and (k, 3) -> (n, 3)."""
    return palette[torch.cdist(pixels, palette).argmin(dim=1)]


def nearest_brightness(pixels: Tensor, palette: Tensor) -> Tensor:
    """Compares the means of the channels."""
    gaps = pixels.mean(dim=1)[:, None] - palette.mean(dim=1)
    return palette[gaps.abs().argmin(dim=1)]


def channel_by_channel(pixels: Tensor, palette: Tensor) -> Tensor:
    """The nearest red, the nearest green, the nearest blue."""
    numbers = (pixels[:, None] - palette).abs().argmin(dim=1)  # (n, 3)
    return palette.gather(0, numbers)


def signed_sum(pixels: Tensor, palette: Tensor) -> Tensor:
    """Sums the differences without squaring them."""
    return palette[(pixels[:, None] - palette).sum(dim=2).argmin(dim=1)]


def farthest(pixels: Tensor, palette: Tensor) -> Tensor:
    """argmax for argmin."""
    return palette[torch.cdist(pixels, palette).argmax(dim=1)]


SMALL = (24, 32)


def as_pictures(expected: Tensor, yours: Tensor) -> Figure:
    """The rows of both answers as the pictures that they came from."""
    return plots.comparison(*(rows.T.reshape(1, 3, *SMALL) for rows in (expected, yours)))


def _rows(name: str) -> Tensor:
    return resize(load_pretrained(name).image, SMALL)[0].flatten(1).T  # (n, 3): whole colours


NEAREST_COLOUR = Exercise(
    id="10.2",
    title="the nearest colour",
    difficulty=2,
    minutes=8,
    expected=nearest_colour,
    cases=tuple(
        (_rows(name), colour_palette(load_pretrained(name).image))
        for name in ("balloon_festival", "autumn_wood")
    ),
    mistakes=(
        Mistake(
            "by brightness",
            nearest_brightness,
            "You compared brightness, so a green may become a red that is as bright. Compare all "
            "three channels: a distance of points in space.",
        ),
        Mistake(
            "channel by channel",
            channel_by_channel,
            "You chose for each channel by itself, and mixed colours that are not in the palette. "
            "A colour is chosen whole.",
        ),
        Mistake(
            "signed sum",
            signed_sum,
            "You summed differences with their signs, so that too much red makes up for too little "
            "blue. Square them, or take torch.cdist.",
        ),
        Mistake(
            "the farthest",
            farthest,
            "These are the farthest colours: argmin, not argmax.",
        ),
    ),
    draw=as_pictures,
)


# ------------------------------------------------------------------------------------ exercise 10.3
BROKEN_LEVEL = MODEL.plan.num_levels - 2  # paper n = 1


def broken_painter(model: SinGAN = MODEL) -> Callable[[Tensor, int], Tensor]:
    """A painter with one fault, called as ``painter(paint, seed)``.

    Its recipe said *scale 1*. At which level does its paint go in? Exercise 10.3 asks.
    """
    return lambda paint, seed: paint_to_image(model, paint, BROKEN_LEVEL, seed=seed)


WHERE_IT_WENT_IN = Exercise(
    id="10.3",
    title="where did the paint go in",
    difficulty=2,
    minutes=8,
    expected=BROKEN_LEVEL,
    mistakes=(
        Mistake(
            "what the recipe says",
            MODEL.plan.paper_scale(BROKEN_LEVEL),
            "This is the number in the recipe, which counts from the finest scale. Which level, "
            "counted from the coarsest, gives the very same picture?",
        ),
        Mistake(
            "the finest",
            MODEL.plan.num_levels - 1,
            "Flat paint is the sign of a fine level, but not of the finest. Do not judge by eye: "
            "subtract the pictures.",
        ),
    ),
)

EXERCISES = (WHAT_A_LEVEL_SEES, NEAREST_COLOUR, WHERE_IT_WENT_IN)
