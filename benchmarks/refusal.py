"""How often a restored picture without metadata is refused, and how often a photo is: ``python -m benchmarks.refusal``.

Photos in simulated masks are unmasked and put on record. Of the restored pictures 1,000 are altered at random (cropped,
scaled, mirrored, turned, relit, greyed, blurred, noisy, saved anew) and asked for; so are 6,000 photos, among them all
the sources, each also saved anew. A picture in which no face is found counts as not refused. Enhancements are counted
apart. LFW gives the figures; ``--tune`` takes CelebA's validation identities, on which all thresholds were chosen.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bareface import images
from bareface.alignment import Geometry, align, chip_to_photo
from bareface.engine import Engine
from bareface.errors import RestorationError
from bareface.evaluation.mask_shapes import Half
from bareface.evaluation.masks import apply_mask, sample_mask
from bareface.restoration.base import SIDE, Completion, Provenance, Restored
from bareface.restoration.provenance import sentence
from bareface.restoration.record import Guard, RestorationRecord
from bareface.restoration.saving import with_band
from bareface.restoration.unmask import place, unmask
from bareface.types import Face, Float32, UInt8
from benchmarks.common import print_table, write_json
from training.photos import data_folder

ENHANCED = 300
LIGHT = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A photo, what was made of it, and the photo before it was masked or spoilt."""

    photo: UInt8
    restored: Restored
    chips: tuple[UInt8, ...]
    before: UInt8


class Plain:
    """An embedder that says nothing, since no template is needed here."""

    model = space = "none"
    geometry: Geometry = "dlib-150"
    precision = "float32"

    def embed(self, chips: Sequence[UInt8], covers: object = None) -> Float32:
        """Ones."""
        return np.ones((len(chips), 128), np.float32)


def masked(engine: Engine, paths: Sequence[Path], half: Half, completions: int) -> Iterator[Case]:
    """Photos in masks, unmasked."""
    for seed, path in enumerate(paths):
        bare = largest(engine, images.decode(path).pixels)
        if bare is None or bare.photo is None or bare.mask_state != "none":
            continue
        before = bare.photo.pixels
        pixels = apply_mask(before, bare.landmarks, sample_mask(seed, half=half)).pixels
        found = engine.faces(pixels)
        face = max(found, key=lambda one: one.box.area, default=None)
        if face is None or face.mask_state == "none":
            continue
        try:
            restored = unmask(engine, face, completions, seed)
        except RestorationError:  # nothing hidden, or nearly all
            continue
        yield Case(pixels, restored, tuple(one.chip for one in found), before)


def enhanced(engine: Engine, paths: Sequence[Path]) -> Iterator[Case]:
    """Blurred photos, sharpened by an unsharp mask: a plain stand-in for any enhancement."""
    rng = np.random.default_rng(0)
    for path in paths:
        before = images.decode(path).pixels
        pixels = np.asarray(cv2.GaussianBlur(before, (0, 0), rng.uniform(1.0, 2.5)), np.uint8)
        found = engine.faces(pixels)
        face = max(found, key=lambda one: one.box.area, default=None)
        if face is None:
            continue
        source = align(pixels, face.landmarks, size=SIDE)
        sharp = source + 1.5 * (source.astype(np.float32) - cv2.GaussianBlur(source, (0, 0), 2.5).astype(np.float32))
        image = np.rint(sharp).clip(0, 255).astype(np.uint8)
        yield Case(pixels, enhancement(source, image, face), tuple(one.chip for one in found), before)


def enhancement(source: UInt8, image: UInt8, face: Face) -> Restored:
    """A whole face sharpened."""
    provenance = Provenance("enhance", "unsharp", None, None, None, "0" * 64, 1.0, (), "0", "")
    region = np.ones((SIDE, SIDE), bool)
    made, zero = (Completion(image, face.template),), np.zeros((SIDE, SIDE), np.float32)
    return Restored(source, region, made, zero, provenance, chip_to_photo(face.landmarks, size=SIDE), (0.0,), 0.0)


def largest(engine: Engine, pixels: UInt8) -> Face | None:
    """The largest face."""
    return max(engine.faces(pixels), key=lambda face: face.box.area, default=None)


def altered(pixels: UInt8, rng: np.random.Generator) -> tuple[UInt8, list[str]]:
    """A picture as someone would pass it off, and what was done to it: never nothing."""
    image, done = Image.fromarray(pixels), []

    def happens(name: str, share: float) -> bool:
        if rng.random() < share:
            done.append(name)
            return True
        return False

    if happens("mirror", 0.3):
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if happens("turn", 0.3):
        image = image.rotate(rng.uniform(-10, 10), Image.Resampling.BICUBIC)
    if happens("crop", 0.5):
        left, top, right, bottom = rng.uniform(0, 0.12, 4) * np.tile(image.size, 2)
        image = image.crop((int(left), int(top), int(image.width - right), int(image.height - bottom)))
    if happens("scale", 0.5):
        by = rng.uniform(0.5, 1.5)
        image = image.resize((round(image.width * by), round(image.height * by)), Image.Resampling.BICUBIC)
    values: Float32 = np.asarray(np.asarray(image) / 255, np.float32)
    if happens("gamma", 0.4):
        values = np.asarray(values ** rng.uniform(0.7, 1.4), np.float32)
    if happens("light", 0.4):
        values = values * np.float32(rng.uniform(0.75, 1.25)) + np.float32(rng.uniform(-0.1, 0.1))
    if happens("grey", 0.25):
        values = np.repeat((values @ LIGHT)[..., None], 3, axis=2)
    if happens("blur", 0.3):
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), rng.uniform(0.4, 1.2)), np.float32)
    if happens("noise", 0.3):
        values = values + rng.normal(0, rng.uniform(2, 8) / 255, values.shape).astype(np.float32)
    result = np.rint(values * 255).clip(0, 255).astype(np.uint8)
    if happens("jpeg", 0.45) or not done:
        return saved(result, "JPEG", int(rng.integers(30, 96))), done or ["jpeg"]
    if happens("webp", 0.5):
        return saved(result, "WEBP", int(rng.integers(40, 96))), done
    return result, done


def saved(pixels: UInt8, format: str, quality: int) -> UInt8:
    """A picture written and read."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, format, quality=quality)
    return np.asarray(Image.open(out).convert("RGB"), np.uint8)


def saved_anew(pixels: UInt8, rng: np.random.Generator) -> UInt8:
    """A photo re-encoded, half of the time at another size."""
    if rng.random() < 0.5:
        by = rng.uniform(0.6, 1.3)
        size = (round(pixels.shape[1] * by), round(pixels.shape[0] * by))
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
    return saved(pixels, "JPEG", int(rng.integers(30, 96)))


class Count:
    """How many of how many were refused."""

    def __init__(self) -> None:
        self.refused = self.asked = self.faceless = 0

    def ask(self, guard: Guard, chips: Sequence[UInt8]) -> None:
        """Ask for one picture, by the faces found in it."""
        self.asked += 1
        self.faceless += not chips
        self.refused += any(guard.restored(chip) for chip in chips)

    def plain(self) -> dict[str, float]:
        """As values for a file."""
        share = self.refused / max(1, self.asked)
        return {"asked": self.asked, "refused": self.refused, "share": share, "no face": self.faceless}


def ask_all(engine: Engine, guard: Guard, cases: Sequence[Case], alterations: int, seed: int) -> dict[str, Count]:
    """Restored pictures altered, sources, sources saved anew, and photos that were never masked or spoilt."""
    rng = np.random.default_rng(seed)
    counts = {name: Count() for name in ("restored, altered", "sources", "sources, saved anew", "what was below")}

    def chips(pixels: UInt8) -> list[UInt8]:
        return [face.chip for face in engine.faces(pixels)]

    for number in range(alterations):
        case = cases[number % len(cases)]
        completion = case.restored.completions[number % len(case.restored.completions)]
        picture = place(case.restored, completion, case.photo)
        if rng.random() < 0.5:
            picture = with_band(picture, sentence(case.restored.provenance))
        counts["restored, altered"].ask(guard, chips(altered(picture, rng)[0]))
    for place_, case in enumerate(cases):
        counts["sources"].ask(guard, case.chips)
        counts["sources, saved anew"].ask(guard, chips(saved_anew(case.photo, rng)))
        if place_ % 4 == 0:
            counts["what was below"].ask(guard, chips(case.before))
    return counts


def measure(
    paths: Sequence[Path], half: Half, on_record: int, completions: int, alterations: int, photos: int
) -> dict[str, Any]:
    """Fill a record, ask it."""
    engine, timed = Engine(threads=1, embedder=Plain()), time.perf_counter
    start = timed()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, RestorationRecord.open(Path(folder) / "record.sqlite") as record:
        cases = [
            case
            for case, _ in zip(masked(engine, paths, half, completions), range(on_record // completions), strict=False)
        ]
        spoilt = list(enhanced(engine, paths[-ENHANCED:]))
        for number, case in enumerate([*cases, *spoilt]):  # each photo has a digest of its own; these are arrays
            provenance = replace(case.restored.provenance, source_sha256=f"{number:064x}")
            record.add(replace(case.restored, provenance=provenance))
        results["filled in s"] = timed() - start
        print(f"{len(cases)} photos on record after {timed() - start:.0f} s", flush=True)
        guard = Guard([record.store])
        guard.refresh()
        found = {"unmask": ask_all(engine, guard, cases, alterations, 1)}
        print({name: count.plain() for name, count in found["unmask"].items()}, flush=True)
        others = Count()
        rest = paths[-ENHANCED - photos : -ENHANCED]
        for path in rest:
            others.ask(guard, [face.chip for face in engine.faces(path)])
        found["others"] = {"other photos": others}
        found["enhance"] = ask_all(engine, guard, spoilt, ENHANCED, 2)
        chips = [case.chips[0] for case in cases[:200]]
        results["ms a face"] = _milliseconds(guard.restored, chips)
        results["record bytes"] = record.store.path.stat().st_size
    results["on record"] = {
        "photos": len(cases),
        "restored faces": len(cases) * completions,
        "enhancements": len(spoilt),
    }
    results["counts"] = {kind: {name: c.plain() for name, c in these.items()} for kind, these in found.items()}
    genuine = [found["unmask"]["sources"], found["unmask"]["sources, saved anew"], others]
    asked, refused = sum(one.asked for one in genuine), sum(one.refused for one in genuine)
    results["genuine"] = {"asked": asked, "refused": refused, "share": refused / asked}
    results["seconds"] = timed() - start
    return results


def _milliseconds(ask: Callable[[UInt8], bool], chips: Sequence[UInt8]) -> float:
    start = time.perf_counter()
    for chip in chips:
        ask(chip)
    return (time.perf_counter() - start) * 1000 / len(chips)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tune", type=Path, metavar="DIR", help="a folder of CelebA's photos, <identity>_<n>.jpg")
    parser.add_argument("--on-record", type=int, default=10_000, help="restored faces")
    parser.add_argument("--completions", type=int, default=5, help="restored faces a photo")
    parser.add_argument("--alterations", type=int, default=1000)
    parser.add_argument("--photos", type=int, default=3500, help="photos besides the sources")
    parser.add_argument("--json", type=Path, default=Path("out/refusal.json"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.tune:
        paths = sorted(path for path in options.tune.rglob("*.jpg") if path.stem.split("_")[0].endswith("0"))
    else:
        paths = sorted((data_folder() / "lfw" / "images").rglob("*.jpg"))
    Random(0).shuffle(paths)
    half: Half = "train" if options.tune else "test"
    results = measure(paths, half, options.on_record, options.completions, options.alterations, options.photos)
    rows = [
        [f"{kind}: {name}", c["asked"], c["refused"], c["share"], c["no face"]]
        for kind, these in results["counts"].items()
        for name, c in these.items()
    ]
    whole = results["genuine"]
    rows.append(["genuine, all", whole["asked"], whole["refused"], whole["share"], ""])
    print_table("Refused", ["", "asked", "refused", "share", "no face"], rows)
    print_table("Cost", ["", ""], [[key, str(value)] for key, value in results.items() if key not in ("counts",)])
    write_json(options.json, results)


if __name__ == "__main__":
    main()
