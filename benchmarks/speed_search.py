"""Time of one probe in a large gallery, compared with reading the same bytes, FAISS float32 and numpy.

    python -m benchmarks.speed_search --sizes 100000 1000000 10000000

The templates are synthetic, with the geometry of dlib's (a common mean of norm 1.35 in a total norm of 1.48):
they show speed and memory, not accuracy. Each size runs in a process of its own, so that its peak memory is
its own. The float32 templates for rescoring are read row by row from a scratch file, as from a database.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BufferedReader
from itertools import cycle
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from bareface.storage.exact.index import ExactIndex, ExactIndexes
from bareface.storage.ports import Fetch
from bareface.values.face import Float32
from benchmarks.common import interleaved, print_table, write_json

DIMENSION = 128
MEAN_NORM, TOTAL_NORM = 1.35, 1.48
CHUNK = 100_000
PROBES = 16
THREADS = 2
STAGES = {"added": "add_s", "saved": "save_s", "loaded": "load_s"}


def templates(rows: int, seed: int) -> Float32:
    """Draw synthetic templates [n, 128]."""
    rest = np.random.default_rng(seed).standard_normal((rows, DIMENSION), np.float32)
    rest *= np.float32(((TOTAL_NORM**2 - MEAN_NORM**2) / DIMENSION) ** 0.5)
    return rest + space_mean()


def space_mean() -> Float32:
    direction = np.random.default_rng(0).standard_normal(DIMENSION)
    return (direction * MEAN_NORM / np.linalg.norm(direction)).astype(np.float32)


def build(size: int, file: Path) -> tuple[ExactIndex, float]:
    """Build an int8 index of ``size`` templates, whose float32 form goes to the file; also return the seconds."""
    index = ExactIndexes(threads=THREADS).empty(DIMENSION, space_mean())
    adding = 0.0
    with file.open("wb") as out:
        for start in range(0, size, CHUNK):
            part = templates(min(CHUNK, size - start), seed=1 + start)
            out.write(part.tobytes())
            began = time.perf_counter()
            index = index.with_added(np.arange(start, start + len(part)), part)
            adding += time.perf_counter() - began
    return index, adding


def rows_of(file: BufferedReader, ids: NDArray[np.int64]) -> Float32:
    """Read float32 templates by number; not from a mapping, whose pages would count as this process's memory."""
    size = 4 * DIMENSION
    rows = b"".join(os.pread(file.fileno(), size, size * number) for number in ids.tolist())
    return np.frombuffer(rows, np.float32).reshape(-1, DIMENSION)


def persist(index: ExactIndex, file: Path) -> dict[str, float]:
    """Measure the seconds to save and to load the index."""
    began = time.perf_counter()
    index.save(file, "benchmark")
    saved = time.perf_counter()
    loaded = ExactIndexes().load(file, "benchmark", DIMENSION, space_mean())
    assert loaded is not None
    assert len(loaded) == len(index)
    return {
        "save_s": saved - began,
        "load_s": time.perf_counter() - saved,
        "file_mb": file.stat().st_size / 1e6,
    }


def reader(index: ExactIndex, pool: ThreadPoolExecutor) -> Any:
    """Return a task that reads the very bytes a scan reads, each thread one half of every segment."""
    views = []
    for segment in index.segments:
        codes = segment.index.codes
        views.append(faiss.rev_swig_ptr(codes.data(), codes.size()).view(np.int64))
    halves = [[np.array_split(view, THREADS)[part] for view in views] for part in range(THREADS)]
    return lambda: list(pool.map(lambda half: sum(int(piece.sum()) for piece in half), halves))


def peers(file: Path, size: int, probes: Float32, top: int) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Return FAISS float32 and numpy on the same templates as tasks, and the float32 answer for each probe."""
    unit = np.fromfile(file, np.float32).reshape(size, DIMENSION)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    flat = faiss.IndexFlatIP(DIMENSION)
    flat.add(unit)
    queries = probes / np.linalg.norm(probes, axis=1, keepdims=True)
    turns = {name: cycle(queries) for name in ("faiss", "numpy")}

    def by_numpy() -> NDArray[np.int64]:
        scores = unit @ next(turns["numpy"])
        best = np.argpartition(-scores, top)[:top]
        return np.asarray(best[np.argsort(-scores[best])])

    tasks = {"FAISS float32": lambda: flat.search(next(turns["faiss"])[None], top), "numpy float32": by_numpy}
    return tasks, flat.search(queries, top)[1]


def measure(size: int, top: int, repeats: int, peers_up_to: int, scratch: Path) -> dict[str, Any]:
    """Measure all figures for one size."""
    faiss.omp_set_num_threads(THREADS)
    probes = templates(PROBES, seed=-1 % 2**32)
    with (
        tempfile.TemporaryDirectory(dir=scratch) as folder,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        file = Path(folder) / "templates"
        index, adding = build(size, file)
        fetch: Fetch = partial(rows_of, file.open("rb"))
        turn = cycle(probes)
        _, found = index.search(probes, top, fetch)
        tasks: dict[str, Any] = {
            "read": reader(index, pool),
            "bareface int8": lambda: index.search(next(turn)[None], top, fetch),
        }
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        result: dict[str, Any] = {"size": size, "peak_rss_gib": peak, "add_s": adding}
        result |= persist(index, Path(folder) / "index")
        if size <= peers_up_to:
            others, expected = peers(file, size, probes, top)
            tasks |= others
            result["same_top"] = float(np.mean([set(a) == set(b) for a, b in zip(found, expected, strict=True)]))
        result["median_s"] = interleaved(tasks, repeats)
    return result


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--top", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=31)
    parser.add_argument("--peers-up-to", type=int, default=1_000_000, help="the peers keep float32 twice in memory")
    parser.add_argument("--scratch", type=Path, help="folder for 512 bytes a template; the system's if not given")
    parser.add_argument("--json", type=Path, default=Path("out/speed_search.json"))
    options = parser.parse_args()
    results = []
    for size in options.sizes:
        # A fresh process, so that peak memory belongs to this size.
        with multiprocessing.get_context("spawn").Pool(1) as process:
            arguments = (size, options.top, options.repeats, options.peers_up_to, options.scratch)
            results.append(process.apply(measure, arguments))
        report(results[-1], options.top)
    write_json(options.json, {"benchmark": "speed_search", "top": options.top, "results": results})


def report(result: dict[str, Any], top: int) -> None:
    """Print one size's figures."""
    medians = result["median_s"]
    rows = [[name, 1e3 * seconds, seconds / medians["read"]] for name, seconds in medians.items()]
    title = f"{result['size']:,} templates, one probe, top {top}, {THREADS} threads"
    print_table(title, ["", "median ms", "times the read"], rows)
    same = f"{result['same_top']:.1%}" if "same_top" in result else "not compared, no peers at this size"
    times = ", ".join(f"{verb} in {result[key]:.2f} s" for verb, key in STAGES.items())
    print(f"top {top} equal to float32's: {same}; peak memory {result['peak_rss_gib']:.2f} GiB")
    print(f"{times} ({result['file_mb']:.0f} MB)\n")


if __name__ == "__main__":
    main()
