"""JPEG: what its markers say before it is decoded, and files that lack only their end; used by ``images`` only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SEGMENT_END: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # the next marker behind entropy-coded data
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BUFFERED: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})  # progressive: all coefficients are kept until the last scan
_SCAN, _END, _COEFFICIENTS = 0xDA, 0xD9, 64
_PADS: Final = (b"", b"\x55" * 64, b"\x9c\x37\xe1\x4a" * 16)


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
    """A frame's header: its marker, and its components' identifiers."""

    marker: int
    components: tuple[int, ...]


def in_one_pass(data: bytes) -> bool:
    """Whether a decoder can do with a few rows at a time: one scan holds everything, from the top to the bottom."""
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
    """Whether an end marker follows; a decoder does not miss it where filling bytes make up for pixels."""
    scan = next((header for header in _headers(data) if isinstance(header, Scan)), None)
    return scan is None or data.find(b"\xff\xd9", scan.place) >= 0


def endings(data: bytes) -> tuple[bytes, ...]:
    """A file that lacks its end marker, ended in several ways; none where it lacks more than that.

    Where the last pixels are there, all endings decode to the same picture: a decoder that is still short of bits takes
    them from the padding. Scans that are missing as a whole are seen from the headers of those that are there.
    """
    kept = _without_filling(data)
    frame: Frame | None = None
    missing: set[tuple[int, int]] = set()
    for header in _headers(kept):
        if isinstance(header, Frame):
            frame = header
            missing = {(one, place) for one in frame.components for place in range(_COEFFICIENTS)}
        elif header.lowest_bit == 0:
            missing -= {(one, place) for one in header.components for place in range(header.first, header.last + 1)}
    if frame is None or missing:
        return ()
    return tuple(kept + pad + b"\xff\xd9" for pad in _PADS)


def _without_filling(data: bytes) -> bytes:
    """The file without a run of one byte at its end, which copying programs and emptied disks leave."""
    kept = data.rstrip(data[-1:])
    if len(data) - len(kept) < 4:
        kept = data
    return kept + b"\0" if kept.endswith(b"\xff") else kept  # a data byte 255 is always followed by 0


def _headers(data: bytes) -> Iterator[Frame | Scan]:
    """The frame's and the scans' headers, in order, as far as the bytes make sense."""
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
        if marker in _FRAMES and len(body) >= 6:
            yield Frame(marker, tuple(body[6 : 6 + 3 * body[5] : 3]))
        elif marker == _SCAN and body and len(body) >= 4 + 2 * body[0]:
            first, last, bits = body[1 + 2 * body[0] : 4 + 2 * body[0]]
            yield Scan(place, tuple(body[1 : 1 + 2 * body[0] : 2]), first, last, bits & 15)
            found = _SEGMENT_END.search(data, place)
            if found is None:
                return
            place = found.start()
