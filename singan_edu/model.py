"""A trained SinGAN as one value: the pyramid of generators, and all it needs to draw samples.

One primitive carries every application, ``SinGAN.run_from``: run the generators from one level to
the finest, starting from this image, with this noise at each level. Source: paper, eq. 1-3 and
section 4. Taught in lessons 04 and 07.
"""

from __future__ import annotations

import copy
import dataclasses
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .arguments import (
    NoiseScale,
    SizeLike,
    check_image,
    check_seed,
    is_size_per_level,
    new_seed,
    parse_noise_scale,
    parse_size,
    parse_whole_number,
)
from .config import TrainConfig
from .environment import ComputeEnvironment
from .files import package_version
from .images import Size, check_same_aspect, resize, round_half_up
from .model_files import read_facts, read_weights, to_half, with_prefix, write_model
from .networks import Generator, build_generator
from .pyramid import PyramidPlan
from .tiles import tiled_forward

START_IMAGES = ("reconstruction", "real")


@dataclass(frozen=True, eq=False)
class SinGAN:
    """A trained pyramid of generators.

    Level 0 is the coarsest. An unfinished model has fewer levels than its plan.

    Attributes:
        config: the configuration it was trained with.
        plan: the sizes of all levels.
        image: the training image at the finest size, (1, C, H, W) in [-1, 1].
        reconstruction_noise: z*, the fixed noise (1, 1, h, w) of level 0 from which the pyramid
            reconstructs the training image.
        seed: the seed of the training.
        generators: one frozen network per trained level, in eval mode.
        noise_stds: σ_n, the standard deviation of each trained level's noise.
        environments: those it was trained in, more than one if the training was resumed in another;
            none if that is not known.
    """

    config: TrainConfig
    plan: PyramidPlan
    image: Tensor
    reconstruction_noise: Tensor
    seed: int = 0
    generators: tuple[Generator, ...] = ()
    noise_stds: tuple[float, ...] = ()
    environments: tuple[ComputeEnvironment, ...] = ()

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
        """Where the pyramid is, and its samples are computed."""
        return self.image.device

    def to(self, device: torch.device | str) -> SinGAN:
        """Return a copy of the pyramid on another device.

        Args:
            device: such as ``"cuda"``.
        """
        return dataclasses.replace(
            self,
            image=self.image.to(device),
            reconstruction_noise=self.reconstruction_noise.to(device),
            generators=tuple(copy.deepcopy(g).to(device) for g in self.generators),
        )

    def with_level(self, generator: Generator, noise_std: float) -> SinGAN:
        """Return the pyramid with one more level.

        Args:
            generator: of the next level; it is frozen and put into eval mode.
            noise_std: σ_n of the next level.
        """
        generator = generator.eval().requires_grad_(False)
        return dataclasses.replace(
            self,
            generators=(*self.generators, generator),
            noise_stds=(*self.noise_stds, float(noise_std)),
        )

    # ----------------------------------------------------------------------------- drawing samples
    @torch.no_grad()
    def run_from(
        self,
        level: int,
        image: Tensor | None = None,
        *,
        blur: bool = True,
        noise: Sequence[Tensor] | None = None,
        noise_scale: NoiseScale = 1.0,
        seed: int | None = None,
        n: int = 1,
        size: SizeLike | None = None,
    ) -> Tensor:
        """Run the generators from ``level`` to the finest (paper, eq. 1-3 and section 4).

        Args:
            level: where to start; 0 is the coarsest (paper n = N).
            image: (1 or n, C, h, w) in [-1, 1]; takes the place of the output of ``level - 1`` and
                is resized to the size of ``level``. At level 0 there is none.
            blur: first resize ``image`` to the size of ``level - 1``, so that it is as blurred as
                what the generators saw in training. Off for super-resolution.
            noise: maps of standard deviation one, one per level from ``level`` on, of the shapes
                that ``draw_noise`` returns; drawn from ``seed`` if not given.
            noise_scale: factor on the trained noise std: one number, or one per trained level.
            seed: of the noise; a sample depends on it and on its index alone. None: a new one each
                time.
            n: number of samples, where neither ``image`` nor ``noise`` decides it.
            size: of the result: (height, width) in pixels, or a factor; the training size if not
                given; or (height, width) for each trained level. Large images are computed in
                tiles (``tiles.tiled_forward``), which changes memory and time alone.

        Returns:
            (n, C, h, w) in [-1, 1].

        Raises:
            ValueError: a level out of range, a missing or unexpected image, another aspect or
                channel count, values outside [-1, 1], or noise maps of another shape.
        """
        level = self.check_level(level)
        sizes = self.level_sizes(size)
        if image is not None and len(image) > 1:
            n = len(image)
        scales = self.noise_scales(noise_scale)
        stds = [scale * std for scale, std in zip(scales, self.noise_stds)][level:]
        # Level by level as the loop asks for it; unlike a generator expression, `map` keeps none.
        noises: Iterable[Tensor]
        if noise is None:
            noises = map(lambda std, z: z.mul_(std), stds, self._noise_maps(n, level, sizes, seed))
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
        size: SizeLike | None = None,
        noise_scale: NoiseScale = 1.0,
        seed: int | None = None,
    ) -> Tensor:
        """Draw random samples (paper, section 4 and figure 8).

        Args:
            n: number of samples.
            start_level: first level with random noise; what coarser levels make is kept. 0 gives
                new layouts, finer levels change finer detail alone.
            start: what stands in for the coarser levels: their ``"reconstruction"`` of the
                training image (authors' code), or the ``"real"`` image, reduced (paper, figure 8).
            size: of the result: (height, width) in pixels, or a factor; the training size if not
                given. At another aspect, what is kept is stretched
                (``random_generation.sample_mirrored`` continues it instead).
            noise_scale: factor on the trained noise std: one number, or one per trained level.
            seed: of the noise; None draws a new one.

        Returns:
            (n, C, h, w) in [-1, 1].

        Raises:
            ValueError: an unknown ``start``, ``n`` below 1, or a level, size or noise scale out of
                range.
        """
        if start not in START_IMAGES:
            raise ValueError(
                f"start={start!r} is not known; choose one of {', '.join(START_IMAGES)}."
            )
        if n < 1:
            raise ValueError(f"n={n}: ask for at least one sample.")
        start_level = self.check_level(start_level)
        image = None
        if start_level > 0:
            image = self.image if start == "real" else self.reconstruct(start_level - 1)
            image = self._resize(image, self.level_sizes(size)[start_level - 1])
        return self.run_from(
            start_level, image, blur=False, noise_scale=noise_scale, seed=seed, n=n, size=size
        )

    @torch.no_grad()
    def reconstruct(self, level: int | None = None) -> Tensor:
        """Compute the reconstruction: what the noise {z*, 0, …, 0} gives (paper, section 2.3).

        Args:
            level: at which to stop; the last trained level if not given.

        Returns:
            (1, C, h, w) in [-1, 1], of the size of ``level``.

        Raises:
            ValueError: the level is not trained.
        """
        level = self.check_level(self.trained_levels - 1 if level is None else level)
        noises = [self.noise_stds[0] * self.reconstruction_noise]
        noises += [torch.zeros(1, *self.noise_shape(k)).to(self.image) for k in range(1, level + 1)]
        start = self._starting_image(0, None, self.plan.sizes)
        return self._generate(0, start, self.plan.sizes, noises)

    def _generate(
        self,
        first_level: int,
        picture: Tensor,
        sizes: Sequence[Size],
        noises: Iterable[Tensor],
    ) -> Tensor:
        """Upsample, add noise, let the generator refine: level by level, as often as ``noises``.

        Args:
            first_level: level of the first noise map.
            picture: (1 or n, C, h, w), at the size of ``first_level``.
            sizes: of all levels.
            noises: one map per level, of that level's standard deviation, σ_n z_n.
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
        self, level: int, image: Tensor | None, sizes: Sequence[Size], blur: bool = True
    ) -> Tensor:
        """What the generator of ``level`` refines: ``image`` at its size, or zeros at level 0."""
        channels = self.image.shape[1]
        if level == 0:
            if image is not None:
                raise ValueError(
                    "Level 0 starts from noise alone; an image goes in at level 1 or finer."
                )
            return torch.zeros(1, channels, *sizes[0]).to(self.image)
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
        image = check_image(image)
        check_same_aspect(image, self._at_trained_scale(sizes[level - 1], sizes[-1]), "The image")
        image = image.to(self.device)
        return self._resize(self._resize(image, sizes[level - 1]) if blur else image, sizes[level])

    def _at_trained_scale(self, size: Size, finest: Size) -> Size:
        """``size`` of a level reduced as ``finest`` is larger than the training image.

        Rounding may change an aspect by a pixel at the trained size. At a larger size the same
        rounding is several pixels, which must not count as another aspect.
        """
        trained = self.plan.sizes[self.trained_levels - 1]
        growth = max(1.0, min(side / before for side, before in zip(finest, trained)))
        return round_half_up(size[0] / growth), round_half_up(size[1] / growth)

    def _resize(self, image: Tensor, size: Size) -> Tensor:
        return resize(image, size, quantize=self.config.quantize_resize)

    # ----------------------------------------------------------------------------- noise and sizes
    def draw_noise(
        self,
        n: int = 1,
        *,
        level: int = 0,
        size: SizeLike | None = None,
        seed: int | None = None,
    ) -> list[Tensor]:
        """Draw noise maps of standard deviation one, for ``level`` and all finer levels.

        Each map depends on the seed, its index in the batch and its level alone. So the maps of two
        seeds can be mixed level by level, and a sample is the same in any batch.

        Args:
            n: number of maps per level.
            level: the first level, 0 for all.
            size: of the result: (height, width) in pixels, or a factor; the training size if not
                given.
            seed: None draws a new one.

        Returns:
            One tensor per level, coarse to fine: (n, 1, h, w) at level 0, where one map serves all
            channels, (n, C, h, w) above.
        """
        return list(self._noise_maps(n, level, self.level_sizes(size), seed))

    def _noise_maps(
        self, n: int, level: int, sizes: Sequence[Size], seed: int | None
    ) -> Iterator[Tensor]:
        """Draw the maps of ``draw_noise`` one by one, since all together need twice the memory."""
        seed = new_seed() if seed is None else check_seed(seed)
        return (
            _normal(self.noise_shape(k, sizes[k]), [(seed, i, k) for i in range(n)]).to(self.device)
            for k in range(level, self.trained_levels)
        )

    def noise_shape(self, level: int, size: Size | None = None) -> tuple[int, int, int]:
        """Return (channels, height, width) of one noise map.

        Args:
            level: 0 is the coarsest.
            size: (height, width) of the image at that level; that of training if not given. With
                noise padding the map is larger than the image by the padding.
        """
        return noise_shape(self.config, level, size or self.plan.sizes[level], self.image.shape[1])

    def level_sizes(self, size: SizeLike | None = None) -> list[Size]:
        """Return (height, width) in pixels at each trained level.

        Args:
            size: of the result: (height, width) in pixels, or a factor; the training size if not
                given; or the sizes of all trained levels.

        Raises:
            ValueError: no size, or not one for each trained level.
        """
        sizes = list(self.plan.sizes[: self.trained_levels])
        if size is None or not sizes:
            return sizes
        if is_size_per_level(size):
            return self._parse_sizes(size)  # type: ignore[arg-type]  # it was just tested
        height, width = sizes[-1]
        finest = parse_size(size, (height, width))
        rows, columns = finest[0] / height, finest[1] / width
        return [
            (max(1, round_half_up(h * rows)), max(1, round_half_up(w * columns)))
            for h, w in sizes[:-1]
        ] + [finest]

    def _parse_sizes(self, sizes: Sequence[object]) -> list[Size]:
        try:
            pairs = [parse_size(size, (0, 0)) for size in sizes]
        except ValueError:
            pairs = []
        if len(pairs) != self.trained_levels:
            raise ValueError(
                f"Sizes level by level are (height, width), in pixels, for each of the "
                f"{self.trained_levels} trained levels; got {sizes!r}."
            )
        return pairs

    def noise_scales(self, noise_scale: NoiseScale) -> list[float]:
        """Return one factor on the noise std per trained level.

        Args:
            noise_scale: one number for all, or one for each.

        Raises:
            ValueError: not finite numbers, or not one per trained level.
        """
        return parse_noise_scale(noise_scale, self.trained_levels)

    def check_level(self, level: int) -> int:
        """Return ``level`` as an int, if it is trained.

        Args:
            level: 0 is the coarsest.

        Raises:
            ValueError: no such level, or nothing is trained yet.
        """
        if self.trained_levels == 0:
            raise ValueError("No level of this pyramid is trained yet; train it first.")
        whole = parse_whole_number(level, "level")
        if not 0 <= whole < self.trained_levels:
            raise ValueError(
                f"There is no level {level}; the trained levels are 0 (coarsest) to "
                f"{self.trained_levels - 1}."
            )
        return whole

    def _check_noise(
        self, noise: Sequence[Tensor], level: int, sizes: Sequence[Size], pictures: int
    ) -> None:
        """Refuse noise maps of other shapes than ``draw_noise`` returns, or not finite."""
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
    def save(self, folder: str | os.PathLike[str], *, half: bool = False) -> Path:
        """Write the pyramid to ``folder``: ``model.json``, and its weights as safetensors.

        A model that is there stays whole until the new one is complete.

        Args:
            folder: is created if need be.
            half: keep convolutions, z* and image as float16, in half the space. The image then
                changes by 0.03 grey levels at most, samples by about a tenth (RMS); ``load`` gives
                float32 again. To pass a model on, not to continue a training from.

        Returns:
            The folder.
        """
        folder = Path(folder)
        tensors = {"image": self.image, "reconstruction_noise": self.reconstruction_noise}
        for level, generator in enumerate(self.generators):
            tensors |= {
                f"level{level}.{name}": value for name, value in generator.state_dict().items()
            }
        if half:
            tensors = {name: to_half(value) for name, value in tensors.items()}
        write_model(folder, self._facts(), tensors)
        return folder

    def _facts(self) -> dict[str, Any]:
        return dict(
            versions=dict(singan_edu=package_version(), torch=torch.__version__),
            environments=[environment.to_dict() for environment in self.environments],
            plan=dataclasses.asdict(self.plan),
            config=self.config.to_dict(),
            seed=self.seed,
            noise_stds=self.noise_stds,
            trained_levels=self.trained_levels,
        )

    @classmethod
    def load(cls, folder: str | os.PathLike[str], *, device: torch.device | str = "cpu") -> SinGAN:
        """Read a pyramid that ``save`` wrote, whole or trained up to some level, as float32.

        Args:
            folder: that ``save``, or ``train(checkpoint_dir=…)``, wrote.
            device: where the pyramid will be.

        Raises:
            FileNotFoundError: the folder holds no model, or its weights are missing.
            ValueError: the files are damaged, or of a format that this version does not know.
        """
        folder = Path(folder)
        facts = read_facts(folder)
        tensors = read_weights(folder, facts)
        plan = PyramidPlan(
            tuple((height, width) for height, width in facts["plan"]["sizes"]),
            facts["plan"]["scale_factor"],
            tuple(facts["plan"]["original_size"]),
        )
        model = cls(
            TrainConfig.from_dict(facts["config"]),
            plan,
            tensors.pop("image").to(device),
            tensors.pop("reconstruction_noise").to(device),
            facts["seed"],
            environments=tuple(ComputeEnvironment(**e) for e in facts.get("environments", ())),
        )
        for level, noise_std in enumerate(facts["noise_stds"]):
            generator = build_generator(model.config, level, model.image.shape[1])
            generator.load_state_dict(with_prefix(tensors, f"level{level}."))
            model = model.with_level(generator.to(device), noise_std)
        return model


def noise_shape(
    config: TrainConfig, level: int, size: Size, image_channels: int
) -> tuple[int, int, int]:
    """Return (channels, height, width) of one noise map.

    Args:
        config: decides the padding.
        level: 0 is the coarsest, where one map serves all channels.
        size: (height, width) in pixels of the image at that level.
        image_channels: 1 or 3.
    """
    channels = 1 if level == 0 else image_channels
    return channels, size[0] + 2 * config.noise_padding, size[1] + 2 * config.noise_padding


def _normal(shape: tuple[int, ...], keys: Sequence[tuple[int, ...]]) -> Tensor:
    """Standard normal maps (n, *shape), each of its key alone; the same on every device."""
    maps = torch.empty(len(keys), *shape, dtype=torch.float32)
    for picture, key in zip(maps, keys):
        state = int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> np.uint64(1))
        picture.normal_(generator=torch.Generator().manual_seed(state))
    return maps
