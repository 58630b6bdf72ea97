"""Listeners of a training: one small interface, and the listeners that most trainings want.

A listener is a ``Callback`` with a method for each event it cares for. Write your own by
subclassing; the training loop knows none of them. Taught in lesson 06.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from torch import Tensor

from ..files import write_json
from ..images import load_image, resize, save_image
from ..model import SinGAN
from .plan import TrainingPlan, duration
from .state import Callback, TrainState

WRITE_SECONDS = 5.0  # how often a history is written; a crash loses what came after
SNAPSHOT_PERCENTAGES = (
    1,
    5,
    10,
    20,
    40,
    60,
    80,
    100,
)  # per cent of a level's iterations; most changes early


class Progress(Callback):
    """Prints a line for every finished level, and one every ``seconds`` in between."""

    def __init__(self, *, seconds: float = 20.0) -> None:
        self.seconds = seconds

    def training_start(self, model: SinGAN, plan: TrainingPlan) -> None:
        """Remember the estimate, which the lines compare with."""
        self.plan = plan

    def level_start(self, state: TrainState) -> None:
        """Start the clocks."""
        self.level_started = self.last_line = time.monotonic()
        self.first_iteration = state.iteration

    def iteration_end(self, state: TrainState) -> None:
        """Print where we are, if it is time."""
        if time.monotonic() - self.last_line >= self.seconds:
            self.last_line = time.monotonic()
            self._print(state, f"iteration {state.iteration} of {state.iterations}")

    def level_end(self, state: TrainState) -> None:
        """Print what came out."""
        error = reconstruction_error(state.model)
        self._print(
            state,
            f"{state.iterations} iterations in {duration(self._elapsed())}, noise std "
            f"{state.noise_std:.4f}, reconstruction off by {error:.1f} grey levels",
        )

    def _elapsed(self) -> float:
        return time.monotonic() - self.level_started

    def _print(self, state: TrainState, text: str) -> None:
        height, width = state.real.shape[-2:]
        print(
            f"{state.model.plan.label(state.level)}  {height} x {width}: {text}; "
            f"{self._remaining(state)}",
            flush=True,
        )

    def _remaining(self, state: TrainState) -> str:
        """What is left: this level at the pace seen, the others as estimated, likewise scaled."""
        pace = self._elapsed() / max(1, state.iteration - self.first_iteration)
        seconds = pace * (state.iterations - state.iteration)
        estimated = self.plan.levels[state.level].seconds_per_iteration
        seconds += (
            pace / estimated * sum(level.seconds for level in self.plan.levels[state.level + 1 :])
        )
        return f"about {duration(seconds)} left" if seconds else "all levels trained"


class History(Callback):
    """Records the losses of every ``every``-th iteration, and what each level came to.

    Args:
        path: JSON file to keep it in; an interrupted training that goes on then goes on there, too.

    Attributes:
        iterations: dicts of level, iteration and the losses.
        levels: dicts of level, size, noise_std, seconds and reconstruction_error (in grey levels).
    """

    def __init__(self, path: str | os.PathLike | None = None, *, every: int = 10) -> None:
        self.path, self.every = Path(path) if path else None, every
        self.iterations: list[dict[str, Any]] = []
        self.levels: list[dict[str, Any]] = []
        self.written = time.monotonic()

    def training_start(self, model: SinGAN, plan: TrainingPlan) -> None:
        """Take up the file's records of the levels that ``model`` has."""
        if self.path and self.path.is_file():
            self.load()
        self._keep(model.trained_levels + 1, 0)

    def load(self) -> History:
        """Read the records from the file."""
        facts = json.loads(self.path.read_text(encoding="utf-8"))
        self.iterations, self.levels = facts["iterations"], facts["levels"]
        return self

    def level_start(self, state: TrainState) -> None:
        """Drop records from after the point where the training goes on."""
        self._keep(state.level, state.iteration)
        self.level_started = time.monotonic()

    def iteration_end(self, state: TrainState) -> None:
        """Record the losses."""
        if state.iteration % self.every == 0 or state.iteration == state.iterations:
            losses = {name: float(value) for name, value in state.losses.items()}
            self.iterations.append(dict(level=state.level, iteration=state.iteration, **losses))
        if time.monotonic() - self.written >= WRITE_SECONDS:
            self._write()

    def level_end(self, state: TrainState) -> None:
        """Record what the level came to."""
        self.levels.append(
            dict(
                level=state.level,
                size=list(state.real.shape[-2:]),
                noise_std=state.noise_std,
                seconds=round(time.monotonic() - self.level_started, 2),
                reconstruction_error=reconstruction_error(state.model),
            )
        )
        self._write()

    def interrupted(self, state: TrainState) -> None:
        """Write what there is."""
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
    """Keeps what each level makes of one and the same noise, now and then while it is trained.

    The pictures lie in a folder, so that a film of an earlier day can be looked at, and a training
    that is interrupted goes on with its film.

    Args:
        folder: for ``level0_005.png`` and so on: a level, and per cent of its iterations.
        seed: of the noise.
    """

    def __init__(self, folder: str | os.PathLike, *, seed: int = 0) -> None:
        self.folder, self.seed = Path(folder), seed

    def iteration_end(self, state: TrainState) -> None:
        """Keep a picture, if it is time; one serves several shares of a very short training."""
        due = [
            s for s in SNAPSHOT_PERCENTAGES if state.iteration == -(-s * state.iterations // 100)
        ]
        if due:
            picture = state.unfinished_model().sample(seed=self.seed)
        for share in due:
            save_image(picture, self.folder / f"level{state.level}_{share:03d}.png")

    def pictures(self) -> dict[tuple[int, int], Tensor]:
        """(level, per cent) -> what the level made then, (1, C, h, w) in [-1, 1]."""
        names = {path: path.stem.removeprefix("level") for path in self.folder.glob("level*_*.png")}
        found = {tuple(map(int, name.split("_"))): path for path, name in names.items()}
        return {key: load_image(found[key]) for key in sorted(found)}


def reconstruction_error(model: SinGAN) -> float:
    """RMSE in grey levels (0 … 255) between photograph and reconstruction, last trained level."""
    reconstruction = model.reconstruct()
    real = resize(model.image, tuple(reconstruction.shape[-2:]))
    return 127.5 * (reconstruction - real).square().mean().sqrt().item()
