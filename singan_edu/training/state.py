"""A level in training, and the listeners that are told how it goes.

``TrainState`` is what ``level.train_iteration`` changes; a ``Callback`` is notified of every step.
Taught in lesson 06.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..config import TrainConfig
from ..model import SinGAN
from ..networks import Discriminator, Generator
from .plan import TrainingPlan


def identity(picture: Tensor) -> Tensor:
    """What the level sees of the picture before it, unless an application wants otherwise."""
    return picture


@dataclass
class TrainState:
    """One level in training: the only mutable thing in the library.

    Attributes:
        model: the pyramid below this level, frozen; with this level once it is finished.
        level: 0 is the coarsest.
        real: x_n, the photograph at this level, (1, C, h, w) in [-1, 1].
        reconstructed_previous: the reconstruction of the level before, upsampled (zeros at level
            0).
        noise_std: σ_n of this level.
        rng: the source of all randomness of the training.
        iteration: how many iterations are done.
        losses: of the last iteration, as scalar tensors.
        prepare: what becomes of the upsampled picture of the level before, random or
            reconstructed, before this level sees it; nothing, unless it is retrained on quantised
            colours.
    """

    model: SinGAN
    level: int
    real: Tensor
    reconstructed_previous: Tensor
    noise_std: float
    generator: Generator
    discriminator: Discriminator
    generator_optimizer: torch.optim.Adam
    discriminator_optimizer: torch.optim.Adam
    rng: torch.Generator
    iteration: int = 0
    losses: dict[str, Tensor] = field(default_factory=dict)
    prepare: Callable[[Tensor], Tensor] = identity

    @property
    def config(self) -> TrainConfig:
        """The recipe."""
        return self.model.config

    @property
    def iterations(self) -> int:
        """How many iterations this level gets."""
        return self.config.iterations_at(self.level)

    def unfinished_model(self) -> SinGAN:
        """The pyramid with a frozen copy of this level on top, to look at during training."""
        return self.model.with_level(copy.deepcopy(self.generator), self.noise_std)


class Callback:
    """Something that listens to a training; every method does nothing until it is overridden."""

    def training_start(self, model: SinGAN, plan: TrainingPlan) -> None:
        """Before anything is trained; ``model`` holds the levels that are taken over, if any."""

    def level_start(self, state: TrainState) -> None:
        """A level begins, or goes on where it was interrupted (``state.iteration`` > 0)."""

    def iteration_end(self, state: TrainState) -> None:
        """One iteration is done; ``state.losses`` holds its losses as scalar tensors."""

    def level_end(self, state: TrainState) -> None:
        """A level is finished; ``state.model`` holds it, frozen."""

    def training_end(self, model: SinGAN) -> None:
        """All levels are trained."""

    def interrupted(self, state: TrainState) -> None:
        """The user stopped the training; ``state`` is what will be saved."""


def notify(callbacks: Iterable[Callback], event: str, *arguments: Any) -> None:
    """Call the method ``event`` of every callback, in order."""
    for callback in callbacks:
        getattr(callback, event)(*arguments)
