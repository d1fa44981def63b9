"""Score files: what they refuse, and that every format gives back what was written."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bareface.errors import EvaluationError
from bareface.scores.formats import read_bob, write_bob
from bareface.scores.score_file import FAILED, ScoreFile, ScoreInfo
from tests.examples import examples

INFO = ScoreInfo(
    protocol="test",
    kind="gallery",
    model="m",
    space="s",
    precision="float32",
    failures=(("a/1.jpg", "no face"),),
    notes=("first", "ü"),
)


def small() -> ScoreFile:
    return ScoreFile.from_columns(
        probe=["a/1.jpg", "a/2, x.jpg", "b/1.jpg", "c/1.jpg"],
        reference=["a/2, x.jpg", "b/1.jpg", "a/1.jpg", "c/2.jpg"],
        probe_subject=["a", "a", "b", "c"],
        reference_subject=["a", "b", "a", "c"],
        score=[0.5, 0.25, np.nan, -1 / 3],
        fta=[False, False, True, False],
        probe_state=["none", "full", "", "none"],
        fold=[1, 1, 2, 2],
        info=INFO,
    )


def rows(scores: ScoreFile) -> list[tuple[object, ...]]:
    return [
        (
            scores.samples[scores.probe[i]],
            scores.samples[scores.reference[i]],
            scores.subjects[scores.probe_subject[i]],
            scores.subjects[scores.reference_subject[i]],
            scores.states[scores.probe_state[i]],
            scores.states[scores.reference_state[i]],
            scores.conditions[scores.probe_condition[i]],
            scores.conditions[scores.reference_condition[i]],
            float(scores.score[i]),
            bool(scores.fta[i]),
            int(scores.fold[i]),
            bool(scores.mated[i]),
        )
        for i in range(len(scores))
    ]


@pytest.mark.parametrize("ending", ["parquet", "csv", "csv.gz"])
def test_a_file_gives_back_what_was_written(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"scores.{ending}"
    small().write(path)
    back = ScoreFile.read(path)
    assert rows(back) == rows(small())
    assert back.info == INFO


@pytest.mark.parametrize("ending", ["parquet", "csv", "csv.gz"])
def test_no_rows_is_a_valid_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"scores.{ending}"
    small().select(np.zeros(4, dtype=bool)).write(path)
    assert len(ScoreFile.read(path)) == 0


def test_compressed_csv_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("one.csv.gz", "two.csv.gz"):
        small().write(tmp_path / name)
    first, second = ((tmp_path / name).read_bytes() for name in ("one.csv.gz", "two.csv.gz"))
    assert first == second
    assert gzip.decompress(first).startswith(b"# {")


name = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
score = st.floats(-1e6, 1e6, allow_nan=False)


@settings(deadline=None, max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(name, name, name, name, score, st.booleans()), max_size=20))
def test_any_names_and_scores_survive_every_format(tmp_path: Path, table: list[tuple[str, ...]]) -> None:
    probe, reference, probe_subject, reference_subject, value, failed = zip(*table, strict=True) if table else ((),) * 6
    scores = ScoreFile.from_columns(
        probe=probe,
        reference=reference,
        probe_subject=probe_subject,
        reference_subject=reference_subject,
        score=value,
        fta=failed,
    )
    for ending in ("parquet", "csv", "csv.gz"):
        path = tmp_path / f"any.{ending}"
        scores.write(path)
        assert rows(ScoreFile.read(path)) == rows(scores)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(EvaluationError, match="row 2") as caught:
        ScoreFile.from_columns(
            probe=["p", "q"],
            reference=["r", "s"],
            probe_subject=["a", "b"],
            reference_subject=["a", "a"],
            score=[0.1, value],
        )
    assert caught.value.code == "evaluation.nan"


def test_a_row_without_subject_is_refused() -> None:
    with pytest.raises(EvaluationError) as caught:
        ScoreFile.from_columns(probe=["p"], reference=["r"], probe_subject=[""], reference_subject=["a"], score=[0.1])
    assert caught.value.code == "evaluation.subject"


def test_a_failure_to_acquire_has_the_lowest_score() -> None:
    assert small().score[2] == FAILED


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("probe,reference,score\na,b,0.5\n", "evaluation.columns"),
        ("probe,reference,probe_subject,reference_subject,score\na,b,x,x\n", "evaluation.file"),
        ("probe,reference,probe_subject,reference_subject,score\na,b,x,x,high\n", "evaluation.file"),
        ("probe,reference,probe_subject,reference_subject,score\na,b,x,x,nan\n", "evaluation.nan"),
        ("probe,reference,probe_subject,reference_subject,score\na,b,x,x,\n", "evaluation.nan"),
        ("probe,reference,probe_subject,reference_subject,score\na,b,,x,0.5\n", "evaluation.subject"),
        (
            "probe,reference,probe_subject,reference_subject,score,mated\na,b,x,y,0.5,true\n",
            "evaluation.mated",
        ),
        ("", "evaluation.file"),
        ("# {broken\nprobe\na\n", "evaluation.file"),
    ],
)
def test_a_damaged_csv_is_refused_by_name(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "damaged.csv"
    path.write_text(text)
    with pytest.raises(EvaluationError) as caught:
        ScoreFile.read(path)
    assert caught.value.code == code
    assert caught.value.source == str(path)


def test_missing_truncated_and_foreign_files_are_refused_by_name(tmp_path: Path) -> None:
    small().write(tmp_path / "whole.parquet")
    small().write(tmp_path / "whole.csv.gz")
    for ending in ("parquet", "csv.gz"):
        whole = (tmp_path / f"whole.{ending}").read_bytes()
        (tmp_path / f"cut.{ending}").write_bytes(whole[: len(whole) // 2])
    for name_ in ("cut.parquet", "cut.csv.gz", "absent.parquet", "absent.csv"):
        with pytest.raises(EvaluationError) as caught:
            ScoreFile.read(tmp_path / name_)
        assert caught.value.code == "evaluation.file"
        assert caught.value.source == str(tmp_path / name_)
    (tmp_path / "scores.txt").touch()
    with pytest.raises(EvaluationError) as caught:
        ScoreFile.read(tmp_path / "scores.txt")
    assert caught.value.code == "evaluation.format"


def test_bob_four_columns_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "scores-dev"
    write_bob(small(), path)
    assert path.read_text().splitlines()[1:3] == ["b a a/2,_x.jpg 0.25", "a b b/1.jpg nan"]
    back = read_bob(path)
    assert list(back.score) == list(small().score)
    assert list(back.mated) == list(small().mated)
    assert list(back.fta) == list(small().fta)


def test_bob_scores_of_every_probe_against_every_reference_are_a_gallerys(tmp_path: Path) -> None:
    path = tmp_path / "scores-dev"
    lines = ["a a p1 0.9", "b a p1 0.1", "a b p2 0.2", "b b p2 0.8"]
    path.write_text("\n".join(lines))
    assert read_bob(path).info.kind == "gallery"
    path.write_text("\n".join(lines[:3]))
    assert read_bob(path).info.kind == "pairs"


@pytest.mark.parametrize("line", ["a b c", "a b c 0.5 e", "a b c high", "a b c inf"])
def test_a_malformed_bob_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "scores-dev"
    path.write_text(f"a b c 0.5\n\n{line}\n")
    with pytest.raises(EvaluationError, match="line 3") as caught:
        read_bob(path)
    assert caught.value.code == "evaluation.line"
