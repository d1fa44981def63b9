"""However a command ends: one line, no traceback, nothing half written."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bareface.storage.sqlite.store import Store

_IMPORTING = """
import os, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            os.kill(os.getpid(), {number})

sys.meta_path.insert(0, Interrupts())
from bareface.cli.main import main
main()
"""
_WRITING = """
import os, sys
from bareface.cli.ending import ends_well
from bareface.system.files import write_atomically

os.fsync = lambda _: os.kill(os.getpid(), {number})
sys.exit(ends_well(lambda: write_atomically("report.html", b"new") and None))
"""
_WAITING = """
import os, sys, threading
from bareface.cli.ending import ends_well
from bareface.storage.sqlite import store

store.BUSY_TIMEOUT_S = 3600
gallery = store.Store(sys.argv[1])

def write():
    threading.Timer(1, os.kill, (os.getpid(), {number})).start()
    with gallery.write():
        pass

sys.exit(ends_well(write))
"""
_FINALISING = """
import os, sys, time
from bareface.cli.ending import ends_well

class Finalised:
    def __del__(self):
        os.kill(os.getpid(), {number})

def command():
    Finalised()
    time.sleep(5)
    print("went on")

sys.exit(ends_well(command))
"""
_MAIN = "from bareface.cli.main import main; main()"


def python(code: str, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a program that hears its signals, also where the tests run in the background of a shell."""

    def hears() -> None:
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    command = [sys.executable, "-c", code, *map(str, arguments)]
    captured = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": hears, **options}
    return subprocess.run(command, text=True, check=False, **captured)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("module", "number", "said"),
    [
        ("bareface.cli.ending", signal.SIGINT, "Interrupted.\n"),
        pytest.param("typer", signal.SIGINT, "Interrupted.\n", marks=pytest.mark.slow),
        ("typer", signal.SIGTERM, "Terminated.\n"),
        pytest.param("numpy.linalg", signal.SIGINT, "Interrupted.\n", marks=pytest.mark.slow),
        pytest.param("cv2", signal.SIGINT, "Interrupted.\n", marks=pytest.mark.slow),
        ("onnxruntime", signal.SIGHUP, "The terminal was closed.\n"),
    ],
)
def test_a_signal_while_something_is_imported(module: str, number: signal.Signals, said: str, collins: Path) -> None:
    done = python(_IMPORTING.format(module=module, number=int(number)), "faces", collins)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", said)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_a_file_is_written(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    done = python(_WRITING.format(number=int(number)), cwd=tmp_path)
    assert done.returncode == 128 + number
    assert len(done.stderr.splitlines()) == 1
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_a_finaliser_ends_the_command(number: signal.Signals) -> None:
    done = python(_FINALISING.format(number=int(number)))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (128 + number, "", 1)


def test_a_closed_terminal_does_not_end_what_was_started_with_nohup(tmp_path: Path) -> None:
    ignored = signal.SIGHUP
    done = python(
        _WRITING.format(number=int(ignored)),
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(ignored, signal.SIG_IGN),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "report.html").read_text() == "new"


@pytest.mark.parametrize("options", [[], pytest.param(["--json"], marks=pytest.mark.slow)])
def test_nobody_reads_the_output(options: list[str], enrolled: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = python(_MAIN, "gallery", "subjects", enrolled, *options, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_the_output() -> None:
    with Path("/dev/full").open("w") as full:
        done = python(_MAIN, "models", "--json", stdout=full)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: standard output cannot be written: No space left on device.")
    assert len(done.stderr.splitlines()) == 1


def test_a_signal_while_another_process_writes(tmp_path: Path) -> None:
    Store(tmp_path / "g").close()
    with closing(sqlite3.connect(tmp_path / "g", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = python(_WAITING.format(number=int(signal.SIGTERM)), tmp_path / "g", timeout=300)
    assert (done.returncode, done.stderr) == (143, "Terminated.\n")
