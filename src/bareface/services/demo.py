"""The demonstration: enrol real portraits, search with bad photos of the same people, write a report.

Photos of more people, where there are some, give the search someone to mistake them for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bareface.audit.port import AuditLog
from bareface.errors import FaceError, ImageError, UsageError
from bareface.imaging import decode as images
from bareface.imaging.portraits import Person, portraits
from bareface.reports.candidates import candidate_report
from bareface.services.demo_photos import Photos, Probe
from bareface.services.engine import Engine
from bareface.services.gallery import Gallery
from bareface.services.recorded import Recorder
from bareface.storage.sqlite.place import ENDINGS
from bareface.synthesis.degradations import (
    Defocus,
    Degradation,
    Downsample,
    Jpeg,
    LowLight,
    MotionBlur,
    Target,
    degrade,
)
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.system.files import check_page, make_folder, write_atomically
from bareface.values.context import Context
from bareface.values.search import CandidateList

_TOP = 4
_SEED = 7
_BASIS = "demonstration"
_FAR = 40
"""Width in pixels of a face far away: the smallest that the detector looks for by default."""


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
    """

    gallery: Path
    report: Path
    subjects: int
    references: int
    findings: tuple[Finding, ...]


def demonstrate(
    folder: Path,
    engine: Engine,
    more: Sequence[Photos] = (),
    progress: Callable[[int, int], None] = lambda *_: None,
    *,
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
        shown = _demonstrated(folder, engine, more, progress)
        facts.add(enrolled_references=shown.references, probes=len(shown.findings))
        return shown


def _demonstrated(
    folder: Path, engine: Engine, more: Sequence[Photos], progress: Callable[[int, int], None]
) -> Demonstration:
    folder = make_folder(folder.resolve())
    path = folder / "people.bareface"
    check_page(folder / "report.html")
    _remove_former(path)
    known = [_copied(person, folder / "people") for person in portraits()]
    people = [*known, *(person for photos in more for person in photos.people)]
    probes = [
        *(probe for person in known for probe in degraded_probes(person, folder / "probes", engine)),
        *(probe for photos in more for probe in photos.probes),
    ]
    steps = len(people) + len(probes)
    with Gallery.open(path, engine=engine) as gallery:
        for done, person in enumerate(people, start=1):
            gallery.enrol(person.photos, subject=person.name, basis=_BASIS, largest=True)
            progress(done, steps)
        findings = []
        for done, probe in enumerate(probes, start=len(people) + 1):
            findings.append(_search(gallery, probe))
            progress(done, steps)
        lists = [finding.entry for finding in findings if finding.entry]
        page = candidate_report(
            lists, gallery=path.name, crop=lambda found: gallery.crop(found.reference_id), base=folder
        )
        info = gallery.info()
    report = write_atomically(folder / "report.html", page)
    return Demonstration(path, report, info.subjects, info.references, tuple(findings))


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
    """Make bad photos of a person from a good one: one file for each degradation."""
    photo = images.decode(person.photos[0])
    face = engine.detect(photo, want=())[0]
    target = Target.of(face.landmarks)
    mask = sample_mask(_SEED, half="test", kind="surgical", nose="medium")
    worse: dict[str, tuple[Degradation, ...]] = {
        "out of focus": (Defocus(0.15),),
        "shaken": (MotionBlur(0.3, angle=20.0),),
        "in the dark": (LowLight(40.0, brightness=0.4),),
        "far away": (Downsample(face.box.width / _FAR, enlarge=False), Jpeg(50)),
    }
    pictures = {label: degrade(photo.pixels, target, steps, _SEED) for label, steps in worse.items()}
    pictures["masked"] = apply_mask(photo.pixels, face.landmarks, mask).pixels
    make_folder(folder)
    probes = []
    for label, pixels in pictures.items():
        path = folder / f"{person.name}, {label}.jpg"
        images.write(path, pixels)
        probes.append(Probe(path, person.name))
    return probes
