"""Read encodings that the `face_recognition` library made: the same descriptor, so searchable at once.

Three formats, told apart by suffix; text is UTF-8:

``.npy``
    Floats, [128] or [n, 128]. Names are the lines of ``<stem>.txt`` next to it, or else the list in
    ``<stem>.json``; a single encoding without either is named by the file's stem.
``.json``
    ``[{"name": "A", "encoding": [128 floats]}, ...]``, or a mapping of names, each to 128 floats or to a list
    of such lists, or ``{"names": [...], "encodings": [...]}``.
``.csv``
    A name and 128 floats a row, the name first or last in all of them; a header is allowed. Cells are separated by
    commas, semicolons or tabs; where it is not by commas, numbers may have a decimal comma.

Pickle is never read: loading one runs whatever it says.
"""

from __future__ import annotations

import codecs
import csv
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from tokenize import TokenError
from typing import Any, TypeAlias

import numpy as np

from bareface.errors import GalleryError
from bareface.messages import Note
from bareface.system.json_text import parse
from bareface.system.reading import NotAFile, open_regular, read_regular
from bareface.values.face import Float32

Encodings: TypeAlias = Iterator[tuple[str, Float32]]

DIMENSION = 128
_MOST_TEXT = 1 << 30
"""Bytes of the longest text: some 400,000 encodings."""
PICKLES = (".pkl", ".pickle")
_CELLS = {
    ",": "gallery.import-format/cells-commas",
    ";": "gallery.import-format/cells-semicolons",
    "\t": "gallery.import-format/cells-tabs",
}
"""Ids of the refusal of a row, by what separates its cells."""
COLUMN_NUMBERS = [[float(first + column) for column in range(DIMENSION)] for first in (0, 1)]


def read_encodings(path: str | Path) -> list[tuple[str, Float32]]:
    """Return names and encodings of a file.

    Parameters
    ----------
    path
        A ``.npy``, ``.json`` or ``.csv`` file, laid out as the text of this module says.

    Returns
    -------
    list of (name, float32 [128])
        In the file's order; a name may occur several times.

    Raises
    ------
    GalleryError
        ``gallery.import-read``: a file cannot be opened. ``gallery.import-format``: it is a pickle or in
        another format, a row is malformed (the message says which) or holds a value that is not finite, names
        are missing, or there is nothing in it.
    """
    file = Path(path)
    readers = {".npy": _from_npy, ".json": _from_json, ".csv": _from_csv}
    try:
        with open_regular(file) as opened:
            is_pickle = opened.read(1) == b"\x80" or file.suffix.lower() in PICKLES
        if is_pickle:
            raise GalleryError("gallery.import-format/pickle", source=str(file))
        if file.suffix.lower() not in readers:
            raise GalleryError("gallery.import-format/suffix", known=list(readers), source=str(file))
        found = list(readers[file.suffix.lower()](file))
    except NotAFile as error:
        raise GalleryError("gallery.import-format/not-a-file", source=str(error.filename)) from error
    except OSError as error:
        raise GalleryError(
            "gallery.import-read", reason=error.strerror or error, source=str(error.filename or file)
        ) from error
    if not found:
        raise GalleryError("gallery.import-format/empty", source=str(file))
    return found


def _from_npy(file: Path) -> Encodings:
    try:
        # A mapping never unpickles, and cannot be larger than the file, whatever shape the header claims.
        array = np.lib.format.open_memmap(file, mode="r")
    except (ValueError, OverflowError, SyntaxError, TokenError, TypeError) as error:
        if "Python objects" in str(error):
            raise GalleryError("gallery.import-format/objects", source=str(file)) from error
        raise GalleryError("gallery.import-format/npy", reason=error, source=str(file)) from error
    is_float = array.dtype.kind == "f" and np.can_cast(array.dtype, np.float64)
    if not is_float or array.shape[-1:] != (DIMENSION,) or array.ndim > 2:
        raise GalleryError(
            "gallery.import-format/array", dtype=array.dtype, shape=array.shape, dimension=DIMENSION, source=str(file)
        )
    rows = array.reshape(-1, DIMENSION)
    names = _names_beside(file, len(rows))
    if len(names) != len(rows):
        raise GalleryError("gallery.import-format/names", encodings=len(rows), names=len(names), source=str(file))
    for number, (name, row) in enumerate(zip(names, rows, strict=True), start=1):
        yield (
            _name(file, Note("reason.name", number=number), name),
            _encoding(file, Note("reason.row", number=number), row.tolist()),
        )


def _names_beside(file: Path, count: int) -> Sequence[Any]:
    lines, listed = file.with_suffix(".txt"), file.with_suffix(".json")
    if lines.exists():
        return _text(lines).removesuffix("\n").split("\n")
    if listed.exists():
        names = _parsed_json(listed)
        if not isinstance(names, list):
            raise GalleryError("gallery.import-format/name-list", name=file.name, source=str(listed))
        return names
    if count > 1:
        raise GalleryError("gallery.import-format/nameless", name=lines.name, source=str(file))
    return [file.stem] * count


def _from_json(file: Path) -> Encodings:
    content = _parsed_json(file)
    if isinstance(content, dict) and content.keys() == {"names", "encodings"}:
        content = _paired(file, content["names"], content["encodings"])
    if isinstance(content, dict):
        for name, value in content.items():
            several = isinstance(value, list) and value and isinstance(value[0], list)
            for number, values in enumerate(value if several else [value], start=1):
                where = Note("reason.encoding", number=number, name=name)
                yield _name(file, where, name), _encoding(file, where, values)
    elif isinstance(content, list):
        for number, entry in enumerate(content, start=1):
            if not isinstance(entry, dict) or not {"name", "encoding"} <= entry.keys():
                raise GalleryError("gallery.import-format/entry", number=number, source=str(file))
            where = Note("reason.entry", number=number)
            yield _name(file, where, entry["name"]), _encoding(file, where, entry["encoding"])
    else:
        raise GalleryError("gallery.import-format/json-kind", source=str(file))


def _paired(file: Path, who: Any, encodings: Any) -> list[dict[str, Any]]:
    if not isinstance(who, list) or not isinstance(encodings, list) or len(who) != len(encodings):
        raise GalleryError("gallery.import-format/lists", source=str(file))
    return [{"name": name, "encoding": encoding} for name, encoding in zip(who, encodings, strict=True)]


def _parsed_json(file: Path) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError(Note("reason.key-twice"))
        return dict(pairs)

    try:
        return parse(_text(file), unique)
    except ValueError as error:
        raise GalleryError("gallery.import-format/json", reason=error, source=str(file)) from error


def _from_csv(file: Path) -> Encodings:
    text = _text(file)
    delimiter = _delimiter(text)
    reader = csv.reader(StringIO(text, newline=""), strict=True, delimiter=delimiter)
    name_place: int | None = None
    seen = 0
    try:
        for row in reader:
            where = Note("reason.line", number=reader.line_num)
            if not any(cell.strip() for cell in row):
                continue
            seen += 1
            if seen == 1 and _is_header(row, delimiter):
                _check_header(file, row)
                continue
            if name_place is None:
                name_place = _name_place(file, where, row, delimiter)
            name = row.pop(name_place)
            yield _name(file, where, name), _encoding(file, where, [_number(cell, delimiter) for cell in row])
    except csv.Error as error:
        raise GalleryError("gallery.import-format/csv", line=reader.line_num, reason=error, source=str(file)) from error


def _delimiter(text: str) -> str:
    """Tell what separates the cells: semicolons or tabs if the first line has 128 of them; commas can be decimal."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return next((other for other in ";\t" if first.count(other) >= DIMENSION), ",")


def _is_header(row: list[str], delimiter: str) -> bool:
    """Return whether a first row names columns: in words, or by counting them as pandas does."""
    if len(row) != DIMENSION + 1:
        return False
    numbers = [_number(cell, delimiter) for cell in row]
    return not any(map(math.isfinite, numbers)) or numbers[1:] in COLUMN_NUMBERS or numbers[:-1] in COLUMN_NUMBERS


def _check_header(file: Path, row: list[str]) -> None:
    """Refuse columns that are named twice, or numbered in another order than the one they are read in."""
    cells = [cell.strip() for cell in row]
    twice = next((cell for cell in cells if cell and cells.count(cell) > 1), None)
    if twice is not None:
        raise GalleryError("gallery.import-format/twice", name=twice, source=str(file))
    ends = [re.search(r"[0-9]{1,9}$", cell) for cell in cells]
    numbers = [int(end[0]) for end in ends if end]
    orders = {DIMENSION: [numbers], DIMENSION + 1: [numbers[1:], numbers[:-1]]}.get(len(numbers), [])
    if orders and not any(order == sorted(order) for order in orders):
        raise GalleryError("gallery.import-format/order", source=str(file))


def _name_place(file: Path, where: str, row: list[str], delimiter: str) -> int:
    """Return 0 where the name comes first, -1 where it comes last; a name may be a number, but then a whole one."""
    candidates = [end for end in (0, -1) if not math.isfinite(_number(row[end], delimiter))] or [
        end for end in (0, -1) if row[end].strip().isdigit()
    ]
    if len(row) != DIMENSION + 1 or len(candidates) != 1:
        raise GalleryError(_CELLS[delimiter], where=where, dimension=DIMENSION, cells=len(row), source=str(file))
    return candidates[0]


def _number(cell: str, delimiter: str) -> float:
    """Return the cell's value; NaN for text."""
    if delimiter != "," and cell.count(",") == 1 and "." not in cell:
        cell = cell.replace(",", ".")
    try:
        return math.nan if "_" in cell else float(cell)
    except ValueError:
        return math.nan


def _encoding(file: Path, where: str, values: Any) -> Float32:
    is_numbers = isinstance(values, list) and all(type(value) in (int, float) for value in values)
    if not is_numbers or len(values) != DIMENSION:
        raise GalleryError("gallery.import-format/not-numbers", where=where, dimension=DIMENSION, source=str(file))
    try:
        with np.errstate(over="ignore"):
            encoding = np.array(values, np.float64).astype(np.float32)
    except OverflowError:
        encoding = np.array([np.inf], np.float32)
    if not np.isfinite(encoding).all() or not encoding.any():
        raise GalleryError("gallery.import-format/value", where=where, source=str(file))
    return encoding


def _name(file: Path, where: str, name: Any) -> str:
    if isinstance(name, int | float) and not isinstance(name, bool):
        raise GalleryError("gallery.import-format/number-name", where=where, name=repr(name)[:40], source=str(file))
    if not isinstance(name, str) or not name.strip():
        raise GalleryError("gallery.import-format/no-name", where=where, source=str(file))
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name.strip()):
        raise GalleryError("gallery.import-format/control", where=where, source=str(file))
    return name.strip()


def _text(file: Path) -> str:
    content = read_regular(file, _MOST_TEXT)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise GalleryError("gallery.import-format/utf-16", source=str(file)) from error
        raise GalleryError("gallery.import-format/utf-8", byte=error.start, source=str(file)) from error
