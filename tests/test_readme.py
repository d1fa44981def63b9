from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import readme


@pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: page.name)
def test_every_table_is_what_the_results_say(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert readme.filled(text) == text, "run `python -m benchmarks.readme`"


def test_the_figures_in_the_package_are_what_the_results_say() -> None:
    assert readme.SHIPPED.read_text(encoding="utf-8") == readme.shipped(), "run `python -m benchmarks.readme`"


@pytest.mark.parametrize("name", readme.SECTIONS)
def test_every_result_is_shown(name: str) -> None:
    assert any(f"<!-- {name} -->" in page.read_text(encoding="utf-8") for page in readme.PAGES)


@pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: page.name)
def test_links_and_pictures_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target


def test_the_readme_is_two_screens_long() -> None:
    assert len(readme.README.read_text(encoding="utf-8").splitlines()) <= 110
