"""The lessons as tests: their results go to a folder of this run, so that they really train."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator

import nbval.plugin
import pytest

collect_ignore = ["conftest.py"]  # no doctests here, and pytest knows one module of this name

RESULTS = tempfile.TemporaryDirectory(prefix="singan-edu-")
os.environ["SINGAN_EDU_RUNS"] = RESULTS.name
os.environ["SINGAN_EDU_ANSWERS"] = os.path.join(RESULTS.name, "answers")  # nobody's predictions


# Coverage is that of the tests. nbval would start it in every kernel, where it finds no settings.
for name in ("setup_coverage", "teardown_coverage"):
    setattr(nbval.plugin, name, lambda *arguments: None)

FAILED_CELL = pytest.StashKey[str]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember of each lesson the first cell that failed."""
    report = yield
    if report.failed and item.parent:
        item.parent.stash.setdefault(FAILED_CELL, item.name)
    return report


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip the cells after one that failed: they would fail for no other reason."""
    if item.parent and FAILED_CELL in item.parent.stash:
        pytest.skip(f"{item.parent.stash[FAILED_CELL]} of this lesson failed")
