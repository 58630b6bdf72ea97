"""Makes evaluation.png, the picture at the head of lesson 14: the best score is that of a copy.

    python figures/make_evaluation.py
"""

from pathlib import Path

import singan_edu as sg
from singan_edu.course import plots
from singan_edu.evaluation import controls

FIGURE = Path(__file__).parent / "evaluation.png"
PHOTO = "desert_arch"
SAMPLE = 5  # one in which the arch has come apart


def main() -> None:
    model = sg.load_pretrained(PHOTO)
    real = model.image
    moved = real.roll(real.shape[-1] // 2, dims=-1)
    pasted = controls.patch_nearest_neighbours(real, 1, seed=0)
    sample = model.sample(8, seed=1)[SAMPLE : SAMPLE + 1]
    rows = {"photograph": real, "moved": moved, "patches laid anew": pasted, "SinGAN": sample}
    titles = []
    for name, picture in rows.items():
        distance = sg.random_feature_fid(real, picture)
        copied = sg.copy_map(real, picture).copied
        titles.append(f"{name}\ndistance {distance:.3f} · copied {copied:.0%}")
    figure = plots.image_grid(list(rows.values()), titles, columns=4, width=10)
    FIGURE.write_bytes(plots.compress_png(plots.png(figure), 120_000))
    print(f"{FIGURE.name}: {FIGURE.stat().st_size:,d} bytes")
    print(*titles, sep="\n")


if __name__ == "__main__":
    main()
