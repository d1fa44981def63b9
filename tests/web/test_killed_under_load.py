"""``kill -9`` while clients search and enrol: nothing acknowledged is lost, and nothing is there twice."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from bareface.client import Client
from bareface.services.gallery import Gallery
from bareface.storage.sqlite.store import Store
from benchmarks.concurrent_search import fill
from benchmarks.service_clients import Enroller, Load, Serving, numbered, person, pictures, serving
from tests.portraits import astronaut, hopper

pytestmark = pytest.mark.slow

BEFORE = 3000
ENROLLERS = SEARCHERS = 3
KILLS = 4
PHOTOS = 10_000
"""More than one enroller gets to."""


def loaded(service: Serving, first: int, templates: list[bytes], probes: list[bytes], most: int) -> list[int]:
    """Search and enrol until some photos are acknowledged, kill the service, and return the photos' numbers."""
    stop, turn = threading.Event(), itertools.cycle(probes)

    def search() -> None:
        load, client = Load(), service.client()
        while not stop.is_set():
            load.call(lambda: client.search(next(turn)))

    searching = [threading.Thread(target=search) for _ in range(SEARCHERS)]
    enrolling = [
        Enroller(service.client(), lambda number: photo(number, templates), range(start, start + PHOTOS))
        for start in range(first, first + ENROLLERS * PHOTOS, PHOTOS)
    ]
    for one in (*searching, *enrolling):
        one.start()
    while sum(len(one.acknowledged) for one in enrolling) < most:
        assert service.process.poll() is None
        time.sleep(0.01)
    service.process.kill()
    service.process.wait()
    stop.set()
    for enroller in enrolling:
        enroller.stop()
    for thread in searching:
        thread.join()
    return [number for one in enrolling for number in one.acknowledged]


def photo(number: int, templates: list[bytes]) -> bytes:
    return numbered(templates[number % len(templates)], number)


def test_a_service_that_is_killed_under_load(tmp_path: Path) -> None:
    gallery, token = tmp_path / "people.bareface", ""
    fill(Store(gallery), BEFORE)
    templates, probes = pictures(hopper(), 6), pictures(astronaut(), 3)
    acknowledged = list[int]()
    for kill in range(KILLS):
        with serving(gallery, "--threads", "1", token=token) as service:
            token = service.token
            first = kill * ENROLLERS * PHOTOS
            acknowledged += loaded(service, first, templates, probes, most=3 + 4 * kill)
    with serving(gallery, "--threads", "1", token=token) as service:
        client = Client(service.address, token)
        there = list(client.references())
        digests = Counter(one["sha256"] for one in there)
        assert digests.most_common(1)[0][1] == 1
        # Of each enroller one photo may have been stored without having been answered.
        added = len(there) - BEFORE
        assert len(acknowledged) <= added <= len(acknowledged) + KILLS * ENROLLERS
        for number in acknowledged:
            outcome = client.enrol(photo(number, templates), subject=person(number))
            assert outcome["status"] == "already enrolled", outcome
        assert client.gallery()["references"] == len(there)
        (found,) = client.search(photo(acknowledged[-1], templates))["lists"]
        assert (found["references"], found["candidates"][0]["decision"]) == (len(there), "match")
    with Gallery.open(gallery) as opened:
        assert not opened.check().problems
        kept = {Path(one.source) for one in opened.references() if one.id > BEFORE}
        assert all(path.is_file() for path in kept)
        assert len(kept) == added
