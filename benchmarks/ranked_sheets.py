"""Make the sheets of samples that were ranked by eye; the scorecard must rank them alike.

    python benchmarks/ranked_sheets.py [PICTURE ...]        about forty minutes on two cores

Trains the preset ``lesson`` at 96 pixels, degraded variants of it and, once, the paper's preset.
Each writes four samples side by side (seed 11, not selected) to
``tests/evaluation/sheets/PICTURE-RANK-NAME.png``. The rank is that of the eye. The parts of the
scorecard's fidelity were chosen with these sheets in view, so the sheets calibrate it; they are not
a blind test.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import singan_edu as sg
from singan_edu.course.plots import contact_sheet

SHEETS = Path(__file__).parents[1] / "tests" / "evaluation" / "sheets"
# Changes of the preset "lesson" at 96 pixels, unless "preset" names another.
VARIANTS: dict[str, dict[str, Any]] = {
    "paper": dict(preset="paper"),  # 2000 iterations per level; an hour on one core
    "lesson": {},  # some torn shapes
    "unnormalised": dict(generator_norm="none"),  # blurred; crowd and leaves have no texture
    "hurried": dict(iterations=(400, 250, 150, 80, 50)),  # objects fall apart
    "barely": dict(iterations=20),  # ruined
}
RANKED = {  # best first; of pagoda_lake, "unnormalised" and "hurried" are equally bad to the eye
    "balloon_festival": ("lesson", "unnormalised", "hurried", "barely"),
    "pagoda_lake": ("paper", "lesson", "unnormalised", "barely"),
}


def make_sheets(picture: str) -> None:
    """Train the variants on a bundled image and write their sheets.

    Args:
        picture: a key of ``RANKED``.
    """
    for rank, name in enumerate(RANKED[picture], start=1):
        changes: dict[str, Any] = dict(preset="lesson", max_size=96) | VARIANTS[name]
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
