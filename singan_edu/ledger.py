"""The ledger: where paper, authors' code, re-implementations and this library differ.

Each row of ``LEDGER`` says who does what and holds the ``Switch`` that makes this library do
otherwise: fields of ``TrainConfig``, functions to put in the place of others (``switched``), or
another way to draw samples. ``benchmarks/ledger.py`` trains both sides of each row with several
seeds; ``effect`` reads its table. Taught in lesson 15.
"""

from __future__ import annotations

import csv
import itertools
import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import applications, losses, model, networks, trainer, training
from .applications.super_resolution import super_resolve
from .applications.training_variants import border_variability
from .callbacks import Callback
from .config import TrainConfig
from .evaluation import Yardstick
from .images import resize
from .metrics import rmse
from .model import SinGAN
from .trainer import LevelTraining
from .training import StopWhenNotFinite, first_level, train_levels

TABLE = Path(__file__).parents[1] / "benchmarks" / "ledger.csv"
RECIPE: dict[str, Any] = dict(
    min_size=20, max_size=48, iterations=(160, 100, 60), precision="float32"
)
SAMPLES, SAMPLES_SEED = 8, 1
ENLARGED = 4 / 3  # about one step between the levels of RECIPE
SIGNIFICANT = 0.01
_MODULES = dict(
    applications=applications,
    losses=losses,
    model=model,
    networks=networks,
    trainer=trainer,
    training=training,
)


# ------------------------------------------------------------------------------------ the switches
def draw_samples(pyramid: SinGAN, photo: Tensor) -> Tensor:
    """Samples from the coarsest level, (8, C, h, w): what is measured unless a switch says so."""
    return pyramid.sample(SAMPLES, seed=SAMPLES_SEED)


@dataclass(frozen=True, eq=False)
class Switch:
    """One side of a row: everything of the recipe that is done otherwise.

    Attributes:
        label: its name in the table of measurements.
        changes: fields of ``TrainConfig``.
        replacements: new functions by the dotted names of what they replace in this package,
            ``"trainer.gradient_penalty"``; in force during training and sampling alike.
        draw: makes the pictures to be measured from a pyramid and the photograph.
    """

    label: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    replacements: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    draw: Callable[[SinGAN, Tensor], Tensor] = draw_samples

    def describe(self) -> str:
        """How to throw it, in the words of the library."""
        fields = ", ".join(f"{name}={value!r}" for name, value in self.changes.items())
        parts = [f"TrainConfig({fields})"] if fields else []
        parts += [f"{name} → {new.__name__}" for name, new in self.replacements.items()]
        if self.draw is not draw_samples:
            parts.append(f"draw: {self.draw.__name__}")
        return "; ".join(parts) or "nothing changed"


@contextmanager
def switched(switch: Switch) -> Iterator[None]:
    """Within the block, the library's functions are those of ``switch.replacements``.

    For experiments alone: it changes the modules themselves, for everyone in this process, and
    changes them back at the end, come what may.
    """
    before = []
    try:
        for name, new in switch.replacements.items():
            owner, attribute = _owner(name)
            before.append((owner, attribute, getattr(owner, attribute)))
            setattr(owner, attribute, new)
        yield
    finally:
        for owner, attribute, old in reversed(before):
            setattr(owner, attribute, old)


def _owner(name: str) -> tuple[Any, str]:
    """The module or class that holds ``name``, and the last part of it."""
    module, *path, attribute = name.split(".")
    owner = _MODULES[module]
    for part in path:
        owner = getattr(owner, part)
    getattr(owner, attribute)  # refuses a name that is not there
    return owner, attribute


def train_switched(
    photo: Tensor,
    switch: Switch,
    *,
    seed: int = 0,
    recipe: Mapping[str, Any] = RECIPE,
    callbacks: Sequence[Callback] = (),
) -> SinGAN:
    """Train the preset lesson, made small by ``recipe``, with ``switch`` thrown.

    Args:
        photo: (1, C, H, W) in [-1, 1].
        recipe: fields of ``TrainConfig`` that both sides of a row share; the switch goes over them.
    """
    config = TrainConfig.preset("lesson", **{**recipe, **switch.changes})
    with switched(switch):
        state = first_level(photo, config, seed)
        return train_levels(state, [StopWhenNotFinite(), *callbacks])


def measure_switched(
    pyramid: SinGAN, photo: Tensor, switch: Switch, yardstick: Yardstick | None = None
) -> dict[str, float]:
    """What the rows are compared by; see ``MEASURES``.

    Args:
        yardstick: of the photograph at the size of the pyramid, if it is at hand.
    """
    with switched(switch):
        pictures = switch.draw(pyramid, photo)
        reconstruction = pyramid.reconstruct()
    real = resize(photo, tuple(pictures.shape[-2:]))  # as the library does it, on both sides
    if real.shape != pyramid.image.shape:  # an enlargement, of which the original is known
        return dict(enlargement=rmse(pictures, real.expand_as(pictures[:1])))
    score = (yardstick or Yardstick.of(real)).score(pictures)
    border, _ = border_variability(pictures)
    return dict(
        fidelity=score.fidelity.value,
        coverage=score.coverage.value,
        diversity=score.diversity.value,
        reconstruction=rmse(reconstruction, real),
        brightness=127.5 * (pictures.mean() - real.mean()).item(),
        border=border,
        novelty=score.novelty.value,
        band=score.raw["band_likeness"],
        swd=score.raw["swd_likeness"],
        precision=score.raw["precision"],
    )


MEASURES = dict(
    fidelity="how much patches of samples are those of the photograph, 0 to 1",
    coverage="share of the photograph's patches that a sample shows",
    diversity="how much samples differ from each other (the paper's)",
    reconstruction="RMSE of the reconstruction, grey levels",
    brightness="mean of the samples less that of the photograph, grey levels",
    border="how much samples differ near the border, relative to the interior",
    enlargement="RMSE of an enlargement by 4/3, grey levels",
)
EXTRA = ("novelty", "band", "swd", "precision")  # in the table, not in the summary


# -------------------------------------------------------------- what others do in place of a function
def penalty_per_picture(discriminator: nn.Module, image: Tensor) -> Tensor:
    """One norm for the whole picture, of the mean score that the losses use: WGAN-GP to the letter.

    In place of ``losses.gradient_penalty``, which takes a norm for each pixel, of the summed score.
    """
    scores = discriminator(image).numel()
    slope = torch.linalg.vector_norm(losses.input_gradient(discriminator, image)) / scores
    return (slope - 1).square()


def no_penalty(discriminator: nn.Module, image: Tensor) -> Tensor:
    """Zero: spectral normalisation bounds the slope by itself."""
    return torch.zeros((), device=image.device)


def hinge_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """D's hinge loss: scores beyond ±1 are good enough."""
    return F.relu(1 - real_scores).mean() + F.relu(1 + fake_scores).mean()


def spectral_discriminator(
    config: TrainConfig, level: int, image_channels: int
) -> networks.Discriminator:
    """The discriminator with each convolution divided by its largest singular value."""
    discriminator = networks.build_discriminator(config, level, image_channels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(level)  # of the first guess at the singular vectors
        for layer in discriminator.modules():
            if isinstance(layer, nn.Conv2d):
                nn.utils.parametrizations.spectral_norm(layer)
    return discriminator


def spectral_initialize(network: nn.Module, rng: torch.Generator) -> None:
    """``initialize`` that reaches the weights behind spectral normalisation, too."""
    networks.initialize(network, rng)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if name.endswith("weight.original"):
                weight.normal_(0, networks.INIT_STD, generator=rng)


@torch.no_grad()
def default_initialize(network: nn.Module, rng: torch.Generator) -> None:
    """PyTorch's own start: weights uniform in ±1/sqrt(inputs), normalisation weights exactly 1."""
    networks.initialize(network, rng)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            bound = 1 / math.sqrt(layer.weight[0].numel())
            layer.weight.uniform_(-bound, bound, generator=rng)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.weight.fill_(1)


def begin_afresh(
    pyramid: SinGAN, rng: torch.Generator, before: LevelTraining | None = None, **rest: Any
) -> LevelTraining:
    """``begin_level`` that draws all weights anew, whatever the level before has learned."""
    return trainer.begin_level(pyramid, rng, **rest)


def three_channel_noise(
    config: TrainConfig, level: int, size: tuple[int, int], image_channels: int
) -> tuple[int, int, int]:
    """The shape of a noise map with a channel for each colour, at the coarsest level as well."""
    return _noise_shape(config, max(level, 1), size, image_channels)


def constant_noise(real: Tensor, reconstructed_previous: Tensor, amplitude: float) -> float:
    """Noise of standard deviation one at each level, however little is missing there."""
    return 1.0


def resize_without_antialiasing(
    image: Tensor, size: tuple[int, int], *, quantize: bool = False
) -> Tensor:
    """What ``F.interpolate`` did before it could average: four pixels, however far apart."""
    return F.interpolate(image, size=size, mode="bicubic", align_corners=False).clamp(-1, 1)


def resize_bilinear(image: Tensor, size: tuple[int, int], *, quantize: bool = False) -> Tensor:
    """Straight lines between pixels; antialiased."""
    return F.interpolate(image, size=size, mode="bilinear", antialias=True).clamp(-1, 1)


def forward_without_tanh(self: networks.Generator, noise: Tensor, previous: Tensor) -> Tensor:
    """``Generator.forward`` with a residual that nothing bounds."""
    padded = networks.pad(noise, self.padding - self.noise_margin)
    return previous + self.stack(padded + networks.pad(previous, self.padding))


def update_with_a_fresh_fake(state: LevelTraining, fake: Tensor) -> None:
    """``update_generator`` on a random sample of its own in each step of G."""
    _update_generator(
        state, state.generator(trainer.draw_noise(state), trainer.sample_previous(state))
    )


def update_with_a_detached_fake(state: LevelTraining, fake: Tensor) -> None:
    """The mend that makes the error go away: the fake is cut off, and D teaches G nothing."""
    _update_generator(state, fake.detach().requires_grad_())


def update_with_one_gradient(state: LevelTraining, fake: Tensor) -> None:
    """All steps of G in an iteration follow the gradient of the first fake's score.

    As near as PyTorch lets us come to one stale fake; the reconstruction is made anew each time.
    """
    weights, now = list(state.generator.parameters()), (state.level, state.iteration)
    if getattr(state.generator, "kept_for", None) != now:
        score = losses.adversarial_loss(state.discriminator(fake))
        state.generator.kept = torch.autograd.grad(score, weights)
        state.generator.kept_for = now
        state.losses |= dict(adversarial=score.detach())
    error = losses.reconstruction_loss(trainer.reconstruct(state), state.real)
    own = torch.autograd.grad(state.config.reconstruction_weight * error, weights)
    for weight, adversarial, other in zip(weights, state.generator.kept, own):
        weight.grad = adversarial + other
    state.generator_optimizer.step()
    state.losses |= dict(reconstruction=error.detach())


_noise_shape, _update_generator = model.noise_shape, trainer.update_generator  # before any switch


def _everywhere(new: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """A new ``resize`` wherever training and sampling call it."""
    return {f"{module}.resize": new for module in ("trainer", "model", "training")}


# ------------------------------------------------------------------------------ other ways to draw
def from_reconstruction(pyramid: SinGAN, photo: Tensor) -> Tensor:
    """Samples that start at level 1 from the reconstruction."""
    return pyramid.sample(SAMPLES, start_level=1, start="reconstruction", seed=SAMPLES_SEED)


def from_photograph(pyramid: SinGAN, photo: Tensor) -> Tensor:
    """Samples that start at level 1 from the photograph, reduced to level 0 and enlarged."""
    return pyramid.sample(SAMPLES, start_level=1, start="real", seed=SAMPLES_SEED)


def from_sharp_photograph(pyramid: SinGAN, photo: Tensor) -> Tensor:
    """Samples that start at level 1 from the photograph at the size of level 1, not blurred."""
    return pyramid.run_from(1, pyramid.image, blur=False, n=SAMPLES, seed=SAMPLES_SEED)


def enlarged_with_noise(pyramid: SinGAN, photo: Tensor) -> Tensor:
    """The photograph enlarged by 4/3, noise before the step."""
    return super_resolve(pyramid.image, ENLARGED, model=pyramid, seed=SAMPLES_SEED)


def enlarged_without_noise(pyramid: SinGAN, photo: Tensor) -> Tensor:
    """The photograph enlarged by 4/3, no noise."""
    return super_resolve(pyramid.image, ENLARGED, model=pyramid, noise_scale=0)


# -------------------------------------------------------------------------------------- the rows
REFERENCE = Switch("reference")
THREE_STEPS = Switch(
    "three steps",
    dict(discriminator_steps=3, generator_steps=3, iterations=(54, 34, 20)),
)


@dataclass(frozen=True, eq=False)
class Difference:
    """One row of the ledger.

    Attributes:
        id: its name.
        what: what is done in more than one way.
        paper, authors, others, here: what the paper says, the authors' code does, re-implementations
            do, this library does.
        source: section of the paper, or where the difference is written about.
        switch: makes this library do otherwise; None where nothing can be measured at lesson size.
        against: the side it is compared with.
        why_not: why there is no switch or no measurement.
        lesson: that teaches what differs.
    """

    id: str
    what: str
    paper: str
    authors: str
    others: str
    here: str
    source: str
    lesson: str
    switch: Switch | None = None
    against: Switch = REFERENCE
    why_not: str = ""


LEDGER: tuple[Difference, ...] = (
    Difference(
        "nothing",
        "nothing at all: the same recipe with other seeds",
        "–",
        "–",
        "–",
        "the control of this table: whatever it shows is not an effect",
        "–",
        "14",
        Switch("nothing"),
    ),
    # ------------------------------------------------------------------------------- the pyramid
    Difference(
        "pyramid_rule",
        "how many levels there are, and their ratio",
        "as near to r = 4/3 as a whole number of levels allows",
        "one or two levels more, r from 1.20 to 1.30; their number depends on the size before "
        "the photograph is reduced",
        "nine levels of exactly 3/4 (a TensorFlow one)",
        "the paper's rule",
        "sec. 2.1, 2.3",
        "01",
        Switch("pyramid_rule", dict(pyramid_rule="official")),
    ),
    Difference(
        "quantize_resize",
        "what a resize does to the numbers",
        "nothing said",
        "truncates to 8 bits before every resize, in training and sampling",
        "stay in floating point",
        "floating point",
        "–",
        "01",
        Switch("quantize_resize", dict(quantize_resize=True)),
    ),
    Difference(
        "antialias",
        "whether a resize averages before it samples",
        "nothing said",
        "its own resizer, because PyTorch had no antialiasing then",
        "PyTorch's plain bicubic is easily taken instead",
        "PyTorch's antialiased bicubic, the same kernel",
        "authors' thread 80",
        "01",
        Switch("antialias", replacements=_everywhere(resize_without_antialiasing)),
    ),
    Difference(
        "bilinear",
        "the kernel of a resize",
        "nothing said",
        "bicubic",
        "bilinear, antialiased (a TensorFlow one)",
        "bicubic",
        "–",
        "01",
        Switch("bilinear", replacements=_everywhere(resize_bilinear)),
    ),
    Difference(
        "finest_size",
        "what has 250 pixels at the finest level",
        "the longer side",
        "the longer side; smaller photographs are not enlarged",
        "the shorter side, small photographs enlarged (a TensorFlow one)",
        "the longer side, never enlarged (`max_size`)",
        "sec. 2.3",
        "01",
        why_not="pictures of other sizes cannot be compared; it is a matter of cost",
    ),
    # ------------------------------------------------------------------------------ the networks
    Difference(
        "discriminator_norm",
        "normalisation in the discriminator",
        "batch",
        "batch",
        "none (ConSinGAN), spectral (a TensorFlow one)",
        "batch in the preset paper, none in the quick ones",
        "sec. 2.2",
        "03",
        Switch("discriminator_norm", dict(discriminator_norm="batch")),
    ),
    Difference(
        "generator_instance",
        "normalisation in the generator",
        "batch",
        "batch, running statistics once a level is frozen",
        "instance (a TensorFlow one)",
        "batch",
        "sec. 2.2",
        "03",
        Switch("generator_instance", dict(generator_norm="instance")),
    ),
    Difference(
        "generator_none",
        "whether the generator is normalised at all",
        "batch",
        "batch",
        "optional (ConSinGAN)",
        "batch",
        "sec. 2.2",
        "03",
        Switch("generator_none", dict(generator_norm="none")),
    ),
    Difference(
        "statistics",
        "the statistics of batch normalisation in a finished level",
        "nothing said",
        "running ones, of about the last ten passes",
        "the same",
        "running ones in the preset paper, the mean of 50 passes in the quick ones",
        "–",
        "03",
        Switch("statistics", dict(statistics_passes=0)),
    ),
    Difference(
        "tanh",
        "whether the residual is bounded",
        "nothing said",
        "by tanh, to ±1",
        "unbounded (a TensorFlow one)",
        "by tanh",
        "eq. 5",
        "03",
        Switch("tanh", replacements={"networks.Generator.forward": forward_without_tanh}),
    ),
    Difference(
        "padding_conv",
        "where the zeros beyond the border enter",
        "up front, once; the supplement compares",
        "up front",
        "in every layer of G (a TensorFlow one)",
        "up front (`padding`)",
        "supplement",
        "08",
        Switch("padding_conv", dict(padding="conv")),
    ),
    Difference(
        "padding_noise",
        "what stands beyond the border",
        "zeros; the supplement also tries noise",
        "zeros; noise for animation",
        "–",
        "zeros (`padding`)",
        "supplement",
        "08",
        Switch("padding_noise", dict(padding="noise")),
    ),
    Difference(
        "width",
        "how far the channels double",
        "doubled every four scales, no cap named",
        "doubled every four scales, 128 at most",
        "no cap (a TensorFlow one)",
        "128 at most in the preset paper, always 32 in the quick ones",
        "sec. 2.2",
        "03",
        why_not="with three levels there is nothing to double",
    ),
    # --------------------------------------------------------------------------------- the start
    Difference(
        "first_weights",
        "the distribution of first weights",
        "nothing said",
        "N(0, 0.02); until November 2019, by a slip, PyTorch's own",
        "–",
        "N(0, 0.02)",
        "authors' history",
        "06",
        Switch("first_weights", replacements={"trainer.initialize": default_initialize}),
    ),
    Difference(
        "from_below",
        "what the networks of a level start from",
        "the level below",
        "the level below, if as wide, statistics included",
        "the same",
        "the same",
        "sec. 2.3",
        "06",
        Switch("from_below", replacements={"training.begin_level": begin_afresh}),
    ),
    # --------------------------------------------------------------------------------- the noise
    Difference(
        "z_star",
        "the noise of the reconstruction",
        "drawn once",
        "redrawn in every iteration of the coarsest level, the last one kept",
        "drawn once (three of three)",
        "drawn once (`resample_z_star`)",
        "sec. 2.3; authors' threads 43, 63",
        "04",
        Switch("z_star", dict(resample_z_star=True)),
    ),
    Difference(
        "noise_amplitude",
        "the standard deviation of the noise",
        "proportional to the reconstruction error",
        "0.1 times that error",
        "one at every level (a TensorFlow one)",
        "0.1 times that error (`noise_amplitude`)",
        "sec. 2.3",
        "04",
        Switch("noise_amplitude", replacements={"trainer.noise_std_for": constant_noise}),
    ),
    Difference(
        "noise_channels",
        "channels of the coarsest noise",
        "nothing said",
        "one, for all colours",
        "three (a TensorFlow one)",
        "one",
        "–",
        "04",
        Switch(
            "noise_channels",
            replacements={
                "model.noise_shape": three_channel_noise,
                "training.noise_shape": three_channel_noise,
            },
        ),
    ),
    # -------------------------------------------------------------------------------- the losses
    Difference(
        "penalty_norm",
        "of what the gradient penalty takes the norm",
        "refers to WGAN-GP: one norm per picture",
        "a norm for each pixel, over the channels, of the summed score",
        "per pixel as well",
        "per pixel",
        "supplement",
        "05",
        Switch("penalty_norm", replacements={"trainer.gradient_penalty": penalty_per_picture}),
    ),
    Difference(
        "lambda",
        "the weight of the gradient penalty",
        "0.1",
        "0.1",
        "10 is WGAN-GP's own",
        "0.1",
        "supplement",
        "05",
        Switch("lambda", dict(gradient_penalty_weight=10.0)),
    ),
    Difference(
        "hinge",
        "the adversarial loss",
        "WGAN-GP",
        "WGAN-GP",
        "hinge loss and spectral normalisation (a TensorFlow one)",
        "WGAN-GP",
        "eq. 6",
        "05",
        Switch(
            "hinge",
            replacements={
                "trainer.discriminator_loss": hinge_loss,
                "trainer.gradient_penalty": no_penalty,
                "trainer.build_discriminator": spectral_discriminator,
                "trainer.initialize": spectral_initialize,
            },
        ),
    ),
    Difference(
        "alpha",
        "the weight of the reconstruction",
        "10 (100 for super-resolution)",
        "the same",
        "10 to 100",
        "10 in the preset paper, 30 in the quick ones",
        "sec. 2.3",
        "05",
        Switch("alpha", dict(reconstruction_weight=10.0)),
    ),
    # ------------------------------------------------------------------------------ the training
    Difference(
        "steps",
        "steps of D and G in an iteration, at one number of updates",
        "three and three",
        "three and three",
        "one and one (kligvasser)",
        "three and three in the preset paper, one and one in the quick ones",
        "supplement",
        "06",
        THREE_STEPS,
    ),
    Difference(
        "one_fake",
        "what the second and third step of G follow",
        "nothing said",
        "the fake of before the first step (refused by PyTorch since 1.5)",
        "its gradient, three times (ConSinGAN)",
        "the same noise run anew",
        "authors' threads 58, 148",
        "06",
        Switch(
            "one_fake", THREE_STEPS.changes, {"trainer.update_generator": update_with_one_gradient}
        ),
        THREE_STEPS,
    ),
    Difference(
        "fresh_fake",
        "the noise of the second and third step of G",
        "nothing said",
        "that of the first",
        "new noise for each step (mmgeneration)",
        "that of the first",
        "–",
        "06",
        Switch(
            "fresh_fake",
            THREE_STEPS.changes,
            {"trainer.update_generator": update_with_a_fresh_fake},
        ),
        THREE_STEPS,
    ),
    Difference(
        "detached_fake",
        "a mend of the stale fake that goes around",
        "–",
        "–",
        "cut the fake off, so that PyTorch no longer complains (thread 152)",
        "never",
        "authors' thread 152",
        "06",
        Switch("detached_fake", {}, {"trainer.update_generator": update_with_a_detached_fake}),
    ),
    Difference(
        "learning_rate",
        "the learning rate",
        "0.0005",
        "0.0005",
        "–",
        "0.0005 in the preset paper, 0.002 in the quick ones",
        "supplement",
        "06",
        Switch("learning_rate", dict(learning_rate=5e-4)),
    ),
    Difference(
        "lr_decay",
        "what becomes of the learning rate",
        "a tenth after 1600 of 2000 iterations",
        "the same; at 1600 whatever the number of iterations",
        "no decay (a TensorFlow one)",
        "a tenth after 80 %",
        "supplement",
        "06",
        Switch("lr_decay", dict(lr_decay=1.0)),
    ),
    Difference(
        "betas",
        "the moments of Adam",
        "0.5, 0.999",
        "0.5, 0.999",
        "0.5, 0.9 (kligvasser)",
        "0.5, 0.999",
        "supplement",
        "06",
        Switch("betas", dict(betas=(0.5, 0.9))),
    ),
    Difference(
        "iterations",
        "how the iterations are spread over the levels",
        "as many at each level",
        "the same; before, halved every four levels on demand",
        "–",
        "as many in the preset paper, most at the coarse levels in the quick ones",
        "supplement",
        "06",
        Switch("iterations", dict(iterations=107)),
    ),
    Difference(
        "precision",
        "digits of the convolutions",
        "32 bits",
        "32 bits",
        "–",
        "32 bits in the preset paper; 16 in the quick ones where it is quicker",
        "–",
        "06",
        Switch("precision", dict(precision="bfloat16")),
    ),
    # --------------------------------------------------------------------------------- sampling
    Difference(
        "start",
        "what a sample from level 1 starts from",
        "the photograph, reduced",
        "the reconstruction",
        "both",
        "the reconstruction (`start`)",
        "sec. 4; authors' thread 61",
        "07",
        Switch("start", draw=from_photograph),
        Switch("start_reconstruction", draw=from_reconstruction),
    ),
    Difference(
        "injection_blur",
        "how a picture is injected",
        "reduced",
        "reduced to the level below, then enlarged, as in training",
        "at the level's size, not blurred (a TensorFlow one)",
        "as the authors (`blur`)",
        "sec. 4",
        "10",
        Switch("injection_blur", draw=from_sharp_photograph),
        Switch("start", draw=from_photograph),
    ),
    Difference(
        "enlargement_noise",
        "noise in super-resolution",
        "random",
        "random",
        "none: said to be steadier",
        "random (`noise_scale`)",
        "sec. 4",
        "09",
        Switch("enlargement_noise", draw=enlarged_without_noise),
        Switch("enlargement", draw=enlarged_with_noise),
    ),
    # ----------------------------------------------------------- what is not measured by training
    Difference(
        "sifid_layer",
        "the layer that SIFID takes its features from",
        "before the second pooling: 192 channels",
        "before the first pooling: 64 channels; the published numbers come out with these",
        "described as the first pooling",
        "both, and it must be said which (`sifid(…, layer=)`)",
        "sec. 3; authors' threads 87, 155",
        "14",
        why_not="a way of measuring, not of training; it needs weights that cannot ship",
    ),
    Difference(
        "palette",
        "k-means of colours before paint-to-image",
        "k-means of the colours",
        "clusters three neighbouring pixels of one channel, by a reshape without a transpose",
        "–",
        "clusters colours",
        "sec. 4",
        "10",
        why_not="a slip that is not offered",
    ),
    Difference(
        "mask",
        "what counts as inside of a mask",
        "nothing said",
        "every value above zero, the specks of a JPEG included",
        "–",
        "values above one half",
        "authors' thread 163",
        "11",
        why_not="a slip that is not offered",
    ),
    Difference(
        "enlarging_ratio",
        "the ratio of levels that super-resolution is trained with",
        "that of its steps",
        "1.20 to 1.24, for steps of 1.26; one level more for tall pictures, by a wrong index",
        "–",
        "that of its steps",
        "sec. 4",
        "09",
        why_not="a slip that is not offered",
    ),
)


def row(name: str) -> Difference:
    """The row of that id."""
    found = [difference for difference in LEDGER if difference.id == name]
    if not found:
        raise ValueError(f"There is no row {name!r}; the ledger has: {', '.join(ids())}.")
    return found[0]


def ids(*, measured: bool = False) -> list[str]:
    """The ids of all rows, or of those that can be measured."""
    return [one.id for one in LEDGER if one.switch or not measured]


def switches() -> dict[str, Switch]:
    """Every side of a measured row, by label; the reference first."""
    both = [side for one in LEDGER if one.switch for side in (one.against, one.switch)]
    return {side.label: side for side in (REFERENCE, *both)}


# ----------------------------------------------------------------------------- what was measured
def read_table(path: Path = TABLE) -> list[dict[str, str]]:
    """The lines of the table of measurements: one per side, picture and seed."""
    if not path.is_file():
        raise ValueError(f"There is no table {path} yet; run benchmarks/ledger.py first.")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Effect:
    """What throwing one switch did to one measure.

    Attributes:
        without, with_it: for each picture, the values by seed on both sides.
    """

    without: dict[str, dict[int, float]]
    with_it: dict[str, dict[int, float]]

    def differences(self, picture: str | None = None) -> list[float]:
        """With less without, seed by seed; of one picture or of all."""
        names = [picture] if picture else list(self.without)
        return [
            self.with_it[name][seed] - self.without[name][seed]
            for name in names
            for seed in sorted(set(self.with_it[name]) & set(self.without[name]))
        ]

    @property
    def p_value(self) -> float:
        """How often seeds alone would do as much: see ``permutation_p_value``."""
        pairs = [(self.without[name], self.with_it[name]) for name in self.without]
        return permutation_p_value([(list(a.values()), list(b.values())) for a, b in pairs])

    @property
    def found(self) -> bool:
        """Whether it is more than seeds do (``SIGNIFICANT``)."""
        return self.p_value <= SIGNIFICANT

    def __str__(self) -> str:
        values = self.differences()
        return f"{statistics.median(values):+.2f} ({min(values):+.2f} … {max(values):+.2f})"


def effect(table: Iterable[Mapping[str, str]], name: str, measure: str) -> Effect | None:
    """What the switch of row ``name`` did to ``measure``; None where it was not measured."""
    one, table = row(name), list(table)
    if one.switch is None:
        return None
    without, with_it = (
        values_by_seed(table, side.label, measure) for side in (one.against, one.switch)
    )
    pictures = sorted(set(without) & set(with_it))
    if not pictures:
        return None
    return Effect({p: without[p] for p in pictures}, {p: with_it[p] for p in pictures})


def values_by_seed(
    table: Iterable[Mapping[str, str]], side: str, measure: str
) -> dict[str, dict[int, float]]:
    """The values of one side by picture and seed; what is empty or not a number is left out."""
    found: dict[str, dict[int, float]] = {}
    for line in table:
        if line["side"] == side and line[measure] and math.isfinite(float(line[measure])):
            found.setdefault(line["picture"], {})[int(line["seed"])] = float(line[measure])
    return found


def permutation_p_value(groups: Sequence[tuple[Sequence[float], Sequence[float]]]) -> float:
    """How often chance alone separates two sides as far as they are, either way.

    If the switch did nothing, which values of a picture stand on which side is an accident of
    seeds. So all ways to deal them out are gone through, in each picture for itself, and those are
    counted whose mean difference (mean over the pictures) is as large as the one that was found.

    Args:
        groups: for each picture the values of both sides.

    Returns:
        The share; at least one in as many as there are ways: 1/20 for one picture with three seeds
        a side (and 2/20 both ways), 2/400 for two pictures.

    >>> permutation_p_value([([1, 2, 3], [4, 5, 6])])
    0.1
    """
    dealt = torch.zeros(1, dtype=torch.float64)
    for without, with_it in groups:
        dealt = (dealt[:, None] + _all_differences(without, with_it)).flatten()
    found = sum(statistics.mean(b) - statistics.mean(a) for a, b in groups)
    return (dealt.abs() >= abs(found) - 1e-9).double().mean().item()


def _all_differences(without: Sequence[float], with_it: Sequence[float]) -> Tensor:
    """The difference of means for each way to choose which values stand on the second side."""
    values = torch.tensor([*without, *with_it], dtype=torch.float64)
    chosen = torch.tensor(list(itertools.combinations(range(len(values)), len(with_it))))
    second = values[chosen].sum(dim=1)
    return second / len(with_it) - (values.sum() - second) / len(without)


def verdict(table: Iterable[Mapping[str, str]], name: str) -> str:
    """What a row came to, in words: the measures that move by more than seeds do, and which way."""
    table = list(table)
    effects = {measure: effect(table, name, measure) for measure in MEASURES}
    if not any(effects.values()):
        return f"not measured: {row(name).why_not}" if row(name).why_not else "not measured yet"
    moved = [
        f"{measure} {'up' if statistics.mean(found.differences()) > 0 else 'down'}"
        for measure, found in effects.items()
        if found and found.found
    ]
    return ", ".join(moved) or "no effect found"


def summary(table: Iterable[Mapping[str, str]]) -> str:
    """Markdown: each row with its effect on each measure, picture by picture, and its verdict."""
    table = list(table)
    seeds = sorted({int(line["seed"]) for line in table})
    pictures = sorted({line["picture"] for line in table})
    lines = [
        f"Made by `python benchmarks/ledger.py` from `ledger.csv`. Pictures: {', '.join(pictures)}; "
        f"up to {len(seeds)} seeds a side. Each cell: the value with the switch thrown less the one "
        f"without, seed by seed, as median (smallest … largest). The verdict names the measures "
        f"of which fewer than {SIGNIFICANT:.0%} of all ways to deal the values out to the two sides "
        f"do as much. With {len(MEASURES) - 1} measures a row, about one row in twenty would name "
        f"one for nothing; the row *nothing* is there to remind you.\n",
        "All of it at lesson size (preset lesson, long side 48, three levels, 160, 100 and 60 "
        "iterations, float32). None of it need hold at 250 pixels or 2000 iterations.\n",
        f"| row | picture | {' | '.join(MEASURES)} | verdict |",
        "|---" * (3 + len(MEASURES)) + "|",
    ]
    for name in ids():
        said = verdict(table, name)
        for picture in pictures if row(name).switch else ["–"]:
            cells = [_cell(effect(table, name, measure), picture) for measure in MEASURES]
            lines.append(f"| {name} | {picture} | {' | '.join(cells)} | {said} |")
    return "\n".join(lines) + "\n"


def _cell(found: Effect | None, picture: str) -> str:
    """``+0.05 (-0.01 … +0.09)``, or a dash where nothing was measured."""
    values = found.differences(picture) if found and picture in found.without else []
    if not values:
        return "–"
    return f"{statistics.median(values):+.2f} ({min(values):+.2f} … {max(values):+.2f})"
