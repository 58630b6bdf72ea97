"""The algorithm: how one level is trained, WGAN-GP with a reconstruction loss.

``train_level`` is the loop, ``train_iteration`` one pass of it; the functions that it names are the
steps. Progress, history and checkpoints listen through ``Callback`` (see ``state.py``). Source:
paper, section 2.3 and supplement; the order of the steps is that of the authors' code. Taught in
lesson 06.
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
    """Train one level to its end (paper, supplement: 2000 iterations).

    Args:
        state: of the level; changed in place.
        callbacks: are notified after each iteration.
    """
    while state.iteration < state.iterations:
        train_iteration(state)
        state.iteration += 1
        notify(callbacks, "iteration_end", state)


def train_iteration(state: TrainState) -> None:
    """Run one iteration: some steps of D, then some of G (paper, supplement: three and three).

    Args:
        state: of the level; changed in place.
    """
    with autocast(state.config.precision, state.real):
        set_learning_rate(state)
        noise = draw_noise(state)  # shared by all steps below
        if state.config.resample_reconstruction_noise and state.level == 0:
            redraw_reconstruction_noise(state)
        for _ in range(state.config.discriminator_steps):
            previous = sample_previous(state)  # a new one for each step of D
            fake = state.generator(noise, previous)
            update_discriminator(state, fake)
        for number in range(state.config.generator_steps):
            if number > 0:  # G has changed, so its output is computed again
                fake = state.generator(noise, previous)
            update_generator(state, fake)


def update_discriminator(state: TrainState, fake: Tensor) -> None:
    """Take one step of D: raise scores of real patches, lower those of generated ones.

    Source: paper, eq. 6; Gulrajani et al. 2017 for the gradient penalty.

    Args:
        state: of the level; changed in place.
        fake: G's output, (1, C, h, w); no gradient flows to G.
    """
    fake = fake.detach()
    loss = discriminator_loss(*score_both(state, fake))
    penalty = gradient_penalty(state.discriminator, random_interpolate(state.real, fake, state.rng))
    total = loss + state.config.gradient_penalty_weight * penalty
    gradient_step(state.discriminator_optimizer, total)
    state.losses |= dict(discriminator=loss.detach(), gradient_penalty=penalty.detach())


def update_generator(state: TrainState, fake: Tensor) -> None:
    """Take one step of G: raise D's score of a random sample, and reconstruct the training image.

    Source: paper, eq. 6-8. ``fake`` must come from G's present weights. The authors' code uses one
    fake for all its steps, which current PyTorch refuses after the first, because the weights that
    the gradient needs have changed.

    Args:
        state: of the level; changed in place.
        fake: G's output, (1, C, h, w), with its graph.
    """
    state.discriminator.requires_grad_(False)
    adversarial = adversarial_loss(state.discriminator(fake))
    reconstruction = reconstruction_loss(reconstruct(state), state.real)
    total = adversarial + state.config.reconstruction_weight * reconstruction
    gradient_step(state.generator_optimizer, total)
    state.discriminator.requires_grad_(True)
    state.losses |= dict(adversarial=adversarial.detach(), reconstruction=reconstruction.detach())


def gradient_step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take one step of gradient descent.

    Args:
        optimizer: of the weights to move.
        loss: a scalar with its graph.
    """
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]  # PyTorch does not annotate it
    optimizer.step()


# --------------------------------------------------------------------------------- its ingredients
def score_both(state: TrainState, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Let D score the training image and a generated one.

    One batch of two is quicker and gives the same, unless batch normalisation would mix the two.

    Args:
        state: of the level.
        fake: (1, C, h, w).

    Returns:
        Patch scores of the training image and of ``fake``, (1, 1, h - 10, w - 10) each.
    """
    if state.config.discriminator_norm == "batch":
        return state.discriminator(state.real), state.discriminator(fake)
    real_scores, fake_scores = state.discriminator(torch.cat([state.real, fake])).chunk(2)
    return real_scores, fake_scores


def draw_noise(state: TrainState) -> Tensor:
    """Draw this level's noise, σ_n z_n.

    Args:
        state: of the level; its ``rng`` moves on.

    Returns:
        (1, 1, h, w) at level 0, where one map serves all channels, (1, C, h, w) above; larger by
        the noise padding, if there is one.
    """
    return state.noise_std * _normal(state, state.level)


def sample_previous(state: TrainState) -> Tensor:
    """Draw a random sample of the coarser levels, upsampled to this one.

    Args:
        state: of the level; its ``rng`` moves on.

    Returns:
        (1, C, h, w) in [-1, 1]; zeros at level 0.
    """
    if state.level == 0:
        return torch.zeros_like(state.real)
    maps = [_normal(state, level) for level in range(state.level)]
    picture = state.model.run_from(0, noise=maps)
    return state.prepare(_upsample(state.model, picture, state.level))


def reconstruct(state: TrainState) -> Tensor:
    """Compute G's output for the noise {z*, 0, …, 0}: z* enters at level 0, nothing above.

    Args:
        state: of the level.

    Returns:
        (1, C, h, w), with its graph.
    """
    if state.level == 0:
        noise = state.noise_std * state.model.reconstruction_noise
    else:
        noise = torch.zeros(1, *state.model.noise_shape(state.level)).to(state.real)
    output: Tensor = state.generator(noise, state.reconstructed_previous)
    return output


def redraw_reconstruction_noise(state: TrainState) -> None:
    """Draw z* again, as the authors' code does in every iteration of the coarsest level.

    Args:
        state: of level 0; its model gets the new z*.
    """
    state.model = dataclasses.replace(state.model, reconstruction_noise=_normal(state, 0))


def set_learning_rate(state: TrainState) -> None:
    """Give both optimizers the learning rate of this iteration.

    Args:
        state: of the level; its optimizers are changed.
    """
    rate = learning_rate_at(state.config, state.level, state.iteration)
    for optimizer in (state.generator_optimizer, state.discriminator_optimizer):
        for group in optimizer.param_groups:
            group["lr"] = rate


def learning_rate_at(config: TrainConfig, level: int, iteration: int) -> float:
    """Return the learning rate, which drops once: after ``lr_decay_at`` of the iterations.

    Args:
        config: the configuration of the training.
        level: 0 is the coarsest.
        iteration: counts from 0.

    >>> [learning_rate_at(TrainConfig(), 0, i) for i in (0, 1599, 1600)]
    [0.0005, 0.0005, 5e-05]
    """
    decayed = iteration >= config.lr_decay_at * config.iterations_at(level)
    return config.learning_rate * (config.lr_decay if decayed else 1)


def noise_std_for(real: Tensor, reconstructed_previous: Tensor, amplitude: float) -> float:
    """Return σ_n: ``amplitude`` times the RMSE of the upsampled reconstruction.

    The worse the coarser levels reconstruct this one, the more this level has to add (paper,
    section 2.3).

    Args:
        real: x_n, (1, C, h, w) in [-1, 1].
        reconstructed_previous: upsampled from the previous level, (1, C, h, w) in [-1, 1].
        amplitude: ``noise_amplitude`` of the config.
    """
    return amplitude * (real - reconstructed_previous).square().mean().sqrt().item()


def _normal(state: TrainState, level: int) -> Tensor:
    """Standard normal noise for ``level``, always drawn on the CPU, so that devices agree."""
    shape = (1, *state.model.noise_shape(level))
    return torch.randn(shape, generator=state.rng, dtype=torch.float32).to(state.real)


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
    """Set up the next level of a pyramid: networks, optimizers, noise std.

    The networks start from the weights of the previous level where the width is the same (paper,
    section 2.3), running statistics included; otherwise they are drawn.

    Args:
        model: the finished, coarser levels.
        rng: the source of all randomness of the training.
        before: the previous level's state, whose weights are taken over; None draws new ones.
        prepare: is applied to the upsampled output of the previous level.

    Returns:
        The state of the level, before its first iteration.
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
    """Freeze the level's generator and add it to the pyramid.

    Args:
        state: of the level; its model is replaced by the larger one.
    """
    measure_batch_statistics(state)
    state.model = state.model.with_level(state.generator, state.noise_std)


@torch.no_grad()
def measure_batch_statistics(state: TrainState) -> None:
    """Replace the running batch statistics by their means over many passes.

    A pass is a random sample and a reconstruction, as in training. The running statistics average
    over about ten passes; the mean over ``precise_bn_passes`` of them varies less (precise batch
    normalisation, Wu and Johnson 2021). A generator without batch normalisation is left alone, and
    so is one that is to keep its running statistics (no passes).

    Args:
        state: of the level; its generator is changed.
    """
    norms = [m for m in state.generator.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    if not norms or not state.config.precise_bn_passes:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # from now on the mean over all passes
    for _ in range(state.config.precise_bn_passes):
        state.generator(draw_noise(state), sample_previous(state))
        reconstruct(state)
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
