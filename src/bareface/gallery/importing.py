"""Encodings of the face_recognition library as references: dlib's descriptor, so of the packaged space."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bareface.gallery import corrections
from bareface.gallery.enrolment import already, owners_of
from bareface.gallery.faces import add_file, add_template, check_space, pin_space
from bareface.gallery.imports import read_encodings
from bareface.gallery.store import Store
from bareface.gallery.walk import absolute
from bareface.types import EnrolOutcome, Template

SPACE = "dlib-128"
MODEL = "face_recognition"
FORMAT = "encodings"


def import_encodings(store: Store, path: str | Path, basis: str | None) -> EnrolOutcome:
    """Enrol all encodings of a file, or none.

    Raises
    ------
    GalleryError
        ``gallery.import-read``, ``gallery.import-format``.
    TemplateError
        ``template.space``: the gallery holds templates of another space.
    """
    name = absolute(path)
    check_space(store.state(), SPACE, path)
    encodings = read_encodings(path)
    with Path(path).open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    with store.write() as connection:
        known = owners_of(connection, digest)
        if known is not None:
            return already(name, None, known)
        pin_space(connection, SPACE, len(encodings[0][1]))
        file_id = add_file(connection, digest, name, FORMAT)
        subjects = {who: corrections.subject_named(connection, who) for who, _ in encodings}
        for who, vector in encodings:
            made = Template(vector, MODEL, SPACE)
            add_template(connection, made, subject_id=subjects[who], file_id=file_id, basis=basis)
    only = next(iter(subjects)) if len(subjects) == 1 else None
    return EnrolOutcome(name, "enrolled", references=len(encodings), subject=only)
