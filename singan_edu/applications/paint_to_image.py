"""Paint to image: a few strokes of colour become a picture with the photograph's textures.

Source: paper, section 4 and supplement (quantised colours). Taught in lesson 10.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch
from scipy.cluster.vq import kmeans2
from torch import Tensor

from ..images import Source, resize
from ..arguments import check_seed
from ..model import SinGAN
from ..training.level import begin_level, finish_level, train_level
from ..training.run import StopWhenNotFinite
from ..training.state import Callback, notify
from .injection import fit_to_model, injection_levels

NUM_COLOURS = 5  # authors' code
KMEANS_ITERATIONS = 50  # of k-means, enough for the centres to stand still


def paint_to_image(
    model: SinGAN,
    paint: Source | Tensor,
    level: int,
    *,
    palette: Tensor | None = None,
    noise_scale: float | Sequence[float] = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Turn a painted layout into a picture like the training picture (paper, section 4).

    Args:
        paint: flat areas of colour, (1, C, h, w) in [-1, 1], path, PIL image or array; of another
            size it is resized with a notice. Colours that the training picture has do best:
            ``apply_palette(paint, colour_palette(model.image))`` gives it those.
        level: where to inject; 1 and 2 are the paper's. ``over_levels`` shows all.
        palette: (k, C) colours that what the generator of ``level`` sees is reduced to, after the
            blur of injecting. Give the one that the level was retrained with (``retrain_level``);
            without that, the hard edges that it leaves give livelier textures, or overdone ones.
        noise_scale, seed, n: as in ``SinGAN.run_from``.

    Returns:
        (n, C, H, W) in [-1, 1], of the training size.

    Raises:
        ValueError: level out of range, another aspect, or another number of channels.

    Where it fails: flat areas larger than the patches of ``level`` stay flat, where the training
    picture has none like them; and paint in the wrong colours stays wrong.
    """
    options = dict(noise_scale=noise_scale, seed=seed, n=n)
    paint = fit_to_model(model, paint, "The paint")
    if palette is None or level not in injection_levels(model):  # run_from says what is wrong
        return model.run_from(level, paint, **options)
    coarser, size = model.plan.sizes[level - 1 : level + 1]
    seen = apply_palette(resize(resize(paint, coarser), size), palette)  # flat again after the blur
    return model.run_from(level, seen, blur=False, **options)


# ----------------------------------------------------------------------------------------- colours
def colour_palette(image: Tensor, k: int = NUM_COLOURS) -> Tensor:
    """The ``k`` colours that stand best for a picture's, the most frequent first: (k, C).

    k-means over the pixels' colours, started from colours evenly spread in brightness, so that
    nothing is random. The authors' code clusters the values of each channel in triples of
    neighbours instead, by a slip in the order of axes.

    Args:
        image: (1, C, H, W) in [-1, 1]. With fewer than ``k`` colours, all of them are returned.

    >>> colour_palette(torch.tensor([[-1.0, -1.0, 1.0]]).expand(1, 1, 4, 3), 2).flatten()
    tensor([-1.,  1.])
    """
    if k < 1:
        raise ValueError(f"k={k}: a palette has at least one colour.")
    pixels = image[0].permute(1, 2, 0).reshape(-1, image.shape[1])  # (H * W, C): whole colours
    pixels = pixels.double().cpu().numpy()
    colours = np.unique(pixels, axis=0)
    by_brightness = colours[colours.mean(axis=1).argsort(kind="stable")]
    places = (np.arange(k) + 0.5) / k * len(colours)
    start = by_brightness[np.unique(places.astype(int))]
    centres, labels = kmeans2(pixels, start, iter=KMEANS_ITERATIONS, minit="matrix")
    counts = np.bincount(labels, minlength=len(centres))
    centres = centres[(-counts).argsort(kind="stable")][: np.count_nonzero(counts)]
    return torch.from_numpy(centres).float().to(image.device)


def apply_palette(image: Tensor, palette: Tensor) -> Tensor:
    """Each pixel's colour replaced by the nearest of ``palette``.

    Args:
        image: (n, C, H, W) in [-1, 1].
        palette: (k, C) in [-1, 1].
    """
    if palette.dim() != 2 or palette.shape[1] != image.shape[1]:
        raise ValueError(
            f"A palette for this picture is (k, {image.shape[1]}), a row for each colour; this one "
            f"has the shape {tuple(palette.shape)}. colour_palette makes it."
        )
    palette = palette.to(image)
    pixels = image.permute(0, 2, 3, 1)  # (n, H, W, C)
    numbers = torch.cdist(pixels.flatten(1, 2), palette).argmin(dim=-1)  # (n, H * W)
    return palette[numbers].reshape(pixels.shape).permute(0, 3, 1, 2).contiguous()


def quantize_colours(image: Tensor, k: int = NUM_COLOURS) -> Tensor:
    """The picture (1, C, H, W) reduced to ``k`` colours (paper, supplement), found by k-means."""
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
    """Train one level anew to make pictures of flat colours (paper, supplement).

    In training the level sees what the levels below make, reduced to the colours of ``palette``; so
    it learns to draw detail on flat areas, which paint has and photographs have not. Its generator
    and discriminator begin anew; all other levels are kept, untouched.

    Args:
        level: 1 or finer; the one that paint is to go in at.
        palette: (k, C) in [-1, 1], from ``colour_palette(model.image)``; to be passed to
            ``paint_to_image`` with the model that is returned. ``SinGAN.save`` does not keep it.
        iterations: of this level; the config's if not given.
        callbacks: listeners, as in ``train``.

    Raises:
        ValueError: no such level, or level 0, which sees no picture.
        NotFiniteError: the training diverged.

    What it gains, on the six pictures that ship (``benchmarks/retraining.py``): results come nearer
    to the photograph's patches than without on five, at level 1 as at level 2; and than ``palette``
    alone does on four at level 1, on three at level 2.
    """
    if not 1 <= level < model.trained_levels:
        raise ValueError(
            f"Level {level} cannot be retrained; the levels that see a picture are 1 to "
            f"{model.trained_levels - 1}."
        )
    config = model.config
    below = dataclasses.replace(
        model,
        config=config if iterations is None else config.replace(iterations=iterations),
        generators=model.generators[:level],
        noise_stds=model.noise_stds[:level],
    )
    rng = torch.Generator().manual_seed(check_seed(seed))
    state = begin_level(below, rng, prepare=lambda picture: apply_palette(picture, palette))
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
