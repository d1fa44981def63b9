"""Registry of models: their terms and their files.

A model is a card (``card.json``) and its files. Packaged models come with bareface; a user adds others with
``bareface models add``, which copies them into the user's own model folder. Every file is checked against the
checksum on its card before it is loaded.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np

from bareface import settings
from bareface.errors import ModelError, UsageError
from bareface.logs import logger, timed
from bareface.models.card import INPUT_KEYS, LONGEST_NAME, check_card, is_name, read_card
from bareface.models.card import ModelCard as ModelCard
from bareface.models.card import ModelFile as ModelFile
from bareface.models.card import Task as Task
from bareface.models.checksums import check_file, digest_of
from bareface.models.presets import GREY, PRESETS, preset_of
from bareface.system.files import create, make_folder, write_atomically
from bareface.values import arguments
from bareface.values.defaults import EMBEDDER
from bareface.values.face import Float32

_log = logger(__name__)
_PACKAGE = Path(str(resources.files("bareface.models")))
_WEIGHTS = _PACKAGE / "weights"
_SPACES = _PACKAGE / "spaces"
_DETECTORS: Final = ("bareface", "dlib")
_DAY_S: Final = 86_400.0
"""Names by which packaged detectors are chosen."""


def models_home() -> Path:
    """Return the folder of added models: see :attr:`bareface.settings.Settings.models`."""
    return settings.current().models


def cards() -> tuple[ModelCard, ...]:
    """Return all models, packaged ones first, by name.

    Raises
    ------
    ModelError
        ``model.card``: one of them cannot be read.
    """
    sound, damaged = survey()
    if damaged:
        raise damaged[0]
    return sound


def survey() -> tuple[tuple[ModelCard, ...], tuple[ModelError, ...]]:
    """Return all models whose cards can be read, packaged ones first, by name, and the errors of the others."""
    packaged = tuple(read_card(path, packaged=True) for path in sorted(_WEIGHTS.glob("*.json")))
    added, damaged = _survey_added()
    return packaged + added, damaged


def added_cards() -> tuple[ModelCard, ...]:
    """Return the user's own models whose cards can be read, by name."""
    return _survey_added()[0]


def _survey_added() -> tuple[tuple[ModelCard, ...], tuple[ModelError, ...]]:
    sound, damaged = [], []
    for path in _added():
        try:
            sound.append(read_card(path, packaged=False))
        except ModelError as error:
            damaged.append(error)
    return tuple(sound), tuple(damaged)


def card(model_id: str) -> ModelCard:
    """Return the card of one model; faults of other cards do not matter.

    Raises
    ------
    ModelError
        ``model.unknown`` where there is none, ``model.card`` where it cannot be read.
    """
    if is_name(model_id) and (_WEIGHTS / f"{model_id}.json").is_file():
        return read_card(_WEIGHTS / f"{model_id}.json", packaged=True)
    for path in _added():
        if path.parent.name == model_id:
            return read_card(path, packaged=False)
    names = ", ".join(entry.id for entry in survey()[0])
    raise ModelError("model.unknown", model=model_id, known=names)


def embedder_of(space: str | None, makers: Sequence[str] = ()) -> str:
    """Return the embedder to use for templates of a space; the default one if none is registered for it, or for None.

    Parameters
    ----------
    space
        The space.
    makers
        Models that made the templates, most of them first: the first that is registered for the space is used. Where
        none is, as for imported encodings, packaged ones come first, and of several one that treats masked faces apart.
    """
    of_it = [one for one in survey()[0] if one.task == "embedding" and one.space == space]
    names = {one.id for one in of_it}
    for one in (*makers, EMBEDDER):
        if one in names:
            return one
    return min(of_it, key=lambda one: (not one.packaged, "blank" not in one.input, one.id)).id if of_it else EMBEDDER


def _added() -> list[Path]:
    """Return the cards of the user's own models; empty if their folder is missing or unreadable."""
    if settings.current().folder is None:
        return []
    try:
        folders = sorted(entry for entry in models_home().iterdir() if not entry.name.startswith("."))
    except OSError:
        return []
    return [folder / "card.json" for folder in folders if os.path.lexists(folder / "card.json")]


def path_of(model: ModelCard, precision: str | None = None) -> Path:
    """Return the path of a model's file after checking it.

    Parameters
    ----------
    model
        Its card.
    precision
        ``float32``, ``int8`` or None for a model with one file.

    Raises
    ------
    ModelError
        ``model.precision``, ``model.missing`` or ``model.checksum``; for an added model that was not tried yet, or
        changed since, those of :func:`bareface.models.trial.try_out`.
    """
    for entry in model.files:
        if precision in (None, entry.precision):
            folder = _WEIGHTS if model.packaged else models_home() / model.id
            path = folder / entry.name
            check_file(path, entry, model)
            if not model.packaged:
                _tried(model, path)
            return path
    have = ", ".join(entry.precision for entry in model.files)
    raise ModelError("model.precision/weights", model=model.id, precision=precision, known=have)


def _tried(model: ModelCard, path: Path, source: Path | None = None) -> None:
    """Try an added model out, unless this file was tried with this card; the result is noted next to it."""
    from bareface.models.trial import try_out

    mark = path.with_name("tried")
    content = mark_of(model)
    try:
        if mark.is_file() and mark.stat().st_size < 1000 and mark.read_text(encoding="utf-8") == content:
            return
    except (OSError, ValueError):
        pass
    with timed(_log, "tried model %s out", model.id):
        try_out(model, path, source)
    with suppress(UsageError):  # a folder that may not be written to: it is tried each time
        write_atomically(mark, content.encode())


def fit_of(model_id: str) -> Path:
    """Return the place of an added model's fit: see :mod:`bareface.models.fitted`."""
    return models_home() / model_id / "fitted.json"


def mark_of(model: ModelCard) -> str:
    """Return a digest of a card, its files' included."""
    return hashlib.sha256(model.to_json().encode("utf-8", "surrogatepass")).hexdigest() + "\n"


def known_terms(model_id: str, preset: str | None = None) -> tuple[str, str] | None:
    """Return licence and training data of a preset, or of a model known by name, to be shown before it is added."""
    known = preset_of(model_id, preset)
    return (known["licence"], known["training_data"]) if known else None


def add(
    model_id: str,
    path: str | Path,
    *,
    preset: str | None = None,
    task: Task | None = None,
    licence: str | None = None,
    training_data: str | None = None,
    space: str | None = None,
    input: Mapping[str, Any] | None = None,
    sha256: str | None = None,
) -> ModelCard:
    """Register a third-party ONNX model under a name.

    Parameters
    ----------
    model_id
        Its name: letters, digits, dots, dashes. ``yunet`` and ``mobilefacenet`` are known and need no preset.
    path
        The ONNX file; it is copied.
    preset
        The kind of model, a key of :data:`bareface.models.presets.PRESETS`: it fills in what is not given.
    task, licence, training_data, space, input
        The card's fields; needed without a preset. Keys of `input` replace those of the preset. Unless its ``blank`` is
        None, an embedder gets masked faces with the mask painted over, and makes upper-face templates. By default the
        space is called as the model, or differently if another network made templates of that space.
    sha256
        If given, the file must have this SHA-256 (hex).

    Returns
    -------
    ModelCard
        The card as written.

    Raises
    ------
    ModelError
        ``model.name``, ``model.missing``, ``model.checksum``, ``model.terms``, ``model.task``, ``model.card``,
        or those of :func:`bareface.models.trial.try_out`. Nothing is kept of a model that is refused.
    UsageError
        ``usage.output``: the user's model folder cannot be written to; ``usage.value``: there is no such preset.
    """
    path = Path(path)
    if preset is not None:
        arguments.choice("preset", preset, tuple(PRESETS))
    if not is_name(model_id):
        raise ModelError("model.name/form", name=model_id, most=LONGEST_NAME)
    if model_id in _DETECTORS or (_WEIGHTS / f"{model_id}.json").is_file():
        raise ModelError("model.name/packaged", model=model_id)
    digest = digest_of(path)
    if sha256 is not None and sha256.lower() != digest:
        raise ModelError("model.checksum/sha256", digest=digest, sha256=sha256, source=str(path))
    stated = {"task": task, "licence": licence, "training_data": training_data, "space": space, "input": input}
    entry = ModelFile("model.onnx", "float32", digest, path.stat().st_size)
    known = preset_of(model_id, preset)
    new = _new_card(model_id, entry, path, known, {key: value for key, value in stated.items() if value is not None})
    if space is None:
        new = _in_a_space_of_its_own(new)
    home = make_folder(models_home())
    _sweep(home)
    try:
        part = Path(tempfile.mkdtemp(prefix=".adding-", dir=home))  # for its owner only
        try:
            _store(new, path, part)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise UsageError("usage.output/model", reason=error.strerror or error, source=str(home)) from error
    _log.info("added model %s for %s, sha256 %s", new.id, new.task, new.files[0].sha256)
    return new


def _sweep(home: Path) -> None:
    """Remove what processes that were killed had begun to add, a day ago or earlier."""
    for part in home.glob(".adding-*"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _DAY_S:
                shutil.rmtree(part, ignore_errors=True)


def remove(model_id: str) -> None:
    """Remove an added model with its files and its fit.

    Raises
    ------
    ModelError
        ``model.unknown``; ``model.name``: a packaged model stays.
    UsageError
        ``usage.output``: its folder cannot be removed.
    """
    if model_id in _DETECTORS or (is_name(model_id) and (_WEIGHTS / f"{model_id}.json").is_file()):
        raise ModelError("model.name/kept", model=model_id)
    folders = [path.parent for path in _added() if path.parent.name == model_id]
    if not folders:
        raise ModelError("model.unknown/added", model=model_id)
    try:
        shutil.rmtree(folders[0])
    except OSError as error:
        raise UsageError("usage.output/remove-model", reason=error.strerror or error, source=str(folders[0])) from error


def _new_card(
    model_id: str, entry: ModelFile, path: Path, known: Mapping[str, Any], stated: Mapping[str, Any]
) -> ModelCard:
    fields = {**known, **stated}
    missing = [key for key in ("task", "licence", "training_data") if key not in fields]
    if missing:
        raise ModelError("model.terms", model=model_id, missing=missing)
    if fields["task"] not in ("detection", "embedding"):
        raise ModelError("model.task/add", source=str(path))
    fields.setdefault("summary", f"A third-party model for {fields['task']}.")
    fields.setdefault("source", path.name.encode("utf-8", "replace").decode())
    if fields["task"] == "embedding":
        fields.setdefault("space", model_id)
        if isinstance(own := stated.get("input", {}), Mapping):
            fields["input"] = said = {**known.get("input", {}), **own}
            if "bare" not in said and said.setdefault("blank", GREY) is None:
                del said["blank"]
    fields["limits"] = tuple(fields.get("limits", ()))
    new = ModelCard(id=model_id, files=(entry,), packaged=False, **fields)
    try:
        check_card(new)
        if unknown := [key for key in new.input if key not in INPUT_KEYS]:
            raise ValueError(f"input has the unknown key {unknown[0]!r}; the keys are {', '.join(INPUT_KEYS)}")
    except ValueError as error:
        raise ModelError("model.card/add", reason=error) from None
    return new


def _in_a_space_of_its_own(new: ModelCard) -> ModelCard:
    """Return a card that names another space if only other networks make templates of the same one.

    Galleries made with a former network of this name would not notice that their templates cannot be compared. One
    that names a network for bare faces shares its space.
    """
    known = [_network(card) for card in added_cards() if card.space == new.space]
    if new.space is None or "bare" in new.input or not known or _network(new) in known:
        return new
    digest = hashlib.sha256(repr(_network(new)).encode()).hexdigest()
    return replace(new, space=f"{new.space}-{digest[:8]}")


def _network(card: ModelCard) -> tuple[object, ...]:
    """Return what templates of bare faces depend on."""
    keys = ("geometry", "layout", "colours", "mean", "std", "mirror")
    return card.files[0].sha256, *(str(card.input.get(key)) for key in keys)


def _store(new: ModelCard, path: Path, part: Path) -> None:
    """Copy a model's file, try the copy out, and put it in its place with its card."""
    copy = part / new.files[0].name
    with path.open("rb") as whole, create(copy) as target:
        shutil.copyfileobj(whole, target)
    check_file(copy, new.files[0], new)  # it could have changed meanwhile
    _tried(new, copy, path)
    write_atomically(part / "card.json", new.to_json().encode())
    folder = make_folder(models_home() / new.id)
    fit_of(new.id).unlink(missing_ok=True)  # that of the network that was here
    for name in (copy.name, "card.json", "tried"):
        (part / name).replace(folder / name)


@lru_cache(maxsize=16)
def space_mean(space: str, dimension: int = 128) -> Float32:
    """Return the mean of a space's raw templates, float32 [d]; zeros if it was never measured.

    Templates of one space share a large common part; closeness of two *spaces* is judged after subtracting it.
    """
    known = _measured_spaces().get(space)
    if known is None:
        return np.zeros(dimension, np.float32)
    return np.array(json.loads(known.read_text(encoding="utf-8"))["mean"], np.float32)


def space_dimension(space: str) -> int | None:
    """Return the dimension of a template of this space; None if the space is not a packaged one."""
    return len(space_mean(space)) if space in _measured_spaces() else None


def _measured_spaces() -> dict[str, Path]:
    return {path.stem: path for path in _SPACES.glob("*.json")}
