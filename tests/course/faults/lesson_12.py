"""What the claims of lesson 12 name, switched off (see the package ``faults``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from singan_edu.applications import editing, inpainting, regions
from singan_edu.applications.masks import blend
from singan_edu.model import SinGAN

from .everywhere import Everywhere


def copies_mirrored(everywhere: Everywhere) -> None:
    """12.a: copies are mirrored."""
    original = regions._crop
    everywhere(original, lambda picture, box: original(picture, box).flip(-1))


def nothing_glued(everywhere: Everywhere) -> None:
    """12.b: nothing is pasted, so that there is no seam."""
    original = regions.copy_region

    def copy_region(picture: Tensor, box: tuple, to: tuple) -> tuple[Tensor, Tensor]:
        return picture, original(picture, box, to)[1]

    everywhere(original, copy_region)


def shown_everywhere(everywhere: Everywhere) -> None:
    """12.c: the result is shown without its mask."""

    def edit(model: SinGAN, edited: Tensor, mask: Tensor, level: int, **options: Any) -> Tensor:
        return model.run_from(level, edited, seed=options.get("seed"))

    everywhere(editing.edit, edit)


def left_as_glued(everywhere: Everywhere) -> None:
    """12.d, 12.e: no level changes anything."""
    everywhere(editing.edit, lambda model, edited, mask, level, **options: edited)


def mask_enters_the_networks(everywhere: Everywhere) -> None:
    """12.f: the networks are given the photograph where the mask is zero, faded."""

    def edit(model: SinGAN, edited: Tensor, mask: Tensor, level: int, **options: Any) -> Tensor:
        soft = editing.editing_mask(model, mask)
        faded = (edited * (0.5 + 0.5 * soft) + 0.1).clamp(-1, 1)
        made = model.run_from(level, faded, seed=options.get("seed"))
        return blend(model.image, made, soft)

    everywhere(editing.edit, edit)


def never_grown(everywhere: Everywhere) -> None:
    """12.g: no mask is grown, whatever was asked for."""
    original = editing.edit

    def edit(model: SinGAN, edited: Tensor, mask: Tensor, level: int, **options: Any) -> Tensor:
        return original(model, edited, mask, level, **options | dict(dilate=0, feather=0))

    everywhere(original, edit)


def one_seed(everywhere: Everywhere) -> None:
    """12.h: all samples have the same noise in the hole and hardly differ."""
    original = inpainting.inpaint

    def inpaint(model: SinGAN, picture: Tensor, hole: Tensor, level: int, **options) -> Tensor:
        alike = original(model, picture, hole, level, **options | dict(n=1))
        return told_apart(alike, hole, options.get("n", 1))

    everywhere(original, inpaint)


def smooth_only(everywhere: Everywhere) -> None:
    """12.i: a hole is filled smoothly, without detail."""

    def inpaint(model: SinGAN, picture: Tensor, hole: Tensor, level: int, **options) -> Tensor:
        return told_apart(inpainting.smooth_fill(picture, hole), hole, options.get("n", 1))

    everywhere(inpainting.inpaint, inpaint)


def told_apart(picture: Tensor, hole: Tensor, n: int) -> Tensor:
    """``n`` copies that differ by a hundredth of a grey level in the hole."""
    return picture + 1e-4 * torch.arange(n).reshape(-1, 1, 1, 1) * hole


def key_lost(everywhere: Everywhere) -> None:
    """12.j: the model does not reproduce its training image."""

    class Forgetful(SinGAN):
        def reconstruct(self, level: int | None = None) -> Tensor:
            return self.sample(seed=9)

    everywhere(SinGAN, Forgetful)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "12.a": copies_mirrored,
    "12.b": nothing_glued,
    "12.c": shown_everywhere,
    "12.d": left_as_glued,
    "12.e": left_as_glued,
    "12.f": mask_enters_the_networks,
    "12.g": never_grown,
    "12.h": one_seed,
    "12.i": smooth_only,
    "12.j": key_lost,
}

# Other images, a photograph and two drawn scenes, must not break the lesson.
OTHER_PHOTOS = ("mountain_meadow", "painted_coast", "balloon_festival")
