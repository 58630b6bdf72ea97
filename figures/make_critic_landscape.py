"""Makes critic_landscape.png, the picture at the head of lesson 05: points that climb, or do not.

    python figures/make_critic_landscape.py
"""

from pathlib import Path

from matplotlib.figure import Figure

import singan_edu as sg
from singan_edu.course import plots
from singan_edu.course.labs import toy_2d

FIGURE = Path(__file__).parent / "critic_landscape.png"
PHOTO = "balloon_festival"
RULES = {"gradient penalty": toy_2d.RULES["λ = 0.1"], "ordinary GAN": toy_2d.RULES["ordinary GAN"]}
MOVES = (5, 10, 20, 120)


def main() -> None:
    cloud = toy_2d.pixel_pairs(sg.sample_image(PHOTO))
    figure = Figure(figsize=(9, 4.9), layout="constrained")
    for row, (name, rule) in zip(figure.subplots(2, len(MOVES)), RULES.items()):
        game = toy_2d.Game(cloud, rule).after(max(MOVES))
        for ax, move in zip(row, MOVES):
            frame = game.frames[move]
            title = f"{name}, move {move}"
            toy_2d.draw_plane(ax, frame.landscape, cloud, frame.points, title)
            ax.set(xticks=[], yticks=[])
    FIGURE.write_bytes(plots.compress_png(plots.png(figure), 120_000))
    print(f"{FIGURE.name}: {FIGURE.stat().st_size:,d} bytes")


if __name__ == "__main__":
    main()
