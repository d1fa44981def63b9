"""Fits of added models: calibrations and a cohort of templates, in one file next to the model's card.

The cohort's templates are those of real people. The file is for its owner only, as a gallery is.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bareface.errors import ModelError
from bareface.messages import Note
from bareface.models import registry
from bareface.models.card import ModelCard
from bareface.system.files import write_atomically
from bareface.system.json_text import parse, reason_of
from bareface.system.reading import read_regular
from bareface.values.face import Float32

Int8 = NDArray[np.int8]
_MOST_BYTES: Final = 1 << 28
_FEWEST: Final = 10
"""Templates in a cohort; a fit stores 100 or more."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Fit of an added model.

    Attributes
    ----------
    model
        Its name.
    calibrations
        JSON texts of calibrations by the kind of their scores.
    cohort
        Unit templates float32 [n, d]; None if the space had one already.
    path
        The file.
    """

    model: str
    calibrations: Mapping[str, str]
    cohort: Float32 | None
    path: Path


def coded(vectors: Float32) -> tuple[Int8, float]:
    """Return unit templates float32 [n, d] as 8-bit codes and their scale."""
    scale = float(np.abs(vectors).max() / 127)
    return np.round(vectors / scale).astype(np.int8), scale


def decoded(codes: Int8, scale: float) -> Float32:
    """Return the unit templates float32 [n, d] that codes stand for."""
    vectors = codes.astype(np.float32) * np.float32(scale)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors, np.float32)


def fitted_of(space: str) -> tuple[Fitted, ...]:
    """Return the fits of added models of a space, by the model's name; a fit of another file or card is left out.

    Raises
    ------
    ModelError
        ``model.fitted``: one of them is damaged.
    """
    found = (_of(card) for card in registry.added_cards() if card.space == space)
    return tuple(fitted for fitted in found if fitted is not None)


def store(card: ModelCard, calibrations: Mapping[str, str], cohort: tuple[Int8, float] | None) -> Path:
    """Write the fit of an added model, in place of a former one.

    Raises
    ------
    UsageError
        ``usage.output``.
    """
    content: dict[str, object] = {"card": registry.mark_of(card), "calibrations": dict(calibrations)}
    if cohort is not None:
        codes, scale = cohort
        text = base64.b64encode(codes.tobytes()).decode("ascii")
        content["cohort"] = {"scale": scale, "dimension": codes.shape[1], "codes": text}
    return write_atomically(registry.fit_of(card.id), json.dumps(content).encode())


def _of(card: ModelCard) -> Fitted | None:
    path = registry.fit_of(card.id)
    try:
        how = path.stat()
    except OSError:
        return None
    mark, fitted = _read(path, how.st_mtime_ns, how.st_size, card.id)
    return fitted if mark == registry.mark_of(card) else None


@lru_cache(maxsize=8)
def _read(path: Path, _modified: int, size: int, model: str) -> tuple[str, Fitted]:
    try:
        if size > _MOST_BYTES:
            raise ValueError(Note("reason.too-long", most=_MOST_BYTES))
        content = parse(read_regular(path))
        calibrations = {str(kind): str(text) for kind, text in content["calibrations"].items()}
        cohort = None
        if said := content.get("cohort"):
            codes = np.frombuffer(base64.b64decode(said["codes"], validate=True), np.int8)
            cohort = decoded(codes.reshape(-1, said["dimension"]), said["scale"])
            if len(cohort) < _FEWEST or not np.isfinite(cohort).all():
                raise ValueError(Note("reason.not-finite"))
        return str(content["card"]), Fitted(model, calibrations, cohort, path)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelError("model.fitted", model=model, reason=reason_of(error), source=str(path)) from error
