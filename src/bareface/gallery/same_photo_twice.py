"""A photo that is enrolled already, known by its SHA-256: it is not enrolled again, whatever its path or name."""

from __future__ import annotations

from collections.abc import Mapping

from bareface.gallery.subjects import Meaning
from bareface.messages import Note
from bareface.values import names
from bareface.values.enrolment import EnrolOutcome


def already_enrolled(
    source: str, wanted: str | None, owners: Mapping[str, str | None], meaning: Meaning | None
) -> EnrolOutcome | None:
    """Return the outcome of a photo that is enrolled, whatever name is given now; None if it is not.

    Parameters
    ----------
    source, wanted
        The photo's name in messages, and the name given for its subject.
    owners
        Names by key of the subjects that the photo's references are of.
    meaning
        Meaning of the name now; None without a name, or where it can mean several subjects.
    """
    if not owners:
        return None
    called = sorted({name for name in owners.values() if name is not None})
    message = None
    if wanted is not None and not any(names.same(name, wanted) for name in called):
        target = None if meaning is None else meaning.target
        if target is None or target.key not in owners:
            message = Note("note.same-photo", names=called) if called else Note("note.same-photo/unnamed")
    only = called[0] if len(called) == 1 else None
    return EnrolOutcome(source, "already enrolled", subject=only, message=message)
