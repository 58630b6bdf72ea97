"""Two studies of the paper at lesson size: how many scales, and what stands beyond the border.

Each trains one photograph in a few variants of one recipe, everything else and the seed equal, and
measures on the samples what the variants should differ in. Source: paper, results (effect of the
number of scales) and supplement (boundary conditions). Taught in lesson 08.
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
from ..images import fitted_size, resize, round_half_up
from ..model import SinGAN
from ..pyramid import PyramidPlan
from ..receptive_field import receptive_field
from ..training.plan import plan_for
from ..training.run import load_or_train, run_folder
from ..training.state import Callback

SCALES = (2, 3, 4, 5)
PADDING_MODES = (
    "conv",
    "zero",
    "noise",
)  # as the supplement has them, from the most fixed border on
NUM_SAMPLES, SAMPLE_SEED = 32, 1
# Long sides, in pixels, to which pictures are reduced to be compared:
LAYOUT_SIDE = 8  # what stands where, and nothing else
STRUCTURE_SIDE = 21  # a patch of 7 holds a third of the width
LOCATION_SIDE = 32  # a patch of 7 holds more than one texture, so that it is found again
LOCATION_TOLERANCE = 1  # pixels at LOCATION_SIDE that pass for the same place
BORDER_WIDTH = receptive_field() // 2  # 5 pixels: how far the generators see beyond the border


# ---------------------------------------------------------------------------------------- variants
@dataclass(frozen=True)
class Variant:
    """One arm of a study before it is trained: what it is called, and its recipe."""

    label: str
    config: TrainConfig

    @property
    def coarsest_share(self) -> float:
        """Share of the coarsest level's short side under the receptive field, up to 1.

        >>> Variant("the paper's", TrainConfig()).coarsest_share
        0.44
        """
        return self.config.receptive_field / self.config.min_size  # TrainConfig keeps it <= 1


def number_of_scales(
    image: Tensor, config: TrainConfig, scales: Sequence[int] = SCALES
) -> list[Variant]:
    """The recipe with pyramids of other heights below the same finest level (paper, results).

    With fewer scales the coarsest picture is larger (``min_size`` grows), and the receptive field
    covers less of it. The ratio of neighbouring levels is that of the config's own pyramid; for its
    own number of scales the config itself comes back. ``iterations`` still counts from the coarsest
    level, so that a short pyramid spends the longest training on a larger picture: if it gives
    textures only, that is not for want of training.

    Args:
        image: (1, C, H, W), the photograph; its size decides what fits.
        scales: how many levels, one variant ``scales_K`` for each.

    Raises:
        ValueError: no whole number of at least one; more scales than fit above the receptive field;
            a photograph too small for ``config``; another ``pyramid_rule`` than ``"paper"``, whose
            number of levels alone follows from ``min_size``; levels too near each other in size.

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
            f"size of the photograph before it is reduced; compare scales with 'paper'."
        )
    plan = plan_for(image, config)
    return [
        Variant(f"scales_{count}", _with_scales(image, config, plan, count)) for count in scales
    ]


def _with_scales(image: Tensor, config: TrainConfig, plan: PyramidPlan, count: int) -> TrainConfig:
    """The config whose pyramid has ``count`` levels and the finest of ``plan``."""
    if count == plan.num_levels:
        return config  # to the letter, so that a training of it that is there serves here, too
    changed = config.replace(
        min_size=_coarsest_side(config, plan, count), scale_factor=plan.scale_factor
    )
    if plan_for(image, changed).num_levels != count:
        raise ValueError(
            f"{count} scales cannot be told apart in whole pixels with levels "
            f"{1 / plan.scale_factor:.3f} times the one before; take a smaller scale_factor."
        )
    return changed


def _coarsest_side(config: TrainConfig, plan: PyramidPlan, count: int) -> int:
    """Short side of the coarsest of ``count`` levels, in pixels; refuses what does not fit."""
    if not isinstance(count, int) or count < 1:
        raise ValueError(f"scales holds {count!r}; give whole numbers of at least 1.")
    sides = []  # fine to coarse, as long as the networks see no more than the picture
    side = float(min(plan.sizes[-1]))
    while round_half_up(side) >= config.receptive_field and len(sides) < count:
        sides.append(round_half_up(side))
        side *= plan.scale_factor
    if len(sides) < count:
        height, width = plan.sizes[-1]
        raise ValueError(
            f"{count} scales do not fit below {height} x {width} pixels: the coarsest would be "
            f"smaller than the receptive field of {config.receptive_field}. At most {len(sides)} "
            f"do; or raise max_size."
        )
    return sides[-1]


def padding_variants(config: TrainConfig, modes: Sequence[str] = PADDING_MODES) -> list[Variant]:
    """The recipe with other borders (supplement, boundary conditions; see ``Generator``).

    ``"conv"``: zeros in every layer; ``"zero"``: zeros up front (the paper's choice); ``"noise"``:
    the noise runs on beyond the border. One variant ``padding_MODE`` for each.

    Raises:
        ValueError: a mode that is not known.

    >>> [variant.label for variant in padding_variants(TrainConfig())]
    ['padding_conv', 'padding_zero', 'padding_noise']
    """
    return [Variant(f"padding_{mode}", config.replace(padding=mode)) for mode in modes]


# ---------------------------------------------------------------------------------------- training
@dataclass(frozen=True, eq=False)
class TrainedVariant:
    """A variant with what it came to.

    Attributes:
        label: what it is called.
        model: the trained pyramid.
        samples: (n, C, H, W) in [-1, 1], seeds not chosen.
        measures: see ``measure``.
    """

    label: str
    model: SinGAN
    samples: Tensor
    measures: dict[str, float]

    @cached_property
    def score(self) -> Score:
        """The scorecard's four axes; some seconds for the first who asks."""
        return scorecard(self.model.image, self.samples, controls=())["samples"]

    @property
    def deviations(self) -> Tensor:
        """Where the samples differ, (H, W): see ``std_map``."""
        return std_map(self.samples)


def train_variants(
    image: Tensor,
    variants: Iterable[Variant],
    *,
    name: str = "variant",
    seed: int = 0,
    samples: int = NUM_SAMPLES,
    callbacks: Sequence[Callback] | None = None,
) -> list[TrainedVariant]:
    """Train (or take up again) each variant and measure it; nothing is trained twice.

    Args:
        image: (1, C, H, W) in [-1, 1], C = 3 or 1.
        name: stands in front of the folders' names, see ``run_folder``. Who trains the same recipe
            under the same name shares the result.
        samples: how many are drawn and measured; 16 at least for a useful map.
        callbacks: listeners of each training; ``[Progress()]`` if not given.
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
            ),
            samples=samples,
        )
        for variant in variants
    ]


def variant_folder(
    image: Tensor, variant: Variant, *, name: str = "variant", seed: int = 0
) -> Path:
    """Where ``train_variants`` keeps a variant; equal recipes share it, whatever their label."""
    return run_folder(image, variant.config, name=name, seed=seed)


def measure_model(
    label: str, model: SinGAN, *, samples: int = NUM_SAMPLES, seed: int = SAMPLE_SEED
) -> TrainedVariant:
    """Draw samples of any trained pyramid, such as one that ships, and measure them."""
    pictures = model.sample(samples, seed=seed)
    return TrainedVariant(label, model, pictures, measure(model.image, pictures))


def comparison_table(results: Sequence[TrainedVariant]) -> str:
    """The measures of several variants as a table, one a line."""
    width = max(len("variant"), *(len(one.label) for one in results))
    head = "".join(f"{name:>15}" for name in results[0].measures)
    lines = [f"{'variant':{width}}  coarsest{head}"]
    for one in results:
        rows, columns = one.model.plan.sizes[0]
        values = "".join(f"{value:15.2f}" for value in one.measures.values())
        lines.append(f"{one.label:{width}}  {rows:3d}x{columns:<4d}{values}")
    return "\n".join(lines)


# ----------------------------------------------------------------------------------- what they show
def measure(real: Tensor, samples: Tensor) -> dict[str, float]:
    """All that the two studies look at, by name.

    ``layout`` (``layout_correlation``) and ``structure`` (``structure_distance``) for the number of
    scales; ``border`` and ``corners`` (``border_variability``), ``corner_match`` and, to hold it
    against, ``location_match`` all over the picture, for the padding; ``diversity``
    (``pixel_diversity``) for both.
    """
    border, corners = border_variability(samples)
    kept = location_match(real, samples)
    return dict(
        layout=layout_correlation(real, samples),
        structure=structure_distance(real, samples),
        border=border,
        corners=corners,
        corner_match=_corners(kept, 1).mean().item(),
        location_match=kept.mean().item(),
        diversity=pixel_diversity(samples, real),
    )


def layout_correlation(real: Tensor, samples: Tensor, *, side: int = LAYOUT_SIDE) -> float:
    """Whether samples have the photograph's colours in the photograph's places: 1 all, 0 none.

    The correlation of pictures reduced to ``side`` pixels, after each channel's mean is taken away;
    mean over the samples.

    Cannot see: anything smaller than an eighth of the picture; and that a layout may be as good in
    another place (``structure_distance`` does). A copy has 1.

    Raises:
        ValueError: a photograph that is plain at that size.
    """
    check_pictures(real, samples)
    wanted, found = (_centred_thumbnails(x, side) for x in (real, samples))  # (n, values)
    if wanted.norm() < MIN_CONTRAST * wanted.shape[1] ** 0.5:
        raise ValueError("The photograph has no layout: reduced, it is of one plain colour.")
    return torch.cosine_similarity(wanted, found).mean().item()


def _centred_thumbnails(images: Tensor, side: int) -> Tensor:
    small = resize(images, fitted_size(*images.shape[-2:], side)).double()
    return (small - small.mean(dim=(2, 3), keepdim=True)).flatten(1)


def structure_distance(real: Tensor, samples: Tensor, *, side: int = STRUCTURE_SIDE) -> float:
    """How far large pieces of the samples are from the nearest of the photograph; 0: all are there.

    ``coherence`` of pictures reduced to ``side`` pixels, at which a patch holds a third of the
    width: sky above crowd is found wherever it lies, a jumble of sky and crowd is not. In the unit
    of [-1, 1].

    Cannot see: fine detail, and what ``coherence`` cannot; and noise that is gone when reduced,
    leaving a plain grey, is nearer than torn pieces.
    """
    size = fitted_size(*real.shape[-2:], side)
    return coherence(resize(real, size), resize(samples, size))


def std_map(samples: Tensor) -> Tensor:
    """For each pixel the standard deviation of its intensity over the samples: (H, W).

    Args:
        samples: (n, C, H, W), at least two. Source: the maps of the supplement (boundary
            conditions); ``pixel_diversity`` is their mean.
    """
    check_pictures(samples[:1], samples)
    if len(samples) < 2:
        raise ValueError("A deviation needs at least two samples to compare; 32 give a fair map.")
    return samples.double().mean(dim=1).std(dim=0)


def border_variability(samples: Tensor, *, margin: int = BORDER_WIDTH) -> tuple[float, float]:
    """How much samples vary near the border and in the corners, relative to the interior.

    Below 1 the border is more alike from sample to sample than the interior; 1: nothing marks it.
    Compare variants of one photograph: what it shows at its border matters, too.

    Args:
        margin: width in pixels of the border, and side of the four corner squares.

    Returns:
        (border, corners), each the mean of ``std_map`` there divided by that of the interior; nan
        for samples that do not differ in the interior.

    Raises:
        ValueError: a picture without interior.
    """
    deviations = std_map(samples)
    if min(deviations.shape) <= 2 * margin:
        raise ValueError(
            f"Pictures of {deviations.shape[0]} x {deviations.shape[1]} pixels have no interior "
            f"within a border of {margin}; take a smaller margin or larger pictures."
        )
    inner = deviations[margin:-margin, margin:-margin]
    if inner.mean() < MIN_CONTRAST:
        return math.nan, math.nan
    around = (deviations.sum() - inner.sum()) / (deviations.numel() - inner.numel())
    return tuple((x / inner.mean()).item() for x in (around, _corners(deviations, margin).mean()))


def border_influence_radius(heights: Sequence[int], first: int = 0) -> float:
    """How far from its border a sample can depend on what stands beyond, in pixels of the finest.

    At each level the frame is seen ``BORDER_WIDTH`` pixels deep, and a pixel of a level of height h is
    ``heights[-1] / h`` pixels of the finest wide. What one level made of it, the next ones carry
    on, so that the levels add up: in the paper's counting to 5 (1 + r + r^2 + ... + r^N) pixels.
    Upsampling adds up to two pixels of each coarser level, faintly.

    Args:
        heights: of all levels in pixels, coarse to fine.
        first: the first level with a frame; 1 where noise runs on beyond the border, since level 0
            is made of noise alone.

    >>> border_influence_radius([48])
    5.0
    >>> round(border_influence_radius([25, 35, 48]), 1)   # of 24 to the middle
    21.5
    """
    return float(sum(BORDER_WIDTH * heights[-1] / height for height in heights[first:]))


def location_match(real: Tensor, samples: Tensor, *, side: int = LOCATION_SIDE) -> Tensor:
    """How often what a sample shows at a place is what the photograph shows there: (rows, columns).

    For each 7 x 7 patch of pictures reduced to ``side`` pixels, the share of samples whose patch
    has its nearest in the photograph at the same place, one pixel more or less. Anything
    rearranged at random would have some hundredths.

    Cannot see: whether it is a good likeness; and in plain regions the nearest of many equals is an
    accident.
    """
    check_pictures(real, samples)
    size = fitted_size(*real.shape[-2:], side)
    small, kept = resize(real, size), []
    for one in resize(samples, size).split(1):
        shifts = nearest_patches(one, small).shifts  # (2, rows, columns)
        kept.append((shifts.abs().amax(dim=0) <= LOCATION_TOLERANCE).double())
    return torch.stack(kept).mean(dim=0)


def corner_match(real: Tensor, samples: Tensor) -> float:
    """How often a corner of a sample is the same corner of the photograph: mean of the four."""
    return _corners(location_match(real, samples), 1).mean().item()


def _corners(values: Tensor, side: int) -> Tensor:
    """The four corner squares of a map: (4, side, side)."""
    above, below = values[:side], values[-side:]
    return torch.stack([part for row in (above, below) for part in (row[:, :side], row[:, -side:])])
