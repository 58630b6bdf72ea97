"""The controls: each keeps the properties of a photograph that it names, and loses the others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from singan_edu.evaluation import controls
from singan_edu.evaluation.controls import (
    CONTROLS,
    circular_shift,
    colour_matched_noise,
    exact_copy,
    gaussian_blur,
    patch_nearest_neighbours,
    phase_randomisation,
    tile_shuffle,
)
from singan_edu.evaluation.metrics import coherence, completeness

QUICK = {name: make for name, make in CONTROLS.items() if make is not patch_nearest_neighbours}
RANDOM = [name for name in QUICK if name not in ("copy", "blur")]
REARRANGING = ("copy", "circular shift", "tile shuffle", "colour-matched noise")


def photograph(height: int = 24, width: int = 32, channels: int = 3) -> Tensor:
    """Smooth shapes and grain, so that every pixel is another."""
    rng = torch.Generator().manual_seed(7)
    grain = torch.rand(1, channels, height, width, generator=rng) * 2 - 1
    return 0.8 * picture(height, width, channels) + 0.2 * grain


def pixels(image: Tensor) -> list[list[float]]:
    """The colours of one picture (C, H, W), sorted."""
    return sorted(image.flatten(1).T.tolist())


def power(image: Tensor) -> Tensor:
    return torch.fft.fft2(image.double()).abs()


# ------------------------------------------------------------------------------------ all of them
@pytest.mark.parametrize("name", QUICK)
@given(
    height=st.integers(4, 27),
    width=st.integers(4, 27),
    channels=st.sampled_from([1, 3]),
    n=st.integers(1, 3),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=12)
def test_a_control_makes_pictures_of_the_photographs_size_and_range(
    name, height, width, channels, n, seed
):
    image = photograph(height, width, channels)
    before = image.clone()
    made = CONTROLS[name](image, n, seed=seed)
    assert made.shape == (n, channels, height, width) and made.dtype == image.dtype
    assert -1 <= made.min() and made.max() <= 1
    assert torch.equal(image, before)
    made.zero_()  # what was made is not tied to the photograph
    assert torch.equal(image, before)


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("size", [(24, 32), (21, 33)])
def test_a_picture_depends_on_its_seed_and_its_index_alone(name, size):
    image = photograph(*size)
    state = torch.random.get_rng_state()
    three = CONTROLS[name](image, 3, seed=5)
    assert torch.equal(three, CONTROLS[name](image, 3, seed=5))
    assert torch.equal(three[:1], CONTROLS[name](image, seed=5))
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("name", RANDOM)
def test_random_controls_differ_within_a_batch_and_between_seeds(name):
    image = photograph()
    three, other = CONTROLS[name](image, 3, seed=5), CONTROLS[name](image, 3, seed=6)
    pictures = [*three, *other, image[0]]
    assert all(not torch.equal(a, b) for i, a in enumerate(pictures) for b in pictures[:i])


@pytest.mark.parametrize("name", QUICK)
def test_float64_stays_float64(name):
    assert CONTROLS[name](photograph().double(), 2).dtype == torch.float64


@pytest.mark.parametrize("name", REARRANGING)
@pytest.mark.parametrize("channels", [1, 3])
def test_controls_that_rearrange_keep_every_pixel(name, channels):
    image = photograph(21, 30, channels)
    for made in CONTROLS[name](image, 2, seed=1):
        assert pixels(made) == pixels(image[0])


def test_the_table_names_every_control_once():
    public = [
        f for f in vars(controls).values() if getattr(f, "__module__", "") == controls.__name__
    ]
    makers = [f for f in public if callable(f) and not f.__name__.startswith("_")]
    assert sorted(f.__name__ for f in CONTROLS.values()) == sorted(f.__name__ for f in makers)


# ------------------------------------------------------------------------------------- one by one
def test_a_copy_is_the_photograph():
    image = photograph()
    assert torch.equal(exact_copy(image, 3), torch.cat([image] * 3))


def test_a_circular_shift_moves_both_ways_and_wraps():
    image = photograph(9, 11)
    shifts = set()
    for made in circular_shift(image, 40, seed=2):
        found = [
            (down, right)
            for down in range(9)
            for right in range(11)
            if torch.equal(image.roll((down, right), (2, 3))[0], made)
        ]
        assert len(found) == 1 and min(found[0]) > 0
        shifts.add(found[0])
    assert {down for down, _ in shifts} == set(range(1, 9)) and len(shifts) > 20


@pytest.mark.parametrize(("height", "width"), [(24, 32), (23, 30)])
def test_a_tile_shuffle_lays_whole_tiles_and_leaves_the_rest(height, width):
    image = photograph(height, width)
    h, w = height // 4, width // 4

    def tiles(x: Tensor) -> list[bytes]:
        return [
            x[:, r * h : (r + 1) * h, c * w : (c + 1) * w].numpy().tobytes()
            for r in range(4)
            for c in range(4)
        ]

    orders = []
    for made in tile_shuffle(image, 3, seed=3):
        orders.append([tiles(image[0]).index(tile) for tile in tiles(made)])
        assert sorted(orders[-1]) == list(range(16))
        assert torch.equal(made[:, 4 * h :], image[0, :, 4 * h :])
        assert torch.equal(made[..., 4 * w :], image[0, ..., 4 * w :])
    assert len({tuple(order) for order in orders}) == 3


def test_a_blur_is_a_gaussian_of_a_pixel_and_a_half():
    point = torch.zeros(1, 1, 21, 23)
    point[0, 0, 10, 11] = 1
    spot = gaussian_blur(point)[0, 0].double().numpy()
    rows, columns = np.mgrid[-10:11, -11:12]
    wanted = np.exp(-(rows**2 + columns**2) / (2 * 1.5**2)) * (abs(rows) <= 5) * (abs(columns) <= 5)
    np.testing.assert_allclose(spot, wanted / wanted.sum(), atol=1e-7)


def test_a_blur_keeps_colours_and_lowers_contrast_between_neighbours():
    image = photograph(48, 64)
    made = gaussian_blur(image)
    assert (made.mean(dim=(2, 3)) - image.mean(dim=(2, 3))).abs().max() < 0.02
    for dim in (2, 3):
        assert made.diff(dim=dim).square().mean() < 0.2 * image.diff(dim=dim).square().mean()
    plain = torch.full((1, 3, 9, 9), 0.3)
    assert (gaussian_blur(plain) - plain).abs().max() < 1e-6  # at the border, too


def test_colour_matched_noise_has_no_structure():
    made = colour_matched_noise(picture(48, 64))
    left, right = made[..., :-1].flatten(2)[0], made[..., 1:].flatten(2)[0]
    assert all(abs(np.corrcoef(x, y)[0, 1]) < 0.08 for x, y in zip(left, right))


@pytest.mark.parametrize("size", [(24, 32), (21, 33), (20, 27)])
@pytest.mark.parametrize("channels", [1, 3])
def test_random_phases_keep_the_power_spectrum_and_the_mean_colour(size, channels):
    image = 0.2 * photograph(*size, channels)  # so low in contrast that nothing is clamped
    for made in phase_randomisation(image, 2, seed=4):
        assert made.abs().max() < 1
        assert torch.allclose(power(made), power(image[0]), atol=1e-4)
        assert torch.allclose(made.mean(dim=(1, 2)), image[0].mean(dim=(1, 2)), atol=1e-6)
        assert (made - image[0]).abs().mean() > 0.2 * image.std()


def test_channels_get_one_phase_so_that_colours_stay_related():
    grey = 0.2 * photograph(24, 32, 1)
    made = phase_randomisation(torch.cat([grey, 0.5 * grey, -grey], dim=1))
    assert torch.allclose(made[:, 1], 0.5 * made[:, 0], atol=1e-6)
    assert torch.allclose(made[:, 2], -made[:, 0], atol=1e-6)


def test_values_beyond_the_range_are_clamped():
    image = photograph().sign()
    made = phase_randomisation(image, 3)
    assert made.min() == -1 and made.max() == 1


# ------------------------------------------------------------------------------ the patch baseline
PASSES = (4, 2)


def test_patch_neighbours_put_the_photographs_patches_together_anew():
    image = picture(28, 36)
    made = patch_nearest_neighbours(image, 3, seed=1, passes=PASSES)
    assert made.shape == (3, 3, 28, 36) and made.abs().max() <= 1
    noise = colour_matched_noise(image)
    assert coherence(image, made) < 0.05 < 0.3 * coherence(image, noise)
    assert completeness(image, made) < 0.5 * completeness(image, noise)
    away = (made - image).square().mean(dim=(1, 2, 3)).sqrt()
    assert (away > 0.25 * image.std()).sum() >= 2  # no plain copies, but for an accident
    assert not torch.equal(made[0], made[1])


def test_patch_neighbours_depend_on_their_seed_and_index_alone_and_take_grey():
    image = picture(21, 26, 1)
    two = patch_nearest_neighbours(image, 2, seed=3, passes=PASSES)
    assert two.shape == (2, 1, 21, 26)
    assert torch.equal(two[:1], patch_nearest_neighbours(image, seed=3, passes=PASSES))
    assert not torch.equal(two, patch_nearest_neighbours(image, 2, seed=4, passes=PASSES))


def test_the_baselines_pyramid_ends_at_sixteen_pixels_and_begins_with_the_photograph():
    sizes = controls._pyramid_sizes(48, 64)
    assert sizes[-1] == (48, 64) and sizes[0] == (20, 27) and len(sizes) == 4
    assert controls._pyramid_sizes(12, 30) == [(12, 30)]


def test_the_last_number_of_passes_repeats(monkeypatch):
    calls = []

    def count(picture: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        calls.append((tuple(picture.shape[-2:]), torch.equal(keys, values)))
        return picture

    monkeypatch.setattr(controls, "_replace_patches", count)
    patch_nearest_neighbours(picture(48, 64), passes=(3, 2))
    assert [size for size, _ in calls] == [
        *[(20, 27)] * 3,
        *[(27, 36)] * 2,
        *[(36, 48)] * 2,
        *[(48, 64)] * 2,
    ]
    # on entering a level the enlarged picture is compared with what was enlarged likewise
    assert [same for _, same in calls] == [True] * 3 + [False, True] * 3


def test_a_patch_that_nothing_resembles_yet_is_preferred():
    real = torch.full((1, 1, 7, 21), -0.5)
    real[..., 14:] = 0.5
    image = torch.full((1, 1, 7, 28), -0.5)
    image[..., 14:] = -0.1  # nearer to the dark, which is shown already; the bright is missing
    made = controls._replace_patches(image, real, real)
    assert made[..., -1].mean().item() == pytest.approx(0.5)
    assert made[..., 0].mean().item() == pytest.approx(-0.5)
