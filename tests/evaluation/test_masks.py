from __future__ import annotations

import json
from dataclasses import asdict, replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareface.errors import ImageError
from bareface.synthesis.mask_geometry import MEAN_FACE
from bareface.synthesis.mask_shapes import SHAPES
from bareface.synthesis.mask_textures import PATTERNS
from bareface.synthesis.masks import SHADOW_REACH, MaskedPhoto, apply_mask, sample_mask
from bareface.values.face import Landmarks
from tests.examples import examples

HALVES = ("train", "test")
KINDS = ("surgical", "cloth", "n95", "kn95")


def turned(yaw: float, roll: float) -> np.ndarray:
    y, r = np.radians((yaw, roll))
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return (about_z @ about_y)[:2]


def portrait(scale: float = 40, yaw: float = 0, roll: float = 0, scheme: str = "five") -> tuple[np.ndarray, Landmarks]:
    """Return a skin-coloured oval on a blue ground with a face's proportions, and the landmarks of that face."""
    side = round(6 * scale)
    centre = np.array([side / 2, side / 2 - 0.6 * scale * np.cos(np.radians(roll))])
    view = scale * turned(yaw, roll)
    angle = np.linspace(0, 2 * np.pi, 90)
    oval = np.column_stack([1.15 * np.cos(angle), 0.5 + 1.35 * np.sin(angle), np.full(90, -0.3)])
    pixels = np.full((side, side, 3), (70, 90, 150), np.uint8)
    edge = np.round((oval @ view.T + centre) * 16).astype(np.int32)
    cv2.fillPoly(pixels, [edge], (205, 160, 135), cv2.LINE_AA, shift=4)
    light = np.linspace(1.1, 0.8, side)[None, :, None]
    noise = np.random.default_rng(0).normal(0, 2, pixels.shape)
    pixels = np.clip(pixels * light + noise, 0, 255).astype(np.uint8)
    points = MEAN_FACE[scheme] @ view.T + centre
    return pixels, Landmarks(points.astype(np.float32), scheme)  # type: ignore[arg-type]


def at(region: np.ndarray, point: np.ndarray) -> bool:
    column, row = np.round(point).astype(int)
    return bool(region[row, column])


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())


def test_halves_share_no_shape_no_print_and_no_colour() -> None:
    drawn = {half: [sample_mask(seed, half=half) for seed in range(400)] for half in HALVES}
    for half in HALVES:
        specs = drawn[half]
        assert {spec.shape for spec in specs} == {name for name, shape in SHAPES.items() if shape.half == half}
        assert {spec.pattern for spec in specs} == {None, *PATTERNS[half]}
        assert {spec.kind for spec in specs} == set(KINDS)
        assert {SHAPES[spec.shape].breadth for spec in specs} == {"wide", "round"}
        assert {spec.nose for spec in specs} == {"low", "medium", "high"}
    assert not {spec.shape for spec in drawn["train"]} & {spec.shape for spec in drawn["test"]}
    assert not {spec.colour for spec in drawn["train"]} & {spec.colour for spec in drawn["test"]}
    assert not set(PATTERNS["train"]) & set(PATTERNS["test"])
    values = {half: np.array([colour for spec in drawn[half] for colour in spec.palette]) for half in HALVES}
    # However far the drawn shades stray, none is found in both halves.
    distance = abs(values["train"][:, None].astype(int) - values["test"][None]).max(axis=2)
    assert distance.min() > 0


def test_most_masks_cover_the_nose() -> None:
    states = [sample_mask(seed, half="test").state for seed in range(1000)]
    assert 0.1 < states.count("partial") / 1000 < 0.2


@pytest.mark.parametrize("half", HALVES)
def test_a_spec_is_drawn_by_its_seed_and_is_json(half: str) -> None:
    first = sample_mask(7, half=half)  # type: ignore[arg-type]
    assert first == sample_mask(7, half=half)  # type: ignore[arg-type]
    assert first != sample_mask(8, half=half)  # type: ignore[arg-type]
    told = json.loads(json.dumps(asdict(first)))
    assert told.pop("palette") == [list(colour) for colour in first.palette]
    assert replace(first, **told) == first


def test_one_argument_changes_one_thing() -> None:
    free, forced = sample_mask(3, half="train"), sample_mask(3, half="train", nose="low")
    assert replace(free, nose="low", top=forced.top) == forced
    assert all(sample_mask(seed, half="test", kind="n95").kind == "n95" for seed in range(20))


def test_masks_repeat_and_differ_by_seed() -> None:
    pixels, landmarks = portrait()
    before = pixels.copy()
    spec = sample_mask(11, half="train", kind="surgical", nose="high")
    first, again = (apply_mask(pixels, landmarks, spec) for _ in range(2))
    other = apply_mask(pixels, landmarks, replace(spec, seed=12))
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.region, again.region)
    assert not np.array_equal(first.pixels, other.pixels)
    assert np.array_equal(pixels, before)


def check_sound(pixels: np.ndarray, masked: MaskedPhoto, scale: float, yaw: float = 0, roll: float = 0) -> None:
    """Check that shapes and types are kept, and that nothing changes far from the mask and its straps."""
    assert masked.pixels.shape == pixels.shape
    assert masked.pixels.dtype == np.uint8
    assert masked.region.shape == pixels.shape[:2]
    assert masked.region.dtype == bool
    side = pixels.shape[0]
    centre = np.array([side / 2, side / 2 - 0.6 * scale * np.cos(np.radians(roll))])
    ears = np.array([(x, y, -1.0) for x in (-1.15, 1.15) for y in (-0.15, 1.1)])
    ears = ears @ (scale * turned(yaw, roll)).T + centre
    reachable = np.concatenate([np.argwhere(masked.region)[:, ::-1], ears])
    allowed = np.zeros(masked.region.shape, np.uint8)
    cv2.fillConvexPoly(allowed, cv2.convexHull(np.round(reachable).astype(np.int32)), 1)
    away = cv2.distanceTransform(1 - allowed, cv2.DIST_L2, 5) > SHADOW_REACH * scale + 1
    assert away.mean() > 0.2
    assert np.array_equal(masked.pixels[away], pixels[away])


@given(
    seed=st.integers(0, 10_000),
    half=st.sampled_from(HALVES),
    yaw=st.floats(-30, 30),
    roll=st.floats(-180, 180),
    scale=st.floats(12, 70),
)
@settings(max_examples=examples(60), deadline=None)
def test_a_mask_hides_the_mouth_never_the_eyes_and_the_nose_by_its_height(
    seed: int, half: str, yaw: float, roll: float, scale: float
) -> None:
    pixels, landmarks = portrait(scale, yaw, roll)
    masked = apply_mask(pixels, landmarks, sample_mask(seed, half=half))  # type: ignore[arg-type]
    check_sound(pixels, masked, scale, yaw, roll)
    left_eye, right_eye, nose, left_mouth, right_mouth = landmarks.points
    assert at(masked.region, (left_mouth + right_mouth) / 2)
    assert not at(masked.region, left_eye)
    assert not at(masked.region, right_eye)
    assert at(masked.region, nose) == (masked.spec.state == "full")
    assert 0.15 < masked.coverage < 0.75
    # The region lies on the face: within an ellipsoid round head and chin.
    rows, columns = np.nonzero(masked.region)
    middle = landmarks.points.mean(axis=0)
    assert np.hypot(columns - middle[0], rows - middle[1]).max() < 1.75 * scale


@pytest.mark.parametrize("kind", KINDS)
def test_higher_masks_hide_more(kind: str) -> None:
    pixels, landmarks = portrait()
    shares = [
        apply_mask(pixels, landmarks, sample_mask(5, half="test", kind=kind, nose=nose)).coverage  # type: ignore[arg-type]
        for nose in ("low", "medium", "high")
    ]
    assert shares[0] < shares[1] < shares[2]


@pytest.mark.parametrize("scheme", ["five", "dlib5"])
@pytest.mark.parametrize("yaw", [-20, 0, 20])
def test_either_landmark_scheme_places_the_mask(scheme: str, yaw: float) -> None:
    pixels, five = portrait(yaw=yaw)
    _, other = portrait(yaw=yaw, scheme=scheme)
    spec = sample_mask(2, half="train", kind="surgical", nose="medium")
    assert overlap(apply_mask(pixels, five, spec).region, apply_mask(pixels, other, spec).region) > 0.85


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_a_turned_photo_gets_the_turned_mask(quarter: int) -> None:
    pixels, landmarks = portrait(yaw=10)
    size = pixels.shape[0]
    points = landmarks.points
    for _ in range(quarter):
        points = np.column_stack([points[:, 1], size - 1 - points[:, 0]])
    spec = sample_mask(4, half="test", kind="cloth", nose="high")
    upright = apply_mask(pixels, landmarks, spec)
    lying = apply_mask(np.ascontiguousarray(np.rot90(pixels, quarter)), Landmarks(points, "five"), spec)
    assert overlap(np.rot90(upright.region, quarter), lying.region) > 0.97
    difference = np.rot90(upright.pixels, quarter).astype(float) - lying.pixels
    assert np.sqrt((difference**2).mean()) < 6


@pytest.mark.parametrize("scale", [13, 150, pytest.param(450, marks=pytest.mark.slow)])
def test_faces_of_30_and_of_1000_pixels_are_masked_alike(scale: float) -> None:
    spec = sample_mask(6, half="train", kind="kn95", nose="high")
    usual = apply_mask(*portrait(40), spec)
    masked = apply_mask(*portrait(scale), spec)
    check_sound(portrait(scale)[0], masked, scale)
    assert masked.region.sum() / scale**2 == pytest.approx(usual.region.sum() / 40**2, rel=0.06)
    assert masked.coverage == pytest.approx(usual.coverage, abs=0.02)


def test_a_face_at_the_edge_keeps_the_part_in_the_picture() -> None:
    pixels, landmarks = portrait()
    spec = sample_mask(6, half="train", kind="surgical")
    whole = apply_mask(pixels, landmarks, spec)
    cut = apply_mask(np.ascontiguousarray(pixels[:, :120]), landmarks, spec)
    assert overlap(cut.region, whole.region[:, :120]) > 0.97
    away = Landmarks(landmarks.points + 1000, "five")
    missed = apply_mask(pixels, away, spec)
    assert np.array_equal(missed.pixels, pixels)
    assert not missed.region.any()
    assert missed.coverage == 0


def brightness(masked: MaskedPhoto) -> float:
    return float(masked.pixels[masked.region].mean())


def test_a_mask_takes_on_the_light_the_grain_and_the_hue_of_its_photo() -> None:
    pixels, landmarks = portrait()
    spec = replace(sample_mask(9, half="train", kind="n95", nose="high"), palette=((236, 238, 241),) * 4)
    lit = apply_mask(pixels, landmarks, spec)
    dim = apply_mask((pixels * 0.4).astype(np.uint8), landmarks, spec)
    assert brightness(dim) < 0.75 * brightness(lit)

    noisy = pixels + np.random.default_rng(1).normal(0, 12, pixels.shape)
    grained = apply_mask(np.clip(noisy, 0, 255).astype(np.uint8), landmarks, spec)
    inside = cv2.erode(lit.region.astype(np.uint8), np.ones((5, 5))) > 0
    rough, smooth = (cv2.Laplacian(photo.pixels[..., 1], cv2.CV_32F)[inside].std() for photo in (grained, lit))
    assert rough > 2 * smooth

    grey = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    red = replace(spec, palette=((190, 34, 38),) * 4)
    assert np.ptp(apply_mask(grey, landmarks, red).pixels.astype(int), axis=2).max() <= 3
    assert np.ptp(apply_mask(pixels, landmarks, red).pixels.astype(int), axis=2)[lit.region].mean() > 60


def test_a_mask_is_as_blurred_as_its_photo() -> None:
    pixels, landmarks = portrait(60)
    spec = replace(sample_mask(9, half="train", kind="n95", nose="high"), palette=((30, 30, 30),) * 4)
    steepest = []
    for photo in (pixels, cv2.GaussianBlur(pixels, (0, 0), 3)):
        column = round(landmarks.points[2, 0])
        lower = apply_mask(photo, landmarks, spec).pixels[round(landmarks.points[2, 1]) :, column].mean(axis=1)
        steepest.append(np.abs(np.diff(lower)).max())
    assert steepest[1] < 0.6 * steepest[0]


def test_light_from_one_side_falls_on_the_mask() -> None:
    pixels, landmarks = portrait()
    slope = np.linspace(1.0, 0.35, pixels.shape[1])[None, :, None]
    spec = replace(sample_mask(9, half="train", kind="n95", nose="high"), palette=((200, 200, 200),) * 4)
    masked = apply_mask((pixels * slope).astype(np.uint8), landmarks, spec)
    middle = round(landmarks.points[2, 0])
    left, right = masked.region.copy(), masked.region.copy()
    left[:, middle:], right[:, :middle] = False, False
    assert masked.pixels[left].mean() > 1.1 * masked.pixels[right].mean()


@pytest.mark.parametrize(
    "pixels", [np.zeros((50, 50), np.uint8), np.zeros((50, 50, 4), np.uint8), np.zeros((50, 50, 3), np.float32)]
)
def test_other_than_rgb_bytes_is_refused(pixels: np.ndarray) -> None:
    _, landmarks = portrait()
    with pytest.raises(ImageError) as caught:
        apply_mask(pixels, landmarks, sample_mask(0, half="train"))
    assert caught.value.code == "image.array"
