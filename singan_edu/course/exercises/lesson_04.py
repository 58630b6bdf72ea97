"""The exercises of lesson 04, noise and reconstruction."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from ...images import Size, resize, size_of
from ...model import SinGAN
from ...pretrained import load_pretrained
from ...pyramid import image_pyramid
from ...training.level import noise_std_for
from .. import plots
from ..labs import lesson_04 as lab
from . import Case, exercise, value_exercise

Maps = Sequence[Tensor]
AMPLITUDE = 0.1
LOUD = 20  # times the trained noise, so that its effect is visible in an image


@functools.cache
def birds() -> SinGAN:
    """Load the pretrained model of the first three exercises, once."""
    return load_pretrained("birds_at_dusk")


def _levels(model: SinGAN) -> tuple[int, int, int]:
    """A coarse level, one in between, and the finest."""
    last = model.plan.num_levels - 1
    return 1, last // 2, last


# ------------------------------------------------------------------------------------ exercise 04.1
@functools.cache
def images_and_reconstructions() -> list[Case]:
    """The training image at three levels, and the reconstruction of the previous level."""
    levels = image_pyramid(birds().image, birds().plan)
    return [(levels[k], birds().reconstruct(k - 1)) for k in _levels(birds())]


@exercise(
    "04.1",
    "how much noise a level gets",
    dots=1,
    minutes=6,
    cases=images_and_reconstructions,
    tolerance=1e-5,
)
def noise_std(real: Tensor, coarser: Tensor) -> float:
    """Compute σ_n from x_n and the reconstruction of the previous level, which is smaller."""
    return noise_std_for(real, resize(coarser, size_of(real)), AMPLITUDE)


@noise_std.mistake
def no_root(real: Tensor, coarser: Tensor) -> float:
    """You took the mean squared error. A standard deviation has the unit of a pixel, so take the
    square root of the mean.
    """
    return noise_std_for(real, resize(coarser, size_of(real)), AMPLITUDE) ** 2 / AMPLITUDE


@noise_std.mistake
def amplitude_under_the_root(real: Tensor, coarser: Tensor) -> float:
    """The factor 0.1 went under the root with the error. It multiplies the RMSE: take the root
    first.
    """
    return math.sqrt(no_root(real, coarser))


@noise_std.mistake
def no_amplitude(real: Tensor, coarser: Tensor) -> float:
    """This is the RMSE itself. The noise gets a tenth of it: the generator is to invent detail,
    not to drown in noise.
    """
    return noise_std_for(real, resize(coarser, size_of(real)), 1.0)


@noise_std.mistake
def mean_absolute_error(real: Tensor, coarser: Tensor) -> float:
    """You averaged absolute differences. The RMSE squares them first, and so counts few large
    ones for more.
    """
    return AMPLITUDE * (real - resize(coarser, size_of(real))).abs().mean().item()


@noise_std.mistake
def at_the_coarse_size(real: Tensor, coarser: Tensor) -> float:
    """You reduced x_n to the size of the reconstruction, and what was missing went with it.
    Enlarge the reconstruction to the size of x_n.
    """
    return noise_std_for(resize(real, size_of(coarser)), coarser, AMPLITUDE)


# ------------------------------------------------------------------------------------ exercise 04.2
@functools.cache
def noises_and_levels() -> list[Case]:
    """z*, random maps, exaggerated standard deviations, and a level."""
    model = birds()
    stds = tuple(std * (LOUD if level else 1) for level, std in enumerate(model.noise_stds))
    noises = (model.reconstruction_noise, model.draw_noise(seed=4), stds)
    return [(*noises, level) for level in (1, model.plan.num_levels - 1, 0)]


def draw_outputs(expected: Maps, yours: Maps) -> Figure:
    """Draw what the model makes of both lists of scaled noise maps."""
    return plots.comparison(*(_output(noises) for noises in (expected, yours)))


def _output(noises: Maps) -> Tensor:
    maps = [noise / std for std, noise in zip(birds().noise_stds, noises, strict=True)]
    return birds().run_from(0, noise=maps)


def _noise_at(z_star: Tensor, maps: Maps, stds: Sequence[float], level: int) -> list[Tensor]:
    """{z*, 0, …, 0} with random noise at one level, each map times its level's std."""
    noises = [z_star, *(torch.zeros_like(z) for z in maps[1:])]
    noises[level] = maps[level]
    return [std * z for std, z in zip(stds, noises)]


@exercise(
    "04.2", "noise at one level", dots=2, minutes=8, cases=noises_and_levels, draw=draw_outputs
)
def one_level(z_star: Tensor, maps: Maps, stds: Sequence[float], level: int) -> list[Tensor]:
    """Replace one map of {z*, 0, …, 0} by random noise, and scale every map by its level's std."""
    return _noise_at(z_star, maps, stds, level)


@one_level.mistake
def random_above(z_star: Tensor, maps: Maps, stds: Sequence[float], level: int) -> list[Tensor]:
    """Your finer levels are random, too. To learn what one level is worth, only that one may
    vary: zeros above it.
    """
    noises = _noise_at(z_star, maps, stds, level)
    return noises[:level] + [std * z for std, z in zip(stds[level:], maps[level:])]


@one_level.mistake
def no_z_star(z_star: Tensor, maps: Maps, stds: Sequence[float], level: int) -> list[Tensor]:
    """Level 0 has no z*, and with zeros there is no image to vary. Keep z* unless level 0
    itself is the one that varies.
    """
    return _noise_at(torch.zeros_like(z_star), maps, stds, level)


@one_level.mistake
def not_scaled(z_star: Tensor, maps: Maps, stds: Sequence[float], level: int) -> list[Tensor]:
    """The maps have standard deviation one; each is to be multiplied by its level's std before a
    generator gets it.
    """
    return _noise_at(z_star, maps, [1.0] * len(stds), level)


@one_level.mistake
def std_of_the_level_before(
    z_star: Tensor, maps: Maps, stds: Sequence[float], level: int
) -> list[Tensor]:
    """The map of a level met the standard deviation of the level before it. At level 1 that is 1,
    far too much. Look for an index that is off by one.
    """
    return _noise_at(z_star, maps, [stds[0], *stds[:-1]], level)


# ------------------------------------------------------------------------------------ exercise 04.3
@functools.cache
def generators_and_inputs() -> list[Case]:
    """A generator, the previous level's reconstruction, the level's size, and a noise std."""
    model = birds()
    return [
        (model.generators[k], model.reconstruct(k - 1), model.plan.sizes[k], 0.15)
        for k in (model.plan.num_levels - 1, 1)
    ]


def _climb(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    previous = resize(picture, size)
    output: Tensor = generator(std * torch.randn_like(previous), previous)
    return output


@exercise("04.3", "one level up", dots=2, minutes=8, cases=generators_and_inputs)
def climb(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """Enlarge, draw noise of the new size, and let the generator add detail (eq. 3 and 5)."""
    return _climb(generator, picture, size, std)


@climb.mistake
def before_upsampling(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """You added the noise before upsampling. Enlarged, it is a blur that holds nothing of the
    detail this level is to invent. Enlarge first, then draw noise of the new size.
    """
    return _climb(generator, picture + std * torch.randn_like(picture), size, 0.0)


@climb.mistake
def noise_enlarged(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """You drew the noise at the small size and enlarged it; every pixel needs a number of its
    own. Draw it at the new size.
    """
    noise = resize(std * torch.randn_like(picture), size)
    output: Tensor = generator(noise, resize(picture, size))
    return output


@climb.mistake
def noise_in_the_sum(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """Your noise became part of the picture that the generator adds its detail to, so it stays in
    the result as grain. Hand it over apart: generator(noise, previous).
    """
    previous = resize(picture, size)
    noisy = previous + std * torch.randn_like(previous)
    output: Tensor = generator(torch.zeros_like(noisy), noisy)
    return output


@climb.mistake
def std_one(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """Your noise has standard deviation one. Multiply it by std."""
    return _climb(generator, picture, size, 1.0)


@climb.mistake
def no_noise(generator: nn.Module, picture: Tensor, size: Size, std: float) -> Tensor:
    """There is no noise in it: this is the path of the reconstruction above level 0."""
    return _climb(generator, picture, size, 0.0)


# ------------------------------------------------------------------------------------ exercise 04.4
@value_exercise("04.4", "which level is broken", dots=3, minutes=12)
def faulty_level() -> int:
    """The level whose noise the faulty sampler does not scale."""
    return lab.FAULTY_LEVEL


@faulty_level.mistake
def level_0() -> int:
    """Level 0 moves the most, and rightly so: its noise has standard deviation one by design.
    Compare the other levels with each other.
    """
    return 0


@faulty_level.mistake
def the_papers_number() -> int:
    """You found it, and gave its number in the paper's counting, from the finest. Here the
    coarsest is level 0.
    """
    return lab.festival().plan.paper_scale(lab.FAULTY_LEVEL)


@faulty_level.mistake
def the_finest_level() -> int:
    """The grain is seen in the finest picture, but it was made below it and carried up. Vary the
    noise of one level at a time.
    """
    return lab.festival().plan.num_levels - 1
