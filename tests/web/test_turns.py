"""Turns of calls that compute."""

from __future__ import annotations

import asyncio
from threading import Event
from time import sleep

import pytest

from bareface.errors import WebError
from bareface.web.turns import ENROL, JOB, SEARCH, Turns


def order_of(calls: list[tuple[int, str]]) -> list[str]:
    """Let calls wait behind one that runs; return the order in which they ran."""
    done: list[str] = []

    async def together() -> None:
        turns, going = Turns(at_once=1), Event()
        running = [asyncio.create_task(turns.run(SEARCH, going.wait))]
        await asyncio.sleep(0)
        running += [asyncio.create_task(turns.run(priority, done.append, name)) for priority, name in calls]
        while turns.waiting < len(calls):
            await asyncio.sleep(0)
        going.set()
        await asyncio.gather(*running)
        assert (turns.running, turns.waiting) == (0, 0)
        await turns.run(ENROL, done.append, "free")

    asyncio.run(together())
    return done


def test_searches_come_before_enrolments() -> None:
    calls = [(ENROL, "e1"), (SEARCH, "s1"), (ENROL, "e2"), (SEARCH, "s2")]
    assert order_of(calls) == ["s1", "s2", "e1", "e2", "free"]


def test_searches_without_end_leave_enrolments_a_twentieth() -> None:
    calls = [(ENROL, "e1"), (JOB, "j1"), *((SEARCH, f"s{number}") for number in range(44))]
    done = order_of(calls)
    assert [done.index("e1"), done.index("j1")] == [19, 39]
    assert [name for name in done if name[0] == "s"] == [f"s{number}" for number in range(44)]


def test_an_enrolment_does_not_begin_while_searches_take_half_of_the_turns() -> None:
    async def together() -> None:
        turns, going, done = Turns(at_once=2), Event(), list[str]()
        searching = asyncio.create_task(turns.run(SEARCH, going.wait))
        await asyncio.sleep(0)
        enrolling = asyncio.create_task(turns.run(ENROL, done.append, "enrolled"))
        for _ in range(19):
            await turns.run(SEARCH, done.append, "searched")
        assert done == ["searched"] * 19  # the next time it was overtaken often enough
        await turns.run(SEARCH, done.append, "searched")
        await enrolling
        going.set()
        await searching
        assert done.count("enrolled") == 1

    asyncio.run(together())


def test_enrolments_leave_half_of_the_turns_to_searches() -> None:
    async def together() -> None:
        turns, going, done = Turns(at_once=4), Event(), list[str]()
        enrolling = [asyncio.create_task(turns.run(ENROL, going.wait)) for _ in range(5)]
        await asyncio.sleep(0)
        assert (turns.running, turns.waiting) == (2, 3)
        await turns.run(SEARCH, done.append, "at once")
        job = asyncio.create_task(turns.run(JOB, done.append, "job"))
        await asyncio.sleep(0)
        assert (turns.running, turns.waiting, done) == (2, 4, ["at once"])
        going.set()
        await asyncio.gather(*enrolling, job)

    asyncio.run(together())


def test_enrolments_pause_while_people_search_and_only_then() -> None:
    async def together() -> None:
        turns, done = Turns(at_once=2), list[str]()
        for name in ("first", "second"):
            await turns.run(ENROL, done.append, name)
            assert (await waits_for_a_turn(turns)) is False
        await turns.run(SEARCH, done.append, "searched")
        await turns.run(ENROL, sleep, 0.2)
        assert (await waits_for_a_turn(turns)) is True
        await turns.run(SEARCH, done.append, "searched")  # which no pause concerns
        await turns.run(ENROL, done.append, "third")
        assert done == ["first", "second", "searched", "searched", "third"]
        assert (turns.running, turns.waiting) == (0, 0)

    async def waits_for_a_turn(turns: Turns) -> bool:
        """Return whether an enrolment that comes now has to wait; it is then withdrawn."""
        asked = asyncio.create_task(turns.run(ENROL, int))
        await asyncio.sleep(0)
        waits = turns.waiting == 1
        if waits:
            asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        return waits

    asyncio.run(together())


def test_a_search_is_not_refused_because_enrolments_wait() -> None:
    async def together() -> None:
        turns, going, done = Turns(at_once=2, most_waiting=2), Event(), list[str]()
        enrolling = [asyncio.create_task(turns.run(ENROL, going.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(WebError, match=r"web\.busy"):
            await turns.run(ENROL, print)
        await turns.run(SEARCH, done.append, "search")
        going.set()
        await asyncio.gather(*enrolling)

    asyncio.run(together())


def test_a_queue_that_is_full_refuses() -> None:
    async def together() -> None:
        turns, going = Turns(at_once=1, most_waiting=1), Event()
        running = [asyncio.create_task(turns.run(SEARCH, going.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(WebError, match=r"web\.busy"):
            await turns.run(SEARCH, print)
        going.set()
        await asyncio.gather(*running)

    asyncio.run(together())


def test_who_goes_away_leaves_its_place() -> None:
    async def together() -> None:
        turns, going, done = Turns(at_once=1), Event(), list[str]()
        first = asyncio.create_task(turns.run(SEARCH, going.wait))
        await asyncio.sleep(0)
        gone = asyncio.create_task(turns.run(SEARCH, done.append, "gone"))
        last = asyncio.create_task(turns.run(ENROL, done.append, "last"))
        while turns.waiting < 2:
            await asyncio.sleep(0)
        gone.cancel()
        going.set()
        await asyncio.gather(first, last)
        assert done == ["last"]
        await turns.run(SEARCH, done.append, "free")

    asyncio.run(together())
