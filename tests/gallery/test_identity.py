"""Nobody is taken for somebody else: situations in which a name, a number or a correction could mean two people."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bareface.errors import UsageError
from bareface.services.gallery import Gallery
from bareface.storage.sqlite import place as paths
from bareface.values import names
from tests.gallery.pictures import TileEngine, colours, save
from tests.gallery.test_store import early_revision

RED, GREEN, BLUE, GREY = (230, 60, 60), (60, 230, 60), (60, 60, 230), (120, 120, 120)
NFC, NFD = "José", "Jose\u0301"
BAD = ["", " ", "\u00a0", "\u200b", "\u2060\ufeff", "\u3164", "\u2800", "a\x1bb", "a\nb", "a\x00", "x" * 501]
LIKE_NUMBERS = [
    "#1",
    " #1 ",
    "# 1",
    "＃1",
    "#１",
    "#01",
    "#-1",
    "#1.0",
    "#①",
    "#1\u200b",
    "﹟1",
    "♯1",
    "#\ufe0f\u20e31",
]


@pytest.fixture
def photos(tmp_path):
    """Return two people, one photo each."""
    save(tmp_path / "photos" / "Ada" / "1.png", RED)
    save(tmp_path / "photos" / "Bo" / "1.png", BLUE)
    return tmp_path / "photos"


@pytest.fixture
def gallery(tmp_path):
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        yield opened


def holdings(gallery: Gallery) -> dict[str | None, int]:
    return {one.name: one.references for one in gallery.subjects()}


def code_of(action, *arguments, **options) -> str:
    with pytest.raises(UsageError) as caught:
        action(*arguments, **options)
    return caught.value.code


def reference(gallery: Gallery, end: str) -> int:
    return next(one.id for one in gallery.references() if one.source.endswith(end))


def doubts(gallery: Gallery) -> list[tuple[str, str]]:
    """Return a check's remarks about names."""
    report = gallery.check()
    assert report.ok
    codes = ("gallery.namesakes", "gallery.subject-name")
    return [(one.code, one.message) for one in report.warnings if one.code in codes]


# A merge made by mistake


def test_a_split_ends_the_alias_of_a_merge_made_by_mistake(gallery, photos):
    gallery.enrol(photos)
    assert gallery.merge("Ada", "Bo").aliases == ("Bo",)
    assert gallery.split(reference(gallery, "Bo/1.png"), name="Bo").aliases == ()
    save(photos / "Bo" / "2.png", GREEN)
    new = next(one for one in gallery.enrol(photos).outcomes if one.status == "enrolled")
    assert new.subject == "Bo"
    assert "means" not in (new.message or "")
    gallery.enrol(save(photos / "3.png", GREY), subject="Bo")
    assert gallery.assign(reference(gallery, "Bo/2.png"), "Bo").name == "Bo"
    assert holdings(gallery) == {"Ada": 1, "Bo": 3}


@pytest.mark.parametrize("by", ["split", "assign"])
def test_a_subject_that_is_emptied_by_hand_leaves_no_alias(gallery, photos, tmp_path, by):
    gallery.enrol(photos)
    gallery.merge("Ada", "Bo")
    everything = [one.id for one in gallery.references("Ada")]
    if by == "split":
        gallery.split(everything, "Cy")
    else:
        gallery.assign(everything, "Cy")
    save(tmp_path / "new" / "Ada" / "2.png", GREEN)
    save(tmp_path / "new" / "Bo" / "2.png", GREY)
    gallery.enrol(tmp_path / "new")
    assert [(one.name, one.references, one.aliases) for one in gallery.subjects()] == [
        ("Ada", 1, ()),
        ("Bo", 1, ()),
        ("Cy", 2, ()),
    ]


def test_an_alias_that_is_followed_is_said(gallery, photos):
    gallery.enrol(photos)
    gallery.merge("Ada", "Bo")
    save(photos / "Bo" / "2.png", GREEN)
    before, after = (gallery.enrol(photos).outcomes for _ in range(2))
    (new,) = (one for one in before if one.status == "enrolled")
    assert new.subject == "Ada"
    assert (new.message or "").endswith("'Bo' means 'Ada' (#1)")
    assert {one.message for one in after} == {None}
    assert gallery.assign(reference(gallery, "2.png"), "Bo").aliases == ("Bo",)


def test_a_name_that_was_merged_is_not_deleted_with_the_other(gallery, photos):
    gallery.enrol(photos)
    gallery.merge("Ada", "Bo")
    with pytest.raises(UsageError, match=r"another name of 'Ada' \(#1\)"):
        gallery.delete(subject="Bo")
    assert holdings(gallery) == {"Ada": 2}


def test_a_rename_ends_an_alias_and_leaves_one(gallery, photos):
    gallery.enrol(photos)
    gallery.merge("Ada", "Bo")
    assert gallery.rename("Ada", "Bo").aliases == ("Ada",)
    assert gallery.rename("Bo", "Ada").aliases == ("Bo",)
    save(photos / "Bo" / "2.png", GREEN)
    gallery.enrol(photos)
    assert holdings(gallery) == {"Ada": 3}
    assert code_of(gallery.rename, "Ada", " ") == "usage.name"


def test_a_rename_to_the_name_of_somebody_else_is_refused(gallery, photos):
    gallery.enrol(photos)
    assert code_of(gallery.rename, "Ada", " Bo ") == "usage.subject-exists"
    assert gallery.rename("Ada", "Ada ").name == "Ada"


def test_merges_in_a_ring_end(gallery, photos):
    gallery.enrol(photos)
    gallery.merge("Ada", "Bo")
    gallery.split(reference(gallery, "Bo/1.png"), "Bo")
    gallery.merge("Bo", "Ada")
    assert [(one.name, one.aliases) for one in gallery.subjects()] == [("Bo", ("Ada",))]
    gallery.delete(reference=[one.id for one in gallery.references()])
    gallery.enrol(photos)
    assert holdings(gallery) == {"Bo": 2}


def test_an_alias_goes_with_the_subject_that_it_means(gallery, photos):
    gallery.enrol(photos)
    gallery.merge("Ada", "Bo")
    gallery.delete(subject="Ada")
    gallery.enrol(photos)
    assert holdings(gallery) == {"Ada": 1, "Bo": 1}


# Names that read as numbers


def test_what_is_not_a_name_names_nobody(gallery, photos):
    gallery.enrol(photos)
    for name in (*BAD, *LIKE_NUMBERS, 7, b"Ada"):
        assert code_of(gallery.enrol, photos / "Ada" / "1.png", subject=name) == "usage.name", name
        assert code_of(gallery.split, 1, name) == "usage.name", name
        assert code_of(gallery.rename, 1, name) == "usage.name", name
        if isinstance(name, str) and name.strip() != "#1":
            assert code_of(gallery.assign, 2, name) == "usage.name", name
    assert holdings(gallery) == {"Ada": 1, "Bo": 1}


def test_a_folder_whose_name_reads_as_a_number_is_left_out_and_said(gallery, photos):
    save(photos / "#1" / "1.png", GREEN)
    outcomes = gallery.enrol(photos).outcomes
    assert [(one.status, one.code) for one in outcomes] == [("failed", "usage.name"), *[("enrolled", None)] * 2]
    assert "'#1'" in (outcomes[0].message or "")
    assert holdings(gallery) == {"Ada": 1, "Bo": 1}


def test_a_number_is_a_number_at_every_door(gallery, photos):
    gallery.enrol(photos)
    assert gallery.references("#2") == gallery.references(2) == gallery.references("Bo")
    assert gallery.assign(1, "#2").name == "Bo"
    assert code_of(gallery.merge, "#2", "Bo") == "usage.merge"
    for which in ("#3", "#0", "#" + "9" * 5000, 3, -1, 10**30, "3", True, 1.5, None.__class__, b"Bo"):
        assert code_of(gallery.references, which) == "usage.unknown-subject"
    for which in ("# 2", "#02", "＃2", "#-2"):
        assert code_of(gallery.delete, subject=which) == "usage.name"
    assert code_of(gallery.delete, reference=10**30) == "usage.unknown-reference"
    assert gallery.delete(subject="#2").references == 2


@pytest.mark.parametrize(
    "name", ["1", "-1", "--yes", "007", "a/b", "#recycle", "Ada #2", "№ 1", "../x", "%s", "O'Brien"]
)
def test_unusual_names_are_names(gallery, photos, name):
    gallery.enrol(photos / "Bo" / "1.png", subject=name)
    assert gallery.references(name)[0].subject == name
    assert gallery.delete(subject=name).subjects == 1


def test_a_subject_number_is_not_used_again(gallery, photos):
    gallery.enrol(photos)
    gallery.delete(subject="#2")
    gallery.enrol(photos)
    assert [one.id for one in gallery.subjects()] == [1, 3]


# Corrections towards people who were deleted


def test_assigned_then_deleted_then_enrolled_under_a_name(gallery, photos, tmp_path):
    loose = save(tmp_path / "loose.png", GREEN)
    for enrolled, expected in ((photos / "Ada", None), (photos, "Ada")):
        gallery.enrol([loose, photos / "Ada"])
        gallery.assign([one.id for one in gallery.references()], "Grace")
        gallery.delete(subject="Grace")
        gallery.enrol(loose, subject="Grace")
        gallery.enrol(enrolled)
        assert holdings(gallery).get(expected) == 1
        assert holdings(gallery)["Grace"] == 1
        for one in gallery.subjects():
            gallery.delete(subject=one.id)


def test_a_standing_assignment_that_overrides_the_name_given_is_said(gallery, photos, tmp_path):
    loose = save(tmp_path / "loose.png", GREEN)
    gallery.enrol(loose)
    gallery.assign(1, "Grace")
    gallery.delete(reference=1)
    (outcome,) = gallery.enrol(loose, subject="Zoe").outcomes
    assert outcome.subject == "Grace"
    assert (outcome.message or "").endswith("'Zoe' is given, but a correction made by hand says 'Grace' (#3)")


# One form of a name


def test_a_name_in_any_form_is_one_person(gallery, tmp_path):
    forms = [NFC, NFD, f" {NFC} ", f"\u200b{NFD}", f"{NFC}\u200d"]
    for place, (form, colour) in enumerate(zip(forms, colours(5), strict=True)):
        save(tmp_path / "tree" / form / f"{place}.png", colour)
    gallery.enrol(tmp_path / "tree")
    assert holdings(gallery) == {NFC: 5}
    for form in forms:
        assert len(gallery.references(form)) == 5
        assert code_of(gallery.split, 1, form) == "usage.subject-exists"
        assert code_of(gallery.merge, form, NFC) == "usage.merge"
        assert gallery.assign(1, form).references == 5
    gallery.enrol(save(tmp_path / "1.png", GREY), subject="Ada\u00a0 Lovelace")
    assert gallery.delete(subject="Ada Lovelace").subjects == 1


def test_case_and_look_alikes_are_other_people(gallery, tmp_path):
    who = ["Ada", "ada", "Ａda", "Аda", "Ada2", "Ada²"]
    for place, (name, colour) in enumerate(zip(who, colours(6), strict=True)):
        gallery.enrol(save(tmp_path / f"{place}.png", colour), subject=name)
    assert holdings(gallery) == dict.fromkeys(who, 1)
    first, second = doubts(gallery)
    assert first[0] == second[0] == "gallery.namesakes"
    assert "#1 ('Ada'), #3 ('Ａda')" in first[1]


@pytest.mark.parametrize(
    "forms",
    [
        ("Anna-Maria", "Anna\u2011Maria", "Anna\u2010Maria", "Anna\u2212Maria", "Anna\uff0dMaria"),
        ("O'Brien", "O\u2019Brien", "O\u02bcBrien", "O\u00b4Brien", "O`Brien"),
        ('Jo "Bo" Li', "Jo \u201cBo\u201d Li", "Jo \u201eBo\u201c Li", "Jo\u202f\u201cBo\u201d\u2007Li"),
    ],
)
def test_keyboards_and_word_processors_choose_hyphens_and_quotes(gallery, tmp_path, forms):
    for place, (form, colour) in enumerate(zip(forms, colours(5), strict=False)):
        gallery.enrol(save(tmp_path / f"{place}.png", colour), subject=form)
    assert holdings(gallery) == {forms[0]: len(forms)}
    assert [len(gallery.references(form)) for form in forms] == [len(forms)] * len(forms)
    assert gallery.delete(subject=forms[1]).subjects == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Mac", "Mас"), ("Anna", "Αnna"), ("Zoë", "Zоё"), ("Jim", "Jım")],
)
def test_letters_that_look_alike_are_named_by_check(gallery, tmp_path, one, other):
    for place, name in enumerate((one, other, f"{one} B")):
        gallery.enrol(save(tmp_path / f"{place}.png", colours(3)[place]), subject=name)
    assert len(holdings(gallery)) == 3
    ((code, message),) = doubts(gallery)
    assert code == "gallery.namesakes"
    assert f"#1 ({one!r}), #2 ({other!r})" in message


def test_joiners_that_scripts_need_are_kept(gallery, tmp_path):
    persian = "علی\u200cرضا"
    gallery.enrol(save(tmp_path / "1.png", RED), subject=persian)
    assert holdings(gallery) == {persian: 1}
    assert len(gallery.references("علیرضا")) == 1


@pytest.mark.slow
def test_two_processes_name_the_same_person_at_once(tmp_path):
    code = """
import sys
from bareface.services.gallery import Gallery
from tests.gallery.pictures import TileEngine
with Gallery.open(sys.argv[1], TileEngine()) as gallery:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[2]), 24, 2):
        form = ["Jose\\u0301", "Jos\\u00e9"][int(sys.argv[2])]
        gallery.enrol(f"{sys.argv[1]}-{number}.png", subject=f"{form} {number // 4}")
"""
    for number, colour in enumerate(colours(24)):
        save(tmp_path / f"g-{number}.png", colour)
    run = [sys.executable, "-c", code, str(tmp_path / "g")]
    both = [
        subprocess.Popen([*run, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for n in range(2)
    ]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in both:
        one.communicate("go\n")
        assert one.returncode == 0
    with Gallery.open(tmp_path / "g", TileEngine()) as gallery:
        assert holdings(gallery) == {f"José {n}": 4 for n in range(6)}


# Galleries of earlier versions


@pytest.fixture
def old(tmp_path):
    """Return a gallery as version 0.1.0 could leave it; its subjects are in the order of their numbers."""

    def make(who: list[str], *corrections: dict[str, str | int | None]) -> Path:
        with Gallery.open(tmp_path / "current", TileEngine()) as opened:
            for place, colour in enumerate(colours(len(who), seed=9)):
                opened.enrol(save(tmp_path / f"{place}.png", colour), subject=f"person {place}")
        early_revision(tmp_path / "old", tmp_path / "current", "0004")
        with sqlite3.connect(tmp_path / "old") as database:
            for place, name in enumerate(who, start=1):
                database.execute("UPDATE subject SET name = ?, key = ? WHERE id = ?", [name, f"{place:032x}", place])
            for row in corrections:
                row = {"made": "2026-01-01 00:00:00.000000", **row}
                columns, marks = ", ".join(row), ", ".join("?" * len(row))
                database.execute(f"INSERT INTO correction ({columns}) VALUES ({marks})", list(row.values()))
        return tmp_path / "old"

    return make


def test_an_old_gallery_with_one_name_in_two_forms(old, tmp_path):
    with Gallery.open(old([NFC, "Bo", NFD]), TileEngine()) as gallery:
        assert [one.name for one in gallery.subjects()].count(NFC) == 1  # they stay as they were typed
        for form in (NFC, NFD):
            assert code_of(gallery.delete, subject=form) == "usage.ambiguous-subject"
            assert code_of(gallery.assign, 2, form) == "usage.ambiguous-subject"
        (outcome,) = gallery.enrol(save(tmp_path / "new.png", GREY), subject=NFD).outcomes
        assert (outcome.status, outcome.code) == ("failed", "usage.ambiguous-subject")
        ((_, message),) = doubts(gallery)
        assert "#1" in message
        assert "#3" in message
        assert gallery.merge(1, "#3").aliases == ()
        assert (doubts(gallery), holdings(gallery)) == ([], {NFC: 2, "Bo": 1})
        assert len(gallery.references(NFD)) == 2


def test_an_old_gallery_with_people_called_as_numbers(old):
    with Gallery.open(old(["#2", "#1", "#07", "\x1b[31m", "Bo"]), TileEngine()) as gallery:
        for which in ("#1", "#2"):
            assert code_of(gallery.delete, subject=which) == "usage.ambiguous-subject"
        assert [code for code, _ in doubts(gallery)] == ["gallery.subject-name"] * 4
        assert gallery.rename("#1", "Ada").id == 1
        assert gallery.rename("#2", "Cy").id == 2
        assert gallery.references("#1")[0].subject == "Ada"
        assert gallery.delete(subject="#3").subjects == 1
        assert gallery.delete(subject=4).subjects == 1
        assert doubts(gallery) == []
        assert holdings(gallery) == {"Ada": 1, "Bo": 1, "Cy": 1}


def test_an_old_gallery_whose_alias_outlived_a_split(old, tmp_path):
    alias = {"kind": "merge", "merged_name": "Bo", "subject_key": f"{1:032x}", "subject_name": "Ada"}
    other = alias | {"merged_name": NFD}
    with Gallery.open(old(["Ada", "Bo"], alias, other, other), TileEngine()) as gallery:
        assert [one.aliases for one in gallery.subjects()] == [(NFC,), ()]
        assert gallery.enrol(save(tmp_path / "new.png", GREY), subject="Bo").outcomes[0].subject == "Bo"
        assert gallery.assign(1, "Bo").references == 3


def test_an_old_gallery_with_assignments_of_deleted_people(old, tmp_path):
    from bareface.imaging import decode as images

    photo = save(tmp_path / "loose.png", GREEN)
    place = {"sha256": images.fingerprint(photo), "x1": 0, "y1": 0, "x2": 48, "y2": 48}
    gone = {"kind": "assign", **place, "subject_key": f"{9:032x}", "subject_name": None}
    with Gallery.open(old(["Ada"], gone), TileEngine()) as gallery:
        assert gallery.enrol(photo, subject="Grace").outcomes[0].subject == "Grace"


def test_an_old_gallery_with_one_name_for_two_generations_of_a_person(old, tmp_path):
    from bareface.imaging import decode as images

    photo = save(tmp_path / "loose.png", GREEN)
    place = {"sha256": images.fingerprint(photo), "x1": 0, "y1": 0, "x2": 48, "y2": 48}
    waiting = {"kind": "assign", **place, "subject_key": f"{9:032x}", "subject_name": NFD}
    with Gallery.open(old(["Ada", NFC], waiting), TileEngine()) as gallery:
        gallery.rename(NFC, "Cy")
        assert gallery.enrol(photo).outcomes[0].subject == "Cy"


def test_a_gallery_that_told_people_apart_by_their_apostrophes(tmp_path, monkeypatch):
    former = "O\u2019Brien"
    with Gallery.open(tmp_path / "current", TileEngine()) as opened:
        for place, colour in enumerate(colours(3)):
            opened.enrol(save(tmp_path / f"{place}.png", colour), subject=f"person {place}")
        opened.rename("person 2", "D'Arcy")
    early_revision(tmp_path / "old", tmp_path / "current", "0007")
    with sqlite3.connect(tmp_path / "old") as database:
        for name, number in (("O'Brien", 1), (former, 2), ("D\u2019Arcy", 3)):
            database.execute("UPDATE subject SET name = ?, name_key = ? WHERE id = ?", [name, name, number])
    shutil.copy(tmp_path / "old", tmp_path / "read-only")
    monkeypatch.setattr(paths, "may_write", lambda path: path.name != "read-only")
    with Gallery.open(tmp_path / "read-only", TileEngine()) as gallery:
        assert [one.subject for one in gallery.references("D\u2019Arcy")] == ["D\u2019Arcy"]
        assert [one.subject for one in gallery.references("D'Arcy")] == ["D\u2019Arcy"]
        assert [one.subject for one in gallery.references("O'Brien")] == ["O'Brien"]
    with Gallery.open(tmp_path / "old", TileEngine()) as gallery:
        assert len(gallery.references("D'Arcy")) == len(gallery.references("D\u2019Arcy")) == 1
        assert code_of(gallery.delete, subject=former) == "usage.ambiguous-subject"
        assert [code for code, _ in doubts(gallery)] == ["gallery.namesakes"]
        gallery.merge("#1", "#2")
        assert (doubts(gallery), len(gallery.references(former))) == ([], 2)


# The forms themselves


@pytest.mark.parametrize(
    "name",
    [NFC, NFD, " a \u200d b ", "علی\u200cرضا", "❤\ufe0f", "e\u200d\u0301", "\u2019\u2011\u201c", "\udce9t\udce9"],
)
def test_a_form_is_its_own_form(name):
    assert names.written(names.written(name)) == names.written(name)
    assert names.key(names.key(name)) == names.key(name) == names.key(names.written(name))
    assert names.checked(names.checked(name)) == names.checked(name)
