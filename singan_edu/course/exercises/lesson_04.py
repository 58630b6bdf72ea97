"""The exercises of lesson 04, noise and reconstruction, and its broken sampler."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from ...images import resize
from ...model import SinGAN
from ...pretrained import load_pretrained
from ...pyramid import image_pyramid
from ...training.level import noise_std_for
from .. import plots
from ..checks import Exercise, Mistake

Size = tuple[int, int]
Maps = Sequence[Tensor]
MODEL = load_pretrained("birds_at_dusk")
LEVELS = image_pyramid(MODEL.image, MODEL.plan)
LAST = MODEL.plan.num_levels - 1
AMPLITUDE = 0.1
LOUD = 20  # times the trained noise, so that it can be seen in a picture


# ------------------------------------------------------------------------------------ exercise 04.1
def noise_std(real: Tensor, coarser: Tensor) -> float:
    """σ_n from x_n and the reconstruction of the level before, which is smaller."""
    return noise_std_for(real, resize(coarser, real.shape[-2:]), AMPLITUDE)


def without_root(real: Tensor, coarser: Tensor) -> float:
    """Mean squared error in place of its root."""
    return noise_std(real, coarser) ** 2 / AMPLITUDE


def amplitude_inside(real: Tensor, coarser: Tensor) -> float:
    """Takes the root of the amplitude, too."""
    return math.sqrt(without_root(real, coarser))


def without_amplitude(real: Tensor, coarser: Tensor) -> float:
    """The RMSE itself."""
    return noise_std(real, coarser) / AMPLITUDE


def mean_absolute(real: Tensor, coarser: Tensor) -> float:
    """Mean absolute error in place of the RMSE."""
    return AMPLITUDE * (real - resize(coarser, real.shape[-2:])).abs().mean().item()


def at_the_coarse_size(real: Tensor, coarser: Tensor) -> float:
    """Reduces x_n in place of enlarging the reconstruction."""
    return noise_std_for(resize(real, coarser.shape[-2:]), coarser, AMPLITUDE)


STD_OF_THE_NOISE = Exercise(
    id="04.1",
    title="how much noise a level gets",
    difficulty=1,
    minutes=6,
    expected=noise_std,
    cases=tuple((LEVELS[k], MODEL.reconstruct(k - 1)) for k in (1, LAST // 2, LAST)),
    mistakes=(
        Mistake(
            "no root",
            without_root,
            "You took the mean squared error. A standard deviation has the unit of a pixel, so "
            "take the square root of the mean.",
        ),
        Mistake(
            "amplitude under the root",
            amplitude_inside,
            "The factor 0.1 went under the root with the error. It multiplies the RMSE: take the "
            "root first.",
        ),
        Mistake(
            "no amplitude",
            without_amplitude,
            "This is the RMSE itself. The noise gets a tenth of it: the generator is to invent "
            "detail, not to drown in noise.",
        ),
        Mistake(
            "mean absolute error",
            mean_absolute,
            "You averaged absolute differences. The RMSE squares them first, and so counts few "
            "large ones for more.",
        ),
        Mistake(
            "at the coarse size",
            at_the_coarse_size,
            "You reduced x_n to the size of the reconstruction, and what was missing went with it. "
            "Enlarge the reconstruction to the size of x_n.",
        ),
    ),
    tolerance=1e-5,
)


# ------------------------------------------------------------------------------------ exercise 04.2
def one_level(z_star: Tensor, maps: Maps, stds: Sequence[float], level: int) -> list[Tensor]:
    """{z*, 0, …, 0} with random noise at one level, each map times its level's std."""
    noises = [z_star, *(torch.zeros_like(z) for z in maps[1:])]
    noises[level] = maps[level]
    return [std * z for std, z in zip(stds, noises)]


def random_above(z_star: Tensor, maps: Maps, stds: Sequence[float], level: int) -> list[Tensor]:
    """Random noise at the finer levels, too."""
    noises = one_level(z_star, maps, stds, level)
    return noises[:level] + [std * z for std, z in zip(stds[level:], maps[level:])]


def without_z_star(z_star: Tensor, maps: Maps, stds: Sequence[float], level: int) -> list[Tensor]:
    """Zeros at level 0, like everywhere else."""
    return one_level(torch.zeros_like(z_star), maps, stds, level)


def not_scaled(z_star: Tensor, maps: Maps, stds: Sequence[float], level: int) -> list[Tensor]:
    """Noise of standard deviation one."""
    return one_level(z_star, maps, [1.0] * len(stds), level)


def std_of_the_level_before(
    z_star: Tensor, maps: Maps, stds: Sequence[float], level: int
) -> list[Tensor]:
    """The standard deviation of the level before, off by one."""
    return one_level(z_star, maps, [stds[0], *stds[:-1]], level)


def through_the_pyramid(expected: Maps, yours: Maps) -> Figure:
    """What the pyramid makes of both lists of noises."""
    return plots.comparison(*(_picture(noises) for noises in (expected, yours)))


def _picture(noises: Maps) -> Tensor:
    maps = [noise / std for std, noise in zip(MODEL.noise_stds, noises, strict=True)]
    return MODEL.run_from(0, noise=maps)


LOUD_STDS = tuple(std * (LOUD if level else 1) for level, std in enumerate(MODEL.noise_stds))
NOISES = (MODEL.reconstruction_noise, MODEL.draw_noise(seed=4), LOUD_STDS)
NOISE_AT_ONE_LEVEL = Exercise(
    id="04.2",
    title="noise at one level",
    difficulty=2,
    minutes=8,
    expected=one_level,
    cases=tuple((*NOISES, level) for level in (1, LAST, 0)),
    mistakes=(
        Mistake(
            "random above",
            random_above,
            "Your finer levels are random, too. To learn what one level is worth, only that one "
            "may vary: zeros above it.",
        ),
        Mistake(
            "no z*",
            without_z_star,
            "Level 0 has no z*, and with zeros there is no photograph to vary. Keep z* unless "
            "level 0 itself is the one that varies.",
        ),
        Mistake(
            "not scaled",
            not_scaled,
            "The maps have standard deviation one; each is to be multiplied by its level's std "
            "before a generator gets it.",
        ),
        Mistake(
            "std of the level before",
            std_of_the_level_before,
            "The map of a level met the standard deviation of the level before it. At level 1 "
            "that is 1, far too much. Look for an index that is off by one.",
        ),
    ),
    draw=through_the_pyramid,
)


# ------------------------------------------------------------------------------------ exercise 04.3
def climb(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """One level: enlarge, draw noise of that size, let the generator refine (eq. 3 and 5)."""
    previous = resize(picture, size)
    return generator(std * torch.randn_like(previous), previous)


def noise_before_upsampling(
    generator: nn.Module, picture: Tensor, size: Size, std: float
) -> Tensor:
    """Adds noise to the small picture and enlarges both."""
    previous = resize(picture + std * torch.randn_like(picture), size)
    return generator(torch.zeros_like(previous), previous)


def noise_enlarged(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """Draws noise of the small size and enlarges it."""
    noise = resize(std * torch.randn_like(picture), size)
    return generator(noise, resize(picture, size))


def noise_in_the_sum(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """Adds the noise to the picture itself, so that it ends up in the result."""
    previous = resize(picture, size)
    noisy = previous + std * torch.randn_like(previous)
    return generator(torch.zeros_like(noisy), noisy)


def noise_of_std_one(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """Forgets the standard deviation."""
    return climb(generator, picture, size, 1.0)


def no_noise(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """Forgets the noise."""
    return climb(generator, picture, size, 0.0)


ONE_LEVEL_UP = Exercise(
    id="04.3",
    title="one level up",
    difficulty=2,
    minutes=8,
    expected=climb,
    cases=tuple(
        (MODEL.generators[k], MODEL.reconstruct(k - 1), MODEL.plan.sizes[k], 0.15)
        for k in (LAST, 1)
    ),
    mistakes=(
        Mistake(
            "before upsampling",
            noise_before_upsampling,
            "You added the noise before upsampling. Enlarged, it is a blur that holds nothing of "
            "the detail this level is to invent. Enlarge first, then draw noise of the new size.",
        ),
        Mistake(
            "noise enlarged",
            noise_enlarged,
            "You drew the noise at the small size and enlarged it; every pixel needs a number of "
            "its own. Draw it at the new size.",
        ),
        Mistake(
            "noise in the sum",
            noise_in_the_sum,
            "Your noise became part of the picture that the generator adds its detail to, so it "
            "stays in the result as grain. Hand it over apart: generator(noise, previous).",
        ),
        Mistake(
            "std one",
            noise_of_std_one,
            "Your noise has standard deviation one. Multiply it by std.",
        ),
        Mistake(
            "no noise",
            no_noise,
            "There is no noise in it: this is the path of the reconstruction above level 0.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 04.4
BROKEN_MODEL = load_pretrained("balloon_festival")
BROKEN_LEVEL = 3


def broken_sampler(model: SinGAN = BROKEN_MODEL) -> Callable[[Maps], Tensor]:
    """A sampler with one fault; give it maps of std one for all levels, get pictures.

    At one level somebody forgot to scale the noise. Which one, exercise 04.4 asks.
    """
    stds = list(model.noise_stds)
    stds[BROKEN_LEVEL] = 1.0
    broken = dataclasses.replace(model, noise_stds=tuple(stds))
    return lambda maps: broken.run_from(0, noise=maps)


FAULTY_LEVEL = Exercise(
    id="04.4",
    title="which level is broken",
    difficulty=3,
    minutes=12,
    expected=BROKEN_LEVEL,
    mistakes=(
        Mistake(
            "level 0",
            0,
            "Level 0 moves the most, and rightly so: its noise has standard deviation one by "
            "design. Compare the other levels with each other.",
        ),
        Mistake(
            "paper's number",
            BROKEN_MODEL.plan.paper_scale(BROKEN_LEVEL),
            "You found it, and gave its number in the paper's counting, from the finest. Here "
            "the coarsest is level 0.",
        ),
        Mistake(
            "the finest level",
            BROKEN_MODEL.plan.num_levels - 1,
            "The grain is seen in the finest picture, but it was made below it and carried up. "
            "Vary the noise of one level at a time.",
        ),
    ),
)

EXERCISES = (STD_OF_THE_NOISE, NOISE_AT_ONE_LEVEL, ONE_LEVEL_UP, FAULTY_LEVEL)
