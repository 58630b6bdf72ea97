"""What the benchmark of the applications measures: holes, their borders, shapes."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from helpers import picture, tiny_config

import singan_edu as sg

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "applications.py"
specification = importlib.util.spec_from_file_location("applications", SCRIPT)
assert specification is not None and specification.loader is not None
script = importlib.util.module_from_spec(specification)
specification.loader.exec_module(script)

BOX = (slice(20, 44), slice(30, 56))


@pytest.fixture(scope="module")
def models():
    """One tiny pyramid, large enough for the holes."""
    config = tiny_config(max_size=96, iterations=2)
    return {"a": sg.train(sg.resize(picture(80, 108), (72, 96)), config, seed=0)}


def stripes(height, width):
    """A picture in which every patch comes again seven pixels further."""
    columns = torch.linspace(-1, 1, 7).repeat(width // 7 + 1)[:width]
    return columns.expand(1, 3, height, width).clone()


def test_holes_lie_inside_and_are_the_same_for_every_way_to_fill_them():
    image = picture(96, 128)
    boxes = script.holes(image)
    assert len(boxes) == script.HOLES and boxes == script.holes(image)
    for box in boxes:
        for side, length in zip(box, image.shape[-2:]):
            assert script.SIDES[0] <= side.stop - side.start <= script.SIDES[1]
            assert (
                side.start >= script.BORDER_DISTANCE
                and side.stop <= length - script.BORDER_DISTANCE
            )


def test_patches_in_the_hole_are_compared_with_those_that_miss_it():
    image = stripes(72, 96)
    mask = script.mask_of(image, BOX)
    assert script.distance_to_rest(image, mask) == 0  # a stripe further there is the same
    random = image.clone()
    random[(..., *BOX)] = torch.rand(1, 3, 24, 26, generator=torch.Generator().manual_seed(0))
    assert script.distance_to_rest(random, mask) > 0.3  # though every patch is in the picture


def test_the_step_at_the_border_is_between_inside_and_outside():
    flat = torch.zeros(1, 3, 72, 96)
    flat[(..., *BOX)] = 0.5
    flat[..., 30:34, 40:44] = 1  # in the middle of the hole: no step at its border
    assert script.step_at_border(flat, BOX) == pytest.approx(0.5)


def test_the_mean_colour_is_that_of_the_rest():
    image = torch.zeros(1, 3, 72, 96)
    image[(..., *BOX)] = 1
    assert script.with_mean_colour(image, BOX).abs().max() == 0


def test_every_table_has_a_row_for_every_way(models, monkeypatch, capsys):
    monkeypatch.setattr(script, "SAMPLES", 2)
    monkeypatch.setattr(script, "HOLES", 1)
    monkeypatch.setattr(sg, "load_pretrained", lambda name: models["a"])
    monkeypatch.setattr(sg, "pretrained_names", lambda: ["gravel"])
    monkeypatch.setattr(sys, "argv", ["applications.py"])
    script.main()
    lines = capsys.readouterr().out.splitlines()
    for label in [*script.ways_to_fill(), *script.SHAPES, "gravel"]:
        assert sum(line.startswith(f"| {label} |") for line in lines) == 1


def test_an_unknown_table_is_refused_with_those_there_are(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["applications.py", "painting"])
    with pytest.raises(SystemExit, match="no table 'painting'; choose among inpainting"):
        script.main()
