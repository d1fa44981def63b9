"""Run a protocol: one template a photo, one score a comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.errors import BarefaceError
from bareface.evaluation.protocols import Protocol, Sample
from bareface.faces.analyser import Analyser
from bareface.imaging import decode as images
from bareface.imaging.sources import Limits, limits_of
from bareface.matching.scoring import Columns, scores
from bareface.messages import Note
from bareface.scores.score_file import FAILED, Int16, Int32, ScoreFile, ScoreInfo, encode
from bareface.values import arguments
from bareface.values.defaults import MOST_PAD
from bareface.values.face import Face, Float64, Source, Template, UInt8

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Transform:
    """Treatment of the photos of one side before their analysis, e.g. rendering a mask.

    Attributes
    ----------
    apply
        Given RGB pixels [H, W, 3] uint8 and the sample, the new pixels; None if it could not be done, which
        counts as a failure to acquire. It is called in the order of the samples, from one thread.
    state, condition
        Labels of the treated samples; None keeps their own.
    """

    apply: Callable[[UInt8, Sample], UInt8 | None]
    state: str | None = None
    condition: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Templates of the samples, why those that have none failed, and what else is known of their pictures.

    Attributes
    ----------
    templates
        Of the samples.
    failures
        Reasons, by number of the sample.
    synthetic
        Numbers of pictures that no camera took.
    digests
        Digests of the pictures, by number.
    """

    templates: Columns
    failures: dict[int, str]
    synthetic: set[int]
    digests: dict[int, str]


def run(
    protocol: Protocol,
    engine: Analyser,
    *,
    pad: int = 0,
    probes: Transform | None = None,
    references: Transform | None = None,
    progress: Progress | None = None,
) -> ScoreFile:
    """Compare what a protocol says.

    Every photo is analysed once (once a side if a side is transformed). Of several faces the subject's is
    taken to be the one nearest the middle of the photo, measured in units of the face's own size, so that a
    large face is preferred to a small one next to it: see :func:`subject_face`. A photo that cannot be read or shows no
    face is a failure to acquire, and so is every comparison it takes part in. Scores are those of
    :mod:`bareface.matching.scoring`, by the mask states that the engine sees, whatever the samples are labelled.

    Parameters
    ----------
    protocol
        Comparisons to score.
    engine
        Makes the templates.
    pad
        Pixels of border, replicated from the edge, to put around each photo first: tightly cropped faces are
        missed without it.
    probes, references
        Treatment of the photos of each side.
    progress
        Called with (photos done, photos in all).
    """
    arguments.instance("protocol", protocol, Protocol, Note("argument.protocol"))
    arguments.able("engine", engine, ("model", "space"), Note("argument.engine"))
    pad = arguments.count("pad", pad, 0, MOST_PAD)
    arguments.called("progress", progress)
    used = [np.unique(side).tolist() for side in (protocol.probe, protocol.reference)]
    if probes is None and references is None:
        used = [sorted({*used[0], *used[1]})]
    total, done = sum(map(len, used)), 0

    def advance() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    sides = [
        _templates(protocol.samples, numbers, engine, pad, transform, advance)
        for numbers, transform in zip(used, (probes, references), strict=False)
    ]
    left, right = sides[0], sides[-1]
    score = np.zeros(protocol.probe.size)
    if left.templates.unit.shape[1] == right.templates.unit.shape[1]:  # else one side failed altogether
        score = scores(left.templates, right.templates, protocol.probe, protocol.reference)
    fta = np.isin(protocol.probe, list(left.failures)) | np.isin(protocol.reference, list(right.failures))
    score[fta] = FAILED
    return _score_file(protocol, engine, score, fta, (probes, references), sides, pad)


def subject_face(faces: Sequence[Face], size: tuple[int, int]) -> Face:
    """Select the face of a one-person photo: nearest its middle in units of the face's own size.

    Parameters
    ----------
    faces
        At least one.
    size
        (width, height) of the photo in pixels.
    """

    def remoteness(face: Face) -> float:
        box = face.box
        x, y = (box.x1 + box.x2 - size[0]) / 2, (box.y1 + box.y2 - size[1]) / 2
        return float(np.hypot(x, y) / max(np.sqrt(box.area), 1.0))

    return min(faces, key=remoteness)


def _templates(
    samples: Sequence[Sample],
    numbers: Sequence[int],
    engine: Analyser,
    pad: int,
    transform: Transform | None,
    advance: Callable[[], None],
) -> _Side:
    failures: dict[int, str] = {}
    sent: list[int] = []

    def sources() -> Iterator[Source]:
        for number in numbers:
            sample = samples[number]
            try:
                source, drawn = _prepared(sample, pad, transform, limits_of(engine))
            except BarefaceError as error:
                failures[number] = error.code
                advance()
                continue
            if source is None:
                failures[number] = Note("reason.transform")
                advance()
                continue
            sent.append(number)
            if drawn:
                synthetic.add(number)
            yield source

    templates: list[Template | None] = [None] * len(samples)
    synthetic: set[int] = set()
    digests: dict[int, str] = {}
    for position, analysis in enumerate(engine.stream(sources(), want=["upper_face"])):
        number = sent[position]
        if analysis.error is not None:
            failures[number] = analysis.error.code
        elif not analysis.faces or analysis.photo is None:
            failures[number] = Note("note.no-face")
        else:
            templates[number] = subject_face(analysis.faces, analysis.photo.size).enrolment_template
            digests[number] = analysis.photo.sha256
            if analysis.photo.synthetic:
                synthetic.add(number)
        advance()
    return _Side(Columns.of_templates(templates), failures, synthetic, digests)


def _prepared(sample: Sample, pad: int, transform: Transform | None, limits: Limits) -> tuple[Source | None, bool]:
    """Return what to analyse of a sample, None for nothing, and whether it is known to be a picture no camera took."""
    if not pad and transform is None:
        return sample.path, False
    photo = images.decode(sample.path, limits)
    pixels = photo.pixels
    if pad:
        padded = cv2.copyMakeBorder(pixels, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
        pixels = np.ascontiguousarray(padded, dtype=np.uint8)
    return pixels if transform is None else transform.apply(pixels, sample), photo.synthetic


def _score_file(
    protocol: Protocol,
    engine: Analyser,
    score: Float64,
    fta: NDArray[np.bool_],
    transforms: tuple[Transform | None, Transform | None],
    sides: Sequence[_Side],
    pad: int,
) -> ScoreFile:
    samples = protocol.samples
    subjects, (subject,) = encode(sample.subject for sample in samples)
    stated = [
        [sample.state if transform is None or transform.state is None else transform.state for sample in samples]
        for transform in transforms
    ]
    under = [
        [
            sample.condition if transform is None or transform.condition is None else transform.condition
            for sample in samples
        ]
        for transform in transforms
    ]
    states, (probe_state, reference_state) = encode(*stated)
    conditions, (probe_condition, reference_condition) = encode(*under)

    def rows(codes: Int32, side: Int32) -> Int16:
        return codes.astype(np.int16)[side]

    return ScoreFile(
        samples=tuple(sample.name for sample in samples),
        subjects=subjects,
        states=states,
        conditions=conditions,
        probe=protocol.probe,
        reference=protocol.reference,
        probe_subject=subject[protocol.probe],
        reference_subject=subject[protocol.reference],
        probe_state=rows(probe_state, protocol.probe),
        reference_state=rows(reference_state, protocol.reference),
        probe_condition=rows(probe_condition, protocol.probe),
        reference_condition=rows(reference_condition, protocol.reference),
        score=score,
        fta=fta,
        fold=protocol.fold,
        info=ScoreInfo(
            protocol=protocol.name,
            kind=protocol.kind,
            model=engine.model,
            space=engine.space,
            precision=engine.precision,
            detector=engine.detector,
            version=version("bareface"),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            root=str(protocol.root.absolute()),
            failures=tuple((samples[number].name, why) for side in sides for number, why in side.failures.items()),
            notes=_notes(protocol, sides, pad),
        ),
    )


def _notes(protocol: Protocol, sides: Sequence[_Side], pad: int) -> tuple[str, ...]:
    notes = list(protocol.notes)
    if pad:
        notes.append(Note("note.padded", pixels=pad))
    reasons = Counter(reason for side in sides for reason in side.failures.values())
    if reasons:
        why = [Note("reason.count", count=count, reason=reason) for reason, count in reasons.most_common()]
        notes.append(Note("note.no-template", photos=sum(reasons.values()), reasons=why))
    synthetic = sorted(set.union(*(side.synthetic for side in sides)))
    if synthetic:
        name = protocol.samples[synthetic[0]].name
        notes.append(Note("note.synthetic/photos", count=len(synthetic), name=name))
    copies = sorted(set[tuple[int, int]]().union(*(_copies(side.digests) for side in sides)))
    if copies:
        name, other = (protocol.samples[number].name for number in copies[0])
        notes.append(Note("note.copies", count=len(copies), name=name, other=other))
    return tuple(notes)


def _copies(digests: dict[int, str]) -> Iterator[tuple[int, int]]:
    """Yield each picture that was there before under another name, after the first of that name."""
    first: dict[str, int] = {}
    for number, digest in sorted(digests.items()):
        if first.setdefault(digest, number) != number:
            yield first[digest], number
