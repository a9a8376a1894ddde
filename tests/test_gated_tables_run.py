"""A whole run of a study that has FCS files for some draws and an exported table for others."""

import pytest

from correlates.measurements import read_measurements
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv
from study import SMALL_FLOORS, Study, copy_checkout

pytestmark = pytest.mark.workflow
AFTER_A_TABLE = {
    "read_gated_table",
    "join_gated_tables",
    "build_cohort",
    "run_contrasts",
    "fit_model",
    "build_report",
}
TABLE = """ID;Visit;NK abs;CD4 %
P01;C1D1;120,5;61,2
P02;C1D1;80;
P02;C2D1;95,5;<0,1
P02;C0D1;n.d.;x
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a run whose table gives a draw that a file gives as well, and some that none does."""
    folder = tmp_path_factory.mktemp("tables") / "work"
    study = Study(copy_checkout(folder / "checkout"), folder / "study")
    simulate_cohort(study.folder / "data", n_patients=2, n_events=3000, seed=3)
    for path in (study.folder / "data" / "fcs").glob("*.fcs"):
        if path.name != "P01_C1D1_tnk.fcs":
            path.unlink()
    (study.folder / "lab.csv").write_text(TABLE)
    table = {
        "name": "lab",
        "path": "lab.csv",
        "columns": {"patient": "ID", "visit": "Visit"},
        "map": {"NK abs": "nk__abs", "CD4 %": "t_cd4__pct__t"},
    }
    study.write_config(
        {
            "study": {
                "patients": "data/patients.tsv",
                "panels": "data/panels.tsv",
                "cbc": "data/cbc.tsv",
                "specimen": "fresh_wb",
                "drop": {
                    "folder": "data/fcs",
                    "pattern": r"{patient:[A-Z]+\d+}_{visit}_{panel}.fcs",
                },
                "gating": {"tnk": "tnk"},
                "gated_tables": [table],
            },
            "flow": SMALL_FLOORS,
            "analyses": {"model": {"endpoints": []}},
        }
    )
    study.run_well()
    return study


def of_cohort(study):
    measured = read_measurements(study.result("cohort/measurements.parquet"))
    return measured.set_index(["patient", "visit", "feature"])


def test_the_table_joins_the_files_measurements(study):
    measured = of_cohort(study)

    assert measured.loc[("P02", "C2D1", "nk__abs"), "value"] == 95.5
    assert measured.loc[("P02", "C2D1", "nk__abs"), "method"] == "gated_table:lab"
    assert measured.loc[("P02", "C2D1", "t_cd4__pct__t"), "status"] == "lt_lloq"
    assert measured.loc[("P02", "C1D1", "t_cd4__pct__t"), "status"] == "missing"
    assert measured.loc[("P01", "C1D1", "nk__abs"), "method"].startswith("dual_platform")


def test_what_the_files_go_before_is_listed(study):
    rows = read_tsv(study.result("cohort/exclusions.tsv"))

    superseded = {row["item"] for row in rows if row["status"] == "superseded"}
    assert superseded == {"nk__abs", "t_cd4__pct__t"}


def test_wrong_cells_are_problems_of_the_intake(study):
    problems = read_tsv(study.result("intake/problems.tsv"))

    told = {(row["file"], row["row"], row["column"]) for row in problems}
    assert {("lab.csv", "5", "NK abs"), ("lab.csv", "5", "CD4 %")} <= told


def test_a_changed_table_runs_no_gating_again(study):
    (study.folder / "lab.csv").write_text(TABLE.replace("95,5", "97,5"))

    planned = set(study.planned())
    assert planned >= AFTER_A_TABLE
    assert not planned & {"gate_sample", "collect_flow", "find_placements", "list_files"}


def test_a_header_that_is_not_there_stops_the_run_with_the_nearest(study):
    (study.folder / "lab.csv").write_text(TABLE.replace("NK abs", "NK absolute"))

    done = study.run("--dry-run")

    assert done.returncode == 1
    assert "Nearest headers: 'NK absolute'" in done.stdout
