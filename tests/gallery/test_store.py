"""The database: migrations, opening, transactions, and what its failures are called."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bareface.errors import GalleryError
from bareface.services.gallery import Gallery
from bareface.storage.sqlite import schema, store
from bareface.storage.sqlite.store import Store
from tests.gallery.pictures import Look, TileEngine, UpperFaceEngine, people, picture, save

MIGRATIONS = Path(store.__file__).parent / "migrations"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "g"


def test_the_migrations_make_the_tables_of_the_schema(path):
    Store(path).close()
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_the_schema_names_the_last_migration():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.REVISION


def test_opening_a_current_gallery_does_not_import_alembic(path):
    Store(path).close()
    code = f"""
import sys
from contextlib import closing
from bareface.storage.sqlite.store import Store
Store({str(path)!r}).close()
print("alembic" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_every_connection_is_set_up(path):
    opened = Store(path)
    with opened.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "secure_delete", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 10_000}
    opened.close()


def fail_after_writing(opened: Store) -> None:
    with opened.write() as connection:
        connection.execute(schema.subject.insert().values(key="l", name="Bo"))
        raise OSError(errno.ENOSPC, "No space left on device")


def test_every_write_bumps_the_generation_and_a_failed_one_leaves_nothing(path):
    opened = Store(path)
    before = opened.state()
    with opened.write() as connection:
        connection.execute(schema.subject.insert().values(key="k", name="Ada"))
    assert opened.state().generation == before.generation + 1
    with pytest.raises(GalleryError, match="disk-full"):
        fail_after_writing(opened)
    assert opened.state().generation == before.generation + 1
    with opened.read() as connection:
        assert connection.execute(sa.select(schema.subject.c.name)).scalars().all() == ["Ada"]
    opened.close()


def test_a_reader_sees_one_moment(path):
    one, other = Store(path), Store(path)
    with one.read() as connection:
        before = one.state(connection)
        with other.write():
            pass
        assert one.state(connection) == before
    assert one.state().generation == before.generation + 1
    one.close()
    other.close()


def test_paths_that_are_not_unicode_come_back_as_they_were(path):
    name = os.fsdecode(b"/photos/M\xfcller.jpg")
    opened = Store(path)
    values = {"sha256": "0" * 64, "path": name, "format": "JPEG", "width": 1, "height": 1}
    with opened.write() as connection:
        connection.execute(schema.file.insert().values(values))
    with opened.read() as connection:
        assert connection.execute(sa.select(schema.file.c.path)).scalar() == name
    opened.close()


# A gallery of an earlier version


def early_revision(path: Path, current: Path, revision: str = "0001") -> None:
    """Make the gallery that an earlier version would have: what a current one holds, less what it did not know."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    with sqlite3.connect(path) as old:
        old.execute("ATTACH ? AS current", [str(current)])
        for name in ("gallery", "subject", "file", "reference", "template", "picture", "correction"):
            columns = ", ".join(row[1] for row in old.execute(f"PRAGMA main.table_info({name})"))
            old.execute(f"INSERT INTO main.{name} ({columns}) SELECT {columns} FROM current.{name}")
        waiting = "reference_id, model, precision, vector"
        old.execute(f"INSERT INTO staged_template ({waiting}, space) SELECT {waiting}, 'tiles-2' FROM main.template")


def test_an_old_gallery_is_migrated_without_loss(path, tmp_path):
    photos = tmp_path / "photos"
    people(photos, 5)
    probe = photos / "p3" / "0.png"
    with Gallery.open(tmp_path / "current", TileEngine()) as opened:
        opened.enrol(photos, basis="consent")
        opened.reject(opened.references("p0")[0].id)
        before, subjects, found = opened.references(), opened.subjects(), opened.search(probe)
    early_revision(path, tmp_path / "current")
    with sqlite3.connect(path) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert "quality" not in {row[1] for row in old.execute("PRAGMA table_info(reference)")}
    with Gallery.open(path, TileEngine()) as opened:
        after = opened.references()
        assert after == tuple(replace(one, quality=None) for one in before)
        assert {(one.mask_state, one.visible) for one in after} == {("none", None)}
        assert opened.subjects() == subjects
        assert opened.crop(after[0].id) is not None
        assert opened.search(probe).lists[0].candidates == found.lists[0].candidates
        assert opened.check().ok
        assert opened.best_reference("p3").id == min(one.id for one in after if one.subject == "p3")
        again = opened.enrol(photos)  # the rejection stands, too
        assert (again.count("already enrolled"), again.count("rejected")) == (9, 1)
    with sqlite3.connect(path) as migrated:
        staged = migrated.execute("SELECT DISTINCT space, mask_state, visible FROM staged_template").fetchall()
        assert staged == [("tiles-2", "none", None)]
    Store(path).close()


def test_references_from_before_second_templates_are_searched_as_they_are(path, tmp_path):
    red, blue = (230, 60, 60), (60, 60, 230)
    engine = UpperFaceEngine({red: Look("full", 0.4)}, {blue: red})
    with Gallery.open(tmp_path / "current", engine) as opened:
        opened.enrol(save(tmp_path / "blue.png", blue), subject="Blue")
        (both,) = opened.search(picture(red)).lists[0].candidates
    early_revision(path, tmp_path / "current", "0002")
    with sqlite3.connect(path) as old:
        assert "covered" not in {row[1] for row in old.execute("PRAGMA table_info(template)")}
    with Gallery.open(path, engine) as opened:
        (entry,) = opened.search(picture(red)).lists
        (alone,) = entry.candidates
        assert (alone.subject, alone.extrapolated) == ("Blue", True)
        assert alone.similarity < both.similarity
        assert any("Gallery.reembed()" in note for note in entry.notes)
        assert opened.check().ok
        assert opened.reembed().switched
        assert opened.search(picture(red)).lists[0].candidates == (both,)


# Files that are no gallery


def code_of(path: Path, **options: bool) -> str:
    with pytest.raises(GalleryError) as caught:
        Store(path, **options)
    assert str(path) in str(caught.value)
    return caught.value.code


def test_a_gallery_that_is_not_there(path):
    assert code_of(path, create=False) == "gallery.missing"
    assert not path.exists()
    assert code_of(path / "below" / "g") == "gallery.missing"


def test_a_folder_is_no_gallery(tmp_path):
    assert code_of(tmp_path) == "gallery.corrupt"


@pytest.mark.parametrize("content", [b"x", b"not a database, but a text of some length. " * 100])
def test_another_file_is_no_gallery_and_stays_as_it_is(path, content):
    path.write_bytes(content)
    assert code_of(path) == "gallery.corrupt"
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_refused_and_stays_as_it_is(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
    assert code_of(path) == "gallery.corrupt"
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def test_another_programs_alembic_database_is_refused(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES (?)", [schema.REVISION])
    assert code_of(path) == "gallery.corrupt"


def test_an_empty_file_becomes_a_gallery(path):
    path.touch()
    Store(path).close()


def test_a_gallery_of_a_later_version_is_refused(path):
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert code_of(path) == "gallery.newer"


def test_a_gallery_that_a_later_version_opened_meanwhile_is_not_written_to(path, tmp_path):
    save(tmp_path / "one.png", (230, 60, 60))
    with Gallery.open(path, TileEngine()) as opened:
        opened.enrol(tmp_path / "one.png")
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '0999'")
        with pytest.raises(GalleryError, match="later version") as refused:
            opened.rename(1, "Ada")
        assert refused.value.code == "gallery.newer"


def test_damaged_pages_are_named(path, tmp_path):
    people(tmp_path / "photos", 30)
    with Gallery.open(path, TileEngine()) as opened:
        opened.enrol(tmp_path / "photos")
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)  # the first page, with the schema, is whole
    path.write_bytes(data)
    (tmp_path / "g-index").unlink()
    with pytest.raises(GalleryError, match=r"gallery\.corrupt"), Gallery.open(path, TileEngine()) as opened:
        opened.search(tmp_path / "photos" / "p0" / "0.png")


# A locked gallery, a full disk


def test_a_locked_gallery_is_named(path, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "BUSY_TIMEOUT_S", 0.05)
    people(tmp_path / "photos", 2)
    with Gallery.open(path, TileEngine()) as opened:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(GalleryError, match=r"gallery\.locked"):
            opened.enrol(tmp_path / "photos")
        assert opened.info().references == 0  # reading is possible
        other.execute("ROLLBACK")
        other.close()
        assert opened.enrol(tmp_path / "photos").references == 4


def test_a_gallery_that_is_locked_while_it_is_made(path, monkeypatch):
    monkeypatch.setattr(store, "BUSY_TIMEOUT_S", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")
    assert code_of(path) == "gallery.locked"
    other.close()


def test_a_full_disk_keeps_the_earlier_batches_and_a_rerun_does_the_rest(path, tmp_path, monkeypatch):
    monkeypatch.setattr("bareface.gallery.enrol.BATCH", 4)
    people(tmp_path / "photos", 30)
    opened = Gallery.open(path, TileEngine())
    with opened._store._engine.connect() as connection:
        used = connection.exec_driver_sql("PRAGMA page_count").scalar()
    limit = used + 12

    @sa.event.listens_for(opened._store._engine, "begin")
    def bound(connection):
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}")

    with pytest.raises(GalleryError, match=r"gallery\.disk-full"):
        opened.enrol(tmp_path / "photos")
    before = opened.info().references
    assert 0 < before < 60
    assert before % 4 == 0
    limit = 1_000_000
    assert opened.enrol(tmp_path / "photos").references == 60 - before
    assert opened.check().ok
    opened.close()


@pytest.mark.slow
def test_a_file_size_limit_is_a_full_disk(path, tmp_path):
    """The system, not SQLite, refuses to write on: here by RLIMIT_FSIZE in a process of its own."""
    people(tmp_path / "photos", 60)
    code = f"""
import resource, signal
from bareface.errors import GalleryError
from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine
with Gallery.open({str(path)!r}, TileEngine()) as opened:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
    try:
        opened.enrol({str(tmp_path / "photos")!r})
    except GalleryError as error:
        print(error.code)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "gallery.disk-full"
    with Gallery.open(path, TileEngine()) as opened:
        before = opened.info().references
        assert 0 < before < 120
        assert opened.enrol(tmp_path / "photos").references == 120 - before
        assert opened.check().ok


def test_a_limit_of_open_files_is_called_that(path, tmp_path):
    """In a process of its own, which opens as many files as it may."""
    people(tmp_path / "photos", 2)
    code = f"""
import os, resource
from bareface.errors import GalleryError
from bareface.services.gallery import Gallery
from bareface.storage.casebook import book_of
from tests.gallery.pictures import TileEngine
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
with Gallery.open({str(path)!r}, TileEngine()) as opened:
    opened.enrol({str(tmp_path / "photos")!r})
    opened.info()
    book_of(opened.path).cases()
    book_of(opened.path).close_case(1)
    taken = []
    try:
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    for call in (opened.info, book_of(opened.path).cases):
        try:
            call()
        except GalleryError as error:
            print(error.code, "no more files" in str(error))
    for one in taken:
        os.close(one)
    print(opened.info().references)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["gallery.io", "True", "gallery.io", "True", "4"]
