"""What decides the result of a training, beside the photograph, its config and its seed.

The same sums in another order are rounded differently, and training amplifies the difference.
So the same seed gives the same model, bit for bit, only where all of this is the same.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import torch as pytorch  # the field ``torch`` below hides the module


class MixedEnvironmentWarning(UserWarning):
    """A training continues with other threads, precision, hardware or version than before."""


@dataclass(frozen=True)
class ComputeEnvironment:
    """The hardware, software and number format that a training computes with.

    Attributes:
        precision: of the convolutions at large levels, ``"float32"`` or ``"bfloat16"``; never
            ``"auto"``.
        threads: of PyTorch on the CPU.
        torch: version of PyTorch.
        device: ``"cpu"``, or a GPU's name.
        capability: vector instructions that PyTorch uses on this CPU, such as ``"AVX512"``.
    """

    precision: str
    threads: int
    torch: str
    device: str
    capability: str

    @classmethod
    def current(cls, precision: str, device: pytorch.device) -> ComputeEnvironment:
        """Describe this process.

        Args:
            precision: that the training on ``device`` uses, ``"float32"`` or ``"bfloat16"``.
            device: where it trains.
        """
        is_cuda = device.type == "cuda"
        return cls(
            precision,
            pytorch.get_num_threads(),
            pytorch.__version__,
            pytorch.cuda.get_device_name(device) if is_cuda else device.type,
            pytorch.backends.cpu.get_cpu_capability(),
        )

    def differences(self, other: ComputeEnvironment) -> list[str]:
        """Describe how ``other`` differs.

        Args:
            other: of another training, or a later part of this one.

        Returns:
            Phrases such as ``"threads 2, now 1"``; none if the two are equal.
        """
        old, new = dataclasses.asdict(self), dataclasses.asdict(other)
        return [f"{name} {old[name]}, now {new[name]}" for name in old if old[name] != new[name]]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values."""
        return dataclasses.asdict(self)
