"""The scorecard: every control gets the verdict it deserves, on every picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from helpers import picture
from scipy import stats
from torch import Tensor

import singan_edu as sg
from singan_edu.evaluation.controls import CONTROLS, circular_shift
from singan_edu.evaluation.metrics import coverage_maps, patch_swd, pixel_diversity
from singan_edu.evaluation.scorecard import (
    AXES,
    FAILURES,
    FIDELITY_PARTS,
    PASS_THRESHOLDS,
    Estimate,
    Reference,
    Score,
    Scorecard,
    _jackknife,
    _likeness,
)
from singan_edu.evaluation.scorecard import scorecard as score_samples
from singan_edu.images import fitted_size, size_of

PICTURES = ("balloon_festival", "pagoda_lake", "gravel", "deep_field")
QUICK = ("copy", "blur", "colour-matched noise", "phase randomisation")
FOUND: dict[tuple[str, int], Reference] = {}


def photograph(name: str, side: int = 64) -> Tensor:
    image = sg.sample_image(name)
    return sg.resize(image, fitted_size(*size_of(image), side))


def reference(name: str, side: int = 64) -> Reference:
    """Measured once for all tests."""
    if (name, side) not in FOUND:
        FOUND[name, side] = Reference.measure(photograph(name, side))
    return FOUND[name, side]


def score_of(name: str, control: str, *, n: int = 2, side: int = 64, seed: int = 0) -> Score:
    measured = reference(name, side)
    return measured.score(CONTROLS[control](measured.real, n, seed=seed))


def values(score: Score) -> dict[str, float]:
    return {axis: getattr(score, axis).value for axis in AXES}


@pytest.fixture(scope="module")
def card() -> Scorecard:
    """All quick controls on one picture, and two generators' samples."""
    real = photograph("balloon_festival", 48)
    groups = {"shifted": circular_shift(real, 4, seed=9), "still": CONTROLS["copy"](real, 2)}
    return score_samples(real, groups, controls=QUICK, seed=3)


# ---------------------------------------------------------------------------------------- verdicts
@pytest.mark.parametrize("name", PICTURES)
def test_a_copy_is_faithful_and_complete_and_nothing_new(name):
    score = score_of(name, "copy")
    wanted = dict(fidelity=1, objects=1, coverage=1, novelty=0, diversity=0)
    assert values(score) == pytest.approx(wanted, abs=1e-6)
    assert score.misses == ["novelty", "diversity"]


@pytest.mark.parametrize("name", PICTURES)
def test_noise_in_the_photographs_colours_is_new_and_not_like_it(name):
    score = score_of(name, "colour-matched noise")
    # Gravel is nearly noise itself.
    assert score.fidelity.value < (0.42 if name == "gravel" else 0.1) and score.novelty.value == 1
    assert "fidelity" in score.misses and "novelty" not in score.misses


@pytest.mark.parametrize("name", PICTURES)
def test_a_blur_is_not_like_the_photograph_and_always_the_same(name):
    assert score_of(name, "blur").misses == ["fidelity", "diversity"]


@pytest.mark.parametrize("name", PICTURES)
def test_random_phases_are_not_like_the_photograph(name):
    score = score_of(name, "phase randomisation")
    assert "fidelity" in score.misses
    assert score.novelty.value == 1 and score.diversity.value > 0.5


@pytest.mark.parametrize("name", sg.sample_image_names())
def test_a_circular_shift_is_copied_whatever_the_picture(name):
    score = score_of(name, "circular shift")
    assert "novelty" in score.misses and score.novelty.value < 0.25
    assert score.coverage.value > 0.8 and score.diversity.value > 0.3  # these are deceived


@pytest.mark.parametrize("name", PICTURES[:2])
def test_shuffled_tiles_are_copied(name):
    score = score_of(name, "tile shuffle", side=96)
    assert "novelty" in score.misses and score.novelty.value < 0.1
    assert score.diversity.value > 0.4


@pytest.mark.parametrize("name", ["balloon_festival", "deep_field"])
def test_the_patch_baseline_is_faithful_and_complete_and_copied(name):
    score = score_of(name, "patch nearest neighbours")
    assert score.fidelity.value > 0.7 and score.coverage.value > 0.8
    assert "novelty" in score.misses and "fidelity" not in score.misses


@pytest.mark.parametrize("name", PICTURES)
def test_shuffled_tiles_of_a_small_picture_do_not_pass(name):
    assert score_of(name, "tile shuffle").misses


def test_one_bad_measurement_of_fidelity_is_not_hidden_by_a_good_one(card):
    for score in card.scores.values():
        both = [max(score.raw[key], 1e-9) for key in FIDELITY_PARTS]
        assert score.fidelity.value == pytest.approx(stats.hmean(both))
    assert card["blur"].raw["precision"] > 0.5 and card["blur"].fidelity.value < 0.4


def test_the_raw_values_are_those_of_the_axes(card):
    for score in card.scores.values():
        assert {"coherence", "copied", "largest_copy", "ever_shown"} <= score.raw.keys()
        assert score.novelty.value == pytest.approx(1 - score.raw["copied"])
        assert score.raw["ever_shown"] >= score.coverage.value - 1e-9
        assert score.raw["largest_copy"] <= score.raw["copied"]


def test_the_raw_distances_are_patch_swd_and_diversity_is_the_papers(card):
    real = photograph("balloon_festival", 48)
    shifted = circular_shift(real, 4, seed=9)
    raw = card["shifted"].raw
    for name, band in (("swd", False), ("band", True)):
        wanted = patch_swd(real, shifted, band=band, per_level=True)
        assert [raw[f"{name}_{k}"] for k in range(len(wanted))] == pytest.approx(wanted)
        assert f"{name}_{len(wanted)}" not in raw
    assert card["shifted"].diversity.value == pytest.approx(pixel_diversity(shifted, real))


def test_fidelity_lies_between_noise_and_the_photographs_own_halves():
    measured = reference("pagoda_lake")
    floor, ceiling = measured.swd_floors[0], measured.swd_ceilings[0]
    middle = (floor * ceiling).sqrt()  # distances count by their ratios
    rows = torch.stack([floor, middle, ceiling, floor / 2, ceiling * 2])
    for column in _likeness(rows, floor, ceiling).T:
        assert column.tolist() == pytest.approx([1, 0.5, 0, 1, 0])
    near = _likeness(floor[None], floor, floor)  # a photograph that is noise itself
    assert near.isfinite().all()


def test_other_bands_do_not_compensate_for_one_without_detail():
    measured = reference("pagoda_lake", 96)
    half = sg.resize(sg.resize(measured.real, (36, 48)), (72, 96))  # the finest band is gone
    raw = measured.score(half.repeat(2, 1, 1, 1)).raw
    assert raw["band_2"] < 0.1 and raw["band_likeness"] < 0.1 < 0.9 < raw["swd_likeness"]


def test_what_is_shown_is_what_the_metric_says_where_nothing_is_reduced():
    measured = reference("pagoda_lake")
    samples = CONTROLS["phase randomisation"](measured.real, 2)
    assert torch.equal(measured.coverage_maps(samples), coverage_maps(measured.real, samples))


def test_scores_do_not_depend_on_the_order_of_samples():
    measured = reference("gravel")
    samples = CONTROLS["phase randomisation"](measured.real, 3)
    one, other = measured.score(samples), measured.score(samples.flip(0))
    for axis in AXES:
        a, b = getattr(one, axis), getattr(other, axis)
        assert (a.value, a.low) == pytest.approx((b.value, b.low))


# --------------------------------------------------------------------------------------- intervals
@pytest.mark.parametrize("n", [3, 5, 20])
def test_the_jackknife_of_a_mean_is_the_textbooks_t_interval(n):
    numbers = np.random.default_rng(n).normal(0.5, 0.2, n)
    found = _jackknife(torch.tensor(numbers), torch.mean)
    low, high = stats.t.interval(0.95, n - 1, loc=numbers.mean(), scale=stats.sem(numbers))
    assert (found.value, found.low, found.high) == pytest.approx((numbers.mean(), low, high))


def test_the_interval_of_coverage_is_that_of_the_samples_own_coverages():
    measured = reference("gravel")
    samples = CONTROLS["phase randomisation"](measured.real, 5)
    shares = np.array([measured.coverage_maps(x[None]).double().mean().item() for x in samples])
    low, high = stats.t.interval(0.95, 4, loc=shares.mean(), scale=stats.sem(shares))
    found = measured.score(samples).coverage
    assert (found.value, found.low, found.high) == pytest.approx((shares.mean(), low, high))
    assert low < found.value < high


def test_the_interval_of_diversity_leaves_each_sample_out_once():
    measured = reference("deep_field")
    samples = CONTROLS["colour-matched noise"](measured.real, 4)
    rest = [
        pixel_diversity(torch.cat([samples[:k], samples[k + 1 :]]), measured.real) for k in range(4)
    ]
    error = math.sqrt(3 / 4 * sum((x - np.mean(rest)) ** 2 for x in rest))
    found = measured.score(samples).diversity
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, 3) * error)
    assert found.value - found.low == pytest.approx(found.high - found.value)


def test_two_samples_have_values_and_no_intervals(card):
    for axis in AXES:
        estimate = getattr(card["still"], axis)
        assert math.isfinite(estimate.value) and math.isnan(estimate.low + estimate.high)
    assert card["still"].samples == 2 and card["copy"].samples == card["shifted"].samples == 4
    assert str(Estimate(1.0, math.nan, math.nan)) == "1.00 ± nan"


# --------------------------------------------------------------------------------------- the table
def test_the_table_has_a_row_for_every_generator_with_its_numbers_and_verdict(card):
    lines = card.describe().splitlines()
    assert str(card) == card.describe() and len(lines) == 1 + 2 + len(QUICK)
    assert lines[0].split() == ["generator", "n", *AXES, "verdict"]
    for line, name in zip(lines[1:], ["shifted", "still", *QUICK]):
        assert line.startswith(name) and line.endswith(card.verdict(name))
        for axis in AXES:
            assert str(getattr(card[name], axis)) in line
        assert f" {card[name].samples} " in line


def made_up(**changes: float) -> Scorecard:
    numbers = {axis: PASS_THRESHOLDS[axis] for axis in AXES} | changes
    estimates = {axis: Estimate(x, x, x) for axis, x in numbers.items()}
    return Scorecard({"it": Score(samples=8, raw={}, **estimates)})


def test_who_reaches_enough_on_all_axes_passes():
    assert made_up().passes("it") and made_up().verdict("it") == "passes"
    for axis in AXES:
        below = made_up(**{axis: PASS_THRESHOLDS[axis] - 1e-6})
        assert not below.passes("it") and below.verdict("it") == FAILURES[axis]
    assert made_up(fidelity=0, diversity=0).verdict("it") == (
        "not like the photograph; always the same"
    )


def test_the_controls_depend_on_the_seed_and_may_be_left_out():
    real = photograph("gravel", 48)
    samples = circular_shift(real, 2)
    names = ["phase randomisation"]
    one, same, other = (score_samples(real, samples, controls=names, seed=s) for s in (1, 1, 2))
    assert list(one.scores) == ["samples", *names]
    assert values(one[names[0]]) == values(same[names[0]]) != values(other[names[0]])
    assert values(one["samples"]) == values(other["samples"])
    assert list(score_samples(real, samples, controls=()).scores) == ["samples"]


# --------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("real", "samples", "options", "words"),
    [
        (picture(), picture(), dict(controls=["clone"]), "no control 'clone'; choose from copy"),
        (picture(), picture(), {}, "at least two samples"),
        (picture(), picture(24, 33).repeat(2, 1, 1, 1), {}, "24 x 32 and 24 x 33 pixels; resize"),
        (picture(), {}, {}, "no samples to score"),
        (picture(), {"copy": picture()}, {}, "'copy' is the name of a control"),
        (picture() * math.nan, picture(), {}, "real holds values that are not finite"),
        (picture(), picture() / 0, {}, "samples holds values that are not finite"),
        (
            picture(),
            1.2 * picture().repeat(2, 1, 1, 1),
            {},
            r"samples runs from .* \[-1, 1\]",
        ),
        (picture(13, 40), picture(13, 40), {}, "13 x 40 pixels is too small, or too narrow"),
        (picture(20, 220), picture(20, 220), {}, "20 x 220 pixels is too small, or too narrow"),
        (picture().repeat(2, 1, 1, 1), picture(), {}, "must be one image .* got 2"),
        (picture(), picture(channels=1).repeat(2, 1, 1, 1), {}, "3 channels, samples has 1"),
        (
            torch.full((1, 3, 24, 32), 0.1),
            picture().repeat(2, 1, 1, 1),
            {},
            "no detail|uniform",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused_with_a_sentence(real, samples, options, words):
    with pytest.raises(ValueError, match=words):
        score_samples(real, samples, **options)


def test_in_a_tiny_picture_not_everything_counts_as_shown():
    real = photograph("gravel", 24)[..., :16, :16]
    assert not Reference.measure(real).coverage_maps(-real).all()
