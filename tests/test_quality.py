"""The quality benchmark: from a folder of images to rows, a contact sheet and a comparison."""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

import pytest
from helpers import picture
from scipy import stats

import singan_edu as sg

BENCHMARKS = str(Path(__file__).parents[1] / "benchmarks")
sys.path.insert(0, BENCHMARKS)
try:
    import quality
finally:
    sys.path.remove(BENCHMARKS)

TINY = "min_size=18 max_size=32 channels=4 max_channels=4 iterations=2".split()


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder with two images and a text file; runs and sheets are written beside it."""
    monkeypatch.setenv("SINGAN_EDU_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(quality, "ROOT", tmp_path)
    (tmp_path / "photos").mkdir()
    for seed in range(2):
        sg.save_image(picture(24, 32, seed=seed), tmp_path / "photos" / f"photo{seed}.png")
    (tmp_path / "photos" / "notes.txt").write_text("no picture")
    return tmp_path


def row(setting, picture, seed, **scores):
    """A row of the table as text, all scores 0.5 unless given."""
    values = dict.fromkeys(quality.COMPARED_COLUMNS, 0.5) | scores
    facts = dict(setting=setting, picture=picture, height=72, width=96, seed=seed, machine="m")
    return {key: str(value) for key, value in (facts | values).items()}


def test_a_folder_gets_a_row_per_picture_and_seed_and_one_sheet(workspace, capsys):
    table = workspace / "quality.csv"
    command = [str(workspace / "photos"), "--set", *TINY, "--samples", "4", "--table", str(table)]
    quality.main([*command, "--seeds", "0", "1", "--note", "tried, once"])
    rows = quality.read_rows(table)
    assert [(r["picture"], r["seed"]) for r in rows] == [
        ("photo0", "0"),
        ("photo0", "1"),
        ("photo1", "0"),
        ("photo1", "1"),
    ]
    first = rows[0]
    assert first["setting"] == "lesson " + " ".join(sorted(TINY))
    assert (first["height"], first["width"], first["samples"]) == ("24", "32", "4")
    assert first["note"] == "tried, once"
    for column in (
        "seconds",
        "estimated",
        "sample_ms",
        "reconstruction",
        "swd_0",
        "band_0",
        *quality.AXES,
    ):
        assert math.isfinite(float(first[column])), column
    for column in ("date", "machine", "torch", "python", "commit", "verdict"):
        assert first[column]
    assert len(list((workspace / "runs" / "quality").glob("*.png"))) == 1


def test_a_trained_model_is_loaded_and_its_time_kept(workspace, capsys):
    table = workspace / "quality.csv"
    command = [str(workspace / "photos" / "photo0.png"), "--set", *TINY, "--samples", "3"]
    quality.main([*command, "--table", str(table)])
    quality.main([*command, "--table", str(table)])
    assert "nothing is left to do" in capsys.readouterr().out
    with table.open(newline="") as file:
        one, other = csv.DictReader(file)
    assert one["estimated"] and not other["estimated"]
    assert one["seconds"] == other["seconds"] and one["fidelity"] == other["fidelity"]
    assert len(quality.read_rows(table)) == 1  # the later row replaces the earlier


def test_the_controls_are_printed_beside_on_request(workspace, capsys):
    command = [str(workspace / "photos" / "photo0.png"), "--set", *TINY, "--samples", "2"]
    quality.main([*command, "--table", str(workspace / "t.csv"), "--controls"])
    assert "circular shift" in capsys.readouterr().out


def test_values_of_fields_are_numbers_tuples_or_words():
    changes = quality.parse_changes(["max_size=96", "iterations=(5,3)", "generator_norm=none"])
    assert changes == dict(max_size=96, iterations=(5, 3), generator_norm="none")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no_such_picture"], "no file, no folder"),
        (["pagoda_lake", "--preset", "slow"], "slow"),
        (["--compare", "A", "B"], "run the benchmark first"),
    ],
)
def test_bad_input_is_one_sentence(arguments, words, workspace):
    with pytest.raises(SystemExit, match=words):
        quality.main([*arguments, "--table", str(workspace / "none.csv")])


def test_an_empty_folder_is_named(workspace):
    (workspace / "empty").mkdir()
    with pytest.raises(SystemExit, match="contains no images"):
        quality.main([str(workspace / "empty")])


# ------------------------------------------------------------------------------------- comparison
def test_a_difference_larger_than_the_spread_over_seeds_is_found():
    rows = [row("A", "x", seed, fidelity=0.5 + 0.01 * seed) for seed in range(3)]
    rows += [row("B", "x", seed, fidelity=0.8 + 0.01 * seed) for seed in range(3)]
    assert "| fidelity | 0.510 | 0.810 | +0.300 ± 0.023 | B is better |" in quality.compare(
        rows, "A", "B"
    )


def test_a_difference_within_the_spread_over_seeds_is_not():
    rows = [row("A", "x", seed, fidelity=0.5 + 0.2 * seed) for seed in range(3)]
    rows += [row("B", "x", seed, fidelity=0.6 + 0.2 * seed) for seed in range(3)]
    assert "no difference beyond seeds" in quality.compare(rows, "A", "B").splitlines()[4]


def test_less_is_better_where_it_is():
    rows = [row("A", "x", seed, reconstruction=5 + 0.1 * seed) for seed in range(2)]
    rows += [row("B", "x", seed, reconstruction=9 + 0.1 * seed) for seed in range(2)]
    line = next(x for x in quality.compare(rows, "A", "B").splitlines() if "reconstruction" in x)
    assert "A is better" in line


def test_pictures_that_differ_from_each_other_do_not_hide_a_difference():
    rows = [
        row("A", p, s, fidelity=x + 0.01 * s) for p, x in (("x", 0.1), ("y", 0.9)) for s in (0, 1)
    ]
    rows += [
        row("B", p, s, fidelity=x + 0.05 + 0.01 * s)
        for p, x in (("x", 0.1), ("y", 0.9))
        for s in (0, 1)
    ]
    assert "B is better" in quality.compare(rows, "A", "B").splitlines()[4]


def test_the_interval_is_that_of_the_pooled_t_test():
    a, b = [0.5, 0.56, 0.62], [0.6, 0.69]
    error = stats.ttest_ind(a, b).confidence_interval(0.95)
    assert quality.half_width([(a, b)]) == pytest.approx((error.high - error.low) / 2)


def test_one_seed_each_cannot_say_and_pictures_of_one_setting_do_not_count():
    rows = [row("A", "x", 0), row("B", "x", 0, fidelity=0.9), row("B", "y", 0, fidelity=0.0)]
    table = quality.compare(rows, "A", "B")
    assert "| fidelity | 0.500 | 0.900 |" in table and "cannot say" in table


def test_a_blank_cell_does_not_count():
    rows = [row("A", "x", 0), row("A", "x", 1, fidelity=""), row("B", "x", 0, fidelity=0.9)]
    assert "| fidelity | 0.500 | 0.900 |" in quality.compare(rows, "A", "B")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row("A", "x", 0)], "no setting 'B'; it has: A"),
        ([row("A", "x", 0), row("B", "y", 0)], "share no image"),
    ],
)
def test_what_cannot_be_compared_is_said(rows, words):
    with pytest.raises(ValueError, match=words):
        quality.compare(rows, "A", "B")
