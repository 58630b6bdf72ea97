"""A level in training, and the listeners that are told how it goes.

``TrainState`` is what ``level.train_iteration`` changes; a ``Callback`` is notified of every
iteration and level. Taught in lesson 06.
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
    """Return the image as it is: what a level is given unless an application changes it.

    Args:
        picture: (1, C, h, w), upsampled output of the previous level.
    """
    return picture


@dataclass
class TrainState:
    """One level in training; ``level.train_iteration`` changes it in place.

    Attributes:
        model: the pyramid of the coarser levels, frozen; with this level once it is finished.
        level: 0 is the coarsest.
        real: x_n, the training image at this level, (1, C, h, w) in [-1, 1].
        reconstructed_previous: the reconstruction of the previous level, upsampled to this one;
            zeros at level 0. (1, C, h, w)
        noise_std: σ_n of this level.
        generator: G_n.
        discriminator: D_n.
        generator_optimizer: moves G's weights.
        discriminator_optimizer: moves D's weights.
        rng: the source of all randomness of the training.
        iteration: how many iterations are done.
        losses: of the last iteration, as float32 scalars.
        prepare: is applied to the upsampled output of the previous level, random or reconstructed,
            before this level sees it; ``identity`` unless the level is retrained on quantised
            colours.
    """

    model: SinGAN
    level: int
    real: Tensor
    reconstructed_previous: Tensor
    noise_std: float
    generator: Generator
    discriminator: Discriminator
    generator_optimizer: torch.optim.Optimizer
    discriminator_optimizer: torch.optim.Optimizer
    rng: torch.Generator
    iteration: int = 0
    losses: dict[str, Tensor] = field(default_factory=dict)
    prepare: Callable[[Tensor], Tensor] = identity

    @property
    def config(self) -> TrainConfig:
        """The configuration of the training."""
        return self.model.config

    @property
    def iterations(self) -> int:
        """How many iterations this level gets."""
        return self.config.iterations_at(self.level)

    def unfinished_model(self) -> SinGAN:
        """Return the pyramid with a frozen copy of this level, to look at during training."""
        return self.model.with_level(copy.deepcopy(self.generator), self.noise_std)


class Callback:
    """A listener to a training; every method does nothing until it is overridden."""

    def training_start(self, model: SinGAN, plan: TrainingPlan) -> None:
        """React before anything is trained.

        Args:
            model: holds the levels that an earlier run has finished, if any.
            plan: sizes and estimated cost.
        """

    def level_start(self, state: TrainState) -> None:
        """React when a level begins, or continues where it was interrupted.

        Args:
            state: of the level; ``state.iteration`` > 0 if it continues.
        """

    def iteration_end(self, state: TrainState) -> None:
        """React after one iteration.

        Args:
            state: of the level; ``state.losses`` holds the losses of the iteration.
        """

    def level_end(self, state: TrainState) -> None:
        """React when a level is finished.

        Args:
            state: of the level; ``state.model`` includes it, frozen.
        """

    def training_end(self, model: SinGAN) -> None:
        """React when all levels are trained.

        Args:
            model: the finished pyramid.
        """

    def interrupted(self, state: TrainState) -> None:
        """React when the user stops the training.

        Args:
            state: of the level in progress, which will be saved.
        """


def notify(callbacks: Iterable[Callback], event: str, *arguments: Any) -> None:
    """Call the method ``event`` of every callback, in order.

    Args:
        callbacks: the listeners.
        event: name of a method of ``Callback``.
        arguments: that the method takes.
    """
    for callback in callbacks:
        getattr(callback, event)(*arguments)
