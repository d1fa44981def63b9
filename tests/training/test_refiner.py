"""The pieces of the refiner's training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bareface.detection.refiner import SIZE, Refiner  # noqa: E402
from bareface.models.sessions import open_session  # noqa: E402
from bareface.types import Box, Float32, UInt8  # noqa: E402
from training.detector.config import Widths as DetectorWidths  # noqa: E402
from training.detector.labels import FULL, PARTIAL, UNKNOWN  # noqa: E402
from training.detector.model import FaceNet  # noqa: E402
from training.refiner import chips  # noqa: E402
from training.refiner.chips import NOTHING, PORTRAIT, SCENE, Chips, chip  # noqa: E402
from training.refiner.config import Config, Widths  # noqa: E402
from training.refiner.export import export  # noqa: E402
from training.refiner.model import RefineNet  # noqa: E402
from training.refiner.sample import FACE, NO_FACE, Sampler, coarse  # noqa: E402
from training.refiner.train import Trainer, losses, to_input, train  # noqa: E402

SMALL = Widths((4, 8), (8, 8), (1, 1), 4)
SHARES = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)], np.float32)
BOX = np.array([60, 40, 140, 140], np.float32)


def drawn_face() -> UInt8:
    """A photo in which each landmark of a face in ``BOX`` is a dot of its own colour."""
    pixels = np.full((200, 220, 3), 90, np.uint8)
    for (x, y), colour in zip(BOX[:2] + SHARES * (BOX[2:] - BOX[:2]), np.eye(5, 3) * 200 + 50, strict=True):
        pixels[round(float(y)) - 5 : round(float(y)) + 5, round(float(x)) - 5 : round(float(x)) + 5] = colour
    return pixels


def face_chip(state: int = FULL, kind: int = PORTRAIT) -> Chips:
    points: Float32 = BOX[:2] + SHARES * (BOX[2:] - BOX[:2])
    return chip(drawn_face(), BOX, points, state, kind)


def nothing_chip() -> Chips:
    return chip(np.full((200, 220, 3), 160, np.uint8), BOX, None, UNKNOWN, NOTHING)


def test_a_chip_keeps_labels_in_its_own_pixels(tmp_path: Path) -> None:
    made = Chips.joined([face_chip(), nothing_chip()])
    made.save(tmp_path / "chips.npz")
    read = Chips.load(tmp_path / "chips.npz")
    assert read.pixels.shape == (2, chips.SIZE, chips.SIZE, 3)
    side = (read.boxes[0, 2:] - read.boxes[0, :2]).max()
    assert side == pytest.approx(chips.SIZE / chips.MARGIN, rel=0.01)
    np.testing.assert_allclose((read.boxes[0, :2] + read.boxes[0, 2:]) / 2, chips.SIZE / 2, atol=1)
    x, y = read.points[0, 0]
    assert read.pixels[0, int(y), int(x), 0] > 200
    assert np.isnan(read.points[1]).all()
    assert read.states.tolist() == [FULL, UNKNOWN]


def test_drawn_views_and_their_landmarks_agree() -> None:
    batch = Sampler([face_chip(kind=SCENE)], np.random.default_rng(1)).batch(200)
    assert batch.pixels.shape == (200, SIZE, SIZE, 3)
    assert set(batch.states[batch.faces != FACE].tolist()) <= {UNKNOWN}
    assert np.isnan(batch.points[batch.faces != FACE]).all()
    assert 0.02 < (batch.faces == NO_FACE).mean() < 0.2
    near = batch.faces == FACE
    assert 0.8 < near.mean() < 1
    # The face's middle lies near the cut-out's, and the left eye left of the right one, mirrored or not.
    assert abs(batch.boxes[near, :2]).max() < 0.15
    assert (batch.points[near, 0, 0] < batch.points[near, 1, 0]).all()
    spread = np.exp(batch.boxes[near, 2:].max(1))
    assert 0.5 < spread.min() < 0.62
    assert 0.72 < spread.max() < 0.9


def test_masks_worn_wrongly_are_drawn_more_often() -> None:
    parts = [face_chip(FULL, SCENE), face_chip(PARTIAL, SCENE), nothing_chip()]
    batch = Sampler(parts, np.random.default_rng(0)).batch(400)
    assert (batch.states == PARTIAL).sum() > 2 * (batch.states == FULL).sum() > 0
    assert (batch.faces == NO_FACE).sum() > 100


def test_a_coarse_chip_keeps_its_size() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (chips.SIZE, chips.SIZE, 3), dtype=np.uint8)
    softer = [coarse(pixels, rng) for _ in range(8)]
    assert all(each.shape == pixels.shape and each.std() < pixels.std() for each in softer)


def test_the_exported_network_answers_as_the_trained_one_does(tmp_path: Path) -> None:
    trainer = Trainer(Config(widths=SMALL), torch.device("cpu"))
    network = trainer.network.eval()
    with torch.no_grad():
        for value in network.state_dict().values():
            if value.dtype.is_floating_point:
                value.add_(0.05 * torch.rand_like(value))
        network.out.weight.normal_(std=0.1)
    export(network, tmp_path / "refiner.onnx")
    session = open_session(tmp_path / "refiner.onnx")
    pixels = np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)
    expected = network(to_input(torch.from_numpy(pixels))).detach().numpy()
    np.testing.assert_allclose(session.run(None, {"pixels": pixels})[0], expected, atol=5e-3)
    looks = Refiner(session).look(drawn_face(), [Box(*map(float, BOX))])
    assert looks.points.shape == (1, 5, 2)
    assert looks.masks.sum() == pytest.approx(1, abs=1e-5)


def test_the_loss_is_small_where_the_outputs_are_right() -> None:
    batch = Sampler([face_chip(), nothing_chip()], np.random.default_rng(0)).batch(64)
    right = np.zeros((64, 18), np.float32)
    right[:, 0] = np.where(batch.faces == FACE, 12, -12)
    right[:, 1:5], right[:, 5:15] = batch.boxes, np.nan_to_num(batch.points).reshape(64, 10)
    right[:, 17] = 10
    config = Config()
    good = losses(torch.from_numpy(right), batch, config)
    bad = losses(torch.zeros(64, 18), batch, config)
    for name in good:
        assert float(good[name]) < 0.3 * float(bad[name])
    assert float(good["points"]) == float(good["box"]) == 0


def test_training_learns_and_goes_on_after_a_stop(tmp_path: Path) -> None:
    parts = [face_chip(), nothing_chip()]
    torch.set_num_threads(1)
    first = Config(batch=16, steps=120, warm_up=5, average=0.8, widths=SMALL)
    network = train(parts, first, torch.device("cpu"), tmp_path)
    batch = Sampler(parts, np.random.default_rng(9)).batch(64)
    with torch.no_grad():
        after = losses(network(to_input(torch.from_numpy(batch.pixels))), batch, first)
        before = losses(RefineNet(SMALL).eval()(to_input(torch.from_numpy(batch.pixels))), batch, first)
    assert float(after["score"]) < 0.9 * float(before["score"])
    assert float(after["points"]) < 0.8 * float(before["points"])
    again = Trainer(first, torch.device("cpu"))
    again.load(tmp_path / "checkpoint.pt")
    assert again.step == first.steps
    same = train(parts, first, torch.device("cpu"), tmp_path)
    for name, value in same.state_dict().items():
        torch.testing.assert_close(value, network.state_dict()[name])


def test_training_can_start_from_a_detector() -> None:
    widths = DetectorWidths(stem=SMALL.stem, stages=(*SMALL.stages, 8), blocks=(*SMALL.blocks, 1), neck=8)
    detector, network = FaceNet(widths).state_dict(), RefineNet(SMALL)
    network.start_from(detector)
    own = network.state_dict()
    torch.testing.assert_close(own["stages.1.0.conv.weight"], detector["stages.1.0.conv.weight"])
    with pytest.raises(ValueError, match="other widths"):
        network.start_from({name: value for name, value in detector.items() if "stages.1" not in name})
