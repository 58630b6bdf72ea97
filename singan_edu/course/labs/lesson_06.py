"""What lesson 06 experiments with: level 0 of a small drawn scene, and faulty trainings."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import torch
from matplotlib.figure import Figure
from torch import Tensor

from ...config import TrainConfig
from ...evaluation.metrics import patch_swd
from ...images import resize, sample_image, size_of
from ...losses import adversarial_loss, reconstruction_loss
from ...model import SinGAN
from ...networks import hidden_weights
from ...pyramid import PyramidPlan, plan_pyramid
from ...training.callbacks import History
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
from ..plots import (
    BLUE,
    ORANGE,
    TITLE_SIZE,
    VERMILION,
    draw_losses,
    image_grid,
    iteration_counts,
)

GeneratorUpdate = Callable[[TrainState, Tensor], None]  # (level, fake) -> None
Losses = list[dict[str, float]]  # of every iteration

NO_RECONSTRUCTION, NO_PENALTY, WRONG_SIGN = "no reconstruction", "no penalty", "wrong sign"
FAULTS = {"A": NO_PENALTY, "B": NO_RECONSTRUCTION, "C": WRONG_SIGN}
REFERENCE = "reference"  # name of the training without a fault


@functools.cache
def plan_and_scene() -> tuple[PyramidPlan, Tensor]:
    """Return the plan of a small pyramid, and the drawn scene at the size of its finest level."""
    scene = sample_image("birds_at_dusk")
    plan = plan_pyramid(*size_of(scene), max_size=64)
    return plan, resize(scene, plan.sizes[-1])


def untrained_level(
    config: TrainConfig, *, seed: int = 0, dtype: torch.dtype = torch.float32
) -> TrainState:
    """Return level 0 of the drawn scene, ready to be trained.

    Args:
        config: how to train.
        seed: of the networks' weights and of all noise.
        dtype: of the computation. ``torch.float64`` is for comparing two ways of writing the same
            step: Adam divides each gradient by its own size, so it takes a whole step even where a
            gradient is zero but for the rounding of float32.
    """
    plan, finest = plan_and_scene()
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
        real: (1, C, h, w) in [-1, 1], the training image at level 0.

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
def draw_two_losses(history: History) -> Figure:
    """Draw the discriminator's and the reconstruction loss of a training run, all levels in a row.

    Args:
        history: that listened to the run.
    """
    names = ("discriminator", "reconstruction")
    figure = Figure(figsize=(8, 2.2), layout="constrained")
    counts = iteration_counts(history.iterations)
    for ax, name in zip(figure.subplots(1, len(names)), names):
        draw_losses(ax, history.iterations, name)
        ax.set_xlabel("iteration (grey line: a finer level begins)", fontsize=TITLE_SIZE - 1)
        for before, record, count in zip(history.iterations, history.iterations[1:], counts):
            if record["level"] != before["level"]:
                ax.axvline(count, color="0.8", linewidth=0.8, zorder=0)
    return figure


def draw_trainings(models: Mapping[str, SinGAN], *, samples: int = 1) -> Figure:
    """Draw a column for each training: samples, and the reconstruction below them.

    Args:
        models: by name, from left to right.
        samples: number of samples of each model.
    """
    rows = [list(model.sample(samples, seed=1)) for model in models.values()]
    images = [row[index] for index in range(samples) for row in rows]
    images += [model.reconstruct() for model in models.values()]
    titles = [f"{name}: sample" for _ in range(samples) for name in models]
    titles += [f"{name}: reconstruction" for name in models]
    return image_grid(images, titles, columns=len(models))


def draw_losses_of(losses: Mapping[str, Losses]) -> Figure:
    """Draw the gradient penalty and the reconstruction loss of some trainings, logarithmically.

    Args:
        losses: of every iteration, by name of the training.
    """
    figure = Figure(figsize=(8, 2.2), layout="constrained")
    axes = figure.subplots(1, 2)
    titles = dict(gradient_penalty="gradient penalty", reconstruction="reconstruction loss (MSE)")
    for ax, (key, title) in zip(axes, titles.items()):
        for (name, records), colour in zip(losses.items(), ("0.35", BLUE, ORANGE, VERMILION)):
            ax.plot([record[key] for record in records], color=colour, linewidth=1.3, label=name)
        ax.set_yscale("log")
        ax.set_title(title, fontsize=TITLE_SIZE)
        ax.set_xlabel("iteration", fontsize=TITLE_SIZE - 1)
        ax.tick_params(labelsize=TITLE_SIZE - 2, which="both")
        ax.spines[["top", "right"]].set_visible(False)
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside right upper",
        fontsize=TITLE_SIZE - 1,
        frameon=False,
    )
    return figure
