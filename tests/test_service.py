"""The service: enrolment, search and deletion as a caller sees them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from bareface.errors import GalleryError, ImageError, TemplateError, UsageError
from bareface.imaging import decode as images
from bareface.services.gallery import Gallery
from bareface.values.enrolment import EnrolOutcome
from bareface.values.face import EVERYTHING
from tests.gallery.pictures import TileEngine, colours, people, picture, save

RED, GREEN, BLUE = (230, 60, 60), (60, 230, 60), (60, 60, 230)


@pytest.fixture
def gallery(tmp_path):
    with Gallery.open(tmp_path / "people.bareface", TileEngine()) as opened:
        yield opened


def names(entry):
    return [candidate.subject for candidate in entry.candidates]


def count_rows(gallery: Gallery, table: str) -> int:
    with sqlite3.connect(gallery.path) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


# Enrolment


def test_a_folder_per_person_names_the_subjects(gallery, tmp_path):
    people(tmp_path / "photos", 3, photos=2)
    report = gallery.enrol(tmp_path / "photos", basis="consent")
    assert [outcome.status for outcome in report.outcomes] == ["enrolled"] * 6
    assert [(one.name, one.references) for one in gallery.subjects()] == [("p0", 2), ("p1", 2), ("p2", 2)]
    first = gallery.references("p0")[0]
    assert first.source == str(tmp_path / "photos" / "p0" / "0.png")
    assert first.sha256 == images.fingerprint(first.source)
    assert (first.basis, first.model, first.precision) == ("consent", "tiler", "float32")
    assert first.box == (0, 0, 48, 48)
    assert first.crop
    assert images.decode(gallery.crop(first.id)).pixels.shape == (160, 160, 3)


def test_a_flat_folder_makes_one_unnamed_subject_of_each_face(gallery, tmp_path):
    save(tmp_path / "photos" / "group.png", RED, GREEN)
    save(tmp_path / "photos" / "one.png", BLUE)
    report = gallery.enrol(tmp_path / "photos")
    assert [outcome.references for outcome in report.outcomes] == [2, 1]
    assert [one.name for one in gallery.subjects()] == [None, None, None]


def test_a_subject_given_names_everything(gallery, tmp_path):
    people(tmp_path / "photos", 2, photos=1)
    gallery.enrol([tmp_path / "photos", images.encode(picture(RED), "PNG"), picture(BLUE)], subject="Ada")
    assert [(one.name, one.references) for one in gallery.subjects()] == [("Ada", 4)]


def test_several_faces_of_a_named_person_are_ambiguous(gallery, tmp_path):
    photo = save(tmp_path / "photos" / "Ada" / "party.png", RED, GREEN)
    (outcome,) = gallery.enrol(tmp_path / "photos").outcomes
    assert (outcome.status, outcome.faces, outcome.references, outcome.subject) == ("ambiguous", 2, 0, "Ada")
    assert count_rows(gallery, "reference") == count_rows(gallery, "subject") == count_rows(gallery, "file") == 0
    (outcome,) = gallery.enrol(photo, subject="Ada", face=1).outcomes
    assert (outcome.status, outcome.references) == ("enrolled", 1)
    assert gallery.references("Ada")[0].box.x1 == 48


def test_the_largest_face_can_be_taken(gallery, tmp_path):
    pixels = np.zeros((56, 240, 3), np.uint8)
    pixels[:48, :48] = RED
    pixels[:48, 96:192] = BLUE  # two tiles, hence two faces of this colour
    images.write(tmp_path / "party.png", pixels)
    (outcome,) = gallery.enrol(tmp_path / "party.png", subject="Ada", largest=True).outcomes
    assert (outcome.status, outcome.faces, outcome.references) == ("enrolled", 3, 1)


@pytest.mark.parametrize("face", [-1, 2])
def test_a_choice_that_is_no_face_is_a_failed_outcome(gallery, tmp_path, face):
    (outcome,) = gallery.enrol(save(tmp_path / "a.png", RED, GREEN), subject="Ada", face=face).outcomes
    assert (outcome.status, outcome.code, outcome.faces) == ("failed", "usage.face", 2)


def test_a_face_is_chosen_in_one_photo_only(gallery, tmp_path):
    people(tmp_path / "photos", 2)
    with pytest.raises(UsageError, match=r"usage\.face"):
        gallery.enrol(tmp_path / "photos", face=0)


def test_files_already_enrolled_are_skipped_without_being_decoded(gallery, tmp_path):
    people(tmp_path / "photos", 3, photos=1)
    gallery.enrol(tmp_path / "photos")
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "again.png").write_bytes((tmp_path / "photos" / "p0" / "0.png").read_bytes())
    analysed = len(gallery.engine.analysed)
    report = gallery.enrol([tmp_path / "photos", tmp_path / "copies"])
    assert report.count("already enrolled") == 4
    assert len(gallery.engine.analysed) == analysed
    assert gallery.info().references == 3


def test_the_same_photo_twice_in_one_run_is_enrolled_once(gallery, tmp_path):
    photo = save(tmp_path / "a.png", RED)
    (tmp_path / "b.png").write_bytes(photo.read_bytes())
    report = gallery.enrol([photo, tmp_path / "b.png", photo.read_bytes()])
    assert [outcome.status for outcome in report.outcomes] == ["enrolled", "already enrolled", "already enrolled"]


def test_a_photo_under_a_second_name_keeps_the_first_and_says_so(gallery, tmp_path):
    photo = save(tmp_path / "a.png", RED)
    gallery.enrol(photo, subject="Ada")
    (outcome,) = gallery.enrol(photo, subject="Bo").outcomes
    assert (outcome.status, outcome.subject) == ("already enrolled", "Ada")
    assert "enrolled as Ada" in outcome.message
    assert "other faces" in outcome.message  # assign alone would give Ada's face to Bo
    assert [one.name for one in gallery.subjects()] == ["Ada"]


def test_one_bad_file_is_an_outcome_and_the_others_are_enrolled(gallery, tmp_path):
    folder = tmp_path / "photos"
    save(folder / "a.png", RED)
    save(folder / "black.png")
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("not a photo")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    save(folder / "z.png", BLUE)
    report = gallery.enrol([folder, tmp_path / "absent.jpg"])
    found = {Path(outcome.source).name: (outcome.status, outcome.code) for outcome in report.outcomes}
    assert found == {
        "a.png": ("enrolled", None),
        "black.png": ("no face", None),
        "empty.jpg": ("failed", "image.empty"),
        "text.jpg": ("failed", "image.not-an-image"),
        "gone.jpg": ("failed", "image.missing"),
        "z.png": ("enrolled", None),
        "absent.jpg": ("failed", "image.missing"),
    }
    assert [Path(outcome.source).name for outcome in report.outcomes[-1:]] == ["absent.jpg"]


def test_a_photo_that_vanishes_after_the_walk_is_missing(gallery, tmp_path):
    photos = [save(tmp_path / "photos" / f"{n}.png", colour) for n, colour in enumerate(colours(3))]

    class Vanishing(TileEngine):
        def stream(self, sources, batch=32, want=EVERYTHING):
            photos[1].unlink()
            return super().stream(sources, batch, want)

    with Gallery.open(tmp_path / "g", Vanishing()) as opened:
        report = opened.enrol(tmp_path / "photos")
    assert [outcome.status for outcome in report.outcomes] == ["enrolled", "failed", "enrolled"]
    assert report.outcomes[1].code == "image.missing"


def test_a_template_that_is_not_finite_fails_alone(gallery, tmp_path):
    class Broken(TileEngine):
        def _embed(self, chips):
            (made,) = super()._embed(chips)
            made.vector[:] = np.nan if chips[0].chip[0, 0, 0] == RED[0] else 1
            return [made]

    with Gallery.open(tmp_path / "g", Broken()) as opened:
        photos = [save(tmp_path / "a.png", RED), save(tmp_path / "b.png", BLUE)]
        report = opened.enrol(photos)
        assert [outcome.code for outcome in report.outcomes] == ["template.value", None]
        assert len(opened.search(photos[1]).lists[0].candidates) == 1


def test_without_crops_no_picture_is_kept(gallery, tmp_path):
    gallery.enrol(save(tmp_path / "a.png", RED), crops=False)
    (one,) = gallery.references()
    assert not one.crop
    assert gallery.crop(one.id) is None


def test_progress_names_every_file_once(gallery, tmp_path):
    people(tmp_path / "photos", 3)
    (tmp_path / "photos" / "bad.jpg").touch()
    calls: list[tuple[int, int, EnrolOutcome]] = []
    report = gallery.enrol(tmp_path / "photos", progress=lambda *call: calls.append(call))
    assert [call[0] for call in calls] == list(range(1, 8))
    assert {call[1] for call in calls} == {7}
    assert {call[2].source for call in calls} == {outcome.source for outcome in report.outcomes}


def test_another_space_is_refused_with_the_remedy(gallery, tmp_path):
    photo = save(tmp_path / "a.png", RED)
    gallery.enrol(photo)
    with Gallery.open(gallery.path, TileEngine(space="other")) as opened:
        for action in (opened.enrol, opened.search):
            with pytest.raises(TemplateError, match=r"Gallery.reembed.*template\.space"):
                action(photo)


def test_another_model_of_the_same_space_is_allowed_and_named(gallery, tmp_path):
    photo = save(tmp_path / "a.png", RED)
    gallery.enrol(photo)
    with Gallery.open(gallery.path, TileEngine(model="tiler-2", precision="int8")) as opened:
        (entry,) = opened.search(photo).lists
        assert any("tiler in float32" in note and "tiler-2 in int8" in note for note in entry.notes)
        assert (entry.candidates[0].model, entry.candidates[0].precision) == ("tiler", "float32")
    assert not any("tiler" in note for note in gallery.search(photo).lists[0].notes)


# Search


@pytest.mark.parametrize("precision", ["int8", pytest.param("float32", marks=pytest.mark.slow)])
def test_search_ranks_subjects_and_finds_the_mate_first(tmp_path, precision):
    made = people(tmp_path / "photos", 30, photos=3)
    with Gallery.open(tmp_path / "g", TileEngine(), precision) as opened:
        opened.enrol(tmp_path / "photos")
        for number in range(0, 30, 7):
            near = tuple(max(0, value - 1) for value in made[number])
            (entry,) = opened.search(picture(near), top=5).lists
            assert entry.candidates[0].subject == f"p{number}"
            assert [candidate.rank for candidate in entry.candidates] == [1, 2, 3, 4, 5]
            scores = [candidate.similarity for candidate in entry.candidates]
            assert scores == sorted(scores, reverse=True)
            assert len(set(names(entry))) == 5
            assert (entry.subjects, entry.references) == (30, 90)


def test_a_list_ends_with_the_gallery(gallery, tmp_path):
    people(tmp_path / "photos", 3, photos=5)
    gallery.enrol(tmp_path / "photos")
    (entry,) = gallery.search(picture(RED), top=20).lists
    assert sorted(names(entry)) == ["p0", "p1", "p2"]


def test_every_probe_face_has_its_list(gallery, tmp_path):
    gallery.enrol(save(tmp_path / "red.png", RED), subject="Red")
    gallery.enrol(save(tmp_path / "blue.png", BLUE), subject="Blue")
    result = gallery.search([picture(BLUE, RED), picture(RED)])
    assert [names(entry)[0] for entry in result.lists] == ["Blue", "Red", "Red"]
    assert all(len(entry.probe) == 1 for entry in result.lists)


def test_probe_photos_of_one_person_are_fused(gallery, tmp_path):
    people(tmp_path / "photos", 10)
    gallery.enrol(tmp_path / "photos")
    first, second = (tmp_path / "photos" / "p1" / name for name in ("0.png", "1.png"))
    (entry,) = gallery.search([first, second], same_person=True).lists
    assert len(entry.probe) == 2
    assert names(entry)[0] == "p1"
    assert entry.candidates[0].similarity == pytest.approx(1)
    assert entry.candidates[0].distance == pytest.approx(0, abs=1e-5)
    assert entry.candidates[0].same_source == "same file"
    assert any("fused" in note for note in entry.notes)


def test_of_a_group_photo_the_largest_face_is_fused_and_said_so(gallery, tmp_path):
    gallery.enrol(save(tmp_path / "red.png", RED), subject="Red")
    (entry,) = gallery.search([picture(RED, GREEN), picture(RED)], same_person=True).lists
    assert len(entry.probe) == 2
    assert any("2 faces found, the largest was taken" in note for note in entry.notes)


def test_the_probes_own_file_is_marked(gallery, tmp_path):
    photo = save(tmp_path / "photos" / "Ada" / "a.png", RED)
    save(tmp_path / "photos" / "Bo" / "b.png", BLUE)
    gallery.enrol(tmp_path / "photos")
    (entry,) = gallery.search(photo).lists
    assert [(one.subject, one.same_source) for one in entry.candidates] == [("Ada", "same file"), ("Bo", None)]


def test_an_empty_gallery_answers_with_empty_lists(gallery):
    (entry,) = gallery.search(picture(RED)).lists
    assert entry.candidates == ()
    assert (entry.subjects, entry.references) == (0, 0)
    assert "the gallery is empty" in entry.notes


def test_a_probe_that_cannot_be_read_or_shows_no_face_is_an_error(gallery, tmp_path):
    with pytest.raises(ImageError, match=r"absent\.jpg.*image\.missing"):
        gallery.search(tmp_path / "absent.jpg")
    with pytest.raises(ImageError, match=r"black\.png.*image\.no-face"):
        gallery.search(save(tmp_path / "black.png"))


def test_of_several_probes_one_without_a_face_is_noted(gallery, tmp_path):
    gallery.enrol(save(tmp_path / "red.png", RED), subject="Red")
    (entry,) = gallery.search([tmp_path / "red.png", save(tmp_path / "black.png")]).lists
    assert any("black.png: no face found" in note for note in entry.notes)


def test_search_refuses_what_makes_no_sense(gallery):
    with pytest.raises(UsageError, match=r"usage\.top"):
        gallery.search(picture(RED), top=0)
    with pytest.raises(UsageError, match=r"usage\.probe"):
        gallery.search([])


# Several openings of one gallery


def test_what_another_opening_wrote_is_found(tmp_path):
    people(tmp_path / "photos", 5)
    red, blue = save(tmp_path / "red.png", RED), save(tmp_path / "blue.png", BLUE)
    with Gallery.open(tmp_path / "g", TileEngine()) as one, Gallery.open(tmp_path / "g", TileEngine()) as other:
        one.enrol(tmp_path / "photos")
        assert len(one.search(red).lists[0].candidates) == 5
        other.enrol(red, subject="Red")
        assert names(one.search(red).lists[0])[0] == "Red"
        other.delete(subject="Red")
        one.enrol(blue, subject="Blue")
        assert "Red" not in names(one.search(red).lists[0])
        assert names(other.search(blue).lists[0])[0] == "Blue"


def test_what_was_enrolled_is_there_after_reopening(tmp_path):
    people(tmp_path / "photos", 4)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(tmp_path / "photos")
        before = [one.similarity for one in opened.search(picture(RED)).lists[0].candidates]
    assert (tmp_path / "g-index").exists()
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        assert [one.similarity for one in opened.search(picture(RED)).lists[0].candidates] == before


@pytest.mark.parametrize("path", ["", "  "])
def test_a_gallery_of_no_name_is_refused(path):
    with pytest.raises(UsageError) as caught:
        Gallery.open(path)
    assert caught.value.code == "usage.empty"


def test_what_is_no_photo_ends_the_call_with_one_error(gallery, tmp_path):
    photo = save(tmp_path / "a.png", RED)
    for nothing in (None, 3, "", " ", [photo, None], [photo, ""], {"a": photo}):
        for door in (gallery.enrol, gallery.search):
            with pytest.raises(ImageError) as caught:
                door(nothing)
            assert caught.value.code == "image.source"
    assert gallery.info().references == 0


def test_a_generator_that_fills_one_buffer_is_enrolled_picture_by_picture(gallery):
    def frames():
        buffer = picture(RED)
        for colour in (RED, GREEN, BLUE):
            buffer[:] = picture(colour)
            yield buffer

    report = gallery.enrol(frames())
    assert [outcome.status for outcome in report.outcomes] == ["enrolled"] * 3
    for colour in (RED, GREEN, BLUE):
        (entry,) = gallery.search(iter([picture(colour)])).lists
        assert entry.candidates[0].same_source == "same file"
    assert len({one.subject_id for one in gallery.references()}) == 3


# A refused first command


def test_a_gallery_of_a_refused_first_command_is_removed(tmp_path):
    def refused():
        with Gallery.open(tmp_path / "new", TileEngine()) as opened:
            opened.import_encodings(tmp_path / "missing.npy")

    with pytest.raises(GalleryError):
        refused()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stored", ["before", "in it", "by another"])
def test_a_gallery_in_which_something_was_stored_stays(tmp_path, stored):
    photo = save(tmp_path / "a.png", RED)
    if stored == "before":
        Gallery.open(tmp_path / "new", TileEngine()).close()

    def fails():
        with Gallery.open(tmp_path / "new", TileEngine()) as opened:
            if stored == "in it":
                opened.enrol(photo)
                opened.delete(photo=photo)  # what the user made stays, though it is empty now
            elif stored == "by another":
                with Gallery.open(tmp_path / "new", TileEngine()) as other:
                    other.enrol(photo)
            opened.references("nobody")

    with pytest.raises(UsageError):
        fails()
    assert (tmp_path / "new").is_file()


def test_a_writer_notices_that_the_gallery_was_removed(tmp_path):
    other = Gallery.open(tmp_path / "other", TileEngine())
    (tmp_path / "other").unlink()
    with pytest.raises(GalleryError) as refusal:
        other.enrol(save(tmp_path / "a.png", RED))
    assert refusal.value.code == "gallery.missing"
    assert not (tmp_path / "other").exists()


def test_a_basis_that_is_not_unicode_is_kept_as_escapes(gallery, tmp_path):
    report = gallery.enrol(save(tmp_path / "a.png", RED), basis="consent \udcff")
    assert report.references == 1
    assert [one.basis for one in gallery.references()] == ["consent \\udcff"]


def test_a_wrong_mode_of_files_is_said_before_the_first_photo(gallery, tmp_path, monkeypatch):
    monkeypatch.setenv("BAREFACE_FILE_MODE", "rw")
    with pytest.raises(UsageError, match="BAREFACE_FILE_MODE"):
        gallery.enrol(save(tmp_path / "a.png", RED))
    assert gallery.engine.analysed == []
    monkeypatch.delenv("BAREFACE_FILE_MODE")
