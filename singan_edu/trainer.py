"""The WGAN-GP trainer of one level: what SinGAN's algorithm is, and nothing else.

``train_level`` is the loop; the functions it names are the steps. Progress, history, dashboards and
checkpoints listen through ``Callback`` (see ``callbacks.py``). Source: paper, section 2.3 and the
supplement; the order of the steps is that of the authors' code. Taught in lesson 06.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .callbacks import Callback, notify
from .config import TrainConfig
from .images import resize
from .losses import (
    adversarial_loss,
    discriminator_loss,
    gradient_penalty,
    interpolate,
    reconstruction_loss,
)
from .model import SinGAN
from .networks import Discriminator, Generator, build_discriminator, build_generator, initialize
from .optimizers import build_optimizer

BFLOAT16_INSTRUCTIONS = ("amx_bf16", "avx512_bf16")  # as PyTorch names what a processor can do


def unchanged(picture: Tensor) -> Tensor:
    """What the level sees of the picture before it, unless an application wants otherwise."""
    return picture


@dataclass
class LevelTraining:
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
    prepare: Callable[[Tensor], Tensor] = unchanged

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


# ---------------------------------------------------------------------------------------- the loop
def train_level(state: LevelTraining, callbacks: Sequence[Callback] = ()) -> None:
    """Train one level to its end (paper, supplement: 2000 iterations)."""
    while state.iteration < state.iterations:
        train_iteration(state)
        state.iteration += 1
        notify(callbacks, "iteration_end", state)


def in_its_precision(
    iteration: Callable[[LevelTraining], None],
) -> Callable[[LevelTraining], None]:
    """Let ``iteration`` compute in the precision of the config.

    In bfloat16 the convolutions multiply numbers of eight digits (binary ones) instead of 24, and
    still add in float32; weights, optimizers and losses stay in float32. Nothing that was
    converted is kept, because the next step changes the weights.
    """

    @functools.wraps(iteration)
    def _in_precision(state: LevelTraining) -> None:
        device = state.real.device
        half = uses_bfloat16(state.config.precision, device)
        with torch.autocast(device.type, torch.bfloat16, enabled=half, cache_enabled=False):
            iteration(state)

    return _in_precision


@in_its_precision
def train_iteration(state: LevelTraining) -> None:
    """One iteration: some steps of D, then some of G (paper, supplement: three and three)."""
    config = state.config
    set_learning_rate(state)
    noise = draw_noise(state)  # shared by all steps below
    if config.resample_z_star and state.level == 0:
        redraw_reconstruction_noise(state)
    for _ in range(config.discriminator_steps):
        previous = sample_previous(state)  # a new one for each D step
        fake = state.generator(noise, previous)
        update_discriminator(state, fake)
    for number in range(config.generator_steps):
        if number > 0:  # G has changed, so the fake is made anew
            fake = state.generator(noise, previous)
        update_generator(state, fake)


def update_discriminator(state: LevelTraining, fake: Tensor) -> None:
    """One step of D: real patches up, fake ones down, slope near one (paper, eq. 6; WGAN-GP)."""
    fake = fake.detach()  # G learns nothing in this step
    loss = discriminator_loss(*score_both(state, fake))
    penalty = gradient_penalty(state.discriminator, interpolate(state.real, fake, state.rng))
    total = loss + state.config.gradient_penalty_weight * penalty
    step(state.discriminator_optimizer, total)
    state.losses |= dict(discriminator=loss.detach(), gradient_penalty=penalty.detach())


def update_generator(state: LevelTraining, fake: Tensor) -> None:
    """One step of G: please D on a random sample, and reconstruct the photograph (paper, eq. 6-8).

    The fake must come from the weights that G has now. The authors' code takes one fake for all of
    its steps, which current PyTorch rightly refuses after the first: the weights have changed.
    """
    state.discriminator.requires_grad_(False)
    adversarial = adversarial_loss(state.discriminator(fake))
    reconstruction = reconstruction_loss(reconstruct(state), state.real)
    total = adversarial + state.config.reconstruction_weight * reconstruction
    step(state.generator_optimizer, total)
    state.discriminator.requires_grad_(True)
    state.losses |= dict(adversarial=adversarial.detach(), reconstruction=reconstruction.detach())


def step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step of gradient descent on ``loss``."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


# --------------------------------------------------------------------------------- its ingredients
def score_both(state: LevelTraining, fake: Tensor) -> tuple[Tensor, Tensor]:
    """D's scores of the photograph and of the fake, (1, 1, h - 10, w - 10) each.

    One batch of two is quicker and gives the same, unless batch normalisation would mix the two.
    """
    if state.config.discriminator_norm == "batch":
        return state.discriminator(state.real), state.discriminator(fake)
    return state.discriminator(torch.cat([state.real, fake])).chunk(2)


def draw_noise(state: LevelTraining) -> Tensor:
    """σ_n z_n of this level: one channel at the coarsest, where it serves all colours; C above."""
    return state.noise_std * _normal(state, state.level)


def sample_previous(state: LevelTraining) -> Tensor:
    """A random sample of the levels below, upsampled to this one; zeros at level 0. (1, C, h, w)"""
    if state.level == 0:
        return torch.zeros_like(state.real)
    maps = [_normal(state, level) for level in range(state.level)]
    picture = state.model.run_from(0, noise=maps)
    return state.prepare(_upsample(state.model, picture, state.level))


def reconstruct(state: LevelTraining) -> Tensor:
    """G_n's picture for the noise {z*, 0, …, 0}: z* enters at level 0, none above. (1, C, h, w)"""
    if state.level == 0:
        noise = state.noise_std * state.model.reconstruction_noise
    else:
        noise = torch.zeros(1, *state.model.noise_shape(state.level), device=state.real.device)
    return state.generator(noise, state.reconstructed_previous)


def redraw_reconstruction_noise(state: LevelTraining) -> None:
    """Draw z* anew, as the authors' code does in every iteration of the coarsest level."""
    state.model = dataclasses.replace(state.model, reconstruction_noise=_normal(state, 0))


def set_learning_rate(state: LevelTraining) -> None:
    """Give both optimizers the rate of this iteration."""
    rate = learning_rate_at(state.config, state.level, state.iteration)
    for optimizer in (state.generator_optimizer, state.discriminator_optimizer):
        for group in optimizer.param_groups:
            group["lr"] = rate


def uses_bfloat16(precision: str, device: torch.device) -> bool:
    """Whether a training on ``device`` computes in bfloat16.

    ``"auto"`` says yes on processors with instructions for bfloat16 (AMX of Intel's, AVX512-BF16 of
    either maker's), where it was measured to be quicker. Elsewhere it may be slower, and is for the
    user to ask for.
    """
    if precision == "auto" and device.type == "cpu":
        capabilities = getattr(torch.cpu, "get_capabilities", dict)()  # not in older PyTorch
        return any(capabilities.get(name, False) for name in BFLOAT16_INSTRUCTIONS)
    return precision == "bfloat16"


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


def _normal(state: LevelTraining, level: int) -> Tensor:
    """Standard normal noise for ``level``, always drawn on the CPU, so that devices agree."""
    return torch.randn(1, *state.model.noise_shape(level), generator=state.rng).to(state.real)


def _upsample(model: SinGAN, picture: Tensor, level: int) -> Tensor:
    return resize(picture, model.plan.sizes[level], quantize=model.config.quantize_resize)


# ----------------------------------------------------------------------------- from level to level
def begin_level(
    model: SinGAN,
    rng: torch.Generator,
    before: LevelTraining | None = None,
    *,
    prepare: Callable[[Tensor], Tensor] = unchanged,
) -> LevelTraining:
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
    return LevelTraining(
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


def finish_level(state: LevelTraining) -> None:
    """Freeze the level's generator and put it on top of the pyramid."""
    if state.config.statistics_passes:
        measure_statistics(state)
    state.model = state.model.with_level(state.generator, state.noise_std)


@torch.no_grad()
def measure_statistics(state: LevelTraining) -> None:
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
    for _ in range(state.config.statistics_passes):
        state.generator(draw_noise(state), sample_previous(state))
        reconstruct(state)
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
