"""Random generation: every switch of a sample in combination, scales mixed, pictures continued."""

from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_config, untrained_model
from torch import Tensor

import singan_edu as sg
from singan_edu.applications.random_generation import (
    mirror_to_size,
    mix_scales,
    mixed_grid,
    sample_mirrored,
    start_level_grid,
)
from singan_edu.evaluation.metrics import band_of


@pytest.fixture(scope="module")
def model() -> sg.SinGAN:
    """A pretrained model: six levels up to 96 x 128."""
    return sg.load_pretrained("balloon_festival")


@pytest.fixture(scope="module")
def tiny() -> sg.SinGAN:
    """Three levels for 24 x 32 with large random weights: every difference shows."""
    return untrained_model(tiny_config(), picture())


def correlation(one: Tensor, other: Tensor) -> float:
    return torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].item()


def layout(image: Tensor) -> Tensor:
    """What is left at an eighth of the size."""
    return sg.resize(image, (12, 16))


# --------------------------------------------------------------- the switches of sample, combined
@torch.no_grad()
def sample_by_hand(model, n, start_level, start, size, scales, seed) -> Tensor:
    """A sample of another size and aspect, written out level by level."""
    sizes = model.level_sizes(size)
    kept = model.image if start == "real" else model.reconstruct(start_level - 1)
    made = sg.resize(kept, sizes[start_level - 1])
    noises = model.draw_noise(n, level=start_level, size=size, seed=seed)
    for level, noise in enumerate(noises, start=start_level):
        std = scales[level] * model.noise_stds[level]
        made = model.generators[level](std * noise, sg.resize(made, sizes[level])).clamp(-1, 1)
    return made


@pytest.mark.parametrize("size", [(70, 130), (110, 60), 0.75])
@pytest.mark.parametrize("start_level, start", [(1, "real"), (2, "reconstruction"), (5, "real")])
def test_all_switches_of_a_sample_work_together(model, start_level, start, size):
    scales = [9.0, 0.5, 2.0, 0.0, 1.0, 3.0]
    switches = dict(start_level=start_level, start=start, size=size, seed=4)
    made = model.sample(3, noise_scale=scales, **switches)
    wanted = size if isinstance(size, tuple) else (72, 96)
    assert made.shape == (3, 3, *wanted) and made.abs().max() <= 1
    by_hand = sample_by_hand(model, 3, start_level, start, size, scales, 4)
    assert torch.allclose(made, by_hand, atol=1e-5)
    assert torch.allclose(made[:1], model.sample(1, noise_scale=scales, **switches), atol=1e-5)
    assert not torch.allclose(made[0], made[1], atol=0.05)


def test_noise_scale_per_level_is_that_of_the_level_where_the_sample_starts_later(model):
    switches = dict(start_level=3, start="real", size=(60, 150), seed=1)
    calm_below = model.sample(noise_scale=[0, 0, 0, 1, 1, 1], **switches)
    assert torch.equal(calm_below, model.sample(**switches))
    calm = model.sample(noise_scale=[1, 1, 1, 0, 0, 0], **switches)
    assert torch.equal(calm, model.sample(noise_scale=0, **switches))


@pytest.mark.parametrize("size", [(24, 32), (94, 125), (188, 250)])
@pytest.mark.parametrize("factor", [3, 8, 15.5])
def test_a_picture_fits_at_any_size_if_it_fits_at_the_trained_one(factor, size):
    config = tiny_config(min_size=14, max_size=48)  # sizes that rounding makes unlike each other
    model = untrained_model(config, picture(36, 48))
    for level in range(1, model.trained_levels):
        model._starting_image(level, picture(*size), model.level_sizes(factor))
        with pytest.raises(ValueError, match="another aspect"):
            model._starting_image(level, picture(24, 40), model.level_sizes(factor))


def test_at_another_aspect_what_is_kept_is_stretched(model):
    kept = model.sample(size=(96, 256), start_level=4, noise_scale=0)
    stretched = sg.resize(model.reconstruct(), (96, 256))
    assert correlation(layout(kept), layout(stretched)) > 0.98


# --------------------------------------------------------------------------- two seeds, one picture
@pytest.mark.parametrize("level", [0, 1, 4, 6])
@pytest.mark.parametrize(
    "options", [dict(), dict(n=2, size=(50, 90), noise_scale=[1, 2, 1, 0, 1, 1])]
)
def test_a_seed_mixed_with_itself_is_its_plain_sample_to_the_bit(model, level, options):
    assert torch.equal(
        mix_scales(model, 5, 5, level, **options), model.sample(seed=5, **{"n": 1} | options)
    )


def test_mixed_at_either_end_it_is_one_of_the_two_samples(model):
    assert torch.equal(mix_scales(model, 1, 2, 0), model.sample(seed=2))
    assert torch.equal(mix_scales(model, 1, 2, 6), model.sample(seed=1))


def test_the_layout_follows_the_coarse_seed_and_not_the_fine_one(model):
    coarse, fine = (model.sample(4, seed=seed) for seed in (1, 2))
    mixed = mix_scales(model, 1, 2, 2, n=4)
    average = model.sample(8, seed=3).mean(dim=0)  # what all samples share decides nothing
    of_coarse, of_fine = (
        correlation(layout(mixed - average), layout(other - average)) for other in (coarse, fine)
    )
    assert of_coarse > 0.8 and of_fine < 0.3


def test_the_finest_octave_follows_the_fine_seed(model):
    def detail(coarse: int, fine: int, against: int) -> Tensor:
        """What one fine seed draws and another does not, above the layout of one coarse seed."""
        one, other = (
            mix_scales(model, coarse, seed, 4, n=4, noise_scale=[1, 1, 1, 1, 4, 4])
            for seed in (fine, against)
        )
        return band_of(one - other)

    same = correlation(detail(1, 2, 5), detail(4, 2, 6))
    assert same > 0.1 and abs(correlation(detail(1, 2, 5), detail(1, 3, 6))) < 0.2 * same


def test_below_the_level_the_noise_is_the_coarse_seeds_and_from_it_on_the_fine_seeds(tiny):
    one, other = tiny.draw_noise(seed=1), tiny.draw_noise(seed=2)
    by_hand = tiny.run_from(0, noise=[one[0], other[1], other[2]])
    assert torch.equal(mix_scales(tiny, 1, 2, 1), by_hand)
    assert not torch.allclose(mix_scales(tiny, 2, 1, 1), by_hand, atol=1e-3)


def test_a_mixed_picture_does_not_depend_on_its_batch(model):
    four = mix_scales(model, 1, 2, 3, n=4)
    assert torch.allclose(four[:1], mix_scales(model, 1, 2, 3), atol=1e-5)


@pytest.mark.parametrize("level", [-1, 4])
def test_a_level_beyond_the_pyramid_is_refused(tiny, level):
    with pytest.raises(ValueError, match=f"level={level} must be from 0 .* to 3"):
        mix_scales(tiny, 1, 2, level)


# ------------------------------------------------------------------------------------------- sheets
def test_a_grid_has_a_row_per_coarse_seed_and_a_column_per_fine_one(tiny):
    grid = mixed_grid(tiny, [1, 2], [3, 4, 5], 1)
    assert grid.shape == (6, 3, 24, 32)
    assert torch.equal(grid[1], mix_scales(tiny, 1, 4, 1)[0])
    assert torch.equal(grid[3], mix_scales(tiny, 2, 3, 1)[0])


def test_start_levels_are_in_rows_coarse_to_fine_and_share_their_noise(model):
    grid = start_level_grid(model, 2, seed=7)
    assert grid.shape == (12, 3, 96, 128)
    assert torch.equal(grid[:2], model.sample(2, seed=7))
    assert torch.equal(grid[10:], model.sample(2, seed=7, start_level=5))
    apart = [sg.rmse(row, model.reconstruct()) for row in grid.split(2)]
    assert apart[0] > 2 * apart[2] > 2 * apart[5]


# ------------------------------------------------------------------------------- continued pictures
@pytest.mark.parametrize("size", [(24, 32), (24, 80), (50, 32), (90, 200), (11, 13), (25, 33)])
def test_a_mirrored_picture_keeps_the_picture_in_its_middle(size):
    image = picture()
    made = mirror_to_size(image, size)
    assert made.shape == (1, 3, *size)
    top, left = ((wanted - had) // 2 for wanted, had in zip(size, (24, 32)))
    if min(top, left) >= 0:
        assert torch.equal(made[..., top : top + 24, left : left + 32], image)
    steps = max((made.diff(dim=d).abs().max() - image.diff(dim=d).abs().max()) for d in (-1, -2))
    assert steps <= 0  # no seam


def test_mirrored_samples_keep_the_size_of_things(model):
    wide = sample_mirrored(model, (96, 256), 3, noise_scale=0)
    assert wide.shape == (1, 3, 96, 256)
    stretched = model.sample(size=(96, 256), start_level=3, noise_scale=0)
    inner = layout(model.reconstruct()[..., 16:112])  # off the old borders
    kept, other = (layout(made[..., 80:176]) for made in (wide, stretched))
    assert correlation(kept, inner) > 0.95 > 0.9 > correlation(other, inner)


def test_mirrored_samples_take_the_switches_of_a_sample(model):
    made = sample_mirrored(model, 0.75, 2, n=2, seed=3)
    assert made.shape == (2, 3, 72, 96)
    assert torch.allclose(made[:1], sample_mirrored(model, (72, 96), 2, seed=3), atol=1e-5)
    assert sg.rmse(made[:1], made[1:]) > 2
    at_home = sample_mirrored(model, (96, 128), 2, seed=3, noise_scale=[0, 0, 2, 1, 1, 1])
    assert torch.equal(at_home, model.sample(start_level=2, seed=3, noise_scale=[0, 0, 2, 1, 1, 1]))


@pytest.mark.parametrize(
    "level, words", [(0, "start_level=0 has no coarser level"), (6, "no level 6")]
)
def test_a_start_level_that_cannot_be_is_refused(model, level, words):
    with pytest.raises(ValueError, match=words):
        sample_mirrored(model, 2, level)
