"""Five landmarks by cascaded regression trees (Kazemi & Sullivan, CVPR 2014), from dlib's public file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bareface.values.face import Box, Float32, Float64, Landmarks, UInt8


class TreeLandmarks:
    """dlib's ``shape_predictor``: 15 stages of 500 trees, each tree four comparisons deep.

    Parameters
    ----------
    path
        The packaged ``.npz`` of plain arrays.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as arrays:
            self._initial: Float32 = arrays["initial"].reshape(5, 2)
            stages, trees, splits = arrays["first"].shape
            self._first = arrays["first"].astype(np.int64).reshape(stages, trees * splits)
            self._second = arrays["second"].astype(np.int64).reshape(stages, trees * splits)
            self._threshold = arrays["threshold"].reshape(stages, trees * splits)
            self._leaves = arrays["leaves"].reshape(stages, trees * (splits + 1), 10)
            self._anchor = arrays["anchor"].astype(np.int64)
            self._delta: Float32 = arrays["delta"]
        self._splits = splits
        self._depth = int(np.log2(splits + 1))
        self._tree_split = np.arange(trees) * splits
        self._tree_leaf = np.arange(trees) * (splits + 1)

    def predict(self, pixels: UInt8, box: Box) -> Landmarks:
        """Predict the five points of the face in ``box``.

        Parameters
        ----------
        pixels
            RGB [H, W, 3] uint8.
        box
            The detector's box; rounded to whole pixels, as dlib's boxes are.

        Returns
        -------
        Landmarks
            Scheme ``dlib5``.
        """
        corner = np.round([box.x1, box.y1])
        size = np.round([box.x2, box.y2]) - corner
        view, origin = _grey_around(pixels, corner, size)
        shape = self._initial.copy()
        for stage in range(len(self._leaves)):
            values = self._features(stage, shape, view, corner - origin, size)
            right = values[self._first[stage]] - values[self._second[stage]] <= self._threshold[stage]
            node = np.zeros(len(self._tree_split), np.int64)
            for _ in range(self._depth):
                node = 2 * node + 1 + right[self._tree_split + node]
            leaves = self._leaves[stage][self._tree_leaf + node - self._splits]
            # Added one after the other in float32, as dlib does: a test on a pixel edge must fall the same way.
            shape = np.cumsum(np.vstack([shape.reshape(1, 10), leaves]), axis=0)[-1].reshape(5, 2)
        return Landmarks((corner + shape * size).astype(np.float32), "dlib5")

    def _features(self, stage: int, shape: Float32, grey: Float32, corner: Float64, size: Float64) -> Float32:
        """Return pixel values at the stage's places, moved along with the present shape."""
        turn = _similarity(self._initial, shape)
        places = self._delta[stage] @ turn.T + shape[self._anchor[stage]]
        at = np.floor(corner + places * size + 0.5).astype(np.int64)
        height, width = grey.shape
        inside = (at[:, 0] >= 0) & (at[:, 1] >= 0) & (at[:, 0] < width) & (at[:, 1] < height)
        flat = np.where(inside, at[:, 1] * width + at[:, 0], 0)
        values: Float32 = np.where(inside, grey.reshape(-1)[flat], np.float32(0))
        return values


def _grey_around(pixels: UInt8, corner: Float64, size: Float64) -> tuple[Float32, Float64]:
    """Return the grey picture within one box size of the box, and its origin: all tested places lie in it."""
    low = np.maximum(np.floor(corner - size), 0).astype(int)
    high = np.maximum(np.ceil(corner + 2 * size), 0).astype(int)
    part = pixels[low[1] : high[1] + 1, low[0] : high[0] + 1]
    grey = (part.sum(axis=2, dtype=np.uint16) // 3).astype(np.float32)
    if grey.size == 0:
        grey = np.zeros((1, 1), np.float32)
    return grey, low.astype(np.float64)


def _similarity(source: Float32, target: Float32) -> Float32:
    """Return the rotation and scale [2, 2] that best map ``source`` onto ``target`` in the least-squares sense."""
    a = source - source.mean(axis=0, dtype=np.float64)
    b = target - target.mean(axis=0, dtype=np.float64)
    power = float((a * a).sum())
    cosine = float((a * b).sum()) / power
    sine = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / power
    return np.array([[cosine, -sine], [sine, cosine]], np.float32)
