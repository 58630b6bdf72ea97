"""What the paper's authors and re-implementations do differently, as switches of this library.

A ``Switch`` changes fields of ``TrainConfig``, replaces functions of the library, or draws samples
in another way. ``SWITCHES`` has one for each row of the ledger that can be measured at lesson size.
Taught in lesson 15.
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

from .. import losses, networks
from .. import model as model_module
from ..applications.super_resolution import super_resolve
from ..config import TrainConfig
from ..images import Size
from ..model import SinGAN
from ..training import level as training_level
from ..training import run as training_run
from ..training.state import TrainState

SAMPLES, SAMPLES_SEED = 8, 1
ENLARGEMENT = 4 / 3  # about one step between the levels of the ledger's configuration
_MODULES = dict(model=model_module, networks=networks, level=training_level, run=training_run)


# ------------------------------------------------------------------------------------ the switches
def draw_samples(model: SinGAN, photo: Tensor) -> Tensor:
    """Draw samples from the coarsest level, which are measured unless a switch draws others.

    Args:
        model: a trained model.
        photo: (1, C, H, W) in [-1, 1], not used here.

    Returns:
        (8, C, h, w) in [-1, 1].
    """
    return model.sample(SAMPLES, seed=SAMPLES_SEED)


@dataclass(frozen=True, eq=False)
class Switch:
    """One side of a comparison: everything that differs from the reference.

    Attributes:
        label: its name in the table of measurements.
        changes: fields of ``TrainConfig``.
        replacements: new functions by the dotted names of what they replace in the library,
            ``"level.gradient_penalty"``; they are used in training and in sampling.
        draw: makes the images to be measured from a trained model and the photograph.
    """

    label: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    replacements: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    draw: Callable[[SinGAN, Tensor], Tensor] = draw_samples

    def describe(self) -> str:
        """Return the changes as text, in the names of the library."""
        fields = ", ".join(f"{name}={value!r}" for name, value in self.changes.items())
        parts = [f"TrainConfig({fields})"] if fields else []
        parts += [f"{name} → {new.__name__}" for name, new in self.replacements.items()]
        if self.draw is not draw_samples:
            parts.append(f"draw: {self.draw.__name__}")
        return "; ".join(parts) or "nothing changed"


@contextmanager
def switched(switch: Switch) -> Iterator[None]:
    """Apply the replacements of a switch within a ``with`` block.

    For experiments only: it changes the modules themselves, for all code in this process, and
    restores them at the end of the block, also after an error.

    Args:
        switch: whose ``replacements`` are applied.

    Yields:
        Nothing.

    Raises:
        AttributeError: a replacement names something that the library does not have.
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
    """Return the module or class that holds ``name``, and the last part of the name."""
    module, *path, attribute = name.split(".")
    owner = _MODULES[module]
    for part in path:
        owner = getattr(owner, part)
    getattr(owner, attribute)  # raises for an unknown name
    return owner, attribute


# ------------------------------------------------------------------------- replacement functions
def penalty_per_picture(discriminator: nn.Module, image: Tensor) -> Tensor:
    """Compute the gradient penalty with one norm for the whole image.

    It is the norm of the mean score's gradient, as the text of WGAN-GP (Gulrajani et al. 2017, eq.
    3) has it. ``losses.gradient_penalty`` takes a norm for each pixel, of the summed score.

    Args:
        discriminator: D of a level.
        image: (1, C, h, w) in [-1, 1], where the penalty is computed.

    Returns:
        The penalty, a tensor of no dimensions.
    """
    scores = discriminator(image).numel()
    gradient = losses.input_gradient(discriminator, image)
    norm: Tensor = torch.linalg.vector_norm(gradient) / scores
    return (norm - 1).square()


def no_penalty(discriminator: nn.Module, image: Tensor) -> Tensor:
    """Return zero, because spectral normalisation bounds the gradient norm by itself.

    Args:
        discriminator: D of a level, not used.
        image: (1, C, h, w), not used.
    """
    return torch.zeros((), device=image.device)


def hinge_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Compute D's hinge loss, which ignores scores beyond ±1 on the right side.

    Args:
        real_scores: of the training image, any shape.
        fake_scores: of a generated image, any shape.
    """
    return F.relu(1 - real_scores).mean() + F.relu(1 + fake_scores).mean()


def spectral_discriminator(
    config: TrainConfig, level: int, image_channels: int
) -> networks.Discriminator:
    """Build a discriminator whose convolutions are divided by their largest singular values.

    Args:
        config: of the training run.
        level: 0 is the coarsest.
        image_channels: 3 for colour, 1 for grey.
    """
    discriminator = networks.build_discriminator(config, level, image_channels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(level)  # the iteration for the singular vectors starts at random
        for layer in discriminator.modules():
            if isinstance(layer, nn.Conv2d):
                nn.utils.parametrizations.spectral_norm(layer)
    return discriminator


def spectral_initialize(network: nn.Module, rng: torch.Generator) -> None:
    """Initialise a network, including the weights behind spectral normalisation.

    Args:
        network: changed in place.
        rng: source of the weights.
    """
    networks.initialize(network, rng)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if name.endswith("weight.original"):
                weight.normal_(0, networks.INIT_STD, generator=rng)


@torch.no_grad()
def default_initialize(network: nn.Module, rng: torch.Generator) -> None:
    """Initialise a network as PyTorch does: weights uniform in ±1/sqrt(inputs), norm weights 1.

    Args:
        network: changed in place.
        rng: source of the weights.
    """
    networks.initialize(network, rng)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            bound = 1 / math.sqrt(layer.weight[0].numel())
            layer.weight.uniform_(-bound, bound, generator=rng)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.weight.fill_(1)


def begin_level_from_scratch(
    model: SinGAN, rng: torch.Generator, before: TrainState | None = None, **options: Any
) -> TrainState:
    """Set up the next level with new weights instead of those of the previous level.

    Args:
        model: with all coarser levels trained.
        rng: source of the weights.
        before: the previous level, not used.
        options: passed on to ``begin_level``.
    """
    return training_level.begin_level(model, rng, **options)


def three_channel_noise(
    config: TrainConfig, level: int, size: Size, image_channels: int
) -> tuple[int, int, int]:
    """Return the shape of a noise map with one channel per colour, also at the coarsest level.

    Args:
        config: of the training run.
        level: 0 is the coarsest.
        size: (height, width) of the level, in pixels.
        image_channels: 3 for colour, 1 for grey.

    Returns:
        (channels, height, width).
    """
    return _noise_shape(config, max(level, 1), size, image_channels)


def constant_noise(real: Tensor, reconstructed_previous: Tensor, amplitude: float) -> float:
    """Return a noise std of one, whatever the coarser levels have reconstructed.

    Args:
        real: training image at the level, (1, C, h, w), not used.
        reconstructed_previous: upsampled reconstruction, (1, C, h, w), not used.
        amplitude: factor of the noise std, not used.
    """
    return 1.0


def resize_without_antialiasing(image: Tensor, size: Size, *, quantize: bool = False) -> Tensor:
    """Resize bicubically from the 4 × 4 nearest pixels, also where the image is reduced.

    Args:
        image: (n, C, H, W) in [-1, 1].
        size: (height, width) in pixels.
        quantize: not used.

    Returns:
        (n, C, height, width) in [-1, 1].
    """
    return F.interpolate(image, size=size, mode="bicubic", align_corners=False).clamp(-1, 1)


def resize_bilinear(image: Tensor, size: Size, *, quantize: bool = False) -> Tensor:
    """Resize bilinearly, with antialiasing.

    Args:
        image: (n, C, H, W) in [-1, 1].
        size: (height, width) in pixels.
        quantize: not used.

    Returns:
        (n, C, height, width) in [-1, 1].
    """
    return F.interpolate(image, size=size, mode="bilinear", antialias=True).clamp(-1, 1)


def forward_without_tanh(self: networks.Generator, noise: Tensor, previous: Tensor) -> Tensor:
    """Compute a generator's output without the tanh that bounds its residual.

    Args:
        self: the generator; this replaces its ``forward``.
        noise: (n, noise channels, h, w), larger by the padding where the padding is noise.
        previous: upsampled output of the previous level, (n, C, h, w) in [-1, 1].

    Returns:
        (n, C, h, w), unbounded.
    """
    padded = networks.pad(noise, self.padding - self.noise_padding)
    residual: Tensor = self.stack(padded + networks.pad(previous, self.padding))
    return previous + residual


def update_with_a_fresh_fake(state: TrainState, fake: Tensor) -> None:
    """Take one step of G on a new random sample instead of the iteration's.

    Args:
        state: of the level in training; changed in place.
        fake: the iteration's sample, not used.
    """
    _update_generator(
        state,
        state.generator(training_level.draw_noise(state), training_level.sample_previous(state)),
    )


def update_with_a_detached_fake(state: TrainState, fake: Tensor) -> None:
    """Take one step of G on a detached fake, so that no gradient of D's scores reaches G.

    A fake of an earlier forward pass raises an error in ``backward``; detaching it hides the error.

    Args:
        state: of the level in training; changed in place.
        fake: the iteration's sample, (1, C, h, w).
    """
    _update_generator(state, fake.detach().requires_grad_())


def update_with_one_gradient(state: TrainState, fake: Tensor) -> None:
    """Take one step of G with the adversarial gradient of the iteration's first step.

    It is the nearest to one stale fake that PyTorch allows. The gradient of the reconstruction loss
    is computed anew in each step.

    Args:
        state: of the level in training; changed in place.
        fake: the iteration's sample, (1, C, h, w).
    """
    generator: Any = state.generator  # carries the gradient from one step to the next
    weights, now = list(generator.parameters()), (state.level, state.iteration)
    if getattr(generator, "kept_for", None) != now:
        score = losses.adversarial_loss(state.discriminator(fake))
        generator.kept = torch.autograd.grad(score, weights)
        generator.kept_for = now
        state.losses |= dict(adversarial=score.detach())
    error = losses.reconstruction_loss(training_level.reconstruct(state), state.real)
    own = torch.autograd.grad(state.config.reconstruction_weight * error, weights)
    for weight, adversarial, other in zip(weights, generator.kept, own):
        weight.grad = adversarial + other
    state.generator_optimizer.step()
    state.losses |= dict(reconstruction=error.detach())


# The library's own functions, as they are before any switch is applied.
_noise_shape, _update_generator = model_module.noise_shape, training_level.update_generator


def _replace_resize(new: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Replace ``resize`` in all modules that call it in training and sampling."""
    return {f"{module}.resize": new for module in ("level", "model", "run")}


# ----------------------------------------------------------------------- other images to measure
def from_reconstruction(model: SinGAN, photo: Tensor) -> Tensor:
    """Draw samples that start at level 1 from the reconstruction.

    Args:
        model: a trained model.
        photo: (1, C, H, W) in [-1, 1], not used.

    Returns:
        (8, C, h, w) in [-1, 1].
    """
    return model.sample(SAMPLES, start_level=1, start="reconstruction", seed=SAMPLES_SEED)


def from_photograph(model: SinGAN, photo: Tensor) -> Tensor:
    """Draw samples that start at level 1 from the photograph, reduced to level 0 and enlarged.

    Args:
        model: a trained model.
        photo: (1, C, H, W) in [-1, 1], not used.

    Returns:
        (8, C, h, w) in [-1, 1].
    """
    return model.sample(SAMPLES, start_level=1, start="real", seed=SAMPLES_SEED)


def from_sharp_photograph(model: SinGAN, photo: Tensor) -> Tensor:
    """Draw samples that start at level 1 from the photograph at the size of level 1, not blurred.

    Args:
        model: a trained model.
        photo: (1, C, H, W) in [-1, 1], not used.

    Returns:
        (8, C, h, w) in [-1, 1].
    """
    return model.run_from(1, model.image, blur=False, n=SAMPLES, seed=SAMPLES_SEED)


def enlarged_with_noise(model: SinGAN, photo: Tensor) -> Tensor:
    """Enlarge the photograph by 4/3 with noise.

    Args:
        model: a trained model.
        photo: (1, C, H, W) in [-1, 1], not used.

    Returns:
        (1, C, 4/3 h, 4/3 w) in [-1, 1].
    """
    return super_resolve(model.image, ENLARGEMENT, model=model, seed=SAMPLES_SEED)


def enlarged_without_noise(model: SinGAN, photo: Tensor) -> Tensor:
    """Enlarge the photograph by 4/3 without noise.

    Args:
        model: a trained model.
        photo: (1, C, H, W) in [-1, 1], not used.

    Returns:
        (1, C, 4/3 h, 4/3 w) in [-1, 1].
    """
    return super_resolve(model.image, ENLARGEMENT, model=model, noise_scale=0)


# ------------------------------------------------------------------------------- all the switches
REFERENCE = Switch("reference")
_THREE = dict(discriminator_steps=3, generator_steps=3, iterations=(54, 34, 20))
_SLOW = dict(_THREE, learning_rate=5e-4)


def _config(label: str, **changes: Any) -> Switch:
    """Return a switch that changes fields of the configuration."""
    return Switch(label, changes)


def _function(label: str, **replacements: Callable[..., Any]) -> Switch:
    """Return a switch that replaces functions of ``training.level``."""
    return Switch(label, {}, {f"level.{name}": new for name, new in replacements.items()})


_ALL = (
    REFERENCE,
    Switch("nothing"),
    # the pyramid
    _config("pyramid_rule", pyramid_rule="official"),
    _config("quantize_resize", quantize_resize=True),
    Switch("antialias", {}, _replace_resize(resize_without_antialiasing)),
    Switch("bilinear", {}, _replace_resize(resize_bilinear)),
    # the networks and where they start
    _config("discriminator_norm", discriminator_norm="batch"),
    _config("generator_instance", generator_norm="instance"),
    _config("generator_none", generator_norm="none"),
    _config("statistics", precise_bn_passes=0),
    Switch("tanh", {}, {"networks.Generator.forward": forward_without_tanh}),
    _config("padding_conv", padding="conv"),
    _config("padding_noise", padding="noise"),
    _function("first_weights", initialize=default_initialize),
    Switch("from_below", {}, {"run.begin_level": begin_level_from_scratch}),
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
