"""A training on disk: what is needed to continue it as if it had not been interrupted.

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

from ..files import read_tensors, write_json, write_tensors
from ..model import SinGAN
from ..model_files import MODEL_FILE
from .level import begin_level
from .state import Callback, TrainState

STATE_FILE = "training.json"
STATE_FORMAT = 2  # 1, of version 0.1: another optimizer state


class Checkpoints(Callback):
    """Save the training to a folder after every level, and every so often in between.

    Args:
        folder: is created if need be.
        every: iterations between two saved states.
        seconds: after which a state is saved even if fewer iterations were done.
    """

    def __init__(self, folder: Path, *, every: int = 200, seconds: float = 60.0) -> None:
        self.folder, self.every, self.seconds = folder, every, seconds

    def level_start(self, state: TrainState) -> None:
        """Save the finished levels, and the state from which this one begins.

        Args:
            state: of the level.
        """
        if state.level == 0:  # no state of another training may stand beside the new model
            (self.folder / STATE_FILE).unlink(missing_ok=True)
        state.model.save(self.folder)
        self._save(state)

    def iteration_end(self, state: TrainState) -> None:
        """Save the level in progress, if it is due.

        Args:
            state: of the level.
        """
        due = state.iteration % self.every == 0 or time.monotonic() - self.saved >= self.seconds
        if due and state.iteration < state.iterations:
            self._save(state)

    def interrupted(self, state: TrainState) -> None:
        """Save at once; the saved model includes the unfinished level, so that it can be sampled.

        Args:
            state: of the level.
        """
        state.unfinished_model().save(self.folder)
        self._save(state)

    def training_end(self, model: SinGAN) -> None:
        """Save the whole pyramid, and delete the state that led to it.

        Args:
            model: the finished pyramid.
        """
        model.save(self.folder)
        (self.folder / STATE_FILE).unlink()
        _remove_states(self.folder)

    def _save(self, state: TrainState) -> None:
        save_state(state, self.folder)
        self.saved = time.monotonic()


def save_state(state: TrainState, folder: Path) -> None:
    """Write the level in progress: networks, optimizers, z*, random state, iteration.

    Args:
        state: of the level.
        folder: is created if need be.
    """
    tensors = {
        "rng": state.rng.get_state(),
        "reconstruction_noise": state.model.reconstruction_noise,
    }
    for name, part in _parts(state).items():
        tensors |= {f"{name}/{key}": value for key, value in _flat(part.state_dict()).items()}
    file = write_tensors(tensors, folder, "training")
    facts = dict(format=STATE_FORMAT, level=state.level, iteration=state.iteration, tensors=file)
    write_json(folder / STATE_FILE, facts)
    _remove_states(folder, keep=file)


def load_state(folder: Path, device: torch.device) -> TrainState | None:
    """Read the training in progress from a folder.

    Args:
        folder: that ``Checkpoints`` wrote.
        device: where to continue.

    Returns:
        The state of the level, ready to continue; None if no training is in progress.

    Raises:
        ValueError: its files are damaged, missing or of another version; the message says what to
            do.
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


def differences(saved: SinGAN, wanted: SinGAN) -> list[str]:
    """List how a saved model differs from what would be trained now.

    Args:
        saved: from a folder, trained or partly trained.
        wanted: of the training that is asked for; its levels do not matter.

    Returns:
        Phrases such as ``"seed 0 instead of 1"``; none if the trainings are the same.
    """
    found = []
    same_shape = saved.image.shape == wanted.image.shape
    if not same_shape or (saved.image - wanted.image.to(saved.device)).abs().max() > 1e-3:
        found.append("another photograph")
    old, new = saved.config.to_dict(), wanted.config.to_dict()
    found += [
        f"{name} {old[name]} instead of {new[name]}" for name in new if old[name] != new[name]
    ]
    if saved.seed != wanted.seed:
        found.append(f"seed {saved.seed} instead of {wanted.seed}")
    return found


def holds_model(folder: Path) -> bool:
    """Whether a folder holds a model, finished or not.

    Args:
        folder: need not exist.
    """
    return (folder / MODEL_FILE).is_file()


def is_finished(folder: Path, model: SinGAN) -> bool:
    """Whether the training of a model has nothing left to do.

    After an interrupt at the finest level all levels are there, the last one unfinished.

    Args:
        folder: from which the model was loaded.
        model: the loaded model.
    """
    return model.is_complete and not (folder / STATE_FILE).is_file()


def _read_state(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    file = folder / STATE_FILE
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        if facts.get("format") != STATE_FORMAT:
            raise ValueError("another version of singan_edu wrote it")
        file = folder / facts["tensors"]
        return facts, read_tensors(file)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise ValueError(
            f"The saved state of the training cannot be read: {file} is damaged, missing or of "
            f"another version ({error}). Pass resume=False to train anew, or choose another "
            f"checkpoint_dir."
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


def _remove_states(folder: Path, *, keep: str = "") -> None:
    for file in folder.glob("training-*.safetensors"):
        if file.name != keep:
            file.unlink()
