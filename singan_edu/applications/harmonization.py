"""Harmonization: render a pasted object with the textures and colours of the background image.

Source: paper, section 4 (harmonization). Taught in lesson 11.
"""

from __future__ import annotations

from torch import Tensor

from ..arguments import NoiseScale
from ..images import Source
from ..model import SinGAN
from .injection import blending_mask, inject_within

DILATE, FEATHER = 7 / 250, 5 / 250  # of the long side: 7 and 5 pixels of 250 (authors' code)


def harmonize(
    model: SinGAN,
    composite: Source | Tensor,
    mask: Source | Tensor,
    level: int,
    *,
    dilate: float = DILATE,
    feather: float = FEATHER,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Redraw a pasted object with the patches of the training image (paper, section 4).

    The composite is injected at ``level``. Where ``harmonization_mask`` is 0, the training image is
    returned unchanged. The training image, and not the composite, is the background of the result,
    because it has neither JPEG noise nor accidental changes outside the mask.

    Where it fails: the method does not know what the object is. It extrapolates colours that the
    training image does not have, and at coarse levels they can become glaring.

    Args:
        model: trained on the background, without the object.
        composite: the background with the object: path, PIL image, array, or tensor (1, C, h, w) in
            [-1, 1]. ``paste`` makes one. At another size it is resized, with an ``ImageNotice``.
        mask: where the object is: path, PIL image, array, or tensor (1, 1, h, w) in [0, 1]. The
            mask never enters the networks.
        level: where to inject, from 1 to the finest level. Fine levels change only texture, coarse
            ones also colours and shape. ``over_levels`` shows all levels, ``suggest_level``
            measures them.
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
        composite,
        mask,
        level,
        dilate=dilate,
        feather=feather,
        name="The composite",
        noise_scale=noise_scale,
        seed=seed,
        n=n,
    )


def harmonization_mask(
    model: SinGAN, mask: Source | Tensor, *, dilate: float = DILATE, feather: float = FEATHER
) -> Tensor:
    """Return the soft mask that ``harmonize`` blends with, (1, 1, H, W) in [0, 1].

    By default the mask grows by 2.8 % of the long side and is blurred by 2 %, which is 7 and 5
    pixels of 250 (authors' code).

    Args:
        model: a SinGAN with at least one trained level; its output size is the mask's.
        mask: where the object is: path, PIL image, array, or tensor (1, 1, h, w) in [0, 1].
        dilate: radius by which the mask grows, as a share of the image's long side.
        feather: standard deviation of the blur, as a share of the image's long side.

    Raises:
        ValueError: the mask is empty or has another aspect ratio.
    """
    return blending_mask(model, mask, dilate=dilate, feather=feather)
