"""Pairs of a gallery's own faces whose answer is known, to measure people who compare faces.

Known is what users stated: two photos under one name, or look-alikes under two names. Pairs of two names that are as
alike as photos of one person are left out, since they may be one person enrolled twice.
"""

from __future__ import annotations

import random
from collections.abc import Sequence, Set

import numpy as np

from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.store import Store
from bareface.storage.sqlite.transaction import SqliteReader
from bareface.values.cases import Control
from bareface.values.gallery import Reference

MOST_SUBJECTS = 300
"""Named subjects that are drawn from a larger gallery."""
_ROUNDING = 1e-6
_POOL = 4
"""Pairs of look-alikes to draw from, for each one that is wanted."""


def control_pairs(store: Store, count: int, without: Set[int], rng: random.Random) -> tuple[Control, ...]:
    """Draw pairs: of look-alikes, and fewer or as many of one person, each person in one pair only.

    A small gallery has fewer than are asked for.

    Parameters
    ----------
    store
        The gallery.
    count
        Number of pairs.
    without
        Numbers of subjects that take no part.
    rng
        Draws.
    """
    with store.read() as connection:
        reader = SqliteReader(connection)
        named = [number for number, _ in reader.subject_names() if number not in without]
        chosen = rng.sample(named, min(len(named), MOST_SUBJECTS))
        photos = {number: _two_photos(reader.references_of(number)) for number in chosen}
        shown = [one for some in photos.values() for one in some]
        templates = catalogue.vectors(connection, [one.id for one in shown])
    unit = {number: vector / np.linalg.norm(vector) for number, vector in templates.items()}
    pairs = [some for some in photos.values() if len(some) == 2]
    mated = [float(unit[one.id] @ unit[other.id]) for one, other in pairs]
    together = rng.sample(pairs, min(len(pairs), count // 2, len(photos) // 3))
    taken = {one.subject_id for one, _ in together}
    others = [some[0] for number, some in photos.items() if number not in taken and some]
    apart = _look_alikes(others, unit, float(np.median(mated or [1.0])))[: _POOL * count]
    apart = rng.sample(apart, min(len(apart), count - len(together)))
    known = [_control(one, other, True) for one, other in together if apart]
    known += [_control(one, other, False) for one, other in apart]
    rng.shuffle(known)
    return tuple(known)


def _two_photos(references: Sequence[Reference]) -> list[Reference]:
    """Return a subject's best reference and its next one of another photo; those without a mask first."""
    ordered = sorted(references, key=lambda one: one.mask_state != "none")
    other = next((one for one in ordered[1:] if one.sha256 != ordered[0].sha256), None)
    return ordered[:1] if other is None else [ordered[0], other]


def _look_alikes(
    references: Sequence[Reference], unit: dict[int, np.ndarray], limit: float
) -> list[tuple[Reference, Reference]]:
    """Return pairs of subjects less alike than a limit, the most similar first; each subject is in one pair."""
    if len(references) < 2:
        return []
    matrix = np.stack([unit[one.id] for one in references])
    scores = np.triu(matrix @ matrix.T, 1)
    rows, columns = np.triu_indices(len(references), 1)
    order = np.argsort(-scores[rows, columns], kind="stable")
    taken: set[int] = set()
    pairs = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        alike = scores[row, column] >= limit - _ROUNDING or references[row].sha256 == references[column].sha256
        if alike or taken & {row, column}:
            continue
        taken |= {row, column}
        pairs.append((references[row], references[column]))
    return pairs


def _control(one: Reference, other: Reference, same: bool) -> Control:
    return Control(one.id, other.id, same, (one.enrolled, other.enrolled))
