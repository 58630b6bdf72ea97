"""The recipe of a training: the paper's numbers, the presets, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest

import singan_edu as sg
from singan_edu.config import PRESETS, TrainConfig

# Shaham, Dekel, Michaeli, "SinGAN", ICCV 2019: section 2 and supplement, or where said so.
PAPER = dict(
    min_size=25,
    max_size=250,
    scale_factor=3 / 4,
    pyramid_rule="paper",
    quantize_resize=False,
    num_layers=5,
    kernel_size=3,
    channels=32,
    channels_double_every=4,
    max_channels=128,  # authors' code
    generator_norm="batch",
    discriminator_norm="batch",
    padding="zero",
    noise_amplitude=0.1,  # authors' code
    resample_reconstruction_noise=False,  # z* is drawn once
    reconstruction_weight=10,
    gradient_penalty_weight=0.1,
    iterations=2000,
    discriminator_steps=3,
    generator_steps=3,
    optimizer="adam",
    learning_rate=5e-4,
    betas=(0.5, 0.999),
    lr_decay=0.1,
    lr_decay_at=0.8,
    precise_bn_passes=0,
    precision="float32",
)  # 1600 of 2000


def test_paper_preset_holds_the_papers_numbers_and_nothing_else():
    assert TrainConfig.preset("paper").to_dict() == PAPER


def test_defaults_are_the_papers_recipe():
    assert TrainConfig() == TrainConfig.preset("paper")


@pytest.mark.parametrize("field", dataclasses.fields(TrainConfig), ids=lambda field: field.name)
def test_every_field_is_documented_with_symbol_default_and_source(field):
    assert field.default is not dataclasses.MISSING
    assert set(field.metadata) == {"symbol", "source", "doc"}
    assert len(field.metadata["doc"]) > 10 and field.metadata["doc"] in TrainConfig.describe()
    assert any(word in field.metadata["source"] for word in ("paper", "authors' code"))


def test_equations_symbols_are_bound_to_their_fields():
    symbols = {field.name: field.metadata["symbol"] for field in dataclasses.fields(TrainConfig)}
    assert symbols["reconstruction_weight"] == "α" and symbols["gradient_penalty_weight"] == "λ"
    assert symbols["scale_factor"] == "1/r" and symbols["resample_reconstruction_noise"] == "z*"


def test_description_is_a_table_with_a_row_for_every_field_and_its_default():
    header, *rows = TrainConfig.describe().splitlines()
    assert header.split() == ["field", "symbol", "default", "meaning", "source"]
    for row, field in zip(rows, dataclasses.fields(TrainConfig), strict=True):
        assert row.startswith(field.name) and str(field.default) in row


def test_channels_double_every_four_levels_up_to_the_cap():
    channels = [TrainConfig().channels_at(level) for level in range(14)]
    assert channels == [32] * 4 + [64] * 4 + [128] * 6
    assert [TrainConfig(max_channels=32).channels_at(level) for level in (0, 4, 8)] == [32] * 3
    every_two = TrainConfig(channels=8, channels_double_every=2, max_channels=20)
    assert [every_two.channels_at(level) for level in range(6)] == [8, 8, 16, 16, 20, 20]


def test_iterations_are_one_number_or_one_per_level_with_the_last_repeated():
    assert [TrainConfig(iterations=7).iterations_at(level) for level in (0, 5)] == [7, 7]
    assert [TrainConfig(iterations=[9, 5, 2]).iterations_at(level) for level in range(5)] == [
        9,
        5,
        2,
        2,
        2,
    ]


def test_receptive_field_and_noise_margin_follow_from_the_layers():
    assert TrainConfig().receptive_field == 11 and TrainConfig().noise_padding == 0
    assert TrainConfig(padding="noise").noise_padding == 5
    assert TrainConfig(padding="noise", num_layers=3).noise_padding == 3


def test_config_is_frozen_and_comparable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig().channels = 64
    assert TrainConfig(iterations=[3, 2]) == TrainConfig(iterations=(3, 2))
    assert hash(TrainConfig()) == hash(TrainConfig()) and TrainConfig() != TrainConfig(channels=16)


def test_replace_changes_only_what_is_named_and_checks_it():
    assert TrainConfig().replace(channels=16) == TrainConfig(channels=16)
    with pytest.raises(ValueError, match="channels=0"):
        TrainConfig().replace(channels=0)


@pytest.mark.parametrize(
    "config",
    [TrainConfig(), TrainConfig.preset("lesson"), TrainConfig(iterations=(5, 3), betas=(0.0, 0.9))],
)
def test_config_survives_json(config):
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_stored_config_with_an_unknown_field_is_refused():
    with pytest.raises(
        ValueError, match="no field depth, width; the file may come from another version"
    ):
        TrainConfig.from_dict(dict(width=3, depth=2))


@pytest.mark.parametrize("name", PRESETS)
def test_presets_can_be_changed(name):
    assert TrainConfig.preset(name, max_size=77).max_size == 77
    assert TrainConfig.preset(name, max_size=77) == TrainConfig.preset(name).replace(max_size=77)


def test_quick_presets_do_less_work_than_the_papers():
    for name in ("lesson", "classroom"):
        quick = TrainConfig.preset(name)
        assert quick.discriminator_norm == "none" and quick.max_channels < 128
        assert quick.discriminator_steps + quick.generator_steps < 6
        assert quick.optimizer == "muon"  # which a step costs hardly more, and fewer will do
        assert (
            quick.resample_reconstruction_noise
        )  # costs nothing, and more of the photograph is shown


def test_an_unknown_preset_is_answered_with_those_there_are():
    with pytest.raises(
        ValueError, match="no preset 'fast'; choose one of lesson, classroom, paper"
    ):
        TrainConfig.preset("fast")


@pytest.mark.parametrize(
    "field, value, wanted",
    [
        ("padding", "reflect", "choose one of zero, noise, conv"),
        ("optimizer", "sgd", "choose one of adam, muon"),
        ("generator_norm", "layer", "choose one of batch, instance, none"),
        ("discriminator_norm", None, "choose one of batch, instance, none"),
        ("pyramid_rule", "mine", "choose one of paper, official"),
        ("min_size", 0, "whole number"),
        ("min_size", 10, "receptive field of 11 pixels"),
        ("min_size", 25.5, "whole number"),
        ("max_size", 24, "smaller than min_size=25"),
        ("channels", -1, "whole number"),
        ("channels", True, "whole number"),
        ("num_layers", 0, "layer"),
        ("kernel_size", 4, "odd kernel"),
        ("kernel_size", -3, "kernel"),
        ("discriminator_steps", 0, "whole number"),
        ("generator_steps", 1.5, "whole number"),
        ("iterations", 0, "whole number"),
        ("iterations", (), "one per level"),
        ("iterations", (5, 0), "one per level"),
        ("iterations", (5, 2.5), "one per level"),
        ("iterations", 30.5, "one per level"),
        ("iterations", "many", "one per level"),
        ("iterations", None, "one per level"),
        ("scale_factor", 1.0, "between 0 and 1"),
        ("scale_factor", 4 / 3, "between 0 and 1"),
        ("scale_factor", math.nan, "between 0 and 1"),
        ("learning_rate", -1.0, "finite number"),
        ("learning_rate", math.inf, "finite number"),
        ("noise_amplitude", math.nan, "finite number"),
        ("reconstruction_weight", -10, "finite number"),
        ("gradient_penalty_weight", math.inf, "finite number"),
        ("lr_decay", -0.1, "finite number"),
        ("lr_decay_at", 0, r"in \(0, 1\]"),
        ("lr_decay_at", 1.2, r"in \(0, 1\]"),
        ("betas", (0.5,), "two numbers"),
        ("betas", (0.5, 1.0), "two numbers"),
        ("betas", 0.5, "two numbers"),
        ("scale_factor", "3/4", "between 0 and 1"),
        ("learning_rate", "fast", "finite number"),
        ("learning_rate", None, "finite number"),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence_that_names_its_field(field, value, wanted):
    with pytest.raises(ValueError, match=wanted) as error:
        TrainConfig(**{field: value})
    assert field in str(error.value) and str(error.value).endswith(".")


def test_a_field_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="niter"):
        sg.TrainConfig(niter=2000)
