"""Searches per second of one gallery by two client threads, compared with one.

    python -m benchmarks.concurrent_search

The probes are analysed already, and each search computes on one core: what is measured is the search itself, from a
probe's template to its candidate list (scan of the index, float32 templates and subjects from the database, scores
normalised where the embedder's calibration asks for it, decisions). The templates are synthetic, spread about the mean
of the embedder's space as real ones are; the database is a real one, of photos that do not exist.

Rounds with one, two, ... threads alternate, and the ratio is taken within a round, so that a busy machine slows all of
them alike. Each round also times a yardstick that shares nothing between threads (hashing, outside of Python's lock):
what it does not gain from a second thread, the machine did not give. Rounds in which it gained at least 0.9 times the
number of threads are the quiet ones; their medians are given, too.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from statistics import median
from threading import Barrier
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import faiss
import numpy as np
import sqlalchemy as sa

from bareface.faces.port import FaceEngine
from bareface.gallery.calibrate import calibration_of
from bareface.gallery.search import Probe, search
from bareface.models import registry
from bareface.storage.index_sync import DerivedIndex
from bareface.storage.open_index import open_index
from bareface.storage.sqlite import schema
from bareface.storage.sqlite.store import Store
from bareface.storage.sqlite.transaction import SqliteWriter
from bareface.values.defaults import EMBEDDER
from bareface.values.face import Box, Computed, Face, Float32, Landmarks, Precision, Template
from benchmarks.common import print_table, write_json

DIMENSION = 128
"""Length of the templates of every packaged embedder."""
CHUNK = 20_000
SPREAD = 0.45
"""Length of what is a template's own, over that of what it shares with all, in a space whose mean is not zero."""
PHOTOS = 5
"""References a subject."""
PROBES = 64
QUIET = 0.9
"""Share of the threads that the yardstick gains in a quiet round."""


@dataclass(frozen=True)
class Round:
    """Results of one round: by number of threads, searches a second and yardsticks a second."""

    searches: dict[int, float]
    yardsticks: dict[int, float]


def space_of(model: str) -> str:
    """Return the template space of an embedder."""
    space = registry.card(model).space
    assert space is not None
    return space


def templates(rows: int, seed: int, space: str) -> Float32:
    """Draw synthetic templates [n, 128]."""
    mean = registry.space_mean(space, DIMENSION)
    rest = np.random.default_rng(seed).standard_normal((rows, DIMENSION), np.float32)
    spread = np.float32((SPREAD * np.linalg.norm(mean) or 1) / DIMENSION**0.5)
    return np.asarray(mean + spread * rest, np.float32)


def fill(store: Store, references: int, model: str = EMBEDDER) -> None:
    """Store a number of references, five of each subject."""
    space = space_of(model)
    rng = np.random.default_rng(0)
    now = datetime.now(UTC)
    with store.write() as connection:
        SqliteWriter(connection).pin_space(space, DIMENSION)
        for start in range(0, references, CHUNK):
            numbers = range(start + 1, min(start + CHUNK, references) + 1)
            vectors = templates(len(numbers), start, space)
            people = sorted({(number - 1) // PHOTOS + 1 for number in numbers})
            insert(connection, schema.subject, [person(one) for one in people if (one - 1) * PHOTOS >= start])
            insert(connection, schema.file, [photo(number) for number in numbers])
            insert(connection, schema.reference, [reference(number, now) for number in numbers])
            made = {"model": model, "precision": "float32", "mask_state": "none", "visible": 1.0, "covered": None}
            rows = [{"reference_id": n, "vector": v.tobytes(), **made} for n, v in zip(numbers, vectors, strict=True)]
            insert(connection, schema.template, rows)
            pixels = rng.integers(0, 256, (len(numbers), 256), np.uint8)
            pictures = [
                {"reference_id": n, "thumbnail": p.tobytes(), "crop": None}
                for n, p in zip(numbers, pixels, strict=True)
            ]
            insert(connection, schema.picture, pictures)


def insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    connection.execute(table.insert(), rows)


def person(number: int) -> dict[str, Any]:
    name = f"person {number}"
    return {"id": number, "key": uuid4().hex, "name": name, "name_key": name}


def photo(number: int) -> dict[str, Any]:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return {
        "id": number,
        "sha256": digest,
        "path": f"/photos/{number}.jpg",
        "format": "JPEG",
        "width": 640,
        "height": 480,
    }


def reference(number: int, now: datetime) -> dict[str, Any]:
    left = 100 + number % 997 / 7
    box = {"x1": left, "y1": left + 1, "x2": left + 200, "y2": left + 201}
    owner = (number - 1) // PHOTOS + 1
    return {"id": number, "subject_id": owner, "file_id": number, **box, "score": 1.0, "enrolled": now}


def probes(model: str = EMBEDDER) -> list[Probe]:
    """Return probes that are analysed: a face each, of which only the template and the aligned picture matter here."""
    chip = np.zeros((150, 150, 3), np.uint8)
    space = space_of(model)
    made = []
    for vector in templates(PROBES, -1 % 2**32, space):
        template = Template(vector, model, space, "float32", "none", 1.0)
        points = Landmarks(np.zeros((5, 2), np.float32), "five")
        face = Face(Box(0, 0, 1, 1), points, 1.0, chip, chip, "", computed=Computed.of(template))
        made.append(Probe((face,), vector, frozenset({"0" * 64})))
    return made


def rate(task: Callable[[], object], threads: int, seconds: float, pool: ThreadPoolExecutor) -> float:
    """Measure the rate at which a number of threads do a task together."""
    start = Barrier(threads)

    def client() -> tuple[int, float]:
        start.wait()
        began, done = time.perf_counter(), 0
        while (taken := time.perf_counter() - began) < seconds:
            task()
            done += 1
        return done, taken

    results = [one.result() for one in [pool.submit(client) for _ in range(threads)]]
    return sum(done / taken for done, taken in results)


def measure(store: Store, index: DerivedIndex, options: argparse.Namespace) -> list[Round]:
    """Measure rounds of searches and yardsticks with each number of threads."""
    model, space = options.embedder, space_of(options.embedder)
    made = SimpleNamespace(model=model, space=space, precision="float32", makes_upper_face=True)
    made.complete = lambda faces, want: list(faces)  # they have everything
    engine = cast(FaceEngine, made)
    turn = cycle([(one,) for one in probes(model)])
    block = bytes(1 << 20)

    def searching() -> None:
        calibration = calibration_of(store, space, model)
        (found,) = search(index, engine, calibration, next(turn), options.top).lists
        assert len(found.candidates) == options.top

    def hashing() -> None:
        hashlib.sha256(block).digest()

    rounds = []
    counts = sorted({1, *options.threads})
    with ThreadPoolExecutor(max(counts)) as pool:
        for _ in range(20):
            searching()
        for number in range(options.rounds):
            order = counts if number % 2 else counts[::-1]
            searches = {count: rate(searching, count, options.seconds, pool) for count in order}
            yardsticks = {count: rate(hashing, count, options.seconds / 4, pool) for count in order}
            rounds.append(Round(searches, yardsticks))
    return rounds


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--embedder", default=EMBEDDER, help="a packaged one; its calibration decides what is scored")
    parser.add_argument("--references", type=int, default=100_000)
    parser.add_argument("--threads", type=int, nargs="+", default=[2])
    parser.add_argument("--top", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="of searching, for each number of threads in a round"
    )
    parser.add_argument("--precision", choices=["int8", "float32"], nargs="+", default=["int8", "float32"])
    parser.add_argument("--gallery", type=Path, help="kept, and used again; a temporary one if not given")
    parser.add_argument("--json", type=Path, default=Path("out/concurrent_search.json"))
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        path = options.gallery or Path(folder) / "gallery"
        new = not path.exists()
        store = Store(path)
        if new:
            fill(store, options.references, options.embedder)
        elif store.state().space != space_of(options.embedder):
            parser.error(f"{path} holds templates of another embedder")
        for precision in options.precision:
            results.append(one(store, precision, options))
            report(results[-1])
    write_json(options.json, {"benchmark": "concurrent_search", "top": options.top, "results": results})


def one(store: Store, precision: Precision, options: argparse.Namespace) -> dict[str, Any]:
    """Measure all figures of an index of one precision."""
    index = open_index(store, precision, threads=1)
    rounds = measure(store, index, options)
    counts = sorted(rounds[0].searches)
    return {
        "embedder": options.embedder,
        "precision": precision,
        "references": options.references,
        "rounds": options.rounds,
        "searches_per_s": {count: median(one.searches[count] for one in rounds) for count in counts},
        "times_one_thread": {
            count: median(one.searches[count] / one.searches[1] for one in rounds) for count in counts
        },
        "yardstick_times_one_thread": {
            count: median(one.yardsticks[count] / one.yardsticks[1] for one in rounds) for count in counts
        },
        "quiet_rounds": {count: len(quiet(rounds, count)) for count in counts},
        "times_one_thread_in_quiet_rounds": {
            count: median(gains) if (gains := quiet(rounds, count)) else None for count in counts
        },
        "each_round": [{"searches": one.searches, "yardsticks": one.yardsticks} for one in rounds],
    }


def quiet(rounds: list[Round], count: int) -> list[float]:
    """Compute the gain of several threads over one, in the rounds in which each had a core."""
    return [
        one.searches[count] / one.searches[1]
        for one in rounds
        if one.yardsticks[count] / one.yardsticks[1] >= QUIET * count
    ]


def report(result: dict[str, Any]) -> None:
    """Print the figures of one precision."""
    rows = [
        [
            str(count),
            rate,
            result["times_one_thread"][count],
            result["yardstick_times_one_thread"][count],
            result["quiet_rounds"][count],
            result["times_one_thread_in_quiet_rounds"][count] or "-",
        ]
        for count, rate in result["searches_per_s"].items()
    ]
    gallery = f"{result['references']:,} references of {result['embedder']}, {result['precision']}"
    title = f"{gallery}, medians of {result['rounds']} rounds"
    print_table(title, ["threads", "searches/s", "times one", "yardstick", "quiet rounds", "times one there"], rows)


if __name__ == "__main__":
    main()
