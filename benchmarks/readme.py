"""Write the tables of the README and of ``docs/`` from ``benchmarks/results``: ``python -m benchmarks.readme``.

Each official run is kept there (``--json benchmarks/results/NAME.json``) with its machine, date and command; the tables
stand between markers, and a test compares them, so that no figure is typed by hand or goes stale.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from benchmarks.markdown import Values, change, percent, rate, table, where
from benchmarks.readme_groups import SYSTEMS, groups, groups_bars, groups_before, groups_checked, groups_mated
from benchmarks.readme_headline import headline, span
from benchmarks.readme_restoration import (
    brightening,
    enhance,
    enhance_others,
    refusal,
    restoration,
    restoration_summary,
    restored,
    unmask,
)
from benchmarks.readme_service import service_load

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "README.md"
SHIPPED = ROOT / "src" / "bareface" / "reports" / "shipped_groups.json"
PAGES = (README, *sorted((ROOT / "docs").rglob("*.md")))


def lfw(results: Values) -> str:
    """Format ten-fold accuracy next to dlib's own path."""
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
    """Format every system on every set, with intervals."""
    rows = []
    for task, systems in results["results"].items():
        for system, found in systems.items():
            small = found["support"]["tar@0.01"] == "too small"
            rows.append(
                [
                    f"{task}: {system}",
                    rate(found["accuracy"]) if "accuracy" in found else "–",
                    rate(found["eer"]),
                    "n too small" if small else rate(found["tar@0.01"]),
                    f"{100 * found['fta']:.1f} %",
                ]
            )
    return table(["set: detector + embedder", "accuracy", "EER", "TAR at FMR 1e-2", "pairs lost (FTA)"], rows)


def detection(results: Values) -> str:
    """Format the recall of masked and bare faces."""
    rows = [
        [name, *(f"{100 * s[0]:.1f} % ({100 * s[1]:.1f} to {100 * s[2]:.1f})" for s in (found["full"], found["none"]))]
        for name, found in results["results"].items()
    ]
    return table(["MFR2 photos with a face found", "masked, n = 171", "bare, n = 98"], rows)


def masked_detection(results: Values) -> str:
    """Format bareface's detector next to YuNet."""
    found = results["results"]
    landmarks, times = found["landmarks under a mask"], found["milliseconds"]
    states, steady = found["mask states"], ", from the mean of YuNet's looks"
    rows = [
        ["MFR2, real masks: photos with a face found", percent(found["MFR2"]["found"]), ""],
        ["MFR2: masked or bare, correct", percent(found["MFR2"]["masked or bare right"]), ""],
        ["incorrectly worn masks recognised", percent(states["partial"]["right"]), ""],
        ["correctly worn masks recognised", percent(states["full"]["right"]), ""],
        *(
            [
                f"recall at {at['yunet']['false']} false positives (IoU {overlap})",
                f"{100 * at['ours at the same']['recall']:.1f} % of {at['marks']}",
                f"{100 * at['yunet']['recall']:.1f} %",
            ]
            for overlap, at in (("0.4", found["marked"]), ("0.5", found["marked, strictly"]))
        ),
        ["faces that YuNet detects confidently (photos in the wild): found", percent(found["wild"]), ""],
        *(
            [
                f"landmarks under a simulated mask, {name}: distance from YuNet's on the bare photo, "
                f"in eye distances, n = {landmarks['ours']['faces']:,}",
                f"{100 * landmarks['ours'][name]:.1f} %",
                f"{100 * landmarks['yunet'][name]:.1f} %",
            ]
            for name in ("eyes", "all five")
        ),
        [
            "the same, eyes: distance from the mean of eleven YuNet results on the bare photo",
            *(f"{100 * landmarks[name + steady]['eyes']:.1f} %" for name in ("ours", "yunet")),
        ],
        [
            "YuNet's own landmarks, eyes, when a bare photo is shrunk by a tenth",
            "",
            f"{100 * landmarks['yunet, bare']['eyes']:.1f} %",
        ],
        *([f"time per photo, {name}", f"{t['ours']:.1f} ms", f"{t['yunet']:.1f} ms"] for name, t in times.items()),
    ]
    return table(["detection", "bareface", "YuNet"], rows)


def held_out(results: Values) -> str:
    """Format the detectors on held-out scenes."""
    rows = [
        [name, *(", ".join(f"{share:.3f}" for share in shares) for shares in row.values())]
        for name, row in results["rows"].items()
    ]
    overlaps = next(iter(results["rows"].values()))
    counts = ", ".join(map(str, results["false"]))
    title = f"{results['faces']} annotated faces of {results['photos']} photos, recall at {counts} other detections"
    recalls = table([title, *(f"overlap {overlap}" for overlap in overlaps)], rows)
    # YuNet's scores mean something else.
    found = [
        [name, *(f"{hits} / {others}" for hits, others in row)]
        for name, row in results["found and others"].items()
        if name != "YuNet"
    ]
    scores = table(
        [f"found / other detections, overlap {next(iter(overlaps))}, score", *map(str, results["least scores"])],
        found,
    )
    return f"{recalls}\n\n{scores}"


def occlusion(results: Values) -> str:
    """Format the occlusion map on rendered masks and validation photos."""
    rendered, validation = results["results"]["maskseg"], results["results"]["validation"]
    rows = [
        [f"mask IoU, {how} worn rendered masks (maskseg, n = {rendered[name]['mask']['n']})", f"{value:.3f}"]
        for name, how in (("cwm", "correctly"), ("iwm", "incorrectly"))
        for value in [rendered[name]["mask"]["pooled"]]
    ]
    rows += [
        [f"mask state correct by the map alone, {name}, n = {found['n']}", f"{100 * found['right']:.1f} %"]
        for name, found in validation.items()
    ]
    bare = validation["bare"]
    rows.append(
        [f"bare faces on which `unmask` would fill something, n = {bare['n']}", f"{100 * bare['to be filled']:.1f} %"]
    )
    return table(["occlusion map", ""], rows)


def masked(results: Values) -> str:
    """Format the mask-aware embedder next to dlib's, on the same detector."""
    rows = []
    for task, found in results["results"].items():
        for name, values in found.items():
            if "mated" not in values:
                continue
            accuracy = values.get("accuracy")
            cells = [rate(accuracy) if accuracy else "–", rate(values["eer"]), rate(values["tar@0.01"])]
            rows.append([f"{task}: {name}", *cells, f"{100 * values['fta']:.1f} %"])
        for name, other in (("open", "yunet + dlib-resnet"), ("base", "bareface + dlib-resnet")):
            gain = found.get(f"ours less {name}", {}).get("tar@0.01")
            if gain:
                ratio = f"{found['error ratio'][other]:.2f} x its error"
                rows.append([f"{task}: bareface-mobile, difference to {other} (paired)", ratio, "", change(gain), ""])
    return table(["set: detector + embedder", "accuracy", "EER", "TAR at FMR 1e-2", "pairs lost (FTA)"], rows)


def pipeline(results: Values) -> str:
    """Format whole path and descriptor, as multiples of dlib's speed."""
    path, alone = results["whole_path_s"], results["descriptor_s"]
    hog, cnn = path["face_recognition, HOG"], path["face_recognition, CNN"]
    rows = [[name, f"{1e3 * s:.1f}", f"{hog / s:.1f}x", f"{cnn / s:.1f}x"] for name, s in path.items()]
    first = table(["file to templates", "ms per photo", "speed relative to HOG", "speed relative to CNN"], rows)
    rows = [[name, f"{1e3 * s:.2f}", f"{alone['dlib'] / s:.1f}x"] for name, s in alone.items()]
    return first + "\n\n" + table(["descriptor alone", "ms per face", "speed relative to dlib"], rows)


def search(results: Values) -> str:
    """Format one probe against synthetic galleries."""
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
    """Format enrolment's peak of memory."""
    return table(
        ["photos enrolled", "references", "peak memory"],
        [[f"{results['photos']:,}", f"{results['references']:,}", f"{results['peak_gib']:.2f} GiB"]],
    )


_SETS = {"lfw": "LFW", "groups": "all groups mixed"}


WIDE = 1000
"""An interval of a larger ratio says nothing."""


def calibration(results: Values) -> str:
    """Format realised against predicted FPIR."""
    rows = [
        [
            f"{cell['probes']} probes, {cell['gallery']:,} subjects, FPIR {cell['predicted']:g}",
            f"{cell['ratio']:.2f}",
            f"{100 * cell['inside']:.0f} %",
            f"{cell['widest']:.1f}" if cell["widest"] < WIDE else f"over {WIDE:,}",
        ]
        for cell in results["cells"]
    ]
    return table(
        [
            f"{results['splits']} splits of {_SETS[results.get('set', 'lfw')]}",
            "realised / predicted",
            "in the 95 % interval",
            "widest upper / lower",
        ],
        rows,
    )


def metrics(results: Values) -> str:
    """Format the speed of counting errors."""
    rows = [
        [name, f"{step['seconds']:.1f} s", f"{step['peak_gib']:.2f} GiB"] for name, step in results["steps"].items()
    ]
    return table([f"{results['n']:,} scores of {results['subjects']:,} subjects", "time", "peak memory so far"], rows)


def ablation(results: Values) -> str:
    """Show the contribution of each step of the masked embedder."""
    shown = ("masked x bare, TAR at 0.01", "masked x bare, TAR at 0.001", "masked x bare, EER", "both masked, EER")
    rows = [[name, *(f"{row[key]:.3f}" for key in shown)] for name, row in results["rows"].items()]
    title = f"CelebA validation, {results['photos']} photos of {results['people']} people"
    return table([title, *shown], rows)


def evidence(results: Values) -> str:
    """Show how accuracy falls with the visible share."""
    rows = [
        [
            f"{100 * row['visible, median']:.0f} %",
            *(f"{row[key]:.3f}" for key in ("TAR at 0.01", "TAR at 0.001", "EER")),
        ]
        for row in results["rows"]
    ]
    return table(["visible", "TAR at FMR 1e-2", "TAR at FMR 1e-3", "EER"], rows)


def quality(results: Values) -> str:
    """Format error versus discard: the shipped score's curves, then every score's area."""
    shown = {
        f"{name}, FMR {fmr}": (found, values)
        for name, found in results["results"].items()
        for fmr, values in found["at"].items()
    }
    first = [values["as shipped"] for _, values in shown.values()]
    rows = [
        [
            f"{100 * share:.0f} %",
            *(f"{100 * c['fnmr'][i]:.2f} ({100 * c['low'][i]:.2f} to {100 * c['high'][i]:.2f})" for c in first),
        ]
        for i, share in enumerate(first[0]["share"])
    ]
    rows.append(["falls at every step", *("yes" if c["falls"] else "no" for c in first)])
    rows.append(["largest rise in a step, points", *(_rise(c) for c in first)])
    rows.append(
        ["pairs; lost, no face found", *(f"{found['pairs']:,}; {found['lost']}" for found, _ in shown.values())]
    )
    curves = table(["discarded: FNMR of the rest, %", *shown], rows)
    ways = [way for way in next(iter(shown.values()))[1] if way != "threshold"]
    areas = [
        [way, *(rate(v[way]["area"]) + (", falls" if v[way]["falls"] else "") for _, v in shown.values())]
        for way in ways
    ]
    return curves + "\n\n" + table(["relative area, 1 for random discarding", *shown], areas)


def _rise(curve: Values) -> str:
    steps = [after - before for before, after in pairwise(curve["fnmr"])]
    worst = steps.index(max(steps))
    if steps[worst] <= 0:
        return "none"
    return f"{100 * steps[worst]:.2f} ({100 * curve['step_low'][worst]:.2f} to {100 * curve['step_high'][worst]:.2f})"


def quality_validation(results: Values) -> str:
    """Show the errors for each reason given, and the share of matches by score."""
    found = results["results"]
    reasons = sorted(found["reasons"].items(), key=lambda item: item[1]["fnmr"])
    words = {name: name.replace("  ", " … ").replace(" % of", "… % of") for name in found["reasons"]}
    rows = [[words[name], f"{row['comparisons']:,}", f"{100 * row['fnmr']:.1f} %"] for name, row in reasons]
    tenths = [[f"{row['score']:.1f}", f"{100 * row['matched']:.1f} %"] for row in found["calibration"]]
    return table(["reason given", "comparisons", "FNMR"], rows) + "\n\n" + table(["mean score", "matched"], tenths)


SECTIONS: dict[str, Callable[[Values], str]] = {
    "headline": headline,
    "accuracy_lfw": lfw,
    "accuracy": accuracy,
    "detection_mfr2": detection,
    "detection": masked_detection,
    "detection_held_out": held_out,
    "occlusion": occlusion,
    "masked": masked,
    "ablation": ablation,
    "evidence": evidence,
    "quality": quality,
    "quality_validation": quality_validation,
    "unmask": unmask,
    "enhance": enhance,
    "enhance_others": enhance_others,
    "brightening": brightening,
    "refusal": refusal,
    "restoration": restoration,
    "restoration_summary": restoration_summary,
    "restored": restored,
    "speed_pipeline": pipeline,
    "speed_search": search,
    "memory_enrol": memory,
    "calibration": calibration,
    "calibration_groups": calibration,
    "groups": groups,
    "groups_before": groups_before,
    "groups_checked": groups_checked,
    "groups_mated": groups_mated,
    "groups_bars": groups_bars,
    "speed_metrics": metrics,
    "service_load": service_load,
}

FILES: dict[str, str | tuple[str, ...]] = {
    "headline": (
        "accuracy",
        "accuracy_lfw",
        "calibration",
        "detection",
        "detection_mfr2",
        "masked",
        "restoration",
        "speed_pipeline",
        "speed_search",
    ),
    "restoration_summary": "restoration",
    "restored": ("unmask", "enhance", "refusal"),
    "groups_before": tuple(SYSTEMS),
    "groups_mated": tuple(SYSTEMS),
    "groups_bars": "groups",
    "groups_checked": "groups",
}
"""Sections made of results of another name; those of several are given all by name."""


def section(name: str) -> str:
    """Format one table with the line that says where, when and how it was measured."""
    source = FILES.get(name, name)
    if isinstance(source, str):
        results = _read(source)
        return f"{SECTIONS[name](results)}\n\n<sub>{_origin(results['machine'])}</sub>"
    found = {one: _read(one) for one in source}
    machines = [results["machine"] for results in found.values()]
    origin = span(machines) if name == "headline" else "; ".join(map(_origin, machines))
    return f"{SECTIONS[name](found)}\n\n<sub>{origin}</sub>"


def _read(name: str) -> Values:
    found: Values = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _origin(machine: Values) -> str:
    return f"`{machine['command']}`, {machine['date'][:10]}, {where(machine)}"


def filled(text: str) -> str:
    """Regenerate every marked section of a page."""
    for name in (name for name in SECTIONS if f"<!-- {name} -->" in text):
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        text = re.sub(
            f"{re.escape(start)}.*?{re.escape(end)}",
            lambda _match, name=name, start=start, end=end: f"{start}\n{section(name)}\n{end}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    return text


def shipped() -> str:
    """Return the figures of groups that the package shows, from the last official run."""
    results = json.loads((RESULTS / "groups.json").read_text(encoding="utf-8"))
    groups = [
        {
            "people": people,
            "searches": found["clean"]["searches"],
            "promised_tenth": found["clean"]["checked"]["realised"]["0.1"],
            "promised_hundredth": found["clean"]["checked"]["realised"]["0.01"],
            "match": found["clean"]["checked"]["match"],
        }
        for people, found in results["non-mated"].items()
    ]
    head = {"model": results["embedder"], "date": results["machine"]["date"][:10], "gallery": results["gallery"]}
    return json.dumps({**head, "groups": groups}, indent=1) + "\n"


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
    SHIPPED.write_text(shipped(), encoding="utf-8")
