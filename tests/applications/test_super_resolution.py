"""Super-resolution: exact sizes, the steps of the finest generator, the training, the report."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest
import torch
from helpers import picture, tiny_config, untrained_model
from hypothesis import given
from hypothesis import strategies as st

import singan_edu as sg
from singan_edu import model as model_module
from singan_edu.applications import super_resolution as module
from singan_edu.applications.super_resolution import (
    back_project,
    count_steps,
    enlarged_sizes,
    enlarging_pyramid,
    super_resolution_config,
    super_resolution_report,
    super_resolve,
    trained_step,
)
from singan_edu.evaluation.metrics import band_of, downscale_consistency
from singan_edu.images import round_half_up
from singan_edu.training.plan import plan_for


@pytest.fixture(scope="module")
def image():
    """A picture (1, 3, 24, 32) in [-1, 1]."""
    return picture()


@pytest.fixture(scope="module")
def model(image) -> sg.SinGAN:
    """Three levels, each 1.36 times the one before, with large random weights."""
    return untrained_model(tiny_config(), image)


@pytest.fixture
def enlarge(model, image):
    """``super_resolve`` of ``image`` by ``model``, whose steps are not what they should be."""

    def call(factor: float, **options: Any) -> torch.Tensor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sg.ImageNotice)
            return super_resolve(image, factor, model=model, **options)

    return call


# ------------------------------------------------------------------------------------------- sizes
@pytest.mark.parametrize(
    "factor, size",
    [
        (1.01, (24, 32)),
        (1.1, (26, 35)),
        (1.5, (36, 48)),
        (2, (48, 64)),
        (2.5, (60, 80)),
        (math.pi, (75, 101)),
        (4, (96, 128)),
        (7.3, (175, 234)),
        (8, (192, 256)),
        (16, (384, 512)),
    ],
)
def test_the_result_has_exactly_the_size_that_was_asked_for(enlarge, factor, size):
    made = enlarge(factor, seed=0)
    assert made.shape == (1, 3, *size) and made.abs().max() <= 1


@given(
    st.tuples(st.integers(11, 400), st.integers(11, 400)),
    st.floats(1, 16, exclude_min=True),
)
def test_the_steps_lead_from_one_size_to_the_other_alike(size, factor):
    sizes = enlarged_sizes(size, factor)
    assert sizes[0] == size and sizes[-1] == tuple(round_half_up(factor * side) for side in size)
    r = factor ** (1 / (len(sizes) - 1))
    for before, after in zip(sizes, sizes[1:]):
        for one, other in zip(before, after):
            assert one * r - 0.5 * (1 + r) <= other <= one * r + 0.5 * (1 + r)


@pytest.mark.parametrize(
    "factor, steps", [(1.02, 1), (1.26, 1), (1.5, 2), (2, 3), (3, 5), (4, 6), (8, 9), (16, 12)]
)
def test_the_number_of_steps(factor, steps):
    assert count_steps(factor) == steps == len(enlarged_sizes((20, 20), factor)) - 1


# --------------------------------------------------------------------------------------- the steps
@torch.no_grad()
def test_each_step_enlarges_adds_noise_and_refines_by_hand(model, image, enlarge):
    made = enlarge(2, seed=5, noise_scale=20)
    by_hand, std = image, 20 * model.noise_stds[-1]
    noises = enlarging_pyramid(model, (24, 32), 2).draw_noise(level=1, seed=5)
    for size, noise in zip([(30, 40), (38, 51), (48, 64)], noises):
        by_hand = model.generators[-1](std * noise, sg.resize(by_hand, size)).clamp(-1, 1)
    assert torch.allclose(made, by_hand, atol=1e-5)


def test_the_finest_generator_alone_is_used_in_every_step(model, enlarge, monkeypatch):
    used, generate = [], model_module.tiled_forward
    monkeypatch.setattr(
        model_module, "tiled_forward", lambda g, *given: used.append(g) or generate(g, *given)
    )
    enlarge(4, seed=0)
    assert used == [model.generators[-1]] * 6


def test_the_picture_is_not_blurred_before_it_is_enlarged(model, image):
    seen = []
    hook = model.generators[-1].register_forward_pre_hook(lambda _, given: seen.append(given[1]))
    super_resolve(image, 1.3, model=model, noise_scale=0)
    hook.remove()
    assert len(seen) == 1 and torch.equal(seen[0], sg.resize(image, (31, 42)))


def test_large_pictures_are_made_in_tiles(model):
    large = picture(150, 200)
    seen = []
    hook = model.generators[-1].register_forward_pre_hook(
        lambda _, given: seen.append(max(given[1].shape[-2:]))
    )
    made = enlarging_pyramid(model, (150, 200), 2).run_from(1, large, blur=False, seed=0)
    hook.remove()
    assert made.shape == (1, 3, 300, 400) and max(seen) <= 256 + 10


def test_a_sample_of_another_size_can_be_enlarged(model):
    sample = model.sample(2, size=(20, 50), seed=0)
    made = enlarging_pyramid(model, (20, 50), 2).run_from(1, sample, blur=False, seed=0)
    assert made.shape == (2, 3, 40, 100)


# ------------------------------------------------------------------------------------- noise, seeds
def test_without_noise_every_seed_gives_the_same(enlarge):
    calm = enlarge(2, noise_scale=0, seed=1)
    assert torch.equal(calm, enlarge(2, noise_scale=0, seed=2))
    assert torch.equal(calm, enlarge(2, noise_scale=0))


def test_with_noise_the_seed_decides(enlarge):
    one = enlarge(2, seed=1)
    assert torch.equal(one, enlarge(2, seed=1, noise_scale=1.0))
    assert sg.rmse(one, enlarge(2, seed=2)) > 1 and sg.rmse(one, enlarge(2)) > 1
    calm = enlarge(2, noise_scale=0)
    assert sg.rmse(enlarge(2, seed=1, noise_scale=3), calm) > sg.rmse(one, calm) > 1


# ----------------------------------------------------------------------------------- what it learns
@pytest.fixture(scope="module")
def learned() -> sg.SinGAN:
    """A pretrained model; its levels differ by 1.31, which is near enough to 1.26."""
    return sg.load_pretrained("balloon_festival")


@pytest.mark.parametrize("factor", [2, 2.5])
def test_reduced_again_it_is_what_was_given_and_its_detail_is_new(learned, factor):
    made = super_resolve(learned.image, factor, model=learned, noise_scale=0)
    assert made.shape == (1, 3, *(round_half_up(factor * side) for side in (96, 128)))
    scores = super_resolution_report(made, learned.image).scores
    contrast = 127.5 * learned.image.std().item()
    assert scores["bicubic"]["consistency"] < scores["model"]["consistency"] < 0.3 * contrast
    bicubic = sg.resize(learned.image, tuple(made.shape[-2:]))
    assert band_of(made).std() > 2 * band_of(bicubic).std()


def test_back_projection_takes_back_what_contradicts_and_keeps_new_detail(learned):
    given, original = learned.image, sg.resize(sg.sample_image("balloon_festival"), (192, 256))
    plain, mended = (
        super_resolve(given, 2, model=learned, seed=1, back_projections=rounds) for rounds in (0, 3)
    )
    assert torch.equal(mended, back_project(plain, given, rounds=3))
    assert torch.equal(plain, back_project(plain, given, rounds=0))
    assert downscale_consistency(mended, given) < 0.2 * downscale_consistency(plain, given)
    assert sg.rmse(mended, original) < 0.9 * sg.rmse(plain, original)
    bicubic = sg.resize(given, (192, 256))
    assert band_of(mended).std() > 2 * band_of(bicubic).std()
    assert mended.abs().max() <= 1


def test_without_a_model_one_is_trained_kept_and_found_again(tmp_path, capsys):
    real = picture(30, 40)
    config = super_resolution_config(
        real, 2, min_size=13, channels=4, max_channels=4, iterations=1, precise_bn_passes=1
    )
    first = super_resolve(real, 2, config=config, seed=1)
    said = capsys.readouterr().out
    assert "holds no pyramid yet" in said and "estimate:" in said and "levels, each 1.26" in said
    assert torch.equal(super_resolve(real, 2, config=config, seed=1), first)
    assert "Reusing the pyramid" in capsys.readouterr().out
    history = sg.History()
    folder = tmp_path / "elsewhere"
    super_resolve(real, 4, config=config, seed=1, folder=folder, callbacks=[history])
    assert history.levels and sg.SinGAN.load(folder).config == config


def test_two_factors_of_one_step_share_one_configuration():
    assert len({super_resolution_config((80, 120), factor) for factor in (2, 4, 8, 16)}) == 1
    assert super_resolution_config((80, 120), 3) != super_resolution_config((80, 120), 2)


# -------------------------------------------------------------------------------- the configuration
@given(st.integers(30, 300), st.floats(1, 3), st.floats(1.02, 16))
def test_training_takes_the_steps_that_are_taken_later(short, aspect, factor):
    size = (short, round(aspect * short))
    config = super_resolution_config(size, factor)
    plan = plan_for(torch.zeros(1, 1, *size), config)
    assert plan.sizes[-1] == size  # nothing is reduced
    assert min(plan.sizes[0]) == config.min_size >= 18
    levels, r = plan.num_levels, trained_step(factor)
    assert levels >= 2 and abs(1 / plan.scale_factor / r - 1) < 0.03 / (levels - 1)
    assert min(plan.sizes[0]) < 18 * r + 0.5  # as many levels as fit


def test_the_configuration_is_the_papers_where_the_paper_says():
    config = super_resolution_config(torch.zeros(1, 3, 80, 120), 4)
    assert (config.reconstruction_weight, config.max_size) == (100, 120)
    assert config.scale_factor == pytest.approx(2 ** (-1 / 3), abs=1e-6)
    lesson = sg.TrainConfig.preset("lesson")
    same = ("iterations", "learning_rate", "generator_steps", "discriminator_norm", "channels")
    assert all(getattr(config, name) == getattr(lesson, name) for name in same)
    assert super_resolution_config((80, 120), 4, "paper").iterations == 2000


def test_changes_of_the_configuration_count():
    config = super_resolution_config((80, 120), 4, reconstruction_weight=10, iterations=7)
    assert (config.reconstruction_weight, config.iterations) == (10, 7)
    reduced = super_resolution_config((188, 250), 4, max_size=62)
    assert (reduced.max_size, reduced.min_size) == (62, 19)  # 47 / 1.26^4 = 18.65
    assert super_resolution_config((80, 120), 4, min_size=30).min_size == 32  # 80 / 1.26^4 = 31.7


@pytest.mark.parametrize("size", [(10, 100), (22, 22), (18, 400)])
def test_a_picture_that_is_too_small_is_refused_with_what_would_do(size):
    with pytest.raises(ValueError, match=r"is too small to learn from.* must be 23 pixels or more"):
        super_resolution_config(size, 2)
    assert super_resolution_config((23, 23), 2).min_size == 18


def test_a_picture_that_is_too_small_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "load_or_train", None)
    with pytest.raises(ValueError, match="too small to learn from"):
        super_resolve(picture(16, 20), 2)


# ----------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize("factor", [1, 0.5, 0, -2, math.nan, math.inf])
def test_a_factor_that_does_not_enlarge_is_refused(enlarge, factor):
    with pytest.raises(ValueError, match="must be a number above 1, such as 2 or 2.5"):
        enlarge(factor)


def test_a_factor_that_must_have_been_meant_as_pixels_is_refused(enlarge):
    with pytest.raises(ValueError, match="factor=480 .*all but one of them invented.* at most 16"):
        enlarge(480)


def test_a_model_of_other_channels_is_refused(model):
    with pytest.raises(ValueError, match=r"trained on pictures \(1, 3, H, W\)"):
        super_resolve(picture(channels=1), 1.3, model=model)


@pytest.mark.parametrize("size", [(48, 64), (32, 24), (24, 33)])
def test_a_model_of_a_picture_of_another_size_is_refused(model, size):
    with pytest.raises(ValueError, match=f"24 x 32 pixels, this one is {size[0]} x {size[1]}"):
        super_resolve(picture(*size), 2, model=model)


@pytest.mark.parametrize("levels", [0, 1])
def test_a_model_without_a_level_that_refines_is_refused(image, levels):
    short = untrained_model(tiny_config(), image, levels=levels)
    real = picture(*(short.level_sizes() or [(24, 32)])[-1])
    with pytest.raises(ValueError, match=f"has {levels} trained level.*two levels or more"):
        super_resolve(real, 1.4, model=short)


@pytest.mark.parametrize(
    "wrong, words",
    [
        (picture()[0], r"image has the shape \(3, 24, 32\)"),
        (picture().repeat(2, 1, 1, 1), "must be one image.*got 2"),
        (picture() / 0, "image holds values that are not finite"),
    ],
)
def test_what_is_no_picture_is_refused(model, wrong, words):
    with pytest.raises(ValueError, match=words):
        super_resolve(wrong, 2, model=model)


def test_a_model_that_was_trained_for_other_steps_is_told(model, image, learned):
    with pytest.warns(sg.ImageNotice, match="differ by 1.359, steps to a factor of 2 by 1.260"):
        super_resolve(image, 2, model=model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for factor in (2, 2.5):
            super_resolve(learned.image, factor, model=learned, noise_scale=0)


# ------------------------------------------------------------------------------------------- report
def test_the_report_where_the_original_is_known(learned):
    original = 0.9 * learned.image  # so that 0.1 more is still in [-1, 1]
    real = sg.resize(original, (48, 64))
    made = original + 0.1
    report = super_resolution_report(made, real, original=original)
    assert list(report.scores) == ["model", "bicubic"]
    assert report.scores["model"]["rmse"] == pytest.approx(12.75, abs=0.01)
    assert report.scores["model"]["psnr"] == pytest.approx(20.0 + 6.02, abs=0.01)
    bicubic = sg.resize(real, (96, 128))
    assert report.scores["bicubic"] == dict(
        rmse=sg.rmse(bicubic, original),
        psnr=sg.psnr(bicubic, original),
        ssim=sg.ssim(bicubic, original),
        consistency=downscale_consistency(bicubic, real),
    )
    table = str(report).splitlines()
    assert table[0].split() == ["rmse", "psnr", "ssim", "consistency"] and len(table) == 3
    assert table[1].split()[:2] == ["model", "12.750"]


def test_the_report_where_it_is_not(image):
    calm = 0.7 * image  # so that 0.2 more is still in [-1, 1]
    shifted = sg.resize(calm, (48, 64)) + 0.2
    scores = super_resolution_report(shifted, calm).scores
    assert list(scores["model"]) == ["consistency"]
    assert scores["model"]["consistency"] == pytest.approx(25.5, abs=1)
    assert scores["bicubic"]["consistency"] < 1.5


def test_an_original_of_another_size_is_refused(image):
    with pytest.raises(ValueError, match="differ in size: 50 x 64 and 48 x 64"):
        super_resolution_report(sg.resize(image, (48, 64)), image, original=picture(50, 64))
