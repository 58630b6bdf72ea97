"""Animation: the walk is the paper's, its statistics are known, and a loop closes and moves."""

from __future__ import annotations

import itertools
import math
import weakref

import numpy as np
import pytest
import torch
from helpers import picture, tiny_config, untrained_model

import singan_edu as sg
from singan_edu.applications import animation
from singan_edu.applications.animation import animate, animation_frames, walk, walk_std


@pytest.fixture(scope="module")
def model() -> sg.SinGAN:
    return sg.load_pretrained("balloon_festival")


@pytest.fixture(scope="module")
def small() -> sg.SinGAN:
    return untrained_model(tiny_config(), picture())


def noise_of(model: sg.SinGAN, frames: int, monkeypatch, **options) -> list[torch.Tensor]:
    """The noise that each frame is made from, (frames, C, h, w) for each level."""
    seen = []
    monkeypatch.setattr(
        sg.SinGAN, "run_from", lambda self, level, image, **given: seen.append(given["noise"])
    )
    for _ in animation_frames(model, frames, **options):
        pass
    monkeypatch.undo()
    return [torch.cat(maps) for maps in zip(*seen)]


def autocovariance(lag: int, alpha: float, beta: float) -> float:
    """Of the stationary walk, by the Yule-Walker equations."""
    a, b = (1 - alpha) * (1 + beta), (1 - alpha) * beta
    values = [walk_std(alpha, beta) ** 2]
    values.append(values[0] * a / (1 + b))
    while len(values) <= lag:
        values.append(a * values[-1] - b * values[-2])
    return values[lag]


def rms(values: torch.Tensor) -> float:
    return values.square().mean().sqrt().item()


# ---------------------------------------------------------------------------------------- the walk
@pytest.mark.parametrize("start_level", [0, 1])
def test_the_walk_obeys_the_recursion_of_the_paper(start_level, model, monkeypatch):
    alpha, beta, seed = 0.2, 0.7, 5
    walked = noise_of(
        model, 6, monkeypatch, start_level=start_level, alpha=alpha, beta=beta, seed=seed
    )
    rests = [model.reconstruction_noise if start_level == 0 else torch.zeros_like(walked[0][:1])]
    rests += [torch.zeros_like(z[:1]) for z in walked[1:]]
    for z, rest in zip(walked, rests):
        z = torch.cat([rest, z])  # z_{-1} = z_rec
        for t in range(1, len(z) - 1):
            # What is left of the step after all but the shock: independent normal numbers.
            d = (z[t + 1] - alpha * rest[0]) / (1 - alpha) - z[t]
            u = (d - beta * (z[t] - z[t - 1])) / (1 - beta)
            assert abs(u.std() - 1) < 0.15 and abs(u.mean()) < 0.15
        first = (z[1] - 0.95 * rest[0]) / 0.05
        assert abs(first.std() - 1) < 0.15


@pytest.mark.parametrize("alpha, beta", [(0.1, 0.9), (0.1, 0.8), (0.3, 0.5)])
def test_the_walk_settles_at_the_std_of_the_closed_form(alpha, beta, model, monkeypatch):
    walked = noise_of(model, 60, monkeypatch, alpha=alpha, beta=beta, seed=0)
    settled = walked[-1][40:]
    assert settled.std().item() == pytest.approx(walk_std(alpha, beta), rel=0.02)
    assert rms(walked[-1][0]) == pytest.approx(0.05, rel=0.05)  # it begins at the photograph


def test_the_first_frame_is_next_to_the_photograph_and_later_ones_are_not(model):
    frames, photograph = animate(model, 20, seed=0), model.reconstruct()
    assert frames.shape == (20, 3, 96, 128)
    away = [rms(frame - photograph) for frame in frames]
    assert away[0] < 0.1 < 2 * away[0] < min(away[15:])


def test_a_larger_beta_is_smoother(model):
    steps = [
        rms(torch.diff(animate(model, 8, beta=beta, loop=True, size=0.5, seed=3), dim=0))
        for beta in (0.5, 0.8, 0.95)
    ]
    assert steps[0] > 1.1 * steps[1] > 1.3 * steps[2]


def test_a_frame_depends_on_its_seed_and_its_number_alone(small):
    frames = animate(small, 8, seed=4)
    assert torch.equal(animate(small, 3, seed=4), frames[:3])
    assert not torch.equal(animate(small, 3, seed=5), frames[:3])
    assert not torch.equal(animate(small, 2), animate(small, 2))  # None draws a new seed


@pytest.mark.parametrize("loop", [False, True])
def test_walks_of_plain_numbers_are_those_of_the_animation(loop, model, monkeypatch):
    drawn = {}
    original = sg.SinGAN.draw_noise

    def remembered(self, *args, **options):
        maps = original(self, *args, **options)
        drawn.setdefault(options["seed"], maps)
        return maps

    monkeypatch.setattr(sg.SinGAN, "draw_noise", remembered)
    walked = noise_of(model, 8, monkeypatch, loop=loop, start_level=1, seed=3)[0]
    seeds = np.random.SeedSequence(3).generate_state(10, np.uint64) >> np.uint64(1)
    shocks = torch.stack([drawn[int(seed)][0][0] for seed in seeds[2:]])
    if not loop:  # an animation's first frame has been moved a little
        shocks = torch.cat([torch.zeros_like(shocks[:1]), shocks])
        first = animation.INITIAL_STEP * drawn[int(seeds[1])][0][0]
        shocks[0] = first / ((1 - 0.1) * (1 - 0.9))
    y = walk(shocks, loop=loop)[0 if loop else 1 :][:8]
    assert (y - walked).abs().max() < 1e-5


def test_walk_starts_at_rest_and_a_loop_where_it_ends():
    shocks = torch.randn(30, 50, generator=torch.Generator().manual_seed(0))
    assert (walk(shocks)[0] == 0).all()
    once, twice = walk(shocks, loop=True), walk(shocks.repeat(9, 1))
    assert (once - twice[-30:]).abs().max() < 1e-4  # rounds without end come to the same
    with pytest.raises(ValueError, match="alpha"):
        walk(shocks, alpha=0)


# -------------------------------------------------------------------------------------------- loops
@pytest.mark.parametrize("frames", [2, 7, 40])
def test_a_loop_obeys_the_recursion_across_its_end(frames, model, monkeypatch):
    """With the same shocks all the way round: the state after the last frame is the first."""
    once = noise_of(model, frames, monkeypatch, loop=True, seed=1)
    zeros = [torch.zeros_like(z[:1]) for z in once]
    seeds = iter(range(10**6))
    drawn = {}

    def shock(frame: int) -> list[torch.Tensor]:
        return drawn.setdefault(
            frame % frames, model.draw_noise(seed=next(seeds) if frame not in drawn else 0)
        )

    before, now = animation._loop_start(shock, frames, 0.1, 0.9, zeros)
    walked = list(animation._walk(before, now, shock, 2 * frames, 0.1, 0.9))
    for level in range(len(once)):
        for t in range(frames):
            assert (walked[t][level] - walked[t + frames][level]).abs().max() < 1e-5


@pytest.mark.parametrize("alpha, beta, frames", [(0.1, 0.9, 60), (0.1, 0.8, 40), (0.2, 0.9, 12)])
def test_the_autocovariance_of_a_loop_is_that_of_the_walk_around_a_circle(
    alpha, beta, frames, model, monkeypatch
):
    loop = noise_of(model, frames, monkeypatch, alpha=alpha, beta=beta, loop=True, seed=2)[-1]
    for lag in range(0, frames // 2, 3):
        measured = (loop * loop.roll(-lag, 0)).mean().item()
        wrapped = sum(autocovariance(abs(lag + m * frames), alpha, beta) for m in range(-9, 10))
        assert measured == pytest.approx(wrapped, abs=0.01)


def test_a_loop_moves_as_the_open_walk_does(model, monkeypatch):
    loop = noise_of(model, 60, monkeypatch, loop=True, seed=2)[-1]
    walk = noise_of(model, 120, monkeypatch, seed=3)[-1][60:]
    assert loop.std().item() == pytest.approx(walk.std().item(), rel=0.02)
    correlations = []
    for z in (loop, walk):
        steps = torch.diff(z, dim=0)
        correlations.append(((steps[1:] * steps[:-1]).mean() / steps.square().mean()).item())
    assert correlations[0] == pytest.approx(correlations[1], abs=0.02) and correlations[0] > 0.5


@pytest.mark.parametrize("start_level", [0, 2])
def test_a_loop_closes_with_a_step_like_any_other_and_its_frames_differ(start_level, model):
    frames = animate(model, 24, loop=True, start_level=start_level, seed=0)
    steps = [rms(one - other) for one, other in zip(frames, frames.roll(-1, 0))]
    assert steps[-1] < 1.1 * max(steps[:-1])  # of an open walk it is twice as large
    assert min(steps) > 0.3 * max(steps)
    assert rms(frames[0] - frames[12]) > 1.2 * max(steps)


# ------------------------------------------------------------------------------------------ options
def test_a_later_start_keeps_what_the_levels_before_it_made(model):
    moved = []
    for level in (0, 2, 4):
        frames = animate(model, 4, start_level=level, loop=True, seed=1)
        coarse = sg.resize(frames, model.plan.sizes[0])
        moved.append(rms(coarse - sg.resize(model.reconstruct(), model.plan.sizes[0])))
    assert moved[0] > 5 * moved[1] > 10 * moved[2] > 0


@pytest.mark.parametrize("padding", ["zero", "noise"])
@pytest.mark.parametrize("start_level", [0, 1])
@pytest.mark.parametrize("size, wanted", [((40, 30), (40, 30)), (0.5, (12, 16)), (2, (48, 64))])
def test_any_size(size, wanted, start_level, padding):
    model = untrained_model(tiny_config(padding=padding), picture())
    frames = animate(model, 3, size=size, start_level=start_level, loop=True, seed=0)
    assert frames.shape == (3, 3, *wanted) and (frames[0] - frames[1]).abs().max() > 0


def test_at_another_size_the_photograph_is_in_the_middle_if_z_star_was_one():
    model = sg.load_pretrained("desert_arch")
    assert not model.config.resample_reconstruction_noise
    frame = sg.resize(animate(model, 1, size=(96, 256), seed=0), (24, 64))
    photograph = sg.resize(model.image, (24, 32))  # small: two pixels to the side do not count
    middle, others = frame[..., 16:48], [frame[..., :32], frame[..., 32:]]
    assert rms(middle - photograph) < 0.6 * min(rms(x - photograph) for x in others)


def test_noise_scale_moves_the_walk_not_the_photograph(model, monkeypatch):
    still = animate(model, 2, noise_scale=0, seed=0)
    assert (still - model.reconstruct()).abs().max() < 1e-5
    scales = [0, 1, 1, 1, 1, 1 / walk_std()]
    walked = noise_of(model, 50, monkeypatch, loop=True, noise_scale=scales, seed=0)
    assert torch.equal(walked[0], model.reconstruction_noise.expand_as(walked[0]))
    assert walked[-1].std().item() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("loop", [False, True])
def test_an_iterator_keeps_no_frame(loop, small):
    alive = weakref.WeakSet()
    frames = animation_frames(small, 30, loop=loop, seed=0)
    for _ in range(30):
        alive.add(next(frames))
        assert len(alive) <= 2
    assert next(frames, None) is None


def test_a_walk_may_go_on_for_ever_without_being_computed(small):
    frames = animation_frames(small, 10**6, seed=0)
    assert len(list(itertools.islice(frames, 3))) == 3


# ---------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    "options, sentence",
    [
        (dict(frames=0), "must be at least 1"),
        (dict(alpha=0), "alpha=0 must be above 0"),
        (dict(alpha=1), "below 1"),
        (dict(beta=1), "beta=1 must be at least 0 and below 1"),
        (dict(beta=-0.1), "at least 0"),
        (dict(beta=math.nan), "beta=nan"),
        (dict(start_level=7), "no level 7"),
        (dict(noise_scale=[1, 1]), "one for each of the 3"),
        (dict(seed=-1), "whole number"),
    ],
)
def test_bad_input_is_refused_before_the_first_frame(options, sentence, small):
    with pytest.raises(ValueError, match=sentence):
        animation_frames(small, **dict(frames=3) | options)
