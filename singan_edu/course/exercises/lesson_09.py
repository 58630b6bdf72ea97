"""The exercises of lesson 09: super-resolution."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...applications.super_resolution import TARGET_STEP, back_project, count_steps
from ...evaluation.metrics import rmse
from ...images import Size, resize, round_half_up, sample_image, size_of
from ...pretrained import load_pretrained
from ..labs import lesson_09 as lab
from . import Case, exercise

Scores = Mapping[str, tuple[float, float]]
# x4 on BSD100: (RMSE in grey levels, NIQE), lower is better for both. Source: paper, table 3.
PUBLISHED: Scores = {
    "SRGAN": (16.34, 3.41),
    "EDSR": (12.29, 6.50),
    "DIP": (13.82, 6.35),
    "ZSSR": (13.08, 7.13),
    "SinGAN": (16.22, 3.71),
}
# Made up: B ties with A in one number, and is worse in the other.
TIED: Scores = {"A": (10.0, 5.0), "B": (10.0, 6.0), "C": (14.0, 4.0), "D": (15.0, 4.5)}


# ------------------------------------------------------------------------------------ exercise 09.1
def _factors() -> list[Case]:
    return [(2.0,), (4.0,), (3.0,), (1.5,), (1.7,), (2.5,), (8.0,), (1.1,)]


@exercise("09.1", "how many steps", dots=1, minutes=6, cases=_factors)
def steps(factor: float) -> tuple[int, float]:
    """Compute the number of steps k of an enlargement, and the factor r of each."""
    return count_steps(factor), factor ** (1 / count_steps(factor))


@steps.mistake
def rounded_down(factor: float) -> tuple[int, float]:
    """int() cuts off: a factor of 3 is 4.75 steps of 2^(1/3), which is nearer to five. Round to the
    nearest.
    """
    k = max(1, int(math.log(factor) / math.log(TARGET_STEP)))
    return k, factor ** (1 / k)


@steps.mistake
def rounded_up(factor: float) -> tuple[int, float]:
    """You always round up: a factor of 1.7 is 2.3 steps of 2^(1/3), which is nearer to two. Round
    to the nearest.
    """
    k = math.ceil(math.log(factor) / math.log(TARGET_STEP) - 1e-9)
    return k, factor ** (1 / k)


@steps.mistake
def r_not_bent(factor: float) -> tuple[int, float]:
    """k is right, but k steps of exactly 2^(1/3) miss the factor unless it is a power of that. r is
    the k-th root of the factor.
    """
    return count_steps(factor), TARGET_STEP


@steps.mistake
def by_octaves(factor: float) -> tuple[int, float]:
    """Your steps double the picture. The generator was trained for steps of about 2^(1/3), three to
    a doubling: divide by the logarithm of that.
    """
    k = max(1, round_half_up(math.log2(factor)))
    return k, factor ** (1 / k)


# ------------------------------------------------------------------------------------ exercise 09.2
def _unbeaten(scores: Scores) -> list[str]:
    return [
        name for name, own in scores.items() if not any(_beats(o, own) for o in scores.values())
    ]


def _beats(other: tuple[float, float], own: tuple[float, float]) -> bool:
    return other != own and all(o <= mine for o, mine in zip(other, own))


@exercise("09.2", "read the table", dots=2, minutes=8, cases=lambda: [(PUBLISHED,), (TIED,)])
def unbeaten(scores: Scores) -> list[str]:
    """Name the methods than which no other is as good in both numbers and better in one."""
    return _unbeaten(scores)


@unbeaten.mistake
def niqe_upside_down(scores: Scores) -> list[str]:
    """You took a high NIQE for a good one. It is a distance from natural pictures: lower is better,
    as for RMSE.
    """
    return _unbeaten({name: (error, -niqe) for name, (error, niqe) in scores.items()})


@unbeaten.mistake
def winners_only(scores: Scores) -> list[str]:
    """You kept the best of each column. A method between them is unbeaten, too, if no single other
    one is as good in both numbers.
    """
    best = {min(scores, key=lambda name: scores[name][column]) for column in (0, 1)}
    return [name for name in scores if name in best]


@unbeaten.mistake
def added_up(scores: Scores) -> list[str]:
    """You added grey levels to NIQE. They have no common unit, so no sum can rank them; compare
    number with number.
    """
    least = min(sum(own) for own in scores.values())
    return [name for name, own in scores.items() if sum(own) == least]


@unbeaten.mistake
def beaten_in_both_only(scores: Scores) -> list[str]:
    """A method that is equal in one number and worse in the other is beaten. Yours counts as
    unbeaten: ask for as good in both, and better in one.
    """

    def beaten(own: tuple[float, float]) -> bool:
        return any(all(o < mine for o, mine in zip(other, own)) for other in scores.values())

    return [name for name, own in scores.items() if not beaten(own)]


# ------------------------------------------------------------------------------------ exercise 09.3
def _too_strong() -> list[Case]:
    """Make an image with too much contrast, and the small image that it contradicts."""
    large = resize(sample_image("balloon_festival"), (72, 96))
    return [((1.2 * large - 0.05).clamp(-1, 1), resize(large, (36, 48)))]


@exercise("09.3", "take back what contradicts", dots=2, minutes=8, cases=_too_strong)
def corrected(enlarged: Tensor, low: Tensor) -> Tensor:
    """Correct an enlargement by one round of back-projection."""
    return back_project(enlarged, low, 1)


@corrected.mistake
def wrong_way(enlarged: Tensor, low: Tensor) -> Tensor:
    """The sign is turned round: you take away what is missing, and the contradiction grows. Missing
    is what was given minus what you have.
    """
    missing = low - resize(enlarged, size_of(low))
    return (enlarged - resize(missing, size_of(enlarged))).clamp(-1, 1)


@corrected.mistake
def in_blocks(enlarged: Tensor, low: Tensor) -> Tensor:
    """You enlarged the correction by repeating pixels, and the edges of those blocks are in the
    picture now. sg.resize enlarges smoothly.
    """
    missing = low - resize(enlarged, size_of(low))
    return (enlarged + F.interpolate(missing, size_of(enlarged), mode="nearest")).clamp(-1, 1)


@corrected.mistake
def compared_at_the_large_size(enlarged: Tensor, low: Tensor) -> Tensor:
    """You compared with the bicubic enlargement, so that the result is that enlargement: all new
    detail is gone. Compare at the small size, where the truth is known.
    """
    return (enlarged + (resize(low, size_of(enlarged)) - enlarged)).clamp(-1, 1)


@corrected.mistake
def single_pixels(enlarged: Tensor, low: Tensor) -> Tensor:
    """You reduced by taking single pixels. New detail then passes for an error (lesson 01:
    aliasing); sg.resize averages first.
    """
    missing = low - F.interpolate(enlarged, size_of(low), mode="nearest")
    return (enlarged + resize(missing, size_of(enlarged))).clamp(-1, 1)


# ------------------------------------------------------------------------------------ exercise 09.4
def _images_and_mirrored() -> list[Case]:
    model = load_pretrained("deep_field-super_resolution")
    images = (model.image, model.image.flip(-1))
    return [(model.generators[-1], image, model.plan.sizes[-2]) for image in images]


@exercise("09.4", "what a generator is worth", dots=3, minutes=10, cases=_images_and_mirrored)
def gain(generator: nn.Module, picture: Tensor, small: Size) -> float:
    """Measure which part of the error of smooth enlargement a generator removes."""
    return lab.gain(generator, picture, small)


@gain.mistake
def what_remains(generator: nn.Module, picture: Tensor, small: Size) -> float:
    """This is the share of the error that is left. The gain is the share that is gone: one minus
    it.
    """
    return 1 - lab.gain(generator, picture, small)


@gain.mistake
def of_squares(generator: nn.Module, picture: Tensor, small: Size) -> float:
    """You compared mean squared errors. The root mean square, sg.rmse, has the unit of a grey
    level.
    """
    return 1 - what_remains(generator, picture, small) ** 2


@gain.mistake
def not_reduced(generator: nn.Module, picture: Tensor, small: Size) -> float:
    """Your generator was given the sharp picture, and could only spoil it. Reduce it to `small` and
    enlarge it again first.
    """
    smooth = resize(resize(picture, small), size_of(picture))
    return 1 - rmse(lab.refined(generator, picture), picture) / rmse(smooth, picture)


@gain.mistake
def with_noise(generator: nn.Module, picture: Tensor, small: Size) -> float:
    """There is noise of standard deviation one in it, and that is what you measured. To measure
    what was learned, give zeros for noise.
    """
    smooth = resize(resize(picture, small), size_of(picture))
    made = lab.refined(generator, smooth, torch.randn_like(smooth))
    return 1 - rmse(made, picture) / rmse(smooth, picture)
