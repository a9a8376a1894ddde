"""Soluble markers from simulated raw sheets: the truth is recovered, defects are told."""

import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from correlates.assays.layouts import draw_plates
from correlates.assays.rows import as_table
from correlates.assays.soluble.figure import draw_overview
from correlates.assays.soluble.measure import measure_soluble
from correlates.assays.soluble.settings import SolubleSettings
from correlates.intake.sheets.assays import assay_rows_of, read_assay_sheets
from correlates.intake.sheets.sheet import read_sheet
from correlates.measurements import faults, read_measurements
from correlates.report.glossary import MEANINGS
from correlates.simulate.assays.soluble import write_soluble
from correlates.simulate.draws import draw_trial
from correlates.simulate.trial import NO_EFFECTS
from correlates.tables import read_tsv
from study import ROOT, Study

SHIPPED = Path(__file__).resolve().parent.parent / "config" / "config.yaml"


@pytest.fixture(scope="module")
def settings():
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return SolubleSettings(**content["soluble"]["measure"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sim")
    patients, _, _ = draw_trial(20, NO_EFFECTS, 4)
    write_soluble(folder, patients, np.random.default_rng(4))
    keys = "".join(f"{patient.key}\n" for patient in patients)
    (folder / "patients.tsv").write_text(f"patient\n{keys}")
    return folder


@pytest.fixture(scope="module")
def found(folder, settings):
    patients = read_sheet(folder / "patients.tsv", "patients", "patients.tsv")
    sheets = read_assay_sheets({"soluble": "assays/soluble"}, folder, patients, None)
    assert {one.stops for _, sheet in sheets.all() for one in sheet.told()} == {"nothing"}
    records = assay_rows_of(sheets)["soluble"]
    return measure_soluble(records.rows, records.left_out, settings)


def truth_of(folder, settings):
    return {
        (one["patient"], one["visit"], settings.analyte(one["analyte"]).key): float(one["value"])
        for one in read_tsv(folder / "truth" / "soluble.tsv")
    }


def key_of(row):
    return row["patient"], row["visit"], row["feature"].partition("__")[0]


def defects_of(folder, what):
    return [
        one for one in read_tsv(folder / "truth" / "soluble_defects.tsv") if one["what"] == what
    ]


def test_the_table_keeps_the_contract(found):
    table = as_table(found.measurements)

    assert faults(table) == []
    assert set(table["unit"]) == {"pg/mL", "g/L", "mg/L", "mL/min"}


def test_every_concentration_is_recovered(found, folder, settings):
    truth = truth_of(folder, settings)
    (doubled,) = defects_of(folder, "doubled")
    rows = [row for row in found.measurements if "__conc__" in row["feature"]]
    errors = [
        math.log(row["value"] / truth[key_of(row)])
        for row in rows
        if row["status"] == "ok" and doubled["row_of"].split() != [*key_of(row)[:2], "IgM"]
    ]

    assert len(errors) > 500
    # wells differ by 7 %, plates by 5 %: duplicates by 7 % together
    assert np.std(errors) < 0.09
    assert abs(np.mean(errors)) < 0.02
    below = [row for row in rows if row["status"] == "lt_lloq"]
    assert all(truth[key_of(row)] < 1.25 * row["limit"] for row in below)


def test_censoring_decides_how_each_marker_is_handled(found):
    handling = {one["feature"].partition("__")[0]: one for one in found.handling}

    assert handling["il2"]["handling"] == "detected"
    assert handling["ifng"]["handling"] == "ranks"
    assert {handling[name]["handling"] for name in ("il6", "vegf", "stnfr1", "igg")} == {"model"}
    assert handling["il2"]["n_below"] + handling["il2"]["n_detected"] == handling["il2"]["n"]
    assert "detected or not" in handling["il2"]["words"]


def test_planted_defects_are_told(found, folder):
    rows = {(row["feature"], row["patient"], row["visit"]): row for row in found.measurements}
    flags = {flag for row in found.measurements for flag in row["flags"]}
    assert {"few_beads", "duplicate_cv", "controls_failed", "ivig_within_window"} <= flags

    failed = [row for row in found.measurements if "controls_failed" in row["flags"]]
    assert {(row["feature"], row["run"]) for row in failed} == {("il10__conc__plasma", "lx02")}
    infused = defects_of(folder, "immunoglobulin infused within 12 weeks")
    for one in infused:
        patient, visit, _ = one["row_of"].split()
        assert rows["igg__conc__serum", patient, visit]["status"] == "not_evaluable"
        assert rows["iga__conc__serum", patient, visit]["status"] == "ok"
    (forgotten,) = [one for one in found.left_out if "no unit is declared" in one["reason"].lower()]
    assert forgotten["item"] == "IgM"


def test_controls_and_plates_have_verdicts(found):
    runs = {row["run"]: row for row in found.runs}
    assert set(runs) == {"lx01", "lx02", "lx03"}
    assert runs["lx02"]["verdict"] == "flag"
    assert runs["lx03"]["verdict"] == "pass"
    il10 = [row for row in found.controls if row["analyte"] == "il10"]
    assert {row["verdict"] for row in il10} == {"flag"}
    others = [row for row in found.controls if row["analyte"] == "il6"]
    assert {(row["n_runs"], row["verdict"]) for row in others} == {(3, "pass")}


def test_the_figures_are_drawn(found, settings, tmp_path):
    draw_overview(found.measurements, found.handling, settings.labels, tmp_path / "overview.svg")
    draw_plates(found.wells, tmp_path / "layout.svg", label="x")

    overview = (tmp_path / "overview.svg").read_text()
    assert "IL-6, plasma" in overview
    assert "(detected)" in overview
    assert "lx02" in (tmp_path / "layout.svg").read_text()


def test_a_study_without_evaluable_values_has_a_figure_that_says_so(tmp_path):
    draw_overview([], [], {}, tmp_path / "none.svg")

    assert "No soluble marker could be evaluated" in (tmp_path / "none.svg").read_text()


def test_sheets_become_measurements_as_a_user_runs_it(folder):
    study = Study(ROOT, folder)
    rows = "".join(f"P{n:02d}\tPR\t0\t29\n" for n in range(1, 21))
    header = "patient\tresponse\ttfr_grade\tlenalidomide_start_day\n"
    (folder / "patients.tsv").write_text(header + rows)
    study.write_config({"study": {"patients": "patients.tsv", "soluble": "assays/soluble"}})
    study.run_well("results/soluble/measurements.parquet")

    table = read_measurements(study.result("soluble/measurements.parquet"))
    assert {flag for row in table["flags"] for flag in row} <= set(MEANINGS)
    assert {"il6__conc__plasma", "igg__conc__serum", "crcl__rate"} <= set(table["feature"])
    assert {one["verdict"] for one in read_tsv(study.result("soluble/runs.tsv"))} == {
        *("pass", "flag"),
    }
    assert (study.folder / "results/soluble/overview.svg").exists()
    assert study.planned("results/soluble/measurements.parquet") == {}
