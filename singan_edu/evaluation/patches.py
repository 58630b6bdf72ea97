"""Image patches and exact nearest-neighbour search: the basis of metrics and baselines.

A patch is a k x k window of an image, that is, C * k * k values. An image of h x w pixels has
(h - k + 1) x (w - k + 1) patches. The distance between two patches is the root mean square of
their difference, in the unit of the range [-1, 1]: 0.1 is 12.75 grey levels. Taught in lesson 14.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..images import Size, size_of

PATCH_SIZE = 7  # default side of a patch, in pixels
MAX_DISTANCES = 2**24  # distances held in memory at once; the search needs twice their 64 MB
TIE_TOLERANCE = 1e-3  # patch distances that differ by less count as equal
NUM_COMMON_SHIFTS = 8  # how many of the most frequent shifts are preferred among equal distances


@dataclass(frozen=True)
class NearestPatches:
    """Nearest-neighbour field: for each patch of an image, the nearest patch of a reference image.

    Attributes:
        distances: (rows, columns), root-mean-square difference to the nearest patch, >= 0.
        sources: (rows, columns), index of that patch in the reference image, counted row by row.
        grid: (rows, columns) of patches in the reference image.
    """

    distances: Tensor
    sources: Tensor
    grid: Size

    @property
    def shifts(self) -> Tensor:
        """Position of the nearest patch minus the patch's own: (2, rows, columns), down and right.

        In pixels, integers.
        """
        rows, columns = self.sources.shape
        device = self.sources.device
        down = self.sources // self.grid[1] - torch.arange(rows, device=device)[:, None]
        right = self.sources % self.grid[1] - torch.arange(columns, device=device)
        return torch.stack([down, right])

    @property
    def shift_labels(self) -> Tensor:
        """One positive integer per patch, equal for patches of equal shift: (rows, columns)."""
        down, right = self.shifts
        labels: Tensor = (down + self.grid[0] + self.sources.shape[0]) * (
            self.grid[1] + self.sources.shape[1]
        ) + (right + self.sources.shape[1])
        return labels


def patch_grid(image: Tensor, size: int = PATCH_SIZE) -> Size:
    """Return how many rows and columns of patches an image has.

    Args:
        image: (n, C, h, w).
        size: side of a patch in pixels.

    Returns:
        (h - size + 1, w - size + 1).
    """
    height, width = size_of(image)
    return height - size + 1, width - size + 1


def extract_patches(image: Tensor, size: int = PATCH_SIZE) -> Tensor:
    """Cut one image into all its overlapping patches.

    >>> extract_patches(torch.zeros(1, 3, 8, 10), 7).shape
    torch.Size([8, 147])

    Args:
        image: (1, C, h, w).
        size: side of a patch in pixels.

    Returns:
        (patches, C * size * size), row by row.

    Raises:
        ValueError: the image is smaller than a patch.
    """
    height, width = size_of(image)
    if min(height, width) < size:
        raise ValueError(
            f"An image of {height} x {width} pixels contains no patch of {size} x {size}; use "
            f"smaller patches or a larger image."
        )
    return F.unfold(image, size)[0].T.contiguous()


def average_patches(patches: Tensor, height: int, width: int, size: int = PATCH_SIZE) -> Tensor:
    """Assemble an image from overlapping patches; each pixel is the mean of the patches over it.

    This inverts ``extract_patches`` if the patches agree where they overlap.

    Args:
        patches: (patches, C * size * size), one for each position, row by row.
        height, width: of the image, in pixels.
        size: side of a patch in pixels.

    Returns:
        (1, C, height, width).
    """
    ones = patches.new_ones(1, 1, height, width)
    count = F.fold(F.unfold(ones, size), (height, width), size)
    return F.fold(patches.T[None], (height, width), size) / count


def nearest_patches(image: Tensor, other: Tensor, *, size: int = PATCH_SIZE) -> NearestPatches:
    """Find for each patch of one image the nearest patch of another, by exhaustive search.

    Args:
        image: (1, C, h, w) in [-1, 1], whose patches look for a neighbour.
        other: (1, C, h', w') in [-1, 1], where the neighbours are searched.
        size: side of a patch in pixels.

    Returns:
        The nearest-neighbour field, with a row and a column for each patch of ``image``.

    Raises:
        ValueError: one of the images is smaller than a patch.
    """
    queries, keys = extract_patches(image, size), extract_patches(other.to(image.dtype), size)
    sources = nearest(queries, keys)[1]
    # Computed again from the pairs found: the search rounds, and equal patches are to give 0.
    distances = (queries - keys[sources]).square().mean(dim=1).sqrt()
    grid = patch_grid(image, size)
    return NearestPatches(distances.reshape(grid), sources.reshape(grid), patch_grid(other, size))


def nearest(
    queries: Tensor, keys: Tensor, *, key_weights: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Find for each query vector the nearest key vector, by exhaustive search.

    Args:
        queries: (queries, values).
        keys: (keys, values).
        key_weights: (keys,), >= 0; factors on the squared distances to each key. The search then
            minimises the products, and the distances returned are their square roots.

    Returns:
        Root-mean-square distances, (queries,), and indices of the nearest keys, (queries,).
    """
    parts = []
    for chunk in torch.split(queries, max(1, MAX_DISTANCES // len(keys))):
        squares = square_distances(chunk, keys)
        parts.append((squares if key_weights is None else squares.mul_(key_weights)).min(dim=1))
    smallest, index = (torch.cat(part) for part in zip(*parts))
    return smallest.sqrt(), index


def prefer_common_shifts(
    field: NearestPatches, image: Tensor, other: Tensor, *, size: int = PATCH_SIZE
) -> NearestPatches:
    """Resolve ties in a nearest-neighbour field in favour of the most frequent shifts.

    In a uniform region, many patches are equally near and the search returns an arbitrary one. Of
    patches whose distances differ by less than ``TIE_TOLERANCE``, this function takes one whose
    shift is among the ``NUM_COMMON_SHIFTS`` most frequent shifts of the field.

    Args:
        field: the nearest-neighbour field from ``image`` to ``other``.
        image: (1, C, h, w) in [-1, 1].
        other: (1, C, h', w') in [-1, 1].
        size: side of a patch in pixels, the same as for ``field``.

    Returns:
        A new field of the same shape.
    """
    queries, keys = extract_patches(image, size), extract_patches(other.to(image.dtype), size)
    rows, columns = (torch.arange(count, device=image.device) for count in field.sources.shape)
    shifts, counts = torch.unique(field.shifts.flatten(1), dim=1, return_counts=True)
    sources, distances = field.sources.flatten().clone(), field.distances.flatten().clone()
    for index in counts.argsort()[-NUM_COMMON_SHIFTS:]:  # the most frequent comes last and wins
        row, column = (rows + shifts[0, index])[:, None], columns + shifts[1, index]
        inside = (row >= 0) & (row < field.grid[0]) & (column >= 0) & (column < field.grid[1])
        here = inside.flatten().nonzero()[:, 0]
        there = (row * field.grid[1] + column).flatten()[here]
        shifted = (queries[here] - keys[there]).square().mean(dim=1).sqrt()
        tied = shifted <= field.distances.flatten()[here] + TIE_TOLERANCE
        sources[here[tied]], distances[here[tied]] = there[tied], shifted[tied]
    shape = field.sources.shape
    return NearestPatches(distances.reshape(shape), sources.reshape(shape), field.grid)


def square_distances(queries: Tensor, keys: Tensor) -> Tensor:
    """Compute the mean squared differences of all pairs, by ‖q‖² - 2 q·k + ‖k‖².

    Args:
        queries: (queries, values).
        keys: (keys, values).

    Returns:
        (queries, keys), >= 0.
    """
    centre = keys.mean(dim=0)  # subtracted, because smaller numbers lose less to rounding
    queries, keys = queries - centre, keys - centre
    lengths = queries.square().sum(dim=1)[:, None] + keys.square().sum(dim=1)
    return torch.addmm(lengths, queries, keys.T, alpha=-2).clamp_(min=0).div_(queries.shape[1])


def self_nn_distance(image: Tensor, *, size: int = PATCH_SIZE) -> Tensor:
    """Measure how far each patch is from the nearest non-overlapping patch of the same image.

    The distance is small where a texture repeats, as in clear sky, and large for a unique object.

    Args:
        image: (1, C, h, w) in [-1, 1].
        size: side of a patch in pixels.

    Returns:
        (rows, columns), >= 0; infinite for a patch that all others overlap, which happens in images
        less than three patches wide and high.

    Raises:
        ValueError: the image is smaller than a patch.
    """
    patches = extract_patches(image, size)
    overlapping = _overlapping(*patch_grid(image, size), size).to(image.device)
    parts = []
    chunk = max(1, MAX_DISTANCES // len(patches))
    for some, neighbours in zip(torch.split(patches, chunk), torch.split(overlapping, chunk)):
        squares = square_distances(some, patches).scatter_(1, neighbours, torch.inf)
        parts.append(squares.amin(dim=1))
    return torch.cat(parts).sqrt().reshape(patch_grid(image, size))


def _overlapping(rows: int, columns: int, size: int) -> Tensor:
    """Return the indices of the patches that overlap each patch: (patches, (2 size - 1)²).

    At the image border some indices occur more than once.
    """
    step = torch.arange(1 - size, size)
    row = (torch.arange(rows)[:, None] + step).clamp(0, rows - 1)  # (rows, 2 size - 1)
    column = (torch.arange(columns)[:, None] + step).clamp(0, columns - 1)
    indices = row[:, None, :, None] * columns + column[None, :, None, :]
    return indices.reshape(rows * columns, -1)
