"""Meaning of subject names and numbers: the one place where that is decided.

A name is of one subject. It is, in this order,

1. a subject in the gallery;
2. an alias: a subject of that name was merged into another, or renamed;
3. a subject that corrections wait for, although its last reference was deleted;
4. nobody's: whoever is first enrolled under it gets it.

Whatever gives a subject a name ends what the name meant before, so that no two of these hold at once.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bareface.errors import UsageError
from bareface.messages import Note
from bareface.storage.ports import GalleryReader, GalleryWriter
from bareface.values import names
from bareface.values.correction import Target
from bareface.values.gallery import Problem


@dataclass(frozen=True, slots=True)
class Meaning:
    """Meaning of a name.

    Attributes
    ----------
    number
        The subject's number; None if it is not in the gallery, or not any more.
    target
        The subject; None if nobody has the name.
    alias
        Whether the subject is called otherwise.
    """

    number: int | None
    target: Target | None
    alias: bool = False


def find(reader: GalleryReader, which: int | str) -> int:
    """Find a subject of the gallery; returns its number.

    Parameters
    ----------
    which
        Its number, as an int or as ``#7``, or its name. Aliases are not followed: what is deleted is named itself.

    Raises
    ------
    UsageError
        ``usage.unknown-subject``, ``usage.ambiguous-subject``; ``usage.name``.
    """
    number = names.number(which) if isinstance(which, str) else _integer(which)
    if number is None:
        assert isinstance(which, str)
        meaning = meant(reader, which)
        if meaning.number is None or meaning.alias:
            raise _unknown(f"called {which!r}", meaning)
        return meaning.number
    there = reader.has_subject(number)
    if isinstance(which, str):  # galleries of earlier versions have people whose names read as numbers
        called = [one for one in reader.subjects_called(which) if one != number]
        if called:
            raise _ambiguous(which, [number] * there + called)
    if not there:
        raise _unknown(f"number {number}")
    return number


def by_number(reader: GalleryReader, which: int | str) -> int:
    """Find a subject as :func:`find` does, but take ``#7`` for number 7 even if a subject is called so."""
    number = names.number(which) if isinstance(which, str) else None
    return find(reader, which if number is None else number)


def meant(reader: GalleryReader, name: str) -> Meaning:
    """Look up what a name means now.

    Raises
    ------
    UsageError
        ``usage.ambiguous-subject``: a gallery of an earlier version has several subjects of that name.
    """
    living = reader.subjects_called(name)
    if len(living) > 1:
        raise _ambiguous(name, living)
    if living:
        return Meaning(living[0], reader.target(living[0]))
    alias = reader.alias(name)
    target = alias or reader.waiting(name)
    if target is None:
        return Meaning(None, None)
    return Meaning(reader.subject_of_key(target.key), target, alias is not None)


def named(writer: GalleryWriter, name: str) -> int:
    """Find the subject that a name means, following an alias, or add it; returns its number.

    Raises
    ------
    UsageError
        ``usage.name``, ``usage.ambiguous-subject``.
    """
    name = names.checked(name)
    meaning = meant(writer, name)
    if meaning.number is not None:
        return meaning.number
    return add(writer, name) if meaning.target is None else standing(writer, meaning.target)


def standing(writer: GalleryWriter, wanted: Target) -> int:
    """Find the subject that a correction means, or add it again if its references were deleted; returns its number."""
    number = writer.subject_of_key(wanted.key)
    return add(writer, wanted.name, wanted.key) if number is None else number


def free(reader: GalleryReader, name: str, but: int | None = None) -> str:
    """Return a name as it is kept, or refuse it if a subject other than ``but`` has it.

    Raises
    ------
    UsageError
        ``usage.name``, ``usage.subject-exists``.
    """
    name = names.checked(name)
    if any(one != but for one in reader.subjects_called(name)):
        raise UsageError("usage.subject-exists", name=name)
    return name


def add(writer: GalleryWriter, name: str | None, key: str | None = None) -> int:
    """Add a subject; returns its number."""
    number = writer.add_subject(key or uuid4().hex)
    if name is not None:
        take(writer, number, name)
    return number


def take(writer: GalleryWriter, number: int, name: str) -> None:
    """Give a subject a name that no other has: from now on the name means this subject only."""
    writer.name_subject(number, name)
    writer.end_alias(name)
    key = writer.target(number).key
    writer.retarget(Target(key, name), key=key, name=name)


def waiting(reader: GalleryReader, which: int | str) -> Target | None:
    """Find a subject that has no references any more, but that corrections name."""
    if not isinstance(which, str) or names.reads_as_number(which):
        return None
    meaning = meant(reader, which)
    return None if meaning.alias or meaning.number is not None else meaning.target


def doubtful_names(reader: GalleryReader) -> tuple[Problem, ...]:
    """List names that can be misread: those that several subjects seem to have, and those that cannot be names."""
    alike: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    doubts: list[Problem] = []
    for number, name in reader.subject_names():
        alike[names.appearance(name)].append((number, name))
        try:
            names.checked(name)
        except UsageError as error:
            message = Note("damage.subject-name", number=number, reason=error)
            doubts.append(Problem("gallery.subject-name", message))
    for several in (several for several in alike.values() if len(several) > 1):
        who = [f"#{number} ({name!r})" for number, name in several]
        message = Note("damage.namesakes", names=who)
        doubts.append(Problem("gallery.namesakes", message))
    return tuple(doubts)


def _integer(which: Any) -> int:
    try:
        if isinstance(which, bool):
            raise TypeError
        return operator.index(which)
    except TypeError:
        raise UsageError("usage.unknown-subject/kind") from None


def _unknown(which: str, meaning: Meaning | None = None) -> UsageError:
    if meaning is None or not meaning.alias or meaning.target is None:
        return UsageError("usage.unknown-subject/none", which=which)
    name, number = meaning.target.name, meaning.number
    if number is None:
        return UsageError("usage.unknown-subject/alias", which=which, name=name)
    return UsageError("usage.unknown-subject/alias-number", which=which, name=name, number=number)


def _ambiguous(which: str, numbers: Iterable[int]) -> UsageError:
    several = " and ".join(f"#{number}" for number in numbers)
    return UsageError("usage.ambiguous-subject", which=which, several=several)
