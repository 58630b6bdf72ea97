"""The exercises of lesson 14: evaluation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ...evaluation.sifid import frechet_distance
from . import Case, exercise, value_exercise

Words = Sequence[str | None]  # what was answered in each trial; None where the trial was missed


# ------------------------------------------------------------------------------------ exercise 14.1
def _feature_clouds() -> list[Case]:
    return [
        (_features(0, 1.0, 0.0), _features(1, 1.5, 0.5)),
        (_features(2, 2.0, 1.0), _features(3, 0.7, 1.0)),
    ]


def _features(seed: int, spread: float, shift: float) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    mixed = torch.randn(3, 3, generator=rng, dtype=torch.float64)
    return spread * mixed @ torch.randn(3, 40, generator=rng, dtype=torch.float64) + shift


@exercise("14.1", "the Fréchet distance", dots=2, minutes=10, cases=_feature_clouds)
def frechet(one: Tensor, other: Tensor) -> float:
    """Compute the Fréchet distance of two clouds of features, each (features, places)."""
    return _frechet(one, other)


def _frechet(one: Tensor, other: Tensor) -> float:
    return frechet_distance(one.mean(dim=1), torch.cov(one), other.mean(dim=1), torch.cov(other))


@frechet.mistake
def means_only(one: Tensor, other: Tensor) -> float:
    """You compared the means alone. Two pictures of one mean colour would be equal, however their
    features spread: add the terms with the covariances.
    """
    return (one.mean(dim=1) - other.mean(dim=1)).square().sum().item()


def _assembled(one: Tensor, other: Tensor, overlap: Tensor) -> float:
    """Put the distance together from means, spreads and some overlap of the spreads."""
    traces = torch.cov(one).trace() + torch.cov(other).trace()
    return means_only(one, other) + (traces - 2 * overlap.trace()).item()


@frechet.mistake
def no_root(one: Tensor, other: Tensor) -> float:
    """You took the product of the covariances itself. It has the unit of a variance squared; its
    square root belongs there.
    """
    return _assembled(one, other, torch.cov(one) @ torch.cov(other))


@frechet.mistake
def root_of_the_entries(one: Tensor, other: Tensor) -> float:
    """You took the root of each entry. The square root of a matrix M is the matrix that, multiplied
    by itself, gives M; scipy.linalg.sqrtm finds it.
    """
    return _assembled(one, other, (torch.cov(one) @ torch.cov(other)).clamp(min=0).sqrt())


@frechet.mistake
def no_factor_2(one: Tensor, other: Tensor) -> float:
    """The overlap counts twice, as the 2ab in (a - b)². Without it two equal pictures are not at
    distance 0; try that.
    """
    distance = _frechet(one, other) - means_only(one, other)
    traces = (torch.cov(one).trace() + torch.cov(other).trace()).item()
    return means_only(one, other) + (traces + distance) / 2


@frechet.mistake
def variances_only(one: Tensor, other: Tensor) -> float:
    """You used the variances of single features. How features go together, the rest of the
    covariance, is lost that way.
    """
    spread = one.std(dim=1) - other.std(dim=1)
    return means_only(one, other) + spread.square().sum().item()


@frechet.mistake
def covariance_of_places(one: Tensor, other: Tensor) -> float:
    """You took the covariance between places, not between features: torch.cov expects one feature a
    row, and that is how they come.
    """
    return _frechet(one.T, other.T) - means_only(one.T, other.T) + means_only(one, other)


# ------------------------------------------------------------------------------------ exercise 14.2
def _lists_of_distances() -> list[Case]:
    return [
        ((0.05, 0.06, 0.04, 0.11, 0.05), (0.06, 0.05, 0.07, 0.05, 0.09)),
        ((0.050, 0.055, 0.045, 0.060, 0.040), (0.065, 0.070, 0.060, 0.075, 0.055)),
        ((0.12, 0.15, 0.13, 0.14), (0.03, 0.02, 0.05, 0.04)),
        ((0.01, 0.20, 0.09, 0.07), (0.03, 0.10, 0.12, 0.12)),
    ]


@exercise("14.2", "is it better at all?", dots=1, minutes=6, cases=_lists_of_distances)
def better(one: Sequence[float], other: Sequence[float]) -> str:
    """Say which list of distances is lower, or that their noise allows no answer."""
    return _better(one, other)


def _better(one: Sequence[float], other: Sequence[float]) -> str:
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


@better.mistake
def no_noise_floor(one: Sequence[float], other: Sequence[float]) -> str:
    """You compared the means and no more. Two halves of one generator's samples differ: below twice
    the standard error it is no difference.
    """
    return "one" if _mean(one) < _mean(other) else "other"


@better.mistake
def higher_wins(one: Sequence[float], other: Sequence[float]) -> str:
    """A distance was taken for a score: the lower one is nearer to the photograph."""
    return {"one": "other", "other": "one"}.get(_better(one, other), "no difference")


@better.mistake
def spread_of_single_samples(one: Sequence[float], other: Sequence[float]) -> str:
    """You took the spread of single samples. The mean of n of them is surer than that, by the root
    of n.
    """
    if abs(_mean(one) - _mean(other)) <= 2 * math.hypot(_std(one), _std(other)):
        return "no difference"
    return no_noise_floor(one, other)


@better.mistake
def the_best_sample(one: Sequence[float], other: Sequence[float]) -> str:
    """You compared the best sample of each. Whoever draws more samples wins at that, whatever the
    generator.
    """
    return "one" if min(one) < min(other) else "other"


# ------------------------------------------------------------------------------------ exercise 14.3
def _answers_and_truth() -> list[Case]:
    return [
        (
            ("left", "right", None, "left", "right", "left"),
            ("left", "left", "right", "right", "right", "left"),
        ),
        (
            ("real", "real", "fake", "fake", None, "fake", "fake"),
            ("real", "fake", "fake", "real", "real", "fake", "fake"),
        ),
    ]


@exercise("14.3", "the confusion", dots=1, minutes=6, cases=_answers_and_truth)
def rate_of_confusion(said: Words, truth: Words) -> float:
    """Compute the fraction of the answers given that are wrong."""
    return _wrong_fraction(said, truth)


def _wrong_fraction(said: Words, truth: Words) -> float:
    given = [(s, t) for s, t in zip(said, truth) if s is not None]
    return sum(s != t for s, t in given) / len(given)


@rate_of_confusion.mistake
def missed_is_wrong(said: Words, truth: Words) -> float:
    """A missed trial was counted as wrong. Who looked away was not deceived: leave it out of the
    wrong answers and of the total.
    """
    return sum(s != t for s, t in zip(said, truth)) / len(truth)


@rate_of_confusion.mistake
def missed_is_right(said: Words, truth: Words) -> float:
    """You divided by all trials. Those that were missed are no answers; the total is of the answers
    given.
    """
    return sum(s is not None and s != t for s, t in zip(said, truth)) / len(truth)


@rate_of_confusion.mistake
def share_right(said: Words, truth: Words) -> float:
    """This is the share of right answers. Confusion is its opposite: how often a fake passed for
    real, or a real picture for a fake.
    """
    return 1 - _wrong_fraction(said, truth)


@rate_of_confusion.mistake
def guessing_is_100_percent(said: Words, truth: Words) -> float:
    """You divided by one half, so that guessing comes out as 100 %. In the paper's table guessing
    is 50 %, in pairs and alone.
    """
    return 2 * _wrong_fraction(said, truth)


@rate_of_confusion.mistake
def guessing_is_25_percent(said: Words, truth: Words) -> float:
    """You took a quarter away for guessing. Of two answers a guess hits one half, and the paper
    takes nothing away.
    """
    return _wrong_fraction(said, truth) - 0.25


@rate_of_confusion.mistake
def fakes_only(said: Words, truth: Words) -> float:
    """You left the real pictures out. Somebody who says 'real' to everything would look completely
    deceived: both kinds count.
    """
    fakes = [(s, t) for s, t in zip(said, truth) if t != "real"]
    return sum(s is not None and s != t for s, t in fakes) / sum(s is not None for s, _ in fakes)


# ------------------------------------------------------------------------------------ exercise 14.4
@value_exercise("14.4", "what the suspect does", dots=3, minutes=12)
def trick() -> str:
    """Name what the suspect does with its training image."""
    return "mirrored"


@trick.mistake
def copied() -> str:
    """A plain copy has no diversity at all, and these differ. Nor does copy_map find a copy in
    them; change the photograph in a simple way and ask it again.
    """
    return "copied"


@trick.mistake
def moved() -> str:
    """They are moved, too, but a moved photograph alone has no novelty, as the control shows.
    Something hides it from the search for patches.
    """
    return "moved"


@trick.mistake
def shuffled() -> str:
    """Shuffled tiles are still verbatim pieces, which copy_map finds. Here it finds next to
    nothing: what change of a patch does it not look through?
    """
    return "shuffled"


@trick.mistake
def upside_down() -> str:
    """The right kind of idea, the wrong axis: give copy_map the samples upside down and it finds
    nothing. Try the other way round.
    """
    return "upside down"


@trick.mistake
def recoloured() -> str:
    """Its colours are those of the photograph: the sorted pixels of the two are equal. Look for a
    change that only moves pixels.
    """
    return "recoloured"
