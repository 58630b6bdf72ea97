"""PyTorch's default dtype, which a user may have set, changes no result."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from helpers import picture, tiny_config, untrained_model
from torch import Tensor

import singan_edu as sg
from singan_edu.evaluation.controls import CONTROLS


def mask() -> Tensor:
    """A square in the middle of ``picture()``."""
    return sg.polygon_mask((24, 32), [(8, 8), (8, 20), (18, 20), (18, 8)])


IMAGE, EDITED, OTHER = picture(), picture(seed=2), picture(seed=3)
MODEL = untrained_model(tiny_config(), IMAGE)
RESULTS: dict[str, Callable[[], object]] = {
    "sample": lambda: MODEL.sample(2, seed=0, size=1.5, noise_scale=0.5),
    "edit": lambda: sg.edit(MODEL, EDITED, mask(), 1, seed=0),
    "inpaint": lambda: sg.inpaint(MODEL, EDITED, mask(), 1, seed=0),
    "outpaint": lambda: sg.outpaint(MODEL, IMAGE, 4, seed=0),
    "quantize_colours": lambda: sg.quantize_colours(IMAGE),
    "animate": lambda: sg.animate(MODEL, 4, loop=True, seed=0),
    "retarget": lambda: sg.retarget(MODEL, (20, 40), seed=0),
    "sample_seamless": lambda: sg.sample_seamless(MODEL, seed=0),
    "sample_mirrored": lambda: sg.sample_mirrored(MODEL, 1.5, 1, seed=0),
    "brush_mask": lambda: sg.brush_mask((24, 32), [(2, 3), (20, 9)], 3),
    "soft_mask": lambda: sg.soft_mask(mask(), dilate=2, feather=1),
    "difference_mask": lambda: sg.difference_mask(IMAGE, EDITED),
    "seam_energy": lambda: sg.seam_energy(IMAGE, mask()),
    "patch_swd": lambda: sg.patch_swd(IMAGE, OTHER),
    "swd_noise_floor": lambda: sg.swd_noise_floor(IMAGE),
    "coherence": lambda: sg.coherence(IMAGE, OTHER),
    "coverage": lambda: sg.coverage(IMAGE, OTHER),
    "nnf_diversity": lambda: sg.nnf_diversity(IMAGE, torch.cat([EDITED, OTHER])),
    "ssim": lambda: sg.ssim(IMAGE, OTHER),
    "random_feature_fid": lambda: sg.random_feature_fid(IMAGE, OTHER),
    **{name: lambda make=make: make(IMAGE, 1, seed=1) for name, make in CONTROLS.items()},  # type: ignore[misc]  # a default binds `make` now
}


@pytest.fixture
def float64_by_default() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def wanted(request: pytest.FixtureRequest) -> object:
    """The result with PyTorch's own default; made before ``float64_by_default`` is set."""
    return RESULTS[request.param]()


@pytest.mark.parametrize(
    ("wanted", "name"), [(name, name) for name in RESULTS], indirect=["wanted"], ids=RESULTS
)
def test_a_default_of_float64_changes_nothing(wanted, name, float64_by_default):
    found = RESULTS[name]()
    if isinstance(wanted, Tensor):
        assert isinstance(found, Tensor) and found.dtype == wanted.dtype
        assert torch.allclose(found, wanted, rtol=0, atol=1e-5)
    else:
        assert found == pytest.approx(wanted, abs=1e-5)
