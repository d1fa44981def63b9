"""The main paths of the command line in an empty home: no look-up, no connection, and no file but those asked for.

One process runs them all. Python's own look-ups and connections are seen by an audit hook; those of libraries by
``strace``, where it is installed and may be used; and where the system allows it there is no network to reach.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.portraits import astronaut, hopper

_KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "OPENBLAS_NUM_THREADS")
_SOCKETS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto")
_PROGRAM = f"""
import shlex
import sys

def guard(event, arguments):
    if event in {_SOCKETS}:
        print("calls home:", event, arguments, file=sys.stderr)

sys.addaudithook(guard)
from bareface.cli.app import app

for line in sys.stdin.read().splitlines():
    try:
        app(shlex.split(line))
    except SystemExit as leaving:
        print("exit code", leaving.code, line, file=sys.stderr)
"""
_COMMANDS = """
enrol g.bareface people --basis consent
faces people/Ada/1.png -o drawn
search g.bareface people/Bo/1.jpg --report search.html
compare people/Ada/1.png people/Ada/2.png
unmask people/Ada/1.png -o unmasked --region '200,150 260,150 260,200 200,200' --completions 1
enhance people/Bo/1.jpg -o enhanced --method wiener
evaluate run people -o scores.parquet
evaluate export scores.parquet -o scores.csv
evaluate report scores.parquet -o evaluation.html --replicates 20
evaluate plot scores.parquet -o plots --replicates 20
gallery check g.bareface
gallery delete g.bareface --subject Bo --yes
models list
"""


@cache
def works(*prefix: str) -> bool:
    """Return whether a command can be run behind another one."""
    return (
        shutil.which(prefix[0]) is not None and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run all commands; return ``home``, ``tmp``, ``work`` and the output."""
    place = tmp_path_factory.mktemp("away")
    for folder in ("home", "tmp", "work/people/Ada", "work/people/Bo"):
        (place / folder).mkdir(parents=True)
    shutil.copy(astronaut(), place / "work" / "people" / "Ada" / "1.png")
    shutil.copy(astronaut(), place / "work" / "people" / "Ada" / "2.png")
    with (place / "work" / "people" / "Ada" / "2.png").open("ab") as file:
        file.write(b"another file")
    shutil.copy(hopper(), place / "work" / "people" / "Bo" / "1.jpg")
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment = {**kept, "HOME": str(place / "home"), "TMPDIR": str(place / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    offline = next((prefix for prefix in (["unshare", "-n"], ["unshare", "-rn"]) if works(*prefix)), [])
    trace = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o"]
    traced = [*trace, str(place / "trace")] if works(*trace, os.devnull) else []
    done = subprocess.run(
        [*offline, *traced, sys.executable, "-c", _PROGRAM],
        input=_COMMANDS.strip(),
        cwd=place / "work",
        env=environment,
        capture_output=True,
        text=True,
        umask=0,
        check=True,
    )
    (place / "said").write_text(done.stderr)
    return place


def test_every_command_did_its_work(place: Path) -> None:
    said = (place / "said").read_text()
    assert said.count("exit code 0") == len(_COMMANDS.strip().splitlines()), said


def test_python_code_calls_nobody(place: Path) -> None:
    assert "calls home" not in (place / "said").read_text()


def test_native_code_calls_nobody(place: Path) -> None:
    if not (place / "trace").exists():
        pytest.skip("strace is not installed or may not be used here")
    # Sockets of the same machine are no look-up: the C library asks a cache of user names through one.
    calls = [line for line in (place / "trace").read_text().splitlines() if "AF_UNIX" not in line]
    assert calls == []


def test_the_home_holds_the_record_of_restorations_and_nothing_else(place: Path) -> None:
    files = [path.relative_to(place / "home") for path in (place / "home").rglob("*") if path.is_file()]
    assert files == [Path(".local", "share", "bareface", "restorations.sqlite")]
    assert list((place / "tmp").iterdir()) == []


def test_everything_written_is_private_even_under_umask_000(place: Path) -> None:
    roots = [path for path in (place / "work").iterdir() if path.name != "people"] + [place / "home" / ".local"]
    assert len(roots) >= 10
    for path in (path for root in roots for path in (root, *root.rglob("*"))):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
