"""``bareface calibrate``: the meaning of scores in this gallery."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bareface.cli.output import Json, note, print_json, print_pairs, print_table
from bareface.reports.json_plain import plain
from bareface.reports.rarity import stranger_rate
from bareface.values.words import plural

if TYPE_CHECKING:
    from bareface.services.gallery_upkeep import Calibration, GalleryCalibration

FMRS = (1e-2, 1e-3, 1e-4)
FPIRS = (0.1, 0.003)


def calibrate(
    gallery: Annotated[Path, typer.Argument(metavar="GALLERY", help="The gallery's file.")], json: Json = False
) -> None:
    """Learn from a gallery's named subjects how often strangers score high in it.

    Searches of the gallery use the result from then on. Also list pairs of subjects as similar as photos of one person:
    they may be one person enrolled twice. Merge such pairs, and calibrate again.
    """
    from bareface.services.gallery import Gallery

    with Gallery.open(gallery, create=False) as opened:
        report = opened.calibrate()
        info = opened.info()
    size = (info.subjects, info.references / info.subjects)
    figures = {
        name: _figures(calibration, *size)
        for name, calibration in (("all subjects", report.calibration), ("without", report.without_suspicious))
        if calibration is not None
    }
    if json:
        shown = ("subjects", "references", "unnamed", "missing", "notes", "suspicious", "clusters")
        print_json({**{name: plain(getattr(report, name)) for name in shown}, "figures": figures})
    else:
        _print(report, figures)


def _figures(calibration: Calibration, subjects: int, references: float) -> dict[str, Any]:
    """Return the thresholds of a calibration for this gallery."""
    strangers = calibration.entries[calibration.nearest()].strangers
    return {
        "basis": calibration.describe(),
        "fmr": [plain(calibration.threshold(fmr)) for fmr in FMRS],
        "fpir": [
            {"similarity": similarity, **plain(calibration.fpir(similarity, subjects, references))}
            for similarity in (strangers.similarity_at_fpir(target, subjects, references) for target in FPIRS)
        ],
    }


def _print(found: GalleryCalibration, figures: dict[str, dict[str, Any]]) -> None:
    print_pairs(
        [
            ("named subjects", f"{found.subjects:,}"),
            ("their references", f"{found.references:,}"),
            ("unnamed, left out", f"{found.unnamed:,}" if found.unnamed else None),
            *(("rests on", values["basis"]) for values in figures.values()),
        ]
    )
    for remark in found.notes:
        note(remark)
    if figures:
        print_table(("", *figures), _rows(list(figures.values())), right=tuple(figures))
    if found.clusters:
        print_table(
            ("look-alike subjects", "by similarity", "by normalised score"),
            [
                (
                    f"{one.subjects:,}",
                    f"{one.similarity:.1f} times",
                    "–" if one.normalised is None else f"{one.normalised:.1f} times",
                )
                for one in found.clusters
            ],
            right=("look-alike subjects", "by similarity", "by normalised score"),
            title="how even the promise is: strangers reach a score promised to 1 in 10 so many times as often",
        )
        judged = "similarities" if found.clusters[0].normalised is None else "normalised scores"
        note(f"Groups of subjects whose templates are alike, found without labels. Searches judge {judged}.")
    if found.suspicious:
        rows = [
            (*(f"{name} (#{number})" for name, number in zip(pair.names, pair.subjects, strict=True)),
             *pair.references, f"{pair.similarity:.4f}")
            for pair in found.suspicious
        ]  # fmt: skip
        columns = ("subject", "and", "reference", "and reference", "similarity")
        title = f"{plural(len(rows), 'possible duplicate')}: as similar as the median mated pair"
        print_table(columns, rows, right=columns[2:], long=columns[:2], title=title)
        note("One person enrolled twice? `bareface gallery merge GALLERY KEPT MERGED`, then calibrate again.")


def _rows(columns: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return one row for each threshold and one column for each calibration; mark extrapolated values."""
    rows = []
    for place, fmr in enumerate(FMRS):
        values = [column["fmr"][place] for column in columns]
        rows.append((f"similarity at FMR {fmr:g}", *(_marked(f"{one['similarity']:.4f}", one) for one in values)))
    for place, target in enumerate(FPIRS):
        values = [column["fpir"][place] for column in columns]
        rows.append(
            (
                f"similarity that {stranger_rate(target)} reach",
                *(_marked(f"{one['similarity']:.4f}", one) for one in values),
            )
        )
        rows.append(
            ("  95 % interval of that share", *(f"{one['low']:.3g} to {min(one['high'], 1):.3g}" for one in values))
        )
    return rows


def _marked(text: str, one: dict[str, Any]) -> str:
    return f"{text} (extrapolated)" if one["extrapolated"] else text
