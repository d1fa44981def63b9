from __future__ import annotations

import numpy as np
import pytest

from bareface.calibration.calibration import BARE, Calibration
from bareface.errors import CalibrationError
from bareface.scores.score_file import ScoreFile, ScoreInfo

from .worlds import World

SPACE, MODEL = "dlib-128", "dlib-resnet"
PACKAGED = Calibration.packaged(SPACE, MODEL)


def code_of(function, *arguments, **options) -> str:
    with pytest.raises(CalibrationError) as caught:
        function(*arguments, **options)
    return caught.value.code


def test_the_packaged_calibration_names_its_people():
    assert PACKAGED.space == SPACE
    assert PACKAGED.model == MODEL
    assert "116 CelebA calibration identities" in PACKAGED.basis
    assert len(PACKAGED.entries) == 9


def test_an_unknown_space_has_none():
    assert code_of(Calibration.packaged, "elsewhere") == "calibration.missing"


def test_a_model_without_its_own_gets_another_of_its_space():
    assert Calibration.packaged(SPACE, "newcomer").space == SPACE


@pytest.mark.parametrize("states", sorted(PACKAGED.entries))
def test_thresholds_rise_as_rates_fall(states):
    thresholds = [PACKAGED.threshold(fmr, states) for fmr in (0.1, 1e-2, 1e-3, 1e-4)]
    assert (np.diff([t.similarity for t in thresholds]) > 0).all()
    assert [t.extrapolated for t in thresholds] == [False, False, False, True]


def test_masks_make_non_mated_faces_alike_and_mated_ones_less_so():
    bare, masked = PACKAGED.threshold(1e-2), PACKAGED.threshold(1e-2, ("full", "full"))
    assert masked.similarity > bare.similarity
    costs = [PACKAGED.entries[states].llr.cllr_logistic for states in (BARE, ("partial", "none"), ("full", "none"))]
    assert costs == sorted(costs)


def test_states_that_were_not_covered_are_stood_in_for_by_name():
    bare_only = Calibration(SPACE, MODEL, "some people", {BARE: PACKAGED.entries[BARE]})
    threshold = bare_only.threshold(1e-2, ("full", "none"))
    assert threshold.similarity == PACKAGED.threshold(1e-2).similarity
    assert threshold.extrapolated
    assert threshold.basis == (
        "some people; not calibrated for probe full, reference none: the figures are those of probe none, "
        "reference none"
    )
    assert bare_only.fpir(0.9, 100, states=("full", "none")).extrapolated
    assert not bare_only.fpir(0.9, 100).extrapolated


def test_the_mirrored_pair_stands_in_first():
    some = {states: PACKAGED.entries[states] for states in (BARE, ("none", "full"), ("full", "full"))}
    calibration = Calibration(SPACE, MODEL, "", some)
    assert calibration.nearest(("full", "none")) == ("none", "full")
    assert calibration.nearest(("partial", "none")) == BARE
    assert calibration.nearest(("partial", "full")) == ("full", "full")


def test_estimates_of_many_equal_those_of_one():
    similarities = [0.85, 0.92, 0.95]
    assert PACKAGED.fpirs(similarities, 500, 2.5) == tuple(PACKAGED.fpir(s, 500, 2.5) for s in similarities)
    rates = [(one.value, one.extrapolated) for one in PACKAGED.fpirs(similarities, 500, 2.5)]
    assert PACKAGED.rates(similarities, 500, 2.5) == rates


def test_decisions_follow_the_targets():
    strangers = PACKAGED.entries[BARE].strangers
    match, possible = (strangers.similarity_at_fpir(target, 1000, 2.0) for target in (0.003, 0.1))
    assert PACKAGED.decide(match + 1e-4, 1000, 2.0) == "match"
    assert PACKAGED.decide(match - 1e-3, 1000, 2.0) == "possible"
    assert PACKAGED.decide(possible + 1e-4, 1000, 2.0) == "possible"
    assert PACKAGED.decide(possible - 1e-3, 1000, 2.0) == "no match"
    assert PACKAGED.decide(possible + 1e-4, 1000, 2.0, targets=(0.2, 0.3)) == "match"


def test_more_photos_or_people_ask_for_more_similarity():
    values = [PACKAGED.fpir(0.93, n, m).value for n, m in ((100, 1), (100, 5), (1000, 5), (100_000, 5))]
    assert values == sorted(values)
    assert values[0] < values[-1]


def test_likelihood_ratios_rise_and_stay_within_what_was_seen():
    llrs = [PACKAGED.llr(s) for s in np.linspace(0.5, 1, 20)]
    assert llrs == sorted(llrs)
    assert llrs[0] < -2
    assert 2 < llrs[-1] < 6


def test_json_keeps_everything():
    again = Calibration.from_json(PACKAGED.to_json())
    assert again.to_json() == PACKAGED.to_json()
    assert again.fpir(0.94, 1000) == PACKAGED.fpir(0.94, 1000)
    assert again.llr(0.94, ("full", "none")) == PACKAGED.llr(0.94, ("full", "none"))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 2}', '{"format":1,"space":"s","model":"m","basis":"b","entries":[]}',
     PACKAGED.to_json().replace("log_hazard", "log_hazards"),
     PACKAGED.to_json().replace('"log_shape":[', '"log_shape":[1,')],
)  # fmt: skip
def test_other_texts_are_refused(text):
    assert code_of(Calibration.from_json, text) == "calibration.format"


@pytest.mark.parametrize("fmr", [0.0, 1.0, -1.0, np.nan])
def test_rates_outside_their_range_are_refused(fmr):
    assert code_of(PACKAGED.threshold, fmr) == "calibration.rate"


def test_impossible_searches_are_refused():
    assert code_of(PACKAGED.fpir, 0.9, 0) == "calibration.gallery"
    assert code_of(PACKAGED.fpir, 0.9, 10, 0.5) == "calibration.gallery"
    assert code_of(PACKAGED.fpir, np.nan, 10) == "calibration.scores"


def score_file(kind: str, people: int = 120, seed: int = 0, **changes) -> ScoreFile:
    """Return two photos of each person; all pairs once, or every probe against every reference."""
    rng = np.random.default_rng(seed)
    photos = np.repeat(np.arange(people), 2)
    if kind == "all pairs":
        row, column = np.triu_indices(photos.size, 1)
    else:
        row, column = (part.ravel() for part in np.indices((photos.size, photos.size)))
    mated = photos[row] == photos[column]
    score = np.where(
        mated, rng.normal(0.8, 0.1, row.size), World(1.0).scores(photos.size, photos.size, rng)[row, column]
    )
    prefix = "" if kind == "all pairs" else "probe "
    columns = {
        "probe": [f"{prefix}{i}" for i in row],
        "reference": [str(i) for i in column],
        "probe_subject": [str(photos[i]) for i in row],
        "reference_subject": [str(photos[i]) for i in column],
        "score": score,
        "info": ScoreInfo(kind=kind, space="world", model="maker"),
    }
    return ScoreFile.from_columns(**(columns | changes))


@pytest.mark.parametrize("kind", ["all pairs", "gallery"])
def test_a_score_file_is_fitted(kind):
    calibration = Calibration.fit(score_file(kind), basis="nobody")
    assert (calibration.space, calibration.model, calibration.basis) == ("world", "maker", "nobody")
    model = calibration.entries[BARE].strangers
    # Where all pairs stand in the file once, each pair of people is one; else it is two, one a direction.
    assert model.pairs == pytest.approx(120 * 119 / (2 if kind == "all pairs" else 1), rel=0.01)
    assert calibration.fpir(World(1.0).similarity(0.1, 50), 50).value == pytest.approx(0.1, rel=0.4)
    assert calibration.entries[BARE].llr.mated == (120 if kind == "all pairs" else 480)


def test_mask_states_of_a_score_file_are_fitted_apart_and_both_ways():
    scores = score_file("all pairs")
    states = {str(i): ("none", "full")[i % 2] for i in range(240)}
    both = score_file(
        "all pairs",
        probe_state=[states[scores.samples[i]] for i in scores.probe],
        reference_state=[states[scores.samples[i]] for i in scores.reference],
    )
    entries = Calibration.fit(both, basis="").entries
    assert set(entries) == {(a, b) for a in ("none", "full") for b in ("none", "full")}
    assert entries["none", "full"].strangers.pairs == entries["full", "none"].strangers.pairs == 120 * 119
    assert entries[BARE].llr is None


def test_failures_to_acquire_are_left_out():
    failed = np.zeros(len(score_file("all pairs")), bool)
    failed[::50] = True
    calibration = Calibration.fit(score_file("all pairs", fta=failed), basis="")
    assert calibration.entries[BARE].strangers.pairs < 120 * 119 / 2


def test_a_list_of_pairs_cannot_say_how_strangers_differ():
    scores = score_file("all pairs")
    few = scores.select(np.random.default_rng(0).random(len(scores)) < 0.1)
    assert code_of(Calibration.fit, few, basis="") == "calibration.sparse"
    assert code_of(Calibration.fit, scores.select(np.zeros(len(scores), bool)), basis="") == "calibration.scores"
