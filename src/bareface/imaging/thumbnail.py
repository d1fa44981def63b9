"""Thumbnails of faces: small enough to keep with every reference, and to tell a re-encoding from another photo."""

from __future__ import annotations

import numpy as np

from bareface.values.face import UInt8

THUMBNAIL = 16


def thumbnail(chip: UInt8) -> UInt8:
    """Return an aligned face [150, 150, 3] as grey [16, 16]: means of 9x9 pixels, three at each edge left out."""
    side = chip.shape[0] // THUMBNAIL
    edge = (chip.shape[0] - side * THUMBNAIL) // 2
    middle = chip[edge : edge + side * THUMBNAIL, edge : edge + side * THUMBNAIL].astype(np.float32)
    grey = middle @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601 luma
    means = grey.reshape(THUMBNAIL, side, THUMBNAIL, side).mean(axis=(1, 3))
    return np.asarray(np.rint(means), np.uint8)
