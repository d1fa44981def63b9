"""Time and memory of a large photo: ``python -m benchmarks.large_photos``.

Sheets of scenes (marked photos that the detector was trained on) at several sizes, decoded from JPEG; one thread.
"""

from __future__ import annotations

import argparse
import resource
import time
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from bareface.imaging import decode as images
from bareface.services.engine import Engine
from benchmarks.common import print_table, write_json
from training.photos import data_folder

SIZES = {"12": (4000, 3000), "24": (6000, 4000), "100": (11_500, 8600)}
CELL = 500


def sheet(paths: list[Path], size: tuple[int, int]) -> bytes:
    """Encode scenes side by side as a JPEG."""
    page = Image.new("RGB", size)
    for place in range(-(-size[0] // CELL) * -(-size[1] // CELL)):
        row, column = divmod(place, -(-size[0] // CELL))
        page.paste(
            Image.open(paths[place % len(paths)]).convert("RGB").resize((CELL, CELL)), (column * CELL, row * CELL)
        )
    out = BytesIO()
    page.save(out, "JPEG", quality=85)
    return out.getvalue()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path("out/large_photos.json"))
    options = parser.parse_args()
    wild = sorted((data_folder() / "detection" / "train" / "wild").glob("*.jpg"))[::20]
    engine = Engine(threads=1)
    rows = {}
    for name, size in SIZES.items():
        data = sheet(wild, size)
        start = time.thread_time()
        photo = images.decode(data)
        decoded = time.thread_time()
        faces = engine.detect(photo, want=())
        done = time.thread_time()
        blank = images.decode(np.full_like(photo.pixels, 110))
        empty = time.thread_time()
        engine.detect(blank, want=())
        rows[name] = {
            "decode s": decoded - start,
            "detect s": done - decoded,
            "faces": len(faces),
            "detect s, blank": time.thread_time() - empty,
            "peak GiB so far": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        }
    columns = ["megapixels", *next(iter(rows.values()))]
    print_table("Processor seconds of one thread", columns, [[name, *row.values()] for name, row in rows.items()])
    write_json(options.json, {"results": rows})


if __name__ == "__main__":
    main()
