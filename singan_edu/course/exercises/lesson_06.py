"""The exercises of lesson 06, training; and the patients of its clinic, each with one fault."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from ...config import TrainConfig
from ...evaluation.metrics import patch_swd
from ...images import resize, sample_image
from ...losses import adversarial_loss, discriminator_loss, reconstruction_loss
from ...model import SinGAN
from ...networks import hidden_weights
from ...pyramid import PyramidPlan, plan_pyramid
from ...training.level import (
    begin_level,
    draw_noise,
    gradient_step,
    learning_rate_at,
    measure_batch_statistics,
    reconstruct,
    sample_previous,
    set_learning_rate,
    update_discriminator,
    update_generator,
)
from ...training.optimizers import newton_schulz
from ...training.state import TrainState
from ..checks import BLANK_ANSWERS, Exercise, Mistake
from ..plots import TITLE_SIZE, VERMILION, draw_image, paired_bars

TRACES = ("the loss", "slope that reaches G", "slope that reaches D")


# ------------------------------------------------------------------------------------ exercise 06.1
@dataclass(frozen=True)
class LossOfD(Exercise):
    """An exercise that asks for D's loss, and looks at what it sends back to both networks.

    Its cases are seeds; the answer is called with a small discriminator, a picture, and a fake that
    comes from a generator of one weight.
    """

    def outcomes(self, answer: Any) -> list[Any]:
        """The loss, and the slopes that it sends to G and to D, for each seed."""
        return [sent_back(answer, *case) for case in self.cases]


def sent_back(answer: Callable[..., Tensor], seed: int) -> list[float] | None:
    """What a loss is, and how steep it is for the generator's weight and for D's weights."""
    rng = torch.Generator().manual_seed(seed)
    real, noise = torch.randn(1, 3, 8, 9, generator=rng), torch.randn(1, 3, 8, 9, generator=rng)
    weight, critic = torch.tensor(0.7, requires_grad=True), nn.Conv2d(3, 1, 3)
    nn.init.normal_(critic.weight, 0, 0.3, generator=rng)
    nn.init.constant_(critic.bias, 0.1)
    loss = answer(critic, real, weight * noise)
    if any(loss is nothing for nothing in BLANK_ANSWERS):
        return None
    if loss.requires_grad:
        loss.backward()
    slopes = [weight.grad, critic.weight.grad]
    return [loss.item(), *[0.0 if s is None else s.norm().item() for s in slopes]]


def loss_of_d(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Wasserstein loss of D; nothing goes back to G."""
    return discriminator_loss(discriminator(real), discriminator(fake.detach()))


def forgotten_detach(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Lets the gradient through to G."""
    return discriminator_loss(discriminator(real), discriminator(fake))


def wrong_way_round(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Scores fakes high."""
    return -loss_of_d(discriminator, real, fake)


def scores_detached(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Detaches what D says in place of what G drew."""
    return discriminator(fake).detach().mean() - discriminator(real).mean()


def summed_scores(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Adds the patches up."""
    return discriminator(fake.detach()).sum() - discriminator(real).sum()


STEP_OF_D = LossOfD(
    id="06.1",
    title="D's loss, and only D's",
    difficulty=2,
    minutes=8,
    expected=loss_of_d,
    cases=((0,), (1,), (2,)),
    draw=functools.partial(paired_bars, TRACES),
    mistakes=(
        Mistake(
            "forgotten detach",
            forgotten_detach,
            "The value is right, but a slope reaches G: in D's step nothing may go back to it. "
            "Detach the fake before D sees it.",
        ),
        Mistake(
            "sign",
            wrong_way_round,
            "The sign is turned round: this D learns to score fakes high. It minimises "
            "mean D(fake) - mean D(real).",
        ),
        Mistake(
            "scores detached",
            scores_detached,
            "You detached D's score of the fake, so D learns nothing from fakes. What must be "
            "cut is the way from the fake to G: detach the picture, not the score.",
        ),
        Mistake(
            "sum",
            summed_scores,
            "You added the patch scores up. Their mean does not grow with the picture, so one "
            "learning rate serves every level.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 06.2
def loss_of_g(fake_scores: Tensor, reconstruction: Tensor, real: Tensor, alpha: float) -> Tensor:
    """Please D, and give the photograph back."""
    return adversarial_loss(fake_scores) + alpha * reconstruction_loss(reconstruction, real)


def pleads_guilty(
    fake_scores: Tensor, reconstruction: Tensor, real: Tensor, alpha: float
) -> Tensor:
    """G wants low scores."""
    return fake_scores.mean() + alpha * reconstruction_loss(reconstruction, real)


def summed_squares(
    fake_scores: Tensor, reconstruction: Tensor, real: Tensor, alpha: float
) -> Tensor:
    """Sum in place of mean."""
    return adversarial_loss(fake_scores) + alpha * (reconstruction - real).square().sum()


def rooted(fake_scores: Tensor, reconstruction: Tensor, real: Tensor, alpha: float) -> Tensor:
    """RMSE in place of MSE."""
    error = reconstruction_loss(reconstruction, real)
    return adversarial_loss(fake_scores) + alpha * error.sqrt()


def alpha_elsewhere(
    fake_scores: Tensor, reconstruction: Tensor, real: Tensor, alpha: float
) -> Tensor:
    """The weight on the wrong task."""
    return alpha * adversarial_loss(fake_scores) + reconstruction_loss(reconstruction, real)


def _scores_and_pictures(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Scores (1, 1, 6, 7) and two pictures (1, 3, 16, 17)."""
    rng = torch.Generator().manual_seed(seed)
    scores = torch.randn(1, 1, 6, 7, generator=rng)
    return scores, *(torch.rand(2, 3, 16, 17, generator=rng) * 2 - 1).split(1)


TASKS_OF_G = Exercise(
    id="06.2",
    title="G's two tasks",
    difficulty=2,
    minutes=6,
    expected=loss_of_g,
    cases=((*_scores_and_pictures(0), 10.0), (*_scores_and_pictures(1), 30.0)),
    mistakes=(
        Mistake(
            "sign",
            pleads_guilty,
            "This G is pleased when D sees through it. It minimises minus the mean score.",
        ),
        Mistake(
            "sum",
            summed_squares,
            "You added the squared errors up: at the finest level there are thousands of pixels, "
            "and nothing else would count. Take the mean.",
        ),
        Mistake(
            "root",
            rooted,
            "You took the root. That is the RMSE, which sets the noise of the next level; the "
            "loss is the mean squared error itself.",
        ),
        Mistake(
            "alpha elsewhere",
            alpha_elsewhere,
            "The weight is on the wrong task: alpha belongs to the reconstruction.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 06.3
def learning_rate(iteration: int, iterations: int, rate: float) -> float:
    """The library's schedule, with its 80 % and its tenth."""
    return learning_rate_at(
        TrainConfig(iterations=iterations, learning_rate=rate), level=0, iteration=iteration
    )


def always_at_1600(iteration: int, iterations: int, rate: float) -> float:
    """The milestone of 2000 iterations, whatever there are."""
    return rate * (0.1 if iteration >= 1600 else 1)


def one_late(iteration: int, iterations: int, rate: float) -> float:
    """Drops one iteration after its time."""
    return rate * (0.1 if iteration > 0.8 * iterations else 1)


def to_eighty(iteration: int, iterations: int, rate: float) -> float:
    """Takes the share for the factor."""
    return rate * (0.8 if iteration >= 0.8 * iterations else 1)


def never(iteration: int, iterations: int, rate: float) -> float:
    """Does not drop at all."""
    return rate


STEPS = ((0, 500), (399, 500), (400, 500), (499, 500), (1599, 2000), (1600, 2000), (99, 120))
SCHEDULE = Exercise(
    id="06.3",
    title="when to slow down",
    difficulty=1,
    minutes=5,
    expected=learning_rate,
    cases=tuple((*case, 2e-3) for case in STEPS),
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "always at 1600",
            always_at_1600,
            "1600 is 80 % of the paper's 2000 iterations. A level of 500 never gets there: the "
            "authors' code has this very fault when the number of iterations is changed.",
        ),
        Mistake(
            "one late",
            one_late,
            "One iteration late. Counted from 0, iteration 400 of 500 is the 401st: 80 % are done "
            "when it begins. Compare with >=.",
        ),
        Mistake(
            "factor and share confused",
            to_eighty,
            "The drop is *at* 80 % of the iterations, and it is *to* a tenth of the rate.",
        ),
        Mistake(
            "never",
            never,
            "Your rate never drops; the last fifth of a level's iterations has a tenth of it.",
        ),
    ),
)


# ------------------------------------------------------------------------ exercise 06.4: the clinic
NO_RECONSTRUCTION, NO_PENALTY, WRONG_SIGN = "no reconstruction", "no penalty", "wrong sign"
FAULTS = {"A": NO_PENALTY, "B": NO_RECONSTRUCTION, "C": WRONG_SIGN}


@functools.cache
def bench() -> tuple[PyramidPlan, Tensor]:
    """The lab's pyramid, and its photograph at the finest level."""
    photo = sample_image("birds_at_dusk")
    plan = plan_pyramid(*photo.shape[-2:], max_size=64)
    return plan, resize(photo, plan.sizes[-1])


def fresh_level(
    recipe: TrainConfig, *, seed: int = 0, dtype: torch.dtype = torch.float32
) -> TrainState:
    """Level 0 of the lab's photograph, untrained; z* is drawn from ``seed``, once.

    ``torch.float64`` is for comparing two ways of writing the same step: Adam divides each slope
    by its own size, and so makes a whole step of what float32 rounded where a slope should be 0.
    """
    plan, finest = bench()
    rng = torch.Generator().manual_seed(seed)
    z_star = torch.randn(1, 1, *plan.sizes[0], generator=rng)
    return begin_level(SinGAN(recipe, plan, finest.to(dtype), z_star.to(dtype), seed), rng)


def plead_guilty(state: TrainState, fake: Tensor) -> None:
    """G's step with the sign of its first task turned round."""
    state.discriminator.requires_grad_(False)
    adversarial = adversarial_loss(state.discriminator(fake))
    reconstruction = reconstruction_loss(reconstruct(state), state.real)
    weight = state.config.reconstruction_weight
    gradient_step(state.generator_optimizer, weight * reconstruction - adversarial)
    state.discriminator.requires_grad_(True)
    state.losses |= dict(adversarial=adversarial.detach(), reconstruction=reconstruction.detach())


def patient(name: str, config: TrainConfig) -> tuple[TrainConfig, Callable]:
    """The recipe, and G's step, of a patient, ``"A"``, ``"B"`` or ``"C"``; any other is healthy."""
    fault = FAULTS.get(name)
    if fault == NO_PENALTY:
        config = config.replace(gradient_penalty_weight=0.0)
    if fault == NO_RECONSTRUCTION:
        config = config.replace(reconstruction_weight=0.0)
    return config, plead_guilty if fault == WRONG_SIGN else update_generator


def train_with(
    state: TrainState, update: Callable = update_generator, *, iterations: int
) -> tuple[SinGAN, list[dict[str, float]]]:
    """Train a level with one step each of D and G, where G's step is ``update``.

    Returns:
        The pyramid up to this level, and the losses of every iteration.
    """
    losses = []
    for _ in range(iterations):
        set_learning_rate(state)
        fake = state.generator(draw_noise(state), sample_previous(state))
        update_discriminator(state, fake)
        update(state, fake)
        losses.append({name: float(value) for name, value in state.losses.items()})
        state.iteration += 1
    measure_batch_statistics(state)
    return state.unfinished_model(), losses


def next_steps(state: TrainState) -> dict[str, Tensor]:
    """One more step of the middle hidden kernel of D, from the gradient that it holds, three ways.

    Returns:
        ``"gradient"``, ``"Adam"`` (whose step is taken) and ``"Muon"``, (width, width * 9) each:
        what the kernel loses, each up to a factor.
    """
    kernels = hidden_weights(state.discriminator)
    kernel = kernels[len(kernels) // 2]
    before, gradient = kernel.detach().clone(), kernel.grad.flatten(1).clone()
    state.discriminator_optimizer.step()
    adam = (before - kernel.detach()).flatten(1)
    return dict(gradient=gradient, Adam=adam, Muon=newton_schulz(gradient[None])[0])


def symptoms(
    results: Mapping[str, tuple[SinGAN, list[dict[str, float]]]], real: Tensor
) -> dict[str, float]:
    """The worst patient's penalty, reconstruction error, and distance of patches from those of
    ``real``, each as a multiple of what is healthy.
    """
    last = {name: dict(losses[-1]) for name, (_, losses) in results.items()}
    for name, (model, _) in results.items():
        last[name]["patches"] = patch_swd(real, model.sample(4, seed=1), levels=1)
    healthy = last.pop("healthy")
    keys = ("gradient_penalty", "reconstruction", "patches")
    return {key: max(losses[key] for losses in last.values()) / healthy[key] for key in keys}


def draw_rows(
    models: Mapping[str, SinGAN],
    losses: Mapping[str, list[dict[str, float]]] | None = None,
    *,
    samples: int = 3,
) -> Figure:
    """A row for each training: samples, the reconstruction, and two of its losses if given."""
    curves = dict(gradient_penalty="gradient penalty", reconstruction="reconstruction error")
    curves = curves if losses else {}
    columns = samples + 1 + len(curves)
    height, width = bench()[0].sizes[0]
    row = 9 / columns * height / width + 0.25
    figure = Figure(figsize=(9, row * len(models)), layout="constrained")
    grid = figure.subplots(len(models), columns, squeeze=False)
    for axes, (name, model) in zip(grid, models.items()):
        pictures = [*model.sample(samples, seed=1), model.reconstruct()]
        titles = [f"{name}: samples", *[""] * (samples - 1), "reconstruction"]
        for ax, picture, title in zip(axes, pictures, titles):
            draw_image(ax, picture, title)
        for ax, key in zip(axes[samples + 1 :], curves):
            _draw_curve(ax, {other: [r[key] for r in rows] for other, rows in losses.items()}, name)
    for ax, title in zip(grid[0][samples + 1 :], curves.values()):
        ax.set_title(title, fontsize=TITLE_SIZE)
    return figure


def _draw_curve(ax: Axes, values: Mapping[str, list[float]], name: str) -> None:
    """One training's curve, with the others in grey behind it."""
    for curve in values.values():
        ax.plot(curve, color="0.82", linewidth=0.8, zorder=0)
    ax.plot(values[name], color=VERMILION, linewidth=1.2)
    ax.set_yscale("log")
    ax.tick_params(labelsize=6, which="both")
    ax.spines[["top", "right"]].set_visible(False)


CLINIC = Exercise(
    id="06.4",
    title="the clinic",
    difficulty=3,
    minutes=10,
    expected=list(FAULTS.values()),
    mistakes=(
        Mistake(
            "A and C exchanged",
            [WRONG_SIGN, NO_RECONSTRUCTION, NO_PENALTY],
            "B is right; exchange A and C. Where the penalty is missing, the *slope* of D runs "
            "away first; where a sign is wrong, the two players want the same and G runs away "
            "from the photograph.",
        ),
        Mistake(
            "A and B exchanged",
            [NO_RECONSTRUCTION, NO_PENALTY, WRONG_SIGN],
            "C is right; exchange A and B. Look at the last picture of each row: in one "
            "of the two the reconstruction is simply one more sample.",
        ),
        Mistake(
            "B and C exchanged",
            [NO_PENALTY, WRONG_SIGN, NO_RECONSTRUCTION],
            "A is right; exchange B and C. In one of the two rows the reconstruction is simply "
            "one more sample.",
        ),
        Mistake(
            "turned by one",
            [NO_RECONSTRUCTION, WRONG_SIGN, NO_PENALTY],
            "None of the three is right yet. Begin with the one whose reconstruction "
            "never gets any better.",
        ),
        Mistake(
            "turned by two",
            [WRONG_SIGN, NO_PENALTY, NO_RECONSTRUCTION],
            "None of the three is right yet. Begin with the curve that leaves the frame.",
        ),
    ),
)

EXERCISES = (STEP_OF_D, TASKS_OF_G, SCHEDULE, CLINIC)
