"""Pictures to work on with the mouse: paint, and regions to move, copy and delete.

A board keeps its picture in Python; mouse events change that picture, and the canvas in the
browser only shows it. So what was drawn is there as a tensor, and can be drawn without a mouse::

    board = PaintBoard(paint, sg.colour_palette(photo))
    board.stroke([(10, 20), (60, 22)], colour=4, radius=3)      # (row, column) in pixels
    live_view(board, lambda level: sg.paint_to_image(model, board.picture, level), level=(1, 2), alt=…)

Taught in lessons 10 and 12.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import ipywidgets
import numpy as np
import torch
from ipycanvas import Canvas, hold_canvas
from matplotlib.figure import Figure
from torch import Tensor

from ..applications.masks import Point, brush_mask
from ..applications.regions import Box, copy_region, delete_region, move_region
from ..images import to_pil
from ..pyramid import PyramidPlan
from .plots import VERMILION
from .widgets import Explorer, StaticFallback, Values, picture_bytes, vary_first_slider

WIDTH = 390  # pixels on the screen, of the canvas and of the result: they fit beside each other
MOST_STEPS = 50  # that can be undone
SMALLEST_BOX = 3  # pixels; a smaller one was a click
RADII = (1, 2, 3, 4, 6, 8, 12, 16)  # of the brush, in pixels of the picture


class State(NamedTuple):
    """A picture (1, C, H, W) in [-1, 1], and the mask (1, 1, H, W) of what was changed in it."""

    picture: Tensor
    mask: Tensor


# ------------------------------------------------------------------------------------------- boards
class Board:
    """A picture on a canvas: what all boards share, looking, undoing and beginning anew.

    Args:
        picture: (1, C, H, W) in [-1, 1]; it is copied.

    Attributes:
        canvas: the widget; it shows the picture enlarged, its pixels are the picture's.
        changed: called without arguments after everything that changed the picture.
    """

    def __init__(self, picture: Tensor) -> None:
        blank = State(
            picture.detach().float().cpu().clamp(-1, 1), torch.zeros(picture[:, :1].shape)
        )
        self.states = [blank]
        self.changed: Callable[[], None] = lambda: None
        height, width = picture.shape[-2:]
        self.canvas = Canvas(width=width, height=height)
        self.canvas.layout = ipywidgets.Layout(width=f"{WIDTH}px", max_width="100%", height="auto")
        self.canvas.add_class("singan-canvas")
        self._listen()
        self.show()

    @property
    def picture(self) -> Tensor:
        """What is on the canvas, (1, C, H, W) in [-1, 1]; later strokes leave it as it is."""
        return self.states[-1].picture

    @property
    def mask(self) -> Tensor:
        """What was changed so far, (1, 1, H, W) of zeros and ones."""
        return self.states[-1].mask

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return tuple(self.picture.shape[-2:])

    def undo(self) -> None:
        """Take the last change back."""
        if len(self.states) > 1:
            self.states.pop()
            self._finish()

    def clear(self) -> None:
        """Back to the picture that the board began with; this, too, can be undone."""
        self._begin(self.states[0])
        self._finish()

    def show(self) -> None:
        """Send the picture to the canvas."""
        pixels = np.asarray(to_pil(self.picture).convert("RGBA"))  # RGBA goes without a loss
        with hold_canvas():
            self.canvas.put_image_data(pixels, 0, 0)
            self._mark()

    def tools(self) -> list[ipywidgets.Widget]:
        """The row of controls above the canvas."""
        return [_button("undo", self.undo), _button("clear", self.clear)]

    def press(self, point: Point) -> None:
        """The mouse button goes down at (row, column)."""

    def drag(self, point: Point) -> None:
        """The mouse moves to (row, column), its button down or not."""

    def release(self, point: Point) -> None:
        """The mouse button goes up, or the mouse leaves the canvas, at (row, column)."""

    def _mark(self) -> None:
        """Draw what is on the canvas, but not in the picture."""

    def _begin(self, state: State | None = None) -> None:
        """A step that can be undone begins."""
        self.states = [self.states[0], *self.states[1:][-MOST_STEPS:], state or self.states[-1]]

    def _finish(self) -> None:
        self.show()
        self.changed()

    def _listen(self) -> None:
        """Mouse and finger, in (column, row) of the canvas, become (row, column) of the picture."""
        hands = {self.press: ("mouse_down",), self.drag: ("mouse_move",)}
        hands[self.release] = ("mouse_up", "mouse_out")
        for act, names in hands.items():
            for name in names:
                getattr(self.canvas, f"on_{name}")(lambda x, y, act=act: act(self._inside((y, x))))
        for act, name in ((self.press, "start"), (self.drag, "move")):
            getattr(self.canvas, f"on_touch_{name}")(
                lambda touches, act=act: act(self._inside(touches[0][::-1]))
            )
        self.canvas.on_touch_end(lambda touches: self.release((0.0, 0.0)))
        self.canvas.on_client_ready(self.show)

    def _inside(self, point: Point) -> Point:
        """The point of the picture that is nearest."""
        return tuple(min(max(float(at), 0.0), side - 1.0) for at, side in zip(point, self.size))


class PaintBoard(Board):
    """A picture to paint on with a round brush.

    Args:
        picture: (1, C, H, W) in [-1, 1].
        colours: (k, C) in [-1, 1], the pots of paint; ``colour_palette(photo)`` are a photograph's.
        radius: of the brush at first, in pixels.
    """

    def __init__(self, picture: Tensor, colours: Tensor, *, radius: float = 4) -> None:
        self.colours, self.radius, self.colour = colours.detach().float().cpu(), radius, 0
        self.at: Point | None = None
        super().__init__(picture)

    def stroke(
        self, points: Sequence[Point], *, colour: int | None = None, radius: float | None = None
    ) -> None:
        """Paint by numbers: through ``points``, (row, column) each, as if with the mouse."""
        self.colour = self.colour if colour is None else colour
        self.radius = self.radius if radius is None else radius
        self.press(self._inside(points[0]))
        for point in points[1:]:
            self.drag(self._inside(point))
        self.release(points[-1])

    def press(self, point: Point) -> None:
        """A stroke begins with a dab."""
        self._begin()
        self._through(point, point)

    def drag(self, point: Point) -> None:
        """The stroke goes on in a straight line."""
        if self.at is not None:
            self._through(self.at, point)

    def release(self, point: Point) -> None:
        """The stroke ends."""
        if self.at is not None:
            self.at = None
            self._finish()

    def _through(self, start: Point, stop: Point) -> None:
        touched = brush_mask(self.size, [start, stop], self.radius)
        colour = self.colours[self.colour].reshape(1, -1, 1, 1)
        picture = torch.where(touched > 0.5, colour, self.picture)
        self.states[-1] = State(picture, torch.maximum(self.mask, touched))
        self.at = stop
        self.show()

    def tools(self) -> list[ipywidgets.Widget]:
        """The pots of paint, the size of the brush, undo and clear."""
        pots = [self._pot(number) for number in range(len(self.colours))]
        pots[self.colour].icon = "check"
        radius = min(RADII, key=lambda radius: abs(radius - self.radius))
        brush = ipywidgets.SelectionSlider(options=RADII, value=radius, description="brush")
        brush.style.description_width = "40px"
        brush.layout.width = "230px"
        brush.observe(lambda change: setattr(self, "radius", change["new"]), names="value")

        def dip(pot: ipywidgets.Button) -> None:
            """Take the colour of a pot."""
            pots[self.colour].icon = ""
            self.colour = pots.index(pot)
            pot.icon = "check"

        for pot in pots:
            pot.on_click(dip)
        return [*pots, brush, *super().tools()]

    def _pot(self, number: int) -> ipywidgets.Button:
        red, green, blue = (
            to_pil(self.colours[number].reshape(1, -1, 1, 1)).convert("RGB").getpixel((0, 0))
        )
        pot = ipywidgets.Button(tooltip=f"colour {number}")
        pot.style.button_color = f"#{red:02x}{green:02x}{blue:02x}"
        pot.style.text_color = "black" if red + green + blue > 380 else "white"
        pot.layout.width = "38px"
        pot.add_class("singan-pot")
        return pot


class RegionBoard(Board):
    """A picture of which rectangles are moved, copied and deleted.

    Drag over the picture to mark a rectangle; drag the rectangle to take it elsewhere.

    Args:
        picture: (1, C, H, W) in [-1, 1].

    Attributes:
        box: what is marked, if anything is.
        copies: whether dragging leaves the original where it was.
    """

    def __init__(self, picture: Tensor) -> None:
        self.box: Box | None = None
        self.copies = False
        self.corner: Point | None = None  # where a new rectangle began
        self.grip: Point | None = None  # where the marked one was taken hold of
        self.ghost: Box | None = None  # where it would be put
        super().__init__(picture)

    def move(self, box: Box | tuple[int, int, int, int], to: tuple[int, int]) -> None:
        """By numbers: take ``box`` = (top, left, height, width) to (top, left)."""
        self._change(move_region(self.picture, box, to))

    def copy(self, box: Box | tuple[int, int, int, int], to: tuple[int, int]) -> None:
        """By numbers: put a copy of ``box`` at (top, left)."""
        self._change(copy_region(self.picture, box, to))

    def delete(self, box: Box | tuple[int, int, int, int] | None = None) -> None:
        """Fill ``box``, or what is marked, smoothly from its rim."""
        box = box or self.box
        if box is not None:
            self.box = None
            self._change(delete_region(self.picture, box))

    def press(self, point: Point) -> None:
        """Take hold of the marked rectangle, or begin a new one."""
        if self.box is not None and self.box.contains(point):
            self.grip = point
        else:
            self.box, self.corner = None, point
            self.show()

    def drag(self, point: Point) -> None:
        """Carry the rectangle, or draw it larger."""
        if self.grip is not None:
            self.ghost = self.box.shifted(point[0] - self.grip[0], point[1] - self.grip[1])
            self.show()
        elif self.corner is not None:
            self.box = Box.between(self.corner, point)
            self.show()

    def release(self, point: Point) -> None:
        """Put down what was carried; forget a rectangle that is too small."""
        box, ghost = self.box, self.ghost
        self.corner = self.grip = self.ghost = None
        if ghost is not None and box != ghost:
            self.box = None
            (self.copy if self.copies else self.move)(box, ghost[:2])
        elif box is not None and min(box.height, box.width) < SMALLEST_BOX:
            self.box = None
            self.show()

    def tools(self) -> list[ipywidgets.Widget]:
        """Move or copy, delete, undo and clear."""
        kinds = ipywidgets.ToggleButtons(options=[("move", False), ("copy", True)], value=False)
        kinds.style.button_width = "auto"
        kinds.observe(lambda change: setattr(self, "copies", change["new"]), names="value")
        return [kinds, _button("delete", self.delete), *super().tools()]

    def _change(self, edited: tuple[Tensor, Tensor]) -> None:
        picture, mask = edited
        self._begin(State(picture, torch.maximum(self.mask, mask)))
        self._finish()

    def _mark(self) -> None:
        self.canvas.line_width = 1
        self.canvas.stroke_style = VERMILION
        for box in (self.box, self.ghost):
            if box is not None:
                self.canvas.stroke_rect(box.left, box.top, box.width, box.height)


def _button(text: str, act: Callable[[], None]) -> ipywidgets.Button:
    button = ipywidgets.Button(description=text, layout=ipywidgets.Layout(width="auto"))
    button.on_click(lambda _: act())
    return button


# ------------------------------------------------------------------------------------------- studio
def live_view(
    board: Board,
    function: Callable[..., Tensor | Figure],
    *,
    alt: str,
    strip: Sequence[Values] | None = None,
    start: Values | None = None,
    plan: PyramidPlan | None = None,
    caption: Callable[..., str] | None = None,
    **values: Any,
) -> StaticFallback:
    """A board, and beside it what ``function`` makes of its picture: anew after every change.

    Args:
        board: to work on; ``function`` looks at ``board.picture``, and at ``board.mask``.
        function, alt, strip, start, plan, caption, values: as in ``widgets.explore``. For readers
            without a kernel the picture on the board stands first in the strip.

    Returns:
        The widget, to be the last expression of its cell.
    """
    choices = {name: list(options) for name, options in values.items()}
    first = {name: options[0] for name, options in choices.items()} | (start or {})
    shots = [first | shot for shot in strip or vary_first_slider(choices)]
    explorer = Explorer(function, alt, caption=caption, plan=plan)
    tools = ipywidgets.HBox(board.tools(), layout=ipywidgets.Layout(flex_flow="row wrap"))
    results = explorer.controls(choices, first)
    for part in (tools, *results):
        part.layout.width = f"{WIDTH}px"
    for slider in results[: len(choices)]:
        slider.style.description_width = "70px"
    columns = ipywidgets.HBox([ipywidgets.VBox([tools, board.canvas]), ipywidgets.VBox(results)])
    columns.layout.flex_flow = "row wrap"
    board.changed = explorer.renew
    widget = StaticFallback([columns])
    widget.add_class("singan-studio")
    before = {"on the canvas": picture_bytes(board.picture)}
    widget.data, widget.facts = explorer.static(shots, before)
    return widget
