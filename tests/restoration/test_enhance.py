"""Enhancing a face in a photo: methods, fidelity, refusals, and the way back into the photo."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import get_args

import cv2
import numpy as np
import pytest

from bareface.errors import RestorationError
from bareface.imaging import decode as images
from bareface.models import registry
from bareface.restoration import classical
from bareface.restoration.aligned import aligned, apart
from bareface.restoration.base import SIDE, Restored
from bareface.restoration.deconvolution import with_guesses
from bareface.restoration.eligibility import gauges, noise
from bareface.restoration.enhance import METHODS, Method, apply, blended, place_back
from bareface.restoration.sheet import before_and_after
from bareface.restoration.unmask import placed_region
from bareface.services.engine import Engine
from bareface.synthesis.degradations import Defocus, Degradation, Jpeg, LowLight, Target, degrade
from bareface.values.face import Face, Photo, UInt8
from tests.portraits import astronaut


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(threads=1)


@pytest.fixture(scope="module")
def good(engine: Engine) -> Face:
    return engine.faces(astronaut())[0]


def spoilt(engine: Engine, good: Face, *steps: Degradation, size: int = 256) -> Face:
    """Return the face in the photo, made smaller and degraded."""
    assert good.photo is not None
    small = cv2.resize(good.photo.pixels, (size, size), interpolation=cv2.INTER_AREA)
    points = replace(good.landmarks, points=good.landmarks.points * np.float32(size / 512))
    return engine.faces(degrade(np.asarray(small, np.uint8), Target.of(points), steps, seed=1))[0]


@pytest.fixture(scope="module")
def blurred(engine: Engine, good: Face) -> Face:
    return spoilt(engine, good, Defocus(0.08))


@pytest.fixture(scope="module")
def restored(engine: Engine, blurred: Face) -> Restored:
    return engine.enhance(blurred)


def photo_of(face: Face) -> Photo:
    assert face.photo is not None
    return face.photo


def detail(image: UInt8) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_32F).std())


def refusal(engine: Engine, face: Face, **settings: object) -> RestorationError:
    with pytest.raises(RestorationError) as caught:
        engine.enhance(face, **settings)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize("method", get_args(Method))
def test_every_method_gives_one_picture_that_says_where_it_comes_from(
    engine: Engine, blurred: Face, method: Method
) -> None:
    made = engine.enhance(blurred, method)
    (completion,) = made.completions
    assert completion.image.shape == (SIDE, SIDE, 3)
    assert completion.image.dtype == np.uint8
    assert completion.template.space == blurred.template.space
    assert (made.spread == 0).all()
    assert made.identity_spread == 0
    told = made.provenance
    assert (told.kind, told.method, told.seed) == ("enhance", method, None)
    assert told.source_sha256 == photo_of(blurred).sha256
    assert told.settings == (("fidelity", "0.5"),)
    card = registry.card("bareface-enhance")
    expected = (card.id, card.files[0].sha256) if method == "bareface" else (None, None)
    assert (told.model, told.model_sha256) == expected
    assert 0 < told.synthetic <= 1
    again = engine.enhance(blurred, method)
    assert (again.completions[0].image == completion.image).all()
    assert made.drift[0] == pytest.approx(apart(blurred.template, completion.template))


@pytest.mark.parametrize("method", ["bareface", "wiener", "richardson-lucy", "unsharp"])
def test_a_blurred_face_gets_more_detail(engine: Engine, blurred: Face, method: Method) -> None:
    made = engine.enhance(blurred, method, fidelity=0.0)
    assert detail(made.completions[0].image) > 1.05 * detail(made.source)


@pytest.mark.parametrize("method", ["wiener", "richardson-lucy"])
def test_a_program_that_sets_numpy_to_raise_gets_the_same_picture(engine: Engine, good: Face, method: Method) -> None:
    plain = engine.enhance(good, method)
    with np.errstate(all="raise"):
        made = engine.enhance(good, method)
        (found,) = engine.faces(astronaut())
    assert (made.completions[0].image == plain.completions[0].image).all()
    assert found.box == good.box


def test_the_network_comes_nearer_to_the_good_photo(engine: Engine, good: Face, blurred: Face) -> None:
    clear = spoilt(engine, good)
    # Both cut in the same way, by the landmarks of the spoilt one.
    truth = aligned(replace(blurred, photo=photo_of(clear))).pixels.astype(float)
    made = engine.enhance(blurred)
    before, after = (np.abs(image - truth).mean() for image in (made.source, made.completions[0].image))
    assert after < 0.95 * before


def test_a_dark_face_loses_its_noise_and_keeps_its_light(engine: Engine, good: Face) -> None:
    dark, noisy = (spoilt(engine, good, LowLight(electrons, brightness=0.3)) for electrons in (1e6, 60))
    # What it would be without the noise, cut in the same way.
    truth = aligned(replace(noisy, photo=photo_of(dark))).pixels.astype(float)
    made = engine.enhance(noisy)
    before, after = (np.abs(image - truth).mean() for image in (made.source, made.completions[0].image))
    assert after < 0.9 * before
    assert abs(float(made.completions[0].image.mean()) - truth.mean()) < 0.1 * truth.mean()


@pytest.mark.parametrize("step", [Jpeg(5), LowLight(60, brightness=0.3)])
def test_the_network_brings_a_bad_face_nearer_to_its_person(engine: Engine, good: Face, step: Degradation) -> None:
    clear, bad = spoilt(engine, good), spoilt(engine, good, step)
    made = engine.enhance(bad)
    assert apart(made.completions[0].template, clear.template) < apart(bad.template, clear.template)


@pytest.mark.parametrize("method", ["bareface", "unsharp"])
def test_more_fidelity_is_less_change_and_less_drift(engine: Engine, blurred: Face, method: Method) -> None:
    made = [engine.enhance(blurred, method, fidelity) for fidelity in (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)]
    change = [np.abs(one.completions[0].image.astype(int) - one.source).mean() for one in made]
    assert all(a >= b for a, b in pairwise(change))
    drift = [one.drift[0] for one in made]
    assert all(a >= b - 2e-3 for a, b in pairwise(drift))
    assert change[-1] == 0
    assert made[-1].provenance.synthetic == 0
    assert drift[0] > 1e-3


def test_the_rim_stays_as_it_is() -> None:
    rng = np.random.default_rng(0)
    source, made = rng.integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)
    mixed = blended(source, made, 0.0)
    assert (mixed[[0, -1]] == source[[0, -1]]).all()
    assert (mixed[:, [0, -1]] == source[:, [0, -1]]).all()
    assert (mixed[20:-20, 20:-20] == made[20:-20, 20:-20]).all()


def test_only_the_face_changes_in_the_photo(restored: Restored, blurred: Face) -> None:
    pixels = photo_of(blurred).pixels
    kept = pixels.copy()
    placed = place_back(restored, pixels)
    assert (pixels == kept).all()
    inside = placed_region(restored, pixels.shape[:2])
    assert (placed[~inside] == pixels[~inside]).all()
    assert (placed[inside] != pixels[inside]).any()


def test_a_photo_finer_than_the_aligned_face_keeps_its_detail(engine: Engine, good: Face) -> None:
    large = cv2.resize(photo_of(good).pixels, (1536, 1536), interpolation=cv2.INTER_CUBIC)
    noisy = np.clip(large + np.random.default_rng(0).normal(0, 6, large.shape), 0, 255).astype(np.uint8)
    face = engine.faces(noisy)[0]
    made = engine.enhance(face)
    placed = place_back(made, noisy)
    inside = placed_region(made, noisy.shape[:2])
    rows, columns = np.nonzero(inside)
    part = np.s_[rows.min() : rows.max(), columns.min() : columns.max()]
    assert detail(placed[part]) > 0.9 * detail(noisy[part])


def test_a_face_at_the_edge_is_left_alone_beyond_it(engine: Engine, good: Face) -> None:
    pixels = photo_of(good).pixels
    left = round(good.box.x1 + 0.1 * good.box.width)
    face = engine.faces(np.ascontiguousarray(pixels[:, left:]))[0]
    made = engine.enhance(face)
    assert not made.region.all()
    beyond = ~made.region
    assert (made.completions[0].image[beyond] == made.source[beyond]).all()


def test_too_few_pixels_are_refused(engine: Engine, good: Face) -> None:
    small = cv2.resize(photo_of(good).pixels, (36, 36), interpolation=cv2.INTER_AREA)
    points = replace(good.landmarks, points=good.landmarks.points * np.float32(36 / 512))
    photo = images.decode(np.asarray(small, np.uint8))
    error = refusal(engine, replace(good, photo=photo, landmarks=points))
    assert error.code == "restoration.no-information"
    assert "pixels apart" in str(error)


def test_a_smear_is_refused(engine: Engine, good: Face) -> None:
    pixels = photo_of(good).pixels
    smeared = degrade(pixels, Target.of(good.landmarks), [Defocus(0.5)], seed=0)
    # No detector finds a face in it: where one would be is known.
    face = engine_face(engine, good, smeared)
    error = refusal(engine, face)
    assert error.code == "restoration.no-information"
    assert "quality" in str(error)


def test_noise_alone_is_refused(engine: Engine, good: Face) -> None:
    dark = degrade(photo_of(good).pixels, Target.of(good.landmarks), [LowLight(1.0, brightness=0.3)], seed=0)
    face = engine_face(engine, good, dark)
    assert noise(aligned(face).pixels) > 1.3 > 4 * noise(aligned(good).pixels) * 0.5
    assert refusal(engine, face).code == "restoration.no-information"


def engine_face(engine: Engine, good: Face, pixels: UInt8) -> Face:
    """Return the face of a photo where it is known to be."""
    from bareface.imaging.align import align

    chip = align(pixels, good.landmarks)
    return Face(good.box, good.landmarks, good.score, chip, chip, "spoilt", photo=images.decode(pixels))


def test_the_gauges_of_a_good_photo_are_far_from_the_limits(good: Face) -> None:
    found = gauges(good, aligned(good))
    assert found.eyes > 40
    assert found.quality is not None
    assert found.quality > 80
    assert found.noise < 0.6


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"method": "magic"}, "restoration.method"),
        ({"fidelity": 1.5}, "restoration.fidelity"),
        ({"fidelity": float("nan")}, "restoration.fidelity"),
    ],
)
def test_wrong_settings(engine: Engine, good: Face, settings: dict[str, object], code: str) -> None:
    assert refusal(engine, good, **settings).code == code


def test_a_face_without_its_photo(engine: Engine, good: Face) -> None:
    assert refusal(engine, replace(good, photo=None)).code == "restoration.no-photo"


def test_before_stands_beside_after(restored: Restored) -> None:
    picture = before_and_after(restored)
    assert picture.shape[1] > picture.shape[0] > SIDE
    assert (picture[8:328, 8:328] == np.repeat(np.repeat(restored.source, 2, 0), 2, 1)).all()
    assert (picture[8:328, 336:656] == np.repeat(np.repeat(restored.completions[0].image, 2, 0), 2, 1)).all()


def test_the_estimated_blur_grows_with_the_blur(good: Face) -> None:
    pixels = aligned(good).pixels
    found = [classical.blur(cv2.GaussianBlur(pixels, (0, 0), width)) for width in (0.8, 1.5, 2.5, 4.0)]
    assert all(a < b for a, b in pairwise(found))
    assert found[2] == pytest.approx(2.5, rel=0.4)


def test_the_estimated_noise_is_that_which_was_added() -> None:
    grey = np.full((SIDE, SIDE, 3), 120.0)
    noisy = grey + np.random.default_rng(0).normal(0, 8, (SIDE, SIDE, 1))
    assert classical.noise(np.round(noisy).astype(np.uint8)) == pytest.approx(8, rel=0.1)


@pytest.mark.parametrize("width", [0.4, 2.0, 6.0])
def test_a_bell_sums_to_one(width: float) -> None:
    kernel = classical.bell(width)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert kernel.shape[0] % 2 == 1


def test_guesses_of_a_blurred_face_are_nearer_to_the_good_one(good: Face) -> None:
    pixels = aligned(good).pixels
    given = with_guesses(np.asarray(cv2.GaussianBlur(pixels, (0, 0), 2.5), np.uint8))
    own, careful, bold = (given[10:-10, 10:-10, start : start + 3] for start in (0, 3, 6))
    off = [np.abs(one - pixels[10:-10, 10:-10].astype(float)).mean() for one in (own, careful)]
    assert off[1] < 0.95 * off[0]
    assert (
        detail(np.ascontiguousarray(bold)) > detail(np.ascontiguousarray(careful)) > detail(np.ascontiguousarray(own))
    )


def test_methods_are_those_of_the_command_and_none_lacks_code(good: Face) -> None:
    assert set(classical.METHODS) | {"bareface"} == set(METHODS)
    cut = aligned(good)
    assert all(apply(method, cut).shape == cut.pixels.shape for method in METHODS)
