"""What lesson 14 experiments with: figures of scores, a simulated class, and a suspect."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from skimage.measure import label
from torch import Tensor

from ...evaluation.controls import circular_shift
from ...evaluation.metrics import copy_map
from ...evaluation.scorecard import AXES, PASS_THRESHOLDS, Estimate, Score, Scorecard
from ...evaluation.study import PUBLISHED_RATES, Answer, Confusion, Trial, wilson_interval
from ...images import resize, sample_image, size_of
from .. import plots

OTHER = dict(left="right", right="left", real="fake", fake="real")
STUDENTS = 12  # in a simulated class
Sky = np.ndarray[Any, np.dtype[np.bool_]]  # (h, w), where an image shows sky


# ---------------------------------------------------------------------------------------- figures
def draw_scorecard(card: Scorecard) -> Figure:
    """Draw the axes of a scorecard side by side, one row per generator.

    Args:
        card: the scores; what passes on each axis is shaded.

    Returns:
        The figure.
    """
    names = list(card.scores)
    figure = Figure(figsize=(8.4, 0.27 * len(names) + 0.7), layout="constrained")
    for ax, axis in zip(figure.subplots(1, len(AXES), sharey=True), AXES):
        ax.axvspan(PASS_THRESHOLDS[axis], 1.05, color="0.94", zorder=0)
        for row, name in enumerate(names):
            _draw_estimate(ax, row, getattr(card[name], axis), PASS_THRESHOLDS[axis])
        ax.set_title(axis, fontsize=plots.TITLE_SIZE)
        ax.set_xlim(-0.05, 1.05)
        ax.set_yticks(range(len(names)), names, fontsize=plots.TITLE_SIZE)
        ax.tick_params(axis="x", labelsize=plots.TITLE_SIZE - 2)
        ax.spines[["top", "right"]].set_visible(False)
    ax.invert_yaxis()
    return figure


def _draw_estimate(ax: Axes, row: int, estimate: Estimate, threshold: float) -> None:
    """Draw a value with its interval: a blue dot if it passes, a red cross if not."""
    passes = estimate.value >= threshold
    colour, mark = (plots.BLUE, "o") if passes else (plots.VERMILION, "X")
    if math.isfinite(estimate.low):
        ax.plot([estimate.low, estimate.high], [row, row], color=colour, linewidth=1.5)
    ax.plot(estimate.value, row, mark, color=colour, markersize=6, clip_on=False)


def draw_scores(sample: Tensor, score: Score) -> Figure:
    """Draw one sample and the scores of its generator as bars.

    Args:
        sample: (1, C, h, w) in [-1, 1].
        score: of the generator; a black tick marks the threshold on each axis.

    Returns:
        The figure.
    """
    height, width = size_of(sample)
    tall = 4.0 * height / width
    figure = Figure(figsize=(4.0, tall + 1.9), layout="constrained")
    # Two subfigures, so that the labels of the bars do not make the sample narrower.
    grid = figure.add_gridspec(2, 1, height_ratios=[tall, 1.9])
    above, bars = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    plots.draw_image(above.subplots(), sample)
    below = bars.subplots()
    for row, axis in enumerate(AXES):
        value, threshold = getattr(score, axis).value, PASS_THRESHOLDS[axis]
        passes = value >= threshold
        colour, hatch = (plots.BLUE, None) if passes else (plots.VERMILION, "///")
        below.barh(row, min(value, 1), 0.7, color=colour, hatch=hatch, alpha=0.85)
        below.plot([threshold] * 2, [row - 0.42, row + 0.42], color="black", linewidth=2)
    below.set_yticks(range(len(AXES)), AXES, fontsize=17)
    below.set_xlim(0, 1)
    below.set_xticks([])
    below.invert_yaxis()
    below.spines[["top", "right", "bottom"]].set_visible(False)
    return figure


def draw_rates(found: Mapping[str, Confusion]) -> Figure:
    """Draw rates of confusion with their intervals, below those of the paper.

    Args:
        found: name of a study -> its result.

    Returns:
        The figure; a dashed line marks guessing.
    """
    rows = {
        f"paper, {protocol}, level {level} (n=N{-level or ''})": (
            facts["rate"],
            facts["rate"] - facts["plus_minus"],
            facts["rate"] + facts["plus_minus"],
        )
        for (protocol, level), facts in PUBLISHED_RATES.items()
    }
    ours = {name: (one.rate, *one.interval) for name, one in found.items()}
    figure = Figure(figsize=(7.2, 0.3 * len(rows | ours) + 0.75), layout="constrained")
    ax = figure.subplots()
    for row, (name, (rate, low, high)) in enumerate((rows | ours).items()):
        colour = plots.ORANGE if name in ours else plots.BLUE
        ax.plot([low, high], [row, row], color=colour, linewidth=3, alpha=0.6)
        ax.plot(rate, row, "o", color=colour)
    ax.axvline(0.5, color="0.4", linestyle="--", linewidth=1)
    ax.text(0.5, -0.75, "guessing", ha="center", fontsize=plots.TITLE_SIZE - 1)
    ax.set_yticks(range(len(rows | ours)), [*rows, *ours], fontsize=plots.TITLE_SIZE)
    ax.set_xlim(0, 0.6)
    ax.set_xlabel("share of answers that were wrong", fontsize=plots.TITLE_SIZE)
    ax.tick_params(axis="x", labelsize=plots.TITLE_SIZE - 1)
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def tint_copies(real: Tensor, fake: Tensor, *, pieces: int = 6) -> Tensor:
    """Tint the largest verbatim copies in a sample, and make everything else grey.

    Args:
        real: the training image, (1, 3, H, W) in [-1, 1].
        fake: a sample, (1, 3, H, W) in [-1, 1].
        pieces: how many copied regions get a tint of their own.

    Returns:
        (1, 3, H, W).
    """
    regions = copy_map(real, fake).regions
    picture = 0.5 * fake.mean(dim=1, keepdim=True).expand(1, 3, -1, -1) + 0.3
    areas = torch.bincount(regions.flatten())
    areas[0] = 0  # region 0 is everything that is not copied
    for rank, number in enumerate(areas.argsort(descending=True)[:pieces].tolist()):
        if areas[number]:
            shade = torch.tensor(plots.SHADES(0.95 * rank / max(1, pieces - 1))[:3]) * 2 - 1
            tinted = 0.45 * fake + 0.55 * shade.to(fake)[None, :, None, None]
            picture = torch.where(regions == number, tinted, picture)
    return picture


# ------------------------------------------------------------------------------- a simulated class
def simulate_answers(
    plan: Sequence[Trial], person: str, *, d_prime: float, bias: float = 0.0, seed: int = 0
) -> list[Answer]:
    """Simulate the answers of a person who perceives each image with a normal error.

    This is the model of signal detection theory: fakes look more fake by d' standard deviations.

    Args:
        plan: the trials.
        person: name; it also decides the random numbers.
        d_prime: sensitivity; 0 sees no difference, 1 is one standard deviation of the error.
        bias: unpaired, how much more fake than half of d' an image must look to be called fake.
        seed: of the errors.

    Returns:
        One answer per trial.
    """
    rng = random.Random(f"{person} {seed}")
    return [Answer(trial, _said(trial, d_prime, bias, rng), person) for trial in plan]


def _said(trial: Trial, d_prime: float, bias: float, rng: random.Random) -> str:
    fake, real = d_prime + rng.gauss(0, 1), rng.gauss(0, 1)
    if trial.protocol == "paired":
        return trial.truth if fake > real else OTHER[trial.truth]
    looks = fake if trial.truth == "fake" else real
    return "fake" if looks > d_prime / 2 + bias else "real"


def interval_coverage(
    rates: Sequence[float], *, answers: int, classes: int = 1000, seed: int = 0
) -> float:
    """Measure how often a 95 % Wilson interval contains the true rate, in simulated classes.

    Args:
        rates: how often each student of the population is wrong, in [0, 1]; a class draws twelve.
        answers: of each student.
        classes: how many are simulated.
        seed: of the draws.

    Returns:
        The fraction of classes whose interval contains the mean of ``rates``.
    """
    rng, truth, held = random.Random(seed), sum(rates) / len(rates), 0
    for _ in range(classes):
        students = rng.choices(rates, k=STUDENTS)
        wrong = sum(rng.random() < rate for rate in students for _ in range(answers))
        low, high = wilson_interval(wrong, STUDENTS * answers)
        held += low <= truth <= high
    return held / classes


# --------------------------------------------------------------------------- what has a structure
def has_one_window(images: Tensor, *, side: int = 64, smallest: int = 40) -> list[bool]:
    """Decide whether ``desert_arch`` is still one arch: sky above, and one window of sky inside.

    A pixel is sky where it is more blue than red. The window must not touch the border.

    Args:
        images: (n, 3, H, W) in [-1, 1].
        side: width to which they are resized first, in pixels.
        smallest: smallest area of a piece of sky that counts, in pixels of the resized image.

    Returns:
        One answer per image.
    """
    height, width = size_of(images)
    small = resize(images, (round(side * height / width), side))
    return [_one_window(sky, smallest) for sky in (small[:, 2] > small[:, 0]).numpy()]


def _one_window(sky: Sky, smallest: int) -> bool:
    numbers = label(sky, connectivity=1)  # type: ignore[no-untyped-call]  # scikit-image is untyped
    border = {*numbers[0], *numbers[-1], *numbers[:, 0], *numbers[:, -1]}
    pieces = [k for k in range(1, numbers.max() + 1) if (numbers == k).sum() >= smallest]
    return len(pieces) == 2 and sum(k in border for k in pieces) == 1


# ------------------------------------------------------------------------------------- the suspect
def suspect_photo() -> Tensor:
    """Load the training image of the suspect.

    Returns:
        (1, 3, 48, 64) in [-1, 1].
    """
    return resize(sample_image("deep_field"), (48, 64))


def suspect() -> Tensor:
    """Make three images of a generator that was not trained; exercise 14.4 asks what it does.

    Returns:
        (3, 3, 48, 64) in [-1, 1].
    """
    return circular_shift(suspect_photo(), 3, seed=0).flip(-1)
