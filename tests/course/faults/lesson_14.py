"""What the claims of lesson 14 name, switched off (see the package ``faults``)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from singan_edu.course.labs import lesson_14
from singan_edu.evaluation import controls, metrics, sifid, study

from .everywhere import Everywhere
from .lesson_00 import deaf_to_start_level
from .lesson_04 import noise_forgotten


def without_overlap(everywhere: Everywhere) -> None:
    """14.a: the distance lacks the overlap of the covariances."""

    def distance(mean_a: Tensor, cov_a: Tensor, mean_b: Tensor, cov_b: Tensor) -> float:
        return ((mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace()).item()

    everywhere(sifid.frechet_distance, distance)


def places_seen(everywhere: Everywhere) -> None:
    """14.b: features include their horizontal position."""

    def features(image: Tensor, *, seed: int = 0) -> Tensor:
        found = original(image, seed=seed)
        across = torch.linspace(-1, 1, found.shape[-1], dtype=found.dtype)
        return torch.cat([found, 9 * found * across])

    original = sifid.random_features
    everywhere(original, features)


def no_floor(everywhere: Everywhere) -> None:
    """14.d: the noise floor is taken to be zero."""
    everywhere(metrics.swd_noise_floor, lambda real, **options: 0.0)


def not_squared(everywhere: Everywhere) -> None:
    """14.e: the root of the distance, which shrinks with the contrast and not with its square."""
    original = sifid.frechet_distance
    everywhere(original, lambda *clouds: original(*clouds) ** 0.5)


def blind_to_copies(everywhere: Everywhere) -> None:
    """14.f: no copy is ever found."""

    def copy_map(real: Tensor, fake: Tensor, **options: Any) -> metrics.CopyMap:
        found = original(real, fake, **options)
        return dataclasses.replace(found, regions=0 * found.regions)

    original = metrics.copy_map
    everywhere(original, copy_map)


def guessing_is_all(everywhere: Everywhere) -> None:
    """14.g: rates are divided by one half, so that guessing has rate 1."""

    def confusion(answers: list[study.Answer]) -> study.Confusion:
        found = original(answers)
        return dataclasses.replace(found, rate=2 * found.rate)

    original = study.confusion
    everywhere(original, confusion)


def one_standard_error(everywhere: Everywhere) -> None:
    """14.h: intervals of one standard error, which contain the truth in two of three classes."""
    original = study.wilson_interval
    everywhere(original, lambda wrong, n, confidence=0.68: original(wrong, n, confidence))


def patches_forgotten(everywhere: Everywhere) -> None:
    """14.i: the baseline keeps the photograph's spectrum, not its patches."""
    everywhere(controls.patch_nearest_neighbours, controls.phase_randomisation)


def not_mirrored(everywhere: Everywhere) -> None:
    """14.k: the suspect does not mirror its images."""
    original = lesson_14.suspect
    everywhere(original, lambda: original().flip(-1))


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "14.a": without_overlap,
    "14.b": places_seen,
    "14.c": noise_forgotten,
    "14.d": no_floor,
    "14.e": not_squared,
    "14.f": blind_to_copies,
    "14.g": guessing_is_all,
    "14.h": one_standard_error,
    "14.i": patches_forgotten,
    "14.j": deaf_to_start_level,
    "14.k": not_mirrored,
}

# Other photographs must not break the lesson.
OTHER_PHOTOS = ("canyon_river", "deep_field")
