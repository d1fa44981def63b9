"""Does quality predict errors? Error versus discard on LFW, clean and degraded: ``python -m benchmarks.quality``.

The 3,000 mated pairs of LFW's protocol; a pair has the lower quality of its two photos, and up to 30 % of the pairs
are discarded. The threshold is set once, before discarding, at a false match rate counted over all photos of different
people. In the degraded round each pair's probe is spoilt by a kind and a level drawn by chance, the same in every run,
from ``bareface.synthesis.degradations.LEVELS``; the reference stays as it is. A pair in which no face is found has no
quality: it is left out of the curve, where discarding it first would flatter, and counted.

Nothing was fitted, and nothing chosen, on LFW. Three scores are compared: as shipped, that is ``face.quality`` with the
occlusion map's visible share; one with the true share of the simulated cover; and one of pixels and landmarks alone.
Faces are found by the packaged detector and embedded by dlib's descriptor, as bareface embeds bare faces; they are
kept under ``out/quality`` and used again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.discard import DiscardCurve, discard_curve
from bareface.evaluation.pair_lists import read_pairs
from bareface.evaluation.protocols import Protocol
from bareface.faces.quality import rate
from bareface.synthesis.degradations import LEVELS
from bareface.values.face import Float64
from benchmarks.common import print_table, write_json
from training.photos import data_folder
from training.quality import threshold_of
from training.quality_faces import LEVELS_EACH, Faces, Job, Sight, faces_of, open_engine

FMR: Final = (1e-3, 1e-4)
SHARES: Final = np.linspace(0.0, 0.3, 7)
KINDS: Final = tuple(LEVELS)
WAYS: Final[dict[str, Sight]] = {"as shipped": "map", "true visible share": "true", "pixels alone": "none"}


def mated_only(protocol: Protocol, photos: int | None = None) -> Protocol:
    """Select the mated pairs; on request only of evenly spaced people with about N photos in total."""
    samples = protocol.samples
    people = sorted({sample.subject for sample in samples})
    chosen = set(people[:: max(1, -(-len(samples) // photos))] if photos else people)
    kept = np.array([sample.subject in chosen for sample in samples])
    subject = np.array([sample.subject for sample in samples])
    pairs = (subject[protocol.probe] == subject[protocol.reference]) & kept[protocol.probe]
    number = (np.cumsum(kept) - 1).astype(np.int32)
    return replace(
        protocol,
        samples=tuple(sample for sample, wanted in zip(samples, kept, strict=True) if wanted),
        probe=number[protocol.probe[pairs]],
        reference=number[protocol.reference[pairs]],
        fold=protocol.fold[pairs],
    )


def clean_jobs(protocol: Protocol) -> Iterator[Job]:
    """Return a job for every photo as it is."""
    subjects = _subjects(protocol)
    for photo, sample in enumerate(protocol.samples):
        yield Job(subjects[sample.subject], photo, sample.path)


def degraded_jobs(protocol: Protocol) -> Iterator[Job]:
    """Return a job for every probe, degraded by a random kind and level."""
    subjects = _subjects(protocol)
    for photo in np.unique(protocol.probe).tolist():
        sample = protocol.samples[photo]
        rng = np.random.default_rng([crc32(sample.name.encode()), 1])
        kind, level, seed = KINDS[rng.integers(len(KINDS))], int(rng.integers(LEVELS_EACH)), int(rng.integers(2**31))
        yield Job(subjects[sample.subject], photo, sample.path, kind, level, "test", seed)


def _subjects(protocol: Protocol) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted({sample.subject for sample in protocol.samples}))}


@dataclass(frozen=True, slots=True, eq=False)
class Mates:
    """Mated pairs of which both faces were found: rows of probes and references, subject, cosine; and pairs lost."""

    probe: NDArray[np.int64]
    reference: NDArray[np.int64]
    subject: NDArray[np.int64]
    cosine: Float64
    lost: int

    @classmethod
    def of(cls, protocol: Protocol, probes: Faces, references: Faces) -> Mates:
        """Build the pairs of a protocol that has mated pairs only."""
        probe, reference = (
            _rows(faces, len(protocol.samples))[side]
            for faces, side in ((probes, protocol.probe), (references, protocol.reference))
        )
        found = (probe >= 0) & (reference >= 0)
        probe, reference = probe[found], reference[found]
        cosine = np.einsum("nd,nd->n", probes.templates[probe], references.templates[reference], dtype=np.float64)
        return cls(probe, reference, probes.subject[probe], cosine, int((~found).sum()))


def _rows(faces: Faces, photos: int) -> NDArray[np.int64]:
    row = np.full(photos, -1, np.int64)
    row[faces.photo] = np.arange(len(faces.photo))
    return row


def ratings(faces: Faces) -> dict[str, Float64]:
    """Compute every face's score in three ways."""
    return {
        way: np.array([rate(replace(found, consistency=None)).score for found in faces.measures(sight)])
        for way, sight in WAYS.items()
    }


def curves(
    mates: Mates, probe: dict[str, Float64], reference: dict[str, Float64], threshold: float, plan: Plan | None = None
) -> dict[str, DiscardCurve]:
    """Compute the error-versus-discard curve of each rating at one threshold."""
    wrong = mates.cosine < threshold
    return {
        name: discard_curve(
            np.minimum(value[mates.probe], reference[name][mates.reference]), wrong, mates.subject, SHARES, plan
        )
        for name, value in probe.items()
    }


def _values(curve: DiscardCurve) -> dict[str, Any]:
    values = asdict(curve)
    columns = {name: values[name].tolist() for name in ("share", "fnmr", "low", "high", "step_low", "step_high")}
    area = [curve.area, curve.area_low, curve.area_high]
    return {**columns, "area": area, "falls": curve.falls, "rises": curve.rises}


def measured(protocol: Protocol, clean: Faces, degraded: Faces) -> dict[str, Any]:
    """Measure both rounds at each false match rate."""
    reference = ratings(clean)
    results: dict[str, Any] = {}
    for name, probes in (("LFW", clean), ("LFW degraded", degraded)):
        mates = Mates.of(protocol, probes, clean)
        scores = reference if probes is clean else ratings(probes)
        results[name] = {"pairs": len(mates.cosine), "lost": mates.lost, "at": {}}
        for fmr in FMR:
            threshold = threshold_of(clean, fmr)
            found = {way: _values(c) for way, c in curves(mates, scores, reference, threshold).items()}
            results[name]["at"][f"{fmr:g}"] = {"threshold": threshold, **found}
    return results


def main() -> None:
    """Print the tables and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=None, help="about so many photos, of evenly spaced people")
    parser.add_argument("--json", type=Path, default=Path("out/quality.json"))
    options = parser.parse_args()
    data = data_folder() / "lfw"
    protocol = mated_only(read_pairs(data / "pairs.txt", data / "images"), options.photos)
    engine = open_engine("bareface")
    clean, degraded = (faces_of(jobs(protocol), engine) for jobs in (clean_jobs, degraded_jobs))
    results = measured(protocol, clean, degraded)
    for name, found in results.items():
        for fmr, values in found["at"].items():
            ways = [way for way in values if way != "threshold"]
            rows = [[f"{share:.0%}", *(_cell(values[way], i) for way in ways)] for i, share in enumerate(SHARES)]
            rows.append(["area", *("{:.3f} ({:.3f}-{:.3f})".format(*values[way]["area"]) for way in ways)])
            rows += [[verdict, *(str(values[way][verdict]) for way in ways)] for verdict in ("falls", "rises")]
            print_table(f"{name}, FMR {fmr}: {found['pairs']} pairs, {found['lost']} lost", ["discarded", *ways], rows)
    photos = {"clean": len(clean.photo), "degraded": len(degraded.photo), "people": len(_subjects(protocol))}
    write_json(options.json, {"embedder": engine.model, "photos": photos, "results": results})


def _cell(values: dict[str, Any], i: int) -> str:
    return f"{values['fnmr'][i]:.4f} ({values['low'][i]:.4f}-{values['high'][i]:.4f})"


if __name__ == "__main__":
    main()
