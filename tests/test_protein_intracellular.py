"""Intracellular stains against their background tubes, on rows of flow's measurement table."""

import math

import pandas as pd
import pytest

from correlates.assays.protein.intracellular import blank_table, intracellular_rows
from correlates.assays.protein.isotypes import isotype_rows
from correlates.assays.protein.settings import IntracellularSettings
from correlates.assays.rows import as_table
from correlates.measurements import COLUMNS, conform, faults

SETTINGS = IntracellularSettings({"ikzf1": ["ikzf1", "ikaros"]}, ["cll"], tube_cv=0.05)


def flow_row(feature, value, low=None, high=None, **more):
    row = {"patient": "P01", "visit": "C1D1", "timepoint": "pre", "specimen": "fresh_pbmc"}
    row |= {"sample": "P01_C1D1", "day": 29.0, "hours_post_dose": None, "phase": "", "run": "b1"}
    row |= {"assay": "flow", "feature": feature, "value": value, "unit": "1", "ci_low": low}
    row |= {"ci_high": high, "n": 5000, "status": "ok", "limit": None, "method": "m", "flags": []}
    return row | more


def flow(*rows):
    return conform(pd.DataFrame(list(rows), columns=COLUMNS))


def stained(full, background, name="ikzf1", **more):
    net = full - background
    return [
        flow_row(f"cll__mfi__{name}", full, full - 10, full + 10),
        flow_row(f"cll__dmfi__{name}", net, net - 12, net + 12, **more),
        flow_row(
            f"cll__mfir__{name}",
            full / background,
            full / background * 0.98,
            full / background * 1.02,
        ),
    ]


def found(rows, settings=SETTINGS):
    return {row["feature"]: row for row in intracellular_rows(flow(*rows), settings)}


def test_the_net_signal_is_what_the_full_tube_has_above_its_background():
    net = found(stained(1000.0, 200.0))["ikzf1__net__cll"]

    assert net["value"] == 800.0
    # events: 12 to either side; tubes: 1.96 * 5 % of 1000 and of 200, in quadrature
    reach = math.hypot(12, 1.959964 * 0.05 * math.hypot(1000, 200))
    assert (net["ci_low"], net["ci_high"]) == pytest.approx((800 - reach, 800 + reach))
    assert net["status"] == "ok"


def test_the_interval_of_the_ratio_holds_both_tubes_on_the_log_scale():
    ratio = found(stained(1000.0, 200.0))["ikzf1__mfir__cll"]

    reach = math.hypot(math.log(1 / 0.98), 1.959964 * 0.05 * math.sqrt(2))
    assert ratio["ci_low"] == pytest.approx(5.0 * math.exp(-reach))


def test_a_signal_that_two_blank_tubes_could_differ_by_is_not_detected_and_stays_signed():
    net = found(stained(195.0, 200.0))["ikzf1__net__cll"]

    assert (net["status"], net["value"]) == ("nd", -5.0)
    # 1.645 standard deviations: of the events, and of two tubes of 5 % each
    assert net["limit"] == pytest.approx(
        1.644854 * math.hypot(12 / 1.959964, 0.05 * math.sqrt(2) * 200)
    )


def test_without_an_fmo_the_row_stays_and_says_so():
    rows = found(stained(1000.0, 200.0)[:1])

    assert list(rows) == ["ikzf1__net__cll"]
    assert rows["ikzf1__net__cll"]["status"] == "not_evaluable"
    assert rows["ikzf1__net__cll"]["value"] is None
    assert "fmo_missing" in rows["ikzf1__net__cll"]["flags"]


def test_a_protein_by_another_name_is_the_same_protein():
    assert found(stained(1000.0, 200.0, "ikaros"))["ikzf1__net__cll"]["value"] == 800.0


def test_what_flow_could_not_evaluate_is_not_evaluable():
    net = found(stained(1000.0, 200.0, status="not_evaluable", flags=["too_few_events"]))

    assert net["ikzf1__net__cll"]["status"] == "not_evaluable"
    assert "too_few_events" in net["ikzf1__net__cll"]["flags"]


def test_a_calibrated_value_is_taken_over():
    mesf = flow_row("cll__mesf__ikzf1", 5000.0, 4800.0, 5200.0, unit="{MESF}")

    rows = found([*stained(1000.0, 200.0), mesf])

    calibrated = rows["ikzf1__mesf__cll"]
    assert calibrated["value"] == 5000.0
    # 6.25 molecules a unit of the net signal of 800, whose tubes of 1000 and 200 differ by 5 % each
    reach = math.hypot(200, 1.959964 * 0.05 * math.hypot(1000, 200) * 6.25)
    assert calibrated["ci_low"] == pytest.approx(5000 - reach)
    assert calibrated["ci_high"] == pytest.approx(5000 + reach)
    assert "uncalibrated" not in rows["ikzf1__net__cll"]["flags"]


def test_a_calibrated_value_within_what_blanks_differ_by_is_not_detected():
    mesf = flow_row("cll__mesf__ikzf1", 60.0, 10.0, 110.0, unit="{MESF}")

    rows = found([*stained(205.0, 200.0), mesf])

    net, calibrated = rows["ikzf1__net__cll"], rows["ikzf1__mesf__cll"]
    assert (net["status"], calibrated["status"]) == ("nd", "nd")
    assert calibrated["limit"] == pytest.approx(12 * net["limit"])


@pytest.mark.parametrize("use", [True, False])
def test_an_isotype_stands_in_only_where_it_was_declared_and_is_flagged(use):
    settings = IntracellularSettings({"ikzf1": ["ikzf1"]}, ["cll"], use_isotype=use)
    full, *against = stained(1000.0, 300.0)

    (net, *_) = intracellular_rows(flow(full), settings, flow(*against))

    assert net["status"] == ("ok" if use else "not_evaluable")
    assert ("isotype_background" in net["flags"]) is use


def test_the_rows_keep_the_contract_and_blanks_are_by_batch():
    rows = intracellular_rows(flow(*stained(1000.0, 200.0)), SETTINGS)

    assert faults(as_table(rows)) == []
    assert blank_table(rows).to_dict("records") == [
        {"run": "b1", "feature": "ikzf1 cll", "background": 200.0}
    ]


def test_medians_beside_isotype_tubes_become_rows_of_their_draw():
    stain = flow_row("cll__mfi__ikzf1", 1000.0, 990.0, 1010.0)
    compared = dict.fromkeys(("mfir_low", "mfir_high"), "") | {
        **{"acquisition": "a1", "population": "cll", "marker": "IKZF1", "mfir": "4"},
        **{"dmfi": "750", "dmfi_low": "740", "dmfi_high": "760", "flags": "fmo_batch_median"},
    }
    plan = {"acquisition": "a1", "patient": "P01", "visit": "C1D1", "timepoint": ""}
    settings = IntracellularSettings({"ikzf1": ["ikzf1"]}, ["cll"], use_isotype=True)

    isotypes = isotype_rows([compared], [plan | {"specimen": "fresh_pbmc"}], flow(stain))
    net = intracellular_rows(flow(stain), settings, isotypes)[0]

    assert (net["value"], net["status"]) == (750.0, "ok")
    assert {"isotype_background", "fmo_batch_median"} <= set(net["flags"])
