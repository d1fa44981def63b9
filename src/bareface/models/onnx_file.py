"""Whether an ONNX file reads other files: its weights may lie wherever it says, outside its folder too.

ONNX files are protocol buffers. Only the few messages that can hold a tensor are followed, by their numbers in
``onnx.proto``; everything else is skipped unread.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bareface.messages import Note

_TENSORS: Final[Mapping[str, Mapping[int, str]]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5


def reads_other_files(path: Path) -> bool:
    """Return whether some of a model's weights lie in other files.

    Raises
    ------
    ValueError
        It is not a protocol buffer.
    """
    if not path.stat().st_size:
        raise ValueError(Note("reason.empty"))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        todo = [("model", 0, len(data))]
        while todo:
            message, start, end = todo.pop()
            for number, kind, first, last in _fields(data, start, end):
                if message == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and first)):
                    return True
                if kind == _BYTES and number in _TENSORS[message]:
                    todo.append((_TENSORS[message][number], first, last))
    return False


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield number and wire type of each field, and the position of its bytes, or the value of a varint."""
    while at < end:
        tag, at = _varint(data, at, end)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at, end)
            yield number, kind, value, 0
            continue
        if kind == _BYTES:
            length, at = _varint(data, at, end)
        elif kind in (_EIGHT, _FOUR):
            length = 8 if kind == _EIGHT else 4
        else:
            raise ValueError(Note("reason.not-onnx"))
        if length > end - at:
            raise ValueError(Note("reason.onnx-short"))
        yield number, kind, at, at + length
        at += length


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError(Note("reason.onnx-short"))
