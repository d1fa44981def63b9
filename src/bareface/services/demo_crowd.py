"""Company for the demonstration: the packaged crowd of people who do not exist, and bad photos of some of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bareface.imaging.crowd import Nobody, crowd
from bareface.imaging.portraits import Person
from bareface.services.demo_photos import Photos, Probe
from bareface.services.demo_probes import CONDITIONS, worsen
from bareface.services.engine import Engine
from bareface.system.files import make_folder, write_atomically

_FILE: Final = "1.jpg"
STRANGERS: Final = ("masked", "shaken")
"""Conditions of the photos of people who are not enrolled, one person each."""
NOTE: Final = (
    "The {count} people called “person” and a number do not exist: they are mixtures of synthetic portraits, there so "
    "that the search has someone to mistake a person for."
)


def company(folder: Path, engine: Engine) -> Photos:
    """Write the crowd's pictures to a folder, and bad photos of some of them to search with.

    One of each condition shows a person who is enrolled, in another picture; a few show people who are not.

    Parameters
    ----------
    folder
        Folder for the pictures; those of a former demonstration are replaced.
    engine
        Finds the faces that are made worse.
    """
    people = crowd()
    twice = [one for one in people if one.again]
    strangers, known = twice[: len(STRANGERS)], twice[len(STRANGERS) :]
    enrolled = [one for one in people if one not in strangers]
    searched = [
        *zip(known[:: len(known) // len(CONDITIONS)], CONDITIONS, strict=False),
        *zip(strangers, STRANGERS, strict=True),
    ]
    probes, place = make_folder(folder / "probes"), make_folder(folder / "crowd")
    for former in place.glob(f"person-*/{_FILE}"):
        former.unlink()
    return Photos(
        tuple(Person(one.name, (_written(one, place),)) for one in enrolled),
        tuple(
            Probe(
                worsen(one.again or one.picture, engine, condition, probes / f"{one.name}, {condition}.jpg"),
                None if one in strangers else one.name,
            )
            for one, condition in searched
        ),
        NOTE.format(count=len(enrolled)),
        place,
    )


def _written(one: Nobody, folder: Path) -> Path:
    return write_atomically(make_folder(folder / one.name) / _FILE, one.picture)
