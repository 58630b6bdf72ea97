"""What a training will cost on this machine, said before it begins. Taught in lesson 06."""

from __future__ import annotations

import statistics
import time

import torch
from torch import Tensor

from ..config import TrainConfig
from ..model import SinGAN, noise_shape
from ..networks import build_generator, initialize
from ..pyramid import PyramidPlan
from .level import begin_level, train_iteration
from .plan import LevelCost, TrainingPlan, plan_for
from .state import TrainState

# Levels whose iteration should take longer than this are not tried out but reckoned from the level
# before, if that is as wide: what twice the channels cost, from two to four times as much, depends
# on the processor, and one trial tells.
LONGEST_TRIAL_SECONDS = 0.5
# A quick level is tried out at least FEWEST_TRIALS times and for TRIAL_SECONDS; on a machine that
# is busy with something else single iterations take a hundred times as long, which the median
# forgives.
FEWEST_TRIALS, TRIAL_SECONDS = 5, 0.3


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
            seconds = _time_iteration(config, pyramid, level, channels, image.device, trials)
        costs.append(LevelCost(size, width, config.iterations_at(level), seconds))
    return TrainingPlan(pyramid, config, tuple(costs), image.device)


def _scaled(cost: LevelCost, size: tuple[int, int], channels: int) -> float:
    """Seconds per iteration at ``size``, if arithmetic is all: pixels times channels squared."""
    work = (size[0] * size[1] * channels**2) / (cost.size[0] * cost.size[1] * cost.channels**2)
    return cost.seconds_per_iteration * work


def _time_iteration(
    config: TrainConfig,
    pyramid: PyramidPlan,
    level: int,
    channels: int,
    device: torch.device,
    trials: int,
) -> float:
    """Median seconds of an iteration of ``level``, on noise in place of a photograph."""
    state = dummy_level(config, pyramid, level, channels, device)
    train_iteration(state)  # the first one warms up
    seconds: list[float] = []
    while len(seconds) < trials or sum(seconds) < TRIAL_SECONDS:
        started = time.perf_counter()
        train_iteration(state)
        float(state.losses["reconstruction"])  # waits until an accelerator is done
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def dummy_level(
    config: TrainConfig, pyramid: PyramidPlan, level: int, channels: int, device: torch.device
) -> TrainState:
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
