"""Restorations stay on record, complete or not at all, and are deleted with the photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from bareface.errors import RestorationError
from bareface.gallery import restorations as module
from bareface.gallery.restorations import RestorationRecord, guarding, record_path, remember
from bareface.restoration.base import Restored
from bareface.storage.sqlite.schema import restoration, restored_face
from tests.restoration.made import restored


def test_what_was_added_is_there_after_opening_again(tmp_path: Path) -> None:
    with RestorationRecord.open(tmp_path / "r.sqlite") as record:
        numbers = [record.add(restored(seed)) for seed in range(3)]
    with RestorationRecord.open(tmp_path / "r.sqlite") as record:
        assert record.entries() == tuple(restored(seed).provenance for seed in range(3))
    assert numbers == [1, 2, 3]


def test_a_crash_half_way_leaves_the_record_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(face: np.ndarray) -> np.ndarray:
        raise KeyboardInterrupt

    with RestorationRecord.open(tmp_path / "r.sqlite") as record:
        record.add(restored(0))
        with monkeypatch.context() as patch:
            patch.setattr(module, "describe", dies)  # called after the restoration's own row is written
            with pytest.raises(KeyboardInterrupt):
                record.add(restored(1))
    with RestorationRecord.open(tmp_path / "r.sqlite") as record:
        assert record.entries() == (restored(0).provenance,)
        record.add(restored(1))
        with record.store.read() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(restoration)).scalar() == 2
            assert connection.execute(sa.select(sa.func.count()).select_from(restored_face)).scalar() == 4


def test_forgetting_a_photo_takes_its_faces_along(tmp_path: Path) -> None:
    with RestorationRecord.open(tmp_path / "r.sqlite") as record:
        for seed in range(2):
            record.add(restored(seed))
        assert record.forget(restored(0).provenance.source_sha256) == 1
        assert record.entries() == (restored(1).provenance,)
        with record.store.read() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(restored_face)).scalar() == 2


def test_the_record_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(tmp_path / "new" / "mine.sqlite"))
    assert record_path() == tmp_path / "new" / "mine.sqlite"
    made: Restored = restored(0)
    remember(made)
    assert record_path().is_file()
    with RestorationRecord.open() as record, guarding(record.store) as guard:
        guard.refresh()
        assert guard.restored(made.completions[1].image)
    monkeypatch.delenv("BAREFACE_RESTORATIONS")
    monkeypatch.setenv("BAREFACE_HOME", str(tmp_path))
    assert record_path() == tmp_path / "restorations.sqlite"
    monkeypatch.delenv("BAREFACE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert record_path() == tmp_path / "bareface" / "restorations.sqlite"


def test_a_record_at_its_limit_refuses_and_keeps_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RestorationRecord.open(tmp_path / "r.sqlite") as record:
        record.add(restored(1))
        monkeypatch.setattr("bareface.gallery.restorations.LARGEST_RECORD", record.store.path.stat().st_size)
        with pytest.raises(RestorationError) as raised:
            record.add(restored(2))
        assert raised.value.code == "restoration.record"
        assert record.entries() == (restored(1).provenance,)
    assert (tmp_path / "r.sqlite").stat().st_mode & 0o777 == 0o600
