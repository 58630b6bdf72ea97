"""The exercises of lesson 07, random generation."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from matplotlib.figure import Figure
from torch import Tensor

from ...images import Size, round_half_up
from ...model import SinGAN
from ...pyramid import plan_pyramid
from .. import plots
from ..labs import lesson_07 as lab
from . import Case, exercise, value_exercise

Maps = Sequence[Tensor]


# ------------------------------------------------------------------------------------ exercise 07.1
@functools.cache
def models_levels_and_maps() -> list[Case]:
    """A model, a level, and noise maps from that level on."""
    model = lab.festival()
    last = model.plan.num_levels - 1
    return [(model, k, model.draw_noise(level=k, seed=k)) for k in (1, last // 2, last)]


@exercise("07.1", "noise from a level on", dots=2, minutes=8, cases=models_levels_and_maps)
def sample_from(model: SinGAN, level: int, maps: Maps) -> Tensor:
    """Sample with noise from ``level`` on; the coarser levels are those of the reconstruction."""
    return model.run_from(level, model.reconstruct(level - 1), noise=maps)


@sample_from.mistake
def one_level_too_far(model: SinGAN, level: int, maps: Maps) -> Tensor:
    """You injected the reconstruction of the level itself, so it passes this level's generator
    twice. Inject the output of the previous level, reconstruct(level - 1).
    """
    return model.run_from(level, model.reconstruct(level), noise=maps, blur=False)


@sample_from.mistake
def the_photograph(model: SinGAN, level: int, maps: Maps) -> Tensor:
    """You injected the training image, which is start='real'. Here the coarser levels keep their
    reconstruction.
    """
    return model.run_from(level, model.image, noise=maps)


@sample_from.mistake
def the_finished_reconstruction(model: SinGAN, level: int, maps: Maps) -> Tensor:
    """You injected the finished reconstruction, reduced. It has passed all levels. Inject the
    output of the previous level, reconstruct(level - 1).
    """
    return model.run_from(level, model.reconstruct(), noise=maps)


@sample_from.mistake
def scaled_twice(model: SinGAN, level: int, maps: Maps) -> Tensor:
    """You multiplied the maps by the standard deviations, and run_from does it again. It wants
    maps of standard deviation one.
    """
    scaled = [std * z for std, z in zip(model.noise_stds[level:], maps)]
    return model.run_from(level, model.reconstruct(level - 1), noise=scaled)


# ------------------------------------------------------------------------------------ exercise 07.2
def sizes_and_wanted() -> list[Case]:
    """The sizes of all levels, and the wanted size of the finest."""
    sizes = lab.festival().plan.sizes
    return [(sizes, (96, 256)), (sizes, (201, 130)), (sizes, (61, 77))]


def _scaled(sizes: Sequence[Size], rows: float, columns: float) -> list[Size]:
    return [(round_half_up(h * rows), round_half_up(w * columns)) for h, w in sizes]


@exercise("07.2", "a size for every level", dots=1, minutes=5, cases=sizes_and_wanted)
def sizes_for(sizes: Sequence[Size], wanted: Size) -> list[Size]:
    """Return the size of every level for an image of size ``wanted``."""
    return _scaled(sizes, wanted[0] / sizes[-1][0], wanted[1] / sizes[-1][1])


@sizes_for.mistake
def one_factor(sizes: Sequence[Size], wanted: Size) -> list[Size]:
    """You scaled both sides by the factor of the height, so the aspect cannot change. Each side
    has its own factor.
    """
    return _scaled(sizes, wanted[0] / sizes[-1][0], wanted[0] / sizes[-1][0])


@sizes_for.mistake
def sides_swapped(sizes: Sequence[Size], wanted: Size) -> list[Size]:
    """Height and width are swapped. A size is (height, width) everywhere in this course."""
    return _scaled(sizes, wanted[1] / sizes[-1][0], wanted[0] / sizes[-1][1])


@sizes_for.mistake
def cut_off(sizes: Sequence[Size], wanted: Size) -> list[Size]:
    """You cut off the parts of pixels. Round to the nearest whole number."""
    rows, columns = wanted[0] / sizes[-1][0], wanted[1] / sizes[-1][1]
    return [(int(h * rows), int(w * columns)) for h, w in sizes]


@sizes_for.mistake
def planned_anew(sizes: Sequence[Size], wanted: Size) -> list[Size]:
    """You planned a new pyramid for the new size. Its levels are others, and no generator was
    trained for them; keep the levels and scale each.
    """
    return list(plan_pyramid(*wanted, max_size=max(wanted)).sizes)


# ------------------------------------------------------------------------------------ exercise 07.3
@functools.cache
def maps_of_two_seeds() -> list[Case]:
    """The noise maps of two seeds, and a level."""
    model = lab.festival()
    maps = (model.draw_noise(seed=1), model.draw_noise(seed=2))
    return [(*maps, level) for level in (1, 3, model.plan.num_levels - 1)]


def draw_outputs(expected: Maps, yours: Maps) -> Figure:
    """Draw what the model makes of both lists of noise maps."""
    return plots.comparison(*(lab.festival().run_from(0, noise=maps) for maps in (expected, yours)))


@exercise(
    "07.3",
    "two seeds in one picture",
    dots=1,
    minutes=5,
    cases=maps_of_two_seeds,
    draw=draw_outputs,
)
def mixed_noise(coarse: Maps, fine: Maps, level: int) -> list[Tensor]:
    """Take the maps of ``coarse`` below ``level``, and those of ``fine`` from there on."""
    return [*coarse[:level], *fine[level:]]


@mixed_noise.mistake
def swapped(coarse: Maps, fine: Maps, level: int) -> list[Tensor]:
    """Coarse and fine are swapped. Level 0 is the coarsest, so the maps of `coarse` come first."""
    return [*fine[:level], *coarse[level:]]


@mixed_noise.mistake
def one_level_late(coarse: Maps, fine: Maps, level: int) -> list[Tensor]:
    """`level` itself is to have the fine sample's noise already. Look for an index that is off by
    one.
    """
    return [*coarse[: level + 1], *fine[level + 1 :]]


@mixed_noise.mistake
def averaged(coarse: Maps, fine: Maps, level: int) -> list[Tensor]:
    """You took the mean of two maps. Its standard deviation is 0.7, not one; and nothing then
    tells layout from detail. Take each level's map from one of the two.
    """
    return [(one + other) / 2 for one, other in zip(coarse, fine)]


@mixed_noise.mistake
def added(coarse: Maps, fine: Maps, level: int) -> list[Tensor]:
    """From `level` on you added the two. The standard deviation is 1.4 there, not one. Take each
    level's map from one of the two.
    """
    return [one + other if k >= level else one for k, (one, other) in enumerate(zip(coarse, fine))]


# ------------------------------------------------------------------------------------ exercise 07.4
@value_exercise("07.4", "three ways to get it wrong", dots=3, minutes=12)
def faults_of_the_samplers() -> list[str]:
    """The faults of A, B and C."""
    return [lab.FAULTS[name] for name in "ABC"]


@faults_of_the_samplers.mistake
def A_and_B_taken_for_each_other() -> list[str]:
    """C is right. Detail tells A and B apart. Stretching a finished image halves its detail along x
    everywhere, in the cliffs and in the bushes. Generators that receive smooth noise still draw
    fine detail.
    """
    return [lab.FAULTS[name] for name in "BAC"]


@faults_of_the_samplers.mistake
def B_and_C_taken_for_each_other() -> list[str]:
    """A is right. Compare the left half with the right one, pixel by pixel, in B and in C: in
    which of them are they nearly the same?
    """
    return [lab.FAULTS[name] for name in "ACB"]


@faults_of_the_samplers.mistake
def A_and_C_taken_for_each_other() -> list[str]:
    """B is right. In a stretched image things are twice as wide. Are they in C?"""
    return [lab.FAULTS[name] for name in "CBA"]
