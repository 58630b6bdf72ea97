"""Inpainting and outpainting: what is known stays to the bit, what is new fits."""

from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_config, untrained_model

import singan_edu as sg
from singan_edu.applications.inpainting import (
    _generate_around,
    _noise_in_hole,
    inner_feather_mask,
    inpaint,
    mirror_fill,
    outpaint,
    smooth_fill,
)
from singan_edu.evaluation.patches import nearest_patches

TOP, LEFT, SIDE = 44, 20, 30


@pytest.fixture(scope="module")
def model() -> sg.SinGAN:
    return sg.load_pretrained("birds_at_dusk")


def hole_in(image: torch.Tensor, top: int, left: int, height: int, width: int) -> torch.Tensor:
    hole = torch.zeros_like(image[:, :1])
    hole[..., top : top + height, left : left + width] = 1
    return hole


@pytest.fixture(scope="module")
def hole(model) -> torch.Tensor:
    return hole_in(model.image, TOP, LEFT, SIDE, SIDE)


def rms(values: torch.Tensor) -> float:
    return values.square().mean().sqrt().item()


def patch_distance(made: torch.Tensor, image: torch.Tensor) -> float:
    """Distance of the patches over the hole to the nearest of the rest of the picture."""
    around = (..., slice(TOP - 6, TOP + SIDE + 6), slice(LEFT - 6, LEFT + SIDE + 6))
    fields = [nearest_patches(one[around], image[..., LEFT + SIDE :]) for one in made.split(1)]
    return torch.stack([field.distances for field in fields]).mean().item()


def seam(made: torch.Tensor) -> float:
    """Root mean square step across the left and right border of the hole."""
    steps = torch.diff(made[..., TOP : TOP + SIDE, :], dim=-1)
    return rms(steps[..., [LEFT - 1, LEFT + SIDE - 1]])


# --------------------------------------------------------------------------------------- inpainting
@pytest.mark.parametrize("level", [0, 1, 5])
def test_outside_the_hole_the_picture_is_returned_to_the_bit(level, model, hole):
    made = inpaint(model, model.image, hole, level, seed=0, n=2)
    outside = hole.expand_as(made) == 0
    assert made.shape == (2, 3, 96, 128)
    assert torch.equal(made[outside], model.image.expand_as(made)[outside])
    assert (made - model.image)[~outside].abs().mean() > 0.02


@pytest.mark.parametrize("level", [0, 1])
def test_what_is_in_the_hole_is_not_looked_at(level, model, hole):
    noise = torch.rand(model.image.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    broken = torch.where(hole > 0, noise, model.image)
    made = inpaint(model, broken, hole, level, seed=0)
    assert torch.equal(made, inpaint(model, model.image, hole, level, seed=0))


@pytest.mark.parametrize("level", [0, 1])
def test_the_filling_fits_better_than_grey_or_a_mirror(level, model, hole):
    made = inpaint(model, model.image, hole, level, seed=1, n=2)
    grey = torch.where(hole > 0, model.image.mean(dim=(2, 3), keepdim=True), model.image)
    mirrored = mirror_fill(model.image, hole)
    assert patch_distance(made, model.image) < 0.7 * patch_distance(grey, model.image)
    assert patch_distance(made, model.image) < patch_distance(mirrored, model.image)
    assert seam(made) < 1.3 * rms(torch.diff(model.image[..., TOP : TOP + SIDE, :], dim=-1))
    assert seam(made) < 0.7 * seam(grey)


def test_level_0_puts_something_there_and_level_1_takes_it_away(model, hole):
    new = inpaint(model, model.image, hole, 0, seed=0, n=3)
    gone = inpaint(model, model.image, hole, 1, seed=0, n=3)
    inside = (..., slice(TOP + 5, TOP + SIDE - 5), slice(LEFT + 5, LEFT + SIDE - 5))
    assert new[inside].std(dim=0).mean() > 4 * gone[inside].std(dim=0).mean()  # other each time
    assert rms(torch.diff(new[inside], dim=-1)) > 1.2 * rms(torch.diff(gone[inside], dim=-1))


def test_results_depend_on_seed_and_index_alone():
    model = untrained_model(tiny_config(), picture())
    hole = hole_in(model.image, 8, 8, 10, 10)
    made = inpaint(model, sg.resize(model.reconstruct(), (24, 32)), hole, 1, n=3, seed=2)
    again = inpaint(model, sg.resize(model.reconstruct(), (24, 32)), hole, 1, seed=2)
    assert (again - made[:1]).abs().max() < 1e-6
    assert (made[0] - made[1]).abs().max() > 0.01


@pytest.mark.parametrize("padding, pad", [("zero", 0), ("noise", 5)])
def test_level_0_draws_noise_in_the_hole_and_leaves_z_star_around_it(padding, pad):
    model = untrained_model(tiny_config(padding=padding), picture())
    hole = hole_in(model.image, 10, 12, 4, 20)  # to the right border
    maps = _noise_in_hole(model, hole, 2, [1.0, 2.0, 1.0], 0)
    sizes = model.level_sizes()
    assert [tuple(z.shape) for z in maps] == [
        (2, 1 if level == 0 else 3, h + 2 * pad, w + 2 * pad) for level, (h, w) in enumerate(sizes)
    ]
    rests = [model.reconstruction_noise, *[torch.zeros_like(z) for z in maps[1:]]]
    drawn = [scale * z for scale, z in zip([1, 2, 1], model.draw_noise(2, seed=0))]
    for z, rest, new, (height, width) in zip(maps, rests, drawn, sizes):
        top, bottom = height * 10 // 24 + pad, -(-height * 14 // 24) + pad
        left = width * 12 // 32 + pad
        assert torch.equal(z[..., top:bottom, left:], new[..., top:bottom, left:])
        assert torch.equal(z[..., :top, :], rest.expand_as(z)[..., :top, :])
        assert torch.equal(z[..., bottom:, :], rest.expand_as(z)[..., bottom:, :])
        assert torch.equal(z[..., :left], rest.expand_as(z)[..., :left])


def test_noise_scale_is_of_the_noise_in_the_hole(model, hole):
    made = inpaint(model, model.image, hole, 0, noise_scale=0, n=2)
    assert torch.equal(made[0], made[1])
    assert (made - model.image)[hole.expand_as(made) == 0].abs().max() == 0


# -------------------------------------------------------------------------------------- outpainting
@pytest.mark.parametrize("level", [0, 1, 3])
@pytest.mark.parametrize("border", [16, (0, 0, 5, 40), (7, 0, 0, 0), (3, 11, 20, 1)])
def test_outpainting_adds_the_border_and_keeps_the_picture(border, level, model):
    made = outpaint(model, model.image, border, level, seed=0)
    top, bottom, left, right = (border,) * 4 if isinstance(border, int) else border
    assert made.shape == (1, 3, 96 + top + bottom, 128 + left + right)
    assert torch.equal(made[..., top : top + 96, left : left + 128], model.image)


@pytest.mark.parametrize("level", [0, 1])
def test_the_border_goes_on_as_the_picture_does(level, model):
    made = outpaint(model, model.image, (0, 0, 40, 40), level, seed=0)
    steps = torch.diff(made, dim=-1).square().mean(dim=(0, 1, 2)).sqrt()
    inside = steps[45:160].mean()
    assert steps[39] < 1.5 * inside and steps[167] < 1.5 * inside
    assert 0.5 * inside < steps[5:35].mean() < 1.5 * inside  # as much detail as before
    rows = made[..., :35].mean(dim=(0, 1, 3)) - model.image.mean(dim=(0, 1, 3))
    assert rows.abs().mean() < 0.12  # sky above, wood below


def test_the_photograph_comes_out_where_it_is_laid(model):
    """Level 0 has pixels of four: what z* makes must not lie beside the picture."""
    for borders in [(0, 0, 5, 40), (7, 3, 0, 0), (13, 10, 33, 22)]:
        made = _generate_around(model, borders, 1, 1.0, 0)
        top, _, left, _ = borders
        off = {}
        for down in range(-3, 4):
            for right in range(-3, 4):
                window = made[
                    ..., top + 20 + down : top + 76 + down, left + 20 + right : left + 108 + right
                ]
                off[down, right] = rms(window - model.image[..., 20:76, 20:108])
        best = min(off, key=off.get)
        assert max(abs(best[0]), abs(best[1])) <= 1, (borders, best)


@pytest.mark.parametrize("padding", ["zero", "noise"])
def test_outpainting_with_any_padding_and_channels(padding):
    model = untrained_model(tiny_config(padding=padding), picture(channels=1))
    model = untrained_model(tiny_config(padding=padding), model.reconstruct())
    for level in (0, 1):
        assert outpaint(model, model.image, (4, 9, 2, 13), level, n=2).shape == (2, 1, 37, 47)


# ----------------------------------------------------------------------------------------- fillings
def test_a_smooth_filling_solves_laplaces_equation():
    image = picture(20, 30).double()
    hole = hole_in(image, 5, 6, 9, 12)
    filled = smooth_fill(image, hole)
    mean = (filled.roll(1, 2) + filled.roll(-1, 2) + filled.roll(1, 3) + filled.roll(-1, 3)) / 4
    inside = hole.expand_as(filled) > 0
    assert (filled - mean)[inside].abs().max() < 1e-9
    assert torch.equal(filled[~inside], image[~inside])


def test_a_smooth_filling_is_free_at_the_border_of_the_picture():
    ramp = torch.linspace(-1, 1, 30).repeat(1, 1, 20, 1)
    hole = hole_in(ramp, 0, 10, 8, 10)  # touches the upper border
    assert (smooth_fill(ramp, hole) - ramp).abs().max() < 1e-5
    edge = hole_in(ramp, 0, 20, 20, 10)  # all of the right side: it goes on as it ended
    assert (smooth_fill(ramp, edge)[..., 20:] - ramp[..., 19:20]).abs().max() < 1e-5


@pytest.mark.parametrize("fill", [smooth_fill, mirror_fill])
def test_fillings_take_holes_of_any_shape_and_look_at_none(fill):
    image = picture(20, 30)
    hole = (torch.rand(1, 1, 20, 30, generator=torch.Generator().manual_seed(1)) > 0.4).float()
    filled = fill(image, hole)
    assert torch.equal(fill(torch.where(hole > 0, 9.0, image), hole), filled)
    assert filled.min() >= image.min() - 1e-6 and filled.max() <= image.max() + 1e-6


def test_a_mirrored_filling_is_the_picture_reversed_at_the_border():
    image = picture(20, 30)
    hole = hole_in(image, 0, 24, 20, 6)
    assert torch.equal(mirror_fill(image, hole)[..., 24:], image[..., 18:24].flip(3))
    beyond = hole_in(image, 0, 10, 20, 20)  # deeper than the picture is wide: its edge, then
    assert torch.equal(mirror_fill(image, beyond)[..., 10:20], image[..., :10].flip(3))


def test_the_new_fades_in_from_the_border_within_the_hole():
    hole = hole_in(picture(20, 30), 4, 5, 10, 12)
    soft = inner_feather_mask(hole, 3)
    assert (soft[hole == 0] == 0).all() and soft[0, 0, 9, 5:10].tolist() == [0.25, 0.5, 0.75, 1, 1]
    assert torch.equal(inner_feather_mask(hole, 0), hole)


# ---------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda m, h: inpaint(m, -m.image, h, 0), "Take level 1 or finer"),
        (lambda m, h: outpaint(m, -m.image, 9, 0), "Take level 1 or finer"),
        (lambda m, h: inpaint(m, m.image, h, 6), "no level 6"),
        (lambda m, h: inpaint(m, m.image, 0 * h, 1), "mask is empty"),
        (lambda m, h: inpaint(m, m.image, 0 * h + 1, 1), "whole picture"),
        (lambda m, h: inpaint(m, m.image, h[..., :90], 1), "another aspect"),
        (lambda m, h: inpaint(m, m.image[..., :90], h, 1), "another aspect"),
        (lambda m, h: outpaint(m, m.image, 0), "pixels to add"),
        (lambda m, h: outpaint(m, m.image, (3, 3)), "pixels to add"),  # type: ignore[arg-type]
        (lambda m, h: outpaint(m, m.image, (3, 3, -1, 0)), "none negative"),
    ],
)
def test_bad_input_is_refused(call, sentence, model, hole):
    with pytest.raises(ValueError, match=sentence):
        call(model, hole)


def test_another_size_is_resized_with_a_notice(model, hole):
    with pytest.warns(sg.ImageNotice, match="resized to 96 x 128"):
        made = inpaint(model, sg.resize(model.image, (192, 256)), hole, 1, seed=0)
    assert made.shape == (1, 3, 96, 128)
