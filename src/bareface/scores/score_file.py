"""Score files: the interface between comparing faces and counting errors.

A protocol is run once and leaves one row a comparison; every metric, table, plot and calibration starts here.
Ten million rows take about 330 MB in memory: names are kept once, rows hold their codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bareface.errors import EvaluationError
from bareface.values import arguments
from bareface.values.face import Float64

Bool: TypeAlias = NDArray[np.bool_]
Int16: TypeAlias = NDArray[np.int16]
Int32: TypeAlias = NDArray[np.int32]
ProtocolKind: TypeAlias = Literal["pairs", "all pairs", "gallery"]

FAILED = -np.inf
"""The score of a failure to acquire: below every threshold, so it can never match."""

LARGEST = 1e100
"""Largest magnitude of a score: differences beyond it leave the range of a float."""


@dataclass(frozen=True, slots=True)
class ScoreInfo:
    """Origin of a score file.

    Attributes
    ----------
    protocol
        Name of the protocol, e.g. ``lfw``.
    kind
        ``pairs``: a list of comparisons; ``all pairs``: every pair of photos once; ``gallery``: every probe
        against every reference.
    model, space, precision, detector
        Identifier of the model of the templates.
    version
        Version of bareface.
    created
        Date and time, ISO 8601, UTC.
    root
        The folder that sample names are relative to, as a hint for showing photos.
    failures
        The samples that gave no template, each with the reason.
    notes
        Notes for the reader.
    """

    protocol: str = ""
    kind: ProtocolKind = "pairs"
    model: str = ""
    space: str = ""
    precision: str = ""
    detector: str = ""
    version: str = ""
    created: str = ""
    root: str = ""
    failures: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ScoreFile:
    """The comparisons of one protocol, in columns of one length n.

    Attributes
    ----------
    samples, subjects, states, conditions
        The names that the code columns point into. Empty state or condition: not stated.
    probe, reference
        int32 [n], into ``samples``.
    probe_subject, reference_subject
        int32 [n], into ``subjects``.
    probe_state, reference_state
        int16 [n], mask state, into ``states``.
    probe_condition, reference_condition
        int16 [n], any other condition (degradation, camera, ...), into ``conditions``.
    score
        float64 [n], higher is more alike; finite, or ``-inf`` where ``fta``.
    fta
        bool [n]: no template could be made of one of the two sides (failure to acquire).
    fold
        int16 [n]: 1 and up for protocols with folds, 0 for none.
    info
        Origin of the file.
    """

    samples: tuple[str, ...]
    subjects: tuple[str, ...]
    states: tuple[str, ...]
    conditions: tuple[str, ...]
    probe: Int32
    reference: Int32
    probe_subject: Int32
    reference_subject: Int32
    probe_state: Int16
    reference_state: Int16
    probe_condition: Int16
    reference_condition: Int16
    score: Float64
    fta: Bool
    fold: Int16
    info: ScoreInfo = field(default_factory=ScoreInfo)

    def __post_init__(self) -> None:
        for name in CODES:
            if getattr(self, name).shape != self.score.shape:
                raise EvaluationError("evaluation.columns/length", column=name)
        bad = np.flatnonzero(~(np.abs(self.score) <= LARGEST) & ~self.fta)
        if bad.size:
            raise EvaluationError("evaluation.nan/range", row=bad[0] + 1, most=LARGEST, rows=bad.size)
        if self.fta.any() and np.isfinite(self.score[self.fta]).any():
            raise EvaluationError("evaluation.fta")

    def __len__(self) -> int:
        return int(self.score.size)

    @property
    def mated(self) -> Bool:
        """Whether both sides are of the same subject, bool [n]."""
        return np.equal(self.probe_subject, self.reference_subject)

    def select(self, rows: Bool | NDArray[np.intp]) -> ScoreFile:
        """Select rows by a mask or indices; the name tables stay whole."""
        return replace(self, **{name: getattr(self, name)[rows] for name in ("score", *CODES)})

    @classmethod
    def from_columns(
        cls,
        *,
        probe: Sequence[str],
        reference: Sequence[str],
        probe_subject: Sequence[str],
        reference_subject: Sequence[str],
        score: ArrayLike,
        fta: ArrayLike | None = None,
        probe_state: Sequence[str] | None = None,
        reference_state: Sequence[str] | None = None,
        probe_condition: Sequence[str] | None = None,
        reference_condition: Sequence[str] | None = None,
        fold: ArrayLike | None = None,
        info: ScoreInfo | None = None,
    ) -> ScoreFile:
        """Build a score file from columns of plain values.

        Parameters
        ----------
        probe, reference, probe_subject, reference_subject
            Names, one a row; a subject's name may not be empty.
        score
            float [n]; ignored where ``fta``.
        fta, probe_state, reference_state, probe_condition, reference_condition, fold
            As the attributes; none, not stated and 0 by default.

        Raises
        ------
        EvaluationError
            ``evaluation.nan``, ``evaluation.subject``, ``evaluation.columns``.
        """
        values = np.array(score, dtype=np.float64)
        n = values.size
        failed = np.zeros(n, dtype=bool) if fta is None else np.asarray(fta, dtype=bool)
        values[failed] = FAILED
        blank = [""] * n
        samples, (left, right) = encode(probe, reference)
        subjects, (left_subject, right_subject) = encode(probe_subject, reference_subject)
        states, (left_state, right_state) = encode(probe_state or blank, reference_state or blank)
        conditions, (left_condition, right_condition) = encode(probe_condition or blank, reference_condition or blank)
        refuse_empty(subjects)
        return cls(
            samples=samples,
            subjects=subjects,
            states=states,
            conditions=conditions,
            probe=left,
            reference=right,
            probe_subject=left_subject,
            reference_subject=right_subject,
            probe_state=left_state.astype(np.int16),
            reference_state=right_state.astype(np.int16),
            probe_condition=left_condition.astype(np.int16),
            reference_condition=right_condition.astype(np.int16),
            score=values,
            fta=failed,
            fold=np.zeros(n, dtype=np.int16) if fold is None else np.asarray(fold, dtype=np.int16),
            info=info or ScoreInfo(),
        )

    @classmethod
    def read(cls, path: str | Path) -> ScoreFile:
        """Read ``.parquet`` or ``.csv`` / ``.csv.gz``; raises :class:`EvaluationError` naming the file."""
        from bareface.scores import formats as score_formats

        return score_formats.read(Path(arguments.path("path", path)))

    def write(self, path: str | Path) -> None:
        """Write ``.parquet`` or ``.csv`` / ``.csv.gz``, by the name's ending."""
        from bareface.scores import formats as score_formats

        score_formats.write(self, Path(arguments.path("path", path)))


CODES = (
    "probe",
    "reference",
    "probe_subject",
    "reference_subject",
    "probe_state",
    "reference_state",
    "probe_condition",
    "reference_condition",
    "fta",
    "fold",
)
"""Every column but the score itself."""


def state_order(name: str) -> tuple[int, str]:
    """Return the sort key of a mask state: from bare to covered, other names after them."""
    known = ("none", "partial", "full")
    return (known.index(name) if name in known else len(known)), name


def encode(*columns: Iterable[str]) -> tuple[tuple[str, ...], list[Int32]]:
    """Encode columns as int32 codes into one tuple of names, in order of first appearance."""
    table: dict[str, int] = {}
    codes = [np.array([table.setdefault(name, len(table)) for name in column], dtype=np.int32) for column in columns]
    return tuple(table), codes


def refuse_empty(subjects: Iterable[str]) -> None:
    """Raise ``evaluation.subject`` if a subject has no name: whether a row is mated would then be unknown."""
    if "" in subjects:
        raise EvaluationError("evaluation.subject")


MOST_COMPARISONS = 100_000_000
"""More rows than this would not fit in the memory of a common machine."""
