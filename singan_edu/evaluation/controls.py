"""Generators whose quality is known in advance, to learn what a metric can and cannot see.

Each control takes a training image (1, C, H, W) in [-1, 1] and makes n images (n, C, H, W) of the
same size from a seed; none is trained. ``patch_nearest_neighbours`` is also a serious baseline: a
trained SinGAN must be better than it at something. Taught in lesson 14.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..images import Size, resize, round_half_up, size_of
from .patches import average_patches, extract_patches, nearest

TILES_PER_SIDE = 4  # of tile_shuffle
BLUR_STD = 1.5  # of gaussian_blur, in pixels
# Of patch_nearest_neighbours, in the words of GPNN:
COARSEST_SIDE = 16  # short side of the coarsest level, at least, in pixels
LEVEL_RATIO = 0.75  # size of a level relative to the next finer one
START_NOISE = 5  # standard deviation of the start noise, relative to that of the image
COMPLETENESS_ALPHA = 0.005  # alpha of the normalised distances; smaller enforces completeness
PASSES = (10, 10, 6, 4, 2, 1)  # replacements of all patches at each level, coarse to fine


def exact_copy(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """Return the training image itself: perfect fidelity, nothing new.

    Args:
        image: (1, C, H, W) in [-1, 1].
        n: number of copies.
        seed: without effect; all controls take one.

    Returns:
        (n, C, H, W).
    """
    return image.repeat(n, 1, 1, 1)


def circular_shift(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """Shift the image by a random number of pixels down and right, wrapping around.

    The result fools SIFID, patch distances and pixel diversity at the same time.

    Args:
        image: (1, C, H, W) in [-1, 1], H and W at least 2.
        n: number of images to make.
        seed: of the shifts.

    Returns:
        (n, C, H, W).
    """
    rng = torch.Generator().manual_seed(seed)
    height, width = size_of(image)
    return torch.cat(
        [
            image.roll((_random_int(1, height, rng), _random_int(1, width, rng)), dims=(2, 3))
            for _ in range(n)
        ]
    )


def tile_shuffle(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """Cut the image into 4 x 4 tiles and put them together in random order.

    If the height or width is not divisible by four, the last rows and columns stay in place.

    Args:
        image: (1, C, H, W) in [-1, 1], H and W at least 4.
        n: number of images to make.
        seed: of the order.

    Returns:
        (n, C, H, W).
    """
    rng = torch.Generator().manual_seed(seed)
    height, width = (side // TILES_PER_SIDE for side in size_of(image))
    grid = (TILES_PER_SIDE, TILES_PER_SIDE)
    shuffled = []
    for _ in range(n):
        picture = image.clone()
        inner = picture[..., : TILES_PER_SIDE * height, : TILES_PER_SIDE * width]
        tiles = inner.unfold(2, height, height).unfold(3, width, width)  # (1, C, 4, 4, h, w)
        tiles = tiles.flatten(2, 3)[:, :, torch.randperm(TILES_PER_SIDE**2, generator=rng)]
        rows = tiles.reshape(1, -1, *grid, height, width).transpose(3, 4)  # (1, C, 4, h, 4, w)
        inner.copy_(rows.reshape(inner.shape))
        shuffled.append(picture)
    return torch.cat(shuffled)


def gaussian_blur(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """Blur the image with a Gaussian of standard deviation 1.5 pixels: correct colours, no detail.

    Args:
        image: (1, C, H, W) in [-1, 1].
        n: number of copies.
        seed: without effect; all controls take one.

    Returns:
        (n, C, H, W).
    """
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
    """Shuffle the pixels of the image: exactly its colours, no structure.

    Args:
        image: (1, C, H, W) in [-1, 1].
        n: number of images to make.
        seed: of the order.

    Returns:
        (n, C, H, W).
    """
    rng = torch.Generator().manual_seed(seed)
    pixels = image.flatten(2)
    orders = [torch.randperm(pixels.shape[2], generator=rng) for _ in range(n)]
    return torch.cat([pixels[:, :, order] for order in orders]).reshape(n, *image.shape[1:])


def phase_randomisation(image: Tensor, n: int = 1, *, seed: int = 0) -> Tensor:
    """Combine the image's power spectrum with random phases: its second-order statistics only.

    The same random phase is added to all channels, so that colours stay correlated.

    Args:
        image: (1, C, H, W) in [-1, 1].
        n: number of images to make.
        seed: of the phases.

    Returns:
        (n, C, H, W), clamped to [-1, 1].

    Source: random phase noise, Galerne, Gousseau and Morel 2011.
    """
    rng, spectrum = torch.Generator().manual_seed(seed), torch.fft.rfft2(image)
    # One image at a time: some processors round a batch of transforms differently.
    return torch.cat([_with_random_phases(spectrum, size_of(image), rng) for _ in range(n)])


def _with_random_phases(spectrum: Tensor, size: Size, rng: torch.Generator) -> Tensor:
    """Make one image (1, C, h, w) from a spectrum (1, C, h, w // 2 + 1) and random phases."""
    # Phases of real noise are antisymmetric, as those of a real image must be.
    phase = torch.fft.rfft2(torch.randn(1, 1, *size, generator=rng, dtype=torch.float32)).angle()
    phase[..., 0, 0] = 0  # keeps the mean colour
    rotated = spectrum * torch.polar(torch.ones_like(phase), phase)
    image: Tensor = torch.fft.irfft2(rotated, s=size)
    return image.clamp(-1, 1)


# ------------------------------------------------------------------------------------ the baseline
def patch_nearest_neighbours(
    image: Tensor, n: int = 1, *, seed: int = 0, passes: tuple[int, ...] = PASSES
) -> Tensor:
    """Assemble new images from patches of the training image, coarse to fine, without training.

    The coarsest level starts from the downsampled image plus strong noise. At each level, every
    patch is replaced by the most similar patch of the training image, several times, and
    overlapping patches are averaged. Training patches that nothing in the result resembles yet get
    an advantage, which keeps all parts of the training image in use.

    Args:
        image: (1, C, H, W) in [-1, 1].
        n: number of images to make.
        seed: of the start noise.
        passes: number of replacements at each level, coarse to fine; the last number repeats.

    Returns:
        (n, C, H, W), clamped to [-1, 1].

    Source: GPNN, Granot et al., CVPR 2022, with more start noise (with their 0.75 most results
    repeated the training image) and fewer passes at fine levels.
    """
    sizes = _pyramid_sizes(*size_of(image))
    rng = torch.Generator().manual_seed(seed)
    made = []
    for _ in range(n):
        start = resize(image, sizes[0])
        noise = torch.randn(start.shape, generator=rng, dtype=torch.float32).to(image)
        picture = start + START_NOISE * image.std() * noise
        coarser = sizes[0]
        for level, size in enumerate(sizes):
            real = resize(image, size)
            # Patches of an upsampled image are compared with an equally upsampled training image.
            blurred = real if level == 0 else resize(resize(image, coarser), size)
            picture = picture if level == 0 else resize(picture, size)
            for number in range(passes[min(level, len(passes) - 1)]):
                picture = _replace_patches(picture, blurred if number == 0 else real, real)
            coarser = size
        made.append(picture.clamp(-1, 1))
    return torch.cat(made)


def _pyramid_sizes(height: int, width: int) -> list[Size]:
    """List the sizes of the levels, coarse to fine; the coarsest short side is about 16 pixels."""
    steps = max(0, math.floor(math.log(COARSEST_SIDE / min(height, width)) / math.log(LEVEL_RATIO)))
    return [
        (round_half_up(height * LEVEL_RATIO**k), round_half_up(width * LEVEL_RATIO**k))
        for k in range(steps, -1, -1)
    ]


def _replace_patches(picture: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Replace each patch of ``picture`` by the patch of ``values`` whose ``keys`` are nearest."""
    queries, keys = extract_patches(picture), extract_patches(keys)
    advantage = 1 / (COMPLETENESS_ALPHA + _nearest_squares(keys, queries))  # (keys,)
    _, index = nearest(queries, keys, key_weights=advantage)
    return average_patches(extract_patches(values)[index], *size_of(picture))


def _nearest_squares(queries: Tensor, keys: Tensor) -> Tensor:
    """Return the mean squared difference from each query to its nearest key, (queries,)."""
    distances, _ = nearest(queries, keys)
    return distances.square()


def _random_int(low: int, high: int, rng: torch.Generator) -> int:
    """Draw an integer from ``low`` to ``high - 1``."""
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
