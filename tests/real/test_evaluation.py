"""The whole evaluation on real photos, against the figures that others found."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.pair_lists import read_pairs
from bareface.evaluation.run import run
from bareface.evaluation.verification import verify
from bareface.faces.detection.yunet import YunetDetector
from bareface.services.engine import Engine

pytestmark = pytest.mark.real


@pytest.mark.slow
def test_mfr2_gives_the_known_accuracy(shared_data: Path, shared_models: Path) -> None:
    # dlib's descriptor with YuNet's landmarks: 0.882 at the best threshold over all pairs, a little less over folds.
    engine = Engine(
        detector=YunetDetector(shared_models / "yunet_n_640_640.onnx"), embedder="dlib-resnet", min_face=12, threads=1
    )
    scores = run(read_pairs(shared_data / "mfr2" / "pairs.txt"), engine, pad=40)
    result = verify(scores, Plan(replicates=200))
    assert result.fta < 0.01
    assert result.accuracy is not None
    assert 0.86 <= result.accuracy.value <= 0.90
    assert result.accuracy.low < result.accuracy.value < result.accuracy.high
