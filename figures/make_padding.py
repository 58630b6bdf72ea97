"""Make the picture of lesson 08: samples, and where they vary, for three paddings.

    python figures/make_padding.py [NAME]      default: balloon_festival

Trains the preset ``lesson`` at 64 pixels with each padding (some minutes; or reuses what is in
``runs/``) and writes ``figures/padding.jpg``, seeds not chosen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import singan_edu as sg
from singan_edu.applications.training_variants import padding_variants, train_variants
from singan_edu.config import LOCAL_GENERATOR
from singan_edu.course import plots

FIGURES = Path(__file__).parent
SHOWN = 4
MEANING = dict(conv="zeros in layers", zero="zeros up front", noise="noise runs on")


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
    results = train_variants(image, padding_variants(config), name=f"{name}-lesson")
    pictures, titles = [], []
    for result in results:
        padding = result.model.config.padding
        pictures += [*result.samples[:SHOWN].split(1), result.model.image]  # the last is drawn over
        titles += [f"{padding}: {MEANING[padding]}", *[""] * (SHOWN - 1)]
        titles += [f"std; corners at {result.measures['corners']:.2f}"]
    figure = plots.image_grid(pictures, titles, columns=SHOWN + 1, width=9.0)
    largest = max(result.deviations.max().item() for result in results)
    for ax, result in zip(figure.axes[SHOWN :: SHOWN + 1], results):
        title = ax.get_title()
        ax.clear()
        shown = ax.imshow(result.deviations, vmin=0, vmax=largest, cmap="viridis")
        ax.set_title(title, fontsize=plots.TITLE_SIZE)
        ax.axis("off")
    figure.colorbar(shown, ax=figure.axes[SHOWN :: SHOWN + 1], shrink=0.8)
    return plots.save(figure, FIGURES / "padding.jpg")


if __name__ == "__main__":
    print(make_figure(*(sys.argv[1:] or ["balloon_festival"])))
