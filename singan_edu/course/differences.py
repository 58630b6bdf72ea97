"""The ledger: where paper, authors' code, re-implementations and this library differ.

``LEDGER`` is read from ``differences.toml``: each row says who does what, and ``switches`` has a
switch for it where it can be measured at lesson size. ``benchmarks/ledger.py`` trains both sides of
each row with several seeds; ``effect`` and ``verdict`` read its table. Taught in lesson 15.
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
from ..config import TrainConfig
from ..evaluation.metrics import rmse
from ..evaluation.scorecard import Reference
from ..images import resize
from ..model import SinGAN
from ..training.run import StopWhenNotFinite, first_level, train_levels
from ..training.state import Callback
from .ablations import REFERENCE, SWITCHES, Switch, switched

ROWS = Path(__file__).with_name("differences.toml")
TABLE = Path(__file__).with_name("differences.csv")
RECIPE: dict[str, Any] = dict(
    min_size=20,
    max_size=48,
    iterations=(160, 100, 60),
    optimizer="adam",  # as everybody has; Muon is one of the switches
    resample_reconstruction_noise=False,  # as in the paper; to redraw it is one, too
    precision="float32",
)
SIGNIFICANCE_LEVEL = 0.01
SILENT = "says nothing that we know of"
PARTIES = ("paper", "authors", "others", "here")


# -------------------------------------------------------------------------------------- the rows
@dataclass(frozen=True)
class Difference:
    """One row of the ledger.

    Attributes:
        id: its name; that of its switch, if there is one.
        what: what is done in more than one way.
        paper, authors, others, here: what the paper says, and the authors' code, re-implementations
            and this library do; "" where nothing is said or known.
        source: section of the paper, or the thread where it is discussed.
        lesson: that teaches what differs.
        against: the switch that it is held against.
        why_not: why it is not measured.
    """

    id: str
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
        """What makes this library do otherwise; None where nothing can be measured."""
        return SWITCHES.get(self.id)

    @property
    def sides(self) -> tuple[Switch, Switch] | None:
        """Both sides of the comparison: without the switch, and with it."""
        return (SWITCHES[self.against], self.switch) if self.switch else None

    def __str__(self) -> str:
        facts = {party: getattr(self, party) or SILENT for party in PARTIES}
        facts |= {"switch": self.switch.describe() if self.switch else f"none: {self.why_not}"}
        facts |= {"held against": self.against, "see": self.source}
        lines = [f"  {name:14}{text}" for name, text in facts.items()]
        return "\n".join([f"{self.id}: {self.what}", *lines])


def _read_rows() -> tuple[Difference, ...]:
    rows = tomllib.loads(ROWS.read_text(encoding="utf-8"))
    return tuple(Difference(id=name, **facts) for name, facts in rows.items())


LEDGER: tuple[Difference, ...] = _read_rows()


def row(name: str) -> Difference:
    """The row of that id."""
    found = [difference for difference in LEDGER if difference.id == name]
    if not found:
        raise ValueError(f"There is no row {name!r}; the ledger has: {', '.join(ids())}.")
    return found[0]


def ids(*, measured: bool = False) -> list[str]:
    """The ids of all rows, or of those that can be measured."""
    return [one.id for one in LEDGER if one.switch or not measured]


# ------------------------------------------------------------------------------ train and measure
def train_switched(
    photo: Tensor,
    switch: Switch,
    *,
    seed: int = 0,
    recipe: Mapping[str, Any] = RECIPE,
    callbacks: Sequence[Callback] = (),
) -> SinGAN:
    """Train the preset lesson, made small by ``recipe``, with ``switch`` thrown.

    Args:
        photo: (1, C, H, W) in [-1, 1].
        recipe: fields of ``TrainConfig`` that both sides of a row share; the switch goes over them.
    """
    config = TrainConfig.preset("lesson", **{**recipe, **switch.changes})
    with switched(switch):
        state = first_level(photo, config, seed)
        return train_levels(state, [StopWhenNotFinite(), *callbacks])


def measure_switched(
    pyramid: SinGAN, photo: Tensor, switch: Switch, reference: Reference | None = None
) -> dict[str, float]:
    """What the rows are compared by; see ``MEASURES``.

    Args:
        reference: of the photograph at the size of the pyramid, if it is at hand.
    """
    with switched(switch):
        pictures = switch.draw(pyramid, photo)
        reconstruction = pyramid.reconstruct()
    real = resize(photo, tuple(pictures.shape[-2:]))  # as the library does it, on both sides
    if real.shape != pyramid.image.shape:  # an enlargement, of which the original is known
        return dict(enlargement=rmse(pictures, real.expand_as(pictures[:1])))
    score = (reference or Reference.measure(real)).score(pictures)
    border, _ = border_variability(pictures)
    return dict(
        fidelity=score.fidelity.value,
        coverage=score.coverage.value,
        diversity=score.diversity.value,
        reconstruction=rmse(reconstruction, real),
        brightness=127.5 * (pictures.mean() - real.mean()).item(),
        border=border,
        novelty=score.novelty.value,
        band=score.raw["band_likeness"],
        swd=score.raw["swd_likeness"],
        precision=score.raw["precision"],
    )


MEASURES = dict(
    fidelity="how much patches of samples are those of the photograph, 0 to 1",
    coverage="share of the photograph's patches that a sample shows",
    diversity="how much samples differ from each other (the paper's)",
    reconstruction="RMSE of the reconstruction, grey levels",
    brightness="mean of the samples less that of the photograph, grey levels",
    border="how much samples differ near the border, relative to the interior",
    enlargement="RMSE of an enlargement by 4/3, grey levels",
)
EXTRA = ("novelty", "band", "swd", "precision")  # in the table, not in the summary


# ----------------------------------------------------------------------------- what was measured
def read_table(path: Path = TABLE) -> list[dict[str, str]]:
    """The lines of the table of measurements: one per side, picture and seed."""
    if not path.is_file():
        raise ValueError(f"There is no table {path} yet; run benchmarks/ledger.py first.")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Effect:
    """What throwing one switch did to one measure.

    Attributes:
        without, with_it: for each picture, the values by seed on both sides.
    """

    without: dict[str, dict[int, float]]
    with_it: dict[str, dict[int, float]]

    def differences(self, picture: str | None = None) -> list[float]:
        """With less without, seed by seed; of one picture or of all."""
        names = [picture] if picture else list(self.without)
        return [
            self.with_it[name][seed] - self.without[name][seed]
            for name in names
            for seed in sorted(set(self.with_it[name]) & set(self.without[name]))
        ]

    @property
    def p_value(self) -> float:
        """How often seeds alone would do as much: see ``permutation_p_value``."""
        pairs = [(self.without[name], self.with_it[name]) for name in self.without]
        return permutation_p_value([(list(a.values()), list(b.values())) for a, b in pairs])

    @property
    def found(self) -> bool:
        """Whether it is more than seeds do (``SIGNIFICANCE_LEVEL``)."""
        return self.p_value <= SIGNIFICANCE_LEVEL

    def __str__(self) -> str:
        return _median_and_range(self.differences())


def effect(table: Iterable[Mapping[str, str]], name: str, measure: str) -> Effect | None:
    """What the switch of row ``name`` did to ``measure``; None where it was not measured."""
    sides, table = row(name).sides, list(table)
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
    """The values of one side by picture and seed; what is empty or not a number is left out."""
    found: dict[str, dict[int, float]] = {}
    for line in table:
        if line["side"] == side and line[measure] and math.isfinite(float(line[measure])):
            found.setdefault(line["picture"], {})[int(line["seed"])] = float(line[measure])
    return found


def permutation_p_value(groups: Sequence[tuple[Sequence[float], Sequence[float]]]) -> float:
    """How often chance alone separates two sides as far as they are, either way.

    If the switch did nothing, which values of a picture stand on which side is an accident of
    seeds. So all ways to deal them out are gone through, in each picture for itself, and those are
    counted whose mean difference (mean over the pictures) is as large as the one that was found.

    Args:
        groups: for each picture the values of both sides.

    Returns:
        The share; at least one in as many as there are ways: 1/20 for one picture with three seeds
        a side (and 2/20 both ways), 2/400 for two pictures.

    >>> permutation_p_value([([1, 2, 3], [4, 5, 6])])
    0.1
    """
    dealt = torch.zeros(1, dtype=torch.float64)
    for without, with_it in groups:
        dealt = (dealt[:, None] + _all_differences(without, with_it)).flatten()
    found = sum(statistics.mean(b) - statistics.mean(a) for a, b in groups)
    return (dealt.abs() >= abs(found) - 1e-9).double().mean().item()


def _all_differences(without: Sequence[float], with_it: Sequence[float]) -> Tensor:
    """The difference of means for each way to choose which values stand on the second side."""
    values = torch.tensor([*without, *with_it], dtype=torch.float64)
    chosen = torch.tensor(list(itertools.combinations(range(len(values)), len(with_it))))
    second = values[chosen].sum(dim=1)
    return second / len(with_it) - (values.sum() - second) / len(without)


def verdict(table: Iterable[Mapping[str, str]], name: str) -> str:
    """What a row came to, in words: the measures that move by more than seeds do, and which way."""
    table = list(table)
    effects = {measure: effect(table, name, measure) for measure in MEASURES}
    if not any(effects.values()):
        return f"not measured: {row(name).why_not}" if row(name).why_not else "not measured yet"
    moved = [
        f"{measure} {'up' if statistics.mean(found.differences()) > 0 else 'down'}"
        for measure, found in effects.items()
        if found and found.found
    ]
    return ", ".join(moved) or "no effect found"


def summary(table: Iterable[Mapping[str, str]]) -> str:
    """Markdown: what differs, and each row with its effects, picture by picture, and verdict."""
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
        cells = [one.id, one.what, *said, one.source, one.lesson]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _what_it_does(
    table: Sequence[Mapping[str, str]], pictures: Sequence[str], seeds: int
) -> list[str]:
    share = f"{SIGNIFICANCE_LEVEL:.0%}"
    lines = [
        f"\n## What it does\n\nPictures: {', '.join(pictures)}; up to {seeds} seeds a side. Each "
        f"cell: the value with the switch thrown less the one without, seed by seed, as median "
        f"(smallest … largest). The verdict names the measures of which at most {share} of all "
        f"ways to deal the values out to the two sides do as much. Chance alone names a measure in "
        f"about one row of twenty; the row *nothing* is there to remind you.\n",
        "All of it at lesson size (preset lesson, long side 48, three levels of 160, 100 and 60 "
        "iterations, 54, 34 and 20 where an iteration has three steps, 107 each in the row "
        "*iterations*; float32). None of it need hold at 250 pixels or after 2000 iterations.\n",
        f"| row | picture | {' | '.join(MEASURES)} | verdict |",
        "|---" * (3 + len(MEASURES)) + "|",
    ]
    for one in LEDGER:
        said = verdict(table, one.id)
        for picture in pictures if one.switch else ["–"]:
            cells = [_cell(effect(table, one.id, measure), picture) for measure in MEASURES]
            lines.append(f"| {one.id} | {picture} | {' | '.join(cells)} | {said} |")
    return lines


def _cell(found: Effect | None, picture: str) -> str:
    """``+0.05 (-0.01 … +0.09)``, or a dash where nothing was measured."""
    values = found.differences(picture) if found and picture in found.without else []
    return _median_and_range(values) if values else "–"


def _median_and_range(values: Sequence[float]) -> str:
    return f"{statistics.median(values):+.2f} ({min(values):+.2f} … {max(values):+.2f})"
