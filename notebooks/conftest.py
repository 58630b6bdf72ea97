"""The lessons as tests: their results go to a folder of this run, so that they really train."""

import os
import tempfile

collect_ignore = ["conftest.py"]  # no doctests here, and pytest knows one module of this name

RESULTS = tempfile.TemporaryDirectory(prefix="singan-edu-")
os.environ["SINGAN_EDU_RUNS"] = RESULTS.name
