"""Restored pictures are refused at enrolment, with their metadata or without; the photos they were made of are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bareface.gallery.restorations import Guard, RestorationRecord
from bareface.gallery.restorations_for import record_in
from bareface.imaging import decode as images
from bareface.imaging.align import SIZES, as_dlib
from bareface.restoration.enhance import Method, place_back
from bareface.restoration.hidden_mark import marked, pattern, trace
from bareface.restoration.recognise import grey
from bareface.restoration.saving import encode_picture
from bareface.restoration.unmask import place
from bareface.services.engine import Analysis, Engine
from bareface.services.gallery import Gallery
from bareface.storage.sqlite.store import Store
from bareface.synthesis.degradations import Defocus, Target, degrade
from bareface.values.face import EVERYTHING, Box, Computed, Face, Landmarks, Source, Template, UInt8, Want
from tests.portraits import astronaut
from tests.restoration.made import restored, smooth


def jpeg(pixels: UInt8, quality: int = 40) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()


def opened(data: bytes) -> UInt8:
    return images.decode(data).pixels


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """Return a guard over thirty restorations."""
    with RestorationRecord.open(tmp_path_factory.mktemp("guard") / "r.sqlite") as record:
        for seed in range(30):
            record.add(restored(seed))
        made = Guard([record.store])
        made.refresh()
        yield made


def moved(face: UInt8, by: complex) -> UInt8:
    middle = 79.5 + 79.5j
    shift = middle - by * middle + 2
    matrix = np.array([[by.real, -by.imag, shift.real], [by.imag, by.real, shift.imag]])
    return np.asarray(cv2.warpAffine(face, matrix, (160, 160), borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.mark.parametrize("seed", [0, 17, 29])
def test_altered_it_is_known_again_and_its_source_is_not_mistaken_for_it(guard: Guard, seed: int) -> None:
    made = restored(seed)
    alterations = {
        "as it is": lambda face: face,
        "re-encoded": lambda face: opened(jpeg(face)),
        "mirrored": lambda face: np.ascontiguousarray(face[:, ::-1]),
        "turned and larger": lambda face: moved(face, 1.06 * np.exp(0.08j)),
        "darker": lambda face: (face * 0.7).astype(np.uint8),
        "blurred": lambda face: np.asarray(cv2.GaussianBlur(face, (0, 0), 1.2), np.uint8),
        "a smaller chip": lambda face: np.asarray(cv2.resize(face, (150, 150)), np.uint8),
    }
    for name, alter in alterations.items():
        for completion in made.completions:
            assert guard.restored(alter(completion.image)), name
        assert not guard.restored(alter(made.source)), name


def test_nobody_elses_face_and_no_picture_without_features_is_taken_for_one(guard: Guard) -> None:
    assert not any(guard.restored(smooth(seed)) for seed in range(20))
    for level in (0, 128, 255):
        assert not guard.restored(np.full((150, 150, 3), level, np.uint8))


def test_a_chip_of_another_geometry_is_brought_to_the_first() -> None:
    chip = np.zeros((SIZES["arcface-112"],) * 2 + (3,), np.uint8)
    chip[50:53, 37:40] = 255  # its right eye
    found = np.unravel_index(as_dlib(chip)[..., 0].argmax(), (150, 150))
    assert np.abs(np.array(found) - (46.1, 46.8)).max() < 4
    other = chip[:50]
    assert as_dlib(other) is other


class ChipEngine:
    """An engine for which every photo is one aligned face."""

    model, space, precision = "chips", "chips", "float32"
    makes_upper_face = sees_masks = False

    def stream(
        self, sources: Iterable[Source], batch: int = 32, want: Iterable[Want] = EVERYTHING
    ) -> Iterator[Analysis]:
        for source in sources:
            photo = images.decode(source)
            pixels = np.ascontiguousarray(photo.pixels[:160])  # without the band
            template = Template(np.ones(4, np.float32), "chips", "chips")
            face = Face(
                Box(0, 0, 160, 160),
                Landmarks(np.ones((5, 2), np.float32), "five"),
                1.0,
                pixels,
                pixels,
                photo.source,
                computed=Computed.of(template),
            )
            yield Analysis(photo.source, photo, (face,))


def test_enrolment_refuses_by_metadata_then_by_pixels_and_takes_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(tmp_path / "record.sqlite"))
    made = restored(3)
    labelled = encode_picture(made.completions[0].image, made.provenance)
    stripped = jpeg(opened(labelled), 60)
    source = jpeg(made.source, 80)
    with Gallery.open(tmp_path / "g", engine=ChipEngine()) as gallery:
        [by_label, by_itself] = gallery.enrol([labelled, jpeg(smooth(99))]).outcomes
        assert (by_label.status, by_label.code) == ("refused", "face.restored")
        assert by_itself.status == "enrolled"
        with RestorationRecord.open() as record:
            record.add(made)
        statuses = [outcome.status for outcome in gallery.enrol([stripped, source]).outcomes]
        assert statuses == ["refused", "enrolled"]
        assert gallery.info().references == 2


def test_a_gallery_refuses_by_its_own_rows_until_the_photo_is_deleted(tmp_path: Path) -> None:
    made = restored(4)
    stripped = jpeg(made.completions[1].image)
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(smooth(98)))
    made = replace(made, provenance=replace(made.provenance, source_sha256=images.fingerprint(path)))
    with Gallery.open(tmp_path / "g", engine=ChipEngine()) as gallery:
        assert not gallery.keep_restoration(made)
        gallery.enrol([path])
        assert gallery.keep_restoration(made)
        assert gallery.restorations() == (made.provenance,)
        assert gallery.enrol([stripped]).outcomes[0].status == "refused"
        gallery.delete(photo=path)
        assert gallery.enrol([stripped]).outcomes[0].status == "enrolled"


def test_deleting_somebody_else_leaves_the_restorations_of_probes(tmp_path: Path) -> None:
    made = restored(4)
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(smooth(98)))
    with Gallery.open(tmp_path / "g", engine=ChipEngine()) as gallery:
        gallery.enrol([path])
        record_in(Store(tmp_path / "g"), made)  # as a search with restored faces does with a probe's
        gallery.delete(photo=path)
        assert gallery.restorations() == (made.provenance,)
        assert gallery.enrol([jpeg(made.completions[1].image)]).outcomes[0].status == "refused"


def test_a_restoration_that_is_made_again_is_on_record_once_and_makes_no_new_state(tmp_path: Path) -> None:
    store = Store(tmp_path / "g", create=True)
    record_in(store, restored(4))
    before = store.state()
    record_in(store, restored(4))
    assert store.state() == before
    record_in(store, restored(5))
    with RestorationRecord.open(tmp_path / "g") as record:
        assert record.add(restored(5)) == 2
        assert len(record.entries()) == 2


class PairEngine(ChipEngine):
    """An engine for which every photo is two aligned faces, one beside the other."""

    def stream(
        self, sources: Iterable[Source], batch: int = 32, want: Iterable[Want] = EVERYTHING
    ) -> Iterator[Analysis]:
        for source in sources:
            photo = images.decode(source)
            template = Template(np.ones(4, np.float32), "chips", "chips")
            faces = []
            for left in (0, 160):
                pixels = np.ascontiguousarray(photo.pixels[:160, left : left + 160])
                points = Landmarks(np.ones((5, 2), np.float32), "five")
                box = Box(left, 0, left + 160, 160)
                faces.append(Face(box, points, 1.0, pixels, pixels, photo.source, computed=Computed.of(template)))
            yield Analysis(photo.source, photo, tuple(faces))


@pytest.mark.parametrize("deleted", [0, 1])
def test_whoever_is_deleted_from_a_photo_of_several_leaves_no_restoration(tmp_path: Path, deleted: int) -> None:
    both = [restored(4), restored(5)]
    path = tmp_path / "a.png"
    path.write_bytes(images.encode(np.concatenate([one.source for one in both], axis=1), "PNG"))
    digest = images.fingerprint(path)
    both = [replace(one, provenance=replace(one.provenance, source_sha256=digest)) for one in both]
    with Gallery.open(tmp_path / "g", engine=PairEngine()) as gallery:
        gallery.enrol([path])
        for one in both:
            gallery.keep_restoration(one)
        numbers = [one.id for one in sorted(gallery.references(), key=lambda one: one.box.x1)]
        gallery.delete(reference=numbers[deleted])
        assert gallery.restorations() == (both[1 - deleted].provenance,)
        kept = (tmp_path / "g").read_bytes()
        assert grey(both[deleted].source).tobytes()[:900] not in kept
        assert grey(both[1 - deleted].source).tobytes()[:900] in kept
        gallery.delete(reference=numbers[1 - deleted])
        assert gallery.restorations() == ()


def test_a_portrait_unmasked_here_is_refused_and_the_portrait_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(tmp_path / "record.sqlite"))
    engine = Engine(threads=1)
    face = engine.faces(astronaut())[0]
    hidden = np.zeros((160, 160), bool)
    hidden[85:135, 35:125] = True
    made = engine.unmask(face, completions=2, region=hidden)
    assert face.photo is not None
    picture = place(made, made.completions[1], face.photo.pixels)
    stripped = jpeg(np.ascontiguousarray(picture[:, ::-1]), 60)
    with Gallery.open(tmp_path / "g", engine=engine) as gallery:
        statuses = [outcome.status for outcome in gallery.enrol([stripped, astronaut()]).outcomes]
    assert statuses == ["refused", "enrolled"]


@pytest.mark.parametrize("method", ["bareface", pytest.param("unsharp", marks=pytest.mark.slow)])
def test_an_enhanced_portrait_is_refused_and_the_sharp_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(tmp_path / "record.sqlite"))
    engine = Engine(threads=1)
    sharp = images.decode(astronaut()).pixels
    blurred = degrade(sharp, Target.of(engine.faces(sharp)[0].landmarks), [Defocus(0.06)], seed=0)
    picture = place_back(engine.enhance(engine.faces(blurred)[0], method), blurred)
    smaller = np.asarray(Image.fromarray(picture).resize((400, 400)))
    genuine: list[Source] = [sharp, blurred, jpeg(sharp, 70), jpeg(blurred, 70)]
    stripped: list[Source] = [picture, jpeg(picture, 60), jpeg(np.ascontiguousarray(smaller[20:, ::-1]), 80)]
    with Gallery.open(tmp_path / "g", engine=engine) as gallery:
        statuses = [outcome.status for outcome in gallery.enrol([*stripped, *genuine]).outcomes]
    assert statuses == ["refused"] * 3 + ["enrolled"] * 4


def test_a_portrait_that_was_enhanced_without_any_change_is_a_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(tmp_path / "record.sqlite"))
    engine = Engine(threads=1)
    engine.enhance(engine.faces(astronaut())[0], fidelity=1.0)
    sources: list[Source] = [astronaut(), jpeg(images.decode(astronaut()).pixels, 70)]
    with Gallery.open(tmp_path / "g", engine=engine) as gallery:
        statuses = [outcome.status for outcome in gallery.enrol(sources).outcomes]
    assert statuses == ["enrolled"] * 2


def test_only_a_marked_face_shows_a_trace_of_the_mark() -> None:
    weight = np.ones((160, 160), np.float32)
    for seed in range(5):
        plain = smooth(seed)
        noisy = plain + np.random.default_rng(seed).normal(0, 3, plain.shape)
        restored = marked(plain)[..., 0].astype(np.float32)
        for light in (0.7, 1.0):
            without = trace((light * noisy[..., 0]).astype(np.float32), restored, weight, 0.0)
            carrying = (light * (noisy[..., 0] + pattern())).astype(np.float32)
            assert trace(carrying, restored, weight, 0.0) > 5 > 4 > abs(without)
