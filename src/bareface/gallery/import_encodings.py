"""Encodings of the face_recognition library as references: dlib's descriptor, so of the packaged space."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bareface.gallery import subjects
from bareface.gallery.encodings import DIMENSION, read_encodings
from bareface.gallery.new_references import check_space
from bareface.gallery.same_photo_twice import already_enrolled
from bareface.imaging.folders import absolute
from bareface.messages import Note
from bareface.models import registry
from bareface.storage.ports import IMPORTED, GalleryStore, GalleryWriter, NewReference, StoredPhoto
from bareface.system.reading import open_regular
from bareface.values import names
from bareface.values.enrolment import EnrolOutcome
from bareface.values.face import Float32, Template

SPACE = "dlib-128"
MODEL = "face_recognition"
_LEAST_COSINE = 0.6
"""To the mean of the space: at least 0.81 for 293 faces, poor ones too, at most 0.41 for 100,000 random vectors."""


def import_encodings(store: GalleryStore, path: str | Path, basis: str | None) -> EnrolOutcome:
    """Enrol all encodings of a file, or none: the file is read and checked before the transaction.

    Raises
    ------
    GalleryError
        ``gallery.import-read``, ``gallery.import-format``.
    TemplateError
        ``template.space``: the gallery holds templates of another space.
    UsageError
        ``usage.name``: a name that no subject can have; ``usage.ambiguous-subject``.
    """
    name = absolute(path)
    with store.reading() as reader:
        check_space(reader.state(), SPACE, path, "template.space/import")
    encodings = read_encodings(path)
    for who in {who for who, _ in encodings}:
        names.checked(who, str(path))
    with open_regular(path) as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    with store.writing() as writer:
        check_space(writer.state(), SPACE, path, "template.space/import")
        known = already_enrolled(name, None, writer.owners_of(digest), None)
        if known is not None:
            return known
        fresh, remarks = _not_held(writer, encodings)
        if not fresh:
            return EnrolOutcome(name, "already enrolled", message=Note("note.phrases", notes=remarks))
        writer.pin_space(SPACE, DIMENSION)
        photo = writer.add_photo(StoredPhoto(digest, name, IMPORTED))
        for _, vector, owner in fresh:
            writer.add_reference(NewReference(Template(vector, MODEL, SPACE)), owner, photo, basis)
        owners = {who: owner for who, _, owner in fresh}
        called = {who: writer.target(owner).name for who, owner in owners.items()}
    remarks += [
        Note("note.name-means", given=who, called=Note("reason.subject", name=to, number=owners[who]))
        for who, to in called.items()
        if not names.same(who, to)
    ]
    unlike = sum(_is_unlike(vector) for _, vector, _ in fresh)
    if unlike:
        remarks.append(Note("note.other-encodings", encodings=unlike))
    only = next(iter(called.values())) if len(set(owners.values())) == 1 else None
    message = Note("note.phrases", notes=remarks) if remarks else None
    return EnrolOutcome(name, "enrolled", references=len(fresh), subject=only, message=message)


def _not_held(
    writer: GalleryWriter, encodings: Sequence[tuple[str, Float32]]
) -> tuple[list[tuple[str, Float32, int]], list[Note]]:
    """Return the encodings that the gallery does not hold, with their subjects' numbers, and notes on the others.

    The same encoding is the same face, so it stays with the subject that it was first imported for, as photos do.
    """
    wanted = {_content(vector) for _, vector in encodings}
    held = {_content(vector): owner for vector, owner in writer.templates_by(MODEL) if _content(vector) in wanted}
    before = set(held)
    fresh, again, others = [], 0, Counter[tuple[str, int]]()
    for who, vector in encodings:
        content = _content(vector)
        owner = held.get(content)
        if owner is None:
            held[content] = subjects.named(writer, who)
            fresh.append((who, vector, held[content]))
        elif subjects.meant(writer, who).number != owner:
            others[who, owner] += 1
        elif content in before:
            again += 1
    remarks = [Note("note.held-encodings", encodings=again)] if again else []
    for (who, owner), count in others.items():
        name = writer.target(owner).name
        number = Note("reason.subject-number", number=owner)
        called = number if name is None else Note("reason.subject", name=name, number=owner)
        remarks.append(Note("note.held-encodings/other", encodings=count, given=who, called=called))
    return fresh, remarks


def _content(vector: Float32) -> bytes:
    return vector.astype("<f4").tobytes()


def _is_unlike(vector: Float32) -> bool:
    """Tell that an encoding is not of the space: all of its templates share a large part, their mean."""
    mean = registry.space_mean(SPACE, DIMENSION)
    return float(vector @ mean) < _LEAST_COSINE * float(np.linalg.norm(vector) * np.linalg.norm(mean))
