"""Make the figure of retargeting: resized, from z* of another size, resized image injected.

    python figures/make_retargeting.py

Writes ``figures/retargeting.jpg`` with pretrained models; seeds not chosen.
"""

from __future__ import annotations

from pathlib import Path

import singan_edu as sg
from singan_edu.applications.retargeting import retarget
from singan_edu.course import plots
from singan_edu.images import size_of

FIGURES = Path(__file__).parent
NAMES, SEED = ("palace_windows", "mountain_meadow"), 0


def main() -> None:
    """Make the figure: each photograph twice as wide."""
    pictures, titles = [], []
    for name in NAMES:
        model = sg.load_pretrained(name)
        height, width = size_of(model.image)
        size = (height, 2 * width)
        pictures += [sg.resize(model.image, size)]
        pictures += [retarget(model, size, level=level, seed=SEED) for level in (0, 1)]
        titles += ["resized", "level 0, z* of the new size", "level 1, resized image injected"]
    figure = plots.image_grid(pictures, titles, columns=3, width=9.0)
    print(plots.save(figure, FIGURES / "retargeting.jpg"))


if __name__ == "__main__":
    main()
