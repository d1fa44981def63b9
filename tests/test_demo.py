"""The demonstration and where its photos come from."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bareface import Gallery
from bareface.cli.main import app
from bareface.errors import UsageError
from bareface.imaging.crowd import crowd
from bareface.imaging.portraits import portraits
from bareface.services import demo_photos
from bareface.services.demo_photos import MATED, STRANGERS, download, people_in


def make_people(folder: Path, count: int, photos: int) -> None:
    for person in range(count):
        (folder / f"p{person:03}").mkdir(parents=True)
        for photo in range(photos):
            (folder / f"p{person:03}" / f"{photo}.jpg").write_bytes(b"")
        (folder / f"p{person:03}" / "notes.txt").write_bytes(b"")


def test_portraits_are_there() -> None:
    assert [person.name for person in portraits()] == ["Eileen Collins", "Grace Hopper"]
    assert all(photo.is_file() for person in portraits() for photo in person.photos)


@pytest.mark.parametrize(("count", "photos"), [(1, 1), (3, 2), (30, 5), (700, 2)])
def test_a_sample_of_people_is_bounded_and_keeps_probes_apart(tmp_path: Path, count: int, photos: int) -> None:
    make_people(tmp_path, count, photos)
    sample = people_in(tmp_path)
    assert 0 < len(sample.people) <= min(count, 100)
    enrolled = {photo for person in sample.people for photo in person.photos}
    assert all(0 < len(person.photos) <= 3 for person in sample.people)
    assert all(photo.suffix == ".jpg" for photo in enrolled)
    assert not enrolled & {probe.path for probe in sample.probes}
    mated = [probe for probe in sample.probes if probe.person]
    assert {probe.person for probe in mated} <= {person.name for person in sample.people}
    assert len(mated) == (min(MATED, len(sample.people)) if photos > 1 else 0)
    strangers = {probe.path.parent.name for probe in sample.probes if not probe.person}
    assert not strangers & {person.name for person in sample.people}
    assert len(strangers) == (STRANGERS if count > 2 * STRANGERS else 0)


def test_a_folder_without_people(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError) as caught:
        people_in(tmp_path)
    assert caught.value.code == "usage.demo-folder"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that stands for the pinned address, with files of other content and their checksums."""
    pinned = {}
    for name in demo_photos._FILES:
        file = tmp_path / "served" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
        pinned[name] = hashlib.sha256(name.encode()).hexdigest()
    monkeypatch.setattr(demo_photos, "_FILES", pinned)
    return tmp_path / "served"


def test_download_checks_and_keeps(served: Path, tmp_path: Path) -> None:
    address = served.as_uri() + "/"
    photos = download(tmp_path / "kept", address)
    assert [person.name for person in photos.people] == ["Barack Obama", "Joe Biden"]
    assert [probe.person for probe in photos.probes] == ["Barack Obama", "Joe Biden"]
    assert {probe.path.name for probe in photos.probes} == {"obama2.jpg", "biden2.jpg"}
    shutil.rmtree(served)
    assert download(tmp_path / "kept", address) == photos  # from what is kept


def test_download_refuses_another_file(served: Path, tmp_path: Path) -> None:
    (served / "obama2.jpg").write_bytes(b"something else")
    with pytest.raises(UsageError, match="not the file that was pinned"):
        download(tmp_path / "kept", served.as_uri() + "/")
    assert not (tmp_path / "kept" / "obama2.jpg").exists()


def test_demo_without_a_network_and_over_its_own_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo_photos, "_PINNED", "http://127.0.0.1:9/")
    monkeypatch.setenv("BAREFACE_DATA", str(tmp_path / "none"))
    result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "out"), "--download"])
    assert result.exit_code == 0, result.output
    assert "Nothing was downloaded: http://127.0.0.1:9/" in result.stderr
    report = tmp_path / "out" / "report.html"
    assert result.stdout.splitlines()[-1] == f"Report: {report}"
    page = report.read_text(encoding="utf-8")
    assert page.count("<section") == 17  # five bad photos of each of two people, and seven of the crowd
    assert page.count("data:image/jpeg;base64,") == 17 * 6  # each with its occlusion map and four candidates
    assert f"The {len(crowd()) - 2} people called “person” and a number do not exist" in page
    assert "do not exist" in result.stderr
    again = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "out"), "--json"])
    assert again.exit_code == 0, again.output
    shown = json.loads(again.stdout)
    assert shown["subjects"] == len(crowd())  # two of the crowd are not enrolled, two portraits are
    ranks = [(entry["person"], entry["list"]["candidates"][0]) for entry in shown["results"]]
    assert all(best["subject"] == person for person, best in ranks[:10])
    assert all(best["subject"] == person for person, best in ranks[10:15])
    assert all(best["decision"] != "match" for person, best in ranks if person is None)


def test_what_is_not_of_a_former_demonstration_is_not_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BAREFACE_DATA", str(tmp_path / "none"))
    with Gallery.open(tmp_path / "people.bareface") as gallery:
        gallery.enrol(portraits()[0].photos, subject="Ada", largest=True)
    (tmp_path / "people.bareface-backup").write_text("my own", encoding="utf-8")
    before = (tmp_path / "people.bareface").read_bytes()
    result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path)])
    assert (result.exit_code, "usage.output" in result.stderr) == (2, True)
    assert (tmp_path / "people.bareface").read_bytes() == before
    with Gallery.open(tmp_path / "people.bareface") as gallery:
        gallery.delete(subject="Ada")
    (tmp_path / "report.html").write_text("my notes", encoding="utf-8")
    assert CliRunner().invoke(app, ["demo", "--out", str(tmp_path)]).exit_code == 2
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "my notes"
    (tmp_path / "report.html").unlink()
    assert CliRunner().invoke(app, ["demo", "--out", str(tmp_path)]).exit_code == 0
    assert (tmp_path / "people.bareface-backup").read_text(encoding="utf-8") == "my own"


@pytest.mark.slow
def test_bad_photos_in_a_folder_do_not_stop_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    collins = portraits()[0].photos[0]
    for person in ("Ada", "Bo"):
        (tmp_path / "people" / person).mkdir(parents=True)
        shutil.copy(collins, tmp_path / "people" / person)
        (tmp_path / "people" / person / "z.jpg").write_text("no photo")
    command = ["demo", "--out", str(tmp_path / "out"), "--folder", str(tmp_path / "people"), "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    errors = [answer["error"]["code"] for answer in json.loads(result.stdout)["results"] if answer["error"]]
    assert errors == ["image.not-an-image"] * 2
