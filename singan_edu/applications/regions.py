"""Move, copy and delete rectangles of an image, and measure how visible their seams are.

The functions return what ``edit`` takes: an edited image, and the mask of the changed pixels.
Taught in lesson 12.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..images import Size, paste, size_of
from .inpainting import smooth_fill
from .masks import Point

TopLeft = tuple[int, int]  # (row, column) of an upper left corner, in pixels


class Box(NamedTuple):
    """Store a rectangle of whole pixels.

    Attributes:
        top: row of the upper left corner.
        left: column of the upper left corner.
        height: in pixels.
        width: in pixels.
    """

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def between(cls, one: Point, other: Point) -> Box:
        """Return the rectangle with two opposite corners, rounded to whole pixels.

        Args:
            one: (row, column) of a corner, in pixels.
            other: (row, column) of the opposite corner, in pixels.

        >>> Box.between((7, 2), (3, 5))
        Box(top=3, left=2, height=4, width=3)
        """
        (top, bottom), (left, right) = (sorted(map(round, sides)) for sides in zip(one, other))
        return cls(top, left, bottom - top, right - left)

    def contains(self, point: Point) -> bool:
        """Return whether a point lies inside or on the edge.

        Args:
            point: (row, column) in pixels.
        """
        row, column = point[0] - self.top, point[1] - self.left
        return 0 <= row <= self.height and 0 <= column <= self.width

    def shifted(self, rows: float, columns: float) -> Box:
        """Return the rectangle moved by whole pixels.

        Args:
            rows: how far down, in pixels; rounded.
            columns: how far to the right, in pixels; rounded.
        """
        return self._replace(top=self.top + round(rows), left=self.left + round(columns))


def box_mask(size: Size, box: Box | tuple[int, int, int, int]) -> Tensor:
    """Select a rectangle; what lies outside the image is cut off.

    Args:
        size: (height, width) of the mask, in pixels.
        box: (top, left, height, width) in pixels.

    Returns:
        A mask (1, 1, H, W), one in the rectangle and zero outside.

    Raises:
        ValueError: no pixel of the rectangle is inside the image.

    >>> box_mask((3, 4), (1, 2, 9, 2))[0, 0]
    tensor([[0., 0., 0., 0.],
            [0., 0., 1., 1.],
            [0., 0., 1., 1.]])
    """
    box, mask = Box(*box), torch.zeros(1, 1, *size, dtype=torch.float32)
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
    picture: Tensor, box: Box | tuple[int, int, int, int], to: TopLeft
) -> tuple[Tensor, Tensor]:
    """Copy a rectangle to another place.

    Args:
        picture: (1, C, H, W) in [-1, 1]; it is not changed.
        box: (top, left, height, width) in pixels of what is copied.
        to: (top, left) in pixels of the copy; what lies outside the image is cut off.

    Returns:
        The edited image (1, C, H, W), and the mask (1, 1, H, W) of the pixels that the copy covers.

    Raises:
        ValueError: no pixel of the rectangle, or of the copy, is inside the image.
    """
    return paste(picture, _crop(picture, Box(*box)), top=to[0], left=to[1])


def move_region(
    picture: Tensor, box: Box | tuple[int, int, int, int], to: TopLeft
) -> tuple[Tensor, Tensor]:
    """Move a rectangle to another place and fill the hole smoothly (``smooth_fill``).

    Args:
        picture: (1, C, H, W) in [-1, 1]; it is not changed.
        box: (top, left, height, width) in pixels of what is moved.
        to: (top, left) in pixels of its new place; what lies outside the image is cut off.

    Returns:
        The edited image (1, C, H, W), and the mask (1, 1, H, W) of the hole and the new place.

    Raises:
        ValueError: no pixel of the rectangle, or of its new place, is inside the image.
    """
    emptied, hole = delete_region(picture, box)
    moved, covered = paste(emptied, _crop(picture, Box(*box)), top=to[0], left=to[1])
    return moved, torch.maximum(hole, covered)


def delete_region(picture: Tensor, box: Box | tuple[int, int, int, int]) -> tuple[Tensor, Tensor]:
    """Delete a rectangle and fill the hole smoothly (``smooth_fill``).

    Args:
        picture: (1, C, H, W) in [-1, 1]; it is not changed.
        box: (top, left, height, width) in pixels of what is deleted.

    Returns:
        The edited image (1, C, H, W), and the mask (1, 1, H, W) of the hole.

    Raises:
        ValueError: no pixel of the rectangle is inside the image, or it covers the whole image.
    """
    hole = box_mask(size_of(picture), box).to(picture)
    return smooth_fill(picture, hole), hole


def _crop(picture: Tensor, box: Box) -> Tensor:
    """Return the pixels of ``picture`` in ``box``; refuse a box outside the image."""
    box_mask(size_of(picture), box)
    top, left = max(0, box.top), max(0, box.left)
    return picture[..., top : box.top + box.height, left : box.left + box.width]


def seam_energy(picture: Tensor, region: Tensor) -> float:
    """Measure how much steeper an image is across a region's border than elsewhere; 1 is equal.

    The seam energy is the mean squared difference of neighbouring pixels on opposite sides of the
    border, divided by that of all other neighbours::

        E = mean of (x_p - x_q)² across the border / mean of (x_p - x_q)² elsewhere

    Args:
        picture: (1, C, H, W).
        region: mask (1, 1, H, W); values above one half are inside.

    Raises:
        ValueError: the region has no border inside the image, or the image is of one colour
            elsewhere.

    >>> step = torch.tensor([0.0, 0.1, 0.2, 0.9, 1.0]).reshape(1, 1, 1, 5)
    >>> round(seam_energy(step, (step > 0.5).float()))
    49
    """
    inside = region > 0.5
    squares, crossing = [], []
    for axis in (2, 3):
        squares.append(picture.diff(dim=axis).square().mean(dim=1).flatten())
        length = inside.shape[axis] - 1
        crossing.append(
            (inside.narrow(axis, 1, length) != inside.narrow(axis, 0, length)).flatten()
        )
    steps, border = torch.cat(squares), torch.cat(crossing)
    if not border.any() or steps[~border].sum() == 0:
        raise ValueError(
            "The seam energy needs a region with a border, in a picture that is not all one "
            "colour; give a mask that is 1 in some pixels and 0 in others."
        )
    return (steps[border].mean() / steps[~border].mean()).item()
