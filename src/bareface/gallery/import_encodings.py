"""Encodings of the face_recognition library as references: dlib's descriptor, so of the packaged space."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bareface.gallery import subjects
from bareface.gallery.encodings import read_encodings
from bareface.gallery.enrol import already
from bareface.imaging.folders import absolute
from bareface.storage.sqlite.rows import add_file, add_template, check_space, pin_space
from bareface.storage.sqlite.store import Store
from bareface.values import names
from bareface.values.enrolment import EnrolOutcome
from bareface.values.face import Template

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
    UsageError
        ``usage.name``: a name that no subject can have; ``usage.ambiguous-subject``.
    """
    name = absolute(path)
    check_space(store.state(), SPACE, path)
    encodings = read_encodings(path)
    for who in {who for who, _ in encodings}:
        names.checked(who, str(path))
    with Path(path).open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    with store.write() as connection:
        known = already(connection, name, None, digest)
        if known is not None:
            return known
        pin_space(connection, SPACE, len(encodings[0][1]))
        file_id = add_file(connection, digest, name, FORMAT)
        owners = {who: subjects.named(connection, who) for who, _ in encodings}
        for who, vector in encodings:
            made = Template(vector, MODEL, SPACE)
            add_template(connection, made, subject_id=owners[who], file_id=file_id, basis=basis)
        called = {who: subjects.target(connection, owner).name for who, owner in owners.items()}
    remarks = [f"{who!r} means {to!r} (#{owners[who]})" for who, to in called.items() if not names.same(who, to)]
    only = next(iter(called.values())) if len(set(owners.values())) == 1 else None
    message = "; ".join(remarks) or None
    return EnrolOutcome(name, "enrolled", references=len(encodings), subject=only, message=message)
