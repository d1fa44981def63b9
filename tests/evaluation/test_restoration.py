"""Does restoring help? On worlds small enough to count by hand, and on generated portraits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bareface.errors import EvaluationError
from bareface.evaluation.bootstrap import Counted, Estimate, Plan, paired
from bareface.evaluation.restoration import ORIGINAL, RANK_1, Scores, Trial, grouped, judged, searches, verdict
from bareface.evaluation.restoration_run import MEAN, fidelity
from bareface.evaluation.tables import Labelling
from bareface.reports.restoration import remarks, row

NO_INTERVALS = Plan(replicates=0)
TEN = np.arange(10)


def world(mates: list[float], strangers: list[float]) -> np.ndarray:
    """Return ten probes of ten people, with given scores for the own and the next person; 0 with all others."""
    table = np.zeros((10, 10))
    table[TEN, TEN] = mates
    table[TEN, (TEN + 1) % 10] = strangers
    return table


# At an FPIR of 0.1 one of ten strangers may be accepted: a score must exceed the second highest, 0.5 here.
BASE = world([0.9] * 6 + [0.45] * 3 + [-np.inf], [0.6, 0.5] + [0.2] * 8)


def trial(systems: dict[str, Scores], restored: list[bool] | None = None) -> Trial:
    drift = np.array([0.1] * 5 + [0.3] * 4 + [np.nan])
    return Trial("toy", TEN, systems, np.array(restored or [True] * 10), {"identity drift": drift})


def test_searches_by_hand() -> None:
    table = np.array([[0.5, 0.5, 0.1], [0.2, 0.3, 0.9], [-np.inf] * 3])
    mate, stranger, rank = searches(table, np.array([0, 1, 2]))
    assert mate.tolist() == [0.5, 0.3, -np.inf]
    assert stranger.tolist() == [0.5, 0.9, -np.inf]
    assert rank.tolist() == [2, 2, 0]  # a tie counts against the system; without a template there is no rank


def test_rates_by_hand() -> None:
    found = judged(trial({ORIGINAL: Scores((BASE,))}), NO_INTERVALS)
    (system,) = found.systems
    assert [rate.metric for rate in system.rates] == ["FNIR at FPIR 0.1", RANK_1]  # ten searches cannot show 0.01
    # Below 0.5 lie three mates, and one probe has no template; its search finds nobody at rank 1 either.
    assert [rate.value.value for rate in system.rates] == [0.4, 0.1]
    assert system.verdict is None
    assert (found.probes, found.subjects, found.gallery, found.restored) == (10, 10, 10, 10)
    assert found.values["identity drift"].value == pytest.approx((5 * 0.1 + 4 * 0.3) / 9)


def test_a_lost_probe_is_counted() -> None:
    lost = BASE.copy()
    lost[9] = -np.inf
    assert judged(trial({ORIGINAL: Scores((lost,))}), NO_INTERVALS).lost == 1


def test_rates_of_several_pictures_are_means() -> None:
    worse = world([0.9] * 4 + [0.45] * 5 + [-np.inf], [0.6, 0.5] + [0.2] * 8)
    systems = {ORIGINAL: Scores((BASE,)), "each": Scores((BASE, worse), restores=True)}
    each = judged(trial(systems), NO_INTERVALS).systems[1]
    assert each.rates[0].value.value == pytest.approx((0.4 + 0.6) / 2)
    assert each.rates[0].less is not None
    assert each.rates[0].less.value == pytest.approx(0.1)


def test_false_matches_created_are_counted_apart() -> None:
    # The original is over its threshold of 0.55 once, for probe 0. The pictures are over theirs of 0.4 for probes 0, 1
    # and 2, and for probes 2 and 3: created are 1 and 2 by the first, 2 and 3 by the second, 1, 2 and 3 by either.
    first = world([0.9] * 10, [0.6, 0.5, 0.45] + [0.2] * 7)
    second = world([0.9] * 10, [0.2, 0.2, 0.45, 0.45] + [0.2] * 6)
    systems = {
        ORIGINAL: Scores((BASE,), {0.1: np.full((1, 10), 0.55)}),
        "each": Scores((first, second), {0.1: np.full((2, 10), 0.4)}, restores=True),
        "other": Scores((first,), {0.1: np.full((1, 10), 0.4)}),
    }
    original, each, other = judged(trial(systems), NO_INTERVALS).systems
    assert (original.alarms[0].realised.value, original.alarms[0].created) == (0.1, None)
    assert each.alarms[0].realised.value == pytest.approx((3 + 2) / 20)
    assert (each.alarms[0].created, each.alarms[0].any, each.alarms[0].searches) == (2.0, 3, 10)
    assert other.alarms[0].created is None, "nothing was restored"
    unrestored = judged(trial(systems, [True, True, False, True, *[False] * 6]), NO_INTERVALS).systems[1]
    assert (unrestored.alarms[0].created, unrestored.alarms[0].any) == (1.0, 2)


def test_verdicts_follow_the_interval() -> None:
    assert verdict(Estimate(-0.1, -0.2, -0.01)) == "helps"
    assert verdict(Estimate(0.1, 0.01, 0.2)) == "harms"
    assert verdict(Estimate(0.1, 0.0, 0.2)) == "no difference shown"
    assert verdict(Estimate(-0.1, -0.2, 0.0)) == "no difference shown"
    assert verdict(Estimate(0.1)) == "no difference shown", "without an interval nothing is shown"


@pytest.mark.parametrize(("lift", "word"), [(0.5, "helps"), (-0.5, "harms"), (0.0, "no difference shown")])
def test_a_world_where_restoring_lifts_or_lowers_mates(lift: float, word: str) -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(0, 0.2, (200, 200))
    table[np.arange(200), np.arange(200)] += 0.6
    other = table.copy()
    other[np.arange(200), np.arange(200)] += lift
    systems = {ORIGINAL: Scores((table,)), MEAN: Scores((other,), restores=True)}
    found = judged(Trial("toy", np.arange(200), systems, np.ones(200, bool), {}), Plan(200))
    assert found.systems[1].verdict == word
    assert f"{MEAN} {word} (" in found.sentence


def test_paired_differences_that_never_vary_get_exact_bounds() -> None:
    agreed = Counted(0.0, np.zeros(100), 20)
    found = paired(agreed, agreed, Plan(100))
    assert found.method == "binomial"
    assert found.low < 0 < found.high


def test_fidelity_is_measured_inside_the_region_only() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    region = np.zeros((40, 40), bool)
    region[20:] = True
    outside = truth.copy()
    outside[:10] = 0
    assert fidelity(outside, truth, region) == (pytest.approx(1, abs=1e-6), pytest.approx(10 * np.log10(255**2 / 1e-3)))
    shifted = np.clip(truth.astype(int) + 10, 0, 255).astype(np.uint8)
    assert fidelity(shifted, truth, region)[1] == pytest.approx(28.1, abs=0.5)


def test_groups_of_people_are_searched_for_in_the_whole_gallery() -> None:
    names = tuple("abcdefghij")
    whole = replace(trial({ORIGINAL: Scores((BASE,), {0.1: np.full((1, 10), 0.55)})}), people=names)
    labelling = Labelling("age", "subject", {name: "old" if name < "f" else "young" for name in names[:-1]})
    old, young = grouped(whole, labelling)
    assert (old.condition, young.condition) == ("toy, age old", "toy, age young")
    assert (old.subject.tolist(), young.subject.tolist()) == ([0, 1, 2, 3, 4], [5, 6, 7, 8])
    found = judged(young, NO_INTERVALS)
    assert (found.probes, found.gallery) == (4, 10)
    assert found.values["identity drift"].value == pytest.approx(0.3)
    with pytest.raises(EvaluationError, match=r"evaluation\.labels"):
        list(grouped(whole, Labelling("pose", "file", {})))


def test_few_searches_are_said_to_be_few() -> None:
    found = judged(trial({ORIGINAL: Scores((BASE,))}), NO_INTERVALS)
    assert "fewer than 30 false alarms are expected at FPIR 0.1, so" in remarks(found)[0]
    assert remarks(found)[1] == "identity drift: 0.189"
    assert row(found.systems[0]) == [ORIGINAL, "0.400", "0.100", "", "", "", ""]
