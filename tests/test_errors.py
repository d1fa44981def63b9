"""Error codes are public: each one is documented, and none is documented that does not exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from bareface.errors import BarefaceError, ImageError

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"(image|face|model|template|gallery|calibration|evaluation|restoration|usage)\.[a-z-]+")
NO_CODES = {"model.onnx", "restoration.id", "evaluation.css", "evaluation.html"}


def raised() -> set[str]:
    """Every string in the sources that is an error code."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        constants = (n for n in ast.walk(ast.parse(path.read_bytes())) if isinstance(n, ast.Constant))
        found |= {n.value for n in constants if isinstance(n.value, str) and CODE.fullmatch(n.value)}
    return found - NO_CODES


def test_the_manual_lists_exactly_the_codes_there_are() -> None:
    rows = re.findall(r"^\|(.*?)\|", (ROOT / "docs" / "errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    listed = {code for row in rows for code in re.findall(r"`([a-z.-]+)`", row) if CODE.fullmatch(code)}
    assert raised() - listed == set()
    assert listed - raised() == set()


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
