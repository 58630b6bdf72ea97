"""Train a SinGAN on one photograph: the levels stacked, coarse to fine, interrupted and resumed.

The algorithm of one level is in ``level.py``. Source: paper, section 2.3. Taught in lesson 06.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..config import TrainConfig
from ..files import user_folder
from ..images import Source, load_image, resize
from ..model import SinGAN, check_seed, noise_shape
from .callbacks import Progress
from .checkpoints import Checkpoints, differences, holds_model, is_finished, load_state
from .cost import plan_training
from .level import begin_level, finish_level, train_level
from .plan import plan_for
from .state import Callback, TrainState, notify


class NotFiniteError(RuntimeError):
    """A loss became infinite or not a number; the message says which, where, and what to change."""


def train(
    image: Tensor,
    config: TrainConfig,
    *,
    seed: int = 0,
    device: torch.device | str | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint_dir: str | os.PathLike | None = None,
    resume: bool = True,
) -> SinGAN:
    """Train a pyramid of generators on one photograph, coarse to fine (paper, section 2.3).

    Prints the plan (sizes, channels, receptive field, estimated time and memory), then trains. A
    photograph larger than ``config.max_size`` is trained at that size, and the plan says so.

    Args:
        image: (1, C, H, W) in [-1, 1], C = 3 or 1.
        seed: of everything random; on a CPU the same seed gives the same pyramid, bit for bit.
        device: where to train; the image's if not given.
        callbacks: listeners, see ``Callback``; ``Progress()`` prints how it goes.
        checkpoint_dir: folder for the state, written after every level and every few hundred
            iterations.
        resume: go on with what ``checkpoint_dir`` holds, bit-identical to a training without a
            break.

    Returns:
        The trained pyramid.

    Raises:
        ValueError: the image is no picture or too small, or ``checkpoint_dir`` holds another
            training.
        NotFiniteError: the training diverged; the last good state is in ``checkpoint_dir``.
        KeyboardInterrupt: passed on, after the state was saved and how to go on was printed.
    """
    image = _checked(image).to(image.device if device is None else device)
    seed = check_seed(seed)
    folder = None if checkpoint_dir is None else Path(checkpoint_dir)
    state = None
    if folder is not None and resume and holds_model(folder):
        model = _load_same(folder, image, config, seed)
        if is_finished(folder, model):
            print(f"{folder} holds this training, finished; nothing is left to do.")
            return model
        state = load_state(folder, image.device)  # None if it was lost: then from the beginning
    plan = plan_training(image, config)
    print(plan, flush=True)
    state = state or first_level(image, config, seed)
    listeners = [StopWhenNotFinite(), *callbacks, *([Checkpoints(folder)] if folder else [])]
    with interrupts_between_iterations(listeners):
        notify(listeners, "training_start", state.model, plan)
        model = train_levels(state, listeners, folder)
        notify(listeners, "training_end", model)
    return model


def train_levels(
    state: TrainState, callbacks: Sequence[Callback] = (), folder: Path | None = None
) -> SinGAN:
    """Train the level of ``state`` and all finer ones; each is frozen before the next begins."""
    while True:
        notify(callbacks, "level_start", state)
        try:
            train_level(state, callbacks)
        except _StopAtOnce:
            print(f"Stopped at once. {_last_saved(folder)}", flush=True)
            raise
        except KeyboardInterrupt:
            notify(callbacks, "interrupted", state)
            print(_how_to_go_on(state, folder), flush=True)
            raise
        finish_level(state)
        notify(callbacks, "level_end", state)
        if state.model.is_complete:
            return state.model
        state = begin_level(state.model, state.rng, before=state)


def load_or_train(
    photo: Source | Tensor,
    config: TrainConfig,
    folder: str | os.PathLike,
    *,
    seed: int = 0,
    device: torch.device | str | None = None,
    callbacks: Sequence[Callback] | None = None,
) -> SinGAN:
    """The pyramid for ``photo`` from ``folder``, trained first (or further) if it is not there.

    Says what it reuses and why: the photograph itself, the config and the seed are compared, not
    names. A model of another photograph or config is not lost but kept beside ``folder``.

    Args:
        photo: whatever ``load_image`` takes, or a picture (1, C, H, W) in [-1, 1].
        callbacks: listeners; ``[Progress()]`` if not given.
    """
    folder = Path(folder)
    image = _checked(photo if isinstance(photo, Tensor) else load_image(photo))
    image = image.to(image.device if device is None else device)
    if holds_model(folder):
        model = SinGAN.load(folder, device=image.device)
        found = differences(model, _finest(image, config), config, seed)
        if found:
            print(
                f"{folder} holds another training ({'; '.join(found)}). It is kept as "
                f"{_set_aside(folder).name}; training anew."
            )
        elif is_finished(folder, model):
            print(f"Reusing the pyramid in {folder}: same photograph, same config, same seed.")
            return model
        else:
            print(
                f"Going on with the training in {folder}: same photograph, same config, same seed."
            )
    else:
        print(f"{folder} holds no pyramid yet; training one.")
    return train(
        image,
        config,
        seed=seed,
        checkpoint_dir=folder,
        callbacks=[Progress()] if callbacks is None else callbacks,
    )


def run_folder(
    photo: Source | Tensor,
    config: TrainConfig,
    *,
    name: str,
    seed: int = 0,
    root: str | os.PathLike | None = None,
) -> Path:
    """A folder under ``root`` that only this photograph, config and seed get; it is not made yet.

    Its name ends in a checksum of the three, so that two photographs of one name, or two presets,
    do not share it. ``name`` stands in front, for people. ``root`` is ``runs`` in the
    working directory, unless the environment variable SINGAN_EDU_RUNS names another folder.
    """
    root = user_folder("runs", "SINGAN_EDU_RUNS") if root is None else root
    image = photo if isinstance(photo, Tensor) else load_image(photo)
    levels = ((_finest(image, config).cpu() + 1) * 127.5).round().byte()
    facts = json.dumps([config.to_dict(), seed, list(levels.shape)]).encode()
    checksum = hashlib.sha256(facts + levels.numpy().tobytes()).hexdigest()[:8]
    return (
        Path(root) / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', name).strip('._') or 'photo'}-{checksum}"
    )


# --------------------------------------------------------------------------------------- the edges
class StopWhenNotFinite(Callback):
    """Ends a training whose losses are no longer numbers, before that is saved."""

    def iteration_end(self, state: TrainState) -> None:
        """Look at all losses."""
        bad = [name for name, value in state.losses.items() if not torch.isfinite(value)]
        if bad:
            raise NotFiniteError(
                f"The {' and the '.join(bad)} loss is no longer finite at "
                f"{state.model.plan.label(state.level)}, iteration {state.iteration}. Try a "
                f"smaller learning_rate ({state.config.learning_rate:g} now) or "
                f"generator_norm='batch', and another seed. With checkpoint_dir, the last good "
                f"state is saved there."
            )


class _StopAtOnce(KeyboardInterrupt):
    """The second Ctrl-C, in the middle of an iteration: the state is not whole, so not saved."""


class _PendingInterrupt(Callback):
    """Turns Ctrl-C into a KeyboardInterrupt between two iterations, where the state is whole."""

    def __init__(self) -> None:
        self.pending = False

    def note(self, *_: Any) -> None:
        """Handle the signal."""
        if self.pending:
            raise _StopAtOnce
        self.pending = True
        print("Stopping after the iteration in progress … (again: at once)", flush=True)

    def iteration_end(self, state: TrainState) -> None:
        """Interrupt, if it was asked for."""
        if self.pending:
            self.pending = False
            raise KeyboardInterrupt


@contextmanager
def interrupts_between_iterations(listeners: list[Callback]) -> Iterator[None]:
    """Let Ctrl-C, or the kernel's interrupt, stop the training between two iterations only."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread alone
        return
    interrupt = _PendingInterrupt()
    listeners.append(interrupt)
    before = signal.signal(signal.SIGINT, interrupt.note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupt.pending:  # it came after the last iteration
        raise KeyboardInterrupt


def _last_saved(folder: Path | None) -> str:
    return f"What was saved last is in {folder}." if folder else "Nothing was saved."


def _how_to_go_on(state: TrainState, folder: Path | None) -> str:
    stopped = (
        f"Stopped at {state.model.plan.label(state.level)}, iteration {state.iteration} of "
        f"{state.iterations}."
    )
    if folder is None:
        return f"{stopped} Nothing was saved; pass checkpoint_dir=… to be able to go on next time."
    return (
        f"{stopped} Saved in {folder}: run the same again to go on from here. "
        f"SinGAN.load({str(folder)!r}) can be sampled from already; it has {state.level + 1} of "
        f"{state.model.plan.num_levels} levels, the last one unfinished."
    )


def _checked(image: Tensor) -> Tensor:
    """Refuse what is not a picture, before anything is computed or written."""
    if not isinstance(image, Tensor):
        raise TypeError(f"The image is a {type(image).__name__}; read it with load_image first.")
    if image.dim() != 4 or image.shape[0] != 1 or image.shape[1] not in (1, 3):
        raise ValueError(
            f"The image has the shape {tuple(image.shape)}; one picture is (1, C, H, W) with "
            f"C = 1 or 3. load_image makes it so."
        )
    if not image.is_floating_point() or not torch.isfinite(image).all():
        raise ValueError(
            "The image holds values that are not finite numbers; read it with load_image."
        )
    if image.min() < -1.001 or image.max() > 1.001:
        raise ValueError(
            f"The image runs from {image.min():.3g} to {image.max():.3g}; a picture lies in "
            f"[-1, 1]. load_image makes it so."
        )
    return image.detach().float()


def _finest(image: Tensor, config: TrainConfig) -> Tensor:
    """The photograph at the size of the finest level, (1, C, h, w)."""
    return resize(image, plan_for(image, config).sizes[-1], quantize=config.quantize_resize)


def first_level(image: Tensor, config: TrainConfig, seed: int) -> TrainState:
    """The coarsest level, ready to be trained; z* is drawn here, once (paper, section 2.3)."""
    rng = torch.Generator().manual_seed(seed)
    plan = plan_for(image, config)
    z_star = torch.randn(1, *noise_shape(config, 0, plan.sizes[0], image.shape[1]), generator=rng)
    model = SinGAN(config, plan, _finest(image, config), z_star.to(image.device), seed)
    return begin_level(model, rng)


def _load_same(folder: Path, image: Tensor, config: TrainConfig, seed: int) -> SinGAN:
    """The model in ``folder``; refused if it belongs to another training."""
    model = SinGAN.load(folder, device=image.device)
    found = differences(model, _finest(image, config), config, seed)
    if found:
        raise ValueError(
            f"{folder} holds another training ({'; '.join(found)}). Choose another "
            f"checkpoint_dir, or pass resume=False to overwrite it."
        )
    return model


def _set_aside(folder: Path) -> Path:
    """Rename ``folder`` to the first free ``FOLDER-before-NUMBER``; returns the new path."""
    number = 1
    while (kept := folder.with_name(f"{folder.name}-before-{number}")).exists():
        number += 1
    return folder.rename(kept)
