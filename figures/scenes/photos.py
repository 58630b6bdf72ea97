"""Crops of free photographs that ship inside other packages: where each comes from, and its box.

Four come out of scikit-learn and scikit-image (`CROPS`). The others come out of packages of
Debian 12 (`PHOTOGRAPHS`, and `QUIZ` for the photographs of the quiz). None of these packages is a
dependency of this project: they are needed only to redo the crops. The licences are listed in
singan_edu/pictures/ATTRIBUTION.md.

To redo the crops from Debian's packages, extract all of them into one folder, ORIGINALS below. On
Debian or Ubuntu:

    apt-get download endless-sky-data gcompris-qt-data libjxl-testdata lomiri-wallpapers-16.04 \
        palapeli-data sddm-theme-maldives
    for package in *.deb; do dpkg-deb -x "$package" ORIGINALS; done
    python figures/make_pictures.py --photos --originals ORIGINALS

The packages need not be installed. `VERSIONS` says which ones were used; `apt-get download` takes
`package=version`, and snapshot.debian.org keeps old versions. gcompris packs its photographs into
Qt resource files, which `rcc.py` reads. The SHA-256 of every original is checked before it is
cropped, so a changed file is noticed.
"""

import hashlib
import io
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from .rcc import read_resource

Box = tuple[int, int, int, int]  # (left, top, right, bottom) in pixels of the original
LONG_SIDE = 250


# ---- photographs of Python packages ---------------------------------------------------------

@dataclass(frozen=True)
class Crop:
    """Part of a photograph: the package and file it comes from, (left, top, right, bottom)."""

    package: str
    file: str
    box: Box


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
            f"The package {package!r} is not installed. Four photographs come out of two packages: "
            "pip install scikit-learn==1.9.1 scikit-image==0.26.0"
        )
    return Path(spec.origin).parent


def crop_photo(crop: Crop) -> Image.Image:
    """The cropped photograph, reduced to LONG_SIDE pixels; grey stays one channel."""
    with Image.open(package_folder(crop.package) / crop.file) as photo:
        return reduced(photo.crop(crop.box), LONG_SIDE)


def reduced(part: Image.Image, long_side: int) -> Image.Image:
    """The picture with `long_side` pixels on its longer side."""
    scale = long_side / max(part.size)
    width, height = part.size
    size = (round(width * scale), round(height * scale))
    return part.resize(size, Image.Resampling.LANCZOS)


# ---- photographs of Debian packages ---------------------------------------------------------

VERSIONS = {
    "endless-sky-data": "0.9.8-1.2",
    "gcompris-qt-data": "3.1-2",
    "libjxl-testdata": "0.0~git20230110.d6168ff-1",
    "lomiri-wallpapers-16.04": "20.04.0-2",
    "palapeli-data": "4:22.12.3-1",
    "sddm-theme-maldives": "0.19.0-5",
}


@dataclass(frozen=True)
class Photograph:
    """Part of a photograph of a Debian package.

    `path` is the file below the folder of extracted packages. Where a file is packed into a Qt
    resource file, a colon parts the two paths. `sha256` is that of the original file.
    """

    package: str
    path: str
    box: Box
    sha256: str
    long_side: int = 500
    quality: int = 93  # of the JPEG


JXL = "usr/share/libjxl-testdata/external/wesaturate/500px"
PALAPELI = "usr/share/palapeli/collection"
LOMIRI = "usr/share/backgrounds"
RESOURCES = "usr/share/gcompris-qt/rcc"
MONUMENTS = f"{RESOURCES}/explore_monuments.rcc:gcompris/src/activities/explore_monuments/resource"
ANIMALS = (f"{RESOURCES}/explore_world_animals.rcc:"
           "gcompris/src/activities/explore_world_animals/resource/animals")

PHOTOGRAPHS = {
    "autumn_forest_mountain": Photograph(
        "lomiri-wallpapers-16.04", f"{LOMIRI}/aitzgorri_by_Aitzol_Berasategi.jpg",
        (0, 100, 2850, 1900), "66268e7b48f8854d36a28765fac6e23ec1aee251daa6da1f64715f201020ad36"),
    "bridge_lights_at_night": Photograph(
        "palapeli-data", f"{PALAPELI}/cincinnati-bridge.jpg",
        (255, 0, 1302, 800), "09772d09318b34a5c5edd58ee86ff462bcd2907006f31cc8e0704310f8e9ab60"),
    "canyon_river": Photograph(
        "gcompris-qt-data", f"{MONUMENTS}/usa/canyondeChelly.webp",
        (20, 0, 900, 600), "2148fe45a54186a6e8bc4a395bbbffa0e3530e65232ceda5b841397a0d031bfb"),
    "citrus_slices": Photograph(
        "palapeli-data", f"{PALAPELI}/citrus-fruits.jpg",
        (40, 0, 1348, 872), "0cbd7154a14789803167c86705130d0358875198231269df168ea26224e70848"),
    "cliff_dwellings": Photograph(
        "gcompris-qt-data", f"{MONUMENTS}/usa/navajo.webp",
        (130, 60, 930, 556), "fa8d36162b1380ac7998ab32d82f7b86b390cdce830acd807ef314291cc03ee5"),
    "colosseum_arches": Photograph(
        "gcompris-qt-data", f"{MONUMENTS}/wonders/colosseum.webp",
        (250, 50, 890, 560), "0d38a0c2d4910f895c003825999345a86da080ff76d709bba923153cbd654945"),
    "dandelion_field": Photograph(
        "lomiri-wallpapers-16.04", f"{LOMIRI}/seeding_by_Clements_Engelhardt.jpg",
        (480, 100, 5312, 2900), "a5634d1ab5e41a3568e92d4a894a500c92b891f9ff734e50bd224d6e185a605f"),
    "forest_stream": Photograph(
        "lomiri-wallpapers-16.04", f"{LOMIRI}/life_by_Aitzol_Berasategi.jpg",
        (390, 120, 2990, 2056), "4c119350ead80201fe256850c3d316309ddfb4bdf10b235ce982dcde0c667c05"),
    "great_wall_hills": Photograph(
        "gcompris-qt-data", f"{MONUMENTS}/wonders/greatWallofChina.webp",
        (0, 84, 909, 766), "546e2483d17c2b732ce375d946afba6fc612166abcd6d976217747a982b60777"),
    "jupiter_clouds": Photograph(
        "endless-sky-data", "usr/share/games/endless-sky/images/land/nasa8.jpg",
        (80, 0, 720, 360), "ab53f4a3119a580295e44f0ccbd6a1b42b81a6b6d2f2f534971390b40d265546"),
    "mountain_meadow": Photograph(
        "lomiri-wallpapers-16.04", f"{LOMIRI}/picosdeeuropa_by_Aitzol_Berasategi.jpg",
        (0, 0, 3264, 2448), "414d0072b2f6f2c555deafeaef6e45c4fed6fa9ad26eba6560ca8803959cf97a"),
    "palace_windows": Photograph(
        "gcompris-qt-data", f"{MONUMENTS}/india/hawaMahal.webp",
        (88, 20, 928, 562), "4edb7eed9db596bd7f3ad98eb34a82c04c32ff1d57aeec80a815c1248feb8e04"),
    "pink_tulips": Photograph(
        "libjxl-testdata", f"{JXL}/tmshre_riaphotographs_srgb8.png",
        (0, 0, 500, 500), "b490de2143a336aff26a7ce4ee010f18dece53c3b0802cda76c1796daa5f32a0"),
    "pyramid_stones": Photograph(
        "gcompris-qt-data", f"{MONUMENTS}/egypt/greatPyramidOfGiza.webp",
        (250, 180, 850, 575), "f8427c09579493e7918d00134423ed40140c2f3fa09fb13341d3c1a0640fc1e9"),
}


def quiz_photograph(package: str, path: str, box: Box, sha256: str) -> Photograph:
    """A photograph of the quiz, which is stored smaller."""
    return Photograph(package, path, box, sha256, long_side=250, quality=95)


QUIZ = {
    "carved_stone_pillars": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/india/konarkSunTemple.webp",
        (0, 100, 1024, 768), "c94ddb83bb2d878fecaf0677e8e6c1e73ede7dd39bd69f5e84d2f68e84515156"),
    "castle_above_forest": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/germany/neuschwansteinCastle.webp",
        (150, 40, 950, 683), "15ec5fcb8758d54efa65581b9682e5cc766d700f3f329d700a06d0550d2c8e03"),
    "castle_and_clouds": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/france/chateaudeChambord.webp",
        (0, 60, 1024, 768), "a96693bfff66c9a747a066b8d798aaf876427de969603c4125bf881f8af0ac2d"),
    "cliff_village": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/france/rocamadour.webp",
        (150, 40, 950, 640), "e9642c03c23004248bcdf0a364d9828625ba5ef75f82e4a10bfdf2b16bd0a18c"),
    "fortress_walls": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/france/citedeCarcassonne.webp",
        (0, 0, 1024, 768), "b9de4b334e76df53df948de034f4bcc744be682a904ad7c61a9f9f7ac8de326b"),
    "giraffes_under_trees": quiz_photograph(
        "gcompris-qt-data", f"{ANIMALS}/giraffe.webp",
        (150, 80, 1024, 660), "68014ed783cf6a8b8c9c4202cf2c467a34819dab08bf566e93d5fcd872e41f5c"),
    "granite_and_pines": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/usa/mountRushmore.webp",
        (500, 482, 1024, 768), "d9fec7d6ac491a64c5dab74fed447054e9d188dc9732715bef12bd63909e87c8"),
    "hillside_caves": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/india/ajantaCave.webp",
        (0, 60, 1024, 700), "7dbf980b3711f7557ed4d5748e494c48f72ac34ff601cf1a46f272ff9ab20543"),
    "jetty_and_mangrove": quiz_photograph(
        "sddm-theme-maldives", "usr/share/sddm/themes/maldives/background.jpg",
        (300, 650, 2500, 1754), "032d28ee4f3d885e9340ae430457fd59341e9fbf8ca45502d86ad14362ffb4a0"),
    "narwhals_in_waves": quiz_photograph(
        "gcompris-qt-data", f"{ANIMALS}/narwhal.webp",
        (0, 0, 1024, 530), "2a94d2fc7482ca806ce60210031f167782f7407ed47cd721371355e2ab575afc"),
    "paint_brushes": quiz_photograph(
        "lomiri-wallpapers-16.04", f"{LOMIRI}/Picture_1A_by_freespace.jpg",
        (0, 200, 1080, 890), "89e86af38d04daaef975665dc2127e9fa76f0fd68f4eea105a2d0ae3390b010b"),
    "plum_blossom": quiz_photograph(
        "libjxl-testdata", f"{JXL}/u76c0g_bliznaca_srgb8.png",
        (0, 70, 500, 445), "9631423e430c1682fca3c2212adc6ae046df8839d22dfaa8b662761f34b6f711"),
    "pyramid_in_haze": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/egypt/bentPyramid.webp",
        (100, 120, 1024, 768), "ca717a088d790a901ffa1b03162c5cc438f99924d457f988263f158a7cc2cb38"),
    "rock_and_fjord": quiz_photograph(
        "libjxl-testdata", f"{JXL}/cvo9xd_keong_macan_srgb8.png",
        (0, 40, 500, 440), "f4e2d8da468a4f6bfd3a651a7f0a24c2b883e7f398b326c0e77a9dab42fb5322"),
    "rock_cut_temple": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/wonders/petra.webp",
        (60, 20, 1024, 640), "cc782ccdd5b508299ad17402df2d0d375c26e1f9b18e4d2e6c3fd474fcaeb458"),
    "roman_aqueduct": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/france/pontduGard.webp",
        (60, 60, 1024, 640), "b9e560a9ae2fd919baec7f5ceb08877d57194e614481b25058693a88c232897f"),
    "sunset_over_hills": quiz_photograph(
        "lomiri-wallpapers-16.04", f"{LOMIRI}/sunset_by_Aitzol_Berasategi.jpg",
        (233, 505, 2660, 1961), "474dab6a4b9f94dc76c29dfe30e9f5db4af0fd2e33fe5d695f8152b371efca18"),
    "temple_on_water": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/india/goldenTemple.webp",
        (100, 150, 924, 768), "ec52355726f8c36c78f0db526dc0fd8c823f5572a5ced04e8914a82a7b496a8c"),
    "terraced_ruins": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/wonders/machuPicchu.webp",
        (0, 0, 1024, 576), "e04e163ccef6e59411dff15c3459768b2f442fe2ff5042369d9a480f1f272068"),
    "tidal_island": quiz_photograph(
        "gcompris-qt-data", f"{MONUMENTS}/france/montStMichel.webp",
        (150, 0, 1024, 576), "1c097b958c4bc0e52384e572c3e3ed70abbb54e9b4936cd0852320e1ce12561e"),
}


def original(photograph: Photograph, originals: Path) -> bytes:
    """The original file of a photograph; refuses one with another SHA-256."""
    file, _, inside = photograph.path.partition(":")
    wanted = f"{photograph.package} {VERSIONS[photograph.package]} (Debian)"
    if not (originals / file).is_file():
        raise SystemExit(
            f"There is no {originals / file}. Extract {wanted} into {originals}; "
            "figures/scenes/photos.py says how."
        )
    content = (originals / file).read_bytes()
    if inside:
        content = read_resource(content, inside)
    found = hashlib.sha256(content).hexdigest()
    if found != photograph.sha256:
        raise SystemExit(
            f"{photograph.path} is another file than the one that was cropped (SHA-256 {found}); "
            f"take it from {wanted}."
        )
    return content


def crop_original(photograph: Photograph, originals: Path) -> Image.Image:
    """The cropped photograph, reduced to its long side, RGB."""
    with Image.open(io.BytesIO(original(photograph, originals))) as whole:
        return reduced(whole.convert("RGB").crop(photograph.box), photograph.long_side)
