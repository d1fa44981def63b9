"""The gallery's side of searches with restored faces, on coloured tiles: no network runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bareface.errors import GalleryError, RestorationError, UsageError
from bareface.gallery.restorations import RestorationRecord
from bareface.gallery.search_restored import Record
from bareface.imaging import decode as images
from bareface.restoration.base import SIDE, Completion, Provenance, Restored
from bareface.services.gallery import Gallery
from bareface.values.analysis import Analysis
from bareface.values.face import EVERYTHING, Face, Source, Template, Want
from tests.gallery.pictures import Colour, Look, LookEngine, colours, save, vector_of

MASKED: Colour = (50, 60, 70)
PEOPLE = colours(150)


class Restorer(LookEngine):
    """Guesses that a masked tile is one of the enrolled people: as many of them as are asked for, in order."""

    def __init__(self) -> None:
        super().__init__({MASKED: Look("full", 0.5)})
        self.guess = [PEOPLE[3], PEOPLE[3], PEOPLE[7], PEOPLE[3]]
        self.refuse: str | None = None

    def faces(self, source: Source, want: Iterable[Want] = EVERYTHING) -> list[Face]:
        return list(self._faces(images.decode(source)))

    def unmask(self, face: Face, completions: int = 4, seed: int = 0, *, record: Record | None = None) -> Restored:
        return self._made("unmask", self.guess[:completions], record)

    def enhance(self, face: Face, *, record: Record | None = None) -> Restored:
        return self._made("enhance", self.guess[:1], record)

    def _made(self, kind: str, guesses: list[Colour], record: Record | None) -> Restored:
        if self.refuse:
            raise RestorationError(self.refuse, "no.")
        image, spread = np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE), np.float32)
        parts = tuple(
            Completion(image, Template(np.resize(vector_of(colour), 128), self.model, self.space)) for colour in guesses
        )
        made = Provenance(kind, "tiles", None, None, 0, "0" * 64, 0.5, (), "0", "")  # type: ignore[arg-type]
        restored = Restored(image, spread > 0, parts, spread, made, (1 + 0j, 0j), (0.0,) * len(parts), 0.0)
        if record is not None:
            record(restored)
        return restored


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 150 people of one photo each."""
    folder = tmp_path_factory.mktemp("filled")
    for number, colour in enumerate(PEOPLE):
        save(folder / "photos" / f"p{number}" / "1.png", colour)
    with Gallery.open(folder / "g", Restorer()) as opened:
        opened.enrol(folder / "photos")
    return folder / "g"


@pytest.fixture
def gallery(filled: Path, tmp_path: Path) -> Iterator[Gallery]:
    """Return a copy of it, with an engine of its own."""
    with Gallery.open(shutil.copy(filled, tmp_path / "g"), Restorer()) as opened:
        yield opened


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    return save(tmp_path / "probe.png", MASKED)


def test_guesses_are_ranked_among_all_subjects(gallery: Gallery, probe: Path) -> None:
    result = gallery.search(probe, top=2)
    (found,) = gallery.search_restored(probe, result)
    assert found.original is result.lists[0]
    assert [lead.subject for lead in found.candidates] == [one.subject for one in result.lists[0].candidates]
    raised = {lead.subject: lead for lead in found.added}
    third, seventh = raised["p3"], raised["p7"]
    assert [one.rank for one in third.guesses][:2] == [1, 1]
    assert third.guesses[0].similarity == pytest.approx(1.0)
    assert seventh.guesses[2].rank == 1
    assert third.agreement.within >= 3
    assert not third.agreement.depends
    assert third.fpir is None, "no union of these templates is calibrated"
    assert third.source.endswith("p3/1.png")


def test_each_photo_and_face_gets_its_own(gallery: Gallery, tmp_path: Path) -> None:
    probes = [save(tmp_path / "bare.png", PEOPLE[5]), save(tmp_path / "both.png", PEOPLE[6], MASKED)]
    result = gallery.search(probes, top=1)
    found = gallery.search_restored(probes, result)
    assert [one.original for one in found] == list(result.lists)
    assert [one.restored is not None for one in found] == [
        one.probe[0].template.mask_state != "none" for one in result.lists
    ]
    assert sum(one.restored is not None for one in found) == 1


def test_enhancement_is_asked_for_apart_and_never_calibrated(gallery: Gallery, tmp_path: Path) -> None:
    probe = save(tmp_path / "bare.png", PEOPLE[5])
    result = gallery.search(probe, top=1)
    assert gallery.search_restored(probe, result, unmask=False) == ()
    (left,) = gallery.search_restored(probe, result)
    assert (left.restored, left.notes) == (None, ("no mask hides this face",))
    (found,) = gallery.search_restored(probe, result, enhance=True)
    assert found.restored is not None
    assert found.restored.provenance.kind == "enhance"
    assert {lead.fpir for lead in (*found.candidates, *found.added)} == {None}


def test_what_cannot_be_restored_is_a_note(gallery: Gallery, probe: Path) -> None:
    result = gallery.search(probe, top=1)
    gallery.engine.refuse = "restoration.no-evidence"  # type: ignore[attr-defined]
    (found,) = gallery.search_restored(probe, result)
    assert found.restored is None
    assert found.notes[0].startswith("not restored: ")
    gallery.engine.refuse = "restoration.completions"  # type: ignore[attr-defined]
    with pytest.raises(RestorationError):
        gallery.search_restored(probe, result)


def test_fused_faces_are_left_alone(gallery: Gallery, tmp_path: Path) -> None:
    probes = [save(tmp_path / f"{tick}.png", MASKED, tick=tick) for tick in (1, 2)]
    result = gallery.search(probes, same_person=True)
    (found,) = gallery.search_restored(probes, result)
    assert found.notes == ("fused faces are not restored",)


def test_an_engine_that_does_not_restore_is_refused(gallery: Gallery, probe: Path) -> None:
    with Gallery.open(gallery.path, LookEngine({MASKED: Look("full", 0.5)})) as opened:
        result = opened.search(probe)
        with pytest.raises(UsageError, match=r"usage\.engine"):
            opened.search_restored(probe, result)


def test_an_empty_gallery_says_so(tmp_path: Path, probe: Path) -> None:
    with Gallery.open(tmp_path / "empty", Restorer()) as opened:
        (found,) = opened.search_restored(probe, opened.search(probe))
    assert (found.candidates, found.added, found.notes) == ((), (), ("the gallery is empty",))


def test_each_photo_is_decoded_and_its_faces_found_once(
    tmp_path: Path, probe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Keeper(Restorer):
        """Leaves photos with their faces."""

        def analyse(self, source: Source, want: Iterable[Want]) -> Analysis:
            photo = images.decode(source)
            faces = [replace(face, photo=photo) for face in self._faces(photo)]
            return Analysis(photo.source, photo, tuple(self.complete(faces, want)))

    decoded: list[object] = []
    real = images.decode
    with Gallery.open(tmp_path / "g", Keeper()) as opened:
        opened.enrol(save(tmp_path / "1.png", PEOPLE[3]), subject="p3")
        monkeypatch.setattr(images, "decode", lambda source, *rest: decoded.append(source) or real(source, *rest))
        result = opened.search(probe, keep_photos=True)
        (found,) = opened.search_restored(probe, result)
        assert found.restored is not None
        assert [str(one) for one in decoded] == [str(probe)]
        (again,) = opened.search_restored(probe, opened.search(probe))
        assert again.candidates == found.candidates
        assert len(decoded) == 3


def test_a_restoration_made_through_a_gallery_is_recorded_in_it_alone(
    gallery: Gallery, probe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "home" / "restorations.sqlite"
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(record))
    assert gallery.restorations() == ()
    gallery.search_restored(probe, gallery.search(probe))
    assert [made.kind for made in gallery.restorations()] == ["unmask"]
    assert not record.exists()
    assert gallery.path.stat().st_mode & 0o777 == 0o600


def test_a_gallery_that_may_only_be_read_leaves_it_to_the_installation(
    gallery: Gallery, probe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "home" / "restorations.sqlite"
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(record))
    record.parent.mkdir()

    def refuse() -> None:
        raise GalleryError("gallery.read-only", source="g")

    result = gallery.search(probe)
    monkeypatch.setattr(gallery._store, "check_writable", refuse)
    gallery.search_restored(probe, result)
    assert gallery.restorations() == ()
    assert record.stat().st_mode & 0o777 == 0o600
    with RestorationRecord.open(record) as opened:
        assert len(opened.entries()) == 1
