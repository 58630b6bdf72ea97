"""What a training will do and what it will cost: sizes, iterations, time and memory.

Taught in lesson 06.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..config import TrainConfig
from ..images import Size, size_of
from ..pyramid import PyramidPlan, plan_pyramid
from ..receptive_field import receptive_field_share
from .precision import uses_bfloat16

# Peak memory of a training step, in values per pixel, channel and layer, with and without
# normalisation in the discriminator; and what Python and PyTorch take by themselves. Fitted to the
# peaks that benchmarks/memory.py measures (benchmarks/results.md).
VALUES_WITH_NORM, VALUES_WITHOUT_NORM = 16.0, 10.0
BASE_BYTES = 0.33e9


def plan_for(image: Tensor, config: TrainConfig) -> PyramidPlan:
    """Plan the pyramid of an image.

    Args:
        image: (1, C, H, W).
        config: sizes and scale factor.

    Raises:
        ValueError: the image is too small for the config.
    """
    height, width = size_of(image)
    return plan_pyramid(
        height,
        width,
        min_size=config.min_size,
        max_size=config.max_size,
        scale_factor=config.scale_factor,
        rule=config.pyramid_rule,
    )


@dataclass(frozen=True)
class LevelCost:
    """The estimated cost of one level.

    Attributes:
        size: (height, width) in pixels.
        channels: of the hidden layers of both networks.
        iterations: how many the level gets.
        seconds_per_iteration: on this machine.
    """

    size: Size
    channels: int
    iterations: int
    seconds_per_iteration: float

    @property
    def seconds(self) -> float:
        """Estimated time of the level."""
        return self.iterations * self.seconds_per_iteration


@dataclass(frozen=True)
class TrainingPlan:
    """The plan of a training and its estimated cost; ``print(plan)`` shows the table.

    Attributes:
        pyramid: the sizes.
        config: the configuration.
        levels: cost of each level, coarse to fine.
        device: where it was timed.
    """

    pyramid: PyramidPlan
    config: TrainConfig
    levels: tuple[LevelCost, ...]
    device: torch.device

    @property
    def seconds(self) -> float:
        """Estimated time of the whole training."""
        return sum(level.seconds for level in self.levels)

    @property
    def memory_bytes(self) -> float:
        """Estimated peak memory of the process, PyTorch itself included."""
        activations = max(level.size[0] * level.size[1] * level.channels for level in self.levels)
        plain = self.config.discriminator_norm == "none"
        values = VALUES_WITHOUT_NORM if plain else VALUES_WITH_NORM
        size = 2 if uses_bfloat16(self.config.precision, self.device) else 4  # bytes of one value
        return BASE_BYTES + size * values * self.config.num_layers * activations

    def describe(self) -> str:
        """Return the table that is printed before training."""
        lines = [
            self.pyramid.headline(),
            "level  paper n  height x width  channels  iterations   field: side   area      time",
        ]
        for number, level in enumerate(self.levels):
            side, area = receptive_field_share(level.size, self.config.receptive_field)
            lines.append(
                f"{number:5d}  {self.pyramid.paper_scale(number):7d}  {level.size[0]:6d} x "
                f"{level.size[1]:<5d}  {level.channels:8d}  {level.iterations:10d}  "
                f"{side:12.0%}  {area:5.1%}  {duration(level.seconds):>8s}"
            )
        threads = f"{torch.get_num_threads()} threads, " if self.device.type == "cpu" else ""
        lines.append(
            f"estimate: {duration(self.seconds)} and {self.memory_bytes / 1e9:.1f} GB of memory "
            f"({self.device.type}, {threads}tried out just now)"
        )
        return "\n".join(lines)

    __str__ = describe


def duration(seconds: float) -> str:
    """Write a duration in words.

    Args:
        seconds: 0 or more.

    >>> duration(4.2), duration(75), duration(5400)
    ('4 s', '1 min 15 s', '1 h 30 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
