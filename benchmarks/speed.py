"""Measure what an iteration of training takes at each level, its parts, and a sample.

    python benchmarks/speed.py                          preset lesson, a picture of 96 x 128
    python benchmarks/speed.py --preset paper --size 72 96 --repeats 5
    python benchmarks/speed.py --set optimizer=adam precision=float32      a change, tried

Two tables in markdown. The first has milliseconds per iteration by level (median, and the middle
half of the runs), of which a sample of the levels below, the step of D with its penalty, and the
step of G. Parts are timed apart, each with the passes it needs, so they need not add up. The second
has the seconds of a whole training, reckoned as the sum of iterations times median, and the time of
a sample. Nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial

import torch
from quality import parse_changes

from singan_edu import TrainConfig, plan_pyramid
from singan_edu.losses import gradient_penalty
from singan_edu.pyramid import PyramidPlan
from singan_edu.training.cost import dummy_level
from singan_edu.training.level import (
    draw_noise,
    reconstruct,
    sample_previous,
    train_iteration,
    update_discriminator,
    update_generator,
)
from singan_edu.training.precision import autocast
from singan_edu.training.state import TrainState

Times = dict[str, list[float]]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", default="lesson")
    parser.add_argument("--size", type=int, nargs=2, default=(96, 128), help="height and width")
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="FIELD=VALUE", help="of TrainConfig"
    )
    arguments = parser.parse_args()
    if arguments.repeats < 2:
        parser.error("--repeats must be 2 or more: a single time has no spread.")
    fields = dict(max_size=max(arguments.size)) | parse_changes(arguments.set)
    config = TrainConfig.preset(arguments.preset, **fields)
    pyramid = plan_pyramid(*arguments.size, min_size=config.min_size, max_size=config.max_size)
    device = torch.device(arguments.device)
    print(f"torch {torch.__version__}, {device}, {torch.get_num_threads()} threads\n")
    seconds = print_levels(config, pyramid, device, arguments.repeats)
    print_whole(config, pyramid, device, arguments.repeats, seconds)


def print_levels(
    config: TrainConfig, pyramid: PyramidPlan, device: torch.device, repeats: int
) -> float:
    """A row per level, as soon as it is measured; returns the seconds of a whole training."""
    total = 0.0
    for level, (height, width) in enumerate(pyramid.sizes):
        state = dummy_level(config, pyramid, level, 3, device)
        times = measure(parts(state), repeats, device)
        if level == 0:
            print(f"| level | size | iterations | {' | '.join(times)} |")
            print("|---" * (3 + len(times)) + "|")
        cells = [
            f"{height} x {width}",
            str(state.iterations),
            spread(times["iteration"]),
            *[f"{1000 * statistics.median(t):.1f}" for t in list(times.values())[1:]],
        ]
        print(f"| {level} | {' | '.join(cells)} |", flush=True)
        total += state.iterations * statistics.median(times["iteration"])
    return total


def parts(state: TrainState) -> dict[str, Callable[[], object]]:
    """The whole iteration, then its parts, by name; all in the precision of the training."""
    noise, previous = draw_noise(state), sample_previous(state)
    fake = state.generator(noise, previous).detach()
    actions: dict[str, Callable[[TrainState], object]] = {
        "iteration": train_iteration,
        "levels below": sample_previous,
        "step of D": lambda state: update_discriminator(state, fake),
        "penalty": lambda state: gradient_penalty(state.discriminator, fake).backward(),
        "step of G": lambda state: update_generator(state, state.generator(noise, previous)),
        "reconstruction": lambda state: reconstruct(state).sum().backward(),
    }

    def run(action: Callable[[TrainState], object]) -> None:
        with autocast(state.config.precision, state.real):
            action(state)

    return {name: partial(run, action) for name, action in actions.items()}


def measure(
    actions: Mapping[str, Callable[[], object]], repeats: int, device: torch.device
) -> Times:
    """Seconds of every action, in turns, so that all meet the same disturbances."""
    times: Times = {name: [] for name in actions}
    for repeat in range(repeats + 2):
        for name, action in actions.items():
            started = time.perf_counter()
            action()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if repeat >= 2:  # the first ones warm up
                times[name].append(time.perf_counter() - started)
    return times


def spread(times: list[float]) -> str:
    """Median and quartiles, in milliseconds."""
    low, middle, high = (1000 * t for t in statistics.quantiles(times, n=4))
    return f"{middle:.1f} ({low:.1f}–{high:.1f})"


def print_whole(
    config: TrainConfig, pyramid: PyramidPlan, device: torch.device, repeats: int, seconds: float
) -> None:
    """The whole training, and a sample from it; a pyramid without training takes as long."""
    model = dummy_level(config, pyramid, pyramid.num_levels - 1, 3, device).unfinished_model()
    sampling = {f"{n}": lambda n=n: model.sample(n, seed=0) for n in (1, 8)}
    times = measure(sampling, repeats, device)
    print("\n| whole training, s | one sample, ms | one of eight at once, ms |\n|---|---|---|")
    print(f"| {seconds:.0f} | {spread(times['1'])} | {spread([t / 8 for t in times['8']])} |")


if __name__ == "__main__":
    main()
