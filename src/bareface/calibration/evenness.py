"""Check how even a calibration's promise is over kinds of faces, by clusters of look-alike templates, not by labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bareface.calibration.calibration import BARE, Calibration
from bareface.calibration.counting import Int64
from bareface.calibration.normalised import normalise_searches
from bareface.system.extras import optional
from bareface.values.face import Float32

PROMISED = 0.1
"""The FPIR at which the promise is checked: rare enough to matter, and frequent enough to be counted."""
MOST_CLUSTERS = 5
SUBJECTS_EACH = 40
"""Number of subjects that a cluster should have on average."""
DRAWS = 20
"""Number of galleries that are drawn."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Subjects whose templates are alike, as probes that are not in the gallery.

    Attributes
    ----------
    subjects
        Their number.
    similarity
        FPIR realised at the similarity of a predicted one of :data:`PROMISED`, divided by it: 1 keeps the promise.
    normalised
        The same for normalised scores; None where similarities are what searches judge.
    """

    subjects: int
    similarity: float
    normalised: float | None


def evenness(
    scores: Float32,
    people: Int64,
    templates: Float32,
    cosines: Calibration,
    search: Calibration | None,
    *,
    seed: int = 0,
) -> tuple[Cluster, ...]:
    """Check the promise for each cluster of look-alike subjects, largest ratio of what searches judge first.

    Parameters
    ----------
    scores
        float32 [n, n], of all pairs of bare faces; NaN where not compared.
    people
        Number of each face's subject, int64 [n].
    templates
        Unit templates float32 [n, d].
    cosines, search
        Calibrations of similarities, and of normalised scores if searches judge these.
    seed
        Of the clusters and the galleries.

    Returns
    -------
    tuple of Cluster
        Empty if there are too few subjects for two clusters.
    """
    first = np.unique(people, return_index=True)[1]
    people, templates, scores = people[first], templates[first], scores[np.ix_(first, first)]
    cluster = look_alikes(templates, seed)
    if cluster is None:
        return ()
    ratios = [_ratios(scores, cosines, np.random.default_rng(seed))]
    if search is not None and search.normalisation is not None:
        normalised = normalise_searches(scores, people, people, templates, search.normalisation, seed=seed)
        ratios.append(_ratios(normalised, search, np.random.default_rng(seed)))
    found = []
    for one in np.unique(cluster):
        similarity, *normal = (float(ratio[cluster == one].mean()) for ratio in ratios)
        found.append(Cluster(int((cluster == one).sum()), similarity, normal[0] if normal else None))
    return tuple(sorted(found, key=lambda one: -(one.similarity if one.normalised is None else one.normalised)))


def look_alikes(templates: Float32, seed: int = 0) -> NDArray[np.int32] | None:
    """Deal subjects into clusters of look-alikes by their templates [n, d], one each; None if they are too few."""
    count = min(MOST_CLUSTERS, len(templates) // SUBJECTS_EACH)
    if count < 2:
        return None
    _, cluster = optional("scipy.cluster.vq").kmeans2(
        (templates - templates.mean(axis=0)).astype(np.float64), count, minit="++", rng=np.random.default_rng(seed)
    )
    return np.asarray(cluster, np.int32)


def promise_by_person(
    scores: Float32, people: Int64, templates: Float32, calibration: Calibration, *, seed: int = 0
) -> tuple[Int64, Float32]:
    """Check for each person, as a probe that is not in the gallery, how a calibration keeps its promise.

    Parameters
    ----------
    scores, people, templates
        As in :func:`evenness`.
    calibration
        The calibration that searches use.
    seed
        Of the galleries that are drawn.

    Returns
    -------
    tuple
        Places of one face of each person, int64 [n], and for each the share of drawn galleries in which it reaches a
        score of a predicted FPIR of :data:`PROMISED`, divided by that, float32 [n]: 1 keeps the promise.
    """
    first = np.unique(people, return_index=True)[1].astype(np.int64)
    people, templates, scores = people[first], templates[first], scores[np.ix_(first, first)]
    if calibration.normalisation is not None:
        scores = normalise_searches(scores, people, people, templates, calibration.normalisation, seed=seed)
    return first, _ratios(scores, calibration, np.random.default_rng(seed))


def _ratios(scores: Float32, calibration: Calibration, rng: np.random.Generator) -> Float32:
    """Return for each person the share of drawn galleries in which it reaches the limit, over :data:`PROMISED`."""
    size = len(scores) // 2
    limit = calibration.entries[calibration.nearest(BARE)].strangers.similarity_at_fpir(PROMISED, size)
    known = np.where(np.isfinite(scores), scores, -np.inf)
    reached = np.zeros(len(scores), np.float32)
    for _ in range(DRAWS):
        gallery = rng.choice(len(scores), size, replace=False)
        reached += known[:, gallery].max(axis=1) >= limit
    return np.asarray(reached / DRAWS / PROMISED, np.float32)
