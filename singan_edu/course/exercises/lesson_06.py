"""The exercises of lesson 06, training."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...config import TrainConfig
from ...losses import adversarial_loss, discriminator_loss, reconstruction_loss
from ...training.level import learning_rate_at
from ..labs.lesson_06 import FAULTS, NO_PENALTY, NO_RECONSTRUCTION, WRONG_SIGN
from ..plots import paired_bars
from . import Case, exercise, is_blank, value_exercise


# ------------------------------------------------------------------------------------ exercise 06.1
def loss_and_gradients(
    answer: Callable[[nn.Module, Tensor, Tensor], Tensor], seed: int
) -> list[float] | None:
    """Measure a loss, and the gradients that it backpropagates to both networks.

    The fake comes from a generator of one weight.

    Args:
        answer: (discriminator, real, fake) -> loss.
        seed: of the discriminator's weights and of the images.

    Returns:
        The loss, and the norms of its gradients for G and for D; None for a blank answer.
    """
    rng = torch.Generator().manual_seed(seed)
    real, noise = torch.randn(1, 3, 8, 9, generator=rng), torch.randn(1, 3, 8, 9, generator=rng)
    weight, discriminator = torch.tensor(0.7, requires_grad=True), nn.Conv2d(3, 1, 3)
    nn.init.normal_(discriminator.weight, 0, 0.3, generator=rng)
    nn.init.constant_(discriminator.bias, 0.1)  # type: ignore[arg-type]  # a Conv2d may have none
    loss = answer(discriminator, real, weight * noise)
    if is_blank(loss):
        return None
    if loss.requires_grad:
        torch.autograd.backward(loss)
    gradients = [weight.grad, discriminator.weight.grad]
    return [loss.item(), *[0.0 if g is None else float(g.norm()) for g in gradients]]


BARS = ("loss", "gradient norm of G", "gradient norm of D")


@exercise(
    "06.1",
    "D's loss, and only D's",
    dots=2,
    minutes=8,
    cases=lambda: [(0,), (1,), (2,)],
    draw=functools.partial(paired_bars, BARS),
    observe=loss_and_gradients,
)
def loss_of_d(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Compute the Wasserstein loss of D, without gradients for G."""
    return discriminator_loss(discriminator(real), discriminator(fake.detach()))


@loss_of_d.mistake
def forgotten_detach(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """The value is right, but a slope reaches G: in D's step nothing may go back to it. Detach
    the fake before D sees it.
    """
    return discriminator_loss(discriminator(real), discriminator(fake))


@loss_of_d.mistake
def sign_of_d(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """The sign is turned round: this D learns to score fakes high. It minimises mean D(fake) -
    mean D(real).
    """
    return -discriminator_loss(discriminator(real), discriminator(fake.detach()))


@loss_of_d.mistake
def scores_detached(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """You detached D's score of the fake, so D learns nothing from fakes. What must be cut is the
    way from the fake to G: detach the picture, not the score.
    """
    return discriminator_loss(discriminator(real), discriminator(fake).detach())


@loss_of_d.mistake
def sum_of_scores(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """You added the patch scores up. Their mean does not grow with the picture, so one learning
    rate serves every level.
    """
    loss: Tensor = discriminator(fake.detach()).sum() - discriminator(real).sum()
    return loss


# ------------------------------------------------------------------------------------ exercise 06.2
def _scores_and_images(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Scores (1, 1, 6, 7) and two images (1, 3, 16, 17)."""
    rng = torch.Generator().manual_seed(seed)
    scores = torch.randn(1, 1, 6, 7, generator=rng)
    reconstruction, real = torch.rand(2, 1, 3, 16, 17, generator=rng) * 2 - 1
    return scores, reconstruction, real


def scores_images_and_weights() -> list[Case]:
    """D's scores of a fake, the reconstruction, the training image, and α."""
    return [(*_scores_and_images(0), 10.0), (*_scores_and_images(1), 30.0)]


@exercise("06.2", "G's two tasks", dots=2, minutes=6, cases=scores_images_and_weights)
def loss_of_g(fake_scores: Tensor, reconstruction: Tensor, real: Tensor, alpha: float) -> Tensor:
    """Compute the generator's loss: adversarial plus α times reconstruction."""
    return adversarial_loss(fake_scores) + alpha * reconstruction_loss(reconstruction, real)


@loss_of_g.mistake
def sign_of_g(fake_scores: Tensor, reconstruction: Tensor, real: Tensor, alpha: float) -> Tensor:
    """This G is pleased when D sees through it. It minimises minus the mean score."""
    return fake_scores.mean() + alpha * reconstruction_loss(reconstruction, real)


@loss_of_g.mistake
def sum_of_squares(
    fake_scores: Tensor, reconstruction: Tensor, real: Tensor, alpha: float
) -> Tensor:
    """You added the squared errors up: at the finest level there are thousands of pixels, and
    nothing else would count. Take the mean.
    """
    return adversarial_loss(fake_scores) + alpha * (reconstruction - real).square().sum()


@loss_of_g.mistake
def root(fake_scores: Tensor, reconstruction: Tensor, real: Tensor, alpha: float) -> Tensor:
    """You took the root. That is the RMSE, which sets the noise of the next level; the loss is
    the mean squared error itself.
    """
    error = reconstruction_loss(reconstruction, real)
    return adversarial_loss(fake_scores) + alpha * error.sqrt()


@loss_of_g.mistake
def alpha_elsewhere(
    fake_scores: Tensor, reconstruction: Tensor, real: Tensor, alpha: float
) -> Tensor:
    """The weight is on the wrong task: alpha belongs to the reconstruction."""
    return alpha * adversarial_loss(fake_scores) + reconstruction_loss(reconstruction, real)


# ------------------------------------------------------------------------------------ exercise 06.3
def iterations_and_rates() -> list[Case]:
    """An iteration, the number of iterations, and the learning rate at the start."""
    steps = ((0, 500), (399, 500), (400, 500), (499, 500), (1599, 2000), (1600, 2000), (99, 120))
    return [(*step, 2e-3) for step in steps]


@exercise(
    "06.3", "when to slow down", dots=1, minutes=5, cases=iterations_and_rates, tolerance=1e-9
)
def learning_rate(iteration: int, iterations: int, rate: float) -> float:
    """Return the library's learning rate, a tenth after 80 % of the iterations."""
    return learning_rate_at(
        TrainConfig(iterations=iterations, learning_rate=rate), level=0, iteration=iteration
    )


@learning_rate.mistake
def always_at_1600(iteration: int, iterations: int, rate: float) -> float:
    """1600 is 80 % of the paper's 2000 iterations. A level of 500 never gets there: the authors'
    code has this very fault when the number of iterations is changed.
    """
    return rate * (0.1 if iteration >= 1600 else 1)


@learning_rate.mistake
def one_late(iteration: int, iterations: int, rate: float) -> float:
    """One iteration late. Counted from 0, iteration 400 of 500 is the 401st: 80 % are done when
    it begins. Compare with >=.
    """
    return rate * (0.1 if iteration > 0.8 * iterations else 1)


@learning_rate.mistake
def factor_and_share_confused(iteration: int, iterations: int, rate: float) -> float:
    """The drop is *at* 80 % of the iterations, and it is *to* a tenth of the rate."""
    return rate * (0.8 if iteration >= 0.8 * iterations else 1)


@learning_rate.mistake
def never(iteration: int, iterations: int, rate: float) -> float:
    """Your rate never drops; the last fifth of a level's iterations has a tenth of it."""
    return rate


# ------------------------------------------------------------------------------------ exercise 06.4
@value_exercise("06.4", "the clinic", dots=3, minutes=10)
def faults_of_the_trainings() -> list[str]:
    """The faults of A, B and C."""
    return list(FAULTS.values())


@faults_of_the_trainings.mistake
def A_and_C_exchanged() -> list[str]:
    """B is right; exchange A and C. Without the penalty, the gradients of D grow only after half
    of the iterations. With the wrong sign, G and D both want low scores for fakes, and G moves
    away from the training image from the beginning.
    """
    return [WRONG_SIGN, NO_RECONSTRUCTION, NO_PENALTY]


@faults_of_the_trainings.mistake
def A_and_B_exchanged() -> list[str]:
    """C is right; exchange A and B. Look at the curves of the reconstruction loss: in one
    of the two trainings it never falls far below its first value.
    """
    return [NO_RECONSTRUCTION, NO_PENALTY, WRONG_SIGN]


@faults_of_the_trainings.mistake
def B_and_C_exchanged() -> list[str]:
    """A is right; exchange B and C. One of the two has no large gradient penalty; what does
    its reconstruction look like?
    """
    return [NO_PENALTY, WRONG_SIGN, NO_RECONSTRUCTION]


@faults_of_the_trainings.mistake
def turned_by_one() -> list[str]:
    """None of the three is right yet. Begin with the one whose reconstruction never gets any
    better.
    """
    return [NO_RECONSTRUCTION, WRONG_SIGN, NO_PENALTY]


@faults_of_the_trainings.mistake
def turned_by_two() -> list[str]:
    """None of the three is right yet. Begin with the training whose gradient penalty is large from
    the first iterations on.
    """
    return [WRONG_SIGN, NO_PENALTY, NO_RECONSTRUCTION]
