"""Decide what becomes of a photo: which of its faces are enrolled and for whom, or why none is.

Everything here is pure and quick. Enrolment decides twice: before it computes what is stored, and again inside the
transaction that stores it, with what the gallery knows by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bareface.errors import BarefaceError, UsageError
from bareface.faces.quality import reasons
from bareface.gallery.same_photo_twice import already_enrolled
from bareface.gallery.subjects import Meaning
from bareface.matching import evidence
from bareface.messages import Note
from bareface.values import names
from bareface.values.correction import Correction, Target, assigned, rejects
from bareface.values.enrolment import EnrolOutcome
from bareface.values.face import Box
from bareface.values.quality import Quality
from bareface.values.words import no_face_found

POOR_QUALITY = 50.0
"""A reference below this is enrolled with a warning: it is expected to lose half of its comparisons."""

_MANY = 4
"""A photo is refused as restored if one of so many of its faces looks it: where all faces of a crowd were restored
here, nearly every one does, but now and then one of the photo itself does, too, and would cost all others."""

Owner: TypeAlias = Target | str | None
"""Whose a face is: a subject for good, the one that a name means (or a new one of that name), or a new unnamed one."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of an enrolment.

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


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face in a photo, as far as the decision depends on it.

    Attributes
    ----------
    box
        Its place.
    visible
        Share of it that is visible, in [0, 1]; None if not measured.
    quality
        None if not measured.
    fault
        Why its template cannot be stored, if so.
    restored
        Whether it looks like a restored picture's.
    """

    box: Box
    visible: float | None = None
    quality: Quality | None = None
    fault: BarefaceError | None = None
    restored: bool = False


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """A photo that was analysed.

    Attributes
    ----------
    source, subject
        Its name in messages, and the name given for its subject.
    sha256
        Empty if it could not be read.
    faces
        Best-detected first.
    notes
        Remarks on the file.
    min_face
        Width in pixels of the smallest detectable face; None if not known.
    error
        Why it could not be read.
    """

    source: str
    subject: str | None
    sha256: str = ""
    faces: tuple[SeenFace, ...] = ()
    notes: tuple[str, ...] = ()
    min_face: float | None = None
    error: BarefaceError | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Facts that a gallery holds on a photo and on the name given for it.

    Attributes
    ----------
    owners
        Names by key of the subjects whose references come from the photo.
    corrections
        Corrections of its faces.
    meaning
        Meaning of the name; None without a name.
    ambiguous
        Why the name means no one subject, if so.
    """

    owners: Mapping[str, str | None] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    meaning: Meaning | None = None
    ambiguous: UsageError | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The faces of a photo to enrol, and their subjects.

    Attributes
    ----------
    faces
        Their places in the photo.
    owners
        One for each.
    notes
        Remarks on the photo and its other faces.
    """

    faces: tuple[int, ...]
    owners: tuple[Owner, ...]
    notes: tuple[str, ...] = ()


def decide(photo: SeenPhoto, known: Known, rules: Rules) -> Enrolment | EnrolOutcome:
    """Decide which faces of a photo to enrol; an outcome says why none is."""
    if photo.error is not None:
        return failed(photo.source, photo.subject, photo.error)
    twice = already_enrolled(photo.source, photo.subject, known.owners, known.meaning)
    if twice is not None:
        return twice
    count = len(photo.faces)
    if not count:
        looked = () if photo.min_face is None else (no_face_found(photo.min_face),)
        return EnrolOutcome(photo.source, "no face", message=_sentences((*looked, *photo.notes)))
    restored = sum(face.restored for face in photo.faces)
    alone = rules.face is not None and 0 <= rules.face < count and photo.faces[rules.face].restored
    if alone or (restored and restored * _MANY >= count):
        return refused_as_restored(photo.source, photo.subject, Note("reason.restored-here"), count)
    if rules.face is not None and not 0 <= rules.face < count:
        missing = UsageError("usage.face/photo", faces=count, source=photo.source)
        return failed(photo.source, photo.subject, missing, count)
    chosen = _chosen(photo, known.corrections, rules)
    fault = next((fault for place in chosen or () if (fault := photo.faces[place].fault) is not None), None)
    if fault is not None:
        return failed(photo.source, photo.subject, fault, count)
    if chosen is None:
        message = Note("note.several-faces")
        return EnrolOutcome(photo.source, "ambiguous", faces=count, subject=photo.subject, message=message)
    if not chosen:
        message = Note("note.all-rejected")
        return EnrolOutcome(photo.source, "rejected", faces=count, message=message)
    shares = {place: photo.faces[place].visible for place in chosen}
    hidden = [share for share in shares.values() if share is not None and share < rules.min_visible]
    shown = tuple(place for place, share in shares.items() if share is None or share >= rules.min_visible)
    refusals = [evidence.refusal_of(hidden, photo.source, rules.min_visible)] if hidden else []
    if not shown:
        return failed(photo.source, photo.subject, refusals[0], count)
    if known.ambiguous is not None:
        return failed(photo.source, photo.subject, known.ambiguous, count)
    owners = tuple(assigned(known.corrections, photo.faces[place].box) or photo.subject for place in shown)
    warnings = _poor([photo.faces[place] for place in shown])
    left = (Note("note.restored-faces", count=restored),) if restored and rules.face is None else ()
    return Enrolment(shown, owners, (*photo.notes, *left, *map(_text, refusals), *warnings))


def enrolled(photo: SeenPhoto, known: Known, made: Enrolment, numbers: Sequence[int]) -> EnrolOutcome:
    """Return the outcome of a photo whose faces are stored.

    Parameters
    ----------
    known
        Input of the decision.
    numbers
        The subjects' numbers, one for each face.
    """
    meant = None if known.meaning is None else known.meaning.target
    remarks: dict[str, None] = {}
    called: set[str | None] = set()
    for owner, number in zip(made.owners, numbers, strict=True):
        who = meant if isinstance(owner, str) and meant is not None else owner
        name = who.name if isinstance(who, Target) else who
        called.add(name)
        if photo.subject is None or names.same(name, photo.subject):
            continue
        same = isinstance(who, Target) and meant is not None and who.key == meant.key
        code = "note.name-means" if same else "note.name-corrected"
        remarks[Note(code, given=photo.subject, called=_called(name, number))] = None
    return EnrolOutcome(
        photo.source,
        "enrolled",
        references=len(made.faces),
        faces=len(photo.faces),
        subject=called.pop() if len(called) == 1 else None,
        message=_sentences((*made.notes, *remarks)),
    )


def failed(source: str, subject: str | None, error: BarefaceError, faces: int = 0) -> EnrolOutcome:
    """Return the outcome of a photo that cannot be enrolled."""
    return EnrolOutcome(source, "failed", faces=faces, subject=subject, code=error.code, message=_text(error))


def refused_as_restored(source: str, subject: str | None, reason: str, faces: int = 0) -> EnrolOutcome:
    """Return the outcome of a restored picture, which is never enrolled."""
    message = Note("note.restored", reason=reason)
    return EnrolOutcome(source, "refused", faces=faces, subject=subject, code="face.restored", message=message)


def _chosen(photo: SeenPhoto, corrections: Sequence[Correction], rules: Rules) -> list[int] | None:
    """Return the places of the faces to enrol; None where it is not clear whose photo it is."""
    places = range(len(photo.faces)) if rules.face is None else [rules.face]
    remaining = [
        place
        for place in places
        if not photo.faces[place].restored and not rejects(corrections, photo.faces[place].box)
    ]
    if photo.subject is None:
        return remaining
    free = [place for place in remaining if assigned(corrections, photo.faces[place].box) is None]
    if len(free) < 2:
        return remaining
    if not rules.largest:
        return None
    return [place for place in remaining if place not in free] + [
        max(free, key=lambda place: photo.faces[place].box.area)
    ]


def _poor(faces: Sequence[SeenFace]) -> tuple[str, ...]:
    """Return a warning that names the worst of these faces, where that is a poor one, and what is wrong with it."""
    poor = [face.quality for face in faces if face.quality is not None and face.quality.score < POOR_QUALITY]
    if not poor:
        return ()
    worst = min(poor, key=lambda quality: quality.score)
    why = reasons(worst)[:1]
    if len(faces) == 1:
        return (Note("note.poor-quality", score=worst.score, why=why),)
    return (Note("note.poor-quality/several", poor=len(poor), faces=len(faces), score=worst.score, why=why),)


def _called(name: str | None, number: int) -> str:
    return (
        Note("reason.subject-number", number=number)
        if name is None
        else Note("reason.subject", name=name, number=number)
    )


def _sentences(notes: Sequence[str]) -> str | None:
    return Note("note.sentences", notes=notes) if notes else None


def _text(error: BarefaceError) -> str:
    return Note("note.error", message=error.message, advice=error.remedy) if error.remedy else error.message
