"""SIFID: the Fréchet distance between the Inception features of a sample and the training image.

FID compares two sets of images, with one feature vector per image. SIFID compares two images, with
one feature vector per location of an early feature map. Source: paper, section 3 (SIFID); Heusel et
al. 2017 for FID; Szegedy et al. 2015 for Inception v3. Taught in lesson 14.
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..arguments import check_image
from ..images import ImageNotice, size_of

# Ported from TensorFlow by torchvision; the last part of the name is the start of the SHA-256.
WEIGHTS_FILE = "inception_v3_google-0cc3c7bd.pth"
WEIGHTS_URL = f"https://download.pytorch.org/models/{WEIGHTS_FILE}"
MIN_SIZES = {64: (7, 9), 192: (19, 23)}  # by layer: the smallest image with two feature vectors
Weights = str | os.PathLike[str] | Mapping[str, Tensor]


# ------------------------------------------------------------------------------------------ metrics
def sifid(real: Tensor, fake: Tensor, *, layer: int = 64, weights: Weights | None = None) -> float:
    """Compute the Single-Image Fréchet Inception Distance, mean over the samples.

    Compare values only for one training image and one layer. The value reproduces no published
    figure: the choice of layer, the files and the rounding to 8 bits differ.

    Blind to: the position of things. A copy scores 0 and a shifted copy nearly 0, so the distance
    rewards not generating; read it together with a measure of diversity. The receptive field of a
    feature is 11 pixels (layer 64) or 23 (layer 192); larger structure does not count. One
    outlier, such as a blurred sample, can dominate the mean. Small images, and images of different
    sizes, raise the distance. It agrees only weakly with human judgement.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image; grey (C = 1) is repeated to 3 channels.
        fake: (n, C, h, w) in [-1, 1], samples; nothing is resized.
        layer: 64 for the 64 features before Inception's first max-pool, as in the authors' code;
            192 for the 192 features before the second, as the paper describes. Report which.
        weights: path of torchvision's checkpoint, or a state dict; None for the file in torch's
            cache, where ``download_inception_weights`` puts it. This function downloads nothing.

    Returns:
        The distance in squared feature units, >= 0; lower is closer.

    Raises:
        FileNotFoundError: there are no weights; the message says how to get or avoid them.
        TypeError: an image is not a tensor.
        ValueError: an image, the layer or the weights are unsuitable.

    Source: paper, section 3; the authors' repository for the choice of layer.
    """
    values = sifid_values(real, fake, layer=layer, weights=weights)
    return sum(values) / len(values)


def sifid_values(
    real: Tensor, fake: Tensor, *, layer: int = 64, weights: Weights | None = None
) -> list[float]:
    """Compute the Single-Image Fréchet Inception Distance of each sample.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image; grey (C = 1) is repeated to 3 channels.
        fake: (n, C, h, w) in [-1, 1], samples; nothing is resized.
        layer: 64 (the authors' code) or 192 (the paper): the number of features.
        weights: path of torchvision's checkpoint, or a state dict; None for the file in torch's
            cache.

    Returns:
        n distances in squared feature units, >= 0; ``sifid`` is their mean.

    Raises:
        FileNotFoundError: there are no weights; the message says how to get or avoid them.
        TypeError: an image is not a tensor.
        ValueError: an image, the layer or the weights are unsuitable.
    """
    _check_pictures(real, fake, layer)
    if not isinstance(weights, Mapping):
        weights = load_inception_weights(weights)
    return _distances(_network(weights, layer), real, fake)


def random_feature_fid(real: Tensor, fake: Tensor, *, seed: int = 0) -> float:
    """Compute the distance of ``sifid`` with a random network in place of Inception.

    It needs no weights. Use it only to rank generators on one training image. The value itself
    means nothing and is not comparable across seeds or images. Trust a ranking only if other seeds
    agree.

    Args:
        real: (1, C, H, W) in [-1, 1], the training image; grey (C = 1) is repeated to 3 channels.
        fake: (n, C, h, w) in [-1, 1], samples; nothing is resized.
        seed: of the network's convolutions, N(0, 2 / fan-in) (He et al. 2015).

    Returns:
        The mean distance over the samples, >= 0; lower is closer.

    Raises:
        TypeError: an image is not a tensor.
        ValueError: an image is unsuitable.

    >>> random_feature_fid(torch.zeros(1, 3, 32, 32), torch.zeros(1, 3, 32, 32)) < 1e-6
    True
    """
    _check_pictures(real, fake, 64)
    values = _distances(_network(_random_weights(seed), 64), real, fake)
    return sum(values) / len(values)


def random_features(image: Tensor, *, seed: int = 0) -> Tensor:
    """Compute the features that ``random_feature_fid`` compares, for one image.

    Args:
        image: (1, C, H, W) in [-1, 1].
        seed: of the network's convolutions.

    Returns:
        (64, h, w) float64, one vector of 64 features per location; about half the image's size.
    """
    return _features(_network(_random_weights(seed), 64), image)


def frechet_distance(mean_a: Tensor, cov_a: Tensor, mean_b: Tensor, cov_b: Tensor) -> float:
    """Compute the Fréchet distance of two Gaussians, ``‖μa - μb‖² + Tr(Σa + Σb - 2 (Σa Σb)^½)``.

    ``Tr (Σa Σb)^½ = Tr (Σa^½ Σb Σa^½)^½`` is computed as the sum of the singular values of ``Σa^½
    Σb^½``. This is symmetric, real, and finite for singular covariances. The square roots of the
    eigenvalues of ``Σa^½ Σb Σa^½`` would lose half the digits of small values.

    Args:
        mean_a: (d,), mean of the first Gaussian.
        cov_a: (d, d), its covariance: symmetric, no eigenvalue below zero.
        mean_b: (d,), mean of the second Gaussian.
        cov_b: (d, d), its covariance.

    Returns:
        The distance, >= 0, computed in float64. It is a squared length, as FID is.

    Raises:
        ValueError: the shapes do not fit together, or a number is not finite.

    Source: Dowson & Landau 1982; Heusel et al. 2017.

    >>> round(frechet_distance(torch.zeros(2), torch.eye(2), torch.ones(2), 4 * torch.eye(2)), 6)
    4.0
    """
    mean_a, cov_a, mean_b, cov_b = (t.cpu().double() for t in (mean_a, cov_a, mean_b, cov_b))
    vector, square = mean_a.shape[:1], mean_a.shape[:1] * 2
    if {mean_a.shape, mean_b.shape} != {vector} or {cov_a.shape, cov_b.shape} != {square}:
        shapes = [tuple(t.shape) for t in (mean_a, cov_a, mean_b, cov_b)]
        raise ValueError(
            f"Give means of shape (d,) and covariances of shape (d, d), with the same d; got "
            f"{shapes}."
        )
    if not all(t.isfinite().all() for t in (mean_a, cov_a, mean_b, cov_b)):
        raise ValueError("A mean or a covariance contains nan or infinity.")
    overlap = torch.linalg.svdvals(_square_root(cov_a) @ _square_root(cov_b)).sum()
    distance = (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * overlap
    return max(0.0, float(distance))  # rounding can leave -1e-15


def _square_root(cov: Tensor) -> Tensor:
    """Compute the symmetric square root of a covariance.

    Eigenvalues that are zero within rounding count as zero: the square root of 1e-16 is 1e-8.
    """
    values, vectors = torch.linalg.eigh(cov)
    rounding = values.max() * len(values) * torch.finfo(values.dtype).eps
    root: Tensor = (vectors * values.where(values > rounding, 0).sqrt()) @ vectors.T
    return root


def _distances(network: InceptionStem, real: Tensor, fake: Tensor) -> list[float]:
    """Compute the distance of each sample to the training image."""
    reference = _gaussian(network, real)
    samples = torch.split(fake, 1)
    return [frechet_distance(*reference, *_gaussian(network, sample)) for sample in samples]


def _gaussian(network: InceptionStem, image: Tensor) -> tuple[Tensor, Tensor]:
    """Compute mean (d,) and unbiased covariance (d, d) of one image's feature vectors."""
    features = _features(network, image).flatten(1)  # (d, h*w)
    return features.mean(dim=1), torch.cov(features)


@torch.no_grad()
def _features(network: InceptionStem, image: Tensor) -> Tensor:
    """Compute the feature vectors of one image, (d, h, w).

    Always on the CPU in float64, so that the value does not depend on the device.
    """
    features: Tensor = network(image.detach().cpu().double().expand(1, 3, -1, -1))
    return features[0]


def _check_pictures(real: Tensor, fake: Tensor, layer: int) -> None:
    """Refuse images that cannot be measured; warn about images that are too small to trust."""
    if layer not in MIN_SIZES:
        raise ValueError(f"layer={layer!r} must be 64 (the authors' code) or 192 (the paper).")
    for name, images in (("real", real), ("fake", fake)):
        check_image(images, name)
        height, width = size_of(images)
        locations = _map_side(height, layer) * _map_side(width, layer)
        if locations < 2:
            raise ValueError(
                f"{name} has {height} x {width} pixels, too few for a covariance. layer={layer} "
                f"takes at least {MIN_SIZES[layer][0]} x {MIN_SIZES[layer][1]}."
            )
        if locations <= layer:
            warnings.warn(
                f"{name} is {height} x {width} pixels, so {locations} vectors of {layer} features; "
                f"too few for a good covariance: the distance tends to be too large.",
                ImageNotice,
                stacklevel=3,
            )
    if len(real) != 1:
        raise ValueError(f"real holds {len(real)} images; SIFID compares samples with one.")


def _map_side(side: int, layer: int) -> int:
    """Return the height of the feature map of an image ``side`` pixels high; widths alike."""
    for _ in range(1 if layer == 64 else 2):
        side = (side - 3) // 2 + 1 - 2  # stride 2, then a 3x3 convolution without padding
    return max(0, side)


# ------------------------------------------------------------------------------------------ network
class InceptionStem(nn.Module):
    """The first layers of Inception v3, up to the first (64) or second (192 features) max-pool.

    The parameters are named as in torchvision's checkpoint. Images enter in [-1, 1], the range the
    weights were trained with; torchvision's ``transform_input=True`` converts ImageNet-normalised
    images back to it and is not needed here.

    Args:
        layer: 64 or 192, the number of output features.
    """

    def __init__(self, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.Conv2d_1a_3x3 = _Block(3, 32, kernel_size=3, stride=2)
        self.Conv2d_2a_3x3 = _Block(32, 32, kernel_size=3)
        self.Conv2d_2b_3x3 = _Block(32, 64, kernel_size=3, padding=1)
        if layer == 192:
            self.Conv2d_3b_1x1 = _Block(64, 80, kernel_size=1)
            self.Conv2d_4a_3x3 = _Block(80, 192, kernel_size=3)
        self.eval()  # batch norm with its stored statistics, not those of one image

    def forward(self, image: Tensor) -> Tensor:
        """Compute the features of an image.

        Args:
            image: (1, 3, H, W) in [-1, 1].

        Returns:
            (1, layer, h, w), >= 0.
        """
        x: Tensor = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(image)))
        if self.layer == 64:
            return x
        x = F.max_pool2d(x, kernel_size=3, stride=2)
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))
        return x


class _Block(nn.Module):
    """Convolution without bias, batch norm, ReLU."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            channels_in, channels_out, kernel_size, stride=stride, padding=padding, bias=False
        )
        self.bn = nn.BatchNorm2d(channels_out, eps=1e-3)  # TensorFlow's, not torch's 1e-5

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block.

        Args:
            x: (1, channels_in, h, w).

        Returns:
            (1, channels_out, h', w'), >= 0.
        """
        return F.relu(self.bn(self.conv(x)))


def _needed(layer: int) -> dict[str, torch.Size]:
    """Return names and shapes of the tensors that the network needs from a checkpoint."""
    with torch.device("meta"):  # takes no memory and no numbers from torch's global generator
        state = InceptionStem(layer).state_dict()
    # num_batches_tracked counts training steps. It is not used, and old checkpoints lack it.
    return {name: t.shape for name, t in state.items() if "num_batches" not in name}


def _network(weights: Mapping[str, Tensor], layer: int) -> InceptionStem:
    """Build the network from ``weights`` in float64; tensors it does not need are ignored."""
    needed = _needed(layer)
    wrong = [n for n, shape in needed.items() if getattr(weights.get(n), "shape", None) != shape]
    if wrong:
        raise ValueError(
            f"The weights lack {len(wrong)} of {len(needed)} tensors or have them in another "
            f"shape, for example {wrong[0]}. Give the state dict of torchvision's inception_v3, as "
            f"in {WEIGHTS_FILE}."
        )
    with torch.device("meta"):
        network = InceptionStem(layer)
    state = {name: torch.as_tensor(weights[name]).detach().cpu().double() for name in needed}
    network.load_state_dict(state, assign=True)
    return network


def _random_weights(seed: int) -> dict[str, Tensor]:
    """Draw convolutions from ``seed``; batch norm is the identity."""
    rng = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in _needed(64).items():
        if name.endswith("conv.weight"):
            weights[name] = (
                torch.randn(shape, generator=rng, dtype=torch.float32)
                * (2 / shape[1:].numel()) ** 0.5
            )
        else:
            weights[name] = torch.full(
                shape, float(name.endswith(("bn.weight", "running_var"))), dtype=torch.float32
            )
    return weights


# ---------------------------------------------------------------------------------------- the file
def download_inception_weights(folder: str | os.PathLike[str] | None = None) -> Path:
    """Download torchvision's Inception v3 (104 MB), unless the file exists.

    This is the only download in this package.

    Args:
        folder: where to put the file; None for torch's cache, where ``sifid`` looks for it.

    Returns:
        The path of the complete file, with its checksum verified.

    Raises:
        OSError: the network cannot be reached, or the folder cannot be written to.
        RuntimeError: the downloaded file has another checksum. No partial file is left.
    """
    path = (_cache() if folder is None else Path(folder).expanduser()) / WEIGHTS_FILE
    if path.is_file() and _checksum_matches(path):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.hub.download_url_to_file(WEIGHTS_URL, str(path), hash_prefix=_checksum_in(path))
    return path


def load_inception_weights(path: str | os.PathLike[str] | None = None) -> dict[str, Tensor]:
    """Read the first layers from torchvision's checkpoint of Inception v3.

    Pass the result to ``sifid`` to read the file only once for many calls.

    Args:
        path: the file; None for the one in torch's cache.

    Returns:
        The tensors whose names start with ``Conv2d_``, by name.

    Raises:
        FileNotFoundError: it does not exist; the message says how to get or avoid it.
        ValueError: its checksum differs from the one in its name, or it is not a checkpoint.
    """
    path = _cache() / WEIGHTS_FILE if path is None else Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"There are no Inception weights at {path}. Call download_inception_weights() where "
            f"there is a network (104 MB), or pass weights=PATH of {WEIGHTS_FILE}, or use "
            f"random_feature_fid or patch_swd, which need none."
        )
    if not _checksum_matches(path):
        raise ValueError(
            f"{path} is damaged: its checksum is not the one in its name. Delete it and call "
            f"download_inception_weights() again."
        )
    try:  # weights_only: tensors are read, code is not run
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # every kind of damage raises another exception
        raise ValueError(
            f"{path} is not a PyTorch checkpoint ({type(error).__name__}). Give the file "
            f"{WEIGHTS_FILE}, which download_inception_weights() fetches."
        ) from error
    if not isinstance(state, Mapping):
        raise ValueError(
            f"{path} contains a {type(state).__name__}, not a state dict. Give the file "
            f"{WEIGHTS_FILE}, which download_inception_weights() fetches."
        )
    return {name: value for name, value in state.items() if str(name).startswith("Conv2d_")}


def _cache() -> Path:
    """Return the folder where torch.hub keeps downloaded checkpoints."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def _checksum_in(path: Path) -> str:
    """Return the start of the SHA-256 that torch.hub writes into file names, or ""."""
    match = re.search(r"-([0-9a-f]{8,64})$", path.stem)
    return match.group(1) if match else ""


def _checksum_matches(path: Path) -> bool:
    """Tell whether the file's SHA-256 starts with the checksum in its name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(_checksum_in(path))
