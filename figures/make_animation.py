"""Make the pictures of the lesson on animation: a loop that plays, and its frames in a strip.

    python figures/make_animation.py

Writes ``figures/animation.gif``, a loop of 40 frames around a bundled picture, and
``figures/animation.png``: every eighth frame of a walk and of a loop, and how far each
frame is from the next and from the photograph. The seed is not chosen.
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

import singan_edu as sg
from singan_edu.applications.animation import animate
from singan_edu.applications.movies import save_animation
from singan_edu.course import plots

FIGURES = Path(__file__).parent
NAME, FRAMES, SEED, SHOWN = "balloon_festival", 40, 1, 5


def main() -> None:
    """Make both."""
    model = sg.load_pretrained(NAME)
    loop = animate(model, FRAMES, loop=True, seed=SEED)
    print(save_animation(loop, FIGURES / "animation.gif"))
    open_walk = animate(model, FRAMES, seed=SEED)
    figure = Figure(figsize=(6.4, 4.3), layout="constrained")
    axes = figure.subplots(3, 1, height_ratios=[1, 1, 1.3])
    step = FRAMES // SHOWN
    for ax, frames, title in [
        (axes[0], open_walk, "walk: it begins at the photograph (every eighth frame)"),
        (axes[1], loop, "loop: the last frame leads over to the first (every eighth frame)"),
    ]:
        plots.draw_image(ax, plots.contact_sheet(frames[::step], columns=SHOWN), title)
    photograph = model.reconstruct()
    for frames, colour, label in [
        (open_walk, plots.BLUE, "walk"),
        (loop, plots.VERMILION, "loop"),
    ]:
        steps = (frames.roll(-1, 0) - frames).square().mean(dim=(1, 2, 3)).sqrt()
        axes[2].plot(127.5 * steps, color=colour, label=f"{label}: step to the next frame")
        away = (frames - photograph).square().mean(dim=(1, 2, 3)).sqrt()
        axes[2].plot(127.5 * away, "--", color=colour, label=f"{label}: from the photograph")
    axes[2].set(xlabel="frame (after the last comes the first)", ylabel="grey levels (RMS)")
    axes[2].set_ylim(bottom=0)
    axes[2].legend(fontsize=7, ncols=2)
    print(plots.save(figure, FIGURES / "animation.png"))


if __name__ == "__main__":
    main()
