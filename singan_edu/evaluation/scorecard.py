"""A scorecard: fidelity, coverage, novelty and diversity of samples, beside controls.

Each single metric can be fooled: a copy of the photograph is perfectly faithful, noise perfectly
new. So four are read together, each with an interval over the samples, and the same four of
generators of which the verdict is known are set beside them. Taught in lesson 14.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from scipy.special import stdtrit
from torch import Tensor

from ..images import resize, round_half_up
from .controls import CONTROLS, colour_matched_noise
from .metrics import (
    PATCH_SIZE,
    check_pictures,
    copy_map,
    coverage_radius,
    patch_swd,
    patch_swd_values,
    pixel_diversity,
    swd_noise_floor,
)
from .patches import nearest_patches

CONFIDENCE = 0.95
AXES = ("fidelity", "coverage", "novelty", "diversity")
# What a good generator reaches. Calibrated on the controls, each of which misses one at least, and
# on sample sheets that were ranked by eye (benchmarks/ranked_sheets.py).
PASS_THRESHOLDS = {"fidelity": 0.45, "coverage": 0.4, "novelty": 0.5, "diversity": 0.1}
FAILURES = {
    "fidelity": "not like the photograph",
    "coverage": "shows little of it",
    "novelty": "copied from it",
    "diversity": "always the same",
}
FIDELITY = ("band_likeness", "precision")  # each is blind to what the other sees
BANDS = (False, True)
STRUCTURE_SIDE = 56  # pixels; at this long side, about, a patch of 7 holds an eighth of the picture
COPY_SIDE = 128  # pixels; a search for patches in a larger picture would take too long


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval over the samples, by the jackknife.

    >>> print(Estimate(0.5, 0.42, 0.58))
    0.50 ± 0.08
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ± {(self.high - self.low) / 2:.2f}"


@dataclass(frozen=True)
class Score:
    """What one generator's samples came to.

    Attributes:
        samples: how many there were.
        fidelity: harmonic mean of band likeness (patch-SWD of the worst octave: 1 where it is as
            near to the photograph's as its own halves are to each other, 0 where there is no
            detail) and precision (share of patches as near to one of the photograph as that is to
            its nearest other one). Raw patch-SWD is measured, but has no part in it: it mostly says
            how often each thing is shown, which a new layout may change.
        coverage: share of the photograph's patches that a sample shows, on average.
        novelty: 1 less the share of a sample that is copied from the photograph in one piece.
        diversity: pixel diversity, as the paper defines it; around 0.5 in the paper.
        raw: the measurements themselves, see ``scorecard``.
    """

    samples: int
    fidelity: Estimate
    coverage: Estimate
    novelty: Estimate
    diversity: Estimate
    raw: dict[str, float]

    @property
    def misses(self) -> list[str]:
        """The axes on which a good generator would reach more (``PASS_THRESHOLDS``)."""
        return [axis for axis in AXES if getattr(self, axis).value < PASS_THRESHOLDS[axis]]


@dataclass(frozen=True)
class Scorecard:
    """The scores of generators and controls on one photograph, by name."""

    scores: dict[str, Score]

    def __getitem__(self, name: str) -> Score:
        return self.scores[name]

    def passes(self, name: str) -> bool:
        """Whether the generator reaches enough on all four axes."""
        return not self[name].misses

    def verdict(self, name: str) -> str:
        """The verdict in a few words: ``passes``, or what is missing."""
        return "; ".join(FAILURES[axis] for axis in self[name].misses) or "passes"

    def describe(self) -> str:
        """A table, one generator a line."""
        width = max(len("generator"), *(len(name) for name in self.scores))
        head = "".join(f"{axis:>15}" for axis in AXES)
        lines = [f"{'generator':{width}}  n{head}   verdict"]
        for name, score in self.scores.items():
            values = "".join(f"{getattr(score, axis)!s:>15}" for axis in AXES)
            lines.append(f"{name:{width}} {score.samples:2d}{values}   {self.verdict(name)}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.describe()


@dataclass(frozen=True)
class Reference:
    """What is measured once for a photograph, to hold samples against.

    Attributes:
        real: the photograph, (1, C, H, W).
        fine: the same at ``COPY_SIDE`` pixels at most, where copies are searched for.
        small: the same at about ``STRUCTURE_SIDE`` pixels, where structure is compared.
        radius: (rows, columns), how near a patch must be to pass for the one of ``small`` there.
        floors, ceilings: patch-SWD of the photograph's halves, and of the worst: raw, noise in its
            colours, in bands, its plain mean colour; (2, levels).
    """

    real: Tensor
    fine: Tensor
    small: Tensor
    radius: Tensor
    floors: Tensor
    ceilings: Tensor

    @classmethod
    def of(cls, real: Tensor) -> Reference:
        """Measure a photograph (1, C, H, W) in [-1, 1]; about a second at 128 pixels."""
        check_pictures(real)
        small = _reduced(real, STRUCTURE_SIDE)
        noise = colour_matched_noise(real, 2, seed=0)
        # Detail is worst where there is none; noise, reduced, may have just the right amount of it.
        plain = real.mean(dim=(2, 3), keepdim=True).expand_as(real)
        floors = [swd_noise_floor(real, band=band, per_level=True) for band in BANDS]
        ceilings = [
            patch_swd(real, worst, band=band, per_level=True)
            for worst, band in zip((noise, plain), BANDS)
        ]
        return cls(
            real,
            _reduced(real, COPY_SIDE),
            small,
            coverage_radius(small),
            torch.tensor(floors, dtype=torch.float64),
            torch.tensor(ceilings, dtype=torch.float64),
        )

    def score(self, samples: Tensor) -> Score:
        """Score samples (n, C, H, W) of the photograph's size, two at least."""
        diversity = pixel_diversity(samples, self.real)  # also refuses what cannot be scored
        rest = [_without(samples, i) for i in range(len(samples))] if len(samples) > 2 else []
        shown = self.shown(samples).double()
        values = self._distances(samples) | self._comparisons(samples)
        both = torch.stack([values[name] for name in FIDELITY])  # (2, n)
        return Score(
            samples=len(samples),
            fidelity=_jackknife(both, lambda x: _harmonic_mean(x.mean(dim=1))),
            coverage=_jackknife(shown.mean(dim=(1, 2)), torch.mean),
            novelty=_jackknife(1 - values["copied"], torch.mean),
            diversity=_interval(diversity, [pixel_diversity(x, self.real) for x in rest]),
            raw={name: value.mean().item() for name, value in values.items()}
            | dict(ever_shown=shown.amax(dim=0).mean().item()),
        )

    def shown(self, samples: Tensor) -> Tensor:
        """Which of the photograph's patches each sample shows: (n, rows, columns) booleans."""
        fields = [
            nearest_patches(self.small, x) for x in _reduced(samples, STRUCTURE_SIDE).split(1)
        ]
        return torch.stack([field.distances <= self.radius for field in fields])

    def _distances(self, samples: Tensor) -> dict[str, Tensor]:
        """Patch-SWD at each level and its likeness, each (n,)."""
        found = {}
        for name, band, floor, ceiling in zip(("swd", "band"), BANDS, self.floors, self.ceilings):
            distances = patch_swd_values(self.real, samples, band=band)  # (n, levels)
            found |= {f"{name}_{k}": column for k, column in enumerate(distances.T)}
            likeness = _likeness(distances, floor, ceiling)
            # A picture is as good as its worst octave: detail that is ruined is not made up for.
            found[f"{name}_likeness"] = likeness.amin(dim=1) if band else likeness.mean(dim=1)
        return found

    def _comparisons(self, samples: Tensor) -> dict[str, Tensor]:
        """What a search for patches says of each sample, each (n,)."""
        rows = []
        for one in samples.split(1):
            field = nearest_patches(_reduced(one, STRUCTURE_SIDE), self.small)
            near = field.distances <= self.radius.flatten()[field.sources]
            copies = copy_map(self.fine, _reduced(one, COPY_SIDE))
            rows.append(
                dict(
                    precision=near.double().mean().item(),
                    coherence=field.distances.double().mean().item(),
                    copied=copies.copied,
                    largest_copy=copies.largest,
                )
            )
        return {name: torch.tensor([row[name] for row in rows]).double() for name in rows[0]}


def _likeness(distances: Tensor, floor: Tensor, ceiling: Tensor) -> Tensor:
    """From 0, as far as the worst, to 1, as near as the photograph's halves; (n, levels) as given.

    Distances count by their ratios. Where the photograph itself is hardly better than the worst,
    the scale between the two must not vanish.
    """
    far = ceiling.log() - distances.clamp(min=1e-9).log()  # (n, levels)
    return (far / (ceiling / floor).log().clamp(min=0.1)).clamp(0, 1)


def scorecard(
    real: Tensor,
    samples: Tensor | Mapping[str, Tensor],
    *,
    controls: Sequence[str] = tuple(CONTROLS),
    seed: int = 0,
) -> Scorecard:
    """Score samples, beside the controls on the same photograph.

    Args:
        real: the photograph, (1, C, H, W) in [-1, 1].
        samples: (n, C, H, W) of its size, n at least 2 (8 give useful intervals); or several
            generators' samples by name.
        controls: names from ``CONTROLS``; ``()`` for none. The patch baseline takes seconds a
            picture, the others next to nothing.
        seed: of the controls.

    Returns:
        The samples' scores and the controls', each control with as many pictures as the first
        generator has. ``raw`` holds for each the means of ``swd_k`` and ``band_k`` (patch-SWD, k
        times halved), ``swd_likeness`` and ``band_likeness`` (the same between the worst and the
        floor, mean and worst of the levels), ``precision``, ``coherence``, ``copied``,
        ``largest_copy``, and ``ever_shown`` (coverage by all samples together).

    Raises:
        ValueError: sizes that differ, a single sample, values that are not finite, an unknown
            control, or samples of a control's name.

    Cannot see: meaning (a face with three eyes is made of good patches), structure larger than 7 of
    56 pixels, mirrored copies, and whether people like it: for that there is the real/fake study.
    Intervals are over samples of one model; other seeds of the training differ more.
    """
    unknown = [name for name in controls if name not in CONTROLS]
    if unknown:
        raise ValueError(f"There is no control {unknown[0]!r}; choose from {', '.join(CONTROLS)}.")
    groups = dict(samples) if isinstance(samples, Mapping) else {"samples": samples}
    if not groups:
        raise ValueError("There are no samples to score.")
    taken = [name for name in controls if name in groups]
    if taken:
        raise ValueError(f"{taken[0]!r} is the name of a control; call the samples otherwise.")
    yardstick = Reference.of(real)
    scores = {name: yardstick.score(group) for name, group in groups.items()}
    n = next(iter(scores.values())).samples
    scores |= {name: yardstick.score(CONTROLS[name](real, n, seed=seed)) for name in controls}
    return Scorecard(scores)


def _reduced(images: Tensor, side: int) -> Tensor:
    """Pictures (n, C, H, W), halved until their long side is about ``side`` pixels."""
    height, width = images.shape[-2:]
    halvings = max(0, round(math.log2(max(height, width) / side)))
    size = (round_half_up(height / 2**halvings), round_half_up(width / 2**halvings))
    if min(size) < 2 * PATCH_SIZE:
        raise ValueError(
            f"A picture of {height} x {width} pixels is too small, or too narrow, to score: "
            f"{size[0]} x {size[1]} are left for patches of {PATCH_SIZE}."
        )
    return resize(images, size)


# --------------------------------------------------------------------------------------- intervals
def _jackknife(values: Tensor, statistic) -> Estimate:
    """``statistic`` of ``values`` (…, n) with the interval that leaving each one out gives."""
    n = values.shape[-1]
    rest = [float(statistic(_without(values, i, dim=-1))) for i in range(n)] if n > 2 else []
    return _interval(float(statistic(values)), rest)


def _interval(value: float, without_each: Sequence[float]) -> Estimate:
    """Student's t interval around ``value`` from its jackknife values (Efron and Stein 1981).

    For a mean it is the usual one. Two samples leave nothing to leave out: nan.
    """
    n = len(without_each)
    if n < 3:
        return Estimate(value, math.nan, math.nan)
    mean = sum(without_each) / n
    error = math.sqrt((n - 1) / n * sum((x - mean) ** 2 for x in without_each))
    half = stdtrit(n - 1, 0.5 + CONFIDENCE / 2) * error
    return Estimate(value, value - half, value + half)


def _harmonic_mean(values: Tensor) -> Tensor:
    """A mean that one small value makes small, so that a good one does not hide a bad one."""
    return 1 / (1 / values.clamp(min=1e-9)).mean()


def _without(values: Tensor, index: int, *, dim: int = 0) -> Tensor:
    keep = [i for i in range(values.shape[dim]) if i != index]
    return values.index_select(dim, torch.tensor(keep))
