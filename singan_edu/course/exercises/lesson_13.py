"""The exercises of lesson 13: animation."""

from __future__ import annotations

import torch
from torch import Tensor

from ...applications.animation import ALPHA, BETA, walk
from ..labs.lesson_13 import FAULTS, draw_walks, normal_noise
from . import Case, exercise, value_exercise


# ------------------------------------------------------------------------------------ exercise 13.1
def _noises_and_weights() -> list[Case]:
    return [
        (*normal_noise(4, 1, 1, 5, 6, seed=seed), alpha, beta)
        for seed, alpha, beta in [(0, 0.1, 0.9), (1, 0.3, 0.8), (2, 0.05, 0.5)]
    ]


@exercise("13.1", "one step of the walk", dots=1, minutes=6, cases=_noises_and_weights)
def next_noise(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    """Compute z_{t+1} from z_t, z_{t-1}, the noise of the reconstruction and u_t."""
    return _next_noise(now, before, rest, fresh, alpha, beta)


def _next_noise(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    step = beta * (now - before) + (1 - beta) * fresh
    return alpha * rest + (1 - alpha) * (now + step)


@next_noise.mistake
def alpha_and_beta_swapped(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    """alpha and beta are swapped. beta, near 1, keeps the direction; alpha, near 0, is the pull
    back to the photograph. The other way round hardly anything moves.
    """
    return _next_noise(now, before, rest, fresh, beta, alpha)


@next_noise.mistake
def noise_not_renormalised(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    """The fresh noise has its full strength. It is to be multiplied by 1 - beta, so that old
    direction and new noise share the step between them.
    """
    return _next_noise(now, before, rest, fresh / (1 - beta), alpha, beta)


@next_noise.mistake
def from_the_frame_before(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    """You step from z_{t-1}. It gives the direction only; the step starts at z_t."""
    step = beta * (now - before) + (1 - beta) * fresh
    return alpha * rest + (1 - alpha) * (before + step)


@next_noise.mistake
def pull_added_on_top(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    """You add alpha times the photograph's noise and take nothing off. A weighted mean has weights
    alpha and 1 - alpha.
    """
    return alpha * rest + now + beta * (now - before) + (1 - beta) * fresh


# ------------------------------------------------------------------------------------ exercise 13.2
def _shocks() -> list[Case]:
    return [(normal_noise(24, 6, seed=1), ALPHA, BETA), (normal_noise(40, 6, seed=2), 0.2, 0.8)]


@exercise(
    "13.2",
    "a walk that closes",
    dots=2,
    minutes=10,
    cases=_shocks,
    tolerance=2e-3,
    draw=draw_walks,
)
def closed_walk(shocks: Tensor, alpha: float, beta: float) -> Tensor:
    """Compute a walk (T, …) that ends where it begins, for shocks (T, …)."""
    return walk(shocks, alpha=alpha, beta=beta, loop=True)


@closed_walk.mistake
def open_walk(shocks: Tensor, alpha: float, beta: float) -> Tensor:
    """This is the open walk, which starts at rest; played round it jumps. Give it the same shocks
    round after round, and keep the last round.
    """
    return walk(shocks, alpha=alpha, beta=beta)


@closed_walk.mistake
def there_and_back(shocks: Tensor, alpha: float, beta: float) -> Tensor:
    """You walk there and back. It closes, but at both ends everything turns round at once, and the
    eye sees that. No walk that goes on does so.
    """
    half = open_walk(shocks, alpha, beta)[: (len(shocks) + 1) // 2]
    return torch.cat([half, half.flip(0)[len(half) * 2 - len(shocks) :]])


@closed_walk.mistake
def last_made_first(shocks: Tensor, alpha: float, beta: float) -> Tensor:
    """You overwrote the last frame by the first: the jump is now one frame earlier."""
    walked = open_walk(shocks, alpha, beta).clone()
    walked[-1] = walked[0]
    return walked


@closed_walk.mistake
def bent(shocks: Tensor, alpha: float, beta: float) -> Tensor:
    """You bent the walk until its end met its beginning. They meet, but in another direction, and
    it is nearer to the photograph there than in between. Give it the same shocks round after round,
    and keep the last round.
    """
    walked = open_walk(shocks, alpha, beta)
    share = torch.linspace(0, 1, len(shocks)).reshape(-1, *[1] * (shocks.dim() - 1))
    return walked - share * (walked[-1:] - walked[:1])


# ------------------------------------------------------------------------------------ exercise 13.3
@value_exercise("13.3", "three films that went wrong", dots=3, minutes=12)
def faults_of_the_films() -> list[str]:
    """Name the faults of the films A, B and C."""
    return FAULTS


@faults_of_the_films.mistake
def a_and_b_taken_for_each_other() -> list[str]:
    """C is right. A walk without a way back strays farther and farther; a cross-faded one has the
    least variation half-way. Look at the standard deviation of each frame.
    """
    return [FAULTS[1], FAULTS[0], FAULTS[2]]


@faults_of_the_films.mistake
def a_and_c_taken_for_each_other() -> list[str]:
    """B is right. With alpha and beta swapped the pull is nine tenths: which of the films hardly
    leaves the photograph?
    """
    return [FAULTS[2], FAULTS[1], FAULTS[0]]


@faults_of_the_films.mistake
def b_and_c_taken_for_each_other() -> list[str]:
    """A is right. A healthy walk has a standard deviation of 0.47 in every frame. One of B and
    C has that at its ends, the other never.
    """
    return [FAULTS[0], FAULTS[2], FAULTS[1]]
