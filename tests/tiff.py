"""A TIFF writer for tests, by the TIFF 6.0 specification and independent of the decoders under test.

Everything about the file is chosen by the caller, so that what a reader should see is known by construction.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NONE, LZW, DEFLATE, PACKBITS = 1, 5, 8, 32773
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8
UNSPECIFIED, ASSOCIATED, UNASSOCIATED = 0, 1, 2


@dataclass(frozen=True)
class Kind:
    """Layout of a picture in a TIFF file."""

    photometric: int = RGB
    bits: int = 8
    signed: bool = False
    planar: bool = False
    tile: tuple[int, int] | None = None
    rows: int | None = None
    compression: int = NONE
    predictor: int = 1
    extra: tuple[int, ...] = ()
    big_endian: bool = False
    big: bool = False
    fill_order: int = 1
    tags: dict[int, tuple[int, Sequence[int]]] = field(default_factory=dict)


def tiff(samples: NDArray[np.generic], kind: Kind) -> bytes:
    """Return samples [H, W, C] as a TIFF file; integers of less than 8, or 12, bits are given in a wider type."""
    height, width, channels = samples.shape
    planes = [samples[..., c : c + 1] for c in range(channels)] if kind.planar else [samples]
    blocks = [_packed(block, kind) for plane in planes for block in _blocks(plane, kind)]
    order = ">" if kind.big_endian else "<"
    sample_format = 3 if samples.dtype.kind == "f" else 2 if kind.signed else 1
    tags: dict[int, tuple[int, Sequence[int]]] = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [kind.bits] * channels),
        259: (3, [kind.compression]),
        262: (3, [kind.photometric]),
        266: (3, [kind.fill_order]),
        277: (3, [channels]),
        284: (3, [2 if kind.planar else 1]),
        317: (3, [kind.predictor]),
        339: (3, [sample_format] * channels),
    }
    if kind.extra:
        tags[338] = (3, list(kind.extra))
    start = 16 if kind.big else 8
    offsets = [start + sum(map(len, blocks[:i])) for i in range(len(blocks))]
    counts = [len(block) for block in blocks]
    if kind.tile:
        tags |= {322: (4, [kind.tile[1]]), 323: (4, [kind.tile[0]]), 324: (4, offsets), 325: (4, counts)}
    else:
        tags |= {273: (4, offsets), 278: (4, [kind.rows or height]), 279: (4, counts)}
    tags |= kind.tags
    body = b"".join(blocks)
    if len(body) % 2:
        body += b"\0"
    return _header(order, kind.big, start + len(body)) + body + _directory(tags, order, kind.big, start + len(body))


def _header(order: str, big: bool, directory: int) -> bytes:
    mark = b"II" if order == "<" else b"MM"
    if big:
        return mark + struct.pack(order + "HHHQ", 43, 8, 0, directory)
    return mark + struct.pack(order + "HI", 42, directory)


def _directory(tags: dict[int, tuple[int, Sequence[int]]], order: str, big: bool, place: int) -> bytes:
    count, number, room = ("Q", "Q", 8) if big else ("H", "I", 4)
    entry = 4 + struct.calcsize(order + number) + room
    extra_place = place + struct.calcsize(order + count) + len(tags) * entry + room
    table, extra = struct.pack(order + count, len(tags)), b""
    for tag, (type, values) in sorted(tags.items()):
        data = struct.pack(f"{order}{len(values)}{ {1: 'B', 3: 'H', 4: 'I'}[type] }", *values)
        if len(data) > room:
            place_of = extra_place + len(extra)
            extra += data + b"\0" * (len(data) % 2)
            data = struct.pack(order + number, place_of)
        table += struct.pack(order + "HH" + number, tag, type, len(values)) + data.ljust(room, b"\0")
    return table + b"\0" * room + extra


def _blocks(plane: NDArray[np.generic], kind: Kind) -> list[NDArray[np.generic]]:
    height, width = plane.shape[:2]
    if not kind.tile:
        rows = kind.rows or height
        return [plane[top : top + rows] for top in range(0, height, rows)]
    down, across = kind.tile
    padded = np.pad(plane, ((0, -height % down), (0, -width % across), (0, 0)), mode="edge")
    return [
        padded[top : top + down, left : left + across]
        for top in range(0, height, down)
        for left in range(0, width, across)
    ]


def _packed(block: NDArray[np.generic], kind: Kind) -> bytes:
    rows = block.reshape(block.shape[0], -1)
    if kind.predictor == 2:
        wide = block.copy()
        wide[:, 1:] -= block[:, :-1]
        rows = wide.reshape(block.shape[0], -1)
    if kind.bits in (1, 2, 4, 12):
        lines = [_squeezed(row, kind.bits) for row in rows]
        data = b"".join(lines)
    elif kind.predictor == 3:  # bytes of floats, the highest first, then differences: Adobe's technical note 3
        big = rows.astype(rows.dtype.newbyteorder(">")).view(np.uint8).reshape(*rows.shape, rows.dtype.itemsize)
        turned = big.transpose(0, 2, 1).reshape(rows.shape[0], -1)
        channels = block.shape[2]
        wide = turned.copy()
        wide[:, channels:] -= turned[:, :-channels]
        data = wide.tobytes()
    else:
        data = rows.astype(rows.dtype.newbyteorder(">" if kind.big_endian else "<")).tobytes()
    if kind.fill_order == 2:
        data = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)
    match kind.compression:
        case 5:
            return _lzw(data)
        case 8:
            return zlib.compress(data)
        case 32773:
            pieces = [data[i : i + 128] for i in range(0, len(data), 128)]
            return b"".join(bytes([len(piece) - 1]) + piece for piece in pieces)
        case _:
            return data


def _squeezed(row: NDArray[np.generic], bits: int) -> bytes:
    text = "".join(f"{int(value):0{bits}b}" for value in row)
    return bytes(int(text[i : i + 8].ljust(8, "0"), 2) for i in range(0, len(text), 8))


def _lzw(data: bytes) -> bytes:
    """Return a valid stream that never compresses: 9-bit literals, the table cleared before it needs longer codes."""
    codes: list[int] = []
    for start in range(0, len(data), 200):
        codes += [256, *data[start : start + 200]]
    text = "".join(f"{code:09b}" for code in [*codes, 257])
    return bytes(int(text[i : i + 8].ljust(8, "0"), 2) for i in range(0, len(text), 8))
