"""Which models there are, on what terms, and where their files lie.

A model is a card (``card.json``) and its files. Packaged models come with bareface; a user adds others with
``bareface models add``, which copies them into the user's own model folder. Every file is checked against the
checksum on its card before it is loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from bareface.errors import ModelError, UsageError
from bareface.files import make_folder, own_folder, write_atomically
from bareface.types import Float32

Task: TypeAlias = Literal["detection", "landmarks", "embedding", "occlusion", "restoration"]

_PACKAGE = Path(str(resources.files("bareface.models")))
_WEIGHTS = _PACKAGE / "weights"
_SPACES = _PACKAGE / "spaces"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its name, the arithmetic it is for, its SHA-256 and its size in bytes."""

    name: str
    precision: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What one must know before using a model.

    Attributes
    ----------
    id, task, summary
        Its name, what it does, and a sentence.
    licence, training_data, source
        On what terms it may be used, what it was trained on and on what terms, where it comes from.
    files
        Its files, one for each precision.
    space
        The template space, for embedders.
    input
        How an embedder is fed: ``geometry``, ``layout`` (``NHWC`` uint8 or ``NCHW`` float32), ``mean``, ``std``;
        ``mirror``: the template is the mean over the chip and its mirror image.
    metrics, limits
        What was measured, by which command; what it cannot do.
    """

    id: str
    task: Task
    summary: str
    licence: str
    training_data: str
    source: str
    files: tuple[ModelFile, ...]
    space: str | None = None
    input: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    packaged: bool = True

    @classmethod
    def from_json(cls, text: str, *, packaged: bool) -> ModelCard:
        """Read a card."""
        values = json.loads(text)
        files = tuple(ModelFile(**entry) for entry in values.pop("files"))
        limits = tuple(values.pop("limits", ()))
        return cls(**values, files=files, limits=limits, packaged=packaged)

    def to_json(self) -> str:
        """Write a card."""
        values = asdict(self)
        del values["packaged"]
        return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def models_home() -> Path:
    """The user's model folder: ``models`` in :func:`bareface.files.own_folder`.

    Raises
    ------
    UsageError
        ``usage.home``: the user has no home.
    """
    own = own_folder()
    if own is None:
        raise UsageError(
            "usage.home",
            "this user has no home folder to keep models in.",
            remedy="Set BAREFACE_HOME to a folder that may be written to.",
        )
    return own / "models"


def cards() -> tuple[ModelCard, ...]:
    """All models, packaged ones first, by name."""
    packaged = [_read_card(path, packaged=True) for path in sorted(_WEIGHTS.glob("*.json"))]
    return (*packaged, *(_read_card(path, packaged=False) for path in _added()))


def _added() -> list[Path]:
    """Cards of the user's own models; none for a user without a home, or with somebody else's."""
    try:
        return sorted(models_home().glob("*/card.json")) if own_folder() else []
    except PermissionError:
        return []


def _read_card(path: Path, *, packaged: bool) -> ModelCard:
    try:
        return ModelCard.from_json(path.read_text(encoding="utf-8"), packaged=packaged)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(
            "model.card",
            f"the model card cannot be read: {error}",
            source=str(path),
            remedy="Add the model again.",
        ) from error


def card(model_id: str) -> ModelCard:
    """The card of one model.

    Raises
    ------
    ModelError
        ``model.unknown`` where there is none.
    """
    known = cards()
    for entry in known:
        if entry.id == model_id:
            return entry
    names = ", ".join(entry.id for entry in known)
    raise ModelError(
        "model.unknown",
        f"no model is called {model_id!r}; there are {names}.",
        remedy=f"Register one with `bareface models add {model_id} FILE`.",
    )


def path_of(model: ModelCard, precision: str | None = None) -> Path:
    """The checked file of a model.

    Parameters
    ----------
    model
        Its card.
    precision
        ``float32``, ``int8`` or None for a model with one file.

    Raises
    ------
    ModelError
        ``model.precision``, ``model.missing`` or ``model.checksum``.
    """
    for entry in model.files:
        if precision in (None, entry.precision):
            folder = _WEIGHTS if model.packaged else models_home() / model.id
            _check(folder / entry.name, entry, model)
            return folder / entry.name
    have = ", ".join(entry.precision for entry in model.files)
    raise ModelError("model.precision", f"{model.id} has no {precision} weights, only {have}.")


def _check(path: Path, entry: ModelFile, model: ModelCard) -> None:
    again = "Reinstall bareface." if model.packaged else f"Add it again: `bareface models add {model.id} FILE`."
    if not path.is_file():
        raise ModelError("model.missing", "the model's file is not there.", source=str(path), remedy=again)
    stat = path.stat()
    if _sha256(path, stat.st_mtime_ns, stat.st_size) != entry.sha256:
        raise ModelError(
            "model.checksum", "the model's file is not the one on its card.", source=str(path), remedy=again
        )


@lru_cache(maxsize=64)
def _sha256(path: Path, _modified: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# What is known of third-party models that people register by name: terms they should see, and how to feed them.
_KNOWN: dict[str, dict[str, Any]] = {
    "yunet": {
        "task": "detection",
        "summary": "YuNet face detector with five landmarks (OpenCV Zoo).",
        "licence": "MIT",
        "training_data": "WIDER FACE, photos collected from the web, research terms.",
        "source": "https://github.com/opencv/opencv_zoo",
    },
    "mobilefacenet": {
        "task": "embedding",
        "summary": "MobileFaceNet face embedder, 128 numbers, 112-pixel ArcFace alignment.",
        "licence": "Apache-2.0",
        "training_data": (
            "Trained on a refined MS-Celeb-1M: photos scraped from the web, a set that its publisher withdrew in 2019."
        ),
        "source": "https://github.com/foamliu/MobileFaceNet",
        "space": "mobilefacenet-128",
        "input": {
            "geometry": "arcface-112",
            "layout": "NCHW",
            "mean": [123.675, 116.28, 103.53],
            "std": [58.395, 57.12, 57.375],
        },
        "limits": ["The file at hand takes one face a run, so it gains nothing from batches."],
    },
}


def known_terms(model_id: str) -> tuple[str, str] | None:
    """Licence and training data of a third-party model that is known by name, to be shown before it is added."""
    known = _KNOWN.get(model_id)
    return (known["licence"], known["training_data"]) if known else None


def add(
    model_id: str,
    path: str | Path,
    *,
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
        Its name: letters, digits, dots, dashes. ``yunet`` and ``mobilefacenet`` are known and need no more.
    path
        The ONNX file; it is copied.
    task, licence, training_data, space, input
        The card's fields; needed where the name is not a known one.
    sha256
        If given, the file must have this SHA-256 (hex).

    Returns
    -------
    ModelCard
        The card as written.

    Raises
    ------
    ModelError
        ``model.name``, ``model.missing``, ``model.checksum``, ``model.terms``, ``model.unreadable``.
    """
    path = Path(path)
    if not model_id or not model_id.replace("-", "").replace(".", "").isalnum() or model_id.startswith("."):
        raise ModelError("model.name", f"{model_id!r} is no model name: letters, digits, dots and dashes only.")
    if any(entry.id == model_id and entry.packaged for entry in cards()):
        raise ModelError("model.name", f"{model_id} is a packaged model; choose another name.")
    if not path.is_file():
        raise ModelError("model.missing", "there is no such file.", source=str(path))
    digest = _sha256(path, path.stat().st_mtime_ns, path.stat().st_size)
    if sha256 is not None and sha256.lower() != digest:
        raise ModelError("model.checksum", f"the file's SHA-256 is {digest}, not {sha256}.", source=str(path))
    fields = dict(_KNOWN.get(model_id, {}))
    given = {"task": task, "licence": licence, "training_data": training_data, "space": space, "input": input}
    fields.update({key: value for key, value in given.items() if value is not None})
    missing = [key for key in ("task", "licence", "training_data") if key not in fields]
    if missing:
        raise ModelError(
            "model.terms",
            f"{model_id} is not a known model, and its {', '.join(missing)} must be stated.",
            remedy="Give --task, --licence and --training-data.",
        )
    fields.setdefault("summary", f"A third-party model for {fields['task']}.")
    fields.setdefault("source", path.name)
    if fields["task"] == "embedding":
        fields.setdefault("space", model_id)
    fields["limits"] = tuple(fields.get("limits", ()))
    _readable(path)
    entry = ModelFile("model.onnx", "float32", digest, path.stat().st_size)
    new = ModelCard(id=model_id, files=(entry,), packaged=False, **fields)
    folder = make_folder(models_home() / model_id)
    write_atomically(folder / "model.onnx", path.read_bytes())
    write_atomically(folder / "card.json", new.to_json().encode())
    return new


def _readable(path: Path) -> None:
    from bareface.models.sessions import open_session

    open_session(path)


@lru_cache(maxsize=16)
def space_mean(space: str, dimension: int = 128) -> Float32:
    """Mean of a space's raw templates, float32 [d]; zeros where it was never measured.

    Templates of one space share a large common part; closeness of two *spaces* is judged after subtracting it.
    """
    path = _SPACES / f"{space}.json"
    if not path.is_file():
        return np.zeros(dimension, np.float32)
    return np.array(json.loads(path.read_text(encoding="utf-8"))["mean"], np.float32)
