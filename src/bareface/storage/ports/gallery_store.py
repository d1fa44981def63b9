"""The protocol of a gallery's database.

A :class:`GalleryStore` is *one* gallery. Its ``id`` is permanent and bound when the store is opened: no method
takes it. A database of several galleries gives one store for each id and keeps the id in every row; numbers of
subjects, references and photos are unique within a gallery only. SQLite keeps one gallery a file.

Whatever implements the port runs the contract tests in ``tests/storage/test_gallery_store.py``.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bareface.storage.ports.photo_store import StoredPhoto
from bareface.values.correction import Correction, Target
from bareface.values.face import Box, Float32, Landmarks, Template
from bareface.values.gallery import Deleted, GalleryInfo, Reference, ReferencePage, Subject, SubjectPage
from bareface.values.suggestion import ApartAnswer, ApartPage

NO_BOX = Box(0.0, 0.0, 0.0, 0.0)
"""Place of the face of a template that was imported without a photo."""


@dataclass(frozen=True, slots=True)
class State:
    """Identity, template space and write counters of a gallery.

    Attributes
    ----------
    uuid
        Permanent identifier of this gallery.
    space, dimension
        The template space and its number of dimensions; None until the first template.
    generation
        Grows with every write transaction.
    epoch
        Grows when templates are replaced under the same reference numbers.
    token
        Random, new with every write transaction: no other state of any gallery has it.
    """

    uuid: str
    space: str | None
    dimension: int | None
    generation: int
    epoch: int
    token: str


@dataclass(frozen=True, slots=True, eq=False)
class NewReference:
    """A face to store, with everything computed: storing it is nothing but writing.

    Attributes
    ----------
    template
        As it is compared; a bare face's with the upper-face template, if the engine makes one.
    box, landmarks, score
        Place of the face, and the detector's confidence.
    quality
        From 0 to 100; None if not measured.
    thumbnail
        uint8 [16, 16] as bytes; None for an imported template, which has no picture.
    crop
        JPEG of the face; None if it is not to be kept.
    """

    template: Template
    box: Box = NO_BOX
    landmarks: Landmarks | None = None
    score: float = 0.0
    quality: float | None = None
    thumbnail: bytes | None = None
    crop: bytes | None = None


@dataclass(frozen=True, slots=True)
class Maker:
    """The model that makes templates when references are embedded again.

    Attributes
    ----------
    model, precision, space
        As in the templates.
    sees_masks
        Whether its templates say how much of the face is visible.
    makes_upper_face
        Whether those of bare faces have an upper-face template.
    """

    model: str
    precision: str
    space: str
    sees_masks: bool
    makes_upper_face: bool


class GalleryReader(Protocol):
    """A gallery at one moment: an unchanging snapshot."""

    def state(self) -> State:
        """Return what the gallery is pinned to."""

    # Subjects

    def has_subject(self, number: int) -> bool:
        """Return whether there is a subject of this number."""

    def subjects_called(self, name: str) -> Sequence[int]:
        """Return the numbers of the subjects of this name; several only in galleries of early versions."""

    def subject_names(self) -> Sequence[tuple[int, str]]:
        """Return all named subjects, by number."""

    def subject_of_key(self, key: str) -> int | None:
        """Return the number of the subject with this key; None if it has no references now."""

    def target(self, number: int) -> Target:
        """Return key and name of a subject that is there."""

    def subjects(self) -> tuple[Subject, ...]:
        """Return all subjects: named ones by name, then unnamed ones by number."""

    def subject(self, number: int) -> Subject:
        """Return one subject, which is there."""

    def subject_page(self, limit: int, after: tuple[str | None, int] | None, text: str) -> SubjectPage:
        """Return some subjects in the order of :meth:`subjects`, without reading the others.

        Parameters
        ----------
        limit
            Number of subjects.
        after
            Name and number of the last subject of the page before; it need not be there any more.
        text
            Part of a name or of an alias, compared by :func:`bareface.values.names.key` without case.
        """

    # Faces that people told apart

    def unnamed(self, after: int, limit: int) -> Mapping[int, int]:
        """Return the best references of unnamed subjects above a number, by subject, in the order of the subjects."""

    def count_unnamed(self, up_to: int | None = None) -> int:
        """Return how many unnamed subjects there are, up to this number if one is given."""

    def told_apart(self, subject: int, *, undecided: bool) -> Set[int]:
        """Return the subjects that are told apart from one; with ``undecided`` those nobody could say about, too.

        Two subjects are told apart while one has one face of an answer, and the other the other.
        """

    def together(self, subject: int) -> Set[int]:
        """Return the subjects that are in a photo with one; a file of imported templates is not a photo."""

    def apart_page(self, limit: int, after: int) -> ApartPage:
        """Return some answers above a number."""

    def count_undecided(self) -> int:
        """Return how many pairs of faces nobody could say about."""

    # Corrections

    def corrections_of(self, sha256: str) -> tuple[Correction, ...]:
        """Return the corrections of the faces in a photo."""

    def alias(self, name: str) -> Target | None:
        """Return the subject that this name is an alias of."""

    def waiting(self, name: str) -> Target | None:
        """Return the subject of this name that corrections name, whether it has references or not."""

    # Photos and references

    def owners_of(self, sha256: str) -> Mapping[str, str | None]:
        """Return the names by key of the subjects whose references come from a photo; empty if it is not enrolled."""

    def templates_by(self, model: str) -> Iterator[tuple[Float32, int]]:
        """Return the templates of a model, each with the number of its subject."""

    def photos_below(self, folder: str) -> Sequence[tuple[int, str, str]]:
        """Return number, SHA-256 and path of the photos below a folder, by path."""

    def photos(self, numbers: Sequence[int] | None = None) -> Sequence[StoredPhoto]:
        """Return these photos, or all, by number."""

    def photos_at(self, path: str) -> Sequence[int]:
        """Return the numbers of the photos that lie, or lay, at this path."""

    def photos_with(self, sha256: str) -> Sequence[int]:
        """Return the numbers of the photos of this content, one at most."""

    def references(self) -> Iterator[Reference]:
        """Return all references by number."""

    def references_of(self, subject: int) -> tuple[Reference, ...]:
        """Return the references of a subject, best quality first."""

    def reference_page(self, limit: int, after: int, subject: int | None) -> ReferencePage:
        """Return some references above a number, of the gallery or of a subject, without reading the others."""

    def best_reference(self, subject: int) -> Reference:
        """Return the first of :meth:`references_of`, without reading the others."""

    def find_references(self, numbers: Sequence[int]) -> tuple[Reference, ...]:
        """Return these references in this order; ``usage.unknown-reference``."""

    def check_references(self, numbers: Sequence[int]) -> None:
        """Refuse numbers without a reference, without reading what may be damaged; ``usage.unknown-reference``."""

    def has_references(self, numbers: Sequence[int]) -> Container[int]:
        """Return the given references that exist."""

    def count_references(self) -> int:
        """Return how many references there are."""

    def highest_reference(self, first: int | None = None) -> int:
        """Return the highest number of a reference, of all or of the first so many; 0 without one."""

    def crop(self, number: int) -> bytes | None:
        """Return the kept picture of a reference, if any."""

    def info(self, path: Path) -> GalleryInfo:
        """Return the gallery in figures; ``path`` is its file."""

    # Embedding again

    def photos_to_embed(self, maker: Maker) -> Sequence[int]:
        """Return the numbers of the photos with a reference that has no template by this maker, in place or waiting."""

    def references_to_embed(self, maker: Maker, photos: Sequence[int]) -> Sequence[Reference]:
        """Return the references without such a template that come from these photos."""

    def left_to_embed(self, maker: Maker, numbers: Sequence[int]) -> Set[int]:
        """Return the given references without such a template."""

    def count_to_embed(self, maker: Maker) -> int:
        """Return how many references have no such template."""


class GalleryWriter(GalleryReader, Protocol):
    """A transaction: all of it is stored, or none. Nothing is computed while it is open: other writers wait for it."""

    # Enrolment

    def pin_space(self, space: str, dimension: int) -> None:
        """Give the gallery its space, unless it has one."""

    def add_photo(self, photo: StoredPhoto) -> int:
        """Add a photo; returns its number."""

    def add_reference(self, made: NewReference, subject: int, photo: int, basis: str | None) -> int:
        """Add a reference; returns its number. ``template.shape``: its template is not as long as the gallery's."""

    def move_photo(self, number: int, path: str) -> None:
        """Give a photo another path."""

    # Embedding again

    def drop_staged_of_others(self, maker: Maker) -> None:
        """Delete waiting templates of another maker."""

    def stage(self, reference: int, made: Template, quality: float | None) -> None:
        """Let a template of a reference wait for :meth:`switch`; its quality is stored at once."""

    def switch(self, maker: Maker, path: Path) -> bool:
        """Put waiting templates in place, unless the space changes and references lack one; ``template.shape``.

        Returns whether all templates are of the maker's space now.
        """

    # Subjects

    def add_subject(self, key: str) -> int:
        """Add an unnamed subject; returns its number."""

    def name_subject(self, number: int, name: str) -> None:
        """Name a subject; corrections are left as they are."""

    def drop_unused_subjects(self, numbers: Iterable[int]) -> int:
        """Delete the given subjects that no reference points to; returns how many."""

    # Faces that people told apart

    def tell_apart(self, one: int, other: int, answer: ApartAnswer) -> int | None:
        """Keep an answer about two references; returns its number, or None where as much is known of them.

        ``different`` replaces ``cannot say``. An answer goes with its faces; while others of the same subject stay, it
        becomes one about them.
        """

    def forget_apart(self, numbers: Iterable[int]) -> int:
        """Drop answers; returns how many."""

    # Corrections

    def move_references(self, numbers: Sequence[int], subject: int) -> None:
        """Let references be another subject's."""

    def correct(self, sha256: str, box: Box, target: Target | None) -> None:
        """Correct the face in this box, in place of an earlier correction of the same face."""

    def retarget(self, to: Target, *, key: str, name: str | None = None) -> None:
        """Let corrections towards a key, or towards a name, mean this subject."""

    def add_alias(self, name: str, target: Target) -> None:
        """Let a name mean a subject that has another."""

    def end_alias(self, name: str) -> None:
        """Let a name be nobody's alias."""

    def end_aliases_of_emptied(self, numbers: Iterable[int]) -> None:
        """Drop the aliases of the given subjects that have no reference."""

    def forget_corrections(self, key: str) -> None:
        """Drop corrections towards a subject, its aliases included; rejected faces stay rejected."""

    # Deletion

    def references_from(self, photos: Sequence[int]) -> Sequence[int]:
        """Return the numbers of the references that come from these photos; nothing else of them is read."""

    def references_by_subject(self, subject: int) -> Sequence[int]:
        """Return the numbers of a subject's references; nothing else of them is read."""

    def delete_references(self, numbers: Iterable[int]) -> Deleted:
        """Delete references with their pictures, and photos, subjects and restorations that none points to then."""

    def mark_deleted(self) -> None:
        """Note that bytes of what was deleted are still to be overwritten."""


class GalleryStore(Protocol):
    """One gallery in a database; see the module's text for its id."""

    @property
    def id(self) -> str:
        """Permanent identifier of this gallery."""

    @property
    def path(self) -> Path:
        """The gallery's name in messages."""

    def reading(self) -> AbstractContextManager[GalleryReader]:
        """Open a snapshot; it waits for nobody."""

    def writing(self) -> AbstractContextManager[GalleryWriter]:
        """Open a transaction, after other writers' have ended."""
