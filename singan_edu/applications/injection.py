"""What painting, harmonization and editing share: a picture goes in at one level, and which one.

An injected picture takes the place of the output of the level before: all that is finer than that
level shows is made anew, from the training picture's patches; all that is coarser stays. So the
level decides between *looks like the training picture* (coarse) and *stays what was put in* (fine).
Source: paper, section 4. Taught in lessons 10 to 12.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..evaluation.metrics import patch_swd
from ..evaluation.patches import PATCH_SIZE, nearest_patches
from ..images import Source, load_image, load_mask, match_size, resize
from ..model import SinGAN, new_seed
from ..pyramid import PyramidPlan
from .masks import blend, check_mask, soft_mask

Application = Callable[..., Tensor]  # application(model, picture, [mask,] level, *, seed, …)
LARGEST_DRIFT = 28.0  # grey levels; see suggest_level
MIXED = 0.2  # a patch with less than this share of either side does not lie on the border


# ------------------------------------------------------------------------------------------ inject
def inject(
    model: SinGAN,
    picture: Source | Tensor,
    level: int,
    *,
    within: Tensor | None = None,
    name: str = "The picture",
    **options: Any,
) -> Tensor:
    """Put ``picture`` in at ``level`` and run the finer generators (paper, section 4).

    Args:
        picture: path, PIL image, array, or tensor (1, C, h, w) in [-1, 1]; of another size it is
            resized to that of the training picture, with a notice.
        level: takes the place of the output of ``level - 1``; 1 is the coarsest that works.
        within: soft mask (1, 1, H, W); outside it the training picture is returned, to the bit.
        name: of the picture, for messages.
        options: of ``SinGAN.run_from``.

    Returns:
        (n, C, H, W) in [-1, 1].

    Raises:
        ValueError: level out of range, another aspect, or another number of channels.
    """
    made = model.run_from(level, fitted(model, picture, name), **options)
    return made if within is None else blend(finest(model), made, within)


def finest(model: SinGAN) -> Tensor:
    """The training picture at the size that the pyramid makes, (1, C, H, W) in [-1, 1]."""
    return resize(model.image, output_size(model))


def output_size(model: SinGAN) -> tuple[int, int]:
    """(height, width) of what the pyramid makes: of its last trained level."""
    return model.plan.sizes[model.trained_levels - 1]


def fitted(model: SinGAN, picture: Source | Tensor, name: str) -> Tensor:
    """``picture`` as a tensor of the size that the pyramid makes, (1, C, H, W) in [-1, 1]."""
    image = picture if isinstance(picture, Tensor) else load_image(picture)
    return match_size(image, output_size(model), name)


def blending_mask(model: SinGAN, mask: Source | Tensor, *, dilate: float, feather: float) -> Tensor:
    """The soft mask that a result is blended with, (1, 1, H, W) in [0, 1] at its size.

    Args:
        mask: path, PIL image, array, or tensor (1, 1, h, w) in [0, 1]; above one half is selected.
        dilate, feather: radius and standard deviation as shares of the long side, so that they mean
            the same at every size.
    """
    long_side = max(output_size(model))
    hard = fitted_mask(model, mask).to(model.device)
    return soft_mask(hard, dilate=dilate * long_side, feather=feather * long_side)


def fitted_mask(model: SinGAN, mask: Source | Tensor) -> Tensor:
    """``mask`` as zeros and ones at the size that the pyramid makes, (1, 1, H, W)."""
    mask = mask if isinstance(mask, Tensor) else load_mask(mask)
    check_mask(mask)
    fitting = (match_size(mask, output_size(model), "The mask") > 0.5).float()
    check_mask(fitting)
    return fitting


# ------------------------------------------------------------------------------------- which level
def over_levels(
    application: Application,
    model: SinGAN,
    *inputs: Any,
    levels: Iterable[int] | None = None,
    seed: int | None = None,
    **options: Any,
) -> Tensor:
    """One result per injection level, of the same noise: a contact sheet to choose the level from.

    ``over_levels(harmonize, model, composite, mask, seed=0)``, and so for ``edit`` and
    ``paint_to_image``.

    Args:
        application: called as ``application(model, *inputs, level, seed=…, **options)``.
        levels: 1 to the finest if not given.
        seed: the same for all levels; None draws one.

    Returns:
        (levels, C, H, W) in [-1, 1].
    """
    levels = injection_levels(model) if levels is None else levels
    seed = new_seed() if seed is None else seed
    return torch.cat(
        [application(model, *inputs, level, seed=seed, **options)[:1] for level in levels]
    )


def injection_levels(model: SinGAN) -> range:
    """The levels that a picture can go in at: 1 to the finest."""
    if model.trained_levels < 2:
        raise ValueError(
            f"A picture goes in at level 1 or finer; this pyramid has {model.trained_levels} "
            f"trained level(s)."
        )
    return range(1, model.trained_levels)


@dataclass(frozen=True)
class LevelFacts:
    """What came of injecting at one level.

    Attributes:
        level: 0 would be the coarsest.
        patch_distance: how far what was made is from the training picture's patches; ``before`` of
            ``LevelSuggestion`` says how far the input was.
        drift: root mean square change of layout and colour against the input, in grey levels, seen
            at the coarsest size.
    """

    level: int
    patch_distance: float
    drift: float


@dataclass(frozen=True)
class LevelSuggestion:
    """An injection level, why, and the measurements it rests on; printing it shows them.

    Attributes:
        level: the suggestion.
        reason: in words.
        facts: one entry per level.
        before: the patch_distance of the input itself.
    """

    level: int
    reason: str
    facts: tuple[LevelFacts, ...]
    before: float
    plan: PyramidPlan

    def __str__(self) -> str:
        rows = [f"{'':22}patch_distance   drift", f"{'the input':22}{self.before:11.3f}{0:8.1f}"]
        rows += [
            f"{self.plan.label(row.level):22}{row.patch_distance:11.3f}{row.drift:8.1f}"
            + ("  <- suggested" if row.level == self.level else "")
            for row in self.facts
        ]
        return "\n".join([*rows, textwrap.fill(self.reason, 79)])


def suggest_level(
    application: Application,
    model: SinGAN,
    picture: Source | Tensor,
    mask: Source | Tensor | None = None,
    *,
    largest_drift: float = LARGEST_DRIFT,
    samples: int = 2,
    seed: int = 0,
    **options: Any,
) -> LevelSuggestion:
    """The coarsest injection level that keeps the layout and colours of what was put in.

    Coarser levels take away more of what is foreign to the training picture, and finer ones keep
    more of the input; there is no level that is best at both. Two numbers per level say so:

    * *patch_distance*. With a mask, the mean distance of the patches on its border, which see some of
      both sides, to the nearest of the training picture (``nearest_patches``): where something was
      pasted, no such patch exists. Inside, what an edit moved is always the training picture's own.
      Without a mask, ``patch_swd(band=True)`` of the whole picture, since flat paint is near to any
      smooth patch.
    * *drift*. Root mean square difference to the input at the size of level 0, within the mask.

    Args:
        application: ``harmonize``, ``edit`` or ``paint_to_image``.
        picture, mask: what ``application`` takes.
        largest_drift: in grey levels; what still counts as kept.
        samples: results per level that the numbers are means of.
        options: of ``application``.

    Where it fails: patch_distance falls with every coarser level, so the choice is in the drift, and
    its limit is a matter of taste. 28 grey levels were set by eye on four pictures, and chose what
    the eye chose on two others; so it is where to begin, and ``over_levels`` is how to look on.
    """
    inputs = (picture,) if mask is None else (picture, mask)
    given, region = fitted(model, picture, "The picture").to(model.device), None
    if mask is not None:
        region = fitted_mask(model, mask).to(model.device)
        given = blend(finest(model), given, region)
    facts = []
    for level in injection_levels(model):
        made = torch.cat(
            [application(model, *inputs, level, seed=seed + k, **options) for k in range(samples)]
        )
        facts.append(
            LevelFacts(
                level, patch_distance(model, made, region), drift(model, made, given, region)
            )
        )
    chosen = next((row for row in facts if row.drift <= largest_drift), facts[-1])
    before = patch_distance(model, given, region)
    reason = _reason(chosen, before, largest_drift)
    return LevelSuggestion(chosen.level, reason, tuple(facts), before, model.plan)


def _reason(chosen: LevelFacts, before: float, largest_drift: float) -> str:
    kept = (
        f"Level {chosen.level} is the coarsest that keeps layout and colours of the input "
        f"({chosen.drift:.0f} grey levels off, at most {largest_drift:g} allowed)"
        if chosen.drift <= largest_drift
        else f"No level keeps layout and colours of the input within {largest_drift:g} grey "
        f"levels; level {chosen.level}, the finest, comes nearest ({chosen.drift:.0f})"
    )
    if chosen.patch_distance > before:
        return f"{kept}; but what it makes is no nearer to the training picture than the input."
    return f"{kept}; what is foreign falls by {1 - chosen.patch_distance / before:.0%}."


def patch_distance(model: SinGAN, pictures: Tensor, region: Tensor | None = None) -> float:
    """How far pictures (n, C, H, W) are from the training picture's patches; 0 is equal.

    Args:
        region: (1, 1, H, W) of zeros and ones; the whole picture, and another distance, if not
            given, see ``suggest_level``.
    """
    real = finest(model)
    if region is None:
        return patch_swd(real, pictures, band=True)
    looked_at = _border(region)
    rows, columns = (_span(looked_at.any(dim=1 - axis)) for axis in (0, 1))
    window = (..., _pixels(rows), _pixels(columns))
    far = [nearest_patches(one[window], real).distances for one in pictures.split(1)]
    return torch.stack(far)[:, looked_at[rows, columns]].mean().item()


def _border(region: Tensor) -> Tensor:
    """Which patches, (rows, columns), see some of both sides; any of the region if none does."""
    share = F.avg_pool2d(region, PATCH_SIZE, stride=1)[0, 0]
    border = (share > MIXED) & (share < 1 - MIXED)
    return border if border.any() else share > 0


def _span(selected: Tensor) -> slice:
    """From the first to the last selected place of a row of booleans."""
    places = selected.nonzero()[:, 0]
    return slice(int(places[0]), int(places[-1]) + 1)


def _pixels(patches: slice) -> slice:
    """The pixels under a span of patches."""
    return slice(patches.start, patches.stop + PATCH_SIZE - 1)


def drift(model: SinGAN, pictures: Tensor, given: Tensor, region: Tensor | None = None) -> float:
    """How much layout and colour changed: RMS in grey levels, at the size of level 0.

    Args:
        pictures: (n, C, H, W) in [-1, 1].
        given: (1, C, H, W), what was put in.
        region: (1, 1, H, W) of zeros and ones, where to look; everywhere if not given.
    """
    size = model.plan.sizes[0]
    squares = (resize(pictures, size) - resize(given, size)).square().mean(dim=(0, 1))
    weights = torch.ones_like(squares) if region is None else F.adaptive_avg_pool2d(region, size)
    return 127.5 * ((squares * weights).sum() / weights.sum()).sqrt().item()
