"""Measure peak memory and time of training one level, beside what the training plan estimates.

    python benchmarks/memory.py            a row per picture size and channel count

Each row is a fresh process that trains the finest level of a pyramid for two iterations; the time
is that of the second, one measurement, good for the growth from row to row and no more. The
constants in ``singan_edu/training/cost.py`` were fitted to this table (``benchmarks/results.md``).
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import torch

from singan_edu import TrainConfig, plan_pyramid
from singan_edu.training.cost import dummy_level
from singan_edu.training.level import train_iteration
from singan_edu.training.plan import LevelCost, TrainingPlan

CASES = [
    ("lesson", 64, 32),
    ("lesson", 128, 32),
    ("lesson", 250, 32),
    ("lesson", 500, 32),
    ("lesson", 1024, 32),
    ("paper", 128, 64),
    ("paper", 250, 128),
]


def main() -> None:
    """Print the table, or measure one case in this process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--case", nargs=3, help=argparse.SUPPRESS)
    case = parser.parse_args().case
    if case:
        print(*measure(case[0], int(case[1]), int(case[2])))
        return
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    print("| preset | picture | channels | peak, GB | estimate, GB | iteration, ms |")
    print("|---|---|---|---|---|---|")
    for preset, long_side, channels in CASES:
        command = [sys.executable, __file__, "--case", preset, str(long_side), str(channels)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peak, seconds = map(float, done.stdout.split())
        estimate = estimated(preset, long_side, channels)
        print(
            f"| {preset} | {long_side * 3 // 4} x {long_side} | {channels} | {peak / 1e9:.2f} | "
            f"{estimate / 1e9:.2f} | {1000 * seconds:.0f} |",
            flush=True,
        )


def measure(preset: str, long_side: int, channels: int) -> tuple[int, float]:
    """Peak resident memory of this process, in bytes, and seconds of the second iteration."""
    config = TrainConfig.preset(
        preset, max_size=long_side, channels=channels, max_channels=channels
    )
    pyramid = plan_pyramid(long_side * 3 // 4, long_side, max_size=long_side)
    state = dummy_level(config, pyramid, pyramid.num_levels - 1, 3, torch.device("cpu"))
    train_iteration(state)  # warms up
    started = time.perf_counter()
    train_iteration(state)
    seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, seconds


def estimated(preset: str, long_side: int, channels: int) -> float:
    """What the training plan says."""
    pyramid = plan_pyramid(long_side * 3 // 4, long_side, max_size=long_side)
    level = LevelCost(pyramid.sizes[-1], channels, 1, 0.0)
    return TrainingPlan(
        pyramid, TrainConfig.preset(preset), (level,), torch.device("cpu")
    ).memory_bytes


if __name__ == "__main__":
    main()
