"""Western blots as they are simulated: levels are recovered, and what was spoilt is found."""

import numpy as np
import pytest

from correlates.assays.protein.figures import draw_layout, draw_overview
from correlates.assays.protein.quality import quality_rows
from correlates.assays.protein.settings import IntracellularSettings, WesternSettings
from correlates.assays.protein.western import measure_western
from correlates.assays.rows import as_table
from correlates.intake.sheets.assays import assay_rows_of, read_assay_sheets
from correlates.measurements import faults
from correlates.simulate.assays.protein import write_protein
from correlates.simulate.trial import Effects, draw_patients
from correlates.tables import read_tsv


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Return the rows that intake reads of the simulated blots, and the truth by draw."""
    folder = tmp_path_factory.mktemp("protein")
    patients = draw_patients(12, Effects(), np.random.default_rng(3))
    write_protein(folder, patients, np.random.default_rng(4))
    sheets = read_assay_sheets({"western": "assays/protein/western.tsv"}, folder, None, None)
    assert not [problem for _, sheet in sheets.all() for problem in sheet.problems]
    truth = {
        (row["patient"], row["visit"], row["timepoint"], row["marker"].lower()): row
        for row in read_tsv(folder / "truth" / "protein.tsv")
        if row["method"] == "western"
    }
    return assay_rows_of(sheets)["western"].rows, truth


@pytest.fixture(scope="module")
def western(simulated):
    return measure_western(simulated[0], WesternSettings())


def test_levels_are_recovered_and_their_intervals_hold_the_truth(simulated, western):
    truth, errors, held = simulated[1], [], []
    for row in western.rows:
        key = (row["patient"], row["visit"], row["timepoint"], row["feature"].split("__")[0])
        true = float(truth[key]["log2_level"])
        errors.append(row["value"] - true)
        held.append(row["ci_low"] <= true <= row["ci_high"])

    assert len(errors) > 150
    # two lanes of 0.1, against controls of 0.1 that many blots share
    assert np.sqrt(np.mean(np.square(errors))) < 0.12
    # Errors of one marker share that of its control, so the share itself scatters widely.
    assert np.mean(held) >= 0.85


def test_what_was_spoilt_is_found(western):
    refused = {(one["blot"], one["marker"]): one["refused"] for one in western.blots}

    assert refused["wb05", "CRBN"] == "no_inter_blot_control"
    assert refused["wb06", "IKZF3"] == "not_linear"
    assert sum(map(bool, refused.values())) == 2
    assert any("IKZF1 on wb01, lane 8" in row["item"] for row in western.left_out)
    first = [row for row in western.rows if row["visit"] == "C2D1"][0]
    assert "purity_below_limit" in first["flags"]


def test_the_table_keeps_the_contract_and_quality_tells_of_every_blot(western, tmp_path):
    settings = (WesternSettings(), IntracellularSettings({}, []))
    blanks = as_table([])[["run", "feature"]].assign(background=[])

    runs, samples, controls = quality_rows(western.rows, western, blanks, settings)
    draw_layout(western.rows, western, tmp_path / "layout.svg")
    draw_overview(western.rows, western, {}, tmp_path / "overview.svg")

    assert faults(as_table(western.rows)) == []
    verdicts = {row["run"]: row["verdict"] for row in runs}
    assert verdicts["wb03"] == "pass"
    assert verdicts["wb05"] == verdicts["wb06"] == "flag"
    assert len(samples) == len(western.rows)
    pooled = [row for row in controls if row["control"].endswith("pooled")]
    assert len(pooled) == 3
    # lanes of 0.1 and the mean of two controls: 0.12, so about 9 %
    assert all(6 < row["cv_pct"] < 13 for row in pooled)
    assert "not linear" in (tmp_path / "overview.svg").read_text()
