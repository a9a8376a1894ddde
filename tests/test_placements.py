"""Outlying thresholds: found over the cohort, flagged with all that rests on them, never moved."""

import numpy as np
import pandas as pd
import pytest

from correlates.flow.counts.dependents import (
    PLACEMENT,
    flags_of_references,
    marked,
    resting_on,
    with_flags,
)
from correlates.flow.counts.placements import (
    OUTLIER,
    PlacementSettings,
    find_placements,
    outlying_populations,
)
from correlates.flow.outcome import threshold_rows
from correlates.flow.templates.template import parse_template, read_template
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv
from study import ROOT
from test_gating_job import gate

SETTINGS = PlacementSettings(min_files=8, max_z=5, min_spread=0.1, cofactor=150)
TEMPLATE = ROOT / "resources" / "gating" / "tnk.csv"


def table(values, batches=None):
    """Return one gate's thresholds in as many files, and their tubes."""
    names = [f"f{number:02d}" for number in range(len(values))]
    thresholds = pd.DataFrame(
        {"acquisition": names, "population": "t", "marker": "CD3", "threshold": values}
    )
    batches = [""] * len(values) if batches is None else batches
    return thresholds, pd.DataFrame({"acquisition": names, "panel": "tnk", "batch": batches})


def test_the_score_is_the_one_that_can_be_had_by_hand():
    """Nine files: asinh(x / 150) of 150 sinh(k / 10) is k / 10."""
    scaled = np.array([1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 3.0])

    found = find_placements(*table(150 * np.sinh(scaled)), SETTINGS)

    last = found.iloc[-1]
    # of the others the median is 1.35; of all it is 1.4, and the distances' median 0.2
    assert last["z"] == pytest.approx((3.0 - 1.35) / (1.4826022 * 0.2))
    assert last["median_of_others"] == pytest.approx(150 * np.sinh(1.35))
    assert found["outlier"].tolist() == ["no"] * 8 + ["yes"]
    assert "5.6 robust standard deviations above the median of the 8 other" in last["reason"]


@pytest.mark.parametrize(
    ("count", "outlier"),
    [
        pytest.param(7, "not_judged", id="seven files are too few to judge"),
        pytest.param(8, "yes", id="eight are enough"),
    ],
)
def test_few_files_are_not_judged(count, outlier):
    found = find_placements(*table([1000.0] * (count - 1) + [5000.0]), SETTINGS)

    assert found.iloc[-1]["outlier"] == outlier
    assert found.iloc[-1]["reason"]


def test_a_batch_that_moved_as_a_whole_is_compared_within_itself():
    values = [1000.0 + n for n in range(20)] + [9000.0 + n for n in range(9)] + [1000.0]
    batches = ["b1"] * 20 + ["b2"] * 10

    found = find_placements(*table(values, batches), SETTINGS)

    assert found.loc[found["outlier"] == "yes", "acquisition"].tolist() == ["f29"]
    assert set(found["compared_with"]) == {"batch"}
    assert (found.iloc[20:29]["z_all_batches"] > 5).all()


def test_a_small_batch_is_compared_with_all():
    values = [1000.0] * 20 + [1000.0, 9000.0]

    found = find_placements(*table(values, ["b1"] * 20 + ["b2"] * 2), SETTINGS)

    assert found.iloc[20:]["compared_with"].tolist() == ["all_batches"] * 2
    assert found["outlier"].tolist() == ["no"] * 21 + ["yes"]


def test_files_that_are_no_patients_full_tube_are_passed_over():
    thresholds, tubes = table([1000.0] * 9 + [9000.0])

    assert len(find_placements(thresholds, tubes.iloc[:9], SETTINGS)) == 9


def test_no_threshold_at_all_is_an_empty_table():
    thresholds, tubes = table([])

    assert find_placements(thresholds, tubes, SETTINGS).empty


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Return the thresholds of a clean simulated cohort, and its tubes."""
    folder = tmp_path_factory.mktemp("cohort")
    simulate_cohort(folder, n_patients=5, n_events=6000, seed=11)
    markers = {row["channel"]: row["marker"] for row in read_tsv(folder / "panels.tsv")}
    rows, tubes = [], []
    for file in sorted((folder / "fcs").glob("*.fcs")):
        outcome = gate(file, markers)
        rows += [{"acquisition": file.stem} | row for row in threshold_rows(outcome)]
        tubes.append({"acquisition": file.stem, "panel": "tnk", "batch": ""})
    return pd.DataFrame(rows), pd.DataFrame(tubes)


def test_a_clean_cohort_is_hardly_flagged_and_a_planted_shift_is(cohort):
    thresholds, tubes = cohort
    clean = find_placements(thresholds, tubes, SETTINGS)
    assert (clean["outlier"] == OUTLIER).mean() < 0.01

    moved = thresholds.copy()
    file = tubes["acquisition"].iloc[7]
    planted = (moved["acquisition"] == file) & (moved["population"] == "lymph")
    moved.loc[planted, "threshold"] *= 3
    found = outlying_populations(find_placements(moved, tubes, SETTINGS))

    before = outlying_populations(clean).get(file, set())
    assert found[file] - before == {"lymph"}


def test_what_rests_on_a_gate_is_below_it_or_uses_it():
    text = (
        "alias,pop,parent,dims,gating_method,gating_args\n"
        "a,+,root,CD3,mindensity,\n"
        "b,+,root,CD4,mindensity,\n"
        "c,+,a,CD8,mindensity,\n"
        "d,+,b,CD3,refGate,a\n"
        "e,+,root,,boolGate,!d\n"
        "f,+,e,CD8,mindensity,\n"
    )
    template, problems = parse_template(text, "t.csv")
    assert problems == []

    resting = resting_on(template)

    assert resting["a"] == {"a", "c", "d", "e", "f"}
    assert resting["b"] == {"b", "d", "e", "f"}
    assert resting["f"] == {"f"}


def test_all_that_rests_on_an_outlier_is_flagged_once():
    template = read_template(TEMPLATE)
    populations = pd.DataFrame(
        {
            "acquisition": ["f1", "f1", "f1", "f2"],
            "population": ["lymph", "nk_cd57", "mono", "lymph"],
            "flags": ["", "valley_outside_prior", "", ""],
        }
    )
    marks = marked({"f1": {"lymph", "t"}}, {"f1": template, "f2": template}, PLACEMENT)

    flagged = with_flags(populations, [marks, marks])

    assert flagged["flags"].tolist() == [
        "placement_outlier",
        "valley_outside_prior;placement_outlier",
        "",
        "",
    ]


def test_a_count_takes_over_the_flag_of_what_it_is_reckoned_against():
    counts = pd.DataFrame(
        {
            "acquisition": ["f1", "f1", "f2", "f2"],
            "flags": ["placement_outlier;fallback_no_valley", "", "", ""],
            "is_reference": [True, False, True, False],
        }
    )

    assert flags_of_references(counts).tolist() == ["placement_outlier"] * 2 + [""] * 2
