"""What the applications start from: edits, composites, paints, and the masks of holes.

Each belongs to one picture and has exactly its size; a photograph has the size in which
`sample_image` gives it. A mask is 8-bit grey, 255 where the picture was changed, or where the hole
is, and 0 elsewhere.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

from . import desert_arch
from .autumn_wood import GRAVEL, LEAVES, LITTER
from .balloon_festival import Balloon, hang_basket, paint_envelope
from .brushes import SHAPE, Array, Brush, reduce, rgb, spline

# ---- editing --------------------------------------------------------------------------------

Box = tuple[int, int, int, int]  # (left, top, right, bottom)
Patches = Sequence[tuple[Box, tuple[int, int]]]  # each box is copied to (left, top)

# Moved by hand.
ARCH = (
    ((86, 44, 124, 72), (64, 17)),      # rock: a tower on the left shoulder
    ((208, 18, 240, 44), (176, 28)),    # sky: the right shoulder is gone
    ((62, 120, 96, 158), (122, 142)),   # rock: a boulder in the gateway
    ((222, 96, 250, 128), (208, 64)),   # rock: the right wall leans over
)

GREAT_WALL = (
    ((136, 86, 162, 99), (96, 46)),     # a second watchtower, on the ridge
    ((212, 58, 231, 95), (100, 59)),    # the distant wall, up to that tower
    ((176, 62, 202, 96), (212, 57)),    # forest over the distant wall
    ((144, 8, 172, 28), (214, 12)),     # a cloud
)

PALACE = (
    ((120, 4, 151, 40), (29, 13)),      # the crown of the roof, once more on the left wing
    ((119, 78, 150, 112), (165, 39)),   # the window with the lattice, one storey higher
    ((150, 79, 198, 113), (24, 119)),   # a group of windows, into the lowest row
)


def move_patches(picture: Image.Image, patches: Patches) -> tuple[Image.Image, Image.Image]:
    """The picture with some of its own patches moved, seams and all, and the patches' mask."""
    edited, mask = picture.copy(), Image.new("L", picture.size)
    for box, corner in patches:
        patch = picture.crop(box)
        edited.paste(patch, corner)
        mask.paste(255, (*corner, corner[0] + patch.width, corner[1] + patch.height))
    return edited, mask


# ---- harmonization --------------------------------------------------------------------------

VISITOR = Balloon(196, 10, 64, "stripes", ("#c9262b", "#f6efe0", "#c9262b", "#22407f"), 20, 0.2)


def cut_out(balloon: Balloon) -> tuple[Array, Array]:
    """A balloon without a background: its colours times its opacity (h, w, 3), and that (h, w, 1).

    The balloon is drawn before black and before white: what shines through is the difference.
    """
    prints = []
    for backdrop in (0.0, 1.0):
        brush = Brush(paint_envelope(np.full((*SHAPE, 3), backdrop), balloon))
        hang_basket(brush, balloon)
        prints.append(np.asarray(reduce(brush.canvas())) / 255)
    on_black, on_white = prints
    return on_black, np.clip(1 - (on_white - on_black), 0, 1).mean(axis=2, keepdims=True)


def composite_coast(scene: Image.Image) -> tuple[Image.Image, Image.Image]:
    """A smooth, photographic balloon pasted over the stippled coast, and the balloon's mask."""
    balloon, opacity = cut_out(VISITOR)
    background = np.asarray(scene)
    mask = opacity > 0.02
    pasted = np.clip(255 * balloon + (1 - opacity) * background, 0, 255) + 0.5
    composite = np.where(mask, pasted.astype(np.uint8), background)
    return Image.fromarray(composite), Image.fromarray(np.uint8(255 * mask[..., 0]))


Points = Sequence[tuple[float, float]]  # corners of an outline, each x, y in pixels
FINE = 4  # shapes are drawn this much larger, then reduced
FAINT = 16  # opacity, of 255, below which a pixel of a piece is left out

# Outlines drawn by hand on the photographs at 250 pixels.
ORANGE_SLICE = ((99, 130), (99, 121), (103, 112), (110, 103), (118, 98.5), (128, 96), (139, 96),
                (148, 98.5), (157, 104), (163, 113), (165, 122), (165, 132), (162, 142),
                (155, 152), (147, 158), (137, 162), (127, 161), (117, 157.5), (108, 151),
                (102, 142))


def cut(picture: Image.Image, outline: Points, hole: Points = ()) -> Image.Image:
    """What lies inside the outline and outside the hole, as RGBA without a background."""
    large = Image.new("L", (FINE * picture.width, FINE * picture.height))
    for points, opacity in ((outline, 255), (hole, 0)):
        if points:
            corners = [(FINE * x, FINE * y) for x, y in points]
            ImageDraw.Draw(large).polygon(corners, fill=opacity)
    piece = picture.copy()
    piece.putalpha(large.resize(picture.size, Image.Resampling.BOX))
    bounds = piece.getchannel("A").getbbox()
    assert bounds is not None, "the outline lies outside the picture"
    return piece.crop(bounds)


def paste_piece(
    picture: Image.Image, piece: Image.Image, corner: tuple[int, int]
) -> tuple[Image.Image, Image.Image]:
    """The picture with the piece pasted at (left, top), and the mask of the piece."""
    visible = piece.getchannel("A").point([0 if a < FAINT else a for a in range(256)])
    composite, mask = picture.copy(), Image.new("L", picture.size)
    composite.paste(piece, corner, visible)
    mask.paste(255, corner, visible.point([0] + [255] * 255))
    return composite, mask


def composite_canyon(canyon: Image.Image, desert: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The drawn rock arch of the desert in front of the red cliffs, and its mask.

    The arch has the shape of rock and nearly its colours, but the texture of a drawing.
    """
    ground = 183  # row at which the arch is cut off
    outline = [(x, min(y, ground)) for x, y in desert_arch.ARCH]
    opening = [*desert_arch.OPENING[:-1], (180, ground + 2), (100, ground + 2)]
    arch = cut(desert, outline, hole=opening)
    half = (round(arch.width / 2), round(arch.height / 2))
    return paste_piece(canyon, arch.resize(half, Image.Resampling.BOX), (58, 42))


def unsuitable_canyon(canyon: Image.Image, citrus: Image.Image) -> tuple[Image.Image, Image.Image]:
    """An orange slice above the canyon, which has neither its colours nor its shape."""
    piece = cut(citrus, ORANGE_SLICE)
    small = piece.resize((44, 44), Image.Resampling.BOX)  # others blur or ring in the opacity
    return paste_piece(canyon, small, (188, 6))


# ---- inpainting -----------------------------------------------------------------------------

# Each is a little larger than what it removes.
MEADOW_PATH = ((112, 107), (117, 110), (108, 115), (95, 119), (86, 124), (83, 133), (86, 144),
               (86, 156), (90, 168), (91, 180), (95, 190), (-2, 190), (-2, 141), (12, 137),
               (24, 124), (36, 117), (50, 112), (66, 108), (84, 106), (99, 105))
PALACE_WINDOW = ((135, 71), (147, 74), (154, 84), (152, 98), (155, 109), (147, 118), (133, 119),
                 (120, 117), (113, 107), (116, 95), (114, 83), (122, 74))


def hole_mask(picture: Image.Image, outline: Points) -> Image.Image:
    """The mask of a hole with the outline, rounded at its corners."""
    mask = Image.new("L", picture.size)
    corners = np.rint(spline(outline)).ravel().tolist()
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    return mask


# ---- paint to image -------------------------------------------------------------------------

CRIMSON, RED, ORANGE, GOLD = (LEAVES[k][1] for k in (2, 3, 4, 5))
EARTH, SUNNY_EARTH, PATH, TRUNK = LITTER[2][1], LITTER[3][1], GRAVEL[2][1], "#2a1714"

GROUND = [(-40, 122), (30, 118), (90, 121), (160, 116), (220, 120), (290, 117), (290, 240),
          (-40, 240)]
TRACK = [(96, 119), (84, 128), (104, 138), (130, 150), (136, 170), (104, 200), (238, 200),
         (214, 168), (176, 148), (126, 134), (104, 126), (106, 119)]
LIGHT_POOLS = [[(10, 150), (40, 146), (66, 152), (40, 158)], [(196, 140), (226, 136), (250, 142),
               (222, 147)], [(14, 176), (46, 172), (74, 178), (44, 184)]]
GLOW = [(22, 124), (26, 96), (44, 78), (60, 58), (92, 44), (128, 50), (150, 74), (172, 84),
        (182, 104), (186, 124), (100, 128)]
GLADE = [(52, 122), (54, 104), (66, 94), (76, 76), (98, 70), (112, 76), (128, 84), (134, 100),
         (150, 108), (152, 121), (100, 126)]
STEMS = ((30, 146, 7), (54, 132, 4), (74, 125, 2.5), (150, 127, 3), (172, 134, 5), (216, 150, 8),
         (240, 130, 4))
CROWNS = (
    (RED, ((20, 26, 34, 24), (88, 14, 40, 20), (160, 20, 38, 24), (228, 24, 34, 26))),
    (ORANGE, ((50, 52, 26, 17), (8, 74, 18, 13), (124, 38, 26, 14), (190, 58, 30, 18),
              (244, 72, 18, 14), (64, 22, 14, 9), (206, 14, 16, 9))),
    (GOLD, ((76, 66, 15, 9), (36, 38, 10, 6), (142, 62, 14, 9), (176, 40, 11, 7), (226, 50, 12, 7),
            (110, 24, 10, 6), (16, 60, 8, 5))),
)


def paint_wood() -> Image.Image:
    """A new layout of the autumn wood in eight flat colours of its own palette."""
    brush = Brush(np.broadcast_to(rgb(CRIMSON), (*SHAPE, 3)))
    for outline, colour in (
        (GLOW, ORANGE), (GLADE, GOLD), (GROUND, EARTH), (TRACK, PATH)
    ):
        brush.polygon(spline(outline), colour)
    for outline in LIGHT_POOLS:
        brush.polygon(spline(outline), SUNNY_EARTH)
    for x, foot, width in STEMS:
        brush.polygon([(x - 0.7 * width, foot), (x - 0.4 * width, 0), (x + 0.4 * width, 0),
                       (x + 0.7 * width, foot)], TRUNK)
    for colour, crowns in CROWNS:
        for x, y, right, down in crowns:
            brush.polygon(cloud_shape(x, y, right, down), colour)
    # A box keeps flat colours flat, where Lanczos would draw faint rings about every edge.
    return reduce(brush.canvas(), Image.Resampling.BOX)


def cloud_shape(x: float, y: float, right: float, down: float, bumps: int = 9) -> Array:
    """The outline of a child's cloud: an ellipse with a scalloped rim, (n, 2)."""
    turn = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    rim = 0.86 + 0.16 * np.abs(np.sin(0.5 * bumps * turn))
    return np.stack([x + right * rim * np.cos(turn), y + down * rim * np.sin(turn)], axis=1)


# ---- scribbles ------------------------------------------------------------------------------

class Scribble:
    """Flat colours of a photograph, laid down in thick strokes as in a simple paint program."""

    def __init__(self, photo: Image.Image, background: Box, seed: int):
        self._photo, self._rng = photo, np.random.default_rng(seed)
        size = FINE * photo.width, FINE * photo.height
        self._canvas = Image.new("RGB", size, self.colour(background))
        self._draw = ImageDraw.Draw(self._canvas)

    def colour(self, box: Box) -> tuple[int, ...]:
        """The median colour of the photograph in a box."""
        pixels = np.asarray(self._photo.crop(box)).reshape(-1, 3)
        return tuple(int(level) for level in np.median(pixels, axis=0))

    def stroke(self, points: ArrayLike, box: Box, width: float) -> None:
        """Draw one unsteady stroke with round ends through the points, in the colour of the box."""
        path = np.asarray(points, dtype=float)
        path = FINE * (path + self._rng.normal(0, 0.14 * width, path.shape))
        colour, radius = self.colour(box), 0.5 * FINE * width
        self._draw.line(path.ravel().tolist(), fill=colour, width=round(2 * radius))
        for x, y in path:
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def fill(self, outline: Points, box: Box, width: float, angle: float = 0.0) -> None:
        """Scribble to and fro inside a convex outline, along `angle` in degrees.

        The lines lie nearly a brush apart, so gaps remain, as a hasty hand leaves them.
        """
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        turn = np.array([[cos, -sin], [sin, cos]])  # a row vector times `turn`: along, across
        corners = np.asarray(outline, dtype=float) @ turn
        zigzag: list[Array] = []
        rows = np.arange(corners[:, 1].min() + width / 2, corners[:, 1].max(), 0.9 * width)
        for number, row in enumerate(rows):
            crossings = crossings_at(corners, row)
            start, end = sorted((min(crossings) + width / 2, max(crossings) - width / 2))
            along = np.linspace(start, end, 2 + int((end - start) / (2 * width)))
            line = np.stack([along, np.full_like(along, row)], axis=1)
            zigzag.append(line[:: 1 if number % 2 else -1])
        self.stroke(np.concatenate(zigzag) @ turn.T, box, width)

    def picture(self) -> Image.Image:
        """The painting, as large as the photograph."""
        return self._canvas.resize(self._photo.size, Image.Resampling.BOX)


def crossings_at(corners: Array, y: float) -> list[float]:
    """Where the border of a polygon (n, 2) crosses the row `y`."""
    crossings = []
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0)):
        if min(y0, y1) <= y < max(y0, y1):
            crossings.append(float(x0 + (x1 - x0) * (y - y0) / (y1 - y0)))
    return crossings


def scribble_forest(photo: Image.Image) -> Image.Image:
    """A new layout of the autumn forest: two steep mountains, the larches on the right."""
    sky, slope, rock = (40, 2, 70, 12), (60, 28, 100, 50), (200, 25, 235, 45)
    larch, shade, fir = (50, 65, 110, 95), (5, 75, 20, 95), (196, 80, 206, 95)
    grass, turf, cloud = (50, 125, 200, 150), (215, 118, 235, 126), (232, 0, 250, 5)
    paint = Scribble(photo, background=sky, seed=5)
    paint.fill(((120, 14), (170, 8), (184, 18), (130, 26)), cloud, 7, -8)
    paint.fill(((128, 112), (206, 38), (222, 40), (262, 78), (262, 112)), slope, 9, -35)
    paint.fill(((-8, 92), (66, 18), (86, 14), (164, 112), (-8, 112)), slope, 9, 50)
    paint.fill(((50, 40), (70, 16), (86, 12), (108, 40)), rock, 6, -30)
    paint.fill(((198, 50), (208, 36), (222, 38), (232, 50)), rock, 5, -20)
    paint.fill(((112, 126), (140, 88), (196, 66), (256, 56), (256, 132)), larch, 9, -62)
    for x, foot, top in ((150, 118, 92), (182, 116, 80), (214, 118, 72), (240, 120, 70)):
        paint.stroke(((x, foot), (x + 1, (foot + top) / 2), (x, top)), shade, 3)
    field = ((-8, 114), (70, 100), (130, 112), (258, 122), (258, 166), (-8, 166))
    paint.fill(field, turf, 12, -25)
    paint.fill(field, grass, 10, 4)
    for x, foot, top in ((30, 126, 70), (60, 138, 84), (92, 124, 84)):
        paint.fill(((x - 14, foot), (x - 1, top), (x + 1, top), (x + 14, foot)), fir, 5, 6)
        paint.stroke(((x, top - 4), (x, foot), (x, foot + 6)), fir, 3)
    return paint.picture()


def scribble_meadow(photo: Image.Image) -> Image.Image:
    """A new layout of the mountain meadow: two peaks, snow between them, a winding path."""
    sky, cloud, rock = (150, 5, 240, 30), (55, 45, 75, 62), (170, 75, 200, 100)
    snow, grass, earth = (200, 112, 230, 122), (20, 90, 60, 104), (50, 150, 75, 185)
    shade, soil, turf = (135, 90, 155, 104), (20, 145, 34, 156), (150, 135, 240, 180)
    paint = Scribble(photo, background=sky, seed=9)
    paint.fill(((146, 34), (168, 14), (206, 10), (238, 26), (222, 42), (176, 46)), cloud, 9, -10)
    paint.fill(((112, 120), (160, 54), (180, 50), (232, 92), (258, 96), (258, 124)), rock, 10, 40)
    paint.fill(((-8, 112), (44, 30), (64, 22), (132, 124), (-8, 124)), rock, 10, -58)
    for points in (((60, 36), (70, 58), (66, 84)), ((38, 58), (44, 80), (40, 100)),
                   ((178, 62), (188, 84), (184, 104))):
        paint.stroke(points, shade, 3)
    paint.fill(((76, 122), (98, 78), (122, 78), (160, 120)), snow, 7, -14)
    field = ((-8, 118), (90, 112), (160, 116), (258, 106), (258, 196), (-8, 196))
    paint.fill(field, turf, 14, -20)
    paint.fill(field, grass, 12, 5)
    paint.stroke(((210, 194), (196, 176), (158, 166), (124, 158), (114, 146), (132, 136),
                  (148, 130), (146, 122)), earth, 10)
    paint.stroke(((200, 194), (186, 182), (152, 173), (120, 166)), soil, 3)
    return paint.picture()
