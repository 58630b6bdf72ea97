"""What a training will cost, said before it begins."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from helpers import picture, tiny_config

import singan_edu as sg
from singan_edu.training import cost
from singan_edu.training.plan import BASE_BYTES, LevelCost, TrainingPlan, plan_for


@pytest.fixture(scope="module")
def plan() -> TrainingPlan:
    return sg.plan_training(
        picture(60, 80), tiny_config(channels_double_every=2, iterations=(9, 5))
    )


def test_plan_has_sizes_channels_and_iterations_of_every_level(plan):
    assert (
        [level.size for level in plan.levels]
        == list(plan.pyramid.sizes)
        == [(13, 17), (18, 24), (24, 32)]
    )
    assert [level.channels for level in plan.levels] == [4, 4, 8]
    assert [level.iterations for level in plan.levels] == [9, 5, 5]


def test_estimates_are_positive_and_add_up(plan):
    assert all(level.seconds_per_iteration > 0 for level in plan.levels)
    assert plan.seconds == pytest.approx(
        sum(n.iterations * n.seconds_per_iteration for n in plan.levels)
    )
    assert plan.memory_bytes > 100e6


def test_table_has_both_numberings_sizes_channels_iterations_shares_and_times(plan):
    headline, header, *rows, estimate = plan.describe().splitlines()
    assert "60 x 80 pixels is reduced to 24 x 32 (max_size)" in headline
    assert header.split() == [
        "level",
        "paper",
        "n",
        "height",
        "x",
        "width",
        "channels",
        "iterations",
        "field:",
        "side",
        "area",
        "time",
    ]
    # 11 pixels are 11/13 of the short side at level 0, 11/24 at level 2
    assert rows[0].split()[:9] == ["0", "2", "13", "x", "17", "4", "9", "85%", "54.8%"]
    assert rows[2].split()[:9] == ["2", "0", "24", "x", "32", "8", "5", "46%", "15.8%"]
    assert estimate.startswith("estimate: ") and "GB of memory (cpu" in estimate
    assert str(plan) == plan.describe()


@pytest.mark.parametrize(
    "options",
    [
        dict(pyramid_rule="official"),
        dict(scale_factor=0.6),
        dict(min_size=16),
        dict(max_size=28),
    ],
)
def test_the_plan_follows_every_setting_of_the_pyramid(options):
    config = tiny_config(**options)
    wanted = sg.plan_pyramid(
        24,
        32,
        min_size=config.min_size,
        max_size=config.max_size,
        scale_factor=config.scale_factor,
        rule=config.pyramid_rule,
    )
    assert plan_for(picture(), config) == wanted != plan_for(picture(), tiny_config())


def test_headline_says_so_when_nothing_is_reduced():
    assert "at its own 24 x 32 pixels" in str(sg.plan_training(picture(), tiny_config()))


def test_times_in_the_table_are_written_for_people(plan):
    slow = dataclasses.replace(plan, levels=(LevelCost((24, 32), 8, 2000, 1.0),))
    assert "33 min 20 s" in str(slow)


def test_larger_levels_that_would_take_long_are_reckoned_by_pixels_and_a_new_width_is_tried(
    monkeypatch,
):
    tried = []

    def trial(state, trials):
        tried.append((state.level, trials))
        return 0.4

    monkeypatch.setattr(cost, "LONGEST_TRIAL_SECONDS", 0.5)
    monkeypatch.setattr(cost, "_time_iteration", trial)
    plan = sg.plan_training(
        picture(64, 64), tiny_config(min_size=16, max_size=64, channels_double_every=2)
    )
    assert [level.size[0] for level in plan.levels] == [16, 21, 28, 37, 49, 64]
    assert [level.channels for level in plan.levels] == [4, 4, 8, 8, 8, 8]
    assert tried == [(0, cost.FEWEST_TRIALS), (2, 1)]  # one trial of what may take long
    seconds = [level.seconds_per_iteration for level in plan.levels]
    sides = [(16, 16), (21, 16), (28, 28), (37, 28), (49, 28), (64, 28)]  # own; of the one tried
    assert seconds == pytest.approx([0.4 * (own / of) ** 2 for own, of in sides])


def test_quick_levels_are_tried_out_each(monkeypatch):
    monkeypatch.setattr(cost, "LONGEST_TRIAL_SECONDS", 0.5)
    tried = []
    monkeypatch.setattr(
        cost, "_time_iteration", lambda state, trials: tried.append(state.level) or 1e-3
    )
    sg.plan_training(picture(), tiny_config())
    assert tried == [0, 1, 2]


def test_a_trial_works_for_every_level_of_every_recipe(monkeypatch):
    monkeypatch.setattr(cost, "LONGEST_TRIAL_SECONDS", 10.0)
    plan = sg.plan_training(
        picture(channels=1), tiny_config(padding="noise", channels_double_every=1)
    )
    assert all(level.seconds_per_iteration > 0 for level in plan.levels)


def test_memory_grows_with_the_largest_level(plan):
    wider = dataclasses.replace(plan, levels=(*plan.levels, LevelCost((240, 320), 64, 1, 1.0)))
    assert wider.memory_bytes > plan.memory_bytes + 4 * 5 * 240 * 320 * 64


def test_bfloat16_takes_half_the_memory_beyond_what_python_and_pytorch_take(plan):
    half = dataclasses.replace(plan, config=plan.config.replace(precision="bfloat16"))
    full = plan.memory_bytes - BASE_BYTES
    assert half.memory_bytes - BASE_BYTES == pytest.approx(full / 2)


def test_planning_leaves_the_global_seed_and_the_photograph_alone():
    image, before = picture(), torch.get_rng_state()
    sg.plan_training(image, tiny_config())
    assert torch.equal(torch.get_rng_state(), before) and torch.equal(image, picture())


def test_a_photograph_that_is_too_small_is_refused_before_anything_is_tried(monkeypatch):
    monkeypatch.setattr(cost, "_time_iteration", lambda *_: pytest.fail("tried out"))
    with pytest.raises(ValueError, match="below min_size=13"):
        sg.plan_training(picture(10, 40), tiny_config())
