"""Routing of the mask-aware embedder to its two networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bareface.faces.embedding import by_mask_state as bareface128
from bareface.faces.embedding.base import Embedder, MaskInfo, UpperFaceEmbedder
from bareface.faces.embedding.by_mask_state import UPPER_FACE_ROWS, RoutedEmbedder
from bareface.faces.embedding.onnx import OnnxEmbedder
from bareface.faces.occlusion.base import FACE, MASK
from bareface.models import registry
from bareface.values.face import Float32, MaskState, UInt8

BLANK = (10.0, 20.0, 30.0)
TOP = 80


class Fake:
    """Answers with what it was made for and the chip's mean colour, and keeps what it was asked."""

    def __init__(self, card: registry.ModelCard, precision: str, **_: object) -> None:
        self.card, self.precision, self.space, self.geometry = card, precision, "dlib-128", "dlib-150"
        self.asked: list[UInt8] = []

    def embed(self, chips: Sequence[UInt8], masks: Sequence[MaskInfo] | None = None) -> Float32:
        self.asked += chips
        vectors = np.zeros((len(chips), 128), np.float32)
        vectors[:, 0] = "masked" in self.card.id
        vectors[:, 1:4] = [chip.reshape(-1, 3).mean(axis=0) for chip in chips]
        return vectors


def masked_card() -> registry.ModelCard:
    """Return a card for masked faces that borrows the files of the packaged descriptor."""
    bare = registry.card("dlib-resnet")
    return replace(bare, id="masked", input={**bare.input, "bare": "dlib-resnet", "blank": BLANK})


@pytest.fixture
def routed(monkeypatch: pytest.MonkeyPatch) -> RoutedEmbedder:
    monkeypatch.setattr(bareface128, "OnnxEmbedder", Fake)
    return RoutedEmbedder(masked_card(), "float32")


def chips(count: int) -> list[UInt8]:
    return list(np.random.default_rng(0).integers(0, 256, (count, 150, 150, 3), np.uint8))


def mask(state: MaskState) -> MaskInfo:
    occlusion = np.full((150, 150), FACE, np.uint8)
    if state != "none":
        occlusion[TOP:] = MASK
    return MaskInfo(state, occlusion)


def test_it_is_an_embedder_of_the_bare_networks_space(routed: RoutedEmbedder) -> None:
    assert isinstance(routed, Embedder)
    assert (routed.model, routed.space, routed.geometry, routed.precision) == (
        "masked",
        "dlib-128",
        "dlib-150",
        "float32",
    )


@pytest.mark.parametrize("said", [True, False])
def test_bare_faces_go_untouched_to_the_bare_network(routed: RoutedEmbedder, said: bool) -> None:
    faces = chips(3)
    vectors = routed.embed(faces, [mask("none")] * 3 if said else None)
    assert (vectors[:, 0] == 0).all()
    assert all(np.array_equal(one, two) for one, two in zip(routed._bare.asked, faces, strict=True))
    assert routed._masked.asked == []


@pytest.mark.parametrize("state", ["partial", "full"])
def test_masks_are_blanked_before_the_other_network_sees_them(routed: RoutedEmbedder, state: MaskState) -> None:
    (face,) = chips(1)
    before = face.copy()
    (vector,) = routed.embed([face], [mask(state)])
    assert vector[0] == 1
    (asked,) = routed._masked.asked
    assert (asked[TOP:] == BLANK).all()
    assert (asked[: TOP - 2] == before[: TOP - 2]).all()
    assert (face == before).all()
    assert routed._bare.asked == []


def test_a_masked_face_without_a_map_is_embedded_as_it_is(routed: RoutedEmbedder) -> None:
    (face,) = chips(1)
    (vector,) = routed.embed([face], [MaskInfo("full", None)])
    assert vector[0] == 1
    assert np.array_equal(routed._masked.asked[0], face)


def test_the_second_template_is_the_masked_networks_of_the_upper_half(routed: RoutedEmbedder) -> None:
    assert isinstance(routed, UpperFaceEmbedder)
    faces = chips(2)
    before = [face.copy() for face in faces]
    vectors = routed.embed_upper_faces(faces)
    assert (vectors[:, 0] == 1).all()
    for asked, face, untouched in zip(routed._masked.asked, faces, before, strict=True):
        assert (asked[UPPER_FACE_ROWS:] == BLANK).all()
        assert (asked[:UPPER_FACE_ROWS] == face[:UPPER_FACE_ROWS]).all()
        assert (face == untouched).all()
    assert routed._bare.asked == []
    assert not isinstance(OnnxEmbedder(registry.card("dlib-resnet"), "float32"), UpperFaceEmbedder)


def test_a_mixed_batch_keeps_its_order(routed: RoutedEmbedder) -> None:
    states: list[MaskState] = ["full", "none", "none", "partial", "none", "full"]
    faces, masks = chips(6), [mask(state) for state in states]
    together = routed.embed(faces, masks)
    assert together[:, 0].tolist() == [state != "none" for state in states]
    alone = np.concatenate([routed.embed([face], [one]) for face, one in zip(faces, masks, strict=True)])
    np.testing.assert_array_equal(together, alone)


def test_a_precision_that_the_masked_network_lacks_is_the_bare_ones_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bareface128, "OnnxEmbedder", Fake)
    card = masked_card()
    exact = replace(card, files=tuple(file for file in card.files if file.precision == "float32"))
    routed = RoutedEmbedder(exact, "int8")
    assert (routed._bare.precision, routed._masked.precision) == ("int8", "float32")


def test_with_real_networks_bare_faces_have_exactly_the_bare_networks_vectors() -> None:
    faces = chips(3)
    vectors = RoutedEmbedder(masked_card(), "float32").embed(faces, [mask("none"), mask("full"), mask("none")])
    bare = OnnxEmbedder(registry.card("dlib-resnet"), "float32")
    np.testing.assert_array_equal(vectors[[0, 2]], bare.embed([faces[0], faces[2]]))
    assert not np.allclose(vectors[1], bare.embed([faces[1]])[0])  # blanked first


def test_an_embedder_of_other_chips_has_its_own_row_and_length(monkeypatch: pytest.MonkeyPatch) -> None:
    class Short(Fake):
        def embed(self, chips: Sequence[UInt8], masks: Sequence[MaskInfo] | None = None) -> Float32:
            return super().embed(chips, masks)[:, :64]

    monkeypatch.setattr(bareface128, "OnnxEmbedder", Short)
    card = masked_card()
    routed = RoutedEmbedder(replace(card, input={**card.input, "covered_from": 79}), "float32")
    faces = list(np.random.default_rng(0).integers(0, 256, (2, 112, 112, 3), np.uint8))
    assert routed.embed(faces, [mask("full"), mask("none")]).shape == (2, 64)
    (asked,) = routed._masked.asked
    below = (asked == BLANK).all(axis=-1)
    assert below[74:].all()
    assert not below[:68].any()
    routed.embed_upper_faces(faces[:1])
    assert (routed._masked.asked[-1][79:] == BLANK).all()
    assert (routed._masked.asked[-1][:79] == faces[0][:79]).all()
