"""Retargeting: change the aspect ratio of the training image without distorting its objects.

Resizing turns every balloon into an ellipse. But the model reconstructs the training image from
noise, {z*, 0, …, 0}, and noise can be cut. Parts of z* give a narrower image of the same objects,
and z* with new noise in between gives a wider one. Level 0 makes a coherent image of the pieces, as
it does of any noise. This application is not in the paper. Taught in lesson 13.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..arguments import NoiseScale, SizeLike
from ..images import resize, size_of
from ..model import SinGAN

NUM_PARTS = 2  # keeps both ends of each side and changes its middle


def retarget(
    model: SinGAN,
    size: SizeLike,
    *,
    level: int = 0,
    parts: int = NUM_PARTS,
    n: int = 1,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
) -> Tensor:
    """Generate the training image at another aspect ratio.

    Where it fails: measured on the training images of the six pretrained models of 128 pixels
    (``benchmarks/applications.py``), the mean distance of patches to those of the training image at
    half size (``coherence``, in units of [-1, 1]; smaller is better) is, for plain resizing, level
    0 and level 1:

        half as wide        0.133  0.087  0.131        0.7 times as high    0.115  0.101  0.131
        0.7 times as wide   0.099  0.076  0.122        1.4 times as high    0.102  0.089  0.123
        1.4 times as wide   0.089  0.081  0.115
        twice as wide       0.115  0.091  0.122

    So level 0 is closest to the training image; its lead over resizing is smallest where the width
    grows a little. Level 1 keeps objects at their places but has larger distances than level 0
    throughout. It tore the large balloons with a model that was trained with resampled z*. No level
    knows what must not be cut in two.

    Args:
        model: a trained SinGAN.
        size: (height, width) in pixels, or a factor on the training size.
        level: 0 splices z* (``splice_noise``). From 1 on, the resized training image is injected at
            that level: objects keep their places, and their shapes lie between distorted and right.
        parts: at level 0, how many pieces each side of the training image is cut into. 2 keeps both
            ends and drops or extends the middle; 1 keeps the middle.
        n: number of results.
        noise_scale: factor on the new noise, one number or one per level.
        seed: of the new noise; None draws a new one.

    Returns:
        (n, C, h, w) in [-1, 1].

    Raises:
        ValueError: ``level`` or ``parts`` is out of range.
    """
    if parts < 1:
        raise ValueError(f"parts={parts} must be at least 1.")
    model.check_level(level)
    noise = model.draw_noise(n, level=level, size=size, seed=seed)
    scales = model.noise_scales(noise_scale)[level:]
    noise = [scale * z for scale, z in zip(scales, noise)]
    if level == 0:
        noise[0] = splice_noise(model.reconstruction_noise, noise[0], parts)
        return model.run_from(0, noise=noise, size=size)
    coarser = resize(model.image, model.level_sizes(size)[level - 1])
    return model.run_from(level, coarser, blur=False, noise=noise, size=size)


def splice_noise(z_star: Tensor, noise: Tensor, parts: int = NUM_PARTS) -> Tensor:
    """Bring z* to the size of a noise map by cutting it into parts.

    Each side is cut into parts of equal length, spread evenly from end to end. Where the new side
    is shorter, the values between the parts are dropped. Where it is longer, ``noise`` fills the
    gaps.

    Args:
        z_star: (1, 1, h, w).
        noise: (n, 1, H, W), new noise at the wanted size.
        parts: number of parts per side, at least 1.

    Returns:
        (n, 1, H, W).

    >>> z = torch.arange(1.0, 9.0).reshape(1, 1, 1, 8)
    >>> splice_noise(z, torch.zeros(1, 1, 1, 4)).flatten().tolist()
    [1.0, 2.0, 7.0, 8.0]
    >>> splice_noise(z, torch.zeros(1, 1, 1, 10)).flatten().tolist()
    [1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 5.0, 6.0, 7.0, 8.0]
    """
    rows, columns = (
        _source_positions(length, wanted, parts).to(noise.device)
        for length, wanted in zip(size_of(z_star), size_of(noise))
    )
    kept = z_star[..., rows.clamp(min=0), :][..., columns.clamp(min=0)]
    return torch.where((rows >= 0)[:, None] & (columns >= 0), kept, noise)


def _source_positions(length: int, wanted: int, parts: int) -> Tensor:
    """Return the source, among ``length`` positions, of each wanted one; -1 for new noise."""
    kept, gap = min(length, wanted), abs(length - wanted)
    part = torch.arange(kept) * parts // kept  # the part that each position belongs to
    shift = part * gap // (parts - 1) if parts > 1 else torch.full_like(part, gap // 2)
    if wanted <= length:
        return torch.arange(kept) + shift
    return torch.full((wanted,), -1).scatter_(0, torch.arange(kept) + shift, torch.arange(kept))
