"""The configuration of a training, frozen, each field with its symbol, default and source.

``TrainConfig()`` is the paper's configuration; ``TrainConfig.preset("lesson")`` is quick enough for
a class. Taught in lesson 06.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from .receptive_field import receptive_field

NORMALISATIONS = ("batch", "instance", "none")
PADDING_MODES = ("zero", "noise", "conv")
PYRAMID_RULES = ("paper", "official")
OPTIMIZERS = ("adam", "muon")
PRECISIONS = ("float32", "bfloat16", "auto")
WHOLE_NUMBERS = (
    "min_size max_size num_layers kernel_size channels channels_double_every max_channels "
    "discriminator_steps generator_steps"
).split()
# Names of fields in models that version 0.1 saved, and what they are called now.
RENAMED_FIELDS = {
    "resample_z_star": "resample_reconstruction_noise",
    "statistics_passes": "precise_bn_passes",
}
FINITE_NUMBERS = (
    "learning_rate lr_decay noise_amplitude reconstruction_weight gradient_penalty_weight"
).split()


def _setting(default: Any, symbol: str, doc: str, source: str) -> Any:
    """A dataclass field with its documentation, which ``TrainConfig.describe`` reads."""
    return dataclasses.field(default=default, metadata=dict(symbol=symbol, source=source, doc=doc))


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The configuration of a training; frozen, so that it can be compared, stored and trusted.

    The defaults are the paper's. ``TrainConfig.describe()`` returns every field with its symbol,
    default, meaning and source; ``TrainConfig.preset(name)`` returns the named configurations.

    Raises:
        ValueError: a field outside its range, with a sentence that names it.

    >>> TrainConfig().iterations_at(3)
    2000
    >>> TrainConfig(iterations=(600, 300)).iterations_at(5)   # the last number repeats
    300
    """

    # fmt: off
    # The pyramid
    min_size: int = _setting(
        25, "", "short side of the coarsest level, in pixels", "paper, sec. 2.3")
    max_size: int = _setting(
        250, "", "long side of the finest level, in pixels; larger photographs are reduced",
        "paper, sec. 2.3")
    scale_factor: float = _setting(
        0.75, "1/r", "size of a level relative to the next finer one, as wanted",
        "paper, sec. 2.3")
    pyramid_rule: str = _setting(
        "paper", "", "'paper', or 'official' for the formula of the authors' code",
        "paper, sec. 2.3; authors' code")
    quantize_resize: bool = _setting(
        False, "", "True truncates to 8 bits at each resize", "authors' code (True)")

    # The networks
    num_layers: int = _setting(5, "", "convolutions in each network", "paper, sec. 2.2")
    kernel_size: int = _setting(3, "", "side of each convolution kernel", "paper, sec. 2.2")
    channels: int = _setting(32, "", "channels at the coarsest level", "paper, sec. 2.2")
    channels_double_every: int = _setting(
        4, "", "levels after which the channels double", "paper, sec. 2.2")
    max_channels: int = _setting(128, "", "cap on the doubling", "authors' code")
    generator_norm: str = _setting(
        "batch", "", "'batch', 'instance' or 'none'", "paper, sec. 2.2")
    discriminator_norm: str = _setting(
        "batch", "", "'batch', 'instance' or 'none'", "paper, sec. 2.2")
    padding: str = _setting(
        "zero", "", "'zero': up front; 'noise': up front, noise runs on; 'conv': in each layer",
        "paper, supplement (boundary conditions)")

    # The noise
    noise_amplitude: float = _setting(
        0.1, "σ_n / RMSE_n", "noise std of a level per unit of reconstruction error",
        "paper, sec. 2.3; value: authors' code")
    resample_reconstruction_noise: bool = _setting(
        False, "z*", "True redraws z* in every iteration of the coarsest level",
        "paper, sec. 2.3 (False); authors' code (True)")

    # The losses
    reconstruction_weight: float = _setting(
        10.0, "α", "weight of the reconstruction loss", "paper, sec. 2.3 (100: super-resolution)")
    gradient_penalty_weight: float = _setting(
        0.1, "λ", "weight of the gradient penalty", "paper, supplement")

    # The optimisation
    iterations: int | tuple[int, ...] = _setting(
        2000, "", "of each level: a number, or one per level from the coarsest (the last repeats)",
        "paper, supplement")
    discriminator_steps: int = _setting(3, "", "D steps per iteration", "paper, supplement")
    generator_steps: int = _setting(3, "", "G steps per iteration", "paper, supplement")
    optimizer: str = _setting(
        "adam", "", "'adam'; 'muon': hidden kernels follow their orthogonalised momentum",
        "paper, supplement (Adam); Jordan et al. 2024 (Muon)")
    learning_rate: float = _setting(5e-4, "", "of both networks", "paper, supplement")
    betas: tuple[float, float] = _setting(
        (0.5, 0.999), "β₁, β₂", "moment decay of Adam, both networks", "paper, supplement")
    lr_decay: float = _setting(0.1, "", "factor on the learning rate, once", "paper, supplement")
    lr_decay_at: float = _setting(
        0.8, "", "share of a level's iterations after which the factor applies",
        "paper, supplement (1600 of 2000)")
    precise_bn_passes: int = _setting(
        0, "", "passes that measure a finished generator's batch statistics anew; 0: running ones",
        "paper: 0; Wu and Johnson 2021 (precise batch normalisation)")
    precision: str = _setting(
        "float32", "", "'bfloat16': convolutions in half the digits; 'auto': where it is quicker",
        "paper: float32; Micikevicius et al. 2018 (mixed precision)")
    # fmt: on

    def __post_init__(self) -> None:
        for name in ("iterations", "betas"):  # JSON and papermill give lists
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        self._check_choices()
        self._check_numbers()
        self._check_pyramid()

    def _check_choices(self) -> None:
        choices = dict(
            optimizer=OPTIMIZERS,
            precision=PRECISIONS,
            pyramid_rule=PYRAMID_RULES,
            padding=PADDING_MODES,
            generator_norm=NORMALISATIONS,
            discriminator_norm=NORMALISATIONS,
        )
        for name, allowed in choices.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(
                    f"{name}={value!r} is not known; choose one of {', '.join(allowed)}."
                )

    def _check_numbers(self) -> None:
        for name in WHOLE_NUMBERS:
            self._require(name, _is_whole(getattr(self, name)), "a whole number >= 1")
        for name in FINITE_NUMBERS:
            value = getattr(self, name)
            self._require(name, _is_between(value, 0, math.inf), "a finite number >= 0")
        passes = self.precise_bn_passes
        self._require("precise_bn_passes", passes == 0 or _is_whole(passes), "a whole number >= 0")
        per_level = self.iterations if isinstance(self.iterations, tuple) else (self.iterations,)
        whole = len(per_level) > 0 and all(map(_is_whole, per_level))
        self._require("iterations", whole, "a whole number >= 1, or one per level")
        factor, share, betas = self.scale_factor, self.lr_decay_at, self.betas
        self._require("scale_factor", _is_between(factor, 0, 1) and factor > 0, "between 0 and 1")
        self._require(
            "lr_decay_at", share == 1 or (_is_between(share, 0, 1) and share > 0), "in (0, 1]"
        )
        pair = isinstance(betas, tuple) and len(betas) == 2
        self._require(
            "betas",
            pair and all(_is_between(beta, 0, 1) for beta in betas),
            "two numbers in [0, 1)",
        )

    def _require(self, name: str, condition: bool, wanted: str) -> None:
        if not condition:
            raise ValueError(f"{name}={getattr(self, name)!r} must be {wanted}.")

    def _check_pyramid(self) -> None:
        if self.min_size < self.receptive_field:
            raise ValueError(
                f"min_size={self.min_size} is smaller than the receptive field of "
                f"{self.receptive_field} pixels, so the discriminator would have no patch to "
                f"judge; use min_size >= {self.receptive_field}."
            )
        if self.max_size < self.min_size:
            raise ValueError(
                f"max_size={self.max_size} is smaller than min_size={self.min_size}; the "
                f"pyramid has no room between them."
            )

    def iterations_at(self, level: int) -> int:
        """Return the iterations of a level.

        Args:
            level: 0 is the coarsest.
        """
        if isinstance(self.iterations, int):
            return self.iterations
        return self.iterations[min(level, len(self.iterations) - 1)]

    def channels_at(self, level: int) -> int:
        """Return the channels of both networks at a level: doubled every few levels, up to a cap.

        Args:
            level: 0 is the coarsest.

        >>> [TrainConfig().channels_at(level) for level in (0, 3, 4, 8, 12)]
        [32, 32, 64, 128, 128]
        """
        doublings: int = level // self.channels_double_every
        return min(self.channels << doublings, self.max_channels)

    @property
    def receptive_field(self) -> int:
        """Side of the networks' receptive field, in pixels (11 in the paper)."""
        return receptive_field(self.num_layers, self.kernel_size)

    @property
    def noise_padding(self) -> int:
        """Pixels of noise beyond each side of the image: 5 with noise padding, else 0."""
        return (self.receptive_field - 1) // 2 if self.padding == "noise" else 0

    def replace(self, **changes: Any) -> TrainConfig:
        """Return a copy with some fields changed.

        Args:
            changes: fields and their new values.
        """
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> TrainConfig:
        """Read what ``to_dict`` returned, in this version or in version 0.1.

        Args:
            fields: by name.

        Raises:
            ValueError: an unknown field, or one outside its range.
        """
        fields = {RENAMED_FIELDS.get(name, name): value for name, value in fields.items()}
        unknown = set(fields) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(
                f"TrainConfig has no field {', '.join(sorted(unknown))}; the file may come "
                f"from another version of singan_edu."
            )
        return cls(**fields)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> TrainConfig:
        """Return a named configuration, with some fields changed.

        Args:
            name: ``"lesson"`` (96 x 128 pixels in under a minute on two cores), ``"classroom"``
                (188 x 250 in about five) or ``"paper"``.
            changes: fields and their new values.

        Raises:
            ValueError: no such preset.

        >>> TrainConfig.preset("paper") == TrainConfig()
        True
        >>> TrainConfig.preset("lesson", max_size=96).max_size
        96
        """
        if name not in PRESETS:
            raise ValueError(f"There is no preset {name!r}; choose one of {', '.join(PRESETS)}.")
        return cls(**PRESETS[name] | changes)

    @classmethod
    def describe(cls) -> str:
        """Return a table of all fields: name, symbol, default, meaning, source."""
        rows = [("field", "symbol", "default", "meaning", "source")]
        rows += [
            (f.name, f.metadata["symbol"], str(f.default), f.metadata["doc"], f.metadata["source"])
            for f in dataclasses.fields(cls)
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in rows
        )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_between(value: Any, low: float, high: float) -> bool:
    """Whether ``value`` is a number in [low, high); False for anything but a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value < high


# What the quick presets change, and why (effects: benchmarks/results.md):
# * no normalisation in the discriminator, as WGAN-GP's authors advise: fewer steps suffice;
# * one step of D and one of G per iteration, which cost a third of three and three;
# * four times the learning rate: half the iterations suffice;
# * Muon for the hidden layers: six tenths of the iterations suffice, and coverage is better;
# * most iterations at the coarse levels, where they are cheap and decide whether shapes are whole;
# * a larger alpha, which repairs the reconstruction of a short training;
# * z* redrawn in every iteration, as in the authors' code: shapes are whole more often (measured
#   with batch normalisation), and samples vary a little less (lesson 04 trains with one z*);
# * instance normalisation in the generator: each sample has its own statistics, in training and
#   afterwards, which keeps the number and the colours of objects near those of the photograph;
# * no doubling of the channels, which at the finest levels would take most of the time;
# * bfloat16 at large levels, where the processor has instructions for it: they take half the time.
_QUICK: dict[str, Any] = dict(
    generator_norm="instance",
    discriminator_norm="none",
    discriminator_steps=1,
    generator_steps=1,
    optimizer="muon",
    learning_rate=2e-3,
    reconstruction_weight=30.0,
    resample_reconstruction_noise=True,
    max_channels=32,
    precision="auto",
)
# Changes of a quick preset that make the generator local: what a pixel becomes depends on its
# receptive field alone. Batch normalisation then has fixed statistics, the means of many passes,
# because the running ones, of the last few passes, are noisy. Super-resolution needs this, and
# experiments on receptive fields.
LOCAL_GENERATOR: dict[str, Any] = dict(generator_norm="batch", precise_bn_passes=50)
PRESETS: dict[str, dict[str, Any]] = {
    "lesson": dict(_QUICK, max_size=128, iterations=(900, 600, 400, 300, 220, 180)),
    "classroom": dict(
        _QUICK, max_size=250, iterations=(4000, 3000, 2000, 1400, 1000, 600, 400, 300)
    ),
    "paper": dict(),
}
