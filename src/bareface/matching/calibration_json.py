"""Calibrations as JSON text: six significant digits, which is more than any of the figures deserve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from bareface.errors import CalibrationError
from bareface.matching.calibration import StateCalibration, States
from bareface.matching.fpir import StrangerModel
from bareface.matching.llr import IsotonicLlr, LlrModel, LogisticLlr, Reliability

FORMAT = 1


def write(space: str, model: str, basis: str, entries: Mapping[States, StateCalibration]) -> str:
    """The text of a calibration's parts."""
    values = {
        "format": FORMAT,
        "space": space,
        "model": model,
        "basis": basis,
        "entries": [
            {"probe": probe, "reference": reference, **_plain(asdict(entry))}
            for (probe, reference), entry in sorted(entries.items())
        ],
    }
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False) + "\n"


def read(text: str) -> tuple[str, str, str, dict[States, StateCalibration]]:
    """Space, model, basis and entries of a text.

    Raises
    ------
    CalibrationError
        ``calibration.format``.
    """
    try:
        values = json.loads(text)
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']}, this bareface reads {FORMAT}")
        entries = {
            (str(entry["probe"]), str(entry["reference"])): StateCalibration(
                _strangers(entry["strangers"]), _llr(entry["llr"])
            )
            for entry in values["entries"]
        }
        if not entries:
            raise ValueError("no pair of mask states")
        return str(values["space"]), str(values["model"]), str(values["basis"]), entries
    except (ValueError, KeyError, TypeError) as error:
        raise CalibrationError(
            "calibration.format", f"this is not a calibration: {error!r}.", remedy="Calibrate again."
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, np.ndarray):
        return [_plain(part) for part in value.tolist()]
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _strangers(values: dict[str, Any]) -> StrangerModel:
    columns_read: dict[str, Any] = {
        name: np.array(value, np.float64) if isinstance(value, list) else value for name, value in values.items()
    }
    model = StrangerModel(**columns_read)
    columns = (model.log_hazard, model.log_shape, model.log_reference_shape)
    size = model.similarities.size
    if size < 2 or any(c.shape != (size,) for c in columns) or model.variances.shape != (size, 3):
        raise ValueError("columns of different lengths")
    if not all(np.isfinite(c).all() for c in (*columns, model.variances)) or (np.diff(model.similarities) <= 0).any():
        raise ValueError("a figure is not finite, or similarities do not rise")
    return model


def _llr(values: dict[str, Any] | None) -> LlrModel | None:
    if values is None:
        return None
    curve, points = values.pop("isotonic"), values.pop("reliability")
    return LlrModel(
        logistic=LogisticLlr(**values.pop("logistic")),
        isotonic=IsotonicLlr(np.array(curve["scores"], np.float64), np.array(curve["llrs"], np.float64)),
        reliability=Reliability(**{name: np.array(column) for name, column in points.items()}),
        **values,
    )
