"""Results of comparisons and searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bareface.values.face import Box, Face, MaskState

Decision: TypeAlias = Literal["match", "possible", "no match"]


SameSource: TypeAlias = Literal["same file", "re-encoding", "mirrored copy"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two faces compared.

    Attributes
    ----------
    similarity
        Score of the two templates, in [-1, 1]; higher is more alike: their cosine, or the mean of two where just one
        face wears a mask (:func:`bareface.matching.scoring.score`).
    distance
        Euclidean distance of the two templates; dlib's customary threshold of 0.6 holds in dlib's space only.
    decision
        ``match``, ``possible`` or ``no match``.
    threshold
        The similarity that a ``match`` needs.
    fmr
        The false match rate of this threshold.
    basis
        The source of the threshold, in words.
    states
        The two faces' mask states; threshold and decision are calibrated for this pair.
    visible
        The shares of the two faces that show, in [0, 1]; None if not measured.
    notes
        Remarks, e.g. that the evidence is thin.
    normalised
        The similarity normalised by both faces' scores on the space's cohort, in standard deviations. Then
        ``threshold`` is the similarity that a match of these two faces needs. None where the similarity itself was
        judged.
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
    normalised: float | None = None


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
        these two mask states; None without a calibration for the case.
    source
        Path of the reference's photo.
    box
        The face's box in that photo.
    same_source
        Set when the reference comes from the probe's own file, a re-encoding of it, or a mirrored copy.
    model, precision
        The model of the reference's template.
    extrapolated
        Whether ``fpir`` lies beyond what the calibration counted: rarer, for other mask states, or for templates that
        lack ``upper_face``.
    probe_state, reference_state
        Mask states of the probe and the reference.
    probe_visible, visible
        The shares of the probe's and of the reference's face that show, in [0, 1]; None if not measured.
    normalised
        The similarity normalised by the probe's other scores, in standard deviations; ``fpir`` is that of this score.
        None where the similarity itself was judged.
    compared_with
        Number of the most similar other references of the gallery that it was normalised by; 0 in a gallery too small
        for that, where a packaged cohort serves.
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
    normalised: float | None = None
    compared_with: int = 0


@dataclass(frozen=True, slots=True)
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
        Remarks: mixed models or precisions, calibration used, ...
    """

    probe: tuple[Face, ...]
    candidates: tuple[Candidate, ...]
    subjects: int
    references: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One candidate list for every probe face, best-detected first."""

    lists: tuple[CandidateList, ...]
    notes: tuple[str, ...] = ()
