"""Boards without a browser: mouse events change the picture in Python, to the bit."""

from __future__ import annotations

import io

import ipywidgets
import numpy as np
import pytest
import torch
from helpers import picture
from PIL import Image

import singan_edu as sg
from singan_edu.applications.regions import Box, copy_region, delete_region, move_region
from singan_edu.course import widgets
from singan_edu.course.canvas import PaintBoard, RegionBoard, live_view

COLOURS = torch.tensor([[-1.0, -1, -1], [1, 0, 0], [0, 0, 1]])
SIZE = (24, 32)


@pytest.fixture
def board() -> PaintBoard:
    return PaintBoard(torch.ones(1, 3, *SIZE), COLOURS, radius=1)


@pytest.fixture
def regions() -> RegionBoard:
    return RegionBoard(picture())


def mouse(board, *events: tuple[str, float, float]) -> None:
    """What the browser sends: (event, column, row), as the widget's front end words it."""
    for event, x, y in events:
        board.canvas._handle_custom_msg({"event": f"mouse_{event}", "x": x, "y": y}, [])


def drag(board, start: tuple[float, float], stop: tuple[float, float]) -> None:
    """The mouse drawn from (column, row) to (column, row)."""
    mouse(board, ("down", *start), ("move", *stop), ("up", *stop))


def kinds(widget, kind: type) -> list:
    """All widgets of a kind, however deep."""
    found = [widget] if isinstance(widget, kind) else []
    return found + [w for child in getattr(widget, "children", ()) for w in kinds(child, kind)]


def button(widget, text: str) -> ipywidgets.Button:
    return next(b for b in kinds(widget, ipywidgets.Button) if b.description == text)


# --------------------------------------------------------------------------------------- painting
def test_the_mouse_paints_a_line_in_the_pots_colour(board):
    drag(board, (5, 3), (5, 20))
    assert board.picture.shape == (1, 3, *SIZE)
    assert (board.picture[0, :, 3:21, 4:7] == -1).all()
    assert (board.picture[0, :, :, 9:] == 1).all()
    wanted = sg.brush_mask(SIZE, [(3, 5), (20, 5)], 1)
    assert torch.equal(board.mask, wanted)
    assert torch.equal(board.picture, torch.where(wanted > 0, -1.0, 1.0).expand(-1, 3, -1, -1))


def test_a_click_is_a_dab_and_moving_without_a_button_paints_nothing(board):
    mouse(board, ("move", 9, 9), ("move", 20, 20))
    assert board.mask.sum() == 0 and len(board.states) == 1
    mouse(board, ("down", 9, 9), ("up", 9, 9))
    assert board.mask.sum() == 5
    mouse(board, ("move", 20, 20))
    assert board.mask.sum() == 5


def test_leaving_the_canvas_ends_a_stroke(board):
    mouse(board, ("down", 9, 9), ("out", 9, 0), ("move", 30, 20))
    assert board.mask[..., 15:].sum() == 0


def test_points_beyond_the_canvas_are_brought_to_its_rim(board):
    mouse(board, ("down", -7.5, -2.0), ("move", 99, 500), ("up", 99, 500))
    assert board.mask[0, 0, 0, 0] == board.mask[0, 0, -1, -1] == 1


def test_a_finger_paints_like_the_mouse(board):
    for event, touches in (("start", [(5, 3)]), ("move", [(5, 20)]), ("end", [])):
        touches = [{"x": x, "y": y} for x, y in touches]
        board.canvas._handle_custom_msg({"event": f"touch_{event}", "touches": touches}, [])
    assert torch.equal(board.mask, sg.brush_mask(SIZE, [(3, 5), (20, 5)], 1))
    assert board.last_point is None


def test_a_stroke_by_numbers_is_the_stroke_of_the_mouse(board):
    other = PaintBoard(torch.ones(1, 3, *SIZE), COLOURS)
    drag(board, (4, 2), (20, 9))
    other.stroke([(2, 4), (9, 20)], colour=0, radius=1)
    assert torch.equal(board.picture, other.picture)


def test_pots_and_brush_decide_what_the_mouse_paints(board):
    row = board.tools()
    row[2].click()
    next(w for w in row if isinstance(w, ipywidgets.SelectionSlider)).value = 4
    mouse(board, ("down", 16, 12), ("up", 16, 12))
    assert board.picture[0, :, 12, 16].tolist() == [0, 0, 1]
    assert torch.equal(board.mask, sg.brush_mask(SIZE, [(12, 16)], 4))
    assert [pot.icon for pot in row[:3]] == ["", "", "check"]
    assert row[0].style.button_color == "#000000"


def test_undo_takes_strokes_back_one_by_one_and_clear_all(board):
    seen = [board.picture]
    for column in (5, 12, 20):
        drag(board, (column, 3), (column, 20))
        seen.append(board.picture)
    board.undo()
    assert torch.equal(board.picture, seen[2])
    board.clear()
    assert torch.equal(board.picture, seen[0]) and board.mask.sum() == 0
    board.undo()  # clearing is a step, too
    assert torch.equal(board.picture, seen[2])
    for _ in range(9):
        board.undo()
    assert torch.equal(board.picture, seen[0])


def test_a_picture_that_was_taken_away_stays_as_it_is(board):
    before, copy = board.picture, board.picture.clone()
    drag(board, (5, 3), (5, 20))
    assert torch.equal(before, copy) and not torch.equal(board.picture, copy)


def test_the_picture_is_a_tensor_that_the_pyramid_takes(board):
    drag(board, (5, 3), (25, 20))
    assert board.picture.dtype == torch.float32 and board.picture.device.type == "cpu"
    assert -1 <= board.picture.min() and board.picture.max() <= 1


def test_grey_pictures_are_painted_in_grey():
    grey = PaintBoard(torch.zeros(1, 1, *SIZE), torch.tensor([[1.0], [-1.0]]))
    drag(grey, (5, 3), (5, 20))
    assert grey.picture.shape == (1, 1, *SIZE) and grey.picture.max() == 1
    assert len(grey.tools()) == 5


def test_the_canvas_shows_the_picture_to_the_bit(board, monkeypatch):
    shown = []
    monkeypatch.setattr(board.canvas, "put_image_data", lambda data, x, y: shown.append(data))
    drag(board, (5, 3), (5, 20))
    assert shown[-1].shape == (*SIZE, 4) and shown[-1].dtype == np.uint8
    assert np.array_equal(shown[-1][..., :3], np.asarray(sg.to_pil(board.picture)))
    assert len(shown) >= 3  # while it is drawn, not only at its end


def test_old_steps_are_forgotten_but_never_the_first(board, monkeypatch):
    monkeypatch.setattr("singan_edu.course.canvas.MAX_UNDO_STEPS", 3)
    for column in range(8):
        mouse(board, ("down", column, 5), ("up", column, 5))
    assert len(board.states) == 5
    for _ in range(9):
        board.undo()
    assert board.mask.sum() == 0


# ----------------------------------------------------------------------------------------- regions
def test_the_mouse_marks_a_rectangle_and_carries_it(regions):
    before = regions.picture
    drag(regions, (4, 2), (12, 8))
    assert regions.box == Box(2, 4, 6, 8) and torch.equal(regions.picture, before)
    drag(regions, (6, 4), (20, 14))
    edited, mask = move_region(before, (2, 4, 6, 8), (12, 18))
    assert torch.equal(regions.picture, edited) and torch.equal(regions.mask, mask)
    assert regions.box is None


def test_copies_leave_the_original(regions):
    before = regions.picture
    regions.tools()[0].value = True
    drag(regions, (4, 2), (12, 8))
    drag(regions, (6, 4), (20, 14))
    assert torch.equal(regions.picture, copy_region(before, (2, 4, 6, 8), (12, 18))[0])


def test_what_is_marked_is_deleted_by_a_button(regions):
    before = regions.picture
    delete = button(ipywidgets.HBox(regions.tools()), "delete")
    delete.click()  # nothing is marked: nothing happens
    assert torch.equal(regions.picture, before)
    drag(regions, (4, 2), (12, 8))
    delete.click()
    assert torch.equal(regions.picture, delete_region(before, (2, 4, 6, 8))[0])
    assert regions.box is None


def test_a_click_unmarks_and_dropping_where_it_was_changes_nothing(regions):
    drag(regions, (4, 2), (12, 8))
    mouse(regions, ("down", 6, 4), ("move", 6, 4), ("up", 6, 4))
    assert len(regions.states) == 1 and regions.box is not None
    mouse(regions, ("down", 25, 20), ("up", 25, 20))
    assert regions.box is None


def test_masks_of_several_changes_add_up_and_undo_takes_the_last_away(regions):
    regions.copy((0, 0, 4, 4), (10, 10))
    regions.delete((16, 20, 5, 5))
    both = regions.mask
    assert both.sum() == 16 + 25
    regions.undo()
    assert regions.mask.sum() == 16
    regions.move((0, 0, 4, 4), (10, 20))
    assert regions.mask.sum() == 16 + 32


def test_a_marked_rectangle_is_drawn_on_the_canvas_but_not_in_the_picture(regions, monkeypatch):
    drawn = []
    monkeypatch.setattr(regions.canvas, "stroke_rect", lambda *box: drawn.append(box))
    before = regions.picture
    drag(regions, (4, 2), (12, 8))
    assert drawn[-1] == (4, 2, 8, 6) and torch.equal(regions.picture, before)


# --------------------------------------------------------------------------------------- live view
def shade_of(board):
    return lambda level=0, seed=0: board.picture.mean() * torch.ones(1, 3, 6, 8) - 0.1 * level


def test_the_result_is_there_at_once_and_follows_every_stroke(board):
    widget = live_view(board, shade_of(board), level=range(3), alt="The mean of the canvas.")
    (image,) = kinds(widget, ipywidgets.Image)
    seen = [image.value]
    drag(board, (5, 3), (5, 20))
    seen.append(image.value)
    button(widget, "undo").click()
    assert image.value == seen[0] != seen[1]
    kinds(widget, ipywidgets.SelectionSlider)[-1].index = 2
    assert image.value == widgets.picture_bytes(shade_of(board)(2))


def test_a_stroke_in_progress_does_not_ask_for_the_result(board):
    made = []

    def count(level: int) -> torch.Tensor:
        made.append(level)
        return board.picture

    live_view(board, count, level=range(2), alt="The canvas.", strip=[{"level": 0}])
    before = len(made)
    mouse(board, ("down", 5, 5), ("move", 6, 6), ("move", 7, 7))
    assert len(made) == before
    mouse(board, ("up", 7, 7))
    assert len(made) == before + 1


def test_an_error_of_the_function_is_shown_and_the_next_stroke_mends_it(board):
    def shy(level: int) -> torch.Tensor:
        if board.mask.sum() == 5:
            raise ValueError("one dab is not enough")
        return board.picture

    widget = live_view(board, shy, level=range(2), alt="The canvas.", strip=[{"level": 0}])
    mouse(board, ("down", 5, 5), ("up", 5, 5))
    texts = kinds(widget, ipywidgets.HTML)
    assert "one dab is not enough" in texts[-1].value
    mouse(board, ("down", 15, 5), ("up", 15, 5))
    assert "The canvas." in texts[-1].value


def test_it_can_be_read_without_a_kernel(board):
    widget = live_view(
        board, shade_of(board), level=range(3), alt="The mean of the canvas.", strip=[{"level": 2}]
    )
    data, facts = widget._repr_mimebundle_()
    assert facts["image/png"]["alt"].startswith("The mean of the canvas.")
    assert len(set(facts["image/png"]["strip"])) == 2
    assert Image.open(io.BytesIO(data["image/png"])).size[0] > 400
    assert "singan-live-view" in widget._dom_classes
