"""The values that flow through bareface: frozen, plain, and named by ISO/IEC 2382-37.

A :class:`Face` is found in a photo; its :class:`Template` is what is compared; a search of a gallery with a probe
gives a :class:`CandidateList` of :class:`Candidate` entries, one a subject.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from bareface.quality.base import Quality

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

Decision: TypeAlias = Literal["match", "possible", "no match"]
SameSource: TypeAlias = Literal["same file", "re-encoding", "mirrored copy"]


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
    covered
        float32 [d], of a bare face: what the model's network for masked faces says of its upper half alone. Masked
        faces are held against both (:mod:`bareface.matching.scoring`). None for masked faces, for models without such
        a network, and in ``Face.template``, which is made without it for speed.
    """

    vector: Float32
    model: str
    space: str
    precision: str = "float32"
    mask_state: MaskState = "none"
    visible: float | None = None
    covered: Float32 | None = None


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
    def reference(self) -> Template:
        """The template as masked faces are held against: a bare face's with ``covered``, computed on first use."""
        made = self.template
        if made.covered is not None or made.mask_state != "none" or self._cover is None:
            return made
        return replace(made, covered=self._cover([self.chip])[0])

    @cached_property
    def occlusion(self) -> UInt8 | None:
        """What every pixel of ``chip`` shows, uint8 [150, 150] of :data:`bareface.occlusion.base.CLASSES`.

        None where the engine has no segmenter for its chips.
        """
        return None if self._segment is None else self._segment([self.chip])[0]

    @cached_property
    def mask_state(self) -> MaskState:
        """How a mask is worn, by the detector and the occlusion map together; ``none`` where neither says."""
        from bareface.occlusion.state import mask_state

        return mask_state(self.mask, self.occlusion)

    @cached_property
    def visible(self) -> float | None:
        """Share of the face that shows, in [0, 1]; None without an occlusion map."""
        from bareface.occlusion.visible import visible_fraction

        return None if self.occlusion is None else visible_fraction(self.occlusion)

    @cached_property
    def quality(self) -> Quality | None:
        """How useful the photo is for recognition; None for chips of another geometry than ``dlib-150``."""
        from bareface.quality import assess

        if self.chip.shape[0] != 150:
            return None
        return assess(self.chip, self.box, self.landmarks, self.visible)

    def __getstate__(self) -> dict[str, Any]:
        for name in ("template", "reference", "occlusion", "mask_state", "visible", "quality"):
            getattr(self, name)
        return {
            **self.__dict__,
            "_embed": _left_behind,
            "_segment": self._segment and _left_behind,
            "_cover": self._cover and _left_behind,
        }


def _left_behind(_: object) -> NoReturn:
    """Stand in for the engine of a face that was copied: its values are there, but those of a changed one are not."""
    from bareface.errors import FaceError

    raise FaceError(
        "face.copied",
        "the face is a copy without its engine, and was changed: nothing new can be computed of it.",
        remedy="Change the face before it is copied or pickled, or find it again with Engine.faces.",
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two faces compared.

    Attributes
    ----------
    similarity
        Score of the two templates, in [-1, 1]; higher is more alike: their cosine, or the mean of two where just one
        face wears a mask (:func:`bareface.matching.scoring.score`).
    distance
        Euclidean distance of the two templates (dlib's convention, where 0.6 is the customary threshold).
    decision
        ``match``, ``possible`` or ``no match``.
    threshold
        The similarity that a ``match`` needs.
    fmr
        The false match rate that this threshold stands for.
    basis
        Where the threshold comes from, in words.
    states
        The two faces' mask states; threshold and decision are calibrated for this pair.
    visible
        The shares of the two faces that show, in [0, 1]; None where nobody looked.
    notes
        What the reader must know, e.g. that the evidence is thin.
    """

    similarity: float
    distance: float
    decision: Decision
    threshold: float
    fmr: float
    basis: str
    states: tuple[MaskState, MaskState] = ("none", "none")
    visible: tuple[float | None, float | None] = (None, None)
    notes: tuple[str, ...] = ()


EnrolStatus: TypeAlias = Literal[
    "enrolled", "already enrolled", "ambiguous", "no face", "rejected", "refused", "failed"
]


@dataclass(frozen=True, slots=True)
class EnrolOutcome:
    """What became of one file.

    Attributes
    ----------
    source
        The file's path as walked.
    status
        ``enrolled``; ``already enrolled`` (same SHA-256); ``ambiguous`` (several faces in a named person's photo:
        nothing enrolled); ``no face``; ``rejected`` (a standing correction forbids it); ``refused`` (a restored
        picture, which is never enrolled); ``failed``. ``code`` says more of the last two.
    references
        How many references were added.
    faces
        How many faces were found.
    subject
        The subject's name, or None where it has none.
    code, message
        The error's stable code and text, for ``failed`` and ``refused``; notes otherwise.
    """

    source: str
    status: EnrolStatus
    references: int = 0
    faces: int = 0
    subject: str | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a walk through folders passed over.

    Attributes
    ----------
    folders
        Paths of folders that were not walked: excluded, hidden, or bins, thumbnails and the like.
    files
        How many files of each suffix are not of a format that is read.
    hidden, excluded
        How many files were hidden, and how many excluded by a pattern.
    special
        Paths of pipes, sockets and devices, which are never opened.
    """

    folders: tuple[str, ...] = ()
    files: Mapping[str, int] = field(default_factory=dict)
    hidden: int = 0
    excluded: int = 0
    special: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrolReport:
    """One outcome for every file seen, in order; and what was passed over in folders."""

    outcomes: tuple[EnrolOutcome, ...]
    left_out: LeftOut = field(default_factory=LeftOut)

    def count(self, status: EnrolStatus) -> int:
        """How many files ended so."""
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def references(self) -> int:
        """How many references were added."""
        return sum(outcome.references for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One subject on a candidate list: a lead, not an identification.

    Attributes
    ----------
    rank
        1 for the most similar.
    subject_id, subject
        The subject's number and its name (None if unnamed).
    reference_id
        The subject's most similar reference.
    similarity, distance
        As in :class:`Comparison`.
    decision
        ``match``, ``possible`` or ``no match``, at this gallery's size.
    fpir
        Expected share of searches of this gallery by strangers in which anyone scores this high, in [0, 1], for
        these two mask states; None where no calibration covers the case.
    source
        Path of the reference's photo.
    box
        The face's box in that photo.
    same_source
        Set when the reference comes from the probe's own file, a re-encoding of it, or a mirrored copy.
    model, precision
        What made the reference's template.
    extrapolated
        Whether ``fpir`` lies beyond what the calibration counted: rarer, for other mask states, or for templates that
        lack ``covered``.
    probe_state, reference_state
        How the probe and the reference wear a mask.
    probe_visible, visible
        The shares of the probe's and of the reference's face that show, in [0, 1]; None where nobody looked.
    """

    rank: int
    subject_id: int
    subject: str | None
    reference_id: int
    similarity: float
    distance: float
    decision: Decision
    fpir: float | None
    source: str
    box: Box
    same_source: SameSource | None = None
    model: str = ""
    precision: str = "float32"
    extrapolated: bool = False
    probe_state: MaskState = "none"
    reference_state: MaskState = "none"
    probe_visible: float | None = None
    visible: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CandidateList:
    """The ranked candidates for one probe face (or for several fused probes of one person).

    Attributes
    ----------
    probe
        The probe faces: one, or all that were fused.
    candidates
        Best first, one entry a subject. Equal similarities are ordered by subject number.
    subjects, references
        Size of the gallery that was searched.
    notes
        What the reader must know: mixed models or precisions, calibration used, ...
    """

    probe: tuple[Face, ...]
    candidates: tuple[Candidate, ...]
    subjects: int
    references: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """One candidate list for every probe face, best-detected first."""

    lists: tuple[CandidateList, ...]
    notes: tuple[str, ...] = ()
