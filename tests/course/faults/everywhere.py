"""How a mechanism of the library is switched off: wherever a module of it holds the original."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

Everywhere = Callable[[Callable, Callable], None]


def replace_everywhere(patch: pytest.MonkeyPatch) -> Everywhere:
    """A function that puts a replacement wherever a module of the library holds the original."""

    def everywhere(original: Callable, replacement: Callable) -> None:
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] == "singan_edu":
                for key, value in list(vars(module).items()):
                    if value is original:
                        patch.setattr(module, key, replacement)

    return everywhere
