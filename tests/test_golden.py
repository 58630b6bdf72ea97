"""What the library computes stays what it was: pretrained models, applications, short trainings.

``golden/`` was made by the code of version 0.1. On the machine it was made on (``machine()``: the
same PyTorch, processor and one thread) everything must be equal bit for bit. Elsewhere the same
sums are rounded in another order, and the averages over a grid of ``GRID`` cells are compared,
within a tolerance.

Training amplifies what rounding changes. With the instructions of another processor, the paper's
training of 40 iterations a level ends with an RMS difference of 0.06 (reconstruction) and 0.12
(sample). Muon's step is computed in another way than in version 0.1, so its training is compared
within rounding everywhere, after one iteration a level: 1e-4 to 5e-4; after two it is 0.07.

``python tests/test_golden.py --new`` adds pretrained models that the files lack; made on another
machine, they have averages only. Without ``--new`` the files are written anew, which is right only
if a change of the results is intended.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

import singan_edu as sg
from singan_edu.config import LOCAL_GENERATOR

FOLDER = Path(__file__).parent / "golden"
GRID = (6, 8)
SAMPLING_TOLERANCE = 1e-3  # on a scale from -1 to 1
TRAINING_TOLERANCE = 0.3
MUON_TOLERANCE = 2e-3


def outputs_of(name: str) -> dict[str, Tensor]:
    """Samples and the reconstruction of a pretrained model."""
    model = sg.load_pretrained(name)
    outputs = dict(
        sample=model.sample(2, seed=1),
        reconstruction=model.reconstruct(),
        scaled=model.sample(1, seed=5, noise_scale=0.5),
    )
    if model.trained_levels > 2:
        outputs["from2"] = model.sample(1, start_level=2, seed=3, size=1.3)
    return outputs


def harmonized() -> Tensor:
    composite = sg.sample_image("painted_coast_composite")
    mask = sg.sample_mask("painted_coast_composite_mask")
    return sg.harmonize(sg.load_pretrained("painted_coast"), composite, mask, 2, seed=0)


def on_the_arch(application: Callable[..., Tensor], level: int) -> Tensor:
    """An application that takes an edited image and a mask."""
    edited, mask = sg.sample_image("desert_arch_edit"), sg.sample_mask("desert_arch_edit_mask")
    return application(sg.load_pretrained("desert_arch"), edited, mask, level, seed=0)


def outpainted() -> Tensor:
    model = sg.load_pretrained("desert_arch")
    return sg.outpaint(model, model.image, 8, seed=0)


def in_the_wood(application: Callable[..., Tensor], *arguments: object) -> Tensor:
    """An application that takes the model alone."""
    return application(sg.load_pretrained("autumn_wood"), *arguments, seed=0)


def painted() -> Tensor:
    return in_the_wood(sg.paint_to_image, sg.sample_image("autumn_wood_paint"), 2)


def mixed() -> Tensor:
    return sg.mix_scales(sg.load_pretrained("autumn_wood"), 1, 2, 2)


def enlarged() -> Tensor:
    model = sg.load_pretrained("deep_field-super_resolution")
    return sg.super_resolve(model.image, 2, model=model, seed=0)


APPLICATIONS: dict[str, Callable[[], Tensor]] = {
    "harmonize": harmonized,
    "edit": lambda: on_the_arch(sg.edit, 2),
    "inpaint": lambda: on_the_arch(sg.inpaint, 1),
    "outpaint": outpainted,
    "paint_to_image": painted,
    "animate": lambda: in_the_wood(sg.animate, 4),
    "retarget": lambda: in_the_wood(sg.retarget, (60, 100)),
    "seamless": lambda: in_the_wood(sg.sample_seamless, 1),
    "mix_scales": mixed,
    "super_resolve": enlarged,
}
PAPER = sg.TrainConfig(max_size=56, iterations=40)
MUON = sg.TrainConfig.preset(
    "lesson", max_size=56, iterations=1, precision="float32", **LOCAL_GENERATOR
)


def trained(config: sg.TrainConfig) -> dict[str, Tensor]:
    """What a short training makes of a photograph."""
    model = sg.train(sg.sample_image("balloon_festival"), config)
    weights = [value for g in model.generators for value in g.state_dict().values()]
    return dict(
        reconstruction=model.reconstruct(),
        sample=model.sample(seed=1),
        weights=torch.cat([value.flatten().float() for value in weights]),
        noise_stds=torch.tensor(model.noise_stds, dtype=torch.float64),
    )


def machine() -> dict[str, str]:
    """What decides how sums are rounded, beside the number of threads, which is one."""
    names = [platform.machine()]
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names += [line.split(":")[1].strip() for line in lines if line.startswith("model")][:2]
    capability = torch.backends.cpu.get_cpu_capability()
    return dict(torch=torch.__version__, processor=", ".join(names), capability=capability)


def checksum(tensor: Tensor) -> str:
    """A digest of the bytes."""
    return hashlib.sha256(tensor.detach().contiguous().numpy().tobytes()).hexdigest()[:16]


def grid(tensor: Tensor) -> Tensor:
    """The averages over a coarse grid of the first image; other values as they are."""
    return functional.adaptive_avg_pool2d(tensor[:1], GRID) if tensor.ndim == 4 else tensor


def assert_as_before(
    prefix: str, outputs: dict[str, Tensor], tolerance: float, *, exact: bool = True
) -> None:
    """Compare with the golden files: bit for bit on their machine, else within ``tolerance``."""
    golden = json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))
    found = {f"{prefix}.{name}": checksum(tensor) for name, tensor in outputs.items()}
    if exact and golden["machine"] == machine() and found.keys() <= golden["checksums"].keys():
        assert found == {name: golden["checksums"][name] for name in found}
        return
    grids = load_file(FOLDER / "golden.safetensors")
    for name, tensor in outputs.items():
        if name != "weights":  # too many to keep
            difference = grid(tensor) - grids[f"{prefix}.{name}"]
            assert difference.square().mean().sqrt() < tolerance, name


@pytest.mark.parametrize("name", sg.pretrained_names(variants=True))
def test_a_pretrained_model_makes_the_same_images(name):
    assert_as_before(name, outputs_of(name), SAMPLING_TOLERANCE)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_application_makes_the_same_image(name):
    assert_as_before("applications", {name: APPLICATIONS[name]()}, SAMPLING_TOLERANCE)


def test_a_training_with_the_papers_configuration_makes_the_same_model():
    assert_as_before("paper", trained(PAPER), TRAINING_TOLERANCE)


def test_a_short_training_with_muon_makes_the_same_model_within_rounding():
    assert_as_before("muon", trained(MUON), MUON_TOLERANCE, exact=False)


def outputs_of_all(names: Iterable[str]) -> dict[str, Tensor]:
    """The outputs of pretrained models by "NAME.OUTPUT"."""
    return {f"{name}.{key}": value for name in names for key, value in outputs_of(name).items()}


def write() -> None:
    """Make the golden files with the library as it is."""
    found = outputs_of_all(sg.pretrained_names(variants=True))
    found |= {f"applications.{name}": make() for name, make in APPLICATIONS.items()}
    for name, config in dict(paper=PAPER, muon=MUON).items():
        found |= {f"{name}.{key}": tensor for key, tensor in trained(config).items()}
    save(found, {}, dict(machine=machine(), checksums={}))


def add() -> None:
    """Add the pretrained models that the golden files lack; what they hold stays."""
    grids = load_file(FOLDER / "golden.safetensors")
    golden = json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))
    known = {key.split(".")[0] for key in grids}
    new = [name for name in sg.pretrained_names(variants=True) if name not in known]
    save(outputs_of_all(new), grids, golden)


def save(found: dict[str, Tensor], grids: dict[str, Tensor], golden: dict[str, Any]) -> None:
    """Write outputs beside those that the files hold; checksums only for the same machine."""
    if golden["machine"] == machine():
        golden["checksums"] |= {name: checksum(tensor) for name, tensor in found.items()}
    text = json.dumps(golden, indent=1)
    (FOLDER / "golden.json").write_text(text + "\n", encoding="utf-8")
    kept = {name: grid(tensor).contiguous() for name, tensor in found.items()}
    kept = grids | {name: value for name, value in kept.items() if "weights" not in name}
    save_file(kept, FOLDER / "golden.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    add() if "--new" in sys.argv else write()
