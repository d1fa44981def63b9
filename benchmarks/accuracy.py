"""Standing results: LFW and MFR2, bare and masked, on every registered embedder: ``python -m benchmarks.accuracy``.

Third-party comparators take part once they are registered, as a user would register them::

    bareface models add yunet shared/models/yunet_n_640_640.onnx
    bareface models add mobilefacenet shared/models/mobilefacenet_foamliu.onnx

A system is a detector and an embedder, and every photo goes through all of it: a masked face that the detector misses
is a failure to acquire, and its comparisons are errors. Simulated masks are of the test half; each is placed by the
system's own landmarks on the bare photo. Intervals are 95 %, by bootstrap over subjects. Score files are kept under
``out/accuracy`` and used again, so that a run that was cut short goes on where it stopped.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
from rich.progress import Progress

from bareface.errors import EvaluationError
from bareface.evaluation.pair_lists import read_pairs
from bareface.evaluation.protocols import Protocol, Sample, all_pairs
from bareface.evaluation.run import Transform, run, subject_face
from bareface.evaluation.verification import Verification, verify
from bareface.models import registry
from bareface.scores.score_file import ScoreFile
from bareface.services.engine import Engine
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Precision, UInt8
from benchmarks.common import print_table, write_json
from training.photos import data_folder

MFR2_PAD = 40
TARGETS = (1e-2, 1e-3)


@dataclass(frozen=True, slots=True)
class System:
    """A detector and an embedder, by the names of their cards."""

    detector: str
    embedder: str
    precision: Precision = "float32"

    @property
    def name(self) -> str:
        """Name in tables."""
        return f"{self.detector} + {self.embedder}" + (" int8" if self.precision == "int8" else "")

    def engine(self) -> Engine:
        """Open the system."""
        return Engine(detector=self.detector, embedder=self.embedder, precision=self.precision)


@dataclass(frozen=True, slots=True)
class Task:
    """A set of comparisons and what is done to the photos first."""

    name: str
    protocol: Callable[[], Protocol]
    pad: int = 0
    probes_masked: bool = False
    references_masked: bool = False


def systems() -> list[System]:
    """Return the packaged system in both precisions, then every registered embedder on the best registered detector."""
    added = {card.id: card for card in registry.cards() if not card.packaged}
    chosen = [System("dlib", "dlib-resnet"), System("dlib", "dlib-resnet", "int8")]
    if "yunet" in added:
        chosen.append(System("yunet", "dlib-resnet"))
    detector = "yunet" if "yunet" in added else "dlib"
    return chosen + [System(detector, card.id) for card in added.values() if card.task == "embedding"]


def tasks(data: Path) -> list[Task]:
    """Return all sets of comparisons."""

    def lfw() -> Protocol:
        return read_pairs(data / "lfw" / "pairs.txt", data / "lfw" / "images")

    def mfr2() -> Protocol:
        return _with_states(read_pairs(data / "mfr2" / "pairs.txt", data / "mfr2"), data / "mfr2" / "mfr2_labels.txt")

    def masked_and_bare() -> Protocol:
        return _masked_against_bare(_with_states(all_pairs(data / "mfr2"), data / "mfr2" / "mfr2_labels.txt"))

    return [
        Task("LFW", lfw),
        Task("LFW, probe masked (simulated)", lfw, probes_masked=True),
        Task("LFW, both masked (simulated)", lfw, probes_masked=True, references_masked=True),
        Task("MFR2, 848 pairs (real masks)", mfr2, pad=MFR2_PAD),
        Task("MFR2, all masked x bare pairs", masked_and_bare, pad=MFR2_PAD),
    ]


def mask_states(labels: Path) -> dict[str, tuple[str, str]]:
    """Read (mask state, mask type) by photo from MFR2's label file: person, number, mask type or ``no-mask``."""
    states = {}
    for line in labels.read_text(encoding="utf-8").splitlines():
        if line.strip():
            person, number, kind = (part.strip() for part in line.split(","))
            states[f"{person}_{int(number):04d}"] = ("none" if kind == "no-mask" else "full", kind)
    return states


def _with_states(protocol: Protocol, labels: Path) -> Protocol:
    states = mask_states(labels)
    return protocol.labelled({s.name: states[s.path.stem] for s in protocol.samples if s.path.stem in states})


def _masked_against_bare(protocol: Protocol) -> Protocol:
    masked = np.array([sample.state == "full" for sample in protocol.samples])
    bare = np.array([sample.state == "none" for sample in protocol.samples])
    kept = (masked[protocol.probe] & bare[protocol.reference]) | (bare[protocol.probe] & masked[protocol.reference])
    return replace(
        protocol,
        name="masked x bare",
        probe=protocol.probe[kept],
        reference=protocol.reference[kept],
        fold=protocol.fold[kept],
    )


def worn(engine: Engine, side: str) -> Transform:
    """Put a test-half mask on each photo's face, the same in every run; another on the other side."""

    def apply(pixels: UInt8, sample: Sample) -> UInt8 | None:
        faces = engine.faces(pixels, want=())
        if not faces:
            return None
        face = subject_face(faces, (pixels.shape[1], pixels.shape[0]))
        try:
            return apply_mask(
                pixels, face.landmarks, sample_mask(crc32(f"{side}:{sample.name}".encode()), half="test")
            ).pixels
        except EvaluationError:
            return None

    return Transform(apply, state="full", condition="simulated mask, test half")


def scores_of(system: System, task: Task, folder: Path) -> ScoreFile:
    """Return the score file of a system on a task; compute it if it is missing."""
    place = folder / _slug(system.name) / f"{_slug(task.name)}.parquet"
    if place.is_file():
        return ScoreFile.read(place)
    engine = system.engine()
    with Progress() as bar:
        shown = bar.add_task(f"{system.name}: {task.name}", total=None)
        scores = run(
            task.protocol(),
            engine,
            pad=task.pad,
            probes=worn(engine, "probe") if task.probes_masked else None,
            references=worn(engine, "reference") if task.references_masked else None,
            progress=lambda done, total: bar.update(shown, completed=done, total=total),
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    scores.write(place)
    return scores


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower()).strip("-")


def figures(scores: ScoreFile) -> dict[str, object]:
    """Compute the table's figures of one score file."""
    found: Verification = verify(scores, targets=TARGETS)
    rates = {"eer": found.eer, **{f"tar@{point.target:g}": point.tar for point in found.tar}}
    if found.accuracy is not None:
        rates["accuracy"] = found.accuracy
    return {
        "mated": found.mated,
        "nonmated": found.nonmated,
        "subjects": found.subjects,
        "fta": found.fta,
        **{name: [rate.value, rate.low, rate.high] for name, rate in rates.items()},
        "support": {f"tar@{point.target:g}": point.support for point in found.tar},
    }


def main() -> None:
    """Print the tables and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/accuracy"), help="folder of the score files")
    parser.add_argument("--json", type=Path, default=Path("out/accuracy.json"))
    options = parser.parse_args()
    results: dict[str, dict[str, dict[str, object]]] = {}
    for task in tasks(data_folder()):
        # What 8 bits cost shows on bare faces; masks, at a minute of work each thousand, are left to float32.
        taking_part = [s for s in systems() if s.precision == "float32" or not task.probes_masked]
        results[task.name] = {s.name: figures(scores_of(s, task, options.out)) for s in taking_part}
        print_table(
            task.name,
            ["system", "accuracy", "EER", "TAR at FMR 1e-2", "TAR at FMR 1e-3", "FTA", "mated / non-mated"],
            [[name, *_cells(values)] for name, values in results[task.name].items()],
        )
    write_json(options.json, {"results": results})


def _cells(values: dict[str, object]) -> list[str]:
    def rate(name: str) -> str:
        triple = values.get(name)
        if not isinstance(triple, list) or np.isnan(triple[0]):
            return "n too small"
        return f"{triple[0]:.3f} ({triple[1]:.3f}-{triple[2]:.3f})"

    return [
        rate("accuracy") if "accuracy" in values else "-",
        *(rate(name) for name in ("eer", "tar@0.01", "tar@0.001")),
        f"{values['fta']:.3f}",
        f"{values['mated']} / {values['nonmated']}",
    ]


if __name__ == "__main__":
    main()
