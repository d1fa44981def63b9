"""YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023) through OpenCV's ``FaceDetectorYN``."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np

from bareface.errors import ModelError
from bareface.faces.detection.base import Detection
from bareface.values.face import Box, Landmarks, UInt8

SCORE = 0.6
NMS_OVERLAP = 0.3
SMALLEST = 40.0  # pixels: smaller faces than this are found, but not reliably


class YunetDetector:
    """An optional detector: register its ONNX file with ``bareface models add yunet FILE``.

    Parameters
    ----------
    path
        The ONNX file.
    name
        The name it was registered under.
    """

    def __init__(self, path: Path, name: str = "yunet") -> None:
        self.name = name
        self._path = path
        self._local = threading.local()

    def detect(self, pixels: UInt8, min_face: float) -> list[Detection]:
        """Find faces at least ``min_face`` pixels wide; see :class:`bareface.faces.detection.base.Detector`."""
        height, width = pixels.shape[:2]
        scale = min(1.0, SMALLEST / min_face)
        # Below this the strides of the network leave nothing to look at.
        size = (max(32, round(width * scale)), max(32, round(height * scale)))
        image = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if size != (width, height) else pixels
        try:
            _, rows = self._detector(size).detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        except cv2.error as error:
            reason = str(error).strip().splitlines()[0][:300]
            raise ModelError("model.run/opencv", model=self.name, reason=reason, source=str(self._path)) from error
        if rows is None:
            return []
        if rows.ndim != 2 or rows.shape[1] != 15 or not np.isfinite(rows).all():
            raise ModelError("model.output/face-rows", model=self.name, source=str(self._path))
        stretch = np.array([width / size[0], height / size[1]], np.float32)
        detections = []
        for row in rows[np.argsort(-rows[:, 14], kind="stable")]:
            corner, extent = row[:2] * stretch, row[2:4] * stretch
            if max(extent) < min_face:
                continue
            box = Box(*(float(v) for v in (*corner, *(corner + extent))))
            points = (row[4:14].reshape(5, 2) * stretch).astype(np.float32)
            detections.append(Detection(box, float(row[14]), Landmarks(points, "five")))
        return detections

    def _detector(self, size: tuple[int, int]) -> cv2.FaceDetectorYN:
        # OpenCV's detector holds state: one for each thread.
        detector = getattr(self._local, "detector", None)
        if detector is None:
            level = cv2.utils.logging.getLogLevel()
            # OpenCV 5 warns on every load that its engine has one target, whatever is asked for.
            cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
            try:
                detector = cv2.FaceDetectorYN.create(str(self._path), "", size, SCORE, NMS_OVERLAP)
            finally:
                cv2.utils.logging.setLogLevel(level)
            self._local.detector = detector
        detector.setInputSize(size)
        return detector
