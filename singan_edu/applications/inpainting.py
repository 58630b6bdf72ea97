"""Inpainting and outpainting: what is in a hole, or beyond the border, is made up by the pyramid.

Two ways, by the level:

* **Level 0** draws the noise anew in the hole and leaves it z* elsewhere, from which level 0 makes
  the photograph: so what is new begins where the old ends. Things appear, others with every seed.
* **Level 1 or finer** first fills the hole smoothly and lets the generators from that level on give
  the filling detail. Nothing appears that is larger than their patches: to take something away.

The pixels that are known are returned to the bit. Not from the paper, but its noise and its
injection (section 4). Taught in lesson 12.

Measured by ``benchmarks/applications.py`` in 24 holes of 24 to 40 pixels in the six pictures that
ship: mean distance of patches in the hole to the nearest of the rest of the picture, at full and
half size (0.137 and 0.161 in the pictures themselves); patch-SWD of the hole's finest band; RMS
step across the rim (0.178 in the pictures themselves):

    mean colour        0.171  0.188  0.666  0.364        level 0        0.122  0.146  0.198  0.119
    mirrored rim       0.171  0.203  0.267  0.032        level 1        0.126  0.152  0.226  0.116
    smooth filling     0.127  0.156  0.651  0.103        level 3        0.118  0.147  0.374  0.100

So levels 0 and 1 fit better than a mirror, whose seams lie within the hole, and have the detail
that a smooth filling lacks, level 0 most. Where it fails: a line that the hole cuts does not go on
across it, a shore ends in a smear, an arch in a stump; at level 0 the sky of the new may have
another tone. To put the known pixels back level by level, from 1 on, was tried and is not done:
more detail, and it fits less.

**A picture with a real hole.** What a pyramid was trained on, it knows; the ones that ship have
seen what is under any hole you cut. For a hole of your own, train on the picture with the hole
filled by ``mirror_fill``, which has nothing in it but the picture's own patches. A smooth filling
would be learned as one more thing of the world: a pyramid trained so put its blur back at level 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from scipy import sparse
from scipy.ndimage import distance_transform_edt
from scipy.sparse.linalg import spsolve
from torch import Tensor

from ..images import Source, paste, round_half_up
from ..model import SinGAN
from .injection import finest, fitted, fitted_mask, output_size
from .masks import VISIBLE, blend, check_mask

FEATHER = 8 / 250  # of the long side: four pixels of 128
Borders = int | tuple[int, int, int, int]


# -------------------------------------------------------------------------------------- inpainting
def inpaint(
    model: SinGAN,
    picture: Source | Tensor,
    mask: Source | Tensor,
    level: int,
    *,
    feather: float = FEATHER,
    noise_scale: float | Sequence[float] = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Fill a hole with what could be there.

    Args:
        model: trained on the picture, its hole filled by ``mirror_fill``.
        picture: (1, C, h, w) in [-1, 1], path, PIL image or array; what is in the hole is not
            looked at. Of another size it is resized with a notice.
        mask: the hole, (1, 1, h, w) in [0, 1], path, PIL image or array; above one half is hole.
            Make it a little larger than what is to go.
        level: 0 puts something new there; 1 or finer take something away, see above.
        feather: over how much of the hole, from its rim, the new fades in, in shares of the long
            side of the picture.
        noise_scale: factor on the noise in the hole.
        seed: of that noise; None: a new one each time.
        n: number of results.

    Returns:
        (n, C, H, W) in [-1, 1], of the training size; outside the hole ``picture``, to the bit.

    Raises:
        ValueError: level out of range; an empty mask, or one that leaves nothing; another aspect or
            number of channels; at level 0, another picture than that of the training.
    """
    known = fitted(model, picture, "The picture").to(model.device)
    hole = fitted_mask(model, mask).to(model.device)
    filled = smooth_fill(known, hole)
    if level == 0:
        _check_trained_on(model, known, hole)
        noise = _noise_in_hole(model, hole, n, noise_scale, seed)
        made = model.run_from(0, noise=noise)
    else:
        made = model.run_from(level, filled, noise_scale=noise_scale, seed=seed, n=n)
    return blend(filled, made, inner_mask(hole, feather * max(hole.shape)))


def _noise_in_hole(
    model: SinGAN,
    hole: Tensor,
    n: int,
    noise_scale: float | Sequence[float],
    seed: int | None,
) -> list[Tensor]:
    """New noise in the hole and {z*, 0, …, 0} around it, at each level."""
    maps = [
        scale * z
        for scale, z in zip(model.noise_scales(noise_scale), model.draw_noise(n, seed=seed))
    ]
    # At a coarse level all that has a pixel of the hole in it is drawn anew.
    holes = [F.adaptive_max_pool2d(hole, size) for size in model.level_sizes()]
    around = [model.reconstruction_noise] + [torch.zeros_like(z) for z in maps[1:]]
    margin = [model.config.noise_padding] * 4
    return [
        torch.where(F.pad(here, margin, mode="replicate") > 0, z, rest)
        for here, z, rest in zip(holes, maps, around)
    ]


def _check_trained_on(model: SinGAN, picture: Tensor, hole: Tensor) -> None:
    """Refuse at level 0 a picture that z* does not make."""
    squares = (picture - finest(model)).square().mean(dim=1, keepdim=True)
    off = ((squares * (1 - hole)).sum() / (1 - hole).sum()).sqrt().item()
    if off > VISIBLE:
        raise ValueError(
            f"Level 0 starts from the noise of the training picture, and this picture is another: "
            f"{127.5 * off:.0f} grey levels off outside the hole. Take level 1 or finer."
        )


# ------------------------------------------------------------------------------------- outpainting
def outpaint(
    model: SinGAN,
    picture: Source | Tensor,
    border: Borders,
    level: int = 0,
    *,
    feather: float = FEATHER,
    noise_scale: float | Sequence[float] = 1.0,
    seed: int | None = None,
    n: int = 1,
) -> Tensor:
    """Go on beyond the border of a picture.

    Args:
        model: trained on the picture.
        picture: (1, C, h, w) in [-1, 1], path, PIL image or array; of another size it is resized
            with a notice.
        border: pixels to add, on all sides or (top, bottom, left, right), at the training size.
        level: 0 lays z* amid new noise, and something new begins; 1 or finer give the mirrored
            picture, put in at that level, other detail.
        feather, noise_scale, seed, n: as in ``inpaint``.

    Returns:
        (n, C, top + H + bottom, left + W + right) in [-1, 1], with ``picture`` in it to the bit.

    Raises:
        ValueError: a border that adds nothing or is negative; otherwise as ``inpaint``.
    """
    known = fitted(model, picture, "The picture").to(model.device)
    top, bottom, left, right = borders = _borders(border)
    canvas = F.pad(known, (left, right, top, bottom))
    beyond = F.pad(torch.zeros_like(known[:, :1]), (left, right, top, bottom), value=1.0)
    filled = mirror_fill(canvas, beyond)
    if level == 0:
        _check_trained_on(model, known, torch.zeros_like(known[:, :1]))
        made = _generate_around(model, borders, n, noise_scale, seed)
    else:
        made = model.run_from(
            level, filled, noise_scale=noise_scale, seed=seed, n=n, size=tuple(canvas.shape[-2:])
        )
    return blend(filled, made, inner_mask(beyond, feather * max(known.shape)))


def _borders(border: Borders) -> tuple[int, int, int, int]:
    borders = (border,) * 4 if isinstance(border, int) else tuple(border)
    if len(borders) != 4 or min(borders) < 0 or max(borders) < 1:
        raise ValueError(
            f"border={border!r} must be pixels to add, one number or (top, bottom, left, right), "
            f"none negative and one above 0."
        )
    return borders


def _generate_around(
    model: SinGAN,
    borders: tuple[int, int, int, int],
    n: int,
    noise_scale: float | Sequence[float],
    seed: int | None,
) -> Tensor:
    """What level 0 makes of z* amid new noise, (n, C, top + H + bottom, left + W + right)."""
    axes = [
        _aligned(borders[2 * axis : 2 * axis + 2], model.plan.sizes[0][axis], side)
        for axis, side in enumerate(output_size(model))
    ]
    size = tuple(canvas for _, canvas, _ in axes)
    scales = model.noise_scales(noise_scale)
    noise = [scale * z for scale, z in zip(scales, model.draw_noise(n, size=size, seed=seed))]
    (top, _, rows), (left, _, columns) = axes
    noise[0], _ = paste(noise[0], model.reconstruction_noise, top=top, left=left)
    return model.run_from(0, noise=noise, size=size)[..., rows, columns]


def _aligned(border: Sequence[int], coarse: int, fine: int) -> tuple[int, int, slice]:
    """Where z* must lie on a larger canvas for the photograph to come out at the right place.

    Level 0 has pixels of ``fine / coarse`` of the finest, and z* lies on whole ones. So the border
    is rounded up to these, and cut to what was asked for afterwards.

    Returns:
        The place of z* at level 0, the side of the canvas at the finest, and what to cut from it.
    """
    pixel = fine / coarse
    before, after = (math.ceil(pixels / pixel) for pixels in border)
    canvas = round_half_up((before + coarse + after) * pixel)
    start = round_half_up(before * pixel) - border[0]
    return before, canvas, slice(start, start + border[0] + fine + border[1])


# ----------------------------------------------------------------------------------- first fillings
def smooth_fill(picture: Tensor, hole: Tensor) -> Tensor:
    """The hole filled as smoothly as its rim allows: like a soap film, each pixel is the mean of
    its neighbours (Laplace's equation).

    Args:
        picture: (1, C, H, W) in [-1, 1].
        hole: (1, 1, H, W), above one half is hole; the border of the picture is free.

    Returns:
        (1, C, H, W) in [-1, 1], outside the hole ``picture`` to the bit.

    Raises:
        ValueError: no hole, or nothing but.

    >>> picture = torch.tensor([0.0, 9, 9, 9, 0.8]).reshape(1, 1, 1, 5)
    >>> smooth_fill(picture, (picture > 1).float()).flatten()
    tensor([0.0000, 0.2000, 0.4000, 0.6000, 0.8000])
    """
    inside = _selected(hole)
    flat, values = inside.ravel(), _columns(picture)  # (H W,), (H W, C)
    rows = sparse.kronsum(*(_differences(side) for side in reversed(inside.shape)), format="csr")
    rows = rows[flat]  # Laplace's equation of each pixel in the hole
    film = spsolve(rows[:, flat].tocsc(), -(rows[:, ~flat] @ values[~flat]))
    values[flat] = film.reshape(-1, values.shape[1])
    filled = torch.from_numpy(values.T.reshape(picture.shape)).to(picture)
    return torch.where(hole > 0.5, filled.clamp(-1, 1), picture)


def mirror_fill(picture: Tensor, hole: Tensor) -> Tensor:
    """The hole filled with the picture around it, mirrored at the rim.

    The pixel as far outside the rim as this one is inside; where that is a hole again, or beyond
    the picture, the known one that is nearest to it. So all of it is the picture's own, at its own
    scale: what to train on, where the picture has a hole.

    Args, returns and raises: as ``smooth_fill``.

    >>> picture = torch.tensor([1.0, 2, 3, 9, 9]).reshape(1, 1, 1, 5)
    >>> mirror_fill(picture, (picture > 5).float()).flatten()
    tensor([1., 2., 3., 3., 2.])
    """
    inside = _selected(hole)
    _, nearest = distance_transform_edt(inside, return_indices=True)  # (2, H, W)
    here = np.indices(inside.shape)
    mirrored = 2 * nearest - here - np.sign(nearest - here)  # the rim is between two pixels
    row, column = np.clip(mirrored, 0, np.array(inside.shape)[:, None, None] - 1)
    row, column = nearest[:, row, column]
    return picture[..., torch.from_numpy(row), torch.from_numpy(column)]


def inner_mask(hole: Tensor, feather: float) -> Tensor:
    """The hole, fading in from its rim over ``feather`` pixels: (1, 1, H, W) in [0, 1].

    0 outside, to the bit, so that what is known stays as it is.
    """
    depth = distance_transform_edt(_selected(hole))  # 1 at the rim
    return torch.from_numpy(depth / (1 + feather)).clamp(max=1).to(hole)[None, None]


def _selected(hole: Tensor) -> np.ndarray:
    """The hole as (H, W) booleans; refuses one that is everything, or nothing."""
    check_mask(hole)
    inside = hole[0, 0].cpu().numpy() > 0.5
    if inside.all():
        raise ValueError("The hole is the whole picture: nothing is known that could go on.")
    return inside


def _columns(picture: Tensor) -> np.ndarray:
    """(1, C, H, W) as (H W, C) of 64 bits."""
    return picture[0].flatten(1).T.double().cpu().numpy().copy()


def _differences(side: int) -> sparse.spmatrix:
    """Number of neighbours less their sum, for ``side`` pixels in a row: a path's Laplacian."""
    neighbours = sparse.diags_array([np.ones(side - 1)] * 2, offsets=[-1, 1])
    return sparse.diags_array(neighbours.sum(axis=1)) - neighbours
