"""Whole objects: are large patches of a sample found in the training image, and the reverse?

A torn balloon or half an arch consists of small patches that all look right. Only patches as large
as the object show that it is broken. This module compares patches of an eighth and of a quarter of
the image's long side in both directions. Taught in lesson 14.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..images import Size, resize, round_half_up, size_of
from .metrics import MIN_CONTRAST, check_pictures
from .patches import extract_patches, nearest, patch_grid

OBJECT_PATCH = 11  # side of a patch in pixels
# Long sides, in pixels, at which patches are compared. There a patch is an eighth and a quarter of
# the image: 29 and 57 of 250 pixels.
OBJECT_SIDES = (96, 48)
QUERY_STRIDE = 2  # every second patch in both directions looks for a neighbour; all can be found


@dataclass(frozen=True)
class ObjectReference:
    """The large patches of a training image, to compare any number of samples with.

    Attributes:
        images: the training image at each of ``OBJECT_SIDES``, (1, C, h, w).
        variances: at each size, the mean squared difference of a patch's pixels from the patch's
            mean colour; the unit of the distances.
    """

    images: tuple[Tensor, ...]
    variances: tuple[float, ...]

    @classmethod
    def measure(cls, real: Tensor) -> ObjectReference:
        """Downsample a training image and measure the contrast of its patches.

        Args:
            real: (1, C, H, W) in [-1, 1].

        Raises:
            ValueError: an unsuitable, uniform or too narrow image.
        """
        check_pictures(real)
        images = tuple(resize(real, size) for size in _sizes(real))
        variances = tuple(_patch_variance(image) for image in images)
        if min(variances) < MIN_CONTRAST**2:
            raise ValueError("The training image is uniform; it contains no objects to look for.")
        return cls(images, variances)

    def similarity(self, samples: Tensor) -> Tensor:
        """Compute ``object_similarity`` of each sample.

        Args:
            samples: (n, C, H, W) in [-1, 1], of the training image's aspect.

        Returns:
            (n,) float64, from 0 to 1.
        """
        return torch.stack([self._similarity(sample) for sample in torch.split(samples, 1)])

    def _similarity(self, sample: Tensor) -> Tensor:
        """Compare one sample (1, C, H, W) at all sizes, in both directions."""
        unexplained = []
        for image, variance in zip(self.images, self.variances):
            small = resize(sample, size_of(image))
            for one, other in ((small, image), (image, small)):
                unexplained.append(_mean_square_distance(one, other) / variance)
        return (1 - torch.stack(unexplained).mean()).clamp(min=0)


def object_similarity(real: Tensor, fake: Tensor) -> float:
    """Compute the share of large-scale structure that samples and training image have in common.

    Each patch of a sample is compared with the training image's most similar patch, and each patch
    of the training image with the sample's. Their mean squared difference is divided by the
    variance within the training image's patches. The result is 1 minus the mean of these ratios, at
    least 0, over both directions and two image sizes, at which a patch is about an eighth and a
    quarter of the long side (one size if the image is small or narrow). It is 1 for a copy, and 0
    if the nearest patch is on average no better than a patch in one uniform colour.

    Blind to: fine detail (a slightly blurred copy scores nearly 1), and whether the sample is new
    (a copy scores 1). Objects in new places cost something, because their surroundings change.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image.
        fake: (n, C, h, w) in [-1, 1], samples of its aspect.

    Returns:
        Mean over the samples, from 0 to 1.

    Raises:
        ValueError: unsuitable images, or a training image that is uniform, or whose short side is
            at most 11 pixels where its long side is 96.

    Source: bidirectional similarity, Simakov et al. 2008, with larger patches and in units of the
    image's own contrast.
    """
    check_pictures(real, fake)
    return ObjectReference.measure(real).similarity(fake).mean().item()


def _sizes(image: Tensor) -> list[Size]:
    """List the sizes at which patches are compared, each once; none enlarges the image."""
    height, width = size_of(image)
    scales = [min(1.0, side / max(height, width)) for side in OBJECT_SIDES]
    sizes = {(round_half_up(s * height), round_half_up(s * width)) for s in scales}
    fitting = sorted((size for size in sizes if min(size) > OBJECT_PATCH), reverse=True)
    if not fitting:
        raise ValueError(
            f"An image of {height} x {width} pixels is too small or too narrow to look for objects "
            f"in: at a long side of {OBJECT_SIDES[0]} pixels its short side must exceed "
            f"{OBJECT_PATCH} pixels."
        )
    return fitting


def _patch_variance(image: Tensor) -> float:
    """Return the mean squared difference of pixels from the mean colour of their patch."""
    patches = extract_patches(image, OBJECT_PATCH)
    by_channel = patches.view(len(patches), image.shape[1], -1)  # (patches, C, 121)
    return float(by_channel.var(dim=2, unbiased=False).mean())


def _mean_square_distance(image: Tensor, other: Tensor) -> Tensor:
    """Return the mean squared distance from patches of ``image`` to their nearest in ``other``."""
    rows, columns = patch_grid(image, OBJECT_PATCH)
    chosen = torch.arange(rows * columns).view(rows, columns)[::QUERY_STRIDE, ::QUERY_STRIDE]
    queries = extract_patches(image, OBJECT_PATCH)[chosen.flatten()]
    distances, _ = nearest(queries, extract_patches(other, OBJECT_PATCH))
    return distances.double().square().mean()
