"""Running a protocol with an engine that reads templates off the colours of a photo."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bareface.errors import BarefaceError
from bareface.evaluation.people import embed_people
from bareface.evaluation.protocols import Sample, all_pairs, open_set
from bareface.evaluation.restoration_run import Settings, _person
from bareface.evaluation.run import Transform, run, subject_face
from bareface.imaging import decode as images
from bareface.imaging.portraits import portraits
from bareface.restoration.provenance import labels_of_drawing
from bareface.scores.score_file import FAILED
from bareface.services.engine import Analysis, Engine
from bareface.values.face import Box, Computed, Face, Landmarks, Source, Template, UInt8, Want


def face(box: Box, vector: list[float]) -> Face:
    landmarks = Landmarks(np.zeros((5, 2), np.float32), "five")
    blank = np.zeros((1, 1, 3), np.uint8)
    template = Template(np.array(vector, np.float32), "fake", "colours")
    return Face(box, landmarks, 1.0, blank, blank, "", computed=Computed.of(template))


class ColourEngine:
    """One face a photo, whose template is the photo's mean colour; black photos have none."""

    model, space, precision, detector = "fake", "colours", "float32", "none"

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def stream(self, sources: Iterable[Source], want: Iterable[Want]) -> Iterator[Analysis]:
        for source in sources:
            try:
                photo = images.decode(source)
            except BarefaceError as error:
                yield Analysis(str(source), None, (), error)
                continue
            self.sizes.append(photo.size)
            colour = photo.pixels.reshape(-1, 3).mean(axis=0).tolist()
            faces = (face(Box(0, 0, *photo.size), colour),) if any(colour) else ()
            yield Analysis(photo.source, photo, faces)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    colours = {"red": [(250, 10, 10), (240, 0, 20)], "green": [(5, 200, 0), (0, 250, 10)], "none": [(0, 0, 0)] * 2}
    for person, photos in colours.items():
        (tmp_path / person).mkdir()
        for number, colour in enumerate(photos):
            images.write(tmp_path / person / f"{number}.png", np.full((8, 8, 3), colour, np.uint8))
    (tmp_path / "none" / "0.png").write_bytes(b"no picture")
    return tmp_path


def test_scores_are_cosines_and_failures_are_counted(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    scores = run(all_pairs(folder), ColourEngine(), progress=lambda *args: seen.append(args))
    assert seen == [(i, 6) for i in range(1, 7)]
    assert len(scores) == 15
    lost = [
        scores.subjects[p] == "none" or scores.subjects[r] == "none"
        for p, r in zip(scores.probe_subject, scores.reference_subject, strict=True)
    ]
    np.testing.assert_array_equal(scores.fta, lost)
    assert (scores.score[scores.fta] == FAILED).all()
    a, b = np.array([250, 10, 10.0]), np.array([240, 0, 20.0])
    row = next(i for i in range(15) if scores.mated[i] and scores.subjects[scores.probe_subject[i]] == "red")
    assert scores.score[row] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-6)
    assert scores.info.kind == "all pairs"
    assert scores.info.model == "fake"
    assert dict(scores.info.failures).keys() == {"none/0.png", "none/1.png"}
    note = next(note for note in scores.info.notes if "no template" in note)
    assert note.startswith("2 photos")
    assert "1 no face found" in note
    assert "1 image." in note


def test_masked_samples_are_held_against_both_templates(folder: Path) -> None:
    """By what the engine sees: green photos are masked, and red ones have a blue second template."""

    class Seeing(ColourEngine):
        def stream(self, sources: Iterable[Source], want: Iterable[Want]) -> Iterator[Analysis]:
            assert "upper_face" in want
            for analysis in super().stream(sources, want):
                faces = []
                for one in analysis.faces:
                    red = one.template.vector[0] > 128
                    second = np.array([0, 3, 4], np.float32) if red else None
                    template = replace(one.template, mask_state="none" if red else "full", upper_face=second)
                    faces.append(replace(one, computed=Computed.of(template)))
                yield replace(analysis, faces=tuple(faces))

    scores = run(all_pairs(folder), Seeing())
    pairs = {
        (scores.samples[p], scores.samples[r]): value
        for p, r, value in zip(scores.probe, scores.reference, scores.score, strict=True)
    }
    (crossed,) = (v for pair, v in pairs.items() if set(pair) == {"green/0.png", "red/0.png"})
    a, b = np.array([5, 200, 0.0]), np.array([250, 10, 10.0])
    plain = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert crossed == pytest.approx((plain + 600 / 5 / np.linalg.norm(a)) / 2, abs=1e-6)
    (bare,) = (v for pair, v in pairs.items() if set(pair) == {"red/0.png", "red/1.png"})
    c = np.array([240, 0, 20.0])
    assert bare == pytest.approx(b @ c / np.linalg.norm(b) / np.linalg.norm(c), abs=1e-6)


def test_one_side_can_be_transformed(folder: Path) -> None:
    painted: list[str] = []

    def to_green(pixels: UInt8, sample: Sample) -> UInt8 | None:
        painted.append(sample.name)
        return None if sample.name == "red/1.png" else np.full_like(pixels, (0, 255, 0))

    protocol = open_set(folder, nonmated=0.0, seed=1)
    scores = run(protocol, ColourEngine(), probes=Transform(to_green, state="full"))
    probes = {scores.samples[i] for i in scores.probe}
    assert set(painted) == probes - {"none/0.png"}
    assert {scores.states[i] for i in scores.probe_state} == {"full"}
    assert {scores.states[i] for i in scores.reference_state} == {""}
    for i in range(len(scores)):
        reference = scores.subjects[scores.reference_subject[i]]
        if scores.samples[scores.probe[i]] == "red/1.png" or reference == "none":
            assert scores.fta[i]
        elif scores.samples[scores.probe[i]] != "none/0.png":
            assert (scores.score[i] > 0.99) == (reference == "green")


@pytest.mark.parametrize("pad", [0, 4])
def test_pictures_that_no_camera_took_and_copies_are_said(folder: Path, pad: int) -> None:
    assert not any(
        "metadata" in note or "the same as" in note for note in run(all_pairs(folder), ColourEngine()).info.notes
    )
    drawing = np.full((8, 8, 3), (200, 20, 20), np.uint8)
    images.write(folder / "red" / "drawn.png", drawing, labels=labels_of_drawing("0" * 64))
    shutil.copy(folder / "red" / "0.png", folder / "green" / "wrong.png")
    notes = run(all_pairs(folder), ColourEngine(), pad=pad).info.notes
    assert any(note.startswith("1 picture among the photos, such as red/drawn.png") for note in notes)
    assert any(note.startswith("1 photo the same as another, such as green/wrong.png and red/0.png") for note in notes)


def test_pictures_that_no_camera_took_are_not_fitted_or_restored(tmp_path: Path) -> None:
    photo = portraits()[0].photos[0]
    drawn = tmp_path / "drawn.png"
    images.write(drawn, images.decode(photo).pixels, labels=labels_of_drawing("0" * 64))
    engine = Engine(threads=1, embedder="bareface-mobile-bare")
    people = embed_people(engine, [Sample(path, path.name, "Eileen") for path in (drawn, photo)], lambda: None)
    assert (len(people.subjects), list(people.lost.values())) == (1, [1])
    (alone, both) = (_person(engine, several, Settings(), real=False) for several in ([drawn], [drawn, photo]))
    assert alone is None
    assert both is not None
    assert not both.bare


def test_padding_adds_a_border(folder: Path) -> None:
    engine = ColourEngine()
    scores = run(all_pairs(folder), engine, pad=40)
    assert set(engine.sizes) == {(88, 88)}
    assert any("padded by 40 px" in note for note in scores.info.notes)
    assert scores.fta.sum() == run(all_pairs(folder), ColourEngine()).fta.sum()


def test_the_subject_is_the_large_face_in_the_middle() -> None:
    middle, corner = face(Box(40, 40, 60, 60), [1.0]), face(Box(0, 0, 30, 30), [1.0])
    assert subject_face([corner, middle], (100, 100)) is middle
    large, small = face(Box(20, 10, 90, 80), [1.0]), face(Box(40, 40, 46, 46), [1.0])
    assert subject_face([small, large], (100, 100)) is large


def test_no_template_at_all_is_a_file_of_failures(folder: Path) -> None:
    scores = run(all_pairs(folder), ColourEngine(), probes=Transform(lambda *_: None))
    assert scores.fta.all()
