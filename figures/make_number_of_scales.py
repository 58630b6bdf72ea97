"""Make the picture of lesson 08: samples of pyramids with fewer and more scales.

    python figures/make_number_of_scales.py [NAME]      default: balloon_festival

Trains the preset ``lesson`` at 64 pixels with one to five scales (some minutes; or reuses what is
in ``runs/``) and writes ``figures/number_of_scales.jpg``, seeds not chosen.
"""

from __future__ import annotations

import sys
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

import singan_edu as sg
from singan_edu.applications.training_variants import number_of_scales, train_variants
from singan_edu.config import LOCAL_GENERATOR
from singan_edu.course import plots
from singan_edu.images import Size, size_of

FIGURES = Path(__file__).parent
SCALES, SHOWN = (1, 2, 3, 4, 5), 4


def make_figure(name: str) -> Path:
    """Train on the bundled picture ``name`` and write the figure; returns the path."""
    image = sg.sample_image(name)
    config = sg.TrainConfig.preset(
        "lesson",
        max_size=64,
        resample_reconstruction_noise=False,
        optimizer="adam",
        **LOCAL_GENERATOR,
    )
    variants = number_of_scales(image, config, SCALES)
    results = train_variants(image, variants, name=f"{name}-lesson")
    pictures, titles = [], []
    for variant, result in zip(variants, results):
        pictures += [sg.image_pyramid(result.model.image, result.model.plan)[0]]
        pictures += result.samples[:SHOWN].split(1)
        count = result.model.plan.num_levels
        titles += [f"{count} scale{'s' * (count > 1)}: field {variant.coarsest_share:.0%}"]
        titles += [f"layout {result.measures['layout']:.2f}", *[""] * (SHOWN - 1)]
    figure = plots.image_grid(pictures, titles, columns=SHOWN + 1, width=8.0)
    for ax, picture in list(zip(figure.axes, pictures))[:: SHOWN + 1]:
        draw_field(ax, size_of(picture), config.receptive_field)
    return plots.save(figure, FIGURES / "number_of_scales.jpg")


def draw_field(ax: Axes, size: Size, field: int) -> None:
    """The receptive field on the coarsest picture."""
    corner = ((size[1] - field) / 2 - 0.5, (size[0] - field) / 2 - 0.5)
    ax.add_patch(Rectangle(corner, field, field, fill=False, edgecolor="white", linewidth=2))
    ax.add_patch(Rectangle(corner, field, field, fill=False, edgecolor=plots.VERMILION))


if __name__ == "__main__":
    print(make_figure(*(sys.argv[1:] or ["balloon_festival"])))
