"""Listeners that most trainings want: progress, history of the losses, snapshots of samples.

Write your own by subclassing ``Callback`` (see ``state.py``). Taught in lesson 06.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from torch import Tensor

from ..files import write_json
from ..images import load_image, resize, save_image, size_of
from ..model import SinGAN
from .plan import TrainingPlan, duration
from .state import Callback, TrainState

WRITE_SECONDS = 5.0  # how often a history is written; a crash loses what came after
# Per cent of a level's iterations at which samples are kept; most changes early.
SNAPSHOT_PERCENTAGES = (1, 5, 10, 20, 40, 60, 80, 100)


class Progress(Callback):
    """Print a line for every finished level, and one every so often within a level.

    Args:
        seconds: between two lines within a level.
    """

    def __init__(self, *, seconds: float = 20.0) -> None:
        self.seconds = seconds
        self.plan: TrainingPlan | None = None  # until a training says what it plans

    def training_start(self, model: SinGAN, plan: TrainingPlan) -> None:
        """Keep the estimate, which the lines compare with.

        Args:
            model: not used.
            plan: the estimated times.
        """
        self.plan = plan

    def level_start(self, state: TrainState) -> None:
        """Start the clocks.

        Args:
            state: of the level.
        """
        self.level_started = self.last_line = time.monotonic()
        self.first_iteration = state.iteration

    def iteration_end(self, state: TrainState) -> None:
        """Print the iteration and the time left, if a line is due.

        Args:
            state: of the level.
        """
        if time.monotonic() - self.last_line >= self.seconds:
            self.last_line = time.monotonic()
            self._print(state, f"iteration {state.iteration} of {state.iterations}")

    def level_end(self, state: TrainState) -> None:
        """Print time, noise std and reconstruction error of the level.

        Args:
            state: of the level.
        """
        error = reconstruction_error(state.model)
        self._print(
            state,
            f"{state.iteration - self.first_iteration} iterations in {duration(self._elapsed())}, "
            f"noise std "
            f"{state.noise_std:.4f}, reconstruction off by {error:.1f} grey levels",
        )

    def _elapsed(self) -> float:
        return time.monotonic() - self.level_started

    def _print(self, state: TrainState, text: str) -> None:
        height, width = size_of(state.real)
        print(
            f"{state.model.plan.label(state.level)}  {height} x {width}: {text}; "
            f"{self._remaining(state)}",
            flush=True,
        )

    def _remaining(self, state: TrainState) -> str:
        """Time left: this level at its measured pace, finer levels as planned, scaled likewise."""
        pace = self._elapsed() / max(1, state.iteration - self.first_iteration)
        seconds = pace * (state.iterations - state.iteration)
        if self.plan is not None:
            estimated = self.plan.levels[state.level].seconds_per_iteration
            finer = sum(level.seconds for level in self.plan.levels[state.level + 1 :])
            seconds += pace / estimated * finer
        return f"about {duration(seconds)} left" if seconds else "all levels trained"


class History(Callback):
    """Record the losses of every few iterations, and the results of each level.

    Args:
        path: JSON file to keep the records in; a resumed training continues them. None keeps them
            in memory alone.
        every: iterations between two records.

    Attributes:
        iterations: dicts of level, iteration and the losses.
        levels: dicts of level, size, noise_std, seconds (since the level was last begun or resumed)
            and reconstruction_error (in grey levels).
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, every: int = 10) -> None:
        self.path, self.every = Path(path) if path else None, every
        self.iterations: list[dict[str, Any]] = []
        self.levels: list[dict[str, Any]] = []
        self.written = time.monotonic()

    def training_start(self, model: SinGAN, plan: TrainingPlan) -> None:
        """Read the file's records of the finished levels and of the one in progress.

        Those that will be repeated are dropped by ``level_start``.

        Args:
            model: holds these levels.
            plan: not used.
        """
        if self.path and self.path.is_file():
            self.load()
        self._keep(model.trained_levels + 1, 0)

    def load(self) -> History:
        """Read the records from the file, and return the history.

        Raises:
            ValueError: the history has no file.
        """
        if self.path is None:
            raise ValueError("This history has no file; make it with the path of one.")
        facts = json.loads(self.path.read_text(encoding="utf-8"))
        self.iterations, self.levels = facts["iterations"], facts["levels"]
        return self

    def level_start(self, state: TrainState) -> None:
        """Drop records of later iterations than the one where the training continues.

        Args:
            state: of the level.
        """
        self._keep(state.level, state.iteration)
        self.level_started = time.monotonic()

    def iteration_end(self, state: TrainState) -> None:
        """Record the losses, if a record is due.

        Args:
            state: of the level.
        """
        if state.iteration % self.every == 0 or state.iteration == state.iterations:
            losses = {name: float(value) for name, value in state.losses.items()}
            self.iterations.append(dict(level=state.level, iteration=state.iteration, **losses))
        if time.monotonic() - self.written >= WRITE_SECONDS:
            self._write()

    def level_end(self, state: TrainState) -> None:
        """Record size, noise std, time and reconstruction error of the level.

        Args:
            state: of the level.
        """
        self.levels.append(
            dict(
                level=state.level,
                size=list(size_of(state.real)),
                noise_std=state.noise_std,
                seconds=round(time.monotonic() - self.level_started, 2),
                reconstruction_error=reconstruction_error(state.model),
            )
        )
        self._write()

    def interrupted(self, state: TrainState) -> None:
        """Write the file.

        Args:
            state: not used.
        """
        self._write()

    def _keep(self, level: int, iteration: int) -> None:
        self.iterations = [
            record
            for record in self.iterations
            if (record["level"], record["iteration"]) <= (level, iteration)
        ]
        self.levels = [record for record in self.levels if record["level"] < level]

    def _write(self) -> None:
        self.written = time.monotonic()
        if self.path:
            write_json(self.path, dict(iterations=self.iterations, levels=self.levels))


class SampleSnapshots(Callback):
    """Keep samples of the same noise from several moments of each level's training.

    They are image files in a folder, so that a resumed training continues the series.

    Args:
        folder: for ``level0_005.png`` and so on: the level, and per cent of its iterations.
        seed: of the noise.
    """

    def __init__(self, folder: str | os.PathLike[str], *, seed: int = 0) -> None:
        self.folder, self.seed = Path(folder), seed

    def iteration_end(self, state: TrainState) -> None:
        """Keep a sample, if one is due; it may be due for several percentages at once.

        Args:
            state: of the level.
        """
        due = [
            p for p in SNAPSHOT_PERCENTAGES if state.iteration == -(-p * state.iterations // 100)
        ]
        if due:
            sample = state.unfinished_model().sample(seed=self.seed)
        for percentage in due:
            save_image(sample, self.folder / f"level{state.level}_{percentage:03d}.png")

    def pictures(self) -> dict[tuple[int, int], Tensor]:
        """Read the samples: (level, per cent) -> (1, C, h, w) in [-1, 1]."""
        samples = {}
        for path in self.folder.glob("level*_*.png"):
            level, percentage = path.stem.removeprefix("level").split("_")
            samples[int(level), int(percentage)] = load_image(path)
        return dict(sorted(samples.items()))


def reconstruction_error(model: SinGAN) -> float:
    """Return the RMSE of the reconstruction at the last trained level, in grey levels (0 … 255).

    Args:
        model: with at least one trained level.
    """
    reconstruction = model.reconstruct()
    real = resize(model.image, size_of(reconstruction))
    return 127.5 * (reconstruction - real).square().mean().sqrt().item()
