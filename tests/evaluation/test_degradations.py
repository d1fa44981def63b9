from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut
from skimage.metrics import peak_signal_noise_ratio

from bareface.errors import EvaluationError, UsageError
from bareface.synthesis.degradations import (
    LEVELS,
    Defocus,
    Degradation,
    Downsample,
    Jpeg,
    LowLight,
    MotionBlur,
    Occlusion,
    Target,
    degrade,
)
from bareface.synthesis.mask_geometry import MEAN_FACE
from bareface.synthesis.mask_light import LINEAR
from bareface.values.face import Box, Landmarks
from tests.examples import examples

EYES = 40.0
TARGET = Target(EYES, Box(20, 20, 120, 140))
ALL = [step for steps in LEVELS.values() for step in steps]


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.ascontiguousarray(astronaut()[20:180, 140:300])


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", LEVELS)
def test_each_level_is_worse_than_the_one_before(photo: np.ndarray, name: str) -> None:
    steps = LEVELS[name]
    assert {type(step).name for step in steps} == {name}
    quality = []
    for step in steps:
        # Directions and places are drawn: compare means over seeds.
        spoilt = [degrade(photo, TARGET, [step], seed) for seed in range(8)]
        quality.append(np.mean([peak_signal_noise_ratio(photo, picture) for picture in spoilt]))
    assert len(quality) == 5
    assert all(np.diff(quality) < -0.2), quality
    assert quality[0] < 45


@pytest.mark.parametrize("step", ALL, ids=repr)
def test_degradations_keep_shape_and_input_and_repeat(photo: np.ndarray, step: Degradation) -> None:
    before = photo.copy()
    first, again = (degrade(photo, TARGET, [step], seed=3) for _ in range(2))
    assert first.shape == photo.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert np.array_equal(photo, before)


def test_seeds_differ_and_steps_draw_from_their_own_streams(photo: np.ndarray) -> None:
    noise = LowLight(200)
    assert not np.array_equal(degrade(photo, TARGET, [noise], 1), degrade(photo, TARGET, [noise], 2))
    black = np.zeros_like(photo)
    once, twice = degrade(black, TARGET, [noise], 1), degrade(black, TARGET, [Occlusion(0.0), noise], 1)
    assert not np.array_equal(once, twice)
    assert np.array_equal(degrade(photo, TARGET, [], 1), photo)


def test_steps_compose_in_order(photo: np.ndarray) -> None:
    block, blur = Occlusion(0.1, centre=(0.5, 0.5), colour=(0, 0, 0)), Defocus(0.1)
    blurred_block = degrade(photo, TARGET, [block, blur], 0)
    sharp_block = degrade(photo, TARGET, [blur, block], 0)
    assert np.array_equal(blurred_block, blur.apply(block.apply(photo, TARGET, rng()), TARGET, rng()))
    assert (sharp_block == 0).all(axis=2).sum() > (blurred_block == 0).all(axis=2).sum()


@given(radius=st.floats(0.0, 0.5), eyes=st.floats(8, 200))
@settings(max_examples=examples(40), deadline=None)
def test_defocus_spreads_all_the_light_over_a_disk(radius: float, eyes: float) -> None:
    kernel = Defocus(radius).psf(Target(eyes, TARGET.box))
    pixels = max(radius * eyes, 0.5)
    assert kernel.min() >= 0
    assert kernel.sum(dtype=float) == pytest.approx(1, abs=1e-5)
    for turned in (kernel[::-1], kernel[:, ::-1], kernel.T):
        np.testing.assert_allclose(turned, kernel, atol=1e-7)
    axis = np.arange(len(kernel)) - len(kernel) // 2
    # A uniform disk's variance along one axis is a quarter of its squared radius; pixels' own width adds to it.
    assert (kernel.sum(axis=0) * axis**2).sum() == pytest.approx(pixels**2 / 4, rel=0.1, abs=0.17)


@given(length=st.floats(0.0, 1.0), angle=st.floats(-180, 180), eyes=st.floats(8, 120))
@settings(max_examples=examples(40), deadline=None)
def test_motion_spreads_all_the_light_along_a_line(length: float, angle: float, eyes: float) -> None:
    kernel = MotionBlur(length).psf(Target(eyes, TARGET.box), angle)
    assert kernel.min() >= 0
    assert kernel.sum(dtype=float) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(kernel[::-1, ::-1], kernel, atol=1e-7)
    axis = np.arange(len(kernel)) - len(kernel) // 2
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    along = cosine * axis + sine * axis[:, None]
    aside = cosine * axis[:, None] - sine * axis
    pixels = max(length * eyes, 1)
    # Drawing the line in pixels adds up to about a quarter of a square pixel, as it does across it.
    assert (kernel * along**2).sum() == pytest.approx(pixels**2 / 12, rel=0.1, abs=0.35)
    assert (kernel * aside**2).sum() < 0.35


@pytest.mark.parametrize("step", [Defocus(0.15), MotionBlur(0.5, 30), Downsample(3.7)])
def test_optics_neither_make_nor_lose_light(step: Degradation) -> None:
    flat = np.full((80, 90, 3), (30, 128, 250), np.uint8)
    assert np.array_equal(step.apply(flat, TARGET, rng()), flat)
    lamps = np.full((120, 120, 3), 60, np.uint8)
    lamps[50:70, 40:80] = 255
    before, after = LINEAR[lamps].sum(), LINEAR[step.apply(lamps, TARGET, rng())].sum()
    assert after == pytest.approx(before, rel=0.01)


def test_blur_works_in_linear_light() -> None:
    chequers = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    chequers = np.dstack([chequers] * 3)
    # Half black, half white is half the light: code value 188, not 128.
    small = Downsample(2, enlarge=False).apply(chequers, TARGET, rng())
    assert small.shape == (32, 32, 3)
    assert (small == 188).all()


def test_blur_scales_with_the_face() -> None:
    small, large = Defocus(0.1).psf(Target(20, TARGET.box)), Defocus(0.1).psf(Target(80, TARGET.box))
    assert small.shape == (5, 5)
    assert large.shape == (17, 17)
    assert Defocus(0.0).apply(np.arange(75, dtype=np.uint8).reshape(5, 5, 3), TARGET, rng()).max() == 74


@given(
    level=st.floats(0.02, 1.0),
    electrons=st.floats(20, 5000),
    read_noise=st.floats(0, 12),
    brightness=st.floats(0.1, 2.0),
)
@settings(max_examples=examples(40), deadline=None)
def test_low_light_has_the_mean_and_variance_of_poisson_and_read_noise(
    level: float, electrons: float, read_noise: float, brightness: float
) -> None:
    camera = LowLight(electrons, read_noise, brightness)
    output = camera.expose(np.full((300, 300), level, np.float32), rng()).astype(float)
    variance = brightness**2 * (level / electrons + (read_noise / electrons) ** 2)
    assert output.mean() == pytest.approx(brightness * level, abs=6 * (variance / output.size) ** 0.5)
    assert output.var() == pytest.approx(variance, rel=0.05)


def test_a_darker_exposure_is_darker() -> None:
    flat = np.full((64, 64, 3), 188, np.uint8)
    half = LowLight(1e6, 0, brightness=0.5).apply(flat, TARGET, rng())
    assert LINEAR[half].mean() == pytest.approx(LINEAR[188] / 2, rel=0.01)


@pytest.mark.parametrize("share", [0.0, 0.04, 0.25, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_occlusion_covers_its_share_of_the_face_and_nothing_else(share: float, seed: int) -> None:
    flat = np.full((160, 150, 3), 200, np.uint8)
    covered = degrade(flat, TARGET, [Occlusion(share)], seed)
    hidden = (covered != 200).any(axis=2)
    assert hidden.sum() / TARGET.box.area == pytest.approx(share, abs=0.02)
    if share:
        rows, columns = np.nonzero(hidden)
        assert columns.min() >= TARGET.box.x1 - 1
        assert columns.max() <= TARGET.box.x2
        assert rows.min() >= TARGET.box.y1 - 1
        assert rows.max() <= TARGET.box.y2


def test_occlusion_goes_where_it_is_told() -> None:
    flat = np.full((160, 150, 3), 200, np.uint8)
    covered = Occlusion(0.04, centre=(0.0, 0.0), colour=(1, 2, 3)).apply(flat, TARGET, rng())
    rows, columns = np.nonzero((covered == (1, 2, 3)).all(axis=2))
    assert (rows.mean(), columns.mean()) == pytest.approx((TARGET.box.y1, TARGET.box.x1), abs=1)
    outside = replace(TARGET, box=Box(-90, -90, -40, -40))
    assert np.array_equal(Occlusion(0.2).apply(flat, outside, rng()), flat)


def test_jpeg_is_the_encoder_of_images(photo: np.ndarray) -> None:
    assert peak_signal_noise_ratio(photo, Jpeg(100).apply(photo, TARGET, rng())) > 38


@pytest.mark.parametrize("scheme", ["five", "dlib5"])
def test_target_is_measured_from_either_scheme(scheme: str) -> None:
    points = 50 * MEAN_FACE[scheme][:, :2] + (200, 150)
    target = Target.of(Landmarks(points.astype(np.float32), scheme))  # type: ignore[arg-type]
    assert target.eyes == pytest.approx(50, rel=0.02)
    assert target.box == pytest.approx((150, 115, 250, 237.5), abs=4)
    with pytest.raises(EvaluationError):
        Target.of(Landmarks(np.zeros((5, 2), np.float32), scheme))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (Downsample, (0.5,)),
        (Downsample, (float("nan"),)),
        (LowLight, (0,)),
        (LowLight, (100, -1)),
        (LowLight, (100, 1, 0)),
        (Occlusion, (1.5,)),
        (Occlusion, (-0.1,)),
        (Defocus, (-0.1,)),
        (MotionBlur, (-1.0,)),
        (Jpeg, (0,)),
        (Jpeg, (101,)),
    ],
)
def test_impossible_parameters_are_refused(kind: type, arguments: tuple[float, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        kind(*arguments)
    assert caught.value.code == "usage.degradation"
