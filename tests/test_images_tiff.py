"""TIFF in every layout: the right pixels, or ``image.unsupported``; never scrambled, never a negative.

The files are made by ``tests/tiff.py``, so what they show is known without a decoder; tifffile, where it reads a file,
must agree that they are what they are meant to be.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from bareface.errors import ImageError
from bareface.imaging.decode import Limits, decode
from tests.test_images import rgb_profile
from tests.tiff import (
    BLACK_IS_ZERO,
    CMYK,
    DEFLATE,
    LAB,
    LZW,
    NONE,
    PACKBITS,
    PALETTE,
    RGB,
    UNASSOCIATED,
    UNSPECIFIED,
    WHITE_IS_ZERO,
    YCBCR,
    Kind,
    tiff,
)

HEIGHT, WIDTH = 24, 36
_Y, _X = np.mgrid[0:HEIGHT, 0:WIDTH]
COLOUR = np.stack(
    [_X / (WIDTH - 1), _Y / (HEIGHT - 1), np.where((_X < WIDTH / 2) & (_Y < HEIGHT / 2), 0.8, 0.16)], axis=-1
)
GREY = COLOUR @ np.array([[0.4], [0.6], [0.0]])
ALPHA = np.choose(3 * _X // WIDTH, [0.35, 0.78, 1.0])[..., None]


def picture(kind: Kind, floating: bool = False) -> tuple[NDArray[np.generic], NDArray[np.float64]]:
    """Return samples [H, W, C] as the kind stores them, and the pixels [H, W, 3] that a viewer must show."""
    shown = COLOUR if kind.photometric in (RGB, CMYK) else GREY
    top = 1 if floating else 2**kind.bits - 1
    if kind.bits < 8:
        shown = np.rint(shown * top) / top
    samples = np.concatenate([1 - shown, 0 * GREY], axis=-1) if kind.photometric == CMYK else shown
    if kind.photometric == WHITE_IS_ZERO:
        samples = 1 - samples
    for meaning in kind.extra:
        if meaning == 1:
            samples = samples * ALPHA
        if meaning in (1, 2):
            shown = shown * ALPHA + (1 - ALPHA)
        samples = np.concatenate([samples, ALPHA], axis=-1)
    if floating:
        stored = (samples * top).astype({16: np.float16, 32: np.float32, 64: np.float64}[kind.bits])
    else:
        wide = next(bits for bits in (8, 16, 32) if kind.bits <= bits)
        stored = np.rint(samples * top).astype(f"u{wide // 8}")
    return stored, 255 * np.broadcast_to(shown, (HEIGHT, WIDTH, 3))


def kinds() -> Iterator[tuple[Kind, bool]]:
    """Yield each combination, and whether its samples are floating-point numbers."""
    depths = [(bits, False) for bits in (1, 2, 4, 8, 12, 16, 32)] + [(bits, True) for bits in (16, 32, 64)]
    layouts = [{}, {"tile": (16, 16)}, {"rows": 7}]
    packings = [(NONE, 1), (LZW, 1), (LZW, 2), (DEFLATE, 2), (DEFLATE, 3), (PACKBITS, 1)]
    for photometric, (bits, floating), extra, planar, layout, (compression, predictor), (
        big_endian,
        big,
    ) in itertools.product(
        (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, CMYK),
        depths,
        ((), (0,), (1,), (2,)),
        (False, True),
        layouts,
        packings,
        ((False, False), (True, False), (False, True), (True, True)),
    ):
        if (predictor == 3 and not floating) or (predictor == 2 and (floating or bits not in (8, 16, 32))):
            continue
        if (bits < 8 and (extra or photometric == CMYK)) or (big and compression == PACKBITS):
            continue
        kind = Kind(
            photometric, bits, planar=planar, compression=compression, predictor=predictor, extra=extra,
            big_endian=big_endian, big=big, **layout,
        )  # fmt: skip
        yield kind, floating


def wrong(kind: Kind, floating: bool = False) -> str | None:
    """Return the fault in how a kind is read; None if it is read right, or refused as unsupported."""
    stored, shown = picture(kind, floating)
    try:
        pixels = decode(tiff(stored, kind)).pixels
    except ImageError as error:
        return None if error.code == "image.unsupported" else str(error)
    difference = np.abs(pixels - shown)
    return None if difference.max() <= 2 else f"differs by up to {difference.max():.0f}"


@pytest.mark.parametrize("step", [41, pytest.param(1, marks=pytest.mark.slow)])
def test_every_layout_is_read_right_or_refused(step: int) -> None:
    some = itertools.islice(kinds(), 0, None, step)  # a step that shares no factor with any choice meets all of them
    assert {repr(kind): what for kind, floating in some if (what := wrong(kind, floating))} == {}


READ = {
    "planar RGB": Kind(RGB, 16, planar=True),
    "planar RGB, tiled": Kind(RGB, 16, planar=True, tile=(16, 16)),
    "planar RGB, big-endian strips": Kind(RGB, 16, planar=True, rows=7, big_endian=True),
    "planar RGB, BigTIFF": Kind(RGB, 16, planar=True, big=True),
    "planar RGB, LZW and predictor": Kind(RGB, 16, planar=True, compression=LZW, predictor=2),
    "planar RGB and alpha": Kind(RGB, 16, planar=True, extra=(UNASSOCIATED,)),
    "planar RGB and more": Kind(RGB, 16, planar=True, extra=(UNSPECIFIED,)),
    "planar CMYK": Kind(CMYK, 16, planar=True, compression=DEFLATE, tile=(16, 16)),
    "planar grey": Kind(BLACK_IS_ZERO, 16, planar=True),
    "planar grey of 4 bits": Kind(BLACK_IS_ZERO, 4, planar=True),
    "planar bilevel": Kind(WHITE_IS_ZERO, 1, planar=True),
    "grey of 12 bits": Kind(BLACK_IS_ZERO, 12),
    "grey of 32 bits": Kind(BLACK_IS_ZERO, 32),
    "negative of 16 bits": Kind(WHITE_IS_ZERO, 16),
}


@pytest.mark.parametrize("name", READ)
def test_layouts_that_came_out_wrong_are_read(name: str) -> None:
    stored, shown = picture(READ[name])
    photo = decode(tiff(stored, READ[name]))
    assert np.abs(photo.pixels - shown).max() <= 2
    assert photo.notes == ()
    assert photo.size == (WIDTH, HEIGHT)


def test_the_files_of_these_tests_are_what_they_are_meant_to_be() -> None:
    """By another reader: not one that decodes all of them, yet most layouts are among those it does."""
    read = 0
    for kind, floating in itertools.islice(kinds(), 0, None, 23):
        if kind.compression == LZW or kind.predictor == 3 or kind.bits in (2, 4, 12):
            continue
        stored, _ = picture(kind, floating)
        pixels = tifffile.TiffFile(BytesIO(tiff(stored, kind))).pages[0].asarray()
        channels = stored.shape[2]
        pixels = np.moveaxis(pixels, 0, -1) if kind.planar and channels > 1 else pixels.reshape(stored.shape)
        np.testing.assert_array_equal(pixels, stored, err_msg=repr(kind))
        read += 1
    assert read > 150


def test_a_float_negative_is_turned() -> None:
    for bits in (16, 32, 64):
        assert wrong(Kind(WHITE_IS_ZERO, bits), floating=True) is None
    stored, shown = picture(Kind(WHITE_IS_ZERO, 32), floating=True)
    assert np.abs(decode(tiff(stored, Kind(WHITE_IS_ZERO, 32))).pixels - shown).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("planar", [False, True])
def test_orientation_of_planes(orientation: int, planar: bool) -> None:
    tags = {274: (3, [orientation])}
    stored, _ = picture(Kind(RGB, 16))
    photo = decode(tiff(stored, Kind(RGB, 16, planar=planar, tags=tags)))
    want = decode(tiff((stored >> 8).astype(np.uint8), Kind(RGB, 8, tags=tags)))
    assert np.abs(photo.pixels.astype(int) - want.pixels).max() <= 1
    assert photo.size == want.size


def test_the_profile_of_planes_is_applied() -> None:
    tags = {34675: (1, list(rgb_profile("g", "r", "b")))}
    stored, _ = picture(Kind(RGB, 16))
    planes = decode(tiff(stored, Kind(RGB, 16, planar=True, tags=tags))).pixels
    chunks = decode(tiff(stored, Kind(RGB, 16, tags=tags))).pixels
    assert np.abs(planes.astype(int) - chunks).max() <= 5  # linear light: dark values are spread
    assert np.abs(planes.astype(int) - decode(tiff(stored, Kind(RGB, 16))).pixels).mean() > 5


@pytest.mark.parametrize(
    ("kind", "channels"),
    [
        (Kind(BLACK_IS_ZERO, 8, signed=True), 1),
        (Kind(YCBCR, 8), 3),
        (Kind(CMYK, 8, tags={332: (3, [2])}), 4),
        (Kind(LAB, 8, planar=True), 3),
        (Kind(YCBCR, 8, planar=True), 3),
        (Kind(RGB, 32), 3),
        (Kind(BLACK_IS_ZERO, 16, extra=(UNASSOCIATED,), planar=True), 2),
    ],
    ids=["signed", "subsampled", "other inks", "planar Lab", "planar YCbCr", "32 bits", "grey and alpha"],
)
def test_layouts_that_are_not_read_are_refused(kind: Kind, channels: int) -> None:
    stored = np.zeros((16, 16, channels), {8: np.uint8, 16: np.uint16, 32: np.uint32}[kind.bits])
    with pytest.raises(ImageError) as caught:
        decode(tiff(stored, kind))
    assert caught.value.code == "image.unsupported"
    assert "PNG" in str(caught.value)


def test_a_file_that_does_not_say_what_black_is_is_refused() -> None:
    data = bytearray(tiff(np.zeros((8, 8, 1), np.uint8), Kind(BLACK_IS_ZERO)))
    place = data.index((262).to_bytes(2, "little"), len(data) - 200)
    data[place : place + 2] = (263).to_bytes(2, "little")
    with pytest.raises(ImageError) as caught:
        decode(bytes(data))
    assert caught.value.code == "image.unsupported"


def test_palette_in_bits_and_planes() -> None:
    colours = np.random.default_rng(3).integers(0, 256, (16, 3))
    tags = {320: (3, [int(value) * 257 for value in colours.T.ravel()])}
    numbers = ((_X + _Y) % 16).astype(np.uint8)[..., None]
    for planar, compression in itertools.product((False, True), (NONE, LZW)):
        photo = decode(tiff(numbers, Kind(PALETTE, 4, planar=planar, compression=compression, tags=tags)))
        np.testing.assert_array_equal(photo.pixels, colours[numbers[..., 0]])


def test_signed_values_as_pillow_writes_them() -> None:
    values = np.rint(GREY[..., 0] * 65535).astype(np.int32)
    out = BytesIO()
    Image.fromarray(values).save(out, "TIFF")
    assert np.abs(decode(out.getvalue()).pixels[..., 0] - 255 * GREY[..., 0]).max() <= 1


def test_a_pillow_image_of_planes_is_refused() -> None:
    """Pillow has scrambled its pixels, or would."""
    stored, _ = picture(READ["planar RGB"])
    image = TiffImagePlugin.TiffImageFile(BytesIO(tiff(stored, READ["planar RGB"])))
    for _ in range(2):
        with pytest.raises(ImageError) as caught:
            decode(image)
        assert caught.value.code == "image.unsupported"
        image.load()


def test_limits_hold_for_planes() -> None:
    stored, _ = picture(READ["planar RGB"])
    with pytest.raises(ImageError) as caught:
        decode(tiff(stored, READ["planar RGB"]), Limits(max_pixels=WIDTH * HEIGHT - 1))
    assert caught.value.code == "image.too-many-pixels"
