"""Conjugates into medians of samples, verdicts, and the change between draws of patients."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from correlates.analyses.synapse.answers import answer_synapse
from correlates.assays.rows import as_table
from correlates.assays.synapse.conjugates import relative_recruitment, summaries
from correlates.assays.synapse.figure import draw_synapses
from correlates.assays.synapse.judging import SynapseSettings
from correlates.assays.synapse.measure import measure_synapse
from correlates.clinical.dosing.settings import VisitSettings
from correlates.intake.sheets.sheet import read_sheet
from correlates.intervals import median_interval
from correlates.measurements import faults
from correlates.simulate.assays import synapse as simulated
from correlates.simulate.trial import NO_EFFECTS, draw_patients

SETTINGS = SynapseSettings()


def conjugates(count=50, index=1.5, polarised=10, **more):
    draw = {"patient": "P01", "visit": "C1D1", "timepoint": "pre", "specimen": "fresh_pbmc"}
    names = {"cell": "t_cd8", "target": None, "role": "sample", "run": "S01", "blinded": True}
    return [
        draw
        | names
        | {"conjugate": str(n), "synapse_area_um2": 9.0 + n, "f_actin_rest": 100.0}
        | {"f_actin_syn": 100.0 * index + n, "gzmb_polarised": n < polarised, "row": n + 2}
        | more
        for n in range(count)
    ]


def control(run, index, count=50):
    return conjugates(count, index, run=run, role="control", control="HD1", patient=None)


def by_feature(found):
    return {row["feature"]: row for row in found.measurements}


@pytest.mark.parametrize(
    ("synapse", "rest", "expected"),
    [
        pytest.param(150.0, 100.0, 1.5, id="the quotient"),
        pytest.param(-3.0, 100.0, 0.0, id="below the background there is nothing at the contact"),
        pytest.param(150.0, 0.0, None, id="nothing to divide by"),
        pytest.param(150.0, -1.0, None, id="nor by less than nothing"),
        pytest.param(None, 100.0, None, id="not measured"),
    ],
)
def test_relative_recruitment(synapse, rest, expected):
    assert relative_recruitment({"f_actin_syn": synapse, "f_actin_rest": rest}) == expected


def test_a_sample_is_its_median_and_its_share():
    rri, area, gzmb = summaries(conjugates(51))

    assert (rri.value, rri.n) == (1.75, 51)
    assert area.value == 34
    # ranks 19 and 33 of 51: the interval of a median by order statistics
    assert (area.low, area.high) == (27.0, 41.0)
    assert gzmb.value == pytest.approx(100 * 10 / 51)
    assert gzmb.low < gzmb.value < gzmb.high


@pytest.mark.parametrize("n", [5, 6, 20, 51, 52, 200])
def test_the_interval_of_a_median_covers_and_is_the_narrowest(n):
    low, high = median_interval(np.arange(1.0, n + 1))

    if low is None:
        assert 2 * 0.5**n > 0.05
        return
    missed = binom.cdf(low - 1, n, 0.5)
    assert missed <= 0.025 < binom.cdf(low, n, 0.5)
    assert high == n + 1 - low


def test_the_table_keeps_the_contract():
    rows = [*conjugates(), *conjugates(30, visit="C2D1"), *control("S01", 1.8)]

    table = as_table(measure_synapse(rows, SETTINGS).measurements)

    assert faults(table) == []
    assert set(table["feature"]) == {f"synapse__{one}__t_cd8" for one in ("rri", "area", "gzmb")}
    assert set(table["visit"]) == {"C1D1", "C2D1"}


def test_fewer_conjugates_than_needed_are_not_evaluable_and_keep_their_row():
    found = measure_synapse(conjugates(49), SETTINGS)

    row = by_feature(found)["synapse__rri__t_cd8"]
    assert (row["status"], row["n"], row["flags"]) == ("not_evaluable", 49, ["few_conjugates"])
    assert found.samples[0]["verdict"] == "fail"
    assert "49 for rri" in found.samples[0]["reasons"]


def test_granzyme_that_was_not_stained_leaves_the_index_alone():
    found = measure_synapse(conjugates(gzmb_polarised=None), SETTINGS)

    rows = by_feature(found)
    assert rows["synapse__rri__t_cd8"]["status"] == "ok"
    assert rows["synapse__gzmb__t_cd8"]["status"] == "not_evaluable"
    assert rows["synapse__gzmb__t_cd8"]["value"] is None
    assert found.samples[0]["verdict"] == "flag"


@pytest.mark.parametrize(
    ("blinded", "needs", "flag", "status", "verdict"),
    [
        (True, True, None, "ok", "pass"),
        (False, False, "unblinded", "ok", "flag"),
        (False, True, "unblinded", "not_evaluable", "fail"),
        (None, False, "blinding_not_recorded", "ok", "flag"),
    ],
)
def test_blinding(blinded, needs, flag, status, verdict):
    found = measure_synapse(conjugates(blinded=blinded), SynapseSettings(needs_blinding=needs))

    row = by_feature(found)["synapse__rri__t_cd8"]
    assert (row["status"], row["flags"]) == (status, [flag] if flag else [])
    assert found.samples[0]["verdict"] == verdict


def test_a_draw_whose_target_was_left_empty_in_some_rows_is_one_sample():
    rows = [*conjugates(30), *conjugates(30, target="cll", timepoint=None)]

    found = measure_synapse(rows, SETTINGS)

    assert [row["n"] for row in found.measurements] == [60, 60, 60]


def test_a_healthy_donor_s_b_cells_make_another_feature():
    found = measure_synapse([*conjugates(), *conjugates(target="b_normal")], SETTINGS)

    assert "synapse_b_normal__rri__t_cd8" in by_feature(found)
    assert faults(as_table(found.measurements)) == []


def test_a_run_whose_control_is_far_out_is_flagged_with_its_samples():
    rows = conjugates(run="S03")
    for run, index in (("S01", 1.8), ("S02", 1.9), ("S03", 3.1)):
        rows += control(run, index)

    found = measure_synapse(rows, SETTINGS)

    verdicts = {row["run"]: row["verdict"] for row in found.runs}
    assert verdicts == {"S01": "pass", "S02": "pass", "S03": "flag"}
    assert by_feature(found)["synapse__rri__t_cd8"]["flags"] == ["control_out"]
    assert (found.controls[0]["n_runs"], found.controls[0]["verdict"]) == (3, "flag")


def test_a_run_without_a_control_says_so():
    assert "No control was imaged" in measure_synapse(conjugates(), SETTINGS).runs[0]["reasons"]


def test_a_conjugate_without_signal_at_the_rest_is_named():
    found = measure_synapse([*conjugates(), *conjugates(1, f_actin_rest=0.0)], SETTINGS)

    assert len(found.left_out) == 1
    assert "nothing to divide by" in found.left_out[0]["reason"]
    assert by_feature(found)["synapse__rri__t_cd8"]["n"] == 50
    assert by_feature(found)["synapse__area__t_cd8"]["n"] == 51


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synapse")
    patients = draw_patients(12, NO_EFFECTS, np.random.default_rng(1))
    simulated.write(folder, patients, np.random.default_rng(2))
    sheet = read_sheet(folder / "assays/synapse/conjugates.tsv", "synapse", "conjugates.tsv")
    assert [str(problem) for problem in sheet.problems] == []
    rows = [row.values | {"sheet": "conjugates.tsv", "row": row.number} for row in sheet.rows]
    truth = pd.read_csv(folder / "truth/synapse.tsv", sep="\t")
    return measure_synapse(rows, SETTINGS), truth


def test_the_simulated_medians_are_recovered(cohort):
    found, truth = cohort
    table = as_table(found.measurements)
    rri = table[(table["feature"] == "synapse__rri__t_cd8") & (table["status"] == "ok")]
    known = truth[truth["quantity"] == "rri"].merge(rri, on=["patient", "visit"])

    # standard error of a median of 60: 1.25 x 0.45 / sqrt(60) = 0.07 on the log scale
    error = np.log(known["value_y"] / known["value_x"])
    inside = (known["ci_low"] <= known["value_x"]) & (known["value_x"] <= known["ci_high"])
    assert np.sqrt((error**2).mean()) < 0.11
    assert abs(error.mean()) < 0.04
    assert inside.mean() >= 0.88


def test_the_planted_defects_are_found(cohort):
    found, truth = cohort
    defects = set(truth["defect"].dropna())
    few = [row for row in found.samples if "Fewer than 50 conjugates: 31" in row["reasons"]]
    unblinded = [row for row in found.samples if "unblinded" in row["reasons"]]
    unstained = [row for row in found.samples if "0 for gzmb" in row["reasons"]]
    out = [row for row in found.runs if "from its median over runs" in row["reasons"]]

    assert len(defects) == 5
    assert [len(few), len(unblinded), len(unstained), len(out)] == [1, 1, 1, 1]
    assert len(found.left_out) == 2


def test_the_figure_is_drawn(cohort, tmp_path):
    draw_synapses(cohort[0].shown, 50, tmp_path / "overview.svg")

    drawn = (tmp_path / "overview.svg").read_text()
    assert "t_cd8 on cll" in drawn
    assert len(drawn) < 600_000


def question(found, confidence=0.95):
    contrasts = [["C0D1 pre", "C1D1 pre"], ["C1D1 pre", "C2D1 pre"]]
    table = as_table(found.measurements)
    rows = answer_synapse(table, contrasts, VisitSettings(), confidence, "The order is fixed.")
    return {(row["feature"], row["contrast"].split(" (")[0]): row for row in rows}


def test_the_planted_change_is_found_and_none_where_there_is_none(cohort):
    answers = question(cohort[0])

    risen = answers["synapse__rri__t_cd8", "C2D1 pre - C1D1 pre"]
    assert risen["verdict"] == "higher"
    assert risen["ci_low"] < 1.35 < risen["ci_high"]
    assert answers["synapse__rri__t_cd8", "C1D1 pre - C0D1 pre"]["verdict"] == "no change shown"
    assert "a median of conjugates each" in risen["sentence"]
    polarised = answers["synapse__gzmb__t_cd8", "C2D1 pre - C1D1 pre"]
    assert polarised["verdict"] == "higher"
    assert "a share of conjugates each" in polarised["sentence"]
    assert "too few conjugates" in risen["caution"]
    assert "Not scored blinded: 1 patient" in risen["caution"]
    assert risen["caution"].endswith("The order is fixed.")


def test_many_conjugates_of_few_patients_claim_nothing():
    """Three patients of 200 conjugates a draw, all twice as high: three patients all the same."""
    rows = [
        row
        for patient in ("P01", "P02", "P03")
        for visit, index in (("C1D1", 1.0), ("C2D1", 2.0))
        for row in conjugates(200, index, patient=patient, visit=visit)
    ]

    row = question(measure_synapse(rows, SETTINGS))["synapse__rri__t_cd8", "C2D1 pre - C1D1 pre"]

    assert (row["n"], row["p"], row["verdict"]) == (3, 0.25, "too few pairs")
    assert "no change can be claimed" in row["sentence"]
    assert (row["ci_low"], row["ci_high"]) == (0.0, np.inf)


def test_the_sheet_says_what_is_wrong(tmp_path):
    path = tmp_path / "conjugates.tsv"
    path.write_text(
        "patient\tvisit\tcell\tconjugate_id\tsynapse_area\tf_actin_syn\tf_actin_rest\tgzmb_polarized\n"
        "P01\tC1D1\tt_cd8\t1\t9\t150\t100\tyes\n"
        "P01\tC1D1\tt_cd8\t2\t-4\t150\t100\tmaybe\n"
        "P01\tC1D1\tt_cd8\t1\t9\t150\t100\tno\n"
    )

    sheet = read_sheet(path, "synapse", "conjugates.tsv")

    said = " ".join(str(problem) for problem in sheet.problems)
    assert "synapse_area" in said
    assert "maybe" in said
    assert len(sheet.rows) < 2


def measured_pairs(changes, **more):
    """A patient a change: its index goes from 1 to that, in fifty conjugates each."""
    rows = [
        row
        for n, change in enumerate(changes)
        for visit, index in (("C1D1", 1.0), ("C2D1", change))
        for row in conjugates(50, index, patient=f"P{n:02d}", visit=visit, **more)
    ]
    return as_table(measure_synapse(rows, SETTINGS).measurements)


def asked(table):
    contrasts = [["C1D1 pre", "C2D1 pre"]]
    rows = answer_synapse(table, contrasts, VisitSettings(), 0.95, "The order is fixed.")
    return {row["feature"]: row for row in rows}


def test_nothing_is_claimed_whose_interval_holds_no_change():
    """Alone in its family q is p, and 0.0625 to 0.10 would pass a rate of 0.10."""
    table = measured_pairs([1.5, 1.4, 1.6, 1.3, 1.5, 1.2, 0.7])
    row = asked(table[table["feature"] == "synapse__rri__t_cd8"])["synapse__rri__t_cd8"]

    assert 0.05 < row["p"] <= 0.10
    assert row["ci_low"] < 1 < row["ci_high"]
    assert row["verdict"] == "no change shown"
    assert "Over the question of this assay" in row["sentence"]
    assert "not to say that there is none" in row["sentence"]


def test_a_draw_of_another_phase_is_no_draw_of_its_visit():
    """Lenalidomide of P00 had begun before C1D1, and that of P01 not yet at C2D1."""
    table = measured_pairs([1.5] * 8)
    is_after = table["visit"] == "C2D1"
    table["phase"] = np.where(is_after, "COMBO", "IBR_RUNIN")
    table.loc[(table["patient"] == "P00") & ~is_after, "phase"] = "COMBO"
    table.loc[(table["patient"] == "P01") & is_after, "phase"] = "IBR_RUNIN"
    table.loc[(table["patient"] == "P02") & is_after, "phase"] = "UNASSIGNED"

    row = asked(table)["synapse__rri__t_cd8"]

    assert row["n"] == 6
    assert "2 patients drawn in another phase of treatment" in row["caution"]


def test_words_fit_one_patient_and_shares():
    found = asked(measured_pairs([1.5], specimen="fresh_pbmc"))

    assert "the smallest that 1 patient allows is 1" in found["synapse__rri__t_cd8"]["sentence"]
    assert "a share of conjugates each" in found["synapse__gzmb__t_cd8"]["sentence"]
    assert found["synapse__rri__t_cd8"]["contrast"].endswith("(fresh PBMC)")
