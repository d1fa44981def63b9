"""Background jobs through the interface for programs and on pages."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from bareface.web.turns import ENROL, JOB, SEARCH, Turns
from tests.gallery.pictures import Colour, colours
from tests.web.support import Served, png

NEW = colours(12, seed=5)


def begin(served: Served, *faces: Colour, complete: bool = True, **form: Any) -> int:
    job = served.call("POST", "/jobs", 201, json={"kind": "enrolment", "basis": "consent"})["id"]
    files = [("photo", (f"{number}.png", png(face, tick=number))) for number, face in enumerate(faces)]
    if files:
        served.call("POST", f"/jobs/{job}/photos", 201, files=files, data=form)
    if complete:
        served.call("POST", f"/jobs/{job}/complete")
    return int(job)


def test_a_folder_is_one_job(served: Served) -> None:
    job = begin(served, *NEW[:3], subject="Ada", complete=False)
    files = {"photo": ("broken.png", b"no photo")}
    assert served.call("POST", f"/jobs/{job}/photos", 201, files=files)["total"] == 4
    served.call("POST", f"/jobs/{job}/complete")
    ended = served.rested(job)
    assert (ended["status"], ended["done"], ended["counts"]["enrolled"]) == ("done", 4, 3)
    photos = served.call("GET", f"/jobs/{job}/photos")["photos"]
    assert [one["status"] for one in photos] == ["enrolled"] * 3 + ["failed"]
    assert photos[3]["code"] == "image.not-an-image"
    failed = served.call("GET", f"/jobs/{job}/photos", params={"status": "failed"})
    assert [one["place"] for one in failed["photos"]] == [4]
    assert served.call("GET", "/subjects", params={"text": "Ada"})["subjects"][0]["references"] == 3
    assert served.call("POST", f"/jobs/{job}/photos", 409, files=files)["code"] == "usage.job"


def test_events_come_once_in_order_and_again_from_where_one_was(served: Served) -> None:
    job = begin(served, *NEW[:5])
    served.rested(job)
    events = served.events(job)
    photos = [one for one in events if one["event"] == "photo"]
    assert [one["data"]["place"] for one in photos] == [1, 2, 3, 4, 5]
    assert [one["event"] for one in events[-2:]] == ["progress", "end"]
    numbers = [one["id"] for one in events]
    assert numbers == sorted(numbers)
    again = served.events(job, after=photos[2]["id"])
    assert [one["data"]["place"] for one in again if one["event"] == "photo"] == [4, 5]
    assert [one["event"] for one in served.events(job, after=numbers[-1])] == ["progress", "end"]


@pytest.mark.parametrize("kind", ["reembedding", "calibration", "check"])
def test_upkeep_is_a_job(served: Served, kind: str) -> None:
    job = served.call("POST", "/jobs", 201, json={"kind": kind})
    ended = served.rested(job["id"])
    assert (ended["status"], ended["counts"]["references"]) == ("done", 6)
    assert served.call("POST", f"/jobs/{job['id']}/photos", 409, files={"photo": png(NEW[0])})["code"] == "usage.job"


def test_jobs_are_listed_latest_first_some_at_a_time(served: Served) -> None:
    for _ in range(3):
        begin(served)
    first = served.call("GET", "/jobs", params={"limit": 2})
    second = served.call("GET", "/jobs", params={"limit": 2, "cursor": first["next"]})
    assert [one["id"] for one in first["jobs"] + second["jobs"]] == [3, 2, 1]
    assert second["next"] is None
    assert served.call("GET", "/jobs", 422, params={"cursor": "made-up"})["code"] == "web.cursor"


def test_cancelling_trying_again_and_erasing(served: Served) -> None:
    job = begin(served, complete=False)
    assert served.call("POST", f"/jobs/{job}/cancel")["status"] == "cancelled"
    assert served.call("POST", f"/jobs/{job}/retry", 409)["code"] == "usage.job"
    served.call("DELETE", f"/jobs/{job}", 204)
    for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/events"), ("GET", "/photos"), ("DELETE", "")):
        assert served.call(method, f"/jobs/{job}{path}", 404)["code"] == "usage.unknown-job"
    assert served.call("DELETE", f"/jobs/{begin(served, complete=False)}", 409)["code"] == "usage.job"


def test_a_page_shows_a_job_without_scripts(served: Served) -> None:
    served.sign_in()
    job = begin(served, NEW[0], complete=False)
    page = served.client.get(f"/jobs/{job}").text
    assert "Photos are still arriving" in page
    assert f'href="/jobs/{job}">Reload' in page
    assert "photo received. Adding goes on in the background." in served.post(f"/jobs/{job}/complete").text
    served.rested(job)
    assert "1 of 1" in served.client.get(f"/jobs/{job}").text
    assert "The record is erased." in served.post(f"/jobs/{job}/erase").text
    page = served.post("/jobs", kind="check")
    assert page.url.path == "/jobs/2"
    served.rested(2)
    assert "Damage: 0" in served.client.get("/jobs/2").text
    assert "Check the gallery" in served.client.get("/jobs").text
    cancelled = served.post(f"/jobs/{begin(served, complete=False)}/cancel")
    assert "cancelled" in cancelled.text


def test_events_of_a_page_are_parts_of_it_and_need_a_session(served: Served) -> None:
    job = begin(served, NEW[0])
    served.rested(job)
    assert served.client.get(f"/jobs/{job}/events", follow_redirects=False).status_code == 303
    served.sign_in()
    answer = served.client.get(f"/jobs/{job}/events", headers={"Accept-Language": "de"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert 'data: <li class="enrolled"' in answer.text
    assert "aufgenommen" in answer.text


def test_searches_and_single_enrolments_go_before_a_job() -> None:
    async def order() -> list[str]:
        turns, done, running = Turns(at_once=1), list[str](), threading.Event()
        loop = asyncio.get_running_loop()

        def job() -> None:
            running.set()
            done.append("job 1")
            while not turns.waiting:
                pass
            asyncio.run_coroutine_threadsafe(turns.give_way(JOB), loop).result()
            done.append("job 2")

        def first() -> None:  # holds the only turn until all others wait
            while turns.waiting < 3:
                pass

        enrolment = turns.run(ENROL, lambda: done.append("enrolment"))
        search = turns.run(SEARCH, lambda: done.append("search"))
        calls = [turns.run(SEARCH, first), turns.run(JOB, job), enrolment, search]
        tasks = [asyncio.create_task(call) for call in calls]
        while not running.is_set():
            await asyncio.sleep(0)
        await asyncio.gather(*tasks, turns.run(SEARCH, lambda: done.append("late search")))
        assert (turns.running, turns.waiting) == (0, 0)
        return done

    assert asyncio.run(order()) == ["search", "enrolment", "job 1", "late search", "job 2"]


def test_a_job_may_wait_where_others_are_refused() -> None:
    async def waits() -> int:
        turns = Turns(at_once=1, most_waiting=0)
        hold = threading.Event()
        running = asyncio.create_task(turns.run(SEARCH, hold.wait))
        while not turns.running:
            await asyncio.sleep(0)
        job = asyncio.create_task(turns.run(JOB, lambda: 7))
        while not turns.waiting:
            await asyncio.sleep(0)
        hold.set()
        await running
        return await job

    assert asyncio.run(waits()) == 7
