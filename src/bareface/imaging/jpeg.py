"""JPEG: what its markers say before it is decoded, and files that lack only their end; used by ``images`` only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from bareface.messages import Note

_SEGMENT_END: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # the next marker behind entropy-coded data
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BUFFERED: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})  # progressive: all coefficients are kept until the last scan
_SCAN, _END, _COEFFICIENTS = 0xDA, 0xD9, 64
_BLOCK: Final = 4  # pixels: within one of the blocks that JPEG is made of, at full and at half size
_FILLINGS: Final = (b"\x9c\x37\xe1\x4a" * 16, b"\x55" * 64)
"""Padding that a decoder accepts in place of missing pixels."""

_OTHER_PROCESSES: Final = (
    {0xC3: "lossless", 0xC7: "lossless", 0xCB: "lossless", 0xCF: "lossless", 0xF7: "JPEG-LS"}
    | {0xC5: "hierarchical", 0xC6: "hierarchical", 0xCD: "hierarchical", 0xCE: "hierarchical"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan's header: where its data begin, its components, first and last coefficient, the lowest bit it gives."""

    place: int
    components: tuple[int, ...]
    first: int
    last: int
    lowest_bit: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame's header: its marker, its components' identifiers, bits of a sample, and height."""

    marker: int
    components: tuple[int, ...]
    bits: int
    height: int


def unsupported(data: bytes) -> str | None:
    """Return the unsupported process of an intact file, which hardly any decoder knows; None if it can be read."""
    frame = next((header for header in _headers(data) if isinstance(header, Frame)), None)
    if frame is None:
        return None
    if frame.marker in _OTHER_PROCESSES:
        return _OTHER_PROCESSES[frame.marker]
    if frame.bits != 8:
        return Note("reason.jpeg-bits", bits=frame.bits)
    return Note("reason.jpeg-height") if frame.height == 0 else None


def in_one_pass(data: bytes) -> bool:
    """Return whether a decoder needs only a few rows at a time: one scan holds everything, from top to bottom."""
    frame = None
    for header in _headers(data):
        if isinstance(header, Frame):
            frame = header
        else:
            return (
                frame is not None and frame.marker not in _BUFFERED and len(header.components) == len(frame.components)
            )
    return False


def has_end(data: bytes) -> bool:
    """Return whether an end marker follows; a decoder does not notice its absence if filling bytes replace pixels."""
    scan = next((header for header in _headers(data) if isinstance(header, Scan)), None)
    return scan is None or data.find(b"\xff\xd9", scan.place) >= 0


def ended(data: bytes) -> bytes | None:
    """Append the missing end marker to a file; None if whole scans are missing, by the headers of the others."""
    stripped = _without_filling(data)
    return None if _lacks_scans(stripped) else stripped + b"\xff\xd9"


def is_coarse(data: bytes) -> bool:
    """Return whether a progressive file lacks scans; the standard allows that, but truncation also causes it."""
    frame = next((header for header in _headers(data) if isinstance(header, Frame)), None)
    return frame is not None and frame.marker in _BUFFERED and _lacks_scans(data)


def _lacks_scans(data: bytes) -> bool:
    missing: set[tuple[int, int]] | None = None
    for header in _headers(data):
        if isinstance(header, Frame):
            missing = {(one, place) for one in header.components for place in range(_COEFFICIENTS)}
        elif missing and header.lowest_bit == 0:
            missing -= {(one, place) for one in header.components for place in range(header.first, header.last + 1)}
    return missing is None or bool(missing)


def padded(data: bytes) -> tuple[bytes, ...]:
    """Append bytes to the data of a file's last scan.

    Where the last pixels are there, all decode to the same picture as the file: a decoder that is still short of bits
    takes them from the padding, instead of filling up with grey without a word.
    """
    scans = [header for header in _headers(data) if isinstance(header, Scan)]
    end = _SEGMENT_END.search(data, scans[-1].place) if scans else None
    if end is None:
        return ()
    place, start = end.start(), scans[-1].place
    last = max(range(8), key=lambda number: data.rfind(bytes([0xFF, 0xD0 + number]), start, place))
    follows = 0 if data.find(bytes([0xFF, 0xD0]), start, place) < 0 else (last + 1) % 8
    return tuple(data[:place] + pad + bytes([0xFF, 0xD0 + follows]) + pad + data[place:] for pad in _FILLINGS)


def ends_flat(loaded: Image.Image) -> bool:
    """Return whether the last pixels have one colour, as in truncated data, which the decoder fills."""
    width, height = loaded.size
    corner = loaded.crop((width - 1 - (width - 1) % _BLOCK, height - 1 - (height - 1) % _BLOCK, width, height))
    colours = np.asarray(corner).reshape(-1, len(corner.getbands()))
    return bool((colours == colours[0]).all())


def _without_filling(data: bytes) -> bytes:
    """Strip a run of one byte from the end of the file, which copying programs and erased disks leave."""
    stripped = data.rstrip(data[-1:])
    if len(data) - len(stripped) < 4:
        stripped = data
    return stripped + b"\0" if stripped.endswith(b"\xff") else stripped  # a data byte 255 is always followed by 0


def _headers(data: bytes) -> Iterator[Frame | Scan]:
    """Parse the headers of the frame and the scans, in order, as far as they are valid."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF or marker == 1 or 0xD0 <= marker <= 0xD7:  # filling, and markers without a length
            place += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4])
        body = data[place + 4 : place + 2 + length]
        if marker == _END or length < 2 or len(body) < length - 2:
            return
        place += 2 + length
        if (marker in _FRAMES or marker in _OTHER_PROCESSES) and len(body) >= 6:
            yield Frame(marker, tuple(body[6 : 6 + 3 * body[5] : 3]), body[0], int.from_bytes(body[1:3]))
        elif marker == _SCAN and body and len(body) >= 4 + 2 * body[0]:
            first, last, bits = body[1 + 2 * body[0] : 4 + 2 * body[0]]
            yield Scan(place, tuple(body[1 : 1 + 2 * body[0] : 2]), first, last, bits & 15)
            end = _SEGMENT_END.search(data, place)
            if end is None:
                return
            place = end.start()
