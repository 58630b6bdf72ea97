"""The image pyramid: one image at several sizes, coarse to fine.

Level 0 is the coarsest. The paper counts the other way (its scale n = N is the coarsest, n = 0 the
finest), so every table here prints both. Source: paper, section 2.1 and 2.3. Taught in lesson 01.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from .config import PYRAMID_RULES
from .images import Size, fitted_size, resize, round_half_up, size_of
from .receptive_field import receptive_field, receptive_field_share


@dataclass(frozen=True)
class PyramidPlan:
    """The sizes of a pyramid, decided before anything is computed.

    Attributes:
        sizes: (height, width) in pixels of each level, coarse to fine.
        scale_factor: size of a level relative to the next finer one (the paper's 1/r), adjusted so
            that a whole number of steps fits.
        original_size: (height, width) in pixels of the image, before it was reduced to the finest
            level.
    """

    sizes: tuple[Size, ...]
    scale_factor: float
    original_size: Size

    @property
    def num_levels(self) -> int:
        """How many levels there are (the paper's N + 1)."""
        return len(self.sizes)

    def label(self, level: int) -> str:
        """Name a level by both numberings, for figures and tables.

        Args:
            level: 0 is the coarsest.

        >>> plan_pyramid(186, 248).label(0)
        'level 0 (paper n=7)'
        """
        return f"level {level} (paper n={self.paper_scale(level)})"

    def paper_scale(self, level: int) -> int:
        """Return the paper's number of a level: 0 for the finest, N for the coarsest.

        Args:
            level: 0 is the coarsest.
        """
        return self.num_levels - 1 - level

    def describe(self, *, field: int = receptive_field()) -> str:
        """Return a table of the levels: size, pixels, share covered by the receptive field.

        Args:
            field: side of the receptive field in pixels.
        """
        lines = [self.headline(), "level  paper n   height x width    pixels   field: side    area"]
        for level, (height, width) in enumerate(self.sizes):
            side, area = receptive_field_share((height, width), field)
            lines.append(
                f"{level:5d}  {self.paper_scale(level):7d}  {height:7d} x {width:<6d}"
                f"{height * width:9,d}  {side:12.0%}  {area:6.1%}"
            )
        return "\n".join(lines)

    def headline(self) -> str:
        """Say in one sentence how many levels there are, their ratio, and how the image is used."""
        height, width = self.sizes[-1]
        text = f"{self.num_levels} levels, each {1 / self.scale_factor:.3f} times the one before; "
        if self.original_size == self.sizes[-1]:
            return text + f"the photograph is used at its own {height} x {width} pixels."
        return text + (
            f"the photograph of {self.original_size[0]} x {self.original_size[1]} pixels is "
            f"reduced to {height} x {width} (max_size)."
        )


def plan_pyramid(
    height: int,
    width: int,
    *,
    min_size: int = 25,
    max_size: int = 250,
    scale_factor: float = 0.75,
    rule: str = "paper",
) -> PyramidPlan:
    """Decide the sizes of all levels of a pyramid.

    Args:
        height: of the image, in pixels.
        width: of the image, in pixels.
        min_size: short side of the coarsest level, in pixels.
        max_size: long side of the finest level, in pixels; a larger image is reduced, none is
            enlarged.
        scale_factor: wanted size of a level relative to the next finer one (1/r; the paper's r is
            4/3).
        rule: ``"paper"`` takes the nearest whole number of steps of ``1 / scale_factor`` between
            ``min_size`` and the short side, so that r comes near it; ``"official"`` is the formula
            of the authors' code, which takes one or two levels more (r between 1.2 and 1.3).

    Raises:
        ValueError: the short side is below ``min_size`` after reduction to ``max_size`` (the
            message names the ``max_size`` that would do), or an argument is out of range.

    >>> plan_pyramid(188, 250).sizes[0], plan_pyramid(188, 250).num_levels
    ((25, 33), 8)
    """
    if rule not in PYRAMID_RULES:
        raise ValueError(f"rule={rule!r} is not known; choose one of {', '.join(PYRAMID_RULES)}.")
    if not 0 < scale_factor < 1:
        raise ValueError(
            f"scale_factor={scale_factor} must lie between 0 and 1 (the paper's is 0.75)."
        )
    if min(height, width, min_size, max_size) < 1:
        raise ValueError(
            f"Sizes must be at least 1 pixel; got a photograph of {height} x {width}, "
            f"min_size={min_size}, max_size={max_size}."
        )
    finest = fitted_size(height, width, max_size)
    _check_large_enough((height, width), finest, min_size)
    if min(finest) == min_size:
        sizes, factor = [finest], scale_factor
    elif rule == "official":
        sizes, factor = _official_sizes((height, width), min_size, max_size, scale_factor)
    else:
        sizes, factor = _paper_sizes(finest, min_size, scale_factor)
    return PyramidPlan(tuple(sizes), factor, (height, width))


def _paper_sizes(finest: Size, min_size: int, scale_factor: float) -> tuple[list[Size], float]:
    """The nearest whole number N of wanted steps; then r = (short side / min_size)^(1/N)."""
    ratio = min(finest) / min_size
    steps = max(1, round_half_up(math.log(ratio) / math.log(1 / scale_factor)))
    r = float(ratio ** (1 / steps))
    height, width = finest
    sizes = [
        (round_half_up(height / r**n), round_half_up(width / r**n)) for n in range(steps, -1, -1)
    ]
    return sizes, 1 / r


def _official_sizes(
    original: Size, min_size: int, max_size: int, scale_factor: float
) -> tuple[list[Size], float]:
    """The formula of the authors' code; its level count depends on the size before reduction.

    Its sizes are rounded up; the small subtraction keeps rounding errors from adding a whole pixel.
    """
    short, long = min(original), max(original)
    log_factor = math.log(scale_factor)
    levels_to_min = math.ceil(math.log(min_size / short) / log_factor) + 1
    levels_to_skip = math.ceil(math.log(min(max_size, long) / long) / log_factor)
    steps = max(1, levels_to_min - levels_to_skip)
    reduction = min(max_size / long, 1.0)
    height, width = (_round_up(side * reduction) for side in original)
    factor = float((min_size / min(height, width)) ** (1 / steps))
    sizes = [
        (_round_up(height * factor**n), _round_up(width * factor**n)) for n in range(steps, -1, -1)
    ]
    return sizes, factor


def _round_up(value: float) -> int:
    return math.ceil(value - 1e-6)


def _check_large_enough(original: Size, finest: Size, min_size: int) -> None:
    """Refuse a photograph whose short side falls below ``min_size``, and say what would work."""
    if min(finest) >= min_size:
        return
    if min(original) < min_size:
        advice = (
            f"Use a larger photograph, or a config with min_size={min(original)} or less."
            if min(original) >= receptive_field()
            else f"Use a larger photograph: at least {min_size} pixels on its short side."
        )
    else:
        needed = next(
            size
            for size in range(max(finest), max(original) + 1)
            if min(fitted_size(*original, size)) >= min_size
        )
        advice = f"Use max_size={needed} or more."
    raise ValueError(
        f"The photograph of {original[0]} x {original[1]} pixels would be {finest[0]} x "
        f"{finest[1]} at the finest level; its short side is below min_size={min_size}, so there "
        f"is no pyramid. {advice}"
    )


def image_pyramid(image: Tensor, plan: PyramidPlan, *, quantize: bool = False) -> list[Tensor]:
    """Resize an image to each size of a plan, coarse to fine.

    Every level is reduced from the finest one, not from its neighbour, so that blur does not add up
    (authors' code). Taught in lesson 01.

    Args:
        image: (1, C, H, W) in [-1, 1], of the plan's original or finest size.
        plan: the sizes.
        quantize: the authors' 8-bit truncation at each resize (see ``resize``).

    Returns:
        Tensors (1, C, h, w), one per level.

    Raises:
        ValueError: the image has another size.
    """
    if size_of(image) not in (plan.original_size, plan.sizes[-1]):
        raise ValueError(
            f"The plan was made for a photograph of {plan.original_size[0]} x "
            f"{plan.original_size[1]} pixels, this one is {image.shape[-2]} x "
            f"{image.shape[-1]}; make a plan for it with plan_pyramid."
        )
    finest = resize(image, plan.sizes[-1], quantize=quantize)
    return [resize(finest, size, quantize=quantize) for size in plan.sizes[:-1]] + [finest]
