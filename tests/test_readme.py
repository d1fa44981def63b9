from __future__ import annotations

import re

import pytest

from benchmarks import readme


def test_every_table_is_what_the_results_say() -> None:
    text = readme.README.read_text(encoding="utf-8")
    assert readme.filled(text) == text, "run `python -m benchmarks.readme`"


@pytest.mark.parametrize("name", readme.SECTIONS)
def test_every_result_is_shown(name: str) -> None:
    assert f"<!-- {name} -->" in readme.README.read_text(encoding="utf-8")


def test_links_and_pictures_exist() -> None:
    text = readme.README.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (readme.ROOT / target).exists(), target
