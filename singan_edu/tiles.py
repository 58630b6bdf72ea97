"""Images of any size in little memory: a generator computed tile by tile.

Between its layers a generator keeps 32 numbers per pixel (``channels`` of the config): for an image
of 4096 x 4096 pixels these maps take 2 GB. But a frozen generator with batch normalisation, or with
none, is local: an output pixel depends on the 11 x 11 pixels around it alone (paper, section 2.2).
So any part of an image can be computed from that part and five pixels around it. Put together, the
tiles equal the output for the whole image, up to the rounding of sums; nothing is blended.

With instance normalisation a pixel also depends on the mean and variance of every layer's features
over the whole image. They are measured first, layer by layer and tile by tile. With these numbers
fixed, the generator is local.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from .networks import Generator, split_stack

TILE_SIZE = 256  # pixels; the 32 maps of a tile about fit into a CPU's cache


def tiled_forward(
    generator: Generator, noise: Tensor, previous: Tensor, *, tile: int = TILE_SIZE
) -> Tensor:
    """Compute ``generator(noise, previous)``, in tiles where the image is larger than one.

    Each tile is cut out with ``generator.radius`` pixels around it, fewer where the image ends. The
    generator's padding is right at the border of the image. At a cut it is wrong, but influences
    only the pixels around the tile, which are dropped.

    With instance normalisation, the statistics of the whole image are measured first
    (``with_measured_statistics``), which runs three times as many layers. A generator with
    batch normalisation in training mode, or with instance normalisation and padding in every layer,
    is not tiled: it computes the whole image at once, however large.

    Args:
        generator: of one level.
        noise: (n, C, h + 2p, w + 2p), already multiplied by the noise std; p is the noise padding.
        previous: (n, C, h, w).
        tile: longest side of a tile, in pixels.

    Returns:
        (n, C, h, w).
    """
    height, width = previous.shape[-2:]
    if max(height, width) <= tile or not (generator.is_local or _can_measure(generator)):
        output: Tensor = generator(noise, previous)
        return output
    if not generator.is_local:  # each image has its own statistics
        count = max(len(noise), len(previous))
        one_by_one = (torch.split(x.expand(count, -1, -1, -1), 1) for x in (noise, previous))
        images = []
        for one in zip(*one_by_one):
            fixed = with_measured_statistics(generator, *one, tile=tile)
            images.append(tiled_forward(fixed, *one, tile=tile))
        return torch.cat(images)
    made = previous.new_empty(max(len(noise), len(previous)), *previous.shape[1:])
    for rows, seen_rows in tile_slices(height, tile, generator.radius):
        for columns, seen_columns in tile_slices(width, tile, generator.radius):
            window = generator(
                noise[
                    ...,
                    _with_noise_padding(seen_rows, generator),
                    _with_noise_padding(seen_columns, generator),
                ],
                previous[..., seen_rows, seen_columns],
            )
            made[..., rows, columns] = window[
                ..., _within(rows, seen_rows), _within(columns, seen_columns)
            ]
    return made


def _can_measure(generator: Generator) -> bool:
    """Whether the statistics of a generator's layers can be measured tile by tile."""
    return generator.norm == "instance" and generator.padding > 0


@torch.no_grad()
def with_measured_statistics(
    generator: Generator, noise: Tensor, previous: Tensor, *, tile: int = TILE_SIZE
) -> Generator:
    """Copy a generator with instance normalisation, its statistics fixed to those of one image.

    Args:
        generator: with ``norm="instance"`` and padding up front.
        noise: (1, C, h + 2p, w + 2p), already multiplied by the noise std; p is the noise padding.
        previous: (1, C, h, w).
        tile: longest side of a tile, in pixels.

    Returns:
        A local generator, which gives for this image the same output.
    """
    fixed = copy.deepcopy(generator)
    fixed.norm = "batch"
    inputs = generator.padded_inputs(noise, previous)
    blocks, _ = split_stack(fixed.stack)
    for depth, block in enumerate(blocks):
        before = nn.Sequential(*blocks[:depth], block.convolution)
        block[1] = _fixed_norm(block[1], *_feature_statistics(before, inputs, tile))
    return fixed.eval().requires_grad_(False)


def _feature_statistics(layers: nn.Sequential, inputs: Tensor, tile: int) -> tuple[Tensor, Tensor]:
    """Compute mean and variance of each channel of ``layers(inputs)``, tile by tile."""
    radius = sum(m.kernel_size[0] // 2 for m in layers.modules() if isinstance(m, nn.Conv2d))
    height, width = (side - 2 * radius for side in inputs.shape[-2:])
    total = squares = torch.zeros((), dtype=torch.float64)
    for rows, _ in tile_slices(height, tile, 0):
        for columns, _ in tile_slices(width, tile, 0):
            window = inputs[
                ..., rows.start : rows.stop + 2 * radius, columns.start : columns.stop + 2 * radius
            ]
            features = layers(window).double()
            total = total + features.sum(dim=(0, 2, 3))
            squares = squares + features.square().sum(dim=(0, 2, 3))
    mean = total / (height * width)
    return mean, squares / (height * width) - mean.square()


def _fixed_norm(norm: nn.Module, mean: Tensor, variance: Tensor) -> nn.BatchNorm2d:
    """Return a layer that normalises as ``norm`` does, with given statistics."""
    fixed = nn.BatchNorm2d(len(mean)).eval()
    fixed.load_state_dict(
        dict(norm.state_dict(), running_mean=mean, running_var=variance), strict=False
    )
    return fixed


def tile_slices(length: int, tile: int, halo: int) -> Iterator[tuple[slice, slice]]:
    """Cut ``length`` pixels into parts of nearly one size.

    Args:
        length: in pixels.
        tile: longest part, in pixels.
        halo: pixels on either side that a part depends on.

    Yields:
        For each part the pixels that belong to it, and those it depends on: ``halo`` more on either
        side, fewer where the ``length`` ends.

    >>> for part, seen in tile_slices(20, 8, 5):
    ...     print(part.start, part.stop, "from", seen.start, seen.stop)
    0 6 from 0 11
    6 13 from 1 18
    13 20 from 8 20
    """
    parts = -(-length // tile)  # rounded up
    cuts = [length * part // parts for part in range(parts + 1)]
    for start, stop in zip(cuts, cuts[1:]):
        yield slice(start, stop), slice(max(0, start - halo), min(length, stop + halo))


def _with_noise_padding(seen: slice, generator: Generator) -> slice:
    """Where the noise of ``seen`` lies in a map that is padded on both sides."""
    return slice(seen.start, seen.stop + 2 * generator.noise_padding)


def _within(part: slice, seen: slice) -> slice:
    """Where ``part`` lies within ``seen``."""
    return slice(part.start - seen.start, part.stop - seen.start)
