"""Pictures that move: frames as a GIF, an MP4, or a player that lives in the notebook.

Frames are a tensor (frames, C, H, W) in [-1, 1], or any iterable of (1, C, H, W) or (C, H, W), read
once. Taught in lesson 13.
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
MAX_GIF_FPS = 50  # frames a second; viewers play a GIF that asks for more at 10
PALETTE_FRAMES = 16  # how many frames the colours of a GIF are chosen from
JPEG_QUALITY = 85
MAX_HTML_BYTES = 2_000_000  # bytes
PLAYER_WIDTH = 384  # of the player on the page, in CSS pixels


# -------------------------------------------------------------------------------------------- files
def save_animation(frames: Frames, path: str | os.PathLike, *, fps: float = FPS) -> Path:
    """Write frames to a file that plays, again and again; the suffix decides the format.

    * ``.gif`` plays everywhere. All frames share one palette of 256 colours, without dithering: a
      palette for each frame, or noise that hides its steps, would flicker where nothing moves. It
      counts time in hundredths of a second, so 30 frames a second become 33.
    * ``.mp4`` has all colours in less space; ``pip install imageio imageio-ffmpeg`` first. H.264
      wants even sides: an odd one is repeated at the border.
    * ``.html`` is ``animation_html``, as a page.

    The file appears whole or not at all. Missing folders are made. Returns the path.

    Args:
        frames: (frames, C, H, W) in [-1, 1], or an iterable of frames.
        fps: frames a second.

    Raises:
        ValueError: no frames, another suffix, or a number of frames a second that does not work.
        ModuleNotFoundError: an MP4, and imageio-ffmpeg is not installed.
    """
    path = Path(path)
    encode = ENCODERS.get(path.suffix.lower())
    if encode is None:
        raise ValueError(f"{path.name} is of no kind that plays; use one of {', '.join(ENCODERS)}.")
    return write_bytes(path, encode(_pictures(frames, fps), fps))


def _pictures(frames: Frames, fps: float) -> list[Image.Image]:
    """The frames as 8-bit pictures: a twelfth of the memory that tensors take or less."""
    if not 0 < fps <= 1000:
        raise ValueError(f"fps={fps} must be above 0 and at most 1000 frames a second.")
    pictures = [to_pil(frame).convert("RGB") for frame in frames]
    if not pictures:
        raise ValueError("There are no frames to show.")
    if len({picture.size for picture in pictures}) > 1:
        raise ValueError("The frames are of different sizes; an animation has one.")
    return pictures


def gif_bytes(frames: Frames, fps: float = FPS) -> bytes:
    """The bytes of the GIF that ``save_animation`` writes; ``ipywidgets.Image`` plays them."""
    return _gif(_pictures(frames, fps), fps)


def _gif(pictures: list[Image.Image], fps: float) -> bytes:
    if fps > MAX_GIF_FPS:
        raise ValueError(
            f"A GIF plays at most {MAX_GIF_FPS} frames a second, not {fps:g}; write an .mp4."
        )
    palette = _common_palette(pictures)
    first, *rest = [x.quantize(palette=palette, dither=Image.Dither.NONE) for x in pictures]
    buffer = io.BytesIO()
    first.save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=rest,
        duration=round(100 / fps) * 10,  # milliseconds, of which a GIF keeps whole hundredths
        loop=0,  # for ever
    )
    return buffer.getvalue()


def _common_palette(pictures: list[Image.Image]) -> Image.Image:
    """The 256 colours that suit frames from the whole of the animation."""
    count = min(len(pictures), PALETTE_FRAMES)
    chosen = [np.asarray(pictures[k * len(pictures) // count]) for k in range(count)]
    return Image.fromarray(np.concatenate(chosen)).quantize(256, method=Image.Quantize.FASTOCTREE)


def _mp4(pictures: list[Image.Image], fps: float) -> bytes:
    try:
        import imageio.v3 as imageio
        import imageio_ffmpeg  # noqa: F401, which imageio writes videos with
    except ImportError as error:
        raise ModuleNotFoundError(
            "An .mp4 needs ffmpeg: pip install imageio imageio-ffmpeg. A .gif or .html needs "
            "nothing."
        ) from error
    stack = np.stack([np.asarray(picture) for picture in pictures])  # (frames, H, W, 3)
    odd = [(0, side % 2) for side in stack.shape[1:3]]
    stack = np.pad(stack, [(0, 0), *odd, (0, 0)], mode="edge")
    return imageio.imwrite(
        "<bytes>",
        stack,
        extension=".mp4",
        plugin="FFMPEG",
        fps=fps,
        codec="libx264",
        quality=8,
        macro_block_size=2,
    )


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
    """A player for a notebook or a page, with all frames inside: nothing is fetched from anywhere.

    Play and pause, a slider, and from the keyboard: space plays and pauses, the arrow keys step. It
    starts by itself unless the reader's system asks for less motion. Without scripts the first
    frame is shown. In a notebook: ``IPython.display.HTML(animation_html(frames))``.

    Args:
        frames: (frames, C, H, W) in [-1, 1], or an iterable of frames.
        fps: frames a second.
        alt: what is to be seen, in words, for who cannot see it.
        width: on the page, in CSS pixels.
        quality: of the JPEG that each frame becomes, 1 to 95.
        max_bytes: limit for the whole text, in bytes; notebooks carry it in their outputs.

    Raises:
        ValueError: no frames, or more than ``max_bytes`` bytes.
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
    sources = [_data_uri(picture, quality) for picture in pictures]
    # Of what is shown, so that the same animation is the same text: notebooks are kept in git.
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
            f"The player takes {len(page):,} bytes, more than max_bytes={max_bytes:,}. Take fewer or "
            f"smaller frames, a lower quality than {quality}, or save_animation."
        )
    return page


def _page(pictures: list[Image.Image], fps: float) -> bytes:
    player = _player(pictures, fps, max_bytes=10**9)
    title = "<!doctype html><html lang='en'><meta charset='utf-8'><title>Animation</title>"
    return f"{title}<body>{player}</body></html>\n".encode()


def _data_uri(picture: Image.Image, quality: int) -> str:
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
