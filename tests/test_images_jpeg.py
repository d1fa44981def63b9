"""JPEG: limits at the size it is decoded at, and files that lack only their end."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bareface.errors import ImageError
from bareface.imaging.decode import Limits, decode, labels
from bareface.imaging.portraits import portraits

with Image.open(portraits()[0].photos[0]) as _opened:
    FACE = _opened.convert("RGB").resize((200, 160))


def saved(image: Image.Image, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def code_of(data: bytes, limits: Limits) -> str:
    with pytest.raises(ImageError) as caught:
        decode(data, limits)
    assert "max_pixels=" in str(caught.value)
    return caught.value.code


WIDE = saved(FACE.resize((800, 640)))


def test_a_photo_is_judged_at_the_size_it_is_decoded_at() -> None:
    reduced = Limits(max_pixels=200 * 160, max_side=200)
    assert decode(WIDE, Limits(max_pixels=200 * 160 * 4, max_side=200)).pixels.shape == (160, 200, 3)
    assert code_of(WIDE, reduced) == "image.too-many-pixels"  # sixteen times as many in its header
    middling = saved(FACE.resize((400, 320)))
    assert decode(middling, reduced).pixels.shape == (160, 200, 3)
    assert code_of(middling, Limits(max_pixels=200 * 160 - 1, max_side=200)) == "image.too-many-pixels"
    assert code_of(middling, Limits(max_pixels=200 * 160, max_side=None)) == "image.too-many-pixels"


def test_a_photo_that_needs_memory_for_all_of_its_pixels_is_judged_by_them() -> None:
    reduced = Limits(max_pixels=200 * 160, max_side=200)
    assert code_of(saved(FACE.resize((400, 320)), progressive=True), reduced) == "image.too-many-pixels"
    scans = in_scans(saved(FACE.resize((400, 320)).convert("L")))
    assert code_of(scans, reduced) == "image.too-many-pixels"


def in_scans(data: bytes) -> bytes:
    """Return a grey JPEG that claims two more components, which it would have to give in scans of their own."""
    frame = data.index(b"\xff\xc0")
    length = int.from_bytes(data[frame + 2 : frame + 4])
    body = bytearray(data[frame + 4 : frame + 2 + length])
    body[5] = 3
    more = b"\2\x11\0\3\x11\0"
    return data[: frame + 2] + (length + 6).to_bytes(2) + bytes(body) + more + data[frame + 2 + length :]


@pytest.mark.slow
def test_108_megapixels_as_phones_write_them(tmp_path: Path) -> None:
    """Decoded in a process of its own, to see how much memory that takes."""
    path = tmp_path / "phone.jpg"
    whole = Image.new("RGB", (12_000, 9_000), (120, 150, 180))
    whole.paste(FACE.resize((2_000, 1_600)), (3_000, 1_500))
    whole.save(path, quality=60)
    program = (
        "import sys; from bareface.imaging.decode import decode; from tests.memory import peak; "
        "photo = decode(sys.argv[1]);"
        "print(photo.size, photo.pixels.shape, peak() >> 20)"
    )
    command = [sys.executable, "-c", program, path]
    root = Path(__file__).parents[1]
    shown = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert shown.startswith("(12000, 9000) (4500, 6000, 3) ")
    assert int(shown.split()[-1]) < 1024
    assert labels(path).software == ""


# Files that lack their end

KINDS = {
    "baseline": saved(FACE),
    "grey": saved(FACE.convert("L")),
    "fine colours": saved(FACE, subsampling=0, quality=95),
    "with restarts": saved(FACE, restart_marker_blocks=4),
    "progressive": saved(FACE, progressive=True),
    "odd size": saved(FACE.resize((61, 47))),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", [b"", b"\xff", b"\0" * 512, b"\xff" * 512], ids=["cut", "half", "zeros", "ones"])
def test_a_file_without_its_end_is_read_if_its_pixels_are_complete(kind: str, tail: bytes) -> None:
    data = KINDS[kind]
    photo = decode(data[:-2] + tail)
    np.testing.assert_array_equal(photo.pixels, decode(data).pixels)
    assert photo.notes == ("the end of the file is missing; its pixels are complete",)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "tail", [b"", b"\0" * 4096, b"\xff" * 4096, b" " * 4096], ids=["cut", "zeros", "ones", "blanks"]
)
def test_a_file_that_lacks_pixels_is_refused(kind: str, tail: bytes) -> None:
    data = KINDS[kind]
    whole, codes = decode(data).pixels, set[str]()
    for missing in (*range(3, 40), *range(40, len(data) - 700, 97)):
        try:
            photo = decode(data[: len(data) - missing] + tail)
        except ImageError as error:
            codes.add(error.code)
        else:  # the last bits of a file may be padding
            np.testing.assert_array_equal(photo.pixels, whole)
            assert missing < 8
    assert codes == {"image.truncated"}


def test_a_progressive_file_that_lacks_its_last_scans_is_refused() -> None:
    data = KINDS["progressive"]
    scans = [place for place in range(len(data)) if data[place : place + 2] == b"\xff\xda"]
    assert len(scans) > 5
    for place in scans:
        with pytest.raises(ImageError) as caught:
            decode(data[:place])
        assert caught.value.code == "image.truncated"
        assert "cut short" in str(caught.value)


ENDED = {
    "baseline": WIDE,
    "grey": saved(FACE.convert("L").resize((800, 640))),
    "fine colours": saved(FACE.resize((400, 320)), subsampling=0, quality=95),
    "with restarts": saved(FACE.resize((801, 633)), restart_marker_blocks=4),
}


@pytest.mark.parametrize("kind", ENDED)
@pytest.mark.parametrize("tail", [b"\xff\xd9", KINDS["baseline"]], ids=["its end marker", "another photo"])
def test_a_file_that_was_cut_short_and_ended_again_is_refused(kind: str, tail: bytes) -> None:
    data = ENDED[kind]
    whole, codes = decode(data).pixels, set[str]()
    for kept in range(data.index(b"\xff\xda") + 14, len(data) - 2, 997):
        try:
            photo = decode(data[:kept] + tail)
        except ImageError as error:
            codes.add(error.code)
        else:  # within the last block
            wrong = np.argwhere((photo.pixels != whole).any(axis=2))
            assert not wrong.size or (wrong.min(axis=0) >= np.array(whole.shape[:2]) - 17).all()
    assert codes
    assert codes <= {"image.truncated", "image.corrupt"}


def test_a_file_whose_data_end_where_a_restart_was_due_is_refused() -> None:
    data = KINDS["with restarts"]
    for number in range(8):
        restart = bytes([0xFF, 0xD0 + number])
        place = data.index(restart, data.index(b"\xff\xda"))
        for tail in (b"\xff\xd9", restart + b"\xff\xd9", b"", b"\0" * 4096):
            with pytest.raises(ImageError) as caught:
                decode(data[:place] + tail)
            assert caught.value.code == "image.truncated"


@pytest.mark.parametrize("side", [1, 3, 8, 17, 40, 61])
@pytest.mark.parametrize("max_side", [None, 7, 20])
def test_a_photo_with_a_plain_corner_is_read(side: int, max_side: int | None) -> None:
    sheet = Image.new("RGB", (2 * side + 41, side), "white")
    sheet.paste(FACE.resize((40, 32)))
    for options in ({}, {"progressive": True}, {"restart_marker_blocks": 1}, {"optimize": True}, {"subsampling": 0}):
        photo = decode(saved(sheet, **options), Limits(max_side=max_side))
        assert photo.size == sheet.size


def test_a_progressive_file_that_was_ended_early_says_so() -> None:
    data = KINDS["progressive"]
    scans = [place for place in range(len(data)) if data[place : place + 2] == b"\xff\xda"]
    assert decode(data).notes == ()
    (note,) = decode(data[: scans[3]] + b"\xff\xd9").notes
    assert "coarser" in note


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (1, b"\xc3", "lossless"),
        (1, b"\xf7", "JPEG-LS"),
        (1, b"\xc5", "hierarchical"),
        (4, b"\x0c", "12 bits a sample"),
        (5, b"\0\0", "its height"),
    ],
)
def test_a_sound_file_of_a_rare_process_is_not_called_damaged(place: int, value: bytes, reason: str) -> None:
    data = bytearray(KINDS["baseline"])
    frame = data.index(b"\xff\xc0")
    data[frame + place : frame + place + len(value)] = value
    with pytest.raises(ImageError, match=reason) as caught:
        decode(bytes(data))
    assert caught.value.code == "image.unsupported"
