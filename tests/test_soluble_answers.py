"""Soluble markers between draws: by model, by ranks, by detection; rises; clearance."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import multivariate_normal, norm, ttest_1samp

from correlates.analyses.soluble.changes import VERDICTS, change_answers
from correlates.analyses.soluble.estimates import change_of
from correlates.analyses.soluble.figure import draw_changes
from correlates.analyses.soluble.levels import clearance_answers, rise_answers
from correlates.analyses.soluble.pairs import pairs_of
from correlates.assays.soluble.censored_fit import fit_normal
from correlates.assays.soluble.censored_pairs import fit_change, log_likelihood, quadrant
from correlates.clinical.dosing.phases import planned_phase
from correlates.clinical.dosing.settings import VisitSettings
from correlates.report.names import feature_name

DRAWS = ("C1D1 pre", "C1D8 pre")
DAYS = {"C0D1": 1, "C1D1": 29, "C1D8": 36, "C2D1": 57}
CENSORING = {"model_up_to_pct": 30, "ranks_up_to_pct": 70}
RISE = {"baseline": "C0D1 pre", "rise_pct": 50}


SHIPPED = Path(__file__).resolve().parent.parent / "config" / "config.yaml"


@pytest.fixture(scope="module")
def visits():
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return VisitSettings.of(content["clinical"]["visits"])


def table(values, feature="il6__conc__plasma"):
    """Return rows of values by patient and visit; ``<2`` and ``>9`` lie beyond limits."""
    rows = []
    for patient, by_visit in values.items():
        for visit, value in by_visit.items():
            row = {"patient": patient, "visit": visit, "timepoint": "pre", "day": DAYS[visit]}
            row |= {"phase": planned_phase(visit, "pre")}
            row |= {"specimen": "plasma", "feature": feature, "flags": [], "limit": math.nan}
            if value is None:
                row |= {"value": math.nan, "status": "not_evaluable"}
            elif str(value)[0] in "<>":
                limit = float(value[1:])
                status = "lt_lloq" if value[0] == "<" else "gt_uloq"
                row |= {"value": limit, "limit": limit, "status": status}
            else:
                row |= {"value": float(value), "status": "ok"}
            rows.append(row)
    return pd.DataFrame(rows)


def pairs(before, after, visits):
    values = {
        f"P{number:02d}": {"C1D1": one, "C1D8": other}
        for number, (one, other) in enumerate(zip(before, after, strict=True))
    }
    return pairs_of(table(values), DRAWS, visits)


def test_a_pair_needs_both_draws_and_values_that_can_be_used(visits):
    values = {"P1": {"C1D1": 2, "C1D8": 4}, "P2": {"C1D1": 2}, "P3": {"C1D1": 3, "C1D8": None}}
    found = pairs_of(table(values), DRAWS, visits)

    assert (found.n, found.n_without_draw, found.n_not_evaluable) == (1, 1, 1)


def test_a_draw_whose_value_is_lost_is_stood_for_by_its_other_name(visits):
    rows = table({"P1": {"C1D1": None, "C1D8": 4}, "P2": {"C1D1": 3, "C1D8": 6}})
    trough = table({"P1": {"C0D1": 2}, "P2": {"C0D1": 1}})
    trough = trough.assign(visit="C0D28", timepoint="trough", day=28, phase="IBR_RUNIN")

    found = pairs_of(pd.concat([rows, trough]), DRAWS, visits)

    assert [row["value"] for row in found.before] == [2, 3]


def test_a_draw_in_another_phase_than_its_visit_s_is_no_pair(visits):
    """Whoever began lenalidomide late was on ibrutinib alone at the draw called C1D8."""
    rows = table({"P1": {"C1D1": 2, "C1D8": 4}, "P2": {"C1D1": 3, "C1D8": 6}})
    is_late = (rows["patient"] == "P2") & (rows["visit"] == "C1D8")
    rows["phase"] = rows["phase"].mask(is_late, "IBR_RUNIN")

    found = pairs_of(rows, DRAWS, visits)

    assert (found.n, found.n_of_other_phase) == (1, 1)


def test_differences_of_censored_values_are_intervals(visits):
    low, high = pairs([2, "<2", "<2", 4], [8, 8, "<4", ">16"], visits).differences()

    assert low.tolist() == [pytest.approx(2), pytest.approx(2), -math.inf, pytest.approx(2)]
    assert high.tolist() == [pytest.approx(2), math.inf, math.inf, math.inf]


def test_without_limits_the_change_is_exact(visits):
    found = change_of(pairs([1, 2, 3, 4, 5, 6], [2, 4, 6, 8, 10, 12], visits), "model", 0.95)

    assert found.estimate == pytest.approx(2)
    assert found.p == pytest.approx(2 / 2**6)
    assert found.p_least == found.p


def test_a_censored_change_is_that_of_the_likelihood(visits):
    rng = np.random.default_rng(2)
    before = np.exp(rng.normal(1, 0.6, 60))
    after = before * 2 ** rng.normal(1.0, 0.5, 60)
    limit = np.quantile(before, 0.2)
    shown = [value if value >= limit else f"<{limit}" for value in before]
    found = change_of(pairs(shown, after, visits), "model", 0.95)

    assert math.log2(found.estimate) == pytest.approx(1.0, abs=0.2)
    assert found.low < 2 < found.high
    assert "likelihood" in found.method
    # with the limit in place of the values the change would be too small
    naive = np.mean(np.log2(after / np.maximum(before, limit)))
    assert naive < math.log2(found.estimate)


def ends_of(values, limit):
    return np.where(values < limit, -np.inf, values), np.where(values < limit, limit, values)


def test_pairs_censored_at_both_draws_do_not_bias_the_change():
    rng = np.random.default_rng(5)
    before = rng.normal(0, 1.5, 400)
    after = before + rng.normal(1, 0.8, 400)
    limit = np.quantile(np.concatenate([before, after]), 0.3)
    one, other = ends_of(before, limit), ends_of(after, limit)
    of_differences = fit_normal(other[0] - one[1], other[1] - one[0])

    found = fit_change(one, other)
    assert found.mean == pytest.approx(1, abs=0.1)
    assert found.low < 1 < found.high
    assert of_differences.mean > 1.12, "the likelihood of differences alone is biased"
    # mirrored, what lay below a limit lies above one
    mirrored = fit_change((-one[1], -one[0]), (-other[1], -other[0]))
    assert mirrored.mean == pytest.approx(-found.mean, abs=1e-3)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=1e-3)


def test_without_censoring_the_change_has_the_interval_by_students_t():
    rng = np.random.default_rng(6)
    before, change = rng.normal(0, 1, 8), rng.normal(1, 0.6, 8)
    found = fit_change((before, before), (before + change, before + change))
    interval = ttest_1samp(change, 0).confidence_interval(0.95)

    assert found.mean == pytest.approx(change.mean(), abs=1e-5)
    assert found.sd == pytest.approx(change.std(), abs=1e-4)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-4)


def test_the_likelihood_of_a_censored_pair_is_that_of_scipy():
    """Measured at both draws, at one of them, and below or above a limit at both."""
    level, change, sd_1, sd_2, corr = 0.3, 0.7, 1.2, 0.8, 0.6
    covariance = [[sd_1**2, corr * sd_1 * sd_2], [corr * sd_1 * sd_2, sd_2**2]]
    joint = multivariate_normal([level, level + change], covariance)
    of_2_given_1 = norm(
        level + change + corr * sd_2 / sd_1 * (0.1 - level), sd_2 * math.sqrt(1 - corr**2)
    )
    of_1_given_2 = norm(
        level + corr * sd_1 / sd_2 * (0.4 - level - change), sd_1 * math.sqrt(1 - corr**2)
    )
    low, up = -math.inf, math.inf
    cases = {
        (0.1, 0.1, 0.4, 0.4): joint.logpdf([0.1, 0.4]),
        (0.1, 0.1, low, 0.4): norm(level, sd_1).logpdf(0.1) + of_2_given_1.logcdf(0.4),
        (0.1, 0.1, 0.4, up): norm(level, sd_1).logpdf(0.1) + of_2_given_1.logsf(0.4),
        (low, 0.1, 0.4, 0.4): norm(level + change, sd_2).logpdf(0.4) + of_1_given_2.logcdf(0.1),
        (low, 0.1, low, 0.4): joint.logcdf([0.1, 0.4]),
        (low, 0.1, 0.4, up): math.log(norm(level, sd_1).cdf(0.1) - joint.cdf([0.1, 0.4])),
    }
    shape = (change, level, math.log(sd_1), math.log(sd_2), math.atanh(corr))
    for ends, expected in cases.items():
        told = log_likelihood(*(np.array([end]) for end in ends), shape)
        assert told == pytest.approx(expected, abs=1e-6)


def test_the_mass_of_a_quadrant_is_that_of_scipy():
    for a, b, corr in [(0.0, 0.0, 0.5), (-1.2, 0.4, 0.9), (-2.0, -2.5, -0.3), (0.0, -1.0, 0.99)]:
        told = quadrant(*(np.array([one]) for one in (a, b, corr)))[0]
        expected = multivariate_normal.cdf([a, b], cov=[[1, corr], [corr, 1]])
        assert told == pytest.approx(expected, abs=1e-7)


def test_the_interval_of_few_pairs_holds_the_change_as_often_as_it_says():
    rng, held = np.random.default_rng(4), []
    for _ in range(60):
        before, change = rng.normal(0, 1, 6), rng.normal(1, 0.6, 6)
        after, limit = before + change, -0.2
        fit = fit_change(ends_of(before, limit), ends_of(after, limit))
        held += [] if fit is None else [fit.low <= 1 <= fit.high]

    assert len(held) >= 20
    assert np.mean(held) >= 0.9


def test_ranks_count_directions_that_limits_leave_open_as_ties(visits):
    before, after = ["<2"] * 6 + [5, 3], [3, 4, 5, 6, "<2", "<3", 4, 6]
    found = change_of(pairs(before, after, visits), "ranks", 0.95)

    assert (found.rose, found.fell) == (5, 1)
    assert found.estimate == pytest.approx(5 / 6)
    assert found.p == pytest.approx(2 * 7 / 2**6)


def test_detection_is_at_one_limit_for_all(visits):
    """A value of 3 is detected at a limit of 2 and not at 4, so it counts as not detected."""
    before, after = ["<2", "<4", 3, "<2"], [5, 6, 7, 3]
    found = change_of(pairs(before, after, visits), "detected", 0.95)

    assert (found.rose, found.fell) == (3, 0)
    assert found.smallest_p == pytest.approx(0.25)


def rising(n=8, factor=3.0):
    rng = np.random.default_rng(1)
    return {
        f"P{i:02d}": {"C1D1": value, "C1D8": value * factor * (1 + 0.05 * i)}
        for i, value in enumerate(np.exp(rng.normal(1, 0.5, n)))
    }


def test_a_rise_is_told_with_interval_n_and_the_smallest_p(visits):
    (one,) = change_answers(table(rising()), [DRAWS], CENSORING, visits, 0.95, "Fixed order.")

    assert one["verdict"] == "rises"
    assert one["p"] == pytest.approx(2 / 2**8)
    assert "8 patients" in one["sentence"]
    assert "smallest attainable is 0.0078" in one["sentence"]
    assert one["caution"] == "Fixed order."


def test_five_pairs_cannot_show_a_change(visits):
    (one,) = change_answers(table(rising(5)), [DRAWS], CENSORING, visits, 0.95)

    assert one["verdict"] == "too few pairs"
    assert "cannot be reached" in one["sentence"]


def test_markers_are_handled_by_their_share_below(visits):
    half = {f"P{i:02d}": {"C1D1": "<2" if i % 4 else 3, "C1D8": 5 + i} for i in range(12)}
    most = {f"P{i:02d}": {"C1D1": "<2", "C1D8": 9 if i < 4 else "<2"} for i in range(12)}
    rows = pd.concat([table(half), table(most, "il2__conc__plasma")])
    of = {one["feature"]: one for one in change_answers(rows, [DRAWS], CENSORING, visits, 0.95)}

    assert "sign test" in of["il6__conc__plasma"]["sentence"]
    assert "McNemar" in of["il2__conc__plasma"]["sentence"]
    assert of["il2__conc__plasma"]["n_censored"] == 12
    assert {one["verdict"] for one in of.values()} <= set(VERDICTS)


def test_nobody_with_both_draws_is_told(visits):
    values = table({"P1": {"C1D1": 3}, "P2": {"C1D8": 4}})
    (one,) = change_answers(values, [DRAWS], CENSORING, visits, 0.95, labels={"il6": "IL-6"})

    assert (one["verdict"], one["n"]) == ("no pairs", 0)
    assert one["sentence"].startswith("IL-6 in plasma, C1D8 pre against C1D1 pre")


def test_a_draw_at_which_nobody_was_measured_asks_nothing(visits):
    assert change_answers(table({"P1": {"C1D1": 3}}), [DRAWS], CENSORING, visits, 0.95) == []


def test_rises_of_immunoglobulins_are_counted_at_the_highest_later_value(visits):
    values = {
        "P1": {"C0D1": 4, "C1D1": 6, "C2D1": 5},
        "P2": {"C0D1": 4, "C1D1": 5.9},
        "P3": {"C0D1": 4, "C1D1": None},
        "P4": {"C1D1": 9},
    }
    (one,) = rise_answers(table(values, "igg__conc__plasma"), RISE, visits, 0.95)

    assert (one["n"], one["estimate"], one["verdict"]) == (2, 0.5, "counted")
    assert one["ci_low"] == pytest.approx(0.0126, abs=1e-4)
    assert "IgG rose by 50 % or more in 1 of 2 patients" in one["sentence"]
    assert "2 patients without both values" in one["caution"]


def test_limits_do_not_take_the_highest_rises_away(visits):
    values = {
        "P1": {"C0D1": 4, "C1D1": ">20"},
        "P2": {"C0D1": "<0.2", "C1D1": 0.4},
        "P3": {"C0D1": 4, "C1D1": "<0.2"},
        "P4": {"C0D1": "<0.2", "C1D1": "<0.2"},
        "P5": {"C0D1": "<0.2", "C1D1": 0.25},
    }
    (one,) = rise_answers(table(values, "igm__conc__plasma"), RISE, visits, 0.95)

    assert (one["n"], one["n_censored"], one["estimate"]) == (5, 5, 0.4)
    assert "in 2 patients more a limit hides whether it did" in one["sentence"]
    # two of five rose, and up to four of five
    assert one["ci_low"] == pytest.approx(0.0527, abs=1e-4)
    assert one["ci_high"] == pytest.approx(0.9949, abs=1e-4)


def test_b2m_goes_with_clearance(visits):
    rng = np.random.default_rng(5)
    clearance = {f"P{i:02d}": {"C0D1": value} for i, value in enumerate(rng.uniform(30, 120, 20))}
    level = {
        patient: {"C0D1": 300 / one["C0D1"] * float(np.exp(rng.normal(0, 0.1)))}
        for patient, one in clearance.items()
    }
    rows = pd.concat([table(level, "b2m__conc__plasma"), table(clearance, "crcl__rate")])
    (one,) = clearance_answers(rows, "C0D1 pre", visits, 0.95)

    assert one["verdict"] == "goes with clearance"
    assert one["ci_low"] < -1 < one["ci_high"]
    assert one["n"] == 20


def test_without_clearance_nothing_is_said_of_it(visits):
    rows = table({"P1": {"C0D1": 4}}, "b2m__conc__plasma")

    assert clearance_answers(rows, "C0D1 pre", visits, 0.95) == []


def test_changes_are_drawn_with_what_is_only_a_direction(visits, tmp_path):
    most = {f"P{i:02d}": {"C1D1": "<2", "C1D8": 9 if i < 4 else "<2"} for i in range(12)}
    rows = pd.concat([table(rising()), table(most, "il2__conc__plasma")])
    answers = change_answers(rows, [DRAWS], CENSORING, visits, 0.95)
    draw_changes(answers, {"il2": "IL-2", "il6": "IL-6"}, tmp_path / "figure.svg")
    draw_changes([], {}, tmp_path / "none.svg")

    text = (tmp_path / "figure.svg").read_text()
    assert "100 % rose (40 to 100)" in text
    assert "IL-6, plasma" in text
    assert "No marker has two values" in (tmp_path / "none.svg").read_text()


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("il6__conc__plasma", "IL-6 in plasma"),
        ("stnfr1__conc__plasma", "sTNFR1 in plasma"),
        ("b2m__conc__serum", "β2-microglobulin in serum"),
        ("crcl__rate", "Creatinine clearance"),
    ],
)
def test_features_have_words_on_the_report(feature, words):
    assert feature_name(feature) == words
