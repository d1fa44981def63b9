"""Calibrations as JSON text: six significant digits, which is more than any of the figures deserve."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bareface.calibration.calibration import Calibration, Kind, StateCalibration
from bareface.calibration.decision import States
from bareface.calibration.fpir import StrangerModel
from bareface.calibration.likelihood_ratio import IsotonicLlr, LlrModel, LogisticLlr, Reliability
from bareface.errors import CalibrationError
from bareface.matching.normalisation import Normalisation
from bareface.messages import Note
from bareface.system.json_text import parse
from bareface.values.face import Float64

FORMATS = {"cosine": 1, "search": 2, "comparison": 2}
"""Former versions read format 1, and would take a normalised score for a cosine."""
_LARGEST_LOGARITHM = 700.0
"""Beyond it an exponential leaves the range of a float."""
_MOST_COUNTED = 2**53


def write(calibration: Calibration) -> str:
    """Write a calibration as text."""
    values: dict[str, Any] = {
        "format": FORMATS[calibration.kind],
        "space": calibration.space,
        "model": calibration.model,
        "basis": calibration.basis,
    }
    if calibration.normalisation is not None:
        values |= {"kind": calibration.kind, "normalisation": _plain(asdict(calibration.normalisation))}
    values["entries"] = [
        {"probe": probe, "reference": reference, **_plain(asdict(entry))}
        for (probe, reference), entry in sorted(calibration.entries.items())
    ]
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False) + "\n"


def read(text: str) -> Calibration:
    """Read a calibration from a text.

    Raises
    ------
    CalibrationError
        ``calibration.format``.
    """
    try:
        values = _Part("it", parse(text))
        if values["format"] not in FORMATS.values():
            newest = max(FORMATS.values())
            raise ValueError(f"format {str(values['format'])[:40]}, this bareface reads formats up to {newest}")
        entries: dict[States, StateCalibration] = {}
        for part in values.parts("entries"):
            entry = _Part("an entry", part)
            llr = entry["llr"]
            entries[entry.text("probe"), entry.text("reference")] = StateCalibration(
                _strangers(entry.part("strangers")), None if llr is None else _llr(entry.part("llr"))
            )
        if not entries:
            raise ValueError("no pair of mask states")
        head = values.text("space"), values.text("model"), values.text("basis")
        if values["format"] == FORMATS["cosine"]:
            return Calibration(*head, entries)
        constants = values.part("normalisation")
        normalisation = Normalisation(constants.finite("typical"), constants.finite("alike"))
        if not (1e-6 < normalisation.typical <= 1 and -1 <= normalisation.alike <= 1):
            raise ValueError("typical or alike is not one of cosines")
        return Calibration(*head, entries, _kind(values.text("kind")), normalisation)
    except (ValueError, OverflowError) as error:
        reason = Note("reason.json-number") if isinstance(error, OverflowError) else error
        raise CalibrationError("calibration.format/file", reason=reason) from error


def _kind(text: str) -> Kind:
    kinds: dict[str, Kind] = {"search": "search", "comparison": "comparison"}
    if text in kinds:
        return kinds[text]
    raise ValueError(f"kind {text[:40]}")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, np.ndarray):
        return [_plain(part) for part in value.tolist()]
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


@dataclass(frozen=True, slots=True)
class _Part:
    """A JSON object whose values must be of the kind asked for; ValueError says which is not."""

    name: str
    values: object

    def __getitem__(self, key: str) -> Any:
        if not isinstance(self.values, dict):
            raise ValueError(f"{self.name} is not an object")
        if key not in self.values:
            raise ValueError(f"{self.name} lacks {key}")
        return self.values[key]

    def part(self, key: str) -> _Part:
        return _Part(key, self[key])

    def parts(self, key: str) -> list[object]:
        values = self[key]
        if not isinstance(values, list):
            raise ValueError(f"{key} is not a list")
        return values

    def text(self, key: str) -> str:
        value = self[key]
        if not isinstance(value, str):
            raise ValueError(f"{key} is not text")
        return value

    def number(self, key: str) -> float:
        """Read a number; Cllr is infinite if a ratio was."""
        value = self[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise ValueError(f"{key} is not a number")
        return float(value)

    def finite(self, key: str) -> float:
        value = self.number(key)
        if math.isinf(value):
            raise ValueError(f"{key} is infinite")
        return value

    def count(self, key: str, least: int = 0) -> int:
        value = self.finite(key)
        if value < least or value != int(value):
            raise ValueError(f"{key} is not a whole number from {least}")
        return int(value)

    def column(self, key: str, *width: int) -> Float64:
        """Read finite numbers [n], or [n, width]."""
        try:
            values = np.array(self[key], np.float64)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{key} is not numbers in rows of one length") from error
        if values.shape[1:] != width or values.ndim != 1 + len(width) or not np.isfinite(values).all():
            raise ValueError(f"{key} is not finite numbers of shape {['n', *width]}")
        return values


def _strangers(part: _Part) -> StrangerModel:
    model = StrangerModel(
        similarities=part.column("similarities"),
        log_hazard=part.column("log_hazard"),
        log_shape=part.column("log_shape"),
        log_reference_shape=part.column("log_reference_shape"),
        variances=part.column("variances", 3),
        gain=part.finite("gain"),
        probes=part.count("probes", least=1),
        pairs=part.count("pairs", least=1),
        counted_to=part.finite("counted_to"),
    )
    logarithms = (model.log_hazard, model.log_shape, model.log_reference_shape)
    size = model.similarities.size
    if size < 2 or any(column.shape[0] != size for column in (*logarithms, model.variances)):
        raise ValueError("columns of different lengths")
    if (np.diff(model.similarities) <= 0).any():
        raise ValueError("similarities do not rise")
    if any(np.abs(column).max() > _LARGEST_LOGARITHM for column in logarithms):
        raise ValueError("a logarithm is too large")
    return model


def _llr(part: _Part) -> LlrModel:
    logistic, curve, points = part.part("logistic"), part.part("isotonic"), part.part("reliability")
    isotonic = IsotonicLlr(curve.column("scores"), curve.column("llrs"))
    if not isotonic.llrs.size or isotonic.llrs.shape != isotonic.scores.shape or (np.diff(isotonic.llrs) < 0).any():
        raise ValueError("the likelihood ratios do not rise with the scores")
    stated, observed, mated, nonmated = (points.column(name) for name in ("stated", "observed", "mated", "nonmated"))
    if not stated.size == observed.size == mated.size == nonmated.size:
        raise ValueError("columns of different lengths")
    if any(((column < 0) | (column > _MOST_COUNTED)).any() for column in (mated, nonmated)):
        raise ValueError("a count is negative or too large")
    return LlrModel(
        logistic=LogisticLlr(logistic.finite("offset"), logistic.finite("slope")),
        isotonic=isotonic,
        cllr_logistic=part.number("cllr_logistic"),
        cllr_isotonic=part.number("cllr_isotonic"),
        cllr_min=part.number("cllr_min"),
        mated=part.count("mated"),
        nonmated=part.count("nonmated"),
        reliability=Reliability(stated, observed, mated.astype(np.int64), nonmated.astype(np.int64)),
    )
