"""Random generation: which levels the noise decides, and what the noise of each level decides.

``SinGAN.sample`` draws pictures, from any level on and at any size (paper, section 4 and figures 6
to 8). Here is what takes more than one call of it: the noise of two samples, mixed level by level,
and sheets of pictures to compare. Taught in lesson 07.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..model import SinGAN


def mix_scales(
    model: SinGAN,
    coarse_seed: int,
    fine_seed: int,
    level: int,
    *,
    n: int = 1,
    size: float | tuple[int, int] | None = None,
    noise_scale: float | Sequence[float] = 1.0,
) -> Tensor:
    """The layout of one sample with the detail of another: noise of two seeds (paper, eq. 1-3).

    The levels below ``level`` get the noise that ``sample(n, seed=coarse_seed)`` gives them, the
    others that of ``fine_seed``. Mixing a seed with itself gives its plain sample.

    Args:
        level: the first level with the noise of ``fine_seed``; 0 takes all from it, the number of
            levels all from ``coarse_seed``.
        n: number of pictures; each mixes the two samples of its index.
        size, noise_scale: as in ``SinGAN.run_from``.

    Returns:
        (n, C, h, w) in [-1, 1].

    Raises:
        ValueError: a level out of range.

    >>> from singan_edu import load_pretrained
    >>> tuple(mix_scales(load_pretrained("balloon_festival"), 1, 2, level=3).shape)
    (1, 3, 96, 128)
    """
    if not 0 <= level <= model.trained_levels:
        raise ValueError(
            f"level={level}: the noise can change seeds at level 0 (all of it fine_seed's) to "
            f"{model.trained_levels} (all of it coarse_seed's)."
        )
    coarse = model.draw_noise(n, size=size, seed=coarse_seed)
    fine = model.draw_noise(n, size=size, seed=fine_seed)
    noise = coarse[:level] + fine[level:]
    return model.run_from(0, noise=noise, noise_scale=noise_scale, size=size)


def mixed_grid(
    model: SinGAN, coarse_seeds: Sequence[int], fine_seeds: Sequence[int], level: int
) -> Tensor:
    """``mix_scales`` of all pairs, a row for each coarse seed, a column for each fine one.

    Returns:
        (rows * columns, C, H, W), row by row, as ``plots.contact_sheet`` takes it.
    """
    return torch.cat(
        [mix_scales(model, one, other, level) for one in coarse_seeds for other in fine_seeds]
    )


def start_level_grid(model: SinGAN, n: int = 3, *, seed: int | None = 0) -> Tensor:
    """``n`` samples from each start level, a row for each, coarse to fine (paper, figure 8).

    The noise of a level is the same in every row: what differs is where it begins.

    Returns:
        (levels * n, C, H, W), row by row.
    """
    levels = range(model.trained_levels)
    return torch.cat([model.sample(n, start_level=level, seed=seed) for level in levels])


def sample_mirrored(
    model: SinGAN,
    size: float | tuple[int, int],
    start_level: int,
    *,
    n: int = 1,
    noise_scale: float | Sequence[float] = 1.0,
    seed: int | None = None,
) -> Tensor:
    """Draw pictures of another size whose parts keep theirs: what was there goes on, mirrored.

    ``SinGAN.sample`` stretches the reconstruction to the size asked for, and what is in it; here it
    keeps its scale and is continued beyond its borders, or cut, alike on both sides.

    Args:
        size: (height, width) in pixels, or a factor.
        start_level: first level with random noise, 1 or finer; level 0 keeps no reconstruction.
        n, noise_scale, seed: as in ``SinGAN.sample``.

    Returns:
        (n, C, h, w) in [-1, 1].

    Raises:
        ValueError: a start level out of range, or 0.

    Where it fails: the eye finds the symmetry at coarse things, the less the coarser the start; and
    what has an up and a down does not go on upwards: below its meadow a landscape gets a sky.
    """
    if start_level == 0:
        raise ValueError("At level 0 nothing is kept; sample(size=…) starts from noise there.")
    kept = model.reconstruct(start_level - 1)
    image = mirror_to_size(kept, model.level_sizes(size)[start_level - 1])
    return model.run_from(
        start_level, image, blur=False, noise_scale=noise_scale, seed=seed, n=n, size=size
    )


def mirror_to_size(image: Tensor, size: tuple[int, int]) -> Tensor:
    """A picture continued to ``size`` = (height, width) by mirror images of itself, or cut to it.

    It stays in the middle, pixel for pixel. Returns (n, C, height, width).

    >>> mirror_to_size(torch.arange(3.0).reshape(1, 1, 1, 3), (1, 7)).flatten().tolist()
    [1.0, 0.0, 0.0, 1.0, 2.0, 2.0, 1.0]
    """
    rows, columns = (
        _mirrored_positions(length, wanted) for length, wanted in zip(image.shape[-2:], size)
    )
    return image[..., rows, :][..., columns]


def _mirrored_positions(length: int, wanted: int) -> Tensor:
    """Where ``wanted`` pixels come from, on a ray between two mirrors ``length`` pixels apart."""
    position = (torch.arange(wanted) - (wanted - length) // 2) % (2 * length)
    return torch.minimum(position, 2 * length - 1 - position)
