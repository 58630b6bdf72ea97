"""Animation: a random walk in noise space around the noise that reconstructs the training image.

Each noise map z_t changes a little from frame to frame. It continues in its last direction (β) and
is pulled back (α) to z_rec, the noise of the reconstruction:

    d_{t+1} = β (z_t - z_{t-1}) + (1 - β) u_t              u_t ~ N(0, 1)
    z_{t+1} = α z_rec + (1 - α) (z_t + d_{t+1})

The deviation y = z - z_rec is a second-order autoregressive process, independent for every pixel:

    y_{t+1} = (1 - α) ((1 + β) y_t - β y_{t-1} + (1 - β) u_t)

so its properties are known in closed form (``walk_std``).

**A loop** follows the same recursion with the frames on a circle, y_{t+T} = y_t. The recursion is
linear. Started at rest, it ends after T frames in a state p that only the shocks made. Started in a
state s, it ends in A^T s + p, where A is one step without a shock. The loop closes if it ends where
it started, so s = (I - A^T)^-1 p. Its autocovariance is that of the walk wrapped around the circle,
r_T(k) = Σ_m r(k + m T). For T much longer than the walk's memory of about 20 frames, the two agree.

Source: paper, supplement (animation from a single image). Taught in lesson 13.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from ..arguments import NoiseScale, SizeLike, check_seed, new_seed
from ..images import paste, resize, size_of
from ..model import SinGAN

ALPHA, BETA = 0.1, 0.9
INITIAL_STEP = 0.05  # from z_rec towards noise, before the first frame (authors' code)
NoiseMaps = list[Tensor]  # one per level, coarse to fine
Shock = Callable[[int], NoiseMaps]  # the noise u_t of a frame


def animate(
    model: SinGAN,
    frames: int,
    *,
    start_level: int = 0,
    alpha: float = ALPHA,
    beta: float = BETA,
    loop: bool = False,
    size: SizeLike | None = None,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
) -> Tensor:
    """Animate the training image by a random walk around its noise (paper, section 4).

    Without ``loop``, the animation starts close to the training image and takes about 20 frames to
    move away from it. ``movies.save_animation`` and ``movies.animation_html`` show the frames.

    Where it fails: objects do not move, they dissolve and reappear, because the model knows nothing
    about motion. From level 0, a single large object such as an arch or a face is torn apart; start
    at level 1 or 2. A loop of fewer than about 40 frames stays on one side of the training image,
    because it has no time to come back.

    Args:
        model: a trained SinGAN.
        frames: number of frames, at least 1.
        start_level: first level whose noise walks. The coarser levels are fixed at the
            reconstruction. 0 moves the layout, higher levels only finer detail.
        alpha: α, how strongly the walk is pulled back to the training image; above 0 and below 1.
        beta: β, how much each step continues the last one; from 0 (jitter) to below 1 (smooth and
            slow).
        loop: whether the last frame leads over to the first.
        size: (height, width) in pixels, or a factor on the training size; the training size if not
            given. At another size, z* lies in the middle with new noise around it, or is cropped.
            It reconstructs the training image there only if it was fixed during training
            (``resample_reconstruction_noise=False``).
        noise_scale: factor on the walk's distance from z_rec, one number or one per level. The walk
            has a standard deviation of ``walk_std(alpha, beta)``, 0.47 by default, less than the
            noise of a sample. Its inverse makes frames differ as much as samples do, and at level
            0, where z_rec is itself noise, even more.
        seed: of the walk; None draws a new one.

    Returns:
        (frames, C, H, W) in [-1, 1].

    Raises:
        ValueError: the level, α, β or the number of frames is out of range.

    >>> from singan_edu import load_pretrained
    >>> tuple(animate(load_pretrained("balloon_festival"), 3, loop=True).shape)
    (3, 3, 96, 128)
    """
    return torch.cat(
        list(
            animation_frames(
                model,
                frames,
                start_level=start_level,
                alpha=alpha,
                beta=beta,
                loop=loop,
                size=size,
                noise_scale=noise_scale,
                seed=seed,
            )
        )
    )


def animation_frames(
    model: SinGAN,
    frames: int,
    *,
    start_level: int = 0,
    alpha: float = ALPHA,
    beta: float = BETA,
    loop: bool = False,
    size: SizeLike | None = None,
    noise_scale: NoiseScale = 1.0,
    seed: int | None = None,
) -> Iterator[Tensor]:
    """Generate the frames of ``animate`` one at a time, in the memory of one frame.

    Args:
        model: a trained SinGAN.
        frames: number of frames, at least 1.
        start_level: first level whose noise walks; coarser levels are fixed at the reconstruction.
        alpha: α, how strongly the walk is pulled back to the training image; above 0 and below 1.
        beta: β, how much each step continues the last one; from 0 to below 1.
        loop: whether the last frame leads over to the first.
        size: (height, width) in pixels, or a factor on the training size.
        noise_scale: factor on the walk's distance from z_rec, one number or one per level.
        seed: of the walk; None draws a new one.

    Returns:
        An iterator over the frames, each (1, C, H, W) in [-1, 1].

    Raises:
        ValueError: the level, α, β or the number of frames is out of range.
    """
    if frames < 1:
        raise ValueError(f"frames={frames} must be at least 1.")
    check_walk(alpha, beta)
    model.check_level(start_level)
    seed = new_seed() if seed is None else check_seed(seed)
    seeds = np.random.SeedSequence(seed).generate_state(frames + 2, np.uint64) >> np.uint64(1)
    fixed = _fixed_image(model, start_level, size)
    centre = _walk_centre(model, start_level, size, int(seeds[0]))
    scales = model.noise_scales(noise_scale)[start_level:]

    def shock(frame: int) -> NoiseMaps:  # frame -1 is the initial step
        return model.draw_noise(level=start_level, size=size, seed=int(seeds[frame + 2]))

    def render(deviation: NoiseMaps) -> Tensor:
        noise = [rest + scale * y for rest, scale, y in zip(centre, scales, deviation)]
        return model.run_from(start_level, fixed, blur=False, noise=noise, size=size)

    start = _loop_start if loop else _open_start
    before, now = start(shock, frames, alpha, beta, centre)
    return map(render, _walk(before, now, shock, frames, alpha, beta))


def _fixed_image(model: SinGAN, start_level: int, size: SizeLike | None) -> Tensor | None:
    """Return the reconstruction of the previous level at its size for ``size``; None at level 0."""
    if start_level == 0:
        return None
    kept = model.reconstruct(start_level - 1)
    return resize(kept, model.level_sizes(size)[start_level - 1])


def _walk_centre(model: SinGAN, start_level: int, size: SizeLike | None, seed: int) -> NoiseMaps:
    """Return z_rec: z* at level 0, amid new noise at another size, and zeros at finer levels."""
    maps = model.draw_noise(level=start_level, size=size, seed=seed)
    centre = [torch.zeros_like(noise) for noise in maps]
    if start_level == 0:
        z_star = model.reconstruction_noise
        top, left = ((a - b) // 2 for a, b in zip(size_of(maps[0]), size_of(z_star)))
        centre[0], _ = paste(maps[0], z_star, top=top, left=left)
    return centre


# ---------------------------------------------------------------------------------------- the walk
def check_walk(alpha: float, beta: float) -> None:
    """Refuse a walk that never comes back (α = 0) or does not move (α = 1 or β = 1).

    Args:
        alpha: α, the pull back to the centre.
        beta: β, how much each step continues the last one.

    Raises:
        ValueError: α is not in (0, 1), or β is not in [0, 1).
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha={alpha} must be above 0 and below 1; the paper uses 0.1.")
    if not 0 <= beta < 1:
        raise ValueError(f"beta={beta} must be at least 0 and below 1; the paper uses 0.8 to 0.95.")


def walk(shocks: Tensor, *, alpha: float = ALPHA, beta: float = BETA, loop: bool = False) -> Tensor:
    """Return the deviations y_0, y_1, … of a walk from its centre, for given shocks u_0, u_1, ….

    This is the motion of every pixel of every noise map in an animation, without a model. It starts
    at rest.

    Args:
        shocks: independent standard normal values, (T, …); the walks along further axes are
            independent.
        alpha: α, how strongly the walk is pulled back to its centre; above 0 and below 1.
        beta: β, how much each step continues the last one; from 0 to below 1.
        loop: start where the walk ends after T steps, so that it closes.

    Returns:
        The deviations, shaped as ``shocks``. y_0 is the start; u_t first shows in y_{t+1}.

    Raises:
        ValueError: α or β is out of range.

    >>> walk(torch.ones(3, 1), alpha=0.5, beta=0.0).flatten().tolist()
    [0.0, 0.5, 0.75]
    """
    check_walk(alpha, beta)
    rest = [torch.zeros_like(shocks[0])]

    def shock(frame: int) -> NoiseMaps:
        return [shocks[frame]]

    count = len(shocks)
    before, now = _loop_start(shock, count, alpha, beta, rest) if loop else (rest, rest)
    return torch.stack([y for (y,) in _walk(before, now, shock, count, alpha, beta)])


def walk_std(alpha: float = ALPHA, beta: float = BETA) -> float:
    """Return the standard deviation of z around z_rec after the walk has forgotten its start.

    Write the recursion as y_{t+1} = a y_t - b y_{t-1} + c u_t, with a = (1 - α)(1 + β),
    b = (1 - α) β and c = (1 - α)(1 - β). Multiply it by y_t, y_{t-1} and u_t in turn and take
    means. The variance is c² (1 + b) / ((1 - b) ((1 + b)² - a²)).

    Args:
        alpha: α, how strongly the walk is pulled back to its centre; above 0 and below 1.
        beta: β, how much each step continues the last one; from 0 to below 1.

    Raises:
        ValueError: α or β is out of range.

    >>> [round(walk_std(0.1, beta), 2) for beta in (0.8, 0.85, 0.9, 0.95)]
    [0.77, 0.63, 0.47, 0.27]
    """
    check_walk(alpha, beta)
    a, b, c = (1 - alpha) * (1 + beta), (1 - alpha) * beta, (1 - alpha) * (1 - beta)
    return math.sqrt(c**2 * (1 + b) / ((1 - b) * ((1 + b) ** 2 - a**2)))


def _walk(
    before: NoiseMaps, now: NoiseMaps, shock: Shock, frames: int, alpha: float, beta: float
) -> Iterator[NoiseMaps]:
    """Yield y_0, y_1, … from y_{-1} and y_0, and store only the last two."""
    for frame in range(frames):
        yield now
        before, now = now, _next(before, now, shock(frame), alpha, beta)


def _next(
    before: NoiseMaps, now: NoiseMaps, shock: NoiseMaps, alpha: float, beta: float
) -> NoiseMaps:
    """Return (1 - α) (y_t + β (y_t - y_{t-1}) + (1 - β) u_t) for the map of each level."""
    return [
        (1 - alpha) * (y + beta * (y - last) + (1 - beta) * u)
        for last, y, u in zip(before, now, shock)
    ]


def _open_start(
    shock: Shock, frames: int, alpha: float, beta: float, centre: NoiseMaps
) -> tuple[NoiseMaps, NoiseMaps]:
    """Return y_{-1} and y_0 for z_{-1} = z_rec and z_0 = 0.95 z_rec + 0.05 u (authors' code)."""
    first = [INITIAL_STEP * (u - rest) for u, rest in zip(shock(-1), centre)]
    return [torch.zeros_like(y) for y in first], first


def _loop_start(
    shock: Shock, frames: int, alpha: float, beta: float, centre: NoiseMaps
) -> tuple[NoiseMaps, NoiseMaps]:
    """Return the y_{-1} and y_0 to which the walk returns after T frames: (I - A^T)^-1 p."""
    before = now = [torch.zeros_like(rest) for rest in centre]
    for frame in range(frames):
        before, now = now, _next(before, now, shock(frame), alpha, beta)  # ends at p
    step = np.array([[0.0, 1.0], [-(1 - alpha) * beta, (1 - alpha) * (1 + beta)]])  # A
    closing = np.linalg.inv(np.eye(2) - np.linalg.matrix_power(step, frames))
    starts = [
        [float(one) * y + float(other) * z for y, z in zip(before, now)] for one, other in closing
    ]
    return starts[0], starts[1]
