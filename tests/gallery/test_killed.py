"""A gallery whose processes are killed or work at the same time, and whose files others took away or wrote."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from bareface.errors import GalleryError, UsageError
from bareface.services.gallery import Gallery
from bareface.storage.exact.index_file import unfinished
from bareface.storage.sqlite import after_a_crash as wal


@pytest.fixture
def people(tmp_path) -> Path:
    """Return a gallery of five people whose templates were imported."""
    rng = np.random.default_rng(7)
    listed = [{"name": f"person {n}", "encoding": rng.normal(size=128).tolist()} for n in range(5)]
    (tmp_path / "people.json").write_text(json.dumps(listed))
    with Gallery.open(tmp_path / "g") as gallery:
        gallery.import_encodings(tmp_path / "people.json")
    return tmp_path / "g"


DIES = """
import os, sys
from bareface.storage.index_sync import DerivedIndex
from bareface.services.gallery import Gallery
DerivedIndex.discard_file = lambda self: os._exit(0)
Gallery.open(sys.argv[1]).delete(subject=sys.argv[2])
"""


def test_a_deletion_whose_process_was_killed_is_finished_by_the_next_opening(people):
    with closing(sqlite3.connect(people)) as raw:
        vector = raw.execute("SELECT vector FROM template WHERE reference_id = 1").fetchone()[0]
    copy = people.with_name("copy")
    subprocess.run([sys.executable, "-c", DIES, str(people), "person 0"], check=True)
    shutil.copy(people, copy)
    with Gallery.open(people) as gallery, pytest.raises(UsageError, match=r"usage\.unknown-subject"):
        gallery.delete(subject="person 0")  # as the user would, who cannot know what is left
    with closing(sqlite3.connect(people)) as raw, closing(sqlite3.connect(copy)) as before:
        assert before.execute("PRAGMA user_version").fetchone() != (0,)
        assert raw.execute("PRAGMA user_version").fetchone() == (0,)
        assert raw.execute("PRAGMA freelist_count").fetchone() == (0,)
    assert not [one for one in people.parent.glob("g*") if vector in one.read_bytes()]
    with Gallery.open(people) as gallery:
        gallery._index.load()
        assert sorted(gallery._index._current.index.ids) == [2, 3, 4, 5]


def test_what_could_not_be_overwritten_is_named_by_a_check(people):
    with Gallery.open(people) as gallery:
        with gallery._store.write() as connection:
            gallery._store.mark_deleted(connection)
        assert "gallery.unerased" in [one.code for one in gallery.check().warnings]
        gallery.scrub()
        assert "gallery.unerased" not in [one.code for one in gallery.check().warnings]


def test_a_deletion_by_another_process_meanwhile_keeps_its_mark(people):
    with Gallery.open(people) as one, Gallery.open(people) as other:
        with one._store.write() as connection:
            one._store.mark_deleted(connection)
        plain = one._store.write

        def write():
            one._store.write = plain
            with other._store.write() as connection:
                other._store.mark_deleted(connection)
            return plain()

        one._store.write = write
        one._store.erase()
        assert other._store.unerased()


def test_a_log_that_is_cut_off_while_it_is_read_is_not_taken_for_a_foreign_one(people, monkeypatch):
    """Three processes that delete at once were told to move the log of the gallery away."""
    with Gallery.open(people) as gallery, closing(sqlite3.connect(people)) as reader:
        reader.execute("SELECT count(*) FROM subject").fetchone()  # keeps the log when the others close it
        gallery.rename("#1", "Ada")
        real = wal._continues

        def cut_off(log, token):
            monkeypatch.setattr(wal, "_continues", real)
            assert log.stat().st_size > 0
            reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return False  # what was read up to there

        monkeypatch.setattr(wal, "_continues", cut_off)
        reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert wal.belongs(people)


def test_an_index_that_two_processes_write_at_once(people, caplog):
    """The second takes the first one's unfinished file away; the first used to blame the disk."""
    with Gallery.open(people) as gallery:
        gallery.rename("#1", "Ada")
        index = gallery._index
        index.load()
        writing = type(index._current.index.segments[0]).write

        def disturbed(segment, file):
            unfinished(index.path).unlink()
            writing(segment, file)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(index._current.index.segments[0]), "write", disturbed)
            index._saved = None
            index.save()
    assert not caplog.messages
    with Gallery.open(people) as gallery:
        assert gallery.check().ok


def test_a_gallery_that_is_removed_while_it_is_open_is_not_made_anew(people):
    with Gallery.open(people) as gallery:
        people.unlink()
        for work in (gallery.subjects, lambda: gallery.delete(subject="person 1"), gallery.scrub):
            with pytest.raises(GalleryError, match=r"gallery\.missing"):
                work()
        assert not people.exists()


def _npy(array) -> bytes:
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_an_index_file_that_is_sound_but_laid_out_otherwise_is_made_anew(people):
    """As of a later version, or by somebody: its digest is right."""
    path = people.with_name("g-index")
    header = _npy(np.load(BytesIO(path.read_bytes()[32:])))
    ids, offset, numbers, codes = np.arange(5), np.zeros(128, "f4"), np.ones(2), np.zeros((5, 128), "u1")
    others = [
        b"",
        b"text",
        b"\x93NUMPY\x09\x00" + bytes(60),
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999,), }".ljust(127)
        + b"\n",
        header + b"text",
        header + _npy(ids),
        header + b"".join(map(_npy, (ids[:4], offset, numbers, codes))),
        header + b"".join(map(_npy, (ids, offset[:64], numbers, codes[:, :64]))),
        header + b"".join(map(_npy, (ids.astype("f8"), offset, numbers, codes))),
        header + b"".join(map(_npy, (ids, offset, np.ones(3), codes))),
    ]
    for body in others:
        path.write_bytes(hashlib.sha256(body).digest() + body)
        with Gallery.open(people) as gallery:
            gallery._index.load()
            assert sorted(gallery._index._current.index.ids) == [1, 2, 3, 4, 5]
            assert gallery.check().ok


def test_a_gallery_opened_through_links_has_one_index(people):
    """So a deletion finds it, by whichever name; former versions kept one next to each link."""
    links = [people.with_name(name) for name in ("link", "other")]
    for link in links:
        link.symlink_to(people)
        link.with_name(f"{link.name}-index").write_bytes(b"of a former version")
        with Gallery.open(link) as gallery:
            gallery.delete(subject=f"person {links.index(link)}")
        assert not link.with_name(f"{link.name}-index").exists()
    with Gallery.open(links[0]) as gallery:
        gallery.rename("person 4", "Ada")
        gallery.scrub()
    assert sorted(one.name for one in people.parent.glob("*index*")) == ["g-index"]


def test_a_gallery_of_several_hard_links_is_named_by_a_check(people):
    people.with_name("hard").hardlink_to(people)
    with Gallery.open(people) as gallery:
        assert "gallery.linked" in [one.code for one in gallery.check().warnings]
        people.with_name("hard").unlink()
        assert "gallery.linked" not in [one.code for one in gallery.check().warnings]


def test_numbers_that_are_not_numbers(people):
    with Gallery.open(people) as gallery:
        for wrong in (True, [True], "1", 1.0, [None], ["1"], [b"1"]):
            with pytest.raises(UsageError, match=r"usage\.unknown-reference"):
                gallery.delete(reference=wrong)
        assert gallery.delete(reference=np.int64(1)).references == 1
        assert gallery.delete(reference=np.array([2, 3])).references == 2
    with pytest.raises(UsageError, match=r"usage\.index"):
        Gallery.open(people, index="int4")


def test_a_person_whose_last_reference_is_gone_can_be_deleted(people):
    with Gallery.open(people) as gallery:
        gallery.assign(1, "Grace")
        gallery.delete(reference=1)
        gallery.rename("person 1", "Bo")
        assert gallery.delete(subject="Grace").references == 0
        with pytest.raises(UsageError, match=r"usage\.unknown-subject"):
            gallery.delete(subject="Grace")
        with pytest.raises(UsageError, match="another name of 'Bo'"):
            gallery.delete(subject="person 1")
    assert b"Grace" not in people.read_bytes()


def test_a_current_folder_that_was_removed(people, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    try:
        with pytest.raises(UsageError, match=r"current folder does not exist any more.*usage\.no-folder"):
            Gallery.open("g")
        with Gallery.open(people) as gallery:
            assert gallery.info().references == 5
            with pytest.raises(UsageError, match=r"usage\.no-folder"):
                gallery.delete(photo="1.jpg")
    finally:
        os.chdir(tmp_path)


STOPPED = """
import sys
from bareface.cli.ending import Ended, ends_well
from bareface.services.gallery import Gallery

def work():
    gallery = Gallery.open(sys.argv[1])
    close = gallery._store._engine.dialect.do_close
    def interrupted(connection):
        close(connection)
        raise Ended(15)
    gallery._store._engine.dialect.do_close = interrupted
    gallery.info()

sys.exit(ends_well(work))
"""


@pytest.mark.slow
def test_a_signal_while_a_connection_is_closed_prints_no_traceback(people):
    ended = subprocess.run([sys.executable, "-c", STOPPED, str(people)], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.strip()) == (143, "Terminated.")
