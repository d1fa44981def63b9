"""Results on whether restoring helps, as rows for the terminal and as a self-contained page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bareface.evaluation.bootstrap import Estimate
from bareface.evaluation.metrics import support
from bareface.evaluation.restoration import TARGETS, ConditionResult, SystemResult

CAUTIONS: Final = (
    "Every system has its own threshold for the stated rate of false alarms. A verdict is that of the first rate: "
    "“helps” or “harms” where the interval of its difference from the original is clear of zero; of many such "
    "verdicts, one in twenty is wrong by chance.",
    "“false alarms”: of searches without a mate, the share that reaches bareface's own threshold for that FPIR, a "
    "restored picture being taken for the bare photo that it looks like; “created”: how many of them the original "
    "keeps below its threshold, on average over the pictures and with any of them.",
    "Simulated masks flatter every method.",
)


def columns(found: ConditionResult) -> list[str]:
    """Return the headings of a condition's table."""
    metrics = [rate.metric for rate in found.systems[0].rates]
    return ["searched with", *metrics, "less the original's", "verdict", "false alarms", "created"]


def row(one: SystemResult) -> list[str]:
    """Return a system's row of a condition's table."""
    first = one.rates[0].less
    less = "" if first is None else f"{first.value:+.3f} ({first.low:+.3f} to {first.high:+.3f})"
    alarms = [f"{100 * each.realised.value:.1f} % for {100 * each.promised:g} %" for each in one.alarms]
    created = [f"{each.created:g}, any {each.any}" for each in one.alarms if each.created is not None]
    rates = [interval(rate.value) for rate in one.rates]
    return [one.system, *rates, less, one.verdict or "", "; ".join(alarms), "; ".join(created)]


def title(found: ConditionResult) -> str:
    """Return the title of a condition's table."""
    return f"{found.condition}: {found.probes} probes of {found.subjects} people, {found.gallery} enrolled"


def remarks(found: ConditionResult) -> list[str]:
    """Say how many faces were restored, and what was measured of their pictures."""
    lost = f", {found.lost} lost: no face detected" if found.lost else ""
    first = f"{found.restored} of {found.probes} restored, the others searched as they are{lost}"
    few = [f"{target:g}" for target in TARGETS if support(target, found.probes) == "few"]
    if few:
        first += f"; fewer than 30 false alarms are expected at FPIR {' and '.join(few)}, so rates there are rough"
    return [first, *(f"{name}: {interval(value)}" for name, value in found.values.items())]


def interval(value: Estimate) -> str:
    """Return an estimate with its interval, if it has one."""
    if value.method == "none":
        return f"{value.value:.3f}"
    return f"{value.value:.3f} ({value.low:.3f} to {value.high:.3f})"


def page(found: Sequence[ConditionResult], source: str, made: datetime | None = None) -> bytes:
    """Render all conditions as one self-contained HTML page in UTF-8, without photos.

    Parameters
    ----------
    found
        The conditions.
    source
        Whose photos these are, as the user named them.
    made
        When; now, if not given.
    """
    from bareface.reports.page import render

    made = (made or datetime.now(UTC)).astimezone(UTC)
    return render(
        "does-it-help.html",
        sheets=("report.css", "evaluation.css"),
        source=source,
        made=made,
        when=f"{made.day} {made:%B %Y, %H:%M} UTC",
        sections=[
            {
                "title": title(one),
                "sentence": one.sentence,
                "columns": columns(one),
                "rows": [row(system) for system in one.systems],
                "remarks": remarks(one),
            }
            for one in found
        ],
        cautions=CAUTIONS,
    )
