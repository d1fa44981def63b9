"""Encodings made elsewhere: what is written is read, what is malformed is named, pickle is never loaded."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bareface.errors import GalleryError
from bareface.gallery.encodings import read_encodings
from tests.examples import examples


def is_word(name: str) -> bool:
    """Return whether a name can be told from a number, which a line of numbers cannot do without."""
    try:
        float(name)
    except ValueError:
        return bool(name.strip())
    return False


names = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1).filter(is_word)
people = st.lists(names, min_size=1, max_size=6)
seeds = st.integers(0, 2**32 - 1)
in_one_folder = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def encodings(count: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, 0.13, (count, 128))


def refused(path: Path) -> GalleryError:
    with pytest.raises(GalleryError) as caught:
        read_encodings(path)
    assert caught.value.code == "gallery.import-format"
    assert caught.value.source is not None
    return caught.value


def write_csv(path: Path, rows: list[list[Any]], encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows(rows)
    return path


def same(found: list[tuple[str, NDArray[np.float32]]], who: list[str], values: NDArray[np.float64]) -> None:
    assert [name for name, _ in found] == [name.strip() for name in who]
    np.testing.assert_array_equal([row for _, row in found], values.astype(np.float32))
    assert all(row.dtype == np.float32 and row.shape == (128,) for _, row in found)


@in_one_folder
@given(
    who=people,
    seed=seeds,
    dtype=st.sampled_from(["<f8", ">f8", "<f4"]),
    sidecar=st.sampled_from(["txt", "json"]),
)
def test_npy_round_trip(tmp_path: Path, who: list[str], seed: int, dtype: str, sidecar: str) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    values = encodings(len(who), seed).astype(dtype)
    np.save(tmp_path / "known.npy", values)
    text = "\n".join(who) if sidecar == "txt" else json.dumps(who)
    (tmp_path / f"known.{sidecar}").write_text(text, encoding="utf-8")
    same(read_encodings(tmp_path / "known.npy"), who, values)


@in_one_folder
@given(who=people, seed=seeds)
def test_json_list_round_trip(tmp_path: Path, who: list[str], seed: int) -> None:
    values = encodings(len(who), seed)
    entries = [{"name": n, "encoding": e.tolist()} for n, e in zip(who, values, strict=True)]
    (tmp_path / "known.json").write_text(json.dumps(entries))
    same(read_encodings(tmp_path / "known.json"), who, values)


@in_one_folder
@given(who=st.lists(names, min_size=1, max_size=4, unique=True), seed=seeds, references=st.integers(1, 3))
def test_json_mapping_round_trip(tmp_path: Path, who: list[str], seed: int, references: int) -> None:
    values = encodings(len(who) * references, seed)
    groups = values.reshape(len(who), references, 128)
    content = {n: (g[0] if references == 1 else g).tolist() for n, g in zip(who, groups, strict=True)}
    (tmp_path / "known.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    same(read_encodings(tmp_path / "known.json"), [n for n in who for _ in range(references)], values)


@in_one_folder
@given(
    who=people,
    seed=seeds,
    first=st.booleans(),
    header=st.sampled_from([None, "words", "numbers"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_csv_round_trip(
    tmp_path: Path, who: list[str], seed: int, first: bool, header: str | None, encoding: str
) -> None:
    values = encodings(len(who), seed)
    rows: list[list[Any]] = [[n, *e] if first else [*e, n] for n, e in zip(who, values.tolist(), strict=True)]
    columns = [f"e{i}" if header == "words" else str(i) for i in range(128)]
    if header:
        rows.insert(0, ["name", *columns] if first else [*columns, "name"])
    same(read_encodings(write_csv(tmp_path / "known.csv", rows, encoding)), who, values)


def test_a_single_npy_encoding_is_named_by_its_file(tmp_path: Path) -> None:
    for shape in ((128,), (1, 128)):
        np.save(tmp_path / "Ada Lovelace.npy", encodings(1).reshape(shape))
        same(read_encodings(str(tmp_path / "Ada Lovelace.npy")), ["Ada Lovelace"], encodings(1))


def test_several_npy_encodings_without_names_are_not_given_one(tmp_path: Path) -> None:
    np.save(tmp_path / "known.npy", encodings(2))
    assert "known.txt" in str(refused(tmp_path / "known.npy"))
    (tmp_path / "known.txt").write_text("Ada\nGrace\nAlan\n")
    assert "2 encodings, and 3 names" in str(refused(tmp_path / "known.npy"))
    (tmp_path / "known.txt").write_text("Ada\n \n")
    assert "Name 2" in str(refused(tmp_path / "known.npy"))
    (tmp_path / "known.txt").unlink()
    (tmp_path / "known.json").write_text('{"Ada": 1}')
    assert refused(tmp_path / "known.npy").source == str(tmp_path / "known.json")


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 127)),
        np.zeros((1, 2, 128)),
        np.zeros((2, 128), int),
        np.zeros((2, 128), complex),
        np.float64(1),
        np.zeros((2, 128), [("a", "f8")]),
    ],
)
def test_npy_of_another_kind_is_refused(tmp_path: Path, array: NDArray[Any]) -> None:
    np.save(tmp_path / "known.npy", array)
    assert "not floats [n, 128]" in str(refused(tmp_path / "known.npy"))


class Trap:
    """Says so if it is ever unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", ["a.pkl", "a.pickle", "a.dat", "a.json", "a.npy", "a.csv", "a"])
@pytest.mark.parametrize("protocol", [0, 4])
def test_a_pickle_is_refused_whatever_its_name_and_never_run(tmp_path: Path, name: str, protocol: int) -> None:
    ran = tmp_path / "ran"
    trap = pickle.dumps(Trap(ran), protocol=protocol)
    pickle.loads(trap)
    ran.unlink()  # the trap works
    (tmp_path / name).write_bytes(trap)
    error = refused(tmp_path / name)
    assert ("pickle" in error.message) == (protocol == 4 or name.endswith((".pkl", ".pickle")))
    assert not ran.exists()


def test_an_object_array_is_refused_and_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    np.save(tmp_path / "known.npy", np.array([Trap(ran)], dtype=object), allow_pickle=True)
    assert "allow_pickle=True" in str(refused(tmp_path / "known.npy").remedy)
    assert not ran.exists()


@pytest.mark.parametrize("kind", ["pkl", "npy"])
def test_the_remedy_for_a_pickle_works(tmp_path: Path, kind: str) -> None:
    values = encodings(2)
    content = {"encodings": list(values), "names": ["Ada", "Grace"]}
    if kind == "pkl":
        (tmp_path / "encodings.pkl").write_bytes(pickle.dumps(content))
    else:
        np.save(tmp_path / "encodings.npy", np.array(content, dtype=object), allow_pickle=True)
    remedy = refused(tmp_path / f"encodings.{kind}").remedy
    assert remedy is not None
    snippet = remedy.split("\n", 1)[1]
    assert len(snippet.strip().splitlines()) == 3
    subprocess.run([sys.executable, "-c", snippet], cwd=tmp_path, check=True)
    same(read_encodings(tmp_path / "encodings.json"), ["Ada", "Grace"], values)


ROW = [0.5] * 128


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "JSON"),
        ("[", "JSON"),
        ("[" * 100_000, "JSON"),
        ("3", "neither"),
        ("[]", "no encodings"),
        ("{}", "no encodings"),
        (json.dumps([{"name": "A", "encoding": ROW}, ROW]), "Entry 2"),
        (json.dumps([{"name": "A", "encoding": ROW}, {"name": "B"}]), "Entry 2"),
        (json.dumps([{"name": "A", "encoding": ROW[:-1]}]), "Entry 1"),
        (json.dumps([{"name": 7, "encoding": ROW}]), "Entry 1"),
        (json.dumps([{"name": " ", "encoding": ROW}]), "Entry 1"),
        (json.dumps([{"name": "a\nb", "encoding": ROW}]), "control"),
        (json.dumps([{"name": "\ud800", "encoding": ROW}]), "control"),
        (json.dumps([{"name": "A", "encoding": [True] * 128}]), "Entry 1"),
        (json.dumps([{"name": "A", "encoding": ["0.5"] * 128}]), "Entry 1"),
        (json.dumps([{"name": "A", "encoding": [0] * 128}]), "all zero"),
        (json.dumps([{"name": "A", "encoding": [*ROW[:-1], float("nan")]}]), "finite"),
        (json.dumps([{"name": "A", "encoding": [*ROW[:-1], float("-inf")]}]), "finite"),
        (json.dumps([{"name": "A", "encoding": [*ROW[:-1], 1e39]}]), "finite"),
        (json.dumps([{"name": "A", "encoding": [*ROW[:-1], 10**400]}]), "finite"),
        (json.dumps({"A": ROW, "B": [ROW, ROW[1:]]}), "Encoding 2 of 'B'"),
        (json.dumps({"A": []}), "Encoding 1 of 'A'"),
        (f'{{"A": {ROW}, "A": {ROW}}}', "twice"),
    ],
)
def test_malformed_json_is_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "known.json").write_text(content)
    assert words in str(refused(tmp_path / "known.json"))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no encodings"),
        ([["name", *range(128)]], "no encodings"),
        ([["A", *ROW], ["B", *ROW[1:]]], "Line 2"),
        ([["A", *ROW], ["B", *ROW, 1]], "Line 2"),
        ([["A", *ROW], [*ROW, "B"]], "Line 2"),
        ([["A", *ROW], [], ["B", *ROW[1:], "x"]], "Line 3"),
        ([["A", *ROW], ["B", *ROW[1:], "nan"]], "Line 2"),
        ([["A", *ROW], ["B", *ROW[1:], "1_0"]], "Line 2"),
        ([["A", *ROW[1:], "inf"]], "Line 1"),
        ([["A", "x", *ROW[1:]]], "Line 1"),
        ([[" ", *ROW]], "Line 1"),
        ([[*ROW, 0.5]], "Line 1"),
        ([["A", *ROW], ["a\nb", *ROW]], "control"),
        ([["A;0.5"]], "Line 1"),
    ],
)
def test_malformed_csv_is_named(tmp_path: Path, rows: list[list[Any]], words: str) -> None:
    assert words in str(refused(write_csv(tmp_path / "known.csv", rows)))


@pytest.mark.parametrize("first", [True, False])
def test_whole_numbers_can_be_names(tmp_path: Path, first: bool) -> None:
    values = encodings(2)
    rows = [[n, *e] if first else [*e, n] for n, e in zip(["007", "NaN"], values.tolist(), strict=True)]
    same(read_encodings(write_csv(tmp_path / "known.csv", rows)), ["007", "NaN"], values)


@pytest.mark.parametrize("name", [7, 7.5, 10**4000, -1])
def test_a_number_for_a_name_in_json_is_named(tmp_path: Path, name: Any) -> None:
    (tmp_path / "known.json").write_text(json.dumps([{"name": name, "encoding": ROW}]))
    error = refused(tmp_path / "known.json")
    assert "Entry 1 has a number for a name" in error.message
    assert "in quotes" in str(error.remedy)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("delimiter", "decimal"), [(";", ","), (";", "."), ("\t", ","), ("\t", ".")])
def test_csv_of_semicolons_or_tabs_is_read(tmp_path: Path, delimiter: str, decimal: str, first: bool) -> None:
    values = encodings(2)
    rows = [[n, *e] if first else [*e, n] for n, e in zip(["Ada, Countess", "Bo"], values.tolist(), strict=True)]
    lines = [delimiter.join(c if isinstance(c, str) else str(c).replace(".", decimal) for c in row) for row in rows]
    for header in ("", delimiter.join(["name", *map(str, range(128))] if first else [*map(str, range(128)), "name"])):
        (tmp_path / "known.csv").write_bytes("\r\n".join(["\ufeff" + header, *lines, "", delimiter * 128]).encode())
        same(read_encodings(tmp_path / "known.csv"), ["Ada, Countess", "Bo"], values)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["name", *(f"e{n}" for n in reversed(range(128)))], "order"),
        (["name1", "e2", "e1", *(f"e{n}" for n in range(3, 129))], "order"),
        (["name", "e1", *(f"e{n}" for n in range(1, 128))], "Two columns are called 'e1'"),
        (["name", *["value"] * 128], "Two columns are called 'value'"),
        (["name", *(f"e{n}" for n in range(127))], "it has 128 cells between commas"),
        (["name", "name", *(f"e{n}" for n in range(128))], "it has 130 cells between commas"),
    ],
)
def test_columns_that_are_not_as_they_are_read_are_named(tmp_path: Path, header: list[str], words: str) -> None:
    assert words in str(refused(write_csv(tmp_path / "known.csv", [header, ["Ada", *encodings(1)[0].tolist()]])))


def test_the_columns_of_the_library_s_own_tools_are_read(tmp_path: Path) -> None:
    values = encodings(1)
    for header in (["person1", *(f"e{n}" for n in range(128))], [f"dim_{n:03}" for n in range(128)] + ["id"]):
        row = ["Ada", *values[0].tolist()] if header[0] == "person1" else [*values[0].tolist(), "Ada"]
        same(read_encodings(write_csv(tmp_path / "known.csv", [header, row])), ["Ada"], values)


def test_json_of_two_lists_is_read(tmp_path: Path) -> None:
    values = encodings(2)
    (tmp_path / "known.json").write_text(json.dumps({"encodings": values.tolist(), "names": ["Ada", "Bo"]}))
    same(read_encodings(tmp_path / "known.json"), ["Ada", "Bo"], values)
    for who in (["Ada"], "Ada", {"Ada": 1}, None):
        (tmp_path / "known.json").write_text(json.dumps({"encodings": values.tolist(), "names": who}))
        assert "two lists" in str(refused(tmp_path / "known.json"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf16_is_named(tmp_path: Path, encoding: str) -> None:
    bom = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    (tmp_path / "known.json").write_bytes(bom + json.dumps([{"name": "A", "encoding": ROW}]).encode(encoding))
    assert "UTF-16" in str(refused(tmp_path / "known.json"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
@pytest.mark.parametrize("suffix", [".json", ".csv", ".npy", ".txt", ""])
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path, suffix: str) -> None:
    pipe = tmp_path / f"known{suffix}"
    os.mkfifo(pipe)
    if suffix == ".txt":  # the names of an array
        np.save(tmp_path / "known.npy", encodings(2))
    assert "pipe" in str(refused(tmp_path / "known.npy" if suffix == ".txt" else pipe))
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    assert "device" in str(refused(tmp_path / "zero.json"))
    made_up = tmp_path / f"made-up{suffix}"
    made_up.symlink_to("/proc/uptime")  # /proc/kmsg waits for the next line
    if suffix == ".txt":
        np.save(tmp_path / "made-up.npy", encodings(2))
    if Path("/proc/uptime").exists():
        assert "device" in str(refused(tmp_path / "made-up.npy" if suffix == ".txt" else made_up))


@pytest.mark.parametrize("path", ["", "a\0b.json", "x" * 300 + ".json"])
def test_paths_that_cannot_be(path: str) -> None:
    with pytest.raises(GalleryError) as caught:
        read_encodings(path)
    assert caught.value.code == "gallery.import-read"


def test_text_that_is_not_utf8_and_broken_quotes_are_named(tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_bytes("Zoë,".encode("latin-1"))
    assert "UTF-8 (byte 2)" in str(refused(tmp_path / "known.csv"))
    (tmp_path / "known.csv").write_text('"A')
    assert "sound CSV" in str(refused(tmp_path / "known.csv"))


def test_other_formats_and_absent_files(tmp_path: Path) -> None:
    (tmp_path / "known.xlsx").write_text("x")
    assert ".npy, .json, .csv" in str(refused(tmp_path / "known.xlsx"))
    for path in (tmp_path / "absent.npy", tmp_path):
        with pytest.raises(GalleryError) as caught:
            read_encodings(path)
        assert caught.value.code == "gallery.import-read"
        assert caught.value.source == str(path)


def _npy_bytes() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, encodings(1))
    return buffer.getvalue()


@settings(in_one_folder, max_examples=examples(300))
@given(data=st.data(), suffix=st.sampled_from([".npy", ".json", ".csv"]))
def test_damaged_files_are_read_or_refused_but_never_crash(tmp_path: Path, data: st.DataObject, suffix: str) -> None:
    row = encodings(1)[0].tolist()
    sound = {
        ".npy": _npy_bytes(),
        ".json": json.dumps([{"name": "A", "encoding": row}]).encode(),
        ".csv": ",".join(["A", *map(str, row)]).encode(),
    }[suffix]
    place = data.draw(st.integers(0, min(len(sound) - 1, 200)))
    inserted = data.draw(st.binary(max_size=8))
    removed = data.draw(st.integers(0, 8))
    file = tmp_path / f"known{suffix}"
    file.write_bytes(data.draw(st.sampled_from([sound[:place] + inserted + sound[place + removed :], sound[:place]])))
    try:
        found = read_encodings(file)
    except GalleryError:
        return
    assert all(name and np.isfinite(row).all() and row.shape == (128,) for name, row in found)
