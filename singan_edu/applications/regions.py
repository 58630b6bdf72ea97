"""Rectangles of a picture moved, copied and deleted by hand, and how much their seams show.

What comes out is what ``edit`` takes: an edited picture, and the mask of what was changed. Taught
in lesson 12.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..images import paste
from .inpainting import smooth_fill
from .masks import Point

Corner = tuple[int, int]


class Box(NamedTuple):
    """A rectangle of whole pixels; ``top`` and ``left`` count from the upper left corner."""

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def between(cls, one: Point, other: Point) -> Box:
        """The rectangle with two corners at (row, column).

        >>> Box.between((7, 2), (3, 5))
        Box(top=3, left=2, height=4, width=3)
        """
        (top, bottom), (left, right) = (sorted(map(round, sides)) for sides in zip(one, other))
        return cls(top, left, bottom - top, right - left)

    def holds(self, point: Point) -> bool:
        """Whether (row, column) lies in it."""
        row, column = (at - start for at, start in zip(point, self[:2]))
        return 0 <= row <= self.height and 0 <= column <= self.width

    def shifted(self, rows: float, columns: float) -> Box:
        """The rectangle so many whole pixels further down and to the right."""
        return self._replace(top=self.top + round(rows), left=self.left + round(columns))


def box_mask(size: tuple[int, int], box: Box | tuple[int, int, int, int]) -> Tensor:
    """One in the rectangle, zero outside, (1, 1, H, W); what sticks out is cut off.

    Raises:
        ValueError: nothing of it is inside.

    >>> box_mask((3, 4), (1, 2, 9, 2))[0, 0]
    tensor([[0., 0., 0., 0.],
            [0., 0., 1., 1.],
            [0., 0., 1., 1.]])
    """
    box, mask = Box(*box), torch.zeros(1, 1, *size)
    rows, columns = (
        slice(max(0, start), max(0, start + side)) for start, side in zip(box[:2], box[2:])
    )
    mask[..., rows, columns] = 1
    if not mask.any():
        raise ValueError(
            f"{box} holds no pixel of a picture of {size[0]} x {size[1]}; it is (top, left, "
            f"height, width)."
        )
    return mask


def copy_region(
    picture: Tensor, box: Box | tuple[int, int, int, int], to: Corner
) -> tuple[Tensor, Tensor]:
    """Put a copy of ``box`` with its upper left corner at ``to`` = (top, left).

    Args:
        picture: (1, C, H, W) in [-1, 1]; it stays as it is.
        box: (top, left, height, width) in pixels.
        to: where the copy goes; what sticks out of the picture is cut off.

    Returns:
        The edited picture (1, C, H, W), and the mask (1, 1, H, W) of what was covered.

    Raises:
        ValueError: nothing of the box, or of the copy, is inside the picture.
    """
    return paste(picture, _cut(picture, Box(*box)), top=to[0], left=to[1])


def move_region(
    picture: Tensor, box: Box | tuple[int, int, int, int], to: Corner
) -> tuple[Tensor, Tensor]:
    """Take ``box`` to ``to``; the place it leaves is filled smoothly. As ``copy_region``."""
    emptied, hole = delete_region(picture, box)
    moved, covered = paste(emptied, _cut(picture, Box(*box)), top=to[0], left=to[1])
    return moved, torch.maximum(hole, covered)


def delete_region(picture: Tensor, box: Box | tuple[int, int, int, int]) -> tuple[Tensor, Tensor]:
    """Fill ``box`` as smoothly as its rim allows (``smooth_fill``). As ``copy_region``."""
    hole = box_mask(picture.shape[-2:], box).to(picture)
    return smooth_fill(picture, hole), hole


def _cut(picture: Tensor, box: Box) -> Tensor:
    """What is in the box, as far as it is inside the picture."""
    box_mask(picture.shape[-2:], box)  # refuses a box outside
    top, left = max(0, box.top), max(0, box.left)
    return picture[..., top : box.top + box.height, left : box.left + box.width]


def seam_energy(picture: Tensor, region: Tensor) -> float:
    """How much steeper the rim of a region is than the rest of the picture; 1 is as steep.

    Mean squared difference of neighbouring pixels that the rim parts, over that of all others::

        E = mean of (x_p - x_q)² over the rim / mean of (x_p - x_q)² elsewhere

    Args:
        picture: (1, C, H, W).
        region: (1, 1, H, W), above one half is inside.

    Raises:
        ValueError: the region has no rim, or the picture no steps.

    >>> step = torch.tensor([0.0, 0.1, 0.2, 0.9, 1.0]).reshape(1, 1, 1, 5)
    >>> round(seam_energy(step, (step > 0.5).float()))
    49
    """
    inside = region > 0.5
    squares, parted = [], []
    for axis in (2, 3):
        squares.append(picture.diff(dim=axis).square().mean(dim=1).flatten())
        parted.append(
            (
                inside.narrow(axis, 1, inside.shape[axis] - 1)
                != inside.narrow(axis, 0, inside.shape[axis] - 1)
            ).flatten()
        )
    steps, rim = torch.cat(squares), torch.cat(parted)
    if not rim.any() or steps[~rim].sum() == 0:
        raise ValueError(
            "A seam needs a region with a rim, in a picture that is not all one colour."
        )
    return (steps[rim].mean() / steps[~rim].mean()).item()
