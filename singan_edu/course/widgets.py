"""The widgets of the lessons: predictions to click, and images that follow sliders.

Each widget has a static version for readers without a kernel: a prediction shows its question, a
slider a strip of labelled images made by the slider's own function. The committed lessons hold the
static version only (see ``authoring.write_generated_cells``).
"""

from __future__ import annotations

import hashlib
import html
import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ipywidgets
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from ..applications.movies import gif_bytes
from ..images import to_pil
from ..pyramid import PyramidPlan
from . import plots
from .answers import remember, remembered
from .lesson import WIDGET_VIEW

PREDICTIONS = "predictions"
BLANK = "no prediction"
PICTURE_WIDTH = 480  # pixels on the screen, whatever the size of the level
LIVE_SECONDS = 0.15  # a quicker function is called while the handle is dragged
CACHE_SIZE = 200  # images that a slider keeps
STRIP_LENGTH = 6  # images
MOVIE_STILLS = 3  # frames side by side where a movie cannot play
LEVEL_SLIDERS = ("level", "start_level")
Values = dict[str, Any]


class StaticFallback(ipywidgets.VBox):
    """A column of widgets with a static version for stored notebooks and readers without a kernel.

    Attributes:
        data: the static version, by MIME type.
        metadata: of the static version, by MIME type.
    """

    data: Mapping[str, Any]
    metadata: Mapping[str, Any]

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict[str, Any], dict[str, Any]]:
        live = super()._repr_mimebundle_(**kwargs)
        return {WIDGET_VIEW: live[WIDGET_VIEW], **self.data}, dict(self.metadata)


# -------------------------------------------------------------------------------------- predictions
def predict(label: str, question: str, options: Sequence[str]) -> StaticFallback:
    """Ask for a prediction before the next cell measures; the answer is kept in ``my_answers``.

    Args:
        label: lesson and number, ``"01.1"``.
        question: what is about to be measured.
        options: the possible answers, each in a few words.

    Returns:
        The widget, to be the last expression of its cell.
    """
    buttons = ipywidgets.ToggleButtons(options=list(options), value=_chosen(label, options))
    status = ipywidgets.HTML(_status(buttons.value))

    def keep(change: Mapping[str, Any]) -> None:
        """Store the clicked answer, and say so."""
        remember(PREDICTIONS, label, change["new"])
        status.value = _status(change["new"])

    buttons.observe(keep, names="value")
    buttons.style.button_width = "auto"
    heading = f"<b>Predict {label}.</b> {html.escape(question)}"
    widget = StaticFallback([ipywidgets.HTML(heading), buttons, status])
    widget.add_class("singan-predict")
    widget.data = _question(heading, label, question, options)
    widget.metadata = {}
    return widget


def compare_prediction(label: str, measured: str) -> None:
    """Show the reader's prediction beside the measured answer.

    Args:
        label: of the prediction, ``"01.1"``.
        measured: the option that the lesson has just measured to be right.
    """
    from IPython.display import display

    predicted = remembered(PREDICTIONS).get(label)
    verdict = "–" if predicted is None else ("✔ as predicted" if predicted == measured else "✘")
    row = [predicted or BLANK, measured, verdict]
    cells = "".join(f"<td style='text-align: left'>{html.escape(text)}</td>" for text in row)
    names = "".join(
        f"<th style='text-align: left'>{n}</th>" for n in (f"you, {label}", "measured", "")
    )
    table = f"<table><tr>{names}</tr><tr>{cells}</tr></table>"
    plain = f"Prediction {label}: {row[0]}. Measured: {measured}. {verdict}"
    display({"text/html": table, "text/plain": plain}, raw=True)


def _chosen(label: str, options: Sequence[str]) -> str | None:
    """Return the stored answer, if it is still one of the options."""
    answer = remembered(PREDICTIONS).get(label)
    return answer if answer in options else None


def _status(answer: str | None) -> str:
    return "<i>Click what you expect.</i>" if answer is None else "✔ kept; now run on."


def _question(heading: str, label: str, question: str, options: Sequence[str]) -> dict[str, str]:
    """Return the static version of a prediction, by MIME type."""
    items = "".join(f"<li>{html.escape(option)}</li>" for option in options)
    plain = f"Predict {label}. {question}\n" + "\n".join(f"  ( ) {option}" for option in options)
    return {"text/html": f"<p>{heading}</p><ul>{items}</ul>", "text/plain": plain}


# ------------------------------------------------------------------------------------------ sliders
def explore(
    function: Callable[..., Tensor | Figure],
    *,
    alt: str,
    strip: Sequence[Values] | None = None,
    start: Values | None = None,
    plan: PyramidPlan | None = None,
    caption: Callable[..., str] | None = None,
    fps: float | None = None,
    **values: Iterable[Any],
) -> StaticFallback:
    """Show sliders over ``values``, and the image that ``function`` makes of them.

    The first image is shown at once. Handles can be moved with the mouse and the arrow keys. If the
    function is quick, the image follows the handle; otherwise it is made when the handle is
    released.

    Args:
        function: called as ``function(level=2, seed=0)``; returns one image (1, C, h, w), several
            (n, C, h, w), in [-1, 1], or a figure.
        alt: what the image shows, in words.
        strip: values of the images in the static strip; a name that is left out keeps its start
            value. By default the values of the first slider, six at most.
        start: values that the sliders start from; by default the first ones.
        plan: of the pyramid; labels ``level`` and ``start_level`` in both numberings.
        caption: called like ``function``; returns a line of text to show under the image.
        fps: if given, ``function`` returns the frames of a movie, (frames, C, h, w), played at so
            many frames per second; the strip shows a few of them.
        values: name of each slider and the values that it goes through.

    Returns:
        The widget, to be the last expression of its cell.
    """
    choices = {name: list(options) for name, options in values.items()}
    first = {name: options[0] for name, options in choices.items()} | (start or {})
    shots = [first | shot for shot in strip or vary_first_slider(choices)]
    explorer = (
        MovieExplorer(function, alt, fps=fps, caption=caption, plan=plan)
        if fps
        else Explorer(function, alt, caption=caption, plan=plan)
    )
    widget = StaticFallback(explorer.controls(choices, first))
    widget.add_class("singan-explore")
    widget.data, widget.metadata = explorer.static(shots)
    return widget


def vary_first_slider(choices: Mapping[str, Sequence[Any]]) -> list[Values]:
    """Choose up to six values of the first slider, evenly spaced, including both ends.

    Args:
        choices: name of each slider and its values.

    >>> vary_first_slider({"level": range(9), "seed": [0, 1]})[:3]
    [{'level': 0}, {'level': 2}, {'level': 3}]
    """
    name, options = next(iter(choices.items()))
    count = min(STRIP_LENGTH, len(options))
    steps = max(1, count - 1)
    return [{name: options[round(i * (len(options) - 1) / steps)]} for i in range(count)]


class Explorer:
    """The images of one function, each made once, and the controls that ask for them.

    Args:
        function: of named values, returns one image (1, C, h, w), several (n, C, h, w), in [-1, 1],
            or a figure.
        alt: what the image shows, in words; it is printed under the image.
        caption: of the same values, returns a line of text to show under the image.
        plan: of the pyramid, labels levels in both numberings.
    """

    def __init__(
        self,
        function: Callable[..., Tensor | Figure],
        alt: str,
        *,
        caption: Callable[..., str] | None = None,
        plan: PyramidPlan | None = None,
    ) -> None:
        self.function, self.alt, self.caption, self.plan = function, alt, caption, plan
        self.cache: dict[str, bytes] = {}
        self.values: Values = {}
        self.image = ipywidgets.Image(format="png")
        self.image.layout.max_width = "100%"
        self.image.add_class("singan-picture")
        self.text = ipywidgets.HTML()

    def picture(self, values: Values) -> bytes:
        """Return the image of ``values`` as the bytes of a file; each image is made once.

        Args:
            values: of every slider, by name.
        """
        key = repr(values)
        if key not in self.cache:
            if len(self.cache) >= CACHE_SIZE:
                del self.cache[next(iter(self.cache))]
            self.cache[key] = self.encode(self.function(**values))
        return self.cache[key]

    def encode(self, picture: Tensor | Figure) -> bytes:
        """Return the function's result as the bytes of the file that the page shows.

        Args:
            picture: (n, C, h, w) in [-1, 1], or a figure.
        """
        return picture_bytes(picture)

    def still(self, values: Values) -> bytes:
        """Return the image of ``values`` for the static strip, as the bytes of a PNG file.

        Args:
            values: of every slider, by name.
        """
        return self.picture(values)

    def show(self, values: Values) -> None:
        """Show the image of ``values``, or the error that the function raised.

        Args:
            values: of every slider, by name.
        """
        self.values = values
        try:
            self.image.value = self.picture(values)
            note = f"{html.escape(self.caption(**values))}<br>" if self.caption else ""
            self.text.value = f"{note}<small>{html.escape(self.alt)}</small>"
        except Exception as error:  # Jupyter hides the errors of callbacks
            self.text.value = f"<b>{type(error).__name__}:</b> {html.escape(str(error))}"

    def refresh(self) -> None:
        """Make the image again, because what the function looks at has changed."""
        self.cache.clear()
        self.show(self.values)

    def controls(
        self, choices: Mapping[str, Sequence[Any]], start: Values
    ) -> list[ipywidgets.Widget]:
        """Make the sliders, the image and its line of text, and draw the first image.

        Args:
            choices: name of each slider and its values.
            start: value of each slider at first.

        Returns:
            The widgets from top to bottom.
        """
        started = time.monotonic()
        self.image.value = self.picture(start)
        is_quick = time.monotonic() - started < LIVE_SECONDS
        sliders = {
            name: self._slider(name, options, start[name], is_quick)
            for name, options in choices.items()
        }

        def redraw(change: object) -> None:
            """Show the image of the sliders' values."""
            self.show({name: slider.value for name, slider in sliders.items()})

        for slider in sliders.values():
            slider.observe(redraw, names="value")
        self.show(start)
        return [*sliders.values(), self.image, self.text]

    def _slider(
        self, name: str, options: Sequence[Any], value: Any, is_quick: bool
    ) -> ipywidgets.SelectionSlider:
        return ipywidgets.SelectionSlider(
            options=[(self.label(name, option), option) for option in options],
            value=value,
            description=name.replace("_", " "),
            continuous_update=is_quick,
            layout=ipywidgets.Layout(width=f"{PICTURE_WIDTH}px", max_width="100%"),
            style={"description_width": "110px"},
        )

    def label(self, name: str, value: Any) -> str:
        """Return a value as the slider prints it; a level in both numberings.

        Args:
            name: of the slider.
            value: one of its values.
        """
        if self.plan is not None and name in LEVEL_SLIDERS:
            return self.plan.label(value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    def title(self, values: Values, names: Iterable[str]) -> str:
        """Return the title of an image in the strip: the values that change along the strip.

        Args:
            values: of every slider, by name.
            names: of the sliders to print.
        """
        parts = [
            self.label(name, values[name])
            if name in LEVEL_SLIDERS and self.plan
            else f"{name.replace('_', ' ')} {self.label(name, values[name])}"
            for name in names
        ]
        return "\n".join(parts)

    def static(
        self, shots: Sequence[Values], before: Mapping[str, bytes] | None = None
    ) -> tuple[Values, Values]:
        """Make the static strip of images, as the output of a notebook.

        Args:
            shots: values of each image, by name of the slider.
            before: PNG files to put in front of the others, by their titles.

        Returns:
            Data and metadata by MIME type. The metadata hold the alternative text, and a checksum
            of each image, by which a test finds images that are equal.
        """
        names = [name for name in shots[0] if len({repr(shot[name]) for shot in shots}) > 1]
        titles = [*(before or {}), *(self.title(shot, names) for shot in shots)]
        pictures = [*(before or {}).values(), *(self.still(shot) for shot in shots)]
        words = f"{self.alt} Shown here: {'; '.join(t.replace(chr(10), ', ') for t in titles)}."
        data, facts = plots.mime_bundle(plots.filmstrip(pictures, titles), words)
        checksums = [hashlib.sha256(picture).hexdigest()[:8] for picture in pictures]
        return data, {kind: fact | {"strip": checksums} for kind, fact in facts.items()}


class MovieExplorer(Explorer):
    """An explorer of a function that returns the frames of a movie.

    The page plays the movie; the static strip shows a few of its frames.

    Args:
        function: of named values, returns frames (frames, C, h, w) in [-1, 1].
        alt: what the movie shows, in words.
        fps: frames per second.
        caption: of the same values, returns a line of text to show under the movie.
        plan: of the pyramid, labels levels in both numberings.
    """

    def __init__(
        self,
        function: Callable[..., Tensor | Figure],
        alt: str,
        *,
        fps: float,
        caption: Callable[..., str] | None = None,
        plan: PyramidPlan | None = None,
    ) -> None:
        super().__init__(function, alt, caption=caption, plan=plan)
        self.fps = fps
        self.image.format = "gif"
        self.image.layout.width = f"{PICTURE_WIDTH}px"

    def encode(self, picture: Tensor | Figure) -> bytes:
        """Return the frames as the bytes of a GIF of their own size, which the page enlarges.

        Args:
            picture: the frames, (frames, C, h, w) in [-1, 1].
        """
        return gif_bytes(_frames(picture), self.fps)

    def still(self, values: Values) -> bytes:
        """Return frames from the whole movie side by side, as the bytes of a PNG file.

        Args:
            values: of every slider, by name.
        """
        frames = _frames(self.function(**values))
        return picture_bytes(frames[:: max(1, len(frames) // MOVIE_STILLS)][:MOVIE_STILLS])


def _frames(picture: Tensor | Figure) -> Tensor:
    """Return the frames of a movie, which a figure does not have."""
    if isinstance(picture, Figure):
        raise TypeError("With `fps` the function must return frames (n, C, h, w), not a figure.")
    return picture


def picture_bytes(picture: Tensor | Figure) -> bytes:
    """Return images side by side, or a figure, as the bytes of a PNG file.

    Args:
        picture: images (n, C, h, w) in [-1, 1], enlarged to ``PICTURE_WIDTH``; or a figure.
    """
    if isinstance(picture, Figure):
        return plots.png(picture)
    sheet = to_pil(plots.contact_sheet(picture, columns=len(picture)))
    height = max(1, round(sheet.height * PICTURE_WIDTH / sheet.width))
    buffer = io.BytesIO()
    enlarged = sheet.resize((PICTURE_WIDTH, height), Image.Resampling.LANCZOS)
    enlarged.save(buffer, format="PNG")
    return buffer.getvalue()
