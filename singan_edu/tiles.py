"""Images of any size in little memory: a generator computed tile by tile.

Between its layers a generator keeps 32 numbers per pixel (``channels`` of the config): for an image
of 4096 x 4096 pixels these maps take 2 GB. But a frozen generator is local: an output pixel depends
on the 11 x 11 pixels around it alone (paper, section 2.2). So any part of an image can be computed
from that part and five pixels around it. Put together, the tiles equal the output for the whole
image, up to the rounding of sums; nothing is blended.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from .networks import Generator

TILE_SIZE = 256  # pixels; the 32 maps of a tile about fit into a CPU's cache


def tiled_forward(
    generator: Generator, noise: Tensor, previous: Tensor, *, tile: int = TILE_SIZE
) -> Tensor:
    """Compute ``generator(noise, previous)``, in tiles where the image is larger than one.

    Each tile is cut out with ``generator.radius`` pixels around it, fewer where the image ends. The
    generator's padding is right at the border of the image. At a cut it is wrong, but influences
    only the pixels around the tile, which are dropped. A generator that is not local
    (``Generator.is_local``) computes the image at once, however large it is.

    Args:
        generator: of one level.
        noise: (n, C, h + 2p, w + 2p), already multiplied by the noise std; p is the noise padding.
        previous: (n, C, h, w).
        tile: longest side of a tile, in pixels.

    Returns:
        (n, C, h, w).
    """
    height, width = previous.shape[-2:]
    if max(height, width) <= tile or not generator.is_local:
        output: Tensor = generator(noise, previous)
        return output
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
