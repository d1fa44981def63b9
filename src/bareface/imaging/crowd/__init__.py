"""A crowd of people who do not exist, for demonstrations and tests: mixtures of synthetic portraits."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from importlib import resources

AGAIN = "-again"
"""Ending of the name of a second picture."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """A person who does not exist.

    Attributes
    ----------
    name
        Such as ``person-001``.
    picture, again
        Two pictures, each a JPEG file; the second, in other light and other surroundings, is None for some.
    """

    name: str
    picture: bytes
    again: bytes | None


def crowd() -> tuple[Nobody, ...]:
    """Return the people of the packaged crowd by number; ``crowd.json`` says where they come from."""
    file = resources.files(__name__) / "crowd.zip"
    with file.open("rb") as stream, zipfile.ZipFile(stream) as pictures:
        contents = {one.removesuffix(".jpg"): pictures.read(one) for one in sorted(pictures.namelist())}
    return tuple(
        Nobody(name, picture, contents.get(name + AGAIN))
        for name, picture in contents.items()
        if not name.endswith(AGAIN)
    )
