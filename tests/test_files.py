"""All of a file or none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareface.errors import UsageError
from bareface.files import check_place, make_folder, write_atomically


def test_writes_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    write_atomically(target, b"one")
    write_atomically(target, b"two")
    assert target.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [target]


def test_is_as_readable_as_any_new_file(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.write_bytes(b"")
    written = write_atomically(tmp_path / "written", b"")
    assert written.stat().st_mode == ordinary.stat().st_mode


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
