"""The exercises of lesson 11, harmonization; a balloon to paste, and a broken harmonizer."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ...applications.harmonization import harmonization_mask, harmonize
from ...applications.injection import training_image
from ...applications.masks import blend, soft_mask
from ...images import load_image, paste, resize, round_half_up, sample_image, sample_mask, to_pil
from ...model import SinGAN
from ...pretrained import load_pretrained
from ..checks import Exercise, Mistake

Size = tuple[int, int]
BOX = (..., slice(9, 92), slice(168, 224))  # where the balloon is in the composite that ships
# The balloon's outline, clockwise, as shares (down, across) of its own height and width.
OUTLINE = ((0, 0.5), (0.1, 0.85), (0.3, 1), (0.5, 0.93), (0.8, 0.62), (1, 0.6))
OUTLINE += tuple((down, 1 - across) for down, across in OUTLINE[:0:-1])


# ----------------------------------------------------------------------------- something to paste
def balloon(height: int) -> tuple[Tensor, Tensor]:
    """A balloon ``height`` pixels high, (1, 3, h, w), and which of these pixels are its own."""
    picture = sample_image("painted_coast_composite")[BOX]
    shape = sample_mask("painted_coast_composite_mask")[BOX]
    size = (height, round_half_up(height * picture.shape[-1] / picture.shape[-2]))
    return resize(picture, size), (resize(shape, size) > 0.8).float()


def put(background: Tensor, top: float, left: float, size: float) -> tuple[Tensor, Tensor]:
    """The balloon pasted into a picture; place and height in per cent of the picture's sides.

    Returns:
        The composite (1, C, H, W) and its mask (1, 1, H, W).
    """
    rows, columns = background.shape[-2:]
    thing, shape = balloon(max(8, round_half_up(size / 100 * rows)))
    thing = thing if background.shape[1] == 3 else thing.mean(dim=1, keepdim=True)
    corner = dict(top=round_half_up(top / 100 * rows), left=round_half_up(left / 100 * columns))
    return paste(background, thing, mask=shape, **corner)


def outline(mask: Tensor) -> list[tuple[float, float]]:
    """Corners (row, column) of a polygon around the balloon, as one would click them."""
    (top, bottom), (left, right) = (_span(mask[0, 0].any(dim=1 - axis)) for axis in (0, 1))
    return [
        (top + down * (bottom - top), left + across * (right - left)) for down, across in OUTLINE
    ]


def _span(selected: Tensor) -> Size:
    places = selected.nonzero()[:, 0]
    return int(places[0]), int(places[-1])


def as_picture(mask: Tensor) -> Tensor:
    """A mask as a picture: black for 0, white for 1."""
    return 2 * mask.float() - 1


def through_jpeg(mask: Tensor, quality: int = 75) -> Tensor:
    """A mask (1, 1, H, W) as it comes back from a JPEG file: grey near its edge."""
    buffer = io.BytesIO()
    to_pil(as_picture(mask)).convert("L").save(buffer, format="JPEG", quality=quality)
    with Image.open(buffer) as picture:
        return (load_image(picture).mean(dim=1, keepdim=True) + 1) / 2


def seam(made: Tensor, background: Tensor, mask: Tensor) -> float:
    """The jump at the edge of a mask, in grey levels: what was added inside and not outside.

    Root mean square, over all neighbours of which one lies within the mask and one without, of how
    much more ``made`` differs from the background on one side than on the other.
    """
    added, inside = 127.5 * (made - background), mask > 0.5
    jumps = []
    for dim in (-1, -2):
        one, other = (added.narrow(dim, start, added.shape[dim] - 1) for start in (0, 1))
        crosses = inside.narrow(dim, 0, one.shape[dim]) != inside.narrow(dim, 1, one.shape[dim])
        jumps.append((one - other).square().mean(dim=1, keepdim=True)[crosses])
    return torch.cat(jumps).mean().sqrt().item()


# ------------------------------------------------------------------------------------ exercise 11.1
def as_seen(composite: Tensor, sizes: Sequence[Size], level: int) -> Tensor:
    """As blurred as what the generator of ``level`` saw in training."""
    return resize(resize(composite, sizes[level - 1]), sizes[level])


def sharp(composite: Tensor, sizes: Sequence[Size], level: int) -> Tensor:
    """Brought to the size of the level, and no more."""
    return resize(composite, sizes[level])


def left_small(composite: Tensor, sizes: Sequence[Size], level: int) -> Tensor:
    """Not enlarged again."""
    return resize(composite, sizes[level - 1])


def one_level_too_coarse(composite: Tensor, sizes: Sequence[Size], level: int) -> Tensor:
    """Blurred by a level more than it should be."""
    return resize(resize(composite, sizes[level - 2]), sizes[level])


def down_to_the_coarsest(composite: Tensor, sizes: Sequence[Size], level: int) -> Tensor:
    """Reduced to the size of level 0, whatever the level."""
    return resize(resize(composite, sizes[0]), sizes[level])


MODEL = load_pretrained("painted_coast")
COMPOSITE, PASTED = put(MODEL.image, top=5, left=67, size=44)
SIZES = MODEL.plan.sizes
BLURRED = Exercise(
    id="11.1",
    title="as the generator saw it",
    difficulty=1,
    minutes=5,
    expected=as_seen,
    cases=((COMPOSITE, SIZES, 3), (COMPOSITE, SIZES, len(SIZES) - 1)),
    mistakes=(
        Mistake(
            "sharp",
            sharp,
            "It is as sharp as the level can show. In training the generator saw pictures that "
            "came from the level before: reduce to that size first.",
        ),
        Mistake(
            "left small",
            left_small,
            "It has the size of the level before. The generator of this level works at its own "
            "size: enlarge again.",
        ),
        Mistake(
            "one level too coarse",
            one_level_too_coarse,
            "You went down two levels. The generator of a level refines what the level just "
            "before it made, level - 1.",
        ),
        Mistake(
            "down to the coarsest",
            down_to_the_coarsest,
            "You reduced to the size of level 0, whatever the level: then every level does as "
            "level 1 does. Go down by one level only.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 11.2
def weights_swapped(background: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Shows the background where the object is."""
    return blend(made, background, mask)


def hard_edge(background: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Takes each pixel from one of the two."""
    return torch.where(mask > 0.5, made, background)


def added_on_top(background: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Does not take the background away."""
    return background + mask * made


def on_grey(background: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Forgets the background."""
    return mask * made


SOFT = harmonization_mask(MODEL, PASTED)
MADE = MODEL.run_from(2, COMPOSITE, seed=0)
BLENDED = Exercise(
    id="11.2",
    title="blend two pictures",
    difficulty=1,
    minutes=4,
    expected=blend,
    cases=((MODEL.image, MADE, SOFT), (MODEL.image, MADE, PASTED)),
    mistakes=(
        Mistake(
            "weights swapped",
            weights_swapped,
            "The weights are swapped: your object is missing and all around it is redrawn. "
            "Where the mask is 1, what was made is shown.",
        ),
        Mistake(
            "hard edge",
            hard_edge,
            "You decide for each pixel. The mask is soft so that the two pictures mix at its "
            "edge: use its values as weights.",
        ),
        Mistake(
            "added on top",
            added_on_top,
            "You added without taking away: the two weights must sum to one, so the background "
            "gets one minus the mask.",
        ),
        Mistake(
            "on grey",
            on_grey,
            "Outside the mask your picture is 0, which is middle grey. The background belongs "
            "there, with the weight one minus the mask.",
        ),
    ),
    tolerance=1e-5,
)


# ------------------------------------------------------------------------------------ exercise 11.3
def grown(mask: Tensor, radius: int) -> Tensor:
    """What is selected, and all within ``radius`` of it."""
    return soft_mask(mask, dilate=radius, feather=0)


def all_above_zero(mask: Tensor, radius: int) -> Tensor:
    """Selects every pixel that is not quite black."""
    return grown((mask > 0).float(), radius)


def greys_kept(mask: Tensor, radius: int) -> Tensor:
    """Grows a mask of greys."""
    reach = torch.arange(-radius, radius + 1)
    near = [(y, x) for y in reach.tolist() for x in reach.tolist() if y * y + x * x <= radius**2]
    padded = F.pad(mask, [radius] * 4)
    rows, columns = mask.shape[-2:]
    shifted = [
        padded[..., radius + y : radius + y + rows, radius + x : radius + x + columns]
        for y, x in near
    ]
    return torch.stack(shifted).amax(dim=0)


def by_a_square(mask: Tensor, radius: int) -> Tensor:
    """Grows further along the diagonals."""
    return F.max_pool2d((mask > 0.5).float(), 2 * radius + 1, stride=1, padding=radius)


def shrunk(mask: Tensor, radius: int) -> Tensor:
    """Grows what is not selected."""
    return 1 - grown((mask <= 0.5).float(), radius)


JPEG = through_jpeg(PASTED)
GROWN = Exercise(
    id="11.3",
    title="grow a mask",
    difficulty=2,
    minutes=10,
    expected=grown,
    cases=((JPEG, 3), (JPEG, 6)),
    mistakes=(
        Mistake(
            "all above zero",
            all_above_zero,
            "You selected every pixel above zero, and with them the noise that a JPEG leaves "
            "around an edge. Select what is above one half.",
        ),
        Mistake(
            "greys kept",
            greys_kept,
            "You grew the greys, too. Decide first what is selected: above one half.",
        ),
        Mistake(
            "by a square",
            by_a_square,
            "You grew by a square, whose corners reach 1.4 times as far. All pixels within the "
            "radius form a disk.",
        ),
        Mistake(
            "shrunk",
            shrunk,
            "Your mask became smaller: you grew what is not selected.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 11.4
SUSPECTS = ("weights swapped", "mask not grown", "level ignored", "picture not blurred")
CULPRIT = SUSPECTS[2]


def broken_harmonizer(model: SinGAN = MODEL) -> Callable[..., Tensor]:
    """``harmonize`` of the painted coast with one fault: call it as (composite, mask, level, seed).

    Which of the suspects it is, exercise 11.4 asks.
    """
    last = model.plan.num_levels - 1

    def broken(composite: Tensor, mask: Tensor, level: int, seed: int = 0) -> Tensor:
        model.check_level(level)
        return harmonize(model, composite, mask, last, seed=seed)

    return broken


def symptoms(made: Tensor, mask: Tensor, model: SinGAN = MODEL) -> dict[str, float]:
    """How far a result is from the training picture, RMS in grey levels, in three regions."""
    soft, gap = harmonization_mask(model, mask), 127.5 * (made - training_image(model))
    regions = {"inside": mask > 0.5, "rim": (soft > 0.5) & (mask <= 0.5), "outside": soft == 0}
    squares = gap.square().mean(dim=1, keepdim=True)
    return {name: squares[region].mean().sqrt().item() for name, region in regions.items()}


CULPRITS = Exercise(
    id="11.4",
    title="what is broken",
    difficulty=3,
    minutes=12,
    expected=CULPRIT,
    mistakes=(
        Mistake(
            "weights swapped",
            SUSPECTS[0],
            "With swapped weights everything outside the mask would be redrawn. Look at the "
            "symptom outside: it is exactly nought.",
        ),
        Mistake(
            "mask not grown",
            SUSPECTS[1],
            "Without growing, nothing would change between the object and the edge of the final "
            "mask. Look at the symptom in the rim: something does.",
        ),
        Mistake(
            "picture not blurred",
            SUSPECTS[3],
            "Unblurred, the object would keep more of itself, but another level would still give "
            "another result. Call the function with two levels and one seed.",
        ),
    ),
)

EXERCISES = (BLURRED, BLENDED, GROWN, CULPRITS)
