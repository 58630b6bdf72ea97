"""What the course requires of a machine, and whether this one has it. Taught in lesson 00."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from packaging.version import Version

PYTHON, PYTORCH, IPYWIDGETS = "3.11", "2.10", "8.1"  # repeats pyproject.toml; a test compares
MEMORY_GB, DISK_GB, THREADS = 1.0, 0.5, 2
INSTALL_LESSONS = 'pip install "singan-edu[lessons]"'


@dataclass(frozen=True)
class Requirement:
    """One requirement of the course, and what was found on this machine.

    Attributes:
        name: what is required.
        holds: whether it is fulfilled.
        found: what was found, in words.
        advice: what to do where it is not fulfilled.
    """

    name: str
    holds: bool
    found: str
    advice: str

    def __str__(self) -> str:
        mark, advice = ("OK", "") if self.holds else ("FAIL", f"  -> {self.advice}")
        return f"{f'[{mark}]':7}{self.name:11} {self.found}{advice}"


def machine_report(folder: str | os.PathLike[str] = ".") -> str:
    """Check this machine, and return a line for each requirement and a summary.

    Args:
        folder: where results will be written.

    Returns:
        Lines that begin with ``[OK]`` or ``[FAIL]``, the latter with advice, and one that sums up.

    >>> machine_report().splitlines()[0].split()[:2]
    ['[OK]', 'Python']
    """
    found = list(requirements(folder))
    failed = sum(not requirement.holds for requirement in found)
    last = "This machine has everything that the course needs."
    if failed:
        last = f"{failed} of {len(found)} need your attention; the lines say what to do."
    return "\n".join([*map(str, found), last])


def requirements(folder: str | os.PathLike[str] = ".") -> Iterator[Requirement]:
    """Yield every requirement of the course, checked now.

    Args:
        folder: where results will be written.

    Yields:
        Versions of Python and packages, then memory, disk space and threads.
    """
    yield _version_at_least("Python", PYTHON, platform.python_version())
    yield _version_at_least("PyTorch", PYTORCH, torch.__version__)
    yield _version_at_least("ipywidgets", IPYWIDGETS, _installed_version("ipywidgets"))
    yield _memory()
    disk = shutil.disk_usage(Path(folder).resolve()).free / 1e9
    text = f"{disk:.1f} GB free ({DISK_GB:g} GB is enough)"
    yield Requirement("disk", disk >= DISK_GB, text, f"free some space in {Path(folder).resolve()}")
    threads, cores = torch.get_num_threads(), os.cpu_count() or 1
    advice = "the variable OMP_NUM_THREADS limits PyTorch's threads: unset it"
    is_enough = threads >= min(THREADS, cores)
    yield Requirement("threads", is_enough, f"{threads} of {cores} cores", advice)


def _version_at_least(name: str, oldest: str, found: str | None) -> Requirement:
    """Compare the version of a package with the oldest one that the course works with."""
    if found is None:
        return Requirement(name, False, f"not installed ({oldest} or newer)", INSTALL_LESSONS)
    holds = Version(found).release >= Version(oldest).release
    advice = f"install {oldest} or newer; `python3 run.py lab` does it for you"
    return Requirement(name, holds, f"{found} ({oldest} or newer)", advice)


def _installed_version(package: str) -> str | None:
    """Return the version of a package, None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _memory() -> Requirement:
    """Compare the free memory with what a lesson needs."""
    try:
        psutil = importlib.import_module("psutil")
    except ModuleNotFoundError:
        return Requirement("memory", False, "cannot be measured without psutil", INSTALL_LESSONS)
    memory = psutil.virtual_memory().available / 1e9
    text = f"{memory:.1f} GB free ({MEMORY_GB:g} GB is enough)"
    return Requirement("memory", memory >= MEMORY_GB, text, "close other programs and notebooks")
