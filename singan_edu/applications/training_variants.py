"""Two studies of the paper at lesson size: the number of scales, and the padding at the border.

Each study trains one image in several variants of one configuration. Everything else and the seed
are equal. Then it measures what the variants should change in the samples. Source: paper, results
(effect of the number of scales), and supplement (boundary conditions). Taught in lesson 08.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from ..config import TrainConfig
from ..evaluation.metrics import MIN_CONTRAST, check_pictures, coherence, pixel_diversity
from ..evaluation.patches import nearest_patches
from ..evaluation.scorecard import Score, scorecard
from ..images import fitted_size, resize, round_half_up, size_of
from ..model import SinGAN
from ..pyramid import PyramidPlan
from ..receptive_field import receptive_field
from ..training.plan import plan_for
from ..training.run import load_or_train, run_folder
from ..training.state import Callback

SCALES = (2, 3, 4, 5)
# The supplement's order, from the most fixed border on.
STUDIED_PADDINGS = ("conv", "zero", "noise")
NUM_SAMPLES, SAMPLE_SEED = 32, 1
# Long sides, in pixels, to which images are reduced before they are compared:
LAYOUT_SIDE = 8  # only the layout is left
STRUCTURE_SIDE = 21  # a 7 x 7 patch covers a third of the width
LOCATION_SIDE = 32  # a 7 x 7 patch covers more than one texture, so that it is recognised
LOCATION_TOLERANCE = 1  # pixels at LOCATION_SIDE that count as the same place
BORDER_WIDTH = receptive_field() // 2  # 5 pixels: how far padding influences a generator's output


# ---------------------------------------------------------------------------------------- variants
@dataclass(frozen=True)
class Variant:
    """Name one configuration of a study before it is trained.

    Attributes:
        label: name of the variant.
        config: its configuration.
    """

    label: str
    config: TrainConfig

    @property
    def coarsest_share(self) -> float:
        """Return the receptive field as a share of the coarsest level's short side, at most 1.

        >>> Variant("the paper's", TrainConfig()).coarsest_share
        0.44
        """
        return self.config.receptive_field / self.config.min_size  # TrainConfig keeps it <= 1


def number_of_scales(
    image: Tensor, config: TrainConfig, scales: Sequence[int] = SCALES
) -> list[Variant]:
    """Return variants with other numbers of scales and the same finest level (paper, results).

    With fewer scales the coarsest level is larger (``min_size`` grows), and the receptive field
    covers less of it. The ratio of neighbouring levels is that of the given configuration's
    pyramid. For its own number of scales, the configuration is returned unchanged. ``iterations``
    still counts from the coarsest level, so a model with few scales spends its longest training on
    a larger image. If it generates texture only, too little training is not the cause.

    Args:
        image: the training image, (1, C, H, W) in [-1, 1]; its size decides which numbers fit.
        config: the configuration that is varied.
        scales: numbers of levels.

    Returns:
        One variant for each number K, labelled ``scales_K``.

    Raises:
        ValueError: a number is not whole or below 1; more scales than fit above the receptive
            field; the image is too small for ``config``; ``pyramid_rule`` is not ``"paper"``, the
            only rule by which ``min_size`` alone decides the number of levels; or neighbouring
            levels are too similar in size.

    >>> image = torch.zeros(1, 3, 48, 64)
    >>> for variant in number_of_scales(image, TrainConfig(), (2, 3, 4)):
    ...     print(variant.label, plan_for(image, variant.config).sizes[0])
    scales_2 (35, 47)
    scales_3 (25, 33)
    scales_4 (18, 24)
    """
    if config.pyramid_rule != "paper":
        raise ValueError(
            f"With pyramid_rule={config.pyramid_rule!r} the number of levels also depends on the "
            f"size of the picture before it is reduced; compare scales with 'paper'."
        )
    plan = plan_for(image, config)
    return [
        Variant(f"scales_{count}", _with_scales(image, config, plan, count)) for count in scales
    ]


def _with_scales(image: Tensor, config: TrainConfig, plan: PyramidPlan, count: int) -> TrainConfig:
    """Return the configuration whose pyramid has ``count`` levels and the finest of ``plan``."""
    if count == plan.num_levels:
        return config  # unchanged, so that an existing training run of it is reused
    changed = config.replace(
        min_size=_coarsest_side(config, plan, count), scale_factor=plan.scale_factor
    )
    if plan_for(image, changed).num_levels != count:
        raise ValueError(
            f"{count} scales cannot be told apart in whole pixels with levels "
            f"{1 / plan.scale_factor:.3f} times the previous one; take a smaller scale_factor."
        )
    return changed


def _coarsest_side(config: TrainConfig, plan: PyramidPlan, count: int) -> int:
    """Return the short side of the coarsest of ``count`` levels, in pixels."""
    if not isinstance(count, int) or count < 1:
        raise ValueError(f"scales holds {count!r}; give whole numbers of at least 1.")
    sides: list[int] = []  # fine to coarse, as long as the receptive field fits
    side = float(min(plan.sizes[-1]))
    while round_half_up(side) >= config.receptive_field and len(sides) < count:
        sides.append(round_half_up(side))
        side *= plan.scale_factor
    if len(sides) < count:
        height, width = plan.sizes[-1]
        raise ValueError(
            f"{count} scales do not fit below {height} x {width} pixels: the coarsest would be "
            f"smaller than the receptive field of {config.receptive_field}. Take at most "
            f"{len(sides)}, or raise max_size."
        )
    return sides[-1]


def padding_variants(config: TrainConfig, modes: Sequence[str] = STUDIED_PADDINGS) -> list[Variant]:
    """Return variants with other padding (supplement, boundary conditions; see ``Generator``).

    Args:
        config: the configuration that is varied.
        modes: ``"conv"`` pads every layer with zeros; ``"zero"`` pads the input with zeros (the
            paper's choice); ``"noise"`` pads the input with noise.

    Returns:
        One variant for each mode, labelled ``padding_MODE``.

    Raises:
        ValueError: a mode is unknown.

    >>> [variant.label for variant in padding_variants(TrainConfig())]
    ['padding_conv', 'padding_zero', 'padding_noise']
    """
    return [Variant(f"padding_{mode}", config.replace(padding=mode)) for mode in modes]


# ---------------------------------------------------------------------------------------- training
@dataclass(frozen=True, eq=False)
class TrainedVariant:
    """Store a trained variant, samples of it, and their measures.

    Attributes:
        label: name of the variant.
        model: the trained SinGAN.
        samples: (n, C, H, W) in [-1, 1]; the seed is fixed, not selected.
        measures: numbers by name, see ``measure``.
    """

    label: str
    model: SinGAN
    samples: Tensor
    measures: dict[str, float]

    @cached_property
    def score(self) -> Score:
        """Return the scorecard of the samples; the first call takes some seconds."""
        return scorecard(self.model.image, self.samples, controls=())["samples"]

    @property
    def deviations(self) -> Tensor:
        """Return the standard deviation of each pixel over the samples, (H, W), see ``std_map``."""
        return std_map(self.samples)


def train_variants(
    image: Tensor,
    variants: Iterable[Variant],
    *,
    name: str = "variant",
    seed: int = 0,
    samples: int = NUM_SAMPLES,
    callbacks: Sequence[Callback] | None = None,
    verbose: bool = True,
) -> list[TrainedVariant]:
    """Train each variant, or load it if it was trained before, and measure it.

    Args:
        image: the training image, (1, C, H, W) in [-1, 1], C = 3 or 1.
        variants: what to train.
        name: start of the run folders' names, see ``run_folder``. Training runs with equal name,
            image, configuration and seed share a folder.
        seed: of each training run.
        samples: number of samples to draw and measure; take at least 16 for a useful ``std_map``.
        callbacks: callbacks of each training run; ``[Progress()]`` if not given.
        verbose: whether to print each training run's plan.

    Returns:
        One result per variant, in the same order.

    Raises:
        ValueError: the image cannot be trained on.
    """
    return [
        measure_model(
            variant.label,
            load_or_train(
                image,
                variant.config,
                variant_folder(image, variant, name=name, seed=seed) / "model",
                seed=seed,
                callbacks=callbacks,
                verbose=verbose,
            ),
            samples=samples,
        )
        for variant in variants
    ]


def variant_folder(
    image: Tensor, variant: Variant, *, name: str = "variant", seed: int = 0
) -> Path:
    """Return the folder in which ``train_variants`` stores a variant.

    Args:
        image: the training image, (1, C, H, W) in [-1, 1].
        variant: its configuration counts, its label does not.
        name: start of the folder's name.
        seed: of the training run.
    """
    return run_folder(image, variant.config, name=name, seed=seed)


def measure_model(
    label: str, model: SinGAN, *, samples: int = NUM_SAMPLES, seed: int = SAMPLE_SEED
) -> TrainedVariant:
    """Draw samples of any trained model, such as a pretrained one, and measure them.

    Args:
        label: name of the result.
        model: a trained SinGAN.
        samples: number of samples, at least 2.
        seed: of the samples.
    """
    pictures = model.sample(samples, seed=seed)
    return TrainedVariant(label, model, pictures, measure(model.image, pictures))


def comparison_table(results: Sequence[TrainedVariant]) -> str:
    """Return the measures of several variants as a text table, one variant per line.

    Args:
        results: at least one trained variant.
    """
    width = max(len("variant"), *(len(result.label) for result in results))
    head = "".join(f"{name:>15}" for name in results[0].measures)
    lines = [f"{'variant':{width}}  coarsest{head}"]
    for result in results:
        rows, columns = result.model.plan.sizes[0]
        values = "".join(f"{value:15.2f}" for value in result.measures.values())
        lines.append(f"{result.label:{width}}  {rows:3d}x{columns:<4d}{values}")
    return "\n".join(lines)


# ----------------------------------------------------------------------------------- what they show
def measure(real: Tensor, samples: Tensor) -> dict[str, float]:
    """Compute all measures of the two studies.

    * For the number of scales: ``layout`` (``layout_correlation``) and ``structure``
      (``structure_distance``).
    * For the padding: ``border`` and ``corners`` (``border_variability``), ``corner_match``
      (``corner_match``), and for comparison ``location_match``, the mean of ``location_match`` over
      the whole image.
    * For both: ``diversity`` (``pixel_diversity``).

    Args:
        real: the training image, (1, C, H, W) in [-1, 1].
        samples: (n, C, H, W) in [-1, 1], n >= 2, of the same size.

    Returns:
        The measures by name.

    Raises:
        ValueError: fewer than two samples, values that are not finite, or other sizes.
    """
    border, corners = border_variability(samples)
    matches = location_match(real, samples)
    return dict(
        layout=layout_correlation(real, samples),
        structure=structure_distance(real, samples),
        border=border,
        corners=corners,
        corner_match=_corners(matches, 1).mean().item(),
        location_match=matches.mean().item(),
        diversity=pixel_diversity(samples, real),
    )


def layout_correlation(real: Tensor, samples: Tensor, *, side: int = LAYOUT_SIDE) -> float:
    """Measure whether samples have the training image's colours at the same places.

    Images are reduced to ``side`` pixels, the mean of each channel is subtracted, and each sample
    is correlated with the training image. The result is the mean over the samples: 1 for the same
    layout, 0 for an unrelated one.

    Blind to: anything smaller than an eighth of the image. A good layout with its parts at other
    places scores low (``structure_distance`` accepts it). A copy scores 1.

    Args:
        real: the training image, (1, C, H, W) in [-1, 1].
        samples: (n, C, H, W) in [-1, 1].
        side: long side, in pixels, to which the images are reduced.

    Raises:
        ValueError: the training image is of one colour at that size.
    """
    check_pictures(real, samples)
    wanted, found = (_centred_thumbnails(x, side) for x in (real, samples))  # (n, values)
    if wanted.norm() < MIN_CONTRAST * wanted.shape[1] ** 0.5:
        raise ValueError(
            "The photograph has no layout: reduced, it is of one plain colour. Take a picture with "
            "large differences."
        )
    return torch.cosine_similarity(wanted, found).mean().item()


def _centred_thumbnails(images: Tensor, side: int) -> Tensor:
    """Return images reduced to ``side`` pixels without their mean colours, (n, values)."""
    height, width = size_of(images)
    small = resize(images, fitted_size(height, width, side)).double()
    return (small - small.mean(dim=(2, 3), keepdim=True)).flatten(1)


def structure_distance(real: Tensor, samples: Tensor, *, side: int = STRUCTURE_SIDE) -> float:
    """Measure how far large pieces of the samples are from those of the training image.

    This is ``coherence`` of images reduced to ``side`` pixels, at which a patch covers a third of
    the width. Sky above a crowd is found wherever it lies, a jumble of sky and crowd is not. The
    result is in units of [-1, 1]; 0 means that all pieces exist in the training image.

    Blind to: fine detail, and everything ``coherence`` is blind to. Noise that averages to a plain
    grey when reduced scores better than torn pieces.

    Args:
        real: the training image, (1, C, H, W) in [-1, 1].
        samples: (n, C, H, W) in [-1, 1].
        side: long side, in pixels, to which the images are reduced.

    Raises:
        ValueError: values are not finite, or the number of channels differs.
    """
    height, width = size_of(real)
    size = fitted_size(height, width, side)
    return coherence(resize(real, size), resize(samples, size))


def std_map(samples: Tensor) -> Tensor:
    """Compute the standard deviation of each pixel's intensity over the samples.

    Its mean, divided by the standard deviation of the training image, is ``pixel_diversity``.
    Source: the maps in the supplement (boundary conditions).

    Args:
        samples: (n, C, H, W) in [-1, 1], n >= 2; 32 give a reliable map.

    Returns:
        (H, W), in units of [-1, 1].

    Raises:
        ValueError: fewer than two samples.
    """
    check_pictures(samples[:1], samples)
    if len(samples) < 2:
        raise ValueError(
            f"A standard deviation needs at least two samples, got {len(samples)}; 32 give a "
            f"reliable map."
        )
    return samples.double().mean(dim=1).std(dim=0)


def border_variability(samples: Tensor, *, border: int = BORDER_WIDTH) -> tuple[float, float]:
    """Measure how much samples vary near the border and in the corners, relative to the interior.

    Below 1, samples differ less at the border than in the interior. Compare variants of one
    training image only, because what the image shows at its border matters, too.

    Args:
        samples: (n, C, H, W) in [-1, 1], n >= 2.
        border: width of the border, and side of the four corner squares, in pixels.

    Returns:
        (border, corners), each the mean of ``std_map`` there divided by its mean in the interior;
        NaN for samples that do not differ in the interior.

    Raises:
        ValueError: fewer than two samples, or images without an interior.
    """
    deviations = std_map(samples)
    if min(deviations.shape) <= 2 * border:
        raise ValueError(
            f"Pictures of {deviations.shape[0]} x {deviations.shape[1]} pixels have no interior "
            f"within a border of {border}; take a narrower border or larger pictures."
        )
    inner = deviations[border:-border, border:-border]
    if inner.mean() < MIN_CONTRAST:
        return math.nan, math.nan
    around = (deviations.sum() - inner.sum()) / (deviations.numel() - inner.numel())
    corners = _corners(deviations, border).mean()
    return (around / inner.mean()).item(), (corners / inner.mean()).item()


def border_influence_radius(heights: Sequence[int], first: int = 0) -> float:
    """Compute how far padding can influence a sample, in pixels of the finest level.

    At each level, padding influences ``BORDER_WIDTH`` (5) pixels. A pixel of a level of height h is
    ``heights[-1] / h`` pixels of the finest level wide. The following levels carry the influence
    on, so the distances of all levels add up: 5 (1 + r + r^2 + ... + r^N) in the paper's notation.
    Upsampling adds up to two pixels of each coarser level, with small weights.

    Args:
        heights: of all levels, in pixels, coarse to fine.
        first: first level with padding other than noise; 1 for ``padding="noise"``, because level 0
            has noise as its only input.

    >>> border_influence_radius([48])
    5.0
    >>> round(border_influence_radius([25, 35, 48]), 1)   # of 24 pixels to the middle
    21.5
    """
    return float(sum(BORDER_WIDTH * heights[-1] / height for height in heights[first:]))


def location_match(real: Tensor, samples: Tensor, *, side: int = LOCATION_SIDE) -> Tensor:
    """Compute how often samples show the training image's content at its own place.

    Images are reduced to ``side`` pixels. For each 7 x 7 patch position, count the samples whose
    patch has its nearest neighbour in the training image at the same position, within one pixel. A
    random arrangement matches in a few percent.

    Blind to: how similar the patches are. In plain regions many patches are equally near, and which
    one is nearest is a matter of chance.

    Args:
        real: the training image, (1, C, H, W) in [-1, 1].
        samples: (n, C, H, W) in [-1, 1].
        side: long side, in pixels, to which the images are reduced.

    Returns:
        A map (rows, columns) of patch positions, each the share of matching samples, 0 to 1.

    Raises:
        ValueError: values are not finite, or the number of channels differs.
    """
    check_pictures(real, samples)
    height, width = size_of(real)
    size = fitted_size(height, width, side)
    small_real, matches = resize(real, size), []
    for sample in resize(samples, size):
        shifts = nearest_patches(sample[None], small_real).shifts  # (2, rows, columns)
        matches.append((shifts.abs().amax(dim=0) <= LOCATION_TOLERANCE).double())
    return torch.stack(matches).mean(dim=0)


def corner_match(real: Tensor, samples: Tensor) -> float:
    """Compute how often the corner patches of samples match those of the training image.

    Args:
        real: the training image, (1, C, H, W) in [-1, 1].
        samples: (n, C, H, W) in [-1, 1].

    Returns:
        The mean of ``location_match`` over the four corner patches, 0 to 1.

    Raises:
        ValueError: values are not finite, or the number of channels differs.
    """
    return _corners(location_match(real, samples), 1).mean().item()


def _corners(values: Tensor, side: int) -> Tensor:
    """Return the four corner squares of a map, (4, side, side)."""
    above, below = values[:side], values[-side:]
    return torch.stack([part for row in (above, below) for part in (row[:, :side], row[:, -side:])])
