"""Encodings of the face_recognition library become references."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bareface.errors import GalleryError, TemplateError, UsageError
from bareface.models import registry
from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine, picture


@pytest.fixture
def encodings(tmp_path):
    rng = np.random.default_rng(3)
    mean = registry.space_mean("dlib-128")
    rows = [{"name": name, "encoding": (mean + rng.normal(size=128) / 20).tolist()} for name in ("Ada", "Bo", "Ada")]
    path = tmp_path / "known.json"
    path.write_text(json.dumps(rows))
    return path


class Finder(TileEngine):
    """Every face's template is the second encoding."""

    def __init__(self, encodings) -> None:
        super().__init__(space="dlib-128", model="dlib-resnet")
        self.vector = np.array(json.loads(encodings.read_text())[1]["encoding"], np.float32)

    def _embed(self, chips):
        made = super()._embed(chips)
        for template in made:
            object.__setattr__(template, "vector", self.vector)
        return made


def test_imported_encodings_are_found(encodings, tmp_path):
    with Gallery.open(tmp_path / "g", Finder(encodings)) as opened:
        outcome = opened.import_encodings(encodings, basis="members")
        assert (outcome.status, outcome.references) == ("enrolled", 3)
        assert [(one.name, one.references) for one in opened.subjects()] == [("Ada", 2), ("Bo", 1)]
        first = opened.search(picture((200, 50, 50))).lists[0].candidates[0]
        assert (first.subject, first.source, first.model) == ("Bo", str(encodings), "face_recognition")
        assert first.similarity == pytest.approx(1)
        assert (first.box, first.same_source) == ((0, 0, 0, 0), None)
        assert opened.references("Bo")[0].basis == "members"
        assert opened.import_encodings(encodings).status == "already enrolled"
        assert opened.check().ok
        assert {one.code for one in opened.reembed().unresolved} == {"gallery.no-photo"}


def test_nothing_of_a_bad_file_is_enrolled(encodings, tmp_path):
    rows = json.loads(encodings.read_text())
    rows[2]["encoding"][0] = "x"
    encodings.write_text(json.dumps(rows))
    with Gallery.open(tmp_path / "g", Finder(encodings)) as opened:
        with pytest.raises(GalleryError, match=r"gallery\.import-format"):
            opened.import_encodings(encodings)
        assert opened.subjects() == ()


def test_another_space_is_refused(encodings, tmp_path):
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(picture((200, 50, 50)))
        with pytest.raises(TemplateError, match=r"gallery of their own.*template\.space"):
            opened.import_encodings(encodings)


def test_names_that_nobody_can_have_are_refused_with_the_file(encodings, tmp_path):
    rows = json.loads(encodings.read_text())
    with Gallery.open(tmp_path / "g", Finder(encodings)) as opened:
        for name in ("#1", "# 2", "\u200b", "x" * 501):
            rows[2]["name"] = name
            encodings.write_text(json.dumps(rows))
            with pytest.raises(UsageError, match=r"known\.json: .*usage\.name"):
                opened.import_encodings(encodings)
        assert opened.subjects() == ()


def test_one_name_in_two_forms_and_an_alias_in_one_file(encodings, tmp_path):
    rows = json.loads(encodings.read_text())
    with Gallery.open(tmp_path / "g", Finder(encodings)) as opened:
        opened.import_encodings(encodings)
        opened.merge("Bo", "Ada")
        for row, name in zip(rows, ("Jose\u0301", " José", "Ada"), strict=True):
            row |= {"name": name, "encoding": [value * 0.99 for value in row["encoding"]]}  # other faces
        encodings.write_text(json.dumps(rows))
        outcome = opened.import_encodings(encodings)
        assert (outcome.references, outcome.subject, outcome.message) == (3, None, "'Ada' means 'Bo' (#2)")
        assert {one.name: one.references for one in opened.subjects()} == {"Bo": 4, "José": 2}


def imported(path, *rows: tuple[str, np.ndarray]):
    path.write_text(json.dumps([{"name": name, "encoding": vector.tolist()} for name, vector in rows]))
    return path


def test_an_encoding_is_imported_once_and_stays_with_its_first_subject(tmp_path):
    """A file that grew is imported again each week; in one of them a name was corrected."""
    ada, bo, cy = np.random.default_rng(1).normal(size=(3, 128))
    with Gallery.open(tmp_path / "g", TileEngine(space="dlib-128", model="dlib-resnet")) as opened:
        opened.import_encodings(imported(tmp_path / "1.json", ("Ada", ada), ("Bo", bo), ("Ada", ada)))
        grown = opened.import_encodings(imported(tmp_path / "2.json", ("Ada", ada), ("Bob", bo), ("Cy", cy)))
        assert (grown.status, grown.references, grown.subject) == ("enrolled", 1, "Cy")
        assert "1 encoding had been imported before" in grown.message
        assert "1 encoding of 'Bob' had been imported as 'Bo' (#2), and not again; `Gallery.assign`" in grown.message
        counts = [(one.name, one.references) for one in opened.subjects()]
        assert counts == [("Ada", 1), ("Bo", 1), ("Cy", 1)]
        again = opened.import_encodings(imported(tmp_path / "3.json", ("Cy", cy)))
        assert (again.status, again.references) == ("already enrolled", 0)
        opened.merge("Ada", "Bo")
        assert "'Bo'" not in opened.import_encodings(imported(tmp_path / "4.json", ("Bo", bo))).message
        opened.delete(subject="Cy")
        assert opened.import_encodings(tmp_path / "3.json").references == 1


def test_one_encoding_under_two_names_of_a_file_is_one_persons(tmp_path):
    ada = np.random.default_rng(1).normal(size=128)
    with Gallery.open(tmp_path / "g", TileEngine(space="dlib-128", model="dlib-resnet")) as opened:
        outcome = opened.import_encodings(imported(tmp_path / "1.json", ("Ada", ada), ("Eve", ada)))
        assert "1 encoding of 'Eve' had been imported as 'Ada'" in outcome.message
        assert [one.name for one in opened.subjects()] == ["Ada"]


def test_numbers_of_another_library_are_named(tmp_path):
    rng = np.random.default_rng(2)
    mean = registry.space_mean("dlib-128").astype(float)
    like = mean + 0.05 * rng.normal(size=128)
    facenet = rng.normal(size=128)
    facenet /= np.linalg.norm(facenet)
    with Gallery.open(tmp_path / "g", TileEngine(space="dlib-128", model="dlib-resnet")) as opened:
        assert opened.import_encodings(imported(tmp_path / "1.json", ("Ada", like))).message is None
        assert (
            opened.import_encodings(imported(tmp_path / "2.json", ("Bo", like / np.linalg.norm(like)))).message is None
        )
        rows = [("Cy", facenet), ("Di", rng.integers(0, 256, 128)), ("Eli", np.full(128, 0.1))]
        outcome = opened.import_encodings(imported(tmp_path / "3.json", *rows))
        assert "3 encodings cannot be of face_recognition" in outcome.message
