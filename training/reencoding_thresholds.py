"""Thresholds between a re-encoded picture and another photo of the same person.

Prints, for the thresholds in use and neighbouring ones, how many re-encodings of a photo are recognised, kind by kind,
and how many pairs of different photos of one person are mistaken for one picture. Photos: CelebA's validation
identities (ids ending in 0).

    python -m training.reencoding_thresholds
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from bareface.gallery.same_source import PIXELS_AT_LEAST, TEMPLATE_AT_LEAST, correlation
from bareface.imaging import decode as images
from bareface.imaging.thumbnail import thumbnail
from bareface.models import registry
from bareface.services.engine import Engine
from bareface.values.face import Face, Float64, Source, UInt8
from training.photos import data_folder

PHOTOS_EACH = 2
COPIES = {("050638.jpg", "116887.jpg"), ("186146.jpg", "198055.jpg")}
"""Pairs of that set that are one picture, as a look at the closest pairs showed: cut anew, colours changed."""


def resized(pixels: UInt8, factor: float) -> UInt8:
    """Resize the picture as photo programs do."""
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=method), np.uint8)


ENCODINGS: dict[str, Callable[[UInt8], bytes]] = {
    **{f"JPEG {quality}": lambda p, q=quality: images.encode(p, "JPEG", q) for quality in (95, 70, 50, 30)},  # type: ignore[misc]
    "PNG": lambda p: images.encode(p, "PNG"),
    "WebP 75": lambda p: images.encode(p, "WEBP", 75),
    **{
        f"resized x{factor}, JPEG 85": lambda p, f=factor: images.encode(resized(p, f), "JPEG", 85)  # type: ignore[misc]
        for factor in (0.5, 0.75, 1.5, 2.0)
    },
    "cut by 4 px on each side, JPEG 85": lambda p: images.encode(p[4:-4, 4:-4], "JPEG", 85),
    "cut by 9 px left and below, JPEG 85": lambda p: images.encode(p[:-9, 9:], "JPEG", 85),
    "mirrored, JPEG 85": lambda p: images.encode(p[:, ::-1], "JPEG", 85),
    "mirrored, resized x0.75, JPEG 85": lambda p: images.encode(resized(p[:, ::-1], 0.75), "JPEG", 85),
}


def closeness(a: Face, b: Face) -> tuple[float, float]:
    """Compute the centred cosine of the templates, and correlation of the thumbnails, as they are or mirrored."""
    mean = registry.space_mean(a.template.space)
    templates = correlation(a.template.vector - mean, b.template.vector - mean, centre=False)
    one, other = thumbnail(a.chip), thumbnail(b.chip)
    return templates, max(correlation(one, other), correlation(one[:, ::-1], other))


def largest(engine: Engine, sources: list[Source]) -> list[Face | None]:
    """Find the largest face of each photo, None without a face."""
    return [
        max(found.faces, key=lambda face: face.box.area, default=None)
        for found in engine.stream(sources, want=["template"])
    ]


def measured() -> tuple[dict[str, Float64], Float64]:
    """Measure the closeness [n, 2] of photos to each of their re-encodings, and to other photos of the same person."""
    engine = Engine()
    people = [folder for folder in (data_folder() / "train" / "celeba").iterdir() if folder.name[-1] == "0"]
    photos = sorted(path for folder in people for path in folder.iterdir())
    faces = {path: face for path, face in zip(photos, largest(engine, [*photos]), strict=True) if face}
    pairs = [(a, b) for a, b in combinations(faces, 2) if a.parent == b.parent and (a.name, b.name) not in COPIES]
    chosen = [path for number, path in enumerate(faces) if number % 5 < PHOTOS_EACH]
    again = {}
    for name, encode in ENCODINGS.items():
        copies = largest(engine, [encode(images.decode(path).pixels) for path in chosen])
        both = [(faces[path], copy) for path, copy in zip(chosen, copies, strict=True) if copy]
        again[name] = np.array([closeness(*pair) for pair in both])
    return again, np.array([closeness(faces[a], faces[b]) for a, b in pairs])


def main() -> None:
    """Measure and print."""
    again, others = measured()
    print(f"{'re-encoding':36} {'n':>5}  recognised  template: 1 %  median   pixels: 1 %  median")
    for name, close in again.items():
        low, middle = np.quantile(close, [0.01, 0.5], axis=0)
        share = marked(close, TEMPLATE_AT_LEAST, PIXELS_AT_LEAST).mean()
        print(
            f"{name:36} {len(close):5}  {share:9.1%}  {low[0]:12.3f}  {middle[0]:.3f}   {low[1]:9.3f}  {middle[1]:.3f}"
        )
    top = np.sort(others, axis=0)[-3:]
    print(f"\n{len(others)} pairs of different photos of one person; highest templates {top[:, 0].round(3)}, ", end="")
    print(f"highest pixels {top[:, 1].round(3)}")
    print("template  pixels  re-encodings recognised  different photos mistaken (95 % interval)")
    everything = np.concatenate(list(again.values()))
    for template in (0.8, 0.85, 0.9, 0.95):
        for pixels in (0.0, 0.9, 0.93, 0.95, 0.97, 0.99):
            wrong = int(marked(others, template, pixels).sum())
            interval = binomtest(wrong, len(others)).proportion_ci(method="exact")
            share = marked(everything, template, pixels).mean()
            print(f"{template:8} {pixels:7}  {share:23.1%}  {wrong:6} ({interval.low:.2%} to {interval.high:.2%})")


def marked(close: Float64, template: float, pixels: float) -> NDArray[np.bool_]:
    """Return which of these [n, 2] count as a re-encoding."""
    return np.asarray((close[:, 0] >= template) & (close[:, 1] >= pixels))


if __name__ == "__main__":
    main()
