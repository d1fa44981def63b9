"""Open detectors, embedders and segmenters by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bareface.errors import ModelError
from bareface.faces.detection.base import Detector
from bareface.faces.embedding.base import Embedder
from bareface.faces.occlusion.base import Segmenter
from bareface.models import registry
from bareface.models.sessions import check_precision, exact_precisions, open_session, runs_on_cpu
from bareface.values.face import Precision


def open_detector(name: str, providers: Sequence[str] | None) -> Detector:
    """Open the detector ``bareface``, ``dlib`` or an added one.

    Raises
    ------
    ModelError
        ``model.unknown``, ``model.task``, ``model.provider`` and those of opening a model.
    """
    if name == "dlib":
        from bareface.faces.detection.mmod import MmodDetector
        from bareface.faces.landmarks.trees import TreeLandmarks

        session = open_session(registry.path_of(registry.card("dlib-mmod")), providers=providers)
        return MmodDetector(session, TreeLandmarks(registry.path_of(registry.card("dlib-landmarks5"))))
    if name == "bareface":
        from bareface.faces.detection.bareface_detector import BarefaceDetector

        return BarefaceDetector(open_session(registry.path_of(registry.card("bareface-detector")), providers=providers))
    card = registry.card(name)
    if card.task != "detection" or card.packaged:
        raise ModelError("model.task/detector", model=name, task=card.task)
    if not runs_on_cpu(providers):
        raise ModelError("model.provider/opencv", model=name)
    from bareface.faces.detection.yunet import YunetDetector

    return YunetDetector(registry.path_of(card), name)


def open_embedder(
    name: str, precision: Precision | Literal["auto"], providers: Sequence[str] | None, threads: int
) -> Embedder:
    """Open the embedder of this name; ``auto`` is the faster precision that is exact here.

    Raises
    ------
    ModelError
        ``model.unknown``, ``model.task``, ``model.precision`` and those of opening a model.
    """
    from bareface.faces.embedding.by_mask_state import RoutedEmbedder
    from bareface.faces.embedding.onnx import OnnxEmbedder

    card = registry.card(name)
    if precision == "auto":
        weights = registry.card(card.input.get("bare", name))
        offered = {file.precision for file in weights.files} & set(exact_precisions(providers))
        precision = "int8" if "int8" in offered and runs_on_cpu(providers) else "float32"
    check_precision(precision, providers)
    kind = RoutedEmbedder if "blank" in card.input else OnnxEmbedder
    return kind(card, precision, providers=providers, threads=threads)


def open_segmenter(name: str, providers: Sequence[str] | None) -> Segmenter:
    """Open the packaged segmenter.

    Raises
    ------
    ModelError
        ``model.unknown``: another name.
    """
    from bareface.faces.occlusion.segmenter import OnnxSegmenter

    if name != OnnxSegmenter.name:
        raise ModelError("model.unknown/segmenter", name=name, known=OnnxSegmenter.name)
    return OnnxSegmenter(providers=providers)
