"""Bad input: every refusal is an ImageError with code and file name; nothing hangs, no half pictures."""

from __future__ import annotations

import os
import socket
import struct
import threading
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from bareface.errors import ImageError
from bareface.imaging import decode as images
from bareface.imaging.decode import Limits, decode, fingerprint
from bareface.imaging.formats import OPENERS
from bareface.imaging.strict import strict
from bareface.values.face import Photo
from tests.examples import examples

pillow_heif.register_heif_opener()


def code_of(action: Callable[[], object], source: object = None) -> str:
    with pytest.raises(ImageError) as caught:
        action()
    if source is not None:
        assert caught.value.source == str(source)
        assert str(source) in str(caught.value)
    return caught.value.code


def picture(width: int = 48, height: int = 32) -> Image.Image:
    noise = np.random.default_rng(7).integers(0, 256, (4, 6, 3), np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


FILES = {
    "JPEG": saved(picture(), "JPEG"),
    "progressive JPEG": saved(picture(), "JPEG", progressive=True),
    "PNG": saved(picture(), "PNG"),
    "WEBP": saved(picture(), "WEBP"),
    "lossless WEBP": saved(picture(), "WEBP", lossless=True),
    "GIF": saved(picture(), "GIF"),
    "BMP": saved(picture(), "BMP"),
    "TIFF": saved(picture(), "TIFF"),
    "LZW TIFF": saved(picture(), "TIFF", compression="tiff_lzw"),
    "AVIF": saved(picture(), "AVIF"),
    "HEIF": saved(picture(), "HEIF"),
}
WHOLE = {name: decode(data).pixels for name, data in FILES.items()}


# The file


def test_missing_file_and_broken_link(tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(tmp_path / "gone.jpg")
    (tmp_path / "file").write_bytes(b"x")
    for path in (tmp_path / "no.jpg", tmp_path / "link.jpg", tmp_path / "file" / "a.jpg", "a\0b.jpg"):
        assert code_of(lambda path=path: decode(path), path) == "image.missing"
        assert code_of(lambda path=path: fingerprint(path), path) == "image.missing"


def test_folder(tmp_path: Path) -> None:
    assert code_of(lambda: decode(tmp_path), tmp_path) == "image.directory"
    assert code_of(lambda: fingerprint(tmp_path), tmp_path) == "image.directory"


def test_symlink_loop(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jpg", tmp_path / "b.jpg"
    first.symlink_to(second)
    second.symlink_to(first)
    assert code_of(lambda: decode(first), first) == "image.symlink-loop"


def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(FILES["JPEG"])
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may read everything, so be nobody for a moment
    try:
        with pytest.raises(ImageError, match="permissions") as caught:
            decode(path)
        assert (caught.value.code, caught.value.source) == ("image.unreadable", str(path))
        assert code_of(lambda: fingerprint(path), path) == "image.unreadable"
    finally:
        os.seteuid(user)


def test_pipe_device_and_socket_do_not_hang(tmp_path: Path) -> None:
    pipe, listener = tmp_path / "pipe.jpg", tmp_path / "s.jpg"
    os.mkfifo(pipe)
    codes: list[str] = []

    def attempt() -> None:
        for path in (pipe, Path("/dev/zero"), listener):
            codes.append(code_of(lambda path=path: decode(path), path))
            codes.append(code_of(lambda path=path: fingerprint(path), path))

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(listener))
        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(20)
    assert codes == ["image.not-a-file"] * 6


def test_length_is_checked_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(FILES["JPEG"])
    os.truncate(path, 2**38)  # sparse: reading a quarter of a terabyte would fail or take for ever
    assert code_of(lambda: decode(path), path) == "image.too-many-bytes"
    assert code_of(lambda: fingerprint(path), path) == "image.too-many-bytes"


def test_length_limit_is_inclusive_and_holds_for_bytes() -> None:
    length = len(FILES["PNG"])
    decode(FILES["PNG"], Limits(max_bytes=length))
    assert code_of(lambda: decode(FILES["PNG"], Limits(max_bytes=length - 1))) == "image.too-many-bytes"


@pytest.mark.parametrize("source", [None, 3, [[1, 2, 3]], {}, object(), 1.5, np.float32(2), "", "  ", Path(" ")])
def test_something_that_names_no_photo(source: object) -> None:
    assert code_of(lambda: decode(source)) == "image.source"  # type: ignore[arg-type]


# The content


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.touch()
    assert code_of(lambda: decode(path), path) == "image.empty"
    assert code_of(lambda: decode(b"")) == "image.empty"


@pytest.mark.parametrize(
    "data",
    [
        b"Dear reader,\n",
        b"BMW is a maker of cars, not a bitmap.",
        b"\xff",
        b"RIFF\x04\0\0\0WAVE",
        b"P6 is a tram",
        b"\0" * 99,
    ],
)
def test_text_and_others_renamed(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    assert code_of(lambda: decode(path), path) == "image.not-an-image"


def test_formats_that_are_not_read_are_named() -> None:
    for data in (
        b"\xff\x0a rest",
        b"8BPS\0\1",
        b"%PDF-1.7",
        saved(picture(), "JPEG2000"),
        saved(picture(), "ICO"),
        *(saved(picture(), format) for format in ("PPM", "TGA", "PCX", "SGI", "DDS", "ICNS", "EPS")),
        saved(picture(), "TGA", compression="tga_rle"),
        b"Pf\n8 8\n-1.0\n",
        b"<?xml version='1.0'?>\n<!-- a drawing -->\n<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0\0\0\x18ftypmp42\0\0\0\0",
    ):
        with pytest.raises(ImageError, match=r"is not supported\. Convert it to one of JPEG, PNG, WebP") as refusal:
            decode(data)
        assert refusal.value.code == "image.unsupported"


def test_kinds_of_a_format_that_are_not_read() -> None:
    float_rgb = cv2.imencode(".tiff", np.zeros((8, 8, 3), np.float32))[1].tobytes()
    bitmap = bytearray(FILES["BMP"])
    bitmap[28] = 7  # bits a pixel
    for data in (float_rgb, bytes(bitmap)):
        assert code_of(lambda data=data: decode(data)) == "image.unsupported"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int) -> bytes:
    """Return a grey PNG, whole as a container, whose header promises far more than its 8 bytes of pixels."""
    ihdr = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 8))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + pixels + chunk(b"IEND", b"")


def test_pixels_are_counted_before_decoding(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(30_000, 30_000))
    assert code_of(lambda: decode(path), path) == "image.too-many-pixels"
    patched = bytearray(FILES["JPEG"])
    frame = patched.index(b"\xff\xc0") + 5
    patched[frame : frame + 4] = struct.pack(">HH", 30_000, 30_000)
    assert code_of(lambda: decode(bytes(patched))) == "image.too-many-pixels"


def test_the_limit_is_ours_not_the_decoder_librarys() -> None:
    assert Image.MAX_IMAGE_PIXELS is not None
    side = int((2 * Image.MAX_IMAGE_PIXELS) ** 0.5) + 1  # where Image.open would raise an error of its own
    data = png_header(side, side)
    assert code_of(lambda: decode(data, Limits(max_pixels=side * side - 1))) == "image.too-many-pixels"
    assert code_of(lambda: decode(data, Limits(max_pixels=side * side))) == "image.truncated"


@pytest.mark.parametrize("name", FILES)
def test_a_program_that_reads_cut_pictures_gets_no_half_photo(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as scripts that train networks do
    cut, bitmap = FILES[name][: len(FILES[name]) * 7 // 10], FILES["BMP"][:3_000]
    assert code_of(lambda: decode(cut)) == "image.truncated"
    assert decode(FILES[name]).pixels.shape == (32, 48, 3)
    with Image.open(BytesIO(bitmap)) as own:  # the program's own pictures are read as it asked
        assert own.load() is not None


def test_another_thread_of_that_program_reads_its_cut_pictures_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with strict(), ThreadPoolExecutor(1) as pool:
        here = bool(ImageFile.LOAD_TRUNCATED_IMAGES)
        assert (here, pool.submit(lambda: bool(ImageFile.LOAD_TRUNCATED_IMAGES)).result()) == (False, True)
    assert ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize("name", ["TIFF", "LZW TIFF"])
def test_a_large_tiff_is_counted_by_our_limit_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48 * 32 - 1)  # Pillow warns, as at 90 million pixels, and
    image = OPENERS["TIFF"](BytesIO(FILES[name]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image.load()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48 * 32 // 2 - 1)  # refuses, as at 180 million
    image = OPENERS["TIFF"](BytesIO(FILES[name]))
    image.load()
    assert (np.asarray(image) == WHOLE[name]).all()


def test_webp_whose_decoder_would_allocate_first() -> None:
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (15_999).to_bytes(3, "little") * 2
    body = b"WEBP" + canvas + FILES["WEBP"][12:]
    assert code_of(lambda: decode(b"RIFF" + struct.pack("<I", len(body)) + body)) == "image.too-many-pixels"


@pytest.mark.parametrize("name", FILES)
def test_pixel_limit_holds_for_every_format_and_is_inclusive(name: str) -> None:
    decode(FILES[name], Limits(max_pixels=48 * 32))
    assert code_of(lambda: decode(FILES[name], Limits(max_pixels=48 * 32 - 1))) == "image.too-many-pixels"


def test_pixel_limit_holds_for_arrays() -> None:
    assert code_of(lambda: decode(WHOLE["PNG"], Limits(max_pixels=100))) == "image.too-many-pixels"


def test_out_of_memory_is_not_called_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> Image.Image:
        raise MemoryError

    monkeypatch.setattr(images, "flatten", exhausted)
    assert code_of(lambda: decode(FILES["JPEG"])) == "image.memory"


# Cut short and damaged


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.97])
def test_cut_short_is_called_so(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(FILES[name][: int(len(FILES[name]) * share)])
    assert code_of(lambda: decode(path), path) == "image.truncated"


def attempt(data: bytes) -> Photo | None:
    try:
        return decode(data)
    except ImageError:
        return None


@pytest.mark.parametrize("name", FILES)
@given(st.floats(0, 1))
@example(0.999)
@settings(max_examples=examples(60), deadline=None)
def test_cut_anywhere_is_refused_or_complete(name: str, share: float) -> None:
    photo = attempt(FILES[name][: int(share * len(FILES[name]))])
    assert photo is None or np.array_equal(photo.pixels, WHOLE[name])


@pytest.mark.parametrize("name", ["JPEG", "progressive JPEG", "PNG"])
@given(st.floats(0, 0.95))
@settings(max_examples=examples(60), deadline=None)
def test_half_copied_and_filled_with_zeros_is_refused(name: str, share: float) -> None:
    data = FILES[name]
    kept = int(share * len(data))
    assert attempt(data[:kept].ljust(len(data), b"\0")) is None


@pytest.mark.parametrize("name", FILES)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12))
@settings(max_examples=examples(60), deadline=None)
def test_damage_anywhere_never_raises_anything_else(name: str, changes: list[tuple[float, int]]) -> None:
    data = bytearray(FILES[name])
    for place, value in changes:
        data[int(place * len(data))] = value
    photo = attempt(bytes(data))
    assert photo is None or (photo.pixels.dtype == np.uint8 and photo.pixels.shape[2] == 3)


@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"MM\0*", b"RIFF"]),
    st.binary(max_size=200),
)
@settings(max_examples=examples(200), deadline=None)
def test_noise_behind_a_magic_number_is_refused(start: bytes, rest: bytes) -> None:
    assert attempt(start + rest) is None


def test_damaged_png_is_called_so() -> None:
    data = bytearray(FILES["PNG"])
    data[len(data) // 2] ^= 0x10
    assert code_of(lambda: decode(bytes(data))) == "image.corrupt"


def test_bytes_after_the_end_do_no_harm() -> None:
    for name in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF", "HEIF"):
        for tail in (b"\0" * 100, b"appended by a camera" * 9):
            np.testing.assert_array_equal(decode(FILES[name] + tail).pixels, WHOLE[name], err_msg=name)


@pytest.mark.filterwarnings("error")
def test_damaged_metadata_spoil_no_sound_photo_where_warnings_are_errors(recwarn: pytest.WarningsRecorder) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description that is kept behind the table"
    block = exif.tobytes()
    data = saved(picture(), "JPEG", exif=block[:-20])
    assert decode(data).pixels.shape == (32, 48, 3)
    assert not recwarn.list
