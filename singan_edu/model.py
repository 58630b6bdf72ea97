"""A trained SinGAN as one value: the pyramid of generators, and everything it needs to make
pictures.

One primitive carries every application: ``SinGAN.run_from``, *run the generators from one level to
the finest, starting from this picture, with this noise at each level*. Source: paper, eq. 1-3 and
section 4. Taught in lessons 04 and 07.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor

from .config import TrainConfig
from .files import package_version, read_tensors, write_json, write_tensors
from .images import check_same_aspect, resize, round_half_up
from .networks import Generator, build_generator
from .pyramid import PyramidPlan
from .tiles import tiled_forward

MODEL_FILE = "model.json"
FORMAT = 1
MAX_SIZE_FACTOR = 16  # beyond it a size that is one number is taken for a slip: pixels were meant
REQUIRED_KEYS = ("config", "noise_stds", "plan", "seed", "weights")  # what model.json must hold
MAX_HALF_ERROR = 1e-3  # of a tensor's largest value, in half precision; rounding alone takes 5e-4
START_IMAGES = ("reconstruction", "real")


@dataclass(frozen=True, eq=False)
class SinGAN:
    """The trained pyramid. Levels run from 0, the coarsest; it may end before the plan does.

    Attributes:
        config: the recipe it was trained with.
        plan: the sizes of all levels.
        image: the photograph at the finest size, (1, C, H, W) in [-1, 1].
        reconstruction_noise: z*, the fixed noise (1, 1, h, w) from which level 0 makes the
            photograph.
        seed: the seed of the training.
        generators: one frozen network per trained level, in eval mode.
        noise_stds: σ_n, the standard deviation of each trained level's noise.
    """

    config: TrainConfig
    plan: PyramidPlan
    image: Tensor
    reconstruction_noise: Tensor
    seed: int = 0
    generators: tuple[Generator, ...] = ()
    noise_stds: tuple[float, ...] = ()

    # ------------------------------------------------------------------------- what it consists of
    @property
    def trained_levels(self) -> int:
        """How many levels are trained; sampling works up to the last of them."""
        return len(self.generators)

    @property
    def is_complete(self) -> bool:
        """Whether all levels of the plan are trained."""
        return self.trained_levels == self.plan.num_levels

    @property
    def device(self) -> torch.device:
        """Where the pyramid lives, and its samples are made."""
        return self.image.device

    def to(self, device: torch.device | str) -> SinGAN:
        """The same pyramid on another device (the networks move, they are not copied)."""
        return dataclasses.replace(
            self,
            image=self.image.to(device),
            reconstruction_noise=self.reconstruction_noise.to(device),
            generators=tuple(generator.to(device) for generator in self.generators),
        )

    def with_level(self, generator: Generator, noise_std: float) -> SinGAN:
        """The pyramid with one more level; the generator is frozen and put in eval mode."""
        generator = generator.eval().requires_grad_(False)
        return dataclasses.replace(
            self,
            generators=(*self.generators, generator),
            noise_stds=(*self.noise_stds, float(noise_std)),
        )

    # ----------------------------------------------------------------------------- making pictures
    @torch.no_grad()
    def run_from(
        self,
        level: int,
        image: Tensor | None = None,
        *,
        blur: bool = True,
        noise: Sequence[Tensor] | None = None,
        noise_scale: float | Sequence[float] = 1.0,
        seed: int | None = None,
        n: int = 1,
        size: float | tuple[int, int] | Sequence[tuple[int, int]] | None = None,
    ) -> Tensor:
        """Run the generators from ``level`` to the finest (paper, eq. 1-3 and section 4).

        Args:
            level: where to start; 0 is the coarsest (paper n = N).
            image: (1 or n, C, h, w) in [-1, 1], takes the place of the output of ``level - 1`` and
                is brought to the size of ``level``. At level 0 there is none.
            blur: first bring ``image`` to the size of ``level - 1``, so that it is as blurred as
                what the generators saw in training. Off for super-resolution.
            noise: maps of standard deviation one, one per level from ``level`` on, shaped as
                ``draw_noise`` makes them; otherwise they are drawn from ``seed``.
            noise_scale: factor on the trained noise std, one number or one per trained level.
            seed: of the noise; a picture depends on it and on its index alone. None: a new one each
                time.
            n: number of pictures, where neither ``image`` nor ``noise`` says it.
            size: of the result, (height, width) in pixels or a factor; the training size if not
                given; or (height, width) at each trained level. Large pictures are computed in
                tiles (``tiles.tiled_forward``), which changes nothing but memory and time.

        Returns:
            (n, C, h, w) in [-1, 1].

        Raises:
            ValueError: level out of range, a missing or unexpected image, another aspect or channel
                count, or noise maps of another shape.
        """
        self.check_level(level)
        sizes = self.level_sizes(size)
        if image is not None and len(image) > 1:
            n = len(image)
        scales = self.noise_scales(noise_scale)
        stds = [scale * std for scale, std in zip(scales, self.noise_stds)][level:]
        # Level by level as the loop asks for it; unlike a generator expression, `map` keeps none.
        if noise is None:
            maps = self._noise_maps(n, level, sizes, seed)
            noises = map(lambda std, z: z.mul_(std), stds, maps)
        else:
            self._check_noise(noise, level, sizes, 1 if image is None else len(image))
            noises = map(lambda std, z: std * z.to(self.device), stds, noise)
        picture = self._starting_image(level, image, sizes, blur)
        return self._generate(level, picture, sizes, noises)

    def sample(
        self,
        n: int = 1,
        *,
        start_level: int = 0,
        start: str = "reconstruction",
        size: float | tuple[int, int] | None = None,
        noise_scale: float | Sequence[float] = 1.0,
        seed: int | None = None,
    ) -> Tensor:
        """Draw ``n`` new pictures, (n, C, h, w) in [-1, 1] (paper, section 4 and figure 8).

        Args:
            start_level: first level with random noise; what the levels before it made is kept. 0
                gives new layouts, higher levels change ever finer detail.
            start: what stands in for the levels before: their ``"reconstruction"`` of the
                photograph (authors' code), or the ``"real"`` photograph, reduced (paper, figure 8).
            size, noise_scale, seed: as in ``run_from``. At another size or aspect, what is kept is
                stretched (``random_generation.sample_mirrored`` continues it instead).
        """
        if start not in START_IMAGES:
            raise ValueError(
                f"start={start!r} is not known; choose one of {', '.join(START_IMAGES)}."
            )
        if n < 1:
            raise ValueError(f"n={n}: ask for at least one sample.")
        self.check_level(start_level)
        image = None
        if start_level > 0:
            image = self.image if start == "real" else self.reconstruct(start_level - 1)
            image = self._resize(image, self.level_sizes(size)[start_level - 1])
        return self.run_from(
            start_level, image, blur=False, noise_scale=noise_scale, seed=seed, n=n, size=size
        )

    @torch.no_grad()
    def reconstruct(self, level: int | None = None) -> Tensor:
        """The photograph as the noise {z*, 0, …, 0} gives it at ``level``, (1, C, h, w) in [-1, 1].

        Source: paper, section 2.3 (reconstruction loss). The last trained level if none is given.
        """
        level = self.trained_levels - 1 if level is None else level
        self.check_level(level)
        noises = [self.noise_stds[0] * self.reconstruction_noise]
        noises += [
            torch.zeros(1, *self.noise_shape(k), device=self.device) for k in range(1, level + 1)
        ]
        return self._generate(
            0, self._starting_image(0, None, self.plan.sizes), self.plan.sizes, noises
        )

    def _generate(
        self,
        first_level: int,
        picture: Tensor,
        sizes: Sequence[tuple[int, int]],
        noises: Iterable[Tensor],
    ) -> Tensor:
        """The loop behind every picture: upsample, add noise, let the generator refine.

        ``noises`` has one map per level, of that level's standard deviation, σ_n z_n.
        """
        level = first_level
        for noise in noises:  # `enumerate` would keep each map until the next one is there
            if level > first_level:
                picture = self._resize(picture, sizes[level])
            picture = tiled_forward(self.generators[level], noise, picture).clamp_(-1, 1)
            level += 1
            del noise
        return picture

    def _starting_image(
        self, level: int, image: Tensor | None, sizes: Sequence[tuple[int, int]], blur: bool = True
    ) -> Tensor:
        """What the generator of ``level`` refines: ``image`` at that size, or zeros at level 0."""
        channels = self.image.shape[1]
        if level == 0:
            if image is not None:
                raise ValueError(
                    "Level 0 starts from noise alone; an image goes in at level 1 or finer."
                )
            return torch.zeros(1, channels, *sizes[0], device=self.device)
        if image is None:
            raise ValueError(
                f"Starting at {self.plan.label(level)} needs an image to start from; "
                f"sample(start_level={level}) starts from the reconstruction."
            )
        if image.dim() != 4 or image.shape[1] != channels:
            raise ValueError(
                f"The model was trained on pictures (1, {channels}, H, W); this image has the "
                f"shape {tuple(image.shape)}. Convert it (grey has 1 channel, colour 3)."
            )
        # What rounding may do is judged at the trained size; a larger one multiplies it.
        trained = self.plan.sizes[self.trained_levels - 1]
        growth = max(1.0, min(side / before for side, before in zip(sizes[-1], trained)))
        expected = tuple(round_half_up(side / growth) for side in sizes[level - 1])
        check_same_aspect(image, expected, "The image")
        image = image.to(self.device)
        return self._resize(self._resize(image, sizes[level - 1]) if blur else image, sizes[level])

    def _resize(self, image: Tensor, size: tuple[int, int]) -> Tensor:
        return resize(image, size, quantize=self.config.quantize_resize)

    # ----------------------------------------------------------------------------- noise and sizes
    def draw_noise(
        self,
        n: int = 1,
        *,
        level: int = 0,
        size: float | tuple[int, int] | None = None,
        seed: int | None = None,
    ) -> list[Tensor]:
        """Noise maps of standard deviation one for the levels from ``level`` on, coarse to fine.

        Each map depends on the seed, its index in the batch and its level alone, so that the maps
        of two seeds can be mixed level by level, and a sample is the same in any batch.

        Returns:
            (n, 1, h, w) at level 0, where one map serves all channels, (n, C, h, w) above.
        """
        return list(self._noise_maps(n, level, self.level_sizes(size), seed))

    def _noise_maps(
        self, n: int, level: int, sizes: Sequence[tuple[int, int]], seed: int | None
    ) -> Iterable[Tensor]:
        """The maps of ``draw_noise``, each drawn when it is asked for, so that one lives at a time.

        All levels together hold more than twice the numbers of the finest.
        """
        seed = new_seed() if seed is None else check_seed(seed)
        return (
            _normal(self.noise_shape(k, sizes[k]), [(seed, i, k) for i in range(n)]).to(self.device)
            for k in range(level, self.trained_levels)
        )

    def noise_shape(self, level: int, size: tuple[int, int] | None = None) -> tuple[int, int, int]:
        """(channels, height, width) of one noise map of ``level``, for a picture of ``size`` there.

        With noise padding the map is larger than the picture by the margin that the generator eats.
        """
        return noise_shape(self.config, level, size or self.plan.sizes[level], self.image.shape[1])

    def level_sizes(
        self, size: float | tuple[int, int] | Sequence[tuple[int, int]] | None = None
    ) -> list[tuple[int, int]]:
        """(height, width) at each trained level, for a result of ``size``.

        That is in pixels or a factor, or has the sizes of all levels already.
        """
        sizes = list(self.plan.sizes[: self.trained_levels])
        if size is None or not sizes:
            return sizes
        if isinstance(size, Sequence) and any(isinstance(side, Sequence) for side in size):
            return self._checked_sizes(size)
        height, width = sizes[-1]
        if isinstance(size, (int, float)):
            if size > MAX_SIZE_FACTOR:
                raise ValueError(
                    f"size={size} is a factor, which would make {size:g} times {height} x {width} "
                    f"pixels; give a size in pixels as (height, width)."
                )
            size = (round_half_up(height * size), round_half_up(width * size))
        if len(size) != 2 or min(size) < 1:
            raise ValueError(
                f"size={size!r} must be (height, width) in pixels, or a factor above 0."
            )
        rows, columns = size[0] / height, size[1] / width
        return [
            (max(1, round_half_up(h * rows)), max(1, round_half_up(w * columns)))
            for h, w in sizes[:-1]
        ] + [tuple(size)]

    def _checked_sizes(self, sizes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        pairs = [tuple(size) for size in sizes]
        if len(pairs) != self.trained_levels or any(len(x) != 2 or min(x) < 1 for x in pairs):
            raise ValueError(
                f"Sizes level by level are (height, width), in pixels, for each of the "
                f"{self.trained_levels} trained levels; got {sizes!r}."
            )
        return pairs

    def noise_scales(self, noise_scale: float | Sequence[float]) -> list[float]:
        """One factor per trained level, of one for all or one for each."""
        if isinstance(noise_scale, (int, float)):
            return [float(noise_scale)] * self.trained_levels
        if len(noise_scale) != self.trained_levels:
            raise ValueError(
                f"noise_scale has {len(noise_scale)} numbers; give one number, or one for "
                f"each of the {self.trained_levels} trained levels."
            )
        return [float(scale) for scale in noise_scale]

    def check_level(self, level: int) -> None:
        """Refuse a level that is not trained."""
        if self.trained_levels == 0:
            raise ValueError("No level of this pyramid is trained yet; train it first.")
        if not 0 <= level < self.trained_levels:
            raise ValueError(
                f"There is no level {level}; the trained levels are 0 (coarsest) to "
                f"{self.trained_levels - 1}."
            )

    def _check_noise(
        self,
        noise: Sequence[Tensor],
        level: int,
        sizes: Sequence[tuple[int, int]],
        pictures: int,
    ) -> None:
        wanted = [self.noise_shape(k, sizes[k]) for k in range(level, self.trained_levels)]
        shapes = [tuple(z.shape[1:]) for z in noise]
        counts = {len(z) for z in noise}
        if len((counts | {pictures}) - {1}) > 1:
            raise ValueError(
                f"noise has maps for {sorted(counts)} pictures, the image holds {pictures}; one "
                f"map serves all, else the numbers must agree."
            )
        if shapes != wanted:
            raise ValueError(
                f"noise must hold one map per level from level {level} on, shaped {wanted} "
                f"(channels, height, width); got {shapes}. draw_noise makes them."
            )

    # --------------------------------------------------------------------------------------- files
    def save(self, folder: str | os.PathLike, *, half: bool = False) -> Path:
        """Write the pyramid to ``folder``: ``model.json``, and its weights as safetensors.

        The old model there stays whole until the new one is complete. Returns the folder.

        Args:
            half: keep convolutions, z* and photograph with 16 bits a number, in half the space. The
                photograph then is off by 0.03 grey levels at most, samples by about a tenth (RMS);
                ``load`` gives 32 bits again. To pass a pyramid on, not to go on training from.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {"image": self.image, "reconstruction_noise": self.reconstruction_noise}
        for level, generator in enumerate(self.generators):
            tensors |= {
                f"level{level}.{name}": value for name, value in generator.state_dict().items()
            }
        if half:
            tensors = {name: _to_half(value) for name, value in tensors.items()}
        weights = write_tensors(tensors, folder, "weights")
        write_json(folder / MODEL_FILE, self._describe() | {"weights": weights})
        for old in folder.glob("weights-*.safetensors"):
            if old.name != weights:
                old.unlink()
        return folder

    def _describe(self) -> dict[str, Any]:
        return dict(
            format=FORMAT,
            versions=dict(singan_edu=package_version(), torch=torch.__version__),
            plan=dataclasses.asdict(self.plan),
            config=self.config.to_dict(),
            seed=self.seed,
            noise_stds=self.noise_stds,
            trained_levels=self.trained_levels,
        )

    @classmethod
    def load(cls, folder: str | os.PathLike, *, device: torch.device | str = "cpu") -> SinGAN:
        """Read a pyramid that ``save`` wrote, whole or trained up to some level, as float32.

        Raises:
            FileNotFoundError: the folder holds no model, or its weights are missing.
            ValueError: the files are damaged, or of a format that this version does not know.
        """
        folder = Path(folder)
        facts = _read_facts(folder)
        tensors = _read_weights(folder, facts)
        plan = PyramidPlan(
            tuple(tuple(size) for size in facts["plan"]["sizes"]),
            facts["plan"]["scale_factor"],
            tuple(facts["plan"]["original_size"]),
        )
        model = cls(
            TrainConfig.from_dict(facts["config"]),
            plan,
            tensors.pop("image"),
            tensors.pop("reconstruction_noise"),
            facts["seed"],
        )
        for level, noise_std in enumerate(facts["noise_stds"]):
            generator = build_generator(model.config, level, model.image.shape[1])
            generator.load_state_dict(_with_prefix(tensors, f"level{level}."))
            model = model.with_level(generator, noise_std)
        return model.to(device)


def noise_shape(
    config: TrainConfig, level: int, size: tuple[int, int], image_channels: int
) -> tuple[int, int, int]:
    """(channels, height, width) of one noise map for a picture of ``size`` at ``level``."""
    channels = 1 if level == 0 else image_channels
    return channels, size[0] + 2 * config.noise_padding, size[1] + 2 * config.noise_padding


def check_seed(seed: int) -> int:
    """The seed as a plain ``int``; refuses what cannot seed all random generators alike."""
    if not isinstance(seed, Integral) or not 0 <= seed < 2**63:
        raise ValueError(f"seed={seed!r} must be a whole number from 0 to 2^63 - 1.")
    return int(seed)


def new_seed() -> int:
    """A seed that was not used before."""
    return int(np.random.SeedSequence().entropy % 2**63)


def _normal(shape: tuple[int, ...], keys: Sequence[tuple[int, ...]]) -> Tensor:
    """Standard normal maps (n, *shape), each of its key alone; the same on every device."""
    maps = torch.empty(len(keys), *shape)
    for picture, key in zip(maps, keys):
        state = int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> np.uint64(1))
        picture.normal_(generator=torch.Generator().manual_seed(state))
    return maps


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _to_half(value: Tensor) -> Tensor:
    """A convolution's weight, z* or the photograph as float16; what is not safe there, as it is.

    Vectors (biases, normalisation and its statistics) stay: they are few, and each moves a whole
    channel at once, so that rounding them shows three times as much. So does whatever is beyond the
    range of float16 on either side: what it loses must be small beside its largest value.
    """
    if value.dim() != 4:
        return value
    half = value.half()
    safe = (half.float() - value).abs().max() <= MAX_HALF_ERROR * value.abs().max()
    return half if safe else value


def _read_facts(folder: Path) -> dict[str, Any]:
    file = folder / MODEL_FILE
    if not file.is_file():
        raise FileNotFoundError(
            f"{folder} holds no trained pyramid ({MODEL_FILE} is missing). Give the "
            f"folder that SinGAN.save or train(checkpoint_dir=…) wrote."
        )
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(facts, dict):
            raise ValueError("it holds no facts")
    except ValueError as error:
        raise ValueError(f"{file} is damaged ({error}); train again, or copy it again.") from error
    if facts.get("format") != FORMAT:
        raise ValueError(
            f"{file} has the format {facts.get('format')!r}; this version of singan_edu reads "
            f"format {FORMAT}."
        )
    missing = [name for name in REQUIRED_KEYS if name not in facts]
    if missing:
        raise ValueError(
            f"{file} is damaged ({', '.join(missing)} missing); train again, or copy it again."
        )
    return facts


def _read_weights(folder: Path, facts: dict[str, Any]) -> dict[str, Tensor]:
    try:
        tensors = read_tensors(folder / facts["weights"])
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{folder} is incomplete: {facts['weights']} is missing beside "
            f"{MODEL_FILE}. Copy the whole folder."
        ) from error
    except (SafetensorError, ValueError) as error:
        raise ValueError(
            f"{folder / facts['weights']} is damaged ({error}); train again, or copy it again."
        ) from error
    return {
        name: value.float() if value.is_floating_point() else value
        for name, value in tensors.items()
    }
