from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bareface.calibration import of_gallery as gallery_calibration
from bareface.calibration.of_gallery import GalleryReferences, calibrate_references
from bareface.errors import CalibrationError


def people(subjects: int, photos: int = 3, seed: int = 0, spread: float = 0.35) -> GalleryReferences:
    """Return random directions, one a subject, and photos scattered around them."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(subjects, 24))
    numbers = np.repeat(np.arange(subjects) + 1, photos)
    templates = np.repeat(centres, photos, 0) + spread * rng.normal(size=(numbers.size, 24))
    return GalleryReferences(
        ids=np.arange(numbers.size) + 500,
        subject_ids=numbers,
        names=[f"person {number}" for number in numbers],
        templates=templates.astype(np.float32),
    )


def renamed(given: GalleryReferences, names: dict[int, str | None]) -> GalleryReferences:
    return replace(given, names=[names.get(int(s), n) for s, n in zip(given.subject_ids, given.names, strict=True)])


def test_a_gallery_of_enough_people_is_calibrated():
    found = calibrate_references(people(110), "space", "model")
    assert (found.subjects, found.references, found.unnamed, found.missing) == (110, 330, 0, 0)
    assert found.calibration is not None
    assert "110 named subjects of this gallery, 330 references" in found.calibration.basis
    assert found.calibration.llr(0.9) > 0 > found.calibration.llr(0.1)
    assert found.calibration.fpir(0.3, 110).value > found.calibration.fpir(0.6, 110).value


def test_second_templates_count_where_just_one_face_is_masked():
    given = people(110, photos=2)
    states = ["full" if number % 2 else "none" for number in range(220)]
    second = given.templates.copy()  # of the next person
    second[::2] = np.roll(given.templates[1::2], -1, axis=0)
    plain = calibrate_references(replace(given, states=states), "space", "model").calibration
    both = calibrate_references(replace(given, states=states, upper_face=second), "space", "model").calibration
    assert plain is not None
    assert both is not None
    crossed, bare = ("full", "none"), ("none", "none")
    assert both.threshold(1e-2, bare).similarity == plain.threshold(1e-2, bare).similarity
    unit = given.templates / np.linalg.norm(given.templates, axis=1, keepdims=True)
    upper_face = second / np.linalg.norm(second, axis=1, keepdims=True)
    scores = unit[1::2] @ (unit[::2] + upper_face[::2]).T / 2
    highest = np.sort(scores[~np.eye(110, dtype=bool)])[-110 * 109 // 100]
    assert both.threshold(1e-2, crossed).similarity == pytest.approx(highest, abs=0.02)
    assert both.threshold(1e-2, crossed).similarity < plain.threshold(1e-2, crossed).similarity - 0.05


def test_comparisons_of_another_kind_are_left_out():
    given = people(130, photos=2)
    states = ["full" if number % 2 else "none" for number in range(260)]
    some = given.templates.copy()
    some[200:] = np.nan  # the last thirty people have no second template
    found = calibrate_references(replace(given, states=states, upper_face=some), "space", "model").calibration
    assert found is not None
    pairs = {states: entry.strangers.pairs for states, entry in found.entries.items()}
    assert pairs["none", "none"] == pairs["full", "full"]
    assert pairs["full", "none"] == pairs["none", "full"] < pairs["full", "full"] * 2 * 101 / 130


@pytest.mark.slow
def test_unnamed_subjects_are_left_out():
    given = people(110)
    without = calibrate_references(renamed(given, {7: None, 9: None}), "space", "model")
    assert (without.subjects, without.unnamed) == (108, 6)
    kept = ~np.isin(given.subject_ids, [7, 9])
    cut = replace(
        given,
        ids=given.ids[kept],
        subject_ids=given.subject_ids[kept],
        names=[name for name, keep in zip(given.names, kept, strict=True) if keep],
        templates=given.templates[kept],
    )
    assert without.calibration is not None
    assert calibrate_references(cut, "space", "model").calibration.to_json() == without.calibration.to_json()


def test_too_few_people_get_the_packaged_calibration_and_are_told():
    found = calibrate_references(people(30), "dlib-128", "dlib-resnet")
    assert found.missing == 70
    assert any("70 more named subjects" in note for note in found.notes)
    assert found.calibration is not None
    assert "CelebA" in found.calibration.basis
    assert found.without_suspicious is None
    unknown = calibrate_references(people(30), "elsewhere", "model")
    assert unknown.calibration is None
    assert any("bareface has none" in note for note in unknown.notes)


def test_nobody_named():
    given = people(5)
    found = calibrate_references(renamed(given, dict.fromkeys(range(1, 6))), "space", "model")
    assert (found.subjects, found.unnamed, found.missing, found.suspicious) == (0, 15, 100, ())


def test_one_person_under_two_names_is_listed_and_weighed():
    given = people(110)
    templates = given.templates.copy()
    rng = np.random.default_rng(3)
    templates[given.subject_ids == 110] = templates[given.subject_ids == 12] + 0.05 * rng.normal(size=(3, 24))
    found = calibrate_references(replace(given, templates=templates.astype(np.float32)), "space", "model")
    assert [pair.subjects for pair in found.suspicious] == [(12, 110)]
    pair = found.suspicious[0]
    assert pair.names == ("person 12", "person 110")
    row, column = (number - 500 for number in pair.references)
    cosine = templates[row] @ templates[column] / np.linalg.norm(templates[row]) / np.linalg.norm(templates[column])
    assert pair.similarity == pytest.approx(cosine, abs=1e-5)
    assert found.without_suspicious is not None
    high = pair.similarity - 0.05
    assert found.without_suspicious.fpir(high, 110).value < found.calibration.fpir(high, 110).value
    assert "without 1 suspicious" in found.without_suspicious.basis


def test_no_mated_comparison_means_no_llr_and_no_suspicion():
    found = calibrate_references(people(150, photos=1), "space", "model")
    assert found.suspicious == ()
    assert any("two references" in note for note in found.notes)
    with pytest.raises(CalibrationError) as caught:
        found.calibration.llr(0.5)
    assert caught.value.code == "calibration.llr"


@pytest.mark.slow
def test_large_galleries_are_drawn_from(monkeypatch):
    monkeypatch.setattr(gallery_calibration, "MOST_SUBJECTS", 120)
    found = calibrate_references(people(200, photos=8), "space", "model")
    assert any("120 of 200" in note for note in found.notes)
    assert found.calibration.entries["none", "none"].strangers.probes == 120
    assert found.calibration.entries["none", "none"].llr.mated == 120 * 10  # five of the eight photos


@pytest.mark.slow
def test_mask_states_are_fitted_apart():
    given = people(110, photos=4)
    states = ["none", "none", "full", "full"] * 110
    found = calibrate_references(replace(given, states=states), "space", "model")
    assert set(found.calibration.entries) == {(a, b) for a in ("none", "full") for b in ("none", "full")}


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_damaged_templates_are_refused(value):
    given = people(120)
    given.templates[5] = value
    with pytest.raises(CalibrationError) as caught:
        calibrate_references(given, "space", "model")
    assert caught.value.code == "calibration.scores"
