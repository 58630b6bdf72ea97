"""The exercises of lesson 05, the Wasserstein game; its figures of patches, and its clinic."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from ... import losses
from ...config import TrainConfig
from ...model import SinGAN
from ...pyramid import image_pyramid, plan_pyramid
from ...training import level as training_level
from ..checks import BLANK_ANSWERS, Exercise, Mistake
from ..labs.toy_2d import (
    adam,
    estimate,
    gradient_norm,
    new_discriminator,
    random_interpolates,
    two_clouds,
)
from ..plots import BLUE, ORANGE, TITLE_SIZE, VERMILION, draw_image, paired_bars


# ------------------------------------------------------------------------------------ on a picture
def coarse_level(image: Tensor, recipe: TrainConfig, *, seed: int = 0) -> training_level.TrainState:
    """Level 0 of a photograph, untrained; z* is drawn from ``seed``, once."""
    plan = plan_pyramid(*image.shape[-2:], max_size=recipe.max_size)
    rng = torch.Generator().manual_seed(seed)
    z_star = torch.randn(1, 1, *plan.sizes[0], generator=rng)
    finest = image_pyramid(image, plan)[-1]
    return training_level.begin_level(SinGAN(recipe, plan, finest, z_star, seed), rng)


def cut_patches(image: Tensor, field: int = 11) -> Tensor:
    """All patches of a picture, (1, C, h, w) -> ((h - 10) * (w - 10), C, 11, 11), row by row."""
    columns = F.unfold(image, field)[0].T  # (number of patches, C * 11 * 11)
    return columns.reshape(-1, image.shape[1], field, field)


@torch.no_grad()
def draw_scores(state: training_level.TrainState) -> Figure:
    """The photograph and a fake, what D says of their patches, and its slope at each pixel."""
    fake = state.generator(training_level.draw_noise(state), training_level.sample_previous(state))
    between = losses.random_interpolate(state.real, fake, state.rng)
    maps = [state.discriminator(picture)[0, 0] for picture in (state.real, fake)]
    low, high = min(m.min() for m in maps).item(), max(m.max() for m in maps).item()
    steep = losses.input_gradient(state.discriminator, between).norm(dim=1)[0]
    height, width = state.real.shape[-2:]
    figure = Figure(figsize=(9, 9 / 5 * height / width + 0.5), layout="constrained")
    axes = figure.subplots(1, 5)
    draw_image(axes[0], state.real, "photograph")
    draw_image(axes[1], fake, "fake")
    for ax, scores, name in zip(axes[2:], maps, ("photograph", "fake")):
        shown = ax.imshow(scores.numpy(), cmap="cividis", vmin=low, vmax=high)
        ax.set_title(f"scores of the {name}", fontsize=TITLE_SIZE)
    _scale(figure, shown, axes[3])
    _scale(figure, axes[4].imshow(steep.numpy(), cmap="cividis", vmin=0), axes[4])
    axes[4].set_title("slope at each pixel", fontsize=TITLE_SIZE)
    for ax in axes:
        ax.axis("off")
    return figure


def _scale(figure: Figure, shown: Any, ax: Axes) -> None:
    figure.colorbar(shown, ax=ax, shrink=0.7).ax.tick_params(labelsize=TITLE_SIZE - 2)


def milliseconds(functions: Mapping[str, Callable[[], Any]], runs: int = 15) -> dict[str, float]:
    """Median time of each function; they take turns, so that what else runs disturbs all alike."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(runs + 1):
        for name, function in functions.items():
            started = time.perf_counter()
            function()
            times[name].append(1000 * (time.perf_counter() - started))
    return {name: float(np.median(taken[1:])) for name, taken in times.items()}  # less the first


# ------------------------------------------------------------------------------------ exercise 05.1
def distance_on_a_line(one: Tensor, other: Tensor) -> float:
    """Wasserstein distance of equally many points on a line: in order, each to each."""
    return (one.sort().values - other.sort().values).abs().mean().item()


def as_they_come(one: Tensor, other: Tensor) -> float:
    """Pairs the points in the order that they happen to have."""
    return (one - other).abs().mean().item()


def of_the_means(one: Tensor, other: Tensor) -> float:
    """Compares the middles of the clouds."""
    return (one.mean() - other.mean()).abs().item()


def squared(one: Tensor, other: Tensor) -> float:
    """Squares the ways in place of taking their length."""
    return (one.sort().values - other.sort().values).square().mean().item()


def added_up(one: Tensor, other: Tensor) -> float:
    """Adds the ways up."""
    return distance_on_a_line(one, other) * len(one)


def signs_kept(one: Tensor, other: Tensor) -> float:
    """Lets ways to the left and to the right cancel."""
    return (one.sort().values - other.sort().values).mean().item()


def _on_a_line(seed: int, spread: float, shift: float) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    one, other = torch.randn(2, 40, generator=rng)
    return one, spread * other + shift


ON_A_LINE = Exercise(
    id="05.1",
    title="the distance on a line",
    difficulty=1,
    minutes=6,
    expected=distance_on_a_line,
    cases=(_on_a_line(0, 3.0, -0.5), _on_a_line(1, 0.5, 2.0), _on_a_line(2, 1.0, 0.0)),
    mistakes=(
        Mistake(
            "as they come",
            as_they_come,
            "You paired the points in the order in which they are stored. On a line the cheapest "
            "pairing never lets two ways cross: sort both first.",
        ),
        Mistake(
            "of the means",
            of_the_means,
            "This is how far the middles are apart. Two clouds with one middle, a narrow one and "
            "a wide one, are still different clouds.",
        ),
        Mistake(
            "signs kept",
            signs_kept,
            "Ways to the left and to the right cancel in your mean. A way is as long in either "
            "direction: take its absolute value.",
        ),
        Mistake(
            "squared",
            squared,
            "You squared the ways. That is another distance, W2; the critic's is the mean of the "
            "ways themselves.",
        ),
        Mistake(
            "added up",
            added_up,
            "You added the ways up; with twice as many points it would be twice as far. Take "
            "their mean.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 05.2
ONE_SHARE, PIXEL_SHARES, CHANNEL_SHARES = "one share", "a share for each pixel", "one per colour"
ANYWHERE, FIXED, OUTSIDE = "anywhere on the way", "always at one place", "beyond real or fake"
CUT, ATTACHED = "nothing goes back to G", "a slope goes back to G"


@dataclass(frozen=True)
class PointBetween(Exercise):
    """An exercise that asks for a random point between two pictures; chance decides where.

    So what is compared is not the point but what kind of point it is, over many draws.
    """

    def outcomes(self, answer: Any) -> list[Any]:
        """How the shares are drawn, where they lie, and whether G would feel it."""
        return [kind_of_point(answer)]


def kind_of_point(answer: Callable[[Tensor, Tensor], Tensor], draws: int = 60) -> list[str] | None:
    """What kind of point ``answer(real, fake)`` makes, in words."""
    rng = torch.Generator().manual_seed(0)
    real, noise = 1 + torch.rand(2, 1, 3, 6, 7, generator=rng)
    fake = -noise * torch.ones(1, requires_grad=True)  # as if from a generator of one weight
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        points = [answer(real, fake) for _ in range(draws)]
    if any(points[0] is nothing for nothing in BLANK_ANSWERS):
        return None
    if points[0].shape != real.shape:
        return [f"a tensor {tuple(points[0].shape)}"]
    way = (real - fake).detach()
    shares = torch.stack([(point.detach() - fake.detach()) / way for point in points])
    return [_how_many(shares), _where(shares), ATTACHED if points[0].requires_grad else CUT]


def _how_many(shares: Tensor) -> str:
    """Whether all pixels have one share; (draws, 1, 3, h, w)."""
    if shares.std(dim=(2, 3, 4)).max() < 1e-4:
        return ONE_SHARE
    return CHANNEL_SHARES if shares.std(dim=(3, 4)).max() < 1e-4 else PIXEL_SHARES


def _where(shares: Tensor) -> str:
    if shares.min() < -1e-4 or shares.max() > 1 + 1e-4:
        return OUTSIDE
    draws = shares.flatten(1).mean(dim=1)
    return ANYWHERE if draws.std() > 1e-3 else FIXED


def point_between(real: Tensor, fake: Tensor) -> Tensor:
    """A random point on the way from fake to real, one share for all pixels, cut off from G."""
    share = torch.rand(1)
    return (share * real + (1 - share) * fake).detach()


def share_for_each_pixel(real: Tensor, fake: Tensor) -> Tensor:
    """Draws a share for each pixel and colour."""
    share = torch.rand_like(real)
    return (share * real + (1 - share) * fake).detach()


def still_attached(real: Tensor, fake: Tensor) -> Tensor:
    """Leaves the way to G open."""
    share = torch.rand(1)
    return share * real + (1 - share) * fake


def half_way(real: Tensor, fake: Tensor) -> Tensor:
    """Always the middle."""
    return ((real + fake) / 2).detach()


def normal_share(real: Tensor, fake: Tensor) -> Tensor:
    """Draws the share from a normal distribution."""
    share = torch.randn(1)
    return (share * real + (1 - share) * fake).detach()


BETWEEN = PointBetween(
    id="05.2",
    title="a point on the way",
    difficulty=2,
    minutes=6,
    expected=point_between,
    cases=((),),
    mistakes=(
        Mistake(
            "a share for each pixel",
            share_for_each_pixel,
            "Every pixel of yours goes its own part of the way. That is a picture with the grain "
            "of both, which no straight way from fake to real passes through: draw one share.",
        ),
        Mistake(
            "still attached",
            still_attached,
            "The point is right, but a slope would go back through it to G. The penalty is D's "
            "alone: detach the point.",
        ),
        Mistake(
            "half way",
            half_way,
            "You always take the middle, so the slope is only kept there. Draw the share anew "
            "each time, between 0 and 1.",
        ),
        Mistake(
            "normal share",
            normal_share,
            "Your share leaves [0, 1], and the point lies beyond real or fake. torch.randn draws "
            "normal numbers; torch.rand draws between 0 and 1.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 05.3
TRACES = ("the penalty", "its pull at the first weights", "its pull at the last weights")


@dataclass(frozen=True)
class PenaltyOfD(Exercise):
    """An exercise that asks for the penalty, and looks at what it asks of the weights.

    Its cases are seeds; the answer is called with a small discriminator and a picture.
    """

    def outcomes(self, answer: Any) -> list[Any]:
        """The penalty, and how hard it pulls at the weights, for each seed."""
        return [pulls(answer, *case) for case in self.cases]


def pulls(answer: Callable[[nn.Module, Tensor], Tensor], seed: int) -> list[float] | None:
    """What a penalty is, and how steep it is for D's first and last weights."""
    rng = torch.Generator().manual_seed(seed)
    critic = nn.Sequential(nn.Conv2d(3, 4, 3), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 3))
    for layer in (critic[0], critic[2]):
        nn.init.normal_(layer.weight, 0, 0.3, generator=rng)
        nn.init.constant_(layer.bias, 0.05)
    penalty = answer(critic, torch.randn(1, 3, 9, 8, generator=rng))
    if any(penalty is nothing for nothing in BLANK_ANSWERS):
        return None
    penalty = torch.as_tensor(penalty)
    if penalty.requires_grad and penalty.numel() == 1:
        penalty.backward()
    grads = [critic[0].weight.grad, critic[2].weight.grad]
    return [penalty.detach().mean().item(), *(0.0 if g is None else g.norm().item() for g in grads)]


def slopes_of(discriminator: nn.Module, image: Tensor, *, graph: bool = True) -> Tensor:
    """∂ ΣD / ∂ pixel by autograd, as the picture; the mistakes below begin with it."""
    image = image.detach().requires_grad_(True)
    return torch.autograd.grad(discriminator(image).sum(), image, create_graph=graph)[0]


def penalty_per_pixel(discriminator: nn.Module, image: Tensor) -> Tensor:
    """The library's."""
    return losses.gradient_penalty(discriminator, image)


def norm_over_everything(discriminator: nn.Module, image: Tensor) -> Tensor:
    """One norm for the whole picture."""
    return (slopes_of(discriminator, image).norm() - 1).square()


def without_graph(discriminator: nn.Module, image: Tensor) -> Tensor:
    """Forgets create_graph."""
    return (slopes_of(discriminator, image, graph=False).norm(dim=1) - 1).square().mean()


def square_less_one(discriminator: nn.Module, image: Tensor) -> Tensor:
    """Squares the norm, and not its distance from one."""
    return (slopes_of(discriminator, image).norm(dim=1).square() - 1).mean()


def of_the_mean(discriminator: nn.Module, image: Tensor) -> Tensor:
    """The slope of the mean score in place of their sum."""
    scores = discriminator(image).numel()
    return ((slopes_of(discriminator, image) / scores).norm(dim=1) - 1).square().mean()


def each_colour(discriminator: nn.Module, image: Tensor) -> Tensor:
    """No norm over the channels: each colour is to have a slope of one."""
    return (slopes_of(discriminator, image).abs() - 1).square().mean()


PENALTY = PenaltyOfD(
    id="05.3",
    title="the gradient penalty",
    difficulty=3,
    minutes=12,
    expected=penalty_per_pixel,
    cases=((0,), (1,), (2,)),
    draw=functools.partial(paired_bars, TRACES),
    mistakes=(
        Mistake(
            "norm over everything",
            norm_over_everything,
            "You took one norm for the whole picture. Here every pixel has a slope of its own: "
            "the norm runs over the channels, dim=1, and the mean over the pixels comes last.",
        ),
        Mistake(
            "no graph",
            without_graph,
            "The value is right, but nothing reaches D's weights: for them the gradient is a "
            "constant. Ask torch.autograd.grad to create_graph.",
        ),
        Mistake(
            "square less one",
            square_less_one,
            "You squared the norm and then took one away: that is lowest where D is flat. "
            "Take one away first; the square comes after.",
        ),
        Mistake(
            "of the mean",
            of_the_mean,
            "You differentiated the mean of the scores. Then a pixel counts for less, the larger "
            "the picture; it is their sum whose slope is to be one.",
        ),
        Mistake(
            "each colour",
            each_colour,
            "Your colours are judged one by one. A pixel's slope is the length of its gradient: "
            "the root of the sum of squares over the channels.",
        ),
    ),
)


# ------------------------------------------------------------------------ exercise 05.4: the clinic
NO_GRAPH, WRONG_POINT = "no graph", "wrong point"
WRONG_SIGN, LESS_ONE = "wrong sign", "square less one"
PATIENTS = {"A": WRONG_POINT, "B": LESS_ONE, "C": NO_GRAPH, "D": WRONG_SIGN}
APART, CLINIC_WEIGHT = 2.0, 10.0


@dataclass
class Record:
    """A critic's training: its estimate, and its slope on the way and at the real points."""

    critic: nn.Module
    estimate: list[float] = field(default_factory=list)
    between: list[float] = field(default_factory=list)
    at_real: list[float] = field(default_factory=list)


def faulty_loss(
    critic: nn.Module, real: Tensor, fake: Tensor, between: Tensor, fault: str | None
) -> Tensor:
    """What a patient minimises; without a fault, what is right."""
    loss = losses.discriminator_loss(critic(real), critic(fake))
    if fault == WRONG_SIGN:
        loss = -loss
    penalty = losses.gradient_penalty(critic, real if fault == WRONG_POINT else between)
    if fault == NO_GRAPH:
        penalty = penalty.detach()
    if fault == LESS_ONE:
        penalty = square_less_one(critic, between)
    return loss + CLINIC_WEIGHT * penalty


def admit(name: str, steps: int = 100, seed: int = 0) -> Record:
    """Train a patient, ``"A"`` to ``"D"``, on two clouds that are 2 apart; others are healthy."""
    (real, fake), rng = two_clouds(APART, seed), torch.Generator().manual_seed(seed)
    record = Record(new_discriminator(seed))
    optimizer = adam(record.critic)
    for number in range(steps):
        between = random_interpolates(real, fake, rng)
        training_level.gradient_step(
            optimizer, faulty_loss(record.critic, real, fake, between, PATIENTS.get(name))
        )
        if number % 5 == 4:
            record.estimate.append(estimate(record.critic, real, fake))
            record.between.append(gradient_norm(record.critic, between))
            record.at_real.append(gradient_norm(record.critic, real))
    return record


def draw_clinic(records: Mapping[str, Record]) -> Figure:
    """For every patient its estimate, and its slopes on the way and at the real points."""
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    for column, (name, record) in zip(figure.subplots(2, len(records)).T, records.items()):
        steps = range(5, 5 * len(record.estimate) + 1, 5)
        column[0].plot(steps, record.estimate, color=VERMILION, linewidth=1.4)
        column[0].axhline(APART, color="0.6", linewidth=0.8, linestyle="--")
        column[0].set_yscale("symlog", linthresh=3)
        column[0].set(ylim=(-30, 3000))
        column[0].set_yticks(*_ticks(-10, -2, 0, 2, 10, 100, 1000))
        column[0].set_title(name, fontsize=TITLE_SIZE + 1)
        column[1].plot(steps, record.between, color=BLUE, linewidth=1.4, label="on the way")
        column[1].plot(steps, record.at_real, color=ORANGE, linewidth=1.4, label="at real points")
        column[1].axhline(1, color="0.6", linewidth=0.8, linestyle="--")
        column[1].set_yscale("log")
        column[1].set(ylim=(0.03, 3000), xlabel="steps")
        column[1].set_yticks(*_ticks(0.1, 1, 10, 100, 1000))
        for ax in column:
            ax.tick_params(labelsize=TITLE_SIZE - 2.5, which="both")
            ax.spines[["top", "right"]].set_visible(False)
    left = figure.axes[0], figure.axes[len(records)]
    for ax, words in zip(left, ("estimate", "slope")):
        ax.set_ylabel(words, fontsize=TITLE_SIZE)
    figure.axes[len(records)].legend(fontsize=TITLE_SIZE - 2, frameon=False)
    return figure


def _ticks(*values: float) -> tuple[list[float], list[str]]:
    return list(values), [f"{value:g}" for value in values]


def symptoms(records: Mapping[str, Record]) -> dict[str, list[str]]:
    """Who has what: each symptom, and the names of those who have it at the end."""
    has = {"steep everywhere": [], "steep on the way only": [], "flat": [], "upside down": []}
    for name, record in records.items():
        between, at_real = record.between[-1], record.at_real[-1]
        if record.estimate[-1] < 0:
            has["upside down"].append(name)
        elif between < 0.5:
            has["flat"].append(name)
        elif at_real > 5:
            has["steep everywhere"].append(name)
        elif between > 2 * at_real:
            has["steep on the way only"].append(name)
    return has


CLINIC = Exercise(
    id="05.4",
    title="four broken critics",
    difficulty=3,
    minutes=10,
    expected=list(PATIENTS.values()),
    mistakes=(
        Mistake(
            "A and C exchanged",
            [NO_GRAPH, LESS_ONE, WRONG_POINT, WRONG_SIGN],
            "B and D are right; exchange A and C. Both run away, but one of the two is tame "
            "at the real points: there, and only there, somebody keeps its slope.",
        ),
        Mistake(
            "A and B exchanged",
            [LESS_ONE, WRONG_POINT, NO_GRAPH, WRONG_SIGN],
            "C and D are right; exchange A and B. Which penalty is lowest where the critic is "
            "flat?",
        ),
        Mistake(
            "B and D exchanged",
            [WRONG_POINT, WRONG_SIGN, NO_GRAPH, LESS_ONE],
            "A and C are right; exchange B and D. With the wrong sign the slope is what it should "
            "be; only the heights are upside down.",
        ),
        Mistake(
            "B and C exchanged",
            [WRONG_POINT, NO_GRAPH, LESS_ONE, WRONG_SIGN],
            "A and D are right; exchange B and C. A penalty that reaches no weight stops nothing; "
            "one that is lowest at zero stops too much.",
        ),
        Mistake(
            "C and D exchanged",
            [WRONG_POINT, LESS_ONE, WRONG_SIGN, NO_GRAPH],
            "A and B are right; exchange C and D. In which of the two does the estimate have the "
            "wrong sign?",
        ),
    ),
)

EXERCISES = (ON_A_LINE, BETWEEN, PENALTY, CLINIC)
