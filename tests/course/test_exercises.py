"""Exercises and labs as modules: what importing them does not do."""

from __future__ import annotations

import subprocess
import sys

IMPORT_ALL = """
import importlib, pkgutil, sys
from singan_edu import images, pretrained

def refuse(*arguments, **options):
    raise AssertionError(f"loaded at import: {arguments}")

pretrained.load_pretrained = images.sample_image = images.sample_mask = refuse
from singan_edu.course import exercises, labs

for package in (labs, exercises):
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    assert names
    for name in names:
        importlib.import_module(f"{package.__name__}.{name}")
    if package is labs:  # which import no exercises
        assert not [name for name in sys.modules if name.startswith(f"{exercises.__name__}.")]
"""


def test_importing_exercises_and_labs_loads_no_model_and_no_picture():
    subprocess.run([sys.executable, "-c", IMPORT_ALL], check=True)
