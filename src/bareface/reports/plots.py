"""Plots of evaluation results. Every function returns a matplotlib figure; :func:`write` and :func:`svg` save it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bareface.errors import EvaluationError
from bareface.evaluation.analysis import Analysis, reliability_of, state_pairs
from bareface.evaluation.metrics import RULE_OF_30, Curve, Trials, at_fmr, det
from bareface.evaluation.open_set import cmc
from bareface.reports.fonts import font_file, further_fonts
from bareface.reports.rates import percent
from bareface.system import dependencies
from bareface.system.extras import optional
from bareface.system.files import write_atomically
from bareface.values.face import Float64
from bareface.values.words import plural, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bareface.calibration.calibration import Calibration
    from bareface.calibration.likelihood_ratio import Reliability

COLOURS = ("#0b6e99", "#c4532d", "#3d7f4d", "#7d5ba6", "#a8842c", "#5c6169", "#b8487c", "#2b9c97")
MATED, NONMATED = "#0b6e99", "#b5aca0"
INK, LINE = "#1b1d21", "#e2ded5"
SHARES = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99)
FEWEST_POINTS = 400
MOST_PANELS = 12
_LONGEST = 80


@contextmanager
def _own_style() -> Iterator[None]:
    """Use Matplotlib's defaults: a ``matplotlibrc`` in the current folder could run LaTeX, or change a report."""
    matplotlib = dependencies.matplotlib()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams["svg.hashsalt"] = "bareface"  # no random identifiers: equal results give equal files
        yield


@_own_style()
def det_plot(analyses: Sequence[Analysis]) -> Figure:
    """Draw DET curves on normal-deviate axes (Martin et al. 1997), where normal scores give straight lines.

    The shaded band is the bootstrap interval of FNMR at each FMR. A curve is dotted where fewer than 30 false
    matches back it, and ends where none does.
    """
    figure, axes = _canvas("False match rate (FMR)", "False non-match rate (FNMR)")
    for analysis, colour in zip(analyses, _colours(), strict=False):
        _tradeoff(axes, analysis.trials, colour, analysis.name)
        band = analysis.verification.band
        if band:
            x = _deviates([point.fmr for point in band])
            low, high = (_deviates([getattr(point.fnmr, end) for point in band]) for end in ("low", "high"))
            axes.fill_between(x, low, high, color=colour, alpha=0.13, linewidth=0)
        eer = analysis.verification.eer.value
        if 0 < eer < 1:
            axes.plot(*_deviates([eer, eer])[:, None], "o", color=colour, markersize=5, markeredgecolor="white")
    smallest = min((1 / max(a.trials.nonmated.size, 2) for a in analyses), default=1e-3)
    _deviate_axes(axes, smallest, [a.trials for a in analyses])
    return _with_legend(figure)


@_own_style()
def fnir_plot(analyses: Sequence[Analysis]) -> Figure:
    """Draw misses over false positives of open-set searches, on the same axes as :func:`det_plot`."""
    figure, axes = _canvas("False positive identification rate (FPIR)", "False negative identification rate (FNIR)")
    sides = [(a, a.searches.trials()) for a in analyses if a.searches]
    for (analysis, trials), colour in zip(sides, _colours(), strict=False):
        _tradeoff(axes, trials, colour, f"{analysis.name}, {plural(analysis.searches.gallery, 'subject')} enrolled")  # type: ignore[union-attr]
        for point in analysis.identification.identification if analysis.identification else ():
            if point.support != "too small" and not np.isnan(point.fnir.low):
                ends = _deviates([point.fnir.low, point.fnir.high])
                axes.plot(_deviates([point.target] * 2), ends, color=colour, linewidth=1.2, marker="_", markersize=6)
    smallest = min((1 / max(trials.nonmated.size, 2) for _, trials in sides), default=1e-2)
    _deviate_axes(axes, smallest, [trials for _, trials in sides])
    return _with_legend(figure)


@_own_style()
def cmc_plot(analyses: Sequence[Analysis], ranks: int = 50) -> Figure:
    """Draw how often the mate is among the first r candidates, whatever they score."""
    figure, axes = _canvas("Rank", "Mated searches with the mate found by then")
    lowest = 1.0
    sides = [(a, a.searches) for a in analyses if a.searches and a.searches.mated.any()]
    for place, ((analysis, searches), colour) in enumerate(zip(sides, _colours(), strict=False)):
        identification = analysis.identification
        shown = min(ranks, searches.gallery)
        curve = cmc(searches, shown)
        axes.step(np.arange(1, shown + 1), curve, where="post", color=colour, label=_words(analysis.name))
        lowest = min(lowest, float(curve[0]))
        for point in identification.investigation if identification else ():
            if point.rank <= shown and not np.isnan(point.fnir.low):
                hit = point.fnir.complement()
                # Beside one another, or intervals of several files would hide each other.
                axes.plot(
                    [point.rank * 1.02**place] * 2,
                    [hit.low, hit.high],
                    color=colour,
                    linewidth=1.2,
                    marker="_",
                    markersize=6,
                )
                lowest = min(lowest, hit.low)
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
    axes.set_xticks([], minor=True)
    axes.set_ylim(max(0.0, lowest - 0.05), 1.005)
    axes.yaxis.set_major_formatter(lambda value, _: percent(value))
    return _with_legend(figure)


@_own_style()
def histogram_plot(analysis: Analysis, fmr: float = 1e-2) -> Figure:
    """Draw scores of mated and non-mated comparisons, one panel for each combination of mask states."""
    scores = analysis.scores
    panels = state_pairs(scores)
    if len(panels) > MOST_PANELS:
        panels = {"all": np.ones(len(scores), dtype=bool)}
    figure = _figure(figsize=(6.4, 1.1 + 1.7 * len(panels)))
    valid = scores.score[~scores.fta]
    edges = np.linspace(*_span(valid), 61)
    point = at_fmr(analysis.trials, fmr)
    grid = np.ravel(figure.subplots(len(panels), 1, sharex=True, squeeze=False))
    for axes, (title, rows) in zip(grid, panels.items(), strict=True):
        _plain(axes)
        for kind, colour, name in ((~scores.mated, NONMATED, "non-mated"), (scores.mated, MATED, "mated")):
            of = rows & kind
            lost = int((of & scores.fta).sum())
            label = f"{plural(int(of.sum()), name + ' comparison')}" + (f", {lost:,} lost" if lost else "")
            values = scores.score[of & ~scores.fta]
            if of.any():
                weights = np.full(values.size, 1 / of.sum())
                axes.hist(values, edges, weights=weights, color=colour, alpha=0.75, label=label)
        if np.isfinite(point.threshold):
            axes.axvline(point.threshold, color=INK, linewidth=1, linestyle=(0, (4, 2)))
        axes.set_title("" if title == "all" else _words(title), loc="left", fontsize=9.5, color=INK)
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        if rows.any():
            axes.legend(loc="upper left", fontsize=8)
    grid[-1].set_xlabel(
        f"Score (dashed: threshold at FMR {percent(fmr)} over the file)" if np.isfinite(point.threshold) else "Score"
    )
    return figure


@_own_style()
def reliability_plot(entries: Sequence[tuple[str, Reliability]]) -> Figure:
    """Draw the probabilities that a calibration states over those observed, at even prior odds.

    A dot is hollow where one comparison more would move it by five points.
    """
    figure, axes = _canvas("Stated probability that both are one person", "Share that were, mated and non-mated even")
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=(0, (4, 2)))
    for (name, found), colour in zip(entries, _colours(), strict=False):
        backed = _steadiness(found) <= 0.05
        axes.plot(found.stated[backed], found.observed[backed], "o", color=colour, label=_words(name))
        axes.plot(found.stated[~backed], found.observed[~backed], "o", color=colour, markerfacecolor="white")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: percent(value))
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    return _with_legend(figure)


def all_plots(analyses: Sequence[Analysis], calibration: Calibration | None = None) -> Iterator[tuple[str, Figure]]:
    """Draw every plot that the score files allow; return each with a name for its file."""
    searched = [analysis for analysis in analyses if analysis.searches]
    yield "det", det_plot(analyses)
    if searched:
        yield "cmc", cmc_plot(searched)
        yield "fnir", fnir_plot(searched)
    for number, analysis in enumerate(analyses, start=1):
        yield ("scores" if len(analyses) == 1 else f"scores-{number}"), histogram_plot(analysis)
    if calibration:
        judged = [(a.name, found) for a in analyses if (found := reliability_of(a.scores, calibration))]
        if judged:
            yield "reliability", reliability_plot(judged)


def write(figure: Figure, path: str | Path) -> None:
    """Save a figure as ``.png``, ``.svg`` or ``.pdf``; raises ``evaluation.format`` for another ending."""
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in ("png", "svg", "pdf"):
        raise EvaluationError("evaluation.format/plot", source=str(path))
    write_atomically(path, _saved(figure, kind))


def svg(figure: Figure) -> bytes:
    """Return a figure as SVG, the same bytes each time."""
    return _saved(figure, "svg")


@_own_style()
def _saved(figure: Figure, kind: str) -> bytes:
    _use_further_fonts(figure)
    out = BytesIO()
    metadata = {"Date": None} if kind == "svg" else None  # no date, as above
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # a box stands for it
        figure.savefig(out, format=kind, dpi=160, metadata=metadata)
    return out.getvalue()


def _use_further_fonts(figure: Figure) -> None:
    """Let names of score files and labels be drawn in scripts that Matplotlib's own font does not have."""
    from matplotlib.text import Text

    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text()]
    further = further_fonts("".join(text.get_text() for text in texts))
    if further:
        families = ["DejaVu Sans", *map(_family, further)]
        for text in texts:
            text.set_fontfamily(families)


@cache
def _family(name: str) -> str:
    """Return the family of a packaged font, having made it known to Matplotlib."""
    from matplotlib import font_manager

    path = str(font_file(name))
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name()


def _words(name: str) -> str:
    """Return a name that can be drawn: no formula, no control character, not hidden from the legend, not too long."""
    text = printable(name)
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return text.replace("$", r"\$").lstrip("_") or " "


def _figure(figsize: tuple[float, float]) -> Figure:
    dependencies.matplotlib()
    from matplotlib.figure import Figure

    return Figure(figsize=figsize, layout="constrained")


def _canvas(x: str, y: str) -> tuple[Figure, Axes]:
    figure = _figure(figsize=(6.4, 5.0))
    axes = figure.subplots()
    _plain(axes)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def _plain(axes: Axes) -> None:
    axes.grid(color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(color=LINE, labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(LINE)


def _colours() -> tuple[str, ...]:
    return COLOURS * 8


def _deviates(shares: Any) -> Float64:
    """Return normal deviates of shares; 0 and 1 are drawn just outside any axis."""
    return np.asarray(optional("scipy.special").ndtri(np.clip(shares, 1e-9, 1 - 1e-9)), dtype=np.float64)


def _tradeoff(axes: Axes, trials: Trials, colour: str, name: str) -> None:
    curve = _thinned(det(trials))
    enough = curve.fmr >= RULE_OF_30 / max(trials.nonmated.size, 1)
    shown = curve.fmr > 0
    x, y = _deviates(curve.fmr), _deviates(curve.fnmr)
    axes.plot(x[shown], y[shown], color=colour, linewidth=1.2, linestyle=(0, (1, 1.5)))
    axes.plot(x[enough], y[enough], color=colour, linewidth=1.8, label=_words(name))


def _thinned(curve: Curve) -> Curve:
    """Thin a curve of millions of points: drop those that would be drawn on top of one another."""
    if curve.threshold.size <= FEWEST_POINTS:
        return curve
    cells = np.stack([np.round(_deviates(curve.fmr) * 200), np.round(_deviates(curve.fnmr) * 200)])
    moved = np.any(np.diff(cells, axis=1, prepend=np.nan) != 0, axis=0)
    return Curve(curve.threshold[moved], curve.fmr[moved], curve.fnmr[moved])


def _deviate_axes(axes: Axes, rarest: float, sides: Sequence[Trials]) -> None:
    """Set the axes from the rarest errors that were counted up to where the curves reach."""
    lowest = min((1 / max(side.mated.size, 2) for side in sides), default=1e-2)
    highest = max((at_fmr(side, 1 / max(side.nonmated.size, 2)).fnmr for side in sides), default=0.6)
    ranges = ((axes.xaxis, axes.set_xlim, rarest, 0.6), (axes.yaxis, axes.set_ylim, lowest, highest))
    for axis, limit, low, high in ranges:
        low, high = min(max(low, 1e-6), 0.05), min(max(np.nan_to_num(high, nan=0.6), 0.4) + 0.02, 0.99)
        ticks = [value for value in SHARES if low * 0.99 <= value <= high]
        axis.set_ticks(_deviates(ticks), [percent(value) for value in ticks])
        limit(float(_deviates(low)), float(_deviates(high)))


def _with_legend(figure: Figure) -> Figure:
    # Above the axes: inside, it would lie on one curve or another.
    if any(axes.get_legend_handles_labels()[0] for axes in figure.axes):
        figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=9)
    return figure


def _steadiness(found: Reliability) -> Float64:
    """Return how far one more comparison, of either kind, would move each dot."""

    def observed(mated: Any, nonmated: Any) -> Float64:
        share_of_mated = mated / max(found.mated.sum(), 1)
        return np.asarray(share_of_mated / (share_of_mated + nonmated / max(found.nonmated.sum(), 1)))

    moved = observed(found.mated + 1, found.nonmated), observed(found.mated, found.nonmated + 1)
    return np.maximum(*(np.abs(after - found.observed) for after in moved))


def _span(values: Float64) -> tuple[float, float]:
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (low - 0.5, high + 0.5)
