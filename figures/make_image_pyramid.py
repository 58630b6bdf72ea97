"""Makes image_pyramid.jpg, the picture at the head of lesson 01: all levels of a photograph.

    python figures/make_image_pyramid.py
"""

from pathlib import Path

import singan_edu as sg
from singan_edu.course import plots

FIGURE = Path(__file__).parent / "image_pyramid.jpg"
PHOTO = "palace_windows"


def main() -> None:
    image = sg.sample_image(PHOTO)
    plan = sg.plan_pyramid(*image.shape[-2:])
    figure = plots.plot_sizes(sg.image_pyramid(image, plan), plan, width=10)
    plots.save(figure, FIGURE)
    print(f"{FIGURE.name}: {FIGURE.stat().st_size:,d} bytes")


if __name__ == "__main__":
    main()
