"""The figures: pictures in their places, pixel by pixel, and alternative texts."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from helpers import At, level_in_training, picture, raiser, tiny_config
from matplotlib.figure import Figure
from PIL import Image

import singan_edu as sg
from singan_edu.course import plots


@pytest.fixture
def displayed(monkeypatch) -> list:
    """Everything that is displayed or redrawn, in order."""
    shown: list = []

    class Handle:
        def update(self, thing):
            shown.append(("update", thing))

    def display(thing, **options):
        shown.append(("display", thing))
        return Handle() if options.get("display_id") else None

    monkeypatch.setattr("IPython.display.display", display)
    return shown


@pytest.fixture
def quickly_drawn(displayed, monkeypatch) -> list:
    """As ``displayed``, with one small picture for every figure, since drawing takes long."""
    small = plots.png(Figure(figsize=(0.1, 0.1)))
    monkeypatch.setattr(plots, "png", lambda figure: small)
    return displayed


@pytest.fixture(scope="module")
def history() -> sg.History:
    history = sg.History(every=1)
    sg.train(picture(), tiny_config(), callbacks=[history])
    return history


def drawn(ax) -> np.ndarray:
    """The picture in ``ax``, (h, w, 3) uint8."""
    return np.asarray(ax.images[0].get_array())


def with_pictures(figure: Figure) -> list:
    return [ax for ax in figure.axes if ax.images]


@pytest.mark.parametrize("pixels, interpolation", [(False, "lanczos"), (True, "nearest")])
def test_grid_shows_every_picture_under_its_title(pixels, interpolation):
    images = [picture(seed=seed) for seed in range(7)]
    figure = plots.image_grid(images, [f"number {i}" for i in range(7)], columns=3, pixels=pixels)
    axes = with_pictures(figure)
    assert len(axes) == 7 and len(figure.axes) == 9
    for i, ax in enumerate(axes):
        assert np.array_equal(drawn(ax), np.asarray(sg.to_pil(images[i])))
        assert ax.get_title() == f"number {i}"
        assert ax.images[0].get_interpolation() == interpolation


def test_grid_takes_a_batch_and_pictures_of_several_sizes_and_grey():
    assert len(with_pictures(plots.image_grid(torch.cat([picture()] * 3)))) == 3
    axes = with_pictures(plots.image_grid([picture(), picture(12, 16, channels=1)]))
    assert drawn(axes[1]).shape == (12, 16, 3)


def test_grid_titles_may_be_fewer_than_pictures():
    axes = with_pictures(plots.image_grid([picture()] * 3, ["only the first"]))
    assert [ax.get_title() for ax in axes] == ["only the first", "", ""]


@pytest.mark.parametrize("channels", [1, 3])
def test_contact_sheet_places_pictures_row_by_row_with_white_gaps(channels):
    batch = torch.stack(
        [torch.full((channels, 4, 6), value) for value in (-1.0, -0.5, 0.0, 0.25, 0.5)]
    )
    sheet = plots.contact_sheet(batch, columns=2, gap=3)
    assert sheet.shape == (1, channels, 3 * 4 + 2 * 3, 2 * 6 + 3)
    assert (sheet[..., :4, :6] == -1).all() and (sheet[..., :4, 9:] == -0.5).all()
    assert (sheet[..., 7:11, :6] == 0).all() and (sheet[..., 14:, :6] == 0.5).all()
    assert (
        (sheet[..., 4:7, :] == 1).all()
        and (sheet[..., 6:9] == 1).all()
        and (sheet[..., 14:, 9:] == 1).all()
    )


def test_contact_sheet_of_one_picture_is_that_picture():
    assert torch.equal(plots.contact_sheet([picture()]), picture())


def test_pyramid_figure_marks_the_receptive_field_in_the_middle_of_every_level():
    plan = sg.plan_pyramid(60, 80, min_size=20)
    figure = plots.plot_pyramid(sg.image_pyramid(picture(60, 80), plan), plan)
    axes = with_pictures(figure)
    assert len(axes) == plan.num_levels
    for level, ax in enumerate(axes):
        height, width = plan.sizes[level]
        square = ax.patches[-1]
        assert square.get_width() == square.get_height() == 11
        assert square.get_x() + 5.5 == (width - 1) / 2 and square.get_y() + 5.5 == (height - 1) / 2
        assert plan.label(level) in ax.get_title() and f"{height} × {width}" in ax.get_title()


def test_history_figure_has_a_panel_for_each_loss_with_all_levels_in_a_row(history):
    panels = [ax for ax in plots.plot_history(history).axes if ax.get_title()]
    assert len(panels) == 4
    for ax, name in zip(panels, plots.LOSSES):
        line = ax.lines[0]
        assert list(line.get_xdata()) == list(range(1, 13))
        assert list(line.get_ydata()) == [record[name] for record in history.iterations]
        assert [mark.get_xdata()[0] for mark in ax.lines[1:]] == [4, 8]
    assert panels[3].get_yscale() == "log"


def test_iterations_are_counted_over_levels():
    records = [
        dict(level=level, iteration=iteration)
        for level, iteration in ((0, 10), (0, 20), (0, 25), (1, 10), (1, 15), (2, 10))
    ]
    assert plots.iteration_counts(records) == [10, 20, 25, 35, 40, 50]
    assert plots.iteration_counts([]) == []


def test_shown_figures_carry_their_text(displayed):
    plots.show(plots.image_grid([picture()]), alt="A smooth picture.")
    ((kind, image),) = displayed
    assert kind == "display" and image.alt == "A smooth picture."
    assert image.width == 8 * plots.CSS_DPI < Image.open(io.BytesIO(image.data)).width


@pytest.mark.parametrize("suffix, kind", [("png", "PNG"), ("jpg", "JPEG")])
def test_saved_figure_has_the_kind_of_its_suffix(tmp_path, suffix, kind):
    path = plots.save(plots.image_grid([picture()], width=4), tmp_path / "new" / f"grid.{suffix}")
    saved = Image.open(path)
    assert (saved.format, saved.width) == (kind, 4 * plots.DPI)


# ---------------------------------------------------------------------------------------- dashboard
def test_dashboard_draws_once_and_then_updates_with_both_numberings(photo, config, quickly_drawn):
    history = sg.History(every=1)
    dashboard = plots.Dashboard(history, seconds=0)
    sg.train(photo, config, callbacks=[history, dashboard])
    kinds = [kind for kind, _ in quickly_drawn]
    assert kinds[0] == "display" and set(kinds[1:]) == {"update"} and len(kinds) >= 1 + 3
    assert quickly_drawn[0][1].alt.endswith("level 0 (paper n=2), iteration 1 of 4.")
    assert quickly_drawn[-1][1].alt.endswith("level 2 (paper n=0), finished.")


def test_slow_drawing_is_spaced_so_that_it_takes_little_of_the_time(quickly_drawn, monkeypatch):
    dashboard = plots.Dashboard(sg.History(), seconds=3)
    state = level_in_training(0)
    dashboard.plan = state.model.plan
    clock = iter([10, 12])  # seconds before and after the drawing
    monkeypatch.setattr(plots.time, "monotonic", lambda: next(clock))
    dashboard._draw(state.unfinished_model(), "finished")
    assert dashboard.pause == 20 * 2


def test_dashboard_draws_at_the_end_of_every_level_and_no_more_often_than_asked(
    photo, config, quickly_drawn
):
    history = sg.History()
    sg.train(photo, config, callbacks=[history, plots.Dashboard(history, seconds=1e9)])
    texts = [thing.alt.rsplit("; ", 1)[1] for _, thing in quickly_drawn]
    assert [text for text in texts if "finished" in text] == [
        f"level {n} (paper n={2 - n}), finished." for n in range(3)
    ]
    assert len(texts) <= 4


def test_dashboard_keeps_a_sample_of_the_same_noise_for_every_level(
    photo, config, quickly_drawn, trained
):
    history = sg.History()
    dashboard = plots.Dashboard(history)
    sg.train(photo, config, callbacks=[history, dashboard])
    assert [tuple(dashboard.samples[n].shape[-2:]) for n in range(3)] == list(trained.plan.sizes)
    assert torch.equal(dashboard.samples[2], trained.sample(seed=0))


def test_dashboard_of_a_resumed_training_shows_what_was_there(
    photo, config, quickly_drawn, tmp_path, trained
):
    with pytest.raises(KeyboardInterrupt):
        sg.train(
            photo, config, checkpoint_dir=tmp_path, callbacks=[At(1, 2, raiser(KeyboardInterrupt))]
        )
    history = sg.History()
    dashboard = plots.Dashboard(history)
    sg.train(photo, config, checkpoint_dir=tmp_path, callbacks=[history, dashboard])
    assert sorted(dashboard.samples) == [0, 1, 2]
    assert tuple(dashboard.samples[0].shape[-2:]) == trained.plan.sizes[0]


def test_dashboard_shows_the_losses_and_the_samples_so_far(history, trained):
    dashboard = plots.Dashboard(history)
    dashboard.plan, dashboard.samples = trained.plan, {0: picture(12, 16), 1: picture(17, 23)}
    figure = dashboard._figure("what it is doing")
    assert [ax.get_title() for ax in with_pictures(figure)] == ["level 0 (n=2)", "level 1 (n=1)"]
    assert [title for title, _ in plots.LOSSES.values()] == [
        ax.get_title() for ax in figure.axes if ax.lines
    ]
    assert Image.open(io.BytesIO(plots.png(figure))).width == 9 * plots.DPI


# ------------------------------------------------------------------------- the figures of lessons
def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_light_leaves_a_small_file_as_it_is_and_makes_a_large_one_smaller():
    noise = torch.rand(1, 3, 120, 160, generator=torch.Generator().manual_seed(0)) * 2 - 1
    buffer = io.BytesIO()
    sg.to_pil(noise).save(buffer, format="PNG")
    data = buffer.getvalue()
    small = plots.compress_png(data, len(data) // 2)
    assert plots.compress_png(data, len(data)) == data
    assert len(small) <= len(data) // 2 and decoded(small).size == (160, 120)
    gap = np.asarray(decoded(small), float) - np.asarray(decoded(data), float)
    assert np.abs(gap).mean() < 40


def noisy_grid() -> Figure:
    """A figure of images that PNG cannot compress."""
    noise = torch.rand(2, 3, 60, 80, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return plots.image_grid(noise, width=4)


def test_a_large_figure_of_photographs_becomes_the_best_jpeg_that_fits():
    figure = noisy_grid()
    whole = plots.png(figure)
    assert plots.compress(figure, len(whole)) == whole
    files = {limit: plots.compress(figure, limit) for limit in (len(whole) - 1, 60_000, 30_000)}
    pictures = [Image.open(io.BytesIO(data)) for data in files.values()]
    assert all(picture.format == "JPEG" for picture in pictures)
    assert all(len(data) <= limit for limit, data in files.items())
    widths = [picture.width for picture in pictures]
    assert widths[0] == 4 * plots.DPI and widths == sorted(widths, reverse=True)
    smallest = Image.open(io.BytesIO(plots.compress(figure, 1)))  # no limit is met: as it comes
    assert smallest.width == plots.JPEG_SCALES[-1] * 4 * plots.DPI


def test_a_large_figure_of_maps_and_curves_stays_a_png():
    figure = Figure(figsize=(2, 2))
    figure.subplots().imshow(np.random.default_rng(0).normal(size=(80, 80)))
    assert not plots.shows_photographs(figure)
    assert Image.open(io.BytesIO(plots.compress(figure, 1000))).format == "PNG"


@pytest.mark.parametrize("limit, kind", [(10**9, "image/png"), (1, "image/jpeg")])
def test_a_bundle_tells_the_kind_the_words_and_the_width_on_the_page(monkeypatch, limit, kind):
    monkeypatch.setattr(plots, "MAX_PICTURE_BYTES", limit)
    data, facts = plots.mime_bundle(noisy_grid(), 'Two "noisy" images.')
    assert set(data) == {kind, "text/plain"} and data["text/plain"] == 'Two "noisy" images.'
    assert facts == {kind: {"alt": 'Two "noisy" images.', "width": 4 * plots.CSS_DPI}}
    element = plots.as_html(noisy_grid(), 'Two "noisy" images.')
    assert f"data:{kind};base64," in element and "Two &quot;noisy&quot; images." in element


def test_light_looks_nearly_the_same():
    data = plots.png(plots.image_grid([picture()], width=4))
    small = plots.compress_png(data, len(data) - 1)
    gap = np.asarray(decoded(small), int) - np.asarray(decoded(data), int)
    assert np.abs(gap).mean() < 6 and np.abs(gap).max() > 0


def test_strip_shows_every_picture_under_its_title():
    files = [plots.png(Figure(figsize=(1, 1), facecolor=colour)) for colour in ("red", "blue")]
    axes = with_pictures(plots.filmstrip(files, ["one\ntwo", "three"]))
    assert [ax.get_title() for ax in axes] == ["one\ntwo", "three"]
    assert [tuple(drawn(ax)[5, 5]) for ax in axes] == [(255, 0, 0), (0, 0, 255)]


def test_paired_bars_show_both_numbers_of_every_name():
    ax = plots.paired_bars(["one", "two"], [1, -2], [3, 0.5]).axes[0]
    assert [[bar.get_width() for bar in pair] for pair in ax.containers] == [[1, -2], [3, 0.5]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["expected", "yours"]


def test_comparison_shows_where_two_pictures_differ():
    expected, yours = picture(), picture()
    yours[0, :, 3, 5] += 0.5
    axes = plots.comparison(expected, yours).axes
    gap = np.asarray(axes[2].images[0].get_array())
    assert np.argwhere(gap > 0.1).tolist() == [[3, 5]]
    assert axes[2].get_title() == "difference, up to 0.5"


def test_sizes_are_drawn_at_one_scale_with_both_numbers():
    plan = sg.plan_pyramid(100, 150)
    figure = plots.plot_sizes(sg.image_pyramid(picture(100, 150), plan), plan)
    (ax,) = figure.axes
    extents = [image.get_extent() for image in ax.images]
    assert [(top, right - left) for left, right, _, top in extents] == list(plan.sizes)
    assert all(before[1] < after[0] for before, after in zip(extents, extents[1:]))
    words = [text.get_text() for text in ax.texts]
    assert words[0] == "0\nn=5\n25×38" and words[-1] == "level 5 (n=0)\n100 × 150"


def test_pictures_at_one_scale_are_as_large_as_their_pixels_and_share_their_top():
    sizes = [(20, 30), (60, 30), (10, 45)]
    figure = plots.grid_at_common_scale([picture(*size) for size in sizes], ["one", "two", "three"])
    boxes = [ax.get_window_extent() for ax in figure.axes]
    assert [ax.get_title() for ax in figure.axes] == ["one", "two", "three"]
    for box, (height, width) in zip(boxes, sizes):
        assert box.width / width == pytest.approx(boxes[0].width / 30)
        assert box.height / height == pytest.approx(boxes[0].width / 30)
        assert box.y1 == pytest.approx(boxes[0].y1)
    assert all(one.x1 < other.x0 for one, other in zip(boxes, boxes[1:]))
    assert boxes[-1].x1 == pytest.approx(figure.bbox.x1)


def test_curves_have_labels_axes_and_a_mark():
    curves = {"a": ([1, 2], [3, 4]), "b": ([1, 2], [5, 6])}
    figure = plots.plot_curves(curves, x="time", y="loss", log_x=True, mark=1.5)
    (ax,) = figure.axes
    assert [line.get_label() for line in ax.lines[:2]] == ["a", "b"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()) == ("time", "loss", "log")
    assert list(ax.lines[2].get_xdata()) == [1.5, 1.5]
    assert ax.lines[0].get_color() is not ax.lines[1].get_color()
