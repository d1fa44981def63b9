"""Measure the mean of a template space: ``python -m training.space_mean [MODEL]``.

Templates of one space share a large common part. Closeness of spaces, and the range of 8-bit codes, are judged after
subtracting it. It is taken over redistributable training photos, one template a photo.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from bareface.services.engine import Engine
from training.convert_dlib import WEIGHTS
from training.photos import REDISTRIBUTABLE, largest_faces, redistributable


def main() -> None:
    """Write ``spaces/<space>.json``."""
    engine = Engine(embedder=sys.argv[1] if len(sys.argv) > 1 else "dlib-resnet")
    vectors = np.stack([face.template.vector for face in largest_faces(engine, redistributable())])
    mean = vectors.mean(axis=0)
    path = Path(WEIGHTS).parent / "spaces" / f"{engine.space}.json"
    path.parent.mkdir(exist_ok=True)
    values = {
        "space": engine.space,
        "model": engine.model,
        "photos": list(REDISTRIBUTABLE),
        "n": len(vectors),
        "mean": [round(float(v), 6) for v in mean],
    }
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(
        f"{engine.space}: mean of {len(vectors)} templates, norm {np.linalg.norm(mean):.3f}, "
        f"median template norm {np.median(np.linalg.norm(vectors, axis=1)):.3f}"
    )


if __name__ == "__main__":
    main()
