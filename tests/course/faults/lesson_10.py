"""What the claims of lesson 10 name, switched off (see ``faults``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from singan_edu.applications import paint_to_image as painting
from singan_edu.model import SinGAN

from .everywhere import Everywhere


def not_blurred(everywhere: Everywhere) -> None:
    """10.a: paint goes in as sharp as it is."""

    def paint_to_image(model: SinGAN, paint: Tensor, level: int, **options: Any) -> Tensor:
        return model.run_from(level, paint, blur=False, seed=options["seed"])

    everywhere(painting.paint_to_image, paint_to_image)


def nothing_added(everywhere: Everywhere) -> None:
    """10.b: the generators leave paint as it is."""
    everywhere(painting.paint_to_image, lambda model, paint, level, **options: paint)


def paint_forgotten(everywhere: Everywhere) -> None:
    """10.c, 10.i: the paint never goes in."""

    def paint_to_image(model: SinGAN, paint: Tensor, level: int, **options: Any) -> Tensor:
        return model.sample(seed=options["seed"])

    everywhere(painting.paint_to_image, paint_to_image)


def always_at_the_finest(everywhere: Everywhere) -> None:
    """10.d: whatever the level, the paint goes in at the finest."""
    original = painting.paint_to_image

    def paint_to_image(model: SinGAN, paint: Tensor, level: int, **options: Any) -> Tensor:
        return original(model, paint, model.trained_levels - 1, **options)

    everywhere(original, paint_to_image)


def shades_of_grey(everywhere: Everywhere) -> None:
    """10.e, 10.f: evenly spaced greys in place of what k-means finds."""

    def colour_palette(image: Tensor, k: int = 5) -> Tensor:
        return torch.linspace(-1, 1, k)[:, None].expand(k, image.shape[1])

    everywhere(painting.colour_palette, colour_palette)


def known_everywhere(everywhere: Everywhere) -> None:
    """10.g: every pixel gets the mean of the whole painting."""
    original = painting.paint_to_image

    def paint_to_image(model: SinGAN, paint: Tensor, level: int, **options: Any) -> Tensor:
        mean = paint.mean(dim=(-2, -1), keepdim=True)
        return original(model, mean.expand_as(paint), level, **options)

    everywhere(original, paint_to_image)


def learned_nothing(everywhere: Everywhere) -> None:
    """10.h: the level that was to be taught stays as it was."""
    everywhere(painting.retrain_level, lambda model, *arguments, **options: model)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "10.a": not_blurred,
    "10.b": nothing_added,
    "10.c": paint_forgotten,
    "10.d": always_at_the_finest,
    "10.e": shades_of_grey,
    "10.f": shades_of_grey,
    "10.g": known_everywhere,
    "10.h": learned_nothing,
    "10.i": paint_forgotten,
}

# Parameters for which the claims fail as surely, and sooner.
QUICKER = {"iterations": 80}

# A student's own photograph must not break the lesson.
OTHER_PHOTOS = ("painted_coast", "deep_field")
