"""Is a guess below a mask better than a smear? ``python -m benchmarks.unmask``.

LFW, one photo a person, in simulated masks of the test half; with ``--validation`` CelebA's validation identities in
masks of the training half, to decide on. All figures are inside the region that the occlusion map marks. Completions
are held against OpenCV's two inpaintings and the mean face, on MobileFaceNet's layers, on GMSD and, their mean, on
SSIM; on all three also each of the first four on its own, and the worst of each face's four. Intervals are of a
bootstrap over people. How often the band of 20 completions holds the true pixel; how often the detector sees no mask
any more; how well a small classifier tells completions from real faces, and how far their templates are from those of
real faces as a whole (kernel inception distance).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bareface.errors import RestorationError
from bareface.imaging.align import align
from bareface.restoration.aligned import apart, for_embedder
from bareface.restoration.base import Restored
from bareface.restoration.eigenface import grow, join, split
from bareface.restoration.unmask import MODEL, load, place
from bareface.services.engine import Engine
from bareface.synthesis.mask_shapes import Half
from bareface.values.face import Float32, Float64, Landmarks, UInt8
from benchmarks.common import print_table, write_json
from benchmarks.digests import DETECTOR, SEGMENTER, digests
from benchmarks.picture_metrics import (
    Bool,
    Features,
    gmsd,
    interval_score,
    kernel_inception_distance,
    luminance,
    ssim,
)
from training.photos import data_folder
from training.restoration.faces import Case, largest, masked_cases

DRAWN = 20
SCORED = 4
ALPHA = 2 / (DRAWN + 1)
"""The least and the greatest of 20 hold a 21st with a probability of 19/21."""
_RADIUS = 5
_REPLICATES = 2000
OURS, RIVALS = "completion", ("Telea", "Navier-Stokes", "mean face")
EXTRA = ("mean face, colours matched", "expected face")


@dataclass
class Found:
    """Measurements, one entry per face."""

    scores: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    each: dict[str, list[list[float]]] = field(default_factory=dict)
    coverage: list[float] = field(default_factory=list)
    interval: list[float] = field(default_factory=list)
    width: list[float] = field(default_factory=list)
    off: list[Float64] = field(default_factory=list)
    says: list[bool] = field(default_factory=list)
    state: list[bool] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    identity_spread: list[float] = field(default_factory=list)
    nearest: list[float] = field(default_factory=list)
    real: list[UInt8] = field(default_factory=list)
    made: list[UInt8] = field(default_factory=list)
    templates: dict[str, list[tuple[Float32, Float32]]] = field(default_factory=dict)

    def add(self, metric: str, method: str, value: float) -> None:
        """Keep one value."""
        self.scores.setdefault(metric, {}).setdefault(method, []).append(value)


def rivals(source: UInt8, region: Bool) -> dict[str, UInt8]:
    """Return other fillings of the region."""
    marked = region.astype(np.uint8)
    mean = grow(load().mean)
    near = cv2.dilate(marked, np.ones((41, 41), np.uint8)).astype(bool) & ~region
    shift = (split(source) - mean)[:, near].mean(axis=1) if near.any() else np.zeros(3, np.float32)
    return {
        "Telea": cv2.inpaint(source, marked, _RADIUS, cv2.INPAINT_TELEA),
        "Navier-Stokes": cv2.inpaint(source, marked, _RADIUS, cv2.INPAINT_NS),
        "mean face": _filled(source, region, mean),
        "mean face, colours matched": _filled(source, region, mean + shift[:, None, None].astype(np.float32)),
        "expected face": load().given(source, region).fill(load().given(source, region).mean, source),
    }


def _filled(source: UInt8, region: Bool, planes: Float32) -> UInt8:
    filled = source.copy()
    filled[region] = join(planes)[region]
    return filled


def measure(engine: Engine, features: Features, photos: list[Path], half: Half) -> tuple[Found, dict[str, int]]:
    """Measure all faces; also count those that were skipped, by reason."""
    found, counts = Found(), {"photos": len(photos), "faces": 0, "no occluder found": 0, "too little seen": 0}
    for number, (_, case) in enumerate(masked_cases(engine, photos, half)):
        try:
            start = time.perf_counter()
            restored = engine.unmask(case.face, DRAWN, seed=number)
            found.seconds.append((time.perf_counter() - start) / DRAWN)
        except RestorationError as error:
            counts["no occluder found" if error.code == "restoration.nothing-hidden" else "too little seen"] += 1
            continue
        counts["faces"] += 1
        _measure_one(engine, features, case, restored, found)
        if counts["faces"] % 40 == 0:
            print(counts, flush=True)
    counts["not found bare or masked"] = len(photos) - sum(counts[key] for key in list(counts)[1:])
    return found, counts


def _measure_one(engine: Engine, features: Features, case: Case, restored: Restored, found: Found) -> None:
    truth, region = case.truth, restored.region
    drawn = [completion.image for completion in restored.completions]
    others = rivals(restored.source, region)
    mean = np.asarray(np.round(np.mean(np.stack(drawn), axis=0)), np.uint8)

    chip = _to_chip(case, restored)
    there = chip(np.repeat(region[..., None].astype(np.uint8) * 255, 3, axis=2))[..., 0] > 127
    own, real = features.with_template(chip(truth))
    metrics: dict[str, Callable[[UInt8], float]] = {
        "features": lambda image: features.distance(features.of(chip(image)), own, there),
        "GMSD": lambda image: gmsd(image, truth, region),
        "SSIM": lambda image: ssim(image, truth, region),
    }
    for metric, of in metrics.items():
        for name, image in others.items():
            found.add(metric, name, of(image))
        each = [of(image) for image in drawn[:SCORED]]
        found.each.setdefault(metric, []).append(each)
        found.add(metric, OURS, of(mean) if metric == "SSIM" else float(np.mean(each)))

    levels = np.stack([luminance(image)[region] for image in drawn]).astype(np.float64)
    true = luminance(truth)[region].astype(np.float64)
    low, high = levels.min(axis=0), levels.max(axis=0)
    found.coverage.append(float(((low <= true) & (true <= high)).mean()))
    found.width.append(float((high - low).mean()))
    found.interval.append(float(interval_score(true, low, high, ALPHA).mean()))
    found.off.append(np.abs(luminance(others["mean face"])[region] - true))
    found.identity_spread.append(restored.identity_spread)
    scored = [completion.template for completion in restored.completions[:SCORED]]
    found.nearest.append(min(apart(a, b) for a, b in combinations(scored, 2)))
    bare = engine.embed_chips([for_embedder(truth, case.face, engine.geometry)])[0]
    pairs = {
        "MobileFaceNet": (real, features.with_template(chip(drawn[0]))[1]),
        engine.model: (bare.vector, scored[0].vector),
    }
    for model, pair in pairs.items():
        found.templates.setdefault(model, []).append(pair)

    assert case.face.photo is not None
    for completion in restored.completions[:SCORED]:
        again = largest(engine, place(restored, completion, case.face.photo.pixels))
        found.says.append(again is not None and again.mask is not None and int(again.mask.argmax()) == 0)
        found.state.append(again is not None and again.mask_state == "none")
    found.real.append(truth)
    found.made.append(drawn[0])


def _to_chip(case: Case, restored: Restored) -> Callable[[UInt8], UInt8]:
    """Return the map that cuts an arcface-112 chip out of an aligned face."""
    assert case.face.photo is not None
    a, b = restored.placement
    points = case.face.landmarks.points * case.face.photo.scale
    inside = (points[:, 0] + 1j * points[:, 1] - b) / a
    landmarks = Landmarks(np.column_stack([inside.real, inside.imag]).astype(np.float32), case.face.landmarks.scheme)
    return lambda image: align(image, landmarks, "arcface-112")


def auc(real: list[UInt8], made: list[UInt8]) -> float:
    """Measure how well logistic regression on HOG separates completed from real faces; folds are by person."""
    from skimage.feature import hog
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    vectors = [hog(luminance(image), pixels_per_cell=(10, 10), cells_per_block=(2, 2)) for image in (*real, *made)]
    labels = np.repeat([0, 1], len(real))
    people = np.tile(np.arange(len(real)), 2)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    scores = cross_val_predict(
        model, np.stack(vectors), labels, groups=people, cv=GroupKFold(5), method="decision_function"
    )
    return float(roc_auc_score(labels, scores))


def interval(values: Float64) -> list[float]:
    """Compute the mean and its 95 % bootstrap interval over people, each of whom has one value."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (_REPLICATES, len(values)))].mean(axis=1)
    return [float(values.mean()), *(float(q) for q in np.quantile(means, [0.025, 0.975]))]


def singly(each: Float64, rivals: Mapping[str, Float64], sign: int) -> dict[str, Any]:
    """Compare each completion singly with each rival, paired by face.

    Parameters
    ----------
    each
        One row a face, one column a completion.
    rivals
        By name, one value a face.
    sign
        1 where less is better, -1 where more is.

    Returns
    -------
    dict
        ``singly``: by completion, and for the worst of each face's, its mean and what it is less each rival, both with
        intervals; ``worst on average``: which completion; ``each completion better``: whether every interval of each
        completion lies on the better side of zero. The worst of each face's four is not asked: it is none of them.
    """
    columns = {f"{OURS} {number}": column for number, column in enumerate(each.T, start=1)}
    shown = {**columns, f"the worst of each face's {each.shape[1]}": sign * (sign * each).max(axis=1)}
    found: dict[str, dict[str, Any]] = {
        name: {
            "mean": interval(values),
            "less": {rival: interval(values - others) for rival, others in rivals.items()},
        }
        for name, values in shown.items()
    }
    ends = [max(sign * end for end in less[1:]) for name in columns for less in found[name]["less"].values()]
    return {
        "singly": found,
        "worst on average": max(columns, key=lambda name: float(sign * columns[name].mean())),
        "each completion better": max(ends) < 0,
    }


def summary(found: Found) -> dict[str, Any]:
    """Summarise means with intervals, paired differences from each rival, and the value of the band."""
    results: dict[str, Any] = {}
    for metric, methods in found.scores.items():
        values = {name: np.array(one) for name, one in methods.items()}
        sign = -1 if metric == "SSIM" else 1
        single = singly(np.array(found.each[metric]), {name: values[name] for name in RIVALS}, sign)
        results[metric] = {
            "mean": {name: interval(one) for name, one in values.items()},
            f"{OURS} less": {name: interval(values[OURS] - one) for name, one in values.items() if name != OURS},
            "share better": {
                name: float((sign * (values[OURS] - one) < 0).mean()) for name, one in values.items() if name != OURS
            },
            **single,
        }
    off = np.concatenate(found.off)
    people = [np.sort(one) for one in found.off]
    # The width that is best for the rival, chosen on these very photos.
    widths = np.quantile(off, np.linspace(0.7, 0.99, 30))
    costs = [float(np.mean([(2 * w + 2 / ALPHA * np.maximum(one - w, 0)).mean() for one in people])) for w in widths]
    best = float(widths[int(np.argmin(costs))])
    constant = np.array([(2 * best + 2 / ALPHA * np.maximum(one - best, 0)).mean() for one in people])
    results["band"] = {
        "coverage": interval(np.array(found.coverage)),
        "nominal": 1 - ALPHA,
        "coverage, quantiles over faces 0.1, 0.5, 0.9": [
            float(q) for q in np.quantile(found.coverage, [0.1, 0.5, 0.9])
        ],
        "width": interval(np.array(found.width)),
        "interval score": interval(np.array(found.interval)),
        "interval score, constant width round the mean face": interval(constant),
        "ours less constant": interval(np.array(found.interval) - constant),
    }
    by_face = np.array(found.says, float).reshape(-1, SCORED).mean(axis=1)
    state = np.array(found.state, float).reshape(-1, SCORED).mean(axis=1)
    results["detector says none"] = interval(by_face)
    results["mask state none, with the occlusion map"] = interval(state)
    results["AUC, real against completed"] = auc(found.real, found.made)
    for model, pairs in found.templates.items():
        distance = kernel_inception_distance(*(np.stack(one) for one in zip(*pairs, strict=True)))
        results[f"kernel inception distance, {model}"] = distance
    results["identity spread"] = interval(np.array(found.identity_spread))
    results["identity, distance of the nearest two of four, least of all faces"] = min(found.nearest)
    results["seconds a completion, of 20, template and all"] = float(np.median(found.seconds))
    return results


def one_each(folder: Path, count: int, ending: str = "") -> list[Path]:
    """Return the first photo of people spread evenly over the names with this ending."""
    people = sorted(place for place in folder.iterdir() if place.is_dir() and place.name.endswith(ending))
    chosen = np.linspace(0, len(people) - 1, min(count, len(people))).astype(int)
    return [sorted(people[number].iterdir())[0] for number in chosen]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--validation", action="store_true", help="CelebA's validation identities, to decide on")
    parser.add_argument("--json", type=Path, default=Path("out/unmask.json"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    folder = data_folder()
    features = Features(folder.parent / "models" / "mobilefacenet_foamliu.onnx")
    people = folder / "train" / "celeba" if options.validation else folder / "lfw" / "images"
    photos = one_each(people, options.photos, ending="0" if options.validation else "")
    engine = Engine(threads=1)
    found, counts = measure(engine, features, photos, "train" if options.validation else "test")
    results = summary(found)
    _print(results, counts)
    used = digests(engine, DETECTOR, SEGMENTER, MODEL)
    write_json(options.json, {"weights": used, "counts": counts, "results": results})


def _print(results: dict[str, Any], counts: dict[str, int]) -> None:
    for metric in ("features", "GMSD", "SSIM"):
        print_table(
            f"{metric} (95 % intervals over people)",
            ["", "mean", f"{OURS} less it", "share"],
            list(_rows(results[metric])),
        )
        rows = [
            [name, _cell(one["mean"]), *(_cell(less) for less in one["less"].values())]
            for name, one in results[metric]["singly"].items()
        ]
        print_table(f"{metric}, singly", ["", "mean", *(f"less {name}" for name in RIVALS)], rows)
        print(f"each completion better: {results[metric]['each completion better']}")
    print(counts)
    for name, value in {
        **results["band"],
        **{k: v for k, v in results.items() if k not in ("features", "GMSD", "SSIM", "band")},
    }.items():
        print(f"{name}: {value}")


def _rows(found: dict[str, Any]) -> Iterator[list[str]]:
    for name, value in found["mean"].items():
        gain = found[f"{OURS} less"].get(name)
        yield [name, _cell(value), _cell(gain) if gain else "", f"{found['share better'].get(name, float('nan')):.2f}"]


def _cell(triple: list[float]) -> str:
    return f"{triple[0]:.3f} ({triple[1]:.3f} to {triple[2]:.3f})"


if __name__ == "__main__":
    main()
