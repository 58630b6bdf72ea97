"""What a training will cost on this machine, said before it begins. Taught in lesson 06."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from .callbacks import duration
from .config import TrainConfig
from .model import SinGAN, noise_shape
from .networks import build_generator, initialize
from .pyramid import PyramidPlan, plan_pyramid
from .receptive_field import receptive_field_share
from .trainer import LevelTraining, begin_level, train_iteration, uses_bfloat16

# Levels whose iteration should take longer than this are not tried out but reckoned from the level
# before, if that is as wide: what twice the channels cost, from two to four times as much, depends
# on the processor, and one trial tells.
LONGEST_TRIAL_SECONDS = 0.5
# A quick level is tried out at least FEWEST_TRIALS times and for TRIAL_SECONDS; on a machine that
# is busy with something else single iterations take a hundred times as long, which the median
# forgives.
FEWEST_TRIALS, TRIAL_SECONDS = 5, 0.3
# Peak memory of a training step, in values per pixel, channel and layer, with and without
# normalisation in the discriminator; and what Python and PyTorch take by themselves. Fitted to the
# peaks that benchmarks/memory.py measures (benchmarks/results.md).
VALUES_WITH_NORM, VALUES_WITHOUT_NORM = 16.0, 10.0
BASE_BYTES = 0.33e9


@dataclass(frozen=True)
class LevelCost:
    """What one level takes: ``iterations`` of ``seconds_per_iteration``, at ``size`` pixels."""

    size: tuple[int, int]
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
        config: the recipe.
        levels: cost of each level, coarse to fine.
        device: where it was measured.
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
        """The table that is printed before training."""
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


def plan_training(image: Tensor, config: TrainConfig) -> TrainingPlan:
    """Plan the pyramid of ``image``, and estimate time and memory by trying a few iterations out.

    Args:
        image: (1, C, H, W) in [-1, 1], on the device that will train.

    Raises:
        ValueError: the photograph is too small for the config's pyramid.
    """
    pyramid = plan_for(image, config)
    channels, costs = image.shape[1], []
    for level, size in enumerate(pyramid.sizes):
        width = config.channels_at(level)
        seconds = _scaled(costs[-1], size, width) if costs else 0.0
        is_long = seconds > LONGEST_TRIAL_SECONDS
        if not is_long or width != costs[-1].channels:
            trials = 1 if is_long else FEWEST_TRIALS
            seconds = _try_out(config, pyramid, level, channels, image.device, trials)
        costs.append(LevelCost(size, width, config.iterations_at(level), seconds))
    return TrainingPlan(pyramid, config, tuple(costs), image.device)


def plan_for(image: Tensor, config: TrainConfig) -> PyramidPlan:
    """The pyramid that ``config`` gives ``image``, (1, C, H, W)."""
    height, width = image.shape[-2:]
    return plan_pyramid(
        height,
        width,
        min_size=config.min_size,
        max_size=config.max_size,
        scale_factor=config.scale_factor,
        rule=config.pyramid_rule,
    )


def _scaled(cost: LevelCost, size: tuple[int, int], channels: int) -> float:
    """Seconds per iteration at ``size``, if arithmetic is all: pixels times channels squared."""
    work = (size[0] * size[1] * channels**2) / (cost.size[0] * cost.size[1] * cost.channels**2)
    return cost.seconds_per_iteration * work


def _try_out(
    config: TrainConfig,
    pyramid: PyramidPlan,
    level: int,
    channels: int,
    device: torch.device,
    trials: int,
) -> float:
    """Median seconds of an iteration of ``level``, on noise in place of a photograph."""
    state = rehearse(config, pyramid, level, channels, device)
    train_iteration(state)  # the first one warms up
    seconds: list[float] = []
    while len(seconds) < trials or sum(seconds) < TRIAL_SECONDS:
        started = time.perf_counter()
        train_iteration(state)
        float(state.losses["reconstruction"])  # waits until an accelerator is done
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def rehearse(
    config: TrainConfig, pyramid: PyramidPlan, level: int, channels: int, device: torch.device
) -> LevelTraining:
    """A level ready to be trained above an untrained pyramid."""
    rng = torch.Generator().manual_seed(0)
    image = (torch.rand(1, channels, *pyramid.sizes[-1], generator=rng) * 2 - 1).to(device)
    z_star = torch.randn(1, *noise_shape(config, 0, pyramid.sizes[0], channels), generator=rng)
    model = SinGAN(config, pyramid, image, z_star.to(device))
    for below in range(level):
        generator = build_generator(config, below, channels)
        initialize(generator, rng)
        model = model.with_level(generator.to(device), 0.1)
    return begin_level(model, rng)
