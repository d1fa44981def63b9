"""The web service under load: searches of a gallery of 100,000 references while another client enrols 5,000 photos.

The service runs in a process of its own on this machine, and clients call it over loopback: so they share the
processors with it. The gallery holds synthetic templates, as ``benchmarks.concurrent_search`` makes them; it is made
once and copied for each run. Probes are variants of one public-domain portrait, and enrolled photos variants of
another, each a new photo.

In turn: single searches; capacity, the most searches a second that some clients get one after the other; and then,
while photos are enrolled, arrivals at random moments at half of the capacity, and 16 clients at once. At last the
remaining photos are enrolled, up to a time limit. ``--quick`` does little of all.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bareface.imaging.portraits import portraits
from bareface.services.gallery import Gallery
from bareface.storage.sqlite.store import Store
from benchmarks.common import print_table, write_json
from benchmarks.concurrent_search import fill
from benchmarks.service_clients import (
    Enroller,
    Load,
    Memory,
    Serving,
    closed_loop,
    numbered,
    open_loop,
    pictures,
    serving,
)

QUICK = {"references": 20_000, "photos": 100, "seconds": 8.0, "singles": 20, "rest": 10.0}
P95, SHARE = 5.0, 0.7
"""Bars: the 95th percentile in medians of a single search, and throughput of 16 clients in capacities."""


def made(path: Path, references: int) -> Path:
    """Make the gallery with its index, unless it is there."""
    if not path.exists():
        fill(Store(path), references)
        with Gallery.open(path) as gallery:
            gallery._index.load()
    return path


def copied(path: Path, folder: Path) -> Path:
    """Copy a gallery, which a run changes."""
    for end in ("", "-index"):
        shutil.copy(f"{path}{end}", folder / f"gallery{end}")
    return folder / "gallery"


def searcher(service: Serving, probes: list[bytes]) -> Callable[[], object]:
    """Return a task that searches with the next probe."""
    turn, client = itertools.cycle(probes), service.client()

    def search() -> None:
        found = client.search(next(turn), purpose="measure")
        assert len(found["lists"][0]["candidates"]) == 20, found

    return search


def measured(service: Serving, options: argparse.Namespace) -> dict[str, Any]:
    """Measure all phases."""
    collins, hopper = (person.photos[0] for person in portraits())
    search = searcher(service, pictures(collins))
    templates = pictures(hopper)
    for _ in range(5):
        search()
    memory, before = Memory(service), service.client().gallery()["references"]
    single = Load()
    for _ in range(options.singles):
        single.call(search)
    phases: dict[str, Any] = {"single": single.figures(sum(single.seconds))}
    at_most = [closed_loop(search, clients, options.seconds / 2) for clients in (2, 4)]
    phases["capacity"] = max(at_most, key=lambda one: float(one["per_s"]))
    capacity = phases["capacity"]["per_s"]
    enroller = Enroller(
        service.client(), lambda number: numbered(templates[number % len(templates)], number), range(options.photos)
    )
    enroller.start()
    loaded: dict[str, Callable[[], dict[str, Any]]] = {
        "open": lambda: open_loop(search, capacity / 2, options.seconds),
        "closed": lambda: closed_loop(search, options.clients, options.seconds),
        "rest": lambda: _rest(enroller, options.rest),
    }
    for name, phase in loaded.items():
        first, began = len(enroller.acknowledged), time.perf_counter()
        phases[name] = phase()
        enrolled = len(enroller.acknowledged) - first
        phases[name]["enrolled"] = enrolled
        phases[name]["enrolled_per_s"] = enrolled / (time.perf_counter() - began)
        print(f"{name}: {phases[name]}", flush=True)
    memory.stop()
    after = service.client().gallery()["references"]
    enrolment = enroller.load.figures(sum(enroller.load.seconds))
    return {
        "phases": phases,
        "enrolment": {
            **enrolment,
            "acknowledged": len(enroller.acknowledged),
            "stored": after - before,
        },
        "memory": {
            "first_mib": memory.samples[0][1] / 2**20,
            "last_mib": memory.samples[-1][1] / 2**20,
            "peak_mib": max(held for _, held in memory.samples) / 2**20,
            "over_time": [[round(at), round(held / 2**20)] for at, held in memory.samples[:: options.every]],
        },
        "p95_in_medians": phases["open"]["p95_s"] / phases["single"]["median_s"],
        "throughput_share": phases["closed"]["per_s"] / capacity,
    }


def _rest(enroller: Enroller, seconds: float) -> dict[str, Any]:
    """Enrol without searches, until all are enrolled or the time is over."""
    began = time.perf_counter()
    enroller.stop(seconds)
    return {"seconds": time.perf_counter() - began}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--references", type=int, default=100_000)
    parser.add_argument("--photos", type=int, default=5_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=120.0, help="of each phase")
    parser.add_argument("--singles", type=int, default=100, help="searches without other load")
    parser.add_argument("--rest", type=float, default=1200.0, help="most seconds for the remaining photos")
    parser.add_argument("--gallery", type=Path, help="kept, and used again; a temporary one if not given")
    parser.add_argument("--quick", action="store_true", help="little of all, to try it out")
    parser.add_argument("--json", type=Path, default=Path("out/service_load.json"))
    options = parser.parse_args()
    if options.quick:
        vars(options).update(QUICK)
    options.every = 1 if options.quick else 10
    with tempfile.TemporaryDirectory(prefix="bareface-load-") as folder:
        gallery = made(options.gallery or Path(folder) / "made", options.references)
        with serving(copied(gallery, Path(folder))) as service:
            results = measured(service, options)
    report(results, options)
    scale = {name: getattr(options, name) for name in ("references", "photos", "clients", "quick")}
    write_json(options.json, {"benchmark": "service_load", **scale, **results})


def report(results: dict[str, Any], options: argparse.Namespace) -> None:
    """Print the figures and the bars."""
    rows = [
        [
            name,
            f"{phase['per_s']:.1f}",
            *(f"{1e3 * phase[key]:.0f}" for key in ("median_s", "p95_s", "p99_s")),
            str(phase["error_count"]),
            f"{phase.get('enrolled_per_s', 0):.1f}",
        ]
        for name, phase in results["phases"].items()
        if "per_s" in phase
    ]
    columns = ["phase", "searches/s", "median ms", "95 % ms", "99 % ms", "errors", "enrolled/s"]
    print_table(f"{options.references:,} references", columns, rows)
    memory, enrolment = results["memory"], results["enrolment"]
    print(f"95 % of searches at half of the capacity: {results['p95_in_medians']:.2f} single medians (at most {P95:g})")
    print(f"{options.clients} clients: {results['throughput_share']:.2f} of the capacity (at least {SHARE:g})")
    held = (f"{memory[when + '_mib']:.0f}" for when in ("first", "peak", "last"))
    print("memory in MiB: {} at first, {} at most, {} at last".format(*held))
    print(f"enrolled: {enrolment['acknowledged']}, stored {enrolment['stored']}, errors {enrolment['error_count']}")


if __name__ == "__main__":
    main()
