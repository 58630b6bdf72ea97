"""The lessons as tests: their results go to a folder of this run, so that they really train."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

collect_ignore = ["conftest.py"]  # no doctests here, and pytest knows one module of this name

RESULTS = tempfile.TemporaryDirectory(prefix="singan-edu-")
os.environ["SINGAN_EDU_RUNS"] = RESULTS.name
os.environ["SINGAN_EDU_ANSWERS"] = os.path.join(RESULTS.name, "answers")  # nobody's predictions


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """Remember of each lesson the first cell that failed."""
    report = yield
    if report.failed and not hasattr(item.parent, "failed_cell"):
        item.parent.failed_cell = item.name
    return report


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip the cells after one that failed: they would fail for no other reason."""
    if hasattr(item.parent, "failed_cell"):
        pytest.skip(f"{item.parent.failed_cell} of this lesson failed")
