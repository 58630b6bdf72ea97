"""What lesson 13 experiments with: small films, faulty walks, and the memory that tensors hold."""

from __future__ import annotations

import gc

import torch
from matplotlib.figure import Figure
from torch import Tensor

from ...applications.animation import ALPHA, BETA, walk
from ...images import resize, size_of
from .. import plots

FRAMES, PIXELS = 120, 400
FAULTS = ["no way back", "cross-faded", "swapped"]  # of the films A, B and C


def reduced(film: Tensor, longest: int) -> Tensor:
    """Reduce the frames of a film, so that its player takes less room in the notebook.

    Args:
        film: (frames, C, H, W) in [-1, 1].
        longest: largest long side of the result, in pixels.

    Returns:
        The frames, of the same aspect ratio; the film itself if it is small enough.
    """
    factor = longest / max(size_of(film))
    if factor >= 1:
        return film
    height, width = (round(side * factor) for side in size_of(film))
    return resize(film, (height, width))


def normal_noise(*shape: int, seed: int) -> Tensor:
    """Draw independent standard normal values.

    Args:
        shape: of the result.
        seed: of the draw.

    Returns:
        A tensor of that shape.
    """
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def noise_film(name: str) -> Tensor:
    """Compute the noise of an animation, relative to that of the reconstruction.

    Each of A, B and C has one fault; exercise 13.3 asks which.

    Args:
        name: ``"reference"`` for a correct one, ``"A"``, ``"B"`` or ``"C"``.

    Returns:
        (120, 400): 120 frames of 400 pixels, each of which walks independently.
    """
    shocks = normal_noise(FRAMES, PIXELS, seed=13)
    if name == "A":  # no way back
        return walk(shocks, alpha=1e-9, beta=BETA)
    if name == "B":
        return cross_faded(normal_noise(3 * FRAMES, PIXELS, seed=14))
    if name == "C":
        return walk(shocks, alpha=BETA, beta=ALPHA, loop=True)
    return walk(shocks, loop=True)


def cross_faded(shocks: Tensor) -> Tensor:
    """Close a walk by fading one part of it into another, which loses variance in between.

    Args:
        shocks: standard normal values (3 T, pixels).

    Returns:
        The noise of T frames, (T, pixels).
    """
    settled = walk(shocks)[len(shocks) // 3 :]  # the first third still depends on the start
    first, second = settled.chunk(2)
    weights = (torch.arange(len(first)) / len(first))[:, None]
    return (1 - weights) * second + weights * first


def draw_walks(expected: Tensor, yours: Tensor) -> Figure:
    """Draw the first pixel of two walks, played one and a half times.

    Args:
        expected: (T, …).
        yours: (T, …).

    Returns:
        The figure, with a curve for each walk.
    """
    count = len(expected)
    shown = count * 3 // 2
    curves = {
        name: (range(shown), torch.cat([y, y])[:shown].flatten(1)[:, 0].tolist())
        for name, y in (("expected", expected), ("yours", yours))
    }
    return plots.plot_curves(curves, x="frame", y="noise of one pixel", mark=count)


def tensor_elements() -> int:
    """Count the elements of all tensors that are alive in this process.

    Returns:
        The number of elements.
    """
    gc.collect()
    return sum(thing.numel() for thing in gc.get_objects() if type(thing) is Tensor)
