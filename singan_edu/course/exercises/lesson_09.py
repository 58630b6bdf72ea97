"""The exercises of lesson 09, super-resolution; the paper's table, and the test in the mirror."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...applications.super_resolution import TARGET_STEP, back_project, count_steps
from ...evaluation.metrics import rmse
from ...images import fitted_size, resize, round_half_up, sample_image
from ...pretrained import load_pretrained
from ..checks import Exercise, Mistake

Scores = Mapping[str, tuple[float, float]]
Size = tuple[int, int]
# x4 on BSD100: (RMSE in grey levels, NIQE), lower is better for both. Source: paper, table 3.
PAPER: dict[str, tuple[float, float]] = {
    "SRGAN": (16.34, 3.41),
    "EDSR": (12.29, 6.50),
    "DIP": (13.82, 6.35),
    "ZSSR": (13.08, 7.13),
    "SinGAN": (16.22, 3.71),
}


def half_size(image: Tensor, max_size: int) -> Size:
    """(height, width) of half the picture, or less where its long side were above ``max_size``."""
    height, width = image.shape[-2:]
    return fitted_size(height, width, min(max_size, max(height, width) // 2))


def middle(picture: Tensor) -> Tensor:
    """A part of the picture that is large enough to be looked at; the same at every size."""
    height, width = picture.shape[-2:]
    rows = slice(round_half_up(0.3 * height), round_half_up(0.78 * height))
    columns = slice(round_half_up(0.24 * width), round_half_up(0.72 * width))
    return picture[..., rows, columns]


# ------------------------------------------------------------------------------------ exercise 09.1
def steps(factor: float) -> tuple[int, float]:
    """k and r of an enlargement."""
    return count_steps(factor), factor ** (1 / count_steps(factor))


def rounded_down(factor: float) -> tuple[int, float]:
    """Cuts the number of steps off."""
    k = max(1, int(math.log(factor) / math.log(TARGET_STEP)))
    return k, factor ** (1 / k)


def rounded_up(factor: float) -> tuple[int, float]:
    """Takes one step more wherever the number is not whole."""
    k = math.ceil(math.log(factor) / math.log(TARGET_STEP) - 1e-9)
    return k, factor ** (1 / k)


def r_not_bent(factor: float) -> tuple[int, float]:
    """Keeps r at 2^(1/3), and so misses the factor."""
    return count_steps(factor), TARGET_STEP


def by_octaves(factor: float) -> tuple[int, float]:
    """Doubles at every step."""
    k = max(1, round_half_up(math.log2(factor)))
    return k, factor ** (1 / k)


HOW_MANY_STEPS = Exercise(
    id="09.1",
    title="how many steps",
    difficulty=1,
    minutes=6,
    expected=steps,
    cases=((2.0,), (4.0,), (3.0,), (1.5,), (1.7,), (2.5,), (8.0,), (1.1,)),
    mistakes=(
        Mistake(
            "rounded down",
            rounded_down,
            "int() cuts off: a factor of 3 is 4.75 steps of 2^(1/3), which is nearer to five. "
            "Round to the nearest.",
        ),
        Mistake(
            "rounded up",
            rounded_up,
            "You always round up: a factor of 1.7 is 2.3 steps of 2^(1/3), which is nearer to two. "
            "Round to the nearest.",
        ),
        Mistake(
            "r not bent",
            r_not_bent,
            "k is right, but k steps of exactly 2^(1/3) miss the factor unless it is a power of "
            "that. r is the k-th root of the factor.",
        ),
        Mistake(
            "by octaves",
            by_octaves,
            "Your steps double the picture. The generator was trained for steps of about 2^(1/3), "
            "three to a doubling: divide by the logarithm of that.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 09.2
def unbeaten(scores: Scores) -> list[str]:
    """Names of those that no other beats: as good in both numbers, and better in one."""
    return [
        name for name, own in scores.items() if not any(_beats(o, own) for o in scores.values())
    ]


def _beats(other: tuple[float, float], own: tuple[float, float]) -> bool:
    return other != own and all(o <= mine for o, mine in zip(other, own))


def niqe_upside_down(scores: Scores) -> list[str]:
    """Takes a high NIQE for good."""
    return unbeaten({name: (error, -niqe) for name, (error, niqe) in scores.items()})


def winners_only(scores: Scores) -> list[str]:
    """The best of each column."""
    best = {min(scores, key=lambda name: scores[name][column]) for column in (0, 1)}
    return [name for name in scores if name in best]


def added_up(scores: Scores) -> list[str]:
    """Adds two numbers of different units."""
    least = min(sum(own) for own in scores.values())
    return [name for name, own in scores.items() if sum(own) == least]


def beaten_in_both_only(scores: Scores) -> list[str]:
    """Lets a tie in one number save a method."""

    def beaten(own: tuple[float, float]) -> bool:
        return any(all(o < mine for o, mine in zip(other, own)) for other in scores.values())

    return [name for name, own in scores.items() if not beaten(own)]


TIED = {"A": (10.0, 5.0), "B": (10.0, 6.0), "C": (14.0, 4.0), "D": (15.0, 4.5)}
UNBEATEN = Exercise(
    id="09.2",
    title="read the table",
    difficulty=2,
    minutes=8,
    expected=unbeaten,
    cases=((PAPER,), (TIED,)),
    mistakes=(
        Mistake(
            "NIQE upside down",
            niqe_upside_down,
            "You took a high NIQE for a good one. It is a distance from natural pictures: lower is "
            "better, as for RMSE.",
        ),
        Mistake(
            "winners only",
            winners_only,
            "You kept the best of each column. A method between them is unbeaten, too, if no "
            "single other one is as good in both numbers.",
        ),
        Mistake(
            "added up",
            added_up,
            "You added grey levels to NIQE. They have no common unit, so no sum can rank them; "
            "compare number with number.",
        ),
        Mistake(
            "beaten in both only",
            beaten_in_both_only,
            "A method that is equal in one number and worse in the other is beaten. Yours counts "
            "as unbeaten: ask for as good in both, and better in one.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 09.3
def corrected(enlarged: Tensor, low: Tensor) -> Tensor:
    """One round of back-projection."""
    return back_project(enlarged, low, 1)


def wrong_way(enlarged: Tensor, low: Tensor) -> Tensor:
    """Subtracts what is missing."""
    missing = low - resize(enlarged, low.shape[-2:])
    return (enlarged - resize(missing, enlarged.shape[-2:])).clamp(-1, 1)


def in_blocks(enlarged: Tensor, low: Tensor) -> Tensor:
    """Enlarges what is missing by repeating pixels."""
    missing = low - resize(enlarged, low.shape[-2:])
    return (enlarged + F.interpolate(missing, enlarged.shape[-2:], mode="nearest")).clamp(-1, 1)


def compared_at_the_large_size(enlarged: Tensor, low: Tensor) -> Tensor:
    """Compares with the bicubic enlargement, and so returns it."""
    return (enlarged + (resize(low, enlarged.shape[-2:]) - enlarged)).clamp(-1, 1)


def single_pixels(enlarged: Tensor, low: Tensor) -> Tensor:
    """Reduces without antialiasing."""
    missing = low - F.interpolate(enlarged, low.shape[-2:], mode="nearest")
    return (enlarged + resize(missing, enlarged.shape[-2:])).clamp(-1, 1)


def _too_strong() -> tuple[Tensor, Tensor]:
    """A picture with too much contrast, and the small one that it contradicts."""
    large = resize(sample_image("balloon_festival"), (72, 96))
    return (1.2 * large - 0.05).clamp(-1, 1), resize(large, (36, 48))


ONE_ROUND = Exercise(
    id="09.3",
    title="take back what contradicts",
    difficulty=2,
    minutes=8,
    expected=corrected,
    cases=(_too_strong(),),
    mistakes=(
        Mistake(
            "wrong way",
            wrong_way,
            "The sign is turned round: you take away what is missing, and the contradiction grows. "
            "Missing is what was given minus what you have.",
        ),
        Mistake(
            "in blocks",
            in_blocks,
            "You enlarged the correction by repeating pixels, and the edges of those blocks are in "
            "the picture now. sg.resize enlarges smoothly.",
        ),
        Mistake(
            "compared at the large size",
            compared_at_the_large_size,
            "You compared with the bicubic enlargement, so that the result is that enlargement: "
            "all new detail is gone. Compare at the small size, where the truth is known.",
        ),
        Mistake(
            "single pixels",
            single_pixels,
            "You reduced by taking single pixels. New detail then passes for an error (lesson 01: "
            "aliasing); sg.resize averages first.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 09.4
def gain(generator: nn.Module, picture: Tensor, small: Size) -> float:
    """Share of the error of smooth enlargement that the generator takes away; 1 is all of it.

    Args:
        generator: of the level that ``picture`` has the size of.
        picture: (1, C, H, W) in [-1, 1].
        small: (height, width) of the level before.
    """
    smooth = resize(resize(picture, small), picture.shape[-2:])
    made = _refined(generator, smooth)
    return 1 - rmse(made, picture) / rmse(smooth, picture)


@torch.no_grad()
def _refined(generator: nn.Module, smooth: Tensor, std: float = 0.0) -> Tensor:
    return generator(std * torch.randn_like(smooth), smooth).clamp(-1, 1)


def what_remains(generator: nn.Module, picture: Tensor, small: Size) -> float:
    """The share that is left, in place of the share that is gone."""
    return 1 - gain(generator, picture, small)


def of_squares(generator: nn.Module, picture: Tensor, small: Size) -> float:
    """Compares mean squared errors."""
    return 1 - what_remains(generator, picture, small) ** 2


def not_reduced(generator: nn.Module, picture: Tensor, small: Size) -> float:
    """Gives the generator the sharp picture."""
    smooth = resize(resize(picture, small), picture.shape[-2:])
    return 1 - rmse(_refined(generator, picture), picture) / rmse(smooth, picture)


def with_noise(generator: nn.Module, picture: Tensor, small: Size) -> float:
    """Adds noise of standard deviation one."""
    smooth = resize(resize(picture, small), picture.shape[-2:])
    return 1 - rmse(_refined(generator, smooth, 1.0), picture) / rmse(smooth, picture)


MODEL = load_pretrained("deep_field-super_resolution")
CASES = tuple(
    (MODEL.generators[-1], picture, MODEL.plan.sizes[-2])
    for picture in (MODEL.image, MODEL.image.flip(-1))
)
GAIN = Exercise(
    id="09.4",
    title="what a generator is worth",
    difficulty=3,
    minutes=10,
    expected=gain,
    cases=CASES,
    mistakes=(
        Mistake(
            "what remains",
            what_remains,
            "This is the share of the error that is left. The gain is the share that is gone: one "
            "minus it.",
        ),
        Mistake(
            "of squares",
            of_squares,
            "You compared mean squared errors. The root mean square, sg.rmse, has the unit of a "
            "grey level.",
        ),
        Mistake(
            "not reduced",
            not_reduced,
            "Your generator was given the sharp picture, and could only spoil it. Reduce it to "
            "`small` and enlarge it again first.",
        ),
        Mistake(
            "with noise",
            with_noise,
            "There is noise of standard deviation one in it, and that is what you measured. To "
            "measure what was learned, give zeros for noise.",
        ),
    ),
)

EXERCISES = (HOW_MANY_STEPS, UNBEATEN, ONE_ROUND, GAIN)
