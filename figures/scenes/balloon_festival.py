"""Hot-air balloons in a summer sky over a crowded meadow with tents and a far treeline."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image

from .brushes import (
    Array,
    Brush,
    add_grain,
    finish,
    fractal_noise,
    gradient,
    paint,
    pixel_grid,
    rgb,
    smoothstep,
)

HORIZON = 141.0
CROWD = 1250
SUN = np.array([-0.62, -0.55, 0.56])
CLOTHES = [
    "#e8e4da", "#f3f0ea", "#2c3550", "#3d63a8", "#77a7d8", "#b32a2e", "#d9483b", "#e9b63a",
    "#f0d98a", "#2e2b2d", "#55504c", "#4f7a4a", "#8a5a3c", "#c98f6a", "#d77fa1", "#6d4a8c",
    "#3aa0a0", "#e07b32", "#9fa7ad", "#1f2430",
]
SKIN_AND_HAIR = ["#e3b48f", "#c98d63", "#8a5a3a", "#3a2a20", "#5a3d28", "#d9b98a",
                 "#f2ead8", "#272020"]


# ---- the balloons ---------------------------------------------------------------------------

@dataclass(frozen=True)
class Balloon:
    """One balloon: the middle of its crown (x, y), the height of its envelope, and its cloth."""

    x: float
    y: float
    height: float
    pattern: str
    colours: tuple[str, ...]
    gores: int = 16
    turn: float = 0.0


RAINBOW = ("#7a2d86", "#2f4fa8", "#2a8fc4", "#3aa35a", "#f0cf2f", "#ef8a25", "#d2322e")
WARM = ("#d7322a", "#f29a2b", "#f7d445")
SEA = ("#1d3f86", "#2f7fc4", "#e9eef0")

BALLOONS = (
    Balloon(166, 5, 56, "spiral", RAINBOW, 22, 0.3),
    Balloon(48, 26, 38, "stripes", ("#c62b30", "#f4ead2", "#c62b30", "#24407f"), 20, 0.2),
    Balloon(226, 48, 28, "zigzag", ("#f3c52e", "#e0662a", "#b12a35"), 16, 0.4),
    Balloon(106, 46, 27, "bands", ("#24407f", "#f3ead6", "#3b9bb8", "#f3ead6", "#24407f"), 16),
    Balloon(20, 76, 22, "checks", ("#2b2f3c", "#f0c93a"), 14, 0.5),
    Balloon(138, 84, 20, "belt", ("#e8552d", "#f6c63f", "#5c2a7a"), 14, 0.1),
    Balloon(199, 94, 17, "stripes", ("#2f8f58", "#f2efe0", "#e7b52f"), 14, 0.7),
    Balloon(73, 91, 16, "spiral", WARM, 14),
    Balloon(108, 8, 15, "stripes", WARM, 12, 0.3),
    Balloon(12, 12, 14, "belt", ("#7c3a8f", "#e58fb0", "#f5e6c8"), 12, 0.6),
    Balloon(235, 11, 13, "spiral", SEA, 12, 0.2),
    Balloon(170, 104, 12, "bands", ("#d7322a", "#f4ead2", "#d7322a", "#f4ead2"), 10),
    Balloon(47, 108, 11, "stripes", ("#2a8fc4", "#f0cf2f"), 10, 0.5),
    Balloon(229, 108, 11, "zigzag", ("#7c3a8f", "#ef8a25", "#f7d445"), 10, 0.2),
    Balloon(109, 102, 10, "checks", ("#c62b30", "#f4ead2"), 10),
    Balloon(82, 24, 9, "bands", ("#2f8f58", "#f0cf2f", "#2f8f58"), 10),
    Balloon(141, 62, 8, "stripes", ("#d7322a", "#f4ead2"), 8, 0.3),
    Balloon(196, 78, 7.5, "belt", ("#24407f", "#ef8a25", "#f4ead2"), 8),
    Balloon(88, 72, 7, "spiral", ("#5c2a7a", "#e58fb0"), 8),
    Balloon(152, 118, 7, "stripes", ("#e0662a", "#f7d445"), 8),
    Balloon(14, 116, 7, "bands", ("#d7322a", "#f7d445", "#d7322a"), 8),
    Balloon(209, 27, 6.5, "stripes", ("#c62b30", "#24407f"), 8),
    Balloon(127, 118, 6, "belt", ("#2f8f58", "#f2efe0", "#2f8f58"), 8),
    Balloon(80, 121, 5.5, "stripes", ("#c62b30", "#f7d445"), 8),
    Balloon(212, 120, 5, "bands", ("#24407f", "#e9eef0", "#24407f"), 8),
    Balloon(34, 66, 6, "spiral", ("#2a8fc4", "#f4ead2"), 8),
    Balloon(122, 33, 5, "stripes", ("#b12a35", "#f0cf2f"), 8),
)


def half_width(v: Array) -> Array:
    """The envelope's half width at depth `v` below its crown, both in units of its height."""
    dome = np.sqrt(np.clip(1 - ((0.42 - v) / 0.42) ** 2, 0, 1))
    cone = 1 - 0.86 * np.clip((v - 0.42) / 0.58, 0, 1) ** 1.65
    return 0.425 * np.where(v < 0.42, dome, cone)


def cloth(balloon: Balloon, gore: Array, across: Array, v: Array) -> Array:
    """Colours (..., 3) of the cloth: `gore` counts the panels, `across` runs 0..1 over a panel."""
    index = {
        "stripes": gore,
        "spiral": gore + np.floor(v * 9),
        "bands": np.floor(v**0.9 * 1.15 * len(balloon.colours)),
        "checks": gore + np.floor(v * 8),
        "zigzag": np.floor(v * 8 + 1.4 * np.abs(across - 0.5)),
        "belt": np.where(np.abs(v - 0.42) < 0.13, 2, gore % 2),
    }[balloon.pattern]
    colours = np.array([rgb(colour) for colour in balloon.colours])
    return colours[index.astype(int) % len(colours)]


def envelope_light(longitude: Array, across: Array, v: Array) -> Array:
    """Sunlight on the envelope: a round body whose panels each bulge a little between seams."""
    slope = np.gradient(half_width(np.linspace(0, 1, 200)), 1 / 199)
    rise = np.interp(v, np.linspace(0, 1, 200), np.clip(slope, -2, 2))
    bulge = longitude + 0.55 * (across - 0.5)
    normal = np.stack([np.sin(bulge), -rise, np.cos(bulge)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    diffuse = np.clip(normal @ SUN, 0, 1)
    # Thin cloth lets some light through, most where the sun is behind it.
    through = 0.16 * smoothstep(-0.4, 1.2, np.sin(longitude)) * smoothstep(0.1, 0.9, v)
    seam = 1 - 0.16 * smoothstep(0.36, 0.5, np.abs(across - 0.5))
    return (0.40 + 0.78 * diffuse + through) * seam


def paint_envelope(canvas: Array, balloon: Balloon) -> Array:
    """Draw the envelope: stand on its surface, find panel and depth, colour and light it."""
    y, x = pixel_grid()
    v = (y - balloon.y) / balloon.height
    width = half_width(np.clip(v, 0, 1)) * balloon.height
    u = (x - balloon.x) / np.maximum(width, 1e-6)
    rows = np.flatnonzero((v[:, 0] > 0) & (v[:, 0] < 1))
    columns = np.flatnonzero(np.abs(x[0] - balloon.x) < 0.43 * balloon.height)
    box = np.ix_(rows, columns)
    u, v = u[box], np.broadcast_to(v, canvas.shape[:2])[box]
    longitude = np.arcsin(np.clip(u, -1, 1))
    panel = (longitude / np.pi + 0.5) * balloon.gores / 2 + balloon.turn
    gore, across = np.floor(panel), panel % 1
    colours = cloth(balloon, gore, across, v) * envelope_light(longitude, across, v)[..., None]
    highlight = 0.20 * np.exp(-(((u + 0.42) / 0.22) ** 2) - ((v - 0.24) / 0.13) ** 2)
    colours = paint(colours, (1, 0.98, 0.92), highlight)
    colours = paint(colours, "#b9d3e4", np.full(u.shape, haze_at(balloon)))
    painted = canvas.copy()
    painted[box] = paint(canvas[box], colours, (np.abs(u) < 1).astype(float))
    return painted


def haze_at(balloon: Balloon) -> float:
    """Small balloons are far away: part of their colour is the air's."""
    return float(np.interp(balloon.height, [5, 12, 30], [0.30, 0.16, 0.0]))


def hang_basket(brush: Brush, balloon: Balloon) -> None:
    """The skirt at the mouth, the ropes and the wicker basket below."""
    x, size = balloon.x, balloon.height
    mouth, floor, half = balloon.y + size, balloon.y + 1.27 * size, 0.055 * size
    air, haze = rgb("#b9d3e4"), haze_at(balloon)
    rope, wicker, shade = (
        rgb(c) + haze * (air - rgb(c)) for c in ("#4a4038", "#8a5c34", "#4c3220")
    )
    for side in (-1, -0.35, 0.35, 1):
        brush.line([(x + side * 0.058 * size, mouth), (x + side * half, floor - 0.1 * size)],
                   rope, 0.012 * size)
    skirt = [(x - 0.06 * size, mouth - 0.01 * size), (x + 0.06 * size, mouth - 0.01 * size),
             (x + 0.05 * size, mouth + 0.05 * size), (x - 0.05 * size, mouth + 0.05 * size)]
    brush.polygon(skirt, shade)
    top = floor - 0.1 * size
    brush.polygon([(x - half, top), (x + half, top), (x + 0.9 * half, floor),
                   (x - 0.9 * half, floor)], wicker)
    brush.polygon([(x + 0.2 * half, top), (x + half, top), (x + 0.9 * half, floor),
                   (x + 0.2 * half, floor)], shade)
    brush.line([(x - 1.1 * half, top), (x + 1.1 * half, top)], shade, 0.025 * size)


def paint_balloons(canvas: Array) -> Array:
    """All balloons, the far ones first."""
    for balloon in sorted(BALLOONS, key=lambda b: b.height):
        canvas = paint_envelope(canvas, balloon)
        brush = Brush(canvas)
        hang_basket(brush, balloon)
        canvas = brush.canvas()
    return canvas


# ---- the sky and the land -------------------------------------------------------------------

def paint_sky(rng: np.random.Generator) -> Array:
    """A blue that pales towards the horizon, with combed thin clouds."""
    y, x = pixel_grid()
    tilt = y + 0.05 * (x - 125)
    sky = gradient([(0, "#3673ae"), (45, "#5490c4"), (95, "#8bb9da"), (142, "#cfe2ea")], tilt)
    veil = fractal_noise(rng, (26, 110), octaves=6, gain=0.55)
    patches = fractal_noise(rng, (70, 120), octaves=2)
    cloud = smoothstep(0.0, 3.0, veil + 0.6 * patches)
    sky = paint(sky, "#f6f4ef", 0.75 * cloud)
    return paint(sky, "#9fbdd3", 0.10 * smoothstep(0.9, 2.6, np.roll(veil, -18, axis=0)))


def paint_land(canvas: Array, rng: np.random.Generator) -> Array:
    """Two hazy ridges and the meadow on which the crowd stands."""
    y, _ = pixel_grid()
    for base, height, colour in ((134, 3.0, "#9db7c4"), (138, 2.0, "#7d9c98")):
        ridge = base + height * fractal_noise(rng, (400, 70), octaves=3)[:1]
        canvas = paint(canvas, colour, (y > ridge).astype(float))
    grass = gradient([(138, "#7f9460"), (150, "#74893f"), (188, "#56702f")], y)
    streaks = fractal_noise(rng, (1.5, 12), octaves=3)
    grass = grass * (1 + 0.10 * streaks[..., None])
    return paint(canvas, grass, smoothstep(142.5, 143, y + 0 * canvas[..., 0]))


def plant_trees(brush: Brush, rng: np.random.Generator) -> None:
    """A far row of broad-leaved trees: every crown a heap of dabs, lit from the upper left."""
    greens = [(0, "#1f3526"), (0.45, "#36552f"), (0.8, "#66803f"), (1, "#9aa65a")]
    crowns = np.sort(rng.uniform(-5, 255, 95))
    for x in rng.permutation(crowns):
        size = rng.uniform(1.8, 4.6) * (0.75 + 0.45 * np.sin(x / 17) ** 2)
        for _ in range(70):
            turn, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random())
            dx, dy = reach * np.cos(turn), reach * np.sin(turn)
            light = 0.42 - 0.30 * dx - 0.42 * dy + rng.normal(0, 0.14)
            brush.dab(x + 1.1 * size * dx, HORIZON - 0.75 * size + size * dy,
                      (rng.uniform(0.25, 0.6), 0.25), rng.uniform(0, 3.1), gradient(greens, light))


# ---- the fair -------------------------------------------------------------------------------

def person_height(y: float) -> float:
    """Perspective: how tall somebody with the feet at `y` appears, in pixels."""
    return float(np.interp(y, [HORIZON, 188], [2.4, 9.5]))


def draw_person(brush: Brush, rng: np.random.Generator, x: float, y: float) -> None:
    """One visitor: shadow, trousers, shirt with a sunny side, head."""
    tall = person_height(y) * rng.uniform(0.85, 1.1)
    wide = tall * rng.uniform(0.15, 0.21)
    shirt, trousers = (rgb(rng.choice(CLOTHES)) * rng.uniform(0.75, 1.05) for _ in range(2))
    lean = rng.normal(0, 0.05 * tall)
    brush.dab(x + 0.28 * tall, y, (0.36 * tall, 0.07 * tall), 0.05, "#2c3a1e")
    brush.polygon([(x - 0.8 * wide, y - 0.5 * tall), (x + 0.8 * wide, y - 0.5 * tall),
                   (x + 0.5 * wide, y), (x - 0.5 * wide, y)], 0.55 * trousers)
    chest = y - 0.62 * tall
    brush.dab(x + lean, chest, (wide, 0.24 * tall), 0, 0.62 * shirt)
    brush.dab(x + lean - 0.25 * wide, chest - 0.02 * tall, (0.72 * wide, 0.22 * tall), 0, shirt)
    head = rgb(rng.choice(SKIN_AND_HAIR))
    brush.dab(x + 1.3 * lean, y - 0.92 * tall, (0.10 * tall, 0.115 * tall), 0, 0.7 * head)
    brush.dab(x + 1.3 * lean - 0.03 * tall, y - 0.94 * tall, (0.07 * tall, 0.085 * tall), 0, head)


def draw_tent(brush: Brush, x: float, y: float, size: float, colours: tuple[str, str]) -> None:
    """A marquee with striped roof and valance; (x, y) is the middle of its foot."""
    panels, eaves, ridge = 12, y - 0.42 * size, y - 0.95 * size
    edges = np.linspace(-1, 1, panels + 1)
    brush.dab(x + 0.5 * size, y, (1.1 * size, 0.10 * size), 0, "#2f3d20")
    brush.polygon([(x - 0.94 * size, eaves), (x + 0.94 * size, eaves), (x + 0.94 * size, y),
                   (x - 0.94 * size, y)], "#3b3a38")
    for k, (left, right) in enumerate(pairwise(edges)):
        light = 1.05 - 0.35 * smoothstep(-0.6, 0.9, 0.5 * (left + right))
        colour = rgb(colours[k % 2]) * light
        brush.polygon([(x + 0.30 * left * size, ridge), (x + 0.30 * right * size, ridge),
                       (x + right * size, eaves), (x + left * size, eaves)], colour)
        brush.polygon([(x + left * size, eaves), (x + right * size, eaves),
                       (x + right * size, eaves + 0.11 * size),
                       (x + (left + right) / 2 * size, eaves + 0.16 * size),
                       (x + left * size, eaves + 0.11 * size)], 0.86 * colour)
    for post in (-0.94, -0.32, 0.32, 0.94):
        brush.line([(x + post * size, eaves), (x + post * size, y)], "#d9d4c8", 0.04 * size)


def draw_flag(brush: Brush, x: float, y: float, size: float, colour: str) -> None:
    """A pole with a pennant in the wind."""
    brush.line([(x, y), (x, y - size)], "#4b4843", 0.35)
    brush.polygon([(x, y - size), (x + 0.42 * size, y - 0.86 * size), (x, y - 0.72 * size)], colour)


TENTS = (
    (199, 152, 17, ("#c9302c", "#f5f0e6")), (142, 149, 9, ("#2f66ad", "#3b78c2")),
    (38, 150, 12, ("#f2ede0", "#e3ddcd")), (92, 148, 7, ("#e7b52f", "#f5f0e6")),
    (239, 149, 8, ("#f2ede0", "#dcd6c6")), (8, 147, 7, ("#2f8f58", "#f5f0e6")),
    (118, 147, 6, ("#f2ede0", "#dcd6c6")), (165, 148, 6, ("#d7622a", "#f4d27a")),
    (64, 147, 6, ("#7c3a8f", "#f2ede0")),
    (86, 170, 15, ("#2f66ad", "#f5f0e6")), (232, 172, 13, ("#e7b52f", "#f2efe0")),
    (20, 168, 11, ("#c9302c", "#d8433a")),
)


def draw_fair(brush: Brush, rng: np.random.Generator) -> None:
    """Tents and people, from the far edge of the meadow to the near one."""
    depth = rng.random(CROWD) ** 1.25
    things: list[tuple[str, Any, float]]  # what, where or which, and the height of its foot
    things = [("person", rng.uniform(-3, 253), 144 + 52 * d) for d in depth]
    things += [("tent", tent, tent[1]) for tent in TENTS]
    for x in (27, 57, 108, 155, 178, 222):
        draw_flag(brush, x, 146, rng.uniform(9, 14), str(rng.choice(CLOTHES)))
    for kind, what, y in sorted(things, key=lambda item: item[2]):
        if kind == "tent":
            draw_tent(brush, *what)
        else:
            draw_person(brush, rng, what, y)


def draw() -> Image.Image:
    """The finished picture."""
    rng = np.random.default_rng(1)
    canvas = paint_balloons(paint_sky(rng))
    canvas = paint_land(canvas, rng)
    brush = Brush(canvas)
    plant_trees(brush, rng)
    draw_fair(brush, rng)
    return finish(add_grain(brush.canvas(), rng, 0.008))
