"""Every method of a gallery leaves exactly one audit event, whichever way it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bareface.audit.memory import MemoryAuditLog
from bareface.errors import BarefaceError, UsageError
from bareface.services.gallery import Gallery
from bareface.values.audit import AuditEvent
from bareface.values.context import Context
from bareface.values.enrolment import UploadedPhoto
from bareface.values.face import Template
from tests.gallery.pictures import TileEngine, people, picture, vector_of
from tests.restoration.made import restored

NOT_CALLS = {
    "close",
    "deletions",
    "engine",
    "follows",
    "gone_since",
    "highest_reference",
    "id",
    "open",
    "path",
    "ready",
}
WHO = Context("ada", purpose="identify visitors", case="2026-7")

TEMPLATE = Template(vector_of((230, 60, 60)), "tiler", "tiles")

Call = Callable[[Gallery, Path], Any]

# Each leaves enough for those after it.
CALLS: dict[str, Call] = {
    "enrol": lambda g, folder: g.enrol(folder / "photos", context=WHO),
    "enrol_upload": lambda g, folder: g.enrol_upload((folder / "photos/p0/0.png").read_bytes(), context=WHO),
    "enrol_uploads": lambda g, folder: g.enrol_uploads(
        [UploadedPhoto((folder / "photos/p1/0.png").read_bytes())], context=WHO
    ),
    "import_encodings": lambda g, folder: g.import_encodings(folder / "nosuch.npy", context=WHO),
    "search": lambda g, _: g.search(picture((230, 60, 60)), context=WHO),
    "search_template": lambda g, _: g.search_template(TEMPLATE, context=WHO),
    "search_restored": lambda g, _: g.search_restored(picture((230, 60, 60)), None, context=WHO),
    "write_report": lambda g, folder: g.write_report(folder / "r.html", [], context=WHO),
    "calibration": lambda g, _: g.calibration(context=WHO),
    "control_pairs": lambda g, _: g.control_pairs(2, context=WHO),
    "enhanced": lambda g, _: g.enhanced(1, context=WHO),
    "enhanced_probe": lambda g, _: g.enhanced_probe(b"", context=WHO),
    "evaluate": lambda g, _: g.evaluate(context=WHO),
    "evaluation": lambda g, _: g.evaluation(context=WHO),
    "evaluation_report": lambda g, _: g.evaluation_report(context=WHO),
    "evenness": lambda g, _: g.evenness(b"subject,age\np0,old\n", context=WHO),
    "info": lambda g, _: g.info(context=WHO),
    "subject": lambda g, _: g.subject("p0", context=WHO),
    "subject_page": lambda g, _: g.subject_page(context=WHO),
    "subjects": lambda g, _: g.subjects(context=WHO),
    "reference": lambda g, _: g.reference(1, context=WHO),
    "references_at": lambda g, _: g.references_at([1, 99], context=WHO),
    "reference_page": lambda g, _: g.reference_page(context=WHO),
    "references": lambda g, _: g.references("p0", context=WHO),
    "best_reference": lambda g, _: g.best_reference("p0", context=WHO),
    "crop": lambda g, _: g.crop(1, context=WHO),
    "photo": lambda g, _: g.photo(1, context=WHO),
    "view": lambda g, _: g.view(1, context=WHO),
    "assign": lambda g, _: g.assign(1, "p1", context=WHO),
    "merge": lambda g, _: g.merge("p0", "p1", context=WHO),
    "rename": lambda g, _: g.rename("p0", "Ada", context=WHO),
    "split": lambda g, _: g.split(1, "Grace", context=WHO),
    "check": lambda g, _: g.check(context=WHO),
    "relink": lambda g, folder: g.relink(folder, folder, context=WHO),
    "reembed": lambda g, _: g.reembed(context=WHO),
    "calibrate": lambda g, _: g.calibrate(context=WHO),
    "restorations": lambda g, _: g.restorations(context=WHO),
    "restoration_page": lambda g, _: g.restoration_page(context=WHO),
    "keep_restoration": lambda g, _: g.keep_restoration(restored(1), context=WHO),
    "forget_restorations": lambda g, _: g.forget_restorations(["0" * 64], context=WHO),
    "suggestions": lambda g, _: g.suggestions(context=WHO),
    "tell_apart": lambda g, _: g.tell_apart(3, 5, context=WHO),
    "apart_page": lambda g, _: g.apart_page(context=WHO),
    "forget_apart": lambda g, _: g.forget_apart(1, context=WHO),
    "reject": lambda g, _: g.reject(1, context=WHO),
    "delete": lambda g, _: g.delete(reference=2, context=WHO),
    "scrub": lambda g, _: g.scrub(context=WHO),
    "repair": lambda g, _: g.repair(context=WHO),
}


@pytest.fixture
def log() -> MemoryAuditLog:
    return MemoryAuditLog()


@pytest.fixture
def gallery(tmp_path: Path, log: MemoryAuditLog) -> Iterator[Gallery]:
    people(tmp_path / "photos", 3, photos=2)
    with Gallery.open(tmp_path / "g.bareface", TileEngine(), audit=log) as opened:
        yield opened


def test_every_public_method_is_called_below() -> None:
    methods = {name for name in vars(Gallery) if not name.startswith("_")} - NOT_CALLS
    former = {"search_beside"}
    assert methods - former == set(CALLS)


def test_every_call_leaves_one_event(gallery: Gallery, log: MemoryAuditLog, tmp_path: Path) -> None:
    for done, (name, call) in enumerate(CALLS.items(), start=1):
        try:
            call(gallery, tmp_path)
            outcome = "done"
        except BarefaceError as error:
            outcome = error.code
        assert len(log.events) == done, name
        last = log.events[-1]
        assert (last.action, last.outcome) == (f"Gallery.{name}", outcome)
        assert (last.actor, last.purpose, last.case) == ("ada", "identify visitors", "2026-7")
        assert last.gallery == gallery._store.state().uuid
    done = {event.action.partition(".")[2] for event in log.events if event.outcome == "done"}
    assert set(CALLS) - done == {"enhanced", "enhanced_probe", "evenness", "import_encodings", "search_restored"}


@pytest.mark.parametrize("name", sorted(CALLS.keys() - {"calibration", "check", "write_report"}))  # these do not fail
def test_a_call_that_fails_leaves_its_code(name: str, gallery: Gallery, log: MemoryAuditLog, tmp_path: Path) -> None:
    gallery.path.unlink()
    with pytest.raises(BarefaceError) as raised:
        CALLS[name](gallery, tmp_path)
    assert [event.outcome for event in log.events] == [raised.value.code]


def test_an_event_names_numbers_and_counts(gallery: Gallery, log: MemoryAuditLog, tmp_path: Path) -> None:
    gallery.enrol(tmp_path / "photos")
    gallery.search(picture((230, 60, 60)), top=2)
    gallery.merge("p0", "p1")
    enrol, search, merge = log.events
    assert enrol.counts == {"photos": 6, "enrolled_references": 6}
    assert search.counts == {"photos": 1, "faces": 1}
    assert len(search.subjects) == 2
    assert merge.subjects == (1, 2)


def test_an_event_holds_no_name_or_path(gallery: Gallery, log: MemoryAuditLog, tmp_path: Path) -> None:
    for call in CALLS.values():
        with suppress(BarefaceError):
            call(gallery, tmp_path)
    texts = " ".join(map(str, log.events))
    assert str(tmp_path) not in texts
    assert "'p0'" not in texts
    assert "Grace" not in texts


def test_other_exceptions_and_interruptions_are_outcomes(gallery: Gallery, log: MemoryAuditLog, tmp_path: Path) -> None:
    def stop(error: BaseException) -> Callable[..., None]:
        def progress(*_: object) -> None:
            raise error

        return progress

    with pytest.raises(ZeroDivisionError):
        gallery.enrol(tmp_path / "photos", progress=stop(ZeroDivisionError()))
    with pytest.raises(KeyboardInterrupt):
        gallery.enrol(tmp_path / "photos", progress=stop(KeyboardInterrupt()))
    assert [event.outcome for event in log.events] == ["internal", "interrupted"]


def test_a_single_user_needs_no_context(gallery: Gallery, log: MemoryAuditLog) -> None:
    gallery.info()
    (event,) = log.events
    assert (event.actor, event.purpose, event.case) == (Context().actor, None, None)
    assert event.actor


def test_what_is_no_context_or_log_is_refused(gallery: Gallery, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="context"):
        gallery.info(context="ada")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="audit"):
        Gallery.open(tmp_path / "h", audit="log")  # type: ignore[arg-type]


def test_what_cannot_be_recorded_is_not_given_out(tmp_path: Path) -> None:
    class Full:
        def append(self, event: AuditEvent) -> None:
            raise OSError("full")

    with Gallery.open(tmp_path / "g", audit=Full()) as opened, pytest.raises(OSError, match="full"):
        opened.subjects()


def test_methods_keep_their_documentation() -> None:
    import inspect

    for name in CALLS:
        method = getattr(Gallery, name)
        assert method.__doc__
        assert method.__qualname__ == f"Gallery.{name}"
        assert "context" in inspect.signature(method).parameters
