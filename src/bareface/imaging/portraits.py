"""Public-domain portraits that come with packages of the extra ``evaluate``."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bareface.errors import UsageError
from bareface.messages import Note
from bareface.system.extras import missing


@dataclass(frozen=True, slots=True)
class Person:
    """Photos of one person, by file."""

    name: str
    photos: tuple[Path, ...]


def portraits() -> tuple[Person, ...]:
    """List the public-domain portraits that come with packages of the extra ``evaluate``.

    Eileen Collins by NASA, from scikit-image; Grace Hopper by James S. Davis, U.S. Navy, from matplotlib.

    Raises
    ------
    UsageError
        ``usage.extra`` if one of the packages is not installed, ``usage.demo-portrait`` if it lacks its picture.
    """
    found = (
        Person("Eileen Collins", (_inside("skimage", "data", "astronaut.png"),)),
        Person("Grace Hopper", (_inside("matplotlib", "mpl-data", "sample_data", "grace_hopper.jpg"),)),
    )
    for person in found:
        if not person.photos[0].is_file():
            raise UsageError("usage.demo-portrait", name=person.name, source=str(person.photos[0]))
    return found


def _inside(package: str, *parts: str) -> Path:
    """Locate a file inside an installed package without importing it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise missing(package, Note("purpose.portraits"))
    return Path(spec.origin).parent.joinpath(*parts)
