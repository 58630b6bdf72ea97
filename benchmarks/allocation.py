"""Measure what it costs to fetch every large tensor's memory from the system anew.

    python benchmarks/allocation.py

The C library of Linux (glibc) gives a block of over 32 MB back to the system as soon as it is
freed; the next such block comes page by page, each cleared first. A row is one picture size: median
milliseconds of an iteration at the finest level (preset ``lesson``) and peak memory, as the system
has it, and with ``HEAP``, which keeps what was freed for the next tensor and which ``run.py`` sets.
Fresh processes in turns; Linux only. The last column compares times with the number of pixels.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time

import torch

from singan_edu import TrainConfig, plan_pyramid
from singan_edu.training.cost import dummy_level
from singan_edu.training.level import train_iteration

HEAP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(4 * 2**30)}
LONG_SIDES = (128, 250, 500, 1024)
ROUNDS, ITERATIONS = 3, 5


def main() -> None:
    """Print the table, or measure one size in this process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--long-side", type=int, help=argparse.SUPPRESS)
    long_side = parser.parse_args().long_side
    if long_side:
        print(*measure(long_side))
        return
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    print("| picture | default, ms | default, GB | kept, ms | kept, GB | kept, µs per pixel |")
    print("|---|---|---|---|---|---|")
    for long_side in LONG_SIDES:
        runs: dict[str, list[list[float]]] = {"default": [], "kept": []}
        for _ in range(ROUNDS):  # in turns, so that both meet the same disturbances
            runs["default"].append(run(long_side, {}))
            runs["kept"].append(run(long_side, HEAP))
        cells = [f"{spread(found)} | {max(gb for *_, gb in found):.2f}" for found in runs.values()]
        pixels = long_side * (long_side * 3 // 4)
        each = 1e6 * statistics.median(s for *found, _ in runs["kept"] for s in found) / pixels
        size = f"{long_side * 3 // 4} x {long_side}"
        print(f"| {size} | {' | '.join(cells)} | {each:.2f} |", flush=True)


def run(long_side: int, variables: dict[str, str]) -> list[float]:
    """Seconds of the iterations and, last, the peak in GB, from a fresh process."""
    command = [sys.executable, __file__, "--long-side", str(long_side)]
    unset = {name: value for name, value in os.environ.items() if name not in HEAP}
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=unset | variables
    )
    return [float(word) for word in done.stdout.split()]


def measure(long_side: int) -> list[float]:
    """Seconds of ITERATIONS iterations after two to warm up, then peak resident memory in GB."""
    config = TrainConfig.preset("lesson", max_size=long_side)
    pyramid = plan_pyramid(long_side * 3 // 4, long_side, max_size=long_side)
    state = dummy_level(config, pyramid, pyramid.num_levels - 1, 3, torch.device("cpu"))
    seconds = []
    for _ in range(ITERATIONS + 2):
        started = time.perf_counter()
        train_iteration(state)
        seconds.append(time.perf_counter() - started)
    return [*seconds[2:], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9]


def spread(runs: list[list[float]]) -> str:
    """Median of all iterations, and the middle half, in milliseconds."""
    times = [1000 * seconds for *found, _ in runs for seconds in found]
    low, middle, high = statistics.quantiles(times, n=4)
    return f"{middle:.0f} ({low:.0f}–{high:.0f})"


if __name__ == "__main__":
    main()
