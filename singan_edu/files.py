"""Atomic writes of safetensors and JSON files, without pickle."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor


def package_version() -> str:
    """Return the installed version of singan_edu, ``"unknown"`` if it runs uninstalled."""
    try:
        return version("singan_edu")
    except PackageNotFoundError:
        return "unknown"


def user_folder(name: str, variable: str) -> Path:
    """Return a folder of the working directory, or one that a variable names; it is not created.

    Args:
        name: of the folder in the working directory, such as ``"runs"`` or ``"my_answers"``.
        variable: environment variable that names another folder, if it is set.
    """
    return Path(os.environ.get(variable) or Path.cwd() / name)


def write_json(path: Path, facts: dict[str, Any]) -> None:
    """Write a JSON file, replacing what was there in one step.

    Args:
        path: of the file; missing folders are created.
        facts: JSON-ready values.
    """
    write_bytes(path, (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode())


def write_tensors(tensors: dict[str, Tensor], folder: Path, stem: str) -> str:
    """Write named tensors to a safetensors file whose name holds their checksum.

    The name identifies the contents. So a JSON file written afterwards refers to exactly these, and
    a crash between the two writes leaves the old pair untouched.

    Args:
        tensors: by name; they are moved to the CPU.
        folder: is created if need be.
        stem: beginning of the file's name, ``"STEM-CHECKSUM.safetensors"``.

    Returns:
        The file's name.
    """
    data = safetensors.torch.save(
        {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    )
    name = f"{stem}-{_checksum(data)}.safetensors"
    write_bytes(folder / name, data)
    return name


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read what ``write_tensors`` wrote.

    Args:
        path: of the file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the contents do not have the checksum in the file's name.
    """
    data = path.read_bytes()
    if not path.stem.endswith(_checksum(data)):
        raise ValueError("the checksum in its name does not match")
    return safetensors.torch.load(data)


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def write_bytes(path: Path, data: bytes) -> Path:
    """Write a file, replacing what was there in one step.

    Args:
        path: of the file; missing folders are created.
        data: its contents.

    Returns:
        The path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".unfinished-{path.name}")
    with open(unfinished, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
    return path
