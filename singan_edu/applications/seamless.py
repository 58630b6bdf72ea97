"""Seamless samples: pictures whose right edge goes on at their left one, and their lower at the
upper.

A frozen pyramid is local: a pixel depends on the noise around it, and on nothing else. So if every
level's noise repeats, the picture repeats, wherever the border of the picture is too far to be
seen: the noise is laid out three times (or more), all of it is generated as one picture, and the
one in the middle is kept. Not from the paper. Taught in lesson 13.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..model import SinGAN

WRAPPED_AXES = {"both": (True, True), "width": (False, True), "height": (True, False)}
BICUBIC_RADIUS = 2  # pixels to each side that bicubic enlarging takes from the smaller picture


def sample_seamless(
    model: SinGAN,
    n: int = 1,
    *,
    wrap: str = "width",
    size: float | tuple[int, int] | None = None,
    noise_scale: float | Sequence[float] = 1.0,
    seed: int | None = None,
) -> Tensor:
    """Draw samples that can be laid side by side without a seam.

    Args:
        model: any trained pyramid; with instance normalisation it works, too.
        n: number of pictures.
        wrap: ``"width"`` is a panorama, whose ends meet; top and bottom stay what they are.
            ``"height"`` is the same downwards, and ``"both"`` a tile that covers a plane.
        size: of one tile, (height, width) in pixels, or a factor.
        noise_scale, seed: as in ``SinGAN.run_from``.

    Returns:
        (n, C, h, w) in [-1, 1]. Rolled along a wrapped side, it is as good a picture as before.

    Raises:
        ValueError: an unknown ``wrap``, or a pyramid without trained levels.

    Where it fails: it is by the border of the picture that a pyramid knows where it is. A tile of
    ``"both"`` has none: sky, meadow and sea come anywhere. Of the six pictures that ship only the
    stars and the arch pass the scorecard so (``benchmarks/applications.py``); of the others a tile
    shows about a quarter or less. With ``"width"`` all pass, as plain samples do. At the seam the
    pixels of all levels begin together, so steps there may be steeper than elsewhere, as they are
    at the same places of a plain sample of three times the width, though less steep than where
    plain samples meet. Laid out often, what is unusual in a tile shows as a pattern. It takes three
    times the work, nine for ``"both"``; more in deep pyramids (``repeats_needed``).

    >>> from singan_edu import load_pretrained
    >>> tile = sample_seamless(load_pretrained("birds_at_dusk"), seed=0)
    >>> tuple(tile.repeat(1, 1, 1, 3).shape)
    (1, 3, 96, 384)
    """
    if wrap not in WRAPPED_AXES:
        raise ValueError(f"wrap={wrap!r} is not known; choose one of {', '.join(WRAPPED_AXES)}.")
    sizes = model.level_sizes(size)
    repeats = [
        repeats_needed(model, sides) if wrapped else 1
        for sides, wrapped in zip(zip(*sizes), WRAPPED_AXES[wrap])
    ]
    laid_out = [tuple(side * count for side, count in zip(one, repeats)) for one in sizes]
    noise = model.draw_noise(n, size=size, seed=seed)
    margin = model.config.noise_padding
    for axis, count in enumerate(repeats):
        noise = [_repeat(z, 2 + axis, one[axis], count, margin) for z, one in zip(noise, sizes)]
    made = model.run_from(0, noise=noise, noise_scale=noise_scale, size=laid_out)
    rows, columns = (_middle_tile(side, count) for side, count in zip(sizes[-1], repeats))
    return made[..., rows, columns].clone()  # so that the others can be forgotten


def repeats_needed(model: SinGAN, sides: Sequence[int]) -> int:
    """How often to lay out the noise so that the middle does not see the end of it.

    Each generator sees 5 pixels to each side, and enlarging 2 of the level before. Together that is
    so many tiles, of which each level's is as long as ``sides`` says: 0.9 of one for a short side
    of 25 to 96 pixels, 1.2 of one up to 188.
    """
    seen = sum(generator.radius / side for generator, side in zip(model.generators, sides))
    seen += sum(BICUBIC_RADIUS / side for side in sides[:-1])
    return 1 + 2 * math.ceil(seen)


def _repeat(noise: Tensor, dim: int, side: int, count: int, margin: int) -> Tensor:
    """``side`` numbers of ``noise`` along ``dim``, ``count`` times, and so on into the margins."""
    if count == 1:
        return noise
    places = torch.arange(-margin, count * side + margin, device=noise.device) % side
    return noise.index_select(dim, places)


def _middle_tile(side: int, count: int) -> slice:
    """The middle one of ``count`` tiles of ``side`` pixels."""
    return slice(count // 2 * side, (count // 2 + 1) * side)
