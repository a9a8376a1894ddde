"""What a run leaves beside its results, and what the next one must not believe."""

import os

import pytest

from correlates.ending import (
    InStudy,
    forget_old_plans,
    forget_other_files,
    forget_passing_verdicts,
    forget_what_is_past,
    last_words,
)
from correlates.provenance import write_run_facts
from correlates.tables import read_json, write_json, write_tsv


@pytest.mark.parametrize(
    ("code", "is_kept"),
    [
        pytest.param("vanished", False, id="a file that was away may be back"),
        pytest.param("changed_during_run", False, id="a file that changed is another one"),
        pytest.param("truncated_data", True, id="a broken file stays broken"),
    ],
)
def test_verdicts_on_passing_states_are_forgotten(tmp_path, code, is_kept):
    path = tmp_path / "a.json"
    write_json(path, {"findings": [{"code": code}]})

    removed = forget_passing_verdicts(tmp_path)

    assert path.exists() is is_kept
    assert removed == ([] if is_kept else [path])


def test_a_word_in_a_path_is_no_code(tmp_path):
    write_json(tmp_path / "a.json", {"path": "vanished.fcs", "findings": [{"code": "not_fcs"}]})

    assert forget_passing_verdicts(tmp_path) == []


def test_only_the_current_plan_stays(tmp_path):
    for name in ("plan-1.json", "plan-2.json"):
        write_json(tmp_path / name, {"acquisitions": []})
    write_json(tmp_path / "notes.json", {"mine": 1})

    forget_old_plans(tmp_path / "plan-2.json")

    assert {path.name for path in tmp_path.iterdir()} == {"plan-2.json", "notes.json"}


def test_clinical_records_of_earlier_runs_are_forgotten(tmp_path):
    for name, content in (("plan-2", "acquisitions"), ("clinical-1", "sheets")):
        write_json(tmp_path / f"{name}.json", {content: []})
    write_json(tmp_path / "clinical-2.json", {"sheets": {}})

    forget_old_plans(tmp_path / "plan-2.json")
    assert (tmp_path / "clinical-1.json").exists()
    forget_old_plans(tmp_path / "plan-2.json", [tmp_path / "clinical-2.json"])

    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"plan-2.json", "clinical-2.json"}


def test_facts_of_a_run_need_no_git(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    write_run_facts(tmp_path / "run.json", "finished", tmp_path, tmp_path / "plan-1.json")

    facts = read_json(tmp_path / "run.json")
    assert facts["status"] == "finished"
    assert facts["commit"] == "unknown: git is not installed"
    assert facts["changed_since_commit"] is None
    assert facts["plan"] == "plan-1.json"


def test_a_folder_that_is_no_checkout_has_no_known_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    write_run_facts(tmp_path / "run.json", "finished", tmp_path, None)

    facts = read_json(tmp_path / "run.json")
    assert facts["commit"].startswith("unknown: ")
    assert facts["changed_since_commit"] is None


def test_results_under_a_name_that_is_gone_are_removed(tmp_path):
    for name in ("P1_C0D1__tnk__full", "P1_C0D8__tnk__full"):
        (tmp_path / "gates").mkdir(exist_ok=True)
        (tmp_path / "gates" / f"{name}.xml").write_text("")
    (tmp_path / "gates" / "my_notes.txt").write_text("")

    removed = forget_other_files(tmp_path, ["P1_C0D8__tnk__full"])

    assert [path.name for path in removed] == ["P1_C0D1__tnk__full.xml"]
    assert (tmp_path / "gates" / "my_notes.txt").exists()


OF_A_STUDY = (
    *("flow/peaks/B_1__tnk__beads_mesf.tsv", "flow/ledgers/P1_C0D1__tnk__full.svg"),
    *("flow/strategies/tnk.json", "flow/workspaces/tnk.wsp", "clusters/tnk/atlas.h5ad"),
    *("flow/gated_tables/lab.parquet", "flow/joined.parquet", "flow/joined_left_out.tsv"),
    *("ics/measurements.parquet", "as_templated/flow/measurements.parquet"),
)
WHOLE = InStudy(
    ["P1_C0D1__tnk__full", "B_1__tnk__beads_mesf"], ["tnk"], ["lab"], True, {"as_templated": ["P1"]}
)


@pytest.mark.parametrize(
    ("study", "kept"),
    [
        pytest.param(WHOLE, set(OF_A_STUDY), id="what is in the study stays"),
        pytest.param(InStudy([], beside={"as_templated": []}), set(), id="what is not goes"),
    ],
)
def test_results_of_what_left_the_study_are_removed(tmp_path, study, kept):
    for name in (*OF_A_STUDY, "flow/measurements.parquet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    forget_what_is_past(tmp_path, tmp_path / "intake" / "plan-1.json", study)

    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == kept | {"flow/measurements.parquet"}


def write_files(folder, states):
    rows = [{"state": state, "acquisition": f"a{n}"} for n, state in enumerate(states)]
    write_tsv(folder / "intake/files.tsv", ["state", "acquisition"], rows)


@pytest.mark.parametrize(
    ("states", "words"),
    [
        pytest.param([], "No FCS file was found", id="no file at all"),
        pytest.param(["accepted", "refused"], "1 of 2 files are used; why", id="one refused"),
        pytest.param(["accepted"], "1 of 1 files are used.", id="all used"),
    ],
)
def test_the_last_words_say_how_much_was_used(tmp_path, states, words):
    write_files(tmp_path, states)
    stops = [{"stops": "row"}, {"stops": "nothing"}]
    write_tsv(tmp_path / "intake/problems.tsv", ["stops"], stops)

    said = last_words(tmp_path)

    assert said[0].startswith(words)
    assert said[1].startswith("1 problem in sheets left rows out: ")


def test_a_report_that_the_run_did_not_build_is_called_an_earlier_one(tmp_path):
    write_files(tmp_path, ["accepted"])
    write_tsv(tmp_path / "intake/problems.tsv", ["stops"], [])
    for name in ("report/report.html", "lab/lab.html"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("")
    os.utime(tmp_path / "report/report.html", (1, 1))

    said = last_words(tmp_path)

    assert said[-2].startswith("The report of an earlier run: ")
    assert said[-1].startswith("The laboratory's page: ")
    os.utime(tmp_path / "report/report.html")
    assert last_words(tmp_path)[-2].startswith("The report: ")


def test_a_reference_tube_is_not_called_used(tmp_path):
    write_files(tmp_path, ["accepted", "accepted", "accepted"])
    write_tsv(tmp_path / "intake/problems.tsv", ["stops"], [])
    left_out = [{"what": "acquisition", "item": "a1"}, {"what": "measurement", "item": "a2"}]
    write_tsv(tmp_path / "flow/left_out.tsv", ["what", "item"], left_out)

    said = last_words(tmp_path)

    assert said[0].startswith("2 of 3 files are used; why")
    assert "exclusions.tsv" in said[0]


def test_the_last_words_count_problems(tmp_path):
    write_files(tmp_path, ["accepted"])
    write_tsv(tmp_path / "intake/problems.tsv", ["stops"], [{"stops": "row"}] * 2)

    assert last_words(tmp_path)[1].startswith("2 problems in sheets left rows out: ")


def test_a_study_of_other_assays_only_is_not_called_unmeasured(tmp_path):
    write_files(tmp_path, [])
    write_tsv(tmp_path / "intake/problems.tsv", ["stops"], [])
    for assay in ("pk", "qpcr", "cohort", "flow"):
        path = tmp_path / assay / "measurements.parquet"
        path.parent.mkdir()
        path.write_bytes(b"")

    assert last_words(tmp_path)[0] == "No FCS file was found: measurements are of pk, qpcr."
