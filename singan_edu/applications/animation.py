"""Animation: a random walk through the noise, around the noise that makes the photograph.

Each noise map z_t moves a little from frame to frame, in the direction it came from (β) and back
to z_rec (α), the noise of the reconstruction:

    d_{t+1} = β (z_t - z_{t-1}) + (1 - β) u_t              u_t ~ N(0, 1)
    z_{t+1} = α z_rec + (1 - α) (z_t + d_{t+1})

Less z_rec, y = z - z_rec is an autoregression of second order, in which every pixel walks alone:

    y_{t+1} = (1 - α) ((1 + β) y_t - β y_{t-1} + (1 - β) u_t)

so all about it is known in closed form (``walk_std``). **A loop** is the same recursion with the
frames on a circle, y_{t+T} = y_t. It is linear: started at rest, it ends after T frames in a state
p that the shocks alone made, and started in s it ends in A^T s + p, where A is one step without a
shock. So s = (I - A^T)^-1 p is where to start to end where one began. Its autocovariance is that of
the walk wrapped around the circle, r_T(k) = Σ_m r(k + m T): the walk's own where T is long beside
its memory of about 20 frames.

Source: supplement of the paper (animation from a single image). Taught in lesson 13.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from ..images import paste, resize
from ..arguments import check_seed, new_seed
from ..model import SinGAN

ALPHA, BETA = 0.1, 0.9
INITIAL_STEP = 0.05  # from z_rec towards noise, before the first frame (authors' code)
NoiseMaps = list[Tensor]


def animate(
    model: SinGAN,
    frames: int,
    *,
    start_level: int = 0,
    alpha: float = ALPHA,
    beta: float = BETA,
    loop: bool = False,
    size: float | tuple[int, int] | None = None,
    noise_scale: float | Sequence[float] = 1.0,
    seed: int | None = None,
) -> Tensor:
    """Bring the photograph to life: a random walk around its noise (paper, section 4).

    Without ``loop`` it begins next to the photograph and needs some 20 frames to get away from it.

    Args:
        frames: how many.
        start_level: first level whose noise walks. What the levels before it made of the photograph
            stands still: 0 moves the layout, higher levels ever finer detail.
        alpha: α, how strongly the walk is drawn back to the photograph, above 0 and below 1.
        beta: β, how much a frame goes on as the last one did, from 0 (jitter) to below 1 (smooth,
            slow and calm).
        loop: make the last frame lead over to the first as to any other.
        size: (height, width) in pixels, or a factor. At another size than that of the training, z*
            lies in the middle, with new noise around it, or is cut. It makes the photograph there
            if it was the same throughout training (``resample_reconstruction_noise=False``).
        noise_scale: factor on the walk's distance from z_rec, one number or one per trained level.
            The walk has a standard deviation of ``walk_std(alpha, beta)``, 0.47 by default, less
            than the noise of a sample; 1 over it moves as much as samples differ, at level 0 even
            more, where z_rec has noise of its own.
        seed: of the walk; None: a new one each time.

    Returns:
        (frames, C, H, W) in [-1, 1]; ``movies.save_animation`` and ``movies.animation_html`` show
        them. ``animation_frames`` gives one at a time.

    Raises:
        ValueError: a level, α, β or number of frames out of range.

    Where it fails: things do not travel, they dissolve and reappear; a pyramid knows nothing of
    motion. From level 0 one great thing, an arch, a face, is torn apart: begin at 1 or 2. A loop of
    less than about 40 frames stays on one side of the photograph: it has no time to come back.

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
    size: float | tuple[int, int] | None = None,
    noise_scale: float | Sequence[float] = 1.0,
    seed: int | None = None,
) -> Iterator[Tensor]:
    """The frames of ``animate`` one by one, (1, C, H, W) each, in the memory that one takes."""
    if frames < 1:
        raise ValueError(f"frames={frames}: an animation has one frame at least.")
    check_walk(alpha, beta)
    model.check_level(start_level)
    seed = new_seed() if seed is None else check_seed(seed)
    seeds = np.random.SeedSequence(seed).generate_state(frames + 2, np.uint64) >> np.uint64(1)
    picture = _still_picture(model, start_level, size)
    centre = _walk_centre(model, start_level, size, int(seeds[0]))
    scales = model.noise_scales(noise_scale)[start_level:]

    def shock(frame: int) -> NoiseMaps:  # of frame -1, too, before the first
        return model.draw_noise(level=start_level, size=size, seed=int(seeds[frame + 2]))

    def frame_of(walked: NoiseMaps) -> Tensor:
        noise = [rest + scale * y for rest, scale, y in zip(centre, scales, walked)]
        return model.run_from(start_level, picture, blur=False, noise=noise, size=size)

    start = _loop_start if loop else _open_start
    before, now = start(shock, frames, alpha, beta, centre)
    return map(frame_of, _walk(before, now, shock, frames, alpha, beta))


def _still_picture(
    model: SinGAN, start_level: int, size: float | tuple[int, int] | None
) -> Tensor | None:
    """What the levels before ``start_level`` make of the photograph, at its size there."""
    if start_level == 0:
        return None
    kept = model.reconstruct(start_level - 1)
    return resize(kept, model.level_sizes(size)[start_level - 1])


def _walk_centre(
    model: SinGAN, start_level: int, size: float | tuple[int, int] | None, seed: int
) -> NoiseMaps:
    """z_rec: z* at level 0, nothing above. At another size z* lies amid noise of the same kind."""
    maps = model.draw_noise(level=start_level, size=size, seed=seed)
    centre = [torch.zeros_like(noise) for noise in maps]
    if start_level == 0:
        z_star = model.reconstruction_noise
        top, left = ((a - b) // 2 for a, b in zip(maps[0].shape[-2:], z_star.shape[-2:]))
        centre[0], _ = paste(maps[0], z_star, top=top, left=left)
    return centre


# ---------------------------------------------------------------------------------------- the walk
def check_walk(alpha: float, beta: float) -> None:
    """Refuse what does not come back (α = 0), or does not move (α = 1, β = 1)."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha={alpha} must be above 0 and below 1; the paper has 0.1.")
    if not 0 <= beta < 1:
        raise ValueError(f"beta={beta} must be at least 0 and below 1; the paper has 0.8 to 0.95.")


def walk(shocks: Tensor, *, alpha: float = ALPHA, beta: float = BETA, loop: bool = False) -> Tensor:
    """The walk less its centre, y_0, y_1, …, that shocks u_0, u_1, … give; it starts at rest.

    It is what moves in every pixel of every level of an animation, apart from any pyramid.

    Args:
        shocks: (T, …), independent normal numbers; what follows T walks side by side.
        alpha, beta: as in ``animate``.
        loop: start where the walk ends after T steps, so that it closes.

    Returns:
        (T, …), as ``shocks``. y_0 is the start, and y_{t+1} the first that u_t has moved.

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
    """Standard deviation of z around z_rec once the walk has forgotten its start.

    With a = (1 - α)(1 + β), b = (1 - α) β, c = (1 - α)(1 - β), as y_{t+1} = a y_t - b y_{t-1} + c
    u, multiplying by y_t, y_{t-1} and u in turn and taking means gives its square,
    c² (1 + b) / ((1 - b) ((1 + b)² - a²)).

    >>> [round(walk_std(0.1, beta), 2) for beta in (0.8, 0.85, 0.9, 0.95)]
    [0.77, 0.63, 0.47, 0.27]
    """
    check_walk(alpha, beta)
    a, b, c = (1 - alpha) * (1 + beta), (1 - alpha) * beta, (1 - alpha) * (1 - beta)
    return math.sqrt(c**2 * (1 + b) / ((1 - b) * ((1 + b) ** 2 - a**2)))


def _walk(
    before: NoiseMaps,
    now: NoiseMaps,
    shock: Callable[[int], NoiseMaps],
    frames: int,
    alpha: float,
    beta: float,
) -> Iterator[NoiseMaps]:
    """y_0, y_1, … from y_{-1} and y_0; only two of them are ever kept."""
    for frame in range(frames):
        yield now
        before, now = now, _next(before, now, shock(frame), alpha, beta)


def _next(
    before: NoiseMaps, now: NoiseMaps, shock: NoiseMaps, alpha: float, beta: float
) -> NoiseMaps:
    """y_{t+1} = (1 - α) (y_t + β (y_t - y_{t-1}) + (1 - β) u_t), for the map of each level."""
    return [
        (1 - alpha) * (y + beta * (y - last) + (1 - beta) * u)
        for last, y, u in zip(before, now, shock)
    ]


def _open_start(
    shock: Callable[[int], NoiseMaps], frames: int, alpha: float, beta: float, centre: NoiseMaps
) -> tuple[NoiseMaps, NoiseMaps]:
    """z_{-1} = z_rec and z_0 = 0.95 z_rec + 0.05 u (authors' code), less z_rec."""
    first = [INITIAL_STEP * (u - rest) for u, rest in zip(shock(-1), centre)]
    return [torch.zeros_like(y) for y in first], first


def _loop_start(
    shock: Callable[[int], NoiseMaps], frames: int, alpha: float, beta: float, centre: NoiseMaps
) -> tuple[NoiseMaps, NoiseMaps]:
    """y_{-1} and y_0 for which y_{T-1} and y_T are the same again: (I - A^T)^-1 p."""
    before = now = [torch.zeros_like(rest) for rest in centre]
    for frame in range(frames):
        before, now = now, _next(before, now, shock(frame), alpha, beta)  # ends at p
    step = np.array([[0.0, 1.0], [-(1 - alpha) * beta, (1 - alpha) * (1 + beta)]])  # A
    closing = np.linalg.inv(np.eye(2) - np.linalg.matrix_power(step, frames))
    starts = [
        [float(one) * y + float(other) * z for y, z in zip(before, now)] for one, other in closing
    ]
    return starts[0], starts[1]
