"""``bareface search --with-restored``: restored candidates in addition to the candidate list."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareface.gallery.restored_candidates import WITHIN
from bareface.imaging import decode as images
from bareface.services.engine import Engine
from bareface.services.gallery import Gallery
from bareface.synthesis.masks import apply_mask, sample_mask
from tests.cli.support import Run, parsed


@pytest.fixture(scope="module")
def masked(collins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return Eileen Collins with a mask over mouth and nose."""
    photo = images.decode(collins)
    (face,) = Engine(threads=1).detect(photo)
    mask = sample_mask(0, half="test", kind="surgical", nose="medium")
    path = tmp_path_factory.mktemp("masked") / "masked.png"
    images.write(path, apply_mask(photo.pixels, face.landmarks, mask).pixels)
    return path


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a record of restorations of its own."""
    path = tmp_path / "record.sqlite"
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(path))
    return path


def test_guesses_stand_beside_an_unchanged_list(run: Run, enrolled: Path, masked: Path, record: Path) -> None:
    plain = parsed(run("search", enrolled, masked, "--json"))["results"][0]
    answer = parsed(run("search", enrolled, masked, "--with-restored", "--json"))["results"][0]
    assert plain["beside"] == []
    assert answer["lists"] == plain["lists"]
    (beside,) = answer["beside"]
    assert set(beside) == {"provenance", "drift", "leads", "brought_up", "notes"}
    assert [lead["subject_id"] for lead in beside["leads"]] == [
        candidate["subject_id"] for candidate in answer["lists"][0]["candidates"]
    ]
    assert beside["brought_up"] == [], "the whole gallery is on the list"
    first = beside["leads"][0]
    assert (first["subject"], first["original"]["rank"], len(first["guesses"])) == ("Eileen Collins", 1, 4)
    assert first["original"]["similarity"] == pytest.approx(answer["lists"][0]["candidates"][0]["similarity"])
    best = max(one["similarity"] for one in (first["original"], *first["guesses"]))
    assert first["union"]["similarity"] == pytest.approx(best)
    assert first["agreement"]["guesses"] == 4
    assert first["agreement"]["original"] is True
    assert first["agreement"]["depends_on_the_guess"] is False
    assert beside["provenance"]["kind"] == "unmask"
    assert not record.exists()
    with Gallery.open(enrolled, create=False) as gallery:
        assert [made.kind for made in gallery.restorations()] == ["unmask"]
        assert len(gallery.references()) == 2, "nothing restored is enrolled"


def test_leads_of_guesses_alone_are_listed_below(run: Run, enrolled: Path, masked: Path, record: Path) -> None:
    answer = parsed(run("search", enrolled, masked, "--with-restored", "--top", 1, "--json"))["results"][0]
    (beside,) = answer["beside"]
    (raised,) = beside["brought_up"]
    assert raised["subject"] == "Grace Hopper"
    assert raised["original"]["rank"] == 2 <= WITHIN
    shown = run("search", enrolled, masked, "--with-restored", "--top", 1).stdout
    assert shown.index("Also searched with guesses") < shown.index("ONLY IN GUESSES") < shown.index("Grace Hopper")


def test_a_number_without_a_calibration_has_no_rate(run: Run, enrolled: Path, masked: Path, record: Path) -> None:
    result = run("search", enrolled, masked, "--with-restored", "--completions", 3)
    assert "not calibrated" in result.stdout
    assert "no calibration covers the best of this many searches" in result.stderr


def test_a_bare_face_is_left_alone_and_said_so(run: Run, enrolled: Path, collins: Path, record: Path) -> None:
    answer = parsed(run("search", enrolled, collins, "--with-restored", "--json"))["results"][0]
    assert answer["beside"][0]["leads"] == []
    assert answer["beside"][0]["notes"] == ["no mask hides this face"]
    assert not record.exists()


def test_the_report_has_the_table_and_no_restored_picture(
    run: Run, enrolled: Path, masked: Path, record: Path, tmp_path: Path
) -> None:
    pages = [tmp_path / "plain.html", tmp_path / "beside.html"]
    run("search", enrolled, masked, "--report", pages[0])
    run("search", enrolled, masked, "--with-restored", "--top", 1, "--report", pages[1])
    plain, beside = (page.read_text(encoding="utf-8") for page in pages)
    assert "Searches with restored faces" not in plain
    assert "Searches with restored faces" in beside
    assert "Only in guesses" in beside
    assert beside.count("<img") == plain.count("<img") - 1, "one candidate less, and no picture more"
