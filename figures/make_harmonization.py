"""Make the figure of harmonization: a rock pasted into a canyon, and the result at each level.

    python figures/make_harmonization.py

Writes ``figures/harmonization.jpg`` with a pretrained model; the seed is not chosen. It prints the
measurements that the suggested level rests on.
"""

from __future__ import annotations

from make_editing import FIGURES, draw_levels

import singan_edu as sg
from singan_edu.applications.harmonization import harmonization_mask

PICTURE = "canyon_river"

if __name__ == "__main__":
    figure = FIGURES / "harmonization.jpg"
    print(draw_levels(sg.harmonize, PICTURE, "composite", "composite", harmonization_mask, figure))
