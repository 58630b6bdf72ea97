"""Editing: blend parts of the training image that were moved by hand into their new place.

Source: paper, section 4 (editing). Taught in lesson 12.
"""

from __future__ import annotations

from torch import Tensor

from ..arguments import NoiseScale
from ..images import Source
from ..model import SinGAN
from .injection import blending_mask, inject_within

DILATE, FEATHER = 20 / 250, 5 / 250  # of the long side: 20 and 5 pixels of 250 (authors' code)


def edit(
    model: SinGAN,
    edited: Source | Tensor,
    mask: Source | Tensor,
    level: int,
    *,
    dilate: float = DILATE,
    feather: float = FEATHER,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Remove the seams of a hand-edited image (paper, section 4).

    The edited image is injected at ``level``. Where ``editing_mask`` is 0, the training image is
    returned unchanged. The mask grows further than that of ``harmonize``, because the surroundings
    of a moved part must change, too.

    Where it fails: the method smooths a seam that is longer than the patches of ``level``, but it
    does not make sense of it. A rock that was pasted into the sky stays a rock in the sky.

    Args:
        model: trained on the image before it was edited.
        edited: the image with parts of it copied, moved or removed: path, PIL image, array, or
            tensor (1, C, h, w) in [-1, 1]. At another size it is resized, with an ``ImageNotice``.
        mask: where it was edited: path, PIL image, array, or tensor (1, 1, h, w) in [0, 1].
            ``difference_mask`` finds it. The mask never enters the networks.
        level: where to inject, from 1 to the finest level. A coarse level closes seams and may move
            what was pasted; a fine one does neither. ``over_levels`` shows all levels,
            ``suggest_level`` measures them.
        dilate: radius by which the mask grows, as a share of the image's long side.
        feather: standard deviation of the mask's blur, as a share of the image's long side.
        noise_scale: factor on the trained noise standard deviations, one number or one per level.
        seed: of the noise; None draws a new one.
        n: number of results.

    Returns:
        (n, C, H, W) in [-1, 1], at the training size.

    Raises:
        ValueError: the level is out of range, the mask is empty, or an input has another aspect
            ratio or number of channels than the training image.
    """
    return inject_within(
        model,
        edited,
        mask,
        level,
        dilate=dilate,
        feather=feather,
        name="The edited picture",
        noise_scale=noise_scale,
        seed=seed,
        n=n,
    )


def editing_mask(
    model: SinGAN, mask: Source | Tensor, *, dilate: float = DILATE, feather: float = FEATHER
) -> Tensor:
    """Return the soft mask that ``edit`` blends with, (1, 1, H, W) in [0, 1].

    By default the mask grows by 8 % of the long side and is blurred by 2 %, which is 20 and 5
    pixels of 250 (authors' code).

    Args:
        model: a SinGAN with at least one trained level; its output size is the mask's.
        mask: where the image was edited: path, PIL image, array, or tensor (1, 1, h, w) in [0, 1].
        dilate: radius by which the mask grows, as a share of the image's long side.
        feather: standard deviation of the blur, as a share of the image's long side.

    Raises:
        ValueError: the mask is empty or has another aspect ratio.
    """
    return blending_mask(model, mask, dilate=dilate, feather=feather)
