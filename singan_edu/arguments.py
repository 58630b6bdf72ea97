"""Read what callers pass: numbers, sizes, noise scales, seeds and images, each in one place.

NumPy and PyTorch scalars count as numbers. Whatever is not a finite number is refused with a
sentence, before anything is computed.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import SupportsFloat, SupportsIndex, TypeGuard

import numpy as np
import torch
from torch import Tensor

from .images import Size, round_half_up

MAX_SIZE_FACTOR = 16  # a larger factor is taken for a slip: pixels were meant
RANGE_TOLERANCE = 1e-3  # by which an image may leave [-1, 1], as rounding does

Number = SupportsFloat | SupportsIndex
SizeLike = Number | Sequence[Number] | Sequence[Sequence[Number]]
NoiseScale = Number | Sequence[Number]


def parse_number(value: object, name: str) -> float:
    """Return ``value`` as a finite float.

    Args:
        value: a Python, NumPy or PyTorch scalar.
        name: of the argument, for the message.

    Raises:
        ValueError: ``value`` is no number, or not finite.

    >>> parse_number(np.float32(0.5), "noise_scale")
    0.5
    """
    if not is_scalar(value):
        raise ValueError(f"{name}={value!r} must be a number.")
    number = float(value)  # type: ignore[arg-type]  # is_scalar has made sure
    if not math.isfinite(number):
        raise ValueError(f"{name}={number} must be a finite number.")
    return number


def is_scalar(value: object) -> bool:
    """Whether ``value`` is one real number: of Python, NumPy or PyTorch, and no truth value.

    Args:
        value: anything.

    >>> is_scalar(torch.tensor(2)), is_scalar("2"), is_scalar([2])
    (True, False, False)
    """
    if isinstance(value, (bool, np.bool_)):
        return False
    if isinstance(value, (Tensor, np.ndarray)):
        kind = value.dtype in (torch.bool, np.dtype(bool))
        return value.ndim == 0 and not kind
    return isinstance(value, (int, float, np.integer, np.floating))


def parse_whole_number(value: object, name: str) -> int:
    """Return ``value`` as an int.

    Args:
        value: a Python, NumPy or PyTorch scalar without a fraction.
        name: of the argument, for the message.

    Raises:
        ValueError: ``value`` is no whole number.

    >>> parse_whole_number(np.int64(3), "level")
    3
    """
    number = parse_number(value, name)
    if not number.is_integer():
        raise ValueError(f"{name}={value!r} must be a whole number.")
    return int(number)


def parse_size(size: object, trained: Size) -> Size:
    """Return ``size`` as (height, width) in pixels.

    Args:
        size: (height, width) in pixels, or a factor on ``trained``.
        trained: (height, width) in pixels that a factor multiplies.

    Raises:
        ValueError: neither, or smaller than a pixel, or a factor that must have been meant as
            pixels.

    >>> parse_size(1.5, (10, 20)), parse_size([np.int64(7), 9.0], (10, 20))
    ((15, 30), (7, 9))
    """
    message = f"size={size!r} must be (height, width) in pixels, or a factor above 0."
    if is_scalar(size):
        factor = parse_number(size, "size")
        if factor > MAX_SIZE_FACTOR:
            raise ValueError(
                f"size={factor:g} is a factor, which would make {factor:g} times {trained[0]} x "
                f"{trained[1]} pixels; give a size in pixels as (height, width)."
            )
        sides = [round_half_up(side * factor) for side in trained]
    elif _is_sequence(size) and len(size) == 2 and all(map(_is_whole, size)):
        sides = [int(parse_number(side, "size")) for side in size]
    else:
        raise ValueError(message)
    if min(sides) < 1:
        raise ValueError(message)
    return sides[0], sides[1]


def _is_whole(value: object) -> bool:
    """Whether ``value`` is a number without a fraction."""
    return is_scalar(value) and float(value).is_integer()  # type: ignore[arg-type]


def parse_noise_scale(noise_scale: object, levels: int) -> list[float]:
    """Return one factor per level.

    Args:
        noise_scale: one number for all levels, or a number for each.
        levels: how many levels there are.

    Raises:
        ValueError: not numbers, not finite, or not one per level.

    >>> parse_noise_scale(np.float32(0.5), 3)
    [0.5, 0.5, 0.5]
    """
    if is_scalar(noise_scale):
        return [parse_number(noise_scale, "noise_scale")] * levels
    if not _is_sequence(noise_scale):
        raise ValueError(f"noise_scale={noise_scale!r} must be a number, or one per level.")
    if len(noise_scale) != levels:
        raise ValueError(
            f"noise_scale has {len(noise_scale)} numbers; give one number, or one for "
            f"each of the {levels} trained levels."
        )
    return [parse_number(scale, "noise_scale") for scale in noise_scale]


def is_size_per_level(size: object) -> bool:
    """Whether ``size`` holds a (height, width) for each level, and not one size.

    Args:
        size: a factor, a size, or a sequence of sizes.
    """
    return _is_sequence(size) and any(_is_sequence(side) for side in size)


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    """Whether ``value`` has a length and elements: no scalar, and no text."""
    if isinstance(value, (Tensor, np.ndarray)):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def check_seed(seed: object) -> int:
    """Return the seed as a plain int.

    Args:
        seed: a whole number from 0 to 2^63 - 1, which seeds all random generators alike.

    Raises:
        ValueError: anything else.
    """
    try:
        number = operator.index(seed)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        number = -1
    if not 0 <= number < 2**63:
        raise ValueError(f"seed={seed!r} must be a whole number from 0 to 2^63 - 1.")
    return number


def new_seed() -> int:
    """Return a seed drawn from the operating system's randomness."""
    return int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> np.uint64(1))


def check_image(image: object, name: str = "The image") -> Tensor:
    """Return ``image`` as float32, detached, if its values are those of an image.

    Args:
        image: (n, C, H, W) with C = 1 or 3, values in [-1, 1].
        name: how the message calls it.

    Raises:
        TypeError: it is no tensor.
        ValueError: another shape or type, values that are not finite, or outside [-1, 1].
    """
    if not isinstance(image, Tensor):
        raise TypeError(f"{name} is a {type(image).__name__}; read it with load_image first.")
    if image.dim() != 4 or image.shape[1] not in (1, 3) or image.numel() == 0:
        raise ValueError(
            f"{name} has the shape {tuple(image.shape)}; one picture is (1, C, H, W) with "
            f"C = 1 or 3. load_image makes it so."
        )
    if not image.is_floating_point():
        raise ValueError(
            f"{name} holds values of {image.dtype}; an image holds floats in [-1, 1]. load_image "
            f"makes it so."
        )
    if not torch.isfinite(image).all():
        raise ValueError(
            f"{name} holds values that are not finite numbers; read it with load_image."
        )
    low, high = image.min().item(), image.max().item()
    if low < -1 - RANGE_TOLERANCE or high > 1 + RANGE_TOLERANCE:
        raise ValueError(
            f"{name} runs from {low:.3g} to {high:.3g}; a picture lies in [-1, 1]. load_image "
            f"makes it so."
        )
    return image.detach().float()
