"""Score files on disk: Parquet, CSV (also compressed), and bob.bio's four columns.

They may come from elsewhere: what they claim of their length is checked before it is believed, and whatever a reader
of theirs stumbles over is an :class:`~bareface.errors.EvaluationError` that names the file.
"""

from __future__ import annotations

import gzip
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from io import SEEK_END, BytesIO, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bareface.errors import BarefaceError, EvaluationError
from bareface.messages import Note
from bareface.scores.score_file import FAILED, MOST_COMPARISONS, ScoreFile, ScoreInfo
from bareface.scores.tables import COLUMNS, NAMES, check_columns, from_table, info_of, to_table
from bareface.system.extras import optional
from bareface.system.files import write_atomically
from bareface.system.reading import open_regular, pieces
from bareface.system.text_files import as_utf8, delimiter_of

if TYPE_CHECKING:
    import pyarrow as pa

KEY: Final = b"bareface"
MOST_TEXT: Final = 2 * 2**30
"""Bytes of a score file in text, uncompressed."""
MOST_PACKED: Final = 16 * 2**30
"""Bytes of a Parquet file's columns, uncompressed."""
_MOST_STATED: Final = 64 * 2**20
_LONGEST_HEADER: Final = 1 << 16
_SHOWN: Final = 80
_GZIP: Final = b"\x1f\x8b"


def check(path: Path) -> None:
    """Refuse a name that :func:`write` would refuse, before hours of work; ``evaluation.format``, ``usage.extra``."""
    _ending(path)
    optional("pyarrow")  # loaded, since one that is broken would be found when all is done


def read(path: Path) -> ScoreFile:
    """Read a score file by its name's ending.

    Raises
    ------
    EvaluationError
        ``evaluation.file`` (missing, damaged), ``evaluation.format`` (another ending),
        ``evaluation.columns``, ``evaluation.mated`` (the column contradicts the subjects),
        ``evaluation.nan``, ``evaluation.subject``, ``evaluation.size``.
    """
    reader = _read_parquet if _ending(path, reads=True) == "parquet" else _read_csv
    with _named(path), open_regular(path) as file:
        return from_table(*reader(file, path))


def write(scores: ScoreFile, path: Path) -> None:
    """Write a score file by its name's ending."""
    encode = _as_parquet if _ending(path) == "parquet" else _as_csv
    data = encode(scores)
    write_atomically(path, gzip.compress(data, mtime=0) if path.suffix.lower() == ".gz" else data)


def _ending(path: Path, *, reads: bool = False) -> str:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return "parquet"
    if name.endswith((".csv", ".csv.gz")):
        return "csv"
    if reads and not os.path.lexists(path):
        raise EvaluationError("evaluation.file/missing", source=str(path))
    raise EvaluationError("evaluation.format/scores", source=str(path))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Add the file's name to every error raised inside."""
    try:
        yield
    except BarefaceError as error:
        if error.source is not None:
            raise
        raise error.at(str(path)) from error
    except Exception as error:  # readers fail in any way on hostile bytes
        raise EvaluationError("evaluation.file/read", reason=_reason(error), source=str(path)) from error


def _reason(error: Exception) -> str:
    match error:
        case OSError() if error.strerror:
            return error.strerror
        case RecursionError():
            return Note("reason.nested")
        case MemoryError():
            return Note("reason.memory")
    return str(error).split("\n")[0][:_SHOWN].rstrip(". ") or type(error).__name__


def _read_parquet(file: FileIO, _: Path) -> tuple[pa.Table, ScoreInfo]:
    pq = optional("pyarrow.parquet")

    limits = {"thrift_string_size_limit": _MOST_STATED, "thrift_container_size_limit": 1_000_000}
    opened = pq.ParquetFile(file, **limits)
    stated, schema = opened.metadata, opened.schema_arrow
    groups = [stated.row_group(number) for number in range(stated.num_row_groups)]
    _refuse_many(max(stated.num_rows, sum(group.num_rows for group in groups)))
    if sum(group.total_byte_size for group in groups) > MOST_PACKED:
        raise EvaluationError("evaluation.size/bytes", most=MOST_PACKED)
    check_columns(schema)
    info = info_of((schema.metadata or {}).get(KEY, b"{}"))
    names = [name for pair in NAMES.values() for name in pair if name in schema.names]
    # Each name once in memory, however often rows say it.
    opened = pq.ParquetFile(file, metadata=stated, read_dictionary=names, **limits)
    return opened.read(columns=[name for name in schema.names if name in COLUMNS]), info


def _read_csv(file: FileIO, path: Path) -> tuple[pa.Table, ScoreInfo]:
    pa, csv = optional("pyarrow"), optional("pyarrow.csv")

    data = _text(file, path)
    end = data.find(b"\n") + 1 if data.startswith(b"#") else 0
    info = info_of(data[1:end] if end else b"{}")
    header = next(BytesIO(data[end : end + _LONGEST_HEADER]), b"").decode("utf-8", "replace")
    delimiter = delimiter_of(header, COLUMNS)
    rest = pa.py_buffer(data).slice(end)
    types = {
        **{name: pa.dictionary(pa.int32(), pa.string()) for pair in NAMES.values() for name in pair},
        "score": pa.float64(),
        "fta": pa.bool_(),
        "mated": pa.bool_(),
        "fold": pa.int16(),
    }

    def parsed(decimal: str) -> Any:
        return csv.read_csv(
            pa.BufferReader(rest),
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=types, null_values=[""], strings_can_be_null=False, decimal_point=decimal
            ),
        )

    try:
        table = parsed(".")
    except pa.ArrowInvalid:
        if delimiter != ";":
            raise
        table = parsed(",")  # as spreadsheets write numbers where they write semicolons
    check_columns(table.schema)
    _refuse_many(table.num_rows)
    return table, info


def _text(file: FileIO, path: Path) -> bytes:
    """Read a text, unpacked if it is compressed, as UTF-8."""
    packed = file.read(2) == _GZIP
    file.seek(0)
    if not packed:
        return as_utf8(b"".join(pieces(file, MOST_TEXT, str(path))))
    with gzip.GzipFile(fileobj=file) as stream:
        return as_utf8(b"".join(pieces(stream, MOST_TEXT, str(path))))


def _refuse_many(rows: int) -> None:
    if rows > MOST_COMPARISONS:
        raise EvaluationError("evaluation.size/rows", rows=rows, most=MOST_COMPARISONS)


def _as_parquet(scores: ScoreFile) -> bytes:
    pq = optional("pyarrow.parquet")

    out = BytesIO()
    table = to_table(scores).replace_schema_metadata({KEY: json.dumps(asdict(scores.info))})
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def _as_csv(scores: ScoreFile) -> bytes:
    pa, csv = optional("pyarrow"), optional("pyarrow.csv")

    table = to_table(scores)
    plain = pa.schema([(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in table.schema])
    out = BytesIO(b"# " + json.dumps(asdict(scores.info)).encode() + b"\n")
    out.seek(0, SEEK_END)
    csv.write_csv(table.cast(plain), out)
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
    with _named(path), open_regular(path) as file:
        for number, raw in enumerate(BytesIO(_text(file, path)), start=1):
            line = raw.decode("utf-8")
            fields = line.split()
            if not fields:
                continue
            try:
                value = float(fields[3])
            except (IndexError, ValueError):
                value = math.inf
            if len(fields) != 4 or math.isinf(value):
                raise EvaluationError("evaluation.line/bob", line=number, text=line[:_SHOWN])
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
            info=ScoreInfo(protocol=path.stem, notes=(Note("note.bob"),)),
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
