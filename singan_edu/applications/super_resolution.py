"""Super-resolution: what the finest generator learned between two sizes, applied beyond the last.

A generator of a level adds the detail that a picture lacks after it was enlarged by r. If detail
repeats across sizes, the finest one can go on: enlarge by r, add what is missing, and again, until
the picture is ``factor`` times as large. Source: paper, section 4 (super-resolution). Taught in
lesson 09.
"""

from __future__ import annotations

import dataclasses
import math
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from ..config import TrainConfig
from ..evaluation.metrics import check_pictures, downscale_consistency, psnr, rmse, ssim
from ..images import ImageNotice, fitted_size, resize, round_half_up
from ..arguments import MAX_SIZE_FACTOR
from ..model import SinGAN
from ..pyramid import PyramidPlan
from ..training.run import load_or_train, run_folder
from ..training.state import Callback

TARGET_STEP = 2 ** (1 / 3)  # about what one step enlarges by (authors' code)
MIN_TRAINED_STEP = 2 ** (1 / 6)  # what a pyramid is trained for at least; more would be many levels
MIN_COARSEST_SIDE = 18  # pixels of the short side of level 0, at least (authors' code)
RECONSTRUCTION_WEIGHT = 100.0  # α (paper, section 4; 10 elsewhere)
STEP_TOLERANCE = 0.05  # by which the steps of a training may differ from those that are asked of it


def super_resolve(
    image: Tensor,
    factor: float,
    *,
    model: SinGAN | None = None,
    noise_scale: float = 1.0,
    seed: int | None = None,
    back_projections: int = 0,
    config: TrainConfig | None = None,
    folder: str | os.PathLike | None = None,
    callbacks: Sequence[Callback] | None = None,
) -> Tensor:
    """Enlarge a picture ``factor`` times, with detail as it has itself (paper, section 4).

    Args:
        image: (1, C, H, W) in [-1, 1], C = 3 or 1.
        factor: above 1, whole or not.
        model: a pyramid that was trained on this very picture (``super_resolution_config``).
            Without one, one is trained, which says first how long it takes; the next call finds it.
        noise_scale: 1 adds the trained noise before each step, as the paper does; with 0 the result
            is the same for every seed, and a little nearer to the original.
        seed: of the noise; None: a new one each time.
        back_projections: rounds of ``back_project`` at the end, which take back what contradicts
            ``image``. The paper has none; three make the result nearer to the original (RMSE, PSNR,
            SSIM, and the distribution of its detail), and it looks better.
        config, folder, callbacks: of the training, if there is one: its recipe, where it is kept (a
            folder of its own under ``runs`` if not given), and its listeners.

    Returns:
        (1, C, round(factor * H), round(factor * W)) in [-1, 1], halves rounded up.

    Raises:
        ValueError: a factor of 1 or less or beyond 16, a picture too small for a pyramid, or a
            model of pictures of another size or number of channels.

    Where it fails: the detail is invented, and it is that of one picture. What does not repeat from
    size to size in it comes out as some texture that does. Each step exaggerates what the step
    before did, contrast and colour included: somewhat at x2, much at x4, and the more the smaller
    the picture. Of 47 x 62 pixels of gravel the generator learns the pixels by heart and no rule:
    its x4 drifts into darkness. ``super_resolution_report`` shows it.
    """
    check_pictures(image, names=("image", "image"))
    count_steps(factor)  # refuses it before anything is trained
    if model is None:
        config = config or super_resolution_config(image, factor)
        folder = folder or run_folder(image, config, name="super_resolution") / "model"
        model = load_or_train(image, config, folder, callbacks=callbacks)
    _check_fits(model, image, factor)
    enlarged = enlarging_pyramid(model, image.shape[-2:], factor).run_from(
        1, image, blur=False, noise_scale=noise_scale, seed=seed
    )
    return back_project(enlarged, image.to(enlarged), back_projections)


def enlarging_pyramid(model: SinGAN, size: tuple[int, int], factor: float) -> SinGAN:
    """The pyramid that enlarges: the finest generator of ``model`` at every level above level 0.

    Level 0 has the size of the picture to enlarge, which takes its place: run it from level 1,
    ``run_from(1, image, blur=False)``. Each level is r times as large as the one before. Pictures
    of any size will do, such as samples of ``model``, if their detail is as fine.

    Args:
        size: (height, width) in pixels of the picture to enlarge.
    """
    if model.trained_levels < 2:
        raise ValueError(
            f"Enlarging needs a generator that refines a picture; this model has "
            f"{model.trained_levels} trained level(s), and the first starts from noise alone. Use "
            f"one of two levels or more."
        )
    sizes = enlarged_sizes(size, factor)
    return dataclasses.replace(
        model,
        plan=PyramidPlan(tuple(sizes), factor ** (-1 / count_steps(factor)), sizes[-1]),
        generators=model.generators[-1:] * len(sizes),
        noise_stds=model.noise_stds[-1:] * len(sizes),
    )


def back_project(enlarged: Tensor, low_resolution: Tensor, rounds: int = 3) -> Tensor:
    """Correct an enlargement until, reduced again, it is the picture that it was made from.

    What it then lacks or has too much of is smooth, and is enlarged and added; the new detail
    stays. Source: iterative back-projection, Irani and Peleg 1991; not in the paper.

    Args:
        enlarged: (n, C, h, w) in [-1, 1].
        low_resolution: (1, C, H, W).
        rounds: how often; each leaves about a third of the difference.
    """
    for _ in range(rounds):
        missing = low_resolution - resize(enlarged, tuple(low_resolution.shape[-2:]))
        enlarged = (enlarged + resize(missing, tuple(enlarged.shape[-2:]))).clamp(-1, 1)
    return enlarged


def count_steps(factor: float) -> int:
    """How often the picture is enlarged on the way to ``factor``, each time by about 2^(1/3).

    >>> [count_steps(factor) for factor in (2, 3, 4, 8, 1.5)]
    [3, 5, 6, 9, 2]
    """
    if not 1 < factor < math.inf:  # nan is refused, too
        raise ValueError(f"factor={factor} must be a number above 1, such as 2 or 2.5.")
    if factor > MAX_SIZE_FACTOR:
        raise ValueError(
            f"factor={factor:g} would make each pixel {factor:g} x {factor:g} pixels, all but one "
            f"of them invented; choose at most {MAX_SIZE_FACTOR}."
        )
    return max(1, round_half_up(math.log(factor) / math.log(TARGET_STEP)))


def enlarged_sizes(size: tuple[int, int], factor: float) -> list[tuple[int, int]]:
    """(height, width) before the first step and after each, the last one ``factor`` times ``size``.

    >>> enlarged_sizes((80, 120), 2)
    [(80, 120), (101, 151), (127, 190), (160, 240)]
    """
    steps = count_steps(factor)
    growth = [factor ** (step / steps) for step in range(steps)] + [factor]
    return [tuple(round_half_up(side * times) for side in size) for times in growth]


# ---------------------------------------------------------------------------------------- training
def super_resolution_config(
    image: Tensor | tuple[int, int], factor: float, preset: str = "lesson", **changes: object
) -> TrainConfig:
    """The recipe of a pyramid that enlarges ``image`` by ``factor`` (paper, section 4).

    The finest generator must learn the very step that it will take: neighbouring levels differ by r
    as ``enlarged_sizes`` do. But a pyramid ends at ``min_size`` exactly, and its r gives way. So
    ``min_size`` here is where the steps end by themselves: the short side divided by r as often as
    18 pixels remain, rounded. That leaves r off by less than 3 % for two levels, less than 0.7 %
    for five. (The authors' code keeps ``min_size`` and trains with r = 1.20 to 1.24 for 1.26.)

    Args:
        image: the picture, (1, C, H, W), or its (height, width). It is trained on at its own size.
        preset: what everything else is taken from.
        changes: fields to set otherwise. ``min_size`` is what remains at least, ``max_size``
            reduces the picture as in ``train``.

    Raises:
        ValueError: the picture is too small for two levels.

    >>> super_resolution_config((80, 120), 4).min_size   # 80 / 1.26^6
    20
    """
    size = tuple(image.shape[-2:] if isinstance(image, Tensor) else image)
    size = fitted_size(*size, changes.get("max_size", max(size)))
    r = trained_step(factor)
    recipe = dict(
        max_size=max(size),
        scale_factor=round(1 / r, 6),  # 2 ** (1/3) and 4 ** (1/6) are one step, one recipe
        reconstruction_weight=RECONSTRUCTION_WEIGHT,
    )
    least = changes.get("min_size", MIN_COARSEST_SIDE)
    return TrainConfig.preset(
        preset, **recipe | changes | dict(min_size=_coarsest_side(size, r, least))
    )


def trained_step(factor: float) -> float:
    """r, by which neighbouring levels differ in a pyramid for ``factor``: that of its steps.

    >>> [round(trained_step(factor), 3) for factor in (2, 3, 4, 1.02)]
    [1.26, 1.246, 1.26, 1.122]
    """
    return max(MIN_TRAINED_STEP, factor ** (1 / count_steps(factor)))


def _coarsest_side(size: tuple[int, int], r: float, least: int) -> int:
    """The short side of the coarsest level, in whole steps of ``r``, not below ``least``."""
    short = min(size)
    steps = math.floor(math.log(short / least) / math.log(r) + 1e-6)
    if steps < 1:
        raise ValueError(
            f"A picture of {size[0]} x {size[1]} pixels is too small to learn from: its short side "
            f"must be {math.ceil(least * r)} pixels or more, for two levels of at least {least}."
        )
    return max(least, round_half_up(short / r**steps))


def _check_fits(model: SinGAN, image: Tensor, factor: float) -> None:
    """Refuse a model of pictures of another size; tell if it was trained for other steps."""
    height, width = image.shape[-2:]
    if model.trained_levels and model.level_sizes()[-1] != (height, width):
        rows, columns = model.level_sizes()[-1]
        raise ValueError(
            f"The model was trained on a picture of {rows} x {columns} pixels, this one is "
            f"{height} x {width}: its detail is of another size. Train one on this picture with "
            f"super_resolution_config, or give it the picture that it was trained on, model.image."
        )
    learned, asked = 1 / model.plan.scale_factor, trained_step(factor)
    if abs(learned / asked - 1) > STEP_TOLERANCE:
        warnings.warn(
            f"The levels of this model differ by {learned:.3f}, steps to a factor of {factor:g} by "
            f"{asked:.3f}; its detail may be too coarse or too fine. super_resolution_config makes "
            f"the recipe for a model that fits.",
            ImageNotice,
            stacklevel=3,
        )


# ----------------------------------------------------------------------------------------- judging
@dataclass(frozen=True)
class SuperResolutionReport:
    """How good an enlargement is, beside bicubic resizing; ``print`` shows the table.

    Attributes:
        scores: for ``"model"`` and ``"bicubic"`` a number by name. ``consistency``: RMSE to the low
            resolution after reducing again. Where the original is known also ``rmse`` (both in grey
            levels, lower is better), ``psnr`` (dB) and ``ssim`` (at most 1; higher is better).
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
    """RMSE, PSNR and SSIM of an enlargement and of bicubic resizing, or what is known without.

    These numbers compare pixel by pixel and favour blur: the paper's x4 has a larger RMSE than
    networks that are trained for it, and looks sharper. Its other number, NIQE, is lower for what
    looks natural. For both, lower is better.

    Args:
        enlarged: (1, C, h, w) in [-1, 1].
        low_resolution: the picture that it was made from, (1, C, H, W).
        original: (1, C, h, w), where it is known.

    Cannot see: whether detail is where it belongs, and looks right; look at it.
    """
    bicubic = resize(low_resolution, tuple(enlarged.shape[-2:]))
    made = {"model": enlarged, "bicubic": bicubic}
    return SuperResolutionReport(
        {name: _scores(picture, low_resolution, original) for name, picture in made.items()}
    )


def _scores(picture: Tensor, low_resolution: Tensor, original: Tensor | None) -> dict[str, float]:
    known = {}
    if original is not None:
        known = {score.__name__: score(picture, original) for score in (rmse, psnr, ssim)}
    return known | dict(consistency=downscale_consistency(picture, low_resolution))
