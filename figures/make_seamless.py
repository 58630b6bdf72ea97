"""Make the figure of seamless samples: two panoramas and two tiles, each laid side by side.

    python figures/make_seamless.py

Writes ``figures/seamless.jpg``. White marks show where one tile ends; seeds not chosen.
"""

from __future__ import annotations

from pathlib import Path

import torch
from matplotlib.figure import Figure

import singan_edu as sg
from singan_edu.applications.seamless import sample_seamless
from singan_edu.course import plots

FIGURES = Path(__file__).parent
SEED, MARK = 0, 4


def marked(tile: torch.Tensor, down: int, across: int) -> torch.Tensor:
    """Tiles laid side by side, with white marks at the upper border between them."""
    laid = tile.repeat(1, 1, down, across)
    for column in range(1, across):
        place = column * tile.shape[-1]
        laid[..., :MARK, place - 1 : place + 1] = 1
        laid[..., -MARK:, place - 1 : place + 1] = 1
    for row in range(1, down):
        place = row * tile.shape[-2]
        laid[..., place - 1 : place + 1, :MARK] = 1
        laid[..., place - 1 : place + 1, -MARK:] = 1
    return laid


def main() -> None:
    """Make the figure."""
    figure = Figure(figsize=(9, 6.6), layout="constrained")
    rows = figure.subplots(2, 2, height_ratios=[1, 1.1])
    for ax, name in zip(rows[0], ["canyon_river", "mountain_meadow"]):
        model = sg.load_pretrained(name)
        plain = model.sample(seed=SEED)
        seamless = sample_seamless(model, seed=SEED)
        sheet = plots.contact_sheet([marked(plain, 1, 2), marked(seamless, 1, 2)], columns=1)
        plots.draw_image(ax, sheet, f"{name}: a sample twice, and with wrap='width'")
    for ax, name in zip(rows[1], ["deep_field", "jupiter_clouds"]):
        tile = sample_seamless(sg.load_pretrained(name), wrap="both", seed=SEED)
        plots.draw_image(ax, marked(tile, 2, 2), f"{name}: wrap='both', 2 × 2 tiles")
    print(plots.save(figure, FIGURES / "seamless.jpg"))


if __name__ == "__main__":
    main()
