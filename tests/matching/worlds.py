"""Synthetic strangers whose true FPIR is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bareface.calibration.counting import NonMatedScores


@dataclass(frozen=True)
class World:
    """Probe p and reference g score at least t with probability 1 - exp(-x_p y_g h(t)), h(t) = exp((0.3 - t) / 0.03).

    The x follow a Gamma law of mean 1 and shape `probe_shape`, the y one of `reference_shape`.
    """

    probe_shape: float = 0.5
    reference_shape: float = np.inf

    def hazard(self, similarity: float) -> float:
        return float(np.exp((0.3 - similarity) / 0.03))

    def fpir(self, similarity: float, subjects: int) -> float:
        """Compute FPIR, exact if references are alike."""
        exposure = subjects * self.hazard(similarity)
        return float(1 - (1 + exposure / self.probe_shape) ** -self.probe_shape)

    def similarity(self, fpir: float, subjects: int) -> float:
        exposure = self.probe_shape * ((1 - fpir) ** (-1 / self.probe_shape) - 1)
        return float(0.3 - 0.03 * np.log(exposure / subjects))

    def scores(self, probes: int, references: int, rng: np.random.Generator) -> NDArray[np.float32]:
        x = rng.gamma(self.probe_shape, 1 / self.probe_shape, probes)
        y = np.ones(references)
        if np.isfinite(self.reference_shape):
            y = rng.gamma(self.reference_shape, 1 / self.reference_shape, references)
        product = np.maximum(x[:, None] * y[None, :], 1e-300)
        return (0.3 + 0.03 * (np.log(product) + rng.gumbel(size=product.shape))).astype(np.float32)

    def sample(self, subjects: int, seed: int = 0) -> NonMatedScores:
        people = np.arange(subjects)
        scores = self.scores(subjects, subjects, np.random.default_rng(seed))
        return NonMatedScores.of(scores, people, people, symmetric=False)
