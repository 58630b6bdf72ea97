"""Make the picture of lesson 09: two pictures enlarged, beside bicubic and the original.

    python figures/make_super_resolution.py

Writes ``figures/super_resolution.png`` with pretrained models, and prints RMSE, PSNR and SSIM.
The bundled pictures have twice the size that these models were trained on, so that the original
is known. One crop each, seeds not chosen.
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from torch import Tensor

import singan_edu as sg
from singan_edu.applications.super_resolution import (
    back_project,
    super_resolution_report,
    super_resolve,
)
from singan_edu.course import plots
from singan_edu.images import size_of

FIGURES = Path(__file__).parent
FACTOR, SEED, ROUNDS = 2, 1, 3
CROPS = {"balloon_festival": (90, 60), "deep_field": (70, 60)}  # top and left corner, enlarged
HEIGHT, WIDTH = 84, 112


def make_figure() -> Path:
    """Enlarge, print the reports, draw; returns the path."""
    figure = Figure(figsize=(7.0, 7.3), layout="constrained")
    for part, (name, corner) in zip(figure.subfigures(2, 1, squeeze=False).ravel(), CROPS.items()):
        pictures = enlargements(name)
        axes = part.subplots(2, 3, squeeze=False).ravel()
        for ax, (title, picture) in zip(axes, pictures.items()):
            plots.draw_image(ax, cropped(picture, corner), title)
    return plots.save(figure, FIGURES / "super_resolution.png")


def enlargements(name: str) -> dict[str, Tensor]:
    """The picture given and what becomes of it, all of one size, by title."""
    model = sg.load_pretrained(name)
    given = model.image
    noisy, calm = (
        super_resolve(given, FACTOR, model=model, noise_scale=scale, seed=SEED) for scale in (1, 0)
    )
    size = size_of(calm)
    original = sg.resize(sg.sample_image(name), size)
    made = {
        "SinGAN, noise 1 (paper)": noisy,
        "SinGAN, noise 0": calm,
        f"noise 0, {ROUNDS} back-projections": back_project(calm, given, ROUNDS),
    }
    for title, picture in made.items():
        print(f"{name}: {title}\n{super_resolution_report(picture, given, original=original)}")
    blocks = given.repeat_interleave(FACTOR, -1).repeat_interleave(FACTOR, -2)
    return {
        f"given: {given.shape[-2]} × {given.shape[-1]}": blocks,
        f"bicubic ×{FACTOR}": sg.resize(given, size),
        "original": original,
        **made,
    }


def cropped(picture: Tensor, corner: tuple[int, int]) -> Tensor:
    """A part of the picture, large enough to be looked at."""
    top, left = corner
    return picture[..., top : top + HEIGHT, left : left + WIDTH]


if __name__ == "__main__":
    print(make_figure())
