"""A search reads in few steps: Python takes its lock again after each, and threads wait for one another there."""

from __future__ import annotations

import dataclasses
import sqlite3
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from bareface.calibration.calibration import Calibration
from bareface.faces.port import FaceEngine
from bareface.gallery.search import search
from bareface.matching.normalisation import Normalisation
from bareface.storage.open_index import open_index
from bareface.storage.sqlite import listed as listed_module
from bareface.storage.sqlite import lookups
from bareface.storage.sqlite.connection import Connector
from bareface.storage.sqlite.store import Store
from bareface.values.defaults import EMBEDDER
from bareface.values.face import Precision
from benchmarks.concurrent_search import fill, probes, space_of

TOP = 20


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store(tmp_path_factory.mktemp("steps") / "g")
    fill(made, 3_000)
    return made


NORMALISED = dataclasses.replace(
    Calibration.packaged("bareface-mobile-128-v2", "bareface-mobile", "search"),
    normalisation=Normalisation(0.035, 0.99),
)
"""A calibration of normalised scores, with constants of the templates that are used here."""


def ready_engine() -> FaceEngine:
    made = SimpleNamespace(model=EMBEDDER, space=space_of(EMBEDDER), precision="float32", makes_upper_face=True)
    made.complete = lambda faces, want: list(faces)
    return cast(FaceEngine, made)


@pytest.mark.parametrize(
    "calibration",
    [None, NORMALISED],
    ids=["plain", "normal"],
)
@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_statements_and_templates_of_a_search(
    store: Store, precision: Precision, calibration: Calibration | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = open_index(store, precision, threads=1)
    index.load()
    selects: list[str] = []
    templates: list[int] = []

    def trace(statement: str) -> None:
        if statement.startswith("SELECT"):
            selects.append(statement)

    values: list[int] = []
    real, rows, connect = lookups.templates, lookups.rows, Connector.connect

    def counted(connection: Any, ids: Any, dimension: int) -> Any:
        templates.append(len(ids))
        return real(connection, ids, dimension)

    def counting(*arguments: Any) -> Any:
        result = rows(*arguments)
        values.append(sum(map(len, result)))
        return result

    def traced(connector: Connector) -> sqlite3.Connection:
        made = connect(connector)
        made.set_trace_callback(trace)
        return made

    monkeypatch.setattr(lookups, "templates", counted)
    monkeypatch.setattr(lookups, "rows", counting)
    monkeypatch.setattr(listed_module, "rows", counting)
    monkeypatch.setattr(Connector, "connect", traced)
    for probe in probes()[:8]:
        selects.clear()
        templates.clear()
        values.clear()
        (listed,) = search(index, ready_engine(), calibration, (probe,), TOP).lists
        assert len(listed.candidates) == TOP
        tables = [one.split(" FROM ")[1].split()[0] for one in selects]
        read = {"int8": (1, 2), "float32": (1,)}[precision]  # once more where rounding was unkind
        assert tables[0] == "gallery"
        assert tables.count("reference") == 1
        assert tables.count("template") == len(templates)
        assert len(templates) in read
        assert len(tables) == len(values) == 2 + len(templates)
        assert max(values) <= 4
        assert sum(templates) < 10 * 2 * TOP / 2


def test_both_precisions_and_a_plain_comparison_agree(store: Store) -> None:
    indexes = [open_index(store, precision, threads=1) for precision in ("int8", "float32")]
    with indexes[0].snapshot() as now:
        numbers = np.arange(1, 3_001)
        vectors = now.fetch(numbers).astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for probe in probes():
        (one,), (other,) = (search(index, ready_engine(), None, (probe,), TOP).lists for index in indexes)
        assert [dataclasses.astuple(each)[1:6] for each in one.candidates] == [
            dataclasses.astuple(each)[1:6] for each in other.candidates
        ]
        scores = vectors @ (probe.vector / np.linalg.norm(probe.vector))
        best = np.unique((numbers[np.argsort(-scores)] - 1) // 5 + 1, return_index=True)
        expected = best[0][np.argsort(best[1])][:TOP]
        assert [each.subject_id for each in one.candidates] == expected.tolist()
