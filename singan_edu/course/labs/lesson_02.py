"""What lesson 02 experiments with: untrained stacks, their receptive fields measured and drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.typing import ColorType
from torch import Tensor, nn

from ...images import Size, size_of
from ...networks import conv_stack, initialize
from ...pyramid import PyramidPlan
from ...receptive_field import receptive_field, receptive_field_share
from ..plots import SHADES, TITLE_SIZE, VERMILION, draw_image

RED = (0.835, 0.369, 0.0)  # plots.VERMILION as RGB values in [0, 1]
TEST_SIDE = 41  # pixels; larger than any receptive field that is measured


# ------------------------------------------------------------------------------------ measuring it
def untrained_stack(
    seed: int = 0, *, outputs: int = 1, width: int = 32, layers: int = 5, kernel_size: int = 3
) -> nn.Sequential:
    """Return convolutions and LeakyReLUs as they are before training, in double precision.

    What reaches the edge of the receptive field is a product of as many small weights as there are
    layers. Single precision may round it to zero.

    Args:
        seed: of the random weights.
        outputs: number of output channels.
        width: number of channels between the layers.
        layers: number of convolutions.
        kernel_size: side of each kernel, in pixels.
    """
    stack = conv_stack(
        3, outputs, width, norm="none", num_layers=layers, kernel_size=kernel_size
    ).double()
    initialize(stack, torch.Generator().manual_seed(seed))
    return stack.requires_grad_(False)


@torch.no_grad()
def influence_of_one_pixel(network: nn.Module, side: int = TEST_SIDE) -> Tensor:
    """Measure how much each output changes when the centre pixel of a black image changes by one.

    Args:
        network: maps (1, 3, h, w), in double precision, to (1, C', h', w').
        side: of the image, in pixels; odd.

    Returns:
        (h', w'), the largest change over the channels.
    """
    image = torch.zeros(1, 3, side, side, dtype=torch.float64)
    changed = image.clone()
    changed[..., side // 2, side // 2] = 1
    difference: Tensor = network(changed) - network(image)
    return difference.abs().amax(dim=(0, 1))


def measure_receptive_field(network: nn.Module) -> int:
    """Measure the side of the square of outputs that one input pixel influences.

    Args:
        network: maps (1, 3, h, w), in double precision, to (1, C', h', w').

    Returns:
        The side of the receptive field, in pixels.
    """
    return int((influence_of_one_pixel(network) > 0).any(dim=0).sum())


# -------------------------------------------------------------------------------------- drawing it
def draw_maps(
    maps: Sequence[Tensor], titles: Sequence[str], *, columns: int = 5, boxes: Sequence[int] = ()
) -> Figure:
    """Draw maps of how much each pixel counts, bright for much, each on its own scale.

    Args:
        maps: (h, w) each, not negative. The root is drawn, so that small values are visible.
        titles: one for each map.
        columns: maps side by side, at most.
        boxes: side of a square to draw around the centre of each map, in pixels.
    """
    columns = min(columns, len(maps))
    rows = math.ceil(len(maps) / columns)
    inches = 8.4 / 5 if columns >= 5 else 1.9
    figure = Figure(figsize=(columns * inches, rows * (inches + 0.3)), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, values, title in zip(axes, maps, titles):
        ax.imshow(values.sqrt().numpy(), cmap="cividis", vmin=0, interpolation="nearest")
        ax.set_title(title, fontsize=TITLE_SIZE)
    for ax, values, side in zip(axes, maps, boxes):
        height, width = values.shape
        _draw_box(ax, (height - side) / 2, (width - side) / 2, side, VERMILION)
    return figure


def draw_cone(num_layers: int = 5, kernel_size: int = 3) -> Figure:
    """Draw one row of pixels per layer, and lines from each pixel to those it is computed from.

    Args:
        num_layers: number of convolutions.
        kernel_size: side of each kernel, in pixels; odd.
    """
    field = receptive_field(num_layers, kernel_size)
    figure = Figure(figsize=(7.2, 2.9), layout="constrained")
    ax = figure.subplots()
    radius = kernel_size // 2
    for layer in range(num_layers + 1):
        half = (num_layers - layer) * radius  # the output is drawn on top, alone
        places = np.arange(-half, half + 1)
        below = places[:, None] + np.arange(-radius, radius + 1)
        for place, sources in zip(places, below if layer else []):
            for source in sources:
                ax.plot([place, source], [layer, layer - 1], color="0.75", linewidth=0.8, zorder=0)
        colour = SHADES(0.15 + 0.6 * layer / num_layers)
        ax.scatter(places, [layer] * len(places), s=70, marker="s", color=colour)
        name = "input" if layer == 0 else f"after layer {layer}"
        ax.text(
            field / 2 + 0.6,
            layer,
            f"{name}: {2 * half + 1} pixel" + "s" * (half > 0),
            fontsize=TITLE_SIZE,
            va="center",
        )
    ax.set_xlim(-field / 2 - 0.2, field / 2 + 5)
    ax.axis("off")
    return figure


def window(size: Size, place: tuple[float, float], field: int) -> tuple[int, int]:
    """Return (top, left) of the square around a place, moved to lie within the image.

    Args:
        size: (height, width) of the image, in pixels.
        place: (row, column) as fractions of height and width, each in [0, 1].
        field: side of the square, in pixels.

    >>> window((25, 33), (0.0, 0.5), 11)
    (0, 11)
    """
    (height, width), (row, column) = size, place
    return _start(height, row, field), _start(width, column, field)


def _start(length: int, fraction: float, field: int) -> int:
    """The first of ``field`` pixels around a place on a side of ``length`` pixels."""
    return min(max(0, round(fraction * length - field / 2)), max(0, length - field))


def draw_windows(
    pyramid: Sequence[Tensor],
    plan: PyramidPlan,
    *,
    place: tuple[float, float] = (0.5, 0.5),
    field: int = receptive_field(),
    width: float = 8.4,
) -> Figure:
    """Draw the receptive field of each level on the training image, and its pixels beside it.

    Args:
        pyramid: (1, C, h, w) each, coarse to fine.
        plan: the plan that the pyramid was made with.
        place: (row, column) of the centre, as fractions of height and width.
        field: side of the receptive field, in pixels.
        width: of the figure, in inches.
    """
    count = len(pyramid)
    columns = math.ceil(count / 2)
    height, across = plan.sizes[-1]
    photo = 0.42 * width * height / across
    figure = Figure(figsize=(width, max(photo, 0.58 * width * 2 / columns) + 0.5))
    figure.set_layout_engine("constrained")
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(0.42, 0.58))[0]
    ax = left.subplots()
    draw_image(ax, pyramid[-1], f"{field} pixels of each level, on the training image")
    windows = right.subplots(2, columns, squeeze=False).ravel()
    for small in windows:
        small.axis("off")
    for level, (image, small) in enumerate(zip(pyramid, windows)):
        colour = SHADES(0.95 * (count - 1 - level) / max(1, count - 1))
        size = plan.sizes[level]
        top, first = window(size, place, field)
        scale = height / size[0]
        _draw_box(ax, top * scale, first * scale, field * scale, colour)
        seen = image[..., top : top + field, first : first + field]
        share = receptive_field_share(size, field)[0]
        title = f"level {level} (n={plan.paper_scale(level)})\n{share:.0%}"
        draw_image(small, seen, title, pixels=True)
        _draw_box(small, 0, 0, field, colour)
    return figure


def draw_window(image: Tensor, *, field: int, place: tuple[float, float] = (0.5, 0.5)) -> Figure:
    """Draw a level with the square that one output depends on, and the square by itself.

    Args:
        image: (1, C, h, w) in [-1, 1].
        field: side of the receptive field, in pixels.
        place: (row, column) of the centre, as fractions of height and width.
    """
    height, width = size_of(image)
    figure = Figure(figsize=(6.4, 6.4 * 0.58 * height / width + 0.1), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(0.6, 0.4))
    rows, columns = min(field, height), min(field, width)
    top, first = window((height, width), place, field)
    draw_image(left, image)
    _draw_box(left, top, first, columns, VERMILION, rows)
    draw_image(right, image[..., top : top + rows, first : first + columns])
    return figure


def highlight_patches(image: Tensor, found: Tensor) -> Tensor:
    """Tint the centre pixels of the patches that were found red.

    Args:
        image: (1, 3, h, w) in [-1, 1].
        found: (h - 10, w - 10), True for the patches to show.

    Returns:
        (1, 3, h, w) in [-1, 1].
    """
    border = (image.shape[-1] - found.shape[-1]) // 2
    mask = F.pad(found, (border,) * 4).to(image)  # (h, w)
    colour = image.new_tensor(RED)[:, None, None] * 2 - 1  # (3, 1, 1)
    return image + 0.55 * mask * (colour - image)


def _draw_box(
    ax: Axes,
    top: float,
    left: float,
    width: float,
    colour: ColorType,
    height: float | None = None,
) -> None:
    """Draw a square, or a rectangle, that is visible on light and on dark."""
    shades: list[tuple[float, ColorType]] = [(3.2, "white"), (1.6, colour)]
    for line, shade in shades:
        corner = left - 0.5, top - 0.5
        tall = width if height is None else height
        ax.add_patch(Rectangle(corner, width, tall, fill=False, edgecolor=shade, linewidth=line))
