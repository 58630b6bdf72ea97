"""Fixtures for all tests: nothing is written outside temporary folders, and estimates are quick."""

from __future__ import annotations

from collections.abc import Iterator

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


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch) -> None:
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
