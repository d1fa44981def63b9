"""The one table of the README: the figures that matter most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.markdown import Values, percent, rate, table, where


def headline(results: Mapping[str, Values]) -> str:
    """Format the most important figures, next to those of dlib or of the photo itself."""
    task = "MFR2, all masked x bare pairs"
    masked, dlib = results["masked"]["results"], results["accuracy"]["results"]
    lfw, found = results["accuracy_lfw"]["results"], results["detection"]["results"]["MFR2"]
    hog = results["detection_mfr2"]["results"]["dlib's own HOG, upsampled once"]
    cells = [cell for cell in results["calibration"]["cells"] if (cell["gallery"], cell["predicted"]) == (1000, 0.03)]
    systems = results["restoration"]["results"]["MFR2"]["real mask"]["systems"]
    fnir = {system["system"]: system["rates"][0]["value"] for system in systems}
    speed = results["speed_pipeline"]["whole_path_s"]
    (million,) = (one for one in results["speed_search"]["results"] if one["size"] == 1_000_000)
    photo, guess = (fnir[name] for name in ("original, mask-aware", "each completion"))
    rows = [
        [
            "Bare faces: accuracy on LFW, 6,000 pairs",
            rate(masked["LFW"]["bareface + bareface-mobile"]["accuracy"]),
            f"{lfw['dlib hog, upsampled 1x']['accuracy']:.3f} (dlib HOG)",
        ],
        [
            "Masked faces detected, real masks (MFR2)",
            percent(found["found, full"]),
            f"{percent(hog['full'])} (dlib HOG)",
        ],
        [
            "Masked against bare face, real masks (MFR2): TAR at FMR 1e-2",
            rate(masked[task]["bareface + bareface-mobile"]["tar@0.01"]),
            f"{rate(dlib[task]['dlib + dlib-resnet']['tar@0.01'])} (dlib)",
        ],
        [
            "Masked faces missed (MFR2): FNIR at FPIR 0.1, searched with the photo or with a completion",
            f"{rate(_triple(photo))} (photo)",
            f"{rate(_triple(guess))} (completion)",
        ],
        *(
            [
                f"FPIR realised / promised: {cell['probes']} probes, FPIR 0.03, 1,000 subjects (LFW)",
                f"{cell['ratio']:.2f}",
                "1.00 is exact",
            ]
            for cell in cells
        ),
        [
            "From file to templates, two cores",
            f"{1e3 * speed['bareface, stream']:.1f} ms a photo",
            f"{1e3 * speed['face_recognition, HOG']:.1f} ms (dlib HOG)",
        ],
        [
            "Exact search among 1,000,000 templates",
            f"{1e3 * million['median_s']['bareface int8']:.1f} ms",
            f"{1e3 * million['median_s']['FAISS float32']:.1f} ms (FAISS)",
        ],
    ]
    return table(["", "bareface", "compared with"], rows)


def _triple(estimate: Values) -> tuple[float, float, float]:
    return estimate["value"], estimate["low"], estimate["high"]


def span(machines: Sequence[Values]) -> str:
    """Say when and where several runs were made."""
    dates = sorted(machine["date"][:10] for machine in machines)
    places = sorted({where(machine) for machine in machines})
    return f"Measured {dates[0]} to {dates[-1]} on {'; '.join(places)}. Commands: [benchmarks](docs/benchmarks.md)."
