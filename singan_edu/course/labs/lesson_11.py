"""What lesson 11 experiments with: a balloon to paste, masks, and a faulty harmonizer."""

from __future__ import annotations

import io
from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor

from ...applications.harmonization import harmonization_mask, harmonize
from ...applications.injection import training_image
from ...images import (
    load_image,
    paste,
    resize,
    round_half_up,
    sample_image,
    sample_mask,
    size_of,
    to_pil,
)
from ...model import SinGAN
from ...pretrained import load_pretrained

BOX = (..., slice(9, 92), slice(168, 224))  # where the balloon is in the bundled composite
# Corners of the balloon, clockwise: (down, across) as fractions of its own height and width.
RIGHT_HALF = ((0, 0.5), (0.1, 0.85), (0.3, 1), (0.5, 0.93), (0.8, 0.62), (1, 0.6))
OUTLINE = (*RIGHT_HALF, *((down, 1 - across) for down, across in RIGHT_HALF[:0:-1]))
SUSPECTS = ("weights swapped", "mask not grown", "level ignored", "picture not blurred")
CULPRIT = SUSPECTS[2]


# ----------------------------------------------------------------------------- something to paste
def balloon(height: int) -> tuple[Tensor, Tensor]:
    """Cut the balloon out of the bundled composite and resize it.

    Args:
        height: of the result, in pixels.

    Returns:
        The balloon (1, 3, height, w) in [-1, 1], and its mask (1, 1, height, w) of zeros and ones.
    """
    picture = sample_image("painted_coast_composite")[BOX]
    shape = sample_mask("painted_coast_composite_mask")[BOX]
    size = (height, round_half_up(height * picture.shape[-1] / picture.shape[-2]))
    return resize(picture, size), (resize(shape, size) > 0.8).float()


def paste_balloon(
    background: Tensor, top: float, left: float, height: float
) -> tuple[Tensor, Tensor]:
    """Paste the balloon into an image.

    Args:
        background: (1, C, H, W) in [-1, 1]; a grey one gets a grey balloon.
        top: of the balloon, in per cent of the image's height.
        left: of the balloon, in per cent of the image's width.
        height: of the balloon, in per cent of the image's height.

    Returns:
        The composite (1, C, H, W) and its mask (1, 1, H, W).
    """
    rows, columns = size_of(background)
    thing, shape = balloon(max(8, round_half_up(height / 100 * rows)))
    thing = thing if background.shape[1] == 3 else thing.mean(dim=1, keepdim=True)
    corner = dict(top=round_half_up(top / 100 * rows), left=round_half_up(left / 100 * columns))
    return paste(background, thing, mask=shape, **corner)


# ------------------------------------------------------------------------------------------- masks
def outline_corners(mask: Tensor) -> list[tuple[float, float]]:
    """Compute the corners of a polygon around the balloon, as one would click them.

    Args:
        mask: of the pasted balloon, (1, 1, H, W) of zeros and ones.

    Returns:
        (row, column) of each corner, in pixels, clockwise.
    """
    (top, bottom), (left, right) = (_span(mask[0, 0].any(dim=1 - axis)) for axis in (0, 1))
    return [
        (top + down * (bottom - top), left + across * (right - left)) for down, across in OUTLINE
    ]


def _span(selected: Tensor) -> tuple[int, int]:
    """Find the first and the last selected place of a row (k,)."""
    places = selected.nonzero()[:, 0]
    return int(places[0]), int(places[-1])


def mask_image(mask: Tensor) -> Tensor:
    """Turn a mask into an image, black for 0 and white for 1.

    Args:
        mask: (1, 1, H, W) in [0, 1], or boolean.

    Returns:
        (1, 1, H, W) in [-1, 1].
    """
    return 2 * mask.float() - 1


def through_jpeg(mask: Tensor, quality: int = 75) -> Tensor:
    """Write a mask to a JPEG file and read it again, which leaves grey values near its edge.

    Args:
        mask: (1, 1, H, W) in [0, 1].
        quality: of the JPEG, 1 to 95.

    Returns:
        (1, 1, H, W) in [0, 1].
    """
    buffer = io.BytesIO()
    to_pil(mask_image(mask)).convert("L").save(buffer, format="JPEG", quality=quality)
    with Image.open(buffer) as picture:
        return (load_image(picture).mean(dim=1, keepdim=True) + 1) / 2


def seam_jump(made: Tensor, background: Tensor, mask: Tensor) -> float:
    """Measure the jump of the change at the edge of a mask.

    The change is ``made`` minus ``background``. Each pair of neighbouring pixels with one inside
    the mask and one outside counts.

    Args:
        made: (1, C, H, W) in [-1, 1].
        background: (1, C, H, W) in [-1, 1].
        mask: (1, 1, H, W); above one half is inside.

    Returns:
        Root mean square of the difference of the change within these pairs, in grey levels.
    """
    added, inside = 127.5 * (made - background), mask > 0.5
    jumps = []
    for dim in (-1, -2):
        one, other = (added.narrow(dim, start, added.shape[dim] - 1) for start in (0, 1))
        crosses = inside.narrow(dim, 0, one.shape[dim]) != inside.narrow(dim, 1, one.shape[dim])
        jumps.append((one - other).square().mean(dim=1, keepdim=True)[crosses])
    return torch.cat(jumps).mean().sqrt().item()


# -------------------------------------------------------------------------- the faulty harmonizer
def faulty_harmonizer(model: SinGAN | None = None) -> Callable[..., Tensor]:
    """Make a harmonizer with one fault; exercise 11.4 asks which of the suspects it is.

    Args:
        model: with which it works; None: that of the painted coast.

    Returns:
        A function called as ``harmonizer(composite, mask, level, seed)``.
    """
    used = model or load_pretrained("painted_coast")
    last = used.plan.num_levels - 1

    def harmonizer(composite: Tensor, mask: Tensor, level: int, seed: int = 0) -> Tensor:
        used.check_level(level)
        return harmonize(used, composite, mask, last, seed=seed)

    return harmonizer


def symptoms(made: Tensor, mask: Tensor, model: SinGAN | None = None) -> dict[str, float]:
    """Measure the error of a result against the training image in three regions.

    Args:
        made: result of a harmonizer, (1, C, H, W) in [-1, 1].
        mask: of the pasted object, (1, 1, H, W).
        model: of the training image; None: that of the painted coast.

    Returns:
        RMSE in grey levels ``"inside"`` the object, in the ``"rim"`` between the object and the
        edge of the grown mask, and ``"outside"`` the final mask.
    """
    model = model or load_pretrained("painted_coast")
    soft, gap = harmonization_mask(model, mask), 127.5 * (made - training_image(model))
    regions = {"inside": mask > 0.5, "rim": (soft > 0.5) & (mask <= 0.5), "outside": soft == 0}
    squares = gap.square().mean(dim=1, keepdim=True)
    return {name: squares[region].mean().sqrt().item() for name, region in regions.items()}
