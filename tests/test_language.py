"""The manuals are written in plain English: one name for one thing, and none of the phrases that were a dialect."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)
PHRASES = re.compile(
    r"those of these|at most so (many|often)|held against|gone on with|for want of|needs not|a rest of|brought up"
    r"|nobody looked|\bis no (valid|picture|file|gallery|face|mask|model)\b|\bbeside\b|looked for|\bsaid to be\b"
    r"|\blearnt\b|\bspoilt\b|\bguesses of\b"
)
ALLOWED = {"glossary.md"}  # it lists words that are not used
_GENERATED = re.compile(r"<!-- (\w+) -->.*?<!-- /\1 -->", re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def prose(text: str) -> str:
    """The text without code and generated tables, of as many lines."""
    for pattern in (_GENERATED, _CODE):
        text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)
    return text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_phrase_of_the_dialect_is_left(page: Path) -> None:
    lines = prose(page.read_text(encoding="utf-8")).splitlines()
    found = [f"{number}: {line}" for number, line in enumerate(lines, 1) if PHRASES.search(line)]
    assert page.name in ALLOWED or found == []


def test_the_glossary_defines_the_words_of_the_layers() -> None:
    terms = set(
        re.findall(r"^\| ([^|]+?) \|", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for term in (
        "subject",
        "reference",
        "probe",
        "template",
        "candidate",
        "completion",
        "drift",
        "gallery",
        "stranger",
    ):
        assert term in terms
