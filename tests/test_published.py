"""The benchmark against published samples: rows, summary and blind sheet of a folder of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from helpers import picture

import singan_edu as sg

BENCHMARKS = str(Path(__file__).parents[1] / "benchmarks")
sys.path.insert(0, BENCHMARKS)
try:
    import published
finally:
    sys.path.remove(BENCHMARKS)

TINY = "min_size=18 max_size=40 channels=4 max_channels=4 iterations=2".split()


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """Two photographs; one published sample is larger by a pixel, one is the photograph itself."""
    monkeypatch.setenv("SINGAN_EDU_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(published, "ROOT", tmp_path)
    folder = tmp_path / "samples"
    folder.mkdir()
    for seed in range(2):
        photograph = picture(48, 64, seed=seed)
        sg.save_image(photograph, folder / f"place-{seed}-photograph.png")
        sg.save_image(photograph, folder / f"place-{seed}-copied.png")
        sg.save_image(picture(49, 64, seed=9), folder / f"place-{seed}-singan.png")
    return tmp_path


def test_every_method_is_measured_and_summarised_and_a_sheet_is_drawn(workspace, capsys):
    table = workspace / "published.csv"
    command = [str(workspace / "samples"), "--set", *TINY, "--samples", "3", "--table", str(table)]
    published.main(command)
    rows = published.read_rows(table, published.KEYS)
    assert [(r["photograph"], r["method"]) for r in rows] == [
        (f"place-{number}", method)
        for number in range(2)
        for method in ("ours", "copied", "singan")
    ]
    copied = rows[1]
    assert [float(copied[m]) for m in published.MEASURES] == [0, 0, 0]
    assert float(rows[0]["objects"]) > 0 and float(rows[2]["swd"]) > 0.01
    assert rows[0]["diversity"] and not rows[1]["diversity"]
    printed = capsys.readouterr().out
    assert "| singan |" in printed and "no worse on 0 of 2" in printed
    sheets = list((workspace / "runs" / "published").iterdir())
    assert sorted(path.suffix for path in sheets) == [".png", ".txt"]
    key = next(path for path in sheets if path.suffix == ".txt").read_text()
    assert all(
        set(line.split(": ")[1].split(", ")) == {"ours", "published"} for line in key.splitlines()
    )


def test_the_summary_is_the_ratio_of_means_over_seeds():
    def row(photograph: str, method: str, value: float, seed: int = 0) -> dict[str, str]:
        values = dict.fromkeys(published.MEASURES, str(value))
        return dict(setting="s", photograph=photograph, method=method, seed=str(seed)) | values

    rows = [row("a", "ours", 1.0), row("a", "ours", 3.0, 1), row("a", "singan", 1.0)]
    rows += [row("b", "ours", 1.0), row("b", "singan", 2.0)]
    assert "| singan | 1.00, no worse on 1 of 2 |" in published.summary(rows, "s")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing-here"], "holds no NAME-photograph"),
        (["samples", "elsewhere"], "holds no elsewhere-photograph"),
        (["samples", "--summary"], "run the benchmark first"),
    ],
)
def test_bad_input_is_one_sentence(arguments, words, workspace):
    (workspace / "nothing-here").mkdir()
    first = str(workspace / arguments[0])
    with pytest.raises(SystemExit, match=words):
        published.main([first, *arguments[1:], "--table", str(workspace / "none.csv")])
