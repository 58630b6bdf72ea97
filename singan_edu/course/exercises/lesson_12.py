"""The exercises of lesson 12: editing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from ...applications.masks import blend, soft_mask
from ...applications.regions import Box, box_mask, copy_region
from ...images import size_of
from ...pretrained import load_pretrained
from ..labs.lesson_12 import INVERTED, NOT_GROWN, TOO_FINE
from . import Case, exercise, value_exercise

COPIED = Box(10, 40, 24, 28)


# ------------------------------------------------------------------------------------ exercise 12.1
def _copies_and_an_untouched_photo() -> list[Case]:
    photo = load_pretrained("desert_arch").image
    copies: list[Case] = [copy_region(photo, COPIED, to) for to in ((43, 6), (60, 84), (0, 90))]
    return [*copies, (photo, box_mask(size_of(photo), (70, 0, 20, 30)))]


@exercise(
    "12.1",
    "the energy of a rim",
    dots=2,
    minutes=10,
    cases=_copies_and_an_untouched_photo,
    tolerance=1e-5,
)
def rim_energy(picture: Tensor, region: Tensor) -> float:
    """Average the squared difference of neighbours with one inside a region and one outside."""
    return _mean_step(picture, region, lambda one, other: one != other)


def _mean_step(
    picture: Tensor,
    region: Tensor,
    chosen: Callable[[Tensor, Tensor], Tensor],
    *,
    power: int = 2,
    axes: Sequence[int] = (2, 3),
) -> float:
    """Average a power of the differences of those neighbours that ``chosen`` picks."""
    total = count = 0.0
    for axis in axes:
        side = region.shape[axis] - 1
        one, other = region.narrow(axis, 0, side), region.narrow(axis, 1, side)
        steps = picture.diff(dim=axis).abs().pow(power).mean(dim=1, keepdim=True)
        weights = chosen(one, other).float()
        total, count = total + (steps * weights).sum().item(), count + weights.sum().item()
    return total / count


@rim_energy.mistake
def not_squared(picture: Tensor, region: Tensor) -> float:
    """You averaged absolute differences. Energy squares them: one hard step counts for more than
    many soft ones.
    """
    return _mean_step(picture, region, lambda one, other: one != other, power=1)


@rim_energy.mistake
def one_direction(picture: Tensor, region: Tensor) -> float:
    """You compared pixels beside each other only; a rectangle has an upper and a lower edge,
    too.
    """
    return _mean_step(picture, region, lambda one, other: one != other, axes=(3,))


@rim_energy.mistake
def steps_inside(picture: Tensor, region: Tensor) -> float:
    """You counted steps within the region as well. Only pairs with one pixel inside and one outside
    are its rim: `!=`, not `or`.
    """
    return _mean_step(picture, region, lambda one, other: (one + other) > 0)


@rim_energy.mistake
def around_the_corner(picture: Tensor, region: Tensor) -> float:
    """torch.roll makes neighbours of the first and the last pixel of a row. Where a region touches
    the border, that counts a step that nobody sees; slice instead.
    """
    total = count = 0.0
    for axis in (2, 3):
        rim = (region != region.roll(1, axis)).float()
        squares = (picture - picture.roll(1, axis)).square().mean(dim=1, keepdim=True)
        total, count = total + (squares * rim).sum().item(), count + rim.sum().item()
    return total / count


# ------------------------------------------------------------------------------------ exercise 12.2
def _results_and_masks() -> list[Case]:
    model = load_pretrained("desert_arch")
    copies = [copy_region(model.image, COPIED, to) for to in ((43, 6), (60, 84))]
    return [
        (model.image, model.run_from(1, edited, seed=1), soft_mask(mask, dilate=6, feather=3))
        for edited, mask in copies
    ]


@exercise("12.2", "sew by a mask", dots=1, minutes=5, cases=_results_and_masks, tolerance=1e-5)
def sewn(photo: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Blend an image into a photograph by a mask."""
    return blend(photo, made, mask)


@sewn.mistake
def the_other_way_round(photo: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Your photograph is kept where it was edited, and repainted everywhere else: mask and 1 - mask
    have changed places.
    """
    return blend(photo, made, 1 - mask)


@sewn.mistake
def cut_hard(photo: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """You made the soft mask hard, and its edge will be the next seam. Let it mix."""
    return blend(photo, made, (mask > 0.5).float())


@sewn.mistake
def on_grey(photo: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Outside the mask there is nothing, which is grey. The photograph belongs there: the two
    weights add up to one.
    """
    return made * mask


@sewn.mistake
def added(photo: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """You added what was made to the whole photograph; where the mask is one, the photograph's
    weight must be zero.
    """
    return photo + made * mask


# ------------------------------------------------------------------------------------ exercise 12.3
@value_exercise("12.3", "three broken editors", dots=3, minutes=12)
def faults_of_the_editors() -> tuple[str, str, str]:
    """Name the faults of the editors A, B and C."""
    return (TOO_FINE, NOT_GROWN, INVERTED)


@faults_of_the_editors.mistake
def two_seams_taken_for_one_another() -> tuple[str, str, str]:
    """C is right. A and B both leave a seam, but for different reasons: a fine level leaves the
    inside as it was pasted, a mask that was not grown lets level 1 repaint it.
    """
    return (NOT_GROWN, TOO_FINE, INVERTED)


@faults_of_the_editors.mistake
def a_taken_for_the_inverted_one() -> tuple[str, str, str]:
    """An inverted mask shows the old photograph where it was edited, and repaints the rest. Measure
    both places for A, and for C.
    """
    return (INVERTED, NOT_GROWN, TOO_FINE)


@faults_of_the_editors.mistake
def b_taken_for_the_inverted_one() -> tuple[str, str, str]:
    """A is right. Measure for B and C how much changed outside the mask: one of them touched
    nothing there.
    """
    return (TOO_FINE, INVERTED, NOT_GROWN)
