"""Retargeting: the photograph at another aspect, without squeezing or stretching what is in it.

Resizing makes every balloon an ellipse. But the photograph is made from noise, {z*, 0, …, 0}, and
noise can be cut: less of z* makes a narrower picture of the same things, z* with new noise let in a
wider one. Level 0 joins what was cut, as it joins any noise. Not from the paper. Taught in lesson
13.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..images import resize
from ..model import SinGAN

NUM_PARTS = 2


def retarget(
    model: SinGAN,
    size: float | tuple[int, int],
    *,
    level: int = 0,
    parts: int = NUM_PARTS,
    n: int = 1,
    noise_scale: float | Sequence[float] = 1.0,
    seed: int | None = None,
) -> Tensor:
    """The photograph at another aspect.

    Args:
        size: (height, width) in pixels, or a factor.
        level: 0 cuts z*, see ``splice_noise``. From 1 on the resized photograph goes in at that level
            instead: everything stays where it was, with a shape between squeezed and right.
        parts: at level 0, of how many pieces of the photograph each side is made. 2 keeps its ends
            and drops its middle, or puts something new there; 1 keeps the middle.
        n: number of pictures.
        noise_scale: factor on the new noise.
        seed: of the new noise; None: a new one each time.

    Returns:
        (n, C, h, w) in [-1, 1].

    Raises:
        ValueError: level or parts out of range.

    Where it fails: measured on the six pictures that ship (``benchmarks/applications.py``), by the
    distance of patches to the photograph's at half size (``coherence``), resized, level 0, level 1:

        half as wide        0.133  0.087  0.131        0.7 times as high    0.115  0.101  0.131
        0.7 times as wide   0.099  0.076  0.122        1.4 times as high    0.102  0.089  0.123
        1.4 times as wide   0.089  0.081  0.115
        twice as wide       0.115  0.091  0.122

    So level 0 is nearer to the photograph, least where the width grows a little. Level 1 keeps
    things where they were, at a price in all these numbers; it tore the large balloons of a pyramid
    trained with z* redrawn. And nothing knows what must not be cut in two.
    """
    if parts < 1:
        raise ValueError(f"parts={parts}: the photograph is in one piece at least.")
    model.check_level(level)
    noise = model.draw_noise(n, level=level, size=size, seed=seed)
    scales = model.noise_scales(noise_scale)[level:]
    noise = [scale * z for scale, z in zip(scales, noise)]
    if level == 0:
        noise[0] = splice_noise(model.reconstruction_noise, noise[0], parts)
        return model.run_from(0, noise=noise, size=size)
    before = resize(model.image, model.level_sizes(size)[level - 1])
    return model.run_from(level, before, blur=False, noise=noise, size=size)


def splice_noise(z_star: Tensor, noise: Tensor, parts: int = NUM_PARTS) -> Tensor:
    """z* brought to the size of ``noise`` by cutting: (n, 1, H, W).

    Each side is cut in ``parts`` of one length, which are laid out evenly from end to end. Where
    the new side is shorter, what lies between them is dropped; where it is longer, ``noise`` is
    seen between them.

    >>> z = torch.arange(1.0, 9.0).reshape(1, 1, 1, 8)
    >>> splice_noise(z, torch.zeros(1, 1, 1, 4)).flatten().tolist()
    [1.0, 2.0, 7.0, 8.0]
    >>> splice_noise(z, torch.zeros(1, 1, 1, 10)).flatten().tolist()
    [1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 5.0, 6.0, 7.0, 8.0]
    """
    rows, columns = (
        _places(have, want, parts).to(noise.device)
        for have, want in zip(z_star.shape[-2:], noise.shape[-2:])
    )
    kept = z_star[..., rows.clamp(min=0), :][..., columns.clamp(min=0)]
    return torch.where((rows >= 0)[:, None] & (columns >= 0), kept, noise)


def _places(have: int, want: int, parts: int) -> Tensor:
    """For each of ``want`` places, which of ``have`` comes there; -1 where something new does."""
    kept, gap = min(have, want), abs(have - want)
    part = torch.arange(kept) * parts // kept  # the number of the part that each place is in
    shift = part * gap // (parts - 1) if parts > 1 else torch.full_like(part, gap // 2)
    if want <= have:
        return torch.arange(kept) + shift
    return torch.full((want,), -1).scatter_(0, torch.arange(kept) + shift, torch.arange(kept))
