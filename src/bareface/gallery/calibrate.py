"""A gallery's own calibration: fitted on its references, stored next to it, preferred to the packaged one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from bareface.calibration.calibration import Calibration, packaged_or_none
from bareface.calibration.of_gallery import GalleryCalibration, GalleryReferences, calibrate_references
from bareface.errors import CalibrationError, GalleryError
from bareface.storage.sqlite import queries as catalogue
from bareface.storage.sqlite.columns import Damaged
from bareface.storage.sqlite.store import Store
from bareface.system.files import write_atomically
from bareface.system.json_text import parse, reason_of
from bareface.system.reading import read_regular

_ROWS = 1 << 16


def calibrate(store: Store) -> GalleryCalibration:
    """Fit a calibration on the gallery's named subjects; store it if there are enough of them.

    Raises
    ------
    GalleryError
        ``gallery.empty``: there is nothing to calibrate on.
    CalibrationError
        ``calibration.scores``, ``calibration.ties``.
    """
    uuid, space, model, references = references_in(store)
    fit = calibrate_references(references, space, model)
    if fit.calibration is not None and not fit.missing:
        content = {"gallery": uuid, "calibration": fit.calibration.to_json()}
        if fit.search is not None:
            content["search"] = fit.search.to_json()
        write_atomically(Path(_path(store)), json.dumps(content).encode())
    return fit


def references_in(store: Store) -> tuple[str, str, str, GalleryReferences]:
    """Return a gallery's uuid, space and main model, and its references with their templates.

    Raises
    ------
    GalleryError
        ``gallery.empty``.
    """
    with store.read() as connection:
        state = store.state(connection)
        owners = {one.id: one for one in catalogue.references(connection)}
        parts = list(catalogue.all_vectors(connection, 0, _ROWS, state.dimension or 0))
        if any(number not in owners for numbers, _ in parts for number in numbers.tolist()):
            raise Damaged("a template has no reference")
        makers = catalogue.template_counts(connection)
        if makers and state.space is None:
            raise Damaged("there are templates, but no space")
        main = max(makers, key=lambda made: made.references, default=None)
        masked = any(one.mask_state != "none" for one in owners.values())
        second = catalogue.upper_face_vectors(connection, list(owners), main.model) if main and masked else {}
    if state.space is None or main is None:
        raise GalleryError("gallery.empty", source=str(store.path))
    ids = np.concatenate([numbers for numbers, _ in parts])
    templates = np.concatenate([vectors for _, vectors in parts])
    none = np.full(templates.shape[1], np.nan, np.float32)
    references = GalleryReferences(
        ids=ids,
        subject_ids=np.array([owners[number].subject_id for number in ids.tolist()], np.int64),
        names=[owners[number].subject for number in ids.tolist()],
        templates=templates,
        states=[owners[number].mask_state for number in ids.tolist()],
        upper_face=np.stack([second.get(number, none) for number in ids.tolist()]) if second else None,
    )
    return state.uuid, state.space, main.model, references


def calibration_of(store: Store, space: str, model: str) -> Calibration | None:
    """Return the gallery's own calibration for templates of this space, else the packaged one, else None.

    Of either, that of normalised scores comes first. A calibration that was kept by a former version is one of
    similarities. One of templates that were replaced since, by another model's, is not used.

    Raises
    ------
    CalibrationError
        ``calibration.format``: the kept one is damaged.
    """
    own = _own(store)
    if own is not None and own.space == space and _has_templates(store, own):
        return own
    return packaged_or_none(space, model, "search") or packaged_or_none(space, model)


def is_own(store: Store, calibration: Calibration | None) -> bool:
    """Return whether a calibration is the gallery's own."""
    own = _own(store)
    return calibration is not None and own is not None and own.basis == calibration.basis


def is_outdated(store: Store) -> bool:
    """Return whether the gallery has a calibration of its own, but none of the templates that it was fitted on.

    Raises
    ------
    CalibrationError
        ``calibration.format``: it is damaged.
    """
    own = _own(store)
    return own is not None and not _has_templates(store, own)


def _own(store: Store) -> Calibration | None:
    path = _path(store)
    return _read(Path(path), store.state().uuid) if os.path.isfile(path) else None  # noqa: PTH113 - in each search


def _has_templates(store: Store, own: Calibration) -> bool:
    with store.read() as connection:
        return store.state(connection).space == own.space and catalogue.has_templates_by(connection, own.model)


def _read(path: Path, uuid: str) -> Calibration | None:
    """Return the calibration in a file, unless it belongs to another gallery that was here."""
    try:
        content = parse(read_regular(path))
        text = content.get("search", content["calibration"])
        if not isinstance(text, str):
            raise TypeError
        if content["gallery"] != uuid:
            return None
        own = Calibration.from_json(text)
        if own.kind != ("search" if "search" in content else "cosine"):
            raise TypeError
        return own
    except (OSError, ValueError, LookupError, TypeError, AttributeError, CalibrationError) as error:
        raise CalibrationError("calibration.format/gallery", reason=reason_of(error), source=str(path)) from error


def _path(store: Store) -> str:
    return f"{store.path}-calibration"
