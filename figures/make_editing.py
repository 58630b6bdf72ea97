"""Make the figure of editing: an arch with four of its patches moved by hand, blended in.

    python figures/make_editing.py

Trains the preset ``lesson`` on the bundled picture (or reuses the pyramid in ``runs/``) and writes
``figures/editing.png``; the seed is not chosen. It prints the measurements that the suggested level
rests on.
"""

from __future__ import annotations

from pathlib import Path

import singan_edu as sg
from singan_edu.applications.editing import edit, editing_mask
from singan_edu.applications.injection import (
    fit_to_model,
    injection_levels,
    over_levels,
    suggest_level,
)
from singan_edu.course import plots

FIGURES = Path(__file__).parent
PICTURE, SEED = "desert_arch", 0


def the_pyramid(name: str) -> sg.SinGAN:
    """Return the model of the bundled picture ``name``: pretrained, or else trained here."""
    if name in sg.pretrained_names():
        return sg.load_pretrained(name)
    image, config = sg.sample_image(name), sg.TrainConfig.preset("lesson")
    folder = sg.run_folder(image, config, name=f"{name}-lesson")
    return sg.load_or_train(image, config, folder / "model")


def make_figure() -> Path:
    """Edit at every level and write the figure; returns the path."""
    model = the_pyramid(PICTURE)
    inputs = sg.sample_image(f"{PICTURE}_edit"), sg.sample_mask(f"{PICTURE}_edit_mask")
    found = suggest_level(edit, model, *inputs)
    print(found)
    soft = editing_mask(model, inputs[1]).expand(-1, 3, -1, -1) * 2 - 1
    sheet = over_levels(edit, model, *inputs, seed=SEED)
    pictures = [model.image, fit_to_model(model, inputs[0], "The edit"), soft, *sheet]
    levels = [model.plan.label(level) for level in injection_levels(model)]
    levels[found.level - 1] += " ← suggested"
    titles = ["the training picture", "edited by hand", "final mask", *levels]
    figure = plots.image_grid(pictures, titles, columns=4, width=9.0)
    return plots.save(figure, FIGURES / "editing.png")


if __name__ == "__main__":
    print(make_figure())
