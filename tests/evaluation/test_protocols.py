"""Protocols: parsers that name the malformed line, folders, galleries with strangers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareface.errors import EvaluationError, UsageError
from bareface.evaluation.pair_lists import (
    Pair,
    parse_pairs,
    read_csv_gallery,
    read_csv_pairs,
    read_labels,
    read_pairs,
)
from bareface.evaluation.protocols import Protocol, all_pairs, open_set, ten_folds
from bareface.evaluation.restoration_conditions import people_of
from bareface.evaluation.sources import protocol_of
from bareface.imaging.folders import Skipped
from bareface.services.demo_photos import people_in


def people(root: Path, photos: dict[str, int], suffix: str = ".jpg") -> Path:
    """Make empty files named as LFW names photos: protocols look at names only."""
    for person, count in photos.items():
        (root / person).mkdir(parents=True)
        for number in range(1, count + 1):
            (root / person / f"{person}_{number:04d}{suffix}").touch()
    return root


def rows(protocol: Protocol) -> list[tuple[str, str, int]]:
    samples = [sample.name for sample in protocol.samples]
    return [
        (samples[p], samples[r], int(f))
        for p, r, f in zip(protocol.probe, protocol.reference, protocol.fold, strict=True)
    ]


word = st.text(st.characters(categories=("L", "N", "Pd", "Pc")), min_size=1, max_size=8)
number = st.integers(1, 9999)
pair = st.tuples(word, number, word, number).filter(lambda p: p[:2] != p[2:])


def written(pair: Pair, separator: str) -> str:
    a, i, b, j = pair
    return separator.join(map(str, (a, i, j) if a == b else (a, i, b, j)))


@given(st.lists(pair, min_size=1, max_size=20), st.sampled_from(["\t", " ", "  "]), st.sampled_from(["\n", "\r\n"]))
def test_any_pairs_are_read_back(pairs: list[Pair], separator: str, end: str) -> None:
    parsed = parse_pairs(end.join(written(pair, separator) for pair in pairs) + end)
    assert list(parsed.pairs) == pairs
    assert parsed.lines == tuple(range(1, len(pairs) + 1))
    assert parsed.folds == ()


@given(st.lists(pair, min_size=1, max_size=8), st.integers(0, 7), st.text("ab1 \t-", max_size=12))
def test_a_line_is_a_pair_or_is_named(pairs: list[Pair], at: int, junk: str) -> None:
    lines = [written(pair, "\t") for pair in pairs]
    at = min(at, len(lines))
    lines.insert(at, junk)
    try:
        read = len(parse_pairs("\n".join(lines)).pairs)
    except EvaluationError as error:
        read, refused = 0, error
    assert read in (len(pairs), len(pairs) + 1) or (
        refused.code == "evaluation.line" and f"line {at + 1} " in refused.message
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Ada\t1\t2\t3\t4", "neither three"),
        ("Ada\tone\t2", "'one'"),
        ("Ada\t1\tBo\t-2", "'-2'"),
        ("Ada\t1\t1", "with itself"),
        ("Ada\t0\t1", "'0'"),
        ("Ada\t1\t٣", "'٣'"),
        ("Ada\t\t2\t3", "neither three"),
    ],
)
def test_a_malformed_line_is_named_with_its_number(line: str, why: str) -> None:
    with pytest.raises(EvaluationError, match=why) as caught:
        parse_pairs(f"Ada\t1\t2\n\n{line}\n", "pairs.txt")
    assert caught.value.code == "evaluation.line"
    assert caught.value.message.startswith("line 3 ")
    assert caught.value.source == "pairs.txt"


def test_the_header_gives_the_folds() -> None:
    text = "2\t1\nA\t1\t2\nA\t1\tB\t1\nB\t1\t2\nB\t1\tC\t1\n"
    assert parse_pairs(text).folds == (1, 1, 2, 2)
    assert parse_pairs("2\n" + text.split("\n", 1)[1]).folds == ()
    with pytest.raises(EvaluationError, match="line 1 promises 6 pairs, but the file holds 4"):
        parse_pairs(text.replace("2\t1", "3\t1", 1))


def test_pairs_find_their_photos_whatever_the_suffix(tmp_path: Path) -> None:
    people(tmp_path / "images", {"Ada": 2}, ".png")
    people(tmp_path / "images", {"Bo": 3})
    (tmp_path / "pairs.txt").write_text("Ada 1 2\nAda 1 Bo 3\n")
    protocol = read_pairs(tmp_path / "pairs.txt")
    assert rows(protocol) == [
        ("Ada/Ada_0001.png", "Ada/Ada_0002.png", 1),
        ("Ada/Ada_0001.png", "Bo/Bo_0003.jpg", 1),
    ]
    assert [sample.subject for sample in protocol.samples] == ["Ada", "Ada", "Bo"]
    assert "ten were assigned" in protocol.notes[0]
    (tmp_path / "pairs.txt").write_text("Ada 1 2\nAda 1 Bo 4\n")
    with pytest.raises(EvaluationError, match=r"line 2 names Bo/Bo_0004\.\*") as caught:
        read_pairs(tmp_path / "pairs.txt")
    assert caught.value.code == "evaluation.photo"


def test_folds_are_dealt_out_for_each_kind() -> None:
    fold = ten_folds([True] * 20 + [False] * 11)
    assert np.bincount(fold[:20]).tolist() == [0] + [2] * 10
    assert np.bincount(fold[20:]).tolist() == [0, 2] + [1] * 9


def test_a_folder_gives_every_pair_once(tmp_path: Path) -> None:
    people(tmp_path, {"Ada": 3, "Bo": 2})
    (tmp_path / "group.jpg").touch()
    protocol = all_pairs(tmp_path)
    assert len(rows(protocol)) == 10 == len({frozenset(row[:2]) for row in rows(protocol)})
    subject = np.array([sample.subject for sample in protocol.samples])
    assert (subject[protocol.probe] == subject[protocol.reference]).sum() == 4
    assert protocol.notes == ("left out 1 photo outside people's folders",)


ONE_PERSON = ("Anne-Marie O'Neil", "Anne\u2011Marie O\u2019Neil", "Anne\u2013Marie O\u00b4Neil")


def test_folders_that_a_gallery_takes_for_one_person_are_one_person(tmp_path: Path) -> None:
    people(tmp_path, dict.fromkeys(ONE_PERSON, 2) | {"Bo": 1})
    for protocol in (all_pairs(tmp_path), open_set(tmp_path, nonmated=0)):
        subject = np.array([sample.subject for sample in protocol.samples])
        assert len(set(subject.tolist())) == 2
        assert len({sample.path for sample in protocol.samples}) == 7
    assert (subject[protocol.probe] == subject[protocol.reference]).sum() == 5
    assert len(people_of(tmp_path)) == 2


def test_names_of_one_person_in_lists_are_one_person(tmp_path: Path) -> None:
    people(tmp_path, dict.fromkeys(ONE_PERSON, 1))
    one, other, third = (f"{name}/{name}_0001.jpg" for name in ONE_PERSON)
    (tmp_path / "pairs.csv").write_text(f"probe,reference,mated\n{one},{other},true\n{other},{third},true\n")
    assert len({sample.subject for sample in read_csv_pairs(tmp_path / "pairs.csv").samples}) == 1
    for name, row in (("gallery.csv", f"{one},{ONE_PERSON[0]}"), ("probes.csv", f"{other},{ONE_PERSON[1]}")):
        (tmp_path / name).write_text(f"file,subject\n{row}\n")
    protocol = read_csv_gallery(tmp_path / "gallery.csv", tmp_path / "probes.csv")
    assert len({sample.subject for sample in protocol.samples}) == 1


def test_a_folder_of_nobody_is_refused(tmp_path: Path) -> None:
    (tmp_path / "group.jpg").touch()
    for make in (all_pairs, open_set):
        with pytest.raises(EvaluationError) as caught:
            make(tmp_path)
        assert caught.value.code == "evaluation.empty"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.9])
def test_an_open_set_has_its_share_of_strangers(tmp_path: Path, share: float) -> None:
    people(tmp_path, {f"P{i:02}": 1 + i % 5 for i in range(60)})
    protocol = open_set(tmp_path, nonmated=share, references=2, seed=7)
    subject = np.array([sample.subject for sample in protocol.samples])
    gallery, probes = np.unique(protocol.reference), np.unique(protocol.probe)
    assert not set(gallery) & set(probes)
    assert np.bincount(np.unique(subject[gallery], return_inverse=True)[1]).max() == 2
    strangers = ~np.isin(subject[probes], subject[gallery])
    assert strangers.mean() == pytest.approx(share, abs=0.03)
    assert protocol.probe.size == gallery.size * probes.size
    assert rows(open_set(tmp_path, nonmated=share, references=2, seed=7)) == rows(protocol)
    if share > 0:
        assert rows(open_set(tmp_path, nonmated=share, references=2, seed=8)) != rows(protocol)


def test_csv_pairs(tmp_path: Path) -> None:
    people(tmp_path, {"Ada": 2, "Bo": 1})
    (tmp_path / "list.csv").write_text(
        "probe,reference,reference_subject,probe_state,mated,fold\n"
        "Ada/Ada_0001.jpg,Ada/Ada_0002.jpg,,full,true,2\n"
        "\n"
        'Ada/Ada_0001.jpg,"Bo/Bo_0001.jpg",Robert,full,false,1\n'
    )
    protocol = read_csv_pairs(tmp_path / "list.csv")
    assert [fold for *_, fold in rows(protocol)] == [2, 1]
    assert [(s.subject, s.state) for s in protocol.samples] == [("Ada", "full"), ("Ada", ""), ("Robert", "")]


@pytest.mark.parametrize(
    ("text", "code", "why"),
    [
        ("", "evaluation.columns", "is empty"),
        ("probe\nx\n", "evaluation.columns", "lacks reference"),
        ("probe,reference,Mated\n", "evaluation.columns", "unknown Mated"),
        ("probe,reference,probe\n", "evaluation.columns", "repeats probe"),
        ("probe,reference\nA/A_0001.jpg\n", "evaluation.line", "line 2 has 1 columns"),
        ("probe,reference\nA/A_0001.jpg,\n", "evaluation.line", "line 2 has nothing in reference"),
        ("probe,reference\nA/A_0001.jpg,A/A_0009.jpg\n", "evaluation.photo", "line 2 names A/A_0009.jpg"),
        ("probe,reference,mated\nA/A_0001.jpg,A/A_0002.jpg,no\n", "evaluation.line", "line 2 has 'no'"),
        ("probe,reference,mated\nA/A_0001.jpg,A/A_0002.jpg,false\n", "evaluation.line", "line 2 says mated"),
        ("probe,reference,fold\nA/A_0001.jpg,A/A_0002.jpg,1.5\n", "evaluation.line", "line 2 has '1.5'"),
        ('probe,reference\n"A/A_0001.jpg,A/A_0002.jpg\n', "evaluation.line", "is not CSV"),
        (
            "probe,reference,probe_state\nA/A_0001.jpg,A/A_0002.jpg,full\nA/A_0001.jpg,A/A_0002.jpg,none\n",
            "evaluation.line",
            "line 3 describes A/A_0001.jpg differently",
        ),
    ],
)
def test_a_malformed_csv_is_refused(tmp_path: Path, text: str, code: str, why: str) -> None:
    people(tmp_path, {"A": 2})
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(EvaluationError, match=why) as caught:
        read_csv_pairs(tmp_path / "list.csv")
    assert caught.value.code == code
    assert caught.value.source == str(tmp_path / "list.csv")


@given(st.text(max_size=60))
def test_any_csv_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("csv") / "list.csv"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(EvaluationError):
        read_csv_pairs(path)


def test_csv_gallery_and_probes(tmp_path: Path) -> None:
    people(tmp_path, {"Ada": 2, "Bo": 1, "Cy": 1})
    (tmp_path / "gallery.csv").write_text("file,subject\nAda/Ada_0001.jpg,Ada\nBo/Bo_0001.jpg,Bo\n")
    (tmp_path / "probes.csv").write_text("file,subject,state\nAda/Ada_0002.jpg,Ada,full\nCy/Cy_0001.jpg,Cy,none\n")
    protocol = read_csv_gallery(tmp_path / "gallery.csv", tmp_path / "probes.csv")
    assert protocol.kind == "gallery"
    assert [row[:2] for row in rows(protocol)] == [
        ("Ada/Ada_0002.jpg", "Ada/Ada_0001.jpg"),
        ("Ada/Ada_0002.jpg", "Bo/Bo_0001.jpg"),
        ("Cy/Cy_0001.jpg", "Ada/Ada_0001.jpg"),
        ("Cy/Cy_0001.jpg", "Bo/Bo_0001.jpg"),
    ]


def test_labels_name_states_and_conditions(tmp_path: Path) -> None:
    people(tmp_path, {"Ada": 2})
    (tmp_path / "labels.csv").write_text("file,state\nAda/Ada_0002.jpg,full\n")
    labelled = all_pairs(tmp_path).labelled(read_labels(tmp_path / "labels.csv"))
    assert [(sample.state, sample.condition) for sample in labelled.samples] == [("", ""), ("full", "")]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for read in (read_pairs, read_csv_pairs, read_labels):
        with pytest.raises(EvaluationError) as caught:
            read(tmp_path / "absent.txt")
        assert caught.value.code == "evaluation.file"
        assert caught.value.source == str(tmp_path / "absent.txt")


@pytest.mark.real
def test_the_published_lists(shared_data: Path) -> None:
    lfw = read_pairs(shared_data / "lfw" / "pairs.txt")
    assert lfw.probe.size == 6000
    assert np.bincount(lfw.fold).tolist() == [0] + [600] * 10
    assert len(lfw.samples) == 7701
    mfr2 = read_pairs(shared_data / "mfr2" / "pairs.txt")
    assert mfr2.probe.size == 848


def test_bins_are_no_strangers_in_any_evaluation(tmp_path: Path) -> None:
    people(tmp_path, {"Ada": 2, "Bo": 2, "@eaDir": 1, "#recycle": 3})
    (tmp_path / "Ada" / "raw.CR2").touch()
    for protocol in (all_pairs(tmp_path), open_set(tmp_path)):
        assert {sample.subject for sample in protocol.samples} == {"Ada", "Bo"}
        assert len(protocol.left_out.folders) == 2
        assert any("#recycle" in note for note in protocol.notes)
        assert any("1 .cr2" in note for note in protocol.notes)
    skipped = Skipped()
    assert set(people_of(tmp_path, skipped=skipped)) == {"Ada", "Bo"}
    assert skipped.report() == all_pairs(tmp_path).left_out
    assert {person.name for person in people_in(tmp_path).people} <= {"Ada", "Bo"}
    assert {sample.subject for sample in all_pairs(tmp_path, exclude=["*_0002.*"]).samples} == {"Ada", "Bo"}
    with pytest.raises(EvaluationError) as caught:
        all_pairs(tmp_path, exclude=["Ada", "Bo"])
    assert caught.value.code == "evaluation.empty"
    assert "#recycle" in (caught.value.remedy or "")


@pytest.mark.parametrize("make", [all_pairs, open_set])
def test_a_folder_of_no_name_is_refused(make: Callable[[str], Protocol]) -> None:
    with pytest.raises(UsageError) as caught:
        make("")
    assert caught.value.code == "usage.empty"


def test_what_a_source_has_no_use_for_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "list.csv").write_text("file,subject\n")
    folder, listed = tmp_path / "people", tmp_path / "list.csv"
    with pytest.raises(UsageError, match=r"usage\.arguments"):
        protocol_of(folder, probes=listed)
    with pytest.raises(UsageError, match=r"usage\.arguments"):
        protocol_of(listed, nonmated=0.5)
    with pytest.raises(EvaluationError, match=r"evaluation\.file"):
        protocol_of(tmp_path / "no", nonmated=0.5)
