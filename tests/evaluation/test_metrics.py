"""The metrics of samples, against NumPy and on images whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from helpers import picture
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import singan_edu as sg
from singan_edu.evaluation import controls, metrics
from singan_edu.evaluation.metrics import (
    band_of,
    coherence,
    coherence_values,
    completeness,
    copied_share,
    copy_map,
    coverage,
    coverage_maps,
    downscale_consistency,
    largest_copy,
    nnf_diversity,
    patch_swd,
    patch_swd_values,
    pixel_diversity,
    psnr,
    rmse,
    ssim,
    swd_noise_floor,
)
from singan_edu.evaluation.patches import NearestPatches


def noise(height: int = 32, width: int = 40, n: int = 1, channels: int = 3, seed: int = 0):
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(n, channels, height, width, generator=rng) * 2 - 1


def textured(height: int = 48, width: int = 64, seed: int = 0) -> Tensor:
    """Large shapes and fine grain, in [-0.8, 0.8]."""
    return 0.6 * picture(height, width, seed=seed) + 0.2 * noise(height, width, seed=seed + 50)


@pytest.fixture(scope="module")
def photograph() -> Tensor:
    return sg.resize(sg.sample_image("balloon_festival"), (48, 64))


# --------------------------------------------------------------------------------------- patch-SWD
def swd_by_hand(real: Tensor, fake: Tensor, projections: int, seed: int) -> float:
    """At full size: patches cut out, multiplied with directions, sorted, read at quantiles."""
    rng = torch.Generator().manual_seed(seed)
    drawn = torch.randn(projections, real.shape[1], 7, 7, generator=rng).double()
    directions = drawn.flatten(1).numpy()
    directions /= np.sqrt((directions**2).sum(axis=1, keepdims=True))
    columns = []
    for image in (real, fake):
        windows = np.lib.stride_tricks.sliding_window_view(
            image[0].double().numpy(), (7, 7), (1, 2)
        )
        patches = windows.transpose(1, 2, 0, 3, 4).reshape(-1, directions.shape[1])
        columns.append(np.sort(patches @ directions.T, axis=0))
    count = min(len(x) for x in columns)
    quantiles = (np.arange(count) + 0.5) / count
    one, other = (
        np.array([np.interp(quantiles * len(x) - 0.5, np.arange(len(x)), y) for y in x.T])
        for x in columns
    )
    return np.abs(one - other).mean()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(18, 22), (15, 26), (30, 31)])
def test_swd_is_the_mean_difference_of_sorted_projections_at_equal_quantiles(channels, size):
    real, fake = noise(18, 22, channels=channels), 0.5 * noise(*size, channels=channels, seed=1)
    found = patch_swd(real, fake, levels=1, projections=20, seed=5)
    assert found == pytest.approx(swd_by_hand(real, fake, 20, 5), rel=1e-4)


def test_swd_of_a_picture_with_a_constant_added_is_known_exactly():
    real = 0.3 * picture(40, 48)
    rng = torch.Generator().manual_seed(3)
    directions = torch.randn(64, 3, 7, 7, generator=rng).flatten(1)
    sums = (directions / directions.norm(dim=1, keepdim=True)).sum(dim=1).abs().mean().item()
    found = patch_swd(real, real + 0.2, projections=64, seed=3, per_level=True)
    assert found == pytest.approx([0.2 * sums] * 2, rel=1e-4)
    assert patch_swd(real, real + 0.2, projections=64, seed=3, band=True) < 1e-4  # no detail


@pytest.mark.parametrize("band", [False, True])
def test_swd_is_zero_for_a_copy_and_symmetric_up_to_the_unit(band):
    real, fake = textured(), textured(seed=1)
    assert patch_swd(real, real.clone(), band=band) == 0
    there, back = (patch_swd(*x, band=band, per_level=True) for x in ((real, fake), (fake, real)))
    bands = [
        band_of(x).std()
        for k in (1, 2)
        for x in (sg.resize(y, (48 // k, 64 // k)) for y in (real, fake))
    ]
    units = [(bands[2 * k] / bands[2 * k + 1]).item() if band else 1.0 for k in range(2)]
    assert len(there) == 2 and min(there) > 0
    assert there == pytest.approx([x / unit for x, unit in zip(back, units)], rel=1e-4)


def test_swd_does_not_see_the_order_of_patches():
    image = torch.cat([noise(24, 10)] * 3, dim=3)[..., :26]  # 20 columns of patches, two periods
    moved = image.roll(-4, 3)  # after 30 columns of the pattern it would go on; here it is cut
    again = torch.cat([image[..., :10]] * 3, dim=3)[..., 4:30]  # the same patches, begun later
    assert patch_swd(image, again, levels=1) < 1e-6 < patch_swd(image, moved, levels=1)
    real = noise(30, 31)
    assert patch_swd(real, real.roll(15, 2)) < 0.2 * patch_swd(real, 0.5 * real)


def test_swd_depends_on_its_seed_alone_and_not_on_the_batch():
    real, fakes = textured(), torch.cat([textured(seed=1), textured(seed=2)])
    before = torch.random.get_rng_state()
    assert patch_swd(real, fakes) == patch_swd(real, fakes) != patch_swd(real, fakes, seed=1)
    assert torch.equal(before, torch.random.get_rng_state())
    values = patch_swd_values(real, fakes)
    assert values.shape == (2, 2) and values.dtype == torch.float64
    assert torch.equal(values[1:], patch_swd_values(real, fakes[1:]))
    assert patch_swd(real, fakes) == pytest.approx(values.mean().item())
    assert patch_swd(real, fakes, per_level=True) == values.mean(dim=0).tolist()


def test_levels_are_three_for_a_large_picture_and_fewer_for_a_small_one():
    sides = {15: 1, 27: 1, 28: 2, 55: 2, 56: 3, 250: 3}
    for side, levels in sides.items():
        image = picture(side, max(side, 40))
        assert len(patch_swd(image, image, per_level=True, projections=2)) == levels
        assert len(swd_noise_floor(image, per_level=True, projections=2)) == levels


def test_samples_of_another_size_are_accepted_and_a_wider_texture_is_near():
    wide = noise(40, 80)
    assert patch_swd(noise(40, 44, seed=1), wide) < 0.2 * patch_swd(0.3 * noise(40, 44), wide)


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (4, r"too small for patches of 7 pixels at 4 level\(s\); use levels=2"),
        (0, "levels=0 must be at least 1"),
    ],
)
def test_levels_that_cannot_be_are_refused_with_a_sentence(levels, words):
    real = textured()
    with pytest.raises(ValueError, match=words):
        patch_swd(real, real, levels=levels)
    with pytest.raises(ValueError, match=words):
        swd_noise_floor(real, levels=levels)


def test_a_picture_of_a_patch_alone_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="use smaller patches or a larger image"):
        patch_swd(noise(7, 9), noise(7, 9))


def test_float64_pictures_are_scored_the_same_also_beside_float32():
    real, fake = textured(), textured(seed=1)
    for function in (patch_swd, coherence, completeness, coverage, copied_share, nnf_diversity):
        wanted = pytest.approx(function(real, fake), rel=1e-3, abs=1e-6)
        assert function(real.double(), fake.double()) == wanted
        assert function(real, fake.double()) == wanted
    assert swd_noise_floor(real.double()) == pytest.approx(swd_noise_floor(real), rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_bands_see_a_blur_that_raw_patches_barely_see(seed):
    image = textured(seed=seed)
    raw, band = (
        patch_swd(image, controls.gaussian_blur(image), band=b) / swd_noise_floor(image, band=b)
        for b in (False, True)
    )
    assert band > 5 * raw > 0


def test_a_band_is_what_the_half_size_lacks_and_its_unit_the_photographs():
    smooth = torch.linspace(-0.5, 0.5, 40).expand(1, 3, 40, 40)
    assert band_of(smooth)[..., 4:-4].abs().max() < 1e-3
    grain = 0.2 * noise(41, 40)
    assert band_of(grain).shape == grain.shape
    assert (
        band_of(grain) - (grain - sg.resize(sg.resize(grain, (21, 20)), (41, 40)))
    ).abs().max() == 0
    one, other = smooth + 0.2 * noise(40, 40), smooth + 0.1 * noise(40, 40, seed=1)
    quiet = [x * 0.25 for x in (one, other)]  # a darker photograph of the same
    assert patch_swd(*quiet, band=True) == pytest.approx(patch_swd(one, other, band=True), rel=1e-3)
    # grain of half the strength: the distance is about half of E|projection| of unit variance
    found = patch_swd(0.8 * noise(64, 64), 0.4 * noise(64, 64, seed=1), band=True, per_level=True)
    assert found[0] == pytest.approx(0.5 * math.sqrt(2 / math.pi), rel=0.15)


@pytest.mark.parametrize("band", [False, True])
def test_the_noise_floor_is_above_zero_and_below_shuffled_pixels(photograph, band):
    floor = swd_noise_floor(photograph, band=band, per_level=True)
    noises = controls.colour_matched_noise(photograph, 2)
    ceiling = patch_swd(photograph, noises, band=band, per_level=True)
    assert min(floor) > 0 and 4 * floor[0] < ceiling[0]
    assert swd_noise_floor(photograph, band=band) == pytest.approx(sum(floor) / len(floor))
    assert floor == swd_noise_floor(photograph, band=band, per_level=True)
    assert floor != swd_noise_floor(photograph, band=band, per_level=True, seed=1)


def test_the_noise_floor_of_a_mixture_is_what_halves_of_independent_draws_differ_by():
    image = noise(60, 60, channels=1)
    # patches of one pixel do not overlap, and a projection is +- the pixel: uniform on [-1, 1]
    found = swd_noise_floor(image, size=1, levels=1, projections=1, splits=60)
    rng = np.random.default_rng(0)
    halves = np.sort(rng.uniform(-1, 1, (400, 2, 1800)), axis=2)
    assert found == pytest.approx(np.abs(halves[:, 0] - halves[:, 1]).mean(), rel=0.15)


def test_a_photograph_without_detail_has_no_unit_for_bands():
    plain = torch.full((1, 3, 32, 32), 0.1)
    for call in (
        lambda: patch_swd(plain, noise(), band=True),
        lambda: swd_noise_floor(plain, band=True),
    ):
        with pytest.raises(ValueError, match="no detail at one of the levels.* Use band=False"):
            call()
    assert patch_swd(plain, plain) == 0


# --------------------------------------------------------------------------------- both directions
def day_and_night() -> Tensor:
    """A dark half and a bright one, (1, 3, 30, 60), whose patches are never alike."""
    return 0.3 * noise(30, 60) + 0.6 * (torch.arange(60) // 30 * 2 - 1)


def test_half_the_photograph_missing_is_seen_by_completeness_and_coverage_alone():
    real = day_and_night()
    fake = real[..., :30]
    assert coherence(real, fake) == 0
    assert completeness(real, fake) > 0.4
    shown = coverage_maps(real, fake)  # 54 columns of patches; six lie across the middle
    assert shown[..., :24].all() and not shown[..., 30:].any()
    assert 24 / 54 <= coverage(real, fake) <= 30 / 54


def test_noise_beside_the_photograph_is_seen_by_coherence_alone():
    real = picture(24, 30)
    fake = torch.cat([real, noise(24, 30, seed=4)], dim=3)
    assert coherence(real, fake) > 0.1
    assert completeness(real, fake) == 0 and coverage(real, fake) == 1


def test_several_samples_are_averaged_but_cover_together():
    real = day_and_night()
    night, day = real[..., :30].repeat(1, 1, 1, 2), real[..., 30:].repeat(1, 1, 1, 2)
    both = torch.cat([night, day])
    for metric in (coherence, completeness, copied_share, largest_copy, nnf_diversity):
        alone = [metric(real, night), metric(real, day)]
        assert metric(real, both) == pytest.approx(sum(alone) / 2)
    assert coherence_values(real, both).tolist() == [coherence(real, night), coherence(real, day)]
    assert coverage_maps(real, both).shape == (2, 24, 54)
    assert max(coverage(real, night), coverage(real, day)) <= 30 / 54
    assert coverage(real, both) >= 48 / 54


def test_a_patch_counts_as_shown_within_the_tolerance_and_as_near_as_the_next_of_its_kind():
    real = 0.8 * noise(24, 30)
    assert coverage(real, real + 0.2) > 0.9  # no other patch of its own is as near
    tiles = 0.8 * noise(9, 9).repeat(1, 1, 3, 3)  # every patch has its equal elsewhere
    assert coverage(tiles, tiles + 0.09) == 1 and coverage(tiles, tiles + 0.11) == 0
    tiny = noise(12, 12)  # all patches overlap, so the tolerance alone counts
    assert coverage(tiny, tiny) == 1 and coverage(tiny, -tiny) == 0


# ----------------------------------------------------------------------------------------- novelty
def test_a_copy_is_copied_whole_and_noise_is_not(photograph):
    assert copied_share(photograph, photograph) == largest_copy(photograph, photograph) == 1
    found = copy_map(photograph, controls.colour_matched_noise(photograph))
    assert found.copied == found.largest == 0
    assert found.regions.shape == photograph.shape[-2:]
    grain = textured()
    assert copied_share(grain, grain + 0.09) == 1  # within the tolerance
    assert copied_share(grain, grain + 0.11) == 0


def test_a_block_pasted_elsewhere_is_found_with_its_shift_and_its_area():
    real, fake = noise(40, 48), noise(40, 48, seed=1)
    fake[..., 20:36, 5:25] = real[..., 3:19, 22:42]
    found = copy_map(real, fake)
    inside = found.regions > 0
    assert inside[20:36, 5:25].all() and inside.sum() == 16 * 20
    assert found.copied == found.largest == pytest.approx(16 * 20 / (40 * 48))
    shifts = found.field.shifts[:, 20:30, 5:19]
    assert (shifts[0] == 3 - 20).all() and (shifts[1] == 22 - 5).all()


def test_two_blocks_are_two_regions_and_a_small_one_is_an_accident(monkeypatch):
    monkeypatch.setattr(metrics, "MIN_COPY_PATCHES", 64)
    real, fake = noise(40, 60), noise(40, 60, seed=1)
    fake[..., 2:16, 2:16] = real[..., 20:34, 30:44]  # 8 x 8 patches, as few as count
    fake[..., 2:18, 30:50] = real[..., 22:38, 40:60]
    fake[..., 24:37, 2:16] = real[..., 5:18, 3:17]  # 7 x 8 do not
    found = copy_map(real, fake)
    assert len(found.regions.unique()) == 3 and not (found.regions[20:] > 0).any()
    assert found.copied == pytest.approx((14 * 14 + 16 * 20) / 2400)
    assert found.largest == largest_copy(real, fake) == pytest.approx(16 * 20 / 2400)


def test_patches_side_by_side_with_different_shifts_are_no_piece(monkeypatch):
    monkeypatch.setattr(metrics, "MIN_COPY_PATCHES", 64)
    real = noise(40, 60)
    fake = torch.cat([real[..., 10:23], real[..., 31:44], real[..., 2:15]], dim=3)[..., :20, :]
    assert copied_share(real, fake) == 1  # 14 x 7 patches each
    strips = torch.cat([real[..., k : k + 10] for k in (40, 20, 0, 30)], dim=3)[..., :15, :]
    assert copied_share(real, strips) == 0  # 9 x 4 patches each; together they would be many


def test_a_piece_has_one_shift_and_hangs_together_by_its_sides(monkeypatch):
    rows, columns = torch.meshgrid(torch.arange(20), torch.arange(20), indexing="ij")
    first = (rows < 7) & (columns < 8)  # 56 patches, too few alone

    def copied(second: Tensor, down: int, right: int) -> float:
        sources = rows * 20 + columns + torch.where(second, 20 * down + right, 1)
        field = NearestPatches((~(first | second)).float(), sources, (20, 20))
        monkeypatch.setattr(metrics, "MIN_COPY_PATCHES", 64)
        monkeypatch.setattr(metrics, "nearest_patches", lambda *args, **options: field)
        monkeypatch.setattr(metrics, "prefer_common_shifts", lambda *args, **options: field)
        return copy_map(noise(26, 26), noise(26, 26)).copied

    beside = (rows < 7) & (columns >= 8) & (columns < 16)
    across = (rows >= 7) & (rows < 14) & (columns >= 8) & (columns < 16)
    assert copied(beside, 0, 1) == pytest.approx(13 * 22 / 26**2)
    assert copied(beside, 1, 0) == 0  # another shift
    assert copied(across, 0, 1) == 0  # the corners touch


def test_copy_map_takes_one_sample():
    with pytest.raises(ValueError, match="one sample; got 2"):
        copy_map(noise(), noise(n=2))


def test_field_diversity_is_low_for_a_copy_and_a_shift_and_high_for_noise():
    real = textured(32, 40)
    assert nnf_diversity(real, real) < 0.05
    assert nnf_diversity(real, real.roll((5, 9), (2, 3))) < 0.3
    assert 0.7 < nnf_diversity(real, noise()) < 1.1


def test_large_shifts_do_not_wrap_around():
    base = noise(16, 320)
    halves = [base[..., :30], base[..., 286:]]
    fake = torch.cat([halves[1], halves[0]], dim=3)  # shifts of +286 and -34
    shifts = copy_map(base, fake).field.shifts
    assert (shifts[1, :, :28] == 286).all() and (shifts[1, :, 34:] == -34).all()
    assert shifts[1].max() > 255
    # 256 apart are the same in 8 bits: patches that take turns would look like one piece
    left, right = base[..., :40], base[..., 256:296]
    turns = torch.where((torch.arange(40) // 10 % 2).bool(), left, right)
    assert nnf_diversity(base, turns) > 1.5 * nnf_diversity(base, left)


# --------------------------------------------------------------------------------------- diversity
def test_pixel_diversity_of_a_picture_worked_out_by_hand():
    real = torch.tensor([[[[0.0, 1.0]], [[0.0, -0.5]], [[0.0, 0.1]]]])  # intensities 0, 0.2
    first, second = torch.zeros(1, 3, 1, 2), torch.zeros(1, 3, 1, 2)
    second[0, 0, 0, 0] = 0.6  # intensity 0.2 above the first there
    wanted = (0.2 / math.sqrt(2) + 0) / 2 / 0.1
    assert pixel_diversity(torch.cat([first, second]), real) == pytest.approx(wanted)
    assert pixel_diversity(torch.cat([first] * 3), real) == 0


@given(n=st.integers(2, 5), channels=st.sampled_from([1, 3]), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_pixel_diversity_equals_numpys(n, channels, seed):
    real, samples = noise(8, 9, 1, channels, seed), noise(8, 9, n, channels, seed + 1)
    spread = samples.double().numpy().mean(axis=1).std(axis=0, ddof=1)
    wanted = spread.mean() / real.double().numpy().mean(axis=1).std()
    assert pixel_diversity(samples, real) == pytest.approx(wanted)


def test_few_samples_score_low_by_the_share_that_is_documented():
    real = noise(60, 60)
    samples = 0.2 * torch.randn(64, 3, 60, 60, generator=torch.Generator().manual_seed(0))
    many = pixel_diversity(samples, real)
    assert pixel_diversity(samples[:2], real) / many == pytest.approx(0.80, abs=0.02)
    assert pixel_diversity(samples[:8], real) / many == pytest.approx(0.97, abs=0.02)


def test_diversity_needs_two_samples_of_one_size_and_a_photograph_with_contrast():
    with pytest.raises(ValueError, match="at least two samples"):
        pixel_diversity(noise(), noise())
    with pytest.raises(ValueError, match="32 x 40 and 32 x 41 pixels; resize"):
        pixel_diversity(noise(32, 41, n=2), noise())
    for value in (0.0, 0.1, -1.0, 1 / 3):
        with pytest.raises(ValueError, match="one uniform colour"):
            pixel_diversity(noise(31, 43, n=2), torch.full((1, 3, 31, 43), value))


# --------------------------------------------------------------------------------- known originals
def test_rmse_and_psnr_are_in_grey_levels():
    black, white = -torch.ones(1, 3, 8, 8), torch.ones(1, 3, 8, 8)
    assert rmse(white, black) == 255 and psnr(white, black) == 0
    step = black + 2 / 255
    assert rmse(step, black) == pytest.approx(1)
    assert psnr(step, black) == pytest.approx(48.1308, abs=1e-3)
    half = black.clone()
    half[..., :4] += 20 / 255
    assert rmse(half, black) == pytest.approx(10 / math.sqrt(2))
    assert rmse(black, black) == 0 and psnr(black, black) == math.inf


def test_ssim_of_plain_pictures_is_the_formula_for_their_means():
    a, b = 0.5, -0.25
    wanted = (2 * a * b + 0.02**2) / (a * a + b * b + 0.02**2)  # (0.01 * range)^2
    plain = [torch.full((1, 3, 16, 18), x) for x in (a, b)]
    assert ssim(*plain) == pytest.approx(wanted)


def ssim_by_hand(one: Tensor, other: Tensor) -> float:
    """At the pixels that a window of 11 fits around, Wang et al. 2004."""
    weights = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(weights, weights) / weights.sum() ** 2

    def mean(x: np.ndarray) -> np.ndarray:
        views = np.lib.stride_tricks.sliding_window_view(x, (11, 11))
        return (views * window).sum(axis=(2, 3))

    values = []
    for x, y in zip(one[0].double().numpy(), other[0].double().numpy()):
        mx, my = mean(x), mean(y)
        vx, vy, cov = mean(x**2) - mx**2, mean(y**2) - my**2, mean(x * y) - mx * my
        c1, c2 = 0.02**2, 0.06**2
        top = (2 * mx * my + c1) * (2 * cov + c2)
        values.append((top / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean())
    return float(np.mean(values))


def test_ssim_is_one_for_equals_falls_with_noise_and_equals_the_paper_s_formula():
    image = textured(20, 24)
    assert ssim(image, image) == pytest.approx(1)
    small, large = (ssim(image + k * noise(20, 24, seed=9), image) for k in (0.05, 0.3))
    assert 1 > small > large
    other = textured(20, 24, seed=1)
    assert ssim(other, image) == pytest.approx(ssim_by_hand(other, image), abs=1e-6)
    assert ssim(other[:, :1], image[:, :1]) == pytest.approx(
        ssim_by_hand(other[:, :1], image[:, :1])
    )


def test_ssim_refuses_small_and_several_pictures():
    with pytest.raises(ValueError, match="11 x 11 pixels; the images have 10 x 20"):
        ssim(noise(10, 20), noise(10, 20))
    with pytest.raises(ValueError, match="two images; got 2"):
        ssim(noise(n=2), noise())


def test_an_enlargement_is_consistent_with_its_original_and_another_picture_is_not():
    low = 0.8 * picture(20, 24)
    assert downscale_consistency(sg.resize(low, (60, 72)), low) < 3
    assert downscale_consistency(sg.resize(low, (60, 72)) + 0.1, low) == pytest.approx(12.75, abs=1)
    assert downscale_consistency(low, low) == 0
    checks = 0.5 * (torch.arange(72) % 2 * 2 - 1).expand(1, 3, 60, 72)
    assert downscale_consistency(checks, torch.zeros_like(low)) < 5  # detail is not its matter


# --------------------------------------------------------------------------------------- bad input
OF_TWO = (
    patch_swd,
    patch_swd_values,
    coherence,
    completeness,
    coverage,
    copied_share,
    largest_copy,
    nnf_diversity,
)
METRICS = {f.__name__: f for f in OF_TWO} | {
    "pixel_diversity": lambda real, fake: pixel_diversity(fake, real),
    "rmse": lambda real, fake: rmse(fake, real),
    "psnr": lambda real, fake: psnr(fake, real),
    "ssim": lambda real, fake: ssim(fake, real),
    "downscale_consistency": lambda real, fake: downscale_consistency(fake, real),
}
BAD = {
    "nan": (lambda x: x.masked_fill(x == x.max(), math.nan), "not finite"),
    "inf": (lambda x: x.masked_fill(x == x.max(), -math.inf), "not finite"),
    "three dimensions": (lambda x: x[0], r"has the shape \(3, 16, 16\)"),
    "no pictures": (lambda x: x[:0], "has the shape"),
    "too bright": (lambda x: x + 0.1 + (1 - x.max()), "runs from .* to 1.1; a picture lies in"),
    "8-bit range": (lambda x: (x + 1) * 127.5, r"runs from .*; a picture lies in \[-1, 1\]"),
    "integers": (lambda x: (x * 127).byte(), "values of torch.uint8"),
}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("fault", BAD)
def test_bad_pictures_are_refused_with_a_sentence_on_either_side(metric, fault):
    spoil, words = BAD[fault]
    good = noise(16, 16)
    with pytest.raises(ValueError, match=words):
        METRICS[metric](spoil(good), good)
    with pytest.raises(ValueError, match=words):
        METRICS[metric](good, spoil(good))


@pytest.mark.parametrize("metric", METRICS)
def test_several_photographs_and_other_channels_are_refused_with_a_sentence(metric):
    with pytest.raises(ValueError, match="must be one image .* got 2"):
        METRICS[metric](noise(16, 16, n=2), noise(16, 16))
    with pytest.raises(ValueError, match="has 3 channels, .* has 1; convert"):
        METRICS[metric](noise(16, 16), noise(16, 16, channels=1))
    with pytest.raises(ValueError, match="not finite"):
        swd_noise_floor(noise() * math.inf)


def test_rounding_beyond_the_range_is_accepted():
    image = noise(16, 16)
    image[..., 0, 0] = 1.0005
    assert rmse(image, image) == 0 and patch_swd(image, image) == 0


def test_what_is_no_tensor_is_refused_with_a_sentence():
    with pytest.raises(TypeError, match="fake is a ndarray; read it with load_image"):
        patch_swd(noise(16, 16), noise(16, 16).numpy())
