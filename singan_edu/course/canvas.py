"""Images to work on with the mouse: paint, and regions to move, copy and delete.

A board keeps its image in Python: mouse events change that image, and the canvas in the browser
only shows it. So the drawing is there as a tensor, and can be made without a mouse, too::

    board = PaintBoard(paint, sg.colour_palette(photo))
    board.stroke([(10, 20), (60, 22)], colour=4, radius=3)      # (row, column) in pixels

    def result(level):
        return sg.paint_to_image(model, board.picture, level)

    live_view(board, result, level=(1, 2), alt="The painting, and what the model makes of it.")

Taught in lessons 10 and 12.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import ipywidgets
import numpy as np
import torch
from ipycanvas import Canvas, hold_canvas
from matplotlib.figure import Figure
from torch import Tensor

from ..applications.masks import Point, brush_mask
from ..applications.regions import Box, TopLeft, copy_region, delete_region, move_region
from ..images import Size, size_of, to_pil
from ..pyramid import PyramidPlan
from .plots import VERMILION
from .widgets import Explorer, StaticFallback, Values, picture_bytes, vary_first_slider

WIDTH = 390  # pixels on the screen, so that canvas and result fit side by side
MAX_UNDO_STEPS = 50
MIN_BOX_SIDE = 3  # pixels; a smaller rectangle was a click
BRUSH_RADII = (1, 2, 3, 4, 6, 8, 12, 16)  # pixels of the image
DARK_TEXT_ABOVE = 380  # sum of red, green and blue, of 765


class State(NamedTuple):
    """One step of a drawing.

    Attributes:
        picture: (1, C, H, W) in [-1, 1].
        mask: (1, 1, H, W), one where the image was changed since the beginning, else zero.
    """

    picture: Tensor
    mask: Tensor


# ------------------------------------------------------------------------------------------- boards
class Board:
    """An image on a canvas: what all boards share, such as showing and undoing.

    Args:
        picture: (1, C, H, W) in [-1, 1]; it is copied.

    Attributes:
        states: the steps of the drawing; the first is the original image, the last the current one.
        canvas: the widget; it shows the image enlarged, one canvas pixel per image pixel.
        changed: called without arguments after every change of the image.
    """

    def __init__(self, picture: Tensor) -> None:
        blank = State(
            picture.detach().float().cpu().clamp(-1, 1), torch.zeros(picture[:, :1].shape)
        )
        self.states = [blank]
        self.changed: Callable[[], None] = lambda: None
        height, width = size_of(picture)
        self.canvas = Canvas(width=width, height=height)
        self.canvas.layout = ipywidgets.Layout(width=f"{WIDTH}px", max_width="100%", height="auto")
        self.canvas.add_class("singan-canvas")
        self._listen()
        self.show()

    @property
    def picture(self) -> Tensor:
        """The current image, (1, C, H, W) in [-1, 1]; later strokes do not change this tensor."""
        return self.states[-1].picture

    @property
    def mask(self) -> Tensor:
        """Where the image was changed so far, (1, 1, H, W) of zeros and ones."""
        return self.states[-1].mask

    @property
    def size(self) -> Size:
        """(height, width) in pixels."""
        return size_of(self.picture)

    def undo(self) -> None:
        """Undo the last change."""
        if len(self.states) > 1:
            self.states.pop()
            self._finish()

    def clear(self) -> None:
        """Return to the original image; this can be undone, too."""
        self._begin(self.states[0])
        self._finish()

    def show(self) -> None:
        """Send the image to the canvas."""
        pixels = np.asarray(to_pil(self.picture).convert("RGBA"))  # RGB would go as a lossy JPEG
        with hold_canvas():
            self.canvas.put_image_data(pixels, 0, 0)
            self._mark()

    def tools(self) -> list[ipywidgets.Widget]:
        """Return the controls above the canvas."""
        return [_button("undo", self.undo), _button("clear", self.clear)]

    def press(self, point: Point) -> None:
        """React to the mouse button going down.

        Args:
            point: (row, column) in pixels.
        """

    def drag(self, point: Point) -> None:
        """React to the mouse moving, with its button down or up.

        Args:
            point: (row, column) in pixels.
        """

    def release(self, point: Point) -> None:
        """React to the mouse button going up, or the mouse leaving the canvas.

        Args:
            point: (row, column) in pixels.
        """

    def _mark(self) -> None:
        """Draw on the canvas what is not part of the image."""

    def _begin(self, state: State | None = None) -> None:
        """Begin a step that can be undone, from ``state`` or from the current image."""
        original, *later = self.states
        self.states = [original, *later[-MAX_UNDO_STEPS:], state or self.states[-1]]

    def _finish(self) -> None:
        """End a step: show the image, and tell who listens."""
        self.show()
        self.changed()

    def _listen(self) -> None:
        """Translate events of mouse and finger from (x, y) to (row, column) of the image."""

        def act_at(act: Callable[[Point], None]) -> Callable[[float, float], None]:
            return lambda x, y: act(self._nearest((y, x)))

        def act_at_touch(act: Callable[[Point], None]) -> Callable[[Sequence[Point]], None]:
            return lambda touches: act(self._nearest((touches[0][1], touches[0][0])))

        self.canvas.on_mouse_down(act_at(self.press))
        self.canvas.on_mouse_move(act_at(self.drag))
        self.canvas.on_mouse_up(act_at(self.release))
        self.canvas.on_mouse_out(act_at(self.release))
        self.canvas.on_touch_start(act_at_touch(self.press))
        self.canvas.on_touch_move(act_at_touch(self.drag))
        self.canvas.on_touch_end(lambda touches: self.release((0.0, 0.0)))
        self.canvas.on_client_ready(self.show)

    def _nearest(self, point: Point) -> Point:
        """Return the point of the image that is nearest to ``point``."""
        (row, column), (height, width) = point, self.size
        return min(max(float(row), 0.0), height - 1.0), min(max(float(column), 0.0), width - 1.0)


class PaintBoard(Board):
    """An image to paint on with a round brush.

    Args:
        picture: (1, C, H, W) in [-1, 1]; it is copied.
        colours: (k, C) in [-1, 1], the colours to paint with, such as ``colour_palette(photo)``.
        radius: of the brush at first, in pixels.
    """

    def __init__(self, picture: Tensor, colours: Tensor, *, radius: float = 4) -> None:
        self.colours, self.radius, self.colour = colours.detach().float().cpu(), radius, 0
        self.last_point: Point | None = None  # None between strokes
        super().__init__(picture)

    def stroke(
        self, points: Sequence[Point], *, colour: int | None = None, radius: float | None = None
    ) -> None:
        """Paint a stroke, as if with the mouse.

        Args:
            points: (row, column) in pixels, joined by straight lines; one point is a dab.
            colour: number of the colour, kept for later strokes; the current one if not given.
            radius: of the brush in pixels, kept for later strokes; the current one if not given.
        """
        self.colour = self.colour if colour is None else colour
        self.radius = self.radius if radius is None else radius
        self.press(self._nearest(points[0]))
        for point in points[1:]:
            self.drag(self._nearest(point))
        self.release(points[-1])

    def press(self, point: Point) -> None:
        """Begin a stroke with a dab.

        Args:
            point: (row, column) in pixels.
        """
        self._begin()
        self._paint_line(point, point)

    def drag(self, point: Point) -> None:
        """Continue the stroke in a straight line; outside a stroke nothing happens.

        Args:
            point: (row, column) in pixels.
        """
        if self.last_point is not None:
            self._paint_line(self.last_point, point)

    def release(self, point: Point) -> None:
        """End the stroke.

        Args:
            point: (row, column) in pixels.
        """
        if self.last_point is not None:
            self.last_point = None
            self._finish()

    def _paint_line(self, start: Point, stop: Point) -> None:
        touched = brush_mask(self.size, [start, stop], self.radius)
        colour = self.colours[self.colour].reshape(1, -1, 1, 1)
        picture = torch.where(touched > 0.5, colour, self.picture)
        self.states[-1] = State(picture, torch.maximum(self.mask, touched))
        self.last_point = stop
        self.show()

    def tools(self) -> list[ipywidgets.Widget]:
        """Return a button for each colour, the size of the brush, undo and clear."""
        buttons = [self._colour_button(number) for number in range(len(self.colours))]
        buttons[self.colour].icon = "check"
        radius = min(BRUSH_RADII, key=lambda radius: abs(radius - self.radius))
        brush = ipywidgets.SelectionSlider(options=BRUSH_RADII, value=radius, description="brush")
        brush.style.description_width = "40px"
        brush.layout.width = "230px"
        brush.observe(lambda change: setattr(self, "radius", change["new"]), names="value")

        def choose(button: ipywidgets.Button) -> None:
            """Paint with the colour of ``button`` from now on."""
            buttons[self.colour].icon = ""
            self.colour = buttons.index(button)
            button.icon = "check"

        for button in buttons:
            button.on_click(choose)
        return [*buttons, brush, *super().tools()]

    def _colour_button(self, number: int) -> ipywidgets.Button:
        pixel = to_pil(self.colours[number].reshape(1, -1, 1, 1)).convert("RGB")
        red, green, blue = np.asarray(pixel)[0, 0].tolist()
        button = ipywidgets.Button(tooltip=f"colour {number}")
        button.style.button_color = f"#{red:02x}{green:02x}{blue:02x}"
        is_light = red + green + blue > DARK_TEXT_ABOVE
        button.style.text_color = "black" if is_light else "white"
        button.layout.width = "38px"
        button.add_class("singan-pot")
        return button


class RegionBoard(Board):
    """An image whose rectangles can be moved, copied and deleted.

    Drag over the image to mark a rectangle; drag the rectangle to move it.

    Args:
        picture: (1, C, H, W) in [-1, 1]; it is copied.

    Attributes:
        box: the marked rectangle, or None.
        copies: whether dragging leaves the original in its place.
    """

    def __init__(self, picture: Tensor) -> None:
        self.box: Box | None = None
        self.copies = False
        self.corner: Point | None = None  # where a new rectangle begins
        self.grip: Point | None = None  # where the marked rectangle was grabbed
        self.target: Box | None = None  # where the dragged rectangle would be put
        super().__init__(picture)

    def move(self, box: Box | tuple[int, int, int, int], to: TopLeft) -> None:
        """Move a rectangle, and fill its old place smoothly.

        Args:
            box: (top, left, height, width) in pixels.
            to: its new (top, left) in pixels.
        """
        self._change(move_region(self.picture, box, to))

    def copy(self, box: Box | tuple[int, int, int, int], to: TopLeft) -> None:
        """Copy a rectangle to another place.

        Args:
            box: (top, left, height, width) in pixels.
            to: (top, left) of the copy in pixels.
        """
        self._change(copy_region(self.picture, box, to))

    def delete(self, box: Box | tuple[int, int, int, int] | None = None) -> None:
        """Fill a rectangle smoothly from its border.

        Args:
            box: (top, left, height, width) in pixels; the marked rectangle if not given.
        """
        box = box or self.box
        if box is not None:
            self.box = None
            self._change(delete_region(self.picture, box))

    def press(self, point: Point) -> None:
        """Grab the marked rectangle, or begin a new one.

        Args:
            point: (row, column) in pixels.
        """
        if self.box is not None and self.box.contains(point):
            self.grip = point
        else:
            self.box, self.corner = None, point
            self.show()

    def drag(self, point: Point) -> None:
        """Move the grabbed rectangle, or the corner of the new one.

        Args:
            point: (row, column) in pixels.
        """
        if self.grip is not None and self.box is not None:
            self.target = self.box.shifted(point[0] - self.grip[0], point[1] - self.grip[1])
            self.show()
        elif self.corner is not None:
            self.box = Box.between(self.corner, point)
            self.show()

    def release(self, point: Point) -> None:
        """Drop the grabbed rectangle, or discard a new one that is too small.

        Args:
            point: (row, column) in pixels.
        """
        box, target = self.box, self.target
        self.corner = self.grip = self.target = None
        if box is None:
            return
        if target is not None and box != target:
            self.box = None
            (self.copy if self.copies else self.move)(box, target[:2])
        elif min(box.height, box.width) < MIN_BOX_SIDE:
            self.box = None
            self.show()

    def tools(self) -> list[ipywidgets.Widget]:
        """Return the choice between moving and copying, delete, undo and clear."""
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
        for box in (self.box, self.target):
            if box is not None:
                self.canvas.stroke_rect(box.left, box.top, box.width, box.height)


def _button(text: str, act: Callable[[], None]) -> ipywidgets.Button:
    button = ipywidgets.Button(description=text, layout=ipywidgets.Layout(width="auto"))
    button.on_click(lambda _: act())
    return button


# ---------------------------------------------------------------------------------------- live view
def live_view(
    board: Board,
    function: Callable[..., Tensor | Figure],
    *,
    alt: str,
    strip: Sequence[Values] | None = None,
    start: Values | None = None,
    plan: PyramidPlan | None = None,
    caption: Callable[..., str] | None = None,
    **values: Iterable[Any],
) -> StaticFallback:
    """Show a board, and beside it what ``function`` makes of its image after every change.

    Args:
        board: to work on.
        function: called with the values of the sliders, ``function(level=2)``; reads
            ``board.picture`` and ``board.mask``, and returns one image (1, C, h, w), several
            (n, C, h, w), in [-1, 1], or a figure.
        alt: what is shown, in words.
        strip: values of the images in the static strip, which begins with the board's image; a name
            that is left out keeps its start value. By default the values of the first slider.
        start: values that the sliders start from; by default the first ones.
        plan: of the pyramid; labels ``level`` and ``start_level`` in both numberings.
        caption: called like ``function``; returns a line of text to show under the result.
        values: name of each slider and the values that it goes through.

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
    board.changed = explorer.refresh
    widget = StaticFallback([columns])
    widget.add_class("singan-live-view")
    before = {"on the canvas": picture_bytes(board.picture)}
    widget.data, widget.metadata = explorer.static(shots, before)
    return widget
