"""``bareface enhance``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bareface.errors import UsageError
from bareface.imaging import decode as images
from bareface.restoration.provenance import read_provenance, sentence, share_in_words
from tests.cli.support import Run, parsed


@pytest.fixture(scope="module")
def blurred(collins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pixels = cv2.GaussianBlur(images.decode(collins).pixels, (0, 0), 3)
    path = tmp_path_factory.mktemp("blurred") / "collins.png"
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)
    return path


def test_before_and_after_and_the_photo_all_labelled(run: Run, blurred: Path, tmp_path: Path) -> None:
    found = parsed(run("enhance", blurred, "-o", tmp_path / "new", "--fidelity", 0.2, "--json"))
    photo = images.decode(blurred)
    for path in (found["sheet"], found["file"]):
        made = read_provenance(path)
        assert made is not None
        assert (made.kind, made.method, made.source_sha256) == ("enhance", "bareface", photo.sha256)
        assert made.settings == (("fidelity", "0.2"),)
    placed = images.decode(found["file"]).pixels
    height, width = photo.pixels.shape[:2]
    assert placed.shape[1] == width
    assert placed.shape[0] > height  # the band
    changed = (placed[:height] != photo.pixels).any(axis=2)
    assert 0.01 < changed.mean() < 0.5
    assert 0 < found["drift"] < 1


def test_a_classical_method_and_words_for_people(run: Run, blurred: Path, tmp_path: Path) -> None:
    result = run("enhance", blurred, "-o", tmp_path, "--method", "unsharp")
    made = read_provenance(tmp_path / "collins.enhance.png")
    assert made is not None
    assert f"{share_in_words(made)} of the face is recomputed by unsharp" in result.stderr
    assert share_in_words(made) in sentence(made)  # as the picture's own band says
    assert "do not use it as evidence" in result.stderr
    assert (tmp_path / "collins.enhance.png").is_file()
    assert (tmp_path / "collins.enhanced.png").is_file()


@pytest.mark.slow
def test_pictures_of_another_photo_are_never_replaced(run: Run, blurred: Path, hopper: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / blurred.name  # the same name, another photo
    Image.open(hopper).save(other)
    out = tmp_path / "out"
    out.mkdir()
    mine = Path(shutil.copy(hopper, out / "collins-2.enhanced.png"))  # somebody's own picture

    def enhanced(photo: Path) -> list[str]:
        found = parsed(run("enhance", photo, "-o", out, "--method", "bicubic", "--json"))
        for path in (found["sheet"], found["file"]):
            made = read_provenance(path)
            assert made is not None
            assert made.source_sha256 == images.decode(photo).sha256
        return [Path(found[key]).name for key in ("sheet", "file")]

    first = enhanced(blurred)
    assert first == ["collins.enhance.png", "collins.enhanced.png"]
    assert enhanced(other) == ["collins-3.enhance.png", "collins-3.enhanced.png"]
    assert enhanced(blurred) == first  # those of the same photo are
    assert mine.read_bytes() == hopper.read_bytes()
    assert len(list(out.iterdir())) == 5


@pytest.mark.slow
def test_commands_at_once_take_different_names(blurred: Path, hopper: Path, tmp_path: Path) -> None:
    photos = [tmp_path / str(number) / "x.png" for number in range(3)]
    for number, photo in enumerate(photos):
        photo.parent.mkdir()
        pixels = images.decode(blurred).pixels.copy()
        pixels[0] = number
        Image.fromarray(pixels).save(photo)
    command = [sys.executable, "-m", "bareface", "enhance", "--method", "bicubic", "--threads", "1", "-o", tmp_path]
    running = [subprocess.Popen([*command, photo], stderr=subprocess.DEVNULL) for photo in photos]
    assert [one.wait() for one in running] == [0, 0, 0]
    made = [read_provenance(path) for path in tmp_path.glob("*.png")]
    sources = [one.source_sha256 for one in made if one is not None]
    assert sorted(sources) == sorted(2 * [images.decode(photo).sha256 for photo in photos])


def test_what_fails_leaves_no_empty_picture(run: Run, blurred: Path, tmp_path: Path) -> None:
    (tmp_path / "collins.enhanced.png").mkdir()
    run("enhance", blurred, "-o", tmp_path, "--method", "bicubic", expect=2)
    assert [path.name for path in tmp_path.iterdir() if path.is_file() and not path.stat().st_size] == []


@pytest.mark.slow
def test_pictures_of_two_faces_of_a_photo_stay_two(run: Run, collins: Path, tmp_path: Path) -> None:
    pixels = images.decode(collins).pixels
    Image.fromarray(np.hstack([pixels, pixels])).save(tmp_path / "two.png")
    for face, name in ((1, "two.enhance.png"), (2, "two-2.enhance.png"), (2, "two-2.enhance.png")):
        arguments = ("enhance", tmp_path / "two.png", "-o", tmp_path / "out", "--method", "bicubic", "--face", face)
        found = parsed(run(*arguments, "--json"))
        assert Path(found["sheet"]).name == name
    made = read_provenance(found["file"])
    assert made is not None
    assert ("face", "2") in made.settings


def test_no_information_says_so_and_writes_nothing(run: Run, collins: Path, tmp_path: Path) -> None:
    pixels = images.decode(collins).pixels
    small = cv2.resize(pixels, (48, 48), interpolation=cv2.INTER_AREA)
    tiny = np.full((256, 256, 3), 128, np.uint8)
    tiny[100:148, 100:148] = small
    Image.fromarray(tiny).save(tmp_path / "tiny.png")
    result = run("enhance", tmp_path / "tiny.png", "-o", tmp_path / "out", "--min-face", 4, "--json", expect=3)
    assert parsed(result)["error"]["code"] in ("restoration.no-information", "image.no-face")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("option", "value"), [("--method", "magic"), ("--fidelity", "2")])
def test_wrong_usage(run: Run, collins: Path, tmp_path: Path, option: str, value: str) -> None:
    run("enhance", collins, "-o", tmp_path, option, value, expect=2)


def test_no_such_face(run: Run, collins: Path, tmp_path: Path) -> None:
    result = run("enhance", collins, "-o", tmp_path, "--face", 9, "--json", expect=2)
    assert parsed(result)["error"]["code"] == "usage.face"


def test_all_faces_of_a_photo_in_one_picture(run: Run, blurred: Path, hopper: Path, tmp_path: Path) -> None:
    left = images.decode(blurred).pixels
    right = cv2.resize(images.decode(hopper).pixels, left.shape[1::-1])
    photo = np.asarray(np.hstack([left, right]), np.uint8)
    Image.fromarray(photo).save(tmp_path / "two.png")
    arguments = ("enhance", tmp_path / "two.png", "-o", tmp_path / "out", "--method", "unsharp", "--face", "all")
    found = parsed(run(*arguments, "--json"))
    assert [one["face"] for one in found["faces"]] == [1, 2]
    assert found["declined"] == []
    assert Path(found["file"]).name == "two.enhanced.png"
    made = read_provenance(found["file"])
    assert made is not None
    assert made.settings == (("fidelity", "0.5"), ("face", "all"), ("faces", "1, 2"))
    height, width = photo.shape[:2]
    changed = (images.decode(found["file"]).pixels[:height] != photo).any(axis=2)
    assert changed[:, : width // 2].any()
    assert changed[:, width // 2 :].any()
    sheet = images.decode(found["sheet"]).pixels
    one = parsed(run(*arguments[:-1], 1, "--json"))
    assert sheet.shape[0] > 1.9 * images.decode(one["sheet"]).pixels.shape[0]  # one sheet below the other
    assert Path(one["file"]).name == "two-2.enhanced.png"  # that of all faces stays
    again = run(*arguments)
    assert "of face 2 is recomputed by unsharp" in again.stderr


def test_an_underexposed_photo_is_also_shown_brightened(run: Run, collins: Path, tmp_path: Path) -> None:
    dark = np.asarray(images.decode(collins).pixels // 4, np.uint8)
    Image.fromarray(dark).save(tmp_path / "dark.png")
    arguments = ("enhance", tmp_path / "dark.png", "-o", tmp_path / "out")
    found = parsed(run(*arguments, "--json"))
    assert found["exposure"] > 2
    height = dark.shape[0]
    shown, as_recorded = (images.decode(found[name]).pixels[:height] for name in ("brightened", "file"))
    assert shown.mean() > 2 * as_recorded.mean()
    made = read_provenance(found["brightened"])
    assert made is not None
    assert dict(made.settings)["exposure"] == f"{found['exposure']:.2f}"
    sheet = images.decode(found["sheet"]).pixels
    assert sheet.shape[1] > 3 * 320
    assert "times as bright, for viewing" in run(*arguments).stderr
    Image.fromarray(shown).save(tmp_path / "stripped.png")  # without band and metadata
    refused = parsed(run("enrol", tmp_path / "g", tmp_path / "stripped.png", "--basis", "consent", "--json", expect=3))
    assert "face.restored" in str(refused)
    bright = parsed(run("enhance", collins, "-o", tmp_path / "out", "--json"))
    assert (bright["exposure"], bright["brightened"]) == (1, None)


@pytest.mark.parametrize("face", ["0", "none", "-1", "1.5"])
def test_a_face_is_a_number_or_all(run: Run, collins: Path, tmp_path: Path, face: str) -> None:
    assert "all" in run("enhance", collins, "-o", tmp_path, "--face", face, expect=2).stderr


@pytest.mark.parametrize("command", ["enhance", "unmask"])
def test_a_photo_that_is_read_at_half_its_size_is_named(run: Run, collins: Path, tmp_path: Path, command: str) -> None:
    face = images.decode(collins).pixels
    wide = np.zeros((face.shape[0], 8200, 3), np.uint8)
    wide[:, : face.shape[1]] = face
    Image.fromarray(cv2.GaussianBlur(wide, (0, 0), 3)).save(tmp_path / "wide.jpg")
    more = ("--region", "180,150 260,150 260,200 180,200") if command == "unmask" else ("--method", "unsharp")
    words = (command, tmp_path / "wide.jpg", "-o", tmp_path / "out", *more)
    assert parsed(run(*words, "--json"))["notes"] == [
        f"decoded at 4100 x {len(face) // 2} of 8200 x {len(face)} pixels"
    ]
    assert "wide.jpg: decoded at 4100 x" in run(*words).stderr


@pytest.mark.parametrize("command", ["enhance", "unmask"])
def test_a_picture_that_cannot_be_written_leaves_no_folder(
    run: Run, collins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def full(path: Path, _: bytes) -> None:
        raise UsageError("usage.output/write", reason="No space left on device", source=str(path))

    monkeypatch.setattr("bareface.restoration.saving.write_atomically", full)
    more = ("--region", "180,150 260,150 260,200 180,200") if command == "unmask" else ("--method", "unsharp")
    run(command, collins, "-o", tmp_path / "new" / "out", *more, expect=2)
    assert not (tmp_path / "new").exists()
