"""What others do in place of this library, as switches that can be thrown one at a time.

A ``Switch`` changes fields of ``TrainConfig``, puts functions in the place of others, or draws
samples in another way. ``SWITCHES`` has one for each row of the ledger that can be measured at
lesson size. Taught in lesson 15.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import losses, model, networks
from ..applications.super_resolution import super_resolve
from ..config import TrainConfig
from ..model import SinGAN
from ..training import level as training_level
from ..training import run as training_run
from ..training.state import TrainState

SAMPLES, SAMPLES_SEED = 8, 1
ENLARGED = 4 / 3  # about one step between the levels of the ledger's recipe
_MODULES = dict(model=model, networks=networks, level=training_level, run=training_run)


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
            ``"level.gradient_penalty"``; in force during training and sampling alike.
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


# ---------------------------------------------------------- what others do in place of a function
def penalty_per_picture(discriminator: nn.Module, image: Tensor) -> Tensor:
    """One norm for the whole picture, of the mean score that the losses use: WGAN-GP's text.

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
    pyramid: SinGAN, rng: torch.Generator, before: TrainState | None = None, **rest: Any
) -> TrainState:
    """``begin_level`` that draws all weights anew, whatever the level before has learned."""
    return training_level.begin_level(pyramid, rng, **rest)


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
    padded = networks.pad(noise, self.padding - self.noise_padding)
    return previous + self.stack(padded + networks.pad(previous, self.padding))


def update_with_a_fresh_fake(state: TrainState, fake: Tensor) -> None:
    """``update_generator`` on a random sample of its own in each step of G."""
    _update_generator(
        state,
        state.generator(training_level.draw_noise(state), training_level.sample_previous(state)),
    )


def update_with_a_detached_fake(state: TrainState, fake: Tensor) -> None:
    """The mend that makes the error go away: the fake is cut off, and D teaches G nothing."""
    _update_generator(state, fake.detach().requires_grad_())


def update_with_one_gradient(state: TrainState, fake: Tensor) -> None:
    """All steps of G in an iteration follow the gradient of the first fake's score.

    As near as PyTorch lets us come to one stale fake; the reconstruction is made anew each time.
    """
    weights, now = list(state.generator.parameters()), (state.level, state.iteration)
    if getattr(state.generator, "kept_for", None) != now:
        score = losses.adversarial_loss(state.discriminator(fake))
        state.generator.kept = torch.autograd.grad(score, weights)
        state.generator.kept_for = now
        state.losses |= dict(adversarial=score.detach())
    error = losses.reconstruction_loss(training_level.reconstruct(state), state.real)
    own = torch.autograd.grad(state.config.reconstruction_weight * error, weights)
    for weight, adversarial, other in zip(weights, state.generator.kept, own):
        weight.grad = adversarial + other
    state.generator_optimizer.step()
    state.losses |= dict(reconstruction=error.detach())


_noise_shape, _update_generator = (
    model.noise_shape,
    training_level.update_generator,
)  # before any switch


def _everywhere(new: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """A new ``resize`` wherever training and sampling call it."""
    return {f"{module}.resize": new for module in ("level", "model", "run")}


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


# ----------------------------------------------------------------------------- the table of them
REFERENCE = Switch("reference")
_THREE = dict(discriminator_steps=3, generator_steps=3, iterations=(54, 34, 20))
_SLOW = dict(_THREE, learning_rate=5e-4)


def _config(label: str, **changes: Any) -> Switch:
    """A switch that is nothing but fields of the config."""
    return Switch(label, changes)


def _function(label: str, **replacements: Callable[..., Any]) -> Switch:
    """A switch that replaces functions of ``training.level``."""
    return Switch(label, {}, {f"level.{name}": new for name, new in replacements.items()})


_ALL = (
    REFERENCE,
    Switch("nothing"),
    # the pyramid
    _config("pyramid_rule", pyramid_rule="official"),
    _config("quantize_resize", quantize_resize=True),
    Switch("antialias", {}, _everywhere(resize_without_antialiasing)),
    Switch("bilinear", {}, _everywhere(resize_bilinear)),
    # the networks and where they start
    _config("discriminator_norm", discriminator_norm="batch"),
    _config("generator_instance", generator_norm="instance"),
    _config("generator_none", generator_norm="none"),
    _config("statistics", precise_bn_passes=0),
    Switch("tanh", {}, {"networks.Generator.forward": forward_without_tanh}),
    _config("padding_conv", padding="conv"),
    _config("padding_noise", padding="noise"),
    _function("first_weights", initialize=default_initialize),
    Switch("from_below", {}, {"run.begin_level": begin_afresh}),
    # the noise
    _config("z_star", resample_reconstruction_noise=True),
    _function("noise_amplitude", noise_std_for=constant_noise),
    Switch(
        "noise_channels",
        {},
        {"model.noise_shape": three_channel_noise, "run.noise_shape": three_channel_noise},
    ),
    # the losses
    _function("penalty_norm", gradient_penalty=penalty_per_picture),
    _config("lambda", gradient_penalty_weight=10.0),
    _function(
        "hinge",
        discriminator_loss=hinge_loss,
        gradient_penalty=no_penalty,
        build_discriminator=spectral_discriminator,
        initialize=spectral_initialize,
    ),
    _config("alpha", reconstruction_weight=10.0),
    # the training
    _config("steps", **_THREE),
    Switch("one_fake", _THREE, {"level.update_generator": update_with_one_gradient}),
    _config("steps_slow", **_SLOW),
    Switch("one_fake_slow", _SLOW, {"level.update_generator": update_with_one_gradient}),
    Switch("fresh_fake", _THREE, {"level.update_generator": update_with_a_fresh_fake}),
    _function("detached_fake", update_generator=update_with_a_detached_fake),
    _config("optimizer", optimizer="muon"),
    _config("learning_rate", learning_rate=5e-4),
    _config("lr_decay", lr_decay=1.0),
    _config("betas", betas=(0.5, 0.9)),
    _config("iterations", iterations=107),
    _config("precision", precision="bfloat16"),
    # sampling
    Switch("start_reconstruction", draw=from_reconstruction),
    Switch("start", draw=from_photograph),
    Switch("injection_blur", draw=from_sharp_photograph),
    Switch("enlargement", draw=enlarged_with_noise),
    Switch("enlargement_noise", draw=enlarged_without_noise),
)
SWITCHES: dict[str, Switch] = {switch.label: switch for switch in _ALL}
