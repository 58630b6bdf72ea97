"""The sizes of the pyramid, by both rules, and the pictures at these sizes."""

from __future__ import annotations

import re

import pytest
import torch
from helpers import picture
from hypothesis import assume, given
from hypothesis import strategies as st

import singan_edu as sg

# Worked out by hand: N = the number of steps whose r = (short side / 25)^(1/N) is nearest 4/3, then
# round(side / r^n). Where the size is larger than max_size, it is reduced first.
PAPER = [
    # photograph, options, sizes
    (
        (250, 250),
        {},
        [
            (25, 25),
            (33, 33),
            (44, 44),
            (59, 59),
            (79, 79),
            (105, 105),
            (141, 141),
            (187, 187),
            (250, 250),
        ],
    ),
    (
        (188, 250),
        {},
        [(25, 33), (33, 44), (44, 59), (59, 79), (79, 105), (106, 140), (141, 187), (188, 250)],
    ),
    (
        (768, 1024),
        {},
        [(25, 33), (33, 44), (44, 59), (59, 79), (79, 105), (106, 140), (141, 187), (188, 250)],
    ),
    ((100, 100), {}, [(25, 25), (33, 33), (44, 44), (57, 57), (76, 76), (100, 100)]),
    ((60, 240), {}, [(25, 100), (33, 134), (45, 179), (60, 240)]),  # 1:4; r = 1.339
    ((240, 60), {}, [(100, 25), (134, 33), (179, 45), (240, 60)]),
    ((25, 25), {}, [(25, 25)]),  # nothing to reduce
    ((25, 100), {}, [(25, 100)]),
    ((26, 40), {}, [(25, 38), (26, 40)]),
    (
        (81, 121),
        {"max_size": 121},
        [(25, 37), (34, 50), (45, 67), (60, 90), (81, 121)],
    ),  # odd sizes
    ((64, 64), {"min_size": 16}, [(16, 16), (21, 21), (28, 28), (37, 37), (49, 49), (64, 64)]),
    ((64, 64), {"min_size": 16, "scale_factor": 0.5}, [(16, 16), (32, 32), (64, 64)]),
]

# The authors' formula: heights as their code gives them, but for its rounding errors (26 instead of
# 25, 251 instead of 250). The number of levels depends on the size before reduction.
OFFICIAL = [
    ((250, 250), [25, 32, 40, 50, 63, 80, 100, 126, 158, 199, 250]),
    ((188, 250), [25, 32, 40, 49, 62, 77, 96, 121, 151, 188]),
    ((164, 248), [25, 32, 41, 51, 65, 82, 103, 130, 164]),
    ((768, 1024), [25, 33, 42, 54, 69, 89, 114, 147, 188]),
    ((1200, 1920), [25, 33, 43, 55, 72, 93, 121, 157]),
]


@pytest.mark.parametrize("size, options, sizes", PAPER)
def test_paper_rule_gives_the_sizes_worked_out_by_hand(size, options, sizes):
    assert list(sg.plan_pyramid(*size, **options).sizes) == sizes


@pytest.mark.parametrize("size, heights", OFFICIAL)
def test_official_rule_gives_the_heights_of_the_authors_code(size, heights):
    plan = sg.plan_pyramid(*size, rule="official")
    assert [height for height, _ in plan.sizes] == heights


def test_official_rule_keeps_the_long_side_within_max_size():
    assert sg.plan_pyramid(1200, 1920, rule="official").sizes[-1] == (157, 250)


def test_official_level_count_depends_on_the_size_before_reduction_and_the_papers_does_not():
    small, large = (188, 250), (768, 1024)  # both are reduced to 188 x 250
    assert [sg.plan_pyramid(*s, rule="official").num_levels for s in (small, large)] == [10, 9]
    assert [sg.plan_pyramid(*s).num_levels for s in (small, large)] == [8, 8]


def test_ratio_between_levels_is_reported_as_it_came_out():
    assert 1 / sg.plan_pyramid(250, 250).scale_factor == pytest.approx(10 ** (1 / 8))
    assert 1 / sg.plan_pyramid(250, 250, rule="official").scale_factor == pytest.approx(
        10 ** (1 / 10)
    )
    assert 1 / sg.plan_pyramid(60, 240).scale_factor == pytest.approx(2.4 ** (1 / 3))


# --------------------------------------------------------------------------------------- properties
sides = st.integers(25, 700)
limits = st.integers(25, 300)


def plan_or_skip(height: int, width: int, **options) -> sg.PyramidPlan:
    assume(
        min(height, width) * min(1, options["max_size"] / max(height, width))
        >= options.get("min_size", 25) + 0.5
    )
    return sg.plan_pyramid(height, width, **options)


@given(sides, sides, limits, st.sampled_from(["paper", "official"]))
def test_every_pyramid_runs_from_min_size_to_max_size_without_enlarging(height, width, limit, rule):
    plan = plan_or_skip(height, width, max_size=limit, rule=rule)
    finest = plan.sizes[-1]
    assert min(plan.sizes[0]) == 25
    assert max(finest) == min(limit, max(height, width))
    assert finest[0] <= height and finest[1] <= width
    assert plan.original_size == (height, width)
    for coarse, fine in zip(plan.sizes, plan.sizes[1:]):
        assert coarse[0] <= fine[0] and coarse[1] <= fine[1] and coarse != fine


@given(sides, sides, limits, st.sampled_from(["paper", "official"]))
def test_both_sides_of_every_level_are_within_a_pixel_of_the_exact_ratio(
    height, width, limit, rule
):
    plan = plan_or_skip(height, width, max_size=limit, rule=rule)
    allowed = 0.5 + 1e-6 if rule == "paper" else 1.0  # rounded; rounded up
    for level, size in enumerate(plan.sizes):
        factor = plan.scale_factor ** plan.paper_scale(level)
        assert all(
            abs(side - factor * finest) <= allowed for side, finest in zip(size, plan.sizes[-1])
        )


@given(sides, sides, limits)
def test_the_steps_are_the_nearest_whole_number_of_steps_of_four_thirds(height, width, limit):
    plan = plan_or_skip(height, width, max_size=limit)
    ratio = min(plan.sizes[-1]) / 25
    steps = plan.num_levels - 1
    fewer, more = (4 / 3) ** (steps - 0.5), (4 / 3) ** (steps + 0.5)
    assert ratio <= more + 1e-9 and (ratio >= fewer - 1e-9 or steps <= 1)


@given(sides, sides, st.floats(0.5, 0.9), st.integers(11, 40))
def test_other_ratios_and_coarsest_sizes_are_honoured(height, width, factor, min_size):
    plan = plan_or_skip(height, width, max_size=700, scale_factor=factor, min_size=min_size)
    assert min(plan.sizes[0]) == min_size
    if plan.num_levels > 5:
        assert plan.scale_factor == pytest.approx(factor, rel=0.15)


@given(sides, sides, limits)
def test_plan_is_the_same_upright_and_lying(height, width, limit):
    plan = plan_or_skip(height, width, max_size=limit)
    lying = sg.plan_pyramid(width, height, max_size=limit)
    assert [size[::-1] for size in plan.sizes] == list(lying.sizes)


# ---------------------------------------------------------------------------------------- too small
def advised(message: str) -> int:
    found = re.search(r"Use max_size=(\d+) or more", message)
    assert found
    return int(found[1])


@given(st.integers(25, 400), st.integers(25, 1600), st.integers(25, 120))
def test_a_photograph_too_small_after_reduction_is_refused_with_the_max_size_that_works(
    height, width, limit
):
    try:
        sg.plan_pyramid(height, width, max_size=limit)
    except ValueError as error:
        enough = advised(str(error))
    else:
        return
    assert min(sg.plan_pyramid(height, width, max_size=enough).sizes[-1]) >= 25
    with pytest.raises(ValueError, match="below min_size=25"):
        sg.plan_pyramid(height, width, max_size=enough - 1)


def test_refusal_names_the_sizes_and_the_smallest_max_size_that_works():
    with pytest.raises(
        ValueError, match=r"100 x 400 .* 16 x 64 .* min_size=25.* max_size=98 or more"
    ):
        sg.plan_pyramid(100, 400, max_size=64)  # 100 * 98 / 400 = 24.5, rounded 25


def test_a_photograph_that_no_max_size_helps_is_told_the_min_size_that_works():
    with pytest.raises(ValueError, match="min_size=20 or less"):
        sg.plan_pyramid(20, 300)
    assert min(sg.plan_pyramid(20, 300, max_size=300, min_size=20).sizes[0]) == 20


def test_a_photograph_smaller_than_the_receptive_field_is_told_to_be_larger():
    with pytest.raises(ValueError, match="larger photograph: at least 25 pixels") as error:
        sg.plan_pyramid(8, 300)
    assert "or a config" not in str(error.value)


@pytest.mark.parametrize(
    "options, words",
    [
        (dict(rule="mine"), "choose one of paper, official"),
        (dict(scale_factor=1.0), "between 0 and 1"),
        (dict(scale_factor=0.0), "between 0 and 1"),
        (dict(min_size=0), "at least 1 pixel"),
        (dict(max_size=-5), "at least 1 pixel"),
    ],
)
def test_bad_arguments_are_refused_with_a_sentence(options, words):
    with pytest.raises(ValueError, match=words):
        sg.plan_pyramid(100, 100, **options)


# ----------------------------------------------------------------------------------- plan and table
def test_levels_are_numbered_both_ways():
    plan = sg.plan_pyramid(188, 250)
    assert plan.label(0) == "level 0 (paper n=7)" and plan.label(7) == "level 7 (paper n=0)"
    assert plan.num_levels == 8 and plan.paper_scale(3) == 4


def test_table_has_a_row_for_each_level_with_both_numbers_size_pixels_and_shares():
    rows = sg.plan_pyramid(60, 240).describe().splitlines()[2:]
    assert len(rows) == 4
    assert rows[0].split() == ["0", "3", "25", "x", "100", "2,500", "44%", "4.8%"]
    assert rows[-1].split() == ["3", "0", "60", "x", "240", "14,400", "18%", "0.8%"]


def test_table_says_when_the_photograph_is_reduced_and_when_it_is_not():
    assert "768 x 1024 pixels is reduced to 188 x 250" in sg.plan_pyramid(768, 1024).describe()
    assert "at its own 188 x 250 pixels" in sg.plan_pyramid(188, 250).describe()


def test_plan_cannot_be_changed():
    with pytest.raises(AttributeError):
        sg.plan_pyramid(50, 50).sizes = ()


# ----------------------------------------------------------------------------------------- pictures
def test_pyramid_has_the_planned_sizes_and_ends_with_the_photograph_itself():
    image = picture(61, 47)
    plan = sg.plan_pyramid(61, 47, min_size=20)
    levels = sg.image_pyramid(image, plan)
    assert [tuple(level.shape) for level in levels] == [(1, 3, *size) for size in plan.sizes]
    assert torch.equal(levels[-1], image)


def test_every_level_is_reduced_from_the_finest_not_from_its_neighbour():
    image, plan = picture(80, 80), sg.plan_pyramid(80, 80)
    levels = sg.image_pyramid(image, plan)
    assert torch.equal(levels[0], sg.resize(image, plan.sizes[0]))
    assert not torch.equal(levels[0], sg.resize(levels[1], plan.sizes[0]))


def test_a_photograph_larger_than_the_plan_is_reduced_to_its_finest_size_first():
    image, plan = picture(90, 120), sg.plan_pyramid(90, 120, max_size=60)
    finest = sg.resize(image, (45, 60))
    levels = sg.image_pyramid(image, plan)
    assert torch.equal(levels[-1], finest)
    assert torch.equal(levels[0], sg.resize(finest, plan.sizes[0]))


def test_another_photograph_than_the_plan_was_made_for_is_refused():
    with pytest.raises(ValueError, match="60 x 60 pixels, this one is 60 x 61"):
        sg.image_pyramid(picture(60, 61), sg.plan_pyramid(60, 60))


def test_quantized_pyramid_holds_darker_levels():
    image, plan = picture(80, 80), sg.plan_pyramid(80, 80)
    exact, truncated = sg.image_pyramid(image, plan), sg.image_pyramid(image, plan, quantize=True)
    assert all(t.mean() < e.mean() for t, e in zip(truncated, exact))
