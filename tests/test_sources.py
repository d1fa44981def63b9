"""Whatever people hand over as a photo: read as it is at that moment, or one typed error."""

from __future__ import annotations

import array
import io
import mmap
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bareface.errors import ImageError
from bareface.imaging.decode import decode
from bareface.imaging.folders import as_sources, entries
from bareface.imaging.portraits import portraits
from bareface.imaging.sources import Limits, hold
from bareface.services.engine import Engine
from bareface.services.gallery import Gallery
from bareface.values.face import Source, UInt8
from tests.gallery.pictures import TileEngine, save

PHOTO = portraits()[0].photos[0]
DATA = PHOTO.read_bytes()


class PathLike:
    def __fspath__(self) -> str:
        return str(PHOTO)


class Reader:
    """Only what a reader must have, in short pieces."""

    def __init__(self) -> None:
        self._file = io.BytesIO(DATA)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(min(size, 1000))

    def seek(self, place: int) -> int:
        return self._file.seek(place)


class Foreign:
    """An array of another library."""

    def __array__(self, dtype: object = None, copy: object = None) -> UInt8:
        return decode(DATA).pixels


def at_its_end() -> io.BytesIO:
    file = io.BytesIO()
    file.write(DATA)
    return file


def mapped() -> mmap.mmap:
    with PHOTO.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


READ: dict[str, Callable[[], Source]] = {
    "string": lambda: str(PHOTO),
    "path": lambda: PHOTO,
    "path-like": PathLike,
    "bytes": lambda: DATA,
    "bytearray": lambda: bytearray(DATA),
    "memoryview": lambda: memoryview(DATA),
    "array of bytes": lambda: array.array("B", DATA),  # type: ignore[dict-item,return-value]
    "BytesIO": lambda: io.BytesIO(DATA),
    "BytesIO at its end": at_its_end,
    "open file": lambda: PHOTO.open("rb"),
    "unbuffered file": lambda: PHOTO.open("rb", buffering=0),
    "mapped file": mapped,  # type: ignore[dict-item]
    "reader": Reader,  # type: ignore[dict-item]
    "Pillow image": lambda: Image.open(PHOTO),
    "Pillow image, loaded": lambda: Image.open(PHOTO).convert("RGBA"),
    "array": lambda: np.array(decode(DATA).pixels),
    "another library's array": Foreign,  # type: ignore[dict-item]
}


@pytest.mark.parametrize("kind", READ)
def test_every_kind_of_source_is_read_alone_and_among_others(kind: str) -> None:
    want = decode(PHOTO).pixels
    source = READ[kind]()
    for _ in range(2):  # a file is rewound
        np.testing.assert_array_equal(decode(source).pixels, want)
    assert len(as_sources(READ[kind]())) == 1
    several = as_sources(READ[kind]() for _ in range(2))
    assert len(several) == 2
    for held in several:
        np.testing.assert_array_equal(decode(held).pixels, want)
    (entry,) = entries(READ[kind](), "Ada")
    assert (entry.subject, entry.error) == ("Ada", None)


NOT_A_SOURCE = {
    "None": None,
    "number": 3,
    "NumPy number": np.float32(3),
    "mapping": {"photo.jpg": DATA},
    "object": object(),
    "list of None": [None],
    "list of numbers": list(DATA[:241]),
    "list of lists": [["a.jpg"], ["b.jpg"]],
    "a good one and None": [DATA, None],
    "text file": io.StringIO("text"),
    "class": Path,
    "empty path": "",
    "blank path": " \t",
    "empty path among others": [DATA, ""],
    "bytes-like path": PathLike,
}


@pytest.mark.parametrize("kind", NOT_A_SOURCE)
@pytest.mark.parametrize("door", [as_sources, lambda source: tuple(entries(source))], ids=["search", "enrol"])
def test_what_is_not_a_source_is_one_error(kind: str, door: Callable[[object], object]) -> None:
    with pytest.raises(ImageError) as caught:
        door(NOT_A_SOURCE[kind])
    assert caught.value.code == "image.source"


def test_a_closed_file_is_one_outcome_among_others() -> None:
    closed = io.BytesIO(DATA)
    closed.close()
    found = list(entries([closed, DATA]))
    assert [one.error.code if one.error else None for one in found] == ["image.unreadable", None]


def test_an_endless_file_is_read_up_to_the_limit() -> None:
    with open("/dev/zero", "rb") as file, pytest.raises(ImageError) as caught:  # noqa: PTH123
        hold(file, Limits(max_bytes=3_000_000))
    assert caught.value.code == "image.too-many-bytes"
    assert "max_bytes=" in str(caught.value)


def test_orientation_and_modes_of_pillow_images() -> None:
    image = Image.fromarray(decode(DATA).pixels[:40, :60].copy())
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "PNG", exif=exif)
    np.testing.assert_array_equal(decode(Image.open(out)).pixels, decode(out.getvalue()).pixels)
    deep = Image.fromarray(np.full((4, 4), 40_000, np.uint16))
    np.testing.assert_array_equal(decode(deep).pixels, round(40_000 / 257))
    with pytest.raises(ImageError) as caught:
        decode(image, Limits(max_pixels=100))
    assert caught.value.code == "image.too-many-pixels"


def _frames(buffer: UInt8, shades: list[int]) -> Iterator[UInt8]:
    readable = buffer.view()
    readable.flags.writeable = False
    for shade in shades:
        buffer[:] = shade
        yield readable if shade % 2 else buffer


def test_one_buffer_filled_again_and_again_is_copied_at_the_door() -> None:
    shades = list(range(10, 22))
    buffer = np.zeros((8, 8, 3), np.uint8)
    assert [int(held[0, 0, 0]) for held in as_sources(_frames(buffer, shades))] == shades  # type: ignore[index,call-overload]
    found = [entry.source for entry in entries(_frames(buffer, shades))]
    assert [int(held[0, 0, 0]) for held in found] == shades  # type: ignore[index,call-overload]
    raw = bytearray(b"first")
    held = hold(raw, Limits())
    raw[:] = b"other"
    assert held == b"first"


class Shades:
    """A detector that says in a box's score which photo it saw."""

    name = "shades"

    def detect(self, pixels: UInt8, min_face: float) -> list[object]:
        self.seen.append(int(pixels[0, 0, 0]))
        return []

    def __init__(self) -> None:
        self.seen: list[int] = []


def test_one_buffer_streamed_again_and_again() -> None:
    shades = list(range(10, 90))
    detector = Shades()
    engine = Engine(detector=detector, threads=2)  # type: ignore[arg-type]
    analyses = list(engine.stream(_frames(np.zeros((64, 64, 3), np.uint8), shades)))
    assert sorted(detector.seen) == shades
    assert [one.error for one in analyses] == [None] * len(shades)


def test_a_stream_has_one_outcome_a_source() -> None:
    engine = Engine(detector=Shades(), threads=1)  # type: ignore[arg-type]
    sources = [None, "", 3, DATA, io.BytesIO(DATA), b"", os.devnull]
    codes = [one.error.code if one.error else None for one in engine.stream(sources)]  # type: ignore[arg-type]
    assert codes == ["image.source"] * 3 + [None, None, "image.empty", "image.not-a-file"]
    with pytest.raises(ImageError) as caught:
        list(engine.stream(None))  # type: ignore[arg-type]
    assert caught.value.code == "image.source"


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_pillow_image_that_is_closed_is_called_so(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"photo{suffix}"
    decoded = Image.fromarray(decode(DATA).pixels)
    decoded.save(path)
    with Image.open(path) as unread:
        pass
    with path.open("rb") as file:
        without_file = Image.open(file)
    decoded.close()
    for image in (unread, without_file, decoded):
        with pytest.raises(ImageError, match="is closed") as caught:
            decode(image)
        assert caught.value.code == "image.source"
        assert "image.copy()" in str(caught.value)


def test_a_pillow_image_without_pixels_is_not_called_damaged() -> None:
    with pytest.raises(ImageError, match="without pixels") as caught:
        decode(Image.new("RGB", (0, 5)))
    assert caught.value.code == "image.array"


def test_a_reader_that_cannot_be_rewound_is_read_from_where_it_is() -> None:
    class Stream:
        def __init__(self) -> None:
            self.read = io.BytesIO(DATA).read

    stream: Any = Stream()
    np.testing.assert_array_equal(decode(stream).pixels, decode(DATA).pixels)


def test_what_to_do_with_a_grey_array_is_said() -> None:
    with pytest.raises(ImageError, match=r"PIL\.Image\.fromarray") as caught:
        decode(np.zeros((9, 9), np.uint8))
    assert caught.value.code == "image.array"


def failing(part: str) -> object:
    """Return an object that is a source by its looks, and fails in a part."""

    def fail(*_: object) -> object:
        raise ZeroDivisionError("of somebody else")

    def nothing(*_: object) -> None:
        return None

    def words(*_: object) -> list[int]:
        return [1]

    members: dict[str, dict[str, object]] = {
        "path": {"__fspath__": fail},
        "path type": {"__fspath__": nothing},
        "read": {"read": fail},
        "read property": {"read": property(fail)},
        "read None": {"read": nothing},
        "read list": {"read": words},
        "seek": {"read": nothing, "seek": fail},
        "name": {"read": nothing, "name": property(fail)},
        "array": {"__array__": fail},
        "interface": {"__array_interface__": property(fail), "read": fail},
    }
    return type("Theirs", (), members[part])()


@pytest.mark.parametrize(
    "part",
    ["path", "path type", "read", "read None", "read list", "seek", "name", "interface"],
)
def test_an_object_that_fails_is_one_outcome(part: str, tmp_path: Path) -> None:
    good = save(tmp_path / "a.png", (200, 60, 60))
    with Gallery.open(tmp_path / "g", TileEngine()) as gallery:
        if part == "read list":  # as text: a mistake in the call
            with pytest.raises(ImageError, match="gives list, not bytes"):
                gallery.enrol([failing(part), good])  # type: ignore[list-item]
            return
        report = gallery.enrol([failing(part), good])  # type: ignore[list-item]
    assert [outcome.status for outcome in report.outcomes] == ["failed", "enrolled"]
    assert report.outcomes[0].code == "image.unreadable"


@pytest.mark.parametrize("part", ["array", "read property"])
def test_an_object_that_only_might_be_a_picture_is_refused(part: str) -> None:
    with pytest.raises(ImageError) as refusal:
        hold(failing(part), Limits())  # type: ignore[arg-type]
    assert refusal.value.code == "image.source"


def test_a_stream_with_nothing_to_read_is_not_called_empty() -> None:
    with pytest.raises(ImageError, match="nothing to read yet"):
        hold(failing("read None"), Limits())  # type: ignore[arg-type]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("path", ["/proc/kmsg", "/proc/self/status", "/proc/version"])
def test_a_file_that_the_system_makes_up_is_not_opened(path: str) -> None:
    if not Path(path).exists():
        pytest.skip(f"no {path} here")
    with pytest.raises(ImageError) as refusal:
        decode(path)
    assert refusal.value.code == "image.not-a-file"
