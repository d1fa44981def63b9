"""The packaged crowd of people who do not exist: whole, decodable, one face each, unlike each other."""

from __future__ import annotations

import hashlib
import io
import json
import re
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bareface.imaging import crowd as package
from bareface.imaging.crowd import AGAIN, crowd
from bareface.models import registry
from bareface.services.demo_crowd import STRANGERS, company
from bareface.services.demo_probes import CONDITIONS
from bareface.services.engine import Engine
from bareface.values.face import Float32

FILE = resources.files(package) / "crowd.zip"
CARD = json.loads((resources.files(package) / "crowd.json").read_text(encoding="utf-8"))
PEOPLE = crowd()
MOST_BYTES = 1_500_000


def template(engine: Engine, picture: bytes) -> Float32:
    (face,) = engine.faces(picture, want=["template"])
    assert face.template is not None
    centred = face.template.vector - registry.space_mean(face.template.space, len(face.template.vector))
    return np.asarray(centred / np.linalg.norm(centred), np.float32)


def test_the_file_is_the_card_s() -> None:
    content = FILE.read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (CARD["sha256"], CARD["size"])
    assert len(content) <= MOST_BYTES
    assert f" {len(PEOPLE)} people who do not exist" in CARD["summary"]
    assert "CC0" in CARD["summary"]


def test_people_have_numbers_and_no_names() -> None:
    assert [one.name for one in PEOPLE] == [f"person-{number:03}" for number in range(1, len(PEOPLE) + 1)]
    assert not any(one.name.endswith(AGAIN) for one in PEOPLE)


def test_pictures_are_small_and_all_different() -> None:
    pictures = [picture for one in PEOPLE for picture in (one.picture, one.again) if picture]
    assert len(set(pictures)) == len(pictures)
    for picture in pictures:
        with Image.open(io.BytesIO(picture)) as shown:
            assert (shown.format, shown.size, shown.mode) == ("JPEG", (192, 192), "RGB")
            shown.load()
            assert not shown.getexif()


@pytest.mark.slow
def test_each_picture_shows_one_face_and_people_are_unlike_each_other() -> None:
    engine = Engine()
    first = np.stack([template(engine, one.picture) for one in PEOPLE])
    again = np.stack([template(engine, one.again) for one in PEOPLE if one.again])
    twice = np.array([bool(one.again) for one in PEOPLE])
    same = np.eye(len(PEOPLE), dtype=bool)
    mated = (again @ first.T)[same[twice]]
    stated = CARD["similarity"]
    assert (first @ first.T)[~same].max() == pytest.approx(stated["two people"]["greatest"], abs=0.03)
    assert (again @ first.T)[~same[twice]].max() <= stated["two people"]["greatest"] + 0.03
    assert np.median(mated) == pytest.approx(stated["two pictures of a person"]["median"], abs=0.03)
    assert mated.min() == pytest.approx(stated["two pictures of a person"]["least"], abs=0.03)
    assert stated["two people"]["greatest"] < stated["two pictures of a person"]["least"]


def test_the_company_is_enrolled_but_for_strangers(tmp_path: Path) -> None:
    photos = company(tmp_path, Engine())
    names = {person.name for person in photos.people}
    assert len(names) == len(PEOPLE) - len(STRANGERS)
    assert f"{len(names)} people" in photos.note
    assert "do not exist" in photos.note
    shown = [probe.person for probe in photos.probes]
    assert shown.count(None) == len(STRANGERS)
    assert {person for person in shown if person} <= names
    assert [probe.path.stem.split(", ")[1] for probe in photos.probes] == [*CONDITIONS, *STRANGERS]
    for probe in photos.probes:
        number = re.match(r"person-\d+", probe.path.name)
        assert number is not None
        assert (number[0] in names) == (probe.person is not None)
    enrolled = {person.photos[0].read_bytes() for person in photos.people}
    assert enrolled == {one.picture for one in PEOPLE if one.name in names}
