"""Enrolment and search of real photos with the packaged networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareface.services.engine import Engine
from bareface.services.gallery import Gallery

pytestmark = [pytest.mark.real, pytest.mark.slow]
PEOPLE = 12


@pytest.fixture(scope="module")
def folders(shared_data: Path) -> list[Path]:
    """Return validation identities, five photos each."""
    celeba = shared_data / "train" / "celeba"
    return sorted(folder for folder in celeba.iterdir() if folder.name.endswith("0"))[:PEOPLE]


@pytest.fixture(scope="module")
def gallery(folders, tmp_path_factory):
    """Return all but the last photo of each person, and one flat folder of two strangers."""
    root = tmp_path_factory.mktemp("real")
    for folder in folders:
        (root / "photos" / folder.name).mkdir(parents=True)
        for photo in sorted(folder.iterdir())[:-1]:
            (root / "photos" / folder.name / photo.name).symlink_to(photo)
    with Gallery.open(root / "people.bareface", Engine()) as opened:
        opened.enrol(root / "photos", basis="research")
        yield opened


def test_nearly_every_photo_is_enrolled_under_its_folders_name(gallery, folders):
    assert {one.name for one in gallery.subjects()} == {folder.name for folder in folders}
    assert gallery.info().references >= 0.9 * 4 * PEOPLE


def test_people_are_found_by_another_photo_of_theirs(gallery, folders):
    probes = {folder.name: sorted(folder.iterdir())[-1] for folder in folders}
    found = {name: gallery.search(probe, top=3).lists[0].candidates[0] for name, probe in probes.items()}
    right = [one for name, one in found.items() if one.subject == name]
    assert len(right) >= 0.9 * PEOPLE
    assert all(one.same_source is None for one in found.values())
    assert all(one.fpir is not None for one in found.values())
    assert sum(one.decision != "no match" for one in right) > len(right) / 2


def test_enrolling_again_adds_nothing(gallery):
    before = gallery.info()
    report = gallery.enrol(gallery.path.parent / "photos")
    assert report.references == 0
    assert report.count("already enrolled") == before.photos


def test_the_gallery_is_sound(gallery):
    assert gallery.check().ok
