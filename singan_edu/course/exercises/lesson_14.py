"""The exercises of lesson 14, evaluation; its simulated class, its figures and its suspect."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

import torch
from matplotlib.figure import Figure
from skimage.measure import label
from torch import Tensor

from ...evaluation.controls import circular_shift
from ...evaluation.metrics import copy_map
from ...evaluation.scorecard import AXES, PASS_THRESHOLDS, Score, Scorecard
from ...evaluation.sifid import frechet_distance
from ...evaluation.study import PUBLISHED, Answer, Confusion, Trial, wilson_interval
from ...images import resize, sample_image
from .. import plots
from ..checks import Exercise, Mistake

Words = Sequence[str | None]
OTHER = dict(left="right", right="left", real="fake", fake="real")


# ---------------------------------------------------------------------------------------- figures
def draw_scorecard(card: Scorecard) -> Figure:
    """The four axes side by side, a generator a row, with what is enough on each."""
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


def _draw_estimate(ax, row: int, estimate, enough: float) -> None:
    """A point with its interval; blue and round if it is enough, a red cross if not."""
    good = estimate.value >= enough
    colour, mark = (plots.BLUE, "o") if good else (plots.VERMILION, "X")
    if math.isfinite(estimate.low):
        ax.plot([estimate.low, estimate.high], [row, row], color=colour, linewidth=1.5)
    ax.plot(estimate.value, row, mark, color=colour, markersize=6, clip_on=False)


def draw_scores(sample: Tensor, score: Score) -> Figure:
    """One sample, and the four numbers of its generator as bars, each with what is enough."""
    height, width = sample.shape[-2:]
    tall = 4.0 * height / width
    figure = Figure(figsize=(4.0, tall + 1.9), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=[tall, 1.9])
    plots.draw_image(above, sample)
    for row, axis in enumerate(AXES):
        value = getattr(score, axis).value
        good = value >= PASS_THRESHOLDS[axis]
        colour = plots.BLUE if good else plots.VERMILION
        below.barh(row, min(value, 1), 0.7, color=colour, hatch=None if good else "///", alpha=0.85)
        below.plot(
            [PASS_THRESHOLDS[axis]] * 2, [row - 0.42, row + 0.42], color="black", linewidth=2
        )
    below.set_yticks(range(len(AXES)), AXES, fontsize=17)
    below.set_xlim(0, 1)
    below.set_xticks([])
    below.invert_yaxis()
    below.spines[["top", "right", "bottom"]].set_visible(False)
    return figure


def draw_rates(found: Mapping[str, Confusion]) -> Figure:
    """Rates of confusion with their intervals, below those of the paper, and where guessing is."""
    rows = {
        f"paper, {protocol}, level {level} (n=N{-level or ''})": (
            facts["rate"],
            facts["rate"] - facts["plus_minus"],
            facts["rate"] + facts["plus_minus"],
        )
        for (protocol, level), facts in PUBLISHED.items()
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


def copied_parts(real: Tensor, fake: Tensor, *, pieces: int = 6) -> Tensor:
    """The sample (1, 3, H, W), its largest verbatim copies tinted one by one, all else grey."""
    regions = copy_map(real, fake).regions
    picture = 0.5 * fake.mean(dim=1, keepdim=True).expand(1, 3, -1, -1) + 0.3
    areas = torch.bincount(regions.flatten())
    areas[0] = 0  # what is no copy
    for rank, number in enumerate(areas.argsort(descending=True)[:pieces].tolist()):
        if areas[number]:
            shade = torch.tensor(plots.SHADES(0.95 * rank / max(1, pieces - 1))[:3]) * 2 - 1
            tinted = 0.45 * fake + 0.55 * shade.to(fake)[None, :, None, None]
            picture = torch.where(regions == number, tinted, picture)
    return picture


# ------------------------------------------------------------------------------- a simulated class
def simulated_answers(
    plan: Sequence[Trial], person: str, *, d_prime: float, bias: float = 0.0, seed: int = 0
) -> list[Answer]:
    """What somebody would say who sees every picture with an error: a fake looks d' more fake.

    Args:
        d_prime: 0 sees no difference; 1 is a standard deviation of the error.
        bias: unpaired, how much more fake than half of d' a picture must look to be called fake.
    """
    rng = random.Random(f"{person} {seed}")
    return [Answer(trial, _said(trial, d_prime, bias, rng), person) for trial in plan]


def _said(trial: Trial, d_prime: float, bias: float, rng: random.Random) -> str:
    fake, real = d_prime + rng.gauss(0, 1), rng.gauss(0, 1)
    if trial.protocol == "paired":
        return trial.truth if fake > real else OTHER[trial.truth]
    looks = fake if trial.truth == "fake" else real
    return "fake" if looks > d_prime / 2 + bias else "real"


def share_of_intervals_that_hold(
    rates: Sequence[float], *, answers: int, classes: int = 1000, seed: int = 0
) -> float:
    """How many of many simulated classes have the truth in their 95 % Wilson interval.

    Args:
        rates: how often each student of the population is wrong; a class draws twelve of them.
        answers: of each student.
    """
    rng, truth, held = random.Random(seed), sum(rates) / len(rates), 0
    for _ in range(classes):
        students = rng.choices(rates, k=12)
        wrong = sum(rng.random() < rate for rate in students for _ in range(answers))
        low, high = wilson_interval(wrong, 12 * answers)
        held += low <= truth <= high
    return held / classes


# --------------------------------------------------------------------------- what has a structure
def has_one_window(pictures: Tensor, *, side: int = 64, smallest: int = 40) -> list[bool]:
    """Whether ``desert_arch`` is still an arch: sky above it, and one window of sky inside.

    A pixel is sky where it is more blue than red. At ``side`` pixels, pieces of sky of fewer than
    ``smallest`` are not counted; the window must not touch the border.
    """
    height, width = pictures.shape[-2:]
    small = resize(pictures, (round(side * height / width), side))
    return [_one_window(sky, smallest) for sky in (small[:, 2] > small[:, 0]).numpy()]


def _one_window(sky, smallest: int) -> bool:
    numbers = label(sky, connectivity=1)
    border = {*numbers[0], *numbers[-1], *numbers[:, 0], *numbers[:, -1]}
    pieces = [k for k in range(1, numbers.max() + 1) if (numbers == k).sum() >= smallest]
    return len(pieces) == 2 and sum(k in border for k in pieces) == 1


# ------------------------------------------------------------------------------------ exercise 14.1
def frechet(one: Tensor, other: Tensor) -> float:
    """Fréchet distance of two lists of features, each (d, places)."""
    return frechet_distance(one.mean(dim=1), torch.cov(one), other.mean(dim=1), torch.cov(other))


def means_only(one: Tensor, other: Tensor) -> float:
    """Forgets that the features also spread."""
    return (one.mean(dim=1) - other.mean(dim=1)).square().sum().item()


def _assembled(one: Tensor, other: Tensor, overlap: Tensor, factor: float = 2.0) -> float:
    traces = torch.cov(one).trace() + torch.cov(other).trace()
    return means_only(one, other) + (traces - factor * overlap.trace()).item()


def without_root(one: Tensor, other: Tensor) -> float:
    """Takes the product of the covariances in place of its root."""
    return _assembled(one, other, torch.cov(one) @ torch.cov(other))


def root_of_entries(one: Tensor, other: Tensor) -> float:
    """Takes the root of each entry of the product."""
    return _assembled(one, other, (torch.cov(one) @ torch.cov(other)).clamp(min=0).sqrt())


def without_the_two(one: Tensor, other: Tensor) -> float:
    """Subtracts the overlap once."""
    distance = frechet(one, other) - means_only(one, other)
    traces = (torch.cov(one).trace() + torch.cov(other).trace()).item()
    return means_only(one, other) + (traces + distance) / 2


def variances_only(one: Tensor, other: Tensor) -> float:
    """Takes each feature for itself: the diagonals of the covariances."""
    spread = one.std(dim=1) - other.std(dim=1)
    return means_only(one, other) + spread.square().sum().item()


def covariance_of_places(one: Tensor, other: Tensor) -> float:
    """Covariances between places, not between features."""
    return frechet(one.T, other.T) - means_only(one.T, other.T) + means_only(one, other)


def _features(seed: int, spread: float, shift: float) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    mixed = torch.randn(3, 3, generator=rng, dtype=torch.float64)
    return spread * mixed @ torch.randn(3, 40, generator=rng, dtype=torch.float64) + shift


DISTANCE = Exercise(
    id="14.1",
    title="the Fréchet distance",
    difficulty=2,
    minutes=10,
    expected=frechet,
    cases=(
        (_features(0, 1.0, 0.0), _features(1, 1.5, 0.5)),
        (_features(2, 2.0, 1.0), _features(3, 0.7, 1.0)),
    ),
    mistakes=(
        Mistake(
            "means only",
            means_only,
            "You compared the means alone. Two pictures of one mean colour would be equal, however "
            "their features spread: add the terms with the covariances.",
        ),
        Mistake(
            "no root",
            without_root,
            "You took the product of the covariances itself. It has the unit of a variance "
            "squared; its square root belongs there.",
        ),
        Mistake(
            "root of the entries",
            root_of_entries,
            "You took the root of each entry. The square root of a matrix M is the matrix that, "
            "multiplied by itself, gives M; scipy.linalg.sqrtm finds it.",
        ),
        Mistake(
            "no factor 2",
            without_the_two,
            "The overlap counts twice, as the 2ab in (a - b)². Without it two equal pictures are "
            "not at distance 0; try that.",
        ),
        Mistake(
            "variances only",
            variances_only,
            "You used the variances of single features. How features go together, the rest of the "
            "covariance, is lost that way.",
        ),
        Mistake(
            "covariance of places",
            covariance_of_places,
            "You took the covariance between places, not between features: torch.cov expects one "
            "feature a row, and that is how they come.",
        ),
    ),
    tolerance=1e-4,
)


# ------------------------------------------------------------------------------------ exercise 14.2
def better(one: Sequence[float], other: Sequence[float]) -> str:
    """Which list of distances is lower, or that their noise allows no answer."""
    gap, error = _mean(one) - _mean(other), math.hypot(_standard_error(one), _standard_error(other))
    if abs(gap) <= 2 * error:
        return "no difference"
    return "one" if gap < 0 else "other"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _std(values: Sequence[float]) -> float:
    return math.sqrt(sum((v - _mean(values)) ** 2 for v in values) / (len(values) - 1))


def _standard_error(values: Sequence[float]) -> float:
    return _std(values) / math.sqrt(len(values))


def without_noise(one: Sequence[float], other: Sequence[float]) -> str:
    """Compares the means and no more."""
    return "one" if _mean(one) < _mean(other) else "other"


def higher_wins(one: Sequence[float], other: Sequence[float]) -> str:
    """Takes a distance for a score."""
    return {"one": "other", "other": "one"}.get(better(one, other), "no difference")


def deviation_of_one(one: Sequence[float], other: Sequence[float]) -> str:
    """Takes the spread of single samples for the error of their mean."""
    if abs(_mean(one) - _mean(other)) <= 2 * math.hypot(_std(one), _std(other)):
        return "no difference"
    return without_noise(one, other)


def best_sample(one: Sequence[float], other: Sequence[float]) -> str:
    """Compares the best of each."""
    return "one" if min(one) < min(other) else "other"


IS_IT_BETTER = Exercise(
    id="14.2",
    title="is it better at all?",
    difficulty=1,
    minutes=6,
    expected=better,
    cases=(
        ((0.05, 0.06, 0.04, 0.11, 0.05), (0.06, 0.05, 0.07, 0.05, 0.09)),
        ((0.050, 0.055, 0.045, 0.060, 0.040), (0.065, 0.070, 0.060, 0.075, 0.055)),
        ((0.12, 0.15, 0.13, 0.14), (0.03, 0.02, 0.05, 0.04)),
        ((0.01, 0.20, 0.09, 0.07), (0.03, 0.10, 0.12, 0.12)),
    ),
    mistakes=(
        Mistake(
            "no noise floor",
            without_noise,
            "You compared the means and no more. Two halves of one generator's samples differ: "
            "below twice the standard error it is no difference.",
        ),
        Mistake(
            "higher wins",
            higher_wins,
            "A distance was taken for a score: the lower one is nearer to the photograph.",
        ),
        Mistake(
            "spread of single samples",
            deviation_of_one,
            "You took the spread of single samples. The mean of n of them is surer than that, by "
            "the root of n.",
        ),
        Mistake(
            "the best sample",
            best_sample,
            "You compared the best sample of each. Whoever draws more samples wins at that, "
            "whatever the generator.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 14.3
def rate_of_confusion(said: Words, truth: Words) -> float:
    """Share of the answers given that are wrong."""
    given = [(s, t) for s, t in zip(said, truth) if s is not None]
    return sum(s != t for s, t in given) / len(given)


def missed_is_wrong(said: Words, truth: Words) -> float:
    """Counts a missed trial as a wrong answer."""
    return sum(s != t for s, t in zip(said, truth)) / len(truth)


def missed_is_right(said: Words, truth: Words) -> float:
    """Divides by all trials, the missed ones too."""
    return sum(s is not None and s != t for s, t in zip(said, truth)) / len(truth)


def share_right(said: Words, truth: Words) -> float:
    """The share of right answers."""
    return 1 - rate_of_confusion(said, truth)


def of_what_is_possible(said: Words, truth: Words) -> float:
    """Takes one half for all, so that guessing gives 1."""
    return 2 * rate_of_confusion(said, truth)


def of_one_in_four(said: Words, truth: Words) -> float:
    """Believes that guessing in pairs gives a quarter, and takes that away."""
    return rate_of_confusion(said, truth) - 0.25


def of_fakes_only(said: Words, truth: Words) -> float:
    """Leaves the reals out, where there are any."""
    fakes = [(s, t) for s, t in zip(said, truth) if t != "real"]
    return rate_of_confusion(*zip(*fakes))


CONFUSION = Exercise(
    id="14.3",
    title="the confusion",
    difficulty=1,
    minutes=6,
    expected=rate_of_confusion,
    cases=(
        (
            ("left", "right", None, "left", "right", "left"),
            ("left", "left", "right", "right", "right", "left"),
        ),
        (
            ("real", "real", "fake", "fake", None, "fake", "fake"),
            ("real", "fake", "fake", "real", "real", "fake", "fake"),
        ),
    ),
    mistakes=(
        Mistake(
            "missed is wrong",
            missed_is_wrong,
            "A missed trial was counted as wrong. Who looked away was not deceived: leave it out "
            "of the wrong answers and of the total.",
        ),
        Mistake(
            "missed is right",
            missed_is_right,
            "You divided by all trials. Those that were missed are no answers; the total is of the "
            "answers given.",
        ),
        Mistake(
            "share right",
            share_right,
            "This is the share of right answers. Confusion is its opposite: how often a fake "
            "passed for real, or a real picture for a fake.",
        ),
        Mistake(
            "guessing is 100 %",
            of_what_is_possible,
            "You divided by one half, so that guessing comes out as 100 %. In the paper's table "
            "guessing is 50 %, in pairs and alone.",
        ),
        Mistake(
            "guessing is 25 %",
            of_one_in_four,
            "You took a quarter away for guessing. Of two answers a guess hits one half, and the "
            "paper takes nothing away.",
        ),
        Mistake(
            "fakes only",
            of_fakes_only,
            "You left the real pictures out. Somebody who says 'real' to everything would look "
            "completely deceived: both kinds count.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 14.4
SUSPECT_PHOTO = "painted_coast"


def suspect_photo() -> Tensor:
    """The photograph of the suspect, (1, 3, 48, 64)."""
    return resize(sample_image(SUSPECT_PHOTO), (48, 64))


def suspect() -> Tensor:
    """Three pictures of a generator that nobody has trained; what it does, exercise 14.4 asks."""
    return circular_shift(suspect_photo(), 3, seed=0).flip(-1)


TRICK = Exercise(
    id="14.4",
    title="what the suspect does",
    difficulty=3,
    minutes=12,
    expected="mirrored",
    mistakes=(
        Mistake(
            "copied",
            "copied",
            "A plain copy has no diversity at all, and these differ. Nor does copy_map find a copy "
            "in them; change the photograph in a simple way and ask it again.",
        ),
        Mistake(
            "moved",
            "moved",
            "They are moved, too, but a moved photograph alone has no novelty, as the control "
            "shows. Something hides it from the search for patches.",
        ),
        Mistake(
            "shuffled",
            "shuffled",
            "Shuffled tiles are still verbatim pieces, which copy_map finds. Here it finds next to "
            "nothing: what change of a patch does it not look through?",
        ),
        Mistake(
            "upside down",
            "upside down",
            "The right kind of idea, the wrong axis: give copy_map the samples upside down and it "
            "finds nothing. Try the other way round.",
        ),
        Mistake(
            "recoloured",
            "recoloured",
            "Its colours are those of the photograph: the sorted pixels of the two are equal. Look "
            "for a change that only moves pixels.",
        ),
    ),
)

EXERCISES = (DISTANCE, IS_IT_BETTER, CONFUSION, TRICK)
