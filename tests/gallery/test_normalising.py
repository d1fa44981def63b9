"""Searches judge scores by the probe's other scores in the gallery."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bareface.calibration.calibration import BARE, Calibration
from bareface.calibration.of_gallery import GalleryReferences, calibrate_references
from bareface.gallery.judge import judge
from bareface.gallery.rank import CandidateScore, Ranked
from bareface.matching.normalisation import FEWEST, non_mated_law
from bareface.services.gallery import Gallery
from bareface.values.search import Candidate
from tests.gallery.pictures import Colour, TileEngine, colours, save, vector_of

SPACE, MODEL = "bareface-mobile-128-v2", "bareface-mobile"
SEARCH = Calibration.packaged(SPACE, MODEL, "search")
ROWS = np.random.default_rng(1).normal(size=(4000, 128)).astype(np.float32)


class RandomEngine(TileEngine):
    """Gives each colour a template that is unlike any other's."""

    def __init__(self) -> None:
        super().__init__(SPACE, MODEL)

    def template_of(self, colour: Colour) -> np.ndarray:
        return ROWS[hash(colour) % len(ROWS)]


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gallery:
    monkeypatch.setattr(
        "tests.gallery.pictures.vector_of",
        lambda colour, dimension=128: ROWS[hash(tuple(round(one) for one in colour)) % len(ROWS)],
    )
    return Gallery.open(tmp_path / "people.bareface", RandomEngine())


def enrol(gallery: Gallery, tmp_path: Path, count: int, photos: int = 1) -> list[Colour]:
    made = colours(count)
    for number, colour in enumerate(made):
        for tick in range(photos):
            save(tmp_path / "photos" / f"person {number}" / f"{tick}.png", colour, tick=number * photos + tick)
    gallery.enrol([tmp_path / "photos"])
    return made


def first(gallery: Gallery, probe: Path) -> Candidate:
    return gallery.search(probe, top=5).lists[0].candidates[0]


def test_the_normalised_score_is_that_of_all_scores_of_the_probe(gallery: Gallery, tmp_path: Path) -> None:
    people = enrol(gallery, tmp_path, 60)
    stranger = colours(61, seed=5)[-1]
    found = first(gallery, save(tmp_path / "probe.png", stranger))
    unit = np.array([RandomEngine().template_of(colour) for colour in [*people, stranger]])
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    scores = -np.sort(-(unit[:-1] @ unit[-1]))
    law = non_mated_law(scores, 60, SEARCH.normalisation.typical, np.eye(1, 60, dtype=bool))
    assert found.normalised == pytest.approx(law.normalise(scores[0])[0], abs=1e-3)
    assert found.fpir == pytest.approx(SEARCH.fpir(found.normalised, 60).value)
    assert found.compared_with == law.used[0] == 35


def test_other_photos_of_the_candidate_do_not_count(gallery: Gallery, tmp_path: Path) -> None:
    people = enrol(gallery, tmp_path, 30, photos=1)
    probe = save(tmp_path / "probe.png", people[4], tick=999)
    alone = first(gallery, probe)
    for tick in range(90):
        save(tmp_path / "more" / f"{tick}.png", people[4], tick=2000 + tick)
    gallery.enrol([tmp_path / "more"], subject="person 4")
    together = first(gallery, probe)
    assert together.subject == "person 4"
    assert together.normalised == pytest.approx(alone.normalised, abs=1e-3)


@pytest.mark.slow
def test_unnamed_photos_of_one_person_do_not_count_either(gallery: Gallery, tmp_path: Path) -> None:
    people = enrol(gallery, tmp_path, 30)
    for tick in range(90):
        save(tmp_path / "more" / f"{tick}.png", people[4], tick=2000 + tick)
    gallery.enrol([tmp_path / "more"])
    found = first(gallery, save(tmp_path / "probe.png", people[4], tick=999))
    assert found.compared_with >= FEWEST
    assert found.decision == "match"


def test_a_small_gallery_is_judged_by_the_packaged_cohort(gallery: Gallery, tmp_path: Path) -> None:
    people = enrol(gallery, tmp_path, 4)
    entry = gallery.search(save(tmp_path / "probe.png", people[2], tick=77), top=4).lists[0]
    best, *others = entry.candidates
    assert (best.decision, best.compared_with) == ("match", 0)
    assert all(one.fpir is not None and one.fpir > 0.003 for one in others)
    assert any("gallery is small" in note for note in entry.notes)


def test_a_small_gallery_of_a_space_without_a_cohort_is_judged_by_similarity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.gallery.pictures.vector_of", partial(vector_of, dimension=128))
    with Gallery.open(tmp_path / "few.bareface", TileEngine("dlib-128", "bareface128")) as few:
        for number, colour in enumerate(colours(3)):
            few.enrol([save(tmp_path / f"{number}.png", colour)], subject=f"person {number}")
        candidates = few.search(save(tmp_path / "probe.png", colours(3)[0], tick=9), top=3).lists[0].candidates
    assert all(one.fpir is not None and one.normalised is None for one in candidates)


@pytest.mark.slow
def test_the_order_of_enrolment_does_not_matter(tmp_path: Path, gallery: Gallery) -> None:
    people = enrol(gallery, tmp_path, 40)
    probe = save(tmp_path / "probe.png", people[7], tick=500)
    with Gallery.open(tmp_path / "reversed.bareface", RandomEngine()) as other:
        for number in reversed(range(40)):
            other.enrol([tmp_path / "photos" / f"person {number}"], subject=f"person {number}")
        ours = gallery.search(probe, top=10).lists[0].candidates
        theirs = other.search(probe, top=10).lists[0].candidates
    assert [one.subject for one in ours] == [one.subject for one in theirs]
    np.testing.assert_allclose([a.normalised for a in ours], [b.normalised for b in theirs], atol=1e-5)


def test_few_masked_references_do_not_make_a_search_look_deeper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Among 100,000 references, some hundred may wear a mask, and a few of these be in the head of the list."""
    unit = ROWS[:80] / np.linalg.norm(ROWS[:80], axis=1, keepdims=True)
    generation = SimpleNamespace(subjects=100_000, references=100_000, masked=300)
    now = SimpleNamespace(generation=generation, reading=SimpleNamespace(plain=None), fetch=lambda ids: unit[ids])
    monkeypatch.setattr("bareface.storage.sqlite.lookups.masked", lambda connection, ids: np.array([0, 7, 30, 41]))
    numbers, scores = np.arange(80), np.linspace(0.5, 0.2, 80, dtype=np.float32)
    hits = [CandidateScore(number, number, float(scores[number])) for number in range(5)]

    def deeper(others: int) -> Ranked:
        raise AssertionError(others)

    judged = judge(now, SEARCH, Ranked(hits, numbers, scores, numbers), unit[0], unit[:5], [BARE] * 5, deeper)
    assert all(one.normalised is not None for one in judged)


def test_a_gallery_learns_its_own_normalised_calibration() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(240, 32)).astype(np.float32)
    vectors[1::2] = vectors[::2] + rng.normal(0, 0.3, (120, 32))
    numbers = np.arange(240)
    given = GalleryReferences(numbers, numbers // 2, [f"p{n // 2}" for n in numbers], vectors)
    found = calibrate_references(given, "elsewhere", "somebody's")
    assert found.search is not None
    assert found.search.kind == "search"
    assert found.search.normalisation.typical == pytest.approx(1 / 32**0.5, rel=0.3)
    assert found.calibration.kind == "cosine"
