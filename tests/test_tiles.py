"""Tiles: the same picture as the whole one at any size, and never much in memory at once."""

from __future__ import annotations

import functools
import weakref
from typing import Any

import pytest
import torch
from helpers import enlarge, initialized, picture, tiny_config, untrained_model
from torch import Tensor, nn

import singan_edu as sg
from singan_edu import model as model_module
from singan_edu.networks import Generator, InstanceNorm
from singan_edu.tiles import TILE_SIZE, tile_slices, tiled_forward

# Largest difference by the order of sums, for weights that are larger than trained ones; PyTorch
# sums the statistics of instance normalisation in float32, tiles are summed in float64.
ROUNDING = dict(batch=1e-5, none=1e-5, instance=5e-5)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@torch.no_grad()
def frozen_generator(channels: int = 3, **options: Any) -> Generator:
    """A frozen generator with large weights, biases and statistics: nothing is hidden by zeros."""
    generator = enlarge(initialized(Generator(channels, 4, **options), rng()))
    for module in generator.modules():
        if isinstance(module, InstanceNorm):
            module.bias.normal_(0, 0.5, generator=rng(1))
        if isinstance(module, nn.BatchNorm2d):
            module.bias.normal_(0, 0.5, generator=rng(1))
            assert module.running_mean is not None
            module.running_mean.normal_(0, 0.5, generator=rng(2))
    return generator.eval().requires_grad_(False)


def inputs(
    generator: Generator, size: tuple[int, int], channels: int = 3, n: tuple[int, int] = (1, 1)
) -> tuple[Tensor, Tensor]:
    """Noise and previous picture, ``n`` of either, that nothing repeats in."""
    height, width = (side + 2 * generator.noise_padding for side in size)
    noise = torch.randn(n[0], channels, height, width, generator=rng(3))
    return noise, torch.rand(n[1], channels, *size, generator=rng(4)) * 2 - 1


def windows_seen(generator: Generator) -> list[tuple[int, int]]:
    """Fills with (height, width) of all that the generator is given from now on."""
    seen = []
    generator.register_forward_pre_hook(lambda _, given: seen.append(given[1].shape[-2:]))
    return seen


@pytest.fixture
def small_tiles(monkeypatch):
    """Samples are computed in tiles of 9 pixels; calling it makes them whole again."""
    monkeypatch.setattr(model_module, "tiled_forward", functools.partial(tiled_forward, tile=9))
    return monkeypatch.undo


# -------------------------------------------------------------------------------- of one generator
@pytest.mark.parametrize("padding", ["zero", "noise", "conv"])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("tile", [16, 7, 1])
def test_tiles_make_up_the_whole_picture(tile, norm, padding):
    generator = frozen_generator(norm=norm, padding=padding)
    noise, previous = inputs(generator, (50, 71) if tile > 1 else (13, 6))
    whole = generator(noise, previous)
    assert (whole - previous).std() > 0.1  # the generator does something
    assert (tiled_forward(generator, noise, previous, tile=tile) - whole).abs().max() < ROUNDING[
        norm
    ]


@pytest.mark.parametrize("size", [(16, 17), (33, 5), (1, 40), (48, 48), (3, 200)])
def test_tiles_of_any_shape_of_picture(size):
    generator = frozen_generator(padding="noise")
    noise, previous = inputs(generator, size)
    whole = generator(noise, previous)
    assert (tiled_forward(generator, noise, previous, tile=16) - whole).abs().max() < 1e-5


@pytest.mark.parametrize("options", [dict(num_layers=2), dict(num_layers=3, kernel_size=5)])
@pytest.mark.parametrize("padding", ["zero", "noise", "conv"])
def test_tiles_of_generators_that_see_less_or_further(options, padding):
    generator = frozen_generator(padding=padding, **options)
    noise, previous = inputs(generator, (40, 31))
    whole = generator(noise, previous)
    assert (tiled_forward(generator, noise, previous, tile=12) - whole).abs().max() < 1e-5


@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("n", [(2, 2), (3, 1), (1, 3)])
def test_tiles_of_several_pictures_where_one_map_or_picture_serves_all(n, norm):
    generator = frozen_generator(norm=norm)
    noise, previous = inputs(generator, (30, 41), n=n)
    made = tiled_forward(generator, noise, previous, tile=16)
    assert made.shape == (max(n), 3, 30, 41)
    assert (made - generator(noise, previous)).abs().max() < ROUNDING[norm]


def test_tiles_of_grey_pictures_and_of_one_map_for_all_channels():
    grey = frozen_generator(channels=1)
    noise, previous = inputs(grey, (30, 41), channels=1)
    assert (
        tiled_forward(grey, noise, previous, tile=16) - grey(noise, previous)
    ).abs().max() < 1e-5
    colour, previous = frozen_generator(), previous.expand(1, 3, 30, 41)
    whole = colour(noise, previous)
    assert (tiled_forward(colour, noise, previous, tile=16) - whole).abs().max() < 1e-5


@pytest.mark.parametrize("size", [(30, 41), (12, 500), (700, 3)])
def test_no_window_is_larger_than_a_tile_and_what_it_sees(size):
    generator = frozen_generator()
    seen = windows_seen(generator)
    tiled_forward(generator, *inputs(generator, size), tile=16)
    assert len(seen) > 1 and max(max(window) for window in seen) <= 16 + 2 * 5


@pytest.mark.parametrize("size", [(30, 41), (12, 500)])
def test_no_layer_sees_a_larger_window_where_statistics_are_measured(size, monkeypatch):
    sizes, convolve = [], nn.functional.conv2d

    def record(features: Tensor, *rest: Any) -> Tensor:
        sizes.append(max(features.shape[-2:]))
        return convolve(features, *rest)

    monkeypatch.setattr(nn.functional, "conv2d", record)
    generator = frozen_generator(norm="instance")
    tiled_forward(generator, *inputs(generator, size), tile=16)
    assert len(sizes) > 5 and max(sizes) <= 16 + 4 * 5  # padded once more


def test_measuring_the_statistics_leaves_the_generator_as_it_was():
    generator = frozen_generator(norm="instance")
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    tiled_forward(generator, *inputs(generator, (30, 41)), tile=16)
    assert generator.norm == "instance" and not generator.is_local
    assert generator.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())


def test_a_picture_that_fits_in_a_tile_is_computed_at_once():
    generator = frozen_generator()
    noise, previous = inputs(generator, (16, 12))
    seen = windows_seen(generator)
    made = tiled_forward(generator, noise, previous, tile=16)
    assert seen == [(16, 12)] and torch.equal(made, generator(noise, previous))


@pytest.mark.parametrize("tile", [1, 5, 8, 16, 40])
@pytest.mark.parametrize("length", [1, 7, 16, 17, 33])
def test_spans_cover_each_pixel_once_in_nearly_equal_parts(length, tile):
    parts = [range(length)[part] for part, _ in tile_slices(length, tile, 5)]
    assert [pixel for part in parts for pixel in part] == list(range(length))
    lengths = [len(part) for part in parts]
    assert max(lengths) <= tile and max(lengths) - min(lengths) <= 1
    for part, (_, seen) in zip(parts, tile_slices(length, tile, 5)):
        assert range(length)[seen] == range(max(0, part[0] - 5), min(length, part[-1] + 6))


# ------------------------------------------------------------------------------------ what is local
def test_only_frozen_generators_without_statistics_of_the_picture_are_local():
    for norm, frozen, training in [
        ("batch", True, False),
        ("none", True, True),
        ("instance", False, False),
    ]:
        generator = Generator(3, 4, norm=norm)
        assert generator.eval().is_local == frozen and generator.train().is_local == training


@torch.no_grad()
@pytest.mark.parametrize("options", [dict(), dict(num_layers=2), dict(num_layers=3, kernel_size=5)])
@pytest.mark.parametrize("padding", ["zero", "noise", "conv"])
def test_a_generator_reaches_as_far_as_its_receptive_field(options, padding):
    generator = frozen_generator(norm="none", padding=padding, **options)
    noise, previous = inputs(generator, (41, 41))
    changed = previous.clone()
    changed[..., 20, 20] += 1
    moved = (generator(noise, changed) - generator(noise, previous)).abs().amax((0, 1)) > 0
    rows = moved.any(1).nonzero()
    assert rows.min() == 20 - generator.radius and rows.max() == 20 + generator.radius
    assert 2 * generator.radius + 1 == sg.receptive_field(**options)


def test_what_has_statistics_that_cannot_be_measured_is_computed_whole_however_large():
    for generator in (
        frozen_generator(norm="instance", padding="conv"),
        frozen_generator().train(),
    ):
        noise, previous = inputs(generator, (30, 41))
        seen = windows_seen(generator)
        made = tiled_forward(generator, noise, previous, tile=8)
        assert seen == [(30, 41)]
        assert torch.allclose(made, generator(noise, previous), atol=1e-6)


# ------------------------------------------------------------------------------------ of a pyramid
@pytest.mark.parametrize("padding", ["zero", "noise", "conv"])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("channels", [3, 1])
def test_a_sample_in_tiles_is_the_sample(channels, norm, padding, small_tiles):
    model = untrained_model(
        tiny_config(generator_norm=norm, padding=padding), picture(channels=channels)
    )
    calls = [
        lambda: model.sample(2, seed=5, size=(50, 71)),
        lambda: model.sample(seed=5, size=(37, 23), start_level=2),
        lambda: model.sample(2, seed=5, start_level=1, start="real"),
        lambda: model.run_from(0, noise=model.draw_noise(2, seed=6), noise_scale=2),
        lambda: model.run_from(1, picture(48, 64, channels), seed=5, n=2, size=2),
        lambda: model.reconstruct(),
    ]
    tiled, again = [call() for call in calls], [call() for call in calls]
    small_tiles()
    for number, call in enumerate(calls):
        assert (tiled[number] - call()).abs().max() < ROUNDING[norm]
        assert torch.equal(tiled[number], again[number])


def test_pictures_larger_than_a_tile_are_computed_in_tiles():
    model = untrained_model(tiny_config(), picture())
    seen = windows_seen(model.generators[-1])
    model.sample(seed=0, size=(TILE_SIZE // 4, TILE_SIZE))
    assert seen == [(TILE_SIZE // 4, TILE_SIZE)]
    made = model.sample(seed=0, size=(TILE_SIZE // 4, TILE_SIZE + 1))
    assert made.shape[-1] == TILE_SIZE + 1 and len(seen) == 3


@pytest.mark.parametrize("start_level", [0, 1])
def test_noise_of_a_level_is_drawn_in_its_turn_when_the_map_before_is_gone(
    start_level, monkeypatch
):
    model = untrained_model(tiny_config(), picture())
    steps, draw, generate = [], model_module._normal, model_module.tiled_forward
    drawn: list[weakref.ref] = []

    def recorded_draw(shape: tuple[int, ...], keys: list[tuple[int, ...]]) -> Tensor:
        assert all(maps() is None for maps in drawn)
        maps = draw(shape, keys)
        drawn.append(weakref.ref(maps))
        steps.append(("noise", keys[0][-1]))
        return maps

    def recorded_generate(generator: Generator, *given: Tensor) -> Tensor:
        steps.append(("picture", model.generators.index(generator)))
        return generate(generator, *given)

    monkeypatch.setattr(model_module, "_normal", recorded_draw)
    monkeypatch.setattr(model_module, "tiled_forward", recorded_generate)
    model.sample(seed=0, start_level=start_level, start="real")
    assert steps == [
        (what, level) for level in range(start_level, 3) for what in ("noise", "picture")
    ]
