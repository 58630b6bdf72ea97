"""How a trained model is stored: ``model.json``, and its weights as safetensors.

Nothing is pickled. The format of version 0.1 can still be read (see ``config.RENAMED_FIELDS``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from torch import Tensor

from .files import read_tensors, write_json, write_tensors

MODEL_FILE = "model.json"
FORMAT = 2  # 1, of version 0.1: other names of two config fields, no environments
READABLE_FORMATS = (1, 2)
REQUIRED_KEYS = ("config", "noise_stds", "plan", "seed", "weights")
MAX_HALF_ERROR = 1e-3  # of a tensor's largest value, in half precision; rounding alone takes 5e-4


def write_model(folder: Path, facts: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    """Write a model; one that is there stays whole until the new one is complete.

    Args:
        folder: is created if need be.
        facts: what ``model.json`` will hold, beside the format and the name of the weights' file.
        tensors: weights, image and noise by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = write_tensors(tensors, folder, "weights")
    write_json(folder / MODEL_FILE, dict(format=FORMAT, **facts, weights=weights))
    for old in folder.glob("weights-*.safetensors"):
        if old.name != weights:
            old.unlink()


def read_facts(folder: Path) -> dict[str, Any]:
    """Read ``model.json``.

    Args:
        folder: that ``write_model`` wrote.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged, or of an unknown format.
    """
    file = folder / MODEL_FILE
    if not file.is_file():
        raise FileNotFoundError(
            f"{folder} holds no trained pyramid ({MODEL_FILE} is missing). Give the "
            f"folder that SinGAN.save or train(checkpoint_dir=…) wrote."
        )
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(facts, dict):
            raise ValueError("it holds no facts")
    except ValueError as error:
        raise ValueError(f"{file} is damaged ({error}); train again, or copy it again.") from error
    if facts.get("format") not in READABLE_FORMATS:
        raise ValueError(
            f"{file} has the format {facts.get('format')!r}; this version of singan_edu reads "
            f"the formats {' and '.join(map(str, READABLE_FORMATS))}."
        )
    missing = [name for name in REQUIRED_KEYS if name not in facts]
    if missing:
        raise ValueError(
            f"{file} is damaged ({', '.join(missing)} missing); train again, or copy it again."
        )
    return facts


def read_weights(folder: Path, facts: dict[str, Any]) -> dict[str, Tensor]:
    """Read the tensors that ``facts`` name, floating-point ones as float32.

    Args:
        folder: that ``write_model`` wrote.
        facts: from ``read_facts``.

    Raises:
        FileNotFoundError: the weights are missing.
        ValueError: they are damaged.
    """
    try:
        tensors = read_tensors(folder / facts["weights"])
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{folder} is incomplete: {facts['weights']} is missing beside "
            f"{MODEL_FILE}. Copy the whole folder."
        ) from error
    except (SafetensorError, ValueError) as error:
        raise ValueError(
            f"{folder / facts['weights']} is damaged ({error}); train again, or copy it again."
        ) from error
    return {
        name: value.float() if value.is_floating_point() else value
        for name, value in tensors.items()
    }


def with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Select the tensors whose names begin with ``prefix``, which is removed.

    Args:
        tensors: by name.
        prefix: such as ``"level0."``.
    """
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def to_half(value: Tensor) -> Tensor:
    """Convert a convolution's weight, z* or an image to float16 where that is safe.

    Vectors (biases, normalisation and its statistics) stay as they are: they are few, and each
    moves a whole channel, so that rounding them shows three times as much. Whatever leaves the
    range of float16 stays, too: an error must be small beside the tensor's largest value.

    Args:
        value: any tensor; those of four dimensions may be converted.
    """
    if value.dim() != 4:
        return value
    half = value.half()
    safe = (half.float() - value).abs().max() <= MAX_HALF_ERROR * value.abs().max()
    return half if safe else value
