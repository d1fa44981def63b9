"""Damaged values in a database that SQLite accepts: typed errors that name the row, or right answers."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from bareface.errors import BarefaceError, GalleryError
from bareface.services.gallery import Gallery
from bareface.storage.sqlite import schema
from tests.gallery.pictures import Look, LookEngine, TileEngine, colours, people, picture

MASKED = colours(3)[2]
LOST = "CAST(x'ff41' AS TEXT)"
WRONG = ("NULL", "5", "-1", "1e999", "'text'", "''", "x''", "x'00ff'", LOST, "1099511627776", "zeroblob(512)")
NOT_FOUND = ("usage.unknown-subject", "usage.unknown-reference", "usage.unknown-photo", "usage.relink")


def engine() -> LookEngine:
    return LookEngine({MASKED: Look("full", 0.5)})


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return a gallery with a row in every table."""
    folder = tmp_path_factory.mktemp("sound")
    people(folder / "photos", 3)
    with Gallery.open(folder / "g", engine()) as opened:
        opened.enrol(folder / "photos", basis="consent")
        opened.assign(1, "Ada")
        opened.reject(4)
        opened.merge("Ada", "p0")
    with closing(sqlite3.connect(folder / "g")) as raw, raw:
        names = "reference_id, model, precision, vector, mask_state, visible, covered"
        raw.execute(f"INSERT INTO staged_template ({names}, space) SELECT {names}, 'other' FROM template LIMIT 1")
        sha256 = raw.execute("SELECT sha256 FROM file WHERE id = 1").fetchone()[0]
        values = sha256, "{}", bytes(9216), bytes(1152)
        raw.execute("INSERT INTO restoration (source_sha256, provenance, source, region) VALUES (?, ?, ?, ?)", values)
        raw.execute("INSERT INTO restored_face VALUES (1, 1, ?, ?)", (bytes(9216), bytes(512)))
    return folder


READING = {
    "info": lambda g, _: g.info(),
    "subjects": lambda g, _: g.subjects(),
    "references": lambda g, _: g.references(),
    "of one": lambda g, _: g.references(2),
    "by name": lambda g, _: g.references("p2"),
    "crop": lambda g, _: g.crop(3),
    "restorations": lambda g, _: g.restorations(),
    "search": lambda g, folder: g.search(folder / "photos" / "p1" / "0.png"),
    "search masked": lambda g, folder: g.search(folder / "photos" / "p2" / "1.png"),
    "calibrate": lambda g, _: g.calibrate(),
    "check": lambda g, _: g.check(),
}


def read_everything(folder, path) -> dict[str, object]:
    """Return the outcome of each command that reads: its answer, or its typed error."""
    found: dict[str, object] = {}
    opened = Gallery.open(path, engine(), create=False)
    for name, command in READING.items():
        try:
            found[name] = command(opened, folder)
        except BarefaceError as error:
            found[name] = error
    return found


def columns() -> list[tuple[str, str]]:
    return [(table.name, column.name) for table in schema.metadata.sorted_tables for column in table.columns]


def loosened(raw: sqlite3.Connection, table: str) -> None:
    """Take NOT NULL and CHECK from a table, as another program's copy of it would lack them."""
    (made,) = raw.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()
    free = made.replace(" NOT NULL", "").replace("CHECK (", "CHECK (1 or ")
    raw.execute("PRAGMA writable_schema = ON")
    raw.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", [free, table])
    raw.execute("PRAGMA writable_schema = RESET")


def assert_typed(error: GalleryError) -> None:
    assert error.code in ("gallery.corrupt", "gallery.newer")


def assert_named_or_harmless(sound, path, table, column, wrong) -> None:
    """Put a wrong value into the last row, and run everything that reads."""
    shutil.copy(sound / "g", path)
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        loosened(raw, table)
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        key = schema.metadata.tables[table].primary_key.columns.keys()[0]
        try:
            raw.execute(f"UPDATE {table} SET {column} = {wrong} WHERE {key} = (SELECT max({key}) FROM {table})")
        except sqlite3.Error:
            return  # SQLite does not accept it
    try:
        found = read_everything(sound, path)
    except GalleryError as error:  # damage that every command meets when it opens the gallery
        assert_typed(error)
        return
    for name, answer in found.items():
        if isinstance(answer, BarefaceError):
            assert answer.code in ("gallery.corrupt", "template.space", *NOT_FOUND), (wrong, name, answer)
            assert answer.code != "gallery.corrupt" or table in str(answer), (wrong, name, answer)


def test_everything_reads_a_sound_gallery(sound):
    assert not [one for one in read_everything(sound, sound / "g").values() if isinstance(one, BarefaceError)]
    with Gallery.open(sound / "g", engine()) as opened:
        assert opened.check().ok


@pytest.mark.parametrize(("place", "table", "column"), [(i, *one) for i, one in enumerate(columns())], ids=str)
def test_a_wrong_value_is_named_or_does_no_harm(sound, tmp_path, place, table, column):
    assert_named_or_harmless(sound, tmp_path / "g", table, column, WRONG[place % len(WRONG)])


@pytest.mark.slow
@pytest.mark.parametrize(("table", "column"), columns(), ids=str)
def test_every_wrong_value_is_named_or_does_no_harm(sound, tmp_path, table, column):
    for wrong in WRONG:
        assert_named_or_harmless(sound, tmp_path / "g", table, column, wrong)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("UPDATE reference SET enrolled = 'yesterday' WHERE id = 3", "reference 3 (table reference): enrolled"),
        ("UPDATE file SET path = 7 WHERE id = 2", "row 2 of table file: path"),
        (f"UPDATE subject SET name = {LOST} WHERE id = 2", "row 2 of table subject: name"),
        ("UPDATE template SET vector = zeroblob(8) WHERE reference_id = 3", "reference 3 (table template): vector"),
        ("UPDATE reference SET subject_id = 99 WHERE id = 3", "points to no row of subject"),
    ],
)
def test_a_damaged_row_is_named_listed_and_can_be_deleted(sound, tmp_path, damage, named):
    shutil.copy(sound / "g", tmp_path / "g")
    with closing(sqlite3.connect(tmp_path / "g")) as raw, raw:
        raw.execute(damage)
        raw.execute("UPDATE picture SET thumbnail = x'00' WHERE reference_id = 5")
    with Gallery.open(tmp_path / "g", engine()) as opened:
        with pytest.raises(GalleryError, match=r"gallery\.corrupt"):
            [opened.references(), opened.search(sound / "photos" / "p1" / "0.png")]
        listed = [problem.message for problem in opened.check().problems]
        assert any(named in line for line in listed)
        assert any("reference 5 (table picture): thumbnail" in line for line in listed)
        opened.delete(reference=[2, 3, 5])
        assert opened.check().ok
        assert {one.id for one in opened.references()} == {1, 6}


@pytest.mark.parametrize("damage", ["DROP TABLE picture", "ALTER TABLE reference DROP COLUMN quality"])
def test_a_lost_table_or_column_is_named(sound, tmp_path, damage):
    shutil.copy(sound / "g", tmp_path / "g")
    with closing(sqlite3.connect(tmp_path / "g")) as raw, raw:
        raw.execute(damage)
    with Gallery.open(tmp_path / "g", engine()) as opened:
        with pytest.raises(GalleryError, match=r"no such (table|column).*gallery\.corrupt"):
            opened.references()
        assert not opened.check().ok


@pytest.mark.parametrize("version", ["NULL", "'abc'", "x'ff'", "''"])
def test_a_damaged_version_is_not_a_later_one(sound, tmp_path, version):
    shutil.copy(sound / "g", tmp_path / "g")
    with closing(sqlite3.connect(tmp_path / "g", isolation_level=None)) as raw:
        loosened(raw, "alembic_version")
    with closing(sqlite3.connect(tmp_path / "g")) as raw, raw:
        raw.execute(f"UPDATE alembic_version SET version_num = {version}")
    with pytest.raises(GalleryError, match=r"gallery\.corrupt"):
        Gallery.open(tmp_path / "g", engine())


@pytest.mark.parametrize(
    ("what", "statement"),
    [
        ("trigger", "CREATE TRIGGER keep BEFORE DELETE ON template BEGIN INSERT INTO kept VALUES (old.vector); END"),
        ("view", "CREATE VIEW odd AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"),
        ("table", "CREATE VIRTUAL TABLE words USING fts5(text)"),
    ],
)
def test_a_gallery_that_computes_by_itself_is_refused(sound, tmp_path, what, statement):
    """A trigger would keep what is deleted, a view in a table's place need never end."""
    shutil.copy(sound / "g", tmp_path / "g")
    with closing(sqlite3.connect(tmp_path / "g")) as raw, raw:
        raw.execute("CREATE TABLE kept (vector)")
        raw.execute(statement)
    with pytest.raises(GalleryError, match=f"holds a {what} called") as caught:
        Gallery.open(tmp_path / "g", engine())
    assert caught.value.code == "gallery.corrupt"


def damaged(sound, tmp_path, *statements) -> None:
    shutil.copy(sound / "g", tmp_path / "g")
    with closing(sqlite3.connect(tmp_path / "g")) as raw, raw:
        for statement in statements:
            raw.execute(statement)


@pytest.mark.parametrize("table", ["correction", "restoration", "restored_face"])
def test_damaged_rows_that_nothing_depends_on_are_deleted_by_a_repair(sound, tmp_path, table):
    column = {"correction": "made", "restoration": "provenance", "restored_face": "grey"}[table]
    damaged(sound, tmp_path, f"UPDATE {table} SET {column} = x'00ff'")
    with Gallery.open(tmp_path / "g", engine()) as opened:
        problems = opened.check().problems
        assert problems
        assert all("`Gallery.repair()`" in one.message for one in problems)
        assert opened.repair() == len(problems)
        assert opened.check().ok
        assert len(opened.references()) == 5
        assert opened.repair() == 0


def test_a_reference_that_another_program_deleted_leaves_parts_that_a_repair_deletes(sound, tmp_path):
    """Such as `sqlite3`, which does not look after foreign keys by itself."""
    damaged(sound, tmp_path, "PRAGMA foreign_keys = OFF", "DELETE FROM reference WHERE id = 1")
    with Gallery.open(tmp_path / "g", engine()) as opened:
        problems = opened.check().problems
        assert problems
        assert all(
            "points to no row of reference; delete it with `Gallery.repair()`" in one.message for one in problems
        )
        assert opened.repair() == len(problems)
        assert opened.check().ok
        assert 1 not in [one.id for one in opened.references()]


def test_a_repair_leaves_damage_that_it_cannot_delete(sound, tmp_path):
    damaged(sound, tmp_path, "UPDATE correction SET made = x'00ff'", "UPDATE template SET vector = zeroblob(512)")
    with Gallery.open(tmp_path / "g", engine()) as opened:
        assert opened.repair() > 0
        problems = opened.check().problems
        assert problems
        assert all("table template" in one.message for one in problems)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE gallery SET generation = 9223372036854775807", None),
        ("UPDATE gallery SET space = 'dlib-128', dimension = 16", "space"),
    ],
)
def test_values_that_are_sound_only_by_themselves(tmp_path, statement, named):
    path = tmp_path / "g"
    with Gallery.open(path, TileEngine()) as gallery:
        people(tmp_path / "photos", 3)
        gallery.enrol(tmp_path / "photos")
    (tmp_path / "g-index").unlink()
    raw = sqlite3.connect(path)
    raw.execute(statement)
    raw.commit()
    raw.close()
    gallery = Gallery.open(path, TileEngine(space="dlib-128" if named else "tiles"))
    if named:
        (problem,) = gallery.check().problems
        assert problem.code == "gallery.corrupt"
        assert named in problem.message
    with pytest.raises(GalleryError) as caught:
        gallery.enrol(picture(MASKED), subject="new")
    assert caught.value.code == "gallery.corrupt"
