"""The number format in which a training computes: float32, or bfloat16 where it is quicker.

Source: Micikevicius et al. 2018 (mixed precision). Taught in lesson 06.
"""

from __future__ import annotations

import torch

BFLOAT16_INSTRUCTIONS = ("amx_bf16", "avx512_bf16")  # names of PyTorch's CPU capabilities


def resolve_precision(precision: str, device: torch.device) -> str:
    """Return the format in which convolutions compute: ``"float32"`` or ``"bfloat16"``.

    Args:
        precision: of the config. ``"auto"`` is bfloat16 on CPUs with instructions for it (Intel's
            AMX, AVX512-BF16), where it was measured to be quicker; elsewhere float32.
        device: where the training computes.
    """
    if precision != "auto":
        return precision
    if device.type != "cpu":
        return "float32"
    read = getattr(torch.cpu, "get_capabilities", None)  # PyTorch 2.10 does not have it
    capabilities: dict[str, bool] = read() if read else {}
    fast = any(capabilities.get(name, False) for name in BFLOAT16_INSTRUCTIONS)
    return "bfloat16" if fast else "float32"


def uses_bfloat16(precision: str, device: torch.device) -> bool:
    """Whether a training computes in bfloat16.

    Args:
        precision: of the config: ``"float32"``, ``"bfloat16"`` or ``"auto"``.
        device: where the training computes.
    """
    return resolve_precision(precision, device) == "bfloat16"


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """Return a context in which convolutions compute in the format that ``precision`` names.

    In bfloat16 the convolutions multiply numbers of 8 significant bits instead of 24, and still add
    in float32. Weights, optimizers and losses stay in float32. Nothing that was converted is
    cached, because the weights change at the next step.

    Args:
        precision: of the config: ``"float32"``, ``"bfloat16"`` or ``"auto"``.
        device: where the training computes.
    """
    half = uses_bfloat16(precision, device)
    return torch.autocast(device.type, torch.bfloat16, enabled=half, cache_enabled=False)
