"""The WGAN-GP trainer of one level: what SinGAN's algorithm is, and nothing else.

``train_level`` is the loop; the functions it names are the steps. Progress, history, dashboards and
checkpoints listen through ``Callback`` (see ``callbacks.py``). Source: paper, section 2.3 and the
supplement; the order of the steps is that of the authors' code. Taught in lesson 06.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..config import TrainConfig
from ..images import resize
from ..losses import (
    adversarial_loss,
    discriminator_loss,
    gradient_penalty,
    random_interpolate,
    reconstruction_loss,
)
from ..model import SinGAN
from ..networks import build_discriminator, build_generator, initialize
from .optimizers import build_optimizer
from .precision import autocast
from .state import Callback, TrainState, identity, notify


# ---------------------------------------------------------------------------------------- the loop
def train_level(state: TrainState, callbacks: Sequence[Callback] = ()) -> None:
    """Train one level to its end (paper, supplement: 2000 iterations)."""
    while state.iteration < state.iterations:
        train_iteration(state)
        state.iteration += 1
        notify(callbacks, "iteration_end", state)


def train_iteration(state: TrainState) -> None:
    """One iteration: some steps of D, then some of G (paper, supplement: three and three)."""
    with autocast(state.config.precision, state.real.device):
        config = state.config
        set_learning_rate(state)
        noise = draw_noise(state)  # shared by all steps below
        if config.resample_reconstruction_noise and state.level == 0:
            redraw_reconstruction_noise(state)
        for _ in range(config.discriminator_steps):
            previous = sample_previous(state)  # a new one for each D step
            fake = state.generator(noise, previous)
            update_discriminator(state, fake)
        for number in range(config.generator_steps):
            if number > 0:  # G has changed, so the fake is made anew
                fake = state.generator(noise, previous)
            update_generator(state, fake)


def update_discriminator(state: TrainState, fake: Tensor) -> None:
    """One step of D: real patches up, fake ones down, slope near one (paper, eq. 6; WGAN-GP)."""
    fake = fake.detach()  # G learns nothing in this step
    loss = discriminator_loss(*score_both(state, fake))
    penalty = gradient_penalty(state.discriminator, random_interpolate(state.real, fake, state.rng))
    total = loss + state.config.gradient_penalty_weight * penalty
    gradient_step(state.discriminator_optimizer, total)
    state.losses |= dict(discriminator=loss.detach(), gradient_penalty=penalty.detach())


def update_generator(state: TrainState, fake: Tensor) -> None:
    """One step of G: please D on a random sample, and reconstruct the photograph (paper, eq. 6-8).

    The fake must come from the weights that G has now. The authors' code takes one fake for all of
    its steps, which current PyTorch rightly refuses after the first: the weights have changed.
    """
    state.discriminator.requires_grad_(False)
    adversarial = adversarial_loss(state.discriminator(fake))
    reconstruction = reconstruction_loss(reconstruct(state), state.real)
    total = adversarial + state.config.reconstruction_weight * reconstruction
    gradient_step(state.generator_optimizer, total)
    state.discriminator.requires_grad_(True)
    state.losses |= dict(adversarial=adversarial.detach(), reconstruction=reconstruction.detach())


def gradient_step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step of gradient descent on ``loss``."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


# --------------------------------------------------------------------------------- its ingredients
def score_both(state: TrainState, fake: Tensor) -> tuple[Tensor, Tensor]:
    """D's scores of the photograph and of the fake, (1, 1, h - 10, w - 10) each.

    One batch of two is quicker and gives the same, unless batch normalisation would mix the two.
    """
    if state.config.discriminator_norm == "batch":
        return state.discriminator(state.real), state.discriminator(fake)
    return state.discriminator(torch.cat([state.real, fake])).chunk(2)


def draw_noise(state: TrainState) -> Tensor:
    """σ_n z_n of this level: one channel at the coarsest, where it serves all colours; C above."""
    return state.noise_std * _normal(state, state.level)


def sample_previous(state: TrainState) -> Tensor:
    """A random sample of the levels below, upsampled to this one; zeros at level 0. (1, C, h, w)"""
    if state.level == 0:
        return torch.zeros_like(state.real)
    maps = [_normal(state, level) for level in range(state.level)]
    picture = state.model.run_from(0, noise=maps)
    return state.prepare(_upsample(state.model, picture, state.level))


def reconstruct(state: TrainState) -> Tensor:
    """G_n's picture for the noise {z*, 0, …, 0}: z* enters at level 0, none above. (1, C, h, w)"""
    if state.level == 0:
        noise = state.noise_std * state.model.reconstruction_noise
    else:
        noise = torch.zeros(1, *state.model.noise_shape(state.level), device=state.real.device)
    return state.generator(noise, state.reconstructed_previous)


def redraw_reconstruction_noise(state: TrainState) -> None:
    """Draw z* anew, as the authors' code does in every iteration of the coarsest level."""
    state.model = dataclasses.replace(state.model, reconstruction_noise=_normal(state, 0))


def set_learning_rate(state: TrainState) -> None:
    """Give both optimizers the rate of this iteration."""
    rate = learning_rate_at(state.config, state.level, state.iteration)
    for optimizer in (state.generator_optimizer, state.discriminator_optimizer):
        for group in optimizer.param_groups:
            group["lr"] = rate


def learning_rate_at(config: TrainConfig, level: int, iteration: int) -> float:
    """The learning rate of ``iteration`` (from 0); it drops once, at 80 % of the iterations.

    >>> [learning_rate_at(TrainConfig(), 0, i) for i in (0, 1599, 1600)]
    [0.0005, 0.0005, 5e-05]
    """
    decayed = iteration >= config.lr_decay_at * config.iterations_at(level)
    return config.learning_rate * (config.lr_decay if decayed else 1)


def noise_std_for(real: Tensor, reconstructed_previous: Tensor, amplitude: float) -> float:
    """σ_n: ``amplitude`` times the RMSE between x_n and the upsampled reconstruction before it.

    The worse the levels before can show this level, the more there is to invent (paper, section
    2.3).

    Args:
        real, reconstructed_previous: (1, C, h, w) in [-1, 1].
    """
    return amplitude * (real - reconstructed_previous).square().mean().sqrt().item()


def _normal(state: TrainState, level: int) -> Tensor:
    """Standard normal noise for ``level``, always drawn on the CPU, so that devices agree."""
    return torch.randn(1, *state.model.noise_shape(level), generator=state.rng).to(state.real)


def _upsample(model: SinGAN, picture: Tensor, level: int) -> Tensor:
    return resize(picture, model.plan.sizes[level], quantize=model.config.quantize_resize)


# ----------------------------------------------------------------------------- from level to level
def begin_level(
    model: SinGAN,
    rng: torch.Generator,
    before: TrainState | None = None,
    *,
    prepare: Callable[[Tensor], Tensor] = identity,
) -> TrainState:
    """Set up the next level above what ``model`` has: networks, optimizers, noise std.

    The networks start from the weights of the level ``before`` where the width is the same (paper,
    section 2.3), running statistics included; else they are drawn anew.
    """
    level, config = model.trained_levels, model.config
    channels = model.image.shape[1]
    real = _upsample(model, model.image, level)  # x_n: (1, C, h, w)
    generator = build_generator(config, level, channels)
    discriminator = build_discriminator(config, level, channels)
    if before is not None and config.channels_at(level) == config.channels_at(before.level):
        generator.load_state_dict(before.generator.state_dict())
        discriminator.load_state_dict(before.discriminator.state_dict())
    else:
        initialize(generator, rng)
        initialize(discriminator, rng)
    if level == 0:
        reconstructed_previous, noise_std = torch.zeros_like(real), 1.0
    else:
        reconstructed_previous = prepare(_upsample(model, model.reconstruct(), level))
        noise_std = noise_std_for(real, reconstructed_previous, config.noise_amplitude)
    generator, discriminator = generator.to(real).train(), discriminator.to(real).train()
    return TrainState(
        model,
        level,
        real,
        reconstructed_previous,
        noise_std,
        generator,
        discriminator,
        build_optimizer(generator, config),
        build_optimizer(discriminator, config),
        rng,
        prepare=prepare,
    )


def finish_level(state: TrainState) -> None:
    """Freeze the level's generator and put it on top of the pyramid."""
    if state.config.precise_bn_passes:
        measure_batch_statistics(state)
    state.model = state.model.with_level(state.generator, state.noise_std)


@torch.no_grad()
def measure_batch_statistics(state: TrainState) -> None:
    """Replace the running batch statistics by their means over many passes.

    A pass is a random sample and a reconstruction, as in training. The running statistics remember
    about ten passes; the mean over fifty is steadier (precise batch normalisation, Wu and Johnson
    2021). Without batch normalisation nothing changes.
    """
    norms = [m for m in state.generator.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # from now on the mean over all passes
    for _ in range(state.config.precise_bn_passes):
        state.generator(draw_noise(state), sample_previous(state))
        reconstruct(state)
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
