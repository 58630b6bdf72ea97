"""Measure inpainting, retargeting and seamless samples with the small pretrained models.

    python benchmarks/applications.py                  all three
    python benchmarks/applications.py retargeting

The models are those with at most 128 pixels on the long side. Prints three tables in markdown,
which the docstrings of these applications quote. A seed places the holes, so that every method
fills the same ones. Compare only the rows of one table.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from statistics import mean

import torch
from torch import Tensor

import singan_edu as sg
from singan_edu.applications.inpainting import inpaint, mirror_fill, smooth_fill
from singan_edu.applications.retargeting import retarget
from singan_edu.applications.seamless import sample_seamless
from singan_edu.evaluation.metrics import coherence
from singan_edu.evaluation.patches import PATCH_SIZE, extract_patches, nearest, patch_grid
from singan_edu.images import size_of

SEED, SAMPLES, SMALL = 0, 4, 128
HOLES, SIDES = 4, (24, 40)  # holes per picture; smallest and largest side, in pixels
BORDER_DISTANCE = 8  # pixels from a hole to the border of the picture, at least
SHAPES = {  # height and width, as shares of the photograph's
    "half as wide": (1, 0.5),
    "0.7 times as wide": (1, 0.7),
    "1.4 times as wide": (1, 1.4),
    "twice as wide": (1, 2),
    "0.7 times as high": (0.7, 1),
    "1.4 times as high": (1.4, 1),
}
Box = tuple[slice, slice]


# -------------------------------------------------------------------------------------- inpainting
def inpainting(models: dict[str, sg.SinGAN]) -> Iterator[str]:
    """Distance of patches over a hole to the rest, finest band, and step across the border."""
    yield "| filled by | patches, full size | patches, half size | finest band | step at border |"
    yield "|---|---|---|---|---|"
    for label, fill in ways_to_fill().items():
        rows = [
            judge_filling(model.image, fill(model, box), box)
            for model in models.values()
            for box in holes(model.image)
        ]
        means = [f"{mean(column):.3f}" for column in zip(*rows, strict=True)]
        yield f"| {label} | {' | '.join(means)} |"


def ways_to_fill() -> dict[str, Callable[[sg.SinGAN, Box], Tensor]]:
    """By name, what gives the picture of a pyramid with the hole filled, (1, C, h, w)."""

    def by_level(level: int) -> Callable[[sg.SinGAN, Box], Tensor]:
        return lambda model, box: inpaint(
            model, model.image, mask_of(model.image, box), level, seed=SEED
        )

    return {
        "the picture itself": lambda model, box: model.image,
        "mean colour": lambda model, box: with_mean_colour(model.image, box),
        "mirrored border": lambda model, box: mirror_fill(model.image, mask_of(model.image, box)),
        "smooth filling": lambda model, box: smooth_fill(model.image, mask_of(model.image, box)),
        **{f"level {level}": by_level(level) for level in (0, 1, 3)},
    }


def holes(image: Tensor) -> list[Box]:
    """Where the holes are: the same in every picture of this size."""
    rng = torch.Generator().manual_seed(SEED)

    def side(length: int) -> slice:
        width = int(torch.randint(SIDES[0], SIDES[1] + 1, (1,), generator=rng))
        start = int(
            torch.randint(
                BORDER_DISTANCE, length - BORDER_DISTANCE - width + 1, (1,), generator=rng
            )
        )
        return slice(start, start + width)

    return [(side(image.shape[-2]), side(image.shape[-1])) for _ in range(HOLES)]


def mask_of(image: Tensor, box: Box) -> Tensor:
    """One in the hole, zero elsewhere: (1, 1, h, w)."""
    mask = torch.zeros_like(image[:, :1])
    mask[(..., *box)] = 1
    return mask


def with_mean_colour(image: Tensor, box: Box) -> Tensor:
    """The hole filled with the mean colour of the rest."""
    rest = image[..., mask_of(image, box)[0, 0] == 0].mean(dim=-1)  # (1, C)
    filled = image.clone()
    filled[(..., *box)] = rest[..., None, None]
    return filled


def judge_filling(image: Tensor, filled: Tensor, box: Box) -> tuple[float, ...]:
    """The four columns of one hole."""
    reduced = [half(picture) for picture in (filled, mask_of(image, box))]
    band = sg.patch_swd(image[(..., *box)], filled[(..., *box)], band=True, levels=1)
    return (
        distance_to_rest(filled, mask_of(image, box)),
        distance_to_rest(*reduced),
        band,
        step_at_border(filled, box),
    )


def distance_to_rest(picture: Tensor, mask: Tensor) -> float:
    """Mean distance of the patches in the middle of the hole to the nearest that miss the hole.

    A patch counts as in the hole by the pixel in its middle.
    """
    rows, columns = patch_grid(picture)
    middle, patches = PATCH_SIZE // 2, extract_patches(picture)
    inside = mask[0, 0, middle : middle + rows, middle : middle + columns].flatten() > 0.5
    outside = extract_patches(mask).amax(dim=1) <= 0
    queries, keys = patches[inside], patches[outside]
    return (queries - keys[nearest(queries, keys)[1]]).square().mean(dim=1).sqrt().mean().item()


def step_at_border(picture: Tensor, box: Box) -> float:
    """RMS difference of the pixels on both sides of the hole's edge."""
    rows, columns = box
    steps = [
        picture[..., rows.start, columns] - picture[..., rows.start - 1, columns],
        picture[..., rows.stop, columns] - picture[..., rows.stop - 1, columns],
        picture[..., rows, columns.start] - picture[..., rows, columns.start - 1],
        picture[..., rows, columns.stop] - picture[..., rows, columns.stop - 1],
    ]
    return torch.cat([step.flatten() for step in steps]).square().mean().sqrt().item()


# ------------------------------------------------------------------------------------- retargeting
def retargeting(models: dict[str, sg.SinGAN]) -> Iterator[str]:
    """Distance of patches to the photograph's, both at half size (``coherence``)."""
    yield "| shape | resized | level 0 | level 1 |"
    yield "|---|---|---|---|"
    for label, shares in SHAPES.items():
        means = [mean(column) for column in zip(*(judge_shape(m, shares) for m in models.values()))]
        yield f"| {label} | {' | '.join(f'{value:.3f}' for value in means)} |"


def judge_shape(model: sg.SinGAN, shares: tuple[float, float]) -> list[float]:
    """Resized, retargeted at level 0 and at level 1."""
    height, width = size_of(model.image)
    size = (round(shares[0] * height), round(shares[1] * width))
    pictures = [
        sg.resize(model.image, size),
        *(retarget(model, size, level=level, n=SAMPLES, seed=SEED) for level in (0, 1)),
    ]
    return [coherence(half(model.image), half(picture)) for picture in pictures]


def half(picture: Tensor) -> Tensor:
    """The picture at half its size."""
    height, width = size_of(picture)
    return sg.resize(picture, (height // 2, width // 2))


# ---------------------------------------------------------------------------------------- seamless
def seamless(models: dict[str, sg.SinGAN]) -> Iterator[str]:
    """The scorecard of plain samples and of seamless ones: coverage, and what it says."""
    yield "| pyramid | plain samples | width | both |"
    yield "|---|---|---|---|"
    for name, model in models.items():
        pictures = {
            "plain": model.sample(SAMPLES, seed=SEED),
            **{w: sample_seamless(model, SAMPLES, wrap=w, seed=SEED) for w in ("width", "both")},
        }
        card = sg.scorecard(model.image, pictures, controls=())
        cells = [f"{card[label].coverage.value:.2f} {card.verdict(label)}" for label in pictures]
        yield f"| {name} | {' | '.join(cells)} |"


TABLES = dict(inpainting=inpainting, retargeting=retargeting, seamless=seamless)


def small_models() -> dict[str, sg.SinGAN]:
    """Load the pretrained models with at most ``SMALL`` pixels on the long side, by name."""
    models = {name: sg.load_pretrained(name) for name in sg.pretrained_names()}
    return {name: m for name, m in models.items() if max(size_of(m.image)) <= SMALL}


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    names = parser.parse_args().tables or list(TABLES)
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise SystemExit(
            f"applications.py: no table {unknown[0]!r}; choose among {', '.join(TABLES)}."
        )
    models = small_models()
    print(f"torch {torch.__version__}, models {', '.join(models)}")
    for name in names:
        print(f"\n{TABLES[name].__doc__}\n")
        for line in TABLES[name](models):
            print(line, flush=True)


if __name__ == "__main__":
    main()
