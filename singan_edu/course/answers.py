"""What a student predicted and solved: small JSON files in a folder of the student's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..files import user_folder, write_json


def answers_folder() -> Path:
    """Return the folder for answers.

    Returns:
        ``my_answers`` in the working directory, or the folder that SINGAN_EDU_ANSWERS names. It
        need not exist.
    """
    return user_folder("my_answers", "SINGAN_EDU_ANSWERS")


def remembered(kind: str) -> dict[str, Any]:
    """Read everything stored of one kind.

    An unreadable file counts as empty, because a class must be able to continue. It stays as it is
    until something new is stored.

    Args:
        kind: ``"predictions"`` or ``"passed"``, the name of the file.

    Returns:
        Key -> value; {} if nothing is stored.
    """
    try:
        return dict(json.loads((answers_folder() / f"{kind}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def remember(kind: str, key: str, value: object) -> Path:
    """Store a value, replacing an earlier one of the same key.

    Args:
        kind: ``"predictions"`` or ``"passed"``, the name of the file.
        key: such as the number of an exercise, ``"01.2"``.
        value: anything that JSON can hold.

    Returns:
        The path of the file.
    """
    path = answers_folder() / f"{kind}.json"
    write_json(path, remembered(kind) | {key: value})
    return path
