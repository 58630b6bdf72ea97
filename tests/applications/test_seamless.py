"""Seamless samples repeat exactly, and their seam is no worse than any other column."""

from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_config, untrained_model

import singan_edu as sg
from singan_edu.applications import seamless
from singan_edu.applications.seamless import repeats_needed, sample_seamless

WRAPPED = [("width", [3]), ("height", [2]), ("both", [2, 3])]


@pytest.fixture(scope="module")
def model() -> sg.SinGAN:
    return sg.load_pretrained("birds_at_dusk")


def step_energy(picture: torch.Tensor, dim: int) -> torch.Tensor:
    """Mean squared step from each row or column to the next, around the end: (side,)."""
    steps = picture.roll(-1, dim) - picture
    return steps.square().mean(dim=[d for d in range(4) if d != dim])


def middle_moved_by(distance):
    """A ``_middle_tile`` that cuts further along, where there is anything to cut."""

    def middle(side: int, count: int) -> slice:
        start = 0 if count == 1 else count // 2 * side + distance(side)
        return slice(start, start + side)

    return middle


@pytest.mark.parametrize("wrap, dims", WRAPPED)
def test_the_seam_is_no_worse_than_the_inside(wrap, dims, model):
    tiles = sample_seamless(model, 3, wrap=wrap, seed=0)
    assert tiles.shape == (3, 3, 96, 128)
    for dim in dims:
        steps = step_energy(tiles, dim)
        assert steps[-1] < steps[:-1].max() and steps[-1] < 2.5 * steps[:-1].mean()
    plain = step_energy(model.sample(seed=0), 2)
    assert plain[-1] > 5 * plain[:-1].mean()  # the measure sees a seam where there is one


@pytest.mark.parametrize("wrap, dims", WRAPPED)
@pytest.mark.parametrize("padding", ["zero", "noise", "conv"])
def test_a_tile_is_the_same_however_often_it_is_laid_out(padding, wrap, dims, monkeypatch):
    """Wherever it is cut: no pixel of it depends on the end of what was generated."""
    model = untrained_model(tiny_config(padding=padding), picture())
    tile = sample_seamless(model, 2, wrap=wrap, seed=3)
    monkeypatch.setattr(seamless, "repeats_needed", lambda *given: repeats_needed(*given) + 2)
    assert (tile - sample_seamless(model, 2, wrap=wrap, seed=3)).abs().max() < 1e-4
    monkeypatch.setattr(seamless, "repeats_needed", lambda *given: 9)
    monkeypatch.setattr(seamless, "_middle_tile", middle_moved_by(lambda side: side // 3))
    shifted = sample_seamless(model, 2, wrap=wrap, seed=3)
    shifts = [-(tile.shape[dim] // 3) for dim in dims]
    assert (tile.roll(shifts, dims) - shifted).abs().max() < 1e-4


def test_the_bundled_pyramid_is_cut_anywhere_alike(model, monkeypatch):
    tile = sample_seamless(model, seed=1)
    monkeypatch.setattr(seamless, "repeats_needed", lambda *given: 5)
    monkeypatch.setattr(seamless, "_middle_tile", middle_moved_by(lambda side: 40))
    assert (sample_seamless(model, seed=1) - tile.roll(-40, 3)).abs().max() < 1e-4


def test_what_is_laid_out_reaches_further_than_the_generators_see(model):
    rows, columns = zip(*model.level_sizes())
    assert repeats_needed(model, rows) == repeats_needed(model, columns) == 3
    deep = [25, 33, 44, 59, 79, 106, 141, 188]
    eight = untrained_model(
        sg.TrainConfig(min_size=25, max_size=250, channels=4, max_channels=4), picture(188, 250)
    )
    assert [h for h, _ in eight.level_sizes()] == deep and repeats_needed(eight, deep) == 5


def test_only_the_wrapped_sides_forget_the_border(model):
    """A panorama keeps sky above and wood below; a tile of both sides has no above."""

    def brightness(wrap: str) -> torch.Tensor:
        tiles = sample_seamless(model, 2, wrap=wrap, seed=2)
        return tiles.mean(dim=(0, 1, 3))  # of each row

    real = model.image.mean(dim=(0, 1, 3))
    assert (brightness("width") - real).abs().mean() < 0.1
    assert (brightness("both") - real).abs().mean() > 0.25


@pytest.mark.parametrize(
    "size, wanted", [((40, 70), (40, 70)), (2, (48, 64)), ((17, 23), (17, 23))]
)
@pytest.mark.parametrize("padding", ["zero", "noise"])
def test_any_size_has_no_seam(size, wanted, padding):
    model = untrained_model(tiny_config(padding=padding), picture())
    tile = sample_seamless(model, wrap="both", size=size, seed=0)
    assert tile.shape == (1, 3, *wanted)
    for dim in (2, 3):
        steps = step_energy(tile, dim)
        assert steps[-1] < 2 * steps[:-1].max()


def test_a_tile_depends_on_its_seed_and_index_alone():
    model = untrained_model(tiny_config(), picture())
    tiles = sample_seamless(model, 3, seed=7)
    assert (sample_seamless(model, 1, seed=7) - tiles[:1]).abs().max() < 1e-6
    assert (tiles[0] - tiles[1]).abs().max() > 0.01
    assert not torch.equal(sample_seamless(model, seed=8), tiles[:1])


def test_an_unknown_wrap_is_refused(model):
    with pytest.raises(ValueError, match="choose one of both, width, height"):
        sample_seamless(model, wrap="x")


# ------------------------------------------------------------------- sizes level by level, of model
def test_sizes_may_be_given_level_by_level():
    model = untrained_model(tiny_config(), picture())
    sizes = [(16, 20), (20, 26), (30, 40)]
    assert model.level_sizes(sizes) == sizes
    assert model.run_from(0, size=sizes, seed=0).shape == (1, 3, 30, 40)
    assert model.level_sizes([30, 40])[-1] == (30, 40)  # a pair in a list is still a pair


@pytest.mark.parametrize(
    "sizes", [[(16, 20)], [(16, 20), (20, 0), (30, 40)], [(16, 20), (1,), (2, 3)]]
)
def test_sizes_that_do_not_fit_the_levels_are_refused(sizes):
    model = untrained_model(tiny_config(), picture())
    with pytest.raises(ValueError, match="each of the 3 trained levels"):
        model.level_sizes(sizes)
