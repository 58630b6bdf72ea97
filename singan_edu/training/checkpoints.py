"""A training on disk: what is needed to go on after an interrupt as if nothing had happened.

A checkpoint folder holds the finished levels as a model (``model.json`` and its weights, usable as
they are) and the level in progress (``training.json`` and its tensors). Nothing is pickled.
"""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor

from ..config import TrainConfig
from ..files import read_tensors, write_json, write_tensors
from ..model import MODEL_FILE, SinGAN
from .level import begin_level
from .state import Callback, TrainState

STATE_FILE = "training.json"


class Checkpoints(Callback):
    """Saves the training to ``folder`` after every level, and every so often in between."""

    def __init__(self, folder: Path, *, every: int = 200, seconds: float = 60.0) -> None:
        self.folder, self.every, self.seconds = folder, every, seconds

    def level_start(self, state: TrainState) -> None:
        """The levels below are finished: save them, and the point from which this one begins."""
        if state.level == 0:  # no state of another training may stand beside the new model
            (self.folder / STATE_FILE).unlink(missing_ok=True)
        state.model.save(self.folder)
        self._save(state)

    def iteration_end(self, state: TrainState) -> None:
        """Save the level in progress, if it is time."""
        due = state.iteration % self.every == 0 or time.monotonic() - self.saved >= self.seconds
        if due and state.iteration < state.iterations:
            self._save(state)

    def interrupted(self, state: TrainState) -> None:
        """Save at once, with the unfinished level on top of the model, to be looked at."""
        state.unfinished_model().save(self.folder)
        self._save(state)

    def training_end(self, model: SinGAN) -> None:
        """Save the whole pyramid, and drop the state that led to it."""
        model.save(self.folder)
        (self.folder / STATE_FILE).unlink()
        _remove_states(self.folder)

    def _save(self, state: TrainState) -> None:
        save_state(state, self.folder)
        self.saved = time.monotonic()


def save_state(state: TrainState, folder: Path) -> None:
    """Write the level in progress: networks, optimizers, z*, random state, iteration."""
    tensors = {
        "rng": state.rng.get_state(),
        "reconstruction_noise": state.model.reconstruction_noise,
    }
    for name, part in _parts(state).items():
        tensors |= {f"{name}/{key}": value for key, value in _flat(part.state_dict()).items()}
    file = write_tensors(tensors, folder, "training")
    write_json(
        folder / STATE_FILE, dict(level=state.level, iteration=state.iteration, tensors=file)
    )
    _remove_states(folder, but=file)


def load_state(folder: Path, device: torch.device) -> TrainState | None:
    """The training that ``folder`` holds, ready to go on; None if there is none in progress.

    Raises:
        ValueError: its files are damaged or missing; the message says what to do.
    """
    if not (folder / STATE_FILE).is_file():
        return None
    facts, tensors = _read_state(folder)
    model = SinGAN.load(folder, device=device)
    level = facts["level"]  # the model may have this level, too, unfinished
    model = dataclasses.replace(
        model,
        generators=model.generators[:level],
        noise_stds=model.noise_stds[:level],
        reconstruction_noise=tensors["reconstruction_noise"].to(device),
    )
    rng = torch.Generator()
    state = begin_level(model, rng)
    for name, part in _parts(state).items():
        part.load_state_dict(_nested(tensors, f"{name}/", part))
    rng.set_state(tensors["rng"])
    state.iteration = facts["iteration"]
    return state


def differences(model: SinGAN, image: Tensor, config: TrainConfig, seed: int) -> list[str]:
    """In what ``model`` differs from what would be trained now; empty if in nothing.

    Args:
        image: the photograph at the finest size, (1, C, H, W) in [-1, 1].
    """
    found = []
    same_shape = model.image.shape == image.shape
    if not same_shape or (model.image - image.to(model.device)).abs().max() > 1e-3:
        found.append("another photograph")
    old, new = model.config.to_dict(), config.to_dict()
    found += [
        f"{name} {old[name]} instead of {new[name]}" for name in new if old[name] != new[name]
    ]
    if model.seed != seed:
        found.append(f"seed {model.seed} instead of {seed}")
    return found


def holds_model(folder: Path) -> bool:
    """Whether ``folder`` holds a model, finished or not."""
    return (folder / MODEL_FILE).is_file()


def is_finished(folder: Path, model: SinGAN) -> bool:
    """Whether the training of ``model``, which was loaded from ``folder``, has nothing left to do.

    After an interrupt at the finest level all levels are there, the last one unfinished.
    """
    return model.is_complete and not (folder / STATE_FILE).is_file()


def _read_state(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    file = folder / STATE_FILE
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        file = folder / facts["tensors"]
        return facts, read_tensors(file)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ValueError(
            f"The saved state of the training cannot be read: {file} is damaged or missing "
            f"({error}). Pass resume=False to train anew, or choose another checkpoint_dir."
        ) from error


def _parts(state: TrainState) -> dict[str, torch.nn.Module | torch.optim.Optimizer]:
    names = ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer")
    return {name: getattr(state, name) for name in names}


def _flat(state_dict: dict[str, Any]) -> dict[str, Tensor]:
    """The tensors of a network's state by name, of an optimizer's by ``INDEX.NAME``."""
    if "param_groups" not in state_dict:
        return state_dict
    return {
        f"{index}.{name}": value
        for index, values in state_dict["state"].items()
        for name, value in values.items()
    }


def _nested(
    tensors: dict[str, Tensor], prefix: str, part: torch.nn.Module | torch.optim.Optimizer
) -> dict[str, Any]:
    """The inverse of ``_flat``, for the tensors under ``prefix``: what ``part`` can load."""
    flat = {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
    if isinstance(part, torch.nn.Module):
        return flat
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in flat.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    return dict(state=state, param_groups=part.state_dict()["param_groups"])


def _remove_states(folder: Path, *, but: str = "") -> None:
    for file in folder.glob("training-*.safetensors"):
        if file.name != but:
            file.unlink()
