"""Originals of uploads: kept with the gallery, deleted with their references, and nobody else's files with them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bareface.errors import UsageError
from bareface.imaging.decode import encode
from bareface.services.access import Access
from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine, colours, picture, save

ONE, OTHER = (encode(picture(colour), "PNG") for colour in colours(2))


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery.open(tmp_path / "people", TileEngine())


def upload(gallery: Gallery, content: bytes, subject: str) -> str:
    outcome = gallery.enrol_upload(content, subject, None, name="a.png", keep=True)
    return outcome.status


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_a_folder_of_photos_called_as_the_gallery_is_left_alone(gallery: Gallery, tmp_path: Path) -> None:
    folder = tmp_path / "people-photos"
    own = {"2020-01-05.png": ONE, "beach.png": OTHER, "e3b0c44298fc1c149afbf4c8996fb924.png": OTHER}
    folder.mkdir()
    for name, content in own.items():
        (folder / name).write_bytes(content)
    gallery.enrol(save(tmp_path / "p.png", (50, 90, 200)), subject="Ada")
    gallery.enrol(folder / "beach.png", subject="Bo")
    gallery.delete(subject="Ada")
    gallery.delete(subject="Bo")
    assert files(folder) == set(own)
    with pytest.raises(UsageError) as refused:
        upload(gallery, ONE, "Cy")
    assert (refused.value.code, refused.value.source) == ("usage.output", str(folder))
    assert {path.name for path in folder.iterdir()} == set(own)


def test_files_that_came_into_the_folder_later_stay(gallery: Gallery, tmp_path: Path) -> None:
    assert (upload(gallery, ONE, "Ada"), upload(gallery, OTHER, "Bo")) == ("enrolled", "enrolled")
    folder = tmp_path / "people-photos"
    kept = files(folder)
    assert len(kept) == 2
    later = {"e3b0c44298fc1c149afbf4c8996fb924e3b0c44298fc1c149afbf4c8996fb924.png", "face.png", "beach.png"}
    for name in later:
        (folder / name).write_bytes(b"mine")
    (folder / ".upload.part").write_bytes(b"cut short by a kill")
    gallery.delete(subject="Ada")
    left = files(folder)
    assert later < left
    assert len(left) == len(later) + 1
    assert not (folder / ".upload.part").exists()
    gallery.delete(subject="Bo")
    assert files(folder) == later


def test_a_pipe_in_place_of_the_token_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "g-access")
    with pytest.raises(UsageError) as refused:
        Access.open(tmp_path / "g")
    assert refused.value.code == "usage.access"


def test_originals_of_a_gallery_that_was_moved_stay(gallery: Gallery, tmp_path: Path) -> None:
    for content, subject in ((ONE, "Ada"), (OTHER, "Bo")):
        upload(gallery, content, subject)
    gallery.close()
    place = tmp_path / "new"
    place.mkdir()
    for path in tmp_path.glob("people*"):
        path.rename(place / path.name)
    with Gallery.open(place / "people", TileEngine()) as moved:
        assert upload(moved, OTHER, "Bo") == "already enrolled"
        assert moved.check().missing_photos == ()
        assert moved.photo(2)
        moved.delete(subject="Ada")
        (left,) = files(place / "people-photos")
        assert (place / "people-photos" / left).read_bytes() == OTHER
        another = TileEngine("other", "other")
        with Gallery.open(place / "people", another) as later:
            report = later.reembed()
            assert (report.references, report.switched, report.unresolved) == (1, True, ())
        assert moved.relink(tmp_path / "people-photos", place / "people-photos").relinked == 1
        moved.delete(subject="Bo")
    assert files(place / "people-photos") == set()


def test_an_upload_of_a_photo_that_has_a_place_is_not_kept(gallery: Gallery, tmp_path: Path) -> None:
    photo = tmp_path / "ada.png"
    photo.write_bytes(ONE)
    gallery.enrol(photo, subject="Ada")
    assert upload(gallery, ONE, "Ada") == "already enrolled"
    assert files(tmp_path / "people-photos") == set()


def test_an_original_that_cannot_be_removed_is_named_and_everything_else_is_erased(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(gallery, ONE, "Eve")
    (original,) = (gallery.path.parent / f"{gallery.path.name}-photos").glob("*.png")
    unlink = Path.unlink

    def refused(path: Path, *args: Any, **kwargs: Any) -> None:
        if path == original:
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, *args, **kwargs)

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(UsageError) as caught:
        gallery.delete(subject="Eve")
    assert (caught.value.code, caught.value.source) == ("usage.output", str(original))
    assert b"Eve" not in gallery.path.read_bytes()
    assert not gallery.check().warnings
    with gallery._store.writing() as writer:
        writer.mark_deleted()
    Gallery.open(gallery.path, TileEngine()).close()


@pytest.mark.parametrize("name", [".upload.part", ".lock"])
def test_a_folder_in_the_place_of_a_working_file_is_an_error_that_names_it(gallery: Gallery, name: str) -> None:
    upload(gallery, ONE, "Eve")
    place = gallery.path.parent / f"{gallery.path.name}-photos" / name
    place.unlink(missing_ok=True)
    place.mkdir()
    with pytest.raises(UsageError) as caught:
        upload(gallery, OTHER, "Bo")
    assert caught.value.code == "usage.output"
