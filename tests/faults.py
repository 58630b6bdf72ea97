"""For every claim of a lesson, the library with the mechanism that the claim names switched off.

``FAULTS["01.a"](everywhere)`` does it; ``everywhere(original, replacement)`` puts a replacement
wherever the library holds the original. The claim must then fail (``test_claims.py``).
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from singan_edu import images, losses, networks, pretrained, pyramid, tiles, trainer
from singan_edu.exercises import lesson_06
from singan_edu.model import SinGAN

Everywhere = Callable[[Callable, Callable], None]


# --------------------------------------------------------------------------------------- lesson 00
def knows_one_picture(everywhere: Everywhere) -> None:
    """00.a: every sample is the reconstruction."""

    class Parrot(SinGAN):
        def sample(self, n: int = 1, **options: object) -> Tensor:
            return self.reconstruct().repeat(n, 1, 1, 1)

    everywhere(SinGAN, Parrot)


def knows_nothing(everywhere: Everywhere) -> None:
    """00.b: a sample is noise."""

    class Static(SinGAN):
        def sample(self, n: int = 1, **options: object) -> Tensor:
            rng = torch.Generator().manual_seed(0)
            return torch.rand(n, *self.image.shape[1:], generator=rng) * 2 - 1

    everywhere(SinGAN, Static)


def deaf_to_start_level(everywhere: Everywhere) -> None:
    """00.c, 06.e: the noise begins at level 0, whatever was asked for."""

    class Deaf(SinGAN):
        def sample(self, n: int = 1, *, start_level: int = 0, **options: object) -> Tensor:
            return SinGAN.sample(self, n, **options)

    everywhere(SinGAN, Deaf)


def loads_from_zero_to_one(everywhere: Everywhere) -> None:
    """00.d: black is 0."""
    original = images.load_image
    everywhere(original, lambda source, **options: (original(source, **options) + 1) / 2)


def stretches(everywhere: Everywhere) -> None:
    """00.e: another size is the usual one, stretched."""

    class Rubber(SinGAN):
        def sample(self, n: int = 1, *, size: object = None, **options: object) -> Tensor:
            usual = SinGAN.sample(self, n, **options)
            return usual if size is None else images.resize(usual, size)

    everywhere(SinGAN, Rubber)


def says_nothing(everywhere: Everywhere) -> None:
    """00.f: an error without a reason."""

    class Curt(SinGAN):
        def sample(self, n: int = 1, *, size: object = None, **options: object) -> Tensor:
            if isinstance(size, int):
                raise ValueError("Bad size.")
            return SinGAN.sample(self, n, size=size, **options)

    everywhere(SinGAN, Curt)


# --------------------------------------------------------------------------------------- lesson 01
def steps_of_one_length(everywhere: Everywhere) -> None:
    """01.a: sizes a fixed number of pixels apart, in place of a fixed ratio."""

    def sizes(finest, min_size, scale_factor):
        right, factor = original(finest, min_size, scale_factor)
        heights = torch.linspace(right[0][0], finest[0], len(right)).round().int().tolist()
        widths = torch.linspace(right[0][1], finest[1], len(right)).round().int().tolist()
        return list(zip(heights, widths)), factor

    original = pyramid._paper_sizes
    everywhere(original, sizes)


def sizes_cut_off(everywhere: Everywhere) -> None:
    """01.b: parts of pixels cut off, not rounded."""
    everywhere(images.round_half_up, int)


def neighbours_unlike(everywhere: Everywhere) -> None:
    """01.c: a photograph in which neighbours have nothing in common."""
    noise = torch.rand(1, 3, 188, 250, generator=torch.Generator().manual_seed(0)) * 2 - 1
    everywhere(images.open_photo, lambda photo: noise)


def no_antialiasing(everywhere: Everywhere) -> None:
    """01.d, 01.e, 01.f: single pixels taken when a picture is made smaller."""

    def resize(image: Tensor, size: tuple[int, int], *, quantize: bool = False) -> Tensor:
        return F.interpolate(image, size, mode="nearest")

    everywhere(images.resize, resize)


def long_side(everywhere: Everywhere) -> None:
    """01.g: the long side is brought to min_size, as the reply in the thread has it."""

    def sizes(finest, min_size, scale_factor):
        square = (max(finest), max(finest))
        levels, factor = original(square, min_size, scale_factor)
        small = min(finest) / max(finest)
        return [(max(1, round(side * small)), side) for side, _ in levels], factor

    original = pyramid._paper_sizes
    everywhere(original, sizes)


def rounded_to_the_nearest(everywhere: Everywhere) -> None:
    """01.h: grey levels rounded to the nearest, not down."""

    def rounded(image: Tensor) -> Tensor:
        return ((image.clamp(-1, 1) + 1) / 2 * 255).round() / 255 * 2 - 1

    everywhere(images.truncate_to_8_bits, rounded)


# --------------------------------------------------------------------------------------- lesson 04
def noise_forgotten(everywhere: Everywhere) -> None:
    """04.a, 04.b: generators that are given no noise, whatever was asked for."""
    original = tiles.in_tiles
    everywhere(original, lambda generator, noise, before: original(generator, 0 * noise, before))


def places_told_apart(everywhere: Everywhere) -> None:
    """04.c: the generators see where in the picture they are, as noise would tell them."""

    def pad(image: Tensor, margin: int) -> Tensor:
        padded = original(image, margin)
        return padded + torch.linspace(-1, 1, padded.shape[-1])

    original = networks.pad
    everywhere(original, pad)


def mean_without_root(everywhere: Everywhere) -> None:
    """04.d: the mean squared error in place of its root."""

    @functools.wraps(trainer.noise_std_for)
    def wrong(real: Tensor, before: Tensor, amplitude: float) -> float:
        return amplitude * (real - before).square().mean().item()

    everywhere(trainer.noise_std_for, wrong)


def levels_below_show_nothing(everywhere: Everywhere) -> None:
    """04.e: every level gives plain grey to the next, so that all is missing."""
    everywhere(tiles.in_tiles, lambda generator, noise, before: 0 * before)


def noise_not_scaled(everywhere: Everywhere) -> None:
    """04.f: noise of standard deviation one at every level."""

    def unscaled(name: str):
        model = original(name)
        return dataclasses.replace(model, noise_stds=(1.0,) * model.trained_levels)

    original = pretrained.load_pretrained
    everywhere(original, unscaled)


def enlarged_in_blocks(everywhere: Everywhere) -> None:
    """04.g: upsampling that repeats pixels, whose edges are waves new to the level."""
    no_antialiasing(everywhere)


def noise_kept_small(everywhere: Everywhere) -> None:
    """04.h: the finer levels never get more noise than they were trained with."""

    def in_tiles(generator, noise: Tensor, before: Tensor) -> Tensor:
        finer = noise.shape[1] > 1
        return original(generator, noise.clamp(-0.02, 0.02) if finer else noise, before)

    original = tiles.in_tiles
    everywhere(original, in_tiles)


def z_star_drawn_once(everywhere: Everywhere) -> None:
    """04.i, 04.j: the switch of the authors' code does nothing."""
    everywhere(trainer.redraw_reconstruction_noise, lambda state: None)


# --------------------------------------------------------------------------------------- lesson 06
def sum_of_squares(everywhere: Everywhere) -> None:
    """06.a: the library's loop takes the sum where the text takes the mean."""
    everywhere(losses.reconstruction_loss, lambda one, other: (one - other).square().sum())


def not_frozen(everywhere: Everywhere) -> None:
    """06.b: a finished level is left in training mode, so that its batch statistics move on."""

    def finish(state: trainer.LevelTraining) -> None:
        generators = (*state.model.generators, state.generator)
        stds = (*state.model.noise_stds, state.noise_std)
        state.model = dataclasses.replace(state.model, generators=generators, noise_stds=stds)

    everywhere(trainer.finish_level, finish)


def without_root(everywhere: Everywhere) -> None:
    """06.c: MSE in place of RMSE."""

    def noise_std(real: Tensor, previous: Tensor, amplitude: float) -> float:
        return amplitude * (real - previous).square().mean().item()

    everywhere(trainer.noise_std_for, noise_std)


def as_loud_everywhere(everywhere: Everywhere) -> None:
    """06.d: as much noise at every level."""
    everywhere(trainer.noise_std_for, lambda *arguments: 1.0)


def nothing_reaches_g(everywhere: Everywhere) -> None:
    """06.f: a loss that does not go back to G does not miss the weights that were overwritten."""
    everywhere(losses.adversarial_loss, lambda s: -s.detach().mean().requires_grad_())


def weights_stay(everywhere: Everywhere) -> None:
    """06.g: an optimizer that does not move makes no fake stale."""

    def adam(network: torch.nn.Module, config: object) -> torch.optim.Adam:
        return torch.optim.Adam(network.parameters(), lr=0.0, fused=True)

    everywhere(trainer._adam, adam)


def nothing_to_lose(everywhere: Everywhere) -> None:
    """06.h, 06.i: the adversarial loss is nought from the beginning."""
    everywhere(losses.adversarial_loss, lambda scores: 0 * scores.mean())


def all_are_healthy(everywhere: Everywhere) -> None:
    """06.j: no patient has a fault."""
    everywhere(lesson_06.patient, lambda name, config: (config, trainer.update_generator))


FAULTS: dict[str, Callable[[Everywhere], None]] = {
    "00.a": knows_one_picture,
    "00.b": knows_nothing,
    "00.c": deaf_to_start_level,
    "00.d": loads_from_zero_to_one,
    "00.e": stretches,
    "00.f": says_nothing,
    "01.a": steps_of_one_length,
    "01.b": sizes_cut_off,
    "01.c": neighbours_unlike,
    "01.d": no_antialiasing,
    "01.e": no_antialiasing,
    "01.f": no_antialiasing,
    "01.g": long_side,
    "01.h": rounded_to_the_nearest,
    "04.a": noise_forgotten,
    "04.b": noise_forgotten,
    "04.c": places_told_apart,
    "04.d": mean_without_root,
    "04.e": levels_below_show_nothing,
    "04.f": noise_not_scaled,
    "04.g": enlarged_in_blocks,
    "04.h": noise_kept_small,
    "04.i": z_star_drawn_once,
    "04.j": z_star_drawn_once,
    "06.a": sum_of_squares,
    "06.b": not_frozen,
    "06.c": without_root,
    "06.d": as_loud_everywhere,
    "06.e": deaf_to_start_level,
    "06.f": nothing_reaches_g,
    "06.g": weights_stay,
    "06.h": nothing_to_lose,
    "06.i": nothing_to_lose,
    "06.j": all_are_healthy,
}

# Parameters of a lesson that trains, for which its claims fail as surely and sooner.
QUICKER: dict[str, dict[str, object]] = {
    "04": {"iterations": 20},
    "06": {"max_size": 40, "iterations": [4, 3]},
}
