"""face_recognition's own path, step by step, through dlib itself: the peer of the speed and accuracy benchmarks.

``face_recognition`` calls exactly these: a detector (HOG or CNN) on an upsampled photo, the five-point landmarks,
the descriptor. It hands all faces of a photo to the descriptor at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import dlib
import numpy as np
from PIL import Image

from bareface.values.face import Float32, UInt8
from training.dlib_format import LANDMARKS_FILE, MMOD_FILE, RESNET_FILE, dlib_file

Detector: TypeAlias = Literal["hog", "cnn"]


@cache
def cnn() -> Any:
    """Load dlib's CNN detector."""
    return dlib.cnn_face_detection_model_v1(str(dlib_file(MMOD_FILE)))


@cache
def hog() -> Any:
    """Load dlib's HOG detector."""
    return dlib.get_frontal_face_detector()


@cache
def landmarks() -> Any:
    """Load dlib's five-point landmarks."""
    return dlib.shape_predictor(str(dlib_file(LANDMARKS_FILE)))


@cache
def descriptor() -> Any:
    """Load dlib's descriptor network."""
    return dlib.face_recognition_model_v1(str(dlib_file(RESNET_FILE)))


def load(path: Path) -> UInt8:
    """Load a photo as ``face_recognition.load_image_file`` does."""
    return np.array(Image.open(path).convert("RGB"))


def locate(detector: Detector, pixels: UInt8, upsample: int) -> list[Any]:
    """Return the rectangles of the faces, best first."""
    if detector == "hog":
        return list(hog()(pixels, upsample))
    return [found.rect for found in cnn()(pixels, upsample)]


def encode(pixels: UInt8, rectangles: list[Any]) -> list[Float32]:
    """Compute the descriptors of the faces in the rectangles."""
    shapes = dlib.full_object_detections()
    for rectangle in rectangles:
        shapes.append(landmarks()(pixels, rectangle))
    if not rectangles:
        return []
    return [np.array(vector, np.float32) for vector in descriptor().compute_face_descriptor(pixels, shapes)]


def whole_path(detector: Detector, upsample: int) -> Callable[[Path], tuple[list[Any], list[Float32]]]:
    """Run the path from a file to rectangles and descriptors."""

    def run(path: Path) -> tuple[list[Any], list[Float32]]:
        pixels = load(path)
        rectangles = locate(detector, pixels, upsample)
        return rectangles, encode(pixels, rectangles)

    return run
