"""Compute what is asked for of faces that were found: occlusion map, mask state, quality and templates, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final, cast, get_args

import numpy as np

from bareface.errors import ModelError
from bareface.faces.embedding.base import Embedder, MaskInfo
from bareface.faces.embedding.check_templates import checked
from bareface.faces.occlusion.base import Segmenter
from bareface.faces.occlusion.mask_state import mask_state
from bareface.faces.occlusion.visible_share import visible_fraction
from bareface.faces.quality import assess
from bareface.imaging.align import as_geometry
from bareface.models import registry
from bareface.values import arguments
from bareface.values.face import Computed, Face, Float32, MaskState, Template, UInt8, Want

BATCH: Final = 32
"""Faces in one run of a network."""
NEEDS: Final[dict[Want, tuple[Want, ...]]] = {
    "occlusion": ("occlusion",),
    "quality": ("occlusion", "quality"),
    "template": ("occlusion", "template"),
    "upper_face": ("occlusion", "template", "upper_face"),
}
"""Inputs of each value, in order."""


def checked_want(want: Iterable[Want]) -> frozenset[Want]:
    """Return what is asked for together with what that needs.

    Raises
    ------
    UsageError
        ``usage.value``: the value is not known.
    """
    asked = arguments.texts("want", want)
    for one in asked:
        arguments.choice("want", one, get_args(Want))
    return frozenset(part for one in asked for part in NEEDS[cast(Want, one)])


class Completer:
    """Computes values of faces with an embedder and a segmenter.

    Parameters
    ----------
    embedder
        Makes the templates.
    segmenter
        Draws the occlusion maps; None for none.
    """

    def __init__(self, embedder: Embedder, segmenter: Segmenter | None) -> None:
        self.embedder, self.segmenter = embedder, segmenter
        # An embedder written for version 0.1 has it as `cover`.
        self._upper: Callable[[Sequence[UInt8]], Float32] | None = getattr(
            embedder, "embed_upper_faces", getattr(embedder, "cover", None)
        )
        self._dimension = registry.space_dimension(embedder.space)
        self._steps: dict[Want, Callable[[Sequence[Face]], list[Computed]]] = {
            "occlusion": self._occlusion,
            "quality": self._quality,
            "template": self._template,
            "upper_face": self._upper_face,
        }

    @property
    def makes_upper_face(self) -> bool:
        """Whether the embedder embeds upper faces, too."""
        return self._upper is not None

    def complete(self, faces: Sequence[Face], want: frozenset[Want]) -> list[Face]:
        """Return the faces with what is asked for; what is known already is not computed again."""
        return [
            face for start in range(0, len(faces), BATCH) for face in self._some(faces[start : start + BATCH], want)
        ]

    def _some(self, faces: Sequence[Face], want: frozenset[Want]) -> list[Face]:
        done = [self._own(face) if {"template", "upper_face"} & want else face for face in faces]
        for part, step in self._steps.items():
            places = [place for place, face in enumerate(done) if part in want - face.computed.known]
            if not places:
                continue
            for place, values in zip(places, step([done[place] for place in places]), strict=True):
                done[place] = replace(done[place], computed=replace(values, known=values.known | {part}))
        return done

    def _own(self, face: Face) -> Face:
        """Return a face without templates of another space, which another engine computed."""
        computed = face.computed
        if computed.template is None or computed.template.space == self.embedder.space:
            return face
        known = computed.known - {"template", "upper_face"}
        return replace(face, computed=replace(computed, known=known, template=None, upper_face=None))

    def _occlusion(self, faces: Sequence[Face]) -> list[Computed]:
        maps: Sequence[UInt8 | None] = [None] * len(faces)
        if self.segmenter is not None:
            maps = list(self.segmenter.segment([face.chip for face in faces]))
        return [
            replace(
                face.computed,
                occlusion=classes,
                mask_state=mask_state(face.mask, classes),
                visible=None if classes is None else visible_fraction(classes),
            )
            for face, classes in zip(faces, maps, strict=True)
        ]

    def _quality(self, faces: Sequence[Face]) -> list[Computed]:
        return [
            replace(face.computed, quality=assess(face.chip, face.box, face.landmarks, face.visible)) for face in faces
        ]

    def _template(self, faces: Sequence[Face]) -> list[Computed]:
        masks = [MaskInfo(face.mask_state, face.occlusion) for face in faces]
        templates = self.templates(self._inputs(faces), masks)
        return [
            replace(face.computed, template=replace(template, visible=face.visible))
            for face, template in zip(faces, templates, strict=True)
        ]

    def _upper_face(self, faces: Sequence[Face]) -> list[Computed]:
        computed = [face.computed for face in faces]
        bare = [place for place, face in enumerate(faces) if face.template.mask_state == "none"]
        if bare and self.makes_upper_face:
            for place, vector in zip(
                bare, self.upper_faces(self._inputs([faces[place] for place in bare])), strict=True
            ):
                computed[place] = replace(computed[place], upper_face=vector)
        return computed

    def _inputs(self, faces: Sequence[Face]) -> list[UInt8]:
        """Return what the embedder takes of each face, which an engine of another geometry may have found."""
        geometry = self.embedder.geometry
        return [face.chip if geometry == "dlib-150" else as_geometry(face.for_embedder, geometry) for face in faces]

    def templates(self, chips: Sequence[UInt8], masks: Sequence[MaskInfo] | None = None) -> list[Template]:
        """Embed aligned faces in one batch; without `masks` all are taken as bare."""
        embedder = self.embedder
        vectors = self._checked(embedder.embed(chips, masks), len(chips))
        self._dimension = vectors.shape[1]
        states: list[MaskState] = ["none"] * len(chips) if masks is None else [mask.state for mask in masks]
        origin = (embedder.model, embedder.space, embedder.precision)
        return [Template(vector, *origin, state) for vector, state in zip(vectors, states, strict=True)]

    def upper_faces(self, chips: Sequence[UInt8]) -> Float32:
        """Embed the upper halves of bare, aligned faces in one batch, float32 [n, d].

        Raises
        ------
        ModelError
            ``model.task``: the embedder has no network for it.
        """
        if self._upper is None:
            raise ModelError("model.task/upper-face", model=self.embedder.model)
        if not len(chips):
            return np.zeros((0, self._dimension or 0), np.float32)
        return self._checked(self._upper(chips), len(chips))

    def _checked(self, vectors: Float32, count: int) -> Float32:
        """Return what the embedder gave if it is sound: an embedder may be anybody's."""
        return checked(vectors, count, self.embedder.model, self._dimension)
