"""Answers of reviews as a score file, for evaluation: pairs on which all reviewers agree, with their similarity."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

from bareface.values.cases import Outcome, Verdict
from bareface.values.search import Candidate

COLUMNS = (
    "probe", "reference", "probe_subject", "reference_subject", "score", "probe_state", "reference_state",
)  # fmt: skip


def labels_csv(outcomes: Iterable[Outcome]) -> bytes:
    """Return a score file (CSV) of the pairs that all reviewers, blind, call the same or different people.

    All reviews of a pair count. The file holds numbers, no names. A person who compares is not the truth, and
    candidates are the most similar of all: it says how people and scores agree on such pairs, not how often strangers
    are confused.
    """
    pairs: dict[tuple[int, int], tuple[Candidate, set[Verdict]]] = {}
    for outcome in outcomes:
        for one, answers in () if outcome.knew else zip(outcome.candidates, outcome.answers, strict=True):
            key = outcome.review.face_id, one.reference_id
            pairs.setdefault(key, (one, set()))[1].update(answer.verdict for answer in answers)
    file = StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for (face, _), (one, verdicts) in pairs.items():
        if verdicts in ({"same"}, {"different"}):
            writer.writerow(_row(f"face-{face}", one, same="same" in verdicts))
    return file.getvalue().encode()


def _row(probe: str, one: Candidate, *, same: bool) -> tuple[str, ...]:
    subject = f"subject-{one.subject_id}"
    return (
        probe,
        f"reference-{one.reference_id}",
        subject if same else probe,
        subject,
        repr(float(one.similarity)),
        one.probe_state,
        one.reference_state,
    )
