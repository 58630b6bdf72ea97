"""Measure what waiting PyTorch threads cost, alone and beside a second training on the same cores.

    python benchmarks/threads.py

libgomp's threads wait for each other in a busy loop of GOMP_SPINCOUNT rounds before they sleep. A
row is one setting: median milliseconds of a training iteration (preset ``lesson``) at three levels,
first with nothing else running, then beside a second training in the same setting. Linux only.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

import torch

from singan_edu import TrainConfig, plan_pyramid
from singan_edu.training.cost import dummy_level
from singan_edu.training.level import train_iteration

SETTINGS = [
    ("default, 2 threads", {}, 2),
    ("GOMP_SPINCOUNT=2000, 2 threads", {"GOMP_SPINCOUNT": "2000"}, 2),
    ("GOMP_SPINCOUNT=5000, 2 threads", {"GOMP_SPINCOUNT": "5000"}, 2),
    ("GOMP_SPINCOUNT=10000, 2 threads", {"GOMP_SPINCOUNT": "10000"}, 2),
    ("OMP_WAIT_POLICY=PASSIVE, 2 threads", {"OMP_WAIT_POLICY": "PASSIVE"}, 2),
    ("1 thread", {}, 1),
]
LEVELS = (0, 2, 4)  # of a pyramid of 72 x 96 pixels
ITERATIONS = 15


def main() -> None:
    """Print the table, or measure one setting in this process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--forever", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    while arguments.threads:
        print(measure(arguments.threads))
        if not arguments.forever:
            return
    print("| setting | alone, ms | beside a second training, ms |\n|---|---|---|")
    for name, variables, threads in SETTINGS:
        alone = run(variables, threads)
        other = subprocess.Popen(
            command(threads) + ["--forever"],
            env={**os.environ, **variables},
            stdout=subprocess.DEVNULL,
        )
        try:
            beside = run(variables, threads)
        finally:
            other.kill()
            other.wait()
        print(f"| {name} | {alone} | {beside} |", flush=True)


def command(threads: int) -> list[str]:
    """This script, measuring one setting in a process of its own."""
    return [sys.executable, __file__, "--threads", str(threads)]


def run(variables: dict[str, str], threads: int) -> str:
    """Measure in a fresh process, since the settings are read when PyTorch starts."""
    environment = {**os.environ, **variables}
    done = subprocess.run(
        command(threads), check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout.strip()


def measure(threads: int) -> str:
    """Median milliseconds of an iteration at each of LEVELS, as text."""
    torch.set_num_threads(threads)
    config = TrainConfig.preset("lesson", max_size=96)
    pyramid = plan_pyramid(72, 96, max_size=96)
    medians = []
    for level in LEVELS:
        state = dummy_level(config, pyramid, level, 3, torch.device("cpu"))
        train_iteration(state)  # warms up
        medians.append(statistics.median(timed(state) for _ in range(ITERATIONS)))
    return " / ".join(f"{1000 * seconds:.0f}" for seconds in medians)


def timed(state) -> float:
    """Seconds of one iteration."""
    started = time.perf_counter()
    train_iteration(state)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
