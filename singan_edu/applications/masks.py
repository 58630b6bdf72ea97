"""Masks: draw them, find them by comparison, soften them, and blend two images with one.

A mask is a float32 tensor (1, 1, H, W) in [0, 1]; 1 means selected. Masks never enter the networks.
They only select which pixels of a result are shown. Positions are (row, column) in pixels, counted
from the upper left corner. ``images.load_mask`` reads a mask from a file. Taught in lessons 11 and
12.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..images import Size

Point = tuple[float, float]  # (row, column) in pixels
VISIBLE_DIFFERENCE = 0.1  # in units of [-1, 1], 12.75 grey levels: more than JPEG noise
GAUSSIAN_TRUNCATE = 3.0  # standard deviations after which the blur of a soft mask is cut off


# ------------------------------------------------------------------------------------ making masks
def polygon_mask(size: Size, points: Sequence[Point]) -> Tensor:
    """Select the inside of a polygon and its edge.

    Args:
        size: (height, width) of the mask, in pixels.
        points: (row, column) of at least three corners, in pixels; parts outside the mask are cut
            off.

    Returns:
        A mask (1, 1, H, W) of zeros and ones.

    Raises:
        ValueError: fewer than three corners, or no pixel of the mask is inside.

    >>> polygon_mask((4, 5), [(0, 0), (0, 3), (2, 3), (2, 0)]).sum()
    tensor(12.)
    """
    from skimage.draw import polygon2mask

    if len(points) < 3:
        raise ValueError(f"A polygon needs at least three corners; got {len(points)}.")
    inside = polygon2mask(size, _point_array(points))  # type: ignore[no-untyped-call]  # skimage's
    return _mask_tensor(inside, "The polygon")


def brush_mask(size: Size, stroke: Sequence[Point], radius: float) -> Tensor:
    """Select all pixels within a radius of a brush stroke.

    Args:
        size: (height, width) of the mask, in pixels.
        stroke: (row, column) of the points, in pixels, that straight lines connect; a single point
            gives a disk.
        radius: of the round brush, in pixels.

    Returns:
        A mask (1, 1, H, W) of zeros and ones.

    Raises:
        ValueError: no points, a negative radius, or a stroke that touches no pixel of the mask.

    >>> brush_mask((5, 9), [(2, 2), (2, 6)], 1).sum()   # a line of 5 pixels and 12 around it
    tensor(17.)
    """
    from skimage.draw import line

    if len(stroke) == 0 or radius < 0:
        raise ValueError(
            f"A brush stroke has one point or more and a radius of at least 0; got {len(stroke)} "
            f"points and radius={radius}."
        )
    # The canvas is larger than the mask, because a stroke outside the mask may touch its pixels.
    padding = math.ceil(radius) + 1
    points = np.rint(_point_array(stroke)).astype(int)
    low = np.minimum(points.min(axis=0), 0) - padding
    high = np.maximum(points.max(axis=0) + 1, size) + padding
    touched = np.zeros(high - low, dtype=bool)
    for start, stop in zip(points, points[1:] if len(points) > 1 else points):
        places = line(*(start - low), *(stop - low))  # type: ignore[no-untyped-call]  # skimage's
        touched[places] = True
    rows, columns = (slice(-corner, -corner + side) for corner, side in zip(low, size))
    return _mask_tensor(_dilate(touched, radius)[rows, columns], "The stroke")


def difference_mask(before: Tensor, after: Tensor, threshold: float = VISIBLE_DIFFERENCE) -> Tensor:
    """Select the pixels in which two images differ, to find the mask of an edit made elsewhere.

    Args:
        before: the image before the edit, (1, C, H, W) in [-1, 1].
        after: the image after the edit, (1, C, H, W) in [-1, 1].
        threshold: the largest difference of any channel, in units of [-1, 1], that does not count.
            JPEG changes most pixels by less than the default.

    Returns:
        A mask (1, 1, H, W) of zeros and ones.

    Raises:
        ValueError: the images have different shapes, or no pixel differs by more.
    """
    if before.shape != after.shape:
        raise ValueError(
            f"The two pictures must have one shape to be compared; they are {tuple(before.shape)} "
            f"and {tuple(after.shape)}. Use resize to bring them to one size."
        )
    changed = (before - after).abs().amax(dim=1)[0] > threshold
    if not changed.any():
        raise ValueError(
            f"The pictures differ by no more than {threshold:g} anywhere; lower the threshold."
        )
    return _mask_tensor(changed.cpu().numpy(), "The difference").to(before.device)


# -------------------------------------------------------------------------------------- using them
def soft_mask(mask: Tensor, *, dilate: float, feather: float) -> Tensor:
    """Grow a mask by a disk and blur it, so that a blend has no hard edge.

    The mask is thresholded at one half first, so that JPEG noise selects nothing. The Gaussian is
    cut off after three standard deviations: every pixel farther than ``dilate + 3 √2 feather + 1``
    pixels from the selected ones is exactly 0. The result is scaled to a maximum of 1, however thin
    the mask is (authors' code).

    Args:
        mask: (1, 1, H, W) in [0, 1].
        dilate: radius of the disk, in pixels.
        feather: standard deviation of the Gaussian, in pixels; 0 leaves the edge hard.

    Returns:
        A mask (1, 1, H, W) in [0, 1].

    Raises:
        ValueError: ``mask`` is no mask or selects nothing, or a number of pixels is negative.
    """
    from scipy.ndimage import gaussian_filter

    check_mask(mask)
    if dilate < 0 or feather < 0:
        raise ValueError(
            f"dilate={dilate} and feather={feather} are numbers of pixels; give at least 0."
        )
    grown = _dilate(mask[0, 0].cpu().numpy() > 0.5, dilate).astype(np.float32)
    soft = gaussian_filter(grown, feather, mode="nearest", truncate=GAUSSIAN_TRUNCATE)
    return _mask_tensor((soft / soft.max()).clip(0, 1), "The mask").to(mask.device)


def blend(background: Tensor, picture: Tensor, mask: Tensor) -> Tensor:
    """Blend two images with a mask: exactly one of them where the mask is 0 or 1.

    Args:
        background: shown where the mask is 0, (1, C, H, W) in [-1, 1].
        picture: shown where the mask is 1, (n, C, H, W) in [-1, 1].
        mask: (1, 1, H, W) in [0, 1].

    Returns:
        ``(1 - mask) * background + mask * picture``, (n, C, H, W).

    Raises:
        ValueError: the three have different sizes, or the two images different channels.
    """
    if picture.shape[1:] != background.shape[1:] or mask.shape[-2:] != background.shape[-2:]:
        raise ValueError(
            f"Background, picture and mask must have one size; they are "
            f"{tuple(background.shape)}, {tuple(picture.shape)} and {tuple(mask.shape)}."
        )
    return torch.lerp(background, picture, mask.to(picture))  # lerp is exact at both ends


def check_mask(mask: Tensor) -> None:
    """Refuse a tensor that is no mask or that selects nothing.

    Args:
        mask: expected to be (1, 1, H, W) in [0, 1].

    Raises:
        ValueError: another shape, values outside [0, 1], or no value above one half.
    """
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
        raise ValueError("The mask is empty: none of its values is above one half.")


def _dilate(selected: npt.NDArray[np.bool_], radius: float) -> npt.NDArray[np.bool_]:
    """Select all pixels no farther than ``radius`` pixels from a selected one."""
    from scipy.ndimage import distance_transform_edt

    near: npt.NDArray[np.bool_] = distance_transform_edt(~selected) <= radius
    return near


def _point_array(points: Sequence[Point]) -> npt.NDArray[np.float64]:
    """Return points as an array (points, 2); refuse anything else."""
    positions = np.asarray(points, dtype=float)
    if positions.ndim != 2 or positions.shape[1] != 2 or not np.isfinite(positions).all():
        raise ValueError("Points are pairs (row, column) of finite numbers, in pixels.")
    return positions


def _mask_tensor(mask: npt.NDArray[Any], name: str) -> Tensor:
    """Return an array (H, W) as a mask (1, 1, H, W); refuse one that selects nothing."""
    if not mask.any():
        raise ValueError(
            f"{name} selects no pixel of a mask of {mask.shape[0]} x {mask.shape[1]}; positions "
            f"are (row, column) in pixels."
        )
    return torch.from_numpy(np.ascontiguousarray(mask, dtype=np.float32))[None, None]
