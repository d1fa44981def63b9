"""Which subject a name or a number means: the one place where that is decided.

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

import sqlalchemy as sa

from bareface.errors import UsageError
from bareface.storage.sqlite.queries import inserted
from bareface.storage.sqlite.schema import correction, reference, subject
from bareface.values import names
from bareface.values.gallery import Problem


@dataclass(frozen=True, slots=True)
class Target:
    """A subject for good: by key, which outlives the deletion of its references."""

    key: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name means.

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


def find(connection: sa.Connection, which: int | str) -> int:
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
        meaning = meant(connection, which)
        if meaning.number is None or meaning.alias:
            raise _unknown(f"called {which!r}", meaning)
        return meaning.number
    row = sa.select(subject.c.id).where(subject.c.id == number)
    there = 0 <= number < 2**63 and connection.execute(row).first() is not None
    if isinstance(which, str):  # galleries of earlier versions have people whose names read as numbers
        called = [one for one in _living(connection, which) if one != number]
        if called:
            raise _ambiguous(which, [number] * there + called)
    if not there:
        raise _unknown(f"number {number}")
    return number


def by_number(connection: sa.Connection, which: int | str) -> int:
    """Find a subject as :func:`find` does, but take ``#7`` for number 7 even if a subject is called so."""
    number = names.number(which) if isinstance(which, str) else None
    return find(connection, which if number is None else number)


def meant(connection: sa.Connection, name: str) -> Meaning:
    """Look up what a name means now.

    Raises
    ------
    UsageError
        ``usage.ambiguous-subject``: a gallery of an earlier version has several subjects of that name.
    """
    living = _living(connection, name)
    if len(living) > 1:
        raise _ambiguous(name, living)
    if living:
        return Meaning(living[0], target(connection, living[0]))
    c = correction.c
    alias = sa.select(c.subject_key, c.subject_name).where(c.merged_name == names.key(name))
    waiting = sa.select(c.subject_key, c.subject_name).where(c.subject_name_key == names.key(name))
    for query, is_alias in ((alias, True), (waiting, False)):
        row = connection.execute(query).first()
        if row is not None:
            return Meaning(_by_key(connection, row.subject_key), Target(*row), is_alias)
    return Meaning(None, None)


def named(connection: sa.Connection, name: str) -> int:
    """Find the subject that a name means, following an alias, or add it; returns its number.

    Raises
    ------
    UsageError
        ``usage.name``, ``usage.ambiguous-subject``.
    """
    name = names.checked(name)
    meaning = meant(connection, name)
    if meaning.number is not None:
        return meaning.number
    return add(connection, name) if meaning.target is None else standing(connection, meaning.target)


def standing(connection: sa.Connection, wanted: Target) -> int:
    """Find the subject that a correction means, or add it again if its references were deleted; returns its number."""
    number = _by_key(connection, wanted.key)
    return add(connection, wanted.name, wanted.key) if number is None else number


def free(connection: sa.Connection, name: str, but: int | None = None) -> str:
    """Return a name as it is kept, or refuse it if a subject other than ``but`` has it.

    Raises
    ------
    UsageError
        ``usage.name``, ``usage.subject-exists``.
    """
    name = names.checked(name)
    if any(one != but for one in _living(connection, name)):
        raise UsageError(
            "usage.subject-exists",
            f"there is a subject called {name!r}.",
            remedy="Choose another name, or give the faces to that subject with `bareface gallery assign`.",
        )
    return name


def add(connection: sa.Connection, name: str | None, key: str | None = None) -> int:
    """Add a subject; returns its number."""
    number = inserted(connection, subject, {"name": None, "key": key or uuid4().hex})
    if name is not None:
        take(connection, number, name)
    return number


def take(connection: sa.Connection, number: int, name: str) -> None:
    """Give a subject a name that no other has: from now on the name means this subject only."""
    values = {"name": name, "name_key": names.key(name), "namesake": 0}
    connection.execute(subject.update().where(subject.c.id == number).values(values))
    c = correction.c
    key = target(connection, number).key
    end_alias(connection, name)
    same = correction.update().where((c.subject_key == key) | (c.subject_name_key == names.key(name)))
    connection.execute(same.values(subject_key=key, subject_name=name, subject_name_key=names.key(name)))


def end_alias(connection: sa.Connection, name: str) -> None:
    """Let a name mean no other subject any more."""
    connection.execute(correction.delete().where(correction.c.merged_name == names.key(name)))


def end_aliases_of_emptied(connection: sa.Connection, numbers: Iterable[int]) -> None:
    """Let nothing be another name of those of these subjects that have no reference any more."""
    empty = ~sa.exists().where(reference.c.subject_id == subject.c.id)
    keys = sa.select(subject.c.key).where(subject.c.id.in_(sorted(numbers)), empty)
    connection.execute(correction.delete().where(correction.c.kind == "merge", correction.c.subject_key.in_(keys)))


def waiting(connection: sa.Connection, which: int | str) -> Target | None:
    """Find a subject that is in no reference any more, but that corrections name."""
    if not isinstance(which, str) or names.reads_as_number(which):
        return None
    meaning = meant(connection, which)
    return None if meaning.alias or meaning.number is not None else meaning.target


def forget(connection: sa.Connection, who: Target) -> None:
    """Drop what was said about a subject, its aliases included; faces that were rejected stay rejected.

    A photo that was assigned to a deleted subject then belongs to whom it is enrolled for next.
    """
    connection.execute(correction.delete().where(correction.c.subject_key == who.key))


def target(connection: sa.Connection, number: int) -> Target:
    """Return a subject of the gallery by what outlives it."""
    return Target(*connection.execute(sa.select(subject.c.key, subject.c.name).where(subject.c.id == number)).one())


def doubtful_names(connection: sa.Connection) -> tuple[Problem, ...]:
    """List names that can be misread: those that several subjects seem to have, and those that cannot be names."""
    alike: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    doubts: list[Problem] = []
    query = sa.select(subject.c.id, subject.c.name).where(subject.c.name.is_not(None)).order_by(subject.c.id)
    for number, name in connection.execute(query):
        alike[names.appearance(name)].append((number, name))
        try:
            names.checked(name)
        except UsageError as error:
            message = f"subject #{number}: {error.message} Rename it with `bareface gallery rename`."
            doubts.append(Problem("gallery.subject-name", message))
    for several in (several for several in alike.values() if len(several) > 1):
        who = ", ".join(f"#{number} ({name!r})" for number, name in several)
        message = f"these names look the same: {who}. Make them one with `bareface gallery merge`, or rename one."
        doubts.append(Problem("gallery.namesakes", message))
    return tuple(doubts)


def _living(connection: sa.Connection, name: str) -> list[int]:
    query = sa.select(subject.c.id).where(subject.c.name_key == names.key(name)).order_by(subject.c.id)
    return list(connection.execute(query).scalars())


def _by_key(connection: sa.Connection, key: str) -> int | None:
    return connection.execute(sa.select(subject.c.id).where(subject.c.key == key)).scalar()


def _integer(which: Any) -> int:
    try:
        if isinstance(which, bool):
            raise TypeError
        return operator.index(which)
    except TypeError:
        raise UsageError("usage.unknown-subject", "a subject is given by its number or its name.") from None


def _unknown(which: str, meaning: Meaning | None = None) -> UsageError:
    remedy = "`bareface gallery subjects` lists them."
    if meaning is not None and meaning.alias and meaning.target is not None:
        number = "" if meaning.number is None else f" (#{meaning.number})"
        remedy = f"That is another name of {meaning.target.name!r}{number}: use this one."
    return UsageError("usage.unknown-subject", f"no subject is {which}.", remedy=remedy)


def _ambiguous(which: str, numbers: Iterable[int]) -> UsageError:
    several = " and ".join(f"#{number}" for number in numbers)
    return UsageError(
        "usage.ambiguous-subject",
        f"{which!r} can mean several subjects: {several}.",
        remedy="Give the number, or merge or rename one of them: `bareface gallery check` names them.",
    )
