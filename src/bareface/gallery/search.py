"""Search a gallery: from a probe to its candidate list, which has each subject once, by its best reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from bareface.calibration.calibration import Calibration
from bareface.errors import ImageError
from bareface.faces.occlusion.mask_state import STATES
from bareface.faces.port import FaceEngine
from bareface.gallery import judge as judging
from bareface.gallery import same_source
from bareface.gallery.new_references import check_space
from bareface.gallery.rank import CandidateScore as CandidateScore
from bareface.gallery.rank import Ranked, rank
from bareface.gallery.rank import best_of_subjects as best_of_subjects
from bareface.gallery.rescore import Rescorer
from bareface.imaging.sources import name_of
from bareface.imaging.thumbnail import thumbnail
from bareface.matching import evidence
from bareface.matching.normalisation import HIGHEST
from bareface.matching.scoring import crosses, distances
from bareface.messages import Note
from bareface.models import registry
from bareface.storage.index_sync import DerivedIndex, Snapshot
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.listed import Listed, listed
from bareface.values.analysis import Analysis
from bareface.values.face import (
    Box,
    Computed,
    Face,
    Float32,
    Landmarks,
    MaskState,
    Source,
    Template,
    Want,
)
from bareface.values.gallery import TemplateCount
from bareface.values.search import Candidate, CandidateList, SameSource, SearchResult
from bareface.values.words import no_face_found


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A face to search with, or several of one person.

    Attributes
    ----------
    faces
        One face, or the fused faces of one person.
    vector
        float32 [d], the template to search with.
    sha256
        Digests of the photos.
    notes
        Remarks for the reader.
    """

    faces: tuple[Face, ...]
    vector: Float32
    sha256: frozenset[str]
    notes: tuple[str, ...] = ()

    @property
    def mask_state(self) -> MaskState:
        """Mask state; of fused faces that of the most covered one, for which FPIR is highest."""
        return max((face.template.mask_state for face in self.faces), key=STATES.index)

    @property
    def visible(self) -> float | None:
        """Visible share of the face; of fused faces the largest."""
        return max((face.template.visible for face in self.faces if face.template.visible is not None), default=None)


def probe_of(template: Template, sha256: frozenset[str]) -> Probe:
    """Return a probe of a template alone; its face has no place, and black pictures."""
    chip, crop = (np.zeros((side, side, 3), np.uint8) for side in (150, 160))
    points = Landmarks(np.zeros((5, 2), np.float32), "five")
    face = Face(Box(0, 0, 0, 0), points, 1.0, chip, crop, "", computed=Computed.of(template))
    return Probe((face,), template.vector, sha256)


@runtime_checkable
class PhotoKeeper(Protocol):
    """An engine that can keep photos with the faces found in them; :class:`bareface.Engine` is one."""

    def analyse(self, source: Source, want: Iterable[Want]) -> Analysis:
        """Find the faces in a photo; they keep it."""


def probes_of(
    engine: FaceEngine,
    sources: Sequence[Source],
    *,
    same_person: bool,
    min_visible: float,
    keep_photos: bool = False,
) -> tuple[Probe, ...]:
    """Return the faces of the probe photos that show enough; one fused probe for photos of the same person.

    With `keep_photos` the faces keep their photos, if the engine can leave them.

    Raises
    ------
    ImageError
        A photo cannot be read, or no face is found in any of them (``image.no-face``).
    FaceError
        ``face.hidden``: every face found shows less than ``min_visible``.
    """
    found: list[Probe] = []
    notes: list[str] = []
    refused: list[Face] = []
    least: list[float | None] = []
    for analysis in _analyses(engine, sources, keep_photos):
        if analysis.error is not None:
            raise analysis.error
        assert analysis.photo is not None
        faces, hidden = evidence.sort_out(analysis.faces, min_visible)
        refused.extend(hidden)
        if not analysis.faces:
            least.append(analysis.min_face)
            notes.append(Note("note.not-searched", photo=analysis.source, reason=no_face_found(analysis.min_face)))
        if hidden:
            notes.append(str(evidence.refusal(hidden, min_visible)))
        if same_person and len(faces) > 1:
            notes.append(Note("note.largest", photo=analysis.source, faces=len(faces)))
            faces = (max(faces, key=lambda face: face.box.area),)
        digest = frozenset({analysis.photo.sha256})
        found.extend(Probe((face,), face.template.vector, digest, analysis.photo.notes) for face in faces)
    if refused and not found:
        raise evidence.refusal(refused, min_visible)
    if not found:
        known = [size for size in least if size is not None]
        names = ", ".join(name_of(source)[:200] for source in sources)
        if known:
            raise ImageError("image.no-face/least", min_face=max(known), source=names)
        raise ImageError("image.no-face/any", source=names)
    if same_person and len(found) > 1:
        found = [_fused(found)]
    return tuple(replace(probe, notes=(*probe.notes, *notes)) for probe in found)


def _analyses(engine: FaceEngine, sources: Sequence[Source], keep_photos: bool) -> Iterator[Analysis]:
    want: tuple[Want, ...] = ("quality", "template")
    if keep_photos and isinstance(engine, PhotoKeeper):
        return (engine.analyse(source, want) for source in sources)
    return engine.stream(sources, want=want)


def upper_face_of(engine: FaceEngine, probe: Probe) -> Float32 | None:
    """Compute the second vector of a bare probe, which masked references are compared with; None if there is none."""
    made = [face.enrolment_template.upper_face for face in engine.complete(probe.faces, ["upper_face"])]
    known = [vector for vector in made if vector is not None]
    return _middle(known) if known and len(known) == len(made) else None


def _fused(probes: Sequence[Probe]) -> Probe:
    """Fuse several photos of one person into one probe."""
    return Probe(
        tuple(face for probe in probes for face in probe.faces),
        _middle([probe.vector for probe in probes]),
        frozenset().union(*(probe.sha256 for probe in probes)),
        (
            Note("note.fused", photos=len(probes)),
            *dict.fromkeys(note for probe in probes for note in probe.notes),
        ),
    )


def _middle(vectors: Sequence[Float32]) -> Float32:
    """Return the mean of templates [d] at unit length, scaled to their mean length."""
    if len(vectors) == 1:
        return vectors[0]
    lengths = [float(np.linalg.norm(vector)) for vector in vectors]
    unit = np.mean([vector / length for vector, length in zip(vectors, lengths, strict=True)], axis=0)
    return np.asarray(unit / np.linalg.norm(unit) * np.mean(lengths), np.float32)


def search(
    index: DerivedIndex, engine: FaceEngine, calibration: Calibration | None, probes: Sequence[Probe], top: int
) -> SearchResult:
    """Return one candidate list for each probe; without a calibration, candidates have no rate.

    Where the index's plain cosine is the score, a list is that of looking at every reference. Where a masked face meets
    bare references, or a bare one masked references, it is exact among the references with the highest plain cosines:
    at least 500, and ten times as many as candidates are asked for.

    Raises
    ------
    TemplateError
        ``template.space``: the engine's templates cannot be compared with the gallery's.
    """
    with prepared(index, engine, probes) as (now, rescorers):
        subjects, references = now.generation.subjects, now.generation.references
        if now.index is None or references == 0:
            notes: tuple[str, ...] = (Note("note.empty-gallery"),)
            return SearchResult(tuple(CandidateList(one.faces, (), 0, 0, (*one.notes, *notes)) for one in probes))
        mixed = _mixed(now.generation.makers, engine)
        vectors = np.array([probe.vector for probe in probes], np.float32)
        others = HIGHEST if calibration is not None and calibration.normalisation is not None else 0
        ranked = rank(now, vectors, top, rescorers, others=others)
        lists = []
        for place, (probe, one) in enumerate(zip(probes, ranked, strict=True)):
            found, remarks = _candidates(now, engine, calibration, probe, one, rescorers.get(place))
            notes = (*probe.notes, *mixed, *remarks)
            lists.append(CandidateList(probe.faces, found, subjects, references, notes))
    return SearchResult(tuple(lists))


@contextmanager
def prepared(
    index: DerivedIndex, engine: FaceEngine, probes: Sequence[Probe]
) -> Iterator[tuple[Snapshot, dict[int, Rescorer]]]:
    """Open a snapshot of the gallery, with rescorers for the probes, by place, that need one.

    A bare probe needs its second template where the gallery has masked references. A network makes it, so it is made
    before the snapshot is opened; where the first masked reference comes in between, this begins again.

    Raises
    ------
    TemplateError
        ``template.space``: the gallery was moved to another space since the probes were embedded.
    """
    any_masked = index.any_masked
    while True:
        seconds = [_second(engine, probe, any_masked) for probe in probes]
        with index.snapshot() as now:
            for space in {engine.space, *(face.template.space for probe in probes for face in probe.faces)}:
                check_space(now.generation.state, space, index.gallery)  # others may have moved it meanwhile
            if any_masked or not now.generation.masked:
                yield (
                    now,
                    {
                        place: Rescorer(now.reading.plain, engine.model, vector, probe.mask_state != "none")
                        for place, (probe, vector) in enumerate(zip(probes, seconds, strict=True))
                        if vector is not None
                    },
                )
                return
        any_masked = True


def _second(engine: FaceEngine, probe: Probe, any_masked: bool) -> Float32 | None:
    """Return what references across a mask are compared with, too; None where no reference is."""
    if not engine.makes_upper_face:
        return None
    if probe.mask_state != "none":
        return probe.vector
    return upper_face_of(engine, probe) if any_masked else None


def _candidates(
    now: Snapshot,
    engine: FaceEngine,
    calibration: Calibration | None,
    probe: Probe,
    ranked: Ranked,
    rescorer: Rescorer | None,
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Return the candidate list and remarks on it."""

    def deeper(others: int) -> Ranked:
        again = {} if rescorer is None else {0: rescorer}
        return rank(now, probe.vector[None], len(hits), again, others=others)[0]

    hits = ranked.subjects
    numbers = [hit.reference_id for hit in hits]
    known = listed(now.reading.plain, numbers)
    references = [known[number] for number in numbers]
    own = np.array(numbers, np.int64)
    vectors = now.fetch(own)
    state, visible = probe.mask_state, probe.visible
    states = [(state, one.mask_state) for one in references]
    judged = judging.judge(now, calibration, ranked, probe.vector, vectors, states, deeper)
    alone = set[int]()
    if engine.makes_upper_face and (state != "none" or now.generation.masked):
        alone = _without_second(numbers, states, set() if rescorer is None else rescorer.fused)
        judged = [judging.stand_in(one) if n in alone else one for n, one in zip(numbers, judged, strict=True)]
    same = _same_sources(now, probe, references, vectors)
    candidates = tuple(
        Candidate(
            rank=rank,
            subject_id=hit.subject_id,
            subject=one.subject,
            reference_id=hit.reference_id,
            similarity=hit.similarity,
            distance=apart,
            decision=meaning.judgement.decision,
            fpir=meaning.judgement.fpir,
            extrapolated=meaning.judgement.extrapolated,
            source=one.source,
            box=one.box,
            same_source=same.get(one.id),
            model=one.model,
            precision=one.precision,
            probe_state=state,
            reference_state=one.mask_state,
            probe_visible=visible,
            visible=one.visible,
            normalised=meaning.normalised,
            compared_with=meaning.compared_with,
        )
        for rank, (hit, one, apart, meaning) in enumerate(
            zip(hits, references, distances(probe.vector, vectors), judged, strict=True), 1
        )
    )
    shown = [(Note("reason.probe"), visible)] if evidence.is_thin(visible) else []
    shown += [
        (Note("reason.candidate", rank=one.rank), one.visible) for one in candidates if evidence.is_thin(one.visible)
    ]
    return candidates, (*judging.basis(calibration, judged, states), *evidence.thin(shown), *_alone(len(alone)))


def _without_second(numbers: Sequence[int], states: Sequence[tuple[MaskState, MaskState]], fused: set[int]) -> set[int]:
    """Return references across a mask that were compared with one template where the calibration expects two."""
    return {number for number, pair in zip(numbers, states, strict=True) if crosses(*pair)} - fused


def _alone(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (Note("note.one-template", count=count),)


def _same_sources(now: Snapshot, probe: Probe, references: Sequence[Listed], vectors: Float32) -> dict[int, SameSource]:
    """Return the references that are a photo of the probe's, by number; the first of its photos that is one settles it.

    Pictures are compared only where templates are nearly the same, which they seldom are.
    """
    found: dict[int, SameSource] = {one.id: "same file" for one in references if one.sha256 in probe.sha256}
    for face in probe.faces:
        near = same_source.nearly_same(
            face.template.vector, vectors, registry.space_mean(face.template.space, vectors.shape[1])
        )
        if not near.any():
            continue
        numbers = [one.id for one, is_near in zip(references, near, strict=True) if is_near and one.id not in found]
        if not numbers:
            continue
        pixels = thumbnail(face.chip)
        for number, reference in catalogue.thumbnails(now.connection, numbers).items():
            copy = same_source.copy_of(pixels, reference)
            if copy is not None:
                found[number] = copy
    return found


def _mixed(makers: Sequence[TemplateCount], engine: FaceEngine) -> tuple[str, ...]:
    """Say how many references another model, or other arithmetic, made."""
    return tuple(
        Note(
            "note.mixed",
            references=made.references,
            model=made.model,
            precision=made.precision,
            probe_model=engine.model,
            probe_precision=engine.precision,
        )
        for made in makers
        if (made.model, made.precision) != (engine.model, engine.precision)
    )
