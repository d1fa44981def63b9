"""Refusal rates of restored pictures without metadata, and of photos: ``python -m benchmarks.refusal``.

Photos in simulated masks are unmasked, and spoilt ones (out of focus, moved, coarse, compressed, dark: any level of
``bareface.synthesis.degradations``) are enhanced; all results are put on record. Restored pictures are then altered
at random (cropped, scaled, mirrored, turned, relit, greyed, blurred, noisy, saved anew) and asked for. So are genuine
photos: all the sources, the photos as they were before they were masked or spoilt, each of these also saved anew, and
others. A picture in which no face is found counts as not refused. LFW gives the figures; ``--tune`` takes CelebA's
validation identities, on which all thresholds were chosen.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bareface.errors import RestorationError
from bareface.evaluation.bootstrap import clopper_pearson
from bareface.gallery.restorations import Guard, RestorationRecord
from bareface.imaging import decode as images
from bareface.imaging.align import Geometry
from bareface.models import registry
from bareface.restoration.base import Restored
from bareface.restoration.enhance import MODEL as ENHANCER
from bareface.restoration.enhance import enhance, place_back
from bareface.restoration.provenance import sentence
from bareface.restoration.saving import with_band
from bareface.restoration.unmask import MODEL as GUESSER
from bareface.restoration.unmask import place, unmask
from bareface.services.engine import Engine
from bareface.synthesis.degradations import LEVELS, Target, degrade
from bareface.synthesis.mask_shapes import Half
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Face, Float32, UInt8
from benchmarks.common import print_table, write_json
from benchmarks.digests import DETECTOR, SEGMENTER
from training.photos import data_folder

ALTERED = "restored, altered"
GENUINE = ("sources", "sources, saved anew", "originals", "originals, saved anew")
KINDS = ("defocus", "motion", "downsample", "jpeg", "low light")
LIGHT = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A photo, its restoration, and the photo before it was masked or degraded."""

    photo: UInt8
    restored: Restored
    chips: tuple[UInt8, ...]
    before: UInt8


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sample sizes; the defaults of the command meet or exceed those of the aims."""

    masked: int
    completions: int
    enhanced: int
    alterations: int
    altered_enhanced: int
    photos: int


class Plain:
    """An embedder that says nothing, since no template is needed here."""

    model = space = "none"
    geometry: Geometry = "dlib-150"
    precision = "float32"

    def embed(self, chips: Sequence[UInt8], masks: object = None) -> Float32:
        """Return ones."""
        return np.ones((len(chips), 128), np.float32)


def masked(engine: Engine, paths: Sequence[Path], half: Half, completions: int) -> Iterator[Case]:
    """Unmask photos in masks."""
    for seed, path in enumerate(paths):
        bare = largest(engine, images.decode(path).pixels)
        if bare is None or bare.photo is None or bare.mask_state != "none":
            continue
        before = bare.photo.pixels
        pixels = apply_mask(before, bare.landmarks, sample_mask(seed, half=half)).pixels
        found = engine.faces(pixels, want=["occlusion"])
        face = max(found, key=lambda one: one.box.area, default=None)
        if face is None or face.mask_state == "none":
            continue
        try:
            restored = unmask(engine, face, completions, seed)
        except RestorationError:  # nothing hidden, or nearly all
            continue
        yield Case(pixels, restored, tuple(one.chip for one in found), before)


def enhanced(engine: Engine, paths: Sequence[Path]) -> Iterator[Case]:
    """Enhance degraded photos by the network at its default fidelity."""
    steps = [step for kind in KINDS for step in LEVELS[kind]]
    for seed, path in enumerate(paths):
        bare = largest(engine, images.decode(path).pixels)
        if bare is None or bare.photo is None:
            continue
        before = bare.photo.pixels
        step = steps[int(np.random.default_rng(seed).integers(len(steps)))]
        pixels = degrade(before, Target.of(bare.landmarks), [step], seed)
        found = engine.faces(pixels, want=["occlusion"])
        if not found:
            continue
        try:
            restored = enhance(engine, max(found, key=lambda one: one.box.area))
        except RestorationError:  # beyond help
            continue
        yield Case(pixels, restored, tuple(one.chip for one in found), before)


def shown(case: Case, number: int) -> UInt8:
    """Place one of a case's restored pictures in the photo."""
    if case.restored.provenance.kind == "enhance":
        return place_back(case.restored, case.photo)
    completions = case.restored.completions
    return place(case.restored, completions[number % len(completions)], case.photo)


def largest(engine: Engine, pixels: UInt8) -> Face | None:
    """Return the largest face."""
    return max(engine.faces(pixels, want=["occlusion"]), key=lambda face: face.box.area, default=None)


def altered(pixels: UInt8, rng: np.random.Generator) -> tuple[UInt8, list[str]]:
    """Alter a picture as a user may before passing it off; also return the alterations, at least one."""
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
    """Write a picture and read it again."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, format, quality=quality)
    return np.asarray(Image.open(out).convert("RGB"), np.uint8)


def saved_anew(pixels: UInt8, rng: np.random.Generator) -> UInt8:
    """Re-encode a photo, half of the time at another size."""
    if rng.random() < 0.5:
        by = rng.uniform(0.6, 1.3)
        size = (round(pixels.shape[1] * by), round(pixels.shape[0] * by))
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
    return saved(pixels, "JPEG", int(rng.integers(30, 96)))


class Count:
    """Counts of refusals and of trials."""

    def __init__(self) -> None:
        self.refused = self.asked = self.faceless = 0

    def ask(self, guard: Guard, chips: Sequence[UInt8]) -> None:
        """Ask for one picture, by the faces found in it."""
        self.asked += 1
        self.faceless += not chips
        self.refused += any(guard.restored(chip) for chip in chips)

    def __add__(self, other: Count) -> Count:
        both = Count()
        for name in ("refused", "asked", "faceless"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        return both

    def plain(self) -> dict[str, Any]:
        """Convert to values for a file; the 95 % interval is Clopper and Pearson's."""
        share = self.refused / max(1, self.asked)
        low, high = clopper_pearson(self.refused, self.asked)
        return {
            "asked": self.asked,
            "refused": self.refused,
            "share": share,
            "low": low,
            "high": high,
            "no face": self.faceless,
        }


def ask_all(engine: Engine, guard: Guard, cases: Sequence[Case], alterations: int, seed: int) -> dict[str, Count]:
    """Ask the guard about altered restored pictures, their sources and the undegraded photos, all also re-encoded."""
    rng = np.random.default_rng(seed)
    counts = {name: Count() for name in (ALTERED, *GENUINE)}

    def ask(name: str, pixels: UInt8) -> None:
        counts[name].ask(guard, [face.chip for face in engine.faces(pixels, want=())])

    for number in range(alterations if cases else 0):
        case = cases[number % len(cases)]
        picture = shown(case, number)
        if rng.random() < 0.5:
            picture = with_band(picture, sentence(case.restored.provenance))
        ask(ALTERED, altered(picture, rng)[0])
    for case in cases:
        counts["sources"].ask(guard, case.chips)
        ask("sources, saved anew", saved_anew(case.photo, rng))
        ask("originals", case.before)
        ask("originals, saved anew", saved_anew(case.before, rng))
    return counts


def measure(paths: Sequence[Path], half: Half, sizes: Sizes) -> dict[str, Any]:
    """Fill a record, ask it."""
    engine, timed = Engine(threads=1, embedder=Plain()), time.perf_counter
    start = timed()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, RestorationRecord.open(Path(folder) / "record.sqlite") as record:
        cases = list(islice(masked(engine, paths, half, sizes.completions), sizes.masked))
        spoilt = list(islice(enhanced(engine, paths[::-1]), sizes.enhanced))
        for number, case in enumerate([*cases, *spoilt]):  # each photo has a digest of its own; these are arrays
            provenance = replace(case.restored.provenance, source_sha256=f"{number:064x}")
            record.add(replace(case.restored, provenance=provenance))
        results["filled in s"] = timed() - start
        print(f"{len(cases)} + {len(spoilt)} photos on record after {timed() - start:.0f} s", flush=True)
        guard = Guard([record.store])
        guard.refresh()
        found = {"unmask": ask_all(engine, guard, cases, sizes.alterations, 1)}
        print({name: count.plain() for name, count in found["unmask"].items()}, flush=True)
        found["enhance"] = ask_all(engine, guard, spoilt, sizes.altered_enhanced, 2)
        print({name: count.plain() for name, count in found["enhance"].items()}, flush=True)
        others = Count()
        # Those that follow the masked ones; a photo that was degraded may be among them, as it was before.
        for path in islice(paths, sizes.masked * 2, sizes.masked * 2 + sizes.photos):
            others.ask(guard, [face.chip for face in engine.faces(path, want=())])
        found["others"] = {"other photos": others}
        results["ms a face"] = _milliseconds(guard.restored, [case.chips[0] for case in [*cases, *spoilt][:200]])
        results["record bytes"] = record.store.path.stat().st_size
    cards = [registry.card(name) for name in (DETECTOR, SEGMENTER, GUESSER, ENHANCER)]
    results["weights"] = {card.id: card.files[0].sha256 for card in cards}
    results["on record"] = {
        "photos unmasked": len(cases),
        "photos enhanced": len(spoilt),
        "restored faces": sum(len(case.restored.completions) for case in (*cases, *spoilt)),
    }
    results["counts"] = {kind: {name: c.plain() for name, c in these.items()} for kind, these in found.items()}
    genuine = [count for these in found.values() for name, count in these.items() if name != ALTERED]
    originals = [found["enhance"][name] for name in GENUINE if name.startswith("originals")]
    results["restored, altered: all"] = sum((found[kind][ALTERED] for kind in ("unmask", "enhance")), Count()).plain()
    results["genuine"] = {
        "originals of enhanced copies": sum(originals, Count()).plain(),
        "all": sum(genuine, Count()).plain(),
    }
    results["seconds"] = timed() - start
    return results


def percent(share: float) -> str:
    """Round a share to hundredths of a percent."""
    return f"{100 * share:.2f}"


def _milliseconds(ask: Callable[[UInt8], bool], chips: Sequence[UInt8]) -> float:
    start = time.perf_counter()
    for chip in chips:
        ask(chip)
    return (time.perf_counter() - start) * 1000 / len(chips)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tune", type=Path, metavar="DIR", help="a folder of CelebA's photos, <identity>_<n>.jpg")
    parser.add_argument("--masked", type=int, default=500, help="photos that are masked and unmasked")
    parser.add_argument("--completions", type=int, default=20, help="restored faces of each of these")
    parser.add_argument("--enhanced", type=int, default=300, help="photos that are spoilt and enhanced")
    parser.add_argument("--alterations", type=int, default=1000, help="altered completions")
    parser.add_argument("--altered-enhanced", type=int, default=600)
    parser.add_argument("--photos", type=int, default=4000, help="photos besides these")
    parser.add_argument("--json", type=Path, default=Path("out/refusal.json"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.tune:
        paths = sorted(path for path in options.tune.rglob("*.jpg") if path.stem.split("_")[0].endswith("0"))
    else:
        paths = sorted((data_folder() / "lfw" / "images").rglob("*.jpg"))
    Random(0).shuffle(paths)
    half: Half = "train" if options.tune else "test"
    sizes = Sizes(
        options.masked,
        options.completions,
        options.enhanced,
        options.alterations,
        options.altered_enhanced,
        options.photos,
    )
    results = measure(paths, half, sizes)
    groups = {
        **results["counts"],
        "together": {ALTERED: results["restored, altered: all"]},
        "genuine": results["genuine"],
    }
    rows = [
        [
            f"{kind}: {name}",
            c["refused"],
            c["asked"],
            *(percent(c[of]) for of in ("share", "low", "high")),
            c["no face"],
        ]
        for kind, these in groups.items()
        for name, c in these.items()
    ]
    print_table("Refused", ["", "refused", "of", "%", "from %", "to %", "no face"], rows)
    told = ("on record", "filled in s", "ms a face", "record bytes", "seconds")
    print_table("Cost", ["", ""], [[key, str(results[key])] for key in told])
    write_json(options.json, results)


if __name__ == "__main__":
    main()
