"""Which file is whose, which are worked on, and which are only told of."""

import os
import shutil
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import yaml

from conftest import ROOT
from correlates.intake.config import parse_problems_to_stop
from correlates.intake.duplicates import find_duplicates
from correlates.intake.files import finder as finding
from correlates.intake.files.snapshot import ContentCache, write_snapshot
from correlates.intake.first_words import first_words
from correlates.intake.plan import make_plan
from correlates.intake.records import Plan
from correlates.problems import Problem, StudyError

NOW = 4_000_000_000.0
LAB = r"{patient:[A-Z]+\d+}_{visit}_{panel}.fcs"
PATIENTS = "patient\tlenalidomide_start_day\tresponse\ttfr_grade\nP01\t29\tCR\t1\nP02\t29\tPR\t0\n"
PANELS = "panel\tchannel\tmarker\ntnk\tBV605-A\tCD3\ntnk\tFSC-A\t\n"
HEADER = f"FCS3.1    {58:>8}{99:>8}{100:>8}{199:>8}{0:>8}{0:>8}"


@pytest.fixture
def study(tmp_path):
    """Return a study in a folder of its own, with one panel, two patients and no files yet."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    config["study"] = {
        "patients": "patients.tsv",
        "panels": "panels.tsv",
        "specimen": "fresh_wb",
        "gating": {"tnk": "tnk.csv"},
    }
    (tmp_path / "patients.tsv").write_text(PATIENTS)
    (tmp_path / "panels.tsv").write_text(PANELS)
    (tmp_path / "tnk.csv").write_text("alias\n")
    (tmp_path / "fcs").mkdir()

    def put(*names, content=None):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"FCS of {name}".encode() if content is None else content)

    def drop(*names, pattern=LAB):
        put(*(f"fcs/{name}" for name in names))
        config["study"]["drop"] = {"folder": "fcs", "pattern": pattern}

    def sheet(*rows, name="samples.tsv"):
        # the last column may be a path with blanks of its own
        columns = rows[0].count(" ")
        lines = ("\t".join(row.split(" ", columns)) + "\n" for row in rows)
        (tmp_path / name).write_text("".join(lines))
        config["study"]["samples"] = name

    def references(*rows):
        sheet(*rows, name="references.tsv")
        config["study"]["references"] = "references.tsv"
        config["study"]["samples"] = "samples.tsv"

    def plan(now=NOW, **options):
        return make_plan(config, now=now, root=tmp_path, **options)

    return SimpleNamespace(
        root=tmp_path, config=config, block=config["study"], put=put, drop=drop, sheet=sheet,
        plan=plan, references=references,
    )  # fmt: skip


def told(plan):
    return [(one.path, one.state) for one in plan.listed]


def stopped(plan):
    with pytest.raises(StudyError) as raised:
        parse_problems_to_stop(plan.problems)
    return str(raised.value)


def test_without_a_study_the_plan_is_empty_and_nothing_is_wrong(study):
    del study.config["study"]

    plan = study.plan()

    assert plan.acquisitions == plan.problems == ()


def test_dropped_files_are_planned_by_their_names(study):
    study.drop("P02_C1D1_H4_TNK.fcs", "P01_C0D1_tnk.fcs")

    plan = study.plan()

    assert plan.problems == plan.listed == ()
    assert plan.names == ["P01_C0D1__tnk__full", "P02_C1D1_h4__tnk__full"]
    one = plan["P02_C1D1_h4__tnk__full"]
    assert (one.patient, one.visit, one.timepoint, one.panel) == ("P02", "C1D1", "h4", "tnk")
    assert (one.study_day, one.study_day_source) == (29.0, "planned")
    assert (one.specimen, one.tube, one.batch, one.sample) == (
        "fresh_wb",
        "full",
        "",
        "P02_C1D1_h4",
    )
    assert one.path == "fcs/P02_C1D1_H4_TNK.fcs"
    assert plan.patients == ("P01", "P02")
    assert '"CR"' not in plan.to_json()
    assert plan.records.patient("P01")["response"] == "CR"
    assert plan.markers_of(one.acquisition) == {"BV605-A": "CD3", "FSC-A": ""}


def test_the_panel_of_a_file_is_that_of_its_batch(study):
    study.drop(
        "P01_C0D1_tnk_b1.fcs",
        "P02_C0D1_tnk_b2.fcs",
        pattern=r"{patient:[A-Z]+\d+}_{visit}_{panel}_{batch}.fcs",
    )
    (study.root / "panels.tsv").write_text(
        "panel\tchannel\tmarker\tbatch\taliases\n"
        "tnk\tBV605-A\tCD3\t\tQdot605-A\n"
        "tnk\tBV650-A\tCD3\tb2\tCD3e;Qdot655-A\n"
        "tnk\tBV711-A\tCD3\tb3\t\n"
    )

    plan = study.plan()

    first, second = plan.names
    assert plan.markers_of(first) == {"BV605-A": "CD3"}
    assert plan.aliases_of(first) == {"BV605-A": ["Qdot605-A"]}
    assert plan.markers_of(second) == {"BV650-A": "CD3"}
    assert plan.aliases_of(second) == {"BV650-A": ["CD3e", "Qdot655-A"]}
    (problem,) = plan.problems
    assert (problem.row, problem.column, problem.value, problem.stops) == (
        4,
        "batch",
        "b3",
        "nothing",
    )


def test_names_with_every_placeholder_are_planned_without_an_expression(study):
    study.drop(
        "P01_C0D1_T_NK_fmo_CD57_b1_20250726.fcs",
        "P02_PD_H4_tnk_full_b2_2025-07-26.fcs",
        "P02_PD_tnk_ful_b2_2025-07-26.fcs",
        pattern=r"{patient:[A-Z]+\d+}_{visit}_{panel}_{tube}_{batch}_{date}.fcs",
    )
    study.block["gating"] = {"tnk": "tnk.csv", "t_nk": "tnk.csv"}
    (study.root / "panels.tsv").write_text(PANELS + "t_nk\tBV605-A\tCD3\n")

    plan = study.plan()

    assert {(one.acquisition, one.batch) for one in plan.acquisitions} == {
        ("P01_C0D1__t_nk__fmo_CD57", "b1"),
        ("P02_PD_h4__tnk__full", "b2"),
    }
    (one,) = plan.listed
    assert one.reason.startswith("tube 'ful': this text is not legal")
    assert "unstained" in one.remedy


def test_what_is_dropped_and_not_planned_is_listed_with_the_reason(study):
    study.drop(
        "P01_C0D1_tnk.fcs",
        "P03_C0D1_tnk.fcs",
        "P01_C0D1_tkn.fcs",
        "notes.txt",
        "Q1_x.fcs",
        "P02_C0D1_tnk.fcs.part",
        ".P02_C0D1_tnk.fcs.x7",
        "P01_C0D29_tnk.fcs",
    )
    (study.root / "fcs" / "P02_C0D8_tnk.fcs").symlink_to("nowhere")

    plan = study.plan()

    assert plan.names == ["P01_C0D1__tnk__full"]
    reasons = {one.path: (one.state, one.reason, one.remedy) for one in plan.listed}
    assert {path: state for path, (state, _, _) in reasons.items()} == {
        "fcs/P01_C0D1_tkn.fcs": "unmatched",
        "fcs/P01_C0D29_tnk.fcs": "unmatched",
        "fcs/P02_C0D1_tnk.fcs.part": "waiting",
        "fcs/P02_C0D8_tnk.fcs": "unmatched",
        "fcs/P03_C0D1_tnk.fcs": "unmatched",
        "fcs/Q1_x.fcs": "unmatched",
        "fcs/notes.txt": "unmatched",
    }
    assert reasons["fcs/P03_C0D1_tnk.fcs"][1] == "unknown patient 'P03'"
    remedy = "Add it to the patients sheet, or correct the name."
    assert reasons["fcs/P03_C0D1_tnk.fcs"][2] == remedy, "P03 is not P02 mistyped"
    assert reasons["fcs/P01_C0D1_tkn.fcs"][1] == "unknown panel 'tkn'"
    assert "'C0D29' is no visit" in reasons["fcs/P01_C0D29_tnk.fcs"][1]
    assert reasons["fcs/P02_C0D8_tnk.fcs"][1] == "this is a link that leads nowhere"
    assert reasons["fcs/Q1_x.fcs"][1] == (
        "its name does not match the pattern: {visit} cannot be 'x'"
    )
    assert LAB in reasons["fcs/Q1_x.fcs"][2]
    assert "no .fcs or .lmd" in reasons["fcs/notes.txt"][1]


def test_what_cannot_be_read_under_its_name_costs_that_file_only(study):
    study.drop("P01_C0D1_tnk.fcs", "P01_C0D8_tnk.fcs.gz", "more.zip")
    fcs = study.root / "fcs"
    (fcs / "P01_C1D1_tnk.fcs").symlink_to("P01_C1D1_tnk.fcs")
    (fcs / "circle").symlink_to("circle")
    (fcs / "P01_C1D8_tnk.fcs").mkdir()
    (fcs / os.fsdecode(b"P02_C0D1_tnk \xe9.fcs")).write_bytes(b"FCS of fcs/P01_C0D1_tnk.fcs")
    os.mkfifo(fcs / "P02_C0D8_tnk.fcs")

    plan = study.plan()

    assert plan.names == ["P01_C0D1__tnk__full"]
    listed = {one.path: (one.reason, one.remedy) for one in plan.listed}
    for path, reason, remedy in (
        ("P01_C0D8_tnk.fcs.gz", "this is a packed FCS file", "Unpack it, and run again."),
        ("P01_C1D1_tnk.fcs", "a link that leads nowhere", "remove the link"),
        ("P01_C1D8_tnk.fcs", "a folder, not an FCS file", "Rename the folder"),
        (r"P02_C0D1_tnk \xe9.fcs", "is not in UTF-8", "Rename it"),
        ("P02_C0D8_tnk.fcs", "a pipe, a socket or a device", "the FCS file itself"),
        ("circle", "a link that leads nowhere", "remove the link"),
        ("more.zip", "this is a packed file", "Unpack it if FCS files are in it."),
    ):
        found = listed.pop(f"fcs/{path}")
        assert reason in found[0]
        assert remedy in found[1]
    assert listed == {}
    # its content is known all the same, so that a copy is recognised
    (copy,) = [one for one in plan.listed if "xe9" in one.path]
    assert copy.sha256 == plan.acquisitions[0].sha256


def test_rows_may_name_what_no_path_can_be(study):
    study.put("a.fcs")
    (study.root / "circle.fcs").symlink_to("circle.fcs")
    study.sheet(
        "patient visit fcs",
        "P01 C0D1 a.fcs",
        "P01 C0D8 circle.fcs",
        f"P02 C0D1 {'x' * 300}.fcs",
        f"P02 C0D8 {'x' * 300}/y.fcs",
    )

    plan = study.plan()

    assert plan.names == ["P01_C0D1__tnk__full"]
    assert sorted(one.state for one in plan.listed) == ["missing", "missing", "unmatched"]


@pytest.mark.parametrize("folder", ["sheets", "fcs", "elsewhere"])
def test_files_of_the_sheet_are_found_by_its_folder_the_fcs_folder_and_the_working_one(
    study, folder
):
    study.sheet("patient visit file", "P01 C0D1 a.fcs", name="sheets.tsv")
    (study.root / "sheets").mkdir()
    (study.root / "sheets.tsv").rename(study.root / "sheets" / "samples.tsv")
    study.block |= {"samples": "sheets/samples.tsv", "fcs_folder": "fcs"}
    place = {"sheets": "sheets/a.fcs", "fcs": "fcs/a.fcs", "elsewhere": "a.fcs"}[folder]
    study.put(place)

    plan = study.plan()

    assert [one.path for one in plan.acquisitions] == [place]


def test_an_absolute_path_stays_absolute(study):
    study.put("elsewhere/a.fcs")
    study.sheet("patient visit fcs", f"P01 C0D1 {study.root}/elsewhere/a.fcs")

    assert [one.path for one in study.plan().acquisitions] == [f"{study.root}/elsewhere/a.fcs"]


def test_rows_say_who_a_file_is_whatever_it_is_called(study):
    study.put("fcs/run 1.fcs", "fcs/run2.fcs")
    (study.root / "fcs" / "run 1.fcs").rename(study.root / "fcs" / "run1.fcs")
    study.block["fcs_folder"] = "fcs"
    study.sheet(
        "sample patient visit day specimen tube batch fcs",
        "S7 P01 C1D1 31 cryo_pbmc FMO-CD57 b2 run1.fcs",
        " P01 C1D1  cryo_pbmc   run2.fcs",
    )

    first, second = study.plan().acquisitions

    assert second.acquisition == "S7__tnk__fmo_CD57"
    assert (second.study_day, second.study_day_source, second.batch) == (31.0, "recorded", "b2")
    assert first.acquisition == "P01_C1D1_cryo_pbmc__tnk__full"
    assert (first.study_day, first.study_day_source) == (29.0, "planned")


def test_rows_without_their_file_are_listed_with_the_nearest_name(study):
    study.put("fcs/P01_C0D1.FCS")
    study.block["fcs_folder"] = "fcs"
    study.sheet(
        "patient visit fcs",
        "P01 C0D1 P01_C0D1.fcs",
        "P01 C0D8 zzz.fcs",
        "P02 C0D1 ",
        "P09 C0D1 P01_C0D8.fcs",
    )

    plan = study.plan()

    assert plan.acquisitions == ()
    missing = {one.reason: one for one in plan.listed if one.state == "missing"}
    one = missing["row 2 of samples.tsv names a file that is not there"]
    assert one.remedy == "Did you mean 'P01_C0D1.FCS', which is in fcs?"
    assert (one.path, one.patient, one.visit) == ("P01_C0D1.fcs", "P01", "C0D1")
    one = missing["row 3 of samples.tsv names a file that is not there"]
    assert one.remedy == (
        "Put it there, or correct the path; it was looked for from: "
        f"{study.root / 'fcs'}, {study.root}."
    )
    assert "column fcs" in missing["row 4 of samples.tsv has no file"].remedy
    assert "row 5 of samples.tsv, which names it, is left out" in missing
    unmatched = [one for one in plan.listed if one.state == "unmatched"]
    assert [one.path for one in unmatched] == ["fcs/P01_C0D1.FCS"]
    assert unmatched[0].reason == "no row of samples.tsv names this file"


def test_the_file_of_a_row_that_is_left_out_is_not_taken_by_its_name(study):
    study.drop("P01_C0D1_tnk.fcs")
    study.sheet("patient visit day fcs", "P01 C0D1 3,5 fcs/P01_C0D1_tnk.fcs")

    plan = study.plan()

    assert plan.acquisitions == ()
    assert told(plan) == [("fcs/P01_C0D1_tnk.fcs", "unmatched")]
    assert "row 2 of samples.tsv, which names it, is left out" in plan.listed[0].reason
    assert [problem.column for problem in plan.problems] == ["study_day"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("P02 C1D1 TNK full fresh_wb 31d", "study_day: this is not a number (found '31d')"),
        ("P02 C1D1 tnk full blood 31", "specimen: this value is not known (found 'blood')"),
        ("P02 C1D1 tnk fmo fresh_wb 31", "tube: this text is not legal (found 'fmo')"),
        ("P02 C1D1 tkn full fresh_wb 31", "panel: this panel is not known (found 'tkn')"),
    ],
)
def test_the_dropped_file_of_a_row_that_is_left_out_is_not_measured_with_defaults(study, row, said):
    study.drop("P01_C0D1_tnk.fcs", "P02_C0D1_tnk.fcs", "P02_C1D1_tnk.fcs", "P02_C1D1_h4_tnk.fcs")
    study.sheet("patient visit panel tube specimen study_day", "P01 C0D1 tnk full fresh_wb 1", row)

    plan = study.plan()

    assert plan.names == ["P01_C0D1__tnk__full", "P02_C0D1__tnk__full", "P02_C1D1_h4__tnk__full"]
    (one,) = plan.listed
    assert (one.path, one.state) == ("fcs/P02_C1D1_tnk.fcs", "unmatched")
    assert (one.patient, one.visit) == ("P02", "C1D1")
    assert one.reason == f"left out: its row 3 of samples.tsv is wrong: {said}"
    assert one.remedy == "Mend that row and run again."


def test_a_row_that_is_left_out_takes_no_file_that_a_good_row_tells_better(study):
    pattern = "{patient:[A-Z]+\\d+}_{visit}_{panel:[a-z]+}_{tube}.fcs"
    study.drop("P01_C0D1_tnk_full.fcs", "P01_C0D1_tnk_fmo_CD57.fcs", pattern=pattern)
    study.sheet(
        "patient visit panel tube study_day", "P01 C0D1 tnk full 2", "P01 C0D1 tnk fmo 2"
    )  # fmt: skip

    plan = study.plan()

    assert plan.names == ["P01_C0D1__tnk__full"]
    assert plan["P01_C0D1__tnk__full"].study_day == 2
    assert told(plan) == [("fcs/P01_C0D1_tnk_fmo_CD57.fcs", "unmatched")]


@pytest.mark.parametrize("row", ["P01 C0D1 +4 1", "P01 C0D1_PRE H4 1", "P01 C0D1 H4 1\tx"])
def test_a_row_whose_timepoint_is_in_doubt_takes_every_file_of_its_visit(study, row):
    study.drop("P01_C0D1_tnk.fcs", "P01_C0D1_H4_tnk.fcs")
    study.sheet("patient visit timepoint study_day", row)

    plan = study.plan()

    assert plan.names == []
    assert [one.state for one in plan.listed] == ["unmatched", "unmatched"]


def test_of_rows_of_one_draw_the_wrong_one_is_to_be_mended(study):
    study.drop("P01_C0D1_tnk.fcs", "P02_C0D1_tnk.fcs")
    study.sheet(
        "patient visit study_day", "P01 C0D1 1", "P02 C0D1 1", "P02 C0D1 2", "P01 C0D1 soon"
    )  # fmt: skip

    plan = study.plan()

    assert plan.names == []
    assert [one.reason for one in plan.listed] == [
        "left out: its row 5 of samples.tsv is wrong: study_day: this is not a number "
        "(found 'soon')",
        "left out: its row 3 of samples.tsv is wrong: this key also stands in row 4, "
        "with other values",
    ]


def test_of_rows_of_one_patient_the_wrong_one_is_to_be_mended(study):
    (study.root / "patients.tsv").write_text(f"{PATIENTS}P03\t29\tCR\t1\nP01\t29\tCRR\t1\n")
    study.drop("P01_C0D1_tnk.fcs", "P02_C0D1_tnk.fcs")
    study.sheet("patient visit study_day", "P02 C0D1 1", "P01 C0D1 1")

    plan = study.plan()

    assert plan.names == ["P02_C0D1__tnk__full"]
    assert [one.reason for one in plan.listed] == [
        "patient 'P01' is left out, for row 5 of the sheet"
    ]
    (problem,) = (one for one in plan.problems if one.file == "samples.tsv")
    assert problem.problem == "row 5 of patients.tsv has this patient and is left out"


def test_a_row_whose_patient_or_visit_cannot_be_read_takes_no_file(study):
    study.drop("P01_C0D1_tnk.fcs")
    study.sheet("patient visit study_day", "P01 C0D29 soon", "P__01 C0D1 soon")

    plan = study.plan()

    assert plan.names == ["P01_C0D1__tnk__full"]
    assert plan.listed == ()


def test_a_sheet_adds_to_dropped_files_what_their_names_do_not_tell(study):
    study.drop("P01_C0D1_tnk.fcs", "P01_C0D8_tnk.fcs", "P02_C0D1_tnk.fcs")
    study.sheet(
        "patient visit day batch specimen panel fcs",
        "P01 C0D1 1 b1   ",
        "P01 C0D8 9 b2 cryo_pbmc tnk ",
        "P02 C1D1 30 b2   ",
        "P02 C0D1 2 b3  tnk fcs/P02_C0D1_tnk.fcs",
    )

    plan = study.plan()

    assert [(one.acquisition, one.study_day, one.batch) for one in plan.acquisitions] == [
        ("P01_C0D1__tnk__full", 1.0, "b1"),
        ("P01_C0D8_cryo_pbmc__tnk__full", 9.0, "b2"),
        ("P02_C0D1__tnk__full", 2.0, "b3"),
    ]
    assert [(one.state, one.patient, one.visit) for one in plan.listed] == [
        ("missing", "P02", "C1D1")
    ]


def test_two_rows_that_could_mean_a_dropped_file_are_not_chosen_between(study):
    study.drop("P01_C0D1_tnk.fcs")
    study.sheet("patient visit specimen", "P01 C0D1 fresh_wb", "P01 C0D1 marrow")

    plan = study.plan()

    assert plan.acquisitions == ()
    assert "rows 2, 3 of the samples sheet could all mean this file" in str(plan.listed)


def test_two_files_of_one_identity_are_both_listed_and_neither_planned(study):
    study.drop(
        "P01_C0D1_tnk_001.fcs",
        "P01_C0D1_tnk_002.fcs",
        "P02_C0D1_tnk_001.fcs",
        pattern=r"{patient}_{visit}_{panel}_{ignore:\d+}.fcs",
    )

    plan = study.plan()

    assert plan.names == ["P02_C0D1__tnk__full"]
    assert told(plan) == [
        ("fcs/P01_C0D1_tnk_001.fcs", "conflict"),
        ("fcs/P01_C0D1_tnk_002.fcs", "conflict"),
    ]
    assert "fcs/P01_C0D1_tnk_002.fcs is the same: P01_C0D1__tnk__full" in plan.listed[0].reason


def test_a_control_of_every_batch_is_told_apart_by_visits(study):
    names = ("a/P01_C0D1_tnk.fcs", "b/P01_C0D1_tnk.fcs", "c/P01_C0D1_tnk.fcs")
    study.drop(*names, pattern="{batch}/{patient}_{visit}_{panel}.fcs")

    first, *_ = study.plan().listed

    assert first.reason == (
        "fcs/b/P01_C0D1_tnk.fcs and fcs/c/P01_C0D1_tnk.fcs are the same: P01_C0D1__tnk__full"
    )
    assert "a visit of its own in each, such as UNS1 and UNS2" in first.remedy


def test_one_file_that_two_rows_name_is_listed_and_not_planned(study):
    study.put("fcs/a.fcs", "fcs/b.fcs")
    study.sheet(
        "patient visit fcs", "P01 C0D1 fcs/a.fcs", "P02 C0D1 ./fcs/a.fcs", "P02 C0D8 fcs/b.fcs"
    )

    plan = study.plan()

    assert plan.names == ["P02_C0D8__tnk__full"]
    assert told(plan) == [("fcs/a.fcs", "conflict")]
    assert plan.listed[0].reason == "rows 2, 3 of samples.tsv name this file"


def test_a_file_that_a_workspace_knows_is_never_to_be_renamed(study):
    study.put("gates.wsp")
    study.block["gating"]["tnk"] = "gates.wsp"
    study.drop("P01_C0D1_tnk.fcs", "P01 C0D8 tnk.fcs")
    study.sheet("patient visit fcs", "P02 C0D1 fcs/P01_C0D1_tnk.fcs")

    unmatched, conflict = sorted(study.plan().listed, key=lambda one: one.path)

    assert unmatched.remedy.startswith("Change the pattern, or list the file in the samples sheet")
    assert conflict.state == "conflict"
    assert "rename" not in unmatched.remedy + conflict.remedy


@pytest.mark.parametrize(
    ("name", "row", "by_name", "by_row"),
    [
        pytest.param("P02_C0D1_tnk", "P01 C0D1 tnk", "patient P02", "patient P01", id="patient"),
        pytest.param("P03_C0D1_tnk", "P01 C0D1 tnk", "patient P03", "patient P01", id="left out"),
        pytest.param("P01_C0D8_tnk", "P01 c0d1 tnk", "visit C0D8", "visit C0D1", id="visit"),
        pytest.param(
            "P01_C0D1_H4_tnk", "P01 C0D1 tnk", "timepoint h4", "timepoint pre", id="timepoint"
        ),
        pytest.param("P01_C0D1_act", "P01 C0D1 tnk", "panel act", "panel tnk", id="panel"),
        pytest.param(
            "P01_C0D1_tnk_FMO-CD57", "P01 C0D1 tnk", "tube fmo_CD57", "tube full", id="tube"
        ),
        pytest.param("P01_c00d01_TNK_full", "P01 C0D1 tnk", None, None, id="said alike"),
        pytest.param("P1_C0D1_tnk", "P01 C0D1 tnk", None, None, id="a number in another form"),
        pytest.param("run7", "P01 C0D1 tnk", None, None, id="a name that says nothing"),
    ],
)
def test_a_row_and_the_name_of_its_file_must_not_contradict_each_other(
    study, name, row, by_name, by_row
):
    (study.root / "patients.tsv").write_text(PATIENTS + "P03\t29\tCRR\t1\n")
    (study.root / "panels.tsv").write_text(PANELS + "act\tA\tCD3\n")
    study.block["gating"]["act"] = "tnk.csv"
    has_tube = "FMO" in name or "full" in name
    tube = r"_{tube:full|FMO-[A-Z]+\d+}" if has_tube else ""
    study.drop(f"{name}.fcs", pattern=f"{{patient}}_{{visit}}_{{panel:[a-zA-Z]+}}{tube}.fcs")
    study.sheet("patient visit panel fcs", f"{row} fcs/{name}.fcs")

    plan = study.plan()

    if by_name is None:
        assert [one.patient for one in plan.acquisitions] == ["P01"]
        assert plan.listed == ()
    else:
        assert plan.acquisitions == ()
        assert told(plan) == [(f"fcs/{name}.fcs", "conflict")]
        assert plan.listed[0].reason == (
            f"the name fcs/{name}.fcs says {by_name}, row 2 of samples.tsv says {by_row}"
        )


def test_a_row_that_is_there_twice_is_used_once(study):
    study.put("fcs/a.fcs")
    study.sheet("patient visit fcs", "P01 C0D1 fcs/a.fcs", "P01 C0D1 fcs/a.fcs")

    plan = study.plan()

    assert plan.names == ["P01_C0D1__tnk__full"]
    assert plan.listed == ()
    assert [problem.problem for problem in plan.problems] == ["the same as row 2"]


def test_a_sample_that_stands_for_two_draws_is_not_planned(study):
    study.put("fcs/a.fcs", "fcs/b.fcs")
    study.sheet(
        "sample patient visit tube fcs",
        "S1 P01 C0D1 full fcs/a.fcs",
        "S1 P02 C0D1 unstained fcs/b.fcs",
    )

    plan = study.plan()

    assert plan.acquisitions == ()
    assert {one.reason for one in plan.listed} == {"sample S1 stands for 2 draws"}


def test_a_date_is_for_order_only(study):
    names = ("20250726_P02_C0D1_tnk.fcs", "20250801_P01_C0D1_tnk.fcs")
    study.drop(*names, pattern="{date}_{patient}_{visit}_{panel}.fcs")

    plan = study.plan()

    assert plan.names == ["P02_C0D1__tnk__full", "P01_C0D1__tnk__full"]
    assert "2025" not in plan.to_json().replace(names[0], "").replace(names[1], "")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        pytest.param([], ["No FCS file was found. See study.drop or study.samples."], id="none"),
        pytest.param(["notes.txt"], ["No FCS file was found."], id="none but others"),
        pytest.param(
            ["P01 C0D1.fcs", "P01 C0D8.fcs"],
            ["None of the 2 FCS files is used; the first: fcs/P01 C0D1.fcs: its name does not"],
            id="none that matches",
        ),
        pytest.param(["P01.fcs"], ["The only FCS file is not used: fcs/P01.fcs"], id="not the one"),
        pytest.param(["P01 C0D1.fcs", "P01_C0D1_tnk.fcs"], [], id="one that matches"),
    ],
)
def test_a_study_without_a_file_to_work_on_says_so_at_once(study, names, said):
    study.drop(*names)

    told = first_words(study.plan())

    assert len(told) == len(said)
    assert all(one.startswith(words) for one, words in zip(told, said, strict=True))


def test_a_study_of_exported_tables_is_not_told_that_it_has_no_file(study):
    study.drop()

    assert first_words(study.plan(), has_tables=True) == []


@pytest.mark.parametrize(
    ("age", "content", "state"),
    [
        pytest.param(60, HEADER, "waiting", id="an unfinished file that just changed waits"),
        pytest.param(3600, HEADER, "planned", id="an old unfinished file is for the verdict"),
        pytest.param(
            60, "no FCS file at all, and longer than a header is" * 2, "planned", id="not"
        ),
    ],
)
def test_a_file_that_is_still_growing_waits(study, age, content, state):
    study.drop()
    study.put("fcs/P01_C0D1_tnk.fcs", content=content.encode())
    os.utime(study.root / "fcs" / "P01_C0D1_tnk.fcs", (NOW - age, NOW - age))

    plan = study.plan()

    assert [one.state for one in plan.listed] == (["waiting"] if state == "waiting" else [])
    assert len(plan.acquisitions) == (state == "planned")
    assert "P01" in plan.to_json()


def test_a_young_file_without_a_byte_is_empty_so_far(study):
    study.drop()
    study.put("fcs/P01_C0D1_tnk.fcs", content=b"")
    os.utime(study.root / "fcs" / "P01_C0D1_tnk.fcs", (NOW - 60, NOW - 60))

    (one,) = study.plan().listed

    assert (one.state, one.reason) == ("waiting", "it is empty so far, and it changed just now")


def test_a_file_that_changes_while_the_plan_is_made_waits(study, monkeypatch):
    study.drop("P01_C0D1_tnk.fcs")
    list_files = finding.list_files

    def list_and_write(folder):
        seen = list_files(folder)
        study.put("fcs/P01_C0D1_tnk.fcs", content=b"more than before, at any rate")
        return seen

    monkeypatch.setattr(finding, "list_files", list_and_write)

    assert [(one.state, one.reason) for one in study.plan().listed] == [
        ("waiting", "it changed while it was looked at")
    ]


def test_a_file_that_is_removed_while_the_plan_is_made_is_listed(study, monkeypatch):
    study.drop("P01_C0D1_tnk.fcs", "P02_C0D1_tnk.fcs")
    list_files = finding.list_files

    def list_and_remove(folder):
        seen = list_files(folder)
        (study.root / "fcs" / "P01_C0D1_tnk.fcs").unlink()
        return seen

    monkeypatch.setattr(finding, "list_files", list_and_remove)
    plan = study.plan()

    assert plan.names == ["P02_C0D1__tnk__full"]
    assert told(plan) == [("fcs/P01_C0D1_tnk.fcs", "unmatched")]


def test_a_touched_file_changes_nothing_and_a_replaced_one_does(study):
    study.drop("P01_C0D1_tnk.fcs", "P02_C0D1_tnk.fcs")
    path = study.root / "fcs" / "P01_C0D1_tnk.fcs"
    store = study.root / "cache.json"

    def snapshot():
        cache = ContentCache(store)
        return write_snapshot(study.plan(cache=cache), study.root / "plans"), cache.computed

    first, computed = snapshot()
    assert (computed, snapshot()) == (2, (first, 0))
    os.utime(path, (5, 5))
    assert snapshot() == (first, 1)
    path.write_bytes(b"another file")
    os.utime(path, (1, 1))
    assert snapshot()[0] != first


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            {"drop": {"folder": "fsc", "pattern": LAB}},
            "study.drop.folder: there is no such folder (found 'fsc')",
            id="no drop folder",
        ),
        pytest.param(
            {"drop": {"folder": "fcs", "pattern": "{patient}{batch}_{visit}_{panel}.fcs"}},
            "study.drop.pattern: the pattern is ambiguous: 'AAA_PD_TNK.fcs' could be patient",
            id="an ambiguous pattern",
        ),
        pytest.param(
            {"drop": {"folder": "fcs", "pattern": "{patient}_{visit}.fcs"},
             "gating": {"tnk": "tnk.csv", "cll": "tnk.csv"}},
            "names do not tell which of tnk, cll a file is of",
            id="which panel",
        ),
        pytest.param(
            {"gating": {"tnk": "tkn.csv"}},
            "study.gating.tnk: there is no such file (found 'tkn.csv'). Did you mean 'tnk.csv'?",
            id="no gating file",
        ),
        pytest.param(
            {"gating": {"tnk": "nothing_like_it"}},
            "study.gating.tnk: no template of this name is shipped",
            id="no shipped template",
        ),
        pytest.param(
            {"compensation": {"tnk": "spill.csv"}},
            "study.compensation.tnk: there is no such file",
            id="no compensation file",
        ),
        pytest.param(
            {"patients": "patient.tsv"},
            "patient.tsv: the sheet cannot be read (No such file or directory)",
            id="no patients sheet",
        ),
        pytest.param({"specimen": None}, "study.specimen", id="an empty specimen"),
    ],
)  # fmt: skip
def test_a_wrong_study_stops_the_run_and_says_why(study, change, said):
    study.drop("P01_C0D1_tnk.fcs")
    study.block |= change

    plan = study.plan()

    assert said in stopped(plan)
    assert plan.acquisitions == ()


def test_a_specimen_must_be_known_from_somewhere(study):
    study.drop("P01_C0D1_tnk.fcs")
    del study.block["specimen"]
    assert "nothing tells which specimen the samples are" in stopped(study.plan())

    study.sheet("patient visit specimen", "P01 C0D1 marrow", "P02 C0D1 ")
    study.drop("P02_C0D1_tnk.fcs")
    plan = study.plan()

    assert plan.names == ["P01_C0D1_marrow__tnk__full"]
    assert [(one.path, one.reason) for one in plan.listed] == [
        ("fcs/P02_C0D1_tnk.fcs", "its specimen is not known")
    ]


def test_problems_of_config_and_every_sheet_are_told_in_one_pass(study):
    study.drop(pattern="{patient}_{vist}.fcs")
    study.config["flow"]["lod_event"] = 3
    (study.root / "patients.tsv").write_text("patient\tresponse\n")
    study.sheet("patient visi", "P01 C0D1")
    study.block["cbc"] = "no.tsv"

    said = stopped(study.plan())

    for words in ("flow.lod_event:", "tfr_grade: this column", "visit: this column", "no.tsv:"):
        assert words in said
    assert "{vist} is not known" in said


def test_a_study_without_a_sheet_has_none_from_elsewhere(study):
    study.drop("P01_C0D1_tnk.fcs")

    plan = study.plan()

    assert plan.cbc == ()
    assert plan.compensation == {"tnk": "file"}


def test_the_shipped_template_is_named_without_a_path(study, monkeypatch):
    monkeypatch.setattr("correlates.intake.sheets.study.SHIPPED_GATING", study.root)
    study.block["gating"] = {"tnk": "tnk"}
    (study.root / "tnk").unlink(missing_ok=True)
    study.drop("P01_C0D1_tnk.fcs")

    assert study.plan().gating == {"tnk": str(study.root / "tnk.csv")}


def test_files_that_share_fil_are_all_planned(study, real_data):
    source = real_data / "fcs" / "coereba"
    names = sorted(path.name for path in source.glob("*.fcs"))
    for name in names:
        shutil.copyfile(source / name, study.root / "fcs" / name)
    donors = sorted({name.split("_")[5] for name in names})
    header = "patient\tlenalidomide_start_day\tresponse\ttfr_grade\n"
    (study.root / "patients.tsv").write_text(header + "".join(f"{d}\t\t\t\n" for d in donors))
    study.sheet("patient visit batch fcs", *(
        f"{name.split('_')[5]} UNS{int(name.split('_')[4])} b{name.split('_')[4]} fcs/{name}"
        for name in names
    ))  # fmt: skip

    plan = study.plan()

    assert len(plan.acquisitions) == len({one.sha256 for one in plan.acquisitions}) == 16
    assert sum(one.patient == "NY068" for one in plan.acquisitions) == 4
    assert plan.listed == ()


def test_the_work_of_a_plan_grows_with_the_number_of_rows_and_not_faster(study):
    def calls(count):
        study.put(*(f"fcs/P01_UNS{number}_tnk.fcs" for number in range(0, count, 2)))
        study.block["drop"] = {"folder": "fcs", "pattern": LAB}
        rows = [f"P01 UNS{number} gone{number}.fcs" for number in range(count)]
        study.sheet("patient visit fcs", *rows, *(f"P02 UNS{n} " for n in range(count)))
        counted = 0

        def count_call(frame, event, argument):
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count_call)
        try:
            plan = study.plan()
        finally:
            sys.setprofile(None)
        assert len(plan.acquisitions) + len(plan.listed) == 2 * count + count // 2
        return counted

    calls(10)
    small, large = calls(100), calls(400)

    assert large < 5 * small


def test_the_content_of_a_file_that_is_nobodys_is_known(study):
    study.put("fcs/P01_C0D1_tnk.fcs", content=b"the same")
    study.put("fcs/P99_C0D1_tnk.fcs", content=b"the same")
    study.drop()

    plan = study.plan()

    (one,) = [one for one in plan.listed if one.path.endswith("P99_C0D1_tnk.fcs")]
    assert one.sha256 == plan.acquisitions[0].sha256


REFERENCES = "reference tube batch fcs"


def test_a_reference_tube_is_worked_on_and_is_nobodys(study):
    study.drop("P01_C1D1_tnk.fcs", "bridge_b1.fcs")
    study.sheet("patient visit batch", "P01 C1D1 b1")
    study.references(REFERENCES, "bridge control b1 fcs/bridge_b1.fcs")

    plan = study.plan()

    assert told(plan) == []
    mine, bridge = plan.acquisitions
    assert (bridge.acquisition, bridge.role) == ("bridge_b1__tnk__control", "reference")
    assert (bridge.patient, bridge.visit, bridge.batch) == ("", "", "b1")
    assert plan.references_of(mine.acquisition) == [bridge]
    assert type(plan).from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("tube", "remedy"),
    [
        ("fmo_CD33", "Did you mean 'CD3'?"),
        ("fmo_OKT3", "Did you mean 'CD3'?"),
        ("fmo_zzz", "Known: CD19, CD3."),
        ("fmo_cd-3", None),
    ],
)
def test_an_fmo_of_a_marker_that_its_panel_lacks_is_told_of(study, tube, remedy):
    (study.root / "panels.tsv").write_text(
        "panel\tchannel\tmarker\taliases\ntnk\tA\tCD3\tOKT3\ntnk\tB\tCD19\t\n"
    )
    study.put("f.fcs")
    study.sheet("patient visit tube fcs", f"P01 C1D1 {tube} f.fcs")

    plan = study.plan()

    said = [(one.file, one.column, one.value, one.stops) for one in plan.problems]
    assert said == ([("f.fcs", "tube", tube, "nothing")] if remedy else [])
    assert all(one.remedy.startswith(remedy) for one in plan.problems)
    assert len(plan.acquisitions) == 1


def test_beads_of_a_lot_that_the_sheet_lacks_are_kept_and_told_of(study):
    study.put("b.fcs", "c.fcs")
    study.sheet("patient visit fcs", "P01 C1D1 ")
    study.references(
        "reference tube lot batch fcs", "r beads_mesf L2 b1 b.fcs", "r beads_mesf L1 b2 c.fcs"
    )
    (study.root / "mesf.tsv").write_text(
        "lot\tfluorochrome\tchannel\tpeak\tmesf\nL1\tPE\tBV605-A\t1\t1000\n"
    )
    study.block["mesf"] = "mesf.tsv"

    plan = study.plan()

    (one,) = [one for one in plan.problems if one.column == "lot"]
    assert (one.file, one.row, one.value, one.stops) == ("references.tsv", 2, "L2", "nothing")
    assert one.remedy == "Add it to mesf.tsv, or correct the name."
    assert len(plan.acquisitions) == 2


def test_references_are_those_of_the_panel_and_of_the_batch_or_of_the_draw(study):
    study.put("a.fcs", "b.fcs", "own.fcs", "other.fcs", "f1.fcs", "f2.fcs")
    study.sheet(
        "patient visit batch tube fcs",
        "P01 C1D1 b1 full a.fcs",
        "P02 C1D1 b2 full b.fcs",
        "P01 C1D1 b1 fmo_cd57 own.fcs",
        "P02 C1D1 b3 unstained other.fcs",
    )
    study.references(REFERENCES, "hd fmo_cd57 b1 f1.fcs", "hd fmo_cd57 b2 f2.fcs")

    plan = study.plan()

    names = {
        one.acquisition: [other.acquisition for other in plan.references_of(one.acquisition)]
        for one in plan.acquisitions
        if one.tube == "full"
    }
    assert names == {
        "P01_C1D1__tnk__full": ["P01_C1D1__tnk__fmo_cd57", "hd_b1__tnk__fmo_cd57"],
        "P02_C1D1__tnk__full": ["P02_C1D1__tnk__unstained", "hd_b2__tnk__fmo_cd57"],
    }


def test_thresholds_come_from_the_kinds_of_tubes_that_the_template_names(study):
    study.put("a.fcs", "s.fcs", "f1.fcs", "f2.fcs", "c.fcs", "u.fcs")
    study.sheet(
        "patient visit batch tube fcs",
        "P01 C1D1 b1 full a.fcs",
        "P01 C1D1 b1 stim_SEB s.fcs",
        "P01 C1D1 b1 unstim u.fcs",
    )
    study.references(
        REFERENCES, "hd fmo_CD57 b1 f1.fcs", "hd fmo_CD3 b1 f2.fcs", "hd control b1 c.fcs"
    )
    plan = replace(study.plan(), tubes_needed={"tnk": ["fmo_cd57", "unstim"]})

    tubes = {
        one.tube: [other.tube for other in plan.threshold_tubes_of(one.acquisition)]
        for one in plan.acquisitions
    }

    # whoever hands a threshold on waits for nobody's
    nothing = dict.fromkeys(("unstim", "fmo_CD57", "fmo_CD3", "control"), [])
    assert tubes == nothing | dict.fromkeys(("full", "stim_SEB"), ["unstim", "fmo_CD57"])
    assert type(plan).from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param("hd fmo_cd57 b1 gone.fcs", "names a file that is not there", id="no file"),
        pytest.param("hd fmo_cd57 b1 a.fcs", "both name this file", id="a sample's file"),
    ],
)
def test_a_reference_without_a_file_of_its_own_is_listed(study, row, message):
    study.put("a.fcs")
    study.sheet("patient visit fcs", "P01 C1D1 a.fcs")
    study.references(REFERENCES, row)

    plan = study.plan()

    assert message in plan.listed[0].reason
    assert [one.patient for one in plan.acquisitions] == ["P01"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param("hd full b1 f.fcs", "tube", id="a tube that is measured"),
        pytest.param("hd fmo_cd57 - f.fcs", "batch", id="no batch"),
    ],
)
def test_a_wrong_row_of_the_references_is_left_out_with_its_file(study, row, message):
    study.put("a.fcs", "f.fcs", "g.fcs")
    study.sheet("patient visit fcs", "P01 C1D1 a.fcs")
    study.references(REFERENCES, row.replace("-", ""), "hd control b1 g.fcs")

    plan = study.plan()

    assert [(one.column, one.row) for one in plan.problems] == [(message, 2)]
    assert told(plan) == [("f.fcs", "unmatched")]


def test_one_reference_file_may_serve_several_batches(study):
    study.put("a.fcs", "f.fcs")
    study.sheet("patient visit fcs", "P01 C1D1 a.fcs")
    study.references(REFERENCES, "hd fmo_cd57 b1 f.fcs", "hd fmo_cd57 b2 f.fcs")

    plan = study.plan()

    assert [one.batch for one in plan.acquisitions if one.role == "reference"] == ["b1", "b2"]
    assert find_duplicates(plan.acquisitions, plan.listed) == {}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(0, [], id="none"),
        pytest.param(1, ["1 row of the sheets is left out."], id="one"),
        pytest.param(4, ["4 rows of the sheets are left out."], id="several of one kind"),
    ],
)
def test_rows_that_are_left_out_are_told_of_before_anything_runs(wrong, said):
    problems = [
        Problem("labs.tsv", "this is not a number", "Legal: g/dL.", row, "hb_g_dl", "x", "row")
        for row in range(2, 2 + wrong)
    ]
    note = Problem("labs.tsv", "not known, and not used", "Nothing.", 1, "colour", stops="nothing")

    told = first_words(Plan(problems=(*problems, note)), has_tables=True)

    assert told[:1] == said
    assert len(told) == 3 * bool(wrong)
    if wrong:
        assert told[1].startswith("labs.tsv, row")
        assert "hb_g_dl: this is not a number" in told[1]
        assert "problems.tsv" in told[2]
