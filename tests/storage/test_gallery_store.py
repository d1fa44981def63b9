"""Contract of every :class:`bareface.storage.ports.GalleryStore`, whatever its database.

An implementation is added to ``STORES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from bareface.errors import TemplateError, UsageError
from bareface.storage.ports import GalleryStore, GalleryWriter, Maker, NewReference, StoredPhoto
from bareface.storage.sqlite.store import Store
from bareface.values import names
from bareface.values.correction import Target
from bareface.values.face import Box, Landmarks, Template
from bareface.values.gallery import Subject, SubjectPage

STORES: dict[str, Callable[[Path], GalleryStore]] = {"sqlite": lambda folder: Store(folder / "gallery")}
ADA, BO = "a" * 32, "b" * 32
BOX = Box(10, 20, 30, 50)


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> GalleryStore:
    return STORES[request.param](tmp_path)


def template(value: float = 1.0, length: int = 4, model: str = "m", space: str = "s") -> Template:
    return Template(np.full(length, value, np.float32), model, space)


def reference(value: float = 1.0, quality: float | None = None) -> NewReference:
    points = Landmarks(np.zeros((5, 2), np.float32), "five")
    return NewReference(template(value), BOX, points, 0.9, quality, bytes(256), b"jpeg")


def photo(number: int, path: str | None = None) -> StoredPhoto:
    return StoredPhoto(f"{number:064x}", path, "PNG", (40, 60))


def enrol(writer: GalleryWriter, key: str, name: str | None, number: int, path: str | None = None) -> int:
    """Add a reference of a subject, and the subject if it is missing."""
    subject = writer.subject_of_key(key)
    if subject is None:
        subject = writer.add_subject(key)
        if name is not None:
            writer.name_subject(subject, name)
    writer.pin_space("s", 4)
    return writer.add_reference(reference(), subject, writer.add_photo(photo(number, path)), "consent")


def test_the_id_names_it_for_good(store: GalleryStore) -> None:
    before = store.id
    with store.writing() as writer:
        enrol(writer, ADA, "Ada", 1)
    assert store.id == before
    with store.reading() as reader:
        assert reader.state().uuid == before


def test_each_gallery_has_an_id_of_its_own(tmp_path: Path) -> None:
    for name, opened in STORES.items():
        folders = [tmp_path / name / which for which in "ab"]
        for folder in folders:
            folder.mkdir(parents=True)
        assert len({opened(folder).id for folder in folders}) == 2


def test_a_transaction_is_stored_whole_or_not_at_all(store: GalleryStore) -> None:
    before = store.id, _state(store)
    with suppress(LookupError), store.writing() as writer:
        enrol(writer, ADA, "Ada", 1)
        raise LookupError
    assert (store.id, _state(store)) == before
    with store.reading() as reader:
        assert reader.subjects() == ()
        assert reader.photos() == []


def test_every_write_is_a_new_state(store: GalleryStore) -> None:
    states = [_state(store)]
    for _ in range(3):
        with store.writing():
            pass
        states.append(_state(store))
    assert len({state.token for state in states}) == 4
    assert [state.generation for state in states] == sorted({state.generation for state in states})


def _state(store: GalleryStore):
    with store.reading() as reader:
        return reader.state()


def test_a_snapshot_does_not_change(store: GalleryStore, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    another = STORES[request.node.callspec.params["store"]](tmp_path)  # as another process opens it
    with store.reading() as reader:
        before = reader.state()
        with another.writing() as writer:
            enrol(writer, ADA, "Ada", 1)
        assert reader.state() == before
        assert reader.count_references() == 0
    with store.reading() as reader:
        assert reader.count_references() == 1


def test_the_space_is_pinned_once_and_lengths_are_kept(store: GalleryStore) -> None:
    with store.writing() as writer:
        enrol(writer, ADA, None, 1)
        writer.pin_space("another", 9)
        state = writer.state()
        assert (state.space, state.dimension) == ("s", 4)
        made = NewReference(template(length=5))
        subject = writer.subject_of_key(ADA)
        assert subject is not None
        with pytest.raises(TemplateError, match=r"template of 5 numbers; the gallery's have 4"):
            writer.add_reference(made, subject, writer.add_photo(photo(2)), None)


def test_a_photo_is_known_by_its_content_and_by_its_path(store: GalleryStore) -> None:
    with store.writing() as writer:
        enrol(writer, ADA, "Ada", 1, "/a/b.png")
        enrol(writer, BO, None, 2)
    with store.reading() as reader:
        assert reader.owners_of(photo(1).sha256) == {ADA: "Ada"}
        assert reader.owners_of(photo(2).sha256) == {BO: None}
        assert reader.owners_of(photo(3).sha256) == {}
        assert len(reader.photos_at("/a/b.png")) == len(reader.photos_with(photo(2).sha256)) == 1
        assert reader.photos() == [photo(1, "/a/b.png"), photo(2)]


def test_templates_of_a_model_come_with_their_subjects(store: GalleryStore) -> None:
    with store.writing() as writer:
        enrol(writer, ADA, "Ada", 1)
        enrol(writer, BO, None, 2)
        model = template().model
        owners = [writer.subject_of_key(key) for key in (ADA, BO)]
        assert [owner for _, owner in writer.templates_by(model)] == owners
        assert all(vector.tolist() == template().vector.tolist() for vector, _ in writer.templates_by(model))
        assert not list(writer.templates_by("another"))


def test_a_photo_without_a_path_is_stored_without_one_and_shown_as_before(store: GalleryStore) -> None:
    with store.writing() as writer:
        enrol(writer, ADA, None, 1)
        subject = writer.add_subject(BO)
        array = StoredPhoto("f" * 64, None, "array", (4, 4))
        writer.add_reference(reference(), subject, writer.add_photo(array), None)
    with store.reading() as reader:
        assert [one.path for one in reader.photos()] == [None, None]
        assert [one.source for one in reader.references()] == ["<bytes>", "<array>"]
        assert reader.photos_below("/") == []
        assert reader.photos_at("<bytes>") == []


def test_photos_below_a_folder(store: GalleryStore) -> None:
    with store.writing() as writer:
        for number, path in enumerate(["/a/b.png", "/a/c/d.png", "/ab.png", "/a.png", "/a/\udcff.png"]):
            enrol(writer, ADA, None, number, path)
    with store.writing() as writer:
        found = writer.photos_below("/a")
        assert {path for _, _, path in found} == {"/a/b.png", "/a/c/d.png", "/a/\udcff.png"}
        for number, _, path in found:
            writer.move_photo(number, path.replace("/a/", "/z/"))
        assert writer.photos_below("/a/") == []
        assert len(writer.photos_below("/z")) == 3


def test_subjects_are_found_by_number_name_and_key(store: GalleryStore) -> None:
    with store.writing() as writer:
        enrol(writer, ADA, "José  Li", 1)
    with store.reading() as reader:
        (number,) = reader.subjects_called("Jose\u0301 Li")
        assert reader.subject_of_key(ADA) == number
        assert reader.has_subject(number)
        assert not reader.has_subject(number + 1)
        assert not reader.has_subject(-1)
        assert not reader.has_subject(2**70)
        assert reader.target(number) == Target(ADA, "José  Li")
        assert reader.subject(number) == reader.subjects()[0]
        assert reader.subject_names() == [(number, "José  Li")]


def test_a_later_correction_of_a_face_replaces_an_earlier_one(store: GalleryStore) -> None:
    sha256 = photo(1).sha256
    moved = Box(11, 21, 31, 51)
    with store.writing() as writer:
        writer.correct(sha256, BOX, None)
        writer.correct(sha256, moved, Target(ADA, "Ada"))
        writer.correct(sha256, Box(500, 0, 600, 100), None)
        writer.correct(photo(2).sha256, BOX, None)
        first, second = writer.corrections_of(sha256)
        assert (first.box, first.target) == (moved, Target(ADA, "Ada"))
        assert second.target is None
        assert first.concerns(BOX)


def test_names_mean_subjects_that_corrections_name(store: GalleryStore) -> None:
    with store.writing() as writer:
        writer.correct(photo(1).sha256, BOX, Target(ADA, "Ada"))
        writer.add_alias("A. L.", Target(ADA, "Ada"))
        assert writer.waiting("Ada") == Target(ADA, "Ada")
        assert writer.alias("A. L.") == Target(ADA, "Ada")
        writer.retarget(Target(BO, "Bo"), key=ADA)
        assert writer.waiting("Ada") is None
        assert writer.alias("A. L.") == writer.waiting("Bo") == Target(BO, "Bo")
        writer.end_alias("A. L.")
        assert writer.alias("A. L.") is None
        writer.correct(photo(2).sha256, BOX, None)
        writer.forget_corrections(BO)
        assert writer.waiting("Bo") is None
        assert [one.target for one in writer.corrections_of(photo(2).sha256)] == [None]


def test_aliases_of_subjects_without_references_end(store: GalleryStore) -> None:
    with store.writing() as writer:
        enrol(writer, ADA, "Ada", 1)
        empty = writer.add_subject(BO)
        numbers = [empty, *writer.subjects_called("Ada")]
        writer.add_alias("first", Target(ADA, "Ada"))
        writer.add_alias("second", Target(BO, None))
        writer.end_aliases_of_emptied(numbers)
        assert writer.alias("first") is not None
        assert writer.alias("second") is None
        assert writer.drop_unused_subjects(numbers) == 1


def test_what_nothing_points_to_goes_with_the_last_reference(store: GalleryStore) -> None:
    with store.writing() as writer:
        first, second = enrol(writer, ADA, "Ada", 1), enrol(writer, ADA, "Ada", 2)
        other = enrol(writer, BO, "Bo", 3)
    with store.writing() as writer:
        deleted = writer.delete_references([first])
        assert (deleted.references, deleted.photos, deleted.subjects) == (1, 1, 0)
        writer.mark_deleted()
    with store.writing() as writer:
        assert writer.references_from(writer.photos_with(photo(2).sha256)) == [second]
        (ada,) = writer.subjects_called("Ada")
        deleted = writer.delete_references(writer.references_by_subject(ada))
        assert (deleted.references, deleted.photos, deleted.subjects) == (1, 1, 1)
        assert writer.has_references([first, second, other]) == {other}
        assert [one.sha256 for one in writer.photos()] == [photo(3).sha256]


def test_numbers_are_never_used_twice(store: GalleryStore) -> None:
    with store.writing() as writer:
        reference_number = enrol(writer, ADA, "Ada", 1)
        photo_number, subject_number = writer.photos_with(photo(1).sha256)[0], writer.subjects_called("Ada")[0]
        writer.delete_references([reference_number])
    with store.writing() as writer:
        assert enrol(writer, ADA, "Ada", 1) > reference_number
        assert writer.photos_with(photo(1).sha256)[0] > photo_number
        assert writer.subjects_called("Ada")[0] > subject_number


def test_the_highest_reference_of_all_and_of_the_first(store: GalleryStore) -> None:
    with store.writing() as writer:
        assert writer.highest_reference() == writer.highest_reference(3) == 0
        numbers = [enrol(writer, ADA, "Ada", number) for number in range(4)]
        writer.delete_references([numbers[1]])
        assert writer.highest_reference() == numbers[3]
        assert [writer.highest_reference(first) for first in (0, 1, 2, 3, 9)] == [
            0,
            *numbers[::2],
            *numbers[3:],
            numbers[3],
        ]


def test_references_are_listed_and_found(store: GalleryStore) -> None:
    with store.writing() as writer:
        first = enrol(writer, ADA, "Ada", 1)
        (ada,) = writer.subjects_called("Ada")
        better = writer.add_reference(reference(2.0, quality=80.0), ada, writer.add_photo(photo(2)), None)
    with store.reading() as reader:
        assert [one.id for one in reader.references()] == [first, better]
        assert [one.id for one in reader.references_of(ada)] == [better, first]
        (found,) = reader.find_references([first])
        assert (found.subject, found.box, found.basis, found.crop) == ("Ada", BOX, "consent", True)
        assert reader.crop(first) == b"jpeg"
        assert reader.crop(99) is None
        reader.check_references([first, better])
        with pytest.raises(UsageError, match="no reference is number 99"):
            reader.check_references([99])
        info = reader.info(store.path)
        assert (info.uuid, info.references, info.subjects, info.photos) == (store.id, 2, 1, 2)


NAMES = ("Ada", "ada lovelace", "Zoë O\u2019Brien", "STRASSE", "straße", "Ян", "ян", None, "a%b_c", None, "100%")
SOUGHT = ("", "a", "ADA", "O'brien", "\u2019", "ss", "ß", "я", "%", "_", "zoe\u0308", "alias", "nobody", "\\", "\udcff")


def peopled(store: GalleryStore) -> None:
    """Add subjects with these names, some with several references, the last with an alias."""
    with store.writing() as writer:
        for number, name in enumerate(NAMES):
            for photo_number in range(1 + number % 3):
                enrol(writer, f"{number:032x}", name, 10 * number + photo_number)
        writer.add_alias("An Alias", Target(f"{len(NAMES) - 1:032x}", NAMES[-1]))


@pytest.mark.parametrize("text", SOUGHT)
@pytest.mark.parametrize("limit", [1, 4, 99])
def test_pages_hold_the_subjects_that_match_in_the_order_of_all(store: GalleryStore, text: str, limit: int) -> None:
    peopled(store)
    with store.reading() as reader:
        part = names.key(text).casefold()
        expected = [
            one
            for one in reader.subjects()
            if not part or any(part in names.key(name).casefold() for name in (one.name or "", *one.aliases))
        ]
        assert list(paged(lambda after: reader.subject_page(limit, after, text), len(expected))) == expected


def paged(page_after: Callable[[tuple[str | None, int] | None], SubjectPage], matching: int) -> Iterator[Subject]:
    after = None
    while True:
        page = page_after(after)
        assert page.matching == matching
        yield from page.subjects
        if not page.more:
            return
        after = page.subjects[-1].name, page.subjects[-1].id


def test_a_page_follows_on_a_subject_that_is_gone(store: GalleryStore) -> None:
    peopled(store)
    with store.reading() as reader:
        everyone = reader.subjects()
        named = [one for one in everyone if one.name is not None]
        assert reader.subject_page(99, ("B", 1), "").subjects == everyone[2:]
        assert reader.subject_page(99, (named[-1].name, 2**70), "").subjects == everyone[len(named) :]
        assert reader.subject_page(99, (None, 2**70), "").subjects == ()


def test_pages_of_references(store: GalleryStore) -> None:
    peopled(store)
    with store.reading() as reader:
        everything = list(reader.references())
        (owner,) = reader.subjects_called("Zoë O'Brien")
        for subject in (None, owner):
            expected = sorted((everything if subject is None else reader.references_of(owner)), key=lambda one: one.id)
            for limit in (1, 2, 99):
                page = reader.reference_page(limit, expected[0].id, subject)
                assert (list(page.references), page.matching) == (expected[1 : 1 + limit], len(expected))
                assert page.more == (len(expected) > 1 + limit)
        assert reader.reference_page(9, 2**70, None).references == ()


def test_the_best_reference_is_the_first_of_all(store: GalleryStore) -> None:
    with store.writing() as writer:
        subject = writer.add_subject(ADA)
        writer.pin_space("s", 4)
        for number, quality in enumerate([None, 3.0, 80.0, 0.0, 80.0]):
            writer.add_reference(reference(quality=quality), subject, writer.add_photo(photo(number)), None)
            assert writer.best_reference(subject) == writer.references_of(subject)[0]


def test_templates_that_wait_replace_the_others_at_once(store: GalleryStore) -> None:
    maker = Maker("new", "float32", "s2", sees_masks=False, makes_upper_face=False)
    with store.writing() as writer:
        first, second = enrol(writer, ADA, "Ada", 1), enrol(writer, ADA, "Ada", 2)
    with store.writing() as writer:
        photos = writer.photos_to_embed(maker)
        assert [one.id for one in writer.references_to_embed(maker, photos)] == [first, second]
        writer.stage(first, template(3.0, 6, "new", "s2"), 70.0)
        assert not writer.switch(maker, store.path), "one is left"
        assert writer.left_to_embed(maker, [first, second]) == {second}
        assert writer.count_to_embed(maker) == 1
        assert writer.state().space == "s"
    with store.writing() as writer:
        writer.stage(second, template(4.0, 6, "new", "s2"), None)
        assert writer.switch(maker, store.path)
        state = writer.state()
        assert (state.space, state.dimension, state.epoch) == ("s2", 6, 1)
        assert [(one.model, one.quality) for one in writer.references()] == [("new", 70.0), ("new", None)]


def test_templates_of_an_abandoned_embedding_do_not_wait(store: GalleryStore) -> None:
    new, newer = (Maker(name, "float32", name, sees_masks=False, makes_upper_face=False) for name in ("new", "newer"))
    with store.writing() as writer:
        number = enrol(writer, ADA, "Ada", 1)
        writer.stage(number, template(3.0, 6, "new", "new"), None)
        writer.drop_staged_of_others(newer)
        assert writer.left_to_embed(new, [number]) == {number}


def test_waiting_templates_of_two_lengths_are_refused(store: GalleryStore) -> None:
    maker = Maker("new", "float32", "s2", sees_masks=False, makes_upper_face=False)
    with store.writing() as writer:
        for number, length in ((1, 6), (2, 7)):
            writer.stage(enrol(writer, ADA, "Ada", number), template(3.0, length, "new", "s2"), None)
        with pytest.raises(TemplateError, match="another length"):
            writer.switch(maker, store.path)
