"""What lesson 05 experiments with on images, and discriminators whose training has one fault.

The two-dimensional toy problem is in ``toy_2d``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from torch import Tensor, nn

from ... import losses
from ...config import TrainConfig
from ...images import size_of
from ...model import SinGAN
from ...pyramid import image_pyramid, plan_pyramid
from ...training.level import begin_level, draw_noise, gradient_step, sample_previous
from ...training.state import TrainState
from ..plots import BLUE, ORANGE, TITLE_SIZE, VERMILION, draw_image
from .toy_2d import (
    adam,
    estimate,
    gradient_norm,
    new_discriminator,
    random_interpolates,
    two_clouds,
)


# -------------------------------------------------------------------------------------- on an image
def coarse_level(image: Tensor, config: TrainConfig, *, seed: int = 0) -> TrainState:
    """Begin to train level 0 of a training image.

    Args:
        image: (1, C, h, w) in [-1, 1].
        config: how to train.
        seed: of the networks' weights and of all noise.
    """
    plan = plan_pyramid(*size_of(image), max_size=config.max_size)
    rng = torch.Generator().manual_seed(seed)
    z_star = torch.randn(1, 1, *plan.sizes[0], generator=rng)
    finest = image_pyramid(image, plan)[-1]
    return begin_level(SinGAN(config, plan, finest, z_star, seed), rng)


def cut_patches(image: Tensor, field: int = 11) -> Tensor:
    """Cut all overlapping patches out of an image, row by row.

    Args:
        image: (1, C, h, w).
        field: side of a patch, in pixels.

    Returns:
        ((h - field + 1) (w - field + 1), C, field, field).
    """
    columns = F.unfold(image, field)[0].T  # (number of patches, C * field * field)
    return columns.reshape(-1, image.shape[1], field, field)


@torch.no_grad()
def draw_scores(state: TrainState) -> Figure:
    """Draw the training image and a fake, D's scores of both, and D's gradient norm per pixel.

    Args:
        state: a level in training; its random state advances.
    """
    fake = state.generator(draw_noise(state), sample_previous(state))
    between = losses.random_interpolate(state.real, fake, state.rng)
    maps = [state.discriminator(image)[0, 0] for image in (state.real, fake)]
    low, high = min(m.min() for m in maps).item(), max(m.max() for m in maps).item()
    norms = losses.input_gradient(state.discriminator, between).norm(dim=1)[0]
    height, width = size_of(state.real)
    figure = Figure(figsize=(9, 9 / 5 * height / width + 0.5), layout="constrained")
    axes = figure.subplots(1, 5)
    draw_image(axes[0], state.real, "training image")
    draw_image(axes[1], fake, "fake")
    for ax, scores, name in zip(axes[2:], maps, ("training image", "fake")):
        shown = ax.imshow(scores.numpy(), cmap="cividis", vmin=low, vmax=high)
        ax.set_title(f"scores: {name}", fontsize=TITLE_SIZE)
    _add_scale(figure, shown, axes[3])
    _add_scale(figure, axes[4].imshow(norms.numpy(), cmap="cividis", vmin=0), axes[4])
    axes[4].set_title("gradient norm per pixel", fontsize=TITLE_SIZE)
    for ax in axes:
        ax.axis("off")
    return figure


def _add_scale(figure: Figure, shown: AxesImage, ax: Axes) -> None:
    figure.colorbar(shown, ax=ax, shrink=0.7).ax.tick_params(labelsize=TITLE_SIZE - 2)


def milliseconds(functions: Mapping[str, Callable[[], object]], runs: int = 15) -> dict[str, float]:
    """Time functions, which take turns so that other load disturbs all alike.

    Args:
        functions: what to time, by name.
        runs: how often each is timed, after one run that does not count.

    Returns:
        The median time of each, in milliseconds.
    """
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(runs + 1):
        for name, function in functions.items():
            started = time.perf_counter()
            function()
            times[name].append(1000 * (time.perf_counter() - started))
    return {name: float(np.median(taken[1:])) for name, taken in times.items()}


# ---------------------------------------------------------------- the gradient, and wrong penalties
def gradient_by_autograd(
    discriminator: nn.Module, image: Tensor, *, create_graph: bool = True
) -> Tensor:
    """Compute the gradient of the summed scores at every pixel with ``torch.autograd``.

    Args:
        discriminator: maps (n, ...) to scores.
        image: where the gradient is taken: (1, C, h, w), or points (n, 2).
        create_graph: whether the gradient can be backpropagated to the weights.

    Returns:
        The gradient, shaped as ``image``.
    """
    image = image.detach().requires_grad_(True)
    return torch.autograd.grad(discriminator(image).sum(), image, create_graph=create_graph)[0]


def penalty_square_minus_one(discriminator: nn.Module, image: Tensor) -> Tensor:
    """Compute a wrong penalty: the squared gradient norm minus one, averaged.

    Args:
        discriminator: maps (n, ...) to scores.
        image: where the gradient is taken: (1, C, h, w), or points (n, 2).

    Returns:
        A single number.
    """
    norms: Tensor = gradient_by_autograd(discriminator, image).norm(dim=1)
    return (norms.square() - 1).mean()


# ---------------------------------------------------------------------------- faulty discriminators
NO_GRAPH, WRONG_POINT = "no graph", "wrong point"
WRONG_SIGN, SQUARE_LESS_ONE = "wrong sign", "square less one"
FAULTS = {"A": WRONG_POINT, "B": SQUARE_LESS_ONE, "C": NO_GRAPH, "D": WRONG_SIGN}
DISTANCE, PENALTY_WEIGHT = 2.0, 10.0  # of the two clouds; λ


@dataclass
class TrainingRecord:
    """What was measured while a discriminator of two clouds was trained, every five steps.

    Attributes:
        discriminator: the network.
        estimate: its estimate of the distance.
        between: its gradient norm at random interpolates.
        at_real: its gradient norm at the real points.
    """

    discriminator: nn.Module
    estimate: list[float] = field(default_factory=list)
    between: list[float] = field(default_factory=list)
    at_real: list[float] = field(default_factory=list)


def faulty_loss(
    discriminator: nn.Module, real: Tensor, fake: Tensor, between: Tensor, fault: str | None
) -> Tensor:
    """Compute the loss of a discriminator, with one fault.

    Args:
        discriminator: maps points (n, 2) to scores (n, 1).
        real, fake: points, (n, 2) each.
        between: random interpolates, (n, 2).
        fault: one of the values of ``FAULTS``, or None for the right loss.

    Returns:
        A single number.
    """
    loss = losses.discriminator_loss(discriminator(real), discriminator(fake))
    if fault == WRONG_SIGN:
        loss = -loss
    penalty = losses.gradient_penalty(discriminator, real if fault == WRONG_POINT else between)
    if fault == NO_GRAPH:
        penalty = penalty.detach()
    if fault == SQUARE_LESS_ONE:
        penalty = penalty_square_minus_one(discriminator, between)
    return loss + PENALTY_WEIGHT * penalty


def train_faulty(name: str, steps: int = 100, seed: int = 0) -> TrainingRecord:
    """Train a discriminator of two clouds that are 2 apart, with one fault.

    Args:
        name: ``"A"`` to ``"D"`` for a faulty one; any other for the reference without a fault.
        steps: of the optimizer.
        seed: of the weights, the clouds and the interpolates.
    """
    (real, fake), rng = two_clouds(DISTANCE, seed), torch.Generator().manual_seed(seed)
    record = TrainingRecord(new_discriminator(seed))
    optimizer = adam(record.discriminator)
    for number in range(steps):
        between = random_interpolates(real, fake, rng)
        loss = faulty_loss(record.discriminator, real, fake, between, FAULTS.get(name))
        gradient_step(optimizer, loss)
        if number % 5 == 4:
            record.estimate.append(estimate(record.discriminator, real, fake))
            record.between.append(gradient_norm(record.discriminator, between))
            record.at_real.append(gradient_norm(record.discriminator, real))
    return record


def draw_records(records: Mapping[str, TrainingRecord]) -> Figure:
    """Draw each discriminator's estimate, and its gradient norms, over the steps.

    Args:
        records: by name, in the order of the columns.
    """
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    for column, (name, record) in zip(figure.subplots(2, len(records)).T, records.items()):
        steps = range(5, 5 * len(record.estimate) + 1, 5)
        column[0].plot(steps, record.estimate, color=VERMILION, linewidth=1.4)
        column[0].axhline(DISTANCE, color="0.6", linewidth=0.8, linestyle="--")
        column[0].set_yscale("symlog", linthresh=3)
        column[0].set(ylim=(-30, 3000))
        column[0].set_yticks(*_ticks(-10, -2, 0, 2, 10, 100, 1000))
        column[0].set_title(name, fontsize=TITLE_SIZE + 1)
        column[1].plot(steps, record.between, color=BLUE, linewidth=1.4, label="interpolates")
        column[1].plot(steps, record.at_real, color=ORANGE, linewidth=1.4, label="real points")
        column[1].axhline(1, color="0.6", linewidth=0.8, linestyle="--")
        column[1].set_yscale("log")
        column[1].set(ylim=(0.03, 3000), xlabel="steps")
        column[1].set_yticks(*_ticks(0.1, 1, 10, 100, 1000))
        for ax in column:
            ax.tick_params(labelsize=TITLE_SIZE - 2.5, which="both")
            ax.spines[["top", "right"]].set_visible(False)
    left = figure.axes[0], figure.axes[len(records)]
    for ax, words in zip(left, ("estimate", "gradient norm")):
        ax.set_ylabel(words, fontsize=TITLE_SIZE)
    figure.axes[len(records)].legend(fontsize=TITLE_SIZE - 2, frameon=False)
    return figure


def _ticks(*values: float) -> tuple[list[float], list[str]]:
    return list(values), [f"{value:g}" for value in values]


def symptoms(records: Mapping[str, TrainingRecord]) -> dict[str, list[str]]:
    """Sort discriminators by what is wrong with them at the end of their training.

    Args:
        records: by name.

    Returns:
        Each symptom, and the names of those that show it. A right one shows none.
    """
    found: dict[str, list[str]] = {
        "large gradients everywhere": [],
        "large gradients at interpolates only": [],
        "small gradients": [],
        "negative estimate": [],
    }
    for name, record in records.items():
        between, at_real = record.between[-1], record.at_real[-1]
        if record.estimate[-1] < 0:
            found["negative estimate"].append(name)
        elif between < 0.5:
            found["small gradients"].append(name)
        elif at_real > 5:
            found["large gradients everywhere"].append(name)
        elif between > 2 * at_real:
            found["large gradients at interpolates only"].append(name)
    return found
