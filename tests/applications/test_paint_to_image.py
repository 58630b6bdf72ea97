"""Paint to image: textures of the photograph, layout of the paint; colours clustered as colours."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch
from helpers import Record, picture, same_tensors, tiny_config, untrained_model, weights

import singan_edu as sg
from singan_edu.applications.injection import drift, over_levels
from singan_edu.applications.paint_to_image import (
    apply_palette,
    colour_palette,
    paint_to_image,
    quantize_colours,
    retrain_level,
)
from singan_edu.training.level import begin_level, sample_previous

SIZE = (96, 128)


@pytest.fixture(scope="module")
def arch():
    """A pretrained model and a paint for it: a few flat areas of its colours, mirrored."""
    model = sg.load_pretrained("desert_arch")
    blurred = sg.resize(sg.resize(model.image.flip(-1), (18, 24)), SIZE)
    return model, apply_palette(blurred, colour_palette(model.image, 6))


def colours_of(image):
    return {tuple(colour) for colour in image[0].flatten(1).T.tolist()}


def patches_of(height=12, width=16):
    """Four areas of known colours, the first the largest, and the colours."""
    colours = torch.tensor([[1.0, -1, -1], [-1, 1, -1], [-1, -1, 1], [0.5, 0.5, 0.5]])
    numbers = torch.zeros(height, width, dtype=torch.long)
    numbers[:3], numbers[3:5], numbers[5:6] = 1, 2, 3
    return colours[numbers].permute(2, 0, 1)[None], colours


# ----------------------------------------------------------------------------- does it do its job
@pytest.mark.parametrize("level", [1, 2])
def test_the_result_has_the_photographs_textures_and_the_paints_layout(arch, level):
    model, paint = arch
    made = paint_to_image(model, paint, level, seed=0)
    assert made.shape == (1, 3, *SIZE) and made.abs().max() <= 1
    before, after = (sg.patch_swd(model.image, x, band=True) for x in (paint, made))
    assert after < 0.8 * before
    height, width = model.plan.sizes[0]
    contrast = 127.5 * sg.resize(paint, (2 * height, 2 * width)).std().item()  # as drift sees it
    assert drift(model, made, paint) < 0.7 * contrast
    other = drift(model, model.sample(seed=0), paint)  # what has nothing to do with the paint
    assert drift(model, made, paint) < 0.6 * other


def test_coarser_levels_follow_the_paint_less(arch):
    model, paint = arch
    kept = [drift(model, made[None], paint) for made in over_levels(paint_to_image, *arch, seed=0)]
    assert len(kept) == 5 and kept == sorted(kept, reverse=True)


def test_it_is_run_from_with_the_blur_of_training(arch):
    model, paint = arch
    made = paint_to_image(model, paint, 2, seed=3, n=2, noise_scale=0.5)
    assert torch.equal(made, model.run_from(2, paint, seed=3, n=2, noise_scale=0.5))
    assert not torch.equal(made[0], made[1])


def test_a_palette_is_applied_to_what_the_level_sees(arch):
    model, paint = arch
    palette = colour_palette(model.image)
    coarser, size = model.plan.sizes[1:3]
    seen = apply_palette(sg.resize(sg.resize(paint, coarser), size), palette)
    made = paint_to_image(model, paint, 2, palette=palette, seed=0)
    assert torch.equal(made, model.run_from(2, seen, blur=False, seed=0))


# ---------------------------------------------------------------------------------------- inputs
@pytest.mark.parametrize("palette", [None, torch.zeros(2, 3)])
@pytest.mark.parametrize(
    "paint, level, sentence",
    [
        (torch.zeros(1, 3, *SIZE), 0, "level 1 or finer"),
        (torch.zeros(1, 3, *SIZE), 6, "There is no level 6"),
        (torch.zeros(1, 3, *SIZE), -1, "There is no level -1"),
        (torch.zeros(1, 3, 96, 96), 1, "The paint .* another aspect"),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence(arch, paint, level, palette, sentence):
    with pytest.raises(ValueError, match=sentence):
        paint_to_image(arch[0], paint, level, palette=palette)


def test_other_channels_are_refused_in_a_sentence(arch):
    with pytest.raises(ValueError, match=r"\(1, 3, H, W\)"):
        paint_to_image(arch[0], torch.zeros(1, 1, *SIZE), 1)
    with pytest.raises(ValueError, match=r"A palette .* \(k, 3\)"):
        paint_to_image(arch[0], torch.zeros(1, 3, *SIZE), 1, palette=torch.zeros(5, 1))


def test_a_transparent_paint_of_another_size_is_taken_with_notices(arch):
    rgba = np.full((48, 64, 4), 100, np.uint8)
    with pytest.warns(sg.ImageNotice) as notices:
        assert paint_to_image(arch[0], rgba, 1, seed=0).shape == (1, 3, *SIZE)
    texts = " ".join(str(notice.message) for notice in notices)
    assert "transparent" in texts and "The paint of 48 x 64 pixels is resized to 96 x 128" in texts


def test_the_signature_is_that_of_the_design():
    assert list(inspect.signature(paint_to_image).parameters)[:3] == ["model", "paint", "level"]


# --------------------------------------------------------------------------------------- colours
def test_a_palette_holds_the_colours_of_a_picture_the_most_frequent_first():
    image, colours = patches_of()
    palette = colour_palette(image, 4)
    assert torch.equal(palette[0], colours[0])
    assert {tuple(c) for c in palette.tolist()} == {tuple(c) for c in colours.tolist()}
    assert colour_palette(image, 9).shape == (4, 3)  # there are no more
    assert torch.equal(quantize_colours(image, 9), image)


def test_colours_are_clustered_as_colours_not_as_neighbours_of_one_channel():
    """In a picture of stripes the triples of neighbours have another centre than the colours."""
    stripes = torch.zeros(1, 3, 6, 9)
    stripes[:, 0, :, ::2], stripes[:, 2, :, 1::2] = 1.0, -1.0
    assert colours_of(quantize_colours(stripes, 2)) == {(1.0, 0.0, 0.0), (0.0, 0.0, -1.0)}


def test_the_palette_is_as_good_as_k_means_gets_and_the_same_each_time():
    from scipy.cluster.vq import kmeans

    image = sg.load_pretrained("balloon_festival").image
    pixels = image[0].flatten(1).T.double().numpy()
    best = kmeans(pixels, 5, iter=3, rng=0)[0]
    error = [
        (apply_palette(image, palette) - image).square().mean().item()
        for palette in (colour_palette(image, 5), torch.from_numpy(best).float())
    ]
    assert error[0] < 1.1 * error[1]
    assert torch.equal(colour_palette(image, 5), colour_palette(image, 5))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [1, 2, 7])
def test_a_quantised_picture_has_k_colours_and_is_nearest_to_itself(k, channels):
    image = picture(channels=channels)
    quantised = quantize_colours(image, k)
    assert quantised.shape == image.shape and len(colours_of(quantised)) == k
    palette = colour_palette(image, k)
    assert torch.equal(apply_palette(quantised, palette), quantised)
    if k == 1:
        assert torch.allclose(palette[0], image.mean(dim=(0, 2, 3)), atol=1e-5)


def test_each_pixel_gets_the_nearest_colour_of_the_palette_in_a_batch_too():
    images, palette = torch.cat([picture(seed=s) for s in (1, 2)]), colour_palette(picture(), 4)
    far = (images[:, None] - palette[None, :, :, None, None]).square().sum(dim=2)  # (n, k, H, W)
    wanted = palette[far.argmin(dim=1)].permute(0, 3, 1, 2)
    assert torch.equal(apply_palette(images, palette), wanted)


def test_a_palette_has_a_colour_and_the_pictures_channels():
    with pytest.raises(ValueError, match="at least one colour"):
        colour_palette(picture(), 0)
    with pytest.raises(ValueError, match="colour_palette makes one"):
        apply_palette(picture(), torch.zeros(3))


# ----------------------------------------------------------------------------------- retraining
def test_retraining_replaces_one_level_and_keeps_the_others(trained):
    before = [weights(generator) for generator in trained.generators]
    palette = colour_palette(trained.image, 3)
    record = Record(lambda state: state.level)
    new = retrain_level(trained, 1, palette, iterations=3, callbacks=[record])
    assert set(record.seen) == {(1, 1), (1, 2), (1, 3)}
    assert new.trained_levels == trained.trained_levels and new.config == trained.config
    for level, generator in enumerate(new.generators):
        assert same_tensors(weights(generator), before[level]) == (level != 1)
        assert same_tensors(weights(trained.generators[level]), before[level])
    assert new.noise_stds[1] != trained.noise_stds[1]
    assert new.noise_stds[::2] == trained.noise_stds[::2]
    assert not new.generators[1].training
    assert not any(p.requires_grad for p in new.generators[1].parameters())
    assert paint_to_image(new, picture(), 1, palette=palette, seed=0).shape == (1, 3, 24, 32)


def test_a_retrained_level_sees_nothing_but_the_palettes_colours(trained):
    palette = colour_palette(trained.image, 3)
    allowed, seen = {tuple(c) for c in palette.tolist()}, []

    def look(state):
        random, fixed = sample_previous(state), state.reconstructed_previous
        seen.append(colours_of(random) | colours_of(fixed))

    retrain_level(trained, 1, palette, iterations=2, callbacks=[Record(look)])
    assert len(seen) == 2 and all(0 < len(colours) and colours <= allowed for colours in seen)


def test_retraining_begins_anew_and_depends_on_its_seed_alone(trained):
    palette = colour_palette(trained.image, 3)
    one, same, other = (retrain_level(trained, 2, palette, seed=s) for s in (1, 1, 2))
    assert same_tensors(weights(one.generators[2]), weights(same.generators[2]))
    assert not same_tensors(weights(one.generators[2]), weights(other.generators[2]))


@pytest.mark.parametrize("level", [0, -1, 3])
def test_a_level_that_sees_no_picture_cannot_be_retrained(trained, level):
    with pytest.raises(ValueError, match="levels that get an image as input are 1 to 2"):
        retrain_level(trained, level, torch.zeros(2, 3))


def test_without_a_palette_a_level_begins_as_ever():
    model = untrained_model(tiny_config(), picture(), levels=1)
    plain, hooked = (
        begin_level(model, torch.Generator().manual_seed(0), **options)
        for options in ({}, dict(prepare=lambda x: x * 0))
    )
    assert torch.equal(
        plain.reconstructed_previous, sg.resize(model.reconstruct(), plain.real.shape[-2:])
    )
    assert hooked.reconstructed_previous.abs().max() == sample_previous(hooked).abs().max() == 0
    assert sample_previous(plain).abs().max() > 0
