"""Enrolment: files that are not known yet become references, some dozens a transaction, one outcome a file.

What is stored is stored whole: whenever the process dies, the gallery holds complete photos only, and the same
command finishes the rest, since a file is known by its SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bareface.errors import BarefaceError, UsageError
from bareface.faces.port import FaceEngine
from bareface.faces.quality import reasons
from bareface.gallery import corrections, subjects
from bareface.gallery.restorations import Guard, guarding
from bareface.imaging import decode as images
from bareface.imaging.folders import Entry
from bareface.imaging.sources import limits_of
from bareface.matching import evidence
from bareface.restoration.provenance import KEYWORD, says_synthetic
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.rows import add_face, add_file, check_space, check_vector, pin_space
from bareface.storage.sqlite.schema import file, reference, subject
from bareface.storage.sqlite.store import Store
from bareface.values import names
from bareface.values.enrolment import EnrolOutcome
from bareface.values.face import Face, Photo
from bareface.values.gallery import EnrolProgress
from bareface.values.words import no_face_found

if TYPE_CHECKING:
    from bareface.faces.analyser import Analysis

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
    limits = limits_of(engine)
    digests: dict[int, str] = {}
    unread: list[tuple[int, Entry]] = []
    for place, entry in group:
        try:
            if entry.error is not None:
                raise entry.error
            if entry.subject is not None:
                entry = replace(entry, subject=names.checked(entry.subject))
            if isinstance(entry.source, str):  # bytes and arrays are decoded first: reading them costs nothing
                digests[place] = images.fingerprint(entry.source, limits)
            unread.append((place, entry))
        except BarefaceError as error:
            yield place, _failed(entry, error)
    with store.read() as connection:
        known = {
            place: already(connection, entry.name, entry.subject, digests[place])
            for place, entry in unread
            if place in digests
        }
    fresh: list[tuple[int, Entry]] = []
    for place, entry in unread:
        outcome = known.get(place)
        if outcome is not None:
            yield place, outcome
        elif _labelled(entry, limits):
            yield place, _refused(entry, "its own metadata say so.")
        else:
            fresh.append((place, entry))
    analyses = engine.stream([entry.source for _, entry in fresh], covered=True)
    for batch in catalogue.chunks(zip(fresh, analyses, strict=True), BATCH):
        restored = [any(guard.restored(face.chip) for face in found.faces) for _, found in batch]
        with store.write() as connection:
            done = [
                (place, _record(connection, entry, found, rules, made))
                for ((place, entry), found), made in zip(batch, restored, strict=True)
            ]
        yield from done


def _labelled(entry: Entry, limits: images.Limits) -> bool:
    """Whether a file says of itself that it was restored; one that cannot be read is refused later, by its error."""
    if not isinstance(entry.source, str | bytes):
        return False
    try:
        return says_synthetic(images.labels(entry.source, KEYWORD, limits))
    except BarefaceError:
        return False


def _record(connection: sa.Connection, entry: Entry, found: Analysis, rules: Rules, restored: bool) -> EnrolOutcome:
    """Store what was found in one photo."""
    if found.error is not None:
        return _failed(entry, found.error)
    assert found.photo is not None
    known = already(connection, entry.name, entry.subject, found.photo.sha256)
    if known is not None:  # twice in this run, or another process was faster
        return known
    if not found.faces:
        looked = () if found.min_face is None else (no_face_found(found.min_face),)
        return EnrolOutcome(entry.name, "no face", message=_sentences((*looked, *found.photo.notes)))
    if restored:
        return _refused(entry, "a face in it is one that was restored here.", faces=len(found.faces))
    standing = corrections.standing(connection, found.photo.sha256)
    try:
        faces = _chosen(found.faces, entry, rules, standing)
        for face in faces or ():
            check_vector(face.enrolment_template)
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
    try:
        owners, remarks = _owners(connection, entry, shown, standing)
    except UsageError as error:
        return _failed(entry, error, faces=len(found.faces))
    _store(connection, entry, found.photo, shown, owners, rules)
    called = {subjects.target(connection, owner).name for owner in owners}
    only = called.pop() if len(called) == 1 else None
    return EnrolOutcome(
        entry.name,
        "enrolled",
        references=len(shown),
        faces=len(found.faces),
        subject=only,
        message=_sentences((*found.photo.notes, *map(_text, refused), *_poor(shown), *remarks)),
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


def _owners(
    connection: sa.Connection, entry: Entry, faces: Sequence[Face], standing: Sequence[corrections.Standing]
) -> tuple[list[int], list[str]]:
    """Find whose each face is, by correction or else by the name given; remark where the subject has another name."""
    wanted = None if entry.subject is None else subjects.meant(connection, entry.subject).target
    owners: list[int] = []
    remarks: dict[str, None] = {}
    for face in faces:
        assigned = corrections.target_of(face, standing)
        if assigned is not None:
            owner = subjects.standing(connection, assigned)
        elif entry.subject is not None:
            owner = subjects.named(connection, entry.subject)
        else:
            owner = subjects.add(connection, None)
        owners.append(owner)
        who = subjects.target(connection, owner)
        if entry.subject is None or names.same(who.name, entry.subject):
            continue
        means = (
            "means" if wanted is not None and wanted.key == who.key else "is given, but a correction made by hand says"
        )
        called = f"subject #{owner}" if who.name is None else f"{who.name!r} (#{owner})"
        remarks[f"{entry.subject!r} {means} {called}"] = None
    return owners, list(remarks)


def _store(
    connection: sa.Connection, entry: Entry, photo: Photo, faces: Sequence[Face], owners: Sequence[int], rules: Rules
) -> None:
    """Enrol these faces of a photo, each for its owner."""
    made = faces[0].template
    pin_space(connection, made.space, len(made.vector))
    file_id = add_file(connection, photo.sha256, entry.name, photo.format, photo.size)
    for face, owner in zip(faces, owners, strict=True):
        add_face(connection, face, subject_id=owner, file_id=file_id, basis=rules.basis, crops=rules.crops)


def already(connection: sa.Connection, source: str, wanted: str | None, sha256: str) -> EnrolOutcome | None:
    """Return the outcome of a file that is enrolled, which stands if another name is given; None if it is not."""
    query = sa.select(subject.c.key, subject.c.name).select_from(subject).join(reference).join(file)
    owners = {row.key: row.name for row in connection.execute(query.where(file.c.sha256 == sha256))}
    if not owners:
        return None
    called = sorted({name for name in owners.values() if name is not None})
    message = None
    if wanted is not None and not any(names.same(name, wanted) for name in called):
        try:
            target = subjects.meant(connection, wanted).target
        except UsageError:  # of several subjects, none of which is an owner
            target = None
        if target is None or target.key not in owners:
            kept = f"as {', '.join(called)}" if called else "unnamed"
            message = f"the same photo is enrolled {kept}, which stands; `bareface gallery assign` changes it"
    only = called[0] if len(called) == 1 else None
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
