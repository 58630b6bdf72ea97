"""What the claims of lesson 09 name, switched off (see ``faults``)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from singan_edu import images, losses, pretrained, tiles
from singan_edu.applications import super_resolution
from singan_edu.model import SinGAN

from .everywhere import Everywhere
from .lesson_04 import noise_forgotten


def detail_of_one_size(everywhere: Everywhere) -> None:
    """09.a: a photograph with detail that is there at its own size only: a fine chequerboard."""
    chequered = torch.ones(1, 3, 188, 250)
    chequered[..., ::2, ::2] = chequered[..., 1::2, 1::2] = -1
    everywhere(images.open_photo, lambda photo: 0.8 * chequered)


def another_generator(everywhere: Everywhere) -> None:
    """09.b: the generator of the level before the finest takes the steps."""
    original = super_resolution.enlarging_pyramid

    def wrong(model: SinGAN, *arguments: object) -> SinGAN:
        return original(dataclasses.replace(model, generators=model.generators[:-1]), *arguments)

    everywhere(original, wrong)


def sizes_cut_off(everywhere: Everywhere) -> None:
    """09.c: parts of pixels cut off, as the authors' code does; numbers of steps are as before."""
    original = images.round_half_up
    everywhere(original, lambda value: int(value) if value > 10 else original(value))


def one_for_all(everywhere: Everywhere) -> None:
    """09.d: every photograph has the same pyramid."""
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
    """09.h: generators that add as little at every size as smooth enlargement does."""
    original = pretrained.load_pretrained

    class Smooth(torch.nn.Module):
        is_local = False  # so that it is not asked for tiles

        def forward(self, noise: Tensor, before: Tensor) -> Tensor:
            return before

    def load(name: str) -> SinGAN:
        model = original(name)
        return dataclasses.replace(model, generators=(Smooth(),) * len(model.generators))

    everywhere(original, load)


def reconstruction_unloved(everywhere: Everywhere) -> None:
    """09.i: a training that asks for no reconstruction, so that there is nothing to remember."""
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

# A student's own photograph must not break the lesson.
OTHER_PHOTOS = ("pagoda_lake", "balloon_festival")
