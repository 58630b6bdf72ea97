"""Makes ledger.jpg, the picture at the head of lesson 15: one seed, one switch at a time.

    python figures/make_ledger.py
"""

from pathlib import Path

import singan_edu as sg
from singan_edu.course import differences, plots
from singan_edu.course.ablations import SWITCHES

FIGURE = Path(__file__).parent / "ledger.jpg"
PHOTO = "balloon_festival"
SHOWN = {
    "reference": "nothing switched",
    "z_star": "z* redrawn",
    "generator_none": "G not normalised",
    "noise_amplitude": "noise of std 1",
    "penalty_norm": "penalty per picture",
}


def main() -> None:
    photo = sg.sample_image(PHOTO)
    models = [differences.train_switched(photo, SWITCHES[name]) for name in SHOWN]
    rows = [[model.reconstruct() for model in models]]
    rows += [[model.sample(seed=seed) for model in models] for seed in (1, 2)]
    titles = [f"{title}\nreconstruction" for title in SHOWN.values()] + ["sample"] * 2 * len(SHOWN)
    figure = plots.image_grid([p for row in rows for p in row], titles, width=10)
    plots.save(figure, FIGURE)
    print(f"{FIGURE.name}: {FIGURE.stat().st_size:,d} bytes")


if __name__ == "__main__":
    main()
