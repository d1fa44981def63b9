"""Degradations of a training picture by light, lens, sensor and compression."""

from __future__ import annotations

import cv2
import numpy as np

from bareface.values.face import Float32, UInt8


def spoil(pixels: UInt8, rng: np.random.Generator) -> UInt8:
    """Change light and colour of a picture, and at times blur, noise or compress it."""
    image = _light(pixels, rng)
    kind = rng.random()
    if kind < 0.1:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 2.2)))
    elif kind < 0.15:
        image = cv2.filter2D(image, -1, _motion(rng))
    elif kind < 0.22:
        small = max(32, int(image.shape[0] * rng.uniform(0.35, 0.8)))
        image = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        image = cv2.resize(image, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.2:
        noise = cv2.randn(np.empty(image.shape, np.int16), 0, float(rng.uniform(2, 18)))
        image = cv2.add(image, noise, dtype=cv2.CV_8U)
    if rng.random() < 0.25:
        coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 85))])[1]
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(image, np.uint8)


def _light(pixels: UInt8, rng: np.random.Generator) -> UInt8:
    """Apply gain and gamma by a table of each channel; grey or paler one time in four."""
    levels = np.arange(256, dtype=np.float32)[:, None] / 255
    gamma = np.exp(rng.normal(0, 0.25))
    gain = np.exp(rng.normal(0, 0.2) + rng.normal(0, 0.07, 3))
    if rng.random() < 0.1:
        gain *= rng.uniform(0.15, 0.6)  # too little light
    table = np.clip(255 * (levels**gamma) * gain + rng.normal(0, 10), 0, 255).astype(np.uint8)
    image = cv2.LUT(pixels, table[:, None])
    kind = rng.random()
    if kind < 0.25:
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        colour = 0.0 if kind < 0.12 else float(rng.uniform(0.2, 1.5))
        image = cv2.addWeighted(image, colour, grey, 1 - colour, 0)
    return np.asarray(image, np.uint8)


def _motion(rng: np.random.Generator) -> Float32:
    reach = int(rng.integers(2, 6))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    angle = rng.uniform(0, np.pi)
    step = np.array([np.cos(angle), np.sin(angle)]) * reach
    low, high = (np.round(reach + sign * step).astype(int).tolist() for sign in (-1, 1))
    cv2.line(kernel, low, high, 1.0, 1)
    return kernel / kernel.sum()
