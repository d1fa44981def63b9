"""Limits of a test of this size, in sentences to stand before its figures."""

from __future__ import annotations

import math

import numpy as np

from bareface.evaluation.analysis import Analysis
from bareface.evaluation.metrics import RULE_OF_30
from bareface.reports.rates import measured, percent
from bareface.values.words import plural


def cannot_show(analysis: Analysis) -> tuple[str, ...]:
    """Return sentences on what the numbers of comparisons, subjects and searches leave open."""
    return (*_rare_matches(analysis), *_misses(analysis), *_searches(analysis), *_failures(analysis))


def _rare_matches(analysis: Analysis) -> list[str]:
    metrics = analysis.verification
    if not metrics.nonmated:
        return ["There is no non-mated comparison, so nothing is known about false matches."]
    pairs = f"{plural(metrics.nonmated, 'non-mated comparison')} of {plural(metrics.subject_pairs, 'pair')} of people"
    sentences = []
    unseen = [percent(point.target) for point in metrics.tar if point.support == "too small"]
    if unseen:
        sentences.append(
            f"{pairs} cannot show a false match rate below {measured(1 / metrics.nonmated)}: nothing is said about"
            f" {' or '.join(unseen)}. {_people_needed(analysis)}"
        )
    few = [percent(point.target) for point in metrics.tar if point.support == "few"]
    if few:
        sentences.append(
            f"At a false match rate of {' and '.join(few)} fewer than {RULE_OF_30} false matches back the threshold;"
            " another set of people of this size would place it elsewhere."
        )
    return sentences


def _people_needed(analysis: Analysis) -> str:
    """Say how many people would back the lowest false match rate asked for, with as many photos each as here."""
    metrics = analysis.verification
    if analysis.scores.info.kind != "all pairs":
        return ""
    photos = np.union1d(analysis.scores.probe, analysis.scores.reference).size / metrics.subjects
    target = min(point.target for point in metrics.tar)
    people = math.ceil(math.sqrt(2 * RULE_OF_30 / target) / photos)
    return f"About {people:,} people with as many photos each would be needed for {percent(target)}."


def _misses(analysis: Analysis) -> list[str]:
    metrics = analysis.verification
    if not metrics.mated:
        return ["There is no mated comparison, so nothing is known about false non-matches."]
    sentences = []
    widest = [(p.tar.high - p.tar.low, p) for p in metrics.tar if p.support != "too small" and p.tar.method != "none"]
    if widest:
        width, point = max(widest, key=lambda item: item[0])
        sentences.append(
            f"The true accept rate at a false match rate of {percent(point.target)} is known to"
            f" ±{100 * width / 2:.1f} points with {plural(metrics.mated_subjects, 'subject')} in mated comparisons:"
            " two systems that differ by less look the same here, unless their difference is tested on the same people."
        )
    unerring = [p for p in metrics.tar if p.tar.value == 1.0 and p.tar.method == "binomial"]
    if unerring:
        point = unerring[0]
        sentences.append(
            f"No false non-match was seen at a false match rate of {percent(point.target)}. With"
            f" {plural(metrics.mated_subjects, 'subject')} the true rate may still be {measured(1 - point.tar.low)}."
        )
    return sentences


def _searches(analysis: Analysis) -> list[str]:
    metrics = analysis.identification
    if metrics is None:
        return ["Pairs say nothing about searches: FPIR and FNIR need a gallery."]
    sentences = [
        f"Searches were of a gallery of {plural(metrics.gallery, 'subject')}. In a larger one strangers score higher;"
        " these rates do not carry over."
    ]
    unseen = [percent(point.target) for point in metrics.identification if point.support == "too small"]
    if not metrics.nonmated:
        sentences.append("Every probe has a mate in the gallery, so nothing is known about strangers.")
    elif unseen:
        sentences.append(
            f"{plural(metrics.nonmated, 'non-mated search', 'non-mated searches')} cannot show a false positive"
            f" identification rate of {' or '.join(unseen)}."
        )
    return sentences


def _failures(analysis: Analysis) -> list[str]:
    share = analysis.verification.fta
    if not share > 0:
        return []
    return [
        f"{measured(share)} of comparisons were lost because a photo gave no template. They count as errors; how alike"
        " those faces are is not known."
    ]
