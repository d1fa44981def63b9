"""The comparisons that went most wrong, with their photos where the user says where these lie: for their own eyes.

A score file may come from elsewhere, and it names the photos to show. So a picture is shown only from folders that the
user names, wherever links lead, and only as pixels that were decoded and made small.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.errors import BarefaceError
from bareface.imaging import decode as images
from bareface.scores.score_file import ScoreFile
from bareface.system.reading import from_text
from bareface.values.face import UInt8

SIDE = 200
"""Longest side of a thumbnail in pixels."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One side of a comparison; ``picture`` is a JPEG, or None where the photo cannot be reached or read."""

    name: str
    subject: str
    state: str
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A photo that gave no template, and why."""

    name: str
    reason: str
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A comparison and its two photos."""

    score: float
    probe: Photo
    reference: Photo


def false_matches(scores: ScoreFile, folders: Sequence[Path], count: int = 8) -> tuple[Pair, ...]:
    """Return the non-mated comparisons with the highest scores, one for each pair of people, highest first."""
    return _pairs(scores, _extreme(scores, ~scores.mated, count, sign=-1), folders)


def false_nonmatches(scores: ScoreFile, folders: Sequence[Path], count: int = 8) -> tuple[Pair, ...]:
    """Return the mated comparisons with the lowest scores, one for each person, lowest first; without failures."""
    return _pairs(scores, _extreme(scores, scores.mated & ~scores.fta, count, sign=1), folders)


def failures(scores: ScoreFile, folders: Sequence[Path], count: int = 16) -> tuple[Failure, ...]:
    """Return the first photos that gave no template."""
    return tuple(Failure(name, reason, thumbnail(folders, name)) for name, reason in scores.info.failures[:count])


def thumbnail(folders: Sequence[Path], name: str) -> bytes | None:
    """Return a small JPEG of a photo that lies in one of these folders; None if there is none."""
    path = _inside(folders, name)
    if path is None:
        return None
    try:
        pixels = images.decode(path, images.Limits(max_side=2 * SIDE)).pixels
        return images.encode(_fitted(pixels), "JPEG", quality=85)
    except BarefaceError:
        return None


def _inside(folders: Sequence[Path], name: str) -> str | None:
    """Return the real path of a photo by its name below one of the folders; None if it is in none of them."""
    real = [os.path.realpath(folder) for folder in folders]
    for spelling in dict.fromkeys((name, from_text(name))):
        for folder in real:
            try:
                path = os.path.realpath(Path(folder) / spelling)
                if Path(path).is_file() and any(Path(path).is_relative_to(allowed) for allowed in real):
                    return path
            except (OSError, ValueError):  # a name that no file system takes
                continue
    return None


def _fitted(pixels: UInt8) -> UInt8:
    scale = SIDE / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _extreme(scores: ScoreFile, rows: NDArray[np.bool_], count: int, sign: int) -> NDArray[np.intp]:
    """Return the rows of the lowest ``sign * score``, no pair of subjects twice."""
    candidates = np.flatnonzero(rows)
    key = sign * scores.score[candidates]
    # Photos of one pair of people crowd the extremes, so look a good deal further than asked.
    deep = min(candidates.size, 500 * count)
    if deep < candidates.size:
        candidates = candidates[np.argpartition(key, deep)[:deep]]
        key = sign * scores.score[candidates]
    chosen: dict[tuple[int, int], int] = {}
    for row in candidates[np.argsort(key, kind="stable")]:
        first, second = int(scores.probe_subject[row]), int(scores.reference_subject[row])
        chosen.setdefault((min(first, second), max(first, second)), int(row))
        if len(chosen) == count:
            break
    return np.array(list(chosen.values()), dtype=np.intp)


def _pairs(scores: ScoreFile, rows: NDArray[np.intp], folders: Sequence[Path]) -> tuple[Pair, ...]:
    def photo(sample: int, subject: int, state: int) -> Photo:
        name = scores.samples[sample]
        return Photo(name, scores.subjects[subject], scores.states[state], thumbnail(folders, name))

    return tuple(
        Pair(
            score=float(scores.score[row]),
            probe=photo(scores.probe[row], scores.probe_subject[row], scores.probe_state[row]),
            reference=photo(scores.reference[row], scores.reference_subject[row], scores.reference_state[row]),
        )
        for row in rows
    )
