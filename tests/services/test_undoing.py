"""Corrections that are taken back: faces and names are where they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bareface.errors import UsageError
from bareface.services.gallery import Gallery
from bareface.services.undoing import Corrector, Undo
from bareface.values.gallery import Subject
from tests.gallery.pictures import TileEngine, colours, people, save

Change = Callable[[Corrector], tuple[Subject, Undo | None]]

CHANGES: dict[str, Change] = {
    "rename": lambda it: it.rename(1, "Ada"),
    "merge": lambda it: it.merge(1, 2),
    "merge an unnamed one": lambda it: it.merge(1, unnamed(it)),
    "merge into an unnamed one": lambda it: it.merge(unnamed(it), 1),
    "assign one": lambda it: it.assign([1], "p1"),
    "assign all": lambda it: it.assign([1, 2], "p1"),
    "assign to a new name": lambda it: it.assign([1], "Ada"),
    "assign faces of two": lambda it: it.assign([1, 3], "p2"),
    "split one": lambda it: it.split([1]),
    "split all": lambda it: it.split([1, 2], "Ada"),
    "split an unnamed one": lambda it: it.split([numbers(it)[-1]]),
}


def unnamed(it: Corrector) -> int:
    return next(one.id for one in it.gallery.subjects() if one.name is None)


def numbers(it: Corrector) -> list[int]:
    return [one.id for one in it.gallery.references()]


def state(gallery: Gallery) -> set[tuple[str | None, frozenset[int]]]:
    """Return who has which faces; an unnamed subject may get another number."""
    return {(one.name, frozenset(r.id for r in gallery.references(one.id))) for one in gallery.subjects()}


@pytest.fixture
def corrector(tmp_path: Path) -> Iterator[Corrector]:
    people(tmp_path / "photos", 3)
    with Gallery.open(tmp_path / "g", TileEngine()) as gallery:
        gallery.enrol(tmp_path / "photos")
        gallery.split([5])
        yield Corrector(gallery)


@pytest.mark.parametrize("name", CHANGES)
def test_undoing_gives_back_faces_and_names(name: str, corrector: Corrector, tmp_path: Path) -> None:
    before = state(corrector.gallery)
    _, undo = CHANGES[name](corrector)
    assert state(corrector.gallery) != before or name == "split an unnamed one"
    assert undo is not None
    corrector.undo(undo)
    assert state(corrector.gallery) == before
    corrector.gallery.enrol(tmp_path / "photos")  # it holds when the photos come again
    assert state(corrector.gallery) == before


def test_naming_an_unnamed_subject_has_no_name_to_go_back_to(corrector: Corrector) -> None:
    assert corrector.rename(unnamed(corrector), "Ada")[1] is None


def test_nothing_is_taken_back_in_another_gallery_at_the_same_place(corrector: Corrector, tmp_path: Path) -> None:
    undos = [corrector.rename(1, "Ada")[1], corrector.assign([3], "Bo")[1], corrector.split([1])[1]]
    for number, colour in enumerate(colours(9, seed=5)[5:8]):
        for tick in (0, 1):
            save(tmp_path / "others" / f"x{number}" / f"{tick}.png", colour, tick=tick)
    with Gallery.open(tmp_path / "other", TileEngine()) as other:
        other.enrol(tmp_path / "others")
    (tmp_path / "other").replace(tmp_path / "g")
    before = state(corrector.gallery)
    for undo in undos:
        assert undo is not None
        with pytest.raises(UsageError) as caught:
            corrector.undo(undo)
        assert caught.value.code == "usage.undo"
    assert state(corrector.gallery) == before


@pytest.mark.parametrize(
    ("name", "then"),
    {
        "merge": lambda it: it.gallery.assign([3], "Dora"),
        "assign one": lambda it: it.gallery.split([1]),
        "rename": lambda it: it.gallery.rename(1, "Eve"),
    }.items(),
)
def test_what_somebody_else_changed_since_stays(
    name: str, then: Callable[[Corrector], object], corrector: Corrector
) -> None:
    _, undo = CHANGES[name](corrector)
    then(corrector)
    before = state(corrector.gallery)
    assert undo is not None
    with pytest.raises(UsageError) as caught:
        corrector.undo(undo)
    assert caught.value.code == "usage.undo"
    assert state(corrector.gallery) == before
