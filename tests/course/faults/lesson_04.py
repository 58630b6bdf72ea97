"""What the claims of lesson 04 name, switched off (see ``faults``)."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import torch
from torch import Tensor

from singan_edu import networks, pretrained, tiles
from singan_edu.training import level as training_level

from .everywhere import Everywhere
from .lesson_01 import no_antialiasing


def noise_forgotten(everywhere: Everywhere) -> None:
    """04.a, 04.b: generators that are given no noise, whatever was asked for."""
    original = tiles.tiled_forward
    everywhere(original, lambda generator, noise, before: original(generator, 0 * noise, before))


def places_told_apart(everywhere: Everywhere) -> None:
    """04.c: the generators see where in the picture they are, as noise would tell them."""

    def pad(image: Tensor, margin: int) -> Tensor:
        padded = original(image, margin)
        return padded + torch.linspace(-1, 1, padded.shape[-1])

    original = networks.pad
    everywhere(original, pad)


def mean_without_root(everywhere: Everywhere) -> None:
    """04.d: the mean squared error in place of its root."""

    @functools.wraps(training_level.noise_std_for)
    def wrong(real: Tensor, before: Tensor, amplitude: float) -> float:
        return amplitude * (real - before).square().mean().item()

    everywhere(training_level.noise_std_for, wrong)


def levels_below_show_nothing(everywhere: Everywhere) -> None:
    """04.e: every level gives plain grey to the next, so that all is missing."""
    everywhere(tiles.tiled_forward, lambda generator, noise, before: 0 * before)


def noise_not_scaled(everywhere: Everywhere) -> None:
    """04.f: noise of standard deviation one at every level."""

    def unscaled(name: str):
        model = original(name)
        return dataclasses.replace(model, noise_stds=(1.0,) * model.trained_levels)

    original = pretrained.load_pretrained
    everywhere(original, unscaled)


def enlarged_in_blocks(everywhere: Everywhere) -> None:
    """04.g: upsampling that repeats pixels, whose edges are waves new to the level."""
    no_antialiasing(everywhere)


def noise_kept_small(everywhere: Everywhere) -> None:
    """04.h: the finer levels never get more noise than they were trained with."""

    def tiled_forward(generator, noise: Tensor, before: Tensor) -> Tensor:
        finer = noise.shape[1] > 1
        return original(generator, noise.clamp(-0.02, 0.02) if finer else noise, before)

    original = tiles.tiled_forward
    everywhere(original, tiled_forward)


def z_star_drawn_once(everywhere: Everywhere) -> None:
    """04.i, 04.j: the switch of the authors' code does nothing."""
    everywhere(training_level.redraw_reconstruction_noise, lambda state: None)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "04.a": noise_forgotten,
    "04.b": noise_forgotten,
    "04.c": places_told_apart,
    "04.d": mean_without_root,
    "04.e": levels_below_show_nothing,
    "04.f": noise_not_scaled,
    "04.g": enlarged_in_blocks,
    "04.h": noise_kept_small,
    "04.i": z_star_drawn_once,
    "04.j": z_star_drawn_once,
}

# Parameters for which the claims fail as surely, and sooner.
QUICKER = {"iterations": 20}

# A student's own photograph must not break the lesson.
OTHER_PHOTOS = ("painted_coast", "desert_arch")
