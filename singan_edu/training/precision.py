"""The number format in which a training computes: float32, or bfloat16 where it is quicker.

Source: Micikevicius et al. 2018 (mixed precision). Taught in lesson 06.
"""

from __future__ import annotations

import torch

BFLOAT16_INSTRUCTIONS = ("amx_bf16", "avx512_bf16")  # names of PyTorch's CPU capabilities


def uses_bfloat16(precision: str, device: torch.device) -> bool:
    """Whether a training on ``device`` computes in bfloat16.

    ``"auto"`` says yes on processors with instructions for bfloat16 (AMX of Intel's, AVX512-BF16 of
    either maker's), where it was measured to be quicker. Elsewhere it may be slower, and is for the
    user to ask for.
    """
    if precision == "auto" and device.type == "cpu":
        capabilities = getattr(torch.cpu, "get_capabilities", dict)()  # not in older PyTorch
        return any(capabilities.get(name, False) for name in BFLOAT16_INSTRUCTIONS)
    return precision == "bfloat16"


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """A context in which convolutions compute in the format that ``precision`` names.

    In bfloat16 the convolutions multiply numbers of 8 significant bits instead of 24, and still
    add in float32; weights and optimizers stay in float32. Nothing that was converted is cached,
    because the weights change at the next step.
    """
    half = uses_bfloat16(precision, device)
    return torch.autocast(device.type, torch.bfloat16, enabled=half, cache_enabled=False)
