"""The figures of the course: images, pyramids, curves, and the dashboard of a training run.

Every function returns a matplotlib figure; ``show`` displays one with its alternative text. Levels
are labelled in both numberings, the library's and the paper's.
"""

from __future__ import annotations

import base64
import html
import io
import itertools
import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator
from PIL import Image as Pillow
from torch import Tensor

from ..files import write_bytes
from ..images import size_of, to_pil
from ..model import SinGAN
from ..pyramid import PyramidPlan
from ..receptive_field import receptive_field
from ..training.callbacks import History
from ..training.plan import TrainingPlan
from ..training.state import Callback, TrainState

if TYPE_CHECKING:
    from IPython.display import DisplayHandle, Image

# The palette of Okabe and Ito, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
TITLE_SIZE = 9
DPI, CSS_DPI = 200, 100  # pixels of a file and of the page per inch: sharp on high-density screens
SHADES = colormaps["viridis"]  # for ordered curves; its lightness increases evenly
MAX_PICTURE_BYTES = 60_000  # of a picture in a lesson, so that the lesson opens at once
JPEG_QUALITIES = (90, 80, 70, 60)
JPEG_SCALES = (1, 0.75, 0.5)  # of the resolution, where no quality is small enough; 0.5: the page's
STRIP_COLUMNS = 5
DRAWING_SHARE = 1 / 20  # of the time of a training run that the dashboard may spend on drawing
LOSSES = {
    "discriminator": ("D: fake − real scores", BLUE),
    "gradient_penalty": ("gradient penalty", ORANGE),
    "adversarial": ("G: − fake scores", VERMILION),
    "reconstruction": ("reconstruction (MSE)", GREEN),
}


def png(figure: Figure) -> bytes:
    """Return a figure as the bytes of a PNG file.

    Args:
        figure: drawn with ``DPI`` pixels per inch.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def jpeg(figure: Figure, *, quality: int = JPEG_QUALITIES[0]) -> bytes:
    """Return a figure as the bytes of a JPEG file, which for photographs is far smaller than PNG.

    Args:
        figure: drawn with ``DPI`` pixels per inch.
        quality: 1 to 95.
    """
    buffer = io.BytesIO()
    # Full colour resolution: halved, coloured lines and letters would blur.
    options = dict(quality=quality, subsampling=0, optimize=True)
    figure.savefig(buffer, format="jpeg", dpi=DPI, pil_kwargs=options)
    return buffer.getvalue()


def save(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as a PNG or JPEG file, completely or not at all.

    Args:
        figure: the figure.
        path: of the file, ``.jpg`` for JPEG; missing folders are made.

    Returns:
        The path.
    """
    path = Path(path)
    return write_bytes(path, jpeg(figure) if path.suffix == ".jpg" else png(figure))


def compress(figure: Figure, max_bytes: int | None = None) -> bytes:
    """Return a figure as a file that is small enough for a lesson.

    A figure with images of many colours becomes a JPEG file: the first of falling resolutions and
    qualities that fits. Any other becomes a PNG file (``compress_png``).

    Args:
        figure: the figure.
        max_bytes: the wanted size; ``MAX_PICTURE_BYTES`` if not given.

    Returns:
        The bytes of a JPEG file if the figure shows photographs and is large, else of a PNG file.
    """
    max_bytes = max_bytes or MAX_PICTURE_BYTES
    data = png(figure)
    if len(data) <= max_bytes or not shows_photographs(figure):
        return compress_png(data, max_bytes)
    whole = Pillow.open(io.BytesIO(data)).convert("RGB")
    for scale, quality in itertools.product(JPEG_SCALES, JPEG_QUALITIES):
        size = (round(scale * whole.width), round(scale * whole.height))
        picture = whole.resize(size, Pillow.Resampling.LANCZOS) if scale < 1 else whole
        buffer = io.BytesIO()
        picture.save(buffer, format="JPEG", quality=quality, optimize=True)
        if buffer.tell() <= max_bytes:
            break
    return buffer.getvalue()


def shows_photographs(figure: Figure) -> bool:
    """Return whether a figure shows images of red, green and blue, not only maps and curves.

    Args:
        figure: the figure; those in it count, too.
    """
    arrays = [image.get_array() for ax in figure.axes for image in ax.get_images()]
    return any(array is not None and array.ndim == 3 for array in arrays)


def mime_bundle(figure: Figure, alt: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a figure as data and metadata by MIME type, as Jupyter displays them.

    Args:
        figure: the figure; on the page it is as wide as its size in inches.
        alt: what the figure shows, in words.

    Returns:
        The data: the file, and ``alt`` as plain text. The metadata of the file: ``alt`` and the
        width in CSS pixels.
    """
    data = compress(figure)
    kind = "image/jpeg" if data.startswith(b"\xff\xd8") else "image/png"
    width = round(figure.get_size_inches()[0] * CSS_DPI)
    return {kind: data, "text/plain": alt}, {kind: {"alt": alt, "width": width}}


def as_html(figure: Figure, alt: str) -> str:
    """Return a figure as an HTML element that holds the file.

    Args:
        figure: the figure; on the page it is as wide as its size in inches.
        alt: what the figure shows, in words.
    """
    data, facts = mime_bundle(figure, alt)
    ((kind, fact),) = facts.items()
    code = base64.b64encode(data[kind]).decode()
    source = f"data:{kind};base64,{code}"
    return f'<img alt="{html.escape(alt)}" width="{fact["width"]}" src="{source}">'


def compress_png(data: bytes, max_bytes: int = MAX_PICTURE_BYTES) -> bytes:
    """Reduce the colours of a PNG file until it is small enough.

    A smaller file is returned as it is. A larger one gets a palette of 256 colours, or of as many
    as fit, but never fewer than 32.

    Args:
        data: the bytes of the file.
        max_bytes: the wanted size.

    Returns:
        The bytes of a PNG file of the same width and height.
    """
    if len(data) <= max_bytes:
        return data
    picture = Pillow.open(io.BytesIO(data)).convert("RGB")
    # A ninth of the pixels is enough to choose the palette, and takes a ninth of the time. No
    # filter: means of pixels would be colours that the picture does not have.
    third = (picture.width // 3, picture.height // 3)
    few_pixels = picture.resize(third, resample=Pillow.Resampling.NEAREST)
    for colours in (256, 128, 64, 32):
        if len(data) <= max_bytes:
            break
        buffer = io.BytesIO()
        palette = few_pixels.quantize(colours, kmeans=1)
        few_colours = picture.quantize(palette=palette, dither=Pillow.Dither.NONE)
        few_colours.save(buffer, format="PNG", optimize=True)
        data = buffer.getvalue()
    return data


def show(figure: Figure, alt: str) -> None:
    """Display a figure in the notebook.

    Args:
        figure: the figure.
        alt: what the figure shows, in words, for readers who cannot see it.
    """
    from IPython.display import display

    display(displayed(figure, alt))


def displayed(figure: Figure, alt: str) -> Image:
    """Return a figure as an image that a notebook can display and update.

    Args:
        figure: the figure.
        alt: what the figure shows, in words.
    """
    from IPython.display import Image  # the rest of this module works without Jupyter

    data, facts = mime_bundle(figure, alt)
    ((kind, fact),) = facts.items()
    return Image(data[kind], alt=alt, width=fact["width"])


def image_grid(
    images: Sequence[Tensor] | Tensor,
    titles: Sequence[str] = (),
    *,
    columns: int | None = None,
    width: float | None = None,
    pixels: bool = False,
) -> Figure:
    """Draw images in a grid, each with its title.

    Args:
        images: images (1, C, h, w) or (C, h, w), or one batch (n, C, h, w), in [-1, 1].
        titles: of the images in order; there may be fewer titles than images.
        columns: images per row; by default all are in one row, up to five.
        width: of the figure, in inches; by default 8, or 2 for each column if that is more.
        pixels: whether every pixel is drawn as a block; otherwise images are interpolated.
    """
    columns = columns or min(len(images), STRIP_COLUMNS)
    width = width or max(8.0, 2.0 * columns)
    rows = math.ceil(len(images) / columns)
    height, image_width = size_of(images[0])
    row = width / columns * height / image_width + (0.25 if titles else 0.05)
    figure = Figure(figsize=(width, rows * row), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, image, title in zip(axes, images, [*titles, *[""] * len(images)]):
        draw_image(ax, image, title, pixels=pixels)
    return figure


def filmstrip(pictures: Iterable[bytes], titles: Sequence[str], *, width: float = 8.0) -> Figure:
    """Draw PNG files side by side, each with its title, for readers who cannot move a slider.

    Args:
        pictures: the bytes of each file.
        titles: one for each picture, of one line or several.
        width: of the figure, in inches.
    """
    arrays = [np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB")) for data in pictures]
    rows = math.ceil(len(arrays) / STRIP_COLUMNS)
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
        ax.set_anchor("S")  # leaves the spare height to the title
        ax.set_title(title, fontsize=TITLE_SIZE - 1)
    return figure


def comparison(expected: Tensor, yours: Tensor, *, width: float = 8.0) -> Figure:
    """Draw two images and their absolute difference.

    Args:
        expected: (1, C, h, w) in [-1, 1].
        yours: (1, C, h, w) in [-1, 1].
        width: of the figure, in inches.

    Returns:
        Three panels; the colours of the third end at the largest difference.
    """
    gap = (expected.float() - yours.float()).detach().cpu().abs().amax(dim=(0, 1))  # (h, w)
    height, image_width = size_of(expected)
    figure = Figure(figsize=(width, width / 3 * height / image_width + 0.3), layout="constrained")
    axes = figure.subplots(1, 3)
    draw_image(axes[0], expected[0], "expected", pixels=True)
    draw_image(axes[1], yours[0], "yours", pixels=True)
    axes[2].imshow(gap.numpy(), cmap="cividis", vmin=0, interpolation="nearest")
    axes[2].set_title(f"difference, up to {gap.max():.3g}", fontsize=TITLE_SIZE)
    axes[2].axis("off")
    return figure


def paired_bars(names: Sequence[str], expected: Sequence[float], yours: Sequence[float]) -> Figure:
    """Draw a pair of bars for each named number: the expected value, and yours.

    Args:
        names: of the numbers, from top to bottom.
        expected: the right values, in the order of the names.
        yours: the student's values, in the order of the names.
    """
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
    """Put images of one size into one image, row by row, with white gaps.

    Args:
        images: (n, C, h, w), or n images (1, C, h, w), in [-1, 1].
        columns: images per row.
        gap: between neighbouring images, in pixels.

    Returns:
        (1, C, rows * (h + gap) - gap, columns * (w + gap) - gap) in [-1, 1].
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


def draw_image(ax: Axes, image: Tensor, title: str = "", *, pixels: bool = False) -> None:
    """Draw one image into ``ax``, without axes.

    Args:
        ax: where it is drawn.
        image: (1, C, h, w) or (C, h, w) in [-1, 1].
        title: above the image.
        pixels: whether every pixel is drawn as a block; otherwise the image is interpolated.
    """
    interpolation = "nearest" if pixels else "lanczos"
    ax.imshow(np.asarray(to_pil(image).convert("RGB")), interpolation=interpolation)
    ax.set_title(title, fontsize=TITLE_SIZE)
    ax.axis("off")


def plot_pyramid(
    images: Sequence[Tensor], plan: PyramidPlan, *, field: int | None = None
) -> Figure:
    """Draw all levels enlarged to one size, with the receptive field of the networks.

    Args:
        images: (1, C, h, w) in [-1, 1], coarse to fine, as ``image_pyramid`` makes them.
        plan: of the pyramid, for sizes and labels.
        field: side of the receptive field, in pixels of the level; that of the default networks if
            it is not given.
    """
    field = field or receptive_field()
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
        draw_image(ax, image, title, pixels=True)
        height, width = image.shape[-2:]
        corner = ((width - field) / 2 - 0.5, (height - field) / 2 - 0.5)
        ax.add_patch(Rectangle(corner, field, field, fill=False, edgecolor="white", linewidth=2.5))
        ax.add_patch(
            Rectangle(corner, field, field, fill=False, edgecolor=VERMILION, linewidth=1.2)
        )
    return figure


def plot_sizes(images: Sequence[Tensor], plan: PyramidPlan, *, width: float = 8.0) -> Figure:
    """Draw all levels side by side at a common scale, coarse to fine.

    Args:
        images: (1, C, h, w) in [-1, 1], coarse to fine, as ``image_pyramid`` makes them.
        plan: of the pyramid, for sizes and labels.
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
        ax.imshow(pixels, extent=(left, left + across, 0, height), interpolation="lanczos")
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
    """Draw images of several sizes side by side at a common scale: equal pixels are equally large.

    Args:
        images: (1, C, h, w) in [-1, 1].
        titles: of the images in order, one line each.
        width: of the figure, in inches.
    """
    tallest = max(image.shape[-2] for image in images)
    gap = 0.02 * sum(image.shape[-1] for image in images)  # pixels
    pixel = width / (sum(image.shape[-1] + gap for image in images) - gap)  # inches
    height = tallest * pixel + (0.25 if titles else 0.02)
    figure, left = Figure(figsize=(width, height)), 0.0
    for image, title in zip(images, [*titles, *[""] * len(images)]):
        rows, columns = (side * pixel for side in size_of(image))
        top = tallest * pixel - rows
        ax = figure.add_axes((left / width, top / height, columns / width, rows / height))
        draw_image(ax, image, title)
        left += columns + gap * pixel
    return figure


def plot_curves(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    x: str,
    y: str,
    log_x: bool = False,
    mark: float | None = None,
) -> Figure:
    """Draw curves into one plot with a legend, from dark to bright in the given order.

    Args:
        curves: label -> (x values, y values).
        x: label of the horizontal axis.
        y: label of the vertical axis.
        log_x: whether the horizontal axis is logarithmic.
        mark: x value of a dashed vertical line; None for no line.
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
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel(x, fontsize=TITLE_SIZE)
    ax.set_ylabel(y, fontsize=TITLE_SIZE)
    ax.tick_params(labelsize=TITLE_SIZE - 1)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=TITLE_SIZE - 1, frameon=False)
    return figure


def plot_history(history: History) -> Figure:
    """Draw the losses of a training run, each on its own axes, all levels in a row.

    Args:
        history: that listened to the run.
    """
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
    """Draw one loss against the iterations; the reconstruction loss on a logarithmic scale.

    Args:
        ax: where it is drawn.
        records: of a ``History``: dicts of level, iteration and losses.
        name: of the loss, a key of ``LOSSES``.
    """
    title, colour = LOSSES[name]
    values = [record[name] for record in records]
    ax.plot(iteration_counts(records), values, color=colour, linewidth=0.9)
    ax.set_title(title, fontsize=TITLE_SIZE)
    if name == "reconstruction":
        ax.set_yscale("log")
    ax.tick_params(labelsize=7, which="both")


def iteration_counts(records: Sequence[dict[str, Any]]) -> list[int]:
    """Return for each record of a history the iterations done until then over all levels.

    Args:
        records: of a ``History``: dicts with ``level`` and ``iteration``.
    """
    counts, before, level, last = [], 0, 0, 0
    for record in records:
        if record["level"] != level:
            before, level = before + last, record["level"]
        last = record["iteration"]
        counts.append(before + last)
    return counts


class Dashboard(Callback):
    """A live figure of a training run: the losses, and a sample of every level so far.

    All samples are drawn from the same seed.

    Args:
        history: the ``History`` that listens to the same training run.
        seconds: shortest time between two drawings within a level. Where drawing is slow the pause
            is longer, so that at most a twentieth of the time is spent on drawing.
    """

    def __init__(self, history: History, *, seconds: float = 3.0) -> None:
        self.history, self.seconds = history, seconds
        self.pause = seconds
        self.samples: dict[int, Tensor] = {}
        self.handle: DisplayHandle | None = None
        self.last_drawn = 0.0

    def training_start(self, model: SinGAN, plan: TrainingPlan) -> None:
        """Remember the plan, and draw a sample from the levels that are already trained.

        Args:
            model: with the levels of an earlier run, if there are any.
            plan: of the training run.
        """
        self.plan = plan.pyramid
        if model.trained_levels:
            self.samples[model.trained_levels - 1] = _preview(model)

    def iteration_end(self, state: TrainState) -> None:
        """Update the figure if the pause is over.

        Args:
            state: of the level in training.
        """
        if time.monotonic() - self.last_drawn >= self.pause:
            self._draw(
                state.unfinished_model(), f"iteration {state.iteration} of {state.iterations}"
            )

    def level_end(self, state: TrainState) -> None:
        """Update the figure with the finished level.

        Args:
            state: of the level.
        """
        self._draw(state.model, "finished")

    def _draw(self, model: SinGAN, status: str) -> None:
        from IPython.display import display

        started, level = time.monotonic(), model.trained_levels - 1
        self.samples[level] = _preview(model)
        picture = displayed(
            self._figure(f"{self.plan.label(level)}: {status}"),
            f"Losses of the training and a sample of each level so far; "
            f"{self.plan.label(level)}, {status}.",
        )
        if self.handle is None:
            self.handle = display(picture, display_id=True)
        else:
            self.handle.update(picture)
        self.last_drawn = time.monotonic()
        self.pause = max(self.seconds, (self.last_drawn - started) / DRAWING_SHARE)

    def _figure(self, title: str) -> Figure:
        columns = max(4, self.plan.num_levels)
        figure = Figure(figsize=(9, 4.2))  # placed by hand: automatic layout takes far longer
        figure.suptitle(title, fontsize=TITLE_SIZE + 1)
        losses = figure.add_gridspec(1, 4, left=0.05, right=0.99, bottom=0.55, top=0.86, wspace=0.3)
        samples = figure.add_gridspec(
            1, columns, left=0.01, right=0.99, bottom=0.01, top=0.43, wspace=0.04
        )
        for column, name in enumerate(LOSSES):
            draw_losses(figure.add_subplot(losses[0, column]), self.history.iterations, name)
        for level in range(columns):
            ax = figure.add_subplot(samples[0, level])
            ax.axis("off")
            if level in self.samples:
                draw_image(
                    ax, self.samples[level], f"level {level} (n={self.plan.paper_scale(level)})"
                )
        return figure


def _preview(model: SinGAN) -> Tensor:
    """Return a sample (1, C, h, w) from seed 0, without touching the training's random state."""
    with torch.no_grad():
        return model.sample(seed=0)
