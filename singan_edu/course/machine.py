"""What a machine must have for the course, and whether this one has it. Taught in lesson 00."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil
import torch

PYTHON, PYTORCH, IPYWIDGETS = (3, 11), (2, 10), (8, 1)  # as in pyproject.toml; a test compares
MEMORY_GB, DISK_GB, THREADS = 1.0, 0.5, 2


@dataclass(frozen=True)
class Requirement:
    """One thing that the course needs.

    Attributes:
        name: what it is.
        holds: whether it is there.
        found: what was found.
        advice: what to do where it is not.
    """

    name: str
    holds: bool
    found: str
    advice: str

    def __str__(self) -> str:
        mark, advice = ("OK", "") if self.holds else ("FAIL", f"  -> {self.advice}")
        return f"{f'[{mark}]':7}{self.name:11} {self.found}{advice}"


def machine_report(folder: str | os.PathLike = ".") -> str:
    """A line for each need, ``[OK]`` or ``[FAIL]`` with what to do, and one that sums them up.

    Args:
        folder: where results will be written.

    >>> machine_report().splitlines()[0].split()[:2]
    ['[OK]', 'Python']
    """
    found = list(needs(folder))
    failed = sum(not need.holds for need in found)
    last = "All that the course needs is there."
    if failed:
        last = f"{failed} of {len(found)} need your attention; the lines say what to do."
    return "\n".join([*map(str, found), last])


def needs(folder: str | os.PathLike = ".") -> Iterator[Requirement]:
    """Everything that the course needs of this machine, looked up now."""
    packages = dict(Python=PYTHON, PyTorch=PYTORCH, ipywidgets=IPYWIDGETS)
    versions = [platform.python_version(), torch.__version__, version("ipywidgets")]
    for (name, oldest), found in zip(packages.items(), versions):
        wanted = ".".join(map(str, oldest))
        advice = f"install {wanted} or newer; python3 run.py lab does it for you"
        yield Requirement(name, numbers(found) >= oldest, f"{found} ({wanted} or newer)", advice)
    memory = psutil.virtual_memory().available / 1e9
    text = f"{memory:.1f} GB free ({MEMORY_GB:g} GB is enough)"
    yield Requirement("memory", memory >= MEMORY_GB, text, "close other programs and notebooks")
    disk = shutil.disk_usage(Path(folder).resolve()).free / 1e9
    text = f"{disk:.1f} GB free ({DISK_GB:g} GB is enough)"
    yield Requirement("disk", disk >= DISK_GB, text, "free some space where the course lies")
    threads, cores = torch.get_num_threads(), os.cpu_count() or 1
    advice = "OMP_NUM_THREADS keeps PyTorch from the others: unset it"
    yield Requirement(
        "threads", threads >= min(THREADS, cores), f"{threads} of {cores} cores", advice
    )


def numbers(text: str) -> tuple[int, int]:
    """The first two numbers of a version.

    >>> numbers("2.13.0+cpu")
    (2, 13)
    """
    first, second, *_ = text.split(".")
    return int(first), int(second)
