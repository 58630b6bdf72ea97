"""Patches and the search for the nearest ones, against loops over pairs in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from singan_edu.evaluation import patches as module
from singan_edu.evaluation.patches import (
    average_patches,
    extract_patches,
    nearest,
    nearest_patches,
    patch_grid,
    prefer_common_shifts,
    self_nn_distance,
    square_distances,
)


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(1, channels, height, width, generator=rng) * 2 - 1


def patches_by_hand(image: Tensor, size: int) -> np.ndarray:
    """(rows, columns, C * size * size) float64."""
    pixels = image[0].double().numpy()
    rows, columns = pixels.shape[1] - size + 1, pixels.shape[2] - size + 1
    return np.array(
        [
            [pixels[:, r : r + size, c : c + size].flatten() for c in range(columns)]
            for r in range(rows)
        ]
    )


def distances_by_hand(image: Tensor, other: Tensor, size: int) -> np.ndarray:
    """(patches of image, patches of other), root mean squares."""
    one, two = (patches_by_hand(x, size).reshape(-1, x.shape[1] * size**2) for x in (image, other))
    return np.array([np.sqrt(((two - patch) ** 2).mean(axis=1)) for patch in one])


# ----------------------------------------------------------------------------------------- patches
@pytest.mark.parametrize("channels", [1, 3])
def test_patches_come_row_by_row_with_all_their_channels(channels):
    image = noise(9, 12, channels)
    wanted = patches_by_hand(image, 4)
    assert patch_grid(image, 4) == wanted.shape[:2] == (6, 9)
    assert torch.equal(
        extract_patches(image, 4).double(),
        torch.tensor(wanted.reshape(-1, channels * 16)),
    )


@given(
    height=st.integers(7, 15),
    width=st.integers(7, 15),
    channels=st.sampled_from([1, 3]),
    size=st.sampled_from([1, 3, 7]),
)
def test_averaging_a_pictures_own_patches_gives_it_back(height, width, channels, size):
    image = noise(height, width, channels)
    again = average_patches(extract_patches(image, size), height, width, size)
    assert again.shape == image.shape and (again - image).abs().max() < 1e-6


def test_where_patches_differ_a_pixel_is_the_mean_of_those_over_it():
    patches = torch.tensor([[0.0] * 4, [3.0] * 4, [6.0] * 4])  # 2 x 2, side by side in 2 x 4
    wanted = torch.tensor([[0.0, 1.5, 4.5, 6.0]] * 2)
    assert torch.equal(average_patches(patches, 2, 4, 2)[0, 0], wanted)


def test_float64_stays_float64():
    image = noise(10, 10).double()
    assert average_patches(extract_patches(image), 10, 10).dtype == torch.float64
    assert nearest_patches(image, image).distances.dtype == torch.float64


def test_a_picture_smaller_than_a_patch_is_refused_with_a_sentence():
    for one, other in ((noise(6, 9), noise(9, 9)), (noise(9, 9), noise(9, 6))):
        with pytest.raises(ValueError, match="contains no patch of 7 x 7; use smaller patches"):
            nearest_patches(one, other)


# ------------------------------------------------------------------------------- nearest neighbours
@pytest.mark.parametrize("size", [3, 7])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_nearest_patch_is_that_of_a_loop_over_all_pairs(size, channels):
    image, other = noise(10, 13, channels), noise(12, 9, channels, seed=1)
    field = nearest_patches(image, other, size=size)
    wanted = distances_by_hand(image, other, size)
    grid = (11 - size, 14 - size)
    assert field.distances.shape == field.sources.shape == grid
    assert field.grid == (13 - size, 10 - size)
    assert np.array_equal(field.sources.numpy(), wanted.argmin(axis=1).reshape(grid))
    np.testing.assert_allclose(field.distances, wanted.min(axis=1).reshape(grid), rtol=1e-5)


def test_a_search_in_chunks_finds_the_same(monkeypatch):
    image, other = noise(12, 14), noise(11, 13, seed=1)
    whole, self_distances = nearest_patches(image, other), self_nn_distance(image)
    monkeypatch.setattr(module, "MAX_DISTANCES", 100)  # two or so at a time
    parts = nearest_patches(image, other)
    assert torch.equal(parts.sources, whole.sources)
    assert torch.allclose(parts.distances, whole.distances)
    assert torch.allclose(self_nn_distance(image), self_distances, atol=1e-5)
    monkeypatch.setattr(module, "MAX_DISTANCES", 1)  # fewer than there are keys
    assert torch.equal(nearest_patches(image, other).sources, whole.sources)


def test_equal_patches_are_at_distance_zero_without_rounding():
    for image in (noise(16, 16), picture(16, 20) * 0.01 - 0.9, torch.full((1, 3, 9, 9), 0.3)):
        assert nearest_patches(image, image.clone()).distances.abs().max() == 0


def test_small_differences_are_not_lost_to_rounding():
    image = picture(16, 20) * 0.5 + 0.4
    near = image + 0.001  # an eighth of a grey level
    field = nearest_patches(near, image)
    wanted = distances_by_hand(near, image, 7).min(axis=1).reshape(field.distances.shape)
    assert np.abs(field.distances.numpy() - wanted).max() < 1e-4


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, 5), (-2, 4)])
def test_the_shifts_of_a_rolled_picture_say_where_its_patches_were(down, right):
    image = noise(20, 24)
    field = nearest_patches(image.roll((down, right), dims=(2, 3)), image)
    inside = field.shifts[:, 3:-5, 5:-5]  # where nothing wrapped around
    assert inside.shape[1:] == (6, 8)
    assert (inside[0] == -down).all() and (inside[1] == -right).all()


def test_shifts_are_right_where_the_pictures_differ_in_width():
    large = noise(18, 30)
    part = large[..., 4:16, 11:25]
    shifts = nearest_patches(part, large).shifts
    assert (shifts[0] == 4).all() and (shifts[1] == 11).all()


def test_weights_of_keys_move_the_choice_and_the_distances():
    queries, keys = torch.zeros(1, 4), torch.tensor([[1.0] * 4, [2.0] * 4])
    distance, index = nearest(queries, keys)
    assert (distance.item(), index.item()) == (pytest.approx(1), 0)
    distance, index = nearest(queries, keys, key_weights=torch.tensor([1.0, 0.04]))
    assert (distance.item(), index.item()) == (pytest.approx(0.4), 1)  # sqrt(0.04 * 4)


def test_square_distances_are_means_over_values_and_never_negative():
    queries, keys = noise(1, 6)[0, :, 0], noise(1, 6, seed=1)[0, :, 0]
    wanted = ((queries[:, None] - keys).double() ** 2).mean(dim=2)
    assert torch.allclose(square_distances(queries, keys).double(), wanted, atol=1e-6)
    same = torch.full((50, 147), 0.7) + noise(1, 147)[0, 0] * 1e-4
    assert square_distances(same, same).min() >= 0


# ----------------------------------------------------------------- distance within the same image
@pytest.mark.parametrize(("height", "width", "size"), [(12, 15, 4), (9, 20, 3), (20, 21, 7)])
def test_self_nn_distance_is_to_the_nearest_patch_without_overlap(height, width, size):
    image = noise(height, width)
    distances = distances_by_hand(image, image, size)
    rows, columns = patch_grid(image, size)
    places = [(r, c) for r in range(rows) for c in range(columns)]
    wanted = [
        min(
            distances[i, j]
            for j, (r, c) in enumerate(places)
            if abs(r - row) >= size or abs(c - column) >= size
        )
        for i, (row, column) in enumerate(places)
    ]
    found = self_nn_distance(image, size=size)
    assert found.shape == (rows, columns)
    np.testing.assert_allclose(found.flatten(), wanted, rtol=1e-4)


def test_a_repeating_texture_is_near_to_itself_and_a_unique_object_is_not():
    tile = noise(8, 8)
    image = tile.repeat(1, 1, 3, 3)
    assert self_nn_distance(image).max() < 2e-3
    image[..., 9:15, 9:15] = 1.0
    found = self_nn_distance(image)
    assert found[8, 8] > 0.3 and found[0, 0] < 2e-3


def test_where_all_patches_overlap_the_distance_is_infinite():
    assert self_nn_distance(noise(13, 13)).isinf().all()
    assert self_nn_distance(noise(21, 21)).isfinite().all()


def test_of_equally_near_patches_the_common_shift_is_preferred():
    photo = picture(24, 40, seed=3)
    photo[..., 20:] = -1.0  # plain: the search may take any patch there
    sample = photo.roll((0, 4), dims=(2, 3))
    field = nearest_patches(sample, photo)
    better = prefer_common_shifts(field, sample, photo)
    inner = better.shifts[:, :, 4 : 40 - 6]  # what did not wrap around
    assert (inner[0] == 0).all() and (inner[1] == -4).all()
    assert (field.shifts[1, :, 4:34] != -4).any()  # not so before
    assert (better.distances - field.distances).abs().max() <= module.TIE_TOLERANCE
    assert better.shift_labels.unique().numel() < field.shift_labels.unique().numel()
