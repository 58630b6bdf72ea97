"""What the claims of lesson 01 name, switched off (see ``faults``)."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from singan_edu import images, pyramid

from .everywhere import Everywhere


def steps_of_one_length(everywhere: Everywhere) -> None:
    """01.a: sizes a fixed number of pixels apart, in place of a fixed ratio."""

    def sizes(finest, min_size, scale_factor):
        right, factor = original(finest, min_size, scale_factor)
        heights = torch.linspace(right[0][0], finest[0], len(right)).round().int().tolist()
        widths = torch.linspace(right[0][1], finest[1], len(right)).round().int().tolist()
        return list(zip(heights, widths)), factor

    original = pyramid._paper_sizes
    everywhere(original, sizes)


def sizes_cut_off(everywhere: Everywhere) -> None:
    """01.b: parts of pixels cut off, not rounded."""
    everywhere(images.round_half_up, int)


def neighbours_unlike(everywhere: Everywhere) -> None:
    """01.c: a photograph in which neighbours have nothing in common."""
    noise = torch.rand(1, 3, 188, 250, generator=torch.Generator().manual_seed(0)) * 2 - 1
    everywhere(images.open_photo, lambda photo: noise)


def no_antialiasing(everywhere: Everywhere) -> None:
    """01.d, 01.e, 01.f: single pixels taken when a picture is made smaller."""

    def resize(image: Tensor, size: tuple[int, int], *, quantize: bool = False) -> Tensor:
        return F.interpolate(image, size, mode="nearest")

    everywhere(images.resize, resize)


def long_side(everywhere: Everywhere) -> None:
    """01.g: the long side is brought to min_size, as the reply in the thread has it."""

    def sizes(finest, min_size, scale_factor):
        square = (max(finest), max(finest))
        levels, factor = original(square, min_size, scale_factor)
        small = min(finest) / max(finest)
        return [(max(1, round(side * small)), side) for side, _ in levels], factor

    original = pyramid._paper_sizes
    everywhere(original, sizes)


def rounded_to_the_nearest(everywhere: Everywhere) -> None:
    """01.h: grey levels rounded to the nearest, not down."""

    def rounded(image: Tensor) -> Tensor:
        return ((image.clamp(-1, 1) + 1) / 2 * 255).round() / 255 * 2 - 1

    everywhere(images.truncate_to_8_bits, rounded)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "01.a": steps_of_one_length,
    "01.b": sizes_cut_off,
    "01.c": neighbours_unlike,
    "01.d": no_antialiasing,
    "01.e": no_antialiasing,
    "01.f": no_antialiasing,
    "01.g": long_side,
    "01.h": rounded_to_the_nearest,
}

# A student's own photograph must not break the lesson.
OTHER_PHOTOS = ("gravel", "deep_field", "misty_lake")
