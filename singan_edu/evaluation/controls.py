"""Generators of which the verdict is known: what a metric says of them says what it can see.

Each takes a photograph (1, C, H, W) in [-1, 1] and makes ``n`` pictures (n, C, H, W) of the same
size from a seed; none is trained. ``patch_nearest_neighbours`` is more than a control: a real
baseline, which a trained SinGAN has to be better than at something. Taught in lesson 14.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..images import resize, round_half_up
from .patches import average_patches, extract_patches, nearest

TILES = 4  # a side
BLUR_STD = 1.5  # pixels
SMALLEST_SIDE = 16  # of the coarsest level of patch_nearest_neighbours
STEP = 0.75
START_NOISE = 5  # times the standard deviation of the photograph
COMPLETENESS = 0.005
PASSES = (10, 10, 6, 4, 2, 1)  # of patch_nearest_neighbours, coarse to fine


def exact_copy(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """The photograph itself, ``n`` times: perfectly faithful, nothing new."""
    return image.repeat(n, 1, 1, 1)


def circular_shift(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """The photograph moved by a random number of pixels down and right, wrapped around.

    It deceives SIFID, patch distances and pixel diversity together.
    """
    rng = torch.Generator().manual_seed(seed)
    height, width = image.shape[-2:]
    return torch.cat(
        [
            image.roll((_between(1, height, rng), _between(1, width, rng)), dims=(2, 3))
            for _ in range(n)
        ]
    )


def tile_shuffle(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """The photograph cut into 4 x 4 tiles that are laid anew at random.

    Rows and columns that do not divide by four stay in place, at the bottom and the right.
    """
    rng = torch.Generator().manual_seed(seed)
    height, width = (side // TILES for side in image.shape[-2:])
    pictures = []
    for _ in range(n):
        picture = image.clone()
        inner = picture[..., : TILES * height, : TILES * width]
        tiles = inner.unfold(2, height, height).unfold(3, width, width)  # (1, C, 4, 4, h, w)
        tiles = tiles.flatten(2, 3)[:, :, torch.randperm(TILES**2, generator=rng)]
        rows = tiles.unflatten(2, (TILES, TILES)).transpose(3, 4)  # (1, C, 4, h, 4, w)
        inner.copy_(rows.reshape(inner.shape))
        pictures.append(picture)
    return torch.cat(pictures)


def gaussian_blur(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """The photograph under a Gaussian of 1.5 pixels: colours right, no detail."""
    radius = math.ceil(3 * BLUR_STD)
    x = torch.arange(-radius, radius + 1)
    weights = torch.exp(-(x**2) / (2 * BLUR_STD**2))
    weights = (weights / weights.sum()).to(image)
    channels = image.shape[1]
    padded = F.pad(image, [radius] * 4, mode="replicate")
    rows = F.conv2d(padded, weights.view(1, 1, -1, 1).repeat(channels, 1, 1, 1), groups=channels)
    both = F.conv2d(rows, weights.view(1, 1, 1, -1).repeat(channels, 1, 1, 1), groups=channels)
    return both.repeat(n, 1, 1, 1)


def colour_matched_noise(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """The photograph's pixels in random order: its colours exactly, and no structure."""
    rng = torch.Generator().manual_seed(seed)
    pixels = image.flatten(2)
    orders = [torch.randperm(pixels.shape[2], generator=rng) for _ in range(n)]
    return torch.cat([pixels[:, :, order] for order in orders]).reshape(n, *image.shape[1:])


def phase_randomisation(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """The photograph's power spectrum with random phases: its second-order statistics alone.

    The same phase is added to all channels, so that colours stay related; values are clamped to
    [-1, 1]. Source: Galerne, Gousseau and Morel 2011 (random phase noise).
    """
    rng, spectrum = torch.Generator().manual_seed(seed), torch.fft.rfft2(image)
    # One by one: some processors round a batch of transforms in another way than a single one.
    return torch.cat([_with_random_phases(spectrum, image.shape[-2:], rng) for _ in range(n)])


def _with_random_phases(spectrum: Tensor, size: Sequence[int], rng: torch.Generator) -> Tensor:
    """One picture, (1, C, h, w), of this spectrum (1, C, h, w // 2 + 1) and phases of noise."""
    # The noise is real, so its phases are odd, as those of a real picture must be.
    phase = torch.fft.rfft2(torch.randn(1, 1, *size, generator=rng)).angle()
    phase[..., 0, 0] = 0  # the mean colour stays
    turned = spectrum * torch.polar(torch.ones_like(phase), phase)
    return torch.fft.irfft2(turned, s=size).clamp(-1, 1)


# -------------------------------------------------------------------------------- a real baseline
def patch_nearest_neighbours(
    image: Tensor, n: int = 1, *, seed: int = 0, passes: tuple[int, ...] = PASSES
) -> Tensor:
    """New pictures by putting together patches of the photograph, coarse to fine; no training.

    The coarsest level starts from the reduced photograph plus strong noise. At each level every
    patch is replaced, again and again, by the photograph's most similar one, and overlapping
    patches are averaged. To be chosen, a patch of the photograph is given an advantage if nothing
    in the picture is like it yet, which keeps all of the photograph in play.

    Args:
        passes: how often patches are replaced at each level, coarse to fine; the last number
            repeats.

    Source: the idea of GPNN, Granot et al., CVPR 2022. More noise at the start than there (with
    0.75 most results were the photograph again), and fewer passes at the fine levels.
    """
    sizes = _pyramid_sizes(*image.shape[-2:])
    rng = torch.Generator().manual_seed(seed)
    pictures = []
    for _ in range(n):
        start = resize(image, sizes[0])
        noise = torch.randn(start.shape, generator=rng).to(image)
        picture = start + START_NOISE * image.std() * noise
        before = sizes[0]
        for level, size in enumerate(sizes):
            real = resize(image, size)
            # What patches of a picture enlarged from the level before are to be compared with.
            blurred = real if level == 0 else resize(resize(image, before), size)
            picture = picture if level == 0 else resize(picture, size)
            for number in range(passes[min(level, len(passes) - 1)]):
                picture = _replace_patches(picture, blurred if number == 0 else real, real)
            before = size
        pictures.append(picture.clamp(-1, 1))
    return torch.cat(pictures)


def _pyramid_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """Coarse to fine, each three quarters of the next, the coarsest about 16 pixels short."""
    steps = max(0, math.floor(math.log(SMALLEST_SIDE / min(height, width)) / math.log(STEP)))
    return [
        (round_half_up(height * STEP**k), round_half_up(width * STEP**k))
        for k in range(steps, -1, -1)
    ]


def _replace_patches(picture: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Each patch of ``picture`` becomes the patch of ``values`` whose ``keys`` are nearest."""
    queries, keys = extract_patches(picture), extract_patches(keys)
    advantage = 1 / (COMPLETENESS + _nearest_squares(keys, queries))  # (keys,)
    _, index = nearest(queries, keys, key_weights=advantage)
    return average_patches(extract_patches(values)[index], *picture.shape[-2:])


def _nearest_squares(queries: Tensor, keys: Tensor) -> Tensor:
    distances, _ = nearest(queries, keys)
    return distances.square()


def _between(low: int, high: int, rng: torch.Generator) -> int:
    """A whole number from ``low`` to ``high - 1``."""
    return int(torch.randint(low, high, (1,), generator=rng))


CONTROLS: dict[str, Callable[..., Tensor]] = {
    "copy": exact_copy,
    "circular shift": circular_shift,
    "tile shuffle": tile_shuffle,
    "blur": gaussian_blur,
    "colour-matched noise": colour_matched_noise,
    "phase randomisation": phase_randomisation,
    "patch nearest neighbours": patch_nearest_neighbours,
}
