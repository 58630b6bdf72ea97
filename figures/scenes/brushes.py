"""The painter's tools that every scene shares: noise, gradients, light, dabs and the final print.

A *canvas* is an array (H, W, 3) of colours in [0, 1], SCALE times larger than the picture in each
direction; a *layer* is an array (H, W), for instance an opacity. Positions and lengths are always
given in pixels of the finished picture, x to the right and y down, whatever the SCALE.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 250, 188
SCALE = 6
SHAPE = (HEIGHT * SCALE, WIDTH * SCALE)

Array = np.ndarray
Colour = str | Sequence[float] | Array


def rgb(colour: Colour) -> Array:
    """A colour as three numbers in [0, 1]; takes "#rrggbb" too."""
    if isinstance(colour, str):
        return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.asarray(colour, dtype=float)


def pixel_grid() -> tuple[Array, Array]:
    """Where each canvas pixel lies in the picture: y (H, 1) and x (1, W)."""
    height, width = SHAPE
    y = (np.arange(height)[:, None] + 0.5) / SCALE
    x = (np.arange(width)[None, :] + 0.5) / SCALE
    return y, x


def smoothstep(start: ArrayLike, end: ArrayLike, x: ArrayLike) -> Array:
    """0 before `start`, 1 after `end` and a smooth S between; `start` > `end` falls instead."""
    t = np.clip((x - np.asarray(start)) / (np.asarray(end) - start), 0, 1)
    return t * t * (3 - 2 * t)


def gradient(stops: Sequence[tuple[float, Colour]], t: ArrayLike) -> Array:
    """Colours (..., 3) read off at `t` (...) from a ramp of (position, colour) stops."""
    positions = [position for position, _ in stops]
    colours = np.array([rgb(colour) for _, colour in stops])
    places = np.asarray(t)
    return np.stack([np.interp(places, positions, channel) for channel in colours.T], axis=-1)


# ---- noise and blur -------------------------------------------------------------------------

def stretch(layer: Array, shape: tuple[int, int] = SHAPE) -> Array:
    """Resize a layer smoothly to `shape`."""
    image = Image.fromarray(np.ascontiguousarray(layer, dtype=np.float32))
    return np.asarray(image.resize(shape[::-1], Image.Resampling.BICUBIC), dtype=float)


def value_noise(rng: np.random.Generator, cell: tuple[float, float]) -> Array:
    """Random values on a lattice with cells (height, width), smoothly filled in: (H, W)."""
    rows, columns = (max(2, round(side / c)) for side, c in zip((HEIGHT, WIDTH), cell, strict=True))
    return stretch(rng.standard_normal((rows, columns)))


def fractal_noise(
    rng: np.random.Generator, cell: tuple[float, float], octaves: int = 5, gain: float = 0.5
) -> Array:
    """Value noise summed over octaves, each twice as fine and `gain` times as strong.

    Returns a layer (H, W) of mean 0 and standard deviation 1.
    """
    rows, columns = cell
    noise = sum(
        (gain**k * value_noise(rng, (rows / 2**k, columns / 2**k)) for k in range(octaves)),
        start=np.zeros(SHAPE),
    )
    return (noise - noise.mean()) / noise.std()


def cell_noise(rng: np.random.Generator, cell: float, y: Array, x: Array) -> tuple[Array, Array]:
    """Worley noise: one random point per lattice cell, in units of `cell` pixels.

    Returns two layers of the shape of `y` and `x`: the distance to the nearest point's border
    (0 on the cracks between cells) and a random number in [0, 1) that is constant in each cell.
    """
    size = int(max(y.max(), x.max()) / cell) + 4
    points, tone = rng.random((size, size, 2)), rng.random((size, size))
    row, column = (np.clip((a / cell).astype(int) + 1, 1, size - 2) for a in (y, x))
    nearest, second, owner = np.full(row.shape, 9.0), np.full(row.shape, 9.0), np.zeros(row.shape)
    for r, c in np.ndindex(3, 3):
        j, i = row + r - 1, column + c - 1
        distance = np.hypot(j - 1 + points[j, i, 0] - y / cell, i - 1 + points[j, i, 1] - x / cell)
        owner = np.where(distance < nearest, tone[j, i], owner)
        second = np.minimum(second, np.maximum(distance, nearest))
        nearest = np.minimum(nearest, distance)
    return second - nearest, owner


def blur(layer: Array, radius: float) -> Array:
    """Gaussian blur of a layer (H, W) with standard deviation `radius` in picture pixels.

    A wide blur holds no fine detail, so it is worked out on a smaller copy.
    """
    step = max(1, int(radius * SCALE / 4))
    small = stretch(layer, tuple(side // step for side in layer.shape)) if step > 1 else layer
    sigma = radius * SCALE / step
    taps = np.arange(-int(3 * sigma) - 1, int(3 * sigma) + 2)
    kernel = np.exp(-0.5 * (taps / sigma) ** 2)
    for axis in (0, 1):
        small = _convolve(small, kernel / kernel.sum(), axis)
    return stretch(small, layer.shape) if step > 1 else small


def _convolve(layer: Array, kernel: Array, axis: int) -> Array:
    """Convolve along one axis; the border repeats the outermost row or column."""
    reach = len(kernel) // 2
    padding = [(reach, reach) if a == axis else (0, 0) for a in (0, 1)]
    padded = np.pad(layer, padding, mode="edge")
    length = layer.shape[axis]
    return sum(
        weight * np.take(padded, range(k, k + length), axis) for k, weight in enumerate(kernel)
    )


# ---- painting -------------------------------------------------------------------------------

def paint(canvas: Array, colour: Colour, opacity: ArrayLike) -> Array:
    """Lay a colour, or a canvas of colours, over the canvas where `opacity` (H, W) says so."""
    return canvas + np.asarray(opacity)[..., None] * (rgb(colour) - canvas)


def relief(height: Array, light: tuple[float, float, float]) -> Array:
    """Lambert shading (H, W) of a height map in picture pixels; `light` points (x, y, viewer)."""
    down, right = np.gradient(height * SCALE)
    x, y, z = np.array(light) / np.linalg.norm(light)
    return np.clip((z - x * right - y * down) / np.sqrt(1 + right**2 + down**2), 0, 1)


class Brush:
    """Draws hard-edged shapes on a canvas; the print's reduction to 1/SCALE makes them smooth."""

    def __init__(self, canvas: Array):
        self._image = Image.fromarray(np.uint8(np.clip(canvas, 0, 1) * 255 + 0.5))
        self._draw = ImageDraw.Draw(self._image)

    def polygon(self, points: ArrayLike, colour: Colour) -> None:
        """Fill the polygon with corners `points` (n, 2), each x, y."""
        corners = (np.asarray(points, dtype=float) * SCALE).ravel().tolist()
        self._draw.polygon(corners, fill=_ink(colour))

    def line(self, points: ArrayLike, colour: Colour, width: float) -> None:
        """Draw a line through `points` (n, 2), `width` pixels thick."""
        corners = (np.asarray(points, dtype=float) * SCALE).ravel().tolist()
        self._draw.line(corners, fill=_ink(colour), width=max(1, round(width * SCALE)))

    def dab(self, x: float, y: float, size: tuple[float, float], angle: float,
            colour: Colour) -> None:
        """One touch of the brush: an ellipse of half-axes `size`, turned by `angle` radians."""
        along, across = size[0] * _CIRCLE[:, 0], size[1] * _CIRCLE[:, 1]
        cos, sin = np.cos(angle), np.sin(angle)
        self.polygon(
            np.stack([x + cos * along - sin * across, y + sin * along + cos * across], axis=1),
            colour,
        )

    def dabs(self, x: Array, y: Array, sizes: Array, angles: Array, colours: Array) -> None:
        """Many dabs, one after the other: `sizes` is (n, 2), `colours` (n, 3), the others (n,)."""
        for touch in zip(x, y, sizes, angles, colours, strict=True):
            self.dab(*touch)

    def canvas(self) -> Array:
        """What has been drawn so far, as a canvas."""
        return np.asarray(self._image) / 255


_TURN = np.linspace(0, 2 * np.pi, 14, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)


def _ink(colour: Colour) -> tuple[int, ...]:
    return tuple((np.clip(rgb(colour), 0, 1) * 255 + 0.5).astype(int).tolist())


def polygon_layer(points: ArrayLike, soften: float = 0.0) -> Array:
    """A layer (H, W) that is 1 inside the polygon with corners `points` (n, 2), 0 outside."""
    image = Image.new("L", SHAPE[::-1])
    ImageDraw.Draw(image).polygon((np.asarray(points, float) * SCALE).ravel().tolist(), fill=255)
    layer = np.asarray(image) / 255
    return blur(layer, soften) if soften else layer


def spline(points: ArrayLike, samples: int = 12) -> Array:
    """A smooth closed curve (n * samples, 2) through `points` (n, 2): Catmull-Rom splines."""
    p = np.asarray(points, dtype=float)
    before, start, end, after = (np.roll(p, k, axis=0)[:, None] for k in (1, 0, -1, -2))
    t = np.linspace(0, 1, samples, endpoint=False)[None, :, None]
    curve = start + 0.5 * t * (
        end - before + t * (2 * before - 5 * start + 4 * end - after
                            + t * (3 * (start - end) + after - before)))
    return curve.reshape(-1, 2)


# ---- the print ------------------------------------------------------------------------------

def add_grain(canvas: Array, rng: np.random.Generator, strength: float) -> Array:
    """Film grain: soft brightness noise, about a pixel wide in the finished picture."""
    grain = stretch(rng.standard_normal((HEIGHT, WIDTH)))
    return canvas + strength * grain[..., None]


def reduce(canvas: Array, kernel: Image.Resampling = Image.Resampling.LANCZOS) -> Image.Image:
    """A canvas as a picture, 8-bit RGB of WIDTH x HEIGHT, averaged with an antialiasing kernel."""
    large = Image.fromarray(np.uint8(np.clip(canvas, 0, 1) * 255 + 0.5))
    return large.resize((WIDTH, HEIGHT), kernel)


def finish(canvas: Array) -> Image.Image:
    """The finished picture: a photograph is a little crisper than a plain average of its pixels."""
    return reduce(canvas).filter(ImageFilter.UnsharpMask(radius=0.8, percent=45, threshold=0))
