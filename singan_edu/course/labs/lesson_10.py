"""What lesson 10 experiments with: clip-art, measures of paint, and a painter with one fault."""

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
BLOB_SIZE = 7  # pixels of a blob in a clip-art that is made of a photograph


@functools.cache
def wood() -> SinGAN:
    """Load the pretrained model that the exercises paint with, once."""
    return load_pretrained("autumn_wood")


# ------------------------------------------------------------------------------------- the clip-art
def clip_art_for(model: SinGAN, photo: str, file: str = "") -> Tensor:
    """Return a clip-art to paint over: flat areas of colour in the photograph's aspect ratio.

    It is read from ``file`` if there is one. Else it is the clip-art that comes with the bundled
    photograph. Any other photograph is mirrored, reduced to blobs and to six colours.

    Args:
        model: a trained model; its finest level sets the size.
        photo: name of a bundled photograph, or the path of any other.
        file: path of a painting, or "".

    Returns:
        (1, C, H, W) in [-1, 1].
    """
    if file:
        return fit_to_model(model, open_photo(file), "The clip-art")
    size = height, width = output_size(model)
    try:
        # Nearest neighbour: interpolation would mix colours along the edges.
        return F.interpolate(sample_image(f"{photo}_paint"), size)
    except ValueError:
        small = max(2, height // BLOB_SIZE), max(2, width // BLOB_SIZE)
        blobs = resize(resize(model.image.flip(-1), small), size)
        return apply_palette(blobs, colour_palette(model.image, 6))


def flat_mask(paint: Tensor, distance: int = EDGE_DISTANCE) -> Tensor:
    """Mark the pixels of a clip-art that have no edge nearby.

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
    """Measure the finest detail of images within a mask, relative to the photograph's.

    Args:
        images: (n, C, H, W) in [-1, 1].
        mask: (1, 1, H, W), one where detail counts, else zero.
        photo: (1, C, H, W) in [-1, 1].

    Returns:
        RMS of the finest octave within the mask, divided by the photograph's RMS.
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


def swatches(palette: Tensor) -> Tensor:
    """Draw the colours of a palette as squares in a row.

    Args:
        palette: (k, C) in [-1, 1].

    Returns:
        (1, C, 16, 16 k) in [-1, 1].
    """
    return palette.T[None, :, None].repeat_interleave(16, dim=-1).expand(-1, -1, 16, -1)


# --------------------------------------------------------------------------------- a faulty painter
def faulty_start_level(model: SinGAN) -> int:
    """Return the level at which the faulty painter injects its paint (paper n = 1).

    Args:
        model: a trained model.
    """
    return model.plan.num_levels - 2


def broken_painter(model: SinGAN | None = None) -> Callable[[Tensor, int], Tensor]:
    """Return a painter with one fault, called as ``painter(paint, seed)``.

    Its author was told to inject the paint at *scale 1*. Exercise 10.3 asks at which level this
    painter injects it.

    Args:
        model: a trained model; None for the one of ``autumn_wood``.
    """
    painted = model or wood()
    level = faulty_start_level(painted)
    return lambda paint, seed: paint_to_image(painted, paint, level, seed=seed)
