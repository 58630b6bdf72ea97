"""The exercises of lesson 03, generator and discriminator."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..labs import lesson_03 as lab
from ..labs.lesson_03 import FIELD, LEVEL, RADIUS
from . import Case, exercise, value_exercise


# ------------------------------------------------------------------------------------ exercise 03.1
@functools.cache
def stacks_and_inputs() -> list[Case]:
    """A trained stack, with faint and with loud noise, and what its generator receives."""
    stack, previous = lab.arch().generators[LEVEL].stack, lab.example_previous()
    noises = []
    for seed, std in ((0, 0.2), (1, 1.0)):
        rng = torch.Generator().manual_seed(seed)
        noises.append(std * torch.randn(previous.shape, generator=rng))
    return [(stack, noise, previous) for noise in noises]


@exercise("03.1", "a generator in one line", dots=2, minutes=8, cases=stacks_and_inputs)
def generate(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Compute equation 5: the previous image plus what the stack adds to it."""
    return lab.generate(stack, noise, previous)


@generate.mistake
def residual_forgotten(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """This is what is to be added, psi alone. The generator returns the picture that it was given
    plus that.
    """
    return lab.generate_without_sum(stack, noise, previous)


@generate.mistake
def no_tanh(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """There is no tanh: what the stack says is added as it is, and nothing bounds it."""
    return lab.generate_without_tanh(stack, noise, previous)


@generate.mistake
def tanh_over_all(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """The tanh is around the whole sum, so that it dulls the picture as well. It bounds what is
    added, nothing else.
    """
    return torch.tanh(lab.generate_without_tanh(stack, noise, previous))


@generate.mistake
def noise_after_the_stack(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Your stack has not seen the noise, which is added at the end as plain grain. Noise goes in
    before the stack, which makes detail of it.
    """
    return lab.generate_with_noise_after(stack, noise, previous)


@generate.mistake
def noise_stays(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """You add to the noisy picture, and the noise stays in it as grain. What goes around the
    stack is the clean picture, previous.
    """
    return lab.generate(stack, noise, previous) + noise


@generate.mistake
def padding_in_each_layer(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """You padded in every layer. Pad once, by five pixels, before the first; inside, let the
    picture shrink to its size.
    """
    return lab.generate_padded_in_every_layer(stack, noise, previous)


# ------------------------------------------------------------------------------------ exercise 03.2
def _mask(height: int, width: int, *boxes: tuple[int, int, int, int]) -> Tensor:
    """Zeros with boxes (top, bottom, left, right) of ones, (1, 1, h, w)."""
    mask = torch.zeros(1, 1, height, width)
    for top, bottom, left, right in boxes:
        mask[..., top:bottom, left:right] = 1
    return mask


def masks() -> list[Case]:
    """Masks (1, 1, h, w) with one box, with two, and with none."""
    return [
        (_mask(43, 57, (14, 28, 20, 34)),),
        (_mask(30, 40, (0, 3, 0, 3), (20, 21, 30, 31)),),
        (_mask(25, 33),),
    ]


@exercise("03.2", "which scores see it", dots=2, minutes=8, cases=masks)
def scores_that_see(mask: Tensor) -> Tensor:
    """Take the largest value of the mask in every receptive field."""
    return F.max_pool2d(mask, FIELD, stride=1)


@scores_that_see.mistake
def the_middle_of_the_patch(mask: Tensor) -> Tensor:
    """These are the scores whose patch has its *middle* in the mask. A score sees five pixels
    further to every side.
    """
    return mask[..., RADIUS:-RADIUS, RADIUS:-RADIUS]


@scores_that_see.mistake
def the_whole_patch(mask: Tensor) -> Tensor:
    """These are the scores that see *nothing but* the mask. One pixel of it in the patch is
    enough.
    """
    return -F.max_pool2d(-mask, FIELD, stride=1)


@scores_that_see.mistake
def a_padded_map(mask: Tensor) -> Tensor:
    """Your map is as large as the picture. D is not padded: there are ten scores fewer along each
    side.
    """
    return F.max_pool2d(mask, FIELD, stride=1, padding=RADIUS)


@scores_that_see.mistake
def how_much_of_the_patch(mask: Tensor) -> Tensor:
    """You have the share of each patch that the mask covers. Asked is whether it covers anything:
    0 or 1.
    """
    return F.avg_pool2d(mask, FIELD, stride=1)


@scores_that_see.mistake
def the_upper_left_corner(mask: Tensor) -> Tensor:
    """You looked at the upper left pixel of each patch only. There are 120 more."""
    return mask[..., : 1 - FIELD, : 1 - FIELD]


# ------------------------------------------------------------------------------------ exercise 03.3
def _features(seed: int, height: int, width: int) -> Case:
    """Maps of four channels with means and spreads of their own; weights and biases."""
    rng = torch.Generator().manual_seed(seed)
    spread = torch.tensor([0.5, 1.0, 2.0, 4.0])[:, None, None]
    maps = torch.randn(1, 4, height, width, generator=rng) * spread + spread.flip(0)
    return maps, 1 + torch.rand(4, generator=rng), torch.randn(4, generator=rng)


def features_weights_and_biases() -> list[Case]:
    """Feature maps (1, 4, h, w), weights (4,) and biases (4,)."""
    return [_features(0, 9, 12), _features(1, 15, 11)]


def _standardised(features: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Features with mean 0 and standard deviation 1 over ``dims``."""
    variance, mean = torch.var_mean(features, dims, correction=0, keepdim=True)
    return (features - mean) / (variance + 1e-5).sqrt()


@exercise(
    "03.3",
    "normalisation by hand",
    dots=2,
    minutes=8,
    cases=features_weights_and_biases,
    tolerance=1e-3,
)
def normalised(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Apply batch normalisation to a batch of one, as in training."""
    return F.batch_norm(features, None, None, weight, bias, training=True)


@normalised.mistake
def one_mean_for_all_channels(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You took one mean and one spread for all channels. Each channel has its own: the mean runs
    over height and width.
    """
    return _standardised(features, (1, 2, 3)) * weight[:, None, None] + bias[:, None, None]


@normalised.mistake
def at_each_place(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You normalised each place over its channels. It is the other way round: each channel, over
    all places.
    """
    return _standardised(features, (1,)) * weight[:, None, None] + bias[:, None, None]


@normalised.mistake
def weight_and_bias_forgotten(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Mean 0 and spread 1 are right, but every channel is then multiplied by its weight, and its
    bias is added.
    """
    return _standardised(features, (2, 3))


@normalised.mistake
def no_root(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You divided by the variance. Its root, the standard deviation, has the unit of the values."""
    variance, mean = torch.var_mean(features, (2, 3), correction=0, keepdim=True)
    return (features - mean) / (variance + 1e-5) * weight[:, None, None] + bias[:, None, None]


# ------------------------------------------------------------------------------------ exercise 03.4
def _exchanged(one: str, other: str) -> list[str]:
    """The right diagnoses, with those of two generators exchanged."""
    swap = {one: other, other: one}
    return [lab.FAULTS[swap.get(name, name)] for name in lab.FAULTS]


@value_exercise("03.4", "four broken generators", dots=3, minutes=12)
def faults_of_the_generators() -> list[str]:
    """The faults of A, B, C and D."""
    return list(lab.FAULTS.values())


@faults_of_the_generators.mistake
def A_and_D_exchanged() -> list[str]:
    """B and C are right; exchange A and D. Both go further than a tanh allows when the noise is
    loud. But of one the change *is* the noise, pixel by pixel.
    """
    return _exchanged("A", "D")


@faults_of_the_generators.mistake
def A_and_B_exchanged() -> list[str]:
    """C and D are right; exchange A and B. Without noise one of the two is right up to the rim of
    five pixels.
    """
    return _exchanged("A", "B")


@faults_of_the_generators.mistake
def B_and_D_exchanged() -> list[str]:
    """A and C are right; exchange B and D. Where do they differ from the healthy one, everywhere
    or at the rim?
    """
    return _exchanged("B", "D")


@faults_of_the_generators.mistake
def C_and_D_exchanged() -> list[str]:
    """A and B are right; exchange C and D. Give them a picture without noise: which one has lost
    it?
    """
    return _exchanged("C", "D")
