"""Makes evaluation.jpg, the picture at the head of lesson 14: a shifted copy has the best score.

    python figures/make_evaluation.py

SinGAN is shown by the best of eight samples, that is, the one with the smallest distance.
"""

from pathlib import Path

import singan_edu as sg
from singan_edu.course import plots
from singan_edu.evaluation import controls

FIGURE = Path(__file__).parent / "evaluation.jpg"
PHOTO = "canyon_river"
SAMPLES = 8


def main() -> None:
    model = sg.load_pretrained(PHOTO)
    real = model.image
    moved = real.roll(real.shape[-1] // 2, dims=-1)
    pasted = controls.patch_nearest_neighbours(real, 1, seed=0)  # a minute or two
    samples = model.sample(SAMPLES, seed=0).split(1)
    best = min(samples, key=lambda sample: sg.random_feature_fid(real, sample))
    rows = {
        "photograph": real,
        "photograph, shifted": moved,
        "rearranged patches": pasted,
        f"best of {SAMPLES} SinGAN samples": best,
    }
    titles = []
    for name, picture in rows.items():
        distances = [sg.random_feature_fid(real, picture, seed=seed) for seed in range(3)]
        copied = sg.copy_map(real, picture).copied
        titles.append(f"{name}\ndistance {distances[0]:.4f} · {copied:.0%} copied")
        print(f"{name}: {copied:.1%} copied; distances in three random networks {distances}")
    figure = plots.image_grid(list(rows.values()), titles, columns=4, width=10)
    plots.save(figure, FIGURE)
    print(f"{FIGURE.name}: {FIGURE.stat().st_size:,d} bytes")


if __name__ == "__main__":
    main()
