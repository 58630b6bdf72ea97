"""What a student predicted and solved: small JSON files in a folder that git ignores."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .files import write_json


def answers_folder() -> Path:
    """``my_answers`` beside the package, unless the variable SINGAN_EDU_ANSWERS names another."""
    return Path(os.environ.get("SINGAN_EDU_ANSWERS") or Path(__file__).parents[1] / "my_answers")


def remembered(kind: str) -> dict[str, Any]:
    """Everything remembered of one kind, ``"predictions"`` or ``"passed"``; {} if nothing is.

    A file that cannot be read counts as empty, since a class must go on; it is not overwritten
    before something new is remembered.
    """
    try:
        return dict(json.loads((answers_folder() / f"{kind}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def remember(kind: str, id: str, value: object) -> Path:
    """Keep one value under its id; returns the file."""
    path = answers_folder() / f"{kind}.json"
    write_json(path, remembered(kind) | {id: value})
    return path
