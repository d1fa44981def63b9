"""The demonstration: enrol real portraits, search with bad photos of the same people, write a report.

Photos of more people, where there are some, give the search someone to mistake them for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bareface.audit.port import AuditLog
from bareface.errors import FaceError, ImageError, UsageError
from bareface.imaging.portraits import Person, portraits
from bareface.reports.candidates import candidate_report
from bareface.services.demo_crowd import company
from bareface.services.demo_photos import Photos, Probe
from bareface.services.demo_probes import CONDITIONS, worsen
from bareface.services.engine import Engine
from bareface.services.gallery import Gallery
from bareface.services.recorded import Recorder
from bareface.storage.sqlite.place import ENDINGS
from bareface.system.files import check_page, make_folder, write_atomically
from bareface.values.context import Context
from bareface.values.search import CandidateList

_TOP = 4
_BASIS = "demonstration"


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """Result of the search with one probe: a candidate list, or the reason why there is none."""

    probe: Probe
    entry: CandidateList | None = None
    error: ImageError | FaceError | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Demonstration:
    """Result of the demonstration and its files.

    Attributes
    ----------
    gallery, report
        The files written.
    subjects, references
        Size of the gallery.
    findings
        One for each probe.
    notes
        Remarks on the people.
    """

    gallery: Path
    report: Path
    subjects: int
    references: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


def demonstrate(
    folder: Path,
    engine: Engine,
    more: Sequence[Photos] = (),
    progress: Callable[[int, int], None] = lambda *_: None,
    *,
    crowd: bool = False,
    context: Context | None = None,
    audit: AuditLog | None = None,
) -> Demonstration:
    """Make a gallery, search it, and write a report of the candidate lists.

    Parameters
    ----------
    folder
        Folder for ``people.bareface``, ``people``, ``probes`` and ``report.html``. A former demonstration is replaced.
    engine
        Finds and embeds the faces.
    more
        People in addition to the two portraits.
    progress
        Called with how many steps are done and how many there are.
    crowd
        Add the packaged crowd of people who do not exist.
    context
        The caller and the purpose.
    audit
        Takes one event for the whole demonstration; see :class:`bareface.audit.port.AuditLog`.

    Raises
    ------
    UsageError
        ``usage.output``: a gallery of somebody else has the name, or ``report.html`` is not a page.
    GalleryError
        ``gallery.corrupt`` and its like: something else has the gallery's name.
    """
    with Recorder(audit).call("Demo.demonstrate", context) as facts:
        shown = _demonstrated(folder, engine, more, progress, crowd)
        facts.add(enrolled_references=shown.references, probes=len(shown.findings))
        return shown


def _demonstrated(
    folder: Path, engine: Engine, more: Sequence[Photos], progress: Callable[[int, int], None], crowd: bool
) -> Demonstration:
    folder = make_folder(folder.resolve())
    path = folder / "people.bareface"
    check_page(folder / "report.html")
    _remove_former(path)
    known = [_copied(person, folder / "people") for person in portraits()]
    if crowd:
        more = [company(folder, engine), *more]
    notes = tuple(photos.note for photos in more if photos.note)
    probes = [
        *(probe for person in known for probe in degraded_probes(person, folder / "probes", engine)),
        *(probe for photos in more for probe in photos.probes),
    ]
    groups = [Photos(tuple(known)), *more]
    people = sum(len(photos.people) for photos in groups)
    steps, done = people + len(probes), itertools.count(1)
    with Gallery.open(path, engine=engine) as gallery:
        for photos in groups:
            _enrol(gallery, photos, lambda: progress(next(done), steps))
        findings = []
        for probe in probes:
            findings.append(_search(gallery, probe))
            progress(next(done), steps)
        lists = [finding.entry for finding in findings if finding.entry]
        page = candidate_report(
            lists,
            gallery=path.name,
            crop=lambda found: gallery.crop(found.reference_id),
            notes=notes,
            base=folder,
        )
        info = gallery.info()
    report = write_atomically(folder / "report.html", page)
    return Demonstration(path, report, info.subjects, info.references, tuple(findings), notes)


def _enrol(gallery: Gallery, photos: Photos, step: Callable[[], None]) -> None:
    """Enrol people, all at once if they have a folder of their own: one by one takes three times as long."""
    if photos.folder:
        gallery.enrol(photos.folder, basis=_BASIS, largest=True, progress=lambda *_: step())
        return
    for person in photos.people:
        gallery.enrol(person.photos, subject=person.name, basis=_BASIS, largest=True)
        step()


def _remove_former(path: Path) -> None:
    """Remove the gallery of a former demonstration; refuse one with anybody who was not enrolled by it."""
    if not path.exists():
        return
    with Gallery.open(path, create=False) as former:
        if any(reference.basis != _BASIS for reference in former.references()):
            raise UsageError("usage.output/demo", source=str(path))
    for ending in ("", "-index", *ENDINGS):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _copied(person: Person, folder: Path) -> Person:
    """Copy the person's photos into a folder of their own, so that the gallery's sources are easy to find."""
    place = make_folder(folder / person.name)
    copies = tuple(write_atomically(place / photo.name, photo.read_bytes()) for photo in person.photos)
    return Person(person.name, copies)


def _search(gallery: Gallery, probe: Probe) -> Finding:
    try:
        return Finding(probe, gallery.search(probe.path, top=_TOP).lists[0])
    except (ImageError, FaceError) as error:
        return Finding(probe, error=error)


def degraded_probes(person: Person, folder: Path, engine: Engine) -> list[Probe]:
    """Make bad photos of a person from a good one: one file for each condition."""
    make_folder(folder)
    return [
        Probe(worsen(person.photos[0], engine, condition, folder / f"{person.name}, {condition}.jpg"), person.name)
        for condition in CONDITIONS
    ]
