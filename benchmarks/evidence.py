"""Least visible share of a face that still distinguishes people: ``python -m benchmarks.evidence``.

The validation identities' faces (CelebA ids that end in 0) are covered from below, row by row of the aligned chip, and
compared with the bare faces of all. Two limits of :mod:`bareface.matching.evidence` rest on it: evidence is called thin
where about half of the mated pairs that bare faces win at an FMR of 1e-3 are lost, and a face is refused where two of
three mated pairs are lost even at an FMR of 1e-2.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from bareface.faces.embedding.base import MaskInfo
from bareface.faces.occlusion.base import MASK
from bareface.faces.occlusion.segmenter import OnnxSegmenter
from bareface.faces.occlusion.visible_share import visible_fraction
from bareface.matching.scoring import Columns, matrix
from bareface.services.engine import Engine
from bareface.values.face import Template, UInt8
from benchmarks.common import print_table, write_json
from training.embedding.validate import rates
from training.photos import data_folder, largest_faces

ROWS = (150, 110, 95, 85, 78, 72, 66, 60, 55, 50, 45, 40, 34, 28)
BATCH = 32


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path("out/evidence.json"))
    options = parser.parse_args()
    photos = sorted((data_folder() / "train" / "celeba").glob("*0/*.jpg"))
    engine = Engine()
    faces = list(largest_faces(engine, photos))
    subject = np.array([int(Path(face.source).parent.name) for face in faces])
    chips = [face.for_embedder for face in faces]
    parts = (faces[start : start + BATCH] for start in range(0, len(faces), BATCH))
    references = Columns.of_templates([made for part in parts for made in engine.embed(part, upper_face=True)])
    maps = OnnxSegmenter().segment([face.chip for face in faces])
    rows = []
    for row in ROWS:
        classes = maps.copy()
        classes[:, row:] = MASK
        probes = references if row == ROWS[0] else Columns.of_templates(covered(engine, chips, classes))
        found = rates(matrix(probes, references), subject)
        shown = float(np.median([visible_fraction(one) for one in classes]))
        rows.append({"covered from row": row, "visible, median": shown, **found})
    title = f"CelebA validation, {len(faces)} photos of {len(set(subject.tolist()))} people, {engine.model}"
    print_table(title, list(rows[0]), [[f"{value:.3f}" for value in found.values()] for found in rows])
    write_json(options.json, {"title": title, "rows": rows})


def covered(engine: Engine, chips: list[UInt8], classes: UInt8) -> list[Template]:
    """Return templates of faces with these occlusion maps, all of them treated as masked."""
    masks = [MaskInfo("full", one) for one in classes]
    parts = (slice(start, start + BATCH) for start in range(0, len(chips), BATCH))
    return [made for part in parts for made in engine.embed_chips(chips[part], masks[part])]


if __name__ == "__main__":
    main()
