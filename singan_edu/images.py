"""Images in and out: load, save, convert, resize, paste, masks, and the images that ship.

An image in this course is a float32 tensor of shape (1, C, H, W) with values in [-1, 1], C = 3 for
colour and 1 for grey. Taught in lesson 00 (resizing in lesson 01).
"""

from __future__ import annotations

import io
import os
import warnings
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from .files import write_bytes

MAX_ABS_SAVED = 1.5  # generators may leave [-1, 1] a little; [0, 255] is a slip
BACKGROUND = (255, 255, 255)  # what transparent pictures are composited over
GREY_MODES = ("1", "L", "LA")
HIGH_DEPTH_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")  # grey of more than 8 bits
Size = tuple[int, int]  # (height, width) in pixels
Pixels = np.ndarray[Any, np.dtype[Any]]
Source = str | os.PathLike[str] | Image.Image | Pixels


ASPECT_TOLERANCE = 1.5  # pixels: two sides rounded, and one more for a crop by hand


class ImageNotice(UserWarning):
    """Something about an image that its owner should know, though nothing is wrong."""


def size_of(image: Tensor) -> Size:
    """Return (height, width) in pixels.

    Args:
        image: (…, H, W).
    """
    height, width = image.shape[-2:]
    return height, width


# ----------------------------------------------------------------------------------------- loading
def load_image(source: Source, *, max_size: int | None = None) -> Tensor:
    """Read an image as a (1, C, H, W) float32 tensor in [-1, 1]; C = 3, or 1 for a grey image.

    Transparent images are composited over white, and of an animation the first frame is taken, each
    with an ``ImageNotice``.

    Args:
        source: path of any file that Pillow reads (its EXIF orientation is applied), a PIL image,
            or an array: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), uint8, uint16, or float in
            [0, 1].
        max_size: long side, in pixels, to which a larger image is reduced; none is enlarged.

    Raises:
        FileNotFoundError: there is no such file.
        TypeError: the source is of another type.
        ValueError: the file is no image, damaged or suspiciously large, or the array has another
            shape or range. The message says what to do.
    """
    if isinstance(source, Tensor):
        raise TypeError(
            "load_image takes a path, a PIL image or a NumPy array; this is a tensor already. "
            "Use it as it is if it is (1, C, H, W) in [-1, 1]."
        )
    pixels = _array_pixels(source) if isinstance(source, np.ndarray) else _file_pixels(source)
    image = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]  # (1, C, H, W)
    image = image.float() * 2 - 1
    if max_size is None:
        return image
    return resize(image, fitted_size(*size_of(image), max_size))


def fitted_size(height: int, width: int, max_size: int) -> tuple[int, int]:
    """Return the (height, width) to which an image is reduced; it is never enlarged.

    Args:
        height: in pixels.
        width: in pixels.
        max_size: longest side allowed, in pixels.

    Raises:
        ValueError: ``max_size`` is below 1.

    >>> fitted_size(768, 1024, 250)
    (188, 250)
    """
    if max_size < 1:
        raise ValueError(f"max_size={max_size} must be at least 1 pixel.")
    scale = min(1.0, max_size / max(height, width))
    return max(1, round_half_up(height * scale)), max(1, round_half_up(width * scale))


def round_half_up(value: float) -> int:
    """Round to the nearest whole number, halves upwards.

    Python's own ``round`` takes halves to the even neighbour.

    Args:
        value: a finite number.
    """
    return int(np.floor(value + 0.5))


def _file_pixels(source: str | os.PathLike[str] | Image.Image) -> Pixels:
    """(H, W, C) float in [0, 1] of a file or a PIL image."""
    if isinstance(source, Image.Image):
        return _pil_pixels(_unpacked(source), "The PIL image")
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(
            f"load_image takes a path, a PIL image or a NumPy array, not {type(source).__name__}."
        )
    path = Path(source).expanduser()
    if not path.exists():
        raise FileNotFoundError(
            f"There is no file {path}. Check the spelling, and the folder it is "
            f"looked for in: {Path.cwd()}."
        )
    if not path.is_file():
        raise ValueError(f"{path} is a folder, not a picture; give the path of one picture in it.")
    return _pil_pixels(_first_frame(path), path.name)


def _first_frame(path: Path) -> Image.Image:
    """The first frame of a file, unpacked; whatever goes wrong becomes a sentence."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as file:
                moving = file.format != "MPO" and getattr(file, "n_frames", 1) > 1
                picture = ImageOps.exif_transpose(file)
                picture.load()
        except PermissionError as error:
            raise ValueError(f"{path} may not be read: permission denied.") from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ValueError(
                f"{path.name} unpacks to more than {Image.MAX_IMAGE_PIXELS:,} pixels, which "
                f"may be an attack on your memory. If you trust it, reduce it in a picture "
                f"editor first."
            ) from error
        except UnidentifiedImageError as error:
            raise ValueError(
                f"{path.name} is not a picture that Pillow can read. Open it in a picture "
                f"viewer and save it as PNG or JPEG."
            ) from error
        except Exception as error:  # each of Pillow's decoders has its own for damaged data
            raise ValueError(
                f"{path.name} is damaged or cut off ({error}). Copy or download it again."
            ) from error
    if moving:
        _notify(f"{path.name} is an animation; its first frame is used.")
    return picture


def _unpacked(picture: Image.Image) -> Image.Image:
    """A copy of an opened picture, upright; what was read lazily is read now."""
    try:
        return ImageOps.exif_transpose(picture)
    except (OSError, SyntaxError) as error:
        raise ValueError(f"The PIL image is damaged or cut off ({error}).") from error


def _pil_pixels(picture: Image.Image, name: str) -> Pixels:
    """(H, W, C) float in [0, 1] of a PIL image of any mode."""
    if picture.mode in HIGH_DEPTH_MODES:
        return _deep_pixels(picture, name)
    if picture.mode == "La":  # premultiplied, which converts to nothing else
        picture = picture.convert("LA")
    grey = picture.mode in GREY_MODES
    picture = _without_transparency(picture, name).convert("L" if grey else "RGB")
    pixels = np.asarray(picture, dtype=np.float32) / 255
    return pixels[..., None] if grey else pixels


def _deep_pixels(picture: Image.Image, name: str) -> Pixels:
    """(H, W, 1) float in [0, 1] of a grey picture of 16 or 32 bits a pixel."""
    values = np.array(picture, dtype=np.float32)[..., None]
    limit = 1.0 if picture.mode == "F" else 65535.0  # Pillow opens 16-bit files as I or I;16
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > limit:
        raise ValueError(
            f"{name} has grey values outside 0 … {limit:g}, so black and white are not "
            f"known. Save it with 8 or 16 bits, or pass an array scaled to [0, 1]."
        )
    transparent = values == picture.info.get("transparency", -1)
    if transparent.any():
        _notify_transparent(name)
        values[transparent] = limit
    return values / limit


def _without_transparency(picture: Image.Image, name: str) -> Image.Image:
    """The picture over white where it is transparent; opaque alpha is dropped."""
    if not picture.has_transparency_data:
        return picture
    picture = picture.convert("RGBA")
    if picture.getchannel("A").getextrema()[0] == 255:
        return picture
    _notify_transparent(name)
    return Image.alpha_composite(Image.new("RGBA", picture.size, BACKGROUND + (255,)), picture)


def _array_pixels(array: Pixels) -> Pixels:
    """(H, W, C) float in [0, 1] of an array."""
    shape = array.shape
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[-1] not in (1, 3, 4) or array.size == 0:
        raise ValueError(
            f"An array of shape {shape} is no picture; give (H, W), (H, W, 1), (H, W, 3) or "
            f"(H, W, 4), channels last."
        )
    if array.dtype in (np.uint8, np.uint16):
        pixels = array.astype(np.float32) / np.iinfo(array.dtype).max
    elif np.issubdtype(array.dtype, np.floating):
        pixels = _checked_floats(array)
    else:
        raise ValueError(
            f"An array of {array.dtype} has no known black and white; convert it to uint8, "
            f"uint16, or float in [0, 1]."
        )
    if pixels.shape[-1] < 4:
        return pixels
    colour, alpha = pixels[..., :3], pixels[..., 3:]
    if (alpha < 1).any():
        _notify_transparent("The array")
    return colour * alpha + (1 - alpha)


def _checked_floats(array: Pixels) -> Pixels:
    array = array.astype(np.float32)
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"The array holds {count} values that are not finite (nan or inf); replace them "
            f"before training, for example with numpy.nan_to_num."
        )
    if array.min() < 0 or array.max() > 1:
        raise ValueError(
            f"A float array must lie in [0, 1]; this one runs from {array.min():.3g} to "
            f"{array.max():.3g}. Divide by 255 if it holds 8-bit values."
        )
    return array


def _notify_transparent(name: str) -> None:
    _notify(f"{name} is transparent in places; it is composited over white.")


def _notify(text: str) -> None:
    warnings.warn(text, ImageNotice, stacklevel=2)


# ---------------------------------------------------------------------------------------- resizing
def resize(image: Tensor, size: tuple[int, int], *, quantize: bool = False) -> Tensor:
    """Resize images with antialiased bicubic interpolation.

    The authors' ``imresize`` is MATLAB's bicubic with Keys' a = -0.5, stretched when shrinking.
    PyTorch uses a = -0.5 (as Pillow does) in its antialiased kernel and a = -0.75 in the other, so
    ``antialias=True`` is right for enlarging, too. Taught in lesson 01.

    Args:
        image: (n, C, H, W) in [-1, 1], on any device; it stays there.
        size: (height, width) of the result, in pixels.
        quantize: first truncate to 8 bits, as the authors' code does at each of its resizes. It
            costs up to one grey level each time, always downwards; for comparison only.

    Returns:
        (n, C, height, width); bicubic overshoot is clamped to [-1, 1].

    Raises:
        ValueError: a side below one pixel.
    """
    height, width = size
    if height < 1 or width < 1:
        raise ValueError(f"A picture cannot be resized to {height} x {width} pixels.")
    if quantize:
        image = truncate_to_8_bits(image)
    if size_of(image) == (height, width):
        return image.clamp(-1, 1)
    image = F.interpolate(
        image, size=(height, width), mode="bicubic", align_corners=False, antialias=True
    )
    return image.clamp_(-1, 1)  # in place: a large image may not fit into memory twice


def truncate_to_8_bits(image: Tensor) -> Tensor:
    """Truncate each value to one of 256 grey levels, as a cast to uint8 does (authors' code).

    Args:
        image: any shape, in [-1, 1].
    """
    levels = ((image.clamp(-1, 1) + 1) / 2 * 255).floor()
    return levels / 255 * 2 - 1


# ------------------------------------------------------------------------------------------ saving
def to_pil(image: Tensor) -> Image.Image:
    """Convert an image to an 8-bit PIL image (RGB, or L if C = 1).

    Args:
        image: (1, C, H, W) or (C, H, W) in [-1, 1]; what leaves the range is clamped.

    Raises:
        ValueError: more than one image, another channel count than 1 or 3, or values that are not
            finite.
    """
    if image.dim() == 4 and image.shape[0] == 1:
        image = image[0]
    if image.dim() != 3 or image.shape[0] not in (1, 3):
        raise ValueError(
            f"to_pil takes one picture, (1, C, H, W) or (C, H, W) with C = 1 or 3; this has "
            f"the shape {tuple(image.shape)}. Take one of a batch with samples[i]."
        )
    if not torch.isfinite(image).all():
        raise ValueError("The image holds values that are not finite (nan or inf).")
    levels = ((image.detach().float().cpu().clamp(-1, 1) + 1) / 2 * 255).round().byte()
    pixels = levels.permute(1, 2, 0).numpy()  # (H, W, C)
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def save_image(image: Tensor, path: str | os.PathLike[str]) -> Path:
    """Write one image atomically: the file appears whole or not at all.

    Args:
        image: (1, C, H, W) or (C, H, W) in [-1, 1].
        path: the suffix decides the format; missing folders are created.

    Returns:
        The path.

    Raises:
        ValueError: more than one image, values that are not finite or far outside [-1, 1], or a
            format that Pillow cannot write.
    """
    path, buffer = Path(path), io.BytesIO()
    if image.abs().max() > MAX_ABS_SAVED:
        raise ValueError(
            f"The image runs from {image.min():.3g} to {image.max():.3g}; an image lies in "
            f"[-1, 1]. Scale it before it is saved."
        )
    try:
        to_pil(image).save(buffer, format=Image.registered_extensions()[path.suffix.lower()])
    except (KeyError, OSError) as error:
        raise ValueError(
            f"Pillow cannot write {path.name} as a picture; use .png or .jpg."
        ) from error
    return write_bytes(path, buffer.getvalue())


# ------------------------------------------------------------------------------- masks and pasting
def load_mask(source: Source, *, size: tuple[int, int] | None = None) -> Tensor:
    """Read a mask as a (1, 1, H, W) float32 tensor of zeros and ones (one = selected).

    Any image will do: values above one half count as selected, so that a JPEG's noise does not.

    Args:
        source: path, PIL image or array, as for ``load_image``.
        size: (height, width) to which the mask is resized.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: no readable image, or of another aspect than ``size``.
    """
    mask = load_image(source).mean(dim=1, keepdim=True)  # (1, 1, H, W)
    if size is not None and size_of(mask) != tuple(size):
        check_same_aspect(mask, size, "The mask")
        mask = resize(mask, size)
    return (mask > 0).float()


def check_same_aspect(image: Tensor, size: tuple[int, int], name: str) -> None:
    """Refuse an image that resizing would distort visibly.

    Args:
        image: (n, C, H, W).
        size: (height, width) in pixels to which it will be resized.
        name: how the message calls the image.

    Raises:
        ValueError: scaled to one side of ``size``, the other is off by more than 1.5 pixels, and
            vice versa.
    """
    height, width = image.shape[-2:]
    columns_off = abs(width * size[0] / height - size[1])
    rows_off = abs(height * size[1] / width - size[0])
    if min(columns_off, rows_off) > ASPECT_TOLERANCE:
        raise ValueError(
            f"{name} is {height} x {width} pixels, which has another aspect than "
            f"{size[0]} x {size[1]}; crop it to that aspect first."
        )


def match_size(image: Tensor, size: tuple[int, int], name: str) -> Tensor:
    """Return an image at ``size``, resized with an ``ImageNotice`` if need be.

    Args:
        image: (n, C, H, W) in [-1, 1].
        size: (height, width) in pixels.
        name: how the notice calls the image.

    Raises:
        ValueError: another aspect, so that resizing would distort it visibly.
    """
    if size_of(image) == tuple(size):
        return image
    check_same_aspect(image, size, name)
    _notify(
        f"{name} of {image.shape[-2]} x {image.shape[-1]} pixels is resized to {size[0]} x "
        f"{size[1]}."
    )
    return resize(image, size)


def paste(
    background: Tensor, foreground: Tensor, *, mask: Tensor | None = None, top: int, left: int
) -> tuple[Tensor, Tensor]:
    """Paste an object onto a background.

    Args:
        background: (1, C, H, W) in [-1, 1].
        foreground: the object, (1, C, h, w) in [-1, 1]; what lies beyond the border of the
            background is cut off.
        mask: (1, 1, h, w) in [0, 1], which part of the object to paste; all of it if not given.
        top: row of the object's upper left corner, in pixels; may be negative.
        left: column of that corner, in pixels; may be negative.

    Returns:
        The composite (1, C, H, W), and its mask (1, 1, H, W): where the background is covered.

    Raises:
        ValueError: channel counts or mask size do not match, or nothing of the object is inside.
    """
    (height, width), object_size = size_of(background), size_of(foreground)
    if foreground.shape[1] != background.shape[1]:
        raise ValueError(
            f"The object has {foreground.shape[1]} channel(s), the background "
            f"{background.shape[1]}; convert one of them (grey has 1, colour 3)."
        )
    if mask is None:
        mask = torch.ones_like(foreground[:, :1])
    if size_of(mask) != object_size:
        raise ValueError(
            f"The mask is {size_of(mask)}, the object {object_size} pixels; they must have one "
            f"size."
        )
    bottom, right = min(height, top + object_size[0]), min(width, left + object_size[1])
    first_row, first_column = max(0, top), max(0, left)
    if bottom <= first_row or right <= first_column:
        raise ValueError(
            f"At top={top}, left={left} the object lies outside the background of "
            f"{height} x {width} pixels."
        )
    whole_object, whole_mask = background.clone(), torch.zeros_like(background[:, :1])
    rows, columns = slice(first_row, bottom), slice(first_column, right)
    from_rows = slice(first_row - top, bottom - top)
    from_columns = slice(first_column - left, right - left)
    whole_object[..., rows, columns] = foreground[..., from_rows, from_columns]
    whole_mask[..., rows, columns] = mask[..., from_rows, from_columns].to(whole_mask)
    return background * (1 - whole_mask) + whole_object * whole_mask, whole_mask


# -------------------------------------------------------------------------------- bundled pictures
COMPANION_SUFFIXES = ("edit", "composite", "paint", "mask")  # of images that belong to another
# Drawn by figures/make_pictures.py; every other training image is a photograph.
DRAWN_SCENES = (
    "autumn_wood",
    "balloon_festival",
    "birds_at_dusk",
    "desert_arch",
    "painted_coast",
)
KINDS = ("photograph", "drawn")
PICTURE_SUFFIXES = (".png", ".jpg")  # drawn scenes, masks and edits are lossless


def sample_image_names(*, kind: Literal["photograph", "drawn"] | None = None) -> list[str]:
    """List the training images that ship (licences: ``pictures/ATTRIBUTION.md``).

    Args:
        kind: ``"photograph"`` lists the photographs, ``"drawn"`` the scenes drawn by code, None
            both.

    Raises:
        ValueError: another kind.
    """
    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind={kind!r} must be one of {', '.join(KINDS)}, or None for both.")
    names = [name for name in _files() if name.split("_")[-1] not in COMPANION_SUFFIXES]
    if kind is None:
        return names
    return [name for name in names if (name in DRAWN_SCENES) == (kind == "drawn")]


def sample_image(name: str, *, max_size: int = 250) -> Tensor:
    """Load an image that ships with the package, (1, C, H, W) in [-1, 1].

    Most photographs are stored with 500 pixels on the long side, all other images with 250. A
    stored image is reduced to ``max_size`` and never enlarged, so a larger ``max_size`` returns it
    as it is stored.

    Args:
        name: of a training image (``sample_image_names``), or of an edit, composite or paint that
            belongs to one, such as ``"desert_arch_edit"``. ``sample_mask`` reads their masks.
        max_size: long side, in pixels, to which a larger image is reduced, as ``load_image`` does.

    Raises:
        ValueError: no such image (the message lists those that exist), or ``max_size`` is below 1.

    >>> sample_image("citrus_slices").shape, sample_image("citrus_slices", max_size=500).shape
    (torch.Size([1, 3, 167, 250]), torch.Size([1, 3, 333, 500]))
    """
    with resources.as_file(_picture(name)) as path:
        return load_image(path, max_size=max_size)


def quiz_photograph_names() -> list[str]:
    """List the photographs for the quiz, which no lesson or figure shows."""
    return list(_files("quiz"))


def quiz_photograph(name: str) -> Tensor:
    """Load a photograph for the quiz, (1, 3, H, W) in [-1, 1], 250 pixels on the long side.

    Args:
        name: one of ``quiz_photograph_names``.

    Raises:
        ValueError: no such photograph; the message lists those that exist.
    """
    file = _files("quiz").get(name)
    if file is None:
        raise ValueError(
            f"No quiz photograph {name!r} ships with singan_edu; there are "
            f"{', '.join(quiz_photograph_names())}."
        )
    with resources.as_file(file) as path:
        return load_image(path)


def sample_mask(name: str) -> Tensor:
    """Load a mask that ships with the package, (1, 1, H, W) of zeros and ones.

    Args:
        name: such as ``"desert_arch_edit_mask"``.

    Raises:
        ValueError: no such image.
    """
    with resources.as_file(_picture(name)) as path:
        return load_mask(path)


def open_photo(photo: str | os.PathLike[str], *, max_size: int | None = None) -> Tensor:
    """Load an image by its path or by the name of a bundled one, (1, C, H, W) in [-1, 1].

    Args:
        photo: path of a file, or name of an image that ships (``sample_image``). A file of that
            name wins.
        max_size: long side, in pixels, to which a larger image is reduced. If it is not given, a
            file keeps its size, and a bundled image has at most 250 pixels.

    Raises:
        FileNotFoundError: neither.
        ValueError: the file is no readable image, or ``max_size`` is below 1.
    """
    if str(photo) in sample_image_names() and not Path(photo).exists():
        return sample_image(str(photo), max_size=250 if max_size is None else max_size)
    return load_image(photo, max_size=max_size)


def _files(folder: str = "") -> dict[str, Traversable]:
    """The pictures of a folder inside ``pictures`` by name, in alphabetical order."""
    files = {Path(file.name): file for file in (_pictures() / folder).iterdir()}
    return {path.stem: files[path] for path in sorted(files) if path.suffix in PICTURE_SUFFIXES}


def _pictures() -> Traversable:
    return resources.files(__package__) / "pictures"


def _picture(name: str) -> Traversable:
    file = _files().get(name)
    if file is None:
        raise ValueError(
            f"No picture {name!r} ships with singan_edu; there are "
            f"{', '.join(sample_image_names())}."
        )
    return file
