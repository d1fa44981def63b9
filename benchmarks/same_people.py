"""Photos of the groups that show one person, although the sets promise another person in every photo.

``same_people.json`` lists the pairs, by set. The 26 most similar pairs of each set (50 of *asian*), by bareface-mobile,
were shown in random order to two reviewers, who saw neither set nor score nor each other's answers. A pair is listed if
both said that it clearly shows one person. Pairs that were not shown are taken to be of two people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

_FILE = Path(__file__).with_suffix(".json")


def twins() -> Mapping[str, frozenset[str]]:
    """Return all subjects of :func:`benchmarks.groups.non_mated_sets` that are one person, by each of them."""
    groups: dict[str, set[str]] = {}
    for name, pairs in json.loads(_FILE.read_text(encoding="utf-8")).items():
        for one, other in pairs:
            a, b = f"{name} {one}", f"{name} {other}"
            joined = groups.get(a, {a}) | groups.get(b, {b})
            groups |= dict.fromkeys(joined, joined)
    return {subject: frozenset(joined) for subject, joined in groups.items()}
