"""Enrol photos: read and analyse them, decide, prepare what is to be stored, and store it in a short transaction.

The transaction computes nothing, so that other processes can write while this one looks at photos. What another process
may have changed meanwhile is asked again inside it, and the decision, which is pure, is made again.

Photos are stored some dozens at a time, each whole or not at all: whenever the process dies, the gallery holds complete
photos only, and the same command finishes the rest, since a photo is known by its SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bareface.errors import BarefaceError, TemplateError, UsageError
from bareface.faces.port import FaceEngine
from bareface.gallery import subjects
from bareface.gallery.enrol_or_refuse import (
    Enrolment,
    Known,
    Owner,
    Rules,
    SeenFace,
    SeenPhoto,
    decide,
    enrolled,
    failed,
    refused_as_restored,
)
from bareface.gallery.new_references import check_space, check_vector, prepare
from bareface.gallery.restorations import Guard, guarding
from bareface.gallery.same_photo_twice import already_enrolled
from bareface.imaging import decode as images
from bareface.imaging.folders import Entry
from bareface.imaging.sources import limits_of
from bareface.logs import logger
from bareface.messages import Note
from bareface.restoration.provenance import KEYWORD, says_synthetic
from bareface.storage.ports import GalleryReader, GalleryStore, GalleryWriter, NewReference, StoredPhoto
from bareface.storage.sqlite.store import Store
from bareface.system.chunks import chunks
from bareface.values import names
from bareface.values.correction import Target
from bareface.values.enrolment import EnrolOutcome
from bareface.values.face import Face
from bareface.values.gallery import EnrolProgress

if TYPE_CHECKING:
    from bareface.faces.analyser import Analysis

_log = logger(__name__)

BATCH = 32
"""Photos in a transaction: what a killed process can lose."""

STREAM = 8 * BATCH
"""Photos in one run of the engine: its overlapping stages seldom run dry, and hashing is not far ahead."""


@dataclass(slots=True, eq=False)
class _Item:
    """A photo on its way into the gallery; references are prepared by their places in the photo."""

    place: int
    seen: SeenPhoto
    stored: StoredPhoto | None = None
    faces: tuple[Face, ...] = ()
    prepared: dict[int, NewReference] = field(default_factory=dict)


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
    with store.reading() as reader:
        check_space(reader.state(), engine.space, store.path)
    outcomes: dict[int, EnrolOutcome] = {}
    with guarding(store) as guard:
        for group in chunks(enumerate(entries), STREAM):
            guard.refresh()
            for place, outcome in _enrol_group(store, engine, group, rules, guard):
                outcomes[place] = outcome
                if progress is not None:
                    progress(len(outcomes), len(entries), outcome)
    return tuple(outcomes[place] for place in range(len(entries)))


def _enrol_group(
    store: GalleryStore, engine: FaceEngine, group: Sequence[tuple[int, Entry]], rules: Rules, guard: Guard
) -> Iterator[tuple[int, EnrolOutcome]]:
    """Yield outcomes with their places, as they become known."""
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
            yield place, failed(entry.name, entry.subject, error)
    with store.reading() as reader:
        twice = {place: _twice(reader, entry, digests[place]) for place, entry in unread if place in digests}
    fresh: list[tuple[int, Entry]] = []
    for place, entry in unread:
        outcome = twice.get(place)
        if outcome is not None:
            yield place, outcome
        elif _labelled(entry, limits):
            yield place, refused_as_restored(entry.name, entry.subject, Note("reason.own-metadata"))
        else:
            fresh.append((place, entry))
    analyses = engine.stream([entry.source for _, entry in fresh], want=["quality", "upper_face"])
    for batch in chunks(zip(fresh, analyses, strict=True), BATCH):
        items = [_look(place, entry, analysis, guard) for (place, entry), analysis in batch]
        yield from _store_all(store, items, rules, engine.space)
        _log.info("stored a batch of %d photos", len(items))


def _look(place: int, entry: Entry, analysis: Analysis, guard: Guard) -> _Item:
    """Compute everything about a photo that the decision depends on."""
    seen_photo = SeenPhoto(entry.name, entry.subject, min_face=analysis.min_face, error=analysis.error)
    photo = analysis.photo
    if photo is None:
        return _Item(place, seen_photo)
    path = entry.source if isinstance(entry.source, str) else None
    seen_photo = replace(
        seen_photo,
        sha256=photo.sha256,
        faces=tuple(replace(_seen(face), restored=guard.restored(face.chip)) for face in analysis.faces),
        notes=photo.notes,
    )
    return _Item(place, seen_photo, StoredPhoto(photo.sha256, path, photo.format, photo.size), tuple(analysis.faces))


def _seen(face: Face) -> SeenFace:
    try:
        check_vector(face.enrolment_template)
    except TemplateError as error:
        return SeenFace(face.box, face.template.visible, face.quality, error)
    return SeenFace(face.box, face.template.visible, face.quality)


def _store_all(
    store: GalleryStore, items: Sequence[_Item], rules: Rules, space: str
) -> Iterator[tuple[int, EnrolOutcome]]:
    """Decide, prepare and store; yields outcomes with their places once they are stored.

    A correction that another process takes back between decision and transaction can let in a face that is not prepared
    yet: its photo waits for another round.
    """
    waiting = list(items)
    while waiting:
        with store.reading() as reader:
            decisions = [decide(item.seen, _known(reader, item.seen), rules) for item in waiting]
        refused = [decision for decision in decisions if isinstance(decision, EnrolOutcome)]
        if len(refused) == len(waiting):
            yield from ((item.place, outcome) for item, outcome in zip(waiting, refused, strict=True))
            return
        for item, decision in zip(waiting, decisions, strict=True):
            for place in decision.faces if isinstance(decision, Enrolment) else ():
                if place not in item.prepared:
                    item.prepared[place] = prepare(item.faces[place], crops=rules.crops)
        done: list[tuple[int, EnrolOutcome]] = []
        later: list[_Item] = []
        with store.writing() as writer:
            check_space(writer.state(), space, store.path)
            for item in waiting:
                known = _known(writer, item.seen)
                decision = decide(item.seen, known, rules)
                if isinstance(decision, EnrolOutcome):
                    done.append((item.place, decision))
                elif item.prepared.keys() >= set(decision.faces):
                    done.append((item.place, _store(writer, item, known, decision, rules.basis)))
                else:
                    later.append(item)
        yield from done
        waiting = later


def _store(writer: GalleryWriter, item: _Item, known: Known, made: Enrolment, basis: str | None) -> EnrolOutcome:
    """Store the faces of a photo, each for its owner."""
    assert item.stored is not None
    first = item.prepared[made.faces[0]].template
    writer.pin_space(first.space, len(first.vector))
    photo = writer.add_photo(item.stored)
    numbers = [_number_of(writer, owner) for owner in made.owners]
    for place, number in zip(made.faces, numbers, strict=True):
        writer.add_reference(item.prepared[place], number, photo, basis)
    return enrolled(item.seen, known, made, numbers)


def _number_of(writer: GalleryWriter, owner: Owner) -> int:
    """Find the subject that a face belongs to, or add it; returns its number."""
    if isinstance(owner, Target):
        return subjects.standing(writer, owner)
    return subjects.add(writer, None) if owner is None else subjects.named(writer, owner)


def _known(reader: GalleryReader, seen: SeenPhoto) -> Known:
    """Ask the gallery what it knows of a photo and of the name given for it."""
    if seen.error is not None:
        return Known()
    owners, corrections = reader.owners_of(seen.sha256), reader.corrections_of(seen.sha256)
    if seen.subject is None:
        return Known(owners, corrections)
    try:
        return Known(owners, corrections, subjects.meant(reader, seen.subject))
    except UsageError as error:  # of several subjects of one name
        return Known(owners, corrections, ambiguous=error)


def _twice(reader: GalleryReader, entry: Entry, sha256: str) -> EnrolOutcome | None:
    """Return the outcome of a photo that is enrolled already, before it is analysed."""
    known = _known(reader, SeenPhoto(entry.name, entry.subject, sha256))
    return already_enrolled(entry.name, entry.subject, known.owners, known.meaning)


def _labelled(entry: Entry, limits: images.Limits) -> bool:
    """Return whether a file says of itself that it was restored; one that cannot be read is refused later."""
    if not isinstance(entry.source, str | bytes):
        return False
    try:
        return says_synthetic(images.labels(entry.source, KEYWORD, limits))
    except BarefaceError:
        return False
