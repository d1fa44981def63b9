"""``bareface faces``."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bareface.imaging import decode as images
from bareface.services.engine import Engine
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.words import percent
from tests.cli.support import Run, parsed


def test_lists_faces(run: Run, collins: Path, hopper: Path) -> None:
    result = parsed(run("faces", collins, hopper, "--json"))
    assert set(result) == {"photos"}
    for photo in result["photos"]:
        assert set(photo) == {"source", "size", "notes", "min_face", "faces", "drawn", "error"}
        (face,) = photo["faces"]
        assert len(face["box"]) == 4
        assert len(face["landmarks"]["points"]) == 5
    assert result["photos"][1]["size"] == [512, 600]


def test_prints_a_table(run: Run, collins: Path) -> None:
    printed = run("faces", collins).stdout
    assert "astronaut.png" in printed
    assert re.search(r"\d+ × \d+", printed)
    for heading in ("mask", "visible", "quality", "sharpness", "exposure", "pose", "eyes", "occlusion"):
        assert heading in printed
    assert "none" in printed


@pytest.fixture
def masked(collins: Path, tmp_path: Path) -> Path:
    """Return Eileen Collins under a simulated mask."""
    photo = images.decode(collins)
    spec = sample_mask(3, half="test")
    (found,) = Engine(threads=1).faces(photo.pixels)
    images.write(tmp_path / "masked.png", apply_mask(photo.pixels, found.landmarks, spec).pixels)
    return tmp_path / "masked.png"


def test_says_what_a_mask_hides(run: Run, collins: Path, masked: Path) -> None:
    bare, covered = (photo["faces"][0] for photo in parsed(run("faces", collins, masked, "--json"))["photos"])
    assert (bare["mask_state"], covered["mask_state"]) == ("none", "full")
    assert bare["visible"] > 0.9
    assert covered["visible"] < 0.6
    parts = {"score", "sharpness", "exposure", "pose", "eyes", "size", "occlusion", "consistency", "measures"}
    assert set(bare["quality"]) == parts
    assert covered["quality"]["occlusion"] < bare["quality"]["occlusion"] <= 100
    assert covered["quality"]["measures"]["visible"] == covered["visible"]
    printed = run("faces", masked).stdout
    assert "full" in printed
    assert percent(covered["visible"]) in printed


def test_draws_the_occlusion_map_below(run: Run, collins: Path, masked: Path, tmp_path: Path) -> None:
    orange = []
    for photo in (collins, masked):
        run("faces", photo, "-o", tmp_path / "out.png")
        below = images.decode(tmp_path / "out.png").pixels[512:].astype(int)
        orange.append(int(((below[..., 0] > below[..., 1] + 50) & (below[..., 1] > below[..., 2] + 15)).sum()))
    assert orange[1] > orange[0] + 2000


@pytest.mark.parametrize(("name", "format"), [("out.png", "PNG"), ("out.JPG", "JPEG"), ("out.webp", "WEBP")])
def test_draws_into_a_file(run: Run, collins: Path, tmp_path: Path, name: str, format: str) -> None:
    run("faces", collins, "-o", tmp_path / name)
    drawn = images.decode(tmp_path / name)
    assert (drawn.format, drawn.size[0]) == (format, 512)
    assert drawn.size[1] > 512 + 120  # the occlusion map lies below
    assert (drawn.pixels[:512] != images.decode(collins).pixels).any()


def test_draws_into_a_folder_under_different_names(run: Run, collins: Path, hopper: Path, tmp_path: Path) -> None:
    run("faces", collins, collins, hopper, "-o", tmp_path / "drawn")
    names = {path.name for path in (tmp_path / "drawn").iterdir()}
    assert names == {"astronaut.faces.png", "astronaut.faces-2.png", "grace_hopper.faces.png"}


@pytest.mark.slow
def test_drawings_of_another_photo_are_never_replaced(run: Run, collins: Path, hopper: Path, tmp_path: Path) -> None:
    photos = [tmp_path / folder / "x.jpg" for folder in "ab"]
    for photo, source in zip(photos, (collins, hopper), strict=True):
        photo.parent.mkdir()
        shutil.copy(source, photo)
    names = []
    for photo in (*photos, *photos):
        seen = parsed(run("faces", photo, "-o", tmp_path / "drawn", "--json"))["photos"]
        names.append(Path(seen[0]["drawn"]).name)
    assert names == ["x.faces.png", "x.faces-2.png"] * 2
    assert len(list((tmp_path / "drawn").iterdir())) == 2


def test_one_file_does_not_hold_two_photos(run: Run, collins: Path, hopper: Path, tmp_path: Path) -> None:
    result = run("faces", collins, hopper, "-o", tmp_path / "out.png", expect=2)
    assert "usage.output" in result.stderr
    assert not (tmp_path / "out.png").exists()


def test_no_face_is_exit_code_1(run: Run, nobody: Path) -> None:
    assert "no face found of at least 40 pixels" in run("faces", nobody, expect=1).stderr
    assert parsed(run("faces", nobody, "--json", "--min-face", 60, expect=1))["photos"][0]["min_face"] == 60


def test_a_broken_photo_does_not_stop_the_others(run: Run, broken: Path, collins: Path, tmp_path: Path) -> None:
    result = parsed(run("faces", broken, collins, "--json", "-o", tmp_path / "drawn", expect=3))
    bad, good = result["photos"]
    assert bad["error"]["code"] == "image.not-an-image"
    assert bad["drawn"] is None
    assert len(good["faces"]) == 1
    assert Path(good["drawn"]).is_file()


def test_a_relative_path_where_the_current_folder_was_removed(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    (photo,) = parsed(run("faces", "a.jpg", "--json", expect=3))["photos"]
    assert photo["error"]["code"] == "image.missing"


def test_smallest_face(run: Run, collins: Path) -> None:
    run("faces", collins, "--min-face", 200, expect=1)


def test_a_detector_that_is_not_there(run: Run, collins: Path) -> None:
    result = run("faces", collins, "--detector", "nosuch", expect=5)
    assert "model.unknown" in result.stderr


def test_a_gpu_that_is_not_there_is_an_error(run: Run, collins: Path) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("there is a GPU here")
    result = parsed(run("faces", collins, "--provider", "cuda", "--json", expect=5))
    assert result["error"]["code"] == "model.provider"


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_drawing_among_photos_is_not_enrolled(run: Run, collins: Path, tmp_path: Path, suffix: str) -> None:
    drawing = tmp_path / "photos" / f"collins.{suffix}"
    drawing.parent.mkdir()
    run("faces", collins, "-o", drawing)
    result = parsed(run("enrol", tmp_path / "g.bareface", drawing.parent, "--json", expect=3))
    (outcome,) = result["outcomes"]
    assert (outcome["status"], outcome["code"]) == ("refused", "face.restored")
    assert result["references"] == 0
