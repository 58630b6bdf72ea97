"""The exercises of lesson 12, editing; the places it works at, and its three broken editors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...applications.editing import edit
from ...applications.injection import inject, output_size
from ...applications.masks import blend, soft_mask
from ...applications.regions import Box, box_mask, copy_region, move_region
from ...evaluation.metrics import band_of
from ...images import resize, sample_image, sample_mask
from ...model import SinGAN
from ...pretrained import load_pretrained
from ..checks import Exercise, Mistake

Editor = Callable[[Tensor, Tensor, int], Tensor]
MODEL = load_pretrained("desert_arch")


# --------------------------------------------------------------------------------------- the places
def in_pixels(shares: Sequence[float], size: tuple[int, int]) -> tuple[int, ...]:
    """Shares of the sides, (down, across, …), as whole pixels of a picture (height, width)."""
    return tuple(round(share * size[i % 2]) for i, share in enumerate(shares))


def window(mask: Tensor, share: float = 0.5) -> tuple[slice, slice]:
    """Rows and columns of a close-up: ``share`` of each side, about the middle of a mask."""
    slices = []
    for places, side in zip(mask[0, 0].nonzero().T, mask.shape[-2:]):
        middle, length = (int(places.min()) + int(places.max())) // 2, round(share * side)
        start = min(max(0, middle - length // 2), side - length)
        slices.append(slice(start, start + length))
    return tuple(slices)


def larger_edit(model: SinGAN, photo: str, box: Box, to: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The edit that ships for ``photo``, with its mask, at the pyramid's size; else one move."""
    size = output_size(model)
    try:
        edited, mask = sample_image(f"{photo}_edit"), sample_mask(f"{photo}_edit_mask")
    except ValueError:
        return move_region(resize(model.image, size), box, to)
    return resize(edited, size), (resize(mask, size) > 0.5).float()


def busiest_place(picture: Tensor, side: int) -> Box:
    """The square in which neighbouring pixels differ most, away from the picture's border."""
    down, across = (picture.diff(dim=axis).square().mean(dim=1, keepdim=True) for axis in (2, 3))
    steps = F.pad(down, (0, 0, 0, 1)) + F.pad(across, (0, 1))
    means = F.avg_pool2d(steps, side, stride=1)[0, 0]
    margin = min(side // 3, (min(means.shape) - 1) // 2)
    inner = means[margin : means.shape[0] - margin, margin : means.shape[1] - margin]
    row, column = divmod(int(inner.argmax()), inner.shape[1])
    return Box(row + margin, column + margin, side, side)


def error_in(pictures: Tensor, truth: Tensor, region: Tensor) -> float:
    """Root mean square difference within a region, in grey levels."""
    squares = (pictures - truth).square().mean(dim=(0, 1))
    return 127.5 * ((squares * region[0, 0]).sum() / region.sum()).sqrt().item()


def detail_within(pictures: Tensor, region: Tensor) -> float:
    """RMS of the finest detail within a region, in grey levels."""
    return error_in(band_of(pictures), torch.zeros_like(pictures), region)


def spread_in(pictures: Tensor, region: Tensor) -> float:
    """Standard deviation over several pictures, within a region, in grey levels."""
    spread = pictures.std(dim=0).mean(dim=0)
    return 127.5 * ((spread * region[0, 0]).sum() / region.sum()).item()


# ------------------------------------------------------------------------------------ exercise 12.1
def rim_energy(picture: Tensor, region: Tensor) -> float:
    """Mean squared difference of neighbours, one of which is in the region and one is not."""
    return _mean_step(picture, region, lambda inside, other: inside != other)


def absolute_steps(picture: Tensor, region: Tensor) -> float:
    """Absolute differences, not squared."""
    return _mean_step(picture, region, lambda one, other: one != other, power=1)


def one_direction(picture: Tensor, region: Tensor) -> float:
    """Neighbours beside each other only."""
    return _mean_step(picture, region, lambda one, other: one != other, axes=(3,))


def steps_inside(picture: Tensor, region: Tensor) -> float:
    """All neighbours of which one at least is in the region."""
    return _mean_step(picture, region, lambda one, other: (one + other) > 0)


def around_the_corner(picture: Tensor, region: Tensor) -> float:
    """Neighbours by torch.roll, to which the first pixel comes after the last."""
    total = count = 0.0
    for axis in (2, 3):
        rim = (region != region.roll(1, axis)).float()
        squares = (picture - picture.roll(1, axis)).square().mean(dim=1, keepdim=True)
        total, count = total + (squares * rim).sum().item(), count + rim.sum().item()
    return total / count


def _mean_step(
    picture: Tensor,
    region: Tensor,
    chosen: Callable[[Tensor, Tensor], Tensor],
    *,
    power: int = 2,
    axes: Sequence[int] = (2, 3),
) -> float:
    total = count = 0.0
    for axis in axes:
        side = region.shape[axis] - 1
        one, other = region.narrow(axis, 0, side), region.narrow(axis, 1, side)
        steps = picture.diff(dim=axis).abs().pow(power).mean(dim=1, keepdim=True)
        weights = chosen(one, other).float()
        total, count = total + (steps * weights).sum().item(), count + weights.sum().item()
    return total / count


PIECE = Box(10, 40, 24, 28)
PASTES = tuple(copy_region(MODEL.image, PIECE, to) for to in ((43, 6), (60, 84), (0, 90)))
ENERGY_OF_A_RIM = Exercise(
    id="12.1",
    title="the energy of a rim",
    difficulty=2,
    minutes=10,
    expected=rim_energy,
    cases=PASTES + ((MODEL.image, box_mask(output_size(MODEL), (70, 0, 20, 30))),),
    mistakes=(
        Mistake(
            "not squared",
            absolute_steps,
            "You averaged absolute differences. Energy squares them: one hard step counts for "
            "more than many soft ones.",
        ),
        Mistake(
            "one direction",
            one_direction,
            "You compared pixels beside each other only; a rectangle has an upper and a lower "
            "edge, too.",
        ),
        Mistake(
            "steps inside",
            steps_inside,
            "You counted steps within the region as well. Only pairs with one pixel inside and "
            "one outside are its rim: `!=`, not `or`.",
        ),
        Mistake(
            "around the corner",
            around_the_corner,
            "torch.roll makes neighbours of the first and the last pixel of a row. Where a region "
            "touches the border, that counts a step that nobody sees; slice instead.",
        ),
    ),
    tolerance=1e-5,
)


# ------------------------------------------------------------------------------------ exercise 12.2
def sewn(photo: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """``made`` where the mask is one, the photograph where it is zero, mixed between."""
    return blend(photo, made, mask)


def other_way_round(photo: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Keeps what was made outside."""
    return blend(photo, made, 1 - mask)


def cut_hard(photo: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Thresholds the mask."""
    return blend(photo, made, (mask > 0.5).float())


def on_grey(photo: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Forgets the photograph."""
    return made * mask


def added(photo: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Adds to the photograph without taking anything from it."""
    return photo + made * mask


SEW = Exercise(
    id="12.2",
    title="sew by a mask",
    difficulty=1,
    minutes=5,
    expected=sewn,
    cases=tuple(
        (MODEL.image, MODEL.run_from(1, edited, seed=1), soft_mask(mask, dilate=6, feather=3))
        for edited, mask in PASTES[:2]
    ),
    mistakes=(
        Mistake(
            "the other way round",
            other_way_round,
            "Your photograph is kept where it was edited, and repainted everywhere else: mask and "
            "1 - mask have changed places.",
        ),
        Mistake(
            "cut hard",
            cut_hard,
            "You made the soft mask hard, and its edge will be the next seam. Let it mix.",
        ),
        Mistake(
            "on grey",
            on_grey,
            "Outside the mask there is nothing, which is grey. The photograph belongs there: the "
            "two weights add up to one.",
        ),
        Mistake(
            "added",
            added,
            "You added what was made to the whole photograph; where the mask is one, the "
            "photograph's weight must be zero.",
        ),
    ),
    tolerance=1e-5,
)


# ------------------------------------------------------------------------------------ exercise 12.3
NOT_GROWN, INVERTED, TOO_FINE = "mask not grown", "mask inverted", "level too fine"
FINEST = MODEL.plan.num_levels - 1


def broken_editors(model: SinGAN = MODEL) -> dict[str, Editor]:
    """Three editors with a fault each, called as ``editor(edited, mask, seed)``.

    A healthy one edits at level 1. Which has which fault, exercise 12.3 asks.
    """
    return {"A": _too_fine(model), "B": _not_grown(model), "C": _inverted(model)}


def _too_fine(model: SinGAN) -> Editor:
    finest = model.trained_levels - 1
    return lambda edited, mask, seed: edit(model, edited, mask, finest, seed=seed)


def _not_grown(model: SinGAN) -> Editor:
    return lambda edited, mask, seed: edit(model, edited, mask, 1, dilate=0, feather=0, seed=seed)


def _inverted(model: SinGAN) -> Editor:
    return lambda edited, mask, seed: inject(
        model, edited, 1, blend_mask=1 - soft_mask(mask, dilate=10, feather=2.5), seed=seed
    )


THREE_EDITORS = Exercise(
    id="12.3",
    title="three broken editors",
    difficulty=3,
    minutes=12,
    expected=(TOO_FINE, NOT_GROWN, INVERTED),
    mistakes=(
        Mistake(
            "two seams taken for one another",
            (NOT_GROWN, TOO_FINE, INVERTED),
            "C is right. A and B both leave a seam, but for different reasons: a fine level leaves "
            "the inside as it was pasted, a mask that was not grown lets level 1 repaint it.",
        ),
        Mistake(
            "A taken for the inverted one",
            (INVERTED, NOT_GROWN, TOO_FINE),
            "An inverted mask shows the old photograph where it was edited, and repaints the rest. "
            "Measure both places for A, and for C.",
        ),
        Mistake(
            "B taken for the inverted one",
            (TOO_FINE, INVERTED, NOT_GROWN),
            "A is right. Measure for B and C how much changed outside the mask: one of them "
            "touched nothing there.",
        ),
    ),
)

EXERCISES = (ENERGY_OF_A_RIM, SEW, THREE_EDITORS)
