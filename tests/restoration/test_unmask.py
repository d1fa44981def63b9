"""Unmasking a face in a photo: regions, errors, and putting completions back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareface.errors import RestorationError
from bareface.faces.occlusion.base import OTHER
from bareface.models import registry
from bareface.restoration.aligned import apart, expected
from bareface.restoration.base import SIDE, Restored
from bareface.restoration.sheet import sheet
from bareface.restoration.unmask import occluded, place, placed_region
from bareface.services.engine import Engine
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Face, Template, UInt8
from tests.examples import examples
from tests.portraits import astronaut


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(threads=1)


@pytest.fixture(scope="module")
def bare(engine: Engine) -> Face:
    return engine.faces(astronaut())[0]


@pytest.fixture(scope="module")
def pixels(bare: Face) -> UInt8:
    assert bare.photo is not None
    return apply_mask(bare.photo.pixels, bare.landmarks, sample_mask(3, half="test", nose="high")).pixels


@pytest.fixture(scope="module")
def masked(engine: Engine, pixels: UInt8) -> Face:
    return engine.faces(pixels)[0]


@pytest.fixture(scope="module")
def restored(engine: Engine, masked: Face) -> Restored:
    return engine.unmask(masked, completions=3, seed=7)


def code(engine: Engine, face: Face, **settings: object) -> str:
    with pytest.raises(RestorationError) as caught:
        engine.unmask(face, **settings)  # type: ignore[arg-type]
    return caught.value.code


def test_a_mask_is_filled_and_nothing_else(restored: Restored, masked: Face) -> None:
    assert masked.mask_state == "full"
    assert (restored.region == occluded(masked)).all()
    assert 0.3 < restored.provenance.synthetic < 0.85
    for completion in restored.completions:
        same = (completion.image == restored.source).all(axis=2)
        assert same[~restored.region].all()
        assert not same[restored.region].all()
        assert completion.template.mask_state == "none"


def test_the_guesses_differ_where_they_were_made_and_the_map_says_by_how_much(restored: Restored) -> None:
    assert (restored.spread[~restored.region] == 0).all()
    assert restored.spread[restored.region].mean() > 1
    assert restored.identity_spread > 0
    assert len(restored.drift) == 3
    assert all(0 < drift < 2 for drift in restored.drift)


def test_the_first_guesses_do_not_depend_on_how_many_are_drawn(
    engine: Engine, masked: Face, restored: Restored
) -> None:
    again, other = engine.unmask(masked, 2, seed=7), engine.unmask(masked, 1, seed=8)
    pairs = zip(again.completions, restored.completions, strict=False)
    assert all((a.image == b.image).all() for a, b in pairs)
    assert (other.completions[0].image != restored.completions[0].image).any()
    assert other.identity_spread == 0


def test_provenance_names_photo_model_and_seed(restored: Restored, masked: Face) -> None:
    assert masked.photo is not None
    made = restored.provenance
    assert (made.kind, made.method, made.model, made.seed) == ("unmask", "eigenface", "bareface-eigenface", 7)
    assert made.source_sha256 == masked.photo.sha256
    assert made.model_sha256 is not None
    assert len(made.model_sha256) == 64


def test_a_completion_in_its_photo_changes_the_region_alone(restored: Restored, pixels: UInt8) -> None:
    before = pixels.copy()
    placed = place(restored, restored.completions[0], pixels)
    changed = (placed != pixels).any(axis=2)
    assert (pixels == before).all()
    assert changed.any()
    assert not (changed & ~placed_region(restored, pixels.shape[:2])).any()


@settings(max_examples=examples(20), deadline=None)
@given(st.data())
def test_no_pixel_outside_changes_wherever_the_face_lies(restored: Restored, data: st.DataObject) -> None:
    angle, scale = data.draw(st.floats(0, 6.3)), data.draw(st.floats(0.2, 4))
    a = complex(scale * np.exp(1j * angle))
    b = complex(data.draw(st.floats(-200, 300)), data.draw(st.floats(-200, 300)))
    moved = replace(restored, placement=(a, b))
    photo = np.random.default_rng(1).integers(0, 256, (180, 240, 3), np.uint8)
    changed = (place(moved, restored.completions[0], photo) != photo).any(axis=2)
    region = placed_region(moved, photo.shape[:2])
    assert not (changed & ~region).any()
    rows, columns = np.nonzero(region)
    inside = (columns + 1j * rows - b) / a
    x, y = (np.clip(np.round(axis), 0, SIDE - 1).astype(int) for axis in (inside.real, inside.imag))
    near = [restored.region[np.clip(y + dy, 0, 159), np.clip(x + dx, 0, 159)] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    assert np.any(near, axis=0).all()


def test_a_bare_face_has_nothing_to_restore_unless_a_region_is_given(engine: Engine, bare: Face) -> None:
    assert code(engine, bare) == "restoration.nothing-hidden"
    region = np.zeros((SIDE, SIDE), bool)
    region[100:120, 60:100] = True
    assert (engine.unmask(bare, 1, region=region).region == region).all()


def test_what_lies_beside_a_face_hides_nothing_of_it(engine: Engine, bare: Face) -> None:
    assert bare.occlusion is not None
    classes = bare.occlusion.copy()
    classes[:30, :30] = OTHER
    beside = replace(bare, computed=replace(bare.computed, occlusion=classes))
    region = occluded(beside)
    assert region.any()
    assert not (region & expected()).any()
    assert code(engine, beside) == "restoration.nothing-hidden"
    assert engine.unmask(beside, 1, region=region).provenance.synthetic == 0


def test_equal_templates_are_not_less_than_nothing_apart(bare: Face) -> None:
    distances = [apart(template, template) for template in _scaled(bare)]
    assert min(distances) == 0
    assert max(distances) < 1e-6


def _scaled(face: Face) -> list[Template]:
    mean = registry.space_mean(face.template.space, len(face.template.vector))
    return [replace(face.template, vector=(mean + face.template.vector * k).astype(np.float32)) for k in range(1, 60)]


def test_polygon_and_mask_image_of_the_photo_mark_the_same(engine: Engine, bare: Face) -> None:
    box = bare.box
    x1, x2 = round(box.x1 + 0.3 * box.width), round(box.x2 - 0.3 * box.width)
    y1, y2 = round(box.y1 + 0.6 * box.height), round(box.y2 - 0.1 * box.height)
    drawn = np.zeros((512, 512), np.uint8)
    drawn[y1 : y2 + 1, x1 : x2 + 1] = 255
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    a, b = (engine.unmask(bare, 1, region=region).region for region in (drawn, corners))
    assert (a & b).sum() / (a | b).sum() > 0.93


def test_regions_that_make_no_sense_are_refused(engine: Engine, bare: Face) -> None:
    wrong: list[object] = [
        np.zeros((20, 30), np.uint8),
        np.zeros((20, 30), bool),
        [(1, 2), (3, 4)],
        [(1, 2), (3, float("nan")), (5, 6)],
        np.zeros((512, 512, 3), np.uint8),
    ]
    assert {code(engine, bare, region=region) for region in wrong} == {"restoration.region"}


def test_a_face_that_is_all_hidden_is_left_alone(engine: Engine, bare: Face) -> None:
    assert code(engine, bare, region=np.ones((SIDE, SIDE), bool)) == "restoration.no-evidence"


def test_how_many(engine: Engine, masked: Face) -> None:
    assert {code(engine, masked, completions=count) for count in (0, 101)} == {"restoration.completions"}


def test_faces_of_a_stream_keep_no_photo(engine: Engine, pixels: UInt8) -> None:
    face = next(engine.stream([pixels])).faces[0]
    assert face.photo is None
    assert code(engine, face) == "restoration.no-photo"


def test_a_photo_that_was_decoded_reduced_gives_the_same_face(engine: Engine, masked: Face, restored: Restored) -> None:
    assert masked.photo is not None
    # As if the file had twice the pixels and was read at half its size.
    halved = replace(masked.photo, size=(1024, 1024))
    marks = replace(masked.landmarks, points=masked.landmarks.points * 2)
    again = engine.unmask(replace(masked, landmarks=marks, photo=halved), 3, seed=7)
    assert (again.source == restored.source).all()
    assert again.placement == pytest.approx(restored.placement)


def test_a_face_at_the_edge_takes_no_evidence_from_beyond_it(engine: Engine, pixels: UInt8, masked: Face) -> None:
    right = round((masked.box.x1 + masked.box.x2) / 2 + 0.25 * masked.box.width)
    cut = np.ascontiguousarray(pixels[:, :right])
    found = engine.faces(cut)
    if not found:
        pytest.skip("the detector finds no face that is cut so short")
    restored = engine.unmask(found[0], 1)
    region = placed_region(restored, cut.shape[:2])
    assert region.any()
    assert place(restored, restored.completions[0], cut).shape == cut.shape


def test_the_sheet_marks_its_synthetic_pixels(restored: Restored) -> None:
    picture, synthetic = sheet(restored)
    assert picture.shape[:2] == synthetic.shape
    assert synthetic.sum() == 3 * 4 * restored.region.sum()
