"""Cases and reviews: what is kept, what reviewers see and when, and what is erased."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pypdfium2
import pytest

from bareface.audit.memory import MemoryAuditLog
from bareface.errors import GalleryError, UsageError
from bareface.gallery.restored_candidates import Agreement, RestoredCandidate, RestoredSearch, Standing
from bareface.restoration.base import Completion, Provenance, Restored
from bareface.services import cases as cases_module
from bareface.services.cases import Cases
from bareface.services.gallery import Gallery
from bareface.storage.casebook import Casebook
from bareface.system.small_database import _PRAGMAS
from bareface.values.cases import KeptSearch, Review
from bareface.values.context import Context
from tests.gallery.pictures import colours, people, save
from tests.web.support import FaceTiles, png

ADA, BO, CY = (Context(name) for name in ("ada", "bo", "cy"))


class Desk:
    """A gallery with its cases, and a clock that tests move."""

    def __init__(self, folder: Path) -> None:
        self.colours = people(folder / "photos", 4)
        self.gallery = Gallery.open(folder / "g.bareface", FaceTiles({}))
        self.gallery.enrol(folder / "photos")
        self.now = datetime.now(UTC)
        self.log = MemoryAuditLog()
        self.cases = Cases(self.gallery, self.log, lambda: self.now)
        self.file = folder / "g.bareface-cases"

    def kept(self, who: Context = ADA) -> KeptSearch:
        """Open a case and keep a search in it."""
        photo = png(self.colours[0], tick=50)
        case = self.cases.open("Visitors", "identify visitors", "consent", context=who)
        return self.cases.keep(case.id, self.gallery.search(photo), photo, "probe.png", context=who)

    def asked(self, *, two_person: bool = True, length: int = 3) -> Review:
        return self.cases.ask(self.kept().faces[0].id, length=length, two_person=two_person, context=ADA)

    def answer_all(self, review: Review, who: Context, verdict: str = "same") -> None:
        while (pair := self.cases.next(review.id, context=who)) is not None:
            self.cases.answer(review.id, pair[0], verdict, "high", "ears", context=who)  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.gallery.close()


def pdf_text(content: bytes) -> str:
    """Return the text that a reader can select on the pages of a PDF, without line breaks."""
    with pypdfium2.PdfDocument(content) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


def code(call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(UsageError) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    return caught.value.code


def test_a_case_keeps_the_search_for_its_owner_and_no_name_of_anybody(desk: Desk) -> None:
    kept = desk.kept()
    assert desk.file.stat().st_mode & 0o777 == 0o600
    assert (kept.name, kept.made_by, kept.subjects) == ("probe.png", "ada", 4)
    (face,) = kept.faces
    assert face.picture[:3] == face.crop[:3] == b"\xff\xd8\xff"
    assert {one.subject for one in face.candidates} == {None}
    content = desk.file.read_bytes()
    assert b"/photos/" not in content
    assert b'"p0"' not in content
    shown = desk.cases.search(kept.id, context=ADA)
    assert [one.subject for one in shown.faces[0].candidates] == [
        desk.gallery.reference(one.reference_id).subject for one in face.candidates
    ]


def test_who_was_erased_from_the_gallery_has_no_name_and_no_picture_here(desk: Desk) -> None:
    kept = desk.kept()
    first = kept.faces[0].candidates[0]
    desk.gallery.delete(subject=first.subject_id)
    shown = desk.cases.search(kept.id).faces[0].candidates
    assert (shown[0].subject, shown[0].source) == (None, "")
    assert shown[1].subject is not None


def test_a_case_says_what_it_is_for(desk: Desk) -> None:
    assert code(desk.cases.open, "Visitors", " ") == "usage.case"
    assert code(desk.cases.open, " ", "identify") == "usage.name"
    for days in (0, 3651, 1.5):
        assert code(desk.cases.open, "Visitors", "identify", days=days) == "usage.value"
    assert not desk.file.exists()


def test_a_closed_case_can_be_read_and_takes_nothing_more(desk: Desk) -> None:
    kept = desk.kept()
    closed = desk.cases.close(kept.case_id)
    assert closed.closed is not None
    assert desk.cases.close(kept.case_id) == closed
    photo = png(desk.colours[1], tick=51)
    assert code(desk.cases.keep, kept.case_id, desk.gallery.search(photo), photo, "a.png") == "usage.case"
    assert desk.cases.search(kept.id).id == kept.id


@pytest.mark.parametrize("how", ["expired", "erased"])
def test_an_expired_case_leaves_no_byte(desk: Desk, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    review = desk.asked()
    desk.answer_all(review, BO)
    picture = desk.cases.face(review.face_id).picture
    assert picture[200:300] in desk.file.read_bytes()
    if how == "erased":
        desk.cases.erase(review.case_id)
    else:
        later = desk.now + timedelta(days=91)
        desk.now = later
        monkeypatch.setattr("bareface.storage.casebook.now", lambda: later.isoformat(timespec="microseconds"))
        assert code(desk.cases.get, review.case_id) == "usage.unknown-case"
        assert desk.cases.list() == ()
    content = desk.file.read_bytes()
    assert picture[200:300] not in content
    for word in (b"identify visitors", b"probe.png", b"ears", b"ada"):
        assert word not in content
    for call in (desk.cases.search, desk.cases.face, desk.cases.review):
        assert code(call, 1) in ("usage.unknown-search", "usage.unknown-review")


def test_a_pair_shows_no_score_no_rank_and_no_name(desk: Desk) -> None:
    review = desk.asked()
    pair = desk.cases.next(review.id, context=BO)
    assert pair is not None
    item, face, reference = pair
    assert item == 0
    assert face.candidates == face.notes == ()
    assert reference in {one.id for one in desk.gallery.references()}


def test_the_order_is_shuffled_or_that_of_the_list(desk: Desk) -> None:
    face = desk.kept().faces[0].id
    assert desk.cases.ask(face, shuffle=False).items == (0, 1, 2, 3)
    orders = {desk.cases.ask(face).items for _ in range(40)}
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset(range(4))}
    assert len(desk.cases.ask(face, length=2).items) == 2
    for length in (0, 21):
        assert code(desk.cases.ask, face, length=length) == "usage.value"


def test_two_people_answer_without_seeing_each_other(desk: Desk) -> None:
    review = desk.asked()
    desk.answer_all(review, BO, "same")
    assert code(desk.cases.outcome, review.id, context=BO) == "usage.review"
    assert desk.cases.next(review.id, context=BO) is None  # nobody answers twice
    desk.answer_all(review, CY, "different")
    outcome = desk.cases.outcome(review.id, context=ADA)
    assert [[one.verdict for one in answers] for answers in outcome.answers] == [["same", "different"]] * 3
    assert [one.subject_id for one in outcome.candidates] == [
        desk.cases.face(review.face_id).candidates[place].subject_id for place in review.items
    ]
    assert outcome.knew == ()
    assert all(one.shown <= one.answered for answers in outcome.answers for one in answers)


def test_a_third_person_is_not_needed(desk: Desk) -> None:
    review = desk.asked()
    desk.cases.next(review.id, context=BO)
    desk.cases.next(review.id, context=CY)
    assert code(desk.cases.next, review.id, context=ADA) == "usage.review"
    single = desk.asked(two_person=False)
    desk.answer_all(single, BO)
    assert desk.cases.review(single.id).complete
    assert code(desk.cases.next, single.id, context=CY) == "usage.review"


def test_an_answer_stays(desk: Desk) -> None:
    review = desk.asked()
    answer = desk.cases.answer
    assert code(answer, review.id, 0, "same", "high", context=BO) == "usage.review"  # not shown yet
    desk.cases.next(review.id, context=BO)
    answer(review.id, 0, "same", "high", context=BO)
    assert code(answer, review.id, 0, "different", "low", context=BO) == "usage.review"
    assert code(answer, review.id, 1, "same", "high", context=BO) == "usage.review"
    assert code(answer, review.id, 0, "perhaps", "high", context=BO) == "usage.value"


def test_whoever_saw_the_scores_did_not_review_blind(desk: Desk) -> None:
    review = desk.asked()
    desk.answer_all(review, ADA)  # who made the search
    desk.answer_all(review, BO)
    desk.cases.search(review.search_id, context=BO)  # afterwards
    assert desk.cases.outcome(review.id).knew == ("ada",)


def test_what_is_not_there_is_named(desk: Desk) -> None:
    assert desk.cases.list() == desk.cases.reviews() == ()
    assert not desk.file.exists()
    assert code(desk.cases.get, 7) == "usage.unknown-case"
    desk.kept()
    assert code(desk.cases.search, 7) == "usage.unknown-search"
    assert code(desk.cases.ask, 7) == "usage.unknown-search"
    assert code(desk.cases.next, 7) == "usage.unknown-review"


def test_every_call_leaves_an_event_without_names(desk: Desk) -> None:
    review = desk.asked()
    desk.answer_all(review, BO)
    code(desk.cases.get, 99)
    actions = {event.action for event in desk.log.events}
    assert {"Cases.open", "Cases.keep", "Cases.ask", "Cases.next", "Cases.answer", "Cases.get"} <= actions
    assert desk.log.events[-1].outcome == "usage.unknown-case"
    assert "Visitors" not in str(desk.log.events)


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\0" + bytes(2000)])
def test_a_damaged_file_is_an_error_that_names_it(desk: Desk, content: bytes) -> None:
    desk.file.write_bytes(content)
    with pytest.raises(GalleryError) as caught:
        desk.cases.list()
    assert caught.value.source == str(desk.file)


def test_a_file_of_a_later_version_is_left_alone(desk: Desk) -> None:
    desk.kept()
    with sqlite3.connect(desk.file) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(GalleryError) as caught:
        Casebook(desk.file).cases()
    assert caught.value.code == "gallery.newer"


def test_the_report_holds_everything_and_fetches_nothing(desk: Desk) -> None:
    review = desk.asked()
    page = desk.cases.report(review.case_id, context=ADA).decode()
    assert "is not complete: 0 of 2 people have answered" in page
    assert "same person" not in page
    desk.answer_all(review, BO, "same")
    desk.answer_all(review, CY, "different")
    page = desk.cases.report(review.case_id, context=ADA).decode()
    for text in (
        "identify visitors",
        "consent",
        "leads, not identifications",
        "bo: same person",
        "cy: different people",
        "ears",
        "shown 20",
        "Training data",
    ):
        assert text in page, text
    assert "not complete" not in page
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "<script" not in page
    assert "Content-Security-Policy" in page


def test_the_report_speaks_the_readers_language_in_both_formats(desk: Desk) -> None:
    review = desk.asked()
    page = desk.cases.report(review.case_id, language="de").decode()
    assert '<html lang="de">' in page
    assert "Kandidaten sind Hinweise" in page
    assert "subject" not in page.partition("<footer>")[0]
    made = datetime(2026, 11, 29, tzinfo=UTC)
    once, again = (desk.cases.report(review.case_id, "pdf", "de", made=made) for _ in range(2))
    assert once == again
    text = pdf_text(once)
    assert "Kandidaten sind Hinweise" in text
    assert "Prüfung 1 ist nicht abgeschlossen" in text
    for wrong in ({"format": "doc"}, {"language": "fr"}):
        assert code(desk.cases.report, review.case_id, **wrong) == "usage.value"


def restored_search(desk: Desk) -> RestoredSearch:
    """Return a search with two completions of a face, of which only one found the second lead."""
    made = Provenance("unmask", "eigenface", "bareface-eigenface", "0" * 64, 7, "1" * 64, 0.4, (), "0.3", "2026-11-29")
    chip = np.zeros((160, 160, 3), np.uint8)
    done = Completion(chip, np.zeros(4, np.float32))  # type: ignore[arg-type]
    empty = np.zeros((160, 160))
    restored = Restored(chip, empty > 0, (done, done), empty.astype(np.float32), made, (1, 0), (0.1, 0.2), 0.3)
    (entry,) = desk.gallery.search(png(desk.colours[0], tick=50)).lists
    leads = [
        RestoredCandidate(
            one.subject_id,
            one.subject,
            one.reference_id,
            one.source,
            Standing(1, 0.9) if place == 0 else Standing(),
            (Standing(1, 0.8), Standing()),
            Standing(place + 1, 0.9),
            None,
            0.01,
            False,
            Agreement(2, 1, None, place == 0),
        )
        for place, one in enumerate(entry.candidates[:2])
    ]
    return RestoredSearch(entry, restored, (leads[0],), (leads[1],), ("a remark",))


def test_restored_pictures_are_kept_and_reported_as_viewing_aids(desk: Desk) -> None:
    face = desk.kept().faces[0].id
    picture = png(desk.colours[1], tick=3)
    desk.cases.keep_restored(face, restored_search(desk), picture, context=BO)
    (kept,) = desk.cases.restored(face)
    assert (kept.kind, kept.method, kept.made_by, kept.picture) == ("unmask", "eigenface", "bo", picture)
    assert [one.added for one in kept.leads] == [False, True]
    assert b'"p0"' not in desk.file.read_bytes()
    page = desk.cases.report(1).decode()
    for text in (
        "Restored pictures: viewing aids, not evidence",
        "with eigenface (bareface-eigenface); 40 % of the face’s pixels are made up",
        "photo rank 1 (0.900), picture 1 rank 1 (0.800), picture 2 not listed; best of all rank 1 (0.900)",
        "only in restored pictures; depends on the restored picture",
        "a remark",
        "data:image/png",
    ):
        assert text in page, text
    assert "viewing aids, not evidence" in pdf_text(desk.cases.report(1, "pdf"))
    desk.cases.close(1)
    assert code(desk.cases.keep_restored, face, restored_search(desk), picture) == "usage.case"


def test_a_casebook_of_the_first_layout_is_read_and_goes_on(desk: Desk) -> None:
    review = desk.asked()
    desk.answer_all(review, BO)
    with sqlite3.connect(desk.file) as database:
        for statement in (
            "DROP TABLE watch",
            "DROP TABLE probe",
            "ALTER TABLE search DROP COLUMN again",
            "ALTER TABLE search DROP COLUMN since",
            "DROP TABLE excluded",
            "DROP TABLE restored",
            "DROP TABLE seen",
            "ALTER TABLE search DROP COLUMN models",
            "ALTER TABLE review DROP COLUMN checklist",
            "ALTER TABLE review DROP COLUMN controls",
            "ALTER TABLE answer DROP COLUMN features",
            "PRAGMA user_version = 1",
        ):
            database.execute(statement)
    database.close()
    assert desk.cases.review(review.id).reviewers == (("bo", 3),)
    assert desk.cases.search(review.search_id).models == ()
    desk.answer_all(review, CY)
    assert desk.cases.outcome(review.id).answers[0][0].features == ()


def test_whoever_looks_at_the_held_result_of_a_kept_search_has_seen_the_scores(desk: Desk) -> None:
    review = desk.asked()
    desk.cases.look(review.search_id, context=BO)
    desk.answer_all(review, BO)
    desk.answer_all(review, CY)
    assert desk.cases.outcome(review.id).knew == ("bo",)


def test_whoever_reads_the_report_has_seen_the_scores(desk: Desk) -> None:
    review = desk.asked()
    desk.cases.report(review.case_id, context=BO)
    desk.answer_all(review, BO)
    desk.answer_all(review, CY)
    assert desk.cases.outcome(review.id).knew == ("bo",)


def test_the_report_names_nobody_who_was_erased(desk: Desk) -> None:
    review = desk.asked()
    desk.answer_all(review, BO)
    desk.answer_all(review, CY)
    desk.gallery.delete(subject="p0")
    page = desk.cases.report(review.case_id).decode()
    assert "no longer in the gallery" in page
    assert "p0" not in page


def test_one_person_is_one_reviewer_however_the_name_is_typed(desk: Desk) -> None:
    review = desk.asked(length=1)
    desk.answer_all(review, Context("Zoë O’Brien"))
    assert desk.cases.next(review.id, context=Context("Zoe\u0308 \u200b O'Brien")) is None
    assert desk.cases.review(review.id).reviewers == (("Zoë O'Brien", 1),)


def test_a_crowd_is_kept_and_reported_in_a_few_looks_at_photo_and_gallery(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    def counted(place: object, name: str) -> None:
        call = getattr(place, name)

        def counting(*args: Any, **kwargs: Any) -> Any:
            looks.append(name)
            return call(*args, **kwargs)

        monkeypatch.setattr(place, name, counting)

    photo = png(*(desk.colours[number % 4] for number in range(12)), tick=50)
    result = desk.gallery.search(photo)
    case = desk.cases.open("Visitors", "identify visitors").id
    counted(cases_module, "decode")
    for name in ("references_at", "reference", "crop"):
        counted(Gallery, name)
    assert len(desk.cases.keep(case, result, photo, "crowd.png").faces) == 12
    assert sorted(looks) == ["decode", "references_at"]
    desk.cases.report(case)
    assert looks.count("references_at") == 2
    assert looks.count("crop") <= len(desk.gallery.references())


# A file that stands next to a gallery is guarded as the gallery is


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
