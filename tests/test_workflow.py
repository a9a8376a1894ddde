"""Whole runs with the real Snakemake: what a run leaves behind, and what the next one does."""

import os
import shutil
import subprocess
from itertools import pairwise

import pytest

from correlates.flow.gating.strategies import read_flowjo
from correlates.measurements import read_measurements
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv, write_tsv
from study import SMALL_FLOORS, Study, copy_checkout

pytestmark = pytest.mark.workflow
PATIENTS, VISITS, EVENTS = 4, 5, 3000
COHORT_STEPS = {
    "list_files",
    "check_acquisition_dates",
    "check_integrity",
    "compare_fingerprints",
    "find_placements",
    "chart_controls",
    "correct_batches",
    "score_batches",
    "collect_flow",
    "compare_intensities",
    "fit_calibration",
    "build_cohort",
    "run_contrasts",
    "fit_model",
    "draw_patient_flow",
    "build_report",
    "build_lab_page",
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a small simulated study, one file kept back, whose run has ended."""
    folder = tmp_path_factory.mktemp("workflow") / "work"
    study = Study(copy_checkout(folder / "checkout"), folder / "study")
    simulate_cohort(study.folder / "data", n_patients=PATIENTS, n_events=EVENTS, seed=3)
    fcs = study.folder / "data" / "fcs"
    (folder / "kept_back").mkdir()
    shutil.move(fcs / "P04_C2D1_tnk.fcs", folder / "kept_back")
    study.write_config(
        {
            "study": {
                "title": "A small simulated study",
                "patients": "data/patients.tsv",
                "panels": "data/panels.tsv",
                "cbc": "data/cbc.tsv",
                "specimen": "fresh_wb",
                "drop": {
                    "folder": "data/fcs",
                    "pattern": r"{patient:[A-Z]+\d+}_{visit}_{panel}.fcs",
                },
                "gating": {"tnk": "tnk"},
            },
            "flow": SMALL_FLOORS,
            "analyses": {"model": {"permutations": 99, "repeats": 2}},
        }
    )
    study.run_well()
    shutil.copytree(folder, folder.with_name("pristine"))
    return study


@pytest.fixture
def study(finished):
    """Return the finished run as it ended, in its place and with its times, to be changed."""
    folder = finished.folder.parent
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("pristine"), folder)
    return finished


def files(study):
    return read_tsv(study.result("intake/files.tsv"))


def test_a_run_reports_on_every_file(study):
    states = {row["acquisition"]: row["state"] for row in files(study)}

    assert len(states) == PATIENTS * VISITS - 1
    assert set(states.values()) <= {"accepted", "accepted_with_warning"}
    assert "SIMULATED" in study.result("report/report.html").read_text()


def test_the_patient_flow_ends_with_those_whom_the_contrasts_used(study):
    steps = read_tsv(study.result("cohort/patient_flow.tsv"))
    contrasts = {row["id"]: row for row in read_tsv(study.result("analyses/contrasts.tsv"))}

    for name, row in contrasts.items():
        counts = {step["step"]: int(step["n"]) for step in steps if step["analysis"] == name}
        groups = int(row["n_events"] or 0) + int(row["n_non_events"] or 0)
        assert counts["analysed"] == (groups if row["status"] == "ok" else 0)
        assert not groups or counts["endpoint"] == groups
    assert contrasts


def test_each_step_of_the_patient_flow_is_that_before_less_its_reasons(study):
    steps = read_tsv(study.result("cohort/patient_flow.tsv"))

    for before, step in pairwise(steps):
        if step["step_number"] == "0":
            continue
        reasons = [part.rpartition(" = ")[2] for part in step["reasons"].split("; ") if part]
        assert int(step["n"]) == int(before["n"]) - int(step["n_out"])
        assert sum(map(int, reasons)) == int(step["n_out"])
    assert {step["chain"] for step in steps} == {"trial", "endpoint", "marker"}


def test_nothing_changed_plans_nothing(study):
    assert study.planned() == {}


def test_one_more_file_plans_its_chain_and_the_cohort(study):
    kept_back = study.folder.parent / "kept_back" / "P04_C2D1_tnk.fcs"
    shutil.copy(kept_back, study.folder / "data" / "fcs")

    assert study.planned() == {"gate_sample": 1} | dict.fromkeys(COHORT_STEPS, 1)


def test_a_file_removed_takes_its_rows_with_it(study):
    (study.folder / "data/fcs/P01_C0D8_tnk.fcs").unlink()

    assert study.planned() == dict.fromkeys(COHORT_STEPS, 1)
    study.run_well()
    assert len(files(study)) == PATIENTS * VISITS - 2
    assert "P01_C0D8" not in {row["acquisition"][:8] for row in files(study)}


@pytest.mark.parametrize(
    "age",
    [pytest.param(0, id="under the same time"), pytest.param(10**10, id="under an older time")],
)
def test_a_file_replaced_plans_its_chain(study, age):
    file = study.folder / "data/fcs/P02_C1D1_tnk.fcs"
    before = file.stat()
    shutil.copyfile(study.folder.parent / "kept_back" / "P04_C2D1_tnk.fcs", file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns - age))

    assert study.planned() == {"gate_sample": 1} | dict.fromkeys(COHORT_STEPS, 1)


def test_a_file_only_touched_plans_nothing(study):
    (study.folder / "data/fcs/P02_C1D1_tnk.fcs").touch()

    assert study.planned() == {}


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        pytest.param(
            "correlates/analyses/shift.py",
            {"run_contrasts", "draw_patient_flow", "build_report"},
            id="the contrasts",
        ),
        pytest.param(
            "correlates/analyses/ridge.py",
            {"fit_model", "draw_patient_flow", "build_report"},
            id="the model",
        ),
        pytest.param("correlates/report/page.py", {"build_report"}, id="the page"),
        pytest.param(
            "correlates/flow/templates/density.py",
            # calibration beads are read without a template
            {"gate_sample"} | COHORT_STEPS - {"fit_calibration"},
            id="where gates are set",
        ),
        pytest.param("correlates/job.py", set(), id="how a job logs"),
    ],
)
def test_an_edited_module_plans_the_rules_that_reach_it(study, module, rules):
    path = study.checkout / "scripts" / module
    path.write_text(path.read_text() + "\nEDITED = True\n")

    assert set(study.planned()) == rules


def test_a_changed_model_setting_plans_no_gating(study):
    config = study.read_config()
    config["analyses"]["model"]["penalty_c"] = 0.5
    study.write_config(config)

    assert study.planned() == dict.fromkeys(("fit_model", "draw_patient_flow", "build_report"), 1)


def test_a_setting_that_only_others_use_plans_no_measuring(study):
    config = study.read_config()
    config["flow"] |= {"children_tolerance_pct": 7, "unsupervised": {"resolution": 0.7}}
    study.write_config(config)

    assert study.planned() == {}


def test_the_laboratorys_page_is_the_same_whatever_the_outcomes_are(study):
    page = study.result("lab/lab.html").read_bytes()
    patients = study.folder / "data" / "patients.tsv"
    rows = read_tsv(patients)
    for row in rows:
        row["response"] = "CR" if row["response"] == "PD" else "PD"
        row["tfr_grade"] = "0" if row["tfr_grade"] == "3" else "3"
    write_tsv(patients, list(rows[0]), rows)

    study.run_well("lab_page")

    assert study.result("lab/lab.html").read_bytes() == page
    assert "P01" in page.decode()


def test_files_dropped_and_removed_while_the_run_is_on(study):
    """The plan holds: the removed file is told of, the dropped one joins the next run."""
    fcs = study.folder / "data" / "fcs"
    shutil.rmtree(study.folder / "results")
    removed = fcs / "P04_C1D8_tnk.fcs"
    command = study.command("--cores", "1")
    with subprocess.Popen(
        command,
        cwd=study.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        said = []
        for line in run.stdout:
            said.append(line)
            if removed is not None and "Finished jobid" in line:
                # One core: of the jobs that were announced, one at the most is still running.
                begun = "".join(said)
                waiting = [p for p in sorted(fcs.glob("*.fcs")) if p.stem not in begun]
                removed = waiting[-1]
                removed.unlink()
                shutil.copy(study.folder.parent / "kept_back" / "P04_C2D1_tnk.fcs", fcs)
                gone, removed = removed, None
    assert run.returncode == 0, "".join(said)[-6000:]
    rows = {os.path.basename(row["path"]): row for row in files(study)}  # noqa: PTH119
    assert rows[gone.name]["state"] == "refused"
    assert "gone now" in rows[gone.name]["reason"]
    assert "P04_C2D1_tnk.fcs" not in rows
    assert study.planned() == {"gate_sample": 1} | dict.fromkeys(COHORT_STEPS, 1)


def test_files_of_equal_content_are_both_excluded(study):
    fcs = study.folder / "data" / "fcs"
    shutil.copy(fcs / "P01_C0D8_tnk.fcs", fcs / "P04_C2D1_tnk.fcs")

    study.run_well()

    rows = {row["acquisition"][:8]: row for row in files(study)}
    for one, other in [("P01_C0D8", "P04_C2D1"), ("P04_C2D1", "P01_C0D8")]:
        assert rows[one]["state"] == "duplicate"
        assert f"{other}_tnk.fcs" in rows[one]["reason"]


def test_a_study_inherits_no_sheet_of_another(study):
    config = study.read_config()
    del config["study"]["patients"], config["study"]["cbc"]
    study.write_config(config)

    done = study.run("--dry-run")

    assert done.returncode != 0
    assert "patients" in done.stdout


def test_without_a_study_the_message_says_what_to_do(study):
    study.write_config({"strict": False})

    done = study.run("--dry-run")

    assert done.returncode != 0
    assert "--configfile my/config.yaml" in done.stdout


def test_strict_fails_after_the_report(study):
    (study.folder / "data/fcs/P01_C0D1_tnk.fcs").write_bytes(b"")
    config = study.read_config()
    # An empty file may still be growing; without patience it is refused at once.
    config |= {"strict": True, "intake": {"settle_minutes": 0}}
    study.write_config(config)

    done = study.run()

    assert done.returncode != 0
    assert "P01_C0D1_tnk.fcs: refused" in done.stdout
    assert "P01_C0D1_tnk.fcs" in study.result("report/report.html").read_text()


def test_a_wrong_row_excludes_that_row_only(study):
    path = study.folder / "data" / "patients.tsv"
    rows = read_tsv(path)
    rows[1]["tfr_grade"] = "seven"
    write_tsv(path, list(rows[0]), rows)

    study.run_well()

    problems = read_tsv(study.result("intake/problems.tsv"))
    first = problems[0]
    assert (first["row"], first["column"], first["value"]) == ("3", "tfr_grade", "seven")
    # What else speaks of that patient is left out with it, and named.
    assert {row["value"] for row in problems[1:]} == {"P02"}
    states = [row["state"] for row in files(study)]
    assert states.count("unmatched") == VISITS
    assert states.count("accepted") == PATIENTS * VISITS - 1 - VISITS


def test_a_wrong_template_stops_the_run_with_all_of_its_problems(study):
    template = (study.checkout / "resources/gating/tnk.csv").read_text()
    wrong = template.replace("singletGate", "singelGate").replace(",CD56,", ",CD65,", 1)
    (study.folder / "own.csv").write_text(wrong)
    config = study.read_config()
    config["study"]["gating"] = {"tnk": "own.csv"}
    study.write_config(config)

    done = study.run("--dry-run")

    assert done.returncode != 0
    assert "singelGate" in done.stdout
    assert "singletGate" in done.stdout
    assert "CD65" in done.stdout


def test_a_flowjo_workspace_is_written_on_demand(study):
    study.run_well("flowjo_workspaces")

    path = study.result("flow/workspaces/tnk.wsp")
    workspace = read_flowjo(path)
    written = read_tsv(study.result("flow/workspaces/tnk.tsv"))
    assert len(workspace.samples) == PATIENTS * VISITS - 1
    assert {row["written"] for row in written} == {"exact"}
    for sample in workspace.samples:
        rows = read_tsv(study.result(f"flow/populations/{sample.name}.tsv"))
        ours = {row["population"]: int(row["n"]) for row in rows if row["parent"]}
        assert ours.items() <= sample.counts.items()
    assert study.planned() == {}


REPEATED = {
    "gate_as_templated",
    "find_placements_as_templated",
    "compare_as_templated",
    "correct_batches_as_templated",
    "collect_as_templated",
    "build_cohort_as_templated",
    "run_contrasts_as_templated",
    "show_overrides",
}


def test_an_override_runs_its_file_and_the_contrasts_without_it(study):
    """Only what it changes runs again; the results without it stay beside those with it."""
    untouched = study.result("flow/measurements.parquet").read_bytes()
    row = "P02_C1D1__tnk__full\tlymph\tCD45\t2500\tAB\t2025-03-31\tdim CD45\tyes\n"
    header = "acquisition\tpopulation\tmarker\tthreshold\tauthor\tdate\treason\toutcomes_open\n"
    sheet = study.folder / "overrides.tsv"
    sheet.write_text(header + row + row.replace("P02_C1D1", "P09_C1D1"))
    config = study.read_config()
    config["study"]["overrides"] = "overrides.tsv"
    study.write_config(config)

    assert study.planned() == {"gate_sample": 1} | dict.fromkeys(COHORT_STEPS | REPEATED, 1)
    study.run_well()

    # no table on the way to the repeated contrasts is made of the file with its override: what
    # reads none of the patients' gates is used again, all else is repeated
    alone = study.planned("--forceall", "results/as_templated/analyses/contrasts.tsv")
    used_again = {"gate_sample", "list_files", "chart_controls", "fit_calibration"}
    used_again |= {"derive_endpoints"}
    assert set(alone) <= used_again | REPEATED
    effects = {row["population"]: row for row in read_tsv(study.result("flow/overrides.tsv"))}
    assert effects["lymph"]["n"] != effects["lymph"]["n_as_templated"]
    as_templated = study.result("as_templated/flow/measurements.parquet")
    assert as_templated.read_bytes() == untouched
    overridden = read_measurements(study.result("flow/measurements.parquet"))
    flagged = overridden[["overridden" in flags for flags in overridden["flags"]]]
    assert set(flagged["sample"]) == {"P02_C1D1"}
    assert all("override_outcomes_open" in flags for flags in flagged["flags"])
    assert {"t__abs", "nk_cd57__abs"} <= set(flagged["feature"])
    page = study.result("report/report.html").read_text()
    assert "Without the overrides" in page
    assert "outcomes were open to the author of 1" in page
    problems = read_tsv(study.result("intake/problems.tsv"))
    assert [(row["file"], row["row"]) for row in problems] == [("overrides.tsv", "3")]
    written = [path for path in study.folder.glob("results/**/*") if path.is_file()]
    assert not [path for path in written if b"2025-03-31" in path.read_bytes()]
    assert study.planned() == {}

    config["study"].pop("overrides")
    study.write_config(config)
    study.run_well()
    assert study.result("flow/measurements.parquet").read_bytes() == untouched
    assert not study.result("as_templated").exists()
    assert not study.result("flow/overrides.tsv").exists()


def test_a_second_gating_is_compared_with_the_first(study):
    """The second template moves one gate, and calls one population otherwise."""
    text = (study.checkout / "resources/gating/tnk.csv").read_text()
    header, *lines = text.splitlines()
    changed = [
        line.replace("nkt_like,", "T56,", 1) if line.startswith("nkt_like,") else line
        for line in lines
    ]
    (study.folder / "second.csv").write_text("\n".join([header, *changed]) + "\n")
    config = study.read_config()
    config["study"]["double_gating"] = {"tnk": "second.csv"}
    config["study"]["double_gating_names"] = {"tnk": {"T56": "nkt_like"}}
    study.write_config(config)
    files = PATIENTS * VISITS - 1

    planned = study.planned()
    assert (planned["gate_again"], planned["compare_gatings"]) == (files, 1)
    assert "gate_sample" not in planned
    study.run_well()

    rows = read_tsv(study.result("flow/double_gating.tsv"))
    assert {row["status"] for row in rows} <= {"ok", "refused"}
    measured = [row for row in rows if row["status"] == "ok"]
    assert {"t", "nkt_like"} <= {row["population"] for row in measured}
    # the same gates again: nothing differs
    assert [float(row["icc"]) for row in measured] == pytest.approx([1.0] * len(measured))
    assert {float(row["bias"]) for row in measured} == {0.0}
    assert study.planned() == {}
