"""Geometry of a mask in a photo: the pose of the face, the surface of the mask, and the pixels that see it.

The *face frame* has its origin midway between the eyes, x towards the image's right, y down, z towards the
camera, and the inter-ocular distance of a frontal face as its unit. A scaled orthographic camera carries it
into the photo (Horaud, Dornaika and Lamiroy 1997), which is what five points can support.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from bareface.errors import EvaluationError
from bareface.system.extras import optional
from bareface.values.face import Float32, Float64, Landmarks

MEAN_FACE: Final[dict[str, Float64]] = {
    "five": np.array([(-0.5, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.59, 0.42), (-0.42, 1.045, 0.04), (0.42, 1.045, 0.04)]),
    "dlib5": np.array(
        [(0.664, -0.01, -0.1), (0.26, 0.02, 0.0), (-0.664, -0.01, -0.1), (-0.26, 0.02, 0.0), (0.0, 0.74, 0.3)]
    ),
}
"""The five points of a mean face in the face frame, float64 [5, 3], for each landmark scheme. The plane
coordinates are those of the field's five points in dlib's mean chip; the depths are those of common head
models."""

_EYES: Final[dict[str, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "five": ((0,), (1,)),
    "dlib5": ((2, 3), (0, 1)),
}
# How far poses and proportions stray, as standard deviations: yaw, pitch (radians), log height of the face.
# Without them the four collinear eye corners of `dlib5` could not tell a nod from a short face.
_PRIOR: Final = np.array([0.5, 0.15, 0.06])
_LANDMARK_ERROR: Final = 0.03
_SMALLEST: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A scaled orthographic view of the face frame.

    Attributes
    ----------
    matrix
        float64 [2, 3]: the face frame's axes in pixels.
    offset
        float64 [2]: the face frame's origin in pixels.
    scale
        Pixels per inter-ocular distance of the same face seen from the front.
    view
        float64 [3]: unit vector from the face to the camera, in the face frame.
    """

    matrix: Float64
    offset: Float64
    scale: float
    view: Float64

    def project(self, points: Float64) -> Float64:
        """Project face-frame points [n, 3] to pixels of the photo, float64 [n, 2]."""
        projected: Float64 = points @ self.matrix.T + self.offset
        return projected


def _rotation(yaw: float, pitch: float, roll: float) -> Float64:
    """Return a rotation whose rows are the image's right, down and outward axes in the face frame; yaw turns first,
    roll last.
    """
    (sy, cy), (sp, cp), (sr, cr) = ((math.sin(angle), math.cos(angle)) for angle in (yaw, pitch, roll))
    right, down = (cy, 0.0, sy), (sp * sy, cp, -sp * cy)
    return np.array(
        [
            [cr * a - sr * b for a, b in zip(right, down, strict=True)],
            [sr * a + cr * b for a, b in zip(right, down, strict=True)],
            [-cp * sy, sp, cp * cy],
        ]
    )


def fit_camera(landmarks: Landmarks) -> Camera:
    """Fit the view of the face that explains its five landmarks.

    Least squares over scale, yaw, pitch, roll, shift and the height of the face, with weak priors on yaw,
    pitch and height; any in-plane rotation, yaw up to about 50 degrees.

    Raises
    ------
    EvaluationError
        ``evaluation.landmarks``: the points are not finite or the eyes coincide.
    """
    model, points = MEAN_FACE[landmarks.scheme], np.asarray(landmarks.points, np.float64)
    left, right = (points[list(eye)].mean(axis=0) for eye in _EYES[landmarks.scheme])
    extent = float(np.linalg.norm(points - points.mean(axis=0), axis=1).max()) if points.shape == (5, 2) else 0.0
    # Written so that NaN fails it too.
    if not extent > _SMALLEST:
        raise EvaluationError("evaluation.landmarks", smallest=_SMALLEST)
    across = right - left
    roll = float(np.arctan2(across[1], across[0]))
    # The eyes' distance shrinks with yaw, the face's height does not: the larger of the two gives the scale.
    scale = max(float(np.hypot(*across)), extent / 0.9)

    def matrix(pose: Float64) -> Float64:
        view: Float64 = np.exp(pose[0]) * scale * _rotation(pose[1], pose[2], roll + pose[3])[:2]
        view[:, 1] *= np.exp(pose[6])
        return view

    def residuals(pose: Float64) -> Float64:
        error = (model @ matrix(pose).T + pose[4:6] * scale - centred) / (scale * _LANDMARK_ERROR)
        return np.concatenate([error.ravel(), pose[[1, 2, 6]] / _PRIOR])

    middle = (left + right) / 2
    centred = points - middle
    pose, _ = optional("scipy.optimize").leastsq(residuals, np.zeros(7), maxfev=200)
    rotation = _rotation(pose[1], pose[2], roll + pose[3])
    return Camera(matrix(pose), middle + pose[4:6] * scale, float(np.exp(pose[0]) * scale), rotation[2])


KNOTS: Final = np.array([0.0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.75, 2.1])
"""Heights in the face frame (y) at which profiles are given."""
_CHEEK: Final = np.array([0.0, 0.02, 0.04, 0.04, 0.0, -0.1, -0.3, -0.7])
_LEFT, _TOP, _RIGHT, _BOTTOM = -1.6, -0.7, 1.6, 2.7
_CELLS: Final = 40
_MARCH: Final = np.arange(0.9, -1.7, -0.05, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A height field z(x, y) over the face frame, with its slopes, as one table.

    Attributes
    ----------
    table
        float32 [rows, columns, 3]: z, dz/dx and dz/dy on a grid of 40 cells per inter-ocular distance.
    """

    table: Float32

    @classmethod
    def over_face(cls, centre: Float64, width: Float64, crease: float) -> Surface:
        """Build a surface that falls off to the cheeks from a ridge along the middle of the face.

        Parameters
        ----------
        centre
            float64 [8]: height of the ridge at `KNOTS`.
        width
            float64 [8]: half width of the ridge at `KNOTS`.
        crease
            0 for a sharp fold along the ridge, 1 for a round one.
        """
        x = np.arange(_LEFT, _RIGHT, 1 / _CELLS, dtype=np.float32)[None, :]
        y = np.arange(_TOP, _BOTTOM, 1 / _CELLS, dtype=np.float32)
        # Knots are far apart: a short smoothing of the piecewise linear profile keeps creases out of the
        # shading.
        rows = np.stack([np.interp(y, KNOTS, values) for values in (_CHEEK, centre, width)], axis=1)
        rows = cv2.GaussianBlur(rows.astype(np.float32), (1, 15), sigmaX=1, sigmaY=0.08 * _CELLS)
        cheek, ridge, half = rows.T[..., None]
        fall = np.exp(crease - np.sqrt((x / half) ** 2 + crease**2))
        z = cheek - 0.45 * x**2 - 0.2 * x**4 + (ridge - cheek) * fall
        dy, dx = np.gradient(z, 1 / _CELLS)
        return cls(np.ascontiguousarray(np.dstack([z, dx, dy]), np.float32))

    def at(self, x: Float32, y: Float32) -> Float32:
        """Return z, dz/dx, dz/dy at face-frame coordinates [h, w], float32 [h, w, 3]."""
        sampled: Float32 = cv2.remap(
            self.table,
            (x - _LEFT) * _CELLS,
            (y - _TOP) * _CELLS,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return sampled

    def lift(self, outline: Float64) -> Float64:
        """Lift points [n, 2] of the face frame onto the surface, float64 [n, 3]."""
        x, y = (np.ascontiguousarray(outline[None, :, axis], np.float32) for axis in (0, 1))
        return np.column_stack([outline, self.at(x, y)[0, :, 0]])


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of whole pixels of a photo: rows ``top:bottom``, columns ``left:right``."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, points: Float64, margin: float, shape: tuple[int, ...]) -> Window:
        """Return the smallest window that holds the points [n, 2] and a margin, cut at the photo's edges."""
        low, high = np.floor(points.min(axis=0) - margin), np.ceil(points.max(axis=0) + margin) + 1
        left, right = (int(np.clip(value, 0, shape[1])) for value in (low[0], high[0]))
        top, bottom = (int(np.clip(value, 0, shape[0])) for value in (low[1], high[1]))
        return cls(left, top, right, bottom)

    @property
    def empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.left >= self.right or self.top >= self.bottom

    @property
    def slices(self) -> tuple[slice, slice]:
        """Return the index of the window's pixels in the photo."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as OpenCV orders them."""
        return self.right - self.left, self.bottom - self.top


def see(camera: Camera, surface: Surface, window: Window, fine: int) -> tuple[Float32, Float32, Float32]:
    """Find the point of the surface that each (sub)pixel sees.

    On a coarse grid each line of sight walks from the camera until it is under the height field, or is as
    near to it as it will come; Newton's method then refines the depth for every subpixel.

    Parameters
    ----------
    camera, surface, window
        The view, what is seen, and the pixels that look.
    fine
        Subpixels per pixel along each axis.

    Returns
    -------
    x, y
        Face-frame coordinates, float32 [h * fine, w * fine].
    facing
        float32, same shape: how squarely the surface faces the camera, relative to a flat face; 0 where the
        line of sight misses it.
    """
    plane = np.linalg.inv(camera.matrix[:, :2])
    slant = (plane @ camera.matrix[:, 2]).astype(np.float32)

    def on_plane(per_pixel: float) -> tuple[Float32, Float32]:
        counts = (max(round(length * per_pixel), 1) for length in window.size)
        columns, rows = (
            (np.arange(count) + 0.5) * (length / count) + start - 0.5
            for count, length, start in zip(counts, window.size, (window.left, window.top), strict=True)
        )
        x, y = columns - camera.offset[0], rows[:, None] - camera.offset[1]
        return tuple((a * x + b * y).astype(np.float32) for a, b in plane)

    x, y = on_plane(fine)
    coarse_x, coarse_y = on_plane(min(16 / camera.scale, fine))
    steps = _MARCH[:, None]
    march_x, march_y = (plane.ravel() - slope * steps for plane, slope in zip((coarse_x, coarse_y), slant, strict=True))
    gap = steps - surface.at(march_x, march_y)[..., 0]
    first = np.where((gap <= 0).any(axis=0), (gap <= 0).argmax(axis=0), gap.argmin(axis=0))
    depth = cv2.resize(_MARCH[first].reshape(coarse_x.shape), x.shape[::-1], interpolation=cv2.INTER_LINEAR)
    for _ in range(3):
        z, dx, dy = cv2.split(surface.at(x - slant[0] * depth, y - slant[1] * depth))
        facing = 1 + slant[0] * dx + slant[1] * dy
        miss = depth - z
        depth -= miss / np.maximum(facing, np.float32(0.2))
    hit = np.clip(np.float32(2) - np.abs(miss) * np.float32(25), 0, 1)
    return x - slant[0] * depth, y - slant[1] * depth, np.maximum(facing, 0) * hit
