"""The lessons as tests: their results go to a folder of this run, so that they really train."""

import os
import tempfile

import pytest

collect_ignore = ["conftest.py"]  # no doctests here, and pytest knows one module of this name

RESULTS = tempfile.TemporaryDirectory(prefix="singan-edu-")
os.environ["SINGAN_EDU_RUNS"] = RESULTS.name
os.environ["SINGAN_EDU_ANSWERS"] = os.path.join(RESULTS.name, "answers")  # nobody's predictions


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Remember of each lesson the first cell that failed."""
    report = (yield).get_result()
    if report.failed and not hasattr(item.parent, "failed_cell"):
        item.parent.failed_cell = item.name


def pytest_runtest_setup(item):
    """A lesson stops at the cell that failed: the rest would fail for no other reason."""
    if hasattr(item.parent, "failed_cell"):
        pytest.skip(f"{item.parent.failed_cell} of this lesson failed")
