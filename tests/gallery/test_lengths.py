"""Templates of another length than the gallery's stay outside, at every door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bareface import compare
from bareface.errors import TemplateError
from bareface.imaging import decode as images
from bareface.services.gallery import Gallery
from bareface.values.face import Face, Template
from tests.gallery.pictures import TileEngine, picture


class LongEngine(TileEngine):
    """A second model that goes by the name of the first one's space, with longer templates."""

    def _embed(self, faces: Sequence[Face]) -> list[Template]:
        return [replace(one, vector=np.append(one.vector, np.float32(1))) for one in super()._embed(faces)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "g.bareface"
    for name, colour in (("a", (200, 30, 60)), ("b", (30, 200, 90))):
        images.write(tmp_path / f"{name}.png", picture(colour))
    with Gallery.open(path, TileEngine()) as opened:
        opened.enrol(tmp_path / "a.png", subject="Ada")
    return path


def refused(action: object) -> None:
    with pytest.raises(TemplateError) as error:
        action()  # type: ignore[operator]
    assert error.value.code == "template.shape"
    assert error.value.remedy


def test_a_longer_template_is_not_enrolled(path: Path) -> None:
    with Gallery.open(path, LongEngine()) as opened:
        refused(lambda: opened.enrol(path.with_name("b.png"), subject="Bo"))
        assert opened.info().references == 1
        assert opened.check().ok
    with Gallery.open(path, TileEngine()) as opened:
        assert opened.search(path.with_name("a.png")).lists[0].candidates[0].subject == "Ada"


def test_a_longer_template_does_not_take_a_references_place(path: Path) -> None:
    with Gallery.open(path, LongEngine(model="tiler-b")) as opened:
        refused(opened.reembed)
        assert [made.model for made in opened.info().templates] == ["tiler"]
        assert opened.check().ok


def test_longer_templates_have_a_space_of_their_own(path: Path) -> None:
    with Gallery.open(path, LongEngine(space="long", model="tiler-b")) as opened:
        assert opened.reembed().switched
        assert opened.check().ok


def test_a_longer_probe_is_refused(path: Path) -> None:
    with Gallery.open(path, LongEngine()) as opened:
        refused(lambda: opened.search(path.with_name("a.png")))


def test_faces_of_two_lengths_are_not_compared(path: Path) -> None:
    photos = [path.with_name("a.png")]
    one, other = (next(engine.stream(photos)).faces[0] for engine in (TileEngine(), LongEngine()))
    refused(lambda: compare(one, other))
