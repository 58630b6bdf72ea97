"""The exercises of lesson 02, the receptive field."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from ...receptive_field import receptive_field
from ..labs import lesson_02 as lab
from . import Case, exercise


# ------------------------------------------------------------------------------------ exercise 02.1
def kernels_of_some_networks() -> list[Case]:
    """The sides of the kernels of five networks, layer by layer."""
    return [([3] * 5,), ([3, 3, 3],), ([7, 5, 3],), ([1, 3, 1],), ([11],)]


@exercise("02.1", "kernels of any size", dots=1, minutes=5, cases=kernels_of_some_networks)
def field_of_kernels(kernels: Sequence[int]) -> int:
    """Return the receptive field, 1 plus the sum of K - 1 over the layers."""
    return 1 + sum(kernel - 1 for kernel in kernels)


@field_of_kernels.mistake
def added_up(kernels: Sequence[int]) -> int:
    """You added the kernels up, 5 times 3 makes 15. But neighbouring kernels overlap: each layer
    adds only what sticks out, one pixel less than its kernel.
    """
    return sum(kernels)


@field_of_kernels.mistake
def without_the_pixel(kernels: Sequence[int]) -> int:
    """Each layer adds K - 1, which is right; but before the first layer a pixel sees one pixel,
    itself. Start from 1.
    """
    return sum(kernel - 1 for kernel in kernels)


@field_of_kernels.mistake
def the_widest(kernels: Sequence[int]) -> int:
    """This is what one layer sees of the layer below it. That layer has seen further already."""
    return max(kernels)


@field_of_kernels.mistake
def multiplied(kernels: Sequence[int]) -> int:
    """The sides multiply only where a layer skips pixels (a stride of its own kernel). Here all
    strides are one, and the views overlap.
    """
    return math.prod(kernels)


# ------------------------------------------------------------------------------------ exercise 02.2
@functools.cache
def untrained_networks() -> list[Case]:
    """Untrained networks of several depths and kernel sizes."""
    shapes = ((5, 3), (3, 3), (3, 5), (1, 7))  # layers, kernel
    return [
        (lab.untrained_stack(seed=3, width=8, layers=layers, kernel_size=kernel),)
        for layers, kernel in shapes
    ]


@exercise("02.2", "measure the field of any network", dots=2, minutes=8, cases=untrained_networks)
def measured_field(network: nn.Module) -> int:
    """Count the columns of outputs that change when one pixel changes."""
    return lab.measure_receptive_field(network)


@measured_field.mistake
def all_pixels_counted(network: nn.Module) -> int:
    """You counted all outputs of the square. The field is its side: ask for each column whether
    any row of it changed, and count columns.
    """
    return int((lab.influence_of_one_pixel(network) > 0).sum())


@measured_field.mistake
def to_one_side_only(network: nn.Module) -> int:
    """This is how far the view goes to one side of the middle pixel. There is another side, and
    the pixel itself.
    """
    return lab.measure_receptive_field(network) // 2


@measured_field.mistake
@torch.no_grad()
def touched_at_the_corner(network: nn.Module) -> int:
    """You touched a pixel at the corner, where most of the outputs that it would reach are beyond
    the border. Touch one in the middle.
    """
    image = torch.zeros(1, 3, lab.TEST_SIDE, lab.TEST_SIDE, dtype=torch.float64)
    touched = image.clone()
    touched[..., 0, 0] = 1
    changed = (network(touched) != network(image)).any(dim=1)[0]
    return int(changed.any(dim=0).sum())


@measured_field.mistake
def small_changes_dropped(network: nn.Module) -> int:
    """You dropped the small changes, and with them the rim of the field. What counts is whether
    an output changes at all: compare with 0, in double precision.
    """
    change = lab.influence_of_one_pixel(network)
    return int((change > change.max() / 5).any(dim=0).sum())


# ------------------------------------------------------------------------------------ exercise 02.3
def numbers_of_layers() -> list[Case]:
    """Numbers of layers."""
    return [(1,), (2,), (3,), (5,)]


def _convolved(start: Sequence[int], kernel: Sequence[int], layers: int) -> list[int]:
    """Convolve a list with the same kernel, once for each layer."""
    counts = np.array(start)
    for _ in range(layers):
        counts = np.convolve(counts, kernel)
    return [int(count) for count in counts]


@exercise("02.3", "count the ways", dots=2, minutes=10, cases=numbers_of_layers)
def paths(layers: int) -> list[int]:
    """Count the paths through kernels of three from each pixel of a line to the output."""
    return _convolved([1], [1, 1, 1], layers)


@paths.mistake
def one_layer_too_many(layers: int) -> list[int]:
    """You began with the three pixels of a kernel, so there is one layer too many. Before the
    first layer there is one pixel and one way.
    """
    return _convolved([1, 1, 1], [1, 1, 1], layers)


@paths.mistake
def every_pixel_once(layers: int) -> list[int]:
    """These are the pixels that are seen, once each. Several ways lead from a pixel in the middle
    to the output; count them all.
    """
    return [1] * receptive_field(layers)


@paths.mistake
def cut_to_the_kernel(layers: int) -> list[int]:
    """Your list does not grow: the numbers that stick out on both sides were cut off. A layer
    makes it longer by two.
    """
    counts = np.ones(3, dtype=int)
    for _ in range(layers - 1):
        counts = np.convolve(counts, [1, 1, 1], mode="same")
    return [int(count) for count in counts]


@paths.mistake
def middle_counted_twice(layers: int) -> list[int]:
    """This is Pascal's triangle, in which the middle of a kernel counts twice. All three pixels
    of a kernel lead on in one way each.
    """
    return _convolved([1], [1, 2, 1], layers)
