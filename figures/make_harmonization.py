"""Make the figure of harmonization: a balloon pasted into a painting, redrawn at every level.

    python figures/make_harmonization.py

Writes ``figures/harmonization.png`` with a pretrained model; the seed is not
chosen. It prints the measurements that the suggested level rests on.
"""

from __future__ import annotations

from pathlib import Path

import singan_edu as sg
from singan_edu.applications.harmonization import harmonization_mask, harmonize
from singan_edu.applications.injection import (
    fit_to_model,
    injection_levels,
    over_levels,
    suggest_level,
)
from singan_edu.course import plots

FIGURES = Path(__file__).parent
PICTURE, SEED = "painted_coast", 0


def make_figure() -> Path:
    """Harmonize at every level and write the figure; returns the path."""
    model = sg.load_pretrained(PICTURE)
    inputs = sg.sample_image(f"{PICTURE}_composite"), sg.sample_mask(f"{PICTURE}_composite_mask")
    found = suggest_level(harmonize, model, *inputs)
    print(found)
    soft = harmonization_mask(model, inputs[1]).expand(-1, 3, -1, -1) * 2 - 1
    sheet = over_levels(harmonize, model, *inputs, seed=SEED)
    pictures = [model.image, fit_to_model(model, inputs[0], "The composite"), soft, *sheet]
    levels = [model.plan.label(level) for level in injection_levels(model)]
    levels[found.level - 1] += " ← suggested"
    titles = ["the training picture", "composite", "final mask", *levels]
    figure = plots.image_grid(pictures, titles, columns=4, width=9.0)
    return plots.save(figure, FIGURES / "harmonization.png")


if __name__ == "__main__":
    print(make_figure())
