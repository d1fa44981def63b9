"""Times of the People pages and of decisions on suggestions, in a gallery of 100,000 subjects.

    python -m benchmarks.people

The gallery is generated: templates are random, spread about the mean of the embedder's space as real ones are; half of
the subjects have no name, and every fourth of these is another face of a named one. The service runs in a process of
its own, and is called as browsers and programs call it. A decision is an answer and the next suggestion, which the page
has looked for before. The processor's time is that of the service, whatever else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

from bareface.client import Client, Json
from bareface.models import registry
from bareface.storage.sqlite import schema
from bareface.storage.sqlite.store import Store
from bareface.storage.sqlite.transaction import SqliteWriter
from bareface.values.defaults import EMBEDDER
from bareface.values.names import key
from benchmarks import concurrent_search as made
from benchmarks.common import print_table, write_json

ALIKE = 0.35
"""Length of the difference of two faces of one person, over that of what is a person's own."""
MATED = 4
ANSWERS = ("different", "cannot say", "same", "not a face")
TEXTS = {"first page": "", "rare name": "person 99998", "common name": "person", "no such name": "nobody"}


def fill(store: Store, subjects: int) -> None:
    """Store subjects with a face each: the first half has names."""
    space, named = made.space_of(EMBEDDER), subjects // 2
    vectors = made.templates(subjects, 0, space)
    noise = made.templates(subjects, 1, space) - registry.space_mean(space, made.DIMENSION)
    twins = np.arange(named, subjects, MATED)
    vectors[twins] = vectors[twins - named] + ALIKE * noise[twins]
    now = datetime.now(UTC)
    with store.write() as connection:
        SqliteWriter(connection).pin_space(space, made.DIMENSION)
        for start in range(0, subjects, made.CHUNK):
            numbers = range(start + 1, min(start + made.CHUNK, subjects) + 1)
            made.insert(connection, schema.subject, [subject(number, named) for number in numbers])
            made.insert(connection, schema.file, [made.photo(number) for number in numbers])
            rows = [{**made.reference(number, now), "subject_id": number} for number in numbers]
            made.insert(connection, schema.reference, rows)
            model = {"model": EMBEDDER, "precision": "float32", "mask_state": "none", "visible": 1.0, "covered": None}
            rows = [{"reference_id": number, "vector": vectors[number - 1].tobytes(), **model} for number in numbers]
            made.insert(connection, schema.template, rows)


def subject(number: int, named: int) -> dict[str, Any]:
    """Return a subject's row."""
    name = f"Person {number}" if number <= named else None
    return {**made.person(number), "name": name, "name_key": None if name is None else key(name)}


@dataclass(frozen=True)
class Served:
    """A service in another process."""

    address: str
    token: str
    process: int

    def measured(self, task: Callable[[], object], times: int) -> Times:
        """Do a task a number of times."""
        before, taken = self._processor_ms(), []
        for _ in range(times):
            start = time.perf_counter()
            task()
            taken.append(1000 * (time.perf_counter() - start))
        return Times(taken, (self._processor_ms() - before) / times)

    def _processor_ms(self) -> float:
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Times:
    """Milliseconds that a task took, each time, and the mean of the service's processor time."""

    taken: list[float]
    processor: float


@contextmanager
def serving(path: Path) -> Iterator[Served]:
    """Serve a gallery in another process."""
    command = [sys.executable, "-m", "bareface", "serve", str(path), "--port", "0", "--new-token", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        text = ""
        while "}" not in text:
            text += process.stdout.readline()
        said = json.loads(text)
        try:
            yield Served(said["address"], said["token"], process.pid)
        finally:
            process.terminate()


def pages(service: Served, times: int) -> dict[str, Times]:
    """Time the People pages, and the listing for programs."""
    client = Client(service.address, service.token)
    with httpx2.Client(base_url=service.address, follow_redirects=True, timeout=60) as browser:
        browser.post("/sign-in", data={"token": service.token})
        tasks: dict[str, Callable[[], object]] = {
            f"/people, {name}": partial(browser.get, "/people", params={"text": text}) for name, text in TEXTS.items()
        }
        deep = re.findall(r'href="(/people\?[^"]*cursor[^"]*)"', browser.get("/people").text)[0].replace("&amp;", "&")
        tasks["/people, next page"] = partial(browser.get, deep)
        tasks["/people/N"] = partial(browser.get, "/people/7")
        tasks["/api/v1/subjects"] = partial(client.request, "GET", "/subjects?limit=200")
        tasks["/api/v1/references"] = partial(client.request, "GET", "/references?limit=200")
        return {name: service.measured(task, times) for name, task in tasks.items()}


def decisions(service: Served, times: int) -> dict[str, Times]:
    """Time decisions: an answer and the next suggestion, from where it was found while a person looked."""
    client = Client(service.address, service.token)
    results = {}
    now = following(client, 0)
    for answer in ANSWERS:
        several = []
        for _ in range(times):
            ahead = following(client, now["face"]["subject_id"])

            def decide(one: Json = now, start: int = ahead["face"]["subject_id"] - 1, answer: str = answer) -> None:
                client.answer_suggestion(one["face"]["id"], one["candidate"]["id"], answer)
                assert client.suggestions(start)["suggestions"]

            several.append(service.measured(decide, 1))
            now = ahead
        taken = [ms for one in several for ms in one.taken]
        results[answer] = Times(taken, float(np.mean([one.processor for one in several])))
    return results


def following(client: Client, after: int) -> Json:
    """Return the next suggestion after a subject."""
    page = client.suggestions(after)
    while not page["suggestions"]:
        page = client.suggestions(page["after"])
    found: Json = page["suggestions"][0]
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=20, help="for each page")
    parser.add_argument("--decisions", type=int, default=50, help="for each answer")
    parser.add_argument("--json", type=Path, default=Path("out/people.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "gallery")
        fill(store, options.subjects)
        with serving(store.path) as service:
            times = pages(service, options.times) | decisions(service, options.decisions)
    results = [
        {
            "what": what,
            "median_ms": float(np.median(one.taken)),
            "p95_ms": float(np.quantile(one.taken, 0.95)),
            "processor_ms": one.processor,
        }
        for what, one in times.items()
    ]
    heads = ["what", "median, ms", "p95, ms", "processor, ms"]
    print_table(f"{options.subjects:,} subjects, a face each", heads, [list(one.values()) for one in results])
    write_json(options.json, {"benchmark": "people", "subjects": options.subjects, "results": results})


if __name__ == "__main__":
    main()
