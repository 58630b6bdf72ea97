"""Predictions and sliders: what they keep, what they show, what a reader without a kernel gets."""

from __future__ import annotations

import io
import json

import ipywidgets
import numpy as np
import pytest
import torch
from exercise_tools import LESSONS, calls, code_of
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

import singan_edu as sg
from singan_edu.course import authoring, plots, widgets
from singan_edu.course.lesson import WIDGET_VIEW

OPTIONS = ["more", "less"]


def shade(level: int = 0, seed: int = 0) -> Tensor:
    """A picture (1, 3, 6, 8) of one grey."""
    return torch.full((1, 3, 6, 8), -1 + 0.2 * level + 0.05 * seed)


def parts(widget: ipywidgets.VBox, kind: type) -> list:
    return [child for child in widget.children if isinstance(child, kind)]


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


# -------------------------------------------------------------------------------------- predictions
def kept(tmp_path) -> dict:
    return json.loads((tmp_path / "answers" / "predictions.json").read_text())


def test_a_prediction_is_blank_at_first_and_kept_when_clicked(tmp_path):
    widget = widgets.predict("99.1", "More or less?", OPTIONS)
    (buttons,) = parts(widget, ipywidgets.ToggleButtons)
    assert buttons.value is None and not (tmp_path / "answers").exists()
    buttons.value = "less"
    assert kept(tmp_path) == {"99.1": "less"}
    assert "kept" in parts(widget, ipywidgets.HTML)[-1].value


def test_a_prediction_may_be_changed_and_is_there_again(tmp_path):
    (buttons,) = parts(widgets.predict("99.1", "?", OPTIONS), ipywidgets.ToggleButtons)
    buttons.value = "less"
    buttons.value = "more"
    (again,) = parts(widgets.predict("99.1", "?", OPTIONS), ipywidgets.ToggleButtons)
    assert again.value == "more"


def test_an_answer_that_is_no_option_any_more_is_blank():
    (buttons,) = parts(widgets.predict("99.1", "?", OPTIONS), ipywidgets.ToggleButtons)
    buttons.value = "less"
    (new,) = parts(widgets.predict("99.1", "?", ["a", "b"]), ipywidgets.ToggleButtons)
    assert new.value is None


def test_a_prediction_can_be_read_without_a_kernel():
    data, _ = widgets.predict("99.1", "Is <x> more?", OPTIONS)._repr_mimebundle_()
    assert "Is &lt;x&gt; more?" in data["text/html"] and "<li>less</li>" in data["text/html"]
    assert data["text/plain"].splitlines() == [
        "Predict 99.1. Is <x> more?",
        "  ( ) more",
        "  ( ) less",
    ]
    assert WIDGET_VIEW in data


@pytest.mark.parametrize(
    ("answer", "shown"),
    [(None, "no prediction. Measured: more. –"), ("more", "✔ as predicted"), ("less", "✘")],
)
def test_a_comparison_shows_prediction_and_measurement(answer, shown, monkeypatch):
    displayed = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: displayed.append(data))
    if answer:
        parts(widgets.predict("99.1", "?", OPTIONS), ipywidgets.ToggleButtons)[0].value = answer
    widgets.compare_prediction("99.1", "more")
    assert shown in displayed[0]["text/plain"] and "<table>" in displayed[0]["text/html"]


# ------------------------------------------------------------------------------------------ sliders
def test_the_first_picture_is_there_at_once():
    widget = widgets.explore(shade, level=range(4), seed=(0, 1), alt="A grey square.")
    (image,) = parts(widget, ipywidgets.Image)
    assert pixels(image.value).shape == (360, 480, 3)
    assert (pixels(image.value) == 0).all()
    assert "singan-picture" in image._dom_classes and "singan-explore" in widget._dom_classes


def test_every_slider_changes_the_picture():
    widget = widgets.explore(shade, level=range(4), seed=(0, 1), alt="A grey square.")
    (image,) = parts(widget, ipywidgets.Image)
    seen = [image.value]
    for slider in parts(widget, ipywidgets.SelectionSlider):
        slider.index = 1
        assert image.value not in seen
        seen.append(image.value)


def test_sliders_start_where_they_are_told_to():
    widget = widgets.explore(shade, level=range(4), alt="A grey square.", start={"level": 2})
    (slider,) = parts(widget, ipywidgets.SelectionSlider)
    assert slider.value == 2
    assert parts(widget, ipywidgets.Image)[0].value == widgets.picture_bytes(shade(2))


def test_a_picture_is_made_once():
    made = []
    widget = widgets.explore(
        lambda level: made.append(level) or shade(level), level=range(9), alt="A grey square."
    )
    (slider,) = parts(widget, ipywidgets.SelectionSlider)
    for index in (3, 0, 3):
        slider.index = index
    assert sorted(made) == sorted(set(made))


def test_only_the_latest_pictures_are_kept(monkeypatch):
    monkeypatch.setattr(widgets, "CACHE_SIZE", 3)
    explorer = widgets.Explorer(shade, "A grey square.")
    for level in range(9):
        explorer.picture({"level": level})
    assert len(explorer.cache) == 3


@pytest.mark.parametrize(("limit", "continuous"), [(1e9, True), (0.0, False)])
def test_the_picture_follows_the_drag_only_where_that_is_quick(monkeypatch, limit, continuous):
    monkeypatch.setattr(widgets, "LIVE_SECONDS", limit)
    widget = widgets.explore(shade, level=range(4), alt="A grey square.")
    (slider,) = parts(widget, ipywidgets.SelectionSlider)
    assert slider.continuous_update is continuous


def test_levels_are_labelled_in_both_countings():
    plan = sg.plan_pyramid(48, 64)
    widget = widgets.explore(shade, level=range(3), plan=plan, alt="A grey square.")
    (slider,) = parts(widget, ipywidgets.SelectionSlider)
    assert slider.options[0] == ("level 0 (paper n=2)", 0)


def test_a_line_of_text_follows_the_picture():
    widget = widgets.explore(
        shade, level=range(3), alt="A grey square.", caption=lambda level: f"<grey {level}>"
    )
    parts(widget, ipywidgets.SelectionSlider)[0].index = 2
    text = parts(widget, ipywidgets.HTML)[0].value
    assert "&lt;grey 2&gt;" in text and "A grey square." in text


def test_an_error_under_a_slider_is_shown_and_the_next_picture_comes():
    def shy(level: int) -> Tensor:
        if level == 1:
            raise ValueError("not this one")
        return shade(level)

    widget = widgets.explore(shy, level=range(3), alt="A grey square.", strip=[{"level": 0}])
    (slider,), (image,) = parts(widget, ipywidgets.SelectionSlider), parts(widget, ipywidgets.Image)
    slider.index = 1
    assert "not this one" in parts(widget, ipywidgets.HTML)[0].value
    slider.index = 2
    assert image.value == widgets.picture_bytes(shade(2))


def test_several_pictures_stand_side_by_side_and_figures_are_welcome():
    both = pixels(widgets.picture_bytes(torch.cat([shade(0), shade(5)])))
    assert both.shape[1] == widgets.PICTURE_WIDTH
    assert both[5, 5, 0] == 0 and both[5, -5, 0] > 100
    assert pixels(widgets.picture_bytes(Figure(figsize=(2, 1)))).shape == (200, 400, 3)


# -------------------------------------------------------------------------------------- the strip
def test_strip_is_made_of_the_sliders_own_pictures(monkeypatch):
    strips = []
    real = plots.filmstrip

    def record(pictures, titles):
        strips.append((list(pictures), titles))
        return real(*strips[-1])

    monkeypatch.setattr(plots, "filmstrip", record)
    widget = widgets.explore(shade, level=range(9), seed=(0, 1), alt="A grey square.")
    shown, titles = strips[0]
    assert shown == [widgets.picture_bytes(shade(level)) for level in (0, 2, 3, 5, 6, 8)]
    assert titles == [f"level {level}" for level in (0, 2, 3, 5, 6, 8)]
    data, facts = widget._repr_mimebundle_()
    assert len(data["image/png"]) <= plots.MAX_PICTURE_BYTES
    assert facts["image/png"]["alt"].startswith("A grey square. Shown here: level 0;")


def flicker(speed: int = 1) -> Tensor:
    """Nine frames of greys, (9, 3, 6, 8)."""
    return torch.cat([shade(speed * frame % 10) for frame in range(9)])


def test_frames_are_played_and_a_few_of_them_stand_in_the_strip():
    widget = widgets.explore(flicker, speed=(1, 2, 3), fps=5, alt="A grey square that flickers.")
    (image,) = parts(widget, ipywidgets.Image)
    movie = Image.open(io.BytesIO(image.value))
    assert (movie.format, movie.n_frames, movie.size) == ("GIF", 9, (8, 6))
    assert movie.info["duration"] == 200 and image.format == "gif"
    before, (slider,) = image.value, parts(widget, ipywidgets.SelectionSlider)
    slider.value = 2
    assert image.value != before
    still = widgets.MovieExplorer(flicker, "A grey square.", fps=5).still({"speed": 1})
    shown = pixels(still)[:, :, 0]
    middles = [shown.shape[1] * part // 6 for part in (1, 3, 5)]  # of three frames side by side
    assert len(set(shown[shown.shape[0] // 2, middles].tolist())) == 3


def test_strip_names_only_what_changes():
    explorer = widgets.Explorer(shade, "A grey square.")
    data, _ = explorer.static([{"level": 1, "seed": 0}, {"level": 1, "seed": 1}])
    assert data["text/plain"] == "A grey square. Shown here: seed 0; seed 1."


def test_strip_tells_its_pictures_apart():
    explorer = widgets.Explorer(shade, "A grey square.")
    _, facts = explorer.static([{"level": 1}, {"level": 2}, {"level": 1}])
    one, two, three = facts["image/png"]["strip"]
    assert one == three != two


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_pictures_in_the_strips_of_a_lesson_differ_pairwise(path):
    cells = authoring.read(path)["cells"]
    wanted = sum(len(calls(code_of(cell), "explore", "live_view")) for cell in cells)
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    metadata = [output.get("metadata", {}) for output in outputs]
    facts = [each.get(kind, {}) for each in metadata for kind in ("image/png", "image/jpeg")]
    strips = [fact["strip"] for fact in facts if "strip" in fact]
    assert len(strips) == wanted >= 1, "a lesson has something to play with"
    for strip in strips:
        assert 3 <= len(strip) <= 12 and len(set(strip)) == len(strip)
