"""The last linear layer, fitted by ridge regression: from a network's 512 features to the joint space.

With it, the networks that training starts from answer in the space before a single step, and the one for bare faces
needs no other training.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from bareface.models.sessions import open_session
from bareface.values.face import Float32, Float64, UInt8
from training.convert_mobilefacenet import FEATURES, write
from training.mobilefacenet.space import STEP, Space

RIDGES = np.geomspace(1e-4, 10, 11).tolist()
SHRINK = 0.6
"""Shrinkage of the errors' covariance towards an isotropic one."""


def features(weights: dict[str, Float32], chips: UInt8, *, threads: int = 1) -> Float32:
    """Compute the input of a network's last linear layer for chips, float32 [n, 512]."""
    plain = {"out.weight": np.eye(FEATURES, dtype=np.float32), "out.bias": np.zeros(FEATURES, np.float32)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.onnx"
        write(path, {**weights, **plain}, half=False)
        session = open_session(path, threads=threads)
    parts = [session.run(None, {"pixels": chips[start : start + STEP]})[0] for start in range(0, len(chips), STEP)]
    return np.concatenate(parts)


def with_head(weights: dict[str, Float32], found: Float32, wanted: Float32, space: Space) -> dict[str, Float32]:
    """Return weights whose last layer maps into the space.

    It starts from what the network's own templates say of the target, the other teacher's taken for its mean. What that
    leaves over is fitted to the samples, as strongly as helps on a fifth of them held out.

    Parameters
    ----------
    weights
        Of the first of the space's two teachers.
    found
        Features float32 [n, 512] of the samples.
    wanted
        Their targets, unit vectors float32 [n, dimension].
    space
        The space.
    """
    x, y = with_one(found), wanted.astype(np.float64)
    start = prior(weights, x, y, space)
    rest, split = y - x @ start, len(x) * 4 // 5
    errors = {
        ridge: np.square(rest[split:] - x[split:] @ ridge_map(x[:split], rest[:split], ridge)).mean()
        for ridge in RIDGES
    }
    matrix = start + ridge_map(x, rest, min(errors, key=lambda ridge: errors[ridge]))
    return with_map(weights, matrix)


def with_one(found: Float32) -> Float64:
    """Append a column of ones to features."""
    return np.column_stack([found, np.ones(len(found))]).astype(np.float64)


def with_map(weights: dict[str, Float32], matrix: Float64) -> dict[str, Float32]:
    """Return weights with another last layer: float64 [513, dimension], its last row the bias."""
    out = {"out.weight": np.ascontiguousarray(matrix[:-1].T), "out.bias": matrix[-1]}
    return {**weights, **{name: value.astype(np.float32) for name, value in out.items()}}


def prior(weights: dict[str, Float32], x: Float64, y: Float64, space: Space) -> Float64:
    """Compute what the first teacher's own last layer says of the targets, the other teacher's taken for its mean."""
    own = np.column_stack([weights["out.weight"], weights["out.bias"]]).astype(np.float64).T
    turn = space.matrix[: own.shape[1]].astype(np.float64)
    matrix = own @ turn / (np.median(np.linalg.norm(x @ own, axis=1)) * np.sqrt(2))
    matrix[-1] -= space.mean[: own.shape[1]] @ turn
    return np.asarray(matrix * ((y * (x @ matrix)).sum() / np.square(x @ matrix).sum()))


def ridge_map(x: Float64, y: Float64, ridge: float) -> Float64:
    """Fit a linear map by ridge regression, the penalty a share of the features' mean square."""
    square = x.T @ x
    return np.linalg.solve(square + ridge * np.trace(square) / len(square) * np.eye(len(square)), x.T @ y)


def last_map(errors: Float32, power: float) -> Float32:
    """Weigh directions by the variance of errors there to the power of ``-power``: float32 [d, d], symmetric."""
    covariance = np.cov(errors.T.astype(np.float64))
    alike = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    values, vectors = np.linalg.eigh((1 - SHRINK) * covariance + SHRINK * alike)
    return (vectors * (values / values.mean()) ** -power @ vectors.T).astype(np.float32)
