"""Write the README's tables from ``benchmarks/results``: ``python -m benchmarks.readme``.

Each official run is kept there (``--json benchmarks/results/NAME.json``) with its machine, date and command; the tables
stand between markers in the README, and a test compares them, so that no figure is typed by hand or goes stale.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "README.md"

Values = dict[str, Any]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are aligned right."""
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (columns, rule, *rows))


def _rate(triple: Sequence[float]) -> str:
    return f"{triple[0]:.3f} ({triple[1]:.3f} to {triple[2]:.3f})"


def lfw(results: Values) -> str:
    """Ten-fold accuracy beside dlib's own path."""
    rows = [
        [
            name,
            f"{100 * found['accuracy']:.2f} ± {196 * found['standard_error']:.2f} %",
            str(found["failures_to_acquire"]),
        ]
        for name, found in results["results"].items()
    ]
    return table(["LFW, 6,000 pairs, ten folds", "accuracy", "photos without a face, of 7,701"], rows)


def accuracy(results: Values) -> str:
    """Every system on every set, with intervals."""
    rows = []
    for task, systems in results["results"].items():
        for system, found in systems.items():
            small = found["support"]["tar@0.01"] == "too small"
            rows.append(
                [
                    f"{task}: {system}",
                    _rate(found["accuracy"]) if "accuracy" in found else "–",
                    _rate(found["eer"]),
                    "n too small" if small else _rate(found["tar@0.01"]),
                    f"{100 * found['fta']:.1f} %",
                ]
            )
    return table(["set: detector + embedder", "accuracy", "EER", "TAR at FMR 1e-2", "pairs lost (FTA)"], rows)


def detection(results: Values) -> str:
    """Masked and bare faces found."""
    rows = [
        [name, *(f"{100 * s[0]:.1f} % ({100 * s[1]:.1f} to {100 * s[2]:.1f})" for s in (found["full"], found["none"]))]
        for name, found in results["results"].items()
    ]
    return table(["MFR2 photos with a face found", "masked, n = 171", "bare, n = 98"], rows)


def pipeline(results: Values) -> str:
    """Whole path and descriptor, as multiples of dlib's speed."""
    path, alone = results["whole_path_s"], results["descriptor_s"]
    hog, cnn = path["face_recognition, HOG"], path["face_recognition, CNN"]
    rows = [[name, f"{1e3 * s:.1f}", f"{hog / s:.1f}x", f"{cnn / s:.1f}x"] for name, s in path.items()]
    first = table(["file to templates", "ms a photo", "of HOG's speed", "of CNN's speed"], rows)
    rows = [[name, f"{1e3 * s:.2f}", f"{alone['dlib'] / s:.1f}x"] for name, s in alone.items()]
    return first + "\n\n" + table(["descriptor alone", "ms a face", "of dlib's speed"], rows)


def search(results: Values) -> str:
    """One probe against synthetic galleries."""
    rows = []
    for found in results["results"]:
        seconds = found["median_s"]
        peers = [f"{seconds[name] / seconds['read']:.1f}x" if name in seconds else "–" for name in _SEARCHERS]
        rows.append(
            [f"{found['size']:,}", f"{1e3 * seconds['read']:.1f} ms", *peers, f"{found['peak_rss_gib']:.2f} GiB"]
        )
    return table(["templates", "two-thread read of the codes", *_SEARCHERS, "peak memory"], rows)


_SEARCHERS = ("bareface int8", "FAISS float32", "numpy float32")


def memory(results: Values) -> str:
    """Enrolment's peak."""
    return table(
        ["photos enrolled", "references", "peak memory"],
        [[f"{results['photos']:,}", f"{results['references']:,}", f"{results['peak_gib']:.2f} GiB"]],
    )


def calibration(results: Values) -> str:
    """Realised against predicted FPIR."""
    rows = [
        [
            f"{cell['probes']} probes, {cell['gallery']:,} subjects, FPIR {cell['predicted']:g}",
            f"{cell['ratio']:.2f}",
            f"{100 * cell['inside']:.0f} %",
            f"{cell['widest']:.1f}",
        ]
        for cell in results["cells"]
    ]
    return table(
        [f"{results['splits']} splits of LFW", "realised / predicted", "in the 95 % interval", "widest upper / lower"],
        rows,
    )


def metrics(results: Values) -> str:
    """Counting errors at scale."""
    rows = [
        [name, f"{step['seconds']:.1f} s", f"{step['peak_gib']:.2f} GiB"] for name, step in results["steps"].items()
    ]
    return table([f"{results['n']:,} scores of {results['subjects']:,} subjects", "time", "peak memory so far"], rows)


SECTIONS: dict[str, Callable[[Values], str]] = {
    "accuracy_lfw": lfw,
    "accuracy": accuracy,
    "detection_mfr2": detection,
    "speed_pipeline": pipeline,
    "speed_search": search,
    "memory_enrol": memory,
    "calibration": calibration,
    "speed_metrics": metrics,
}


def section(name: str) -> str:
    """One table with the line that says where, when and how it was measured."""
    results = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    machine = results["machine"]
    memory_size = f"{machine['memory_gib']:.0f} GiB"
    origin = f"`{machine['command']}`, {machine['date'][:10]}, {machine['processor']}, {machine['cpus']} cores, "
    return f"{SECTIONS[name](results)}\n\n<sub>{origin}{memory_size}</sub>"


def filled(text: str) -> str:
    """The README with every marked section made anew."""
    for name in SECTIONS:
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        text = re.sub(
            f"{re.escape(start)}.*?{re.escape(end)}",
            lambda _match, name=name, start=start, end=end: f"{start}\n{section(name)}\n{end}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
