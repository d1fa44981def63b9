"""Score files on disk: Parquet, CSV (also compressed), and bob.bio's four columns."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from io import SEEK_END, BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bareface.errors import EvaluationError
from bareface.evaluation.scores import FAILED, ScoreFile, ScoreInfo, refuse_empty
from bareface.files import write_atomically

if TYPE_CHECKING:
    import pyarrow as pa

KEY = b"bareface"
NAMES = {
    "samples": ("probe", "reference"),
    "subjects": ("probe_subject", "reference_subject"),
    "states": ("probe_state", "reference_state"),
    "conditions": ("probe_condition", "reference_condition"),
}
REQUIRED = ("probe", "reference", "probe_subject", "reference_subject", "score")


def check(path: Path) -> None:
    """Refuse a name that :func:`write` would refuse, before hours of work; ``evaluation.format``."""
    _ending(path)


def read(path: Path) -> ScoreFile:
    """Read a score file by its name's ending.

    Raises
    ------
    EvaluationError
        ``evaluation.file`` (missing, damaged), ``evaluation.format`` (another ending),
        ``evaluation.columns``, ``evaluation.mated`` (the column contradicts the subjects),
        ``evaluation.nan``, ``evaluation.subject``.
    """
    reader = _read_parquet if _ending(path) == "parquet" else _read_csv
    with _named(path):
        return _from_table(*reader(path))


def write(scores: ScoreFile, path: Path) -> None:
    """Write a score file by its name's ending."""
    encode = _as_parquet if _ending(path) == "parquet" else _as_csv
    data = encode(scores)
    write_atomically(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def _ending(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return "parquet"
    if name.endswith((".csv", ".csv.gz")):
        return "csv"
    raise EvaluationError(
        "evaluation.format",
        "not a known kind of score file.",
        source=str(path),
        remedy="Use a name ending in .parquet, .csv or .csv.gz.",
    )


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Every failure inside names the file."""
    import pyarrow as pa

    try:
        yield
    except EvaluationError as error:
        if error.source is not None:
            raise
        raise EvaluationError(error.code, error.message, source=str(path), remedy=error.remedy) from error
    except (OSError, EOFError, zlib.error, pa.ArrowInvalid, ValueError, TypeError) as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise EvaluationError("evaluation.file", f"cannot be read: {what}.", source=str(path)) from error


def _read_parquet(path: Path) -> tuple[pa.Table, ScoreInfo]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return table, _info((table.schema.metadata or {}).get(KEY, b"{}"))


def _read_csv(path: Path) -> tuple[pa.Table, ScoreInfo]:
    import pyarrow as pa
    import pyarrow.csv

    text = {name: pa.dictionary(pa.int32(), pa.string()) for pair in NAMES.values() for name in pair}
    options = pyarrow.csv.ConvertOptions(
        column_types={
            **text,
            "score": pa.float64(),
            "fta": pa.bool_(),
            "mated": pa.bool_(),
            "fold": pa.int16(),
        },
        null_values=[""],
        strings_can_be_null=False,
    )
    with _open(path) as stream:
        first = stream.readline()
        described = first.startswith(b"#")
        rest = stream.read()
    table = pyarrow.csv.read_csv(BytesIO(rest if described else first + rest), convert_options=options)
    return table, _info(first[1:] if described else b"{}")


def _open(path: Path) -> BufferedReader | gzip.GzipFile:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _info(text: bytes) -> ScoreInfo:
    values = json.loads(text)
    failures = tuple((str(name), str(reason)) for name, reason in values.pop("failures", ()))
    return ScoreInfo(**{**values, "failures": failures, "notes": tuple(values.get("notes", ()))})


def _from_table(table: pa.Table, info: ScoreInfo) -> ScoreFile:
    missing = [name for name in REQUIRED if name not in table.column_names]
    if missing:
        raise EvaluationError("evaluation.columns", f"lacks the columns {', '.join(missing)}.")
    n = table.num_rows
    columns: dict[str, Any] = {}
    for names, pair in NAMES.items():
        columns[names], codes = _merge(table, pair, np.int32 if names in ("samples", "subjects") else np.int16)
        columns.update(zip(pair, codes, strict=True))
    refuse_empty(columns["subjects"])

    score = table.column("score").to_numpy()
    absent = table.column("score").is_null().to_numpy()
    fta = table.column("fta").to_numpy() if "fta" in table.column_names else np.zeros(n, dtype=bool)
    if (absent & ~fta).any():
        row = int(np.flatnonzero(absent & ~fta)[0]) + 1
        raise EvaluationError("evaluation.nan", f"row {row} has no score and is not marked as a failure to acquire.")
    if fta.any():
        score = np.where(fta, FAILED, score)
    fold = table.column("fold").to_numpy() if "fold" in table.column_names else np.zeros(n)
    scores = ScoreFile(
        **columns,
        score=score.astype(np.float64, copy=False),
        fta=fta,
        fold=fold.astype(np.int16, copy=False),
        info=info,
    )
    if "mated" in table.column_names:
        contradicted = np.flatnonzero(table.column("mated").to_numpy() != scores.mated)
        if contradicted.size:
            raise EvaluationError("evaluation.mated", f"row {contradicted[0] + 1}: mated contradicts the subjects.")
    return scores


def _merge(table: pa.Table, pair: tuple[str, str], kind: type[np.integer]) -> tuple[tuple[str, ...], list[Any]]:
    """Two text columns as codes into one table of names."""
    import pyarrow as pa

    merged: dict[str, int] = {}
    codes = []
    for name in pair:
        if name not in table.column_names:
            codes.append(np.full(table.num_rows, merged.setdefault("", len(merged)), dtype=kind))
            continue
        column = table.column(name)
        if not pa.types.is_dictionary(column.type):
            column = column.cast(pa.string()).dictionary_encode()
        column = column.unify_dictionaries().combine_chunks()
        if column.null_count:
            raise EvaluationError("evaluation.columns", f"column {name} has empty rows.")
        if isinstance(column, pa.ChunkedArray):  # what an empty column combines to
            column = column.chunk(0) if column.num_chunks else pa.array([], pa.string()).dictionary_encode()
        names = column.dictionary.to_pylist()
        recode = np.array([merged.setdefault(value, len(merged)) for value in names], dtype=kind)
        codes.append(recode[column.indices.to_numpy(zero_copy_only=False)] if names else np.zeros(0, kind))
    return tuple(merged), codes


def _to_table(scores: ScoreFile) -> pa.Table:
    import pyarrow as pa

    arrays: dict[str, Any] = {}
    for names, pair in NAMES.items():
        dictionary = pa.array(getattr(scores, names), pa.string())
        for name in pair:
            arrays[name] = pa.DictionaryArray.from_arrays(pa.array(getattr(scores, name)), dictionary)
    arrays["mated"] = pa.array(scores.mated)
    arrays["score"] = pa.array(scores.score, mask=scores.fta)
    arrays["fta"] = pa.array(scores.fta)
    arrays["fold"] = pa.array(scores.fold)
    return pa.table(arrays, metadata={KEY: json.dumps(asdict(scores.info))})


def _as_parquet(scores: ScoreFile) -> bytes:
    import pyarrow.parquet as pq

    out = BytesIO()
    pq.write_table(_to_table(scores), out, compression="zstd")
    return out.getvalue()


def _as_csv(scores: ScoreFile) -> bytes:
    import pyarrow as pa
    import pyarrow.csv

    table = _to_table(scores)
    plain = pa.schema([(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in table.schema])
    out = BytesIO(b"# " + json.dumps(asdict(scores.info)).encode() + b"\n")
    out.seek(0, SEEK_END)
    pyarrow.csv.write_csv(table.cast(plain), out)
    return out.getvalue()


def read_bob(path: Path) -> ScoreFile:
    """Import bob.bio's four columns: claimed identity, real identity, probe label, score.

    The claimed identity becomes the reference and its subject; ``nan`` is a failure to acquire, as there. A
    file that compares every probe with every reference is a gallery's, any other a list of pairs.

    Raises
    ------
    EvaluationError
        ``evaluation.line`` with the number of the first malformed line; ``evaluation.file``.
    """
    claimed, real, label, score = [], [], [], []
    with _named(path), _open(path) as stream:
        for number, line in enumerate(stream, start=1):
            fields = line.decode().split()
            if not fields:
                continue
            try:
                value = float(fields[3])
            except (IndexError, ValueError):
                value = math.inf
            if len(fields) != 4 or math.isinf(value):
                raise EvaluationError(
                    "evaluation.line",
                    f"line {number} is not four columns ending in a finite score or nan: {line.decode()!r}.",
                    remedy="bob.bio writes: claimed identity, real identity, probe label, score.",
                )
            claimed.append(fields[0])
            real.append(fields[1])
            label.append(fields[2])
            score.append(value)
        scores = ScoreFile.from_columns(
            probe=label,
            reference=claimed,
            probe_subject=real,
            reference_subject=claimed,
            score=score,
            fta=np.isnan(score),
            info=ScoreInfo(protocol=path.stem, notes=("imported from bob.bio's four columns",)),
        )
    probes, references = (np.unique(side).size for side in (scores.probe, scores.reference))
    pairs = np.unique(scores.probe.astype(np.int64) << 32 | scores.reference).size
    if len(scores) == pairs == probes * references:
        return replace(scores, info=replace(scores.info, kind="gallery"))
    return scores


def write_bob(scores: ScoreFile, path: Path) -> None:
    """Export to bob.bio's four columns; failures to acquire are written as ``nan``, blanks in names as ``_``.

    The format has no place for a reference's photo, mask states, conditions or folds.
    """
    samples, subjects = (["_".join(name.split()) for name in table] for table in (scores.samples, scores.subjects))
    rows = zip(scores.reference_subject, scores.probe_subject, scores.probe, scores.score, strict=True)
    lines = []
    for claimed, real, label, score in rows:
        value = "nan" if score == FAILED else repr(float(score))
        lines.append(f"{subjects[claimed]} {subjects[real]} {samples[label]} {value}\n")
    write_atomically(path, "".join(lines).encode())
