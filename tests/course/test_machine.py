"""The check of the machine: what it finds, what it says, and that its bounds are the course's."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from singan_edu.course import machine
from singan_edu.course.machine import machine_report, needs

ROOT = Path(__file__).parents[2]
NAMES = ["Python", "PyTorch", "ipywidgets", "memory", "disk", "threads"]


def test_every_need_has_a_line_and_the_last_line_sums_up(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    lines = machine_report().splitlines()
    assert [line.split()[1] for line in lines[:-1]] == NAMES
    assert all(re.match(r"\[(OK|FAIL)\]", line) for line in lines[:-1])


FAULTS = {
    "Python": (machine.platform, "python_version", lambda: "3.10.9", "3.11 or newer"),
    "PyTorch": (torch, "__version__", "2.9.1", "2.10 or newer"),
    "ipywidgets": (machine, "version", lambda name: "7.7.0", "8.1 or newer"),
    "memory": (
        machine.psutil,
        "virtual_memory",
        lambda: SimpleNamespace(available=2e8),
        "close other",
    ),
    "disk": (machine.shutil, "disk_usage", lambda path: SimpleNamespace(free=1e8), "free some"),
    "threads": (torch, "get_num_threads", lambda: 0, "OMP_NUM_THREADS"),
}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_missing_fails_alone_and_says_what_to_do(name, monkeypatch):
    healthy = {need.name for need in needs() if need.holds} - {name}
    place, attribute, value, words = FAULTS[name]
    monkeypatch.setattr(place, attribute, value)
    found = {need.name: need for need in needs()}
    assert {n for n in found if found[n].holds} == healthy
    assert str(found[name]).startswith("[FAIL]") and words in str(found[name])
    assert "your attention" in machine_report()


def test_bounds_are_those_of_the_package():
    facts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = facts["dependencies"] + facts["optional-dependencies"]["lessons"]
    wanted = dict(re.findall(r"^([a-z-]+)>=([\d.]+)", "\n".join(lines), re.MULTILINE))
    assert machine.numbers(wanted["torch"]) == machine.PYTORCH
    assert machine.numbers(wanted["ipywidgets"]) == machine.IPYWIDGETS
    assert facts["requires-python"].startswith(">=" + ".".join(map(str, machine.PYTHON)))
