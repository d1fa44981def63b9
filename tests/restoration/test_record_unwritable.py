"""A record of restorations that cannot be written to, or read, stops nothing that can do without it."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bareface import settings
from bareface.errors import GalleryError, RestorationError, UsageError
from bareface.gallery.restorations import RestorationRecord, guarding, remember
from bareface.imaging.portraits import portraits
from bareface.models import registry
from bareface.services.engine import Engine
from bareface.storage.sqlite.store import Store
from tests.restoration.made import restored, smooth

_GUARD = """
import logging
import sys
import numpy as np
from bareface.storage.sqlite.store import Store
from bareface.gallery.restorations import guarding, remember

logging.basicConfig()
with guarding(Store(sys.argv[1])) as guard:
    guard.refresh()
    print(*(guard.restored(face) for face in np.load(sys.argv[2])))
"""


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a user without a home: no variable names one, and no file of users."""
    for name in ("HOME", "BAREFACE_HOME", "BAREFACE_RESTORATIONS", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)

    def unknown(number: int) -> pwd.struct_passwd:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)


@pytest.mark.usefixtures("nobody")
def test_a_user_without_a_home_detects_and_enrols_but_restores_nothing(tmp_path: Path) -> None:
    assert len(Engine().faces(portraits()[0].photos[0])) == 1
    assert all(card.packaged for card in registry.cards())
    store = Store(tmp_path / "g")
    with guarding(store) as guard:
        guard.refresh()
        assert not guard.restored(smooth(0))
    store.close()
    with pytest.raises(RestorationError, match="BAREFACE_RESTORATIONS") as caught:
        remember(restored(0))
    assert caught.value.code == "restoration.record"
    with pytest.raises(UsageError, match="BAREFACE_HOME"):
        registry.models_home()


def test_a_record_that_cannot_be_made_stops_restoring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(tmp_path / "file" / "record.sqlite"))
    with pytest.raises(RestorationError) as caught:
        remember(restored(0))
    assert caught.value.code == "restoration.record"
    store = Store(tmp_path / "g")
    with guarding(store) as guard:
        guard.refresh()
    store.close()


def unprivileged() -> list[str]:
    """Return the prefix that makes permissions apply to a command, too."""
    if os.geteuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("permissions do not hold for root, and there is no setpriv")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner"]


def guard(gallery: Path, faces: Path, record: Path) -> subprocess.CompletedProcess[str]:
    command = [*unprivileged(), sys.executable, "-c", _GUARD, str(gallery), str(faces)]
    environment = {**os.environ, "BAREFACE_RESTORATIONS": str(record)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


@pytest.mark.slow
def test_a_record_that_may_only_be_read_is_read_and_one_that_may_not_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    path, made = folder / "record.sqlite", restored(0)
    with RestorationRecord.open(path) as record:
        record.add(made)
    np.save(tmp_path / "faces.npy", np.stack([made.completions[0].image, smooth(5)]))
    try:
        path.chmod(stat.S_IRUSR)
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        done = guard(tmp_path / "g", tmp_path / "faces.npy", path)
        assert (done.stdout, done.stderr) == ("True False\n", "")
        path.chmod(0)
        done = guard(tmp_path / "g", tmp_path / "faces.npy", path)
        assert done.stdout == "False False\n"
        assert f"The record of restorations, {path}, cannot be read" in done.stderr
        folder.chmod(0)
        assert guard(tmp_path / "g", tmp_path / "faces.npy", path).stdout == "False False\n"
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize("kind", ["folder", "device", "pipe"])
def test_a_record_that_is_no_file_is_named_by_its_variable(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = {"folder": tmp_path, "device": Path("/dev/null"), "pipe": tmp_path / "pipe"}[kind]
    if kind == "pipe":
        os.mkfifo(place)
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(place))
    with pytest.raises(RestorationError, match="BAREFACE_RESTORATIONS") as caught:
        remember(restored(0))
    assert (caught.value.code, caught.value.source) == ("restoration.record", str(place))
    store = Store(tmp_path / "g")
    with guarding(store):
        assert str(place) in caplog.text
    store.close()


def test_a_record_that_cannot_be_read_stops_no_enrolment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path / "g")
    (tmp_path / "made-up").symlink_to("/proc/uptime")  # /proc/kmsg would be waited for
    for place in ("x" * 300, str(tmp_path / "made-up")):
        monkeypatch.setenv("BAREFACE_RESTORATIONS", place)
        with guarding(store) as asked:
            assert not asked.restored(smooth(5))
    assert "made-up, cannot be read" in caplog.text
    store.close()


def test_a_full_disk_in_the_home_folder_stops_no_enrolment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, place = Store(tmp_path / "g"), tmp_path / "record"
    place.touch()  # made, but nothing could be written to it
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(place))
    make = RestorationRecord.open

    def full(path: Path) -> RestorationRecord:
        if Path(path) == place:
            raise GalleryError("gallery.disk-full", source=str(path))
        return make(path)

    monkeypatch.setattr(RestorationRecord, "open", full)
    with guarding(store) as asked:
        assert not asked.restored(smooth(5))
    store.close()


def test_the_folder_of_ones_own_is_never_in_the_current_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BAREFACE_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    monkeypatch.setenv("HOME", "/home/ada")
    assert settings.current().folder == Path("/home/ada/.local/share/bareface")
    for home in ("", "ada"):
        monkeypatch.setenv("HOME", home)
        assert settings.current().folder is None
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert settings.current().folder == Path("/data/bareface")
