"""The three losses, against hand computations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import enlarge, initialized, tiny_config
from torch import Tensor, nn

import singan_edu as sg
from singan_edu import losses
from singan_edu.losses import random_interpolate
from singan_edu.networks import build_discriminator


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


@pytest.mark.parametrize("norm", ["batch", "none"])
def test_penalty_sends_no_gradient_to_the_pictures(norm):
    real, fake = (
        torch.rand(1, 3, 14, 14).requires_grad_(),
        torch.rand(1, 3, 14, 14).requires_grad_(),
    )
    discriminator = sg.Discriminator(3, 4, norm=norm)
    mixed = random_interpolate(real, fake, torch.Generator().manual_seed(0))
    sg.gradient_penalty(discriminator, mixed).backward()
    assert real.grad is None and fake.grad is None and not mixed.requires_grad
    assert all(
        p.grad is not None for name, p in discriminator.named_parameters() if "weight" in name
    )


# ------------------------------------------------------------- the same without a second derivative
def discriminator(norm: str = "none", channels: int = 3, **changes: object) -> sg.Discriminator:
    """A discriminator whose scores depend visibly on the picture."""
    config = tiny_config(discriminator_norm=norm, min_size=30, **changes)
    network = build_discriminator(config, 0, channels)
    return enlarge(initialized(network, torch.Generator().manual_seed(0)))


def penalty_by_autograd(network: nn.Module, image: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The penalty by a derivative of a derivative, and what it asks of each weight."""
    image = image.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network(image).sum(), image, create_graph=True)
    penalty = ((gradient.square().sum(dim=1).sqrt() - 1) ** 2).mean()
    return penalty, torch.autograd.grad(penalty, convolution_weights(network))


def convolution_weights(network: nn.Module) -> list[Tensor]:
    return [parameter for name, parameter in network.named_parameters() if "weight" in name]


@pytest.mark.parametrize("dtype, precision", [(torch.float64, 1e-9), (torch.float32, 1e-4)])
@pytest.mark.parametrize("padding", ["zero", "noise", "conv"])
@pytest.mark.parametrize(
    "num_layers, kernel_size, channels", [(1, 3, 3), (2, 3, 1), (3, 5, 3), (4, 1, 3), (5, 3, 3)]
)
def test_penalty_without_a_second_derivative_is_that_of_autograd(
    num_layers, kernel_size, channels, padding, dtype, precision
):
    shape = dict(num_layers=num_layers, kernel_size=kernel_size, padding=padding)
    network = discriminator(channels=channels, **shape).to(dtype)
    image = torch.randn(2, channels, 21, 24, generator=torch.Generator().manual_seed(1)).to(dtype)
    wanted, wanted_gradients = penalty_by_autograd(network, image)
    penalty = sg.gradient_penalty(network, image)
    gradients = torch.autograd.grad(penalty, convolution_weights(network))
    assert penalty.dtype == dtype and penalty.item() == pytest.approx(wanted.item(), rel=precision)
    assert abs(wanted.item() - 1) > 1e-3  # the slope is felt
    for mine, autograds in zip(gradients, wanted_gradients, strict=True):
        assert (mine - autograds).norm() <= precision * autograds.norm() > 0


def test_both_sides_of_the_leaky_relus_take_part_in_the_comparison():
    shares = []
    for module in (network := discriminator(num_layers=5)).modules():
        if isinstance(module, nn.LeakyReLU):
            module.register_forward_hook(
                lambda _, __, out: shares.append((out > 0).double().mean())
            )
    network(torch.randn(2, 3, 21, 24, generator=torch.Generator().manual_seed(1)))
    assert len(shares) == 4 and all(0.02 < share < 0.98 for share in shares)


def test_where_a_value_is_zero_leaky_relu_has_the_slope_that_autograd_gives_it():
    network = discriminator(num_layers=2)
    with torch.no_grad():
        network.stack[0][0].bias.zero_()
    black = torch.zeros(1, 3, 12, 12)  # every value before the LeakyReLU is exactly 0
    wanted, _ = penalty_by_autograd(network, black)
    assert sg.gradient_penalty(network, black).item() == pytest.approx(wanted.item(), rel=1e-5)


def test_without_normalisation_no_derivative_is_taken_of_a_derivative(monkeypatch):
    monkeypatch.setattr(torch.autograd, "grad", lambda *_, **__: pytest.fail("autograd.grad"))
    sg.gradient_penalty(discriminator(), torch.rand(1, 3, 15, 15)).backward()


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_with_normalisation_the_penalty_is_left_to_autograd(norm):
    network, image = discriminator(norm), torch.rand(1, 3, 21, 24)
    wanted, wanted_gradients = penalty_by_autograd(network, image)
    penalty = sg.gradient_penalty(network, image)
    assert penalty.item() == pytest.approx(wanted.item(), rel=1e-5)
    gradients = torch.autograd.grad(penalty, convolution_weights(network))
    assert all(
        torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(gradients, wanted_gradients)
    )
    with pytest.raises(ValueError, match=f"norm='{norm}'"):
        network.input_gradient(image)


def test_input_gradient_is_what_a_small_change_of_a_pixel_does_to_the_sum_of_scores():
    network = discriminator(num_layers=3).double()
    image = torch.rand(1, 3, 12, 13, generator=torch.Generator().manual_seed(2)).double()
    gradient, changed = losses.input_gradient(network, image), image.clone()
    changed[0, 1, 4, 5] += 1e-7
    with torch.no_grad():
        change = (network(changed) - network(image)).sum().item() / 1e-7
    assert gradient.shape == image.shape
    assert gradient[0, 1, 4, 5].item() == pytest.approx(change, rel=1e-4)


# -------------------------------------------------------------------------------------- in between
def test_interpolation_is_one_point_on_the_way_from_fake_to_real():
    real, fake = torch.ones(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    rng = torch.Generator().manual_seed(0)
    shares = [random_interpolate(real, fake, rng).unique() for _ in range(200)]
    assert all(len(share) == 1 and 0 <= share <= 1 for share in shares)
    shares = torch.cat(shares)
    assert shares.mean().item() == pytest.approx(0.5, abs=0.06)
    assert shares.std().item() == pytest.approx(12**-0.5, abs=0.04)


def test_losses_of_half_precision_scores_are_computed_in_float32():
    """A mean of many bfloat16 numbers would have steps of a hundredth."""
    scores = torch.linspace(0.5, 1.5, 1001).reshape(1, 1, 7, 143)
    half = scores.bfloat16()
    for loss in (
        losses.discriminator_loss(half, 2 * half),
        losses.adversarial_loss(half),
        losses.reconstruction_loss(half, scores),
    ):
        assert loss.dtype == torch.float32
    assert losses.discriminator_loss(half, 2 * half).item() == pytest.approx(1, abs=1e-3)
    doubles = scores.double()
    assert losses.adversarial_loss(doubles).dtype == torch.float64  # nothing is lost, either
