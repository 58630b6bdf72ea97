"""The ledger of differences, measured: each side of each row trained with several seeds.

    python benchmarks/ledger.py                            all of it, about an hour and a half
    python benchmarks/ledger.py --rows z_star alpha        some rows and what they are held against
    python benchmarks/ledger.py --minutes 4                as far as it comes; again: goes on
    python benchmarks/ledger.py --summary                  the summary again, nothing trained

The rows are in ``singan_edu/course/differences.toml``, their switches in
``singan_edu/course/ablations.py``; ``MEASURES`` in ``singan_edu/course/differences.py`` says what
the columns mean. A line per side, picture and seed is appended to
``singan_edu/course/differences.csv`` as soon as it is measured, and is not measured again. The
summary is ``ledger.md`` beside this file. Everything is at lesson size (48 pixels, 320 iterations
in all); results may differ at 250 pixels.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from quality import append_row, environment, find_pictures
from torch import Tensor

import singan_edu as sg
from singan_edu.course import differences
from singan_edu.course.ablations import REFERENCE, Switch
from singan_edu.evaluation.scorecard import Reference
from singan_edu.files import write_bytes
from singan_edu.images import size_of

PICTURES = ("balloon_festival", "pagoda_lake")
FACTS = "date machine threads torch python commit".split()
COLUMNS = [
    "side",
    "picture",
    "seed",
    *differences.MEASURES,
    *differences.EXTRA_MEASURES,
    "seconds",
    *FACTS,
]


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line; train and measure, then summarise."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", nargs="+", default=differences.names(measured=True))
    parser.add_argument("--pictures", nargs="+", default=PICTURES, help="bundled name or file")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after")
    parser.add_argument("--table", type=Path, default=differences.TABLE)
    parser.add_argument("--report", type=Path, default=Path(__file__).with_suffix(".md"))
    parser.add_argument("--summary", action="store_true", help="of the lines there are")
    options = parser.parse_args(arguments)
    try:
        if not options.summary:
            benchmark(options)
        text = differences.summary(differences.read_table(options.table))
    except ValueError as error:
        raise SystemExit(f"ledger.py: {error}") from error
    write_bytes(options.report, text.encode())


def benchmark(options: argparse.Namespace) -> None:
    """Everything that is not in the table yet, seed by seed, until the time is up."""
    started, made = time.monotonic(), environment("cpu")
    pictures = find_pictures(options.pictures)
    for seed in options.seeds:  # seed by seed: what is interrupted has all rows with fewer seeds
        for sides in by_training(options.rows):
            for name, photo in pictures.items():
                if time.monotonic() - started > 60 * options.minutes:
                    return
                missing = [side for side in sides if not is_there(options.table, side, name, seed)]
                for line in measured(photo, missing, seed):
                    append_row(options.table, line | dict(picture=name, seed=seed) | made, COLUMNS)


def by_training(rows: Sequence[str]) -> list[list[Switch]]:
    """The sides of the rows, in groups that a single training serves: they differ in drawing."""
    both = [side for name in rows for side in differences.find(name).sides or ()]
    groups: list[list[Switch]] = []
    for side in {side.label: side for side in (REFERENCE, *both)}.values():
        same = [group for group in groups if is_same_training(group[0], side)]
        same[0].append(side) if same else groups.append([side])
    return groups


def is_same_training(one: Switch, other: Switch) -> bool:
    """Whether two sides train alike, seed for seed."""
    alike = (one.changes, one.replacements) == (other.changes, other.replacements)
    return alike and "nothing" not in (one.label, other.label)


def is_there(table: Path, side: Switch, picture: str, seed: int) -> bool:
    """Whether the table has the line already."""
    lines = differences.read_table(table) if table.is_file() else []
    wanted = (side.label, picture, str(seed))
    return any((line["side"], line["picture"], line["seed"]) == wanted for line in lines)


def measured(photo: Tensor, sides: Sequence[Switch], seed: int) -> Iterator[dict[str, object]]:
    """Train once and measure each side: its line."""
    if not sides:
        return
    started = time.perf_counter()
    own = seed + 1000 if sides[0].label == "nothing" else seed  # the control: other seeds
    pyramid = differences.train_switched(photo, sides[0], seed=own)
    seconds = time.perf_counter() - started
    reference = Reference.measure(sg.resize(photo, size_of(pyramid.image)))
    for side in sides:
        values = differences.measure_switched(pyramid, photo, side, reference)
        line = {name: round(value, 4) for name, value in values.items()}
        print(f"{side.label}, seed {seed}: {line}", flush=True)
        yield line | dict(side=side.label, seconds=round(seconds, 1))


if __name__ == "__main__":
    main(sys.argv[1:])
