"""Mask states, visible shares and quality: stored with references, told with candidates, refused when too little."""

from __future__ import annotations

import pytest

from bareface.calibration.calibration import Calibration
from bareface.errors import FaceError
from bareface.gallery import calibrate as calibrating
from bareface.services.gallery import Gallery
from tests.gallery.pictures import Look, LookEngine, picture, save

RED, GREEN, BLUE, GREY = (230, 60, 60), (60, 230, 60), (60, 60, 230), (150, 150, 150)
LOOKS = {
    RED: Look("full", 0.41, quality=60.0),
    GREEN: Look("partial", 0.7),
    BLUE: Look("none", 0.97),
    GREY: Look("full", 0.04),
}
PACKAGED = Calibration.packaged("dlib-128", "dlib-resnet")


@pytest.fixture
def gallery(tmp_path):
    with Gallery.open(tmp_path / "g", LookEngine(LOOKS)) as opened:
        yield opened


@pytest.fixture
def filled(gallery, tmp_path):
    for name, colour in (("Red", RED), ("Green", GREEN), ("Blue", BLUE)):
        gallery.enrol(save(tmp_path / f"{name}.png", colour), subject=name)
    return gallery


def seen(gallery):
    return {one.subject: (one.mask_state, one.visible, one.quality) for one in gallery.references()}


# Stored


def test_references_keep_what_they_show_and_their_quality(filled):
    assert seen(filled) == {"Red": ("full", 0.41, 60.0), "Green": ("partial", 0.7, 90.0), "Blue": ("none", 0.97, 90.0)}


def test_reembedding_writes_them_anew(filled):
    looks = {RED: Look("none", 0.9, quality=80.0), GREEN: Look("full", 0.4), BLUE: Look("none", None)}
    with Gallery.open(filled.path, LookEngine(looks, model="another")) as opened:
        assert opened.reembed().switched
        assert seen(opened) == {"Red": ("none", 0.9, 80.0), "Green": ("full", 0.4, 90.0), "Blue": ("none", None, 90.0)}


def test_a_gallerys_own_calibration_knows_the_states(filled, monkeypatch):
    def asked(given, *_):
        raise LookupError(given.states)

    monkeypatch.setattr(calibrating, "calibrate_references", asked)  # it needs many more people than these
    with pytest.raises(LookupError) as caught:
        filled.calibrate()
    assert caught.value.args == (["full", "partial", "none"],)


# Told


@pytest.mark.parametrize("probe", [RED, GREEN, BLUE])
def test_every_candidate_has_the_rate_and_decision_of_its_pair(filled, probe):
    (entry,) = filled.search(picture(probe)).lists
    shown = {"Red": LOOKS[RED], "Green": LOOKS[GREEN], "Blue": LOOKS[BLUE]}
    assert len(entry.candidates) == 3
    for one in entry.candidates:
        reference = shown[one.subject]
        assert (one.probe_state, one.probe_visible) == (LOOKS[probe].mask_state, LOOKS[probe].visible)
        assert (one.reference_state, one.visible) == (reference.mask_state, reference.visible)
        given = one.similarity, 3, 1.0, (one.probe_state, one.reference_state)
        assert one.fpir == PACKAGED.fpir(*given).value
        assert one.decision == PACKAGED.decide(*given)
        assert any(f"probe {one.probe_state}, reference {one.reference_state}" in note for note in entry.notes)


def test_only_the_pairs_that_were_used_are_named(gallery, tmp_path):
    gallery.enrol(save(tmp_path / "a.png", BLUE), subject="Blue")
    (entry,) = gallery.search(picture(GREEN)).lists
    (note,) = [note for note in entry.notes if note.startswith("rates and decisions")]
    assert note.endswith("; for probe partial, reference none")


def test_thin_evidence_is_noted_on_either_side(filled):
    (entry,) = filled.search(picture(BLUE)).lists
    rank = next(one.rank for one in entry.candidates if one.subject == "Red")
    assert f"thin evidence: 41 % of the face visible in candidate {rank}" in entry.notes
    (entry,) = filled.search(picture(RED)).lists
    assert "thin evidence: 41 % of the face visible in the probe, 41 % in candidate 1" in entry.notes
    filled.delete(subject="Red")
    (entry,) = filled.search(picture(BLUE)).lists
    assert not any("thin" in note for note in entry.notes)


def test_fused_probes_count_as_the_most_covered_and_the_most_visible(filled):
    (entry,) = filled.search([picture(RED), picture(BLUE)], same_person=True).lists
    assert {(one.probe_state, one.probe_visible) for one in entry.candidates} == {("full", 0.97)}


# Refused


def test_a_probe_that_shows_too_little_is_refused(filled, tmp_path):
    photo = save(tmp_path / "grey.png", GREY)
    with pytest.raises(FaceError, match=r"grey\.png: only 4 % .*min_visible=0.*face\.hidden"):
        filled.search(photo)
    for limit in (0, 0.04):
        (entry,) = filled.search(photo, min_visible=limit).lists
        assert entry.candidates[0].probe_visible == 0.04
    with pytest.raises(FaceError, match="less than the limit of 95 %"):
        filled.search(picture(RED, GREEN), min_visible=0.95)


def test_of_several_faces_only_the_hidden_ones_are_refused(filled, tmp_path):
    photo = save(tmp_path / "group.png", GREY, BLUE)
    (entry,) = filled.search(photo).lists
    assert entry.candidates[0].subject == "Blue"
    assert any("group.png: only 4 % of the face is visible" in note for note in entry.notes)
    assert len(filled.search(photo, min_visible=0).lists) == 2
    (entry,) = filled.search([photo, picture(BLUE)], same_person=True).lists
    assert len(entry.probe) == 2


def test_a_hidden_face_is_an_outcome_of_its_file(gallery, tmp_path):
    photos = [save(tmp_path / "grey.png", GREY), save(tmp_path / "blue.png", BLUE)]
    report = gallery.enrol(photos)
    assert [(one.status, one.code) for one in report.outcomes] == [("failed", "face.hidden"), ("enrolled", None)]
    assert "4 %" in report.outcomes[0].message
    assert "min_visible=0" in report.outcomes[0].message
    assert len(gallery.references()) == 1
    assert [one.status for one in gallery.enrol(photos, min_visible=0).outcomes] == ["enrolled", "already enrolled"]


def test_of_a_group_the_faces_that_show_enough_are_enrolled(gallery, tmp_path):
    (outcome,) = gallery.enrol(save(tmp_path / "group.png", GREY, BLUE, GREEN)).outcomes
    assert (outcome.status, outcome.references, outcome.faces) == ("enrolled", 2, 3)
    assert "only 4 % of the face is visible" in outcome.message


def test_a_hidden_face_does_not_decide_whose_photo_it_is(gallery, tmp_path):
    (outcome,) = gallery.enrol(save(tmp_path / "two.png", GREY, BLUE), subject="Ada").outcomes
    assert outcome.status == "ambiguous"


# Quality


def test_a_poor_photo_is_enrolled_with_a_warning_that_names_the_worst(gallery, tmp_path):
    gallery.engine.looks = {RED: Look(quality=31.2), BLUE: Look(quality=49.0)}
    alone = [save(tmp_path / "red.png", RED), save(tmp_path / "green.png", GREEN)]
    poor, good, group = gallery.enrol([*alone, save(tmp_path / "group.png", BLUE, RED, GREEN)]).outcomes
    assert (poor.status, poor.message) == ("enrolled", "poor quality 31 of 100: blurred")
    assert (good.status, good.message) == ("enrolled", None)
    assert group.message == "poor quality of 2 of 3 faces, at worst 31 of 100: blurred"


def test_references_of_a_subject_come_best_first(gallery, tmp_path):
    gallery.engine.looks = {RED: Look(quality=60.0), GREEN: Look(quality=95.0), BLUE: Look(quality=80.0)}
    for tick, colour in enumerate((RED, GREEN, BLUE, GREEN)):
        gallery.enrol(save(tmp_path / f"{tick}.png", colour, tick=tick), subject="Ada")
    assert [one.quality for one in gallery.references("Ada")] == [95.0, 95.0, 80.0, 60.0]
    numbers = [one.id for one in gallery.references()]
    assert numbers == sorted(numbers)
    assert gallery.best_reference("Ada").source.endswith("1.png")  # the first of two equals
