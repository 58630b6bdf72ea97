"""Rectangles moved, copied and deleted: what changes, what stays to the bit, what a seam is."""

from __future__ import annotations

import pytest
import torch
from helpers import picture

from singan_edu.applications.inpainting import smooth_fill
from singan_edu.applications.regions import (
    Box,
    box_mask,
    copy_region,
    delete_region,
    move_region,
    seam_energy,
)

IMAGE = picture()  # (1, 3, 24, 32)


def test_a_copy_is_there_twice_and_nothing_else_changes():
    before = IMAGE.clone()
    edited, mask = copy_region(IMAGE, (2, 3, 6, 8), (14, 20))
    assert torch.equal(edited[..., 14:20, 20:28], IMAGE[..., 2:8, 3:11])
    assert torch.equal(mask, box_mask((24, 32), (14, 20, 6, 8)))
    assert torch.equal(edited * (1 - mask), IMAGE * (1 - mask))
    assert torch.equal(IMAGE, before)


def test_what_is_moved_leaves_a_smooth_place():
    edited, mask = move_region(IMAGE, (2, 3, 6, 8), (14, 20))
    hole = box_mask((24, 32), (2, 3, 6, 8))
    assert torch.equal(edited[..., 14:20, 20:28], IMAGE[..., 2:8, 3:11])
    assert torch.equal(edited[..., 2:8, 3:11], smooth_fill(IMAGE, hole)[..., 2:8, 3:11])
    assert mask.sum() == 2 * 48 and torch.equal(edited * (1 - mask), IMAGE * (1 - mask))


def test_moved_onto_itself_it_is_the_original_that_is_put_down():
    edited, mask = move_region(IMAGE, (2, 3, 10, 12), (5, 6))
    assert torch.equal(edited[..., 5:15, 6:18], IMAGE[..., 2:12, 3:15])
    assert mask.sum() == 120 + 120 - 7 * 9


def test_what_is_deleted_is_filled_from_its_border():
    edited, mask = delete_region(IMAGE, (2, 3, 6, 8))
    assert torch.equal(edited, smooth_fill(IMAGE, mask)) and mask.sum() == 48


@pytest.mark.parametrize(("box", "to"), [((-3, -2, 6, 8), (5, 5)), ((20, 28, 9, 9), (0, 0))])
def test_what_sticks_out_of_the_picture_is_cut_off(box, to):
    edited, mask = copy_region(IMAGE, box, to)
    assert edited.shape == IMAGE.shape and 0 < mask.sum() < box[2] * box[3]


@pytest.mark.parametrize("box", [(24, 0, 5, 5), (0, 32, 5, 5), (-9, 0, 5, 5), (3, 3, 0, 5)])
def test_a_box_that_holds_nothing_is_refused_in_a_sentence(box):
    for act in (delete_region, lambda x, b: copy_region(x, b, (0, 0))):
        with pytest.raises(ValueError, match="holds no pixel of a picture of 24 x 32"):
            act(IMAGE, box)


def test_a_box_has_corners_in_any_order_and_knows_what_it_holds():
    box = Box.between((9.4, 3), (2, 12.6))
    assert box == (2, 3, 7, 10)
    assert box.contains((2, 3)) and box.contains((9, 13)) and not box.contains((10, 5))
    assert box.shifted(-1.2, 4.6) == (1, 8, 7, 10)


# ------------------------------------------------------------------------------------------- seams
def test_a_pasted_square_has_a_seam_and_its_energy_is_that_of_its_steps():
    ramp = torch.arange(12.0).expand(1, 1, 10, 12) / 100
    mask = box_mask((10, 12), (3, 4, 4, 5))
    pasted = ramp + 0.5 * mask
    border = [0.5**2] * 10 + [(0.5 + 0.01) ** 2] * 4 + [(0.5 - 0.01) ** 2] * 4
    others = [0.0] * (9 * 12 - 10) + [1e-4] * (10 * 11 - 8)
    wanted = (sum(border) / len(border)) / (sum(others) / len(others))
    assert seam_energy(pasted, mask) == pytest.approx(wanted, rel=1e-3)
    assert seam_energy(ramp, mask) < 2 < 100 < seam_energy(pasted, mask)


def test_a_seam_needs_a_border_and_a_picture_with_steps():
    with pytest.raises(ValueError, match="a region with a border"):
        seam_energy(IMAGE, torch.ones(1, 1, 24, 32))
    with pytest.raises(ValueError, match="one colour"):
        seam_energy(torch.zeros(1, 3, 8, 8), box_mask((8, 8), (2, 2, 3, 3)))
