"""The three losses of SinGAN: Wasserstein, its gradient penalty, and reconstruction.

Source: paper, eq. 6-8 and section 2.3; Gulrajani et al. 2017 for the penalty. Taught in lesson 05.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .networks import Discriminator


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """What D minimises, less the penalty: ``mean D(fake) - mean D(real)`` (WGAN; paper, eq. 6).

    Args:
        real_scores, fake_scores: patch scores, (n, 1, h, w).

    Returns:
        A scalar; its negative estimates the Wasserstein distance between the two sets of patches.

    >>> discriminator_loss(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 2, 2))
    tensor(-1.)
    """
    return fake_scores.mean() - real_scores.mean()


def adversarial_loss(fake_scores: Tensor) -> Tensor:
    """What G minimises to please D: ``-mean D(fake)`` (paper, eq. 6); scores (n, 1, h, w)."""
    return -fake_scores.mean()


def reconstruction_loss(reconstruction: Tensor, real: Tensor) -> Tensor:
    """Mean squared error between ``G(z*, 0, …, 0)`` and the photograph (paper, eq. 7 and 8).

    Args:
        reconstruction, real: (1, C, h, w) in [-1, 1]; the mean runs over pixels and channels.
    """
    return (reconstruction - real).square().mean()


def random_interpolate(real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
    """A random point between the two pictures, ``a real + (1 - a) fake`` with one ``a`` ~ U(0, 1).

    Args:
        real, fake: (1, C, h, w); the result is detached from both and has their shape.
    """
    share = torch.rand(1, generator=rng).to(real.device)
    return (share * real + (1 - share) * fake).detach()


def gradient_penalty(discriminator: nn.Module, image: Tensor) -> Tensor:
    """How far D's slope at ``image`` is from one: ``mean over pixels (‖∂ ΣD / ∂ pixel‖₂ - 1)²``.

    This is the penalty of the authors' code, not the one norm per picture of the WGAN-GP paper: the
    gradient of the sum of all patch scores is taken, its norm is over the channels of each pixel,
    and the mean is over pixels. An author calls it intended: each patch is to be judged
    1-Lipschitz.

    Args:
        discriminator: maps (1, C, h, w) to patch scores.
        image: (1, C, h, w), a point between real and fake (see ``random_interpolate``).

    Returns:
        A scalar that can be differentiated with respect to the discriminator's weights.

    >>> round(gradient_penalty(lambda image: 3 * image[:, :1], torch.zeros(1, 3, 4, 4)).item(), 6)
    4.0
    """
    slope = torch.linalg.vector_norm(input_gradient(discriminator, image), dim=1)  # (1, h, w)
    return (slope - 1).square().mean()


def input_gradient(discriminator: nn.Module, image: Tensor) -> Tensor:
    """``∂ ΣD / ∂ image``, (n, C, h, w) as ``image``; the weights can be differentiated through it.

    For our discriminator without normalisation the chain rule is written out, which gives the same
    in less time; for everything else autograd differentiates its own backward pass.
    """
    if isinstance(discriminator, Discriminator) and discriminator.norm == "none":
        return discriminator.input_gradient(image)
    image = image.detach().requires_grad_(True)
    return torch.autograd.grad(discriminator(image).sum(), image, create_graph=True)[0]
