"""Masks: drawn, painted, found by comparison; made soft; and two pictures blended by one.

A mask is a (1, 1, H, W) float32 tensor in [0, 1], one where something is selected. Masks never
enter the networks: they say which pixels of a result are shown, nothing else. Positions are (row,
column) in pixels, from the upper left corner. ``images.load_mask`` reads a mask from a file. Taught
in lessons 11 and 12.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, gaussian_filter
from skimage.draw import line, polygon2mask
from torch import Tensor

Point = tuple[float, float]
VISIBLE = 0.1  # difference, in the unit of [-1, 1], that counts: 12.75 grey levels, above a JPEG's
TRUNCATE = 3.0  # standard deviations after which the Gaussian of a soft mask ends


# ------------------------------------------------------------------------------------ making masks
def polygon_mask(size: tuple[int, int], points: Sequence[Point]) -> Tensor:
    """The inside of a polygon with its edge, (1, 1, H, W) of zeros and ones.

    Args:
        size: (height, width) of the mask in pixels.
        points: (row, column) of three corners or more; what lies outside the mask is cut off.

    Raises:
        ValueError: fewer than three corners, or none of the mask's pixels is inside.

    >>> polygon_mask((4, 5), [(0, 0), (0, 3), (2, 3), (2, 0)]).sum()
    tensor(12.)
    """
    if len(points) < 3:
        raise ValueError(f"A polygon needs at least three corners; got {len(points)}.")
    return _tensor(polygon2mask(size, _positions(points)), "The polygon")


def brush_mask(size: tuple[int, int], stroke: Sequence[Point], radius: float) -> Tensor:
    """All pixels within ``radius`` of a brush stroke, (1, 1, H, W) of zeros and ones.

    Args:
        size: (height, width) of the mask in pixels.
        stroke: (row, column) of the points that the brush was moved through, in straight lines; one
            point is a dab.
        radius: of the round brush, in pixels.

    Raises:
        ValueError: no points, a negative radius, or a stroke that touches no pixel of the mask.

    >>> brush_mask((5, 9), [(2, 2), (2, 6)], 1).sum()   # a line of five pixels, and one around
    tensor(17.)
    """
    if len(stroke) == 0 or radius < 0:
        raise ValueError(
            f"A brush stroke is one point or more and a radius of at least 0; got {len(stroke)} "
            f"points and radius={radius}."
        )
    margin = math.ceil(radius) + 1  # a stroke may pass close outside the mask
    points = np.rint(_positions(stroke)).astype(int)
    low = np.minimum(points.min(axis=0), 0) - margin
    high = np.maximum(points.max(axis=0) + 1, size) + margin
    touched = np.zeros(high - low, dtype=bool)
    for start, stop in zip(points, points[1:] if len(points) > 1 else points):
        touched[line(*(start - low), *(stop - low))] = True
    rows, columns = (slice(-corner, -corner + side) for corner, side in zip(low, size))
    return _tensor(_within(touched, radius)[rows, columns], "The stroke")


def difference_mask(before: Tensor, after: Tensor, threshold: float = VISIBLE) -> Tensor:
    """Where two pictures differ: the mask of an edit that was made elsewhere. (1, 1, H, W)

    Args:
        before, after: (1, C, H, W) in [-1, 1], of one size.
        threshold: smallest difference, in any channel, that counts. The default is more than JPEG
            does to most pixels, and less than the eye overlooks.

    Raises:
        ValueError: other sizes or channels, or no pixel differs by so much.
    """
    if before.shape != after.shape:
        raise ValueError(
            f"The two pictures must have one shape to be compared; they are {tuple(before.shape)} "
            f"and {tuple(after.shape)}. resize brings them to one size."
        )
    changed = (before - after).abs().amax(dim=1)[0] > threshold
    if not changed.any():
        raise ValueError(
            f"The pictures differ by no more than {threshold:g} anywhere; lower the threshold."
        )
    return _tensor(changed.cpu().numpy(), "The difference").to(before.device)


# -------------------------------------------------------------------------------------- using them
def soft_mask(mask: Tensor, *, dilate: float, feather: float) -> Tensor:
    """The mask grown by a disk and blurred, so that what is blended has no hard edge.

    Thresholded at one half first, so that the noise of a JPEG selects nothing. The Gaussian ends
    after three standard deviations: all further than ``dilate + 3 √2 feather + 1`` pixels from the
    selected ones is exactly 0. The largest value is 1, however thin the mask (authors' code).

    Args:
        mask: (1, 1, H, W) in [0, 1].
        dilate: radius of the disk, in pixels.
        feather: standard deviation of the Gaussian, in pixels; 0 leaves the edge hard.

    Returns:
        (1, 1, H, W) in [0, 1].

    Raises:
        ValueError: no mask, or nothing of it is selected.
    """
    check_mask(mask)
    if dilate < 0 or feather < 0:
        raise ValueError(f"dilate={dilate} and feather={feather} are pixels, at least 0.")
    grown = _within(mask[0, 0].cpu().numpy() > 0.5, dilate).astype(np.float32)
    soft = gaussian_filter(grown, feather, mode="nearest", truncate=TRUNCATE)
    return _tensor((soft / soft.max()).clip(0, 1), "The mask").to(mask.device)


def blend(background: Tensor, picture: Tensor, mask: Tensor) -> Tensor:
    """``picture`` where the mask is 1, ``background`` where it is 0, to the bit; mixed between.

    Args:
        background: (1, C, H, W) in [-1, 1].
        picture: (n, C, H, W) in [-1, 1].
        mask: (1, 1, H, W) in [0, 1].

    Returns:
        ``(1 - mask) * background + mask * picture``, (n, C, H, W).

    Raises:
        ValueError: the three do not have one size, or the pictures other channels.
    """
    if picture.shape[1:] != background.shape[1:] or mask.shape[-2:] != background.shape[-2:]:
        raise ValueError(
            f"Background, picture and mask must have one size; they are "
            f"{tuple(background.shape)}, {tuple(picture.shape)} and {tuple(mask.shape)}."
        )
    return torch.lerp(background, picture, mask.to(picture))  # exact at both ends


def check_mask(mask: Tensor) -> None:
    """Refuse what is no mask, or selects nothing; says what to do."""
    if mask.dim() != 4 or tuple(mask.shape[:2]) != (1, 1):
        raise ValueError(
            f"A mask is (1, 1, H, W) in [0, 1]; this has the shape {tuple(mask.shape)}. load_mask "
            f"makes one of any picture."
        )
    if not (mask >= 0).all() or mask.max() > 1:
        raise ValueError(
            f"A mask lies in [0, 1]; this one runs from {mask.min():.3g} to {mask.max():.3g}. "
            f"load_mask makes one of any picture."
        )
    if not (mask > 0.5).any():
        raise ValueError("The mask is empty: no pixel of it is above one half.")


def _within(selected: np.ndarray, radius: float) -> np.ndarray:
    """Dilation by a disk: all pixels no further than ``radius`` from a selected one."""
    return distance_transform_edt(~selected) <= radius


def _positions(points: Sequence[Point]) -> np.ndarray:
    positions = np.asarray(points, dtype=float)
    if positions.ndim != 2 or positions.shape[1] != 2 or not np.isfinite(positions).all():
        raise ValueError("Points are pairs (row, column) of numbers, in pixels.")
    return positions


def _tensor(mask: np.ndarray, name: str) -> Tensor:
    if not mask.any():
        raise ValueError(
            f"{name} selects no pixel of a mask of {mask.shape[0]} x {mask.shape[1]}; positions "
            f"are (row, column) in pixels."
        )
    return torch.from_numpy(np.ascontiguousarray(mask, dtype=np.float32))[None, None]
