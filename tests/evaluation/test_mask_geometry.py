from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareface.errors import EvaluationError
from bareface.synthesis.mask_geometry import MEAN_FACE, Camera, Surface, Window, fit_camera, see
from bareface.values.face import Landmarks
from tests.examples import examples

SCHEMES = ("five", "dlib5")


def pose(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Return a rotation with the rows image right, down, towards the camera; a product of elementary rotations."""
    y, p, r = np.radians((yaw, pitch, roll))
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def landmarks(scheme: str, rotation: np.ndarray, scale: float, centre=(100.0, 100.0)) -> Landmarks:
    points = scale * MEAN_FACE[scheme] @ rotation[:2].T + centre
    return Landmarks(points.astype(np.float32), scheme)  # type: ignore[arg-type]


@given(
    scheme=st.sampled_from(SCHEMES),
    yaw=st.floats(-40, 40),
    roll=st.floats(-180, 180),
    scale=st.floats(8, 600),
)
@settings(max_examples=examples(60), deadline=None)
def test_camera_recovers_the_pose_it_was_given(scheme: str, yaw: float, roll: float, scale: float) -> None:
    rotation = pose(yaw, 0.0, roll)
    camera = fit_camera(landmarks(scheme, rotation, scale))
    assert camera.scale == pytest.approx(scale, rel=0.06)
    np.testing.assert_allclose(camera.offset, 100, atol=0.05 * scale)
    assert np.degrees(np.arccos(np.clip(camera.view @ rotation[2], -1, 1))) < 8
    # Where a mask will lie, to 6 % of the inter-ocular distance.
    chin = np.array([[0.0, 1.7, 0.2], [0.9, 0.6, -0.4], [-0.9, 0.6, -0.4], [0.0, 0.3, 0.25]])
    truth = scale * chin @ rotation[:2].T + 100
    assert np.linalg.norm(camera.project(chin) - truth, axis=1).max() < 0.12 * scale


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("broken", ["nan", "coincident", "too few"])
def test_points_that_describe_no_face_are_refused(scheme: str, broken: str) -> None:
    points = landmarks(scheme, np.eye(3), 40).points
    if broken == "nan":
        points[2, 0] = np.nan
    elif broken == "coincident":
        points[:] = 50
    else:
        points = points[:4]
    with pytest.raises(EvaluationError) as caught:
        fit_camera(Landmarks(points, scheme))  # type: ignore[arg-type]
    assert caught.value.code == "evaluation.landmarks"


def face_surface() -> Surface:
    ridge = np.array([0.1, 0.24, 0.46, 0.47, 0.45, 0.36, 0.22, 0.0])
    return Surface.over_face(ridge, np.full(8, 0.5), 0.5)


@pytest.mark.parametrize(("yaw", "roll"), [(0, 0), (25, 10), (-40, -70), (35, 180)])
def test_what_a_pixel_sees_projects_back_onto_it(yaw: float, roll: float) -> None:
    rotation, scale, surface = pose(yaw, 5, roll), 40.0, face_surface()
    camera = Camera(scale * rotation[:2], np.array([100.0, 100.0]), scale, rotation[2])
    window = Window(40, 40, 160, 170)
    x, y, facing = see(camera, surface, window, fine=2)
    assert x.shape == y.shape == facing.shape == (260, 240)
    on_face = (facing > 0.4) & (abs(x) < 1.1) & (y > 0) & (y < 2)
    assert on_face.mean() > 0.2
    seen = surface.lift(np.column_stack([x[on_face], y[on_face]]).astype(float))
    back = camera.project(seen)
    rows, columns = np.nonzero(on_face)
    truth = np.column_stack([(columns + 0.5) / 2 - 0.5 + window.left, (rows + 0.5) / 2 - 0.5 + window.top])
    assert np.linalg.norm(back - truth, axis=1).max() < 0.5


def test_the_far_side_of_a_turned_face_is_not_seen() -> None:
    rotation, surface = pose(45, 0, 0), face_surface()
    camera = Camera(40 * rotation[:2], np.array([100.0, 100.0]), 40.0, rotation[2])
    x, _, facing = see(camera, surface, Window(40, 40, 160, 170), fine=1)
    # Turned so that its own +x side comes round to the camera or goes: one side is seen, the other is not.
    reach = [float(np.abs(x[(facing > 0.2) & (np.sign(x) == side)]).max(initial=0)) for side in (-1, 1)]
    assert max(reach) > 1.0 > min(reach)


def test_window_is_cut_at_the_edges() -> None:
    window = Window.around(np.array([[5.2, -8.0], [30.0, 12.0]]), 2, (20, 25, 3))
    assert (window.left, window.top, window.right, window.bottom) == (3, 0, 25, 15)
    assert Window.around(np.array([[-50.0, -50.0]]), 3, (20, 20)).empty
