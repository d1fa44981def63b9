"""Mutated pictures of every format that is read: each ends in pixels or an ImageError, soon and in little memory.

``python -m tests.fuzz.pictures --count 10000 --seed 0`` prints the outcomes and every picture that broke the rule.
Workers decode, so that a crash is seen as one; picture number n of a seed is the same in every run.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import resource
import select
import subprocess
import sys
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
import pillow_heif
from PIL import Image

from bareface.errors import ImageError
from bareface.imaging.decode import decode, labels
from bareface.imaging.portraits import portraits
from tests.memory import peak
from tests.tiff import CMYK, DEFLATE, LZW, RGB, WHITE_IS_ZERO, Kind, tiff

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIF")
SECONDS = 10
"""Within which a picture must be done; a worker that is silent for longer is ended."""
MEMORY = 2**30
"""Bytes that a worker may hold at its peak."""
CHUNK = 250
"""Pictures that one worker decodes."""


@dataclass
class Result:
    """Outcomes and their counts, and the pictures that broke the rule."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    peak: int = 0
    slowest: float = 0.0


@functools.cache
def originals(format: str) -> tuple[bytes, ...]:
    """Return sound pictures of a format, in several of its kinds."""
    with Image.open(portraits()[0].photos[0]) as opened:
        face = opened.convert("RGB").resize((120, 96))
    small = np.asarray(face)
    grey = face.convert("L")
    alpha = face.copy()
    alpha.putalpha(grey)

    def saved(image: Image.Image, **options: object) -> bytes:
        out = BytesIO()
        image.save(out, format, **options)
        return out.getvalue()

    exif = Image.Exif()
    exif[0x0112] = 6
    match format:
        case "JPEG":
            return (
                saved(face, exif=exif),
                saved(face, progressive=True, restart_marker_blocks=3),
                saved(face.convert("CMYK")),
                saved(grey, quality=30, comment=b"of a face"),
            )
        case "PNG":
            deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
            return (
                saved(face),
                saved(alpha),
                saved(face.quantize(32), transparency=3),
                saved(deep),
                saved(grey, exif=exif),
            )
        case "WEBP":
            return saved(face), saved(alpha, lossless=True), saved(face, save_all=True, append_images=[grey, face])
        case "GIF":
            return saved(face), saved(face, save_all=True, append_images=[face.rotate(90), grey], transparency=2)
        case "TIFF":
            deep16 = small.astype(np.uint16) * 257
            four = np.dstack([255 - small, 0 * small[..., :1]])
            return (
                saved(face),
                saved(face, compression="jpeg"),
                saved(grey.convert("1"), compression="group4"),
                tiff(deep16, Kind(RGB, 16, planar=True, compression=LZW, predictor=2, rows=11)),
                tiff(four, Kind(CMYK, 8, planar=True, tile=(32, 32), compression=DEFLATE)),
                tiff(255 - small[..., :1], Kind(WHITE_IS_ZERO, big_endian=True)),
                tiff((small[..., :1] / 255).astype(np.float32), Kind(1, 32, big=True)),
            )
        case "BMP":
            return saved(face), saved(face.quantize(16)), saved(alpha)
        case _:
            return saved(face, quality=60), saved(alpha, quality=60)


def mutated(seed: int, number: int) -> tuple[str, bytes]:
    """Return the picture of a number, and its format."""
    random = np.random.default_rng((seed, number))
    format = FORMATS[number % len(FORMATS)]
    files = originals(format)
    data = bytearray(files[random.integers(len(files))])
    for _ in range(random.integers(1, 4)):
        # Headers, where most of what can go wrong is decided, are changed as often as all the rest.
        near = len(data) if random.integers(2) else min(len(data), 400)
        place = int(random.integers(max(1, near)))
        length = int(random.integers(1, 64))
        match random.integers(9):
            case 0:
                data[place : place + 1] = random.bytes(1)
            case 1:
                data[place : place + length] = random.bytes(length)
            case 2:
                data[place : place + length] = bytes(length)
            case 3:
                data[place : place + 4] = bytes([(0xFF, 0x7F, 0x00, 0x80)[random.integers(4)]] * 4)
            case 4:
                del data[place : place + length]
            case 5:
                data[place:place] = data[place : place + length * 8]
            case 6:
                del data[place:]
            case 7:
                other = files[random.integers(len(files))]
                data[place:] = other[place:]
            case 8:
                if place < len(data):
                    data[place] ^= 1 << int(random.integers(8))
    if format == "PNG" and random.integers(2):  # or the checksums would stop nearly all of them
        data = _with_checksums(bytes(data))
    return format, bytes(data)


def _with_checksums(data: bytes) -> bytearray:
    fixed, place = bytearray(data), 8
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4])
        if end + 4 > len(data):
            break
        fixed[end : end + 4] = zlib.crc32(data[place + 4 : end]).to_bytes(4)
        place = end + 4
    return fixed


def outcome(data: bytes) -> str:
    """Return the outcome of a picture: ``read``, or the error's code."""
    try:
        photo = decode(data)
    except ImageError as error:
        found = error.code
    else:
        assert photo.pixels.dtype == np.uint8
        assert photo.pixels.ndim == 3
        assert photo.pixels.shape[2] == 3
        found = "read"
    with contextlib.suppress(ImageError):
        labels(data)
    return found


def work(seed: int, start: int, stop: int) -> None:
    """Decode pictures, one line each: in a process of its own."""
    resource.setrlimit(resource.RLIMIT_AS, (8 * MEMORY, 8 * MEMORY))  # so that a bomb does not take the machine with it
    for number in range(start, stop):
        try:
            found = outcome(mutated(seed, number)[1])
        except Exception as error:
            found = f"! {type(error).__name__}: {error}"
        print(json.dumps([number, found, peak()]), flush=True)


def check(seed: int, count: int) -> Result:
    """Decode N pictures of a seed in workers."""
    result, number = Result(), 0
    while number < count:
        number = _watched(seed, number, min(count, number + CHUNK), result)
    return result


def _watched(seed: int, start: int, stop: int, result: Result) -> int:
    """Run one worker; returns the number to go on with."""
    program = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.fuzz.pictures",
        "--work",
        str(start),
        str(stop),
        "--seed",
        str(seed),
    ]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as worker:
        assert worker.stdout is not None
        number, waiting, began = start, b"", time.monotonic() + SECONDS  # the first answer includes its start
        while number < stop:
            ready, _, _ = select.select([worker.stdout], [], [], max(0.0, began + SECONDS - time.monotonic()))
            piece = os.read(worker.stdout.fileno(), 1 << 16) if ready else b""
            if not piece:
                worker.kill()
                how = f"ended with exit code {worker.wait()}" if ready else f"not done within {SECONDS} s"
                result.failures.append(f"{FORMATS[number % len(FORMATS)]} {number}: {how}")
                return number + 1
            *lines, waiting = (waiting + piece).split(b"\n")
            for line in lines:
                number, found, peak = json.loads(line)
                kind = FORMATS[number % len(FORMATS)]
                result.outcomes[found if found.startswith("image.") else found.split()[0]] += 1
                if found.startswith("!"):
                    result.failures.append(f"{kind} {number}: {found}")
                if peak > MEMORY and result.peak <= MEMORY:
                    result.failures.append(f"{kind} {number}: {peak >> 20} MiB")
                result.peak = max(result.peak, peak)
                result.slowest = max(result.slowest, time.monotonic() - began) if number > start else result.slowest
                number, began = number + 1, time.monotonic()
    return number


def main() -> None:
    """Check, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.pictures", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    pillow_heif.register_heif_opener()
    if options.work:
        work(options.seed, *options.work)
        return
    began = time.monotonic()
    result = check(options.seed, options.count)
    for found, count in result.outcomes.most_common():
        print(f"{count:7} {found}")
    print(f"{result.peak >> 20} MiB at most, {result.slowest:.1f} s at most, {time.monotonic() - began:.0f} s in all")
    for failure in result.failures:
        print("FAILED", failure)
    sys.exit(1 if result.failures else 0)


if __name__ == "__main__":
    main()
