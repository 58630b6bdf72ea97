"""Harmonization, editing and what they share: outside the mask nothing changes, inside it fits."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
import torch
from helpers import picture, tiny_config, untrained_model
from PIL import Image

import singan_edu as sg
from singan_edu.applications.editing import edit, editing_mask
from singan_edu.applications.harmonization import harmonization_mask, harmonize
from singan_edu.applications.injection import (
    default_largest_drift,
    drift,
    fit_to_model,
    injection_levels,
    over_levels,
    patch_distance,
    suggest_level,
)
from singan_edu.applications.masks import blend, difference_mask
from singan_edu.applications.paint_to_image import paint_to_image

BOTH = [(harmonize, harmonization_mask), (edit, editing_mask)]


@pytest.fixture(scope="module")
def coast():
    """A pretrained model, and a composite of its picture at the training size, with its mask."""
    model = sg.load_pretrained("painted_coast")
    composite = sg.resize(sg.sample_image("painted_coast_composite"), model.plan.sizes[-1])
    mask = sg.resize(sg.sample_mask("painted_coast_composite_mask"), model.plan.sizes[-1])
    return model, composite, (mask > 0.5).float()


@pytest.fixture(scope="module")
def balloons():
    """A pretrained model, its picture with a piece of the ground pasted into the sky, its mask."""
    model = sg.load_pretrained("balloon_festival")
    piece = model.image[..., 70:90, 20:44]
    return model, *sg.paste(model.image, piece, top=8, left=90)


@pytest.fixture(scope="module")
def toy():
    """A pyramid of three levels with random weights, a picture to inject, a mask."""
    model = untrained_model(tiny_config(), picture())
    mask = torch.zeros(1, 1, 24, 32)
    mask[..., 8:14, 10:18] = 1
    return model, picture(seed=5), mask


# ------------------------------------------------------------------------ what is (not) changed
@pytest.mark.parametrize("application, its_mask", BOTH)
@pytest.mark.parametrize("level", [1, 3, 5])
def test_outside_the_final_mask_the_training_picture_is_returned_to_the_bit(
    coast, application, its_mask, level
):
    model, composite, mask = coast
    soft = its_mask(model, mask)
    made = application(model, composite, mask, level, seed=1, n=2)
    outside, selected = (soft == 0).expand_as(made), mask.bool().expand_as(made)
    photo = model.image.expand_as(made)
    assert made.shape == (2, 3, 96, 128) and 0.2 < outside.double().mean() < 0.95
    assert torch.equal(made[outside], photo[outside])
    assert (made - photo)[selected].abs().mean() > 0.1


def test_the_background_is_the_training_picture_and_not_the_composite(coast):
    model, composite, mask = coast
    smudged = composite.clone()
    smudged[..., 90:, :20] = 1.0  # a slip of the brush, outside the mask
    made = harmonize(model, smudged, mask, 4, seed=1)
    assert torch.equal(made[..., 90:, :20], model.image[..., 90:, :20])


@pytest.mark.parametrize("application, its_mask", BOTH)
def test_an_application_is_run_from_blended(coast, application, its_mask):
    model, composite, mask = coast
    made = application(model, composite, mask, 3, seed=4, noise_scale=0.5)
    raw = model.run_from(3, composite, seed=4, noise_scale=0.5)  # with blur, as in training
    assert torch.equal(made, blend(model.image, raw, its_mask(model, mask)))


def test_the_final_masks_are_those_of_the_authors_at_250_pixels_and_shrink_with_the_picture(coast):
    model, _, mask = coast
    harmony, editing = (each(model, mask)[0, 0] for _, each in BOTH)
    columns = mask[0, 0].any(dim=0).nonzero()[:, 0]
    for soft, share in ((harmony, 7 / 250), (editing, 20 / 250)):
        half = (soft.amax(dim=0) > 0.5).nonzero()[:, 0]  # the Gaussian is at one half at the border
        assert abs(int(columns[0] - half[0]) - share * 128) <= 1.5
    assert (editing >= harmony - 1e-6).all() and editing.sum() > 1.5 * harmony.sum()
    assert harmonization_mask(model, mask, dilate=0, feather=0).equal(mask)


def test_an_unfinished_pyramid_works_at_the_size_it_has(toy):
    _, edited, mask = toy
    model = untrained_model(tiny_config(), picture(), levels=2)
    with pytest.warns(sg.ImageNotice):
        made = edit(model, edited, mask, 1, seed=0)
    assert tuple(made.shape[-2:]) == model.plan.sizes[1]


# ------------------------------------------------------------------------------ does it do its job
def test_harmonizing_brings_the_seam_nearer_to_the_training_pictures_patches(coast):
    model, composite, mask = coast
    before = patch_distance(model, composite, mask)
    sheet = over_levels(harmonize, *coast, levels=(1, 3, 5), seed=0)
    after = [patch_distance(model, made[None], mask) for made in sheet]
    assert after == sorted(after) and after[-1] < 0.95 * before and after[0] < 0.7 * before


def test_editing_brings_the_seam_nearer_to_the_training_pictures_patches(balloons):
    model, edited, mask = balloons
    before = patch_distance(model, edited, mask)
    after = [patch_distance(model, edit(*balloons, level, seed=0), mask) for level in (1, 3)]
    assert after[0] < 0.9 * before and after[1] < 0.95 * before


def test_finer_levels_keep_more_of_what_was_put_in(coast):
    model, composite, mask = coast
    kept = [drift(model, x[None], composite, mask) for x in over_levels(harmonize, *coast, seed=0)]
    assert kept == sorted(kept, reverse=True) and kept[0] > 3 * kept[-1]


# ---------------------------------------------------------------------------------------- inputs
def test_path_pil_image_array_and_tensor_give_the_same(toy, tmp_path):
    model, edited, mask = toy
    path = sg.save_image(edited, tmp_path / "edited.png")
    mask_path = sg.save_image(mask * 2 - 1, tmp_path / "mask.png")
    wanted = edit(model, sg.load_image(path), mask, 1, seed=0)
    for source in (path, str(path), Image.open(path), np.asarray(Image.open(path))):
        assert torch.equal(edit(model, source, mask, 1, seed=0), wanted)
    for source in (mask_path, Image.open(mask_path), np.asarray(Image.open(mask_path))):
        assert torch.equal(edit(model, path, source, 1, seed=0), wanted)


def test_a_transparent_picture_is_taken_with_a_notice(toy):
    model, _, mask = toy
    rgba = np.full((24, 32, 4), 128, np.uint8)
    with pytest.warns(sg.ImageNotice, match="transparent"):
        assert edit(model, Image.fromarray(rgba), mask, 1, seed=0).shape == (1, 3, 24, 32)


def test_the_same_aspect_at_another_size_is_resized_with_a_notice(coast):
    model, composite, mask = coast
    big, big_mask = sg.resize(composite, (192, 256)), sg.resize(mask, (192, 256)).clamp(0, 1)
    with pytest.warns(sg.ImageNotice, match="The composite of 192 x 256 .* 96 x 128"):
        made = harmonize(model, big, mask, 4, seed=0)
    assert sg.rmse(made, harmonize(model, composite, mask, 4, seed=0)) < 2
    with pytest.warns(sg.ImageNotice, match="The mask of 192 x 256"):
        harmonize(model, composite, big_mask, 4, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        harmonize(model, composite, mask, 4, seed=0)


@pytest.mark.parametrize("application", [harmonize, edit])
@pytest.mark.parametrize(
    "change, sentence",
    [
        (dict(level=0), "level 1 or finer"),
        (dict(level=6), "There is no level 6"),
        (dict(level=-1), "There is no level -1"),
        (dict(mask=torch.zeros(1, 1, 96, 128)), "mask is empty"),
        (dict(mask=torch.ones(1, 1, 96, 96)), "The mask .* another aspect"),
        (dict(mask=torch.ones(1, 3, 96, 128)), "load_mask"),
        (dict(picture=torch.zeros(1, 3, 128, 96)), "another aspect"),
        (dict(picture=torch.zeros(1, 1, 96, 128)), r"\(1, 3, H, W\)"),
        (dict(picture=torch.zeros(1, 4, 96, 128)), "trained on pictures .1, 3, H, W."),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence(coast, application, change, sentence):
    model, composite, mask = coast
    given = dict(picture=composite, mask=mask, level=2) | change
    with pytest.raises(ValueError, match=sentence):
        application(model, given["picture"], given["mask"], given["level"])


def test_a_mask_that_is_lost_by_reduction_is_refused(coast):
    model, composite, _ = coast
    speck = torch.zeros(1, 1, 960, 1280)
    speck[..., 400, 500] = 1
    with pytest.warns(sg.ImageNotice), pytest.raises(ValueError, match="mask is empty"):
        harmonize(model, composite, speck, 2)


def test_a_pyramid_without_levels_says_so(toy):
    _, edited, mask = toy
    empty = untrained_model(tiny_config(), picture(), levels=0)
    with pytest.raises(ValueError, match="No level of this pyramid is trained"):
        edit(empty, edited, mask, 1)
    with pytest.raises(ValueError, match="1 trained level"):
        injection_levels(untrained_model(tiny_config(), picture(), levels=1))


def test_a_grey_pyramid_edits_grey_pictures():
    model = untrained_model(tiny_config(), picture(channels=1))
    edited, mask = sg.paste(model.image, picture(8, 8, 1, seed=3), top=6, left=6)
    assert edit(model, edited, mask, 1, seed=0, n=2).shape == (2, 1, 24, 32)


# -------------------------------------------------------------------------------- which level
def test_the_contact_sheet_holds_one_result_per_level_of_the_same_noise(coast):
    sheet = over_levels(harmonize, *coast, seed=7)
    assert sheet.shape == (5, 3, 96, 128)
    for level, made in enumerate(sheet, start=1):
        assert torch.equal(made[None], harmonize(*coast, level, seed=7))
    some = over_levels(harmonize, *coast, levels=(4, 2), seed=7, dilate=0)
    assert torch.equal(some[1:], harmonize(*coast, 2, seed=7, dilate=0))


def test_the_contact_sheet_draws_one_seed_for_all_levels(toy):
    model, edited, mask = toy
    seen = set()

    def application(model, edited, mask, level, *, seed):
        seen.add(seed)
        return edit(model, edited, mask, level, seed=seed)

    over_levels(application, model, edited, mask)
    assert len(seen) == 1 and None not in seen


def test_the_suggestion_is_the_coarsest_level_that_keeps_the_input(coast):
    model, found = coast[0], suggest_level(harmonize, *coast, samples=1)
    drifts = {row.level: row.drift for row in found.measurements}
    assert found.level == 4  # for the eye: coarser ones lose the balloon, 5 changes nothing
    region = (coast[2] > 0.5).float()
    limit = default_largest_drift(model, blend(model.image, coast[1], region), region)
    assert drifts[4] <= limit < drifts[3]
    assert all(row.patch_distance < found.input_patch_distance for row in found.measurements)
    text = str(found)
    assert model.plan.label(found.level) in text and text.count("<- suggested") == 1


@pytest.mark.parametrize("contrast", [0.5, 1.0])
def test_an_edit_may_lose_three_tenths_of_its_change_and_paint_28_grey_levels(toy, contrast):
    model, edited, mask = toy
    edited = model.image + contrast * (edited - model.image)
    change = drift(model, model.image, edited, mask)
    assert default_largest_drift(model, edited, mask) == pytest.approx(0.3 * change)
    assert default_largest_drift(model, edited) == 28


def test_how_much_drift_is_allowed_decides_and_what_was_asked_for_may_not_exist(toy):
    assert suggest_level(edit, *toy, largest_drift=1000).level == 1
    none = suggest_level(edit, *toy, largest_drift=0)
    assert none.level == 2 and "No level keeps" in none.reason


def test_a_suggestion_for_paint_looks_at_the_whole_picture(toy):
    model, paint, _ = toy
    found = suggest_level(paint_to_image, model, paint)
    assert len(found.measurements) == 2 and found.input_patch_distance == sg.patch_swd(
        model.image, paint, band=True
    )


def test_a_suggestion_does_not_look_at_what_is_outside_the_mask(toy):
    model, edited, mask = toy
    slip = torch.where(mask.bool(), edited, -edited)
    one, other = (suggest_level(edit, model, x, mask, samples=1) for x in (edited, slip))
    assert one.input_patch_distance == other.input_patch_distance


def test_patch_distance_sees_seams_and_is_zero_for_the_training_picture(toy):
    model, edited, mask = toy
    assert patch_distance(model, model.image, mask) == 0
    assert patch_distance(model, blend(model.image, edited, mask), mask) > 0.1
    assert patch_distance(model, model.image) < 1e-6
    thin = torch.zeros_like(mask)
    thin[..., 12, 6:20] = 1  # no patch sees enough of it: then all that touch it count
    line = torch.where(thin.bool(), -model.image, model.image)
    assert patch_distance(model, line, thin) > 0.1
    assert patch_distance(model, model.image, torch.ones_like(mask)) == 0


def test_a_mask_of_an_edit_is_found_by_comparison(balloons):
    model, edited, mask = balloons
    found = difference_mask(model.image, edited)
    assert (found <= mask).all() and found.sum() > 0.8 * mask.sum()


def test_inputs_are_not_changed_and_signatures_are_those_of_the_design(coast):
    model, composite, mask = coast
    copies = composite.clone(), mask.clone(), model.image.clone()
    harmonize(model, composite, mask, 2, seed=0)
    assert all(torch.equal(a, b) for a, b in zip(copies, (composite, mask, model.image)))
    assert fit_to_model(model, composite, "it") is composite
    for application, names in ((harmonize, "composite"), (edit, "edited")):
        assert list(inspect.signature(application).parameters)[:4] == [
            "model",
            names,
            "mask",
            "level",
        ]
