"""Adaptive score normalisation: scores relative to the probe's own non-mated scores.

An embedder separates some kinds of faces badly, and a blurred or dark photo scores differently from a sharp one. Each
probe is therefore measured by its own highest scores on a cohort (AS-norm: Matejka et al., "Analysis of score
normalization in multilingual speaker recognition", Interspeech 2017). The cohort is the gallery itself, without the
candidate and without references that look like the candidate: they may be other photos of the same person. No group
label is used or guessed.

The highest of n draws from a normal law have known expected values (Blom 1958). They turn the mean and the standard
deviation of the highest scores into those of a whole normal law with such a tail. A normalised score counts standard
deviations from that law's mean, so it does not depend on the gallery's size, and one law gives the false positive
identification rate for any gallery.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr, ndtri

from bareface.errors import CalibrationError

Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]

HIGHEST = 50
"""Number of highest scores that are used."""
SHARE = 0.6
"""Largest share of a small cohort that is used: the law describes the upper tail."""
FEWEST = 3
"""Smallest number of scores that can be normalised by."""
PRIOR = 100.0
"""Number of scores that the typical deviation weighs as much as. Chosen on validation people: with less, mated
candidates are lost to chance; with more, the FPIR of children is too low."""
TAIL = np.array([0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005])
"""FPIRs that the law is fitted at, if enough searches lie beyond."""
FEWEST_BEYOND = 5


def normal_scores(size: ArrayLike, count: int) -> Float64:
    """Return expected values of the ``count`` highest of ``size`` standard normal draws, float64 [..., count], falling.

    Notes
    -----
    Blom's approximation, within 0.02 for the highest of 10 or more. Ranks beyond ``size`` are NaN.
    """
    rank = np.arange(1, count + 1)
    share = (rank - 0.375) / (np.asarray(size, np.float64)[..., None] + 0.25)
    return np.asarray(-ndtri(np.where(share < 1, share, np.nan)), np.float64)


def normalise(score: ArrayLike, cohort: ArrayLike, size: ArrayLike, typical: float) -> Float64:
    """Express scores in standard deviations of the probe's non-mated scores.

    Parameters
    ----------
    score
        Float [...].
    cohort
        Highest scores of the same probe on the cohort, float [..., m], in any order; NaN where one is left out.
    size
        Size of the cohort, int [...], without those left out.
    typical
        Typical standard deviation of the embedder's non-mated scores.

    Returns
    -------
    ndarray
        float64 [...]; NaN if fewer than :data:`FEWEST` scores can be used.
    """
    score, cohort, size = (np.asarray(each, np.float64) for each in (score, cohort, size))
    # NaN sorts to the end.
    highest = -np.sort(-cohort, axis=-1)[..., :HIGHEST]
    known = np.isfinite(highest).sum(axis=-1)
    used = np.minimum(np.minimum(known, HIGHEST), np.maximum(FEWEST, np.floor(SHARE * size)))
    enough = (used >= FEWEST) & (size >= FEWEST)
    inside = (np.arange(highest.shape[-1]) < used[..., None]) & enough[..., None]
    expected = normal_scores(np.where(enough, np.maximum(size, known), HIGHEST), highest.shape[-1])
    mean, deviation = _moments(highest, inside)
    expected_mean, expected_deviation = _moments(expected, inside)
    variance = (used * np.square(deviation / expected_deviation) + PRIOR * typical**2) / (used + PRIOR)
    return np.where(enough, (score - mean) / np.sqrt(variance) + expected_mean, np.nan)


def _moments(values: Float64, inside: NDArray[np.bool_]) -> tuple[Float64, Float64]:
    """Return mean and standard deviation of the values inside; 0 and 1 if there are none."""
    count = np.maximum(inside.sum(axis=-1), 1)
    mean = np.where(inside, values, 0.0).sum(axis=-1) / count
    square = np.square(np.where(inside, values - mean[..., None], 0.0)).sum(axis=-1) / count
    return mean, np.sqrt(np.where(inside.any(axis=-1), square, 1.0))


def normalise_candidates(
    scores: ArrayLike, vectors: Float32, size: int, typical: float, alike: float, *, first: int | None = None
) -> Float64:
    """Normalise the highest scores of searches, with the gallery as the cohort.

    Parameters
    ----------
    scores
        Highest scores of each probe, float [..., m], falling; NaN or -inf if there are fewer.
    vectors
        Unit templates of the references that scored them, float32 [..., m, d].
    size
        Number of references in the gallery.
    typical
        See :func:`normalise`.
    alike
        Cosine at which two references may show one person: one that non-mated pairs seldom reach.
    first
        Number of candidates to normalise; all by default.

    Returns
    -------
    ndarray
        float64 [..., first].

    Notes
    -----
    Pass some more than :data:`HIGHEST` scores if a person has many references. Look-alikes below the scores passed are
    irrelevant: they are not in the tail.
    """
    scores = np.asarray(scores, np.float64)
    scores = np.where(np.isfinite(scores), scores, np.nan)
    count = scores.shape[-1] if first is None else min(first, scores.shape[-1])
    same = vectors[..., :count, :] @ np.swapaxes(vectors, -1, -2) >= alike
    same |= np.eye(count, scores.shape[-1], dtype=bool)
    others = np.where(same, np.nan, scores[..., None, :])
    sizes = size - (same & np.isfinite(scores)[..., None, :]).sum(axis=-1)
    return normalise(scores[..., :count], others, sizes, typical)


@dataclass(frozen=True, slots=True)
class NonMatedLaw:
    """Map normalised scores to the rate at which non-mated ones reach them.

    A non-mated comparison exceeds y with the probability that a normal draw exceeds ``(y - shift) / stretch``. If
    scores were normal and their deviation known, shift would be 0 and stretch 1.
    """

    shift: float = 0.0
    stretch: float = 1.0

    def fmr(self, normalised: ArrayLike) -> Float64:
        """Return the false match rate of one comparison at a threshold, float64 [...]."""
        return np.asarray(ndtr(-self._standard(normalised)), np.float64)

    def fpir(self, normalised: ArrayLike, size: ArrayLike) -> Float64:
        """Return the share of non-mated searches in ``size`` references whose best candidate reaches a threshold."""
        # log(1 - FMR) is the logarithm of the normal distribution function.
        return np.asarray(-np.expm1(np.asarray(size, np.float64) * log_ndtr(self._standard(normalised))), np.float64)

    def score_at(self, fpir: ArrayLike, size: ArrayLike) -> Float64:
        """Return the normalised score with this FPIR in a gallery of ``size`` references."""
        fmr = -np.expm1(np.log1p(-np.asarray(fpir, np.float64)) / np.asarray(size, np.float64))
        return np.asarray(self.shift - self.stretch * ndtri(fmr), np.float64)

    @classmethod
    def fit(cls, best: ArrayLike, size: int) -> Self:
        """Fit the law to the best normalised scores of non-mated searches.

        Parameters
        ----------
        best
            One score a search, float [n].
        size
            Number of references in each gallery that was searched.

        Raises
        ------
        CalibrationError
            ``calibration.subjects``: too few searches.

        Notes
        -----
        Least squares between quantiles of both, weighted by the number of searches beyond.
        """
        falling = np.sort(np.asarray(best, np.float64))[::-1]
        beyond = np.unique(np.round(TAIL * len(falling)).astype(int))
        beyond = beyond[beyond >= FEWEST_BEYOND]
        if len(beyond) < 2:
            raise CalibrationError("calibration.subjects/searches", searches=len(falling))
        normal = cls().score_at(beyond / len(falling), size)
        quantiles = (falling[beyond - 1] + falling[beyond]) / 2
        stretch, shift = np.polyfit(normal, quantiles, 1, w=np.sqrt(beyond))
        return cls(float(shift), float(stretch))

    def _standard(self, normalised: ArrayLike) -> Float64:
        return np.asarray((np.asarray(normalised, np.float64) - self.shift) / self.stretch, np.float64)
