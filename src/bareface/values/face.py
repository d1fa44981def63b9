"""The values that flow through bareface: frozen, plain, and named by ISO/IEC 2382-37.

A :class:`Face` is found in a photo; its :class:`Template` is what is compared; a search of a gallery with a probe
gives a :class:`CandidateList` of :class:`Candidate` entries, one a subject.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from bareface.values.quality import Quality

Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]
UInt8: TypeAlias = NDArray[np.uint8]

Source: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | PillowImage | UInt8"
"""A photo: a path, a file's bytes, a file opened in binary mode, a Pillow image, or an RGB array [H, W, 3] uint8."""

Precision: TypeAlias = Literal["float32", "int8"]
LandmarkScheme: TypeAlias = Literal["dlib5", "five"]
"""``dlib5``: right eye outer, inner, left eye outer, inner corner as dlib orders them, and the nose base.
``five``: the two eye centres, nose tip, two mouth corners (image left first), as YuNet and most detectors give."""

MaskState: TypeAlias = Literal["none", "partial", "full"]
"""``none``; ``partial``: a mask is worn with the nose bare; ``full``: nose and mouth are covered."""


class Box(NamedTuple):
    """A face's rectangle in pixels of the upright, full-size photo; may reach beyond its edges."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        """Area in square pixels, 0 for an empty box."""
        return max(0.0, self.width) * max(0.0, self.height)

    def shared(self, other: Box) -> float:
        """Area that lies in another box, too, in square pixels."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, in [0, 1]."""
        shared = self.shared(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo.

    Attributes
    ----------
    pixels
        RGB [H, W, 3] uint8, upright (EXIF orientation applied), in sRGB.
    source
        The name used in messages: the path as given, or ``<bytes>`` / ``<array>``.
    sha256
        Hex digest of the file's bytes; of the raw pixels for an array.
    format
        ``JPEG``, ``PNG``, ...; ``array`` for an array.
    size
        (width, height) of the upright photo before any reduction while decoding.
    notes
        What the reader should know, e.g. ``first of 12 frames``.
    """

    pixels: UInt8
    source: str
    sha256: str
    format: str
    size: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def scale(self) -> float:
        """Decoded width over full width: 1.0 unless a huge JPEG was decoded reduced."""
        return float(self.pixels.shape[1] / self.size[0])


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Five points of a face.

    Attributes
    ----------
    points
        float32 [5, 2], x then y, in pixels of the upright, full-size photo.
    scheme
        Which five points these are; each scheme has its own alignment template.
    """

    points: Float32
    scheme: LandmarkScheme


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """The vector that stands for a face.

    Attributes
    ----------
    vector
        float32 [d], as the network gave it (not normalised).
    model
        Identifier of the embedder, e.g. ``dlib-resnet``.
    space
        Templates compare only within one space, e.g. ``dlib-128``.
    precision
        The arithmetic the network ran in.
    mask_state, visible
        How the face wore a mask, and the share of it that was visible, in [0, 1]; None where nobody looked.
    upper_face
        float32 [d], of a bare face: its upper half as the model's network for masked faces embeds it. Masked faces are
        compared with both vectors (:mod:`bareface.matching.scoring`). None for masked faces, for models without such a
        network, and in ``Face.template``, which is made without it for speed.
    """

    vector: Float32
    model: str
    space: str
    precision: str = "float32"
    mask_state: MaskState = "none"
    visible: float | None = None
    upper_face: Float32 | None = None

    @property
    def covered(self) -> Float32 | None:
        """Return ``upper_face``: its name in version 0.1, until version 0.4."""
        _renamed("Template.covered", "upper_face")
        return self.upper_face


@dataclass(frozen=True, eq=False)
class Face:
    """A face found in a photo.

    It can be pickled, to be handed back by another process or kept: its values are computed for that, and what computes
    them stays behind.

    Attributes
    ----------
    box, landmarks
        In pixels of the upright, full-size photo.
    score
        The detector's confidence; comparable within one detector only.
    chip
        The aligned face, RGB [150, 150, 3] uint8: what the embedder sees.
    crop
        An upright cut-out with some margin, RGB [160, 160, 3] uint8: what a person looks at.
    source
        Name of the photo.
    mask
        The detector's probabilities of the mask states none, partial and full, float32 [3]; None where it does not say.
    photo
        The photo; None where it was let go so that many faces fit in memory, as in a stream.
    """

    box: Box
    landmarks: Landmarks
    score: float
    chip: UInt8 = field(repr=False)
    crop: UInt8 = field(repr=False)
    source: str
    _embed: Callable[[Sequence[Face]], Sequence[Template]] = field(repr=False)
    mask: Float32 | None = field(default=None, repr=False)
    _segment: Callable[[Sequence[UInt8]], UInt8] | None = field(default=None, repr=False)
    photo: Photo | None = field(default=None, repr=False)
    _cover: Callable[[Sequence[UInt8]], Float32] | None = field(default=None, repr=False)

    @cached_property
    def template(self) -> Template:
        """The face's template, computed on first use."""
        return self._embed([self])[0]

    @cached_property
    def enrolment_template(self) -> Template:
        """The template to enrol: a bare face's with ``upper_face``, computed on first use."""
        made = self.template
        if made.upper_face is not None or made.mask_state != "none" or self._cover is None:
            return made
        return replace(made, upper_face=self._cover([self.chip])[0])

    @property
    def reference(self) -> Template:
        """Return ``enrolment_template``: its name in version 0.1, until version 0.4."""
        _renamed("Face.reference", "enrolment_template")
        return self.enrolment_template

    @cached_property
    def occlusion(self) -> UInt8 | None:
        """What every pixel of ``chip`` shows, uint8 [150, 150] of :data:`bareface.faces.occlusion.base.CLASSES`.

        None where the engine has no segmenter for its chips.
        """
        return None if self._segment is None else self._segment([self.chip])[0]

    @cached_property
    def mask_state(self) -> MaskState:
        """How a mask is worn, by the detector and the occlusion map together; ``none`` where neither says."""
        from bareface.faces.occlusion.state import mask_state

        return mask_state(self.mask, self.occlusion)

    @cached_property
    def visible(self) -> float | None:
        """Share of the face that shows, in [0, 1]; None without an occlusion map."""
        from bareface.faces.occlusion.visible import visible_fraction

        return None if self.occlusion is None else visible_fraction(self.occlusion)

    @cached_property
    def quality(self) -> Quality | None:
        """How useful the photo is for recognition; None for chips of another geometry than ``dlib-150``."""
        from bareface.faces.quality import assess

        if self.chip.shape[0] != 150:
            return None
        return assess(self.chip, self.box, self.landmarks, self.visible)

    def __getstate__(self) -> dict[str, Any]:
        for name in ("template", "enrolment_template", "occlusion", "mask_state", "visible", "quality"):
            getattr(self, name)
        return {
            **self.__dict__,
            "_embed": _left_behind,
            "_segment": self._segment and _left_behind,
            "_cover": self._cover and _left_behind,
        }


def _renamed(former: str, now: str) -> None:
    warnings.warn(f"{former} is {now} now, and goes away in version 0.4.", DeprecationWarning, stacklevel=3)


def _left_behind(_: object) -> NoReturn:
    """Stand in for the engine of a face that was copied: its values are there, but those of a changed one are not."""
    from bareface.errors import FaceError

    raise FaceError("face.copied")
