"""Save animations as GIF or MP4, or embed them in a notebook as an HTML player.

Frames are a tensor (frames, C, H, W) in [-1, 1], or an iterable of tensors (1, C, H, W) or (C, H,
W), which is read once. Taught in lesson 13.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import os
import string
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from ..files import write_bytes
from ..images import to_pil

Frames = Tensor | Iterable[Tensor]
FPS = 10.0
MAX_GIF_FPS = 50  # viewers play a GIF with a higher rate at 10 frames per second
PALETTE_FRAMES = 16  # number of frames from which the colours of a GIF are chosen
JPEG_QUALITY = 85
MAX_HTML_BYTES = 2_000_000
PLAYER_WIDTH = 384  # CSS pixels


# -------------------------------------------------------------------------------------------- files
def save_animation(frames: Frames, path: str | os.PathLike[str], *, fps: float = FPS) -> Path:
    """Write an animation to a file; the suffix decides the format.

    * ``.gif`` plays everywhere, in an endless loop. All frames share one palette of 256 colours,
      without dithering, because a palette per frame or dithering would flicker where nothing moves.
      GIF counts time in hundredths of a second, so 30 frames per second become 33.
    * ``.mp4`` has all colours and smaller files. It needs ``pip install imageio imageio-ffmpeg``.
      H.264 requires even sides, so the last row or column of an odd side is repeated.
    * ``.html`` is a page with the player of ``animation_html``.

    The file is written completely or not at all. Missing folders are created.

    Args:
        frames: (frames, C, H, W) in [-1, 1], or an iterable of frames.
        path: where to write, with one of the suffixes above.
        fps: frames per second, above 0 and at most 1000; at most 50 for a GIF.

    Returns:
        The path.

    Raises:
        ValueError: no frames, frames of different sizes, another suffix, or ``fps`` out of range.
        ModuleNotFoundError: an MP4 is asked for, and imageio-ffmpeg is not installed.
    """
    path = Path(path)
    encode = ENCODERS.get(path.suffix.lower())
    if encode is None:
        raise ValueError(
            f"{path.name} has no suffix of an animation; use one of {', '.join(ENCODERS)}."
        )
    return write_bytes(path, encode(_pictures(frames, fps), fps))


def _pictures(frames: Frames, fps: float) -> list[Image.Image]:
    """Return the frames as 8-bit images, which take a quarter of a tensor's memory."""
    if not 0 < fps <= 1000:
        raise ValueError(f"fps={fps} must be above 0 and at most 1000 frames per second.")
    pictures = [to_pil(frame).convert("RGB") for frame in frames]
    if not pictures:
        raise ValueError("There are no frames to show; give at least one.")
    if len({picture.size for picture in pictures}) > 1:
        raise ValueError("The frames have different sizes; resize them to one size.")
    return pictures


def gif_bytes(frames: Frames, fps: float = FPS) -> bytes:
    """Encode frames as a GIF, which ``ipywidgets.Image`` can show.

    Args:
        frames: (frames, C, H, W) in [-1, 1], or an iterable of frames.
        fps: frames per second, above 0 and at most 50.

    Returns:
        The content of the file.

    Raises:
        ValueError: no frames, frames of different sizes, or ``fps`` out of range.
    """
    return _gif(_pictures(frames, fps), fps)


def _gif(pictures: list[Image.Image], fps: float) -> bytes:
    """Encode images as a GIF with one palette."""
    if fps > MAX_GIF_FPS:
        raise ValueError(
            f"A GIF plays at most {MAX_GIF_FPS} frames per second, not {fps:g}; write an .mp4."
        )
    palette = _common_palette(pictures)
    first, *rest = [x.quantize(palette=palette, dither=Image.Dither.NONE) for x in pictures]
    buffer = io.BytesIO()
    first.save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=rest,
        duration=round(100 / fps) * 10,  # milliseconds; a GIF stores hundredths of a second
        loop=0,  # endless
    )
    return buffer.getvalue()


def _common_palette(pictures: list[Image.Image]) -> Image.Image:
    """Return an image with the palette of 256 colours that suits frames of the whole animation."""
    count = min(len(pictures), PALETTE_FRAMES)
    chosen = [np.asarray(pictures[k * len(pictures) // count]) for k in range(count)]
    return Image.fromarray(np.concatenate(chosen)).quantize(256, method=Image.Quantize.FASTOCTREE)


def _mp4(pictures: list[Image.Image], fps: float) -> bytes:
    """Encode images as an MP4 (H.264)."""
    try:
        import imageio.v3 as imageio
        import imageio_ffmpeg  # noqa: F401  # imageio uses it to write videos
    except ImportError as error:
        raise ModuleNotFoundError(
            "An .mp4 needs ffmpeg: pip install imageio imageio-ffmpeg. A .gif or .html needs no "
            "further package."
        ) from error
    stack = np.stack([np.asarray(picture) for picture in pictures])  # (frames, H, W, 3)
    odd = [(0, side % 2) for side in stack.shape[1:3]]
    stack = np.pad(stack, [(0, 0), *odd, (0, 0)], mode="edge")
    encoded: bytes = imageio.imwrite(
        "<bytes>",
        stack,
        extension=".mp4",
        plugin="FFMPEG",
        fps=fps,
        codec="libx264",
        quality=8,
        macro_block_size=2,
    )
    return encoded


# ----------------------------------------------------------------------------------------- the page
def animation_html(
    frames: Frames,
    fps: float = FPS,
    *,
    alt: str = "An animation made by SinGAN",
    width: int = PLAYER_WIDTH,
    quality: int = JPEG_QUALITY,
    max_bytes: int = MAX_HTML_BYTES,
) -> str:
    """Return an HTML player that contains all frames and loads nothing from elsewhere.

    The player has a play button and a slider. The space key plays and pauses, and the arrow keys
    step. It starts by itself unless the reader's system asks for reduced motion. Without scripts,
    it shows the first frame. In a notebook: ``IPython.display.HTML(animation_html(frames))``.

    Args:
        frames: (frames, C, H, W) in [-1, 1], or an iterable of frames.
        fps: frames per second, above 0 and at most 1000.
        alt: description of the animation for readers who cannot see it.
        width: of the player, in CSS pixels.
        quality: JPEG quality of the frames, 1 to 95.
        max_bytes: limit for the whole text, in bytes; a notebook stores it in its outputs.

    Returns:
        The HTML text.

    Raises:
        ValueError: no frames, frames of different sizes, ``fps`` out of range, or a text of more
            than ``max_bytes`` bytes.
    """
    return _player(_pictures(frames, fps), fps, alt, width, quality, max_bytes)


def _player(
    pictures: list[Image.Image],
    fps: float,
    alt: str = "An animation made by SinGAN",
    width: int = PLAYER_WIDTH,
    quality: int = JPEG_QUALITY,
    max_bytes: int = MAX_HTML_BYTES,
) -> str:
    """Fill the template of the player."""
    sources = [_data_uri(picture, quality) for picture in pictures]
    # A hash of the content: equal animations give equal text, so that notebooks do not change.
    name = hashlib.sha256("".join([*sources, str((fps, alt, width))]).encode()).hexdigest()[:12]
    page = PLAYER.substitute(
        name=name,
        frames=json.dumps(sources),
        first=sources[0],
        count=len(sources),
        last=len(sources) - 1,
        pause=1000 / fps,
        alt=html.escape(alt),
        width=int(width),
    )
    if len(page) > max_bytes:
        raise ValueError(
            f"The player takes {len(page):,} bytes, more than max_bytes={max_bytes:,}. Take fewer "
            f"or smaller frames, a lower quality than {quality}, or save_animation."
        )
    return page


def _page(pictures: list[Image.Image], fps: float) -> bytes:
    """Return an HTML page with the player."""
    player = _player(pictures, fps, max_bytes=10**9)
    title = "<!doctype html><html lang='en'><meta charset='utf-8'><title>Animation</title>"
    return f"{title}<body>{player}</body></html>\n".encode()


def _data_uri(picture: Image.Image, quality: int) -> str:
    """Return an image as a JPEG data URI."""
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=quality, subsampling=0, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


PLAYER = string.Template("""\
<figure data-movie="$name" style="width:${width}px;max-width:100%;margin:0">
<img src="$first" alt="$alt" style="width:100%;display:block">
<div style="display:flex;align-items:center;gap:.5em;margin-top:.25em">
<button type="button" style="width:4.5em">Play</button>
<input type="range" min="0" max="$last" value="0" aria-label="Frame" style="flex:1">
<output style="min-width:5em;text-align:right">1 / $count</output>
</div>
</figure>
<script>
for (const player of document.querySelectorAll('[data-movie="$name"]:not([data-ready])')) {
  player.dataset.ready = "";
  const frames = $frames;
  const [image, button, slider, output] =
    ["img", "button", "input", "output"].map(tag => player.querySelector(tag));
  let timer = null;
  const show = index => {
    slider.value = index = (index + frames.length) % frames.length;
    image.src = frames[index];
    output.textContent = (index + 1) + " / " + frames.length;
    slider.setAttribute("aria-valuetext", "frame " + output.textContent);
  };
  const play = playing => {
    clearInterval(timer);
    timer = playing ? setInterval(step, $pause) : null;
    button.textContent = playing ? "Pause" : "Play";
  };
  const step = () => player.isConnected ? show(+slider.value + 1) : play(false);
  button.onclick = () => play(timer === null);
  slider.oninput = () => { play(false); show(+slider.value); };
  player.onkeydown = event => {
    event.stopPropagation();  // the notebook has its own use for these keys
    const move = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (move) { play(false); show(+slider.value + move); }
    else if (event.key === " " && event.target !== button) { play(timer === null); }
    else { return; }
    event.preventDefault();
  };
  show(0);
  play(!matchMedia("(prefers-reduced-motion: reduce)").matches);
}
</script>
""")

ENCODERS: dict[str, Callable[[list[Image.Image], float], bytes]] = {
    ".gif": _gif,
    ".mp4": _mp4,
    ".html": _page,
}
