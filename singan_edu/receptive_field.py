"""The receptive field of a stack of convolutions, and how much of an image it covers.

SinGAN's networks are the same small stack at every level. The receptive field stays 11 x 11 pixels
while the image grows: it covers nearly half the height of the coarsest level, but only a detail of
the finest. Source: paper, section 2.1. Taught in lesson 02.
"""

from __future__ import annotations


def receptive_field(num_layers: int = 5, kernel_size: int = 3) -> int:
    """Return the side of the receptive field of stacked stride-1 convolutions, in pixels.

    Each layer adds ``kernel_size - 1``: ``1 + num_layers * (kernel_size - 1)`` (paper, section 2.2:
    five 3 x 3 convolutions have 11 x 11 pixels).

    Args:
        num_layers: number of convolutions, 1 or more.
        kernel_size: of each, in pixels; odd.

    Raises:
        ValueError: fewer than one layer, or a kernel that has no centre pixel.

    >>> receptive_field()
    11
    """
    if num_layers < 1 or kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(
            f"A stack needs at least one layer and an odd kernel size; got "
            f"num_layers={num_layers}, kernel_size={kernel_size}."
        )
    return 1 + num_layers * (kernel_size - 1)


def receptive_field_share(size: tuple[int, int], field: int = 11) -> tuple[float, float]:
    """Return the share of the short side, and of the area, that a square covers.

    Source: paper, section 2.1 and figure 4 ("effective patch size").

    Args:
        size: (height, width) of the image in pixels.
        field: side of the receptive field in pixels.

    Returns:
        (share of the short side, share of the area), each in (0, 1]; a field larger than the image
        covers all of it.

    >>> side, area = receptive_field_share((25, 33))
    >>> round(side, 2), round(area, 2)
    (0.44, 0.15)
    """
    height, width = size
    covered = min(field, height) * min(field, width)
    return min(1.0, field / min(height, width)), covered / (height * width)
