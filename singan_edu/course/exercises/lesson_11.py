"""The exercises of lesson 11: harmonization."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...applications.harmonization import harmonization_mask
from ...applications.masks import blend, soft_mask
from ...images import Size, resize, size_of
from ...pretrained import load_pretrained
from ..labs.lesson_11 import CULPRIT, SUSPECTS, paste_balloon, through_jpeg
from . import Case, exercise, value_exercise


def _composite(background: Tensor) -> tuple[Tensor, Tensor]:
    return paste_balloon(background, top=5, left=67, height=44)


# ------------------------------------------------------------------------------------ exercise 11.1
def _composites_and_levels() -> list[Case]:
    model = load_pretrained("painted_coast")
    (composite, _), sizes = _composite(model.image), model.plan.sizes
    return [(composite, sizes, 3), (composite, sizes, len(sizes) - 1)]


@exercise("11.1", "as the generator saw it", dots=1, minutes=5, cases=_composites_and_levels)
def as_seen(composite: Tensor, sizes: Sequence[Size], level: int) -> Tensor:
    """Blur a composite as the generator of a level saw its input in training."""
    return resize(resize(composite, sizes[level - 1]), sizes[level])


@as_seen.mistake
def sharp(composite: Tensor, sizes: Sequence[Size], level: int) -> Tensor:
    """It is as sharp as the level can show. In training the generator saw pictures that came from
    the level before: reduce to that size first.
    """
    return resize(composite, sizes[level])


@as_seen.mistake
def left_small(composite: Tensor, sizes: Sequence[Size], level: int) -> Tensor:
    """It has the size of the level before. The generator of this level works at its own size:
    enlarge again.
    """
    return resize(composite, sizes[level - 1])


@as_seen.mistake
def one_level_too_coarse(composite: Tensor, sizes: Sequence[Size], level: int) -> Tensor:
    """You went down two levels. The generator of a level refines what the level just before it
    made, level - 1.
    """
    return resize(resize(composite, sizes[level - 2]), sizes[level])


@as_seen.mistake
def down_to_the_coarsest(composite: Tensor, sizes: Sequence[Size], level: int) -> Tensor:
    """You reduced to the size of level 0, whatever the level: then every level does as level 1
    does. Go down by one level only.
    """
    return resize(resize(composite, sizes[0]), sizes[level])


# ------------------------------------------------------------------------------------ exercise 11.2
def _results_and_masks() -> list[Case]:
    model = load_pretrained("painted_coast")
    composite, pasted = _composite(model.image)
    made = model.run_from(2, composite, seed=0)
    masks = (harmonization_mask(model, pasted), pasted)
    return [(model.image, made, mask) for mask in masks]


@exercise("11.2", "blend two pictures", dots=1, minutes=4, cases=_results_and_masks, tolerance=1e-5)
def blended(background: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Blend two images by a mask."""
    return blend(background, made, mask)


@blended.mistake
def weights_swapped(background: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """The weights are swapped: your object is missing and all around it is redrawn. Where the mask
    is 1, what was made is shown.
    """
    return blend(made, background, mask)


@blended.mistake
def hard_edge(background: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """You decide for each pixel. The mask is soft so that the two pictures mix at its edge: use its
    values as weights.
    """
    return torch.where(mask > 0.5, made, background)


@blended.mistake
def added_on_top(background: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """You added without taking away: the two weights must sum to one, so the background gets one
    minus the mask.
    """
    return background + mask * made


@blended.mistake
def on_grey(background: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """Outside the mask your picture is 0, which is middle grey. The background belongs there, with
    the weight one minus the mask.
    """
    return mask * made


# ------------------------------------------------------------------------------------ exercise 11.3
def _jpeg_masks_and_radii() -> list[Case]:
    _, pasted = _composite(load_pretrained("painted_coast").image)
    return [(through_jpeg(pasted), 3), (through_jpeg(pasted), 6)]


@exercise("11.3", "grow a mask", dots=2, minutes=10, cases=_jpeg_masks_and_radii)
def grown(mask: Tensor, radius: int) -> Tensor:
    """Select what a mask selects, and all pixels within a radius of it."""
    return soft_mask(mask, dilate=radius, feather=0)


@grown.mistake
def all_above_zero(mask: Tensor, radius: int) -> Tensor:
    """You selected every pixel above zero, and with them the noise that a JPEG leaves around an
    edge. Select what is above one half.
    """
    return soft_mask((mask > 0).float(), dilate=radius, feather=0)


@grown.mistake
def greys_kept(mask: Tensor, radius: int) -> Tensor:
    """You grew the greys, too. Decide first what is selected: above one half."""
    reach = torch.arange(-radius, radius + 1)
    near = [(y, x) for y in reach.tolist() for x in reach.tolist() if y * y + x * x <= radius**2]
    padded = F.pad(mask, [radius] * 4)
    rows, columns = size_of(mask)
    shifted = [
        padded[..., radius + y : radius + y + rows, radius + x : radius + x + columns]
        for y, x in near
    ]
    return torch.stack(shifted).amax(dim=0)


@grown.mistake
def by_a_square(mask: Tensor, radius: int) -> Tensor:
    """You grew by a square, whose corners reach 1.4 times as far. All pixels within the radius form
    a disk.
    """
    return F.max_pool2d((mask > 0.5).float(), 2 * radius + 1, stride=1, padding=radius)


@grown.mistake
def shrunk(mask: Tensor, radius: int) -> Tensor:
    """Your mask became smaller: you grew what is not selected."""
    return 1 - soft_mask((mask <= 0.5).float(), dilate=radius, feather=0)


# ------------------------------------------------------------------------------------ exercise 11.4
@value_exercise("11.4", "what is broken", dots=3, minutes=12)
def culprit() -> str:
    """Name the fault of the harmonizer."""
    return CULPRIT


@culprit.mistake
def weights_are_swapped() -> str:
    """With swapped weights everything outside the mask would be redrawn. Look at the symptom
    outside: it is exactly nought.
    """
    return SUSPECTS[0]


@culprit.mistake
def mask_not_grown() -> str:
    """Without growing, nothing would change between the object and the edge of the final mask. Look
    at the symptom in the border: something does.
    """
    return SUSPECTS[1]


@culprit.mistake
def picture_not_blurred() -> str:
    """Unblurred, the object would keep more of itself, but another level would still give another
    result. Call the function with two levels and one seed.
    """
    return SUSPECTS[3]
