"""What lesson 07 experiments with: samplers of wide images, right and with faults."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from ...images import Size, resize
from ...model import SinGAN
from ...pretrained import load_pretrained


@functools.cache
def festival() -> SinGAN:
    """Load a small pretrained model, of a drawn scene, that the exercises draw from, once."""
    return load_pretrained("balloon_festival")


@functools.cache
def canyon() -> SinGAN:
    """Load the pretrained model of the lesson's photograph, once."""
    return load_pretrained("canyon_river")


def wide_sampler(name: str, model: SinGAN | None = None) -> Callable[[int], Tensor]:
    """Return a sampler of images twice as wide as the training image.

    Exercise 07.4 asks what is wrong with the faulty ones.

    Args:
        name: ``"reference"`` for the right one, or ``"A"``, ``"B"`` or ``"C"`` for a faulty one.
        model: a trained model; None for the one of ``canyon_river``.

    Returns:
        A function of a seed that returns (1, C, H, 2 W) in [-1, 1].
    """
    sampled = model or canyon()
    height, width = sampled.plan.sizes[-1]
    wide = (height, 2 * width)
    if name == "reference":
        return lambda seed: sampled.sample(size=wide, seed=seed)
    return lambda seed: FAULTY_SAMPLERS[FAULTS[name]](sampled, wide, seed)


def _picture_stretched(model: SinGAN, wide: Size, seed: int) -> Tensor:
    return resize(model.sample(seed=seed), wide)


def _noise_enlarged(model: SinGAN, wide: Size, seed: int) -> Tensor:
    sizes = model.level_sizes(wide)
    noise = [resize(z, size) for z, size in zip(model.draw_noise(seed=seed), sizes)]
    return model.run_from(0, noise=noise, size=wide)


def _noise_repeated(model: SinGAN, wide: Size, seed: int) -> Tensor:
    sizes = model.level_sizes(wide)
    noise = [
        torch.cat([z, z], dim=-1)[..., : size[1]]
        for z, size in zip(model.draw_noise(seed=seed), sizes)
    ]
    return model.run_from(0, noise=noise, size=wide)


FAULTY_SAMPLERS = {
    "picture stretched": _picture_stretched,
    "noise enlarged": _noise_enlarged,
    "noise repeated": _noise_repeated,
}
FAULTS = dict(zip("ABC", FAULTY_SAMPLERS))  # the fault of each faulty sampler
