"""Fit the quality curves: ``python -m training.quality [--detector NAME|FILE.onnx] [--validate]``.

Fitted on every third CelebA identity whose number ends in neither 0 nor 5, each photo as it is and spoilt in three
ways drawn by chance (blur, motion, low resolution, JPEG, too little or too much light, noise, occlusion, a mask of the
training half, tilt). What a photo is worth is its mean cosine to the subject's other photos as they are. All fits are
least squares with non-negative coefficients, so a curve can only fall where a measure worsens:

1. each component's curves, alone, on the photos as they are and those spoilt in that respect;
2. the components' weights, on all photos, with and without the consistency of the mirror image;
3. a logistic function of the weighted loss, on comparisons that match or do not at a false match rate of 1e-3.

Then the curves are validated on the identities ending in 0 and written to ``src/bareface/quality/curves.json``; all
figures go to ``out/quality_validation.json``. With ``--validate`` the packaged curves are validated and nothing is
fitted.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.stats import spearmanr

from bareface.evaluation.discard import error_versus_discard, relative_area
from bareface.faces.quality import Measures, Quality, rate, reasons
from bareface.faces.quality.score import COMPONENTS, Curves, extent
from bareface.values.face import Float64
from benchmarks.common import print_table, write_json
from training.photos import data_folder
from training.quality_faces import Faces, Sight, celeba_jobs, faces_of, open_engine

TARGET: Final = Path(__file__).parents[1] / "src" / "bareface" / "quality" / "curves.json"
FMR: Final = 1e-3
SPOILT: Final = 3
# Holds neighbouring stretches of a curve to like losses; chosen on the validation identities.
STIFFNESS: Final = 0.1
SHARES: Final = np.linspace(0, 0.3, 31)

# Where curves may bend, from worst to best.
KNOTS: Final[dict[str, tuple[float, ...]]] = {
    "sharpness": (0.03, 0.06, 0.1, 0.15, 0.2, 0.26, 0.34, 0.45),
    "over": (0.7, 0.4, 0.2, 0.1, 0.03, 0.0),
    "under": (0.9, 0.7, 0.4, 0.2, 0.1, 0.0),
    "dynamic_range": (2.0, 3.5, 5.0, 6.0, 6.6, 7.2),
    "yaw": (60, 50, 40, 30, 20, 10, 0),
    "pitch": (40, 30, 20, 10, 0),
    "roll": (60, 45, 30, 15, 0),
    "eyes": (8, 11, 14, 18, 23, 30, 40),
    "size": (16, 22, 30, 40, 55, 80),
    "visible": (0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0),
    "consistency": (0.9, 0.93, 0.95, 0.965, 0.975, 0.985, 0.99),
}
# The treatments that show what a component alone does; the photos as they are always take part.
SHOWN_BY: Final[dict[str, tuple[str, ...]]] = {
    "sharpness": ("defocus", "motion", "downsample"),
    "exposure": ("bright", "dark", "low light"),
    "pose": ("tilt",),
    "eyes": ("small",),
    "size": ("small",),
    "occlusion": ("mask", "occlusion"),
    "consistency": ("*",),
}


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Each face against the subject's other photos as they are: face, other, cosine."""

    face: NDArray[np.int64]
    other: NDArray[np.int64]
    score: Float64

    @classmethod
    def of(cls, faces: Faces) -> Pairs:
        """Build all comparisons; two unmodified photos are compared once."""
        clean = faces.kind == "clean"
        face, other = np.nonzero(
            (faces.subject[:, None] == faces.subject) & (faces.photo[:, None] != faces.photo) & clean
        )
        once = ~clean[face] | (face < other)
        face, other = face[once], other[once]
        score = np.einsum("nd,nd->n", faces.templates[face], faces.templates[other])
        return cls(face, other, score.astype(np.float64))


def threshold_of(faces: Faces, fmr: float = FMR) -> float:
    """Return the cosine that this share of all comparisons of different people's photos, as they are, reaches."""
    clean = faces.kind == "clean"
    templates, subject = faces.templates[clean], faces.subject[clean]
    return float(np.quantile((templates @ templates.T)[subject[:, None] < subject], 1 - fmr))


def worth(faces: Faces) -> Float64:
    """Compute the mean cosine to the subject's other photos as they are; NaN where there is none."""
    total, clean = np.full(len(faces.subject), np.nan), faces.kind == "clean"
    for subject in np.unique(faces.subject):
        own = np.flatnonzero(faces.subject == subject)
        other = own[clean[own]]
        cosine = faces.templates[own] @ faces.templates[other].T
        apart = faces.photo[own][:, None] != faces.photo[other]
        total[own] = np.where(apart, cosine, 0).sum(axis=1) / np.where(apart.any(axis=1), apart.sum(axis=1), np.nan)
    return total


def _columns(name: str, found: Sequence[Measures]) -> Float64:
    """Build one column for each stretch between two knots: 0 at its better end and before, 1 at its worse end and
    beyond.
    """
    value = np.array([extent(name, getattr(measures, name)) for measures in found])
    knots = np.array(KNOTS[name], np.float64)
    return np.stack([np.clip((better - value) / (better - worse), 0, 1) for worse, better in pairwise(knots)], axis=1)


def _fall(columns: Float64, target: Float64, bends: Float64 | None = None) -> Float64:
    """Fit non-negative coefficients, float64 [k], that explain by how much the target falls.

    Rows of ``bends`` are combinations of coefficients that should be small. The target lies in [-1, 1], so 1 at the
    most is what it can start from, and 1 minus that is not negative either.
    """
    rows = np.column_stack([columns, np.ones(len(target))])
    wanted = 1 - target
    if bends is not None:
        rows = np.concatenate([rows, STIFFNESS * len(target) ** 0.5 * np.column_stack([bends, np.zeros(len(bends))])])
        wanted = np.concatenate([wanted, np.zeros(len(bends))])
    found: Float64 = nnls(rows, wanted)[0]
    return found[:-1]


def _bends(parts: Sequence[str]) -> Float64:
    """Build one row for each inner knot: the coefficient after it less the one before."""
    sizes = [len(KNOTS[part]) - 1 for part in parts]
    rows = np.eye(sum(sizes))[1:] - np.eye(sum(sizes))[:-1]
    return np.delete(rows, np.cumsum(sizes)[:-1] - 1, axis=0)


def fit(faces: Faces, model: str) -> dict[str, Any]:
    """Fit the contents of ``curves.json``."""
    # The curve of what covers a face should not learn the errors of one map.
    found, target = faces.measures("true"), worth(faces)
    known = ~np.isnan(target)
    losses: dict[str, dict[str, list[float]]] = {}
    totals: dict[str, Float64] = {}
    for component, parts in COMPONENTS.items():
        columns = {part: _columns(part, found) for part in parts}
        shown = known & (np.isin(faces.kind, ("clean", *SHOWN_BY[component])) | ("*" in SHOWN_BY[component]))
        steps = _fall(np.concatenate([c[shown] for c in columns.values()], axis=1), target[shown], _bends(parts))
        totals[component] = np.zeros(len(found))
        for part, column in columns.items():
            own, steps = steps[: column.shape[1]], steps[column.shape[1] :]
            totals[component] += column @ own
            losses[part] = _curve(part, own)
    combined = {
        name: _combination(
            {c: v for c, v in totals.items() if c != "consistency" or name == "full"}, target, known, faces
        )
        for name in ("plain", "full")
    }
    subjects = len(np.unique(faces.subject))
    basis = f"CelebA, {subjects} people, {len(found):,} photos; detector's landmarks: {faces.scheme}"
    return {"model": model, "basis": basis, "losses": losses, **combined}


def _curve(part: str, steps: Float64) -> dict[str, list[float]]:
    """Compute the loss at each knot: the sum of the stretches between it and the best knot."""
    loss = np.append(np.cumsum(steps[::-1])[::-1], 0.0)
    order = np.argsort(KNOTS[part])
    return {"at": np.array(KNOTS[part])[order].tolist(), "loss": np.round(loss[order], 5).tolist()}


def _combination(totals: dict[str, Float64], target: Float64, known: NDArray[np.bool_], faces: Faces) -> dict[str, Any]:
    stacked = np.stack(list(totals.values()), axis=1)
    weights = np.round(_fall(stacked[known], target[known]), 3)
    pairs = Pairs.of(faces)
    intercept, slope = _logistic((stacked @ weights)[pairs.face], pairs.score >= threshold_of(faces))
    return {"weights": dict(zip(totals, weights.tolist(), strict=True)), "intercept": intercept, "slope": slope}


def _logistic(loss: Float64, matched: NDArray[np.bool_], rounds: int = 30) -> tuple[float, float]:
    """Fit by maximum likelihood P(match) = 1 / (1 + exp(slope * loss - intercept)), by Newton's method."""
    design, beta = np.column_stack([np.ones(len(loss)), -loss]), np.zeros(2)
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-design @ beta))
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design
        beta = beta + np.linalg.solve(curvature, design.T @ (matched - chance))
    return round(float(beta[0]), 4), round(float(beta[1]), 4)


def validate(faces: Faces, curves: Curves) -> dict[str, Any]:
    """Measure how well scores and components rank photos, and the loss of photos with each reason."""
    target, pairs = worth(faces), Pairs.of(faces)
    wrong, known = pairs.score < threshold_of(faces), ~np.isnan(target)
    clean = faces.kind == "clean"
    without, shipped, everything = (
        [rate(m, curves) for m in found]
        for found in (_without(faces, "none"), _without(faces, "map"), faces.measures())
    )
    ratings = {
        "score, pixels only": np.array([q.score for q in without]),
        "score, as shipped": np.array([q.score for q in shipped]),
        "score, and consistency": np.array([q.score for q in everything]),
        **{name: np.array([q.components()[name] for q in everything]) for name in COMPONENTS},
    }
    rows = {}
    for name, value in ratings.items():
        lower = np.minimum(value[pairs.face], value[pairs.other])
        rows[name] = {
            "spearman": _rank_correlation(value[known], target[known]),
            "spearman clean": _rank_correlation(value[known & clean], target[known & clean]),
            **{
                f"area {label}": relative_area(SHARES, error_versus_discard(lower[part], wrong[part], SHARES))
                for label, part in (("clean", clean[pairs.face]), ("spoilt", ~clean[pairs.face]))
            },
        }
    return {
        "comparisons": {"clean": int(clean[pairs.face].sum()), "spoilt": int((~clean[pairs.face]).sum())},
        "fnmr": {"clean": float(wrong[clean[pairs.face]].mean()), "spoilt": float(wrong[~clean[pairs.face]].mean())},
        "ratings": rows,
        "reasons": _reasons(shipped, pairs, wrong),
        "calibration": _calibration(shipped, pairs, wrong),
    }


def _rank_correlation(a: Float64, b: Float64) -> float:
    return float(spearmanr(a, b).statistic) if np.ptp(a) > 0 else 0.0


def _without(faces: Faces, sight: Sight) -> list[Measures]:
    return [replace(measures, consistency=None) for measures in faces.measures(sight)]


def _reasons(found: list[Quality], pairs: Pairs, wrong: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    """Compute the FNMR of the comparisons of faces for which a reason is given (figures left out), and of those without
    any.
    """
    given = [{"".join(c for c in text if not c.isdigit()) for text in reasons(q)} or {"none"} for q in found]
    rows = {}
    for reason in sorted(set().union(*given)):
        own = np.array([reason in texts for texts in given])[pairs.face]
        rows[reason] = {"comparisons": int(own.sum()), "fnmr": float(wrong[own].mean())}
    return rows


def _calibration(found: list[Quality], pairs: Pairs, wrong: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Return the share of matches in each tenth of the comparisons by the face's score."""
    score = np.array([q.score for q in found])[pairs.face]
    edges = np.quantile(score, np.linspace(0, 1, 11))
    tenth = np.clip(np.searchsorted(edges, score, "right") - 1, 0, 9)
    return [
        {"score": float(score[tenth == i].mean()), "matched": float(1 - wrong[tenth == i].mean())} for i in range(10)
    ]


def main() -> None:
    """Fit, validate, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", default="bareface", help="name of a registered detector, or YuNet's ONNX file")
    parser.add_argument("--json", type=Path, default=Path("out/quality_validation.json"))
    parser.add_argument("--dry", action="store_true", help="do not replace curves.json")
    parser.add_argument("--validate", action="store_true", help="fit nothing: validate the packaged curves")
    options = parser.parse_args()
    engine = open_engine(options.detector)
    people = sorted((data_folder() / "train" / "celeba").iterdir())
    if options.validate:
        values = json.loads(TARGET.read_text(encoding="utf-8"))
    else:
        learning = [person for person in people if person.name[-1] not in "05"][::3]
        values = fit(faces_of(celeba_jobs(learning, SPOILT), engine), engine.model)
        print(json.dumps(values, indent=1))
    if not (options.dry or options.validate):
        TARGET.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    held_out = [person for person in people if person.name.endswith("0")]
    results = validate(faces_of(celeba_jobs(held_out, SPOILT), engine), Curves.of(values))
    columns = ["spearman", "spearman clean", "area clean", "area spoilt"]
    print_table(
        "validation", ["", *columns], [[name, *(row[c] for c in columns)] for name, row in results["ratings"].items()]
    )
    print_table("reasons", ["", "comparisons", "FNMR"], [[n, *row.values()] for n, row in results["reasons"].items()])
    print_table(
        "calibration, tenths by score", ["score", "matched"], [list(row.values()) for row in results["calibration"]]
    )
    write_json(options.json, {"detector": engine.detector, "fmr": FMR, "results": results})


if __name__ == "__main__":
    main()
