"""Files made by bareface 0.1.0 open and work today: see fixtures/before_0_2/make.py."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bareface import Engine, Gallery, SearchResult
from bareface.calibration.calibration import Calibration
from bareface.scores.formats import read_bob
from bareface.scores.score_file import ScoreFile

FIXTURES = Path(__file__).parent / "fixtures" / "before_0_2"
MADE_IN = Path("/tmp/before_0_2")
"""Folder of the photos when they were enrolled."""
EXPECTED: dict[str, Any] = json.loads((FIXTURES / "expected.json").read_text())
PEOPLE: dict[str, Any] = EXPECTED["people"]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(embedder="bareface128")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURES, tmp_path / "user"))


@pytest.fixture
def people(folder: Path, engine: Engine) -> Iterator[Gallery]:
    with Gallery.open(folder / "people.bareface", engine, create=False) as gallery:
        yield gallery


@pytest.fixture
def imported(folder: Path, engine: Engine) -> Iterator[Gallery]:
    with Gallery.open(folder / "imported.bareface", engine, create=False) as gallery:
        yield gallery


def similarities(result: SearchResult) -> dict[tuple[str | None, int], float]:
    return {(one.subject, one.reference_id): one.similarity for one in result.lists[0].candidates}


def expected_similarities(candidates: list[list[Any]]) -> dict[tuple[str | None, int], float]:
    return {(name, number): pytest.approx(similarity, abs=5e-3) for name, number, similarity in candidates}


def test_the_gallery_lists_what_it_listed(people: Gallery) -> None:
    assert [[one.id, one.name, one.references, list(one.aliases)] for one in people.subjects()] == PEOPLE["subjects"]
    references = [
        [one.id, one.subject, one.source, one.sha256, list(one.box), one.basis, one.crop, one.mask_state]
        for one in people.references()
    ]
    assert references == PEOPLE["references"]
    assert people.info().corrections == PEOPLE["corrections"]
    crops = [one.id for one in people.references() if people.crop(one.id) is not None]
    assert crops == [one[0] for one in PEOPLE["references"] if one[6]]
    assert people.check().ok


@pytest.mark.parametrize("index", ["kept", "gone"])
@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_a_search_finds_what_it_found(folder: Path, engine: Engine, index: str, precision: Any) -> None:
    if index == "gone":
        (folder / "people.bareface-index").unlink()
    with Gallery.open(folder / "people.bareface", engine, precision, create=False) as gallery:
        for probe, key in (("grace-blurred.jpg", "search"), ("eileen-masked.jpg", "search masked")):
            result = gallery.search(folder / "photos" / probe)
            assert similarities(result) == expected_similarities(PEOPLE[key])


def test_photos_are_known_and_corrections_hold(people: Gallery, folder: Path) -> None:
    known = people.enrol(folder / "photos" / "eileen.jpg", "Somebody Else")
    assert [one.status for one in known.outcomes] == ["already enrolled"]
    assert known.outcomes[0].subject == "Eileen Collins"
    stored = people.enrol((folder / "photos" / "grace-dark.jpg").read_bytes())
    assert [one.status for one in stored.outcomes] == ["already enrolled"]
    waited = people.enrol(folder / "photos" / "eileen-mirrored.jpg", "Visitor")
    assert waited.outcomes[0].subject == "Ada", "the correction waited for its photo"
    people.delete(photo=MADE_IN / "photos" / "both.jpg")
    again = people.enrol(folder / "photos" / "both.jpg")
    assert (again.outcomes[0].faces, again.outcomes[0].references) == (2, 1), "one face stays rejected"
    assert again.outcomes[0].subject == "Eileen Collins"
    aliased = people.enrol(folder / "photos" / "grace-blurred.jpg", "Amazing Grace", largest=True)
    assert aliased.outcomes[0].subject == "Grace Hopper"
    assert people.check().ok


def test_a_picture_restored_then_is_refused(
    people: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert [one.source_sha256 for one in people.restorations()] == PEOPLE["restorations"]
    refused = people.enrol(folder / "restored.jpg").outcomes[0]
    assert (refused.status, refused.code) == ("refused", "face.restored")
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(folder / "restorations.sqlite"))
    with Gallery.open(tmp_path / "another", people.engine) as another:
        assert another.enrol(folder / "restored.jpg").outcomes[0].code == "face.restored"
        assert another.enrol(folder / "photos" / "eileen.jpg").outcomes[0].status == "enrolled"


def test_the_record_of_restorations_lists_them(folder: Path) -> None:
    from bareface.gallery.restorations import RestorationRecord

    with RestorationRecord.open(folder / "restorations.sqlite") as record:
        assert [one.source_sha256 for one in record.entries()] == EXPECTED["record"]
        assert record.forget(EXPECTED["record"][0]) == 1


def test_the_gallery_is_relinked_and_embedded_anew(people: Gallery, folder: Path) -> None:
    report = people.relink(MADE_IN / "photos", folder / "photos")
    assert (report.relinked, report.missing, report.changed) == (5, (), ())
    with closing(sqlite3.connect(folder / "people.bareface")) as connection, connection:
        connection.execute("UPDATE template SET model = 'an-earlier-model'")
    done = people.reembed()
    assert done.switched
    assert [one.source for one in done.unresolved] == ["<bytes>", "<array>"]
    result = people.search(folder / "photos" / "grace-blurred.jpg")
    assert similarities(result) == expected_similarities(PEOPLE["search"])


def test_imported_encodings_are_searched_and_known(imported: Gallery, folder: Path) -> None:
    expected = EXPECTED["imported"]
    info = imported.info()
    assert (info.references, info.subjects) == (expected["references"], expected["subjects"])
    assert similarities(imported.search(folder / "photos" / "grace.jpg", top=5)) == expected_similarities(
        expected["search"]
    )
    assert imported.import_encodings(folder / "encodings.npy").status == "already enrolled"
    assert imported.check().ok


def test_encodings_are_imported_as_they_were(folder: Path, engine: Engine, imported: Gallery) -> None:
    with Gallery.open(folder / "new", engine) as gallery:
        assert gallery.import_encodings(folder / "encodings.npy").references == EXPECTED["imported"]["references"]
        names = [one.subject for one in gallery.references()]
    assert names == [one.subject for one in imported.references()]


def test_calibrations_are_read(imported: Gallery, folder: Path) -> None:
    calibration = Calibration.from_json((folder / "calibration.json").read_text())
    threshold = EXPECTED["imported"]["threshold at FMR 1e-3"]
    assert calibration.threshold(1e-3).similarity == pytest.approx(threshold, abs=1e-4)
    kept = imported.search(folder / "photos" / "grace.jpg", top=1).lists[0]
    (folder / "imported.bareface-calibration").unlink()
    packaged = imported.search(folder / "photos" / "grace.jpg", top=1).lists[0]
    assert kept.candidates[0].fpir != packaged.candidates[0].fpir, "the gallery's own calibration was used"


@pytest.mark.parametrize("name", ["scores.parquet", "scores.csv", "scores.csv.gz", "scores-bob.txt"])
def test_score_files_are_read(folder: Path, name: str) -> None:
    scores = read_bob(folder / name) if name.endswith(".txt") else ScoreFile.read(folder / name)
    expected = EXPECTED["scores"]
    assert len(scores) == expected["rows"]
    assert int(scores.mated.sum()) == expected["mated"]
    assert int(scores.fta.sum()) == expected["lost"]
    if not name.endswith(".txt"):
        assert scores.info.failures == (("0/0, ü.jpg", "no face"),)
