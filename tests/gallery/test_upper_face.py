"""Masked faces are compared with two templates of a bare one: stored, searched, noted if missing, filled in."""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace

import numpy as np
import pytest

from bareface.calibration.calibration import Calibration
from bareface.gallery import rescore as rescoring
from bareface.gallery import search as searching
from bareface.matching.scoring import similarity
from bareface.services.gallery import Gallery
from bareface.storage.sqlite import lookups
from tests.gallery.pictures import Look, LookEngine, UpperFaceEngine, colours, picture, save, vector_of

PROBE, NEAR, RIGHT, WORN = (200, 90, 90), (206, 96, 84), (60, 60, 230), (60, 230, 60)
LOOKS = {PROBE: Look("full", 0.41), WORN: Look("partial", 0.7)}
SECONDS = {NEAR: (60, 230, 200), RIGHT: PROBE}  # the index likes NEAR; both templates together speak for RIGHT
PACKAGED = Calibration.packaged("dlib-128", "bareface128")
FOR_WANT = "the reference has no upper-face template"


def cosine(one, other):
    return similarity(vector_of(one), vector_of(other))


def enrolled(path, tmp_path, engine, people):
    with Gallery.open(path, engine) as opened:
        for name, colour in people.items():
            opened.enrol(save(tmp_path / f"{name}.png", colour), subject=name)
    return path


@pytest.fixture
def gallery(tmp_path):
    engine = UpperFaceEngine(LOOKS, SECONDS)
    path = enrolled(tmp_path / "g", tmp_path, engine, {"Near": NEAR, "Right": RIGHT, "Worn": WORN})
    with Gallery.open(path, engine) as opened:
        yield opened


@pytest.fixture
def old(tmp_path):
    """Make a gallery as an earlier version did: without mask states and upper-face templates."""
    looks = dict.fromkeys((NEAR, RIGHT, WORN), Look("none", None))
    engine = LookEngine(looks, model="bareface128")
    return enrolled(tmp_path / "old", tmp_path, engine, {"Near": NEAR, "Right": RIGHT, "Worn": WORN})


def stored(path):
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT mask_state, visible, covered IS NOT NULL FROM template ORDER BY reference_id")
        return rows.fetchall()


def test_bare_references_are_stored_with_both(gallery):
    assert stored(gallery.path) == [("none", 1.0, 1), ("none", 1.0, 1), ("partial", 0.7, 0)]
    assert gallery.engine.upper_face == 2
    assert gallery.check().ok
    with sqlite3.connect(gallery.path) as connection:
        connection.execute("UPDATE template SET covered = x'00' WHERE reference_id = 1")
    assert gallery.check().problems[0].code == "gallery.template"


def test_a_masked_probe_is_scored_by_both(gallery):
    assert cosine(PROBE, NEAR) > cosine(PROBE, RIGHT)
    (entry,) = gallery.search(picture(PROBE)).lists
    found = {one.subject: one for one in entry.candidates}
    for name, colour in (("Near", NEAR), ("Right", RIGHT)):
        expected = (cosine(PROBE, colour) + cosine(PROBE, SECONDS[colour])) / 2
        assert found[name].similarity == pytest.approx(expected, abs=1e-6)
        given = found[name].similarity, 3, 1.0, ("full", "none")
        assert found[name].fpir == PACKAGED.fpir(*given).value
        assert found[name].extrapolated == PACKAGED.fpir(*given).extrapolated
    assert found["Worn"].similarity == pytest.approx(cosine(PROBE, WORN), abs=1e-6)
    assert found["Right"].rank < found["Near"].rank
    assert not any(FOR_WANT in note for note in entry.notes)


def test_a_bare_probe_is_scored_by_both_against_masked_references(gallery):
    (entry,) = gallery.search(picture(RIGHT)).lists
    found = {one.subject: one.similarity for one in entry.candidates}
    assert found["Right"] == pytest.approx(1, abs=1e-6)
    assert found["Near"] == pytest.approx(cosine(RIGHT, NEAR), abs=1e-6)
    assert found["Worn"] == pytest.approx((cosine(RIGHT, WORN) + cosine(PROBE, WORN)) / 2, abs=1e-6)


def test_a_bare_probe_costs_nothing_more_where_nobody_is_masked(gallery):
    gallery.delete(subject="Worn")
    before = gallery.engine.upper_face
    gallery.search(picture(RIGHT))
    assert gallery.engine.upper_face == before


def test_the_second_scores_reach_beyond_the_list_asked_for(tmp_path):
    strangers = sorted(colours(60, seed=3), key=lambda colour: -cosine(PROBE, colour))
    last = strangers[-1]
    seconds = {**dict.fromkeys(strangers, last), last: PROBE}
    engine = UpperFaceEngine(LOOKS, seconds)
    with Gallery.open(tmp_path / "g", engine) as opened:
        opened.enrol([save(tmp_path / f"{place}.png", colour) for place, colour in enumerate(strangers)])
        (entry,) = opened.search(picture(PROBE), top=1).lists
        assert entry.candidates[0].source.endswith("59.png")


def test_a_reference_without_the_second_is_told_and_its_rate_stands_in(old):
    assert {row[2] for row in stored(old)} == {0}
    with Gallery.open(old, UpperFaceEngine(LOOKS, SECONDS)) as opened:
        (entry,) = opened.search(picture(PROBE)).lists
        assert all(one.extrapolated for one in entry.candidates)
        assert entry.candidates[0].similarity == pytest.approx(cosine(PROBE, NEAR), abs=1e-6)
        (note,) = [note for note in entry.notes if FOR_WANT in note]
        assert note.startswith("3 candidates compared")
        assert "Gallery.reembed()" in note
        (entry,) = opened.search(picture(RIGHT)).lists
        assert not any(FOR_WANT in note for note in entry.notes)  # bare with bare needs none


def test_reembedding_with_the_same_model_fills_in_what_is_missing(old, tmp_path):
    engine = UpperFaceEngine(LOOKS, SECONDS)
    with Gallery.open(old, engine) as opened:
        report = opened.reembed()
        assert (report.references, report.unresolved, report.switched) == (3, (), True)
        assert stored(old) == [("none", 1.0, 1), ("none", 1.0, 1), ("partial", 0.7, 0)]
        (entry,) = opened.search(picture(PROBE)).lists
        assert entry.candidates[0].subject != "Near"
        assert not any(FOR_WANT in note for note in entry.notes)
        analysed = len(engine.analysed)
        assert opened.reembed().references == 3
        assert len(engine.analysed) == analysed  # nothing is left to do


def test_what_cannot_be_completed_is_named_and_kept(old, tmp_path):
    (tmp_path / "Near.png").unlink()
    with Gallery.open(old, UpperFaceEngine(LOOKS, SECONDS)) as opened:
        report = opened.reembed()
        assert [one.code for one in report.unresolved] == ["image.missing"]
        assert [row[2] for row in stored(old)] == [0, 1, 0]
        (entry,) = opened.search(picture(PROBE)).lists
        assert [one.subject for one in entry.candidates if one.extrapolated and one.subject == "Near"] == ["Near"]
        assert any(note.startswith("1 candidate compared") for note in entry.notes)


def test_an_engine_without_second_templates_uses_none(gallery):
    with Gallery.open(gallery.path, LookEngine(LOOKS, model="dlib-resnet")) as opened:
        (entry,) = opened.search(picture(PROBE)).lists
    assert entry.candidates[0].subject == "Near"
    assert not any(FOR_WANT in note for note in entry.notes)


def test_fused_bare_probes_have_a_fused_second_template(gallery):
    (entry,) = gallery.search([picture(RIGHT), picture(NEAR)], same_person=True).lists
    worn = next(one for one in entry.candidates if one.subject == "Worn")
    unit = [vector_of(colour) / np.linalg.norm(vector_of(colour)) for colour in (RIGHT, NEAR)]
    second = [vector_of(SECONDS[c]) / np.linalg.norm(vector_of(SECONDS[c])) for c in (RIGHT, NEAR)]
    first, other = (similarity(sum(vectors), vector_of(WORN)) for vectors in (unit, second))
    assert worn.similarity == pytest.approx((first + other) / 2, abs=1e-6)


# The order among those that were scored again


class Ranked:
    """An index of given similarities, numbers from 1."""

    def __init__(self, similarities):
        self.similarities = np.array(similarities, np.float32)
        self.depths = []

    def __len__(self):
        return len(self.similarities)

    def search(self, queries, k, fetch):
        self.depths.append(k)
        numbers = np.lexsort((np.arange(len(self)), -self.similarities))[:k]
        return np.tile(self.similarities[numbers], (len(queries), 1)), np.tile(numbers + 1, (len(queries), 1))


def gallery_of(index):
    """Return a snapshot of a gallery where each subject has one reference, of its number."""
    return SimpleNamespace(index=index, fetch=None, owners=lambda ids: ids)


def test_ties_are_in_the_order_of_subjects_and_depth_is_bounded(monkeypatch):
    index = Ranked(np.linspace(0.9, 0.1, 2000))
    rescore = rescoring.Rescorer(None, "m", np.ones(2, np.float32), masked=True)
    half = {number: np.array([-1.0, -1.0], np.float32) for number in range(1, 301)}
    monkeypatch.setattr(lookups, "upper_faces", lambda *_: half)
    (hits,) = searching.best_of_subjects(gallery_of(index), np.ones((1, 2)), 5, {0: rescore})
    assert [hit.reference_id for hit in hits] == [301, 302, 303, 304, 305]
    assert index.depths == [500]
    assert rescore.fused == set(range(1, 301))
    flat = Ranked([0.5] * 40)
    monkeypatch.setattr(lookups, "upper_faces", lambda *_: {7: np.ones(2, np.float32), 3: np.ones(2, np.float32)})
    (hits,) = searching.best_of_subjects(gallery_of(flat), np.ones((1, 2)), 4, {0: rescore})
    assert [hit.reference_id for hit in hits] == [3, 7, 1, 2]
