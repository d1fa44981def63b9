"""Encodings of the face_recognition library as references: dlib's descriptor, so of the packaged space."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bareface.gallery import subjects
from bareface.gallery.encodings import read_encodings
from bareface.gallery.new_references import check_space
from bareface.gallery.same_photo_twice import already_enrolled
from bareface.imaging.folders import absolute
from bareface.messages import Note
from bareface.storage.ports import IMPORTED, GalleryStore, NewReference, StoredPhoto
from bareface.values import names
from bareface.values.enrolment import EnrolOutcome
from bareface.values.face import Template

SPACE = "dlib-128"
MODEL = "face_recognition"


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
        check_space(reader.state(), SPACE, path)
    encodings = read_encodings(path)
    for who in {who for who, _ in encodings}:
        names.checked(who, str(path))
    with Path(path).open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    references = [(who, NewReference(Template(vector, MODEL, SPACE))) for who, vector in encodings]
    with store.writing() as writer:
        check_space(writer.state(), SPACE, path)
        known = already_enrolled(name, None, writer.owners_of(digest), None)
        if known is not None:
            return known
        writer.pin_space(SPACE, len(encodings[0][1]))
        photo = writer.add_photo(StoredPhoto(digest, name, IMPORTED))
        owners = {who: subjects.named(writer, who) for who, _ in references}
        for who, one in references:
            writer.add_reference(one, owners[who], photo, basis)
        called = {who: writer.target(owner).name for who, owner in owners.items()}
    remarks = [
        Note("note.name-means", given=who, called=Note("reason.subject", name=to, number=owners[who]))
        for who, to in called.items()
        if not names.same(who, to)
    ]
    only = next(iter(called.values())) if len(set(owners.values())) == 1 else None
    message = Note("note.phrases", notes=remarks) if remarks else None
    return EnrolOutcome(name, "enrolled", references=len(encodings), subject=only, message=message)
