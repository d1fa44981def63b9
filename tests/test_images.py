"""Decoding: every format, mode, orientation, colour profile and reduction, on pictures made here."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from bareface.errors import ImageError
from bareface.imaging.decode import Limits, decode, encode, fingerprint
from bareface.values.face import UInt8

pillow_heif.register_heif_opener()  # so that the tests can write HEIC

ORIENTED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, 1),
}
"""EXIF orientation (Exif 2.32, tag 0x0112) to what a viewer must show, in numpy: independent of Pillow."""


def pattern(width: int = 64, height: int = 48) -> UInt8:
    """Smooth, so that lossy codecs keep it, and unlike any of its own turns and mirrors."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = 255 * x / max(1, width - 1), 255 * y / max(1, height - 1)
    blue = np.where((x < width / 2) & (y < height / 2), 200, 40)
    return np.stack([red, green, blue], axis=-1).round().astype(np.uint8)


def saved(image: Image.Image | UInt8, format: str, **options: object) -> bytes:
    picture = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    out = BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def difference(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    assert a.shape == b.shape
    return float(np.abs(a.astype(float) - b.astype(float)).mean())


LOSSLESS = {"PNG": {}, "WEBP": {"lossless": True}, "TIFF": {}, "BMP": {}}
LOSSY = {"JPEG": {"quality": 95}, "WEBP": {"quality": 95}, "AVIF": {"quality": 95}, "HEIF": {"quality": 95}}


@pytest.mark.parametrize("format", LOSSLESS)
def test_lossless_formats_keep_every_pixel(format: str, tmp_path: Path) -> None:
    path = tmp_path / "misleading.txt"
    path.write_bytes(saved(pattern(), format, **LOSSLESS[format]))
    photo = decode(path)
    np.testing.assert_array_equal(photo.pixels, pattern())
    assert (photo.format, photo.size, photo.scale, photo.notes) == (format, (64, 48), 1.0, ())
    assert photo.source == str(path)
    assert photo.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == fingerprint(path)


@pytest.mark.parametrize("format", LOSSY)
def test_lossy_formats(format: str) -> None:
    photo = decode(saved(pattern(), format, **LOSSY[format]))
    assert photo.format == format
    assert photo.source == "<bytes>"
    assert difference(photo.pixels, pattern()) < 4
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.flags.c_contiguous


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_compressed_tiff(compression: str) -> None:
    photo = decode(saved(pattern(), "TIFF", compression=compression))
    assert difference(photo.pixels, pattern()) < (4 if compression == "jpeg" else 1e-9)


def test_progressive_jpeg() -> None:
    assert difference(decode(saved(pattern(), "JPEG", progressive=True, quality=95)).pixels, pattern()) < 4


@pytest.mark.parametrize("orientation", ORIENTED)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_orientation(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(pattern())
    image.info["exif"] = exif.tobytes()  # HEIF turns this into a rotation of its own
    options = {"quality": 95} if format in LOSSY else {}
    photo = decode(saved(image, format, exif=exif.tobytes(), **options) if format != "HEIF" else saved(image, format))
    want = ORIENTED[orientation](pattern())
    assert difference(photo.pixels, want) < 4
    assert photo.size == (want.shape[1], want.shape[0])
    assert photo.notes == ()
    others = [turn(pattern()) for number, turn in ORIENTED.items() if number != orientation]
    assert all(difference(photo.pixels, other) > 15 for other in others if other.shape == want.shape)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_damaged_exif_is_noted_not_fatal(format: str) -> None:
    photo = decode(saved(pattern(), format, quality=95, exif=b"Exif\0\0this is not EXIF"))
    assert difference(photo.pixels, pattern()) < 4
    assert any("EXIF" in note for note in photo.notes)


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk(format: str) -> None:
    flat = np.full((16, 16, 3), (220, 60, 20), np.uint8)  # JPEG: stored inverted, as Adobe does
    photo = decode(saved(Image.fromarray(flat).convert("CMYK"), format))
    assert difference(photo.pixels, flat) < 4


@pytest.mark.parametrize(("format", "mode"), [("PNG", "L"), ("JPEG", "L"), ("PNG", "1"), ("TIFF", "1"), ("GIF", "L")])
def test_grey_and_bilevel(format: str, mode: str) -> None:
    grey = Image.fromarray(pattern()).convert(mode)
    photo = decode(saved(grey, format))
    assert difference(photo.pixels, np.asarray(grey.convert("RGB"))) < 4


def test_lab_tiff() -> None:
    lab = Image.fromarray(pattern()).convert("LAB")
    assert difference(decode(saved(lab, "TIFF")).pixels, pattern()) < 4


@pytest.mark.parametrize("format", ["PNG", "GIF", "TIFF", "BMP"])
def test_palette(format: str) -> None:
    palette = Image.fromarray(pattern()).quantize(64)
    np.testing.assert_array_equal(decode(saved(palette, format)).pixels, np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_laid_on_white(format: str) -> None:
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, 16:32], alpha[:, 32:] = 128, 255
    rgba = np.dstack([pattern(), alpha])
    photo = decode(saved(rgba, format, **LOSSLESS[format]))
    weight = alpha[..., None] / 255
    assert np.abs(photo.pixels - (pattern() * weight + 255 * (1 - weight))).max() <= 1


def test_grey_with_alpha() -> None:
    grey = np.full((8, 8, 2), (100, 0), np.uint8)
    grey[4:, :, 1] = 255
    photo = decode(saved(Image.fromarray(grey, "LA"), "PNG"))
    assert (photo.pixels[:4] == 255).all()
    assert (photo.pixels[4:] == 100).all()


def test_grey_multiplied_by_its_alpha() -> None:
    plain = saved(Image.new("LA", (8, 8), (50, 128)), "TIFF")
    extra = struct.Struct("<HHIHH")  # ExtraSamples: 2 is plain, 1 is multiplied (TIFF 6.0, section 18)
    data = plain.replace(extra.pack(338, 3, 1, 2, 0), extra.pack(338, 3, 1, 1, 0))
    assert data != plain
    assert np.abs(decode(data).pixels - (50 + 255 * (1 - 128 / 255))).max() <= 1


def test_palette_with_a_transparent_colour() -> None:
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.paste(1, (0, 0, 4, 8))
    for format in ("PNG", "GIF"):
        photo = decode(saved(palette, format, transparency=0))
        assert (photo.pixels[:, :4] == (200, 100, 50)).all(), format
        assert (photo.pixels[:, 4:] == 255).all(), format


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits(suffix: str, channels: int) -> None:
    shades = (
        pattern()[..., :1] if channels == 1 else np.dstack([pattern(), np.full((48, 64, channels - 3), 255, np.uint8)])
    )
    order = [2, 1, 0, 3][:channels] if channels > 1 else [0]  # OpenCV writes BGR
    data = cv2.imencode(suffix, np.ascontiguousarray(shades[..., order]).astype(np.uint16) * 257)[1].tobytes()
    want = np.broadcast_to(shades[..., : min(channels, 3)], (48, 64, 3))
    assert np.abs(decode(data).pixels.astype(int) - want).max() <= 1


def test_sixteen_bits_big_endian() -> None:
    grey = (pattern()[..., 0].astype(">u2")) * 257
    image = Image.frombytes("I;16B", (64, 48), grey.astype(">u2").tobytes())
    assert np.abs(decode(saved(image, "TIFF")).pixels[..., 0].astype(int) - pattern()[..., 0]).max() <= 1


@pytest.mark.parametrize(("scale", "note"), [(1 / 255, False), (1, False), (257, False), (1000.0, True)])
def test_float_tiff(scale: float, note: bool) -> None:
    values = pattern()[..., 0].astype(np.float32) * np.float32(scale)
    photo = decode(saved(Image.fromarray(values), "TIFF"))
    assert np.abs(photo.pixels[..., 1].astype(int) - pattern()[..., 0]).max() <= 1
    assert any("stretched" in text for text in photo.notes) is note


def test_float_tiff_survives_values_that_are_no_numbers() -> None:
    values = np.array([[np.nan, np.inf], [0.0, 1.0]], np.float32)
    assert decode(saved(Image.fromarray(values), "TIFF")).pixels[..., 0].tolist() == [[0, 0], [0, 255]]


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "AVIF", "TIFF", "MPO", "HEIF"])
def test_first_of_many_is_taken_and_said_so(format: str) -> None:
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200)]
    frames = [Image.new("RGB", (32, 24), colour) for colour in colours]
    photo = decode(saved(frames[0], format, save_all=True, append_images=frames[1:]))
    assert difference(photo.pixels, np.asarray(frames[0])) < 6
    assert photo.format == ("JPEG" if format == "MPO" else format)
    assert len(photo.notes) == 1
    assert "of 3" in photo.notes[0]


def test_first_frame_stands_though_a_later_one_is_damaged() -> None:
    frames = [Image.fromarray(np.roll(pattern(), i, axis=1)) for i in range(3)]
    data = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    whole, cut = decode(data), decode(data[: len(data) // 2])
    np.testing.assert_array_equal(cut.pixels, whole.pixels)
    assert cut.notes != whole.notes


def test_one_pixel() -> None:
    for format in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"):
        photo = decode(saved(np.full((1, 1, 3), 255, np.uint8), format))
        assert photo.pixels.tolist() == [[[255, 255, 255]]], format
        assert photo.size == (1, 1)


# Colour profiles


def icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Build a version 2 ICC display profile (ICC.1:2001-04) from its tags."""
    table, body, offset = b"", b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(value))
        body += value + b"\0" * (-len(value) % 4)
    size = offset + len(body)
    white = struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    header = struct.pack(">I4sI4s4s4s", size, b"test", 0x02100000, b"mntr", space, b"XYZ ") + b"\0" * 12 + b"acsp"
    header += b"\0" * (68 - len(header)) + white
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in (x, y, z)))


LINEAR = b"curv\0\0\0\0\0\0\0\0"
SRGB_PRIMARIES = {"r": (0.4361, 0.2225, 0.0139), "g": (0.3851, 0.7169, 0.0971), "b": (0.1431, 0.0606, 0.7141)}


def rgb_profile(red: str, green: str, blue: str) -> bytes:
    tags = {b"wtpt": xyz(0.9642, 1.0, 0.8249), b"rTRC": LINEAR, b"gTRC": LINEAR, b"bTRC": LINEAR}
    for name, source in zip((b"rXYZ", b"gXYZ", b"bXYZ"), (red, green, blue), strict=True):
        tags[name] = xyz(*SRGB_PRIMARIES[source])
    return icc(b"RGB ", tags)


def srgb_of_linear(value: float) -> float:
    return 255 * (1.055 * (value / 255) ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_profile_is_converted_to_srgb(format: str) -> None:
    flat = np.full((16, 16, 3), (200, 30, 60), np.uint8)
    options = {"quality": 95} if format in LOSSY else {}
    data = saved(flat, format, icc_profile=rgb_profile("g", "r", "b"), **options)  # green first, and linear light
    want = np.array([srgb_of_linear(30), srgb_of_linear(200), srgb_of_linear(60)])
    assert np.abs(decode(data).pixels[8, 8] - want).max() < 8


def test_grey_profile_with_and_without_alpha() -> None:
    profile = icc(b"GRAY", {b"wtpt": xyz(0.9642, 1.0, 0.8249), b"kTRC": LINEAR})
    photo = decode(saved(Image.new("L", (8, 8), 60), "PNG", icc_profile=profile))
    assert np.abs(photo.pixels - srgb_of_linear(60)).max() < 3
    with_alpha = decode(saved(Image.new("LA", (8, 8), (60, 255)), "PNG", icc_profile=profile))
    np.testing.assert_array_equal(with_alpha.pixels, photo.pixels)


def test_palette_and_alpha_pass_through_the_profile_too() -> None:
    profile = rgb_profile("r", "g", "b")
    for image in (
        Image.new("RGBA", (8, 8), (60, 60, 60, 255)),
        Image.new("RGB", (8, 8), (60, 60, 60)).quantize(2),
    ):
        photo = decode(saved(image, "PNG", icc_profile=profile))
        assert np.abs(photo.pixels - srgb_of_linear(60)).max() < 3, image.mode


def test_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = decode(saved(pattern(), "PNG", icc_profile=profile))
    np.testing.assert_array_equal(photo.pixels, pattern())
    assert photo.notes == ()


def test_profile_that_differs_from_srgb_by_rounding_changes_nothing() -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (red,) = struct.unpack_from(">I", profile, profile.index(b"rXYZ") + 4)
    struct.pack_into(">i", profile, red + 8, struct.unpack_from(">i", profile, red + 8)[0] + 30)
    srgb, image = ImageCms.createProfile("sRGB"), Image.fromarray(pattern())
    converted = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(BytesIO(profile)), srgb)
    assert 0 < np.abs(np.asarray(converted).astype(int) - pattern()).max() <= 2
    np.testing.assert_array_equal(decode(saved(pattern(), "PNG", icc_profile=bytes(profile))).pixels, pattern())


@pytest.mark.parametrize(
    "profile", [b"not a profile", icc(b"GRAY", {b"kTRC": LINEAR})], ids=["broken", "of another mode"]
)
def test_unusable_profile_is_ignored_and_noted(profile: bytes) -> None:
    photo = decode(saved(pattern(), "PNG", icc_profile=profile))
    np.testing.assert_array_equal(photo.pixels, pattern())
    assert any("profile ignored" in note for note in photo.notes)


# Reduction


@pytest.mark.parametrize(("max_side", "factor"), [(200, 8), (400, 4), (401, 2), (800, 2), (801, 1), (None, 1)])
def test_huge_jpeg_is_reduced_but_never_below_max_side(max_side: int | None, factor: int) -> None:
    photo = decode(saved(pattern(1600, 800), "JPEG", quality=95), Limits(max_side=max_side))
    assert photo.pixels.shape == (800 // factor, 1600 // factor, 3)
    assert photo.size == (1600, 800)
    assert photo.scale == 1 / factor
    want = cv2.resize(pattern(1600, 800), (1600 // factor, 800 // factor), interpolation=cv2.INTER_AREA)
    assert difference(photo.pixels, want) < 4
    assert bool(photo.notes) is (factor > 1)


def test_reduction_and_orientation_together() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = decode(saved(pattern(801, 400), "JPEG", exif=exif), Limits(max_side=400))
    assert photo.pixels.shape == (401, 200, 3)
    assert photo.size == (400, 801)


def test_a_line_of_pixels_can_be_reduced() -> None:
    assert decode(saved(pattern(4000, 1), "JPEG"), Limits(max_side=500)).pixels.shape[1] >= 500


def test_other_formats_are_never_reduced() -> None:
    for format in ("PNG", "WEBP", "TIFF"):
        photo = decode(saved(pattern(1600, 800), format), Limits(max_side=100))
        assert photo.pixels.shape == (800, 1600, 3), format
        assert photo.notes == (), format


def test_pixels_are_read_only_and_complete_beyond_one_strip() -> None:
    photo = decode(saved(pattern(1025, 1023), "PNG"))
    np.testing.assert_array_equal(photo.pixels, pattern(1025, 1023))
    assert not photo.pixels.flags.writeable


# Arrays


def test_array_that_can_change_is_copied() -> None:
    array = pattern()
    readable = array.view()
    readable.flags.writeable = False  # its owner can still change it
    photos = [decode(array), decode(readable)]
    array[:] = 0
    for photo in photos:
        np.testing.assert_array_equal(photo.pixels, pattern())
    assert array.flags.writeable


def test_array_that_nobody_can_change_is_taken_as_it_is() -> None:
    array = pattern()
    array.flags.writeable = False
    photo = decode(array)
    assert np.shares_memory(photo.pixels, array)
    assert not photo.pixels.flags.writeable
    assert (photo.source, photo.format, photo.size) == ("<array>", "array", (64, 48))
    assert photo.sha256 == hashlib.sha256(array.tobytes()).hexdigest()


def test_strided_array() -> None:
    photo = decode(pattern()[:, ::-1])
    np.testing.assert_array_equal(photo.pixels, pattern()[:, ::-1])
    assert photo.sha256 == hashlib.sha256(pattern()[:, ::-1].tobytes()).hexdigest()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
    ids=["grey", "four channels", "float", "empty"],
)
def test_array_of_another_kind_is_refused(array: UInt8) -> None:
    for use in (decode, lambda a: encode(a, "PNG")):
        with pytest.raises(ImageError) as caught:
            use(array)
        assert caught.value.code == "image.array"


def test_heif_library_is_loaded_only_for_heif() -> None:
    program = "import sys, bareface.imaging.decode; print('pillow_heif' in sys.modules, 'PIL.ImageCms' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
