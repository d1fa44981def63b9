"""The documentation site: built without a warning, and viewing it fetches nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bareface

ROOT = Path(__file__).parents[1]
FORMER = {"search_beside"}
_LOADED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]+src=["']?(?:https?:)?//|<link[^>]+href=["']?(?:https?:)?//"""
)


@pytest.mark.slow
def test_the_site_is_built_strictly_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {page: page.read_text(encoding="utf-8") for page in tmp_path.rglob("*.html")}
    assert len(pages) > 20
    for page, text in pages.items():
        assert not _LOADED.search(text), page
        assert 'class="mermaid"' not in text, page  # the theme would fetch a library for it
    for style in tmp_path.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(?:https?:)?//|@import", style.read_text(encoding="utf-8")), style
    api = pages[tmp_path / "api.html"]
    for name in ("Engine", "Gallery", "BarefaceError"):
        for member in vars(getattr(bareface, name)):
            described = re.search(rf'id="bareface\.[\w.]+\.{member}"', api) or f"<code>{member}</code>" in api
            assert described or member.startswith("_") or member in FORMER, f"{name}.{member}"
