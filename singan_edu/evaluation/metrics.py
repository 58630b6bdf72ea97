"""Metrics of sample quality that need nothing but the training image: no download, no training.

Images are (n, C, H, W) tensors in [-1, 1]. ``real`` is the one training image, ``fake`` holds one
or more samples. Every metric is blind to something, and its docstring says to what; ``scorecard``
shows them beside controls whose quality is known. Taught in lesson 14.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Literal, overload

import torch
import torch.nn.functional as F
from torch import Tensor

from ..arguments import check_image
from ..images import resize, round_half_up, size_of
from .patches import (
    PATCH_SIZE,
    NearestPatches,
    nearest_patches,
    prefer_common_shifts,
    self_nn_distance,
)

# scikit-image is imported where it is used: it would double the time of `import singan_edu`.

NUM_PROJECTIONS = 128  # default number of random directions of the sliced Wasserstein distance
MAX_SWD_LEVELS = 3  # full, half and quarter size
PATCH_TOLERANCE = 0.1  # patches at this distance in [-1, 1] (12.75 grey levels) count as the same
MIN_COPY_PATCHES = 36  # size of a verbatim copy, as in 12 x 12 pixels; fewer match by accident
MIN_CONTRAST = 1e-5  # a standard deviation below this is rounding error


# ------------------------------------------------------------------------ distributions of patches
@overload
def patch_swd(
    real: Tensor,
    fake: Tensor,
    *,
    band: bool = False,
    size: int = PATCH_SIZE,
    levels: int | None = None,
    projections: int = NUM_PROJECTIONS,
    seed: int = 0,
    per_level: Literal[False] = False,
) -> float: ...


@overload
def patch_swd(
    real: Tensor,
    fake: Tensor,
    *,
    band: bool = False,
    size: int = PATCH_SIZE,
    levels: int | None = None,
    projections: int = NUM_PROJECTIONS,
    seed: int = 0,
    per_level: Literal[True],
) -> list[float]: ...


def patch_swd(
    real: Tensor,
    fake: Tensor,
    *,
    band: bool = False,
    size: int = PATCH_SIZE,
    levels: int | None = None,
    projections: int = NUM_PROJECTIONS,
    seed: int = 0,
    per_level: bool = False,
) -> float | list[float]:
    """Compute the sliced Wasserstein distance between the patches of ``real`` and of ``fake``.

    All patches are projected on random directions. Along each direction, the sorted values of the
    two images are compared. The result is the mean over directions, levels and samples.

    Blind to: the position of patches (a copy, a shifted and a shuffled image score as well as the
    best sample), structure larger than a patch, and, unless ``band``, lost fine detail.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples.
        band: compare only the finest frequency band of each level, in units of its standard
            deviation in ``real``. Without it, smooth colour dominates.
        size: side of a patch in pixels.
        levels: number of image sizes, each half of the previous one, counting the full size; None
            means three (down to a quarter), or as many as a small image allows.
        projections: number of random directions.
        seed: of the random directions.
        per_level: return one number per level, fine to coarse, instead of their mean.

    Returns:
        The distance in the unit of [-1, 1], or in standard deviations with ``band``; >= 0, and 0 if
        the patches are equal. A list of them with ``per_level``.

    Raises:
        ValueError: values that are not finite or outside [-1, 1], different channel counts, more
            than one ``real``, an image too small for ``levels``, or, with ``band``, a ``real``
            without detail.

    Source: Rabin et al. 2011. Normalised patches of frequency bands: Karras et al. 2018
    (progressive growing of GANs).
    """
    values = patch_swd_values(
        real, fake, band=band, size=size, levels=levels, projections=projections, seed=seed
    )
    return values.mean(dim=0).tolist() if per_level else values.mean().item()


def patch_swd_values(
    real: Tensor,
    fake: Tensor,
    *,
    band: bool = False,
    size: int = PATCH_SIZE,
    levels: int | None = None,
    projections: int = NUM_PROJECTIONS,
    seed: int = 0,
) -> Tensor:
    """Compute the patch sliced Wasserstein distance of each sample at each level.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples.
        band: compare only the finest frequency band of each level, in units of its standard
            deviation in ``real``.
        size: side of a patch in pixels.
        levels: number of image sizes, each half of the previous one; None means three, or as many
            as a small image allows.
        projections: number of random directions.
        seed: of the random directions.

    Returns:
        (n, levels) float64, fine to coarse, >= 0; ``patch_swd`` is their mean.

    Raises:
        ValueError: unsuitable images, or an image too small for ``levels``.
    """
    check_pictures(real, fake)
    columns = []
    pyramids = (_swd_pyramid(x, levels, size, band) for x in (real, fake))
    for real_level, fake_level in zip(*pyramids):
        unit = band_std(real_level) if band else 1.0
        kernels = _directions(projections, real_level.shape[1], size, seed)
        sorted_real = _sorted_projections(real_level, kernels)  # (1, projections, patches)
        distances = [
            _quantile_distance(sorted_real, _sorted_projections(x, kernels))
            for x in torch.split(fake_level, 1)
        ]
        columns.append(torch.cat(distances) / unit)
    return torch.stack(columns, dim=1)


@overload
def swd_noise_floor(
    real: Tensor,
    *,
    band: bool = False,
    size: int = PATCH_SIZE,
    levels: int | None = None,
    projections: int = NUM_PROJECTIONS,
    splits: int = 4,
    seed: int = 0,
    per_level: Literal[False] = False,
) -> float: ...


@overload
def swd_noise_floor(
    real: Tensor,
    *,
    band: bool = False,
    size: int = PATCH_SIZE,
    levels: int | None = None,
    projections: int = NUM_PROJECTIONS,
    splits: int = 4,
    seed: int = 0,
    per_level: Literal[True],
) -> list[float]: ...


def swd_noise_floor(
    real: Tensor,
    *,
    band: bool = False,
    size: int = PATCH_SIZE,
    levels: int | None = None,
    projections: int = NUM_PROJECTIONS,
    splits: int = 4,
    seed: int = 0,
    per_level: bool = False,
) -> float | list[float]:
    """Compute ``patch_swd`` between two random halves of the training image's own patches.

    No sample can be expected to score lower, unless it is a copy. Neighbouring patches overlap and
    fall into both halves, which makes this floor low: a second photograph of the same place would
    score higher.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        band: compare only the finest frequency band of each level, in units of its standard
            deviation in ``real``.
        size: side of a patch in pixels.
        levels: number of image sizes, each half of the previous one; None means three, or as many
            as a small image allows.
        projections: number of random directions.
        splits: number of random halvings to average over.
        seed: of the random directions and of the halvings.
        per_level: return one number per level, fine to coarse, instead of their mean.

    Returns:
        The distance in the unit of [-1, 1], or in standard deviations with ``band``; > 0 unless
        ``real`` is uniform. A list of them with ``per_level``.

    Raises:
        ValueError: an unsuitable image, or one too small for ``levels``.
    """
    check_pictures(real)
    rng = torch.Generator().manual_seed(seed)
    columns: list[float] = []
    for image in _swd_pyramid(real, levels, size, band):
        unit = band_std(image) if band else 1.0
        values = _projections(image, _directions(projections, image.shape[1], size, seed))[0]
        half = values.shape[1] // 2
        distances = []
        for _ in range(splits):
            order = torch.randperm(values.shape[1], generator=rng)
            first, second = values[:, order[:half]], values[:, order[half : 2 * half]]
            distances.append((first.sort().values - second.sort().values).abs().double().mean())
        columns.append(torch.stack(distances).mean().item() / unit)
    return columns if per_level else sum(columns) / len(columns)


def band_of(image: Tensor) -> Tensor:
    """Extract the finest frequency band: the image minus its half-size copy, upsampled again.

    This is the finest level of a Laplacian pyramid.

    Args:
        image: (n, C, h, w) in [-1, 1].

    Returns:
        (n, C, h, w), with mean near 0.
    """
    height, width = size_of(image)
    half = (max(1, round_half_up(height / 2)), max(1, round_half_up(width / 2)))
    return image - resize(resize(image, half), (height, width))


def band_std(band: Tensor) -> float:
    """Compute the standard deviation of a frequency band, the unit of band distances.

    Args:
        band: (1, C, h, w), from ``band_of``.

    Returns:
        The standard deviation over all values, > 0.

    Raises:
        ValueError: it is 0 within rounding; the image has no detail.
    """
    std = band.std().item()
    if std < MIN_CONTRAST:
        raise ValueError(
            f"The training image has no detail at one of the levels: the standard deviation of its "
            f"frequency band is {std:.0e}. Use band=False."
        )
    return std


def _swd_pyramid(image: Tensor, levels: int | None, size: int, band: bool) -> list[Tensor]:
    """Return the image at each level, halved again and again, or the finest band of each."""
    height, width = size_of(image)
    halvings = int(math.log2(max(1, min(height, width) / (2 * size))))
    possible = max(1, min(MAX_SWD_LEVELS, halvings + 1))
    levels = possible if levels is None else levels
    if levels < 1:
        raise ValueError(f"levels={levels} must be at least 1, the full size.")
    if min(height, width) / 2 ** (levels - 1) < size + 1:
        fewer = f"levels={possible}, " if levels > possible else ""
        raise ValueError(
            f"An image of {height} x {width} pixels is too small for patches of {size} pixels at "
            f"{levels} level(s); use {fewer}smaller patches or a larger image."
        )
    images = [
        resize(image, (round_half_up(height / 2**k), round_half_up(width / 2**k)))
        for k in range(levels)
    ]
    return [band_of(x) for x in images] if band else images


def _directions(count: int, channels: int, size: int, seed: int) -> Tensor:
    """Draw random unit vectors in the space of patches: (count, channels, size, size)."""
    rng = torch.Generator().manual_seed(seed)
    kernels = torch.randn(count, channels, size, size, generator=rng, dtype=torch.float32)
    lengths: Tensor = kernels.flatten(1).norm(dim=1)[:, None, None, None]
    return kernels / lengths


def _projections(image: Tensor, kernels: Tensor) -> Tensor:
    """Project all patches on all directions by a convolution: (n, directions, patches)."""
    return F.conv2d(image, kernels.to(image)).flatten(2)


def _sorted_projections(image: Tensor, kernels: Tensor) -> Tensor:
    """Return the projections sorted along the patches: (n, directions, patches)."""
    return _projections(image, kernels).sort(dim=2).values


def _quantile_distance(one: Tensor, other: Tensor) -> Tensor:
    """Return the mean difference of sorted values at equal quantiles, (n,) float64.

    The longer list is interpolated at the quantiles of the shorter one.
    """
    count = min(one.shape[2], other.shape[2])
    one, other = (F.interpolate(x, count, mode="linear") for x in (one, other))
    return (one - other).abs().double().mean(dim=(1, 2))


# ----------------------------------------------------------------- nearest patches, both directions
def coherence(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Compute the mean patch distance from the samples to the training image.

    For each patch of a sample, this is the distance to the nearest patch of the training image. To
    measure larger structure, pass downsampled images: 7 pixels are a ninth of a width of 64.

    Blind to: what is missing or repeated. A copy scores 0, and so does a uniform patch of sky.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples.
        size: side of a patch in pixels.

    Returns:
        Mean root-mean-square distance in the unit of [-1, 1]; >= 0, and 0 if every patch occurs in
        the training image.

    Raises:
        ValueError: unsuitable images, or one smaller than a patch.

    Source: bidirectional similarity, Simakov et al. 2008.
    """
    return coherence_values(real, fake, size=size).mean().item()


def coherence_values(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> Tensor:
    """Compute the mean patch distance from each sample to the training image.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples.
        size: side of a patch in pixels.

    Returns:
        (n,) float64, >= 0, in the unit of [-1, 1]; ``coherence`` is their mean.

    Raises:
        ValueError: unsuitable images, or one smaller than a patch.
    """
    check_pictures(real, fake)
    fields = [nearest_patches(sample, real, size=size) for sample in torch.split(fake, 1)]
    return torch.stack([field.distances.double().mean() for field in fields])


def completeness(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Compute the mean patch distance from the training image to the samples.

    For each patch of the training image, this is the distance to the nearest patch of a sample.

    Blind to: what does not belong there. A sample that holds the training image beside noise
    scores 0.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples; the mean over them is returned.
        size: side of a patch in pixels.

    Returns:
        Mean root-mean-square distance in the unit of [-1, 1]; >= 0, and 0 if every sample shows
        every patch of the training image.

    Raises:
        ValueError: unsuitable images, or one smaller than a patch.

    Source: bidirectional similarity, Simakov et al. 2008.
    """
    check_pictures(real, fake)
    fields = [nearest_patches(real, sample, size=size) for sample in torch.split(fake, 1)]
    return torch.stack([field.distances.double().mean() for field in fields]).mean().item()


def coverage(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Compute the fraction of the training image's patches that occur in at least one sample.

    More samples cover more: compare at equal n. ``coverage_maps`` defines when a patch occurs. The
    scorecard's coverage is another number: the mean over single samples, at a smaller size.

    Blind to: patches of the samples that do not belong there.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples.
        size: side of a patch in pixels.

    Returns:
        From 0 to 1.

    Raises:
        ValueError: unsuitable images, or one smaller than a patch.

    Source: the coverage of Naeem et al. 2020, here for patches.
    """
    return coverage_maps(real, fake, size=size).any(dim=0).double().mean().item()


def coverage_maps(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> Tensor:
    """Find which patches of the training image occur in each sample.

    A patch occurs in a sample if the distance to the sample's nearest patch is at most
    ``coverage_radius``. ``~maps.any(dim=0)`` marks what the samples never show.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples.
        size: side of a patch in pixels.

    Returns:
        (n, rows, columns) booleans, one for each patch of ``real``.

    Raises:
        ValueError: unsuitable images, or one smaller than a patch.
    """
    check_pictures(real, fake)
    radius = coverage_radius(real, size=size)
    fields = [nearest_patches(real, sample, size=size) for sample in torch.split(fake, 1)]
    return torch.stack([field.distances <= radius for field in fields])


def coverage_radius(real: Tensor, *, size: int = PATCH_SIZE) -> Tensor:
    """Compute how near a patch must be to count as the training image's patch at each position.

    It is the distance to the nearest other patch of the training image, so that sky counts as shown
    wherever there is similar sky, but at least ``PATCH_TOLERANCE``. In an image so small that all
    patches overlap, it is ``PATCH_TOLERANCE``.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        size: side of a patch in pixels.

    Returns:
        (rows, columns), in the unit of [-1, 1].

    Raises:
        ValueError: the image is smaller than a patch.
    """
    return self_nn_distance(real, size=size).nan_to_num(posinf=0).clamp(min=PATCH_TOLERANCE)


# ----------------------------------------------------------------------------------------- novelty
@dataclass(frozen=True)
class CopyMap:
    """Regions of one sample that are verbatim copies of the training image.

    Attributes:
        field: for each patch of the sample, the nearest patch of the training image.
        regions: (h, w), for each pixel the number of the copy it belongs to, 0 for none.
    """

    field: NearestPatches
    regions: Tensor

    @property
    def copied(self) -> float:
        """Fraction of the sample's pixels that belong to a verbatim copy, 0 to 1."""
        return (self.regions > 0).double().mean().item()

    @property
    def largest(self) -> float:
        """Fraction of the sample's pixels that belong to the largest verbatim copy, 0 to 1."""
        areas = torch.bincount(self.regions.flatten())[1:]
        return areas.max().item() / self.regions.numel() if len(areas) else 0.0


def copy_map(
    real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE, tolerance: float = PATCH_TOLERANCE
) -> CopyMap:
    """Find the regions of one sample that occur verbatim in the training image, moved as one piece.

    A copy is a connected set of at least ``MIN_COPY_PATCHES`` patches whose nearest patches in the
    training image all have the same shift and lie within ``tolerance``. Where several patches are
    equally near, as in uniform regions, the shift that is frequent elsewhere in the sample counts.

    Blind to: copies that were mirrored, resized or recoloured, and copies with noise in smooth
    regions, where the nearest of many similar patches is arbitrary.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (1, C, h, w) in [-1, 1], one sample.
        size: side of a patch in pixels.
        tolerance: largest patch distance within a copy, in the unit of [-1, 1].

    Returns:
        The regions and the nearest-neighbour field they were found in.

    Raises:
        ValueError: unsuitable images, one smaller than a patch, or more than one sample.
    """
    from skimage.measure import label

    check_pictures(real, fake)
    if len(fake) != 1:
        raise ValueError(f"copy_map takes one sample; got {len(fake)}. Call it for each.")
    field = prefer_common_shifts(nearest_patches(fake, real, size=size), fake, real, size=size)
    labels = field.shift_labels.clone()
    labels[field.distances > tolerance] = 0
    connected = label(  # type: ignore[no-untyped-call]  # scikit-image is typed in parts
        labels.cpu().numpy(), background=0, connectivity=1
    )
    pieces = torch.from_numpy(connected)
    small = torch.bincount(pieces.flatten()) < MIN_COPY_PATCHES
    pieces[small[pieces]] = 0
    return CopyMap(field, _patch_labels_to_pixels(pieces, size))


def _patch_labels_to_pixels(labels: Tensor, size: int) -> Tensor:
    """Label every pixel with the largest label of the patches that contain it: (h, w)."""
    padded = F.pad(labels[None].double(), [size - 1] * 4)
    return F.max_pool2d(padded, size, stride=1)[0].long()


def _copy_maps(real: Tensor, fake: Tensor, size: int) -> list[CopyMap]:
    """``copy_map`` of every sample."""
    check_pictures(real, fake)
    return [copy_map(real, sample, size=size) for sample in torch.split(fake, 1)]


def copied_share(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Compute the fraction of the samples' pixels that are verbatim copies (see ``copy_map``).

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples.
        size: side of a patch in pixels.

    Returns:
        Mean over the samples, from 0 to 1.

    Raises:
        ValueError: unsuitable images, or one smaller than a patch.
    """
    maps = _copy_maps(real, fake, size)
    return sum(found.copied for found in maps) / len(maps)


def largest_copy(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Compute the fraction of a sample's pixels in its largest verbatim copy (see ``copy_map``).

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples.
        size: side of a patch in pixels.

    Returns:
        Mean over the samples, from 0 to 1.

    Raises:
        ValueError: unsuitable images, or one smaller than a patch.
    """
    maps = _copy_maps(real, fake, size)
    return sum(found.largest for found in maps) / len(maps)


def nnf_diversity(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Compute how irregular the samples' nearest-neighbour fields are, by their compressibility.

    The shifts of the field are compressed with zlib. The compressed size is divided by that of a
    field whose shifts are drawn at random.

    Blind to: whether the patches match at all (noise is most diverse), and small copies in large
    images.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples.
        size: side of a patch in pixels.

    Returns:
        Mean over the samples: near 0 for a copy, near 1 for noise.

    Raises:
        ValueError: unsuitable images, or one smaller than a patch.

    Source: NNFDIV of SinFusion, Nikankin et al. 2023. Shifts have 8 bits there and 16 here, so that
    they do not wrap around in large images.
    """
    check_pictures(real, fake)
    fields = [nearest_patches(sample, real, size=size) for sample in torch.split(fake, 1)]
    return sum(_relative_compressed_size(field) for field in fields) / len(fields)


def _relative_compressed_size(field: NearestPatches) -> float:
    """Divide the compressed size of a field's shifts by that of random sources."""
    rng = torch.Generator().manual_seed(0)
    sources = torch.randint(math.prod(field.grid), field.sources.shape, generator=rng)
    random = NearestPatches(field.distances, sources, field.grid)
    return _compressed_size(field.shifts) / _compressed_size(random.shifts)


def _compressed_size(shifts: Tensor) -> int:
    """Return the size of the shifts after zlib, in bytes."""
    return len(zlib.compress(shifts.to(torch.int16).cpu().numpy().tobytes(), 9))


# --------------------------------------------------------------------------------------- diversity
def pixel_diversity(samples: Tensor, real: Tensor) -> float:
    """Compute the paper's diversity: how much samples differ from each other, per pixel.

    For each pixel, take the standard deviation of its intensity (mean of the channels) over the
    samples. The mean over pixels is divided by the standard deviation of the training image's
    intensities.

    Blind to: whether the samples are any good. Noise and random shifts score highest.

    Args:
        samples: (n, C, H, W) in [-1, 1], n >= 2; the paper takes 100. Few samples underestimate the
            diversity: with two it is 0.80, with eight 0.97 times that of many samples.
        real: (1, C, H, W) in [-1, 1], the training image, of the same size.

    Returns:
        >= 0, and 0 if all samples are equal. The paper reports 0.5 when sampling starts at the
        coarsest scale and 0.35 one scale finer, means over its images.

    Raises:
        ValueError: unsuitable images, fewer than two samples, another size, or a training image
            of one uniform colour.

    Source: paper, section 4.
    """
    check_pictures(real, samples, names=("real", "samples"))
    if len(samples) < 2:
        raise ValueError("Diversity compares at least two samples; got 1. The paper takes 100.")
    _check_same_size(real, samples)
    intensities = samples.double().mean(dim=1)
    real_std = real.double().mean(dim=1).std(correction=0)
    if real_std < MIN_CONTRAST:
        raise ValueError(
            "The training image has one uniform colour, which gives diversity no unit; use another "
            "image."
        )
    return (intensities.std(dim=0).mean() / real_std).item()


# ------------------------------------------------------------------------ against a known original
def rmse(image: Tensor, original: Tensor) -> float:
    """Compute the root-mean-square error in grey levels.

    Blind to: the kind of error. Blur costs less than sharp texture in the wrong place.

    Args:
        image: (n, C, H, W) in [-1, 1].
        original: (1, C, H, W) in [-1, 1], of the same size.

    Returns:
        From 0 to 255 grey levels, over all images.

    Raises:
        ValueError: unsuitable images, or different sizes.

    >>> rmse(torch.ones(1, 3, 8, 8), -torch.ones(1, 3, 8, 8))
    255.0
    """
    check_pictures(original, image, names=("original", "image"))
    _check_same_size(original, image)
    return 127.5 * (image.double() - original.double()).square().mean().sqrt().item()


def psnr(image: Tensor, original: Tensor) -> float:
    """Compute the peak signal-to-noise ratio, ``20 log10(255 / rmse)``.

    Blind to: the kind of error. Blur costs less than sharp texture in the wrong place.

    Args:
        image: (n, C, H, W) in [-1, 1].
        original: (1, C, H, W) in [-1, 1], of the same size.

    Returns:
        The ratio in dB, higher is closer; infinite for equal images.

    Raises:
        ValueError: unsuitable images, or different sizes.
    """
    error = rmse(image, original)
    return math.inf if error == 0 else 20 * math.log10(255 / error)


def ssim(image: Tensor, original: Tensor) -> float:
    """Compute the structural similarity of two images, with scikit-image.

    Gaussian window of standard deviation 1.5 pixels, population covariance, mean over the channels.

    Blind to: changes of texture that keep local means, contrasts and correlations. It compares
    pixel by pixel, so sharp texture in the wrong place scores below a blur.

    Args:
        image: (1, C, H, W) in [-1, 1].
        original: (1, C, H, W) in [-1, 1], of the same size.

    Returns:
        At most 1, for equal images.

    Raises:
        ValueError: unsuitable images, several images, different sizes, or a side below the window's
            11 pixels.

    Source: Wang et al. 2004, there for grey images.
    """
    from skimage.metrics import structural_similarity

    check_pictures(original, image, names=("original", "image"))
    _check_same_size(original, image)
    if len(image) != 1:
        raise ValueError(f"ssim compares two images; got {len(image)}. Call it for each.")
    if min(original.shape[-2:]) < 11:
        raise ValueError(
            f"SSIM compares windows of 11 x 11 pixels; the images have {original.shape[-2]} x "
            f"{original.shape[-1]}. Use larger images."
        )
    similarity = structural_similarity(  # type: ignore[no-untyped-call]  # typed in parts
        original[0].double().cpu().numpy(),
        image[0].double().cpu().numpy(),
        data_range=2.0,
        channel_axis=0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(similarity)


def downscale_consistency(enlarged: Tensor, low_resolution: Tensor) -> float:
    """Compute the error of an enlarged image after downsampling it to the input's size again.

    Super-resolution may invent detail, but must not contradict its input.

    Blind to: detail of any kind. Bicubic enlargement scores very well.

    Args:
        enlarged: (n, C, H, W) in [-1, 1], the super-resolved image.
        low_resolution: (1, C, h, w) in [-1, 1], the input it was made from.

    Returns:
        RMSE in grey levels, 0 to 255.

    Raises:
        ValueError: unsuitable images.
    """
    check_pictures(low_resolution, enlarged, names=("low_resolution", "enlarged"))
    return rmse(resize(enlarged, size_of(low_resolution)), low_resolution)


# ----------------------------------------------------------------------------------------- checks
def check_pictures(
    real: Tensor, fake: Tensor | None = None, *, names: tuple[str, str] = ("real", "fake")
) -> None:
    """Check that images can be measured and belong together.

    Args:
        real: one image, (1, C, H, W), finite and in [-1, 1].
        fake: images to compare with it, (n, C, h, w), finite and in [-1, 1]; None for none.
        names: what to call the two in error messages.

    Raises:
        TypeError: one of them is not a tensor.
        ValueError: wrong shape or type, values that are not finite or outside [-1, 1] by more than
            rounding, several images in ``real``, or different channel counts.
    """
    check_image(real, names[0])
    if fake is not None:
        check_image(fake, names[1])
    if len(real) != 1:
        raise ValueError(f"{names[0]} must be one image (1, C, H, W); got {len(real)} images.")
    if fake is not None and fake.shape[1] != real.shape[1]:
        raise ValueError(
            f"{names[0]} has {real.shape[1]} channels, {names[1]} has {fake.shape[1]}; convert one "
            f"of them (grey has 1 channel, colour 3)."
        )


def _check_same_size(real: Tensor, fake: Tensor) -> None:
    """Check that two images have the same height and width."""
    if real.shape[-2:] != fake.shape[-2:]:
        raise ValueError(
            f"The images differ in size: {real.shape[-2]} x {real.shape[-1]} and "
            f"{fake.shape[-2]} x {fake.shape[-1]} pixels; resize one of them first."
        )
