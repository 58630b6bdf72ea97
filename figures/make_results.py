"""Make the pictures of real results that README and lessons show.

    python figures/make_results.py [NAME ...]      default: balloon_festival

Trains the preset ``lesson`` on a bundled picture (or reuses the pyramid in ``runs/``), and
writes ``figures/training_NAME.png``: the picture, its reconstruction, and six samples from the
coarsest level, seeds not chosen.
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
    titles = ["the picture", "reconstruction", *[f"sample {index}" for index in range(SAMPLES)]]
    figure = plots.image_grid(pictures, titles, columns=4, width=9.0)
    return plots.save(figure, FIGURES / f"training_{name}.png")


if __name__ == "__main__":
    for picture in sys.argv[1:] or ["balloon_festival"]:
        print(make_figure(picture))
