"""The plane of lesson 05: distances that are known, and points that move as they should."""

from __future__ import annotations

import itertools

import pytest
import torch
from helpers import picture
from torch import Tensor, nn

from singan_edu.course.exercises.lesson_05 import distance_on_a_line
from singan_edu.course.labs import lesson_05 as lab
from singan_edu.course.labs import toy_2d


class Ramp(nn.Module):
    """A landscape that climbs three for one to the right."""

    def forward(self, points: Tensor) -> Tensor:
        return 3 * points[:, :1]


# ---------------------------------------------------------------------------------------- distances
def test_a_cloud_and_its_copy_are_as_far_apart_as_it_was_moved():
    real, fake = toy_2d.two_clouds(1.5)
    assert toy_2d.exact_distance(real, fake) == pytest.approx(1.5, rel=1e-5)
    assert not torch.equal(real - fake, (real - fake)[:1].expand_as(real))  # in another order


def test_exact_distance_is_that_of_the_best_of_all_pairings():
    one, other = torch.rand(2, 6, 2, generator=torch.Generator().manual_seed(0))
    ways = [
        (one - other[list(order)]).norm(dim=1).mean() for order in itertools.permutations(range(6))
    ]
    assert toy_2d.exact_distance(one, other) == pytest.approx(min(ways).item(), rel=1e-6)


def test_on_a_line_the_sorted_pairing_is_the_best():
    one, other = torch.randn(2, 30, generator=torch.Generator().manual_seed(0))
    flat = [torch.stack([points, torch.zeros(30)], dim=1) for points in (one, other)]
    assert distance_on_a_line(one, other) == pytest.approx(toy_2d.exact_distance(*flat), rel=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_pixel_pairs_are_pixels_and_their_right_neighbours(channels):
    stripes = torch.tensor([-0.5, 0.5]).repeat(24).expand(1, channels, 20, 48)
    pairs = toy_2d.pixel_pairs(stripes)
    assert pairs.shape == (toy_2d.POINTS, 2)
    assert torch.allclose(pairs.abs(), torch.full_like(pairs, 0.5), atol=1e-6)
    assert torch.allclose(pairs[:, 0], -pairs[:, 1], atol=1e-6)


# -------------------------------------------------------------------------------- critics and moves
def test_estimate_slope_and_push_of_a_ramp():
    real, fake = toy_2d.two_clouds(2.0)
    assert toy_2d.estimate(Ramp(), real, fake) == pytest.approx(6, rel=1e-5)
    assert toy_2d.gradient_norm(Ramp(), real) == pytest.approx(3)
    assert toy_2d.generator_gradient_norm(Ramp(), fake, toy_2d.Rule()) == pytest.approx(3)


def test_the_ordinary_gan_does_not_push_where_it_is_sure():
    rule, fake = toy_2d.Rule(logistic=True), torch.tensor([[-9.0, 0.0]])
    assert 0 < toy_2d.generator_gradient_norm(Ramp(), fake, rule) < 1e-10
    assert toy_2d.generator_gradient_norm(Ramp(), -fake, rule) == pytest.approx(3)


def test_points_go_uphill_and_frames_are_kept():
    game = toy_2d.Game(torch.zeros(toy_2d.POINTS, 2), toy_2d.RULES["λ = 10"])
    game.discriminator, game.optimizer = Ramp(), torch.optim.SGD([torch.zeros(1)], lr=0.0)
    before = game.points.detach().clone()
    toy_2d.discriminator_step, original = lambda *arguments: None, toy_2d.discriminator_step
    try:
        game.after(5)
    finally:
        toy_2d.discriminator_step = original
    steps = game.points.detach() - before
    assert torch.allclose(steps, torch.tensor([5 * toy_2d.STEP_SIZE * 3, 0.0]), atol=1e-5)
    assert list(game.frames) == [0, 5] and game.travelled < 0  # away from the middle


def test_clipping_bounds_every_weight():
    real, fake = toy_2d.two_clouds(2.0)
    discriminator = toy_2d.trained_discriminator(real, fake, toy_2d.Rule(clip=0.02), steps=3)
    assert max(weight.abs().max() for weight in discriminator.parameters()) <= 0.02


# ------------------------------------------------------------------------------------- on a picture
def test_patches_are_cut_row_by_row():
    image = picture()
    patches = lab.cut_patches(image)
    height, width = image.shape[-2:]
    assert patches.shape == ((height - 10) * (width - 10), 3, 11, 11)
    assert torch.equal(patches[width - 10 + 2], image[0, :, 1:12, 2:13])


def test_milliseconds_takes_turns():
    calls = []
    times = lab.milliseconds({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3)
    assert calls == ["a", "b"] * 4 and set(times) == {"a", "b"} and min(times.values()) >= 0
