"""What lesson 04 experiments with: a sampler that forgets to scale the noise of one level."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

from torch import Tensor

from ...model import SinGAN
from ...pretrained import load_pretrained

FAULTY_LEVEL = 3


@functools.cache
def festival() -> SinGAN:
    """Load the pretrained model that the faulty sampler draws from, once."""
    return load_pretrained("balloon_festival")


def broken_sampler(model: SinGAN | None = None) -> Callable[[Sequence[Tensor]], Tensor]:
    """Return a sampler with one fault: it does not scale the noise of one level.

    Exercise 04.4 asks for the level.

    Args:
        model: a trained model; None for the one of ``balloon_festival``.

    Returns:
        A function of noise maps of standard deviation one, (n, C, h, w) for each level, that
        returns images (n, C, H, W) in [-1, 1].
    """
    sampled = model or festival()
    stds = list(sampled.noise_stds)
    stds[FAULTY_LEVEL] = 1.0
    broken = dataclasses.replace(sampled, noise_stds=tuple(stds))
    return lambda maps: broken.run_from(0, noise=maps)
