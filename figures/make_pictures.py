"""Make the pictures that ship with `singan_edu`.

    python figures/make_pictures.py             the drawn scenes, and the companions of all pictures
    python figures/make_pictures.py --photos    the crops of free photographs first
    python figures/make_pictures.py --photos --originals FOLDER

Companions are edits, composites, paints and masks. Those of photographs are made from the
photographs in the package, so they need no originals. `--photos` alone redoes the crops from
scikit-learn and scikit-image; with `--originals` also those from Debian packages that were
extracted into FOLDER. `scenes/photos.py` says which packages, and how to get and extract them.

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

import singan_edu as sg

PICTURES = Path(__file__).resolve().parents[1] / "singan_edu" / "pictures"
SCENES = (balloon_festival, birds_at_dusk, desert_arch, autumn_wood, painted_coast)


def scene_pictures() -> Iterator[tuple[str, Image.Image]]:
    """Draw every scene and then the companions of three of them, each with its name."""
    scenes = {}
    for scene in SCENES:
        name = scene.__name__.rpartition(".")[2]
        scenes[name] = scene.draw()
        yield name, scenes[name]
    arch = companions.move_patches(scenes["desert_arch"], companions.ARCH)
    coast = companions.composite_coast(scenes["painted_coast"])
    yield from with_mask("desert_arch_edit", arch)
    yield from with_mask("painted_coast_composite", coast)
    yield "autumn_wood_paint", companions.paint_wood()


def photo_companions() -> Iterator[tuple[str, Image.Image]]:
    """Make the companions of the photographs in the package, each with its name."""
    wall, palace, canyon, meadow, forest, citrus, desert = (
        sg.to_pil(sg.sample_image(name)) for name in ("great_wall_hills", "palace_windows",
        "canyon_river", "mountain_meadow", "autumn_forest_mountain", "citrus_slices", "desert_arch")
    )
    towers = companions.move_patches(wall, companions.GREAT_WALL)
    windows = companions.move_patches(palace, companions.PALACE)
    arch = companions.composite_canyon(canyon, desert)
    orange = companions.unsuitable_canyon(canyon, citrus)
    yield from with_mask("great_wall_hills_edit", towers)
    yield from with_mask("palace_windows_edit", windows)
    yield from with_mask("canyon_river_composite", arch)
    yield from with_mask("canyon_river_unsuitable_composite", orange)
    yield "autumn_forest_mountain_paint", companions.scribble_forest(forest)
    yield "mountain_meadow_paint", companions.scribble_meadow(meadow)
    yield "mountain_meadow_hole_mask", companions.hole_mask(meadow, companions.MEADOW_PATH)
    yield "palace_windows_hole_mask", companions.hole_mask(palace, companions.PALACE_WINDOW)


def with_mask(
    name: str, pair: tuple[Image.Image, Image.Image]
) -> Iterator[tuple[str, Image.Image]]:
    """Name a changed picture and its mask."""
    yield name, pair[0]
    yield f"{name}_mask", pair[1]


def save(path: Path, picture: Image.Image, quality: int = 95) -> None:
    """Write one picture as PNG or JPEG, by its suffix, and say how large it came out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        picture.save(path, optimize=True)
    else:  # 4:4:4 (subsampling=0): colours keep their full resolution
        picture.save(path, optimize=True, quality=quality, subsampling=0, icc_profile=None)
    size = f"{picture.width} x {picture.height}"
    print(f"{path.name:42} {size:>10} {picture.mode:>4} {path.stat().st_size / 1000:6.1f} KB")


def save_photos(folder: Path, originals: Path | None) -> None:
    """Crop the photographs, those of Debian packages only if there are originals."""
    for name, crop in photos.CROPS.items():
        save(folder / f"{name}.png", photos.crop_photo(crop))
    if originals is None:
        return
    for place, group in ((folder, photos.PHOTOGRAPHS), (folder / "quiz", photos.QUIZ)):
        for name, photograph in group.items():
            picture = photos.crop_original(photograph, originals)
            save(place / f"{name}.jpg", picture, photograph.quality)


def main() -> None:
    """Read the command line and make the pictures it asks for."""
    parser = argparse.ArgumentParser(description="Make the pictures that ship with singan_edu.")
    parser.add_argument("--photos", action="store_true", help="crop the photographs too")
    parser.add_argument("--originals", type=Path, metavar="FOLDER",
                        help="extracted Debian packages, for the photographs that come from them")
    parser.add_argument("--folder", type=Path, default=PICTURES, help="where the files go")
    options = parser.parse_args()
    if options.originals and not options.photos:
        parser.error("--originals goes with --photos")
    if options.photos:
        save_photos(options.folder, options.originals)
    for name, picture in (*scene_pictures(), *photo_companions()):
        save(options.folder / f"{name}.png", picture)


if __name__ == "__main__":
    main()
