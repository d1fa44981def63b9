"""No transaction computes anything: while photos are looked at and pictures encoded, others can write.

The fakes here do not sleep: where a slow encoder would take its time, another connection writes. With the lock held it
could not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bareface.errors import TemplateError
from bareface.gallery import import_encodings as importing
from bareface.gallery import new_references
from bareface.imaging import decode as images
from bareface.services.gallery import Gallery
from bareface.storage.sqlite.store import Store
from bareface.values.correction import Target
from bareface.values.face import Box
from tests.gallery.pictures import TILE, TileEngine, people, save
from tests.gallery.test_reembedding import NewEngine

RED, GREEN, BLUE = (230, 60, 60), (60, 230, 60), (60, 60, 230)


class Meanwhile:
    """Runs what another process does, once, at the first call of whatever it is put into; later calls write, too."""

    def __init__(self, path: Path, act: Callable[[Store], object] | None = None) -> None:
        self.other = Store(path)
        self.act = act
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        with self.other.writing() as writer:  # fails after BUSY_TIMEOUT_S where somebody holds the lock
            writer.add_subject(f"{self.calls:032x}")
        if self.calls == 1 and self.act is not None:
            self.act(self.other)

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            self()
            return function(*args, **kwargs)

        return called


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bareface.storage.sqlite.store.BUSY_TIMEOUT_S", 0.2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Store(tmp_path / "g").close()
    return tmp_path / "g"


class Embedding(TileEngine):
    """Runs something where a network would run."""

    def __init__(self, run: Callable[[], None]) -> None:
        super().__init__()
        self.run = run

    def _embed(self, faces):
        self.run()
        return super()._embed(faces)


@pytest.mark.parametrize("where", ["network", "encoder", "thumbnail"])
def test_enrolment_lets_others_write_while_it_computes(path, tmp_path, monkeypatch, where):
    photos = [save(tmp_path / f"{number}.png", RED, tick=number) for number in range(5)]
    meanwhile = Meanwhile(path)
    engine = Embedding(meanwhile if where == "network" else lambda: None)
    if where == "encoder":
        monkeypatch.setattr(images, "encode", meanwhile.before(images.encode))
    if where == "thumbnail":
        monkeypatch.setattr(new_references, "thumbnail", meanwhile.before(new_references.thumbnail))
    with Gallery.open(path, engine) as gallery:
        assert gallery.enrol(photos, "Ada").count("enrolled") == 5
    assert meanwhile.calls == 5


def test_embedding_anew_lets_others_write_while_it_computes(path, tmp_path, monkeypatch):
    people(tmp_path / "photos", 3)
    with Gallery.open(path, TileEngine()) as gallery:
        gallery.enrol(tmp_path / "photos")
    meanwhile = Meanwhile(path)

    class Slow(NewEngine):
        def _embed(self, faces):
            meanwhile()
            return super()._embed(faces)

    with Gallery.open(path, Slow()) as gallery:
        assert gallery.reembed().switched
    assert meanwhile.calls == 6


def test_an_import_lets_others_write_while_it_reads(path, tmp_path, monkeypatch):
    meanwhile = Meanwhile(path)
    monkeypatch.setattr(importing, "read_encodings", meanwhile.before(importing.read_encodings))
    encodings = tmp_path / "people.json"
    encodings.write_text(json.dumps({"Ada": [0.5] * 128}))
    with Gallery.open(path, TileEngine("dlib-128")) as gallery:
        assert gallery.import_encodings(encodings).status == "enrolled"
    assert meanwhile.calls == 1


def test_a_deletion_lets_others_write_while_it_reads_the_photo(path, tmp_path, monkeypatch):
    photo = save(tmp_path / "a.png", RED)
    with Gallery.open(path, TileEngine()) as gallery:
        gallery.enrol(photo)
        moved = photo.rename(tmp_path / "b.png")
        meanwhile = Meanwhile(path)
        monkeypatch.setattr(images, "fingerprint", meanwhile.before(images.fingerprint))
        assert gallery.delete(photo=moved).references == 1
    assert meanwhile.calls == 1


# What another process changed between decision and transaction


@pytest.fixture
def enrol_with(path, tmp_path, monkeypatch):
    """Enrol a photo for Ada, and let somebody act while its crop is encoded."""

    def enrol(act: Callable[[Store], object], *faces: Any, **how: Any):
        photo = save(tmp_path / "a.png", *(faces or (RED,)))
        meanwhile = Meanwhile(path, act)
        with Gallery.open(path, TileEngine()) as gallery, monkeypatch.context() as patched:
            patched.setattr(images, "encode", meanwhile.before(images.encode))
            (outcome,) = gallery.enrol(photo, "Ada", **how).outcomes
        assert meanwhile.calls
        return outcome

    return enrol


def other(store: Store) -> Gallery:
    return Gallery.open(store.path, TileEngine())


def test_the_same_photo_enrolled_meanwhile_is_not_enrolled_twice(path, tmp_path, enrol_with):
    outcome = enrol_with(lambda store: other(store).enrol(tmp_path / "a.png", "Bo", crops=False))
    assert outcome.status == "already enrolled"
    assert "is enrolled as Bo" in outcome.message
    with Gallery.open(path, TileEngine()) as gallery:
        assert [one.subject for one in gallery.references()] == ["Bo"]


def test_a_face_rejected_meanwhile_is_not_enrolled(path, tmp_path, enrol_with):
    def reject(store: Store) -> None:
        with other(store) as gallery:
            gallery.enrol(tmp_path / "a.png", crops=False)
            gallery.reject(gallery.references()[0].id)

    assert enrol_with(reject).status == "rejected"
    with Gallery.open(path, TileEngine()) as gallery:
        assert gallery.references() == ()


def test_a_face_assigned_meanwhile_is_whose_it_was_assigned_to(path, tmp_path, enrol_with):
    def assign(store: Store) -> None:
        with other(store) as gallery:
            gallery.enrol(tmp_path / "a.png", crops=False)
            gallery.assign(gallery.references()[0].id, "Bo")
            gallery.delete(reference=gallery.references()[0].id)

    outcome = enrol_with(assign)
    assert (outcome.status, outcome.subject) == ("enrolled", "Bo")
    assert "a correction made by hand says 'Bo'" in outcome.message


def test_a_name_that_got_another_meaning_meanwhile_means_that(path, tmp_path, enrol_with):
    def rename(store: Store) -> None:
        with other(store) as gallery:
            gallery.enrol(save(tmp_path / "b.png", BLUE), "Ada", crops=False)
            gallery.rename("Ada", "Bo")

    outcome = enrol_with(rename)
    assert (outcome.status, outcome.subject) == ("enrolled", "Bo")
    assert "'Ada' means 'Bo'" in outcome.message


def test_a_face_let_in_meanwhile_is_prepared_in_another_round(path, tmp_path, enrol_with):
    digest = images.fingerprint(save(tmp_path / "a.png", RED, GREEN), None)
    left = Box(0, 0, TILE, TILE)
    with Store(path).writing() as writer:
        writer.correct(digest, left, None)

    def let_in(store: Store) -> None:
        with store.writing() as writer:
            writer.correct(digest, left, Target("f" * 32, "Bo"))

    outcome = enrol_with(let_in, RED, GREEN)
    assert (outcome.status, outcome.references) == ("enrolled", 2)
    with Gallery.open(path, TileEngine()) as gallery:
        assert {one.subject for one in gallery.references()} == {"Ada", "Bo"}
        assert all(gallery.crop(one.id) for one in gallery.references())


def test_a_gallery_that_changed_its_space_meanwhile_takes_no_other(path, tmp_path, enrol_with):
    with Gallery.open(path, TileEngine()) as gallery:
        gallery.enrol(save(tmp_path / "b.png", BLUE), "Bo")

    def reembed(store: Store) -> None:
        with Gallery.open(store.path, NewEngine()) as gallery:
            assert gallery.reembed().switched

    with pytest.raises(TemplateError, match="tiles-2"):
        enrol_with(reembed)
    with Gallery.open(path, NewEngine()) as gallery:
        assert [one.subject for one in gallery.references()] == ["Bo"]
        assert gallery.check().ok


def test_a_reference_deleted_while_it_is_embedded_anew_is_left_out(path, tmp_path):
    people(tmp_path / "photos", 2, photos=1)
    with Gallery.open(path, TileEngine()) as gallery:
        gallery.enrol(tmp_path / "photos")

    class Deleting(NewEngine):
        done = False

        def _embed(self, faces):
            if not self.done:
                self.done = True
                with Gallery.open(path, TileEngine()) as gallery:
                    gallery.delete(subject="p0")
            return super()._embed(faces)

    with Gallery.open(path, Deleting()) as gallery:
        report = gallery.reembed()
        assert (report.references, report.unresolved, report.switched) == (1, (), True)
        assert gallery.check().ok


def test_two_that_embed_anew_at_once_do_not_collide(path, tmp_path):
    people(tmp_path / "photos", 2, photos=1)
    with Gallery.open(path, TileEngine()) as gallery:
        gallery.enrol(tmp_path / "photos")

    class Twice(NewEngine):
        done = False

        def _embed(self, faces):
            if not self.done:
                self.done = True
                with Gallery.open(path, NewEngine()) as gallery:
                    assert gallery.reembed().switched
            return super()._embed(faces)

    with Gallery.open(path, Twice()) as gallery:
        report = gallery.reembed()
        assert (report.references, report.switched) == (2, True)
        assert np.isfinite(gallery.search(tmp_path / "photos" / "p0" / "0.png").lists[0].candidates[0].similarity)
        assert gallery.check().ok
