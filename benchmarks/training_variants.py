"""The paper's two studies at lesson size: number of scales, and padding, over several seeds.

    python benchmarks/training_variants.py                        all of it, about an hour
    python benchmarks/training_variants.py painted_coast --seeds 0 --studies padding
    python benchmarks/training_variants.py --summary              the table again, nothing trained

Each picture is trained in each variant with each seed, or loaded from ``runs/``. A row per training
run goes into ``singan_edu/course/training_variants.csv``. The median and range over the seeds of
the latest rows go into ``training_variants.md`` beside this script. The columns are explained in
``singan_edu.applications.training_variants``. If the preset changes, the same command makes all
rows again.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from quality import append_row, environment, find_pictures, parse_changes, read_rows
from torch import Tensor

import singan_edu as sg
from singan_edu.applications import training_variants as studies
from singan_edu.evaluation.scorecard import AXES
from singan_edu.files import write_bytes

TABLE = Path(sg.__file__).with_name("course") / "training_variants.csv"
PICTURES = ("balloon_festival", "painted_coast")
# The z* and the optimizer of the paper, because these are its studies.
CHANGES = (
    "max_size=64",
    "resample_reconstruction_noise=False",
    "optimizer=adam",
    "generator_norm=batch",
    "precise_bn_passes=50",
)
SCALES = (1, 2, 3, 4, 5)
STUDIES = dict(
    scales=lambda image, config: studies.number_of_scales(image, config, SCALES),
    padding=lambda image, config: studies.padding_variants(config),
)
MEASURES = "layout structure border corners corner_match location_match diversity".split()
SUMMARISED = (*MEASURES, "fidelity", "novelty")
COLUMNS = (
    "date setting preset picture height width seed scales coarsest_height coarsest_share padding "
    f"{' '.join(MEASURES)} fidelity coverage novelty reconstruction seconds samples "
    "machine threads torch python commit note"
).split()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line; train and measure, then summarise."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pictures", nargs="*", default=PICTURES, help="bundled name or file")
    parser.add_argument("--studies", nargs="+", choices=list(STUDIES), default=list(STUDIES))
    parser.add_argument("--preset", default="lesson")
    parser.add_argument("--set", nargs="*", default=CHANGES, metavar="FIELD=VALUE")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--samples", type=int, default=studies.NUM_SAMPLES)
    parser.add_argument("--note", default="", help="for the table, such as: beside another job")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--report", type=Path, help="where the summary goes")
    parser.add_argument("--summary", action="store_true", help="of the rows there are")
    options = parser.parse_args(arguments)
    try:
        if not options.summary:
            benchmark(options)
        text = summary(read_rows(options.table))
    except ValueError as error:
        raise SystemExit(f"training_variants.py: {error}") from error
    print(text)
    write_bytes(options.report or report_of(options.table), text.encode())


def report_of(table: Path) -> Path:
    """Return where a table's summary goes: beside this script for the course's table."""
    return Path(__file__).with_suffix(".md") if table == TABLE else table.with_suffix(".md")


# ------------------------------------------------------------------------------ train and measure
def benchmark(options: argparse.Namespace) -> None:
    """Every picture, seed and variant: a row in the table each."""
    config = sg.TrainConfig.preset(options.preset, **parse_changes(options.set))
    made = environment("cpu")  # before this very run changes files
    for seed in options.seeds:  # seed by seed: what is interrupted has whole studies
        for name, image in find_pictures(options.pictures).items():
            for variant in variants(image, config, options.studies):
                row = measure(name, image, variant, seed, options) | made
                row |= dict(preset=" ".join([options.preset, *options.set]), note=options.note)
                append_row(options.table, row, COLUMNS)


def variants(image: Tensor, config: sg.TrainConfig, names: Sequence[str]) -> list[studies.Variant]:
    """The variants of the studies, one after the other."""
    return [variant for name in names for variant in STUDIES[name](image, config)]


def measure(
    name: str, image: Tensor, variant: studies.Variant, seed: int, options: argparse.Namespace
) -> dict[str, object]:
    """Train (or take up) one variant and measure it: its row."""
    # Named as make_pretrained.py names its runs, so that the two share them.
    shared = f"{name}-{options.preset}"
    folder = studies.variant_folder(image, variant, name=shared, seed=seed)
    history = sg.History(folder / "history.json")
    [result] = studies.train_variants(
        image,
        [variant],
        name=shared,
        seed=seed,
        samples=options.samples,
        callbacks=[sg.Progress(seconds=60), history],
    )
    print(studies.comparison_table([result]), flush=True)
    levels = history.load().levels if history.path and history.path.is_file() else []
    return facts(name, variant, result) | dict(
        seed=seed,
        reconstruction=round(levels[-1]["reconstruction_error"], 2) if levels else "",
        seconds=round(sum(level["seconds"] for level in levels), 1) if levels else "",
    )


def facts(name: str, variant: studies.Variant, result: studies.TrainedVariant) -> dict[str, object]:
    """What was trained, and all that was measured on its samples."""
    plan = result.model.plan
    scores = {axis: getattr(result.score, axis).value for axis in AXES if axis in COLUMNS}
    values = scores | result.measures  # diversity is in both, and the same
    return dict(
        setting=variant.label,
        picture=name,
        height=plan.sizes[-1][0],
        width=plan.sizes[-1][1],
        scales=plan.num_levels,
        coarsest_height=plan.sizes[0][0],
        coarsest_share=round(variant.coarsest_share, 3),
        padding=variant.config.padding,
        samples=len(result.samples),
        **{column: round(value, 4) for column, value in values.items()},
    )


# ------------------------------------------------------------------------------------- the summary
def summary(rows: Sequence[dict[str, str]]) -> str:
    """Markdown: for each picture and variant the median over seeds of each measure, and range."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault((row["picture"], row["setting"]), []).append(row)
    lines = [
        "Median over the seeds (smallest to largest); what the columns mean: "
        "`singan_edu/applications/training_variants.py`.\n",
        f"| picture | variant | seeds | field | {' | '.join(SUMMARISED)} |",
        "|---" * (4 + len(SUMMARISED)) + "|",
    ]
    for (picture, setting), group in sorted(groups.items()):
        cells = [median_and_range([float(row[column]) for row in group]) for column in SUMMARISED]
        share = f"{float(group[0]['coarsest_share']):.0%}"
        lines.append(f"| {picture} | {setting} | {len(group)} | {share} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def median_and_range(values: Sequence[float]) -> str:
    """``0.52 (0.49–0.55)``; a single value alone."""
    median = f"{statistics.median(values):.2f}"
    return f"{median} ({min(values):.2f}–{max(values):.2f})" if len(values) > 1 else median


if __name__ == "__main__":
    main(sys.argv[1:])
