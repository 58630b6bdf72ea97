"""How much of a picture one output pixel sees: the formula, and the networks themselves."""

from __future__ import annotations

import pytest
import torch
from helpers import Network, enlarge, initialized
from torch import Tensor, nn

import singan_edu as sg
from singan_edu.networks import Discriminator, Generator


def test_five_layers_of_three_see_eleven_pixels():
    assert sg.receptive_field() == 11


@pytest.mark.parametrize("layers, kernel, field", [(1, 1, 1), (1, 3, 3), (3, 3, 7), (5, 5, 21)])
def test_each_layer_widens_the_view_by_its_kernel_less_one(layers, kernel, field):
    assert sg.receptive_field(layers, kernel) == field


@pytest.mark.parametrize("layers, kernel", [(0, 3), (5, 4), (5, 0)])
def test_a_stack_without_layers_or_without_a_centre_pixel_is_refused(layers, kernel):
    with pytest.raises(ValueError, match="at least one layer and an odd kernel"):
        sg.receptive_field(layers, kernel)


def test_share_is_of_the_short_side_and_of_the_area():
    side, area = sg.receptive_field_share((22, 44))
    assert side == pytest.approx(0.5) and area == pytest.approx(121 / 968)


def test_share_of_a_picture_smaller_than_the_field_is_all_of_it():
    assert sg.receptive_field_share((8, 10)) == (1.0, 1.0)
    assert sg.receptive_field_share((8, 22)) == (1.0, 0.5)


# ------------------------------------------------------------------------- measured by perturbation
def changed_box(before: Tensor, after: Tensor) -> tuple[int, int, int, int]:
    """(first row, last row, first column, last column) of where two pictures differ."""
    rows, columns = (before != after).any(dim=1)[0].nonzero(as_tuple=True)
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def sharp(network: Network) -> Network:
    """The network in eval mode, in double precision, with statistics as after a training."""
    initialized(network, torch.Generator().manual_seed(0))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return enlarge(network).double().eval()


@torch.no_grad()
@pytest.mark.parametrize("padding", ["zero", "noise", "conv"])
@pytest.mark.parametrize("norm", ["batch", "none"])
@pytest.mark.parametrize("touched", ["noise", "previous"])
def test_one_pixel_changes_exactly_an_eleven_by_eleven_window_of_the_generator(
    padding, norm, touched
):
    generator = sharp(Generator(3, 6, norm=norm, padding=padding))
    margin, row, column = generator.noise_padding, 14, 17
    noise = torch.zeros(1, 3, 30 + 2 * margin, 36 + 2 * margin, dtype=torch.float64)
    previous = torch.zeros(1, 3, 30, 36, dtype=torch.float64)
    before = generator(noise, previous)
    if touched == "noise":
        noise[..., row + margin, column + margin] += 0.5
    else:
        previous[..., row, column] += 0.5
    box = changed_box(before, generator(noise, previous))
    assert box == (row - 5, row + 5, column - 5, column + 5)


@torch.no_grad()
def test_one_pixel_changes_exactly_an_eleven_by_eleven_window_of_the_scores():
    discriminator = sharp(Discriminator(3, 6))
    image = torch.zeros(1, 3, 30, 36, dtype=torch.float64)
    before = discriminator(image)
    image[..., 14, 17] += 0.5
    assert changed_box(before, discriminator(image)) == (4, 14, 7, 17)  # the score map lacks 5 px


@torch.no_grad()
def test_each_score_sees_its_own_window_and_nothing_else():
    discriminator = sharp(Discriminator(3, 6))
    image = torch.rand(1, 3, 24, 24, dtype=torch.float64)
    patch = image[..., 3:14, 5:16]
    assert torch.allclose(discriminator(patch)[0, 0, 0, 0], discriminator(image)[0, 0, 3, 5])


@torch.no_grad()
def test_instance_normalisation_makes_the_generator_see_the_whole_picture():
    generator = sharp(Generator(3, 6, norm="instance"))
    noise = torch.rand(1, 3, 30, 36, dtype=torch.float64)
    before = generator(noise, torch.zeros_like(noise))
    noise[..., 14, 17] += 0.5
    top, bottom, left, right = changed_box(before, generator(noise, torch.zeros_like(noise)))
    assert (top, bottom, left, right) == (0, 29, 0, 35)
