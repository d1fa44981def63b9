"""Degradations of a training face: wide, mixed random chains, drawn apart from those that evaluations use.

Lengths are in pixels of a face whose eyes are 59 pixels apart, as on the aligned face of 160 pixels.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from bareface.restoration.base import SIDE
from bareface.values.face import Float32, UInt8

_EYES: Final = 59.0
_KINDS: Final = {"motion": 0.3, "defocus": 0.22, "light": 0.14, "coarse": 0.2, "jpeg": 0.14}
"""Probability of each kind: blur, which classical methods are good at, more often."""
_LEVELS: Final = np.arange(256, dtype=np.float32) / 255
_LINEAR: Final = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
_STEPS: Final = 4096
_FINE: Final = np.arange(_STEPS + 1, dtype=np.float32) / _STEPS
_DISPLAY: Final = np.where(_FINE <= 0.0031308, 12.92 * _FINE, 1.055 * _FINE ** (1 / 2.4) - 0.055)
_BYTES: Final = np.round(255 * _DISPLAY).astype(np.uint8)


def pair(face: UInt8, rng: np.random.Generator) -> tuple[UInt8, UInt8]:
    """Draw a degraded face and its target, both RGB uint8 [160, 160, 3].

    Parameters
    ----------
    face
        A good one, RGB uint8 [160, 160, 3].
    rng
        Draws the chain.
    """
    if rng.random() < 0.5:
        face = face[:, ::-1]
    face = _toned(np.ascontiguousarray(face), rng)
    scale = 1.0 if rng.random() < 0.3 else float(rng.uniform(0.5, 1.0))
    side = round(SIDE * scale)
    photo = face if side == SIDE else cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    photo = _taken(photo, rng)
    return _full(chain(photo, rng)), _full(photo)


def _taken(photo: UInt8, rng: np.random.Generator) -> UInt8:
    """Add the softness, grain and compression traces of good photos, which are to be kept."""
    if rng.random() < 0.4:
        # Made smaller and larger again by whoever published it: no detail is to be invented that it never had.
        side = photo.shape[0]
        small = round(side / rng.uniform(1.1, 2.0))
        coarse = cv2.resize(photo, (small, small), interpolation=cv2.INTER_AREA)
        grow = cv2.INTER_CUBIC if rng.random() < 0.6 else cv2.INTER_LINEAR
        photo = np.asarray(cv2.resize(coarse, (side, side), interpolation=grow), np.uint8)
    if rng.random() < 0.5:
        grain = rng.normal(0, rng.uniform(1, 5), photo.shape).astype(np.float32)
        grain = cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.4, 0.8))
        photo = np.clip(np.round(photo + grain), 0, 255).astype(np.uint8)
    return _coded(photo, int(rng.integers(50, 96))) if rng.random() < 0.8 else photo


def chain(photo: UInt8, rng: np.random.Generator) -> UInt8:
    """Degrade a photo of a face by none, one or several steps, in the order of light: blur, noise, resolution, file."""
    # Few good ones: a soft photo may be a blurred one, and to take it for good costs more than the reverse.
    number = int(rng.choice([0, 1, 2, 3, 4], p=[0.03, 0.63, 0.19, 0.1, 0.05]))
    wanted = set(rng.choice(list(_KINDS), number, replace=False, p=list(_KINDS.values())).tolist())
    # Several faults at once are each milder.
    mild = 1.0 if number < 2 else 0.7
    eyes = _EYES * photo.shape[0] / SIDE
    if "motion" in wanted:
        # Short ways are hardest to see, and quickest mended.
        most = 0.2 if rng.random() < 0.4 else 1.0
        photo = _blurred(photo, _path(mild * eyes * _log_uniform(rng, 0.05, most), rng))
    if "defocus" in wanted:
        photo = _blurred(photo, _aperture(mild * eyes * _log_uniform(rng, 0.02, 0.3), rng))
    if "light" in wanted:
        photo = _dim(photo, rng)
    if "coarse" in wanted:
        photo = _coarse(photo, 1 + mild * _log_uniform(rng, 0.2, 5.5), rng)
    if "jpeg" in wanted:
        photo = _coded(photo, round(_log_uniform(rng, 4 / mild, 70)))
    return photo


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _full(photo: UInt8) -> UInt8:
    """Enlarge as alignment does."""
    if photo.shape[0] == SIDE:
        return photo
    return np.asarray(cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)


def _toned(face: UInt8, rng: np.random.Generator) -> UInt8:
    """Change light and colour, which are to be kept."""
    gain = np.exp(rng.normal(0, 0.08) + rng.normal(0, 0.03, 3))
    table = np.clip(255 * _LEVELS[:, None] ** np.exp(rng.normal(0, 0.12)) * gain, 0, 255)
    toned = cv2.LUT(face, table.astype(np.uint8)[:, None])
    if rng.random() < 0.06:
        toned = cv2.cvtColor(cv2.cvtColor(toned, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return np.asarray(toned, np.uint8)


def _to_bytes(linear: Float32) -> UInt8:
    return _BYTES[np.round(np.clip(linear, 0, 1) * _STEPS).astype(np.intp)]


def _blurred(photo: UInt8, kernel: Float32) -> UInt8:
    return _to_bytes(cv2.filter2D(_LINEAR[photo], -1, kernel, borderType=cv2.BORDER_REFLECT_101))


def _aperture(radius: float, rng: np.random.Generator) -> Float32:
    """Draw a disc, a disc with a soft edge, or a bell, a little out of round."""
    reach = int(np.ceil(radius * 2)) + 2
    axis = (np.arange(-4 * reach, 4 * reach + 4) + 0.5) / 4 - 0.5
    squeeze, turn = np.exp(rng.normal(0, 0.06)), rng.uniform(0, np.pi)
    x = np.cos(turn) * axis + np.sin(turn) * axis[:, None]
    y = np.cos(turn) * axis[:, None] - np.sin(turn) * axis
    distance = np.hypot(x * squeeze, y / squeeze)
    kind = rng.random()
    if kind < 0.3:
        shape = np.exp(-0.5 * np.square(distance / max(radius / 2, 0.3)))
    else:
        soft = 0.15 if kind < 0.75 else max(0.3 * radius, 0.2)
        shape = 1 / (1 + np.exp(np.clip((distance - max(radius, 0.5)) / soft, -60, 60)))
    kernel = shape.reshape(2 * reach + 1, 4, 2 * reach + 1, 4).mean(axis=(1, 3))
    return np.asarray(kernel / kernel.sum(), np.float32)


def _path(length: float, rng: np.random.Generator) -> Float32:
    """Draw a straight or bent path of the camera, its speed even or not."""
    time = np.linspace(-0.5, 0.5, max(40, 8 * int(length)))
    turn = rng.uniform(0, 2 * np.pi)
    bend, haste = (rng.normal(0, 0.5), rng.normal(0, 0.5)) if rng.random() < 0.4 else (0.0, 0.0)
    along, aside = length * (time + haste * (time**2 - 1 / 12)), length * bend * (time**2 - 1 / 12)
    x, y = np.cos(turn) * along - np.sin(turn) * aside, np.sin(turn) * along + np.cos(turn) * aside
    reach = int(np.ceil(max(np.abs(x).max(), np.abs(y).max()))) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, down = x - left, y - top
    for dy, dx, weight in (
        (0, 0, (1 - down) * (1 - right)),
        (0, 1, (1 - down) * right),
        (1, 0, down * (1 - right)),
        (1, 1, down * right),
    ):
        np.add.at(kernel, (np.clip(top + dy + reach, 0, 2 * reach), np.clip(left + dx + reach, 0, 2 * reach)), weight)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _dim(photo: UInt8, rng: np.random.Generator) -> UInt8:
    """Simulate few photons, with or without compensating exposure; sometimes with noise that the camera smoothed."""
    electrons = _log_uniform(rng, 14, 6000)
    gain = 1.0 if rng.random() < 0.25 else float(rng.uniform(0.14, 0.9))
    collected = rng.poisson(_LINEAR[photo] * electrons) + rng.normal(0, rng.uniform(0, 5), photo.shape)
    dim = _to_bytes((collected * (gain / electrons)).astype(np.float32))
    return np.asarray(cv2.GaussianBlur(dim, (0, 0), rng.uniform(0.4, 1.0)), np.uint8) if rng.random() < 0.2 else dim


def _coarse(photo: UInt8, factor: float, rng: np.random.Generator) -> UInt8:
    side = photo.shape[0]
    small = max(8, round(side / factor))
    shrink = cv2.INTER_AREA if rng.random() < 0.8 else cv2.INTER_LINEAR
    coarse = _to_bytes(cv2.resize(_LINEAR[photo], (small, small), interpolation=shrink))
    grow = (cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_LANCZOS4)[int(rng.choice(3, p=[0.6, 0.3, 0.1]))]
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=grow), np.uint8)


def _coded(photo: UInt8, quality: int) -> UInt8:
    coded = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(np.clip(quality, 3, 95))])[1]
    return np.ascontiguousarray(np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))[..., ::-1], np.uint8)
