"""Simulated plates and tubes: occupancy is recovered, and every planted defect is found."""

import numpy as np
import pytest

from correlates.analyses.occupancy.answers import answer_occupancy
from correlates.assays.occupancy.measure import measure
from correlates.assays.occupancy.mutants import Mutations
from correlates.assays.occupancy.overview import draw_overview
from correlates.assays.rows import as_table
from correlates.intake.sheets.assays import assay_rows_of, read_assay_sheets
from correlates.intake.sheets.sheet import read_sheet
from correlates.measurements import faults
from correlates.simulate.assays.occupancy import write_occupancy
from correlates.simulate.assays.occupancy_tubes import TUBES
from correlates.simulate.draws import draw_trial
from correlates.simulate.trial import NO_EFFECTS
from correlates.tables import read_tsv
from occupancy_maker import SETTINGS as QUESTION
from occupancy_readings import SETTINGS

SEED = 1
# Points of occupancy: the wells' coefficient of variation of 5 % at a free fraction of 10 %.
WITHIN_POINTS = 2.5


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Return the folder, the truth and what was measured of its plates."""
    folder = tmp_path_factory.mktemp("occupancy")
    patients, _, _ = draw_trial(24, NO_EFFECTS, SEED)
    write_occupancy(folder, patients, np.random.default_rng(SEED))
    keys = "\n".join(f"{one.key}\t{one.clinical['sex']}" for one in patients)
    (folder / "patients.tsv").write_text(f"patient\tsex\n{keys}\n")
    sheet = read_sheet(folder / "patients.tsv", "patients", "patients.tsv")
    sheets = read_assay_sheets({"occupancy": "assays/occupancy"}, folder, sheet, None)
    problems = [one for _, each in sheets.all() for one in each.problems]
    assert [str(one) for one in problems if one.stops != "nothing"] == []
    rows = assay_rows_of(sheets)["occupancy"].rows
    sexes = {one.key: one.clinical["sex"] for one in patients}
    results = measure((), rows, Mutations({}, sexes), SETTINGS)
    truth = {
        (row["patient"], row["visit"], row["timepoint"], row["target"]): row
        for row in read_tsv(folder / "truth" / "occupancy.tsv")
        if row["assay"] != "flow_probe"
    }
    return folder, truth, results


def found_with(results, truth, status):
    for row in results.details:
        key = row["patient"], row["visit"], row["timepoint"], row["target"]
        if row["is_used"] == "yes" and row["status"] == status and not _is_faulty(row):
            yield row, float(truth[key]["occupancy_pct"])


def _is_faulty(row):
    return row["norm_method"] == "reference" or "replicates_differ" in row["flags"]


def test_every_draw_of_the_truth_has_its_occupancy(simulated):
    _, truth, results = simulated

    assert faults(as_table(results.measurements)) == []
    assert len(results.measurements) == 4 * len(truth)


def test_occupancy_is_recovered(simulated):
    _, truth, results = simulated
    pairs = [(float(row["occ_pct_raw"]), true) for row, true in found_with(results, truth, "ok")]

    errors = np.array([found - true for found, true in pairs])
    assert len(errors) > 50
    assert np.abs(errors).max() < WITHIN_POINTS
    assert abs(errors.mean()) < 0.4


def test_the_interval_covers_the_truth(simulated):
    _, truth, results = simulated
    ends = {
        (row["patient"], row["visit"], row["timepoint"], row["feature"]): row
        for row in results.measurements
    }
    covered = []
    for row, true in found_with(results, truth, "ok"):
        feature = f"{row['target']}__occ_raw__{row['cell']}"
        one = ends[row["patient"], row["visit"], row["timepoint"], feature]
        covered.append(one["ci_low"] <= true <= one["ci_high"])

    assert 0.85 < np.mean(covered) <= 1.0


def test_what_is_above_the_ceiling_truly_is(simulated):
    """But for noise at the ceiling itself."""
    _, truth, results = simulated
    pairs = [
        (float(row["ceiling_pct"]), true) for row, true in found_with(results, truth, "gt_uloq")
    ]

    assert len(pairs) > 30
    assert all(true > ceiling - 0.7 for ceiling, true in pairs)
    assert all(ceiling < 99.9 for ceiling, _ in pairs)


def test_every_planted_defect_is_found(simulated):
    folder, _, results = simulated
    flags = {}
    for row in results.details:
        flags.setdefault(row["patient"], set()).update(row["flags"].split(";"))
    failed = {row["run"] for row in results.runs if row["verdict"] == "fail"}

    defects = read_tsv(folder / "truth" / "occupancy_defects.tsv")
    of_plates = [row for row in defects if "few_target_cells" not in row["expected"]]
    assert len(of_plates) == 9
    for row in of_plates:
        expected = row["expected"].rpartition("; ")[2]
        if expected == "run_failed":
            assert failed == {row["where"]}
        else:
            assert expected in flags[row["where"]], row


def test_the_same_seed_writes_the_same_raw_data(simulated, tmp_path):
    folder, _, _ = simulated
    patients, _, _ = draw_trial(24, NO_EFFECTS, SEED)
    write_occupancy(tmp_path, patients, np.random.default_rng(SEED))

    for path in sorted(folder.rglob("*.fcs")):
        again = tmp_path / path.relative_to(folder)
        assert path.read_bytes() == again.read_bytes()
    one = folder / "assays/occupancy/ELISA-2.tsv"
    assert one.read_text() == (tmp_path / one.relative_to(folder)).read_text()


def test_the_tubes_stand_in_the_sheets_of_flow(simulated):
    folder, _, _ = simulated
    samples, panels = (read_tsv(folder / f"{name}.tsv") for name in ("samples", "panels"))

    assert len(samples) == 2 * 3 * len(TUBES)
    assert all((folder / row["fcs"]).exists() for row in samples)
    assert {"Probe", "BTK", "ITK"} <= {row["marker"] for row in panels}


def test_the_overview_says_neither_100_percent_nor_a_date(simulated, tmp_path):
    _, _, results = simulated
    draw_overview(results.occupancies, tmp_path / "a.svg")
    draw_overview(results.occupancies, tmp_path / "b.svg")

    text = (tmp_path / "a.svg").read_text()
    assert (tmp_path / "b.svg").read_text() == text
    assert "BTK, CLL cells (20 patients)" in text
    assert "100.0" not in text.partition("</defs>")[2].replace('"100.0', "")


def test_nothing_measured_is_said_in_words(tmp_path):
    draw_overview([], tmp_path / "a.svg")

    assert "No occupancy could be computed" in (tmp_path / "a.svg").read_text()


def test_the_question_finds_no_influence_and_names_every_defect(simulated):
    """Lenalidomide changes nothing in these patients, and whom a defect concerns is left out."""
    _, truth, results = simulated
    measured = as_table(results.measurements)
    phases = {"C0D1": "SCREENING", "C0D28": "IBR_RUNIN", "C1D1": "IBR_RUNIN", "C2D1": "COMBO"}
    measured["phase"] = measured["visit"].map(phases)

    found = answer_occupancy(measured, {}, QUESTION)

    def of_primary(row):
        return (row["question"], row["feature"]) == ("Occupancy at trough", "btk__occ__cll")

    first = next(filter(of_primary, found.answers))
    pairs = list(filter(of_primary, found.pairs))
    differences = [
        float(truth[row["patient"], "C2D1", "pre", "btk"]["occupancy_pct"])
        - float(truth[row["patient"], "C1D1", "pre", "btk"]["occupancy_pct"])
        for row in pairs
        if row["used"] == "yes"
    ]
    assert first["verdict"] == "equivalent"
    assert first["n"] == len(differences) > 10
    assert first["ci_low"] < np.mean(differences) < first["ci_high"]
    lost = {
        row["patient"]: row["left_out_for"].split(";")[0] for row in pairs if row["left_out_for"]
    }
    planted = {"P03": "no_predose", "P04": "not_evaluable", "P06": "mutant"}
    planted |= {"P08": "window", "P09": "missed_dose"}
    assert {patient: lost[patient] for patient in planted} == planted
    assert {row["verdict"] for row in found.troughs if row["patient"] not in lost} == {"plausible"}
