"""Harmonization: an object pasted into a picture is redrawn in that picture's own manner.

Source: paper, section 4 (harmonization). Taught in lesson 11.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ..images import Source
from ..model import SinGAN
from .injection import blending_mask, inject

DILATE, FEATHER = 7 / 250, 5 / 250  # of the long side: the authors' 7 and 5 pixels of 250


def harmonize(
    model: SinGAN,
    composite: Source | Tensor,
    mask: Source | Tensor,
    level: int,
    *,
    dilate: float = DILATE,
    feather: float = FEATHER,
    noise_scale: float | Sequence[float] = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Redraw a pasted object with the patches of the training picture (paper, section 4).

    The composite goes in at ``level``; where ``harmonization_mask`` is 0, the training picture is
    returned to the bit. It is the background because it is what the composite was made of, and has
    neither the noise of a JPEG nor what was changed by mistake outside the mask.

    Args:
        model: trained on the background, without the object.
        composite: the background with the object, (1, C, h, w) in [-1, 1], path, PIL image or
            array; ``paste`` makes one. Of another size it is resized with a notice.
        mask: where the object is, (1, 1, h, w) in [0, 1], path, PIL image or array. It never enters
            the networks.
        level: where to inject. Fine levels change texture alone, coarse ones colours and shape;
            ``over_levels`` shows all, ``suggest_level`` measures them.
        dilate, feather: of the final mask, in shares of the long side.
        noise_scale, seed, n: as in ``SinGAN.run_from``.

    Returns:
        (n, C, H, W) in [-1, 1], of the training size.

    Raises:
        ValueError: level out of range, an empty mask, another aspect or number of channels.

    Where it fails: nothing in the method knows what the object is. Colours that the training
    picture does not have are extrapolated, at coarse levels to glaring ones.
    """
    soft = harmonization_mask(model, mask, dilate=dilate, feather=feather)
    return inject(
        model,
        composite,
        level,
        within=soft,
        name="The composite",
        noise_scale=noise_scale,
        seed=seed,
        n=n,
    )


def harmonization_mask(
    model: SinGAN, mask: Source | Tensor, *, dilate: float = DILATE, feather: float = FEATHER
) -> Tensor:
    """The mask that ``harmonize`` blends with, (1, 1, H, W) in [0, 1]: to be looked at.

    Grown by 2.8 % of the long side and blurred by 2 %: the authors' 7 and 5 pixels of 250.
    """
    return blending_mask(model, mask, dilate=dilate, feather=feather)
