"""All of a file or none of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bareface.errors import UsageError
from bareface.system.files import check_page, check_place, create, file_name, make_folder, write_atomically


def test_writes_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    write_atomically(target, b"one")
    write_atomically(target, b"two")
    assert target.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [target]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere") as caught:
        write_atomically(tmp_path / "nowhere" / "report.html", b"x")
    assert caught.value.code == "usage.output"


def test_a_place_is_checked_before_the_work(tmp_path: Path) -> None:
    check_place(tmp_path / "report.html")
    check_place("report.html")
    with pytest.raises(UsageError, match="nowhere"):
        check_place(tmp_path / "nowhere" / "report.html")


def test_failure_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.mkdir()  # a folder cannot be replaced by a file
    (target / "kept").write_bytes(b"x")
    with pytest.raises(UsageError):
        write_atomically(target, b"new")
    assert [path.name for path in tmp_path.rglob("*")] == ["report.html", "kept"]


def test_a_folder_where_a_file_is_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        make_folder(tmp_path / "file" / "below")
    assert caught.value.code == "usage.output"


def test_makes_folders_and_keeps_those_there(tmp_path: Path) -> None:
    for _ in range(2):
        assert make_folder(tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
@pytest.mark.parametrize(("asked", "file_mode", "folder_mode"), [("", 0o600, 0o700), ("0640", 0o640, 0o750)])
def test_permissions_do_not_depend_on_the_umask(
    umask: int, asked: str, file_mode: int, folder_mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAREFACE_FILE_MODE", asked)
    there = tmp_path / "there"
    there.mkdir()
    there.chmod(0o755)
    before = os.umask(umask)
    try:
        folder = make_folder(there / "a" / "b")
        written = write_atomically(folder / "file", b"x")
        with create(folder / "other"):
            pass
    finally:
        os.umask(before)
    assert {mode(path) for path in (written, folder / "other")} == {file_mode}
    assert mode(folder) == mode(folder.parent) == folder_mode
    assert mode(there) == 0o755


def test_a_file_is_private_before_its_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    opens = os.open

    def watched(*arguments: Any) -> int:
        before = os.umask(0)
        number = opens(*arguments)
        os.umask(before)
        seen.append(os.fstat(number).st_mode & 0o777)
        return number

    monkeypatch.setattr(os, "open", watched)
    write_atomically(tmp_path / "file", b"x")
    assert seen == [0o600]


def test_what_replaces_a_readable_file_is_private(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_bytes(b"old")
    target.chmod(0o644)
    write_atomically(target, b"new")
    assert mode(target) == 0o600


@pytest.mark.parametrize("asked", ["rw", "0999", "0400", "0755", "-1", "01600", "0"])
def test_a_mode_that_is_none_is_refused(asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAREFACE_FILE_MODE", asked)
    with pytest.raises(UsageError) as caught:
        write_atomically(tmp_path / "file", b"x")
    assert caught.value.code == "usage.file-mode"
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (pipe, Path(os.devnull), Path("/dev/full"), tmp_path / ("x" * 300), tmp_path / "a\0b"):
        with pytest.raises(UsageError) as caught:
            write_atomically(place, b"x")
        assert caught.value.code == "usage.output"
    assert pipe.is_fifo()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("stem", ["x" * 251, "\u00fc" * 127, "caf\udce9" * 60])
def test_a_name_made_of_a_long_one_fits_and_stays_its_own(tmp_path: Path, stem: str) -> None:
    names = {file_name(stem[:-1] + last, ".faces.png") for last in "ab"}
    assert len(names) == 2
    for name in names:
        assert name.endswith(".faces.png")
        write_atomically(tmp_path / name, b"x")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
def test_a_link_to_a_stream_is_not_replaced_where_the_stream_leads_to_a_file(tmp_path: Path) -> None:
    """As with ``-o /dev/stdout > scores.txt``, which root could replace for everybody."""
    link = tmp_path / "stdout"
    with (tmp_path / "scores.txt").open("wb") as stream:
        link.symlink_to(f"/proc/self/fd/{stream.fileno()}")
        with pytest.raises(UsageError, match="device"):
            write_atomically(link, b"x")
        assert link.is_symlink()


def test_a_page_replaces_nothing_but_a_page(tmp_path: Path) -> None:
    page = tmp_path / "report"
    check_page(page)
    for old in (b"", b"<!DOCTYPE html>\n<p>", b"\n<!doctype html>"):
        page.write_bytes(old)
        check_page(page)
    for other in (b"\xff\xd8\xff\xe0", b"SQLite format 3\0", b"a,b\n", b"<svg>"):
        page.write_bytes(other)
        with pytest.raises(UsageError, match="not a page"):
            check_page(page)
