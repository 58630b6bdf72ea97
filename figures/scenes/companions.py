"""What the applications start from: an edit with its mask, a composite with its mask, a paint.

Each belongs to one scene and has exactly its size. A mask is 8-bit grey, 255 where the picture
was changed and 0 elsewhere.
"""

import numpy as np
from PIL import Image

from .autumn_wood import GRAVEL, LEAVES, LITTER
from .balloon_festival import Balloon, hang_basket, paint_envelope
from .brushes import SHAPE, Array, Brush, reduce, rgb, spline

# ---- editing --------------------------------------------------------------------------------

# Patches of the desert arch, moved by hand: (left, top, right, bottom) copied to (left, top).
PATCHES = (
    ((86, 44, 124, 72), (64, 17)),      # rock: a tower on the left shoulder
    ((208, 18, 240, 44), (176, 28)),    # sky: the right shoulder is gone
    ((62, 120, 96, 158), (122, 142)),   # rock: a boulder in the gateway
    ((222, 96, 250, 128), (208, 64)),   # rock: the right wall leans over
)


def edit_arch(scene: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The desert arch rebuilt from its own patches, seams and all, and the mask of the patches."""
    edited, mask = scene.copy(), Image.new("L", scene.size)
    for box, corner in PATCHES:
        patch = scene.crop(box)
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
