"""Encoding and writing: what is written can be read, and a failed write costs nothing."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareface.errors import ImageError, UsageError
from bareface.imaging.decode import decode, encode, write
from tests.examples import examples
from tests.test_images import pattern


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["JPEG", "PNG", "WEBP"]))
@settings(max_examples=examples(30), deadline=None)
def test_what_is_encoded_can_be_decoded(width: int, height: int, format: str) -> None:
    photo = decode(encode(pattern(width, height), format))  # type: ignore[arg-type]
    assert photo.format == format
    assert photo.size == (width, height)
    if format == "PNG":
        np.testing.assert_array_equal(photo.pixels, pattern(width, height))


def test_quality_matters() -> None:
    assert len(encode(pattern(), "JPEG", 30)) < len(encode(pattern(), "JPEG", 95))


def test_too_large_for_the_format() -> None:
    with pytest.raises(ImageError) as caught:
        encode(np.zeros((1, 20_000, 3), np.uint8), "WEBP")
    assert caught.value.code == "image.encode"


@pytest.mark.parametrize(
    ("name", "format"), [("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")]
)
def test_suffix_chooses_the_format(tmp_path: Path, name: str, format: str) -> None:
    write(tmp_path / name, pattern())
    assert decode(tmp_path / name).format == format
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_unknown_suffix(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        write(tmp_path / "a.bmp", pattern())
    assert caught.value.code == "image.suffix"


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write(tmp_path / "no" / "a.png", pattern())
    assert caught.value.code == "usage.output"
    assert caught.value.source == str(tmp_path / "no" / "a.png")


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write(path, pattern())
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # as on a full disk, the write stops half-way
    try:
        with pytest.raises(UsageError) as caught:
            write(path, np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.code == "usage.output"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
