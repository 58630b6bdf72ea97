"""What lesson 08 experiments with: its table, its figures, its faulty model."""

from __future__ import annotations

import pytest
import torch

import singan_edu as sg
from singan_edu.applications import training_variants as studies
from singan_edu.course import plots
from singan_edu.course.labs import lesson_08 as lab


@pytest.fixture(scope="module")
def variants() -> list[studies.TrainedVariant]:
    """Two pretrained models, with few samples."""
    names = ("scales_1", "padding_noise")
    return [studies.measure_model(name, lab.variant(name), samples=4) for name in names]


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
def test_the_influenced_fraction_is_that_of_the_pretrained_model(variant):
    (row,) = (
        row
        for row in lab.study_rows()
        if (row["picture"], row["setting"], row["seed"]) == ("balloon_festival", variant, 0)
    )
    heights = [height for height, _ in lab.variant(variant).plan.sizes]
    radius = studies.border_influence_radius(heights, first=int(variant == "padding_noise"))
    assert lab.influenced_fraction(row) == pytest.approx(radius / 24, rel=0.02)


def test_figures_have_a_panel_for_each_thing(variants):
    assert len(lab.draw_scales(variants, samples=2).axes) == 6
    assert len(lab.draw_borders(variants).axes) == 8
    maps = [variant.deviations for variant in variants]
    figure = lab.draw_maps(maps, ["one", "other"], label="std", columns=2)
    assert [ax.get_title() for ax in figure.axes[:2]] == ["one", "other"]
    assert figure.axes[2].get_ylabel() == "std"  # the scale
    points = {"photo 0": {"scales_1": (0.2, 0.3), "padding_noise": (0.5, 0.5)}}
    assert plots.png(lab.draw_layouts(points)).startswith(b"\x89PNG")


def test_faulty_model_differs_as_far_from_the_border_as_its_level_has_influence():
    reference = lab.variant("scales_5")
    faulty = lab.faulty_model(reference)
    gap = (reference.sample(4, seed=0) - faulty.sample(4, seed=0)).abs().amax(dim=(0, 1)) * 127.5
    heights = [height for height, _ in reference.plan.sizes]
    depth = (gap[:24, 24:-24].amax(dim=1) > 1).nonzero().max().item() + 1
    radii = [studies.border_influence_radius(heights, level) for level in range(5)]
    assert min(range(5), key=lambda level: abs(radii[level] - depth)) == lab.FAULTY_LEVEL
    assert type(reference.generators[lab.FAULTY_LEVEL]) is sg.Generator  # it is unchanged
    assert torch.equal(
        faulty.generators[lab.FAULTY_LEVEL].stack[0][0].weight,
        reference.generators[lab.FAULTY_LEVEL].stack[0][0].weight,
    )
