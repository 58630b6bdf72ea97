"""Train, time and score: what a preset, or any change of it, is worth on which pictures.

    python benchmarks/quality.py                         the preset lesson on bundled pictures
    python benchmarks/quality.py pagoda_lake ~/photos --set max_size=96 --seeds 0 1 2
    python benchmarks/quality.py --compare "lesson max_size=96" "paper max_size=96"

Each picture (a bundled name, a file, or all pictures of a folder) is trained with each seed, or
taken from ``runs/`` if it was trained before. A row per training goes into
``benchmarks/quality.csv``: scores (see ``singan_edu.evaluation.scorecard``), date, machine, versions and
commit. One contact sheet per call shows photograph, reconstruction and samples; look at it before
you believe a number. Seconds are those of the levels; a level that was interrupted counts from
where it went on.

``--compare`` says of each score whether two settings differ by more than seeds do.
"""

from __future__ import annotations

import argparse
import ast
import csv
import datetime
import io
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from scipy import stats
from torch import Tensor

import singan_edu as sg
from singan_edu.course import plots
from singan_edu.evaluation.scorecard import AXES, Score, scorecard
from singan_edu.files import write_bytes
from singan_edu.training.callbacks import reconstruction_error

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".csv")
PICTURES = ("autumn_wood", "balloon_festival", "deep_field", "gravel", "pagoda_lake")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
SHOWN, TIMED = 6, 10
BETTER = dict(fidelity=1, coverage=1, novelty=1, diversity=1, reconstruction=-1, seconds=-1)
COMPARED = (*AXES, "swd_likeness", "band_likeness", "precision", "reconstruction", "seconds")
COLUMNS = (
    "date setting picture height width seed seconds estimated sample_ms reconstruction "
    "fidelity fidelity_ci coverage coverage_ci novelty novelty_ci diversity diversity_ci verdict "
    "swd_likeness band_likeness precision coherence largest_copy ever_shown "
    "swd_0 swd_1 swd_2 band_0 band_1 band_2 samples machine threads torch python commit note"
).split()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line; train and score, or compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "pictures", nargs="*", default=PICTURES, help="bundled name, file or folder"
    )
    parser.add_argument("--preset", default="lesson")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="FIELD=VALUE", help="of TrainConfig"
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--controls", action="store_true", help="print them beside the scores")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--note", default="", help="for the table, such as: beside another job")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--compare", nargs=2, metavar=("A", "B"), help="two settings of the table")
    options = parser.parse_args(arguments)
    try:
        if options.compare:
            print(compare(read_rows(options.table), *options.compare))
        else:
            benchmark(options)
    except ValueError as error:
        raise SystemExit(f"quality.py: {error}") from error


# -------------------------------------------------------------------------------- train and score
class Estimate(sg.Callback):
    """Keeps how many seconds the plan promised, "" for a training that was there already."""

    seconds: object = ""

    def training_start(self, model: sg.SinGAN, plan: sg.TrainingPlan) -> None:
        """Look at the plan of a training that begins."""
        if model.trained_levels == 0:
            self.seconds = round(plan.seconds, 1)


def benchmark(options: argparse.Namespace) -> None:
    """Every picture with every seed: a row in the table each, and one contact sheet for all."""
    setting = " ".join([options.preset, *sorted(options.set)])
    config = sg.TrainConfig.preset(options.preset, **changes(options.set))
    images = find_pictures(options.pictures)
    sheet = []
    for name, image in images.items():
        for seed in options.seeds:
            row, shown = measure(name, image, config, seed, options)
            row |= dict(setting=setting, note=options.note) | circumstances(options.device)
            append_row(options.table, row)
            sheet.append((f"{name}, seed {seed}", shown))
    print(f"rows added to {options.table}, pictures in {write_sheet(sheet, setting)}")


def changes(pairs: Iterable[str]) -> dict[str, object]:
    """``["max_size=96", "iterations=(500,300)"]`` as keyword arguments."""
    parts = [pair.partition("=")[::2] for pair in pairs]
    return {name: _literal(value) for name, value in parts}


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text  # a word, such as batch


def find_pictures(names: Iterable[str]) -> dict[str, Tensor]:
    """The pictures (1, C, H, W) by name: bundled ones, files, and whatever folders hold."""
    found: dict[str, Tensor] = {}
    for name in names:
        path = Path(name).expanduser()
        if name in sg.sample_image_names():
            found[name] = sg.sample_image(name)
        elif path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
            if not files:
                raise ValueError(f"{path} holds no pictures ({', '.join(SUFFIXES)}).")
            found |= {file.stem: sg.load_image(file) for file in files}
        elif path.is_file():
            found[path.stem] = sg.load_image(path)
        else:
            bundled = ", ".join(sg.sample_image_names())
            raise ValueError(f"There is no picture {name}: no file, no folder, none of {bundled}.")
    return found


def measure(
    name: str, image: Tensor, config: sg.TrainConfig, seed: int, options: argparse.Namespace
) -> tuple[dict[str, object], list[Tensor]]:
    """Train (or take up) one pyramid and score it: its row, and the pictures to show."""
    folder = sg.run_folder(image, config, name=f"{name}-{options.preset}", seed=seed)
    history, estimate = sg.History(folder / "history.json"), Estimate()
    model = sg.train(
        image,
        config,
        seed=seed,
        device=options.device,
        checkpoint_dir=folder / "model",
        callbacks=[sg.Progress(seconds=60), history, estimate],
    )
    levels = history.load().levels if history.path.is_file() else []  # a model from elsewhere
    model = model.to("cpu")
    samples = model.sample(options.samples, seed=seed)
    card = scorecard(
        model.image, {name: samples}, **({} if options.controls else dict(controls=()))
    )
    print(card, flush=True)
    row = dict(
        picture=name,
        height=samples.shape[-2],
        width=samples.shape[-1],
        seed=seed,
        seconds=round(sum(level["seconds"] for level in levels), 1) if levels else "",
        estimated=estimate.seconds,
        sample_ms=round(1000 * sample_seconds(model), 1),
        reconstruction=round(reconstruction_error(model), 2),
        verdict=card.verdict(name),
    )
    return row | scores(card[name]), [model.image, model.reconstruct(), *samples[:SHOWN]]


def sample_seconds(model: sg.SinGAN) -> float:
    """Median time of one sample."""
    times = []
    for seed in range(TIMED):
        started = time.perf_counter()
        model.sample(seed=seed)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def scores(score: Score) -> dict[str, object]:
    """A score as columns: the four axes with half their interval, and the raw measurements."""
    columns: dict[str, object] = dict(samples=score.samples)
    for axis in AXES:
        estimate = getattr(score, axis)
        columns[axis] = round(estimate.value, 4)
        columns[f"{axis}_ci"] = round((estimate.high - estimate.low) / 2, 4)
    return columns | {key: round(value, 4) for key, value in score.raw.items() if key in COLUMNS}


def circumstances(device: str) -> dict[str, object]:
    """When, where and with what it was measured."""
    gpu = device != "cpu" and torch.cuda.is_available()
    return dict(
        date=datetime.date.today().isoformat(),
        machine=torch.cuda.get_device_name() if gpu else f"{_processor()}, {os.cpu_count()} cores",
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        python=platform.python_version(),
        commit=_commit(),
    )


def _processor() -> str:
    """The processor's name; Linux keeps it in a file, elsewhere Python knows it roughly."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _commit() -> str:
    """The commit that was measured; with a + if files were changed since."""
    try:
        git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--exclude=*"]
        return subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"  # not a clone, or no git


def write_sheet(rows: Sequence[tuple[str, Sequence[Tensor]]], setting: str) -> Path:
    """One picture of all results: a row per training, photograph and reconstruction first."""
    pictures = [picture for _, row in rows for picture in row]
    titles = [
        title
        for label, row in rows
        for title in (label, "reconstruction", *["sample"] * (len(row) - 2))
    ]
    figure = plots.image_grid(pictures, titles, columns=len(rows[0][1]), width=14.0)
    name = "".join(c if c.isalnum() or c in "=._-" else "_" for c in setting)
    return plots.save(figure, ROOT / "runs" / "quality" / f"{name}.png")


# ------------------------------------------------------------------------------------- the table
def read_rows(table: Path) -> list[dict[str, str]]:
    """The rows of the table; of several for one setting, picture, size and seed the last one."""
    if not table.is_file():
        raise ValueError(f"There is no table {table} yet; run the benchmark first.")
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    keys = ("setting", "picture", "height", "width", "seed", "machine")
    return list({tuple(row[key] for key in keys): row for row in rows}.values())


def append_row(table: Path, row: dict[str, object], columns: Sequence[str] = COLUMNS) -> None:
    """Add one row; the table is whole at any time."""
    before = table.read_text(encoding="utf-8") if table.is_file() else ",".join(columns) + "\n"
    line = io.StringIO()
    csv.DictWriter(line, columns, lineterminator="\n").writerow(row)
    write_bytes(table, (before + line.getvalue()).encode())


# ------------------------------------------------------------------------------------ the contrast
def compare(rows: Sequence[dict[str, str]], first: str, second: str) -> str:
    """A table: for each score the difference of two settings and whether seeds explain it."""
    known = sorted({row["setting"] for row in rows})
    missing = [name for name in (first, second) if name not in known]
    if missing:
        raise ValueError(f"The table has no setting {missing[0]!r}; it has: {'; '.join(known)}.")
    lines = [
        f"A: {first}\nB: {second}",
        "| score | A | B | B - A, 95 % | what seeds allow to say |\n|---|---|---|---|---|",
    ]
    for score in COMPARED:
        cells = paired_cells(rows, first, second, score)
        if not cells:
            raise ValueError(f"{first!r} and {second!r} share no picture of one size.")
        mean_a, mean_b = (
            statistics.mean(statistics.mean(cell[i]) for cell in cells) for i in (0, 1)
        )
        half = half_width(cells)
        lines.append(
            f"| {score} | {mean_a:.3f} | {mean_b:.3f} | {mean_b - mean_a:+.3f} ± {half:.3f} | "
            f"{finding(score, mean_b - mean_a, half)} |"
        )
    pictures = sorted({row["picture"] for row in rows if row["setting"] in (first, second)})
    return "\n".join([*lines, f"means over the pictures that both have, of: {', '.join(pictures)}"])


def paired_cells(
    rows: Sequence[dict[str, str]], first: str, second: str, score: str
) -> list[tuple[list[float], list[float]]]:
    """For each picture (of one size) that both settings have: the values over seeds of each."""
    cells: dict[tuple[str, ...], tuple[list[float], list[float]]] = {}
    for row in rows:
        if row["setting"] in (first, second) and row[score]:
            key = (row["picture"], row["height"], row["width"])
            cell = cells.setdefault(key, ([], []))
            cell[row["setting"] == second].append(float(row[score]))
    return [cell for cell in cells.values() if all(cell)]


def half_width(cells: Sequence[tuple[Sequence[float], Sequence[float]]]) -> float:
    """Half the 95 % interval of the mean difference over pictures, from the spread over seeds.

    The variance over seeds is pooled over all pictures and both settings, so that one seed here and
    three there are enough; nan where no setting has two seeds. Scores of different pictures differ
    for reasons of their own, so their spread does not count.
    """
    groups = [values for cell in cells for values in cell]
    freedom = sum(len(values) - 1 for values in groups)
    if freedom == 0:
        return math.nan
    squares = sum((x - statistics.mean(values)) ** 2 for values in groups for x in values)
    error = math.sqrt(squares / freedom * sum(1 / len(values) for values in groups)) / len(cells)
    return float(stats.t.ppf(0.975, freedom)) * error


def finding(score: str, difference: float, half: float) -> str:
    """The difference in words."""
    if math.isnan(half):
        return "cannot say: one seed each"
    if abs(difference) <= half:
        return "no difference beyond seeds"
    if score not in BETTER:
        return "differ"
    return "B is better" if difference * BETTER[score] > 0 else "A is better"


if __name__ == "__main__":
    main(sys.argv[1:])
