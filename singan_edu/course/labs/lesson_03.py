"""What lesson 03 experiments with: untrained levels, padding and position, faulty generators."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from ...images import Size, resize, size_of
from ...model import SinGAN
from ...networks import Generator, conv_stack, initialize, pad
from ...pretrained import load_pretrained
from ...training.level import begin_level, gradient_step, reconstruct, train_iteration
from ...training.state import TrainState
from ..plots import TITLE_SIZE, draw_image

FIELD, RADIUS = 11, 5  # receptive field of a stack, and the pixels that it loses on each side
LEVEL = 2  # whose generator the exercises look at
PADDINGS = ("no padding", "once, outside", "in every layer")
GeneratorFunction = Callable[[Tensor, Tensor], Tensor]  # (noise, previous) -> image


@functools.cache
def arch() -> SinGAN:
    """Load the pretrained model that the exercises look at, once."""
    return load_pretrained("desert_arch")


@functools.cache
def example_previous() -> Tensor:
    """Return what the generator of ``LEVEL`` receives: level 1's reconstruction, upsampled."""
    return resize(arch().reconstruct(LEVEL - 1), arch().plan.sizes[LEVEL])


# ----------------------------------------------------------------------- one level on top of others
def untrained_level(model: SinGAN, level: int, *, seed: int = 0, **changes: object) -> TrainState:
    """Begin to train a level on top of the trained, coarser levels of a model.

    Args:
        model: a trained model; it is not changed.
        level: the level to begin, 1 or finer.
        seed: of the networks' random weights and of the noise.
        changes: fields of the model's configuration to change.

    Returns:
        The level with untrained networks.
    """
    config = model.config.replace(precision="float32", **changes)
    coarser = dataclasses.replace(
        model,
        config=config,
        generators=model.generators[:level],
        noise_stds=model.noise_stds[:level],
    )
    return begin_level(coarser, torch.Generator().manual_seed(seed))


@torch.no_grad()
def reconstruction_rmse(state: TrainState) -> float:
    """Measure the error of the generator's reconstruction.

    Args:
        state: a level in training.

    Returns:
        RMSE to the training image, in grey levels (of 255).
    """
    return (reconstruct(state) - state.real).square().mean().sqrt().item() * 127.5


def input_rmse(state: TrainState) -> float:
    """Measure the error of the previous level's reconstruction, which the generator receives.

    Args:
        state: a level in training.

    Returns:
        RMSE to the training image, in grey levels (of 255).
    """
    return (state.reconstructed_previous - state.real).square().mean().sqrt().item() * 127.5


def errors_while_training(state: TrainState, iterations: int) -> list[float]:
    """Train a level and measure the reconstruction error on the way.

    Args:
        state: a level in training; it is trained further.
        iterations: how many to train.

    Returns:
        RMSE in grey levels before each iteration, and after the last.
    """
    errors = [reconstruction_rmse(state)]
    for _ in range(iterations):
        train_iteration(state)
        state.iteration += 1
        errors.append(reconstruction_rmse(state))
    return errors


class WithoutResidual(Generator):
    """A generator without the residual connection: it must draw the whole image."""

    def forward(self, noise: Tensor, previous: Tensor) -> Tensor:
        """Return the output of the stack alone.

        Args:
            noise: (n, C, h, w), already multiplied by its standard deviation.
            previous: (n, C, h, w) in [-1, 1].
        """
        return super().forward(noise, previous) - previous


def remove_residual(generator: Generator) -> Generator:
    """Remove the residual connection of a generator, in place.

    Args:
        generator: an untrained generator.

    Returns:
        The same generator.
    """
    generator.__class__ = WithoutResidual
    return generator


# ------------------------------------------------------------------- can a network tell the height?
class PaddedOnce(nn.Module):
    """A stack of convolutions without padding, whose input is padded with zeros once.

    Args:
        stack: maps (n, C, h + 10, w + 10) to (n, 1, h, w).
    """

    def __init__(self, stack: nn.Module) -> None:
        super().__init__()
        self.stack = stack

    def forward(self, image: Tensor) -> Tensor:
        """Map (n, C, h, w) to (n, 1, h, w).

        Args:
            image: (n, C, h, w).
        """
        output: Tensor = self.stack(pad(image, RADIUS))
        return output


def height_regressor(padding: str, seed: int = 0) -> tuple[nn.Module, int]:
    """Build an untrained stack like SinGAN's for one channel.

    Args:
        padding: one of ``PADDINGS``.
        seed: of the random weights.

    Returns:
        The stack, and the number of pixels that it loses on each side.
    """
    inside = 1 if padding == PADDINGS[2] else 0
    stack = conv_stack(1, 1, 32, norm="none", num_layers=5, kernel_size=3, padding=inside)
    initialize(stack, torch.Generator().manual_seed(seed))
    if padding == PADDINGS[1]:
        return PaddedOnce(stack), 0
    return stack, 0 if inside else RADIUS


def learn_height(
    padding: str, steps: int, *, size: Size = (25, 33), seed: int = 0
) -> tuple[nn.Module, Tensor, float]:
    """Train a stack to predict the height of every pixel in images of *pure noise*.

    Args:
        padding: one of ``PADDINGS``.
        steps: of Adam, with two noise images each.
        size: (height, width) of the images, in pixels.
        seed: of the weights and of the noise.

    Returns:
        The stack; its mean prediction in each row, (h'), 1 for the top and -1 for the bottom; and
        the fraction of the variance of the heights that it explains, at most 1.
    """
    network, lost = height_regressor(padding, seed)
    rng = torch.Generator().manual_seed(seed)
    truth = torch.linspace(1, -1, size[0])[lost : size[0] - lost, None]  # (h', 1)
    adam = torch.optim.Adam(network.parameters(), lr=2e-3)
    for _ in range(steps):
        loss = (network(torch.randn(2, 1, *size, generator=rng)) - truth).square().mean()
        gradient_step(adam, loss)
    with torch.no_grad():
        answers = network(torch.randn(32, 1, *size, generator=rng))  # (32, 1, h', w')
    error = (answers - truth).square().mean() / truth.square().mean()
    return network, answers.mean(dim=(0, 1, 3)), 1 - error.item()


# -------------------------------------------------------------------------------------- drawing it
def draw_scores(
    images: Sequence[Tensor],
    scores: Sequence[Tensor],
    titles: Sequence[str],
    *,
    width: float = 8.4,
    own_scale: int = 0,
) -> Figure:
    """Draw images above their score maps, aligned, bright for real.

    Args:
        images: (1, C, h, w) each, in [-1, 1].
        scores: (1, 1, h - 10, w - 10) each.
        titles: of the images; where one is empty, its map has no title either.
        width: of the figure, in inches.
        own_scale: how many of the last maps have a colour scale of their own; the others share one.
    """
    height, across = size_of(images[0])
    common = scores[: len(scores) - own_scale]
    scales = [_limits(common)] * len(common) + [_limits([s]) for s in scores[len(common) :]]
    rows = 2 * (width / len(images) * height / across + 0.22)
    figure = Figure(figsize=(width, rows), layout="constrained")
    axes = figure.subplots(2, len(images), squeeze=False)
    for top, bottom, image, score, scale, title in zip(*axes, images, scores, scales, titles):
        low, high = scale
        draw_image(top, image, title)
        inner, left = (height - score.shape[-2]) / 2, (across - score.shape[-1]) / 2
        extent = (left - 0.5, across - left - 0.5, height - inner - 0.5, inner - 0.5)
        bottom.imshow(
            score[0, 0].detach().numpy(), cmap="cividis", vmin=low, vmax=high, extent=extent
        )
        bottom.set_xlim(-0.5, across - 0.5)
        bottom.set_ylim(height - 0.5, -0.5)
        if title:
            bottom.set_title(f"scores, mean {score.mean():.2f}", fontsize=TITLE_SIZE)
        bottom.axis("off")
    return figure


def _limits(scores: Sequence[Tensor]) -> tuple[float, float]:
    """The lowest and the highest of all scores."""
    return min(s.min().item() for s in scores), max(s.max().item() for s in scores)


def blur_square(image: Tensor, top: int, left: int, side: int) -> Tensor:
    """Blur one square of an image, as if it were enlarged from a third of its size.

    Args:
        image: (1, C, h, w) in [-1, 1].
        top, left: first row and column of the square.
        side: of the square, in pixels.

    Returns:
        (1, C, h, w), a copy.
    """
    height, width = size_of(image)
    blurred = resize(resize(image, (height // 3, width // 3)), (height, width))
    damaged, rows, columns = image.clone(), slice(top, top + side), slice(left, left + side)
    damaged[..., rows, columns] = blurred[..., rows, columns]
    return damaged


def most_detailed_square(image: Tensor, side: int) -> tuple[int, int]:
    """Find the square with the most detail, at least a receptive field away from the border.

    Args:
        image: (1, C, h, w) in [-1, 1].
        side: of the square, in pixels.

    Returns:
        (top, left), the first row and column of the square.
    """
    blurred = F.avg_pool2d(image, 3, 1, 1, count_include_pad=False)
    detail = (image - blurred).square().sum(dim=1, keepdim=True)
    border = FIELD  # so that every score that depends on the square is on the map
    energy = F.avg_pool2d(detail[..., border:-border, border:-border], side, 1)[0, 0]
    place = int(energy.argmax())
    return border + place // energy.shape[1], border + place % energy.shape[1]


# ------------------------------------------------------------- the generator, right and with faults
def generate(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Compute equation 5: the previous image plus what the stack adds to it.

    Args:
        stack: the convolutions of a generator, without padding.
        noise: (1, C, h, w), already multiplied by its standard deviation.
        previous: (1, C, h, w) in [-1, 1], the previous level's output, upsampled.

    Returns:
        (1, C, h, w).
    """
    return previous + torch.tanh(stack(pad(noise + previous, RADIUS)))


def generate_without_sum(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Return what is to be added, without the previous image.

    Args:
        stack: the convolutions of a generator, without padding.
        noise, previous: (1, C, h, w) each.
    """
    return generate(stack, noise, previous) - previous


def generate_without_tanh(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Add the output of the stack without bounding it.

    Args:
        stack: the convolutions of a generator, without padding.
        noise, previous: (1, C, h, w) each.
    """
    return previous + _output(stack, pad(noise + previous, RADIUS))


def generate_with_noise_after(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Add the noise to the result; the stack receives none.

    Args:
        stack: the convolutions of a generator, without padding.
        noise, previous: (1, C, h, w) each.
    """
    return generate(stack, torch.zeros_like(noise), previous) + noise


def generate_padded_in_every_layer(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Pad the input of every layer by one pixel, and not the input of the stack by five.

    Args:
        stack: the convolutions of a generator, without padding.
        noise, previous: (1, C, h, w) each.
    """
    image = noise + previous
    for block in stack.children():
        for layer in block.children() if isinstance(block, nn.Sequential) else [block]:
            image = layer(pad(image, 1) if isinstance(layer, nn.Conv2d) else image)
    return previous + torch.tanh(image)


def _output(network: nn.Module, image: Tensor) -> Tensor:
    output: Tensor = network(image)
    return output


FAULTY_GENERATORS = {
    "noise after the stack": generate_with_noise_after,
    "padded in every layer": generate_padded_in_every_layer,
    "no sum": generate_without_sum,
    "no tanh": generate_without_tanh,
}
FAULTS = dict(zip("ABCD", FAULTY_GENERATORS))  # the fault of each faulty generator


@torch.no_grad()
def reference_generator(noise: Tensor, previous: Tensor) -> Tensor:
    """Apply the trained generator of ``LEVEL``, with no fault.

    Args:
        noise, previous: (1, 3, h, w) each.

    Returns:
        (1, 3, h, w).
    """
    return generate(arch().generators[LEVEL].stack, noise, previous)


def faulty_generator(name: str) -> GeneratorFunction:
    """Return the trained generator of ``LEVEL`` with one fault, as a black box.

    Args:
        name: ``"A"`` to ``"D"``.

    Returns:
        A function of noise and previous image, (1, 3, h, w) each.
    """
    broken = FAULTY_GENERATORS[FAULTS[name]]

    @torch.no_grad()
    def black_box(noise: Tensor, previous: Tensor) -> Tensor:
        return broken(arch().generators[LEVEL].stack, noise, previous)

    return black_box


def probe(generator: GeneratorFunction) -> dict[str, float]:
    """Run four simple tests on a generator.

    Args:
        generator: a function of noise and previous image.

    Returns:
        ``"picture kept"``: correlation of the output with the previous image, without noise.
        ``"largest change"``: the largest difference between output and previous image, with noise
        of standard deviation two. ``"noise in it"``: correlation of that difference with the noise.
        ``"border"``: how much more the output differs from the reference generator's at the border
        than in the centre.
    """
    previous, rng = example_previous(), torch.Generator().manual_seed(0)
    loud = 2 * torch.randn(previous.shape, generator=rng)
    silent = torch.zeros_like(previous)
    calm, wild = generator(silent, previous), generator(loud, previous)
    gap = (calm - reference_generator(silent, previous)).abs()
    return {
        "picture kept": _correlation(calm, previous),
        "largest change": (wild - previous).abs().max().item(),
        "noise in it": _correlation(wild - previous, loud),
        "border": gap.max().item() - gap[..., 6:-6, 6:-6].max().item(),
    }


def _correlation(one: Tensor, other: Tensor) -> float:
    return torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].item()
