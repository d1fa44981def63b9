"""Enrolment: files that are not known yet become references, some dozens a transaction, one outcome a file.

What is stored is stored whole: whenever the process dies, the gallery holds complete photos only, and the same
command finishes the rest, since a file is known by its SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bareface import images
from bareface.errors import BarefaceError, UsageError
from bareface.gallery import catalogue, corrections
from bareface.gallery.faces import FaceEngine, add_face, add_file, check_space, check_vector, pin_space
from bareface.gallery.records import EnrolProgress
from bareface.gallery.schema import file, reference, subject
from bareface.gallery.store import Store
from bareface.gallery.walk import Entry
from bareface.matching import evidence
from bareface.quality import reasons
from bareface.restoration.provenance import KEYWORD, says_synthetic
from bareface.restoration.record import Guard, guarding
from bareface.types import EnrolOutcome, Face, Photo

if TYPE_CHECKING:
    from bareface.engine import Analysis

BATCH = 32
"""Photos in a transaction: what a killed process can lose."""

STREAM = 8 * BATCH
"""Photos in one run of the engine: its overlapping stages seldom run dry, and hashing is not far ahead."""

POOR_QUALITY = 50.0
"""A reference below this is enrolled with a warning: it is expected to lose half of its comparisons."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How to enrol.

    Attributes
    ----------
    basis
        On what basis, as the user states it.
    largest
        Of several faces in a named person's photo, enrol the largest.
    face
        Of several faces, enrol this one: 0 for the best-detected.
    crops
        Keep a picture of each face.
    min_visible
        Refuse faces of which a smaller share is visible.
    """

    basis: str | None = None
    largest: bool = False
    face: int | None = None
    crops: bool = True
    min_visible: float = evidence.MIN_VISIBLE


def enrol(
    store: Store, engine: FaceEngine, entries: Sequence[Entry], rules: Rules, progress: EnrolProgress | None
) -> tuple[EnrolOutcome, ...]:
    """Enrol photos; the outcomes come in the order of the entries.

    Raises
    ------
    TemplateError
        ``template.space``: the engine's templates do not belong into this gallery.
    GalleryError
        The database failed; earlier batches are stored.
    """
    check_space(store.state(), engine.space, store.path)
    outcomes: dict[int, EnrolOutcome] = {}
    with guarding(store) as guard:
        for group in catalogue.chunks(enumerate(entries), STREAM):
            guard.refresh()
            for place, outcome in _enrol_group(store, engine, group, rules, guard):
                outcomes[place] = outcome
                if progress is not None:
                    progress(len(outcomes), len(entries), outcome)
    return tuple(outcomes[place] for place in range(len(entries)))


def _enrol_group(
    store: Store, engine: FaceEngine, group: Sequence[tuple[int, Entry]], rules: Rules, guard: Guard
) -> Iterator[tuple[int, EnrolOutcome]]:
    """Outcomes with their places, as they become known."""
    digests: dict[int, str] = {}
    unread: list[tuple[int, Entry]] = []
    for place, entry in group:
        try:
            if entry.error is not None:
                raise entry.error
            if isinstance(entry.source, str):  # bytes and arrays are decoded first: reading them costs nothing
                digests[place] = images.fingerprint(entry.source)
            unread.append((place, entry))
        except BarefaceError as error:
            yield place, _failed(entry, error)
    with store.read() as connection:
        known = {digest: owners_of(connection, digest) for digest in set(digests.values())}
    fresh: list[tuple[int, Entry]] = []
    for place, entry in unread:
        owners = known.get(digests.get(place, ""))
        if owners is None and _labelled(entry):
            yield place, _refused(entry, "its own metadata say so.")
        elif owners is None:
            fresh.append((place, entry))
        else:
            yield place, already(entry.name, entry.subject, owners)
    analyses = engine.stream([entry.source for _, entry in fresh], covered=True)
    for batch in catalogue.chunks(zip(fresh, analyses, strict=True), BATCH):
        restored = [any(guard.restored(face.chip) for face in found.faces) for _, found in batch]
        with store.write() as connection:
            done = [
                (place, _record(connection, entry, found, rules, made))
                for ((place, entry), found), made in zip(batch, restored, strict=True)
            ]
        yield from done


def _labelled(entry: Entry) -> bool:
    """Whether a file says of itself that it was restored; one that cannot be read is refused later, by its error."""
    if not isinstance(entry.source, str | Path | bytes):
        return False
    try:
        return says_synthetic(images.labels(entry.source, KEYWORD))
    except BarefaceError:
        return False


def _record(connection: sa.Connection, entry: Entry, found: Analysis, rules: Rules, restored: bool) -> EnrolOutcome:
    """Store what was found in one photo."""
    if found.error is not None:
        return _failed(entry, found.error)
    assert found.photo is not None
    owners = owners_of(connection, found.photo.sha256)
    if owners is not None:  # twice in this run, or another process was faster
        return already(entry.name, entry.subject, owners)
    if not found.faces:
        return EnrolOutcome(entry.name, "no face", message=_sentences(found.photo.notes))
    if restored:
        return _refused(entry, "a face in it is one that was restored here.", faces=len(found.faces))
    standing = corrections.standing(connection, found.photo.sha256)
    try:
        faces = _chosen(found.faces, entry, rules, standing)
        for face in faces or ():
            check_vector(face.reference)
    except BarefaceError as error:
        return _failed(entry, error, faces=len(found.faces))
    if faces is None:
        message = "several faces in a named person's photo: choose one, or take the largest"
        return EnrolOutcome(entry.name, "ambiguous", faces=len(found.faces), subject=entry.subject, message=message)
    if not faces:
        message = "a standing correction rejects every face"
        return EnrolOutcome(entry.name, "rejected", faces=len(found.faces), message=message)
    shown, hidden = evidence.sort_out(faces, rules.min_visible)
    refused = [evidence.refusal(hidden, rules.min_visible)] if hidden else []
    if refused and not shown:
        return _failed(entry, refused[0], faces=len(found.faces))
    names = _store(connection, entry, found.photo, shown, rules, standing)
    return EnrolOutcome(
        entry.name,
        "enrolled",
        references=len(shown),
        faces=len(found.faces),
        subject=names.pop() if len(names) == 1 else None,
        message=_sentences((*found.photo.notes, *map(_text, refused), *_poor(shown))),
    )


def _poor(faces: Sequence[Face]) -> tuple[str, ...]:
    """A warning that names the worst of these faces, where that is a poor one, and what is wrong with it."""
    poor = [face.quality for face in faces if face.quality is not None and face.quality.score < POOR_QUALITY]
    if not poor:
        return ()
    worst = min(poor, key=lambda quality: quality.score)
    which = "" if len(faces) == 1 else f" of {len(poor)} of {len(faces)} faces, at worst"
    return (": ".join([f"poor quality{which} {worst.score:.0f} of 100", *reasons(worst)[:1]]),)


def _sentences(notes: Sequence[str]) -> str | None:
    return ". ".join(note.rstrip(".") for note in notes) or None


def _chosen(
    found: Sequence[Face], entry: Entry, rules: Rules, standing: Sequence[corrections.Standing]
) -> list[Face] | None:
    """The faces to enrol; None where it is not clear whose photo it is."""
    if rules.face is not None:
        if not 0 <= rules.face < len(found):
            raise UsageError(
                "usage.face",
                f"it has no face of that number: {len(found)} found.",
                source=entry.name,
            )
        found = [found[rules.face]]
    faces = [face for face in found if not corrections.rejected(face, standing)]
    if entry.subject is None:
        return faces
    assigned = [face for face in faces if corrections.target_of(face, standing)]
    free = [face for face in faces if not corrections.target_of(face, standing)]
    if len(free) > 1:
        return [*assigned, max(free, key=lambda face: face.box.area)] if rules.largest else None
    return faces


def _store(
    connection: sa.Connection,
    entry: Entry,
    photo: Photo,
    faces: Sequence[Face],
    rules: Rules,
    standing: Sequence[corrections.Standing],
) -> set[str | None]:
    """Enrol these faces of a photo; returns the names of their subjects."""
    made = faces[0].template
    pin_space(connection, made.space, len(made.vector))
    file_id = add_file(connection, photo.sha256, entry.name, photo.format, photo.size)
    owners = set()
    for face in faces:
        target = corrections.target_of(face, standing)
        if target is not None:
            owner = corrections.subject_for(connection, target)
        elif entry.subject is not None:
            owner = corrections.subject_named(connection, entry.subject)
        else:
            owner = catalogue.add_subject(connection, None)
        add_face(connection, face, subject_id=owner, file_id=file_id, basis=rules.basis, crops=rules.crops)
        owners.add(owner)
    names = connection.execute(sa.select(subject.c.name).where(subject.c.id.in_(owners)))
    return set(names.scalars())


def owners_of(connection: sa.Connection, sha256: str) -> set[str | None] | None:
    """The names of the subjects enrolled from a photo; None if it is not enrolled."""
    query = sa.select(subject.c.name).select_from(subject).join(reference).join(file).where(file.c.sha256 == sha256)
    return set(connection.execute(query).scalars()) or None


def already(source: str, wanted: str | None, owners: set[str | None]) -> EnrolOutcome:
    """The outcome of a file that is enrolled: that stands, also where another name was asked for now."""
    names = sorted(name for name in owners if name is not None)
    message = None
    if wanted is not None and wanted not in owners:
        kept = f"as {', '.join(names)}" if names else "unnamed"
        message = f"the same photo is enrolled {kept}, which stands; `bareface gallery assign` changes it"
    only = names[0] if len(names) == 1 else None
    return EnrolOutcome(source, "already enrolled", subject=only, message=message)


def _failed(entry: Entry, error: BarefaceError, faces: int = 0) -> EnrolOutcome:
    return EnrolOutcome(entry.name, "failed", faces=faces, subject=entry.subject, code=error.code, message=_text(error))


def _refused(entry: Entry, reason: str, faces: int = 0) -> EnrolOutcome:
    message = f"it is a restored picture: {reason} Enrol the photo it was made from."
    return EnrolOutcome(
        entry.name, "refused", faces=faces, subject=entry.subject, code="face.restored", message=message
    )


def _text(error: BarefaceError) -> str:
    return f"{error.message} {error.remedy}" if error.remedy else error.message
