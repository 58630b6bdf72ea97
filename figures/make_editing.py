"""Make the figure of editing: windows of a palace moved by hand, and the result at each level.

    python figures/make_editing.py

Writes ``figures/editing.jpg`` with a pretrained model; the seed is not chosen. It prints the
measurements that the suggested level rests on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

import singan_edu as sg
from singan_edu.applications.editing import editing_mask
from singan_edu.applications.injection import fit_to_model, over_levels, suggest_level
from singan_edu.course import plots

FIGURES = Path(__file__).parent
PICTURE, SEED = "palace_windows", 0
LEVELS = 5  # that are shown, from level 1; finer ones change little


def draw_levels(
    application: Callable[..., Tensor],
    name: str,
    kind: str,
    words: str,
    soft_mask: Callable[..., Tensor],
    path: Path,
) -> Path:
    """Apply ``harmonize`` or ``edit`` at the coarser levels and write the figure.

    Args:
        application: ``sg.harmonize`` or ``sg.edit``.
        name: of the pretrained model.
        kind: "edit" or "composite", in the names of the bundled image and mask.
        words: title of the changed image.
        soft_mask: of a model and a mask, the mask that the application blends with.
        path: of the figure.

    Returns:
        The same path.
    """
    model = sg.load_pretrained(name)
    inputs = sg.sample_image(f"{name}_{kind}"), sg.sample_mask(f"{name}_{kind}_mask")
    found = suggest_level(application, model, *inputs)
    print(found)
    soft = soft_mask(model, inputs[1]).expand(-1, 3, -1, -1) * 2 - 1
    results = over_levels(application, model, *inputs, seed=SEED)[:LEVELS]
    titles = [model.plan.label(level) for level in range(1, LEVELS + 1)]
    if found.level <= LEVELS:
        titles[found.level - 1] += ", suggested"
    pictures = [model.image, fit_to_model(model, inputs[0], words), soft, *results.split(1)]
    titles = ["training image", words, "blending mask", *titles]
    figure = plots.image_grid(pictures, titles, columns=4, width=9.0)
    return plots.save(figure, path)


if __name__ == "__main__":
    figure = FIGURES / "editing.jpg"
    print(draw_levels(sg.edit, PICTURE, "edit", "edited by hand", editing_mask, figure))
