"""The values that flow through bareface: frozen, plain, and named by ISO/IEC 2382-37.

A :class:`Face` is found in a photo; its :class:`Template` is what is compared; a search of a gallery with a probe
gives a :class:`CandidateList` of :class:`Candidate` entries, one a subject.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from bareface.errors import FaceError
from bareface.values.equality import ByValue
from bareface.values.quality import Quality

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

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

Want: TypeAlias = Literal["occlusion", "quality", "template", "upper_face"]
"""Values that are computed of a face after it was found, each together with those it needs.

``occlusion``: the occlusion map, the mask state and the visible share; ``quality``: also needs ``occlusion``;
``template``: also needs ``occlusion``; ``upper_face``: the upper-face template, and all that ``template`` brings."""
EVERYTHING: Final[frozenset[Want]] = frozenset(get_args(Want))


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
        """Return the area shared with another box, in square pixels."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: Box) -> float:
        """Return the intersection over union with another box, in [0, 1]."""
        shared = self.shared(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Photo(ByValue):
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
        Remarks, e.g. ``first of 12 frames``.
    """

    pixels: UInt8
    source: str
    sha256: str
    format: str
    size: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def synthetic(self) -> bool:
        """Whether the file itself states that it shows what no camera saw; see ``notes``."""
        return any(getattr(note, "code", None) == "note.synthetic" for note in self.notes)

    @property
    def scale(self) -> float:
        """Decoded width over full width: 1.0 unless a huge JPEG was decoded reduced."""
        return float(self.pixels.shape[1] / self.size[0])


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks(ByValue):
    """Five points of a face.

    Attributes
    ----------
    points
        float32 [5, 2], x then y, in pixels of the upright, full-size photo.
    scheme
        The kind of the five points; each scheme has its own alignment template.
    """

    points: Float32
    scheme: LandmarkScheme


@dataclass(frozen=True, slots=True, eq=False)
class Template(ByValue):
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
        Mask state, and the visible share of the face, in [0, 1]; None if not measured.
    upper_face
        float32 [d], of a bare face: its upper half as the model's network for masked faces embeds it. Masked faces are
        compared with both vectors (:mod:`bareface.matching.scoring`). None for masked faces, for models without such a
        network, and in ``Face.template``.
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


@dataclass(frozen=True, slots=True, eq=False)
class Computed(ByValue):
    """Values that were computed of a face after it was found.

    Attributes
    ----------
    known
        The values asked for; the others are as if there were none.
    occlusion, mask_state, visible, quality, template
        See :class:`Face`.
    upper_face
        See :class:`Template`.
    aligned
        The aligned face in the embedder's geometry where that is not ``dlib-150``: RGB [112, 112, 3] uint8 for
        ``arcface-112``. Without it, it is made from ``Face.chip``.
    """

    known: frozenset[Want] = frozenset()
    occlusion: UInt8 | None = None
    mask_state: MaskState = "none"
    visible: float | None = None
    quality: Quality | None = None
    template: Template | None = None
    upper_face: Float32 | None = None
    aligned: UInt8 | None = None

    @classmethod
    def of(cls, template: Template, quality: Quality | None = None, occlusion: UInt8 | None = None) -> Computed:
        """Return everything about a face from its template, which may have ``upper_face``."""
        plain = replace(template, upper_face=None)
        state, visible = template.mask_state, template.visible
        return cls(EVERYTHING, occlusion, state, visible, quality, plain, template.upper_face)


@dataclass(frozen=True, slots=True, eq=False)
class Face(ByValue):
    """A face found in a photo.

    Some values are computed only when they are asked for, as :meth:`bareface.Engine.faces` does by default; reading
    one that was not raises :class:`bareface.errors.FaceError` with the code ``face.not-computed``. A copy made with
    :func:`dataclasses.replace` keeps them; where pixels change, give it ``computed=Computed()``.

    Attributes
    ----------
    box, landmarks
        In pixels of the upright, full-size photo.
    score
        The detector's confidence; comparable within one detector only.
    chip
        The aligned face, RGB [150, 150, 3] uint8 in the geometry ``dlib-150``, for whatever looks at it.
    crop
        An upright cut-out with some margin, RGB [160, 160, 3] uint8, for people to look at.
    source
        Name of the photo.
    mask
        The detector's probabilities of the mask states none, partial and full, float32 [3]; None if it gives none.
    photo
        The photo; None in a stream, where photos are dropped so that many faces fit in memory.
    computed
        The values below.
    """

    box: Box
    landmarks: Landmarks
    score: float
    chip: UInt8 = field(repr=False)
    crop: UInt8 = field(repr=False)
    source: str
    mask: Float32 | None = field(default=None, repr=False)
    photo: Photo | None = field(default=None, repr=False)
    computed: Computed = field(default=Computed(), repr=False)

    @property
    def for_embedder(self) -> UInt8:
        """The aligned face cut for the embedder, RGB [S, S, 3] uint8; ``chip`` where there is no other."""
        return self.chip if self.computed.aligned is None else self.computed.aligned

    @property
    def occlusion(self) -> UInt8 | None:
        """Class of each pixel of ``chip``, uint8 [150, 150] of :data:`bareface.faces.occlusion.base.CLASSES`.

        None without a segmenter for these chips.
        """
        return self._computed("occlusion").occlusion

    @property
    def mask_state(self) -> MaskState:
        """Mask state, by the detector and the occlusion map together; ``none`` if neither shows a mask."""
        return self._computed("occlusion").mask_state

    @property
    def visible(self) -> float | None:
        """Share of the face that is visible, in [0, 1]; None without an occlusion map."""
        return self._computed("occlusion").visible

    @property
    def quality(self) -> Quality | None:
        """Usefulness for recognition; None where it cannot be assessed."""
        return self._computed("quality").quality

    @property
    def template(self) -> Template:
        """The template to search with, without ``upper_face``."""
        template = self._computed("template").template
        assert template is not None
        return template

    @property
    def enrolment_template(self) -> Template:
        """The template to enrol: that of a bare face has ``upper_face``, if the model makes it."""
        upper_face = self._computed("upper_face").upper_face
        return self.template if upper_face is None else replace(self.template, upper_face=upper_face)

    @property
    def reference(self) -> Template:
        """Return ``enrolment_template``: its name in version 0.1, until version 0.4."""
        _renamed("Face.reference", "enrolment_template")
        return self.enrolment_template

    def _computed(self, want: Want) -> Computed:
        if want not in self.computed.known:
            raise FaceError("face.not-computed", source=self.source, want=want)
        return self.computed


def _renamed(former: str, now: str) -> None:
    warnings.warn(f"{former} is {now} now, and goes away in version 0.4.", DeprecationWarning, stacklevel=3)
