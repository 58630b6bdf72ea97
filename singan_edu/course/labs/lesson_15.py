"""What lesson 15 experiments with: figures of the ledger, a failure case, and a sloppy study."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from skimage.measure import label
from torch import Tensor

from ...evaluation.metrics import pixel_diversity
from ...model import SinGAN
from ...pretrained import load_pretrained
from .. import differences
from ..plots import BLUE, GREEN, ORANGE, TITLE_SIZE

Lines = Sequence[Mapping[str, str]]  # of a table, column -> text
DRAWN = ("fidelity", "coverage", "diversity", "reconstruction")
COLOURS = (BLUE, ORANGE, GREEN)  # of pictures
SMALLEST_WINDOW = 25  # pixels; a smaller patch of sky is a gap in the rock
STUDIED = ("balloon_festival", "birds_at_dusk")


# ----------------------------------------------------------------------------------- the figures
def draw_row(table: Lines, row: str, measure: str) -> Figure:
    """Draw one row of the ledger: both sides of the switch, seed by seed, and the verdict.

    Args:
        table: of the measurements.
        row: name of the switch.
        measure: a column of the table.

    Returns:
        The figure, with a panel per picture and a line per seed.
    """
    found = differences.effect(table, row, measure)
    figure = Figure(figsize=(5.4, 2.5), layout="constrained")
    if found is None:
        figure.text(0.5, 0.5, f"{row}: {measure} is not measured", ha="center")
        return figure
    panels = figure.subplots(1, len(found.without), squeeze=False)[0]
    for ax, (picture, before), colour in zip(panels, found.without.items(), COLOURS):
        after = found.with_it[picture]
        for seed in sorted(set(before) & set(after)):
            ax.plot([0, 1], [before[seed], after[seed]], "o-", color=colour, lw=0.8, ms=5)
        ax.set_xlim(-0.4, 1.4)
        ax.set_xticks([0, 1], ["without", "with it"], fontsize=TITLE_SIZE - 1)
        ax.set_title(picture, fontsize=TITLE_SIZE)
        ax.tick_params(labelsize=TITLE_SIZE - 1)
        ax.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel(measure, fontsize=TITLE_SIZE)
    said = "more than seeds do" if found.is_significant else "no effect found"
    figure.suptitle(f"{row}: p = {found.p_value:.3f}, {said}", fontsize=TITLE_SIZE)
    return figure


def draw_ledger(table: Lines) -> Figure:
    """Draw all measured rows of the ledger: each difference between the sides, seed by seed.

    Args:
        table: of the measurements.

    Returns:
        The figure, with a panel per measure. Grey bands mark effects larger than seeds explain.
    """
    names = _measured(table)
    figure = Figure(figsize=(9, 1.1 + 0.22 * len(names)), layout="constrained")
    panels = figure.subplots(1, len(DRAWN), sharey=True)
    for ax, measure in zip(panels, DRAWN):
        for height, name in enumerate(names):
            _draw_effect(ax, height, differences.effect(table, name, measure))
        ax.set_title(measure, fontsize=TITLE_SIZE)
        ax.axvline(0, color="0.6", lw=0.8, zorder=0)
        if measure == "reconstruction":  # a few switches ruin it: a linear axis hides the others
            ax.set_xscale("symlog", linthresh=5)
            ax.set_xticks((-5, 0, 5, 20, 80), (-5, 0, 5, 20, 80), minor=False)
            ax.minorticks_off()
        ax.tick_params(labelsize=TITLE_SIZE - 2)
        ax.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(names)), names, fontsize=TITLE_SIZE - 2)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    pictures = sorted({line["picture"] for line in table})
    for picture, colour in zip(pictures, COLOURS):
        panels[0].plot([], [], "o", color=colour, ms=3, label=picture)
    figure.legend(loc="outside lower center", ncols=3, fontsize=TITLE_SIZE - 1, frameon=False)
    return figure


def _draw_effect(ax: Axes, height: int, effect: differences.Effect | None) -> None:
    """Draw one row of one panel: dots, their median, and a band if an effect was found."""
    if effect is None:
        return
    if effect.is_significant:
        ax.axhspan(height - 0.5, height + 0.5, color="0.9", zorder=-1, lw=0)
    for picture, colour in zip(effect.without, COLOURS):
        values = effect.differences(picture)
        ax.plot(values, [height] * len(values), "o", color=colour, ms=2.5, alpha=0.8)
    middle = statistics.median(effect.differences())
    ax.plot([middle, middle], [height - 0.35, height + 0.35], color="black", lw=1.4)


def _measured(table: Lines) -> list[str]:
    """List the rows of the ledger for which the table has the first of the drawn measures."""
    names = differences.names(measured=True)
    return [name for name in names if differences.effect(table, name, DRAWN[0])]


def verdicts(table: Lines) -> str:
    """Write the measured rows of the ledger with their verdicts.

    Args:
        table: of the measurements.

    Returns:
        One row per line.
    """
    names = _measured(table)
    names += [name for name in differences.names(measured=True) if name not in names]
    return "\n".join(f"{name:20}{differences.verdict(table, name)}" for name in names)


# ------------------------------------------------------------------- a discriminator to think with
def linear_discriminator(gradient: float) -> Callable[[Tensor], Tensor]:
    """Make a discriminator whose every score has a known gradient at one pixel of its own.

    Args:
        gradient: derivative of each score with respect to the first channel of its central pixel.

    Returns:
        A function of images (1, C, h, w) that returns scores (1, 1, h - 10, w - 10).
    """
    return lambda image: gradient * image[:, :1, 5:-5, 5:-5]


# ------------------------------------------------------------------------------ the failure case
def count_windows(images: Tensor) -> list[int]:
    """Count the windows in the rock of ``desert_arch``.

    A window is a piece of sky, bluer than it is red, of at least 25 pixels that the rock separates
    from the top of the image.

    Args:
        images: (n, 3, h, w) in [-1, 1].

    Returns:
        One number per image.
    """
    return [_count_windows(image[2] > image[0]) for image in images]


def _count_windows(sky: Tensor) -> int:
    found = label(sky.numpy(), connectivity=1)  # type: ignore[no-untyped-call]  # it is untyped
    pieces = torch.from_numpy(found)
    areas = torch.bincount(pieces.flatten())
    areas[pieces[0]] = 0  # a piece that touches the top is the open sky
    areas[0] = 0  # the rock
    return int((areas >= SMALLEST_WINDOW).sum())


# -------------------------------------------------------------------------------- a sloppy study
def sloppy_study(fair: bool = False) -> list[dict[str, str]]:
    """Run a study that finds an effect where there is none; exercise 15.4 asks why.

    Both sides are the same pretrained models, without any switch.

    Args:
        fair: whether to run the study without its fault.

    Returns:
        One line per picture, seed and side, column -> text.
    """
    lines = []
    for picture, seed in itertools.product(STUDIED, range(3)):
        model = load_pretrained(picture)
        for side, samples in (("without", 8), ("with", 8 if fair else 2)):
            own = seed if side == "without" else seed + 10
            drawn = model.sample(samples, seed=own)
            lines.append(_line(model, picture, side, own, drawn))
    return lines


def _line(model: SinGAN, picture: str, side: str, seed: int, drawn: Tensor) -> dict[str, str]:
    return {
        "side": side,
        "picture": picture,
        "seed": str(seed),
        "levels": str(model.plan.num_levels),
        "start_level": "0",
        "samples": str(len(drawn)),
        "diversity": f"{pixel_diversity(drawn, model.image):.4f}",
    }


def as_text(lines: Lines) -> str:
    """Write a table as text, with the names of its columns above.

    Args:
        lines: of the table, all with the same columns.

    Returns:
        Aligned columns, one line of text per line.
    """
    widths = {name: max(len(name), *(len(line[name]) for line in lines)) for name in lines[0]}
    rows = [list(lines[0]), *(list(line.values()) for line in lines)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths.values())).rstrip()
        for row in rows
    )


def study_p_value(lines: Lines) -> float:
    """Compute the p-value of a study's effect on diversity, by permutations within each picture.

    Args:
        lines: of ``sloppy_study``.

    Returns:
        How often chance alone separates the two sides as far, in [0, 1].
    """
    groups = []
    for picture in sorted({line["picture"] for line in lines}):
        sides = [
            [float(x["diversity"]) for x in lines if x["picture"] == picture and x["side"] == side]
            for side in ("without", "with")
        ]
        groups.append((sides[0], sides[1]))
    return differences.permutation_p_value(groups)
