"""What the claims of lesson 02 name, switched off (see ``faults``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from singan_edu import networks, pretrained, pyramid
from singan_edu.config import TrainConfig

from .everywhere import Everywhere


class Blinkered(nn.Sequential):
    """A block of the usual size whose convolution sees one pixel."""

    def __init__(self, inputs: int, outputs: int, *, kernel_size: int = 3, **options: Any):
        super().__init__(nn.Conv2d(inputs, outputs, 1), nn.LeakyReLU(networks.NEGATIVE_SLOPE))
        self.border = kernel_size // 2

    def forward(self, image: Tensor) -> Tensor:
        return super().forward(image[..., self.border : -self.border, self.border : -self.border])


def layers_see_one_pixel(everywhere: Everywhere) -> None:
    """02.a, 02.b: of all layers the last alone looks at its neighbours."""
    everywhere(networks.ConvBlock, Blinkered)


def levels_of_one_size(everywhere: Everywhere) -> None:
    """02.c, 02.d: a pyramid in which nothing grows."""

    def sizes(finest, min_size, scale_factor):
        right, factor = original(finest, min_size, scale_factor)
        return [finest] * len(right), factor

    original = pyramid._paper_sizes
    everywhere(original, sizes)


@torch.no_grad()
def look_to_one_side(network: nn.Module) -> None:
    """Keep only the first weight of every kernel, so that one path is left, along the edge."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            first = module.weight[..., :1, :1].clone()
            module.weight.zero_()
            module.weight[..., :1, :1] = first


def one_way_only(everywhere: Everywhere) -> None:
    """02.e: fresh networks that look to one side."""

    def initialize(network: nn.Module, rng: torch.Generator) -> None:
        original(network, rng)
        look_to_one_side(network)

    original = networks.initialize
    everywhere(original, initialize)


def trained_to_look_aside(everywhere: Everywhere) -> None:
    """02.f: trained networks that look to one side."""

    def load(name: str):
        model = original(name)
        for generator in model.generators:
            look_to_one_side(generator)
        return model

    original = pretrained.load_pretrained
    everywhere(original, load)


def always_five_layers(everywhere: Everywhere) -> None:
    """02.g: the number of layers is five, whatever was asked for."""

    def five(build: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
        def built(config: TrainConfig, level: int, channels: int) -> nn.Module:
            return build(config.replace(num_layers=5), level, channels)

        return built

    everywhere(networks.build_generator, five(networks.build_generator))
    everywhere(networks.build_discriminator, five(networks.build_discriminator))


def statistics_of_the_picture(everywhere: Everywhere) -> None:
    """02.h: what should not normalise does, by the picture that it is given."""

    def normalisation(kind: str, channels: int) -> nn.Module:
        return (
            nn.InstanceNorm2d(channels, affine=True) if kind == "none" else original(kind, channels)
        )

    original = networks.normalisation
    everywhere(original, normalisation)


class Frozen(nn.BatchNorm2d):
    """Batch normalisation that never is in training mode."""

    def train(self, mode: bool = True) -> Frozen:
        super().train(False)
        return self


def always_frozen(everywhere: Everywhere) -> None:
    """02.i: normalisation by fixed numbers, whatever the mode."""

    def normalisation(kind: str, channels: int) -> nn.Module:
        return Frozen(channels) if kind == "batch" else original(kind, channels)

    original = networks.normalisation
    everywhere(original, normalisation)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "02.a": layers_see_one_pixel,
    "02.b": layers_see_one_pixel,
    "02.c": levels_of_one_size,
    "02.d": levels_of_one_size,
    "02.e": one_way_only,
    "02.f": trained_to_look_aside,
    "02.g": always_five_layers,
    "02.h": statistics_of_the_picture,
    "02.i": always_frozen,
}

# Parameters for which the claims fail as surely, and sooner.
QUICKER = {"iterations": 20}

# A student's own photograph must not break the lesson.
OTHER_PHOTOS = ("gravel", "deep_field")
