"""Whole objects: what a metric of large patches sees, and what it does not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import singan_edu as sg
from singan_edu.evaluation.controls import CONTROLS, gaussian_blur
from singan_edu.evaluation.objects import OBJECT_SIDES, ObjectReference, object_similarity
from singan_edu.images import size_of

CENTRES = ((20, 24), (26, 70), (48, 40), (52, 80))


def discs(centres=CENTRES, *, height: int = 72, width: int = 96, halved: bool = False) -> Tensor:
    """Dark discs on a light ground; halved, each lacks its right half."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    image = torch.full((1, 3, height, width), 0.6)
    for row, column in centres:
        inside = (rows - row) ** 2 + (columns - column) ** 2 < 8**2
        image[..., inside & (columns <= column) if halved else inside] = -0.7
    return image


def test_a_copy_has_everything_and_noise_nothing():
    real = sg.sample_image("pagoda_lake")
    assert object_similarity(real, real) == pytest.approx(1, abs=1e-6)
    assert object_similarity(real, CONTROLS["colour-matched noise"](real)) < 0.05
    assert object_similarity(real, CONTROLS["phase randomisation"](real)) < 0.1


def test_discs_in_new_places_are_whole_and_half_discs_are_not():
    real = discs()
    moved = discs([(24, 20), (20, 60), (50, 26), (46, 72)])
    broken = discs([(24, 20), (20, 60), (50, 26), (46, 72)], halved=True)
    assert object_similarity(real, moved) > 0.8
    assert object_similarity(real, broken) < object_similarity(real, moved) - 0.2


def test_both_directions_count():
    real, empty = discs(), discs(())
    crowded = discs([*CENTRES, (20, 45), (45, 60)])
    # Nothing of the empty ground is wrong, but the discs are missing.
    assert object_similarity(real, empty) < 0.6
    assert object_similarity(real, empty) < object_similarity(real, crowded)


def test_larger_patches_see_what_small_ones_do_not():
    real = sg.sample_image("balloon_festival")
    shuffled = CONTROLS["tile shuffle"](real)
    score = sg.scorecard(real, torch.cat([shuffled, shuffled]), controls=())["samples"]
    assert score.coverage.value > 0.6 and score.objects.value < 0.45


def test_it_is_blind_to_fine_detail():
    real = sg.sample_image("balloon_festival")
    assert object_similarity(real, gaussian_blur(real)) > 0.8


def test_samples_are_measured_one_by_one():
    real = discs()
    samples = torch.cat([discs(halved=True), discs([(30, 30)])])
    both = ObjectReference.measure(real).similarity(samples)
    assert both.shape == (2,) and both.dtype == torch.float64
    assert both.tolist() == pytest.approx([object_similarity(real, x[None]) for x in samples])
    assert object_similarity(real, samples) == pytest.approx(both.mean().item())


@pytest.mark.parametrize(
    ("size", "sides"),
    [((188, 250), [96, 48]), ((72, 96), [96, 48]), ((48, 64), [64, 48]), ((36, 48), [48])],
)
def test_images_are_reduced_and_never_enlarged(size, sides):
    images = ObjectReference.measure(discs(height=size[0], width=size[1])).images
    assert [max(size_of(image)) for image in images] == sides
    assert max(OBJECT_SIDES) == 96


def test_grey_and_large_samples_are_compared_at_the_same_size():
    real = discs()[:, :1]
    larger = sg.resize(real, (144, 192))
    assert object_similarity(real, larger) > 0.9


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ValueError, match="uniform"):
        object_similarity(torch.zeros(1, 3, 60, 80), torch.zeros(1, 3, 60, 80))
    narrow = torch.rand(1, 3, 30, 400) * 2 - 1
    with pytest.raises(ValueError, match="30 x 400 pixels is too small or too narrow"):
        object_similarity(narrow, narrow)
