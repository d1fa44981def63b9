"""Corrections hold, and hold again when the photos are enrolled anew."""

from __future__ import annotations

import pytest

from bareface.errors import UsageError
from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine, picture, save

RED, GREEN, BLUE, GREY = (230, 60, 60), (60, 230, 60), (60, 60, 230), (120, 120, 120)


@pytest.fixture
def folder(tmp_path):
    """Make a folder in which Ada's holds a photo of Bo; Bo's is right; a group photo lies in between."""
    save(tmp_path / "photos" / "Ada" / "1.png", RED)
    save(tmp_path / "photos" / "Ada" / "2.png", BLUE)
    save(tmp_path / "photos" / "Bo" / "1.png", BLUE, tick=1)
    save(tmp_path / "photos" / "group.png", RED, GREEN)
    return tmp_path / "photos"


@pytest.fixture
def gallery(tmp_path, folder):
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(folder)
        yield opened


def holdings(gallery: Gallery) -> dict[str, list[str]]:
    """Return the faces of each subject, by photo and place; unnamed subjects are called by their first reference."""
    found: dict[int, list[str]] = {}
    names: dict[int, str | None] = {}
    for one in gallery.references():
        what = f"{'/'.join(one.source.split('/')[-2:])}@{one.box.x1:.0f}"
        found.setdefault(one.subject_id, []).append(what)
        names[one.subject_id] = one.subject
    return {names[number] or f"? {what[0]}": sorted(what) for number, what in found.items()}


def number(gallery: Gallery, photo: str, x1: int = 0) -> int:
    return next(r.id for r in gallery.references() if r.source.endswith(photo) and r.box.x1 == x1)


def enrol_anew(gallery: Gallery, folder) -> None:
    gallery.delete(reference=[one.id for one in gallery.references()])
    assert gallery.references() == ()
    gallery.enrol(folder)


def test_assign_moves_a_face_and_stays(gallery, folder):
    subject = gallery.assign(number(gallery, "Ada/2.png"), "Bo")
    assert (subject.name, subject.references) == ("Bo", 2)
    after = holdings(gallery)
    assert after["Ada"] == ["Ada/1.png@0"]
    assert after["Bo"] == ["Ada/2.png@0", "Bo/1.png@0"]
    enrol_anew(gallery, folder)
    assert holdings(gallery) == after


def test_assign_names_a_face_of_a_group_photo(gallery, folder):
    gallery.assign(number(gallery, "group.png", 48), "Cy")
    gallery.assign(number(gallery, "group.png", 0), "Ada")
    after = holdings(gallery)
    assert after["Cy"] == ["photos/group.png@48"]
    assert after["Ada"] == ["Ada/1.png@0", "Ada/2.png@0", "photos/group.png@0"]
    enrol_anew(gallery, folder)
    assert holdings(gallery) == after


def test_assigned_faces_make_a_named_group_photo_clear(gallery, folder, tmp_path):
    gallery.assign(number(gallery, "group.png", 48), "Cy")
    gallery.delete(reference=[one.id for one in gallery.references()])
    (outcome,) = gallery.enrol(folder / "group.png", subject="Ada").outcomes
    assert (outcome.status, outcome.references) == ("enrolled", 2)
    assert holdings(gallery) == {"Ada": ["photos/group.png@0"], "Cy": ["photos/group.png@48"]}


def test_merge_keeps_the_first_name_for_both(gallery, folder):
    subject = gallery.merge("Ada", "Bo")
    assert (subject.name, subject.references) == ("Ada", 3)
    after = holdings(gallery)
    assert "Bo" not in after
    enrol_anew(gallery, folder)
    assert holdings(gallery) == after
    save(folder / "Bo" / "new.png", GREY)
    gallery.enrol(folder)
    assert "Bo/new.png@0" in holdings(gallery)["Ada"]


def test_merges_follow_each_other(gallery, folder):
    gallery.merge("Ada", "Bo")
    gallery.assign(number(gallery, "group.png", 48), "Cy")
    gallery.merge("Cy", "Ada")
    enrol_anew(gallery, folder)
    assert holdings(gallery)["Cy"] == ["Ada/1.png@0", "Ada/2.png@0", "Bo/1.png@0", "photos/group.png@48"]


def test_an_unnamed_subject_takes_the_name_of_the_one_merged_into_it(gallery, folder):
    unnamed = next(one for one in gallery.references() if one.subject is None and one.box.x1 == 0)
    assert gallery.merge(unnamed.subject_id, "Ada").name == "Ada"
    after = holdings(gallery)
    assert len(after["Ada"]) == 3
    enrol_anew(gallery, folder)
    assert holdings(gallery) == after


def test_unnamed_subjects_that_were_merged_stay_together(gallery, folder):
    one, other = (r for r in gallery.references() if r.subject is None)
    gallery.merge(one.subject_id, other.subject_id)
    after = holdings(gallery)
    assert len(after["? photos/group.png@0"]) == 2
    enrol_anew(gallery, folder)
    assert holdings(gallery) == after


def test_split_makes_a_subject_of_its_own(gallery, folder):
    subject = gallery.split(number(gallery, "Ada/2.png"))
    assert (subject.name, subject.references) == (None, 1)
    named = gallery.split([number(gallery, "Bo/1.png")], name="Di")
    assert named.name == "Di"
    after = holdings(gallery)
    enrol_anew(gallery, folder)
    assert holdings(gallery) == after


def test_split_faces_stay_together(gallery, folder):
    gallery.split([number(gallery, "Ada/2.png"), number(gallery, "Bo/1.png")])
    after = holdings(gallery)
    assert ["Ada/2.png@0", "Bo/1.png@0"] in after.values()
    enrol_anew(gallery, folder)
    assert holdings(gallery) == after


def test_a_rejected_face_is_gone_and_stays_away(gallery, folder):
    deleted = gallery.reject([number(gallery, "Ada/2.png"), number(gallery, "group.png", 0)])
    assert (deleted.references, deleted.photos) == (2, 1)
    after = holdings(gallery)
    outcomes = {o.source.split("photos/")[1]: o.status for o in gallery.enrol(folder).outcomes}
    assert outcomes["Ada/2.png"] == "rejected"
    assert holdings(gallery) == after
    enrol_anew(gallery, folder)
    assert holdings(gallery) == after
    assert all(one.source != str(folder / "Ada" / "2.png") for one in gallery.search(picture(BLUE)).lists[0].candidates)


def test_rejecting_the_bystander_makes_a_named_photo_clear(gallery, folder):
    gallery.reject(number(gallery, "group.png", 48))
    gallery.delete(photo=folder / "group.png")
    (outcome,) = gallery.enrol(folder / "group.png", subject="Ada").outcomes
    assert (outcome.status, outcome.references, outcome.faces) == ("enrolled", 1, 2)


def test_the_last_word_counts(gallery, folder):
    one = number(gallery, "Ada/2.png")
    gallery.assign(one, "Cy")
    gallery.assign(one, "Bo")
    assert gallery.info().corrections == 1
    enrol_anew(gallery, folder)
    assert "Cy" not in holdings(gallery)


def test_a_slightly_different_box_is_the_same_face(gallery, folder, tmp_path):
    gallery.assign(number(gallery, "Ada/2.png"), "Bo")
    gallery.delete(reference=[one.id for one in gallery.references()])

    class Wider(TileEngine):
        def _faces(self, photo):
            for face in super()._faces(photo):
                object.__setattr__(face, "box", face.box._replace(x2=face.box.x2 + 10, y1=-8))
                yield face

    with Gallery.open(gallery.path, Wider()) as opened:
        opened.enrol(folder)
    assert "Ada/2.png@0" in holdings(gallery)["Bo"]


def test_deleting_a_subject_takes_its_name_out_of_the_corrections(gallery, folder):
    gallery.assign(number(gallery, "Ada/2.png"), "Confidential")
    gallery.merge("Confidential", "Bo")
    gallery.delete(subject="Confidential")
    gallery._store.close()
    assert not any(b"Confidential" in path.read_bytes() for path in gallery.path.parent.glob("g*"))
    gallery.enrol(folder)  # what was said about that person is forgotten: the folders' names count
    after = holdings(gallery)
    assert after["Ada"] == ["Ada/1.png@0", "Ada/2.png@0"]
    assert after["Bo"] == ["Bo/1.png@0"]


def test_what_is_not_there_cannot_be_corrected(gallery):
    for action, code in (
        (lambda: gallery.assign(99, "Ada"), "usage.unknown-reference"),
        (lambda: gallery.assign(1, 99), "usage.unknown-subject"),
        (lambda: gallery.assign([], "Ada"), "usage.unknown-reference"),
        (lambda: gallery.merge("Ada", "Nobody"), "usage.unknown-subject"),
        (lambda: gallery.merge("Ada", "Ada"), "usage.merge"),
        (lambda: gallery.split(1, "Ada"), "usage.subject-exists"),
        (lambda: gallery.reject([1, 99]), "usage.unknown-reference"),
    ):
        before = holdings(gallery)
        with pytest.raises(UsageError) as caught:
            action()
        assert caught.value.code == code
        assert holdings(gallery) == before
