"""What the claims of lesson 07 name, switched off (see ``faults``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from singan_edu import images, tiles
from singan_edu.applications import random_generation
from singan_edu.model import SinGAN

from .everywhere import Everywhere
from .lesson_00 import deaf_to_start_level


def always_the_reconstruction(everywhere: Everywhere) -> None:
    """07.d: the photograph is never put in, whatever was asked for."""

    class Stubborn(SinGAN):
        def sample(self, n: int = 1, *, start: str = "", **options: Any) -> Tensor:
            return SinGAN.sample(self, n, **options)

    everywhere(SinGAN, Stubborn)


def noise_as_trained(everywhere: Everywhere) -> None:
    """07.e, 07.f: the noise scale does nothing."""

    class Rigid(SinGAN):
        def noise_scales(self, noise_scale: object) -> list[float]:
            return [1.0] * self.trained_levels

    everywhere(SinGAN, Rigid)


def piled_up(everywhere: Everywhere) -> None:
    """07.g: a higher picture is usual ones on top of one another."""

    class Pile(SinGAN):
        def sample(self, n: int = 1, *, size: Any = None, **options: Any) -> Tensor:
            usual = SinGAN.sample(self, n, **options)
            return usual if size is None else usual.repeat(1, 1, size[0] // usual.shape[2], 1)

    everywhere(SinGAN, Pile)


def sees_everything(everywhere: Everywhere) -> None:
    """07.h: every level subtracts its mean over the whole image, as instance normalisation does."""
    original = tiles.tiled_forward

    def tiled_forward(generator, noise: Tensor, before: Tensor, **options: Any) -> Tensor:
        made = original(generator, noise, before, **options)
        return made - made.mean(dim=(2, 3), keepdim=True)

    everywhere(original, tiled_forward)


def stretched_after_all(everywhere: Everywhere) -> None:
    """07.i: what is kept is stretched, not continued by its mirror image."""
    everywhere(random_generation.mirror_to_size, images.resize)


def seeds_exchanged(everywhere: Everywhere) -> None:
    """07.j: the seeds are taken the other way round."""
    original = random_generation.mix_scales
    everywhere(
        original, lambda model, one, other, level, **o: original(model, other, one, level, **o)
    )


def small_and_enlarged(everywhere: Everywhere) -> None:
    """07.k: a sample from level 0 is that level's picture, enlarged."""

    class Coarse(SinGAN):
        def sample(self, n: int = 1, *, start_level: int = 0, **options: Any) -> Tensor:
            drawn = SinGAN.sample(self, n, start_level=start_level, **options)
            small = images.resize(drawn, self.plan.sizes[0])
            return drawn if start_level else images.resize(small, images.size_of(drawn))

    everywhere(SinGAN, Coarse)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "07.a": deaf_to_start_level,
    "07.b": deaf_to_start_level,
    "07.c": deaf_to_start_level,
    "07.d": always_the_reconstruction,
    "07.e": noise_as_trained,
    "07.f": noise_as_trained,
    "07.g": piled_up,
    "07.h": sees_everything,
    "07.i": stretched_after_all,
    "07.j": seeds_exchanged,
    "07.k": small_and_enlarged,
}

# A student's own photograph must not break the lesson.
OTHER_PHOTOS = ("palace_windows", "mountain_meadow")
