"""Paint to image: turn a few strokes of colour into an image with the training image's textures.

Source: paper, section 4, and supplement (quantised colours). Taught in lesson 10.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..arguments import NoiseScale, check_seed
from ..images import Source, resize
from ..model import SinGAN
from ..training.level import begin_level, finish_level, train_level
from ..training.run import StopWhenNotFinite
from ..training.state import Callback, notify
from .injection import fit_to_model, injection_levels

NUM_COLOURS = 5  # authors' code
KMEANS_ITERATIONS = 50  # enough for the centres to converge


def paint_to_image(
    model: SinGAN,
    paint: Source | Tensor,
    level: int,
    *,
    palette: Tensor | None = None,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Turn a painted layout into an image like the training image (paper, section 4).

    Where it fails: flat areas larger than the patches of ``level`` stay flat, unless the training
    image has such areas. Wrong colours in the painting stay wrong.

    Args:
        model: a trained SinGAN.
        paint: flat areas of colour: path, PIL image, array, or tensor (1, C, h, w) in [-1, 1]. At
            another size it is resized, with an ``ImageNotice``. Colours of the training image work
            best: ``apply_palette(paint, colour_palette(model.image))`` maps to them.
        level: where to inject; the paper uses 1 and 2. ``over_levels`` shows all levels.
        palette: (k, C) in [-1, 1], the colours to which the injected image is reduced after it was
            blurred. Pass the palette with which the level was retrained (``retrain_level``). With a
            level that was not retrained, the hard edges give livelier textures, or exaggerated
            ones.
        noise_scale: factor on the trained noise standard deviations, one number or one per level.
        seed: of the noise; None draws a new one.
        n: number of results.

    Returns:
        (n, C, H, W) in [-1, 1], at the training size.

    Raises:
        ValueError: the level is out of range, or the painting has another aspect ratio or number of
            channels than the training image.
    """
    image = fit_to_model(model, paint, "The paint")
    if palette is None or level not in injection_levels(model):  # run_from refuses such a level
        return model.run_from(level, image, noise_scale=noise_scale, seed=seed, n=n)
    coarser, size = model.plan.sizes[level - 1 : level + 1]
    quantized = apply_palette(resize(resize(image, coarser), size), palette)
    # The image was blurred above, before its colours were reduced; hence blur=False.
    return model.run_from(level, quantized, blur=False, noise_scale=noise_scale, seed=seed, n=n)


# ----------------------------------------------------------------------------------------- colours
def colour_palette(image: Tensor, k: int = NUM_COLOURS) -> Tensor:
    """Find the k colours that represent an image best, by k-means over its pixels.

    The initial centres are colours spread evenly in brightness, so that the result is
    deterministic. The authors' code clusters triples of neighbouring values of one channel instead,
    because it mixes up the order of axes.

    Args:
        image: (1, C, H, W) in [-1, 1].
        k: number of colours, at least 1.

    Returns:
        (k, C) in [-1, 1], the most frequent colour first. An image with fewer than k colours gives
        all of them.

    Raises:
        ValueError: ``k`` is below 1.

    >>> colour_palette(torch.tensor([[-1.0, -1.0, 1.0]]).expand(1, 1, 4, 3), 2).flatten()
    tensor([-1.,  1.])
    """
    from scipy.cluster.vq import kmeans2

    if k < 1:
        raise ValueError(f"k={k} must be at least 1: a palette has at least one colour.")
    colours = image[0].permute(1, 2, 0).reshape(-1, image.shape[1])  # (H * W, C)
    pixels = colours.double().cpu().numpy()
    distinct = np.unique(pixels, axis=0)
    by_brightness = distinct[distinct.mean(axis=1).argsort(kind="stable")]
    positions = (np.arange(k) + 0.5) / k * len(distinct)
    start = by_brightness[np.unique(positions.astype(int))]
    centres, labels = kmeans2(pixels, start, iter=KMEANS_ITERATIONS, minit="matrix")
    counts = np.bincount(labels, minlength=len(centres))
    centres = centres[(-counts).argsort(kind="stable")][: np.count_nonzero(counts)]
    return torch.from_numpy(centres).float().to(image.device)


def apply_palette(image: Tensor, palette: Tensor) -> Tensor:
    """Replace the colour of each pixel by the nearest colour of a palette.

    Args:
        image: (n, C, H, W) in [-1, 1].
        palette: (k, C) in [-1, 1].

    Returns:
        (n, C, H, W), with no other colours than the palette's.

    Raises:
        ValueError: the palette has another shape.
    """
    if palette.dim() != 2 or palette.shape[1] != image.shape[1]:
        raise ValueError(
            f"A palette for this picture is (k, {image.shape[1]}), a row for each colour; this one "
            f"has the shape {tuple(palette.shape)}. colour_palette makes one."
        )
    palette = palette.to(image)
    pixels = image.permute(0, 2, 3, 1)  # (n, H, W, C)
    nearest = torch.cdist(pixels.flatten(1, 2), palette).argmin(dim=-1)  # (n, H * W)
    return palette[nearest].reshape(pixels.shape).permute(0, 3, 1, 2).contiguous()


def quantize_colours(image: Tensor, k: int = NUM_COLOURS) -> Tensor:
    """Reduce an image to k colours found by k-means (paper, supplement).

    Args:
        image: (1, C, H, W) in [-1, 1].
        k: number of colours, at least 1.

    Returns:
        (1, C, H, W) in [-1, 1].

    Raises:
        ValueError: ``k`` is below 1.
    """
    return apply_palette(image, colour_palette(image, k))


# --------------------------------------------------------------------------------------- retraining
def retrain_level(
    model: SinGAN,
    level: int,
    palette: Tensor,
    *,
    iterations: int | None = None,
    seed: int = 0,
    callbacks: Sequence[Callback] = (),
) -> SinGAN:
    """Train one level again on inputs of few colours, for paint-to-image (paper, supplement).

    During this training, the level sees the output of the coarser levels reduced to the colours of
    ``palette``. It learns to add detail to flat areas, which paintings have and photographs do not.
    Its generator and discriminator start from new weights; all other levels stay as they are.

    Measured on the training images of the six pretrained models of 128 pixels
    (``benchmarks/retraining.py``): with retraining, the patches of the result come closer to those
    of the training image than without on five of six images, both at level 1 and at level 2. They
    come closer than with ``palette`` alone on four images at level 1, and on three at level 2.

    Args:
        model: a trained SinGAN; it is not changed.
        level: the level at which paintings will be injected, 1 or finer.
        palette: (k, C) in [-1, 1], from ``colour_palette(model.image)``. Pass the same one to
            ``paint_to_image``; ``SinGAN.save`` does not store it.
        iterations: number of iterations for this level; the configuration's if not given.
        seed: of the initial weights and the training noise.
        callbacks: are notified of each iteration and of the end of the level.

    Returns:
        A SinGAN with the new level in place of the old one.

    Raises:
        ValueError: there is no such level, or it is level 0, which gets no image.
        NotFiniteError: the training diverged.
    """
    if not 1 <= level < model.trained_levels:
        raise ValueError(
            f"Level {level} cannot be retrained; the levels that get an image as input are 1 to "
            f"{model.trained_levels - 1}."
        )
    config = model.config
    coarser_levels = dataclasses.replace(
        model,
        config=config if iterations is None else config.replace(iterations=iterations),
        generators=model.generators[:level],
        noise_stds=model.noise_stds[:level],
    )
    rng = torch.Generator().manual_seed(check_seed(seed))
    state = begin_level(coarser_levels, rng, prepare=lambda image: apply_palette(image, palette))
    listeners = [StopWhenNotFinite(), *callbacks]
    notify(listeners, "level_start", state)
    train_level(state, listeners)
    finish_level(state)
    notify(listeners, "level_end", state)
    return dataclasses.replace(
        model,
        generators=(*state.model.generators, *model.generators[level + 1 :]),
        noise_stds=(*state.model.noise_stds, *model.noise_stds[level + 1 :]),
    )
