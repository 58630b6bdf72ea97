"""What the claims of lesson 06 name, switched off (see ``faults``)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from singan_edu import losses
from singan_edu.course.labs import lesson_06
from singan_edu.training import level as training_level
from singan_edu.training import optimizers
from singan_edu.training.state import TrainState

from .everywhere import Everywhere
from .lesson_00 import deaf_to_start_level


def sum_of_squares(everywhere: Everywhere) -> None:
    """06.a: the library's loop takes the sum where the text takes the mean."""
    everywhere(losses.reconstruction_loss, lambda one, other: (one - other).square().sum())


def not_frozen(everywhere: Everywhere) -> None:
    """06.b: a finished level is left in training mode, so that its batch statistics move on."""

    def finish(state: TrainState) -> None:
        generators = (*state.model.generators, state.generator)
        stds = (*state.model.noise_stds, state.noise_std)
        state.model = dataclasses.replace(state.model, generators=generators, noise_stds=stds)

    everywhere(training_level.finish_level, finish)


def as_strong_as_before(everywhere: Everywhere) -> None:
    """06.c: Muon leaves the directions of a gradient as strong as they are."""
    everywhere(optimizers.newton_schulz, lambda matrices: matrices)


def without_root(everywhere: Everywhere) -> None:
    """06.d: MSE in place of RMSE."""

    def noise_std(real: Tensor, previous: Tensor, amplitude: float) -> float:
        return amplitude * (real - previous).square().mean().item()

    everywhere(training_level.noise_std_for, noise_std)


def as_loud_everywhere(everywhere: Everywhere) -> None:
    """06.e: as much noise at every level."""
    everywhere(training_level.noise_std_for, lambda *arguments: 1.0)


def nothing_reaches_g(everywhere: Everywhere) -> None:
    """06.g: a loss that does not go back to G does not miss the weights that were overwritten."""
    everywhere(losses.adversarial_loss, lambda s: -s.detach().mean().requires_grad_())


def weights_stay(everywhere: Everywhere) -> None:
    """06.h: an optimizer that does not move makes no fake stale."""

    def adam(network: torch.nn.Module, config: object) -> torch.optim.Adam:
        return torch.optim.Adam(network.parameters(), lr=0.0, fused=True)

    everywhere(optimizers.build_optimizer, adam)


def nothing_to_lose(everywhere: Everywhere) -> None:
    """06.i, 06.j: the adversarial loss is nought from the beginning."""
    everywhere(losses.adversarial_loss, lambda scores: 0 * scores.mean())


def no_fault(everywhere: Everywhere) -> None:
    """06.k: no training has a fault."""
    everywhere(
        lesson_06.faulty_training, lambda name, config: (config, training_level.update_generator)
    )


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "06.a": sum_of_squares,
    "06.b": not_frozen,
    "06.c": as_strong_as_before,
    "06.d": without_root,
    "06.e": as_loud_everywhere,
    "06.f": deaf_to_start_level,
    "06.g": nothing_reaches_g,
    "06.h": weights_stay,
    "06.i": nothing_to_lose,
    "06.j": nothing_to_lose,
    "06.k": no_fault,
}

# Parameters for which the claims fail as surely, and sooner.
QUICKER = {"max_size": 40, "iterations": [4, 3]}

# A student's own photograph must not break the lesson.
OTHER_PHOTOS = ("gravel",)
