"""What lesson 11 experiments with: objects to paste, masks, distances between colours."""

from __future__ import annotations

import pytest
import torch

import singan_edu as sg
from singan_edu.course.labs import lesson_11 as lab
from singan_edu.course.lesson import committed_parameters


@pytest.fixture(scope="module")
def canyon() -> torch.Tensor:
    return sg.sample_image("canyon_river")


def intersection_over_union(one: torch.Tensor, other: torch.Tensor) -> float:
    return ((one * other).sum() / torch.maximum(one, other).sum()).item()


def test_the_lessons_own_composite_is_the_one_that_ships(canyon):
    where = {name: committed_parameters("11")[name] for name in ("top", "left", "height")}
    composite, mask = lab.paste_object(canyon, "rock arch", **where)
    assert torch.equal(mask, sg.sample_mask("canyon_river_composite_mask"))
    assert (composite - sg.sample_image("canyon_river_composite")).abs().max() < 0.01


@pytest.mark.parametrize("name", lab.OBJECTS)
@pytest.mark.parametrize("left", [20, 90])
def test_clicked_corners_and_a_stroke_follow_every_object_even_at_the_border(canyon, name, left):
    _, mask = lab.paste_object(canyon, name, top=20, left=left, height=40)
    size = (mask.shape[-2], mask.shape[-1])
    clicked = sg.polygon_mask(size, lab.outline_corners(mask))
    brushed = sg.brush_mask(size, lab.stroke_over(mask), radius=size[0] / 14)
    assert intersection_over_union(clicked, mask) > 0.85
    assert (brushed * mask).sum() > 0.4 * mask.sum()


def test_objects_can_be_pasted_into_grey_images(canyon):
    composite, mask = lab.paste_object(canyon.mean(dim=1, keepdim=True), "balloon", 5, 67, 44)
    assert composite.shape[1] == mask.shape[1] == 1


def test_an_unknown_object_is_refused_with_the_names_of_the_others(canyon):
    with pytest.raises(ValueError, match="No object 'kite' ships.*rock arch.*balloon"):
        lab.paste_object(canyon, "kite", 5, 67, 44)


def test_a_close_up_shows_the_whole_object_and_its_surroundings(canyon):
    composite, mask = lab.paste_object(canyon, "orange slice", 4, 75, 26)
    near = lab.close_up(torch.cat([composite, composite]), mask)
    assert lab.close_up(mask, mask).sum() == mask.sum()
    assert near.shape[0] == 2 and near[0].numel() < composite.numel() / 4


def test_colours_of_the_training_image_have_no_distance_and_those_of_an_orange_have():
    model = sg.load_pretrained("canyon_river")
    slice_in_sky = sg.sample_image("canyon_river_unsuitable_composite")
    mask = sg.sample_mask("canyon_river_unsuitable_composite_mask")
    assert lab.colour_distance(model, model.image, mask) == 0
    assert lab.colour_distance(model, slice_in_sky, mask) > 20
