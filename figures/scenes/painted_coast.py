"""A sunny bay below a headland, painted point by point in divided colours."""

import numpy as np
from PIL import Image

from .brushes import (
    SCALE,
    Array,
    Brush,
    finish,
    fractal_noise,
    gradient,
    paint,
    pixel_grid,
    polygon_layer,
    rgb,
    smoothstep,
    spline,
)

HORIZON = 84.0
HEADLAND = [(-30, 210), (-30, 22), (6, 30), (24, 40), (40, 58), (54, 68), (70, 86), (92, 95),
            (108, 102), (115, 113), (121, 125), (128, 140), (150, 210)]
CLIFF = [(84, 93), (97, 95), (109, 101), (113, 110), (118, 115), (120, 125), (126, 131), (130, 142),
         (100, 146), (103, 132), (97, 124), (99, 112), (90, 105)]
MEADOW = [(-30, 230), (-30, 122), (20, 118), (60, 126), (100, 136), (132, 139), (166, 134),
          (204, 143), (236, 154), (280, 160), (280, 230)]
# Where the land ends: nothing grows above this line.
SKYLINE = [(-10, 26), (24, 42), (54, 70), (92, 97), (96, 136), (132, 141), (166, 136), (204, 145),
           (260, 162)]
SHRUB = [(0, "#1d3f3d"), (0.4, "#2f6a43"), (0.75, "#6f9e48"), (1, "#c8cf6c")]
GORSE = [(0, "#3c6138"), (0.3, "#8a8a2e"), (0.55, "#dca42a"), (0.8, "#f5ca3a"), (1, "#fdeb94")]
HEATHER = [(0, "#4b4374"), (0.5, "#9b72ae"), (1, "#e2b3cf")]
# Clumps of bushes: (middle x, y, spread x, spread y, how many, size, colours).
CLUMPS = (
    (30, 66, 26, 14, 26, 2.2, SHRUB), (62, 104, 26, 8, 26, 2.8, SHRUB),
    (18, 100, 16, 9, 16, 2.4, HEATHER), (82, 118, 16, 6, 16, 2.4, GORSE),
    (140, 146, 40, 4, 22, 3.0, SHRUB), (188, 154, 22, 5, 46, 3.2, GORSE),
    (60, 148, 34, 6, 26, 3.4, HEATHER), (226, 174, 18, 7, 30, 4.4, GORSE),
    (110, 168, 40, 8, 16, 4.2, SHRUB), (52, 180, 30, 6, 46, 4.6, GORSE),
    (150, 184, 30, 5, 16, 4.8, HEATHER),
)


# ---- the design under the points ------------------------------------------------------------

def design_sky(rng: np.random.Generator) -> Array:
    """Cream light over the sea and violet-shadowed bands of cloud above."""
    y, x = pixel_grid()
    sky = gradient([(0, "#6f9fcf"), (30, "#a9c9df"), (58, "#ead9bb"), (84, "#f6e3b8")], y + 0 * x)
    puffs = fractal_noise(rng, (15, 40), octaves=5, gain=0.5)
    banks = puffs + 0.5 * np.sin(y / 4.3 + 0.02 * x) + 0.3
    cloud = smoothstep(0.0, 1.0, banks) * smoothstep(78, 50, y)
    sky = paint(sky, "#fbf1d8", 0.9 * cloud)
    underside = smoothstep(0.1, 1.2, np.roll(banks, 16, axis=0) - 0.7 * banks)
    return paint(sky, "#9a98c2", 0.75 * underside * smoothstep(74, 40, y))


def design_sea(canvas: Array, rng: np.random.Generator) -> Array:
    """The bay: green-blue, paler towards the horizon, with swell and a lane of light."""
    y, x = pixel_grid()
    sea = gradient([(84, "#b9d2c8"), (98, "#7fb5bd"), (125, "#4f94ae"), (160, "#3f7f9f")],
                   y + 0 * x)
    swell = fractal_noise(rng, (2.2, 26), octaves=4)
    sea = paint(sea, "#e9f0dc", 0.30 * smoothstep(0.4, 2.0, swell))
    sea = paint(sea, "#2f6d94", 0.35 * smoothstep(0.2, 2.0, -swell))
    lane = np.exp(-(((x - 205) / (9 + 0.5 * (y - HORIZON))) ** 2))
    sea = paint(sea, "#fbe7b0", 0.55 * lane * smoothstep(-0.6, 1.0, swell))
    return paint(canvas, sea, smoothstep(HORIZON - 0.3, HORIZON + 0.3, y + 0 * x))


def design_land(canvas: Array, rng: np.random.Generator) -> Array:
    """A far shore, the headland with its chalk cliff, the meadow and gorse in flower."""
    y, x = pixel_grid()
    folds = fractal_noise(rng, (22, 60), octaves=4)
    lean = np.clip(0.5 + 0.16 * folds + 0.0022 * (x - 60) - 0.002 * (y - 100), 0, 1)
    grass = gradient([(0, "#2c5b46"), (0.35, "#4f8a4c"), (0.65, "#8fb254"), (1, "#d3d273")], lean)
    near = gradient([(0, "#2f5f3c"), (0.4, "#5f9444"), (0.7, "#a3b94f"), (1, "#e0d46e")],
                    lean + 0.10 - 0.004 * (y - 150))
    chalk = gradient([(0, "#8d7fb0"), (0.5, "#d8b6a0"), (1, "#f7e6c6")],
                     0.5 + 0.25 * fractal_noise(rng, (30, 6), octaves=3) + 0.02 * (x - 118))
    shore = 80.5 - 2.5 * smoothstep(150, 250, x) + 0.8 * fractal_noise(rng, (400, 30), 3)[:1]
    canvas = paint(canvas, "#8fa3bd", (y > shore) & (y < HORIZON + 0.4) & (x > 166))
    for outline, colour in ((HEADLAND, grass), (CLIFF, chalk), (MEADOW, near)):
        canvas = paint(canvas, colour, polygon_layer(spline(outline), 0.5))
    return canvas


def plant_bushes(brush: Brush, rng: np.random.Generator) -> None:
    """Shrubs, heather and flowering gorse in clumps, from far to near, lit from the upper right."""
    bushes = [
        (rng.normal(y, down), rng.normal(x, right), size * rng.uniform(0.5, 1.3), colours)
        for x, y, right, down, count, size, colours in CLUMPS for _ in range(count)
    ]
    for y, x, size, colours in sorted(bushes, key=lambda bush: bush[0]):
        if y > np.interp(x, *np.transpose(SKYLINE)) + size:
            brush.dab(x - 0.4 * size, y + 0.45 * size, (1.2 * size, 0.4 * size), 0, "#3a6642")
            draw_bush(brush, rng, x, y, size, colours)


def draw_bush(brush: Brush, rng: np.random.Generator, x: float, y: float, size: float,
              colours: list[tuple[float, str]]) -> None:
    """A heap of dabs, the upper right ones bright."""
    turn, reach = rng.uniform(0, 2 * np.pi, 60), np.sqrt(rng.random(60))
    right, down = reach * np.cos(turn), reach * np.sin(turn)
    light = 0.5 + 0.26 * right - 0.36 * down + rng.normal(0, 0.12, 60)
    brush.dabs(x + size * right, y + 0.62 * size * down, size * rng.uniform(0.12, 0.26, (60, 2)),
               turn, gradient(colours, light))


def draw_sails(brush: Brush) -> None:
    """A few small boats on the bay."""
    for x, y, size, sail in ((176, 98, 7, "#f7ecd2"), (222, 92, 4.5, "#d97b4a"),
                             (150, 91, 4, "#f7ecd2"), (236, 112, 9, "#e9a15a")):
        brush.polygon([(x, y - size), (x, y), (x + 0.62 * size, y - 0.08 * size)], sail)
        brush.polygon([(x - 0.08 * size, y - 0.85 * size), (x - 0.08 * size, y),
                       (x - 0.42 * size, y - 0.05 * size)], rgb(sail) * 0.82)
        brush.polygon([(x - 0.5 * size, y + 0.04 * size), (x + 0.66 * size, y + 0.04 * size),
                       (x + 0.45 * size, y + 0.24 * size), (x - 0.35 * size, y + 0.24 * size)],
                      "#4b3f5c")


# ---- the points -----------------------------------------------------------------------------

def divide(rng: np.random.Generator, colours: Array) -> Array:
    """Divided colour: points (n, 3) that give `colours` only when the eye mixes them.

    Most points stray a little; one in nine takes a violet, orange or cream accent instead.
    """
    strayed = colours + rng.normal(0, 0.05, colours.shape) + rng.normal(0, 0.04, (len(colours), 1))
    accents = np.array([rgb(c) for c in ("#6a62b0", "#e58a3c", "#fbeec4", "#2f7fa8")])
    chosen = accents[rng.integers(0, len(accents), len(colours))]
    share = np.where(rng.random(len(colours)) < 0.11, 0.42, 0.0)[:, None]
    return strayed + share * (chosen - strayed)


def stipple(brush: Brush, rng: np.random.Generator, design: Array, count: int,
            size: float) -> None:
    """Cover the canvas with `count` points about `size` wide, coloured after the design.

    The points lie along the forms: level in the sky and on the sea, with the slope on land.
    """
    x, y = rng.uniform(-1, 251, count), rng.uniform(-1, 189, count)
    row = np.clip(y * SCALE, 0, design.shape[0] - 1).astype(int)
    column = np.clip(x * SCALE, 0, design.shape[1] - 1).astype(int)
    slope = np.where(y > HORIZON, 0.35 * smoothstep(170, 60, x), 0.0)
    length = size * rng.uniform(0.7, 1.3, count)
    brush.dabs(x, y, np.stack([length, 0.62 * length], axis=1), slope + rng.normal(0, 0.5, count),
               divide(rng, design[row, column]))


def draw() -> Image.Image:
    """The finished picture: the design, then coarse points, then fine ones."""
    rng = np.random.default_rng(4)
    design = design_land(design_sea(design_sky(rng), rng), rng)
    sketch = Brush(design)
    draw_sails(sketch)
    plant_bushes(sketch, rng)
    design = sketch.canvas()
    brush = Brush(design)
    stipple(brush, rng, design, 16000, 1.25)
    stipple(brush, rng, design, 30000, 0.75)
    return finish(brush.canvas())
