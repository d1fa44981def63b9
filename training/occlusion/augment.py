"""Degradations of a chip by cameras, encoders and inaccurate landmarks."""

from __future__ import annotations

import cv2
import numpy as np

from bareface.values.face import UInt8
from training.occlusion.config import CHIP, SIDE
from training.occlusion.drawing import Rng


def placed(pixels: UInt8, classes: UInt8, rng: Rng) -> tuple[UInt8, UInt8]:
    """Cut the chip with inaccurate landmarks; mirror it half of the time.

    A quarter of the landmarks err much, as those of a face under a mask do.
    """
    wild = 2.2 if rng.random() < 0.25 else 1.0
    angle, scale = rng.normal(0, 3.0) * wild, np.exp(rng.normal(0, 0.045) * wild)
    matrix = cv2.getRotationMatrix2D((SIDE / 2 - 0.5, SIDE / 2 - 0.5), angle, scale)
    if rng.random() < 0.3:
        # Narrower and slanted: proportions of heads that are turned away.
        middle = SIDE / 2 - 0.5
        squeeze = np.array([[rng.uniform(0.8, 1.1), rng.normal(0, 0.05)], [0, 1]])
        matrix[:, 2] = squeeze @ (matrix[:, 2] - middle) + middle
        matrix[:, :2] = squeeze @ matrix[:, :2]
    matrix[:, 2] += rng.normal(0, 2.2, 2) * wild - (SIDE - CHIP) / 2
    if rng.random() < 0.5:
        matrix[0] *= -1
        matrix[0, 2] += CHIP - 1
    chip = cv2.warpAffine(pixels, matrix, (CHIP, CHIP), flags=cv2.INTER_LINEAR)
    return chip, cv2.warpAffine(classes, matrix, (CHIP, CHIP), flags=cv2.INTER_NEAREST)


def photographed(chip: UInt8, rng: Rng) -> UInt8:
    """Degrade a chip by colour, exposure, blur, low resolution, noise and JPEG, each at times."""
    chip = _coloured(chip, rng)
    if rng.random() < 0.25:
        small = int(rng.integers(24, 100))
        chip = cv2.resize(cv2.resize(chip, (small, small), interpolation=cv2.INTER_AREA), (CHIP, CHIP))
    if rng.random() < 0.2:
        chip = cv2.GaussianBlur(chip, (0, 0), float(rng.uniform(0.5, 2.5)))
    if rng.random() < 0.25:
        noise = rng.standard_normal(chip.shape, np.float32) * rng.uniform(2, 14)
        chip = np.clip(chip + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 90))]
        encoded = cv2.imencode(".jpg", chip, quality)[1]
        chip = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(chip, np.uint8)


def _coloured(chip: UInt8, rng: Rng) -> UInt8:
    codes = np.arange(256) / 255
    gamma, contrast = np.exp(rng.normal(0, 0.3)), np.exp(rng.normal(0, 0.18))
    curves = [
        ((codes**gamma - 0.5) * contrast + 0.5 + rng.normal(0, 0.04)) * np.exp(rng.normal(0, 0.08)) for _ in range(3)
    ]
    table = np.clip(np.stack(curves, axis=-1) * 255, 0, 255).astype(np.uint8)
    chip = np.asarray(cv2.LUT(chip, table[None]), np.uint8)
    grey = 1.0 if rng.random() < 0.1 else max(0.0, rng.normal(0, 0.25))
    if grey > 0.05:
        plain = cv2.cvtColor(cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        share = min(grey, 1.0)
        chip = np.asarray(cv2.addWeighted(chip, 1 - share, plain, share, 0), np.uint8)
    return chip
