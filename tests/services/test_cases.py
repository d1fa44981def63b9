"""Cases and reviews: what is kept, what reviewers see and when, and what is erased."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from bareface.errors import GalleryError
from bareface.gallery.restored_candidates import Agreement, RestoredCandidate, RestoredSearch, Standing
from bareface.restoration.base import Completion, Provenance, Restored
from bareface.services import cases as cases_module
from bareface.services.gallery import Gallery
from bareface.storage.casebook import Casebook
from bareface.values.context import Context
from tests.services.desk import ADA, BO, CY, Desk, code, pdf_text
from tests.web.support import png


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
    assert desk.cases.next(review.id, context=Context("zoë o'brien")) is None
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
    counted(cases_module, "probe_photo")
    for name in ("references_at", "reference", "crop"):
        counted(Gallery, name)
    assert len(desk.cases.keep(case, result, photo, "crowd.png").faces) == 12
    assert sorted(looks) == ["probe_photo", "references_at"]
    desk.cases.report(case)
    assert looks.count("references_at") == 2
    assert looks.count("crop") <= len(desk.gallery.references())


# A file that stands next to a gallery is guarded as the gallery is
