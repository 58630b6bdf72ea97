"""A weathered rock arch in a sandy desert under a deep blue sky."""

import numpy as np
from PIL import Image

from .brushes import (
    SCALE,
    Array,
    Brush,
    add_grain,
    blur,
    cell_noise,
    finish,
    fractal_noise,
    gradient,
    paint,
    pixel_grid,
    polygon_layer,
    relief,
    rgb,
    smoothstep,
    spline,
)

SUN = (-0.62, -0.55, 0.56)
ARCH = [
    (44, 200), (50, 168), (58, 140), (55, 112), (64, 88), (61, 64), (76, 46), (88, 42), (100, 26),
    (124, 20), (140, 25), (158, 21), (178, 34), (186, 32), (202, 50), (208, 70), (202, 88),
    (213, 112), (210, 142), (222, 168), (226, 200),
]
OPENING = [
    (108, 172), (114, 148), (106, 128), (110, 104), (122, 84), (140, 74), (154, 78), (162, 88),
    (170, 108), (166, 132), (174, 152), (172, 170), (140, 177),
]
LEFT_WALL = [(-20, 200), (-20, 84), (4, 80), (16, 92), (30, 98), (40, 116), (52, 128), (62, 150),
             (84, 172), (92, 200)]
RIGHT_WALL = [(270, 200), (270, 60), (248, 62), (238, 78), (228, 86), (222, 108), (212, 126),
              (206, 150), (186, 170), (180, 200)]
STONE = [(0, "#5f3a28"), (0.3, "#92603d"), (0.5, "#b37f4f"), (0.7, "#cc9a65"), (1, "#e3bd8a")]


# ---- rock -----------------------------------------------------------------------------------

def rough_edge(rng: np.random.Generator, inside: Array) -> Array:
    """A soft layer (H, W) gnawed along its border by weather: opacity of the rock."""
    soft = blur(inside, 2.4)
    border = 4 * soft * (1 - soft)
    gnawed = soft + 0.20 * border * fractal_noise(rng, (16, 16), octaves=6, gain=0.6)
    return smoothstep(0.47, 0.53, gnawed)


def beds(rng: np.random.Generator) -> Array:
    """Sediment: a layer (H, W) of standard deviation 1 that varies along the tilted bedding."""
    y, x = pixel_grid()
    depth = y + 0.08 * x + 3.0 * fractal_noise(rng, (50, 70), octaves=4)
    stack = fractal_noise(rng, (11, 600), octaves=4, gain=0.75)[:, 0]
    return np.interp(depth, np.linspace(-20, 230, len(stack)), stack)


def rock_height(rng: np.random.Generator, opacity: Array, bedding: Array) -> Array:
    """How far the rock stands out, in pixels: a round body, ledges, blocks, cracks and grain."""
    y, x = pixel_grid()
    down, right = (9 * fractal_noise(rng, (45, 45), octaves=6) for _ in (0, 1))
    body = np.sqrt(np.clip(2 * blur(opacity, 11) - 0.9, 0, 1))
    height = 15 * body + 1.3 * bedding
    height += 2.0 * fractal_noise(rng, (34, 26), octaves=6, gain=0.52)
    for cell, tall, crack in ((38, 6.5, 2.0), (15, 2.2, 0.9)):
        border, block = cell_noise(
            rng, cell, np.clip(y + down, 0, None), np.clip(1.3 * (x + right), 0, None))
        height += tall * block - crack * smoothstep(0.12, 0, border)
        down, right = 0.5 * right, 0.5 * down
    return blur(height, 0.3)


def cast_shadow(height: Array) -> Array:
    """1 where rock nearer the sun stands in the way, 0 in the light: (H, W), soft at its edge.

    Walks from every pixel towards the sun and compares the height there with the ray's.
    """
    x, y, rise = np.array(SUN) / np.hypot(SUN[0], SUN[1])
    block = np.zeros(height.shape)
    for distance in np.arange(0.5, 16, 0.5):
        shift = round(-distance * y * SCALE), round(-distance * x * SCALE)
        block = np.maximum(block, np.roll(height, shift, axis=(0, 1)) - height - rise * distance)
    return blur(smoothstep(0, 1.6, block), 0.35)


def paint_rock(canvas: Array, rng: np.random.Generator, inside: Array, shade: float = 1) -> Array:
    """Lay a mass of rock over the canvas, sunlit from the upper left; `inside` is (H, W) in 0/1."""
    opacity, bedding = rough_edge(rng, inside), beds(rng)
    height = rock_height(rng, opacity, bedding)
    hue = 0.52 + 0.15 * bedding + 0.10 * fractal_noise(rng, (20, 20), octaves=6, gain=0.7)
    stone = gradient(STONE, hue)
    sun = relief(height, SUN) * (1 - 0.9 * cast_shadow(height * opacity))
    hollow = np.clip(1 + 0.11 * (height - blur(height, 3.5)), 0.45, 1.15)
    light = rgb((1.22, 1.08, 0.88)) * sun[..., None] + rgb((0.30, 0.31, 0.37)) * hollow[..., None]
    return paint(canvas, shade * stone * light, opacity)


# ---- sky and sand ---------------------------------------------------------------------------

def paint_sky(rng: np.random.Generator) -> Array:
    """Blue, deep overhead and pale with dust at the horizon, with a few thin clouds."""
    y, x = pixel_grid()
    sky = gradient([(0, "#245a9e"), (50, "#3f80bd"), (100, "#86b3d4"), (140, "#d8dfd8")],
                   y - 0.05 * x)
    wisps = fractal_noise(rng, (18, 90), octaves=6, gain=0.6)
    patches = fractal_noise(rng, (60, 90), octaves=2)
    return paint(sky, "#f3efe6", 0.6 * smoothstep(0.6, 2.8, wisps + patches))


def paint_desert(canvas: Array, rng: np.random.Generator) -> Array:
    """Two far table mountains, then sand with low dunes and ripples."""
    y, _ = pixel_grid()
    for level, swing, colour in ((128, 5, "#b9a79b"), (136, 4, "#bf9a78")):
        mesa = level - swing * np.tanh(2 * fractal_noise(rng, (400, 60), octaves=4))[:1]
        strata = 0.03 * fractal_noise(rng, (3, 60), octaves=3)
        canvas = paint(canvas, rgb(colour) + strata[..., None], (y > mesa).astype(float))
    dunes = 2.2 * fractal_noise(rng, (9, 70), octaves=4) + 0.22 * fractal_noise(rng, (1.6, 9), 4)
    sand = gradient([(138, "#e6c99b"), (160, "#dcb47c"), (188, "#c4935c")], y)
    sand = sand * (0.62 + 0.62 * relief(0.8 * dunes, (-0.5, -0.6, 0.62)))[..., None]
    shore = 143 + 2.5 * fractal_noise(rng, (400, 80), octaves=3)[:1]
    return paint(canvas, sand, smoothstep(shore, shore + 0.6, y))


def scatter_shrubs(brush: Brush, rng: np.random.Generator) -> None:
    """Dry thorn bushes on the sand: tufts of grey-green and straw dabs with a shadow."""
    for _ in range(46):
        y = rng.uniform(149, 187)
        x, size = rng.uniform(0, 250), np.interp(y, [149, 187], [0.9, 3.2]) * rng.uniform(0.6, 1.3)
        brush.dab(x + 0.8 * size, y, (1.3 * size, 0.3 * size), 0, "#7d5836")
        for _ in range(34):
            dx, dy = rng.normal(0, 0.5), -abs(rng.normal(0, 0.42))
            light = 0.45 - 0.3 * dx - 0.35 * dy + rng.normal(0, 0.15)
            colour = gradient([(0, "#3a3420"), (0.5, "#6d6a3c"), (1, "#b9a566")], light)
            brush.dab(x + size * dx, y + size * dy, (0.35 * size, 0.09 * size),
                      rng.normal(-1.57, 0.6), colour)


def draw() -> Image.Image:
    """The finished picture."""
    rng = np.random.default_rng(7)
    canvas = paint_desert(paint_sky(rng), rng)
    arch = np.clip(polygon_layer(spline(ARCH)) - polygon_layer(spline(OPENING)), 0, 1)
    canvas = paint_rock(canvas, rng, arch)
    for wall, shade in ((LEFT_WALL, 0.86), (RIGHT_WALL, 1.0)):
        canvas = paint_rock(canvas, rng, polygon_layer(spline(wall)), shade)
    brush = Brush(canvas)
    scatter_shrubs(brush, rng)
    return finish(add_grain(brush.canvas(), rng, 0.008))
