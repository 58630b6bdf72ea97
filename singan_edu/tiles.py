"""Pictures of any size in little memory: a generator computed tile by tile.

Between its layers a generator keeps ``width`` numbers per pixel: of a picture of 4096 x 4096 pixels
every such map takes 2 GB. But a frozen generator is local, a pixel depends on the 11 x 11 pixels
around it alone (paper, section 2.2), so any part of a picture can be computed from that part and
five pixels around it. The tiles are parts of the same picture, not pictures to be blended: put
together they are what the generator makes of the whole, up to the rounding of sums.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from .networks import Generator

TILE_SIZE = 256  # pixels; the 32 maps of a tile about fit into a CPU's cache


def tiled_forward(
    generator: Generator, noise: Tensor, previous: Tensor, *, tile: int = TILE_SIZE
) -> Tensor:
    """``generator(noise, previous)``, computed in tiles where the picture is larger than one.

    Each tile is cut out with ``generator.radius`` pixels around it, less where the picture ends.
    What the generator pads it with is right at the border of the picture; at a cut it is wrong, but
    reaches no further than the pixels around the tile, which are thrown away. A generator that is
    not local (``Generator.is_local``) computes the picture whole, however large it is.

    Args:
        noise, previous: as ``Generator.forward`` takes them, (n, C, h + 2m, w + 2m) and
            (n, C, h, w).
        tile: longest side of a tile, in pixels.

    Returns:
        (n, C, h, w).
    """
    height, width = previous.shape[-2:]
    if max(height, width) <= tile or not generator.is_local:
        return generator(noise, previous)
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
    """Cut ``length`` pixels into parts of nearly one size, at most ``tile`` long.

    Yields:
        For each part the pixels that belong to it, and those it depends on: ``halo`` more on
        either side, less where the ``length`` ends.

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
    """Where the noise of ``seen`` lies in a map that is larger by the margin, on both sides."""
    return slice(seen.start, seen.stop + 2 * generator.noise_padding)


def _within(part: slice, seen: slice) -> slice:
    """Where ``part`` lies within ``seen``."""
    return slice(part.start - seen.start, part.stop - seen.start)
