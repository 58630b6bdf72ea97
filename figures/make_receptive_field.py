"""Makes receptive_field.jpg, the picture at the head of lesson 02: one window on every level.

    python figures/make_receptive_field.py
"""

from pathlib import Path

import singan_edu as sg
from singan_edu.course import plots
from singan_edu.course.labs.lesson_02 import draw_windows

FIGURE = Path(__file__).parent / "receptive_field.jpg"
PHOTO, PLACE = "balloon_festival", (0.27, 0.66)


def main() -> None:
    image = sg.sample_image(PHOTO)
    plan = sg.plan_pyramid(*image.shape[-2:])
    figure = draw_windows(sg.image_pyramid(image, plan), plan, place=PLACE, width=10)
    plots.save(figure, FIGURE)
    print(f"{FIGURE.name}: {FIGURE.stat().st_size:,d} bytes")


if __name__ == "__main__":
    main()
