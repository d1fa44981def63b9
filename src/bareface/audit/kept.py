"""An audit log in a small database next to a gallery: for its owner, added to only, and bounded.

Looks are summed up: what one person is shown for one purpose by one kind of call within a minute is one event, with
the numbers of everybody who was shown and how many calls there were. So are wrong tokens, and photos of a job. Every
other call is an event of its own. An event is on the disk before its call returns; what a sum grows by follows within a
second, or with the next event: a page asks for dozens of pictures at once, and each would wait for the disk.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import RLock, Timer
from typing import Any, Final

from bareface.errors import BarefaceError
from bareface.logs import logger
from bareface.system.small_database import SmallDatabase
from bareface.system.typed import made
from bareface.values.audit import DONE, AuditEvent, EventKind, EventPage, KeptEvent, is_summed, kind_of

SUM_SECONDS: Final = 60
"""Length of a sum of looks."""
MOST_EVENTS: Final = 1_000_000
"""Number of events beyond which the oldest are erased."""
_LATE_S: Final = 1.0
_log = logger(__name__)
_LARGEST_SUM: Final = 2000
_EACH: Final = 500
"""Number of events after which old ones are erased."""
_SUMS: Final = 64

_FIRST = """
CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, last TEXT NOT NULL, times INTEGER NOT NULL,
  actor TEXT NOT NULL, purpose TEXT, case_id TEXT, kind TEXT NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL,
  gallery TEXT, subjects TEXT NOT NULL, refs TEXT NOT NULL, counts TEXT NOT NULL);
CREATE INDEX event_time ON event(time);
CREATE INDEX event_actor ON event(actor);
CREATE INDEX event_case ON event(case_id) WHERE case_id IS NOT NULL;
CREATE INDEX event_kind ON event(kind);
"""


@dataclass(slots=True)
class _Sum:
    """A sum of looks that goes on."""

    id: int
    ends: datetime
    subjects: set[int] = field(default_factory=set)
    references: set[int] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    times: int = 0
    last: str = ""
    written: bool = False

    def add(self, event: AuditEvent) -> None:
        """Add a look."""
        self.subjects.update(event.subjects)
        self.references.update(event.references)
        for name, count in event.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        self.times += 1
        self.last, self.written = _text(event.time), False


class KeptAuditLog(SmallDatabase):
    """Keeps events for a number of days. There is no method to change or remove one.

    Parameters
    ----------
    path
        The file; made with the first event.
    days
        Number of days that an event is kept.
    most
        Number of events that are kept.
    """

    layouts = (_FIRST,)

    def __init__(self, path: Path, days: int, most: int = MOST_EVENTS) -> None:
        super().__init__(path)
        self._days, self._most = days, most
        self._sums: dict[tuple[Any, ...], _Sum] = {}
        self._appending = RLock()
        self._timer: Timer | None = None
        self._added = 0

    def append(self, event: AuditEvent) -> None:
        """Add an event after all others, or to a sum of looks."""
        with self._appending:
            if is_summed(event):
                self._look(event)
            else:
                self._insert(event)

    def page(
        self,
        most: int,
        before: int | None = None,
        *,
        actor: str | tuple[str, ...] | None = None,
        case: str | None = None,
        kind: EventKind | None = None,
    ) -> EventPage:
        """Return some events, latest first: those before a number, of one actor or several, one case or kind."""
        self.flush()
        wishes: Mapping[str, object] = {"id <": before, "case_id =": case, "kind =": kind}
        given = {wish: value for wish, value in wishes.items() if value is not None}
        actors = () if actor is None else (actor,) if isinstance(actor, str) else actor
        among = [f"actor IN ({', '.join('?' for _ in actors)})"] if actors else []
        where = " AND ".join([f"{wish} ?" for wish in given] + among) or "1"
        with self._read() as connection:
            query = f"SELECT * FROM event WHERE {where} ORDER BY id DESC LIMIT ?"
            rows = connection.execute(query, (*given.values(), *actors, most + 1)).fetchall()
            return EventPage(tuple(map(_kept, rows[:most])), len(rows) > most)

    def flush(self) -> None:
        """Write what sums have grown by."""
        with self._appending:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if not all(one.written for one in self._sums.values()):
                with self._open() as connection:
                    self._write_sums(connection)

    def _look(self, event: AuditEvent) -> None:
        key = event.actor, event.purpose, event.case, event.action, event.outcome, event.gallery
        last = self._sums.get(key)
        if last is not None and event.time < last.ends and len(last.subjects) + len(last.references) < _LARGEST_SUM:
            last.add(event)
            if self._timer is None:
                self._timer = Timer(_LATE_S, self._flush_late)
                self._timer.daemon = True
                self._timer.start()
            return
        made = _Sum(self._insert(event), event.time + timedelta(seconds=SUM_SECONDS))
        made.add(event)
        made.written = True
        self._sums = {one: value for one, value in self._sums.items() if value.ends > event.time}
        if len(self._sums) >= _SUMS:
            self._sums.clear()
        self._sums[key] = made

    def _flush_late(self) -> None:
        try:
            self.flush()
        except BarefaceError as error:  # the next event of any call says so to its caller
            _log.warning("the audit log cannot be written: %s", error)

    def _write_sums(self, connection: sqlite3.Connection) -> None:
        for one in self._sums.values():
            if not one.written:
                query = "UPDATE event SET last = ?, times = ?, subjects = ?, refs = ?, counts = ? WHERE id = ?"
                numbers = _list(one.subjects), _list(one.references)
                connection.execute(query, (one.last, one.times, *numbers, json.dumps(one.counts), one.id))
        for one in self._sums.values():
            one.written = True

    def _insert(self, event: AuditEvent) -> int:
        with self._open() as connection:
            self._write_sums(connection)
            number = _insert(connection, event)
            self._added += 1
            due = self._added % _EACH == 1 and self._expire(connection, event)
        if due:
            self._rewrite()
        return number

    def _expire(self, connection: sqlite3.Connection, event: AuditEvent) -> bool:
        """Erase what is too old, or too much; leave an event that says how much."""
        query = "DELETE FROM event WHERE time < ? OR id <= (SELECT max(id) FROM event) - ?"
        oldest = _text(event.time - timedelta(days=self._days))
        count = connection.execute(query, (oldest, self._most)).rowcount
        if count:
            self.mark_deleted(connection)
            said = AuditEvent(event.time, "bareface", None, None, "AuditTrail.expire", DONE, counts={"events": count})
            _insert(connection, said)
        return count > 0


def _insert(connection: sqlite3.Connection, event: AuditEvent) -> int:
    query = (
        "INSERT INTO event (time, last, times, actor, purpose, case_id, kind, action, outcome, gallery, subjects, refs,"
        " counts) VALUES (?1, ?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    )
    values = (
        _text(event.time),
        event.actor,
        event.purpose,
        event.case,
        kind_of(event.action),
        event.action,
        event.outcome,
        event.gallery,
        _list(event.subjects),
        _list(event.references),
        json.dumps(dict(event.counts)),
    )
    number = connection.execute(query, values).lastrowid
    assert number is not None
    return number


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _list(numbers: Any) -> str:
    return json.dumps(sorted(numbers))


def _kept(row: sqlite3.Row) -> KeptEvent:
    event = made(
        AuditEvent,
        time=_moment(row["time"]),
        actor=row["actor"],
        purpose=row["purpose"],
        case=row["case_id"],
        action=row["action"],
        outcome=row["outcome"],
        gallery=row["gallery"],
        subjects=json.loads(row["subjects"]),
        references=json.loads(row["refs"]),
        counts=json.loads(row["counts"]),
    )
    return KeptEvent(row["id"], event, int(row["times"]), _moment(row["last"]))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
