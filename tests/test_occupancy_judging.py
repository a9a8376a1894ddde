"""Which formula a draw gets, what the assay can tell of it, and what is said."""

import math

import pytest

from correlates.assays.occupancy.formulas import Signal
from correlates.assays.occupancy.judging import judged
from correlates.assays.occupancy.mutants import Mutation, Mutations, mutations_of
from correlates.assays.occupancy.tables import measurement_rows, norm_method
from correlates.assays.rows import as_table
from correlates.measurements import faults
from occupancy_readings import NOBODY, SETTINGS, reading


def judge(*readings, donors=(), mutations=NOBODY):
    return judged(readings, donors, mutations, SETTINGS)


def features(one):
    return {row["feature"]: row for row in measurement_rows(one)}


BEFORE = reading("C0D1", 4800.0)


def test_without_totals_the_free_signals_are_compared():
    _, one = judge(BEFORE, reading(free=240.0))

    assert (one.formula, one.status) == ("pre_dose", "ok")
    assert one.raw_pct == pytest.approx(95.0)
    assert one.ceiling == pytest.approx(96.9, abs=0.05)


def test_with_totals_a_fall_of_the_protein_is_no_occupancy():
    before = reading("C0D1", 4800.0, 1000.0)

    _, one = judge(before, reading(free=240.0, total=600.0))

    assert one.formula == "adjusted"
    assert one.raw_pct == pytest.approx(91.7, abs=0.04)
    assert one.by_formula["pre_dose"] == pytest.approx(95.0)


def test_a_total_at_one_draw_only_is_not_used_and_told():
    _, one = judge(BEFORE, reading(free=240.0, total=600.0))

    assert one.formula == "pre_dose"
    assert "total_not_used" in one.flags


def test_a_signal_at_its_limit_is_a_bound_and_never_100_percent():
    before, one = judge(BEFORE, reading(free=-30.0))

    assert one.status == "gt_uloq"
    rows = features(one)
    assert rows["btk__occ__cll"]["value"] == rows["btk__occ__cll"]["limit"] == one.ceiling < 97
    assert rows["btk__occ_raw__cll"]["value"] == pytest.approx(100.625)
    assert rows["btk__ff__cll"]["status"] == "lt_lloq"
    assert rows["btk__ff__cll"]["limit"] == pytest.approx(150 / 4800)
    assert rows["btk__log10_ff__cll"]["limit"] == pytest.approx(math.log10(150 / 4800))
    assert faults(as_table([*measurement_rows(before), *measurement_rows(one)])) == []


@pytest.mark.parametrize(
    ("free", "status"),
    [
        pytest.param(0.0, "gt_uloq", id="no signal"),
        pytest.param(149.9, "gt_uloq", id="a signal that is not quantified"),
        pytest.param(150.0, "gt_uloq", id="at the limit"),
        pytest.param(150.1, "ok", id="quantified"),
    ],
)
def test_what_is_not_quantified_is_a_bound(free, status):
    _, one = judge(BEFORE, reading(free=free))

    assert one.status == status
    assert features(one)["btk__occ__cll"]["status"] == status
    assert features(one)["btk__occ__cll"]["value"] <= one.ceiling


def test_what_is_reported_is_clamped_and_what_was_measured_is_kept():
    _, one = judge(BEFORE, reading(free=5280.0))

    rows = features(one)
    assert rows["btk__occ__cll"]["value"] == 0.0
    assert rows["btk__occ_raw__cll"]["value"] == pytest.approx(-10.0)
    assert rows["btk__ff__cll"]["value"] == pytest.approx(1.1)
    assert "technical_out_of_range" not in one.flags


@pytest.mark.parametrize("free", [5900.0, -300.0])
def test_what_noise_does_not_explain_is_a_technical_flag(free):
    _, one = judge(BEFORE, reading(free=free))

    assert "technical_out_of_range" in one.flags


@pytest.mark.parametrize(
    ("before", "flag"),
    [
        pytest.param({"free": 140.0}, "low_pre_dose_signal", id="below its LLOQ"),
        pytest.param({"free": 250.0, "bg_sd": 100.0}, "low_pre_dose_signal", id="below 3 SD"),
        pytest.param({"free": 350.0, "bg_sd": 100.0}, "", id="above both"),
    ],
)
def test_a_low_signal_before_treatment_divides_nothing(before, flag):
    free = before.pop("free")
    found = judge(reading("C0D1", free, **before), reading(free=160.0))

    statuses = {one.status for one in found}
    assert statuses == ({"not_evaluable"} if flag else {"ok"})
    assert all((flag in one.flags) == bool(flag) for one in found if flag)


def test_a_low_signal_is_not_replaced_by_an_earlier_sample():
    found = judge(reading("SCR", 4800.0), reading("C0D1", 100.0), reading(free=160.0))

    assert [one.status for one in found] == ["not_evaluable"] * 3


def test_an_unfit_sample_before_treatment_gives_way_to_an_earlier_one():
    unfit = reading("C0D1", 4700.0, faults=("few_target_cells",))
    early, last, one = judge(reading("SCR", 4800.0), unfit, reading(free=240.0))

    assert (early.formula, last.status, one.status) == ("reference", "not_evaluable", "ok")
    assert one.against == "SCR"
    assert "earlier_pre_dose" in one.flags


@pytest.mark.parametrize(
    ("other", "is_before"),
    [
        pytest.param({"day": None}, True, id="no day: the visit decides"),
        pytest.param({"day": 3.0}, False, id="after the first dose by its day"),
        pytest.param({"timepoint": "h4"}, False, id="after the dose of the day"),
        pytest.param({"hours": 20.0}, False, id="hours after a dose contradict the visit"),
    ],
)
def test_what_counts_as_before_treatment(other, is_before):
    _, one = judge(reading("C0D1", 4800.0, **other), reading(free=240.0))

    assert ("no_pre_dose" not in one.flags) == is_before


def test_without_a_pre_dose_sample_free_and_total_of_one_calibrator_are_compared():
    elisa = {"assay": "elisa", "unit": "ng_ml", "lloq_free": 0.15}
    (one,) = judge(reading(free=0.6, total=5.0, shares_calibrator=True, **elisa))
    (other,) = judge(reading(free=0.6, total=5.0, **elisa))

    assert one.formula == "within"
    assert one.raw_pct == pytest.approx(88.0)
    assert "no_pre_dose" in one.flags
    assert (other.status, other.fraction) == ("not_evaluable", None)


def test_donors_of_the_run_stand_in_and_never_those_of_another():
    ratios = (0.90, 0.95, 1.00)
    donors = [
        reading("", free=1000 * ratio, total=1000.0, patient="", sample=f"D{number}")
        for number, ratio in enumerate(ratios)
    ]
    one, other = judge(
        reading(free=240.0, total=1000.0),
        reading(free=240.0, total=1000.0, patient="P2", run="R2"),
        donors=donors,
    )

    assert one.formula == "donors"
    assert one.raw_pct == pytest.approx(100 * (1 - 0.24 / 0.95))
    assert other.status == "not_evaluable"


def test_a_total_that_is_not_quantified_is_no_reason_to_leave_it_out():
    before = reading("C0D1", 4800.0, 1000.0)

    _, one = judge(before, reading(free=240.0, total=40.0, lloq_total=50.0))

    assert one.status == "not_evaluable"
    assert "total_below_lloq" in one.flags


def test_without_any_limit_of_quantification_nothing_is_told():
    _, one = judge(BEFORE, reading(free=0.0, lloq_free=None))

    assert one.status == "not_evaluable"
    assert "no_lloq" in one.flags


def test_so_little_target_that_nothing_can_be_told():
    before = reading("C0D1", 4800.0, 1000.0)

    _, one = judge(before, reading(free=200.0, total=30.0))

    assert one.status == "not_evaluable"
    assert "ceiling_below_zero" in one.flags


def test_the_pre_dose_sample_that_was_kept_alike_goes_first():
    others = reading("C0D1", 9999.0, specimen="fresh_wb")
    _, _, one = judge(reading("SCR", 4800.0), others, reading(free=240.0))

    assert one.raw_pct == pytest.approx(95.0)
    assert "specimen_differs_from_pre_dose" not in one.flags


def test_differences_between_a_draw_and_its_pre_dose_sample_are_told():
    _, one = judge(BEFORE, reading(specimen="fresh_wb", run="R2"))
    concentrations = {"unit": "ng_ml", "lloq_free": 0.15}
    _, other = judge(reading("C0D1", 9.5, **concentrations), reading(free=0.6, **concentrations))

    assert "specimen_differs_from_pre_dose" in one.flags
    assert "run_differs_from_pre_dose_uncalibrated" in one.flags
    assert other.flags == ()


def test_the_sample_before_treatment_is_zero_by_definition():
    one, _ = judge(BEFORE, reading())

    rows = features(one)
    assert (rows["btk__occ__cll"]["value"], rows["btk__log10_ff__cll"]["value"]) == (0.0, 0.0)
    assert "pre_dose_reference" in one.flags
    assert norm_method(rows["btk__occ__cll"]["method"]) == "reference"


def test_methods_of_two_draws_compare():
    _, one, other = judge(BEFORE, reading(free=240.0), reading("C2D1", 300.0))

    methods = {features(found)["btk__occ__cll"]["method"] for found in (one, other)}
    assert len(methods) == 1
    assert norm_method(methods.pop()) == "pre_dose"


def test_two_formulas_within_a_patient_are_told():
    before = reading("C0D1", 4800.0, 1000.0)
    _, one, other = judge(before, reading(free=240.0, total=600.0), reading("C2D1", 300.0))

    assert (one.formula, other.formula) == ("adjusted", "pre_dose")
    assert all("formula_differs_within_patient" in each.flags for each in (one, other))


@pytest.mark.parametrize(
    ("timepoint", "hours", "flag"),
    [
        pytest.param("h4", 3.0, None, id="4 h, at the edge"),
        pytest.param("h4", 6.5, "outside_window_h4", id="4 h, late"),
        pytest.param("pre", 24.0, None, id="trough"),
        pytest.param("pre", 31.0, "outside_window_trough", id="late trough"),
        pytest.param("trough", None, "hours_unknown", id="nobody recorded the hours"),
        pytest.param("h2", 2.0, None, id="no window of its own"),
    ],
)
def test_windows_are_held_against_actual_hours(timepoint, hours, flag):
    _, one = judge(BEFORE, reading(timepoint=timepoint, hours=hours))

    assert one.flags == (() if flag is None else (flag,))


def test_a_missed_dose_is_told():
    _, one = judge(BEFORE, reading(missed_dose=True))

    assert one.flags == ("missed_dose",)


@pytest.mark.parametrize(
    ("patient", "vaf", "flag", "status"),
    [
        pytest.param("P1", 0.10, "occ_uninterpretable_mutant", "not_evaluable", id="man, 10 %"),
        pytest.param("P1", 0.09, "mutant_bias", "ok", id="man, 9 %"),
        pytest.param("P2", 0.05, "occ_uninterpretable_mutant", "not_evaluable", id="woman, 10 %"),
        pytest.param("P2", 0.0, None, "ok", id="looked for and not found"),
    ],
)
def test_mutant_cells_bind_no_drug_and_no_probe(patient, vaf, flag, status):
    before = reading("C0D1", 4800.0, patient=patient)
    _, one = judge(before, reading(patient=patient, mutant_vaf=vaf))

    assert one.status == status
    assert one.flags == (() if flag is None else (flag,))


def test_purity_raises_the_share_of_mutant_cells():
    _, one = judge(BEFORE, reading(mutant_vaf=0.09, purity_pct=80.0))

    assert "occ_uninterpretable_mutant" in one.flags


def test_normal_b_cells_and_itk_are_not_concerned():
    for other in ({"cell": "b_normal"}, {"target": "itk", "cell": "t_cd4"}):
        _, one = judge(
            reading("C0D1", 4800.0, **other), reading(free=240.0, mutant_vaf=0.5, **other)
        )
        assert (one.status, one.flags) == ("ok", ())


def test_a_mutation_of_the_variants_sheet_is_carried_forward_and_not_back():
    rows = [
        {"patient": "P1", "gene": "BTK", "hgvs_p": "p.Cys481Ser", "vaf": 0.2, "study_day": 40},
        {"patient": "P1", "gene": "BTK", "hgvs_p": "p.Thr474Ile", "vaf": 0.9, "study_day": 20},
    ]
    known = mutations_of(rows, {"P1": "M"})

    _, early, late = judge(BEFORE, reading(), reading("C2D1", 240.0), mutations=known)

    assert early.flags == ()
    assert late.flags == ("occ_uninterpretable_mutant", "mutation_carried_forward")


@pytest.mark.parametrize(
    ("row", "vaf"),
    [
        pytest.param({"hgvs_p": "C481R", "alt": 30, "depth": 200}, 0.15, id="reads"),
        pytest.param({"hgvs_p": "p.(Cys481Ser)", "vaf": 0.002, "lod_vaf": 0.01}, 0.0, id="< LOD"),
        pytest.param({"hgvs_p": "none"}, 0.0, id="none was found"),
        pytest.param({"hgvs_p": "p.Cys4811Ser", "vaf": 0.5}, None, id="another residue"),
    ],
)
def test_what_a_row_of_variants_says_of_the_residue(row, vaf):
    usual = {"patient": "P1", "gene": "BTK", "visit": "C1D1"}
    found = mutations_of([usual | row], {}).by_patient.get("P1", [])

    assert [one.vaf for one in found] == ([] if vaf is None else [vaf])


def test_several_variants_of_the_residue_add_up():
    two = [Mutation(29.0, "C1D1", 0.06), Mutation(29.0, "C1D1", 0.05)]

    share, flags = Mutations({"P1": two}, {"P1": "M"}).of(reading())

    assert share == pytest.approx(11.0)
    assert flags == ()


def test_without_the_sex_the_larger_share_counts_and_is_told():
    share, flags = Mutations().of(reading(mutant_vaf=0.06))

    assert share == pytest.approx(12.0)
    assert flags == ("sex_unknown_for_ccf",)


def test_the_interval_of_a_value_reaches_its_features():
    _, one = judge(reading("C0D1", Signal(4800.0, 96.0)), reading(free=Signal(240.0, 24.0)))

    rows = features(one)
    half = 1.959964 * math.hypot(0.005, 0.05 * 0.02)
    occ, ff = rows["btk__occ__cll"], rows["btk__ff__cll"]
    assert [occ["ci_low"], occ["ci_high"]] == pytest.approx([95 - 100 * half, 95 + 100 * half])
    assert [ff["ci_low"], ff["ci_high"]] == pytest.approx([0.05 - half, 0.05 + half])
    assert rows["btk__log10_ff__cll"]["ci_low"] == pytest.approx(math.log10(0.05 - half))


def test_the_hours_and_the_day_of_a_draw_reach_its_features():
    _, one = judge(BEFORE, reading(hours=23.5))

    rows = features(one).values()
    assert {(row["hours_post_dose"], row["day"]) for row in rows} == {(23.5, 29.0)}
