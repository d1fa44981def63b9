"""The outcome for each file that was to be enrolled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

EnrolStatus: TypeAlias = Literal[
    "enrolled", "already enrolled", "ambiguous", "no face", "rejected", "refused", "failed"
]


@dataclass(frozen=True, slots=True, eq=False)
class UploadedPhoto:
    """A photo that was uploaded.

    Attributes
    ----------
    content
        The file's bytes.
    name
        The file's name, as its uploader's machine calls it.
    subject
        Name of the person; None if it is not stated.
    """

    content: bytes = field(repr=False)
    name: str = "<upload>"
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class EnrolOutcome:
    """The outcome for one file.

    Attributes
    ----------
    source
        The file's path as walked.
    status
        ``enrolled``; ``already enrolled`` (same SHA-256); ``ambiguous`` (several faces in a named person's photo:
        nothing enrolled); ``no face``; ``rejected`` (a standing correction forbids it); ``refused`` (a restored
        picture, which is never enrolled); ``failed``. ``code`` says more of the last two.
    references
        Number of references added.
    faces
        Number of faces found.
    subject
        The subject's name, or None where it has none.
    code, message
        The error's stable code and text, for ``failed`` and ``refused``; notes otherwise.
    """

    source: str
    status: EnrolStatus
    references: int = 0
    faces: int = 0
    subject: str | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Folders and files that a walk through folders skipped.

    Attributes
    ----------
    folders
        Paths of folders that were not walked: excluded, hidden, or bins, thumbnails and the like.
    files
        Number of files of each suffix whose format is not read.
    hidden, excluded
        Number of hidden files, and of files excluded by a pattern.
    special
        Paths of pipes, sockets and devices, which are never opened.
    unmatched
        Patterns to exclude that matched nothing.
    """

    folders: tuple[str, ...] = ()
    files: Mapping[str, int] = field(default_factory=dict)
    hidden: int = 0
    excluded: int = 0
    special: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrolReport:
    """One outcome for every file seen, in order; and what was skipped in folders."""

    outcomes: tuple[EnrolOutcome, ...]
    left_out: LeftOut = field(default_factory=LeftOut)

    def count(self, status: EnrolStatus) -> int:
        """Count the files with this status."""
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def references(self) -> int:
        """The number of references added."""
        return sum(outcome.references for outcome in self.outcomes)
