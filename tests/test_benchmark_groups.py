"""The benchmark of groups: rates and intervals, the cache of analyses, galleries of stored faces."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bareface.calibration.calibration import Calibration
from bareface.services.engine import Engine
from bareface.synthesis.degradations import Target
from bareface.values.analysis import Analysis
from bareface.values.face import Box, Computed, Face, Landmarks, Template
from benchmarks import group_rates as rates
from benchmarks import groups, same_people
from benchmarks.same_people import twins
from benchmarks.stored_analyses import (
    SMALL_FACE,
    Picture,
    StoredEngine,
    analyses_from,
    analyses_of,
    columns_of,
    treated,
)
from tests.portraits import hopper

EYES_NOSE_MOUTH = np.array([[70, 90], [130, 90], [100, 122], [76, 150], [124, 150]], np.float32)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(embedder="bareface128", threads=1)


def face_of(vector: np.ndarray[Any, Any], *, upper: bool = True, state: str = "none") -> Face:
    second = vector[::-1].copy() if upper else None
    template = Template(vector, "bareface128", "dlib-128", "float32", state, 0.9 if upper else None, second)  # type: ignore[arg-type]
    chip = np.zeros((150, 150, 3), np.uint8)
    marks = Landmarks(EYES_NOSE_MOUTH, "five")
    return Face(Box(50, 50, 150, 170), marks, 0.9, chip, chip, "a photo", computed=Computed.of(template))


def vectors(count: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=(count, 128)).astype(np.float32)


def found(*rows: tuple[int, float | None, str]) -> Any:
    return SimpleNamespace(candidates=[SimpleNamespace(subject_id=s, fpir=f, decision=d) for s, f, d in rows])


# Rates


def test_the_outcome_of_a_search_is_its_lowest_rate() -> None:
    answer = found((1, 0.2, "no match"), (2, 0.002, "match"), (3, None, "possible"))
    assert rates.outcome("Zoe", answer) == rates.Outcome("Zoe", True, 0.002, True)
    assert rates.outcome("Ada", answer, 1) == rates.Outcome("Ada", True, 0.2, False)
    assert rates.outcome("Dee", answer, 4) == rates.Outcome("Dee", True, 1.0, False)
    assert rates.outcome("Ada", None, 1) == rates.Outcome("Ada", False, 1.0, False)


def test_independent_searches_have_wilsons_interval() -> None:
    share, low, high = rates.interval([True] * 10 + [False] * 90, [str(n) for n in range(100)])
    assert share == 0.1
    # Wilson's interval of 10 in 100; the effective number is a little lower, as a sample's variance is.
    assert low == pytest.approx(0.0552, abs=1e-3)
    assert high == pytest.approx(0.1744, abs=1e-3)


def test_repeated_searches_of_a_person_add_nothing_if_they_end_alike() -> None:
    hits, people = [True] * 10 + [False] * 90, [str(n) for n in range(100)]
    once, often = rates.interval(hits, people), rates.interval(hits * 5, people * 5)
    assert often == pytest.approx(once, abs=1e-3)


def test_no_hit_is_not_certainty() -> None:
    share, low, high = rates.interval([False] * 400, [str(n % 100) for n in range(400)])
    assert (share, low) == (0.0, 0.0)
    assert high == pytest.approx(rates.wilson(0.0, 100)[1])
    assert 0.03 < high < 0.04
    assert np.isnan(rates.interval([], [])[0])


def test_a_probe_without_a_face_is_no_search_of_a_wrong_person_and_a_miss_of_the_right_one() -> None:
    outcomes = [rates.Outcome("a", True, 0.05), rates.Outcome("b", True, 0.002, True), rates.Outcome("c")]
    wrong = rates.non_mated_cell(outcomes)
    assert (wrong["searches"], wrong["people"], wrong["failures"]) == (2, 2, 1)
    assert [wrong["realised"][fpir][0] for fpir in ("0.1", "0.03", "0.01")] == [1.0, 0.5, 0.5]
    assert wrong["match"][0] == 0.5
    right = rates.mated_cell(outcomes)
    assert (right["searches"], right["failures"]) == (3, 1)
    assert [right["FNIR"][fpir][0] for fpir in ("0.1", "0.01", "0.003")] == pytest.approx([1 / 3, 2 / 3, 2 / 3])


def results(at_tenth: float, at_hundredth: float, match: float, fnir: float) -> dict[str, Any]:
    def cell(tenth: float, hundredth: float) -> dict[str, Any]:
        found = {"realised": {"0.1": [tenth, 0, 1], "0.01": [hundredth, 0, 1]}, "match": [match, 0, 1]}
        return {**found, "checked": found}

    cells = {"LFW": {"clean": cell(0.1, 0.01)}, "asian": {"clean": cell(at_tenth, at_hundredth)}}
    return {"non-mated": cells, "mated": {"LFW": {"FNIR": {"0.01": [fnir, 0, 1]}}}}


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ((0.2, 0.05, 0.015, 0.08), [True] * 6),
        ((0.21, 0.0, 0.0, 0.0), [False, *[True] * 5]),
        ((0.03, 0.051, 0.02, 0.09), [False] * 6),
    ],
)
def test_bars(values: tuple[float, float, float, float], held: list[bool]) -> None:
    assert [bar.held for bar in rates.bars(results(*values))] == held


def test_a_bar_names_where_it_was_missed() -> None:
    tenth = rates.bars(results(0.5, 0.01, 0.0, 0.0))[0]
    assert tenth.most == (5.0, "asian, clean")
    assert tenth.least == (1.0, "LFW, clean")


def test_the_spread_is_the_largest_ratio_between_sets() -> None:
    cells = results(0.25, 0.0, 0.0, 0.0)["non-mated"]
    assert rates.spread(cells, "clean", "0.1") == 2.5
    assert rates.spread(cells, "clean", "0.01") is None


def test_photos_of_one_person_are_known_by_each_of_them() -> None:
    same = twins()
    assert same
    for subject, people in same.items():
        assert subject in people
        assert len(people) > 1
        assert all(same[other] == people for other in people)


def test_the_page_states_as_many_pairs_as_are_listed() -> None:
    pairs = json.loads(Path(same_people.__file__).with_suffix(".json").read_text(encoding="utf-8"))
    page = " ".join((Path(__file__).parents[1] / "docs" / "groups.md").read_text(encoding="utf-8").split())
    assert f"Both said of {sum(map(len, pairs.values()))} of the 180 pairs" in page
    assert all(f"{len(listed)} of *{name}*" in page for name, listed in pairs.items())


def test_a_candidate_who_is_left_out_does_not_count() -> None:
    answer = found((1, 0.001, "match"), (2, 0.2, "possible"))
    assert rates.outcome("ada", answer).rate == 0.001
    left = rates.outcome("ada", answer, left_out=frozenset({1}))
    assert (left.rate, left.match) == (0.2, False)


# Stored analyses


def test_faces_survive_the_cache() -> None:
    ada, bo = face_of(vectors(2)[0]), face_of(vectors(2)[1], upper=False, state="full")
    first, none, last = analyses_from(columns_of([("ada", ada), ("nobody", None), ("bo", bo)]))
    assert [one.source for one in (first, none, last)] == ["ada", "nobody", "bo"]
    assert none.faces == ()
    for analysis, face in ((first, ada), (last, bo)):
        (kept,) = analysis.faces
        assert kept.enrolment_template == face.enrolment_template
        assert (kept.box, kept.landmarks, kept.score) == (face.box, face.landmarks, face.score)
        assert np.array_equal(kept.chip, face.chip)
    assert len({one.photo.sha256 for one in (first, none, last) if one.photo}) == 3


def test_a_chunk_without_faces_survives_the_cache() -> None:
    assert [one.faces for one in analyses_from(columns_of([("nobody", None)]))] == [()]


def test_small_faces_are_small_and_pictures_are_degraded_the_same_in_every_run() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    face, picture = face_of(vectors(1)[0]), Picture("Ada", Path("a.jpg"))
    small = treated(pixels, face, picture.under("small"))
    assert small is not None
    assert small.shape[1] == round(200 * SMALL_FACE / face.box.width)
    for condition in ("defocus", "low light", "mask"):
        once, again = (treated(pixels, face, picture.under(condition)) for _ in range(2))  # type: ignore[arg-type]
        assert once is not None
        assert again is not None
        assert np.array_equal(once, again)
        assert not np.array_equal(once, pixels), condition
    assert Target.of(face.landmarks).eyes > 0


def test_photos_are_analysed_once(tmp_path: Path, engine: Engine) -> None:
    pictures = [Picture("Ada", hopper(), 5), Picture("Ada", hopper(), 5, "defocus")]
    fresh = analyses_of(engine, pictures, tmp_path)
    assert all(one.faces for one in fresh.values())
    assert len(list(tmp_path.iterdir())) == 2

    class Lost:
        def __getattr__(self, name: str) -> Any:
            if name == "stream":
                raise AssertionError("analysed again")
            return getattr(engine, name)

    again = analyses_of(Lost(), pictures, tmp_path)  # type: ignore[arg-type]
    assert {key: one.faces for key, one in again.items()} == {key: one.faces for key, one in fresh.items()}


# Galleries


def stored(engine: Engine, pictures: list[Picture], without: tuple[int, ...] = ()) -> dict[bytes, Analysis]:
    rows = [
        (picture.key.decode(), None if place in without else face_of(vector))
        for place, (picture, vector) in enumerate(zip(pictures, vectors(len(pictures)), strict=True))
    ]
    return {one.source.encode(): one for one in analyses_from(columns_of(rows))}


def test_a_real_gallery_is_searched_with_stored_faces(engine: Engine) -> None:
    pictures = [Picture(f"person {number}", Path(f"{number}.jpg")) for number in range(8)]
    analyses = stored(engine, pictures, without=(7,))
    with groups.enrolled(groups.Setup(StoredEngine(engine, analyses), analyses), pictures[:5]) as people:
        assert sorted(people.names.values()) == [f"person {number}" for number in range(5)]
        own, other, nobody = groups.searched(people.gallery, [pictures[0], pictures[6], pictures[7]])
        outcomes = groups.mates(people, [pictures[0], pictures[6], pictures[7]])
    assert own is not None
    assert people.names[own.candidates[0].subject_id] == "person 0"
    assert outcomes[0].rate < 0.1
    assert [one.acquired for one in outcomes] == [True, True, False]
    assert outcomes[1].rate == 1.0
    assert other is not None
    assert other.subjects == 5
    assert nobody is None


def test_another_calibration_replaces_the_packaged_one(engine: Engine) -> None:
    pictures = [Picture(f"person {number}", Path(f"{number}.jpg")) for number in range(20)]
    analyses = stored(engine, pictures)
    other = replace(Calibration.packaged(engine.space, engine.model), basis="other people").to_json()
    lists = []
    for calibration in (None, other):
        with groups.enrolled(groups.Setup(StoredEngine(engine, analyses), analyses, calibration), pictures) as people:
            (found,) = groups.searched(people.gallery, pictures[:1])
            assert found is not None
            lists.append(found)
    assert [any("other people" in note for note in one.notes) for one in lists] == [False, True]


def test_a_split_deals_everyone_once_and_enrols_only_faces(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "GALLERY", 4)
    pictures = [Picture(f"person {number}", Path(f"{number}.jpg")) for number in range(10)]
    analyses = stored(engine, pictures, without=(0, 1, 2))
    people, others = groups.split(pictures, analyses, 3)
    assert len(people) == 4
    assert set(people) | set(others) == set(pictures)
    assert not set(people) & set(others)
    assert set(pictures[:3]) <= set(others)
    assert (people, others) == groups.split(pictures, analyses, 3)
    assert people != groups.split(pictures, analyses, 4)[0]


def test_fillers_of_the_same_name_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "LARGE_GALLERY", 3)
    people = [Picture("BenAffleck", Path("a.png"))]
    fillers = [Picture(name, Path(f"{name}.jpg")) for name in ("Ben_Affleck", "Ada_Lovelace", "Bo_Derek", "Cy_Young")]
    filled = groups.filled_up(people, fillers)
    assert [one.subject for one in filled] == ["BenAffleck", "Ada_Lovelace", "Bo_Derek"]
