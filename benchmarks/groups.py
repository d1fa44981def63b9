"""Does the promise hold for everyone? Predicted against realised FPIR by group of people and by kind of photo.

    python -m benchmarks.groups --embedder bareface-mobile

Non-mated searches: 400 people of LFW and of each folder of the groups, one photo each. Every split enrols 200 of them,
drawn at random, in a gallery, and all the others search it, so every candidate is a wrong one. The probes are photos
as they are, out of focus (level 3), in low light (level 3), and so small that the face is 48 pixels wide. The realised
FPIR is the share of searches in which a candidate's predicted FPIR is at most the given one; a probe without a face is
not a search and is counted apart.

Mated searches: galleries of 1,000 people, one photo each. LFW: another photo of each, either photo once the probe and
once enrolled; the same probes with simulated masks of the test half; MFR2: all photos with real masks, a bare photo of
each person enrolled, and people of LFW as the rest of the gallery. A mate that is not on the candidate list with a
predicted FPIR of at most the given one is missed, and so is a probe without a face.

Galleries, enrolment and searches are the product's own; photos are analysed once (:mod:`benchmarks.stored_analyses`)
and stored under ``out/groups``. Nothing was fitted or chosen on these sets. Identities of LFW and MFR2 can overlap with
what the embedders were trained on. The groups' labels are crude and the source's own. Some people are in a group twice
(:mod:`benchmarks.same_people`): the figures count a match between their photos as wrong, and those under "checked" do
not count such a candidate.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from bareface.services.engine import Engine
from bareface.services.gallery import Gallery
from bareface.values.analysis import Analysis
from bareface.values.search import CandidateList
from benchmarks.accuracy import MFR2_PAD, mask_states
from benchmarks.common import print_table, write_json
from benchmarks.digests import DETECTOR, SEGMENTER, digests
from benchmarks.group_rates import FPIRS, MISSED_AT, Outcome, bars, mated_cell, non_mated_cell, outcome
from benchmarks.same_people import twins
from benchmarks.stored_analyses import Condition, Picture, StoredEngine, analyses_of
from training.photos import data_folder

GROUPS: Final = ("white", "black", "asian", "indian", "children")
GROUP_PAD: Final = 40
CONDITIONS: Final[tuple[Condition, ...]] = ("clean", "defocus", "low light", "small")
PEOPLE: Final = 400
GALLERY: Final = 200
LARGE_GALLERY: Final = 1000
BATCH: Final = 200


def lfw_folders() -> dict[str, list[Path]]:
    """Return the photos of each person of LFW."""
    folders = sorted((data_folder() / "lfw" / "images").iterdir())
    return {folder.name: sorted(folder.iterdir()) for folder in folders}


def non_mated_sets() -> dict[str, list[Picture]]:
    """Return one photo each of the people of each set; those of LFW have no other photo."""
    alone = [Picture(name, photos[0]) for name, photos in lfw_folders().items() if len(photos) == 1]
    chosen = np.random.default_rng(0).permutation(len(alone))[:PEOPLE]
    groups = {
        name: [
            Picture(f"{name} {path.stem}", path, GROUP_PAD)
            for path in sorted((data_folder() / "groups" / name).iterdir())
        ]
        for name in GROUPS
    }
    return {"LFW": [alone[place] for place in sorted(chosen.tolist())], **groups}


def lfw_pairs() -> list[tuple[Picture, Picture]]:
    """Return two photos each of people of LFW."""
    people = [(name, photos) for name, photos in lfw_folders().items() if len(photos) > 1]
    rng = np.random.default_rng(1)
    chosen = sorted(rng.permutation(len(people))[:LARGE_GALLERY].tolist())
    drawn = [(people[place][0], rng.permutation(len(people[place][1]))[:2].tolist(), place) for place in chosen]
    return [(Picture(name, people[at][1][a]), Picture(name, people[at][1][b])) for name, (a, b), at in drawn]


def mfr2_photos() -> tuple[list[Picture], list[Picture]]:
    """Return one bare photo of each person of MFR2 who has one, and all masked photos of these people."""
    folder = data_folder() / "mfr2"
    states = mask_states(folder / "mfr2_labels.txt")
    photos = [path for path in sorted(folder.rglob("*")) if path.stem in states]
    bare: dict[str, Picture] = {}
    for path in photos:
        if states[path.stem][0] == "none":
            bare.setdefault(path.parent.name, Picture(path.parent.name, path, MFR2_PAD))
    masked = [path for path in photos if states[path.stem][0] != "none" and path.parent.name in bare]
    return list(bare.values()), [Picture(path.parent.name, path, MFR2_PAD) for path in masked]


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What searches are made with.

    Attributes
    ----------
    engine
        Answers with the analyses.
    analyses
        By key of the picture.
    calibration
        A calibration's JSON that replaces the packaged one; None for the packaged one.
    """

    engine: StoredEngine
    analyses: Mapping[bytes, Analysis]
    calibration: str | None = None


@dataclass(frozen=True, slots=True)
class People:
    """A gallery of unnamed subjects, and the names of the people that they are, by subject number."""

    gallery: Gallery
    names: dict[int, str]


@contextmanager
def enrolled(setup: Setup, pictures: Sequence[Picture]) -> Iterator[People]:
    """Open a temporary gallery of these people, one photo each."""
    with TemporaryDirectory() as folder, Gallery.open(Path(folder) / "people.bareface", setup.engine) as gallery:
        gallery.enrol([picture.key for picture in pictures], crops=False)
        if setup.calibration is not None:
            own = {"gallery": gallery.info().uuid, "calibration": setup.calibration}
            gallery.path.with_name(f"{gallery.path.name}-calibration").write_text(json.dumps(own), encoding="utf-8")
        owners = {hashlib.sha256(picture.key).hexdigest(): picture.subject for picture in pictures}
        yield People(gallery, {one.subject_id: owners[one.sha256] for one in gallery.references()})


def searched(gallery: Gallery, pictures: Sequence[Picture]) -> list[CandidateList | None]:
    """Return each probe's candidates; None if no face of it was searched for."""
    found: dict[str, CandidateList] = {}
    for start in range(0, len(pictures), BATCH):
        result = gallery.search([picture.key for picture in pictures[start : start + BATCH]])
        found |= {one.probe[0].source: one for one in result.lists}
    return [found.get(picture.key.decode()) for picture in pictures]


def split(
    pictures: Sequence[Picture], analyses: Mapping[bytes, Analysis], seed: int
) -> tuple[list[Picture], list[Picture]]:
    """Return the people of a gallery, who all have a face in their photo, and the others."""
    order = np.random.default_rng(seed).permutation(len(pictures)).tolist()
    chosen = [place for place in order if analyses[pictures[place].key].faces][:GALLERY]
    rest = sorted(set(order) - set(chosen))
    return [pictures[place] for place in chosen], [pictures[place] for place in rest]


def non_mated(
    setup: Setup, pictures: Sequence[Picture], splits: int, conditions: Sequence[Condition] = CONDITIONS
) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Return the figures of a set and the candidates that were a match, both by condition."""
    outcomes: dict[str, list[Outcome]] = {condition: [] for condition in conditions}
    checked: dict[str, list[Outcome]] = {condition: [] for condition in conditions}
    same = twins()
    matches: dict[str, list[dict[str, Any]]] = {condition: [] for condition in conditions}
    for seed in range(splits):
        people, others = split(pictures, setup.analyses, seed)
        with enrolled(setup, people) as known:
            for condition in conditions:
                lists = searched(known.gallery, [picture.under(condition) for picture in others])
                for picture, found in zip(others, lists, strict=True):
                    person = picture.subject
                    again = same.get(person, frozenset())
                    own = frozenset(number for number, name in known.names.items() if name in again)
                    outcomes[condition].append(outcome(person, found))
                    checked[condition].append(outcome(person, found, left_out=own))
                    matches[condition] += [
                        {"probe": person, "candidate": known.names[one.subject_id], "cosine": one.similarity}
                        for one in (found.candidates if found else ())
                        if one.decision == "match"
                    ]
    cells = {condition: non_mated_cell(found) for condition, found in outcomes.items()}
    for condition in conditions:
        matched = {(str(one["probe"]), str(one["candidate"])) for one in matches[condition]}
        wrong = {frozenset(pair) for pair in matched if pair[1] not in same.get(pair[0], frozenset())}
        cells[condition]["match pairs"] = len({frozenset(pair) for pair in matched})
        cell = non_mated_cell(checked[condition])
        kept = {name: cell[name] for name in ("realised", "match")}
        cells[condition]["checked"] = {**kept, "match pairs": len(wrong)}
    return cells, matches


def mates(people: People, probes: Sequence[Picture]) -> list[Outcome]:
    """Search for people who are in the gallery."""
    numbers = {name: number for number, name in people.names.items()}
    lists = searched(people.gallery, probes)
    return [
        outcome(picture.subject, found, numbers.get(picture.subject, 0))
        for picture, found in zip(probes, lists, strict=True)
    ]


def mated(setup: Setup) -> dict[str, Any]:
    """Return the figures of mated searches."""
    pairs = lfw_pairs()
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    with enrolled(setup, first) as people:
        lfw = mates(people, second)
        masked = mates(people, [picture.under("mask") for picture in second])
    with enrolled(setup, second) as people:
        lfw += mates(people, first)
    bare, probes = mfr2_photos()
    with enrolled(setup, filled_up(bare, first)) as people:
        mfr2 = mates(people, probes)
    return {
        "LFW": mated_cell(lfw),
        "LFW, probe masked (simulated)": mated_cell(masked),
        "MFR2, probe masked (real)": mated_cell(mfr2),
    }


def filled_up(people: Sequence[Picture], fillers: Sequence[Picture]) -> list[Picture]:
    """Return people and as many fillers as make a large gallery; fillers of the same names are left out."""
    names = {_plain(picture.subject) for picture in people}
    others = [picture for picture in fillers if _plain(picture.subject) not in names]
    return [*people, *others[: LARGE_GALLERY - len(people)]]


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def all_pictures(conditions: Sequence[Condition] = CONDITIONS) -> list[Picture]:
    """Return every picture of the benchmark."""
    groups = [picture.under(c) for pictures in non_mated_sets().values() for c in conditions for picture in pictures]
    pairs = lfw_pairs()
    masks = [picture.under("mask") for _, picture in pairs]
    bare, masked = mfr2_photos()
    return list(dict.fromkeys([*groups, *(one for pair in pairs for one in pair), *masks, *bare, *masked]))


def main() -> None:
    """Print the tables and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--embedder", default="bareface-mobile")
    parser.add_argument("--calibration", type=Path, help="use this calibration instead of the packaged one")
    parser.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=CONDITIONS)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="of the analysis")
    parser.add_argument("--cache", type=Path, default=Path("out") / "groups")
    parser.add_argument("--analyse-only", action="store_true", help="fill the cache and exit")
    parser.add_argument("--json", type=Path, default=Path("out/groups.json"))
    options = parser.parse_args()
    engine = Engine(embedder=options.embedder, threads=options.threads)
    analyses = analyses_of(engine, all_pictures(options.conditions), options.cache / engine.model)
    if options.analyse_only:
        return
    calibration = options.calibration.read_text(encoding="utf-8") if options.calibration else None
    setup = Setup(StoredEngine(engine, analyses), analyses, calibration)
    cells: dict[str, dict[str, Any]] = {}
    matches: dict[str, Any] = {}
    for name, pictures in non_mated_sets().items():
        cells[name], matches[name] = non_mated(setup, pictures, options.splits, options.conditions)
        print(name, json.dumps(cells[name]), flush=True)
    (options.cache / f"matches_{options.json.stem}.json").write_text(json.dumps(matches, indent=1), encoding="utf-8")
    results = {
        "embedder": engine.model,
        "weights": digests(engine, DETECTOR, SEGMENTER),
        "gallery": GALLERY,
        "large gallery": LARGE_GALLERY,
        "splits": options.splits,
        "non-mated": cells,
        "mated": mated(setup),
    }
    _print(results)
    write_json(options.json, results)


def _print(results: Mapping[str, Any]) -> None:
    columns = ["set", "condition", *(f"realised at {fpir:g}" for fpir in FPIRS), "match", "searches", "no face"]
    rows = [
        [name, condition, *(_said(one) for one in found["realised"].values()), _said(found["match"]),
         found["searches"], found["failures"]]
        for name, by in results["non-mated"].items() for condition, found in by.items()
    ]  # fmt: skip
    print_table(f"{results['embedder']}, non-mated searches", columns, rows)
    rows = [
        [name, *(_said(one) for one in found["FNIR"].values()), found["searches"], found["failures"]]
        for name, found in results["mated"].items()
    ]
    print_table("mated searches", ["set", *(f"FNIR at {fpir:g}" for fpir in MISSED_AT), "searches", "no face"], rows)
    bar_rows = [
        [bar.name, f"{bar.low:g} to {bar.high:g}", f"{bar.least[0]:.3g} ({bar.least[1]})",
         f"{bar.most[0]:.3g} ({bar.most[1]})", "held" if bar.held else "missed"]
        for bar in bars(results)
    ]  # fmt: skip
    print_table("bars", ["figure", "range", "least", "most", ""], bar_rows)


def _said(triple: Sequence[float]) -> str:
    return f"{triple[0]:.4f} ({triple[1]:.4f}-{triple[2]:.4f})"


if __name__ == "__main__":
    main()
