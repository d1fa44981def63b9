"""Pages in a real browser."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync --disable-component-update "
    "--disable-background-networking --enable-logging=stderr"
)


def browser() -> str:
    """Return the path of a browser; skip the test if there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("needs a browser: no chromium on the path")


def open_page(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Open a file in a browser with a profile of its own."""
    command = [browser(), *QUIET.split(), f"--user-data-dir={page.parent / 'profile'}", *options, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
