"""Make the figure of inpainting and outpainting.

    python figures/make_inpainting.py

Writes ``figures/inpainting.jpg`` with pretrained models; seeds not chosen.
"""

from __future__ import annotations

from pathlib import Path

import torch.nn.functional as F

import singan_edu as sg
from singan_edu.applications.inpainting import inpaint, outpaint
from singan_edu.course import plots
from singan_edu.images import size_of

FIGURES = Path(__file__).parent
HOLES = ("mountain_meadow", "palace_windows")
WIDENED, BORDER = "jupiter_clouds", 50  # pixels on the left and on the right
LEVELS = ((0, 0), (0, 1), (1, 0))  # level and seed of each result


def main() -> None:
    """Make the figure: a row for each hole, then a row of widened images."""
    pictures, titles = [], []
    for name in HOLES:
        model = sg.load_pretrained(name)
        hole = sg.resize(sg.sample_mask(f"{name}_hole_mask"), size_of(model.image)).round()
        pictures += [model.image * (1 - hole) + hole]  # white
        pictures += [
            inpaint(model, model.image, hole, level, seed=seed) for level, seed in LEVELS
        ]
        titles += ["hole", *[f"level {level}, seed {seed}" for level, seed in LEVELS]]
    model, sides = sg.load_pretrained(WIDENED), (0, 0, BORDER, BORDER)
    pictures += [F.pad(model.image, (BORDER, BORDER, 0, 0), value=1.0)]
    pictures += [
        outpaint(model, model.image, sides, level=level, seed=seed) for level, seed in LEVELS
    ]
    titles += [f"{BORDER} pixels missing on both sides", *titles[1 : 1 + len(LEVELS)]]
    figure = plots.image_grid(pictures, titles, columns=1 + len(LEVELS), width=9.0)
    print(plots.save(figure, FIGURES / "inpainting.jpg"))


if __name__ == "__main__":
    main()
