"""``bareface unmask``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bareface.imaging import decode as images
from bareface.restoration.provenance import read_provenance
from bareface.services.engine import Engine
from bareface.synthesis.masks import apply_mask, sample_mask
from tests.cli.support import Run, parsed


@pytest.fixture(scope="module")
def masked(collins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    face = Engine(threads=1).faces(collins)[0]
    assert face.photo is not None
    worn = apply_mask(face.photo.pixels, face.landmarks, sample_mask(3, half="test", nose="high"))
    path = tmp_path_factory.mktemp("masked") / "collins.png"
    Image.fromarray(worn.pixels).save(path)
    return path


def test_guesses_and_a_sheet_all_labelled(run: Run, masked: Path, tmp_path: Path) -> None:
    found = parsed(run("unmask", masked, "-o", tmp_path / "new", "--completions", 2, "--seed", 5, "--json"))
    assert [Path(one["file"]).name for one in found["completions"]] == [
        "collins.unmask-1.png",
        "collins.unmask-2.png",
    ]
    photo = images.decode(masked)
    for path in [found["sheet"], *(one["file"] for one in found["completions"])]:
        made = read_provenance(path)
        assert made is not None
        assert (made.kind, made.seed, made.source_sha256) == ("unmask", 5, photo.sha256)
    guess = images.decode(found["completions"][0]["file"]).pixels
    height, width = photo.pixels.shape[:2]
    assert guess.shape[1] == width
    assert guess.shape[0] > height  # the band
    changed = (guess[:height] != photo.pixels).any(axis=2).mean()
    assert 0 < changed <= found["share_of_photo"]
    assert found["provenance"]["synthetic"] > 0.3


def test_words_for_people(run: Run, masked: Path, tmp_path: Path) -> None:
    result = run("unmask", masked, "-o", tmp_path, "--completions", 1)
    assert "not evidence" in result.stderr
    assert "collins.unmask-1.png" in result.stdout


@pytest.mark.slow
def test_all_masked_faces_of_a_photo_in_one_picture(run: Run, masked: Path, collins: Path, tmp_path: Path) -> None:
    worn, bare = images.decode(masked).pixels, images.decode(collins).pixels
    photo = np.asarray(np.hstack([worn, bare, worn[:, ::-1]]), np.uint8)
    Image.fromarray(photo).save(tmp_path / "three.png")
    arguments = ("unmask", tmp_path / "three.png", "-o", tmp_path, "--completions", 2, "--face", "all")
    found = parsed(run(*arguments, "--json"))
    assert len(found["faces"]) == 2
    (left,) = found["declined"]
    assert left["error"]["code"] == "restoration.nothing-hidden"
    made = read_provenance(found["sheet"])
    assert made is not None
    assert ("faces", ", ".join(str(one["face"]) for one in found["faces"])) in made.settings
    height, width = worn.shape[:2]
    for one in found["completions"]:
        changed = (images.decode(one["file"]).pixels[:height] != photo).any(axis=2)
        thirds = [changed[:, start : start + width].any() for start in (0, width, 2 * width)]
        assert thirds == [True, False, True]
    told = run(*arguments)
    assert f"Face {left['face']} is left as it is: nothing hides this face" in told.stderr
    none = run("unmask", collins, "-o", tmp_path, "--face", "all", "--json", expect=3)
    assert parsed(none)["error"]["code"] == "restoration.nothing-hidden"


def test_a_bare_face_says_so(run: Run, collins: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "new" / "below", tmp_path / "there"):
        result = run("unmask", collins, "-o", folder, "--json", expect=3)
        assert parsed(result)["error"]["code"] == "restoration.nothing-hidden"
    assert [one.name for one in tmp_path.iterdir() if one.is_dir()] == ["there"]  # what it made is gone again
    beside = run("unmask", collins, "--region", "1,1 9,1 9,9", expect=3).stderr
    assert "[restoration.nothing-hidden]" in beside
    assert "the region does not cover" in beside


def test_a_polygon_and_a_mask_picture(run: Run, collins: Path, tmp_path: Path) -> None:
    mask = np.zeros((512, 512), np.uint8)
    mask[140:170, 210:240] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    for region in (tmp_path / "mask.png", "210,140 240,140 240,170 210,170"):
        found = parsed(run("unmask", collins, "-o", tmp_path, "--completions", 1, "--region", region, "--json"))
        assert ["region", "given"] in found["provenance"]["settings"]


@pytest.mark.parametrize(
    ("arguments", "error", "status"),
    [
        (("--region", "1,2 3,4"), "usage.region", 2),
        (("--region", "no-such.png"), "image.missing", 3),
        (("--face", "9"), "usage.face", 2),
    ],
)
def test_wrong_usage(
    run: Run, collins: Path, tmp_path: Path, arguments: tuple[str, str], error: str, status: int
) -> None:
    result = run("unmask", collins, "-o", tmp_path, *arguments, "--json", expect=status)
    assert parsed(result)["error"]["code"] == error


def test_no_face(run: Run, nobody: Path, tmp_path: Path) -> None:
    assert parsed(run("unmask", nobody, "-o", tmp_path, "--json", expect=3))["error"]["code"] == "image.no-face"
