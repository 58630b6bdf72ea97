"""The plane of lesson 05: clouds of points, critics of them, and the game between the two.

A point stands for a patch of two pixels, so that all of Wasserstein's game can be drawn.
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
from ...images import resize
from ...training import level as training_level
from ..plots import BLUE, GREEN, ORANGE, TITLE_SIZE, VERMILION, compress_png, plot_curves, png

POINTS = 256  # in a cloud
WIDTH = 64  # of the plane's critic
EDGES = (-1.6, 1.6)  # of the plane, as it is drawn
CORNER = (1.0, -1.0)  # where the generator's points begin: a white pixel left of a black one
CRITIC_STEPS = 3  # for one move of the points
PACE = 0.03  # how far the points move for a slope of one
SHOTS = (0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120)  # moves that are remembered


# ----------------------------------------------------------------------------- clouds in the plane
def two_clouds(distance: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    """The same cloud twice, the second moved by ``distance``: their Wasserstein distance.

    Returns:
        Real points and fake ones, (256, 2) each, the fake ones in another order.
    """
    rng = torch.Generator().manual_seed(seed)
    cloud = 0.2 * torch.randn(POINTS, 2, generator=rng)
    step = torch.tensor([distance / 2, 0.0])
    return cloud + step, (cloud - step)[torch.randperm(POINTS, generator=rng)]


def pixel_pairs(image: Tensor, seed: int = 0) -> Tensor:
    """Patches of two pixels as points: a pixel's brightness, and that of its right neighbour.

    Args:
        image: (1, C, h, w) in [-1, 1]; it is looked at where its long side is 48 pixels.

    Returns:
        (256, 2), drawn at random from all pairs.
    """
    side = 48 / max(image.shape[-2:])
    small = resize(image, tuple(max(12, round(side * length)) for length in image.shape[-2:]))
    grey = small.mean(dim=1)[0]  # (h, w)
    pairs = torch.stack([grey[:, :-1].flatten(), grey[:, 1:].flatten()], dim=1)
    return pairs[torch.randperm(len(pairs), generator=torch.Generator().manual_seed(seed))[:POINTS]]


def exact_distance(one: Tensor, other: Tensor) -> float:
    """Wasserstein distance of two clouds of equally many points: the cheapest way to pair them.

    Args:
        one, other: (n, 2); all n! pairings are considered, cleverly (the Hungarian method).
    """
    costs = (one[:, None] - other).norm(dim=-1).numpy()  # (n, n)
    return float(costs[linear_sum_assignment(costs)].mean())


# ----------------------------------------------------------------------------------------- critics
@dataclass(frozen=True)
class Rule:
    """How a critic of the plane is trained.

    Attributes:
        weight: λ of the gradient penalty; 0 for none.
        clip: bound on every weight after every step, if there is one.
        logistic: real or fake by cross-entropy, the ordinary GAN, in place of Wasserstein's loss.
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


def new_critic(seed: int = 0) -> nn.Sequential:
    """An untrained critic of the plane: (n, 2) -> scores (n, 1)."""
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
    """The optimizer of the plane's critics, with the WGAN-GP paper's momenta for them."""
    return torch.optim.Adam(network.parameters(), lr=2e-3, betas=(0.5, 0.9), fused=True)


def on_the_way(real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
    """A point between each real one and its fake one, with a share of its own for each pair."""
    share = torch.rand(len(real), 1, generator=rng)
    return share * real + (1 - share) * fake


def critic_loss(critic: nn.Module, real: Tensor, fake: Tensor, rule: Rule) -> Tensor:
    """What a critic minimises, less the penalty."""
    if rule.logistic:
        return F.softplus(-critic(real)).mean() + F.softplus(critic(fake)).mean()
    return losses.discriminator_loss(critic(real), critic(fake))


def critic_step(
    critic: nn.Module,
    optimizer: torch.optim.Adam,
    real: Tensor,
    fake: Tensor,
    rule: Rule,
    rng: torch.Generator,
) -> None:
    """One step of a critic by its rule."""
    loss = critic_loss(critic, real, fake, rule)
    if rule.weight:
        penalty = losses.gradient_penalty(critic, on_the_way(real, fake, rng))
        loss = loss + rule.weight * penalty
    training_level.gradient_step(optimizer, loss)
    if rule.clip:
        with torch.no_grad():
            for weight in critic.parameters():
                weight.clamp_(-rule.clip, rule.clip)


def trained_critic(
    real: Tensor, fake: Tensor, rule: Rule, steps: int, seed: int = 0
) -> nn.Sequential:
    """A critic of two clouds that stay where they are."""
    critic, rng = new_critic(seed), torch.Generator().manual_seed(seed)
    optimizer = adam(critic)
    for _ in range(steps):
        critic_step(critic, optimizer, real, fake, rule, rng)
    return critic


@torch.no_grad()
def estimate(critic: nn.Module, real: Tensor, fake: Tensor) -> float:
    """Mean score of the real points less that of the fake ones."""
    return -losses.discriminator_loss(critic(real), critic(fake)).item()


def estimated(rule: Rule, steps: int, seed: int = 0, *, distance: float = 2.0) -> float:
    """What a critic of two clouds that are ``distance`` apart says of it, after some steps."""
    clouds = two_clouds(distance)
    return estimate(trained_critic(*clouds, rule, steps, seed), *clouds)


def slope(critic: nn.Module, points: Tensor) -> float:
    """Mean steepness of a critic's landscape at ``points``, or of D's at the pixels of a picture.

    Args:
        points: (n, 2), or a picture (1, C, h, w).
    """
    return losses.input_gradient(critic, points).detach().norm(dim=1).mean().item()


def push(critic: nn.Module, fake: Tensor, rule: Rule) -> float:
    """How hard the loss of G pulls at a point of its own, on average over the points.

    For the ordinary GAN it is the loss of its first paper, log(1 - D) with D between 0 and 1.
    """
    points = fake.detach().requires_grad_(True)
    generator_loss(critic(points), rule).backward()
    return points.grad.norm(dim=1).mean().item() * len(points)


def pushes(rule: Rule, distances: Sequence[float], steps: int, seed: int = 0) -> list[float]:
    """The push on the fake points of two clouds, for critics trained at each distance."""
    clouds = [two_clouds(distance) for distance in distances]
    return [push(trained_critic(*pair, rule, steps, seed), pair[1], rule) for pair in clouds]


def generator_loss(scores: Tensor, rule: Rule) -> Tensor:
    """What the generator minimises, by the rule of its critic."""
    return -F.softplus(scores).mean() if rule.logistic else losses.adversarial_loss(scores)


# ---------------------------------------------------------------------------------------- the game
@dataclass
class Frame:
    """The plane after some moves: the generator's points, and the critic's scores on a grid."""

    points: Tensor  # (n, 2)
    landscape: Tensor  # (41, 41), rows from below
    distance: float
    estimate: float


@dataclass
class Game:
    """Points that are free to move, against a critic: a generator without a network.

    Attributes:
        real: (n, 2), which stay.
        rule: of the critic.
        moves: how many there were.
        frames: what it looked like after some of them.
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
        self.critic = new_critic(self.seed)
        self.optimizer = adam(self.critic)
        self.remember()

    def move(self) -> None:
        """Some steps of the critic; then every point moves along the slope where it is."""
        for _ in range(CRITIC_STEPS):
            order = torch.randperm(len(self.real), generator=self.rng)
            fake = self.points.detach()[order]
            critic_step(self.critic, self.optimizer, self.real, fake, self.rule, self.rng)
        loss = generator_loss(self.critic(self.points), self.rule) * len(self.points)
        (gradient,) = torch.autograd.grad(loss, self.points)
        with torch.no_grad():
            self.points -= PACE * gradient
        self.moves += 1
        if self.moves in SHOTS:
            self.remember()

    def after(self, moves: int) -> Game:
        """The same game, some moves later."""
        for _ in range(moves):
            self.move()
        return self

    def remember(self) -> None:
        """Keep what the plane looks like now."""
        points = self.points.detach().clone()
        distance = exact_distance(points, self.real)
        scores = estimate(self.critic, self.real, points)
        self.frames[self.moves] = Frame(points, landscape(self.critic), distance, scores)

    @property
    def travelled(self) -> float:
        """The share of the way to the real points that is behind the generator's."""
        return 1 - self.frames[max(self.frames)].distance / self.frames[0].distance


@torch.no_grad()
def landscape(critic: nn.Module, cells: int = 41) -> Tensor:
    """A critic's scores on a grid over the plane, (cells, cells), rows from below."""
    ticks = torch.linspace(*EDGES, cells)
    rows, columns = torch.meshgrid(ticks, ticks, indexing="ij")
    return critic(torch.stack([columns, rows], dim=-1).reshape(-1, 2)).reshape(cells, cells)


def play(games: Mapping[str, Game], moves: int, *, seconds: float = 0.6) -> None:
    """Play all games side by side; the figure in the notebook is drawn anew now and then."""
    picture, drawn = display(_shot(games), display_id=True), time.monotonic()
    for number in range(1, moves + 1):
        for game in games.values():
            game.move()
        if picture and (number == moves or time.monotonic() - drawn > seconds):
            picture.update(_shot(games))
            drawn = time.monotonic()


def _shot(games: Mapping[str, Game]) -> Image:
    """The games as they stand, as a picture with words."""
    moves = next(iter(games.values())).moves
    words = f"The landscapes of {', '.join(games)} after {moves} moves, with both clouds."
    return Image(compress_png(png(draw_games(games))), alt=words)


# ------------------------------------------------------------------------------------- the figures
def draw_plane(
    ax: Axes, scores: Tensor, real: Tensor, fake: Tensor, title: str, *, labels: bool = False
) -> None:
    """A landscape from above (bright is high), with the real points and the generator's."""
    ax.imshow(scores.numpy(), extent=(*EDGES, *EDGES), origin="lower", cmap="cividis", alpha=0.75)
    ticks = np.linspace(*EDGES, len(scores))
    ax.contour(ticks, ticks, scores.numpy(), 11, colors="white", linewidths=0.5, linestyles="solid")
    ax.plot(*real.T, ".", color="white", markersize=3.4)
    ax.plot(*real.T, ".", color=BLUE, markersize=2.2, label="real")
    ax.plot(*fake.T, ".", color="white", markersize=3.4)
    ax.plot(*fake.T, ".", color=VERMILION, markersize=2.2, label="fake")
    ax.set(xlim=EDGES, ylim=EDGES, xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    ax.set_title(title, fontsize=TITLE_SIZE)
    ax.tick_params(labelsize=TITLE_SIZE - 2)
    if labels:
        ax.set_xlabel("brightness of a pixel", fontsize=TITLE_SIZE - 1)
        ax.set_ylabel("of its right neighbour", fontsize=TITLE_SIZE - 1)


def draw_critics(
    critics: Mapping[str, nn.Module], real: Tensor, fake: Tensor, *, width: float = 8.0
) -> Figure:
    """The landscapes of critics of the same two clouds, side by side."""
    figure = Figure(figsize=(width, width / len(critics) + 0.2), layout="constrained")
    axes = figure.subplots(1, len(critics), squeeze=False)[0]
    for ax, (name, critic) in zip(axes, critics.items()):
        draw_plane(ax, landscape(critic), real, fake, name)
    return figure


def draw_games(games: Mapping[str, Game], move: int | None = None) -> Figure:
    """Games side by side, as they stand or as they stood after ``move`` moves."""
    figure = Figure(figsize=(8.4, 8.4 / len(games) + 0.25), layout="constrained")
    for ax, (name, game) in zip(figure.subplots(1, len(games), squeeze=False)[0], games.items()):
        if move is None:
            game.remember()
        frame = game.frames[game.moves if move is None else move]
        title = f"{name}: {frame.distance:.2f} apart"
        draw_plane(ax, frame.landscape, game.real, frame.points, title, labels=True)
    return figure


def draw_frame(games: Mapping[str, Game], name: str, move: int) -> Figure:
    """One game as it stood after ``move`` moves."""
    figure, frame = Figure(figsize=(4.4, 4.5)), games[name].frames[move]
    ax, title = figure.add_axes((0.15, 0.1, 0.83, 0.83)), f"{frame.distance:.2f} apart"
    draw_plane(ax, frame.landscape, games[name].real, frame.points, title, labels=True)
    return figure


def draw_race(games: Mapping[str, Game]) -> Figure:
    """How far the points of each game still had to go, move by move."""
    curves = {}
    for name in (name for name in RULES if name in games):
        frames = {move: frame for move, frame in games[name].frames.items() if move in SHOTS}
        curves[name] = list(frames), [frame.distance for frame in frames.values()]
    return plot_curves(curves, x="moves", y="distance still to go")


def draw_profiles(
    critics: Mapping[str, nn.Module], real: Tensor, fake: Tensor, *, first: str, reach: float = 5
) -> Figure:
    """The landscape of one critic from above, and sections through those of several.

    Args:
        critics: of the same two clouds; a section runs through the middles of both.
        first: name of the one that is seen from above.
        reach: how much of the heights is shown, above and below the middle.
    """
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    plane, section = figure.subplots(1, 2)
    draw_plane(plane, landscape(critics[first]), real, fake, f"{first}, from above")
    ticks = torch.linspace(*EDGES, 200)
    colours = dict(zip(critics, (VERMILION, ORANGE, BLUE, GREEN, "0.2")))
    for name, critic in critics.items():
        heights = section_of(critic, ticks)
        section.plot(ticks, heights, color=colours[name], label=name, linewidth=1.6)
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
def section_of(critic: nn.Module, ticks: Tensor) -> Tensor:
    """Scores along the horizontal line through the middle, where they are made to be zero."""
    heights = critic(torch.stack([ticks, torch.zeros_like(ticks)], dim=1))[:, 0]
    return heights - critic(torch.zeros(1, 2))[0, 0]
