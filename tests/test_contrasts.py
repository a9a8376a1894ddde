"""Pre-specified contrasts: what is tested, what is refused, and how it reads."""

from dataclasses import replace

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from correlates.analyses.contrasts import COLUMNS, VALUE_COLUMNS, contrast_values, run_contrasts
from correlates.analyses.direction import direction_sentence
from correlates.analyses.markers import (
    MEASUREMENT_COLUMNS,
    CohortTables,
    NotOnLogScale,
    read_marker,
    tables_of,
)
from correlates.analyses.wording import p_value

CD4 = [800, 400, 1600, 100, 50, 200, 25, 400, 100]
CR = [1, 1, 1, 0, 0, 0, 0, 0, 0]


def cohort(values=CD4, status=None, limit=None, display_only=(), **endpoints):
    names = [f"P{number}" for number in range(1, len(values) + 1)]
    table = pd.DataFrame(
        {
            "patient": names,
            "marker": "t_cd4__abs@B1",
            "value": np.array(values, dtype=float),
            "status": status or ["ok"] * len(names),
            "limit": np.nan if limit is None else limit,
            "unit": "/uL",
        }
    )
    ends = pd.DataFrame({"cr": CR} | endpoints, index=names, dtype=float)
    return CohortTables(ends, table[MEASUREMENT_COLUMNS], frozenset(display_only))


def renamed(tables, marker):
    return replace(tables, measurements=tables.measurements.assign(marker=marker))


def contrast(**changed):
    plain = {"id": "H1", "feature": "t_cd4__abs", "baseline": "B1", "endpoint": "cr"}
    return plain | changed


def only(tables, **changed):
    return run_contrasts(tables, [contrast(**changed)]).iloc[0]


@pytest.mark.parametrize(
    ("endpoint", "kind", "said"),
    [
        ("pfs", "survival", "pfs is a time to an event, which has no two groups to compare"),
        ("spd_pct_change_best", "continuous", "spd_pct_change_best is a number, which has no two"),
    ],
)
def test_times_and_numbers_are_refused_and_crash_nothing(endpoint, kind, said):
    ends = {"pfs_time": np.arange(9), "pfs_event": CR, "spd_pct_change_best": np.arange(9)}
    tables = replace(cohort(**ends), kinds={endpoint: kind})

    row = only(tables, endpoint=endpoint)

    assert (row["status"], row["reason"]) == ("refused", "no_classes")
    assert said in row["sentence"]
    assert "name a binary endpoint" in row["sentence"]
    assert contrast_values(tables, [contrast(endpoint=endpoint)]).empty


def test_a_contrast_by_hand():
    row = only(cohort(), direction="higher_in_CR", source="a trial")

    # ranks of the events 8, 6.5, 9; log2 differences of 3 x 6, median (2 + 3 and their like)
    assert (row["status"], row["n_events"], row["n_non_events"]) == ("ok", 3, 6)
    assert row["estimate"] == pytest.approx(8)
    assert row["smallest_p"] == pytest.approx(2 / 84)
    assert row["p"] == pytest.approx(4 / 84)
    assert (row["median_events"], row["median_non_events"]) == (800, 100)
    assert row["source"] == "a trial"


def test_the_sentence_says_all_that_its_reading_needs():
    row = only(cohort(), direction="higher_in_CR")

    assert row["sentence"] == (
        "t_cd4__abs at B1 was 8.00 times as high in the 3 patients with a complete response (CR "
        "or CRi) as in the 6 without (medians 800 and 100 cells/µL; ratio 95 % interval 2.00 to "
        "32.0). Exact two-sided p = 0.0476; the smallest that these numbers of patients and ties "
        "allow is 0.0476. It was higher with the event, as expected. Quartiles: 600 to 1,200 "
        "cells/µL with the event, 62.5 to 175 cells/µL without."
    )
    assert "not a cause" in row["caution"]


@pytest.mark.parametrize("feature", ["t_cd8__net_pi_cmv", "t_cd8__net_cmv__ifng+il2-"])
def test_differences_are_compared_as_they_are(feature):
    row = only(renamed(cohort([-5, *CD4[1:]]), f"{feature}@B1"), feature=feature, transform="none")

    assert (row["status"], row["scale"]) == ("ok", "difference")


def test_a_difference_where_there_is_no_logarithm():
    row = only(cohort(), transform="none", direction="lower_in_CR")

    assert row["scale"] == "difference"
    assert row["estimate"] == pytest.approx(np.median(np.subtract.outer(CD4[:3], CD4[3:])))
    assert "It was higher with the event, the opposite of what was expected." in row["sentence"]


UP = {"estimate": 2.0, "ci_low": 1.1, "ci_high": 4.0, "p": 0.02}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        pytest.param(
            UP | {"claim": "higher"},
            "It was higher with the event, as expected.",
            id="the corrected p passes",
        ),
        pytest.param(
            {"estimate": 0.5, "ci_high": 0.9, "p": 0.02, "claim": "lower"},
            "It was lower with the event, the opposite of what was expected.",
            id="passes the other way",
        ),
        pytest.param(
            {"ci_high": 0.9, "direction": "lower", "p": 0.01, "claim": "lower"},
            "It was lower with the event, as expected.",
            id="passes where the limits hide the estimate",
        ),
        pytest.param(
            UP | {"direction": "two_sided", "claim": "higher", "family": "secondary"},
            "It passes the false discovery rate of 10 %: higher with the event; no direction was "
            "pre-specified.",
            id="a secondary contrast says at which rate",
        ),
        pytest.param(
            UP | {"claim": "higher", "family": "secondary", "family_size": 1},
            "It passes a level of 10 % as the only contrast of its family: higher with the event, "
            "as expected.",
            id="a rate over one contrast is a level",
        ),
        pytest.param(
            UP | {"ci_low": 0.9, "ci_high": np.inf, "confidence": 0.99, "claim": "higher"},
            "It was higher with the event, as expected.",
            id="an interval without an upper end is no criterion",
        ),
        pytest.param(
            UP | {"ci_low": 0.0, "confidence": 0.99, "claim": "higher"},
            "It was higher with the event, as expected.",
            id="nor one without a lower end",
        ),
        pytest.param(
            UP | {"ci_low": 0.9, "confidence": 0.99, "claim": "higher"},
            "It was higher with the event, as expected. The interval, a stricter criterion here, "
            "still includes no difference.",
            id="passes at 0.05 where a 99 % interval reaches no difference",
        ),
        pytest.param(
            UP,
            "Expected was higher with the event; the estimate points up; taken alone the interval "
            "excludes no difference, but the corrected p is above 0.05, so none is shown.",
            id="the interval alone shows nothing",
        ),
        pytest.param(
            UP | {"family_size": 1, "confidence": 0.9, "p": 0.08},
            "Expected was higher with the event; the estimate points up; taken alone the interval "
            "excludes no difference, but p is above 0.05, so none is shown.",
            id="a 90 % interval moves no level",
        ),
        pytest.param(
            UP | {"family": "secondary"},
            "Expected was higher with the event; the estimate points up; taken alone the interval "
            "excludes no difference, but q is above 0.1, so none is shown.",
            id="a secondary contrast that does not pass",
        ),
        pytest.param(
            UP | {"family": "exploratory"},
            "Expected was higher with the event; the estimate points up; taken alone the interval "
            "excludes no difference, but the contrast is exploratory and its p not corrected, so "
            "none is shown.",
            id="an exploratory contrast shows none",
        ),
        pytest.param(
            {"estimate": 1.1, "ci_low": 0.5, "ci_high": 2.0},
            "Expected was higher with the event; the estimate points up; the interval includes no "
            "difference.",
            id="including no difference shows nothing",
        ),
        pytest.param(
            {"estimate": 0.9, "ci_low": 0.5, "ci_high": 2.0, "direction": "two_sided"},
            "The estimate points down; the interval includes no difference.",
            id="without an expectation",
        ),
        pytest.param(
            {},
            "Expected was higher with the event; the limits hide the estimate; the interval "
            "includes no difference.",
            id="nothing is known, and nothing points anywhere",
        ),
        pytest.param(
            {"estimate": 1.0, "ci_low": 1.0, "ci_high": 2.0, "p": 0.03},
            "Expected was higher with the event; the interval includes no difference. Taken alone "
            "the test rejects no difference: with ties as many as these the interval, which spans "
            "every shift that is not rejected, still reaches it.",
            id="the test rejects and the interval touches",
        ),
    ],
)
def test_the_direction_is_that_of_the_corrected_p(changed, sentence):
    plain = {"direction": "higher", "scale": "ratio", "estimate": np.nan, "ci_low": 0.0}
    plain |= {"ci_high": np.inf, "p": 0.8, "confidence": 0.95}
    plain |= {"family": "primary", "family_size": 2, "claim": ""}

    assert direction_sentence(plain | changed) == sentence


@pytest.mark.parametrize(
    ("tables", "changed", "reason", "sentence"),
    [
        pytest.param(
            cohort(orr=[1] * 8 + [np.nan]),
            {"endpoint": "orr"},
            "one_class",
            "All 8 evaluable patients had a response (PR or better), so nothing can be compared. "
            "Left out: 1 patient without an evaluable endpoint.",
            id="everybody responded",
        ),
        pytest.param(
            cohort(tfr_any=[0] * 9),
            {"endpoint": "tfr_any"},
            "one_class",
            "None of the 9 evaluable patients had a tumor flare reaction, so nothing can be "
            "compared.",
            id="nobody flared",
        ),
        pytest.param(
            cohort(response_depth=[2] * 9),
            {"endpoint": "response_depth"},
            "one_class",
            "All 9 evaluable patients have the same response_depth (2), so nothing can be "
            "compared.",
            id="one depth only",
        ),
        pytest.param(
            cohort(tfr_ordinal=[0, 1, 2] * 3),
            {"endpoint": "tfr_ordinal"},
            "more_than_two_classes",
            "tfr_ordinal takes 3 values (0, 1, 2), and this comparison takes two groups; name a "
            "binary endpoint.",
            id="three grades",
        ),
        pytest.param(
            cohort(tfr_any=[1, 1] + [0] * 7),
            {"endpoint": "tfr_any"},
            "too_few_events",
            "Only 2 of the 9 patients with a value had a tumor flare reaction: the values are "
            "listed and not tested.",
            id="two events are described only",
        ),
        pytest.param(
            cohort(tfr_any=[0, 0] + [1] * 7),
            {"endpoint": "tfr_any"},
            "too_few_events",
            "Only 2 of the 9 patients with a value did not have a tumor flare reaction: the values "
            "are listed and not tested.",
            id="two non-events are described only",
        ),
        pytest.param(
            cohort(status=["missing"] * 3 + ["ok"] * 6),
            {},
            "one_class",
            "None of the 6 evaluable patients with a value of t_cd4__abs@B1 had a complete "
            "response (CR or CRi), so nothing can be compared. Left out: 3 patients without a "
            "measurement (3 with the event).",
            id="the events were not measured",
        ),
        pytest.param(
            cohort(values=[np.nan] * 9, status=["not_evaluable"] * 9),
            {},
            "all_missing",
            "No patient with an evaluable endpoint has a usable value of t_cd4__abs@B1. Left out: "
            "9 patients whose value could not be evaluated (3 with the event and 6 without).",
            id="nobody was measured",
        ),
        pytest.param(
            cohort(),
            {"feature": "t_cd4_abs"},
            "unknown_feature",
            "The cohort holds no marker t_cd4_abs@B1. Nearest: t_cd4__abs@B1.",
            id="a mistyped marker",
        ),
        pytest.param(
            cohort(),
            {"endpoint": "crr"},
            "unknown_endpoint",
            "The cohort holds no endpoint crr. Nearest: cr.",
            id="a mistyped endpoint",
        ),
        pytest.param(
            cohort(orr=[np.nan] * 9),
            {"endpoint": "orr"},
            "no_evaluable_patient",
            "No patient is evaluable for orr.",
            id="nobody is evaluable",
        ),
        pytest.param(
            cohort(values=[-5, *CD4[1:]]),
            {},
            "negative_values",
            "t_cd4__abs@B1: 1 of its values is negative, so it has no logarithm; compare it with "
            "the transform none.",
            id="a negative value has no logarithm",
        ),
        pytest.param(
            renamed(cohort(), "t_cd8__net_cmv__ifng@B1"),
            {"feature": "t_cd8__net_cmv__ifng"},
            "negative_values",
            "t_cd8__net_cmv__ifng@B1 is a difference that may be negative, so it has no logarithm; "
            "compare it with the transform none.",
            id="a difference that happens to be positive in all",
        ),
        pytest.param(
            renamed(cohort(), "cll__dmfi__cd86@B1@fresh_wb"),
            {"feature": "cll__dmfi__cd86"},
            "negative_values",
            "cll__dmfi__cd86@B1@fresh_wb is a difference that may be negative, so it has no "
            "logarithm; compare it with the transform none.",
            id="a difference of medians",
        ),
        pytest.param(
            cohort(),
            {"transform": "sqrt"},
            "unknown_transform",
            "The transform 'sqrt' is unknown; it is log2 or none.",
            id="an unknown transform",
        ),
        pytest.param(
            cohort(values=[7] * 9),
            {},
            "all_tied",
            "All 9 values of t_cd4__abs@B1 are equal, so nothing can be compared.",
            id="all values are equal",
        ),
        pytest.param(
            cohort(values=[0] * 9),
            {},
            "all_tied",
            "All 9 values of t_cd4__abs@B1 are zero and equal, so nothing can be compared.",
            id="all values are zero",
        ),
        pytest.param(
            cohort(values=[0] * 9, status=["ok"] * 7 + ["missing", "nd"]),
            {},
            "all_tied",
            "All 7 values of t_cd4__abs@B1 are zero and equal, so nothing can be compared. Left "
            "out: 1 patient beyond a limit that is not recorded (1 without the event), 1 patient "
            "without a measurement (1 without the event).",
            id="all that were measured are zero",
        ),
        pytest.param(
            cohort(values=[0] * 9),
            {"transform": "none"},
            "all_tied",
            "All 9 values of t_cd4__abs@B1 are equal, so nothing can be compared.",
            id="all values are zero without a logarithm",
        ),
        pytest.param(
            cohort(values=[0] * 8 + [7], status=["nd"] * 8 + ["ok"], limit=[7] * 7 + [9, 9]),
            {},
            "all_tied",
            "All 9 values of t_cd4__abs@B1 are equal or beyond the common limit, so nothing can be "
            "compared. The floor is the limit of P8 (9.00 cells/µL). More events in that tube "
            "would lower it, and a higher flow.min_leukocytes, set before results are seen, would "
            "leave such a tube out.",
            id="the one value that was measured is below another's limit",
        ),
        pytest.param(
            cohort(display_only=["t_cd4__abs@B1"]),
            {},
            "display_only",
            "t_cd4__abs@B1 is a share that mostly measures the leukemic burden: it is shown and "
            "not tested. Name an absolute count, or a share of another parent.",
            id="a share of lymphocytes is shown only",
        ),
        pytest.param(
            renamed(cohort(display_only=["lymph__mfi__cd3@B1"]), "lymph__mfi__cd3@B1"),
            {"feature": "lymph__mfi__cd3"},
            "display_only",
            "lymph__mfi__cd3@B1 is a median over the clone and other cells that mostly measures "
            "the leukemic burden: it is shown and not tested. Name an absolute count, or the "
            "intensity on one kind of cell.",
            id="an intensity over a mixture is shown only",
        ),
    ],
)
def test_refusals(tables, changed, reason, sentence):
    row = only(tables, **changed)

    assert (row["status"], row["reason"], row["sentence"]) == ("refused", reason, sentence)
    assert np.isnan(row["p"])


def test_two_events_are_described_though_not_tested():
    tables = cohort(tfr_any=[1, 1] + [0] * 7)
    row = only(tables, endpoint="tfr_any")

    assert (row["n_events"], row["median_events"]) == (2, 600)
    assert len(contrast_values(tables, [contrast(endpoint="tfr_any")])) == 9


def test_an_ordinal_endpoint_of_two_levels_is_two_groups():
    row = only(cohort(response_depth=[3, 3, 3, 2, 2, 2, 2, 2, 2]), endpoint="response_depth")

    assert row["p"] == only(cohort())["p"]
    assert "patients with response_depth of 3" in row["sentence"]


def test_missing_is_counted_by_cause():
    status = ["ok"] * 5 + ["missing", "not_evaluable", "nd", "ok"]
    row = only(cohort(status=status, orr=[1, 1, 1, 0, 0, 0, 0, 0, np.nan]), endpoint="orr")

    assert row["missing"] == (
        "censored_without_limit=1;endpoint_not_evaluable=1;missing=1;not_evaluable=1"
    )
    assert row["n_missing"] == 4
    assert row["reason"] == "too_few_events"


def test_an_infinite_value_is_left_out_as_that():
    row = only(cohort(values=[800, 400, 1600, np.inf, *CD4[4:]]))

    assert row["missing"] == "infinite=1"
    assert "Left out: 1 patient with an infinite value (1 without the event)." in row["sentence"]


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.0237, "p = 0.024"),
        (0.0496, "p = 0.0496"),
        (0.0504, "p = 0.0504"),
        (0.05, "p = 0.0500"),
        (0.049996, "p = 0.049996"),
        (0.0500004, "p = 0.0500004"),
        (0.1004, "p = 0.1004"),
        (0.0996, "p = 0.0996"),
        (0.10004, "p = 0.10004"),
        (0.1, "p = 0.100"),
        (0.0976, "p = 0.0976"),
        (0.106, "p = 0.11"),
        (0.99996, "p = 1"),
        (0.00009, "p < 0.0001"),
    ],
    ids=str,
)
def test_no_p_is_rounded_across_the_level(p, said):
    assert p_value(p) == said


@pytest.mark.parametrize(
    ("value", "status", "limit", "expected", "side"),
    [
        pytest.param(0, "nd", 16, 4, -1, id="none detected: below its limit"),
        pytest.param(12, "lt_lloq", 16, 4, -1, id="below quantification: the limit, not the value"),
        pytest.param(99, "gt_uloq", 64, 6, 1, id="above its limit"),
        pytest.param(0, "ok", np.nan, 3, -1, id="a zero is below the smallest positive value, 8"),
        pytest.param(0, "ok", 16, 4, -1, id="a zero with a limit is below it"),
        pytest.param(8, "ok", 16, 3, 0, id="a value is its logarithm"),
    ],
)
def test_limits_on_the_log_scale(value, status, limit, expected, side):
    rows = pd.DataFrame(
        {"value": [value, 8, 32], "status": [status, "ok", "ok"], "limit": [limit, None, None]}
    )
    marker = read_marker(rows, "log2")

    assert (marker.value[0], marker.side[0]) == (expected, side)
    assert marker.value[1:].tolist() == [3, 5]


def test_a_zero_stays_a_zero_without_a_logarithm():
    rows = pd.DataFrame({"value": [0.0, -3], "status": ["ok"] * 2, "limit": [np.nan] * 2})

    assert read_marker(rows, "none").value.tolist() == [0, -3]
    with pytest.raises(NotOnLogScale):
        read_marker(rows, "log2")


def test_values_below_the_highest_limit_are_tied():
    low = ["ok"] * 6 + ["nd", "ok", "lt_lloq"]
    row = only(cohort(status=low, limit=[np.nan] * 6 + [150, np.nan, 150]))
    values = contrast_values(
        cohort(status=low, limit=[np.nan] * 6 + [150, np.nan, 150]), [contrast()]
    )

    assert row["n_censored"] == 2
    assert (row["median_non_events"], row["median_non_events_sign"]) == (150, "<=")
    assert (row["floor"], row["n_floor"], row["n_floor_measured"]) == (150, 4, 2)
    assert (
        "Beyond their limit are 0 of the 3 values with the event (0 %) and 2 of the 6 without "
        "(33 %). All 4 values below the highest of these limits (150 cells/µL), 2 of them "
        "measured, are tied."
    ) in row["sentence"]
    assert "Caution" not in row["sentence"]
    assert "(medians 800 and at most 150" in row["sentence"]
    assert values.query("censored == 'below'")["value"].tolist() == pytest.approx([150, 150])


def test_a_difference_of_limits_is_told():
    status = ["ok"] * 5 + ["nd"] * 2 + ["ok"] * 2
    row = only(cohort(status=status, limit=[30, 40, 50] + [20] * 6))

    assert row["limit_ratio"] == 2
    assert "their median is 2.00 times as high in those with the event" in row["sentence"]


@pytest.mark.parametrize(
    ("status", "ratio"),
    [
        pytest.param(
            ["nd"] * 2 + ["ok"] * 7, 5, id="detection is not compared with quantification"
        ),
        pytest.param(["nd"] * 3 + ["ok"] * 6, np.nan, id="nobody with the event has one"),
        pytest.param(["gt_uloq"] * 2 + ["ok"] * 7, 5, id="nor is an upper limit"),
        pytest.param(["lt_lloq"] * 2 + ["ok"] * 7, 2, id="below quantification is of the kind"),
    ],
)
def test_limits_of_one_kind_are_compared(status, ratio):
    row = only(cohort(status=status, limit=[20, 40, 100] + [20] * 6))

    assert row["limit_ratio"] == pytest.approx(ratio, nan_ok=True)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        pytest.param(30, "", id="one value is tied with none"),
        pytest.param(60, "Both values below the highest of these limits (60.0 cells/µL), 1 of them "
                     "measured, are tied.", id="two"),
    ],
)  # fmt: skip
def test_how_many_are_tied(limit, said):
    sentence = only(cohort(status=["ok"] * 6 + ["nd", "ok", "ok"], limit=limit))["sentence"]

    assert "Beyond their limit are 0 of the 3" in sentence
    assert said in sentence
    assert (" tied." in sentence) == bool(said)


def test_values_by_patient():
    table = contrast_values(cohort(), [contrast()])

    assert list(table.columns) == VALUE_COLUMNS
    assert table["patient"].tolist() == [f"P{number}" for number in range(1, 10)]
    assert table["value"].tolist() == pytest.approx(CD4)
    assert table["group"].tolist() == ["event"] * 3 + ["non-event"] * 6


def test_nothing_specified_is_an_empty_table():
    assert list(run_contrasts(cohort(), []).columns) == COLUMNS
    assert list(contrast_values(cohort(), []).columns) == VALUE_COLUMNS


def in_specimens(*specimens, named=True):
    """The cohort with its marker measured in each of these, as the cohort names it."""
    plain = cohort()
    parts, of = [], {}
    for specimen in specimens:
        name = f"t_cd4__abs@B1@{specimen}" if named else "t_cd4__abs@B1"
        parts.append(plain.measurements.assign(marker=name))
        of[name] = specimen
    return CohortTables(plain.endpoints, pd.concat(parts), specimens=of)


@pytest.mark.parametrize(
    ("tables", "asked", "marker"),
    [
        pytest.param(
            in_specimens("fresh_wb", named=False),
            "",
            "t_cd4__abs@B1",
            id="one specimen, none asked",
        ),
        pytest.param(
            in_specimens("fresh_wb", named=False), "fresh_wb", "t_cd4__abs@B1", id="the only one"
        ),
        pytest.param(in_specimens("marrow"), "", "t_cd4__abs@B1@marrow", id="only one holds it"),
        pytest.param(
            in_specimens("fresh_wb", "marrow"), "marrow", "t_cd4__abs@B1@marrow", id="one of two"
        ),
    ],
)
def test_the_specimen_is_found(tables, asked, marker):
    row = only(tables, specimen=asked)

    assert (row["status"], row["marker"]) == ("ok", marker)
    assert (" at B1 in marrow was " in row["sentence"]) == marker.endswith("marrow")


@pytest.mark.parametrize(
    ("tables", "asked", "reason", "sentence"),
    [
        pytest.param(
            in_specimens("fresh_wb", "marrow"), None, "several_specimens",
            "t_cd4__abs@B1 was measured in fresh_wb and marrow, which one test never mixes: say "
            "which is meant, for example `specimen: fresh_wb`.",
            id="two, none asked",
        ),
        pytest.param(
            in_specimens("fresh_wb", named=False), "marrow", "unknown_feature",
            "t_cd4__abs@B1 was measured in fresh_wb, and not in marrow.",
            id="another than is held",
        ),
    ],
)  # fmt: skip
def test_a_specimen_that_is_not_plain_is_refused(tables, asked, reason, sentence):
    row = only(tables, specimen=asked)

    assert (row["status"], row["reason"], row["sentence"]) == ("refused", reason, sentence)


def test_flags_of_the_values_that_are_used_are_counted():
    tables = cohort(status=["ok"] * 8 + ["missing"])
    flags = ["fallback_no_valley;cbc_repeated", "fallback_few_events;fallback_no_valley", "cbc_x"]
    tables.measurements["flags"] = [*flags, *[""] * 5, "fallback_no_valley"]
    row = only(tables)

    assert row["flags"] == "fallback_no_valley=2;cbc_repeated=1;cbc_x=1;fallback_few_events=1"
    assert (
        "2 of 8 values rest on a gate set by its fallback (fallback_no_valley, "
        "fallback_few_events). Other flags of these 8 values: cbc_repeated 1, cbc_x 1."
    ) in row["sentence"]
    assert only(cohort())["flags"] == ""


def test_the_smallest_p_is_that_of_the_ties():
    # one value above eight equal ones: 3 of 9 groups of 3 hold it, and no group is rarer
    row = only(cohort(values=[9, *[1] * 8]))

    assert row["smallest_p"] == pytest.approx(2 / 84)
    assert row["smallest_p_with_ties"] == pytest.approx(2 / 3)
    assert "the smallest that these numbers of patients and ties allow is 0.67" in row["sentence"]
    assert "given the ties, is 0.67" in row["family_sentence"]


def test_a_marker_taken_later_is_an_association_only():
    tables = cohort()
    tables.measurements["marker"] = "t_cd4__abs@C1D8"

    assert "consequence" in only(tables, baseline="C1D8")["caution"]


def test_the_cohort_is_read_from_anndata(tmp_path):
    patients = pd.DataFrame(
        {"cr": [1, 0, np.nan], "sex": pd.Categorical(["f", "m", "f"])}, index=["P1", "P2", "P3"]
    )
    names = ["nk__abs@B1", "nk__abs@B0"]
    marker = pd.DataFrame({"unit": "/uL", "display_only": [False, True]}, index=names)
    held = ad.AnnData(
        X=np.array([[1.0, np.nan], [3, 0], [5, 6]]),
        obs=patients,
        var=marker,
        layers={
            "status": np.array([[0, 2], [0, 1], [0, 0]], dtype=np.int8),
            "limit": np.array([[np.nan, np.nan], [np.nan, 7], [np.nan, np.nan]]),
            "flags": np.array([[0, 0], [1 << 40, 0], [3, 0]], dtype=np.int64),
        },
        uns={
            "status_codes": {"ok": 0, "nd": 1, "missing": 2},
            "flag_codes": np.array([f"f{bit}" for bit in range(41)], dtype=object),
        },
    )
    held.write_h5ad(tmp_path / "cohort.h5ad")
    tables = tables_of(ad.read_h5ad(tmp_path / "cohort.h5ad"))

    assert tables.endpoints["cr"].tolist() == pytest.approx([1, 0, np.nan], nan_ok=True)
    assert tables.rows_of("nk__abs@B0")["status"].tolist() == ["missing", "nd", "ok"]
    assert tables.rows_of("nk__abs@B0")["limit"].tolist()[1] == 7
    assert tables.rows_of("nk__abs@B1")["value"].tolist() == [1, 3, 5]
    assert tables.display_only == {"nk__abs@B0"}
    assert tables.rows_of("nk__abs@B1")["flags"].tolist() == ["", "f40", "f0;f1"]


def test_what_the_design_keeps_apart_is_said_with_every_contrast():
    table = run_contrasts(cohort(), [contrast()], design_note="One drug comes first. ")

    assert table.iloc[0]["caution"] == "One drug comes first. An association is not a cause."
