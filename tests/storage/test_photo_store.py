"""Contract of every :class:`bareface.storage.ports.PhotoStore`: photos at their paths, and photos kept as bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bareface.errors import BarefaceError, GalleryError
from bareface.imaging import decode as images
from bareface.storage.photos_on_disk import PhotosOnDisk
from bareface.storage.ports import IMPORTED, PhotoStore, StoredPhoto
from tests.gallery.pictures import picture

CONTENT = images.encode(picture((230, 60, 60)), "PNG")
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class PhotosInMemory:
    """Photos that were handed over as bytes, as a service keeps uploads; what has a path lies there."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.disk = PhotosOnDisk()

    def fetch(self, photo: StoredPhoto) -> str | bytes:
        if photo.path is None and photo.sha256 in self.kept:
            return self.kept[photo.sha256]
        return self.disk.fetch(photo)

    def missing(self, photo: StoredPhoto) -> bool:
        return self.disk.missing(photo)


def on_disk(folder: Path) -> tuple[PhotoStore, StoredPhoto]:
    path = folder / "photo.png"
    path.write_bytes(CONTENT)
    return PhotosOnDisk(), StoredPhoto(SHA256, str(path), "PNG")


def in_memory(folder: Path) -> tuple[PhotoStore, StoredPhoto]:
    store = PhotosInMemory()
    store.kept[SHA256] = CONTENT
    return store, StoredPhoto(SHA256, None, "PNG")


KINDS: dict[str, Callable[[Path], tuple[PhotoStore, StoredPhoto]]] = {"on disk": on_disk, "in memory": in_memory}


@pytest.fixture(params=sorted(KINDS))
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[PhotoStore, StoredPhoto]:
    """Return a store with one photo in it."""
    return KINDS[request.param](tmp_path)


def test_a_photo_is_fetched_with_the_content_that_was_enrolled(kept: tuple[PhotoStore, StoredPhoto]) -> None:
    store, photo = kept
    assert images.decode(store.fetch(photo)).sha256 == photo.sha256
    assert not store.missing(photo)


def test_a_photo_that_was_not_kept_is_said_to_be(kept: tuple[PhotoStore, StoredPhoto]) -> None:
    store, photo = kept
    another = replace(photo, path=None, sha256="0" * 64)
    with pytest.raises(GalleryError) as caught:
        store.fetch(another)
    assert caught.value.code == "gallery.no-photo"
    assert not store.missing(another), "nothing that was kept is gone"


def test_a_file_of_templates_has_no_photo(kept: tuple[PhotoStore, StoredPhoto]) -> None:
    store, photo = kept
    with pytest.raises(GalleryError, match="imported without a photo") as caught:
        store.fetch(replace(photo, format=IMPORTED, sha256="0" * 64))
    assert caught.value.code == "gallery.no-photo"


@pytest.mark.parametrize(("content", "code"), [(b"another", "gallery.photo-changed"), (None, "image.missing")])
def test_another_photo_at_its_path_is_not_taken_for_it(
    kept: tuple[PhotoStore, StoredPhoto], tmp_path: Path, content: bytes | None, code: str
) -> None:
    store, photo = kept
    path = tmp_path / "moved.png"
    if content is not None:
        path.write_bytes(content)
    moved = replace(photo, path=str(path))
    with pytest.raises(BarefaceError) as caught:
        store.fetch(moved)
    assert caught.value.code == code
    assert store.missing(moved) == (content is None)
