"""Make the figure of inpainting and outpainting.

    python figures/make_inpainting.py

Writes ``figures/inpainting.png``; seeds not chosen.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure

import singan_edu as sg
from singan_edu.applications.inpainting import inpaint, mirror_fill, outpaint
from singan_edu.course import plots

FIGURES = Path(__file__).parent
HOLES = {  # top, left, height, width
    "balloon_festival": (0, 66, 44, 38),
    "birds_at_dusk": (30, 30, 36, 44),
    "painted_coast": (40, 24, 36, 36),
}
BORDER = 32


def main() -> None:
    """Make the figure."""
    titles = ["the hole", "mirrored", "level 0", "level 0, another seed", "level 1"]
    pictures = []
    for name, (top, left, height, width) in HOLES.items():
        model = sg.load_pretrained(name)
        hole = torch.zeros_like(model.image[:, :1])
        hole[..., top : top + height, left : left + width] = 1
        fill = [
            inpaint(model, model.image, hole, level, seed=seed)
            for level, seed in [(0, 0), (0, 1), (1, 0)]
        ]
        pictures += [model.image * (1 - hole), mirror_fill(model.image, hole), *fill]
    figure = Figure(figsize=(7.3, 6.0), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[3, 1.7]).ravel()
    for ax, picture, title in zip(
        above.subplots(len(HOLES), 5).ravel(), pictures, titles + [""] * len(pictures)
    ):
        plots.draw_image(ax, picture, title)
    axes = below.subplots(1, 3)
    for ax, name in zip(axes, ["balloon_festival", "birds_at_dusk", "painted_coast"]):
        model = sg.load_pretrained(name)
        sides = (0, 0, BORDER, BORDER)
        padded = F.pad(model.image, (BORDER, BORDER, 0, 0))
        sheet = [padded, outpaint(model, model.image, sides, seed=0)]
        sheet.append(outpaint(model, model.image, sides, level=1, seed=0))
        plots.draw_image(ax, plots.contact_sheet(sheet, columns=1), "outpainted at level 0, 1")
    print(plots.save(figure, FIGURES / "inpainting.png"))


if __name__ == "__main__":
    main()
