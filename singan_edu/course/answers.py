"""What a student predicted and solved: small JSON files in a folder that git ignores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..files import user_folder, write_json


def answers_folder() -> Path:
    """Where answers are kept (see ``files.user_folder``)."""
    return user_folder("my_answers", "SINGAN_EDU_ANSWERS")


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
