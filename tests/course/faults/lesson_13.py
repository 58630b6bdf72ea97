"""What the claims of lesson 13 name, switched off (see the package ``faults``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from singan_edu import images
from singan_edu.applications import animation, retargeting, seamless
from singan_edu.model import SinGAN

from .everywhere import Everywhere

Maps = list[Tensor]


def no_memory(everywhere: Everywhere) -> None:
    """13.a: every frame's noise is drawn anew."""

    def fresh(before: Maps, now: Maps, shock: Maps, alpha: float, beta: float) -> Maps:
        return [animation.walk_std(alpha, beta) * u for u in shock]

    everywhere(animation._next, fresh)


def alpha_and_beta_swapped(everywhere: Everywhere) -> None:
    """13.b: each in the place of the other."""
    original = animation._next
    everywhere(original, lambda y, z, u, alpha, beta: original(y, z, u, beta, alpha))


def no_pull(everywhere: Everywhere) -> None:
    """13.c: nothing pulls the noise back to that of the reconstruction."""
    original = animation._next
    everywhere(original, lambda y, z, u, alpha, beta: original(y, z, u, 0.0, beta))


def no_momentum(everywhere: Everywhere) -> None:
    """13.d: the direction is forgotten, whatever beta says."""
    original = animation._next
    everywhere(original, lambda y, z, u, alpha, beta: original(y, z, u, alpha, 0.0))


def deaf_to_start_level(everywhere: Everywhere) -> None:
    """13.e: the noise of all levels moves, whatever the start level."""
    original = animation.animation_frames

    def frames(
        model: SinGAN, count: int, *, start_level: int = 0, **options: Any
    ) -> Iterator[Tensor]:
        return original(model, count, **options)

    everywhere(original, frames)


def starts_at_rest(everywhere: Everywhere) -> None:
    """13.f, 13.g: a loop that begins at rest, as an open walk does."""

    def rest(shock: object, frames: int, alpha: float, beta: float, centre: Maps) -> tuple:
        still = [torch.zeros_like(z) for z in centre]
        return still, still

    everywhere(animation._loop_start, rest)


def faded_into_itself(everywhere: Everywhere) -> None:
    """13.h: a loop made by fading an open walk into its other half."""
    original = animation.walk

    def walk(shocks: Tensor, *, loop: bool = False, **options: Any) -> Tensor:
        walked = original(shocks, **options)
        return (walked + walked.roll(len(walked) // 2, 0)) / 2 if loop else walked

    everywhere(original, walk)


def keeps_all_frames(everywhere: Everywhere) -> None:
    """13.i: all frames are made before the first is yielded."""
    original = animation.animation_frames
    everywhere(original, lambda *given, **options: iter(list(original(*given, **options))))


def not_on_a_circle(everywhere: Everywhere) -> None:
    """13.j: a plain sample in place of a seamless one."""

    def sample(model: SinGAN, n: int = 1, **options: Any) -> Tensor:
        return model.sample(n, seed=options["seed"])

    everywhere(seamless.sample_seamless, sample)


def resized(everywhere: Everywhere) -> None:
    """13.k: another aspect by plain resizing."""

    def retarget(model: SinGAN, size: tuple[int, int], **options: Any) -> Tensor:
        return images.resize(model.image, size)

    everywhere(retargeting.retarget, retarget)


def without_z_star(everywhere: Everywhere) -> None:
    """13.l: a larger map is new noise everywhere, without z*."""

    def centre(model: SinGAN, start_level: int, size: Any, seed: int) -> Maps:
        maps = model.draw_noise(level=start_level, size=size, seed=seed)
        return [z if k == 0 else torch.zeros_like(z) for k, z in enumerate(maps)]

    everywhere(animation._walk_centre, centre)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "13.a": no_memory,
    "13.b": alpha_and_beta_swapped,
    "13.c": no_pull,
    "13.d": no_momentum,
    "13.e": deaf_to_start_level,
    "13.f": starts_at_rest,
    "13.g": starts_at_rest,
    "13.h": faded_into_itself,
    "13.i": keeps_all_frames,
    "13.j": not_on_a_circle,
    "13.k": resized,
    "13.l": without_z_star,
}

# Other pictures must not break the lesson.
OTHER_PHOTOS = ("balloon_festival", "deep_field", "painted_coast")
