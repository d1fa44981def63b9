"""The limited process of a trial: ``python -m bareface.faces.trial_run``, asked and answering in JSON.

The first line of the answer says that the process is ready; the second is an empty object, or what is wrong.
"""

from __future__ import annotations

import json
import math
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from bareface.errors import BarefaceError, ModelError
from bareface.faces.detection.yunet import YunetDetector
from bareface.faces.embedding.onnx import OnnxEmbedder
from bareface.imaging import decode as images
from bareface.imaging.align import Geometry, align
from bareface.imaging.portraits import portraits
from bareface.models.card import ModelCard
from bareface.models.onnx_file import reads_other_files
from bareface.values.face import Box, Landmarks, UInt8

# Faces of the portraits that come with dependencies: boxes, and the centres of the eyes, nose tips, mouth corners.
_BOXES = (Box(179, 66, 270, 180), Box(181, 133, 352, 343))
_POINTS = (
    ((204, 101), (246, 103), (224, 127), (205, 143), (242, 144)),
    ((229, 197), (307, 196), (269, 241), (234, 275), (304, 275)),
)
_OVERLAP = 0.3


def main() -> None:
    """Answer one request."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever libraries print does not come between
    request = json.load(sys.stdin)
    photos = [images.decode(person.photos[0]).pixels for person in portraits()]
    card, path = ModelCard.from_json(request["card"], packaged=False), Path(request["path"])
    print("ready", file=answers, flush=True)
    _limit(request["seconds"], request["memory"] + 4 * path.stat().st_size)
    try:
        examine(card, path, photos)
        fault: dict[str, Any] = {}
    except BarefaceError as error:
        fault = _plain(error)
    except Exception as error:  # of OpenCV, of numpy: all of it the model's doing
        fault = _plain(ModelError("model.trial/run", model=card.id, reason=repr(error)))
    print(json.dumps(fault), file=answers, flush=True)


def examine(card: ModelCard, path: Path, photos: list[UInt8]) -> None:
    """Load a model and run it on two photos of one face each.

    Raises
    ------
    ModelError
        Description of the fault.
    """
    try:
        elsewhere = reads_other_files(path)
    except ValueError as error:
        raise ModelError("model.unreadable/format", reason=error, source=str(path)) from error
    if elsewhere:
        raise ModelError("model.external", model=card.id)
    (_detects if card.task == "detection" else _embeds)(card, path, photos)


def _detects(card: ModelCard, path: Path, photos: list[UInt8]) -> None:
    detector = YunetDetector(path, card.id)
    for photo, box in zip(photos, _BOXES, strict=True):
        if not any(face.box.iou(box) > _OVERLAP for face in detector.detect(photo, 40.0)):
            raise ModelError("model.output/known-face", model=card.id)


def _embeds(card: ModelCard, path: Path, photos: list[UInt8]) -> None:
    embedder = OnnxEmbedder(card, card.files[0].precision, path=path)
    chips = [_chip(photo, points, embedder.geometry) for photo, points in zip(photos, _POINTS, strict=True)]
    alone = np.concatenate([embedder.embed([chip]) for chip in chips])
    if not _alike(alone[:1], embedder.embed(chips[:1])):
        raise ModelError("model.output/differs", model=card.id)
    if _alike(*alone):
        raise ModelError("model.output/same", model=card.id)
    if not _alike(alone, embedder.embed(chips)):
        raise ModelError("model.output/together", model=card.id)


def _chip(photo: UInt8, points: Any, geometry: Geometry) -> UInt8:
    return align(photo, Landmarks(np.array(points, np.float32), "five"), geometry)


def _alike(a: Any, b: Any) -> bool:
    """Return whether two vectors, or matrices of vectors, are equal up to rounding."""
    return bool(np.linalg.norm(a - b) <= 1e-3 * np.linalg.norm(a))


def _plain(error: BarefaceError) -> dict[str, Any]:
    """Return what makes the error again."""
    return {"code": error.id, "source": error.source, **error.params}


def _limit(seconds: int, memory: int) -> None:
    """Limit this process; where the system has no such limits, the clock of the process that waits is the only one."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        spent = resource.getrusage(resource.RUSAGE_SELF)
        seconds += math.ceil(spent.ru_utime + spent.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        total = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (total, total))


if __name__ == "__main__":
    main()
