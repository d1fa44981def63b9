"""Is the mean over a chip and its mirror image a better template? ``python -m training.ablate_mirror``.

Judged on the validation identities (CelebA ids ending in 0): every pair of their photos, true accept rates at false
match rates that their number supports.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bareface.evaluation.metrics import Trials, at_fmr
from bareface.faces.embedding.onnx import OnnxEmbedder
from bareface.models import registry
from bareface.services.engine import Engine
from training.photos import data_folder, largest_faces

TARGETS = (1e-2, 1e-3, 1e-4)


def main() -> None:
    """Print both rows."""
    people = sorted(p for p in (data_folder() / "train" / "celeba").iterdir() if p.name.endswith("0"))
    photos = [(number, photo) for number, person in enumerate(people) for photo in sorted(person.iterdir())]
    engine = Engine(detector="dlib", embedder="dlib-resnet")
    numbers = {str(photo): number for number, photo in photos}
    faces = list(largest_faces(engine, [photo for _, photo in photos]))
    subject = np.array([numbers[face.source] for face in faces])
    first, second = np.triu_indices(len(faces), 1)
    mated = subject[first] == subject[second]
    card = registry.card(engine.model)
    for mirror in (False, True):
        embedder = OnnxEmbedder(
            replace(card, input={**card.input, "mirror": mirror}), "float32", threads=engine.threads
        )
        vectors = np.concatenate(
            [embedder.embed([f.chip for f in faces[i : i + 32]]) for i in range(0, len(faces), 32)]
        )
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        scores = np.einsum("nd,nd->n", vectors[first], vectors[second]).astype(np.float64)
        trials = Trials(np.sort(scores[mated]), np.sort(scores[~mated]))
        rates = ", ".join(f"TAR {at_fmr(trials, target).tar:.4f} at FMR {target:g}" for target in TARGETS)
        print(f"{'chip and mirror image' if mirror else 'chip alone':>22}: {rates}")
    print(f"{mated.sum():,} mated and {(~mated).sum():,} non-mated pairs of {len(people)} people")


if __name__ == "__main__":
    main()
