"""Seamless samples: tiles whose right edge continues at the left edge, or the lower at the upper.

A trained generator is local: a pixel depends only on the noise within its receptive field. If the
noise of every level repeats, the output repeats too, except near the border of the generated image.
So the noise is repeated three times (or more), one large image is generated from it, and the middle
tile is kept. This application is not in the paper. Taught in lesson 13.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..arguments import NoiseScale, SizeLike
from ..model import SinGAN

WRAPPED_AXES = {"both": (True, True), "width": (False, True), "height": (True, False)}
BICUBIC_RADIUS = 2  # source pixels on each side that influence a pixel in bicubic upsampling


def sample_seamless(
    model: SinGAN,
    n: int = 1,
    *,
    wrap: str = "width",
    size: SizeLike | None = None,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
) -> Tensor:
    """Draw samples that can be tiled without a seam.

    Where it fails: a model takes the position in the image from the padding at the border, and a
    tile wrapped in ``"both"`` directions has no border. Sky, meadow and sea then appear anywhere.
    Of the six pretrained models of 128 pixels, only those of the stars and the arch pass the
    scorecard in this way (``benchmarks/applications.py``); a tile of the others covers about a
    quarter of the training patches or less. With ``"width"``, all six pass, as plain samples do.

    At the seam, pixels of all levels start at the same place. Steps there can be larger than
    elsewhere in the tile, as they are at these places in a plain sample of three times the width.
    They are smaller than between two plain samples. If you lay out a tile many times, unusual
    structures show as a pattern.

    The method takes three times the computation of a plain sample, nine times for ``"both"``, and
    more for models with many levels (``repeats_needed``).

    Args:
        model: a trained SinGAN; instance normalisation works, too.
        n: number of samples.
        wrap: ``"width"`` gives a panorama whose left and right ends meet, ``"height"`` the same for
            top and bottom, and ``"both"`` a tile that covers the plane.
        size: (height, width) of a tile in pixels, or a factor on the training size; the training
            size if not given.
        noise_scale: factor on the trained noise standard deviations, one number or one per level.
        seed: of the noise; None draws a new one.

    Returns:
        (n, C, h, w) in [-1, 1]. Rolled along a wrapped side, it has no seam either.

    Raises:
        ValueError: ``wrap`` is unknown, or the model has no trained levels.

    >>> from singan_edu import load_pretrained
    >>> tile = sample_seamless(load_pretrained("birds_at_dusk"), seed=0)
    >>> tuple(tile.repeat(1, 1, 1, 3).shape)
    (1, 3, 96, 384)
    """
    if wrap not in WRAPPED_AXES:
        raise ValueError(f"wrap={wrap!r} is not known; choose one of {', '.join(WRAPPED_AXES)}.")
    sizes = model.level_sizes(size)
    down, across = (
        repeats_needed(model, sides) if wrapped else 1
        for sides, wrapped in zip(zip(*sizes), WRAPPED_AXES[wrap])
    )
    noise = model.draw_noise(n, size=size, seed=seed)
    padding = model.config.noise_padding
    for axis, count in enumerate((down, across)):
        noise = [_repeat(z, 2 + axis, one[axis], count, padding) for z, one in zip(noise, sizes)]
    canvas = [(down * height, across * width) for height, width in sizes]
    generated = model.run_from(0, noise=noise, noise_scale=noise_scale, size=canvas)
    height, width = sizes[-1]
    middle = generated[..., _middle_tile(height, down), _middle_tile(width, across)]
    return middle.clone()  # a view would keep the whole canvas in memory


def repeats_needed(model: SinGAN, sides: Sequence[int]) -> int:
    """Count how often to repeat the noise so that the middle tile does not depend on its ends.

    Each generator sees ``radius`` pixels (5) to each side, and each bicubic upsampling 2 pixels of
    the coarser level. Divided by the level's side and summed over the levels, this is the distance
    in tiles: 0.9 for a short side of 25 to 96 pixels, 1.2 for up to 188 pixels.

    Args:
        model: a trained SinGAN.
        sides: height (or width) of a tile at each trained level, in pixels, coarse to fine.

    Returns:
        An odd number, at least 3.
    """
    seen = sum(generator.radius / side for generator, side in zip(model.generators, sides))
    seen += sum(BICUBIC_RADIUS / side for side in sides[:-1])
    return 1 + 2 * math.ceil(seen)


def _repeat(noise: Tensor, dim: int, side: int, count: int, padding: int) -> Tensor:
    """Repeat the first ``side`` values along ``dim``, and continue them into the padding."""
    if count == 1:
        return noise
    places = torch.arange(-padding, count * side + padding, device=noise.device) % side
    return noise.index_select(dim, places)


def _middle_tile(side: int, count: int) -> slice:
    """Return the slice of the middle one of ``count`` tiles of ``side`` pixels."""
    return slice(count // 2 * side, (count // 2 + 1) * side)
