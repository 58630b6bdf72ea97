"""A flock of geese before an orange dusk, over layers of misty woodland."""

import numpy as np
from PIL import Image

from .brushes import (
    WIDTH,
    Array,
    Brush,
    Colour,
    add_grain,
    finish,
    fractal_noise,
    gradient,
    paint,
    pixel_grid,
    rgb,
    smoothstep,
    spline,
)

GLOW = (170.0, 132.0)

# A goose in units of its body length. Its trunk, seen from the side: (forward, down).
TRUNK = np.array([
    (0.60, -0.055), (0.53, -0.105), (0.45, -0.09), (0.28, -0.055), (0.10, -0.09), (-0.15, -0.07),
    (-0.38, -0.02), (-0.54, -0.02), (-0.52, 0.04), (-0.30, 0.07), (-0.05, 0.115), (0.14, 0.08),
    (0.30, 0.005), (0.46, -0.035), (0.54, -0.03),
])
# Its wing, laid flat: (along the wing, forward), the leading edge first, then the feathers.
WING = np.array([
    (0.0, 0.13), (0.25, 0.20), (0.48, 0.21), (0.72, 0.10), (1.00, -0.16), (0.90, -0.12),
    (0.86, -0.21), (0.76, -0.15), (0.68, -0.24), (0.52, -0.20), (0.34, -0.22), (0.0, -0.17),
])


# ---- the flock ------------------------------------------------------------------------------

def wing_in_space(arm: float, hand: float, side: int) -> Array:
    """The wing's outline (n, 3) as (forward, to the side, up), raised by two angles.

    The inner half turns about the shoulder by `arm`, the outer half about the wrist by `hand`.
    """
    along, forward = WING.T
    inner, outer = np.minimum(along, 0.45), np.maximum(along - 0.45, 0)
    out = inner * np.cos(arm) + outer * np.cos(hand)
    up = inner * np.sin(arm) + outer * np.sin(hand)
    return np.stack([forward, side * (0.04 + out), up + 0.03], axis=1)


def project(points: Array, heading: float, elevation: float) -> Array:
    """Picture positions (n, 2) of points (n, 3), turned by `heading` out of the side view."""
    forward, side, up = points.T
    right = forward * np.cos(heading) - side * np.sin(heading)
    toward_viewer = forward * np.sin(heading) + side * np.cos(heading)
    down = toward_viewer * np.sin(elevation) - up * np.cos(elevation)
    return np.stack([right, down], axis=1)


def draw_goose(brush: Brush, rng: np.random.Generator, x: float, y: float, size: float,
               ink: Colour, far_ink: Colour) -> None:
    """One goose of body length `size`, in a random moment of its wing beat."""
    beat = rng.uniform(0, 2 * np.pi)
    arm, hand = 0.15 + 0.75 * np.sin(beat), 0.05 + 0.95 * np.sin(beat - 0.7)
    heading, elevation = rng.uniform(0.1, 1.0), rng.uniform(-0.55, -0.05)
    climb = rng.normal(-0.06, 0.10)
    turn = np.array([[np.cos(climb), np.sin(climb)], [-np.sin(climb), np.cos(climb)]])
    trunk = TRUNK * (np.cos(heading), 1)
    far, near = (project(wing_in_space(arm, hand, side), heading, elevation) for side in (-1, 1))
    for outline, colour in ((far, far_ink), (trunk, ink), (near, ink)):
        brush.polygon(spline(outline @ turn, 6) * size + (x, y), colour)


def flock(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Where the geese fly: (x, y, body length), no two in each other's way."""
    birds: list[tuple[float, float, float]] = [
             (44, 74, 15), (84, 54, 17), (124, 78, 14), (66, 100, 12), (187, 60, 15), (224, 88, 12),
             (24, 46, 12), (152, 42, 12), (104, 26, 11), (160, 96, 11), (214, 34, 11)]
    birds += wedge(202, 14, 5.0, 7) + wedge(62, 22, 4.2, 9) + wedge(118, 108, 4.0, 7)
    for _ in range(700):
        size = float(rng.choice([9, 7.5, 6, 5, 4, 3.2, 2.6]))
        x, y = rng.uniform(5, 245), rng.triangular(6, 60, 124)
        if all(np.hypot(x - a, 1.4 * (y - b)) > 1.3 * (size + c) for a, b, c in birds):
            birds.append((x, y, size))
        if len(birds) == 92:
            break
    return birds


def wedge(x: float, y: float, size: float, count: int) -> list[tuple[float, float, float]]:
    """A flight in V formation with its leader at (x, y), flying to the right."""
    ranks = [(k + 1) // 2 * (-1) ** k for k in range(count)]
    return [(x - 1.9 * size * abs(k), y + 0.75 * size * k + 0.06 * k * k, size) for k in ranks]


def draw_flock(canvas: Array, rng: np.random.Generator) -> Array:
    """All geese, the far ones first; distance lifts their black towards the glow."""
    brush = Brush(canvas)
    for x, y, size in sorted(flock(rng), key=lambda bird: bird[2]):
        distance = np.interp(size, [2.5, 6, 14], [0.42, 0.20, 0.0])
        ink, far_ink = (
            rgb(dark) + distance * (rgb("#d9853f") - rgb(dark)) for dark in ("#241518", "#472822")
        )
        draw_goose(brush, rng, x, y, size, ink, far_ink)
    return brush.canvas()


# ---- the sky --------------------------------------------------------------------------------

def paint_dusk(rng: np.random.Generator) -> Array:
    """An orange sky, brightest where the sun has just gone, with combed clouds lit from below."""
    y, x = pixel_grid()
    sky = gradient([(0, "#bb6440"), (38, "#dd8542"), (82, "#f2a84f"), (118, "#f9c56d"),
                    (145, "#fbd48a")], y + 0 * x)
    away = np.hypot((x - GLOW[0]) / 105, (y - GLOW[1]) / 62)
    sky = paint(sky, "#ffe9b4", 0.75 * np.exp(-(away**2)))
    sky = paint(sky, "#8a4238", 0.35 * smoothstep(0.8, 2.4, away) * smoothstep(90, 0, y))
    streaks = fractal_noise(rng, (9, 150), octaves=6, gain=0.58)
    patches = fractal_noise(rng, (45, 90), octaves=3)
    cloud = smoothstep(0.2, 2.3, streaks + 0.7 * patches) * smoothstep(140, 100, y)
    lit = smoothstep(0.1, 2.2, np.roll(streaks + 0.7 * patches, 10, axis=0) - 0.15)
    sky = paint(sky, "#a4533f", 0.42 * cloud)
    return paint(sky, "#ffdc95", 0.38 * lit * smoothstep(8, 60, y) * smoothstep(140, 110, y))


# ---- the woods ------------------------------------------------------------------------------

def draw_spruce(brush: Brush, rng: np.random.Generator, x: float, foot: float, tall: float,
                ink: Array) -> None:
    """A spruce: drooping branches in ragged tiers, each a fan of needles."""
    tiers = max(6, int(tall * 1.1))
    for depth in np.linspace(0.03, 1, tiers):
        y, reach = foot - tall * (1 - depth), 0.24 * tall * depth**0.8
        for side in (-1, 1):
            tip = side * reach * rng.uniform(0.55, 1.2)
            sag = rng.uniform(0.02, 0.09) * tall
            brush.polygon([(x, y - 0.07 * tall), (x + 0.5 * tip, y), (x + tip, y + sag),
                           (x + 0.45 * tip, y + 0.7 * sag + 0.02 * tall), (x, y + 0.06 * tall)],
                          ink * rng.uniform(0.95, 1.08))
    brush.line([(x, foot - tall), (x, foot - 0.85 * tall)], ink, 0.3)


def draw_broadleaf(brush: Brush, rng: np.random.Generator, x: float, foot: float, tall: float,
                   ink: Array) -> None:
    """A round crown: heaps of small dabs about a few boughs, airy at the rim."""
    for _ in range(6):
        bough = x + rng.normal(0, 0.15) * tall, foot - tall * rng.uniform(0.45, 0.82)
        for _ in range(int(40 + 3 * tall)):
            turn, reach = rng.uniform(0, 2 * np.pi), 0.22 * tall * rng.random() ** 0.6
            brush.dab(bough[0] + reach * np.cos(turn), bough[1] + 0.85 * reach * np.sin(turn),
                      (rng.uniform(0.3, 0.9), 0.4), rng.uniform(0, 3.1),
                      ink * rng.uniform(0.93, 1.08))
    brush.line([(x, foot), (x, foot - 0.6 * tall)], ink, max(0.4, 0.05 * tall))


def draw_wood(brush: Brush, rng: np.random.Generator, ridge: Array, tall: float,
              ink: Array) -> None:
    """A closed wood along the ridge line (WIDTH heights), in stands of unlike height and kind."""
    columns = np.arange(WIDTH)
    xs = np.arange(-4, 254, 0.17 * tall)
    posts = np.arange(0, 260, 1.1 * tall)
    stands = np.interp(xs, posts, rng.uniform(0.45, 1.15, len(posts)))
    needles = np.interp(xs, posts, rng.uniform(0.1, 1.0, len(posts)))
    for x, stand, share in rng.permutation(np.stack([xs, stands, needles], axis=1)):
        x = x + rng.normal(0, 0.1 * tall)
        height = tall * stand * rng.uniform(0.7, 1.2)
        # The feet stand below the ridge line, hidden: only crowns rise above it.
        foot = float(np.interp(x, columns, ridge)) + 0.30 * tall
        tree = draw_spruce if rng.random() < share else draw_broadleaf
        tree(brush, rng, x, foot, height, ink * rng.uniform(0.92, 1.08))
    edge = np.stack([columns * 1.04 - 5, np.interp(columns * 1.04 - 5, columns, ridge)], 1)
    brush.polygon(np.concatenate([edge, [(255, 190), (-5, 190)]]), ink)


def paint_woods(canvas: Array, rng: np.random.Generator) -> Array:
    """Five woods, each nearer one taller and darker, with mist lying in the hollows between."""
    y, x = pixel_grid()
    woods = ((136, 2.5, 5, "#e9ab62"), (143, 2.5, 8, "#cf8a50"), (152, 2.5, 12, "#96583c"),
             (165, 2.5, 19, "#54302a"), (180, 2.0, 27, "#22161a"))
    for level, swing, tall, ink in woods:
        ridge = level + swing * fractal_noise(rng, (400, 90), octaves=3)[0, 3::6]
        brush = Brush(canvas)
        draw_wood(brush, rng, ridge, tall, rgb(ink))
        canvas = brush.canvas()
        wisps = 0.75 + 0.35 * fractal_noise(rng, (10, 70), octaves=4)
        depth = smoothstep(level - 0.35 * tall, level + 0.75 * tall, y) * (level < 170)
        mist = gradient([(0, "#d98d58"), (170, "#f8c67e"), (250, "#e59d60")], x + 0 * y)
        canvas = paint(canvas, mist, np.clip(0.62 * depth * wisps, 0, 1))
    return canvas


def draw() -> Image.Image:
    """The finished picture."""
    rng = np.random.default_rng(12)
    canvas = paint_dusk(rng)
    canvas = draw_flock(canvas, rng)
    canvas = paint_woods(canvas, rng)
    return finish(add_grain(canvas, rng, 0.008))
