"""How even the promise is over look-alike subjects, without labels."""

from __future__ import annotations

import numpy as np

from bareface.calibration.of_gallery import GalleryReferences, calibrate_references
from tests.matching.test_normalised_calibration import people


def of(vectors: np.ndarray, *, mask: str = "none") -> GalleryReferences:
    numbers = np.arange(len(vectors))
    return GalleryReferences(numbers, numbers, [f"p{n}" for n in numbers], vectors, states=[mask] * len(numbers))


def test_people_whom_the_embedder_separates_badly_are_found_without_labels() -> None:
    vectors = np.concatenate([people(240, 1), people(80, 2, kind=0.6)])
    found = calibrate_references(of(vectors), "elsewhere", "somebody's")
    assert sum(one.subjects for one in found.clusters) == 320
    raw, normalised = ([getattr(one, name) for one in found.clusters] for name in ("similarity", "normalised"))
    assert max(raw) > 2
    assert max(normalised) < 0.75 * max(raw)
    assert normalised == sorted(normalised, reverse=True)


def test_the_same_references_give_the_same_clusters() -> None:
    vectors = people(160, 3)
    one, again = (calibrate_references(of(vectors), "elsewhere", "somebody's").clusters for _ in range(2))
    assert one == again != ()


def test_too_few_subjects_have_no_clusters() -> None:
    assert calibrate_references(of(people(60, 4)), "elsewhere", "somebody's").clusters == ()
