"""How much of a picture one output pixel sees: the receptive field of a stack of convolutions.

SinGAN's networks are the same small stack at every level, so what changes from level to level is
not the receptive field (11 x 11 pixels) but the picture under it: nearly half the height of the
coarsest level, a detail of the finest. Source: paper, section 2.1. Taught in lesson 02.
"""

from __future__ import annotations


def receptive_field(num_layers: int = 5, kernel_size: int = 3) -> int:
    """Side, in pixels, of the square that one output of stacked stride-1 convolutions depends on.

    Each layer widens the view by ``kernel_size - 1``: ``1 + num_layers * (kernel_size - 1)``
    (paper, section 2.2: five 3 x 3 convolutions see 11 x 11 pixels).

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
    """Share of the short side, and of the area, that a square of ``field`` pixels covers.

    Args:
        size: (height, width) of the picture in pixels.
        field: side of the receptive field in pixels.

    Returns:
        (share of the short side, share of the area), each in (0, 1]; a field larger than the
        picture covers all of it. Source: paper, section 2.1 and figure 4 ("effective patch size").

    >>> side, area = receptive_field_share((25, 33))
    >>> round(side, 2), round(area, 2)
    (0.44, 0.15)
    """
    height, width = size
    covered = min(field, height) * min(field, width)
    return min(1.0, field / min(height, width)), covered / (height * width)
