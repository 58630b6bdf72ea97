"""Crops of free photographs that ship inside scikit-learn and scikit-image.

Neither package is a dependency of this project: they are needed only to redo the crops, whose
licences are listed in singan_edu/pictures/ATTRIBUTION.md.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

LONG_SIDE = 250


@dataclass(frozen=True)
class Crop:
    """Part of a photograph: the package and file it comes from, (left, top, right, bottom)."""

    package: str
    file: str
    box: tuple[int, int, int, int]


CROPS = {
    "deep_field": Crop("skimage", "data/hubble_deep_field.jpg", (60, 20, 500, 351)),
    "misty_lake": Crop("sklearn", "datasets/images/china.jpg", (384, 180, 640, 372)),
    "pagoda_lake": Crop("sklearn", "datasets/images/china.jpg", (40, 6, 600, 427)),
    "gravel": Crop("skimage", "data/gravel.png", (0, 0, 400, 301)),
}


def package_folder(package: str) -> Path:
    """Where an installed package lies; says what to install when it is absent."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(
            f"The package {package!r} is not installed. The photographs come out of two packages: "
            "pip install scikit-learn==1.9.1 scikit-image==0.26.0"
        )
    return Path(spec.origin).parent


def crop_photo(crop: Crop) -> Image.Image:
    """The cropped photograph, reduced to LONG_SIDE pixels; grey stays one channel."""
    with Image.open(package_folder(crop.package) / crop.file) as photo:
        part = photo.crop(crop.box)
    scale = LONG_SIDE / max(part.size)
    width, height = part.size
    size = (round(width * scale), round(height * scale))
    return part.resize(size, Image.Resampling.LANCZOS)
