"""What lesson 12 experiments with: places, measures of a region, and three faulty editors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...applications.editing import edit
from ...applications.injection import inject, output_size
from ...applications.masks import soft_mask
from ...applications.regions import Box, box_mask, move_region
from ...evaluation.metrics import band_of
from ...images import Size, resize, sample_image, sample_mask, size_of
from ...model import SinGAN
from ...pretrained import load_pretrained

Editor = Callable[[Tensor, Tensor, int], Tensor]
NOT_GROWN, INVERTED, TOO_FINE = "mask not grown", "mask inverted", "level too fine"


# --------------------------------------------------------------------------------------- the places
def in_pixels(fractions: Sequence[float], size: Size) -> tuple[int, ...]:
    """Convert fractions of the sides of an image to whole pixels.

    Args:
        fractions: down, across, down, across, …, each in [0, 1].
        size: (height, width) in pixels.

    Returns:
        One number of pixels per fraction.

    >>> in_pixels([0.5, 0.25], (40, 80))
    (20, 20)
    """
    return tuple(round(fraction * size[i % 2]) for i, fraction in enumerate(fractions))


def close_up(mask: Tensor, fraction: float = 0.5) -> tuple[slice, slice]:
    """Choose the rows and columns of a close-up around a mask.

    Args:
        mask: (1, 1, H, W); its nonzero pixels are in the middle of the close-up.
        fraction: of each side that the close-up shows, in (0, 1].

    Returns:
        Rows and columns, within the image.
    """
    places = mask[0, 0].nonzero()
    rows, columns = (
        _window(one, side, round(fraction * side)) for one, side in zip(places.T, size_of(mask))
    )
    return rows, columns


def _window(places: Tensor, side: int, length: int) -> slice:
    """Place an interval of ``length`` within ``side``, centred on the places if it fits."""
    middle = (int(places.min()) + int(places.max())) // 2
    start = min(max(0, middle - length // 2), side - length)
    return slice(start, start + length)


def larger_edit(model: SinGAN, photo: str, box: Box, to: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Load the bundled edit of a photograph, or move one region if there is none.

    Args:
        model: of the photograph; the result has the size of its output.
        photo: name of the photograph.
        box: region to move, (top, left, height, width) in pixels.
        to: (top, left) to which it moves, in pixels.

    Returns:
        The edited image (1, C, H, W) and its mask (1, 1, H, W) of zeros and ones.
    """
    size = output_size(model)
    try:
        edited, mask = sample_image(f"{photo}_edit"), sample_mask(f"{photo}_edit_mask")
    except ValueError:
        return move_region(resize(model.image, size), box, to)
    return resize(edited, size), (resize(mask, size) > 0.5).float()


def example_hole(model: SinGAN, photo: str) -> Tensor:
    """Load the bundled hole of a photograph, or select its busiest square if there is none.

    Args:
        model: of the photograph; the mask has the size of its output.
        photo: name of the photograph.

    Returns:
        Mask of the hole, (1, 1, H, W) of zeros and ones.
    """
    size = output_size(model)
    try:
        mask = sample_mask(f"{photo}_hole_mask")
    except ValueError:
        square = busiest_square(resize(model.image, size), size[0] // 4)
        return box_mask(size, square)
    return (resize(mask, size) > 0.5).float()


def busiest_square(image: Tensor, side: int) -> Box:
    """Find the square in which neighbouring pixels differ most, away from the border.

    Args:
        image: (1, C, H, W).
        side: of the square, in pixels.

    Returns:
        The square.
    """
    down, across = (image.diff(dim=axis).square().mean(dim=1, keepdim=True) for axis in (2, 3))
    steps = F.pad(down, (0, 0, 0, 1)) + F.pad(across, (0, 1))
    means = F.avg_pool2d(steps, side, stride=1)[0, 0]
    border = min(side // 3, (min(means.shape) - 1) // 2)
    inner = means[border : means.shape[0] - border, border : means.shape[1] - border]
    row, column = divmod(int(inner.argmax()), inner.shape[1])
    return Box(row + border, column + border, side, side)


# -------------------------------------------------------------------------- measures of a region
def region_rmse(images: Tensor, truth: Tensor, region: Tensor) -> float:
    """Compute the root mean square error within a region.

    Args:
        images: (n, C, H, W) in [-1, 1].
        truth: (1, C, H, W) in [-1, 1], or one per image.
        region: (1, 1, H, W) of zeros and ones.

    Returns:
        RMSE in grey levels (of 255).
    """
    squares = (images - truth).square().mean(dim=(0, 1))
    return 127.5 * ((squares * region[0, 0]).sum() / region.sum()).sqrt().item()


def region_detail(images: Tensor, region: Tensor) -> float:
    """Compute the root mean square of the finest frequency band within a region.

    Args:
        images: (n, C, H, W) in [-1, 1].
        region: (1, 1, H, W) of zeros and ones.

    Returns:
        RMS in grey levels (of 255).
    """
    return region_rmse(band_of(images), torch.zeros_like(images), region)


def region_std(images: Tensor, region: Tensor) -> float:
    """Compute the standard deviation over several images, averaged over a region.

    Args:
        images: (n, C, H, W) in [-1, 1], n at least 2.
        region: (1, 1, H, W) of zeros and ones.

    Returns:
        Standard deviation in grey levels (of 255).
    """
    deviations = images.std(dim=0).mean(dim=0)
    return 127.5 * ((deviations * region[0, 0]).sum() / region.sum()).item()


# ------------------------------------------------------------------------------ the faulty editors
def faulty_editors(model: SinGAN | None = None) -> dict[str, Editor]:
    """Make three editors with one fault each; exercise 12.3 asks which has which.

    The reference edits at level 1 with a grown and softened mask.

    Args:
        model: with which they work; None: that of the desert arch.

    Returns:
        Name -> a function called as ``editor(edited, mask, seed)``.
    """
    model = model or load_pretrained("desert_arch")
    return {"A": _too_fine(model), "B": _not_grown(model), "C": _inverted(model)}


def _too_fine(model: SinGAN) -> Editor:
    finest = model.trained_levels - 1
    return lambda edited, mask, seed: edit(model, edited, mask, finest, seed=seed)


def _not_grown(model: SinGAN) -> Editor:
    return lambda edited, mask, seed: edit(model, edited, mask, 1, dilate=0, feather=0, seed=seed)


def _inverted(model: SinGAN) -> Editor:
    return lambda edited, mask, seed: inject(
        model, edited, 1, blend_mask=1 - soft_mask(mask, dilate=10, feather=2.5), seed=seed
    )
