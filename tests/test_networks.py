"""The two networks: sizes, the residual, padding, normalisation, and how their weights begin."""

from __future__ import annotations

import math

import pytest
import torch
from helpers import initialized, same_tensors, tiny_config
from torch import nn

import singan_edu as sg
from singan_edu.networks import (
    ConvBlock,
    Discriminator,
    Generator,
    InstanceNorm,
    build_discriminator,
    build_generator,
    pad,
)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def layers(network: nn.Module, kind: type) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, kind)]


def parameter_count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


# ------------------------------------------------------------------------------------ what they are
def test_a_block_is_convolution_normalisation_and_leaky_relu():
    convolution, norm, activation = ConvBlock(3, 8)
    assert isinstance(norm, nn.BatchNorm2d) and isinstance(activation, nn.LeakyReLU)
    assert activation.negative_slope == 0.2 and convolution.padding == (0, 0)
    assert ConvBlock(3, 8)(torch.zeros(2, 3, 9, 11)).shape == (2, 8, 7, 9)
    assert ConvBlock(3, 8, padding=1)(torch.zeros(2, 3, 9, 11)).shape == (2, 8, 9, 11)


@pytest.mark.parametrize(
    "width, in_generator, in_discriminator",
    [(32, 29763, 29185), (64, 114819, 113665), (128, 450819, 448513)],
)
def test_networks_have_the_published_numbers_of_parameters(width, in_generator, in_discriminator):
    assert parameter_count(Generator(3, width)) == in_generator
    assert parameter_count(Discriminator(3, width)) == in_discriminator


@pytest.mark.parametrize("network", [Generator(3, 8), Discriminator(3, 8)])
def test_five_convolutions_of_three_by_three_and_no_normalisation_on_the_last(network):
    convolutions = layers(network, nn.Conv2d)
    assert [c.kernel_size for c in convolutions] == [(3, 3)] * 5
    assert all(c.bias is not None for c in convolutions)
    assert len(layers(network, nn.BatchNorm2d)) == 4 and network.stack[-1] is convolutions[-1]


@pytest.mark.parametrize(
    "norm, kind",
    [("batch", nn.BatchNorm2d), ("instance", InstanceNorm), ("none", nn.Identity)],
)
def test_normalisation_is_selected_separately_for_each_network(norm, kind):
    config = tiny_config(generator_norm=norm, discriminator_norm="none")
    assert len(layers(build_generator(config, 0, 3), kind)) == 4
    assert not layers(build_discriminator(config, 0, 3), nn.BatchNorm2d)
    config = tiny_config(generator_norm="none", discriminator_norm=norm)
    assert len(layers(build_discriminator(config, 0, 3), kind)) == 4
    assert not layers(build_generator(config, 0, 3), nn.BatchNorm2d)


def test_networks_of_a_level_get_the_width_and_the_layers_of_the_config():
    config = tiny_config(channels=4, max_channels=16, channels_double_every=1, num_layers=3)
    for level, width in enumerate((4, 8, 16, 16)):
        for network in (build_generator(config, level, 1), build_discriminator(config, level, 1)):
            convolutions = layers(network, nn.Conv2d)
            assert [c.out_channels for c in convolutions] == [width, width, 1]
            assert convolutions[0].in_channels == 1


# -------------------------------------------------------------------------------- what they compute
@pytest.mark.parametrize("padding", ["zero", "noise", "conv"])
@pytest.mark.parametrize("size", [(25, 33), (11, 40), (7, 5)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_generator_keeps_the_size_in_all_padding_modes(padding, size, channels):
    generator = Generator(channels, 4, padding=padding)
    margin = generator.noise_padding
    noise = torch.randn(2, channels, size[0] + 2 * margin, size[1] + 2 * margin, generator=rng())
    assert generator(noise, torch.zeros(2, channels, *size)).shape == (2, channels, *size)


def test_only_noise_padding_asks_for_larger_noise():
    margins = {
        padding: Generator(padding=padding).noise_padding for padding in ("zero", "noise", "conv")
    }
    assert margins == {"zero": 0, "noise": 5, "conv": 0}
    assert Generator(padding="noise", num_layers=3, kernel_size=5).noise_padding == 6


@torch.no_grad()
def test_zero_padding_is_up_front_and_convolution_padding_in_every_layer():
    up_front, in_layers = Generator(3, 4, norm="none"), Generator(3, 4, norm="none", padding="conv")
    in_layers.load_state_dict(initialized(up_front, rng()).state_dict())
    noise, previous = torch.randn(1, 3, 24, 24, generator=rng()), torch.zeros(1, 3, 24, 24)
    by_hand = previous + torch.tanh(up_front.stack(pad(noise, 5)))
    assert torch.allclose(up_front(noise, previous), by_hand, atol=1e-6)
    inside = (..., slice(5, -5), slice(5, -5))
    assert torch.allclose(up_front(noise, previous)[inside], in_layers(noise, previous)[inside])
    assert not torch.allclose(up_front(noise, previous), in_layers(noise, previous))


@torch.no_grad()
def test_noise_padding_lets_the_noise_run_on_beyond_the_border():
    generator = initialized(Generator(3, 4, norm="none", padding="noise"), rng())
    noise, previous = (
        torch.randn(1, 3, 34, 34, generator=rng()),
        torch.rand(1, 3, 24, 24, generator=rng()),
    )
    by_hand = previous + torch.tanh(generator.stack(noise + pad(previous, 5)))
    assert torch.allclose(generator(noise, previous), by_hand, atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_the_residual_is_bounded_by_one_whatever_comes_in(norm):
    generator = Generator(3, 8, norm=norm)
    for parameter in generator.parameters():
        parameter.normal_(0, 3, generator=rng())
    noise, previous = 50 * torch.randn(1, 3, 20, 20, generator=rng()), torch.rand(1, 3, 20, 20)
    residual = generator(noise, previous) - previous
    assert residual.abs().max() <= 1 + 1e-6 and residual.abs().max() > 0.9


@torch.no_grad()
def test_the_stack_sees_the_sum_of_noise_and_previous_picture():
    generator = initialized(Generator(3, 4).eval(), rng())
    one, other = (
        torch.rand(1, 3, 15, 15, generator=rng()),
        torch.rand(1, 3, 15, 15, generator=rng(1)),
    )
    here, there = generator(one, other) - other, generator(other, one) - one
    assert torch.allclose(here, there, atol=1e-6)


@torch.no_grad()
def test_one_map_of_noise_serves_all_channels():
    generator = initialized(Generator(3, 4).eval(), rng())
    noise, previous = torch.randn(1, 1, 15, 15, generator=rng()), torch.zeros(1, 3, 15, 15)
    assert torch.equal(generator(noise, previous), generator(noise.expand(1, 3, 15, 15), previous))


def test_the_discriminator_gives_a_score_for_every_patch_without_bound():
    discriminator = Discriminator(3, 4)
    assert discriminator(torch.zeros(2, 3, 25, 33)).shape == (2, 1, 15, 23)
    assert discriminator(torch.zeros(1, 3, 11, 11)).shape == (1, 1, 1, 1)
    with torch.no_grad():
        discriminator.stack[-1].bias.fill_(-100)
        assert (discriminator(torch.zeros(1, 3, 12, 12)) < -50).all()


@torch.no_grad()
@pytest.mark.parametrize(
    "network, layout",
    [
        (Generator(3, 8), torch.channels_last),
        (Generator(3, 8, norm="none"), torch.channels_last),
        (Discriminator(3, 8, norm="none"), torch.channels_last),
        (Discriminator(3, 8), torch.contiguous_format),
    ],
)
@pytest.mark.parametrize("given", [torch.channels_last, torch.contiguous_format])
def test_all_layers_work_in_the_order_of_memory_that_is_quickest(network, layout, given):
    kept, images = [], torch.rand(2, 3, 25, 33).contiguous(memory_format=given)
    for convolution in layers(network, nn.Conv2d)[1:]:
        convolution.register_forward_pre_hook(
            lambda _, inputs: kept.append(inputs[0].is_contiguous(memory_format=layout))
        )
    network(*[images] * (2 if isinstance(network, Generator) else 1))
    assert kept == [True] * 4


# ----------------------------------------------------------------------------------- how they begin
def test_convolutions_begin_as_normal_with_std_two_hundredths():
    for convolution in layers(initialized(Generator(3, 128), rng()), nn.Conv2d)[1:4]:
        assert abs(convolution.weight.mean()) < 5e-4
        assert convolution.weight.std().item() == pytest.approx(0.02, rel=0.02)


def test_biases_begin_uniform_as_pytorchs_own():
    for convolution in layers(initialized(Generator(3, 128), rng()), nn.Conv2d)[:4]:
        bound = 1 / math.sqrt(convolution.in_channels * 9)
        assert convolution.bias.abs().max() <= bound
        assert convolution.bias.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.25)


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_normalisation_begins_near_one_with_bias_zero(norm):
    scales = [
        m
        for m in initialized(Generator(3, 128, norm=norm), rng()).modules()
        if isinstance(m, (nn.BatchNorm2d, InstanceNorm))
    ]
    values = torch.cat([scale.weight for scale in scales])
    assert values.mean().item() == pytest.approx(1, abs=0.004)
    assert values.std().item() == pytest.approx(0.02, rel=0.15)
    assert all((scale.bias == 0).all() for scale in scales)


def test_weights_depend_on_their_source_of_randomness_and_on_nothing_else():
    config = tiny_config()
    torch.manual_seed(1)
    one = initialized(build_generator(config, 0, 3), rng(5)).state_dict()
    torch.manual_seed(2)
    assert same_tensors(one, initialized(build_generator(config, 0, 3), rng(5)).state_dict())
    assert not same_tensors(one, initialized(build_generator(config, 0, 3), rng(6)).state_dict())


@pytest.mark.parametrize("build", [build_generator, build_discriminator])
def test_building_a_network_leaves_the_global_seed_alone(build):
    before = torch.get_rng_state()
    sg.networks.initialize(build(tiny_config(), 0, 3), rng())
    assert torch.equal(torch.get_rng_state(), before)
