"""Score files as Arrow tables: the columns, what each may hold, and the note on what made them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np

from bareface.errors import EvaluationError
from bareface.scores.score_file import FAILED, ProtocolKind, ScoreFile, ScoreInfo, refuse_empty
from bareface.system.extras import optional

if TYPE_CHECKING:
    import pyarrow as pa

NAMES: Final = {
    "samples": ("probe", "reference"),
    "subjects": ("probe_subject", "reference_subject"),
    "states": ("probe_state", "reference_state"),
    "conditions": ("probe_condition", "reference_condition"),
}
REQUIRED: Final = ("probe", "reference", "probe_subject", "reference_subject", "score")
COLUMNS: Final = frozenset({*(name for pair in NAMES.values() for name in pair), "score", "fta", "mated", "fold"})
MOST_STATES: Final = 64
"""Different mask states in one file; there are three, and a user may have names of their own."""
_LONGEST_NAME: Final = 4096
_SHOWN: Final = 120


def check_columns(schema: pa.Schema) -> None:
    """Refuse columns that are missing, twice there, or of a type that they cannot have; ``evaluation.columns``."""
    counts = Counter(schema.names)
    names_there = ", ".join(schema.names)[:_SHOWN] or "none"
    for code, names in (
        ("evaluation.columns/missing", [name for name in REQUIRED if name not in counts]),
        ("evaluation.columns/repeated", [name for name in sorted(COLUMNS) if counts[name] > 1]),
    ):
        if names:
            raise EvaluationError(code, names=names, header=names_there, required=REQUIRED)
    for name in sorted(COLUMNS & set(counts)):
        kind = schema.field(name).type
        if not _fits(name, kind):
            raise EvaluationError("evaluation.columns/kind", column=name, kind=kind)


def _fits(name: str, kind: pa.DataType) -> bool:
    types = optional("pyarrow.types")

    if types.is_null(kind):  # no row says anything: for the rows to refuse
        return True
    if name == "score":
        return bool(types.is_floating(kind) or types.is_integer(kind))
    if name in ("fta", "mated"):
        return bool(types.is_boolean(kind))
    if name == "fold":
        return bool(types.is_integer(kind))
    value = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(value) or types.is_large_string(value) or types.is_integer(value))


def from_table(table: pa.Table, info: ScoreInfo) -> ScoreFile:
    """Build a score file from columns that :func:`check_columns` accepted.

    Raises
    ------
    EvaluationError
        ``evaluation.columns``, ``evaluation.mated``, ``evaluation.nan``, ``evaluation.subject``.
    """
    columns: dict[str, Any] = {}
    for names, pair in NAMES.items():
        columns[names], codes = _merge(table, pair, np.int32 if names in ("samples", "subjects") else np.int16)
        columns.update(zip(pair, codes, strict=True))
    refuse_empty(columns["subjects"])

    score = table.column("score").to_numpy().astype(np.float64, copy=False)
    absent = table.column("score").is_null().to_numpy()
    fta = _whole(table, "fta", np.bool_)
    if (absent & ~fta).any():
        row = int(np.flatnonzero(absent & ~fta)[0]) + 1
        raise EvaluationError("evaluation.nan/unmarked", row=row)
    if fta.any():
        score = np.where(fta, FAILED, score)
    scores = ScoreFile(**columns, score=score, fta=fta, fold=_whole(table, "fold", np.int16), info=info)
    if "mated" in table.column_names:
        contradicted = np.flatnonzero(_whole(table, "mated", np.bool_) != scores.mated)
        if contradicted.size:
            raise EvaluationError("evaluation.mated", row=contradicted[0] + 1)
    return scores


def _whole(table: pa.Table, name: str, kind: type[np.generic]) -> Any:
    """Convert a column without empty rows to an array; zeros if there is none."""
    pa = optional("pyarrow")

    if name not in table.column_names:
        return np.zeros(table.num_rows, kind)
    column = table.column(name)
    _refuse_nulls(column, name)
    return column.cast(pa.from_numpy_dtype(kind)).to_numpy()  # refuses a number that is too large


def _refuse_nulls(column: pa.ChunkedArray, name: str) -> None:
    if column.null_count:
        raise EvaluationError("evaluation.columns/empty-rows", column=name)


def _merge(table: pa.Table, pair: tuple[str, str], kind: type[np.integer]) -> tuple[tuple[str, ...], list[Any]]:
    """Encode two text columns as codes into one table of names."""
    pa = optional("pyarrow")

    merged: dict[str, int] = {}
    codes = []
    for name in pair:
        if name not in table.column_names:
            codes.append(np.full(table.num_rows, merged.setdefault("", len(merged)), dtype=kind))
            continue
        column = table.column(name)
        _refuse_nulls(column, name)
        if not pa.types.is_dictionary(column.type):
            column = column.cast(pa.string()).dictionary_encode()
        column = column.unify_dictionaries().combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # what an empty column combines to
            column = column.chunk(0) if column.num_chunks else pa.array([], pa.string()).dictionary_encode()
        if column.null_count or column.dictionary.null_count:  # empty rows can also hide in the table of names
            raise EvaluationError("evaluation.columns/empty-rows", column=name)
        names = column.dictionary.cast(pa.string()).to_pylist()
        if any(len(value) > _LONGEST_NAME for value in names):
            raise EvaluationError("evaluation.columns/long-name", column=name, most=_LONGEST_NAME)
        places = [merged.setdefault(value, len(merged)) for value in names]
        if kind is np.int16 and len(merged) > (MOST_STATES if name.endswith("state") else np.iinfo(kind).max):
            raise EvaluationError("evaluation.columns/values", column=name)
        recode = np.array(places, dtype=kind)
        codes.append(recode[column.indices.to_numpy(zero_copy_only=False)] if names else np.zeros(0, kind))
    return tuple(merged), codes


def to_table(scores: ScoreFile) -> pa.Table:
    """Return the columns of a score file."""
    pa = optional("pyarrow")

    arrays: dict[str, Any] = {}
    for names, pair in NAMES.items():
        dictionary = pa.array(getattr(scores, names), pa.string())
        for name in pair:
            arrays[name] = pa.DictionaryArray.from_arrays(pa.array(getattr(scores, name)), dictionary)
    arrays["mated"] = pa.array(scores.mated)
    arrays["score"] = pa.array(scores.score, mask=scores.fta)
    arrays["fta"] = pa.array(scores.fta)
    arrays["fold"] = pa.array(scores.fold)
    return pa.table(arrays)


def info_of(text: bytes) -> ScoreInfo:
    """Return the description of a score file's origin.

    Raises
    ------
    EvaluationError
        ``evaluation.file``.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EvaluationError("evaluation.file/info-json") from error
    if not isinstance(values, dict):
        raise EvaluationError("evaluation.file/info-object")
    known = {field.name for field in fields(ScoreInfo)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise EvaluationError("evaluation.file/info-unknown", name=unknown[0][:40])
    failures, notes = values.pop("failures", []), values.pop("notes", [])
    if not _texts(list(values.values())) or not _texts(notes):
        raise EvaluationError("evaluation.file/info-text")
    if not isinstance(failures, list) or not all(_texts(pair) and len(pair) == 2 for pair in failures):
        raise EvaluationError("evaluation.file/info-failures")
    if values.get("kind", "pairs") not in get_args(ProtocolKind):
        raise EvaluationError("evaluation.file/info-kind", kinds=get_args(ProtocolKind))
    return ScoreInfo(**values, failures=tuple((name, reason) for name, reason in failures), notes=tuple(notes))


def _texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
