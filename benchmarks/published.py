"""Compare a preset with published samples on the same photographs.

    python benchmarks/published.py FOLDER                   the preset classroom
    python benchmarks/published.py FOLDER --set iterations=1000 --seeds 0 1

FOLDER holds ``NAME-photograph.jpg`` (or .png) and, for each name, published samples
``NAME-METHOD.png``; it is not part of the project, because the licences of such samples are mostly
not known. Each photograph is trained, or taken from ``runs/`` if it was before. For every method
and for ours, rows in ``benchmarks/published.csv`` hold three distances to the photograph, each
smaller for better samples, as means over our samples; a published method has one sample:

    swd       sliced Wasserstein distance of 15 x 15 patches at half the size
    detail    the same of 7 x 7 patches in the finest frequency band, in units of its contrast
    objects   1 minus ``object_similarity``

A sheet for the eye shows each photograph and, in a random order without labels, one published
sample and one of ours; the order stands in a text file beside it.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from quality import append_row, environment, parse_changes, read_rows
from torch import Tensor

import singan_edu as sg
from singan_edu.course import plots
from singan_edu.evaluation.metrics import patch_swd_values
from singan_edu.evaluation.objects import ObjectReference
from singan_edu.images import round_half_up, size_of

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".csv")
MEASURES = ("swd", "detail", "objects")
COLUMNS = (
    "date setting photograph method seed swd detail objects diversity samples seconds "
    "machine threads torch python commit note"
).split()
KEYS = ("setting", "photograph", "method", "seed")  # of one measurement
LARGE_PATCH = 15  # pixels, at half the size


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line; train, measure, compare and draw.

    Args:
        arguments: of the command line; None for those of the process.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="of photographs; all of the folder if none")
    parser.add_argument("--preset", default="classroom")
    parser.add_argument("--set", nargs="*", default=[], metavar="FIELD=VALUE", help="of the config")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--note", default="", help="a remark for the table")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--summary", action="store_true", help="train nothing; only compare rows")
    options = parser.parse_args(arguments)
    setting = " ".join([options.preset, *sorted(options.set)])
    try:
        if not options.summary:
            benchmark(options, setting)
        print(summary(read_rows(options.table, KEYS), setting))
    except ValueError as error:
        raise SystemExit(f"published.py: {error}") from error


def benchmark(options: argparse.Namespace, setting: str) -> None:
    """Measure every method and ours on every photograph; add rows and draw the sheet.

    Args:
        options: as parsed by ``main``.
        setting: name of ours in the table.
    """
    config = sg.TrainConfig.preset(options.preset, **parse_changes(options.set))
    sheet = []
    for name, (photograph, others) in find(options.folder, options.names).items():
        ours = {}
        for seed in options.seeds:
            model, seconds = train(name, photograph, config, seed)
            ours[seed] = sg.resize(model.sample(options.samples, seed=seed), size_of(photograph))
            facts = dict(method="ours", seed=seed, seconds=seconds, note=options.note)
            add_row(options.table, setting, name, measure(photograph, ours[seed]) | facts)
        for method, sample in others.items():
            facts = dict(method=method, note=options.note)
            add_row(options.table, setting, name, measure(photograph, sample) | facts)
        if "singan" in others:
            sheet.append((name, photograph, others["singan"], ours[options.seeds[0]][:1]))
    if sheet:
        print(f"sheet: {draw_blind(sheet, setting)}")


def find(folder: Path, names: Sequence[str] = ()) -> dict[str, tuple[Tensor, dict[str, Tensor]]]:
    """Find the photographs of a folder and the published samples of each.

    Args:
        folder: with ``NAME-photograph.*`` and ``NAME-METHOD.png``.
        names: of photographs; all if empty.

    Returns:
        By name, the photograph (1, C, H, W) in [-1, 1], and by method a sample of its size.

    Raises:
        ValueError: no photograph, or a name that the folder does not have.
    """
    photographs = {
        path.stem.removesuffix("-photograph"): path
        for path in sorted(folder.glob("*-photograph.*"))
    }
    unknown = [name for name in names if name not in photographs]
    if not photographs or unknown:
        missing = f"{unknown[0]}-photograph.*" if unknown else "NAME-photograph.*"
        raise ValueError(f"{folder} holds no {missing}.")
    found = {}
    for name in names or photographs:
        photograph = sg.load_image(photographs[name], max_size=250)
        others = {
            path.stem.removeprefix(f"{name}-"): sg.resize(
                sg.load_image(path), size_of(photograph)
            ).clamp(-1, 1)
            for path in sorted(folder.glob(f"{name}-*.png"))
            if path != photographs[name]
        }
        found[name] = (photograph, others)
    return found


def train(
    name: str, photograph: Tensor, config: sg.TrainConfig, seed: int
) -> tuple[sg.SinGAN, float | str]:
    """Train, or load, the model of a photograph.

    Args:
        name: of the photograph.
        photograph: (1, C, H, W) in [-1, 1].
        config: the configuration.
        seed: of the training.

    Returns:
        The model and the seconds of its levels, "" if they are not known.
    """
    folder = sg.run_folder(photograph, config, name=name, seed=seed)
    history = sg.History(folder / "history.json")
    model = sg.load_or_train(
        photograph,
        config,
        folder / "model",
        seed=seed,
        callbacks=[sg.Progress(seconds=60), history],
    )
    levels = history.load().levels if (folder / "history.json").is_file() else []
    return model, round(sum(level["seconds"] for level in levels), 1) if levels else ""


def measure(photograph: Tensor, samples: Tensor) -> dict[str, object]:
    """Compute the distances of samples to their photograph.

    Args:
        photograph: (1, C, H, W) in [-1, 1].
        samples: (n, C, H, W) in [-1, 1].

    Returns:
        The means over the samples by measure, diversity ("" for one sample), and their number.
    """
    height, width = size_of(photograph)
    half = (round_half_up(height / 2), round_half_up(width / 2))
    small, small_samples = sg.resize(photograph, half), sg.resize(samples, half)
    swd = patch_swd_values(small, small_samples, size=LARGE_PATCH, levels=1)
    detail = patch_swd_values(photograph, samples, band=True, levels=1)
    similarity = ObjectReference.measure(photograph).similarity(samples)
    values = dict(swd=swd.mean(), detail=detail.mean(), objects=1 - similarity.mean())
    several = len(samples) > 1
    return {name: round(value.item(), 4) for name, value in values.items()} | dict(
        diversity=round(sg.pixel_diversity(samples, photograph), 3) if several else "",
        samples=len(samples),
    )


def add_row(table: Path, setting: str, name: str, values: Mapping[str, object]) -> None:
    """Append a row to the table and print it.

    Args:
        table: path of the CSV file.
        setting: name of ours.
        name: of the photograph.
        values: by column.
    """
    print(name, *(f"{key} {value}" for key, value in values.items()), flush=True)
    row = dict(setting=setting, photograph=name) | environment("cpu") | dict(values)
    append_row(table, row, COLUMNS)


def summary(rows: Sequence[Mapping[str, str]], setting: str) -> str:
    """Compare ours with every method, photograph by photograph.

    Args:
        rows: of the table.
        setting: name of ours.

    Returns:
        Markdown: for each method the ratio of ours to it (geometric mean over photographs) and on
        how many photographs ours is no worse.

    Raises:
        ValueError: no rows of this setting.
    """
    rows = [row for row in rows if row["setting"] == setting]
    if not rows:
        raise ValueError(f"The table has no rows of {setting!r}.")
    ours = means_by_photograph([row for row in rows if row["method"] == "ours"])
    lines = ["| method | " + " | ".join(MEASURES) + " |", "|---" * (1 + len(MEASURES)) + "|"]
    for method in sorted({row["method"] for row in rows} - {"ours"}):
        theirs = means_by_photograph([row for row in rows if row["method"] == method])
        both = sorted(ours.keys() & theirs.keys())
        cells = []
        for column in MEASURES:
            ratios = [ours[name][column] / max(theirs[name][column], 1e-9) for name in both]
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            no_worse = sum(ratio <= 1 for ratio in ratios)
            cells.append(f"{mean:.2f}, no worse on {no_worse} of {len(both)}")
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def means_by_photograph(rows: Sequence[Mapping[str, str]]) -> dict[str, dict[str, float]]:
    """Average the measures of each photograph over seeds.

    Args:
        rows: of one method.

    Returns:
        By photograph, the mean of each measure.
    """
    groups: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        groups.setdefault(row["photograph"], []).append(row)
    return {
        name: {m: sum(float(row[m]) for row in group) / len(group) for m in MEASURES}
        for name, group in groups.items()
    }


def draw_blind(sheet: Sequence[tuple[str, Tensor, Tensor, Tensor]], setting: str) -> Path:
    """Draw photographs beside two samples each, in a random order, and write down the order.

    Args:
        sheet: for each photograph its name, the photograph, a published sample and one of ours.
        setting: for the name of the files.

    Returns:
        The path of the PNG file; the key is a text file of the same name.
    """
    rng, pictures, key = random.Random(0), [], []
    for name, photograph, published, ours in sheet:
        order = [("published", published), ("ours", ours)]
        rng.shuffle(order)
        pictures += [photograph, *(sample for _, sample in order)]
        key.append(f"{name}: {', '.join(label for label, _ in order)}")
    figure = plots.image_grid(pictures, ["photograph", "A", "B"] * len(sheet), columns=3, width=14)
    name = "".join(c if c.isalnum() or c in "=._-" else "_" for c in setting)
    path = plots.save(figure, ROOT / "runs" / "published" / f"{name}.png")
    path.with_suffix(".txt").write_text("\n".join(key) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    main(sys.argv[1:])
