"""Probe faces of open cases that are searched again: what is new is kept, once, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bareface.errors import TemplateError, UsageError
from bareface.services.cases import Cases
from bareface.services.gallery import Gallery
from bareface.storage import casebook
from bareface.values.cases import KeptSearch, Watch
from tests.gallery.pictures import Colour, colours
from tests.services.desk import ADA, BO, Desk
from tests.web.support import FaceTiles, png

STRANGER = colours(9, seed=5)[8]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.gallery.close()


def near(colour: Colour, step: int) -> Colour:
    return colour[0] - step, colour[1], colour[2]


def watched(desk: Desk) -> tuple[KeptSearch, Watch]:
    kept = desk.kept()
    return kept, desk.cases.watch(kept.faces[0].id, context=ADA)


def again(desk: Desk) -> int:
    """Search again until nothing is due; return how many searches that took."""
    count = 0
    while desk.cases.search_again():
        count += 1
    return count


def new(desk: Desk, kept: KeptSearch) -> list[KeptSearch]:
    return [one for one in desk.cases.searches(kept.case_id) if one.again == kept.faces[0].id]


def test_whoever_is_enrolled_later_and_likely_is_new_since(desk: Desk) -> None:
    kept, watch = watched(desk)
    assert (watch.begun_by, watch.searches, watch.trouble) == ("ada", 0, None)
    assert again(desk) == 0, "nothing was enrolled since the search"
    desk.gallery.enrol(png(near(desk.colours[0], 1), tick=60), "Later")
    desk.gallery.enrol(png(STRANGER, tick=61), "Stranger")
    assert again(desk) == 1
    (found,) = new(desk, kept)
    assert (found.name, found.made_by, found.since, found.references) == ("probe.png", "ada", kept.made, 10)
    (face,) = found.faces
    named = desk.cases.search(found.id, context=BO).faces[0]
    assert [one.subject for one in named.candidates] == ["Later"]
    assert face.picture == kept.faces[0].picture
    assert "only who was enrolled since" in face.notes[0]
    assert again(desk) == 0
    (watch,) = desk.cases.watches(kept.case_id)
    assert watch.searches == 1
    assert watch.searched is not None


def test_what_is_new_can_be_reviewed_and_is_in_the_report(desk: Desk) -> None:
    kept, _ = watched(desk)
    desk.gallery.enrol(png(near(desk.colours[0], 1), tick=60), "Later")
    again(desk)
    review = desk.cases.ask(new(desk, kept)[0].faces[0].id, length=1, two_person=False, context=ADA)
    desk.answer_all(review, BO)
    assert desk.cases.outcome(review.id, context=BO).candidates[0].subject == "Later"
    assert b"only who was enrolled since" in desk.cases.report(kept.case_id)


def test_a_subject_is_new_once_and_nobody_of_the_first_list_is(desk: Desk) -> None:
    kept, _ = watched(desk)
    subject = desk.cases.search(kept.id, context=ADA).faces[0].candidates[0].subject
    assert subject is not None
    desk.gallery.enrol(png(near(desk.colours[0], 1), tick=60), subject)
    assert again(desk) == 1
    assert new(desk, kept) == []
    for tick in (61, 62):
        desk.gallery.enrol(png(near(desk.colours[0], 2), tick=tick), "Later")
        assert again(desk) == 1
    assert len(new(desk, kept)) == 1


def test_whoever_was_no_match_before_and_is_one_now_is_new(desk: Desk) -> None:
    kept, _ = watched(desk)
    poor = next(
        one for one in desk.cases.search(kept.id, context=ADA).faces[0].candidates if one.decision == "no match"
    )
    assert poor.subject is not None
    desk.gallery.enrol(png(near(desk.colours[0], 1), tick=60), poor.subject)
    assert again(desk) == 1
    (found,) = new(desk, kept)
    assert [one.subject for one in desk.cases.search(found.id, context=ADA).faces[0].candidates] == [poor.subject]
    desk.gallery.enrol(png(near(desk.colours[0], 1), tick=61), poor.subject)
    assert again(desk) == 1
    assert len(new(desk, kept)) == 1, "once is enough"


def test_what_other_processes_enrol_counts_and_a_second_server_does_it_no_second_time(
    desk: Desk, tmp_path: Path
) -> None:
    kept, _ = watched(desk)
    with Gallery.open(tmp_path / "g.bareface", FaceTiles({})) as other:
        other.enrol(png(near(desk.colours[0], 1), tick=60), "Later")
        second = Cases(other, clock=lambda: desk.now)
        probe = second._book.due(other.id, other.highest_reference(), desk.now)
        assert probe is not None
        assert desk.cases.search_again()
        assert not second.search_again()
        second._book.keep_again(probe, other.highest_reference(), "ada", (1, 1), kept.faces[0])
    assert len(new(desk, kept)) == 1


def test_what_was_enrolled_between_the_search_and_its_keeping_is_not_missed(desk: Desk) -> None:
    photo = png(desk.colours[0], tick=50)
    result = desk.gallery.search(photo)
    desk.gallery.enrol(png(near(desk.colours[0], 1), tick=60), "Later")
    case = desk.cases.open("Visitors", "identify visitors", context=ADA)
    kept = desk.cases.keep(case.id, result, photo, "probe.png", context=ADA)
    desk.cases.watch(kept.faces[0].id, context=ADA)
    assert again(desk) == 1
    assert len(new(desk, kept)) == 1


def test_only_what_was_asked_for_is_searched_in_open_cases_until_they_expire(desk: Desk) -> None:
    kept = desk.kept()
    face = kept.faces[0].id
    desk.gallery.enrol(png(near(desk.colours[0], 1), tick=60), "Later")
    assert again(desk) == 0, "nobody asked"
    desk.cases.watch(face, context=ADA)
    desk.cases.unwatch(face, context=ADA)
    assert again(desk) == 0, "it was ended"
    assert desk.cases.watches(kept.case_id) == (Watch(face),)
    desk.cases.watch(face, context=ADA)
    assert desk.cases.watch(face, context=BO).begun_by == "ada"
    desk.cases.close(kept.case_id)
    assert again(desk) == 0, "the case is closed"
    with pytest.raises(UsageError, match=r"usage\.case"):
        desk.cases.watch(face, context=ADA)
    other = desk.kept()
    desk.cases.watch(other.faces[0].id, context=ADA)
    desk.gallery.enrol(png(near(desk.colours[0], 2), tick=61), "Latest")
    desk.now += timedelta(days=91)
    assert again(desk) == 0, "it has expired"
    desk.cases.list()
    with closing(sqlite3.connect(desk.file)) as file:
        assert file.execute("SELECT (SELECT count(*) FROM probe), (SELECT count(*) FROM watch)").fetchone() == (0, 0)


def test_a_search_again_is_one_event_in_the_name_of_whoever_asked(desk: Desk) -> None:
    kept, _ = watched(desk)
    before = len(desk.log.events)
    assert not desk.cases.search_again()
    assert len(desk.log.events) == before
    desk.gallery.enrol(png(near(desk.colours[0], 1), tick=60), "Later")
    desk.cases.search_again()
    (event,) = desk.log.events[before:]
    assert (event.action, event.actor, event.purpose) == ("Cases.search_again", "ada", "identify visitors")
    assert (event.case, len(event.references)) == (str(kept.case_id), 1)


def test_another_embedder_ends_it_and_the_case_says_why(desk: Desk, tmp_path: Path) -> None:
    kept, _ = watched(desk)
    engine = FaceTiles({})
    engine.space = "another"
    with Gallery.open(tmp_path / "g.bareface", engine) as moved:
        assert moved.reembed().switched
        (tmp_path / "later.png").write_bytes(png(near(desk.colours[0], 1), tick=60))
        moved.enrol(tmp_path / "later.png", "Later")
        cases = Cases(moved, desk.log, lambda: desk.now)
        with pytest.raises(TemplateError, match=r"template\.space"):
            cases.search_again()
        assert not cases.search_again()
        assert cases.watches(kept.case_id)[0].trouble == "template.space"
    with Gallery.open(tmp_path / "g.bareface", FaceTiles({})) as back:
        assert back.reembed().switched
        cases = Cases(back, desk.log, lambda: desk.now)
        assert not cases.search_again()
        assert cases.watch(kept.faces[0].id, context=BO).trouble is None
        assert cases.search_again()


def test_a_face_of_an_earlier_version_or_of_several_photos_cannot_be_searched_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.cases.open("Visitors", "identify visitors", context=ADA)
    photos = [png(desk.colours[0], tick=tick) for tick in (50, 51)]
    fused = desk.cases.keep(case.id, desk.gallery.search(photos, same_person=True), None, "two", context=ADA)
    with pytest.raises(UsageError, match=r"usage\.watch"):
        desk.cases.watch(fused.faces[0].id, context=ADA)
    assert desk.cases.watches(case.id) == ()
    with pytest.raises(UsageError, match=r"usage\.unknown-search"):
        desk.cases.watch(99, context=ADA)
    with monkeypatch.context() as patch:
        patch.setattr(casebook.Casebook, "layouts", casebook.Casebook.layouts[:2])
        path = desk.file.with_name("former-cases")
        former = casebook.Casebook(path)
        former.open_case("Former", "identify visitors", None, "ada", desk.now)
    assert len(casebook.Casebook(path).cases()) == 1
    assert casebook.Casebook(path).watches(1) == ()


def test_templates_are_kept_bit_for_bit(desk: Desk) -> None:
    kept, _ = watched(desk)
    (listed,) = desk.gallery.search(png(desk.colours[0], tick=50)).lists
    desk.gallery.enrol(png(near(desk.colours[0], 1), tick=60), "Later")
    probe = desk.cases._book.due(desk.gallery.id, desk.gallery.highest_reference(), desk.now)
    assert probe is not None
    assert probe.template == replace(listed.probe[0].template)
    assert probe.face_id == kept.faces[0].id


def test_in_a_restored_copy_numbers_that_are_given_again_are_new(desk: Desk) -> None:
    copy = desk.gallery.path.read_bytes()
    desk.gallery.enrol(png(near(desk.colours[0], 1), tick=60), "Gone")
    kept, _ = watched(desk)
    desk.gallery.path.write_bytes(copy)
    assert again(desk) == 0
    desk.gallery.enrol(png(near(desk.colours[0], 2), tick=61), "Later")
    assert again(desk) == 1
    (found,) = new(desk, kept)
    assert [one.subject for one in desk.cases.search(found.id).faces[0].candidates] == ["Later"]
