"""Ten million scores: metrics, DET curve and subject bootstrap, in time and memory.

``python -m benchmarks.speed_metrics`` prints seconds and peak memory, beside scikit-learn's DET curve on the same
scores. The scores are synthetic: 5,000 subjects, one comparison in a hundred mated.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.metrics import FMR_TARGETS, Trials, at_fmr, auc, det, eer
from bareface.evaluation.verification import verify
from bareface.scores.score_file import ScoreFile, ScoreInfo
from benchmarks.common import print_table, write_json

T = TypeVar("T")


def synthetic(n: int, subjects: int, seed: int = 0) -> ScoreFile:
    """Draw normal scores of random pairs of subjects, mated ones two deviations higher and subjects of their own."""
    rng = np.random.default_rng(seed)
    probe = rng.integers(0, subjects, n, dtype=np.int32)
    other = ((probe + rng.integers(1, subjects, n, dtype=np.int32)) % subjects).astype(np.int32)
    mated = rng.random(n) < 0.01
    reference = np.where(mated, probe, other)
    likeness = rng.normal(size=subjects)
    score = rng.normal(size=n) + np.where(mated, 3 + 0.5 * likeness[probe], 0.0)
    names = tuple(f"s{i:05d}" for i in range(subjects))
    none = np.zeros(n, np.int16)
    return ScoreFile(
        samples=names,
        subjects=names,
        states=("",),
        conditions=("",),
        probe=probe,
        reference=reference,
        probe_subject=probe,
        reference_subject=reference,
        probe_state=none,
        reference_state=none,
        probe_condition=none,
        reference_condition=none,
        score=score,
        fta=np.zeros(n, dtype=bool),
        fold=none,
        info=ScoreInfo(protocol="synthetic"),
    )


def plain_metrics(scores: ScoreFile) -> tuple[float, int]:
    """Compute everything that needs no intervals: EER, TAR at FMR, AUC, the whole DET curve."""
    trials = Trials.of(scores)
    for target in FMR_TARGETS:
        at_fmr(trials, target)
    auc(trials)
    return eer(trials)[0], det(trials).threshold.size


def peer(scores: ScoreFile) -> int:
    """Compute scikit-learn's DET curve."""
    from sklearn.metrics import det_curve

    return int(det_curve(scores.mated, scores.score)[2].size)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=10_000_000)
    parser.add_argument("--subjects", type=int, default=5_000)
    parser.add_argument("--replicates", type=int, default=1_000)
    parser.add_argument("--json", type=Path, default=Path("out/speed_metrics.json"))
    options = parser.parse_args()
    rows: list[list[object]] = []
    results: dict[str, dict[str, float]] = {}

    def timed(name: str, task: Callable[[], T]) -> T:
        start = time.perf_counter()
        value = task()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        rows.append([name, f"{seconds:.1f}", f"{peak:.2f}"])
        results[name] = {"seconds": seconds, "peak_gib": peak}
        return value

    with TemporaryDirectory() as folder:
        path = Path(folder) / "scores.parquet"
        synthetic(options.n, options.subjects).write(path)
        scores = timed("read the score file", lambda: ScoreFile.read(path))
    timed("metrics and DET, no intervals", lambda: plain_metrics(scores))
    plan = Plan(options.replicates)
    found = timed(f"all metrics and DET band, {plan.replicates:,} replicates", lambda: verify(scores, plan))
    timed("scikit-learn det_curve", lambda: peer(scores))
    ratio = results["scikit-learn det_curve"]["seconds"] / results["metrics and DET, no intervals"]["seconds"]
    print_table(
        f"{options.n:,} synthetic scores of {options.subjects:,} subjects; EER {found.eer.value:.4f}"
        f" ({found.eer.low:.4f} to {found.eer.high:.4f}). scikit-learn's curve alone takes {ratio:.1f}x our metrics",
        ["step", "seconds", "peak GiB so far"],
        rows,
    )
    write_json(options.json, {"n": options.n, "subjects": options.subjects, "steps": results, "ratio": ratio})


if __name__ == "__main__":
    main()
