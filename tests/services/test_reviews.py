"""Reviews: controls that measure reviewers, the checklist, viewing aids, "not this person", and labels."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bareface.gallery.control_pairs import control_pairs
from bareface.scores.score_file import ScoreFile
from bareface.services.cases import Cases
from bareface.services.gallery import Gallery
from bareface.values.cases import COMPONENTS, Control, Measure, Review
from tests.gallery.pictures import people
from tests.services.desk import ADA, BO, CY, Desk, code, pdf_text
from tests.web.support import FaceTiles, png


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return a desk whose case has searched a gallery of 12 people; its list names four of them."""
    made = Desk(tmp_path)
    made.colours = people(tmp_path / "more", 12)
    made.gallery.close()
    made.gallery = Gallery.open(tmp_path / "h.bareface", FaceTiles({}))
    made.gallery.enrol(tmp_path / "more")
    made.cases = Cases(made.gallery, made.log, lambda: made.now)
    made.file = tmp_path / "h.bareface-cases"
    yield made
    made.gallery.close()


def asked(desk: Desk, controls: int, *, two_person: bool = False, checklist: bool = False) -> Review:
    photo = png(desk.colours[0], tick=50)
    case = desk.cases.open("Visitors", "identify visitors", "consent", context=ADA)
    found = desk.gallery.search(photo, 3)
    kept = desk.cases.keep(case.id, found, photo, "probe.png", context=ADA)
    return desk.cases.ask(kept.faces[0].id, two_person=two_person, checklist=checklist, controls=controls, context=ADA)


def truly(desk: Desk, review: Review, item: int, control: Control | None) -> str:
    """Answer a control as it is, and a candidate by "different"."""
    return "same" if control and control.same else "different"


def test_controls_are_other_people_whose_answer_is_known(desk: Desk) -> None:
    review = asked(desk, 6)
    assert len(review.controls) == 6
    assert sorted(review.items) == [*range(-6, 0), 0, 1, 2]
    listed = {one.subject_id for one in desk.cases.face(review.face_id).candidates}
    assert sum(one.same for one in review.controls) == 3
    for one in review.controls:
        left, right = desk.gallery.reference(one.probe_id), desk.gallery.reference(one.reference_id)
        assert (left.subject_id == right.subject_id) == one.same
        assert left.sha256 != right.sha256
        assert one.enrolled == (left.enrolled, right.enrolled)
        assert not {left.subject_id, right.subject_id} & listed


def test_look_alikes_are_the_most_similar_people_and_no_duplicates(desk: Desk) -> None:
    desk.gallery.enrol(png(desk.colours[5], tick=80), "Twin")
    twins = {desk.gallery.subject("Twin").id, desk.gallery.subject("p5").id}
    rng = random.Random(1)
    pairs = control_pairs(desk.gallery._store, 10, frozenset(), rng)
    names = [
        {desk.gallery.reference(number).subject_id for number in (one.probe_id, one.reference_id)} for one in pairs
    ]
    assert twins not in [name for name, one in zip(names, pairs, strict=True) if not one.same]
    everybody = [number for name, one in zip(names, pairs, strict=True) if not one.same for number in name]
    assert len(everybody) == len(set(everybody))


def test_a_gallery_without_other_people_has_no_controls(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    face = desk.kept().faces[0].id  # all four people are on the list
    assert code(desk.cases.ask, face, controls=4) == "usage.review"
    assert code(desk.cases.ask, face, controls=11) == "usage.value"
    desk.gallery.close()


def test_hits_and_false_alarms_are_counted_for_each_reviewer(desk: Desk) -> None:
    review = asked(desk, 6, two_person=True)
    for who in (BO, CY):
        while (pair := desk.cases.next(review.id, context=who)) is not None:
            item, face, reference = pair
            control = review.control(item)
            assert (face.id == 0) == (control is not None)
            assert reference == (control.reference_id if control else reference)
            verdict = truly(desk, review, item, control) if who == BO else "same"
            desk.cases.answer(review.id, item, verdict, "high", context=who)  # type: ignore[arg-type]
    outcome = desk.cases.outcome(review.id)
    assert outcome.measures == (
        Measure("bo", same=3, hits=3, different=3, false_alarms=0, unsure=0),
        Measure("cy", same=3, hits=3, different=3, false_alarms=3, unsure=0),
    )
    assert len(outcome.candidates) == len(outcome.answers) == 3
    assert len(outcome.controls) == 6
    page = desk.cases.report(review.case_id).decode()
    assert "Controls, cy: 3 of 3 pairs of one person recognised, 3 of 3 pairs of different people taken" in page
    assert page.count("cy: same person") == 3  # a control is no answer about a candidate
    assert "cy: same person" not in desk.cases.labels(review.case_id).decode()


def test_a_control_with_somebody_who_was_deleted_measures_nobody(desk: Desk) -> None:
    review = asked(desk, 2)
    gone = next(one for one in review.controls if not one.same)
    desk.gallery.delete(reference=gone.reference_id)
    shown = []
    while (pair := desk.cases.next(review.id, context=BO)) is not None:
        if review.control(pair[0]) == gone:
            shown.append(pair[2])
        desk.cases.answer(review.id, pair[0], "same", "low", context=BO)
    assert shown == [None]
    outcome = desk.cases.outcome(review.id)
    assert [one for one, _ in outcome.controls] == [one for one in review.controls if one != gone]
    assert outcome.measures[0].different == 0


def test_the_checklist_is_kept_with_the_answer_in_its_order(desk: Desk) -> None:
    review = asked(desk, 0, checklist=True)
    assert review.checklist
    desk.cases.next(review.id, context=BO)
    answer, wrong = desk.cases.answer, {"aura": "similar"}
    assert code(answer, review.id, 0, "same", "high", "", wrong, context=BO) == "usage.value"
    assert code(answer, review.id, 0, "same", "high", "", {"ears": "alike"}, context=BO) == "usage.value"
    answer(review.id, 0, "same", "high", "", {"ears": "similar", "skin": "not visible", "eyes": "similar"}, context=BO)
    while (pair := desk.cases.next(review.id, context=BO)) is not None:
        answer(review.id, pair[0], "different", "low", context=BO)
    outcome = desk.cases.outcome(review.id)
    assert outcome.answers[0][0].features == (("skin", "not visible"), ("eyes", "similar"), ("ears", "similar"))
    assert [one for one, _ in outcome.answers[0][0].features] == sorted(("ears", "skin", "eyes"), key=COMPONENTS.index)
    assert outcome.answers[1][0].features == ()
    text = pdf_text(desk.cases.report(review.case_id, "pdf"))
    assert "similar: eyes, ears" in text
    assert "not visible: skin" in text


def test_viewing_aids_are_noted_with_their_time_while_the_pair_waits(desk: Desk) -> None:
    review = asked(desk, 0)
    see = desk.cases.see
    assert code(see, review.id, 0, "enhanced-probe", context=BO) == "usage.review"  # not shown yet
    desk.cases.next(review.id, context=BO)
    see(review.id, 0, "enhanced-probe", context=BO)
    see(review.id, 0, "enhanced-probe", context=BO)
    assert code(see, review.id, 0, "x-ray", context=BO) == "usage.value"
    desk.answer_all(review, BO)
    assert code(see, review.id, 0, "enhanced-reference", context=BO) == "usage.review"
    (first, second, _) = desk.cases.outcome(review.id).answers
    ((what, at),) = first[0].aids
    assert what == "enhanced-probe"
    assert first[0].shown <= at <= first[0].answered
    assert second[0].aids == ()
    assert "enhanced view of the probe opened 20" in desk.cases.report(review.case_id).decode()


def test_not_this_person_is_noted_of_those_whom_all_call_different_and_taken_back(desk: Desk) -> None:
    review = asked(desk, 0, two_person=True)
    assert code(desk.cases.exclude, review.id) == "usage.review"
    for who in (BO, CY):
        while (pair := desk.cases.next(review.id, context=who)) is not None:
            verdict = "same" if who == CY and pair[0] == 0 else "different"
            desk.cases.answer(review.id, pair[0], verdict, "high", context=who)  # type: ignore[arg-type]
    outcome = desk.cases.exclude(review.id, context=ADA)
    assert outcome.excluded == {one.reference_id for one in outcome.candidates[1:]}
    assert outcome.unanimous == outcome.candidates[1:]
    assert desk.cases.excluded(review.face_id) == dict.fromkeys(outcome.excluded, review.id)
    assert desk.cases.report(review.case_id).decode().count("Not this person") == 2
    assert desk.cases.include(review.id).excluded == frozenset()
    assert "Not this person" not in desk.cases.report(review.case_id).decode()


def test_the_gallery_keeps_the_two_apart_where_the_probe_itself_is_enrolled(desk: Desk) -> None:
    photo = png(desk.colours[0], tick=50)
    own = desk.gallery.enrol_upload(photo, "Visitor")
    assert own.status == "enrolled"
    case = desk.cases.open("Visitors", "identify visitors")
    face = desk.cases.keep(case.id, desk.gallery.search(photo, 3), photo, "probe.png").faces[0]
    review = desk.cases.ask(face.id, two_person=False)
    while (pair := desk.cases.next(review.id, context=BO)) is not None:
        desk.cases.answer(review.id, pair[0], "different", "high", context=BO)
    desk.cases.exclude(review.id)
    enrolled = next(one.reference_id for one in face.candidates if one.same_source == "same file")
    facts = desk.gallery.apart_page().answers
    assert {one.answer for one in facts} == {"different"}
    assert len(facts) == 2
    assert all(enrolled in one.faces for one in facts)
    desk.cases.include(review.id)
    assert desk.gallery.apart_page().answers == ()


def test_labels_are_pairs_on_which_blind_reviewers_agree(desk: Desk, tmp_path: Path) -> None:
    review = asked(desk, 4, two_person=True)
    for who in (BO, CY):
        while (pair := desk.cases.next(review.id, context=who)) is not None:
            item = pair[0]
            place = review.items[item]
            verdict = {0: "same", 1: "different", 2: "same" if who == BO else "cannot say"}.get(place, "same")
            desk.cases.answer(review.id, item, verdict, "high", context=who)  # type: ignore[arg-type]
    file = tmp_path / "labels.csv"
    file.write_bytes(desk.cases.labels(review.case_id, context=ADA))
    scores = ScoreFile.read(file)
    assert scores.mated.tolist() == [place == 0 for place in review.items if place in (0, 1)]
    kept = desk.cases.face(review.face_id).candidates
    assert sorted(scores.score) == sorted(one.similarity for one in kept[:2])
    assert b"p0" not in file.read_bytes()


def test_labels_leave_out_a_review_by_somebody_who_knew_the_scores(desk: Desk) -> None:
    review = asked(desk, 0)
    desk.answer_all(review, ADA)  # who made the search
    assert desk.cases.labels(review.case_id).count(b"\n") == 1
    again = desk.cases.ask(review.face_id, two_person=False)
    desk.answer_all(replace(again), BO)
    assert desk.cases.labels(review.case_id).count(b"\n") == 4


def test_labels_leave_out_pairs_on_which_two_reviews_disagree(desk: Desk) -> None:
    first = asked(desk, 0)
    desk.answer_all(first, BO)
    lines = desk.cases.labels(first.case_id, context=ADA).splitlines()
    again = desk.cases.ask(first.face_id, length=1, two_person=False, context=ADA)
    desk.answer_all(again, CY, "different")
    doubtful = desk.cases.face(first.face_id).candidates[again.items[0]].reference_id
    agreed = [line for line in lines if f"reference-{doubtful},".encode() not in line]
    assert (len(lines), len(agreed)) == (4, 3)
    assert desk.cases.labels(first.case_id, context=ADA).splitlines() == agreed


def test_whoever_opened_an_outcome_or_labels_has_seen_the_scores(desk: Desk) -> None:
    first = asked(desk, 0)
    desk.answer_all(first, BO)
    desk.cases.outcome(first.id, context=BO)
    desk.cases.labels(first.case_id, context=CY)
    for who in (BO, CY):
        again = desk.cases.ask(first.face_id, two_person=False)
        desk.answer_all(again, who)
        assert desk.cases.outcome(again.id).knew == (who.actor,)
