"""Pictures in and out: load, save, convert, resize, paste, masks, and the pictures that ship.

A picture in this course is a float32 tensor of shape (1, C, H, W) with values in [-1, 1], C = 3 for
colour and 1 for grey. Taught in lesson 00 (resizing in lesson 01).
"""

from __future__ import annotations

import io
import os
import warnings
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from .files import write_bytes

BACKGROUND = (255, 255, 255)  # what transparent pictures are composited over
GREY_MODES = ("1", "L", "LA")
DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")  # grey, too, of more than 8 bits
Source = str | os.PathLike[str] | Image.Image | np.ndarray[Any, np.dtype[Any]]
Size = tuple[int, int]  # (height, width) in pixels


class ImageNotice(UserWarning):
    """Something about a picture that its owner should know, though nothing is wrong."""


def size_of(image: Tensor) -> Size:
    """Return (height, width) of an image (..., H, W), in pixels."""
    height, width = image.shape[-2:]
    return height, width


# ----------------------------------------------------------------------------------------- loading
def load_image(source: Source, *, max_size: int | None = None) -> Tensor:
    """Read a picture as a (1, C, H, W) float32 tensor in [-1, 1]; C = 3, or 1 for a grey picture.

    Args:
        source: path of any file that Pillow reads (EXIF orientation is applied, the first frame of
            an animation is taken), a PIL image, or an array: (H, W), (H, W, 1), (H, W, 3) or (H, W,
            4), uint8, uint16, or float in [0, 1].
        max_size: long side, in pixels, above which the picture is reduced (it is never enlarged).

    Transparent pictures are composited over white and animations lose their other frames, each with
    an ``ImageNotice``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no picture, damaged or suspiciously large; the array has a shape or
            values that are no picture's. The message says what to do.
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
    return resize(image, fitted_size(*image.shape[-2:], max_size))


def fitted_size(height: int, width: int, max_size: int) -> tuple[int, int]:
    """(height, width) reduced so that the long side is at most ``max_size``; never enlarged.

    >>> fitted_size(768, 1024, 250)
    (188, 250)
    """
    if max_size < 1:
        raise ValueError(f"max_size={max_size} must be at least 1 pixel.")
    scale = min(1.0, max_size / max(height, width))
    return max(1, round_half_up(height * scale)), max(1, round_half_up(width * scale))


def round_half_up(value: float) -> int:
    """The nearest whole number, halves upwards (Python's own ``round`` takes halves to even)."""
    return int(np.floor(value + 0.5))


def _file_pixels(source: str | os.PathLike | Image.Image) -> np.ndarray:
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
            with Image.open(path) as picture:
                moving = picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1
                picture = ImageOps.exif_transpose(picture)
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


def _pil_pixels(picture: Image.Image, name: str) -> np.ndarray:
    """(H, W, C) float in [0, 1] of a PIL image of any mode."""
    if picture.mode in DEEP_MODES:
        return _deep_pixels(picture, name)
    if picture.mode == "La":  # premultiplied, which converts to nothing else
        picture = picture.convert("LA")
    grey = picture.mode in GREY_MODES
    picture = _without_transparency(picture, name).convert("L" if grey else "RGB")
    pixels = np.asarray(picture, dtype=np.float32) / 255
    return pixels[..., None] if grey else pixels


def _deep_pixels(picture: Image.Image, name: str) -> np.ndarray:
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
    if picture.getextrema()[3][0] == 255:
        return picture
    _notify_transparent(name)
    return Image.alpha_composite(Image.new("RGBA", picture.size, BACKGROUND + (255,)), picture)


def _array_pixels(array: np.ndarray) -> np.ndarray:
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


def _checked_floats(array: np.ndarray) -> np.ndarray:
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
    """Antialiased bicubic resizing of a picture to exactly ``size`` = (height, width) pixels.

    Args:
        image: (n, C, H, W) in [-1, 1], on any device; it stays there.
        quantize: truncate to 8 bits first, as the authors' code does at each of its resizes. It
            costs up to one grey level each time, always downwards; kept for comparison only.

    Returns:
        (n, C, height, width); bicubic overshoot is clamped to [-1, 1].

    Source: the authors' ``imresize`` is MATLAB's bicubic with Keys' a = -0.5, stretched when
    shrinking. PyTorch uses a = -0.5 (as Pillow does) in its antialiased kernel and a = -0.75 in the
    other, so ``antialias=True`` is right for enlarging, too. Taught in lesson 01.
    """
    height, width = size
    if height < 1 or width < 1:
        raise ValueError(f"A picture cannot be resized to {height} x {width} pixels.")
    if quantize:
        image = truncate_to_8_bits(image)
    if tuple(image.shape[-2:]) == (height, width):
        return image.clamp(-1, 1)
    image = F.interpolate(
        image, size=(height, width), mode="bicubic", align_corners=False, antialias=True
    )
    return image.clamp_(-1, 1)  # in place: a large picture has no room for a second one


def truncate_to_8_bits(image: Tensor) -> Tensor:
    """Round each value down to one of 256 grey levels, as a cast to uint8 does (authors' code)."""
    levels = ((image.clamp(-1, 1) + 1) / 2 * 255).floor()
    return levels / 255 * 2 - 1


# ------------------------------------------------------------------------------------------ saving
def to_pil(image: Tensor) -> Image.Image:
    """A picture (1, C, H, W) or (C, H, W) in [-1, 1] as an 8-bit PIL image (RGB, or L if C = 1).

    Raises:
        ValueError: more than one picture, or a channel count that is neither 1 nor 3.
    """
    if image.dim() == 4 and image.shape[0] == 1:
        image = image[0]
    if image.dim() != 3 or image.shape[0] not in (1, 3):
        raise ValueError(
            f"to_pil takes one picture, (1, C, H, W) or (C, H, W) with C = 1 or 3; this has "
            f"the shape {tuple(image.shape)}. Take one of a batch with samples[i]."
        )
    levels = ((image.detach().float().cpu().clamp(-1, 1) + 1) / 2 * 255).round().byte()
    pixels = levels.permute(1, 2, 0).numpy()  # (H, W, C)
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def save_image(image: Tensor, path: str | os.PathLike) -> Path:
    """Write one picture, (1, C, H, W) or (C, H, W) in [-1, 1]; the suffix decides the format.

    The file appears whole or not at all. Missing folders are made. Returns the path.
    """
    path, buffer = Path(path), io.BytesIO()
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

    Any picture will do: values above one half count as selected, so that a JPEG's noise does not.

    Args:
        size: (height, width) to bring the mask to, if it has the same aspect.

    Raises:
        ValueError: another aspect than ``size``.
    """
    mask = load_image(source).mean(dim=1, keepdim=True)  # (1, 1, H, W)
    if size is not None and tuple(mask.shape[-2:]) != tuple(size):
        check_same_aspect(mask, size, "The mask")
        mask = resize(mask, size)
    return (mask > 0).float()


def check_same_aspect(image: Tensor, size: tuple[int, int], name: str) -> None:
    """Refuse ``image`` if resizing to ``size`` = (height, width) would distort it visibly."""
    height, width = image.shape[-2:]
    if (
        abs(width * size[0] / height - size[1]) > 1.5
        and abs(height * size[1] / width - size[0]) > 1.5
    ):
        raise ValueError(
            f"{name} is {height} x {width} pixels, which has another aspect than "
            f"{size[0]} x {size[1]}; crop it to that aspect first."
        )


def match_size(image: Tensor, size: tuple[int, int], name: str) -> Tensor:
    """``image`` at ``size`` = (height, width), resized with an ``ImageNotice`` if need be.

    Raises:
        ValueError: another aspect, so that resizing would distort it visibly.
    """
    if tuple(image.shape[-2:]) == tuple(size):
        return image
    check_same_aspect(image, size, name)
    _notify(
        f"{name} of {image.shape[-2]} x {image.shape[-1]} pixels is resized to {size[0]} x "
        f"{size[1]}."
    )
    return resize(image, size)


def paste(
    background: Tensor, object: Tensor, *, mask: Tensor | None = None, top: int, left: int
) -> tuple[Tensor, Tensor]:
    """Put ``object`` on ``background`` with its upper left corner at row ``top``, column ``left``.

    Args:
        background: (1, C, H, W) in [-1, 1].
        object: (1, C, h, w) in [-1, 1]; what sticks out of the background is cut off.
        mask: (1, 1, h, w) in [0, 1], which part of ``object`` to paste; all of it if not given.
        top, left: position in pixels, may be negative.

    Returns:
        The composite (1, C, H, W), and its mask (1, 1, H, W): where the background was covered.

    Raises:
        ValueError: channel counts or mask size do not match, or nothing of the object is inside.
    """
    height, width = background.shape[-2:]
    if object.shape[1] != background.shape[1]:
        raise ValueError(
            f"The object has {object.shape[1]} channel(s), the background "
            f"{background.shape[1]}; convert one of them (grey has 1, colour 3)."
        )
    if mask is None:
        mask = torch.ones_like(object[:, :1])
    if mask.shape[-2:] != object.shape[-2:]:
        raise ValueError(
            f"The mask is {tuple(mask.shape[-2:])}, the object {tuple(object.shape[-2:])} "
            f"pixels; they must have one size."
        )
    bottom, right = min(height, top + object.shape[-2]), min(width, left + object.shape[-1])
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
    whole_object[..., rows, columns] = object[..., from_rows, from_columns]
    whole_mask[..., rows, columns] = mask[..., from_rows, from_columns].to(whole_mask)
    return background * (1 - whole_mask) + whole_object * whole_mask, whole_mask


# -------------------------------------------------------------------------------- bundled pictures
COMPANIONS = ("edit", "composite", "paint", "mask")  # endings of pictures that belong to another


def sample_image_names() -> list[str]:
    """Names of the training pictures that ship (licences: ``pictures/ATTRIBUTION.md``)."""
    names = sorted(path.name[:-4] for path in _pictures().iterdir() if path.name.endswith(".png"))
    return [name for name in names if name.split("_")[-1] not in COMPANIONS]


def sample_image(name: str) -> Tensor:
    """A picture that ships with the package, (1, C, H, W) in [-1, 1].

    Beside the training pictures (``sample_image_names``) there are edits, composites and paints of
    some of them, such as ``"NAME_edit"``; their masks are read with ``sample_mask``.

    Raises:
        ValueError: no such picture; the message lists those that exist.
    """
    with resources.as_file(_picture(name)) as path:
        return load_image(path)


def sample_mask(name: str) -> Tensor:
    """A mask that ships with the package, (1, 1, H, W) of zeros and ones; ``"NAME_edit_mask"``."""
    with resources.as_file(_picture(name)) as path:
        return load_mask(path)


def open_photo(photo: str | os.PathLike) -> Tensor:
    """The photograph a lesson is about: a file's path, or the name of a picture that ships.

    A file of that name wins. Returns (1, C, H, W) in [-1, 1].
    """
    if str(photo) in sample_image_names() and not Path(photo).exists():
        return sample_image(str(photo))
    return load_image(photo)


def _pictures() -> Any:
    return resources.files(__package__) / "pictures"


def _picture(name: str) -> Any:
    file = _pictures() / f"{name}.png"
    if not file.is_file():
        raise ValueError(
            f"No picture {name!r} ships with singan_edu; there are "
            f"{', '.join(sample_image_names())}."
        )
    return file
