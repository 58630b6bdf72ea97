"""What lesson 08 brings along: its table, its figures, its broken pyramid."""

from __future__ import annotations

import pytest
import torch

import singan_edu as sg
from singan_edu.applications import training_variants as studies
from singan_edu.course import plots
from singan_edu.course.exercises import lesson_08 as lab


@pytest.fixture(scope="module")
def arms() -> list[studies.TrainedVariant]:
    """Two of the pyramids that ship, with few samples."""
    names = ("scales_1", "padding_noise")
    models = {name: sg.load_pretrained(f"balloon_festival-{name}") for name in names}
    return [studies.measure_model(name, model, samples=4) for name, model in models.items()]


def test_the_table_that_ships_has_whole_studies_of_two_pictures():
    layouts = lab.by_training(lab.study_rows(), "layout")
    assert {name.split()[0] for name in layouts} == {"balloon_festival", "painted_coast"}
    whole = [one for one in layouts.values() if len(one) == 8]
    assert len(whole) >= 3
    assert all(-1 <= value <= 1 for one in layouts.values() for value in one.values())


def test_numbers_of_the_table_are_numbers_and_words_stay_words():
    row = lab.study_rows()[0]
    assert isinstance(row["layout"], float) and isinstance(row["seed"], float)
    assert isinstance(row["picture"], str) and isinstance(row["padding"], str)


@pytest.mark.parametrize("variant", ["scales_1", "scales_4", "padding_conv", "padding_noise"])
def test_the_share_reached_is_that_of_the_pyramid_that_ships(variant):
    (row,) = (
        row
        for row in lab.study_rows()
        if (row["picture"], row["setting"], row["seed"]) == ("balloon_festival", variant, 0)
    )
    heights = [height for height, _ in sg.load_pretrained(f"balloon_festival-{variant}").plan.sizes]
    reach = studies.border_influence_radius(heights, first=int(variant == "padding_noise"))
    assert lab.share_reached(row) == pytest.approx(reach / 24, rel=0.02)


def test_figures_have_a_panel_for_each_thing(arms):
    assert len(lab.draw_scales(arms, samples=2).axes) == 6
    assert len(lab.draw_arms(arms).axes) == 8
    maps = [arm.deviations for arm in arms]
    figure = lab.draw_maps(maps, ["one", "other"], label="std", columns=2)
    assert [ax.get_title() for ax in figure.axes[:2]] == ["one", "other"]
    assert figure.axes[2].get_ylabel() == "std"  # the scale
    points = {"photo 0": {"scales_1": (0.2, 0.3), "padding_noise": (0.5, 0.5)}}
    assert plots.png(lab.draw_layouts(points)).startswith(b"\x89PNG")


def test_broken_pyramid_differs_as_far_from_the_border_as_its_level_reaches():
    healthy = lab.VARIANTS["scales_5"]
    broken = lab.broken_pyramid()
    gap = (healthy.sample(4, seed=0) - broken.sample(4, seed=0)).abs().amax(dim=(0, 1)) * 127.5
    heights = [height for height, _ in healthy.plan.sizes]
    depth = (gap[:24, 24:-24].amax(dim=1) > 1).nonzero().max().item() + 1
    reaches = [studies.border_influence_radius(heights, level) for level in range(5)]
    assert min(range(5), key=lambda level: abs(reaches[level] - depth)) == lab.BROKEN_LEVEL
    assert type(healthy.generators[lab.BROKEN_LEVEL]) is sg.Generator  # the original is as it was
    assert torch.equal(
        broken.generators[lab.BROKEN_LEVEL].stack[0][0].weight,
        healthy.generators[lab.BROKEN_LEVEL].stack[0][0].weight,
    )
