"""Makes ledger.png, the picture at the head of lesson 15: one seed, one switch at a time.

    python figures/make_ledger.py
"""

from pathlib import Path

import singan_edu as sg
from singan_edu import ledger, plots
from singan_edu.switches import SWITCHES

FIGURE = Path(__file__).parent / "ledger.png"
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
    pictures, titles = [], []
    for name, title in SHOWN.items():
        model = ledger.train_switched(photo, SWITCHES[name])
        pictures += [model.reconstruct(), *model.sample(2, seed=1).split(1)]
        titles += [f"{title}: rec.", "sample", "sample"]
    pictures, titles = [model.image, *pictures], ["photograph", *titles]
    figure = plots.image_grid(pictures, titles, columns=4, width=9)
    FIGURE.write_bytes(plots.light(plots.png(figure), 120_000))
    print(f"{FIGURE.name}: {FIGURE.stat().st_size:,d} bytes")


if __name__ == "__main__":
    main()
