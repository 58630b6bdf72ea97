"""Fixtures for all tests: nothing is written outside temporary folders, and estimates are quick."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from helpers import picture, tiny_config
from hypothesis import settings
from torch import Tensor

import singan_edu as sg
from singan_edu.training import cost

# The same examples in every run: a test that fails, fails for everyone.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, max_examples=60, database=None
)
settings.load_profile("repeatable")

collect_ignore = ["conftest.py"]  # as in notebooks/


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """A short trial for the time estimate; one thread, which tiny tensors are quickest with."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "TRIAL_SECONDS", 0.0)
        patch.setattr(cost, "LONGEST_TRIAL_SECONDS", 0.0)  # the coarsest level alone is tried
        yield
    torch.set_num_threads(threads)


def surroundings() -> dict[str, object]:
    """What a test may change for itself, but must put back; PyTorch sets a variable of its own."""
    variables = {
        f"${name}": value
        for name, value in os.environ.items()
        if not re.match("PYTEST|TORCHINDUCTOR", name)
    }
    return variables | dict(
        folder=os.getcwd(),
        threads=torch.get_num_threads(),
        dtype=torch.get_default_dtype(),
        gradients=torch.is_grad_enabled(),
        deterministic=torch.are_deterministic_algorithms_enabled(),
    )


@pytest.fixture(autouse=True)
def unchanged(quick: None) -> Iterator[None]:
    """No test leaves the process other than it was, or the next tests depend on the order."""
    before = surroundings()
    yield
    after = surroundings()
    changed = {name: (before.get(name), after.get(name)) for name in before | after}
    assert {name: pair for name, pair in changed.items() if pair[0] != pair[1]} == {}


@pytest.fixture(autouse=True)
def runs(unchanged: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks for a default folder gets one that is thrown away."""
    monkeypatch.setenv("SINGAN_EDU_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("SINGAN_EDU_ANSWERS", str(tmp_path / "answers"))


@pytest.fixture(scope="session")
def photo() -> Tensor:
    """A picture (1, 3, 24, 32) in [-1, 1]."""
    return picture()


@pytest.fixture(scope="session")
def config() -> sg.TrainConfig:
    """Three levels of four iterations for ``photo``."""
    return tiny_config()


@pytest.fixture(scope="session")
def trained(photo: Tensor, config: sg.TrainConfig) -> sg.SinGAN:
    """What an undisturbed training makes of ``photo``, with seed 0; not to be changed."""
    return sg.train(photo, config)
