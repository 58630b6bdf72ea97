"""Makes noise_scales.jpg, the picture at the head of lesson 04: too much noise, level by level.

    python figures/make_noise_scales.py
"""

from pathlib import Path

import torch
from torch import Tensor

import singan_edu as sg
from singan_edu.course import plots

FIGURE = Path(__file__).parent / "noise_scales.jpg"
PHOTO = "birds_at_dusk"
SCALES = (1, 20, 100)


def random_at(model: sg.SinGAN, level: int, scale: float) -> Tensor:
    """The reconstruction, but for random noise at one level, ``scale`` times as trained."""
    maps = model.draw_noise(seed=0)
    noise = [model.reconstruction_noise, *(torch.zeros_like(z) for z in maps[1:])]
    noise[level] = scale * maps[level]
    return model.run_from(0, noise=noise)


def main() -> None:
    model = sg.load_pretrained(PHOTO)
    last = model.plan.num_levels - 1
    shown = [(level, scale) for level in (1, last // 2 + 1, last) for scale in SCALES]
    pictures = [random_at(model, *values) for values in shown]
    titles = [f"{model.plan.label(level)}, noise × {scale}" for level, scale in shown]
    figure = plots.image_grid(pictures, titles, columns=len(SCALES), width=9)
    plots.save(figure, FIGURE)
    print(f"{FIGURE.name}: {FIGURE.stat().st_size:,d} bytes")


if __name__ == "__main__":
    main()
