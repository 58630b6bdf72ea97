"""Files and players of animations: all frames are there, at their time, in steady colours."""

from __future__ import annotations

import base64
import io
import json
import re
import sys

import numpy as np
import pytest
import torch
from helpers import picture
from PIL import Image, ImageSequence

from singan_edu.applications.movies import animation_html, save_animation
from singan_edu.images import to_pil


def moving(frames: int = 6, channels: int = 3, height: int = 24, width: int = 32) -> torch.Tensor:
    """Frames whose left half stands still and whose right half changes."""
    still = picture(height, width, channels)
    frames_of_it = still.repeat(frames, 1, 1, 1)
    for index in range(frames):
        frames_of_it[index, ..., width // 2 :] = picture(
            height, width - width // 2, channels, seed=index
        )
    return frames_of_it


def read(path) -> list[np.ndarray]:
    with Image.open(path) as file:
        return [
            np.asarray(frame.convert("RGB")).astype(float) for frame in ImageSequence.Iterator(file)
        ]


def error(shown: np.ndarray, frame: torch.Tensor) -> float:
    """Root mean square, in grey levels."""
    return float(np.sqrt(np.square(shown - np.asarray(to_pil(frame).convert("RGB"))).mean()))


# ---------------------------------------------------------------------------------------------- GIF
@pytest.mark.parametrize("channels", [3, 1])
def test_a_gif_holds_every_frame_in_order(channels, tmp_path):
    frames = moving(channels=channels)
    path = save_animation(frames, tmp_path / "new" / "a.gif")
    shown = read(path)
    assert len(shown) == 6
    for index, one in enumerate(shown):
        errors = [error(one, frame) for frame in frames]
        assert np.argmin(errors) == index and errors[index] < 12  # the others are 60 off


@pytest.mark.parametrize(
    "fps, milliseconds", [(10, 100), (25, 40), (4, 250), (30, 30), (0.5, 2000)]
)
def test_a_gif_plays_at_its_speed_for_ever(fps, milliseconds, tmp_path):
    path = save_animation(moving(), tmp_path / "a.gif", fps=fps)
    with Image.open(path) as file:
        assert file.info["loop"] == 0
        for index in range(file.n_frames):
            file.seek(index)
            assert file.info["duration"] == milliseconds


def test_what_stands_still_does_not_flicker_in_a_gif(tmp_path):
    shown = read(save_animation(moving(12), tmp_path / "a.gif"))
    left = np.stack(shown)[:, :, :16]
    assert (left == left[0]).all() and left[0].std() > 10


def test_colours_of_late_frames_are_in_the_palette(tmp_path):
    frames = torch.cat([moving(30) * 0.1 + 0.8, moving(30) * 0.1 - 0.8])
    shown = read(save_animation(frames, tmp_path / "a.gif"))
    assert error(shown[-1], frames[-1]) < 4 and error(shown[0], frames[0]) < 4


def test_frames_may_come_one_by_one(tmp_path):
    frames = moving()
    one = save_animation((frame[None] for frame in frames), tmp_path / "a.gif").read_bytes()
    assert one == save_animation(frames, tmp_path / "b.gif").read_bytes()


# ---------------------------------------------------------------------------------------------- MP4
def test_an_mp4_holds_every_frame_with_odd_sides_made_even(tmp_path):
    pytest.importorskip("imageio_ffmpeg")
    import imageio.v3 as imageio

    frames = moving(7, height=63, width=97)
    path = save_animation(frames, tmp_path / "a.mp4", fps=12)
    video = imageio.imread(path, plugin="FFMPEG")
    assert video.shape == (7, 64, 98, 3)
    assert imageio.immeta(path, plugin="FFMPEG")["fps"] == 12
    for frame, shown in zip(frames, video):
        assert error(shown[:63, :97].astype(float), frame) < 8


def test_without_ffmpeg_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ModuleNotFoundError, match="pip install imageio imageio-ffmpeg"):
        save_animation(moving(), tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------- player
def frames_in(page: str) -> list[np.ndarray]:
    [listed] = re.findall(r"const frames = (\[.*?\]);", page)
    sources = json.loads(listed)
    data = [base64.b64decode(source.removeprefix("data:image/jpeg;base64,")) for source in sources]
    return [np.asarray(Image.open(io.BytesIO(one)).convert("RGB")).astype(float) for one in data]


@pytest.mark.parametrize("channels", [3, 1])
def test_the_player_holds_every_frame_and_fetches_nothing(channels):
    frames = moving(channels=channels)
    page = animation_html(frames, 5, alt='Balloons "rise" & <fall>')
    shown = frames_in(page)
    assert len(shown) == 6
    for index, one in enumerate(shown):
        errors = [error(one, frame) for frame in frames]
        assert np.argmin(errors) == index and errors[index] < 8
    assert 'max="5"' in page and "setInterval(step, 200.0)" in page
    assert 'alt="Balloons &quot;rise&quot; &amp; &lt;fall&gt;"' in page
    assert not re.search(r"https?://|<script[^>]*src|<link", page)


def test_two_players_on_one_page_do_not_share_their_parts():
    one, other = animation_html(moving()), animation_html(moving(), 20)
    names = [re.search(r'data-movie="(\w+)"', page)[1] for page in (one, other)]
    assert names[0] != names[1] and one.count(names[0]) == 2
    assert animation_html(moving()) == one  # an unchanged notebook stays the same file


def test_a_page_is_a_whole_document(tmp_path):
    page = save_animation(moving(), tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and len(frames_in(page)) == 6


def test_a_player_too_large_for_a_notebook_is_refused():
    with pytest.raises(ValueError, match="more than max_bytes=5,000. Take fewer"):
        animation_html(moving(), max_bytes=5000)


# ---------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    "frames, options, sentence",
    [
        (moving(0), {}, "no frames"),
        ([], {}, "no frames"),
        (moving(), dict(fps=0), "above 0"),
        (moving(), dict(fps=60), "at most 50 frames per second, not 60; write an .mp4"),
        ([picture(8, 8), picture(8, 9)], {}, "different sizes"),
    ],
)
def test_what_cannot_be_an_animation_is_refused(frames, options, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        save_animation(frames, tmp_path / "a.gif", **options)
    assert not list(tmp_path.iterdir())


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match="use one of .gif, .mp4, .html"):
        save_animation(moving(), tmp_path / "a.webm")
