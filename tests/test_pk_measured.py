"""Rows of the pk sheet into measurements, verdicts and rows left out; and the simulated truth."""

import csv

import numpy as np
import pytest

from correlates.assays.pk.collect import measure_pk
from correlates.assays.pk.concentrations import Unreadable, read_concentration
from correlates.assays.pk.nca import NcaSettings
from correlates.assays.pk.runs import RunSettings
from correlates.assays.rows import as_table
from correlates.intake.sheets.sheet import read_sheet
from correlates.measurements import faults
from correlates.simulate.assays import pk as simulated
from correlates.simulate.trial import NO_EFFECTS, draw_patients


def row(hours, conc, **more):
    visit = {"patient": "P01", "visit": "C0D28", "timepoint": f"h{hours:g}" if hours else "pre"}
    names = {"analyte": "ibrutinib", "kind": "steady_state", "dose_mg": 420.0, "run": "R1"}
    times = {"nominal_h": hours, "actual_h": hours, "conc_ng_ml": conc, "lloq_ng_ml": 0.5}
    return visit | names | times | {"row": 2, "sheet": "pk.tsv", "role": "sample"} | more


def control(conc, nominal, **more):
    names = {"analyte": "ibrutinib", "run": "R1", "role": "qc", "level": "mid"}
    return names | {"conc_ng_ml": str(conc), "nominal_ng_ml": nominal} | more


PROFILE = [row(h, c) for h, c in ((0, "5"), (1, "60"), (2, "80"), (4, "50"), (6, "32"))]
QC = [control(41, 40), control(39, 40)]


def measured(rows, refused=()):
    return measure_pk(rows, refused, NcaSettings(), RunSettings())


def features(found, feature):
    return [one for one in found.measurements if one["feature"] == feature]


def test_ibrutinib_clearance_is_in_litres_per_hour():
    """420 mg and an AUC of 708 ng h/mL are 593 L/h."""
    flat = [row(h, str(708 / 24)) for h in (0, 1, 2, 4, 6)]

    found = measured([*flat, *QC])

    (auc,), (clearance,) = features(found, "ibrutinib__auc_tau"), features(found, "ibrutinib__cl_f")
    assert auc["value"] == pytest.approx(708)
    assert clearance["value"] == pytest.approx(593, abs=0.5)
    assert clearance["unit"] == "L/h"


def test_the_table_keeps_the_contract():
    rows = [*PROFILE, row(24, "BLQ", visit="C1D1", timepoint="pre", profile="C0D28"), *QC]

    table = as_table(measured(rows).measurements)

    assert faults(table) == []
    below = table[(table["feature"] == "ibrutinib__conc") & (table["visit"] == "C1D1")]
    assert (below["status"].item(), below["limit"].item()) == ("lt_lloq", 0.5)


def test_a_sample_at_24_h_belongs_to_the_profile_of_the_day_before():
    rows = [*PROFILE, row(24, "6", visit="C1D1", timepoint="pre", profile="C0D28"), *QC]

    found = measured(rows)

    (auc,) = features(found, "ibrutinib__auc_tau")
    assert (auc["visit"], auc["timepoint"]) == ("C0D28", "profile")
    assert "predose_for_tau" not in auc["flags"]


@pytest.mark.parametrize(
    ("cells", "value", "lloq"),
    [
        pytest.param({"conc_ng_ml": "12.5", "lloq_ng_ml": 0.5}, 12.5, 0.5, id="ng/mL"),
        pytest.param({"conc_ng_ml": "<0.5"}, None, 0.5, id="a limit is read as a limit"),
        pytest.param({"conc_ng_ml": "0.3", "lloq_ng_ml": 0.5}, None, 0.5, id="below the limit"),
        pytest.param({"conc_ng_ml": "0", "lloq_ng_ml": 0.5}, None, 0.5, id="zero is below it"),
        pytest.param(
            {"conc": "10", "unit": "nmol/L", "lloq": 1.0}, 4.405, 0.4405, id="nmol/L by molar mass"
        ),
        pytest.param({"conc": "0.02", "unit": "mg/L"}, 20.0, None, id="mg/L"),
    ],
)
def test_concentrations_are_read_in_declared_units(cells, value, lloq):
    found = read_concentration({"analyte": "ibrutinib"} | cells)

    assert found.value == (None if value is None else pytest.approx(value))
    assert found.lloq == (None if lloq is None else pytest.approx(lloq))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"conc": "10"}, "no unit is declared"),
        ({"conc": "10", "conc_ng_ml": "10"}, "two concentrations"),
        ({}, "write BLQ"),
        ({"conc_ng_ml": ">5000"}, "above the range"),
        ({"conc_ng_ml": "5", "lloq": 1.0}, "no unit is declared"),
    ],
)
def test_a_concentration_that_says_nothing_is_refused(cells, said):
    with pytest.raises(Unreadable, match=said):
        read_concentration({"analyte": "ibrutinib"} | cells)


@pytest.mark.parametrize(
    ("controls", "verdict"),
    [
        pytest.param(QC, "pass", id="two of two within 15 %"),
        pytest.param([control(41, 40), control(50, 40)], "fail", id="half of all is too few"),
        pytest.param([], "flag", id="none tells nothing"),
        pytest.param([*QC, control("2", None, role="blank")], "fail", id="a blank that holds drug"),
        pytest.param(
            [*QC, control(0.59, 0.5, level="lloq", lloq_ng_ml=0.5)],
            "pass",
            id="20 % at the limit of quantification",
        ),
        pytest.param([*QC, control(0.59, 0.5, level="low")], "fail", id="15 % elsewhere"),
    ],
)
def test_a_run_is_judged_by_its_controls(controls, verdict):
    (run,) = measured([*PROFILE, *controls]).runs

    assert run["verdict"] == verdict


def test_nothing_of_a_failed_run_is_used_and_everything_keeps_its_row():
    found = measured([*PROFILE, control(60, 40), control(61, 40)])

    assert {one["status"] for one in found.measurements} == {"not_evaluable"}
    assert len(features(found, "ibrutinib__conc")) == 5
    assert "run_failed" in features(found, "ibrutinib__auc_tau")[0]["flags"]
    assert {one["verdict"] for one in found.samples} == {"fail"}
    assert "measure them again" in found.left_out[0]["reason"]


def test_samples_of_a_failed_run_that_were_measured_again_count():
    failed = [one | {"run": "R9", "conc_ng_ml": "999"} for one in PROFILE]
    found = measured([*failed, control(60, 40, run="R9"), *PROFILE, *QC])

    (cmax,) = features(found, "ibrutinib__cmax")
    assert (cmax["status"], cmax["value"]) == ("ok", 80)
    assert len(features(found, "ibrutinib__conc")) == 5


def test_a_draw_may_end_one_profile_and_begin_the_next():
    last = row(24, "6", visit="C1D1", timepoint="pre", profile="C0D28")
    following = [
        row(h, c, visit="C1D1", profile="C1D1")
        for h, c in ((0, "6"), (2, "80"), (4, "50"), (6, "32"))
    ]
    found = measured([*PROFILE, last, *following, *QC])

    auc = {one["visit"]: one for one in features(found, "ibrutinib__auc_tau")}
    assert "predose_for_tau" not in auc["C0D28"]["flags"]
    assert auc["C1D1"]["flags"] == ["predose_for_tau"]
    assert len([one for one in features(found, "ibrutinib__conc") if one["visit"] == "C1D1"]) == 4
    assert found.left_out == []


def test_a_time_before_the_dose_of_a_sample_planned_after_it_is_not_taken_for_a_trough():
    found = measured([*PROFILE[:-1], PROFILE[-1] | {"actual_h": -6.0}, *QC])

    (reason,) = [one["reason"] for one in found.left_out]
    assert reason.startswith("Actual_h -6 is before the dose, and nominal_h 6 after it")
    (auc,) = features(found, "ibrutinib__auc_tau")
    assert "sample_left_out" in auc["flags"]


def test_a_trough_that_was_recorded_after_the_dose_is_told_of():
    late = [PROFILE[0] | {"actual_h": 3.0}, *PROFILE[1:]]

    (pre,) = [one for one in measured([*late, *QC]).samples if one["timepoint"] == "pre"]

    assert "far from its planned time" in pre["reasons"]


def test_the_spread_between_runs_is_that_of_runs_that_passed():
    second = [one | {"run": "R2"} for one in (control(44, 40), control(44, 40))]
    failed = [one | {"run": "R3"} for one in (control(80, 40), control(80, 40))]

    (row_of_level,) = measured([*PROFILE, *QC, *second, *failed]).controls

    assert row_of_level["n_runs"] == 2
    assert row_of_level["cv_pct"] == pytest.approx(100 * np.std([40, 44], ddof=1) / 42)


def test_two_samples_of_one_time_are_not_used():
    twice = row(2, "70", timepoint="again")
    found = measured([*PROFILE, twice, *QC])

    (cmax,) = features(found, "ibrutinib__cmax")
    assert cmax["value"] == 60
    assert sum("2 samples at 2 h" in one["reason"] for one in found.left_out) == 2


def test_single_and_steady_state_are_not_mixed_in_one_profile():
    found = measured([*PROFILE[:3], *(one | {"kind": "single"} for one in PROFILE[3:]), *QC])

    assert features(found, "ibrutinib__cmax") == []
    assert all("Kind differs" in one["reason"] for one in found.left_out)


def test_a_refused_row_flags_the_profile_that_it_is_missing_from():
    found = measured([*PROFILE, *QC], refused=[row(3, None)])

    assert "sample_left_out" in features(found, "ibrutinib__cmax")[0]["flags"]


def test_a_concentration_that_is_not_read_keeps_its_row():
    found = measured([*PROFILE[:4], PROFILE[4] | {"conc_ng_ml": ">5000"}, *QC])

    last = features(found, "ibrutinib__conc")[-1]
    assert (last["timepoint"], last["status"]) == ("h6", "not_evaluable")
    assert "above the range" in found.left_out[0]["reason"]


def test_the_planned_time_stands_in_with_a_flag():
    rows = [*PROFILE[:3], PROFILE[3] | {"actual_h": None}, *PROFILE[4:], *QC]

    found = measured(rows)

    assert "nominal_time_used" in features(found, "ibrutinib__auc_tau")[0]["flags"]
    assert [one["verdict"] for one in found.samples].count("flag") == 1


def test_the_ratio_of_the_metabolite_is_molar():
    metabolite = [one | {"analyte": "PCI-45227"} for one in PROFILE]

    (ratio,) = features(measured([*PROFILE, *metabolite, *QC]), "pci45227__auc_ratio__ibrutinib")

    assert ratio["value"] == pytest.approx(440.50 / 474.52)


def test_nothing_quantified_keeps_cmax_as_a_limit():
    found = measured([*(one | {"conc_ng_ml": "BLQ"} for one in PROFILE), *QC])

    (cmax,) = features(found, "ibrutinib__cmax")
    assert (cmax["status"], cmax["limit"]) == ("lt_lloq", 0.5)
    assert features(found, "ibrutinib__auc_tau")[0]["status"] == "not_evaluable"


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """Return what is measured of the simulated sheet, and its truth."""
    folder = tmp_path_factory.mktemp("pk")
    patients = draw_patients(12, NO_EFFECTS, np.random.default_rng(5))
    simulated.write(folder, patients, np.random.default_rng(6))
    sheet = read_sheet(folder / "assays" / "pk" / "pk.tsv", "pk")
    assert [one for one in sheet.told() if one.stops != "nothing"] == []
    rows = [one.values | {"row": one.number, "sheet": "pk.tsv"} for one in sheet.rows]
    with (folder / "truth" / "pk.tsv").open() as stream:
        return measured(rows), list(csv.DictReader(stream, delimiter="\t"))


def test_simulated_exposure_is_recovered(trial):
    """Six or eight samples a profile: half of the areas within 6 %, and nine of ten within 20 %."""
    found, truth = trial
    errors = []
    for one in truth:
        names = {"auc_tau": ["auc_tau"], "auc": ["auc_inf", "auc_tau"]}.get(one["quantity"], [])
        for feature in (f"{one['analyte']}__{name}" for name in names):
            for own in features(found, feature):
                same = (own["patient"], own["visit"]) == (one["patient"], one["visit"])
                if same and own["status"] == "ok" and "predose_for_tau" not in own["flags"]:
                    errors.append(abs(np.log(own["value"] / float(one["value"]))))
    assert len(errors) > 35
    assert np.median(errors) < 0.06
    assert np.quantile(errors, 0.9) < 0.20


def test_planted_defects_are_found(trial):
    found, _ = trial
    verdicts = {one["run"]: one["verdict"] for one in found.runs}
    auc = {(one["patient"], one["visit"]): one for one in features(found, "ibrutinib__auc_tau")}

    assert verdicts.pop("LC99") == "fail"
    assert set(verdicts.values()) == {"pass"}
    assert "predose_for_tau" in auc["P01", "C0D28"]["flags"]
    assert auc["P02", "C0D28"]["status"] == "not_evaluable"
    assert "no_sample_at_tau" in auc["P02", "C0D28"]["flags"]
    assert "dose_fed" in auc["P04", "C2D1"]["flags"]
    assert "nominal_time_used" in auc["P05", "C0D28"]["flags"]
    assert any("no unit" in one["reason"].lower() for one in found.left_out)
    assert faults(as_table(found.measurements)) == []
