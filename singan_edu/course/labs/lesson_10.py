"""What lesson 10 experiments with: paintings, measures of detail and colour, a faulty painter."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from ...applications.injection import fit_to_model, output_size
from ...applications.paint_to_image import apply_palette, colour_palette, paint_to_image
from ...evaluation.metrics import band_of
from ...images import open_photo, resize, sample_image
from ...model import SinGAN
from ...pretrained import load_pretrained

EDGE_DISTANCE = 4  # pixels from the nearest edge to where an area counts as flat
VISIBLE_STEP = 0.1  # of the range [-1, 1]: a step of 13 grey levels is an edge
BLOBS = 18  # along the long side of a painting that is made from a photograph
NUM_COLOURS = 6  # of such a painting


@functools.cache
def meadow() -> SinGAN:
    """Load the pretrained model that the exercises paint with, once."""
    return load_pretrained("mountain_meadow")


# ---------------------------------------------------------------------------------------- paintings
def clip_art_for(model: SinGAN, photo: str, file: str = "") -> Tensor:
    """Return a painting to inject: flat areas of colour in the training image's aspect ratio.

    It is read from ``file`` if that is given. Otherwise it is the painting that ships with the
    training image. Any other training image is mirrored and reduced to blobs of six colours.

    Args:
        model: a trained model; its finest level sets the size.
        photo: name of a training image that ships, or the path of any other.
        file: path of a painting, or "".

    Returns:
        (1, C, H, W) in [-1, 1].
    """
    if file:
        return fit_to_model(model, open_photo(file), "The painting")
    size = height, width = output_size(model)
    try:
        # Nearest neighbour: interpolation would mix colours along the edges.
        return F.interpolate(sample_image(f"{photo}_paint"), size)
    except ValueError:
        blob = max(size) / BLOBS  # side in pixels
        small = max(2, int(height / blob)), max(2, int(width / blob))
        blobs = resize(resize(model.image.flip(-1), small), size)
        return apply_palette(blobs, colour_palette(model.image, NUM_COLOURS))


def flat_mask(paint: Tensor, distance: int = EDGE_DISTANCE) -> Tensor:
    """Mark the pixels of a painting that have no edge nearby.

    Args:
        paint: (1, C, H, W) in [-1, 1].
        distance: how far away the nearest edge must be, in pixels.

    Returns:
        (1, 1, H, W), one where there is no edge within ``distance``, else zero.
    """
    largest, smallest = F.max_pool2d(paint, 3, 1, 1), -F.max_pool2d(-paint, 3, 1, 1)
    edges = ((largest - smallest).amax(dim=1, keepdim=True) > VISIBLE_STEP).float()
    return 1 - F.max_pool2d(edges, 2 * distance + 1, 1, distance)


# ----------------------------------------------------------------------------------------- measures
def relative_detail(images: Tensor, mask: Tensor, photo: Tensor) -> float:
    """Measure the finest detail of images within a mask, relative to the training image's.

    Args:
        images: (n, C, H, W) in [-1, 1].
        mask: (1, 1, H, W), one where detail counts, else zero.
        photo: (1, C, H, W) in [-1, 1], the training image.

    Returns:
        RMS of the finest frequency band within the mask, divided by that of the whole training
        image.
    """
    squares = band_of(images).square().mean(dim=(0, 1))  # (H, W)
    inside = (squares * mask[0, 0]).sum() / mask.sum()
    return (inside / band_of(photo).square().mean()).sqrt().item()


def palette_distance(model: SinGAN, images: Tensor) -> float:
    """Measure how far the colours of images are from the training image's.

    Args:
        model: a trained model.
        images: (n, C, H, W) in [-1, 1].

    Returns:
        Mean distance of a pixel to the nearest of the training image's 24 colours, in grey levels.
    """
    nearest = apply_palette(images, colour_palette(model.image, 24))
    return 127.5 * (images - nearest).square().sum(dim=1).sqrt().mean().item()


# --------------------------------------------------------------------------------- a faulty painter
def faulty_start_level(model: SinGAN) -> int:
    """Return the level at which the faulty painter injects the painting (paper n = 1).

    Args:
        model: a trained model.
    """
    return model.plan.num_levels - 2


def broken_painter(model: SinGAN | None = None) -> Callable[[Tensor, int], Tensor]:
    """Return a painter with one fault, called as ``painter(paint, seed)``.

    Its author was told to inject the painting at *scale 1*. Exercise 10.3 asks at which level this
    painter injects it.

    Args:
        model: a trained model; None for the one of ``mountain_meadow``.
    """
    painted = model or meadow()
    level = faulty_start_level(painted)
    return lambda paint, seed: paint_to_image(painted, paint, level, seed=seed)
