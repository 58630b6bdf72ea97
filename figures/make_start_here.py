"""Make the picture that opens the course: photographs, and samples of their pretrained models.

    python figures/make_start_here.py

Writes ``figures/start_here.jpg``; the seeds are the first three.
"""

from __future__ import annotations

from pathlib import Path

import torch

import singan_edu as sg
from singan_edu.course import plots

NAMES = ("canyon_river", "mountain_meadow", "palace_windows")
SEEDS, SIZE = range(3), (160, 250)


def make_figure() -> Path:
    """Draw a row for each photograph; returns the path of the figure."""
    pictures = []
    for name in NAMES:
        model = sg.load_pretrained(name)
        samples = [model.sample(seed=seed) for seed in SEEDS]
        pictures += [sg.resize(picture, SIZE) for picture in (model.image, *samples)]
    titles = ["photograph", *(f"sample, seed {seed}" for seed in SEEDS)]
    figure = plots.image_grid(torch.cat(pictures), titles, columns=1 + len(SEEDS), width=9.0)
    return plots.save(figure, Path(__file__).parent / "start_here.jpg")


if __name__ == "__main__":
    print(make_figure())
