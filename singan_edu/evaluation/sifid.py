"""SIFID: how far the Inception features of a fake are distributed from those of the photograph.

FID compares two sets of pictures, one feature vector a picture. SIFID compares two pictures, one
feature vector a location of an early feature map. Source: paper, section 3 (SIFID); Heusel et al.
2017 for FID; Szegedy et al. 2015 for Inception v3. Taught in lesson 14.
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

from ..images import ImageNotice

# Ported from TensorFlow by torchvision; the last part of the name is the start of the SHA-256.
FILE_NAME = "inception_v3_google-0cc3c7bd.pth"
URL = f"https://download.pytorch.org/models/{FILE_NAME}"
SMALLEST = {64: (7, 9), 192: (19, 23)}  # pictures that leave two locations, by layer
ROUNDING = 1e-3  # how far beyond [-1, 1] a pixel may be
Weights = str | os.PathLike | Mapping[str, Tensor]


# ------------------------------------------------------------------------------------------ metrics
def sifid(real: Tensor, fake: Tensor, *, layer: int = 64, weights: Weights | None = None) -> float:
    """Single-Image Fréchet Inception Distance: mean over the fakes of ``sifid_values``.

    Args:
        real: the photograph, (1, C, H, W) in [-1, 1]; grey (C = 1) is repeated to three channels.
        fake: one or several pictures, (n, C, h, w) in [-1, 1]; nothing is resized.
        layer: 64: the 64 features before Inception's first max-pool, which the authors' code uses;
            192: the 192 before the second, which the paper describes. Say which when you report.
        weights: path of torchvision's checkpoint, or a state dict; None: the file in torch's cache,
            where ``download_inception_weights`` puts it. Nothing is downloaded here.

    Returns:
        A distance >= 0 in squared feature units, lower is closer; to compare for one photo and one
        layer only.

    It cannot see *where* anything is: a copy scores 0 and a shifted copy nearly 0, so it rewards
    not generating; read it with a measure of diversity. A feature sees 11 pixels across (layer 64)
    or 23 (192), and nothing larger. The mean hangs on outliers; one blurred fake is enough. Small
    pictures, and pictures of different sizes, raise it. It follows people's judgement only weakly.
    No published figure is claimed to be reproduced: layer, files and 8-bit rounding differ there.

    Raises:
        FileNotFoundError: there are no weights; the message says how to get or do without them.
        ValueError: a picture, the layer or the weights are unsuitable.

    Source: paper, section 3; the authors' repository for the choice of layer.
    """
    values = sifid_values(real, fake, layer=layer, weights=weights)
    return sum(values) / len(values)


def sifid_values(
    real: Tensor, fake: Tensor, *, layer: int = 64, weights: Weights | None = None
) -> list[float]:
    """The SIFID of each fake, n numbers; see ``sifid`` for arguments, limits and errors."""
    _check_pictures(real, fake, layer)
    if not isinstance(weights, Mapping):
        weights = load_inception_weights(weights)
    return _distances(_network(weights, layer), real, fake)


def random_feature_fid(real: Tensor, fake: Tensor, *, seed: int = 0) -> float:
    """The distance of ``sifid`` (layer 64) on a random network, without weights; to rank only.

    The value means nothing by itself, nor across seeds or photos. It orders generators on one
    photo; an order that another seed reverses is no order.

    Args:
        real, fake: as for ``sifid``.
        seed: draws the network's convolutions, N(0, 2 / fan-in) (He et al. 2015).

    Returns:
        The mean distance over the fakes, >= 0, lower is closer. Raises as ``sifid`` does.

    >>> random_feature_fid(torch.zeros(1, 3, 32, 32), torch.zeros(1, 3, 32, 32)) < 1e-6
    True
    """
    _check_pictures(real, fake, 64)
    values = _distances(_network(_random_weights(seed), 64), real, fake)
    return sum(values) / len(values)


def random_features(image: Tensor, *, seed: int = 0) -> Tensor:
    """What ``random_feature_fid`` compares: the features of one picture in a random network.

    Args:
        image: (1, C, H, W) in [-1, 1].
        seed: draws the network.

    Returns:
        (64, h, w) float64, a vector of 64 features for each place; about half the picture's size.
    """
    return _features(_network(_random_weights(seed), 64), image)


def frechet_distance(mean_a: Tensor, cov_a: Tensor, mean_b: Tensor, cov_b: Tensor) -> float:
    """Distance of two Gaussians, ``‖μa - μb‖² + Tr(Σa + Σb - 2 (Σa Σb)^½)``.

    ``Tr (Σa Σb)^½ = Tr (Σa^½ Σb Σa^½)^½`` is taken as the sum of the singular values of ``Σa^½
    Σb^½``, which treats both alike and is real and finite where a covariance has no inverse. As
    roots of the eigenvalues of ``Σa^½ Σb Σa^½``, small ones would lose half their digits.

    Args:
        mean_a, mean_b: (d,).
        cov_a, cov_b: covariances, (d, d), symmetric, without eigenvalues below zero.

    Returns:
        The distance, >= 0, computed in float64. It is a squared length, as in FID.

    Raises:
        ValueError: the shapes do not belong together, or a number is not finite.

    Source: Dowson & Landau 1982; Heusel et al. 2017.

    >>> round(frechet_distance(torch.zeros(2), torch.eye(2), torch.ones(2), 4 * torch.eye(2)), 6)
    4.0
    """
    mean_a, cov_a, mean_b, cov_b = (t.cpu().double() for t in (mean_a, cov_a, mean_b, cov_b))
    vector, square = mean_a.shape[:1], mean_a.shape[:1] * 2
    if {mean_a.shape, mean_b.shape} != {vector} or {cov_a.shape, cov_b.shape} != {square}:
        raise ValueError("Give means of shape (d,) and covariances of shape (d, d), the same d.")
    if not all(t.isfinite().all() for t in (mean_a, cov_a, mean_b, cov_b)):
        raise ValueError("A mean or a covariance contains nan or infinity.")
    overlap = torch.linalg.svdvals(_square_root(cov_a) @ _square_root(cov_b)).sum()
    distance = (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * overlap
    return max(0.0, distance.item())  # rounding can leave -1e-15


def _square_root(cov: Tensor) -> Tensor:
    """The symmetric square root; eigenvalues of the size of rounding, or below, count as zero.

    Left in, a zero that came out as 1e-16 would have the root 1e-8.
    """
    values, vectors = torch.linalg.eigh(cov)
    rounding = values.max() * len(values) * torch.finfo(values.dtype).eps
    return (vectors * values.where(values > rounding, 0).sqrt()) @ vectors.T


def _distances(network: InceptionStart, real: Tensor, fake: Tensor) -> list[float]:
    reference = _gaussian(network, real)
    return [frechet_distance(*reference, *_gaussian(network, one)) for one in fake.split(1)]


def _gaussian(network: InceptionStart, picture: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (d,) and unbiased covariance (d, d) of the feature vectors of one picture."""
    features = _features(network, picture).flatten(1)  # (d, h*w)
    return features.mean(dim=1), torch.cov(features)


@torch.no_grad()
def _features(network: InceptionStart, picture: Tensor) -> Tensor:
    """The feature vectors of one picture, (d, h, w).

    On the CPU in float64, wherever the picture is: the value shall not depend on the machine.
    """
    return network(picture.detach().cpu().double().expand(1, 3, -1, -1))[0]


def _check_pictures(real: Tensor, fake: Tensor, layer: int) -> None:
    """Raise on what cannot be measured; a notice on what is measured badly."""
    if layer not in SMALLEST:
        raise ValueError(f"layer={layer!r}: choose 64 (the released code) or 192 (the paper).")
    for name, picture in (("real", real), ("fake", fake)):
        _check_values(name, picture)
        height, width = picture.shape[-2:]
        locations = _map_side(height, layer) * _map_side(width, layer)
        if locations < 2:
            raise ValueError(
                f"{name} has {height} x {width} pixels, too few for a covariance. layer={layer} "
                f"takes at least {SMALLEST[layer][0]} x {SMALLEST[layer][1]}."
            )
        if locations <= layer:
            warnings.warn(
                f"{name} is {height} x {width} pixels, so {locations} vectors of {layer} features; "
                f"too few for a good covariance: the distance tends to be too large.",
                ImageNotice,
                stacklevel=3,
            )
    if len(real) != 1:
        raise ValueError(f"real holds {len(real)} pictures; SIFID compares fakes with one.")


def _check_values(name: str, picture: Tensor) -> None:
    """Raise on what is no picture (n, C, H, W) in [-1, 1]."""
    if not isinstance(picture, Tensor) or not picture.is_floating_point():
        raise ValueError(f"{name} is no tensor of floats; load_image makes one of a picture.")
    if picture.ndim != 4 or picture.shape[1] not in (1, 3) or len(picture) == 0:
        raise ValueError(f"{name} is {tuple(picture.shape)}; give (n, 3, H, W) or (n, 1, H, W).")
    if not picture.isfinite().all():
        raise ValueError(f"{name} contains nan or infinity.")
    if picture.numel() and picture.abs().max() > 1 + ROUNDING:
        low, high = picture.min().item(), picture.max().item()
        raise ValueError(f"{name} has values from {low:g} to {high:g}; pictures are in [-1, 1].")


def _map_side(side: int, layer: int) -> int:
    """Height of the feature map of a picture ``side`` pixels high; the same for widths."""
    for _ in range(1 if layer == 64 else 2):
        side = (side - 3) // 2 + 1 - 2  # stride 2, then a 3x3 convolution without padding
    return max(0, side)


# ------------------------------------------------------------------------------------------ network
class InceptionStart(nn.Module):
    """The first layers of Inception v3, up to the first (64) or second (192 features) max-pool.

    The parameters are named as in torchvision's checkpoint. Pictures go in as they are, in [-1, 1],
    which the weights were trained on: torchvision's ``transform_input=True`` leads back to that
    range from the ImageNet normalisation, and has nothing to do here.
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
        self.eval()  # batch norm with its stored statistics, not those of one picture

    def forward(self, image: Tensor) -> Tensor:
        """(1, 3, H, W) in [-1, 1] -> (1, layer, h, w), >= 0."""
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(image)))
        if self.layer == 64:
            return x
        x = F.max_pool2d(x, kernel_size=3, stride=2)
        return self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))


class _Block(nn.Module):
    """Convolution without bias, batch norm, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, **shape: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, bias=False, **shape)
        self.bn = nn.BatchNorm2d(channels_out, eps=1e-3)  # TensorFlow's, not torch's 1e-5

    def forward(self, x: Tensor) -> Tensor:
        """(1, channels_in, h, w) -> (1, channels_out, h', w'), >= 0."""
        return F.relu(self.bn(self.conv(x)))


def _needed(layer: int) -> dict[str, torch.Size]:
    """Names and shapes of the numbers that the network takes from a checkpoint."""
    with torch.device("meta"):  # no memory, and no numbers from torch's global generator
        state = InceptionStart(layer).state_dict()
    # Counts training steps, is not used here, and lacks in old checkpoints.
    return {name: t.shape for name, t in state.items() if "num_batches" not in name}


def _network(weights: Mapping[str, Tensor], layer: int) -> InceptionStart:
    """The network with the numbers it needs from ``weights``, in float64; the rest is ignored."""
    needed = _needed(layer)
    wrong = [n for n, shape in needed.items() if getattr(weights.get(n), "shape", None) != shape]
    if wrong:
        raise ValueError(
            f"Of {len(needed)} tensors that are needed, the weights lack {len(wrong)} or have them "
            f"in another shape, {wrong[0]} for one. Give the state dict of torchvision's "
            f"inception_v3, as in {FILE_NAME}."
        )
    with torch.device("meta"):
        network = InceptionStart(layer)
    state = {name: torch.as_tensor(weights[name]).detach().cpu().double() for name in needed}
    network.load_state_dict(state, assign=True)
    return network


def _random_weights(seed: int) -> dict[str, Tensor]:
    """Convolutions from ``seed``, batch norm that changes nothing."""
    rng = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in _needed(64).items():
        if name.endswith("conv.weight"):
            weights[name] = torch.randn(shape, generator=rng) * (2 / shape[1:].numel()) ** 0.5
        else:
            weights[name] = torch.full(shape, float(name.endswith(("bn.weight", "running_var"))))
    return weights


# ---------------------------------------------------------------------------------------- the file
def download_inception_weights(folder: str | os.PathLike | None = None) -> Path:
    """Fetch torchvision's Inception v3 (104 MB) unless it is there; the only download in here.

    Args:
        folder: where to put it; None: torch's cache, where ``sifid`` looks for it.

    Returns:
        The file's path. It is complete and has the right checksum.

    Raises:
        OSError: the network cannot be reached, or the folder not be written.
        RuntimeError: what came has another checksum. Nothing half-written is left.
    """
    path = (_cache() if folder is None else Path(folder).expanduser()) / FILE_NAME
    if path.is_file() and _checksum_matches(path):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.hub.download_url_to_file(URL, str(path), hash_prefix=_checksum_in(path))
    return path


def load_inception_weights(path: str | os.PathLike | None = None) -> dict[str, Tensor]:
    """Read torchvision's checkpoint; give the result to ``sifid`` to read it once for many calls.

    Args:
        path: the file; None: the one in torch's cache.

    Raises:
        FileNotFoundError: it is not there; the message says how to get or do without it.
        ValueError: its checksum is not the one in its name, or it is no checkpoint.
    """
    path = _cache() / FILE_NAME if path is None else Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"There are no Inception weights at {path}. Call download_inception_weights() where "
            f"there is a network (104 MB), or pass weights=PATH of {FILE_NAME}, or use "
            f"random_feature_fid or patch_swd, which need none."
        )
    if not _checksum_matches(path):
        raise ValueError(
            f"{path} is damaged: its checksum is not the one in its name. Delete it and call "
            f"download_inception_weights() again."
        )
    try:  # weights_only: tensors are read, code is not run
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # each kind of damage has its own
        raise ValueError(f"{path} is not a PyTorch checkpoint ({type(error).__name__}).") from error
    if not isinstance(state, Mapping):
        raise ValueError(f"{path} holds a {type(state).__name__}, not a state dict.")
    return {name: value for name, value in state.items() if str(name).startswith("Conv2d_")}


def _cache() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"


def _checksum_in(path: Path) -> str:
    """The start of the SHA-256 that torch.hub writes into names; "" where there is none."""
    match = re.search(r"-([0-9a-f]{8,64})$", path.stem)
    return match.group(1) if match else ""


def _checksum_matches(path: Path) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(_checksum_in(path))
