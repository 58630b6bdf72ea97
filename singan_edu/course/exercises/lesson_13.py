"""The exercises of lesson 13, animation, and what its experiments need: faulty walks, memory."""

from __future__ import annotations

import gc

import torch
from matplotlib.figure import Figure
from torch import Tensor

from ...applications.animation import ALPHA, BETA, walk, walk_std
from .. import plots
from ..checks import Exercise, Mistake


def _normal(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# ------------------------------------------------------------------------------------ exercise 13.1
def next_noise(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    """z_{t+1} of z_t, z_{t-1}, the noise of the reconstruction and u_t."""
    step = beta * (now - before) + (1 - beta) * fresh
    return alpha * rest + (1 - alpha) * (now + step)


def swapped(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    """Each of the two numbers in the place of the other."""
    return next_noise(now, before, rest, fresh, beta, alpha)


def not_renormalised(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    """Fresh noise in full strength."""
    return next_noise(now, before, rest, fresh / (1 - beta), alpha, beta)


def from_the_frame_before(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    """Starts from z_{t-1}."""
    step = beta * (now - before) + (1 - beta) * fresh
    return alpha * rest + (1 - alpha) * (before + step)


def drawn_in_full(
    now: Tensor, before: Tensor, rest: Tensor, fresh: Tensor, alpha: float, beta: float
) -> Tensor:
    """Adds the pull without taking anything off the rest."""
    return alpha * rest + now + beta * (now - before) + (1 - beta) * fresh


ONE_STEP = Exercise(
    id="13.1",
    title="one step of the walk",
    difficulty=1,
    minutes=6,
    expected=next_noise,
    cases=tuple(
        (*_normal(4, 1, 1, 5, 6, seed=seed), alpha, beta)
        for seed, alpha, beta in [(0, 0.1, 0.9), (1, 0.3, 0.8), (2, 0.05, 0.5)]
    ),
    mistakes=(
        Mistake(
            "alpha and beta swapped",
            swapped,
            "alpha and beta are swapped. beta, near 1, keeps the direction; alpha, near 0, is the "
            "pull back to the photograph. The other way round hardly anything moves.",
        ),
        Mistake(
            "noise not renormalised",
            not_renormalised,
            "The fresh noise has its full strength. It is to be multiplied by 1 - beta, so that "
            "old direction and new noise share the step between them.",
        ),
        Mistake(
            "from the frame before",
            from_the_frame_before,
            "You step from z_{t-1}. It gives the direction only; the step starts at z_t.",
        ),
        Mistake(
            "pull added on top",
            drawn_in_full,
            "You add alpha times the photograph's noise and take nothing off. A weighted mean has "
            "weights alpha and 1 - alpha.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 13.2
def closed_walk(shocks: Tensor, alpha: float, beta: float) -> Tensor:
    """A walk that closes, (T, …), of shocks (T, …)."""
    return walk(shocks, alpha=alpha, beta=beta, loop=True)


def open_walk(shocks: Tensor, alpha: float, beta: float) -> Tensor:
    """One round from rest: its end is not where it began."""
    return walk(shocks, alpha=alpha, beta=beta)


def there_and_back(shocks: Tensor, alpha: float, beta: float) -> Tensor:
    """Half a walk, and the same backwards."""
    half = open_walk(shocks, alpha, beta)[: (len(shocks) + 1) // 2]
    return torch.cat([half, half.flip(0)[len(half) * 2 - len(shocks) :]])


def last_made_first(shocks: Tensor, alpha: float, beta: float) -> Tensor:
    """An open walk whose last frame is replaced by its first."""
    walked = open_walk(shocks, alpha, beta).clone()
    walked[-1] = walked[0]
    return walked


def bent(shocks: Tensor, alpha: float, beta: float) -> Tensor:
    """An open walk, bent evenly so that its end meets its beginning."""
    walked = open_walk(shocks, alpha, beta)
    share = torch.linspace(0, 1, len(shocks)).reshape(-1, *[1] * (shocks.dim() - 1))
    return walked - share * (walked[-1:] - walked[:1])


def one_pixel(expected: Tensor, yours: Tensor) -> Figure:
    """The first number of both walks, once and a half round."""
    count = len(expected)
    curves = {
        name: (range(count * 3 // 2), torch.cat([y, y])[: count * 3 // 2].flatten(1)[:, 0].tolist())
        for name, y in (("expected", expected), ("yours", yours))
    }
    return plots.plot_curves(curves, x="frame", y="noise of one pixel", mark=count)


CLOSED_WALK = Exercise(
    id="13.2",
    title="a walk that closes",
    difficulty=2,
    minutes=10,
    expected=closed_walk,
    cases=((_normal(24, 6, seed=1), ALPHA, BETA), (_normal(40, 6, seed=2), 0.2, 0.8)),
    mistakes=(
        Mistake(
            "open",
            open_walk,
            "This is the open walk, which starts at rest; played round it jumps. Give it the same "
            "shocks round after round, and keep the last round.",
        ),
        Mistake(
            "there and back",
            there_and_back,
            "You walk there and back. It closes, but at both ends everything turns round at once, "
            "and the eye sees that. No walk that goes on does so.",
        ),
        Mistake(
            "last made first",
            last_made_first,
            "You overwrote the last frame by the first: the jump is now one frame earlier.",
        ),
        Mistake(
            "bent",
            bent,
            "You bent the walk until its end met its beginning. They meet, but in another "
            "direction, and it is nearer to the photograph there than in between. Give it the same "
            "shocks round after round, and keep the last round.",
        ),
    ),
    tolerance=2e-3,
    draw=one_pixel,
)


# ------------------------------------------------------------------------------------ exercise 13.3
FRAMES, PIXELS = 120, 400


def faded(shocks: Tensor) -> Tensor:
    """Half of a long walk, faded over into the other half: closed, with less variance between."""
    first, second = walk(shocks)[len(shocks) // 3 :].chunk(2)  # the rest is on its way from rest
    share = (torch.arange(len(first)) / len(first))[:, None]
    return (1 - share) * second + share * first


def noise_film(name: str) -> Tensor:
    """The noise of a film less that of the photograph: ``"healthy"``, or ``"A"``, ``"B"``, ``"C"``.

    (120, 400): frames, and as many pixels, each of which walks alone. A, B and C have a fault each;
    which, exercise 13.3 asks.
    """
    shocks = _normal(FRAMES, PIXELS, seed=13)
    if name == "A":  # no way back
        return walk(shocks, alpha=1e-9, beta=BETA)
    if name == "B":
        return faded(_normal(3 * FRAMES, PIXELS, seed=14))
    if name == "C":
        return walk(shocks, alpha=BETA, beta=ALPHA, loop=True)
    return walk(shocks, loop=True)


FAULTS = ["no way back", "cross-faded", "swapped"]

FILM_CLINIC = Exercise(
    id="13.3",
    title="three films that went wrong",
    difficulty=3,
    minutes=12,
    expected=FAULTS,
    mistakes=(
        Mistake(
            "A and B taken for each other",
            [FAULTS[1], FAULTS[0], FAULTS[2]],
            "C is right. A walk without a way back strays farther and farther; a cross-faded one "
            "has the least variation half-way. Look at the standard deviation of each frame.",
        ),
        Mistake(
            "A and C taken for each other",
            [FAULTS[2], FAULTS[1], FAULTS[0]],
            "B is right. With alpha and beta swapped the pull is nine tenths: which of the films "
            "hardly leaves the photograph?",
        ),
        Mistake(
            "B and C taken for each other",
            [FAULTS[0], FAULTS[2], FAULTS[1]],
            f"A is right. A healthy walk has a standard deviation of {walk_std():.2f} in every "
            "frame. One of B and C has that at its ends, the other never.",
        ),
    ),
)

EXERCISES = (ONE_STEP, CLOSED_WALK, FILM_CLINIC)


# ------------------------------------------------------------------------------------------- memory
def numbers_alive() -> int:
    """How many numbers all tensors of this process hold at this moment."""
    gc.collect()
    return sum(thing.numel() for thing in gc.get_objects() if type(thing) is Tensor)
