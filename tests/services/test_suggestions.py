"""Suggestions for unnamed faces: who is asked about, who never is again, and how answers are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bareface.errors import GalleryError, UsageError
from bareface.services.gallery import Gallery
from bareface.services.undoing import Corrector
from bareface.storage.sqlite import place
from bareface.values.suggestion import Suggestion
from tests.gallery.pictures import Colour, LookEngine, TileEngine, colours, save

ADA, BO, CY, DEE = colours(4, seed=3)
Pair = tuple[int, int]


def near(colour: Colour, step: int = 2) -> Colour:
    """Return a colour whose template is nearly the same."""
    return colour[0] - step, colour[1], colour[2]


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    """Return a gallery of Ada, of unnamed faces like her and like one another, and of a photo of two people."""
    save(tmp_path / "photos/Ada/0.png", ADA)
    save(tmp_path / "photos/Ada/1.png", near(ADA, 1), tick=1)
    for number, face in enumerate([near(ADA), BO, near(BO), CY]):
        save(tmp_path / f"loose/{number}.png", face, tick=number)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(tmp_path / "photos")
        opened.enrol(tmp_path / "loose")
        yield opened


def asked(gallery: Gallery, **options: bool) -> list[Suggestion]:
    """Return what is suggested in one pass from the beginning to the end."""
    found: list[Suggestion] = []
    after: int | None = 0
    while after is not None:
        page = gallery.suggestions(after, **options)
        found += page.suggestions
        after = page.after
    return found


def pairs(gallery: Gallery, **options: bool) -> list[Pair]:
    """Return the faces' and the candidates' subjects that are suggested in one pass."""
    return [(one.face.subject_id, one.subject.id) for one in asked(gallery, **options)]


def number_of(gallery: Gallery, photo: str) -> int:
    return next(one.subject_id for one in gallery.references() if one.source.endswith(photo))


def test_each_unnamed_face_is_asked_about_with_its_nearest_subject(gallery: Gallery) -> None:
    ada, like_ada, bo, like_bo, cy = (
        number_of(gallery, name) for name in ("Ada/0.png", "loose/0.png", "loose/1.png", "loose/2.png", "loose/3.png")
    )
    found = dict(pairs(gallery))
    assert (found[like_ada], found[bo], found[like_bo]) == (ada, like_bo, bo)
    assert list(found) == [like_ada, bo, like_bo, cy]
    first = asked(gallery)[0]
    assert first.candidate.subject_id == first.subject.id == ada
    assert (first.decision, first.fpir) == ("possible", None), "nothing is calibrated for these templates"


def test_different_is_for_good_and_can_be_taken_back(gallery: Gallery) -> None:
    corrector = Corrector(gallery)
    before = pairs(gallery)
    first = asked(gallery)[0]
    pair = first.face.subject_id, first.subject.id
    subject, undo = corrector.answer(first.face.id, first.candidate.id, "different")
    assert subject is None
    assert undo is not None
    assert pair not in pairs(gallery)
    assert pair not in pairs(gallery, undecided=True)
    other = next(one.id for one in gallery.references("Ada") if one.id != first.candidate.id)
    gallery.split(other, "Twin")
    assert pair not in pairs(gallery), "it holds for what is left of her"
    gallery.delete(reference=first.candidate.id)
    gallery.merge("Twin", first.face.subject_id)
    assert Corrector(gallery).undo(undo) is None
    gallery.close()
    assert before


def test_different_survives_a_change_of_the_embedder_and_a_deleted_photo(gallery: Gallery, tmp_path: Path) -> None:
    first = asked(gallery)[0]
    gallery.tell_apart(first.face.id, first.candidate.id)
    gallery.delete(reference=first.candidate.id)
    gallery.close()
    with Gallery.open(tmp_path / "g", TileEngine(space="new tiles", model="new")) as again:
        assert again.reembed().switched
        assert first.subject.id in {one.id for one in again.subjects()}
        assert (first.face.subject_id, first.subject.id) not in pairs(again)


def test_taking_different_back_suggests_the_pair_again(gallery: Gallery) -> None:
    before = pairs(gallery)
    first = asked(gallery)[0]
    _, undo = Corrector(gallery).answer(first.face.id, first.candidate.id, "different")
    assert pairs(gallery) != before
    assert undo is not None
    Corrector(gallery).undo(undo)
    assert pairs(gallery) == before
    assert gallery.apart_page().answers == ()


def test_who_nobody_could_say_about_is_asked_about_again_on_request_only(gallery: Gallery) -> None:
    first = asked(gallery)[0]
    pair = first.face.subject_id, first.subject.id
    Corrector(gallery).answer(first.face.id, first.candidate.id, "cannot say")
    assert pair not in pairs(gallery)
    assert gallery.suggestions().undecided == 1
    assert pair in pairs(gallery, undecided=True)
    gallery.tell_apart(first.face.id, first.candidate.id)
    assert pair not in pairs(gallery, undecided=True)


def test_same_merges_into_the_one_with_a_name_and_can_be_taken_back(gallery: Gallery) -> None:
    before = pairs(gallery)
    first = asked(gallery)[0]
    subject, undo = Corrector(gallery).answer(first.face.id, first.candidate.id, "same")
    assert subject is not None
    assert (subject.name, subject.references) == ("Ada", 3)
    assert undo is not None
    Corrector(gallery).undo(undo)
    assert len(pairs(gallery)) == len(before)
    assert gallery.apart_page().answers == (), "undoing is not a word about who is who"


def test_not_a_face_is_rejected_for_good_and_overwritten_later(gallery: Gallery, tmp_path: Path) -> None:
    first = asked(gallery)[0]
    assert Corrector(gallery).answer(first.face.id, first.candidate.id, "not a face") == (None, None)
    gallery.enrol(tmp_path / "loose")
    assert first.face.sha256 not in {one.sha256 for one in gallery.references()}
    assert gallery._store.unerased()
    gallery.scrub()
    assert not gallery._store.unerased()


def test_nobody_is_twice_in_one_photo(gallery: Gallery, tmp_path: Path) -> None:
    gallery.enrol(save(tmp_path / "two.png", DEE, near(DEE), tick=9))
    two = {one.subject_id for one in gallery.references() if one.source.endswith("two.png")}
    assert len(two) == 2
    assert not [pair for pair in pairs(gallery) if set(pair) == two]
    gallery.enrol(save(tmp_path / "alone.png", near(DEE, 1), tick=10))
    alone = number_of(gallery, "alone.png")
    gallery.merge(alone, min(two))
    assert not [pair for pair in pairs(gallery) if set(pair) == {alone, max(two)}]


def test_a_face_that_was_taken_out_by_hand_is_not_suggested_back(gallery: Gallery) -> None:
    out = gallery.references("Ada")[0].id
    new = gallery.split(out).id
    assert (new, number_of(gallery, "Ada/1.png")) not in pairs(gallery)
    gallery.assign(out, "Ada")
    new = gallery.split(out, apart=False).id
    assert len(gallery.apart_page().answers) == 1, "the first split's word, which stays"


def test_two_people_with_names_are_not_suggested_to_be_one(gallery: Gallery, tmp_path: Path) -> None:
    for one in gallery.subjects():
        if one.name is None:
            gallery.rename(one.id, f"person {one.id}")
    page = gallery.suggestions()
    assert (page.suggestions, page.after, page.unnamed) == ((), None, 0)


def test_one_pair_is_not_asked_about_from_both_sides_at_once(gallery: Gallery) -> None:
    page = gallery.suggestions(limit=10)
    found = [frozenset((one.face.subject_id, one.subject.id)) for one in page.suggestions]
    assert len(found) == len(set(found))


def test_an_answer_that_comes_too_late_is_refused(gallery: Gallery) -> None:
    corrector = Corrector(gallery)
    first = asked(gallery)[0]
    gallery.rename(first.face.subject_id, "Eve")
    with pytest.raises(UsageError, match=r"have names by now.*usage\.suggestion"):
        corrector.answer(first.face.id, first.candidate.id, "same")
    gallery.merge("Ada", "Eve")
    for answer in ("same", "different"):
        with pytest.raises(UsageError, match=r"one subject by now.*usage\.suggestion"):
            corrector.answer(first.face.id, first.candidate.id, answer)
    with pytest.raises(UsageError, match=r"usage\.value"):
        corrector.answer(first.face.id, first.candidate.id, "maybe")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"usage\.unknown-reference"):
        corrector.answer(first.face.id, 99, "same")


def test_only_whom_the_calibration_finds_likely_is_suggested(tmp_path: Path) -> None:
    for number, colour in enumerate(colours(40, seed=5)):
        save(tmp_path / f"loose/{number}.png", colour, tick=number)
    save(tmp_path / "loose/twin.png", near(colours(40, seed=5)[0], 1), tick=99)
    with Gallery.open(tmp_path / "g", LookEngine({})) as gallery:
        gallery.enrol(tmp_path / "loose")
        found = asked(gallery)
        assert 0 < len(found) < 41
        assert all(one.fpir is not None and one.fpir <= 0.1 for one in found)
        twins = {number_of(gallery, "/0.png"), number_of(gallery, "twin.png")}
        assert twins in [{one.face.subject_id, one.subject.id} for one in found]


def test_a_gallery_that_may_only_be_read_suggests_nothing(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.close()
    monkeypatch.setattr(place, "may_write", lambda _: False)
    with (
        Gallery.open(tmp_path / "g", TileEngine()) as locked,
        pytest.raises(GalleryError, match=r"gallery\.read-only"),
    ):
        locked.suggestions()


def test_an_empty_gallery_has_nothing_to_suggest(tmp_path: Path) -> None:
    with Gallery.open(tmp_path / "new", TileEngine()) as gallery:
        assert gallery.suggestions().after is None
