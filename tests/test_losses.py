"""The three losses, against hand computations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import singan_edu as sg
from singan_edu.losses import interpolate


def scores(*values: float) -> Tensor:
    return torch.tensor(values).reshape(1, 1, 1, -1)


# -------------------------------------------------------------------------------------- Wasserstein
def test_the_discriminator_lowers_fake_scores_and_raises_real_ones():
    real, fake = scores(1.0, 3.0).requires_grad_(), scores(5.0, 0.0).requires_grad_()
    loss = sg.discriminator_loss(real, fake)
    loss.backward()
    assert loss.item() == pytest.approx(2.5 - 2.0)
    assert fake.grad.flatten().tolist() == [0.5, 0.5] and real.grad.flatten().tolist() == [
        -0.5,
        -0.5,
    ]


def test_the_generator_raises_fake_scores():
    fake = scores(5.0, 0.0, 1.0, 2.0).requires_grad_()
    loss = sg.adversarial_loss(fake)
    loss.backward()
    assert loss.item() == -2.0 and fake.grad.flatten().tolist() == [-0.25] * 4


def test_discriminator_loss_is_the_difference_of_means_for_maps_of_different_size():
    assert (
        sg.discriminator_loss(torch.full((1, 1, 3, 3), 2.0), torch.full((2, 1, 5, 5), 7.0)).item()
        == 5
    )


def test_reconstruction_loss_is_the_mean_square_over_pixels_and_channels():
    real = torch.zeros(1, 3, 2, 2)
    reconstruction = real.clone()
    reconstruction[0, 0, 0, 0], reconstruction[0, 2, 1, 1] = 0.6, -0.6
    assert sg.reconstruction_loss(reconstruction, real).item() == pytest.approx(0.72 / 12)


# --------------------------------------------------------------------------------- gradient penalty
class LinearDiscriminator(nn.Module):
    """One convolution without bias, whose gradient can be worked out by hand."""

    def __init__(self, channels: int, seed: int = 0) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, 1, 3, bias=False)
        values = np.random.default_rng(seed).normal(0, 0.4, (1, channels, 3, 3))
        self.convolution.weight.data = torch.tensor(values, dtype=torch.float32)

    def forward(self, image: Tensor) -> Tensor:
        return self.convolution(image)


def slope_by_hand(weight: np.ndarray, height: int, width: int) -> np.ndarray:
    """The gradient (C, h, w) of the sum of scores: each adds its kernel where it looks."""
    gradient = np.zeros((weight.shape[0], height, width))
    for row in range(height - 2):
        for column in range(width - 2):
            gradient[:, row : row + 3, column : column + 3] += weight
    return gradient


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(3, 3), (6, 9)])
def test_penalty_of_a_linear_discriminator_equals_the_hand_computation(channels, size):
    discriminator = LinearDiscriminator(channels)
    gradient = slope_by_hand(
        discriminator.convolution.weight[0].detach().numpy().astype(float), *size
    )
    per_pixel = np.sqrt((gradient**2).sum(axis=0))  # the norm over channels alone
    wanted = ((per_pixel - 1) ** 2).mean()
    image = torch.rand(1, channels, *size)
    assert sg.gradient_penalty(discriminator, image).item() == pytest.approx(wanted, rel=1e-5)
    per_picture = (np.sqrt((gradient**2).sum()) - 1) ** 2  # what WGAN-GP would take
    assert abs(per_picture - wanted) > 0.1 * wanted


def test_penalty_is_zero_where_the_slope_is_one_at_every_pixel():
    assert sg.gradient_penalty(
        lambda image: 0.6 * image[:, :1] - 0.8 * image[:, 1:2], torch.rand(1, 3, 5, 5)
    ).item() == pytest.approx(0, abs=1e-10)


def test_penalty_of_a_flat_discriminator_is_one_and_its_gradient_is_finite():
    discriminator = LinearDiscriminator(3)
    discriminator.convolution.weight.data.zero_()
    penalty = sg.gradient_penalty(discriminator, torch.rand(1, 3, 5, 5))
    penalty.backward()
    assert penalty.item() == 1 and discriminator.convolution.weight.grad.isfinite().all()


def test_penalty_has_a_gradient_to_the_discriminator_that_equals_finite_differences():
    discriminator, image = LinearDiscriminator(3).double(), torch.rand(1, 3, 6, 6).double()
    sg.gradient_penalty(discriminator, image).backward()
    weight, step = discriminator.convolution.weight, 1e-6
    with torch.no_grad():
        weight[0, 1, 2, 0] += step
    above = sg.gradient_penalty(discriminator, image).item()
    with torch.no_grad():
        weight[0, 1, 2, 0] -= 2 * step
    below = sg.gradient_penalty(discriminator, image).item()
    assert weight.grad[0, 1, 2, 0].item() == pytest.approx((above - below) / (2 * step), rel=1e-4)


def test_penalty_sends_no_gradient_to_the_pictures():
    real, fake = (
        torch.rand(1, 3, 14, 14).requires_grad_(),
        torch.rand(1, 3, 14, 14).requires_grad_(),
    )
    discriminator = sg.Discriminator(3, 4)
    mixed = interpolate(real, fake, torch.Generator().manual_seed(0))
    sg.gradient_penalty(discriminator, mixed).backward()
    assert real.grad is None and fake.grad is None and not mixed.requires_grad
    assert all(
        p.grad is not None for name, p in discriminator.named_parameters() if "weight" in name
    )


def test_interpolation_is_one_point_on_the_way_from_fake_to_real():
    real, fake = torch.ones(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    rng = torch.Generator().manual_seed(0)
    shares = [interpolate(real, fake, rng).unique() for _ in range(200)]
    assert all(len(share) == 1 and 0 <= share <= 1 for share in shares)
    shares = torch.cat(shares)
    assert shares.mean().item() == pytest.approx(0.5, abs=0.06)
    assert shares.std().item() == pytest.approx(12**-0.5, abs=0.04)
