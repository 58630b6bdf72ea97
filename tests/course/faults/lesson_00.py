"""What the claims of lesson 00 name, switched off (see ``faults``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from singan_edu import images
from singan_edu.model import SinGAN

from .everywhere import Everywhere


def knows_one_picture(everywhere: Everywhere) -> None:
    """00.a: every sample is the reconstruction."""

    class Parrot(SinGAN):
        def sample(self, n: int = 1, **options: Any) -> Tensor:
            return self.reconstruct().repeat(n, 1, 1, 1)

    everywhere(SinGAN, Parrot)


def knows_nothing(everywhere: Everywhere) -> None:
    """00.b: a sample is noise."""

    class Static(SinGAN):
        def sample(self, n: int = 1, **options: Any) -> Tensor:
            rng = torch.Generator().manual_seed(0)
            return torch.rand(n, *self.image.shape[1:], generator=rng) * 2 - 1

    everywhere(SinGAN, Static)


def deaf_to_start_level(everywhere: Everywhere) -> None:
    """00.c, 06.f: the noise begins at level 0, whatever was asked for."""

    class Deaf(SinGAN):
        def sample(self, n: int = 1, *, start_level: int = 0, **options: Any) -> Tensor:
            return SinGAN.sample(self, n, **options)

    everywhere(SinGAN, Deaf)


def loads_from_zero_to_one(everywhere: Everywhere) -> None:
    """00.d: black is 0."""
    original = images.load_image
    everywhere(original, lambda source, **options: (original(source, **options) + 1) / 2)


def stretches(everywhere: Everywhere) -> None:
    """00.e: another size is the usual one, stretched."""

    class Rubber(SinGAN):
        def sample(self, n: int = 1, *, size: Any = None, **options: Any) -> Tensor:
            usual = SinGAN.sample(self, n, **options)
            return usual if size is None else images.resize(usual, size)

    everywhere(SinGAN, Rubber)


def says_nothing(everywhere: Everywhere) -> None:
    """00.f: an error without a reason."""

    class Curt(SinGAN):
        def sample(self, n: int = 1, *, size: Any = None, **options: Any) -> Tensor:
            if isinstance(size, int):
                raise ValueError("Bad size.")
            return SinGAN.sample(self, n, size=size, **options)

    everywhere(SinGAN, Curt)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "00.a": knows_one_picture,
    "00.b": knows_nothing,
    "00.c": deaf_to_start_level,
    "00.d": loads_from_zero_to_one,
    "00.e": stretches,
    "00.f": says_nothing,
}

# A student's own photograph must not break the lesson.
OTHER_PHOTOS = ("deep_field", "birds_at_dusk")
