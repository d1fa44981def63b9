"""``bareface evaluate restoration``: is a person found more often with a restored face than with the photo itself?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bareface.cli.evaluate import Groups, Level, Pad, Replicates, finite
from bareface.cli.options import EngineOptions, with_engine
from bareface.cli.output import Json, note, print_json, print_table, progress
from bareface.cli.shapes import plain
from bareface.errors import UsageError

if TYPE_CHECKING:
    from bareface.evaluation.bootstrap import Estimate
    from bareface.evaluation.restoration import ConditionResult, SystemResult
    from bareface.evaluation.restoration_conditions import Condition

CAUTIONS = (
    "Every system has its own threshold for the stated rate of false alarms. A verdict is that of the first rate: "
    "“helps” or “harms” where the interval of its difference from the original is clear of zero; of many such "
    "verdicts, one in twenty is wrong by chance.",
    "“false alarms”: of searches without a mate, the share that reaches bareface's own threshold for that FPIR, a "
    "restored picture being taken for the bare photo that it looks like; “created”: how many of them the original "
    "keeps below its threshold, on average over the pictures and with any of them.",
    "Simulated masks flatter every method.",
)


@with_engine
def restoration(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A folder with a folder per person, or a gallery with names.")
    ],
    options: EngineOptions,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="WORD", help="Only conditions whose name holds this.")
    ] = None,
    severity: Annotated[
        list[int] | None, typer.Option(min=1, max=5, help="Of degradations; 2 and 4 by default.")
    ] = None,
    completions: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="Guesses of each masked face.")] = 4,
    people: Annotated[int | None, typer.Option(min=2, metavar="N", help="At most so many people.")] = None,
    probes: Annotated[int, typer.Option(min=1, metavar="N", help="Searches a person and condition.")] = 1,
    groups: Groups = None,
    pad: Pad = 0,
    replicates: Replicates = 1000,
    level: Level = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same intervals.")] = 0,
    json: Json = False,
) -> None:
    """Does restoring help? Search with photos as they are and restored; a verdict for every condition."""
    from bareface.evaluation.bootstrap import Plan
    from bareface.evaluation.restoration import grouped, judged
    from bareface.evaluation.restoration_conditions import SHOWN, conditions, people_of
    from bareface.evaluation.restoration_run import Settings, run, usable
    from bareface.evaluation.tables import read_labels

    labels = read_labels(groups) if groups else ()
    tried = _chosen(conditions(sorted(set(severity)) if severity else SHOWN), only)
    settings = Settings(completions, usable(Settings().methods), people, probes, pad=pad)
    plan = Plan(replicates, seed, level)
    found_people = people_of(source)
    engine = options.engine()
    other = EngineOptions(embedder="dlib-resnet", threads=options.threads).engine()
    dlib = other if engine.geometry == other.geometry and engine.model != other.model else None
    found: list[ConditionResult] = []
    with progress("Searching") as advance:
        for trial in run(found_people, engine, dlib, tried, settings, advance):
            for part in (trial, *(part for labelling in labels for part in grouped(trial, labelling))):
                found.append(judged(part, plan))
                if not json:
                    print_condition(found[-1])
    if json:
        print_json(
            {"source": str(source), "conditions": [{**finite(plain(one)), "sentence": one.sentence} for one in found]}
        )
        return
    for one in found:
        note(one.sentence)
    for sentence in CAUTIONS if found else ("No person has a second photo to search with.",):
        note(sentence)


def _chosen(conditions: list[Condition], only: list[str] | None) -> list[Condition]:
    """The conditions whose name holds one of the words; all without words."""
    if not only:
        return conditions
    chosen = [one for one in conditions if any(word.lower() in one.name.lower() for word in only)]
    if not chosen:
        names = ", ".join(one.name for one in conditions)
        raise UsageError("usage.condition", f"no condition is called {' or '.join(only)}, only {names}.")
    return chosen


def print_condition(found: ConditionResult) -> None:
    """One table a condition, and what was measured of its pictures."""
    metrics = [rate.metric for rate in found.systems[0].rates]
    columns = ["searched with", *metrics, "less the original's", "verdict", "false alarms", "created"]
    title = f"{found.condition}: {found.probes} probes of {found.subjects} people, {found.gallery} enrolled"
    print_table(columns, [_row(one) for one in found.systems], right=metrics, long=columns[:1], title=title)
    lost = f", {found.lost} lost for want of a face" if found.lost else ""
    note(f"{found.restored} of {found.probes} restored, the others searched as they are{lost}")
    for name, value in found.values.items():
        note(f"{name}: {interval(value)}")


def _row(one: SystemResult) -> list[object]:
    first = one.rates[0].less
    less = None if first is None else f"{first.value:+.3f} ({first.low:+.3f} to {first.high:+.3f})"
    alarms = [f"{100 * each.realised.value:.1f} % for {100 * each.promised:g} %" for each in one.alarms]
    created = [f"{each.created:g}, any {each.any}" for each in one.alarms if each.created is not None]
    rates = [interval(rate.value) for rate in one.rates]
    return [one.system, *rates, less, one.verdict, "; ".join(alarms), "; ".join(created)]


def interval(value: Estimate) -> str:
    """An estimate with its interval, where it has one."""
    if value.method == "none":
        return f"{value.value:.3f}"
    return f"{value.value:.3f} ({value.low:.3f} to {value.high:.3f})"
