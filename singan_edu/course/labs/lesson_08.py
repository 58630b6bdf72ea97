"""What lesson 08 experiments with: the table of both studies, its figures, and a faulty model."""

from __future__ import annotations

import copy
import csv
import dataclasses
from collections.abc import Mapping, Sequence
from importlib import resources

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from torch import Tensor

from ...applications.training_variants import TrainedVariant, border_influence_radius
from ...images import resize, size_of
from ...model import SinGAN
from ...networks import Generator
from ...pretrained import load_pretrained
from ..plots import BLUE, ORANGE, TITLE_SIZE, VERMILION, draw_image

TABLE = "training_variants.csv"
MARKS = dict(padding_conv="s", padding_noise="X")  # of points in draw_layouts; all others are round
FAULTY_LEVEL = 3
Row = dict[str, float | str]


# -------------------------------------------------------------------------------- the two studies
def study_rows() -> list[Row]:
    """Read the table of both studies, the numbers of scales and the borders.

    Returns:
        One dictionary per training, column -> number or word.
    """
    table = resources.files("singan_edu.course") / TABLE
    lines = table.read_text(encoding="utf-8").splitlines()
    return [{name: _number(text) for name, text in row.items()} for row in csv.DictReader(lines)]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def by_training(rows: Sequence[Row], column: str) -> dict[str, dict[str, float]]:
    """Group one column of the table by picture and seed.

    Only trainings of one picture and seed are compared with each other.

    Args:
        rows: of the table.
        column: name of a column of numbers, ``"layout"``.

    Returns:
        Picture and seed -> setting -> value, ``{"painted_coast 0": {"scales_1": 0.40, …}, …}``.
    """
    groups: dict[str, dict[str, float]] = {}
    for row in rows:
        group = groups.setdefault(f"{row['picture']} {row['seed']:.0f}", {})
        group[str(row["setting"])] = float(row[column])
    return groups


def influenced_fraction(row: Row) -> float:
    """Compute how much of the way from the border to the centre the padding influences.

    Args:
        row: of the table, one training.

    Returns:
        Influence radius of the border over half the height; 1 reaches the centre.
    """
    finest, scales = float(row["height"]), int(row["scales"])
    ratio = (float(row["coarsest_height"]) / finest) ** (1 / max(1, scales - 1))
    heights = [finest * ratio**step for step in reversed(range(scales))]
    return border_influence_radius(heights, first=int(row["padding"] == "noise")) / (finest / 2)


# ------------------------------------------------------------------------------------- the figures
def draw_scales(variants: Sequence[TrainedVariant], *, samples: int = 2) -> Figure:
    """Draw the coarsest level of each variant with the receptive field on it, and samples below.

    Args:
        variants: one column each.
        samples: how many samples of each variant.

    Returns:
        The figure.
    """
    height, width = size_of(variants[0].model.image)
    row = 9 / len(variants) * height / width + 0.08
    figure = Figure(figsize=(9, (samples + 1) * row + 0.5), layout="constrained")
    axes = figure.subplots(samples + 1, len(variants), squeeze=False)
    for column, variant in zip(axes.T, variants):
        _draw_coarsest(column[0], variant.model)
        for ax, sample in zip(column[1:], variant.samples):
            draw_image(ax, sample)
        column[1].set_title(f"layout {variant.measures['layout']:.2f}", fontsize=TITLE_SIZE)
    return figure


def _draw_coarsest(ax: Axes, model: SinGAN) -> None:
    """Draw the training image at level 0, with the square that the networks see."""
    (height, width), field = model.plan.sizes[0], model.config.receptive_field
    count = model.plan.num_levels
    words = f"{count} scale{'s' * (count > 1)}: {height} × {width}"
    draw_image(ax, resize(model.image, (height, width)), words)
    corner = ((width - field) / 2 - 0.5, (height - field) / 2 - 0.5)
    for colour, line in (("white", 2.5), (VERMILION, 1.2)):
        box = Rectangle(corner, field, field, fill=False, edgecolor=colour, linewidth=line)
        ax.add_patch(box)


def draw_maps(
    maps: Sequence[Tensor], titles: Sequence[str], *, label: str, columns: int = 3
) -> Figure:
    """Draw maps on one common colour scale that begins at zero.

    Args:
        maps: one value per pixel, (h, w) each, not negative.
        titles: one per map.
        label: of the colour scale, what the values are, with their unit.
        columns: maps per row.

    Returns:
        The figure.
    """
    rows = -(-len(maps) // columns)
    height, width = maps[0].shape
    cell = 7 / columns
    figure = Figure(figsize=(8, rows * (cell * height / width + 0.25)), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    top = max(values.max().item() for values in maps)
    for ax in axes.ravel():
        ax.axis("off")
    for ax, values, title in zip(axes.ravel(), maps, titles):
        shown = _draw_map(ax, values, title, top)
    bar = figure.colorbar(shown, ax=axes, shrink=0.9)
    bar.set_label(label, fontsize=TITLE_SIZE)
    bar.ax.tick_params(labelsize=TITLE_SIZE - 1)
    return figure


def _draw_map(ax: Axes, values: Tensor, title: str, top: float) -> AxesImage:
    ax.set_title(title, fontsize=TITLE_SIZE)
    ax.axis("off")
    return ax.imshow(values.numpy(), vmin=0, vmax=top, cmap="viridis", interpolation="nearest")


def draw_borders(variants: Sequence[TrainedVariant]) -> Figure:
    """Draw two samples of each variant, the mean of all its samples, and where they vary.

    Args:
        variants: one row each.

    Returns:
        The figure.
    """
    height, width = size_of(variants[0].samples)
    figure = Figure(figsize=(8, len(variants) * (2 * height / width + 0.22)), layout="constrained")
    axes = figure.subplots(len(variants), 4, squeeze=False)
    top = max(variant.deviations.max().item() for variant in variants)
    for row, variant in zip(axes, variants):
        pictures = [*variant.samples[:2], variant.samples.mean(dim=0)]
        titles = [variant.label.replace("padding_", "") + ": samples", "", "mean of all"]
        for ax, picture, title in zip(row, pictures, titles):
            draw_image(ax, picture, title)
        _draw_map(row[3], variant.deviations, "std over samples", top)
    return figure


def draw_layouts(points: Mapping[str, Mapping[str, tuple[float, float]]]) -> Figure:
    """Draw layout against the influence of the border, a colour per picture, a mark per variant.

    Args:
        points: picture and seed -> variant -> (influenced fraction, layout).

    Returns:
        The figure.
    """
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    ax = figure.subplots()
    pictures = list(dict.fromkeys(name.split()[0] for name in points))
    colours = dict(zip(pictures, (BLUE, ORANGE)))
    for name, variants in points.items():
        for variant, (influenced, layout) in variants.items():
            mark = MARKS.get(variant, "o")
            size = 70 if mark == "X" else 28
            colour = colours[name.split()[0]]
            ax.scatter(influenced, layout, s=size, c=colour, marker=mark, linewidths=0, alpha=0.8)
    ax.axvline(1, color="0.6", linewidth=0.9, linestyle="--", zorder=0)
    _draw_legend(ax, colours)
    ax.set_xlabel("influence radius of the border, over half the height", fontsize=TITLE_SIZE)
    ax.set_ylabel("layout", fontsize=TITLE_SIZE)
    ax.tick_params(labelsize=TITLE_SIZE - 1)
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_legend(ax: Axes, colours: Mapping[str, str]) -> None:
    """Name pictures by colour and variants by mark."""
    for picture, colour in colours.items():
        ax.scatter([], [], s=28, c=colour, marker="o", label=picture)
    for text, mark in (("1 to 5 scales, zero", "o"), ("conv", "s"), ("noise", "X")):
        ax.scatter([], [], s=40, c="0.4", marker=mark, label=text)
    ax.legend(fontsize=TITLE_SIZE - 1, frameon=False, loc="lower right")


# -------------------------------------------------------------------------------- the faulty model
def variant(name: str) -> SinGAN:
    """Load a pretrained model of the balloon festival, trained as one variant of the studies.

    Args:
        name: ``"scales_1"`` to ``"scales_5"``, ``"padding_conv"`` or ``"padding_noise"``.

    Returns:
        The model.
    """
    return load_pretrained(f"balloon_festival-{name}")


class ReplicatePaddedGenerator(Generator):
    """A generator whose previous image is padded with its own outermost pixels, not with zeros."""

    def forward(self, noise: Tensor, previous: Tensor) -> Tensor:
        """Generate an image of this level.

        Args:
            noise: (n, C, h, w), already multiplied by the level's noise standard deviation.
            previous: upsampled output of the coarser level, (n, C, h, w) in [-1, 1].

        Returns:
            (n, C, h, w).
        """
        padding = (self.radius,) * 4
        inputs = F.pad(noise, padding) + F.pad(previous, padding, mode="replicate")
        return previous + torch.tanh(self.stack(inputs))


def faulty_model(model: SinGAN | None = None) -> SinGAN:
    """Make a model in which one level has lost its zero padding; exercise 08.4 asks which.

    Args:
        model: the reference model, which stays as it is; None: the variant with five scales.

    Returns:
        A model that shares all weights with the reference.
    """
    model = model or variant("scales_5")
    generators = list(model.generators)
    generators[FAULTY_LEVEL] = copy.copy(generators[FAULTY_LEVEL])  # the weights are shared
    generators[FAULTY_LEVEL].__class__ = ReplicatePaddedGenerator
    return dataclasses.replace(model, generators=tuple(generators))
