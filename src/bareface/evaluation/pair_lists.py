"""Protocols from files: LFW's ``pairs.txt``, CSV pairs, CSV gallery and probe lists, CSV labels.

A malformed line stops the reading and is named with its number: a protocol that was half understood would
give figures of something else.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Final

import numpy as np

from bareface.errors import EvaluationError
from bareface.evaluation.protocols import Protocol, Sample, gallery_of, one_form, ten_folds
from bareface.imaging.folders import PHOTO_SUFFIXES
from bareface.messages import Note
from bareface.system.reading import read_regular
from bareface.system.text_files import decoded, delimiter_of
from bareface.values import arguments

MOST_TEXT: Final = 2**30
"""Bytes of a list."""
_LONGEST_HEADER: Final = 1 << 16
_DIGITS: Final = 10
_QUOTED: Final = 300
"""Letters of a file that a message quotes."""
_SEPARATED_BY: Final = "sep="
"""Start of the first line, in which Excel names its separator."""
_ROWS: Final = frozenset({"subject", "file"})

Pair = tuple[str, int, str, int]
"""Two photos as LFW names them: a person and a number each."""


@dataclass(frozen=True, slots=True)
class PairLines:
    """Content of a ``pairs.txt``.

    Attributes
    ----------
    pairs
        In the file's order.
    lines
        The line each pair stands on.
    folds
        The fold of each pair from the header, 1 and up; empty without one.
    """

    pairs: tuple[Pair, ...]
    lines: tuple[int, ...]
    folds: tuple[int, ...]


def parse_pairs(text: str, source: str = "<text>") -> PairLines:
    r"""Parse LFW's pairs format.

    An optional header ``folds pairs`` (tab or blanks between) gives the number of folds, and of mated and of non-mated
    pairs in each; folds follow one another. Lines of three columns (name, number, number) are mated, lines of four
    (name, number, name, number) compare two people. Names with blanks need tabs between columns.

    Raises
    ------
    EvaluationError
        ``evaluation.line``, naming the line.

    Examples
    --------
    >>> parse_pairs("Ada\t1\t2\nAda\t1\tBo\t3\n").pairs
    (('Ada', 1, 'Ada', 2), ('Ada', 1, 'Bo', 3))
    """
    arguments.text("text", text)
    rows = [(number, _columns(line)) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    header = None
    if rows and len(rows[0][1]) <= 2:
        number, columns = rows.pop(0)
        if any(separator in columns[0] for separator in ",;"):
            raise EvaluationError("evaluation.line/separator", line=number, source=source)
        header = [_number(value, number, source) for value in columns]
    pairs = tuple(_pair(columns, number, source) for number, columns in rows)
    lines = tuple(number for number, _ in rows)
    if header is None:
        return PairLines(pairs, lines, ())
    folds, each = (1, header[0]) if len(header) == 1 else header
    if len(pairs) != 2 * folds * each:
        promised = 2 * folds * each
        raise EvaluationError("evaluation.line/pairs", line=number, promised=promised, pairs=len(pairs), source=source)
    return PairLines(pairs, lines, tuple(i // (2 * each) + 1 for i in range(len(pairs))) if folds > 1 else ())


def read_pairs(path: str | Path, photos: str | Path | None = None) -> Protocol:
    """Read a protocol from an LFW-style pairs file; photos are ``Name/Name_0001.*`` below a folder.

    Parameters
    ----------
    path
        The pairs file.
    photos
        The folder of people; by default the file's own folder, or ``images`` in it.

    Raises
    ------
    EvaluationError
        ``evaluation.line``, ``evaluation.photo`` (a pair names a photo that is not there),
        ``evaluation.file``.
    """
    path = Path(arguments.path("path", path))
    parsed = parse_pairs(_text(path), str(path))
    root = _photos_folder(path, photos)
    table = _Samples(root, str(path))
    ends: list[list[int]] = [[], []]
    for (a, i, b, j), line in zip(parsed.pairs, parsed.lines, strict=True):
        for side, (person, number) in zip(ends, ((a, i), (b, j)), strict=True):
            side.append(table.add(_lfw_photo(root, person, number, line, str(path)), person, line))
    folds = np.array(parsed.folds, np.int16)
    notes: tuple[str, ...] = ()
    if not folds.size:
        folds = ten_folds(a == b for a, _, b, _ in parsed.pairs)
        notes = (Note("note.folds"),)
    probe, reference = (np.array(side, np.int32) for side in ends)
    return Protocol(root.name, "pairs", root, tuple(table.samples), probe, reference, folds, notes)


def read_csv_pairs(path: str | Path, photos: str | Path | None = None) -> Protocol:
    """Read a protocol from CSV rows of ``probe,reference``.

    Further columns: ``probe_subject``, ``reference_subject`` (by default the folder a photo lies in),
    ``mated`` (``true`` or ``false``; checked against the subjects), ``fold``, and ``state`` and
    ``condition`` of either side (``probe_state``, ...). Photos are relative to ``photos``, by default the
    CSV's folder.

    Raises
    ------
    EvaluationError
        ``evaluation.line``, ``evaluation.photo``, ``evaluation.columns``, ``evaluation.file``.
    """
    path = Path(arguments.path("path", path))
    sides = ("probe", "reference")
    known = {*sides, "mated", "fold", *(f"{s}_{c}" for s in sides for c in ("subject", "state", "condition"))}
    table = _Samples(_photos_folder(path, photos), str(path))
    ends: list[list[int]] = [[], []]
    folds = []
    for line, row in csv_rows(path, required=set(sides), known=known):
        for end, side in zip(ends, sides, strict=True):
            subject = row.get(f"{side}_subject") or Path(row[side]).parent.name
            state, condition = row.get(f"{side}_state", ""), row.get(f"{side}_condition", "")
            end.append(table.add(row[side], subject, line, state, condition))
        probe, reference = (table.samples[end[-1]] for end in ends)
        _check_mated(row.get("mated", ""), probe.subject == reference.subject, line, str(path))
        folds.append(_number(row["fold"], line, str(path)) if row.get("fold") else 0)
    probes, references = (np.array(end, np.int32) for end in ends)
    samples, fold = tuple(table.samples), np.array(folds, np.int16)
    return Protocol(path.stem, "pairs", table.root, samples, probes, references, fold)


def read_csv_gallery(gallery: str | Path, probes: str | Path, photos: str | Path | None = None) -> Protocol:
    """Read a protocol from two CSV lists of ``file,subject``, optionally ``state`` and ``condition``.

    Raises
    ------
    EvaluationError
        As :func:`read_csv_pairs`.
    """
    gallery, probes = Path(arguments.path("gallery", gallery)), Path(arguments.path("probes", probes))
    root = _photos_folder(gallery, photos)
    samples: list[Sample] = []

    def read(path: Path) -> list[int]:
        table = _Samples(root, str(path), samples)
        rows = csv_rows(path, required={"file", "subject"}, known={"file", "subject", "state", "condition"})
        return [
            table.add(row["file"], row["subject"], line, row.get("state", ""), row.get("condition", ""))
            for line, row in rows
        ]

    references, searched = read(gallery), read(probes)
    return gallery_of(probes.stem, root, tuple(samples), references, searched)


def read_labels(path: str | Path) -> dict[str, tuple[str, str]]:
    """Read mask state and condition of samples: CSV rows of ``file`` and ``state`` and / or ``condition``."""
    rows = csv_rows(Path(arguments.path("path", path)), required={"file"}, known={"file", "state", "condition"})
    return {row["file"]: (row.get("state", ""), row.get("condition", "")) for _, row in rows}


def csv_rows(path: Path, required: set[str], known: set[str] | None = None) -> Iterator[tuple[int, dict[str, str]]]:
    """Read the rows of a CSV file with a header, each with its line number.

    Parameters
    ----------
    path
        UTF-8 or UTF-16 text; columns separated by commas, semicolons or tabs.
    required
        Columns that must be there and not empty in any row.
    known
        All columns that may be there; anything else is refused as a misspelling. None: any.

    Raises
    ------
    EvaluationError
        ``evaluation.columns``, ``evaluation.line``, ``evaluation.file``.
    """
    text = _text(path)
    start = text.find("\n") + 1 if text.startswith(_SEPARATED_BY) else 0
    head = next(StringIO(text[start : start + _LONGEST_HEADER]), "")
    delimiter = delimiter_of(head, _ROWS | required | (known or set()))
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    header: list[str] | None = None
    try:
        for fields in reader:
            values = [field.strip() for field in fields]
            if not any(values):
                continue
            if header is None:
                if values[0] == _SEPARATED_BY:
                    continue
                header = values
                _check_header(header, required, known, str(path))
                continue
            if len(values) != len(header):
                columns, wanted, line = len(values), len(header), reader.line_num
                raise EvaluationError(
                    "evaluation.line/columns", line=line, columns=columns, wanted=wanted, source=str(path)
                )
            row = dict(zip(header, values, strict=True))
            empty = sorted(name for name in required if not row[name])
            if empty:
                raise EvaluationError("evaluation.line/empty", line=reader.line_num, names=empty, source=str(path))
            yield reader.line_num, row
    except csv.Error as error:
        raise EvaluationError("evaluation.line/csv", line=reader.line_num, reason=error, source=str(path)) from error
    if header is None:
        raise EvaluationError("evaluation.columns/empty", source=str(path))


@dataclass(slots=True)
class _Samples:
    """Samples gathered line by line, each photo once."""

    root: Path
    source: str
    samples: list[Sample] = field(default_factory=list)
    numbers: dict[str, int] = field(init=False)
    forms: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for sample in self.samples:
            one_form(self.forms, sample.subject)
        self.numbers = {sample.name: number for number, sample in enumerate(self.samples)}

    def add(self, name: str, subject: str, line: int, state: str = "", condition: str = "") -> int:
        """Register a photo and return its number; a photo must always show the same subject, in the same state."""
        if not subject:
            raise EvaluationError("evaluation.line/subject", line=line, name=name[:_QUOTED], source=self.source)
        sample = Sample(self.root / name, name, one_form(self.forms, subject), state, condition)
        number = self.numbers.setdefault(name, len(self.samples))
        if number == len(self.samples):
            if not _is_file(sample.path):
                raise _absent(name, line, self.source)
            self.samples.append(sample)
        elif self.samples[number] != sample:
            raise EvaluationError("evaluation.line/otherwise", line=line, name=name[:_QUOTED], source=self.source)
        return number


def _columns(line: str) -> list[str]:
    return [part.strip() for part in line.strip().split("\t")] if "\t" in line.strip() else line.split()


def _pair(columns: list[str], line: int, source: str) -> Pair:
    if len(columns) not in (3, 4) or not all(columns):
        raise EvaluationError("evaluation.line/pair", line=line, source=source)
    if len(columns) == 3:
        columns = [columns[0], columns[1], columns[0], columns[2]]
    first, second = _number(columns[1], line, source), _number(columns[3], line, source)
    if (columns[0], first) == (columns[2], second):
        raise EvaluationError("evaluation.line/itself", line=line, source=source)
    return columns[0], first, columns[2], second


def _number(text: str, line: int, source: str) -> int:
    # int() would take "1_0" and " ٣".
    if not (text.isascii() and text.isdigit() and len(text) < _DIGITS and 0 < int(text) < 2**15):
        raise EvaluationError("evaluation.line/number", line=line, text=text[:40], source=source)
    return int(text)


def _lfw_photo(root: Path, person: str, number: int, line: int, source: str) -> str:
    stem = f"{person}/{person}_{number:04d}"
    for suffix in (".jpg", ".png", *sorted(PHOTO_SUFFIXES)):
        if _is_file(root / f"{stem}{suffix}"):
            return f"{stem}{suffix}"
    raise _absent(f"{stem}.*", line, source)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file system takes
        return False


def _photos_folder(path: Path, photos: str | Path | None) -> Path:
    if photos is not None:
        return Path(arguments.path("photos", photos))
    return path.parent / "images" if (path.parent / "images").is_dir() else path.parent


def _check_mated(stated: str, mated: bool, line: int, source: str) -> None:
    if stated and stated.lower() not in ("true", "false", "1", "0"):
        raise EvaluationError("evaluation.line/mated", line=line, text=stated[:_QUOTED], source=source)
    if stated and (stated.lower() in ("true", "1")) != mated:
        raise EvaluationError("evaluation.line/mated-otherwise", line=line, text=stated, source=source)


def _check_header(header: list[str], required: set[str], known: set[str] | None, source: str) -> None:
    missing = sorted(required - set(header))
    unknown = sorted(set(header) - known) if known is not None else []
    twice = sorted({name for name in header if header.count(name) > 1})
    for code, names in (
        ("evaluation.columns/header-lacks", missing),
        ("evaluation.columns/header-unknown", unknown),
        ("evaluation.columns/header-repeats", twice),
    ):
        if names:
            shown, columns = ", ".join(names)[:_QUOTED], sorted(known or required)
            raise EvaluationError(code, names=shown, known=columns, source=source)


def _text(path: Path) -> str:
    try:
        return decoded(read_regular(path, MOST_TEXT))
    except OSError as error:
        raise EvaluationError("evaluation.file/read", reason=error.strerror, source=str(path)) from error
    except EvaluationError as error:
        raise error.at(str(path)) from error


def _absent(name: str, line: int, source: str) -> EvaluationError:
    return EvaluationError("evaluation.photo", line=line, name=name[:_QUOTED], source=source)
