"""Number of scales and padding: the variants are what they promise, and the measures see it."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import picture, tiny_config, untrained_model
from torch import Tensor

import singan_edu as sg
from singan_edu.applications.training_variants import (
    Variant,
    border_influence_radius,
    border_variability,
    comparison_table,
    corner_match,
    layout_correlation,
    location_match,
    measure,
    measure_model,
    number_of_scales,
    padding_variants,
    std_map,
    structure_distance,
    train_variants,
    variant_folder,
)
from singan_edu.evaluation import controls
from singan_edu.training.plan import plan_for

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
LESSON = sg.TrainConfig.preset("lesson", max_size=64)


def noise(n: int, height: int = 48, width: int = 64, seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, 3, height, width, generator=rng)


@pytest.fixture(scope="module")
def photograph() -> Tensor:
    """Sky above, crowd below: 48 x 64 pixels."""
    return sg.resize(sg.sample_image("balloon_festival"), (48, 64))


@pytest.fixture(scope="module")
def layouts(photograph: Tensor) -> Tensor:
    """Samples that keep the photograph's places: moved by two pixels at most, some noise."""
    moved = [photograph.roll((down, right), (2, 3)) for down in (-2, 1) for right in (-2, 0, 2)]
    return (torch.cat(moved) + 0.1 * noise(6)).clamp(-1, 1)


@pytest.fixture(scope="module")
def textures(photograph: Tensor) -> Tensor:
    """Samples of the same pieces, an eighth of the picture each, anywhere."""
    return torch.cat([shuffled(photograph, seed) for seed in range(6)])


def shuffled(image: Tensor, seed: int, side: int = 8) -> Tensor:
    """The picture cut into squares that are laid anew at random."""
    rng = torch.Generator().manual_seed(seed)
    pieces = torch.nn.functional.unfold(image, side, stride=side)
    pieces = pieces[:, :, torch.randperm(pieces.shape[2], generator=rng)]
    return torch.nn.functional.fold(pieces, image.shape[-2:], side, stride=side)


# -------------------------------------------------------------------------------- number of scales
@pytest.mark.parametrize("factor", [0.6, 0.75, 0.85])
@pytest.mark.parametrize(("height", "width"), [(188, 250), (96, 128), (300, 90), (64, 64)])
def test_scales_are_as_many_as_asked_with_the_same_finest_size_and_ratio(height, width, factor):
    image, config = torch.zeros(1, 3, height, width), LESSON.replace(scale_factor=factor)
    if min(sg.plan_pyramid(height, width, min_size=11, max_size=64).sizes[-1]) < 25:
        config = config.replace(max_size=128)
    own = plan_for(image, config)
    counts = (1, 2, 3)
    for count, variant in zip(counts, number_of_scales(image, config, counts)):
        plan = plan_for(image, variant.config)
        assert variant.label == f"scales_{count}"
        assert plan.num_levels == count and plan.sizes[-1] == own.sizes[-1]
        for mine, theirs in zip(plan.sizes[::-1], own.sizes[::-1]):
            assert max(abs(a - b) for a, b in zip(mine, theirs)) <= 1
        assert min(plan.sizes[0]) == variant.config.min_size
        field = variant.config.receptive_field
        assert variant.coarsest_share == sg.receptive_field_share(plan.sizes[0], field)[0]


def test_the_field_covers_more_with_every_scale_and_the_rest_of_the_configuration_stays(photograph):
    variants = number_of_scales(photograph, LESSON)
    assert [variant.label for variant in variants] == [f"scales_{k}" for k in (2, 3, 4, 5)]
    shares = [variant.coarsest_share for variant in variants]
    assert shares == pytest.approx([11 / 35, 11 / 25, 11 / 18, 11 / 13])
    for variant in variants:
        same = variant.config.replace(min_size=25, scale_factor=LESSON.scale_factor)
        assert same == LESSON
    assert variants[1].config == LESSON  # not merely alike: a training of it is found again


def test_the_share_is_one_at_most_and_knows_deeper_networks():
    assert Variant("", tiny_config(min_size=11)).coarsest_share == 1
    deep = sg.TrainConfig(num_layers=8, min_size=34)
    assert Variant("", deep).coarsest_share == 17 / 34


@pytest.mark.parametrize(
    ("scales", "words"),
    [
        (
            (2, 6),
            "6 scales do not fit below 48 x 64 pixels.* receptive field of 11.* Take at most 5,",
        ),
        ((0,), "scales holds 0; give whole numbers"),
        ((2.5,), "scales holds 2.5; give whole numbers"),
    ],
)
def test_scales_that_do_not_fit_are_refused(photograph, scales, words):
    with pytest.raises(ValueError, match=words):
        number_of_scales(photograph, LESSON, scales)


def test_most_scales_that_the_message_names_do_fit(photograph):
    [variant] = number_of_scales(photograph, LESSON, (5,))
    assert plan_for(photograph, variant.config).num_levels == 5


def test_a_small_photograph_and_a_rule_that_counts_otherwise_are_refused(photograph):
    with pytest.raises(ValueError, match="short side is below min_size=25"):
        number_of_scales(torch.zeros(1, 3, 20, 64), LESSON)
    with pytest.raises(ValueError, match="pyramid_rule='official'.* compare scales with 'paper'"):
        number_of_scales(photograph, LESSON.replace(pyramid_rule="official"))
    with pytest.raises(ValueError, match="2 scales cannot be told apart in whole pixels"):
        number_of_scales(photograph, LESSON.replace(scale_factor=0.995, min_size=46), (2,))


# ----------------------------------------------------------------------------------------- padding
def test_paddings_differ_in_nothing_else():
    variants = padding_variants(LESSON)
    assert [variant.config.padding for variant in variants] == ["conv", "zero", "noise"]
    assert [variant.label for variant in variants][0] == "padding_conv"
    assert all(variant.config.replace(padding="zero") == LESSON for variant in variants)


def test_an_unknown_padding_is_refused():
    with pytest.raises(ValueError, match="padding='mirror' is not known; choose one of zero"):
        padding_variants(LESSON, ("zero", "mirror"))


# ---------------------------------------------------------------------------------------- training
def test_variants_are_trained_once_and_shared_by_equal_configurations(photo, config, capsys):
    arms = [*number_of_scales(photo, config, (1, 3)), *padding_variants(config, ("zero", "noise"))]
    results = train_variants(photo, arms, name="photo", samples=3, callbacks=())
    said = capsys.readouterr().out
    assert said.count("training one") == 3 and said.count("Reusing") == 1  # scales_3 is zero
    assert [one.label for one in results] == "scales_1 scales_3 padding_zero padding_noise".split()
    assert [one.model.plan.num_levels for one in results] == [1, 3, 3, 3]
    assert torch.equal(results[1].samples, results[2].samples)
    for arm, one in zip(arms, results):
        assert one.model.config == arm.config and one.samples.shape == (3, 3, 24, 32)
        assert one.measures == measure(one.model.image, one.samples)
        assert torch.equal(one.deviations, std_map(one.samples))
    again = train_variants(photo, arms[:1], name="photo", samples=3, callbacks=())
    assert torch.equal(again[0].samples, results[0].samples)
    table = comparison_table(results).splitlines()
    assert len(table) == 5 and "24x32" in table[1] and "13x17" in table[2]
    assert f"{results[3].measures['layout']:.2f}" in table[4]


def test_listeners_hear_every_training_and_seeds_have_their_own_folder(photo, config):
    heard = []

    class Listener(sg.Callback):
        def training_end(self, model):
            heard.append(model.seed)

    [variant] = number_of_scales(photo, config, (1,))
    for seed in (0, 1):
        train_variants(photo, [variant], seed=seed, samples=2, callbacks=[Listener()])
    assert heard == [0, 1]
    folders = [variant_folder(photo, variant, seed=seed) for seed in (0, 1)]
    assert folders[0] != folders[1] and all((folder / "model").is_dir() for folder in folders)


def test_the_score_is_the_scorecard_s():
    model = untrained_model(tiny_config(), picture())
    result = measure_model("arm", model, samples=3, seed=5)
    assert torch.equal(result.samples, model.sample(3, seed=5))
    card = sg.scorecard(model.image, result.samples, controls=())
    assert result.score.fidelity == card["samples"].fidelity
    assert result.measures["diversity"] == pytest.approx(result.score.diversity.value)


# ----------------------------------------------------------------------------- layouts and textures
def test_layout_tells_layouts_from_textures(photograph, layouts, textures):
    assert layout_correlation(photograph, photograph) == pytest.approx(1)
    assert layout_correlation(photograph, layouts) > 0.9
    assert abs(layout_correlation(photograph, textures)) < 0.3
    assert layout_correlation(photograph, photograph.flip(2)) < 0.3
    assert layout_correlation(photograph, -photograph) == pytest.approx(-1)


def test_layout_does_not_see_detail_brightness_or_contrast(photograph):
    other = (0.5 * photograph + 0.2 + 0.1 * noise(1)).clamp(-1, 1)
    assert layout_correlation(photograph, other) > 0.98


def test_layout_is_the_mean_correlation_over_the_samples(photograph, layouts, textures):
    both = torch.cat([layouts[:1], textures[:1]])
    alone = [layout_correlation(photograph, one) for one in both.split(1)]
    assert layout_correlation(photograph, both) == pytest.approx(sum(alone) / 2)
    small = [sg.resize(x, (6, 8))[0].double().numpy() for x in (photograph, textures[:1])]
    a, b = (x - x.mean(axis=(1, 2), keepdims=True) for x in small)
    assert alone[1] == pytest.approx((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


def test_structure_tells_layouts_from_textures_wherever_they_lie(photograph, layouts, textures):
    assert structure_distance(photograph, photograph) == 0
    torn = structure_distance(photograph, textures)
    assert structure_distance(photograph, layouts) < 0.6 * torn
    moved = photograph.roll(-20, 3)  # torn along one line alone, and no longer in its place
    assert layout_correlation(photograph, moved) < 0.9
    assert structure_distance(photograph, moved) < 0.6 * torn
    both = torch.cat([photograph, textures])
    assert structure_distance(photograph, both) == pytest.approx(torn * 6 / 7)
    assert structure_distance(photograph, controls.colour_matched_noise(photograph)) < torn  # blind


# ------------------------------------------------------------------------------ border and interior
def test_the_map_is_the_deviation_of_intensities_and_diversity_its_mean(photograph):
    samples = (0.3 * noise(5)).clamp(-1, 1)
    expected = samples.double().numpy().mean(axis=1).std(axis=0, ddof=1)
    assert np.allclose(std_map(samples).numpy(), expected)
    spread = photograph.double().mean(dim=1).std(correction=0)
    diversity = sg.pixel_diversity(samples, photograph)
    assert diversity == pytest.approx((std_map(samples).mean() / spread).item())


def planted(border: float, corners: float, inner: float) -> Tensor:
    """Samples whose deviation is planted: in the border's five pixels, its corners, inside."""
    strength = torch.full((48, 64), border)
    strength[5:-5, 5:-5] = inner
    for rows in (slice(None, 5), slice(-5, None)):
        for columns in (slice(None, 5), slice(-5, None)):
            strength[rows, columns] = corners
    rng = torch.Generator().manual_seed(7)
    uniform = (torch.rand(400, 3, 48, 64, generator=rng) * 2 - 1) * 3**0.5  # of variance one
    return strength * uniform


@pytest.mark.parametrize(
    ("border", "corners", "inner"), [(0.4, 0.4, 0.1), (0.1, 0.1, 0.2), (0.2, 0.05, 0.2)]
)
def test_planted_variability_of_border_and_corners_is_found(border, corners, inner):
    around = (border * (48 * 64 - 38 * 54 - 100) + corners * 100) / (48 * 64 - 38 * 54)
    found = border_variability(planted(border, corners, inner))
    assert found == pytest.approx((around / inner, corners / inner), rel=0.02)


def test_each_of_the_four_corners_counts_a_quarter(photograph):
    ends = (slice(5), slice(-5, None))
    for rows, columns in itertools.product(ends, ends):
        samples = planted(0.15, 0.15, 0.15)
        samples[..., rows, columns] *= 3
        assert border_variability(samples)[1] == pytest.approx(1.5, rel=0.03)
    flipped = photograph.flip(2).flip(3)
    for rows in (slice(18), slice(-18, None)):
        for columns in (slice(18), slice(-18, None)):
            sample = flipped.clone()
            sample[..., rows, columns] = photograph[..., rows, columns]
            assert corner_match(photograph, sample) == 0.25


def test_border_is_the_width_in_pixels():
    samples = planted(0.4, 0.4, 0.1)
    inner = 0.4 - 0.3 * (38 * 54) / (44 * 60)  # some of the border is interior then
    assert border_variability(samples, border=2)[0] == pytest.approx(0.4 / inner, rel=0.02)
    with pytest.raises(ValueError, match="48 x 64 pixels have no interior within a border of 24"):
        border_variability(samples, border=24)


def test_zeros_calm_the_border_of_the_coarsest_level_and_running_noise_does_not():
    ratios = {}
    for variant in padding_variants(tiny_config(min_size=24, channels=8)):
        means = []
        for seed in range(3):
            model = untrained_model(variant.config, picture(), levels=1, seed=seed)
            means.append(border_variability(model.sample(48, seed=1))[1])
        ratios[variant.config.padding] = sum(means) / len(means)
    assert ratios["noise"] == pytest.approx(1, abs=0.1)
    assert max(ratios["zero"], ratios["conv"]) < ratios["noise"] - 0.05


def test_places_of_a_copy_are_kept_and_of_another_picture_are_not(photograph, layouts, textures):
    assert location_match(photograph, photograph).shape == (18, 26)  # of 24 x 32 pixels
    assert location_match(photograph, photograph).min() == 1
    assert location_match(photograph, photograph.roll(2, 3))[:, 2:-2].mean() > 0.95  # 1 of 32
    assert location_match(photograph, photograph.roll(8, 3)).mean() < 0.1
    assert location_match(photograph, textures).mean() < 0.1
    half = location_match(photograph, torch.cat([photograph, photograph.flip(2)]))
    assert 0.5 <= half.mean() < 0.55


def test_fixed_corners_are_told_from_free_ones(photograph, textures):
    fixed, free = textures.clone(), photograph.repeat(6, 1, 1, 1)
    for rows in (slice(None, 18), slice(-18, None)):
        for columns in (slice(None, 18), slice(-18, None)):
            fixed[..., rows, columns] = photograph[..., rows, columns]
            free[..., rows, columns] = textures[..., rows, columns]
    assert corner_match(photograph, fixed) > 0.95 > 0.5 > location_match(photograph, fixed).mean()
    assert corner_match(photograph, free) < 0.1 < location_match(photograph, free).mean()
    found = measure(photograph, fixed)
    assert found["corner_match"] == corner_match(photograph, fixed)
    assert found["corners"] < 0.1 < found["border"]


@pytest.mark.parametrize("variant", ["scales_1", "scales_2", "padding_noise"])
def test_padding_influences_samples_up_to_its_radius_and_no_further(variant):
    model = sg.load_pretrained(f"balloon_festival-{variant}")
    padding, (height, width) = model.config.noise_padding, model.plan.sizes[-1]
    noise = model.draw_noise(2, size=3, seed=5)
    cut = [
        z[..., h : 2 * h + 2 * padding, w : 2 * w + 2 * padding]
        for z, (h, w) in zip(noise, model.plan.sizes)
    ]
    inside = model.run_from(0, noise=noise, size=3)[..., height : 2 * height, width : 2 * width]
    gap = (model.run_from(0, noise=cut) - inside).abs().amax(dim=(0, 1)) * 127.5
    felt = gap[: height // 2, width // 2 - 4 : width // 2 + 4].amax(dim=1)  # by depth
    radius = border_influence_radius(
        [h for h, _ in model.plan.sizes], first=int(variant == "padding_noise")
    )
    assert felt[int(radius) - 1] > 0.5 and felt[int(1.4 * radius) + 1 :].max() < 0.01


def test_each_level_adds_five_of_its_own_pixels_to_the_radius():
    assert border_influence_radius([50, 100, 200]) == 20 + 10 + 5
    assert border_influence_radius([50, 100, 200], first=1) == 15
    assert border_influence_radius([200], first=1) == 0


def test_bad_pictures_are_refused_with_a_sentence(photograph):
    plain = torch.full_like(photograph, 0.3)
    with pytest.raises(ValueError, match="has no layout.* one plain colour"):
        layout_correlation(plain, photograph)
    with pytest.raises(ValueError, match="at least two samples"):
        std_map(photograph)
    assert all(map(math.isnan, border_variability(photograph.repeat(3, 1, 1, 1))))  # no fault
    for function in (layout_correlation, structure_distance, location_match):
        with pytest.raises(ValueError, match="not finite"):
            function(photograph, photograph * math.nan)


# --------------------------------------------------------------------------------------- benchmark
@pytest.fixture
def benchmark(monkeypatch):
    """benchmarks/training_variants.py, which imports quality.py beside it."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "training_variants", raising=False)
    path = BENCHMARKS / "training_variants.py"
    specification = importlib.util.spec_from_file_location("training_variants", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_benchmark_writes_a_row_per_training_and_medians_with_ranges(
    benchmark, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(benchmark, "SCALES", (1,))
    monkeypatch.setattr(benchmark.studies.padding_variants, "__defaults__", (("zero", "noise"),))
    sg.save_image(picture(), tmp_path / "photo.png")
    table = tmp_path / "t.csv"
    fields = "min_size=13 max_size=32 channels=4 max_channels=4 iterations=2".split()
    command = [str(tmp_path / "photo.png"), "--samples", "3", "--table", str(table)]
    benchmark.main([*command, "--seeds", "0", "1", "--set", *fields])
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels = "scales_1 padding_zero padding_noise".split()
    assert [(row["setting"], row["seed"]) for row in rows] == [(x, s) for s in "01" for x in labels]
    for row in rows:
        for column in (*benchmark.SUMMARISED, "seconds", "reconstruction", "coarsest_share"):
            assert math.isfinite(float(row[column])), column
        assert row["date"] and row["commit"] and row["preset"].startswith("lesson min_size=13")
    assert [row["scales"] for row in rows] == ["1", "3", "3"] * 2
    values = sorted(float(row["layout"]) for row in rows if row["setting"] == "padding_noise")
    text = table.with_suffix(".md").read_text()
    cell = f"{sum(values) / 2:.2f} ({values[0]:.2f}–{values[1]:.2f})"
    assert f"| photo | padding_noise | 2 | 85% | {cell} |" in text
    capsys.readouterr()
    benchmark.main(["--summary", "--table", str(table)])
    assert capsys.readouterr().out.strip() == text.strip()


def test_the_benchmark_s_measures_are_the_module_s_and_bad_input_is_one_sentence(
    benchmark, tmp_path
):
    samples = noise(2, 24, 32).clamp(-1, 1)
    assert list(measure(picture(), samples)) == list(benchmark.MEASURES)
    assert benchmark.median_and_range([0.5]) == "0.50"
    assert benchmark.median_and_range([1, 3, 2]) == "2.00 (1.00–3.00)"
    with pytest.raises(SystemExit, match="run the benchmark first"):
        benchmark.main(["--summary", "--table", str(tmp_path / "none.csv")])
