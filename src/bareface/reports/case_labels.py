"""Answers of reviews as a score file, for evaluation: pairs on which all reviewers agree, with their similarity."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from bareface.values.cases import Outcome

COLUMNS = (
    "probe", "reference", "probe_subject", "reference_subject", "score", "probe_state", "reference_state",
)  # fmt: skip


def labels_csv(outcomes: Iterable[Outcome]) -> bytes:
    """Return a score file (CSV) of the pairs that all reviewers, blind, call the same or different people.

    It holds numbers, no names. A person who compares is not the truth, and candidates are the most similar of all: the
    file says how people and scores agree on such pairs, not how often strangers are confused.
    """
    file = StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    seen: set[tuple[str, str]] = set()
    for outcome in outcomes:
        for row in _rows(outcome):
            if (row[0], row[1]) not in seen:
                seen.add((row[0], row[1]))
                writer.writerow(row)
    return file.getvalue().encode()


def _rows(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    if outcome.knew:
        return
    probe = f"face-{outcome.review.face_id}"
    for one, answers in zip(outcome.candidates, outcome.answers, strict=True):
        verdicts = {answer.verdict for answer in answers}
        if verdicts not in ({"same"}, {"different"}):
            continue
        subject = f"subject-{one.subject_id}"
        yield (
            probe,
            f"reference-{one.reference_id}",
            subject if verdicts == {"same"} else probe,
            subject,
            repr(float(one.similarity)),
            one.probe_state,
            one.reference_state,
        )
