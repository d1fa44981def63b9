"""The training photos, and the faces in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bareface import settings
from bareface.services.engine import Engine
from bareface.values.face import Face

REDISTRIBUTABLE = ("public-domain/civil-service", "public-domain/congress", "synthetic")


def data_folder() -> Path:
    """Return the folder of photos: see :attr:`bareface.settings.Settings.photos`."""
    folder = settings.current().photos
    if not folder.is_dir():
        raise SystemExit(f"no training photos at {folder}: set BAREFACE_DATA")
    return folder


def redistributable(each: int | None = None) -> list[Path]:
    """List photos whose terms allow weights made from them to be given away; evenly spaced, ``each`` of a set."""
    chosen: list[Path] = []
    for name in REDISTRIBUTABLE:
        photos = sorted(p for p in (data_folder() / "train" / name).rglob("*") if p.is_file())
        step = max(1, len(photos) // each) if each else 1
        chosen += photos[::step][:each]
    return chosen


def largest_faces(engine: Engine, photos: Sequence[Path]) -> Iterator[Face]:
    """Yield the largest face of each photo, with its template; photos without one are skipped."""
    for analysis in engine.stream(photos, want=["template"]):
        if analysis.faces:
            yield max(analysis.faces, key=lambda face: face.box.area)
