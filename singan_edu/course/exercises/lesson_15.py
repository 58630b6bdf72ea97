"""The exercises of lesson 15, paper against code; its figures, its failure case, a sloppy study."""

from __future__ import annotations

import itertools
import math
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
from ...pyramid import plan_pyramid
from .. import differences
from ..checks import Exercise, Mistake
from ..plots import BLUE, GREEN, ORANGE, TITLE_SIZE

Lines = Sequence[Mapping[str, str]]
DRAWN = ("fidelity", "coverage", "diversity", "reconstruction")
COLOURS = (BLUE, ORANGE, GREEN)  # of pictures
SMALLEST_WINDOW = 25  # pixels; a smaller patch of sky is a gap in the rock
STUDIED = ("balloon_festival", "birds_at_dusk")


# ----------------------------------------------------------------------------------- the figures
def draw_row(table: Lines, row: str, measure: str) -> Figure:
    """Both sides of a row: a dot for each seed, the pictures beside each other, and the verdict."""
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
    said = "more than seeds do" if found.found else "no effect found"
    figure.suptitle(f"{row}: p = {found.p_value:.3f}, {said}", fontsize=TITLE_SIZE)
    return figure


def draw_ledger(table: Lines) -> Figure:
    """All measured rows: each difference between the sides, seed by seed, for four measures."""
    names = [
        name for name in differences.ids(measured=True) if differences.effect(table, name, DRAWN[0])
    ]
    figure = Figure(figsize=(9, 1.1 + 0.22 * len(names)), layout="constrained")
    panels = figure.subplots(1, len(DRAWN), sharey=True)
    for ax, measure in zip(panels, DRAWN):
        for height, name in enumerate(names):
            _draw_effect(ax, height, differences.effect(table, name, measure))
        ax.set_title(measure, fontsize=TITLE_SIZE)
        ax.axvline(0, color="0.6", lw=0.8, zorder=0)
        if measure == "reconstruction":  # a few switches ruin it
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
    """One row of one panel: dots, the median, and a band where more is found than seeds do."""
    if effect is None:
        return
    if effect.found:
        ax.axhspan(height - 0.5, height + 0.5, color="0.9", zorder=-1, lw=0)
    for picture, colour in zip(effect.without, COLOURS):
        values = effect.differences(picture)
        ax.plot(values, [height] * len(values), "o", color=colour, ms=2.5, alpha=0.8)
    middle = statistics.median(effect.differences())
    ax.plot([middle, middle], [height - 0.35, height + 0.35], color="black", lw=1.4)


def verdicts(table: Lines) -> str:
    """The measured rows with what they came to, one a line."""
    names = [
        name for name in differences.ids(measured=True) if differences.effect(table, name, DRAWN[0])
    ]
    names += [name for name in differences.ids(measured=True) if name not in names]
    return "\n".join(f"{name:20}{differences.verdict(table, name)}" for name in names)


# ------------------------------------------------------------------- a discriminator to think with
def critic(slope: float) -> Callable[[Tensor], Tensor]:
    """A discriminator whose every score has the slope ``slope``, each at a pixel of its own.

    (1, C, h, w) -> (1, 1, h - 10, w - 10), as ours.
    """
    return lambda image: slope * image[:, :1, 5:-5, 5:-5]


# ------------------------------------------------------------------------------ the failure case
def windows(pictures: Tensor) -> list[int]:
    """How many windows the rock of ``desert_arch`` has in each picture (n, 3, h, w).

    A window is a piece of sky (bluer than it is red) of 25 pixels at least that the rock shuts off
    from the top of the picture.
    """
    return [_count_windows(picture[2] > picture[0]) for picture in pictures]


def _count_windows(sky: Tensor) -> int:
    pieces = torch.from_numpy(label(sky.numpy(), connectivity=1))
    areas = torch.bincount(pieces.flatten())
    areas[pieces[0]] = 0  # what touches the top is the open sky, or rock
    areas[0] = 0
    return int((areas >= SMALLEST_WINDOW).sum())


# -------------------------------------------------------------------------------- a sloppy study
def sloppy_study(fair: bool = False) -> list[dict[str, str]]:
    """The lines of a study that finds an effect where there is none; exercise 15.4 asks why.

    Both sides are the same trained pyramids, which nobody switched.

    Args:
        fair: the same study without its fault.
    """
    lines = []
    for picture, seed in itertools.product(STUDIED, range(3)):
        pyramid = load_pretrained(picture)
        for side, samples in (("without", 8), ("with", 8 if fair else 2)):
            own = seed if side == "without" else seed + 10
            drawn = pyramid.sample(samples, seed=own)
            lines.append(_line(pyramid, picture, side, own, samples, drawn))
    return lines


def _line(
    pyramid: SinGAN, picture: str, side: str, seed: int, samples: int, drawn: Tensor
) -> dict[str, str]:
    diversity = pixel_diversity(drawn, pyramid.image)
    facts = dict(side=side, picture=picture, seed=seed, levels=pyramid.plan.num_levels)
    facts |= dict(start_level=0, samples=samples, diversity=f"{diversity:.4f}")
    return {name: str(value) for name, value in facts.items()}


def as_text(lines: Lines) -> str:
    """Lines of a table under the names of its columns."""
    widths = {name: max(len(name), *(len(line[name]) for line in lines)) for name in lines[0]}
    rows = [list(lines[0]), *(list(line.values()) for line in lines)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths.values())).rstrip()
        for row in rows
    )


def study_p_value(lines: Lines) -> float:
    """How often chance alone would separate the two sides of a study as far as they are."""
    groups = []
    for picture in sorted({line["picture"] for line in lines}):
        sides = [
            [float(x["diversity"]) for x in lines if x["picture"] == picture and x["side"] == side]
            for side in ("without", "with")
        ]
        groups.append((sides[0], sides[1]))
    return differences.permutation_p_value(groups)


# ------------------------------------------------------------------------------------ exercise 15.1
def official_levels(height: int, width: int) -> int:
    """How many levels the authors' code makes, with its defaults 25, 250 and 0.75."""
    return plan_pyramid(height, width, rule="official").num_levels


def _levels(short: float, long: float, *, rounding=math.ceil, reduced: float | None = None) -> int:
    """The authors' formula with something done otherwise."""
    down = rounding(math.log(25 / short) / math.log(0.75))
    reduced = min(250, long) if reduced is None else reduced
    skipped = rounding(math.log(reduced / long) / math.log(0.75))
    return int(down) + 1 - int(skipped) + 1


def after_the_reduction(height: int, width: int) -> int:
    """Takes the short side as it is after the reduction to 250 pixels."""
    scale = min(250 / max(height, width), 1)
    return _levels(min(height, width) * scale, max(height, width) * scale)


def steps_not_levels(height: int, width: int) -> int:
    """Gives the number of the finest level."""
    return official_levels(height, width) - 1


def papers_rule(height: int, width: int) -> int:
    """The paper's rule."""
    return plan_pyramid(height, width).num_levels


def cut_off(height: int, width: int) -> int:
    """Rounds down."""
    return _levels(min(height, width), max(height, width), rounding=math.floor)


def nothing_skipped(height: int, width: int) -> int:
    """Forgets the levels beyond 250 pixels."""
    return _levels(min(height, width), max(height, width), reduced=max(height, width))


LEVELS_OF_THE_CODE = Exercise(
    id="15.1",
    title="the pyramid of the authors' code",
    difficulty=2,
    minutes=10,
    expected=official_levels,
    cases=((188, 250), (768, 1024), (1200, 1920), (600, 400), (164, 248)),
    mistakes=(
        Mistake(
            "after the reduction",
            after_the_reduction,
            "You took the short side of the reduced photograph, which would be sensible. The code "
            "counts all levels of the photograph as it came, then takes off those above 250 "
            "pixels, and each of the two counts is rounded up.",
        ),
        Mistake(
            "steps, not levels",
            steps_not_levels,
            "One too few: the formula gives the number of the finest level, and level 0 counts, "
            "too.",
        ),
        Mistake(
            "the paper's rule",
            papers_rule,
            "This is the paper's rule, the nearest whole number of steps of 4/3. The code rounds "
            "two logarithms up, one after the other.",
        ),
        Mistake(
            "rounded down",
            cut_off,
            "You rounded down. Both logarithms are rounded up (math.ceil); so one level more "
            "stays at one end, and fewer at the other.",
        ),
        Mistake(
            "nothing skipped",
            nothing_skipped,
            "You counted the levels of the whole photograph. Those above 250 pixels are not made: "
            "take their number off.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 15.2
def read_row(without: Sequence[float], with_it: Sequence[float]) -> list[float]:
    """Median, smallest and largest of what the switch changes, seed by seed."""
    changes = [after - before for before, after in zip(without, with_it)]
    return [statistics.median(changes), min(changes), max(changes)]


def other_way_round(without: Sequence[float], with_it: Sequence[float]) -> list[float]:
    """Without less with."""
    return read_row(with_it, without)


def of_the_sides(without: Sequence[float], with_it: Sequence[float]) -> list[float]:
    """Each statistic of each side, subtracted."""
    return [f(with_it) - f(without) for f in (statistics.median, min, max)]


def mean_change(without: Sequence[float], with_it: Sequence[float]) -> list[float]:
    """The mean in place of the median."""
    _, low, high = read_row(without, with_it)
    return [statistics.mean(with_it) - statistics.mean(without), low, high]


def every_pair(without: Sequence[float], with_it: Sequence[float]) -> list[float]:
    """Compares each seed with each."""
    changes = [after - before for before in without for after in with_it]
    return [statistics.median(changes), min(changes), max(changes)]


A_ROW = Exercise(
    id="15.2",
    title="read a row",
    difficulty=1,
    minutes=5,
    expected=read_row,
    cases=(
        ([0.52, 0.61, 0.40], [0.70, 0.63, 0.55]),
        ([12.5, 11.0, 16.0, 14.0, 13.0], [12.0, 15.0, 14.5, 20.0, 13.5]),
    ),
    mistakes=(
        Mistake(
            "the other way round",
            other_way_round,
            "Your signs are the wrong way round: an effect is the value with the switch thrown "
            "less the one without.",
        ),
        Mistake(
            "statistics of the sides",
            of_the_sides,
            "You took median, smallest and largest of each side and subtracted those. They may "
            "come from different seeds; subtract seed by seed first.",
        ),
        Mistake(
            "mean",
            mean_change,
            "The first number is a mean. One wild seed moves it as far as it likes; the median "
            "stays with the middle one.",
        ),
        Mistake(
            "every pair",
            every_pair,
            "You compared every seed with every other. Here a value belongs to the one of the "
            "same seed, which began with the same z* and the same weights.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 15.3
def by_chance(without: Sequence[float], with_it: Sequence[float]) -> float:
    """The share of all ways to deal the values out that separate them as far, either way."""
    return differences.permutation_p_value([(without, with_it)])


def _dealt(without: Sequence[float], with_it: Sequence[float]) -> tuple[Tensor, float]:
    """All differences of means, and the one that was found."""
    found = statistics.mean(with_it) - statistics.mean(without)
    return differences._all_differences(without, with_it), found


def one_way_only(without: Sequence[float], with_it: Sequence[float]) -> float:
    """Counts those on the side where the found one lies."""
    dealt, found = _dealt(without, with_it)
    return (dealt * math.copysign(1, found) >= abs(found) - 1e-9).double().mean().item()


def strictly_more(without: Sequence[float], with_it: Sequence[float]) -> float:
    """Counts larger ones only."""
    dealt, found = _dealt(without, with_it)
    return (dealt.abs() > abs(found) + 1e-9).double().mean().item()


def pairs_swapped(without: Sequence[float], with_it: Sequence[float]) -> float:
    """Swaps sides within seeds."""
    changes = [b - a for a, b in zip(without, with_it)]
    sums = [
        abs(sum(sign * change for sign, change in zip(signs, changes)))
        for signs in itertools.product((1, -1), repeat=len(changes))
    ]
    return sum(one >= abs(sum(changes)) - 1e-9 for one in sums) / len(sums)


def in_every_order(without: Sequence[float], with_it: Sequence[float]) -> float:
    """The share that does less."""
    return 1 - strictly_more(without, with_it)


BY_CHANCE = Exercise(
    id="15.3",
    title="by chance alone",
    difficulty=3,
    minutes=12,
    expected=by_chance,
    cases=(
        ([0.40, 0.52, 0.61], [0.63, 0.70, 0.75]),
        ([0.40, 0.52, 0.61], [0.55, 0.63, 0.50]),
        ([5.0, 3.0, 4.0, 6.0], [4.5, 1.0, 2.0, 3.5]),
    ),
    mistakes=(
        Mistake(
            "one way only",
            one_way_only,
            "You counted one direction. Had the switch done as much the other way, you would have "
            "called it an effect as well: compare absolute values.",
        ),
        Mistake(
            "strictly more",
            strictly_more,
            "You left out those that separate the sides just as far, the found one among them; so "
            "your share can be zero, and no experiment proves that much. Count ≥.",
        ),
        Mistake(
            "pairs swapped",
            pairs_swapped,
            "You swapped sides within each seed. If seeds bind nothing together, any of the six "
            "values may stand on either side: go through all choices of three.",
        ),
        Mistake(
            "the others",
            in_every_order,
            "You gave the share of those that do no more than this. It is the rest that says how "
            "easily chance does it.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 15.4
UNFAIR = Exercise(
    id="15.4",
    title="an effect of nothing",
    difficulty=2,
    minutes=8,
    expected="samples",
    mistakes=(
        Mistake(
            "seed",
            "seed",
            "The seeds differ, and they may: they are what chance is made of, and three a side "
            "are compared. Look for what is one thing on one side and another on the other.",
        ),
        Mistake(
            "picture",
            "picture",
            "Both pictures are on both sides, as often. A fair comparison may hold as many "
            "pictures as it likes.",
        ),
        Mistake(
            "diversity",
            "diversity",
            "That is what was measured. Ask what it was measured from.",
        ),
    ),
)

EXERCISES = (LEVELS_OF_THE_CODE, A_ROW, BY_CHANCE, UNFAIR)
