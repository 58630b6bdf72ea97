"""What the claims of lesson 08 name, switched off (see the package ``faults``)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from torch import Tensor

from singan_edu import pretrained
from singan_edu.applications import training_variants
from singan_edu.course.labs import lesson_08
from singan_edu.model import SinGAN

from .everywhere import Everywhere
from .lesson_04 import places_told_apart

KEPT = ("picture", "seed", "setting")  # what a row is, not what was measured


def as_many_scales_everywhere(everywhere: Everywhere) -> None:
    """08.a, 08.b: models of one, two, four or five scales have three."""
    original = pretrained.load_pretrained

    def load(name: str) -> SinGAN:
        return original("balloon_festival-scales_3" if "-scales_" in name else name)

    everywhere(original, load)


def knows_every_place(everywhere: Everywhere) -> None:
    """08.d: the model reproduces the training image at every place, with a border or without."""

    class Atlas(SinGAN):
        def run_from(self, level: int, image: Tensor | None = None, **options: Any) -> Tensor:
            usual = SinGAN.run_from(self, level, image, **options)
            rows, columns = (
                one // other for one, other in zip(usual.shape[2:], self.image.shape[2:])
            )
            return self.image.repeat(len(usual), 1, rows, columns)

    everywhere(SinGAN, Atlas)


def _measured_as(settings: Callable[[str], str], everywhere: Everywhere) -> None:
    """Each row of the table has the measures of another setting of its picture and seed."""
    original = lesson_08.study_rows

    def rows() -> list[lesson_08.Row]:
        table = original()
        found = {tuple(row[name] for name in KEPT): row for row in table}
        same = [found[row["picture"], row["seed"], settings(str(row["setting"]))] for row in table]
        return [one | {name: row[name] for name in KEPT} for row, one in zip(table, same)]

    everywhere(original, rows)


def scales_do_nothing(everywhere: Everywhere) -> None:
    """08.c: trained with three scales, whatever the row says."""
    _measured_as(lambda name: "scales_3" if name.startswith("scales") else name, everywhere)


def noise_padding_does_nothing(everywhere: Everywhere) -> None:
    """08.f, 08.i, 08.j: zero padding, whatever the row says."""
    _measured_as(lambda name: "padding_zero" if name == "padding_noise" else name, everywhere)


def padded_with_zeros_always(everywhere: Everywhere) -> None:
    """08.g, 08.h: all live trainings get zero padding."""
    original = training_variants.padding_variants

    def variants(config, modes):
        zero = config.replace(padding="zero")
        return [dataclasses.replace(one, config=zero) for one in original(config, modes)]

    everywhere(original, variants)


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "08.a": as_many_scales_everywhere,
    "08.b": as_many_scales_everywhere,
    "08.c": scales_do_nothing,
    "08.d": knows_every_place,
    "08.e": places_told_apart,
    "08.f": noise_padding_does_nothing,
    "08.g": padded_with_zeros_always,
    "08.h": padded_with_zeros_always,
    "08.i": noise_padding_does_nothing,
    "08.j": noise_padding_does_nothing,
}

# Parameters for which the claims fail as surely, and sooner.
QUICKER = {"scales": [1, 2, 4], "max_size": 48, "iterations": [30, 20], "live_iterations": 30}

# Other photographs must not break the lesson.
OTHER_PHOTOS = ("painted_coast",)
