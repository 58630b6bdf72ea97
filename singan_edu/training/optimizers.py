"""How the weights follow their gradients: Adam, as in the paper, or Muon for the hidden kernels.

Source: paper, supplement (Adam); Jordan et al. 2024 (Muon); Liu et al. 2025 (the length of its
step). Taught in lesson 06.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from ..config import TrainConfig
from ..networks import hidden_weights

# Coefficients of Muon's Newton-Schulz iteration (Jordan et al. 2024): five rounds bring singular
# values between 0.01 and 1 to between 0.7 and 1.2, which is near enough to one.
NS_COEFFICIENTS, NS_STEPS = (3.4445, -4.7750, 2.0315), 5
# Root mean square of the entries of a step, per unit of learning rate: about what Adam's steps
# have, so that one rate serves both (Liu et al. 2025, section 2.2).
STEP_RMS = 0.2


def build_optimizer(network: nn.Module, config: TrainConfig) -> torch.optim.Adam:
    """The optimizer of a generator or discriminator, as ``config.optimizer`` says."""
    first, second = map(float, config.betas)  # (0, 0.9) is a valid choice, which Adam refuses
    settings: dict[str, Any] = dict(lr=config.learning_rate, betas=(first, second))
    if config.optimizer == "muon":
        return Muon(network.parameters(), hidden_weights(network), **settings)
    return torch.optim.Adam(network.parameters(), fused=True, **settings)


class Muon(torch.optim.Adam):
    """Muon for the hidden kernels, Adam for all other weights.

    A hidden kernel is a matrix with a row for each output channel. Its gradient mostly has a few
    strong directions, which Adam follows, weight by weight, while weaker ones hardly count. Muon
    takes the running mean of the gradients, ``M = U S Vᵀ``, and steps by ``U Vᵀ``, its nearest
    matrix with all directions equally strong. PyTorch's own, ``torch.optim.Muon``, takes matrices
    alone and one after the other; a test compares the two.

    Args:
        parameters: all weights of the network.
        kernels: those among them that Muon moves, of one shape (out, in, k, k).
        lr: learning rate of both.
        betas: of Adam.
        momentum: share of the past in the running mean, in [0, 1).
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        kernels: Iterable[Tensor],
        *,
        lr: float,
        betas: tuple[float, float],
        momentum: float = 0.9,
    ) -> None:
        kernels = list(kernels)
        others = [p for p in parameters if not any(p is kernel for kernel in kernels)]
        groups = [dict(params=kernels), dict(params=others)]
        super().__init__(groups, lr=lr, betas=betas, fused=True)
        self.momentum = momentum

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move all weights once, against their gradients."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        group = self.param_groups[0]
        kernels = [kernel for kernel in group["params"] if kernel.grad is not None]
        if kernels:
            means = torch.stack([self._mean_gradient(kernel) for kernel in kernels])
            # Orthonormal rows have length 1, so entries of RMS 1 / sqrt(columns).
            scale = STEP_RMS * max(means.shape[1:]) ** 0.5
            for kernel, direction in zip(kernels, newton_schulz(means)):
                kernel.sub_(direction.view_as(kernel), alpha=group["lr"] * scale)
                kernel.grad = None  # so Adam, whose turn is next, leaves it alone
        super().step()
        return loss

    def _mean_gradient(self, kernel: Tensor) -> Tensor:
        """The running mean of the gradients, looking a step ahead (Nesterov): (out, in * k * k)."""
        state = self.state[kernel]
        if not state:  # Adam, of which this is one, wants every state to have a step
            state |= dict(step=torch.zeros(()), mean=torch.zeros_like(kernel))
        state["step"] += 1
        state["mean"].lerp_(kernel.grad, 1 - self.momentum)
        return kernel.grad.lerp(state["mean"], self.momentum).flatten(1)


def newton_schulz(matrices: Tensor) -> Tensor:
    """Nearly ``U Vᵀ`` of each matrix ``U S Vᵀ``, by Newton-Schulz iteration (Jordan et al. 2024).

    A polynomial of M, odd in it, changes the singular values and nothing else; this one drives them
    towards one. It takes a few products of small matrices, no decomposition.

    Args:
        matrices: (n, rows, columns), quickest with no more rows than columns.

    Returns:
        The same shape; singular values from 0.7 to 1.2, less for those that were below a hundredth
        of the matrix's norm.

    >>> torch.linalg.svdvals(newton_schulz(torch.diag(torch.tensor([1.0, 9.0]))[None])).round()
    tensor([[1., 1.]])
    """
    a, b, c = NS_COEFFICIENTS
    with torch.autocast(matrices.device.type, enabled=False):  # eight binary digits are too few
        norms = matrices.norm(dim=(1, 2), keepdim=True)
        x = matrices / norms.clamp_min(torch.finfo(norms.dtype).tiny)
        for _ in range(NS_STEPS):
            square = x @ x.mT  # (n, rows, rows)
            x = a * x + (b * square + c * square @ square) @ x
    return x
