"""Public-domain portraits that come with declared dependencies."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bareface.errors import UsageError


@dataclass(frozen=True, slots=True)
class Person:
    """Photos of one person, by file."""

    name: str
    photos: tuple[Path, ...]


def portraits() -> tuple[Person, ...]:
    """Public-domain portraits that come with declared dependencies.

    Eileen Collins by NASA, from scikit-image; Grace Hopper by James S. Davis, U.S. Navy, from matplotlib.

    Raises
    ------
    UsageError
        ``usage.demo-portrait`` if a dependency does not bring its picture.
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
    """A file inside an installed package, which is not imported for it."""
    spec = find_spec(package)
    return Path(spec.origin if spec and spec.origin else package).parent.joinpath(*parts)
