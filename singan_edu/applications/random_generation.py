"""Random generation: combine the noise of several samples, and sample at other aspect ratios.

``SinGAN.sample`` draws samples, from any start level and at any size (paper, section 4 and figures
6 to 8). This module adds what takes more than one call: mixing the noise of two samples level by
level, grids of samples to compare, and samples that continue the image by mirroring. Taught in
lesson 07.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..arguments import NoiseScale, SizeLike
from ..images import Size, size_of
from ..model import SinGAN


def mix_scales(
    model: SinGAN,
    coarse_seed: int,
    fine_seed: int,
    level: int,
    *,
    n: int = 1,
    size: SizeLike | None = None,
    noise_scale: NoiseScale = 1.0,
) -> Tensor:
    """Combine the layout of one sample with the detail of another (paper, eq. 1-3).

    The levels coarser than ``level`` get the noise of ``sample(n, seed=coarse_seed)``, the other
    levels that of ``sample(n, seed=fine_seed)``. Equal seeds give the plain sample.

    Args:
        model: a trained SinGAN.
        coarse_seed: seed of the noise at the coarser levels.
        fine_seed: seed of the noise from ``level`` on.
        level: first level with the noise of ``fine_seed``. 0 takes all noise from ``fine_seed``,
            the number of levels takes all from ``coarse_seed``.
        n: number of samples; sample i mixes sample i of both seeds.
        size: (height, width) in pixels, or a factor on the training size; the training size if not
            given.
        noise_scale: factor on the trained noise standard deviations, one number or one per level.

    Returns:
        (n, C, h, w) in [-1, 1].

    Raises:
        ValueError: the level is out of range.

    >>> from singan_edu import load_pretrained
    >>> tuple(mix_scales(load_pretrained("balloon_festival"), 1, 2, level=3).shape)
    (1, 3, 96, 128)
    """
    if not 0 <= level <= model.trained_levels:
        raise ValueError(
            f"level={level} must be from 0 (all noise from fine_seed) to {model.trained_levels} "
            f"(all noise from coarse_seed)."
        )
    coarse = model.draw_noise(n, size=size, seed=coarse_seed)
    fine = model.draw_noise(n, size=size, seed=fine_seed)
    noise = coarse[:level] + fine[level:]
    return model.run_from(0, noise=noise, noise_scale=noise_scale, size=size)


def mixed_grid(
    model: SinGAN, coarse_seeds: Sequence[int], fine_seeds: Sequence[int], level: int
) -> Tensor:
    """Mix all pairs of seeds with ``mix_scales``: a row per coarse seed, a column per fine seed.

    Args:
        model: a trained SinGAN.
        coarse_seeds: seeds of the noise at the coarser levels.
        fine_seeds: seeds of the noise from ``level`` on.
        level: first level with the noise of the fine seed.

    Returns:
        (rows * columns, C, H, W) in [-1, 1], row by row.

    Raises:
        ValueError: the level is out of range.
    """
    return torch.cat(
        [mix_scales(model, coarse, fine, level) for coarse in coarse_seeds for fine in fine_seeds]
    )


def start_level_grid(model: SinGAN, n: int = 3, *, seed: int | None = 0) -> Tensor:
    """Draw samples from every start level: a row per level, coarse to fine (paper, figure 8).

    The noise of a level is the same in every row, so that rows differ only in their start level.

    Args:
        model: a trained SinGAN.
        n: number of samples in each row.
        seed: of the noise; None draws new noise for every row.

    Returns:
        (levels * n, C, H, W) in [-1, 1], row by row.
    """
    levels = range(model.trained_levels)
    return torch.cat([model.sample(n, start_level=level, seed=seed) for level in levels])


def sample_mirrored(
    model: SinGAN,
    size: SizeLike,
    start_level: int,
    *,
    n: int = 1,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
) -> Tensor:
    """Draw samples of another size in which objects keep their scale, by mirroring.

    ``SinGAN.sample`` stretches the reconstruction to the new size, and everything in it. This
    function keeps its scale: it continues the reconstruction beyond its borders by mirror images,
    or crops it, by the same amount on opposite sides.

    Where it fails: you see the symmetry in coarse structures, less so with a coarser start level. A
    mirrored landscape also gets a second sky below its meadow.

    Args:
        model: a trained SinGAN.
        size: (height, width) in pixels, or a factor on the training size.
        start_level: first level with random noise, 1 or finer. The coarser levels are fixed at the
            mirrored reconstruction.
        n: number of samples.
        noise_scale: factor on the trained noise standard deviations, one number or one per level.
        seed: of the noise; None draws a new one.

    Returns:
        (n, C, h, w) in [-1, 1].

    Raises:
        ValueError: the start level is 0 or out of range.
    """
    if start_level == 0:
        raise ValueError(
            "start_level=0 has no coarser level whose reconstruction could be mirrored; take 1 or "
            "finer, or use sample(size=…)."
        )
    kept = model.reconstruct(start_level - 1)
    image = mirror_to_size(kept, model.level_sizes(size)[start_level - 1])
    return model.run_from(
        start_level, image, blur=False, noise_scale=noise_scale, seed=seed, n=n, size=size
    )


def mirror_to_size(image: Tensor, size: Size) -> Tensor:
    """Extend an image to a size by mirror images of itself, or crop it.

    Args:
        image: (n, C, H, W); it stays in the middle, pixel for pixel.
        size: (height, width) in pixels.

    Returns:
        (n, C, height, width).

    >>> mirror_to_size(torch.arange(3.0).reshape(1, 1, 1, 3), (1, 7)).flatten().tolist()
    [1.0, 0.0, 0.0, 1.0, 2.0, 2.0, 1.0]
    """
    rows, columns = (
        _mirrored_positions(length, wanted) for length, wanted in zip(size_of(image), size)
    )
    return image[..., rows, :][..., columns]


def _mirrored_positions(length: int, wanted: int) -> Tensor:
    """Return the source position of each of ``wanted`` pixels, between mirrors ``length`` apart."""
    position = (torch.arange(wanted) - (wanted - length) // 2) % (2 * length)
    return torch.minimum(position, 2 * length - 1 - position)
