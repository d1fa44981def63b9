"""The file of cases: whose gallery it belongs to, what is erased from it, and what else may be in its place."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from bareface.errors import GalleryError, UsageError
from bareface.gallery.restorations import RestorationRecord, remember
from bareface.gallery.restorations_for import record_in
from bareface.restoration.recognise import grey
from bareface.services.gallery import Gallery
from bareface.storage.casebook import Casebook
from bareface.storage.sqlite.store import Store
from bareface.system.small_database import _PRAGMAS
from tests.gallery.pictures import colours, save
from tests.restoration.made import restored
from tests.services.desk import BO, Desk, code
from tests.web.support import FaceTiles, png


def test_candidates_of_a_gallery_that_took_this_ones_place_are_nobody(desk: Desk) -> None:
    kept = desk.kept()
    folder = desk.file.parent / "other"
    for number, colour in enumerate(colours(9, seed=5)[5:]):
        save(folder / f"eve{number}" / "0.png", colour)
    with Gallery.open(desk.file.parent / "other.bareface", FaceTiles({})) as other:
        other.enrol(folder)
        assert other.reference(kept.faces[0].candidates[0].reference_id).subject == "eve0"
    (desk.file.parent / "other.bareface").replace(desk.gallery.path)
    (face,) = desk.cases.search(kept.id).faces
    assert {one.subject for one in face.candidates} == {None}
    assert "eve0" not in desk.cases.report(kept.case_id).decode()
    review = desk.cases.ask(face.id, length=2)
    pair = desk.cases.next(review.id, context=BO)
    assert pair is not None
    assert pair[2] is None


def test_a_restored_copy_that_uses_a_number_again_names_nobody_else(desk: Desk) -> None:
    copy = desk.gallery.path.read_bytes()
    colour = colours(9, seed=5)[6]
    desk.gallery.enrol(save(desk.file.parent / "new.png", colour), "Eve")
    photo = png(colour, tick=60)
    case = desk.cases.open("Visitors", "identify visitors")
    kept = desk.cases.keep(case.id, desk.gallery.search(photo), photo, "probe.png")
    assert desk.cases.search(kept.id).faces[0].candidates[0].subject == "Eve"
    desk.gallery.path.write_bytes(copy)
    desk.gallery.enrol(save(desk.file.parent / "newer.png", colours(9, seed=5)[7]), "Mallory")
    number = kept.faces[0].candidates[0].reference_id
    assert desk.gallery.reference(number).subject == "Mallory"
    assert desk.cases.search(kept.id).faces[0].candidates[0].subject is None


def test_a_case_is_erased_when_it_expires_whatever_is_called_first(desk: Desk) -> None:
    review = desk.asked()
    picture = desk.cases.face(review.face_id).picture
    assert picture[:200] in desk.file.read_bytes()
    desk.now += timedelta(days=91)
    assert code(desk.cases.face, review.face_id) == "usage.unknown-search"
    assert picture[:200] not in desk.file.read_bytes()
    assert code(desk.cases.ask, review.face_id) == "usage.unknown-search"


def test_an_erasure_that_was_cut_short_is_finished_by_the_next_call(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, other = desk.kept(), desk.kept()
    reader = sqlite3.connect(desk.file, isolation_level=None)
    monkeypatch.setattr("bareface.system.small_database._TIMEOUT_S", 0.05)
    rewrite = Casebook._rewrite

    def while_somebody_reads(book: Casebook) -> None:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM face").fetchall()
        rewrite(book)

    monkeypatch.setattr(Casebook, "_rewrite", while_somebody_reads)
    with pytest.raises(GalleryError) as caught:
        desk.cases.erase(kept.case_id)
    assert caught.value.code == "gallery.locked"
    assert "bytes of it remain" in str(caught.value)
    reader.close()
    monkeypatch.setattr(Casebook, "_rewrite", rewrite)
    assert Casebook(desk.file).unerased()
    assert [one.id for one in desk.cases.list()] == [other.case_id]
    assert not Casebook(desk.file).unerased()


def test_a_case_that_is_erased_or_closed_during_a_search_takes_it_no_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = png(desk.colours[0], tick=50)
    result = desk.gallery.search(photo)
    keep = Casebook.keep

    def after(change: Callable[[int], object]) -> str:
        case = desk.cases.open("Visitors", "identify visitors").id

        def late(book: Casebook, *args: Any) -> int | None:
            change(case)
            return keep(book, *args)

        monkeypatch.setattr(Casebook, "keep", late)
        return code(desk.cases.keep, case, result, photo, "probe.png")

    assert after(desk.cases.close) == "usage.case"
    assert after(desk.cases.erase) == "usage.unknown-case"


@pytest.mark.parametrize("place", ["pipe", "folder", "gallery", "other"])
def test_something_else_in_the_place_of_the_file_is_refused_and_left_as_it_is(desk: Desk, place: str) -> None:
    if place == "pipe":
        os.mkfifo(desk.file)
    elif place == "folder":
        desk.file.mkdir()
    elif place == "gallery":
        shutil.copy(desk.gallery.path, desk.file)
    else:
        with closing(sqlite3.connect(desk.file)) as database:
            database.execute("CREATE TABLE notes (text)")
    before = desk.file.read_bytes() if desk.file.is_file() else b""
    for call in (desk.cases.list, lambda: desk.cases.open("Visitors", "identify visitors")):
        with pytest.raises(GalleryError) as caught:
            call()
        assert caught.value.code == "gallery.corrupt"
    assert (desk.file.read_bytes() if desk.file.is_file() else b"") == before


def test_no_gallery_is_made_in_the_place_of_the_file(desk: Desk) -> None:
    with pytest.raises(GalleryError) as caught:
        Gallery.open(desk.file, FaceTiles({}))
    assert caught.value.code == "gallery.name"


def test_a_link_to_where_nothing_is_yet_leads_to_a_file_for_its_owner_only(desk: Desk, tmp_path: Path) -> None:
    desk.file.symlink_to(tmp_path / "elsewhere")
    desk.kept()
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o600


def test_a_file_that_others_may_read_is_named_by_the_check(desk: Desk) -> None:
    desk.kept()
    desk.file.chmod(0o644)
    (warning,) = desk.gallery.check().warnings
    assert "g.bareface-cases" in str(warning.message)


def test_cases_on_read_only_media_can_be_read(desk: Desk) -> None:
    kept = desk.kept()
    with mock.patch("os.access", lambda path, mode: mode == os.R_OK):
        assert [one.id for one in desk.cases.list()] == [kept.case_id]
        assert desk.cases.face(kept.faces[0].id).crop
        with pytest.raises(GalleryError) as caught:
            desk.cases.close(kept.case_id)
    assert caught.value.code == "gallery.read-only"


_DAMAGE = (
    "CREATE TRIGGER t AFTER DELETE ON cases BEGIN INSERT INTO look VALUES (1, old.name, 'x'); END",
    "CREATE VIEW v AS SELECT 1",
    "DROP TABLE look",
    "ALTER TABLE face DROP COLUMN map",
    "UPDATE cases SET name = CAST(x'ff' AS TEXT)",
    "UPDATE cases SET name = x'ff'",
    "UPDATE cases SET expires = '2999-01-01'",
    "UPDATE search SET subjects = 'many'",
    "UPDATE face SET number = 'x'",
    "UPDATE face SET facts = replace(hex(zeroblob(100000)), '00', '[')",
    "UPDATE face SET facts = json_set(facts, '$.mask_state', '<script>')",
    "UPDATE face SET facts = json_set(facts, '$.enrolled', json('[]'), '$.visible', 'x')",
    "UPDATE face SET candidates = json_set(candidates, '$[0].similarity', 'x')",
    'UPDATE face SET candidates = replace(candidates, \'"similarity": \', \'"similarity": NaN, "x": \')',
    "UPDATE face SET candidates = json_set(candidates, '$[0].reference_id', 'x')",
    "UPDATE face SET candidates = '[]'",
    "UPDATE review SET items = '[99]'",
    "UPDATE review SET items = '{}'",
)


@pytest.mark.parametrize("statement", _DAMAGE)
def test_damaged_rows_and_foreign_tables_are_an_error_that_names_the_file(desk: Desk, statement: str) -> None:
    review = desk.asked()
    with closing(sqlite3.connect(desk.file)) as database:
        database.execute(statement)
        database.commit()
    with pytest.raises(GalleryError) as caught:
        desk.cases.report(review.case_id)
    assert (caught.value.code, caught.value.source) == ("gallery.corrupt", str(desk.file))


def test_pictures_from_elsewhere_are_decoded_anew_or_left_out_of_a_report(desk: Desk) -> None:
    kept = desk.kept()
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'><text>secret</text></svg>"
    with closing(sqlite3.connect(desk.file)) as database, closing(sqlite3.connect(desk.gallery.path)) as gallery:
        database.execute("UPDATE face SET crop = ?, map = x'00'", (drawing,))
        gallery.execute("UPDATE picture SET crop = ?", (drawing,))
        database.commit()
        gallery.commit()
    page = desk.cases.report(kept.case_id).decode()
    assert "image/svg" not in page
    assert "no picture kept" in page


def test_a_full_disk_is_called_that_and_keeps_what_was_stored(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = desk.kept()
    pages = len(desk.file.read_bytes()) // 4096
    with monkeypatch.context() as full:
        full.setattr("bareface.system.small_database._PRAGMAS", f"{_PRAGMAS}; PRAGMA max_page_count = {pages}")
        with pytest.raises(GalleryError) as caught:
            desk.cases.open("Visitors", "identify visitors " * 3000)
    assert caught.value.code == "gallery.disk-full"
    assert [one.id for one in desk.cases.list()] == [kept.case_id]


def test_what_was_restored_of_a_probe_goes_with_its_case(desk: Desk) -> None:
    kept, other = desk.kept(), desk.kept()
    photo = hashlib.sha256(png(desk.colours[0], tick=50)).hexdigest()
    aligned = hashlib.sha256(kept.faces[0].picture).hexdigest()
    for number, digest in enumerate((photo, aligned, "0" * 64)):
        made = restored(number)
        record_in(desk.gallery._store, replace(made, provenance=replace(made.provenance, source_sha256=digest)))
    sources = [one.source_sha256 for one in desk.gallery.restorations()]
    assert sources == [photo, aligned, "0" * 64]
    desk.cases.erase(kept.case_id)
    assert [one.source_sha256 for one in desk.gallery.restorations()] == [photo, "0" * 64], "another case has the photo"
    desk.now += timedelta(days=91)
    desk.cases.list()
    assert [one.source_sha256 for one in desk.gallery.restorations()] == ["0" * 64]
    assert grey(restored(1).source).tobytes()[:900] not in desk.gallery.path.read_bytes()
    with pytest.raises(UsageError):
        desk.cases.get(other.case_id)


def test_what_a_locked_gallery_could_not_keep_goes_with_its_case(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "record"
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(record))
    kept = desk.kept()
    digest = hashlib.sha256(kept.faces[0].picture).hexdigest()
    made = [restored(number) for number in range(3)]
    own = [replace(one, provenance=replace(one.provenance, source_sha256=digest)) for one in made[:2]]
    strange = made[2]

    writable = Store.check_writable

    def locked(store: Store) -> None:
        if store is desk.gallery._store:
            raise GalleryError("gallery.locked")
        writable(store)

    with monkeypatch.context() as busy:
        busy.setattr(Store, "check_writable", locked)
        record_in(desk.gallery._store, own[0])
        record_in(desk.gallery._store, strange)
    remember(own[1])  # of the same picture, but not through the gallery
    assert desk.gallery.restorations() == ()
    desk.cases.erase(kept.case_id)
    with RestorationRecord.open(record) as there:
        assert [one.source_sha256 for one in there.entries()] == [strange.provenance.source_sha256, digest]
    assert grey(own[0].source).tobytes()[:900] not in record.read_bytes()
    record.write_bytes(b"no record")
    other = desk.kept()
    desk.cases.erase(other.case_id)
    assert desk.cases.list() == ()


@pytest.mark.parametrize("damage", ["facts = '{'", "facts = '7'", "facts = '{\"sha256\": [7]}'", "vector = 'x'"])
def test_a_damaged_case_is_erased_all_the_same(desk: Desk, damage: str) -> None:
    kept = desk.kept()
    with closing(sqlite3.connect(desk.file)) as file:
        file.execute(f"UPDATE probe SET {damage}")
        file.execute("UPDATE face SET picture = 'x'")
        file.commit()
    desk.cases.erase(kept.case_id)
    assert desk.cases.list() == ()
