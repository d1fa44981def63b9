"""Adaptive score normalisation: scores relative to the probe's own non-mated scores.

An embedder separates some kinds of faces badly, and a blurred or dark photo scores differently from a sharp one. Each
probe is therefore measured by its own highest scores on a cohort (AS-norm: Matejka et al., "Analysis of score
normalization in multilingual speaker recognition", Interspeech 2017). The cohort is the gallery itself, without the
candidate and without references that look like the candidate: they may be other photos of the same person. No group
label is used or guessed.

The highest of n draws from a normal law have known expected values (Blom 1958). They turn the mean and the standard
deviation of the highest scores into those of a whole normal law with such a tail. A normalised score counts standard
deviations from that law's mean, so it does not depend on the size of the gallery.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]

HIGHEST = 50
"""Number of highest scores that are used."""
MORE = 30
"""Scores to look up beyond them: some are of look-alikes of the candidate, and are left out."""
SHARE = 0.6
"""Largest share of a small cohort that is used: the law describes the upper tail."""
FEWEST = 3
"""Smallest number of scores that can be normalised by."""
PRIOR = 100.0
"""Number of scores that the typical deviation weighs as much as. Chosen on validation people: with less, mated
candidates are lost to chance; with more, the FPIR of children is too low."""


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Constants of a template space for the normalisation of its scores.

    Attributes
    ----------
    typical
        Typical standard deviation of a probe's non-mated scores, above 0.
    alike
        Cosine at which two references may show one person: one that non-mated pairs seldom reach.
    """

    typical: float
    alike: float


@dataclass(frozen=True, slots=True, eq=False)
class NonMatedLaw:
    """Normal laws of probes' non-mated scores.

    Attributes
    ----------
    mean, spread
        float64 [...]; NaN if fewer than :data:`FEWEST` scores could be used.
    used
        Number of scores that each was measured by, int64 [...].
    """

    mean: Float64
    spread: Float64
    used: NDArray[np.int64]

    def normalise(self, scores: ArrayLike) -> Float64:
        """Express scores, float [...], in standard deviations from the mean."""
        return np.asarray((np.asarray(scores, np.float64) - self.mean) / self.spread, np.float64)


def normal_scores(size: int, count: int) -> Float64:
    """Return expected values of the ``count`` highest of ``size`` standard normal draws, float64 [count], falling.

    Notes
    -----
    Blom's approximation, within 0.02 for the highest of 10 or more. Ranks beyond ``size`` are NaN.
    """
    quantile = NormalDist().inv_cdf
    shares = [(rank - 0.375) / (size + 0.25) for rank in range(1, count + 1)]
    return np.array([-quantile(share) if share < 1 else np.nan for share in shares])


def non_mated_law(
    scores: ArrayLike, size: int, typical: float, left_out: NDArray[np.bool_] | None = None
) -> NonMatedLaw:
    """Measure the law of each probe's non-mated scores by its highest ones.

    Parameters
    ----------
    scores
        Highest scores of each probe on the cohort, float [..., m], falling; NaN or -inf where there are fewer.
    size
        Number of templates in the cohort, those left out included.
    typical
        See :class:`Normalisation`.
    left_out
        Scores that are not counted for each candidate, bool [..., c, m]; None for one candidate and all scores.

    Returns
    -------
    NonMatedLaw
        Shape [..., c], or [...] without ``left_out``.
    """
    values = np.asarray(scores, np.float64)
    known = counted = np.isfinite(values)
    if left_out is not None:
        values, known = values[..., None, :], known[..., None, :]
        counted = known & ~left_out
    ranks = np.add.accumulate(counted, axis=-1, dtype=np.int64)
    number = np.add.reduce(counted, axis=-1, dtype=np.int64)
    sizes = size - np.add.reduce(known, axis=-1, dtype=np.int64) + number
    most = np.minimum(np.maximum((SHARE * sizes).astype(np.int64), FEWEST), HIGHEST)
    used = np.minimum(number, most)
    inside = counted & (ranks <= most[..., None])

    count = np.maximum(used, 1)
    mean = np.add.reduce(np.where(inside, values, 0.0), axis=-1) / count
    own = np.sqrt(np.add.reduce(np.square(np.where(inside, values - mean[..., None], 0.0)), axis=-1) / count)
    expected, deviation = _expected(np.maximum(sizes, used), used)
    spread = np.sqrt((used * np.square(own / deviation) + PRIOR * typical**2) / (used + PRIOR))
    spread = np.where(used >= FEWEST, spread, np.nan)
    return NonMatedLaw(mean - spread * expected, spread, used)


def _expected(sizes: NDArray[np.int64], used: NDArray[np.int64]) -> tuple[Float64, Float64]:
    """Return mean and standard deviation of the expected values of the ``used`` highest of ``sizes`` draws."""
    pairs = list(zip(sizes.ravel().tolist(), used.ravel().tolist(), strict=True))
    known = {pair: _moments(*pair) for pair in set(pairs)}
    found = np.array([known[pair] for pair in pairs]).reshape(*np.shape(sizes), 2)
    return found[..., 0], found[..., 1]


@lru_cache(maxsize=1 << 14)
def _moments(size: int, count: int) -> tuple[float, float]:
    if count < FEWEST:
        return 0.0, 1.0
    expected = normal_scores(size, count)
    return float(expected.mean()), float(expected.std())


def typical_spread(scores: Float32) -> float:
    """Return the typical standard deviation of non-mated scores float32 [p, r], from the rows' upper tails.

    It is the root mean square over probes. Scores that are NaN are not counted.
    """
    falling = -np.sort(-scores.astype(np.float64), axis=1)[:, :HIGHEST]
    size = int(np.isfinite(scores).sum(axis=1).min())
    count = min(HIGHEST, max(FEWEST, int(SHARE * size)), size)
    deviation = _moments(size, count)[1]
    return float(np.sqrt(np.square(falling[:, :count].std(axis=1)).mean()) / deviation)
