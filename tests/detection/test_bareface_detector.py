"""Decoding of the detector's raw outputs, on outputs made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareface.faces.detection.bareface_detector import BarefaceDetector
from bareface.faces.detection.close_ups import OUTSIDE
from bareface.faces.detection.network_output import STRIDES
from bareface.values.face import Float32, UInt8

Shape = tuple[int, int]

# Landmarks of a face, as shares of its box.
SHARES = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)], np.float32)


@dataclass(frozen=True)
class Answer:
    """Output of one location, in pixels of the network's picture."""

    box: tuple[float, float, float, float]
    score: float = 0.9
    state: int = 0
    stride: int = 8

    @property
    def points(self) -> Float32:
        low, high = np.array(self.box[:2], np.float32), np.array(self.box[2:], np.float32)
        return low + SHARES * (high - low)


def raw_outputs(shape: Shape, answers: list[Answer]) -> Float32:
    """Return raw outputs [locations, 18] of a picture in which only these answers are sure."""
    levels = []
    for stride in STRIDES:
        level = np.zeros((shape[0] // stride, shape[1] // stride, 18), np.float32)
        level[..., 0] = -8
        for answer in answers:
            if answer.stride == stride:
                x1, y1, x2, y2 = answer.box
                x, y = (x1 + x2) / 2, (y1 + y2) / 2
                row, column = int(y // stride), int(x // stride)
                middle = np.array([(column + 0.5) * stride, (row + 0.5) * stride])
                out = level[row, column]
                out[0] = np.log(answer.score / (1 - answer.score))
                out[1:3] = ([x, y] - middle) / stride
                out[3:5] = np.log(np.array([x2 - x1, y2 - y1]) / stride)
                out[5:15] = ((answer.points - middle) / stride).ravel()
                out[15:18] = np.eye(3)[answer.state] * 4
        levels.append(level.reshape(-1, 18))
    return np.concatenate(levels)


@dataclass
class Session:
    """A network that answers by the shape of the picture, and keeps what it saw."""

    says: Callable[[Shape], list[Answer]]
    seen: list[UInt8] = field(default_factory=list)

    def run(self, _: None, feed: Mapping[str, UInt8]) -> list[Any]:
        (pixels,) = feed["pixels"]
        assert pixels.dtype == np.uint8
        assert pixels.shape[0] % 32 == pixels.shape[1] % 32 == 0
        self.seen.append(pixels)
        shape = (pixels.shape[0], pixels.shape[1])
        return [raw_outputs(shape, self.says(shape))[None]]

    @property
    def shapes(self) -> list[Shape]:
        return [(pixels.shape[0], pixels.shape[1]) for pixels in self.seen]


def saying(*answers: Answer, at: Shape | None = None) -> Session:
    """Build a network that gives these answers, to pictures of one shape only if ``at`` is given."""
    return Session(lambda shape: list(answers) if at in (None, shape) else [])


def photo(height: int, width: int) -> UInt8:
    return np.full((height, width, 3), 200, np.uint8)


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("state", [0, 1, 2])
def test_one_answer_is_one_face(stride: int, state: int) -> None:
    answer = Answer((30, 41, 75, 97), score=0.8, state=state, stride=stride)
    (face,) = BarefaceDetector(saying(answer), score=0.5, close_ups=False).detect(photo(128, 160), 20)
    assert face.box == pytest.approx(answer.box, abs=1e-3)
    assert face.score == pytest.approx(0.8, abs=1e-6)
    assert face.landmarks.scheme == "five"
    np.testing.assert_allclose(face.landmarks.points, answer.points, atol=1e-3)
    assert face.mask is not None
    assert face.mask.argmax() == state
    assert face.mask.sum() == pytest.approx(1)


@given(
    st.tuples(st.floats(0, 280), st.floats(0, 280), st.floats(22, 90), st.floats(22, 90)),
    st.sampled_from(STRIDES),
    st.floats(0.55, 0.999),
)
def test_every_box_is_read_back(sides: tuple[float, float, float, float], stride: int, score: float) -> None:
    x, y, width, height = sides
    answer = Answer((x - width / 2, y - height / 2, x + width / 2, y + height / 2), score, stride=stride)
    (face,) = BarefaceDetector(saying(answer), score=0.5, close_ups=False).detect(photo(288, 288), 20)
    assert face.box == pytest.approx(answer.box, abs=1e-2)
    np.testing.assert_allclose(face.landmarks.points, answer.points, atol=1e-2)


def test_a_picture_is_filled_up_on_the_right_and_below() -> None:
    session = saying(Answer((20, 20, 60, 60)))
    (face,) = BarefaceDetector(session, score=0.5, close_ups=False).detect(photo(70, 100), 20)
    (seen,) = session.seen
    assert seen.shape == (96, 128, 3)
    assert (seen[:70, :100] == 200).all()
    assert (seen[70:] == OUTSIDE).all()
    assert (seen[:, 100:] == OUTSIDE).all()
    assert face.box == pytest.approx((20, 20, 60, 60), abs=1e-3)


def test_a_shrunk_picture_is_answered_in_pixels_of_the_photo() -> None:
    answer = Answer((20, 30, 60, 80))
    session = saying(answer)
    # Half of 301 x 403, rounded to whole pixels: the scales across and down differ a little.
    (face,) = BarefaceDetector(session, score=0.5, close_ups=False).detect(photo(301, 403), 40)
    assert session.shapes == [(160, 224)]
    across, down = 403 / 202, 301 / 150
    stretched = [value * scale for value, scale in zip(answer.box, (across, down) * 2, strict=True)]
    assert face.box == pytest.approx(stretched, abs=1e-2)
    np.testing.assert_allclose(face.landmarks.points, answer.points * [across, down], atol=1e-2)


def test_a_photo_is_enlarged_for_small_faces_up_to_twice() -> None:
    session = saying(Answer((10, 10, 40, 40)))
    (face,) = BarefaceDetector(session, score=0.5, close_ups=False).detect(photo(64, 64), 5)
    assert session.shapes == [(128, 128)]
    assert (face.box.x1, face.box.x2) == pytest.approx((5, 20), abs=0.1)


def test_close_ups_place_the_face_and_doubt_what_they_do_not_show() -> None:
    # Far: one sure face. Near: the close-up shows a face of half its side, its mirror image the same.
    far = Answer((30, 30, 90, 90), 0.9)
    side = 1.6 * 60
    near = [Answer((32, 32, 96, 96), 0.8), Answer((128 + 32, 32, 128 + 96, 96), 0.8)]
    session = Session(lambda shape: near if shape == (128, 256) else [] if shape == (64, 64) else [far])
    (face,) = BarefaceDetector(session).detect(photo(160, 160), 20)
    # The last is a glance at it upside down, since it is not quite sure.
    assert session.shapes == [(160, 160), (128, 256), (64, 64)]
    assert (face.box.x1, face.box.x2) == pytest.approx((60 - side / 4, 60 + side / 4), abs=0.5)
    assert face.score == pytest.approx((0.9 * 0.8 * 0.8) ** (1 / 3), abs=1e-4)
    blind = Session(lambda shape: [] if shape == (128, 256) else [far])
    assert BarefaceDetector(blind).detect(photo(160, 160), 20) == []


def test_a_large_photo_gets_a_second_look_for_what_fills_it() -> None:
    answer = Answer((20, 20, 120, 140), stride=32)
    session = saying(answer, at=(160, 192))
    (face,) = BarefaceDetector(session, score=0.5, close_ups=False).detect(photo(800, 1000), 20)
    assert session.shapes == [(800, 1024), (160, 192)]
    scale = 1000 / 192
    assert (face.box.x1, face.box.x2) == pytest.approx((20 * scale, 120 * scale), abs=0.1)


def test_both_looks_at_a_face_give_one() -> None:
    scale = 1000 / 192
    near = (20, 20, 120, 140)
    full = Answer((near[0] * scale, near[1] * scale, near[2] * scale, near[3] * scale), 0.7, stride=32)
    session = Session(lambda shape: [full] if shape == (800, 1024) else [Answer(near, 0.95, stride=16)])
    (face,) = BarefaceDetector(session, score=0.5, close_ups=False).detect(photo(800, 1000), 20)
    assert face.score == pytest.approx(0.95, abs=1e-5)


def test_answers_that_mean_the_same_face_are_averaged_by_their_scores() -> None:
    best, second = Answer((20, 20, 80, 100), 0.9, state=2), Answer((28, 20, 88, 100), 0.6, state=1)
    (face,) = BarefaceDetector(saying(second, best), score=0.5, close_ups=False).detect(photo(128, 128), 20)
    share = 0.6**2 / (0.9**2 + 0.6**2)
    assert face.score == pytest.approx(0.9, abs=1e-6)
    assert face.box == pytest.approx((20 + 8 * share, 20, 80 + 8 * share, 100), abs=1e-2)
    np.testing.assert_allclose(face.landmarks.points, best.points + np.array([8 * share, 0]), atol=1e-2)
    assert face.mask is not None
    assert face.mask.argmax() == 2


@pytest.mark.parametrize(("moved", "faces"), [(15, 1), (40, 2)])
def test_what_overlaps_less_is_dropped_or_another_face(moved: int, faces: int) -> None:
    # 15 of 60 pixels aside: an overlap of 0.6, too little to mean the same box, too much for a neighbour.
    best, other = Answer((20, 20, 80, 80), 0.9), Answer((20 + moved, 20, 80 + moved, 80), 0.8)
    found = BarefaceDetector(saying(best, other), score=0.5, close_ups=False).detect(photo(128, 160), 20)
    assert len(found) == faces
    assert found[0].box == pytest.approx(best.box, abs=1e-3)
    assert [face.score for face in found] == sorted((face.score for face in found), reverse=True)


def test_the_best_come_first() -> None:
    answers = [Answer((10 + 60 * place, 10, 50 + 60 * place, 50), score) for place, score in enumerate((0.6, 0.9, 0.7))]
    found = BarefaceDetector(saying(*answers), score=0.5, close_ups=False).detect(photo(64, 192), 20)
    assert [round(face.score, 3) for face in found] == [0.9, 0.7, 0.6]


@pytest.mark.parametrize(("score", "faces"), [(0.49, 0), (0.51, 1)])
def test_unsure_answers_are_none(score: float, faces: int) -> None:
    session = saying(Answer((20, 20, 60, 60), score), at=(96, 96))
    assert len(BarefaceDetector(session, score=0.5, close_ups=False).detect(photo(96, 96), 20)) == faces


def test_faces_below_the_least_size_are_left_out() -> None:
    small, large = Answer((10, 10, 28, 29)), Answer((40, 40, 61, 60))
    found = BarefaceDetector(saying(small, large), score=0.5, close_ups=False).detect(photo(192, 192), 40)
    assert [round(face.box.width) for face in found] == [42]


def test_a_photo_without_faces_is_tried_once_more_with_a_border() -> None:
    # A quarter of 96 is added on each side; the picture is then shrunk no further.
    session = saying(Answer((34, 34, 124, 124), state=1, stride=16), at=(160, 160))
    (face,) = BarefaceDetector(session, score=0.5, close_ups=False).detect(photo(96, 96), 20)
    assert session.shapes == [(96, 96), (160, 160)]
    assert face.box == pytest.approx((10, 10, 100, 100), abs=1e-2)
    np.testing.assert_allclose(face.landmarks.points, 10 + SHARES * 90, atol=1e-2)
    assert face.mask is not None
    assert face.mask.argmax() == 1


def test_nothing_found_is_an_empty_list() -> None:
    assert BarefaceDetector(saying(), score=0.5, close_ups=False).detect(photo(480, 640), 40) == []


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 7), (1, 400), (31, 33)])
@pytest.mark.parametrize("least", [1.0, 40.0, 1000.0])
def test_tiny_pictures_are_looked_at(height: int, width: int, least: float) -> None:
    session = saying()
    assert BarefaceDetector(session, score=0.5, close_ups=False).detect(photo(height, width), least) == []
    assert session.seen


def test_boxes_that_float32_cannot_tell_from_points_are_still_read() -> None:
    far = Answer((20, 20, 60, 60))
    session = saying(far)

    def run(_: None, feed: Mapping[str, UInt8]) -> list[Any]:
        (raw,) = session.run(None, feed)
        raw[raw[..., 0] > 0, 1:3] = 1e9  # a broken network: so far out that both corners round to one place
        return [raw]

    broken = Session(session.says)
    broken.run = run  # type: ignore[method-assign]
    assert BarefaceDetector(broken, score=0.5, close_ups=False).detect(photo(96, 96), 20) == []
