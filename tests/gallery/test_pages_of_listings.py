"""A page of a listing costs what it shows, however large the gallery is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bareface.services.gallery import Gallery
from bareface.storage.sqlite.connection import Connector
from bareface.storage.sqlite.store import Store
from benchmarks.concurrent_search import fill

LISTINGS: dict[str, Callable[[Gallery], object]] = {
    "first subjects": lambda gallery: gallery.subject_page(10),
    "later subjects": lambda gallery: gallery.subject_page(10, ("person 300", 300)),
    "first references": lambda gallery: gallery.reference_page(10),
    "later references": lambda gallery: gallery.reference_page(10, 1_500),
    "references of one": lambda gallery: gallery.reference_page(10, subject=7),
    "best of one": lambda gallery: gallery.best_reference(7),
    "one subject": lambda gallery: gallery.subject(7),
}
_EACH = 10


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("pages") / "g")
    fill(store, 3_000)
    return store.path


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by one with each ten steps of SQLite's machine."""
    taken: list[int] = []
    connect = Connector.connect

    def counted(connector: Connector) -> sqlite3.Connection:
        made = connect(connector)
        made.set_progress_handler(lambda: taken.append(_EACH), _EACH)
        return made

    monkeypatch.setattr(Connector, "connect", counted)
    return taken


@pytest.mark.parametrize("name", LISTINGS)
def test_a_page_reads_only_what_it_shows(name: str, path: Path, steps: list[int]) -> None:
    with Gallery.open(path) as gallery:
        steps.clear()
        LISTINGS[name](gallery)
        assert sum(steps) < 3_000, "a step for each reference is too many"
        steps.clear()
        gallery.subjects()
        assert sum(steps) > 6_000, "the measure itself sees what reads all"
