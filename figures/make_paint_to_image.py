"""Make the figure of paint-to-image: a scribbled mountain becomes a photograph.

    python figures/make_paint_to_image.py

Writes ``figures/paint_to_image.jpg`` with a pretrained model: the results of the coarser levels,
and that of the painting in the photograph's palette; the seed is not chosen. It prints the
measurements that the suggested level rests on.
"""

from __future__ import annotations

from pathlib import Path

import singan_edu as sg
from singan_edu.applications.injection import fit_to_model, over_levels, suggest_level
from singan_edu.applications.paint_to_image import apply_palette, colour_palette, paint_to_image
from singan_edu.course import plots

FIGURES = Path(__file__).parent
PICTURE, SEED = "mountain_meadow", 0
LEVELS = 4  # that are shown, from level 1


def make_figure() -> Path:
    """Inject the painting at the coarser levels and write the figure; returns the path."""
    model = sg.load_pretrained(PICTURE)
    paint = fit_to_model(model, sg.sample_image(f"{PICTURE}_paint"), "The painting")
    found = suggest_level(paint_to_image, model, paint)
    print(found)
    palette = colour_palette(model.image)
    results = over_levels(paint_to_image, model, paint, seed=SEED)[:LEVELS]
    in_palette = paint_to_image(model, paint, found.level, palette=palette, seed=SEED)
    reduced = apply_palette(paint, palette)
    titles = [model.plan.label(level) for level in range(1, LEVELS + 1)]
    if found.level <= LEVELS:
        titles[found.level - 1] += ", suggested"
    pictures = [model.image, paint, *results.split(1), reduced, in_palette]
    titles = ["training image", "painting", *titles]
    titles += ["painting in the photograph's palette", f"that, level {found.level}"]
    figure = plots.image_grid(pictures, titles, columns=4, width=9.0)
    return plots.save(figure, FIGURES / "paint_to_image.jpg")


if __name__ == "__main__":
    print(make_figure())
