"""Calibrate normalised scores and validate the promise: ``python -m training.mobilefacenet.fit_normalisation``.

Normalised scores (:mod:`bareface.matching.normalisation`) are calibrated on CelebA's calibration identities, on clean
photos, as :mod:`training.calibrate` does. The result is validated on CelebA's validation identities and on photos of
UTKFace that are in no training or test set, grouped by the source's labels; probable duplicates are omitted. Non-mated
probes, clean or degraded, are searched for in galleries of one photo a person. For predicted FPIRs of 0.1, 0.03, 0.01
and 0.003 the realised FPIR is printed as a multiple: 1 is perfect. The FNIR of mated searches at these FPIRs is
printed, too.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bareface.calibration.fit import fit_matrix
from bareface.calibration.fpir import StrangerModel
from bareface.calibration.normalised import NORMALISED_TOP, estimate, normalise_searches
from bareface.matching.normalisation import HIGHEST, MORE, Normalisation, non_mated_law
from bareface.models import registry
from bareface.synthesis.degradations import LEVELS, degrade
from bareface.values.face import Float32, Float64, UInt8
from training.mobilefacenet.draw import FACE
from training.mobilefacenet.pool import build
from training.mobilefacenet.space import centre
from training.mobilefacenet.validate import subject_of, templates

FPIRS = (0.1, 0.03, 0.01, 0.003)
SPOILT = {"defocus": 2, "low light": 2, "downsample": 1}
"""Index of the level; the last leaves a face of 48 pixels."""
SAME = 0.65
"""Cosine at which two photos of a group are taken for one person."""
LABEL = re.compile(r"(\d+)_\d_([0-3])_")
ORIGINS = ("white", "black", "asian", "indian")


def group_of(name: str) -> str | None:
    """Return the group that the name of a UTKFace file tells: children of 2 to 12, or adults of 20 to 60 by label."""
    found = LABEL.match(Path(name).name)
    if found is None:
        return None
    age = int(found[1])
    return "children" if 2 <= age <= 12 else ORIGINS[int(found[2])] if 20 <= age <= 60 else None


def best(
    gallery: Float32, probes: Float32, constants: Normalisation, first: int = 8
) -> tuple[Float64, NDArray[np.int64]]:
    """Return normalised scores float64 [n, first] of each probe's best candidates, and their places in the gallery."""
    scores = probes @ gallery.T
    order = np.argsort(-scores, axis=1)[:, : HIGHEST + MORE].astype(np.int64)
    falling, vectors = np.take_along_axis(scores, order, 1), gallery[order]
    left_out = vectors[:, :first] @ np.swapaxes(vectors, 1, 2) >= constants.alike
    law = non_mated_law(falling, len(gallery), constants.typical, left_out)
    return law.normalise(falling[:, :first]), order[:, :first]


def halves(
    subjects: NDArray[np.str_], size: int, probes: int, rounds: int, seed: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield places of one photo each of ``size`` subjects, and of ``probes`` other subjects."""
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        chosen = rng.permutation(np.unique(subjects))[: size + probes]
        places = np.array([rng.choice(np.flatnonzero(subjects == each)) for each in chosen])
        yield places[:size], places[size:]


def distinct(vectors: Float32, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return places without those that look like an earlier one."""
    kept: list[int] = []
    for place in places:
        if not kept or (vectors[kept] @ vectors[place]).max() < SAME:
            kept.append(int(place))
    return np.array(kept)


def main() -> None:
    """Print the law and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calibration", type=Path, required=True, help="pool of CelebA's calibration identities")
    parser.add_argument("--validation", type=Path, required=True, help="pool of its validation identities")
    parser.add_argument("--groups", type=Path, required=True, help="pool of UTKFace's photos")
    parser.add_argument("--embedder", default="bareface-mobile-bare")
    parser.add_argument("--size", type=int, default=200, help="of the galleries")
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    card = registry.card(options.embedder)
    path, mirror = registry.path_of(card), bool(card.input.get("mirror", False))
    pools = {name: build([], getattr(options, name)) for name in ("calibration", "validation", "groups")}
    chips = {name: centre(np.asarray(pool.bare)) for name, pool in pools.items()}
    views = {(name, "clean"): templates(path, each, mirror=mirror) for name, each in chips.items()}
    for kind, level in SPOILT.items():
        for name in ("validation", "groups"):
            views[name, kind] = templates(path, _spoilt(chips[name], kind, level), mirror=mirror)

    subjects = {
        name: np.array([subject_of(each) for each in pools[name].names]) for name in ("calibration", "validation")
    }
    clean = views["calibration", "clean"]
    people = np.unique(subjects["calibration"], return_inverse=True)[1].astype(np.int64)
    scores = np.asarray(clean @ clean.T, np.float32)
    np.fill_diagonal(scores, np.nan)
    constants = estimate(scores, people)
    normalised = normalise_searches(scores, people, people, clean, constants)
    law = fit_matrix(normalised, people, people, symmetric=False, top=NORMALISED_TOP).strangers
    print(f"{constants}, counted to {law.counted_to:.2f}", flush=True)

    groups = np.array([group_of(name) or "" for name in pools["groups"].names])
    table: dict[str, dict[str, list[float]]] = {}
    for kind in ("clean", *SPOILT):
        table[kind] = {}
        for group in ("celeba", *ORIGINS, "children"):
            name = "validation" if group == "celeba" else "groups"
            vectors = views[name, "clean"]
            among = np.arange(len(vectors)) if group == "celeba" else distinct(vectors, np.flatnonzero(groups == group))
            named = subjects["validation"] if group == "celeba" else among.astype(str)
            found = [
                _rates(law, best(vectors[among[a]], views[name, kind][among[b]], constants)[0], options.size).min(
                    axis=1
                )
                for a, b in halves(named, options.size, 200, options.rounds, 2)
            ]
            table[kind][group] = [float((np.concatenate(found) <= fpir).mean() / fpir) for fpir in FPIRS]
        print(
            kind, {group: " / ".join(f"{each:.1f}" for each in row) for group, row in table[kind].items()}, flush=True
        )
    missed = _missed(views["validation", "clean"], subjects["validation"], law, constants, options.size)
    print("FNIR", dict(zip(FPIRS, np.round(missed, 3).tolist(), strict=True)))
    if options.json is not None:
        content = {"constants": asdict(constants), "realised": table, "FNIR": missed, "size": options.size}
        options.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _spoilt(chips: UInt8, kind: str, level: int) -> UInt8:
    return np.stack([degrade(chip, FACE, [LEVELS[kind][level]], number) for number, chip in enumerate(chips)])


def _rates(law: StrangerModel, normalised: Float64, size: int) -> Float64:
    """Return the FPIR of normalised scores float64 [...]."""
    return law.fpir(normalised, size, 1.0).value


def _missed(
    vectors: Float32, subjects: NDArray[np.str_], law: StrangerModel, constants: Normalisation, size: int
) -> list[float]:
    """Return the FNIR at each FPIR of searches by another photo of people in the gallery."""
    rates: list[Float64] = []
    rng = np.random.default_rng(3)
    for _ in range(6):
        chosen = rng.permutation(np.unique(subjects))[:size]
        photos = [rng.permutation(np.flatnonzero(subjects == each)) for each in chosen]
        gallery = np.array([each[0] for each in photos])
        probes = np.array([each[1] for each in photos if len(each) > 1])
        found, places = best(vectors[gallery], vectors[probes], constants)
        own = subjects[gallery][places] == subjects[probes][:, None]
        fpir = np.where(own, _rates(law, found, size), 1.0).min(axis=1)
        rates.append(np.array([(fpir > limit).mean() for limit in FPIRS]))
    return [float(rate) for rate in np.mean(rates, axis=0)]


if __name__ == "__main__":
    main()
