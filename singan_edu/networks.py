"""The two networks of a level: a residual generator and a discriminator that scores patches.

Both are the same small stack of convolutions without padding inside, so both see 11 x 11 pixels at
every level. Source: paper, section 2.2 and figure 4. Taught in lesson 03.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import TrainConfig

NEGATIVE_SLOPE = 0.2  # of LeakyReLU below zero (authors' code)
# In memory, a picture's numbers follow each other channel by channel or pixel by pixel; layers keep
# the order they are given. Pixel by pixel is quicker on a CPU by a sixth, except for the derivative
# of a derivative that the penalty of a normalised discriminator needs.
CHANNELS_LAST = torch.channels_last
INIT_STD = 0.02  # of convolution weights, and of normalisation weights around 1 (authors' code)


def normalisation(kind: str, channels: int) -> nn.Module:
    """The layer for ``kind``: ``"batch"``, ``"instance"`` (both with learned scale) or ``"none"``.

    In training, with a batch of one picture, batch and instance normalisation compute the same. In
    eval mode batch normalisation uses its running statistics, which keeps the generator local.
    """
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    return nn.Identity()


class ConvBlock(nn.Sequential):
    """Convolution, normalisation, LeakyReLU (paper, section 2.2).

    (n, in_channels, h, w) -> (n, out_channels, h - k + 1 + 2p, w - k + 1 + 2p) for kernel k,
    padding p.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        norm: str = "batch",
        kernel_size: int = 3,
        padding: int = 0,
    ) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding),
            normalisation(norm, out_channels),
            nn.LeakyReLU(NEGATIVE_SLOPE),
        )


def conv_stack(
    image_channels: int,
    out_channels: int,
    width: int,
    *,
    norm: str,
    num_layers: int,
    kernel_size: int,
    padding: int = 0,
) -> nn.Sequential:
    """Blocks of ``width`` channels, then a plain convolution to ``out_channels``."""
    channels = [image_channels] + [width] * (num_layers - 1)
    blocks = [
        ConvBlock(before, after, norm=norm, kernel_size=kernel_size, padding=padding)
        for before, after in zip(channels, channels[1:])
    ]
    return nn.Sequential(
        *blocks, nn.Conv2d(channels[-1], out_channels, kernel_size, padding=padding)
    )


class Generator(nn.Module):
    """One level's generator G_n: adds the detail that the level before could not show.

    ``G(noise, previous) = previous + tanh(stack(noise + previous))`` (paper, eq. 5): the stack
    predicts a residual, bounded by one. ``padding`` says what stands beyond the border of the
    picture:

    * ``"zero"``: noise and previous picture are padded with zeros, once, up front;
    * ``"noise"``: the previous picture is, while the noise simply runs on (it arrives larger);
    * ``"conv"``: nothing up front, zeros in every layer (for the boundary study only).
    """

    def __init__(
        self,
        image_channels: int = 3,
        width: int = 32,
        *,
        norm: str = "batch",
        num_layers: int = 5,
        kernel_size: int = 3,
        padding: str = "zero",
    ) -> None:
        super().__init__()
        half_kernel = (kernel_size - 1) // 2
        self.norm = norm
        self.radius = num_layers * half_kernel  # how far a pixel sees to each side: 5 pixels
        self.padding = 0 if padding == "conv" else self.radius
        self.noise_padding = self.radius if padding == "noise" else 0
        self.stack = conv_stack(
            image_channels,
            image_channels,
            width,
            norm=norm,
            num_layers=num_layers,
            kernel_size=kernel_size,
            padding=half_kernel if padding == "conv" else 0,
        )

    def forward(self, noise: Tensor, previous: Tensor) -> Tensor:
        """Add this level's detail to ``previous``.

        Args:
            noise: (n, C, h + 2m, w + 2m), already times the level's noise std; m =
                ``noise_padding``.
            previous: (n, C, h, w), the upsampled picture of the level before; zeros at the
                coarsest.

        Returns:
            (n, C, h, w), within one of ``previous``; it may leave [-1, 1] a little.
        """
        padded_noise = pad(noise, self.padding - self.noise_padding)  # (n, C, h+10, w+10)
        padded_previous = pad(previous, self.padding)  # (n, C, h+10, w+10)
        inputs = (padded_noise + padded_previous).contiguous(memory_format=CHANNELS_LAST)
        residual = torch.tanh(self.stack(inputs))  # (n, C, h, w)
        return previous + residual

    @property
    def is_local(self) -> bool:
        """Whether a pixel depends only on those within ``reach`` of it.

        Not in instance normalisation, nor in batch normalisation while training: there the
        statistics of the whole picture take part in every pixel.
        """
        return self.norm == "none" or (self.norm == "batch" and not self.training)


class Discriminator(nn.Module):
    """One level's discriminator D_n: a score for every patch, high for real ones.

    (n, C, h, w) -> (n, 1, h - 10, w - 10), unbounded. Source: paper, section 2.2.
    """

    def __init__(
        self,
        image_channels: int = 3,
        width: int = 32,
        *,
        norm: str = "batch",
        num_layers: int = 5,
        kernel_size: int = 3,
    ) -> None:
        super().__init__()
        self.norm = norm
        self.layout = CHANNELS_LAST if norm == "none" else torch.contiguous_format
        self.stack = conv_stack(
            image_channels, 1, width, norm=norm, num_layers=num_layers, kernel_size=kernel_size
        )

    def forward(self, image: Tensor) -> Tensor:
        """Patch scores (n, 1, h - 10, w - 10) of a picture (n, C, h, w)."""
        return self.stack(image.contiguous(memory_format=self.layout))

    def input_gradient(self, image: Tensor) -> Tensor:
        """How each pixel moves the sum of all scores, ``∂ ΣD / ∂ image``, by the chain rule.

        Without normalisation D is convolutions and LeakyReLUs alone. Back from the scores, a
        convolution becomes its transpose, and a LeakyReLU a factor for each value: 1 where the
        value is positive, ``NEGATIVE_SLOPE`` elsewhere. The factors are constants (their derivative is zero
        wherever it exists), so what is left is a product of weights, which an ordinary backward
        pass differentiates. Autograd finds the same by differentiating its own backward pass, and
        takes half as long again.

        Args:
            image: (n, C, h, w); no gradient reaches it.

        Returns:
            (n, C, h, w), to be differentiated with respect to the weights.

        Raises:
            ValueError: D has normalisation, through which all pixels depend on each other.
        """
        if self.norm != "none":
            raise ValueError(
                f"input_gradient is for a discriminator with norm='none'; this one has "
                f"norm={self.norm!r}. losses.input_gradient takes any."
            )
        *blocks, last = self.stack
        image, slopes = image.contiguous(memory_format=self.layout), []
        with torch.no_grad():
            for block in blocks:
                image = block(image)  # (n, width, h - 2, w - 2), then (…, h - 4, w - 4), …
                slopes.append(leaky_relu_derivative(image))
            gradient = torch.ones_like(last(image))  # of the sum to each score: (n, 1, h-10, w-10)
        gradient = F.conv_transpose2d(gradient, last.weight)  # (n, width, h - 8, w - 8)
        for block, slope in zip(reversed(blocks), reversed(slopes)):
            gradient = F.conv_transpose2d(slope * gradient, block[0].weight)
        return gradient


def leaky_relu_derivative(value: Tensor) -> Tensor:
    """The derivative of LeakyReLU: 1 where ``value`` (before or after it) is positive, else NEGATIVE_SLOPE.

    >>> leaky_relu_derivative(torch.tensor([-3.0, 0.0, 2.0]))
    tensor([0.2000, 0.2000, 1.0000])
    """
    return torch.full_like(value, NEGATIVE_SLOPE).masked_fill_(value > 0, 1)


def pad(image: Tensor, margin: int) -> Tensor:
    """Zeros (mid grey) of ``margin`` pixels on all four sides."""
    return F.pad(image, (margin, margin, margin, margin)) if margin else image


def build_generator(config: TrainConfig, level: int, image_channels: int) -> Generator:
    """The generator of ``level``; ``initialize`` or a file gives it its weights."""
    with torch.random.fork_rng(devices=[]):  # placeholders must not use up the global seed
        return Generator(
            image_channels,
            config.channels_at(level),
            norm=config.generator_norm,
            num_layers=config.num_layers,
            kernel_size=config.kernel_size,
            padding=config.padding,
        )


def build_discriminator(config: TrainConfig, level: int, image_channels: int) -> Discriminator:
    """The discriminator of ``level``; its weights are placeholders as the generator's."""
    with torch.random.fork_rng(devices=[]):
        return Discriminator(
            image_channels,
            config.channels_at(level),
            norm=config.discriminator_norm,
            num_layers=config.num_layers,
            kernel_size=config.kernel_size,
        )


def hidden_weights(network: Generator | Discriminator) -> list[nn.Parameter]:
    """The kernels between hidden layers, (width, width, k, k) each: all but the first and last."""
    return [block[0].weight for block in network.stack[1:-1]]


@torch.no_grad()
def initialize(network: nn.Module, rng: torch.Generator) -> None:
    """Draw all weights from ``rng``, as the authors' code does (its source for the numbers).

    Convolutions N(0, 0.02) with PyTorch's default bias, uniform in ±1/sqrt(inputs); normalisation
    weights N(1, 0.02) with bias zero. Every parameter is drawn, so the global seed plays no part.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            bound = 1 / math.sqrt(module.weight[0].numel())
            module.weight.normal_(0, INIT_STD, generator=rng)
            module.bias.uniform_(-bound, bound, generator=rng)
        elif isinstance(module, (nn.BatchNorm2d, nn.InstanceNorm2d)):
            module.weight.normal_(1, INIT_STD, generator=rng)
            module.bias.zero_()
