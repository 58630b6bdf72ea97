"""What the claims of lesson 11 name, switched off (see the package ``faults``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from singan_edu.applications import harmonization, masks
from singan_edu.applications.injection import training_image
from singan_edu.model import SinGAN

from .everywhere import Everywhere


def compares_nothing(everywhere: Everywhere) -> None:
    """11.a: the difference of two pictures selects everything."""
    everywhere(masks.difference_mask, lambda before, after: torch.ones_like(before[:, :1]))


def fed_in_sharp(everywhere: Everywhere) -> None:
    """11.b, 11.e: images are injected without blur, whatever was asked for."""

    class Sharp(SinGAN):
        def run_from(
            self, level: int, image: Tensor | None = None, *, blur: bool = True, **options: Any
        ) -> Tensor:
            return SinGAN.run_from(self, level, image, blur=False, **options)

    everywhere(SinGAN, Sharp)


def level_ignored(everywhere: Everywhere) -> None:
    """11.c: always the finest level."""
    original = harmonization.harmonize

    def always_finest(
        model: SinGAN, composite: Tensor, mask: Tensor, level: int, **options: Any
    ) -> Tensor:
        return original(model, composite, mask, model.trained_levels - 1, **options)

    everywhere(original, always_finest)


def nothing_redrawn(everywhere: Everywhere) -> None:
    """11.d: results that keep nine tenths of the composite."""
    original = harmonization.harmonize

    def shy(model: SinGAN, composite: Tensor, *rest: Any, **options: Any) -> Tensor:
        return torch.lerp(composite, original(model, composite, *rest, **options), 0.1)

    everywhere(original, shy)


def training_image_returned(everywhere: Everywhere) -> None:
    """11.f: nothing of the injected image is left, so all colours are the training image's."""
    everywhere(
        harmonization.harmonize,
        lambda model, composite, *rest, **options: training_image(model),
    )


def all_above_zero(everywhere: Everywhere) -> None:
    """11.g: no threshold, as in the authors' code."""
    original = masks.soft_mask
    everywhere(original, lambda mask, **lengths: original((mask > 0).float(), **lengths))


def hard_edges(everywhere: Everywhere) -> None:
    """11.h: masks that are neither grown nor blurred."""
    original = masks.soft_mask
    everywhere(original, lambda mask, **lengths: original(mask, dilate=0, feather=0))


def composite_for_background(everywhere: Everywhere) -> None:
    """11.i: outside the mask the composite is returned in place of the training image."""
    original = harmonization.harmonize

    def wrong(model: SinGAN, composite: Tensor, mask: Tensor, *rest: Any, **options) -> Tensor:
        made = original(model, composite, mask, *rest, **options)
        return masks.blend(composite, made, harmonization.harmonization_mask(model, mask))

    everywhere(original, wrong)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "11.a": compares_nothing,
    "11.b": fed_in_sharp,
    "11.c": level_ignored,
    "11.d": nothing_redrawn,
    "11.e": fed_in_sharp,
    "11.f": training_image_returned,
    "11.g": all_above_zero,
    "11.h": hard_edges,
    "11.i": composite_for_background,
}

# Other training images must not break the lesson: a photograph, and two drawn scenes.
OTHER_PHOTOS = ("mountain_meadow", "autumn_wood", "painted_coast")
