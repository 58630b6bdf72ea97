"""What moves in a lesson: predictions to click, and pictures that follow sliders.

Each widget carries a version of itself for readers without a kernel: a prediction its question, a
slider a strip of labelled pictures, which the slider's own function made. The committed lessons
hold that version only (``lesson.write_generated_cells``).
"""

from __future__ import annotations

import hashlib
import html
import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ipywidgets
from IPython.display import display
from matplotlib.figure import Figure
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
QUICK = 0.15  # seconds below which a picture follows the slider while it is dragged
MOST_KEPT = 200  # pictures that a slider remembers
STRIP_LENGTH = 6
STILLS = 3  # frames of a movie that stand side by side where it cannot play
Values = dict[str, Any]


class StaticFallback(ipywidgets.VBox):
    """A column of widgets that is ``data`` for readers without a kernel, and in stored outputs."""

    data: Mapping[str, Any]
    facts: Mapping[str, Any]

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict[str, Any], dict[str, Any]]:
        live = super()._repr_mimebundle_(**kwargs)
        return {WIDGET_VIEW: live[WIDGET_VIEW], **self.data}, dict(self.facts)


# -------------------------------------------------------------------------------------- predictions
def predict(id: str, question: str, options: Sequence[str]) -> StaticFallback:
    """A question to answer before the next cell runs; the answer is kept in ``my_answers``.

    Args:
        id: lesson and number, ``"01.1"``.
        question: what is about to be measured.
        options: the possible answers, each in a few words.

    Returns:
        The widget, to be the last expression of its cell.
    """
    buttons = ipywidgets.ToggleButtons(options=list(options), value=_chosen(id, options))
    status = ipywidgets.HTML(_status(buttons.value))

    def keep(change: Mapping[str, Any]) -> None:
        """Remember what was clicked, and say so."""
        remember(PREDICTIONS, id, change["new"])
        status.value = _status(change["new"])

    buttons.observe(keep, names="value")
    buttons.style.button_width = "auto"
    heading = f"<b>Predict {id}.</b> {html.escape(question)}"
    widget = StaticFallback([ipywidgets.HTML(heading), buttons, status])
    widget.add_class("singan-predict")
    widget.data = _question(heading, id, question, options)
    widget.facts = {}
    return widget


def compare_prediction(id: str, measured: str) -> None:
    """Show what was predicted beside what was measured; a blank prediction is shown as blank.

    Args:
        id: of the prediction.
        measured: the option that turned out right, as the lesson has just measured it.
    """
    predicted = remembered(PREDICTIONS).get(id)
    verdict = "–" if predicted is None else ("✔ as predicted" if predicted == measured else "✘")
    row = [predicted or BLANK, measured, verdict]
    cells = "".join(f"<td style='text-align: left'>{html.escape(text)}</td>" for text in row)
    names = "".join(
        f"<th style='text-align: left'>{n}</th>" for n in (f"you, {id}", "measured", "")
    )
    table = f"<table><tr>{names}</tr><tr>{cells}</tr></table>"
    plain = f"Prediction {id}: {row[0]}. Measured: {measured}. {verdict}"
    display({"text/html": table, "text/plain": plain}, raw=True)


def _chosen(id: str, options: Sequence[str]) -> str | None:
    """The stored answer, if it is still one of the options."""
    answer = remembered(PREDICTIONS).get(id)
    return answer if answer in options else None


def _status(answer: str | None) -> str:
    return "<i>Click what you expect.</i>" if answer is None else "✔ kept; now run on."


def _question(heading: str, id: str, question: str, options: Sequence[str]) -> dict[str, str]:
    """The prediction for a reader without a kernel."""
    items = "".join(f"<li>{html.escape(option)}</li>" for option in options)
    plain = f"Predict {id}. {question}\n" + "\n".join(f"  ( ) {option}" for option in options)
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
    """Sliders over ``values``, and the picture that ``function`` makes of them.

    The first picture is there at once. Handles take the mouse and the arrow keys. Where the
    function is quick the picture follows the handle, else it comes when the handle is let go.

    Args:
        function: called as ``function(level=2, seed=0)``; returns a picture (1, C, h, w), several
            (n, C, h, w), in [-1, 1], or a figure.
        alt: what is to be seen, in words.
        strip: values of the pictures for readers without a kernel; what is left out is as at the
            start. By default the first slider's values, six at most.
        start: values that the sliders start from; the first ones if not given.
        plan: labels ``level`` and ``start_level`` in both countings.
        caption: called like ``function``; a line of text to stand under the picture.
        fps: if given, what the function returns are frames, and they are played, so many a second;
            the strip shows a few of each.
        values: what each slider goes through.

    Returns:
        The widget, to be the last expression of its cell.
    """
    choices = {name: list(options) for name, options in values.items()}
    first = {name: options[0] for name, options in choices.items()} | (start or {})
    shots = [first | shot for shot in strip or vary_first_slider(choices)]
    explorer = Explorer(function, alt, caption=caption, plan=plan)
    if fps:
        explorer = MovieExplorer(function, alt, fps=fps, caption=caption, plan=plan)
    widget = StaticFallback(explorer.controls(choices, first))
    widget.add_class("singan-explore")
    widget.data, widget.facts = explorer.static(shots)
    return widget


def vary_first_slider(choices: dict[str, list[Any]]) -> list[Values]:
    """Up to six values of the first slider, evenly spaced, its ends among them."""
    name, options = next(iter(choices.items()))
    count = min(STRIP_LENGTH, len(options))
    steps = max(1, count - 1)
    return [{name: options[round(i * (len(options) - 1) / steps)]} for i in range(count)]


class Explorer:
    """Pictures of one function, kept once made, and the controls that ask for them.

    Args:
        function: of named values, see ``explore``.
        alt: what is to be seen, in words; it stands under the picture.
        caption: a line of text of the same values.
        plan: for labels of levels in both countings.
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
        self.kept: dict[str, bytes] = {}
        self.values: Values = {}
        self.image = ipywidgets.Image(format="png")
        self.image.layout.max_width = "100%"
        self.image.add_class("singan-picture")
        self.text = ipywidgets.HTML()

    def picture(self, values: Values) -> bytes:
        """The picture of ``values`` as the bytes of a PNG file."""
        key = repr(values)
        if key not in self.kept:
            if len(self.kept) >= MOST_KEPT:
                del self.kept[next(iter(self.kept))]
            self.kept[key] = self.encode(self.function(**values))
        return self.kept[key]

    def encode(self, picture: Tensor | Figure) -> bytes:
        """What the function returned, as the bytes that the page shows."""
        return picture_bytes(picture)

    def still(self, values: Values) -> bytes:
        """The picture of ``values`` for the strip, as the bytes of a PNG file."""
        return self.picture(values)

    def show(self, values: Values) -> None:
        """Put the picture of ``values`` before the reader, or say why there is none."""
        self.values = values
        try:
            self.image.value = self.picture(values)
            note = f"{html.escape(self.caption(**values))}<br>" if self.caption else ""
            self.text.value = f"{note}<small>{html.escape(self.alt)}</small>"
        except Exception as error:  # a callback's error would be seen by nobody
            self.text.value = f"<b>{type(error).__name__}:</b> {html.escape(str(error))}"

    def renew(self) -> None:
        """Make the picture anew: the function has something else to look at."""
        self.kept.clear()
        self.show(self.values)

    def controls(self, choices: dict[str, list[Any]], start: Values) -> list[ipywidgets.Widget]:
        """The sliders, the picture and its line of text; the first picture is drawn here."""
        started = time.monotonic()
        self.image.value = self.picture(start)
        quick = time.monotonic() - started < QUICK
        sliders = {
            name: self._slider(name, options, start[name], quick)
            for name, options in choices.items()
        }

        def redraw(change: object) -> None:
            """Show the picture of where the handles are."""
            self.show({name: slider.value for name, slider in sliders.items()})

        for slider in sliders.values():
            slider.observe(redraw, names="value")
        self.show(start)
        return [*sliders.values(), self.image, self.text]

    def _slider(
        self, name: str, options: list[Any], value: Any, quick: bool
    ) -> ipywidgets.SelectionSlider:
        return ipywidgets.SelectionSlider(
            options=[(self.label(name, option), option) for option in options],
            value=value,
            description=name.replace("_", " "),
            continuous_update=quick,
            layout=ipywidgets.Layout(width=f"{PICTURE_WIDTH}px", max_width="100%"),
            style={"description_width": "110px"},
        )

    def label(self, name: str, value: Any) -> str:
        """A value as the slider shows it; a level in both countings."""
        if self.plan is not None and name in ("level", "start_level"):
            return self.plan.label(value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    def title(self, values: Values, names: Iterable[str]) -> str:
        """The label of a picture in the strip: the values that change in it."""
        parts = [
            self.label(name, values[name])
            if name in ("level", "start_level") and self.plan
            else f"{name.replace('_', ' ')} {self.label(name, values[name])}"
            for name in names
        ]
        return "\n".join(parts)

    def static(
        self, shots: Sequence[Values], before: Mapping[str, bytes] | None = None
    ) -> tuple[Values, Values]:
        """The strip as outputs of a notebook, (data, metadata).

        The metadata hold the words for who cannot see it, and a checksum of each picture, by which
        a test tells whether all of them differ. ``before`` are pictures, by their titles, that
        stand in front of the others.
        """
        names = [name for name in shots[0] if len({repr(shot[name]) for shot in shots}) > 1]
        titles = [*(before or {}), *(self.title(shot, names) for shot in shots)]
        pictures = [*(before or {}).values(), *(self.still(shot) for shot in shots)]
        words = f"{self.alt} Shown here: {'; '.join(t.replace(chr(10), ', ') for t in titles)}."
        facts = {"alt": words, "strip": [hashlib.sha256(data).hexdigest()[:8] for data in pictures]}
        strip = plots.compress_png(plots.png(plots.filmstrip(pictures, titles)))
        return {"image/png": strip, "text/plain": words}, {"image/png": facts}


class MovieExplorer(Explorer):
    """As ``Explorer``, of a function that makes frames: they play, and a few stand in the strip."""

    def __init__(self, function: Callable[..., Tensor], alt: str, *, fps: float, **options: Any):
        super().__init__(function, alt, **options)
        self.fps = fps
        self.image.format = "gif"
        self.image.layout.width = f"{PICTURE_WIDTH}px"

    def encode(self, picture: Tensor) -> bytes:
        """The frames as a GIF of their own size, which the page enlarges."""
        return gif_bytes(picture, self.fps)

    def still(self, values: Values) -> bytes:
        """Frames from the whole of the movie, side by side."""
        frames = self.function(**values)
        return picture_bytes(frames[:: max(1, len(frames) // STILLS)][:STILLS])


def picture_bytes(picture: Tensor | Figure) -> bytes:
    """A picture, several side by side, or a figure, as PNG of a width that is good to look at."""
    if isinstance(picture, Figure):
        return plots.png(picture)
    sheet = to_pil(plots.contact_sheet(picture, columns=len(picture)))
    height = max(1, round(sheet.height * PICTURE_WIDTH / sheet.width))
    buffer = io.BytesIO()
    sheet.resize((PICTURE_WIDTH, height), 0).save(buffer, format="PNG")  # 0: pixel by pixel
    return buffer.getvalue()
