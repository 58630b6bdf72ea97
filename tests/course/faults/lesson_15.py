"""What the claims of lesson 15 name, switched off (see the package ``faults``)."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from singan_edu import losses, pyramid
from singan_edu.course import ablations, differences
from singan_edu.course.labs import lesson_15
from singan_edu.evaluation import controls
from singan_edu.model import SinGAN

from .everywhere import Everywhere


def one_rule_for_all(everywhere: Everywhere) -> None:
    """15.a: the authors' rule is the paper's."""

    def sizes(original, min_size, max_size, scale_factor):
        finest = pyramid.fitted_size(*original, max_size)
        return pyramid._paper_sizes(finest, min_size, scale_factor)

    everywhere(pyramid._official_sizes, sizes)


def norm_of_the_sum(everywhere: Everywhere) -> None:
    """15.b: the norm per picture without the mean over the scores."""

    def penalty(discriminator, image: Tensor) -> Tensor:
        return (torch.linalg.vector_norm(losses.input_gradient(discriminator, image)) - 1).square()

    everywhere(ablations.penalty_per_picture, penalty)


def switch_stuck(everywhere: Everywhere) -> None:
    """15.c: a switch without effect."""
    everywhere(ablations.switched, lambda switch: contextlib.nullcontext())


def one_way_only(everywhere: Everywhere) -> None:
    """15.d: the library counts one direction."""

    def p_value(groups) -> float:
        return original(groups) / 2

    original = differences.permutation_p_value
    everywhere(original, p_value)


def control_that_moves(everywhere: Everywhere) -> None:
    """15.e: the control has the values of a switch with an effect."""

    def table(*arguments: Any) -> list[dict[str, str]]:
        lines = original(*arguments)
        other = {(x["picture"], x["seed"]): x for x in lines if x["side"] == "penalty_norm"}
        return [
            other[x["picture"], x["seed"]] | {"side": "nothing"} if x["side"] == "nothing" else x
            for x in lines
        ]

    original = differences.read_table
    everywhere(original, table)


def sides_dealt_out(everywhere: Everywhere) -> None:
    """15.f: the values are dealt out at random to both sides."""

    def table(*arguments: Any) -> list[dict[str, str]]:
        lines, rng = original(*arguments), random.Random(0)
        values = [line["reconstruction"] for line in lines]
        rng.shuffle(values)
        return [line | {"reconstruction": value} for line, value in zip(lines, values)]

    original = differences.read_table
    everywhere(original, table)


def layout_kept(everywhere: Everywhere) -> None:
    """15.g: samples keep the layout of the training image."""

    class Tame(SinGAN):
        def sample(self, n: int = 1, *, start_level: int = 0, **options: Any) -> Tensor:
            return SinGAN.sample(self, n, start_level=max(1, start_level), **options)

    everywhere(SinGAN, Tame)


def patches_of_noise(everywhere: Everywhere) -> None:
    """15.h: the baseline combines pixels, not patches."""
    everywhere(controls.patch_nearest_neighbours, controls.colour_matched_noise)


def as_many_samples(everywhere: Everywhere) -> None:
    """15.i: the study has no fault."""
    original = lesson_15.sloppy_study
    everywhere(original, lambda fair=False: original(fair=True))


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "15.a": one_rule_for_all,
    "15.b": norm_of_the_sum,
    "15.c": switch_stuck,
    "15.d": one_way_only,
    "15.e": control_that_moves,
    "15.f": sides_dealt_out,
    "15.g": layout_kept,
    "15.h": patches_of_noise,
    "15.i": as_many_samples,
}

# Parameters for which the claims fail as surely, and sooner.
QUICKER = {"iterations": [3, 2, 1]}

# Other photographs must not break the lesson.
OTHER_PHOTOS = ("gravel", "deep_field")
