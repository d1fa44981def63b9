"""Use an installed bareface that has no extras: find, enrol, search, unmask, enhance, and ask for what is not there.

Run by :mod:`scripts.wheel` with the Python of a new environment: ``python -I use_core.py PHOTO FOLDER``.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import bareface


def main(photo: str, folder: Path) -> None:
    """Do with one portrait what a user does first; an exception says what failed."""
    assert "site-packages" in (bareface.__file__ or ""), bareface.__file__
    for package in ("matplotlib", "pyarrow", "skimage", "scipy"):
        assert find_spec(package) is None, f"{package} came with the core"

    engine = bareface.Engine()
    with bareface.Gallery.open(folder / "people.bareface", engine) as gallery:
        gallery.enrol([photo], subject="Eileen Collins", basis="public domain")
        (candidate,) = gallery.search(photo).lists[0].candidates
        assert (candidate.subject, candidate.rank) == ("Eileen Collins", 1)
    (face,) = engine.faces(photo)
    box, middle = face.box, (face.box.y1 + face.box.y2) / 2
    region = [(box.x1, middle), (box.x2, middle), (box.x2, box.y2), (box.x1, box.y2)]
    assert len(engine.unmask(face, region=region).completions) == 4
    assert len(engine.enhance(face).completions) == 1

    assert command("--version").stdout.strip().endswith(bareface.__version__)
    page = folder / "leads.html"
    assert command("search", folder / "people.bareface", photo, "--report", page).returncode == 0
    assert page.stat().st_size > 10_000
    refused = command("demo", "--out", folder / "demo")
    assert refused.returncode == 2, refused.stderr
    assert "pip install 'bareface[evaluate]'" in refused.stderr


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command line."""
    program = Path(sys.executable).with_name("bareface")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
