"""The check of the machine: what it finds, what it says, and that its bounds are the package's."""

from __future__ import annotations

import platform
import re
import shutil
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import torch

from singan_edu.course import machine
from singan_edu.course.machine import machine_report, requirements

ROOT = Path(__file__).parents[2]
NAMES = ["Python", "PyTorch", "ipywidgets", "memory", "disk", "threads"]


def test_every_requirement_has_a_line_and_the_last_line_sums_up(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    lines = machine_report().splitlines()
    assert [line.split()[1] for line in lines[:-1]] == NAMES
    assert all(re.match(r"\[(OK|FAIL)\]", line) for line in lines[:-1])


def missing(name: str) -> str:
    raise PackageNotFoundError(name)


FAULTS = {
    "Python": (platform, "python_version", lambda: "3.10.9", "3.11 or newer"),
    "PyTorch": (torch, "__version__", "2.9.1+cpu", "2.10 or newer"),
    "ipywidgets": (machine, "version", lambda name: "7.7.0", "8.1 or newer"),
    "memory": (
        psutil,
        "virtual_memory",
        lambda: SimpleNamespace(available=2e8),
        "close other",
    ),
    "disk": (shutil, "disk_usage", lambda path: SimpleNamespace(free=1e8), "free some"),
    "threads": (torch, "get_num_threads", lambda: 0, "OMP_NUM_THREADS"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_requirement_fails_alone_and_says_what_to_do(name, monkeypatch):
    fulfilled = {requirement.name for requirement in requirements() if requirement.holds} - {name}
    owner, attribute, value, words = FAULTS[name]
    monkeypatch.setattr(owner, attribute, value)
    found = {requirement.name: requirement for requirement in requirements()}
    assert {n for n in found if found[n].holds} == fulfilled
    assert str(found[name]).startswith("[FAIL]") and words in str(found[name])
    assert "your attention" in machine_report()


@pytest.mark.parametrize("name", ["ipywidgets", "memory"])
def test_a_package_that_is_not_installed_fails_and_is_advised(name, monkeypatch):
    """As in an installation of the library alone."""
    monkeypatch.setattr(machine, "version", missing)
    monkeypatch.setitem(sys.modules, "psutil", None)
    found = {requirement.name: requirement for requirement in requirements()}
    assert not found[name].holds
    assert 'pip install "singan-edu[lessons]"' in str(found[name])


def test_bounds_are_those_of_the_package():
    facts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*facts["dependencies"], *facts["optional-dependencies"]["lessons"]]
    found = [re.match(r"([a-z-]+)>=([\d.]+)", line) for line in lines]
    wanted = {match[1]: match[2] for match in found if match}
    assert (wanted["torch"], wanted["ipywidgets"]) == (machine.PYTORCH, machine.IPYWIDGETS)
    assert facts["requires-python"].startswith(f">={machine.PYTHON},")
