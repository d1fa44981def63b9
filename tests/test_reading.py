"""Only files are read, and only files are replaced."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from bareface.errors import UsageError
from bareface.system.files import check_place, write_atomically
from bareface.system.reading import NotAFile, open_regular, read_regular


def no_files(folder: Path) -> list[Path]:
    """Return a pipe, a socket, a device, and a link to each."""
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "socket"))
    there = [folder / "pipe", folder / "socket", Path("/dev/null"), Path("/dev/zero")]
    for number, path in enumerate(there):
        (folder / f"link{number}").symlink_to(path)
    return [*there, *folder.glob("link*")]


def test_pipes_sockets_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    for path in no_files(tmp_path):
        with pytest.raises(NotAFile, match="not a file"):
            open_regular(path)


def test_a_pipe_a_device_or_a_folder_is_never_replaced_by_a_result(tmp_path: Path) -> None:
    for path in [*no_files(tmp_path), tmp_path]:
        before = path.stat()
        for refuse in (check_place, lambda place: write_atomically(place, b"x")):
            with pytest.raises(UsageError) as caught:
                refuse(path)
            assert (caught.value.code, caught.value.source) == ("usage.output", str(path))
        assert (path.stat().st_ino, path.stat().st_mode) == (before.st_ino, before.st_mode)


def test_a_folder_or_no_path_at_all_is_an_os_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent", "a\0b", tmp_path / ("x" * 300)):
        with pytest.raises(OSError):  # noqa: PT011 - whichever it is, with its reason
            open_regular(path)


def test_a_file_longer_than_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_regular(tmp_path / "file", most=5) == b"12345"
    with pytest.raises(OSError, match="longer than 4 bytes"):
        read_regular(tmp_path / "file", most=4)
