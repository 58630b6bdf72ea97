"""What the claims of lesson 09 name, switched off (see the package ``faults``)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from singan_edu import images, losses, pretrained, tiles
from singan_edu.applications import super_resolution
from singan_edu.model import SinGAN

from .everywhere import Everywhere
from .lesson_04 import noise_forgotten


def detail_of_one_size(everywhere: Everywhere) -> None:
    """09.a: a fine chequerboard, whose detail exists at one size only."""
    chequered = torch.ones(1, 3, 188, 250)
    chequered[..., ::2, ::2] = chequered[..., 1::2, 1::2] = -1
    everywhere(images.open_photo, lambda photo: 0.8 * chequered)


def another_generator(everywhere: Everywhere) -> None:
    """09.b: the generator of the second finest level takes the steps."""
    original = super_resolution.enlarging_pyramid

    def wrong(model: SinGAN, *arguments: Any) -> SinGAN:
        return original(dataclasses.replace(model, generators=model.generators[:-1]), *arguments)

    everywhere(original, wrong)


def sizes_cut_off(everywhere: Everywhere) -> None:
    """09.c: sizes are rounded down, as in the authors' code; numbers of steps are not."""
    original = images.round_half_up
    everywhere(original, lambda value: int(value) if value > 10 else original(value))


def one_for_all(everywhere: Everywhere) -> None:
    """09.d: every photograph has the same model."""
    original = pretrained.load_pretrained
    everywhere(original, lambda name: original("deep_field-super_resolution"))


def nothing_added(everywhere: Everywhere) -> None:
    """09.e: generators that add no detail."""
    everywhere(tiles.tiled_forward, lambda generator, noise, before: before)


def nothing_taken_back(everywhere: Everywhere) -> None:
    """09.g: back-projection that does nothing."""

    def idle(enlarged: Tensor, low_resolution: Tensor, rounds: int = 3) -> Tensor:
        return enlarged

    everywhere(super_resolution.back_project, idle)


def as_many_steps_as_ever(everywhere: Everywhere) -> None:
    """09.h: generators that add nothing to smooth enlargement, whatever the steps."""
    original = pretrained.load_pretrained

    class Smooth(torch.nn.Module):
        is_local = False  # it is not run in tiles

        def forward(self, noise: Tensor, before: Tensor) -> Tensor:
            return before

    def load(name: str) -> SinGAN:
        model = original(name)
        smooth: Any = (Smooth(),) * len(model.generators)  # no ``Generator``, but called as one
        return dataclasses.replace(model, generators=smooth)

    everywhere(original, load)


def reconstruction_unloved(everywhere: Everywhere) -> None:
    """09.i: a training without reconstruction loss, which memorises nothing."""
    everywhere(losses.reconstruction_loss, lambda made, real: 0 * made.mean())


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "09.a": detail_of_one_size,
    "09.b": another_generator,
    "09.c": sizes_cut_off,
    "09.d": one_for_all,
    "09.e": nothing_added,
    "09.f": noise_forgotten,
    "09.g": nothing_taken_back,
    "09.h": as_many_steps_as_ever,
    "09.i": reconstruction_unloved,
}

# Parameters for which the claims fail as surely, and sooner.
QUICKER = {"max_size": 48, "iterations": [400, 300, 200, 200]}

# Other photographs must not break the lesson.
OTHER_PHOTOS = ("pagoda_lake", "balloon_festival")
