"""A model's card: what one must know before using it, as a small and flat JSON file.

Cards in the user's folder may have been edited or damaged. All that is read from one is checked here, so that nothing
behind it meets a value of another type, a path into another folder or a number that is not finite.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from bareface.errors import ModelError
from bareface.imaging.align import SIZES
from bareface.system.json_text import parse
from bareface.system.reading import read_regular

Task: TypeAlias = Literal["detection", "landmarks", "embedding", "occlusion", "restoration"]

LONGEST_NAME: Final = 64
_MOST_BYTES: Final = 1 << 20
_LONGEST_TEXT: Final = 10_000
_NOT_UTF8: Final = re.compile("[\ud800-\udfff]")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
INPUT_KEYS: Final = (
    "geometry", "layout", "colours", "mean", "std", "batch", "mirror", "bare", "blank", "covered_from",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its name, the arithmetic it is for, its SHA-256 and its size in bytes."""

    name: str
    precision: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Facts to know before using a model.

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
        Inputs of an embedder: ``geometry``; ``layout`` (``NHWC`` or ``NCHW``); ``colours`` (``RGB`` or ``BGR``);
        ``mean`` and ``std`` of networks that take float32, red first; ``batch``, the largest number of chips in a run;
        ``mirror``: the template is the mean over the chip and its mirror image. Masked faces: ``blank``, the colour
        RGB that a mask is painted over with, without which masked faces are embedded as they are; ``bare``, another
        model for bare faces; ``covered_from``, the row from which bare faces are painted over for their second vector.
    metrics, limits
        Measurements with their commands, and limitations.
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
    def from_json(cls, text: str | bytes, *, packaged: bool) -> ModelCard:
        """Read a card.

        Raises
        ------
        ValueError
            It is not the text of a card; the message says why.
        """
        values = parse(text)
        _need(isinstance(values, dict), "it is not a JSON object")
        entries, limits = values.pop("files", None), values.pop("limits", [])
        _need(isinstance(entries, list) and 0 < len(entries) <= 8, "files is not a list of one to eight files")
        _need(all(isinstance(entry, dict) for entry in entries), "files holds something that is not an object")
        _need(isinstance(limits, list), "limits is not a list")
        values.pop("packaged", None)
        if isinstance(said := values.get("input"), dict):  # version 0.1.0 kept whatever it was given
            values["input"] = {key: value for key, value in said.items() if key in INPUT_KEYS}
        for entry in entries:
            _check_keys("a file", entry, ModelFile)
        _check_keys("it", {**values, "files": entries}, cls)
        files = tuple(ModelFile(**entry) for entry in entries)
        card = cls(**values, files=files, limits=tuple(limits), packaged=packaged)
        check_card(card)
        return card

    def to_json(self) -> str:
        """Write a card."""
        values = asdict(self)
        del values["packaged"]
        return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def is_name(text: object) -> bool:
    """Return whether this is a valid model name: letters, digits, dots and dashes."""
    return (
        isinstance(text, str)
        and len(text) <= LONGEST_NAME
        and text.replace("-", "").replace(".", "").isalnum()
        and not text.startswith(".")
    )


def check_card(card: ModelCard) -> None:
    """Refuse a card that says something impossible.

    Raises
    ------
    ValueError
        It does; the message says what.
    """
    _need(is_name(card.id), "id is not a model's name")
    _need(card.task in get_args(Task), f"task is none of {', '.join(get_args(Task))}")
    for name in ("summary", "licence", "training_data", "source"):
        _need(_is_text(getattr(card, name)), f"{name} is not a text in UTF-8 of up to {_LONGEST_TEXT:,} characters")
    _need(all(map(_is_text, card.limits)), "limits holds something that is not a text")
    _need(card.space is None or (_is_text(card.space) and bool(card.space.strip())), "space is not a name")
    _need(card.space is not None or card.task != "embedding", "an embedder has no space")
    _need(isinstance(card.metrics, Mapping), "metrics is not an object")
    _need(all(_is_text(value) or _is_number(value) for value in card.metrics.values()), "metrics holds more than texts")
    for entry in card.files:
        _need(isinstance(entry.name, str) and bool(_FILE_NAME.fullmatch(entry.name)), "a file's name is not plain")
        _need(_is_text(entry.precision), "a file's precision is not a text")
        _need(isinstance(entry.sha256, str) and bool(_SHA256.fullmatch(entry.sha256)), "a file's sha256 is not one")
        _need(type(entry.size) is int and entry.size >= 0, "a file's size is not a number of bytes")
    _check_input(card.input)


def _check_input(said: Mapping[str, Any]) -> None:
    _need(isinstance(said, Mapping), "input is not an object")
    _need(said.get("geometry", "dlib-150") in tuple(SIZES), f"input.geometry is none of {', '.join(SIZES)}")
    _need(said.get("layout", "NHWC") in ("NHWC", "NCHW"), "input.layout is neither NHWC nor NCHW")
    _need(isinstance(said.get("mirror", False), bool), "input.mirror is neither true nor false")
    for name in ("mean", "std", "blank"):
        numbers = said.get(name, (1, 1, 1))
        right = isinstance(numbers, list | tuple) and len(numbers) == 3 and all(map(_is_number, numbers))
        _need(right, f"input.{name} is not a list of three numbers")
    _need(all(number > 0 for number in said.get("std", (1, 1, 1))), "input.std is not above zero")
    _need(all(0 <= number <= 255 for number in said.get("blank", (0,))), "input.blank is not a colour of 0 to 255")
    _need(said.get("colours", "RGB") in ("RGB", "BGR"), "input.colours is neither RGB nor BGR")
    _need(type(batch := said.get("batch", 1)) is int and batch > 0, "input.batch is not a number of chips")
    _need("bare" not in said or "blank" in said, "input.bare needs input.blank")
    _need("bare" not in said or is_name(said["bare"]), "input.bare is not a model's name")
    row = said.get("covered_from", 1)
    _need(type(row) is int and 0 < row < SIZES[said.get("geometry", "dlib-150")], "input.covered_from is not a row")


def read_card(path: Path, *, packaged: bool) -> ModelCard:
    """Read and check a card's file.

    Raises
    ------
    ModelError
        ``model.card``.
    """
    try:
        card = ModelCard.from_json(read_regular(path, _MOST_BYTES), packaged=packaged)
        _need(packaged or card.id == path.parent.name, f"it is the card of {card.id!r}, in another model's folder")
    except (OSError, ValueError) as error:
        code = "model.card/packaged" if packaged else "model.card/added"
        raise ModelError(code, reason=getattr(error, "strerror", None) or error, source=str(path)) from error
    return card


def _check_keys(what: str, said: Mapping[str, object], kind: type[ModelCard | ModelFile]) -> None:
    """Refuse an object with keys that are not fields, or without those that must be there."""
    known = {one.name: one.default is MISSING and one.default_factory is MISSING for one in fields(kind)}
    for key in said:
        _need(key in known, f"{what} has the unknown key {key!r}")
    lacking = [name for name, needed in known.items() if needed and name not in said]
    _need(not lacking, f"{what} lacks {', '.join(lacking)}")


def _need(right: bool, what: str) -> None:
    if not right:
        raise ValueError(what)


def _is_text(value: object) -> bool:
    """Return whether it is a text of limited length that a file can hold."""
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT and not _NOT_UTF8.search(value)


def _is_number(value: object) -> bool:
    """Return whether it is a finite number that float32 holds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30 and math.isfinite(value)
