"""Makes generator_and_discriminator.jpg, the picture at the head of lesson 03: the two networks.

    python figures/make_generator_and_discriminator.py

Trains a discriminator for a few seconds; the generator is a pretrained one.
"""

from pathlib import Path
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

import singan_edu as sg
from singan_edu.course import plots
from singan_edu.course.labs.lesson_03 import untrained_level
from singan_edu.training import level as training_level

FIGURE = Path(__file__).parent / "generator_and_discriminator.jpg"
NAME, LEVEL, STEPS = "desert_arch", 2, 40
GAP, ROW = 7, 68  # between pictures and between rows, in pixels of the level
GREY = "0.45"


@torch.no_grad()
def layers(stack: nn.Sequential, picture: Tensor) -> list[Tensor]:
    """What each layer but the last says, as one map in [-1, 1]: the channel that varies most."""
    maps = []
    for block in list(stack)[:-1]:
        picture = block(picture)
        channel = picture[0, picture[0].flatten(1).std(dim=1).argmax()]
        low, high = channel.quantile(0.01), channel.quantile(0.99)
        maps.append((2 * (channel - low) / (high - low) - 1).clamp(-1, 1)[None, None])
    return maps


def place(ax: Axes, picture: Tensor, left: float, middle: float, text: str, **how: Any) -> float:
    """Draw a picture with its middle at a height; returns where the next may begin."""
    height, width = picture.shape[-2:]
    pixels = sg.to_pil(picture.clamp(-1, 1)) if "cmap" not in how else picture[0, 0].numpy()
    box = (left, left + width, middle - height / 2, middle + height / 2)
    ax.imshow(pixels, extent=box, interpolation="nearest", **how)
    ax.text(left + width / 2, middle - height / 2 - 2, text, ha="center", va="top", fontsize=7)
    return left + width + GAP


def sign(ax: Axes, left: float, middle: float, text: str) -> float:
    """A sign between two pictures."""
    ax.text(left, middle, text, fontsize=15, ha="center", va="center", color=GREY)
    return left + GAP


def row(ax: Axes, first: Tensor, maps: list[Tensor], middle: float, text: str) -> float:
    """A picture and what the layers make of it."""
    left = place(ax, first, 0, middle, text)
    for number, channel in enumerate(maps, 1):
        height, width = channel.shape[-2:]
        left = place(ax, channel, left, middle, f"layer {number}\n{height} × {width}", cmap="gray")
    return left


def main() -> None:
    model = sg.load_pretrained(NAME)
    plan, rng = model.plan, torch.Generator().manual_seed(0)
    real = sg.image_pyramid(model.image, plan)[LEVEL]
    given = sg.resize(model.reconstruct(LEVEL - 1), plan.sizes[LEVEL])
    noise = model.noise_stds[LEVEL] * torch.randn(given.shape, generator=rng)
    generator = model.generators[LEVEL]
    padded = nn.functional.pad(given + noise, (5, 5, 5, 5))
    made = generator(noise, given)

    state = untrained_level(model, LEVEL)
    for _ in range(STEPS):
        training_level.update_discriminator(state, training_level.sample_previous(state))
    discriminator = state.discriminator
    scores = discriminator(real).detach()

    figure = Figure(figsize=(10, 3.35))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.axis("off")
    left = row(ax, padded, layers(generator.stack, padded), ROW, "input with noise, padded")
    left = place(ax, 4 * (made - given), left, ROW, "layer 5, tanh: ψ (× 4)")
    left = sign(ax, left - GAP / 2 + 2, ROW, "+") + 2
    left = place(ax, given, left, ROW, "input")
    left = sign(ax, left - GAP / 2 + 2, ROW, "=") + 2
    right = place(ax, made, left, ROW, "output")
    left = row(ax, real, layers(discriminator.stack, real), -18, "image")
    height, width = scores.shape[-2:]
    place(ax, scores, left, -18, f"layer 5: scores\n{height} × {width}", cmap="cividis")
    ax.text(0, ROW + 33, "generator", fontsize=10, weight="bold")
    ax.text(0, -18 + 25, "discriminator", fontsize=10, weight="bold")
    ax.set_xlim(-3, right)
    ax.set_ylim(-48, ROW + 40)
    ax.set_aspect("equal")
    plots.save(figure, FIGURE)
    print(f"{FIGURE.name}: {FIGURE.stat().st_size:,d} bytes")


if __name__ == "__main__":
    main()
