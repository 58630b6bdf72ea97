"""Editing: parts of the training picture, moved by hand, are sewn together without a seam.

Source: paper, section 4 (editing). Taught in lesson 12.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ..images import Source
from ..model import SinGAN
from .injection import blending_mask, inject

DILATE, FEATHER = 20 / 250, 5 / 250  # of the long side: the authors' 20 and 5 pixels of 250


def edit(
    model: SinGAN,
    edited: Source | Tensor,
    mask: Source | Tensor,
    level: int,
    *,
    dilate: float = DILATE,
    feather: float = FEATHER,
    noise_scale: float | Sequence[float] = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Make a hand-edited picture look untouched (paper, section 4).

    The same as ``harmonize`` but for the mask, which reaches further: to sew a part in, its
    surroundings must change, too. Where ``editing_mask`` is 0, the training picture is returned to
    the bit.

    Args:
        model: trained on the picture before it was edited.
        edited: the picture with parts of it copied, moved or removed, (1, C, h, w) in [-1, 1],
            path, PIL image or array. Of another size it is resized with a notice.
        mask: where it was changed, (1, 1, h, w) in [0, 1], path, PIL image or array;
            ``difference_mask`` finds it. It never enters the networks.
        level: where to inject. A coarse one closes seams and may move what was pasted; a fine one
            leaves both. ``over_levels`` shows all, ``suggest_level`` measures them.
        dilate, feather: of the final mask, in shares of the long side.
        noise_scale, seed, n: as in ``SinGAN.run_from``.

    Returns:
        (n, C, H, W) in [-1, 1], of the training size.

    Raises:
        ValueError: level out of range, an empty mask, another aspect or number of channels.

    Where it fails: a seam longer than the patches of ``level`` is smoothed, not explained. A rock
    that was pasted into the sky stays a rock in the sky.
    """
    soft = editing_mask(model, mask, dilate=dilate, feather=feather)
    return inject(
        model,
        edited,
        level,
        within=soft,
        name="The edited picture",
        noise_scale=noise_scale,
        seed=seed,
        n=n,
    )


def editing_mask(
    model: SinGAN, mask: Source | Tensor, *, dilate: float = DILATE, feather: float = FEATHER
) -> Tensor:
    """The mask that ``edit`` blends with, (1, 1, H, W) in [0, 1]: to be looked at.

    Grown by 8 % of the long side and blurred by 2 %: the authors' 20 and 5 pixels of 250.
    """
    return blending_mask(model, mask, dilate=dilate, feather=feather)
