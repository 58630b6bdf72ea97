"""A scorecard: fidelity, objects, coverage, novelty and diversity of samples, beside controls.

Every single metric can be fooled: a copy of the training image has perfect fidelity, noise is
perfectly new. The scorecard therefore shows five metrics together, each with a confidence interval
over the samples, and the same five for controls whose quality is known. Taught in lesson 14.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..images import resize, round_half_up, size_of
from .controls import CONTROLS, colour_matched_noise
from .metrics import (
    check_pictures,
    copy_map,
    coverage_radius,
    patch_swd,
    patch_swd_values,
    pixel_diversity,
    swd_noise_floor,
)
from .objects import ObjectReference
from .patches import PATCH_SIZE, nearest_patches

CONFIDENCE = 0.95
AXES = ("fidelity", "objects", "coverage", "novelty", "diversity")
# What a good generator reaches on each axis. Calibrated on the controls, each of which misses at
# least one, and on sheets of samples ranked by eye (benchmarks/ranked_sheets.py).
PASS_THRESHOLDS = {
    "fidelity": 0.45,
    "objects": 0.3,
    "coverage": 0.4,
    "novelty": 0.5,
    "diversity": 0.1,
}
FAILURES = {
    "fidelity": "not like the photograph",
    "objects": "objects are broken",
    "coverage": "shows little of it",
    "novelty": "copied from it",
    "diversity": "always the same",
}
FIDELITY_PARTS = ("band_likeness", "precision")  # each sees what the other is blind to
SWD_USES_BAND = {"swd": False, "band": True}  # the two kinds of patch-SWD, by their name in `raw`
STRUCTURE_SIDE = 56  # pixels, about: at this long side a patch of 7 is an eighth of the image
COPY_SIDE = 128  # pixels, about: copies are searched at this long side; more would take too long


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % confidence interval over the samples, by the jackknife.

    Attributes:
        value: the estimate.
        low: lower end of the interval; nan with two samples.
        high: upper end of the interval; nan with two samples.

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
    """The scores of one generator's samples, on five axes from 0 to 1 (diversity may exceed 1).

    Attributes:
        samples: number of samples.
        fidelity: harmonic mean of band likeness and precision. Band likeness compares the patch-SWD
            of the worst frequency band with two references: 1 if it is as small as between halves
            of the training image, 0 if it is as large as without any detail. Precision is the
            fraction of the sample's patches that are as near to a training patch as that patch is
            to its nearest neighbour. Raw patch-SWD is measured but not part of it: it depends
            mostly on how often each object occurs, which a new layout may change.
        objects: share of large-scale structure that samples and training image have in common (see
            ``object_similarity``): patches of an eighth and a quarter of the image, both ways.
        coverage: fraction of the training image's patches that a sample shows, mean over samples.
        novelty: 1 minus the fraction of a sample that is a verbatim copy of the training image.
        diversity: pixel diversity as the paper defines it; about 0.5 in the paper.
        raw: the measurements by name, see ``scorecard``.
    """

    samples: int
    fidelity: Estimate
    objects: Estimate
    coverage: Estimate
    novelty: Estimate
    diversity: Estimate
    raw: dict[str, float]

    @property
    def misses(self) -> list[str]:
        """The axes on which the score is below ``PASS_THRESHOLDS``."""
        return [axis for axis in AXES if getattr(self, axis).value < PASS_THRESHOLDS[axis]]


@dataclass(frozen=True)
class Scorecard:
    """The scores of generators and controls on one training image.

    Attributes:
        scores: each generator's score, by name.
    """

    scores: dict[str, Score]

    def __getitem__(self, name: str) -> Score:
        return self.scores[name]

    def passes(self, name: str) -> bool:
        """Tell whether a generator reaches the thresholds on all five axes.

        Args:
            name: of the generator or control.

        Returns:
            Whether its score misses no axis.
        """
        return not self[name].misses

    def verdict(self, name: str) -> str:
        """Describe a generator's result in a few words.

        Args:
            name: of the generator or control.

        Returns:
            ``"passes"``, or a few words for each axis below its threshold.
        """
        return "; ".join(FAILURES[axis] for axis in self[name].misses) or "passes"

    def describe(self) -> str:
        """Format the scores as a table of text.

        Returns:
            A header and one line per generator.
        """
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
    """The measurements of a training image that samples are compared with.

    Attributes:
        real: (1, C, H, W) in [-1, 1], the training image.
        copy_scale: the image downsampled to about ``COPY_SIDE`` pixels, to search for copies.
        structure_scale: the image downsampled to about ``STRUCTURE_SIDE`` pixels, to compare
            structure.
        objects: its large patches, to compare objects.
        radius: (rows, columns), for each patch of ``structure_scale`` the distance within which
            another patch counts as the same.
        swd_floors: (2, levels), patch-SWD between halves of the image: raw, and in bands.
        swd_ceilings: (2, levels), patch-SWD to the worst image: raw, to noise in the image's
            colours; in bands, to its uniform mean colour.
    """

    real: Tensor
    copy_scale: Tensor
    structure_scale: Tensor
    objects: ObjectReference
    radius: Tensor
    swd_floors: Tensor
    swd_ceilings: Tensor

    @classmethod
    def measure(cls, real: Tensor) -> Reference:
        """Measure a training image; takes about a second at 128 pixels.

        Args:
            real: (1, C, H, W) in [-1, 1].

        Returns:
            The measurements, to ``score`` any number of samples with.

        Raises:
            ValueError: an unsuitable, too small, too narrow or uniform image.
        """
        check_pictures(real)
        structure_scale = _downscale(real, STRUCTURE_SIDE)
        noise = colour_matched_noise(real, 2, seed=0)
        # In bands, the worst image has no detail at all: noise, once downsampled, may happen to
        # have the right amount of it.
        uniform = real.mean(dim=(2, 3), keepdim=True).expand_as(real)
        worst = {"swd": noise, "band": uniform}
        floors = [
            swd_noise_floor(real, band=band, per_level=True) for band in SWD_USES_BAND.values()
        ]
        ceilings = [
            patch_swd(real, worst[name], band=band, per_level=True)
            for name, band in SWD_USES_BAND.items()
        ]
        return cls(
            real,
            _downscale(real, COPY_SIDE),
            structure_scale,
            ObjectReference.measure(real),
            coverage_radius(structure_scale),
            torch.tensor(floors, dtype=torch.float64),
            torch.tensor(ceilings, dtype=torch.float64),
        )

    def score(self, samples: Tensor) -> Score:
        """Score samples against the training image.

        Args:
            samples: (n, C, H, W) in [-1, 1], of the training image's size, n >= 2.

        Returns:
            The five axes with their intervals, and the raw measurements.

        Raises:
            ValueError: unsuitable images, another size, or fewer than two samples.
        """
        diversity = pixel_diversity(samples, self.real)  # checks the samples, too
        n = len(samples)
        subsets = [_leave_out(samples, i) for i in range(n)] if n > 2 else []
        covered = self.coverage_maps(samples).double()
        values = self._swd_measurements(samples) | self._patch_measurements(samples)
        parts = torch.stack([values[name] for name in FIDELITY_PARTS])  # (2, n)
        return Score(
            samples=n,
            fidelity=_jackknife(parts, lambda x: _harmonic_mean(x.mean(dim=1))),
            objects=_jackknife(self.objects.similarity(samples), torch.mean),
            coverage=_jackknife(covered.mean(dim=(1, 2)), torch.mean),
            novelty=_jackknife(1 - values["copied"], torch.mean),
            diversity=_interval(diversity, [pixel_diversity(x, self.real) for x in subsets]),
            raw={name: value.mean().item() for name, value in values.items()}
            | dict(ever_shown=covered.amax(dim=0).mean().item()),
        )

    def coverage_maps(self, samples: Tensor) -> Tensor:
        """Find which patches of ``structure_scale`` occur in each sample.

        Args:
            samples: (n, C, H, W) in [-1, 1], of the training image's size.

        Returns:
            (n, rows, columns) booleans.
        """
        small = _downscale(samples, STRUCTURE_SIDE)
        fields = [nearest_patches(self.structure_scale, x) for x in torch.split(small, 1)]
        return torch.stack([field.distances <= self.radius for field in fields])

    def _swd_measurements(self, samples: Tensor) -> dict[str, Tensor]:
        """Measure patch-SWD at each level, and its likeness; each (n,)."""
        found: dict[str, Tensor] = {}
        kinds = zip(SWD_USES_BAND.items(), self.swd_floors, self.swd_ceilings)
        for (name, band), floor, ceiling in kinds:
            distances = patch_swd_values(self.real, samples, band=band)  # (n, levels)
            found |= {f"{name}_{k}": column for k, column in enumerate(distances.T)}
            likeness = _likeness(distances, floor, ceiling)
            # The worst band counts: correct bands do not compensate for a band without detail.
            found[f"{name}_likeness"] = likeness.amin(dim=1) if band else likeness.mean(dim=1)
        return found

    def _patch_measurements(self, samples: Tensor) -> dict[str, Tensor]:
        """Measure each sample by searching its nearest training patches; each (n,)."""
        rows = []
        for sample in torch.split(samples, 1):
            field = nearest_patches(_downscale(sample, STRUCTURE_SIDE), self.structure_scale)
            near = field.distances <= self.radius.flatten()[field.sources]
            copies = copy_map(self.copy_scale, _downscale(sample, COPY_SIDE))
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
    """Map distances (n, levels) to [0, 1] on a log scale: 1 at the floor, 0 at the ceiling.

    For an image that is nearly noise itself, floor and ceiling almost coincide; the scale between
    them is bounded below.
    """
    below_ceiling = ceiling.log() - distances.clamp(min=1e-9).log()  # (n, levels)
    return (below_ceiling / (ceiling / floor).log().clamp(min=0.1)).clamp(0, 1)


def scorecard(
    real: Tensor,
    samples: Tensor | Mapping[str, Tensor],
    *,
    controls: Sequence[str] = tuple(CONTROLS),
    seed: int = 0,
) -> Scorecard:
    """Score samples on five axes, beside controls on the same training image.

    Blind to: meaning (a face with three eyes consists of good patches), structure larger than a
    quarter of the image, mirrored copies, and whether people like it; the real/fake study asks
    people. The intervals are over the samples of one model. Models from different training seeds
    vary more.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        samples: (n, C, H, W) in [-1, 1] of its size, n >= 2 (8 give useful intervals); or the
            samples of several generators by name.
        controls: names from ``CONTROLS``; ``()`` for none. ``"patch nearest neighbours"`` takes
            seconds per image, the others almost no time.
        seed: of the controls.

    Returns:
        The scores of the samples and of the controls. Each control makes as many images as the
        first generator has samples. ``raw`` holds for each the means of: ``swd_k`` and ``band_k``
        (patch-SWD after halving the size k times), ``swd_likeness`` and ``band_likeness`` (the same
        on a scale from the worst, 0, to the noise floor, 1; mean and minimum of the levels),
        ``precision``, ``coherence``, ``copied``, ``largest_copy``, and ``ever_shown`` (coverage by
        all samples together).

    Raises:
        ValueError: different sizes, a single sample, values that are not finite or outside
            [-1, 1], an unknown control, or samples named like a control.
    """
    unknown = [name for name in controls if name not in CONTROLS]
    if unknown:
        raise ValueError(f"There is no control {unknown[0]!r}; choose from {', '.join(CONTROLS)}.")
    groups = dict(samples) if isinstance(samples, Mapping) else {"samples": samples}
    if not groups:
        raise ValueError("There are no samples to score; pass samples by name, or a tensor.")
    taken = [name for name in controls if name in groups]
    if taken:
        raise ValueError(f"{taken[0]!r} is the name of a control; give the samples another name.")
    reference = Reference.measure(real)
    scores = {name: reference.score(group) for name, group in groups.items()}
    n = next(iter(scores.values())).samples
    scores |= {name: reference.score(CONTROLS[name](real, n, seed=seed)) for name in controls}
    return Scorecard(scores)


def _downscale(images: Tensor, side: int) -> Tensor:
    """Halve images (n, C, H, W) until their long side is about ``side`` pixels."""
    height, width = size_of(images)
    halvings = max(0, round(math.log2(max(height, width) / side)))
    size = (round_half_up(height / 2**halvings), round_half_up(width / 2**halvings))
    if min(size) < 2 * PATCH_SIZE:
        raise ValueError(
            f"An image of {height} x {width} pixels is too small, or too narrow, to score: "
            f"downsampled to {size[0]} x {size[1]}, it has less than {2 * PATCH_SIZE} pixels on "
            f"its short side. Use a larger or less narrow image."
        )
    return resize(images, size)


# --------------------------------------------------------------------------------------- intervals
def _jackknife(values: Tensor, statistic: Callable[[Tensor], Tensor]) -> Estimate:
    """Estimate ``statistic`` of ``values`` (…, n), with its jackknife interval over the n."""
    n = values.shape[-1]
    left_out = [float(statistic(_leave_out(values, i, dim=-1))) for i in range(n)] if n > 2 else []
    return _interval(float(statistic(values)), left_out)


def _interval(value: float, left_out: Sequence[float]) -> Estimate:
    """Return Student's t interval around ``value`` from its jackknife values.

    ``left_out`` holds the value without each of the samples. For a mean, the interval is the usual
    one. With fewer than three samples it is nan. Source: Efron and Stein 1981.
    """
    from scipy.special import stdtrit  # here, because it would slow down `import singan_edu`

    n = len(left_out)
    if n < 3:
        return Estimate(value, math.nan, math.nan)
    mean = sum(left_out) / n
    error = math.sqrt((n - 1) / n * sum((x - mean) ** 2 for x in left_out))
    half = float(stdtrit(n - 1, 0.5 + CONFIDENCE / 2)) * error
    return Estimate(value, value - half, value + half)


def _harmonic_mean(values: Tensor) -> Tensor:
    """Return the harmonic mean: one low value makes it low."""
    return 1 / (1 / values.clamp(min=1e-9)).mean()


def _leave_out(values: Tensor, index: int, *, dim: int = 0) -> Tensor:
    """Return the values without the one at ``index`` along ``dim``."""
    keep = [i for i in range(values.shape[dim]) if i != index]
    return values.index_select(dim, torch.tensor(keep))
