"""What lesson 06 experiments with: level 0 of one photograph, and trainings with one fault."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ...config import TrainConfig
from ...evaluation.metrics import patch_swd
from ...images import resize, sample_image, size_of
from ...losses import adversarial_loss, reconstruction_loss
from ...model import SinGAN
from ...networks import hidden_weights
from ...pyramid import PyramidPlan, plan_pyramid
from ...training.level import (
    begin_level,
    draw_noise,
    gradient_step,
    measure_batch_statistics,
    reconstruct,
    sample_previous,
    set_learning_rate,
    update_discriminator,
    update_generator,
)
from ...training.optimizers import newton_schulz
from ...training.state import TrainState
from ..plots import TITLE_SIZE, VERMILION, draw_image

GeneratorUpdate = Callable[[TrainState, Tensor], None]  # (level, fake) -> None
Losses = list[dict[str, float]]  # of every iteration

NO_RECONSTRUCTION, NO_PENALTY, WRONG_SIGN = "no reconstruction", "no penalty", "wrong sign"
FAULTS = {"A": NO_PENALTY, "B": NO_RECONSTRUCTION, "C": WRONG_SIGN}
REFERENCE = "reference"  # name of the training without a fault


@functools.cache
def plan_and_photo() -> tuple[PyramidPlan, Tensor]:
    """Return the plan of a small pyramid, and the photograph at its finest level."""
    photo = sample_image("birds_at_dusk")
    plan = plan_pyramid(*size_of(photo), max_size=64)
    return plan, resize(photo, plan.sizes[-1])


def untrained_level(
    config: TrainConfig, *, seed: int = 0, dtype: torch.dtype = torch.float32
) -> TrainState:
    """Begin to train level 0 of the photograph.

    Args:
        config: how to train.
        seed: of the networks' weights and of all noise.
        dtype: of the computation. ``torch.float64`` is for comparing two ways of writing the same
            step: Adam divides each gradient by its own size, so it takes a whole step even where a
            gradient is zero but for the rounding of float32.
    """
    plan, finest = plan_and_photo()
    rng = torch.Generator().manual_seed(seed)
    z_star = torch.randn(1, 1, *plan.sizes[0], generator=rng)
    return begin_level(SinGAN(config, plan, finest.to(dtype), z_star.to(dtype), seed), rng)


# ------------------------------------------------------------------------- trainings, with a fault
def update_with_wrong_sign(state: TrainState, fake: Tensor) -> None:
    """Update the generator with the wrong sign of the adversarial loss.

    Args:
        state: a level in training.
        fake: (1, C, h, w), the generator's output for a random input.
    """
    state.discriminator.requires_grad_(False)
    adversarial = adversarial_loss(state.discriminator(fake))
    reconstruction = reconstruction_loss(reconstruct(state), state.real)
    weight = state.config.reconstruction_weight
    gradient_step(state.generator_optimizer, weight * reconstruction - adversarial)
    state.discriminator.requires_grad_(True)
    state.losses |= dict(adversarial=adversarial.detach(), reconstruction=reconstruction.detach())


def faulty_training(name: str, config: TrainConfig) -> tuple[TrainConfig, GeneratorUpdate]:
    """Return the configuration and the generator's update of a training with one fault.

    Args:
        name: ``"A"``, ``"B"`` or ``"C"`` for a faulty one; any other for the reference.
        config: how the reference is trained.
    """
    fault = FAULTS.get(name)
    if fault == NO_PENALTY:
        config = config.replace(gradient_penalty_weight=0.0)
    if fault == NO_RECONSTRUCTION:
        config = config.replace(reconstruction_weight=0.0)
    return config, update_with_wrong_sign if fault == WRONG_SIGN else update_generator


def train_with(
    state: TrainState, update: GeneratorUpdate = update_generator, *, iterations: int
) -> tuple[SinGAN, Losses]:
    """Train a level with one step of each network per iteration.

    Args:
        state: a level in training.
        update: the step of the generator.
        iterations: how many to train.

    Returns:
        The model up to this level, and the losses of every iteration.
    """
    losses = []
    for _ in range(iterations):
        set_learning_rate(state)
        fake = state.generator(draw_noise(state), sample_previous(state))
        update_discriminator(state, fake)
        update(state, fake)
        losses.append({name: float(value) for name, value in state.losses.items()})
        state.iteration += 1
    measure_batch_statistics(state)
    return state.unfinished_model(), losses


def compare_steps(state: TrainState) -> dict[str, Tensor]:
    """Compute the next step of D's middle hidden kernel from its present gradient, in three ways.

    Args:
        state: a level in training with Adam, after a backward pass; Adam's step is taken.

    Returns:
        ``"gradient"``, ``"Adam"`` and ``"Muon"``: what is subtracted from the kernel, up to a
        factor, (width, width * 9) each.
    """
    kernels = hidden_weights(state.discriminator)
    kernel = kernels[len(kernels) // 2]
    if kernel.grad is None:
        raise ValueError("The discriminator has no gradients yet. Train at least one iteration.")
    before, gradient = kernel.detach().clone(), kernel.grad.flatten(1).clone()
    state.discriminator_optimizer.step()
    adam = (before - kernel.detach()).flatten(1)
    return dict(gradient=gradient, Adam=adam, Muon=newton_schulz(gradient[None])[0])


def worst_ratios(results: Mapping[str, tuple[SinGAN, Losses]], real: Tensor) -> dict[str, float]:
    """Compare the worst faulty training with the reference, by three measures.

    Args:
        results: model and losses of each training; one is named ``REFERENCE``.
        real: (1, C, h, w) in [-1, 1], the photograph at level 0.

    Returns:
        The largest gradient penalty, reconstruction loss and patch distance to ``real``, each
        divided by the reference's.
    """
    last = {name: dict(losses[-1]) for name, (_, losses) in results.items()}
    for name, (model, _) in results.items():
        last[name]["patches"] = patch_swd(real, model.sample(4, seed=1), levels=1)
    reference = last.pop(REFERENCE)
    keys = ("gradient_penalty", "reconstruction", "patches")
    return {key: max(losses[key] for losses in last.values()) / reference[key] for key in keys}


# -------------------------------------------------------------------------------------- drawing it
def draw_trainings(
    models: Mapping[str, SinGAN],
    losses: Mapping[str, Losses] | None = None,
    *,
    samples: int = 3,
) -> Figure:
    """Draw a row for each training: samples, the reconstruction, and two losses if given.

    Args:
        models: by name, from top to bottom.
        losses: of every iteration, by name.
        samples: number of samples in a row.
    """
    titles = dict(gradient_penalty="gradient penalty", reconstruction="reconstruction error")
    curves = {} if losses is None else titles
    columns = samples + 1 + len(curves)
    height, width = plan_and_photo()[0].sizes[0]
    row = 9 / columns * height / width + 0.25
    figure = Figure(figsize=(9, row * len(models)), layout="constrained")
    grid = figure.subplots(len(models), columns, squeeze=False)
    for axes, (name, model) in zip(grid, models.items()):
        images = [*model.sample(samples, seed=1), model.reconstruct()]
        labels = [f"{name}: samples", *[""] * (samples - 1), "reconstruction"]
        for ax, image, label in zip(axes, images, labels):
            draw_image(ax, image, label)
        for ax, key in zip(axes[samples + 1 :], curves):
            values = {other: [r[key] for r in rows] for other, rows in (losses or {}).items()}
            _draw_curve(ax, values, name)
    for ax, title in zip(grid[0][samples + 1 :], curves.values()):
        ax.set_title(title, fontsize=TITLE_SIZE)
    return figure


def _draw_curve(ax: Axes, values: Mapping[str, list[float]], name: str) -> None:
    """One training's curve, with the others in grey behind it."""
    for curve in values.values():
        ax.plot(curve, color="0.82", linewidth=0.8, zorder=0)
    ax.plot(values[name], color=VERMILION, linewidth=1.2)
    ax.set_yscale("log")
    ax.tick_params(labelsize=6, which="both")
    ax.spines[["top", "right"]].set_visible(False)
