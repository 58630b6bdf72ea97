"""The two-dimensional toy problem of lesson 05: point clouds, discriminators, and their game.

A point stands for a patch of two pixels, so that the whole Wasserstein game can be drawn.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from IPython.display import Image, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from ... import losses
from ...images import resize, size_of
from ...training import level as training_level
from ..plots import BLUE, GREEN, ORANGE, TITLE_SIZE, VERMILION, displayed, plot_curves

POINTS = 256  # in a cloud
WIDTH = 64  # hidden units of the discriminator
EDGES = (-1.6, 1.6)  # what is drawn of both axes
CORNER = (1.0, -1.0)  # where the generator's points begin: a white pixel left of a black one
DISCRIMINATOR_STEPS = 3  # for each move of the points
STEP_SIZE = 0.03  # how far a point moves for a gradient of norm 1
# The moves after which a game keeps a frame.
RECORDED_MOVES = (0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120)


# ------------------------------------------------------------------------------------ point clouds
def two_clouds(distance: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Make two copies of one cloud, a known Wasserstein distance apart.

    Args:
        distance: how far the second copy is moved; this is their Wasserstein-1 distance.
        seed: of the cloud and of the order of the fake points.

    Returns:
        Real points and fake points, each (256, 2); the fake ones are in another order.
    """
    rng = torch.Generator().manual_seed(seed)
    cloud = 0.2 * torch.randn(POINTS, 2, generator=rng)
    step = torch.tensor([distance / 2, 0.0])
    return cloud + step, (cloud - step)[torch.randperm(POINTS, generator=rng)]


def pixel_pairs(image: Tensor, seed: int = 0) -> Tensor:
    """Draw patches of two neighbouring pixels as points.

    Args:
        image: (1, C, h, w) in [-1, 1]; resized to a long side of 48 pixels first.
        seed: of the choice of pairs.

    Returns:
        (256, 2) in [-1, 1]: the brightness of a pixel and that of its right neighbour.
    """
    scale = 48 / max(size_of(image))
    height, width = (max(12, round(scale * side)) for side in size_of(image))
    grey = resize(image, (height, width)).mean(dim=1)[0]  # (h, w)
    pairs = torch.stack([grey[:, :-1].flatten(), grey[:, 1:].flatten()], dim=1)
    return pairs[torch.randperm(len(pairs), generator=torch.Generator().manual_seed(seed))[:POINTS]]


def exact_distance(one: Tensor, other: Tensor) -> float:
    """Compute the Wasserstein-1 distance of two clouds: the mean length of the best pairing.

    The Hungarian method finds the cheapest of all n! pairings.

    Args:
        one: points (n, 2).
        other: points (n, 2), as many as in ``one``.

    Returns:
        The distance, in the unit of the points.

    >>> exact_distance(torch.zeros(3, 2), torch.tensor([[3.0, 4.0]] * 3))
    5.0
    """
    costs = (one[:, None] - other).norm(dim=-1).numpy()  # (n, n)
    return float(costs[linear_sum_assignment(costs)].mean())


# ---------------------------------------------------------------------------------- discriminators
@dataclass(frozen=True)
class Rule:
    """How a discriminator is trained.

    Attributes:
        weight: λ of the gradient penalty; 0 for none.
        clip: bound on the absolute value of every weight after every step; None for none.
        logistic: whether it minimises the cross-entropy of the ordinary GAN in place of the
            Wasserstein loss.
    """

    weight: float = 0.0
    clip: float | None = None
    logistic: bool = False


RULES = {
    "ordinary GAN": Rule(logistic=True),
    "no penalty": Rule(),
    "clipped": Rule(clip=0.05),
    "λ = 0.1": Rule(weight=0.1),
    "λ = 1": Rule(weight=1.0),
    "λ = 10": Rule(weight=10.0),
}


def new_discriminator(seed: int = 0) -> nn.Sequential:
    """Make an untrained discriminator of points, (n, 2) -> scores (n, 1).

    Args:
        seed: of its weights.

    Returns:
        A perceptron with two hidden layers of 64 units.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Linear(2, WIDTH),
            nn.LeakyReLU(0.2),
            nn.Linear(WIDTH, WIDTH),
            nn.LeakyReLU(0.2),
            nn.Linear(WIDTH, 1),
        )


def adam(network: nn.Module) -> torch.optim.Adam:
    """Make the optimizer of a discriminator, with the momenta of the WGAN-GP paper's toy problems.

    Args:
        network: whose parameters it updates.

    Returns:
        Adam with a learning rate of 0.002 and betas of 0.5 and 0.9.
    """
    return torch.optim.Adam(network.parameters(), lr=2e-3, betas=(0.5, 0.9), fused=True)


def random_interpolates(real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
    """Draw a point between each real point and its fake one, uniformly: ε ~ U(0, 1) per pair.

    Args:
        real: points (n, 2).
        fake: points (n, 2).
        rng: draws ε.

    Returns:
        ε real + (1 - ε) fake, (n, 2).
    """
    eps = torch.rand(len(real), 1, generator=rng)
    return eps * real + (1 - eps) * fake


def discriminator_loss(discriminator: nn.Module, real: Tensor, fake: Tensor, rule: Rule) -> Tensor:
    """Compute what a discriminator minimises, excluding the gradient penalty.

    Args:
        discriminator: points (n, 2) -> scores (n, 1).
        real: points (n, 2).
        fake: points (n, 2).
        rule: decides between the Wasserstein loss and cross-entropy.

    Returns:
        The loss, a scalar.
    """
    if rule.logistic:
        return F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    return losses.discriminator_loss(discriminator(real), discriminator(fake))


def discriminator_step(
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    real: Tensor,
    fake: Tensor,
    rule: Rule,
    rng: torch.Generator,
) -> None:
    """Update a discriminator once by its rule.

    Args:
        discriminator: points (n, 2) -> scores (n, 1).
        optimizer: of its parameters.
        real: points (n, 2).
        fake: points (n, 2).
        rule: loss, weight of the penalty, and clipping.
        rng: draws the points at which the gradient is penalised.
    """
    loss = discriminator_loss(discriminator, real, fake, rule)
    if rule.weight:
        points = random_interpolates(real, fake, rng)
        loss = loss + rule.weight * losses.gradient_penalty(discriminator, points)
    training_level.gradient_step(optimizer, loss)
    if rule.clip:
        with torch.no_grad():
            for weight in discriminator.parameters():
                weight.clamp_(-rule.clip, rule.clip)


def trained_discriminator(
    real: Tensor, fake: Tensor, rule: Rule, steps: int, seed: int = 0
) -> nn.Sequential:
    """Train a discriminator of two clouds that do not move.

    Args:
        real: points (n, 2).
        fake: points (n, 2).
        rule: how it is trained.
        steps: number of updates.
        seed: of its weights and of the penalised points.

    Returns:
        The trained discriminator.
    """
    discriminator, rng = new_discriminator(seed), torch.Generator().manual_seed(seed)
    optimizer = adam(discriminator)
    for _ in range(steps):
        discriminator_step(discriminator, optimizer, real, fake, rule, rng)
    return discriminator


@torch.no_grad()
def estimate(discriminator: nn.Module, real: Tensor, fake: Tensor) -> float:
    """Compute a discriminator's estimate of the Wasserstein distance.

    Args:
        discriminator: points (n, 2) -> scores (n, 1).
        real: points (n, 2).
        fake: points (n, 2).

    Returns:
        Mean score of the real points minus mean score of the fake ones.
    """
    return -losses.discriminator_loss(discriminator(real), discriminator(fake)).item()


def estimate_after(rule: Rule, steps: int, seed: int = 0, *, distance: float = 2.0) -> float:
    """Train a discriminator of two clouds and return its estimate of their distance.

    Args:
        rule: how it is trained.
        steps: number of updates.
        seed: of its weights and of the penalised points.
        distance: true Wasserstein distance of the two clouds.

    Returns:
        The estimated distance.
    """
    clouds = two_clouds(distance)
    return estimate(trained_discriminator(*clouds, rule, steps, seed), *clouds)


def gradient_norm(discriminator: nn.Module, points: Tensor) -> float:
    """Compute the mean norm of a discriminator's gradient with respect to its input.

    Args:
        discriminator: of points or of images.
        points: points (n, 2), or an image (1, C, h, w), where each pixel has a norm of its own.

    Returns:
        The mean over the points or pixels.
    """
    norms: Tensor = losses.input_gradient(discriminator, points).detach().norm(dim=1)
    return norms.mean().item()


def generator_gradient_norm(discriminator: nn.Module, fake: Tensor, rule: Rule) -> float:
    """Compute the mean norm of the gradient of the generator's loss with respect to its points.

    Args:
        discriminator: points (n, 2) -> scores (n, 1).
        fake: the generator's points (n, 2).
        rule: decides which loss the generator minimises (see ``generator_loss``).

    Returns:
        The mean over the points, each by its own term of the loss.
    """
    points = fake.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(generator_loss(discriminator(points), rule), points)
    norms: Tensor = gradient.norm(dim=1)
    return norms.mean().item() * len(points)


def generator_gradient_norms(
    rule: Rule, distances: Sequence[float], steps: int, seed: int = 0
) -> list[float]:
    """Train a discriminator at each distance and measure the generator's gradient there.

    Args:
        rule: how the discriminators are trained.
        distances: between two clouds, one discriminator for each.
        steps: number of updates of each discriminator.
        seed: of their weights and of the penalised points.

    Returns:
        ``generator_gradient_norm`` at the fake points, one number per distance.
    """
    clouds = [two_clouds(distance) for distance in distances]
    return [
        generator_gradient_norm(trained_discriminator(*pair, rule, steps, seed), pair[1], rule)
        for pair in clouds
    ]


def generator_loss(scores: Tensor, rule: Rule) -> Tensor:
    """Compute what the generator minimises.

    The ordinary GAN's loss is that of its first paper, log(1 - D), with D between 0 and 1
    (Goodfellow et al. 2014, equation 1).

    Args:
        scores: of the generator's points, (n, 1).
        rule: of the discriminator.

    Returns:
        The loss, a scalar.
    """
    return -F.softplus(scores).mean() if rule.logistic else losses.adversarial_loss(scores)


# ---------------------------------------------------------------------------------------- the game
@dataclass
class Frame:
    """A game after some moves.

    Attributes:
        points: of the generator, (n, 2).
        landscape: scores on a grid, (41, 41); the first row is the lowest.
        distance: exact Wasserstein distance to the real points.
        estimate: the discriminator's estimate of it.
    """

    points: Tensor
    landscape: Tensor
    distance: float
    estimate: float


@dataclass
class Game:
    """Points that move freely, against a discriminator: a generator without a network.

    Attributes:
        real: the real points, (n, 2); they do not move.
        rule: how the discriminator is trained.
        seed: of the generator's points, the discriminator's weights and all draws.
        moves: how many moves have been made.
        frames: moves made -> what the game looked like then.
    """

    real: Tensor
    rule: Rule
    seed: int = 0
    moves: int = 0
    frames: dict[int, Frame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = torch.Generator().manual_seed(self.seed)
        spread = 0.15 * torch.randn(self.real.shape, generator=self.rng)
        self.points = (spread + torch.tensor(CORNER)).requires_grad_(True)
        self.discriminator: nn.Module = new_discriminator(self.seed)
        self.optimizer: torch.optim.Optimizer = adam(self.discriminator)
        self.record()

    def move(self) -> None:
        """Update the discriminator a few times, then move every point along its gradient."""
        for _ in range(DISCRIMINATOR_STEPS):
            order = torch.randperm(len(self.real), generator=self.rng)
            fake = self.points.detach()[order]
            discriminator_step(
                self.discriminator, self.optimizer, self.real, fake, self.rule, self.rng
            )
        loss = generator_loss(self.discriminator(self.points), self.rule) * len(self.points)
        (gradient,) = torch.autograd.grad(loss, self.points)
        with torch.no_grad():
            self.points -= STEP_SIZE * gradient
        self.moves += 1
        if self.moves in RECORDED_MOVES:
            self.record()

    def after(self, moves: int) -> Game:
        """Make some moves.

        Args:
            moves: how many.

        Returns:
            This game.
        """
        for _ in range(moves):
            self.move()
        return self

    def record(self) -> None:
        """Keep a frame of the game as it stands."""
        points = self.points.detach().clone()
        distance = exact_distance(points, self.real)
        scores = estimate(self.discriminator, self.real, points)
        self.frames[self.moves] = Frame(points, landscape(self.discriminator), distance, scores)

    @property
    def travelled(self) -> float:
        """The part of the initial distance to the real points that has been covered; 1 is all."""
        return 1 - self.frames[max(self.frames)].distance / self.frames[0].distance


@torch.no_grad()
def landscape(discriminator: nn.Module, cells: int = 41) -> Tensor:
    """Compute a discriminator's scores on a grid over the plane.

    Args:
        discriminator: points (n, 2) -> scores (n, 1).
        cells: grid points along each axis.

    Returns:
        Scores (cells, cells); the first row is the lowest.
    """
    ticks = torch.linspace(*EDGES, cells)
    rows, columns = torch.meshgrid(ticks, ticks, indexing="ij")
    points = torch.stack([columns, rows], dim=-1).reshape(-1, 2)
    scores: Tensor = discriminator(points)
    return scores.reshape(cells, cells)


def play(games: Mapping[str, Game], moves: int, *, seconds: float = 0.6) -> None:
    """Play all games side by side and redraw them in the notebook while they run.

    Args:
        games: name -> game.
        moves: how many moves each makes.
        seconds: least time between two drawings.
    """
    picture, drawn = display(_snapshot(games), display_id=True), time.monotonic()
    for number in range(1, moves + 1):
        for game in games.values():
            game.move()
        if picture and (number == moves or time.monotonic() - drawn > seconds):
            picture.update(_snapshot(games))
            drawn = time.monotonic()


def _snapshot(games: Mapping[str, Game]) -> Image:
    """Draw the games as they stand, with alternative text."""
    moves = next(iter(games.values())).moves
    words = f"The landscapes of {', '.join(games)} after {moves} moves, with both clouds."
    return displayed(draw_games(games), words)


# ------------------------------------------------------------------------------------- the figures
def draw_plane(
    ax: Axes, scores: Tensor, real: Tensor, fake: Tensor, title: str, *, labels: bool = False
) -> None:
    """Draw a landscape of scores from above, bright for high, with both clouds.

    Args:
        ax: where to draw.
        scores: on a grid (cells, cells); the first row is the lowest.
        real: points (n, 2).
        fake: points (n, 2).
        title: above the landscape.
        labels: whether to say that the axes are brightnesses of neighbouring pixels.
    """
    ax.imshow(scores.numpy(), extent=(*EDGES, *EDGES), origin="lower", cmap="cividis", alpha=0.75)
    ticks = np.linspace(*EDGES, len(scores))
    ax.contour(ticks, ticks, scores.numpy(), 11, colors="white", linewidths=0.5, linestyles="solid")
    for points, colour, name in ((real, BLUE, "real"), (fake, VERMILION, "fake")):
        across, up = points.T.numpy()
        ax.plot(across, up, ".", color="white", markersize=3.4)
        ax.plot(across, up, ".", color=colour, markersize=2.2, label=name)
    ax.set(xlim=EDGES, ylim=EDGES, xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    ax.set_title(title, fontsize=TITLE_SIZE)
    ax.tick_params(labelsize=TITLE_SIZE - 2)
    if labels:
        ax.set_xlabel("brightness of a pixel", fontsize=TITLE_SIZE - 1)
        ax.set_ylabel("of its right neighbour", fontsize=TITLE_SIZE - 1)


def draw_discriminators(
    discriminators: Mapping[str, nn.Module], real: Tensor, fake: Tensor, *, width: float = 8.0
) -> Figure:
    """Draw the landscapes of several discriminators of the same two clouds side by side.

    Args:
        discriminators: name -> points (n, 2) -> scores (n, 1).
        real: points (n, 2).
        fake: points (n, 2).
        width: of the figure, in inches.

    Returns:
        The figure.
    """
    count = len(discriminators)
    figure = Figure(figsize=(width, width / count + 0.2), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0]
    for ax, (name, discriminator) in zip(axes, discriminators.items()):
        draw_plane(ax, landscape(discriminator), real, fake, name)
    return figure


def draw_games(games: Mapping[str, Game], move: int | None = None) -> Figure:
    """Draw games side by side.

    Args:
        games: name -> game.
        move: after which move to show them, one of ``RECORDED_MOVES``; None: as they stand.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(8.4, 8.4 / len(games) + 0.25), layout="constrained")
    for ax, (name, game) in zip(figure.subplots(1, len(games), squeeze=False)[0], games.items()):
        if move is None:
            game.record()
        frame = game.frames[game.moves if move is None else move]
        title = f"{name}: {frame.distance:.2f} apart"
        draw_plane(ax, frame.landscape, game.real, frame.points, title, labels=True)
    return figure


def draw_frame(games: Mapping[str, Game], name: str, move: int) -> Figure:
    """Draw one game as it stood after a move.

    Args:
        games: name -> game.
        name: of the game to draw.
        move: one of ``RECORDED_MOVES``.

    Returns:
        The figure.
    """
    figure, frame = Figure(figsize=(4.4, 4.5)), games[name].frames[move]
    ax, title = figure.add_axes((0.15, 0.1, 0.83, 0.83)), f"{frame.distance:.2f} apart"
    draw_plane(ax, frame.landscape, games[name].real, frame.points, title, labels=True)
    return figure


def draw_distances(games: Mapping[str, Game]) -> Figure:
    """Draw the exact distance between the clouds of each game over its moves.

    Args:
        games: name -> game; those whose name is in ``RULES`` are drawn.

    Returns:
        The figure, with a curve for each game.
    """
    curves = {}
    for name in (name for name in RULES if name in games):
        frames = {m: frame for m, frame in games[name].frames.items() if m in RECORDED_MOVES}
        curves[name] = list(frames), [frame.distance for frame in frames.values()]
    return plot_curves(curves, x="moves", y="distance still to go")


def draw_profiles(
    discriminators: Mapping[str, nn.Module],
    real: Tensor,
    fake: Tensor,
    *,
    first: str,
    reach: float = 5,
) -> Figure:
    """Draw one landscape from above, and sections through those of several discriminators.

    Args:
        discriminators: name -> discriminator of the same two clouds; a section runs through the
            centres of both.
        real: points (n, 2).
        fake: points (n, 2).
        first: name of the discriminator whose landscape is seen from above.
        reach: largest score shown in the section, above and below the centre.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    plane, section = figure.subplots(1, 2)
    draw_plane(plane, landscape(discriminators[first]), real, fake, f"{first}, from above")
    ticks = torch.linspace(*EDGES, 200)
    colours = dict(zip(discriminators, (VERMILION, ORANGE, BLUE, GREEN, "0.2")))
    for name, discriminator in discriminators.items():
        scores = section_scores(discriminator, ticks)
        section.plot(ticks, scores, color=colours[name], label=name, linewidth=1.6)
    section.set(ylim=(-reach, reach))
    for place, name in ((fake.mean(dim=0)[0], "fake"), (real.mean(dim=0)[0], "real")):
        section.axvline(place.item(), color="0.75", linewidth=0.8, zorder=0)
        section.text(place.item(), -0.96 * reach, name, fontsize=TITLE_SIZE - 1, ha="center")
    section.set_title("section from fake to real: score", fontsize=TITLE_SIZE)
    section.tick_params(labelsize=TITLE_SIZE - 2)
    section.legend(fontsize=TITLE_SIZE - 1, frameon=False)
    section.spines[["top", "right"]].set_visible(False)
    return figure


@torch.no_grad()
def section_scores(discriminator: nn.Module, ticks: Tensor) -> Tensor:
    """Compute scores along the horizontal line through the origin, relative to that at the origin.

    Args:
        discriminator: points (n, 2) -> scores (n, 1).
        ticks: horizontal coordinates (k,).

    Returns:
        Scores (k,), 0 at the origin.
    """
    scores: Tensor = discriminator(torch.stack([ticks, torch.zeros_like(ticks)], dim=1))[:, 0]
    at_origin: Tensor = discriminator(torch.zeros(1, 2))[0, 0]
    return scores - at_origin
