"""The ledger: where paper, authors' code, re-implementations and this library differ.

``LEDGER`` is read from ``differences.toml``. Each row says who does what; ``ablations`` has a
switch for it where the effect can be measured at lesson size. ``benchmarks/ledger.py`` trains both
sides of each row with several seeds; ``effect`` and ``verdict`` read its table of measurements.
Taught in lesson 15.
"""

from __future__ import annotations

import csv
import itertools
import math
import statistics
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..applications.training_variants import border_variability
from ..config import LOCAL_GENERATOR, TrainConfig
from ..evaluation.metrics import rmse
from ..evaluation.scorecard import Reference
from ..images import resize, size_of
from ..model import SinGAN
from ..training.run import StopWhenNotFinite, first_level, train_levels
from ..training.state import Callback
from .ablations import REFERENCE, SWITCHES, Switch, switched

ROWS = Path(__file__).with_name("differences.toml")
TABLE = Path(__file__).with_name("differences.csv")
# Changes of the preset lesson that both sides of every row share. What a switch changes must be as
# in the paper here: the optimizer, the fixed reconstruction noise, and batch normalisation.
BASE_CONFIG: dict[str, Any] = dict(
    min_size=20,
    max_size=48,
    iterations=(160, 100, 60),
    optimizer="adam",
    resample_reconstruction_noise=False,
    precision="float32",
    **LOCAL_GENERATOR,
)
SIGNIFICANCE_LEVEL = 0.01
NOT_STATED = "says nothing that we know of"
PARTIES = ("paper", "authors", "others", "here")


# -------------------------------------------------------------------------------------- the rows
@dataclass(frozen=True)
class Difference:
    """One row of the ledger.

    Attributes:
        name: of the row, and of its switch if there is one.
        what: what is done in more than one way.
        paper: what the paper says, "" if nothing.
        authors: what the authors' code does, "" if unknown.
        others: what re-implementations do, "" if unknown.
        here: what this library does.
        source: section of the paper, or the thread where the difference is discussed.
        lesson: number of the lesson that teaches it.
        against: name of the switch that the row's switch is compared with.
        why_not: why the row is not measured, "" if it is.
    """

    name: str
    what: str
    paper: str
    authors: str
    others: str
    here: str
    source: str
    lesson: str
    against: str = REFERENCE.label
    why_not: str = ""

    @property
    def switch(self) -> Switch | None:
        """The switch that makes this library do otherwise; None if the row is not measured."""
        return SWITCHES.get(self.name)

    @property
    def sides(self) -> tuple[Switch, Switch] | None:
        """Both sides of the comparison, without and with the switch; None if not measured."""
        return (SWITCHES[self.against], self.switch) if self.switch else None

    def __str__(self) -> str:
        facts = {party: getattr(self, party) or NOT_STATED for party in PARTIES}
        facts |= {"switch": self.switch.describe() if self.switch else f"none: {self.why_not}"}
        facts |= {"compared with": self.against, "see": self.source}
        lines = [f"  {name:14}{text}" for name, text in facts.items()]
        return "\n".join([f"{self.name}: {self.what}", *lines])


def _read_rows() -> tuple[Difference, ...]:
    rows = tomllib.loads(ROWS.read_text(encoding="utf-8"))
    return tuple(Difference(name=name, **facts) for name, facts in rows.items())


LEDGER: tuple[Difference, ...] = _read_rows()


def find(name: str) -> Difference:
    """Return a row of the ledger.

    Args:
        name: of the row, ``"z_star"``.

    Raises:
        ValueError: there is no such row; the message lists all rows.
    """
    found = [difference for difference in LEDGER if difference.name == name]
    if not found:
        raise ValueError(f"There is no row {name!r}; the ledger has: {', '.join(names())}.")
    return found[0]


def names(*, measured: bool = False) -> list[str]:
    """Return the names of the rows in order.

    Args:
        measured: only those with a switch, whose effect can be measured.
    """
    return [difference.name for difference in LEDGER if difference.switch or not measured]


# ------------------------------------------------------------------------------ train and measure
def train_switched(
    photo: Tensor,
    switch: Switch,
    *,
    seed: int = 0,
    base: Mapping[str, Any] = BASE_CONFIG,
    callbacks: Sequence[Callback] = (),
) -> SinGAN:
    """Train a small model with a switch applied.

    Args:
        photo: (1, C, H, W) in [-1, 1].
        switch: what is done differently.
        seed: of everything random.
        base: changes of the preset lesson that both sides share; the switch overrides them.
        callbacks: listen to the training run.

    Returns:
        The trained model.

    Raises:
        NotFiniteError: a loss is not a finite number.
    """
    config = TrainConfig.preset("lesson", **{**base, **switch.changes})
    with switched(switch):
        state = first_level(photo, config, seed)
        return train_levels(state, [StopWhenNotFinite(), *callbacks])


def measure_switched(
    model: SinGAN, photo: Tensor, switch: Switch, reference: Reference | None = None
) -> dict[str, float]:
    """Measure one side of a row.

    Args:
        model: trained with the switch applied.
        photo: (1, C, H, W) in [-1, 1], the training image in any size.
        switch: applied while images are drawn.
        reference: of the photograph at the size of the model; made here if not given.

    Returns:
        The values of ``MEASURES`` and ``EXTRA_MEASURES``; for an enlargement only its error.
    """
    with switched(switch):
        images = switch.draw(model, photo)
        reconstruction = model.reconstruct()
    real = resize(photo, size_of(images))  # by the library's own resize on both sides
    if real.shape != model.image.shape:  # an enlargement, whose original is known
        return dict(enlargement=rmse(images, real.expand_as(images[:1])))
    score = (reference or Reference.measure(real)).score(images)
    border, _ = border_variability(images)
    return dict(
        fidelity=score.fidelity.value,
        coverage=score.coverage.value,
        diversity=score.diversity.value,
        reconstruction=rmse(reconstruction, real),
        brightness=127.5 * (images.mean() - real.mean()).item(),
        border=border,
        novelty=score.novelty.value,
        band=score.raw["band_likeness"],
        swd=score.raw["swd_likeness"],
        precision=score.raw["precision"],
    )


MEASURES = dict(
    fidelity="how much patches of samples are those of the training image, 0 to 1",
    coverage="share of the training image's patches that a sample shows",
    diversity="how much samples differ from each other (the paper's)",
    reconstruction="RMSE of the reconstruction, grey levels",
    brightness="mean of the samples minus mean of the training image, grey levels",
    border="how much samples differ near the border, relative to the interior",
    enlargement="RMSE of an enlargement by 4/3, grey levels",
)
EXTRA_MEASURES = ("novelty", "band", "swd", "precision")  # in the table, not in the summary


# ----------------------------------------------------------------------------- what was measured
def read_table(path: Path = TABLE) -> list[dict[str, str]]:
    """Read the table of measurements.

    Args:
        path: a CSV file that ``benchmarks/ledger.py`` wrote.

    Returns:
        One line per side, picture and seed, by the names of the columns.

    Raises:
        ValueError: there is no such file.
    """
    if not path.is_file():
        raise ValueError(f"There is no table {path} yet; run benchmarks/ledger.py first.")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Effect:
    """The effect of one switch on one measure.

    Attributes:
        without: for each picture, the values by seed without the switch.
        with_it: for each picture, the values by seed with the switch.
    """

    without: dict[str, dict[int, float]]
    with_it: dict[str, dict[int, float]]

    def differences(self, picture: str | None = None) -> list[float]:
        """Return the values with the switch minus those without it, seed by seed.

        Args:
            picture: its name; all pictures if not given.
        """
        names = [picture] if picture else list(self.without)
        return [
            self.with_it[name][seed] - self.without[name][seed]
            for name in names
            for seed in sorted(set(self.with_it[name]) & set(self.without[name]))
        ]

    @property
    def p_value(self) -> float:
        """How often chance alone separates the sides as far: see ``permutation_p_value``."""
        pairs = [(self.without[name], self.with_it[name]) for name in self.without]
        return permutation_p_value([(list(a.values()), list(b.values())) for a, b in pairs])

    @property
    def is_significant(self) -> bool:
        """Whether the p-value is at most ``SIGNIFICANCE_LEVEL``."""
        return self.p_value <= SIGNIFICANCE_LEVEL

    def __str__(self) -> str:
        return _median_and_range(self.differences())


def effect(table: Iterable[Mapping[str, str]], name: str, measure: str) -> Effect | None:
    """Return the effect of a row's switch on a measure.

    Args:
        table: of measurements, as ``read_table`` returns it.
        name: of the row.
        measure: a column of the table, such as ``"fidelity"``.

    Returns:
        None where nothing was measured.
    """
    sides, table = find(name).sides, list(table)
    if sides is None:
        return None
    without, with_it = (values_by_seed(table, side.label, measure) for side in sides)
    pictures = sorted(set(without) & set(with_it))
    if not pictures:
        return None
    return Effect({p: without[p] for p in pictures}, {p: with_it[p] for p in pictures})


def values_by_seed(
    table: Iterable[Mapping[str, str]], side: str, measure: str
) -> dict[str, dict[int, float]]:
    """Return the values of one side, by picture and seed.

    Args:
        table: of measurements, as ``read_table`` returns it.
        side: label of a switch.
        measure: a column of the table; empty and non-finite values are left out.
    """
    found: dict[str, dict[int, float]] = {}
    for line in table:
        if line["side"] == side and line[measure] and math.isfinite(float(line[measure])):
            found.setdefault(line["picture"], {})[int(line["seed"])] = float(line[measure])
    return found


def permutation_p_value(groups: Sequence[tuple[Sequence[float], Sequence[float]]]) -> float:
    """Compute the two-sided p-value of a permutation test between two sides.

    If the switch had no effect, the assignment of a picture's values to the two sides would be
    arbitrary. So the test goes through all assignments, in each picture separately. It counts those
    whose difference of means, averaged over the pictures, is at least as large as the measured one.

    Args:
        groups: for each picture, the values of both sides.

    Returns:
        The proportion of such assignments. Its smallest possible value is 2/20 for one picture with
        three seeds per side, and 2/400 for two such pictures.

    >>> permutation_p_value([([1, 2, 3], [4, 5, 6])])
    0.1
    """
    assigned = torch.zeros(1, dtype=torch.float64)
    for without, with_it in groups:
        assigned = (assigned[:, None] + _all_differences(without, with_it)).flatten()
    found = sum(statistics.mean(b) - statistics.mean(a) for a, b in groups)
    return (assigned.abs() >= abs(found) - 1e-9).double().mean().item()


def _all_differences(without: Sequence[float], with_it: Sequence[float]) -> Tensor:
    """Return the difference of means for each assignment of the values to the two sides."""
    values = torch.tensor([*without, *with_it], dtype=torch.float64)
    chosen = torch.tensor(list(itertools.combinations(range(len(values)), len(with_it))))
    second = values[chosen].sum(dim=1)
    return second / len(with_it) - (values.sum() - second) / len(without)


def verdict(table: Iterable[Mapping[str, str]], name: str) -> str:
    """Return the result of a row in words: the measures that change significantly, and how.

    Args:
        table: of measurements, as ``read_table`` returns it.
        name: of the row.
    """
    table = list(table)
    effects = {measure: effect(table, name, measure) for measure in MEASURES}
    if not any(effects.values()):
        why_not = find(name).why_not
        return f"not measured: {why_not}" if why_not else "not measured yet"
    moved = [
        f"{measure} {'up' if statistics.mean(found.differences()) > 0 else 'down'}"
        for measure, found in effects.items()
        if found and found.is_significant
    ]
    return ", ".join(moved) or "no effect found"


def summary(table: Iterable[Mapping[str, str]]) -> str:
    """Return the ledger as Markdown: who does what, then the effects and verdict of each row.

    Args:
        table: of measurements, as ``read_table`` returns it.
    """
    table = list(table)
    seeds = len({line["seed"] for line in table})
    pictures = sorted({line["picture"] for line in table})
    return "\n".join([*_who_does_what(), *_what_it_does(table, pictures, seeds)]) + "\n"


def _who_does_what() -> list[str]:
    lines = [
        "# The ledger of differences\n\nMade by `python benchmarks/ledger.py` from "
        "`singan_edu/course/differences.toml` and `differences.csv`.\n\n## Who does what\n",
        "| row | what | paper | authors' code | re-implementations | here | see | lesson |",
        "|---" * 8 + "|",
    ]
    for one in LEDGER:
        said = [getattr(one, party) or "–" for party in PARTIES]
        cells = [one.name, one.what, *said, one.source, one.lesson]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _what_it_does(
    table: Sequence[Mapping[str, str]], pictures: Sequence[str], seeds: int
) -> list[str]:
    level = f"{SIGNIFICANCE_LEVEL:.0%}"
    lines = [
        f"\n## What it does\n\nPictures: {', '.join(pictures)}; up to {seeds} seeds per side. "
        f"Each cell is the value with the switch minus the value without it, seed by seed, as "
        f"median (smallest … largest). The verdict names the measures with a p-value of at most "
        f"{level}. Chance alone names a measure in about one row of twenty; the row *nothing* is "
        f"the control.\n",
        "Everything is measured at lesson size (preset lesson, long side 48, three levels of 160, "
        "100 and 60 iterations; 54, 34 and 20 where an iteration has three steps; 107 each in the "
        "row *iterations*; float32). Results may differ at 250 pixels or after 2000 iterations.\n",
        f"| row | picture | {' | '.join(MEASURES)} | verdict |",
        "|---" * (3 + len(MEASURES)) + "|",
    ]
    for one in LEDGER:
        said = verdict(table, one.name)
        for picture in pictures if one.switch else ["–"]:
            cells = [
                _effect_text(effect(table, one.name, measure), picture) for measure in MEASURES
            ]
            lines.append(f"| {one.name} | {picture} | {' | '.join(cells)} | {said} |")
    return lines


def _effect_text(found: Effect | None, picture: str) -> str:
    """Return ``+0.05 (-0.01 … +0.09)``, or a dash where nothing was measured."""
    values = found.differences(picture) if found and picture in found.without else []
    return _median_and_range(values) if values else "–"


def _median_and_range(values: Sequence[float]) -> str:
    """Return ``+0.05 (-0.01 … +0.09)``."""
    return f"{statistics.median(values):+.2f} ({min(values):+.2f} … {max(values):+.2f})"
