"""Shared parts of the benchmarks: the machine's description, interleaved timing, tables, JSON."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

PACKAGES = ("numpy", "onnxruntime", "faiss-cpu", "opencv-python-headless")


def machine() -> dict[str, Any]:
    """Describe where and when a benchmark ran; figures from a loaded machine show it in ``load_average``."""
    script = Path(sys.argv[0])
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", f"{script.parent.name}.{script.stem}", *sys.argv[1:]]),
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_average": os.getloadavg(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {package: version(package) for package in PACKAGES},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def interleaved(tasks: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Measure the median seconds of each task.

    The tasks take turns, after one untimed round, so that a busy machine slows all of them alike; the order
    is new each round, so that none always profits from what another leaves in the caches.
    """
    shuffle = Random(0).sample
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(repeats + 1):
        for name in shuffle(list(tasks), len(tasks)):
            start = time.perf_counter()
            tasks[name]()
            if turn:
                taken[name].append(time.perf_counter() - start)
    return {name: median(times) for name, times in taken.items()}


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a title; all columns but the first are aligned right."""
    table = Table(title=title, title_justify="left", min_width=len(title))
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    for row in rows:
        table.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row))
    Console(width=120).print(table)


def write_json(path: Path, results: Mapping[str, Any]) -> None:
    """Write the results with the machine's description."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine(), **results}, indent=2) + "\n")
    print(f"written: {path}")
