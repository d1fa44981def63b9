"""Every detector's faces are checked before anything is done with them, whoever wrote the detector."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from bareface.errors import ModelError
from bareface.faces.detection.base import Detection
from bareface.services.engine import Engine
from bareface.values.face import Box, Landmarks
from tests.portraits import astronaut

POINTS = np.array([[204, 101], [246, 103], [224, 127], [205, 143], [242, 144]], np.float32)
SOUND = Detection(Box(179, 66, 270, 180), 0.9, Landmarks(POINTS, "five"))


class Finder:
    """A detector of somebody's own."""

    name = "finder"

    def __init__(self, *faces: Detection) -> None:
        self.faces = faces

    def detect(self, pixels: Any, min_face: float) -> list[Detection]:
        return list(self.faces)


def placed(points: Any) -> Landmarks:
    return Landmarks(np.array(points, np.float32), "five")


@pytest.mark.parametrize(
    "change",
    [
        {"box": Box(float("nan"), 66, 270, 180)},
        {"box": Box(179, 66, float("inf"), 180)},
        {"box": Box(-1e30, -1e30, 1e30, 1e30)},
        {"score": float("nan")},
        {"score": float("-inf")},
        {"landmarks": placed(POINTS * np.nan)},
        {"landmarks": placed(POINTS * 1e20)},
        {"landmarks": placed(POINTS[:4])},
        {"landmarks": placed(POINTS.ravel())},
    ],
)
def test_a_face_that_cannot_be_is_named_by_its_detector(change: dict[str, Any]) -> None:
    engine = Engine(detector=Finder(SOUND, dataclasses.replace(SOUND, **change)), segmenter=None, threads=1)
    with pytest.raises(ModelError, match="finder gave a face") as refused:
        engine.faces(astronaut())
    assert refused.value.code == "model.output"


@pytest.mark.parametrize("box", [Box(270, 66, 179, 180), Box(200, 100, 200, 180), Box(179, 180, 270, 66)])
def test_a_box_without_area_is_not_a_face(box: Box) -> None:
    engine = Engine(detector=Finder(SOUND, dataclasses.replace(SOUND, box=box)), segmenter=None, threads=1)
    assert [face.box for face in engine.faces(astronaut())] == [SOUND.box]
