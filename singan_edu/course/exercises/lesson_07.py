"""The exercises of lesson 07, random generation, and the faulty samplers of its last section."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from ...images import resize, round_half_up
from ...model import SinGAN
from ...pretrained import load_pretrained
from ...pyramid import plan_pyramid
from .. import plots
from ..checks import Exercise, Mistake

Size = tuple[int, int]
Maps = Sequence[Tensor]
MODEL = load_pretrained("balloon_festival")
SIZES = MODEL.plan.sizes
LAST = MODEL.plan.num_levels - 1


# ------------------------------------------------------------------------------------ exercise 07.1
def sample_from(model: SinGAN, level: int, maps: Maps) -> Tensor:
    """A sample with noise from ``level`` (1 or finer) on: the level before is the reconstruction's.

    ``maps`` are of standard deviation one, one for each level from ``level`` on.
    """
    return model.run_from(level, model.reconstruct(level - 1), noise=maps)


def one_level_too_far(model: SinGAN, level: int, maps: Maps) -> Tensor:
    """Puts in what the level itself made, which then passes its generator twice."""
    return model.run_from(level, model.reconstruct(level), noise=maps, blur=False)


def from_the_photograph(model: SinGAN, level: int, maps: Maps) -> Tensor:
    """Puts in the photograph."""
    return model.run_from(level, model.image, noise=maps)


def from_the_end(model: SinGAN, level: int, maps: Maps) -> Tensor:
    """Puts in the finished reconstruction, made smaller."""
    return model.run_from(level, model.reconstruct(), noise=maps)


def scaled_twice(model: SinGAN, level: int, maps: Maps) -> Tensor:
    """Multiplies the maps by the standard deviations, which ``run_from`` does, too."""
    scaled = [std * z for std, z in zip(model.noise_stds[level:], maps)]
    return sample_from(model, level, scaled)


START_LEVEL = Exercise(
    id="07.1",
    title="noise from a level on",
    difficulty=2,
    minutes=8,
    expected=sample_from,
    cases=tuple((MODEL, k, MODEL.draw_noise(level=k, seed=k)) for k in (1, LAST // 2, LAST)),
    mistakes=(
        Mistake(
            "one level too far",
            one_level_too_far,
            "You put in the reconstruction of the level itself, so that it passes this level's "
            "generator twice. What takes the place of the level before is reconstruct(level - 1).",
        ),
        Mistake(
            "the photograph",
            from_the_photograph,
            "You put in the photograph: that is start='real'. Here the levels before shall be kept "
            "as the reconstruction has them.",
        ),
        Mistake(
            "the finished reconstruction",
            from_the_end,
            "You put in the finished reconstruction, made smaller. It has been through all levels; "
            "take what the level before made: reconstruct(level - 1).",
        ),
        Mistake(
            "scaled twice",
            scaled_twice,
            "You multiplied the maps by the standard deviations, and run_from does it again. It "
            "wants maps of standard deviation one.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 07.2
def sizes_for(sizes: Sequence[Size], wanted: Size) -> list[Size]:
    """The size of every level for a picture of ``wanted`` = (height, width)."""
    return _scaled(sizes, wanted[0] / sizes[-1][0], wanted[1] / sizes[-1][1])


def one_factor(sizes: Sequence[Size], wanted: Size) -> list[Size]:
    """The factor of the height for both sides: the aspect stays."""
    return _scaled(sizes, wanted[0] / sizes[-1][0], wanted[0] / sizes[-1][0])


def sides_swapped(sizes: Sequence[Size], wanted: Size) -> list[Size]:
    """(width, height) in place of (height, width)."""
    return sizes_for(sizes, wanted[::-1])


def cut_off(sizes: Sequence[Size], wanted: Size) -> list[Size]:
    """Parts of pixels cut off, not rounded."""
    rows, columns = wanted[0] / sizes[-1][0], wanted[1] / sizes[-1][1]
    return [(int(h * rows), int(w * columns)) for h, w in sizes]


def planned_anew(sizes: Sequence[Size], wanted: Size) -> list[Size]:
    """A pyramid planned for the new size: other levels, for which there are no generators."""
    return list(plan_pyramid(*wanted, max_size=max(wanted)).sizes)


def _scaled(sizes: Sequence[Size], rows: float, columns: float) -> list[Size]:
    return [(round_half_up(h * rows), round_half_up(w * columns)) for h, w in sizes]


ANY_SIZE = Exercise(
    id="07.2",
    title="a size for every level",
    difficulty=1,
    minutes=5,
    expected=sizes_for,
    cases=((SIZES, (96, 256)), (SIZES, (201, 130)), (SIZES, (61, 77))),
    mistakes=(
        Mistake(
            "one factor",
            one_factor,
            "You scaled both sides by the factor of the height, so the aspect cannot change. Each "
            "side has its own factor.",
        ),
        Mistake(
            "sides swapped",
            sides_swapped,
            "Height and width are swapped. A size is (height, width) everywhere in this course.",
        ),
        Mistake(
            "cut off",
            cut_off,
            "You cut off the parts of pixels. Round to the nearest whole number.",
        ),
        Mistake(
            "planned anew",
            planned_anew,
            "You planned a new pyramid for the new size. Its levels are others, and no generator "
            "was trained for them; keep the levels and scale each.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 07.3
def mixed_noise(coarse: Maps, fine: Maps, level: int) -> list[Tensor]:
    """The maps of ``coarse`` for the levels below ``level``, those of ``fine`` from there on."""
    return [*coarse[:level], *fine[level:]]


def swapped(coarse: Maps, fine: Maps, level: int) -> list[Tensor]:
    """Each in the place of the other."""
    return mixed_noise(fine, coarse, level)


def one_level_late(coarse: Maps, fine: Maps, level: int) -> list[Tensor]:
    """``level`` itself still has the coarse sample's noise."""
    return mixed_noise(coarse, fine, level + 1)


def averaged(coarse: Maps, fine: Maps, level: int) -> list[Tensor]:
    """The mean of both at every level."""
    return [(one + other) / 2 for one, other in zip(coarse, fine)]


def added(coarse: Maps, fine: Maps, level: int) -> list[Tensor]:
    """The coarse sample's noise everywhere, and the fine one's on top of it."""
    return [one + other if k >= level else one for k, (one, other) in enumerate(zip(coarse, fine))]


def through_the_pyramid(expected: Maps, yours: Maps) -> Figure:
    """What the pyramid makes of both lists of maps."""
    return plots.comparison(*(MODEL.run_from(0, noise=maps) for maps in (expected, yours)))


TWO_SEEDS = Exercise(
    id="07.3",
    title="two seeds in one picture",
    difficulty=1,
    minutes=5,
    expected=mixed_noise,
    cases=tuple((MODEL.draw_noise(seed=1), MODEL.draw_noise(seed=2), k) for k in (1, 3, LAST)),
    mistakes=(
        Mistake(
            "swapped",
            swapped,
            "Coarse and fine are swapped. Level 0 is the coarsest, so the maps of `coarse` come "
            "first.",
        ),
        Mistake(
            "one level late",
            one_level_late,
            "`level` itself is to have the fine sample's noise already. Look for an index that is "
            "off by one.",
        ),
        Mistake(
            "averaged",
            averaged,
            "You took the mean of two maps. Its standard deviation is 0.7, not one; and nothing "
            "then tells layout from detail. Take each level's map from one of the two.",
        ),
        Mistake(
            "added",
            added,
            "From `level` on you added the two. The standard deviation is 1.4 there, not one. Take "
            "each level's map from one of the two.",
        ),
    ),
    draw=through_the_pyramid,
)


# ------------------------------------------------------------------------------------ exercise 07.4
def wide_sampler(name: str, model: SinGAN = MODEL) -> Callable[[int], Tensor]:
    """A sampler of pictures twice as wide: ``"healthy"``, or faulty, ``"A"``, ``"B"``, ``"C"``.

    Give it a seed, get (1, C, H, 2 W). What is wrong with each, exercise 07.4 asks.
    """
    height, width = model.plan.sizes[-1]
    wide = (height, 2 * width)
    if name == "healthy":
        return lambda seed: model.sample(size=wide, seed=seed)
    return lambda seed: WIDENED[name](model, wide, seed)


def _noise_enlarged(model: SinGAN, wide: Size, seed: int) -> Tensor:
    sizes = model.level_sizes(wide)
    noise = [resize(z, size) for z, size in zip(model.draw_noise(seed=seed), sizes)]
    return model.run_from(0, noise=noise, size=wide)


def _noise_repeated(model: SinGAN, wide: Size, seed: int) -> Tensor:
    sizes = model.level_sizes(wide)
    noise = [
        torch.cat([z, z], dim=-1)[..., : size[1]]
        for z, size in zip(model.draw_noise(seed=seed), sizes)
    ]
    return model.run_from(0, noise=noise, size=wide)


def _picture_stretched(model: SinGAN, wide: Size, seed: int) -> Tensor:
    return resize(model.sample(seed=seed), wide)


WIDENED = {"A": _picture_stretched, "B": _noise_enlarged, "C": _noise_repeated}
FAULTS = ["picture stretched", "noise enlarged", "noise repeated"]

WIDE_CLINIC = Exercise(
    id="07.4",
    title="three ways to get it wrong",
    difficulty=3,
    minutes=12,
    expected=FAULTS,
    mistakes=(
        Mistake(
            "A and B taken for each other",
            [FAULTS[1], FAULTS[0], FAULTS[2]],
            "C is right. A and B both look smeared, but detail tells them apart: stretching a "
            "finished picture halves its detail along x everywhere, the crowd and the grass too; "
            "generators that are given smooth noise still draw fine detail.",
        ),
        Mistake(
            "B and C taken for each other",
            [FAULTS[0], FAULTS[2], FAULTS[1]],
            "A is right. Compare the left half with the right one, pixel by pixel, in B and in C: "
            "in which of them are they nearly the same?",
        ),
        Mistake(
            "A and C taken for each other",
            [FAULTS[2], FAULTS[1], FAULTS[0]],
            "B is right. In a stretched picture things are twice as wide; are they in C?",
        ),
    ),
)

EXERCISES = (START_LEVEL, ANY_SIZE, TWO_SEEDS, WIDE_CLINIC)
