"""Make the figure of retargeting: resized, z* cut at level 0, injected at level 1.

    python figures/make_retargeting.py

Writes ``figures/retargeting.png``; seeds not chosen.
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

import singan_edu as sg
from singan_edu.applications.retargeting import retarget
from singan_edu.course import plots

FIGURES = Path(__file__).parent
SIZES, SEED = [(96, 72), (96, 192)], 0


def main() -> None:
    """Make the figure."""
    names = ["balloon_festival", "painted_coast"]
    figure = Figure(figsize=(4.2, 5.5), layout="constrained")
    rows = figure.subplots(2, len(names), height_ratios=[1, 1])
    for row, size in zip(rows, SIZES):
        for ax, name in zip(row, names):
            model = sg.load_pretrained(name)
            made = [retarget(model, size, level=level, seed=SEED) for level in (0, 1)]
            sheet = plots.contact_sheet([sg.resize(model.image, size), *made], columns=1, gap=4)
            plots.draw_image(ax, sheet, name)
    figure.supylabel(
        "from above: resized · level 0, z* cut · level 1, resized picture put in",
        fontsize=plots.TITLE_SIZE,
    )
    print(plots.save(figure, FIGURES / "retargeting.png"))


if __name__ == "__main__":
    main()
