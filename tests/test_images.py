"""Pictures in and out: every kind of file and array, resizing, pasting, masks, bundled pictures."""

from __future__ import annotations

import importlib
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import files_in, picture
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features
from torch import Tensor

import singan_edu as sg
from singan_edu.images import (
    DRAWN_SCENES,
    _pictures,
    check_same_aspect,
    fitted_size,
    quiz_photograph,
    quiz_photograph_names,
    truncate_to_8_bits,
)

RED, WHITE = (1.0, -1.0, -1.0), (1.0, 1.0, 1.0)


def colours(height: int = 4, width: int = 6, channels: int = 3) -> np.ndarray:
    """(H, W, channels) uint8 in which every value is another."""
    return np.arange(height * width * channels, dtype=np.uint8).reshape(height, width, channels)


def as_bytes(image: Tensor) -> np.ndarray:
    """(H, W, C) uint8 of a picture that came from 8 bits."""
    return ((image[0].permute(1, 2, 0).numpy() + 1) * 127.5).round().astype(np.uint8)


def pixel(image: Tensor, row: int = 0, column: int = 0) -> tuple[float, ...]:
    return tuple(round(value, 4) for value in image[0, :, row, column].tolist())


def saved(picture: Image.Image, path, **options):
    picture.save(path, **options)
    return path


@pytest.fixture
def no_notice():
    """Fails the test if an ``ImageNotice`` is given."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", sg.ImageNotice)
        yield


# -------------------------------------------------------------------------------------------- files
def test_a_colour_file_becomes_a_float_tensor_in_minus_one_to_one(tmp_path, no_notice):
    image = sg.load_image(saved(Image.fromarray(colours()), tmp_path / "photo.png"))
    assert image.shape == (1, 3, 4, 6) and image.dtype == torch.float32
    assert np.array_equal(as_bytes(image), colours())
    white = sg.load_image(np.full((2, 2, 3), 255, np.uint8))
    black = sg.load_image(np.zeros((2, 2, 3), np.uint8))
    assert (white == 1).all() and (black == -1).all()


def test_path_string_pil_image_and_array_give_the_same(tmp_path):
    path = saved(Image.fromarray(colours()), tmp_path / "photo.png")
    wanted = sg.load_image(path)
    for source in (str(path), Image.open(path), colours(), colours() / 255.0):
        assert torch.allclose(sg.load_image(source), wanted, atol=1e-6)


UPRIGHT = colours()
STORED = {  # how a camera stores the upright picture for each value of the EXIF tag "orientation"
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: np.rot90(UPRIGHT),
    7: np.rot90(UPRIGHT, 2).transpose(1, 0, 2),
    8: np.rot90(UPRIGHT, -1),
}


@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_is_applied(orientation, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    image = sg.load_image(saved(stored, tmp_path / "photo.png", exif=exif))
    assert np.array_equal(as_bytes(image), UPRIGHT)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "webp"])
def test_a_grey_file_keeps_one_channel(suffix, tmp_path):
    path = saved(Image.new("L", (8, 5), 51), tmp_path / f"grey.{suffix}")
    image = sg.load_image(path)
    if suffix != "webp":  # WebP knows colour only
        assert image.shape == (1, 1, 5, 8)
    assert pixel(image)[0] == pytest.approx(51 / 127.5 - 1, abs=0.02)


def test_black_and_white_of_one_bit_keeps_one_channel(tmp_path):
    bits = Image.new("1", (3, 2))
    bits.putpixel((1, 0), 1)
    image = sg.load_image(saved(bits, tmp_path / "bits.png"))
    assert image[0, 0].tolist() == [[-1, 1, -1], [-1, -1, -1]]


def test_palette_becomes_colour_without_notice(tmp_path, no_notice):
    flat = Image.new("RGB", (4, 4), (255, 0, 0)).quantize(8)
    image = sg.load_image(saved(flat, tmp_path / "palette.png"))
    assert image.shape == (1, 3, 4, 4) and pixel(image) == RED


def test_transparent_palette_entry_shows_white_with_a_notice(tmp_path):
    flat = Image.new("P", (4, 4), 1)
    flat.putpalette([0, 0, 255, 255, 0, 0])
    flat.putpixel((2, 1), 0)
    path = saved(flat, tmp_path / "palette.png", transparency=0)
    with pytest.warns(sg.ImageNotice, match="palette.png is transparent in places"):
        image = sg.load_image(path)
    assert pixel(image) == RED and pixel(image, 1, 2) == WHITE


def test_cmyk_becomes_rgb(tmp_path):
    cyan = Image.new("CMYK", (4, 4), (255, 0, 0, 0))
    image = sg.load_image(saved(cyan, tmp_path / "print.tif"))
    assert pixel(image) == (-1.0, 1.0, 1.0)


def test_rgba_is_composited_over_white_with_a_notice(tmp_path):
    layer = Image.new("RGBA", (3, 1), (255, 0, 0, 255))
    layer.putpixel((1, 0), (0, 0, 0, 0))
    layer.putpixel((2, 0), (0, 0, 0, 51))  # one fifth black on white
    path = saved(layer, tmp_path / "layer.png")
    with pytest.warns(sg.ImageNotice, match="layer.png is transparent in places; .* over white"):
        image = sg.load_image(path)
    assert image.shape == (1, 3, 1, 3)
    assert pixel(image) == RED and pixel(image, 0, 1) == WHITE
    assert pixel(image, 0, 2) == pytest.approx([0.6] * 3, abs=0.01)


@pytest.mark.parametrize("mode, channels", [("RGBA", 3), ("LA", 1)])
def test_an_opaque_alpha_channel_is_dropped_without_notice(mode, channels, tmp_path, no_notice):
    full = Image.new("L", (4, 4), 100).convert(mode)
    image = sg.load_image(saved(full, tmp_path / "opaque.png"))
    assert image.shape[1] == channels and as_bytes(image)[0, 0, 0] == 100


def test_transparent_grey_stays_grey_over_white(tmp_path):
    layer = Image.new("LA", (2, 1), (0, 255))
    layer.putpixel((1, 0), (0, 0))
    path = saved(layer, tmp_path / "grey.png")
    with pytest.warns(sg.ImageNotice, match="over white"):
        image = sg.load_image(path)
    assert image[0].tolist() == [[[-1, 1]]]


def test_sixteen_bit_grey_keeps_its_precision(tmp_path):
    values = np.array([[0, 1000, 1001], [30000, 65534, 65535]], dtype=np.uint16)
    image = sg.load_image(saved(Image.fromarray(values), tmp_path / "deep.png"))
    assert image.shape == (1, 1, 2, 3)
    assert np.allclose(image[0, 0].numpy(), values / 65535 * 2 - 1, atol=1e-6)


def test_sixteen_bit_grey_with_a_transparent_value_keeps_its_greys(tmp_path):
    values = np.array([[0, 30000, 60000]], dtype=np.uint16)
    path = saved(Image.fromarray(values), tmp_path / "deep.png", transparency=0)
    with pytest.warns(sg.ImageNotice):
        image = sg.load_image(path)
    assert image[0, 0, 0].tolist() == pytest.approx(
        [1, 30000 / 32767.5 - 1, 60000 / 32767.5 - 1], abs=0.01
    )


def test_float_files_in_zero_to_one_are_read_and_others_refused(tmp_path):
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    path = saved(Image.fromarray(values), tmp_path / "float.tif")
    assert np.allclose(sg.load_image(path)[0, 0].numpy(), values * 2 - 1)
    with pytest.raises(ValueError, match="float.tif has grey values outside 0 … 1.* Save it with"):
        sg.load_image(saved(Image.fromarray(values * 200), path))


def test_first_frame_of_an_animation_is_taken_with_a_notice(tmp_path):
    red, blue, green = (Image.new("RGB", (8, 6), name) for name in ("red", "blue", "green"))
    path = saved(red, tmp_path / "moving.gif", save_all=True, append_images=[blue, green])
    with pytest.warns(sg.ImageNotice, match="moving.gif is an animation; its first frame"):
        assert pixel(sg.load_image(path)) == RED


def test_max_size_reduces_the_long_side_and_never_enlarges(tmp_path):
    path = saved(Image.new("RGB", (100, 50)), tmp_path / "photo.png")
    assert sg.load_image(path, max_size=40).shape == (1, 3, 20, 40)
    assert sg.load_image(path, max_size=400).shape == (1, 3, 50, 100)
    with pytest.raises(ValueError, match="max_size=0 must be at least 1 pixel"):
        sg.load_image(path, max_size=0)


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 300))
def test_fitted_size_keeps_aspect_within_half_a_pixel(height, width, max_size):
    high, wide = fitted_size(height, width, max_size)
    scale = min(1, max_size / max(height, width))
    assert max(high, wide) == min(max_size, max(height, width))
    assert abs(high - height * scale) <= 0.5 or high == 1
    assert abs(wide - width * scale) <= 0.5 or wide == 1


# ------------------------------------------------------------------------------ files that are none
def test_a_missing_file_is_named_with_the_folder_it_was_looked_for_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"There is no file nowhere.png.*looked for in"
    ) as error:
        sg.load_image("nowhere.png")
    assert str(tmp_path) in str(error.value)


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(ValueError, match="is a folder, not a picture; give the path of one"):
        sg.load_image(tmp_path)


@pytest.mark.parametrize("content", [b"", b"Dear diary, this is no picture.", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_picture_says_what_to_do(content, tmp_path):
    path = tmp_path / "notes.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="notes.png .*(viewer and save it as PNG|download it)"):
        sg.load_image(path)


KINDS = ["png", "jpg", "gif", "bmp", "tif", "webp", "jp2", "ppm", "qoi", "dds", "sgi"] + (
    ["avif"] if features.check("avif") else []
)


@pytest.mark.parametrize("suffix", KINDS)
def test_a_file_cut_off_says_that_it_is_damaged_and_what_to_do(suffix, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    path = saved(Image.fromarray(noise), tmp_path / f"half.{suffix}")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        ValueError, match=rf"half.{suffix} is (damaged|not a picture).*(again|save it)"
    ):
        sg.load_image(path)


@pytest.mark.parametrize("suffix", KINDS)
def test_scrambled_bytes_are_a_picture_or_a_sentence_with_the_files_name(suffix, tmp_path):
    rng = np.random.default_rng(1)
    path = saved(
        Image.fromarray(rng.integers(0, 255, (12, 12, 3), dtype=np.uint8)),
        tmp_path / f"scrambled.{suffix}",
    )
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(40):
        broken = whole.copy()
        broken[rng.integers(0, min(120, len(whole)), 3)] = rng.integers(0, 256, 3)
        path.write_bytes(broken.tobytes())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                assert sg.load_image(path).isfinite().all()
            except ValueError as error:
                assert path.name in str(error)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = saved(Image.new("L", (100, 100)), tmp_path / "bomb.png")
    for limit in (6000, 1000):  # Pillow warns at the one, raises at the other
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(
            ValueError, match=f"bomb.png unpacks to more than {limit:,} pixels.*reduce"
        ):
            sg.load_image(path)


@pytest.mark.parametrize("source", [3, None, b"photo.png", [[0, 1]]])
def test_things_that_are_no_source_are_refused(source):
    with pytest.raises(TypeError, match="takes a path, a PIL image or a NumPy array, not"):
        sg.load_image(source)


def test_a_tensor_is_refused_with_the_advice_to_use_it_as_it_is():
    with pytest.raises(TypeError, match="this is a tensor already. Use it as it is"):
        sg.load_image(picture())


# ------------------------------------------------------------------------------------------- arrays
@pytest.mark.parametrize("shape, channels", [((5, 7), 1), ((5, 7, 1), 1), ((5, 7, 3), 3)])
@pytest.mark.parametrize(
    "dtype, top",
    [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1), (np.float64, 1), (np.float16, 1)],
)
def test_arrays_of_every_kind_run_from_black_to_white(shape, channels, dtype, top, no_notice):
    array = np.zeros(shape, dtype)
    array[0, 0], array[1, 1] = top, top / 2 if top == 1 else top // 2 + 1
    image = sg.load_image(array)
    assert image.shape == (1, channels, 5, 7) and image.dtype == torch.float32
    assert (image[0, :, 0, 0] == 1).all() and (image[0, :, 4, 4] == -1).all()
    assert image[0, 0, 1, 1].item() == pytest.approx(0, abs=0.005)


@pytest.mark.parametrize("dtype, top", [(np.uint8, 255), (np.float32, 1.0)])
def test_alpha_of_an_array_is_composited_over_white(dtype, top):
    array = np.zeros((1, 2, 4), dtype)
    array[0, 0] = (top, 0, 0, top)
    with pytest.warns(sg.ImageNotice, match="The array is transparent in places"):
        image = sg.load_image(array)
    assert pixel(image) == RED and pixel(image, 0, 1) == WHITE


def test_opaque_alpha_of_an_array_is_dropped_without_notice(no_notice):
    assert sg.load_image(np.full((3, 3, 4), 255, np.uint8)).shape == (1, 3, 3, 3)


def test_an_array_is_copied_not_shared():
    array = np.zeros((3, 3), np.float32)
    image = sg.load_image(array)
    array[:] = 1
    assert (image == -1).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_counted_and_refused(value):
    array = np.full((4, 4), 0.5)
    array[1, 2] = array[3, 3] = value
    with pytest.raises(ValueError, match="2 values that are not finite.*nan_to_num"):
        sg.load_image(array)


@pytest.mark.parametrize("low, high", [(0.0, 255.0), (-1.0, 1.0), (0.0, 1.01)])
def test_floats_outside_zero_to_one_are_refused_with_their_range(low, high):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\].*runs from .* to .*Divide by 255"):
        sg.load_image(np.linspace(low, high, 16).reshape(4, 4))


@pytest.mark.parametrize(
    "shape", [(4,), (3, 8, 9), (4, 4, 2), (4, 4, 5), (1, 4, 4, 3), (0, 4), (0, 4, 3)]
)
def test_shapes_that_are_no_picture_are_refused(shape):
    with pytest.raises(ValueError, match=r"is no picture; give .*channels last"):
        sg.load_image(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.int8, bool, np.complex64, object])
def test_numbers_without_a_known_white_are_refused(dtype):
    with pytest.raises(ValueError, match="no known black and white; convert it to uint8"):
        sg.load_image(np.zeros((4, 4), dtype))


# ----------------------------------------------------------------------------------------- resizing
def pillow_bicubic(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Pillow's own bicubic on 32-bit floats, channel by channel, clamped."""
    planes = [
        Image.fromarray(plane.numpy()).resize(size[::-1], Image.Resampling.BICUBIC)
        for plane in image[0]
    ]
    return torch.stack([torch.from_numpy(np.array(plane)) for plane in planes])[None].clamp(-1, 1)


@given(st.integers(5, 70), st.integers(5, 70), st.integers(3, 90), st.integers(3, 90))
def test_resize_is_pillows_bicubic_up_and_down_to_the_border(height, width, new_height, new_width):
    rng = torch.Generator().manual_seed(height * 1000 + width)
    image = torch.rand(1, 3, height, width, generator=rng) * 1.6 - 0.8
    ours = sg.resize(image, (new_height, new_width))
    assert ours.shape == (1, 3, new_height, new_width)
    assert (ours - pillow_bicubic(image, (new_height, new_width))).abs().max() <= 1e-5


def test_resize_clamps_the_overshoot_of_an_edge():
    step = torch.full((1, 1, 8, 8), -1.0)
    step[..., 4:] = 1.0
    assert (
        torch.nn.functional.interpolate(step, size=(20, 20), mode="bicubic", antialias=True).max()
        > 1
    )
    enlarged = sg.resize(step, (20, 20))
    assert enlarged.max() == 1 and enlarged.min() == -1


def test_resize_to_the_same_size_changes_nothing_but_clamps():
    image = picture()
    assert torch.equal(sg.resize(image, (24, 32)), image)
    assert sg.resize(image * 3, (24, 32)).abs().max() == 1


def test_resize_keeps_a_flat_picture_flat_and_treats_a_batch_as_its_pictures():
    flat = torch.full((1, 3, 9, 11), 0.3)
    assert torch.allclose(sg.resize(flat, (25, 5)), torch.tensor(0.3))
    batch = torch.cat([picture(seed=seed) for seed in range(3)])
    assert torch.equal(sg.resize(batch, (11, 13))[1:2], sg.resize(batch[1:2], (11, 13)))


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 5)])
def test_resize_to_nothing_is_refused(size):
    with pytest.raises(ValueError, match="cannot be resized to"):
        sg.resize(picture(), size)


def test_quantize_truncates_to_the_grey_level_below():
    levels = torch.tensor([0.0, 0.4, 0.99, 1.01, 200.5, 254.99]) / 255 * 2 - 1
    below = (truncate_to_8_bits(levels) + 1) / 2 * 255
    assert below.tolist() == pytest.approx([0, 0, 0, 1, 200, 254], abs=1e-4)


@given(st.lists(st.floats(-1.5, 1.5, width=32), min_size=1, max_size=20))
def test_truncation_never_brightens_and_takes_at_most_one_level(values):
    image = torch.tensor(values)
    truncated, inside = truncate_to_8_bits(image), image.clamp(-1, 1)
    assert (truncated <= inside + 1e-6).all() and (truncated >= inside - 2 / 255 - 1e-6).all()
    steps = (truncated + 1) * 127.5
    assert torch.allclose(steps, steps.round(), atol=1e-4)


def test_quantized_resize_truncates_before_it_resizes():
    image = picture()
    assert torch.equal(
        sg.resize(image, (10, 10), quantize=True), sg.resize(truncate_to_8_bits(image), (10, 10))
    )
    assert torch.equal(sg.resize(image, (24, 32), quantize=True), truncate_to_8_bits(image))


# ------------------------------------------------------------------------------------------- saving
@pytest.mark.parametrize("channels", [1, 3])
def test_saving_and_loading_keeps_every_grey_level(channels, tmp_path):
    levels = torch.arange(256).reshape(1, 1, 16, 16).repeat(1, channels, 1, 1) / 127.5 - 1
    path = sg.save_image(levels, tmp_path / "new" / "folder" / "levels.png")
    assert torch.allclose(sg.load_image(path), levels, atol=1e-6)
    assert files_in(tmp_path) == ["new/folder/levels.png"]


def test_to_pil_rounds_and_clamps():
    image = torch.tensor([-3.0, -1.0, 0.0, 0.0118, 1.0, 7.0]).reshape(1, 1, 1, 6)
    assert np.asarray(sg.to_pil(image)).tolist() == [[0, 0, 128, 129, 255, 255]]
    assert sg.to_pil(image).mode == "L" and sg.to_pil(picture()[0]).mode == "RGB"


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (1, 2, 4, 4), (4, 4), (1, 4, 4, 4)])
def test_to_pil_takes_one_picture_only(shape):
    with pytest.raises(ValueError, match=r"takes one picture.*samples\[i\]"):
        sg.to_pil(torch.zeros(shape))


@pytest.mark.parametrize("name", ["picture.xyz", "picture", "picture.psd"])
def test_an_unknown_suffix_is_refused_and_nothing_is_left(name, tmp_path):
    with pytest.raises(ValueError, match=f"cannot write {name} as a picture; use .png or .jpg"):
        sg.save_image(picture(), tmp_path / name)
    assert files_in(tmp_path) == []


def test_a_failed_save_leaves_the_old_picture(tmp_path):
    path = sg.save_image(picture(), tmp_path / "kept.png")
    before = path.read_bytes()
    with pytest.raises(ValueError):
        sg.save_image(torch.zeros(2, 3, 4, 4), path)
    assert path.read_bytes() == before


# -------------------------------------------------------------------------------- masks and pasting
def test_paste_covers_the_place_and_says_where():
    background, patch = torch.zeros(1, 3, 6, 8), torch.full((1, 3, 2, 3), 0.5)
    composite, mask = sg.paste(background, patch, top=1, left=4)
    assert mask.shape == (1, 1, 6, 8) and mask.sum() == 6 and (mask[..., 1:3, 4:7] == 1).all()
    assert torch.equal(composite, 0.5 * mask.expand_as(composite))
    assert (background == 0).all()  # the input is left alone


@pytest.mark.parametrize(
    "top, left, rows, columns",
    [
        (-1, -2, slice(0, 2), slice(0, 2)),
        (4, 6, slice(4, 6), slice(6, 8)),
        (-1, 6, slice(0, 2), slice(6, 8)),
        (5, 7, slice(5, 6), slice(7, 8)),
    ],
)
def test_paste_cuts_off_what_sticks_out(top, left, rows, columns):
    patch = torch.arange(12.0).reshape(1, 1, 3, 4) / 12
    composite, mask = sg.paste(torch.full((1, 1, 6, 8), -1.0), patch, top=top, left=left)
    inside = patch[
        ..., rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    assert torch.equal(composite[..., rows, columns], inside)
    assert mask.sum() == inside.numel() == (composite >= 0).sum()


def test_paste_blends_by_its_mask():
    patch, soft = (
        torch.ones(1, 3, 2, 2),
        torch.tensor([[0.0, 0.25], [0.5, 1.0]]).reshape(1, 1, 2, 2),
    )
    composite, mask = sg.paste(-torch.ones(1, 3, 4, 4), patch, mask=soft, top=1, left=1)
    assert torch.equal(mask[..., 1:3, 1:3], soft)
    assert torch.allclose(composite[:, :1, 1:3, 1:3], 2 * soft - 1)


@pytest.mark.parametrize("top, left", [(6, 0), (0, 8), (-2, 0), (0, -3), (99, 99)])
def test_paste_outside_the_background_is_refused(top, left):
    with pytest.raises(
        ValueError, match=f"top={top}, left={left} .*outside the background of 6 x 8"
    ):
        sg.paste(torch.zeros(1, 3, 6, 8), torch.zeros(1, 3, 2, 3), top=top, left=left)


def test_paste_of_other_channels_or_with_another_mask_size_is_refused():
    background = torch.zeros(1, 3, 6, 8)
    with pytest.raises(ValueError, match=r"object has 1 channel\(s\), the background 3; convert"):
        sg.paste(background, torch.zeros(1, 1, 2, 2), top=0, left=0)
    with pytest.raises(ValueError, match=r"mask is \(3, 3\), the object \(2, 2\) pixels"):
        sg.paste(background, torch.zeros(1, 3, 2, 2), mask=torch.ones(1, 1, 3, 3), top=0, left=0)


def test_a_mask_is_ones_where_the_picture_is_brighter_than_half():
    mask = sg.load_mask(np.array([[0, 20, 127], [128, 240, 255]], dtype=np.uint8))
    assert mask.shape == (1, 1, 2, 3) and mask[0, 0].tolist() == [[0, 0, 0], [1, 1, 1]]


def test_a_colour_mask_counts_the_mean_of_its_channels():
    mask = sg.load_mask(np.array([[[255, 255, 0], [255, 0, 0]]], dtype=np.uint8))
    assert mask[0, 0].tolist() == [[1, 0]]


def test_a_mask_of_the_same_aspect_is_resized_and_stays_hard():
    array = np.zeros((40, 60), np.uint8)
    array[10:30, 16:44] = 255
    mask = sg.load_mask(array, size=(20, 30))
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    assert mask.sum() == 10 * 14 and (mask[..., 5:15, 8:22] == 1).all()


def test_a_mask_of_another_aspect_is_refused():
    with pytest.raises(
        ValueError, match="The mask is 40 x 60 pixels.*another aspect than 30 x 30.*crop"
    ):
        sg.load_mask(np.zeros((40, 60), np.uint8), size=(30, 30))


# --------------------------------------------------------------------------------- bundled pictures
FILES = Path(str(_pictures()))
BUNDLED = sorted(
    path.relative_to(FILES).as_posix()
    for path in FILES.rglob("*")
    if path.suffix in (".png", ".jpg")
)
CHANGED = [
    ("desert_arch", "edit"),
    ("great_wall_hills", "edit"),
    ("palace_windows", "edit"),
    ("painted_coast", "composite"),
    ("canyon_river", "composite"),
    ("canyon_river", "unsuitable_composite"),
]
PAINTED = ["autumn_wood", "autumn_forest_mountain", "mountain_meadow"]
LARGE = [name for name in sg.sample_image_names() if (FILES / f"{name}.jpg").exists()]


def attribution_tables() -> dict[str, list[str]]:
    """Heading -> the files in the first column of the tables below it, in ATTRIBUTION.md."""
    text = (FILES / "ATTRIBUTION.md").read_text(encoding="utf-8")
    sections = re.split(r"^#+ (.+)\n", text, flags=re.M)
    rows = {
        heading: re.findall(r"^\| (`[^|]+`) \|", body, flags=re.M)
        for heading, body in zip(sections[1::2], sections[2::2])
    }
    return {
        heading: [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
        for heading, cells in rows.items()
    }


def test_there_are_scenes_and_photographs_and_companions_are_not_listed_among_them():
    names = sg.sample_image_names()
    assert len(names) >= 5 and {"balloon_festival", "birds_at_dusk", "citrus_slices"} <= set(names)
    assert not [name for name in names if name.endswith(("_edit", "_mask", "_paint", "_composite"))]
    assert names == sorted(set(names))


def test_every_image_is_either_drawn_or_a_photograph_and_the_attribution_agrees():
    drawn, photographs = (sg.sample_image_names(kind=kind) for kind in ("drawn", "photograph"))
    assert drawn == sorted(DRAWN_SCENES) and "deep_field" in photographs
    assert sorted(drawn + photographs) == sg.sample_image_names()
    tables = attribution_tables()
    assert {f"{name}.png" for name in drawn} <= set(tables["Drawn scenes"])
    assert {name.rpartition(".")[0] for name in tables["Photographs"]} == set(photographs)


def test_another_kind_of_image_is_refused():
    with pytest.raises(ValueError, match="kind='painting' must be one of photograph, drawn"):
        sg.sample_image_names(kind="painting")


@pytest.mark.parametrize("name", sg.sample_image_names())
def test_every_bundled_picture_is_large_enough_for_a_lesson_and_small_enough_to_ship(name):
    image = sg.sample_image(name)
    assert image.shape[1] in (1, 3) and image.std() > 0.1 and image.abs().max() <= 1
    height, width = image.shape[-2:]
    assert sg.plan_pyramid(height, width).num_levels >= 5
    assert max(height, width) == 250 and max(height, width) / min(height, width) <= 2


@pytest.mark.parametrize("name", LARGE)
def test_a_photograph_is_stored_larger_and_reduced_as_load_image_does(name):
    path = FILES / f"{name}.jpg"
    stored = sg.sample_image(name, max_size=500)
    assert max(stored.shape) == 500 and torch.equal(stored, sg.load_image(path))
    assert torch.equal(sg.sample_image(name), sg.load_image(path, max_size=250))
    assert path.stat().st_size <= 150_000


def test_an_image_is_never_enlarged():
    assert sg.sample_image("citrus_slices", max_size=9999).shape == (1, 3, 333, 500)
    assert sg.sample_image("citrus_slices", max_size=30).shape == (1, 3, 20, 30)
    assert torch.equal(sg.sample_image("gravel", max_size=500), sg.sample_image("gravel"))
    with pytest.raises(ValueError, match="max_size=0 must be at least 1 pixel"):
        sg.sample_image("gravel", max_size=0)


@pytest.mark.parametrize("name", [name for name in sg.sample_image_names() if name not in LARGE])
def test_an_image_that_is_stored_small_is_given_as_it_is(name):
    assert torch.equal(sg.sample_image(name), sg.load_image(FILES / f"{name}.png"))


@pytest.mark.parametrize("picture, change", CHANGED)
def test_edit_and_composite_equal_their_picture_outside_the_mask(picture, change):
    before, after = sg.sample_image(picture), sg.sample_image(f"{picture}_{change}")
    mask = sg.sample_mask(f"{picture}_{change}_mask")
    outside = (mask == 0).expand_as(before)
    assert mask.shape == (1, 1, *before.shape[-2:]) and 0.02 < mask.mean() < 0.5
    # A photograph is reduced in float32, its companion is stored with 8 bits: half a grey level.
    tolerance = 0.5001 / 127.5 if picture in LARGE else 0
    assert (before - after)[outside].abs().max() <= tolerance
    assert (before - after)[~outside].abs().mean() > 0.1


@pytest.mark.parametrize("name", PAINTED)
def test_paint_has_the_size_of_its_picture_and_flat_colours(name):
    picture, paint = sg.sample_image(name), sg.sample_image(f"{name}_paint")
    assert picture.shape == paint.shape
    colours = [len(image.flatten(2)[0].T.unique(dim=0)) for image in (paint, picture)]
    assert colours[0] < colours[1] / 10


@pytest.mark.parametrize("file", [file for file in BUNDLED if file.endswith("_mask.png")])
def test_a_stored_mask_is_black_and_white_and_has_the_size_of_its_picture(file):
    picture = max((name for name in sg.sample_image_names() if file.startswith(name)), key=len)
    with Image.open(FILES / file) as mask:
        assert mask.mode == "L" and set(np.unique(np.asarray(mask)).tolist()) == {0, 255}
        assert mask.size == tuple(sg.sample_image(picture).shape[:1:-1])


@pytest.mark.parametrize("name", ["mountain_meadow", "palace_windows"])
def test_a_hole_leaves_most_of_the_picture(name):
    assert 0.02 < sg.sample_mask(f"{name}_hole_mask").mean() < 0.2


def test_there_are_twenty_photographs_for_the_quiz_and_no_lesson_lists_them():
    names = quiz_photograph_names()
    assert len(names) == 20 and names == sorted(names)
    assert not set(names) & set(sg.sample_image_names())


@pytest.mark.parametrize("name", quiz_photograph_names())
def test_a_quiz_photograph_is_small_and_in_colour(name):
    image = quiz_photograph(name)
    height, width = image.shape[-2:]
    assert image.shape[:2] == (1, 3) and max(height, width) == 250 <= 2 * min(height, width)
    assert image.std() > 0.1 and image.abs().max() <= 1
    assert (FILES / "quiz" / f"{name}.jpg").stat().st_size <= 40_000


def test_quiz_photographs_are_read_by_their_own_function_only():
    with pytest.raises(ValueError, match="No quiz photograph 'gravel' ships.*plum_blossom"):
        quiz_photograph("gravel")
    for name in ("plum_blossom", "quiz/plum_blossom"):
        with pytest.raises(ValueError, match="No picture '.*plum_blossom' ships"):
            sg.sample_image(name)


def test_every_bundled_file_has_its_row_in_the_attribution_and_the_other_way_round():
    tables = attribution_tables()
    headings = ("Drawn scenes", "Photographs", "Changed photographs", "Quiz photographs")
    listed = [name for heading in headings for name in tables[heading]]
    assert sorted(listed) == BUNDLED
    assert len({Path(name).with_suffix("") for name in BUNDLED}) == len(BUNDLED)  # names are unique


def test_the_attribution_has_the_source_and_the_box_of_every_crop(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "figures"))
    photos = importlib.import_module("scenes.photos")
    lines = (FILES / "ATTRIBUTION.md").read_text(encoding="utf-8").split("\n")
    for prefix, group in (("", photos.PHOTOGRAPHS), ("quiz/", photos.QUIZ)):
        for name, photograph in group.items():
            (row,) = (line for line in lines if line.startswith(f"| `{prefix}{name}.jpg`"))
            assert Path(photograph.path.split(":")[-1]).name in row
            assert f"cropped to {photograph.box}," in row or "cropped" not in row, name
            assert f"{photograph.package} {photos.VERSIONS[photograph.package]}" in "\n".join(lines)
    assert {f"{name}.jpg" for name in photos.PHOTOGRAPHS} == {
        path.name for path in FILES.glob("*.jpg")
    }
    assert sorted(photos.QUIZ) == quiz_photograph_names()


def test_the_pictures_stay_a_small_part_of_the_package():
    assert sum(path.stat().st_size for path in FILES.rglob("*") if path.is_file()) < 6_000_000


@pytest.mark.parametrize("read", [sg.sample_image, sg.sample_mask])
def test_an_unknown_bundled_name_is_answered_with_those_there_are(read):
    with pytest.raises(ValueError, match="No picture 'atlantis' ships.*balloon_festival"):
        read("atlantis")


def test_open_photo_takes_a_path_or_a_bundled_name_and_a_file_wins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert torch.equal(sg.open_photo("gravel"), sg.sample_image("gravel"))
    large = sg.open_photo("pink_tulips", max_size=400)
    assert torch.equal(large, sg.sample_image("pink_tulips", max_size=400))
    assert large.shape[-2:] == (400, 400)
    Image.new("RGB", (30, 20), "red").save("gravel", format="PNG")
    assert sg.open_photo("gravel").shape == (1, 3, 20, 30)
    assert sg.open_photo("gravel", max_size=15).shape == (1, 3, 10, 15)
    with pytest.raises(FileNotFoundError):
        sg.open_photo("no_such_scene")


@pytest.mark.parametrize("width", [39, 42])
def test_an_aspect_may_be_off_by_a_pixel_and_a_half(width):
    check_same_aspect(torch.zeros(1, 3, 30, width), (30, 40), "The image")


@pytest.mark.parametrize("width", [38, 43])  # off by 1.6 and 2.1 pixels
def test_an_aspect_that_is_off_by_more_is_refused(width):
    with pytest.raises(ValueError, match="another aspect than 30 x 40"):
        check_same_aspect(torch.zeros(1, 3, 30, width), (30, 40), "The image")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_image_that_is_not_finite_is_not_saved(value, tmp_path):
    with pytest.raises(ValueError, match="not finite|runs from"):
        sg.save_image(torch.full((1, 3, 4, 4), value), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_grey_levels_in_place_of_values_are_not_saved_as_white(tmp_path):
    with pytest.raises(ValueError, match="runs from 0 to 255"):
        sg.save_image(torch.tensor([0.0, 255.0]).reshape(1, 1, 1, 2), tmp_path / "a.png")
