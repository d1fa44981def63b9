"""Draw faces before and after, one row a degradation: ``python docs/figures/enhance.py [FILE.jpg] [SEED]``.

The faces are the two public-domain portraits that come with dependencies (Eileen Collins by NASA, Grace Hopper by the
U.S. Navy), made smaller so that their faces are as large as on a common photo. Whose face, which level (2 to 4 of the
five in ``bareface.synthesis.degradations``) and every draw of the degradation follow from the seed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bareface.imaging import decode as images
from bareface.imaging.portraits import portraits
from bareface.restoration.aligned import aligned
from bareface.restoration.enhance import enhance
from bareface.restoration.saving import save_picture
from bareface.services.engine import Engine
from bareface.synthesis.degradations import LEVELS, Target, degrade
from bareface.values.face import UInt8

KINDS = ("defocus", "motion", "downsample", "jpeg", "low light")
COLUMNS = ("good photo", "spoilt", "recomputed", "unsharp mask", "Wiener")
EYES = 42.0
SIDE, GAP, HEAD, LEFT = 160, 6, 22, 110


def main(target: Path, seed: int) -> None:
    """Write the picture."""
    engine, rng = Engine(threads=1), np.random.default_rng(seed)
    people = [_smaller(engine, images.decode(person.photos[0]).pixels) for person in portraits()]
    rows, most = [], None
    for kind in KINDS:
        pixels, level = people[rng.integers(len(people))], int(rng.integers(2, 5))
        good = engine.faces(pixels)[0]
        spoilt = degrade(pixels, Target.of(good.landmarks), [LEVELS[kind][level - 1]], seed=int(rng.integers(2**31)))
        face = engine.faces(spoilt)[0]
        # The function rather than the engine's method: a figure is no restoration of the user's, and not on record.
        ours, unsharp, wiener = (enhance(engine, face, method) for method in ("bareface", "unsharp", "wiener"))
        made = [one.completions[0].image for one in (ours, unsharp, wiener)]
        rows.append((f"{kind}, {level}", [aligned(good).pixels, ours.source, *made]))
        if most is None or ours.provenance.synthetic > most.synthetic:
            most = ours.provenance
    assert most is not None
    save_picture(target, _drawn(rows), most)


def _smaller(engine: Engine, pixels: UInt8) -> UInt8:
    face = engine.faces(pixels)[0]
    ratio = EYES / Target.of(face.landmarks).eyes
    size = tuple(round(ratio * side) for side in pixels.shape[1::-1])
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _drawn(rows: list[tuple[str, list[UInt8]]]) -> UInt8:
    width, height = LEFT + len(COLUMNS) * (SIDE + GAP), HEAD + len(rows) * (SIDE + GAP)
    picture, font = Image.new("RGB", (width, height), "white"), ImageFont.load_default(14)
    draw = ImageDraw.Draw(picture)
    for place, name in enumerate(COLUMNS):
        draw.text((LEFT + place * (SIDE + GAP), 3), name, fill=(29, 31, 35), font=font)
    for row, (name, tiles) in enumerate(rows):
        top = HEAD + row * (SIDE + GAP)
        draw.text((4, top + SIDE // 2 - 8), name, fill=(29, 31, 35), font=font)
        for place, tile in enumerate(tiles):
            picture.paste(Image.fromarray(tile), (LEFT + place * (SIDE + GAP), top))
    return np.asarray(picture, np.uint8)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/enhance.jpg")
    main(target, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(f"written: {target}, {len(images.decode(target).pixels)} rows of pixels")
