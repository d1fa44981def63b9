"""Kill -9 in the middle of enrolment, twenty times at random moments: nothing is lost, nothing is stored twice."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine, people

PEOPLE, PHOTOS, KILLS = 75, 4, 20
ROOT = Path(__file__).resolve().parents[1]

ENROL = """
import sys
from bareface.services.gallery import Gallery
{engine}
with Gallery.open(sys.argv[1], engine) as opened:
    print("begun", flush=True)
    opened.enrol(sys.argv[2], basis="test")
"""

TILES = """
import time
from bareface.values.face import EVERYTHING
from tests.gallery.pictures import TileEngine

class Slow(TileEngine):
    def stream(self, sources, batch=32, want=EVERYTHING):
        for analysis in super().stream(sources, batch, want):
            time.sleep(0.005)
            yield analysis

engine = Slow()
"""

PACKAGED = """
from bareface.services.engine import Engine
engine = Engine()
"""


def enrol(gallery: Path, photos: Path, engine: str) -> subprocess.Popen[str]:
    code = ENROL.format(engine=engine)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(gallery), str(photos)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    return process


def stored(gallery: Path) -> list[str]:
    """Return the photos of which a reference is stored, straight from the database; it must be whole at any time."""
    connection = sqlite3.connect(gallery)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        query = """SELECT f.sha256 FROM reference r JOIN file f ON f.id = r.file_id
                   JOIN template t ON t.reference_id = r.id JOIN picture p ON p.reference_id = r.id"""
        found = [row[0] for row in connection.execute(query)]
        assert len(found) == connection.execute("SELECT count(*) FROM reference").fetchone()[0]
        return found
    finally:
        connection.close()


def kill_often(gallery: Path, photos: Path, engine: str) -> list[int]:
    """Begin and kill, until it has happened often enough; returns how many references there were each time.

    The moments are spread over a quarter of what the whole takes, so that several fall into one enrolment.
    """
    rng = random.Random(20)
    begun = time.monotonic()
    assert enrol(gallery.with_name("undisturbed"), photos, engine).wait() == 0
    seconds = (time.monotonic() - begun) / 4
    counts: list[int] = []
    before: list[str] = []
    while len(counts) < KILLS:
        process = enrol(gallery, photos, engine)
        time.sleep(rng.uniform(0, seconds))
        ended = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        after = stored(gallery)
        assert len(set(after)) == len(after)
        assert set(before) <= set(after)
        if ended:  # finished before it was killed: begin anew, so that every kill is one
            for path in gallery.parent.glob(gallery.name + "*"):
                path.unlink()
            after = []
        else:
            counts.append(len(after))
        before = after
    return counts


@pytest.mark.slow
def test_a_killed_enrolment_loses_nothing_and_a_rerun_finishes_it(tmp_path):
    people(tmp_path / "photos", PEOPLE, PHOTOS)
    gallery = tmp_path / "g"
    counts = kill_often(gallery, tmp_path / "photos", TILES)
    assert any(0 < count < PEOPLE * PHOTOS for count in counts)  # it was in the middle
    assert enrol(gallery, tmp_path / "photos", TILES).wait() == 0
    found = stored(gallery)
    assert len(found) == len(set(found)) == PEOPLE * PHOTOS
    with Gallery.open(gallery, TileEngine()) as opened:
        assert {(one.name, one.references) for one in opened.subjects()} == {(f"p{n}", PHOTOS) for n in range(PEOPLE)}
        assert opened.check().ok
        assert opened.enrol(tmp_path / "photos").count("already enrolled") == PEOPLE * PHOTOS


@pytest.mark.slow
@pytest.mark.real
def test_killed_with_the_packaged_engine(tmp_path, shared_data):
    """The same with real photos and networks, whose threads are killed too."""
    folder = tmp_path / "photos"
    for person in sorted((shared_data / "train" / "celeba").iterdir())[:60]:
        (folder / person.name).mkdir(parents=True)
        for photo in person.iterdir():
            (folder / person.name / photo.name).symlink_to(photo)
    gallery = tmp_path / "g"
    counts = kill_often(gallery, folder, PACKAGED)
    assert any(count > 0 for count in counts)
    assert enrol(gallery, folder, PACKAGED).wait() == 0
    found = stored(gallery)
    assert len(found) == len(set(found)) > 250
    with Gallery.open(gallery) as opened:
        assert opened.check().ok
        report = opened.enrol(folder)
        assert report.count("already enrolled") == len(found)
        assert report.references == 0
