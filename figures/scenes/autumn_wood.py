"""A path through an autumn wood, painted in dabs of many colours."""

import numpy as np
from PIL import Image

from .brushes import (
    SCALE,
    Array,
    Brush,
    add_grain,
    finish,
    fractal_noise,
    gradient,
    pixel_grid,
    rgb,
    smoothstep,
)

GROUND = 120.0
LIGHT = (146.0, 92.0)
LEAVES = [(0.0, "#3a1114"), (0.18, "#6e1a16"), (0.36, "#ad2a17"), (0.54, "#d9541a"),
          (0.72, "#ee8a22"), (0.87, "#f6b93e"), (1.0, "#fbe08a")]
LITTER = [(0.0, "#4a1d1a"), (0.25, "#7d2f20"), (0.5, "#b5502a"), (0.75, "#d98346"),
          (1.0, "#f3bf7c")]
GRAVEL = [(0.0, "#8a5c4c"), (0.35, "#c08a68"), (0.7, "#ecc79a"), (1.0, "#fdeccb")]


def look_up(layer: Array, x: Array, y: Array) -> Array:
    """The values of a layer (H, W) under the points x, y (n,)."""
    column = np.clip(x * SCALE, 0, layer.shape[1] - 1).astype(int)
    row = np.clip(y * SCALE, 0, layer.shape[0] - 1).astype(int)
    return layer[row, column]


# ---- what lies behind -----------------------------------------------------------------------

def paint_glow(rng: np.random.Generator) -> Array:
    """The far wood, out of focus: red gloom above, gold where the path leads into the light."""
    y, x = pixel_grid()
    blotches = fractal_noise(rng, (34, 34), octaves=4)
    glow = np.exp(-(((x - LIGHT[0]) / 74) ** 2) - ((y - LIGHT[1]) / 40) ** 2)
    return gradient(LEAVES, 0.22 + 0.66 * glow + 0.08 * blotches)


# ---- trunks ---------------------------------------------------------------------------------

def draw_limb(brush: Brush, rng: np.random.Generator, spine: Array, width: Array,
              bark: Array) -> None:
    """Bark along a spine (n, 2) of changing width (n,), lighter on the side of the light."""
    along = np.gradient(spine, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    across *= 0.5 * width[:, None] / (np.linalg.norm(across, axis=1, keepdims=True) + 1e-9)
    lit = np.sign(across[0, 0] * (LIGHT[0] - spine[0, 0])) or 1
    for inner, tone in ((-1, 0.8), (0.1, 1.25), (0.6, 1.8)):
        sides = [spine + lit * edge * across for edge in (inner, 1)]
        brush.polygon(np.concatenate([sides[0], sides[1][::-1]]), tone * bark)
    for _ in range(int(14 * width.mean())):
        k = rng.integers(0, len(spine) - 1)
        x, y = spine[k] + rng.random() * (spine[k + 1] - spine[k])
        brush.dab(x + rng.uniform(-0.4, 0.4) * width[k], y, (rng.uniform(0.8, 2.2), 0.16),
                  rng.normal(1.57, 0.12), bark * rng.uniform(0.5, 1.7))


def draw_bough(brush: Brush, rng: np.random.Generator, start: Array, angle: float, length: float,
               width: float, bark: Array) -> None:
    """A bough that tapers, wanders and forks; angles in radians, 0 to the right, -pi/2 up."""
    spine = [np.asarray(start, dtype=float)]
    for _ in range(7):
        angle += rng.normal(0, 0.13)
        spine.append(spine[-1] + length / 7 * np.array([np.cos(angle), np.sin(angle)]))
    draw_limb(brush, rng, np.array(spine), width * np.linspace(1, 0.45, 8), bark)
    if width < 0.7:
        return
    for at in (3, 5, 7):
        fork = angle + rng.choice([-1, 1]) * rng.uniform(0.35, 0.9)
        draw_bough(brush, rng, spine[at], fork, length * rng.uniform(0.45, 0.7), 0.45 * width, bark)


def draw_tree(brush: Brush, rng: np.random.Generator, x: float, foot: float, width: float,
              bark: Array) -> None:
    """A tall trunk that leaves the picture above, with boughs from half height on."""
    heights = foot - (foot + 6) * np.linspace(0, 1, 22) ** 1.4
    sway = np.cumsum(rng.normal(0, 0.06 * width + 0.10, 22))
    spine = np.stack([x + sway + rng.normal(0, 0.025) * (foot - heights), heights], axis=1)
    roots = 0.9 * np.exp(-(foot - heights) / (0.7 * width))
    draw_limb(brush, rng, spine, width * (np.linspace(1, 0.5, 22) + roots), bark)
    bury_foot(brush, rng, x, foot, width)
    for k in range(10, 21, 3):
        side = rng.choice([-1, 1])
        draw_bough(brush, rng, spine[k], -1.57 + side * rng.uniform(0.6, 1.1),
                   rng.uniform(4, 8) * width**0.7, 0.36 * width, bark)


def bury_foot(brush: Brush, rng: np.random.Generator, x: float, foot: float,
              width: float) -> None:
    """Leaves that have gathered about the foot of a trunk."""
    count = int(22 * width)
    size = np.interp(foot, [GROUND, 188], [0.6, 1.8]) * rng.uniform(0.6, 1.2, count)
    right, down = rng.normal(0, 1.1 * width, count), abs(rng.normal(0, 0.16 * width, count))
    brush.dabs(x + right, foot + down, np.stack([size, 0.4 * size], axis=1),
               rng.normal(0, 0.4, count), gradient(LITTER, rng.normal(0.42, 0.2, count)))


# ---- leaves and ground ----------------------------------------------------------------------

def hang_leaves(brush: Brush, rng: np.random.Generator, count: int, size: float, tone: float,
                bottom: float) -> None:
    """A storey of foliage down to about y = `bottom`: tufts of dabs, brightest near the light."""
    tufts = fractal_noise(rng, (26, 26), octaves=4, gain=0.6)
    hue = fractal_noise(rng, (30, 34), octaves=3)
    x, y = rng.uniform(-3, 253, count), bottom * rng.random(count) ** 0.85
    crowd = look_up(tufts, x, y) - 1.6 * smoothstep(0.55 * bottom, bottom, y)
    keep = crowd > rng.normal(-0.35, 0.35, count)
    x, y, crowd = x[keep], y[keep], crowd[keep]
    near = np.exp(-(((x - LIGHT[0]) / 80) ** 2) - ((y - LIGHT[1]) / 60) ** 2)
    light = tone + 0.26 * near + 0.10 * look_up(hue, x, y) + 0.05 * crowd
    light = light + rng.normal(0, 0.11, len(x))
    sizes = size * rng.uniform(0.6, 1.3, (len(x), 1)) * (1, 0.62)
    brush.dabs(x, y, sizes, rng.uniform(0, 3.14, len(x)), gradient(LEAVES, light))


def grow_thicket(brush: Brush, rng: np.random.Generator, count: int) -> None:
    """Undergrowth where the far wood meets the ground, golden towards the light."""
    clumps = fractal_noise(rng, (400, 15), octaves=3)[0]
    x = rng.uniform(-3, 253, count)
    tall = 10 + 6 * np.interp(x, np.linspace(0, 250, len(clumps)), clumps)
    y = GROUND + 2 - np.clip(tall, 2, None) * rng.random(count)
    glow = np.exp(-(((x - LIGHT[0]) / 60) ** 2))
    light = 0.30 + 0.40 * glow + 0.025 * (GROUND - y) + rng.normal(0, 0.10, count)
    sizes = rng.uniform(0.5, 1.1, (count, 1)) * (1, 0.6)
    brush.dabs(x, y, sizes, rng.uniform(0, 3.14, count), gradient(LEAVES, light))


def path_at(y: Array) -> tuple[Array, Array]:
    """The path's middle and half width at height `y`: it bends into the wood and narrows."""
    depth = np.clip((y - GROUND + 3) / (188 - GROUND), 0, None)
    middle = 148 + 30 * np.sin(2.9 * depth**0.6) - 62 * depth
    return middle, 2.5 + 50 * depth**1.55


def strew_ground(brush: Brush, rng: np.random.Generator, count: int) -> None:
    """Fallen leaves and the pale path, dab by dab from far to near, in dappled light."""
    y = np.sort(GROUND - 4 + 75 * rng.random(count) ** 1.25)
    x = rng.uniform(-3, 253, count)
    dapple = look_up(fractal_noise(rng, (9, 34), octaves=5, gain=0.6), x, y)
    middle, half = path_at(y)
    rim = np.abs(x - middle) / half + rng.normal(0, 0.13, count)
    far = smoothstep(150, GROUND, y)
    glow = np.exp(-(((x - LIGHT[0]) / 90) ** 2)) * far
    litter = gradient(LITTER, 0.42 + 0.14 * dapple + 0.30 * glow + rng.normal(0, 0.17, count))
    gravel = gradient(GRAVEL, 0.62 + 0.17 * dapple + 0.25 * far + rng.normal(0, 0.10, count))
    stray = rng.random(count) < 0.05
    colours = np.where(((rim < 1) & ~stray)[:, None], gravel, litter)
    length = np.interp(y, [GROUND, 188], [0.7, 2.1]) * rng.uniform(0.6, 1.2, count)
    sizes = np.stack([length, 0.36 * length], axis=1)
    brush.dabs(x, y, sizes, rng.normal(0, 0.35, count), colours)


def draw_far_trees(brush: Brush, rng: np.random.Generator, count: int, foot: float, width: float,
                   bark: str) -> None:
    """A stand of slim trunks, the same distance away."""
    for x in rng.uniform(-4, 254, count):
        middle, half = path_at(np.array(foot + 3))
        if abs(x - middle) > 2 * half + 3 * width:
            draw_tree(brush, rng, x, foot + rng.uniform(-2, 2), width * rng.uniform(0.6, 1.4),
                      rgb(bark) * rng.uniform(0.8, 1.2))


def draw() -> Image.Image:
    """The finished picture, storey by storey from far to near."""
    rng = np.random.default_rng(5)
    brush = Brush(paint_glow(rng))
    draw_far_trees(brush, rng, 34, 119, 1.1, "#8a4a26")
    hang_leaves(brush, rng, 11000, 0.9, 0.56, 126)
    strew_ground(brush, rng, 24000)
    grow_thicket(brush, rng, 7000)
    draw_far_trees(brush, rng, 13, 126, 2.4, "#4a231a")
    hang_leaves(brush, rng, 8000, 1.2, 0.50, 100)
    for x, foot, width in ((28, 150, 7.5), (58, 138, 5), (204, 140, 5.5), (232, 156, 8.5)):
        draw_tree(brush, rng, x, foot, width, rgb("#2a1714"))
    hang_leaves(brush, rng, 9000, 1.5, 0.40, 84)
    return finish(add_grain(brush.canvas(), rng, 0.008))
