"""The exercises of lesson 02, the receptive field, and its drawings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from ...networks import conv_stack, initialize
from ...pyramid import PyramidPlan
from ...receptive_field import receptive_field, receptive_field_share
from ..checks import Exercise, Mistake
from ..plots import SHADES, TITLE_SIZE, VERMILION, draw_image

RED = (0.835, 0.369, 0.0)  # plots.VERMILION as numbers
CANVAS = 41  # side of the empty picture in which a field is measured


# ----------------------------------------------------------------------------------- measuring it
def fresh_stack(
    seed: int = 0, *, outputs: int = 1, width: int = 32, layers: int = 5, kernel_size: int = 3
) -> nn.Sequential:
    """Convolutions and LeakyReLUs as they are before training, in double precision.

    What reaches the edge of the field is a product of as many small weights as there are layers,
    which single precision may round away.
    """
    stack = conv_stack(
        3, outputs, width, norm="none", num_layers=layers, kernel_size=kernel_size
    ).double()
    initialize(stack, torch.Generator().manual_seed(seed))
    return stack.requires_grad_(False)


@torch.no_grad()
def changed_by_one_pixel(network: nn.Module, side: int = CANVAS) -> Tensor:
    """How far each output moves when the middle pixel of an empty picture is set to one.

    Args:
        network: maps (1, 3, h, w), in double precision, to a picture or a map.
        side: of the empty picture, odd.

    Returns:
        (h', w'), the largest change over the channels.
    """
    image = torch.zeros(1, 3, side, side, dtype=torch.float64)
    touched = image.clone()
    touched[..., side // 2, side // 2] = 1
    return (network(touched) - network(image)).abs().amax(dim=(0, 1))


def field_of(network: nn.Module) -> int:
    """Side of the square of outputs that one input pixel reaches: the receptive field, measured."""
    return int((changed_by_one_pixel(network) > 0).any(dim=0).sum())


# -------------------------------------------------------------------------------------- drawing it
def draw_maps(
    maps: Sequence[Tensor], titles: Sequence[str], *, columns: int = 5, boxes: Sequence[int] = ()
) -> Figure:
    """Maps of how much each pixel counts, bright for much, each on its own scale.

    Args:
        maps: (h, w) each, not negative. The root is drawn, so that small values are seen.
        boxes: side of a square to draw around the middle of each map.
    """
    columns = min(columns, len(maps))
    rows = math.ceil(len(maps) / columns)
    side = 8.4 / 5 if columns >= 5 else 1.9
    figure = Figure(figsize=(columns * side, rows * (side + 0.3)), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, values, title in zip(axes, maps, titles):
        ax.imshow(values.sqrt().numpy(), cmap="cividis", vmin=0, interpolation="nearest")
        ax.set_title(title, fontsize=TITLE_SIZE)
    for ax, values, side in zip(axes, maps, boxes):
        height, width = values.shape
        _frame(ax, (height - side) / 2, (width - side) / 2, side, VERMILION)
    return figure


def draw_cone(num_layers: int = 5, kernel_size: int = 3) -> Figure:
    """One row of pixels per layer, and lines from every pixel to those it is computed from."""
    field = receptive_field(num_layers, kernel_size)
    figure = Figure(figsize=(7.2, 2.9), layout="constrained")
    ax = figure.subplots()
    reach = kernel_size // 2
    for layer in range(num_layers + 1):
        half = (num_layers - layer) * reach  # the output is drawn on top, alone
        places = np.arange(-half, half + 1)
        below = places[:, None] + np.arange(-reach, reach + 1)
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


def window(size: tuple[int, int], place: tuple[float, float], field: int) -> tuple[int, int]:
    """(top, left) of the square of ``field`` pixels around ``place``, moved inside the picture.

    Args:
        size: (height, width) of the picture.
        place: (row, column) as shares of height and width.

    >>> window((25, 33), (0.0, 0.5), 11)
    (0, 11)
    """
    corner = (round(share * side - field / 2) for share, side in zip(place, size))
    return tuple(min(max(0, start), max(0, side - field)) for start, side in zip(corner, size))


def draw_windows(
    pyramid: Sequence[Tensor],
    plan: PyramidPlan,
    *,
    place: tuple[float, float] = (0.5, 0.5),
    field: int = receptive_field(),
    width: float = 8.4,
) -> Figure:
    """What ``field`` pixels cover at each level: as squares on the photograph, and as seen.

    Args:
        pyramid: (1, C, h, w) each, coarse to fine.
        place: (row, column) to look at, as shares of height and width.
        width: of the figure, in inches.
    """
    count = len(pyramid)
    columns = math.ceil(count / 2)
    height, across = plan.sizes[-1]
    photo = 0.42 * width * height / across
    figure = Figure(figsize=(width, max(photo, 0.58 * width * 2 / columns) + 0.5))
    figure.set_layout_engine("constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(0.42, 0.58))
    ax = left.subplots()
    draw_image(ax, pyramid[-1], f"{field} pixels of each level, on the photograph")
    windows = right.subplots(2, columns, squeeze=False).ravel()
    for small in windows:
        small.axis("off")
    for level, (picture, small) in enumerate(zip(pyramid, windows)):
        colour = SHADES(0.95 * (count - 1 - level) / max(1, count - 1))
        size = plan.sizes[level]
        top, first = window(size, place, field)
        scale = height / size[0]
        _frame(ax, top * scale, first * scale, field * scale, colour)
        seen = picture[..., top : top + field, first : first + field]
        share = receptive_field_share(size, field)[0]
        draw_image(small, seen, f"level {level} (n={plan.paper_scale(level)})\n{share:.0%}")
        _frame(small, 0, 0, field, colour)
    return figure


def draw_window(picture: Tensor, *, field: int, place: tuple[float, float] = (0.5, 0.5)) -> Figure:
    """A level with the square that a network of this field sees, and the square by itself."""
    height, width = picture.shape[-2:]
    figure = Figure(figsize=(6.4, 6.4 * 0.58 * height / width + 0.1), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(0.6, 0.4))
    rows, columns = min(field, height), min(field, width)
    top, first = window((height, width), place, field)
    draw_image(left, picture)
    _frame(left, top, first, columns, VERMILION, rows)
    draw_image(right, picture[..., top : top + rows, first : first + columns])
    return figure


def marked(picture: Tensor, found: Tensor) -> Tensor:
    """The picture, red where the patch around a pixel was found to be one of those looked for.

    Args:
        picture: (1, C, h, w) in [-1, 1].
        found: (h - 10, w - 10), one for each patch; True marks its middle.
    """
    margin = (picture.shape[-1] - found.shape[-1]) // 2
    mask = F.pad(found, (margin,) * 4).to(picture)  # (h, w)
    colour = picture.new_tensor(RED)[:, None, None] * 2 - 1  # (3, 1, 1)
    return picture + 0.55 * mask * (colour - picture)


def _frame(
    ax: Axes, top: float, left: float, width: float, colour: object, height: float | None = None
) -> None:
    """A square (or a rectangle) on a picture, to be seen on light and on dark."""
    for line, shade in ((3.2, "white"), (1.6, colour)):
        corner, size = (left - 0.5, top - 0.5), (width, width if height is None else height)
        ax.add_patch(Rectangle(corner, *size, fill=False, edgecolor=shade, linewidth=line))


# ------------------------------------------------------------------------------------ exercise 02.1
def field_of_kernels(kernels: Sequence[int]) -> int:
    """1 + the sum of K - 1."""
    return 1 + sum(kernel - 1 for kernel in kernels)


def added_up(kernels: Sequence[int]) -> int:
    """Adds the kernels' sides."""
    return sum(kernels)


def without_the_pixel(kernels: Sequence[int]) -> int:
    """Forgets the pixel itself."""
    return sum(kernel - 1 for kernel in kernels)


def the_widest(kernels: Sequence[int]) -> int:
    """Takes the last word of the widest kernel."""
    return max(kernels)


def multiplied(kernels: Sequence[int]) -> int:
    """Multiplies the kernels' sides."""
    return math.prod(kernels)


FIELD_OF_KERNELS = Exercise(
    id="02.1",
    title="kernels of any size",
    difficulty=1,
    minutes=5,
    expected=field_of_kernels,
    cases=(([3] * 5,), ([3, 3, 3],), ([7, 5, 3],), ([1, 3, 1],), ([11],)),
    mistakes=(
        Mistake(
            "added up",
            added_up,
            "You added the kernels up, 5 times 3 makes 15. But neighbouring kernels overlap: each "
            "layer adds only what sticks out, one pixel less than its kernel.",
        ),
        Mistake(
            "without the pixel",
            without_the_pixel,
            "Each layer adds K - 1, which is right; but before the first layer a pixel sees one "
            "pixel, itself. Start from 1.",
        ),
        Mistake(
            "the widest",
            the_widest,
            "This is what one layer sees of the layer below it. That layer has seen further "
            "already.",
        ),
        Mistake(
            "multiplied",
            multiplied,
            "The sides multiply only where a layer skips pixels (a stride of its own kernel). "
            "Here all strides are one, and the views overlap.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 02.2
def field_by_area(network: nn.Module) -> int:
    """Counts all pixels of the square."""
    return int((changed_by_one_pixel(network) > 0).sum())


def reach(network: nn.Module) -> int:
    """Counts from the middle to one side."""
    return field_of(network) // 2


@torch.no_grad()
def field_at_the_corner(network: nn.Module) -> int:
    """Touches the corner in place of the middle."""
    image = torch.zeros(1, 3, CANVAS, CANVAS, dtype=torch.float64)
    touched = image.clone()
    touched[..., 0, 0] = 1
    changed = (network(touched) != network(image)).any(dim=1)[0]
    return int(changed.any(dim=0).sum())


def field_that_matters(network: nn.Module) -> int:
    """Drops what changes by less than a fifth of the largest change."""
    change = changed_by_one_pixel(network)
    return int((change > change.max() / 5).any(dim=0).sum())


SHAPES = ((5, 3), (3, 3), (3, 5), (1, 7))  # layers, kernel
MEASURE_A_FIELD = Exercise(
    id="02.2",
    title="measure the field of any network",
    difficulty=2,
    minutes=8,
    expected=field_of,
    cases=tuple((fresh_stack(seed=3, width=8, layers=n, kernel_size=k),) for n, k in SHAPES),
    mistakes=(
        Mistake(
            "all pixels counted",
            field_by_area,
            "You counted all outputs of the square. The field is its side: ask for each column "
            "whether any row of it changed, and count columns.",
        ),
        Mistake(
            "to one side only",
            reach,
            "This is how far the view goes to one side of the middle pixel. There is another "
            "side, and the pixel itself.",
        ),
        Mistake(
            "touched at the corner",
            field_at_the_corner,
            "You touched a pixel at the corner, where most of the outputs that it would reach are "
            "beyond the border. Touch one in the middle.",
        ),
        Mistake(
            "small changes dropped",
            field_that_matters,
            "You dropped the small changes, and with them the rim of the field. What counts is "
            "whether an output changes at all: compare with 0, in double precision.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 02.3
def paths(layers: int) -> list[int]:
    """Ways through ``layers`` kernels of three, from each pixel of a line to the output."""
    counts = np.array([1])
    for _ in range(layers):
        counts = np.convolve(counts, [1, 1, 1])
    return counts.tolist()


def one_layer_too_many(layers: int) -> list[int]:
    """Starts from a kernel, not from one pixel."""
    return paths(layers + 1)


def every_pixel_once(layers: int) -> list[int]:
    """Says only whether there is a way."""
    return [1] * receptive_field(layers)


def cut_to_the_kernel(layers: int) -> list[int]:
    """Keeps three numbers, as np.convolve does with mode="same"."""
    counts = np.ones(3, dtype=int)
    for _ in range(layers - 1):
        counts = np.convolve(counts, [1, 1, 1], mode="same")
    return counts.tolist()


def middle_counted_twice(layers: int) -> list[int]:
    """A kernel of 1, 2, 1: Pascal's triangle."""
    counts = np.array([1])
    for _ in range(layers):
        counts = np.convolve(counts, [1, 2, 1])
    return counts.tolist()


COUNT_THE_PATHS = Exercise(
    id="02.3",
    title="count the ways",
    difficulty=2,
    minutes=10,
    expected=paths,
    cases=((1,), (2,), (3,), (5,)),
    mistakes=(
        Mistake(
            "one layer too many",
            one_layer_too_many,
            "You began with the three pixels of a kernel, so there is one layer too many. Before "
            "the first layer there is one pixel and one way.",
        ),
        Mistake(
            "every pixel once",
            every_pixel_once,
            "These are the pixels that are seen, once each. Several ways lead from a pixel in the "
            "middle to the output; count them all.",
        ),
        Mistake(
            "cut to the kernel",
            cut_to_the_kernel,
            "Your list does not grow: the numbers that stick out on both sides were cut off. A "
            "layer makes it longer by two.",
        ),
        Mistake(
            "middle counted twice",
            middle_counted_twice,
            "This is Pascal's triangle, in which the middle of a kernel counts twice. All three "
            "pixels of a kernel lead on in one way each.",
        ),
    ),
)

EXERCISES = (FIELD_OF_KERNELS, MEASURE_A_FIELD, COUNT_THE_PATHS)
