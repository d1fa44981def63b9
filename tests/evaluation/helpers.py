"""Random score files and slow, obvious re-countings of every metric."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from bareface.scores.score_file import ScoreFile

# Few distinct values make ties common.
values = st.one_of(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0]), st.floats(-2, 2, allow_nan=False, width=16))
row = st.tuples(st.integers(0, 4), st.integers(0, 4), values, st.integers(0, 9), st.integers(1, 3))


def build(rows: list[tuple[int, int, float, int, int]]) -> ScoreFile:
    """Return a score file of (probe subject, reference subject, score, fails if 0, fold)."""
    return ScoreFile.from_columns(
        probe=[f"{a}/{i}p" for i, (a, *_) in enumerate(rows)],
        reference=[f"{b}/{i}r" for i, (_, b, *_) in enumerate(rows)],
        probe_subject=[f"s{a}" for a, *_ in rows],
        reference_subject=[f"s{b}" for _, b, *_ in rows],
        score=[score for *_, score, _, _ in rows],
        fta=[failed == 0 for *_, failed, _ in rows],
        fold=[fold for *_, fold in rows],
    )


score_files = st.lists(row, max_size=40).map(build)


def random_scores(
    seed: int, subjects: int = 30, photos: int = 3, spread: float = 0.5, failing: float = 0.0, folds: int = 0
) -> ScoreFile:
    """Return all pairs of a folder of people, with normal scores that differ by subject."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(subjects), photos)
    probe, reference = np.triu_indices(of.size, 1)
    mated = of[probe] == of[reference]
    likeness = rng.normal(size=subjects) * spread
    score = rng.normal(size=probe.size) + (2 + likeness[of[probe]]) * mated
    names = [f"{s:02}/{i}.jpg" for i, s in enumerate(of)]
    return ScoreFile.from_columns(
        probe=[names[i] for i in probe],
        reference=[names[i] for i in reference],
        probe_subject=[f"{of[i]:02}" for i in probe],
        reference_subject=[f"{of[i]:02}" for i in reference],
        score=score,
        fta=rng.random(probe.size) < failing,
        fold=np.arange(probe.size) % folds + 1 if folds else None,
    )
