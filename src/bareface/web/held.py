"""Searches that were made: kept in memory for a while, so that a page can show them, and never written to disk."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from bareface.errors import WebError
from bareface.values.context import Context
from bareface.values.search import Candidate, SearchResult

if TYPE_CHECKING:
    from bareface.services.gallery_searches import RestoredCandidate, RestoredSearch

_SECONDS = 3600.0
_MOST = 200
_MOST_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class RestoredAnswer:
    """A search with restored versions of one face, and the labelled picture of them; None if it was not restored."""

    search: RestoredSearch
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class HeldSearch:
    """A search and its result.

    Attributes
    ----------
    id
        Random; nobody guesses it.
    name
        The photo's name, as its uploader's machine called it.
    photos
        The uploaded files.
    result
        The candidate lists.
    made
        When, in UTC.
    context
        The caller, the purpose and the case, to which all later calls on this search belong.
    kept
        Number of the search in a case; None if it is in none.
    restored
        Searches with restored faces, by the number of the list.
    keeping
        Held while a case takes the search, which it does once, whoever asks at the same time.
    """

    id: str
    name: str
    photos: tuple[bytes, ...]
    result: SearchResult
    made: datetime
    context: Context
    kept: int | None = None
    restored: dict[int, RestoredAnswer] = field(default_factory=dict)
    keeping: Lock = field(default_factory=Lock)

    @property
    def shown(self) -> set[tuple[int, int]]:
        """Subject and reference of everybody whom it shows."""
        lists: list[Candidate | RestoredCandidate] = [one for entry in self.result.lists for one in entry.candidates]
        lists += [one for made in self.restored.values() for one in (*made.search.candidates, *made.search.added)]
        return {(one.subject_id, one.reference_id) for one in lists}

    @property
    def size(self) -> int:
        """Bytes in memory, roughly."""
        return sum(map(len, self.photos)) + sum(300_000 for one in self.result.lists for _ in one.probe)


class HeldSearches:
    """The searches of one server: the latest ones, for an hour."""

    def __init__(self, most: int = _MOST, most_bytes: int = _MOST_BYTES, seconds: float = _SECONDS) -> None:
        self._most, self._most_bytes, self._seconds = most, most_bytes, seconds
        self._held: OrderedDict[str, tuple[float, HeldSearch]] = OrderedDict()
        self._lock = Lock()

    def add(self, name: str, photos: tuple[bytes, ...], result: SearchResult, context: Context) -> HeldSearch:
        """Hold a search."""
        search = HeldSearch(secrets.token_urlsafe(16), name, photos, result, datetime.now(UTC), context)
        with self._lock:
            self._held[search.id] = time.monotonic() + self._seconds, search
            self._drop()
        return search

    def get(self, id: str) -> HeldSearch:
        """Return a search.

        Raises
        ------
        WebError
            ``web.search``: there is none of this id, or not any more.
        """
        with self._lock:
            self._drop()
            if id not in self._held:
                raise WebError("web.search")
            return self._held[id][1]

    def note_kept(self, id: str, kept: int, case: int) -> None:
        """Note that a search is in a case now."""
        with self._lock:
            if id in self._held:
                ends, search = self._held[id]
                self._held[id] = ends, replace(search, kept=kept, context=replace(search.context, case=str(case)))

    def kept(self) -> set[int]:
        """Return the numbers of the searches that are in a case."""
        with self._lock:
            return {search.kept for _, search in self._held.values() if search.kept is not None}

    def latest(self, most: int, actor: str | None = None) -> list[HeldSearch]:
        """Return the latest searches that found a face, newest first; all, or those of one person."""
        with self._lock:
            self._drop()
            found = (search for _, search in reversed(self._held.values()) if search.result.lists)
            return [one for one in found if actor in (None, one.context.actor)][:most]

    def drop(self, id: str) -> None:
        """Forget a search; ``web.search`` as in :meth:`get`."""
        self.get(id)
        with self._lock:
            self._held.pop(id, None)

    def __contains__(self, search: HeldSearch) -> bool:
        return search.id in self._held

    def __len__(self) -> int:
        return len(self._held)

    def references(self) -> set[int]:
        """Return the numbers of all references that the searches name."""
        with self._lock:
            return {reference for _, search in self._held.values() for _, reference in search.shown}

    def forget(self, subjects: Set[int], references: Set[int]) -> None:
        """Forget all searches whose lists name somebody who was deleted."""
        with self._lock:
            for id, (_, search) in list(self._held.items()):
                if any(subject in subjects or reference in references for subject, reference in search.shown):
                    del self._held[id]

    def forget_kept(self, numbers: Set[int]) -> None:
        """Forget searches that were kept in a case under these numbers, since it was erased."""
        with self._lock:
            for id, (_, search) in list(self._held.items()):
                if search.kept in numbers:
                    del self._held[id]

    def _drop(self) -> None:
        now = time.monotonic()
        while self._held and (
            next(iter(self._held.values()))[0] < now
            or len(self._held) > self._most
            or (len(self._held) > 1 and sum(one.size for _, one in self._held.values()) > self._most_bytes)
        ):
            self._held.popitem(last=False)
