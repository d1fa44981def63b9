"""How a score stands among those of strangers: adaptive score normalisation.

A face of a kind that the embedder hardly tells apart, or a photo that is blurred or dark, meets other scores from
strangers than an average face does. So each probe is measured by its own highest scores on a cohort (AS-norm: Matejka
et al., "Analysis of score normalization in multilingual speaker recognition", Interspeech 2017). The cohort is the
gallery itself, without the candidate at hand and without whoever looks like the candidate, since other photos of the
same person tell nothing of strangers. Nobody's group is asked for or guessed.

The highest of n draws from a normal law have known expected values (Blom 1958). By them a probe's highest scores give
the mean and the spread of a normal law with such a tail, and a score's *standing* is its distance from that mean in
spreads. That is comparable between galleries of any size, so that one law turns it into the false positive
identification rate of a gallery of N. A few scores give the spread badly: it is held together with the one that is
typical of the embedder, as if that had been seen in :data:`PRIOR` scores.
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
"""How many of the highest scores are used at most."""
SHARE = 0.6
"""Which share of a small cohort is used at most: the law is fitted to the tail."""
FEWEST = 3
"""With fewer scores there is no standing."""
PRIOR = 100.0
"""Chosen on validation people: with less, single searches are judged by too few scores; with more, children's are
promised too much."""
TAIL = np.array([0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005])
"""Shares of strangers' searches by which the law is fitted, where enough of them were made."""
FEWEST_BEYOND = 5


def normal_scores(size: ArrayLike, count: int) -> Float64:
    """Expected values of the ``count`` highest of ``size`` standard normal draws, float64 [..., count], falling.

    Notes
    -----
    Blom's approximation; right to 0.02 for the highest of 10 or more. Ranks beyond ``size`` are NaN.
    """
    rank = np.arange(1, count + 1)
    share = (rank - 0.375) / (np.asarray(size, np.float64)[..., None] + 0.25)
    return np.asarray(-ndtri(np.where(share < 1, share, np.nan)), np.float64)


def standing(score: ArrayLike, cohort: ArrayLike, size: ArrayLike, typical: float) -> Float64:
    """How many spreads a score lies above what strangers score on average.

    Parameters
    ----------
    score
        Float [...].
    cohort
        The highest scores of the same probe, float [..., m], in any order; NaN where one is left out.
    size
        How many scores these are the highest of, int [...], those left out not counted.
    typical
        Spread of strangers' scores that is typical of the embedder.

    Returns
    -------
    ndarray
        float64 [...]; NaN where fewer than :data:`FEWEST` scores can be used.
    """
    score, cohort, size = (np.asarray(each, np.float64) for each in (score, cohort, size))
    # NaN sorts to the end.
    highest = -np.sort(-cohort, axis=-1)[..., :HIGHEST]
    known = np.isfinite(highest).sum(axis=-1)
    used = np.minimum(np.minimum(known, HIGHEST), np.maximum(FEWEST, np.floor(SHARE * size)))
    enough = (used >= FEWEST) & (size >= FEWEST)
    inside = (np.arange(highest.shape[-1]) < used[..., None]) & enough[..., None]
    expected = normal_scores(np.where(enough, np.maximum(size, known), HIGHEST), highest.shape[-1])
    mean, spread = _moments(highest, inside)
    reach, width = _moments(expected, inside)
    variance = (used * np.square(spread / width) + PRIOR * typical**2) / (used + PRIOR)
    return np.where(enough, (score - mean) / np.sqrt(variance) + reach, np.nan)


def _moments(values: Float64, inside: NDArray[np.bool_]) -> tuple[Float64, Float64]:
    """Mean and standard deviation of the values inside; 0 and 1 where there are none."""
    count = np.maximum(inside.sum(axis=-1), 1)
    mean = np.where(inside, values, 0.0).sum(axis=-1) / count
    square = np.square(np.where(inside, values - mean[..., None], 0.0)).sum(axis=-1) / count
    return mean, np.sqrt(np.where(inside.any(axis=-1), square, 1.0))


def standings(
    scores: ArrayLike, vectors: Float32, size: int, typical: float, alike: float, *, first: int | None = None
) -> Float64:
    """How the best candidates of searches stand among the others.

    Parameters
    ----------
    scores
        A probe's highest scores, float [..., m], falling; NaN or -inf where there are fewer.
    vectors
        Unit templates of the references that they belong to, float32 [..., m, d].
    size
        References of the gallery.
    typical
        As in :func:`standing`.
    alike
        Cosine from which two references may show one person: one that strangers seldom reach.
    first
        How many candidates are asked for; all by default.

    Returns
    -------
    ndarray
        float64 [..., first].

    Notes
    -----
    Look-alikes of a candidate that are not among the scores are not missed: they would stand below the tail. Hand in
    some more than :data:`HIGHEST` scores where a person has many references.
    """
    found = np.asarray(scores, np.float64)
    found = np.where(np.isfinite(found), found, np.nan)
    count = found.shape[-1] if first is None else min(first, found.shape[-1])
    same = vectors[..., :count, :] @ np.swapaxes(vectors, -1, -2) >= alike
    same |= np.eye(count, found.shape[-1], dtype=bool)
    others = np.where(same, np.nan, found[..., None, :])
    left = size - (same & np.isfinite(found)[..., None, :]).sum(axis=-1)
    return standing(found[..., :count], others, left, typical)


@dataclass(frozen=True, slots=True)
class StandingLaw:
    """From a standing to the rate at which strangers stand that high.

    One comparison of strangers exceeds a standing y with the probability that a normal draw exceeds
    ``(y - shift) / stretch``: 0 and 1 if scores were normal and the spread known.
    """

    shift: float = 0.0
    stretch: float = 1.0

    def rate(self, standing: ArrayLike) -> Float64:
        """False match rate of one comparison, float64 [...]."""
        return np.asarray(ndtr(-self._normal(standing)), np.float64)

    def fpir(self, standing: ArrayLike, size: ArrayLike) -> Float64:
        """Expected share of strangers' searches in a gallery of ``size`` references whose best stands so high."""
        # log(1 - rate) is the logarithm of the law itself.
        return np.asarray(-np.expm1(np.asarray(size, np.float64) * log_ndtr(self._normal(standing))), np.float64)

    def standing_at(self, fpir: ArrayLike, size: ArrayLike) -> Float64:
        """The standing whose FPIR in a gallery of ``size`` this is: :meth:`fpir`'s inverse."""
        rate = -np.expm1(np.log1p(-np.asarray(fpir, np.float64)) / np.asarray(size, np.float64))
        return np.asarray(self.shift - self.stretch * ndtri(rate), np.float64)

    @classmethod
    def fit(cls, best: ArrayLike, size: int) -> Self:
        """The law for the standings of the best candidates of strangers' searches.

        Parameters
        ----------
        best
            One a search, float [n].
        size
            References of the galleries that were searched.

        Raises
        ------
        CalibrationError
            ``calibration.subjects``: too few searches.

        Notes
        -----
        Least squares between quantiles of both, each weighted by how many searches lie beyond.
        """
        found = np.sort(np.asarray(best, np.float64))[::-1]
        beyond = np.unique(np.round(TAIL * len(found)).astype(int))
        beyond = beyond[beyond >= FEWEST_BEYOND]
        if len(beyond) < 2:
            raise CalibrationError(
                "calibration.subjects", f"{len(found)} searches of strangers are too few to fit how they stand."
            )
        normal = cls().standing_at(beyond / len(found), size)
        stretch, shift = np.polyfit(normal, (found[beyond - 1] + found[beyond]) / 2, 1, w=np.sqrt(beyond))
        return cls(float(shift), float(stretch))

    def _normal(self, standing: ArrayLike) -> Float64:
        return np.asarray((np.asarray(standing, np.float64) - self.shift) / self.stretch, np.float64)
