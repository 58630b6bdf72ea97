"""What holds for every test and lesson: how workers share them, and one thread a worker.

Without pytest-xdist, or without ``-n``, nothing here changes anything.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers share the cores. The kernels of lessons inherit this.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

collect_ignore = ["conftest.py"]  # pytest would take it for a module with doctests

# Files whose tests share nothing, so that any worker may run any of them.
INDEPENDENT = ("tests/course/test_claims.py",)
# What takes longest begins first, so that no worker is left alone with it at the end.
LONGEST_FIRST = (
    r"notebooks/06_|tests/test_cli\.py",
    r"test_claims_hold_for_other_photographs",
    r"test_claim_fails",
    r"notebooks/",
    r"tests/course/test_browser\.py|tests/course/test_differences\.py|tests/test_package\.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give the cells of a notebook, and the tests of a file, to one worker and in order."""
    from xdist.scheduler import LoadScopeScheduling  # here, since nobody has to have xdist

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            return nodeid if file in INDEPENDENT else file

    if config.getvalue("dist") != "load":
        return None  # another way was asked for
    config.option.loadscopereorder = False  # see pytest_collection_modifyitems
    return Scheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest tests first, for workers; alone, tests run in the order of the files."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    """The place of a test among ``LONGEST_FIRST``."""
    ranks = (i for i, pattern in enumerate(LONGEST_FIRST) if re.search(pattern, nodeid))
    return next(ranks, len(LONGEST_FIRST))
