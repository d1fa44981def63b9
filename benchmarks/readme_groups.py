"""Tables of the benchmark of groups of people and kinds of photo."""

from __future__ import annotations

from typing import Final

from benchmarks.group_rates import FPIRS, MISSED_AT, bars, spread
from benchmarks.markdown import Values, percent, table

CONDITIONS: Final = {
    "clean": "as they are",
    "defocus": "out of focus",
    "low light": "in low light",
    "small": "face 48 pixels wide",
}
SYSTEMS: Final = {
    "groups_bareface128": "former space, similarity",
    "groups_bareface128_normalised": "former space, normalised",
    "groups_cosine": "present space, similarity",
    "groups": "present space, normalised",
}
"""Results of each combination of embedder and score."""


def groups(results: Values) -> str:
    """Format realised FPIR and matches of every set and kind of photo, and the largest ratio between sets."""
    rows = []
    for condition, words in CONDITIONS.items():
        for name, by in results["non-mated"].items():
            found = by[condition]
            cells = [percent(one) for one in (*found["realised"].values(), found["match"])]
            count = f"{found['searches']:,} ({found['people']})"
            rows.append([f"{name}, {words}", *cells, str(found["match pairs"]), count, str(found["failures"])])
        ratios = [spread(results["non-mated"], condition, f"{fpir:g}") for fpir in FPIRS]
        said = ["one is 0" if one is None else f"{one:.1f}x" for one in ratios]
        rows.append([f"*largest ratio between sets, {words}*", *said, "", "", "", ""])
    columns = [f"realised, predicted {100 * fpir:g} %" for fpir in FPIRS]
    return table(["people, probes", *columns, "`match`", "pairs", "searches (people)", "no face"], rows)


def groups_checked(results: Values) -> str:
    """Format the figures without pairs that show one person."""
    rows = []
    for condition, words in CONDITIONS.items():
        for name, by in results["non-mated"].items():
            found = by[condition]["checked"]
            cells = [percent(one) for one in (*found["realised"].values(), found["match"])]
            rows.append([f"{name}, {words}", *cells, str(found["match pairs"])])
    columns = [f"realised, predicted {100 * fpir:g} %" for fpir in FPIRS]
    return table(["people, probes", *columns, "`match`", "pairs"], rows)


def groups_before(results: Values) -> str:
    """Format the searches that end in a match, and in a match or a possible one, of each space and score."""
    rows = []
    for said in ("`match`, promised 0.3 %", "`match` or `possible`, promised 10 %"):
        for name in results["groups"]["non-mated"]:
            cells = [results[system]["non-mated"][name]["clean"] for system in SYSTEMS]
            rates = [one["realised"]["0.1"] if "possible" in said else one["match"] for one in cells]
            rows.append([f"{said}: {name}", *map(percent, rates)])
    return table(["searches by strangers", *SYSTEMS.values()], rows)


def groups_mated(results: Values) -> str:
    """Format the share of people who are not found, of each space and score."""
    rows = []
    for task in results["groups"]["mated"]:
        for system, words in SYSTEMS.items():
            found = results[system]["mated"][task]
            cells = [percent(one) for one in found["FNIR"].values()]
            count = f"{found['searches']:,} ({found['people']})"
            rows.append([f"{task}: {words}", *cells, count, str(found["failures"])])
    columns = [f"missed, predicted FPIR {100 * fpir:g} %" for fpir in MISSED_AT]
    return table(["probes", *columns, "searches (people)", "no face"], rows)


def groups_bars(results: Values) -> str:
    """Format the bars that were set before the measurement."""
    rows = [
        [
            bar.name,
            f"{bar.low:g} to {bar.high:g}",
            f"{bar.least[0]:.3g} ({bar.least[1]})",
            f"{bar.most[0]:.3g} ({bar.most[1]})",
            "met" if bar.held else "missed",
        ]
        for bar in bars(results)
    ]
    return table(["figure", "required", "smallest", "largest", ""], rows)
