"""Inject an image at one level, and suggest the level: shared by painting, harmonization, editing.

An injected image takes the place of the output of the previous (coarser) level. The injection level
and all finer levels then add detail with the patches of the training image; the layout of the
injected image stays. A coarse injection level makes the result look more like the training image, a
fine one keeps more of the input. Source: paper, section 4. Taught in lessons 10 to 12.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..arguments import NoiseScale, new_seed
from ..evaluation.metrics import patch_swd
from ..evaluation.patches import PATCH_SIZE, extract_patches, nearest
from ..images import Size, Source, load_image, load_mask, match_size, resize
from ..model import SinGAN
from ..pyramid import PyramidPlan
from .masks import blend, check_mask, soft_mask

Application = Callable[..., Tensor]  # application(model, image, [mask,] level, *, seed, …)
# Both limits were set by eye, see suggest_level.
LARGEST_DRIFT = 28.0  # of paint, in grey levels
LARGEST_LOSS = 0.3  # of the change that an edit or a composite makes to the training image
DRIFT_SIZE = 2  # times the size of level 0, at which objects of a few pixels can still be seen
MIN_SHARE_PER_SIDE = 0.2  # of a patch's pixels: less on either side, and the seam is hardly in it


# ------------------------------------------------------------------------------------------ inject
def inject(
    model: SinGAN,
    picture: Source | Tensor,
    level: int,
    *,
    blend_mask: Tensor | None = None,
    name: str = "The picture",
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Inject an image at one level and run that level and all finer ones (paper, section 4).

    Args:
        model: a trained SinGAN.
        picture: path, PIL image, array, or tensor (1, C, h, w) in [-1, 1]. At another size than the
            training image it is resized, with an ``ImageNotice``.
        level: the injected image takes the place of the output of ``level - 1``; from 1 to the
            finest level.
        blend_mask: soft mask (1, 1, H, W) in [0, 1]. Where it is 0, the training image is returned
            unchanged. None returns the generated image everywhere.
        name: what error messages call the image.
        noise_scale: factor on the trained noise standard deviations, one number or one per level.
        seed: of the noise; None draws a new one.
        n: number of results.

    Returns:
        (n, C, H, W) in [-1, 1], at the training size.

    Raises:
        ValueError: the level is out of range, or the image has another aspect ratio or number of
            channels than the training image.
    """
    image = fit_to_model(model, picture, name)
    generated = model.run_from(level, image, noise_scale=noise_scale, seed=seed, n=n)
    return generated if blend_mask is None else blend(training_image(model), generated, blend_mask)


def inject_within(
    model: SinGAN,
    picture: Source | Tensor,
    mask: Source | Tensor,
    level: int,
    *,
    dilate: float,
    feather: float,
    name: str,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Inject an image and keep the training image outside a mask.

    ``harmonize`` and ``edit`` are this function; they differ in how far they grow the mask.

    Args:
        model: trained on the image before it was changed.
        picture: the changed image: path, PIL image, array, or tensor (1, C, h, w) in [-1, 1].
        mask: where it was changed: path, PIL image, array, or tensor (1, 1, h, w) in [0, 1].
        level: where to inject, from 1 to the finest level.
        dilate: radius by which the mask grows, as a share of the image's long side.
        feather: standard deviation of the mask's blur, as a share of the image's long side.
        name: what error messages call the image.
        noise_scale: factor on the trained noise standard deviations, one number or one per level.
        seed: of the noise; None draws a new one.
        n: number of results.

    Returns:
        (n, C, H, W) in [-1, 1], at the training size.

    Raises:
        ValueError: the level is out of range, the mask is empty, or an input has another aspect
            ratio or number of channels than the training image.
    """
    return inject(
        model,
        picture,
        level,
        blend_mask=blending_mask(model, mask, dilate=dilate, feather=feather),
        name=name,
        noise_scale=noise_scale,
        seed=seed,
        n=n,
    )


def training_image(model: SinGAN) -> Tensor:
    """Return the training image at the model's output size, (1, C, H, W) in [-1, 1].

    Args:
        model: a SinGAN with at least one trained level.
    """
    return resize(model.image, output_size(model))


def output_size(model: SinGAN) -> Size:
    """Return (height, width) in pixels of the finest trained level.

    Args:
        model: a SinGAN with at least one trained level.
    """
    return model.plan.sizes[model.trained_levels - 1]


def fit_to_model(model: SinGAN, picture: Source | Tensor, name: str) -> Tensor:
    """Return an image at the model's output size, (1, C, H, W) in [-1, 1].

    Args:
        model: a SinGAN with at least one trained level.
        picture: path, PIL image, array, or tensor (1, C, h, w) in [-1, 1]; resized with an
            ``ImageNotice`` if need be.
        name: what error messages call the image.

    Raises:
        ValueError: the image has another aspect ratio.
    """
    image = picture if isinstance(picture, Tensor) else load_image(picture)
    return match_size(image, output_size(model), name)


def blending_mask(model: SinGAN, mask: Source | Tensor, *, dilate: float, feather: float) -> Tensor:
    """Return the grown and blurred mask that results are blended with, (1, 1, H, W) in [0, 1].

    Radius and blur are shares of the long side, so that they mean the same at every size.

    Args:
        model: a SinGAN with at least one trained level; its output size is the mask's.
        mask: path, PIL image, array, or tensor (1, 1, h, w) in [0, 1]; values above one half are
            selected.
        dilate: radius by which the mask grows, as a share of the image's long side.
        feather: standard deviation of the blur, as a share of the image's long side.

    Raises:
        ValueError: the mask is empty or has another aspect ratio.
    """
    long_side = max(output_size(model))
    binary = fit_mask_to_model(model, mask).to(model.device)
    return soft_mask(binary, dilate=dilate * long_side, feather=feather * long_side)


def fit_mask_to_model(model: SinGAN, mask: Source | Tensor) -> Tensor:
    """Return a mask of zeros and ones at the model's output size, (1, 1, H, W).

    Args:
        model: a SinGAN with at least one trained level.
        mask: path, PIL image, array, or tensor (1, 1, h, w) in [0, 1]; values above one half are
            selected.

    Raises:
        ValueError: the mask is empty, or vanishes when it is reduced, or has another aspect ratio.
    """
    mask = mask if isinstance(mask, Tensor) else load_mask(mask)
    check_mask(mask)
    fitting = (match_size(mask, output_size(model), "The mask") > 0.5).float()
    check_mask(fitting)
    return fitting


# ------------------------------------------------------------------------------------- which level
def over_levels(
    application: Application,
    model: SinGAN,
    *inputs: Source | Tensor,
    levels: Iterable[int] | None = None,
    seed: int | None = None,
    **options: Any,
) -> Tensor:
    """Generate one result per injection level, all with the same noise.

    Use it as a contact sheet to choose the level from: ``over_levels(harmonize, model, composite,
    mask, seed=0)``. It works the same for ``edit`` and ``paint_to_image``.

    Args:
        application: called as ``application(model, *inputs, level, seed=…, **options)``.
        model: a trained SinGAN.
        inputs: the image and, if ``application`` takes one, the mask.
        levels: the injection levels; 1 to the finest if not given.
        seed: of the noise, the same for all levels; None draws one.
        options: further keyword arguments of ``application``.

    Returns:
        (levels, C, H, W) in [-1, 1].

    Raises:
        ValueError: whatever ``application`` refuses.
    """
    levels = injection_levels(model) if levels is None else levels
    seed = new_seed() if seed is None else seed
    return torch.cat(
        [application(model, *inputs, level, seed=seed, **options)[:1] for level in levels]
    )


def injection_levels(model: SinGAN) -> range:
    """Return the levels at which an image can be injected: 1 to the finest.

    Args:
        model: a SinGAN with at least two trained levels.

    Raises:
        ValueError: the model has fewer than two trained levels.
    """
    if model.trained_levels < 2:
        raise ValueError(
            f"Images are injected at level 1 or finer; this model has {model.trained_levels} "
            f"trained level(s). Use one with two levels or more."
        )
    return range(1, model.trained_levels)


@dataclass(frozen=True)
class LevelMeasurement:
    """Store what was measured on the results of one injection level.

    Attributes:
        level: the injection level.
        patch_distance: distance of the result's patches to those of the training image; compare it
            with ``LevelSuggestion.input_patch_distance``.
        drift: RMS change of layout and colour against the input, in grey levels, measured at twice
            the size of level 0.
    """

    level: int
    patch_distance: float
    drift: float


@dataclass(frozen=True)
class LevelSuggestion:
    """Store a suggested injection level and the measurements behind it; ``print`` shows a table.

    Attributes:
        level: the suggested level.
        reason: why, in words.
        measurements: one entry per injection level.
        input_patch_distance: patch distance of the input itself.
        plan: the model's pyramid plan, for the labels of the levels.
    """

    level: int
    reason: str
    measurements: tuple[LevelMeasurement, ...]
    input_patch_distance: float
    plan: PyramidPlan

    def __str__(self) -> str:
        rows = [
            f"{'':22}patch_distance   drift",
            f"{'the input':22}{self.input_patch_distance:11.3f}{0:8.1f}",
        ]
        rows += [
            f"{self.plan.label(row.level):22}{row.patch_distance:11.3f}{row.drift:8.1f}"
            + ("  <- suggested" if row.level == self.level else "")
            for row in self.measurements
        ]
        return "\n".join([*rows, textwrap.fill(self.reason, 79)])


def suggest_level(
    application: Application,
    model: SinGAN,
    picture: Source | Tensor,
    mask: Source | Tensor | None = None,
    *,
    largest_drift: float | None = None,
    samples: int = 2,
    seed: int = 0,
    **options: Any,
) -> LevelSuggestion:
    """Suggest the coarsest injection level that keeps the layout and colours of the input.

    Coarser levels remove more of what the training image does not have, and finer ones keep more of
    the input. No level is best at both. Two numbers per level show the trade-off:

    * *Patch distance.* With a mask: the mean distance of the result's patches to the nearest patch
      of the training image, over the patches that contain pixels of both sides of the mask's
      border. Pasting creates such patches, and the training image has none like them. Patches
      inside the mask would not tell, because an edit moves parts of the training image itself.
      Without a mask: ``patch_swd(band=True)`` of the whole image, because flat paint has a small
      distance to any smooth patch.
    * *Drift.* RMS difference from the input within the mask, at twice the size of level 0.

    Where it fails: patch distance falls with every coarser level, so the limit on the drift
    decides, and that limit is a matter of taste. The default (``default_largest_drift``) was set
    by eye on the examples that ship. Start from the suggestion, and look at the results of all
    levels with ``over_levels``.

    Args:
        application: ``harmonize``, ``edit`` or ``paint_to_image``.
        model: a trained SinGAN.
        picture: the image that ``application`` takes.
        mask: the mask that ``application`` takes; None for ``paint_to_image``.
        largest_drift: the largest drift, in grey levels, that still counts as kept;
            ``default_largest_drift`` if not given.
        samples: results per level; the numbers are their means.
        seed: of the first result; the next ones use ``seed + 1`` and so on.
        options: further keyword arguments of ``application``.

    Returns:
        The suggestion. If no level keeps the input, it is the finest level.

    Raises:
        ValueError: the model has fewer than two trained levels, or ``application`` refuses its
            inputs.
    """
    inputs = (picture,) if mask is None else (picture, mask)
    injected, region = fit_to_model(model, picture, "The picture").to(model.device), None
    if mask is not None:
        region = fit_mask_to_model(model, mask).to(model.device)
        injected = blend(training_image(model), injected, region)
    if largest_drift is None:
        largest_drift = default_largest_drift(model, injected, region)
    measurements = []
    for level in injection_levels(model):
        results = torch.cat(
            [application(model, *inputs, level, seed=seed + k, **options) for k in range(samples)]
        )
        distance = patch_distance(model, results, region)
        measurements.append(
            LevelMeasurement(level, distance, drift(model, results, injected, region))
        )
    kept = (row for row in measurements if row.drift <= largest_drift)
    chosen = next(kept, measurements[-1])
    input_distance = patch_distance(model, injected, region)
    reason = _reason(chosen, input_distance, largest_drift)
    return LevelSuggestion(chosen.level, reason, tuple(measurements), input_distance, model.plan)


def default_largest_drift(model: SinGAN, injected: Tensor, region: Tensor | None = None) -> float:
    """Return the largest drift, in grey levels, of a result that keeps its input.

    For paint, it is 28 grey levels. An edit or a composite may lose 0.3 of what it changed, the RMS
    difference between it and the training image within the mask. A fixed number of grey levels
    would let an object dissolve whose colours are close to those of its background.

    Args:
        model: a trained SinGAN.
        injected: the injected image, (1, C, H, W) in [-1, 1].
        region: the mask of an edit or a composite, (1, 1, H, W) of zeros and ones; None for paint.
    """
    if region is None:
        return LARGEST_DRIFT
    change = drift(model, training_image(model), injected, region)
    return LARGEST_LOSS * change


def _reason(chosen: LevelMeasurement, input_distance: float, largest_drift: float) -> str:
    """Say why a level was chosen."""
    kept = (
        f"Level {chosen.level} is the coarsest that keeps layout and colours of the input "
        f"(drift {chosen.drift:.0f} grey levels, at most {largest_drift:.0f} allowed)"
        if chosen.drift <= largest_drift
        else f"No level keeps layout and colours of the input within {largest_drift:.0f} grey "
        f"levels; level {chosen.level}, the finest, drifts least ({chosen.drift:.0f})"
    )
    if chosen.patch_distance > input_distance:
        return f"{kept}. But its patch distance to the training image is no smaller than before."
    fall = 1 - chosen.patch_distance / input_distance
    return f"{kept}. It lowers the patch distance to the training image by {fall:.0%}."


def patch_distance(model: SinGAN, pictures: Tensor, region: Tensor | None = None) -> float:
    """Measure how far images are from the patches of the training image; 0 means equal.

    Args:
        model: a trained SinGAN.
        pictures: (n, C, H, W) in [-1, 1], at the model's output size.
        region: mask (1, 1, H, W) of zeros and ones. Given: the mean distance, over the patches on
            its border, to the nearest training patch. None: ``patch_swd(band=True)`` of the whole
            images, which is another scale.

    Returns:
        The mean over the images, in units of the [-1, 1] range.
    """
    real = training_image(model)
    if region is None:
        return patch_swd(real, pictures, band=True)
    selected, keys = _border_patches(region).flatten(), extract_patches(real)
    queries = torch.cat([extract_patches(picture[None])[selected] for picture in pictures])
    neighbours = keys[nearest(queries, keys)[1]]
    # Computed again from the pairs found: the search rounds, and equal patches are to give 0.
    return (queries - neighbours).square().mean(dim=1).sqrt().mean().item()


def _border_patches(region: Tensor) -> Tensor:
    """Select the patches, (rows, columns), that see both sides; else all that touch the region."""
    share = F.avg_pool2d(region, PATCH_SIZE, stride=1)[0, 0]
    border = (share > MIN_SHARE_PER_SIDE) & (share < 1 - MIN_SHARE_PER_SIDE)
    return border if border.any() else share > 0


def drift(model: SinGAN, pictures: Tensor, injected: Tensor, region: Tensor | None = None) -> float:
    """Measure how much layout and colour changed: RMS in grey levels, at twice the size of level 0.

    Args:
        model: a trained SinGAN; its coarsest size is used.
        pictures: results, (n, C, H, W) in [-1, 1].
        injected: the injected image, (1, C, H, W) in [-1, 1].
        region: mask (1, 1, H, W) of zeros and ones that limits the comparison; None compares
            everywhere.
    """
    height, width = model.plan.sizes[0]
    size = (DRIFT_SIZE * height, DRIFT_SIZE * width)
    squares = (resize(pictures, size) - resize(injected, size)).square().mean(dim=(0, 1))
    weights = torch.ones_like(squares) if region is None else F.adaptive_avg_pool2d(region, size)
    return 127.5 * ((squares * weights).sum() / weights.sum()).sqrt().item()
