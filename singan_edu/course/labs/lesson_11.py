"""Lesson 11: objects to paste, masks, distances between colours, and a faulty harmonizer."""

from __future__ import annotations

import io
from collections.abc import Callable

import torch
import torch.nn.functional as F
from PIL import Image
from scipy.spatial import cKDTree
from skimage.measure import approximate_polygon, find_contours
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

# Objects to paste; each is cut out of the composite that ships with it.
OBJECTS = {
    "rock arch": "canyon_river_composite",
    "orange slice": "canyon_river_unsuitable_composite",
    "balloon": "painted_coast_composite",
}
CLICK_TOLERANCE = 0.02  # of the object's height: how far clicked corners may miss its outline
SUSPECTS = ("weights swapped", "mask not grown", "level ignored", "picture not blurred")
CULPRIT = SUSPECTS[2]


# ----------------------------------------------------------------------------- something to paste
def cut_out(name: str) -> tuple[Tensor, Tensor]:
    """Cut an object out of the composite that ships with it.

    Args:
        name: of the object, one of ``OBJECTS``.

    Returns:
        The object (1, 3, h, w) in [-1, 1], and its mask (1, 1, h, w) of zeros and ones.

    Raises:
        ValueError: no such object.
    """
    if name not in OBJECTS:
        raise ValueError(f"No object {name!r} ships; choose one of {', '.join(OBJECTS)}.")
    mask = sample_mask(f"{OBJECTS[name]}_mask")
    rows, columns = (_span(mask[0, 0].any(dim=1 - axis)) for axis in (0, 1))
    return sample_image(OBJECTS[name])[..., rows, columns], mask[..., rows, columns]


def paste_object(
    background: Tensor, name: str, top: float, left: float, height: float
) -> tuple[Tensor, Tensor]:
    """Paste one of the objects that ship into an image.

    Args:
        background: (1, C, H, W) in [-1, 1]; a grey one gets a grey object.
        name: of the object, one of ``OBJECTS``.
        top: of the object, in per cent of the image's height.
        left: of the object, in per cent of the image's width.
        height: of the object, in per cent of the image's height.

    Returns:
        The composite (1, C, H, W) and its mask (1, 1, H, W) of zeros and ones.

    Raises:
        ValueError: no such object, or it lies outside the image.
    """
    rows, columns = size_of(background)
    thing, shape = cut_out(name)
    high = max(8, round_half_up(height / 100 * rows))
    size = (high, round_half_up(high * thing.shape[-1] / thing.shape[-2]))
    thing, shape = resize(thing, size), (resize(shape, size) > 0.8).float()
    thing = thing if background.shape[1] == 3 else thing.mean(dim=1, keepdim=True)
    corner = dict(top=round_half_up(top / 100 * rows), left=round_half_up(left / 100 * columns))
    return paste(background, thing, mask=shape, **corner)


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
    return paste_object(background, "balloon", top, left, height)


# ------------------------------------------------------------------------------------------- masks
def outline_corners(mask: Tensor) -> list[tuple[float, float]]:
    """Return the corners of a polygon around an object, as you would click them.

    Args:
        mask: of the object, (1, 1, H, W) of zeros and ones.

    Returns:
        (row, column) of each corner, in pixels, in order around the object.
    """
    padded = F.pad(mask[0, 0].cpu(), [1] * 4).numpy()  # an outline at the border is closed, too
    outline = max(find_contours(padded, 0.5), key=len) - 1  # type: ignore[no-untyped-call]
    rows = _span(mask[0, 0].any(dim=1))
    tolerance = CLICK_TOLERANCE * (rows.stop - rows.start)
    corners = approximate_polygon(outline, tolerance)  # type: ignore[no-untyped-call]
    return [(float(row), float(column)) for row, column in corners[:-1]]


def stroke_over(mask: Tensor) -> list[tuple[float, float]]:
    """Return points of a brush stroke over an object: up its left half and down its right half.

    Args:
        mask: of the object, (1, 1, H, W) of zeros and ones.

    Returns:
        (row, column) of four points, in pixels: the centres of the object's four quarters.
    """
    places = mask[0, 0].nonzero().float()
    low, right = (places > places.mean(dim=0)).T
    quarters = (low & ~right, ~low & ~right, ~low & right, low & right)
    centres = [places[quarter].mean(dim=0) for quarter in quarters if quarter.any()]
    return [(row.item(), column.item()) for row, column in centres]


def _span(selected: Tensor) -> slice:
    """Return the slice from the first to the last selected place of a vector of booleans."""
    places = selected.nonzero()[:, 0]
    return slice(int(places[0]), int(places[-1]) + 1)


def mask_image(mask: Tensor) -> Tensor:
    """Turn a mask into an image, black for 0 and white for 1.

    Args:
        mask: (1, 1, H, W) in [0, 1], or boolean.

    Returns:
        (1, 1, H, W) in [-1, 1].
    """
    return 2 * mask.float() - 1


def close_up(images: Tensor, mask: Tensor) -> Tensor:
    """Crop images to an object and its surroundings.

    Args:
        images: (n, C, H, W).
        mask: of the object, (1, 1, H, W) of zeros and ones.

    Returns:
        (n, C, h, w): the object with a sixth of its longer side around it, as far as the images
        reach.
    """
    rows, columns = (_span(mask[0, 0].any(dim=1 - axis)) for axis in (0, 1))
    around = max(rows.stop - rows.start, columns.stop - columns.start) // 6
    top, left = max(0, rows.start - around), max(0, columns.start - around)
    return images[..., top : rows.stop + around, left : columns.stop + around]


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


# ----------------------------------------------------------------------------------------- colours
def colour_distance(model: SinGAN, made: Tensor, mask: Tensor) -> float:
    """Measure how far the colours of an object are from all colours of the training image.

    Args:
        model: a trained SinGAN.
        made: image with the object, (1, C, H, W) in [-1, 1], at the model's output size.
        mask: of the object, (1, 1, H, W); above one half is inside.

    Returns:
        The mean over the object's pixels, in grey levels, of the distance to the nearest colour of
        any pixel of the training image; root mean square over the channels.
    """
    known, colours = (127.5 * image[0].flatten(1).T for image in (training_image(model), made))
    inside = (mask > 0.5).flatten()
    distances, _ = cKDTree(known.cpu().numpy()).query(colours[inside].cpu().numpy())
    return float(distances.mean() / colours.shape[1] ** 0.5)


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
        RMSE in grey levels ``"inside"`` the object, in the ``"border"`` between the object and the
        edge of the grown mask, and ``"outside"`` the blending mask.
    """
    model = model or load_pretrained("painted_coast")
    soft, gap = harmonization_mask(model, mask), 127.5 * (made - training_image(model))
    regions = {"inside": mask > 0.5, "border": (soft > 0.5) & (mask <= 0.5), "outside": soft == 0}
    squares = gap.square().mean(dim=1, keepdim=True)
    return {name: squares[region].mean().sqrt().item() for name, region in regions.items()}
