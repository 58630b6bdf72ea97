"""Draw the pictures that ship with `singan_edu`.

    python figures/make_pictures.py             the scenes and their companions (numpy and pillow)
    python figures/make_pictures.py --photos    the crops of free photographs too

Every random number comes from a seed, so the files come out the same each time.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from scenes import (
    autumn_wood,
    balloon_festival,
    birds_at_dusk,
    companions,
    desert_arch,
    painted_coast,
    photos,
)

PICTURES = Path(__file__).resolve().parents[1] / "singan_edu" / "pictures"
SCENES = (balloon_festival, birds_at_dusk, desert_arch, autumn_wood, painted_coast)


def scene_pictures() -> Iterator[tuple[str, Image.Image]]:
    """Draw every scene and then the companions of three of them, each with its name."""
    scenes = {}
    for scene in SCENES:
        name = scene.__name__.rpartition(".")[2]
        scenes[name] = scene.draw()
        yield name, scenes[name]
    edited, patches = companions.edit_arch(scenes["desert_arch"])
    composite, visitor = companions.composite_coast(scenes["painted_coast"])
    yield "desert_arch_edit", edited
    yield "desert_arch_edit_mask", patches
    yield "painted_coast_composite", composite
    yield "painted_coast_composite_mask", visitor
    yield "autumn_wood_paint", companions.paint_wood()


def photo_pictures() -> Iterator[tuple[str, Image.Image]]:
    """Crop every photograph, each with its name."""
    for name, crop in photos.CROPS.items():
        yield name, photos.crop_photo(crop)


def save(name: str, picture: Image.Image, folder: Path) -> None:
    """Write one picture as PNG and say how large it came out."""
    path = folder / f"{name}.png"
    picture.save(path, optimize=True)
    size = f"{picture.width} x {picture.height}"
    print(f"{path.name:34} {size:>10} {picture.mode:>4} {path.stat().st_size / 1000:6.1f} KB")


def main() -> None:
    """Read the command line and make the pictures it asks for."""
    parser = argparse.ArgumentParser(description="Draw the pictures that ship with singan_edu.")
    parser.add_argument("--photos", action="store_true", help="crop the photographs too")
    parser.add_argument("--folder", type=Path, default=PICTURES, help="where the files go")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, picture in scene_pictures():
        save(name, picture, options.folder)
    if options.photos:
        for name, picture in photo_pictures():
            save(name, picture, options.folder)


if __name__ == "__main__":
    main()
