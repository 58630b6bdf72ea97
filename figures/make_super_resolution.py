"""Make the picture of lesson 09: two photographs enlarged, beside bicubic and the original.

    python figures/make_super_resolution.py

Writes ``figures/super_resolution.jpg``, and prints RMSE, PSNR and SSIM. The model of deep_field is
pretrained; that of pyramid_stones is trained in some minutes, or reused from ``runs/``. Both
photographs are known at twice the size that their model was trained on. One crop each, seeds not
chosen.
"""

from __future__ import annotations

from pathlib import Path

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
HEIGHT, WIDTH = 84, 112  # of the crops, enlarged


def make_figure() -> Path:
    """Enlarge, print the reports, draw; returns the path."""
    stones = sg.sample_image("pyramid_stones", max_size=500)
    galaxies = sg.load_pretrained("deep_field-super_resolution")
    height, width = size_of(stones)
    low = sg.resize(stones, (height // FACTOR, width // FACTOR))
    shown = [
        (enlargements(low, stones), (150, 180)),
        (enlargements(galaxies.image, sg.sample_image("deep_field"), galaxies), (70, 60)),
    ]
    pictures, titles = [], []
    for made, (top, left) in shown:
        pictures += [
            picture[..., top : top + HEIGHT, left : left + WIDTH] for picture in made.values()
        ]
        titles += list(made)
    figure = plots.image_grid(pictures, titles, columns=3, width=9.0)
    return plots.save(figure, FIGURES / "super_resolution.jpg")


def enlargements(
    given: Tensor, original: Tensor, model: sg.SinGAN | None = None
) -> dict[str, Tensor]:
    """Return the given image, its enlargements and the original, all of one size, by title."""
    noisy, calm = (
        super_resolve(given, FACTOR, model=model, noise_scale=scale, seed=SEED) for scale in (1, 0)
    )
    size = size_of(calm)
    original = sg.resize(original, size)
    made = {
        "SinGAN, noise 1 (paper)": noisy,
        "SinGAN, noise 0": calm,
        f"noise 0, {ROUNDS} back-projections": back_project(calm, given, ROUNDS),
    }
    for title, picture in made.items():
        print(f"{title}\n{super_resolution_report(picture, given, original=original)}")
    blocks = given.repeat_interleave(FACTOR, -1).repeat_interleave(FACTOR, -2)
    return {
        f"given: {given.shape[-2]} × {given.shape[-1]}": sg.resize(blocks, size),
        f"bicubic ×{FACTOR}": sg.resize(given, size),
        "original": original,
        **made,
    }


if __name__ == "__main__":
    print(make_figure())
