"""SIFID, against a computation in NumPy; the weights are drawn, no file is fetched."""

from __future__ import annotations

import hashlib
import io
from email.message import Message
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers import picture
from torch import Tensor

from singan_edu.evaluation import sifid as module
from singan_edu.evaluation.sifid import (
    download_inception_weights,
    frechet_distance,
    load_inception_weights,
    random_feature_fid,
    sifid,
    sifid_values,
)
from singan_edu.images import ImageNotice

# name, shape of the kernel, stride, padding: torchvision's layout, written out once more
LAYERS = [
    ("Conv2d_1a_3x3", (32, 3, 3, 3), 2, 0),
    ("Conv2d_2a_3x3", (32, 32, 3, 3), 1, 0),
    ("Conv2d_2b_3x3", (64, 32, 3, 3), 1, 1),
    ("Conv2d_3b_1x1", (80, 64, 1, 1), 1, 0),
    ("Conv2d_4a_3x3", (192, 80, 3, 3), 1, 0),
]


@pytest.fixture(autouse=True)
def no_network(tmp_path, monkeypatch):
    """An empty cache, and no way out."""

    def refuse(*args, **kwargs):
        raise AssertionError("the network was touched")

    monkeypatch.delenv("TORCH_HUB", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(torch.hub, "urlopen", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)


def drawn_weights(seed: int = 0) -> dict[str, Tensor]:
    """Weights in torchvision's layout, with batch-norm numbers that matter, and others besides."""
    rng = np.random.default_rng(seed)
    state = {"fc.weight": torch.zeros(1000, 4), "Mixed_5b.branch1x1.conv.weight": torch.zeros(3)}
    for name, shape, _, _ in LAYERS:
        count = shape[0]
        numbers = {
            "conv.weight": rng.normal(0, np.prod(shape[1:]) ** -0.5, shape),
            "bn.weight": rng.uniform(0.5, 1.5, count),
            "bn.bias": rng.normal(0.3, 0.3, count),
            "bn.running_mean": rng.normal(0, 0.1, count),
            "bn.running_var": rng.uniform(0.002, 0.02, count),  # so small that 1e-3 is felt
        }
        state |= {f"{name}.{key}": torch.tensor(v).float() for key, v in numbers.items()}
        state[f"{name}.bn.num_batches_tracked"] = torch.tensor(7)
    return state


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    return drawn_weights()


def features_by_hand(image: Tensor, weights: dict[str, Tensor], layer: int) -> np.ndarray:
    """(locations, layer) float64."""
    x = image.double()
    for name, _, stride, padding in LAYERS[: 3 if layer == 64 else 5]:
        part = {k.removeprefix(name + "."): v.double() for k, v in weights.items() if name in k}
        scale = part["bn.weight"] * (part["bn.running_var"] + 0.001) ** -0.5
        kernel = part["conv.weight"] * scale[:, None, None, None]  # batch norm folded in
        shift = part["bn.bias"] - part["bn.running_mean"] * scale
        if name == "Conv2d_3b_1x1":
            windows = x.unfold(2, 3, 2).unfold(3, 3, 2)
            x = windows.amax(dim=(-1, -2))
        x = F.conv2d(x, kernel, shift, stride=stride, padding=padding).clamp(min=0)
    return x[0].permute(1, 2, 0).reshape(-1, layer).numpy()


def distance_by_hand(a: np.ndarray, b: np.ndarray) -> float:
    """The Fréchet distance of two sets of vectors (n, d), through the eigenvalues of Σa Σb."""
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    cov_a = (a - mean_a).T @ (a - mean_a) / (len(a) - 1)
    cov_b = (b - mean_b).T @ (b - mean_b) / (len(b) - 1)
    roots = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).astype(complex)).real
    return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * roots.sum()


def shuffled(image: Tensor, seed: int = 0) -> Tensor:
    order = torch.randperm(image[0, 0].numel(), generator=torch.Generator().manual_seed(seed))
    return image.flatten(2)[..., order].reshape(image.shape)


def noisy(image: Tensor, std: float, seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return (image + std * torch.randn(image.shape, generator=rng)).clamp(-1, 1)


# --------------------------------------------------------------------------------------- the metric
@pytest.mark.parametrize("layer, size", [(64, (40, 49)), (192, (120, 101))])
def test_sifid_equals_the_computation_by_hand(weights, layer, size):
    real, fake = noisy(picture(*size), 0.2), noisy(picture(*size, seed=1), 0.3, seed=1)
    wanted = distance_by_hand(*(features_by_hand(x, weights, layer) for x in (real, fake)))
    assert sifid(real, fake, layer=layer, weights=weights) == pytest.approx(wanted, rel=1e-6)
    assert sifid(fake, real, layer=layer, weights=weights) == pytest.approx(wanted, rel=1e-6)


def test_pictures_of_two_sizes_are_compared_without_resizing(weights):
    real, fake = noisy(picture(40, 50), 0.2), noisy(picture(30, 64, seed=1), 0.2)
    wanted = distance_by_hand(*(features_by_hand(x, weights, 64) for x in (real, fake)))
    assert sifid(real, fake, weights=weights) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("layer", [64, 192])
def test_a_copy_scores_nothing(weights, layer):
    real = noisy(picture(80, 84), 0.2)
    assert 0 <= sifid(real, real.clone(), layer=layer, weights=weights) < 1e-6


def test_a_shift_is_hardly_seen_and_shuffled_pixels_are(weights):
    real = picture(64, 64)
    moved, mixed = (sifid(real, x, weights=weights) for x in (real.roll(8, -1), shuffled(real)))
    assert 10 * moved < mixed


def test_several_fakes_give_one_number_each_and_their_mean(weights):
    real = noisy(picture(32, 40), 0.1)
    fakes = torch.cat([noisy(real, std) for std in (0.1, 0.4, 0.8)])
    values = sifid_values(real, fakes, weights=weights)
    assert values == [sifid(real, fake[None], weights=weights) for fake in fakes]
    assert sifid(real, fakes, weights=weights) == pytest.approx(sum(values) / 3)
    assert values == sorted(values) and values[0] < values[2]


def test_a_grey_picture_is_three_equal_channels(weights):
    real, fake = picture(32, 40, channels=1), picture(32, 40, channels=1, seed=1)
    grey = sifid(real, fake, weights=weights)
    colour = sifid(real.repeat(1, 3, 1, 1), fake.repeat(1, 3, 1, 1), weights=weights)
    assert grey == colour > 0
    assert sifid(real, real.repeat(1, 3, 1, 1), weights=weights) < 1e-6


def test_measuring_leaves_the_global_generator_and_the_pictures_alone(weights):
    real = picture(32, 40).requires_grad_()
    before, state = real.detach().clone(), torch.get_rng_state()
    assert isinstance(sifid(real, real, weights=weights), float)
    random_feature_fid(real, real)
    assert torch.equal(torch.get_rng_state(), state) and torch.equal(real, before)


# ----------------------------------------------------------------------------- the Fréchet distance
def test_the_distance_of_commuting_gaussians_is_the_one_of_their_axes():
    a, b = torch.tensor([1.0, 4.0, 0.0, 0.0]), torch.tensor([9.0, 0.0, 16.0, 0.0])
    distance = frechet_distance(torch.zeros(4), a.diag(), 2 * torch.ones(4), b.diag())
    assert distance == pytest.approx(16 + (1 - 3) ** 2 + (2 - 0) ** 2 + (0 - 4) ** 2)


@pytest.mark.parametrize("ranks", [(50, 50), (3, 5), (1, 30), (0, 4)])
def test_the_distance_is_symmetric_finite_and_that_of_the_vectors_for_any_rank(ranks):
    rng, size = np.random.default_rng(0), 20
    one, two = (rng.normal(0, 100, (size, rank)) for rank in ranks)
    gaussians = [(torch.tensor(rng.normal(0, 1, size)), torch.tensor(x @ x.T)) for x in (one, two)]
    forth = frechet_distance(*gaussians[0], *gaussians[1])
    back = frechet_distance(*gaussians[1], *gaussians[0])
    assert forth == pytest.approx(back, rel=1e-12)
    overlap = np.linalg.norm(one.T @ two, "nuc") if min(ranks) else 0.0  # no root is taken here
    spread = (one**2).sum() + (two**2).sum() - 2 * overlap
    means = (gaussians[0][0] - gaussians[1][0]).square().sum().item()
    assert forth == pytest.approx(means + spread, rel=1e-9)
    for gaussian in gaussians:
        itself = frechet_distance(*gaussian, *gaussian)
        assert 0 <= itself <= 1e-12 * max(1.0, gaussian[1].trace().item())


def test_the_distance_of_gaussians_that_do_not_fit_is_refused():
    mean, cov = torch.zeros(3), torch.eye(3)
    for wrong in [(mean, cov, mean[:2], cov), (mean, cov, mean, cov[:2]), (mean, mean, mean, mean)]:
        with pytest.raises(ValueError, match="shape"):
            frechet_distance(*wrong)
    with pytest.raises(ValueError, match="nan"):
        frechet_distance(mean, cov * torch.nan, mean, cov)


# --------------------------------------------------------------------------------- random features
def test_random_features_rank_noise_behind_blur_behind_a_copy():
    real = noisy(picture(48, 48), 0.1)
    blurred = F.avg_pool2d(F.pad(real, (1, 1, 1, 1), mode="reflect"), 3, stride=1)
    for seed in range(3):
        copy, blur, noise = (
            random_feature_fid(real, fake, seed=seed) for fake in (real, blurred, noisy(real, 0.5))
        )
        assert copy < 1e-6 and 10 * copy < blur < noise


def test_random_features_are_those_of_the_seed():
    real, fake = picture(32, 32), picture(32, 32, seed=1)
    first = random_feature_fid(real, fake, seed=3)
    assert first == random_feature_fid(real, fake, seed=3) != random_feature_fid(real, fake, seed=4)
    both = random_feature_fid(real, torch.cat([fake, real]), seed=3)
    assert both == pytest.approx(first / 2)
    assert 0.01 < first < 100  # He's scaling keeps features of the size of pixels


# ---------------------------------------------------------------------------------------- the file
def with_checksum(path: Path) -> Path:
    """The file, renamed as torch.hub does."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return path.rename(path.with_name(f"{path.stem}-{digest[:8]}.pth"))


@pytest.fixture
def checkpoint(tmp_path, weights) -> Path:
    torch.save(weights, tmp_path / "inception.pth")
    return with_checksum(tmp_path / "inception.pth")


def test_a_checkpoint_gives_what_its_state_dict_gives(checkpoint, weights):
    real, fake = picture(32, 40), picture(32, 40, seed=1)
    wanted = sifid(real, fake, weights=weights)
    assert sifid(real, fake, weights=checkpoint) == wanted
    assert sifid(real, fake, weights=str(checkpoint)) == wanted
    read = load_inception_weights(checkpoint)
    assert "fc.weight" not in read and sifid(real, fake, weights=read) == wanted


def test_the_file_in_the_cache_is_found(checkpoint, weights, monkeypatch):
    monkeypatch.setattr(module, "WEIGHTS_FILE", checkpoint.name)
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    cache.mkdir(parents=True)
    checkpoint.rename(cache / checkpoint.name)
    real, fake = picture(32, 40), picture(32, 40, seed=1)
    assert sifid(real, fake) == sifid(real, fake, weights=weights)


def test_an_old_checkpoint_without_step_counts_is_read(weights):
    old = {name: value for name, value in weights.items() if "num_batches" not in name}
    real, fake = picture(32, 40), picture(32, 40, seed=1)
    assert sifid(real, fake, weights=old) == sifid(real, fake, weights=weights)


def test_without_weights_the_message_says_what_to_do():
    with pytest.raises(FileNotFoundError) as caught:
        sifid(picture(32, 40), picture(32, 40))
    for way_out in ("download_inception_weights()", "weights=", "random_feature_fid", "patch_swd"):
        assert way_out in str(caught.value)


def test_a_damaged_file_is_refused(checkpoint):
    data = bytearray(checkpoint.read_bytes())
    data[len(data) // 2] ^= 1
    checkpoint.write_bytes(data)
    with pytest.raises(ValueError, match="checksum"):
        load_inception_weights(checkpoint)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(ValueError, match="not a PyTorch checkpoint"):
        load_inception_weights(tmp_path / "text.pth")
    torch.save([torch.zeros(3)], tmp_path / "list.pth")
    with pytest.raises(ValueError, match="not a state dict"):
        load_inception_weights(tmp_path / "list.pth")


class Trap:
    """A pickle that runs code when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_code_in_a_file_is_not_run(tmp_path):
    torch.save({"Conv2d_1a_3x3.conv.weight": Trap(tmp_path / "sprung")}, tmp_path / "trap.pth")
    with pytest.raises(ValueError, match="not a PyTorch checkpoint"):
        load_inception_weights(tmp_path / "trap.pth")
    assert not (tmp_path / "sprung").exists()


def test_weights_of_another_network_are_refused(weights):
    real = picture(32, 40)
    incomplete = {name: value for name, value in weights.items() if "2b" not in name}
    with pytest.raises(ValueError, match="lack 5 .*Conv2d_2b_3x3.conv.weight"):
        sifid(real, real, weights=incomplete)
    wrong = weights | {"Conv2d_1a_3x3.conv.weight": torch.zeros(32, 1, 3, 3)}
    with pytest.raises(ValueError, match="another shape, for example Conv2d_1a_3x3.conv.weight"):
        sifid(real, real, weights=wrong)


# ------------------------------------------------------------------------------------ the download
class Answer(io.BytesIO):
    """What a server sends; breaks off after ``whole`` bytes."""

    def __init__(self, data: bytes, breaks: bool = False) -> None:
        super().__init__(data)
        self.breaks = breaks

    def info(self) -> Message:
        return Message()

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if not data and self.breaks:
            raise ConnectionResetError("gone")
        return data


def test_a_download_arrives_once(checkpoint, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "WEIGHTS_FILE", checkpoint.name)
    asked = []
    data = checkpoint.read_bytes()
    monkeypatch.setattr(torch.hub, "urlopen", lambda url: asked.append(url) or Answer(data))
    path = download_inception_weights(tmp_path / "new" / "folder")
    assert path.read_bytes() == data and path.name == checkpoint.name
    assert download_inception_weights(tmp_path / "new" / "folder") == path and len(asked) == 1
    assert asked[0].full_url == module.WEIGHTS_URL
    path.write_bytes(data[:-1])  # a damaged one is replaced
    assert download_inception_weights(path.parent).read_bytes() == data and len(asked) == 2
    assert download_inception_weights().parent == Path(torch.hub.get_dir()) / "checkpoints"


@pytest.mark.parametrize("answer, error", [(b"wrong", RuntimeError), (None, ConnectionError)])
def test_a_failed_download_leaves_nothing(tmp_path, monkeypatch, capsys, answer, error):
    monkeypatch.setattr(
        torch.hub, "urlopen", lambda url: Answer(answer or b"half", breaks=answer is None)
    )
    with pytest.raises(error):
        download_inception_weights(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_the_address_is_torchvisions():
    assert (
        module.WEIGHTS_URL == "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth"
    )


# --------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    "wrong, words",
    [
        (torch.zeros(3, 32, 40), r"has the shape \(3, 32, 40\)"),
        (torch.zeros(1, 2, 32, 40), "C = 1 or 3"),
        (torch.zeros(0, 3, 32, 40), "has the shape"),
        (torch.zeros(1, 3, 32, 40, dtype=torch.uint8), "of torch.uint8"),
        (np.zeros((1, 3, 32, 40)), "load_image"),
        (torch.full((1, 3, 32, 40), torch.nan), "not finite"),
        (torch.full((1, 3, 32, 40), 255.0), "-1, 1"),
        (torch.zeros(1, 3, 0, 40), "has the shape"),
        (torch.zeros(1, 3, 3, 40), "too few"),
    ],
)
@pytest.mark.parametrize("name", ["real", "fake"])
def test_what_is_no_picture_is_refused_by_name(weights, name, wrong, words):
    pictures = {"real": picture(32, 40), "fake": picture(32, 40)} | {name: wrong}
    for measure in (lambda **p: sifid(**p, weights=weights), random_feature_fid):
        error = ValueError if isinstance(wrong, Tensor) else TypeError
        with pytest.raises(error, match=f"^{name} .*{words}"):
            measure(**pictures)


def test_several_real_pictures_and_unknown_layers_are_refused(weights):
    real = picture(32, 40)
    with pytest.raises(ValueError, match="real holds 2"):
        sifid(torch.cat([real, real]), real, weights=weights)
    with pytest.raises(ValueError, match="64 .* or 192"):
        sifid(real, real, layer=2048, weights=weights)


@pytest.mark.parametrize("layer", [64, 192])
def test_the_smallest_picture_is_measured_with_a_notice_and_a_smaller_one_refused(weights, layer):
    height, width = module.MIN_SIZES[layer]
    real, fake = picture(height, width), picture(height, width, seed=1)
    with pytest.warns(ImageNotice, match="so 2 vectors"):
        assert 0 < sifid(real, fake, layer=layer, weights=weights) < np.inf
    for size in [(height - 1, width), (height, width - 1)]:
        with pytest.raises(ValueError, match=f"at least {height} x {width}"):
            sifid(picture(*size), picture(*size), layer=layer, weights=weights)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("layer, size", [(64, (21, 23)), (192, (63, 83))])
def test_the_notice_comes_when_there_are_no_more_vectors_than_features(weights, layer, size):
    real = picture(*size)
    assert len(features_by_hand(real, weights, layer)) > layer
    sifid(real, real, layer=layer, weights=weights)
    less = real[..., : size[1] - (2 if layer == 64 else 4)]
    assert len(features_by_hand(less, weights, layer)) == layer
    with pytest.raises(ImageNotice):
        sifid(real, less, layer=layer, weights=weights)
