"""What "the same seed" gives: the same model again, with other threads, in other precision.

    python benchmarks/reproducibility.py                        about five minutes on two cores
    python benchmarks/reproducibility.py --max-size 96 --iterations 400

Every training runs in a process of its own. The table compares its reconstruction and a sample of
one seed with those of the first training, as RMSE in grey levels (of 255); 0 is equal bit for bit.
The last row is another seed: the difference that chance makes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

import singan_edu as sg

PICTURE = "balloon_festival"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line; train, compare, print the table.

    Args:
        arguments: of the command line; those of the process if not given.
    """
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--max-size", type=int, default=64)
    parser.add_argument("--iterations", type=int, default=120, help="of each level")
    parser.add_argument("--case", nargs=4, help=argparse.SUPPRESS)  # preset precision seed folder
    options = parser.parse_args(arguments)
    if options.case:
        preset, precision, seed, folder = options.case
        train_one(configuration(options, preset, precision), int(seed), Path(folder))
        return
    print(f"torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, {PICTURE}\n")
    print("| preset | precision | compared with one thread, seed 0 | reconstruction | sample |")
    print("|---|---|---|---|---|")
    for preset, precision, name, gaps in comparisons(options):
        print(f"| {preset} | {precision} | {name} | {gaps[0]:.2f} | {gaps[1]:.2f} |", flush=True)


def configuration(options: argparse.Namespace, preset: str, precision: str) -> sg.TrainConfig:
    """Return the configuration of one training.

    Args:
        options: of the command line.
        preset: ``"lesson"`` or ``"paper"``.
        precision: ``"float32"`` or ``"bfloat16"``.
    """
    return sg.TrainConfig.preset(
        preset, max_size=options.max_size, iterations=options.iterations, precision=precision
    )


def comparisons(
    options: argparse.Namespace,
) -> Iterator[tuple[str, str, str, tuple[float, float]]]:
    """Train each preset in several ways and compare with the first.

    Args:
        options: of the command line.

    Yields:
        Preset, precision, what differs, and the two RMSEs in grey levels.
    """
    cases = (("lesson", "float32"), ("lesson", "bfloat16"), ("paper", "float32"))
    for preset, precision in cases:
        first = trained(options, preset, precision, threads=1, seed=0)
        for name, threads, seed in (
            ("again", 1, 0),
            ("two threads", 2, 0),
            ("seed 1", 1, 1),
        ):
            other = trained(options, preset, precision, threads=threads, seed=seed)
            gaps = tuple(grey_levels(one, two) for one, two in zip(first, other))
            yield preset, precision, name, (gaps[0], gaps[1])


def trained(
    options: argparse.Namespace, preset: str, precision: str, *, threads: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Train in a process of its own.

    Args:
        options: of the command line.
        preset: name of the preset.
        precision: of the convolutions.
        threads: of PyTorch.
        seed: of the training.

    Returns:
        The reconstruction and the sample of seed 1, (1, C, H, W) each.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--max-size", str(options.max_size)]
        command += ["--iterations", str(options.iterations)]
        command += ["--case", preset, precision, str(seed), folder]
        variables = os.environ | {"OMP_NUM_THREADS": str(threads)}
        subprocess.run(command, env=variables, check=True)
        model = sg.SinGAN.load(folder)
    return model.reconstruct(), model.sample(seed=1)


def train_one(config: sg.TrainConfig, seed: int, folder: Path) -> None:
    """Train and save one model.

    Args:
        config: the configuration.
        seed: of the training.
        folder: for the model.
    """
    sg.train(sg.sample_image(PICTURE), config, seed=seed, verbose=False).save(folder)


def grey_levels(one: Tensor, other: Tensor) -> float:
    """Return the RMSE of two images in grey levels.

    Args:
        one: (1, C, H, W) in [-1, 1].
        other: (1, C, H, W) in [-1, 1].
    """
    return 127.5 * (one - other).square().mean().sqrt().item()


if __name__ == "__main__":
    main()
