"""Make the first picture of lesson 08: few and many scales at three times the size.

    python figures/make_scales_and_borders.py

Uses pretrained models, seeds not chosen, and writes ``figures/scales_and_borders.jpg``.
"""

from __future__ import annotations

from pathlib import Path

import singan_edu as sg
from singan_edu.course import plots

FIGURES = Path(__file__).parent
SCALES, SEED, LARGER = (1, 3, 5), 1, 3


def make_figure() -> Path:
    """Write the figure; returns the path."""
    models = [sg.load_pretrained(f"balloon_festival-scales_{count}") for count in SCALES]
    pictures = [models[0].image, *(model.sample(seed=SEED, size=LARGER) for model in models)]
    titles = [f"{count} scale{'s' * (count > 1)}, three times as large" for count in SCALES]
    figure = plots.image_grid(pictures, ["the drawn scene", *titles], columns=4, width=11.0)
    return plots.save(figure, FIGURES / "scales_and_borders.jpg")


if __name__ == "__main__":
    print(make_figure())
