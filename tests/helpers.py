"""What the tests share: a tiny configuration, smooth images, comparisons to the bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

import singan_edu as sg
from singan_edu.model import noise_shape
from singan_edu.networks import build_generator, initialize
from singan_edu.training.level import begin_level
from singan_edu.training.state import TrainState

Network = TypeVar("Network", bound=torch.nn.Module)


def tiny_config(**changes: Any) -> sg.TrainConfig:
    """A configuration that trains in a fraction of a second; three levels for 24 x 32 pixels."""
    fields: dict[str, Any] = dict(
        min_size=13,
        max_size=32,
        channels=4,
        max_channels=8,
        iterations=4,
        discriminator_steps=1,
        generator_steps=1,
    )
    return sg.TrainConfig(**fields | changes)


def picture(height: int = 24, width: int = 32, channels: int = 3, seed: int = 0) -> Tensor:
    """A smooth image (1, C, H, W) in [-1, 1] with something to learn in it."""
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, channels, 5, 6, generator=rng) * 2 - 1
    return sg.resize(coarse, (height, width))


def untrained_model(
    config: sg.TrainConfig, image: Tensor, *, levels: int | None = None, seed: int = 0
) -> sg.SinGAN:
    """A model with random weights, large enough that its samples differ visibly."""
    rng = torch.Generator().manual_seed(seed)
    plan = sg.plan_pyramid(*image.shape[-2:], min_size=config.min_size, max_size=config.max_size)
    z_star = torch.randn(1, *noise_shape(config, 0, plan.sizes[0], image.shape[1]), generator=rng)
    model = sg.SinGAN(config, plan, sg.resize(image, plan.sizes[-1]), z_star, seed)
    for level in range(plan.num_levels if levels is None else levels):
        generator = build_generator(config, level, image.shape[1])
        enlarge(initialized(generator, rng))
        model = model.with_level(generator, 1.0 if level == 0 else 0.1)
    return model


def initialized(network: Network, rng: torch.Generator) -> Network:
    """The network with weights from ``rng``."""
    initialize(network, rng)
    return network


@torch.no_grad()
def enlarge(network: Network, factor: float = 8.0) -> Network:
    """The network with larger convolution weights, so that inputs show in what comes out."""
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.weight.mul_(factor)
    return network


def level_in_training(
    level: int, *, seed: int = 0, dtype: torch.dtype = torch.float32, **changes: object
) -> TrainState:
    """``level`` ready for the paper's three steps of each, above a model with random weights."""
    config = tiny_config(**dict(discriminator_steps=3, generator_steps=3) | changes)
    model = untrained_model(config, picture(), levels=level, seed=seed)
    model = dataclasses.replace(
        model,
        image=model.image.to(dtype),
        reconstruction_noise=model.reconstruction_noise.to(dtype),
        generators=tuple(generator.to(dtype) for generator in model.generators),
    )
    return begin_level(model, torch.Generator().manual_seed(seed))


def weights(network: torch.nn.Module) -> dict[str, Tensor]:
    """A copy of all parameters and buffers."""
    return {name: value.clone() for name, value in network.state_dict().items()}


def same_tensors(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether the two hold the same names and, bit for bit, the same values."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def assert_same_model(one: sg.SinGAN, other: sg.SinGAN) -> None:
    """The two models are equal to the bit, and so are their samples."""
    assert one.config == other.config and one.plan == other.plan and one.seed == other.seed
    assert one.noise_stds == other.noise_stds
    assert torch.equal(one.image, other.image)
    assert torch.equal(one.reconstruction_noise, other.reconstruction_noise)
    assert len(one.generators) == len(other.generators)
    for mine, theirs in zip(one.generators, other.generators):
        assert same_tensors(mine.state_dict(), theirs.state_dict())
    if one.generators:
        assert torch.equal(one.reconstruct(), other.reconstruct())
        assert torch.equal(one.sample(seed=3), other.sample(seed=3))


class At(sg.Callback):
    """Calls ``action(state)`` once, at the end of the given iteration of the given level."""

    def __init__(self, level: int, iteration: int, action: Callable[[TrainState], None]) -> None:
        self.when, self.action = (level, iteration), action

    def iteration_end(self, state: TrainState) -> None:
        if (state.level, state.iteration) == self.when:
            self.action(state)


def raiser(error: BaseException | type[BaseException]) -> Callable[[TrainState], None]:
    """An action for ``At`` that raises ``error``."""

    def action(state: TrainState) -> None:
        raise error

    return action


class Record(sg.Callback):
    """Keeps ``look(state)`` of every iteration, by (level, iteration)."""

    def __init__(self, look: Callable[[TrainState], object]) -> None:
        self.look = look
        self.seen: dict[tuple[int, int], object] = {}

    def iteration_end(self, state: TrainState) -> None:
        self.seen[state.level, state.iteration] = self.look(state)


def files_in(folder: Path) -> list[str]:
    """Names of all files under ``folder``, hidden ones included."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
