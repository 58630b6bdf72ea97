"""What the claims of lesson 05 name, switched off (see ``faults``)."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from singan_edu import losses, networks
from singan_edu.config import TrainConfig
from singan_edu.course.exercises import lesson_05 as exercises
from singan_edu.course.labs import lesson_05 as lab
from singan_edu.course.labs import toy_2d

from .everywhere import Everywhere


def no_penalty(everywhere: Everywhere) -> None:
    """05.a, 05.b, 05.f: nothing keeps the gradient of the discriminator small."""
    everywhere(losses.gradient_penalty, lambda discriminator, points: torch.zeros(()))


def scores_between_zero_and_one(everywhere: Everywhere) -> None:
    """05.c: scores that are probabilities cannot grow, with or without a penalty."""

    def squeezed(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        return fake_scores.sigmoid().mean() - real_scores.sigmoid().mean()

    everywhere(losses.discriminator_loss, squeezed)


def never_saturates(everywhere: Everywhere) -> None:
    """05.d: the ordinary GAN with the loss that pushes where the discriminator is sure."""

    def loss(scores: Tensor, rule: toy_2d.Rule) -> Tensor:
        return F.softplus(-scores).mean() if rule.logistic else -scores.mean()

    everywhere(toy_2d.generator_loss, loss)


def downhill(everywhere: Everywhere) -> None:
    """05.e: the generator's points move towards lower scores."""
    everywhere(losses.adversarial_loss, lambda scores: scores.mean())


def patches_mixed(everywhere: Everywhere) -> None:
    """05.g: a discriminator with normalisation, in which each patch's score depends on all."""

    def build(config: TrainConfig, level: int, channels: int) -> networks.Discriminator:
        return original(config.replace(discriminator_norm="instance"), level, channels)

    original = networks.build_discriminator
    everywhere(original, build)


def gradient_of_the_mean(everywhere: Everywhere) -> None:
    """05.h: the gradient of the mean score in place of that of their sum."""

    def gradient(discriminator: nn.Module, image: Tensor) -> Tensor:
        return original(discriminator, image) / discriminator(image).numel()

    original = losses.input_gradient
    everywhere(original, gradient)


def derivatives_forgotten(everywhere: Everywhere) -> None:
    """05.i: the chain rule written out as if the derivative of LeakyReLU were one everywhere."""
    everywhere(networks.leaky_relu_derivative, torch.ones_like)


def one_norm(everywhere: Everywhere) -> None:
    """05.j, 05.k: the library's penalty takes one norm for the picture, as the reader wanted."""
    everywhere(losses.gradient_penalty, exercises.norm_over_everything)


def no_fault(everywhere: Everywhere) -> None:
    """05.l: no discriminator has a fault."""
    original = lab.faulty_loss

    def loss(
        discriminator: nn.Module, real: Tensor, fake: Tensor, between: Tensor, fault: str | None
    ) -> Tensor:
        return original(discriminator, real, fake, between, None)

    everywhere(original, loss)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "05.a": no_penalty,
    "05.b": no_penalty,
    "05.c": scores_between_zero_and_one,
    "05.d": never_saturates,
    "05.e": downhill,
    "05.f": no_penalty,
    "05.g": patches_mixed,
    "05.h": gradient_of_the_mean,
    "05.i": derivatives_forgotten,
    "05.j": one_norm,
    "05.k": one_norm,
    "05.l": no_fault,
}

# Parameters for which the claims fail as surely, and sooner.
QUICKER = {"steps": 75, "moves": 30, "iterations": 40}

# A student's own photograph must not break the lesson.
OTHER_PHOTOS = ("gravel", "deep_field", "misty_lake")
