"""How good are samples, from the photograph alone: nothing is downloaded, nothing is learned.

Pictures are (n, C, H, W) tensors in [-1, 1]; ``real`` is one picture, ``fake`` one or several. No
number here is a verdict by itself: each docstring says what the metric cannot see, and
``scorecard`` sets them beside controls of which the verdict is known. Taught in lesson 14.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from skimage.measure import label
from skimage.metrics import structural_similarity
from torch import Tensor

from ..images import resize, round_half_up
from ..model import SinGAN
from .patches import (
    PATCH_SIZE,
    NearestPatches,
    nearest_patches,
    prefer_common_shifts,
    self_nn_distance,
)

PROJECTIONS = 128
MOST_LEVELS = 3  # full, half and quarter size
TOLERANCE = 0.1  # distance, in the unit of [-1, 1], that passes for the same: 12.75 grey levels
SMALLEST_COPY = 36  # patches of one shift in one piece, as in 12 x 12 pixels, are no accident
MIN_CONTRAST = 1e-5  # standard deviation below which there is nothing but rounding


# ------------------------------------------------------------------------ distributions of patches
def patch_swd(
    real: Tensor,
    fake: Tensor,
    *,
    band: bool = False,
    size: int = PATCH_SIZE,
    levels: int | None = None,
    projections: int = PROJECTIONS,
    seed: int = 0,
    per_level: bool = False,
) -> float | list[float]:
    """Sliced Wasserstein distance between the patches of ``real`` and of ``fake``; 0 is equal.

    All patches are projected on random directions; along each, the sorted values of the two
    pictures are compared. Mean over directions, levels and samples.

    Args:
        band: compare what a picture has and its half-size copy has not, in units of the
            photograph's standard deviation there. Raw patches are mostly smooth colour.
        size: side of a patch in pixels.
        levels: how often to halve the size, counting the full one; three (quarter size) if not
            given, fewer for a small picture.
        projections, seed: how many directions, drawn from what.
        per_level: return one number per level, fine to coarse, instead of their mean.

    Raises:
        ValueError: values that are not finite, other channel counts, more than one ``real``, or a
            picture too small for ``levels``.

    Cannot see: where patches are (a copy, a shifted or a shuffled picture scores as well as the
    best sample), torn shapes larger than a patch, and, unless ``band``, ruined fine detail. Source:
    Rabin et al. 2011; on patches of the bands, normalised, Karras et al. 2018 (progressive GAN).
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
    projections: int = PROJECTIONS,
    seed: int = 0,
) -> Tensor:
    """``patch_swd`` of each sample at each level, fine to coarse: (n, levels) float64."""
    check_pictures(real, fake)
    columns = []
    for one, others in zip(*(_levels(x, levels, size, band) for x in (real, fake))):
        unit = band_std(one) if band else 1.0
        kernels = _directions(projections, one.shape[1], size, seed)
        wanted = _sorted_projections(one, kernels)  # (1, projections, patches)
        columns.append(
            torch.cat([_distance(wanted, _sorted_projections(x, kernels)) for x in others.split(1)])
            / unit
        )
    return torch.stack(columns, dim=1)


def swd_noise_floor(
    real: Tensor,
    *,
    band: bool = False,
    size: int = PATCH_SIZE,
    levels: int | None = None,
    projections: int = PROJECTIONS,
    splits: int = 4,
    seed: int = 0,
    per_level: bool = False,
) -> float | list[float]:
    """``patch_swd`` between two halves of the photograph's own patches, drawn at random.

    No sample can be expected to come closer, unless it is a copy. Neighbouring patches overlap and
    fall into both halves, so the floor is a low one: an independent photograph of the same place
    would lie above it.

    Args:
        splits: random halvings to average over; the others are those of ``patch_swd``.
    """
    check_pictures(real)
    rng = torch.Generator().manual_seed(seed)
    columns = []
    for one in _levels(real, levels, size, band):
        unit = band_std(one) if band else 1.0
        values = _projections(one, _directions(projections, one.shape[1], size, seed))[0]
        half = values.shape[1] // 2
        distances = []
        for _ in range(splits):
            order = torch.randperm(values.shape[1], generator=rng)
            first, second = values[:, order[:half]], values[:, order[half : 2 * half]]
            distances.append((first.sort().values - second.sort().values).abs().double().mean())
        columns.append(torch.stack(distances).mean().item() / unit)
    return columns if per_level else sum(columns) / len(columns)


def band_of(image: Tensor) -> Tensor:
    """What a picture (n, C, h, w) has and its half-size copy has not: its finest octave."""
    size = tuple(image.shape[-2:])
    half = (max(1, round_half_up(size[0] / 2)), max(1, round_half_up(size[1] / 2)))
    return image - resize(resize(image, half), size)


def band_std(band: Tensor) -> float:
    """The standard deviation of a photograph's band, which other bands are measured in."""
    unit = band.std().item()
    if unit < MIN_CONTRAST:
        raise ValueError("The photograph has no detail at one of the levels; take band=False.")
    return unit


def _levels(image: Tensor, levels: int | None, size: int, band: bool) -> list[Tensor]:
    """The picture, halved again and again, fine to coarse; or the bands of these."""
    height, width = image.shape[-2:]
    possible = max(1, min(MOST_LEVELS, int(math.log2(max(1, min(height, width) / (2 * size)))) + 1))
    levels = possible if levels is None else levels
    if levels < 1:
        raise ValueError(f"levels={levels} must be at least 1, the full size.")
    if min(height, width) / 2 ** (levels - 1) < size + 1:
        fewer = f"levels={possible}, " if levels > possible else ""
        raise ValueError(
            f"A picture of {height} x {width} pixels is too small for patches of {size} pixels at "
            f"{levels} level(s); ask for {fewer}smaller patches or a larger picture."
        )
    pictures = [
        resize(image, (round_half_up(height / 2**k), round_half_up(width / 2**k)))
        for k in range(levels)
    ]
    return [band_of(x) for x in pictures] if band else pictures


def _directions(count: int, channels: int, size: int, seed: int) -> Tensor:
    """Random directions of length one in the space of patches: (count, channels, size, size)."""
    rng = torch.Generator().manual_seed(seed)
    kernels = torch.randn(count, channels, size, size, generator=rng)
    return kernels / kernels.flatten(1).norm(dim=1)[:, None, None, None]


def _projections(image: Tensor, kernels: Tensor) -> Tensor:
    """All patches on all directions: (n, directions, patches). A convolution does just this."""
    return F.conv2d(image, kernels.to(image)).flatten(2)


def _sorted_projections(image: Tensor, kernels: Tensor) -> Tensor:
    return _projections(image, kernels).sort(dim=2).values


def _distance(one: Tensor, other: Tensor) -> Tensor:
    """Mean difference of sorted values; the longer list is read at the quantiles of the shorter."""
    count = min(one.shape[2], other.shape[2])
    one, other = (F.interpolate(x, count, mode="linear") for x in (one, other))
    return (one - other).abs().double().mean(dim=(1, 2))


# --------------------------------------------------------------- both directions, patch for patch
def coherence(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Mean distance from the samples' patches to the photograph's nearest; 0: all are from there.

    In the unit of [-1, 1], root mean square over a patch. Take it of reduced pictures to see larger
    structure: 7 pixels of a picture of 64 are a ninth of it.

    Cannot see: what is missing, or repeated; a copy and a plain patch of sky are perfect. Source:
    bidirectional similarity, Simakov et al. 2008.
    """
    return coherence_values(real, fake, size=size).mean().item()


def coherence_values(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> Tensor:
    """``coherence`` of each sample, (n,) float64."""
    check_pictures(real, fake)
    fields = [nearest_patches(one, real, size=size) for one in fake.split(1)]
    return torch.stack([field.distances.double().mean() for field in fields])


def completeness(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Mean distance from the photograph's patches to a sample's nearest; 0: all are shown.

    Cannot see: what does not belong; a sample with all of the photograph and noise beside it is
    perfect. Source: bidirectional similarity, Simakov et al. 2008.
    """
    check_pictures(real, fake)
    fields = [nearest_patches(real, one, size=size) for one in fake.split(1)]
    return torch.stack([field.distances.double().mean() for field in fields]).mean().item()


def coverage(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Share of the photograph's patches that at least one of the samples shows, 0 to 1.

    More samples show more: compare at equal ``n``. What counts as shown: see ``coverage_maps``.

    Cannot see: what does not belong into the samples. Source: the idea is the coverage of Naeem et
    al. 2020, for patches.
    """
    return coverage_maps(real, fake, size=size).any(dim=0).double().mean().item()


def coverage_maps(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> Tensor:
    """Which patches of the photograph each sample shows: (n, rows, columns) booleans.

    A patch is shown where the sample comes as close to it as the photograph's nearest other patch
    does (``self_nn_distance``), or closer than the eye sees (``TOLERANCE``). So plain sky counts as shown
    where any is. ``~maps.any(dim=0)`` is what the samples never show.
    """
    check_pictures(real, fake)
    radius = coverage_radius(real, size=size)
    fields = [nearest_patches(real, one, size=size) for one in fake.split(1)]
    return torch.stack([field.distances <= radius for field in fields])


def coverage_radius(real: Tensor, *, size: int = PATCH_SIZE) -> Tensor:
    """How near a patch must be to pass for the photograph's there, see ``coverage_maps``.

    Where no other patch is without overlap, in a tiny photograph, ``TOLERANCE`` alone counts.
    Returns (rows, columns).
    """
    return self_nn_distance(real, size=size).nan_to_num(posinf=0).clamp(min=TOLERANCE)


# ----------------------------------------------------------------------------------------- novelty
@dataclass(frozen=True)
class CopyMap:
    """Where one sample was copied from.

    Attributes:
        field: the nearest patch of the photograph for each of the sample's.
        regions: (h, w), for each pixel the number of the verbatim copy that it lies in, 0 for none.
    """

    field: NearestPatches
    regions: Tensor

    @property
    def copied(self) -> float:
        """Share of the picture's pixels that lie in a verbatim copy."""
        return (self.regions > 0).double().mean().item()

    @property
    def largest(self) -> float:
        """Share of the picture's pixels that lie in the largest one."""
        areas = torch.bincount(self.regions.flatten())[1:]
        return areas.max().item() / self.regions.numel() if len(areas) else 0.0


def copy_map(
    real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE, tolerance: float = TOLERANCE
) -> CopyMap:
    """Find the parts of one sample that the photograph holds verbatim, moved as one piece.

    A copy is a connected set of at least ``SMALLEST_COPY`` patches whose nearest patches in the
    photograph lie at the same shift, each no further than ``tolerance``. Where several patches are
    equally near, as in plain regions, the shift that is common elsewhere in the sample counts.

    Cannot see: copies that were mirrored, resized or recoloured, and such as were disturbed in
    smooth regions, where the nearest of many patches that are alike is an accident.
    """
    check_pictures(real, fake)
    if len(fake) != 1:
        raise ValueError(f"copy_map looks at one sample; got {len(fake)}. Call it for each.")
    field = prefer_common_shifts(nearest_patches(fake, real, size=size), fake, real, size=size)
    number = field.shift_numbers.clone()
    number[field.distances > tolerance] = 0
    pieces = torch.from_numpy(label(number.cpu().numpy(), background=0, connectivity=1))
    small = torch.bincount(pieces.flatten()) < SMALLEST_COPY
    pieces[small[pieces]] = 0
    return CopyMap(field, _spread(pieces, size))


def _spread(pieces: Tensor, size: int) -> Tensor:
    """The numbers of patches given to all pixels under them; the larger number wins."""
    padded = F.pad(pieces[None].double(), [size - 1] * 4)
    return F.max_pool2d(padded, size, stride=1)[0].long()


def copied_share(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Share of the samples' pixels that lie in verbatim copies (see ``copy_map``), 0 to 1."""
    maps = [copy_map(real, one, size=size) for one in fake.split(1)]
    return sum(found.copied for found in maps) / len(maps)


def largest_copy(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """Share of a sample's pixels in its largest verbatim copy, mean over the samples, 0 to 1."""
    maps = [copy_map(real, one, size=size) for one in fake.split(1)]
    return sum(found.largest for found in maps) / len(maps)


def nnf_diversity(real: Tensor, fake: Tensor, *, size: int = PATCH_SIZE) -> float:
    """How disordered the samples' nearest-neighbour fields are: 0 for a copy, near 1 for noise.

    The shifts of the field (two 16-bit numbers per patch, so that large pictures do not wrap
    around) are compressed with zlib; the size is divided by that of a field whose patches come from
    anywhere at random.

    Cannot see: whether the patches match at all (noise is most diverse), and small copies in large
    pictures. Source: NNFDIV of SinFusion, Nikankin et al. 2023, there on 8-bit numbers.
    """
    check_pictures(real, fake)
    values = [_disorder(nearest_patches(one, real, size=size)) for one in fake.split(1)]
    return sum(values) / len(values)


def _disorder(field: NearestPatches) -> float:
    rng = torch.Generator().manual_seed(0)
    anywhere = torch.randint(math.prod(field.grid), field.sources.shape, generator=rng)
    random = NearestPatches(field.distances, anywhere, field.grid)
    return _compressed(field.shifts) / _compressed(random.shifts)


def _compressed(shifts: Tensor) -> int:
    return len(zlib.compress(shifts.to(torch.int16).cpu().numpy().tobytes(), 9))


# --------------------------------------------------------------------------------------- diversity
def pixel_diversity(samples: Tensor, real: Tensor) -> float:
    """How much samples differ from each other: the paper's diversity.

    For each pixel the standard deviation of its intensity (mean of the channels) over the samples;
    the mean over pixels is divided by the standard deviation of the photograph's intensities.

    Args:
        samples: (n, C, H, W), at least two, of the photograph's size; the paper takes 100. A
            deviation is estimated too low from a few: two give 0.80, eight 0.97 of what many do.

    Raises:
        ValueError: fewer than two samples, or another size.

    Cannot see: whether the samples are any good; noise, and random shifts, score highest. Source:
    paper, section 4 (0.5 from the coarsest scale, 0.35 from the one above, mean over its pictures).
    """
    check_pictures(real, samples)
    if len(samples) < 2:
        raise ValueError("Diversity needs at least two samples to compare; the paper takes 100.")
    _check_same_size(real, samples)
    intensities = samples.double().mean(dim=1)
    spread = real.double().mean(dim=1).std(correction=0)
    if spread < MIN_CONTRAST:
        raise ValueError("The photograph is of one plain colour; there is nothing to compare to.")
    return (intensities.std(dim=0).mean() / spread).item()


# ------------------------------------------------------------------------ against a known original
def rmse(image: Tensor, original: Tensor) -> float:
    """Root-mean-square error in grey levels (0 … 255) between pictures of one size.

    Cannot see: what kind of error; blur is cheaper than texture in the wrong place.
    """
    check_pictures(original, image, names=("original", "image"))
    _check_same_size(original, image)
    return 127.5 * (image.double() - original.double()).square().mean().sqrt().item()


def psnr(image: Tensor, original: Tensor) -> float:
    """Peak signal-to-noise ratio in dB, ``20 log10(255 / rmse)``; infinite for equal pictures.

    Cannot see: what ``rmse`` cannot.
    """
    error = rmse(image, original)
    return math.inf if error == 0 else 20 * math.log10(255 / error)


def ssim(image: Tensor, original: Tensor) -> float:
    """Structural similarity of two pictures (1, C, H, W), at most 1 (scikit-image computes it).

    Gaussian window of 1.5 pixels, population covariance, mean over the channels, as Wang et al.
    2004 define it (there for grey pictures).

    Raises:
        ValueError: several pictures, another size, or a side below the window's 11 pixels.

    Cannot see: changes of texture that keep local means, contrasts and correlations; like PSNR it
    compares pixel with pixel, so that a sharp guess in the wrong place scores below a blur.
    """
    check_pictures(original, image, names=("original", "image"))
    _check_same_size(original, image)
    if len(image) != 1:
        raise ValueError(f"ssim compares two pictures; got {len(image)}. Call it for each.")
    if min(original.shape[-2:]) < 11:
        raise ValueError(
            f"SSIM compares windows of 11 x 11 pixels; the pictures have {original.shape[-2]} x "
            f"{original.shape[-1]}."
        )
    return float(
        structural_similarity(
            original[0].double().cpu().numpy(),
            image[0].double().cpu().numpy(),
            data_range=2.0,
            channel_axis=0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def downscale_consistency(enlarged: Tensor, low_resolution: Tensor) -> float:
    """RMSE in grey levels between ``enlarged``, reduced again, and the picture that it came from.

    A super-resolved picture may invent detail, but must not contradict what was given.

    Cannot see: detail of any kind; a plain bicubic enlargement scores very well.
    """
    check_pictures(low_resolution, enlarged, names=("low_resolution", "enlarged"))
    return rmse(resize(enlarged, tuple(low_resolution.shape[-2:])), low_resolution)


def reconstruction_errors(model: SinGAN) -> list[dict[str, float]]:
    """RMSE (grey levels) and PSNR (dB) of the reconstruction at each trained level, coarse to fine.

    Cannot see: anything about random samples; a model that has memorised reconstructs best.
    """
    rows = []
    for level in range(model.trained_levels):
        real = resize(model.image, model.plan.sizes[level])
        made = model.reconstruct(level)
        rows.append(dict(level=level, rmse=rmse(made, real), psnr=psnr(made, real)))
    return rows


# ----------------------------------------------------------------------------------------- checks
def check_pictures(
    real: Tensor, fake: Tensor | None = None, *, names: tuple[str, str] = ("real", "fake")
) -> None:
    """Refuse what is no picture, is not finite, or does not belong together; says what to do."""
    for name, pictures in zip(names, (real, fake)):
        if pictures is None:
            continue
        if not isinstance(pictures, Tensor):
            raise TypeError(
                f"{name} is a {type(pictures).__name__}; read it with load_image first."
            )
        if pictures.dim() != 4 or len(pictures) == 0 or not pictures.is_floating_point():
            raise ValueError(
                f"{name} must be pictures (n, C, H, W) in [-1, 1]; got {tuple(pictures.shape)} "
                f"of {pictures.dtype}. load_image and SinGAN.sample make them."
            )
        if not torch.isfinite(pictures).all():
            raise ValueError(f"{name} holds values that are not finite (nan or inf).")
    if len(real) != 1:
        raise ValueError(f"{names[0]} is one picture (1, C, H, W); got {len(real)} pictures.")
    if fake is not None and fake.shape[1] != real.shape[1]:
        raise ValueError(
            f"{names[0]} has {real.shape[1]} channels, {names[1]} has {fake.shape[1]}; convert one "
            f"of them (grey has 1 channel, colour 3)."
        )


def _check_same_size(real: Tensor, fake: Tensor) -> None:
    if real.shape[-2:] != fake.shape[-2:]:
        raise ValueError(
            f"The pictures differ in size: {real.shape[-2]} x {real.shape[-1]} and "
            f"{fake.shape[-2]} x {fake.shape[-1]} pixels; resize one of them first."
        )
