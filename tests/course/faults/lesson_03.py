"""What the claims of lesson 03 name, switched off (see ``faults``)."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from singan_edu import losses, networks
from singan_edu.config import TrainConfig
from singan_edu.course.labs import lesson_03

from .everywhere import Everywhere
from .lesson_02 import always_frozen, statistics_of_the_picture


def white_border(everywhere: Everywhere) -> None:
    """03.a, 03.f: ones beyond the border, which no picture runs on into."""

    def pad(image: Tensor, margin: int) -> Tensor:
        return F.pad(image, (margin,) * 4, value=1.0)

    everywhere(networks.pad, pad)


def no_residual(everywhere: Everywhere) -> None:
    """03.b: generators that draw the whole picture."""
    everywhere(networks.Generator, lesson_03.WithoutResidual)


def nothing_to_learn(everywhere: Everywhere) -> None:
    """03.c: D is asked to score fakes high."""
    original = losses.discriminator_loss
    everywhere(original, lambda real, fake: original(fake, real))


def picture_runs_on(everywhere: Everywhere) -> None:
    """03.e: what stands beyond the border is the picture's other side."""

    def pad(image: Tensor, margin: int) -> Tensor:
        return F.pad(image, (margin,) * 4, mode="circular")

    everywhere(networks.pad, pad)


def always_normalised(everywhere: Everywhere) -> None:
    """03.h: the generator has batch normalisation, whatever was asked for."""

    def build(config: TrainConfig, level: int, channels: int) -> nn.Module:
        return original(config.replace(generator_norm="batch"), level, channels)

    original = networks.build_generator
    everywhere(original, build)


def sum_kept(everywhere: Everywhere) -> None:
    """03.i: the sum is not taken out."""
    everywhere(lesson_03.remove_residual, lambda generator: generator)


def no_fault(everywhere: Everywhere) -> None:
    """03.j: no black box has a fault."""
    everywhere(lesson_03.faulty_generator, lambda name: lesson_03.reference_generator)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "03.a": white_border,
    "03.b": no_residual,
    "03.c": nothing_to_learn,
    "03.d": statistics_of_the_picture,
    "03.e": picture_runs_on,
    "03.f": white_border,
    "03.g": always_frozen,
    "03.h": always_normalised,
    "03.i": sum_kept,
    "03.j": no_fault,
}

# Parameters for which the claims fail as surely, and sooner.
QUICKER = {"iterations": 80}

# A student's own photograph must not break the lesson.
OTHER_PHOTOS = ("painted_coast", "birds_at_dusk")
