"""The log that is kept: looks are summed up, nothing is lost, and what is old goes."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

import bareface.services
from bareface.audit.kept import SUM_SECONDS, KeptAuditLog
from bareface.audit.memory import MemoryAuditLog
from bareface.errors import GalleryError
from bareface.services.audit import AuditTrail
from bareface.services.gallery import Gallery
from bareface.values.audit import AuditEvent, kind_of
from tests.gallery.pictures import TileEngine, picture

START = datetime(2026, 1, 2, tzinfo=UTC)


def look(number: int = 1, seconds: float = 0, actor: str = "ada", action: str = "Gallery.crop") -> AuditEvent:
    time = START + timedelta(seconds=seconds)
    return AuditEvent(time, actor, None, None, action, "done", references=(number,), counts={"photos": 1})


@pytest.fixture
def log(tmp_path: Path) -> KeptAuditLog:
    return KeptAuditLog(tmp_path / "people-audit", days=365)


def reopened(log: KeptAuditLog) -> KeptAuditLog:
    return KeptAuditLog(log.path, days=365)


def test_a_page_of_48_people_is_few_events(log: KeptAuditLog) -> None:
    log.append(look(0, action="Gallery.subject_page"))
    for number in range(48):
        log.append(look(number, number / 10, action="Gallery.best_reference"))
        log.append(look(number, number / 10))
    crops, bests, _ = log.page(10).events
    assert (crops.event.action, bests.event.action) == ("Gallery.crop", "Gallery.best_reference")
    assert (crops.times, crops.event.references, crops.event.counts) == (48, tuple(range(48)), {"photos": 48})
    assert (crops.event.time, crops.last) == (START, START + timedelta(seconds=4.7))


def test_a_sum_ends_after_a_minute_and_is_of_one_person(log: KeptAuditLog) -> None:
    for event in (look(1), look(2, SUM_SECONDS - 1), look(3, SUM_SECONDS), look(4, 1, actor="bo")):
        log.append(event)
    seen = [(one.event.actor, one.event.references) for one in log.page(10).events]
    assert seen == [("bo", (4,)), ("ada", (3,)), ("ada", (1, 2))]


def test_what_changes_or_fails_is_an_event_of_its_own(log: KeptAuditLog) -> None:
    failed = replace(look(), outcome="usage.unknown-reference")
    for event in [failed] * 2 + [look(action="Gallery.search")] * 2 + [look(action="Gallery.merge")] * 2:
        log.append(event)
    assert [one.times for one in log.page(10).events] == [1] * 6


def test_wrong_tokens_are_summed_up(log: KeptAuditLog) -> None:
    for _ in range(30):
        log.append(AuditEvent(START, "?", None, None, "Access.sign_in", "web.token"))
        log.append(AuditEvent(START, "ada", None, None, "Access.sign_in", "done"))
    assert sorted(one.times for one in log.page(100).events) == [1] * 30 + [30]


def test_the_first_look_is_on_the_disk_at_once_and_the_others_with_the_next_event(log: KeptAuditLog) -> None:
    log.append(look(1))
    log.append(look(2))
    assert reopened(log).page(1).events[0].event.references == (1,)
    log.append(look(action="Gallery.search"))
    assert reopened(log).page(2).events[1].event.references == (1, 2)


def test_what_a_sum_grew_by_is_written_by_itself(log: KeptAuditLog) -> None:
    log.append(look(1))
    log.append(look(2))
    other = reopened(log)
    while other.page(1).events[0].times == 1:
        pass


def test_an_event_that_cannot_be_written_is_an_error(log: KeptAuditLog) -> None:
    log.path.mkdir()
    with pytest.raises(GalleryError, match="people-audit"):
        log.append(look())


def test_it_is_for_its_owner(log: KeptAuditLog) -> None:
    log.append(look())
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_what_is_too_old_is_erased_and_said(log: KeptAuditLog) -> None:
    log.append(look(action="Gallery.search", actor="somebody long ago"))
    later = reopened(log)
    later.append(replace(look(action="Gallery.search"), time=START + timedelta(days=366)))
    actions = [(one.event.action, one.event.counts) for one in later.page(10).events]
    assert actions == [("AuditTrail.expire", {"events": 1}), ("Gallery.search", {"photos": 1})]
    assert b"long ago" not in log.path.read_bytes()


def test_the_number_of_events_is_bounded(tmp_path: Path) -> None:
    for _ in range(3):  # each run looks at its first event
        log = KeptAuditLog(tmp_path / "a", days=365, most=5)
        for number in range(8):
            log.append(look(number, action="Gallery.search"))
    events = log.page(100).events
    assert len(events) < 2 * 8
    assert events[0].event.references == (7,)


def test_events_are_found_by_person_case_and_kind_some_at_a_time(log: KeptAuditLog) -> None:
    for number in range(6):
        actor, action = ("ada", "bo")[number % 2], ("Gallery.search", "Gallery.merge")[number // 3]
        log.append(replace(look(number, actor=actor, action=action), case="7" if number == 4 else None))
    assert [one.event.references[0] for one in log.page(10, actor="bo").events] == [5, 3, 1]
    assert [one.event.references[0] for one in log.page(10, kind="change").events] == [5, 4, 3]
    assert [one.event.references[0] for one in log.page(10, case="7", actor="ada").events] == [4]
    first = log.page(2, actor="bo")
    assert first.more
    rest = log.page(2, first.events[-1].id, actor="bo")
    assert [one.event.references[0] for one in rest.events] == [1]
    assert not rest.more


@pytest.mark.parametrize("action", ["Gallery.merge", "Cases.report", "Jobs.create", "Nobody.knows"])
def test_only_looks_are_summed(action: str) -> None:
    assert kind_of(action) not in ("view", "list")


def test_every_action_of_a_served_gallery_has_a_kind() -> None:
    sources = [path.read_text() for path in Path(bareface.services.__path__[0]).glob("*.py")]
    actions = {found for text in sources for found in re.findall(r'call\("([A-Z]\w+\.\w+)"', text)}
    assert "Gallery.search" in actions
    unknown = {action for action in actions if kind_of(action) == "other"}
    assert not {one for one in unknown if not one.startswith(("Demo.", "Evaluation.", "RestorationEvaluation."))}


@pytest.mark.parametrize(
    "change",
    [
        "actor = x'ff'",
        "time = '2026-01-01'",
        "counts = '[1]'",
        'counts = \'{"a": "b"}\'',
        "subjects = '[\"a\"]'",
        "subjects = '[1e999]'",
        "times = 'x'",
    ],
)
def test_a_damaged_event_is_an_error_that_names_the_file(log: KeptAuditLog, change: str) -> None:
    log.append(look())
    with closing(sqlite3.connect(log.path)) as database:
        database.execute(f"UPDATE event SET {change}")
        database.commit()
    with pytest.raises(GalleryError) as caught:
        KeptAuditLog(log.path, 30).page(5)
    assert (caught.value.code, caught.value.source) == ("gallery.corrupt", str(log.path))


def test_where_no_event_can_be_kept_is_said_before_the_service_begins(tmp_path: Path) -> None:
    trail = AuditTrail.of(tmp_path / "g")
    with mock.patch("os.access", lambda path, mode: mode == os.R_OK), pytest.raises(GalleryError) as caught:
        trail.check_writable()
    assert caught.value.code == "gallery.read-only"
    assert "without a log" in str(caught.value)


def test_events_name_the_gallery_that_is_there(tmp_path: Path) -> None:
    log = MemoryAuditLog()
    with Gallery.open(tmp_path / "g", TileEngine(), audit=log) as opened:
        opened.enrol(picture((200, 60, 60)))
        with Gallery.open(tmp_path / "other", TileEngine()) as other:
            other.enrol(picture((60, 200, 60)))
            there = other.info().uuid
        (tmp_path / "other").replace(tmp_path / "g")
        opened.gone_since(None, ())
        opened.subjects()
    assert log.events[-1].gallery == there != log.events[0].gallery
