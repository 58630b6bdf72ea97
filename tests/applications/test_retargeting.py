"""Retargeting: other sides, the same things at the same scale."""

from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_config, untrained_model

import singan_edu as sg
from singan_edu.applications.retargeting import retarget, splice_noise


@pytest.fixture(scope="module")
def model() -> sg.SinGAN:
    return sg.load_pretrained("birds_at_dusk")


def rms(values: torch.Tensor) -> float:
    return values.square().mean().sqrt().item()


def structure(model: sg.SinGAN, made: torch.Tensor) -> float:
    """How far the structure of what was made is from the photograph's, at half its size."""
    half = [sg.resize(x, (x.shape[-2] // 2, x.shape[-1] // 2)) for x in (model.image, made)]
    return sg.coherence(*half)


@pytest.mark.parametrize("name", ["birds_at_dusk", "deep_field"])
def test_structure_is_nearer_to_the_photograph_than_when_squeezed(name):
    model = sg.load_pretrained(name)
    squeezed = structure(model, sg.resize(model.image, (96, 72)))
    assert structure(model, retarget(model, (96, 72), seed=0)) < 0.85 * squeezed


def test_the_ends_of_the_photograph_are_kept_at_their_scale(model):
    narrow = retarget(model, (96, 96), seed=0)
    wide = retarget(model, (96, 192), seed=0)
    for made in (narrow, wide):
        for ours, theirs in (
            (made[..., :32], model.image[..., :32]),
            (made[..., -32:], model.image[..., -32:]),
        ):
            small = [sg.resize(x, (24, 8)) for x in (ours, theirs)]
            assert rms(small[0] - small[1]) < 0.1


def test_at_its_own_size_the_photograph_is_what_comes_out(model):
    made = retarget(model, (96, 128), seed=0, noise_scale=0)
    assert (made - model.reconstruct()).abs().max() < 1e-5


def test_at_a_later_level_everything_stays_where_it_was(model):
    made = retarget(model, (96, 80), level=1, seed=0)
    small = [sg.resize(x, (12, 10)) for x in (made, model.image)]
    assert rms(small[0] - small[1]) < 0.08


def test_the_finer_the_level_the_more_of_the_resized_photograph_stays(model):
    resized = sg.resize(model.image, (96, 80))
    off = [rms(retarget(model, (96, 80), level=level, seed=0) - resized) for level in (1, 3, 5)]
    assert off[0] > 1.15 * off[1] > 1.3 * off[2]


def test_seeds_make_what_is_new_and_nothing_else():
    model = untrained_model(tiny_config(), picture())
    made = retarget(model, (24, 64), n=2, seed=1)
    assert (retarget(model, (24, 64), seed=1) - made[:1]).abs().max() < 1e-6
    apart = (made[0] - made[1]).abs().amax(dim=(0, 1))
    assert apart[28:36].mean() > 5 * apart[:8].mean()


@pytest.mark.parametrize("padding", ["zero", "noise"])
@pytest.mark.parametrize("size", [(24, 20), (40, 32), (12, 64), (30, 30)])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_any_size(level, size, padding):
    model = untrained_model(tiny_config(padding=padding), picture())
    assert retarget(model, size, level=level, n=2, seed=0).shape == (2, 3, *size)


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
@pytest.mark.parametrize("want", [3, 8, 11, 12, 13, 20, 30])
def test_parts_are_laid_from_end_to_end_in_order(want, parts):
    z = torch.arange(1.0, 13.0).reshape(1, 1, 1, 12)
    places = splice_noise(z, torch.zeros(1, 1, 1, want), parts).flatten().int().tolist()
    kept = [place for place in places if place]
    assert kept == sorted(set(kept)) and len(kept) == min(12, want)
    if parts > 1 and want >= parts:
        assert places[0] == 1 and places[-1] == 12
    jumps = [1 for one, other in zip(places, places[1:]) if other != one + 1 and (one or other)]
    assert len(jumps) <= 2 * parts


@pytest.mark.parametrize(
    "options, sentence",
    [
        (dict(parts=0), "parts=0 must be at least 1"),
        (dict(level=9), "no level 9"),
        (dict(level=-1), "no level"),
    ],
)
def test_bad_input_is_refused(options, sentence, model):
    with pytest.raises(ValueError, match=sentence):
        retarget(model, (96, 80), **options)
