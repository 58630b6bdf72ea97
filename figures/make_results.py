"""Make the picture of a training run: photograph, reconstruction and samples.

    python figures/make_results.py [NAME ...]      default: mountain_meadow

Trains the preset ``lesson`` on a bundled picture (or reuses the model in ``runs/``), and writes
``figures/training_NAME.jpg``; seeds not chosen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import singan_edu as sg
from singan_edu.course import plots

FIGURES = Path(__file__).parent
SAMPLES, SEED = 6, 1


def make_figure(name: str) -> Path:
    """Train on the bundled picture ``name`` and write its figure; returns the path."""
    config = sg.TrainConfig.preset("lesson")
    image = sg.sample_image(name)
    folder = sg.run_folder(image, config, name=f"{name}-lesson")
    model = sg.load_or_train(image, config, folder / "model")
    pictures = [model.image, model.reconstruct(), *model.sample(SAMPLES, seed=SEED)]
    titles = ["training image", "reconstruction", *(f"sample {index}" for index in range(SAMPLES))]
    figure = plots.image_grid(pictures, titles, columns=4, width=9.0)
    return plots.save(figure, FIGURES / f"training_{name}.jpg")


if __name__ == "__main__":
    for picture in sys.argv[1:] or ["mountain_meadow"]:
        print(make_figure(picture))
