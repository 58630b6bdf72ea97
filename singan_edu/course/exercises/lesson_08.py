"""The exercises of lesson 08: scales and borders."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from ...applications.training_variants import (
    BORDER_WIDTH,
    border_influence_radius,
    border_variability,
    layout_correlation,
)
from ...images import resize
from ..labs.lesson_08 import FAULTY_LEVEL, variant
from . import Case, exercise, value_exercise

SMALL = (6, 8)  # pixels, (height, width), at which only the layout is left


# ------------------------------------------------------------------------------------ exercise 08.1
def _photo_and_samples() -> list[Case]:
    photo = variant("scales_3").image
    return [(photo, variant(name).sample(seed=7)) for name in ("scales_2", "scales_3")]


@exercise("08.1", "layout in a number", dots=2, minutes=8, cases=_photo_and_samples)
def layout(real: Tensor, sample: Tensor) -> float:
    """Correlate two images at 6 x 8 pixels, without the mean of each channel."""
    return layout_correlation(real, sample)


def _cosine(real: Tensor, sample: Tensor, small: Callable[[Tensor], Tensor]) -> float:
    one, other = (small(picture).flatten() for picture in (real, sample))
    cosine: Tensor = one @ other / (one.norm() * other.norm())
    return cosine.item()


@layout.mistake
def not_centred(real: Tensor, sample: Tensor) -> float:
    """You left the mean colours in. Any blue picture then resembles any other blue picture: take
    the mean of each channel away first.
    """
    return _cosine(real, sample, lambda picture: resize(picture, SMALL))


@layout.mistake
def one_mean_for_all_channels(real: Tensor, sample: Tensor) -> float:
    """You took one mean of all three channels away. What is left of a blue picture is still blue
    everywhere: each channel has a mean of its own, over dim=(2, 3).
    """
    return _cosine(real, sample, lambda x: resize(x, SMALL) - resize(x, SMALL).mean())


@layout.mistake
def not_reduced(real: Tensor, sample: Tensor) -> float:
    """You compared every pixel, and so asked whether each balloon is in its place. Reduce both
    pictures to 6 × 8 pixels first.
    """
    return _cosine(real, sample, lambda x: x - x.mean(dim=(2, 3), keepdim=True))


@layout.mistake
def not_normalised(real: Tensor, sample: Tensor) -> float:
    """Your number grows with the contrast of the pictures. Divide by both lengths (norm), so that a
    copy has 1.
    """
    one, other = (resize(picture, SMALL) for picture in (real, sample))
    one, other = (x - x.mean(dim=(2, 3), keepdim=True) for x in (one, other))
    return (one * other).mean().item()


# ------------------------------------------------------------------------------------ exercise 08.2
def _heights() -> list[Case]:
    two, three, five = (
        [height for height, _ in variant(f"scales_{count}").plan.sizes] for count in (2, 3, 5)
    )
    return [(two, 0), (three, 0), (five, 0), (three, 1)]


@exercise("08.2", "how far the frame reaches", dots=2, minutes=8, cases=_heights)
def influence_radius(heights: Sequence[int], first: int = 0) -> float:
    """Compute how far from the border it influences the finest level, in pixels."""
    return border_influence_radius(heights, first)


@influence_radius.mistake
def coarsest_alone(heights: Sequence[int], first: int = 0) -> float:
    """You counted the first frame only. What it changed is enlarged, and the next generator carries
    it five pixels further, and so on: add the levels up.
    """
    return BORDER_WIDTH * heights[-1] / heights[first]


@influence_radius.mistake
def five_each(heights: Sequence[int], first: int = 0) -> float:
    """You added five pixels for each level, but they are pixels of different sizes: one of height h
    is heights[-1] / h pixels of the finest level wide.
    """
    return float(BORDER_WIDTH * len(heights[first:]))


@influence_radius.mistake
def whole_field(heights: Sequence[int], first: int = 0) -> float:
    """You took the whole field of 11 pixels. A pixel sees 5 of them to each side."""
    return border_influence_radius(heights, first) * (2 * BORDER_WIDTH + 1) / BORDER_WIDTH


@influence_radius.mistake
def upside_down(heights: Sequence[int], first: int = 0) -> float:
    """Your ratio is upside down: a pixel of a coarse level is larger than one of the finest, so the
    coarse levels carry furthest.
    """
    return sum(BORDER_WIDTH * height / heights[-1] for height in heights[first:])


@influence_radius.mistake
def all_levels(heights: Sequence[int], first: int = 0) -> float:
    """Right when every level has a frame. Where noise takes its place at level 0, count from
    `first` on.
    """
    return border_influence_radius(heights)


# ------------------------------------------------------------------------------------ exercise 08.3
def _samples_and_widths() -> list[Case]:
    return [(variant(name).sample(8, seed=7), 5) for name in ("scales_2", "padding_noise")]


@exercise(
    "08.3",
    "do samples vary less at the border?",
    dots=2,
    minutes=10,
    cases=_samples_and_widths,
    tolerance=1e-5,
)
def border_to_interior(samples: Tensor, border: int = BORDER_WIDTH) -> float:
    """Compare how much samples vary in the border with how much in the interior."""
    return border_variability(samples, border=border)[0]


def _ratio(deviations: Tensor, border: int) -> float:
    """Divide the mean of a map (h, w) in the border by that in the interior."""
    inner = deviations[border:-border, border:-border]
    around = (deviations.sum() - inner.sum()) / (deviations.numel() - inner.numel())
    return (around / inner.mean()).item()


@border_to_interior.mistake
def contrast_for_variety(samples: Tensor, border: int = BORDER_WIDTH) -> float:
    """You measured how much one picture varies from place to place. Asked is how much a place
    varies from sample to sample: the standard deviation over dim=0.
    """
    inner = samples[..., border:-border, border:-border]
    return (samples.mean(dim=1).std(dim=(1, 2)) / inner.mean(dim=1).std(dim=(1, 2))).mean().item()


@border_to_interior.mistake
def whole_for_border(samples: Tensor, border: int = BORDER_WIDTH) -> float:
    """You compared the whole picture with its interior, which is most of it. Take the interior out
    of the sum, and out of the number of pixels.
    """
    deviations = samples.mean(dim=1).std(dim=0)
    return (deviations.mean() / deviations[border:-border, border:-border].mean()).item()


@border_to_interior.mistake
def channels_apart(samples: Tensor, border: int = BORDER_WIDTH) -> float:
    """Nearly: the study measures intensity. Average the colours of each sample first, dim=1, then
    take the deviation over the samples.
    """
    return _ratio(samples.std(dim=0).mean(dim=0), border)


@border_to_interior.mistake
def the_other_way_round(samples: Tensor, border: int = BORDER_WIDTH) -> float:
    """This is the interior relative to the border. Below 1 should mean: the border varies less."""
    return 1 / border_variability(samples, border=border)[0]


# ------------------------------------------------------------------------------------ exercise 08.4
@value_exercise("08.4", "which level lost its frame", dots=3, minutes=12)
def faulty_level() -> int:
    """Name the level of the faulty model that has lost its padding."""
    return FAULTY_LEVEL


@faulty_level.mistake
def level_0() -> int:
    """Without its frame, level 0 would have lost the layout, and the whole picture would differ.
    Measure how far from the border the two pyramids differ.
    """
    return 0


@faulty_level.mistake
def papers_number() -> int:
    """This is the right level in the paper's counting, from the finest. Level 0 is the coarsest
    here.
    """
    return variant("scales_5").plan.paper_scale(FAULTY_LEVEL)


@faulty_level.mistake
def the_finest_level() -> int:
    """A fault of the finest level would end five pixels from the border. Look how far in the
    differences go.
    """
    return variant("scales_5").plan.num_levels - 1


@faulty_level.mistake
def one_too_coarse() -> int:
    """One too coarse: from there the fault would be carried nearly to the middle.
    border_influence_radius(heights, first) says how far for each level.
    """
    return FAULTY_LEVEL - 1
