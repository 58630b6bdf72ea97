"""Measure what large samples take, computed in tiles and whole, and how far the two are apart.

    python benchmarks/tiles.py             a row per size

One pyramid is trained for a few iterations on a picture that ships, at 96 x 128 pixels; how good it
is does not matter here. Each row is a fresh process that draws one sample from it. Times include
the noise and the resizing, not the start of Python.
"""

from __future__ import annotations

import argparse
import functools
import resource
import subprocess
import sys
import tempfile
import time
from unittest import mock

import torch
from torch import Tensor

from singan_edu import SinGAN, TrainConfig, sample_image, train
from singan_edu.tiles import tiled_forward

CASES = [(512, "whole"), (512, "tiles"), (1024, "whole"), (1024, "tiles")]
CASES += [(2048, "tiles"), (4096, "tiles")]
COMPARED = 1024  # pixels; small enough to be computed whole
WHOLE = functools.partial(tiled_forward, tile=sys.maxsize)


def main() -> None:
    """Print the table, or measure one case in this process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--case", nargs=3, help=argparse.SUPPRESS)
    case = parser.parse_args().case
    if case:
        print(*measure(SinGAN.load(case[0]), int(case[1]), case[2]))
        return
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    config = TrainConfig.preset("lesson", max_size=128, iterations=20)
    model = train(sample_image("autumn_wood"), config, callbacks=())
    print("| sample | computed | peak, GB | seconds |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        model.save(folder)
        for side, how in CASES:
            command = [sys.executable, __file__, "--case", folder, str(side), how]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            peak, seconds = map(float, done.stdout.split())
            print(f"| {side} x {side} | {how} | {peak / 1e9:.2f} | {seconds:.1f} |", flush=True)
    whole, tiles = (sample(model, COMPARED, how) for how in ("whole", "tiles"))
    print(f"largest difference of the two at {COMPARED}: {(whole - tiles).abs().max():.1e}")


def measure(model: SinGAN, side: int, how: str) -> tuple[int, float]:
    """Peak resident memory of this process in bytes, and the seconds that one sample takes."""
    started = time.perf_counter()
    sample(model, side, how)
    seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, seconds


def sample(model: SinGAN, side: int, how: str) -> Tensor:
    """A sample of ``side`` x ``side`` pixels, in tiles as always, or ``"whole"``."""
    if how == "tiles":
        return model.sample(seed=0, size=(side, side))
    with mock.patch("singan_edu.model.tiled_forward", WHOLE):
        return model.sample(seed=0, size=(side, side))


if __name__ == "__main__":
    main()
