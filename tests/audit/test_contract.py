"""Contract of every audit log, and of those that can be read."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bareface.audit.kept import KeptAuditLog
from bareface.audit.memory import MemoryAuditLog
from bareface.audit.none import NoAuditLog
from bareface.audit.port import AuditLog
from bareface.values.audit import AuditEvent


class Kept(KeptAuditLog):
    """A log in a folder of its own, with all its events."""

    def __init__(self) -> None:
        self.folder = TemporaryDirectory()
        super().__init__(Path(self.folder.name) / "log", days=365_000)

    @property
    def events(self) -> tuple[AuditEvent, ...]:
        return tuple(one.event for one in reversed(self.page(1000).events))


LOGS = [NoAuditLog, MemoryAuditLog, Kept]
READABLE = [MemoryAuditLog, Kept]


def event(number: int = 0) -> AuditEvent:
    return AuditEvent(
        time=datetime(2026, 1, 2, tzinfo=UTC),
        actor="ada",
        purpose="identify visitors",
        case="2026-7",
        action="Gallery.search",
        outcome="done",
        gallery="f" * 32,
        subjects=(number,),
        references=(3, 4),
        counts={"photos": 1},
    )


def test_an_event_is_a_plain_value() -> None:
    assert pickle.loads(pickle.dumps(event())) == event()


@pytest.mark.parametrize("log", LOGS)
def test_a_log_takes_events(log: type[AuditLog]) -> None:
    opened = log()
    assert isinstance(opened, AuditLog)
    assert opened.append(event()) is None


@pytest.mark.parametrize("log", READABLE)
def test_events_stay_in_order(log: type[MemoryAuditLog]) -> None:
    opened = log()
    for number in range(3):
        opened.append(event(number))
    assert opened.events == tuple(map(event, range(3)))


@pytest.mark.parametrize("log", READABLE)
def test_several_threads_lose_nothing(log: type[MemoryAuditLog]) -> None:
    opened = log()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: opened.append(event(number)), range(400)))
    assert sorted(one.subjects[0] for one in opened.events) == list(range(400))
    opened.append(event(-1))
    assert opened.events[-1] == event(-1)
