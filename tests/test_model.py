"""The trained pyramid: one primitive, samples, reconstruction, sizes, noise, and the files."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from helpers import assert_same_model, files_in, picture, tiny_config, untrained_model
from torch import Tensor

import singan_edu as sg
from singan_edu import model_files


@pytest.fixture(scope="module")
def model() -> sg.SinGAN:
    """Three levels for 24 x 32 with large random weights: every difference shows."""
    return untrained_model(tiny_config(), picture())


def differ(one: Tensor, other: Tensor) -> bool:
    return (one - other).abs().max().item() > 1e-3


# ------------------------------------------------------------------------------------ the primitive
def test_samples_by_hand(model):
    noise = model.draw_noise(2, seed=4)
    made = torch.zeros(2, 3, *model.plan.sizes[0])
    with torch.no_grad():
        for level, generator in enumerate(model.generators):
            made = sg.resize(made, model.plan.sizes[level])
            made = generator(model.noise_stds[level] * 50 * noise[level], made)
            assert level == 0 or made.abs().max() > 1  # what follows does something
            made = made.clamp(-1, 1)
    assert torch.allclose(model.sample(2, seed=4, noise_scale=50), made, atol=1e-6)
    assert torch.allclose(model.run_from(0, noise=noise, noise_scale=50), made, atol=1e-6)


def test_reconstruction_by_hand_uses_z_star_then_zeros(model):
    made = torch.zeros(1, 3, *model.plan.sizes[0])
    with torch.no_grad():
        for level, generator in enumerate(model.generators):
            size = model.plan.sizes[level]
            noise = model.reconstruction_noise if level == 0 else torch.zeros(1, 3, *size)
            made = generator(noise, sg.resize(made, size)).clamp(-1, 1)
            assert torch.equal(model.reconstruct(level), made)
    assert torch.equal(model.reconstruct(), made)


def test_reconstruction_scales_z_star_by_the_noise_std_of_level_zero(model):
    louder = dataclasses.replace(model, noise_stds=(2.0, *model.noise_stds[1:]))
    doubled = dataclasses.replace(model, reconstruction_noise=2 * model.reconstruction_noise)
    assert torch.equal(louder.reconstruct(), doubled.reconstruct())
    assert differ(louder.reconstruct(), model.reconstruct())


@pytest.mark.parametrize("n", [1, 3])
def test_sample_from_level_zero_is_run_from_level_zero(model, n):
    assert torch.equal(model.sample(n, seed=7), model.run_from(0, seed=7, n=n))


@pytest.mark.parametrize("level", [1, 2])
def test_sample_from_a_finer_level_starts_from_the_reconstruction_below_it(model, level):
    below = model.reconstruct(level - 1)
    assert torch.equal(
        model.sample(2, start_level=level, seed=7),
        model.run_from(level, below, blur=False, seed=7, n=2),
    )


@pytest.mark.parametrize("level", [1, 2])
def test_sample_from_the_real_photograph_starts_from_it_reduced(model, level):
    made = model.sample(start_level=level, start="real", seed=7)
    assert torch.equal(made, model.run_from(level, model.image, seed=7))
    assert differ(made, model.sample(start_level=level, seed=7))


def test_blur_brings_the_image_to_the_size_below_first(model):
    image = picture(seed=5)
    blurred = sg.resize(sg.resize(image, model.plan.sizes[1]), model.plan.sizes[2])
    assert torch.equal(
        model.run_from(2, image, seed=1), model.run_from(2, blurred, blur=False, seed=1)
    )
    assert differ(model.run_from(2, image, seed=1), model.run_from(2, image, blur=False, seed=1))


def test_a_batch_of_images_gives_as_many_pictures(model):
    batch = torch.cat([picture(seed=seed) for seed in (1, 2, 3)])
    made = model.run_from(1, batch, seed=0)
    assert made.shape == (3, 3, 24, 32)
    alone = model.run_from(
        1, batch[2:], noise=[z[2:] for z in model.draw_noise(3, level=1, seed=0)]
    )
    assert torch.allclose(made[2:], alone, atol=1e-5)


def test_pictures_are_clamped_and_carry_no_graph(model):
    made = model.sample(4, seed=0, noise_scale=1000)
    assert made.abs().max() == 1 and not made.requires_grad


def test_an_image_of_another_size_and_the_same_aspect_is_resized(model):
    assert model.run_from(2, picture(48, 64), seed=0).shape == (1, 3, 24, 32)


# -------------------------------------------------------------------------------------------- seeds
def test_same_seed_same_picture_and_other_seed_another(model):
    assert torch.equal(model.sample(seed=1), model.sample(seed=1))
    assert differ(model.sample(seed=1), model.sample(seed=2))


def test_without_a_seed_every_picture_is_new_and_the_global_seed_plays_no_part(model):
    torch.manual_seed(0)
    first = model.sample()
    torch.manual_seed(0)
    before = torch.get_rng_state()
    assert differ(first, model.sample())
    assert torch.equal(torch.get_rng_state(), before)


def test_a_sample_depends_on_its_seed_and_index_alone_not_on_the_batch(model):
    four = model.sample(4, seed=5)
    assert torch.allclose(model.sample(1, seed=5), four[:1], atol=1e-5)
    assert torch.allclose(model.sample(2, seed=5), four[:2], atol=1e-5)
    maps = model.draw_noise(4, seed=5)
    alone = torch.cat([model.run_from(0, noise=[z[i : i + 1] for z in maps]) for i in range(4)])
    assert torch.allclose(alone, four, atol=1e-5)
    assert all(differ(four[i], four[j]) for i in range(4) for j in range(i))


def test_noise_of_a_level_is_the_same_wherever_the_run_starts(model):
    whole = model.draw_noise(2, seed=5)
    assert all(torch.equal(a, b) for a, b in zip(whole[1:], model.draw_noise(2, level=1, seed=5)))


def test_noise_maps_are_standard_normal_and_unlike_each_other(model):
    maps = model.draw_noise(64, seed=0)
    assert [tuple(z.shape) for z in maps] == [(64, 1, 13, 17), (64, 3, 18, 24), (64, 3, 24, 32)]
    for z in maps:
        assert abs(z.mean()) < 0.04 and z.std().item() == pytest.approx(1, abs=0.02)
    rows = maps[2].flatten(1)
    assert torch.corrcoef(rows).fill_diagonal_(0).abs().max() < 0.12
    assert differ(maps[2][0, 0], maps[2][0, 1])


def test_given_noise_maps_are_the_same_as_those_drawn_from_the_seed(model):
    maps = model.draw_noise(2, level=1, seed=8)
    assert torch.equal(
        model.run_from(1, picture(), noise=maps), model.run_from(1, picture(), seed=8, n=2)
    )


def test_scales_of_two_seeds_can_be_mixed(model):
    one, other = model.draw_noise(seed=1), model.draw_noise(seed=2)
    mixed = model.run_from(0, noise=[one[0], *other[1:]])
    assert differ(mixed, model.sample(seed=1)) and differ(mixed, model.sample(seed=2))


def test_a_negative_seed_is_refused(model):
    with pytest.raises(ValueError, match="seed=-1 must be a whole number from 0"):
        model.sample(seed=-1)


# -------------------------------------------------------------------------------------- noise scale
def test_noise_scale_multiplies_the_noise(model):
    maps = model.draw_noise(seed=3)
    doubled = [2 * z for z in maps]
    assert torch.allclose(
        model.run_from(0, noise=doubled), model.sample(seed=3, noise_scale=2), atol=1e-6
    )


def test_without_noise_all_samples_are_one_picture(model):
    calm = model.sample(3, seed=1, noise_scale=0)
    assert torch.equal(calm, model.sample(3, seed=2, noise_scale=0))
    assert torch.allclose(calm[0], calm[2], atol=1e-6)


@pytest.mark.parametrize("level", [1, 2])
def test_without_noise_a_start_from_the_reconstruction_gives_the_reconstruction(model, level):
    calm = model.sample(start_level=level, noise_scale=0, seed=1)
    assert torch.allclose(calm, model.reconstruct(), atol=1e-6)


def test_noise_scale_per_level_counts_from_the_coarsest(model):
    maps = model.draw_noise(seed=3)
    scaled = [2 * maps[0], 0 * maps[1], maps[2]]
    assert torch.allclose(
        model.sample(seed=3, noise_scale=[2, 0, 1]), model.run_from(0, noise=scaled), atol=1e-6
    )
    assert torch.equal(
        model.sample(seed=3, start_level=2, noise_scale=[5, 5, 0.5]),
        model.sample(seed=3, start_level=2, noise_scale=0.5),
    )


@pytest.mark.parametrize("scale", [[1.0], [1, 1, 1, 1], []])
def test_noise_scales_for_another_number_of_levels_are_refused(model, scale):
    with pytest.raises(ValueError, match=f"noise_scale has {len(scale)} numbers.*each of the 3"):
        model.sample(noise_scale=scale)


# --------------------------------------------------------------------------------------------- size
@pytest.mark.parametrize(
    "size, wanted",
    [
        ((40, 90), (40, 90)),
        ([17, 5], (17, 5)),
        (2, (48, 64)),
        (0.5, (12, 16)),
        (1.5, (36, 48)),
        (1, (24, 32)),
        (None, (24, 32)),
        ((24, 32), (24, 32)),
    ],
)
@pytest.mark.parametrize("start", [dict(), dict(start_level=1), dict(start_level=2, start="real")])
def test_a_sample_has_exactly_the_size_asked_for(model, size, wanted, start):
    assert model.sample(2, size=size, seed=0, **start).shape == (2, 3, *wanted)


def test_all_levels_scale_with_the_size_asked_for(model):
    assert model.level_sizes((48, 32)) == [(26, 17), (36, 24), (48, 32)]
    assert model.level_sizes(0.5) == [(7, 9), (9, 12), (12, 16)]


def test_the_training_size_asked_for_is_the_same_as_none(model):
    assert torch.equal(model.sample(seed=0, size=(24, 32)), model.sample(seed=0))


@pytest.mark.parametrize(
    "size",
    [(0, 5), (5, -1), (5, 5, 5), (5,), 0, -2, "24", ("24", "32"), (24.5, 32), (math.inf, 32)],
)
def test_a_size_that_is_none_is_refused(model, size):
    with pytest.raises(ValueError, match="in pixels, or a factor above 0"):
        model.sample(size=size)


def test_a_factor_that_must_have_been_meant_as_pixels_is_refused(model):
    with pytest.raises(
        ValueError, match="is a factor, which would make 480 times .* give a size in pixels as"
    ):
        model.sample(size=480)


# ----------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    "call",
    [
        lambda model: model.run_from(3, picture()),
        lambda model: model.run_from(-1, picture()),
        lambda model: model.sample(start_level=3),
        lambda model: model.sample(start_level=-1),
        lambda model: model.reconstruct(3),
        lambda model: model.reconstruct(-1),
    ],
)
def test_a_level_out_of_range_is_refused_with_those_there_are(model, call):
    with pytest.raises(
        ValueError, match=r"There is no level -?\d; the trained levels are 0 .* to 2"
    ):
        call(model)


@pytest.mark.parametrize(
    "arguments, words",
    [
        (dict(level=0, image=picture()), "Level 0 starts from noise alone"),
        (dict(level=1), r"level 1 \(paper n=1\) needs an image.*sample\(start_level=1\)"),
        (
            dict(level=1, image=picture(channels=1)),
            r"\(1, 3, H, W\); this image has the shape \(1, 1, 24, 32\)",
        ),
        (dict(level=1, image=picture()[0]), r"this image has the shape \(3, 24, 32\)"),
        (
            dict(level=1, image=picture(32, 32)),
            "The image is 32 x 32 pixels.* another aspect than 13 x 17",
        ),
    ],
)
def test_an_image_that_does_not_fit_is_refused(model, arguments, words):
    with pytest.raises(ValueError, match=words):
        model.run_from(**arguments)


def test_noise_of_another_shape_or_number_is_refused_with_the_shapes_wanted(model):
    maps = model.draw_noise(seed=0)
    for wrong in (
        maps[:2],
        maps[1:],
        [maps[0].expand(1, 3, 13, 17), *maps[1:]],
        [z[..., 1:] for z in maps],
    ):
        with pytest.raises(
            ValueError, match=r"one map per level from level 0.*\(1, 13, 17\).*draw_noise"
        ):
            model.run_from(0, noise=wrong)


def test_noise_for_another_number_of_pictures_than_images_is_refused(model):
    with pytest.raises(ValueError, match="noise"):
        model.run_from(1, picture().repeat(3, 1, 1, 1), noise=model.draw_noise(2, level=1, seed=0))


@pytest.mark.parametrize(
    "arguments, words",
    [
        (dict(start="photo"), "choose one of reconstruction, real"),
        (dict(n=0), "at least one sample"),
        (dict(n=-2), "at least one sample"),
    ],
)
def test_sampling_arguments_that_make_no_sense_are_refused(model, arguments, words):
    with pytest.raises(ValueError, match=words):
        model.sample(**arguments)


def test_a_pyramid_without_a_trained_level_says_so():
    empty = untrained_model(tiny_config(), picture(), levels=0)
    for call in (empty.sample, empty.reconstruct, lambda: empty.run_from(0)):
        with pytest.raises(ValueError, match="No level of this pyramid is trained yet"):
            call()


# -------------------------------------------------------------------- trained only up to some level
def test_a_pyramid_trained_up_to_some_level_makes_pictures_of_that_level(model):
    partial = untrained_model(tiny_config(), picture(), levels=2)
    assert (partial.trained_levels, partial.is_complete) == (2, False) and model.is_complete
    assert partial.sample(2, seed=1).shape == (2, 3, *partial.plan.sizes[1])
    assert torch.equal(partial.reconstruct(), model.reconstruct(1))
    assert partial.sample(start_level=1, seed=1, size=2).shape == (1, 3, 36, 48)
    assert partial.sample(start_level=1, start="real", seed=1).shape == (
        1,
        3,
        *partial.plan.sizes[1],
    )


def test_adding_a_level_gives_a_new_value_and_leaves_the_old_one(model):
    partial = untrained_model(tiny_config(), picture(), levels=2)
    whole = partial.with_level(model.generators[2], 0.25)
    assert partial.trained_levels == 2 and whole.noise_stds == (1.0, 0.1, 0.25)
    with pytest.raises(AttributeError):
        whole.seed = 3


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("padding", ["zero", "noise", "conv"])
def test_every_kind_of_generator_makes_pictures_of_every_size(norm, padding):
    model = untrained_model(tiny_config(generator_norm=norm, padding=padding), picture())
    assert model.sample(2, seed=0).shape == (2, 3, 24, 32)
    assert model.sample(seed=0, size=(30, 50), start_level=1).shape == (1, 3, 30, 50)
    assert model.reconstruct().shape == (1, 3, 24, 32)
    assert model.noise_shape(0) == (
        1,
        13 + 2 * model.config.noise_padding,
        17 + 2 * model.config.noise_padding,
    )


def test_quantized_resizing_is_kept_in_sampling(model):
    rough = untrained_model(tiny_config(quantize_resize=True), picture())
    assert differ(rough.sample(seed=0), model.sample(seed=0))


# -------------------------------------------------------------------------------------------- files
@pytest.mark.parametrize(
    "changes",
    [dict(), dict(generator_norm="instance", padding="noise"), dict(iterations=(5, 3), channels=2)],
)
@pytest.mark.parametrize("channels, levels", [(3, 3), (1, 3), (3, 1), (3, 0)])
def test_saving_and_loading_gives_the_same_to_the_bit(changes, channels, levels, tmp_path):
    model = untrained_model(
        tiny_config(**changes), picture(channels=channels), levels=levels, seed=9
    )
    before = torch.get_rng_state()
    loaded = sg.SinGAN.load(model.save(tmp_path / "new" / "model"))
    assert_same_model(loaded, model)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(
        not g.training and not p.requires_grad for g in loaded.generators for p in g.parameters()
    )


def test_a_trained_pyramid_survives_saving_to_the_bit(trained, tmp_path):
    assert_same_model(sg.SinGAN.load(trained.save(tmp_path)), trained)


def test_files_are_json_and_safetensors_alone(model, tmp_path):
    model.save(tmp_path)
    names = files_in(tmp_path)
    assert len(names) == 2 and names[0] == "model.json"
    assert re.fullmatch(r"weights-[0-9a-f]{12}\.safetensors", names[1])
    facts = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    assert facts["plan"]["sizes"] == [[13, 17], [18, 24], [24, 32]] and facts["trained_levels"] == 3
    assert {"singan_edu", "torch"} <= set(facts["versions"])
    assert facts["config"]["channels"] == 4 and len(facts["noise_stds"]) == 3


@pytest.fixture
def halved(trained, tmp_path) -> sg.SinGAN:
    """``trained`` after a stay on disk in half precision."""
    return sg.SinGAN.load(trained.save(tmp_path / "half", half=True))


def test_half_precision_takes_half_the_space_and_changes_no_sample_visibly(
    trained, halved, tmp_path
):
    def grey_levels(one: Tensor, other: Tensor) -> Tensor:
        return 127.5 * (one - other).abs()

    whole, half = (
        next(folder.glob("*.safetensors")).stat().st_size
        for folder in (trained.save(tmp_path / "whole"), tmp_path / "half")
    )
    assert half < 0.75 * whole  # names and vectors take their share of so small a model
    off = grey_levels(halved.sample(4, seed=1), trained.sample(4, seed=1))
    assert 0 < off.square().mean().sqrt() < 0.2
    assert 0 < grey_levels(halved.image, trained.image).max() < 0.05
    assert halved.noise_stds == trained.noise_stds and halved.config == trained.config


def test_what_was_kept_in_half_precision_is_float32_again(halved):
    tensors = [halved.image, halved.reconstruction_noise]
    tensors += [x for g in halved.generators for x in g.state_dict().values() if x.dim()]
    assert {x.dtype for x in tensors} == {torch.float32}


def test_half_precision_rounds_pictures_noise_and_convolutions_only(trained, halved):
    for mine, theirs in zip(trained.generators, halved.generators):
        loaded = theirs.state_dict()
        for name, value in mine.state_dict().items():
            assert torch.equal(value, loaded[name]) == (value.dim() != 4), name
    assert not torch.equal(trained.reconstruction_noise, halved.reconstruction_noise)


def test_half_precision_once_more_changes_nothing(halved, tmp_path):
    assert_same_model(sg.SinGAN.load(halved.save(tmp_path / "again", half=True)), halved)


@pytest.mark.parametrize("scale", [1e7, 1e-7])
def test_what_half_precision_cannot_hold_stays_as_it_is(scale, tmp_path):
    model = untrained_model(tiny_config(), picture())
    convolution, norm, _ = model.generators[1].stack[1]
    convolution.weight.mul_(scale)
    norm.running_mean.fill_(1e6)
    norm.running_var.fill_(1e-12)
    loaded = sg.SinGAN.load(model.save(tmp_path, half=True)).generators[1].stack[1]
    assert torch.equal(loaded[0].weight, convolution.weight)
    assert torch.equal(loaded[1].running_mean, norm.running_mean)
    assert torch.equal(loaded[1].running_var, norm.running_var)


def test_saving_again_replaces_the_weights_and_leaves_other_files(model, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    untrained_model(tiny_config(), picture(), levels=1).save(tmp_path)
    model.save(tmp_path)
    assert len(files_in(tmp_path)) == 3 and "notes.txt" in files_in(tmp_path)
    assert_same_model(sg.SinGAN.load(tmp_path), model)


def test_a_crash_between_the_two_writes_of_a_save_leaves_the_old_model(
    model, tmp_path, monkeypatch
):
    old = untrained_model(tiny_config(), picture(), levels=1)
    old.save(tmp_path)

    def crash(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(model_files, "write_json", crash)
        with pytest.raises(OSError, match="No space"):
            model.save(tmp_path)
    assert_same_model(sg.SinGAN.load(tmp_path), old)
    model.save(tmp_path)
    assert_same_model(sg.SinGAN.load(tmp_path), model)
    assert len(files_in(tmp_path)) == 2  # what the crash left is gone


def test_a_file_half_written_does_not_replace_the_old_one(tmp_path, monkeypatch):
    path = sg.files.write_bytes(tmp_path / "facts.json", b"old")
    monkeypatch.setattr(sg.files.os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        sg.files.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_folder_without_a_model_says_which_folder_to_give(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(
            FileNotFoundError, match="holds no trained pyramid .*Give the folder that"
        ):
            sg.SinGAN.load(folder)


def test_missing_weights_are_named(model, tmp_path):
    model.save(tmp_path)
    weights = next(tmp_path.glob("*.safetensors"))
    weights.unlink()
    with pytest.raises(
        FileNotFoundError, match=f"incomplete: {weights.name} is missing.*whole folder"
    ):
        sg.SinGAN.load(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-100],
        lambda data: b"",
        lambda data: b"no",
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    ],
)
def test_damaged_weights_are_refused_down_to_a_single_bit(model, damage, tmp_path):
    model.save(tmp_path)
    weights = next(tmp_path.glob("*.safetensors"))
    weights.write_bytes(damage(weights.read_bytes()))
    with pytest.raises(
        ValueError, match=f"{weights.name} is damaged .*train again, or copy it again"
    ):
        sg.SinGAN.load(tmp_path)


@pytest.mark.parametrize(
    "text, words",
    [
        ("{", "model.json is damaged"),
        ("", "model.json is damaged"),
        ("[1, 2]", "model.json"),
        ('{"format": 99}', "format 99; this version of singan_edu reads the formats 1 and 2"),
        ('{"format": 1}', "model.json is damaged"),
    ],
)
def test_damaged_facts_are_refused_with_a_sentence(model, text, words, tmp_path):
    model.save(tmp_path)
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ValueError, match=words):
        sg.SinGAN.load(tmp_path)


def test_moving_to_a_device_keeps_everything(model):
    assert_same_model(model.to("cpu"), model)
    assert model.device == torch.device("cpu")


# ------------------------------------------------------------------------- what callers may pass
@pytest.mark.parametrize("one", [np.float32(1.5), np.float64(1.5), torch.tensor(1.5)])
def test_scalars_of_numpy_and_pytorch_are_numbers(model, one):
    wanted = model.sample(seed=0, size=1.5, noise_scale=1.5)
    assert torch.equal(model.sample(seed=0, size=one, noise_scale=one), wanted)
    sides = [np.int64(36), torch.tensor(48)]
    assert torch.equal(model.sample(seed=0, size=sides, noise_scale=[one] * 3), wanted)
    level = np.int64(1)
    assert torch.equal(
        model.sample(seed=np.int64(2), start_level=level), model.sample(seed=2, start_level=1)
    )


@pytest.mark.parametrize("scale", [math.nan, math.inf, "1", [1, math.nan, 1], None, {1: 2}])
def test_a_noise_scale_that_is_no_finite_number_is_refused(model, scale):
    with pytest.raises(ValueError, match="noise_scale"):
        model.sample(noise_scale=scale)


@pytest.mark.parametrize("level", [1.5, "1", math.nan, None])
def test_a_level_that_is_no_whole_number_is_refused(model, level):
    with pytest.raises(ValueError, match="level="):
        model.run_from(level)


@pytest.mark.parametrize("value", [1.2, -3.0, math.nan, math.inf])
def test_an_image_with_values_of_no_image_is_refused(model, value):
    image = picture().clone()
    image[0, 0, 3, 3] = value
    with pytest.raises(ValueError, match=r"finite|lies in \[-1, 1\]"):
        model.run_from(1, image)


def test_what_fits_at_the_trained_size_fits_at_a_larger_one(model):
    """Rounding to the trained size is several pixels of an enlarged one."""
    image = sg.resize(picture(), (23, 31))  # 1.4 pixels of 32 off, at the trained size
    assert model.run_from(1, image, seed=0).shape[-2:] == (24, 32)
    assert model.run_from(1, image, seed=0, size=(240, 320)).shape[-2:] == (240, 320)
    with pytest.raises(ValueError, match="another aspect"):
        model.run_from(1, sg.resize(picture(), (24, 40)), size=(240, 320))


def test_to_another_device_is_a_copy(model):
    there = model.to("cpu")
    weight = next(there.generators[0].parameters())
    with torch.no_grad():
        weight.add_(1)
    assert not torch.equal(weight, next(model.generators[0].parameters()))
    assert there.config == model.config and there.environments == model.environments


def test_the_default_dtype_of_pytorch_does_not_matter(model, tmp_path):
    wanted = model.sample(seed=0, size=1.2), model.reconstruct()
    model.save(tmp_path)
    image, config = picture(), tiny_config(iterations=1, optimizer="muon")
    torch.set_default_dtype(torch.float64)
    try:
        found = sg.SinGAN.load(tmp_path)
        assert torch.equal(found.sample(seed=0, size=1.2), wanted[0])
        assert torch.equal(found.reconstruct(), wanted[1])
        trained = sg.train(image, config, verbose=False)
    finally:
        torch.set_default_dtype(torch.float32)
    assert_same_model(trained, sg.train(image, config, verbose=False))


# ---------------------------------------------------------------------------- models of version 0.1
def test_a_model_that_version_0_1_saved_gives_the_same_samples():
    """It was saved with ``resample_z_star`` and ``statistics_passes`` in its config."""
    folder = Path(__file__).parent / "model_of_version_0_1"
    model = sg.SinGAN.load(folder)
    assert model.config.resample_reconstruction_noise and model.config.precise_bn_passes == 2
    assert model.environments == ()
    wanted = safetensors.torch.load_file(folder / "sample.safetensors")["sample"]
    assert torch.allclose(model.sample(seed=3), wanted, rtol=0, atol=1e-5)


def test_a_saved_model_tells_with_what_it_was_trained(trained, tmp_path):
    assert len(trained.environments) == 1
    environment = trained.environments[0]
    assert environment.threads == torch.get_num_threads() and environment.precision == "float32"
    trained.save(tmp_path)
    assert sg.SinGAN.load(tmp_path).environments == trained.environments
    facts = json.loads((tmp_path / "model.json").read_text())
    assert facts["environments"][0]["torch"] == torch.__version__
