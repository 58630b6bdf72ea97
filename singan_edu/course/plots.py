"""The figures of the course, in one visual language: pictures large, few lines, both level
numberings.

Every function returns a matplotlib figure or shows one with a text for those who cannot see it.
"""

from __future__ import annotations

import io
import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from IPython.display import DisplayHandle, Image, display
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image as Pillow
from torch import Tensor

from ..files import write_bytes
from ..images import to_pil
from ..model import SinGAN
from ..pyramid import PyramidPlan
from ..receptive_field import receptive_field
from ..training.callbacks import History
from ..training.plan import TrainingPlan
from ..training.state import Callback, TrainState

# Okabe and Ito's palette, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
TITLE_SIZE, DPI = 9, 100
SHADES = colormaps["viridis"]  # for things in an order; even in lightness
MOST_BYTES = 60_000  # of a picture in a lesson
LOSSES = {
    "discriminator": ("D: fake − real scores", BLUE),
    "gradient_penalty": ("gradient penalty", ORANGE),
    "adversarial": ("G: − fake scores", VERMILION),
    "reconstruction": ("reconstruction (MSE)", GREEN),
}


def png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def save(figure: Figure, path: str | os.PathLike) -> Path:
    """Write ``figure`` to ``path`` as PNG, whole or not at all; returns the path."""
    return write_bytes(Path(path), png(figure))


def compress_png(data: bytes, most: int = MOST_BYTES) -> bytes:
    """A PNG file of at most ``most`` bytes, so that a lesson opens at once.

    A larger one loses colours that nobody misses: it keeps 256, or as many as fit. Which ones, a
    ninth of its pixels decide, in a ninth of the time.
    """
    if len(data) <= most:
        return data
    picture = Pillow.open(io.BytesIO(data)).convert("RGB")
    third = (picture.width // 3, picture.height // 3)
    few_pixels = picture.resize(third, resample=0)  # single ones, not means
    for colours in (256, 128, 64, 32):
        if len(data) <= most:
            break
        buffer = io.BytesIO()
        palette = few_pixels.quantize(colours, kmeans=1)
        few = picture.quantize(palette=palette, dither=Pillow.Dither.NONE)
        few.save(buffer, format="PNG", optimize=True)
        data = buffer.getvalue()
    return data


def show(figure: Figure, alt: str) -> None:
    """Display ``figure`` in the notebook; ``alt`` says in words what is to be seen in it."""
    display(Image(compress_png(png(figure)), alt=alt))


def image_grid(
    images: Sequence[Tensor] | Tensor,
    titles: Sequence[str] = (),
    *,
    columns: int | None = None,
    width: float = 8.0,
) -> Figure:
    """Pictures side by side at one scale, each with its title.

    Args:
        images: pictures (1, C, h, w) or (C, h, w), or one batch (n, C, h, w), in [-1, 1].
        columns: pictures a row; all in one row, up to five, if not given.
        width: of the figure, in inches.
    """
    columns = columns or min(len(images), 5)
    rows = math.ceil(len(images) / columns)
    height, picture_width = images[0].shape[-2:]
    cell = width / columns
    row = cell * height / picture_width + (0.25 if titles else 0.05)
    figure = Figure(figsize=(width, rows * row), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, image, title in zip(axes, images, [*titles, *[""] * len(images)]):
        draw_image(ax, image, title)
    return figure


def filmstrip(pictures: Iterable[bytes], titles: Sequence[str], *, width: float = 8.0) -> Figure:
    """PNG files in a row, each with its title, for readers who cannot move a slider.

    Args:
        pictures: the bytes of each file.
        width: of the figure, in inches.
    """
    arrays = [np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB")) for data in pictures]
    rows = math.ceil(len(arrays) / 5)
    columns = math.ceil(len(arrays) / rows)
    tallest = max(array.shape[0] / array.shape[1] for array in arrays)
    lines = 1 + max(title.count("\n") for title in titles)
    row = width / columns * tallest + 0.08 + 0.16 * lines
    figure = Figure(figsize=(width, rows * row), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, array, title in zip(axes, arrays, titles):
        ax.imshow(array, interpolation="antialiased")
        ax.set_anchor("S")  # what height is left over belongs to the title
        ax.set_title(title, fontsize=TITLE_SIZE - 1)
    return figure


def comparison(expected: Tensor, yours: Tensor, *, width: float = 8.0) -> Figure:
    """Two pictures (1, C, h, w) and where they differ, on a scale that ends at the largest."""
    gap = (expected.float() - yours.float()).detach().cpu().abs().amax(dim=(0, 1))  # (h, w)
    height, picture_width = expected.shape[-2:]
    figure = Figure(figsize=(width, width / 3 * height / picture_width + 0.3), layout="constrained")
    axes = figure.subplots(1, 3)
    draw_image(axes[0], expected[0], "expected")
    draw_image(axes[1], yours[0], "yours")
    axes[2].imshow(gap.numpy(), cmap="cividis", vmin=0, interpolation="nearest")
    axes[2].set_title(f"difference, up to {gap.max():.3g}", fontsize=TITLE_SIZE)
    axes[2].axis("off")
    return figure


def paired_bars(names: Sequence[str], expected: Sequence[float], yours: Sequence[float]) -> Figure:
    """A pair of bars for each of a few named numbers: what was expected, and what came."""
    figure = Figure(figsize=(6, 1.8), layout="constrained")
    ax = figure.subplots()
    places = range(len(names))
    ax.barh([p - 0.2 for p in places], expected, 0.36, color=BLUE, label="expected")
    ax.barh([p + 0.2 for p in places], yours, 0.36, color=ORANGE, label="yours")
    ax.set_yticks(places, names, fontsize=TITLE_SIZE)
    ax.invert_yaxis()
    ax.axvline(0, color="0.6", linewidth=0.8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=TITLE_SIZE - 1, frameon=False)
    return figure


def contact_sheet(images: Sequence[Tensor] | Tensor, *, columns: int = 4, gap: int = 2) -> Tensor:
    """Pictures of one size as one picture, row by row, with white gaps of ``gap`` pixels.

    Args:
        images: (n, C, h, w), or n pictures (1, C, h, w), in [-1, 1].

    Returns:
        (1, C, rows * (h + gap) - gap, columns * (w + gap) - gap).
    """
    batch = torch.cat([image.reshape(1, *image.shape[-3:]) for image in images])
    columns = min(columns, len(batch))
    rows = math.ceil(len(batch) / columns)
    n, channels, height, width = batch.shape
    sheet = torch.ones(1, channels, rows * (height + gap) - gap, columns * (width + gap) - gap)
    for index, picture in enumerate(batch):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[0, :, top : top + height, left : left + width] = picture
    return sheet


def draw_image(ax: Axes, image: Tensor, title: str = "") -> None:
    """Show one picture, (1, C, h, w) or (C, h, w), pixel by pixel, without axes."""
    ax.imshow(np.asarray(to_pil(image).convert("RGB")), interpolation="nearest")
    ax.set_title(title, fontsize=TITLE_SIZE)
    ax.axis("off")


def plot_pyramid(
    images: Sequence[Tensor], plan: PyramidPlan, *, field: int = receptive_field()
) -> Figure:
    """Each level at one height, with the square that the networks see.

    Args:
        images: (1, C, h, w) coarse to fine, as ``image_pyramid`` makes them.
    """
    titles = [
        f"{plan.label(level)}\n{height} × {width}"
        for level, (height, width) in enumerate(plan.sizes[: len(images)])
    ]
    columns = min(len(images), 4)
    rows = math.ceil(len(images) / columns)
    height, width = plan.sizes[-1]
    figure = Figure(figsize=(8, rows * (8 / columns * height / width + 0.45)), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, image, title in zip(axes, images, titles):
        draw_image(ax, image, title)
        height, width = image.shape[-2:]
        corner = ((width - field) / 2 - 0.5, (height - field) / 2 - 0.5)
        ax.add_patch(Rectangle(corner, field, field, fill=False, edgecolor="white", linewidth=2.5))
        ax.add_patch(
            Rectangle(corner, field, field, fill=False, edgecolor=VERMILION, linewidth=1.2)
        )
    return figure


def plot_sizes(images: Sequence[Tensor], plan: PyramidPlan, *, width: float = 8.0) -> Figure:
    """All levels at one scale, coarse to fine, on one line: how large each really is.

    Args:
        images: (1, C, h, w) coarse to fine, as ``image_pyramid`` makes them.
        width: of the figure, in inches.
    """
    tallest, gap = plan.sizes[-1][0], 6 + plan.sizes[-1][1] // 25
    total = sum(size[1] + gap for size in plan.sizes) - gap
    figure = Figure(figsize=(width, width * tallest / total + 0.45))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_xlim(-1, total + 1)
    ax.set_ylim(-1, tallest + 0.45 * total / width)
    ax.axis("off")
    left = 0
    for level, (image, (height, across)) in enumerate(zip(images, plan.sizes)):
        pixels = np.asarray(to_pil(image).convert("RGB"))
        ax.imshow(pixels, extent=(left, left + across, 0, height), interpolation="nearest")
        narrow, scale = across < 0.11 * total, plan.paper_scale(level)
        text = f"level {level} (n={scale})\n{height} × {across}"
        if narrow:
            text = f"{level}\nn={scale}\n{height}×{across}"
        ax.text(left, height + gap / 2, text, fontsize=TITLE_SIZE - (2.5 if narrow else 1))
        left += across + gap
    ax.set_aspect("equal", adjustable="datalim")
    return figure


def grid_at_common_scale(
    images: Sequence[Tensor], titles: Sequence[str] = (), *, width: float = 8.0
) -> Figure:
    """Pictures of several sizes in a row, all at one scale: a pixel is as large in each.

    Args:
        images: pictures (1, C, h, w) in [-1, 1].
        titles: of each, one line.
        width: of the figure, in inches.
    """
    tallest = max(image.shape[-2] for image in images)
    gap = 0.02 * sum(image.shape[-1] for image in images)  # in pixels of the pictures
    inch = width / (sum(image.shape[-1] + gap for image in images) - gap)  # of one pixel
    height = tallest * inch + (0.25 if titles else 0.02)
    figure, left = Figure(figsize=(width, height)), 0.0
    for image, title in zip(images, [*titles, *[""] * len(images)]):
        rows, columns = (side * inch for side in image.shape[-2:])
        top = tallest * inch - rows
        ax = figure.add_axes((left / width, top / height, columns / width, rows / height))
        draw_image(ax, image, title)
        left += columns + gap * inch
    return figure


def plot_curves(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    x: str,
    y: str,
    log_x: bool = False,
    mark: float | None = None,
) -> Figure:
    """Curves in one frame, dark to bright in the order given, with a legend.

    Args:
        curves: label -> (x values, y values).
        x: label of the horizontal axis.
        y: label of the vertical axis.
        log_x: whether the horizontal axis is logarithmic.
        mark: where a vertical line stands, if there is one.
    """
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    ax = figure.subplots()
    shades = SHADES(np.linspace(0, 0.92, max(2, len(curves))))
    for (label, (xs, ys)), shade in zip(curves.items(), shades):
        ax.plot(xs, ys, ".-", color=shade, label=label, linewidth=1.4, markersize=5)
    if mark is not None:
        ax.axvline(mark, color="0.6", linewidth=0.9, linestyle="--", zorder=0)
    if log_x:
        ax.set_xscale("log")
    ax.set_xlabel(x, fontsize=TITLE_SIZE)
    ax.set_ylabel(y, fontsize=TITLE_SIZE)
    ax.tick_params(labelsize=TITLE_SIZE - 1)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=TITLE_SIZE - 1, frameon=False)
    return figure


def plot_history(history: History) -> Figure:
    """The losses of a training, level by level, each on its own axes."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    counts = iteration_counts(history.iterations)
    levels = [record["level"] for record in history.iterations]
    starts = [
        counts[index - 1] for index in range(1, len(levels)) if levels[index] != levels[index - 1]
    ]
    for ax, name in zip(figure.subplots(2, 2, sharex=True).ravel(), LOSSES):
        draw_losses(ax, history.iterations, name)
        for start in starts:
            ax.axvline(start, color="0.8", linewidth=0.8, zorder=0)
    figure.supxlabel(
        "iteration, all levels in a row (grey lines: a finer level begins)", fontsize=TITLE_SIZE
    )
    return figure


def draw_losses(ax: Axes, records: Sequence[dict[str, Any]], name: str) -> None:
    """One loss of all records in a row; the reconstruction on a logarithmic scale."""
    title, colour = LOSSES[name]
    values = [record[name] for record in records]
    ax.plot(iteration_counts(records), values, color=colour, linewidth=0.9)
    ax.set_title(title, fontsize=TITLE_SIZE)
    if name == "reconstruction":
        ax.set_yscale("log")
    ax.tick_params(labelsize=7, which="both")


def iteration_counts(records: Sequence[dict[str, Any]]) -> list[int]:
    """For each record of a history, the iterations done until then over all levels."""
    counts, before, level, last = [], 0, 0, 0
    for record in records:
        if record["level"] != level:
            before, level = before + last, record["level"]
        last = record["iteration"]
        counts.append(before + last)
    return counts


class Dashboard(Callback):
    """A live figure in the notebook: the losses, and what each level makes of the same noise.

    Args:
        history: the ``History`` that listens to the same training.
        seconds: shortest time between two drawings within a level; where drawing is slow it is
            longer, so that drawing takes a twentieth of the time at most.
    """

    def __init__(self, history: History, *, seconds: float = 3.0) -> None:
        self.history, self.seconds = history, seconds
        self.pause = seconds
        self.samples: dict[int, Tensor] = {}
        self.handle: DisplayHandle | None = None
        self.drawn = 0.0

    def training_start(self, model: SinGAN, plan: TrainingPlan) -> None:
        """Remember the plan, and what the levels that are there already make."""
        self.plan = plan.pyramid
        if model.trained_levels:
            self.samples[model.trained_levels - 1] = _preview(model)

    def iteration_end(self, state: TrainState) -> None:
        """Draw, if it is time."""
        if time.monotonic() - self.drawn >= self.pause:
            self._draw(
                state.unfinished_model(), f"iteration {state.iteration} of {state.iterations}"
            )

    def level_end(self, state: TrainState) -> None:
        """Draw what the level came to."""
        self._draw(state.model, "finished")

    def _draw(self, model: SinGAN, status: str) -> None:
        started, level = time.monotonic(), model.trained_levels - 1
        self.samples[level] = _preview(model)
        picture = Image(
            compress_png(png(self._figure(f"{self.plan.label(level)}: {status}"))),
            alt=f"Losses of the training and a sample of each level so far; "
            f"{self.plan.label(level)}, {status}.",
        )
        if self.handle is None:
            self.handle = display(picture, display_id=True)
        else:
            self.handle.update(picture)
        self.drawn = time.monotonic()
        self.pause = max(self.seconds, 20 * (self.drawn - started))

    def _figure(self, title: str) -> Figure:
        columns = max(4, self.plan.num_levels)
        figure = Figure(figsize=(9, 4.2))  # laid out by hand: automatic layout takes far longer
        figure.suptitle(title, fontsize=TITLE_SIZE + 1)
        losses = figure.add_gridspec(1, 4, left=0.05, right=0.99, bottom=0.55, top=0.86, wspace=0.3)
        pictures = figure.add_gridspec(
            1, columns, left=0.01, right=0.99, bottom=0.01, top=0.43, wspace=0.04
        )
        for ax, name in zip(losses.subplots(), LOSSES):
            draw_losses(ax, self.history.iterations, name)
        for level, ax in enumerate(pictures.subplots()):
            ax.axis("off")
            if level in self.samples:
                draw_image(
                    ax, self.samples[level], f"level {level} (n={self.plan.paper_scale(level)})"
                )
        return figure


def _preview(model: SinGAN) -> Tensor:
    """A sample (1, C, h, w), of the same noise at every call; the training does not notice."""
    with torch.no_grad():
        return model.sample(seed=0)
