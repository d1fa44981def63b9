"""The pieces of the detector's training."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bareface.faces.detection.network_output import decoded, locations  # noqa: E402
from bareface.values.face import Float32  # noqa: E402
from training.detector.__main__ import LARGEST, faceless, soften  # noqa: E402
from training.detector.config import OUTPUTS, STRIDES, Config, Widths  # noqa: E402
from training.detector.labels import FULL, MIRRORED, NONE, PARTIAL, UNKNOWN, Labels, overlaps  # noqa: E402
from training.detector.loss import Loss, decode, generous_iou  # noqa: E402
from training.detector.model import FaceNet, flat  # noqa: E402
from training.detector.targets import REACH, centres, targets_of  # noqa: E402
from training.detector.teacher import HEIGHT, LOWER, _as_marked  # noqa: E402
from training.detector.train import Trainer  # noqa: E402

SIZE = 128
LOCATIONS = sum((SIZE // stride) ** 2 for stride in STRIDES)
SHARES = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)], np.float32)
SMALL = Widths(stem=(8, 8), stages=(8, 16, 16), blocks=(1, 1, 1), neck=8)


def labels(*boxes: tuple[float, ...], states: tuple[int, ...] = (), doubtful: tuple[int, ...] = ()) -> Labels:
    """Return faces with landmarks where a face has them."""
    corners = np.array(boxes, np.float32).reshape(-1, 4)
    points = corners[:, None, :2] + SHARES * (corners[:, None, 2:] - corners[:, None, :2])
    unsure = np.isin(np.arange(len(corners)), doubtful)
    return Labels(corners, points, np.array(states or [NONE] * len(corners), np.int64), unsure)


def test_training_and_the_detector_number_locations_alike() -> None:
    middle, stride = centres(SIZE)
    ours, steps = locations(np.arange(LOCATIONS), (SIZE, SIZE))
    np.testing.assert_array_equal(middle, ours)
    np.testing.assert_array_equal(stride, steps[:, 0])
    outputs = FaceNet(SMALL).eval()(torch.zeros(2, 3, SIZE, SIZE))
    assert [level.shape for level in outputs] == [(2, OUTPUTS, SIZE // stride, SIZE // stride) for stride in STRIDES]
    assert flat(outputs).shape == (2, LOCATIONS, OUTPUTS)


def test_training_and_the_detector_read_outputs_alike() -> None:
    raw = np.random.default_rng(0).normal(0, 1, (LOCATIONS, OUTPUTS)).astype(np.float32)
    raw[:, 0] = 5
    answers = decoded(raw, (SIZE, SIZE), 0.5)
    middle, stride = (torch.from_numpy(array) for array in centres(SIZE))
    boxes, points = decode(torch.from_numpy(raw), middle, stride)
    np.testing.assert_allclose(boxes.numpy(), answers.boxes, atol=1e-3)
    np.testing.assert_allclose(points.flatten(1).numpy(), answers.points, atol=1e-3)


@pytest.mark.parametrize("side", [12, 30, 60, 90, 120])
def test_a_face_is_answered_near_its_centre_by_strides_of_its_size(side: int) -> None:
    at = (64 - side / 2, 60 - side / 2, 64 + side / 2, 60 + side / 2)
    targets = targets_of([Labels.none(), labels(at)], SIZE)
    assert targets.picture.tolist() == [1]
    chosen = targets.places[0][targets.possible[0]].numpy()
    middle, stride = centres(SIZE)
    expected = {step for step, (least, most) in zip(STRIDES, REACH, strict=True) if least <= side < most}
    assert set(stride[chosen]) == expected
    off = abs(middle[chosen] - [64, 60]) / stride[chosen, None]
    assert off.max() <= 1.5  # the cell of the centre and its neighbours
    assert not targets.ignored.any()


def test_a_face_in_the_corner_is_answered_inside_the_picture() -> None:
    targets = targets_of([labels((-8, -8, 16, 16))], SIZE)
    (possible,) = targets.possible
    # The centre's cell and its neighbours to the right and below.
    assert int(possible.sum()) == 4
    assert ((targets.places >= 0) & (targets.places < LOCATIONS)).all()


def test_doubtful_faces_are_neither_faces_nor_background() -> None:
    targets = targets_of([labels((0, 0, 40, 40), (60, 60, 100, 100), doubtful=(0,))], SIZE)
    np.testing.assert_array_equal(targets.boxes.numpy(), [[60, 60, 100, 100]])
    middle, _ = centres(SIZE)
    np.testing.assert_array_equal(targets.ignored[0].numpy(), (middle <= 40).all(axis=1))


def test_a_mirrored_face_has_its_right_eye_on_the_other_side() -> None:
    before = labels((10, 20, 50, 70), states=(PARTIAL,))
    after = before.moved(np.array([[-1, 0, 99], [0, 1, 0]], np.float32))
    np.testing.assert_allclose(after.boxes, [[49, 20, 89, 70]])
    assert after.points[0, 0, 0] < after.points[0, 1, 0]
    np.testing.assert_allclose(after.points[0, MIRRORED, 0], 99 - before.points[0, :, 0])
    assert after.states.tolist() == [PARTIAL]


def test_a_turned_and_scaled_face_keeps_an_upright_box() -> None:
    before = labels((10, 20, 50, 60))
    turned = before.moved(np.array([[0, -2, 300], [2, 0, 0]], np.float32))
    np.testing.assert_allclose(turned.boxes, [[300 - 120, 20, 300 - 40, 100]])
    np.testing.assert_allclose(turned.points[0, 0], [300 - 2 * before.points[0, 0, 1], 2 * before.points[0, 0, 0]])


def test_the_box_of_a_turned_face_is_that_about_its_oval() -> None:
    before = labels((0, 0, 20, 40))
    quarter = before.moved(np.array([[0, -1, 100], [1, 0, 0]], np.float32))
    np.testing.assert_allclose(quarter.boxes, [[60, 0, 100, 20]])
    eighth = before.moved(np.array([[1, -1, 100], [1, 1, 0]], np.float32) * np.float32(0.5**0.5))
    angles = np.linspace(0, 2 * np.pi, 1000)
    oval = np.column_stack([10 * np.cos(angles), 20 * np.sin(angles)]) @ np.array([[1, 1], [-1, 1]]) * 0.5**0.5
    sides = eighth.boxes[0, 2:] - eighth.boxes[0, :2]
    np.testing.assert_allclose(sides, np.ptp(oval, axis=0), rtol=1e-4)


def test_the_frame_drops_and_doubts_what_it_cuts() -> None:
    cut = labels((10, 10, 50, 50), (-20, 10, 20, 50), (-36, 10, 4, 50), (60, 60, 66, 66)).within(100, 100, least=9)
    np.testing.assert_array_equal(cut.boxes[:, 0], [10, -20, 60])
    assert cut.doubtful.tolist() == [False, True, True]


def test_overlaps_and_generous_overlaps_agree() -> None:
    boxes = labels((0, 0, 10, 10), (5, 0, 15, 10), (20, 20, 30, 30)).boxes
    shared = overlaps(boxes, boxes)
    np.testing.assert_allclose(shared, [[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 1]], atol=1e-6)
    iou, giou = generous_iou(torch.from_numpy(boxes)[:, None], torch.from_numpy(boxes)[None])
    np.testing.assert_allclose(iou.numpy(), shared, atol=1e-6)
    assert (giou <= iou + 1e-6).all()
    assert giou[0, 2] < giou[1, 2] < 0  # farther apart is worse


def perfect(faces: Labels) -> Float32:
    """Return raw outputs that are right at every location that may answer, and sure of nothing elsewhere."""
    middle, stride = centres(SIZE)
    raw = np.zeros((1, LOCATIONS, OUTPUTS), np.float32)
    raw[..., 0] = -12
    targets = targets_of([faces], SIZE)
    for face, (places, possible) in enumerate(zip(targets.places.numpy(), targets.possible.numpy(), strict=True)):
        at = places[possible]
        box, step = faces.boxes[face], stride[at, None]
        raw[0, at, 0] = 12
        raw[0, at, 1:3] = ((box[:2] + box[2:]) / 2 - middle[at]) / step
        raw[0, at, 3:5] = np.log((box[2:] - box[:2]) / step)
        raw[0, at, 5:15] = ((faces.points[face] - middle[at, None]) / step[:, None]).reshape(len(at), 10)
        raw[0, at, 15:18] = np.eye(3)[faces.states[face]] * 20
    return raw


def losses(raw: Float32, *batch: Labels) -> dict[str, float]:
    parts = Loss(Config(size=SIZE), torch.device("cpu"))(torch.from_numpy(raw), targets_of(batch, SIZE))
    return {name: float(part) for name, part in parts.items()}


def test_right_answers_cost_nothing_and_each_wrong_one_its_part() -> None:
    faces = labels((20, 30, 44, 60), (70, 60, 120, 120), states=(FULL, NONE))
    raw = perfect(faces)
    # More locations are sure than are taken, which costs a little.
    right = losses(raw, faces)
    for part in ("box", "points", "state"):
        assert right[part] < 1e-4
    for name, columns in (("box", slice(3, 5)), ("points", slice(5, 15)), ("state", slice(15, 18))):
        wrong = raw.copy()
        wrong[..., columns] *= -1 if name == "state" else 1.5
        found = losses(wrong, faces)
        assert found[name] > 0.05
        assert all(found[other] < 0.05 for other in {"box", "points", "state"} - {name})
    unsure = raw.copy()
    unsure[..., 0] = -12
    assert losses(unsure, faces)["score"] > right["score"]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_loss_is_finite_whatever_is_known(count: int) -> None:
    boxes = [(20 + 30 * place, 30, 44 + 30 * place, 60) for place in range(count)]
    faces = labels(*boxes, states=(UNKNOWN,) * count, doubtful=(0,) if count > 1 else ())
    faces.points[:] = np.nan
    raw = torch.from_numpy(np.random.default_rng(0).normal(0, 3, (2, LOCATIONS, OUTPUTS)).astype(np.float32))
    raw.requires_grad_(True)
    parts = Loss(Config(size=SIZE), torch.device("cpu"))(raw, targets_of([faces, Labels.none()], SIZE))
    assert set(parts) == {"score", "box", "points", "state"}
    assert all(torch.isfinite(part) for part in parts.values())
    assert parts["points"].item() == parts["state"].item() == 0
    sum(parts.values()).backward()
    assert raw.grad is not None
    assert torch.isfinite(raw.grad).all()


def test_unknown_mask_states_teach_nothing_about_masks() -> None:
    boxes = ((20, 30, 44, 60), (70, 60, 120, 120))
    raw = perfect(labels(*boxes, states=(FULL, NONE)))
    assert losses(raw, labels(*boxes, states=(FULL, UNKNOWN)))["state"] < 1e-4
    raw[..., 15:18] = [0, 0, 20]  # says full everywhere: right for the one, wrong for the other
    assert losses(raw, labels(*boxes, states=(FULL, UNKNOWN)))["state"] < 1e-4
    assert losses(raw, labels(*boxes, states=(FULL, NONE)))["state"] > 1
    # All answers of the unknown face, were they taken as bare, would be wrong.
    assert losses(raw, labels(*boxes, states=(UNKNOWN, UNKNOWN)))["state"] == 0


def test_one_location_never_answers_for_two_faces() -> None:
    faces = labels((40, 40, 70, 70), (42, 41, 73, 71), (41, 43, 71, 75))
    loss = Loss(Config(size=SIZE), torch.device("cpu"))
    face, place = loss._answers(torch.from_numpy(perfect(labels((40, 40, 70, 70)))), targets_of([faces], SIZE))
    assert len(set(place.tolist())) == len(place)
    assert set(face.tolist()) >= {0, 1}


def test_the_loss_falls_on_a_toy_batch() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    faces = [labels((20, 24, 60, 70), states=(FULL,)), labels((50, 40, 100, 100), states=(NONE,))]
    pixels = rng.normal(0, 0.05, (2, 3, SIZE, SIZE)).astype(np.float32)
    for picture, each in zip(pixels, faces, strict=True):
        x1, y1, x2, y2 = each.boxes[0].astype(int)
        picture[:, y1:y2, x1:x2] += 0.4
    batch, targets = torch.from_numpy(pixels), targets_of(faces, SIZE)
    network, loss = FaceNet(SMALL).train(), Loss(Config(size=SIZE), torch.device("cpu"))
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    course = []
    for _ in range(40):
        total = sum(loss(flat(network(batch)), targets).values())
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        course.append(total.item())
    assert np.isfinite(course).all()
    assert np.mean(course[-5:]) < 0.5 * np.mean(course[:5])


def test_a_run_begins_with_another_ones_weights_and_goes_half_way_back(tmp_path: Path) -> None:
    first = Trainer(Config(size=SIZE, widths=SMALL, seed=1), torch.device("cpu"))
    first.save(tmp_path / "checkpoint.pt")
    second = Trainer(Config(size=SIZE, widths=SMALL, seed=2), torch.device("cpu"))
    own = {name: value.clone() for name, value in second.network.state_dict().items()}
    soften(second.network, tmp_path / "checkpoint.pt")
    begun = first.mean.state_dict()
    for name, value in second.network.state_dict().items():
        if value.dtype.is_floating_point:
            torch.testing.assert_close(value, (own[name] + begun[name]) / 2)
    second.start(tmp_path / "checkpoint.pt")
    assert second.step == 0
    for network in (second.network, second.mean):
        for name, value in network.state_dict().items():
            torch.testing.assert_close(value, begun[name])


def test_boxes_are_moved_to_where_people_draw_them() -> None:
    rows = np.array([[10, 20, 50, 70, *range(10), 0.9]], np.float32)
    drawn = _as_marked(rows)
    np.testing.assert_array_equal(drawn[:, [0, 2, *range(4, 15)]], rows[:, [0, 2, *range(4, 15)]])
    assert drawn[0, 3] - drawn[0, 1] == pytest.approx(50 * HEIGHT)
    assert (drawn[0, 1] + drawn[0, 3]) / 2 == pytest.approx(45 + 50 * LOWER)


def test_photos_with_a_face_or_too_small_are_no_photos_of_nothing(tmp_path: Path) -> None:
    class SeesBright:
        def rows(self, pixels: np.ndarray) -> list[int]:
            return [1] * int(pixels.mean() > 128)

    for name, value, side in (("dark", 20, 800), ("bright", 200, 800), ("small", 20, 100)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((side, side, 3), value, np.uint8))
    (tmp_path / "notes.txt").write_text("no picture")
    (found,) = faceless(tmp_path, SeesBright())  # type: ignore[arg-type]
    assert found.shape == (LARGEST, LARGEST, 3)
