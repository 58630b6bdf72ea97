"""Inpainting and outpainting: generate what could be in a hole, or beyond the border of an image.

The level decides between two methods:

* **Level 0** draws new noise in the hole and keeps z* elsewhere. Level 0 turns z* into the training
  image, so the new content starts where the old one ends. New objects appear, different ones with
  every seed.
* **Level 1 or finer** fills the hole smoothly, injects the result at that level, and lets the
  generators add detail. Nothing larger than their patches appears. Use it to remove objects.

Known pixels are returned unchanged. This application is not in the paper; it combines the paper's
noise inputs and its injection (section 4). Taught in lesson 12.

Measured by ``benchmarks/applications.py`` in 24 holes with sides of 24 to 40 pixels, in the
training images of the six pretrained models of 128 pixels. The columns are: mean distance of the
patches in the hole to the nearest patch of the rest of the image, at full size and at half size
(0.137 and 0.161 for the original pixels); patch-SWD of the finest frequency band in the hole; RMS
step across the border of the hole, in units of [-1, 1] (0.178 for the original pixels). Smaller is
better in the first three:

    mean colour        0.171  0.188  0.666  0.364        level 0        0.122  0.146  0.198  0.119
    mirrored border    0.171  0.203  0.267  0.032        level 1        0.126  0.152  0.226  0.116
    smooth filling     0.127  0.156  0.651  0.103        level 3        0.118  0.147  0.374  0.100

Levels 0 and 1 fit better than a mirrored filling, which has seams inside the hole. They also have
the detail that a smooth filling lacks, level 0 the most.

Where it fails: a line that the hole interrupts does not continue across it. A shore ends in a
smear, an arch in a stump. At level 0 the new part of a sky may have another tone. Restoring the
known pixels after every level, from level 1 on, was tried: it gave more detail but fitted worse, so
it is not done.

**An image with a real hole.** A model knows everything it was trained on. The pretrained models
have seen what is under any hole that you cut into their images. For an image with a hole of its
own, fill the hole with ``mirror_fill`` and train on that: the filling consists of the image's own
patches. A model would learn a smooth filling as one more texture. A model trained in this way
generated that blur again at level 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from ..arguments import NoiseScale
from ..images import Size, Source, paste, round_half_up, size_of
from ..model import SinGAN
from .injection import fit_mask_to_model, fit_to_model, output_size, training_image
from .masks import VISIBLE_DIFFERENCE, blend, check_mask

FEATHER = 8 / 250  # of the long side: four pixels of 128
Borders = int | tuple[int, int, int, int]  # pixels on all sides, or (top, bottom, left, right)


# -------------------------------------------------------------------------------------- inpainting
def inpaint(
    model: SinGAN,
    picture: Source | Tensor,
    mask: Source | Tensor,
    level: int,
    *,
    feather: float = FEATHER,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Fill a hole in an image with generated content.

    Args:
        model: trained on the image; if the hole is a real one, on the image filled by
            ``mirror_fill``.
        picture: path, PIL image, array, or tensor (1, C, h, w) in [-1, 1]. The pixels in the hole
            are not used. At another size it is resized, with an ``ImageNotice``.
        mask: the hole: path, PIL image, array, or tensor (1, 1, h, w) in [0, 1]; values above one
            half are the hole. Make it a little larger than what you want to remove.
        level: 0 generates new objects; 1 or finer removes objects (see the module's description).
        feather: distance from the border of the hole over which the new content fades in, as a
            share of the image's long side.
        noise_scale: factor on the noise in the hole, one number or one per level.
        seed: of that noise; None draws a new one.
        n: number of results.

    Returns:
        (n, C, H, W) in [-1, 1], at the training size; outside the hole equal to ``picture``.

    Raises:
        ValueError: the level is out of range; the mask is empty or covers everything; an input has
            another aspect ratio or number of channels than the training image; or, at level 0,
            ``picture`` is not the training image.
    """
    known = fit_to_model(model, picture, "The picture").to(model.device)
    hole = fit_mask_to_model(model, mask).to(model.device)
    filled = smooth_fill(known, hole)
    if level == 0:
        _check_trained_on(model, known, hole)
        noise = _noise_in_hole(model, hole, n, noise_scale, seed)
        generated = model.run_from(0, noise=noise)
    else:
        generated = model.run_from(level, filled, noise_scale=noise_scale, seed=seed, n=n)
    return blend(filled, generated, inner_feather_mask(hole, feather * max(hole.shape)))


def _noise_in_hole(
    model: SinGAN, hole: Tensor, n: int, noise_scale: NoiseScale, seed: int | None
) -> list[Tensor]:
    """Return the noise of each level: new in the hole, {z*, 0, …, 0} around it."""
    maps = [
        scale * z
        for scale, z in zip(model.noise_scales(noise_scale), model.draw_noise(n, seed=seed))
    ]
    # A coarse pixel belongs to the hole as soon as one fine pixel under it does.
    holes = [F.adaptive_max_pool2d(hole, size) for size in model.level_sizes()]
    around = [model.reconstruction_noise] + [torch.zeros_like(z) for z in maps[1:]]
    padding = [model.config.noise_padding] * 4
    return [
        torch.where(F.pad(level_hole, padding, mode="replicate") > 0, z, rest)
        for level_hole, z, rest in zip(holes, maps, around)
    ]


def _check_trained_on(model: SinGAN, picture: Tensor, hole: Tensor) -> None:
    """Refuse an image other than the training image, which alone z* reconstructs at level 0."""
    squares = (picture - training_image(model)).square().mean(dim=1, keepdim=True)
    error = ((squares * (1 - hole)).sum() / (1 - hole).sum()).sqrt().item()
    if error > VISIBLE_DIFFERENCE:
        raise ValueError(
            f"Level 0 starts from the noise of the training image, and this picture is another: "
            f"outside the hole they differ by {127.5 * error:.0f} grey levels (RMSE). Take level 1 "
            f"or finer."
        )


# ------------------------------------------------------------------------------------- outpainting
def outpaint(
    model: SinGAN,
    picture: Source | Tensor,
    border: Borders,
    level: int = 0,
    *,
    feather: float = FEATHER,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Extend an image beyond its border with generated content.

    Args:
        model: trained on the image.
        picture: path, PIL image, array, or tensor (1, C, h, w) in [-1, 1]. At another size than the
            training image it is resized, with an ``ImageNotice``.
        border: pixels to add at the training size, one number for all sides or (top, bottom, left,
            right).
        level: 0 surrounds z* with new noise and generates new objects. 1 or finer injects the
            mirrored image at that level, which then gets new detail.
        feather: distance from the old border over which the new content fades in, as a share of the
            image's long side.
        noise_scale: factor on the noise beyond the border, one number or one per level.
        seed: of that noise; None draws a new one.
        n: number of results.

    Returns:
        (n, C, top + H + bottom, left + W + right) in [-1, 1], with ``picture`` unchanged inside.

    Raises:
        ValueError: the border adds nothing or is negative; the level is out of range; the image has
            another aspect ratio or number of channels than the training image; or, at level 0, it
            is not the training image.
    """
    known = fit_to_model(model, picture, "The picture").to(model.device)
    top, bottom, left, right = borders = _parse_borders(border)
    canvas = F.pad(known, (left, right, top, bottom))
    beyond = F.pad(torch.zeros_like(known[:, :1]), (left, right, top, bottom), value=1.0)
    filled = mirror_fill(canvas, beyond)
    if level == 0:
        _check_trained_on(model, known, torch.zeros_like(known[:, :1]))
        generated = _generate_around(model, borders, n, noise_scale, seed)
    else:
        generated = model.run_from(
            level, filled, noise_scale=noise_scale, seed=seed, n=n, size=size_of(canvas)
        )
    return blend(filled, generated, inner_feather_mask(beyond, feather * max(known.shape)))


def _parse_borders(border: Borders) -> tuple[int, int, int, int]:
    """Return (top, bottom, left, right) in pixels."""
    borders = (border,) * 4 if isinstance(border, int) else tuple(border)
    if len(borders) != 4 or min(borders) < 0 or max(borders) < 1:
        raise ValueError(
            f"border={border!r} must be pixels to add: one number or (top, bottom, left, right), "
            f"none negative and at least one above 0."
        )
    return borders


def _generate_around(
    model: SinGAN,
    borders: tuple[int, int, int, int],
    n: int,
    noise_scale: NoiseScale,
    seed: int | None,
) -> Tensor:
    """Generate from z* surrounded by new noise: (n, C, top + H + bottom, left + W + right)."""
    (top, height, rows), (left, width, columns) = (
        _align_axis(borders[2 * axis : 2 * axis + 2], model.plan.sizes[0][axis], side)
        for axis, side in enumerate(output_size(model))
    )
    size: Size = (height, width)
    scales = model.noise_scales(noise_scale)
    noise = [scale * z for scale, z in zip(scales, model.draw_noise(n, size=size, seed=seed))]
    noise[0], _ = paste(noise[0], model.reconstruction_noise, top=top, left=left)
    return model.run_from(0, noise=noise, size=size)[..., rows, columns]


def _align_axis(border: Sequence[int], coarse: int, fine: int) -> tuple[int, int, slice]:
    """Find where to put z* along one axis so that the image comes out at the right place.

    A pixel of level 0 covers ``fine / coarse`` pixels of the finest level, and z* must lie on whole
    pixels of level 0. So the border is rounded up to such pixels and cropped afterwards.

    Returns:
        The position of z* at level 0, the canvas's side at the finest level, and the slice to crop.
    """
    pixel = fine / coarse
    before, after = (math.ceil(pixels / pixel) for pixels in border)
    canvas = round_half_up((before + coarse + after) * pixel)
    start = round_half_up(before * pixel) - border[0]
    return before, canvas, slice(start, start + border[0] + fine + border[1])


# ----------------------------------------------------------------------------------- first fillings
def smooth_fill(picture: Tensor, hole: Tensor) -> Tensor:
    """Fill a hole with the solution of Laplace's equation: every pixel is its neighbours' mean.

    Args:
        picture: (1, C, H, W) in [-1, 1].
        hole: mask (1, 1, H, W); values above one half are the hole. Where the hole touches the
            border of the image, the missing neighbours do not count.

    Returns:
        (1, C, H, W) in [-1, 1], outside the hole equal to ``picture``.

    Raises:
        ValueError: the hole is empty or covers the whole image.

    >>> picture = torch.tensor([0.0, 9, 9, 9, 0.8]).reshape(1, 1, 1, 5)
    >>> smooth_fill(picture, (picture > 1).float()).flatten()
    tensor([0.0000, 0.2000, 0.4000, 0.6000, 0.8000])
    """
    from scipy import sparse
    from scipy.sparse.linalg import spsolve

    inside = _hole_array(hole)
    flat, values = inside.ravel(), _pixel_matrix(picture)  # (H W,), (H W, C)
    laplacians = [_path_laplacian(side) for side in reversed(inside.shape)]
    rows = sparse.kronsum(*laplacians, format="csr")
    rows = rows[flat]  # one equation for each pixel in the hole
    solution = spsolve(rows[:, flat].tocsc(), -(rows[:, ~flat] @ values[~flat]))
    values[flat] = solution.reshape(-1, values.shape[1])
    filled = torch.from_numpy(values.T.reshape(picture.shape)).to(picture)
    return torch.where(hole > 0.5, filled.clamp(-1, 1), picture)


def mirror_fill(picture: Tensor, hole: Tensor) -> Tensor:
    """Fill a hole with the surrounding image, mirrored at the border of the hole.

    A pixel in the hole gets the value of the pixel equally far outside the nearest border. Where
    that one lies in a hole again, or beyond the image, it gets the known pixel nearest to it. So
    the filling consists of the image's own pixels at their own scale: train on it if the image has
    a real hole.

    Args:
        picture: (1, C, H, W) in [-1, 1].
        hole: mask (1, 1, H, W); values above one half are the hole.

    Returns:
        (1, C, H, W) in [-1, 1], outside the hole equal to ``picture``.

    Raises:
        ValueError: the hole is empty or covers the whole image.

    >>> picture = torch.tensor([1.0, 2, 3, 9, 9]).reshape(1, 1, 1, 5)
    >>> mirror_fill(picture, (picture > 5).float()).flatten()
    tensor([1., 2., 3., 3., 2.])
    """
    from scipy.ndimage import distance_transform_edt

    inside = _hole_array(hole)
    _, nearest = distance_transform_edt(inside, return_indices=True)  # (2, H, W)
    here = np.indices(inside.shape)
    # The border runs between two pixels, hence the sign.
    mirrored = 2 * nearest - here - np.sign(nearest - here)
    row, column = np.clip(mirrored, 0, np.array(inside.shape)[:, None, None] - 1)
    row, column = nearest[:, row, column]
    return picture[..., torch.from_numpy(row), torch.from_numpy(column)]


def inner_feather_mask(hole: Tensor, feather: float) -> Tensor:
    """Return a mask that fades in inside a hole, from its border on.

    Args:
        hole: mask (1, 1, H, W); values above one half are the hole.
        feather: distance from the border, in pixels, over which the mask grows from 0 to 1.

    Returns:
        (1, 1, H, W) in [0, 1], exactly 0 outside the hole, so that known pixels do not change.

    Raises:
        ValueError: the hole is empty or covers the whole image.
    """
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(_hole_array(hole))  # 1 for the pixels at the border
    return torch.from_numpy(depth / (1 + feather)).clamp(max=1).to(hole)[None, None]


def _hole_array(hole: Tensor) -> npt.NDArray[np.bool_]:
    """Return the hole as booleans (H, W); refuse one that is empty or covers everything."""
    check_mask(hole)
    inside = hole[0, 0].cpu().numpy() > 0.5
    if inside.all():
        raise ValueError(
            "The hole is the whole picture; leave known pixels around it to continue from."
        )
    return inside


def _pixel_matrix(picture: Tensor) -> npt.NDArray[np.float64]:
    """Return an image (1, C, H, W) as float64 values (H W, C)."""
    return picture[0].flatten(1).T.double().cpu().numpy().copy()


def _path_laplacian(side: int) -> Any:  # a sparse matrix; scipy has no types
    """Return the Laplacian matrix of ``side`` pixels in a row: degrees minus adjacency."""
    from scipy import sparse

    neighbours = sparse.diags_array([np.ones(side - 1)] * 2, offsets=[-1, 1])
    return sparse.diags_array(neighbours.sum(axis=1)) - neighbours
