"""Super-resolution: apply the finest generator again and again to enlarge the training image.

A generator adds the detail that an image lacks after it was upsampled by r. If detail repeats
across scales, the finest generator can continue beyond the training size: upsample by r, add
detail, and again, until the image is ``factor`` times as large. Source: paper, section 4
(super-resolution). Taught in lesson 09.
"""

from __future__ import annotations

import dataclasses
import math
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ..arguments import MAX_SIZE_FACTOR, NoiseScale
from ..config import LOCAL_GENERATOR, TrainConfig
from ..evaluation.metrics import check_pictures, downscale_consistency, psnr, rmse, ssim
from ..images import ImageNotice, Size, fitted_size, resize, round_half_up, size_of
from ..model import SinGAN
from ..pyramid import PyramidPlan
from ..training.run import load_or_train, run_folder
from ..training.state import Callback

TARGET_STEP = 2 ** (1 / 3)  # approximate factor of one step (authors' code)
MIN_TRAINED_STEP = 2 ** (1 / 6)  # a smaller ratio of levels would need too many levels
MIN_COARSEST_SIDE = 18  # pixels, the least short side of level 0 (authors' code)
RECONSTRUCTION_WEIGHT = 100.0  # α (paper, section 4; 10 for all other applications)
STEP_TOLERANCE = 0.05  # relative difference of trained and needed steps that needs no notice


def super_resolve(
    image: Tensor,
    factor: float,
    *,
    model: SinGAN | None = None,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
    back_projections: int = 0,
    config: TrainConfig | None = None,
    folder: str | os.PathLike[str] | None = None,
    callbacks: Sequence[Callback] | None = None,
    verbose: bool = True,
) -> Tensor:
    """Enlarge an image, adding detail learned from the image itself (paper, section 4).

    Where it fails: the detail is invented, from a single image. Structures that do not repeat
    across scales turn into some texture that does. Every step exaggerates what the previous step
    did, including contrast and colour: a little at x2, a lot at x4, and more for smaller images. On
    47 x 62 pixels of gravel, the generator memorises the pixels and learns no rule; its x4 drifts
    into darkness. ``super_resolution_report`` shows the error.

    Args:
        image: (1, C, H, W) in [-1, 1], C = 3 or 1.
        factor: above 1 and at most 16; need not be a whole number.
        model: a SinGAN trained on this very image with ``super_resolution_config``. If not given,
            one is trained and stored, after a printed time estimate; the next call reuses it.
        noise_scale: factor on the trained noise, one number or one per step and one for the input
            image. 1 adds noise before each step, as the paper does. With 0 the result is the same
            for every seed, and slightly closer to the original.
        seed: of the noise; None draws a new one.
        back_projections: rounds of ``back_project`` at the end, which remove contradictions to
            ``image``. The paper uses none. Three bring the result closer to the original (RMSE,
            PSNR, SSIM, and the distribution of its detail), and it looks better.
        config: configuration of the training, if there is one; ``super_resolution_config`` if not
            given.
        folder: where that model is stored; a folder of its own under ``runs`` if not given.
        callbacks: of that training; a progress display if not given.
        verbose: whether that training prints its plan.

    Returns:
        (1, C, round(factor * H), round(factor * W)) in [-1, 1], halves rounded up.

    Raises:
        ValueError: the factor is out of range, the image is too small for a pyramid, or the model
            was trained on an image of another size or number of channels.
    """
    check_pictures(image, names=("image", "image"))
    count_steps(factor)  # refuses a wrong factor before anything is trained
    if model is None:
        config = config or super_resolution_config(image, factor)
        folder = folder or run_folder(image, config, name="super_resolution") / "model"
        model = load_or_train(image, config, folder, callbacks=callbacks, verbose=verbose)
    _check_fits(model, image, factor)
    enlarged = enlarging_pyramid(model, size_of(image), factor).run_from(
        1, image, blur=False, noise_scale=noise_scale, seed=seed
    )
    return back_project(enlarged, image.to(enlarged), back_projections)


def enlarging_pyramid(model: SinGAN, size: Size, factor: float) -> SinGAN:
    """Return a SinGAN that has the finest generator of ``model`` at every level above level 0.

    Level 0 has the size of the image to enlarge, and that image takes the place of its output: call
    ``run_from(1, image, blur=False)``. Each level is r times as large as the previous one. Images
    of any size work if their detail is as fine as the training image's, such as samples of
    ``model``.

    Args:
        model: a SinGAN with at least two trained levels.
        size: (height, width) of the image to enlarge, in pixels.
        factor: ratio of the last size to the first, above 1.

    Raises:
        ValueError: the model has fewer than two trained levels, or the factor is out of range.
    """
    if model.trained_levels < 2:
        raise ValueError(
            f"Super-resolution needs a generator that refines an image; this model has "
            f"{model.trained_levels} trained level(s), and level 0 generates from noise alone. Use "
            f"a model of two levels or more."
        )
    sizes = enlarged_sizes(size, factor)
    return dataclasses.replace(
        model,
        plan=PyramidPlan(tuple(sizes), factor ** (-1 / count_steps(factor)), sizes[-1]),
        generators=model.generators[-1:] * len(sizes),
        noise_stds=model.noise_stds[-1:] * len(sizes),
    )


def back_project(enlarged: Tensor, low_resolution: Tensor, rounds: int = 3) -> Tensor:
    """Correct an enlarged image until it matches the input after downsampling.

    Each round downsamples the enlarged image, compares it with the input, and adds the upsampled
    difference. The difference is smooth, so the new detail stays. Source: iterative
    back-projection, Irani and Peleg 1991; not in the paper.

    Args:
        enlarged: (n, C, h, w) in [-1, 1].
        low_resolution: the input it was made from, (1, C, H, W) in [-1, 1].
        rounds: number of corrections; each leaves about a third of the difference.

    Returns:
        (n, C, h, w) in [-1, 1].
    """
    for _ in range(rounds):
        missing = low_resolution - resize(enlarged, size_of(low_resolution))
        enlarged = (enlarged + resize(missing, size_of(enlarged))).clamp(-1, 1)
    return enlarged


def count_steps(factor: float) -> int:
    """Return the number of enlargement steps for a factor, each by about 2^(1/3).

    Args:
        factor: above 1 and at most 16.

    Raises:
        ValueError: the factor is out of range.

    >>> [count_steps(factor) for factor in (2, 3, 4, 8, 1.5)]
    [3, 5, 6, 9, 2]
    """
    if not 1 < factor < math.inf:  # refuses NaN, too
        raise ValueError(f"factor={factor} must be a number above 1, such as 2 or 2.5.")
    if factor > MAX_SIZE_FACTOR:
        raise ValueError(
            f"factor={factor:g} would turn each pixel into {factor:g} x {factor:g} pixels, all but "
            f"one of them invented; choose at most {MAX_SIZE_FACTOR}."
        )
    return max(1, round_half_up(math.log(factor) / math.log(TARGET_STEP)))


def enlarged_sizes(size: Size, factor: float) -> list[Size]:
    """Return the sizes before the first step and after each step.

    Args:
        size: (height, width) of the image to enlarge, in pixels.
        factor: ratio of the last size to ``size``, above 1 and at most 16.

    Returns:
        (height, width) in pixels, small to large.

    Raises:
        ValueError: the factor is out of range.

    >>> enlarged_sizes((80, 120), 2)
    [(80, 120), (101, 151), (127, 190), (160, 240)]
    """
    steps = count_steps(factor)
    height, width = size
    ratios = [factor ** (step / steps) for step in range(steps)] + [factor]
    return [(round_half_up(height * ratio), round_half_up(width * ratio)) for ratio in ratios]


# ---------------------------------------------------------------------------------------- training
def super_resolution_config(
    image: Tensor | Size,
    factor: float,
    preset: str = "lesson",
    *,
    min_size: int = MIN_COARSEST_SIDE,
    max_size: int | None = None,
    **changes: Any,
) -> TrainConfig:
    """Return the configuration to train a model for enlarging an image (paper, section 4).

    The finest generator must learn the step that it will take later, so neighbouring levels differ
    by r, as ``enlarged_sizes`` do. But a pyramid ends at its ``min_size`` exactly, and adapts r to
    it. Therefore this function sets ``min_size`` to where steps of r end: the short side divided by
    r as often as the result stays at or above the least size, rounded. The remaining error of r is
    below 3 % for two levels and below 0.7 % for five. (The authors' code keeps ``min_size`` and
    trains with r = 1.20 to 1.24 instead of 1.26.)

    Args:
        image: the image, (1, C, H, W), or its (height, width) in pixels. The model is trained at
            this size.
        factor: the factor of the enlargement, above 1 and at most 16.
        preset: preset from which all other fields are taken.
        min_size: least short side of level 0, in pixels.
        max_size: long side, in pixels, to which training reduces a larger image.
        changes: other fields of ``TrainConfig`` to set.

    Raises:
        ValueError: the image is too small for two levels, or the factor is out of range.

    >>> super_resolution_config((80, 120), 4).min_size   # 80 / 1.26^6
    20
    """
    height, width = size_of(image) if isinstance(image, Tensor) else image
    size = fitted_size(height, width, max_size or max(height, width))
    r = trained_step(factor)
    fields = dict(
        max_size=max_size or max(size),
        scale_factor=round(1 / r, 6),  # so that x2 and x4, with equal steps, share a configuration
        reconstruction_weight=RECONSTRUCTION_WEIGHT,
    )
    if preset != "paper":  # a part is to be enlarged in the same way, whatever surrounds it
        fields |= LOCAL_GENERATOR
    return TrainConfig.preset(
        preset, **fields | changes | dict(min_size=_coarsest_side(size, r, min_size))
    )


def trained_step(factor: float) -> float:
    """Return r, the ratio of neighbouring levels in a model trained for a factor.

    Args:
        factor: the factor of the enlargement, above 1 and at most 16.

    Raises:
        ValueError: the factor is out of range.

    >>> [round(trained_step(factor), 3) for factor in (2, 3, 4, 1.02)]
    [1.26, 1.246, 1.26, 1.122]
    """
    step: float = factor ** (1 / count_steps(factor))
    return max(MIN_TRAINED_STEP, step)


def _coarsest_side(size: Size, r: float, least: int) -> int:
    """Return the short side of level 0, whole steps of ``r`` below ``size``, at least ``least``."""
    short = min(size)
    steps = math.floor(math.log(short / least) / math.log(r) + 1e-6)
    if steps < 1:
        raise ValueError(
            f"A picture of {size[0]} x {size[1]} pixels is too small to learn from: its short side "
            f"must be {math.ceil(least * r)} pixels or more, for two levels of at least {least}."
        )
    return max(least, round_half_up(short / r**steps))


def _check_fits(model: SinGAN, image: Tensor, factor: float) -> None:
    """Refuse a model of an image of another size; warn if it was trained for other steps."""
    height, width = size_of(image)
    if model.trained_levels and model.level_sizes()[-1] != (height, width):
        rows, columns = model.level_sizes()[-1]
        raise ValueError(
            f"The model was trained on a picture of {rows} x {columns} pixels, this one is "
            f"{height} x {width}, so its detail is of another size. Train a model on this picture "
            f"with super_resolution_config, or pass the picture it was trained on, model.image."
        )
    trained, needed = 1 / model.plan.scale_factor, trained_step(factor)
    if abs(trained / needed - 1) > STEP_TOLERANCE:
        warnings.warn(
            f"The levels of this model differ by {trained:.3f}, steps to a factor of {factor:g} by "
            f"{needed:.3f}; the added detail may be too coarse or too fine. "
            f"super_resolution_config gives the configuration of a model that fits.",
            ImageNotice,
            stacklevel=3,
        )


# ----------------------------------------------------------------------------------------- judging
@dataclass(frozen=True)
class SuperResolutionReport:
    """Compare an enlarged image with bicubic resizing; ``print`` shows a table.

    Attributes:
        scores: for ``"model"`` and ``"bicubic"``, the measures by name. ``consistency``: RMSE to
            the input after downsampling, in grey levels (lower is better). If the original is
            known, also ``rmse`` (grey levels, lower is better), ``psnr`` (dB, higher is better) and
            ``ssim`` (at most 1, higher is better).
    """

    scores: dict[str, dict[str, float]]

    def __str__(self) -> str:
        names = list(self.scores["model"])
        lines = ["         " + "".join(f"{name:>13}" for name in names)]
        lines += [
            f"{row:9}" + "".join(f"{values[name]:13.3f}" for name in names)
            for row, values in self.scores.items()
        ]
        return "\n".join(lines)


def super_resolution_report(
    enlarged: Tensor, low_resolution: Tensor, *, original: Tensor | None = None
) -> SuperResolutionReport:
    """Measure an enlarged image and bicubic resizing, with the original or without it.

    RMSE, PSNR and SSIM compare pixel by pixel and favour blur. In the paper, SinGAN's x4 has a
    larger RMSE than networks trained for a low error, yet it looks sharper. The paper also reports
    NIQE, which estimates how natural an image looks; lower is better.

    Blind to: whether detail looks right and is in the right place. Look at the image, too.

    Args:
        enlarged: (1, C, h, w) in [-1, 1].
        low_resolution: the input it was made from, (1, C, H, W) in [-1, 1].
        original: the true image at the enlarged size, (1, C, h, w) in [-1, 1], if it is known.

    Raises:
        ValueError: the sizes do not match.
    """
    bicubic = resize(low_resolution, size_of(enlarged))
    results = {"model": enlarged, "bicubic": bicubic}
    return SuperResolutionReport(
        {name: _scores(picture, low_resolution, original) for name, picture in results.items()}
    )


def _scores(picture: Tensor, low_resolution: Tensor, original: Tensor | None) -> dict[str, float]:
    """Return the measures of one enlarged image by name."""
    scores = {}
    if original is not None:
        scores = dict(
            rmse=rmse(picture, original),
            psnr=psnr(picture, original),
            ssim=ssim(picture, original),
        )
    return scores | dict(consistency=downscale_consistency(picture, low_resolution))
