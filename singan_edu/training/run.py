"""Train a SinGAN on one image: the levels stacked, coarse to fine, interrupted and resumed.

The algorithm of one level is in ``level.py``. Source: paper, section 2.3. Taught in lesson 06.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import signal
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..arguments import check_image, check_seed
from ..config import TrainConfig
from ..environment import ComputeEnvironment, MixedEnvironmentWarning
from ..files import user_folder
from ..images import Source, load_image, resize
from ..model import SinGAN, noise_shape
from .callbacks import Progress
from .checkpoints import Checkpoints, differences, holds_model, is_finished, load_state
from .cost import estimate_cost
from .level import begin_level, finish_level, train_level
from .plan import plan_for
from .precision import resolve_precision
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
    checkpoint_dir: str | os.PathLike[str] | None = None,
    resume: bool = True,
    verbose: bool = True,
) -> SinGAN:
    """Train a pyramid of generators on one image, coarse to fine (paper, section 2.3).

    The same seed gives the same pyramid, bit for bit, on the same machine with the same number of
    threads, the same precision and the same version of PyTorch. Elsewhere sums are rounded
    differently, and training amplifies the difference to that between two seeds
    (``benchmarks/reproducibility.py``). ``SinGAN.environments`` records what was used.

    Args:
        image: (1, C, H, W) in [-1, 1], C = 3 or 1. If it is larger than ``config.max_size``, it is
            trained at that size, and the plan says so.
        config: the configuration.
        seed: of everything random, from 0 to 2^63 - 1.
        device: where to train; the image's if not given.
        callbacks: listeners; ``Progress()`` prints the progress.
        checkpoint_dir: folder for the state, written after every level, and within a level every
            200 iterations or every minute, whichever comes first.
        resume: continue what ``checkpoint_dir`` holds, as if there had been no interruption.
        verbose: print the plan (sizes, channels, receptive field, estimated time and memory) and
            what is resumed; otherwise only callbacks, warnings and interrupts print.

    Returns:
        The trained pyramid.

    Raises:
        ValueError: the image has another shape or range or is too small, or ``checkpoint_dir``
            holds another training.
        NotFiniteError: the training diverged; the last good state is in ``checkpoint_dir``.
        KeyboardInterrupt: passed on, after the state was saved and how to continue was printed.
    """
    untrained, rng = untrained_model(_on(image, device), config, seed)
    folder = None if checkpoint_dir is None else Path(checkpoint_dir)
    return _train(untrained, rng, callbacks, folder, resume=resume, verbose=verbose)


def _train(
    untrained: SinGAN,
    rng: torch.Generator,
    callbacks: Sequence[Callback],
    folder: Path | None,
    *,
    resume: bool = True,
    verbose: bool = True,
) -> SinGAN:
    """Train ``untrained`` to the end, from where ``folder`` has it."""
    state, device = None, untrained.device
    if folder is not None and resume and holds_model(folder):
        saved = _load_same(folder, untrained)
        if is_finished(folder, saved):
            if verbose:
                print(f"{folder} holds this training, finished; nothing is left to do.")
            return saved
        state = load_state(folder, device)  # None if it was lost: then from the beginning
    config = untrained.config
    plan = estimate_cost(untrained.plan, config, untrained.image.shape[1], device)
    if verbose:
        print(plan, flush=True)
    state = state or begin_level(untrained, rng)
    record_environment(state)
    listeners = [StopWhenNotFinite(), *callbacks, *([Checkpoints(folder)] if folder else [])]
    with interrupts_between_iterations(listeners):
        notify(listeners, "training_start", state.model, plan)
        model = train_levels(state, listeners, folder)
        notify(listeners, "training_end", model)
    return model


def train_levels(
    state: TrainState, callbacks: Sequence[Callback] = (), folder: Path | None = None
) -> SinGAN:
    """Train the level of ``state`` and all finer ones; each is frozen before the next begins.

    Args:
        state: of the first level to train; changed in place.
        callbacks: are notified of every event.
        folder: where a callback saves the state, for messages.

    Returns:
        The finished pyramid.
    """
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


def record_environment(state: TrainState) -> None:
    """Record the present environment in the model.

    Args:
        state: of the level that is about to be trained; its model is replaced.

    Warns:
        MixedEnvironmentWarning: the training began with something else.
    """
    config, device = state.config, state.real.device
    now = ComputeEnvironment.current(resolve_precision(config.precision, device), device)
    before = state.model.environments
    if before and before[-1] != now:
        warnings.warn(
            f"This training continues with something else than it began with "
            f"({'; '.join(before[-1].differences(now))}). It will differ from an uninterrupted "
            f"one as two seeds do.",
            MixedEnvironmentWarning,
            stacklevel=2,
        )
    if now not in before:
        state.model = dataclasses.replace(state.model, environments=(*before, now))


def load_or_train(
    photo: Source | Tensor,
    config: TrainConfig,
    folder: str | os.PathLike[str],
    *,
    seed: int = 0,
    device: torch.device | str | None = None,
    callbacks: Sequence[Callback] | None = None,
    verbose: bool = True,
) -> SinGAN:
    """Load the pyramid of an image from ``folder``, or train it first, or train it further.

    Prints what is reused and why: the image itself, the config and the seed are compared, not
    names. A model of another image, config or seed is renamed (``FOLDER-before-1``), not lost.

    Args:
        photo: path, PIL image, array, or tensor (1, C, H, W) in [-1, 1].
        config: the configuration.
        folder: where the model is, or will be.
        seed: of everything random.
        device: where to train; the image's if not given.
        callbacks: listeners; ``[Progress()]`` if not given.
        verbose: print what is reused, and the plan.

    Returns:
        The trained pyramid.

    Raises:
        ValueError: the image has another shape or range, or is too small for the config.
    """
    folder = Path(folder)
    image = photo if isinstance(photo, Tensor) else load_image(photo)
    untrained, rng = untrained_model(_on(image, device), config, seed)
    say = print if verbose else _say_nothing
    if not holds_model(folder):
        say(f"{folder} holds no pyramid yet; training one.")
    else:
        saved = SinGAN.load(folder, device=untrained.device)
        found, same = differences(saved, untrained), "same photograph, same config, same seed"
        if found:
            say(
                f"{folder} holds another training ({'; '.join(found)}). It is kept as "
                f"{_set_aside(folder).name}; training anew."
            )
        elif is_finished(folder, saved):
            say(f"Reusing the pyramid in {folder}: {same}.")
            return saved
        else:
            say(f"Going on with the training in {folder}: {same}.")
    listeners = [Progress()] if callbacks is None else callbacks
    return _train(untrained, rng, listeners, folder, verbose=verbose)


def run_folder(
    photo: Source | Tensor,
    config: TrainConfig,
    *,
    name: str,
    seed: int = 0,
    root: str | os.PathLike[str] | None = None,
) -> Path:
    """Return a folder that only this image, config and seed get; it is not created.

    Its name ends in a checksum of the three, so that two photographs of one name, or two presets,
    do not share it.

    Args:
        photo: path, PIL image, array, or tensor (1, C, H, W) in [-1, 1].
        config: the configuration.
        name: for people, at the beginning of the folder's name.
        seed: of the training.
        root: the folder above; ``runs`` in the working directory if not given, or what the
            environment variable SINGAN_EDU_RUNS names.
    """
    root = user_folder("runs", "SINGAN_EDU_RUNS") if root is None else root
    image = photo if isinstance(photo, Tensor) else load_image(photo)
    levels = ((_finest(image, config).cpu() + 1) * 127.5).round().byte()
    facts = json.dumps([config.to_dict(), seed, list(levels.shape)]).encode()
    checksum = hashlib.sha256(facts + levels.numpy().tobytes()).hexdigest()[:8]
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("._") or "photo"
    return Path(root) / f"{stem}-{checksum}"


def untrained_model(
    image: Tensor, config: TrainConfig, seed: int
) -> tuple[SinGAN, torch.Generator]:
    """Plan the pyramid of an image and draw z*, once (paper, section 2.3).

    Args:
        image: (1, C, H, W) in [-1, 1].
        config: the configuration.
        seed: of everything random.

    Returns:
        The pyramid without levels, and the generator of all further random numbers.

    Raises:
        ValueError: another shape or range, or too small for the config.
    """
    rng = torch.Generator().manual_seed(check_seed(seed))
    plan = plan_for(image, config)
    shape = (1, *noise_shape(config, 0, plan.sizes[0], image.shape[1]))
    z_star = torch.randn(shape, generator=rng, dtype=torch.float32).to(image.device)
    finest = resize(image, plan.sizes[-1], quantize=config.quantize_resize)
    return SinGAN(config, plan, finest, z_star, check_seed(seed)), rng


def first_level(image: Tensor, config: TrainConfig, seed: int) -> TrainState:
    """Set up the coarsest level.

    Args:
        image: (1, C, H, W) in [-1, 1].
        config: the configuration.
        seed: of everything random.
    """
    return begin_level(*untrained_model(image, config, seed))


# --------------------------------------------------------------------------------------- the edges
class StopWhenNotFinite(Callback):
    """Stop a training before a state with losses that are not finite is saved."""

    def iteration_end(self, state: TrainState) -> None:
        """Check all losses.

        Args:
            state: of the level.

        Raises:
            NotFiniteError: one is infinite or not a number.
        """
        bad = [name for name, value in state.losses.items() if not torch.isfinite(value)]
        if bad:
            raise NotFiniteError(
                f"The {' and the '.join(bad)} loss is no longer finite at "
                f"{state.model.plan.label(state.level)}, iteration {state.iteration}. Try a "
                f"smaller learning_rate ({state.config.learning_rate:g} now)"
                f"{_other_norm(state)} and another seed. With checkpoint_dir, the last good state "
                f"is saved there."
            )


def _other_norm(state: TrainState) -> str:
    """Advice on normalisation, where it would change something."""
    return ", generator_norm='instance'" if state.config.generator_norm == "none" else ""


class _StopAtOnce(KeyboardInterrupt):
    """The second Ctrl-C, in the middle of an iteration: the state is not whole, so not saved."""


class _PendingInterrupt(Callback):
    """Turn Ctrl-C into a KeyboardInterrupt between two iterations, where the state is whole."""

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
    """Let Ctrl-C, or the kernel's interrupt, stop the training between two iterations only.

    Args:
        listeners: of the training; one that raises the interrupt is added.
    """
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


def _say_nothing(text: str) -> None:
    """Stand in for ``print``."""


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


def _on(image: Tensor, device: torch.device | str | None) -> Tensor:
    """``image`` on ``device``; anything else than one image is refused."""
    image = check_image(image)
    if len(image) != 1:
        raise ValueError(
            f"The image has the shape {tuple(image.shape)}; one picture is (1, C, H, W) with "
            f"C = 1 or 3. load_image makes it so."
        )
    return image.to(image.device if device is None else device)


def _finest(image: Tensor, config: TrainConfig) -> Tensor:
    """The photograph at the size of the finest level, (1, C, h, w)."""
    return resize(image, plan_for(image, config).sizes[-1], quantize=config.quantize_resize)


def _load_same(folder: Path, untrained: SinGAN) -> SinGAN:
    """The model in ``folder``; refused if it belongs to another training."""
    model = SinGAN.load(folder, device=untrained.device)
    if found := differences(model, untrained):
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
