"""Train, time and score a preset, or changes of it, on several images.

    python benchmarks/quality.py                         the preset lesson on bundled images
    python benchmarks/quality.py pagoda_lake ~/photos --set max_size=96 --seeds 0 1 2
    python benchmarks/quality.py --compare "lesson max_size=96" "paper max_size=96"

Each image (a bundled name, a file, or all images of a folder) is trained with each seed, or loaded
from ``runs/`` if it was trained before. Each training adds a row to ``benchmarks/quality.csv``:
scores (see ``singan_edu.evaluation.scorecard``), date, machine, versions and commit. Each call
writes one contact sheet with the training image, the reconstruction and samples; look at it before
you trust a number. Seconds are the sum over the levels. A level that was interrupted counts from
the point where it was resumed.

``--compare`` tells for each score whether two settings differ by more than seeds do.
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
from singan_edu.evaluation.controls import CONTROLS
from singan_edu.evaluation.scorecard import AXES, Score, scorecard
from singan_edu.files import write_bytes
from singan_edu.training.callbacks import reconstruction_error

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".csv")
PICTURES = ("autumn_wood", "balloon_festival", "deep_field", "gravel", "pagoda_lake")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
SAMPLES_SHOWN, SAMPLES_TIMED = 6, 10
# 1: higher is better; -1: lower is better.
DIRECTIONS = dict(
    fidelity=1, objects=1, coverage=1, novelty=1, diversity=1, reconstruction=-1, seconds=-1
)
COMPARED_COLUMNS = (
    *AXES,
    "swd_likeness",
    "band_likeness",
    "precision",
    "reconstruction",
    "seconds",
)
KEYS = ("setting", "picture", "height", "width", "seed", "machine")  # of one measurement
LATER_COLUMNS = ("objects",)  # rows measured before 2026-11-29 do not have them
COLUMNS = (
    "date setting picture height width seed seconds estimated sample_ms reconstruction "
    "fidelity fidelity_ci objects objects_ci coverage coverage_ci novelty novelty_ci "
    "diversity diversity_ci verdict "
    "swd_likeness band_likeness precision coherence largest_copy ever_shown "
    "swd_0 swd_1 swd_2 band_0 band_1 band_2 samples machine threads torch python commit note"
).split()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line; train and score, or compare.

    Args:
        arguments: of the command line; None for those of the process.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "pictures", nargs="*", default=PICTURES, help="bundled name, file or folder"
    )
    parser.add_argument("--preset", default="lesson")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="FIELD=VALUE", help="of TrainConfig"
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--controls", action="store_true", help="score the controls, too")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--note", default="", help="a remark for the table")
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
class PlannedSeconds(sg.Callback):
    """Keep how many seconds the training plan estimated.

    Attributes:
        seconds: the estimate, or "" if the training was already complete or begun.
    """

    seconds: float | str = ""

    def training_start(self, model: sg.SinGAN, plan: sg.TrainingPlan) -> None:
        """Read the plan of a training run that begins.

        Args:
            model: the model before training.
            plan: the plan of the training run.
        """
        if model.trained_levels == 0:
            self.seconds = round(plan.seconds, 1)


def benchmark(options: argparse.Namespace) -> None:
    """Train every image with every seed; write a row for each and one contact sheet for all.

    Args:
        options: as parsed by ``main``.
    """
    setting = " ".join([options.preset, *sorted(options.set)])
    config = sg.TrainConfig.preset(options.preset, **parse_changes(options.set))
    images = find_pictures(options.pictures)
    sheet = []
    for name, image in images.items():
        for seed in options.seeds:
            row, shown = measure(name, image, config, seed, options)
            row |= dict(setting=setting, note=options.note) | environment(options.device)
            append_row(options.table, row)
            sheet.append((f"{name}, seed {seed}", shown))
    print(f"rows added to {options.table}, pictures in {write_sheet(sheet, setting)}")


def parse_changes(pairs: Iterable[str]) -> dict[str, object]:
    """Read ``["max_size=96", "iterations=(500,300)"]`` as keyword arguments.

    Args:
        pairs: FIELD=VALUE, with a Python literal or a word as the value.

    Returns:
        The values by field.
    """
    parts = [pair.partition("=")[::2] for pair in pairs]
    return {name: _literal(value) for name, value in parts}


def _literal(text: str) -> object:
    """Read a Python literal, or return the text itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text  # a word, such as batch


def find_pictures(names: Iterable[str]) -> dict[str, Tensor]:
    """Load images by bundled name, file or folder.

    Args:
        names: bundled names, paths of files, or paths of folders.

    Returns:
        The images, (1, C, H, W) in [-1, 1], by name.

    Raises:
        ValueError: a name that is none of these, or a folder without images.
    """
    found: dict[str, Tensor] = {}
    for name in names:
        path = Path(name).expanduser()
        if name in sg.sample_image_names():
            found[name] = sg.sample_image(name)
        elif path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
            if not files:
                raise ValueError(f"{path} contains no images ({', '.join(SUFFIXES)}).")
            found |= {file.stem: sg.load_image(file) for file in files}
        elif path.is_file():
            found[path.stem] = sg.load_image(path)
        else:
            bundled = ", ".join(sg.sample_image_names())
            raise ValueError(f"There is no image {name}: no file, no folder, none of {bundled}.")
    return found


def measure(
    name: str, image: Tensor, config: sg.TrainConfig, seed: int, options: argparse.Namespace
) -> tuple[dict[str, object], list[Tensor]]:
    """Train (or load, or resume) one model and score it.

    Args:
        name: of the image.
        image: (1, C, H, W) in [-1, 1].
        config: of the training run.
        seed: of the training run and of the samples.
        options: as parsed by ``main``.

    Returns:
        The row for the table, and the images to show.
    """
    folder = sg.run_folder(image, config, name=f"{name}-{options.preset}", seed=seed)
    history_path = folder / "history.json"
    history, planned = sg.History(history_path), PlannedSeconds()
    model = sg.train(
        image,
        config,
        seed=seed,
        device=options.device,
        checkpoint_dir=folder / "model",
        callbacks=[sg.Progress(seconds=60), history, planned],
    )
    # A model trained by other means has no history.
    levels = history.load().levels if history_path.is_file() else []
    model = model.to("cpu")
    samples = model.sample(options.samples, seed=seed)
    controls = tuple(CONTROLS) if options.controls else ()
    card = scorecard(model.image, {name: samples}, controls=controls)
    print(card, flush=True)
    row = dict(
        picture=name,
        height=samples.shape[-2],
        width=samples.shape[-1],
        seed=seed,
        seconds=round(sum(level["seconds"] for level in levels), 1) if levels else "",
        estimated=planned.seconds,
        sample_ms=round(1000 * sample_seconds(model), 1),
        reconstruction=round(reconstruction_error(model), 2),
        verdict=card.verdict(name),
    )
    return row | scores(card[name]), [model.image, model.reconstruct(), *samples[:SAMPLES_SHOWN]]


def sample_seconds(model: sg.SinGAN) -> float:
    """Measure the median time of one sample.

    Args:
        model: a trained model.

    Returns:
        Seconds.
    """
    times = []
    for seed in range(SAMPLES_TIMED):
        started = time.perf_counter()
        model.sample(seed=seed)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def scores(score: Score) -> dict[str, object]:
    """Turn a score into columns: the axes, half their intervals, the raw measurements.

    Args:
        score: of one generator.

    Returns:
        Values by column.
    """
    columns: dict[str, object] = dict(samples=score.samples)
    for axis in AXES:
        estimate = getattr(score, axis)
        columns[axis] = round(estimate.value, 4)
        columns[f"{axis}_ci"] = round((estimate.high - estimate.low) / 2, 4)
    return columns | {key: round(value, 4) for key, value in score.raw.items() if key in COLUMNS}


def environment(device: str) -> dict[str, object]:
    """Describe when, on which machine and with which versions the benchmark ran.

    Args:
        device: of the training run.

    Returns:
        Values by column.
    """
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
    """Return the processor's name: exact on Linux, approximate elsewhere."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _commit() -> str:
    """Return the commit that was measured, with a + if files differ from it."""
    try:
        git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--exclude=*"]
        return subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"  # not a clone, or no git


def write_sheet(rows: Sequence[tuple[str, Sequence[Tensor]]], setting: str) -> Path:
    """Write one contact sheet, a row per training run.

    Args:
        rows: for each training run its label and its images, all as many: the training image, the
            reconstruction, samples.
        setting: the name of the file.

    Returns:
        The path of the PNG file.
    """
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
def read_rows(table: Path, keys: Sequence[str] = KEYS) -> list[dict[str, str]]:
    """Read the table; of rows that are equal in ``keys``, keep the last.

    Args:
        table: path of the CSV file.
        keys: columns that tell which measurement a row is.

    Returns:
        The rows, each with text by column.

    Raises:
        ValueError: there is no such file.
    """
    if not table.is_file():
        raise ValueError(f"There is no table {table} yet; run the benchmark first.")
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return list({tuple(row[key] for key in keys): row for row in rows}.values())


def append_row(table: Path, row: dict[str, object], columns: Sequence[str] = COLUMNS) -> None:
    """Append one row to the table; an interruption leaves the old or the new file.

    Args:
        table: path of the CSV file, made if it does not exist.
        row: values by column.
        columns: the header of a new file.
    """
    before = table.read_text(encoding="utf-8") if table.is_file() else ",".join(columns) + "\n"
    line = io.StringIO()
    csv.DictWriter(line, columns, lineterminator="\n").writerow(row)
    write_bytes(table, (before + line.getvalue()).encode())


# ---------------------------------------------------------------------------------- the comparison
def compare(rows: Sequence[dict[str, str]], first: str, second: str) -> str:
    """Compare two settings: for each score the difference, and whether seeds explain it.

    Args:
        rows: of the table, as ``read_rows`` returns them.
        first: the setting A.
        second: the setting B.

    Returns:
        A Markdown table.

    Raises:
        ValueError: the table has no rows of a setting, or the settings share no image.
    """
    known = sorted({row["setting"] for row in rows})
    missing = [name for name in (first, second) if name not in known]
    if missing:
        raise ValueError(f"The table has no setting {missing[0]!r}; it has: {'; '.join(known)}.")
    lines = [
        f"A: {first}\nB: {second}",
        "| score | A | B | B - A, 95 % | conclusion |\n|---|---|---|---|---|",
    ]
    for score in COMPARED_COLUMNS:
        cells = paired_cells(rows, first, second, score)
        if not cells and score in LATER_COLUMNS:
            continue
        if not cells:
            raise ValueError(f"{first!r} and {second!r} share no image of equal size.")
        mean_a, mean_b = (
            statistics.mean(statistics.mean(cell[i]) for cell in cells) for i in (0, 1)
        )
        half = half_width(cells)
        lines.append(
            f"| {score} | {mean_a:.3f} | {mean_b:.3f} | {mean_b - mean_a:+.3f} ± {half:.3f} | "
            f"{finding(score, mean_b - mean_a, half)} |"
        )
    pictures = sorted({row["picture"] for row in rows if row["setting"] in (first, second)})
    return "\n".join(
        [*lines, f"means over the images that both settings have, among: {', '.join(pictures)}"]
    )


def paired_cells(
    rows: Sequence[dict[str, str]], first: str, second: str, score: str
) -> list[tuple[list[float], list[float]]]:
    """Collect one score of both settings, for each image (of one size) that both have.

    Args:
        rows: of the table.
        first: the setting A.
        second: the setting B.
        score: the column.

    Returns:
        For each image, the values over seeds of A and of B.
    """
    cells: dict[tuple[str, ...], tuple[list[float], list[float]]] = {}
    for row in rows:
        if row["setting"] in (first, second) and row[score]:
            key = (row["picture"], row["height"], row["width"])
            cell = cells.setdefault(key, ([], []))
            cell[row["setting"] == second].append(float(row[score]))
    return [cell for cell in cells.values() if all(cell)]


def half_width(cells: Sequence[tuple[Sequence[float], Sequence[float]]]) -> float:
    """Compute half the 95 % interval of the mean difference over images, from seeds.

    The variance over seeds is pooled over all images and both settings, so that images with one
    seed count, too. The spread between images does not count: images differ for other reasons.

    Args:
        cells: for each image, the values over seeds of A and of B.

    Returns:
        Half the width of the interval, or nan if no setting has two seeds.
    """
    groups = [values for cell in cells for values in cell]
    freedom = sum(len(values) - 1 for values in groups)
    if freedom == 0:
        return math.nan
    squares = sum((x - statistics.mean(values)) ** 2 for values in groups for x in values)
    error = math.sqrt(squares / freedom * sum(1 / len(values) for values in groups)) / len(cells)
    return float(stats.t.ppf(0.975, freedom)) * error


def finding(score: str, difference: float, half: float) -> str:
    """Describe a difference in words.

    Args:
        score: the column.
        difference: B - A.
        half: half the width of its 95 % interval; nan if unknown.

    Returns:
        A few words.
    """
    if math.isnan(half):
        return "cannot say: one seed each"
    if abs(difference) <= half:
        return "no difference beyond seeds"
    if score not in DIRECTIONS:
        return "differ"
    return "B is better" if difference * DIRECTIONS[score] > 0 else "A is better"


if __name__ == "__main__":
    main(sys.argv[1:])
