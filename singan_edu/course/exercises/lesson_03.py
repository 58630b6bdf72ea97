"""The exercises of lesson 03, generator and discriminator; its labs, drawings and black boxes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from ...images import resize
from ...model import SinGAN
from ...networks import Generator, conv_stack, initialize, pad
from ...pretrained import load_pretrained
from ...training.level import begin_level, reconstruct, train_iteration
from ...training.state import TrainState
from ..checks import Exercise, Mistake
from ..plots import TITLE_SIZE, draw_image

FIELD, REACH = 11, 5
LEVEL = 2
MODEL = load_pretrained("desert_arch")
GIVEN = resize(MODEL.reconstruct(LEVEL - 1), MODEL.plan.sizes[LEVEL])  # what level 2 is given
PADDINGS = ("no padding", "once, outside", "in every layer")
NETWORK = Callable[[Tensor, Tensor], Tensor]


# --------------------------------------------------------------------- one level on top of others
def on_top(model: SinGAN, level: int, *, seed: int = 0, **changes: object) -> TrainState:
    """``level``, untrained, on top of the trained levels below it.

    Args:
        changes: fields of the model's recipe to change.
    """
    recipe = model.config.replace(precision="float32", **changes)
    below = dataclasses.replace(
        model,
        config=recipe,
        generators=model.generators[:level],
        noise_stds=model.noise_stds[:level],
    )
    return begin_level(below, torch.Generator().manual_seed(seed))


@torch.no_grad()
def grey_levels_off(state: TrainState) -> float:
    """RMS error of the reconstruction, as G makes it now, in grey levels of 255."""
    return (reconstruct(state) - state.real).square().mean().sqrt().item() * 127.5


def rms_of_given(state: TrainState) -> float:
    """RMS error of the picture that G is given, in grey levels of 255."""
    return (state.reconstructed_previous - state.real).square().mean().sqrt().item() * 127.5


def errors_while_training(state: TrainState, iterations: int) -> list[float]:
    """The error of the reconstruction before each iteration, and after the last."""
    errors = [grey_levels_off(state)]
    for _ in range(iterations):
        train_iteration(state)
        state.iteration += 1
        errors.append(grey_levels_off(state))
    return errors


class WithoutSum(Generator):
    """A generator that has to draw the whole picture, not what it lacks."""

    def forward(self, noise: Tensor, previous: Tensor) -> Tensor:
        """What the stack says, and nothing else."""
        return super().forward(noise, previous) - previous


def without_sum(generator: Generator) -> Generator:
    """The same generator, made to forget the picture that it was to add to."""
    generator.__class__ = WithoutSum
    return generator


# ------------------------------------------------------------------------- how high up is a pixel?
def height_reader(padding: str, seed: int = 0) -> tuple[nn.Module, int]:
    """A stack as SinGAN's for one channel, one of ``PADDINGS``; and the pixels that it loses."""
    inside = 1 if padding == PADDINGS[2] else 0
    stack = conv_stack(1, 1, 32, norm="none", num_layers=5, kernel_size=3, padding=inside)
    initialize(stack, torch.Generator().manual_seed(seed))
    if padding == PADDINGS[1]:
        return PaddedOnce(stack), 0
    return stack, 0 if inside else REACH


class PaddedOnce(nn.Module):
    """Zeros around the picture, up front; then the stack, without padding."""

    def __init__(self, stack: nn.Module) -> None:
        super().__init__()
        self.stack = stack

    def forward(self, image: Tensor) -> Tensor:
        """(n, C, h, w) -> (n, 1, h, w)."""
        return self.stack(pad(image, REACH))


def learn_height(
    padding: str, steps: int, *, size: tuple[int, int] = (25, 33), seed: int = 0
) -> tuple[nn.Module, Tensor, float]:
    """Train a stack to say of every pixel of *pure noise* how high up it is.

    Returns:
        The stack; its answers by height, (h'), the mean over many pictures, 1 for the top and
        -1 for the bottom; and the share of the variance of heights that it explains.
    """
    network, lost = height_reader(padding, seed)
    rng = torch.Generator().manual_seed(seed)
    truth = torch.linspace(1, -1, size[0])[lost : size[0] - lost, None]  # (h', 1)
    adam = torch.optim.Adam(network.parameters(), lr=2e-3)
    for _ in range(steps):
        loss = (network(torch.randn(2, 1, *size, generator=rng)) - truth).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        answers = network(torch.randn(32, 1, *size, generator=rng))  # (32, 1, h', w')
    error = (answers - truth).square().mean() / truth.square().mean()
    return network, answers.mean(dim=(0, 1, 3)), 1 - error.item()


# -------------------------------------------------------------------------------------- drawing it
def draw_scores(
    pictures: Sequence[Tensor],
    scores: Sequence[Tensor],
    titles: Sequence[str],
    *,
    width: float = 8.4,
    apart: int = 0,
) -> Figure:
    """Pictures above their maps of scores, in place, all maps on one scale, bright for real.

    Args:
        pictures: (1, C, h, w) in [-1, 1].
        scores: (1, 1, h - 10, w - 10) each.
        titles: of the pictures; where one is empty, its map has no title either.
        apart: how many of the last maps have a scale of their own.
    """
    height, across = pictures[0].shape[-2:]
    common = scores[: len(scores) - apart]
    scales = [_limits(common)] * len(common) + [_limits([s]) for s in scores[len(common) :]]
    rows = 2 * (width / len(pictures) * height / across + 0.22)
    figure = Figure(figsize=(width, rows), layout="constrained")
    axes = figure.subplots(2, len(pictures), squeeze=False)
    for top, bottom, picture, score, scale, title in zip(*axes, pictures, scores, scales, titles):
        low, high = scale
        draw_image(top, picture, title)
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
    """The lowest and the highest of all."""
    return min(s.min().item() for s in scores), max(s.max().item() for s in scores)


def blur_square(picture: Tensor, top: int, left: int, side: int) -> Tensor:
    """The picture with one square as blurred as if it came from a third of the size."""
    height, width = picture.shape[-2:]
    blurred = resize(resize(picture, (height // 3, width // 3)), (height, width))
    damaged, rows, columns = picture.clone(), slice(top, top + side), slice(left, left + side)
    damaged[..., rows, columns] = blurred[..., rows, columns]
    return damaged


def busiest(picture: Tensor, side: int) -> tuple[int, int]:
    """(top, left) of the square with the most detail, well inside the picture."""
    blurred = F.avg_pool2d(picture, 3, 1, 1, count_include_pad=False)
    detail = (picture - blurred).square().sum(dim=1, keepdim=True)
    rim = FIELD  # so that every score which sees the square is on the map
    energy = F.avg_pool2d(detail[..., rim:-rim, rim:-rim], side, 1)[0, 0]
    place = int(energy.argmax())
    return rim + place // energy.shape[1], rim + place % energy.shape[1]


# ------------------------------------------------------------------------------------ exercise 03.1
def generate(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Equation 5: the picture, and what the stack adds to it."""
    return previous + torch.tanh(stack(pad(noise + previous, REACH)))


def residual_forgotten(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Returns what is to be added."""
    return generate(stack, noise, previous) - previous


def no_tanh(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Adds what the stack says, unbounded."""
    return previous + stack(pad(noise + previous, REACH))


def tanh_over_all(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Bounds the sum in place of what is added."""
    return torch.tanh(no_tanh(stack, noise, previous))


def noise_after(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Adds the noise to the result; the stack does not see it."""
    return generate(stack, torch.zeros_like(noise), previous) + noise


def noise_stays(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Adds to the noisy picture."""
    return generate(stack, noise, previous) + noise


def padded_in_each_layer(stack: nn.Module, noise: Tensor, previous: Tensor) -> Tensor:
    """Zeros at the border of every layer's input."""
    picture = noise + previous
    for block in stack:
        layers = block if isinstance(block, nn.Sequential) else [block]
        for layer in layers:
            picture = layer(pad(picture, 1) if isinstance(layer, nn.Conv2d) else picture)
    return previous + torch.tanh(picture)


def _inputs(seed: int, loudness: float = 0.2) -> tuple[nn.Module, Tensor, Tensor]:
    """A trained stack, noise, and a picture."""
    rng = torch.Generator().manual_seed(seed)
    noise = loudness * torch.randn(GIVEN.shape, generator=rng)
    return MODEL.generators[LEVEL].stack, noise, GIVEN


WRITE_A_GENERATOR = Exercise(
    id="03.1",
    title="a generator in one line",
    difficulty=2,
    minutes=8,
    expected=generate,
    cases=(_inputs(0), _inputs(1, 1.0)),
    mistakes=(
        Mistake(
            "residual forgotten",
            residual_forgotten,
            "This is what is to be added, psi alone. The generator returns the picture that it was "
            "given plus that.",
        ),
        Mistake(
            "no tanh",
            no_tanh,
            "There is no tanh: what the stack says is added as it is, and nothing bounds it.",
        ),
        Mistake(
            "tanh over all",
            tanh_over_all,
            "The tanh is around the whole sum, so that it dulls the picture as well. It bounds "
            "what is added, nothing else.",
        ),
        Mistake(
            "noise after the stack",
            noise_after,
            "Your stack has not seen the noise, which is added at the end as plain grain. Noise "
            "goes in before the stack, which makes detail of it.",
        ),
        Mistake(
            "noise stays",
            noise_stays,
            "You add to the noisy picture, and the noise stays in it as grain. What goes around "
            "the stack is the clean picture, previous.",
        ),
        Mistake(
            "padding in each layer",
            padded_in_each_layer,
            "You padded in every layer. Pad once, by five pixels, before the first; inside, "
            "let the picture shrink to its size.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 03.2
def scores_that_see(mask: Tensor) -> Tensor:
    """The largest value of the mask in every window."""
    return F.max_pool2d(mask, FIELD, stride=1)


def middle_only(mask: Tensor) -> Tensor:
    """Cuts five pixels off."""
    return mask[..., REACH:-REACH, REACH:-REACH]


def whole_patch(mask: Tensor) -> Tensor:
    """Asks for patches that lie in the mask as a whole."""
    return -F.max_pool2d(-mask, FIELD, stride=1)


def padded_map(mask: Tensor) -> Tensor:
    """A map as large as the picture, as if D were padded."""
    return F.max_pool2d(mask, FIELD, stride=1, padding=REACH)


def share_of_patch(mask: Tensor) -> Tensor:
    """How much of each patch the mask covers."""
    return F.avg_pool2d(mask, FIELD, stride=1)


def upper_left(mask: Tensor) -> Tensor:
    """Takes the corner of each patch for all of it."""
    return mask[..., : 1 - FIELD, : 1 - FIELD]


def _mask(height: int, width: int, *boxes: tuple[int, int, int, int]) -> Tensor:
    """Zeros with boxes (top, bottom, left, right) of ones, (1, 1, h, w)."""
    mask = torch.zeros(1, 1, height, width)
    for top, bottom, left, right in boxes:
        mask[..., top:bottom, left:right] = 1
    return mask


WHICH_SCORES = Exercise(
    id="03.2",
    title="which scores see it",
    difficulty=2,
    minutes=8,
    expected=scores_that_see,
    cases=(
        (_mask(43, 57, (14, 28, 20, 34)),),
        (_mask(30, 40, (0, 3, 0, 3), (20, 21, 30, 31)),),
        (_mask(25, 33),),
    ),
    mistakes=(
        Mistake(
            "the middle of the patch",
            middle_only,
            "These are the scores whose patch has its *middle* in the mask. A score sees five "
            "pixels further to every side.",
        ),
        Mistake(
            "the whole patch",
            whole_patch,
            "These are the scores that see *nothing but* the mask. One pixel of it in the patch "
            "is enough.",
        ),
        Mistake(
            "a padded map",
            padded_map,
            "Your map is as large as the picture. D is not padded: there are ten scores fewer "
            "along each side.",
        ),
        Mistake(
            "how much of the patch",
            share_of_patch,
            "You have the share of each patch that the mask covers. Asked is whether it covers "
            "anything: 0 or 1.",
        ),
        Mistake(
            "the upper left corner",
            upper_left,
            "You looked at the upper left pixel of each patch only. There are 120 more.",
        ),
    ),
)


# ------------------------------------------------------------------------------------ exercise 03.3
def normalised(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Batch normalisation of a batch of one, as in training."""
    return F.batch_norm(features, None, None, weight, bias, training=True)


def _standardised(features: Tensor, dims: tuple[int, ...], correction: int = 0) -> Tensor:
    variance, mean = torch.var_mean(features, dims, correction=correction, keepdim=True)
    return (features - mean) / (variance + 1e-5).sqrt()


def over_all_channels(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """One mean for all channels."""
    return _standardised(features, (1, 2, 3)) * weight[:, None, None] + bias[:, None, None]


def at_each_place(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A mean over the channels at each pixel."""
    return _standardised(features, (1,)) * weight[:, None, None] + bias[:, None, None]


def without_scale(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Forgets weight and bias."""
    return _standardised(features, (2, 3))


def divided_by_variance(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Forgets the root."""
    variance, mean = torch.var_mean(features, (2, 3), correction=0, keepdim=True)
    return (features - mean) / (variance + 1e-5) * weight[:, None, None] + bias[:, None, None]


def _features(seed: int, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Maps of four channels with means and spreads of their own; weights and biases."""
    rng = torch.Generator().manual_seed(seed)
    spread = torch.tensor([0.5, 1.0, 2.0, 4.0])[:, None, None]
    maps = torch.randn(1, 4, height, width, generator=rng) * spread + spread.flip(0)
    return maps, 1 + torch.rand(4, generator=rng), torch.randn(4, generator=rng)


BY_HAND = Exercise(
    id="03.3",
    title="normalisation by hand",
    difficulty=2,
    minutes=8,
    expected=normalised,
    cases=(_features(0, 9, 12), _features(1, 15, 11)),
    tolerance=1e-3,
    mistakes=(
        Mistake(
            "one mean for all channels",
            over_all_channels,
            "You took one mean and one spread for all channels. Each channel has its own: the "
            "mean runs over height and width.",
        ),
        Mistake(
            "at each place",
            at_each_place,
            "You normalised each place over its channels. It is the other way round: each "
            "channel, over all places.",
        ),
        Mistake(
            "weight and bias forgotten",
            without_scale,
            "Mean 0 and spread 1 are right, but every channel is then multiplied by its weight, "
            "and its bias is added.",
        ),
        Mistake(
            "no root",
            divided_by_variance,
            "You divided by the variance. Its root, the standard deviation, has the unit of the "
            "values.",
        ),
    ),
)


# ------------------------------------------------------------------------ exercise 03.4: the clinic
NO_SUM, NO_TANH, NOISE_AFTER, PADDED = (
    "no sum",
    "no tanh",
    "noise after the stack",
    "padded in every layer",
)
FAULTS = {"A": NOISE_AFTER, "B": PADDED, "C": NO_SUM, "D": NO_TANH}
GENERATORS = {
    NO_SUM: residual_forgotten,
    NO_TANH: no_tanh,
    NOISE_AFTER: noise_after,
    PADDED: padded_in_each_layer,
}


@torch.no_grad()
def healthy(noise: Tensor, previous: Tensor) -> Tensor:
    """A trained generator, as a black box."""
    return generate(MODEL.generators[LEVEL].stack, noise, previous)


def patient(name: str) -> NETWORK:
    """A generator with one fault, ``"A"`` to ``"D"``: a black box, (noise, previous) -> picture."""
    broken = GENERATORS[FAULTS[name]]

    @torch.no_grad()
    def box(noise: Tensor, previous: Tensor) -> Tensor:
        return broken(MODEL.generators[LEVEL].stack, noise, previous)

    return box


def probes(box: NETWORK) -> dict[str, float]:
    """What four simple tests say of a generator.

    Returns:
        ``"picture kept"``, correlation of the result with the picture given; ``"largest change"``
        and ``"noise in it"``, of a picture with noise of standard deviation two: the largest
        distance from the picture, and how far the result correlates with the noise; ``"border"``,
        how much more the rim differs from the healthy generator's than the middle does.
    """
    rng = torch.Generator().manual_seed(0)
    loud, silent = 2 * torch.randn(GIVEN.shape, generator=rng), torch.zeros_like(GIVEN)
    calm, wild = box(silent, GIVEN), box(loud, GIVEN)
    gap = (calm - healthy(silent, GIVEN)).abs()
    return {
        "picture kept": _correlation(calm, GIVEN),
        "largest change": (wild - GIVEN).abs().max().item(),
        "noise in it": _correlation(wild - GIVEN, loud),
        "border": gap.max().item() - gap[..., 6:-6, 6:-6].max().item(),
    }


def _correlation(one: Tensor, other: Tensor) -> float:
    return torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].item()


def _exchanged(one: str, other: str) -> list[str]:
    """The right diagnoses but for two of them."""
    swap = {one: other, other: one}
    return [FAULTS[swap.get(name, name)] for name in FAULTS]


CLINIC = Exercise(
    id="03.4",
    title="four broken generators",
    difficulty=3,
    minutes=12,
    expected=list(FAULTS.values()),
    mistakes=(
        Mistake(
            "A and D exchanged",
            _exchanged("A", "D"),
            "B and C are right; exchange A and D. Both go further than a tanh allows when the "
            "noise is loud. But of one the change *is* the noise, pixel by pixel.",
        ),
        Mistake(
            "A and B exchanged",
            _exchanged("A", "B"),
            "C and D are right; exchange A and B. Without noise one of the two is right up to "
            "the rim of five pixels.",
        ),
        Mistake(
            "B and D exchanged",
            _exchanged("B", "D"),
            "A and C are right; exchange B and D. Where do they differ from the healthy one, "
            "everywhere or at the rim?",
        ),
        Mistake(
            "C and D exchanged",
            _exchanged("C", "D"),
            "A and B are right; exchange C and D. Give them a picture without noise: which one "
            "has lost it?",
        ),
    ),
)

EXERCISES = (WRITE_A_GENERATOR, WHICH_SCORES, BY_HAND, CLINIC)
