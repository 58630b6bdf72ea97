"""What lesson 09 experiments with: sizes, close-ups, and the gain of a generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...evaluation.metrics import rmse
from ...images import Size, fitted_size, resize, round_half_up, size_of


def half_size(image: Tensor, max_size: int) -> Size:
    """Compute half the size of an image, or less if its long side would exceed a bound.

    Args:
        image: (1, C, H, W).
        max_size: largest long side, in pixels.

    Returns:
        (height, width) in pixels, with the aspect of the image.

    >>> half_size(torch.zeros(1, 3, 188, 250), 100)
    (75, 100)
    """
    height, width = size_of(image)
    return fitted_size(height, width, min(max_size, max(height, width) // 2))


def close_up(image: Tensor) -> Tensor:
    """Crop an image to a part that is large enough to look at, the same part at every size.

    Args:
        image: (..., H, W).

    Returns:
        A view of about 0.48 H x 0.48 W pixels.
    """
    height, width = size_of(image)
    rows = slice(round_half_up(0.3 * height), round_half_up(0.78 * height))
    columns = slice(round_half_up(0.24 * width), round_half_up(0.72 * width))
    return image[..., rows, columns]


def gain(generator: nn.Module, image: Tensor, small: Size) -> float:
    """Measure which part of the error of smooth enlargement a generator removes.

    Args:
        generator: of the level whose size ``image`` has; it gets no noise.
        image: (1, C, H, W) in [-1, 1].
        small: (height, width) of the coarser level, in pixels.

    Returns:
        1 if the whole error is removed, 0 if nothing is gained, negative if the error grows.
    """
    smooth = resize(resize(image, small), size_of(image))
    return 1 - rmse(refined(generator, smooth), image) / rmse(smooth, image)


@torch.no_grad()
def refined(generator: nn.Module, smooth: Tensor, noise: Tensor | None = None) -> Tensor:
    """Let a generator add its detail to an enlarged image.

    Args:
        generator: of one level.
        smooth: (1, C, H, W) in [-1, 1], enlarged from the coarser level.
        noise: (1, C, H, W), already multiplied by its standard deviation; None: zeros.

    Returns:
        (1, C, H, W), clamped to [-1, 1].
    """
    made: Tensor = generator(torch.zeros_like(smooth) if noise is None else noise, smooth)
    return made.clamp(-1, 1)
