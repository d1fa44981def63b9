"""Make a crowd of people who do not exist: ``python -m training.crowd --data DIR``.

Each is a mixture of two synthetic portraits: shape and coarse light of the face are averaged, fine texture comes from
one of them above the nose and from the other below, so that it stays sharp; hair, ears and background are those of one.
A second picture has the other's surroundings, other light, and is mirrored. Heads are bent a little, each in its own
way, so that a mixture is less like the two in it. People are kept if they are unlike each other and unlike every
portrait, and if their second picture resembles the first.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.imaging import crowd as package
from bareface.imaging.align import chip_to_photo
from bareface.imaging.crowd import AGAIN
from bareface.models import registry
from bareface.services.engine import Engine
from bareface.values.face import Face, Float32, UInt8
from training.crowd_pictures import CORE, SIDE, bend, decoded, encoded, lit, mixed, moved, soft
from training.restoration.faces import LEAST_VISIBLE, LEAST_WIDTH, largest, photos_in

PARTNERS = 25
"""So many of one's folder that look most alike are mixed with one."""
PEOPLE = 108
"""Most people, those included who are left out later."""
TRIALS = 50
"""Partners that are tried for one portrait in each pass."""
SHARES = (0.35, 0.65)
"""Shares of the portraits; less of the first, whose hair and ears the template sees, too."""
EXPECTED = (0.62, 0.57)
"""Greatest cosine of the portraits' mean template and a person who is there, in each pass; others are not tried."""
LIKENESS = 0.5
"""Weight of the likeness of templates over that of pictures, each in deviations."""
TOO_ALIKE = 0.45
"""Portraits whose templates have a greater cosine are not mixed: the mixture would be like them."""
STRANGER = (0.4, 0.43)
"""Greatest cosine of two people of the crowd in each pass: the second looks for more among the portraits left."""
TONE = 10.0
"""Greatest distance of the colours of a person's two pictures in CIE Lab; the second is left out above it."""
SOURCE = 0.78
"""Greatest cosine of a picture and a portrait."""
MATED = 0.5
"""Least cosine of a person's two pictures."""
MET = 0.74
"""Least correlation of the features of two people, one warped to the other."""
FOLDER = Path(package.__file__).parent
SPOILT = frozenset({"female/25", "female/58", "female/59", "female/69", "female/78", "male/33", "male/4"})
"""First portraits of people who were left out after a look at all of them."""
_EYES = (96.0, 88.0)
_BETWEEN_EYES = 48.0
_CHIP_EYES, _CHIP_BETWEEN = 74.6 + 46.1j, 55.6


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A synthetic portrait: the head, RGB float32 [192, 192, 3], and its template."""

    name: str
    head: Float32
    template: Float32


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A person who does not exist.

    Attributes
    ----------
    pictures
        Two, each a JPEG file.
    sources
        Names of the portraits.
    template, again
        Of the first and of the second picture.
    nearest
        Greatest cosine of a picture and a portrait.
    mated
        Cosine of the pictures.
    met
        Correlation of the features of the two sources.
    """

    pictures: tuple[bytes, bytes]
    sources: tuple[str, ...]
    template: Float32
    again: Float32
    nearest: float
    mated: float
    met: float


def head(face: Face) -> UInt8:
    """Cut a head out of its photo, upright, RGB uint8 [192, 192, 3]."""
    assert face.photo is not None
    a, b = chip_to_photo(face.landmarks)
    step = _CHIP_BETWEEN / _BETWEEN_EYES
    a, b = a * step, b + a * (_CHIP_EYES - step * complex(*_EYES))
    pixels = face.photo.pixels
    width = abs(a) / 2
    if width > 0.5:  # or fine detail would alias
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.8 * width)
    places = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(pixels, places, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REFLECT_101))


def portraits(engine: Engine, photos: Iterable[Path]) -> Iterator[Portrait]:
    """Yield the portraits whose face is large, bare and the only one."""
    for path in photos:
        face = largest(engine, path)
        if face is None or face.box.width < LEAST_WIDTH or face.mask_state != "none":
            continue
        if (face.visible or 0) >= LEAST_VISIBLE:
            picture = head(face)
            template = template_of(engine, picture)
            if template is not None:
                yield Portrait(f"{path.parts[-3]}/{path.stem}", picture.astype(np.float32), template)


def template_of(engine: Engine, picture: UInt8) -> Float32 | None:
    """Compute a centred template of length 1 of the only face of a picture; None if it shows none or several."""
    found = engine.faces(picture, want=["template"])
    if len(found) != 1 or found[0].template is None:
        return None
    vector = found[0].template.vector
    centred = vector - registry.space_mean(found[0].template.space, len(vector))
    return np.asarray(centred / np.linalg.norm(centred), np.float32)


def partners(people: Sequence[Portrait]) -> NDArray[np.intp]:
    """Return for each portrait those that look alike enough to mix and are not too near, best first: [n, PARTNERS]."""
    own = np.stack([one.template for one in people])
    small = np.stack([cv2.resize(soft(one.head, 6)[50:172, 48:144], (8, 10)).ravel() for one in people])
    squares = np.square(small).sum(axis=1)
    far = np.sqrt(np.maximum(squares[:, None] + squares - 2 * small @ small.T, 0))
    alike = own @ own.T
    score = LIKENESS * alike / alike.std() - 2 * far / np.median(far)
    folders = np.array([one.name.split("/")[0] for one in people])
    score[(alike > TOO_ALIKE) | (folders[:, None] != folders)] = -np.inf
    return np.argsort(-score, axis=1)[:, :PARTNERS]


def crowd(engine: Engine, people: Sequence[Portrait], seed: int) -> Iterator[Made]:
    """Yield people who do not exist; each portrait lends its surroundings to one first and one second picture."""
    own, near = np.stack([one.template for one in people]), partners(people)
    order = np.random.default_rng(seed).permutation(len(people))
    kept: list[Float32] = []
    done: set[int] = set()
    lent: set[int] = set()
    for turn, first, trial in itertools.product(range(len(STRANGER)), order.tolist(), range(TRIALS)):
        rng = np.random.default_rng([seed, first, turn * TRIALS + trial])
        others = [int(one) for one in rng.choice(near[first], len(SHARES) - 1, replace=False)]
        if first in done or others[0] in lent:
            continue
        expected = np.asarray(SHARES) @ own[[first, *others]]
        expected /= np.linalg.norm(expected)
        if max((float(expected @ one) for one in kept), default=0.0) > EXPECTED[turn]:
            continue
        made = make(engine, [people[one] for one in (first, *others)], own, kept, STRANGER[turn], rng)
        if made is not None:
            done.add(first)
            lent.add(others[0])
            kept.append(made.template)
            yield made
            if len(done) == PEOPLE:
                return


def make(
    engine: Engine,
    sources: Sequence[Portrait],
    own: Float32,
    kept: Sequence[Float32],
    stranger: float,
    rng: np.random.Generator,
) -> Made | None:
    """Mix portraits; None if what comes out is not a person of its own.

    Parameters
    ----------
    engine
        Finds and embeds faces.
    sources
        The portraits; the first lends its surroundings to the first picture, the second to the second.
    own
        Templates of all portraits.
    kept
        Templates of the people that are there already.
    stranger
        Greatest cosine with any of them.
    rng
        Draws the rest.
    """
    heads = [one.head for one in sources]
    field, turned, (above, below) = bend(rng), rng.random() < 0.5, rng.permutation(len(heads))[:2]
    picture, met = mixed(heads, SHARES, above, below)
    if met < MET:
        return None
    first = encoded(moved(picture, field)[:, :: -1 if turned else 1])
    template = template_of(engine, decoded(first))
    if template is None or not _of_its_own(template, own, kept, stranger):
        return None
    order = [1, 0, *range(2, len(heads))]
    again, _ = mixed([heads[one] for one in order], SHARES, order.index(above), order.index(below))
    second = encoded(lit(moved(again, field)[:, :: 1 if turned else -1], rng))
    other = template_of(engine, decoded(second))
    if other is None or not _of_its_own(other, own, kept, stranger) or (mated := float(template @ other)) < MATED:
        return None
    nearest = max(float((own @ one).max()) for one in (template, other))
    return Made((first, second), tuple(one.name for one in sources), template, other, nearest, mated, met)


def _of_its_own(template: Float32, own: Float32, kept: Sequence[Float32], stranger: float) -> bool:
    """Return whether a template is unlike the portraits and unlike the people who are there."""
    return bool((own @ template).max() <= SOURCE) and all(float(template @ one) <= stranger for one in kept)


def main() -> None:
    """Make the people and write the file and its card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of folders of synthetic portraits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=FOLDER)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    engine = Engine(threads=1)
    people = list(portraits(engine, photos_in([options.data])))
    made = [one for one in crowd(engine, people, options.seed) if one.sources[0] not in SPOILT]
    save(options.output, made, len(people))
    print(f"{len(people)} portraits, {len(made)} people")


def save(folder: Path, made: Sequence[Made], portraits: int) -> None:
    """Write ``crowd.zip`` and its card ``crowd.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "crowd.zip"
    twice = [one for one in made if _tone(one) <= TONE and all(_apart(one, other) for other in made)]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as file:
        for number, one in enumerate(made, start=1):
            for ending, picture in zip(("", AGAIN), one.pictures if one in twice else one.pictures[:1], strict=False):
                # A fixed date: the same people make the same file.
                file.writestr(zipfile.ZipInfo(f"person-{number:03}{ending}.jpg"), picture)
    content = target.read_bytes()
    cosines = np.stack([one.template for one in made]) @ np.stack([one.template for one in made]).T
    between = cosines[np.triu_indices(len(made), 1)]
    nearest, mated = np.array([one.nearest for one in made]), np.array([one.mated for one in twice])
    card = {
        "id": "crowd",
        "summary": f"CC0-1.0 pictures of {len(made)} people who do not exist, two each of {len(twice)}, mixed from "
        f"{portraits} synthetic portraits (CC0-1.0: faker-js/assets-person-portrait, made with Stable Diffusion 3).",
        "licence": "CC0-1.0",
        "use": "Company for the demonstration and for tests: a gallery with someone to mistake a person for.",
        "source": "python -m training.crowd --data DIR, with male/512 and female/512 of "
        "github.com/faker-js/assets-person-portrait at 63aef57b5a839aebe3ad913ec7c76469aabbb6c5",
        "model": "bareface-mobile",
        "similarity": {
            "two people": {"median": _two(np.median(between)), "greatest": _two(between.max())},
            "two pictures of a person": {"median": _two(np.median(mated)), "least": _two(mated.min())},
            "a picture and the nearest portrait": {"median": _two(np.median(nearest)), "greatest": _two(nearest.max())},
        },
        "limits": [
            "Not for figures of accuracy: all portraits come from one generator, and people and pictures were chosen "
            "by the templates of the model named here.",
            "Mixtures are more like the portraits in them than strangers are; a portrait lends hair, ears and "
            "background to at most one first and one second picture.",
            "A second picture is mirrored and differs in light, surroundings and the shares of the portraits, not in "
            "age or pose.",
            "Whether a portrait resembles a living person is not known; its makers ask to be told.",
        ],
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
    }
    (folder / "crowd.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _apart(one: Made, other: Made) -> bool:
    """Return whether a person's second picture is unlike another person's first."""
    return one is other or float(one.again @ other.template) <= max(STRANGER)


def _tone(one: Made) -> float:
    """Compute the distance of the colours of a person's two pictures in CIE Lab."""
    faces = [cv2.cvtColor(decoded(one).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[CORE] for one in one.pictures]
    return float(np.linalg.norm(np.median(faces[0], axis=0) - np.median(faces[1], axis=0)))


def _two(value: float) -> float:
    return round(float(value), 2)


if __name__ == "__main__":
    main()
