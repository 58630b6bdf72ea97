"""Estimate what a training will cost on this machine, before it begins. Taught in lesson 06."""

from __future__ import annotations

import statistics
import time

import torch
from torch import Tensor

from ..config import TrainConfig
from ..images import Size
from ..model import SinGAN, noise_shape
from ..networks import build_generator, initialize
from ..pyramid import PyramidPlan
from .level import begin_level, train_iteration
from .plan import LevelCost, TrainingPlan, plan_for
from .state import TrainState

# A level whose iteration should take longer than this is not timed but extrapolated from the
# previous level, if that is as wide. What twice the channels cost, two to four times as much,
# depends on the processor, so a new width is timed once.
LONGEST_TRIAL_SECONDS = 0.5
# A quick level is timed at least FEWEST_TRIALS times and for TRIAL_SECONDS. On a busy machine
# single iterations take a hundred times as long, which does not change the median.
FEWEST_TRIALS, TRIAL_SECONDS = 5, 0.3


def plan_training(image: Tensor, config: TrainConfig) -> TrainingPlan:
    """Plan the pyramid of an image, and estimate time and memory by timing a few iterations.

    Args:
        image: (1, C, H, W) in [-1, 1], on the device that will train.
        config: the configuration of the training.

    Raises:
        ValueError: the image is too small for the config's pyramid.
    """
    return estimate_cost(plan_for(image, config), config, image.shape[1], image.device)


def estimate_cost(
    pyramid: PyramidPlan, config: TrainConfig, image_channels: int, device: torch.device
) -> TrainingPlan:
    """Estimate the time of every level of a pyramid by timing a few iterations.

    Args:
        pyramid: the sizes.
        config: the configuration of the training.
        image_channels: 1 or 3.
        device: that will train.
    """
    costs: list[LevelCost] = []
    for level, size in enumerate(pyramid.sizes):
        width = config.channels_at(level)
        seconds = _extrapolate(costs[-1], size, width) if costs else 0.0
        is_long = seconds > LONGEST_TRIAL_SECONDS
        if not is_long or width != costs[-1].channels:
            state = dummy_level(config, pyramid, level, image_channels, device)
            seconds = _time_iteration(state, 1 if is_long else FEWEST_TRIALS)
        costs.append(LevelCost(size, width, config.iterations_at(level), seconds))
    return TrainingPlan(pyramid, config, tuple(costs), device)


def _extrapolate(cost: LevelCost, size: Size, channels: int) -> float:
    """Seconds per iteration at ``size``, if time is proportional to pixels times channels²."""
    work = (size[0] * size[1] * channels**2) / (cost.size[0] * cost.size[1] * cost.channels**2)
    return cost.seconds_per_iteration * work


def _time_iteration(state: TrainState, trials: int) -> float:
    """Median seconds of an iteration over at least ``trials`` of them."""
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
    """Set up a level above an untrained pyramid, on noise in place of a training image.

    Args:
        config: the configuration of the training.
        pyramid: the sizes.
        level: 0 is the coarsest.
        channels: of the image, 1 or 3.
        device: where to train.
    """
    rng = torch.Generator().manual_seed(0)
    size = (1, channels, *pyramid.sizes[-1])
    image = (torch.rand(size, generator=rng, dtype=torch.float32) * 2 - 1).to(device)
    shape = (1, *noise_shape(config, 0, pyramid.sizes[0], channels))
    z_star = torch.randn(shape, generator=rng, dtype=torch.float32)
    model = SinGAN(config, pyramid, image, z_star.to(device))
    for below in range(level):
        generator = build_generator(config, below, channels)
        initialize(generator, rng)
        model = model.with_level(generator.to(device), 0.1)
    return begin_level(model, rng)
