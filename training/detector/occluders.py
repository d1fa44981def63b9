"""Occluders other than masks: hands, dark glasses, patches."""

from __future__ import annotations

import cv2
import numpy as np

from bareface.values.face import Float32, UInt8
from training.detector.labels import NONE, Labels


def occlude(pixels: UInt8, labels: Labels, rng: np.random.Generator) -> UInt8:
    """Add an occluder to the picture of one face at times; its labels stay valid."""
    kind = rng.random()
    if kind > 0.24:
        return pixels
    points = labels.points[0]
    eyes = float(np.linalg.norm(points[1] - points[0]))
    if eyes < 4:
        return pixels
    pixels = pixels.copy()
    if kind < 0.06:
        _glasses(pixels, points, eyes, rng)
    elif kind < 0.18 and labels.states[0] == NONE:
        _hand(pixels, points, eyes, rng)
    elif kind >= 0.18:
        _patch(pixels, labels.boxes[0], rng)
    return pixels


def _glasses(pixels: UInt8, points: Float32, eyes: float, rng: np.random.Generator) -> None:
    colour = tuple(int(value) for value in rng.integers(0, 70, 3))
    axes = int(eyes * rng.uniform(0.32, 0.46)), int(eyes * rng.uniform(0.2, 0.36))
    angle = float(np.degrees(np.arctan2(*(points[1] - points[0])[::-1])))
    for eye in points[:2]:
        cv2.ellipse(pixels, eye.astype(int).tolist(), axes, angle, 0, 360, colour, -1, cv2.LINE_AA)
    left, right = (point.astype(int).tolist() for point in points[:2])
    cv2.line(pixels, left, right, colour, max(1, int(0.06 * eyes)), cv2.LINE_AA)


def _hand(pixels: UInt8, points: Float32, eyes: float, rng: np.random.Generator) -> None:
    """Draw fingers in the face's own skin colour, from below or from a side."""
    mouth = (points[3] + points[4]) / 2
    x, y = np.clip((points[0] * 0.3 + points[3] * 0.7).astype(int), 0, np.array(pixels.shape[1::-1]) - 1)
    skin = pixels[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].reshape(-1, 3).mean(0)
    skin = skin * rng.uniform(0.75, 1.15)
    angle = rng.uniform(0, np.pi) if rng.random() < 0.7 else rng.uniform(-0.3, 0.3)
    way = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-way[1], way[0]])
    thick = eyes * rng.uniform(0.2, 0.32)
    centre = mouth + rng.normal(0, 0.2 * eyes, 2)
    for finger in range(int(rng.integers(2, 5))):
        tip = centre + across * (finger - 1.5) * thick * 1.05 - way * eyes * rng.uniform(0.2, 0.5)
        end = tip + way * eyes * rng.uniform(1.5, 3)
        shade = np.clip(skin * rng.uniform(0.85, 1.1), 0, 255)
        for width, dim in ((thick, 0.7), (thick * 0.85, 1.0)):
            colour = tuple(float(value) for value in shade * dim)
            cv2.line(
                pixels, tip.astype(int).tolist(), end.astype(int).tolist(), colour, max(1, int(width)), cv2.LINE_AA
            )


def _patch(pixels: UInt8, box: Float32, rng: np.random.Generator) -> None:
    """Draw a piece of the picture's edge, or a colour, over up to a third of the face."""
    side = np.maximum((box[2:] - box[:2]) * rng.uniform(0.15, 0.55, 2), 2).astype(int)
    low = np.maximum(box[:2] + rng.uniform(0, 1, 2) * (box[2:] - box[:2] - side), 0).astype(int)
    place = pixels[low[1] : low[1] + side[1], low[0] : low[0] + side[0]]
    if not place.size:
        return
    if rng.random() < 0.5:
        place[:] = rng.integers(0, 256, 3)
    else:
        place[:] = pixels[: place.shape[0], : place.shape[1]].copy()
