"""Erased means gone: no stored value of a deleted reference is in any file of the gallery."""

from __future__ import annotations

import random
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest

from bareface.services.gallery import Gallery
from tests.gallery.pictures import UpperFaceEngine, colours, save

SHORTEST = 6
"""Bytes of a value that cannot be there by chance."""

QUERY = """
SELECT r.id, s.name, s.key, f.path, f.sha256, f.width, r.x1, r.landmarks, r.score, r.quality, r.basis, r.enrolled,
       t.vector, t.covered, p.thumbnail, p.crop
FROM reference r JOIN subject s ON s.id = r.subject_id JOIN file f ON f.id = r.file_id
JOIN template t ON t.reference_id = r.id JOIN picture p ON p.reference_id = r.id
"""


def values_of(path: Path) -> dict[int, set[bytes]]:
    """Return all stored values of each reference, as SQLite stores them: small ones, too."""
    found: dict[int, set[bytes]] = {}
    with closing(sqlite3.connect(path)) as raw:
        for number, *values in raw.execute(QUERY):
            found[number] = {stored for value in values if len(stored := as_stored(value)) >= SHORTEST}
    return found


def as_stored(value: object) -> bytes:
    if isinstance(value, float):
        return struct.pack(">d", value) if value % 1 else b""  # SQLite stores whole numbers short
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else b""


def cycles(folder: Path, count: int, photos: int) -> None:
    rng = random.Random(11)
    palette = colours(photos, seed=5)
    engine = UpperFaceEngine({}, dict(zip(palette, palette[::-1], strict=True)))
    path = folder / "g"
    tick = 0
    with Gallery.open(path, engine) as opened:
        for _ in range(count):
            for colour in rng.sample(palette, rng.randint(3, 12)):
                tick += 1
                name = "x" * rng.randint(0, 60) + str(tick)
                opened.enrol(save(folder / name / f"{tick}.png", colour, tick=tick), subject=f"person {name}")
            before = values_of(path)
            doomed = rng.sample(sorted(before), len(before) // 2)
            if rng.random() < 0.5:
                opened.delete(reference=doomed)
            else:
                for number in {one.subject_id for one in opened.references() if one.id in doomed}:
                    opened.delete(subject=number)
            after = values_of(path)
            living = {value for values in after.values() for value in values}
            gone = {value for number, values in before.items() if number not in after for value in values} - living
            files = {one.name: one.read_bytes() for one in folder.glob("g*")}
            left = [(name, value[:80]) for value in gone for name, data in files.items() if value in data]
            assert not left, f"{len(left)} of {len(gone)} values"
            assert all(any(value in data for data in files.values()) for value in living)  # the test can see them


def test_no_value_of_a_deleted_reference_is_left(tmp_path):
    cycles(tmp_path, 4, 60)


@pytest.mark.slow
def test_no_value_is_left_after_a_hundred_cycles(tmp_path):
    cycles(tmp_path, 100, 60)


def test_an_index_that_was_being_written_is_removed_too(tmp_path):
    """A process that died while it wrote the index leaves the unfinished file, with templates."""
    palette = colours(4)
    engine = UpperFaceEngine({}, {})
    with Gallery.open(tmp_path / "g", engine) as opened:
        opened.enrol(save(tmp_path / "a.png", palette[0]), subject="Ada")
        (tmp_path / "g-index.new").write_bytes(b"templates of Ada")
        opened.delete(subject="Ada")
        assert not (tmp_path / "g-index.new").exists()
