"""Make the picture that opens the course: pictures, and samples of their models.

    python figures/make_start_here.py

Writes ``figures/start_here.png``; the seeds are the first four.
"""

from __future__ import annotations

from pathlib import Path

import torch

import singan_edu as sg
from singan_edu.course import plots
from singan_edu.files import write_bytes

NAMES = ("desert_arch", "autumn_wood", "balloon_festival", "painted_coast")
SEEDS = range(4)
MOST_BYTES = 350_000


def make_figure() -> Path:
    """A row for each photograph; returns the path of the picture."""
    pictures = []
    for name in NAMES:
        model = sg.load_pretrained(name)
        new = [model.sample(seed=seed) for seed in SEEDS]
        pictures += [sg.resize(picture, (96, 128)) for picture in (model.image, *new)]
    figure = plots.image_grid(torch.cat(pictures), columns=1 + len(SEEDS), width=9.0)
    file = Path(__file__).parent / "start_here.png"
    return write_bytes(file, plots.compress_png(plots.png(figure), MOST_BYTES))


if __name__ == "__main__":
    print(make_figure())
