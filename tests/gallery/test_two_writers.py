"""Two processes that enrol into one gallery at once both progress, step by step."""

from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine, colours, save

BATCHES, BATCH = 3, 4
PATIENCE_S = 120
"""Seconds that a process waits for the other before the test fails."""


class Stepwise(TileEngine):
    """Before it looks at a further batch, waits until the other process has stored as many as this one."""

    def __init__(self, others: list[Any]) -> None:
        super().__init__()
        self.others = others

    def stream(self, sources, batch=32, want=()):
        for number, analysis in enumerate(super().stream(sources, batch)):
            if number and number % BATCH == 0:
                assert self.others[number // BATCH - 1].wait(PATIENCE_S), "the other process does not progress"
            yield analysis


def enrol(path: Path, folder: Path, mine: list[Any], others: list[Any]) -> None:
    """Enrol a folder batch by batch, and tell of each that is stored."""
    from bareface.gallery import enrol as enrolment

    enrolment.BATCH = BATCH

    def progress(done: int, total: int, outcome: object) -> None:
        if done % BATCH == 0:
            mine[done // BATCH - 1].set()

    with Gallery.open(path, Stepwise(others)) as gallery:
        report = gallery.enrol(folder, progress=progress)
        assert report.count("enrolled") == BATCHES * BATCH, report


@pytest.mark.slow
def test_each_stores_a_batch_while_the_other_is_between_two(tmp_path: Path) -> None:
    spawn = get_context("spawn")
    folders = [tmp_path / "one", tmp_path / "other"]
    for place, folder in enumerate(folders):
        for number, colour in enumerate(colours(BATCHES * BATCH, seed=place)):
            save(folder / f"{number:02}.png", colour, tick=place)
    path = tmp_path / "g"
    Gallery.open(path, TileEngine()).close()
    stored = [[spawn.Event() for _ in range(BATCHES)] for _ in folders]
    processes = [
        spawn.Process(target=enrol, args=(path, folder, stored[place], stored[1 - place]))
        for place, folder in enumerate(folders)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(2 * PATIENCE_S)
    assert [process.exitcode for process in processes] == [0, 0]
    with Gallery.open(path, TileEngine()) as gallery:
        assert gallery.info().references == 2 * BATCHES * BATCH
        assert gallery.check().ok
