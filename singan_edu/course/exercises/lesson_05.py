"""The exercises of lesson 05, the Wasserstein game and the gradient penalty."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ... import losses
from ..labs import lesson_05 as lab
from ..labs.lesson_05 import NO_GRAPH, SQUARE_LESS_ONE, WRONG_POINT, WRONG_SIGN
from ..plots import paired_bars
from . import Case, exercise, is_blank, value_exercise


# ------------------------------------------------------------------------------------ exercise 05.1
def _points(seed: int, spread: float, shift: float) -> Case:
    """Two sets of points on a line, the second spread out and moved."""
    rng = torch.Generator().manual_seed(seed)
    one, other = torch.randn(2, 40, generator=rng)
    return one, spread * other + shift


def points_on_a_line() -> list[Case]:
    """Pairs of sets of points on a line, (40,) each."""
    return [_points(0, 3.0, -0.5), _points(1, 0.5, 2.0), _points(2, 1.0, 0.0)]


@exercise("05.1", "the distance on a line", dots=1, minutes=6, cases=points_on_a_line)
def distance_on_a_line(one: Tensor, other: Tensor) -> float:
    """Compute the Wasserstein distance of equally many points on a line: sort, then pair."""
    return (one.sort().values - other.sort().values).abs().mean().item()


@distance_on_a_line.mistake
def as_they_come(one: Tensor, other: Tensor) -> float:
    """You paired the points in the order in which they are stored. On a line the cheapest pairing
    never lets two ways cross: sort both first.
    """
    return (one - other).abs().mean().item()


@distance_on_a_line.mistake
def of_the_means(one: Tensor, other: Tensor) -> float:
    """This is how far the middles are apart. Two clouds with one middle, a narrow one and a wide
    one, are still different clouds.
    """
    return (one.mean() - other.mean()).abs().item()


@distance_on_a_line.mistake
def signs_kept(one: Tensor, other: Tensor) -> float:
    """Ways to the left and to the right cancel in your mean. A way is as long in either
    direction: take its absolute value.
    """
    return (one.sort().values - other.sort().values).mean().item()


@distance_on_a_line.mistake
def squared(one: Tensor, other: Tensor) -> float:
    """You squared the ways. That is another distance, W2; the critic's is the mean of the ways
    themselves.
    """
    return (one.sort().values - other.sort().values).square().mean().item()


@distance_on_a_line.mistake
def added_up(one: Tensor, other: Tensor) -> float:
    """You added the ways up; with twice as many points it would be twice as far. Take their
    mean.
    """
    return (one.sort().values - other.sort().values).abs().mean().item() * len(one)


# ------------------------------------------------------------------------------------ exercise 05.2
ONE_SHARE, PIXEL_SHARES, CHANNEL_SHARES = "one share", "a share for each pixel", "one per colour"
ANYWHERE, FIXED, OUTSIDE = "anywhere on the way", "always at one place", "beyond real or fake"
CUT, ATTACHED = "nothing goes back to G", "a slope goes back to G"
DRAWS = 60


def kind_of_point(answer: Callable[[Tensor, Tensor], Tensor]) -> list[str] | None:
    """Say in words what kind of random point an answer draws between two images.

    Chance decides where a single point lies, so many are drawn.

    Args:
        answer: (real, fake) -> point, images (1, 3, h, w) each.

    Returns:
        How its interpolation coefficients are drawn, where they lie, and whether gradients flow
        back to the generator; None for a blank answer.
    """
    rng = torch.Generator().manual_seed(0)
    real, noise = 1 + torch.rand(2, 1, 3, 6, 7, generator=rng)
    fake = -noise * torch.ones(1, requires_grad=True)  # as if from a generator of one weight
    points = [answer(real, fake) for _ in range(DRAWS)]
    if is_blank(points[0]):
        return None
    if points[0].shape != real.shape:
        return [f"a tensor {tuple(points[0].shape)}"]
    difference = (real - fake).detach()
    coefficients = torch.stack([(p.detach() - fake.detach()) / difference for p in points])
    attached = ATTACHED if points[0].requires_grad else CUT
    return [_how_many(coefficients), _where(coefficients), attached]


def _how_many(coefficients: Tensor) -> str:
    """Whether all pixels of (draws, 1, 3, h, w) have one coefficient."""
    if coefficients.std(dim=(2, 3, 4)).max() < 1e-4:
        return ONE_SHARE
    return CHANNEL_SHARES if coefficients.std(dim=(3, 4)).max() < 1e-4 else PIXEL_SHARES


def _where(coefficients: Tensor) -> str:
    """Whether coefficients lie in [0, 1], and whether they differ between draws."""
    if coefficients.min() < -1e-4 or coefficients.max() > 1 + 1e-4:
        return OUTSIDE
    return ANYWHERE if coefficients.flatten(1).mean(dim=1).std() > 1e-3 else FIXED


@exercise(
    "05.2",
    "a point on the way",
    dots=2,
    minutes=6,
    cases=lambda: [()],
    observe=kind_of_point,
)
def point_between(real: Tensor, fake: Tensor) -> Tensor:
    """Draw a random interpolate with one coefficient for all pixels, detached from G."""
    eps = torch.rand(1)
    return (eps * real + (1 - eps) * fake).detach()


@point_between.mistake
def a_share_for_each_pixel(real: Tensor, fake: Tensor) -> Tensor:
    """Every pixel of yours goes its own part of the way. That is a picture with the grain of
    both, which no straight way from fake to real passes through: draw one share.
    """
    eps = torch.rand_like(real)
    return (eps * real + (1 - eps) * fake).detach()


@point_between.mistake
def still_attached(real: Tensor, fake: Tensor) -> Tensor:
    """The point is right, but a slope would go back through it to G. The penalty is D's alone:
    detach the point.
    """
    eps = torch.rand(1)
    return eps * real + (1 - eps) * fake


@point_between.mistake
def half_way(real: Tensor, fake: Tensor) -> Tensor:
    """You always take the middle, so the slope is only kept there. Draw the share anew each time,
    between 0 and 1.
    """
    return ((real + fake) / 2).detach()


@point_between.mistake
def normal_share(real: Tensor, fake: Tensor) -> Tensor:
    """Your share leaves [0, 1], and the point lies beyond real or fake. torch.randn draws normal
    numbers; torch.rand draws between 0 and 1.
    """
    eps = torch.randn(1)
    return (eps * real + (1 - eps) * fake).detach()


# ------------------------------------------------------------------------------------ exercise 05.3
def penalty_and_gradients(
    answer: Callable[[nn.Module, Tensor], Tensor], seed: int
) -> list[float] | None:
    """Measure a penalty, and how strongly it acts on the weights of a small discriminator.

    Args:
        answer: (discriminator, image) -> penalty.
        seed: of the discriminator's weights and of the image.

    Returns:
        The penalty, and the norms of its gradients for the first and for the last layer's weights;
        None for a blank answer.
    """
    rng = torch.Generator().manual_seed(seed)
    layers = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 1, 3)
    discriminator = nn.Sequential(layers[0], nn.LeakyReLU(0.2), layers[1])
    for layer in layers:
        nn.init.normal_(layer.weight, 0, 0.3, generator=rng)
        nn.init.constant_(layer.bias, 0.05)  # type: ignore[arg-type]  # a Conv2d may have none
    penalty = answer(discriminator, torch.randn(1, 3, 9, 8, generator=rng))
    if is_blank(penalty):
        return None
    penalty = torch.as_tensor(penalty)
    if penalty.requires_grad and penalty.numel() == 1:
        torch.autograd.backward(penalty)
    gradients = [layer.weight.grad for layer in layers]
    norms = [0.0 if g is None else float(g.norm()) for g in gradients]
    return [penalty.detach().mean().item(), *norms]


BARS = ("penalty", "gradient norm, first layer", "gradient norm, last layer")


@exercise(
    "05.3",
    "the gradient penalty",
    dots=3,
    minutes=12,
    cases=lambda: [(0,), (1,), (2,)],
    draw=functools.partial(paired_bars, BARS),
    observe=penalty_and_gradients,
)
def penalty_per_pixel(discriminator: nn.Module, image: Tensor) -> Tensor:
    """Compute the library's gradient penalty, with a norm for every pixel."""
    return losses.gradient_penalty(discriminator, image)


@penalty_per_pixel.mistake
def norm_over_everything(discriminator: nn.Module, image: Tensor) -> Tensor:
    """You took one norm for the whole picture. Here every pixel has a slope of its own: the norm
    runs over the channels, dim=1, and the mean over the pixels comes last.
    """
    norm: Tensor = lab.gradient_by_autograd(discriminator, image).norm()
    return (norm - 1).square()


@penalty_per_pixel.mistake
def no_graph(discriminator: nn.Module, image: Tensor) -> Tensor:
    """The value is right, but nothing reaches D's weights: for them the gradient is a constant.
    Ask torch.autograd.grad to create_graph.
    """
    gradient = lab.gradient_by_autograd(discriminator, image, create_graph=False)
    norms: Tensor = gradient.norm(dim=1)
    return (norms - 1).square().mean()


@penalty_per_pixel.mistake
def square_less_one(discriminator: nn.Module, image: Tensor) -> Tensor:
    """You squared the norm and then took one away: that is lowest where D is flat. Take one away
    first; the square comes after.
    """
    return lab.penalty_square_minus_one(discriminator, image)


@penalty_per_pixel.mistake
def of_the_mean(discriminator: nn.Module, image: Tensor) -> Tensor:
    """You differentiated the mean of the scores. Then a pixel counts for less, the larger the
    picture; it is their sum whose slope is to be one.
    """
    scores = discriminator(image).numel()
    norms: Tensor = (lab.gradient_by_autograd(discriminator, image) / scores).norm(dim=1)
    return (norms - 1).square().mean()


@penalty_per_pixel.mistake
def each_colour(discriminator: nn.Module, image: Tensor) -> Tensor:
    """Your colours are judged one by one. A pixel's slope is the length of its gradient: the root
    of the sum of squares over the channels.
    """
    return (lab.gradient_by_autograd(discriminator, image).abs() - 1).square().mean()


# ------------------------------------------------------------------------------------ exercise 05.4
@value_exercise("05.4", "four broken critics", dots=3, minutes=10)
def faults_of_the_discriminators() -> list[str]:
    """The faults of A, B, C and D."""
    return list(lab.FAULTS.values())


@faults_of_the_discriminators.mistake
def A_and_C_exchanged() -> list[str]:
    """B and D are right; exchange A and C. Both run away, but one of the two is tame at the real
    points: there, and only there, somebody keeps its slope.
    """
    return [NO_GRAPH, SQUARE_LESS_ONE, WRONG_POINT, WRONG_SIGN]


@faults_of_the_discriminators.mistake
def A_and_B_exchanged() -> list[str]:
    """C and D are right; exchange A and B. Which penalty is lowest where the critic is flat?"""
    return [SQUARE_LESS_ONE, WRONG_POINT, NO_GRAPH, WRONG_SIGN]


@faults_of_the_discriminators.mistake
def B_and_D_exchanged() -> list[str]:
    """A and C are right; exchange B and D. With the wrong sign the slope is what it should be;
    only the heights are upside down.
    """
    return [WRONG_POINT, WRONG_SIGN, NO_GRAPH, SQUARE_LESS_ONE]


@faults_of_the_discriminators.mistake
def B_and_C_exchanged() -> list[str]:
    """A and D are right; exchange B and C. A penalty that reaches no weight stops nothing; one
    that is lowest at zero stops too much.
    """
    return [WRONG_POINT, NO_GRAPH, SQUARE_LESS_ONE, WRONG_SIGN]


@faults_of_the_discriminators.mistake
def C_and_D_exchanged() -> list[str]:
    """A and B are right; exchange C and D. In which of the two does the estimate have the wrong
    sign?
    """
    return [WRONG_POINT, SQUARE_LESS_ONE, WRONG_SIGN, NO_GRAPH]
