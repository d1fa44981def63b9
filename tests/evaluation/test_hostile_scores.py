"""Score files, lists and labels from elsewhere: read, or refused with a code and the file's name; nothing else."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bareface.errors import EvaluationError
from bareface.evaluation.analysis import analyse
from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.pair_lists import csv_rows, read_csv_pairs, read_pairs
from bareface.evaluation.tables import read_labels
from bareface.reports.evaluation import report
from bareface.scores import formats as score_formats
from bareface.scores.formats import read_bob
from bareface.scores.score_file import ScoreFile, ScoreInfo
from tests.evaluation.helpers import random_scores

COLUMNS: dict[str, list[Any]] = {
    "probe": ["p", "q"],
    "reference": ["r", "s"],
    "probe_subject": ["a", "b"],
    "reference_subject": ["a", "c"],
    "score": [0.5, 0.25],
    "fta": [False, False],
    "fold": [1, 2],
    "mated": [True, False],
    "probe_state": ["none", "full"],
}


def table(**changed: Any) -> pa.Table:
    columns = {**COLUMNS, **changed}
    return pa.table({name: values for name, values in columns.items() if values is not None})


def refused(path: Path, code: str, read: Callable[[Path], Any] = ScoreFile.read) -> EvaluationError:
    with pytest.raises(EvaluationError) as caught:
        read(path)
    assert (caught.value.code, caught.value.source) == (code, str(path))
    return caught.value


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"score": ["high", "low"]}, "score"),
        ({"score": [[0.5], [0.25]]}, "score"),
        ({"score": [True, False]}, "score"),
        ({"fta": [0.0, 1.0]}, "fta"),
        ({"fta": [None, False]}, "fta"),
        ({"mated": ["yes", "no"]}, "mated"),
        ({"mated": [None, True]}, "mated"),
        ({"fold": [1.5, 2.0]}, "fold"),
        ({"fold": [None, 1]}, "fold"),
        ({"probe": [1.5, 2.5]}, "probe"),
        ({"probe": [None, "q"]}, "probe"),
        ({"probe": [None, None]}, "probe"),
        ({"probe": [{"a": 1}, {"a": 2}]}, "probe"),
        ({"probe_subject": [b"a", b"b"]}, "probe_subject"),
        ({"probe": ["x" * 5000, "q"]}, "probe"),
        ({"reference": None}, "reference"),
    ],
)
def test_a_column_that_holds_something_else_is_named(tmp_path: Path, changed: dict[str, Any], word: str) -> None:
    pq.write_table(table(**changed), tmp_path / "s.parquet")
    assert word in refused(tmp_path / "s.parquet", "evaluation.columns").message


def test_a_column_twice_is_named(tmp_path: Path) -> None:
    twice = table().append_column("probe", pa.array(["x", "y"]))
    pq.write_table(twice, tmp_path / "s.parquet")
    assert "repeats the columns probe" in refused(tmp_path / "s.parquet", "evaluation.columns").message
    (tmp_path / "s.csv").write_text(
        "probe,probe,reference,probe_subject,reference_subject,score\np,x,r,a,b,0.5\n", encoding="utf-8"
    )
    assert "repeats the columns probe" in refused(tmp_path / "s.csv", "evaluation.columns").message


def test_a_number_that_its_column_cannot_hold_is_refused(tmp_path: Path) -> None:
    pq.write_table(table(fold=[1, 70000]), tmp_path / "s.parquet")
    refused(tmp_path / "s.parquet", "evaluation.file")


def test_whole_numbers_as_names_are_read(tmp_path: Path) -> None:
    numbers = {"probe": [1, 2], "reference": [3, 1], "probe_subject": [7, 8], "reference_subject": [7, 9]}
    pq.write_table(table(**numbers), tmp_path / "s.parquet")
    scores = ScoreFile.read(tmp_path / "s.parquet")
    assert set(scores.samples) == {"1", "2", "3"}
    assert list(scores.mated) == [True, False]


@pytest.mark.parametrize(
    "info",
    [
        "[" * 100_000,
        '{"protocol": ' + "[" * 5_000 + "]" * 5_000 + "}",
        "[]",
        "null",
        '"text"',
        "7",
        "{",
        '{"protocol": 7}',
        '{"root": null}',
        '{"notes": "text"}',
        '{"notes": [1]}',
        '{"failures": {"a": "b"}}',
        '{"failures": [["only one"]]}',
        '{"failures": ["ab"]}',
        '{"failures": 7}',
        '{"kind": "anything"}',
        '{"unheard of": "x"}',
        '{"__class__": "x"}',
    ],
)
def test_a_note_that_says_something_else_is_refused(tmp_path: Path, info: str) -> None:
    pq.write_table(table().replace_schema_metadata({"bareface": info}), tmp_path / "s.parquet")
    refused(tmp_path / "s.parquet", "evaluation.file")
    rows = "probe,reference,probe_subject,reference_subject,score\np,r,a,b,0.5\n"
    (tmp_path / "s.csv").write_text(f"# {info}\n{rows}", encoding="utf-8")
    refused(tmp_path / "s.csv", "evaluation.file")


def test_more_rows_than_memory_holds_are_refused_by_what_the_file_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 200_000  # a few kilobytes on disk
    same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["a" * 1000]))
    pq.write_table(
        pa.table({**dict.fromkeys(score_formats.NAMES["samples"] + score_formats.NAMES["subjects"], same),
                  "score": np.zeros(rows)}), tmp_path / "s.parquet",
    )  # fmt: skip
    assert (tmp_path / "s.parquet").stat().st_size < 100_000
    assert len(ScoreFile.read(tmp_path / "s.parquet")) == rows
    monkeypatch.setattr(score_formats, "MOST_COMPARISONS", rows - 1)
    refused(tmp_path / "s.parquet", "evaluation.size")
    monkeypatch.setattr(score_formats, "MOST_COMPARISONS", rows)
    monkeypatch.setattr(score_formats, "MOST_PACKED", 1000)
    refused(tmp_path / "s.parquet", "evaluation.size")


def test_a_text_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_formats, "MOST_TEXT", 1 << 20)
    (tmp_path / "s.csv.gz").write_bytes(gzip.compress(b"\0" * (8 << 20)))
    assert "longer than" in refused(tmp_path / "s.csv.gz", "evaluation.file").message
    assert "longer than" in refused(tmp_path / "s.csv.gz", "evaluation.file", read_bob).message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, encoding: str, separator: str, newline: str) -> None:
    def write(name: str, *rows: str) -> Path:
        text = newline.join(row.replace("|", separator) for row in rows) + newline
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    path = write("s.csv", "probe|reference|probe_subject|reference_subject|score", "p|r|Zoë|b|0.5", "1|2|7|7|0.25")
    scores = ScoreFile.read(path)
    assert scores.subjects[0] == "Zoë"
    assert list(scores.score) == [0.5, 0.25]
    (by_age,) = read_labels(write("labels.csv", "subject|age", "Zoë|20", "7|30"))
    assert by_age.groups == {"Zoë": "20", "7": "30"}
    (tmp_path / "a").mkdir(exist_ok=True)
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / "a" / name).touch()
    assert read_csv_pairs(write("pairs.csv", "probe|reference", "a/1.jpg|a/2.jpg")).probe.size == 1
    assert [line for line, _ in csv_rows(write("excel.csv", f"sep={separator}", "subject|x", "a|b"), set())] == [3]


def test_names_with_line_breaks_are_read_from_a_long_file(tmp_path: Path) -> None:
    names = ['a\n"b"\r\n,;' * 5, "c"]
    rows = 40_000
    ScoreFile.from_columns(
        probe=names * rows,
        reference=["r"] * 2 * rows,
        probe_subject=names * rows,
        reference_subject=["c"] * 2 * rows,
        score=np.zeros(2 * rows),
    ).write(tmp_path / "s.csv")
    assert set(ScoreFile.read(tmp_path / "s.csv").samples) == {*names, "r"}


def test_decimal_commas_are_read_where_semicolons_separate(tmp_path: Path) -> None:
    text = "probe;reference;probe_subject;reference_subject;score\np;r;a;b;0,5\nq;r;b;b;-0,25\n"
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    assert list(ScoreFile.read(tmp_path / "s.csv").score) == [0.5, -0.25]


def test_a_text_in_another_encoding_names_the_line_and_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes("subject,age\nAda,20\nZoë,30\n".encode("latin-1"))
    error = refused(tmp_path / "labels.csv", "evaluation.file", read_labels)
    assert "line 3 is not UTF-8" in error.message
    assert error.remedy is not None
    assert "UTF-8" in error.remedy


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_a_text_of_zero_bytes_names_the_cause(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "labels.csv").write_bytes("subject,age\nAda,20\n".encode(encoding))
    assert "zero bytes" in refused(tmp_path / "labels.csv", "evaluation.file", read_labels).message
    (tmp_path / "s.csv").write_bytes("probe,reference\n".encode(encoding))
    assert "zero bytes" in refused(tmp_path / "s.csv", "evaluation.file").message


@pytest.mark.parametrize("line", ["Ada,1,2", "Ada;1;Bo;2", "10,300"])
def test_pairs_with_another_separator_name_the_cause(tmp_path: Path, line: str) -> None:
    (tmp_path / "pairs.txt").write_text(f"{line}\n", encoding="utf-8")
    assert "separated by commas" in refused(tmp_path / "pairs.txt", "evaluation.line", read_pairs).message


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "0", "1e3", "٣", "1_0", "", "32768"])
def test_a_number_that_is_none_is_named_by_its_line(tmp_path: Path, number: str) -> None:
    (tmp_path / "pairs.txt").write_text(f"Ada\t1\t{number}\n", encoding="utf-8")
    refused(tmp_path / "pairs.txt", "evaluation.line", read_pairs)


@pytest.mark.parametrize("name", ["x" * 5000, "../" * 2000 + "etc/passwd", "/dev/zero", "/dev/stdin", "."])
def test_a_list_that_names_what_is_not_a_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "pairs.csv").write_text(f"probe,reference,probe_subject\n{name},{name},a\n", encoding="utf-8")
    with pytest.raises(EvaluationError) as caught:
        read_csv_pairs(tmp_path / "pairs.csv")
    assert caught.value.code == "evaluation.photo"
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("scale", [1e98, *(pytest.param(scale, marks=pytest.mark.slow) for scale in (1e-300, 1e30))])
def test_scores_of_any_size_can_be_reported(scale: float) -> None:
    scores = random_scores(0, subjects=5)
    scores = replace(scores, score=scores.score * scale, info=ScoreInfo(kind="all pairs"))
    plan = Plan(replicates=5)
    assert b"data:image/svg" in report([analyse("scores", scores, plan)], plan=plan)


def test_scores_that_nobody_makes_are_refused(tmp_path: Path) -> None:
    for value in (1.7e308, -1e101, float("inf"), float("nan")):
        pq.write_table(table(score=[0.5, value]), tmp_path / "s.parquet")
        assert "row 2" in refused(tmp_path / "s.parquet", "evaluation.nan").message


# Random damage ---------------------------------------------------------------------------------------------------


PUT_IN = (b"\0", b"\xff" * 4, b"nan", b"-1", b"[" * 2000, b'"', b"\n", b"9" * 30)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return a file with some bytes changed, cut out, doubled or put in."""
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        place = rng.randrange(len(damaged) + 1)
        match rng.randrange(5):
            case 0 if place < len(damaged):
                damaged[place] = rng.randrange(256)
            case 1:
                del damaged[place : place + rng.choice((1, 4, 100))]
            case 2:
                damaged[place:place] = damaged[place : place + rng.choice((1, 4, 100))]
            case 3:
                damaged[place:place] = rng.choice(
                    (b"\0", b"\xff" * 4, b"nan", b"-1", b"[" * 2000, b'"', b"\n", b"9" * 30)
                )
            case _ if place < len(damaged):
                damaged[place] ^= 1 << rng.randrange(8)
    return bytes(damaged[: rng.randrange(len(damaged))] if damaged and rng.random() < 0.1 else damaged)


def examples(folder: Path) -> Iterator[tuple[str, Callable[[Path], Any]]]:
    """Yield whole files of every kind, each with what reads it."""
    scores = random_scores(0, subjects=4)
    scores = replace(scores, info=ScoreInfo(protocol="p", notes=("n",), failures=(("00/0.jpg", "no face"),)))
    for ending in ("parquet", "csv", "csv.gz"):
        scores.write(folder / f"whole.{ending}")
        yield f"whole.{ending}", ScoreFile.read
    score_formats.write_bob(scores, folder / "whole.bob")
    yield "whole.bob", read_bob
    for name in ("1", "2", "3"):
        (folder / "Ada").mkdir(exist_ok=True)
        (folder / "Ada" / f"Ada_000{name}.jpg").touch()
    (folder / "pairs.txt").write_text("1\t1\nAda\t1\t2\nAda\t1\tAda\t3\n", encoding="utf-8")
    yield "pairs.txt", read_pairs
    (folder / "pairs.csv").write_text(
        "probe,reference,fold,mated\nAda/Ada_0001.jpg,Ada/Ada_0002.jpg,1,true\n", encoding="utf-8"
    )
    yield "pairs.csv", read_csv_pairs
    (folder / "labels.csv").write_text("subject,age,team\nAda,20,a\nBo,30,b\n", encoding="utf-8")
    yield "labels.csv", read_labels


def damage(folder: Path, count: int, seed: int) -> tuple[int, int]:
    """Read N damaged files of every kind; return how many were read all the same, and how many refused."""
    rng = random.Random(seed)
    read, errors = 0, []
    for name, reader in list(examples(folder)):
        whole = (folder / name).read_bytes()
        inner = gzip.decompress(whole) if name.endswith(".gz") else None
        for number in range(count):
            data = mutated(whole, rng)
            if inner is not None and number % 2:  # damage below the compression
                data = gzip.compress(mutated(inner, rng), 1)
            path = folder / f"damaged-{name}"
            path.write_bytes(data)
            try:
                reader(path)
                read += 1
            except EvaluationError as error:
                errors.append(error)
    assert all(error.source and error.source.startswith(str(folder)) for error in errors)
    assert max(len(str(error)) for error in errors) < 1000
    return read, len(errors)


def test_damage_anywhere_is_a_typed_error(tmp_path: Path) -> None:
    assert min(damage(tmp_path, 60, seed=1)) > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_much_damage_anywhere_is_a_typed_error(tmp_path: Path, seed: int) -> None:
    assert min(damage(tmp_path, 1500, seed=100 + seed)) > 100


def test_the_note_survives_whatever_it_says(tmp_path: Path) -> None:
    info = ScoreInfo(protocol='"\x1b\n', root="/caf\udce9", notes=("\u202e", "{{ 7 }}"))
    for ending in ("parquet", "csv"):
        replace(random_scores(0, subjects=3), info=info).write(tmp_path / f"s.{ending}")
        assert ScoreFile.read(tmp_path / f"s.{ending}").info == info
    assert json.loads(json.dumps(info.root)) == info.root
