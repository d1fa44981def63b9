"""Draw what unmasking guesses, beside the truth: ``python docs/figures/unmask.py [FILE.jpg] [SEED]``.

The faces are the two public-domain portraits that come with dependencies (Eileen Collins by NASA, Grace Hopper by the
U.S. Navy), in simulated masks of the test half. Masks and guesses follow from the seed: nothing is picked.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bareface.imaging import decode as images
from bareface.imaging.portraits import portraits
from bareface.restoration.aligned import aligned
from bareface.restoration.saving import save_picture
from bareface.restoration.sheet import sheet
from bareface.restoration.unmask import unmask
from bareface.services.engine import Engine
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import UInt8


def main(target: Path, seed: int) -> None:
    """Write the picture."""
    engine = Engine(threads=1)
    sheets, most = [], None
    for number, person in enumerate(portraits()):
        pixels = images.decode(person.photos[0]).pixels
        bare = engine.faces(pixels)[0]
        worn = apply_mask(pixels, bare.landmarks, sample_mask(seed + number, half="test"))
        face = engine.faces(worn.pixels)[0]
        # The function rather than the engine's method: a figure is no restoration of the user's, and not on record.
        restored = unmask(engine, face, completions=4, seed=seed)
        picture, _ = sheet(restored)
        truth = np.asarray(Image.fromarray(aligned(bare).pixels).resize((320, 320)), np.uint8)
        sheets.append(_with_truth(picture, truth))
        if most is None or restored.provenance.synthetic > most.synthetic:
            most = restored.provenance
    assert most is not None
    save_picture(target, np.concatenate(sheets), most)


def _with_truth(picture: UInt8, truth: UInt8) -> UInt8:
    """The sheet with the face as it was in its last, empty place."""
    whole = Image.fromarray(picture)
    left, top = picture.shape[1] - truth.shape[1] - 8, picture.shape[0] - truth.shape[0] - 32
    whole.paste(Image.fromarray(truth), (left, top))
    draw = ImageDraw.Draw(whole)
    draw.text((left, top + truth.shape[0] + 3), "without the mask", fill="white", font=ImageFont.load_default(14))
    return np.asarray(whole, np.uint8)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/unmask.jpg")
    main(target, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
