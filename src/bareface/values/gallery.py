"""Subjects, references and reports of a gallery: frozen values, free of the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bareface.values.enrolment import EnrolOutcome
from bareface.values.face import Box, MaskState

EnrolProgress: TypeAlias = Callable[[int, int, EnrolOutcome], None]
"""Called after each file with how many are done, how many there are, and what became of this one."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One enrolled person.

    Attributes
    ----------
    id
        The subject's number, never used twice in a gallery.
    name
        None for an unnamed subject.
    references
        Number of the subject's references.
    aliases
        Further names that mean this subject, since others were merged into it or it was renamed; oldest first.
    """

    id: int
    name: str | None
    references: int
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """One enrolled face.

    Attributes
    ----------
    id
        The reference's number, never used twice in a gallery.
    subject_id, subject
        Whose face it is; the name is None for an unnamed subject.
    source
        Absolute path of the photo when it was enrolled (or relinked).
    sha256
        Hex digest of the photo's bytes.
    box
        In pixels of the upright photo; all zero for an imported template.
    score
        The detector's confidence.
    model, precision
        The model that made the template.
    basis
        On what basis the face was enrolled, as the user stated it; None if not stated.
    enrolled
        When, in UTC.
    crop
        Whether a picture of the face is kept.
    mask_state, visible
        Mask state, and the visible share of the face, in [0, 1]; None if not measured.
    quality
        Usefulness of the photo for recognition, from 0 to 100; None if not known.
    """

    id: int
    subject_id: int
    subject: str | None
    source: str
    sha256: str
    box: Box
    score: float
    model: str
    precision: str
    basis: str | None
    enrolled: datetime
    crop: bool
    mask_state: MaskState
    visible: float | None
    quality: float | None


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """Some of a gallery's subjects; ``matching`` counts all that match, ``more`` says whether others follow."""

    subjects: tuple[Subject, ...]
    matching: int
    more: bool


@dataclass(frozen=True, slots=True)
class ReferencePage:
    """Some of a gallery's references; ``matching`` and ``more`` as in :class:`SubjectPage`."""

    references: tuple[Reference, ...]
    matching: int
    more: bool


@dataclass(frozen=True, slots=True)
class TemplateCount:
    """Number of references that a model made in one precision."""

    model: str
    precision: str
    references: int


@dataclass(frozen=True, slots=True)
class GalleryInfo:
    """A gallery in figures.

    Attributes
    ----------
    path
        The gallery's file.
    uuid
        Permanent identifier of this gallery.
    space, dimension
        The template space that it is pinned to; None before the first template.
    subjects, references, photos, corrections
        Counts.
    templates
        The models that made the references.
    size
        Bytes on disk, database and index together.
    generation
        Grows with every write.
    created
        When the gallery was made, in UTC.
    """

    path: str
    uuid: str
    space: str | None
    dimension: int | None
    subjects: int
    references: int
    photos: int
    corrections: int
    templates: tuple[TemplateCount, ...]
    size: int
    generation: int
    created: datetime


@dataclass(frozen=True, slots=True)
class Deleted:
    """Numbers of deleted rows; a photo or subject goes with its last reference."""

    references: int
    photos: int
    subjects: int


@dataclass(frozen=True, slots=True)
class RelinkReport:
    """The outcome for the photos below a moved folder.

    Attributes
    ----------
    relinked
        Photos found at the new place with the same content.
    missing
        New paths at which there is no readable file; the old path is kept.
    changed
        New paths at which there is another file; the old path is kept.
    """

    relinked: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference that could not be re-embedded, with the reason as an error code and a sentence."""

    reference_id: int
    source: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ReembedReport:
    """The outcome of a re-embedding.

    Attributes
    ----------
    references
        Number of references that have a template of the engine now, or wait for the others to have one.
    unresolved
        References without one, or with an incomplete one: photo gone or changed, face not found again.
    switched
        Whether the gallery holds the new templates. A gallery never holds two spaces: while a change of space leaves
        references unresolved, the old templates stand and the new ones wait.
    recalibrate
        Whether the gallery's own calibration is of another model's templates: it is not used until it is fitted again.
    """

    references: int
    unresolved: tuple[Unresolved, ...]
    switched: bool
    recalibrate: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a gallery: a stable code and a sentence that says what to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of an integrity check.

    Attributes
    ----------
    problems
        Damage, worst first; empty for a sound gallery.
    missing_photos
        Photos that are no longer where they were enrolled from: the gallery works without them, but cannot be
        re-embedded from them.
    references
        Number of references checked.
    warnings
        Not damage, but to be corrected: files that others may read, names of subjects that can be misread.
    repairable
        Number of problems that :meth:`bareface.Gallery.repair` ends.
    """

    problems: tuple[Problem, ...]
    missing_photos: tuple[str, ...]
    references: int
    warnings: tuple[Problem, ...] = ()
    repairable: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged; missing photos and warnings do not count as damage."""
        return not self.problems
