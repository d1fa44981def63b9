"""Text files as spreadsheets write them: their encoding, and what separates their columns."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Collection

from bareface.errors import EvaluationError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SEPARATORS = (",", ";", "\t")


def as_utf8(data: bytes) -> bytes:
    """Convert text in UTF-8 or, with a byte order mark, UTF-16 to UTF-8 without a mark.

    Raises
    ------
    EvaluationError
        ``evaluation.file``: it is neither; the message says where.
    """
    if data.startswith(_UTF16):
        try:
            data = data.decode("utf-16").encode("utf-8")
        except UnicodeError as error:
            raise EvaluationError("evaluation.file/utf-16") from error
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        raise EvaluationError("evaluation.file/zero-bytes")
    try:
        codecs.utf_8_decode(data, "strict", True)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EvaluationError("evaluation.file/utf-8", line=line) from error
    return data


def decoded(data: bytes) -> str:
    """Return the result of :func:`as_utf8` as a string."""
    return as_utf8(data).decode("utf-8")


def delimiter_of(header: str, known: Collection[str]) -> str:
    """Return the separator of a header: the first of comma, semicolon and tab that isolates a known name."""
    for delimiter in _SEPARATORS:
        try:
            names = next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:
            continue
        if any(name.strip() in known for name in names):
            return delimiter
    return ","
