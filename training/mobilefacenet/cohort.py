"""Sample a cohort of artificial templates: ``python -m training.mobilefacenet.cohort``.

Without a gallery, scores are normalised by this cohort. It is sampled from a mixture of normal laws fitted to the
templates of many faces: no template belongs to a person, but they are as dense as real ones. Cohorts of freely licensed
portraits, which show mostly one kind of people, hardly helped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bareface.models import registry
from bareface.models.fitted import coded
from bareface.values.face import Float32
from training.mobilefacenet.pool import build
from training.mobilefacenet.space import centre, unit
from training.mobilefacenet.validate import templates

CLUSTERS, OWN, ROUNDS = 64, 0.3, 15
"""Number of normal laws; share of a covariance that is the law's own, not common to all; rounds of clustering."""
COUNT = 2000
AT_ONCE = 1024


def clusters(vectors: Float32, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Assign unit vectors to clusters by spherical k-means, int64 [n]."""
    middles = vectors[rng.choice(len(vectors), count, replace=False)]
    for _ in range(ROUNDS):
        found = (vectors @ middles.T).argmax(axis=1)
        middles = unit(
            np.stack([vectors[found == k].mean(axis=0) if (found == k).any() else middles[k] for k in range(count)])
        )
    return np.asarray((vectors @ middles.T).argmax(axis=1), np.int64)


def sample_cohort(vectors: Float32, count: int = COUNT, *, clustered: int = CLUSTERS, seed: int = 0) -> Float32:
    """Sample unit templates float32 [count, d] from a mixture fitted to unit templates float32 [n, d]."""
    rng = np.random.default_rng(seed)
    place = clusters(vectors, clustered, rng)
    middles = np.stack(
        [vectors[place == k].mean(axis=0) if (place == k).any() else vectors[0] for k in range(clustered)]
    )
    rest = (vectors - middles[place]).astype(np.float64)
    shared = np.cov(rest.T) + 1e-6 * np.eye(vectors.shape[1])
    drawn = rng.choice(clustered, count, p=np.bincount(place, minlength=clustered) / len(place))
    found = np.empty((count, vectors.shape[1]))
    for k in np.unique(drawn):
        inside = rest[place == k]
        own = np.cov(inside.T) if len(inside) > 2 else shared
        law = OWN * own + (1 - OWN) * shared * np.trace(own) / np.trace(shared)
        spread = np.linalg.cholesky(law + 1e-9 * np.eye(len(law)))
        found[drawn == k] = middles[k] + rng.standard_normal(((drawn == k).sum(), len(law))) @ spread.T
    return unit(found)


def main() -> None:
    """Write the cohort as 8-bit numbers, and its card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path, required=True, help="faces, made by training.mobilefacenet.pool")
    parser.add_argument("--only", default="", help="only faces whose path holds this")
    parser.add_argument("--leave-out", type=Path, help="names of faces that are not used, one a line")
    parser.add_argument("--embedder", default="bareface-mobile-bare")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--licence", default="that of the pool's photos", help="for the card")
    parser.add_argument("--out", type=Path, required=True, help="an .npz file; the card is written beside it")
    options = parser.parse_args()
    card, pool = registry.card(options.embedder), build([], options.pool)
    left = set(options.leave_out.read_text(encoding="utf-8").splitlines()) if options.leave_out else set()
    chosen = [k for k, name in enumerate(pool.names) if options.only in name and name not in left]
    parts = [chosen[start : start + AT_ONCE] for start in range(0, len(chosen), AT_ONCE)]
    path, mirror = registry.path_of(card), bool(card.input.get("mirror", False))
    vectors = np.concatenate([templates(path, centre(np.asarray(pool.bare[part])), mirror=mirror) for part in parts])
    made = sample_cohort(vectors, options.count)
    codes, scale = coded(made)
    np.savez_compressed(options.out, vectors=codes, scale=np.float32(scale))
    content = options.out.read_bytes()
    described = {
        "id": options.out.stem,
        "summary": f"{len(made)} artificial templates to normalise scores by if there is no gallery.",
        "licence": options.licence,
        "space": card.space,
        "model": card.id,
        "training_data": f"A mixture of {CLUSTERS} normal laws fitted to templates of {len(chosen)} faces of the "
        "training pool; no template belongs to a photo, and no label was used.",
        "source": f"python -m training.mobilefacenet.cohort --embedder {card.id} --only {options.only or '(all)'}"
        + (" --leave-out ..." if options.leave_out else ""),
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
    }
    options.out.with_suffix(".json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    print(f"{len(chosen)} faces, {len(made)} templates, {len(content)} bytes")


if __name__ == "__main__":
    main()
