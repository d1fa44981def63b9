"""Cases, the searches kept in them, and reviews: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from bareface.values.face import Box, MaskState
from bareface.values.search import Candidate

Verdict: TypeAlias = Literal["same", "different", "cannot say"]
Confidence: TypeAlias = Literal["low", "medium", "high"]

Component: TypeAlias = Literal[
    "skin", "outline", "composition", "hairline", "forehead", "eyebrows", "eyes", "cheeks", "nose", "ears", "mouth",
    "chin", "neck", "facial-hair", "lines", "scars", "marks", "alterations",
]  # fmt: skip
Finding: TypeAlias = Literal["similar", "dissimilar", "not visible"]
Aid: TypeAlias = Literal["enhanced-probe", "enhanced-reference"]

COMPONENTS: Final[tuple[Component, ...]] = get_args(Component)
"""Components of a face, in the order of FISWG's feature list for morphological analysis (version 2.0, 2018)."""
SHORT_LIST = 10
LONGEST_LIST = 20
MOST_CONTROLS = 10
"""Candidates in a review: by default, and at most. Long lists raise false alarms."""


@dataclass(frozen=True, slots=True)
class Case:
    """A purpose for which people are searched.

    Attributes
    ----------
    id, name
        Number and name.
    purpose, basis
        Purpose of the searches, and their legal basis.
    opened, opened_by
        When, in UTC, and by whom.
    expires
        When the case is erased with everything in it, in UTC.
    closed
        When it was closed; None while it is open.
    searches
        Number of searches kept in it.
    """

    id: int
    name: str
    purpose: str
    basis: str | None
    opened: datetime
    opened_by: str
    expires: datetime
    closed: datetime | None
    searches: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class KeptFace:
    """A probe face of a search that a case keeps, with its candidates.

    Attributes
    ----------
    id, number
        Its own number, and its place in the photo's list of faces, from 1.
    crop, picture, map
        JPEG: the upright cut-out; the aligned view; that view under the occlusion map, None without one.
    points, aligned, scale
        As in an aligned view.
    box, mask_state, visible, quality
        As in a face; the quality is the score only.
    candidates
        Best first. Names and paths are left out: they are those of the gallery at the time of reading.
    notes
        Remarks on the list.
    enrolled
        When the reference of each candidate was enrolled: another one with its number, in a copy of the gallery or in
        another gallery at its place, is somebody else's. Empty if not known.
    """

    id: int
    number: int
    crop: bytes
    picture: bytes
    map: bytes | None
    points: tuple[tuple[float, float], ...]
    aligned: bool
    scale: float
    box: Box
    mask_state: MaskState
    visible: float | None
    quality: float | None
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...]
    enrolled: tuple[datetime | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class KeptSearch:
    """A search that a case keeps.

    Attributes
    ----------
    id, case_id
        Its number and its case's.
    name
        The photo's name.
    made, made_by
        When, in UTC, and by whom.
    subjects, references
        Size of the gallery that was searched.
    faces
        The probe faces.
    models
        Names of the models that took part, as far as they were noted.
    again, since
        Of a search again: the number of the face that was searched with before, and when it was. Then only what was
        enrolled since is listed. None of another search.
    """

    id: int
    case_id: int
    name: str
    made: datetime
    made_by: str
    subjects: int
    references: int
    faces: tuple[KeptFace, ...]
    models: tuple[str, ...] = ()
    again: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """A probe face that can be searched again when references were enrolled.

    Attributes
    ----------
    face_id
        The kept face's number.
    begun, begun_by
        Since when it is, in UTC, and who asked for it; None while nobody has.
    searched, searches
        When it was last searched again, in UTC, and how many times.
    trouble
        Code of the error that ended it, such as ``template.space`` after the gallery's embedder was changed.
    """

    face_id: int
    begun: datetime | None = None
    begun_by: str | None = None
    searched: datetime | None = None
    searches: int = 0
    trouble: str | None = None


Place: TypeAlias = tuple[int | None, float | None]
"""Rank and similarity in one search; None and None if it was not among the subjects looked at."""


@dataclass(frozen=True, slots=True)
class KeptLead:
    """One subject in a search with restored versions of a face.

    Attributes
    ----------
    subject_id, reference_id
        Its number, and that of its most similar reference.
    original, guesses, best
        Its place in the search with the photo, with each restored picture, and by the best score of all.
    fpir, extrapolated
        As in a candidate, for the best score.
    within, depends
        Restored pictures that support it, and whether it depends on them.
    added
        Whether only restored pictures found it.
    subject, source
        Name and photo of today; None and empty if nobody is there any more.
    enrolled
        When that reference was enrolled, as in a kept face.
    """

    subject_id: int
    reference_id: int
    original: Place
    guesses: tuple[Place, ...]
    best: Place
    fpir: float | None
    extrapolated: bool
    within: int
    depends: bool
    added: bool
    subject: str | None = None
    source: str = ""
    enrolled: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class KeptRestored:
    """A search with restored versions of a probe face that a case keeps: viewing aids, not evidence.

    Attributes
    ----------
    id, face_id
        Its number and the probe face's.
    made, made_by
        When, in UTC, and by whom.
    kind, method, model
        ``unmask`` or ``enhance``, the method, and the model if there is one; empty if nothing was restored.
    synthetic
        Share of the face's pixels that were made up.
    picture
        The face as photographed and restored, in one labelled PNG; None if nothing was restored.
    leads
        The subjects, those of the photo's list first.
    notes
        Remarks.
    """

    id: int
    face_id: int
    made: datetime
    made_by: str
    kind: str
    method: str
    model: str | None
    synthetic: float
    picture: bytes | None
    leads: tuple[KeptLead, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A pair of two of the gallery's own faces whose answer is known: it measures the reviewers.

    Attributes
    ----------
    probe_id, reference_id
        Numbers of the two references; the first stands in the place of the probe.
    same
        Whether both are enrolled as one person.
    enrolled
        When the two were enrolled, as in a kept face.
    """

    probe_id: int
    reference_id: int
    same: bool
    enrolled: tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Review:
    """A request to compare the candidates of one probe face, without their scores.

    Attributes
    ----------
    id, face_id, search_id, case_id
        Numbers.
    asked, asked_by
        When, in UTC, and by whom.
    two_person
        Whether a second person answers, too, without seeing the first answers.
    items
        Places on the candidate list, from 0, in the order in which they are shown; a control is -1 for the first of
        ``controls``, -2 for the second.
    reviewers
        Names of the people who have begun, in order, each with the number of answers given.
    checklist
        Whether reviewers are offered a checklist of facial components.
    controls
        Pairs whose answer is known.
    """

    id: int
    face_id: int
    search_id: int
    case_id: int
    asked: datetime
    asked_by: str
    two_person: bool
    items: tuple[int, ...]
    reviewers: tuple[tuple[str, int], ...] = ()
    checklist: bool = False
    controls: tuple[Control, ...] = ()

    def control(self, item: int) -> Control | None:
        """Return the control at a place in the order; None where a candidate is."""
        place = self.items[item]
        return None if place >= 0 else self.controls[-1 - place]

    @property
    def needed(self) -> int:
        """Number of people who have to answer."""
        return 2 if self.two_person else 1

    @property
    def finished(self) -> int:
        """Number of people who have answered everything."""
        return sum(count == len(self.items) for _, count in self.reviewers)

    @property
    def complete(self) -> bool:
        """Whether everybody who has to answer has done so."""
        return self.finished >= self.needed


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer of one reviewer on one candidate.

    Attributes
    ----------
    reviewer
        The reviewer's name.
    item
        Place in the order of the review, from 0.
    verdict, confidence, note
        The answer.
    shown, answered
        When the pair was first shown, and when the answer came, in UTC.
    features
        The checklist as far as it was filled in: component and finding, in the order of :data:`COMPONENTS`.
    aids
        Viewing aids that the reviewer opened, each with the time.
    """

    reviewer: str
    item: int
    verdict: Verdict
    confidence: Confidence
    note: str
    shown: datetime
    answered: datetime
    features: tuple[tuple[Component, Finding], ...] = ()
    aids: tuple[tuple[Aid, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """One reviewer's answers to the controls of a review.

    Attributes
    ----------
    reviewer
        The reviewer's name.
    same, hits
        Controls that show one person, and how many of them were answered ``same``.
    different, false_alarms
        Controls that show different people, and how many of them were answered ``same``.
    unsure
        Controls answered ``cannot say``.
    """

    reviewer: str
    same: int
    hits: int
    different: int
    false_alarms: int
    unsure: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answers of a complete review, item by item.

    Attributes
    ----------
    review
        The review.
    candidates
        The candidates in the order of the review.
    answers
        For each of them, the answers of the reviewers, in the order of ``review.reviewers``.
    knew
        Reviewers who had opened the result with its scores before their last answer: they did not review blind.
    controls
        The controls in the order of the review, each with its answers; they are no answers about a candidate.
    measures
        Hits and false alarms of each reviewer.
    excluded
        Numbers of the references of candidates who were noted as “not this person” after the review.
    """

    review: Review
    candidates: tuple[Candidate, ...]
    answers: tuple[tuple[Answer, ...], ...]
    knew: tuple[str, ...]
    controls: tuple[tuple[Control, tuple[Answer, ...]], ...] = ()
    measures: tuple[Measure, ...] = ()
    excluded: frozenset[int] = frozenset()

    @property
    def unanimous(self) -> tuple[Candidate, ...]:
        """Candidates of whom all reviewers say that they are different people."""
        return tuple(
            one
            for one, answers in zip(self.candidates, self.answers, strict=True)
            if answers and {answer.verdict for answer in answers} == {"different"}
        )
