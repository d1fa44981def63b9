"""``bareface gallery``."""

from __future__ import annotations

import json
import shlex
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.support import Run, parsed


def names(run: Run, gallery: Path) -> dict[str | None, int]:
    found = parsed(run("gallery", "subjects", gallery, "--json"))["subjects"]
    return {subject["name"]: subject["references"] for subject in found}


def references(run: Run, gallery: Path) -> dict[str, Any]:
    found = parsed(run("gallery", "references", gallery, "--json"))["references"]
    return {one["subject"]: one for one in found}


def test_info(run: Run, enrolled: Path) -> None:
    found = parsed(run("gallery", "info", enrolled, "--json"))
    assert (found["subjects"], found["references"], found["photos"]) == (2, 2, 2)
    assert found["space"] == "bareface-mobile-128-v2"
    assert "bareface-mobile in float32" in run("gallery", "info", enrolled).stdout


def test_subjects_and_references(run: Run, enrolled: Path) -> None:
    assert names(run, enrolled) == {"Eileen Collins": 1, "Grace Hopper": 1}
    hers = parsed(run("gallery", "references", enrolled, "--subject", "Grace Hopper", "--json"))["references"]
    assert [one["subject"] for one in hers] == ["Grace Hopper"]
    assert hers[0]["basis"] == "public domain"
    by_number = run("gallery", "references", enrolled, "--subject", f"#{hers[0]['subject_id']}", "--json")
    assert parsed(by_number)["references"] == hers
    assert "grace_hopper.jpg" in run("gallery", "references", enrolled).stdout


def test_an_unknown_subject_is_a_usage_error(run: Run, enrolled: Path) -> None:
    result = parsed(run("gallery", "references", enrolled, "--subject", "Nobody", "--json", expect=2))
    assert result["error"]["code"] == "usage.unknown-subject"


def test_deleting_needs_a_yes(run: Run, gallery: Path) -> None:
    result = run("gallery", "delete", gallery, "--subject", "Grace Hopper", expect=2)
    assert "--yes" in result.stderr
    assert len(names(run, gallery)) == 2


def test_delete_by_subject_photo_and_reference(run: Run, gallery: Path, people: Path, collins: Path) -> None:
    number = next(
        one["id"]
        for one in parsed(run("gallery", "subjects", gallery, "--json"))["subjects"]
        if one["name"] == "Grace Hopper"
    )
    result = run("gallery", "delete", gallery, "--subject", f"#{number}", "--yes", "--json")
    assert f"Deleted Grace Hopper (#{number})." in result.stderr
    deleted = parsed(result)
    assert deleted == {"references": 1, "photos": 1, "subjects": 1}
    run("gallery", "delete", gallery, "--photo", collins, "--yes")
    run("gallery", "subjects", gallery, expect=1)
    run("enrol", gallery, people)
    number = references(run, gallery)["Grace Hopper"]["id"]
    run("gallery", "delete", gallery, "--reference", number, "--yes")
    assert names(run, gallery) == {"Eileen Collins": 1}
    assert "nothing that was deleted" in run("gallery", "scrub", gallery).stderr


def test_corrections_outlast_a_new_enrolment(run: Run, gallery: Path, people: Path) -> None:
    found = references(run, gallery)
    run("gallery", "assign", gallery, "Amazing Grace", found["Grace Hopper"]["id"])
    assert names(run, gallery) == {"Amazing Grace": 1, "Eileen Collins": 1}
    run("gallery", "reject", gallery, found["Eileen Collins"]["id"], "--yes")
    run("enrol", gallery, people)
    assert names(run, gallery) == {"Amazing Grace": 1}


def test_merge_and_split(run: Run, gallery: Path) -> None:
    found = references(run, gallery)
    merged = parsed(run("gallery", "merge", gallery, "Eileen Collins", "Grace Hopper", "--json"))
    assert (merged["name"], merged["references"]) == ("Eileen Collins", 2)
    run("gallery", "split", gallery, found["Grace Hopper"]["id"], "--name", "Rear Admiral")
    assert names(run, gallery) == {"Eileen Collins": 1, "Rear Admiral": 1}


def test_merge_says_how_it_is_undone_and_an_alias_is_said(run: Run, gallery: Path) -> None:
    before = names(run, gallery)
    said = run("gallery", "merge", gallery, "Eileen Collins", "Grace Hopper").stderr
    command = shlex.split(said.split("To undo this: ")[1])
    number = command[4]
    assert command == ["bareface", "gallery", "split", str(gallery), number, "--name", "Grace Hopper"]
    result = run("gallery", "assign", gallery, "Grace  Hopper", number, "--json")
    assert (parsed(result)["name"], parsed(result)["aliases"]) == ("Eileen Collins", ["Grace Hopper"])
    assert "it means Eileen Collins" in result.stderr
    assert "Grace Hopper" in run("gallery", "subjects", gallery).stdout
    refused = parsed(run("gallery", "delete", gallery, "--subject", "Grace Hopper", "--yes", "--json", expect=2))
    assert refused["error"]["code"] == "usage.unknown-subject"
    assert "Eileen Collins" in refused["error"]["remedy"]
    run(*command[1:])
    assert names(run, gallery) == before


def test_a_name_that_only_corrections_keep_is_deleted(run: Run, gallery: Path) -> None:
    run("gallery", "merge", gallery, "Eileen Collins", "Grace Hopper")
    for reference in parsed(run("gallery", "references", gallery, "--json"))["references"]:
        run("gallery", "delete", gallery, "--reference", reference["id"], "--yes")
    result = run("gallery", "delete", gallery, "--subject", "Eileen Collins", "--yes", "--json")
    assert parsed(result) == {"references": 0, "photos": 0, "subjects": 1}
    assert not any(name in gallery.read_bytes() for name in (b"Eileen Collins", b"Grace Hopper"))
    run("gallery", "delete", gallery, "--subject", "Eileen Collins", "--yes", expect=2)


def test_names_that_read_as_numbers_are_refused_everywhere(run: Run, gallery: Path, people: Path) -> None:
    number = references(run, gallery)["Grace Hopper"]["id"]
    for command in (
        ("enrol", gallery, people, "--subject", "#1"),
        ("enrol", gallery, people, "--subject", "\u200b"),
        ("gallery", "split", gallery, number, "--name", "#1"),
        ("gallery", "rename", gallery, "#1", "# 2"),
        ("gallery", "assign", gallery, "#01", number),
        ("gallery", "delete", gallery, "--yes", "--subject", "＃1"),
    ):
        assert parsed(run(*command, "--json", expect=2))["error"]["code"] == "usage.name"
    empty = run("enrol", gallery, people, "--subject", "", "--json", expect=2)
    assert parsed(empty)["error"]["code"] == "usage.empty"
    for which in ("#9", "#99999999999999999999", "9"):
        error = parsed(run("gallery", "references", gallery, "--subject", which, "--json", expect=2))["error"]
        assert error["code"] == "usage.unknown-subject"
    assert len(names(run, gallery)) == 2


def test_names_that_look_like_options(run: Run, gallery: Path) -> None:
    changed = parsed(run("gallery", "rename", "--json", gallery, "--", "Grace Hopper", "-1"))
    assert (changed["name"], changed["aliases"]) == ("-1", ["Grace Hopper"])
    run("gallery", "merge", gallery, "--", "-1", "Eileen Collins")
    run("gallery", "delete", gallery, "--subject=-1", "--yes")
    run("gallery", "subjects", gallery, expect=1)


def test_relink_a_moved_folder(run: Run, people: Path, tmp_path: Path) -> None:
    old, new, gallery = tmp_path / "old", tmp_path / "new", tmp_path / "g.bareface"
    shutil.copytree(people, old)
    run("enrol", gallery, old)
    old.rename(new)
    lost = parsed(run("gallery", "check", gallery, "--json"))
    assert lost["ok"]
    assert len(lost["missing_photos"]) == 2
    assert parsed(run("gallery", "relink", gallery, old, new, "--json"))["relinked"] == 2
    assert not parsed(run("gallery", "check", gallery, "--json"))["missing_photos"]


def test_relink_says_what_is_not_there(run: Run, gallery: Path, people: Path, tmp_path: Path) -> None:
    result = run("gallery", "relink", gallery, people, tmp_path / "nowhere", expect=3)
    assert result.stderr.count("not there: ") == 2


def test_a_precision_that_cannot_be_had_changes_nothing(run: Run, gallery: Path) -> None:
    for named in ((), ("--embedder", "bareface128")):
        refused = run("gallery", "reembed", gallery, *named, "--precision", "int8", expect=5).stderr
        assert "model.precision" in refused
    (made,) = parsed(run("gallery", "info", gallery, "--json"))["templates"]
    assert made["precision"] == "float32"
    report = parsed(run("gallery", "reembed", gallery, "--precision", "auto", "--json"))
    assert (report["references"], report["unresolved"]) == (2, [])


def test_check_of_a_damaged_gallery(run: Run, gallery: Path) -> None:
    data = bytearray(gallery.read_bytes())
    data[4096 : len(data) // 2] = b"\xff" * (len(data) // 2 - 4096)
    gallery.write_bytes(data)
    result = run("gallery", "check", gallery, expect=4)
    assert "gallery.corrupt" in result.stderr


def test_check_warns_of_a_gallery_that_others_may_read(run: Run, gallery: Path) -> None:
    gallery.chmod(0o664)
    result = run("gallery", "check", gallery)
    assert "Warning: gallery.shared: " in result.stderr
    assert f"chmod 600 {gallery}" in result.stderr
    (warning,) = parsed(run("gallery", "check", gallery, "--json"))["warnings"]
    assert warning["code"] == "gallery.shared"
    gallery.chmod(0o600)
    folder = gallery.with_name(f"{gallery.name}-photos")
    folder.mkdir()
    folder.chmod(0o755)
    assert f"chmod 700 {folder}" in run("gallery", "check", gallery).stderr


@pytest.mark.parametrize("command", ["info", "subjects", "references", "check"])
def test_a_missing_gallery(run: Run, tmp_path: Path, command: str) -> None:
    assert "gallery.missing" in run("gallery", command, tmp_path / "none", expect=4).stderr
    assert not (tmp_path / "none").exists()


def test_import_encodings(run: Run, collins: Path, tmp_path: Path) -> None:
    import bareface

    vector = bareface.Engine(embedder="dlib-resnet", threads=1).faces(collins)[0].template.vector
    file, gallery = tmp_path / "known.json", tmp_path / "g.bareface"
    file.write_text(json.dumps([{"name": "Eileen Collins", "encoding": np.asarray(vector, float).tolist()}]))
    outcome = parsed(run("gallery", "import", gallery, file, "--basis", "consent", "--json"))
    assert (outcome["status"], outcome["references"]) == ("enrolled", 1)
    best = parsed(run("search", gallery, collins, "--json"))["results"][0]["lists"][0]["candidates"][0]
    assert best["subject"] == "Eileen Collins"
    assert best["similarity"] == pytest.approx(1, abs=1e-5)


def test_import_of_something_else(run: Run, collins: Path, tmp_path: Path) -> None:
    result = parsed(run("gallery", "import", tmp_path / "g.bareface", collins, "--json", expect=4))
    assert result["error"]["code"].startswith("gallery.import")


def test_a_repair_asks_first_and_deletes_damaged_corrections(run: Run, gallery: Path) -> None:
    run("gallery", "assign", gallery, "Ada", 1)
    with closing(sqlite3.connect(gallery)) as raw, raw:
        raw.execute("UPDATE correction SET made = x'00ff'")
    assert "`bareface gallery check --repair`" in run("gallery", "check", gallery, expect=4).stderr
    assert parsed(run("gallery", "check", gallery, "--repair", "--json", expect=2))["error"]["code"] == "usage.confirm"
    assert parsed(run("gallery", "check", gallery, "--json", expect=4))["repairable"] == 1
    assert "Deleted: 1 damaged row." in run("gallery", "check", gallery, "--repair", "--yes").stderr
    assert parsed(run("gallery", "check", gallery, "--json"))["ok"]


def test_a_repair_asks_only_if_it_would_delete_something(run: Run, gallery: Path) -> None:
    gallery.with_name(f"{gallery.name}-audit").write_bytes(b"no database")
    told = run("gallery", "check", gallery, "--repair", expect=4).stderr
    assert "there is nothing to repair" in told
    assert "-audit" in told


@pytest.mark.parametrize("damage", ["missing", "format", "name"])
def test_a_refused_import_makes_no_gallery(run: Run, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "encodings.json"
    if damage != "missing":
        rows = [{"name": "#1" if damage == "name" else "Ada", "encoding": [0.1] * (128 if damage == "name" else 3)}]
        file.write_text(json.dumps(rows))
    run("gallery", "import", tmp_path / "new", file, expect=2 if damage == "name" else 4)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("new")] == []


@pytest.mark.parametrize("what", ["missing", "no face", "empty folder", "bad name"])
def test_a_first_enrolment_that_stores_nothing_makes_no_gallery(run: Run, tmp_path: Path, what: str) -> None:
    blank = tmp_path / "blank.png"
    Image.new("RGB", (64, 64)).save(blank)
    (tmp_path / "folder").mkdir()
    arguments, code = {
        "missing": ([tmp_path / "none.jpg"], 3),
        "no face": ([blank], 1),
        "empty folder": ([tmp_path / "folder"], 1),
        "bad name": ([blank, "--subject", "#1"], 2),
    }[what]
    run("enrol", tmp_path / "new", *arguments, expect=code)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("new")] == []


def test_templates_of_another_model_name_every_remedy(run: Run, gallery: Path, collins: Path) -> None:
    refused = run("search", gallery, collins, "--embedder", "dlib-resnet", expect=4).stderr
    assert "template.space" in refused
    assert all(remedy in refused for remedy in ("Leave out `--embedder`", "add the model again", "gallery reembed"))
