"""Presets: terms and inputs of well-known kinds of third-party models, so that nobody writes a card by hand.

The input of each is that of the code that its authors published. All embedders here take 112-pixel faces aligned as
ArcFace's are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

GREY: Final = [128, 128, 128]
"""Colour that masks are painted over with, RGB, unless a card says another."""
_ALIGNED: Final = {"geometry": "arcface-112", "layout": "NCHW", "colours": "RGB"}
_SCRAPED: Final = "photos of people scraped from the web with no consent on record"

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = {
    "arcface": {
        "task": "embedding",
        "summary": "ArcFace-type face embedder: InsightFace's, and others with its input (CosFace, EdgeFace, ...).",
        "licence": "That of the file's source. InsightFace's own weights: non-commercial research only.",
        "training_data": f"That of the file's source. InsightFace's own: MS1MV3, Glint360K or WebFace, {_SCRAPED}.",
        "input": {**_ALIGNED, "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5]},
    },
    "arcface-mxnet": {
        "task": "embedding",
        "summary": "ArcFace face embedder converted from MXNet, which subtracts the mean itself.",
        "licence": "That of the file's source. InsightFace's own weights: non-commercial research only.",
        "training_data": f"That of the file's source. InsightFace's own: MS1MV2, {_SCRAPED}.",
        "input": {**_ALIGNED, "mean": [0, 0, 0], "std": [1, 1, 1]},
    },
    "adaface": {
        "task": "embedding",
        "summary": "AdaFace face embedder, which takes blue first. (A later conversion that takes red first: arcface.)",
        "licence": "That of the file's source. The authors' code: MIT; of their weights nothing is said.",
        "training_data": f"That of the file's source. The authors' own: MS1MV2, MS1MV3 or WebFace, {_SCRAPED}.",
        "input": {**_ALIGNED, "colours": "BGR", "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5]},
    },
    "magface": {
        "task": "embedding",
        "summary": "MagFace face embedder, which takes blue first, from 0 to 1.",
        "licence": "That of the file's source. The authors' code: Apache-2.0; of their weights nothing is said.",
        "training_data": f"That of the file's source. The authors' own: MS1MV2, {_SCRAPED}.",
        "input": {**_ALIGNED, "colours": "BGR", "mean": [0, 0, 0], "std": [255, 255, 255]},
    },
    "sface": {
        "task": "embedding",
        "summary": "SFace face embedder of OpenCV Zoo, 128 numbers.",
        "licence": "Apache-2.0",
        "training_data": f"Not stated with the file; its authors used CASIA-WebFace, VGGFace2 and MS1M, {_SCRAPED}.",
        "source": "https://github.com/opencv/opencv_zoo",
        "input": {**_ALIGNED, "mean": [0, 0, 0], "std": [1, 1, 1], "batch": 1},
    },
    "mobilefacenet-foamliu": {
        "task": "embedding",
        "summary": "MobileFaceNet face embedder, 128 numbers, 112-pixel ArcFace alignment.",
        "licence": "Apache-2.0",
        "training_data": (
            "Trained on a refined MS-Celeb-1M: photos scraped from the web, a set that its publisher withdrew in 2019."
        ),
        "source": "https://github.com/foamliu/MobileFaceNet",
        "space": "mobilefacenet-128",
        "input": {**_ALIGNED, "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]},
        "limits": ["The file at hand takes one face a run, so it gains nothing from batches."],
    },
    "yunet": {
        "task": "detection",
        "summary": "YuNet face detector with five landmarks (OpenCV Zoo).",
        "licence": "MIT",
        "training_data": "WIDER FACE, photos collected from the web, research terms.",
        "source": "https://github.com/opencv/opencv_zoo",
    },
}
"""Fields of cards, by the name of the preset."""
_BY_NAME: Final = {"yunet": "yunet", "mobilefacenet": "mobilefacenet-foamliu"}
"""Presets that a model's name stands for."""


def preset_of(model_id: str, preset: str | None) -> Mapping[str, Any]:
    """Return the fields of a preset, by default of the one that the model's name stands for; empty if there is none."""
    return PRESETS.get(preset or _BY_NAME.get(model_id, ""), {})
