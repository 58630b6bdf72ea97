"""Make the figure of paint-to-image: a wood in flat colours becomes a wood with leaves.

    python figures/make_paint_to_image.py

Trains the preset ``lesson`` on the bundled picture (or reuses the pyramid in ``runs/``) and writes
``figures/paint_to_image.png``: the results of all levels, and of the photograph's palette; the seed
is not chosen. It prints the measurements that the suggested level rests on.
"""

from __future__ import annotations

from pathlib import Path

from make_editing import the_pyramid

import singan_edu as sg
from singan_edu.applications.injection import (
    fit_to_model,
    injection_levels,
    over_levels,
    suggest_level,
)
from singan_edu.applications.paint_to_image import apply_palette, colour_palette, paint_to_image
from singan_edu.course import plots

FIGURES = Path(__file__).parent
PICTURE, SEED = "autumn_wood", 0


def make_figure() -> Path:
    """Paint at every level and write the figure; returns the path."""
    model = the_pyramid(PICTURE)
    paint = fit_to_model(model, sg.sample_image(f"{PICTURE}_paint"), "The paint")
    found = suggest_level(paint_to_image, model, paint)
    print(found)
    palette = colour_palette(model.image)
    sheet = over_levels(paint_to_image, model, paint, seed=SEED)
    in_palette = paint_to_image(model, paint, found.level, palette=palette, seed=SEED)
    reduced = apply_palette(paint, palette)
    pictures = [model.image, paint, *sheet[:3], reduced, in_palette, sheet[-1]]
    levels = [model.plan.label(level) for level in injection_levels(model)]
    levels[found.level - 1] += " ← suggested"
    titles = ["the training picture", "paint", *levels[:3], "paint in its palette"]
    titles += [f"level {found.level}, in its palette", levels[-1]]
    figure = plots.image_grid(pictures, titles, columns=4, width=9.0)
    return plots.save(figure, FIGURES / "paint_to_image.png")


if __name__ == "__main__":
    print(make_figure())
