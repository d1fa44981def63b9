"""Error codes are public: each one is documented, and none is documented that does not exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from bareface.errors import KINDS, BarefaceError, ImageError, exit_code_of
from docs.tables.errors import PAGE, filled
from tests.parsed import parsed

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"(image|face|model|template|gallery|calibration|evaluation|restoration|usage|web)\.[a-z0-9-]+")
NOT_CODES = {"model.onnx", "restoration.id", "evaluation.css", "evaluation.html", "template.vector"}
MODULES = {"moved.py", "errors.py"}  # names of modules; the codes themselves


@cache
def used() -> set[str]:
    """Return every string in the sources that is an error code, or the id of one of its messages."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        if path.name in MODULES:
            continue
        constants = (n for n in ast.walk(parsed(path)) if isinstance(n, ast.Constant))
        codes = (n.value.partition("/")[0] for n in constants if isinstance(n.value, str))
        found |= {code for code in codes if CODE.fullmatch(code)}
    return found - NOT_CODES


def test_every_code_has_exactly_one_kind() -> None:
    codes = [code for codes in KINDS.values() for code in codes]
    assert len(codes) == len(set(codes))
    assert used() - set(codes) == set()
    assert set(codes) - used() == set()


def test_the_manual_lists_exactly_the_codes_there_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\|(.*?)\|", text.partition("<!-- kinds -->")[0], re.MULTILINE)
    listed = {code for row in rows for code in re.findall(r"`([a-z0-9.-]+)`", row) if CODE.fullmatch(code)}
    assert used() - listed == set()
    assert listed - used() == set()


def test_the_manual_has_the_table_of_kinds_of_today() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert filled(text) == text, "run `python docs/tables/errors.py`"


@pytest.mark.parametrize(
    ("code", "kind", "exit_code"),
    [
        ("usage.unknown-subject", "not found", 2),
        ("gallery.locked", "unavailable", 4),
        ("template.space", "conflict", 4),
        ("model.provider", "unavailable", 5),
        ("image.truncated", "invalid", 3),
        ("face.hidden", "refused", 3),
        ("image.no-such-code", "internal", 3),
    ],
)
def test_kind_and_exit_code_follow_from_the_code(code: str, kind: str, exit_code: int) -> None:
    assert BarefaceError(code, "it failed.").kind == kind
    assert exit_code_of(code) == exit_code


def test_an_error_names_file_remedy_and_code() -> None:
    error = ImageError("image.empty", "the file is empty.", source="a.jpg", remedy="Copy it again.")
    assert str(error) == "a.jpg: the file is empty. Copy it again. [image.empty]"
    assert isinstance(error, BarefaceError)
    assert error.as_dict() == {
        "code": "image.empty",
        "message": "the file is empty.",
        "source": "a.jpg",
        "remedy": "Copy it again.",
    }
