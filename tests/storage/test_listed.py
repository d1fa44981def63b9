"""What a candidate list shows of references is read in one row, and is what the tables hold, to the last bit."""

from __future__ import annotations

import math
import os
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bareface.errors import GalleryError
from bareface.storage.sqlite import listed as listing
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.columns import Damaged
from bareface.storage.sqlite.listed import listed
from bareface.storage.sqlite.store import Store
from benchmarks.concurrent_search import fill

COUNT = 60
NAMES = ["a,b", "a;b", "line\nbreak", "Zoë ✓", "a\0b", "nan", "0", "'", '"', " ", "a" * 500, None]
PATHS = [b"/a,b;c", b"/\xff\xfe", "/ünï".encode(), b"<bytes>", b"<array>", b"/line\nbreak", b"/nan", None]


def odd_numbers() -> list[float]:
    rng = random.Random(0)
    plain = [0.0, -0.0, 1.0, -3.0, 0.1, 1 / 3, -2 / 3, 4095.999999999999, 2.0**53 + 2, 1e15 + 0.125, math.pi]
    small = [5e-324, 1e-300, -1e-20, 2.0**-62, 3 * 2.0**-64]  # with bits below the parts that are written
    large = [1e300, -1e18, 2.0**63, -(2.0**63)]
    return [*plain, *small, *large, *(rng.uniform(-100, 5000) for _ in range(200)), *(rng.random() for _ in range(50))]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "g")
    fill(made, COUNT)
    return made


def change(store: Store, statement: str, *rows: tuple[Any, ...]) -> None:
    """Change the file as no version of bareface does."""
    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    with connection:
        connection.executemany(statement, rows)
    connection.close()


def compare(store: Store) -> int:
    """Compare with what SQLAlchemy reads, one by one; return the number of values that were read."""
    values: list[int] = []

    def counting(*arguments: Any) -> list[tuple[Any, ...]]:
        found = real(*arguments)
        values.append(sum(map(len, found)))
        return found

    real = listing.rows
    with store.read_plainly() as reading, pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "rows", counting)
        found = listed(reading.plain, list(range(1, COUNT + 1)))
        expected = catalogue.references_by_id(reading.connection, range(1, COUNT + 1))
    assert list(found) == list(expected)
    for number, one in found.items():
        other = expected[number]
        assert one == (
            *(other.id, other.subject, other.source, other.sha256, other.box),
            *(other.model, other.precision, other.mask_state, other.visible),
        )
    return sum(values)


def test_one_row_holds_texts_of_any_kind(store: Store) -> None:
    names = [(f"{name}{number}" if name else None, number) for number, name in enumerate(NAMES, 1)]
    change(store, "UPDATE subject SET name = ? WHERE id = ?", *names)
    change(store, "UPDATE file SET path = ? WHERE id = ?", *((path, n) for n, path in enumerate(PATHS, 1)))
    change(store, "UPDATE file SET format = 'array' WHERE id % 2 = ?", (0,))
    change(store, "UPDATE template SET model = ?, mask_state = 'full' WHERE reference_id = ?", ("é;,", 3))
    assert compare(store) == 4
    with store.read_plainly() as reading:
        assert listed(reading.plain, [2])[2].source == os.fsdecode(PATHS[1] or b"")
        assert listed(reading.plain, []) == listed(reading.plain, [COUNT + 1]) == {}


def test_numbers_come_to_the_last_bit(store: Store) -> None:
    numbers = odd_numbers()
    seen = set()
    for start in range(0, len(numbers), COUNT):
        some = numbers[start : start + COUNT]
        change(store, "UPDATE reference SET x1 = ?, y2 = ? WHERE id = ?", *((x, -x, n) for n, x in enumerate(some, 1)))
        shares = ((x if 0 <= x <= 1 else None, n) for n, x in enumerate(some, 1))
        change(store, "UPDATE template SET visible = ? WHERE reference_id = ?", *shares)
        seen.add(compare(store))
    assert 4 in seen  # all in one row
    assert max(seen) > 4  # one by one, where bits would be lost


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("subject.name", value) for value in (b"blob", b"\xff", "", "a\x1fb", "a\x1fJPEG\x1fb")),
        *(("file.path", value) for value in ("text", b"", b"/a\0b", b"/a\x1fb")),
        *(("file.sha256", value) for value in ("A" * 64, "a" * 63, b"a" * 64, "a" * 63 + "\0", "g" * 64)),
        *(("file.format", value) for value in (b"JPEG", "")),
        *(("reference.x1", value) for value in ("far", b"1", math.inf)),
        *(("template.model", value) for value in ("", "a\nb", b"m")),
        *(("template.mask_state", value) for value in ("half", b"none")),
        *(("template.visible", value) for value in (1.02, -0.02, "much", math.inf)),
    ],
)
def test_what_a_column_does_not_take_is_read_one_by_one_and_told(store: Store, column: str, value: Any) -> None:
    table, name = column.split(".")
    key = "reference_id" if table == "template" else "id"
    change(store, f"UPDATE {table} SET {name} = ? WHERE {key} = 7", (value,))
    with store.read_plainly() as reading:
        try:
            expected: Any = catalogue.references_by_id(reading.connection, range(1, COUNT + 1))
        except Damaged as damage:
            expected = str(damage)
        if isinstance(expected, str):
            with pytest.raises(Damaged) as caught:
                listed(reading.plain, range(1, COUNT + 1))
            assert str(caught.value) == expected
        else:
            found = listed(reading.plain, range(1, COUNT + 1))
            assert [one.source for one in found.values()] == [one.source for one in expected.values()]
            assert [one.subject for one in found.values()] == [one.subject for one in expected.values()]


def test_text_that_is_not_utf_8_is_damage(store: Store) -> None:
    change(store, "UPDATE subject SET name = CAST(x'ff41' AS TEXT) WHERE id = ?", (2,))
    with pytest.raises(GalleryError) as caught, store.read_plainly() as reading:
        listed(reading.plain, range(1, COUNT + 1))
    assert caught.value.code == "gallery.corrupt"


def test_a_reference_without_its_subject_is_damage(store: Store) -> None:
    change(store, "DELETE FROM subject WHERE id = ?", (2,))
    with pytest.raises(GalleryError, match="points to no row of subject"), store.read_plainly() as reading:
        listed(reading.plain, range(1, COUNT + 1))
