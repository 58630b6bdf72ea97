"""The exercises of lesson 08, scales and borders; its table, its maps and its broken pyramid."""

from __future__ import annotations

import copy
import csv
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from torch import Tensor

from ...applications.training_variants import (
    MARGIN,
    TrainedVariant,
    border_influence_radius,
    border_variability,
    layout_correlation,
)
from ...images import resize
from ...model import SinGAN
from ...networks import Generator
from ...pretrained import load_pretrained
from ..checks import Exercise, Mistake
from ..plots import BLUE, ORANGE, TITLE_SIZE, VERMILION, draw_image

TABLE = Path(__file__).parents[1] / "training_variants.csv"
SMALL = (6, 8)  # pixels, at which nothing but the layout is left
MARKS = dict(padding_conv="s", padding_noise="X")  # of points in draw_layouts; all others are round
Row = dict[str, float | str]


# -------------------------------------------------------------------------------- the two studies
def study_rows(path: Path = TABLE) -> list[Row]:
    """The table of both studies: a dict for each training, numbers as numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: _number(text) for name, text in row.items()} for row in csv.DictReader(file)]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def by_training(rows: Sequence[Row], column: str) -> dict[str, dict[str, float]]:
    """One column, sorted out: ``{"painted_coast 0": {"scales_1": 0.40, …}, …}``.

    The outer names are picture and seed; what is compared with each other shares one.
    """
    sorted_out: dict[str, dict[str, float]] = {}
    for row in rows:
        group = sorted_out.setdefault(f"{row['picture']} {row['seed']:.0f}", {})
        group[row["setting"]] = row[column]
    return sorted_out


def share_reached(row: Row) -> float:
    """How much of the way to the middle the frame reaches in a training of the table; 1: all."""
    finest, steps = row["height"], max(1, int(row["scales"]) - 1)
    ratio = (row["coarsest_height"] / finest) ** (1 / steps)
    heights = [finest * ratio**step for step in reversed(range(int(row["scales"])))]
    return border_influence_radius(heights, first=int(row["padding"] == "noise")) / (finest / 2)


# ---------------------------------------------------------------------------------- what is drawn
def draw_scales(arms: Sequence[TrainedVariant], *, samples: int = 2) -> Figure:
    """A column for each arm: its coarsest level with the field on it, and samples below."""
    height, width = arms[0].model.image.shape[-2:]
    row = 9 / len(arms) * height / width + 0.08
    figure = Figure(figsize=(9, (samples + 1) * row + 0.5), layout="constrained")
    axes = figure.subplots(samples + 1, len(arms), squeeze=False)
    for column, arm in zip(axes.T, arms):
        _draw_coarsest(column[0], arm.model)
        for ax, sample in zip(column[1:], arm.samples):
            draw_image(ax, sample)
        column[1].set_title(f"layout {arm.measures['layout']:.2f}", fontsize=TITLE_SIZE)
    return figure


def _draw_coarsest(ax: Axes, model: SinGAN) -> None:
    """The photograph at level 0, with the square that the networks see."""
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
    """Maps (h, w) on one scale that begins at nought, which ``label`` names.

    Args:
        maps: one value for each pixel.
        label: what the values are, with their unit.
        columns: maps a row.
    """
    rows = -(-len(maps) // columns)
    height, width = maps[0].shape
    cell = 7 / columns
    size = (8, rows * (cell * height / width + 0.25))
    figure = Figure(figsize=size, layout="constrained")
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


def draw_arms(arms: Sequence[TrainedVariant]) -> Figure:
    """A row for each arm: two samples, the mean of all, and where they vary."""
    height, width = arms[0].samples.shape[-2:]
    figure = Figure(figsize=(8, len(arms) * (2 * height / width + 0.22)), layout="constrained")
    axes = figure.subplots(len(arms), 4, squeeze=False)
    top = max(arm.deviations.max().item() for arm in arms)
    for row, arm in zip(axes, arms):
        pictures = [*arm.samples[:2], arm.samples.mean(dim=0)]
        titles = [arm.label.replace("padding_", "") + ": samples", "", "mean of all"]
        for ax, picture, title in zip(row, pictures, titles):
            draw_image(ax, picture, title)
        _draw_map(row[3], arm.deviations, "std over samples", top)
    return figure


def draw_layouts(points: dict[str, dict[str, tuple[float, float]]]) -> Figure:
    """Layout against the reach of the frame: a colour for each picture, a sign for each variant.

    Args:
        points: picture and seed -> variant -> (reach, layout).
    """
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    ax = figure.subplots()
    pictures = list(dict.fromkeys(name.split()[0] for name in points))
    colours = dict(zip(pictures, (BLUE, ORANGE)))
    for name, variants in points.items():
        for variant, (reach, layout) in variants.items():
            mark = MARKS.get(variant, "o")
            size = 70 if mark == "X" else 28
            colour = colours[name.split()[0]]
            ax.scatter(reach, layout, s=size, c=colour, marker=mark, linewidths=0, alpha=0.8)
    ax.axvline(1, color="0.6", linewidth=0.9, linestyle="--", zorder=0)
    _legend(ax, colours)
    ax.set_xlabel("reach of the frame, as a share of the way to the middle", fontsize=TITLE_SIZE)
    ax.set_ylabel("layout", fontsize=TITLE_SIZE)
    ax.tick_params(labelsize=TITLE_SIZE - 1)
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def _legend(ax: Axes, colours: dict[str, str]) -> None:
    """Pictures by colour, variants by sign."""
    for picture, colour in colours.items():
        ax.scatter([], [], s=28, c=colour, marker="o", label=picture)
    for text, mark in (("1 to 5 scales, zero", "o"), ("conv", "s"), ("noise", "X")):
        ax.scatter([], [], s=40, c="0.4", marker=mark, label=text)
    ax.legend(fontsize=TITLE_SIZE - 1, frameon=False, loc="lower right")


# ------------------------------------------------------------------------------------ exercise 08.1
def layout(real: Tensor, sample: Tensor) -> float:
    """Correlation of the two pictures at 6 x 8 pixels, less the mean of each channel."""
    return layout_correlation(real, sample)


def _cosine(real: Tensor, sample: Tensor, small: Callable[[Tensor], Tensor]) -> float:
    one, other = (small(picture).flatten() for picture in (real, sample))
    return (one @ other / (one.norm() * other.norm())).item()


def not_centred(real: Tensor, sample: Tensor) -> float:
    """Leaves the mean colours in."""
    return _cosine(real, sample, lambda picture: resize(picture, SMALL))


def centred_together(real: Tensor, sample: Tensor) -> float:
    """Takes one mean of all channels away."""
    return _cosine(real, sample, lambda x: resize(x, SMALL) - resize(x, SMALL).mean())


def not_reduced(real: Tensor, sample: Tensor) -> float:
    """Compares every pixel."""
    return _cosine(real, sample, lambda x: x - x.mean(dim=(2, 3), keepdim=True))


def not_normalised(real: Tensor, sample: Tensor) -> float:
    """The mean product, which grows with the contrast."""
    one, other = (resize(picture, SMALL) for picture in (real, sample))
    one, other = (x - x.mean(dim=(2, 3), keepdim=True) for x in (one, other))
    return (one * other).mean().item()


VARIANTS = {
    name: load_pretrained(f"balloon_festival-{name}")
    for name in ("scales_2", "scales_3", "scales_5", "padding_noise")
}
PHOTO = VARIANTS["scales_3"].image

LAYOUT = Exercise(
    id="08.1",
    title="layout in a number",
    difficulty=2,
    minutes=8,
    expected=layout,
    cases=tuple((PHOTO, VARIANTS[name].sample(seed=7)) for name in ("scales_2", "scales_3")),
    mistakes=(
        Mistake(
            "not centred",
            not_centred,
            "You left the mean colours in. Any blue picture then resembles any other blue "
            "picture: take the mean of each channel away first.",
        ),
        Mistake(
            "one mean for all channels",
            centred_together,
            "You took one mean of all three channels away. What is left of a blue picture is "
            "still blue everywhere: each channel has a mean of its own, over dim=(2, 3).",
        ),
        Mistake(
            "not reduced",
            not_reduced,
            "You compared every pixel, and so asked whether each balloon is in its place. "
            "Reduce both pictures to 6 × 8 pixels first.",
        ),
        Mistake(
            "not normalised",
            not_normalised,
            "Your number grows with the contrast of the pictures. Divide by both lengths (norm), "
            "so that a copy has 1.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 08.2
def coarsest_alone(heights: Sequence[int], first: int = 0) -> float:
    """The first level's five pixels, forgetting those that the finer levels add."""
    return MARGIN * heights[-1] / heights[first]


def five_each(heights: Sequence[int], first: int = 0) -> float:
    """Adds pixels of different sizes up."""
    return float(MARGIN * len(heights[first:]))


def whole_field(heights: Sequence[int], first: int = 0) -> float:
    """The whole receptive field in place of what it sees to one side."""
    return border_influence_radius(heights, first) * (2 * MARGIN + 1) / MARGIN


def upside_down(heights: Sequence[int], first: int = 0) -> float:
    """Coarse pixels taken for the smaller ones."""
    return sum(MARGIN * height / heights[-1] for height in heights[first:])


def all_levels(heights: Sequence[int], first: int = 0) -> float:
    """A frame at every level, whatever ``first`` says."""
    return border_influence_radius(heights)


SIZES = {k: [size[0] for size in VARIANTS[f"scales_{k}"].plan.sizes] for k in (2, 3, 5)}

REACH = Exercise(
    id="08.2",
    title="how far the frame reaches",
    difficulty=2,
    minutes=8,
    expected=border_influence_radius,
    cases=((SIZES[2], 0), (SIZES[3], 0), (SIZES[5], 0), (SIZES[3], 1)),
    mistakes=(
        Mistake(
            "coarsest alone",
            coarsest_alone,
            "You counted the first frame only. What it changed is enlarged, and the next "
            "generator carries it five pixels further, and so on: add the levels up.",
        ),
        Mistake(
            "five each",
            five_each,
            "You added five pixels for each level, but they are pixels of different sizes: one "
            "of height h is heights[-1] / h pixels of the finest level wide.",
        ),
        Mistake(
            "whole field",
            whole_field,
            "You took the whole field of 11 pixels. A pixel sees 5 of them to each side.",
        ),
        Mistake(
            "upside down",
            upside_down,
            "Your ratio is upside down: a pixel of a coarse level is larger than one of the "
            "finest, so the coarse levels carry furthest.",
        ),
        Mistake(
            "all levels",
            all_levels,
            "Right when every level has a frame. Where noise takes its place at level 0, count "
            "from `first` on.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 08.3
def border_to_interior(samples: Tensor, margin: int = MARGIN) -> float:
    """How much samples vary in the border, relative to the interior."""
    return border_variability(samples, margin=margin)[0]


def _ratio(deviations: Tensor, margin: int) -> float:
    """Mean of a map (h, w) in the border over that in the interior."""
    inner = deviations[margin:-margin, margin:-margin]
    around = (deviations.sum() - inner.sum()) / (deviations.numel() - inner.numel())
    return (around / inner.mean()).item()


def contrast_for_variety(samples: Tensor, margin: int = MARGIN) -> float:
    """How much one sample varies from place to place."""
    inner = samples[..., margin:-margin, margin:-margin]
    return (samples.mean(dim=1).std(dim=(1, 2)) / inner.mean(dim=1).std(dim=(1, 2))).mean().item()


def whole_for_border(samples: Tensor, margin: int = MARGIN) -> float:
    """The whole picture in place of the border."""
    deviations = samples.mean(dim=1).std(dim=0)
    return (deviations.mean() / deviations[margin:-margin, margin:-margin].mean()).item()


def channels_apart(samples: Tensor, margin: int = MARGIN) -> float:
    """Deviations of the colours, not of the intensity."""
    return _ratio(samples.std(dim=0).mean(dim=0), margin)


def other_way_round(samples: Tensor, margin: int = MARGIN) -> float:
    """Interior over border."""
    return 1 / border_to_interior(samples, margin)


BORDER = Exercise(
    id="08.3",
    title="do samples vary less at the border?",
    difficulty=2,
    minutes=10,
    expected=border_to_interior,
    cases=tuple((VARIANTS[name].sample(8, seed=7), 5) for name in ("scales_2", "padding_noise")),
    tolerance=1e-5,
    mistakes=(
        Mistake(
            "contrast for variety",
            contrast_for_variety,
            "You measured how much one picture varies from place to place. Asked is how much a "
            "place varies from sample to sample: the standard deviation over dim=0.",
        ),
        Mistake(
            "whole for border",
            whole_for_border,
            "You compared the whole picture with its interior, which is most of it. Take the "
            "interior out of the sum, and out of the number of pixels.",
        ),
        Mistake(
            "channels apart",
            channels_apart,
            "Nearly: the study measures intensity. Average the colours of each sample first, "
            "dim=1, then take the deviation over the samples.",
        ),
        Mistake(
            "the other way round",
            other_way_round,
            "This is the interior relative to the border. Below 1 should mean: the border varies "
            "less.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 08.4
BROKEN_LEVEL = 3


class RepeatsItsEdge(Generator):
    """A generator that finds its own outermost pixels, repeated, beyond the border."""

    def forward(self, noise: Tensor, previous: Tensor) -> Tensor:
        """As ``Generator.forward``, with another frame."""
        margins = (self.radius,) * 4
        inputs = F.pad(noise, margins) + F.pad(previous, margins, mode="replicate")
        return previous + torch.tanh(self.stack(inputs))


def broken_pyramid(model: SinGAN = VARIANTS["scales_5"]) -> SinGAN:
    """A pyramid of five scales in which one level has lost its frame. Which, asks exercise 08.4."""
    generators = list(model.generators)
    generators[BROKEN_LEVEL] = copy.copy(generators[BROKEN_LEVEL])  # the weights are shared
    generators[BROKEN_LEVEL].__class__ = RepeatsItsEdge
    return dataclasses.replace(model, generators=tuple(generators))


WITHOUT_FRAME = Exercise(
    id="08.4",
    title="which level lost its frame",
    difficulty=3,
    minutes=12,
    expected=BROKEN_LEVEL,
    mistakes=(
        Mistake(
            "level 0",
            0,
            "Without its frame, level 0 would have lost the layout, and the whole picture would "
            "differ. Measure how far from the border the two pyramids differ.",
        ),
        Mistake(
            "paper's number",
            VARIANTS["scales_5"].plan.paper_scale(BROKEN_LEVEL),
            "This is the right level in the paper's counting, from the finest. Level 0 is the "
            "coarsest here.",
        ),
        Mistake(
            "the finest level",
            VARIANTS["scales_5"].plan.num_levels - 1,
            "A fault of the finest level would end five pixels from the border. Look how far in "
            "the differences go.",
        ),
        Mistake(
            "one too coarse",
            BROKEN_LEVEL - 1,
            "One too coarse: from there the fault would be carried nearly to the middle. "
            "border_influence_radius(heights, first) says how far for each level.",
        ),
    ),
)

EXERCISES = (LAYOUT, REACH, BORDER, WITHOUT_FRAME)
