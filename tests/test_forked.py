"""A process forked after the first search, as task queues and preloading servers do, works on."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from bareface.services.gallery import Gallery
from bareface.storage.sqlite.store import Store
from bareface.system import forking
from tests.gallery.pictures import TileEngine, people
from tests.portraits import astronaut

HANG_S = 100
"""No answer by then is a hang: the child ends itself and names the place."""


def forked(tmp_path: Path, before: str, child: str) -> list[str]:
    """Run a program that forks; what its children printed, each of whom must end by itself."""
    code = f"""
import faulthandler, multiprocessing, os, sys, threading
import bareface
from bareface import Engine, Gallery
from bareface.imaging import decode as images
os.environ["BAREFACE_RESTORATIONS"] = {str(tmp_path / "record.sqlite")!r}
photo = images.decode({str(astronaut())!r}).pixels
engine = Engine(threads=4)
gallery = Gallery.open({str(tmp_path / "g")!r}, engine)
gallery.enrol(photo, subject="Astronaut")
{textwrap.dedent(before)}
def say(*parts):
    os.write(1, (" ".join(map(str, parts)) + "\\n").encode())  # at once: several children write into one pipe
def child():
    faulthandler.dump_traceback_later({HANG_S}, exit=True)
    try:
{textwrap.indent(textwrap.dedent(child), "        ")}
    finally:
        faulthandler.cancel_dump_traceback_later()
context = multiprocessing.get_context("fork")
children = [context.Process(target=child) for _ in range(2)]
for one in children:
    one.start()
for one in children:
    one.join()
if number := os.fork():
    ended = os.waitpid(number, 0)[1]
else:
    child()
    sys.exit(0)  # ends as a program does, with all destructors
say("ended", [one.exitcode for one in children], ended)
say(gallery.search(photo).lists[0].candidates[0].subject, gallery.check().ok)
"""
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=3 * HANG_S
    )
    lines = found.stdout.split("\n")
    assert "ended [0, 0] 0" in lines, found.stderr
    assert "Astronaut True" in lines, found.stderr
    return lines


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return what three children say who search, use the engine, and go on with a stream that their parent began."""
    before = """
    gallery.search(photo)
    engine.embed_chips([engine.faces(photo)[0].chip] * 8)
    began = engine.stream(iter([photo] * 3), batch=1)
    next(began)
    """
    child = """
    say("searched", gallery.search(photo).lists[0].candidates[0].subject)
    face, *_ = engine.faces(photo)
    streamed = sum(len(one.faces) for one in engine.stream([photo] * 3))
    many = len(engine.embed_chips([face.chip] * 8))
    same = round(bareface.compare(face, face).similarity, 3)
    say("computed", streamed, many, engine.enhance(face).provenance.kind, same)
    try:
        list(began)
    except bareface.BarefaceError as error:
        say("refused", error.code, len(list(engine.stream([photo]))))
    """
    return forked(tmp_path_factory.mktemp("forked"), before, child)


def test_search_in_a_child_after_a_search_in_the_parent(children: list[str]) -> None:
    assert children.count("searched Astronaut") == 3


def test_the_engine_in_children(children: list[str]) -> None:
    assert len([line for line in children if line.startswith("computed") and "8 enhance 1.0" in line]) == 3


def test_a_stream_that_its_parent_began_is_refused_in_a_child(children: list[str]) -> None:
    assert children.count("refused usage.forked 1") == 3


@pytest.mark.slow
def test_enrol_and_delete_in_children(tmp_path):
    change = """
    mine = photo.copy()
    mine[0, 0] = os.getpid() % 256, os.getpid() // 256 % 256, os.getpid() // 65536
    done = gallery.enrol(mine, subject=f"child {os.getpid()}").references
    gone = gallery.delete(subject=f"child {os.getpid()}").references
    say("child", done, gone)
    """
    assert forked(tmp_path, "gallery.search(photo)", change).count("child 1 1") == 3


@pytest.mark.slow
def test_a_fork_waits_for_a_search_in_another_thread(tmp_path):
    before = """
    stop = threading.Event()
    def busy():
        while not stop.is_set():
            gallery.references()
            with gallery._index.snapshot():
                pass
    thread = threading.Thread(target=busy)
    thread.start()
    threading.Timer(2, stop.set).start()
    """
    look = "say('child', len(gallery.references()), gallery.check().ok)"
    assert forked(tmp_path, before, look).count("child 1 True") == 3


def open_files(path: Path) -> list[str]:
    """The files of a gallery that this process has open."""
    places = (os.path.realpath(entry) for entry in Path("/proc/self/fd").iterdir())
    return sorted(place for place in places if place.startswith(str(path)))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="lists open files")
def test_between_transactions_no_file_of_a_gallery_is_open(tmp_path, monkeypatch):
    """A child would take it along, with what SQLite believes of its locks, and damage the gallery."""
    people(tmp_path / "photos", 3)
    with Gallery.open(tmp_path / "g", TileEngine()) as gallery:
        gallery.enrol(tmp_path / "photos")
        with gallery._store._engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute("SELECT id FROM subject").fetchone()
            assert open_files(gallery.path)
        assert open_files(gallery.path) == []
        assert cursor is not None

        found = []
        for name in ("read", "write"):
            real = getattr(Store, name)

            def looking(store: Store, real: Any = real) -> Any:
                found.append((not forking._inside, open_files(store.path)))
                return real(store)

            monkeypatch.setattr(Store, name, looking)
        gallery.delete(subject="p0")
        gallery.scrub()
        assert gallery.check().ok
        between = [files for outside, files in found if outside]
        assert len(between) > 5
        assert not any(between)
