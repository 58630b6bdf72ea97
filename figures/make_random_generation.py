"""Make the picture of lesson 07: start levels, sizes and mixed scales of one trained pyramid.

    python figures/make_random_generation.py [NAME]      default: canyon_river

Writes ``figures/random_generation.jpg`` with a pretrained model, seeds not chosen.
"""

from __future__ import annotations

import sys
from pathlib import Path

from matplotlib.figure import Figure
from torch import Tensor

import singan_edu as sg
from singan_edu.applications.random_generation import mixed_grid, sample_mirrored, start_level_grid
from singan_edu.course import plots

FIGURES = Path(__file__).parent
LEVELS, SEED, KEPT_BELOW, MIX_LEVEL = (0, 1, 3), 1, 2, 1
COARSE_SEEDS, FINE_SEEDS = (1, 2), (3, 4)
SHOWN = 4  # times that differences are enlarged


def make_figure(name: str) -> Path:
    """Draw all three blocks with the pyramid ``name``; returns the path."""
    model = sg.load_pretrained(name)
    figure = Figure(figsize=(9, 7.3), layout="constrained")
    parts = figure.subfigures(3, 1, squeeze=False, height_ratios=(1.0, 0.9, 1.7))
    top, middle, bottom = parts.ravel()
    draw_start_levels(top, model)
    draw_sizes(middle, model)
    draw_mixtures(bottom, model)
    return plots.save(figure, FIGURES / "random_generation.jpg")


def draw_start_levels(figure: Figure, model: sg.SinGAN) -> None:
    """The photograph, and one sample from each of a few start levels."""
    title = "Samples from three start levels; coarser levels keep their reconstruction"
    figure.suptitle(title, fontsize=9)
    samples = start_level_grid(model, 1, seed=SEED)
    titles = [f"from {model.plan.label(level)}" for level in LEVELS]
    draw_row(figure, [model.image, *samples[list(LEVELS)].split(1)], ["training image", *titles])


def draw_sizes(figure: Figure, model: sg.SinGAN) -> None:
    """Samples of another aspect: all new, stretched, and mirrored."""
    height, width = model.image.shape[-2:]
    wide = (height, 2 * width)
    figure.suptitle(f"Another size, {wide[0]} × {wide[1]} pixels", fontsize=9)
    pictures = [
        model.sample(size=wide, seed=SEED),
        model.sample(size=wide, start_level=KEPT_BELOW, seed=SEED),
        sample_mirrored(model, wide, KEPT_BELOW, seed=SEED),
    ]
    kept = f"from level {KEPT_BELOW}, the rest"
    draw_row(figure, pictures, ["from level 0", f"{kept} stretched", f"{kept} mirrored"])


def draw_mixtures(figure: Figure, model: sg.SinGAN) -> None:
    """Samples of two coarse seeds (rows), each with the detail of two fine seeds (columns)."""
    title = f"One seed for the noise of levels below {MIX_LEVEL}, another for all finer levels"
    figure.suptitle(title, fontsize=9)
    pictures = mixed_grid(model, COARSE_SEEDS, FINE_SEEDS, MIX_LEVEL).split(1)
    axes = figure.subplots(2, 3)
    for row, coarse in enumerate(COARSE_SEEDS):
        one, other = pictures[2 * row : 2 * row + 2]
        difference = (SHOWN * (one - other).abs() - 1).clamp(-1, 1)
        titles = [f"coarse seed {coarse}, fine seed {fine}" for fine in FINE_SEEDS]
        titles.append(f"their difference, {SHOWN} times")
        for ax, picture, title in zip(axes[row], [one, other, difference], titles):
            plots.draw_image(ax, picture, title)


def draw_row(figure: Figure, pictures: list[Tensor], titles: list[str]) -> None:
    """Pictures side by side."""
    for ax, picture, title in zip(figure.subplots(1, len(pictures)), pictures, titles):
        plots.draw_image(ax, picture, title)


if __name__ == "__main__":
    print(make_figure(*sys.argv[1:2] or ["canyon_river"]))
