"""Pretrained models that ship with the package, so that every application works at once.

Each is a folder as ``SinGAN.save`` writes it, in half precision, with its scorecard beside it.
``benchmarks/make_pretrained.py`` says how each was trained, and trains it again.
"""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable

import torch

from .model import SinGAN
from .model_files import MODEL_FILE

FOLDER = "pretrained_models"
VARIANT_SEPARATOR = "-"  # between an image's name and what its model was trained for or with


def pretrained_names(*, variants: bool = False) -> list[str]:
    """List the pretrained models (licences: ``pretrained_models/ATTRIBUTION.md``).

    Args:
        variants: also those for one purpose, ``"IMAGE-PURPOSE"``: small, for super-resolution, or
            trained with other settings for the studies of lesson 08, some of them badly.
    """
    names = [entry.name for entry in _models().iterdir() if (entry / MODEL_FILE).is_file()]
    return sorted(name for name in names if variants or VARIANT_SEPARATOR not in name)


def load_pretrained(name: str, *, device: torch.device | str = "cpu") -> SinGAN:
    """Load a pretrained model.

    Args:
        name: from ``pretrained_names(variants=True)``.
        device: where it will be.

    Raises:
        ValueError: no such model; the message lists those that ship.
    """
    known = pretrained_names(variants=True)
    if name not in known:
        raise ValueError(
            f"No trained pyramid {name!r} ships with singan_edu; there are {', '.join(known)}. "
            f"train makes one of any photograph."
        )
    with resources.as_file(_models() / name) as folder:
        return SinGAN.load(folder, device=device)


def _models() -> Traversable:
    return resources.files(__package__) / FOLDER
