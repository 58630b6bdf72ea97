"""Masks: drawn, found and softened as promised; a blend leaves the outside alone, to the bit."""

from __future__ import annotations

import math

import pytest
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st

from singan_edu.applications.masks import (
    blend,
    brush_mask,
    difference_mask,
    polygon_mask,
    soft_mask,
)


def ones_at(mask):
    return {tuple(place) for place in mask[0, 0].nonzero().tolist()}


def dot(row=20, column=25, size=(40, 50)):
    mask = torch.zeros(1, 1, *size)
    mask[..., row, column] = 1
    return mask


def distances(row, column, size=(40, 50)):
    rows, columns = (torch.arange(side)[:, None] for side in size)
    return ((rows - row) ** 2 + (columns.T - column) ** 2).sqrt()


# ---------------------------------------------------------------------------------------- polygons
def test_a_polygon_is_given_by_rows_and_columns():
    mask = polygon_mask((10, 20), [(2, 5), (2, 15), (6, 15), (6, 5)])
    assert mask.shape == (1, 1, 10, 20) and mask.dtype == torch.float32
    assert (mask[0, 0, 3:6, 6:15] == 1).all() and set(mask.unique().tolist()) == {0, 1}
    assert mask[0, 0, :2].sum() == mask[0, 0, 7:].sum() == mask[0, 0, :, :5].sum() == 0


def test_a_polygon_may_stick_out_but_not_lie_outside():
    assert polygon_mask((10, 20), [(-5, -5), (-5, 40), (40, -5)])[0, 0].all()
    corner = polygon_mask((10, 20), [(-5, -5), (-5, 9), (9, -5)])[0, 0]
    assert corner[0, 0] == 1 and corner[5:].sum() == corner[:, 5:].sum() == 0
    with pytest.raises(ValueError, match=r"selects no pixel .* \(row, column\)"):
        polygon_mask((10, 20), [(30, 30), (30, 40), (40, 40)])


@pytest.mark.parametrize("points", [[], [(1, 2), (3, 4)]])
def test_a_polygon_needs_three_corners(points):
    with pytest.raises(ValueError, match="three corners"):
        polygon_mask((10, 20), points)


@pytest.mark.parametrize("points", [[(1, 2, 3)] * 3, [(1, math.nan)] * 3])
def test_points_are_pairs_of_numbers(points):
    with pytest.raises(ValueError, match="pairs"):
        polygon_mask((10, 20), points)


# ----------------------------------------------------------------------------------------- brushes
@pytest.mark.parametrize("radius", [0, 1, 3.5])
def test_a_dab_is_a_disk(radius):
    mask = brush_mask((40, 50), [(20, 25)], radius)
    assert torch.equal(mask[0, 0] > 0, distances(20, 25) <= radius)


def test_a_stroke_is_as_wide_as_the_brush_all_along():
    mask = brush_mask((40, 50), [(10, 5), (10, 40), (30, 40)], 2)
    assert (mask[0, 0, :, 20] > 0).nonzero()[:, 0].tolist() == [8, 9, 10, 11, 12]
    assert (mask[0, 0, 20] > 0).nonzero()[:, 0].tolist() == [38, 39, 40, 41, 42]
    assert mask[0, 0, 20, 20] == 0  # the stroke is not filled


def test_a_stroke_along_the_outside_of_the_border_shows_its_edge():
    mask = brush_mask((40, 50), [(-2, 10), (-2, 20)], 3)
    assert (mask[0, 0, :, 15] > 0).nonzero()[:, 0].tolist() == [0, 1]
    with pytest.raises(ValueError, match="selects no pixel"):
        brush_mask((40, 50), [(-9, 10)], 3)
    assert torch.equal(  # however far it goes out
        brush_mask((40, 50), [(20, 25), (20, 300)], 1),
        brush_mask((40, 50), [(20, 25), (20, 60)], 1),
    )


@pytest.mark.parametrize("stroke, radius", [([], 1), ([(1, 1)], -1)])
def test_a_stroke_needs_a_point_and_a_radius(stroke, radius):
    with pytest.raises(ValueError, match="one point or more"):
        brush_mask((10, 10), stroke, radius)


# ------------------------------------------------------------------------------------- differences
def test_the_difference_of_two_pictures_is_where_any_channel_changed():
    before = picture() * 0.5
    after = before.clone()
    after[:, 1, 3:6, 7:9] += 0.3  # green alone
    after[:, :, 20:22, 20:22] += 0.05  # too little to be seen
    assert ones_at(difference_mask(before, after)) == {(r, c) for r in (3, 4, 5) for c in (7, 8)}
    assert difference_mask(before, after, 0.01).sum() == 10
    assert difference_mask(after, before).sum() == 6


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="one shape"):
        difference_mask(picture(), picture(24, 33))
    with pytest.raises(ValueError, match="lower the threshold"):
        difference_mask(picture(), picture() + 0.01)


# -------------------------------------------------------------------------------------- soft masks
@given(dilate=st.floats(0, 8), feather=st.floats(0, 3))
def test_the_support_of_a_soft_mask_is_known(dilate, feather):
    soft = soft_mask(dot(), dilate=dilate, feather=feather)[0, 0]
    assert soft.max() == 1 and soft.min() == 0
    assert (soft[distances(20, 25) > dilate + 3 * math.sqrt(2) * feather + 1] == 0).all()
    assert (soft[distances(20, 25) <= dilate] > 0).all()


def test_without_feather_a_soft_mask_is_the_dilated_one():
    soft = soft_mask(dot(), dilate=5, feather=0)
    assert torch.equal(soft[0, 0] > 0, distances(20, 25) <= 5)
    assert set(soft.unique().tolist()) == {0, 1}


def test_feather_makes_the_edge_a_slope():
    mask = torch.zeros(1, 1, 40, 50)
    mask[..., :25] = 1
    edge = soft_mask(mask, dilate=4, feather=2)[0, 0, 20]
    assert (edge.diff() <= 0).all() and edge.diff().min() > -0.25  # 1/(σ √2π) at the steepest
    assert edge[:20].eq(1).all() and edge[36:].eq(0).all()
    assert edge[28] > 0.5 > edge[29]  # it begins where the dilated mask ends


def test_noise_below_one_half_selects_nothing():
    noisy = dot() + 0.4 * (1 - dot())
    assert torch.equal(soft_mask(noisy, dilate=3, feather=1), soft_mask(dot(), dilate=3, feather=1))


def test_a_mask_of_everything_stays_one():
    assert torch.equal(
        soft_mask(torch.ones(1, 1, 9, 9), dilate=2, feather=3), torch.ones(1, 1, 9, 9)
    )


@pytest.mark.parametrize(
    "mask, sentence",
    [
        (torch.zeros(1, 1, 8, 8), "empty"),
        (torch.full((1, 1, 8, 8), 0.5), "empty"),
        (torch.ones(1, 3, 8, 8), "shape .* load_mask"),
        (torch.ones(8, 8), "shape .* load_mask"),
        (torch.full((1, 1, 8, 8), 255.0), r"lies in \[0, 1\]"),
        (torch.full((1, 1, 8, 8), torch.nan), r"lies in \[0, 1\]"),
    ],
)
def test_what_is_no_mask_is_refused(mask, sentence):
    with pytest.raises(ValueError, match=sentence):
        soft_mask(mask, dilate=1, feather=1)


@pytest.mark.parametrize("options", [dict(dilate=-1, feather=1), dict(dilate=1, feather=-1)])
def test_pixels_are_not_negative(options):
    with pytest.raises(ValueError, match="at least 0"):
        soft_mask(dot(), **options)


# ---------------------------------------------------------------------------------------- blending
def test_a_blend_is_exact_at_both_ends_and_mixed_between():
    background, made = picture(40, 50), torch.cat([picture(40, 50, seed=s) for s in (1, 2)])
    soft = soft_mask(dot(), dilate=6, feather=2)
    blended = blend(background, made, soft)
    outside, inside = (soft == 0).expand(2, 3, -1, -1), (soft == 1).expand(2, 3, -1, -1)
    assert torch.equal(blended[outside], background.expand(2, -1, -1, -1)[outside])
    assert inside.any() and torch.equal(blended[inside], made[inside])
    assert torch.allclose(blended, (1 - soft) * background + soft * made, atol=1e-6)


def test_what_does_not_belong_together_is_not_blended():
    for one, other, mask in [((4, 5), (4, 6), (4, 5)), ((4, 5), (4, 5), (5, 5))]:
        with pytest.raises(ValueError, match="one size"):
            blend(torch.zeros(1, 3, *one), torch.zeros(1, 3, *other), torch.zeros(1, 1, *mask))
    with pytest.raises(ValueError, match="one size"):
        blend(torch.zeros(1, 1, 4, 5), torch.zeros(1, 3, 4, 5), torch.zeros(1, 1, 4, 5))
