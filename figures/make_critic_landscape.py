"""Makes critic_landscape.png, the picture at the head of lesson 05: points that climb, or do not.

    python figures/make_critic_landscape.py
"""

from pathlib import Path

from matplotlib.figure import Figure

import singan_edu as sg
from singan_edu import plots
from singan_edu.exercises import plane

FIGURE = Path(__file__).parent / "critic_landscape.png"
PHOTO = "balloon_festival"
RULES = {"gradient penalty": plane.RULES["λ = 0.1"], "ordinary GAN": plane.RULES["ordinary GAN"]}
MOVES = (5, 10, 20, 120)


def main() -> None:
    cloud = plane.pixel_pairs(sg.sample_image(PHOTO))
    figure = Figure(figsize=(9, 4.9), layout="constrained")
    for row, (name, rule) in zip(figure.subplots(2, len(MOVES)), RULES.items()):
        game = plane.Game(cloud, rule).after(max(MOVES))
        for ax, move in zip(row, MOVES):
            frame = game.frames[move]
            title = f"{name}, move {move}"
            plane.draw_plane(ax, frame.landscape, cloud, frame.points, title)
            ax.set(xticks=[], yticks=[])
    FIGURE.write_bytes(plots.light(plots.png(figure), 120_000))
    print(f"{FIGURE.name}: {FIGURE.stat().st_size:,d} bytes")


if __name__ == "__main__":
    main()
