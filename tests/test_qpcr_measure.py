"""RT-qPCR from wells to measurements: a known truth recovered, what is refused and flagged."""

import math

import numpy as np
import pytest

from correlates.assays.qpcr.collect import measure_qpcr
from correlates.assays.qpcr.figure import draw_overview
from correlates.assays.qpcr.measure import measure_samples
from correlates.assays.qpcr.plate_verdicts import plate_rows
from correlates.assays.qpcr.plates import read_plates, sort_wells
from correlates.assays.qpcr.ratios import pfaffl_ratio
from correlates.assays.qpcr.references import choose_references
from correlates.assays.qpcr.rows import measurement_rows
from correlates.assays.qpcr.verdicts import calibrator_rows, sample_rows
from correlates.assays.rows import as_table
from correlates.measurements import faults
from qpcr_maker import EFFICIENCY, REFERENCES, draw, rng, settings, simulate, well

TWO = {"efficiency": {"assumed": 2.0}}
FEW = {**TWO, "references": {"min_samples": 100}}


def measured(wells, rules):
    used, left_out = sort_wells(wells, rules)
    plates = read_plates(used, rules)
    choices = [choose_references(panel, plates, rules) for panel in rules.gene_panels]
    return plates, choices, measure_samples(plates, choices, rules), left_out


def values_of(wells, rules, gene="rhoh"):
    return {one.sample: one.values[gene] for one in measured(wells, rules)[2] if one.values}


def rows_of(wells, rules):
    plates, choices, samples, _ = measured(wells, rules)
    rows = measurement_rows(samples, choices, plates, rules)
    return {row["feature"]: row for row in reversed(rows)}


def exact(plate, cqs, sample="S1", task="sample", start=0, **more):
    """Return three equal wells of each gene."""
    of = draw(sample, patient=f"P_{sample}") if task == "sample" else {"sample": sample}
    wells = []
    for gene, cq in cqs.items():
        for value in cq if isinstance(cq, tuple) else (cq, cq, cq):
            number = start + len(wells)
            wells.append(well(plate, number, gene, value, task, **(of | more)))
    return wells


SAMPLE = {"RHOH": 26.0, "TBP": 25.0, "HPRT1": 23.0, "GUSB": 24.0}


def errors_of(rules, n=20, **simulated):
    """Return errors, their stated size and whether intervals hold the truth, of many samples."""
    random, found = rng(5), []
    for _ in range(n):
        wells, truth = simulate(random, n_samples=12, n_plates=3, **simulated)
        for sample, value in values_of(wells, rules).items():
            inside = value.ci_low <= truth[sample] <= value.ci_high
            found.append((value.log2 - truth[sample], value.se, inside))
    return np.array(found).T


@pytest.mark.parametrize(
    "simulated",
    [
        pytest.param({"sd": 0.10}, id="wells"),
        pytest.param({"sd": 0.10, "dilution_sd": 0.1}, id="and dilutions"),
        pytest.param({"sd": 0.08, "reference_sd": 0.15}, id="and references that move"),
        pytest.param({"sd": 0.08, "spoilt": 0.03}, id="and wells that come up late"),
    ],
)
def test_simulated_plates_give_back_their_truth_within_the_stated_error(simulated):
    """240 samples, 60 plates: the truth lies in the 95 % interval as often as it says."""
    error, se, inside = errors_of(settings(), **simulated)

    assert len(error) >= 235
    assert abs(error.mean()) < 0.03
    assert np.sqrt((error**2).mean() / (se**2).mean()) == pytest.approx(1, abs=0.15)
    assert 0.915 <= inside.mean() <= 0.985


def test_intervals_of_wells_alone_are_too_narrow_where_references_move():
    wells_alone = settings(references={"in_interval": False})

    _, _, inside = errors_of(wells_alone, n=10, sd=0.08, reference_sd=0.2)

    assert inside.mean() < 0.85


def test_a_shift_between_plates_is_gone_with_calibrators_and_stays_without():
    wells = [
        *exact("p1", SAMPLE, "A"),
        *exact("p1", SAMPLE, "IPC", "ipc", 50),
        *exact("p2", {**SAMPLE, "RHOH": 27.0}, "B"),
        *exact("p2", {**SAMPLE, "RHOH": 27.0}, "IPC", "ipc", 50),
    ]
    with_ipc = values_of(wells, settings(**FEW))
    bare = values_of([row for row in wells if row["task"] != "ipc"], settings(**FEW))

    assert with_ipc["A"].log2 == pytest.approx(with_ipc["B"].log2) == pytest.approx(0)
    assert bare["A"].log2 - bare["B"].log2 == pytest.approx(1)
    assert "no_interplate_calibrator" in bare["A"].flags
    assert "no_interplate_calibrator" not in with_ipc["A"].flags


def test_cnrq_is_nrq_over_that_of_the_calibrator():
    """By hand, with declared efficiencies."""
    rules = settings(efficiency={"declared": EFFICIENCY}, references={"min_samples": 100})
    ipc = {"RHOH": 28.0, "TBP": 25.5, "HPRT1": 22.0, "GUSB": 24.5}
    wells = [*exact("p1", SAMPLE), *exact("p1", ipc, "IPC", "ipc", 50)]

    def nrq(cqs):
        factor = math.prod(EFFICIENCY[gene] ** -cqs[gene] for gene in REFERENCES) ** (1 / 3)
        return EFFICIENCY["RHOH"] ** -cqs["RHOH"] / factor

    value = values_of(wells, rules)["S1"]

    assert value.log2 == pytest.approx(math.log2(nrq(SAMPLE) / nrq(ipc)))
    assert "efficiency_declared" in value.flags


def test_one_reference_gives_the_ratio_of_pfaffl():
    panel = {"targets": ["RHOH"], "references": ["TBP"], "spike_ins": [], "min_references": 1}
    rules = settings(panels={"mrna": panel}, efficiency={"declared": {"RHOH": 1.95, "TBP": 2.0}})
    wells = exact("p1", {"RHOH": 25.6, "TBP": 20.1}, "treated")
    wells += exact("p1", {"RHOH": 27.1, "TBP": 20.3}, "control", start=50)
    values = values_of(wells, rules)

    ratio = 2 ** (values["treated"].log2 - values["control"].log2)

    assert (
        ratio == pytest.approx(pfaffl_ratio(1.95, 1.5, 2.0, 0.2)) == pytest.approx(2.37, abs=5e-3)
    )


def test_all_references_are_used_and_one_alone_would_change_the_answer_severalfold():
    other = {"RHOH": 24.0, "TBP": 25.0, "HPRT1": 23.0, "GUSB": 21.0}
    wells = [*exact("p1", SAMPLE, "A"), *exact("p1", other, "B", start=50)]
    values = values_of(wells, settings(**FEW))
    change = 2 ** (values["B"].log2 - values["A"].log2)
    alone = {
        gene: 2 ** (values["B"].alone[gene] - values["A"].alone[gene]) for gene in values["A"].alone
    }

    # RHOH comes up 2 cycles earlier, GUSB 3: a third of it is in the factor.
    assert change == pytest.approx(2 ** (2 - 3 / 3))
    assert alone == pytest.approx({"tbp": 4, "hprt1": 4, "gusb": 0.5})


def test_an_undetermined_target_is_censored_at_its_lod_and_never_40():
    wells = exact("p1", {**SAMPLE, "RHOH": (None, None, 36.9)})
    row = rows_of(wells, settings(**FEW))["rhoh__log2_cnrq__cll"]

    assert (row["status"], row["n"]) == ("nd", 0)
    assert row["limit"] == row["value"] == pytest.approx(24 - 35)
    assert row["ci_low"] is row["ci_high"] is None
    lower = settings(**FEW, undetermined={"lod_cq_of": {"RHOH": 33}})
    assert rows_of(wells, lower)["rhoh__log2_cnrq__cll"]["limit"] == pytest.approx(24 - 33)


def test_a_cq_later_than_the_lod_keeps_its_number_and_is_censored():
    row = rows_of(exact("p1", {**SAMPLE, "RHOH": 35.5}), settings(**FEW))["rhoh__log2_cnrq__cll"]

    assert (row["status"], row["value"], row["limit"]) == (
        "lt_lloq",
        pytest.approx(24 - 35.5),
        pytest.approx(24 - 35),
    )


def drop_gene(wells, gene, task="sample"):
    return [row for row in wells if not (row["gene"] == gene and row["task"] == task)]


TWO_SAMPLES = [*exact("p1", SAMPLE, "S1"), *exact("p1", SAMPLE, "S2", start=50)]


@pytest.mark.parametrize(
    ("wells", "rules", "flag"),
    [
        pytest.param(
            [*exact("p1", {**SAMPLE, "RHOH": (26.0, 27.0, 28.0)})],
            FEW,
            "replicates_disagree",
            id="wells disagree",
        ),
        pytest.param(
            [*exact("p1", {**SAMPLE, "TBP": (None, None, None)}), *TWO_SAMPLES[12:]],
            FEW,
            "reference_tbp_not_usable",
            id="a reference is undetermined",
        ),
        pytest.param(
            drop_gene(exact("p1", SAMPLE), "TBP") + TWO_SAMPLES[12:],
            FEW,
            "reference_tbp_not_usable",
            id="a reference is not on the plate of this sample",
        ),
        pytest.param(
            drop_gene(exact("p1", SAMPLE), "TBP"),
            FEW,
            "too_few_references",
            id="two references in the whole study",
        ),
        pytest.param(
            exact("p1", SAMPLE), {}, "efficiency_not_accepted", id="no efficiency is known"
        ),
        pytest.param(
            [*exact("p1", SAMPLE), well("p1", 90, "RHOH", 29.0, "ntc")],
            FEW,
            "ntc_too_close",
            id="the well without template is too near",
        ),
        pytest.param(
            [*exact("p1", SAMPLE), *exact("p2", SAMPLE, "IPC", "ipc")],
            FEW,
            "plate_without_calibrator",
            id="its plate lacks the calibrator that others have",
        ),
        pytest.param(
            exact("p1", SAMPLE),
            {**FEW, "calibration": {"calibrator": "pool"}},
            "calibrator_without_value",
            id="the calibrator sample is not on the plates",
        ),
    ],
)
def test_what_forbids_a_value_keeps_its_row_with_the_reason(wells, rules, flag):
    row = rows_of(wells, settings(**rules))["rhoh__log2_cnrq__cll"]

    assert (row["status"], row["value"]) == ("not_evaluable", None)
    assert flag in row["flags"]
    assert faults(as_table([row])) == []


@pytest.mark.parametrize(
    ("of_draw", "flag"),
    [
        ({"cell": "pbmc"}, "composition_confounded"),
        ({"cell": None}, "composition_confounded"),
        ({"purity_pct": 94.9}, "low_purity"),
        ({"purity_pct": None}, "purity_unknown"),
        ({"rin": 6.9}, "low_rin"),
        ({"ng_rna": 5.0}, "low_rna_input"),
    ],
)
def test_what_the_sample_is_made_of_is_flagged(of_draw, flag):
    (row,) = rows_of(exact("p1", SAMPLE, **of_draw), settings(**FEW)).values()

    assert row["status"] == "ok"
    assert flag in row["flags"]
    assert flag not in rows_of(exact("p1", SAMPLE), settings(**FEW)).popitem()[1]["flags"]


def test_discouraged_references_are_warned_of():
    panel = {"targets": ["RHOH"], "references": ["TBP", "B2M", "ACTB"], "spike_ins": []}
    rules = settings(**FEW, panels={"mrna": panel | {"min_references": 3}})
    wells = exact("p1", {"RHOH": 26.0, "TBP": 25.0, "B2M": 18.0, "ACTB": 17.0})
    plates, choices, samples, _ = measured(wells, rules)

    (row,) = measurement_rows(samples, choices, plates, rules)
    (plate,) = plate_rows(plates, choices, rules)

    assert {"reference_b2m", "reference_actb"} <= set(row["flags"])
    assert "b2m is a discouraged reference" in plate["reasons"]


def test_genorm_leaves_out_the_unstable_reference():
    random = rng(4)
    wells = []
    for n in range(10):
        level = random.normal(0, 0.05, 4)
        cqs = {gene: cq + d for (gene, cq), d in zip(SAMPLE.items(), level, strict=True)}
        wells += exact("p1", cqs | {"ABL1": 24 + random.normal(0, 3)}, f"S{n}", start=20 * n)
    choices = {}
    for choice in ("all", "genorm"):
        _, (choices[choice], _), _, _ = measured(
            wells, settings(**TWO, references={"choice": choice})
        )

    assert set(choices["all"].genes) == {"tbp", "hprt1", "gusb", "abl1"}
    assert "references_unstable" in choices["all"].flags
    assert set(choices["genorm"].genes) == {"tbp", "hprt1", "gusb"}
    assert choices["genorm"].not_used == {"abl1": "not among the most stable"}


def plasma(sample, index, mir155=28.0, spike=20.0, start=0):
    cqs = {"hsa-miR-155-5p": mir155, "miR-103a-3p": 24.0, "miR-191-5p": 25.0}
    cqs |= {"cel-miR-39-3p": spike, "miR-23a-3p": 25.0, "miR-451a": 25.0 - index}
    of = {"cell": None, "specimen": "plasma", "rin": None, "purity_pct": None, "patient": sample}
    return exact("m1", cqs, sample, start=start, **of)


@pytest.mark.parametrize(
    ("index", "status", "flag"),
    [
        pytest.param(4.9, "ok", None, id="clear"),
        pytest.param(5.0, "ok", "haemolysis_suspected", id="from 5 on it is flagged"),
        pytest.param(7.0, "ok", "haemolysis_suspected", id="7 is the last that is used"),
        pytest.param(7.1, "not_evaluable", "haemolysed", id="above 7 it is rejected"),
    ],
)
def test_mir155_of_haemolysed_plasma(index, status, flag):
    row = rows_of(plasma("P01", index), settings(**FEW))["mir155__log2_cnrq__plasma"]

    assert row["status"] == status
    assert (flag is None) == (not {"haemolysed", "haemolysis_suspected"} & set(row["flags"]))
    assert flag is None or flag in row["flags"]
    if status == "ok":
        assert row["value"] == pytest.approx((24 + 25 + 20) / 3 - 28)


def test_plasma_without_the_index_and_with_a_lost_spike_in_is_flagged():
    wells = [w for n in range(4) for w in plasma(f"P{n}", 3, start=50 * n)]
    wells += plasma("P9", 3, spike=23.0, start=300)
    _, _, samples, _ = measured(wells, settings(**FEW))
    flags = {one.sample: one.values["mir155"].flags for one in samples}
    bare = [w for w in plasma("P01", 3) if w["gene"] != "miR-451a"]

    assert "spike_in_off" in flags["P9"]
    assert "spike_in_off" not in flags["P1"]
    assert "haemolysis_unknown" in rows_of(bare, settings(**FEW)).popitem()[1]["flags"]


def test_values_relative_to_a_sample_are_zero_in_it():
    wells = [*exact("p1", SAMPLE, "A"), *exact("p1", {**SAMPLE, "RHOH": 25.0}, "B", start=50)]
    values = values_of(wells, settings(**FEW, calibration={"calibrator": "A"}))

    assert values["A"].log2 == pytest.approx(0)
    assert values["B"].log2 == pytest.approx(1)


def test_two_samples_of_a_draw_are_one_row():
    wells = exact("p1", SAMPLE, "A", patient="P01")
    wells += exact("p1", {**SAMPLE, "RHOH": 25.0}, "B", start=50, patient="P01")
    plates, choices, samples, _ = measured(wells, settings(**FEW))
    (row,) = measurement_rows(samples, choices, plates, settings(**FEW))

    assert row["value"] == pytest.approx((24 - 26 + 24 - 25) / 2)
    assert (row["n"], "several_samples_of_the_draw" in row["flags"]) == (6, True)


def test_samples_of_a_draw_of_which_one_is_below_the_limit_are_flagged():
    wells = exact("p1", SAMPLE, "A", patient="P01")
    wells += exact("p1", {**SAMPLE, "RHOH": None}, "B", start=50, patient="P01")
    plates, choices, samples, _ = measured(wells, settings(**FEW))
    (row,) = measurement_rows(samples, choices, plates, settings(**FEW))

    assert (row["status"], row["value"]) == ("ok", pytest.approx(24 - 26))
    assert "samples_of_the_draw_differ" in row["flags"]


def test_wells_that_are_not_used_are_listed():
    wells = [
        *exact("p1", {"MYC": 25.0}),
        well("p1", 80, "RHOH", 25.0, "std"),
        well("p1", 81, "RHOH", 25.0, **draw("S1"), excluded=True),
    ]
    wells[-1]["excluded"] = True
    used, left_out = sort_wells(wells, settings())

    assert used == []
    assert {row["reason"].split(":")[0].split(" (")[0] for row in left_out} == {
        "MYC is in no panel of the config",
        "A standard without a quantity",
        "It was taken out at the instrument.",
    }


def test_a_reference_that_differs_between_kinds_of_cells_widens_no_interval():
    def se_of(shift):
        random, wells = rng(6), []
        for n in range(12):
            cell = "cll" if n % 2 else "t"
            cqs = SAMPLE | {"TBP": SAMPLE["TBP"] + shift * (cell == "t")}
            noise = {gene: tuple(cq + random.normal(0, 0.1, 3)) for gene, cq in cqs.items()}
            wells += exact("p1", noise, f"S{n}", start=20 * n, cell=cell)
        return values_of(wells, settings(**TWO))["S0"].se

    assert se_of(3.0) == pytest.approx(se_of(0.0))


def test_positive_controls_are_charted_and_calibrate_nothing():
    wells = [*exact("p1", SAMPLE, "A"), *exact("p2", SAMPLE, "B")]
    pos = exact("p1", SAMPLE, "POS", "pos", 60) + exact("p2", SAMPLE, "POS", "pos", 60)
    plates, _, samples, _ = measured(wells + pos, settings(**FEW))
    (row, *_) = calibrator_rows(plates, 50)

    assert (row["control"], row["n_runs"], row["cv_pct"]) == ("POS", 2, 0)
    assert "no_interplate_calibrator" in samples[0].values["rhoh"].flags


def test_no_wells_at_all_are_no_results_and_no_error(tmp_path):
    found = measure_qpcr([], settings())
    draw_overview(found.plates, found.choices, found.values, settings(), tmp_path / "o.svg")

    assert (found.measurements, found.runs, found.samples) == ([], [], [])
    assert "No wells" in (tmp_path / "o.svg").read_text()


def test_verdicts_of_plates_samples_and_calibrators():
    wells, _ = simulate(rng(2), n_samples=18, n_plates=3)
    wells = [
        row
        for row in wells
        if not (row["plate"] == "plate2" and row["task"] == "ipc" and row["gene"] == "RHOH")
    ]
    wells.append(well("plate3", 380, "TBP", 26.0, "ntc"))
    rules = settings()
    plates, choices, samples, _ = measured(wells, rules)
    verdicts = {row["run"]: row for row in plate_rows(plates, choices, rules)}

    assert verdicts["plate1"]["verdict"] == "pass"
    assert verdicts["plate2"]["verdict"] == "fail"
    assert "inter-plate calibrator (ipc) of rhoh" in verdicts["plate2"]["reasons"]
    assert verdicts["plate3"]["verdict"] == "fail"
    assert "ntc of tbp comes up at Cq 26.0" in verdicts["plate3"]["reasons"]
    failed = {row["run"] for row in sample_rows(samples, plates) if row["verdict"] == "fail"}
    assert failed >= {"plate2"}
    controls = {row["analyte"]: row for row in calibrator_rows(plates, 50)}
    assert [controls[gene]["n_runs"] for gene in ("rhoh", "tbp", "gusb")] == [2, 2, 3]


@pytest.mark.parametrize(("cq", "said"), [(24.5, "1.5 cycles before"), (28.0, "2.0 cycles after")])
def test_how_near_a_negative_control_comes_up_is_told_by_its_side(cq, said):
    wells = [*exact("p1", SAMPLE), well("p1", 90, "RHOH", cq, "ntc")]

    (run,) = measure_qpcr(wells, settings(**FEW)).runs

    assert f"{said} the weakest sample" in run["reasons"]
