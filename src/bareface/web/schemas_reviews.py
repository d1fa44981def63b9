"""Bodies of answers and requests about reviews, as :mod:`bareface.web.schemas` has the others."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from bareface.values.cases import Aid, Component, Confidence, Finding, Verdict
from bareface.values.face import MaskState
from bareface.web.schemas import LARGEST, Answer, Body, Candidate, Visible


class NewReview(Body):
    """A review to ask for."""

    face: int = Field(ge=1, le=LARGEST, description="Number of a kept face.")
    length: int = Field(default=10, ge=1, le=20, description="Number of candidates to compare.")
    two_person: bool = Field(default=True, description="A second person answers without seeing the first answers.")
    shuffle: bool = Field(default=True, description="Show the candidates in random order.")
    checklist: bool = Field(default=False, description="Offer a checklist of facial components.")
    controls: int = Field(
        default=0,
        ge=0,
        le=10,
        description="Pairs of other people whose answer is known. Reviewers are told.",
    )


class Reviewer(Answer):
    """Somebody who has begun a review."""

    name: str
    answers: int


class Review(Answer):
    """A request to compare candidates without their scores."""

    id: int
    case_id: int
    search_id: int
    face_id: int
    asked: datetime
    asked_by: str
    two_person: bool
    checklist: bool
    items: int
    controls: int = Field(description="Number of pairs among them whose answer is known: tell it to the reviewers.")
    reviewers: list[Reviewer]
    complete: bool


class ReviewList(Answer):
    """The reviews, latest first."""

    reviews: list[Review]


class Pair(Answer):
    """The next pair to compare: no name, score, rank and decision."""

    item: int = Field(description="Place in the review, from 0.")
    face_id: int | None = Field(description="Null in a control.")
    probe_reference_id: int | None = Field(description="In a control, the reference in the place of the probe.")
    reference_id: int | None = Field(description="Null if it is not in the gallery any more: `cannot say`.")
    mask_state: MaskState
    visible: Visible


class NextPair(Answer):
    """The next pair; null when the caller has answered all."""

    pair: Pair | None


class GivenAnswer(Body):
    """An answer to a pair that was shown."""

    item: int = Field(ge=0, le=100)
    verdict: Verdict
    confidence: Confidence
    note: str = Field(default="", max_length=2000)
    features: dict[Component, Finding] = Field(default_factory=dict, description="The checklist, in part or whole.")


class OpenedAid(Answer):
    """A viewing aid that a reviewer opened."""

    what: Aid
    at: datetime


class ReviewAnswer(Answer):
    """Answer of one reviewer."""

    reviewer: str
    verdict: Verdict
    confidence: Confidence
    note: str
    shown: datetime
    answered: datetime
    features: dict[str, Finding] = Field(description="The checklist, as far as it was filled in.")
    aids: list[OpenedAid]


class OutcomeItem(Answer):
    """One candidate with its answers."""

    candidate: Candidate
    agreed: bool = Field(description="Whether all answers are the same.")
    excluded: bool = Field(description="Whether it was noted as “not this person” after a review.")
    answers: list[ReviewAnswer]


class ControlItem(Answer):
    """One control with its answers."""

    probe_reference_id: int
    reference_id: int
    same: bool = Field(description="Whether both are enrolled as one person.")
    answers: list[ReviewAnswer]


class Measure(Answer):
    """One reviewer's answers to the controls."""

    reviewer: str
    same: int = Field(description="Controls that show one person.")
    hits: int = Field(description="Those of them answered `same`.")
    different: int = Field(description="Controls that show different people.")
    false_alarms: int = Field(description="Those of them answered `same`.")
    unsure: int = Field(description="Controls answered `cannot say`.")


class Outcome(Answer):
    """The answers of a complete review."""

    review: Review
    items: list[OutcomeItem]
    knew: list[str] = Field(description="Reviewers who had seen the scores: they did not review blind.")
    controls: list[ControlItem] = Field(description="Pairs whose answer is known; no answer about a candidate.")
    measures: list[Measure] = Field(description="One for each reviewer; empty without controls.")
