"""The tables of ``docs/restoration.md`` and their summaries for ``docs/benchmarks.md``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bareface.models import registry
from benchmarks.markdown import Values, change, percent, rate, table

FILLED: Final = {
    "completion": "**a completion** (SSIM: the mean of 20)",
    "Telea": "OpenCV, Telea",
    "Navier-Stokes": "OpenCV, Navier-Stokes",
    "mean face": "the mean face",
    "mean face, colours matched": "the mean face, colours matched",
    "expected face": "the single most likely face (not offered)",
}
METRICS: Final = {
    "features": "distance in MobileFaceNet's layers, less is better",
    "GMSD": "GMSD, less is better",
    "SSIM": "SSIM, more is better",
}
MEASURES: Final = {"features": "MobileFaceNet's layers", "identity": "identity"}


def unmask(results: Values) -> str:
    """Format completions and other fillings; each completion singly; the band of 20; their appearance."""
    found = results["results"]
    methods = list(found["features"]["mean"])
    means = [
        [FILLED.get(name, name), *(rate(found[metric]["mean"][name]) for metric in METRICS)]
        for name in sorted(methods, key=lambda name: name != "completion")
    ]
    less = [
        [
            f"a completion, difference to {FILLED.get(name, name)}",
            *(
                f"{change(found[metric]['completion less'][name])}, "
                f"better in {100 * found[metric]['share better'][name]:.0f} %"
                for metric in METRICS
            ),
        ]
        for name in methods
        if name != "completion"
    ]
    n = f"n = {results['counts']['faces']}"
    said = {name: value for name, value in found.items() if name not in (*METRICS, "band")}
    return "\n\n".join(
        [
            _passed_over(results["counts"]),
            table([f"inside the region, {n}", *METRICS.values()], means),
            table(["paired by face", *METRICS], less),
            *_singly(found, n),
            table([f"band of 20 completions, appearance, time, {n}", ""], [*_band(found["band"]), *_said(said)]),
            *stale(results, "bareface-eigenface"),
        ]
    )


def _passed_over(counts: Mapping[str, int]) -> str:
    others = "; ".join(f"{name}: {count}" for name, count in counts.items() if name not in ("photos", "faces"))
    return f"{counts['faces']} faces of {counts['photos']} photos ({others})."


def _singly(found: Values, n: str) -> Iterator[str]:
    """Format each completion of four against each rival, if the run distinguished them."""
    for metric in METRICS:
        each = found[metric].get("singly")
        if each is None:
            continue
        rivals = list(next(iter(each.values()))["less"])
        rows = [
            [name, rate(one["mean"]), *(change(one["less"][rival]) for rival in rivals)] for name, one in each.items()
        ]
        columns = [f"{metric}, {n}", "mean", *(f"difference to {FILLED.get(rival, rival)}" for rival in rivals)]
        word = "yes" if found[metric]["each completion better"] else "no"
        worst = found[metric]["worst on average"]
        yield table(columns, rows) + (
            f"\n\nEach of the four better than each of these, every interval clear of zero: **{word}**. "
            f"Worst on average: {worst}."
        )


def _band(band: Values) -> list[list[str]]:
    low, middle, high = (100 * share for share in band["coverage, quantiles over faces 0.1, 0.5, 0.9"])
    return [
        [
            f"true pixels between minimum and maximum, nominal {100 * band['nominal']:.1f} %",
            percent(band["coverage"]),
        ],
        ["the same, faces at 10, 50, 90 % of all", f"{low:.1f} %, {middle:.1f} %, {high:.1f} %"],
        ["width, levels of 256", _level(band["width"])],
        ["interval score, less is better", _level(band["interval score"])],
        [
            "interval score of a band of constant width around the mean face, the best width for these photos",
            _level(band["interval score, constant width round the mean face"]),
        ],
        ["difference to that band", _level(band["ours less constant"])],
    ]


def _said(values: Mapping[str, object]) -> list[list[str]]:
    """Format other figures by name: shares of the detector's results in percent, others as they are."""
    rows = []
    for name, value in values.items():
        if isinstance(value, list):
            share = "none" in name
            rows.append([name, percent(value) if share else rate(value)])
        elif isinstance(value, float):
            rows.append([name, f"{value:.3f}"])
    return rows


def _level(triple: Sequence[float]) -> str:
    return f"{triple[0]:.1f} ({triple[1]:.1f} to {triple[2]:.1f})"


def enhance(results: Values) -> str:
    """Format the network next to the best classical method, one row per degradation and level."""
    found, counts = results["results"], results["counts"]
    cells, (clean, low, high, worst) = found["cells"], found["clean, identity"]
    columns = ["degradation, level", "n"]
    for word in MEASURES.values():
        columns += [f"{word}: ours", "best classical", "as it is", "gain over the best classical"]
    rows = []
    for cell, of in cells.items():
        row = [cell, str(of["features"]["n"])]
        for name in MEASURES:
            one = of[name]
            mark = "**" if one["significantly better"] else "*" if one["significantly worse"] else ""
            row += [f"{mark}{one['bareface']:.3f}{mark}", f"{one['its']:.3f} {one['best']}", f"{one['as it is']:.3f}"]
            row.append(change(one["gain"]))
        rows.append(row)
    lost, declined = (
        f"{sum(counts[what].values())} ({', '.join(f'{cell}: {n}' for cell, n in counts[what].items() if n) or 'none'})"
        for what in ("lost", "refused")
    )
    lines = [
        *aims(found),
        f"- Clean photos: cosine to the photo as it was {rate((clean, low, high))}, the worst twentieth below "
        f"{worst:.3f}; the aim is 0.90.",
        f"- {1000 * counts['seconds a face, median']:.0f} ms per face.",
        f"- Degraded photos in which no face was found: {lost}; faces that `enhance` would have declined and that are "
        f"counted all the same: {declined}.",
    ]
    return "\n\n".join(["\n".join(lines), table(columns, rows), *stale(results, "bareface-enhance")])


def enhance_others(results: Values) -> str:
    """Format a summary of the same on people who were not used before."""
    return "\n\n".join(["\n".join(aims(results["results"])), *stale(results, "bareface-enhance")])


def brightening(results: Values) -> str:
    """Format the light and the identity of brightened faces, and how often photos as they are get brightened."""
    levels = [
        [
            name,
            str(row["n"]),
            f"{row['gain, median']:.1f}",
            f"{row['error, dark']:.0f}",
            f"{row['error, brightened']:.0f}",
            *(f"{row[f'cosine, {which}']:.3f}" for which in ("dark", "enhanced", "brightened")),
            change(row["cosine, difference"]),
        ]
        for name, row in results["low light"].items()
    ]
    columns = [
        *("LFW", "n", "gain, median", "error of the mean luminance, grey levels: dark", "brightened"),
        *("cosine to the good photo: dark", "enhanced", "and brightened", "difference to dark"),
    ]
    plain = [
        [name, str(row["n"]), f"{100 * row['share brightened']:.1f} %"] for name, row in results["as they are"].items()
    ]
    rare = table(["photos as they are", "n", "brightened"], plain)
    return "\n\n".join([table(columns, levels), rare, *stale(results, "bareface-enhance")])


def aims(found: Values) -> list[str]:
    """Format in how many and which cells the network is better or worse, and whether the aims are met."""
    cells, bars = found["cells"], found["bars"]
    total, both = bars["cells"], bars["better on both"]
    worse = [cell for cell, of in cells.items() if any(of[name]["significantly worse"] for name in MEASURES)]
    surely = [cell for cell, of in cells.items() if all(of[name]["significantly better"] for name in MEASURES)]
    reached = "reached" if both >= 0.8 * total and not worse else "**not reached**"
    each = "; ".join(
        f"{word} better in {bars[name]['better']}, significantly in {bars[name]['significantly better']}, "
        f"significantly worse in {bars[name]['significantly worse']}"
        for name, word in MEASURES.items()
    )
    return [
        f"- Of {total} cells better than the best classical method on both measures: {both}. The aim, at least "
        f"{0.8 * total:.0f} and significantly worse in none, is {reached}.",
        f"- {each}.",
        f"- Significantly better on both in {len(surely)}: {', '.join(surely) or 'none'}.",
        f"- Significantly worse on either in {len(worse)}: {', '.join(worse) or 'none'}.",
    ]


def refusal(results: Values) -> str:
    """Count the restored pictures and the photos that were refused."""
    counts = [f"{count:,} {what}" for what, count in results.get("on record", {}).items() if isinstance(count, int)]
    record = f"On record: {', '.join(counts)}. " if counts else ""
    rows = [[name, said] for name, said in shares(_asked(results))]
    cost = f"{results['ms a face']:.0f} ms to check a face." if "ms a face" in results else ""
    shown = table(["shown for enrolment", "refused"], rows)
    return "\n\n".join([*filter(None, [(record + cost).strip()]), shown, *stale(results)])


def _asked(results: Values) -> Values:
    """Return the counts without other entries; older runs store them one level deeper."""
    rest = {name: value for name, value in results.items() if name not in ("machine", "weights", "on record", "counts")}
    return {**results.get("counts", {}), **rest}


def shares(values: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield every share in a nested mapping, with its path as its name: ``[share, low, high, n]`` or a mapping of
    counts.
    """
    for name, value in values.items():
        label = f"{above}: {name}" if above else name
        if isinstance(value, Mapping):
            if {"asked", "refused"} <= set(value):
                yield label, _counted(value)
            else:
                yield from shares(value, label)
        elif _is_share(value):
            yield label, percent(value)  # type: ignore[arg-type]


def _is_share(value: object) -> bool:
    if not isinstance(value, list) or len(value) != 4:
        return False
    share, low, high, n = map(float, value)
    return 0 <= low <= share <= high <= 1 <= n


def _counted(value: Mapping[str, Any]) -> str:
    asked, refused = value["asked"], value["refused"]
    ends = value.get("interval") or [value[end] for end in ("low", "high") if end in value]
    said = f"{refused:,} of {asked:,}"
    if asked:
        between = f", {100 * ends[-2]:.1f} to {100 * ends[-1]:.1f}" if len(ends) >= 2 else ""
        said += f" ({100 * refused / asked:.1f} %{between})"
    return said + (f", no face in {value['no face']:,}" if value.get("no face") else "")


def restored(results: Mapping[str, Values]) -> str:
    """Format a line each on completions, enhancement and refusal, for the benchmarks."""
    run, better = results["unmask"], results["enhance"]["results"]
    found, bars = run["results"], better["bars"]
    named = (("a completion", "completion"), ("the mean face", "mean face"), ("OpenCV's Telea", "Telea"))
    distances = ", ".join(f"{word} {rate(found['features']['mean'][name])}" for word, name in named)
    worse = " and ".join(f"{bars[name]['significantly worse']} ({word})" for name, word in MEASURES.items())
    rows = [row for row in shares(_asked(results["refusal"])) if _tells(row[0])]
    whole = [row for row in rows if row[0] in ("genuine", "genuine: all")]
    refused = [f"{n}: {said}" for n, said in rows if not (whole and n.startswith("genuine"))]
    refused += [f"{n}: {said}" for n, said in whole]
    return "\n".join(
        [
            f"- Completions under simulated masks (LFW, n = {run['counts']['faces']}), distance from the true face in "
            f"MobileFaceNet's layers: {distances}. The band of 20 completions contains "
            f"{percent(found['band']['coverage'])} "
            "of true pixels; a simple classifier distinguishes completions from photos with an AUC of "
            f"{found['AUC, real against completed']:.3f}.",
            f"- Enhanced faces (LFW, {results['enhance']['photos']} people), of {bars['cells']} kinds and degrees of "
            f"damage: better than the best classical method on both measures in {bars['better on both']}, "
            f"significantly worse in {worse}.",
            f"- Refused at enrolment: {'; '.join(refused)}.",
        ]
    )


def _tells(name: str) -> bool:
    """Return whether a row of the refusals is for the benchmarks: altered pictures and all genuine photos."""
    return "altered" in name or name.startswith("genuine")


def restoration(results: Values) -> str:
    """Format searches with the photo and with restored ones: errors, differences, verdicts, false matches created."""
    parts = []
    for condition, found in _conditions(results):
        metrics = [one["metric"] for one in found["systems"][0]["rates"]]
        rows = []
        for system in found["systems"]:
            rates = [rate(_triple(one["value"])) for one in system["rates"]]
            less = system["rates"][0]["less"]
            rows.append(
                [
                    system["system"],
                    *rates,
                    change(_triple(less)) if less else "",
                    system["rates"][0]["verdict"] or "",
                    "; ".join(_alarms(one) for one in system["alarms"][:1]),
                ]
            )
        title = f"{condition}: {found['probes']} probes, {found['gallery']} enrolled, {found['restored']} restored"
        columns = [
            title,
            *metrics,
            "first figure, difference to the original",
            "verdict",
            "false alarms at a promised 10 %",
        ]
        measured = [f"{name} {rate(_triple(value))}" for name, value in found["values"].items() if value["value"]]
        parts.append(table(columns, rows) + f"\n\n{'; '.join(measured)}.")
    weights = ", ".join(f"{name} {digest[:8]}" for name, digest in results["weights"].items())
    return "\n\n".join([*parts, f"Weights: {weights}.", *stale(results, *SEARCHED_WITH)])


def restoration_summary(results: Values) -> str:
    """Format one line per kind of mask, and one per method of enhancement."""
    rows: list[list[str]] = []
    enhanced: dict[str, dict[str, int]] = {}
    for condition, found in _conditions(results):
        said = {system["system"]: system["rates"][0] for system in found["systems"]}
        if "each completion" in said:
            shown = ("original, mask-aware", "each completion", "best of original and completions")
            rates = [f"{said[name]['value']['value']:.3f}" for name in shown]
            rows.append([f"{condition}, n = {found['subjects']}", *rates, said["each completion"]["verdict"]])
        for name, one in said.items():
            if name.startswith("enhanced"):
                counts = enhanced.setdefault(name, dict.fromkeys(("helps", "no difference shown", "harms"), 0))
                counts[one["verdict"]] += 1
    masks = table(["FNIR at FPIR 0.1", "the photo itself", "each completion", "best of all", "a completion"], rows)
    lines = [f"LFW, {name}, {sum(n.values())} degradations: {_words(n)}." for name, n in enhanced.items()]
    return "\n\n".join([masks, "\n".join(lines), *stale(results, *SEARCHED_WITH)])


SEARCHED_WITH: Final = ("bareface-mobile", "bareface-mobile-bare", "bareface-eigenface", "bareface-enhance")


def stale(results: Values, *needed: str) -> list[str]:
    """Return a sentence on weights of a run that differ from the package's; empty if there are none.

    Parameters
    ----------
    results
        Results of a run; ``weights`` are SHA-256 digests by model.
    needed
        Models whose weights it ought to name.
    """
    weights: Mapping[str, str] = results.get("weights", {})
    packaged = {card.id: [file.sha256 for file in card.files] for card in registry.cards() if card.packaged}
    other = [
        f"{name} ({digest[:8]}, now {packaged[name][0][:8] if name in packaged else 'gone'})"
        for name, digest in weights.items()
        if digest not in packaged.get(name, ())
    ]
    unknown = [name for name in needed if name not in weights]
    said = (
        [f"**Measured with other weights than those that come with bareface now: {', '.join(other)}.**"]
        if other
        else []
    )
    return said + ([f"The run did not record its weights of {', '.join(unknown)}."] if unknown else [])


def _conditions(results: Values) -> list[tuple[str, Values]]:
    found = results["results"].items()
    return [(f"{name}, {condition}", values) for name, of in found for condition, values in of.items()]


def _triple(estimate: Values) -> tuple[float, float, float]:
    return estimate["value"], estimate["low"], estimate["high"]


def _alarms(one: Values) -> str:
    said = f"{100 * one['realised']['value']:.1f} %"
    return said if one["created"] is None else f"{said}, {one['created']:g} created (any: {one['any']})"


def _words(verdicts: Mapping[str, int]) -> str:
    return ", ".join(f"{word} in {count}" for word, count in verdicts.items())
