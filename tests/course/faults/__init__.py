"""For every claim of a lesson, the library with the mechanism that the claim names switched off.

``FAULTS["01.a"](everywhere)`` does it; ``everywhere(original, replacement)`` puts a replacement
wherever the library holds the original. The claim must then fail (``test_claims.py``). Each lesson
has a module, ``lesson_NN``, with

* ``FAULTS``: the fault of every claim;
* ``QUICKER``, if the lesson trains: parameters for which its claims fail as surely, and sooner;
* ``OTHER_PHOTOS``: bundled photographs for which its claims must hold, as for a student's own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from .everywhere import Everywhere, replace_everywhere

_NAMES = sorted(path.stem for path in Path(__file__).parent.glob("lesson_*.py"))
_MODULES = {name[-2:]: importlib.import_module(f".{name}", __name__) for name in _NAMES}

FAULTS: dict[str, Callable[[Everywhere], None]] = {}
for _module in _MODULES.values():
    FAULTS |= _module.FAULTS
QUICKER = {number: getattr(module, "QUICKER", {}) for number, module in _MODULES.items()}
OTHER_PHOTOS = [
    (number, photo) for number, module in _MODULES.items() for photo in module.OTHER_PHOTOS
]

__all__ = ["FAULTS", "OTHER_PHOTOS", "QUICKER", "Everywhere", "replace_everywhere"]
