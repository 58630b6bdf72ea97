"""The optimizers: Adam, as in the paper, or Muon for the hidden layers.

Source: paper, supplement (Adam); Jordan et al. 2024 (Muon); Liu et al. 2025 (the size of Muon's
step). Taught in lesson 06.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam

from ..config import TrainConfig
from ..networks import Discriminator, Generator, hidden_weights

# Coefficients of the Newton-Schulz iteration (Jordan et al. 2024): five steps bring singular
# values between 0.01 and 1 to between 0.7 and 1.2, which is near enough to one. The steps are
# taken as two and three, with a new Gram matrix between them (see newton_schulz).
NS_COEFFICIENTS, NS_STEPS = (3.4445, -4.7750, 2.0315), (2, 3)
# Root mean square of the entries of a step, per unit of learning rate: about that of Adam's steps,
# so that one learning rate serves both (Liu et al. 2025, section 2.2).
STEP_RMS = 0.2
ADAM_EPS = 1e-8  # PyTorch's default


def build_optimizer(
    network: Generator | Discriminator, config: TrainConfig
) -> torch.optim.Optimizer:
    """Build the optimizer that ``config.optimizer`` names.

    Args:
        network: whose weights it will move.
        config: learning rate and betas, too.
    """
    beta1, beta2 = map(float, config.betas)  # Adam refuses an int beta such as the 0 of (0, 0.9)
    if config.optimizer == "muon":
        return Muon(
            network.parameters(),
            hidden_weights(network),
            lr=config.learning_rate,
            betas=(beta1, beta2),
        )
    return torch.optim.Adam(
        network.parameters(), lr=config.learning_rate, betas=(beta1, beta2), fused=True
    )


class Muon(torch.optim.Optimizer):
    """Muon for the weights of hidden layers, Adam for all others.

    A hidden layer's weight is a matrix with a row for each output channel. Its gradient mostly has
    a few strong directions, which dominate Adam's step. Muon takes the moving average of the
    gradients, ``M = U S Vᵀ``, and steps by ``U Vᵀ``, the nearest matrix with all singular values
    equal to one. ``torch.optim.Muon`` accepts matrices only and works through them one by one; a
    test compares the two.

    Args:
        parameters: all weights of the network.
        hidden: those among them that Muon moves, all of one shape (out, in, k, k).
        lr: learning rate of both.
        betas: moment decays of Adam, each in [0, 1).
        momentum: weight of the past in Muon's moving average, in [0, 1).
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        hidden: Iterable[Tensor],
        *,
        lr: float,
        betas: tuple[float, float],
        momentum: float = 0.9,
    ) -> None:
        hidden = list(hidden)
        others = [p for p in parameters if not any(p is weight for weight in hidden)]
        groups: list[dict[str, Any]] = [
            dict(params=hidden, momentum=momentum),
            dict(params=others, betas=betas),
        ]
        super().__init__(groups, dict(lr=lr))

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move all weights that have a gradient by one step.

        Args:
            closure: computes the loss and its gradients again, if given.

        Returns:
            The closure's loss, or None.
        """
        loss = None if closure is None else torch.enable_grad()(closure)()
        hidden, others = self.param_groups
        self._muon_step(hidden)
        self._adam_step(others)
        return loss

    def _muon_step(self, group: dict[str, Any]) -> None:
        weights = [weight for weight in group["params"] if weight.grad is not None]
        if not weights:
            return
        averages = torch.stack([self._average_gradient(w, group["momentum"]) for w in weights])
        # Orthonormal rows have length 1, so their entries have an RMS of 1 / sqrt(columns).
        scale = STEP_RMS * max(averages.shape[1:]) ** 0.5
        for weight, direction in zip(weights, newton_schulz(averages)):
            weight.sub_(direction.view_as(weight), alpha=group["lr"] * scale)

    def _average_gradient(self, weight: Tensor, momentum: float) -> Tensor:
        """The moving average one step ahead (Nesterov), as a matrix (out, in * k * k)."""
        state = self.state[weight]
        if not state:
            state["average"] = torch.zeros_like(weight)
        gradient = weight.grad
        assert gradient is not None  # _muon_step has left the others out
        state["average"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(state["average"], momentum).flatten(1)

    def _adam_step(self, group: dict[str, Any]) -> None:
        """One step of PyTorch's fused Adam, without the overhead of a second optimizer."""
        weights = [weight for weight in group["params"] if weight.grad is not None]
        for weight in weights:
            if not self.state[weight]:
                self.state[weight] |= dict(
                    step=torch.zeros((), dtype=torch.float32, device=weight.device),
                    exp_avg=torch.zeros_like(weight),
                    exp_avg_sq=torch.zeros_like(weight),
                )
        states = [self.state[weight] for weight in weights]
        adam(
            weights,
            [weight.grad for weight in weights],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],  # AMSGrad's maxima
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            lr=group["lr"],
            weight_decay=0.0,
            eps=ADAM_EPS,
            maximize=False,
        )


def newton_schulz(matrices: Tensor) -> Tensor:
    """Approximate ``U Vᵀ`` of each matrix ``U S Vᵀ`` by Newton-Schulz iteration.

    Source: Jordan et al. 2024.

    Each step applies an odd polynomial, ``a X + b (X Xᵀ) X + c (X Xᵀ)² X``, which drives the
    singular values towards one and changes nothing else. Every step is a product from the left, so
    the small matrix ``X Xᵀ`` is iterated instead of ``X``. It has the squared condition number, so
    ``X`` itself is brought up to date after two steps, which costs little and keeps the error of
    small singular values below 1e-5.

    Args:
        matrices: (n, rows, columns), quickest with no more rows than columns.

    Returns:
        (n, rows, columns) with singular values from 0.7 to 1.2; less for those that were below a
        hundredth of the matrix's norm.

    >>> torch.linalg.svdvals(newton_schulz(torch.diag(torch.tensor([1.0, 9.0]))[None])).round()
    tensor([[1., 1.]])
    """
    with torch.autocast(matrices.device.type, enabled=False):  # it diverges with 8 significant bits
        norms = matrices.norm(dim=(1, 2), keepdim=True)
        x = matrices / norms.clamp_min(torch.finfo(norms.dtype).tiny)
        for steps in NS_STEPS:
            x = _left_factor(x @ x.mT, steps) @ x
    orthogonal: Tensor = x
    return orthogonal


def _left_factor(gram: Tensor, steps: int) -> Tensor:
    """What ``steps`` of the iteration multiply ``X`` by from the left, given ``X Xᵀ``."""
    factor = product = _polynomial(gram)
    for _ in range(steps - 1):
        gram = factor @ gram @ factor  # both are symmetric
        factor = _polynomial(gram)
        product = factor @ product
    return product


def _polynomial(gram: Tensor) -> Tensor:
    """``a I + b G + c G²`` of each matrix G."""
    a, b, c = NS_COEFFICIENTS
    value: Tensor = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
    value.diagonal(dim1=1, dim2=2).add_(a)
    return value
