"""Make the sample sheets that were ranked by eye, which the scorecard must rank alike.

    python benchmarks/ranked_sheets.py [PICTURE ...]        some forty minutes on two cores

Trains the preset ``lesson`` at 96 pixels, ways to spoil it and, once, the paper's recipe, and
writes of each four samples (seed 11, not chosen) to ``tests/sheets/PICTURE-RANK-NAME.png``, one
beside the other. The order is that of the eye. Which measurements make up the scorecard's fidelity
was chosen with these sheets in view, so they calibrate it rather than test it blindly.
"""

from __future__ import annotations

import sys
from pathlib import Path

import singan_edu as sg
from singan_edu.course.plots import contact_sheet

SHEETS = Path(__file__).parents[1] / "tests" / "evaluation" / "sheets"
VARIANTS = {
    "paper": dict(preset="paper"),  # 2000 iterations a level; an hour on one core
    "lesson": {},  # as it is: some torn shapes
    "unnormalised": dict(generator_norm="none"),  # soft; crowd and leaves have no texture
    "hurried": dict(iterations=(400, 250, 150, 80, 50)),  # objects fall apart
    "barely": dict(iterations=20),  # ruined
}
RANKED = {  # best first; of the lake, "unnormalised" and "hurried" are equally bad to the eye
    "balloon_festival": ("lesson", "unnormalised", "hurried", "barely"),
    "pagoda_lake": ("paper", "lesson", "unnormalised", "barely"),
}


def make_sheets(picture: str) -> None:
    """Train the variants on a bundled picture and write their sheets."""
    for rank, name in enumerate(RANKED[picture], start=1):
        changes = dict(preset="lesson", max_size=96) | VARIANTS[name]
        config = sg.TrainConfig.preset(changes.pop("preset"), **changes)
        image = sg.sample_image(picture)
        folder = sg.run_folder(image, config, name=f"{picture}-{name}")
        model = sg.load_or_train(image, config, folder / "model")
        sheet = contact_sheet(model.sample(4, seed=11), columns=4, gap=0)
        sg.save_image(sheet, SHEETS / f"{picture}-{rank}-{name}.png")


if __name__ == "__main__":
    SHEETS.mkdir(exist_ok=True)
    for chosen in sys.argv[1:] or RANKED:
        make_sheets(chosen)
