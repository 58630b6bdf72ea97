"""Measure what retraining a level on flat colours gains for paint-to-image.

    python benchmarks/retraining.py
    python benchmarks/retraining.py autumn_wood --iterations 100

For each pretrained model with at most 128 pixels on the long side, the clip-art of lesson 10 is
injected at levels 1 and 2 in three ways: as it is; reduced to the palette; and reduced to the
palette, at a level that was retrained with it. Every column is ``patch_distance``, the distance of
the result's patches to those of the training image: smaller is better. Look at the sheets
(``runs/retraining-*.png``) before you trust a number.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from applications import small_models

import singan_edu as sg
from singan_edu.applications.injection import patch_distance
from singan_edu.course import plots
from singan_edu.course.labs.lesson_10 import clip_art_for

LEVELS, COLOURS = (1, 2), 5
WAYS = ("as it is", "in the palette", "and retrained")


def main() -> None:
    """Print a line per pyramid and level."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="of models; all small ones if none")
    parser.add_argument("--iterations", type=int, default=400, help="of the retrained level")
    options = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(f"| pyramid | level | the clip-art | {' | '.join(WAYS)} |")
    print("|---|---|---|---|---|---|")
    for name in options.names or small_models():
        model = sg.load_pretrained(name)
        paint, palette = clip_art_for(model, name), sg.colour_palette(model.image, COLOURS)
        for level in LEVELS:
            taught = sg.retrain_level(model, level, palette, iterations=options.iterations)
            results = [
                sg.paint_to_image(model, paint, level, seed=0),
                sg.paint_to_image(model, paint, level, palette=palette, seed=0),
                sg.paint_to_image(taught, paint, level, palette=palette, seed=0),
            ]
            values = [f"{patch_distance(model, p):.3f}" for p in (paint, *results)]
            print(f"| {name} | {level} | {' | '.join(values)} |", flush=True)
            figure = plots.image_grid(
                [model.image, paint, *results], ["training image", "paint", *WAYS]
            )
            plots.save(figure, Path("runs") / f"retraining-{name}-{level}.png")


if __name__ == "__main__":
    main()
