"""Answers that keep faces apart, against a simple model: whatever is done in whatever order, nobody is forgotten."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bareface.storage.ports import GalleryStore, GalleryWriter, Maker, StoredPhoto
from bareface.values.suggestion import ApartAnswer
from tests.storage.test_gallery_store import STORES, photo, reference, template

faces = st.integers(0, 7)
answers: st.SearchStrategy[ApartAnswer] = st.sampled_from(["different", "cannot say"])


class Answers(RuleBasedStateMachine):
    """A gallery of a few faces whose subjects are told apart, merged, split and deleted."""

    store: GalleryStore
    opened: Callable[[Path], GalleryStore]

    @initialize(shared=st.lists(st.booleans(), min_size=8, max_size=8))
    def enrol(self, shared: list[bool]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = type(self).opened(Path(self.folder.name))
        self.count = itertools.count()
        self.owner: dict[int, int] = {}
        self.photo: dict[int, int] = {}
        self.said: dict[frozenset[int], ApartAnswer] = {}
        with self.store.writing() as writer:
            writer.pin_space("s", 4)
            for one in shared:
                place = max(self.photo.values(), default=0)
                number = place if one and place else writer.add_photo(photo(next(self.count)))
                self.add(writer, number)

    def add(self, writer: GalleryWriter, number: int) -> None:
        owner = writer.add_subject(f"{next(self.count):032x}")
        face = writer.add_reference(reference(), owner, number, None)
        self.owner[face], self.photo[face] = owner, number

    def pick(self, place: int) -> int | None:
        living = sorted(self.owner)
        return living[place % len(living)] if living else None

    def writing(self) -> AbstractContextManager[GalleryWriter]:
        return self.store.writing()

    @rule(one=faces, other=faces, answer=answers)
    def tell(self, one: int, other: int, answer: ApartAnswer) -> None:
        first, second = self.pick(one), self.pick(other)
        if first is None or second is None or first == second:
            return
        pair = frozenset((first, second))
        with self.writing() as writer:
            number = writer.tell_apart(first, second, answer)
        known = self.said.get(pair)
        assert (number is None) == (known in (answer, "different"))
        if known != "different":
            self.said[pair] = answer

    @rule(one=faces, other=faces)
    def take_back(self, one: int, other: int) -> None:
        pair = {self.pick(one), self.pick(other)}
        with self.writing() as writer:
            numbers = [each.id for each in writer.apart_page(99, 0).answers if set(each.faces) == pair]
            assert writer.forget_apart(numbers) == len(numbers)
        self.said.pop(frozenset(one for one in pair if one), None)

    @rule(one=faces, other=faces)
    def move(self, one: int, other: int) -> None:
        """Give a face to another's subject, as every correction does."""
        first, second = self.pick(one), self.pick(other)
        if first is None or second is None:
            return
        before, now = self.owner[first], self.owner[second]
        with self.writing() as writer:
            writer.move_references([first], now)
            writer.drop_unused_subjects([before])
        self.owner[first] = now

    @rule(one=faces)
    def split(self, one: int) -> None:
        face = self.pick(one)
        if face is None:
            return
        with self.writing() as writer:
            owner = writer.add_subject(f"{next(self.count):032x}")
            writer.move_references([face], owner)
            writer.drop_unused_subjects([self.owner[face]])
        self.owner[face] = owner

    @rule(some=st.sets(faces, min_size=1, max_size=3))
    def delete(self, some: set[int]) -> None:
        doomed = {face for face in map(self.pick, some) if face is not None}
        with self.writing() as writer:
            writer.delete_references(doomed)
        heirs = {}
        for face in doomed:
            left = [one for one in self.owner if self.owner[one] == self.owner[face] and one not in doomed]
            heirs[face] = min(left, default=0)
        said: dict[frozenset[int], ApartAnswer] = {}
        for pair, answer in self.said.items():
            now = frozenset(heirs.get(face, face) for face in pair)
            if 0 not in now and len(now) == 2 and said.get(now) != "different":
                said[now] = answer
        self.said = said
        for face in doomed:
            del self.owner[face], self.photo[face]

    @rule()
    def embed_again(self) -> None:
        maker = Maker("m2", "float32", "s", sees_masks=False, makes_upper_face=False)
        with self.writing() as writer:
            for face in self.owner:
                writer.stage(face, template(3.0, model="m2"), None)
            writer.switch(maker, self.store.path)

    @rule()
    def open_again(self) -> None:
        self.store = type(self).opened(Path(self.folder.name))

    @invariant()
    def they_agree(self) -> None:
        if not hasattr(self, "owner"):
            return
        with self.store.reading() as reader:
            kept = {frozenset(one.faces): one.answer for one in reader.apart_page(99, 0).answers}
            assert kept == self.said
            assert reader.count_undecided() == list(self.said.values()).count("cannot say")
            for owner in set(self.owner.values()):
                for undecided in (False, True):
                    assert reader.told_apart(owner, undecided=undecided) == self.apart(owner, undecided=undecided)
                assert reader.together(owner) == self.together(owner)

    def apart(self, owner: int, *, undecided: bool) -> set[int]:
        pairs = [pair for pair, answer in self.said.items() if undecided or answer == "different"]
        owners = [{self.owner[face] for face in pair} for pair in pairs]
        return set().union(*(pair for pair in owners if owner in pair)) - {owner}

    def together(self, owner: int) -> set[int]:
        photos = {self.photo[face] for face in self.owner if self.owner[face] == owner}
        return {self.owner[face] for face in self.owner if self.photo[face] in photos} - {owner}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


@pytest.mark.parametrize("name", sorted(STORES))
def test_the_gallery_and_a_model_agree(name: str) -> None:
    machine = type("Machine", (Answers,), {"opened": staticmethod(STORES[name])})
    run_state_machine_as_test(machine, settings=settings(max_examples=15, stateful_step_count=20, deadline=None))


@pytest.mark.parametrize("name", sorted(STORES))
def test_templates_of_one_file_are_not_together(name: str, tmp_path: Path) -> None:
    store = STORES[name](tmp_path)
    with store.writing() as writer:
        writer.pin_space("s", 4)
        file = writer.add_photo(StoredPhoto("e" * 64, "/faces.npz", "encodings"))
        first, second = (writer.add_subject(f"{number:032x}") for number in (1, 2))
        for owner in (first, second):
            writer.add_reference(reference(), owner, file, None)
        assert writer.together(first) == set()


@pytest.mark.parametrize("name", sorted(STORES))
def test_unnamed_subjects_come_in_order_with_their_best_face(name: str, tmp_path: Path) -> None:
    store = STORES[name](tmp_path)
    with store.writing() as writer:
        writer.pin_space("s", 4)
        best = {}
        for number in range(5):
            owner = writer.add_subject(f"{number:032x}")
            for quality in (None, 70.0, 20.0):
                face = writer.add_reference(
                    reference(quality=quality), owner, writer.add_photo(photo(3 * owner + int(quality or 0))), None
                )
                if quality == 70.0:
                    best[owner] = face
        writer.name_subject(min(best), "Ada")
        del best[min(best)]
    with store.reading() as reader:
        assert list(reader.unnamed(0, 99).items()) == sorted(best.items())
        assert list(reader.unnamed(min(best), 2)) == sorted(best)[1:3]
        assert reader.unnamed(2**70, 9) == {}
        assert (reader.count_unnamed(), reader.count_unnamed(min(best))) == (4, 1)
