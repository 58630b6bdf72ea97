"""The two networks of a level: a residual generator and a discriminator that scores patches.

By default both are five 3 x 3 convolutions without padding between them, so that both have a
receptive field of 11 x 11 pixels at every level. Source: paper, section 2.2 and figure 4. Taught in
lesson 03.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import TrainConfig

NEGATIVE_SLOPE = 0.2  # of LeakyReLU below zero (authors' code)
# Memory layout of activations. Channels last is quicker on a CPU by a sixth, except for the second
# derivatives that the penalty of a normalised discriminator needs.
CHANNELS_LAST = torch.channels_last
INIT_STD = 0.02  # of convolution weights, and of normalisation weights around 1 (authors' code)


def normalisation(kind: str, channels: int) -> nn.Module:
    """Build a normalisation layer.

    In training, with a batch of one image, batch and instance normalisation compute the same. In
    eval mode they differ. Batch normalisation uses its running statistics, which keeps the
    generator local. Instance normalisation goes on with the statistics of each image. Every
    sample then has the same mean and variance of each feature, which tends to keep the number of
    objects.

    Args:
        kind: ``"batch"``, ``"instance"`` (both with learned scale and shift) or ``"none"``.
        channels: of the layer's input.
    """
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "instance":
        return InstanceNorm(channels)
    return nn.Identity()


class InstanceNorm(nn.Module):
    """Instance normalisation: each channel of each image by its own mean and variance.

    It computes what ``nn.InstanceNorm2d`` does, with parameters of the same names, and keeps the
    channels-last layout, which PyTorch's layer converts, at a cost in time.

    Args:
        channels: of the input.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, features: Tensor) -> Tensor:
        """Normalise, scale and shift.

        Args:
            features: (n, channels, h, w), h * w > 1.

        Returns:
            The same shape.
        """
        # Batch normalisation of one image; so an image's result does not depend on its batch.
        images = [self._normalise(image) for image in torch.split(features, 1)]
        return images[0] if len(images) == 1 else torch.cat(images)

    def _normalise(self, image: Tensor) -> Tensor:
        return F.batch_norm(image, None, None, self.weight, self.bias, training=True)


class ConvBlock(nn.Sequential):
    """Convolution, normalisation, LeakyReLU (paper, section 2.2).

    Args:
        in_channels: of the input, (n, in_channels, h, w).
        out_channels: of the output, (n, out_channels, h - k + 1 + 2p, w - k + 1 + 2p).
        norm: ``"batch"``, ``"instance"`` or ``"none"``.
        kernel_size: k, in pixels.
        padding: p zeros on each side.
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

    @property
    def convolution(self) -> nn.Conv2d:
        """The first layer."""
        layer = self[0]
        assert isinstance(layer, nn.Conv2d)
        return layer


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
    """Build the stack of both networks: blocks, then a convolution alone.

    Args:
        image_channels: of the input.
        out_channels: of the output.
        width: channels of the hidden layers.
        norm: ``"batch"``, ``"instance"`` or ``"none"``.
        num_layers: number of convolutions.
        kernel_size: of each, in pixels.
        padding: zeros on each side of every layer's input.
    """
    channels = [image_channels] + [width] * (num_layers - 1)
    blocks = [
        ConvBlock(before, after, norm=norm, kernel_size=kernel_size, padding=padding)
        for before, after in zip(channels, channels[1:])
    ]
    return nn.Sequential(
        *blocks, nn.Conv2d(channels[-1], out_channels, kernel_size, padding=padding)
    )


class Generator(nn.Module):
    """The generator G_n of one level: adds the detail that the coarser levels lack.

    ``G(noise, previous) = previous + tanh(stack(noise + previous))`` (paper, eq. 5): the stack
    predicts a residual, bounded by one.

    Args:
        image_channels: 1 or 3.
        width: channels of the hidden layers.
        norm: ``"batch"``, ``"instance"`` or ``"none"``.
        num_layers: number of convolutions.
        kernel_size: of each, in pixels.
        padding: what stands beyond the border of the image. ``"zero"``: noise and previous image
            are padded with zeros, once, before the first layer. ``"noise"``: only the previous
            image is; the noise arrives larger. ``"conv"``: zeros in every layer (for the study of
            borders only).
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
        self.radius = num_layers * half_kernel  # of the receptive field: 5 pixels
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
            noise: (n, C, h + 2p, w + 2p), already multiplied by the level's noise std; p is
                ``noise_padding``. At level 0 one channel serves all.
            previous: (n, C, h, w), the upsampled output of the previous level; zeros at level 0.

        Returns:
            (n, C, h, w); differs from ``previous`` by less than 1, and may leave [-1, 1] a little.
        """
        inputs = self.padded_inputs(noise, previous)  # (n, C, h + 2p, w + 2p), p = self.padding
        residual = torch.tanh(self.stack(inputs))  # (n, C, h, w)
        return previous + residual

    def padded_inputs(self, noise: Tensor, previous: Tensor) -> Tensor:
        """Add noise and previous image, both padded as far as the stack shrinks them.

        Args:
            noise: (n, C, h + 2p, w + 2p), p is ``noise_padding``.
            previous: (n, C, h, w).

        Returns:
            (n, C, h + 2q, w + 2q), q is ``padding``.
        """
        padded_noise = pad(noise, self.padding - self.noise_padding)
        padded_previous = pad(previous, self.padding)
        return (padded_noise + padded_previous).contiguous(memory_format=CHANNELS_LAST)

    @property
    def is_local(self) -> bool:
        """Whether an output pixel depends only on its receptive field.

        With instance normalisation, or batch normalisation in training mode, the statistics of the
        whole image influence every pixel, besides its receptive field.
        """
        return self.norm == "none" or (self.norm == "batch" and not self.training)


class Discriminator(nn.Module):
    """The discriminator D_n of one level: scores every patch, high for real ones.

    (n, C, h, w) -> (n, 1, h - 10, w - 10), unbounded. Source: paper, section 2.2.

    Args:
        image_channels: 1 or 3.
        width: channels of the hidden layers.
        norm: ``"batch"``, ``"instance"`` or ``"none"``.
        num_layers: number of convolutions.
        kernel_size: of each, in pixels.
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
        """Score every patch.

        Args:
            image: (n, C, h, w).

        Returns:
            (n, 1, h - 10, w - 10).
        """
        scores: Tensor = self.stack(image.contiguous(memory_format=self.layout))
        return scores

    def input_gradient(self, image: Tensor) -> Tensor:
        """Compute the gradient of the sum of all scores by the chain rule, ``∂ ΣD / ∂ image``.

        Without normalisation D consists of convolutions and LeakyReLUs. Going backwards, a
        convolution becomes its transpose, and a LeakyReLU a factor for each value: 1 where the
        value is positive, ``NEGATIVE_SLOPE`` elsewhere. The factors are constants, because their
        derivative is zero wherever it exists. What is left is a product of weights, which an
        ordinary backward pass differentiates. Autograd gets the same by differentiating its own
        backward pass, and needs half as much time again.

        Args:
            image: (n, C, h, w); no gradient flows to it.

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
        blocks, last = split_stack(self.stack)
        image, derivatives = image.contiguous(memory_format=self.layout), []
        with torch.no_grad():
            for block in blocks:
                image = block(image)  # (n, width, h - 2, w - 2), then (…, h - 4, w - 4), …
                derivatives.append(leaky_relu_derivative(image))
            gradient = torch.ones_like(last(image))  # of the sum to each score: (n, 1, h-10, w-10)
        gradient = F.conv_transpose2d(gradient, last.weight)  # (n, width, h - 8, w - 8)
        for block, derivative in zip(reversed(blocks), reversed(derivatives)):
            gradient = F.conv_transpose2d(derivative * gradient, block.convolution.weight)
        return gradient


def split_stack(stack: nn.Sequential) -> tuple[list[ConvBlock], nn.Conv2d]:
    """Split what ``conv_stack`` built into its blocks and its last convolution.

    Args:
        stack: of a generator or discriminator.
    """
    *blocks, last = stack
    assert isinstance(last, nn.Conv2d)
    return [block for block in blocks if isinstance(block, ConvBlock)], last


def leaky_relu_derivative(value: Tensor) -> Tensor:
    """Return the derivative of LeakyReLU: 1 for positive values, else ``NEGATIVE_SLOPE``.

    Args:
        value: the layer's input or output, which have the same sign; any shape.

    >>> leaky_relu_derivative(torch.tensor([-3.0, 0.0, 2.0]))
    tensor([0.2000, 0.2000, 1.0000])
    """
    return torch.full_like(value, NEGATIVE_SLOPE).masked_fill_(value > 0, 1)


def pad(image: Tensor, padding: int) -> Tensor:
    """Pad an image with zeros (mid grey) on all four sides.

    Args:
        image: (n, C, h, w).
        padding: in pixels, 0 or more.
    """
    return F.pad(image, (padding, padding, padding, padding)) if padding else image


def build_generator(config: TrainConfig, level: int, image_channels: int) -> Generator:
    """Build the generator of a level; ``initialize`` or a file gives it its weights.

    Args:
        config: its architecture.
        level: 0 is the coarsest.
        image_channels: 1 or 3.
    """
    with torch.random.fork_rng(devices=[]):  # placeholders must not use up the global seed
        return Generator(
            image_channels,
            config.channels_at(level),
            norm=config.generator_norm,
            num_layers=config.num_layers,
            kernel_size=config.kernel_size,
            padding=config.padding,
        ).float()


def build_discriminator(config: TrainConfig, level: int, image_channels: int) -> Discriminator:
    """Build the discriminator of a level; ``initialize`` or a file gives it its weights.

    Args:
        config: its architecture.
        level: 0 is the coarsest.
        image_channels: 1 or 3.
    """
    with torch.random.fork_rng(devices=[]):
        return Discriminator(
            image_channels,
            config.channels_at(level),
            norm=config.discriminator_norm,
            num_layers=config.num_layers,
            kernel_size=config.kernel_size,
        ).float()


def hidden_weights(network: Generator | Discriminator) -> list[Tensor]:
    """List the weights of the hidden layers, (width, width, k, k) each.

    Args:
        network: of which all convolutions but the first and the last are hidden.
    """
    return [block.convolution.weight for block in split_stack(network.stack)[0][1:]]


@torch.no_grad()
def initialize(network: nn.Module, rng: torch.Generator) -> None:
    """Draw all weights, as the authors' code does.

    Convolutions N(0, 0.02) with PyTorch's default bias, uniform in ±1/sqrt(inputs); normalisation
    weights N(1, 0.02) with bias zero. Every parameter is drawn, so the global seed plays no part.

    Args:
        network: is changed in place.
        rng: on the CPU.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            bound = 1 / math.sqrt(module.weight[0].numel())
            module.weight.normal_(0, INIT_STD, generator=rng)
            assert module.bias is not None
            module.bias.uniform_(-bound, bound, generator=rng)
        elif isinstance(module, (nn.BatchNorm2d, InstanceNorm)):
            module.weight.normal_(1, INIT_STD, generator=rng)
            module.bias.zero_()
