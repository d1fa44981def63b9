from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bareface.errors import FaceError, ImageError, ModelError, UsageError
from bareface.faces.embedding.base import MaskInfo
from bareface.faces.open_models import open_embedder
from bareface.imaging import decode as images
from bareface.models import registry
from bareface.models.sessions import sums_8_bit_products_exactly
from bareface.services.engine import Analysis, Engine
from bareface.values.face import EVERYTHING, Box, Computed
from tests.portraits import astronaut, hopper


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def test_path_bytes_and_array_give_the_same_face(engine: Engine) -> None:
    path = astronaut()
    (a,) = engine.faces(path)
    (b,) = engine.faces(path.read_bytes())
    (c,) = engine.faces(images.decode(path).pixels)
    assert a.box == b.box == c.box
    assert np.array_equal(a.template.vector, b.template.vector)
    assert np.array_equal(a.template.vector, c.template.vector)


def test_a_face_carries_what_is_promised(engine: Engine) -> None:
    (face,) = engine.faces(hopper())
    assert face.box.width > 40
    assert face.landmarks.points.shape == (5, 2)
    assert face.chip.shape == (150, 150, 3)
    assert face.crop.shape == (160, 160, 3)
    assert face.template.vector.shape == (128,)
    assert face.template.vector.dtype == np.float32
    assert (face.template.model, face.template.space, face.template.precision) == (
        "bareface-mobile",
        "bareface-mobile-128-v2",
        "float32",
    )
    assert face.for_embedder.shape == (112, 112, 3)


def test_only_what_is_asked_for_is_computed(engine: Engine) -> None:
    photo = images.decode(hopper())
    (bare,) = engine.faces(hopper(), want=())
    assert bare.photo is not None
    for name in ("template", "enrolment_template", "mask_state", "visible", "quality", "occlusion"):
        with pytest.raises(FaceError, match="Ask for it") as refused:
            getattr(bare, name)
        assert refused.value.code == "face.not-computed"
    (rated,) = engine.detect(photo, want="quality")
    assert rated.quality is not None
    assert rated.visible is not None
    assert rated.computed.known == {"occlusion", "quality"}
    (embedded,) = engine.complete([rated], ["template"])
    assert embedded.quality is rated.quality
    assert embedded.computed.known == {"occlusion", "quality", "template"}
    assert rated.computed.known == {"occlusion", "quality"}
    assert engine.complete([embedded], ["template"])[0] is embedded
    with pytest.raises(UsageError, match="want must be occlusion or quality"):
        engine.faces(hopper(), want=["age"])


def test_faces_keep_the_computed_values_until_they_are_cleared(engine: Engine) -> None:
    (face,) = engine.faces(hopper())
    (other,) = engine.faces(astronaut())
    (changed,) = engine.complete([replace(face, chip=other.chip, mask=None, computed=Computed())], ["template"])
    near, own = changed.template.vector, other.template.vector  # from a chip, and from the photo
    assert near @ own > 0.9 * np.linalg.norm(near) * np.linalg.norm(own)
    dlib = Engine(embedder="dlib-resnet", threads=1)
    face, other = dlib.faces(hopper())[0], dlib.faces(astronaut())[0]
    (changed,) = dlib.complete([replace(face, chip=other.chip, mask=None, computed=Computed())], ["template"])
    assert np.allclose(changed.template.vector, other.template.vector, atol=1e-5)


@pytest.mark.parametrize("embedder", ["dlib-resnet", "bareface128"])
def test_faces_that_an_engine_of_another_geometry_found(engine: Engine, embedder: str) -> None:
    dlib = Engine(embedder=embedder, threads=1)
    found, own = engine.faces(hopper(), want=()), dlib.faces(hopper(), want=())
    want = dlib.embed(own, upper_face=True)[0].vector
    for template in dlib.embed([*found, *own], upper_face=True):
        assert np.allclose(template.vector, want, atol=1e-5)
    chips = [found[0].chip, found[0].for_embedder]
    for one in (dlib, engine):
        for a, b in (chips, chips[::-1]):
            near, other = (template.vector for template in one.embed_chips([a, b]))
            # A chip shows less than the embedder's own cut; a repeated edge in place of the rest made it .7 to .9.
            assert near @ other > 0.95 * np.linalg.norm(near) * np.linalg.norm(other)


def test_templates_of_another_engine_are_not_taken_for_ones_own(engine: Engine) -> None:
    dlib = Engine(embedder="dlib-resnet", threads=1)
    (face,) = engine.faces(hopper())
    (own,) = dlib.embed(dlib.faces(hopper(), want=()))
    assert np.allclose(dlib.embed([face])[0].vector, own.vector, atol=1e-5)
    (back,) = engine.complete(dlib.complete([face]))
    assert back == face
    assert dlib.complete([face], ["quality"])[0] is face
    assert dlib.enhance(face).drift[0] < 0.1


def test_faces_with_other_pixels_than_an_engine_can_use_are_refused(engine: Engine) -> None:
    (face,) = engine.faces(hopper(), want=())
    odd: list[Any] = [face.for_embedder, face.chip / 255, None, [1, 2], face.chip[..., 0], face.chip[:, :149]]
    for chip in odd:
        with pytest.raises(UsageError, match=r"faces must be .* \[150, 150, 3\]"):
            engine.embed([replace(face, chip=chip)])
    for aligned in (face.chip[:50, :50], [1, 2]):
        with pytest.raises(UsageError, match="faces must be"):
            engine.embed([replace(face, computed=Computed(aligned=aligned))])


def test_an_embedder_of_a_geometry_that_nobody_cuts_is_refused() -> None:
    class Odd:
        model = space = "odd"
        precision, geometry = "float32", "arcface-96"

        def embed(self, chips: Any, masks: Any = None) -> Any:
            return np.ones((len(chips), 4), np.float32)

    with pytest.raises(UsageError, match=r"embedder\.geometry must be dlib-150 or arcface-112"):
        Engine(embedder=Odd(), threads=1)  # type: ignore[arg-type]


def test_an_embedder_of_version_0_1_still_makes_upper_face_templates(engine: Engine) -> None:
    class Former:
        model, space, precision, geometry = "former", "own", "float32", "dlib-150"

        def embed(self, chips: Any, covers: Any = None) -> Any:
            return np.ones((len(chips), 4), np.float32)

        def cover(self, chips: Any) -> Any:
            return np.full((len(chips), 4), 2, np.float32)

    (face,) = Engine(embedder=Former(), threads=1).faces(hopper())
    assert face.enrolment_template.upper_face.tolist() == [2, 2, 2, 2]


def test_batches_give_what_single_faces_give(engine: Engine) -> None:
    faces = engine.faces(hopper()) + engine.faces(astronaut())
    together = engine.embed(faces)
    alone = [engine.faces(path)[0].template for path in (hopper(), astronaut())]
    for a, b in zip(together, alone, strict=True):
        assert np.allclose(a.vector, b.vector, atol=1e-5)
    assert faces[0].template is together[0]


def test_int8_is_refused_where_sums_could_saturate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAREFACE_NO_VNNI", "1")
    with pytest.raises(ModelError, match="VNNI") as refused:
        Engine(precision="int8")
    assert refused.value.code == "model.precision"
    assert "float32" in str(refused.value.remedy)


def test_auto_is_int8_where_the_cpu_and_the_embedder_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Opened:
        def __init__(self, card: Any, precision: str, **_: Any) -> None:
            self.precision = precision

    card = registry.card("dlib-resnet")
    both = replace(card, files=(*card.files, replace(card.files[0], precision="int8")))
    monkeypatch.setattr(registry, "card", lambda name: both if name == "dlib-resnet" else card)
    monkeypatch.setattr("bareface.faces.embedding.onnx.OnnxEmbedder", Opened)
    quick = "int8" if sums_8_bit_products_exactly() else "float32"
    assert open_embedder("dlib-resnet", "auto", None, 1).precision == quick
    assert open_embedder("another", "auto", None, 1).precision == "float32"
    monkeypatch.setenv("BAREFACE_NO_VNNI", "1")
    assert open_embedder("dlib-resnet", "auto", None, 1).precision == "float32"


def test_a_precision_without_weights_is_refused() -> None:
    for embedder in ("bareface-mobile", "bareface128", "dlib-resnet"):
        with pytest.raises(ModelError) as refused:
            Engine(embedder=embedder, precision="int8")
        assert refused.value.code == "model.precision"
        assert Engine(embedder=embedder, precision="auto").precision == "float32"


def test_masked_faces_have_the_same_templates_on_a_cpu_without_vnni(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network for masked faces has 8-bit weights only, and its sums must not saturate anywhere."""
    (face,) = engine.faces(hopper())
    here = engine.embed_chips([face.chip], [MaskInfo("full", face.occlusion)])[0].vector
    monkeypatch.setenv("BAREFACE_NO_VNNI", "1")
    there = Engine(threads=1).embed_chips([face.chip], [MaskInfo("full", face.occlusion)])[0].vector
    assert here @ there / np.linalg.norm(here) / np.linalg.norm(there) > 0.999


def test_a_stream_keeps_order_and_reports_errors_as_values(engine: Engine, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a picture")
    sources = [astronaut(), broken, hopper(), tmp_path / "absent.jpg", astronaut()]
    analyses = list(engine.stream(sources, batch=2))
    assert [a.source for a in analyses] == [str(s) for s in sources]
    assert [len(a.faces) for a in analyses] == [1, 0, 1, 0, 1]
    assert [a.error is None for a in analyses] == [True, False, True, False, True]
    assert isinstance(analyses[1].error, ImageError)
    assert all(face.computed.known == EVERYTHING for a in analyses for face in a.faces)
    assert analyses[0].photo is not None
    assert analyses[0].photo.pixels.size == 0
    assert analyses[0].photo.size == (512, 512)


def test_upper_face_templates_are_made_only_when_asked_for(engine: Engine) -> None:
    assert engine.makes_upper_face is engine.covers is True
    assert engine.sees_masks
    ((quick,), (full,)) = (next(engine.stream([hopper()], want=want)).faces for want in (["template"], ["upper_face"]))
    assert "upper_face" not in quick.computed.known
    assert full.template.upper_face is None
    assert full.enrolment_template.upper_face is not None
    (later,) = engine.embed([quick], upper_face=True)
    assert np.allclose(later.upper_face, full.enrolment_template.upper_face, atol=1e-4)
    assert np.allclose(later.vector, full.template.vector, atol=1e-5)
    assert not np.allclose(full.enrolment_template.upper_face, full.enrolment_template.vector, atol=0.05)


def test_former_keywords_are_still_taken(engine: Engine) -> None:
    ((face,),) = (analysis.faces for analysis in engine.stream([hopper()], covered=True))
    assert engine.embed([face], covered=True) == [face.enrolment_template]
    assert engine.segment([face]) == [face]
    with pytest.warns(DeprecationWarning, match="Face.reference is enrolment_template"):
        assert face.reference == face.enrolment_template


def test_an_engine_without_a_network_for_masks_makes_none(engine: Engine) -> None:
    plain = Engine(embedder="dlib-resnet", segmenter=None)
    assert not plain.makes_upper_face
    assert not plain.sees_masks
    (face,) = next(plain.stream([hopper()])).faces
    assert face.enrolment_template is face.template


def test_a_stream_reads_only_a_little_ahead(engine: Engine) -> None:
    taken = 0

    def sources() -> Iterator[np.ndarray]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield np.zeros((60, 60, 3), np.uint8)

    stream = engine.stream(sources(), batch=4)
    assert isinstance(next(stream), Analysis)
    stream.close()
    assert taken < 60


def test_an_empty_stream_ends(engine: Engine) -> None:
    assert list(engine.stream([])) == []


def test_boxes_are_in_pixels_of_the_full_photo(tmp_path: Path) -> None:
    """A huge JPEG is decoded reduced; what is reported is not."""
    import cv2

    limits = images.Limits(max_side=2048)
    engine = Engine(limits=limits)
    face = engine.faces(astronaut())[0].box
    big = cv2.resize(images.decode(astronaut()).pixels, None, fx=8, fy=8, interpolation=cv2.INTER_LINEAR)
    path = tmp_path / "big.jpg"
    images.write(path, big)
    found = engine.faces(path)[0]
    assert images.decode(path, limits).scale < 1
    scaled = Box(*(8 * v for v in face))
    assert found.box.iou(scaled) > 0.6


def test_providers_that_are_absent_are_an_error() -> None:
    with pytest.raises(ModelError, match="CUDAExecutionProvider"):
        Engine(providers=["cuda"])


def test_unknown_names_are_named() -> None:
    with pytest.raises(ModelError, match="no model is called 'nonsense'"):
        Engine(embedder="nonsense")
    with pytest.raises(ModelError, match="not for embedding"):
        Engine(embedder="dlib-mmod")


def test_a_senseless_minimum_is_refused() -> None:
    with pytest.raises(ModelError):
        Engine(min_face=0)


@pytest.mark.parametrize("threads", [0, -3, 2.5, True, "2"])
def test_a_senseless_number_of_threads_is_refused(threads: Any) -> None:
    with pytest.raises(ModelError, match=r"model\.threads"):
        Engine(threads=threads)


def test_limits_of_an_engine_hold_for_photos_and_streams() -> None:
    engine = Engine(limits=images.Limits(max_pixels=99))
    photo = np.zeros((10, 10, 3), np.uint8)
    with pytest.raises(ImageError) as caught:
        engine.faces(photo)
    assert caught.value.code == "image.too-many-pixels"
    (analysis,) = engine.stream([photo])
    assert analysis.error is not None
    assert analysis.error.code == "image.too-many-pixels"
