"""Make the pictures of the lesson on animation: a loop that plays, and its frames in a strip.

    python figures/make_animation.py

Writes ``figures/animation.gif``, a loop of 48 frames around a bundled photograph, and
``figures/animation.jpg``: frames of a walk and of a loop, and how far each frame is from the next
and from the reconstruction. The seed is not chosen.
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

import singan_edu as sg
from singan_edu.applications.animation import animate
from singan_edu.applications.movies import save_animation
from singan_edu.course import plots

FIGURES = Path(__file__).parent
NAME, FRAMES, SEED, SHOWN = "jupiter_clouds", 48, 1, 4
BETA = 0.97  # slow and smooth


def main() -> None:
    """Make both."""
    model = sg.load_pretrained(NAME)
    loop = animate(model, FRAMES, beta=BETA, loop=True, seed=SEED)
    print(save_animation(loop, FIGURES / "animation.gif"))
    walk = animate(model, FRAMES, beta=BETA, seed=SEED)
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.5, 1]).ravel()
    axes, step = above.subplots(2, SHOWN), FRAMES // SHOWN
    for row, (title, frames) in zip(axes, {"walk": walk, "loop": loop}.items()):
        for number, ax in enumerate(row):
            plots.draw_image(ax, frames[number * step], f"{title}, frame {number * step}")
    draw_distances(below.subplots(), model.reconstruct(), {"walk": walk, "loop": loop})
    print(plots.save(figure, FIGURES / "animation.jpg"))


def draw_distances(ax: Axes, reconstruction: Tensor, movies: dict[str, Tensor]) -> None:
    """Draw how far each frame is from the next one and from the reconstruction."""
    for (title, frames), colour in zip(movies.items(), (plots.BLUE, plots.VERMILION)):
        steps = (frames.roll(-1, 0) - frames).square().mean(dim=(1, 2, 3)).sqrt()
        away = (frames - reconstruction).square().mean(dim=(1, 2, 3)).sqrt()
        ax.plot(127.5 * steps, color=colour, label=f"{title}: to the next frame")
        ax.plot(127.5 * away, "--", color=colour, label=f"{title}: to the reconstruction")
    ax.set(xlabel="frame (after the last comes the first)", ylabel="RMSE, grey levels")
    ax.set_ylim(bottom=0)
    ax.legend(fontsize=7, ncols=2)


if __name__ == "__main__":
    main()
