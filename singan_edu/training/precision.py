"""The number format in which a training computes: float32, or bfloat16 where it is quicker.

Source: Micikevicius et al. 2018 (mixed precision). Taught in lesson 06.
"""

from __future__ import annotations

import torch
from torch import Tensor

BFLOAT16_INSTRUCTIONS = ("amx_bf16", "avx512_bf16")  # names of PyTorch's CPU capabilities
# Smaller levels gain little time in bfloat16, and decide whether objects are whole.
MIN_BFLOAT16_PIXELS = 5000


def resolve_precision(precision: str, device: torch.device, pixels: int | None = None) -> str:
    """Return the format in which convolutions compute: ``"float32"`` or ``"bfloat16"``.

    Args:
        precision: of the config. ``"auto"`` is bfloat16 at levels of ``MIN_BFLOAT16_PIXELS`` and
            more on CPUs with instructions for it (Intel's AMX, AVX512-BF16), where it was measured
            to be quicker; elsewhere float32.
        device: where the training computes.
        pixels: of the level; if not given, of a large one.
    """
    if precision != "auto":
        return precision
    if device.type != "cpu" or (pixels is not None and pixels < MIN_BFLOAT16_PIXELS):
        return "float32"
    read = getattr(torch.cpu, "get_capabilities", None)  # PyTorch 2.10 does not have it
    capabilities: dict[str, bool] = read() if read else {}
    fast = any(capabilities.get(name, False) for name in BFLOAT16_INSTRUCTIONS)
    return "bfloat16" if fast else "float32"


def uses_bfloat16(precision: str, device: torch.device, pixels: int | None = None) -> bool:
    """Whether a level computes in bfloat16.

    Args:
        precision: of the config: ``"float32"``, ``"bfloat16"`` or ``"auto"``.
        device: where the training computes.
        pixels: of the level; if not given, of a large one.
    """
    return resolve_precision(precision, device, pixels) == "bfloat16"


def autocast(precision: str, real: Tensor) -> torch.autocast:
    """Return a context in which convolutions compute in the format that ``precision`` names.

    In bfloat16 the convolutions multiply numbers of 8 significant bits instead of 24, and still add
    in float32. Weights, optimizers and losses stay in float32. Nothing that was converted is
    cached, because the weights change at the next step.

    Args:
        precision: of the config: ``"float32"``, ``"bfloat16"`` or ``"auto"``.
        real: the training image at the level, (1, C, h, w), on the device that trains.
    """
    half = uses_bfloat16(precision, real.device, real.shape[-2] * real.shape[-1])
    return torch.autocast(real.device.type, torch.bfloat16, enabled=half, cache_enabled=False)
