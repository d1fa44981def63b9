"""Whatever is done in whatever order, the gallery and a simple model of it agree on who has which photo."""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bareface.errors import UsageError
from bareface.services.gallery import Gallery
from bareface.values import names
from tests.gallery.pictures import TileEngine, colours, save

REJECTED = -1
SPELLINGS = (
    ("Bo Li", "Bo  Li", "\tBo\u00a0Li\u200b"),
    ("members/José", "members/Jose\u0301", " members/José\ufe0f"),
    ("7", "7\u200e", "\u20037"),
)
photos = st.integers(0, 3)
spelt = st.sampled_from([spelling for several in SPELLINGS for spelling in several])
maybe_spelt = st.none() | spelt
ways = st.sampled_from(["name", "int", "text"])


class Engine(TileEngine):
    """Templates as long as those that are imported."""

    def __init__(self) -> None:
        super().__init__(space="dlib-128")

    def _embed(self, faces):
        made = super()._embed(faces)
        for template in made:
            object.__setattr__(template, "vector", np.resize(template.vector, 128))
        return made


class Model:
    """People by number; ``word`` is what was last said by hand about a face."""

    def __init__(self) -> None:
        self.count = itertools.count()
        self.owner: dict[Any, int] = {}
        self.word: dict[Any, int] = {}
        self.name: dict[int, str | None] = {}
        self.alias: dict[str, int] = {}

    def living(self, name: str) -> int | None:
        return next((one for one in self.owner.values() if self.name[one] == name), None)

    def person(self, name: str | None) -> int:
        """Return the person of a name, or a new one."""
        if name is None:
            return self.new(None)
        for one in (self.living(name), self.alias.get(name), self.waiting(name)):
            if one is not None:
                return self.back(one)
        return self.new(name)

    def waiting(self, name: str) -> int | None:
        """Return people with a name and no photo, but corrections that wait for one."""
        remembered = {*self.word.values(), *self.alias.values()} - {REJECTED}
        return next((one for one in remembered if self.name[one] == name), None)

    def new(self, name: str | None) -> int:
        one = next(self.count)
        self.name[one] = None
        if name is not None:
            self.take(one, name)
        return one

    def back(self, one: int) -> int:
        """Return a person who is in the gallery, perhaps again."""
        self.alias.pop(self.name[one] or "", None)
        return one

    def take(self, one: int, name: str) -> None:
        self.alias.pop(name, None)
        for other in [other for other, called in self.name.items() if called == name and other != one]:
            self.replace(other, one)
        self.name[one] = name

    def replace(self, old: int, new: int) -> None:
        self.word = {item: new if one == old else one for item, one in self.word.items()}
        self.alias = {name: new if one == old else one for name, one in self.alias.items()}
        self.name[old] = None

    def enrol(self, item: Any, name: str | None, by_hand: bool = True) -> None:
        said = self.word.get(item) if by_hand else None
        if said != REJECTED:
            self.owner[item] = self.person(name) if said is None else self.back(said)

    def assign(self, items: list[Any], one: int) -> None:
        before = {self.owner[item] for item in items}
        for item in items:
            self.word[item] = self.owner[item] = one
        emptied = before - set(self.owner.values())
        self.alias = {name: means for name, means in self.alias.items() if means not in emptied}
        if self.name[one] is None:
            self.word.update({item: one for item, owner in self.owner.items() if owner == one})

    def merge(self, kept: int, merged: int) -> None:
        name = self.name[merged]
        moved = [item for item, owner in self.owner.items() if owner == merged]
        self.replace(merged, kept)
        self.assign(moved, kept)
        if name is not None and self.name[kept] is None:
            self.take(kept, name)
        elif name is not None:
            self.alias[name] = kept

    def rename(self, one: int, name: str) -> None:
        earlier = self.name[one]
        self.take(one, name)
        if earlier is None:
            self.assign([], one)
            self.word.update({item: one for item, owner in self.owner.items() if owner == one})
        elif earlier != name:
            self.alias[earlier] = one

    def forget(self, one: int) -> None:
        self.owner = {item: owner for item, owner in self.owner.items() if owner != one}
        self.word = {item: said for item, said in self.word.items() if said != one}
        self.alias = {name: means for name, means in self.alias.items() if means != one}
        self.name[one] = None


class Machine(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="identity-"))
        self.photos = [save(self.root / "loose" / f"{n}.png", colour) for n, colour in enumerate(colours(4, seed=5))]
        self.gallery = Gallery.open(self.root / "g", Engine())
        self.model = Model()
        self.files = itertools.count()
        self.reference: dict[Any, int] = {}
        self.number_of: dict[int, int] = {}
        for photo, several in enumerate((*SPELLINGS, (None,))):
            self.enrol_one(photo, several[0])
        self.agree()

    def teardown(self) -> None:
        self.gallery.close()
        shutil.rmtree(self.root)

    # What can be done

    @rule(name=maybe_spelt)
    def enrol_all(self, name: str | None) -> None:
        for photo in range(len(self.photos)):
            self.enrol_one(photo, name)

    def enrol_one(self, photo: int, name: str | None) -> None:
        (outcome,) = self.gallery.enrol(self.photos[photo], subject=name).outcomes
        self.enrolled(photo, name, outcome)

    @rule(photo=photos, name=spelt)
    def enrol_a_folder(self, photo: int, name: str) -> None:
        tree = self.root / f"tree{next(self.files)}"
        (tree / name).mkdir(parents=True)
        shutil.copy(self.photos[photo], tree / name)
        (outcome,) = self.gallery.enrol(tree).outcomes
        self.enrolled(photo, name, outcome)

    def enrolled(self, photo: int, name: str | None, outcome: Any) -> None:
        there = photo in self.model.owner
        if not there:
            self.model.enrol(photo, None if name is None else names.key(name))
        owner = self.model.owner.get(photo)
        assert outcome.status == ("already enrolled" if there else "rejected" if owner is None else "enrolled")
        if owner is not None:
            called = self.model.name[owner]
            assert names.key(outcome.subject or "") == (called or "")
            if name is not None and called != names.key(name):
                assert outcome.message or (there and self.model.alias.get(names.key(name)) == owner)

    @rule(several=st.lists(spelt, min_size=1, max_size=3))
    def import_encodings(self, several: list[str]) -> None:
        count = next(self.files)
        file = self.root / f"{count}.json"
        values = np.random.default_rng(count).normal(size=(len(several), 128))
        rows = [{"name": n, "encoding": e.tolist()} for n, e in zip(several, values, strict=True)]
        file.write_text(json.dumps(rows))
        before = {one.id for one in self.gallery.references()}
        assert self.gallery.import_encodings(file).references == len(several)
        new = sorted({one.id for one in self.gallery.references()} - before)
        for number, name in zip(new, several, strict=True):
            self.model.enrol(("imported", number), names.key(name), by_hand=False)

    @rule(item=photos, name=spelt)
    def assign_to_a_name(self, item: int, name: str) -> None:
        if item in self.model.owner:
            one = self.model.person(names.key(name))
            changed = self.gallery.assign(self.reference[item], name)
            self.model.assign([item], one)
            assert (changed.name is None) == (self.model.name[one] is None)

    @rule(which=photos, items=st.sets(photos, min_size=1, max_size=3), way=st.sampled_from(["int", "text"]))
    def assign_to_a_number(self, which: int, items: set[int], way: str) -> None:
        there = [item for item in sorted(items) if item in self.model.owner]
        if which in self.model.owner and there:
            one = self.model.owner[which]
            self.gallery.assign([self.reference[item] for item in there], self.typed(one, way))
            self.model.assign(there, one)

    @rule(kept=photos, merged=photos, first=ways, second=ways)
    def merge(self, kept: int, merged: int, first: str, second: str) -> None:
        one, other = self.model.owner.get(kept), self.model.owner.get(merged)
        if one is None or other is None:
            return
        if one == other:
            self.refused("usage.merge", self.gallery.merge, self.typed(one, first), self.typed(one, second))
        else:
            self.gallery.merge(self.typed(one, first), self.typed(other, second))
            self.model.merge(one, other)

    @rule(items=st.sets(photos, min_size=1, max_size=3), name=maybe_spelt)
    def split(self, items: set[int], name: str | None) -> None:
        there = [item for item in sorted(items) if item in self.model.owner]
        key = None if name is None else names.key(name)
        if not there:
            return
        references = [self.reference[item] for item in there]
        if key is not None and self.model.living(key) is not None:
            self.refused("usage.subject-exists", self.gallery.split, references, name)
        else:
            self.gallery.split(references, name)
            self.model.assign(there, self.model.new(key))

    @rule(which=photos, way=ways, name=spelt)
    def rename(self, which: int, way: str, name: str) -> None:
        one = self.model.owner.get(which)
        if one is None:
            return
        if self.model.living(names.key(name)) not in (None, one):
            self.refused("usage.subject-exists", self.gallery.rename, self.typed(one, way), name)
        else:
            self.gallery.rename(self.typed(one, way), name)
            self.model.rename(one, names.key(name))

    @rule(which=photos, way=ways, name=spelt)
    def delete_a_subject(self, which: int, way: str, name: str) -> None:
        one = self.model.owner.get(which)
        if one is not None:
            self.gallery.delete(subject=self.typed(one, way))
            self.model.forget(one)
        key = names.key(name)
        if self.model.living(key) is None:
            waiting = None if key in self.model.alias else self.model.waiting(key)
            if waiting is None:
                self.refused("usage.unknown-subject", self.gallery.delete, subject=name)
            else:
                self.gallery.delete(subject=name)
                self.model.forget(waiting)

    @rule(item=photos, reject=st.booleans())
    def delete_a_reference(self, item: int, reject: bool) -> None:
        if item in self.model.owner:
            if reject:
                self.gallery.reject(self.reference[item])
                self.model.word[item] = REJECTED
            else:
                self.gallery.delete(reference=self.reference[item])
            del self.model.owner[item]

    # What must hold

    def refused(self, code: str, action: Any, *arguments: Any, **options: Any) -> None:
        with pytest.raises(UsageError) as caught:
            action(*arguments, **options)
        assert caught.value.code == code

    def typed(self, one: int, way: str) -> int | str:
        """Return a person as a user names them."""
        name, number = self.model.name[one], self.number_of[one]
        spellings = [several for several in SPELLINGS if names.key(several[0]) == name]
        if way == "name" and spellings:
            return spellings[0][-1]
        return f"#{number}" if way == "text" else number

    @invariant()
    def agree(self) -> None:
        known = {str(path.name): n for n, path in enumerate(self.photos)}
        found: dict[Any, Any] = {}
        for one in self.gallery.references():
            item = ("imported", one.id) if one.source.endswith(".json") else known[Path(one.source).name]
            found[item] = one
        assert found.keys() == self.model.owner.keys()
        numbers: defaultdict[int, set[int]] = defaultdict(set)
        for item, one in found.items():
            owner = self.model.owner[item]
            numbers[owner].add(one.subject_id)
            assert (None if one.subject is None else names.key(one.subject)) == self.model.name[owner]
        assert all(len(several) == 1 for several in numbers.values())
        now = {owner: several.pop() for owner, several in numbers.items()}
        assert len(set(now.values())) == len(now)
        for owner, number in now.items():
            if self.number_of.get(owner) in set(now.values()):
                assert number == self.number_of[owner]
        self.number_of |= now
        self.reference = {item: one.id for item, one in found.items()}
        subjects = self.gallery.subjects()
        keys = [names.key(one.name) for one in subjects if one.name is not None]
        assert len(keys) == len(set(keys))
        for one in subjects:
            owner = next(owner for owner, number in now.items() if number == one.id)
            assert set(one.aliases) == {name for name, means in self.model.alias.items() if means == owner}
        assert {one.id for one in subjects} == set(now.values())


def test_gallery_and_model_agree() -> None:
    run_state_machine_as_test(Machine, settings=settings(max_examples=5, stateful_step_count=30, deadline=None))


@pytest.mark.slow
def test_gallery_and_model_agree_for_long() -> None:
    run_state_machine_as_test(Machine, settings=settings(max_examples=400, stateful_step_count=50, deadline=None))
