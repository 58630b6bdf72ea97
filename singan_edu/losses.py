"""The losses of SinGAN: Wasserstein loss, its gradient penalty, and the reconstruction loss.

All are computed in float32, whatever the format of the scores (see ``training/precision.py``).
Source: paper, eq. 6-8 and section 2.3; Gulrajani et al. 2017 for the penalty. Taught in lesson 05.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .networks import Discriminator


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Return D's loss without the penalty: ``mean D(fake) - mean D(real)`` (WGAN; paper, eq. 6).

    Args:
        real_scores: patch scores of the real image, (n, 1, h, w).
        fake_scores: patch scores of generated images, (n, 1, h, w).

    Returns:
        A scalar; its negative estimates the Wasserstein distance between the two sets of patches.

    >>> discriminator_loss(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 2, 2))
    tensor(-1.)
    """
    return full_precision(fake_scores).mean() - full_precision(real_scores).mean()


def adversarial_loss(fake_scores: Tensor) -> Tensor:
    """Return G's adversarial loss, ``-mean D(fake)`` (paper, eq. 6).

    Args:
        fake_scores: patch scores of generated images, (n, 1, h, w).

    Returns:
        A scalar.
    """
    return -full_precision(fake_scores).mean()


def reconstruction_loss(reconstruction: Tensor, real: Tensor) -> Tensor:
    """Return the mean squared error of ``G(z*, 0, …, 0)`` (paper, eq. 7 and 8).

    Args:
        reconstruction: (1, C, h, w) in [-1, 1].
        real: the training image at the same level, (1, C, h, w) in [-1, 1].

    Returns:
        A scalar, the mean over pixels and channels.
    """
    return (full_precision(reconstruction) - real).square().mean()


def random_interpolate(real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
    """Return ``ε real + (1 - ε) fake`` with one ``ε ~ U(0, 1)`` (Gulrajani et al. 2017, section 4).

    Args:
        real: (1, C, h, w).
        fake: (1, C, h, w).
        rng: draws ε, on the CPU.

    Returns:
        (1, C, h, w), detached from both.
    """
    eps = torch.rand(1, generator=rng, dtype=torch.float32).to(real.device)
    return (eps * real + (1 - eps) * fake).detach()


def gradient_penalty(discriminator: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    """Return the gradient penalty, ``mean over pixels (‖∂ ΣD / ∂ pixel‖₂ - 1)²``.

    This is the penalty of the authors' code, not that of the WGAN-GP paper with one norm per image:
    the gradient of the sum of all patch scores is taken, its norm is over the channels of each
    pixel, and the mean is over pixels. An author calls it intended: D is to be 1-Lipschitz for each
    patch.

    Args:
        discriminator: maps (1, C, h, w) to patch scores.
        image: (1, C, h, w), a point between real and fake (see ``random_interpolate``).

    Returns:
        A scalar that can be differentiated with respect to the discriminator's weights.

    >>> round(gradient_penalty(lambda image: 3 * image[:, :1], torch.zeros(1, 3, 4, 4)).item(), 6)
    4.0
    """
    gradient = full_precision(input_gradient(discriminator, image))  # (1, C, h, w)
    norms: Tensor = torch.linalg.vector_norm(gradient, dim=1)  # (1, h, w)
    return (norms - 1).square().mean()


def input_gradient(discriminator: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    """Return ``∂ ΣD / ∂ image``, which can be differentiated with respect to D's weights.

    For this library's discriminator without normalisation the chain rule is written out, which
    gives the same in less time. For everything else autograd differentiates its own backward pass.

    Args:
        discriminator: maps (n, C, h, w) to patch scores.
        image: (n, C, h, w).

    Returns:
        (n, C, h, w).
    """
    if isinstance(discriminator, Discriminator) and discriminator.norm == "none":
        return discriminator.input_gradient(image)
    image = image.detach().requires_grad_(True)
    scores = discriminator(image)
    gradient: Tensor = torch.autograd.grad(scores.sum(), image, create_graph=True)[0]
    return gradient


def full_precision(values: Tensor) -> Tensor:
    """Return ``values`` in float32 if they are in half precision, else as they are.

    Args:
        values: of any shape; bfloat16 has 8 significant bits, too few for a mean or a square.
    """
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values
