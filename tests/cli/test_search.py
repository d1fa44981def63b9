"""``bareface enrol``, ``search`` and ``compare`` on real portraits."""

from __future__ import annotations

import math
import shutil
import sqlite3
from pathlib import Path

import cv2
import numpy as np
import pytest

from bareface.imaging import decode as images
from bareface.restoration.provenance import labels_of_drawing
from bareface.services.engine import Engine
from bareface.synthesis.masks import apply_mask, sample_mask
from tests.cli.support import Run, parsed

FACE = {"source", "score", "box", "landmarks", "mask_state", "visible", "quality"}
CANDIDATE = {
    "rank", "subject_id", "subject", "reference_id", "similarity", "distance", "decision", "fpir", "source", "box",
    "same_source", "model", "precision", "extrapolated", "probe_state", "reference_state", "probe_visible", "visible",
    "normalised",
    "compared_with",
}  # fmt: skip


@pytest.fixture(scope="module")
def mirrored(collins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return another photo of Eileen Collins, as far as files go: mirrored and smaller."""
    pixels = cv2.resize(images.decode(collins).pixels[:, ::-1], (400, 400), interpolation=cv2.INTER_AREA)
    path = tmp_path_factory.mktemp("probes") / "mirrored.jpg"
    images.write(path, np.ascontiguousarray(pixels))
    return path


@pytest.fixture(scope="module")
def masked(collins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return Eileen Collins with a mask over mouth and nose."""
    photo = images.decode(collins)
    (face,) = Engine(threads=1).detect(photo)
    mask = sample_mask(0, half="test", kind="surgical", nose="medium")
    path = tmp_path_factory.mktemp("masked") / "masked.png"
    images.write(path, apply_mask(photo.pixels, face.landmarks, mask).pixels)
    return path


@pytest.fixture(scope="module")
def together(collins: Path, hopper: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return both people in one photo."""
    left, right = images.decode(collins).pixels, images.decode(hopper).pixels[:512]
    path = tmp_path_factory.mktemp("group") / "together.png"
    images.write(path, np.hstack([left, right]))
    return path


def test_faces_enrolled_without_a_name_are_said(run: Run, collins: Path, hopper: Path, tmp_path: Path) -> None:
    said = run("enrol", tmp_path / "g", collins, hopper).stderr
    assert "2 files enrolled without a name: each face is a subject of its own." in said
    assert "`--subject NAME`" in said
    assert "without a name" not in run("enrol", tmp_path / "h", collins, "--subject", "Eileen").stderr


def test_enrol_names_subjects_by_folder(run: Run, people: Path, tmp_path: Path) -> None:
    gallery = tmp_path / "g.bareface"
    result = parsed(run("enrol", gallery, people, "--basis", "consent", "--json"))
    assert set(result) == {"gallery", "references", "counts", "outcomes", "left_out"}
    assert result["counts"] == {
        "enrolled": 2, "already enrolled": 0, "ambiguous": 0, "no face": 0, "rejected": 0, "refused": 0, "failed": 0,
    }  # fmt: skip
    assert {outcome["subject"] for outcome in result["outcomes"]} == {"Eileen Collins", "Grace Hopper"}
    assert set(result["outcomes"][0]) == {"source", "status", "references", "faces", "subject", "code", "message"}


def test_enrolling_again_is_done_already(run: Run, gallery: Path, people: Path) -> None:
    result = parsed(run("enrol", gallery, people, "--json"))
    assert result["counts"]["already enrolled"] == 2
    assert result["references"] == 0


def test_bad_files_are_outcomes_and_the_rest_is_enrolled(
    run: Run, collins: Path, broken: Path, nobody: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for photo in (collins, broken, nobody):
        shutil.copy(photo, photos)
    result = run("enrol", tmp_path / "g.bareface", photos, expect=3)
    assert "failed: " in result.stderr
    assert "no face: " in result.stderr
    assert "no face found of at least 40 pixels" in result.stderr.replace("\n", " ")
    assert "\x1b[31m\udcff" not in result.output
    assert "bad\\x1b[31m\\udcff.jpg" in result.stderr
    again = parsed(run("enrol", tmp_path / "g.bareface", photos, "--json", expect=3))
    assert again["counts"]["already enrolled"] == 1
    assert [o["code"] for o in again["outcomes"] if o["status"] == "failed"] == ["image.not-an-image"]


def test_nothing_to_enrol_is_exit_code_1(run: Run, nobody: Path, tmp_path: Path) -> None:
    run("enrol", tmp_path / "g.bareface", nobody, expect=1)


def test_several_faces_need_a_choice(run: Run, together: Path, tmp_path: Path) -> None:
    gallery = tmp_path / "g.bareface"
    doubtful = parsed(run("enrol", gallery, together, "--subject", "Grace", "--json", expect=1))
    assert doubtful["counts"]["ambiguous"] == 1
    seen = parsed(run("faces", together, "--json"))["photos"][0]["faces"]
    hopper = 1 + max(range(2), key=lambda place: seen[place]["box"][0])  # she stands on the right
    run("enrol", gallery, together, "--subject", "Grace", "--face", hopper)
    (reference,) = parsed(run("gallery", "references", gallery, "--json"))["references"]
    assert reference["box"] == pytest.approx(seen[hopper - 1]["box"], abs=0.01)


def test_search_lists_candidates(run: Run, enrolled: Path, mirrored: Path) -> None:
    result = parsed(run("search", enrolled, mirrored, "--json"))
    assert set(result) == {"gallery", "results"}
    (answer,) = result["results"]
    assert set(answer) == {"probes", "notes", "lists", "beside", "error"}
    assert answer["probes"] == [str(mirrored)]
    assert answer["error"] is None
    (entry,) = answer["lists"]
    assert set(entry) == {"probe", "subjects", "references", "notes", "candidates"}
    assert set(entry["probe"][0]) == FACE
    assert (entry["subjects"], entry["references"]) == (2, 2)
    assert all(set(candidate) == CANDIDATE for candidate in entry["candidates"])
    assert [candidate["subject"] for candidate in entry["candidates"]] == ["Eileen Collins", "Grace Hopper"]


def test_search_speaks_of_leads(run: Run, enrolled: Path, mirrored: Path) -> None:
    result = run("search", enrolled, mirrored, "--top", 1)
    assert "Eileen Collins" in result.stdout
    assert "Grace Hopper" not in result.stdout
    assert "Candidates are leads, not identifications" in result.stderr


def test_the_probes_own_file_is_marked(run: Run, enrolled: Path, collins: Path) -> None:
    shown = run("search", enrolled, collins).stdout
    assert "as the probe" in shown
    assert "same file" in shown


def test_a_probe_that_calls_itself_restored_is_said(run: Run, enrolled: Path, collins: Path, tmp_path: Path) -> None:
    for format in ("PNG", "JPEG", "WEBP"):
        labels = labels_of_drawing("0" * 64)
        picture = tmp_path / f"x.{format}"
        picture.write_bytes(images.encode(images.decode(collins).pixels, format, labels=labels))
        assert "its own metadata call it restored" in run("search", enrolled, picture).stderr
    assert "metadata" not in run("search", enrolled, collins).stderr


def test_every_face_of_a_probe_gets_a_list(run: Run, enrolled: Path, together: Path) -> None:
    (answer,) = parsed(run("search", enrolled, together, "--json"))["results"]
    best = {entry["candidates"][0]["subject"] for entry in answer["lists"]}
    assert best == {"Eileen Collins", "Grace Hopper"}


def test_probes_of_one_person_are_one_search(run: Run, enrolled: Path, collins: Path, mirrored: Path) -> None:
    (answer,) = parsed(run("search", enrolled, collins, mirrored, "--same-person", "--json"))["results"]
    (entry,) = answer["lists"]
    assert len(entry["probe"]) == 2
    assert entry["candidates"][0]["subject"] == "Eileen Collins"


def test_a_masked_probe_is_judged_as_one(run: Run, enrolled: Path, masked: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    result = run("search", enrolled, masked, "--report", page)
    shown = parsed(run("search", enrolled, masked, "--json"))["results"][0]["lists"][0]
    (probe,) = shown["probe"]
    assert probe["mask_state"] == "full"
    assert 0.2 < probe["visible"] < 0.5
    for candidate in shown["candidates"]:
        assert candidate["probe_state"] == "full"
        assert candidate["reference_state"] == "none"
        assert candidate["probe_visible"] == probe["visible"]
        assert candidate["visible"] > 0.9
    assert any("for probe full, reference none" in note for note in shown["notes"])
    share = f"{math.floor(100 * probe['visible'])} %"
    assert f"full mask, {share} visible" in result.stdout
    assert f"thin evidence: {share} of the face visible in the probe" in result.stderr
    text = page.read_text(encoding="utf-8")
    assert f"full mask, {share} visible" in text
    assert text.count("no mask, ") == 2


def test_a_probe_that_shows_too_little_is_refused(run: Run, enrolled: Path, masked: Path, mirrored: Path) -> None:
    answers = parsed(run("search", enrolled, masked, mirrored, "--min-visible", 0.6, "--json", expect=3))["results"]
    assert answers[0]["error"]["code"] == "face.hidden"
    assert "masked.png" in answers[0]["error"]["source"]
    assert "--min-visible 0" in answers[0]["error"]["remedy"]
    assert answers[1]["lists"][0]["candidates"][0]["subject"] == "Eileen Collins"
    run("search", enrolled, masked, "--min-visible", 0)


def test_enrol_refuses_what_shows_too_little(run: Run, masked: Path, mirrored: Path, tmp_path: Path) -> None:
    gallery = tmp_path / "g.bareface"
    result = run("enrol", gallery, masked, mirrored, "--min-visible", 0.6, expect=3)
    assert "failed: " in result.stderr
    assert "less than the limit of 60 %" in result.stderr
    again = parsed(run("enrol", gallery, masked, mirrored, "--min-visible", 0, "--json"))
    assert [outcome["status"] for outcome in again["outcomes"]] == ["enrolled", "already enrolled"]
    listed = parsed(run("gallery", "references", gallery, "--json"))["references"]
    assert {one["mask_state"] for one in listed} == {"none", "full"}
    assert all(0 <= one["quality"] <= 100 for one in listed)
    assert "%, full mask" in run("gallery", "references", gallery).stdout


def test_enrol_warns_of_a_poor_photo(run: Run, collins: Path, tmp_path: Path) -> None:
    images.write(tmp_path / "blurred.png", cv2.GaussianBlur(images.decode(collins).pixels, (0, 0), 4))
    result = run("enrol", tmp_path / "g.bareface", tmp_path / "blurred.png")
    assert "blurred.png: poor quality" in result.stderr
    assert "of 100: blurred" in result.stderr


def test_a_bad_probe_does_not_stop_the_others(
    run: Run, enrolled: Path, mirrored: Path, broken: Path, nobody: Path
) -> None:
    result = parsed(run("search", enrolled, broken, nobody, mirrored, "--json", expect=3))
    errors = [answer["error"] and answer["error"]["code"] for answer in result["results"]]
    assert errors == ["image.not-an-image", "image.no-face", None]
    assert result["results"][2]["lists"][0]["candidates"][0]["subject"] == "Eileen Collins"


def test_no_face_in_the_probe_is_exit_code_1(run: Run, enrolled: Path, nobody: Path) -> None:
    assert "no face was found of at least 40 pixels" in run("search", enrolled, nobody, expect=1).stderr


def test_a_hostile_subject_is_only_text(
    run: Run, collins: Path, mirrored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(collins.parent)  # a short path leaves the name its line
    name, page = "[bold]\x1b[2J<script>alert(1)</script>\u202e", tmp_path / "r.html"
    run("enrol", tmp_path / "g.bareface", collins, "--subject", "Ada")
    with sqlite3.connect(tmp_path / "g.bareface") as gallery:  # as in a gallery of an earlier version
        gallery.execute("UPDATE subject SET name = ?", [name])
    result = run("search", tmp_path / "g.bareface", mirrored, "--report", page)
    assert "[bold]\\x1b[2J<script>alert(1)</script>\\u202e" in result.stdout
    assert not set("\x1b\u202e") & set(result.output + page.read_text(encoding="utf-8"))
    assert "<script>" not in page.read_text(encoding="utf-8")
    again = parsed(run("search", tmp_path / "g.bareface", mirrored, "--json"))
    assert again["results"][0]["lists"][0]["candidates"][0]["subject"] == name


def test_report_is_written_whole(run: Run, enrolled: Path, mirrored: Path, nobody: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    result = run("search", enrolled, mirrored, nobody, "--report", page)
    assert f"Report: {page}" in result.stderr
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg;base64,") == 4  # probe, its occlusion map, two candidates
    assert "image.no-face" in text


def test_report_without_crops(run: Run, people: Path, mirrored: Path, tmp_path: Path) -> None:
    run("enrol", tmp_path / "g.bareface", people, "--no-crops")
    run("search", tmp_path / "g.bareface", mirrored, "--report", tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.count("data:image/jpeg;base64,") == 2  # the probe and its occlusion map
    assert text.count("no picture kept") == 2


def test_a_report_that_cannot_be_written(run: Run, enrolled: Path, mirrored: Path, tmp_path: Path) -> None:
    result = run("search", enrolled, mirrored, "--report", tmp_path / "nowhere" / "r.html", "--json", expect=2)
    assert parsed(result)["error"]["code"] == "usage.output"


def test_a_missing_gallery_is_not_made(run: Run, collins: Path, tmp_path: Path) -> None:
    result = parsed(run("search", tmp_path / "none.bareface", collins, "--json", expect=4))
    assert result["error"]["code"] == "gallery.missing"
    assert not (tmp_path / "none.bareface").exists()


def test_a_file_that_is_no_gallery(run: Run, collins: Path) -> None:
    result = run("search", collins, collins, expect=4)
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.splitlines()) == 1


def test_compare_the_same_person(run: Run, collins: Path, mirrored: Path) -> None:
    result = parsed(run("compare", collins, mirrored, "--json"))
    assert set(result) == {"a", "b", "comparison"}
    assert set(result["a"]) == {"source", "faces", "face"}
    assert set(result["a"]["face"]) == FACE
    comparison = result["comparison"]
    assert set(comparison) == {
        "similarity",
        "distance",
        "decision",
        "threshold",
        "fmr",
        "basis",
        "states",
        "visible",
        "notes",
        "normalised",
    }
    assert comparison["decision"] == "match"
    assert comparison["similarity"] > comparison["threshold"]


def test_compare_by_mask_state(run: Run, collins: Path, masked: Path) -> None:
    comparison = parsed(run("compare", collins, masked, "--json"))["comparison"]
    assert comparison["states"] == ["none", "full"]
    assert comparison["visible"][0] > 0.9
    assert "for probe none, reference full" in comparison["basis"]
    assert "masked.png" in comparison["notes"][0]
    result = run("compare", collins, masked)
    assert "no mask, 9" in result.stdout
    assert "full mask, " in result.stdout
    assert comparison["notes"][0] in result.stderr
    refused = parsed(run("compare", collins, masked, "--min-visible", 0.6, "--json", expect=3))
    assert refused["error"]["code"] == "face.hidden"


def test_compare_takes_the_best_face_that_shows_enough(run: Run, collins: Path, masked: Path, tmp_path: Path) -> None:
    images.write(tmp_path / "both.png", np.hstack([images.decode(masked).pixels, images.decode(collins).pixels]))
    result = parsed(run("compare", tmp_path / "both.png", collins, "--min-visible", 0.6, "--json"))
    assert result["a"]["faces"] == 2
    assert result["a"]["face"]["mask_state"] == "none"
    assert result["comparison"]["similarity"] > 0.99


def test_compare_strangers_is_exit_code_1(run: Run, collins: Path, hopper: Path) -> None:
    result = run("compare", collins, hopper, expect=1)
    assert "no match" in result.stdout


def test_compare_without_a_face(run: Run, collins: Path, nobody: Path) -> None:
    result = parsed(run("compare", collins, nobody, "--json", expect=1))
    assert result["comparison"] is None
    assert result["b"] == {"source": str(nobody), "faces": 0, "face": None}


def test_compare_with_a_broken_file(run: Run, collins: Path, broken: Path) -> None:
    result = run("compare", collins, broken, expect=3)
    assert "bad\\x1b[31m\\udcff.jpg" in result.stderr
