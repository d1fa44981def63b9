"""Galleries at places that are not files, or with names that are too long."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
from contextlib import closing

import pytest

from bareface.errors import GalleryError
from bareface.imaging.decode import encode
from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine, picture

RED = (230, 60, 60)


def message(path, *, create=True) -> str:
    with pytest.raises(GalleryError) as caught:
        Gallery.open(path, TileEngine(), create=create)
    return str(caught.value)


def test_a_device_a_pipe_a_socket_and_a_folder_are_called_what_they_are(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        assert "a socket" in message(tmp_path / "socket")
    assert "a device" in message("/dev/zero")
    assert "a named pipe" in message(tmp_path / "pipe")
    assert "a named pipe" in message(tmp_path / "link")
    assert "a folder" in message(tmp_path / "folder")


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_a_pipe_where_sqlite_keeps_its_files_is_refused(tmp_path, ending):
    Gallery.open(tmp_path / "g", TileEngine()).close()
    os.mkfifo(tmp_path / f"g{ending}")
    assert f"g{ending} is not a file" in message(tmp_path / "g")


def test_a_pipe_in_the_place_of_the_index_is_not_waited_for(tmp_path):
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(picture(RED))
    (tmp_path / "g-index").unlink()
    os.mkfifo(tmp_path / "g-index")
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        assert len(opened.search(picture(RED)).lists[0].candidates) == 1


def test_a_folder_in_the_place_of_the_index_stops_a_deletion(tmp_path):
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(picture(RED))
        (tmp_path / "g-index").unlink()
        (tmp_path / "g-index").mkdir()
        with pytest.raises(GalleryError, match=r"gallery\.index-write"):
            opened.delete(reference=1)


@pytest.mark.parametrize("name", ["n" * 300, "n" * 255, "n" * 242, "ä" * 125])
def test_a_name_too_long_is_said_so(tmp_path, name):
    assert "gallery.name" in message(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_longest_name_that_is_taken_works(tmp_path):
    name = "n" * (255 - len("-cases-journal"))
    with Gallery.open(tmp_path / name, TileEngine()) as opened:
        opened.enrol(picture(RED))
    with Gallery.open(tmp_path / name, TileEngine()) as opened:
        assert opened.check().ok


@pytest.mark.parametrize("name", ["a\0b", "file/below"])
def test_other_names_that_cannot_be(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    assert "gallery.missing" in message(tmp_path / name)
    assert "gallery.missing" in message(tmp_path / name, create=False)


KEPT = ["-index", "-index.new", "-wal", "-shm", "-journal", "-calibration", "-access", "-photos", "-jobs"]


@pytest.mark.parametrize("ending", KEPT)
@pytest.mark.parametrize("linked", [False, True])
def test_a_gallery_called_as_a_file_of_another_one_is_never_replaced(tmp_path, ending, linked):
    with Gallery.open(tmp_path / f"people{ending}", TileEngine()) as opened:
        opened.enrol(picture(RED))
    before = (tmp_path / f"people{ending}").read_bytes()
    if linked:
        Gallery.open(tmp_path / "elsewhere", TileEngine()).close()
        (tmp_path / "people").symlink_to(tmp_path / "elsewhere")
    assert f"people{ending} is a gallery too" in message(tmp_path / "people")
    assert (tmp_path / "people").exists() == linked
    assert (tmp_path / f"people{ending}").read_bytes() == before
    with Gallery.open(tmp_path / f"people{ending}", TileEngine(), create=False) as opened:
        assert len(opened.search(picture(RED)).lists[0].candidates) == 1


@pytest.mark.parametrize("ending", [*KEPT, "-cases", "-audit"])
def test_a_new_gallery_is_not_made_where_another_one_keeps_a_file(tmp_path, ending):
    Gallery.open(tmp_path / "people", TileEngine()).close()
    for path in tmp_path.glob("people-*"):
        path.unlink()
    assert "the gallery people keeps a file" in message(tmp_path / f"people{ending}")
    assert not (tmp_path / f"people{ending}").exists()


@pytest.mark.parametrize("ending", ["-cases", "-audit"])
def test_a_walk_leaves_out_what_is_kept_next_to_the_gallery(tmp_path, ending):
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        (tmp_path / f"g{ending}").write_bytes(encode(picture(RED), "PNG"))
        assert opened.enrol(tmp_path).outcomes == ()


def test_a_walk_leaves_out_the_folder_of_originals_too(tmp_path):
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol_upload(encode(picture(RED), "PNG"), "Ada")
        (tmp_path / "g-photos" / "left-by-a-kill.png").write_bytes(encode(picture((60, 230, 60)), "PNG"))
        assert opened.enrol(tmp_path).outcomes == ()


def test_a_gallery_written_anew_in_another_encoding_is_called_that(tmp_path):
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(picture(RED))
    with closing(sqlite3.connect(tmp_path / "g")) as made, closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute('PRAGMA encoding = "UTF-16"')
        other.executescript("\n".join(made.iterdump()))
    with pytest.raises(GalleryError, match="UTF-16") as caught:
        Gallery.open(tmp_path / "other", TileEngine())
    assert caught.value.code == "gallery.corrupt"


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.EROFS, "gallery.missing"), (errno.ENOSPC, "gallery.disk-full"), (errno.EACCES, "gallery.missing")],
)
def test_a_place_where_no_file_can_be_made_is_named(tmp_path, monkeypatch, number, code):
    def refuse(path, mode=None):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr("bareface.system.files.create", refuse)
    with pytest.raises(GalleryError) as caught:
        Gallery.open(tmp_path / "g", TileEngine())
    assert (caught.value.code, caught.value.source) == (code, str(tmp_path / "g"))
    assert code == "gallery.disk-full" or os.strerror(number) in str(caught.value)
