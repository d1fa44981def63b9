"""Sources of the demonstration's photos: a folder of people, a pinned download."""

from __future__ import annotations

import hashlib
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bareface import settings
from bareface.errors import UsageError
from bareface.imaging.folders import entries
from bareface.imaging.portraits import Person
from bareface.system.files import make_folder, write_atomically

ENROLLED = 100
PHOTOS_EACH = 3
MATED = 4
STRANGERS = 2


@dataclass(frozen=True, slots=True)
class Probe:
    """A photo to search with, and who it shows: None for someone who is not enrolled."""

    path: Path
    person: str | None


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos of a source.

    Attributes
    ----------
    people
        People to enrol.
    probes
        Photos to search with.
    note
        Remark on them for the report.
    folder
        Folder that holds the photos of `people`, a folder each, and nothing else; None if there is no such folder.
    """

    people: tuple[Person, ...] = ()
    probes: tuple[Probe, ...] = ()
    note: str = ""
    folder: Path | None = None


def default_folder() -> Path | None:
    """Return the folder of people on this machine, ``lfw/images`` in the folder of photos; None if there is none."""
    folder = settings.current().photos / "lfw" / "images"
    return folder if folder.is_dir() else None


def people_in(folder: Path) -> Photos:
    """Return a bounded sample of a folder that holds one folder for each person.

    At most 100 people are enrolled with three photos each, spread evenly over the names. Of four who have
    several photos the last one is kept back as a probe; two more people are searched as strangers.

    Raises
    ------
    UsageError
        ``usage.demo-folder``: no folder of a person with a photo in it.
    """
    photos: dict[str, list[Path]] = {}
    for entry in entries(folder):
        if entry.subject is not None and entry.error is None and Path(entry.name).suffix:
            photos.setdefault(entry.subject, []).append(Path(entry.name))
    people = [Person(name, tuple(files)) for name, files in sorted(photos.items())]
    if not people:
        raise UsageError("usage.demo-folder", source=str(folder))
    step = max(1, len(people) // (ENROLLED + STRANGERS))
    sample = people[::step][: ENROLLED + STRANGERS]
    strangers, enrolled = (sample[:STRANGERS], sample[STRANGERS:]) if len(sample) > 2 * STRANGERS else ([], sample)
    mated = [person for person in enrolled if len(person.photos) > 1][:MATED]
    return Photos(
        tuple(
            Person(person.name, person.photos[: -1 if person in mated else None][:PHOTOS_EACH]) for person in enrolled
        ),
        (
            *(Probe(person.photos[-1], person.name) for person in mated),
            *(Probe(person.photos[0], None) for person in strangers),
        ),
    )


_PINNED = (
    "https://raw.githubusercontent.com/ageitgey/face_recognition/2e2dccea9dd0ce730c8d464d0f67c6eebb40c9d1/examples/"
)
_FILES = {
    "obama.jpg": "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
    "biden.jpg": "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
    "obama2.jpg": "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
    "knn_examples/train/biden/biden2.jpg": "593ae76f7fdafe582535e288751e665f0533d5c9d5dc7264db24d7e6b6ce4730",
}


def download(folder: Path, base: str | None = None) -> Photos:
    """Fetch the example photos of the face_recognition project: two photos of each of two presidents.

    Parameters
    ----------
    folder
        Folder for the files; one that is there with the right checksum is not fetched again.
    base
        Address that the file names are added to; the pinned one by default.

    Raises
    ------
    UsageError
        ``usage.demo-download``: no network, or a file with another SHA-256 than the pinned one.
    """
    make_folder(folder)
    paths = [_fetch((base or _PINNED) + name, digest, folder / Path(name).name) for name, digest in _FILES.items()]
    obama, biden, obama_again, biden_again = paths
    return Photos(
        (Person("Barack Obama", (obama,)), Person("Joe Biden", (biden,))),
        (Probe(obama_again, "Barack Obama"), Probe(biden_again, "Joe Biden")),
    )


def _fetch(address: str, digest: str, target: Path) -> Path:
    if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == digest:
        return target
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            data: bytes = answer.read(2**24)
    except (OSError, ValueError) as error:  # URLError is an OSError
        raise UsageError("usage.demo-download/fetch", reason=getattr(error, "reason", error), source=address) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise UsageError("usage.demo-download/differs", source=address)
    return write_atomically(target, data)
