"""Patches of a picture and the search for the nearest ones: the basis of metrics and baselines.

A patch is a k x k window of a picture, C * k * k numbers; a picture of h x w pixels has (h - k + 1)
x (w - k + 1) of them. Distances are root mean squares over a patch's values, in the unit of [-1, 1]
(0.1 is 12.75 grey levels). Taught in lesson 14.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

PATCH_SIZE = 7
CHUNK = 2**24  # distances held at once; the search needs twice these 64 MB
TIE, COMMON_SHIFTS = 1e-3, 8


@dataclass(frozen=True)
class NearestPatches:
    """The nearest-neighbour field: for each patch of one picture, the nearest in another.

    Attributes:
        distances: (rows, columns), root-mean-square difference to the nearest patch.
        sources: (rows, columns), its number in the other picture, counted row by row.
        grid: (rows, columns) of the other picture's patches.
    """

    distances: Tensor
    sources: Tensor
    grid: tuple[int, int]

    @property
    def shifts(self) -> Tensor:
        """Where each patch comes from, relative to where it is: (2, rows, columns), down, right."""
        rows, columns = self.sources.shape
        device = self.sources.device
        down = self.sources // self.grid[1] - torch.arange(rows, device=device)[:, None]
        right = self.sources % self.grid[1] - torch.arange(columns, device=device)
        return torch.stack([down, right])

    @property
    def shift_numbers(self) -> Tensor:
        """The shifts as one number each, from 1, (rows, columns); equal where shifts are equal."""
        down, right = self.shifts
        return (down + self.grid[0] + self.sources.shape[0]) * (
            self.grid[1] + self.sources.shape[1]
        ) + (right + self.sources.shape[1])


def patch_grid(image: Tensor, size: int = PATCH_SIZE) -> tuple[int, int]:
    """How many rows and columns of patches a picture (n, C, h, w) has."""
    return image.shape[-2] - size + 1, image.shape[-1] - size + 1


def extract_patches(image: Tensor, size: int = PATCH_SIZE) -> Tensor:
    """All patches of one picture (1, C, h, w), row by row: (patches, C * size * size).

    >>> extract_patches(torch.zeros(1, 3, 8, 10), 7).shape
    torch.Size([8, 147])

    Raises:
        ValueError: a picture smaller than a patch.
    """
    if min(image.shape[-2:]) < size:
        raise ValueError(
            f"A picture of {image.shape[-2]} x {image.shape[-1]} pixels holds no patch of {size} x "
            f"{size}; take smaller patches or a larger picture."
        )
    return F.unfold(image, size)[0].T.contiguous()


def average_patches(patches: Tensor, height: int, width: int, size: int = PATCH_SIZE) -> Tensor:
    """The picture (1, C, height, width) whose pixels are the means of the patches over them.

    Undoes ``extract_patches`` where the patches agree.
    """
    ones = patches.new_ones(1, 1, height, width)
    count = F.fold(F.unfold(ones, size), (height, width), size)
    return F.fold(patches.T[None], (height, width), size) / count


def nearest_patches(image: Tensor, other: Tensor, *, size: int = PATCH_SIZE) -> NearestPatches:
    """For each patch of ``image`` the nearest patch of ``other``, by full search.

    Args:
        image, other: one picture each, (1, C, h, w) in [-1, 1]; the sizes may differ.
    """
    queries, keys = extract_patches(image, size), extract_patches(other.to(image.dtype), size)
    sources = nearest(queries, keys)[1]
    # Anew for the pairs that were found, without the rounding of the search: 0 for what is equal.
    distances = (queries - keys[sources]).square().mean(dim=1).sqrt()
    grid = patch_grid(image, size)
    return NearestPatches(distances.reshape(grid), sources.reshape(grid), patch_grid(other, size))


def nearest(
    queries: Tensor, keys: Tensor, *, key_weights: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """For each query the nearest key: (root-mean-square distances, numbers of the keys).

    Args:
        queries, keys: (patches, values).
        key_weights: (keys,), factors on the squared distances to each key; the search then takes
            the smallest product (and the distances are products, too).
    """
    parts = []
    for chunk in queries.split(max(1, CHUNK // len(keys))):
        squares = square_distances(chunk, keys)
        parts.append((squares if key_weights is None else squares.mul_(key_weights)).min(dim=1))
    smallest, index = (torch.cat(part) for part in zip(*parts))
    return smallest.sqrt(), index


def prefer_common_shifts(
    field: NearestPatches, image: Tensor, other: Tensor, *, size: int = PATCH_SIZE
) -> NearestPatches:
    """The same field, but of equally near patches the one whose shift is common elsewhere.

    Equally near is within ``TIE``; common are the ``COMMON_SHIFTS`` most frequent ones. In a plain
    region all patches are equally near, and the search takes any.
    """
    queries, keys = extract_patches(image, size), extract_patches(other.to(image.dtype), size)
    rows, columns = (torch.arange(count, device=image.device) for count in field.sources.shape)
    shifts, counts = field.shifts.flatten(1).unique(dim=1, return_counts=True)
    sources, distances = field.sources.flatten().clone(), field.distances.flatten().clone()
    for index in counts.argsort()[-COMMON_SHIFTS:]:  # the most frequent one last, so that it wins
        row, column = (rows + shifts[0, index])[:, None], columns + shifts[1, index]
        inside = (row >= 0) & (row < field.grid[0]) & (column >= 0) & (column < field.grid[1])
        here = inside.flatten().nonzero()[:, 0]
        there = (row * field.grid[1] + column).flatten()[here]
        far = (queries[here] - keys[there]).square().mean(dim=1).sqrt()
        tied = far <= field.distances.flatten()[here] + TIE
        sources[here[tied]], distances[here[tied]] = there[tied], far[tied]
    shape = field.sources.shape
    return NearestPatches(distances.reshape(shape), sources.reshape(shape), field.grid)


def square_distances(queries: Tensor, keys: Tensor) -> Tensor:
    """Mean squared differences of all pairs, (queries, keys), by ‖q‖² - 2 q·k + ‖k‖²."""
    centre = keys.mean(dim=0)  # smaller numbers lose less to rounding
    queries, keys = queries - centre, keys - centre
    lengths = queries.square().sum(dim=1)[:, None] + keys.square().sum(dim=1)
    return torch.addmm(lengths, queries, keys.T, alpha=-2).clamp_(min=0).div_(queries.shape[1])


def self_nn_distance(image: Tensor, *, size: int = PATCH_SIZE) -> Tensor:
    """How far each patch is from the nearest one of the same picture that does not overlap it.

    A patch of clear sky has many like it, a patch of a face has none. Returns (rows, columns);
    infinite where all overlap, in a picture less than three patches wide and high.
    """
    patches = extract_patches(image, size)
    overlapping = _overlapping(*patch_grid(image, size), size).to(image.device)
    parts = []
    chunk = max(1, CHUNK // len(patches))
    for some, neighbours in zip(patches.split(chunk), overlapping.split(chunk)):
        squares = square_distances(some, patches).scatter_(1, neighbours, torch.inf)
        parts.append(squares.amin(dim=1))
    return torch.cat(parts).sqrt().reshape(patch_grid(image, size))


def _overlapping(rows: int, columns: int, size: int) -> Tensor:
    """For each patch the numbers of those that overlap it; at the border some come twice."""
    step = torch.arange(1 - size, size)
    row = (torch.arange(rows)[:, None] + step).clamp(0, rows - 1)  # (rows, 2 size - 1)
    column = (torch.arange(columns)[:, None] + step).clamp(0, columns - 1)
    numbers = row[:, None, :, None] * columns + column[None, :, None, :]
    return numbers.reshape(rows * columns, -1)  # (patches, (2 size - 1)²)
